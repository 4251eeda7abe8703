/* api_order.c - orders over JSON. A buyer sees and changes their own; a seller the child orders of
 * their tenant, cut out of the order; operators and the supervisor see all. */
#include "modules/commerce/api.h"

/* --- shapes: an order ------------------------------------------------------------------------- */

static const field line_fields[] = {
    F_ID(order_line_view, line, 0, ID_LINE, "The line."),
    F_ID(order_line_view, offer, 0, ID_OFFER, "The offer it was bought from."),
    F_ID(order_line_view, product, 0, ID_PRODUCT, "The product."),
    F_ID(order_line_view, variant, 0, ID_VARIANT, "The variant."),
    F_STR(order_line_view, sku, 0, 0, 0, "Its number."),
    F_STR(order_line_view, title, 0, 0, 0, "What it was called when it was bought."),
    F_INT(order_line_view, quantity, 0, 0, 0, "Units bought."),
    F_AMOUNT(order_line_view, price, 0, 0, 0, "Frozen price of a unit."),
    F_AMOUNT(order_line_view, freight, 0, 0, 0, "Freight of the line."),
    F_AMOUNT(order_line_view, commission, 0, 0, 0, "Frozen commission of the line."),
    F_AMOUNT(order_line_view, refunded, 0, 0, 0, "Given back so far."),
    F_INT(order_line_view, returned_quantity, 0, 0, 0, "Units returned."),
    F_BOOL(order_line_view, shipped, 0, "Whether it has left."),
    F_ID(order_line_view, review, FIELD_OMIT_ZERO, ID_REVIEW, "The buyer's review."),
};
static SHAPE(line_shape, "OrderLine", order_line_view, line_fields);

#define CHILD_FIELDS                                                                 \
  F_ID(child_view, child, 0, ID_CHILD_ORDER, "The child order."),                    \
      F_ID(child_view, seller, 0, ID_TENANT, "Who sells."),                          \
      F_ID(child_view, shop, 0, ID_SHOP, "In which shop."),                          \
      F_STR(child_view, shop_name, FIELD_OMIT_ZERO, 0, 0, "The shop's name."),       \
      F_ENUM(child_view, state, 0, child_state_names, "Where it stands."),           \
      F_AMOUNT(child_view, items_total, 0, 0, 0, "Sum of its items."),               \
      F_AMOUNT(child_view, freight, 0, 0, 0, "Its freight."),                        \
      F_AMOUNT(child_view, total, 0, 0, 0, "Both."),                                 \
      F_AMOUNT(child_view, commission, 0, 0, 0, "Commission of its items."),         \
      F_AMOUNT(child_view, refunded, 0, 0, 0, "Given back so far."),                 \
      F_TIME(child_view, shipped_at, FIELD_OMIT_ZERO, "When the first of it left."), \
      F_TIME(child_view, delivered_at, FIELD_OMIT_ZERO, "When it arrived."),         \
      F_DATE(child_view, settles_on, FIELD_OMIT_ZERO, "When the seller's share is due.")
static const field child_fields[] = {
    CHILD_FIELDS,
    F_ARRAY(child_view, lines, 0, 0, 0, &line_shape, "What was bought of this seller."),
};
static SHAPE(child_shape, "ChildOrder", child_view, child_fields);

#define ORDER_FIELDS                                                               \
  F_ID(order_view, order, 0, ID_ORDER, "The order."),                              \
      F_ID(order_view, buyer, 0, ID_USER, "Who bought."),                          \
      F_ENUM(order_view, state, 0, order_state_names, "Where it stands."),         \
      F_CURRENCY(order_view, currency, 0, "Of all amounts."),                      \
      F_AMOUNT(order_view, items_total, 0, 0, 0, "Sum of the items."),             \
      F_AMOUNT(order_view, freight, 0, 0, 0, "Freight."),                          \
      F_AMOUNT(order_view, total, 0, 0, 0, "Both."),                               \
      F_AMOUNT(order_view, refunded, 0, 0, 0, "Given back so far."),               \
      F_INT(order_view, points, FIELD_OMIT_ZERO, 0, 0, "Points earned and kept."), \
      F_ID(order_view, payment, FIELD_OMIT_ZERO, ID_PAYMENT, "How it is paid."),   \
      F_TIME(order_view, placed_at, 0, "When it was placed."),                     \
      F_TIME(order_view, paid_at, FIELD_OMIT_ZERO, "When it was paid."),           \
      F_TIME(order_view, expires_at, FIELD_OMIT_ZERO,                              \
             "Until when the goods are held for an unpaid order."),                \
      F_STR(order_view, external, FIELD_OMIT_ZERO, 0, 0, "An outside system's number.")
