/* test_set.c - many rows in one statement and statements that are not waited for: the same effect
 * and the same failures on SQLite and PostgreSQL, for a handful of rows (arrays) and for many
 * (COPY). */
#include "db/db.h"
#include "db/test_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

enum { ARENA_BYTES = 32 << 20, ROWS_MAX = 1000 };

static const char schema_sql[] = "-- step 1\n"
                                 "create table item (id INT8 primary key, name TEXT, data BYTES "
                                 "NULL, amount INT8 NULL, check (id <> 13));\n"
                                 "-- shard id\n";
static const db_schema schema = {"test", schema_sql};

typedef struct home {
  ctx c;
  db *d;
} home;

#define MUST(h, expression)                                                  \
  do {                                                                       \
    if ((expression) != OK) fail_msg("%.*s", STR_ARGS((h)->c.fault.detail)); \
  } while (0)

static void on_home(const char *url, void (*scenario)(home *h)) {
  home h = {.c = {.arena = arena_open(ARENA_BYTES)}};
  MUST(&h, db_open(&h.c, str_from(url), DB_WRITE, NULL, &h.d));
  MUST(&h, db_migrate(&h.c, h.d, &schema, 1));
  scenario(&h);
  db_close(h.d);
  arena_close(h.c.arena);
}

/* The third is a server's store whose rows lie on several: one statement a row. */
static void on_each_home(void (*scenario)(home *h)) {
  char urls[STORE_HOMES][STORE_URL_BYTES];
  int count = store_urls(urls);
  for (int i = 0; i < count; i++)
    on_home(urls[i], scenario);
  if (count < STORE_HOMES) return;
  store_urls(urls);
  size_t len = strlen(urls[1]);
  bool has_query = strchr(urls[1], '?') != NULL;
  int more =
      snprintf(urls[1] + len, STORE_URL_BYTES - len, "%cdistributed=yes", has_query ? '&' : '?');
  assert_true(more > 0 && (size_t)more < STORE_URL_BYTES - len);
  on_home(urls[1], scenario);
}

static int64_t number(home *h, const char *sql) {
  db_rows *rows;
  MUST(h, db_select(&h->c, h->d, &rows, sql, 0, NULL));
  assert_true(db_next(rows));
  int64_t value = db_get_int(rows, 0);
  MUST(h, db_done(&h->c, rows));
  return value;
}

/* Rows first .. first + count - 1; every third has no data, every fifth a long name. */
static const db_value *some_rows(home *h, int64_t first, size_t count) {
  char *long_name = ARENA_ARRAY(h->c.arena, char, 100000);
  memset(long_name, 'x', 100000);
  db_value *values = ARENA_ARRAY(h->c.arena, db_value, count * 4);
  for (size_t i = 0; i < count; i++) {
    int64_t key = first + (int64_t)i;
    db_value *row = values + i * 4;
    row[0] = DB_INT(key);
    row[1] = i % 250 == 5 ? DB_TEXT(((str){long_name, 100000})) : DB_TEXT(STR("ein Füller 笔"));
    row[2] = key % 3 == 0 ? DB_NULL : DB_BYTES("a\0b", 3);
    row[3] = key % 7 == 0 ? DB_NULL : DB_INT(key * -10);
  }
  return values;
}

static status insert(home *h, int64_t first, size_t count) {
  return db_run_set(&h->c, h->d,
                    "insert into item (id, name, data, amount) values (?1, ?2, ?3, ?4)", "itbi",
                    count, some_rows(h, first, count));
}

static void check_row(const db_rows *rows, int64_t key) {
  assert_int_equal(db_get_int(rows, 0), key);
  assert_true(db_get_text(rows, 1).len == 100000 ||
              str_eq(db_get_text(rows, 1), STR("ein Füller 笔")));
  assert_int_equal(db_get_null(rows, 2), key % 3 == 0);
  if (key % 3 != 0) assert_true(str_eq(db_get_bytes(rows, 2), (str){"a\0b", 3}));
  assert_int_equal(db_get_null(rows, 3), key % 7 == 0);
  if (key % 7 != 0) assert_int_equal(db_get_int(rows, 3), key * -10);
}

static void inserts(home *h) {
  static const size_t sizes[] = {0, 1, 2, 63, 64, 700};
  int64_t next = 100;
  MUST(h, db_begin(&h->c, h->d));
  for (size_t i = 0; i < COUNT_OF(sizes); i++) {
    MUST(h, insert(h, next, sizes[i]));
    next += (int64_t)sizes[i];
  }
  MUST(h, db_commit(&h->c, h->d));
  db_rows *rows;
  MUST(h, db_query0(&h->c, h->d, &rows, "select id, name, data, amount from item order by id"));
  int64_t key = 100;
  for (; db_next(rows); key++)
    check_row(rows, key);
  MUST(h, db_done(&h->c, rows));
  assert_int_equal(key, next);
}

