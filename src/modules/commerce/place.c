/* place.c - the command order.place: a cart, or lines sent directly, become one order with a child
 * order per seller. Goods are held and paid in one commit; prices, commission and settlement terms
 * are frozen on the order. Everything the decision needs is read in load; stock is only decided
 * upon in decide, over what earlier commands left. */
#include "modules/commerce/model.h"

#include <string.h>

typedef struct wanted_line { /* a line as asked for, priced; before it is shared out over warehouses
                              */
  const offer_row *offer;
  int64_t quantity, price, items, freight, commission_each;
  size_t child;
} wanted_line;

typedef struct place_work {
  market m;
  int64_t window_s;
  bool cart_open, external_taken;
  offer_row *offers;
  wanted_line *wanted;
  size_t count;
  order_full f;
  points_part points;
  pay_plan *pay; /* NULL: placed without paying */
} place_work;

static str line_at(ctx *c, size_t i, const char *member) {
  return str_format(c->arena, "/lines/%zu/%s", i, member);
}

/* --- load: what is wanted --------------------------------------------------------------------- */

static status load_cart(ctx *c, tx *t, order_place *p, place_work *w) {
  db_rows *rows;
  id buyer = 0;
  TRY(db_query(c, tx_db(t), &rows, "select buyer, state from cart where cart_id = ?1 for update",
               DB_INT(p->cart)));
  if (db_next(rows)) {
    buyer = db_get_int(rows, 0);
    w->cart_open = db_get_int(rows, 1) == CART_OPEN;
  }
  TRY(db_done(c, rows));
  if (buyer == 0 || buyer != p->buyer) return fail(c, E_NOT_FOUND, "There is no such cart.");
  TRY(store_cart_offers(c, tx_db(t), p->cart, c->now, c->today, &w->offers, &w->count));
  order_line_in *lines = ARENA_ARRAY(c->arena, order_line_in, w->count + 1);
  for (size_t i = 0; i < w->count; i++) {
    lines[i] = (order_line_in){w->offers[i].offer, w->offers[i].cart_quantity, PRICE_CURRENT,
                               PRICE_CURRENT};
  }
  p->lines = (field_array){lines, w->count};
  return OK;
}

static status check_line(ctx *c, const order_line_in *lines, size_t i) {
  const order_line_in *l = &lines[i];
  if (l->quantity < 1 || l->quantity > QUANTITY_MAX) {
    return fail_field(c, E_MALFORMED, line_at(c, i, "quantity"), "Send a quantity of 1 to %d.",
                      QUANTITY_MAX);
  }
  for (size_t other = 0; other < i; other++) {
    /* An importer's frozen prices may differ from one unit to the next. */
    if (lines[other].offer != l->offer || lines[other].price != l->price) continue;
    return fail_field(c, E_MALFORMED, line_at(c, i, "offer"),
                      "Line %zu has this offer already; send one line with the sum of both.",
                      other);
  }
  return OK;
}

static status load_lines(ctx *c, tx *t, order_place *p, place_work *w) {
  const order_line_in *lines = p->lines.items;
  w->count = p->lines.count;
  if (w->count < 1 || w->count > ORDER_LINES_MAX) {
    return fail_field(c, E_MALFORMED, STR("/lines"), "Send 1 to %d lines.", ORDER_LINES_MAX);
  }
  id *ids = ARENA_ARRAY(c->arena, id, w->count);
  for (size_t i = 0; i < w->count; i++) {
    TRY(check_line(c, lines, i));
    ids[i] = lines[i].offer;
  }
  w->offers = ARENA_ARRAY(c->arena, offer_row, w->count);
  return store_offers_kept(c, t, ids, w->count, w->offers);
}

/* --- load: prices, children, totals ----------------------------------------------------------- */

static status find_child(ctx *c, place_work *w, const offer_row *o, size_t *out) {
  order_full *f = &w->f;
  for (*out = 0; *out < f->child_count; (*out)++) {
    if (f->children[*out].seller == o->seller) return OK;
  }
  if (f->child_count == CHILDREN_MAX) {
    return fail_field(c, E_RULE, STR("/lines"), "One order can buy from at most %d sellers.",
                      CHILDREN_MAX);
  }
  f->children[f->child_count++] = (child_row){.child = id_next(c),
                                              .seller = o->seller,
                                              .shop = o->shop,
                                              .contract = o->contract,
                                              .state = CHILD_PLACED,
                                              .settle_days = o->terms.settle_days,
                                              .settle_rule = o->terms.settle_rule,
                                              .reserve_ppb = o->terms.reserve_ppb};
  return OK;
}

