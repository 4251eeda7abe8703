/* api_payments.c - payments on the wire: what is shown to whom, and the three things that can be
 * asked of one. */
#include "modules/payment/api.h"

static const field tender_fields[] = {
    F_ENUM(tender_in, kind, FIELD_REQUIRED, payment_tender_kinds,
           "What pays: the wallet's balance, an outside channel, a voucher, a campaign's credit."),
    F_AMOUNT(tender_in, amount, FIELD_REQUIRED, 1, MONEY_MAX_JSON, "Minor units this tender pays."),
    F_ID(tender_in, channel, 0, ID_CHANNEL,
         "The channel; left out: the first that is switched on."),
    F_ENUM(tender_in, method, 0, payment_methods, "The method, for a channel."),
    F_STR(tender_in, token, 0, 0, 200,
          "The instrument's token, for a channel; never a card number."),
    F_INT(tender_in, instalments, 0, 1, 99, "Card instalments, recorded; 1 when left out."),
    F_STR(tender_in, voucher_code, 0, 0, 64, "The voucher's code."),
    F_ID(tender_in, campaign, 0, ID_CAMPAIGN, "The campaign whose credit is used."),
};
SHAPE(payment_tender_shape, "Tender", tender_in, tender_fields);

/* --- views ------------------------------------------------------------------------------------ */
typedef struct payment_out {
  id payment, payer;
  str payable;
  uint32_t currency;
  int64_t total, difference, captured, refunded, returned;
  int state;
  instant expires_at, created_at, updated_at;
  field_array parts, attempts, refunds; /* of one payment only */
} payment_out;

#define ROW_FIELDS                                                                                 \
  F_ID(payment_out, payment, 0, ID_PAYMENT, "The payment."),                                       \
      F_ID(payment_out, payer, FIELD_OMIT_ZERO, ID_USER, "Who pays."),                             \
      F_STR(payment_out, payable, FIELD_OMIT_ZERO, 0, 0, "The id of what is paid for."),           \
      F_CURRENCY(payment_out, currency, 0, "ISO 4217."),                                           \
      F_AMOUNT(payment_out, total, 0, 0, 0, "What is to be paid, minor units."),                   \
      F_AMOUNT(payment_out, difference, FIELD_OMIT_ZERO, 0, 0,                                     \
               "Tenders minus total, kept in suspense."),                                          \
      F_AMOUNT(payment_out, captured, 0, 0, 0, "Taken so far, minor units."),                      \
      F_AMOUNT(payment_out, refunded, 0, 0, 0, "Given back in the books, minor units."),           \
      F_AMOUNT(payment_out, returned, 0, 0, 0, "Of that, what has reached its source."),           \
      F_ENUM(payment_out, state, 0, payment_states, "Where it stands."),                           \
      F_TIME(payment_out, expires_at, FIELD_OMIT_ZERO, "When it is given up if nothing happens."), \
      F_TIME(payment_out, created_at, 0, "When it began."),                                        \
      F_TIME(payment_out, updated_at, 0, "Last change.")

static const field row_fields[] = {ROW_FIELDS};
SHAPE(payment_row_shape, "PaymentRow", payment_out, row_fields);

typedef struct part_out {
  int64_t tender;
  int kind;
  id seller, child_order;
  int64_t amount, refunded;
} part_out;
static const char *const part_kinds[] = {"balance",  "channel",  "voucher",
                                         "campaign", "suspense", NULL};
static const field part_fields[] = {
    F_INT(part_out, tender, 0, 0, 0, "Which tender, from 0."),
    F_ENUM(part_out, kind, 0, part_kinds, "What paid it."),
    F_ID(part_out, seller, FIELD_OMIT_ZERO, ID_TENANT, "Whose share it is."),
    F_ID(part_out, child_order, FIELD_OMIT_ZERO, ID_CHILD_ORDER, "For which child order."),
    F_AMOUNT(part_out, amount, 0, 0, 0, "Minor units."),
    F_AMOUNT(part_out, refunded, 0, 0, 0, "Given back of it."),
};
static SHAPE(part_shape, "PaymentPart", part_out, part_fields);

typedef struct attempt_out {
  id attempt, channel;
  int kind, state, method;
  int64_t amount, fee, instalments;
  str channel_ref, reason;
  instant created_at, updated_at;
} attempt_out;
static const field attempt_fields[] = {
    F_ID(attempt_out, attempt, 0, ID_ATTEMPT, "The attempt; the channel knows it by this id."),
    F_ENUM(attempt_out, kind, 0, payment_attempt_kinds, "What was asked."),
    F_ENUM(attempt_out, state, 0, payment_attempt_states, "What is known of it."),
    F_ID(attempt_out, channel, 0, ID_CHANNEL, "Of which channel."),
    F_ENUM(attempt_out, method, 0, payment_methods, "By which method."),
    F_AMOUNT(attempt_out, amount, 0, 0, 0, "Minor units."),
    F_AMOUNT(attempt_out, fee, 0, 0, 0, "What the channel keeps."),
    F_INT(attempt_out, instalments, 0, 0, 0, "Card instalments."),
    F_STR(attempt_out, channel_ref, FIELD_OMIT_ZERO, 0, 0, "The channel's reference."),
    F_STR(attempt_out, reason, FIELD_OMIT_ZERO, 0, 0, "Why it was declined."),
    F_TIME(attempt_out, created_at, 0, "When it was journalled."),
    F_TIME(attempt_out, updated_at, 0, "When it last changed."),
};
SHAPE(payment_attempt_shape, "PaymentAttempt", attempt_out, attempt_fields);

