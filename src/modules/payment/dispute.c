/* dispute.c - chargebacks, first cut: a channel's notice opens a dispute on one channel part of a
 * child order, the amount is held from the seller, evidence is noted until the clock runs out, and
 * the end posts or frees the hold. While a dispute is open or lost, that much of the part cannot be
 * given back a second time (refund.c asks). */
#include "modules/payment/commands.h"

enum {
  ANSWER_DAYS = 10,
  EVIDENCE_MAX = 8000
}; /* days when market_parameter dispute_answer_days says nothing */

const char *const payment_dispute_states[] = {"open", "won", "lost", "ran_out", NULL};

typedef struct dispute_work {
  market m;
  bool found;
  payment_row pay;
  part_row *parts;
  size_t part_count;
  int64_t open[PARTS_MAX], lost[PARTS_MAX]; /* per part, what disputes claim */
  int64_t days;
  id available;
  const part_row *part;
  dispute_row row;
} dispute_work;

static void hold_moves(const dispute_row *r, id receivable, moves *m) {
  moves_add(m, r->from_account, receivable, r->amount, WHY_CHARGEBACK, r->child);
}

/* --- open ------------------------------------------------------------------------------------- */
static const part_row *part_for(const dispute_work *w, const dispute_open_in *in) {
  for (size_t i = w->part_count; i > 0; i--) {
    const part_row *p = &w->parts[i - 1];
    if (p->kind != TENDER_CHANNEL || p->child != in->child || p->is_over) continue;
    int64_t claimed = w->open[i - 1] + w->lost[i - 1];
    if (p->amount - p->refunded - claimed >= in->amount) return p;
  }
  return NULL;
}

static status open_load(ctx *c, tx *t, void *state) {
  dispute_open_in *in = state;
  dispute_work *w = ARENA_NEW(c->arena, dispute_work);
  in->inner = w;
  db *d = tx_db(t);
  TRY(identity_market(c, d, &w->m));
  TRY(payment_lock(c, d, in->payment_id, &w->pay, &w->found));
  if (!w->found) return OK;
  TRY(parts_of(c, d, in->payment_id, &w->parts, &w->part_count));
  TRY(disputed_of(c, d, in->payment_id, w->open, w->lost));
  TRY(identity_parameter(c, d, "dispute_answer_days", c->today, ANSWER_DAYS, &w->days));
  w->part = part_for(w, in);
  if (w->part == NULL) return OK;
  tx_need_account(t, w->part->from_account);
  return account_need(c, t, &w->m, CODE_SELLER_AVAILABLE, w->part->seller, &w->available);
}

static status open_decide(ctx *c, tx *t, void *state) {
  dispute_open_in *in = state;
  dispute_work *w = in->inner;
  if (!w->found) return fail_field(c, E_NOT_FOUND, STR("/payment"), "There is no such payment.");
  if (w->pay.state != PAYMENT_PAID && w->pay.state != PAYMENT_PARTLY_REFUNDED)
    return fail(c, E_CONFLICT, "Only a paid payment can be disputed.");
  if (in->amount <= 0)
    return fail_field(c, E_MALFORMED, STR("/amount"), "Send at least 1 minor unit.");
  if (w->part == NULL)
    return fail_field(c, E_RULE, STR("/amount"),
                      "No channel paid this much for that child order, or it was given back.");
  in->out = (dispute_row){.dispute_id = id_next(c),
                          .payment_id = in->payment_id,
                          .channel = w->part->source,
                          .seller = w->part->seller,
                          .child = in->child,
                          .from_account = w->available,
                          .part_no = w->part->part_no,
                          .amount = in->amount,
                          .currency = w->pay.currency,
                          .reason = in->reason,
                          .answer_by = c->now + w->days * SECONDS_PER_DAY * MICROS_PER_SECOND,
                          .opened_at = c->now};
  moves m = moves_make(c, 1);
  hold_moves(&in->out, w->part->from_account, &m);
  moves_last(&m)->id = part_hold_id(in->out.dispute_id, 0);
  moves_last(&m)->flags = TRANSFER_PENDING;
  return moves_post(c, t, &m);
}