static status price_line(ctx *c, place_work *w, const order_line_in *in, size_t i) {
  const offer_row *o = &w->offers[i];
  if (o->offer == 0)
    return fail_field(c, E_NOT_FOUND, line_at(c, i, "offer"), "There is no such offer.");
  if (!o->on_sale) {
    return fail_field(c, E_RULE, line_at(c, i, "offer"), "%.*s is not on sale now.",
                      STR_ARGS(o->sku));
  }
  if (!o->has_contract) {
    return fail_field(c, E_RULE, line_at(c, i, "offer"),
                      "The seller of %.*s has no contract in force.", STR_ARGS(o->sku));
  }
  wanted_line *l = &w->wanted[i];
  *l = (wanted_line){.offer = o, .quantity = in->quantity, .freight = in->freight};
  l->price = in->price == PRICE_CURRENT ? o->price : in->price;
  int64_t commission;
  if (l->price < 1 || MUL_OVERFLOWS(l->price, l->quantity, &l->items) ||
      l->items > MONEY_MAX_JSON) {
    return fail_field(c, E_RULE, line_at(c, i, "quantity"),
                      "The line comes to no amount that can be booked.");
  }
  if (!rule_commission(l->price, l->quantity, o->terms.commission_ppb, &commission)) {
    return fail_field(c, E_RULE, line_at(c, i, "offer"),
                      "The commission of this line is too large.");
  }
  l->commission_each = commission / l->quantity;
  TRY(find_child(c, w, o, &l->child));
  child_row *ch = &w->f.children[l->child];
  ch->items_total += l->items;
  ch->commission += commission;
  if (ch->items_total > MONEY_MAX_JSON)
    return fail(c, E_RULE, "The order comes to more than can be booked.");
  return OK;
}

/* The shop's freight, shared out over the child's lines by their worth, so that a line can be given
 * back with its own. */
static status share_freight(ctx *c, place_work *w, size_t child) {
  int64_t weights[ORDER_LINES_MAX], parts[ORDER_LINES_MAX];
  size_t of[ORDER_LINES_MAX], n = 0;
  child_row *ch = &w->f.children[child];
  bool given = true;
  for (size_t i = 0; i < w->count; i++) {
    if (w->wanted[i].child != child) continue;
    given = given && w->wanted[i].freight >= 0;
    weights[n] = w->wanted[i].items;
    of[n++] = i;
  }
  if (!given) {
    const offer_row *o = w->wanted[of[0]].offer;
    if (!money_split(rule_freight(ch->items_total, o->freight, o->freight_free_from), weights, n,
                     parts)) {
      return fail(c, E_RULE, "The freight can't be shared out over the lines.");
    }
  }
  for (size_t k = 0; k < n; k++) {
    wanted_line *l = &w->wanted[of[k]];
    if (!given) l->freight = parts[k];
    ch->freight += l->freight;
  }
  return OK;
}

static status price_order(ctx *c, order_place *p, place_work *w) {
  order_full *f = &w->f;
  f->children =
      ARENA_ARRAY(c->arena, child_row, w->count < CHILDREN_MAX ? w->count + 1 : CHILDREN_MAX);
  w->wanted = ARENA_ARRAY(c->arena, wanted_line, w->count + 1);
  for (size_t i = 0; i < w->count; i++)
    TRY(price_line(c, w, (const order_line_in *)p->lines.items + i, i));
  f->o = (order_row){.order = id_next(c),
                     .buyer = p->buyer,
                     .state = ORDER_PLACED,
                     .currency = w->m.currency,
                     .placed_at = c->now,
                     .external = p->external};
  for (size_t i = 0; i < f->child_count; i++) {
    TRY(share_freight(c, w, i));
    f->o.items_total += f->children[i].items_total;
    f->o.freight += f->children[i].freight;
  }
  if (order_total(&f->o) > MONEY_MAX_JSON)
    return fail(c, E_RULE, "The order comes to more than can be booked.");
  return OK;
}

/* --- load: stock and payment ------------------------------------------------------------------ */

static void need_stock(tx *t, const place_work *w) {
  for (size_t i = 0; i < w->count; i++) {
    for (size_t k = 0; k < w->offers[i].stock_count; k++) {
      tx_need_account(t, w->offers[i].stocks[k].shelf);
      tx_need_account(t, w->offers[i].stocks[k].shipped);
    }
  }
}

static status check_external(ctx *c, tx *t, const order_place *p, place_work *w) {
  if (p->external.len == 0) return OK;
  db_rows *rows;
  TRY(db_query(c, tx_db(t), &rows, "select 1 from order_external where external = ?1",
               DB_TEXT(p->external)));
  w->external_taken = db_next(rows);
  return db_done(c, rows);
}

/* Whether the payment's outcome comes later: nobody pays yet, or a channel is asked. */
static bool has_to_wait(const order_place *p) {
  const tender_in *tenders = p->tenders.items;
  for (size_t i = 0; i < p->tenders.count; i++) {
    if (tenders[i].kind == TENDER_CHANNEL) return true;
  }
  return p->tenders.count == 0;
}

