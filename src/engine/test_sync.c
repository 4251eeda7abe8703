/* test_sync.c - commits whose sync is left for later (sync.c): who is told what, and when. The sync
 * is asked for by hand where the order matters, by the engine's own thread where it does not. */
#include "db/fault.h"
#include "engine/test_bench.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { CLIENTS = 4, PAYS_EACH = 150 };

typedef struct fixture {
  fault_vfs *disk;
  bench *b;
  int broken, answered, woken;
} fixture;

static void note_broken(void *arg) { ++*(int *)arg; }

static int set_up(void **state) {
  fixture *f = calloc(1, sizeof *f);
  assert_non_null(f);
  f->disk = fault_vfs_register("engine-later", store_seed());
  bench *b = f->b = calloc(1, sizeof *b);
  assert_non_null(b);
  b->arena = arena_open(256 << 20);
  b->ctx.arena = b->arena;
  b->options = (engine_options){.db_url = STR("sqlite:/later.db"),
                                .vfs = "engine-later",
                                .seed = 7,
                                .on_broken = note_broken,
                                .broken_arg = &f->broken};
  assert_int_equal(engine_open(&b->ctx, &b->options, &b->parts, &b->e), OK);
  pay_state p = {.owner_to = 100, .amount = 5};
  assert_int_equal(bench_pay(b, &p), OK); /* the first sync is never left for later */
  b->e->leaves_sync = true;
  *state = f;
  return 0;
}

static int tear_down(void **state) {
  fixture *f = *state;
  bench_close(f->b);
  fault_vfs_unregister(f->disk);
  free(f);
  return 0;
}

static void count_answer(command *cmd) { ++*(int *)cmd->done_arg; }
static void count_wake(void *arg) { ++*(int *)arg; }

static command *send(fixture *f, pay_state *p, int key) {
  command *cmd = bench_command(f->b, &test_pay, p, key, key);
  cmd->done = count_answer;
  cmd->done_arg = &f->answered;
  assert_int_equal(engine_submit(f->b->e, cmd), OK);
  engine_step(f->b->e);
  return cmd;
}

static uint64_t syncs(const fixture *f) { return fault_vfs_count(f->disk, FAULT_SYNC); }

static void the_next_group_runs_before_the_last_is_durable_and_one_sync_answers_both(void **state) {
  fixture *f = *state;
  pay_state p = {.owner_from = 100, .owner_to = 101, .amount = 1, .emit = true};
  engine_on_commit(f->b->e, count_wake, &f->woken);
  instant watermark = engine_watermark(f->b->e);
  uint64_t before = syncs(f);
  command *first = send(f, &p, 1), *second = send(f, &p, 2);
  assert_int_equal(syncs(f), before);
  assert_int_equal(f->answered, 0);
  assert_int_equal(f->woken, 0);
  assert_int_equal(engine_watermark(f->b->e), watermark);
  sync_step(f->b->e);
  assert_int_equal(syncs(f), before + 1);
  assert_int_equal(f->answered, 2);
  assert_int_equal(f->woken, 2);
  assert_true(engine_watermark(f->b->e) >= second->finished_at);
  assert_int_equal(first->outcome, OK);
  assert_int_equal(second->outcome, OK);
  arena_close(first->arena);
  arena_close(second->arena);
}

/* Its answer tells of what was done before, which power could still take away. */
static void a_replay_and_a_refusal_wait_for_what_they_have_seen(void **state) {
  fixture *f = *state;
  pay_state p = {.owner_to = 100, .amount = 5}, q = {.owner_to = 100, .amount = 5};
  pay_state much = {.owner_from = 100, .owner_to = 101, .amount = 1000000};
  command *first = send(f, &p, 1), *again = send(f, &q, 1);
  assert_int_equal(f->answered, 0);
  assert_true(again->replayed);
  sync_step(f->b->e);
  assert_int_equal(f->answered, 2);
  command *third = send(f, &p, 3), *refused = send(f, &much, 4);
  assert_int_equal(refused->outcome, E_FUNDS);
  assert_int_equal(f->answered, 2);
  sync_step(f->b->e);
  assert_int_equal(f->answered, 4);
  arena_close(first->arena);
  arena_close(again->arena);
  arena_close(third->arena);
  arena_close(refused->arena);
}

