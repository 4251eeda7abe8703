/* cancel.c - a payment that is given up or captured on request, before or after its channels have
 * authorised it. Cancelling refuses while an attempt's outcome is open: first learn it, then
 * decide. */
#include "modules/payment/commands.h"

/* --- the sub-operation ------------------------------------------------------------------------ */
status pay_cancel_load(ctx *c, tx *t, pay_cancel *p) {
  pay_case *k = ARENA_NEW(c->arena, pay_case);
  p->inner = k;
  return case_load(c, t, p->payment_id, k);
}

status pay_cancel_decide(ctx *c, tx *t, pay_cancel *p) {
  pay_case *k = p->inner;
  if (!k->found) return fail(c, E_NOT_FOUND, "There is no such payment.");
  if (k->pay.state != PAYMENT_CREATED && k->pay.state != PAYMENT_PENDING) {
    return fail(c, E_CONFLICT, "The payment is %s; only one that waits can be cancelled.",
                payment_states[k->pay.state]);
  }
  if (case_has_unresolved(k)) {
    return fail(c, E_IN_FLIGHT,
                "A channel has been asked and has not answered; the outcome is being looked up, "
                "try again shortly.");
  }
  case_fail(c, k, PAYMENT_CANCELLED);
  p->state = k->pay.state;
  return moves_post(c, t, &k->moves);
}

status pay_cancel_write(ctx *c, tx *t, pay_cancel *p) {
  return case_write(c, t, p->inner, PAYMENT_PENDING);
}

/* --- payment.cancel: the same, with what is paid for told ------------------------------------- */
static status cancel_load(ctx *c, tx *t, void *state) {
  pay_cancel *p = state;
  TRY(pay_cancel_load(c, t, p));
  pay_case *k = p->inner;
  bool may = k->found && k->pay.state == PAYMENT_PENDING && !case_has_unresolved(k);
  return may ? case_load_hooks(c, t, k, false) : OK;
}

static status cancel_decide(ctx *c, tx *t, void *state) {
  pay_cancel *p = state;
  pay_case *k = p->inner;
  principal who = tx_who(t);
  if (k->found && who.kind == ACTOR_BUYER && k->pay.payer != who.actor)
    return fail(c, E_NOT_FOUND, "There is no such payment.");
  TRY(pay_cancel_decide(c, t, p));
  return case_decide_hooks(c, t, k);
}

static status cancel_write(ctx *c, tx *t, void *state) {
  pay_cancel *p = state;
  tx_audit(t, ID_PAYMENT, p->payment_id, STR("{\"state\":[\"pending\",\"cancelled\"]}"));
  return pay_cancel_write(c, t, p);
}

const command_type payment_cancel = {"payment.cancel", 0, cancel_load, cancel_decide, cancel_write};

/* --- payment.capture -------------------------------------------------------------------------- */
static status capture_load(ctx *c, tx *t, void *state) {
  capture_in *in = state;
  pay_case *k = ARENA_NEW(c->arena, pay_case);
  in->inner = k;
  TRY(case_load(c, t, in->payment_id, k));
  bool paid = k->found && k->pay.state == PAYMENT_PENDING && case_all_captured(k);
  return paid ? case_load_hooks(c, t, k, true) : OK;
}

static status capture_decide(ctx *c, tx *t, void *state) {
  capture_in *in = state;
  pay_case *k = in->inner;
  if (!k->found) return fail(c, E_NOT_FOUND, "There is no such payment.");
  if (k->pay.state != PAYMENT_PENDING) {
    return fail(c, E_CONFLICT, "The payment is %s; only one that waits can be captured.",
                payment_states[k->pay.state]);
  }
  if (case_has_unresolved(k))
    return fail(c, E_IN_FLIGHT, "A channel has not answered yet; try again shortly.");
  if (!case_all_authorised(k))
    return fail(c, E_CONFLICT, "Not every channel has authorised its share.");
  if (case_all_captured(k))
    case_pay(c, k); /* nothing to ask a channel for */
  else
    case_ask_capture(c, k);
  in->state = k->pay.state;
  TRY(moves_post(c, t, &k->moves));
  return k->pay.state == PAYMENT_PAID ? case_decide_hooks(c, t, k) : OK;
}

static status capture_write(ctx *c, tx *t, void *state) {
  capture_in *in = state;
  tx_audit(t, ID_PAYMENT, in->payment_id, STR("{\"capture\":\"asked\"}"));
  return case_write(c, t, in->inner, PAYMENT_PENDING);
}

const command_type payment_capture = {"payment.capture", 0, capture_load, capture_decide,
                                      capture_write};

/* --- payment.query ---------------------------------------------------------------------------- */
static status query_load(ctx *c, tx *t, void *state) {
  query_in *in = state;
  payment_row row;
  TRY(payment_get(c, tx_db(t), in->payment_id, &row, &in->found));
  return attempts_of_payment(c, tx_db(t), in->payment_id, &in->attempts, &in->count);
}

static status query_decide(ctx *c, tx *t, void *state) {
  UNUSED(t);
  query_in *in = state;
  if (!in->found) return fail(c, E_NOT_FOUND, "There is no such payment.");
  in->asked = 0;
  for (size_t i = 0; i < in->count; i++)
    in->asked += attempt_is_open(&in->attempts[i]);
  return OK;
}

static status query_write(ctx *c, tx *t, void *state) {
  const query_in *in = state;
  for (size_t i = 0; i < in->count; i++) {
    if (attempt_is_open(&in->attempts[i]))
      TRY(tx_task(c, t, payment_query_task.kind, in->attempts[i].attempt_id, c->now));
  }
  return OK;
}

const command_type payment_query = {"payment.query", 0, query_load, query_decide, query_write};
