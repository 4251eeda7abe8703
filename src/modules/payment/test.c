/* test.c - payments on both homes: taking, refusing, waiting, failing, giving back, settling. The
 * channel is scripted; the books are proved after every step. */
#include "modules/payment/test_desk.h"

#define DESK(state) desk *d = desk_open(*(state))

static void an_order_of_two_sellers_is_paid_by_three_tenders_in_one_commit(void **state) {
  DESK(state);
  till *t = till_make(d, 3000, 2000);
  till_add(t, T_BALANCE(2500));
  till_add(t, T_VOUCHER(desk_voucher(d, 1000), 1000));
  till_add(t, T_CAMPAIGN(d, 1500));
  desk_must(d, &test_pay, t);
  assert_int_equal(t->p.state, PAYMENT_PAID);
  desk_prove(d);
  assert_int_equal(desk_balance(d, CODE_ORDER_ESCROW, SELLER_A), 3000);
  assert_int_equal(desk_balance(d, CODE_ORDER_ESCROW, SELLER_B), 2000);
  assert_int_equal(desk_balance(d, CODE_WALLET, BUYER), BUYER_HAS - 2500);
  assert_int_equal(desk_balance(d, CODE_CAMPAIGN_BUDGET, d->campaign), BUDGET - 2500);
  assert_int_equal(
      desk_int(d, "select count(*) from payment_part where payment_id=?1", t->p.payment_id), 4);
  assert_int_equal(desk_payment(d, t->p.payment_id).captured, 5000);
  desk_close(d);
}

/* --- refusals --------------------------------------------------------------------------------- */
static void refused(desk *d, till *t, status want, const char *pointer) {
  sha256 before, after;
  test_hash(d->m, &before);
  assert_int_equal(desk_run(d, &test_pay, t), want);
  assert_true(d->m->ctx.fault.field_count > 0);
  str at = d->m->ctx.fault.fields[0].pointer;
  if (!str_eq(at, str_from(pointer))) print_message("pointer %.*s\n", STR_ARGS(at));
  assert_true(str_eq(at, str_from(pointer)));
  test_hash(d->m, &after);
  assert_true(sha256_eq(&before, &after));
}

static void refuse_tender(desk *d, tender_in bad, status want, const char *pointer) {
  till *t = till_make(d, 100 + bad.amount, 0);
  till_add(t, T_BALANCE(100));
  till_add(t, bad);
  refused(d, t, want, pointer);
}

static void a_bad_tender_is_refused_by_name_and_nothing_changes(void **state) {
  DESK(state);
  const char *small = desk_voucher(d, 50);
  refuse_tender(d, T_BALANCE(BUYER_HAS), E_FUNDS, "/tenders/1/amount");
  refuse_tender(d, T_BALANCE(0), E_MALFORMED, "/tenders/1/amount");
  refuse_tender(d, T_BALANCE(-5), E_MALFORMED, "/tenders/1/amount");
  refuse_tender(d, (tender_in){.kind = 9, .amount = 1}, E_MALFORMED, "/tenders/1/kind");
  refuse_tender(d, T_VOUCHER("NOSUCH", 10), E_RULE, "/tenders/1/voucher_code");
  refuse_tender(d, T_VOUCHER(small, 51), E_RULE, "/tenders/1/amount");
  refuse_tender(d, (tender_in){.kind = TENDER_CAMPAIGN, .amount = 5, .campaign = 12345}, E_RULE,
                "/tenders/1/campaign");
  refuse_tender(d, T_CAMPAIGN(d, BUDGET + 1), E_FUNDS, "/tenders/1/amount");
  refuse_tender(d, (tender_in){.kind = TENDER_CHANNEL, .amount = 5, .channel = 777}, E_MALFORMED,
                "/tenders/1/channel");
  refuse_tender(d, T_CARD(d, 5, "4111 1111 1111 1111"), E_MALFORMED, "/tenders/1/token");
  tender_in odd = T_CARD(d, 5, "ok");
  odd.instalments = 100;
  refuse_tender(d, odd, E_MALFORMED, "/tenders/1/instalments");
  odd = T_CARD(d, 5, "ok");
  odd.method = 5;
  refuse_tender(d, odd, E_MALFORMED, "/tenders/1/method");
  till *t = till_make(d, 1000, 0);
  till_add(t, T_BALANCE(999));
  refused(d, t, E_RULE, "/tenders");
  desk_close(d);
}

