/* release.c - goods arrived: a child order's money leaves escrow. The operator's commission becomes
 * income in the same commit, the seller's share waits for its date, a reserve is kept when the
 * contract says so. The parts sum to the gross. */
#include "modules/payment/inside.h"

enum { RESERVE_DAYS = 90 }; /* when market_parameter reserve_days says nothing */

typedef struct release_work {
  market m;
  child_sum child;
  id escrow, pending, reserve, fees_held, fees_in_reserve, commission;
  int64_t reserve_days, share, kept;
} release_work;

status release_load(ctx *c, tx *t, release_plan *p) {
  release_work *w = ARENA_NEW(c->arena, release_work);
  p->inner = w;
  TRY(identity_market(c, tx_db(t), &w->m));
  TRY(child_sum_get(c, tx_db(t), p->payment_id, p->seller, p->child, &w->child));
  TRY(account_need(c, t, &w->m, CODE_ORDER_ESCROW, p->seller, &w->escrow));
  TRY(account_need(c, t, &w->m, CODE_SELLER_PENDING, p->seller, &w->pending));
  TRY(account_of_market(c, t, &w->m, CODE_FEES_HELD, &w->fees_held));
  TRY(account_of_market(c, t, &w->m, CODE_FEES_IN_RESERVE, &w->fees_in_reserve));
  TRY(account_of_market(c, t, &w->m, CODE_COMMISSION, &w->commission));
  if (p->reserve_rate_ppb == 0) return OK;
  TRY(identity_parameter(c, tx_db(t), "reserve_days", c->today, RESERVE_DAYS, &w->reserve_days));
  return account_need(c, t, &w->m, CODE_SELLER_RESERVE, p->seller, &w->reserve);
}

status release_decide(ctx *c, tx *t, release_plan *p) {
  release_work *w = p->inner;
  if (p->currency != w->m.currency)
    return fail(c, E_RULE, "The payment is in another currency than the market.");
  if (w->child.state != PAYMENT_PAID && w->child.state != PAYMENT_PARTLY_REFUNDED) {
    return fail(c, E_CONFLICT, "The payment is %s; only paid money can be released.",
                payment_states[w->child.state]);
  }
  if (w->child.released) return fail(c, E_CONFLICT, "This child order was released before.");
  if (p->gross != w->child.remaining) {
    return fail(c, E_RULE, "The child order holds %lld minor units, not %lld.",
                (long long)w->child.remaining, (long long)p->gross);
  }
  if (p->commission < 0 || p->commission > p->gross)
    return fail(c, E_RULE, "The commission must lie between 0 and the gross.");
  if (p->reserve_rate_ppb < 0 || p->reserve_rate_ppb > RATE_ONE)
    return fail(c, E_RULE, "The reserve rate must lie between 0 and 100%%.");
  if (!rate_apply(p->gross, p->reserve_rate_ppb, ROUND_HALF_UP, &w->kept))
    return fail(c, E_RULE, "The reserve is out of range.");
  if (w->kept > p->gross - p->commission) w->kept = p->gross - p->commission;
  w->share = p->gross - p->commission - w->kept;
  moves m = moves_make(c, 4);
  moves_add(&m, w->escrow, w->pending, w->share, WHY_SPLIT, p->child);
  moves_add(&m, w->escrow, w->fees_held, p->commission, WHY_COMMISSION, p->child);
  moves_add(&m, w->fees_in_reserve, w->commission, p->commission, WHY_COMMISSION_INCOME, p->child);
  moves_add(&m, w->escrow, w->reserve, w->kept, WHY_RESERVE_HOLD, p->child);
  return moves_post(c, t, &m);
}

status release_write(ctx *c, tx *t, release_plan *p) {
  release_work *w = p->inner;
  settlement_item item = {.seller = p->seller,
                          .child = p->child,
                          .payment_id = p->payment_id,
                          .kind = ITEM_SHARE,
                          .currency = p->currency,
                          .due = p->due,
                          .amount = w->share};
  TRY(item_insert(c, tx_db(t), &item));
  if (w->kept == 0) return OK;
  item.kind = ITEM_RESERVE;
  item.amount = w->kept;
  item.due = p->due + (date)w->reserve_days;
  return item_insert(c, tx_db(t), &item);
}
