/* test_fault.c - the embedded store on a disk that lies: nothing acknowledged is lost in power
 * cuts, a failed sync is an unknown outcome, a full disk refuses. The planted fault
 * (synchronous=NORMAL) must be caught. TAEL_STORE_CASES sets the number of power cuts (100),
 * TAEL_SEED the seed. */
#include "db/fault.h"
#include "db/db.h"
#include "db/test_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>

enum {
  ARENA_BYTES = 16 << 20,
  COMMITS_A_ROUND = 40,
  ROUND_OPERATIONS = 300,
  ROUNDS_A_DISK = 50, /* then a new one, so that rounds stay short */
};

static const char schema_sql[] =
    "-- step 1\n"
    "create table entry (id INT8, body BYTES, primary key (id)); -- shard id\n-- append only\n"
    "create table total (id INT8, entries INT8, primary key (id)); -- reference\n"
    "insert into total(id, entries) values (1, 0);\n";

static const db_schema schema = {"test", schema_sql};

static status open_store(ctx *c, const char *url, const char *vfs, db **out) {
  TRY(db_open(c, str_from(url), DB_WRITE, vfs, out));
  status s = db_migrate(c, *out, &schema, 1);
  if (s != OK) {
    db_close(*out);
    *out = NULL;
  }
  return s;
}

static status add_entry(ctx *c, db *d, int64_t number) {
  uint8_t body[700];
  for (size_t i = 0; i < sizeof body; i++)
    body[i] = (uint8_t)(number * 31 + (int64_t)i);
  TRY(db_begin(c, d));
  status s = db_run(c, d, "insert into entry(id, body) values (?1, ?2)", DB_INT(number),
                    DB_BYTES(body, sizeof body));
  if (s == OK) s = db_run(c, d, "update total set entries = entries + 1 where id = ?1", DB_INT(1));
  if (s == OK) return db_commit(c, d);
  db_rollback(d);
  return s;
}

static int64_t one_int(ctx *c, db *d, const char *sql) {
  db_rows *rows;
  assert_int_equal(db_select(c, d, &rows, sql, 0, NULL), OK);
  assert_true(db_next(rows));
  int64_t value = db_get_int(rows, 0);
  assert_int_equal(db_done(c, rows), OK);
  return value;
}

typedef struct cut_run {
  const char *url, *vfs;
  fault_vfs *disk;
  rng *random;
  int64_t acknowledged; /* entries 1 .. acknowledged were answered with OK */
  int64_t stored;
  int64_t entries; /* on disks used before */
  uint64_t lost, damaged;
} cut_run;

/* Lives until the power goes; checkpoints now and then, from a connection of its own. */
static void live_until_cut(ctx *c, cut_run *r) {
  db *d = NULL, *second = NULL;
  fault_vfs_power_cut_after(r->disk, 1 + rng_below(r->random, ROUND_OPERATIONS));
  if (open_store(c, r->url, r->vfs, &d) != OK) return;
  if (db_open(c, str_from(r->url), DB_READ, r->vfs, &second) != OK) second = NULL;
  for (int i = 0; i < COMMITS_A_ROUND && !fault_vfs_is_off(r->disk); i++) {
    fault_clear(c);
    if (add_entry(c, d, r->stored + 1) != OK) break;
    r->acknowledged = ++r->stored;
    if (second != NULL && rng_below(r->random, 8) == 0 && db_checkpoint(c, second) != OK) break;
  }
  fault_vfs_power_cut(r->disk);
  db_close(second);
  db_close(d);
}

/* Counts what is missing or wrong; afterwards the run goes on from what is there. */
static void inspect(ctx *c, cut_run *r) {
  db *d = NULL;
  fault_vfs_power_on(r->disk);
  fault_clear(c);
  if (open_store(c, r->url, r->vfs, &d) != OK || db_integrity(c, d) != OK) {
    fprintf(stderr, "damaged: %.*s\n", STR_ARGS(c->fault.detail));
    r->damaged++;
  }
  if (d == NULL) return;
  int64_t found = one_int(c, d, "select count(*) from entry");
  if (found != one_int(c, d, "select entries from total where id = 1")) r->damaged++;
  if (found < r->acknowledged) r->lost += (uint64_t)(r->acknowledged - found);
  r->stored = r->acknowledged = found;
  db_close(d);
}

