/* test_keys.c - one key, one effect: twins in a group, twins from many threads, after a restart,
 * with another body; and what is not stored. */
#include "engine/test_bench.h"

#include <stdlib.h>

enum { SUBMITTERS = 32, ROUNDS = 5 };

static void finish(bench *b) {
  while (engine_step(b->e) > 0) {}
}

static void twins_in_one_group_have_one_effect_and_one_answer(void **state) {
  bench *b = bench_open(*state, NULL);
  pay_state first = {.owner_to = 100, .amount = 500}, second = first, other = first;
  command *one = bench_command(b, &test_pay, &first, 1, 1),
          *twin = bench_command(b, &test_pay, &second, 1, 1);
  command *changed = bench_command(b, &test_pay, &other, 1, 2);
  one->http_status = 201;
  assert_int_equal(engine_submit(b->e, one), OK);
  assert_int_equal(engine_submit(b->e, twin), OK);
  assert_int_equal(engine_submit(b->e, changed), OK);
  finish(b);
  assert_int_equal(one->outcome, OK);
  assert_int_equal(twin->outcome, OK);
  assert_int_equal(changed->outcome, E_KEY_REUSED);
  assert_false(one->replayed);
  assert_true(twin->replayed);
  assert_int_equal(twin->http_status, 201);
  assert_int_equal(twin->command_id, one->command_id);
  assert_true(one->response.len > 0);
  assert_true(str_eq(one->response, twin->response));
  assert_int_equal(bench_balance(b, 100), 500);
  arena_close(one->arena);
  arena_close(twin->arena);
  arena_close(changed->arena);
  bench_close(b);
}

static void an_answer_outlives_a_restart_and_a_week_but_not_more(void **state) {
  bench *b = bench_open(*state, NULL);
  pay_state p = {.owner_to = 100, .amount = 500};
  str report;
  for (int round = 0; round < 4; round++) {
    command *cmd = bench_command(b, &test_pay, &p, 1, 1);
    assert_int_equal(engine_do(bench_ctx(b), b->e, cmd), OK);
    assert_int_equal(cmd->replayed, round == 1 || round == 2);
    arena_close(cmd->arena);
    bench_reopen(b);
    if (round == 0) continue;
    bench_sleep(b, (round == 1 ? 7 : 1) * SECONDS_PER_DAY * MICROS_PER_SECOND - MICROS_PER_SECOND);
    assert_int_equal(engine_run_job(bench_ctx(b), b->e, STR("engine.forget_keys"), 0, &report), OK);
  }
  assert_int_equal(bench_balance(b, 100), 1000);
  bench_close(b);
}

static void a_refusal_is_not_stored_so_the_key_can_be_used_again(void **state) {
  bench *b = bench_open(*state, NULL);
  pay_state out = {.owner_from = 100, .owner_to = 101, .amount = 50},
            in = {.owner_to = 100, .amount = 50};
  command *early = bench_command(b, &test_pay, &out, 1, 1),
          *late = bench_command(b, &test_pay, &out, 1, 1);
  assert_int_equal(engine_do(bench_ctx(b), b->e, early), E_FUNDS);
  assert_int_equal(bench_pay(b, &in), OK);
  assert_int_equal(engine_do(bench_ctx(b), b->e, late), OK);
  assert_false(late->replayed);
  arena_close(early->arena);
  arena_close(late->arena);
  bench_close(b);
}

static status render_without_secret(ctx *c, const command *self, str *out) {
  UNUSED(c);
  UNUSED(self);
  *out = STR("{\"secret\":null}");
  return OK;
}

static void what_is_stored_may_lack_the_secrets_of_the_answer(void **state) {
  bench *b = bench_open(*state, NULL);
  pay_state p = {.owner_to = 100, .amount = 500};
  command *one = bench_command(b, &test_pay, &p, 1, 1),
          *twin = bench_command(b, &test_pay, &p, 1, 1);
  one->render_stored = twin->render_stored = render_without_secret;
  assert_int_equal(engine_do(bench_ctx(b), b->e, one), OK);
  assert_int_equal(engine_do(bench_ctx(b), b->e, twin), OK);
  assert_true(str_starts(one->response, STR("{\"command\"")));
  assert_true(str_eq(twin->response, STR("{\"secret\":null}")));
  arena_close(one->arena);
  arena_close(twin->arena);
  bench_close(b);
}

