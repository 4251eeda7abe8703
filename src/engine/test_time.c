/* test_time.c - what happens later: tasks until they succeed, jobs once per business date, the
 * moved clock, ids over a restart with a clock that stepped back. */
#include "engine/test_bench.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* --- tasks ------------------------------------------------------------------------------------ */

static _Atomic int runs, successes, last_tries;
static int fail_first;

static status run_send(ctx *c, engine *e, const task *t, instant *retry_at) {
  UNUSED(retry_at);
  int run = atomic_fetch_add(&runs, 1);
  assert_int_equal(t->subject, 100);
  atomic_store(&last_tries, t->tries);
  if (run < fail_first) return fail(c, E_CHANNEL, "the channel is away");
  pay_state p = {.owner_to = 300, .amount = 1};
  TRY(engine_call(c, e, &test_pay, &p, engine_system(e)));
  atomic_fetch_add(&successes, 1);
  return OK;
}

static const task_type send_task = {.kind = "test.send", .run = run_send, .tries_max = 3};
static const task_type *const task_types[] = {&send_task};
static const engine_parts task_parts = {.tasks = task_types, .task_count = 1};

static void reset_runs(int failures) {
  atomic_store(&runs, 0);
  atomic_store(&successes, 0);
  fail_first = failures;
}

static int64_t tasks_in_state(bench *b, int64_t in_state) {
  return bench_int(b, "select count(*) from engine_task where state = ?1", in_state);
}

static void a_task_runs_after_the_commit_once_when_it_succeeds(void **state) {
  bench *b = bench_open(*state, &task_parts);
  reset_runs(0);
  pay_state p = {.owner_to = 100, .amount = 5, .task = "test.send"},
            refused = {.owner_from = 9, .owner_to = 100, .amount = 1, .task = "test.send"};
  assert_int_equal(bench_pay(b, &p), OK);
  assert_int_equal(bench_pay(b, &refused), E_FUNDS);
  assert_int_equal(tasks_in_state(b, 0), 1);
  assert_int_equal(engine_run_tasks(bench_ctx(b), b->e, 10), 1);
  assert_int_equal(engine_run_tasks(bench_ctx(b), b->e, 10), 0);
  assert_int_equal(atomic_load(&runs), 1);
  assert_int_equal(tasks_in_state(b, 0), 0);
  assert_int_equal(bench_balance(b, 300), 1);
  bench_close(b);
}

static void a_task_that_fails_is_tried_again_later_and_outlives_a_restart(void **state) {
  bench *b = bench_open(*state, &task_parts);
  reset_runs(2);
  pay_state p = {.owner_to = 100, .amount = 5, .task = "test.send"};
  assert_int_equal(bench_pay(b, &p), OK);
  assert_int_equal(engine_run_tasks(bench_ctx(b), b->e, 10), 1);
  assert_int_equal(engine_run_tasks(bench_ctx(b), b->e, 10), 0); /* backs off */
  bench_sleep(b, MICROS_PER_SECOND);
  assert_int_equal(engine_run_tasks(bench_ctx(b), b->e, 10), 1);
  bench_reopen(b);
  bench_sleep(b, 61 * MICROS_PER_SECOND);
  assert_int_equal(engine_run_tasks(bench_ctx(b), b->e, 10), 1);
  assert_int_equal(atomic_load(&last_tries), 2);
  assert_int_equal(atomic_load(&successes), 1);
  assert_int_equal(tasks_in_state(b, 0), 0);
  bench_close(b);
}

static void a_task_that_never_succeeds_stays_listed_as_failed(void **state) {
  bench *b = bench_open(*state, &task_parts);
  reset_runs(100);
  pay_state p = {.owner_to = 100, .amount = 5, .task = "test.send"};
  assert_int_equal(bench_pay(b, &p), OK);
  for (int i = 0; i < 6; i++) {
    engine_run_tasks(bench_ctx(b), b->e, 10);
    bench_sleep(b, 3600 * MICROS_PER_SECOND);
  }
  assert_int_equal(atomic_load(&runs), 3);
  assert_int_equal(tasks_in_state(b, 1), 1);
  bench_close(b);
}

