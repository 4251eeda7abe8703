/* cart.c - a buyer's cart: offers of several shops with quantities. A cart promises nothing: prices
 * are today's when it is looked at and frozen when it is ordered. One line an offer, so a cart
 * can't go round in circles. */
#include "modules/commerce/model.h"

static status create_decide(ctx *c, tx *t, void *state) {
  UNUSED(t);
  ((cart_new *)state)->cart_id = id_next(c);
  return OK;
}

static status create_write(ctx *c, tx *t, void *state) {
  const cart_new *n = state;
  tx_audit(t, ID_CART, n->cart_id, STR("{}"));
  return db_run(
      c, tx_db(t),
      "insert into cart (cart_id, buyer, state, order_id, made_at) values (?1, ?2, 0, 0, ?3)",
      DB_INT(n->cart_id), DB_INT(n->buyer), DB_INT(c->now));
}

const command_type commerce_create_cart = {
    .name = "cart.create", .decide = create_decide, .write = create_write};

/* --- cart.put --------------------------------------------------------------------------------- */

typedef struct put_work {
  int state;
  int64_t lines;
  bool has_line;
  offer_row offer;
} put_work;

static status put_load(ctx *c, tx *t, void *state) {
  cart_put *p = state;
  put_work *w = p->inner = ARENA_NEW(c->arena, put_work);
  id buyer = 0;
  db_rows *rows;
  TRY(db_query(c, tx_db(t), &rows, "select buyer, state from cart where cart_id = ?1 for update",
               DB_INT(p->cart)));
  if (db_next(rows)) {
    buyer = db_get_int(rows, 0);
    w->state = (int)db_get_int(rows, 1);
  }
  TRY(db_done(c, rows));
  if (buyer == 0 || (p->buyer != 0 && buyer != p->buyer))
    return fail(c, E_NOT_FOUND, "There is no such cart.");
  TRY(db_query(
      c, tx_db(t), &rows,
      "select count(*), coalesce(sum(case when offer_id = ?2 then 1 else 0 end), 0) from cart_line"
      " where cart_id = ?1",
      DB_INT(p->cart), DB_INT(p->offer)));
  if (db_next(rows)) {
    w->lines = db_get_int(rows, 0);
    w->has_line = db_get_int(rows, 1) > 0;
  }
  TRY(db_done(c, rows));
  return store_offers(c, tx_db(t), &p->offer, 1, c->now, c->today, &w->offer);
}

static status put_decide(ctx *c, tx *t, void *state) {
  UNUSED(t);
  cart_put *p = state;
  const put_work *w = p->inner;
  if (w->state != CART_OPEN)
    return fail(c, E_CONFLICT, "This cart was ordered already; begin a new one.");
  if (w->offer.offer == 0)
    return fail_field(c, E_NOT_FOUND, STR("/offer"), "There is no such offer.");
  if (p->quantity < 0 || p->quantity > QUANTITY_MAX) {
    return fail_field(c, E_MALFORMED, STR("/quantity"),
                      "Send a quantity of 0 (takes it out) to %d.", QUANTITY_MAX);
  }
  if (!w->has_line && p->quantity > 0 && w->lines >= ORDER_LINES_MAX) {
    return fail(c, E_RULE, "A cart holds at most %d offers.", ORDER_LINES_MAX);
  }
  return OK;
}

static status put_write(ctx *c, tx *t, void *state) {
  const cart_put *p = state;
  const put_work *w = p->inner;
  tx_audit(t, ID_CART, p->cart, STR("{}"));
  if (p->quantity == 0) {
    return db_run(c, tx_db(t), "delete from cart_line where cart_id = ?1 and offer_id = ?2",
                  DB_INT(p->cart), DB_INT(p->offer));
  }
  return db_run(
      c, tx_db(t),
      "insert into cart_line (cart_id, offer_id, quantity, price_seen) values (?1, ?2, ?3, ?4)"
      " on conflict (cart_id, offer_id) do update set quantity = excluded.quantity,"
      " price_seen = excluded.price_seen",
      DB_INT(p->cart), DB_INT(p->offer), DB_INT(p->quantity), DB_INT(w->offer.price));
}

const command_type commerce_put_in_cart = {
    .name = "cart.put", .load = put_load, .decide = put_decide, .write = put_write};
