/* breaks.c - what did not fit is explained by a person and another one: the amount in suspense goes
 * back to the payer, on to the seller, or is taken as the operator's gain or loss. Resolving moves
 * exactly what the break says, once. */
#include "modules/payment/commands.h"

const char *const payment_break_ways[] = {"refund_payer", "give_seller", "take", NULL};

typedef struct break_work {
  market m;
  bool found, has_payment;
  payment_row pay;
  part_row *parts;
  size_t part_count;
  id suspense, wallet, available, fees_held, fees_in_reserve, income, loss, reserve, own;
} break_work;

static status resolve_load(ctx *c, tx *t, void *state) {
  break_resolve *in = state;
  break_work *w = ARENA_NEW(c->arena, break_work);
  in->inner = w;
  TRY(identity_market(c, tx_db(t), &w->m));
  TRY(break_lock(c, tx_db(t), in->break_id, &in->row, &w->found));
  if (!w->found) return OK;
  if (in->row.payment_id != 0)
    TRY(payment_lock(c, tx_db(t), in->row.payment_id, &w->pay, &w->has_payment));
  if (w->has_payment) TRY(parts_of(c, tx_db(t), in->row.payment_id, &w->parts, &w->part_count));
  TRY(account_of_market(c, t, &w->m, CODE_SUSPENSE, &w->suspense));
  if (in->how == BREAK_TO_PAYER && w->has_payment)
    TRY(account_need(c, t, &w->m, CODE_WALLET, w->pay.payer, &w->wallet));
  if (in->how == BREAK_TO_SELLER && in->seller != 0)
    TRY(account_need(c, t, &w->m, CODE_SELLER_AVAILABLE, in->seller, &w->available));
  if (in->how != BREAK_TAKE) return OK;
  TRY(account_of_market(c, t, &w->m, CODE_FEES_HELD, &w->fees_held));
  TRY(account_of_market(c, t, &w->m, CODE_FEES_IN_RESERVE, &w->fees_in_reserve));
  TRY(account_of_market(c, t, &w->m, CODE_PAYMENT_FEES, &w->income));
  TRY(account_of_market(c, t, &w->m, CODE_BAD_DEBT, &w->loss));
  TRY(account_of_market(c, t, &w->m, CODE_BANK_RESERVE, &w->reserve));
  return account_of_market(c, t, &w->m, CODE_BANK_OWN, &w->own);
}

/* Too much becomes income through the fees held; too little is made good from the operator's own
 * money. */
static void take(break_work *w, moves *m, int64_t amount, id ref) {
  if (amount > 0) {
    moves_add(m, w->suspense, w->fees_held, amount, WHY_BREAK_RESOLVED, ref);
    moves_add(m, w->fees_in_reserve, w->income, amount, WHY_BREAK_RESOLVED, ref);
  } else {
    moves_add(m, w->reserve, w->suspense, -amount, WHY_BREAK_RESOLVED, ref);
    moves_add(m, w->loss, w->own, -amount, WHY_BREAK_RESOLVED, ref);
  }
}

static bool is_in_suspense(const break_row *b) {
  return str_eq(b->kind, STR("difference")) || str_eq(b->kind, STR("channel_amount")) ||
         str_eq(b->kind, STR("unmatched")) || str_eq(b->kind, STR("remit_amount"));
}

/* Its amount was captured with the payment, so that giving it to the payer refunds the payment. */
static bool is_of_payment(const break_row *b) {
  return str_eq(b->kind, STR("difference")) || str_eq(b->kind, STR("channel_amount"));
}

/* Whether refunds have moved some of the break's money out of suspense, or back into it. What a
 * channel took too much is no part of the payment, so no refund gives it back. */
static bool is_given_back(const break_work *w, const break_row *b) {
  bool by_channel = str_eq(b->kind, STR("channel_amount"));
  if (!w->has_payment || !is_of_payment(b) || (by_channel && b->amount > 0)) return false;
  for (size_t i = 0; i < w->part_count; i++) {
    const part_row *part = &w->parts[i];
    bool concerns =
        by_channel ? part->kind == TENDER_CHANNEL : part->is_over || part->kind == PART_SUSPENSE;
    if (concerns && part->refunded > 0) return true;
  }
  return false;
}