/* Cut off after the work, before the end was written: it runs again. */
static void a_task_is_run_at_least_once_whatever_is_lost(void **state) {
  bench *b = bench_open(*state, &task_parts);
  reset_runs(0);
  pay_state p = {.owner_to = 100, .amount = 5, .task = "test.send"};
  assert_int_equal(bench_pay(b, &p), OK);
  b->e->tasks.ready = (task_list){NULL, NULL}; /* memory is lost */
  bench_reopen(b);
  bench_sleep(b, 61 * MICROS_PER_SECOND); /* the claim of the lost process ends */
  assert_int_equal(engine_run_tasks(bench_ctx(b), b->e, 10), 1);
  assert_int_equal(atomic_load(&successes), 1);
  bench_close(b);
}

static void task_threads_run_what_is_committed(void **state) {
  bench *b = bench_open(*state, &task_parts);
  reset_runs(0);
  b->e->options.task_threads = 2;
  assert_int_equal(engine_start(bench_ctx(b), b->e), OK);
  for (int i = 0; i < 20; i++) {
    pay_state p = {.owner_to = 100, .amount = 5, .task = "test.send"};
    assert_int_equal(bench_pay(b, &p), OK);
  }
  for (int i = 0; i < 2000 && tasks_in_state(b, 0) > 0; i++) {
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
  }
  assert_int_equal(tasks_in_state(b, 0), 0);
  assert_int_equal(atomic_load(&successes), 20);
  assert_int_equal(bench_balance(b, 300), 20);
  bench_close(b);
}

/* --- jobs and the clock ----------------------------------------------------------------------- */

static char diary[512];
static int fail_on_date; /* the job of that date fails once */

static void note(char what, date d) {
  size_t len = strlen(diary);
  int wrote = snprintf(diary + len, sizeof diary - len, "%c%d ", what, d - TEST_START_DATE);
  assert_true(wrote > 0 && (size_t)wrote < sizeof diary - len);
}

static status run_first(ctx *c, engine *e, date d, str *report) {
  if (fail_on_date == d) {
    fail_on_date = 0;
    return fail(c, E_STORE, "cut off");
  }
  assert_int_equal(engine_today(e), d + 1); /* the clock stands at the end of the date */
  note('a', d);
  *report = str_format(c->arena, "did %d", d);
  return OK;
}

static status run_second(ctx *c, engine *e, date d, str *report) {
  UNUSED(c);
  UNUSED(e);
  UNUSED(report);
  note('b', d);
  return OK;
}

static status run_often(ctx *c, engine *e, date d, str *report) {
  UNUSED(c);
  UNUSED(e);
  UNUSED(report);
  note('c', d);
  return OK;
}

static const job_type first_job = {.name = "test.first", .order = 1, .run = run_first};
static const job_type second_job = {.name = "test.second", .order = 2, .run = run_second};
static const job_type often_job = {
    .name = "test.often", .order = 3, .every_s = 3600, .run = run_often};
static const job_type *const job_types[] = {&often_job, &second_job, &first_job};
static const engine_parts job_parts = {.jobs = job_types, .job_count = 3};

static instant noon(int day) {
  return instant_from_date(TEST_START_DATE + day, 0) + 12 * 3600 * MICROS_PER_SECOND;
}

static void count_dates(void *count, date at) {
  UNUSED(at);
  ++*(int *)count;
}

static void advancing_runs_the_jobs_of_each_date_once_and_in_order(void **state) {
  bench *b = bench_open(*state, &job_parts);
  diary[0] = 0;
  int dates = 0;
  pay_state in = {.owner_to = 100, .amount = 9},
            held = {.owner_from = 100, .owner_to = 101, .amount = 9, .timeout_s = 3600};
  assert_int_equal(bench_pay(b, &in), OK);
  assert_int_equal(bench_pay(b, &held), OK);
  assert_int_equal(engine_advance(bench_ctx(b), b->e, noon(2), count_dates, &dates), OK);
  assert_string_equal(diary, "a0 b0 c1 a1 b1 c2 c2 ");
  assert_int_equal(dates, 2);
  assert_int_equal(engine_now(b->e), noon(2));
  assert_int_equal(
      bench_int(b, "select count(*) from engine_command where name = 'hold.expire' and actor = ?1",
                0),
      1);
  assert_int_equal(engine_advance(bench_ctx(b), b->e, noon(1), NULL, NULL), E_RULE);
  str report = {0};
  assert_int_equal(engine_run_job(bench_ctx(b), b->e, STR("test.first"), TEST_START_DATE, &report),
                   OK);
  assert_true(str_starts(report, STR("did 18262")));
  assert_int_equal(engine_run_job(bench_ctx(b), b->e, STR("no.job"), TEST_START_DATE, &report),
                   E_NOT_FOUND);
  assert_string_equal(diary, "a0 b0 c1 a1 b1 c2 c2 ");
  bench_close(b);
}