static void a_voucher_is_spent_once_and_is_free_again_when_all_of_it_went_back(void **state) {
  DESK(state);
  const char *code = desk_voucher(d, 600);
  till *t = till_make(d, 600, 0), *again = till_make(d, 600, 0);
  till_add(t, T_VOUCHER(code, 600));
  till_add(again, T_VOUCHER(code, 600));
  desk_must(d, &test_pay, t);
  refused(d, again, E_CONFLICT, "/tenders/0/voucher_code");
  refund_plan part = till_refund(t, 1, 599);
  desk_must(d, &test_refund, &part);
  refused(d, again, E_CONFLICT, "/tenders/0/voucher_code");
  part.refund_id = 2;
  part.amount = 1;
  desk_must(d, &test_refund, &part);
  desk_must(d, &test_pay, again);
  assert_int_equal(desk_payment(d, t->p.payment_id).state, PAYMENT_REFUNDED);
  desk_close(d);
}

/* --- channels --------------------------------------------------------------------------------- */
static till *paying(desk *d, const char *token, bool sale) {
  till *t = till_make(d, 3000, 2000);
  till_add(t, T_BALANCE(1000));
  till_add(t, T_VOUCHER(desk_voucher(d, 500), 500));
  tender_in card = T_CARD(d, 3500, token);
  if (sale) card.channel = d->sale_channel;
  till_add(t, card);
  desk_must(d, &test_pay, t);
  assert_int_equal(t->p.state, PAYMENT_PENDING);
  desk_prove(d);
  return t;
}

static void is_paid(desk *d, const till *t) {
  payment_row row = desk_payment(d, t->p.payment_id);
  assert_int_equal(row.state, PAYMENT_PAID);
  assert_int_equal(row.captured, 5000);
  assert_int_equal(told_paid, 1);
  assert_int_equal(told_failed, 0);
  assert_int_equal(desk_balance(d, CODE_ORDER_ESCROW, SELLER_A), 3000);
  assert_int_equal(desk_balance(d, CODE_ORDER_ESCROW, SELLER_B), 2000);
  assert_int_equal(desk_balance(d, CODE_WALLET, BUYER), BUYER_HAS - 1000);
}

static void is_untouched(desk *d, const till *t, payment_state want) {
  assert_int_equal(desk_payment(d, t->p.payment_id).state, want);
  assert_int_equal(told_paid, 0);
  assert_int_equal(desk_balance(d, CODE_ORDER_ESCROW, SELLER_A), 0);
  assert_int_equal(desk_balance(d, CODE_WALLET, BUYER), BUYER_HAS);
  assert_int_equal(desk_balance(d, CODE_REFUND_TRANSIT, 0), 0);
  assert_int_equal(desk_balance(d, CODE_CHANNEL_RECEIVABLE, d->channel), 0);
  assert_int_equal(desk_balance(d, CODE_CHANNEL_RECEIVABLE, d->sale_channel), 0);
  assert_int_equal(
      desk_int(d, "select count(*) from voucher where state=1 and payment_id=?1", t->p.payment_id),
      0);
  till *spend = till_make(d, BUYER_HAS, 0); /* no hold is left on the wallet */
  till_add(spend, T_BALANCE(BUYER_HAS));
  desk_must(d, &test_pay, spend);
}

static void a_channel_authorises_then_captures_and_all_tenders_post_together(void **state) {
  DESK(state);
  till *t = paying(d, "ok", false);
  assert_int_equal(desk_balance(d, CODE_WALLET, BUYER), BUYER_HAS); /* held, not moved */
  desk_tasks(d);
  is_paid(d, t);
  assert_int_equal(fake_asked, 2);
  desk_close(d);
}