static const field order_summary_fields[] = {ORDER_FIELDS};
SHAPE(commerce_order_summary_shape, "OrderSummary", order_view, order_summary_fields);
static const field order_fields[] = {
    ORDER_FIELDS,
    F_STR(order_view, note, FIELD_OMIT_ZERO, 0, 0,
          "Words to the sellers; only when the order is read, never to a supervisor."),
    F_JSON(order_view, address, FIELD_OMIT_ZERO, 0, "Where it goes; like note."),
    F_ARRAY(order_view, children, 0, 0, 0, &child_shape, "One for each seller."),
};
SHAPE(commerce_order_shape, "Order", order_view, order_fields);

/* --- reading ---------------------------------------------------------------------------------- */

/* The order as the caller may see it; what is not theirs does not exist. */
status commerce_visible_order(ctx *c, const request *r, db *d, order_view *out) {
  id seller = r->who.kind == ACTOR_SELLER ? r->who.tenant : 0;
  TRY(commerce_order_for(c, d, r->params[0], seller, out));
  bool visible = seller != 0 || principal_sees_all(&r->who) ||
                 (r->who.kind == ACTOR_BUYER && out->buyer == r->who.actor);
  return visible ? OK : fail(c, E_NOT_FOUND, "There is no such order.");
}

READ(commerce_read_order) {
  TRY(commerce_visible_order(c, r, d, out));
  return r->who.kind == ACTOR_SUPERVISOR ? OK : commerce_order_personal(c, d, out);
}

/* "all", then order_state_names in their order. */
static const char *const states_wanted[] = {"all",       "placed",    "paid",
                                            "completed", "cancelled", NULL};
typedef struct order_query {
  int64_t limit;
  str after;
  id buyer;
  int state;
  date from, to;
} order_query;
static const field order_query_fields[] = {
    F_PAGE(order_query),
    F_ID(order_query, buyer, 0, ID_USER, "Of this buyer; operators and the supervisor only."),
    F_ENUM(order_query, state, 0, states_wanted, "In this state."),
    F_DATE(order_query, from, 0, "Placed on this business date or later."),
    F_DATE(order_query, to, 0, "Placed on this business date or earlier."),
};
SHAPE(commerce_order_query_shape, "OrderQuery", order_query, order_query_fields);

#define SUMMARY_COLUMNS                                                                           \
  "select order_id, buyer, state, currency, items_total, freight, refunded, points, payment_id, " \
  "placed_at,"                                                                                    \
  " paid_at, expires_at, external from orders where "

/* Between two ids and two moments; the ids are found by halving, for later orders have later ones.
 */
typedef struct order_span {
  id above, below;
  instant from, until;
} order_span;

static const char first_placed[] =
    "select placed_at from orders where order_id >= ?1 order by order_id limit 1";

static status find_span(ctx *c, db *d, const order_query *q, int64_t after, order_span *out) {
  market m;
  TRY(identity_market(c, d, &m));
  *out = (order_span){0, after != 0 ? after : INT64_MAX, INT64_MIN, INT64_MAX};
  if (q->from != 0) {
    out->from = instant_from_date(q->from, m.utc_offset_minutes);
    TRY(db_key_at(c, d, first_placed, out->from, &out->above));
  }
  if (q->to != 0) {
    id top = 0;
    out->until = instant_from_date(q->to + 1, m.utc_offset_minutes);
    TRY(db_key_after(c, d, first_placed, out->until, &top));
    if (top < out->below) out->below = top;
  }
  return OK;
}