typedef struct refund_out {
  id refund, seller, child_order;
  int64_t amount, commission_back;
  int state;
  str reason;
  instant created_at, updated_at;
} refund_out;
static const char *const refund_states[] = {"pending", "succeeded", NULL};
static const field refund_fields[] = {
    F_ID(refund_out, refund, 0, ID_REFUND, "The refund."),
    F_ID(refund_out, seller, FIELD_OMIT_ZERO, ID_TENANT, "From which seller."),
    F_ID(refund_out, child_order, FIELD_OMIT_ZERO, ID_CHILD_ORDER, "Of which child order."),
    F_AMOUNT(refund_out, amount, 0, 0, 0, "What the payer gets, minor units."),
    F_AMOUNT(refund_out, commission_back, 0, 0, 0, "Of it, what the operator gave up."),
    F_ENUM(refund_out, state, 0, refund_states, "Whether every source has it."),
    F_STR(refund_out, reason, FIELD_OMIT_ZERO, 0, 0, "Why."),
    F_TIME(refund_out, created_at, 0, "When it was decided."),
    F_TIME(refund_out, updated_at, 0, "When it last changed."),
};
static SHAPE(refund_shape, "PaymentRefund", refund_out, refund_fields);

static const field view_fields[] = {
    ROW_FIELDS,
    F_ARRAY(payment_out, parts, 0, 0, PARTS_MAX, &part_shape, "Which tender pays whose share."),
    F_ARRAY(payment_out, attempts, 0, 0, 0, &payment_attempt_shape, "What channels were asked."),
    F_ARRAY(payment_out, refunds, 0, 0, 0, &refund_shape, "What was given back."),
};
SHAPE(payment_view_shape, "Payment", payment_out, view_fields);

/* --- reads ------------------------------------------------------------------------------------ */
static payment_out show(ctx *c, const payment_row *p) {
  return (payment_out){.payment = p->payment_id,
                       .payer = p->payer,
                       .payable = p->payable == 0
                                      ? (str){0}
                                      : id_print(c->arena, (id_kind)p->payable_kind, p->payable),
                       .currency = p->currency,
                       .total = p->total,
                       .difference = p->difference,
                       .captured = p->captured,
                       .refunded = p->refunded,
                       .returned = p->returned,
                       .state = (int)p->state,
                       .expires_at = p->expires_at,
                       .created_at = p->created_at,
                       .updated_at = p->updated_at};
}

static void show_parts(ctx *c, const part_row *parts, size_t count, field_array *out) {
  part_out *list = ARENA_ARRAY(c->arena, part_out, count + 1);
  for (size_t i = 0; i < count; i++) {
    list[i] = (part_out){.tender = parts[i].tender_no,
                         .kind = parts[i].kind,
                         .seller = parts[i].seller,
                         .child_order = parts[i].child,
                         .amount = parts[i].amount,
                         .refunded = parts[i].refunded};
  }
  *out = (field_array){list, count};
}

static void show_attempts(ctx *c, const attempt_row *rows, size_t count, field_array *out) {
  attempt_out *list = ARENA_ARRAY(c->arena, attempt_out, count + 1);
  for (size_t i = 0; i < count; i++) {
    const attempt_row *a = &rows[i];
    list[i] = (attempt_out){.attempt = a->attempt_id,
                            .channel = a->channel,
                            .kind = (int)a->kind,
                            .state = (int)a->state,
                            .method = a->method,
                            .amount = a->amount,
                            .fee = a->fee,
                            .instalments = a->instalments,
                            .channel_ref = a->channel_ref,
                            .reason = a->reason,
                            .created_at = a->created_at,
                            .updated_at = a->updated_at};
  }
  *out = (field_array){list, count};
}

static void show_refunds(ctx *c, const refund_row *rows, size_t count, field_array *out) {
  refund_out *list = ARENA_ARRAY(c->arena, refund_out, count + 1);
  for (size_t i = 0; i < count; i++) {
    const refund_row *f = &rows[i];
    list[i] = (refund_out){.refund = f->refund_id,
                           .seller = f->seller,
                           .child_order = f->child,
                           .amount = f->to_payer,
                           .commission_back = f->commission_back,
                           .state = f->state,
                           .reason = f->reason,
                           .created_at = f->created_at,
                           .updated_at = f->updated_at};
  }
  *out = (field_array){list, count};
}