static void a_one_step_channel_captures_at_once(void **state) {
  DESK(state);
  till *t = paying(d, "ok", true);
  desk_tasks(d);
  is_paid(d, t);
  assert_int_equal(fake_asked, 1);
  desk_close(d);
}

static void a_declined_channel_gives_every_hold_back(void **state) {
  DESK(state);
  till *t = paying(d, "no", false);
  desk_tasks(d);
  assert_int_equal(told_failed, 1);
  is_untouched(d, t, PAYMENT_FAILED);
  desk_close(d);
}

static void a_declined_capture_lets_the_authorisation_go(void **state) {
  DESK(state);
  till *t = paying(d, "no-capture", false);
  desk_tasks(d);
  is_untouched(d, t, PAYMENT_FAILED);
  assert_int_equal(
      desk_int(d, "select count(*) from payment_attempt where kind=3 and state=2 and payment_id=?1",
               t->p.payment_id),
      1);
  desk_close(d);
}

static void an_unknown_outcome_keeps_the_holds_until_the_query_tells(void **state) {
  DESK(state);
  till *t = paying(d, "slow", false);
  desk_tasks(d);
  pay_cancel cancel = {.payment_id = t->p.payment_id};
  assert_int_equal(desk_run(d, &payment_cancel, &cancel), E_IN_FLIGHT);
  test_market_sleep(d->m, 3600); /* beyond the window: pinned all the same */
  desk_job(d, "payments.expire", 0);
  assert_int_equal(desk_payment(d, t->p.payment_id).state, PAYMENT_PENDING);
  for (int i = 0; i < 2; i++) { /* the authorisation, then the capture */
    desk_job(d, "attempts.repair", 0);
    desk_tasks(d);
    test_market_sleep(d->m, 120);
  }
  is_paid(d, t);
  desk_close(d);
}

static void an_attempt_that_never_arrived_is_sent_again(void **state) {
  DESK(state);
  till *t = paying(d, "lost", true);
  desk_tasks(d);
  assert_int_equal(desk_payment(d, t->p.payment_id).state, PAYMENT_PENDING);
  test_market_sleep(d->m, 120);
  desk_job(d, "attempts.repair", 0);
  desk_tasks(d);
  is_paid(d, t);
  assert_int_equal(fake_asked, 2);
  desk_close(d);
}

static void an_answer_heard_twice_changes_nothing(void **state) {
  DESK(state);
  till *t = paying(d, "twice", true);
  desk_tasks(d);
  is_paid(d, t);
  assert_int_equal(desk_int(d, "select count(*) from payment_break where state=?1", 0), 0);
  desk_close(d);
}

static void an_answer_that_contradicts_the_first_lists_a_break_and_moves_nothing(void **state) {
  DESK(state);
  till *t = paying(d, "liar", true);
  desk_tasks(d);
  is_paid(d, t);
  assert_int_equal(
      desk_int(d,
               "select count(*) from payment_break where kind='answers_differ' and payment_id=?1",
               t->p.payment_id),
      1);
  desk_close(d);
}

static id open_attempt(desk *d, const till *t) {
  return desk_int(d, "select attempt_id from payment_attempt where state<=1 and payment_id=?1",
                  t->p.payment_id);
}

static void a_late_approval_of_something_given_up_is_reversed(void **state) {
  DESK(state);
  till *t = paying(d, "never", false);
  desk_tasks(d);
  attempt_result in = {.attempt_id = open_attempt(d, t), .give_up = true};
  desk_must(d, &payment_attempt_result, &in);
  assert_int_equal(desk_payment(d, t->p.payment_id).state, PAYMENT_FAILED);
  in = (attempt_result){.attempt_id = in.attempt_id, .answer = {.outcome = OUTCOME_APPROVED}};
  desk_must(d, &payment_attempt_result, &in);
  desk_tasks(d);
  assert_int_equal(
      desk_int(d, "select count(*) from payment_attempt where kind=3 and state=2 and payment_id=?1",
               t->p.payment_id),
      1);
  is_untouched(d, t, PAYMENT_FAILED);
  desk_close(d);
}