static void a_job_that_was_cut_off_resumes_and_the_moved_clock_is_kept(void **state) {
  bench *b = bench_open(*state, &job_parts);
  diary[0] = 0;
  fail_on_date = TEST_START_DATE + 1;
  assert_int_equal(engine_advance(bench_ctx(b), b->e, noon(3), NULL, NULL), E_STORE);
  assert_string_equal(diary, "a0 b0 c1 ");
  instant stood = engine_now(b->e);
  bench_reopen(b);
  assert_int_equal(engine_now(b->e), stood);
  assert_int_equal(engine_advance(bench_ctx(b), b->e, noon(3), NULL, NULL), OK);
  assert_string_equal(diary, "a0 b0 c1 a1 b1 c2 a2 b2 c3 c3 ");
  bench_close(b);
}

static void outside_a_sandbox_only_an_import_moves_the_clock(void **state) {
  bench *b = bench_open(*state, &job_parts);
  diary[0] = 0;
  b->options.sandbox = false;
  bench_reopen(b);
  assert_int_equal(engine_advance(bench_ctx(b), b->e, noon(1), NULL, NULL), E_FORBIDDEN);
  engine_set_now(b->e, noon(-100));
  assert_int_equal(engine_now(b->e), noon(-100));
  assert_string_equal(diary, "");
  assert_int_equal(engine_advance(bench_ctx(b), b->e, noon(-99), NULL, NULL), OK);
  assert_string_equal(diary, "a-100 b-100 c-99 c-99 ");
  bench_close(b);
}

static void imported_history_keeps_its_times_and_engine_time_keeps_rising(void **state) {
  bench *b = bench_open(*state, NULL);
  engine_set_now(b->e, noon(-50));
  pay_state p[3];
  instant finished[3], at[] = {noon(-40), noon(-45), noon(-39)};
  for (int i = 0; i < 3; i++) {
    p[i] = (pay_state){.owner_to = 100, .amount = 1};
    command *cmd = bench_command(b, &test_pay, &p[i], 0, 0);
    cmd->at = at[i];
    assert_int_equal(engine_do(bench_ctx(b), b->e, cmd), OK);
    finished[i] = cmd->finished_at;
    arena_close(cmd->arena);
  }
  assert_int_equal(finished[0], noon(-40));
  assert_true(finished[1] > finished[0] && finished[1] < finished[0] + 100);
  assert_int_equal(finished[2], noon(-39));
  for (int i = 0; i < b->e->lane_count && b->e->kind == DB_POSTGRES; i++)
    lane_heartbeat(&b->e->lanes[i]);
  if (b->e->kind == DB_SQLITE) assert_true(engine_watermark(b->e) >= finished[2]);
  bench_close(b);
}

static void ids_keep_rising_though_the_clock_stepped_back_over_a_restart(void **state) {
  bench *b = bench_open(*state, NULL);
  pay_state p = {.owner_to = 100, .amount = 1};
  assert_int_equal(bench_pay(b, &p), OK);
  id last = id_source_last(b->e->ids);
  for (int round = 0; round < 3; round++) {
    bench_sleep(b, -3600 * MICROS_PER_SECOND);
    bench_reopen(b);
    ctx *c = bench_ctx(b);
    id next = id_next(c);
    assert_true(next > last);
    assert_int_equal(bench_pay(b, &p), OK);
    last = id_source_last(b->e->ids);
  }
  bench_close(b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_task_runs_after_the_commit_once_when_it_succeeds),
      cmocka_unit_test(a_task_that_fails_is_tried_again_later_and_outlives_a_restart),
      cmocka_unit_test(a_task_that_never_succeeds_stays_listed_as_failed),
      cmocka_unit_test(a_task_is_run_at_least_once_whatever_is_lost),
      cmocka_unit_test(task_threads_run_what_is_committed),
      cmocka_unit_test(advancing_runs_the_jobs_of_each_date_once_and_in_order),
      cmocka_unit_test(a_job_that_was_cut_off_resumes_and_the_moved_clock_is_kept),
      cmocka_unit_test(outside_a_sandbox_only_an_import_moves_the_clock),
      cmocka_unit_test(imported_history_keeps_its_times_and_engine_time_keeps_rising),
      cmocka_unit_test(ids_keep_rising_though_the_clock_stepped_back_over_a_restart),
  };
  return bench_run("engine time", tests, COUNT_OF(tests));
}
