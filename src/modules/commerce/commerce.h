/* commerce.h - shops, catalogue, stock, carts, orders, returns, reviews. Promises: stock never goes
 * below zero and is never sold twice (INV-24), an order's goods and money move in one commit or not
 * at all, prices and commission are frozen on the order. Never keeps a balance of its own: stock,
 * money and points are ledger accounts.
 *
 * In-process commands run with engine_call; `command.at` gives imported history its time. Members
 * marked "out" are set when the command was accepted; everything lies in the caller's arena.
 * Amounts are minor units of the market's currency unless a member says otherwise; 0 <= amount <=
 * MONEY_MAX_JSON. */
#ifndef TAEL_COMMERCE_H
#define TAEL_COMMERCE_H

#include "modules/payment/payment.h"

extern const module commerce_module;
/* Once at wiring, before the engine starts: payment learns how an order takes part in its outcomes.
 */
void commerce_register(void);

enum {
  ORDER_LINES_MAX = 100,
  QUANTITY_MAX = 999, /* of one order line */
  VARIANTS_MAX = 50,  /* of one product when it is made */
  STOCK_RECEIPT_MAX = 1000000000,
};
#define PRICE_CURRENT INT64_C(-1) /* an order line's price: what the offer costs now */

/* --- shops and their contracts ---------------------------------------------------------------- */
typedef enum settle_rule { SETTLE_CALENDAR_DAYS, SETTLE_BUSINESS_DAYS } settle_rule;
typedef struct contract_terms {
  int64_t commission_ppb; /* of the item price, not of freight; 0..RATE_ONE */
  int64_t reserve_ppb;    /* kept back at release; 0..RATE_ONE */
  int64_t settle_days;    /* after delivery; 0..365 */
  int settle_rule;
  date valid_from; /* 0: the command's date; imports: the first order's date or before */
} contract_terms;
typedef struct shop_new {
  id seller;         /* tenant */
  str name, slug;    /* slug: 3..60 of a-z 0-9 '-', unique in the market (E_CONFLICT) */
  str theme, banner; /* theme: JSON object or empty; banner: media reference */
  int64_t freight, freight_free_from; /* per child order; free from this item total on (0: never) */
  contract_terms terms;
  bool approved; /* in force at once (operator or system); else an operator approves it later */
  id shop_id, contract_id, warehouse_id; /* out; the warehouse is the shop's first */
  void *inner;
} shop_new;
extern const command_type commerce_create_shop; /* "shop.create" */
typedef struct contract_new {
  id shop, seller;
  contract_terms terms;
  bool approved;
  id contract_id; /* out */
  void *inner;
} contract_new;
extern const command_type commerce_propose_contract;
typedef struct contract_decision {
  id shop, contract;
  bool approve;
  int state; /* out */
  void *inner;
} contract_decision;
extern const command_type
    commerce_decide_contract; /* E_CONFLICT: decided before. The shop opens with its first one */

/* --- catalogue -------------------------------------------------------------------------------- */
typedef struct category_new {
  str name, name_zh;
  id parent;
  id category_id; /* out */
  void *inner;
} category_new;
extern const command_type commerce_create_category;
typedef struct variant_new {
  str sku;                 /* 1..64, the seller's own; shown in errors */
  str name, attributes;    /* attributes: JSON object or empty */
  int64_t price;           /* of the offer made with it */
  id variant_id, offer_id; /* out */
} variant_new;
typedef struct product_new {
  id shop, category; /* category 0: none */
  id seller;         /* whose shop it must be; 0: any. The same below */
  str title, description, media,
      attributes;       /* media: JSON array of references; attributes: JSON object; or empty */
  field_array variants; /* variant_new, 1..VARIANTS_MAX; out members are set in place */
  id product_id;        /* out */
  void *inner;
} product_new;
extern const command_type
    commerce_create_product; /* each variant with a stock asset and an offer of the shop */
typedef struct offer_new {
  id shop, variant, seller;
  int64_t price;
  id offer_id; /* out */
  void *inner;
} offer_new;
extern const command_type
    commerce_create_offer; /* another seller's offer of the same variant; E_CONFLICT: has one */
typedef struct price_new {
  id offer, seller;
  int64_t price;
  instant valid_from,
      valid_until; /* 0: now; 0: open. Of overlapping periods the one that began last holds */
  id price_id;     /* out */
} price_new;
extern const command_type commerce_set_price;

/* What may change later; members left empty stay as they are, and hold the result afterwards.
 * Orders keep what they froze. */
