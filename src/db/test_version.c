/* test_version.c - db_version: another number whenever what was read may be old, the same number
 * when it can't be. */
#include "db/db.h"
#include "db/test_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { ARENA_BYTES = 4 << 20 };

static const char schema_sql[] =
    "-- step 1\n"
    "create table thing (id INT8, size INT8, primary key (id)); -- shard id\n"
    "create table things (id INT8, size INT8, primary key (id)); -- shard id\n"
    "create table other (id INT8, size INT8, primary key (id)); -- shard id\n";
static const db_schema schema = {"test", schema_sql};
static const char both[] = "thing other", one[] = "thing";

typedef struct fixture {
  ctx c;
  db *d;
} fixture;

static void open_store(fixture *f, const char *url) {
  *f = (fixture){.c = {.arena = arena_open(ARENA_BYTES)}};
  assert_int_equal(db_open(&f->c, str_from(url), DB_WRITE, NULL, &f->d), OK);
  assert_int_equal(db_migrate(&f->c, f->d, &schema, 1), OK);
}

static void close_store(fixture *f) {
  db_close(f->d);
  arena_close(f->c.arena);
}

#define RUN(...) assert_int_equal(db_run(&f.c, f.d, __VA_ARGS__), OK)

static void a_write_of_a_named_table_changes_the_number(void **state) {
  fixture f;
  open_store(&f, *state);
  int64_t first = db_version(f.d, both), alone = db_version(f.d, one);
  assert_true(first > 0 && alone > 0);
  assert_int_equal(db_begin(&f.c, f.d), OK);
  RUN("insert into things (id, size) values (?1, 1)", DB_INT(1));
  assert_int_equal(db_version(f.d, both), first);
  RUN("insert into other (id, size) values (?1, 1)", DB_INT(1));
  int64_t second = db_version(f.d, both);
  assert_true(second > first);
  assert_int_equal(db_version(f.d, one), alone);
  RUN("insert into thing(id, size) values (?1, 1)", DB_INT(1));
  int64_t third = db_version(f.d, one);
  assert_true(third > alone);
  RUN("update thing set size = 2 where id = ?1", DB_INT(1));
  int64_t fourth = db_version(f.d, one);
  assert_true(fourth > third);
  RUN("delete from thing where id = ?1", DB_INT(1));
  assert_true(db_version(f.d, one) > fourth);
  int64_t last = db_version(f.d, both);
  assert_int_equal(db_commit(&f.c, f.d), OK);
  assert_int_equal(db_version(f.d, both), last);
  close_store(&f);
}

static void a_rollback_changes_it_again(void **state) {
  fixture f;
  open_store(&f, *state);
  assert_int_equal(db_begin(&f.c, f.d), OK);
  RUN("insert into thing(id, size) values (?1, 1)", DB_INT(1));
  int64_t seen = db_version(f.d, one); /* asked for only after the statement was prepared */
  RUN("insert into thing(id, size) values (?1, 1)", DB_INT(2));
  assert_true(db_version(f.d, one) > seen);
  int64_t inside = db_version(f.d, one);
  db_rollback(f.d);
  assert_true(db_version(f.d, one) > inside);
  close_store(&f);
}

static void reading_does_not_change_it(void **state) {
  fixture f;
  open_store(&f, *state);
  int64_t before = db_version(f.d, one);
  db_rows *rows;
  assert_int_equal(db_query0(&f.c, f.d, &rows, "select id from thing"), OK);
  while (db_next(rows)) {}
  assert_int_equal(db_done(&f.c, rows), OK);
  assert_int_equal(db_version(f.d, one), before);
  close_store(&f);
}

int main(void) {
  static char urls[STORE_HOMES][STORE_URL_BYTES];
  int homes = store_urls(urls);
  struct CMUnitTest tests[3 * STORE_HOMES];
  size_t count = 0;
  for (int i = 0; i < homes; i++) {
    tests[count++] = (struct CMUnitTest)cmocka_unit_test_prestate(
        a_write_of_a_named_table_changes_the_number, urls[i]);
    tests[count++] =
        (struct CMUnitTest)cmocka_unit_test_prestate(a_rollback_changes_it_again, urls[i]);
    tests[count++] =
        (struct CMUnitTest)cmocka_unit_test_prestate(reading_does_not_change_it, urls[i]);
  }
  return _cmocka_run_group_tests("version", tests, count, NULL, NULL);
}
