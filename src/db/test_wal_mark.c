/* test_wal_mark.c - damage in a log that was still in use is told before the store is opened, a
 * torn header is mended, and what is no damage is not taken for it. Power cuts with a mark are in
 * test_fault.c, whose stores all have one. */
#include "db/fault.h"
#include "db/db.h"
#include "db/test_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <sqlite3.h>
#include <string.h>

enum { ARENA_BYTES = 16 << 20, ROWS = 30, HEADER_BITS = 32 * 8, FRAME_BITS = (24 + 4096) * 8 };

static const char url[] = "sqlite:marked.db", log_name[] = "marked.db-wal";

typedef struct fixture {
  ctx c;
  fault_vfs *disk;
  db *d;
  int64_t rows;
} fixture;

static status open_store(fixture *f, db_mode mode, db **out) {
  fault_clear(&f->c);
  return db_open(&f->c, STR(url), mode, "marked", out);
}

static void add_rows(fixture *f, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    assert_int_equal(db_begin(&f->c, f->d), OK);
    assert_int_equal(db_run(&f->c, f->d, "insert into entry (id) values (?1)", DB_INT(++f->rows)),
                     OK);
    assert_int_equal(db_commit(&f->c, f->d), OK);
  }
}

static int64_t count_rows(fixture *f) {
  db_rows *rows;
  assert_int_equal(db_query0(&f->c, f->d, &rows, "select count(*) from entry"), OK);
  int64_t count = db_next(rows) ? db_get_int(rows, 0) : -1;
  assert_int_equal(db_done(&f->c, rows), OK);
  return count;
}

static int set_up(void **state) {
  static fixture f;
  f = (fixture){.c = {.arena = arena_open(ARENA_BYTES)},
                .disk = fault_vfs_register("marked", store_seed())};
  assert_int_equal(open_store(&f, DB_WRITE, &f.d), OK);
  assert_int_equal(db_run0(&f.c, f.d, "create table entry (id integer primary key) strict"), OK);
  add_rows(&f, ROWS);
  *state = &f;
  return 0;
}

static int tear_down(void **state) {
  fixture *f = *state;
  if (f->d != NULL) db_close(f->d);
  fault_vfs_unregister(f->disk);
  arena_close(f->c.arena);
  return 0;
}

/* The process is gone, the log stays as it was in use. */
static void end_process(fixture *f) {
  fault_vfs_kill(f->disk);
  db_close(f->d);
  f->d = NULL;
}

static void a_bit_turned_in_any_frame_is_told(void **state) {
  fixture *f = *state;
  end_process(f);
  uint64_t bits = (uint64_t)fault_vfs_size(f->disk, log_name) * 8;
  for (uint64_t bit = HEADER_BITS; bit < bits; bit += FRAME_BITS / 3 + 7) {
    fault_vfs_flip_bit_at(f->disk, log_name, bit);
    db *d = NULL;
    for (int mode = 0; mode < 2; mode++) {
      assert_int_equal(open_store(f, mode == 0 ? DB_READ : DB_WRITE, &d), E_STORE);
      assert_non_null(strstr(f->c.fault.detail.at, "-wal is damaged"));
      assert_non_null(strstr(f->c.fault.detail.at, "remove marked.db-wal-mark"));
    }
    fault_vfs_flip_bit_at(f->disk, log_name, bit);
  }
  assert_int_equal(open_store(f, DB_WRITE, &f->d), OK);
  assert_int_equal(count_rows(f), f->rows);
}

static void a_bit_turned_in_the_header_is_mended(void **state) {
  fixture *f = *state;
  for (uint64_t bit = 0; bit < HEADER_BITS; bit += 5) {
    end_process(f);
    fault_vfs_flip_bit_at(f->disk, log_name, bit);
    assert_int_equal(open_store(f, DB_WRITE, &f->d), OK);
    assert_int_equal(count_rows(f), f->rows);
    add_rows(f, 1);
  }
}

static void who_removes_the_mark_goes_on_without_what_is_behind(void **state) {
  fixture *f = *state;
  end_process(f);
  uint64_t last = (uint64_t)fault_vfs_size(f->disk, log_name) * 8 - FRAME_BITS / 2;
  fault_vfs_flip_bit_at(f->disk, log_name, last);
  assert_int_equal(open_store(f, DB_WRITE, &f->d), E_STORE);
  sqlite3_vfs *vfs = sqlite3_vfs_find("marked");
  assert_int_equal(vfs->xDelete(vfs, "marked.db-wal-mark", 0), SQLITE_OK);
  assert_int_equal(open_store(f, DB_WRITE, &f->d), OK);
  assert_int_equal(count_rows(f), f->rows - 1); /* the planted loss: this is what went unheard */
}

static void delete_file(const char *name) {
  sqlite3_vfs *vfs = sqlite3_vfs_find("marked");
  assert_int_equal(vfs->xDelete(vfs, name, 0), SQLITE_OK);
}

