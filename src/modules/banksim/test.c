/* test.c - the simulated bank keeps its own promises: one effect an attempt, originals not used up
 * twice, misbehaviour that follows from the seed. */
#include "base/testing.h"
#include "modules/banksim/inside.h"

#include <stdio.h>
#include <stdlib.h>

enum { CURRENCY = 156, START_S = 1700000000 };

typedef struct teller {
  instant clock;
  ctx *ctx;
  engine *e;
} teller;

static instant standing_clock(void *arg) { return *(instant *)arg; }

static int open_teller(void **state) {
  teller *t = calloc(1, sizeof *t);
  t->clock = START_S * MICROS_PER_SECOND;
  t->ctx = test_ctx_open(&t->clock);
  db_schema *schemas = ARENA_ARRAY(t->ctx->arena, db_schema, 3);
  schemas[0] = ledger_schema;
  schemas[1] = engine_schema;
  schemas[2] = *banksim_module.schema;
  engine_parts parts = {.schemas = schemas, .schema_count = 3};
  engine_options options = {.db_url = STR("sqlite::memory:"),
                            .node = 3,
                            .lanes = 1,
                            .queue_max = 64,
                            .group_max = 64,
                            .cache_accounts = 64,
                            .calendar = "every-day",
                            .real_clock = standing_clock,
                            .clock_arg = &t->clock,
                            .seed = 1};
  banksim_behave(&(bank_behaviour){.seed = 1});
  assert_int_equal(engine_open(t->ctx, &options, &parts, &t->e), OK);
  *state = t;
  return 0;
}

static int close_teller(void **state) {
  teller *t = *state;
  engine_close(t->e);
  test_ctx_close(t->ctx);
  free(t);
  return 0;
}

/* The outcome the bank keeps; the status of the ask in *s when it is not NULL. */
static bank_row ask(teller *t, const char *attempt, int kind, int64_t amount, const char *original,
                    const char *token, status *s) {
  attempt_state *a = ARENA_NEW(t->ctx->arena, attempt_state);
  a->in = (attempt_in){.attempt = str_from(attempt),
                       .kind = kind,
                       .amount = amount,
                       .currency = CURRENCY,
                       .original = str_from(original),
                       .token = str_from(token)};
  fault_clear(t->ctx);
  status result = engine_call(t->ctx, t->e, &bank_attempt, a, (principal){.kind = ACTOR_NONE});
  if (s != NULL)
    *s = result;
  else
    assert_int_equal(result, OK);
  return a->row;
}

static int reported(teller *t, const char *attempt) {
  query_state *q = ARENA_NEW(t->ctx->arena, query_state);
  q->attempt = str_from(attempt);
  fault_clear(t->ctx);
  status s = engine_call(t->ctx, t->e, &bank_query, q, (principal){.kind = ACTOR_NONE});
  if (s == E_NOT_FOUND) return BANK_ABSENT;
  assert_int_equal(s, OK);
  return q->row.reported;
}

static void the_same_attempt_twice_has_one_effect_and_one_answer(void **state) {
  teller *t = *state;
  bank_row first = ask(t, "a1", BANK_SALE, 500, "", "", NULL),
           again = ask(t, "a1", BANK_SALE, 500, "", "", NULL);
  assert_int_equal(first.outcome, BANK_APPROVED);
  assert_true(str_eq(first.reference, again.reference));
  status s;
  ask(t, "a1", BANK_SALE, 501, "", "", &s);
  assert_int_equal(s, E_CONFLICT);
  assert_int_equal(reported(t, "a1"), BANK_APPROVED);
  assert_int_equal(reported(t, "never"), BANK_ABSENT);
}

static void refunds_never_exceed_what_moved_and_an_authorisation_is_used_once(void **state) {
  teller *t = *state;
  ask(t, "s", BANK_SALE, 100, "", "", NULL);
  assert_int_equal(ask(t, "r1", BANK_REFUND, 60, "s", "", NULL).outcome, BANK_APPROVED);
  assert_int_equal(ask(t, "r2", BANK_REFUND, 41, "s", "", NULL).outcome, BANK_DECLINED);
  assert_int_equal(ask(t, "r3", BANK_REFUND, 40, "s", "", NULL).outcome, BANK_APPROVED);
  ask(t, "h", BANK_AUTHORISE, 100, "", "", NULL);
  assert_int_equal(ask(t, "c1", BANK_CAPTURE, 100, "h", "", NULL).outcome, BANK_APPROVED);
  assert_int_equal(ask(t, "c2", BANK_CAPTURE, 100, "h", "", NULL).outcome, BANK_DECLINED);
  assert_int_equal(ask(t, "v", BANK_VOID, 100, "h", "", NULL).outcome, BANK_DECLINED);
  assert_int_equal(ask(t, "r4", BANK_REFUND, 10, "h", "", NULL).outcome, BANK_DECLINED);
}

static void what_the_bank_did_not_know_it_tells_when_asked_again(void **state) {
  teller *t = *state;
  assert_int_equal(ask(t, "u", BANK_SALE, 100, "", "tok_unknown", NULL).reported, BANK_UNKNOWN);
  assert_int_equal(reported(t, "u"), BANK_UNKNOWN);
  assert_int_equal(reported(t, "u"), BANK_APPROVED);
  assert_int_equal(ask(t, "d", BANK_SALE, 100, "", "tok_decline", NULL).outcome, BANK_DECLINED);
}

static void misbehaviour_follows_from_the_seed_in_the_shares_that_were_set(void **state) {
  UNUSED(state);
  bank_behaviour how = {.decline = RATE_ONE / 10, .unknown = RATE_ONE / 5, .seed = 4}, other = how;
  other.seed = 5;
  int64_t declined = 0, unknown = 0, same = 0;
  enum { ASKED = 20000 };
  for (int i = 0; i < ASKED; i++) {
    char attempt[16];
    snprintf(attempt, sizeof attempt, "att_%d", i);
    bank_quirk quirk = banksim_quirk(&how, str_from(attempt), STR(""));
    assert_int_equal(quirk, banksim_quirk(&how, str_from(attempt), STR("")));
    declined += quirk == QUIRK_DECLINE;
    unknown += quirk == QUIRK_UNKNOWN;
    same += quirk == banksim_quirk(&other, str_from(attempt), STR(""));
  }
  assert_in_range(declined, ASKED / 10 - 300, ASKED / 10 + 300);
  assert_in_range(unknown, ASKED / 5 - 400, ASKED / 5 + 400);
  assert_true(same < ASKED * 7 / 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(the_same_attempt_twice_has_one_effect_and_one_answer,
                                      open_teller, close_teller),
      cmocka_unit_test_setup_teardown(
          refunds_never_exceed_what_moved_and_an_authorisation_is_used_once, open_teller,
          close_teller),
      cmocka_unit_test_setup_teardown(what_the_bank_did_not_know_it_tells_when_asked_again,
                                      open_teller, close_teller),
      cmocka_unit_test(misbehaviour_follows_from_the_seed_in_the_shares_that_were_set),
  };
  return cmocka_run_group_tests_name("banksim", tests, NULL, NULL);
}
