/* attempt.c - what a channel said, applied. Promises: an answer heard twice changes nothing; a
 * different answer than before lists a break; money approved after it was given up is sent back;
 * holds end only when the outcome is known. The way on is chosen from the rows (load), refused or
 * posted (decide), written (write). Never asks a channel: send.c does. */
#include "modules/payment/attempt.h"
#include "modules/payment/remit.h"

const char *const payment_attempt_kinds[] = {"authorise", "sale",   "capture", "void",
                                             "refund",    "payout", NULL};
const char *const payment_outcomes[] = {"unknown", "approved", "declined",
                                        "absent",  "returned", NULL};
const char *const payment_attempt_states[] = {"journalled", "unknown",  "approved", "declined",
                                              "given_up",   "reversed", NULL};

/* --- what the answer means, from the attempt's state alone ------------------------------------ */
static bool may_give_up(const attempt_row *a) {
  return a->kind == ATTEMPT_AUTHORISE || a->kind == ATTEMPT_SALE || a->kind == ATTEMPT_CAPTURE;
}

heard attempt_hear(const attempt_row *a, channel_outcome said, bool give_up) {
  bool open = attempt_is_open(a);
  switch (said) {
  case OUTCOME_UNKNOWN:
    if (!open) return HEARD_NOTHING;
    return give_up && may_give_up(a) ? HEARD_GIVE_UP : HEARD_UNKNOWN;
  case OUTCOME_ABSENT:
    if (!open) return HEARD_NOTHING;
    return give_up && may_give_up(a) ? HEARD_GIVE_UP : HEARD_ABSENT;
  case OUTCOME_APPROVED:
    if (open || a->state == ATTEMPT_GIVEN_UP) return HEARD_APPROVED;
    return a->state == ATTEMPT_DECLINED ? HEARD_OTHER : HEARD_NOTHING;
  case OUTCOME_DECLINED:
    if (open) return HEARD_DECLINED;
    if (a->kind == ATTEMPT_PAYOUT && a->state == ATTEMPT_APPROVED) return HEARD_RETURNED;
    return a->state == ATTEMPT_APPROVED ? HEARD_OTHER : HEARD_NOTHING;
  case OUTCOME_RETURNED:
    if (a->kind != ATTEMPT_PAYOUT) return HEARD_OTHER;
    if (open) return HEARD_DECLINED;
    return a->state == ATTEMPT_APPROVED ? HEARD_RETURNED : HEARD_NOTHING;
  }
  return HEARD_NOTHING;
}

static void note_answer(ctx *c, result_work *w, const attempt_result *in) {
  attempt_row *a = w->a;
  static const attempt_state states[] = {
      [HEARD_UNKNOWN] = ATTEMPT_UNKNOWN,   [HEARD_ABSENT] = ATTEMPT_UNKNOWN,
      [HEARD_APPROVED] = ATTEMPT_APPROVED, [HEARD_DECLINED] = ATTEMPT_DECLINED,
      [HEARD_RETURNED] = ATTEMPT_DECLINED, [HEARD_GIVE_UP] = ATTEMPT_GIVEN_UP};
  if (w->heard == HEARD_NOTHING || w->heard == HEARD_OTHER) return;
  a->state = states[w->heard];
  a->changed = true;
  a->updated_at = c->now;
  if (in->answer.channel_ref.len > 0) a->channel_ref = in->answer.channel_ref;
  if (in->answer.reason.len > 0) a->reason = in->answer.reason;
  if (w->heard != HEARD_APPROVED) return;
  a->got_amount = in->answer.amount > 0 ? in->answer.amount : a->amount;
  a->fee = in->answer.fee > 0 ? in->answer.fee : 0;
}

/* --- payments: which way on ------------------------------------------------------------------- */
static bool captures_asked(const pay_case *k) {
  for (size_t i = 0; i < k->attempt_count; i++) {
    if (k->attempts[i].kind == ATTEMPT_CAPTURE) return true;
  }
  return false;
}

static way way_of_payment(const result_work *w) {
  const pay_case *k = &w->k;
  bool waits = k->pay.state == PAYMENT_PENDING;
  if (w->heard == HEARD_APPROVED) {
    if (!waits) return WAY_REVERSE;
    if (case_all_captured(k)) return WAY_PAY;
    bool ask = case_all_authorised(k) && !case_has_unresolved(k) && !k->pay.authorise_only &&
               !captures_asked(k);
    return ask ? WAY_CAPTURE : WAY_NOTE;
  }
  if (w->heard != HEARD_DECLINED && w->heard != HEARD_GIVE_UP) return WAY_NOTE;
  if (waits) return WAY_FAIL;
  return w->a->kind == ATTEMPT_CAPTURE ? WAY_RELEASE : WAY_NOTE;
}

