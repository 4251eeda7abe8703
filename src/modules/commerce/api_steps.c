/* api_steps.c - what buyers and sellers do to an order over JSON: pay, cancel, ship, confirm,
 * refund, return, review. */
#include "modules/commerce/api.h"

static id own_tenant(const request *r) { return commerce_seller_of(&r->who); }

#define NEW_STATE(T, type_)      \
  T *s = ARENA_NEW(c->arena, T); \
  s->order_id = r->params[0];    \
  cmd->type = &(type_);          \
  cmd->state = s
#define SHOWS_ORDER() *out = s->view = ARENA_NEW(c->arena, order_view)

typedef struct pay_in {
  field_array tenders;
} pay_in;
static const field pay_in_fields[] = {
    F_ARRAY(pay_in, tenders, FIELD_REQUIRED, 1, TENDERS_MAX, &payment_tender_shape,
            "How it is paid, all or nothing."),
};
SHAPE(commerce_pay_in_shape, "OrderPay", pay_in, pay_in_fields);
PREPARE(commerce_prepare_pay) {
  NEW_STATE(order_pay, commerce_pay_order);
  SHOWS_ORDER();
  s->buyer = r->who.actor;
  s->tenders = ((const pay_in *)r->in)->tenders;
  return OK;
}

typedef struct reason_in {
  str reason;
} reason_in;
static const field reason_fields[] = {F_STR(reason_in, reason, 0, 0, 500, "Why.")};
SHAPE(commerce_reason_in_shape, "Reason", reason_in, reason_fields);

PREPARE(commerce_prepare_cancel) {
  NEW_STATE(order_cancel, commerce_cancel_order);
  SHOWS_ORDER();
  s->buyer = r->who.actor;
  s->reason = ((const reason_in *)r->in)->reason;
  return OK;
}

PREPARE(commerce_prepare_child_cancel) {
  NEW_STATE(order_cancel, commerce_cancel_order);
  SHOWS_ORDER();
  s->child_id = r->params[1];
  s->seller = own_tenant(r);
  s->reason = ((const reason_in *)r->in)->reason;
  return OK;
}

PREPARE(commerce_prepare_ship) {
  NEW_STATE(child_step, commerce_ship_child);
  SHOWS_ORDER();
  s->child_id = r->params[1];
  s->seller = own_tenant(r);
  return OK;
}

PREPARE(commerce_prepare_confirm) {
  NEW_STATE(child_step, commerce_deliver_child);
  SHOWS_ORDER();
  s->child_id = r->params[1];
  s->buyer = r->who.actor;
  return OK;
}

/* --- refunds and returns ---------------------------------------------------------------------- */

typedef struct refund_in {
  field_array lines;
  str reason;
} refund_in;
static const field refund_line_fields[] = {
    F_ID(refund_line, line, FIELD_REQUIRED, ID_LINE, "The line."),
    F_INT(refund_line, quantity, 0, 0, QUANTITY_MAX, "Units to refund; 0: an amount only."),
    F_AMOUNT(refund_line, amount, 0, 0, MONEY_MAX_JSON,
             "What to give back; 0: the price of the quantity."),
};
static SHAPE(refund_line_shape, "RefundLine", refund_line, refund_line_fields);
static const field refund_in_fields[] = {
    F_ARRAY(refund_in, lines, 0, 0, ORDER_LINES_MAX, &refund_line_shape,
            "None: all that is left, freight too."),
    F_STR(refund_in, reason, 0, 0, 500, "Why."),
};
SHAPE(commerce_refund_in_shape, "ChildOrderRefund", refund_in, refund_in_fields);
PREPARE(commerce_prepare_refund) {
  NEW_STATE(order_refund, commerce_refund_child);
  SHOWS_ORDER();
  const refund_in *in = r->in;
  s->child_id = r->params[1];
  s->seller = own_tenant(r);
  s->lines = in->lines;
  s->reason = in->reason;
  return OK;
}

