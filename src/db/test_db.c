/* test_db.c - the store contract, the same scenarios on SQLite and PostgreSQL. */
#include "db/db.h"
#include "db/test_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ARENA_BYTES = 32 << 20, BACKUP_ROWS = 2000 };

static const char schema_sql[] =
    "A heading, and a table of every kind of column.\n"
    "-- step 1\n"
    "create table item (shop INT8, id INT8, name TEXT, data BYTES NULL, live FLAG, note TEXT "
    "NULL,\n"
    "  primary key (shop, id), check (id <> 13));\n"
    "-- shard shop\n"
    "-- fts item(name, note)\n"
    "create table line (id INT8, amount INT8, primary key (id)\n"
    "-- shard id\n"
    "-- append only\n"
    "-- clustered\n"
    ");\n"
    "create table lane_head (id INT8, amount INT8, primary key (id)); -- shard id\n"
    "-- not hashed\n"
    "-- step 2\n"
    "alter table item add column price INT8 default 0;\n"
    "create index item_price on item (shop, price);\n";

static const db_schema schema = {"test", schema_sql};

typedef struct home {
  ctx c;
  const char *url;
  db *d; /* a writer, migrated */
} home;

#define ASSERT_OK(h, expression)                                             \
  do {                                                                       \
    if ((expression) != OK) fail_msg("%.*s", STR_ARGS((h)->c.fault.detail)); \
  } while (0)

static db *open_again(home *h, db_mode mode) {
  db *d = NULL;
  ASSERT_OK(h, db_open(&h->c, str_from(h->url), mode, NULL, &d));
  return d;
}

static void on_each_home(void (*scenario)(home *h)) {
  char urls[STORE_HOMES][STORE_URL_BYTES];
  int count = store_urls(urls);
  for (int i = 0; i < count; i++) {
    home h = {.c = {.arena = arena_open(ARENA_BYTES)}, .url = urls[i]};
    h.d = open_again(&h, DB_WRITE);
    ASSERT_OK(&h, db_migrate(&h.c, h.d, &schema, 1));
    scenario(&h);
    db_close(h.d);
    arena_close(h.c.arena);
  }
}

/* A failure that is wanted: its code, and room for the next. */
static status refused(home *h, status s) {
  assert_int_equal(s, h->c.fault.code);
  assert_true(s == OK || h->c.fault.detail.len > 0);
  fault_clear(&h->c);
  return s;
}

/* What became of a statement that may have been sent and not waited for. */
static status settled(home *h, db *d, status s) { return s == OK ? db_wait(&h->c, d) : s; }

static int64_t one_int(home *h, db *d, const char *sql) {
  db_rows *rows;
  ASSERT_OK(h, db_select(&h->c, d, &rows, sql, 0, NULL));
  assert_true(db_next(rows));
  int64_t value = db_get_int(rows, 0);
  ASSERT_OK(h, db_done(&h->c, rows));
  return value;
}

static status insert_item(home *h, db *d, int64_t number, str name) {
  return db_run(
      &h->c, d,
      "insert into item(shop, id, name, data, live, note) values (?1, ?2, ?3, ?4, ?5, ?6)",
      DB_INT(1), DB_INT(number), DB_TEXT(name), DB_BYTES("a\0b", 3), DB_INT(1), DB_NULL);
}

static void add_line(home *h, db *d, int64_t number, int64_t amount) {
  ASSERT_OK(h, db_begin(&h->c, d));
  ASSERT_OK(h, db_run(&h->c, d, "insert into line(id, amount) values (?1, ?2)", DB_INT(number),
                      DB_INT(amount)));
  ASSERT_OK(h, db_commit(&h->c, d));
}

/* --- values ----------------------------------------------------------------------------------- */

static void values(home *h) {
  static const int64_t extremes[] = {INT64_MIN, -1, 0, 1, INT64_MAX};
  db_rows *rows;
  for (size_t i = 0; i < COUNT_OF(extremes); i++) {
    ASSERT_OK(h, insert_item(h, h->d, extremes[i], STR("Überraschung 手机")));
  }
  ASSERT_OK(h, db_query(&h->c, h->d, &rows,
                        "select id, name, data, note, live = 1, 'it''s ?' from item where shop=?1 "
                        "order by id",
                        DB_INT(1)));
  for (size_t i = 0; i < COUNT_OF(extremes); i++) {
    assert_true(db_next(rows));
    assert_true(db_get_int(rows, 0) == extremes[i]);
    assert_true(str_eq(db_get_text(rows, 1), STR("Überraschung 手机")));
    assert_true(str_eq(db_get_bytes(rows, 2), (str){"a\0b", 3}));
    assert_true(db_get_null(rows, 3));
    assert_false(db_get_null(rows, 4));
    assert_int_equal(db_get_int(rows, 4), 1);
    assert_true(str_eq(db_get_text(rows, 5), STR("it's ?")));
  }
  assert_false(db_next(rows));
  ASSERT_OK(h, db_done(&h->c, rows));
}
static void values_come_back_as_they_went_in(void **state) {
  UNUSED(state);
  on_each_home(values);
}