enum sale { SALE_UNCHANGED, SALE_ON, SALE_OFF };
typedef struct product_change {
  id product, seller, category;
  str title, description, media;
  int sale; /* off: not found by buyers, none of its offers can be bought */
  void *inner;
} product_change;
extern const command_type commerce_change_product;
typedef struct shop_change {
  id shop, seller;
  str name, theme, banner; /* the slug never changes: it is in shared links */
  void *inner;
} shop_change;
extern const command_type commerce_change_shop;

/* --- stock ------------------------------------------------------------------------------------ */
typedef struct warehouse_new {
  id seller;
  str name, place;
  id warehouse_id; /* out */
} warehouse_new;
extern const command_type commerce_create_warehouse;
/* A movement into or out of a shelf; also a sub-operation of a goods receipt (logistics). */
typedef struct stock_move {
  id variant, warehouse;
  id seller;        /* whose warehouse it must be; 0: any */
  int64_t quantity; /* > 0 received; < 0 (adjustment) lost or counted short */
  int64_t ref;      /* of the transfer: a goods receipt; 0: the stock id */
  uint16_t why;     /* WHY_RECEIVE_STOCK or WHY_ADJUST_STOCK */
  str reason;
  id stock_id; /* out */
  void *inner;
} stock_move;
status stock_move_load(ctx *c, tx *t, stock_move *m);
status stock_move_decide(ctx *c, tx *t, stock_move *m); /* E_STOCK: fewer are free than are to go */
status stock_move_write(ctx *c, tx *t, stock_move *m);
extern const command_type commerce_move_stock; /* state: stock_move */

/* --- carts ------------------------------------------------------------------------------------ */
typedef struct cart_new {
  id buyer;
  id cart_id; /* out */
} cart_new;
extern const command_type commerce_create_cart;
typedef struct cart_put {
  id cart, buyer, offer;
  int64_t quantity; /* 0: takes it out */
  void *inner;
} cart_put;
extern const command_type
    commerce_put_in_cart; /* sets the quantity of an offer; never two lines of one */

/* --- orders ----------------------------------------------------------------------------------- */
typedef enum order_state { ORDER_PLACED, ORDER_PAID, ORDER_COMPLETED, ORDER_CANCELLED } order_state;
typedef enum child_state {
  CHILD_PLACED,
  CHILD_PAID,
  CHILD_SHIPPED,
  CHILD_DELIVERED,
  CHILD_CANCELLED,
  CHILD_RETURNED
} child_state;
extern const char *const order_state_names[], *const child_state_names[]; /* "placed", ... NULL */

/* An order as it is shown. Commands fill the `view` they are given (NULL: not wanted) with the
 * order after them; for a seller with the child orders of that seller alone. */
typedef struct order_line_view {
  id line, offer, variant, product, review;
  str sku, title;
  int64_t quantity, price, freight, commission; /* price: a unit; commission: of the line */
  int64_t returned_quantity, refunded_quantity, refunded;
  bool shipped;
} order_line_view;
typedef struct child_view {
  id child, seller, shop;
  str shop_name;
  int state;
  int64_t items_total, freight, total, commission, refunded;
  instant shipped_at, delivered_at;
  date settles_on;
  field_array lines;
} child_view;
typedef struct order_view {
  id order, buyer, payment;
  int state;
  int64_t items_total, freight, total, refunded, points;
  uint32_t currency;
  instant placed_at, paid_at, expires_at;
  str external;
  str note, address; /* empty unless commerce_order_personal was asked */
  field_array children;
} order_view;

typedef struct order_line_in {
  id offer;
  int64_t quantity; /* 1..QUANTITY_MAX; one line an offer, unless each has a price of its own */
  int64_t price;    /* a unit, frozen; PRICE_CURRENT: today's. Any other value: imports only */
  int64_t freight;  /* of the whole line; PRICE_CURRENT: the shop's rule. Any other value: imports
                       only */
} order_line_in;
typedef struct order_child_ref {
  id seller, child_id;
  int64_t total;
} order_child_ref;
typedef struct order_place {
  id buyer;
  id cart;           /* its lines are bought and it is closed; 0: the lines below */
  field_array lines; /* order_line_in, 1..ORDER_LINES_MAX */
  field_array
      tenders;       /* tender_in; none: placed and unpaid, goods are held for the payment window */
  str address, note; /* address: JSON object or empty */
  str external;      /* an outside system's number, unique in the market; or empty */
  bool accept_price_changes; /* false: E_CONFLICT when a cart's price moved since it was put in */
  bool accept_difference, authorise_only; /* imports: see pay_plan */
  id order_id, payment_id;                /* out */
  int state;                              /* out: order_state */
  field_array children;                   /* out: order_child_ref */
  order_view *view;
  void *inner;
} order_place;
extern const command_type
    commerce_place_order; /* "order.place"; E_STOCK names /lines/N, the sku and what there is */
