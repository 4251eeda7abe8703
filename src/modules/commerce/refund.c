/* refund.c - money back after the sale: a partial or full refund of a child order, and returns of
 * goods, asked for by the buyer and decided by the seller. A refund never exceeds what was paid for
 * the line; returned goods go back to the shelf they came from, or to shrinkage when damaged. */
#include "modules/commerce/model.h"

typedef struct refund_work {
  order_full before, f;
  child_row *child;
  give_back back;
} refund_work;

/* --- child_order.refund ----------------------------------------------------------------------- */

static status refund_chosen(ctx *c, const order_refund *p, refund_work *w, int64_t *amount,
                            int64_t *commission) {
  const refund_line *want = p->lines.items;
  for (size_t i = 0; i < p->lines.count; i++) {
    line_row *l = order_line(&w->f, want[i].line);
    if (l == NULL || l->child != w->child->child) {
      return fail_field(c, E_NOT_FOUND, str_format(c->arena, "/lines/%zu/line", i),
                        "There is no such line in this child order.");
    }
    int64_t part, part_commission;
    TRY(rule_refund_line(c, l, i, want[i], &part, &part_commission));
    *amount += part;
    *commission += part_commission;
  }
  return OK;
}

static void refund_rest(order_full *f, const child_row *ch, int64_t *amount, int64_t *commission) {
  for (size_t i = 0; i < f->line_count; i++) {
    int64_t part, part_commission;
    if (f->lines[i].child != ch->child) continue;
    rule_refund_all(&f->lines[i], &part, &part_commission);
    *amount += part;
    *commission += part_commission;
  }
}

static status give_load(ctx *c, tx *t, void *state) {
  order_refund *p = state;
  refund_work *w = p->inner = ARENA_NEW(c->arena, refund_work);
  TRY(store_order_load(c, tx_db(t), p->order_id, true, &w->before));
  order_copy(c, &w->before, &w->f);
  w->child = order_child(&w->f, p->child_id);
  if (w->child == NULL) return fail(c, E_NOT_FOUND, "There is no such child order.");
  TRY(commerce_check_owner(c, p->seller, w->child->seller, "child order"));
  if (w->child->state == CHILD_PLACED || w->child->state == CHILD_CANCELLED) {
    return fail(c, E_CONFLICT, "The child order is %s; there is nothing to refund.",
                child_state_names[w->child->state]);
  }
  int64_t amount = 0, commission = 0;
  if (p->lines.count > 0) {
    TRY(refund_chosen(c, p, w, &amount, &commission));
  } else {
    refund_rest(&w->f, w->child, &amount, &commission);
  }
  if (amount == 0)
    return fail(c, E_RULE, "Everything paid for this child order was given back before.");
  w->back.reason = p->reason;
  back_add(c, &w->back, &w->f, w->child, amount, commission);
  p->amount = amount;
  p->refund_id = w->back.plans[0].refund_id;
  return back_load(c, t, &w->back, &w->f);
}

static status give_decide(ctx *c, tx *t, void *state) {
  refund_work *w = ((order_refund *)state)->inner;
  return back_decide(c, t, &w->back, &w->f);
}

static status give_write(ctx *c, tx *t, void *state) {
  order_refund *p = state;
  refund_work *w = p->inner;
  view_order(c, &w->f, p->seller, p->view);
  TRY(store_order_diff(c, tx_db(t), &w->before, &w->f));
  TRY(back_write(c, t, &w->back, &w->f));
  return tell_child(c, t, &w->f, w->child, "child_order.refunded");
}

const command_type commerce_refund_child = {
    .name = "child_order.refund", .load = give_load, .decide = give_decide, .write = give_write};

/* --- asking to return ------------------------------------------------------------------------- */

typedef struct ask_work {
  order_full f;
  child_row *child;
} ask_work;

/* Units of a line in returns that wait for the seller. */
static status asked_before(ctx *c, tx *t, id order, id line, int64_t *out) {
  db_rows *rows;
  TRY(db_query(c, tx_db(t), &rows,
               "select coalesce(sum(l.quantity), 0) from order_return r join order_return_line l"
               " on l.order_id = r.order_id and l.return_id = r.return_id"
               " where r.order_id = ?1 and r.state = 0 and l.line_id = ?2",
               DB_INT(order), DB_INT(line)));
  *out = db_next(rows) ? db_get_int(rows, 0) : 0;
  return db_done(c, rows);
}

