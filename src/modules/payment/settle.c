/* settle.c - what sellers are owed becomes payable on its day: due items move to available, what is
 * there goes out as one payout, a seller below zero waits until later items have netted it. The
 * operator's fees leave the reserve. Never pays out more than is available, never touches what is
 * not due. */
#include "modules/payment/settle.h"

enum { PAYOUT_MINIMUM = 1 }; /* when market_parameter payout_minimum says nothing */

/* --- one seller ------------------------------------------------------------------------------- */
static status load_seller(ctx *c, tx *t, const settle_in *in, settle_work *w, seller_work *s,
                          id seller) {
  *s = (seller_work){.seller = seller};
  TRY(items_due(c, tx_db(t), seller, in->on, &s->items, &s->item_count));
  for (size_t i = 0; i < s->item_count; i++) {
    if (s->items[i].kind == ITEM_SHARE) s->share += s->items[i].amount;
    if (s->items[i].kind == ITEM_RESERVE) s->kept += s->items[i].amount;
  }
  TRY(account_need(c, t, &w->m, CODE_SELLER_PENDING, seller, &s->pending));
  TRY(account_need(c, t, &w->m, CODE_SELLER_AVAILABLE, seller, &s->available));
  return s->kept == 0 ? OK : account_need(c, t, &w->m, CODE_SELLER_RESERVE, seller, &s->reserve);
}

static status settle_load(ctx *c, tx *t, void *state) {
  settle_in *in = state;
  settle_work *w = ARENA_NEW(c->arena, settle_work);
  in->inner = w;
  in->payouts = 0;
  channel_row *channels;
  size_t channel_count;
  TRY(identity_market(c, tx_db(t), &w->m));
  TRY(identity_parameter(c, tx_db(t), "payout_minimum", in->on, PAYOUT_MINIMUM, &w->minimum));
  TRY(channels_all(c, tx_db(t), &channels, &channel_count));
  const channel_row *channel = channel_route(channels, channel_count, 0);
  w->channel = channel == NULL ? 0 : channel->channel_id;
  TRY(account_of_market(c, t, &w->m, CODE_PAYOUT_TRANSIT, &w->transit));
  for (size_t i = 0; i < in->count; i++)
    TRY(load_seller(c, t, in, w, &w->sellers[i], in->sellers[i]));
  return OK;
}

static void plan_payout(ctx *c, const settle_in *in, settle_work *w, seller_work *s,
                        int64_t amount) {
  s->payout = (payout_row){.seller = s->seller,
                           .payout_id = id_next(c),
                           .attempt_id = id_next(c),
                           .business_date = in->on,
                           .currency = w->m.currency,
                           .amount = amount,
                           .created_at = c->now,
                           .updated_at = c->now};
  s->attempt = (attempt_row){.attempt_id = s->payout.attempt_id,
                             .kind = ATTEMPT_PAYOUT,
                             .subject_kind = ID_PAYOUT,
                             .subject = s->payout.payout_id,
                             .party = s->seller,
                             .channel = w->channel,
                             .currency = w->m.currency,
                             .amount = amount,
                             .instalments = 1,
                             .token = id_print(c->arena, ID_TENANT, s->seller),
                             .created_at = c->now,
                             .updated_at = c->now};
}