static const field return_line_fields[] = {
    F_ID(return_line, line, FIELD_REQUIRED, ID_LINE, "The line."),
    F_INT(return_line, quantity, FIELD_REQUIRED, 1, QUANTITY_MAX, "Units to return."),
};
static SHAPE(return_line_shape, "ReturnLine", return_line, return_line_fields);
static const field return_in_fields[] = {
    {.name = "return",
     .type = FIELD_ID,
     .flags = FIELD_READ_ONLY,
     .offset = offsetof(return_new, return_id),
     .id_kind = ID_RETURN,
     .doc = "The return."},
    F_ARRAY(return_new, lines, FIELD_REQUIRED, 1, ORDER_LINES_MAX, &return_line_shape,
            "What goes back."),
    F_STR(return_new, reason, 0, 0, 500, "Why."),
};
SHAPE(commerce_return_in_shape, "ReturnNew", return_new, return_in_fields);
PREPARE(commerce_prepare_return) {
  NEW_STATE(return_new, commerce_ask_return);
  const return_new *in = r->in;
  s->child_id = r->params[1];
  s->buyer = r->who.actor;
  s->lines = in->lines;
  s->reason = in->reason;
  *out = s;
  return OK;
}

typedef struct verdict_in {
  bool accept, damaged;
  str note;
} verdict_in;
static const field verdict_fields[] = {
    F_BOOL(verdict_in, accept, FIELD_REQUIRED, "false: refused."),
    F_BOOL(verdict_in, damaged, 0, "Accepted, but not fit to be sold again."),
    F_STR(verdict_in, note, 0, 0, 500, "Words to the buyer."),
};
SHAPE(commerce_return_decision_shape, "ReturnDecision", verdict_in, verdict_fields);
PREPARE(commerce_prepare_return_decision) {
  NEW_STATE(return_decision, commerce_decide_return);
  SHOWS_ORDER();
  const verdict_in *in = r->in;
  s->return_id = r->params[1];
  s->seller = own_tenant(r);
  s->accept = in->accept;
  s->damaged = in->damaged;
  s->note = in->note;
  return OK;
}

typedef struct return_out {
  id ret, child;
  int state;
  str reason;
  instant asked_at, decided_at;
  int64_t refunded;
} return_out;
static const char *const return_states[] = {"asked", "accepted", "rejected", NULL};
static const field return_out_fields[] = {
    {.name = "return",
     .type = FIELD_ID,
     .offset = offsetof(return_out, ret),
     .id_kind = ID_RETURN,
     .doc = "The return."},
    F_ID(return_out, child, 0, ID_CHILD_ORDER, "The child order."),
    F_ENUM(return_out, state, 0, return_states, "Where it stands."),
    F_STR(return_out, reason, FIELD_OMIT_ZERO, 0, 0, "Why."),
    F_TIME(return_out, asked_at, 0, "When it was asked for."),
    F_TIME(return_out, decided_at, FIELD_OMIT_ZERO, "When the seller decided."),
    F_AMOUNT(return_out, refunded, 0, 0, 0, "Given back with it."),
};
SHAPE(commerce_return_out_shape, "Return", return_out, return_out_fields);

READ(commerce_list_returns) {
  enum { RETURNS_SHOWN = 500 };
  order_view order;
  id seller = r->who.kind == ACTOR_SELLER ? r->who.tenant : 0;
  TRY(commerce_visible_order(c, r, d, &order));
  return_out *items = ARENA_ARRAY(c->arena, return_out, RETURNS_SHOWN);
  size_t count = 0;
  db_rows *rows;
  TRY(db_query(
      c, d, &rows,
      "select r.return_id, r.child_id, r.state, r.reason, r.asked_at, r.decided_at, r.refunded"
      " from order_return r join child_order ch on ch.order_id = r.order_id and ch.child_id = "
      "r.child_id"
      " where r.order_id = ?1 and (?2 = 0 or ch.seller = ?2) order by r.return_id limit 500",
      DB_INT(r->params[0]), DB_INT(seller)));
  while (count < RETURNS_SHOWN && db_next(rows)) {
    items[count++] = (return_out){.ret = db_get_int(rows, 0),
                                  .child = db_get_int(rows, 1),
                                  .state = (int)db_get_int(rows, 2),
                                  .reason = db_keep_text(rows, 3, c->arena),
                                  .asked_at = db_get_int(rows, 4),
                                  .decided_at = db_get_int(rows, 5),
                                  .refunded = db_get_int(rows, 6)};
  }
  *(list_out *)out = (list_out){.items = {items, count}};
  return db_done(c, rows);
}