static void empty_values(home *h) {
  db_rows *rows;
  ASSERT_OK(h, db_run(&h->c, h->d,
                      "insert into item(shop, id, name, data, live) values (1, ?1, ?2, ?3, 0)",
                      DB_INT(1), DB_TEXT((str){0}), DB_BYTES(NULL, 0)));
  ASSERT_OK(h, db_query0(&h->c, h->d, &rows, "select name, data, note from item"));
  assert_true(db_next(rows));
  assert_false(db_get_null(rows, 0));
  assert_false(db_get_null(rows, 1));
  assert_true(db_get_null(rows, 2));
  assert_int_equal(db_get_text(rows, 0).len, 0);
  ASSERT_OK(h, db_done(&h->c, rows));
  assert_int_equal(refused(h, insert_item(h, h->d, 2, (str){"a\0b", 3})), E_MALFORMED);
}
static void empty_is_not_null_and_text_holds_no_zero_byte(void **state) {
  UNUSED(state);
  on_each_home(empty_values);
}

static void null_then_value(home *h) {
  for (int i = 0; i < 3; i++) {
    db_rows *rows;
    db_value value = i == 1 ? DB_INT(5) : DB_NULL;
    ASSERT_OK(h, db_query(&h->c, h->d, &rows, "select coalesce(?1, 7)", value));
    assert_true(db_next(rows));
    assert_int_equal(db_get_int(rows, 0), i == 1 ? 5 : 7);
    ASSERT_OK(h, db_done(&h->c, rows));
  }
}
static void one_statement_takes_null_and_then_a_number(void **state) {
  UNUSED(state);
  on_each_home(null_then_value);
}

static void sums(home *h) {
  db_rows *rows;
  add_line(h, h->d, 1, INT64_MAX - 5);
  add_line(h, h->d, 2, -12345678901);
  assert_true(one_int(h, h->d, "select sum(amount) from line") == INT64_MAX - 5 - 12345678901);
  assert_true(one_int(h, h->d, "select -sum(amount) from line") == -(INT64_MAX - 5 - 12345678901));
  assert_int_equal(one_int(h, h->d, "select coalesce(sum(amount), 0) from line where id > 9"), 0);
  add_line(h, h->d, 3, INT64_MAX);
  status s = db_query0(&h->c, h->d, &rows, "select sum(amount) from line");
  if (s == OK) {
    if (db_next(rows)) UNUSED(db_get_int(rows, 0));
    s = db_done(&h->c, rows);
  }
  assert_int_equal(refused(h, s), E_INTERNAL);
}
static void sums_are_exact_and_too_large_a_sum_is_a_failure(void **state) {
  UNUSED(state);
  on_each_home(sums);
}

static void nested(home *h) {
  db_rows *outer, *inner;
  int64_t seen = 0;
  for (int64_t i = 1; i <= 3; i++)
    add_line(h, h->d, i, i);
  for (int pass = 0; pass < 2; pass++) {
    db_rows **rows = pass == 0 ? &outer : &inner;
    static const char sql[] = "select id from line where id > ?1 order by id";
    ASSERT_OK(h, db_select(&h->c, h->d, rows, sql, 1, (db_value[]){DB_INT(0)}));
    assert_true(db_next(*rows));
  }
  while (db_next(inner))
    seen += db_get_int(inner, 0);
  assert_int_equal(seen, 5);
  ASSERT_OK(h, db_done(&h->c, inner));
  assert_int_equal(db_get_int(outer, 0), 1);
  assert_true(db_next(outer));
  assert_int_equal(db_get_int(outer, 0), 2);
  ASSERT_OK(h, db_done(&h->c, outer));
}
static void a_statement_can_be_open_twice(void **state) {
  UNUSED(state);
  on_each_home(nested);
}

/* --- transactions ----------------------------------------------------------------------------- */

