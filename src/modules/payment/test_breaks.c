/* test_breaks.c - what did not go as planned: money in suspense, chargebacks, vouchers that ran
 * out. Whatever is decided about it, every unit is somebody's afterwards; the books are proved
 * after every step. */
#include "modules/payment/test_desk.h"

#define DESK(state) desk *d = desk_open(*(state))

static id break_of(desk *d, id payment_id) {
  return desk_int(d, "select break_id from payment_break where payment_id=?1", payment_id);
}

/* --- breaks ----------------------------------------------------------------------------------- */
static void a_break_is_resolved_once_and_its_money_is_not_given_back_again(void **state) {
  DESK(state);
  till *over = till_make(d, 3000, 0), *under = till_make(d, 0, 2000);
  till_add(over, T_CARD(d, 3100, "ok"));
  till_add(under, T_CARD(d, 1960, "ok"));
  over->p.accept_difference = under->p.accept_difference = true;
  desk_must(d, &test_pay, over);
  desk_must(d, &test_pay, under);
  desk_tasks(d);
  break_resolve in = {.break_id = break_of(d, over->p.payment_id), .how = BREAK_TO_PAYER};
  break_resolve less = {.break_id = break_of(d, under->p.payment_id), .how = BREAK_TO_PAYER};
  desk_must(d, &payment_resolve_break, &in);
  assert_int_equal(desk_run(d, &payment_resolve_break, &in), E_CONFLICT);
  assert_int_equal(desk_run(d, &payment_resolve_break, &less), E_RULE);
  less.how = BREAK_TAKE;
  desk_must(d, &payment_resolve_break, &less);
  desk_prove(d);
  assert_int_equal(desk_balance(d, CODE_SUSPENSE, 0), 0);
  assert_int_equal(desk_balance(d, CODE_BAD_DEBT, 0), -40);
  assert_int_equal(desk_balance(d, CODE_WALLET, BUYER), BUYER_HAS + 100);
  refund_plan p = till_refund(over, 1, 0);
  desk_must(d, &test_refund, &p);
  desk_tasks(d);
  assert_int_equal(desk_balance(d, CODE_SUSPENSE, 0), 0);
  assert_int_equal(desk_payment(d, over->p.payment_id).returned, 3100);
  desk_close(d);
}

static void what_a_channel_took_too_much_is_the_payers_also_after_a_refund(void **state) {
  DESK(state);
  till *t = till_by_card(d, 3000, "more");
  refund_plan part = till_refund(t, 1, 1000);
  desk_must(d, &test_refund, &part);
  desk_tasks(d);
  break_resolve in = {.break_id = break_of(d, t->p.payment_id), .how = BREAK_TO_PAYER};
  desk_must(d, &payment_resolve_break, &in);
  desk_prove(d);
  assert_int_equal(desk_balance(d, CODE_SUSPENSE, 0), 0);
  assert_int_equal(desk_balance(d, CODE_WALLET, BUYER), BUYER_HAS + 100);
  refund_plan rest = till_refund(t, 2, 2000);
  desk_must(d, &test_refund, &rest);
  desk_tasks(d);
  assert_int_equal(desk_payment(d, t->p.payment_id).state, PAYMENT_REFUNDED);
  assert_int_equal(desk_payment(d, t->p.payment_id).returned, 3100);
  desk_close(d);
}

static void a_refund_of_another_amount_is_told_and_takes_nothing_from_suspense(void **state) {
  DESK(state);
  till *t = till_by_card(d, 3000, "more-back");
  refund_plan part = till_refund(t, 1, 1000);
  desk_must(d, &test_refund, &part);
  desk_tasks(d);
  break_resolve in = {.break_id = break_of(d, t->p.payment_id), .how = BREAK_TO_PAYER};
  assert_int_equal(desk_run(d, &payment_resolve_break, &in), E_RULE);
  in.how = BREAK_TAKE;
  desk_must(d, &payment_resolve_break, &in);
  desk_prove(d);
  assert_int_equal(desk_balance(d, CODE_SUSPENSE, 0), 0);
  assert_int_equal(desk_balance(d, CODE_WALLET, BUYER), BUYER_HAS);
  desk_close(d);
}