static uint64_t cut_power(const char *url, uint64_t rounds, bool stop_at_loss, cut_run *r) {
  static int number = 0;
  char vfs[32];
  snprintf(vfs, sizeof vfs, "cut-%d", ++number);
  uint64_t seed = store_seed();
  ctx c = {.arena = arena_open(ARENA_BYTES)};
  arena *kept = arena_open(ARENA_BYTES);
  *r = (cut_run){.url = url,
                 .vfs = vfs,
                 .disk = fault_vfs_register(vfs, seed),
                 .random = rng_open(kept, seed)};
  uint64_t round = 0;
  for (; round < rounds && !(stop_at_loss && r->lost + r->damaged > 0); round++) {
    live_until_cut(&c, r);
    inspect(&c, r);
    fault_clear(&c);
    arena_reset(c.arena);
    if (round % ROUNDS_A_DISK != ROUNDS_A_DISK - 1) continue;
    fault_vfs_unregister(r->disk);
    r->disk = fault_vfs_register(vfs, seed + round);
    r->entries += r->stored;
    r->stored = r->acknowledged = 0;
  }
  fault_vfs_unregister(r->disk);
  arena_close(kept);
  arena_close(c.arena);
  return round;
}

static void nothing_acknowledged_is_lost_in_power_cuts(void **state) {
  UNUSED(state);
  cut_run r;
  cut_power("sqlite:cut.db", 2 * store_cases(50), false, &r);
  fprintf(stderr, "%lld entries stored\n", (long long)(r.entries + r.stored));
  assert_true(r.entries + r.stored > 0);
  assert_int_equal(r.lost, 0);
  assert_int_equal(r.damaged, 0);
}

static void the_planted_fault_of_a_lazy_sync_is_caught(void **state) {
  UNUSED(state);
  cut_run r;
  uint64_t rounds = cut_power("sqlite:cut.db?synchronous=NORMAL", 100, true, &r);
  fprintf(stderr, "caught after %llu rounds\n", (unsigned long long)rounds);
  assert_true(r.lost > 0);
}

static void a_lazy_sync_is_refused_on_a_real_disk(void **state) {
  UNUSED(state);
  ctx c = {.arena = arena_open(ARENA_BYTES)};
  db *d = NULL;
  assert_int_equal(db_open(&c, STR("sqlite:x.db?synchronous=NORMAL"), DB_WRITE, NULL, &d),
                   E_MALFORMED);
  arena_close(c.arena);
}

static void a_failed_sync_is_an_unknown_outcome_and_ends_the_connection(void **state) {
  UNUSED(state);
  ctx c = {.arena = arena_open(ARENA_BYTES)};
  fault_vfs *disk = fault_vfs_register("sync", 1);
  db *d = NULL;
  assert_int_equal(open_store(&c, "sqlite:sync.db", "sync", &d), OK);
  assert_int_equal(add_entry(&c, d, 1), OK);
  fault_vfs_fail_nth(disk, FAULT_SYNC, 1, false, SQLITE_IOERR_FSYNC);
  assert_int_equal(add_entry(&c, d, 2), E_UNKNOWN);
  assert_true(db_is_broken(d));
  uint64_t syncs = fault_vfs_count(disk, FAULT_SYNC);
  assert_int_equal(db_begin(&c, d), E_STORE);
  db_close(d);
  assert_int_equal(fault_vfs_count(disk, FAULT_SYNC), syncs);
  fault_vfs_unregister(disk);
  arena_close(c.arena);
}