static void unique(home *h) {
  add_line(h, h->d, 1, 10);
  ASSERT_OK(h, db_begin(&h->c, h->d));
  ASSERT_OK(h, db_run(&h->c, h->d, "insert into line(id, amount) values (?1, 1)", DB_INT(2)));
  status twice = db_run(&h->c, h->d, "insert into line(id, amount) values (?1, 1)", DB_INT(1));
  assert_int_equal(refused(h, settled(h, h->d, twice)), E_CONFLICT);
  assert_false(db_should_retry(h->d));
  assert_int_equal(
      refused(h, db_run(&h->c, h->d, "insert into line(id, amount) values (?1, 1)", DB_INT(3))),
      E_STORE);
  assert_int_equal(refused(h, db_commit(&h->c, h->d)), E_STORE);
  assert_false(db_in_transaction(h->d));
  assert_int_equal(one_int(h, h->d, "select count(*) from line"), 1);
  assert_int_equal(refused(h, insert_item(h, h->d, 13, STR("unlucky"))), E_CONFLICT);
  assert_int_equal(
      refused(h,
              db_run(&h->c, h->d, "insert into item(shop, id, name, live) values (1, 1, 'x', ?1)",
                     DB_INT(2))),
      E_CONFLICT);
  assert_int_equal(refused(h, db_run0(&h->c, h->d, "select nothing from nowhere")), E_INTERNAL);
}
static void a_refused_statement_ends_its_transaction(void **state) {
  UNUSED(state);
  on_each_home(unique);
}

static void rollback(home *h) {
  ASSERT_OK(h, db_begin(&h->c, h->d));
  ASSERT_OK(h, insert_item(h, h->d, 1, STR("gone")));
  assert_true(db_in_transaction(h->d));
  db_rollback(h->d);
  assert_int_equal(one_int(h, h->d, "select count(*) from item"), 0);
}
static void a_rollback_leaves_nothing(void **state) {
  UNUSED(state);
  on_each_home(rollback);
}

static void abandoned(home *h) {
  db_rows *rows;
  add_line(h, h->d, 1, 1);
  add_line(h, h->d, 2, 1);
  ASSERT_OK(h, db_begin(&h->c, h->d));
  ASSERT_OK(h, db_query0(&h->c, h->d, &rows, "select id from line order by id"));
  assert_true(db_next(rows));
  ASSERT_OK(h, db_commit(&h->c, h->d));
  assert_false(db_next(rows));
  ASSERT_OK(h, db_done(&h->c, rows));
  add_line(h, h->d, 3, 1);
}
static void rows_left_open_die_with_the_transaction(void **state) {
  UNUSED(state);
  on_each_home(abandoned);
}

static void snapshot(home *h) {
  db *reader = open_again(h, DB_READ), *second = open_again(h, DB_READ);
  ASSERT_OK(h, db_begin(&h->c, reader));
  assert_int_equal(one_int(h, reader, "select count(*) from line"), 0);
  add_line(h, h->d, 1, 1);
  ASSERT_OK(h, db_begin(&h->c, second));
  assert_int_equal(one_int(h, reader, "select count(*) from line"), 0);
  assert_int_equal(one_int(h, second, "select count(*) from line"), 1);
  db_rollback(reader);
  db_rollback(second);
  assert_int_equal(one_int(h, reader, "select count(*) from line"), 1);
  assert_int_not_equal(
      refused(h, db_run0(&h->c, reader, "insert into line(id, amount) values (5, 5)")), OK);
  db_close(reader);
  db_close(second);
}
static void a_reader_sees_one_moment_and_cannot_write(void **state) {
  UNUSED(state);
  on_each_home(snapshot);
}

static void row_lock(home *h) {
  add_line(h, h->d, 1, 1);
  ASSERT_OK(h, insert_item(h, h->d, 1, STR("locked")));
  ASSERT_OK(h, db_begin(&h->c, h->d));
  ASSERT_OK(
      h, db_run(&h->c, h->d, "select id from item where shop=1 and id=?1 for update", DB_INT(1)));
  ASSERT_OK(h, db_wait(&h->c, h->d));
  if (db_which(h->d) == DB_POSTGRES) {
    db *other = open_again(h, DB_WRITE);
    ASSERT_OK(h, db_run0(&h->c, other, "set lock_timeout='200ms'"));
    ASSERT_OK(h, db_begin(&h->c, other));
    status locked =
        db_run(&h->c, other, "select id from item where shop=1 and id=?1 for update", DB_INT(1));
    assert_int_equal(refused(h, settled(h, other, locked)), E_CONFLICT);
    assert_true(db_should_retry(other));
    db_rollback(other);
    db_close(other);
  }
  ASSERT_OK(h, db_commit(&h->c, h->d));
}
static void a_locked_row_waits_for_its_holder(void **state) {
  UNUSED(state);
  on_each_home(row_lock);
}

