/* test_channel.c - orders paid through an outside channel, whose answer comes after the order:
 * goods are held until then, go to the seller when it approves and back on the shelf when it
 * declines. */
#include "modules/commerce/test.h"
#include "modules/payment/connector.h"

/* A channel that does what the token says: approves, declines, or does not know. */
static status answer(ctx *c, const connector *self, const channel_ask *ask, channel_answer *out) {
  UNUSED(c);
  UNUSED(self);
  channel_outcome told = OUTCOME_APPROVED;
  if (str_eq(ask->token, STR("no"))) told = OUTCOME_DECLINED;
  if (str_eq(ask->token, STR("never"))) told = OUTCOME_UNKNOWN;
  *out = (channel_answer){.outcome = told, .amount = ask->amount, .channel_ref = STR("ref")};
  return OK;
}

static const connector till = {.kind = "till",
                               .authorise = answer,
                               .capture = answer,
                               .cancel = answer,
                               .refund = answer,
                               .payout = answer,
                               .query = answer};

static test_shops *open_with_channel(void **state, bool auto_capture) {
  payment_register_connector(&till);
  test_shops *s = test_shops_open(*state, NULL, 0);
  channel_in channel = {
      .name = STR("Till"), .kind = STR("till"), .url = STR("none"), .auto_capture = auto_capture};
  test_do(s, &payment_add_channel, &channel, OK);
  return s;
}

static void run_tasks(test_shops *s) {
  for (int i = 0; i < 6; i++)
    engine_run_tasks(test_market_ctx(s->m), s->m->e, 20);
}

/* 5001 by card, the rest by balance: 19900 + 800 + 5001. */
static order_place *order_by_card(test_shops *s, const char *token, bool authorise_only) {
  arena *a = s->m->arena;
  order_line_in *lines = ARENA_ARRAY(a, order_line_in, 2);
  tender_in *tenders = ARENA_ARRAY(a, tender_in, 2);
  for (size_t i = 0; i < 2; i++)
    lines[i] = (order_line_in){s->offer[i], 1, PRICE_CURRENT, PRICE_CURRENT};
  tenders[0] = (tender_in){.kind = TENDER_BALANCE, .amount = 20700};
  tenders[1] = (tender_in){
      .kind = TENDER_CHANNEL, .amount = 5001, .token = str_from(token), .instalments = 3};
  order_place *p = ARENA_NEW(a, order_place);
  *p = (order_place){.buyer = s->buyer,
                     .lines = {lines, 2},
                     .tenders = {tenders, 2},
                     .authorise_only = authorise_only};
  test_do(s, &commerce_place_order, p, OK);
  assert_int_equal(p->state, ORDER_PLACED);
  assert_int_equal(test_reserved(s, 0), 1);
  return p;
}

static void a_card_that_approves_pays_the_order(void **state) {
  test_shops *s = open_with_channel(state, true);
  order_place *p = order_by_card(s, "ok", false);
  run_tasks(s);
  order_view v = test_order_view(s, p->order_id);
  assert_int_equal(v.state, ORDER_PAID);
  assert_int_equal(v.points, 257);
  assert_int_equal(test_reserved(s, 0), 1);
  assert_int_equal(test_balance(s, s->seller[1], CODE_ORDER_ESCROW, 0), 5001);
  test_books_hold(s);
  test_shops_close(s);
}

static void a_card_that_declines_cancels_the_order_and_frees_everything(void **state) {
  test_shops *s = open_with_channel(state, true);
  order_place *p = order_by_card(s, "no", false);
  run_tasks(s);
  assert_int_equal(test_order_view(s, p->order_id).state, ORDER_CANCELLED);
  assert_int_equal(test_reserved(s, 0), 0);
  assert_int_equal(test_balance(s, s->buyer, CODE_WALLET, 0), 1000000);
  test_books_hold(s);
  test_shops_close(s);
}

static void goods_stay_held_as_long_as_a_card_has_not_answered(void **state) {
  test_shops *s = open_with_channel(state, true);
  order_place *p = order_by_card(s, "never", false);
  run_tasks(s);
  order_cancel cancel = {.order_id = p->order_id, .buyer = s->buyer};
  test_do(s, &commerce_cancel_order, &cancel, E_IN_FLIGHT);
  test_market_sleep(s->m, 3600);
  test_receive(s, 0, 1); /* a group runs: what is due would expire */
  ctx *c = test_market_ctx(s->m);
  str report;
  assert_int_equal(commerce_expire_job.run(c, s->m->e, c->today, &report), OK);
  assert_int_equal(test_order_view(s, p->order_id).state, ORDER_PLACED);
  assert_int_equal(test_reserved(s, 0), 1);
  test_books_hold(s);
  test_shops_close(s);
}

static void an_authorised_order_is_paid_when_it_is_captured(void **state) {
  test_shops *s = open_with_channel(state, false);
  order_place *p = order_by_card(s, "ok", true);
  run_tasks(s);
  assert_int_equal(test_order_view(s, p->order_id).state, ORDER_PLACED);
  capture_in capture = {.payment_id = p->payment_id};
  test_do(s, &payment_capture, &capture, OK);
  run_tasks(s);
  assert_int_equal(test_order_view(s, p->order_id).state, ORDER_PAID);
  order_cancel cancel = {.order_id = p->order_id, .reason = STR("sold out")};
  test_do(s, &commerce_cancel_order, &cancel, OK);
  run_tasks(s);
  assert_int_equal(test_balance(s, s->buyer, CODE_WALLET, 0), 1000000);
  test_books_hold(s);
  test_shops_close(s);
}

static void an_import_may_leave_a_difference_that_is_listed_and_balanced(void **state) {
  test_shops *s = open_with_channel(state, true);
  order_line_in line = {s->offer[1], 2, 4321, 99};
  tender_in tender = {.kind = TENDER_CHANNEL, .amount = 8000, .token = STR("ok")};
  order_place p = {.buyer = s->buyer,
                   .lines = {&line, 1},
                   .tenders = {&tender, 1},
                   .accept_difference = true,
                   .external = STR("old-1")};
  test_do(s, &commerce_place_order, &p, OK);
  run_tasks(s);
  order_view v = test_order_view(s, p.order_id);
  assert_int_equal(v.state, ORDER_PAID);
  assert_int_equal(v.total, 2 * 4321 + 99);
  test_books_hold(s);
  test_do(s, &commerce_place_order, &p, E_CONFLICT); /* the outside number is taken */
  order_cancel cancel = {.order_id = p.order_id};
  test_do(s, &commerce_cancel_order, &cancel, OK);
  run_tasks(s);
  test_books_hold(s);
  test_shops_close(s);
}

int test_channel(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_card_that_approves_pays_the_order),
      cmocka_unit_test(a_card_that_declines_cancels_the_order_and_frees_everything),
      cmocka_unit_test(goods_stay_held_as_long_as_a_card_has_not_answered),
      cmocka_unit_test(an_authorised_order_is_paid_when_it_is_captured),
      cmocka_unit_test(an_import_may_leave_a_difference_that_is_listed_and_balanced),
  };
  return test_market_run("orders through a channel", tests, COUNT_OF(tests));
}