/* --- chargebacks ------------------------------------------------------------------------------ */
static void a_chargeback_is_held_answered_and_decided_or_lost_by_its_clock(void **state) {
  DESK(state);
  till *t = till_by_card(d, 3000, "ok");
  date due = desk_ctx(d)->today;
  desk_release(d, t, SELLER_A, CHILD_A, 3000, 0, due);
  dispute_open_in won = {.payment_id = t->p.payment_id, .child = CHILD_A, .amount = 1000},
                  lost = won;
  desk_must(d, &payment_open_dispute, &won);
  desk_must(d, &payment_open_dispute, &lost);
  refund_plan p = till_refund(t, 1, 1001);
  p.released = true;
  assert_int_equal(desk_run(d, &test_refund, &p), E_RULE); /* two thirds are disputed */
  desk_job(d, "settlement.daily", due);
  desk_tasks(d);
  assert_int_equal(desk_totals(d).paid_to_sellers, 1000); /* what is held is not paid out */
  dispute_step_in step = {
      .dispute_id = won.out.dispute_id, .step = DISPUTE_EVIDENCE, .evidence = STR("signed for")};
  desk_must(d, &payment_step_dispute, &step);
  step.step = DISPUTE_WON;
  desk_must(d, &payment_step_dispute, &step);
  assert_int_equal(desk_run(d, &payment_step_dispute, &step), E_CONFLICT);
  test_market_sleep(d->m, 11 * 86400);
  desk_job(d, "disputes.clock", due + 11);
  assert_int_equal(
      desk_int(d, "select state from dispute where dispute_id=?1", lost.out.dispute_id),
      DISPUTE_RAN_OUT);
  assert_int_equal(desk_balance(d, CODE_SELLER_AVAILABLE, SELLER_A), 1000);
  assert_int_equal(desk_balance(d, CODE_CHANNEL_RECEIVABLE, d->channel), -2000);
  desk_close(d);
}

static void an_order_with_an_open_chargeback_is_given_back_when_that_is_decided(void **state) {
  DESK(state);
  till *t = till_by_card(d, 3000, "ok");
  dispute_open_in open = {.payment_id = t->p.payment_id, .child = CHILD_A, .amount = 1000};
  desk_must(d, &payment_open_dispute, &open);
  refund_plan whole = till_refund(t, 1, 0);
  assert_int_equal(desk_run(d, &test_refund, &whole), E_CONFLICT);
  dispute_step_in step = {.dispute_id = open.out.dispute_id, .step = DISPUTE_LOST};
  desk_must(d, &payment_step_dispute, &step);
  assert_int_equal(desk_balance(d, CODE_SELLER_AVAILABLE, SELLER_A), -1000);
  desk_must(d, &test_refund, &whole);
  desk_tasks(d);
  desk_prove(d);
  assert_int_equal(whole.amount, 2000);
  assert_int_equal(desk_balance(d, CODE_ORDER_ESCROW, SELLER_A), 0);
  assert_int_equal(desk_balance(d, CODE_SELLER_AVAILABLE, SELLER_A), 0);
  desk_close(d);
}

static void
a_chargeback_of_everything_leaves_nothing_in_escrow_when_the_order_is_given_up(void **state) {
  DESK(state);
  till *t = till_by_card(d, 3000, "ok");
  dispute_open_in open = {.payment_id = t->p.payment_id, .child = CHILD_A, .amount = 3000};
  desk_must(d, &payment_open_dispute, &open);
  dispute_step_in step = {.dispute_id = open.out.dispute_id, .step = DISPUTE_LOST};
  desk_must(d, &payment_step_dispute, &step);
  refund_plan whole = till_refund(t, 1, 0);
  desk_must(d, &test_refund, &whole);
  desk_prove(d);
  assert_int_equal(desk_balance(d, CODE_ORDER_ESCROW, SELLER_A), 0);
  assert_int_equal(desk_balance(d, CODE_SELLER_AVAILABLE, SELLER_A), 0);
  desk_close(d);
}

/* --- vouchers --------------------------------------------------------------------------------- */
static void a_voucher_that_ran_out_promises_nothing_any_more(void **state) {
  DESK(state);
  ctx *c = desk_ctx(d);
  voucher_issue all = {.campaign_id = d->campaign,
                       .amount = BUDGET,
                       .count = 1,
                       .expires_at = c->now + 3600 * MICROS_PER_SECOND};
  desk_must(d, &payment_issue_vouchers, &all);
  voucher_issue more = {.campaign_id = d->campaign, .amount = 1, .count = 1};
  assert_int_equal(desk_run(d, &payment_issue_vouchers, &more), E_FUNDS);
  test_market_sleep(d->m, 3601);
  desk_must(d, &payment_issue_vouchers, &more);
  desk_close(d);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_break_is_resolved_once_and_its_money_is_not_given_back_again),
      cmocka_unit_test(what_a_channel_took_too_much_is_the_payers_also_after_a_refund),
      cmocka_unit_test(a_refund_of_another_amount_is_told_and_takes_nothing_from_suspense),
      cmocka_unit_test(a_chargeback_is_held_answered_and_decided_or_lost_by_its_clock),
      cmocka_unit_test(an_order_with_an_open_chargeback_is_given_back_when_that_is_decided),
      cmocka_unit_test(
          a_chargeback_of_everything_leaves_nothing_in_escrow_when_the_order_is_given_up),
      cmocka_unit_test(a_voucher_that_ran_out_promises_nothing_any_more),
  };
  return test_market_run("payment-breaks", tests, COUNT_OF(tests));
}