/* Locks one item, then asks for the other. */
typedef struct grabber {
  home h;
  db *d;
  int64_t first, second;
  pthread_barrier_t *both_hold;
  status outcome;
} grabber;

static status grab(grabber *g, int64_t number) {
  status s = db_run(&g->h.c, g->d, "select id from item where shop=1 and id=?1 for update",
                    DB_INT(number));
  return settled(&g->h, g->d, s);
}

static void *grab_both(void *arg) {
  grabber *g = arg;
  g->outcome = db_begin(&g->h.c, g->d);
  if (g->outcome == OK) g->outcome = grab(g, g->first);
  pthread_barrier_wait(g->both_hold);
  if (g->outcome == OK) g->outcome = grab(g, g->second);
  db_rollback(g->d);
  return NULL;
}

static void deadlock(home *h) {
  if (db_which(h->d) != DB_POSTGRES) return;
  ASSERT_OK(h, insert_item(h, h->d, 1, STR("one")));
  ASSERT_OK(h, insert_item(h, h->d, 2, STR("two")));
  pthread_barrier_t both_hold;
  pthread_barrier_init(&both_hold, NULL, 2);
  grabber g[2];
  pthread_t threads[2];
  for (int i = 0; i < 2; i++) {
    g[i] = (grabber){.h = *h, .first = 1 + i, .second = 2 - i, .both_hold = &both_hold};
    g[i].h.c.arena = arena_open(ARENA_BYTES);
    g[i].d = open_again(&g[i].h, DB_WRITE);
    assert_int_equal(pthread_create(&threads[i], NULL, grab_both, &g[i]), 0);
  }
  for (int i = 0; i < 2; i++)
    pthread_join(threads[i], NULL);
  int loser = g[0].outcome == OK ? 1 : 0;
  assert_int_equal(g[loser].outcome, E_CONFLICT);
  assert_true(db_should_retry(g[loser].d));
  assert_int_equal(g[1 - loser].outcome, OK);
  for (int i = 0; i < 2; i++) {
    db_close(g[i].d);
    arena_close(g[i].h.c.arena);
  }
  pthread_barrier_destroy(&both_hold);
}
static void a_deadlock_ends_one_of_the_two_which_may_retry(void **state) {
  UNUSED(state);
  on_each_home(deadlock);
}

/* --- schema ----------------------------------------------------------------------------------- */

static void migrations(home *h) {
  ASSERT_OK(h, db_migrate(&h->c, h->d, &schema, 1));
  assert_int_equal(one_int(h, h->d, "select count(*) from schema_step"), 2);
  char *edited = str_zero(h->c.arena, str_from(schema_sql));
  *strstr(edited, "item_price") = 'j';
  assert_int_equal(refused(h, db_migrate(&h->c, h->d, &(db_schema){"test", edited}, 1)),
                   E_CONFLICT);
  char *older = str_zero(h->c.arena, str_from(schema_sql));
  *strstr(older, "-- step 2") = 0;
  assert_int_equal(refused(h, db_migrate(&h->c, h->d, &(db_schema){"test", older}, 1)), E_CONFLICT);
  db_schema unsharded = {"other", "-- step 1\ncreate table bare (id INT8, primary key (id));\n"};
  assert_int_equal(refused(h, db_migrate(&h->c, h->d, &unsharded, 1)), E_MALFORMED);
  db_schema broken = {
      "third",
      "-- step 1\ncreate table good (id INT8, primary key (id)); -- shard id\nnonsense;\n"};
  assert_int_equal(refused(h, db_migrate(&h->c, h->d, &broken, 1)), E_INTERNAL);
  assert_int_equal(one_int(h, h->d, "select count(*) from schema_table where name='good'"), 0);
  assert_int_equal(refused(h, db_run0(&h->c, h->d, "select id from good")), E_INTERNAL);
}
static void a_landed_step_is_applied_once_and_never_edited(void **state) {
  UNUSED(state);
  on_each_home(migrations);
}