static way choose_way(const result_work *w) {
  const attempt_row *a = w->a;
  bool final = w->heard == HEARD_APPROVED || w->heard == HEARD_DECLINED;
  switch (w->heard) {
  case HEARD_NOTHING: return WAY_NONE;
  case HEARD_OTHER: return WAY_BREAK;
  case HEARD_ABSENT: return WAY_AGAIN;
  default: break;
  }
  if (a->subject_kind == ID_PAYOUT || a->subject_kind == ID_TOPUP ||
      a->subject_kind == ID_WITHDRAWAL)
    return WAY_WALLET;
  if (a->kind == ATTEMPT_VOID) return w->heard == HEARD_DECLINED ? WAY_BREAK : WAY_NOTE;
  if (a->kind == ATTEMPT_REFUND) return final ? WAY_REFUND : WAY_NOTE;
  return way_of_payment(w);
}

/* --- load ------------------------------------------------------------------------------------- */
static status load_of_payment(ctx *c, tx *t, result_work *w, const attempt_result *in) {
  TRY(case_load(c, t, w->stored.payment_id, &w->k));
  assert(w->k.found);
  for (size_t i = 0; i < w->k.attempt_count; i++) {
    if (w->k.attempts[i].attempt_id == in->attempt_id) w->a = &w->k.attempts[i];
  }
  assert(w->a != NULL);
  if (w->a->kind == ATTEMPT_REFUND)
    TRY(account_need(c, t, &w->k.m, CODE_WALLET, w->k.pay.payer, &w->wallet));
  return OK;
}

static status result_load(ctx *c, tx *t, void *state) {
  attempt_result *in = state;
  result_work *w = ARENA_NEW(c->arena, result_work);
  in->inner = w;
  in->send_again = false;
  TRY(attempt_get(c, tx_db(t), in->attempt_id, &w->stored, &w->found));
  if (!w->found) return OK;
  if (w->stored.payment_id != 0)
    TRY(load_of_payment(c, t, w, in));
  else
    TRY(outward_load(c, t, w));
  w->before = w->k.pay.state;
  w->heard = attempt_hear(w->a, in->answer.outcome, in->give_up);
  note_answer(c, w, in);
  w->way = choose_way(w);
  if (w->way == WAY_PAY || w->way == WAY_FAIL)
    return case_load_hooks(c, t, &w->k, w->way == WAY_PAY);
  return OK;
}

/* --- decide ----------------------------------------------------------------------------------- */
static void note_amount(ctx *c, result_work *w) {
  int64_t over = w->a->got_amount - w->a->amount;
  bool fixed = w->a->kind == ATTEMPT_REFUND ||
               w->a->kind == ATTEMPT_PAYOUT; /* what is booked is what was asked */
  if (w->heard != HEARD_APPROVED || over == 0 || !fixed) return;
  /* Nothing of it lies in suspense; the channel's settlement file brings the money's own break. */
  case_make_break(c, &w->k, "answers_differ", over,
                  "The channel moved another amount than was asked.");
}

/* The channel took its money back, or will not: then the payer's wallet has it. */
static void end_refund(ctx *c, result_work *w) {
  const attempt_row *a = w->a;
  id receivable = 0;
  for (size_t i = 0; i < w->k.part_count; i++) {
    if (w->k.parts[i].tender_no == a->tender_no && w->k.parts[i].kind == TENDER_CHANNEL)
      receivable = w->k.parts[i].from_account;
  }
  id to = w->heard == HEARD_APPROVED ? receivable : w->wallet;
  moves_add(&w->k.moves, w->k.refund_transit, to, a->amount, WHY_REFUND, case_ref(&w->k));
  if (a->subject_kind != ID_REFUND) return;
  w->k.pay.returned += a->amount;
  w->k.pay.updated_at = c->now;
}

static void release_authorisation(ctx *c, result_work *w) {
  for (size_t i = 0; i < w->k.attempt_count; i++) {
    attempt_row *a = &w->k.attempts[i];
    if (a->attempt_id == w->a->original && a->state == ATTEMPT_APPROVED) case_reverse(c, &w->k, a);
  }
}