/* --- many threads ----------------------------------------------------------------------------- */

typedef struct submitter {
  bench *b;
  pthread_t thread;
  pthread_barrier_t *gate;
  command *cmd;
  pay_state pay;
  status outcome;
} submitter;

static void *submit_at_once(void *arg) {
  submitter *s = arg;
  ctx c;
  pthread_barrier_wait(s->gate);
  engine_ctx(s->b->e, s->cmd->arena, &c);
  s->outcome = engine_do(&c, s->b->e, s->cmd);
  return NULL;
}

static void race(bench *b, submitter *all, int key_of_all) {
  pthread_barrier_t gate;
  pthread_barrier_init(&gate, NULL, SUBMITTERS);
  for (int i = 0; i < SUBMITTERS; i++) {
    all[i].b = b;
    all[i].gate = &gate;
    all[i].cmd = bench_command(b, &test_pay, &all[i].pay, key_of_all, 1);
    assert_int_equal(pthread_create(&all[i].thread, NULL, submit_at_once, &all[i]), 0);
  }
  for (int i = 0; i < SUBMITTERS; i++) {
    pthread_join(all[i].thread, NULL);
  }
  pthread_barrier_destroy(&gate);
}

static void the_same_key_from_32_threads_has_one_effect_and_identical_bytes(void **state) {
  bench *b = bench_open(*state, NULL);
  assert_int_equal(engine_start(bench_ctx(b), b->e), OK);
  for (int round = 0; round < ROUNDS; round++) {
    submitter all[SUBMITTERS];
    for (int i = 0; i < SUBMITTERS; i++)
      all[i].pay = (pay_state){.owner_to = 100 + round, .amount = 500};
    race(b, all, 1 + round);
    int fresh = 0;
    for (int i = 0; i < SUBMITTERS; i++) {
      assert_int_equal(all[i].outcome, OK);
      assert_true(str_eq(all[i].cmd->response, all[0].cmd->response));
      fresh += !all[i].cmd->replayed;
    }
    assert_int_equal(fresh, 1);
    for (int i = 0; i < SUBMITTERS; i++)
      arena_close(all[i].cmd->arena);
    assert_int_equal(bench_balance(b, 100 + round), 500);
  }
  bench_close(b);
}

static void the_last_unit_of_money_is_spent_once_by_32_threads(void **state) {
  bench *b = bench_open(*state, NULL);
  assert_int_equal(engine_start(bench_ctx(b), b->e), OK);
  for (int round = 0; round < ROUNDS; round++) {
    submitter all[SUBMITTERS];
    pay_state in = {.owner_to = 100 + round, .amount = 1};
    assert_int_equal(bench_pay(b, &in), OK);
    for (int i = 0; i < SUBMITTERS; i++) {
      all[i].pay = (pay_state){.owner_from = 100 + round, .owner_to = 200, .amount = 1};
    }
    race(b, all, 0);
    int winners = 0;
    for (int i = 0; i < SUBMITTERS; i++) {
      winners += all[i].outcome == OK;
      if (all[i].outcome != OK) assert_int_equal(all[i].outcome, E_FUNDS);
      arena_close(all[i].cmd->arena);
    }
    assert_int_equal(winners, 1);
  }
  assert_int_equal(bench_balance(b, 200), ROUNDS);
  bench_close(b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(twins_in_one_group_have_one_effect_and_one_answer),
      cmocka_unit_test(an_answer_outlives_a_restart_and_a_week_but_not_more),
      cmocka_unit_test(a_refusal_is_not_stored_so_the_key_can_be_used_again),
      cmocka_unit_test(what_is_stored_may_lack_the_secrets_of_the_answer),
      cmocka_unit_test(the_same_key_from_32_threads_has_one_effect_and_identical_bytes),
      cmocka_unit_test(the_last_unit_of_money_is_spent_once_by_32_threads),
  };
  return bench_run("engine keys", tests, COUNT_OF(tests));
}