/* What the group can lock before this order is looked at; a cart's lines are not known yet. */
static status place_foresee(ctx *c, tx *t, const order_place *p) {
  market m;
  uint32_t points = 0;
  TRY(identity_market(c, tx_db(t), &m));
  const order_line_in *lines = p->lines.items;
  for (size_t i = 0; p->cart == 0 && i < p->lines.count; i++) {
    const offer_row *o = store_offer_recall(c, t, lines[i].offer);
    if (o == NULL) continue;
    for (size_t k = 0; k < o->stock_count; k++) {
      tx_need_account(t, o->stocks[k].shelf);
      tx_need_account(t, o->stocks[k].shipped);
    }
    tx_need_known(t, o->seller, CODE_ORDER_ESCROW, m.currency);
    points = o->points;
  }
  tx_need_known(t, m.entity, CODE_POINTS_ISSUED, points);
  tx_need_known(t, p->buyer, CODE_POINTS, points);
  pay_foresee(t, p->buyer, m.currency, p->tenders.items, p->tenders.count);
  return OK;
}

static status place_load(ctx *c, tx *t, void *state) {
  order_place *p = state;
  if (tx_foresees(t)) return place_foresee(c, t, p);
  place_work *w = p->inner = ARENA_NEW(c->arena, place_work);
  TRY(commerce_rule_check_json(c, p->address, '{', STR("/address")));
  TRY(identity_market(c, tx_db(t), &w->m));
  TRY(check_external(c, t, p, w));
  TRY(p->cart != 0 ? load_cart(c, t, p, w) : load_lines(c, t, p, w));
  TRY(price_order(c, p, w));
  TRY(identity_seal_personal(c, tx_db(t), p->buyer, p->note, &w->f.o.note));
  TRY(identity_seal_personal(c, tx_db(t), p->buyer, p->address, &w->f.o.address));
  need_stock(t, w);
  if (has_to_wait(p)) {
    TRY(identity_parameter(c, tx_db(t), "payment_window_s", c->today, 1800, &w->window_s));
  }
  uint32_t points = w->count == 0 ? 0 : w->offers[0].points;
  TRY(points_load_of(c, t, p->buyer, w->m.currency, points, &w->points));
  bool unpaid = p->tenders.count == 0 &&
                !p->accept_difference; /* an import's missing money is a difference */
  if (unpaid || w->count == 0) return OK;
  TRY(order_pay_plan(c, &w->f, &p->tenders, w->window_s, &w->pay));
  w->pay->accept_difference = p->accept_difference;
  w->pay->authorise_only = p->authorise_only;
  return pay_plan_load(c, t, w->pay);
}

/* --- decide ----------------------------------------------------------------------------------- */

static status check_cart(ctx *c, const order_place *p, const place_work *w) {
  if (p->cart == 0) return OK;
  if (!w->cart_open) return fail(c, E_CONFLICT, "This cart was ordered already.");
  if (w->count == 0) return fail(c, E_RULE, "The cart is empty; put something in first.");
  for (size_t i = 0; i < w->count && !p->accept_price_changes; i++) {
    const offer_row *o = &w->offers[i];
    if (o->price == o->price_seen) continue;
    return fail_field(c, E_CONFLICT, line_at(c, i, "price"),
                      "%.*s costs %lld now, not %lld; look again or send accept_price_changes.",
                      STR_ARGS(o->sku), (long long)o->price, (long long)o->price_seen);
  }
  return OK;
}

/* Units of a shelf that this order's earlier lines have taken. */
static int64_t taken_before(const order_full *f, id shelf) {
  int64_t taken = 0;
  for (size_t i = 0; i < f->line_count; i++) {
    if (f->lines[i].shelf == shelf) taken += f->lines[i].quantity;
  }
  return taken;
}

static status add_lines(ctx *c, place_work *w, const wanted_line *l, const int64_t *take) {
  int64_t freight[STOCKS_PER_OFFER_MAX];
  if (!money_split(l->freight, take, l->offer->stock_count, freight))
    return fail(c, E_RULE, "Freight can't be split.");
  for (size_t k = 0; k < l->offer->stock_count; k++) {
    if (take[k] == 0) continue;
    const offer_row *o = l->offer;
    w->f.lines[w->f.line_count++] = (line_row){.line = id_next(c),
                                               .child = w->f.children[l->child].child,
                                               .offer = o->offer,
                                               .product = o->product,
                                               .variant = o->variant,
                                               .stock_id = o->stocks[k].stock_id,
                                               .shelf = o->stocks[k].shelf,
                                               .shipped = o->stocks[k].shipped,
                                               .sku = o->sku,
                                               .title = o->title,
                                               .quantity = take[k],
                                               .price = l->price,
                                               .freight = freight[k],
                                               .commission = l->commission_each * take[k],
                                               .hold = id128_next(c),
                                               .goods = GOODS_HELD};
  }
  return OK;
}

