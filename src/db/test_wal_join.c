/* test_wal_join.c - the joined log: few writes a commit, every transaction readable by others and
 * by itself as if nothing were joined, and nothing behind a gap that a failed write left. Power
 * cuts through the joined log are in test_fault.c, which opens its stores the same way. */
#include "db/fault.h"
#include "db/db.h"
#include "db/test_store.h"
#include "db/wal_join.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <sqlite3.h>

enum { ARENA_BYTES = 16 << 20, ROWS = 500, BODY_BYTES = 900 };

typedef struct fixture {
  ctx c;
  fault_vfs *disk;
  db *d, *reader;
} fixture;

static int set_up(void **state) {
  static fixture f;
  f = (fixture){.c = {.arena = arena_open(ARENA_BYTES)},
                .disk = fault_vfs_register("joined", store_seed())};
  assert_int_equal(db_open(&f.c, STR("sqlite:joined.db"), DB_WRITE, "joined", &f.d), OK);
  assert_int_equal(
      db_run0(&f.c, f.d, "create table entry (id integer primary key, body blob) strict"), OK);
  assert_int_equal(db_open(&f.c, STR("sqlite:joined.db"), DB_READ, "joined", &f.reader), OK);
  *state = &f;
  return 0;
}

static int tear_down(void **state) {
  fixture *f = *state;
  db_close(f->reader);
  db_close(f->d);
  fault_vfs_unregister(f->disk);
  arena_close(f->c.arena);
  return 0;
}

static status add_rows(fixture *f, int64_t from, int64_t count) {
  static const uint8_t body[BODY_BYTES] = {1};
  for (int64_t i = from; i < from + count; i++) {
    TRY(db_run(&f->c, f->d, "insert into entry (id, body) values (?1, ?2)", DB_INT(i),
               DB_BYTES(body, sizeof body)));
  }
  return OK;
}

static status read_count(fixture *f, db *d, int64_t *out) {
  db_rows *rows;
  TRY(db_query0(&f->c, d, &rows, "select count(*) from entry where body is not null"));
  *out = db_next(rows) ? db_get_int(rows, 0) : -1;
  return db_done(&f->c, rows);
}

static int64_t count_rows(fixture *f, db *d) {
  int64_t count = -1;
  assert_int_equal(read_count(f, d, &count), OK);
  return count;
}

static void a_commit_of_many_pages_costs_few_writes(void **state) {
  fixture *f = *state;
  assert_int_equal(db_begin(&f->c, f->d), OK);
  assert_int_equal(add_rows(f, 1, ROWS), OK);
  uint64_t before = fault_vfs_count(f->disk, FAULT_WRITE);
  uint64_t syncs = fault_vfs_count(f->disk, FAULT_SYNC);
  assert_int_equal(db_commit(&f->c, f->d), OK);
  uint64_t writes = fault_vfs_count(f->disk, FAULT_WRITE) - before;
  assert_in_range(writes, 1, 8); /* more than a hundred pages, each with a header */
  assert_in_range(fault_vfs_count(f->disk, FAULT_SYNC) - syncs, 1, 2);
  assert_int_equal(count_rows(f, f->reader), ROWS);
}

/* SQLite's own VFS takes only so many bytes in one write. */
static void a_large_transaction_goes_into_a_real_file(void **state) {
  fixture *f = *state;
  db *simulated = f->d;
  str url = str_format(f->c.arena, "sqlite:%s/large.db", store_folder());
  assert_int_equal(db_open(&f->c, url, DB_WRITE, NULL, &f->d), OK);
  assert_int_equal(
      db_run0(&f->c, f->d, "create table entry (id integer primary key, body blob) strict"), OK);
  assert_int_equal(db_begin(&f->c, f->d), OK);
  assert_int_equal(add_rows(f, 1, 6 * ROWS), OK);
  assert_int_equal(db_commit(&f->c, f->d), OK);
  assert_int_equal(db_integrity(&f->c, f->d), OK);
  assert_int_equal(count_rows(f, f->d), 6 * ROWS);
  db_close(f->d);
  f->d = simulated;
}

