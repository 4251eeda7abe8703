/* api_cart.c - carts and checkout over JSON: one POST turns a cart, or lines sent directly, into an
 * order. */
#include "modules/commerce/api.h"

typedef struct cart_line_out {
  id offer, shop, seller, variant;
  str sku, title, shop_name;
  int64_t quantity, price, price_seen, total;
  bool on_sale;
} cart_line_out;
static const field cart_line_fields[] = {
    F_ID(cart_line_out, offer, 0, ID_OFFER, "What is in it."),
    F_ID(cart_line_out, variant, 0, ID_VARIANT, "Its variant."),
    F_ID(cart_line_out, shop, 0, ID_SHOP, "Who sells it."),
    F_STR(cart_line_out, shop_name, 0, 0, 0, "The shop's name."),
    F_ID(cart_line_out, seller, 0, ID_TENANT, "The shop's tenant."),
    F_STR(cart_line_out, sku, 0, 0, 0, "Its number."),
    F_STR(cart_line_out, title, 0, 0, 0, "What it is called."),
    F_INT(cart_line_out, quantity, 0, 1, QUANTITY_MAX, "How many."),
    F_AMOUNT(cart_line_out, price, 0, 0, 0, "Price of a unit now."),
    F_AMOUNT(cart_line_out, price_seen, 0, 0, 0, "Price when it was put in."),
    F_AMOUNT(cart_line_out, total, 0, 0, 0, "Now, for all of them."),
    F_BOOL(cart_line_out, on_sale, 0, "Whether it can be bought now."),
};
static SHAPE(cart_line_shape, "CartLine", cart_line_out, cart_line_fields);

typedef struct cart_out {
  id cart, order;
  bool open;
  int64_t items_total;
  field_array lines;
} cart_out;
static const field cart_fields[] = {
    F_ID(cart_out, cart, 0, ID_CART, "The cart."),
    F_BOOL(cart_out, open, 0, "false: it was ordered."),
    F_ID(cart_out, order, FIELD_OMIT_ZERO, ID_ORDER, "The order it became."),
    F_AMOUNT(cart_out, items_total, 0, 0, 0, "Sum of the lines now, without freight."),
    F_ARRAY(cart_out, lines, 0, 0, 0, &cart_line_shape, "What is in it."),
};
SHAPE(commerce_cart_shape, "Cart", cart_out, cart_fields);

/* --- filling a cart --------------------------------------------------------------------------- */

typedef struct cart_command {
  cart_new n; /* first: the command's state */
  cart_out out;
} cart_command;

static status show_write(ctx *c, tx *t, void *state) {
  cart_command *s = state;
  TRY(commerce_create_cart.write(c, t, &s->n));
  s->out = (cart_out){.cart = s->n.cart_id, .open = true};
  return OK;
}
static status show_decide(ctx *c, tx *t, void *state) {
  return commerce_create_cart.decide(c, t, state);
}
static const command_type create_and_show = {
    .name = "cart.create", .decide = show_decide, .write = show_write};

PREPARE(commerce_prepare_cart) {
  cart_command *s = ARENA_NEW(c->arena, cart_command);
  s->n.buyer = r->who.actor;
  cmd->type = &create_and_show;
  cmd->state = s;
  *out = &s->out;
  return OK;
}

static const field cart_put_fields[] = {
    F_ID(cart_put, offer, FIELD_REQUIRED, ID_OFFER, "What to put in."),
    F_INT(cart_put, quantity, FIELD_REQUIRED, 0, QUANTITY_MAX, "How many in all; 0 takes it out."),
};
SHAPE(commerce_cart_put_shape, "CartPut", cart_put, cart_put_fields);

PREPARE(commerce_prepare_cart_put) {
  cart_put *p = ARENA_NEW(c->arena, cart_put);
  *p = *(const cart_put *)r->in;
  p->cart = r->params[0];
  p->buyer = r->who.actor;
  cmd->type = &commerce_put_in_cart;
  cmd->state = *out = p;
  return OK;
}

