/* test_settle.c - from delivery to the seller's bank and back: release, settlement, reserve,
 * payouts, clawback, fees; and the laws any run must keep, over random payments (seed printed). */
#include "modules/payment/settle.h"
#include "modules/payment/test_desk.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#define DESK(state) desk *d = desk_open(*(state))

static till *paid(desk *d, int64_t share_a, int64_t share_b) {
  till *t = till_make(d, share_a, share_b);
  till_add(t, T_BALANCE(share_a + share_b));
  desk_must(d, &test_pay, t);
  return t;
}

static date today(desk *d) { return desk_ctx(d)->today; }

static void a_delivered_order_is_settled_and_paid_out_on_its_day(void **state) {
  DESK(state);
  till *t = paid(d, 10000, 0);
  date due = today(d) + 7;
  desk_release(d, t, SELLER_A, CHILD_A, 10000, 1200, due);
  assert_int_equal(desk_balance(d, CODE_SELLER_PENDING, SELLER_A), 8800);
  assert_int_equal(desk_balance(d, CODE_COMMISSION, 0), 1200);
  desk_job(d, "settlement.daily", due - 1);
  assert_int_equal(desk_balance(d, CODE_SELLER_PENDING, SELLER_A), 8800);
  desk_job(d, "settlement.daily", due);
  assert_int_equal(desk_balance(d, CODE_PAYOUT_TRANSIT, 0), 8800);
  desk_tasks(d);
  assert_int_equal(desk_balance(d, CODE_PAYOUT_TRANSIT, 0), 0);
  assert_int_equal(desk_balance(d, CODE_FEES_HELD, 0), 1200);
  desk_job(d, "fees.sweep", due);
  assert_int_equal(desk_balance(d, CODE_FEES_HELD, 0), 0);
  assert_int_equal(desk_balance(d, CODE_FEES_IN_RESERVE, 0), 0);
  payment_totals sums = desk_totals(d);
  assert_int_equal(sums.paid_to_sellers, 8800);
  assert_int_equal(sums.commission, 1200);
  assert_int_equal(sums.held, 0);
  desk_close(d);
}

static void a_child_order_is_released_once_and_only_for_what_it_holds(void **state) {
  DESK(state);
  till *t = paid(d, 10000, 500);
  release_plan p = {.seller = SELLER_A,
                    .child = CHILD_A,
                    .payment_id = t->p.payment_id,
                    .currency = t->p.currency,
                    .gross = 10001,
                    .commission = 0,
                    .due = today(d)};
  assert_int_equal(desk_run(d, &test_release, &p), E_RULE);
  p.gross = 10000;
  p.commission = 10001;
  assert_int_equal(desk_run(d, &test_release, &p), E_RULE);
  p.commission = 100;
  desk_must(d, &test_release, &p);
  assert_int_equal(desk_run(d, &test_release, &p), E_CONFLICT);
  desk_close(d);
}

static void a_reserve_is_kept_and_released_later(void **state) {
  DESK(state);
  till *t = paid(d, 10000, 0);
  date due = today(d);
  release_plan p = {.seller = SELLER_A,
                    .child = CHILD_A,
                    .payment_id = t->p.payment_id,
                    .currency = t->p.currency,
                    .gross = 10000,
                    .commission = 1000,
                    .reserve_rate_ppb = 50000000,
                    .due = due};
  desk_must(d, &test_release, &p);
  assert_int_equal(desk_balance(d, CODE_SELLER_RESERVE, SELLER_A), 500);
  desk_job(d, "settlement.daily", due);
  desk_tasks(d);
  assert_int_equal(desk_totals(d).paid_to_sellers, 8500);
  desk_job(d, "settlement.daily", due + 90);
  desk_tasks(d);
  assert_int_equal(desk_totals(d).paid_to_sellers, 9000);
  assert_int_equal(desk_balance(d, CODE_SELLER_RESERVE, SELLER_A), 0);
  desk_close(d);
}