static void a_transaction_reads_its_own_pages_that_left_the_cache(void **state) {
  fixture *f = *state;
  assert_int_equal(db_run0(&f->c, f->d, "pragma cache_size=10"), OK);
  assert_int_equal(db_begin(&f->c, f->d), OK);
  for (int64_t i = 0; i < 4; i++) {
    assert_int_equal(add_rows(f, 1 + i * ROWS, ROWS), OK);
    assert_int_equal(count_rows(f, f->d), (i + 1) * ROWS);
    assert_int_equal(count_rows(f, f->reader), 0);
  }
  assert_int_equal(db_commit(&f->c, f->d), OK);
  assert_int_equal(count_rows(f, f->reader), 4 * ROWS);
  assert_int_equal(db_integrity(&f->c, f->reader), OK);
}

static void what_was_rolled_back_leaves_nothing_in_the_log(void **state) {
  fixture *f = *state;
  assert_int_equal(db_run0(&f->c, f->d, "pragma cache_size=10"), OK);
  assert_int_equal(db_begin(&f->c, f->d), OK);
  assert_int_equal(add_rows(f, 1, ROWS), OK);
  db_rollback(f->d);
  assert_int_equal(count_rows(f, f->d), 0);
  assert_int_equal(db_begin(&f->c, f->d), OK);
  assert_int_equal(add_rows(f, 1, 3), OK);
  assert_int_equal(db_commit(&f->c, f->d), OK);
  assert_int_equal(count_rows(f, f->reader), 3);
  assert_int_equal(db_integrity(&f->c, f->reader), OK);
}

/* Without a sync nothing makes SQLite speak to the log between its frames and the moment others are
 * told of them. */
static void a_commit_without_a_sync_is_there_for_others(void **state) {
  fixture *f = *state;
  assert_int_equal(db_run0(&f->c, f->d, "pragma synchronous=normal"), OK);
  for (int64_t i = 0; i < 20; i++) {
    assert_int_equal(db_begin(&f->c, f->d), OK);
    assert_int_equal(add_rows(f, 1 + i * 10, 10), OK);
    assert_int_equal(db_commit(&f->c, f->d), OK);
    assert_int_equal(count_rows(f, f->reader), (i + 1) * 10);
  }
}

/* The first write that fails may be one in the middle of a transaction, made because a page was
 * read back. */
static void a_failed_write_fails_its_transaction_and_no_other(void **state) {
  fixture *f = *state;
  assert_int_equal(db_run0(&f->c, f->d, "pragma cache_size=10"), OK);
  assert_int_equal(add_rows(f, 1, 5), OK);
  for (int64_t nth = 1; nth <= 12; nth++) {
    int64_t seen;
    assert_int_equal(db_begin(&f->c, f->d), OK);
    fault_vfs_fail_nth(f->disk, FAULT_WRITE, (uint64_t)nth, false, SQLITE_FULL);
    status s = add_rows(f, 1000 * nth, ROWS);
    if (s == OK) s = read_count(f, f->d, &seen);
    if (s == OK) s = db_commit(&f->c, f->d);
    if (s != OK) db_rollback(f->d);
    fault_vfs_fail_nth(f->disk, FAULT_WRITE, 0, false, SQLITE_OK);
    fault_clear(&f->c);
    if (s == OK) break; /* it needed fewer writes */
    assert_false(db_is_broken(f->d));
    assert_int_equal(count_rows(f, f->reader), 4 + nth);
    assert_int_equal(add_rows(f, 5 + nth, 1), OK);
  }
  int64_t kept = count_rows(f, f->reader);
  fault_vfs_power_cut(f->disk);
  db_close(f->reader);
  db_close(f->d);
  fault_vfs_power_on(f->disk);
  assert_int_equal(db_open(&f->c, STR("sqlite:joined.db"), DB_WRITE, "joined", &f->d), OK);
  assert_int_equal(db_open(&f->c, STR("sqlite:joined.db"), DB_READ, "joined", &f->reader), OK);
  assert_int_equal(count_rows(f, f->d), kept);
  assert_int_equal(db_integrity(&f->c, f->d), OK);
}