static void changes(home *h) {
  db_value pairs[2 * 40];
  for (int i = 0; i < 40; i++) {
    pairs[2 * i] = DB_INT(100 + i);
    pairs[2 * i + 1] = DB_INT(i);
  }
  MUST(h, db_begin(&h->c, h->d));
  MUST(h, insert(h, 100, 20));
  MUST(h, db_run_set(&h->c, h->d, "update item set amount = ?2 + 1000 where id = ?1", "ii", 10,
                     pairs));
  MUST(h, db_run_set(&h->c, h->d,
                     "insert into item (id, name, amount) values (?1, 'n', ?2) on conflict (id) do "
                     "update set amount = excluded.amount",
                     "ii", 30, pairs + 20));
  MUST(h,
       db_run_set(&h->c, h->d, "delete from item where amount = ?2 and id = ?1", "ii", 40, pairs));
  MUST(h, db_commit(&h->c, h->d));
  assert_int_equal(number(h, "select count(*) from item"), 10);
  assert_int_equal(number(h, "select sum(amount) from item"), 10045);
}

static void keys(home *h) {
  static const int64_t wanted[] = {101, 105, 105, 107, 990, 1500};
  db_value values[COUNT_OF(wanted)];
  for (size_t i = 0; i < COUNT_OF(wanted); i++)
    values[i] = DB_INT(wanted[i]);
  MUST(h, db_begin(&h->c, h->d));
  MUST(h, insert(h, 100, ROWS_MAX));
  for (int again = 0; again < 2; again++) {
    db_rows *rows;
    MUST(h, db_query_each(&h->c, h->d, &rows,
                          "select id, name, data, amount from item where id = ?1 and id < 1000 "
                          "order by id for update",
                          "i", COUNT_OF(wanted), values));
    int64_t last = 0, found = 0;
    for (; db_next(rows); last = db_get_int(rows, 0)) {
      check_row(rows, db_get_int(rows, 0));
      found += db_get_int(rows, 0) != last;
    }
    MUST(h, db_done(&h->c, rows));
    assert_int_equal(found, 4);
    assert_int_equal(last, 990);
  }
  MUST(h, db_commit(&h->c, h->d));
}

/* Whoever waits next is told, with the status of what went wrong, and nothing is committed. */
static void failures(home *h) {
  static const size_t sizes[] = {2, 200};
  for (size_t i = 0; i < COUNT_OF(sizes); i++) {
    MUST(h, db_begin(&h->c, h->d));
    MUST(h, insert(h, 1000, 1));
    status s = insert(h, 12, sizes[i]); /* 13 is refused */
    if (s == OK) s = db_commit(&h->c, h->d);
    assert_int_equal(s, E_CONFLICT);
    fault_clear(&h->c);
    db_rollback(h->d);
    assert_false(db_is_broken(h->d));
    assert_int_equal(number(h, "select count(*) from item"), 0);
  }
}

static status fenced(home *h, int64_t key) {
  MUST(h, db_begin(&h->c, h->d));
  status s = db_run_one(&h->c, h->d, "update item set amount = 5 where id = ?1", DB_INT(key));
  if (s == OK) s = db_run_one(&h->c, h->d, "update item set name = 'f' where id = ?1", DB_INT(1));
  if (s == OK) s = db_commit(&h->c, h->d);
  fault_clear(&h->c);
  db_rollback(h->d);
  return s;
}

static void fences(home *h) {
  int64_t touched = 0;
  MUST(h, insert(h, 1, 10));
  assert_int_equal(fenced(h, 77), E_CONFLICT);
  assert_int_equal(number(h, "select count(*) from item where name = 'f'"), 0);
  assert_int_equal(fenced(h, 2), OK);
  assert_int_equal(number(h, "select count(*) from item where name = 'f'"), 1);
  MUST(h, db_begin(&h->c, h->d));
  MUST(h,
       db_run_count(&h->c, h->d, &touched, "update item set amount = 1 where id > ?1", DB_INT(4)));
  assert_int_equal(touched, 6);
  db_rollback(h->d);
}

/* More statements than a line has room for, questions in between. */
static void long_lines(home *h) {
  MUST(h, db_begin(&h->c, h->d));
  for (int64_t i = 0; i < ROWS_MAX; i++) {
    MUST(h, db_run(&h->c, h->d, "insert into item (id, name) values (?1, 'n')", DB_INT(100 + i)));
    if (i % 300 == 299) assert_int_equal(number(h, "select count(*) from item"), i + 1);
  }
  MUST(h, db_commit(&h->c, h->d));
  assert_int_equal(number(h, "select count(*) from item"), ROWS_MAX);
}