#define SPAN "order_id >= ?1 and order_id < ?2 and placed_at >= ?3 and placed_at < ?4 "
#define NEWEST_ORDERS "order by order_id desc limit ?5"

/* Of one buyer: no more than LIST_LOOK orders are looked at for a state; *floor is the last one. */
static status find_floor(ctx *c, db *d, id buyer, const order_span *p, id *floor) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select order_id from orders where buyer = ?1 and order_id >= ?2 and order_id < ?3"
               " order by order_id desc limit 1 offset ?4",
               DB_INT(buyer), DB_INT(p->above), DB_INT(p->below), DB_INT(LIST_LOOK)));
  if (db_next(rows)) *floor = db_get_int(rows, 0);
  return db_done(c, rows);
}

static status find_orders(ctx *c, db *d, const order_query *q, id buyer, order_span *p,
                          size_t limit, id *floor, db_rows **rows) {
  if (buyer != 0) {
    if (q->state != 0) TRY(find_floor(c, d, buyer, p, floor));
    return db_query(c, d, rows,
                    SUMMARY_COLUMNS SPAN
                    "and buyer = ?6 and (?7 = 0 or state = ?7 - 1) " NEWEST_ORDERS,
                    DB_INT(*floor != 0 ? *floor : p->above), DB_INT(p->below), DB_INT(p->from),
                    DB_INT(p->until), DB_INT(limit), DB_INT(buyer), DB_INT(q->state));
  }
  if (q->state != 0) {
    return db_query(c, d, rows, SUMMARY_COLUMNS SPAN "and state = ?6 " NEWEST_ORDERS,
                    DB_INT(p->above), DB_INT(p->below), DB_INT(p->from), DB_INT(p->until),
                    DB_INT(limit), DB_INT(q->state - 1));
  }
  return db_query(c, d, rows, SUMMARY_COLUMNS SPAN NEWEST_ORDERS, DB_INT(p->above),
                  DB_INT(p->below), DB_INT(p->from), DB_INT(p->until), DB_INT(limit));
}

static void fill_summary(ctx *c, const db_rows *rows, order_view *o) {
  *o = (order_view){.order = db_get_int(rows, 0),
                    .buyer = db_get_int(rows, 1),
                    .state = (int)db_get_int(rows, 2),
                    .currency = (uint32_t)db_get_int(rows, 3),
                    .items_total = db_get_int(rows, 4),
                    .freight = db_get_int(rows, 5),
                    .refunded = db_get_int(rows, 6),
                    .points = db_get_int(rows, 7),
                    .payment = db_get_int(rows, 8),
                    .placed_at = db_get_int(rows, 9),
                    .paid_at = db_get_int(rows, 10),
                    .expires_at = db_get_int(rows, 11),
                    .external = db_keep_text(rows, 12, c->arena)};
  o->total = o->items_total + o->freight;
}

READ(commerce_list_orders) {
  const order_query *q = r->query;
  int64_t after = 0;
  TRY(commerce_page_from(c, q->after, &after));
  if (!principal_sees_all(&r->who) && r->who.kind != ACTOR_BUYER) {
    return fail(c, E_FORBIDDEN, "Sellers list their child orders at /v1/child-orders.");
  }
  size_t limit = commerce_page_limit(q->limit), count = 0;
  order_view *items = ARENA_ARRAY(c->arena, order_view, limit);
  db_rows *rows;
  id buyer = principal_sees_all(&r->who) ? q->buyer : r->who.actor;
  id floor = 0;
  order_span span;
  TRY(find_span(c, d, q, after, &span));
  TRY(find_orders(c, d, q, buyer, &span, limit, &floor, &rows));
  while (count < limit && db_next(rows))
    fill_summary(c, rows, &items[count++]);
  TRY(db_done(c, rows));
  list_out *list = out;
  list->items = (field_array){items, count};
  if (count == limit) floor = items[count - 1].order;
  if (floor != 0) list->next = cursor_print(c->arena, &floor, 1);
  return OK;
}

