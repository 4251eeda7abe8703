/* cancel.c - orders and child orders that are given up before anything left: by the buyer, by a
 * seller who can't supply, or by time when nobody paid. Goods are free again and all money goes
 * back in the same commit. */
#include "modules/commerce/model.h"

typedef struct cancel_work {
  order_full before, f;
  give_back back;
  pay_cancel payment;
  bool has_payment, whole, due;
} cancel_work;

static bool is_chosen(const order_cancel *p, const child_row *ch) {
  return p->child_id == 0 ? ch->state != CHILD_CANCELLED : ch->child == p->child_id;
}

static status check_child(ctx *c, const order_cancel *p, const order_full *f, const child_row *ch) {
  TRY(commerce_check_owner(c, p->seller, ch->seller, "child order"));
  if (ch->state != CHILD_PAID && ch->state != CHILD_PLACED) {
    return fail(c, E_CONFLICT, "The child order is %s; ask for a return or a refund instead.",
                child_state_names[ch->state]);
  }
  for (size_t i = 0; i < f->line_count; i++) {
    if (f->lines[i].child != ch->child || f->lines[i].goods != GOODS_SENT) continue;
    return fail(c, E_CONFLICT, "%.*s has left already; ask for a return instead.",
                STR_ARGS(f->lines[i].sku));
  }
  return OK;
}

/* Everything left of a child order goes back. */
static void plan_refund(ctx *c, cancel_work *w, child_row *ch) {
  int64_t amount = 0, commission = 0;
  for (size_t i = 0; i < w->f.line_count; i++) {
    line_row *l = &w->f.lines[i];
    if (l->child != ch->child) continue;
    int64_t of_line, of_commission;
    rule_refund_all(l, &of_line, &of_commission);
    amount += of_line;
    commission += of_commission;
  }
  back_add(c, &w->back, &w->f, ch, amount, commission);
}

static status load_paid(ctx *c, tx *t, order_cancel *p, cancel_work *w) {
  size_t chosen = 0;
  for (size_t i = 0; i < w->f.child_count; i++) {
    child_row *ch = &w->f.children[i];
    if (!is_chosen(p, ch)) continue;
    TRY(check_child(c, p, &w->f, ch));
    plan_refund(c, w, ch);
    ch->state = CHILD_CANCELLED;
    chosen++;
  }
  if (chosen == 0 && p->child_id != 0) return fail(c, E_NOT_FOUND, "There is no such child order.");
  p->refunded = w->f.o.refunded - w->before.o.refunded;
  w->f.o.state = rule_order_state(&w->f);
  return back_load(c, t, &w->back, &w->f);
}

static status load_unpaid(ctx *c, tx *t, order_cancel *p, cancel_work *w) {
  if (p->child_id != 0 && w->f.child_count > 1) {
    return fail(c, E_CONFLICT, "The order is not paid yet; the buyer cancels it as a whole.");
  }
  w->whole = true;
  mark_cancelled(&w->f);
  w->has_payment = w->f.o.payment != 0;
  w->payment.payment_id = w->f.o.payment;
  return w->has_payment ? pay_cancel_load(c, t, &w->payment) : OK;
}

static status load_order(ctx *c, tx *t, order_cancel *p) {
  cancel_work *w = p->inner = ARENA_NEW(c->arena, cancel_work);
  TRY(store_order_load(c, tx_db(t), p->order_id, true, &w->before));
  order_copy(c, &w->before, &w->f);
  TRY(commerce_check_owner(c, p->buyer, w->f.o.buyer, "order"));
  const child_row *only = order_child(&w->f, p->child_id);
  if (p->child_id != 0 && only == NULL)
    return fail(c, E_NOT_FOUND, "There is no such child order.");
  if (only != NULL) TRY(commerce_check_owner(c, p->seller, only->seller, "child order"));
  w->due = w->f.o.state == ORDER_PLACED && w->f.o.expires_at != 0 && w->f.o.expires_at <= c->now;
  w->back.reason = p->reason;
  goods_need(t, &w->f, p->child_id);
  return OK;
}