/* Another's payment is not there. A seller sees their own share through the order, not the payer's
 * tenders. */
static status find_seen(ctx *c, const request *r, db *d, payment_row *out) {
  bool found;
  TRY(payment_get(c, d, r->params[0], out, &found));
  if (!found || (!principal_sees_all(&r->who) && out->payer != r->who.actor))
    return fail(c, E_NOT_FOUND, "There is no such payment.");
  return OK;
}

status payment_read_one(ctx *c, const request *r, db *d, void *out) {
  payment_row row;
  part_row *parts;
  attempt_row *attempts;
  refund_row *refunds;
  size_t part_count, attempt_count, refund_count;
  TRY(find_seen(c, r, d, &row));
  TRY(parts_of(c, d, row.payment_id, &parts, &part_count));
  TRY(attempts_of_payment(c, d, row.payment_id, &attempts, &attempt_count));
  TRY(refunds_of_payment(c, d, row.payment_id, &refunds, &refund_count));
  payment_out *view = out;
  *view = show(c, &row);
  show_parts(c, parts, part_count, &view->parts);
  show_attempts(c, attempts, attempt_count, &view->attempts);
  show_refunds(c, refunds, refund_count, &view->refunds);
  return OK;
}

/* "all", then payment_states in their order. */
static const char *const states_wanted[] = {"all",    "created",   "pending",         "paid",
                                            "failed", "cancelled", "partly_refunded", "refunded",
                                            NULL};
typedef struct list_query {
  int64_t limit;
  str after;
  int state;
} list_query;
static const field list_query_fields[] = {
    F_PAGE(list_query),
    F_ENUM(list_query, state, 0, states_wanted, "In this state."),
};
SHAPE(payment_list_query_shape, "PaymentQuery", list_query, list_query_fields);

status payment_read_list(ctx *c, const request *r, db *d, void *out) {
  const list_query *q = r->query;
  id after;
  int64_t max;
  payment_row *rows;
  size_t count;
  TRY(page_open(c, &(page_query){q->limit, q->after}, &after, &max));
  id payer = principal_sees_all(&r->who) ? 0 : r->who.actor;
  TRY(payments_page(c, d, payer, q->state - 1, after, max, &rows, &count));
  payment_out *list = ARENA_ARRAY(c->arena, payment_out, count + 1);
  id *ids = ARENA_ARRAY(c->arena, id, count + 1);
  for (size_t i = 0; i < count; i++) {
    list[i] = show(c, &rows[i]);
    ids[i] = rows[i].payment_id;
  }
  page_close(c, out, list, count, max, ids);
  return OK;
}

status payment_read_attempts(ctx *c, const request *r, db *d, void *out) {
  payment_row row;
  attempt_row *rows;
  size_t count;
  list_out *list = out;
  TRY(find_seen(c, r, d, &row));
  TRY(attempts_of_payment(c, d, row.payment_id, &rows, &count));
  show_attempts(c, rows, count, &list->items);
  return OK;
}

/* --- writes: the answer is the command's own state, seen through a shape ---------------------- */
static const field capture_fields[] = {
    F_ID_AS("payment", capture_in, payment_id, 0, ID_PAYMENT, "The payment."),
    F_ENUM(capture_in, state, 0, payment_states,
           "Pending while channels are asked; paid when none was needed."),
};
SHAPE(payment_capture_shape, "PaymentCapture", capture_in, capture_fields);

static const field cancel_fields[] = {
    F_ID_AS("payment", pay_cancel, payment_id, 0, ID_PAYMENT, "The payment."),
    F_ENUM(pay_cancel, state, 0, payment_states, "Cancelled."),
};
SHAPE(payment_cancel_shape, "PaymentCancel", pay_cancel, cancel_fields);

static const field query_fields[] = {
    F_ID_AS("payment", query_in, payment_id, 0, ID_PAYMENT, "The payment."),
    F_INT(query_in, asked, 0, 0, 0,
          "Open attempts whose channel is asked now; their outcome follows as events."),
};
SHAPE(payment_query_shape, "PaymentQuery", query_in, query_fields);

status payment_prepare_capture(ctx *c, const request *r, command *cmd, void **out) {
  capture_in *in = ARENA_NEW(c->arena, capture_in);
  in->payment_id = r->params[0];
  cmd->type = &payment_capture;
  cmd->state = *out = in;
  return OK;
}

status payment_prepare_cancel(ctx *c, const request *r, command *cmd, void **out) {
  pay_cancel *in = ARENA_NEW(c->arena, pay_cancel);
  in->payment_id = r->params[0];
  cmd->type = &payment_cancel;
  cmd->state = *out = in;
  return OK;
}

status payment_prepare_query(ctx *c, const request *r, command *cmd, void **out) {
  query_in *in = ARENA_NEW(c->arena, query_in);
  in->payment_id = r->params[0];
  cmd->type = &payment_query;
  cmd->state = *out = in;
  return OK;
}
