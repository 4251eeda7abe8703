/* pay.c - orders and their payment: the plan for the cashier, paying an order that was placed
 * before, and how an order takes part when the payment's outcome comes later. Paid and held
 * together, or not at all. */
#include "modules/commerce/model.h"

#include <string.h>

status order_pay_plan(ctx *c, const order_full *f, const field_array *tenders, int64_t window_s,
                      pay_plan **out) {
  if (tenders->count > TENDERS_MAX) {
    return fail_field(c, E_MALFORMED, STR("/tenders"), "Send at most %d tenders.", TENDERS_MAX);
  }
  pay_plan *p = ARENA_NEW(c->arena, pay_plan);
  p->payment_id = id_next(c);
  p->payer = f->o.buyer;
  p->payable_kind = ID_ORDER;
  p->payable = f->o.order;
  p->currency = f->o.currency;
  p->window_s = window_s;
  p->payee_count = f->child_count;
  for (size_t i = 0; i < f->child_count; i++) {
    p->payees[i] =
        (payee){f->children[i].seller, f->children[i].child, child_total(&f->children[i])};
  }
  p->tender_count = tenders->count;
  if (tenders->count > 0) memcpy(p->tenders, tenders->items, tenders->count * sizeof(tender_in));
  *out = p;
  return OK;
}

/* --- order.pay -------------------------------------------------------------------------------- */

typedef struct pay_work {
  order_full before, f;
  points_part points;
  pay_plan *pay;
} pay_work;

static status pay_load(ctx *c, tx *t, void *state) {
  order_pay *p = state;
  pay_work *w = p->inner = ARENA_NEW(c->arena, pay_work);
  TRY(store_order_load(c, tx_db(t), p->order_id, true, &w->before));
  TRY(commerce_check_owner(c, p->buyer, w->before.o.buyer, "order"));
  if (w->before.o.state != ORDER_PLACED || w->before.o.payment != 0) {
    return fail(
        c, E_CONFLICT, "The order is %s%s; only a placed order without a payment can be paid.",
        order_state_names[w->before.o.state], w->before.o.payment != 0 ? " and has a payment" : "");
  }
  if (p->tenders.count == 0)
    return fail_field(c, E_MALFORMED, STR("/tenders"), "Send at least one tender.");
  order_copy(c, &w->before, &w->f);
  goods_need(t, &w->f, 0);
  int64_t window_s;
  TRY(identity_parameter(c, tx_db(t), "payment_window_s", c->today, 1800, &window_s));
  TRY(points_load(c, t, w->f.o.buyer, w->f.o.currency, &w->points));
  TRY(order_pay_plan(c, &w->f, &p->tenders, window_s, &w->pay));
  return pay_plan_load(c, t, w->pay);
}

static status pay_decide(ctx *c, tx *t, void *state) {
  order_pay *p = state;
  pay_work *w = p->inner;
  TRY(goods_check_held(c, t, &w->f, c->now));
  TRY(pay_plan_decide(c, t, w->pay));
  for (size_t i = 0; i < w->f.line_count; i++)
    tx_pin_hold(t, w->f.lines[i].hold, 0);
  w->f.o.payment = p->payment_id = w->pay->payment_id;
  w->f.o.expires_at = 0;
  if (w->pay->state == PAYMENT_PAID) {
    mark_paid(c, &w->f);
    TRY(points_earn(c, t, &w->points, &w->f.o));
  }
  p->state = w->f.o.state;
  return OK;
}

static status pay_write(ctx *c, tx *t, void *state) {
  order_pay *p = state;
  pay_work *w = p->inner;
  view_order(c, &w->f, 0, p->view);
  TRY(store_order_diff(c, tx_db(t), &w->before, &w->f));
  TRY(pay_plan_write(c, t, w->pay));
  if (w->f.o.state != ORDER_PAID) return tell_order(c, t, &w->f, "order.payment_started");
  TRY(tell_order(c, t, &w->f, "order.paid"));
  return tell_sellers(c, t, &w->f, "child_order.paid");
}

const command_type commerce_pay_order = {
    .name = "order.pay", .load = pay_load, .decide = pay_decide, .write = pay_write};

/* --- the outcome came later ------------------------------------------------------------------- */

typedef struct outcome {
  bool paid;
  order_full before, f;
  points_part points;
} outcome;

static status outcome_load(ctx *c, tx *t, id payable, bool paid, void *state) {
  outcome *o = state;
  o->paid = paid;
  TRY(store_order_load(c, tx_db(t), payable, true, &o->before));
  order_copy(c, &o->before, &o->f);
  if (!paid) goods_need(t, &o->f, 0);
  return paid ? points_load(c, t, o->f.o.buyer, o->f.o.currency, &o->points) : OK;
}

static status outcome_decide(ctx *c, tx *t, void *state) {
  outcome *o = state;
  if (o->f.o.state != ORDER_PLACED) {
    return fail(c, E_CONFLICT, "The order is %s already.", order_state_names[o->f.o.state]);
  }
  if (o->paid) {
    mark_paid(c, &o->f);
    return points_earn(c, t, &o->points, &o->f.o);
  }
  for (size_t i = 0; i < o->f.line_count; i++)
    TRY(goods_free(c, t, &o->f, &o->f.lines[i]));
  mark_cancelled(&o->f);
  return OK;
}

static status outcome_write(ctx *c, tx *t, void *state) {
  outcome *o = state;
  TRY(store_order_diff(c, tx_db(t), &o->before, &o->f));
  TRY(tell_order(c, t, &o->f, o->paid ? "order.paid" : "order.cancelled"));
  return tell_sellers(c, t, &o->f, o->paid ? "child_order.paid" : "child_order.cancelled");
}

const payable_hooks commerce_payable = {.payable_kind = ID_ORDER,
                                        .state_size = sizeof(outcome),
                                        .load = outcome_load,
                                        .decide = outcome_decide,
                                        .write = outcome_write};

enum { WINDOW_MAX_S = 30 * 24 * 3600, POINTS_MAX = 1000000 };
static const parameter_range parameters[] = {{"payment_window_s", 1, WINDOW_MAX_S},
                                             {"points_per_unit", 0, POINTS_MAX}};

void commerce_register(void) {
  payment_register_payable(&commerce_payable);
  identity_register_parameters(parameters, COUNT_OF(parameters));
}
