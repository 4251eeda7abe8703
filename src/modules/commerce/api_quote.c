/* api_quote.c - what a cart would come to before anybody consents: freight and total by shop, and
 * the very tenders a checkout would take, voucher first, then a campaign's credit, then the wallet.
 * The same rules as place.c, on the same rows; it holds nothing, so a checkout a moment later may
 * still be refused. Also a buyer's messages: what happened to their orders, newest first. */
#include "modules/commerce/api.h"
#include "modules/payment/report.h"

enum { QUOTE_TENDERS = 3 };

typedef struct quote_child {
  id shop, seller;
  str shop_name;
  int64_t items_total, freight, total, free_from;
} quote_child;
static const field child_fields[] = {
    F_ID(quote_child, shop, 0, ID_SHOP, "Who sells."),
    F_ID(quote_child, seller, 0, ID_TENANT, "The shop's tenant."),
    F_STR(quote_child, shop_name, 0, 0, 0, "The shop's name."),
    F_AMOUNT(quote_child, items_total, 0, 0, 0, "Sum of its lines."),
    F_AMOUNT(quote_child, freight, 0, 0, 0, "Its freight."),
    F_AMOUNT(quote_child, total, 0, 0, 0, "Both."),
    F_AMOUNT(quote_child, free_from, 0, 0, 0, "No freight from this item total on; 0: always."),
};
static SHAPE(child_shape, "QuoteChild", quote_child, child_fields);

typedef struct quote_out {
  id cart;
  uint32_t currency;
  int64_t items_total, freight, total, points, voucher, credit, balance, rest, wallet, lapses;
  bool price_moved, is_blocked;
  str voucher_refused;
  field_array children, tenders;
} quote_out;
static const field quote_fields[] = {
    F_ID(quote_out, cart, 0, ID_CART, "The cart."),
    F_CURRENCY(quote_out, currency, 0, "ISO 4217."),
    F_AMOUNT(quote_out, items_total, 0, 0, 0, "Sum of the lines."),
    F_AMOUNT(quote_out, freight, 0, 0, 0, "Sum of freight."),
    F_AMOUNT(quote_out, total, 0, 0, 0, "To be paid."),
    F_INT(quote_out, points, 0, 0, 0, "Points it would earn."),
    F_AMOUNT(quote_out, voucher, 0, 0, 0, "Paid by the voucher."),
    F_AMOUNT(quote_out, lapses, 0, 0, 0, "What of the voucher would be lost."),
    F_AMOUNT(quote_out, credit, 0, 0, 0, "Paid by the campaign."),
    F_AMOUNT(quote_out, balance, 0, 0, 0, "Paid from the wallet."),
    F_AMOUNT(quote_out, rest, 0, 0, 0, "Left for a channel."),
    F_AMOUNT(quote_out, wallet, 0, 0, 0, "What the wallet can spend."),
    F_BOOL(quote_out, price_moved, 0, "A price is another than when it was put in."),
    F_BOOL(quote_out, is_blocked, 0, "Something in it can't be bought now, or nothing is in it."),
    F_STR(quote_out, voucher_refused, FIELD_OMIT_ZERO, 0, 0,
          "Why the voucher does not count: unknown, used, expired, currency."),
    F_ARRAY(quote_out, children, 0, 0, 0, &child_shape, "Shop by shop."),
    F_ARRAY(quote_out, tenders, 0, 0, 0, &payment_tender_shape,
            "Send these at checkout, and a channel for the rest."),
};
SHAPE(commerce_quote_shape, "Quote", quote_out, quote_fields);

typedef struct quote_query {
  str voucher;
  id campaign;
  bool wallet;
} quote_query;
static const field query_fields[] = {
    F_STR(quote_query, voucher, 0, 0, 64, "A voucher's code."),
    F_ID(quote_query, campaign, 0, ID_CAMPAIGN, "A campaign whose credit is used."),
    F_BOOL(quote_query, wallet, 0, "Pay from the wallet as far as it goes."),
};
SHAPE(commerce_quote_query_shape, "QuoteQuery", quote_query, query_fields);