static void a_reader_is_given_back_when_what_it_saw_is_durable(void **state) {
  fixture *f = *state;
  pay_state p = {.owner_to = 100, .amount = 5};
  command *cmd = send(f, &p, 1);
  uint64_t before = syncs(f);
  assert_int_equal(bench_balance(f->b, 100), 10);
  assert_int_equal(syncs(f), before + 1);
  assert_int_equal(f->answered, 1);
  assert_int_equal(bench_balance(f->b, 100), 10); /* nothing is under way: nothing to wait for */
  assert_int_equal(syncs(f), before + 1);
  arena_close(cmd->arena);
}

static int64_t balance_after_restart(fixture *f) {
  fault_vfs_kill(f->disk);
  bench_reopen(f->b);
  return bench_balance(f->b, 100);
}

static void a_failed_sync_leaves_all_it_was_for_unknown_and_is_the_last(void **state) {
  fixture *f = *state;
  pay_state p = {.owner_to = 100, .amount = 5};
  command *first = send(f, &p, 1), *second = send(f, &p, 2);
  fault_vfs_fail_nth(f->disk, FAULT_SYNC, 1, false, SQLITE_IOERR_FSYNC);
  sync_step(f->b->e);
  assert_int_equal(first->outcome, E_UNKNOWN);
  assert_int_equal(second->outcome, E_UNKNOWN);
  assert_int_equal(f->broken, 1);
  uint64_t before = syncs(f);
  assert_int_equal(bench_pay(f->b, &p), E_STORE);
  assert_int_equal(db_sync(bench_ctx(f->b), f->b->e->lanes[0].d), E_UNKNOWN);
  assert_int_equal(syncs(f), before);
  arena_close(first->arena);
  arena_close(second->arena);
  assert_int_equal(balance_after_restart(f), 5); /* it was cut off the log */
}

/* The commit at hand when the sync fails finds a log that takes nothing any more. */
static void what_was_decided_on_top_of_a_failed_sync_is_unknown_too(void **state) {
  fixture *f = *state;
  pay_state p = {.owner_to = 100, .amount = 5};
  command *first = send(f, &p, 1);
  fault_vfs_fail_nth(f->disk, FAULT_SYNC, 1, false, SQLITE_IOERR_FSYNC);
  assert_int_equal(db_sync(bench_ctx(f->b), f->b->e->lanes[0].d), E_UNKNOWN);
  command *second = send(f, &p, 2);
  sync_step(f->b->e);
  assert_int_equal(f->answered, 2);
  assert_int_equal(first->outcome, E_UNKNOWN);
  assert_int_not_equal(second->outcome, OK);
  arena_close(first->arena);
  arena_close(second->arena);
  assert_int_equal(balance_after_restart(f), 5);
}

static void a_full_disk_refuses_its_own_group_only(void **state) {
  fixture *f = *state;
  pay_state p = {.owner_to = 100, .amount = 5};
  command *first = send(f, &p, 1);
  fault_vfs_limit_bytes(f->disk, 1);
  command *second = send(f, &p, 2);
  fault_vfs_limit_bytes(f->disk, -1);
  sync_step(f->b->e);
  assert_int_equal(first->outcome, OK);
  assert_int_equal(second->outcome, E_STORE);
  assert_int_equal(f->broken, 0);
  assert_int_equal(bench_balance(f->b, 100), 10);
  f->b->e->leaves_sync = false;
  assert_int_equal(bench_pay(f->b, &p), OK);
  assert_int_equal(bench_balance(f->b, 100), 15);
  arena_close(first->arena);
  arena_close(second->arena);
}

/* It must not put into the file what the log may lose: SQLite syncs the log first, and that sync is
 * one for the commit as well. */