static status result_decide(ctx *c, tx *t, void *state) {
  attempt_result *in = state;
  result_work *w = in->inner;
  if (!w->found) return fail(c, E_NOT_FOUND, "There is no such attempt.");
  note_amount(c, w);
  switch (w->way) {
  case WAY_NONE:
  case WAY_NOTE: return OK;
  case WAY_AGAIN: in->send_again = true; return OK;
  case WAY_BREAK:
    case_make_break(c, &w->k,
                    w->a->kind == ATTEMPT_VOID && w->heard == HEARD_DECLINED ? "void_refused"
                                                                             : "answers_differ",
                    w->a->amount,
                    "The channel's answer does not fit what it said or was asked before.");
    return OK;
  case WAY_PAY: case_pay(c, &w->k); break;
  case WAY_FAIL: case_fail(c, &w->k, PAYMENT_FAILED); break;
  case WAY_CAPTURE: case_ask_capture(c, &w->k); break;
  case WAY_REVERSE: case_reverse(c, &w->k, w->a); break;
  case WAY_RELEASE: release_authorisation(c, w); break;
  case WAY_REFUND: end_refund(c, w); break;
  case WAY_WALLET: outward_decide(c, w); break;
  }
  TRY(moves_post(c, t, &w->k.moves));
  return case_decide_hooks(c, t, &w->k);
}

/* --- write ------------------------------------------------------------------------------------ */
static status write_refund(ctx *c, tx *t, result_work *w) {
  TRY(payment_save(c, tx_db(t), &w->k.pay));
  refund_row *rows;
  size_t count;
  TRY(refunds_of_payment(c, tx_db(t), w->a->payment_id, &rows, &count));
  bool open = false;
  for (size_t i = 0; i < w->k.attempt_count; i++) {
    const attempt_row *a = &w->k.attempts[i];
    open = open || (a->subject == w->a->subject && attempt_is_open(a));
  }
  for (size_t i = 0; i < count && !open; i++) {
    if (rows[i].refund_id != w->a->subject) continue;
    rows[i].state = 1;
    TRY(refund_set_state(c, tx_db(t), rows[i].payment_id, rows[i].refund_id, 1, c->now));
    TRY(refund_emit(c, t, &rows[i],
                    w->heard == HEARD_APPROVED ? "refund.succeeded" : "refund.to_wallet"));
  }
  return OK;
}

static status write_outward(ctx *c, tx *t, result_work *w) {
  if (w->a->changed) TRY(attempt_save(c, tx_db(t), w->a));
  for (size_t i = 0; i < w->k.break_count; i++)
    TRY(break_insert(c, tx_db(t), &w->k.breaks[i]));
  return w->way == WAY_WALLET ? outward_write(c, t, w) : OK;
}

/* Money that moved at the channel is to show up in its settlement file; of one that was given up
 * the file may tell that it moved after all. */
static status expect_line(ctx *c, tx *t, const result_work *w) {
  const attempt_row *a = w->a;
  if (w->heard == HEARD_RETURNED) return due_delete(c, tx_db(t), a->attempt_id);
  if (w->heard != HEARD_APPROVED && w->heard != HEARD_GIVE_UP) return OK;
  if (a->kind == ATTEMPT_AUTHORISE || a->kind == ATTEMPT_VOID) return OK;
  return due_insert(c, tx_db(t), a, instant_date(a->created_at, w->k.m.utc_offset_minutes));
}

static status result_write(ctx *c, tx *t, void *state) {
  attempt_result *in = state;
  result_work *w = in->inner;
  if (w->way == WAY_NONE) return OK;
  TRY(expect_line(c, t, w));
  if (w->a->payment_id == 0)
    TRY(write_outward(c, t, w));
  else
    TRY(case_write(c, t, &w->k, w->before));
  if (w->way == WAY_REFUND && w->a->subject_kind == ID_REFUND) TRY(write_refund(c, t, w));
  if (in->send_again) TRY(tx_task(c, t, payment_send_task.kind, in->attempt_id, c->now));
  tx_audit(t, ID_ATTEMPT, in->attempt_id,
           str_format(c->arena, "{\"outcome\":\"%s\",\"state\":\"%s\"}",
                      payment_outcomes[in->answer.outcome], payment_attempt_states[w->a->state]));
  return OK;
}

const command_type payment_attempt_result = {"payment.attempt_result", 0, result_load,
                                             result_decide, result_write};
