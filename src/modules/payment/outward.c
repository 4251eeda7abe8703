/* outward.c - the outcome of attempts that move money between a person's bank and us: a seller's
 * payout, a withdrawal, a top-up. A payout that comes back is the seller's again and is tried with
 * the next settlement. */
#include "modules/payment/attempt.h"

status outward_load(ctx *c, tx *t, result_work *w) {
  db *d = tx_db(t);
  bool found = false;
  TRY(identity_market(c, d, &w->k.m));
  TRY(attempt_lock(c, d, w->stored.attempt_id, &w->stored, &found));
  assert(found);
  w->a = &w->stored;
  w->k.pay.currency = w->a->currency;
  w->k.moves = moves_make(c, 4);
  const market *m = &w->k.m;
  if (w->a->subject_kind == ID_PAYOUT) {
    TRY(payout_lock(c, d, w->a->party, w->a->subject, &w->payout, &found));
    TRY(account_need(c, t, m, CODE_SELLER_AVAILABLE, w->a->party, &w->available));
  } else {
    TRY(wallet_move_lock(c, d, w->a->party, w->a->subject, &w->move, &found));
    TRY(account_need(c, t, m, CODE_WALLET, w->a->party, &w->wallet));
    if (w->a->subject_kind == ID_WITHDRAWAL) tx_need_transfer(t, part_hold_id(w->a->subject, 0));
  }
  assert(found);
  if (w->a->kind == ATTEMPT_SALE)
    return account_need(c, t, m, CODE_CHANNEL_RECEIVABLE, w->a->channel, &w->receivable);
  TRY(account_of_market(c, t, m, CODE_PAYOUT_TRANSIT, &w->transit));
  return account_of_market(c, t, m, CODE_BANK_RESERVE, &w->bank_reserve);
}

static void decide_payout(result_work *w) {
  moves *m = &w->k.moves;
  int64_t amount = w->a->amount, ref = w->a->subject;
  if (w->heard == HEARD_APPROVED) {
    moves_add(m, w->transit, w->bank_reserve, amount, WHY_PAYOUT, ref);
    w->payout.state = 1;
    return;
  }
  if (w->heard == HEARD_RETURNED)
    moves_add(m, w->bank_reserve, w->transit, amount, WHY_PAYOUT_RETURN, ref);
  if (w->heard != HEARD_RETURNED && w->heard != HEARD_DECLINED) return;
  moves_add(m, w->transit, w->available, amount, WHY_PAYOUT_RETURN, ref);
  w->payout.state = 2;
}

static void decide_withdrawal(result_work *w) {
  moves *m = &w->k.moves;
  int64_t amount = w->a->amount, ref = w->a->subject;
  if (w->heard == HEARD_APPROVED || w->heard == HEARD_DECLINED) {
    moves_add(m, w->wallet, w->transit, amount, WHY_WITHDRAW, ref);
    moves_last(m)->pending_id = part_hold_id(ref, 0);
    moves_last(m)->flags = w->heard == HEARD_APPROVED ? TRANSFER_POST : TRANSFER_VOID;
  }
  if (w->heard == HEARD_APPROVED) {
    moves_add(m, w->transit, w->bank_reserve, amount, WHY_WITHDRAW, ref);
    w->move.state = MOVE_DONE;
  }
  if (w->heard == HEARD_DECLINED) w->move.state = MOVE_FAILED;
  if (w->heard != HEARD_RETURNED) return;
  moves_add(m, w->bank_reserve, w->transit, amount, WHY_PAYOUT_RETURN, ref);
  moves_add(m, w->transit, w->wallet, amount, WHY_PAYOUT_RETURN, ref);
  w->move.state = MOVE_FAILED;
}

/* A top-up approved late is still what the holder asked for: it is credited, not sent back. */
static void decide_top_up(result_work *w) {
  if (w->heard == HEARD_APPROVED) {
    moves_add(&w->k.moves, w->receivable, w->wallet, w->a->got_amount, WHY_TOP_UP, w->a->subject);
    w->move.state = MOVE_DONE;
  } else if (w->heard == HEARD_DECLINED || w->heard == HEARD_GIVE_UP) {
    w->move.state = MOVE_FAILED;
  }
}

void outward_decide(ctx *c, result_work *w) {
  if (w->a->subject_kind == ID_PAYOUT)
    decide_payout(w);
  else if (w->a->subject_kind == ID_WITHDRAWAL)
    decide_withdrawal(w);
  else
    decide_top_up(w);
  w->payout.updated_at = w->move.updated_at = c->now;
}

static status write_payout(ctx *c, tx *t, result_work *w) {
  const payout_row *p = &w->payout;
  TRY(payout_set_state(c, tx_db(t), p));
  if (p->state == 0) return OK;
  if (p->state == 2) {
    settlement_item again = {.seller = p->seller,
                             .child = p->payout_id,
                             .kind = ITEM_LOOK_AGAIN,
                             .currency = p->currency,
                             .due = c->today + 1};
    TRY(item_insert(c, tx_db(t), &again));
  }
  str pyo = id_print(c->arena, ID_PAYOUT, p->payout_id);
  return tx_emit(c, t, p->state == 1 ? "payout.paid" : "payout.returned", ID_PAYOUT, p->payout_id,
                 p->seller,
                 str_format(c->arena, "{\"payout\":\"%.*s\",\"amount\":%lld}", STR_ARGS(pyo),
                            (long long)p->amount));
}

status outward_write(ctx *c, tx *t, result_work *w) {
  if (w->a->subject_kind == ID_PAYOUT) return write_payout(c, t, w);
  const wallet_move *m = &w->move;
  TRY(wallet_move_set_state(c, tx_db(t), m->owner, m->move_id, m->state, c->now));
  if (m->state == MOVE_WAITS) return OK;
  bool in = m->kind == MOVE_TOP_UP;
  id_kind kind = in ? ID_TOPUP : ID_WITHDRAWAL;
  str text = id_print(c->arena, kind, m->move_id);
  const char *type = in ? (m->state == MOVE_DONE ? "top_up.succeeded" : "top_up.failed")
                        : (m->state == MOVE_DONE ? "withdrawal.paid" : "withdrawal.failed");
  return tx_emit(c, t, type, kind, m->move_id, 0,
                 str_format(c->arena, "{\"id\":\"%.*s\",\"amount\":%lld}", STR_ARGS(text),
                            (long long)m->amount));
}