/* A disputed amount is held against available and is not paid out. */
static status decide_seller(ctx *c, tx *t, const settle_in *in, settle_work *w, seller_work *s) {
  bool is_idle = s->item_count == 0 && !in->off_cycle;
  if (is_idle) return OK; /* settled by a run that was cut off later */
  const account *available = tx_account(t, s->available);
  int64_t before = available == NULL ? 0 : account_balance(available);
  int64_t held = available == NULL ? 0 : available->debits_pending;
  int64_t after = before + s->share + s->kept;
  s->row = (settlement_row){.seller = s->seller,
                            .settlement_id = id_next(c),
                            .business_date = in->on,
                            .currency = w->m.currency,
                            .items = (int64_t)s->item_count,
                            .settled = s->share + s->kept,
                            .available_before = before,
                            .created_at = c->now};
  if (in->off_cycle && w->channel == 0)
    return fail(c, E_CONFLICT, "There is no channel that pays out; add a bank channel first.");
  if (in->off_cycle && after - held <= 0)
    return fail(c, E_FUNDS, "The seller has nothing available to be paid out.");
  int64_t minimum = in->off_cycle ? 1 : w->minimum;
  moves m = moves_make(c, 3);
  moves_add(&m, s->pending, s->available, s->share, before < 0 ? WHY_NETTING : WHY_SETTLE,
            s->row.settlement_id);
  moves_add(&m, s->reserve, s->available, s->kept, WHY_RESERVE_RELEASE, s->row.settlement_id);
  if (after - held >= minimum && w->channel != 0) {
    plan_payout(c, in, w, s, after - held);
    s->row.payout_id = s->payout.payout_id;
    s->row.paid_out = s->payout.amount;
    moves_add(&m, s->available, w->transit, s->payout.amount, WHY_PAYOUT, s->payout.payout_id);
  }
  s->out_of_debt = before < 0 && after >= 0;
  return moves_post(c, t, &m);
}

static status settle_decide(ctx *c, tx *t, void *state) {
  settle_in *in = state;
  settle_work *w = in->inner;
  for (size_t i = 0; i < in->count; i++)
    TRY(decide_seller(c, t, in, w, &w->sellers[i]));
  return OK;
}

static status write_seller(ctx *c, tx *t, const settle_in *in, const seller_work *s) {
  db *d = tx_db(t);
  if (s->item_count == 0 && !in->off_cycle) return OK;
  TRY(items_settle(c, d, s->seller, in->on, s->row.settlement_id));
  TRY(settlement_insert(c, d, &s->row));
  if (s->out_of_debt) TRY(debt_set(c, d, s->seller, false, c->now));
  if (s->row.payout_id != 0) {
    TRY(payout_insert(c, d, &s->payout));
    TRY(attempt_insert(c, t, &s->attempt));
  }
  str stl = id_print(c->arena, ID_SETTLEMENT, s->row.settlement_id);
  return tx_emit(c, t, "settlement.made", ID_SETTLEMENT, s->row.settlement_id, s->seller,
                 str_format(c->arena,
                            "{\"settlement\":\"%.*s\",\"settled\":%lld,\"paid_out\":%lld}",
                            STR_ARGS(stl), (long long)s->row.settled, (long long)s->row.paid_out));
}

static status settle_write(ctx *c, tx *t, void *state) {
  settle_in *in = state;
  settle_work *w = in->inner;
  for (size_t i = 0; i < in->count; i++) {
    TRY(write_seller(c, t, in, &w->sellers[i]));
    in->payouts += w->sellers[i].row.payout_id != 0;
  }
  return OK;
}

const command_type payment_settle = {"settlement.sellers", 0, settle_load, settle_decide,
                                     settle_write};

/* --- the operator's fees leave the reserve ---------------------------------------------------- */
static status sweep_load(ctx *c, tx *t, void *state) {
  sweep_in *in = state;
  market m;
  TRY(identity_market(c, tx_db(t), &m));
  TRY(account_of_market(c, t, &m, CODE_FEES_HELD, &in->held));
  TRY(account_of_market(c, t, &m, CODE_FEES_IN_RESERVE, &in->in_reserve));
  TRY(account_of_market(c, t, &m, CODE_BANK_RESERVE, &in->reserve));
  in->entity = m.entity;
  return account_of_market(c, t, &m, CODE_BANK_OWN, &in->own);
}

static status sweep_decide(ctx *c, tx *t, void *state) {
  sweep_in *in = state;
  const account *held = tx_account(t, in->held);
  int64_t has = held == NULL ? 0 : account_balance(held) - held->debits_pending;
  in->amount = has > 0 ? has : 0;
  moves m = moves_make(c, 2);
  moves_add(&m, in->held, in->reserve, in->amount, WHY_FEE_SWEEP, in->entity);
  moves_add(&m, in->own, in->in_reserve, in->amount, WHY_FEE_SWEEP, in->entity);
  return moves_post(c, t, &m);
}

const command_type payment_sweep_fees = {"fees.sweep", 0, sweep_load, sweep_decide, NULL};