/* The value's bytes are the caller's again at once. */
static status add_later(home *h, int64_t key) {
  char name[] = "later", bytes[] = {1, 2, 3};
  const db_value row[] = {DB_INT(key), DB_TEXT(STR(name)), DB_BYTES(bytes, sizeof bytes), DB_NULL};
  status s =
      db_run_later(&h->c, h->d, "insert into item (id, name, data, amount) values (?1, ?2, ?3, ?4)",
                   "itbi", 1, row);
  memset(name, 'x', sizeof name - 1);
  memset(bytes, 9, sizeof bytes);
  return s;
}

static void rows_later(home *h) {
  MUST(h, db_begin(&h->c, h->d));
  int64_t before = db_version(h->d, "item");
  for (int64_t i = 0; i < 100; i++)
    MUST(h, add_later(h, 100 + i));
  assert_true(db_version(h->d, "item") > before);
  assert_int_equal(number(h, "select count(*) from item where amount is null"), 100);
  MUST(h, add_later(h, 300));
  MUST(h, db_run(&h->c, h->d, "update item set amount = 1 where id = ?1", DB_INT(300)));
  for (int64_t i = 0; i < 5; i++)
    MUST(h, add_later(h, 400 + i));
  MUST(h, db_commit(&h->c, h->d));
  assert_int_equal(number(h, "select count(*) from item where name = 'later'"), 106);
  assert_int_equal(number(h, "select count(*) from item where length(data) = 3"), 106);
  assert_int_equal(number(h, "select id from item where amount = 1"), 300);
}

static void statements_that_rows_wait_for(home *h) {
  MUST(h, db_begin(&h->c, h->d));
  MUST(h, add_later(h, 100));
  int64_t before = db_work_done(h->d).statements;
  for (int64_t i = 1; i < 8; i++)
    MUST(h, add_later(h, 100 + i));
  assert_int_equal(number(h, "select 7 as item_id"), 7); /* another word */
  assert_int_equal(db_work_done(h->d).statements, before + 1);
  db_rollback(h->d);
  MUST(h, db_begin(&h->c, h->d));
  MUST(h, add_later(h, 200));
  MUST(h, db_commit(&h->c, h->d));
  assert_int_equal(number(h, "select sum(id) from item"), 200);
}

static void bad_rows_later(home *h) {
  MUST(h, db_begin(&h->c, h->d));
  MUST(h, add_later(h, 100));
  MUST(h, add_later(h, 13)); /* is refused */
  assert_int_equal(db_commit(&h->c, h->d), E_CONFLICT);
  fault_clear(&h->c);
  assert_false(db_in_transaction(h->d));
  assert_false(db_is_broken(h->d));
  assert_int_equal(number(h, "select count(*) from item"), 0);
  MUST(h, add_later(h, 500)); /* outside a transaction nothing waits */
  assert_int_equal(number(h, "select count(*) from item"), 1);
}

#define TEST(name, scenario)   \
  static void name(void **s) { \
    UNUSED(s);                 \
    on_each_home(scenario);    \
  }
TEST(a_set_is_inserted_whatever_its_size, inserts)
TEST(a_set_updates_upserts_and_deletes, changes)
TEST(rows_are_found_for_each_key, keys)
TEST(a_set_with_one_bad_row_changes_nothing, failures)
TEST(a_fence_that_misses_its_row_stops_the_commit, fences)
TEST(a_line_of_statements_may_be_long, long_lines)
TEST(rows_that_wait_are_there_when_somebody_looks, rows_later)
TEST(rows_wait_for_others_of_their_table, statements_that_rows_wait_for)
TEST(a_bad_row_that_waited_is_told_by_the_commit, bad_rows_later)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_set_is_inserted_whatever_its_size),
      cmocka_unit_test(a_set_updates_upserts_and_deletes),
      cmocka_unit_test(rows_are_found_for_each_key),
      cmocka_unit_test(a_set_with_one_bad_row_changes_nothing),
      cmocka_unit_test(a_fence_that_misses_its_row_stops_the_commit),
      cmocka_unit_test(a_line_of_statements_may_be_long),
      cmocka_unit_test(rows_that_wait_are_there_when_somebody_looks),
      cmocka_unit_test(rows_wait_for_others_of_their_table),
      cmocka_unit_test(a_bad_row_that_waited_is_told_by_the_commit),
  };
  return cmocka_run_group_tests_name("sets of rows", tests, NULL, NULL);
}