static status check_return_line(ctx *c, tx *t, const return_new *p, ask_work *w, size_t i) {
  const return_line *want = (const return_line *)p->lines.items + i;
  const line_row *l = order_line(&w->f, want->line);
  if (l == NULL || l->child != p->child_id) {
    return fail_field(c, E_NOT_FOUND, str_format(c->arena, "/lines/%zu/line", i),
                      "There is no such line in this child order.");
  }
  for (size_t k = 0; k < i; k++) {
    if (((const return_line *)p->lines.items)[k].line != want->line) continue;
    return fail_field(c, E_MALFORMED, str_format(c->arena, "/lines/%zu/line", i),
                      "This line is named twice.");
  }
  int64_t asked;
  TRY(asked_before(c, t, p->order_id, l->line, &asked));
  int64_t given =
      l->returned_quantity > l->refunded_quantity ? l->returned_quantity : l->refunded_quantity;
  int64_t left = l->goods == GOODS_SENT ? l->quantity - given - asked : 0;
  if (want->quantity >= 1 && want->quantity <= left) return OK;
  return fail_field(c, E_RULE, str_format(c->arena, "/lines/%zu/quantity", i),
                    "%lld of %.*s can be returned; send 1 to that.", (long long)left,
                    STR_ARGS(l->sku));
}

static status ask_load(ctx *c, tx *t, void *state) {
  return_new *p = state;
  ask_work *w = p->inner = ARENA_NEW(c->arena, ask_work);
  TRY(store_order_load(c, tx_db(t), p->order_id, true, &w->f));
  TRY(commerce_check_owner(c, p->buyer, w->f.o.buyer, "order"));
  w->child = order_child(&w->f, p->child_id);
  if (w->child == NULL) return fail(c, E_NOT_FOUND, "There is no such child order.");
  if (p->lines.count < 1 || p->lines.count > ORDER_LINES_MAX) {
    return fail_field(c, E_MALFORMED, STR("/lines"), "Send 1 to %d lines.", ORDER_LINES_MAX);
  }
  for (size_t i = 0; i < p->lines.count; i++)
    TRY(check_return_line(c, t, p, w, i));
  return OK;
}

static status ask_decide(ctx *c, tx *t, void *state) {
  UNUSED(t);
  return_new *p = state;
  const child_row *ch = ((ask_work *)p->inner)->child;
  if (ch->state != CHILD_SHIPPED && ch->state != CHILD_DELIVERED) {
    return fail(c, E_CONFLICT, "The child order is %s; cancel it instead.",
                child_state_names[ch->state]);
  }
  p->return_id = id_next(c);
  return OK;
}

static status ask_write(ctx *c, tx *t, void *state) {
  return_new *p = state;
  ask_work *w = p->inner;
  TRY(db_run(c, tx_db(t),
             "insert into order_return (order_id, return_id, child_id, state, reason, asked_at, "
             "decided_at, refunded)"
             " values (?1, ?2, ?3, 0, ?4, ?5, 0, 0)",
             DB_INT(p->order_id), DB_INT(p->return_id), DB_INT(p->child_id), DB_TEXT(p->reason),
             DB_INT(c->now)));
  for (size_t i = 0; i < p->lines.count; i++) {
    const return_line *l = (const return_line *)p->lines.items + i;
    TRY(db_run(c, tx_db(t),
               "insert into order_return_line (order_id, return_id, line_id, quantity) values (?1, "
               "?2, ?3, ?4)",
               DB_INT(p->order_id), DB_INT(p->return_id), DB_INT(l->line), DB_INT(l->quantity)));
  }
  return tell_child(c, t, &w->f, w->child, "child_order.return_asked");
}

const command_type commerce_ask_return = {
    .name = "return.ask", .load = ask_load, .decide = ask_decide, .write = ask_write};

/* --- deciding on a return --------------------------------------------------------------------- */

typedef struct returned { /* a line of it */
  line_row *line;
  int64_t quantity;
  id into; /* account: the shelf, or shrinkage */
} returned;

typedef struct return_work {
  order_full before, f;
  child_row *child;
  give_back back;
  returned lines[ORDER_LINES_MAX];
  size_t count;
  int state;
} return_work;

static status load_return(ctx *c, tx *t, const return_decision *p, return_work *w) {
  db_rows *rows;
  id child = 0;
  TRY(db_query(
      c, tx_db(t), &rows,
      "select child_id, state from order_return where order_id = ?1 and return_id = ?2 for update",
      DB_INT(p->order_id), DB_INT(p->return_id)));
  if (db_next(rows)) {
    child = db_get_int(rows, 0);
    w->state = (int)db_get_int(rows, 1);
  }
  TRY(db_done(c, rows));
  w->child = order_child(&w->f, child);
  if (w->child == NULL) return fail(c, E_NOT_FOUND, "There is no such return.");
  TRY(commerce_check_owner(c, p->seller, w->child->seller, "return"));
  TRY(db_query(
      c, tx_db(t), &rows,
      "select line_id, quantity from order_return_line where order_id = ?1 and return_id = ?2"
      " order by line_id",
      DB_INT(p->order_id), DB_INT(p->return_id)));
  while (db_next(rows) && w->count < ORDER_LINES_MAX) {
    line_row *l = order_line(&w->f, db_get_int(rows, 0));
    if (l != NULL)
      w->lines[w->count++] =
          (returned){.line = l, .quantity = db_get_int(rows, 1), .into = l->shelf};
  }
  return db_done(c, rows);
}