/* --- goods ------------------------------------------------------------------------------------ */

static status own_cart(ctx *c, const request *r, db *d) {
  id buyer = 0;
  db_rows *rows;
  TRY(db_query(c, d, &rows, "select buyer from cart where cart_id = ?1 and state = ?2",
               DB_INT(r->params[0]), DB_INT(CART_OPEN)));
  if (db_next(rows)) buyer = db_get_int(rows, 0);
  TRY(db_done(c, rows));
  if (buyer != 0 && buyer == r->who.actor) return OK;
  return fail(c, E_NOT_FOUND, "There is no such open cart.");
}

static quote_child *child_of(quote_child *children, size_t *count, const offer_row *o) {
  for (size_t i = 0; i < *count; i++) {
    if (children[i].seller == o->seller) return &children[i];
  }
  children[*count] = (quote_child){.shop = o->shop,
                                   .seller = o->seller,
                                   .shop_name = o->shop_name,
                                   .free_from = o->freight_free_from,
                                   .freight = o->freight};
  return &children[(*count)++];
}

static status too_much(ctx *c) {
  return fail(c, E_RULE, "The cart comes to more than can be booked; take something out.");
}

static status add_goods(ctx *c, db *d, quote_out *q) {
  offer_row *offers;
  size_t count, children_count = 0;
  TRY(store_cart_offers(c, d, q->cart, c->now, c->today, &offers, &count));
  quote_child *children = ARENA_ARRAY(c->arena, quote_child, count + 1);
  q->is_blocked = count == 0;
  for (size_t i = 0; i < count; i++) {
    const offer_row *o = &offers[i];
    quote_child *ch = child_of(children, &children_count, o);
    int64_t line = 0;
    if (MUL_OVERFLOWS(o->price, o->cart_quantity, &line) ||
        ADD_OVERFLOWS(ch->items_total, line, &ch->items_total)) {
      return too_much(c);
    }
    if (o->price != o->price_seen) q->price_moved = true;
    if (!o->on_sale || !o->has_contract) q->is_blocked = true;
  }
  for (size_t i = 0; i < children_count; i++) {
    quote_child *ch = &children[i];
    ch->freight = rule_freight(ch->items_total, ch->freight, ch->free_from);
    if (ADD_OVERFLOWS(ch->items_total, ch->freight, &ch->total) ||
        ADD_OVERFLOWS(q->items_total, ch->items_total, &q->items_total) ||
        ADD_OVERFLOWS(q->total, ch->total, &q->total) || q->total > MONEY_MAX_JSON) {
      return too_much(c);
    }
    q->freight += ch->freight;
  }
  q->children = (field_array){children, children_count};
  return OK;
}

/* --- money ------------------------------------------------------------------------------------ */

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

static void tender(quote_out *q, tender_in t) {
  if (t.amount <= 0) return;
  ((tender_in *)q->tenders.items)[q->tenders.count++] = t;
  q->rest -= t.amount;
}

static status use_voucher(ctx *c, db *d, quote_out *q, str code) {
  voucher_look v;
  TRY(payment_look_voucher(c, d, code, &v));
  if (!v.found) {
    q->voucher_refused = STR("unknown");
  } else if (v.is_used) {
    q->voucher_refused = STR("used");
  } else if (v.expires_at != 0 && v.expires_at <= c->now) {
    q->voucher_refused = STR("expired");
  } else if (v.currency != q->currency) {
    q->voucher_refused = STR("currency");
  } else {
    q->voucher = least(v.amount, q->rest);
    q->lapses = v.amount - q->voucher;
    tender(q, (tender_in){.kind = TENDER_VOUCHER, .amount = q->voucher, .voucher_code = code});
  }
  return OK;
}