static void append_only(home *h) {
  add_line(h, h->d, 1, 1);
  assert_int_equal(refused(h, db_run0(&h->c, h->d, "update line set amount = 2")), E_CONFLICT);
  assert_int_equal(refused(h, db_run0(&h->c, h->d, "delete from line")), E_CONFLICT);
  ASSERT_OK(
      h, db_run0(&h->c, h->d, "insert into line(id, amount) values (1, 7) on conflict do nothing"));
  assert_int_equal(one_int(h, h->d, "select amount from line"), 1);
}
static void an_append_only_table_refuses_update_and_delete(void **state) {
  UNUSED(state);
  on_each_home(append_only);
}

/* As on a distributed database: no trigger, and a serving role that may only add. */
static void by_grant(home *h) {
  if (db_which(h->d) != DB_POSTGRES) return;
  home other = {.c = h->c, .url = str_format(h->c.arena, "%s?append_only=grant", h->url).at};
  ASSERT_OK(h, db_run0(&h->c, h->d,
                       "drop table item, line, lane_head, schema_step, schema_table cascade"));
  other.d = open_again(&other, DB_WRITE);
  ASSERT_OK(&other, db_migrate(&other.c, other.d, &schema, 1));
  assert_int_equal(
      one_int(&other, other.d, "select count(*) from pg_trigger where tgname like 'line%'"), 0);
  ASSERT_OK(&other, db_begin(&other.c, other.d));
  ASSERT_OK(&other, db_run0(&other.c, other.d, "create role tael_test_server"));
  ASSERT_OK(&other, db_run0(&other.c, other.d, "grant select, insert on line to tael_test_server"));
  ASSERT_OK(&other, db_run0(&other.c, other.d, "set local role tael_test_server"));
  ASSERT_OK(&other, db_run0(&other.c, other.d, "insert into line(id, amount) values (1, 1)"));
  status update = db_run0(&other.c, other.d, "update line set amount = 2");
  assert_int_equal(refused(&other, settled(&other, other.d, update)), E_CONFLICT);
  db_rollback(other.d);
  db_close(other.d);
}
static void append_only_by_grant_refuses_a_role_that_owns_nothing(void **state) {
  UNUSED(state);
  on_each_home(by_grant);
}

static void the_four_words_become_each_dialect(void **state) {
  UNUSED(state);
  arena *a = arena_open(ARENA_BYTES);
  str plain = STR(
      "create table t (id INT8, k TEXT NULL, f FLAG, b BYTES, primary key (id)); -- shard id\n");
  str lite = db_translate(a, DB_SQLITE, plain), server = db_translate(a, DB_POSTGRES, plain);
  assert_string_equal(
      lite.at,
      "create table t (id INTEGER not null, k TEXT, f INTEGER not null check (f in (0, 1)), "
      "b BLOB not null, primary key (id)) strict;\n");
  assert_string_equal(
      server.at, "create table t (id BIGINT not null, k TEXT collate \"C\", "
                 "f BIGINT not null check (f in (0, 1)), b BYTEA not null, primary key (id));\n");
  arena_close(a);
}

static void a_wrong_url_says_what_to_write(void **state) {
  UNUSED(state);
  home h = {.c = {.arena = arena_open(ARENA_BYTES)}};
  db *d = NULL;
  static const char *const urls[] = {"",
                                     "mysql://x",
                                     "sqlite:",
                                     "sqlite:file:x",
                                     "sqlite:a.db?mode=ro",
                                     "postgres://x/y?append_only=never"};
  for (size_t i = 0; i < COUNT_OF(urls); i++) {
    assert_int_equal(refused(&h, db_open(&h.c, str_from(urls[i]), DB_WRITE, NULL, &d)),
                     E_MALFORMED);
  }
  assert_int_equal(refused(&h, db_open(&h.c, STR("sqlite:/nowhere/x.db"), DB_READ, NULL, &d)),
                   E_STORE);
  assert_int_equal(refused(&h, db_open(&h.c, STR("postgres://127.0.0.1:1/x"), DB_WRITE, NULL, &d)),
                   E_STORE);
  arena_close(h.c.arena);
}

static void second_writer(home *h) {
  if (db_which(h->d) != DB_SQLITE) return;
  db *other = NULL;
  char pid[32];
  snprintf(pid, sizeof pid, "(pid %ld)", (long)getpid());
  assert_int_equal(db_open(&h->c, str_from(h->url), DB_WRITE, NULL, &other), E_CONFLICT);
  assert_non_null(strstr(str_zero(h->c.arena, h->c.fault.detail), pid));
  fault_clear(&h->c);
  db_close(open_again(h, DB_READ));
}
static void a_second_writer_of_a_file_is_told_who_writes(void **state) {
  UNUSED(state);
  on_each_home(second_writer);
}

