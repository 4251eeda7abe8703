/* test_page_cache.c - SQLite works on our page cache as on its own: far more pages than it may
 * hold, transactions taken back, trees that shrink, files cut, stores in memory. What SQLite holds
 * is compared with a table of the test's own, and SQLite looks through its file. */
#include "db/page_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

enum { KEYS = 3000, STEPS = 9000, BATCH = 150 };

static bool was_installed;

typedef struct model {
  int64_t size[KEYS]; /* of the row; 0: there is none */
} model;

static uint64_t next_random(uint64_t *seed) {
  *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return *seed >> 33;
}

static void run(sqlite3 *d, const char *sql) {
  char *why = NULL;
  int code = sqlite3_exec(d, sql, NULL, NULL, &why);
  if (code != SQLITE_OK) fail_msg("%s: %s", sql, why == NULL ? "" : why);
}

static int64_t ask(sqlite3 *d, const char *sql) {
  sqlite3_stmt *s;
  assert_int_equal(sqlite3_prepare_v2(d, sql, -1, &s, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_step(s), SQLITE_ROW);
  int64_t n = sqlite3_column_int64(s, 0);
  sqlite3_finalize(s);
  return n;
}

static void change(sqlite3_stmt *put, sqlite3_stmt *drop, model *m, uint64_t *seed) {
  int64_t key = (int64_t)(next_random(seed) % KEYS);
  bool is_put = next_random(seed) % 3 > 0;
  int64_t size = is_put ? 1 + (int64_t)(next_random(seed) % 3000) : 0;
  sqlite3_stmt *s = is_put ? put : drop;
  sqlite3_bind_int64(s, 1, key);
  if (is_put) sqlite3_bind_int64(s, 2, size);
  assert_int_equal(sqlite3_step(s), SQLITE_DONE);
  sqlite3_reset(s);
  m->size[key] = size;
}

/* Every key has the size that the model says, by its table and by its index. */
static void compare(sqlite3 *d, const model *m) {
  sqlite3_stmt *s;
  assert_int_equal(sqlite3_prepare_v2(d, "select k, length(v) from t", -1, &s, NULL), SQLITE_OK);
  int64_t rows = 0, expected = 0;
  while (sqlite3_step(s) == SQLITE_ROW) {
    assert_int_equal(sqlite3_column_int64(s, 1), m->size[sqlite3_column_int64(s, 0)]);
    rows++;
  }
  sqlite3_finalize(s);
  for (size_t i = 0; i < KEYS; i++)
    expected += m->size[i] != 0;
  assert_int_equal(rows, expected);
  assert_int_equal(ask(d, "select count(*) from t indexed by t_v where v >= x''"), expected);
  assert_int_equal(ask(d, "select integrity_check = 'ok' from pragma_integrity_check(1)"), 1);
}

/* Pages beyond the end of a file that became shorter are let go. */
static void holds_no_more_than_the_file(sqlite3 *d) {
  int now = 0, most = 0;
  sqlite3_db_status(d, SQLITE_DBSTATUS_CACHE_USED, &now, &most, 0);
  int64_t pages = ask(d, "pragma page_count"), bytes = ask(d, "pragma page_size");
  assert_true(now < (pages + 40) * (bytes + 600));
}

static void work(sqlite3 *d, uint64_t seed) {
  run(d, "create table t(k integer primary key, v blob not null); create index t_v on t(v)");
  sqlite3_stmt *put, *drop;
  const char *put_sql = "insert or replace into t(k, v) values (?1, randomblob(?2))";
  assert_int_equal(sqlite3_prepare_v2(d, put_sql, -1, &put, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_prepare_v2(d, "delete from t where k = ?1", -1, &drop, NULL), SQLITE_OK);
  model m = {{0}};
  for (int step = 0; step < STEPS; step += BATCH) {
    model before = m;
    run(d, "begin");
    for (int i = 0; i < BATCH; i++)
      change(put, drop, &m, &seed);
    bool is_kept = next_random(&seed) % 4 > 0;
    run(d, is_kept ? "commit" : "rollback");
    if (!is_kept) m = before;
    if (next_random(&seed) % 16 == 0) run(d, "pragma incremental_vacuum");
  }
  compare(d, &m);
  run(d, "delete from t where k > 20; vacuum");
  for (size_t i = 21; i < KEYS; i++)
    m.size[i] = 0;
  compare(d, &m);
  holds_no_more_than_the_file(d);
  sqlite3_finalize(put);
  sqlite3_finalize(drop);
}

static void work_in(const char *file, const char *pragmas) {
  sqlite3 *d;
  assert_int_equal(sqlite3_open(file, &d), SQLITE_OK);
  run(d, pragmas);
  work(d, 7);
  assert_int_equal(sqlite3_close(d), SQLITE_OK);
}

static void a_file_larger_than_the_cache(void **state) {
  (void)state;
  char folder[] = "/tmp/tael-page-cache-XXXXXX", file[64];
  assert_non_null(mkdtemp(folder));
  snprintf(file, sizeof file, "%s/t.db", folder);
  work_in(file, "pragma auto_vacuum=incremental; pragma synchronous=off; pragma cache_size=40");
  unlink(file);
  rmdir(folder);
}

static void a_log_and_a_cache_of_many_blocks(void **state) {
  (void)state;
  char folder[] = "/tmp/tael-page-cache-XXXXXX", file[64];
  assert_non_null(mkdtemp(folder));
  snprintf(file, sizeof file, "%s/t.db", folder);
  work_in(file, "pragma journal_mode=wal; pragma synchronous=off; pragma cache_size=1200");
  unlink(file);
  rmdir(folder);
}

static void a_store_in_memory_forgets_nothing(void **state) {
  (void)state;
  work_in(":memory:", "pragma page_size=1024; pragma cache_size=10");
}

static void it_is_ours_that_is_used(void **state) {
  (void)state;
  assert_true(was_installed);
  sqlite3_initialize();
  assert_false(page_cache_install()); /* too late: SQLite has begun */
}

int main(void) {
  was_installed = page_cache_install();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_is_ours_that_is_used),
      cmocka_unit_test(a_file_larger_than_the_cache),
      cmocka_unit_test(a_log_and_a_cache_of_many_blocks),
      cmocka_unit_test(a_store_in_memory_forgets_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