typedef struct child_summary {
  child_view child; /* first: CHILD_FIELDS are offsets into it */
  id order;
} child_summary;
static const field child_summary_fields[] = {
    F_ID(child_summary, order, 0, ID_ORDER, "The order it is part of."),
    CHILD_FIELDS,
};
SHAPE(commerce_child_summary_shape, "ChildOrderSummary", child_summary, child_summary_fields);

typedef struct child_query {
  int64_t limit;
  str after, state;
} child_query;
static const field child_query_fields[] = {
    F_PAGE(child_query),
    F_STR(child_query, state, 0, 0, 20, "In this state only: \"paid\", \"shipped\", ..."),
};
SHAPE(commerce_child_query_shape, "ChildOrderQuery", child_query, child_query_fields);

static status state_of_word(ctx *c, str word, int *out) {
  *out = -1;
  for (int i = 0; child_state_names[i] != NULL; i++) {
    if (str_eq(word, str_from(child_state_names[i]))) *out = i;
  }
  if (word.len == 0 || *out >= 0) return OK;
  return fail_field(c, E_MALFORMED, STR("query/state"),
                    "Use placed, paid, shipped, delivered, cancelled or returned.");
}

#define CHILDREN_IN(state)                                                                         \
  "select order_id, child_id, seller, shop_id, state, items_total, freight, commission, refunded," \
  " shipped_at, delivered_at, settles_on from child_order where seller = ?1 and state = " state    \
  " and child_id < ?2 "
#define NEWEST "order by child_id desc limit ?3"

#define NEWEST_IN(state) "select * from (" CHILDREN_IN(state) NEWEST ") "

/* One index serves each state by itself and all of them: the newest of the newest of each. */
static status find_children(ctx *c, db *d, id seller, int state, int64_t after, size_t limit,
                            db_rows **rows) {
  int64_t top = after != 0 ? after : INT64_MAX;
  if (state >= 0) {
    return db_query(c, d, rows, CHILDREN_IN("?4") NEWEST, DB_INT(seller), DB_INT(top),
                    DB_INT(limit), DB_INT(state));
  }
  return db_query(
      c, d, rows,
      NEWEST_IN("0") "a0 union all " NEWEST_IN("1") "a1 union all " NEWEST_IN(
          "2") "a2 union all " NEWEST_IN("3") "a3 union all " NEWEST_IN("4") "a4 union "
                                                                             "all " NEWEST_IN("5") "a5 " NEWEST,
      DB_INT(seller), DB_INT(top), DB_INT(limit));
}

READ(commerce_list_children) {
  const child_query *q = r->query;
  int64_t after = 0;
  int state;
  TRY(state_of_word(c, q->state, &state));
  TRY(commerce_page_from(c, q->after, &after));
  size_t limit = commerce_page_limit(q->limit), count = 0;
  child_summary *items = ARENA_ARRAY(c->arena, child_summary, limit);
  db_rows *rows;
  TRY(find_children(c, d, r->who.tenant, state, after, limit, &rows));
  while (count < limit && db_next(rows)) {
    child_summary *s = &items[count++];
    s->order = db_get_int(rows, 0);
    s->child = (child_view){.child = db_get_int(rows, 1),
                            .seller = db_get_int(rows, 2),
                            .shop = db_get_int(rows, 3),
                            .state = (int)db_get_int(rows, 4),
                            .items_total = db_get_int(rows, 5),
                            .freight = db_get_int(rows, 6),
                            .commission = db_get_int(rows, 7),
                            .refunded = db_get_int(rows, 8),
                            .shipped_at = db_get_int(rows, 9),
                            .delivered_at = db_get_int(rows, 10),
                            .settles_on = (date)db_get_int(rows, 11)};
    s->child.total = s->child.items_total + s->child.freight;
  }
  TRY(db_done(c, rows));
  list_out *list = out;
  list->items = (field_array){items, count};
  if (count == limit) list->next = cursor_print(c->arena, &items[count - 1].child.child, 1);
  return OK;
}