static status add_money(ctx *c, db *d, const request *r, quote_out *q) {
  const quote_query *asked = r->query;
  q->tenders.items = ARENA_ARRAY(c->arena, tender_in, QUOTE_TENDERS);
  q->rest = q->total;
  TRY(payment_look_wallet(c, d, r->who.actor, &q->wallet));
  if (asked->voucher.len > 0) TRY(use_voucher(c, d, q, asked->voucher));
  if (asked->campaign != 0) {
    TRY(payment_look_credit(c, d, asked->campaign, &q->credit));
    q->credit = least(q->credit, q->rest);
    tender(q,
           (tender_in){.kind = TENDER_CAMPAIGN, .amount = q->credit, .campaign = asked->campaign});
  }
  if (asked->wallet) {
    q->balance = least(q->wallet, q->rest);
    tender(q, (tender_in){.kind = TENDER_BALANCE, .amount = q->balance});
  }
  return OK;
}

READ(commerce_read_quote) {
  quote_out *q = out;
  market m;
  int64_t rate;
  uint32_t points_asset;
  TRY(own_cart(c, r, d));
  TRY(identity_market(c, d, &m));
  q->cart = r->params[0];
  q->currency = m.currency;
  TRY(add_goods(c, d, q));
  TRY(add_money(c, d, r, q));
  TRY(store_points_asset(c, d, &points_asset));
  TRY(identity_parameter(c, d, "points_per_unit", c->today, 1, &rate));
  char code[4];
  int scale = 0;
  if (points_asset != 0 && currency_by_number(m.currency, code, &scale))
    q->points = rule_points(q->total, scale, rate);
  return OK;
}

/* --- messages --------------------------------------------------------------------------------- */

typedef struct message_out {
  id event, order, child;
  instant at;
  str what, shop_name;
} message_out;
static const field message_fields[] = {
    F_ID(message_out, event, 0, ID_EVENT, "The step of the order's story."),
    F_ID(message_out, order, 0, ID_ORDER, "The order."),
    F_ID(message_out, child, FIELD_OMIT_ZERO, ID_CHILD_ORDER, "One shop's part of it."),
    F_TIME(message_out, at, 0, "When."),
    F_STR(message_out, what, 0, 0, 0, "\"order.paid\", \"parcel.handed_over\" and the like."),
    F_STR(message_out, shop_name, FIELD_OMIT_ZERO, 0, 0, "The shop it is about."),
};
SHAPE(commerce_message_shape, "Message", message_out, message_fields);

READ(commerce_list_messages) {
  const page_query *q = r->query;
  int64_t before = 0;
  TRY(commerce_page_from(c, q->after, &before));
  size_t limit = commerce_page_limit(q->limit), count = 0;
  message_out *items = ARENA_ARRAY(c->arena, message_out, limit);
  db_rows *rows;
  /* Of the last 500 orders: older ones are still told on their own page. */
  TRY(db_query(c, d, &rows,
               "select e.event_id, e.order_id, e.child_id, e.at, e.what, s.name from order_event e"
               " left join child_order ch on ch.order_id = e.order_id and ch.child_id = e.child_id"
               " left join shop s on s.shop_id = ch.shop_id where e.order_id in (select o.order_id"
               " from orders o where o.buyer = ?1 order by o.order_id desc limit 500)"
               " and e.event_id < ?2 order by e.event_id desc limit ?3",
               DB_INT(r->who.actor), DB_INT(before != 0 ? before : INT64_MAX), DB_INT(limit)));
  while (count < limit && db_next(rows)) {
    items[count++] = (message_out){
        .event = db_get_int(rows, 0),
        .order = db_get_int(rows, 1),
        .child = db_get_int(rows, 2),
        .at = db_get_int(rows, 3),
        .what = db_keep_text(rows, 4, c->arena),
        .shop_name = db_get_null(rows, 5) ? (str){0} : db_keep_text(rows, 5, c->arena)};
  }
  TRY(db_done(c, rows));
  list_out *list = out;
  list->items = (field_array){items, count};
  if (count == limit) list->next = cursor_print(c->arena, &items[count - 1].event, 1);
  return OK;
}