static status tell(ctx *c, tx *t, const dispute_row *r, const char *type) {
  str dsp = id_print(c->arena, ID_DISPUTE, r->dispute_id),
      pay = id_print(c->arena, ID_PAYMENT, r->payment_id);
  return tx_emit(
      c, t, type, ID_DISPUTE, r->dispute_id, r->seller,
      str_format(
          c->arena, "{\"dispute\":\"%.*s\",\"payment\":\"%.*s\",\"amount\":%lld,\"state\":\"%s\"}",
          STR_ARGS(dsp), STR_ARGS(pay), (long long)r->amount, payment_dispute_states[r->state]));
}

static status open_write(ctx *c, tx *t, void *state) {
  dispute_open_in *in = state;
  TRY(dispute_insert(c, tx_db(t), &in->out));
  tx_audit(t, ID_DISPUTE, in->out.dispute_id,
           str_format(c->arena, "{\"opened\":%lld}", (long long)in->amount));
  return tell(c, t, &in->out, "dispute.opened");
}

const command_type payment_open_dispute = {"dispute.open", 0, open_load, open_decide, open_write};

/* --- evidence and the end --------------------------------------------------------------------- */
static status step_load(ctx *c, tx *t, void *state) {
  dispute_step_in *in = state;
  dispute_work *w = ARENA_NEW(c->arena, dispute_work);
  in->inner = w;
  TRY(dispute_lock(c, tx_db(t), in->dispute_id, &in->out, &w->found));
  if (!w->found) return OK;
  TRY(parts_of(c, tx_db(t), in->out.payment_id, &w->parts, &w->part_count));
  tx_need_account(t, in->out.from_account);
  tx_need_transfer(t, part_hold_id(in->dispute_id, 0));
  for (size_t i = 0; i < w->part_count; i++) {
    if (w->parts[i].part_no == in->out.part_no) w->part = &w->parts[i];
  }
  assert(w->part != NULL);
  tx_need_account(t, w->part->from_account);
  return OK;
}

static status step_decide(ctx *c, tx *t, void *state) {
  dispute_step_in *in = state;
  const dispute_work *w = in->inner;
  principal who = tx_who(t);
  bool seller = who.kind == ACTOR_SELLER;
  if (!w->found || (seller && who.tenant != in->out.seller))
    return fail(c, E_NOT_FOUND, "There is no such dispute.");
  if (in->out.state != 0)
    return fail(c, E_CONFLICT, "The dispute is %s.", payment_dispute_states[in->out.state]);
  if (in->step == DISPUTE_EVIDENCE) {
    if (in->evidence.len == 0 || in->evidence.len > EVIDENCE_MAX)
      return fail_field(c, E_MALFORMED, STR("/evidence"), "Send 1 to 8000 bytes.");
    if (c->now >= in->out.answer_by) return fail(c, E_EXPIRED, "The time to answer is over.");
    in->out.evidence = in->evidence;
    return OK;
  }
  if (seller) return fail(c, E_FORBIDDEN, "The channel decides; an operator notes the outcome.");
  in->out.state = in->step; /* won, lost, ran out: the steps are numbered like the states */
  in->out.closed_at = c->now;
  moves m = moves_make(c, 1);
  hold_moves(&in->out, w->part->from_account, &m);
  moves_last(&m)->pending_id = part_hold_id(in->dispute_id, 0);
  moves_last(&m)->flags = in->step == DISPUTE_WON ? TRANSFER_VOID : TRANSFER_POST;
  return moves_post(c, t, &m);
}

static status step_write(ctx *c, tx *t, void *state) {
  dispute_step_in *in = state;
  TRY(dispute_save(c, tx_db(t), &in->out));
  bool lost = in->out.state == DISPUTE_LOST || in->out.state == DISPUTE_RAN_OUT;
  if (lost)
    TRY(debt_set(c, tx_db(t), in->out.seller, true,
                 c->now)); /* a settlement takes it off when it is not so */
  tx_audit(t, ID_DISPUTE, in->dispute_id,
           str_format(c->arena, "{\"state\":\"%s\"}", payment_dispute_states[in->out.state]));
  return tell(c, t, &in->out, in->step == DISPUTE_EVIDENCE ? "dispute.answered" : "dispute.closed");
}

const command_type payment_step_dispute = {"dispute.step", 0, step_load, step_decide, step_write};