/* The log's file by itself, as SQLite would use it. */
static void nothing_goes_behind_a_gap(void **state) {
  fixture *f = *state;
  uint8_t header[24] = {0, 0, 0, 7}, page[512] = {1};
  wal_join *w = wal_join_open("joined", true);
  assert_non_null(w);
  sqlite3_vfs *vfs = sqlite3_vfs_find(wal_join_name(w));
  assert_non_null(vfs);
  sqlite3_file *log = sqlite3_malloc(vfs->szOsFile);
  int flags = SQLITE_OPEN_WAL | SQLITE_OPEN_CREATE | SQLITE_OPEN_READWRITE;
  assert_int_equal(vfs->xOpen(vfs, "alone-wal", log, flags, NULL), SQLITE_OK);
  const sqlite3_io_methods *m = log->pMethods;
  assert_int_equal(m->xWrite(log, page, 32, 0), SQLITE_OK);
  assert_int_equal(m->xWrite(log, header, sizeof header, 32), SQLITE_OK);
  assert_int_equal(m->xWrite(log, page, sizeof page, 56), SQLITE_OK);
  fault_vfs_fail_nth(f->disk, FAULT_WRITE, 1, false, SQLITE_FULL);
  assert_int_equal(m->xRead(log, page, sizeof page, 56), SQLITE_FULL);
  assert_int_equal(m->xWrite(log, header, sizeof header, 568), SQLITE_IOERR_WRITE);
  assert_int_equal(m->xSync(log, SQLITE_SYNC_NORMAL), SQLITE_IOERR_FSYNC);
  assert_int_equal(m->xWrite(log, header, sizeof header, 32), SQLITE_OK);
  header[4] = 1; /* the page that follows ends a transaction */
  assert_int_equal(m->xWrite(log, page, sizeof page, 56), SQLITE_OK);
  assert_int_equal(m->xWrite(log, header, sizeof header, 568), SQLITE_OK);
  assert_int_equal(m->xWrite(log, page, sizeof page, 592), SQLITE_OK);
  assert_int_equal(m->xSync(log, SQLITE_SYNC_NORMAL), SQLITE_OK);
  sqlite3_int64 size = 0;
  assert_int_equal(m->xFileSize(log, &size), SQLITE_OK);
  assert_int_equal(size, 592 + 512);
  assert_int_equal(m->xClose(log), SQLITE_OK);
  sqlite3_free(log);
  wal_join_close(w);
}

static uint64_t syncs_of_a_checkpoint(fixture *f, int64_t row) {
  assert_int_equal(add_rows(f, row, 1), OK);
  uint64_t before = fault_vfs_count(f->disk, FAULT_SYNC);
  assert_int_equal(db_checkpoint(&f->c, f->reader), OK);
  return fault_vfs_count(f->disk, FAULT_SYNC) - before;
}

/* Commits have synced it; what another process may have left in it is synced by the first. */
static void a_checkpoint_syncs_only_what_is_not_on_the_disk(void **state) {
  fixture *f = *state;
  uint64_t first = syncs_of_a_checkpoint(f, 1);
  assert_int_equal(syncs_of_a_checkpoint(f, 2), first - 1);
  assert_int_equal(db_run0(&f->c, f->d, "pragma synchronous=normal"), OK);
  assert_int_equal(syncs_of_a_checkpoint(f, 3), first);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      CASE(a_commit_of_many_pages_costs_few_writes),
      CASE(a_large_transaction_goes_into_a_real_file),
      CASE(a_transaction_reads_its_own_pages_that_left_the_cache),
      CASE(what_was_rolled_back_leaves_nothing_in_the_log),
      CASE(a_commit_without_a_sync_is_there_for_others),
      CASE(a_failed_write_fails_its_transaction_and_no_other),
      CASE(nothing_goes_behind_a_gap),
      CASE(a_checkpoint_syncs_only_what_is_not_on_the_disk),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