static refund_plan refund_of(const till *t, int64_t amount, int64_t commission_back) {
  return (refund_plan){.refund_id = amount,
                       .payment_id = t->p.payment_id,
                       .seller = SELLER_A,
                       .child = CHILD_A,
                       .amount = amount,
                       .commission_back = commission_back,
                       .released = true};
}

static void a_refund_before_the_due_day_shrinks_what_is_settled(void **state) {
  DESK(state);
  till *t = paid(d, 10000, 0);
  date due = today(d) + 7;
  desk_release(d, t, SELLER_A, CHILD_A, 10000, 1200, due);
  refund_plan p = refund_of(t, 5000, 600);
  desk_must(d, &test_refund, &p);
  assert_int_equal(desk_balance(d, CODE_SELLER_PENDING, SELLER_A), 4400);
  assert_int_equal(desk_balance(d, CODE_COMMISSION, 0), 600);
  assert_int_equal(desk_balance(d, CODE_WALLET, BUYER), BUYER_HAS - 5000);
  desk_job(d, "settlement.daily", due);
  desk_tasks(d);
  assert_int_equal(desk_totals(d).paid_to_sellers, 4400);
  desk_close(d);
}

static void a_refund_after_the_payout_is_clawed_back_from_later_sales(void **state) {
  DESK(state);
  till *t = paid(d, 10000, 0);
  date due = today(d);
  desk_release(d, t, SELLER_A, CHILD_A, 10000, 1200, due);
  desk_job(d, "settlement.daily", due);
  desk_job(d, "fees.sweep", due);
  desk_tasks(d);
  refund_plan p = refund_of(t, 10000, 1200);
  desk_must(d, &test_refund, &p);
  desk_prove(d);
  assert_int_equal(desk_balance(d, CODE_SELLER_AVAILABLE, SELLER_A), -8800);
  assert_int_equal(desk_balance(d, CODE_COMMISSION, 0), 0);
  assert_int_equal(desk_balance(d, CODE_WALLET, BUYER), BUYER_HAS);
  assert_int_equal(desk_int(d, "select count(*) from seller_debt where seller=?1", SELLER_A), 1);
  till *later = till_make(d, 0, 0);
  later->p.payees[later->p.payee_count++] = (payee){SELLER_A, CHILD_B, 20000};
  till_add(later, T_BALANCE(20000));
  desk_must(d, &test_pay, later);
  desk_release(d, later, SELLER_A, CHILD_B, 20000, 2400, due + 1);
  desk_job(d, "settlement.daily", due + 1);
  desk_tasks(d);
  assert_int_equal(desk_totals(d).paid_to_sellers, 8800 + 17600 - 8800);
  assert_int_equal(desk_balance(d, CODE_SELLER_AVAILABLE, SELLER_A), 0);
  assert_int_equal(desk_int(d, "select count(*) from seller_debt where seller=?1", SELLER_A), 0);
  desk_close(d);
}

static void a_returned_payout_is_the_sellers_again_and_goes_out_next_day(void **state) {
  DESK(state);
  till *t = paid(d, 10000, 0);
  date due = today(d);
  desk_release(d, t, SELLER_A, CHILD_A, 10000, 0, due);
  fake_payout = OUTCOME_DECLINED;
  desk_job(d, "settlement.daily", due);
  desk_tasks(d);
  assert_int_equal(desk_balance(d, CODE_SELLER_AVAILABLE, SELLER_A), 10000);
  assert_int_equal(desk_totals(d).paid_to_sellers, 0);
  fake_payout = OUTCOME_APPROVED;
  desk_job(d, "settlement.daily", due + 1);
  desk_tasks(d);
  assert_int_equal(desk_totals(d).paid_to_sellers, 10000);
  id attempt = desk_int(d, "select attempt_id from payment_attempt where kind=5 and state=?1",
                        ATTEMPT_APPROVED);
  attempt_result back = {.attempt_id = attempt, .answer = {.outcome = OUTCOME_RETURNED}};
  desk_must(d, &payment_attempt_result, &back);
  desk_prove(d);
  assert_int_equal(desk_balance(d, CODE_SELLER_AVAILABLE, SELLER_A), 10000);
  assert_int_equal(desk_totals(d).paid_to_sellers, 0);
  desk_close(d);
}