/* A line that one warehouse can't serve alone becomes a line per warehouse. */
static status share_out(ctx *c, tx *t, place_work *w) {
  size_t room = 0;
  for (size_t i = 0; i < w->count; i++)
    room += w->offers[i].stock_count;
  w->f.lines = ARENA_ARRAY(c->arena, line_row, room + 1);
  for (size_t i = 0; i < w->count; i++) {
    const offer_row *o = &w->offers[i];
    int64_t available[STOCKS_PER_OFFER_MAX], take[STOCKS_PER_OFFER_MAX], together = 0;
    for (size_t k = 0; k < o->stock_count; k++) {
      const account *shelf = tx_account(t, o->stocks[k].shelf);
      available[k] =
          shelf == NULL ? 0 : account_available(shelf) - taken_before(&w->f, o->stocks[k].shelf);
      if (available[k] > 0) together += available[k];
    }
    if (!rule_allocate(w->wanted[i].quantity, available, o->stock_count, take)) {
      return fail_field(c, E_STOCK, line_at(c, i, "quantity"),
                        "Of %.*s, %lld can be had; send at most that.", STR_ARGS(o->sku),
                        (long long)together);
    }
    TRY(add_lines(c, w, &w->wanted[i], take));
  }
  return OK;
}

/* Goods of a paid order, or of one whose payment is under way, are held until that is over; else
 * for the window. */
static status hold_goods(ctx *c, tx *t, const order_full *f, int64_t window_s) {
  transfer *holds = ARENA_ARRAY(c->arena, transfer, f->line_count);
  for (size_t i = 0; i < f->line_count; i++) {
    const line_row *l = &f->lines[i];
    uint16_t flags = TRANSFER_PENDING | (i + 1 < f->line_count ? TRANSFER_LINKED : 0);
    holds[i] = (transfer){.id = l->hold,
                          .debit_account = l->shelf,
                          .credit_account = l->shipped,
                          .amount = l->quantity,
                          .code = WHY_RESERVE_STOCK,
                          .flags = flags,
                          .timeout_s = (uint32_t)window_s,
                          .ref = f->o.order};
  }
  return tx_post(c, t, holds, f->line_count);
}

static status place_decide(ctx *c, tx *t, void *state) {
  order_place *p = state;
  place_work *w = p->inner;
  order_full *f = &w->f;
  TRY(check_cart(c, p, w));
  if (w->external_taken) {
    return fail_field(c, E_CONFLICT, STR("/external"),
                      "There is an order with this outside number already.");
  }
  TRY(share_out(c, t, w));
  if (w->pay != NULL) TRY(pay_plan_decide(c, t, w->pay));
  TRY(hold_goods(c, t, f, w->pay == NULL ? w->window_s : 0));
  if (w->pay == NULL) {
    f->o.expires_at = c->now + w->window_s * MICROS_PER_SECOND;
  } else {
    f->o.payment = w->pay->payment_id;
    if (w->pay->state == PAYMENT_PAID) {
      mark_paid(c, f);
      TRY(points_earn(c, t, &w->points, &f->o));
    }
  }
  p->order_id = f->o.order;
  p->payment_id = f->o.payment;
  p->state = f->o.state;
  return OK;
}

/* --- write ------------------------------------------------------------------------------------ */

static status place_write(ctx *c, tx *t, void *state) {
  order_place *p = state;
  place_work *w = p->inner;
  order_full *f = &w->f;
  order_child_ref *refs = ARENA_ARRAY(c->arena, order_child_ref, f->child_count);
  for (size_t i = 0; i < f->child_count; i++) {
    refs[i] = (order_child_ref){f->children[i].seller, f->children[i].child,
                                child_total(&f->children[i])};
  }
  p->children = (field_array){refs, f->child_count};
  TRY(store_order_add(c, tx_db(t), f));
  if (p->cart != 0) {
    TRY(db_run(c, tx_db(t), "update cart set state = ?2, order_id = ?3 where cart_id = ?1",
               DB_INT(p->cart), DB_INT(CART_ORDERED), DB_INT(f->o.order)));
  }
  view_order(c, f, 0, p->view);
  if (w->pay != NULL) TRY(pay_plan_write(c, t, w->pay));
  if (f->o.state != ORDER_PAID) return tell_order(c, t, f, "order.placed");
  TRY(tell_bought(c, t, f));
  return tell_sellers(c, t, f, "child_order.paid");
}

const command_type commerce_place_order = {.name = "order.place",
                                           .flags = COMMAND_GROUPED | COMMAND_FORESEES,
                                           .load = place_load,
                                           .decide = place_decide,
                                           .write = place_write};