static void a_late_capture_of_something_given_up_is_sent_back(void **state) {
  DESK(state);
  till *t = paying(d, "never", true);
  desk_tasks(d);
  attempt_result in = {.attempt_id = open_attempt(d, t), .give_up = true};
  desk_must(d, &payment_attempt_result, &in);
  in = (attempt_result){.attempt_id = in.attempt_id, .answer = {.outcome = OUTCOME_APPROVED}};
  desk_must(d, &payment_attempt_result, &in);
  desk_prove(d);
  assert_int_equal(desk_balance(d, CODE_REFUND_TRANSIT, 0), 3500);
  desk_must(d, &payment_attempt_result, &in); /* heard again: nothing */
  assert_int_equal(desk_balance(d, CODE_REFUND_TRANSIT, 0), 3500);
  desk_tasks(d);
  is_untouched(d, t, PAYMENT_FAILED);
  desk_close(d);
}

static void when_one_of_two_channels_declines_the_other_gets_its_money_back(void **state) {
  DESK(state);
  till *t = till_make(d, 3000, 2000);
  tender_in sale = T_CARD(d, 1500, "ok");
  sale.channel = d->sale_channel;
  till_add(t, sale);
  till_add(t, T_CARD(d, 2000, "ok"));
  till_add(t, T_CARD(d, 1500, "no"));
  desk_must(d, &test_pay, t);
  desk_tasks(d);
  assert_int_equal(told_failed, 1);
  is_untouched(d, t, PAYMENT_FAILED);
  desk_close(d);
}

static void what_was_authorised_is_captured_later_on_request(void **state) {
  DESK(state);
  till *t = till_make(d, 5000, 0);
  till_add(t, T_BALANCE(1000));
  till_add(t, T_CARD(d, 4000, "ok"));
  t->p.authorise_only = true;
  desk_must(d, &test_pay, t);
  capture_in in = {.payment_id = t->p.payment_id};
  assert_int_equal(desk_run(d, &payment_capture, &in), E_IN_FLIGHT);
  desk_tasks(d);
  assert_int_equal(desk_payment(d, t->p.payment_id).state, PAYMENT_PENDING);
  desk_must(d, &payment_capture, &in);
  desk_tasks(d);
  assert_int_equal(desk_payment(d, t->p.payment_id).state, PAYMENT_PAID);
  assert_int_equal(desk_run(d, &payment_capture, &in), E_CONFLICT);
  till *inside = till_make(d, 700, 0);
  till_add(inside, T_CAMPAIGN(d, 700));
  inside->p.authorise_only = true;
  desk_must(d, &test_pay, inside);
  in = (capture_in){.payment_id = inside->p.payment_id};
  desk_must(d, &payment_capture, &in);
  assert_int_equal(in.state, PAYMENT_PAID);
  assert_int_equal(told_paid, 2);
  desk_close(d);
}

static void an_authorised_payment_waits_beyond_its_window_and_can_be_cancelled(void **state) {
  DESK(state);
  till *t = till_make(d, 5000, 0);
  till_add(t, T_BALANCE(1000));
  till_add(t, T_CARD(d, 4000, "ok"));
  t->p.authorise_only = true;
  desk_must(d, &test_pay, t);
  desk_tasks(d);
  test_market_sleep(d->m, 1801);
  desk_job(d, "payments.expire", 0);
  assert_int_equal(desk_payment(d, t->p.payment_id).state, PAYMENT_PENDING);
  pay_cancel cancel = {.payment_id = t->p.payment_id};
  desk_must(d, &payment_cancel, &cancel);
  assert_int_equal(desk_run(d, &payment_cancel, &cancel), E_CONFLICT);
  desk_tasks(d);
  assert_int_equal(told_failed, 1);
  is_untouched(d, t, PAYMENT_CANCELLED);
  desk_close(d);
}