static void what_came_back_is_paid_at_once_when_two_persons_agree(void **state) {
  DESK(state);
  till *t = paid(d, 10000, 0);
  date due = today(d);
  settle_in now = {.on = due, .sellers = {SELLER_A}, .count = 1, .off_cycle = true};
  assert_int_equal(desk_run(d, &payment_settle, &now), E_FUNDS);
  desk_release(d, t, SELLER_A, CHILD_A, 10000, 1200, due + 30);
  assert_int_equal(desk_run(d, &payment_settle, &now), E_FUNDS); /* not due yet */
  now.on = due + 30;
  desk_must(d, &payment_settle, &now);
  assert_int_equal(now.payouts, 1);
  assert_int_equal(desk_balance(d, CODE_PAYOUT_TRANSIT, 0), 8800);
  desk_tasks(d);
  assert_int_equal(desk_totals(d).paid_to_sellers, 8800);
  assert_int_equal(desk_run(d, &payment_settle, &now), E_FUNDS);
  desk_close(d);
}

static void the_daily_proof_is_kept_and_says_what_sellers_owe(void **state) {
  DESK(state);
  till *t = paid(d, 10000, 0);
  date due = today(d);
  desk_release(d, t, SELLER_A, CHILD_A, 10000, 0, due);
  desk_job(d, "settlement.daily", due);
  desk_tasks(d);
  refund_plan p = refund_of(t, 4000, 0);
  desk_must(d, &test_refund, &p);
  desk_job(d, "safeguard.daily", due);
  assert_int_equal(desk_int(d, "select advanced from safeguard_proof where business_date=?1", due),
                   4000);
  assert_int_equal(desk_int(d, "select is_equal from safeguard_proof where business_date=?1", due),
                   1);
  desk_close(d);
}

/* --- laws ------------------------------------------------------------------------------------- */
static void parts_of_random_payments_sum_to_every_tender_and_every_share(void **state) {
  UNUSED(state);
  uint64_t seed = store_seed();
  arena *a = arena_open(1 << 20);
  rng *r = rng_open(a, seed);
  for (int round = 0; round < 100000; round++) {
    int64_t from[TENDERS_MAX], to[PAYEES_MAX], given[TENDERS_MAX] = {0}, got[PAYEES_MAX] = {0};
    size_t n = 1 + rng_below(r, TENDERS_MAX), m = 1 + rng_below(r, PAYEES_MAX);
    int64_t total = 0, left;
    for (size_t i = 0; i < n; i++)
      total += from[i] = (int64_t)rng_below(r, rng_below(r, 2) ? 3 : 1000000);
    left = total;
    for (size_t j = 0; j < m; j++) {
      to[j] = j + 1 == m ? left : (int64_t)rng_below(r, (uint64_t)left + 1);
      left -= to[j];
    }
    fill_pair pairs[PARTS_MAX];
    size_t count = fill_pairs(from, n, to, m, pairs);
    assert_true(count < n + m);
    for (size_t i = 0; i < count; i++) {
      assert_true(pairs[i].amount > 0);
      given[pairs[i].from] += pairs[i].amount;
      got[pairs[i].to] += pairs[i].amount;
    }
    assert_memory_equal(given, from, n * sizeof *from);
    assert_memory_equal(got, to, m * sizeof *to);
  }
  arena_close(a);
}

static int64_t moved(desk *d, id child, uint16_t why) {
  char sql[120];
  snprintf(sql, sizeof sql,
           "select cast(sum(amount) as bigint) from ledger_transfer where ref=?1 and code=%u", why);
  return desk_int(d, sql, child);
}