/* --- search ----------------------------------------------------------------------------------- */

static int64_t find(home *h, const char *words) {
  db_rows *rows;
  int64_t found = 0;
  str text = db_fts_text(h->c.arena, h->d, str_from(words));
  ASSERT_OK(h, db_query(&h->c, h->d, &rows,
                        "select id from item where shop=?1 and fts(item, ?2) order by id",
                        DB_INT(1), DB_TEXT(text)));
  while (db_next(rows))
    found = found * 10 + db_get_int(rows, 0);
  ASSERT_OK(h, db_done(&h->c, rows));
  return found;
}

static void search(home *h) {
  ASSERT_OK(h, insert_item(h, h->d, 1, STR("苹果手机 Phone-12 pro")));
  ASSERT_OK(h, insert_item(h, h->d, 2, STR("Red PHONE case, 手机壳")));
  ASSERT_OK(h, insert_item(h, h->d, 3, STR("Café table")));
  static const struct {
    const char *words;
    int64_t found;
  } cases[] = {
      {"手机", 12},        {"苹果", 1},     {"机手", 0},        {"phone", 12},
      {"pho", 12},         {"hone", 0},     {"phone case", 2},  {"case phone", 2},
      {"手机 pro", 1},     {"12", 1},       {"café", 3},        {"", 0},
      {"!!! ---", 0},      {"\"phone", 12}, {"phone' | 'x", 0}, {"phone OR table", 0},
      {"phone* NEAR(", 0}, {"a\\b", 0},     {"%", 0},
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    if (find(h, cases[i].words) != cases[i].found) fail_msg("%s on %s", cases[i].words, h->url);
  }
  ASSERT_OK(h, db_run(&h->c, h->d, "update item set name=?1 where shop=1 and id=2",
                      DB_TEXT(STR("Blue hat"))));
  ASSERT_OK(h, db_run0(&h->c, h->d, "delete from item where shop=1 and id=3"));
  assert_int_equal(find(h, "phone"), 1);
  assert_int_equal(find(h, "hat"), 2);
  assert_int_equal(find(h, "table"), 0);
}
static void search_finds_words_beginnings_and_chinese(void **state) {
  UNUSED(state);
  on_each_home(search);
}

/* --- whole store ------------------------------------------------------------------------------ */

static sha256 hash_of(home *h) {
  sha256 hash;
  ASSERT_OK(h, db_state_hash(&h->c, h->d, &hash));
  return hash;
}

static sha256 hashes[STORE_HOMES];
static int hash_count;

static void hash(home *h) {
  static const char *const names[] = {"b", "B", "a", "é", "手", "_", " "};
  sha256 empty = hash_of(h);
  for (size_t i = 0; i < COUNT_OF(names); i++) {
    ASSERT_OK(h, insert_item(h, h->d, (int64_t)(i * 7919) % 5 - (int64_t)i, str_from(names[i])));
  }
  sha256 filled = hash_of(h);
  assert_false(sha256_eq(&empty, &filled));
  ASSERT_OK(h, db_run0(&h->c, h->d, "insert into lane_head(id, amount) values (1, 1)"));
  sha256 unhashed = hash_of(h);
  assert_true(sha256_eq(&filled, &unhashed));
  ASSERT_OK(h, db_run0(&h->c, h->d, "update item set price = 1 where name = 'é'"));
  hashes[hash_count++] = hash_of(h);
  assert_false(sha256_eq(&filled, &hashes[hash_count - 1]));
}
static void equal_rows_have_equal_hashes_on_both_homes(void **state) {
  UNUSED(state);
  hash_count = 0;
  on_each_home(hash);
  assert_true(hash_count > 0);
  for (int i = 1; i < hash_count; i++)
    assert_true(sha256_eq(&hashes[0], &hashes[i]));
}

static void *keep_writing(void *arg) {
  home *h = arg;
  for (int64_t i = 1; i <= BACKUP_ROWS; i++)
    add_line(h, h->d, i, i);
  return NULL;
}