static void a_channel_that_takes_another_amount_leaves_the_difference_in_suspense(void **state) {
  DESK(state);
  till *less = paying(d, "less", true);
  desk_tasks(d);
  assert_int_equal(desk_balance(d, CODE_SUSPENSE, 0), -100);
  assert_int_equal(desk_payment(d, less->p.payment_id).captured, 4900);
  till *more = paying(d, "more", true);
  desk_tasks(d);
  assert_int_equal(desk_payment(d, more->p.payment_id).captured, 5100);
  assert_int_equal(desk_totals(d).breaks, 2);
  two_refunds back = {{{.refund_id = 1,
                        .payment_id = less->p.payment_id,
                        .seller = SELLER_A,
                        .child = CHILD_A,
                        .whole = true},
                       {.refund_id = 2,
                        .payment_id = less->p.payment_id,
                        .seller = SELLER_B,
                        .child = CHILD_B,
                        .whole = true}}};
  desk_must(d, &test_refund_two, &back);
  desk_tasks(d);
  assert_int_equal(desk_payment(d, less->p.payment_id).state, PAYMENT_REFUNDED);
  assert_int_equal(desk_balance(d, CODE_SUSPENSE, 0), 100); /* what the other one took too much */
  desk_close(d);
}

/* --- giving back ------------------------------------------------------------------------------ */
static void a_refund_goes_back_to_the_sources_newest_part_first(void **state) {
  DESK(state);
  till *t = till_make(d, 3000, 0);
  till_add(t, T_BALANCE(1000));
  till_add(t, T_CAMPAIGN(d, 1200));
  till_add(t, T_CARD(d, 800, "ok"));
  desk_must(d, &test_pay, t);
  desk_tasks(d);
  refund_plan p = till_refund(t, 1, 2100);
  desk_must(d, &test_refund, &p);
  desk_prove(d);
  assert_int_equal(desk_balance(d, CODE_REFUND_TRANSIT, 0), 800);
  assert_int_equal(desk_payment(d, t->p.payment_id).returned, 1300);
  desk_tasks(d);
  assert_int_equal(desk_balance(d, CODE_REFUND_TRANSIT, 0), 0);
  assert_int_equal(desk_payment(d, t->p.payment_id).returned, 2100);
  assert_int_equal(desk_balance(d, CODE_CAMPAIGN_BUDGET, d->campaign), BUDGET);
  assert_int_equal(desk_balance(d, CODE_WALLET, BUYER), BUYER_HAS - 900);
  p.refund_id = 2;
  p.amount = 901;
  assert_int_equal(desk_run(d, &test_refund, &p), E_RULE);
  p.amount = 900;
  desk_must(d, &test_refund, &p);
  assert_int_equal(desk_payment(d, t->p.payment_id).state, PAYMENT_REFUNDED);
  desk_close(d);
}

static void a_refund_the_channel_refuses_ends_in_the_payers_wallet(void **state) {
  DESK(state);
  till *t = till_by_card(d, 3000, "no-refund");
  refund_plan p = till_refund(t, 1, 400);
  desk_must(d, &test_refund, &p);
  desk_tasks(d);
  assert_int_equal(desk_balance(d, CODE_WALLET, BUYER), BUYER_HAS + 400);
  assert_int_equal(desk_payment(d, t->p.payment_id).returned, 400);
  assert_int_equal(desk_int(d, "select state from payment_refund where refund_id=?1", 1), 1);
  desk_close(d);
}

static void money_without_an_order_waits_in_suspense_and_goes_back(void **state) {
  DESK(state);
  receive_in in = {.currency = d->m->facts.currency, .payer = BUYER, .tender_count = 2};
  in.tenders[0] = T_CARD(d, 900, "ok");
  in.tenders[1] = T_CAMPAIGN(d, 100);
  desk_must(d, &payment_receive_unmatched, &in);
  desk_tasks(d);
  assert_int_equal(desk_balance(d, CODE_SUSPENSE, 0), 1000);
  assert_int_equal(
      desk_int(d, "select count(*) from payment_break where kind='no_order' and payment_id=?1",
               in.payment_id),
      1);
  assert_int_equal(desk_totals(d).breaks, 0);
  return_in back = {.payment_id = in.payment_id};
  desk_must(d, &payment_return_unmatched, &back);
  desk_tasks(d);
  assert_int_equal(desk_balance(d, CODE_SUSPENSE, 0), 0);
  payment_totals sums = desk_totals(d);
  assert_int_equal(sums.captured, 1000);
  assert_int_equal(sums.refunded, 1000);
  desk_close(d);
}