/* INV-16: of one child order, the commission taken from escrow is the commission earned, what is
 * returned is returned on both sides, and nothing of the gross is left over. */
static void fee_legs_sum_to_the_fee(desk *d, id child, int64_t gross, int64_t fee, int64_t back) {
  int64_t taken = moved(d, child, WHY_COMMISSION), earned = moved(d, child, WHY_COMMISSION_INCOME);
  assert_int_equal(taken, fee);
  assert_int_equal(earned, fee);
  assert_int_equal(moved(d, child, WHY_SPLIT) + moved(d, child, WHY_RESERVE_HOLD) + taken, gross);
  assert_int_equal(moved(d, child, WHY_REFUND_COMMISSION), back);
}

/* One random life of a payment: tenders, perhaps a release, refunds of random size until one is
 * refused. */
static void random_life(desk *d, rng *r, int64_t *fees) {
  int64_t a = 1 + (int64_t)rng_below(r, 2000),
          b = (int64_t)rng_below(r, 2) * (int64_t)(1 + rng_below(r, 2000));
  till *t = till_make(d, a, b);
  id child = t->p.payees[0].child = id_next(desk_ctx(d)); /* a child order is released once */
  int64_t left = a + b;
  while (left > 0 && t->p.tender_count < 5) {
    int64_t n = t->p.tender_count == 4 ? left : 1 + (int64_t)rng_below(r, (uint64_t)left);
    uint64_t kind = rng_below(r, 3);
    till_add(t, kind == 0   ? T_BALANCE(n)
                : kind == 1 ? T_CAMPAIGN(d, n)
                            : T_CARD(d, n, rng_below(r, 8) == 0 ? "no-refund" : "ok"));
    left -= n;
  }
  desk_must(d, &test_pay, t);
  desk_tasks(d);
  payment_row row = desk_payment(d, t->p.payment_id);
  assert_int_equal(row.captured, a + b);
  bool released = rng_below(r, 2) == 1;
  int64_t commission = released ? (int64_t)rng_below(r, (uint64_t)a + 1) : 0, back_sum = 0,
          rest = a;
  release_plan release = {.seller = SELLER_A,
                          .child = child,
                          .payment_id = t->p.payment_id,
                          .currency = t->p.currency,
                          .gross = a,
                          .commission = commission,
                          .reserve_rate_ppb = (int64_t)rng_below(r, 3) * 33333333,
                          .due = today(d)};
  if (released) desk_must(d, &test_release, &release);
  if (released && rng_below(r, 2)) {
    settle_in in = {.on = today(d), .sellers = {SELLER_A}, .count = 1};
    desk_must(d, &payment_settle, &in);
    desk_tasks(d);
  }
  for (int i = 0; i < 3 && rest > 0; i++) {
    int64_t amount = 1 + (int64_t)rng_below(r, (uint64_t)rest),
            back = amount < commission - back_sum ? amount : commission - back_sum;
    refund_plan p = {.refund_id = id_next(desk_ctx(d)),
                     .payment_id = t->p.payment_id,
                     .seller = SELLER_A,
                     .child = child,
                     .amount = amount,
                     .commission_back = back,
                     .released = released};
    desk_must(d, &test_refund, &p);
    rest -= amount;
    back_sum += back;
    p.refund_id = id_next(desk_ctx(d));
    p.amount = rest + 1;
    assert_int_equal(desk_run(d, &test_refund, &p),
                     rest + b > 0 ? E_RULE : E_CONFLICT); /* INV-15 */
    desk_tasks(d);
  }
  if (released) fee_legs_sum_to_the_fee(d, child, a, commission, back_sum);
  *fees += commission - back_sum;
  row = desk_payment(d, t->p.payment_id);
  assert_int_equal(row.refunded, a - rest);
  assert_int_equal(row.returned, row.refunded);
  assert_int_equal(
      desk_int(d, "select count(*) from payment_part where refunded > amount and payment_id=?1",
               t->p.payment_id),
      0);
}