static void backup(home *h) {
  str file = str_format(h->c.arena, "%s/copy.db", store_folder());
  home aside = {.c = {.arena = arena_open(ARENA_BYTES)}, .url = h->url};
  db *reader = open_again(&aside, DB_READ);
  if (db_which(h->d) == DB_POSTGRES) {
    assert_int_equal(refused(&aside, db_backup(&aside.c, reader, file)), E_NOT_SUPPORTED);
  } else {
    pthread_t writer;
    assert_int_equal(pthread_create(&writer, NULL, keep_writing, h), 0);
    while (one_int(&aside, reader, "select count(*) from line") < BACKUP_ROWS / 10)
      usleep(1000);
    ASSERT_OK(&aside, db_backup(&aside.c, reader, file));
    pthread_join(writer, NULL);
    assert_int_equal(refused(&aside, db_backup(&aside.c, reader, file)), E_CONFLICT);
    home copy = {.c = aside.c, .url = str_format(aside.c.arena, "sqlite:%s", file.at).at};
    copy.d = open_again(&copy, DB_WRITE);
    ASSERT_OK(&copy, db_integrity(&copy.c, copy.d));
    int64_t count = one_int(&copy, copy.d, "select count(*) from line");
    assert_in_range(count, BACKUP_ROWS / 10, BACKUP_ROWS);
    assert_int_equal(one_int(&copy, copy.d, "select max(id) from line"), count);
    db_close(copy.d);
  }
  ASSERT_OK(h, db_integrity(&h->c, h->d));
  ASSERT_OK(&aside, db_checkpoint(&aside.c, reader));
  db_close(reader);
  arena_close(aside.c.arena);
}
static void a_backup_is_one_moment_while_a_writer_goes_on(void **state) {
  UNUSED(state);
  on_each_home(backup);
}

static void add_megabytes(home *h, int64_t count) {
  ASSERT_OK(h, db_begin(&h->c, h->d));
  for (int64_t i = 0; i < count; i++)
    ASSERT_OK(h, db_run0(&h->c, h->d, "insert into blob(body) values (zeroblob(1048576))"));
}

/* Of the log, as of now. */
static int64_t frames_in_log(home *h, db *reader) {
  db_rows *rows;
  ASSERT_OK(h, db_query0(&h->c, reader, &rows, "pragma wal_checkpoint(passive)"));
  assert_true(db_next(rows));
  int64_t frames = db_get_int(rows, 1);
  ASSERT_OK(h, db_done(&h->c, rows));
  return frames;
}

/* Not while a writer is under way, who is waited for only so long; and he goes on. */
static void long_log(home *h) {
  if (db_which(h->d) != DB_SQLITE) return;
  enum { LONG_MIB = 132, LONG_FRAMES = 1 << 15, REST = 5 };
  ASSERT_OK(h, db_run0(&h->c, h->d, "create table blob(body blob) strict"));
  db *reader = open_again(h, DB_READ);
  add_megabytes(h, LONG_MIB);
  ASSERT_OK(h, db_commit(&h->c, h->d));
  add_megabytes(h, 1);
  ASSERT_OK(h, db_checkpoint(&h->c, reader));
  ASSERT_OK(h, db_commit(&h->c, h->d));
  assert_true(frames_in_log(h, reader) > LONG_FRAMES);
  for (int i = 0; i < REST; i++)
    ASSERT_OK(h, db_checkpoint(&h->c, reader));
  add_megabytes(h, 1);
  ASSERT_OK(h, db_commit(&h->c, h->d));
  assert_true(frames_in_log(h, reader) < LONG_FRAMES);
  assert_int_equal(one_int(h, reader, "select count(*) from blob"), LONG_MIB + 2);
  db_close(reader);
}
static void a_long_log_begins_again_when_no_writer_is_in_the_way(void **state) {
  UNUSED(state);
  on_each_home(long_log);
}

/* --- commits that end badly ------------------------------------------------------------------- */

static void kill_backend_of(home *h, db *victim) {
  int64_t pid = one_int(h, victim, "select pg_backend_pid()");
  db *killer = open_again(h, DB_WRITE);
  ASSERT_OK(h, db_run(&h->c, killer, "select pg_terminate_backend(cast(?1 as integer), 5000)",
                      DB_INT(pid)));
  db_close(killer);
}

static void lost_connection(home *h) {
  if (db_which(h->d) != DB_POSTGRES) return;
  db *writer = open_again(h, DB_WRITE);
  ASSERT_OK(h, db_begin(&h->c, writer));
  kill_backend_of(h, writer);
  status insert = db_run0(&h->c, writer, "insert into line(id, amount) values (1, 1)");
  assert_int_equal(refused(h, settled(h, writer, insert)), E_STORE);
  assert_true(db_is_broken(writer));
  db_close(writer);
  writer = open_again(h, DB_WRITE);
  ASSERT_OK(h, db_begin(&h->c, writer));
  ASSERT_OK(h, db_run0(&h->c, writer, "insert into line(id, amount) values (2, 1)"));
  kill_backend_of(h, writer);
  assert_int_equal(refused(h, db_commit(&h->c, writer)), E_UNKNOWN);
  assert_true(db_is_broken(writer));
  assert_int_equal(refused(h, db_begin(&h->c, writer)), E_STORE);
  db_close(writer);
  assert_int_equal(one_int(h, h->d, "select count(*) from line"), 0);
}
static void a_connection_lost_in_a_commit_is_an_unknown_outcome(void **state) {
  UNUSED(state);
  on_each_home(lost_connection);
}