READ(commerce_read_cart) {
  cart_out *cart = out;
  id buyer = 0;
  db_rows *rows;
  TRY(db_query(c, d, &rows, "select buyer, state, order_id from cart where cart_id = ?1",
               DB_INT(r->params[0])));
  if (db_next(rows)) {
    buyer = db_get_int(rows, 0);
    *cart = (cart_out){.cart = r->params[0],
                       .open = db_get_int(rows, 1) == CART_OPEN,
                       .order = db_get_int(rows, 2)};
  }
  TRY(db_done(c, rows));
  if (buyer == 0 || buyer != r->who.actor) return fail(c, E_NOT_FOUND, "There is no such cart.");
  offer_row *offers;
  size_t count;
  TRY(store_cart_offers(c, d, cart->cart, c->now, c->today, &offers, &count));
  cart_line_out *lines = ARENA_ARRAY(c->arena, cart_line_out, count + 1);
  for (size_t i = 0; i < count; i++) {
    const offer_row *o = &offers[i];
    lines[i] = (cart_line_out){.offer = o->offer,
                               .shop = o->shop,
                               .seller = o->seller,
                               .variant = o->variant,
                               .sku = o->sku,
                               .title = o->title,
                               .shop_name = o->shop_name,
                               .quantity = o->cart_quantity,
                               .price = o->price,
                               .price_seen = o->price_seen,
                               .on_sale = o->on_sale && o->has_contract};
    bool fits = !MUL_OVERFLOWS(o->price, o->cart_quantity, &lines[i].total) &&
                !ADD_OVERFLOWS(cart->items_total, lines[i].total, &cart->items_total);
    if (!fits)
      return fail(c, E_RULE, "The cart comes to more than can be booked; take something out.");
  }
  cart->lines = (field_array){lines, count};
  return OK;
}

/* --- checkout --------------------------------------------------------------------------------- */

typedef struct checkout_in {
  field_array lines, tenders;
  str address, note;
  bool accept_price_changes;
} checkout_in;

#define CHECKOUT_FIELDS                                                       \
  F_ARRAY(checkout_in, tenders, 0, 0, TENDERS_MAX, &payment_tender_shape,     \
          "How it is paid, all or nothing; none: placed now, paid later."),   \
      F_JSON(checkout_in, address, 0, 4096, "Where it goes, a JSON object."), \
      F_STR(checkout_in, note, 0, 0, 500, "Words to the sellers.")
static const field cart_checkout_fields[] = {
    CHECKOUT_FIELDS,
    F_BOOL(checkout_in, accept_price_changes, 0,
           "Order even when a price moved since it was put in."),
};
SHAPE(commerce_cart_checkout_shape, "CartCheckout", checkout_in, cart_checkout_fields);

static const field line_in_fields[] = {
    F_ID(order_line_in, offer, FIELD_REQUIRED, ID_OFFER, "What to buy."),
    F_INT(order_line_in, quantity, FIELD_REQUIRED, 1, QUANTITY_MAX, "How many."),
};
static SHAPE(line_in_shape, "CheckoutLine", order_line_in, line_in_fields);
static const field checkout_fields[] = {
    F_ARRAY(checkout_in, lines, FIELD_REQUIRED, 1, ORDER_LINES_MAX, &line_in_shape,
            "One line an offer."),
    CHECKOUT_FIELDS,
};
SHAPE(commerce_checkout_shape, "Checkout", checkout_in, checkout_fields);

static order_place *prepare_place(ctx *c, const request *r, command *cmd, void **out) {
  const checkout_in *in = r->in;
  order_place *p = ARENA_NEW(c->arena, order_place);
  *p = (order_place){.buyer = r->who.actor,
                     .tenders = in->tenders,
                     .address = in->address,
                     .note = in->note,
                     .accept_price_changes = in->accept_price_changes,
                     .view = ARENA_NEW(c->arena, order_view)};
  cmd->type = &commerce_place_order;
  cmd->state = p;
  *out = p->view;
  return p;
}

PREPARE(commerce_prepare_cart_checkout) {
  prepare_place(c, r, cmd, out)->cart = r->params[0];
  return OK;
}

PREPARE(commerce_prepare_checkout) {
  order_place *p = prepare_place(c, r, cmd, out);
  p->lines = ((const checkout_in *)r->in)->lines;
  order_line_in *lines = p->lines.items;
  for (size_t i = 0; i < p->lines.count; i++)
    lines[i].price = lines[i].freight = PRICE_CURRENT;
  return OK;
}