/* The first sync is the log's, the others the file's: SQLite's own and the one after each round. */
static void a_failed_sync_in_a_checkpoint_ends_the_connection_too(void **state) {
  UNUSED(state);
  for (uint64_t nth = 1; nth <= 3; nth++) {
    ctx c = {.arena = arena_open(ARENA_BYTES)};
    fault_vfs *disk = fault_vfs_register("moved", 1);
    db *d = NULL, *mover = NULL;
    assert_int_equal(open_store(&c, "sqlite:moved.db", "moved", &d), OK);
    assert_int_equal(add_entry(&c, d, 1), OK);
    assert_int_equal(db_open(&c, STR("sqlite:moved.db"), DB_READ, "moved", &mover), OK);
    fault_vfs_fail_nth(disk, FAULT_SYNC, nth, false, SQLITE_IOERR_FSYNC);
    assert_int_equal(db_checkpoint(&c, mover), E_STORE);
    assert_true(db_is_broken(mover));
    db_close(mover);
    db_close(d);
    fault_vfs_unregister(disk);
    arena_close(c.arena);
  }
}

/* The n-th operation fails, for every n until a whole run passes: what was acknowledged is there.
 */
static void sweep(fault_op op, int error, bool sticky) {
  for (uint64_t n = 1;; n++) {
    ctx c = {.arena = arena_open(ARENA_BYTES)};
    fault_vfs *disk = fault_vfs_register("sweep", n);
    db *d = NULL;
    int64_t acknowledged = 0;
    fault_vfs_fail_nth(disk, op, n, sticky, error);
    uint64_t planned = fault_vfs_count(disk, op) + n;
    if (open_store(&c, "sqlite:sweep.db", "sweep", &d) == OK) {
      for (int i = 0; i < 5 && add_entry(&c, d, acknowledged + 1) == OK; i++)
        acknowledged++;
      db_close(d);
    }
    bool passed = fault_vfs_count(disk, op) < planned;
    fault_vfs_fail_nth(disk, op, 0, false, 0);
    fault_vfs_power_cut(disk);
    fault_vfs_power_on(disk);
    fault_clear(&c);
    assert_int_equal(open_store(&c, "sqlite:sweep.db", "sweep", &d), OK);
    assert_int_equal(db_integrity(&c, d), OK);
    assert_true(one_int(&c, d, "select count(*) from entry") >= acknowledged);
    db_close(d);
    fault_vfs_unregister(disk);
    arena_close(c.arena);
    if (passed) return;
  }
}

static void a_failing_write_never_loses_what_was_acknowledged(void **state) {
  UNUSED(state);
  sweep(FAULT_WRITE, SQLITE_IOERR_WRITE, false);
  sweep(FAULT_WRITE, SQLITE_FULL, true);
}

static void a_failing_sync_never_loses_what_was_acknowledged(void **state) {
  UNUSED(state);
  sweep(FAULT_SYNC, SQLITE_IOERR_FSYNC, false);
  sweep(FAULT_SYNC, SQLITE_IOERR_FSYNC, true);
}

static void a_failing_read_never_loses_what_was_acknowledged(void **state) {
  UNUSED(state);
  sweep(FAULT_READ, SQLITE_IOERR_READ, false);
}

static void a_full_disk_refuses_and_reading_goes_on(void **state) {
  UNUSED(state);
  ctx c = {.arena = arena_open(ARENA_BYTES)};
  fault_vfs *disk = fault_vfs_register("full", 1);
  db *d = NULL, *reader = NULL;
  assert_int_equal(open_store(&c, "sqlite:full.db", "full", &d), OK);
  fault_vfs_limit_bytes(disk, 400000);
  int64_t acknowledged = 0;
  while (add_entry(&c, d, acknowledged + 1) == OK)
    acknowledged++;
  assert_true(acknowledged > 0);
  assert_true(c.fault.code == E_STORE || c.fault.code == E_UNKNOWN);
  db_close(d);
  assert_int_equal(db_open(&c, STR("sqlite:full.db"), DB_READ, "full", &reader), OK);
  assert_int_equal(one_int(&c, reader, "select count(*) from entry"), acknowledged);
  db_close(reader);
  fault_vfs_limit_bytes(disk, -1);
  assert_int_equal(open_store(&c, "sqlite:full.db", "full", &d), OK);
  assert_int_equal(add_entry(&c, d, acknowledged + 1), OK);
  db_close(d);
  fault_vfs_unregister(disk);
  arena_close(c.arena);
}