static void an_imported_difference_stays_in_suspense_and_returns_with_its_order(void **state) {
  DESK(state);
  till *over = till_make(d, 3000, 0), *under = till_make(d, 0, 2000);
  till_add(over, T_CARD(d, 3120, "ok"));
  till_add(under, T_CAMPAIGN(d, 500));
  till_add(under, T_CARD(d, 1450, "ok"));
  over->p.accept_difference = under->p.accept_difference = true;
  desk_must(d, &test_pay, over);
  desk_must(d, &test_pay, under);
  desk_tasks(d);
  assert_int_equal(desk_balance(d, CODE_SUSPENSE, 0), 120 - 50);
  assert_int_equal(desk_balance(d, CODE_ORDER_ESCROW, SELLER_A), 3000);
  assert_int_equal(desk_balance(d, CODE_ORDER_ESCROW, SELLER_B), 2000);
  assert_int_equal(desk_totals(d).breaks, 2);
  assert_int_equal(desk_totals(d).suspense, 70);
  refund_plan p = till_refund(over, 1, 0);
  desk_must(d, &test_refund, &p);
  refund_plan q = {.refund_id = 2,
                   .payment_id = under->p.payment_id,
                   .seller = SELLER_B,
                   .child = CHILD_B,
                   .whole = true};
  desk_must(d, &test_refund, &q);
  desk_tasks(d);
  assert_int_equal(desk_balance(d, CODE_SUSPENSE, 0), 0);
  assert_int_equal(desk_payment(d, over->p.payment_id).returned, 3120);
  assert_int_equal(desk_payment(d, under->p.payment_id).returned, 1950);
  assert_int_equal(desk_payment(d, under->p.payment_id).state, PAYMENT_REFUNDED);
  desk_close(d);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_order_of_two_sellers_is_paid_by_three_tenders_in_one_commit),
      cmocka_unit_test(a_bad_tender_is_refused_by_name_and_nothing_changes),
      cmocka_unit_test(a_voucher_is_spent_once_and_is_free_again_when_all_of_it_went_back),
      cmocka_unit_test(a_channel_authorises_then_captures_and_all_tenders_post_together),
      cmocka_unit_test(a_one_step_channel_captures_at_once),
      cmocka_unit_test(a_declined_channel_gives_every_hold_back),
      cmocka_unit_test(a_declined_capture_lets_the_authorisation_go),
      cmocka_unit_test(an_unknown_outcome_keeps_the_holds_until_the_query_tells),
      cmocka_unit_test(an_attempt_that_never_arrived_is_sent_again),
      cmocka_unit_test(an_answer_heard_twice_changes_nothing),
      cmocka_unit_test(an_answer_that_contradicts_the_first_lists_a_break_and_moves_nothing),
      cmocka_unit_test(a_late_approval_of_something_given_up_is_reversed),
      cmocka_unit_test(a_late_capture_of_something_given_up_is_sent_back),
      cmocka_unit_test(when_one_of_two_channels_declines_the_other_gets_its_money_back),
      cmocka_unit_test(what_was_authorised_is_captured_later_on_request),
      cmocka_unit_test(an_authorised_payment_waits_beyond_its_window_and_can_be_cancelled),
      cmocka_unit_test(a_channel_that_takes_another_amount_leaves_the_difference_in_suspense),
      cmocka_unit_test(a_refund_goes_back_to_the_sources_newest_part_first),
      cmocka_unit_test(a_refund_the_channel_refuses_ends_in_the_payers_wallet),
      cmocka_unit_test(money_without_an_order_waits_in_suspense_and_goes_back),
      cmocka_unit_test(an_imported_difference_stays_in_suspense_and_returns_with_its_order),
  };
  return test_market_run("payment", tests, COUNT_OF(tests));
}