static void a_checkpoint_syncs_what_it_moves(void **state) {
  fixture *f = *state;
  pay_state p = {.owner_to = 100, .amount = 5};
  command *cmd = send(f, &p, 1);
  ctx *c = bench_ctx(f->b);
  db *reader = engine_reader(f->b->e, c);
  assert_non_null(reader);
  engine_checkpoint(c, f->b->e, reader);
  engine_reader_back(f->b->e, reader);
  uint64_t before = syncs(f);
  sync_step(f->b->e);
  assert_int_equal(syncs(f), before); /* nothing was left to sync */
  assert_int_equal(cmd->outcome, OK);
  assert_int_equal(f->answered, 1);
  arena_close(cmd->arena);
}

/* The log's sync fails under a checkpoint: the file is not touched, the commit's fate is unknown.
 */
static void a_checkpoint_whose_sync_fails_moves_nothing(void **state) {
  fixture *f = *state;
  pay_state p = {.owner_to = 100, .amount = 5};
  command *cmd = send(f, &p, 1);
  ctx *c = bench_ctx(f->b);
  db *reader = engine_reader(f->b->e, c);
  fault_vfs_fail_nth(f->disk, FAULT_SYNC, 1, false, SQLITE_IOERR_FSYNC);
  engine_checkpoint(c, f->b->e, reader);
  engine_reader_back(f->b->e, reader);
  assert_int_equal(f->broken, 1);
  sync_step(f->b->e);
  assert_int_equal(cmd->outcome, E_UNKNOWN);
  arena_close(cmd->arena);
  assert_int_equal(balance_after_restart(f), 5);
}

/* --- with its thread -------------------------------------------------------------------------- */

typedef struct payer {
  fixture *f;
  pthread_t thread;
  int index, done, unseen;
} payer;

/* What was answered is in the file that a cut would leave: asked by reading back. */
static void *pay_on(void *arg) {
  payer *p = arg;
  arena *a = arena_open(16 << 20);
  for (int i = 0; i < PAYS_EACH; i++) {
    ctx c;
    engine_ctx(p->f->b->e, a, &c);
    pay_state pay = {.owner_to = 200 + p->index, .amount = 1};
    if (engine_call(&c, p->f->b->e, &test_pay, &pay, engine_system(p->f->b->e)) != OK) break;
    p->done++;
    p->unseen += pay.available < p->done;
  }
  arena_close(a);
  return NULL;
}

static void many_at_once_are_answered_with_the_thread(void **state) {
  fixture *f = *state;
  payer payers[CLIENTS];
  bench *b = f->b;
  b->e->leaves_sync = false;
  assert_int_equal(engine_start(&b->ctx, b->e), OK);
  for (int i = 0; i < CLIENTS; i++) {
    payers[i] = (payer){.f = f, .index = i};
    pthread_create(&payers[i].thread, NULL, pay_on, &payers[i]);
  }
  for (int i = 0; i < CLIENTS; i++) {
    pthread_join(payers[i].thread, NULL);
    assert_int_equal(payers[i].done, PAYS_EACH);
    assert_int_equal(payers[i].unseen, 0);
  }
  fault_vfs_power_cut(f->disk); /* all that was answered is there without another sync */
  engine_stop(b->e);
  engine_close(b->e);
  b->e = NULL;
  fault_vfs_power_on(f->disk);
  assert_int_equal(engine_open(&b->ctx, &b->options, &b->parts, &b->e), OK);
  for (int i = 0; i < CLIENTS; i++)
    assert_int_equal(bench_balance(b, 200 + i), PAYS_EACH);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      CASE(the_next_group_runs_before_the_last_is_durable_and_one_sync_answers_both),
      CASE(a_replay_and_a_refusal_wait_for_what_they_have_seen),
      CASE(a_reader_is_given_back_when_what_it_saw_is_durable),
      CASE(a_failed_sync_leaves_all_it_was_for_unknown_and_is_the_last),
      CASE(what_was_decided_on_top_of_a_failed_sync_is_unknown_too),
      CASE(a_full_disk_refuses_its_own_group_only),
      CASE(a_checkpoint_syncs_what_it_moves),
      CASE(a_checkpoint_whose_sync_fails_moves_nothing),
      CASE(many_at_once_are_answered_with_the_thread),
  };
  return cmocka_run_group_tests_name("engine sync", tests, NULL, NULL);
}
