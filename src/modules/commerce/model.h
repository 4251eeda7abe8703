/* model.h - private to commerce: rows as structs, the pure rules over them, and the store functions
 * that read and write them. Rules (rules.c) know no store; store_*.c knows no rules. */
#ifndef TAEL_COMMERCE_MODEL_H
#define TAEL_COMMERCE_MODEL_H

#include "modules/commerce/commerce.h"

enum { STOCKS_PER_OFFER_MAX = 8, CHILDREN_MAX = PAYEES_MAX, SPLIT_LINES_MAX = ORDER_LINES_MAX * 2 };
typedef enum shop_state { SHOP_WAITING, SHOP_OPEN, SHOP_CLOSED } shop_state;
typedef enum contract_state {
  CONTRACT_PROPOSED,
  CONTRACT_IN_FORCE,
  CONTRACT_REFUSED
} contract_state;
typedef enum cart_state { CART_OPEN, CART_ORDERED } cart_state;
typedef enum goods_state { GOODS_HELD, GOODS_SENT, GOODS_FREED } goods_state;
typedef enum return_state { RETURN_ASKED, RETURN_ACCEPTED, RETURN_REJECTED } return_state;

/* --- what a checkout reads of an offer -------------------------------------------------------- */
typedef struct stock_row {
  id variant, warehouse, stock_id, seller;
  uint32_t asset;
  id shelf, shipped; /* accounts */
} stock_row;
typedef struct offer_row {
  id offer, seller, shop, product, variant;
  bool on_sale;  /* offer and shop are open */
  int64_t price; /* in force now */
  int64_t freight, freight_free_from;
  bool has_contract, has_periods; /* periods: its price changes by the clock */
  id contract;
  contract_terms terms;
  str sku, title, variant_name, shop_name; /* title: as frozen on an order */
  stock_row stocks[STOCKS_PER_OFFER_MAX];
  size_t stock_count;                /* the shop's own warehouse first */
  int64_t cart_quantity, price_seen; /* when read by way of a cart */
  uint32_t points;                   /* the market's points asset, read along */
} offer_row;

/* --- orders ----------------------------------------------------------------------------------- */
typedef struct order_row {
  id order, buyer, payment;
  int state;
  uint32_t currency;
  int64_t items_total, freight, refunded, points;
  instant placed_at, paid_at, expires_at;
  str external;
  str note, address; /* personal data: as stored, sealed under the buyer's key */
} order_row;
typedef struct child_row {
  id child, seller, shop, contract;
  int state;
  int64_t items_total, freight, commission, refunded, commission_back;
  int64_t settle_days, reserve_ppb;
  int settle_rule;
  instant shipped_at, delivered_at;
  date settles_on;
} child_row;
typedef struct line_row {
  id line, child, offer, product, variant, stock_id, shelf, shipped, review;
  str sku, title;
  int64_t quantity, price, freight, commission; /* price a unit; the others of the whole line */
  id128 hold;
  int goods;
  int64_t refunded_quantity, refunded, commission_back, returned_quantity;
} line_row;
typedef struct order_full {
  order_row o;
  child_row *children;
  size_t child_count;
  line_row *lines;
  size_t line_count;
} order_full;

/* --- rules.c: pure ---------------------------------------------------------------------------- */
/* Takes `wanted` from stocks with `available` units: whole from the first that has enough, else
 * from each in turn. false: there is less than that altogether; `take` is then untouched. */
bool rule_allocate(int64_t wanted, const int64_t *available, size_t count, int64_t *take);
/* Half-up per unit of the item price, times the quantity. */
bool rule_commission(int64_t price, int64_t quantity, int64_t rate_ppb, int64_t *out);
/* The shop's freight for a child order of that item total. */
int64_t rule_freight(int64_t items_total, int64_t freight, int64_t free_from);
int64_t line_items(const line_row *l);
int64_t line_left(const line_row *l); /* what was paid for it and not given back */
int64_t child_total(const child_row *ch);
int64_t child_left(const child_row *ch);
int64_t order_total(const order_row *o);
/* What is left of it, as one refund; amounts count against the item price before freight. */
void rule_refund_all(line_row *l, int64_t *amount, int64_t *commission_back);
/* Books a refund of `quantity` units and `amount` (0: their price) on the line: E_RULE names what
 * is too much. */
status rule_refund_line(ctx *c, line_row *l, size_t index, refund_line want, int64_t *amount,
                        int64_t *commission_back);
/* Points for what was paid and not refunded: whole currency units times the rate. */
int64_t rule_points(int64_t paid_minor, int scale, int64_t points_per_unit);
/* The order's state from its children's. */
int rule_order_state(const order_full *f);
date rule_settles_on(date delivered, const child_row *ch, const calendar *cal);
status rule_check_slug(ctx *c, str slug);
status commerce_rule_check_json(ctx *c, str text, char first,
                                str pointer); /* empty, or a value that opens with `first` */