static status load_goods(ctx *c, tx *t, const return_decision *p, returned *r) {
  tx_need_account(t, r->line->shelf);
  tx_need_account(t, r->line->shipped);
  if (!p->damaged) return OK;
  market m;
  uint32_t units = 0;
  TRY(identity_market(c, tx_db(t), &m));
  db_rows *rows;
  TRY(db_query(c, tx_db(t), &rows, "select asset from variant where variant_id = ?1",
               DB_INT(r->line->variant)));
  if (db_next(rows)) units = (uint32_t)db_get_int(rows, 0);
  TRY(db_done(c, rows));
  const account_spec spec = {.tenant = p->seller != 0 ? p->seller : m.platform,
                             .entity = m.entity,
                             .owner = r->line->stock_id,
                             .asset = units,
                             .code = CODE_SHRINKAGE};
  return tx_ensure_account(c, t, &spec, &r->into);
}

static bool all_returned(const order_full *f, id child) {
  for (size_t i = 0; i < f->line_count; i++) {
    if (f->lines[i].child == child && f->lines[i].returned_quantity < f->lines[i].quantity)
      return false;
  }
  return true;
}

static status plan_return(ctx *c, tx *t, return_decision *p, return_work *w) {
  int64_t amount = 0, commission = 0;
  for (size_t i = 0; i < w->count; i++) {
    returned *r = &w->lines[i];
    int64_t part, part_commission;
    TRY(rule_refund_line(c, r->line, i, (refund_line){.quantity = r->quantity}, &part,
                         &part_commission));
    r->line->returned_quantity += r->quantity;
    amount += part;
    commission += part_commission;
    TRY(load_goods(c, t, p, r));
  }
  /* Goods that all came back before they arrived were never delivered: nothing will be released to
   * the seller any more, so what is left, freight too, is the buyer's. */
  if (w->child->delivered_at == 0 && all_returned(&w->f, w->child->child))
    refund_rest(&w->f, w->child, &amount, &commission);
  w->back.reason = p->note;
  back_add(c, &w->back, &w->f, w->child, amount, commission);
  p->refunded = amount;
  return back_load(c, t, &w->back, &w->f);
}

static status decision_load(ctx *c, tx *t, void *state) {
  return_decision *p = state;
  return_work *w = p->inner = ARENA_NEW(c->arena, return_work);
  TRY(store_order_load(c, tx_db(t), p->order_id, true, &w->before));
  order_copy(c, &w->before, &w->f);
  TRY(load_return(c, t, p, w));
  if (w->state != RETURN_ASKED) return fail(c, E_CONFLICT, "This return was decided before.");
  return p->accept ? plan_return(c, t, p, w) : OK;
}

static status decision_decide(ctx *c, tx *t, void *state) {
  return_decision *p = state;
  return_work *w = p->inner;
  p->state = p->accept ? RETURN_ACCEPTED : RETURN_REJECTED;
  if (!p->accept) return OK;
  for (size_t i = 0; i < w->count; i++) {
    const returned *r = &w->lines[i];
    transfer move = {.debit_account = r->line->shipped,
                     .credit_account = r->into,
                     .amount = r->quantity,
                     .code = WHY_RETURN_STOCK,
                     .ref = p->order_id};
    TRY(tx_post(c, t, &move, 1));
  }
  if (all_returned(&w->f, w->child->child)) {
    w->child->state = CHILD_RETURNED;
    w->f.o.state = rule_order_state(&w->f);
  }
  return back_decide(c, t, &w->back, &w->f);
}

static status decision_write(ctx *c, tx *t, void *state) {
  return_decision *p = state;
  return_work *w = p->inner;
  TRY(db_run(c, tx_db(t),
             "update order_return set state = ?3, decided_at = ?4, refunded = ?5 where order_id = "
             "?1 and return_id = ?2",
             DB_INT(p->order_id), DB_INT(p->return_id), DB_INT(p->state), DB_INT(c->now),
             DB_INT(p->refunded)));
  view_order(c, &w->f, p->seller, p->view);
  TRY(store_order_diff(c, tx_db(t), &w->before, &w->f));
  TRY(back_write(c, t, &w->back, &w->f));
  return tell_child(c, t, &w->f, w->child,
                    p->accept ? "child_order.return_accepted" : "child_order.return_rejected");
}

const command_type commerce_decide_return = {.name = "return.decide",
                                             .load = decision_load,
                                             .decide = decision_decide,
                                             .write = decision_write};