static void warned(home *h) {
  if (db_which(h->d) != DB_POSTGRES) return;
  ASSERT_OK(h, db_run0(&h->c, h->d,
                       "create function warn() returns trigger language plpgsql as "
                       "$$ begin raise warning 'not sure'; return null; end $$"));
  ASSERT_OK(h, db_run0(&h->c, h->d,
                       "create constraint trigger line_warn after insert on line "
                       "deferrable initially deferred for each row execute function warn()"));
  db *writer = open_again(h, DB_WRITE);
  ASSERT_OK(h, db_begin(&h->c, writer));
  ASSERT_OK(h, db_run0(&h->c, writer, "insert into line(id, amount) values (1, 1)"));
  assert_int_equal(refused(h, db_commit(&h->c, writer)), E_UNKNOWN);
  assert_true(db_is_broken(writer));
  db_close(writer);
}
static void a_warning_during_commit_is_an_unknown_outcome(void **state) {
  UNUSED(state);
  on_each_home(warned);
}

static void careless_server(home *h) {
  if (db_which(h->d) != DB_POSTGRES) return;
  str name = {0};
  db_rows *rows;
  ASSERT_OK(h, db_query0(&h->c, h->d, &rows, "select current_database()"));
  if (db_next(rows)) name = db_keep_text(rows, 0, h->c.arena);
  ASSERT_OK(h, db_done(&h->c, rows));
  str sql = str_format(h->c.arena, "alter database %s set synchronous_commit = off", name.at);
  ASSERT_OK(h, db_exec(&h->c, h->d, sql.at, 0, NULL));
  db *writer = NULL;
  assert_int_equal(refused(h, db_open(&h->c, str_from(h->url), DB_WRITE, NULL, &writer)),
                   E_CONFLICT);
  db_close(open_again(h, DB_READ));
}
static void a_server_that_acknowledges_too_early_is_refused(void **state) {
  UNUSED(state);
  on_each_home(careless_server);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_come_back_as_they_went_in),
      cmocka_unit_test(empty_is_not_null_and_text_holds_no_zero_byte),
      cmocka_unit_test(one_statement_takes_null_and_then_a_number),
      cmocka_unit_test(sums_are_exact_and_too_large_a_sum_is_a_failure),
      cmocka_unit_test(a_statement_can_be_open_twice),
      cmocka_unit_test(a_refused_statement_ends_its_transaction),
      cmocka_unit_test(a_rollback_leaves_nothing),
      cmocka_unit_test(rows_left_open_die_with_the_transaction),
      cmocka_unit_test(a_reader_sees_one_moment_and_cannot_write),
      cmocka_unit_test(a_locked_row_waits_for_its_holder),
      cmocka_unit_test(a_deadlock_ends_one_of_the_two_which_may_retry),
      cmocka_unit_test(a_landed_step_is_applied_once_and_never_edited),
      cmocka_unit_test(an_append_only_table_refuses_update_and_delete),
      cmocka_unit_test(append_only_by_grant_refuses_a_role_that_owns_nothing),
      cmocka_unit_test(the_four_words_become_each_dialect),
      cmocka_unit_test(a_wrong_url_says_what_to_write),
      cmocka_unit_test(a_second_writer_of_a_file_is_told_who_writes),
      cmocka_unit_test(search_finds_words_beginnings_and_chinese),
      cmocka_unit_test(equal_rows_have_equal_hashes_on_both_homes),
      cmocka_unit_test(a_backup_is_one_moment_while_a_writer_goes_on),
      cmocka_unit_test(a_long_log_begins_again_when_no_writer_is_in_the_way),
      cmocka_unit_test(a_connection_lost_in_a_commit_is_an_unknown_outcome),
      cmocka_unit_test(a_warning_during_commit_is_an_unknown_outcome),
      cmocka_unit_test(a_server_that_acknowledges_too_early_is_refused),
  };
  return cmocka_run_group_tests_name("db on both homes", tests, NULL, NULL);
}
