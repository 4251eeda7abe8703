/* test_overload.c - three times more work than can be done, by hand: each command costs a
 * millisecond of a clock that only the commands move, so every figure is exact. What is accepted is
 * done soon, nearly all of the time goes into accepted work, what must not fail is not turned away,
 * and when the flood is over nobody is refused any more. */
#include "engine/test_bench.h"

enum {
  COST_US = 1000,
  WAIT_US = 40000,
  GROUP = 16,
  RATE_TIMES = 3, /* so many commands arrive in the time one takes */
  FLOOD = 1500,   /* commands that arrive */
  DEADLINE_US = 10000000,
};

typedef struct flood {
  bench *b;
  int64_t cost_us, sync_us; /* of a command, and of a group whatever its size */
  int64_t synced;           /* the commits so far when the last group's sync was paid for */
  int64_t arrived, accepted, refused, critical_refused, longest_us, done;
} flood;

typedef struct one {
  flood *f;
  command cmd;
  instant sent;
} one;

/* Ledger-only, so that both homes group it; its cost is the time it lets pass. */
static status costly_decide(ctx *c, tx *t, void *state) {
  UNUSED(c);
  UNUSED(t);
  flood *f = state;
  int64_t commits = atomic_load(&f->b->e->commits);
  bench_sleep(f->b, f->cost_us + (commits != f->synced ? f->sync_us : 0));
  f->synced = commits;
  return OK;
}
static const command_type costly = {
    .name = "test.costly", .flags = COMMAND_HOT, .decide = costly_decide};

static void finished(command *cmd) {
  one *o = cmd->done_arg;
  int64_t took = engine_real_now(o->f->b->e) - o->sent;
  assert_int_equal(cmd->outcome, OK);
  if (took > o->f->longest_us) o->f->longest_us = took;
  o->f->done++;
  arena_close(cmd->arena);
}

/* Every tenth is critical: fewer than the fifth that is kept for them. */
static void arrive(flood *f) {
  arena *own = arena_open(1 << 20);
  assert_non_null(own);
  one *o = ARENA_NEW(own, one);
  bool is_critical = f->arrived++ % 10 == 0;
  *o = (one){.f = f, .sent = engine_real_now(f->b->e)};
  o->cmd = (command){.type = &costly,
                     .state = f,
                     .who = engine_system(f->b->e),
                     .arena = own,
                     .is_critical = is_critical,
                     .deadline = o->sent + DEADLINE_US,
                     .done = finished,
                     .done_arg = o};
  bool is_full = engine_is_full(f->b->e, 0, is_critical);
  if (engine_submit(f->b->e, &o->cmd) == OK) {
    assert_false(is_full);
    f->accepted++;
    return;
  }
  assert_int_equal(o->cmd.outcome, E_OVERLOADED);
  assert_true(o->cmd.fault.retry_after_s >= 1);
  f->refused++;
  f->critical_refused += is_critical;
  arena_close(own);
}

/* Lets what is due by now arrive, then runs one group. */
static void run(flood *f, int64_t count, int64_t gap_us) {
  instant began = engine_real_now(f->b->e);
  int64_t sent = 0;
  while (sent < count) {
    int64_t due = (engine_real_now(f->b->e) - began) / gap_us + 1;
    for (; sent < due && sent < count; sent++)
      arrive(f);
    if (engine_step(f->b->e) == 0) bench_sleep(f->b, gap_us);
  }
  while (engine_step(f->b->e) > 0) {}
}

static bench *open_small_groups(const char *url) {
  bench *b = bench_open(url, NULL);
  b->e->options.group_max = GROUP;
  engine_set_wait_max(b->e, WAIT_US);
  return b;
}

static void at_three_times_capacity_accepted_work_goes_on_as_before(void **state) {
  bench *b = open_small_groups(*state);
  flood calm = {.b = b, .cost_us = COST_US}, f = calm;
  run(&calm, 200, 2 * COST_US); /* half of what can be done: the engine learns what it costs */
  assert_int_equal(calm.refused, 0);
  instant began = engine_real_now(b->e);
  run(&f, FLOOD, COST_US / RATE_TIMES);
  int64_t took = engine_real_now(b->e) - began;
  assert_int_equal(f.accepted + f.refused, FLOOD);
  assert_int_equal(f.done, f.accepted);
  /* all of the time went into work that was accepted: the peak is one a millisecond */
  assert_true(f.accepted * COST_US >= took * 90 / 100);
  assert_true(f.refused > FLOOD / 2);
  assert_int_equal(f.critical_refused, 0);
  assert_true(f.longest_us <= WAIT_US * b->e->lane_count + GROUP * COST_US);
  bench_close(b);
}

static void when_the_flood_is_over_nobody_is_refused(void **state) {
  bench *b = open_small_groups(*state);
  flood f = {.b = b, .cost_us = COST_US}, after = f;
  run(&f, FLOOD / 2, COST_US / RATE_TIMES);
  assert_true(f.refused > 0);
  run(&after, 200, COST_US);
  assert_int_equal(after.refused, 0);
  assert_int_equal(after.done, 200);
  bench_close(b);
}

static void a_burst_after_quiet_hours_is_taken_whole(void **state) {
  bench *b = open_small_groups(*state);
  b->e->options.group_max = 4096;
  flood quiet = {.b = b, .cost_us = 10, .sync_us = 5 * COST_US}, burst = quiet;
  run(&quiet, 50, 10 * COST_US); /* groups of one tell nothing of what hundreds cost */
  for (int i = 0; i < 1000; i++)
    arrive(&burst);
  while (engine_step(b->e) > 0) {}
  assert_int_equal(burst.refused, 0);
  assert_int_equal(burst.done, 1000);
  bench_close(b);
}

static void a_full_queue_keeps_a_fifth_for_what_is_critical(void **state) {
  bench *b = open_small_groups(*state);
  b->e->options.queue_max = 100;
  flood f = {.b = b, .cost_us = COST_US};
  for (int i = 0; i < 200; i++)
    arrive(&f);
  /* 80 of all kinds, then the critical ones among the rest */
  assert_int_equal(f.accepted, 80 + 12);
  assert_int_equal(f.critical_refused, 0);
  while (engine_step(b->e) > 0) {}
  bench_close(b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(at_three_times_capacity_accepted_work_goes_on_as_before),
      cmocka_unit_test(when_the_flood_is_over_nobody_is_refused),
      cmocka_unit_test(a_burst_after_quiet_hours_is_taken_whole),
      cmocka_unit_test(a_full_queue_keeps_a_fifth_for_what_is_critical),
  };
  return bench_run("engine overload", tests, COUNT_OF(tests));
}