status rule_check_terms(ctx *c, const contract_terms *terms);

child_row *order_child(order_full *f, id child); /* NULL: not in this order */
line_row *order_line(order_full *f, id line);

/* --- store_catalog.c -------------------------------------------------------------------------- */
/* Fills rows[i] for ids[i]; an unknown offer has offer == 0. */
status store_offers(ctx *c, db *d, const id *ids, size_t count, instant now, date today,
                    offer_row *rows);
/* The same by the ctx's time inside a command, which keeps them for the next ones. */
status store_offers_kept(ctx *c, tx *t, const id *ids, size_t count, offer_row *rows);
const offer_row *store_offer_recall(const ctx *c, tx *t, id offer); /* NULL: not kept */
status store_cart_offers(ctx *c, db *d, id cart, instant now, date today, offer_row **rows,
                         size_t *count);
status store_shop_seller(ctx *c, db *d, id shop, id *out); /* E_NOT_FOUND */
status store_has_category(ctx *c, db *d, id category, bool *out);
status store_stock_find(ctx *c, db *d, id variant, id warehouse,
                        stock_row *out); /* stock_id 0: none yet */
status store_stock_add(ctx *c, db *d, const stock_row *s);
status store_points_asset(ctx *c, db *d, uint32_t *out); /* 0: not registered yet */

/* --- store_order.c ---------------------------------------------------------------------------- */
status store_order_add(ctx *c, db *d, const order_full *f);
/* Locks the order's row when `lock`; E_NOT_FOUND. */
status store_order_load(ctx *c, db *d, id order, bool lock, order_full *out);
/* Saves what differs between two images of an order. */
status store_order_diff(ctx *c, db *d, const order_full *before, const order_full *after);
void order_copy(ctx *c, const order_full *from, order_full *to);

/* --- shared by commands (common.c) ------------------------------------------------------------ */
/* E_NOT_FOUND unless 0 or equal: what is another's does not exist for the caller. */
status commerce_check_owner(ctx *c, id wanted, id owner, const char *what);
/* Says a change to whom it concerns: the order's story, the events, the audit trail. */
status tell_order(ctx *c, tx *t, const order_full *f, const char *what);
/* Placed and paid in one commit: two steps of the story, one event, "order.paid". */
status tell_bought(ctx *c, tx *t, const order_full *f);
status tell_child(ctx *c, tx *t, const order_full *f, const child_row *ch, const char *what);
/* "child_order.paid" and the like to every seller; the story has the order's own step. */
status tell_sellers(ctx *c, tx *t, const order_full *f, const char *what);
/* The order as shown; seller 0: all of it. NULL: not wanted. */
void view_order(ctx *c, const order_full *f, id seller, order_view *out);
void mark_paid(ctx *c, order_full *f);
void mark_cancelled(order_full *f);

/* A payment plan for the whole order, one payee a child order (pay.c). */
status order_pay_plan(ctx *c, const order_full *f, const field_array *tenders, int64_t window_s,
                      pay_plan **out);

/* Points: accounts found in load, transfers made in decide. */
typedef struct points_part {
  id issued, owned; /* accounts; 0: none */
  int64_t rate;
  int scale;
} points_part;
status points_load(ctx *c, tx *t, id buyer, uint32_t currency, points_part *p);
/* The same when the points' asset is known already; 0: there are no points. */
status points_load_of(ctx *c, tx *t, id buyer, uint32_t currency, uint32_t asset, points_part *p);
status points_earn(ctx *c, tx *t, const points_part *p, order_row *o);
status points_take_back(ctx *c, tx *t, const points_part *p, order_row *o);

/* What becomes of the goods of lines. */
void goods_need(tx *t, const order_full *f, id child); /* load; child 0: all */
/* Refuses with E_EXPIRED when the goods of a line are no longer held. */
status goods_check_held(ctx *c, tx *t, const order_full *f, instant now);
status goods_send(ctx *c, tx *t, order_full *f, line_row *l);
status goods_free(ctx *c, tx *t, order_full *f, line_row *l);

/* Giving money back as a step of cancel, refund and return (back.c): change the lines by a rule,
 * back_add the sums, then load, decide, write. */
typedef struct give_back {
  refund_plan plans[CHILDREN_MAX];
  size_t count;
  points_part points;
  str reason;
} give_back;
/* Books the sums on child and order and plans the refund; nothing when the amount is 0. */
void back_add(ctx *c, give_back *b, order_full *f, child_row *ch, int64_t amount,
              int64_t commission_back);
status back_load(ctx *c, tx *t, give_back *b, const order_full *f);
status back_decide(ctx *c, tx *t, give_back *b, order_full *f);
status back_write(ctx *c, tx *t, give_back *b, const order_full *f);

extern const payable_hooks commerce_payable;
extern const job_type commerce_expire_job;
extern const char commerce_schema_sql[];

#endif