static void random_payments_give_back_no_more_than_they_took_and_fees_add_up(void **state) {
  DESK(state);
  rng *r = rng_open(d->m->arena, store_seed());
  uint64_t lives = (store_cases(240) + 19) / 20; /* a life is about twenty commands */
  int64_t fees = 0;
  for (uint64_t i = 0; i < lives; i++) {
    random_life(d, r, &fees);
    sweep_in sweep = {0};
    if (rng_below(r, 4) == 0) desk_must(d, &payment_sweep_fees, &sweep); /* changes no leg */
    assert_int_equal(desk_balance(d, CODE_COMMISSION, 0), fees);
    assert_int_equal(desk_balance(d, CODE_FEES_HELD, 0), -desk_balance(d, CODE_FEES_IN_RESERVE, 0));
    if (i % 10 == 9) desk_prove(d); /* each proof reads all that happened before */
  }
  desk_prove(d);
  payment_totals sums = desk_totals(d);
  assert_true(sums.refunded <= sums.captured);
  assert_int_equal(sums.commission, fees);
  desk_close(d);
}

/* --- limits --------------------------------------------------------------------------------- */
enum { SENDERS = 8, SENT_AT_ONCE = 5000000, DAY_HOLDS = 4 }; /* what wallet.c says unless told */

static atomic_int sent_well;
static id receiver; /* a person who may hold a wallet */

static void *send_once(void *arg) {
  desk *d = arg;
  arena *a = arena_open((size_t)8 << 20);
  assert_non_null(a);
  ctx c;
  engine_ctx(d->m->e, a, &c);
  wallet_in in = {
      .owner = BUYER, .to = receiver, .amount = SENT_AT_ONCE, .currency = d->m->facts.currency};
  if (engine_call(&c, d->m->e, &payment_wallet_transfer, &in, engine_system(d->m->e)) == OK)
    atomic_fetch_add(&sent_well, 1);
  arena_close(a);
  return NULL;
}

static void a_days_limit_holds_for_transfers_sent_at_once(void **state) {
  DESK(state);
  desk_give(d, BUYER, SENDERS * SENT_AT_ONCE);
  user_new u = {.email = STR("r@example.com"), .name = STR("R"), .kind = ACTOR_BUYER};
  desk_must(d, &identity_create_user, &u);
  receiver = u.user_id;
  pthread_t threads[SENDERS];
  atomic_store(&sent_well, 0);
  assert_int_equal(engine_start(desk_ctx(d), d->m->e), OK);
  for (size_t i = 0; i < SENDERS; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, send_once, d), 0);
  for (size_t i = 0; i < SENDERS; i++)
    pthread_join(threads[i], NULL);
  engine_stop(d->m->e);
  assert_int_equal(sent_well, DAY_HOLDS);
  desk_prove(d);
  desk_close(d);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_delivered_order_is_settled_and_paid_out_on_its_day),
      cmocka_unit_test(a_child_order_is_released_once_and_only_for_what_it_holds),
      cmocka_unit_test(a_reserve_is_kept_and_released_later),
      cmocka_unit_test(a_refund_before_the_due_day_shrinks_what_is_settled),
      cmocka_unit_test(a_refund_after_the_payout_is_clawed_back_from_later_sales),
      cmocka_unit_test(a_returned_payout_is_the_sellers_again_and_goes_out_next_day),
      cmocka_unit_test(what_came_back_is_paid_at_once_when_two_persons_agree),
      cmocka_unit_test(the_daily_proof_is_kept_and_says_what_sellers_owe),
      cmocka_unit_test(parts_of_random_payments_sum_to_every_tender_and_every_share),
      cmocka_unit_test(random_payments_give_back_no_more_than_they_took_and_fees_add_up),
      cmocka_unit_test(a_days_limit_holds_for_transfers_sent_at_once),
  };
  return test_market_run("payment-settle", tests, COUNT_OF(tests));
}