static void a_log_that_was_taken_away_is_missed(void **state) {
  fixture *f = *state;
  db *d = NULL;
  end_process(f);
  delete_file(log_name);
  for (int mode = 0; mode < 2; mode++) {
    assert_int_equal(open_store(f, mode == 0 ? DB_READ : DB_WRITE, &d), E_STORE);
    assert_non_null(strstr(f->c.fault.detail.at, "-wal is missing"));
    assert_non_null(strstr(f->c.fault.detail.at, "remove marked.db-wal-mark"));
  }
  delete_file("marked.db-wal-mark"); /* on purpose: what was in the log is given up */
  assert_int_equal(open_store(f, DB_READ, &d), OK);
  db_close(d);
}

/* A store that was closed has neither, and power that goes then brings no mark back alone. */
static void a_store_that_was_closed_misses_no_log(void **state) {
  fixture *f = *state;
  for (int round = 0; round < 20; round++) {
    db_close(f->d);
    assert_int_equal(fault_vfs_size(f->disk, log_name), 0);
    if (round % 2 == 1) {
      fault_vfs_power_cut(f->disk);
      fault_vfs_power_on(f->disk);
    }
    assert_int_equal(open_store(f, DB_WRITE, &f->d), OK);
    assert_int_equal(count_rows(f), f->rows);
    add_rows(f, 1);
  }
}

static void a_damaged_mark_says_nothing(void **state) {
  fixture *f = *state;
  end_process(f);
  fault_vfs_flip_bit_at(f->disk, "-wal-mark", 77);
  assert_int_equal(open_store(f, DB_WRITE, &f->d), OK);
  assert_int_equal(count_rows(f), f->rows);
}

/* The log is moved and begins again many times, whole or emptied, with a killed process between. */
static void a_log_that_begins_again_is_no_damage(void **state) {
  fixture *f = *state;
  for (int round = 0; round < 40; round++) {
    const char *how = round % 3 == 0   ? "pragma wal_checkpoint(truncate)"
                      : round % 3 == 1 ? "pragma wal_checkpoint(restart)"
                                       : "pragma wal_checkpoint(passive)";
    db_rows *rows;
    assert_int_equal(db_select(&f->c, f->d, &rows, how, 0, NULL), OK);
    while (db_next(rows))
      continue;
    assert_int_equal(db_done(&f->c, rows), OK);
    if (round % 5 != 4) add_rows(f, 1 + round % 4);
    end_process(f);
    assert_int_equal(open_store(f, DB_WRITE, &f->d), OK);
    assert_int_equal(count_rows(f), f->rows);
  }
}

/* A power cut takes the mark, which was never synced; whoever opens the log next marks it. */
static void a_start_marks_what_it_recovers(void **state) {
  fixture *f = *state;
  fault_vfs_power_cut(f->disk);
  db_close(f->d);
  fault_vfs_power_on(f->disk);
  assert_int_equal(open_store(f, DB_WRITE, &f->d), OK);
  assert_int_equal(count_rows(f), f->rows);
  end_process(f);
  fault_vfs_flip_bit_at(f->disk, log_name, HEADER_BITS + FRAME_BITS * 5 / 2);
  assert_int_equal(open_store(f, DB_WRITE, &f->d), E_STORE);
}

/* What lies behind an old mark was acknowledged: a failed sync at a start takes nothing of it. */
static void a_start_that_cannot_sync_leaves_the_log_whole(void **state) {
  fixture *f = *state;
  fault_vfs_fail_nth(f->disk, FAULT_WRITE, 2, false, SQLITE_IOERR_WRITE); /* the mark of a commit */
  add_rows(f, 1);
  assert_int_equal(fault_vfs_fired(f->disk), 1);
  end_process(f);
  fault_vfs_fail_nth(f->disk, FAULT_SYNC, 1, false, SQLITE_IOERR_FSYNC);
  assert_int_equal(open_store(f, DB_WRITE, &f->d), E_STORE);
  assert_int_equal(open_store(f, DB_WRITE, &f->d), OK);
  assert_int_equal(count_rows(f), f->rows);
}

static void a_mark_adds_no_sync(void **state) {
  fixture *f = *state;
  uint64_t syncs = fault_vfs_count(f->disk, FAULT_SYNC);
  add_rows(f, 10);
  assert_int_equal(fault_vfs_count(f->disk, FAULT_SYNC) - syncs, 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_bit_turned_in_any_frame_is_told, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_bit_turned_in_the_header_is_mended, set_up, tear_down),
      cmocka_unit_test_setup_teardown(who_removes_the_mark_goes_on_without_what_is_behind, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(a_log_that_was_taken_away_is_missed, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_store_that_was_closed_misses_no_log, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_damaged_mark_says_nothing, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_log_that_begins_again_is_no_damage, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_start_marks_what_it_recovers, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_start_that_cannot_sync_leaves_the_log_whole, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(a_mark_adds_no_sync, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