/* A seller's returns that wait for a decision, over all orders. Those of
 * all sellers that wait are few, and have an index of their own. */
typedef struct open_return {
  return_out r; /* first: its fields are offsets into it */
  id order;
} open_return;
static const field open_return_fields[] = {
    {.name = "return",
     .type = FIELD_ID,
     .offset = offsetof(return_out, ret),
     .id_kind = ID_RETURN,
     .doc = "The return."},
    F_ID(open_return, order, 0, ID_ORDER, "The order."),
    F_ID(return_out, child, 0, ID_CHILD_ORDER, "The child order."),
    F_ENUM(return_out, state, 0, return_states, "Where it stands."),
    F_STR(return_out, reason, FIELD_OMIT_ZERO, 0, 0, "Why."),
    F_TIME(return_out, asked_at, 0, "When it was asked for."),
};
SHAPE(commerce_open_return_shape, "OpenReturn", open_return, open_return_fields);
static const field open_return_query_fields[] = {F_PAGE(page_query)};
SHAPE(commerce_open_return_query_shape, "OpenReturnQuery", page_query, open_return_query_fields);

READ(commerce_list_open_returns) {
  const page_query *q = r->query;
  int64_t before = 0;
  TRY(commerce_page_from(c, q->after, &before));
  size_t limit = commerce_page_limit(q->limit), count = 0;
  open_return *items = ARENA_ARRAY(c->arena, open_return, limit);
  db_rows *rows;
  TRY(db_query(
      c, d, &rows,
      "select r.return_id, r.child_id, r.state, r.reason, r.asked_at, r.order_id"
      " from order_return r where r.state = 0 and r.return_id < ?2 and exists (select 1 from"
      " child_order ch where ch.order_id = r.order_id and ch.child_id = r.child_id and ch.seller"
      " = ?1) order by r.return_id desc limit ?3",
      DB_INT(r->who.tenant), DB_INT(before != 0 ? before : INT64_MAX), DB_INT(limit)));
  while (count < limit && db_next(rows)) {
    items[count].r = (return_out){.ret = db_get_int(rows, 0),
                                  .child = db_get_int(rows, 1),
                                  .state = (int)db_get_int(rows, 2),
                                  .reason = db_keep_text(rows, 3, c->arena),
                                  .asked_at = db_get_int(rows, 4)};
    items[count++].order = db_get_int(rows, 5);
  }
  list_out *list = out;
  list->items = (field_array){items, count};
  if (count == limit) list->next = cursor_print(c->arena, &items[count - 1].r.ret, 1);
  return db_done(c, rows);
}

/* --- reviews ---------------------------------------------------------------------------------- */

static const field review_in_fields[] = {
    {.name = "review",
     .type = FIELD_ID,
     .flags = FIELD_READ_ONLY,
     .offset = offsetof(review_new, review_id),
     .id_kind = ID_REVIEW,
     .doc = "The review."},
    {.name = "line",
     .type = FIELD_ID,
     .offset = offsetof(review_new, line_id),
     .id_kind = ID_LINE,
     .doc = "What it is about; left out: the first line without one."},
    F_INT(review_new, rating, FIELD_REQUIRED, 1, 5, "1 to 5 stars."),
    F_STR(review_new, title, 0, 0, 120, "In a few words."),
    F_STR(review_new, text, 0, 0, 5000, "In more words."),
};
SHAPE(commerce_review_in_shape, "ReviewNew", review_new, review_in_fields);
PREPARE(commerce_prepare_review) {
  NEW_STATE(review_new, commerce_review);
  const review_new *in = r->in;
  s->line_id = in->line_id;
  s->buyer = r->who.actor;
  s->rating = in->rating;
  s->title = in->title;
  s->text = in->text;
  *out = s;
  return OK;
}