typedef struct order_pay {
  id order_id, buyer;
  field_array tenders;
  id payment_id;
  int state; /* out */
  order_view *view;
  void *inner;
} order_pay;
extern const command_type
    commerce_pay_order; /* a placed order; E_EXPIRED: its goods are no longer held */

/* Steps of a child order. `seller`/`buyer` 0: whoever it belongs to; else others' orders are
 * E_NOT_FOUND. Also sub-operations, for parcels: goods leave (holds posted), goods arrive (released
 * to the seller). */
typedef struct child_step {
  id order_id, child_id, seller, buyer;
  id lines[ORDER_LINES_MAX];
  size_t line_count; /* what leaves; none: all that is left */
  bool ship_first;   /* deliver: what has not left yet leaves in the same commit */
  str note;
  int state; /* out: child_state */
  order_view *view;
  void *inner;
} child_step;
status child_ship_load(ctx *c, tx *t, child_step *s);
status child_ship_decide(ctx *c, tx *t, child_step *s);
status child_ship_write(ctx *c, tx *t, child_step *s);
status child_deliver_load(ctx *c, tx *t, child_step *s);
status child_deliver_decide(ctx *c, tx *t, child_step *s); /* E_CONFLICT: not everything has left */
status child_deliver_write(ctx *c, tx *t, child_step *s);
extern const command_type commerce_ship_child, commerce_deliver_child;

typedef struct order_cancel {
  id order_id, child_id; /* child 0: the whole order */
  id buyer, seller;
  str reason;
  int64_t refunded; /* out */
  order_view *view;
  void *inner;
} order_cancel;
extern const command_type
    commerce_cancel_order; /* before anything left; E_CONFLICT after. Paid: refunded in full */

typedef struct refund_line {
  id line;
  int64_t quantity, amount;
} refund_line; /* amount 0: the price of the quantity, or what is left of it */
typedef struct order_refund {
  id order_id, child_id, seller;
  field_array lines; /* refund_line; none: all that is left of the child, freight too */
  str reason;
  id refund_id;
  int64_t amount; /* out */
  order_view *view;
  void *inner;
} order_refund;
extern const command_type
    commerce_refund_child; /* keeps the goods where they are; at most what was paid */

typedef struct return_line {
  id line;
  int64_t quantity;
} return_line;
typedef struct return_new {
  id order_id, child_id, buyer;
  field_array
      lines; /* return_line, 1..ORDER_LINES_MAX; what has left and was not returned or asked back */
  str reason;
  id return_id; /* out */
  void *inner;
} return_new;
extern const command_type commerce_ask_return;
typedef struct return_decision {
  id order_id, return_id, seller;
  bool accept, damaged; /* accepted: refunded, and back on the shelf unless damaged */
  str note;
  int64_t refunded;
  int state; /* out */
  order_view *view;
  void *inner;
} return_decision;
extern const command_type commerce_decide_return; /* E_CONFLICT: decided before */

/* --- reviews ---------------------------------------------------------------------------------- */
typedef struct review_new {
  id order_id, line_id; /* line 0: the order's first without a review */
  id buyer;             /* who wrote it: must have bought it */
  int64_t rating;       /* 1..5 */
  str title, text;
  id review_id; /* out */
  void *inner;
} review_new;
extern const command_type commerce_review; /* E_CONFLICT: this line has one */

/* --- read models ------------------------------------------------------------------------------ */
extern const shape commerce_order_shape;
status commerce_order_get(ctx *c, db *d, id order, order_view *out); /* E_NOT_FOUND */
/* The child orders of one seller alone; E_NOT_FOUND when it has none. seller 0: all. */
status commerce_order_for(ctx *c, db *d, id order, id seller, order_view *out);
/* Fills the order's note and address, personal data of its buyer: for the buyer, the sellers of the
 * order and operators only. Empty once the buyer was erased. */
status commerce_order_personal(ctx *c, db *d, order_view *v);

/* What happened to an order, oldest first. Higher modules and commerce itself write it inside their
 * command. */
typedef struct story_step {
  instant at;
  str what;
  id child, command;
  str detail;
} story_step; /* detail: JSON object */
status commerce_note(ctx *c, tx *t, id order, id child, const char *what,
                     str detail); /* detail: JSON object or empty */
status commerce_story(ctx *c, db *d, id order, story_step **out, size_t *count);

/* Whether goods, escrow and points are where the orders say. OK with *violation empty when fine; in
 * a snapshot of the caller's. */
status commerce_verify(ctx *c, db *d, str *violation);

#endif