static status check_way(ctx *c, const break_resolve *in, const break_work *w) {
  if (!w->found) return fail(c, E_NOT_FOUND, "There is no such break.");
  if (in->row.state != 0) return fail(c, E_CONFLICT, "This break was resolved before.");
  if (in->how < BREAK_TO_PAYER || in->how > BREAK_TAKE)
    return fail_field(c, E_MALFORMED, STR("/how"), "Use refund_payer, give_seller or take.");
  if (!is_in_suspense(&in->row) && in->how != BREAK_TAKE) {
    return fail_field(c, E_RULE, STR("/how"),
                      "No money of this break lies in suspense; close it with take.");
  }
  if (in->how != BREAK_TAKE && in->row.amount < 0)
    return fail_field(c, E_RULE, STR("/how"), "Too little came in; only take fits.");
  if (in->how == BREAK_TO_PAYER && w->wallet == 0)
    return fail_field(c, E_RULE, STR("/how"), "The payer is not known.");
  if (in->how == BREAK_TO_SELLER && in->seller == 0)
    return fail_field(c, E_MALFORMED, STR("/seller"), "Name the seller.");
  if (is_given_back(w, &in->row)) {
    return fail(c, E_CONFLICT,
                "The payment was given back, and its difference with it or in part; look at its "
                "refunds first.");
  }
  return OK;
}

static status resolve_decide(ctx *c, tx *t, void *state) {
  break_resolve *in = state;
  break_work *w = in->inner;
  TRY(check_way(c, in, w));
  moves m = moves_make(c, 2);
  int64_t amount = is_in_suspense(&in->row) ? in->row.amount : 0;
  id ref = in->row.subject != 0 ? in->row.subject : in->row.break_id;
  if (in->how == BREAK_TO_PAYER)
    moves_add(&m, w->suspense, w->wallet, amount, WHY_BREAK_RESOLVED, ref);
  if (in->how == BREAK_TO_SELLER)
    moves_add(&m, w->suspense, w->available, amount, WHY_BREAK_RESOLVED, ref);
  if (in->how == BREAK_TAKE && amount != 0) take(w, &m, amount, ref);
  in->row.state = 1;
  in->row.resolution = str_from(payment_break_ways[in->how]);
  in->row.resolved_by = tx_who(t).actor;
  in->row.resolved_at = c->now;
  return moves_post(c, t, &m);
}

static status resolve_write(ctx *c, tx *t, void *state) {
  break_resolve *in = state;
  TRY(break_save(c, tx_db(t), &in->row));
  if (str_eq(in->row.kind, STR("difference")))
    TRY(parts_forget_over(c, tx_db(t), in->row.payment_id));
  if (in->how == BREAK_TO_PAYER && is_of_payment(&in->row))
    TRY(payment_add_refund(c, tx_db(t), in->row.payment_id, in->row.amount, in->row.amount,
                           c->now));
  tx_audit(t, ID_BREAK, in->break_id,
           str_format(c->arena, "{\"resolution\":\"%s\",\"amount\":%lld}",
                      payment_break_ways[in->how], (long long)in->row.amount));
  str brk = id_print(c->arena, ID_BREAK, in->break_id);
  return tx_emit(c, t, "break.resolved", ID_BREAK, in->break_id, 0,
                 str_format(c->arena, "{\"break\":\"%.*s\",\"resolution\":\"%s\"}", STR_ARGS(brk),
                            payment_break_ways[in->how]));
}

const command_type payment_resolve_break = {"break.resolve", 0, resolve_load, resolve_decide,
                                            resolve_write};

/* --- who looks into it ------------------------------------------------------------------------ */

static status claim_load(ctx *c, tx *t, void *state) {
  break_claim *in = state;
  return break_lock(c, tx_db(t), in->break_id, &in->row, &in->found);
}

static status claim_decide(ctx *c, tx *t, void *state) {
  break_claim *in = state;
  if (!in->found) return fail(c, E_NOT_FOUND, "There is no such break.");
  if (in->row.state != 0) return fail(c, E_CONFLICT, "This break was resolved before.");
  in->row.owner = tx_who(t).actor;
  return OK;
}

static status claim_write(ctx *c, tx *t, void *state) {
  const break_claim *in = state;
  tx_audit(t, ID_BREAK, in->break_id, STR("{}"));
  return break_save(c, tx_db(t), &in->row);
}

const command_type payment_claim_break = {"break.claim", 0, claim_load, claim_decide, claim_write};