static status cancel_load(ctx *c, tx *t, void *state) {
  order_cancel *p = state;
  TRY(load_order(c, t, p));
  cancel_work *w = p->inner;
  switch (w->f.o.state) {
  case ORDER_PLACED: return load_unpaid(c, t, p, w);
  case ORDER_PAID: return load_paid(c, t, p, w);
  default: return fail(c, E_CONFLICT, "The order is %s already.", order_state_names[w->f.o.state]);
  }
}

static status cancel_decide(ctx *c, tx *t, void *state) {
  order_cancel *p = state;
  cancel_work *w = p->inner;
  if (w->has_payment) TRY(pay_cancel_decide(c, t, &w->payment));
  for (size_t i = 0; i < w->f.line_count; i++) {
    line_row *l = &w->f.lines[i];
    bool given_up = p->child_id == 0 || l->child == p->child_id;
    if (given_up && l->goods == GOODS_HELD) TRY(goods_free(c, t, &w->f, l));
  }
  return back_decide(c, t, &w->back, &w->f);
}

static status cancel_write(ctx *c, tx *t, void *state) {
  order_cancel *p = state;
  cancel_work *w = p->inner;
  view_order(c, &w->f, p->seller, p->view);
  TRY(store_order_diff(c, tx_db(t), &w->before, &w->f));
  if (w->has_payment) TRY(pay_cancel_write(c, t, &w->payment));
  TRY(back_write(c, t, &w->back, &w->f));
  for (size_t i = 0; i < w->f.child_count; i++) {
    const child_row *ch = &w->f.children[i];
    if (ch->state == w->before.children[i].state) continue;
    TRY(tell_child(c, t, &w->f, ch, "child_order.cancelled"));
  }
  if (w->f.o.state == w->before.o.state) return OK;
  return tell_order(c, t, &w->f,
                    w->f.o.state == ORDER_CANCELLED ? "order.cancelled" : "order.completed");
}

const command_type commerce_cancel_order = {
    .name = "order.cancel", .load = cancel_load, .decide = cancel_decide, .write = cancel_write};

/* --- by time ---------------------------------------------------------------------------------- */

static status expire_load(ctx *c, tx *t, void *state) {
  order_cancel *p = state;
  TRY(load_order(c, t, p));
  cancel_work *w = p->inner;
  if (!w->due) return fail(c, E_CONFLICT, "The order is not due to be given up.");
  return load_unpaid(c, t, p, w);
}

static const command_type expire_order = {
    .name = "order.expire", .load = expire_load, .decide = cancel_decide, .write = cancel_write};

enum { EXPIRE_AT_ONCE = 200 };

static status due_orders(ctx *c, engine *e, id *ids, size_t *count) {
  db *d = engine_reader(e, c);
  if (d == NULL) return fail(c, E_STORE, "No read connection is free.");
  db_rows *rows;
  *count = 0;
  status s =
      db_query(c, d, &rows,
               "select order_id from orders where state = 0 and expires_at > 0 and expires_at <= ?1"
               " order by expires_at, order_id limit 200",
               DB_INT(c->now));
  if (s == OK) {
    while (*count < EXPIRE_AT_ONCE && db_next(rows))
      ids[(*count)++] = db_get_int(rows, 0);
    s = db_done(c, rows);
  }
  engine_reader_done(e, d);
  return s;
}

static status expire_run(ctx *c, engine *e, date business_date, str *report) {
  UNUSED(business_date);
  id ids[EXPIRE_AT_ONCE];
  size_t count, given_up = 0;
  do {
    TRY(due_orders(c, e, ids, &count));
    size_t before = given_up;
    for (size_t i = 0; i < count; i++) {
      order_cancel *p = ARENA_NEW(c->arena, order_cancel);
      *p = (order_cancel){.order_id = ids[i], .reason = STR("not paid in time")};
      status s = engine_call(c, e, &expire_order, p, engine_system(e));
      if (s != OK && s != E_CONFLICT && s != E_IN_FLIGHT) return s;
      if (s == OK)
        given_up++;
      else
        fault_clear(c);
    }
    if (given_up == before) break; /* the rest wait for an answer from outside */
  } while (count == EXPIRE_AT_ONCE);
  *report = str_format(c->arena, "%zu unpaid orders given up", given_up);
  return OK;
}

const job_type commerce_expire_job = {
    .name = "orders.expire",
    .doc = "Gives up unpaid orders whose payment window is over; their goods are free again",
    .every_s = 60,
    .order = 10,
    .run = expire_run};