static void flipped_bits_are_found_by_the_integrity_check(void **state) {
  UNUSED(state);
  ctx c = {.arena = arena_open(ARENA_BYTES)};
  fault_vfs *disk = fault_vfs_register("flip", 7);
  db *d = NULL;
  assert_int_equal(open_store(&c, "sqlite:flip.db", "flip", &d), OK);
  for (int64_t i = 1; i <= 50; i++)
    assert_int_equal(add_entry(&c, d, i), OK);
  db_close(d);
  fault_vfs_flip_bits(disk, "flip.db", 4000);
  status s = open_store(&c, "sqlite:flip.db", "flip", &d);
  if (s == OK) {
    s = db_integrity(&c, d);
    db_close(d);
  }
  assert_int_not_equal(s, OK);
  fault_vfs_unregister(disk);
  arena_close(c.arena);
}

/* The process ends at once after a failed sync and starts again on the same machine: the system
 * still shows it what never reached the disk. Nothing may be acknowledged behind that until it did.
 */
static void nothing_is_acknowledged_behind_what_only_the_cache_holds(void **state) {
  UNUSED(state);
  ctx own = {.arena = arena_open(ARENA_BYTES)}, *c = &own;
  db *d = NULL;
  fault_vfs *disk = fault_vfs_register("cached", store_seed());
  assert_int_equal(open_store(c, "sqlite:cached.db", "cached", &d), OK);
  assert_int_equal(add_entry(c, d, 1), OK);
  fault_vfs_fail_nth(disk, FAULT_SYNC, 1, false, SQLITE_IOERR_FSYNC);
  assert_int_equal(add_entry(c, d, 2), E_UNKNOWN);
  fault_vfs_kill(disk);
  db_close(d);
  fault_vfs_power_on(disk);
  fault_clear(c);
  assert_int_equal(open_store(c, "sqlite:cached.db", "cached", &d), OK);
  int64_t seen = one_int(c, d, "select count(*) from entry");
  assert_int_equal(add_entry(c, d, 3), OK);
  fault_vfs_power_cut(disk);
  db_close(d);
  fault_vfs_power_on(disk);
  fault_clear(c);
  assert_int_equal(open_store(c, "sqlite:cached.db", "cached", &d), OK);
  assert_int_equal(one_int(c, d, "select count(*) from entry"), seen + 1);
  assert_int_equal(db_integrity(c, d), OK);
  db_close(d);
  fault_vfs_unregister(disk);
  arena_close(own.arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_acknowledged_is_lost_in_power_cuts),
      cmocka_unit_test(the_planted_fault_of_a_lazy_sync_is_caught),
      cmocka_unit_test(a_lazy_sync_is_refused_on_a_real_disk),
      cmocka_unit_test(a_failed_sync_is_an_unknown_outcome_and_ends_the_connection),
      cmocka_unit_test(a_failed_sync_in_a_checkpoint_ends_the_connection_too),
      cmocka_unit_test(nothing_is_acknowledged_behind_what_only_the_cache_holds),
      cmocka_unit_test(a_failing_write_never_loses_what_was_acknowledged),
      cmocka_unit_test(a_failing_sync_never_loses_what_was_acknowledged),
      cmocka_unit_test(a_failing_read_never_loses_what_was_acknowledged),
      cmocka_unit_test(a_full_disk_refuses_and_reading_goes_on),
      cmocka_unit_test(flipped_bits_are_found_by_the_integrity_check),
  };
  return cmocka_run_group_tests_name("db on a lying disk", tests, NULL, NULL);
}
