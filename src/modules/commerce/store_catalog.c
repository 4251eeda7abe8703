/* store_catalog.c - reads what a checkout needs of many offers in one statement: price in force,
 * contract in force, the shop's freight and the stock accounts of each warehouse. Also stock rows.
 * No rules. */
#include "modules/commerce/model.h"

#include <string.h>

enum { OFFERS_AT_ONCE = 8 };

/* ?1 the moment, ?2 its business date. One row an offer and warehouse. */
#define OFFER_COLUMNS                                                                             \
  "o.offer_id, o.seller, o.shop_id, o.product_id, o.variant_id, o.state * p.state, s.state, "     \
  "o.price,"                                                                                      \
  " (select pp.price from price_period pp where pp.offer_id = o.offer_id and pp.valid_from <= ?1" \
  "   and (pp.valid_until = 0 or pp.valid_until > ?1) order by pp.valid_from desc, pp.price_id "  \
  "desc limit 1),"                                                                                \
  " s.freight, s.freight_free_from, v.sku, v.name, p.title, k.contract_id, k.commission_ppb, "    \
  "k.reserve_ppb,"                                                                                \
  " k.settle_days, k.settle_rule, k.valid_from, st.warehouse_id, st.stock_id, st.asset, "         \
  "st.shelf, st.shipped,"                                                                         \
  " case when st.warehouse_id = s.warehouse_id then 0 else 1 end, s.name,"                        \
  " (select pg.asset from points_program pg where pg.name = 'points'),"                           \
  " case when exists (select 1 from price_period pp where pp.offer_id = o.offer_id) then 1 else " \
  "0 end"
#define OFFER_JOINS                                                                         \
  " join shop s on s.shop_id = o.shop_id join variant v on v.variant_id = o.variant_id"     \
  " join product p on p.product_id = o.product_id"                                          \
  " left join contract k on k.seller = o.seller and k.contract_id ="                        \
  "   (select x.contract_id from contract x where x.seller = o.seller and x.state = 1 and " \
  "x.valid_from <= ?2"                                                                      \
  "    order by x.valid_from desc, x.contract_id desc limit 1)"                             \
  " left join stock st on st.variant_id = o.variant_id and st.seller = o.seller"
enum { COLUMN_STOCK = 20, COLUMN_SHOP_NAME = 26, COLUMN_POINTS = 27, COLUMN_PERIODS, COLUMN_CART };

static void read_stock(const db_rows *rows, offer_row *o) {
  if (db_get_null(rows, COLUMN_STOCK) || o->stock_count == STOCKS_PER_OFFER_MAX) return;
  o->stocks[o->stock_count++] = (stock_row){.variant = o->variant,
                                            .seller = o->seller,
                                            .warehouse = db_get_int(rows, COLUMN_STOCK),
                                            .stock_id = db_get_int(rows, COLUMN_STOCK + 1),
                                            .asset = (uint32_t)db_get_int(rows, COLUMN_STOCK + 2),
                                            .shelf = db_get_int(rows, COLUMN_STOCK + 3),
                                            .shipped = db_get_int(rows, COLUMN_STOCK + 4)};
}

static void read_offer(ctx *c, const db_rows *rows, offer_row *o) {
  *o = (offer_row){.offer = db_get_int(rows, 0),
                   .seller = db_get_int(rows, 1),
                   .shop = db_get_int(rows, 2),
                   .product = db_get_int(rows, 3),
                   .variant = db_get_int(rows, 4),
                   .on_sale = db_get_int(rows, 5) == 1 && db_get_int(rows, 6) == SHOP_OPEN,
                   .price = db_get_int(rows, db_get_null(rows, 8) ? 7 : 8),
                   .freight = db_get_int(rows, 9),
                   .freight_free_from = db_get_int(rows, 10),
                   .sku = db_keep_text(rows, 11, c->arena),
                   .has_contract = !db_get_null(rows, 14),
                   .contract = db_get_int(rows, 14),
                   .points = (uint32_t)db_get_int(rows, COLUMN_POINTS),
                   .has_periods = db_get_int(rows, COLUMN_PERIODS) == 1};
  str title = db_get_text(rows, 13);
  o->variant_name = db_keep_text(rows, 12, c->arena);
  o->shop_name = db_keep_text(rows, COLUMN_SHOP_NAME, c->arena);
  o->title = o->variant_name.len == 0
                 ? str_copy(c->arena, title)
                 : str_format(c->arena, "%.*s, %.*s", STR_ARGS(title), STR_ARGS(o->variant_name));
  o->terms = (contract_terms){.commission_ppb = db_get_int(rows, 15),
                              .reserve_ppb = db_get_int(rows, 16),
                              .settle_days = db_get_int(rows, 17),
                              .settle_rule = (int)db_get_int(rows, 18),
                              .valid_from = (date)db_get_int(rows, 19)};
}

static status load_some(ctx *c, db *d, const id *ids, size_t count, const db_value *when,
                        offer_row *out) {
  id asked[OFFERS_AT_ONCE] = {0};
  for (size_t i = 0; i < count; i++)
    asked[i] = ids[i];
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select " OFFER_COLUMNS " from offer o" OFFER_JOINS
               " where o.offer_id in (?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) order by o.offer_id, 26, "
               "st.warehouse_id",
               when[0], when[1], DB_INT(asked[0]), DB_INT(asked[1]), DB_INT(asked[2]),
               DB_INT(asked[3]), DB_INT(asked[4]), DB_INT(asked[5]), DB_INT(asked[6]),
               DB_INT(asked[7])));
  while (db_next(rows)) {
    id offer = db_get_int(rows, 0);
    for (size_t i = 0; i < count; i++) {
      if (ids[i] != offer) continue;
      if (out[i].offer == 0) read_offer(c, rows, &out[i]);
      read_stock(rows, &out[i]);
    }
  }
  return db_done(c, rows);
}

status store_offers(ctx *c, db *d, const id *ids, size_t count, instant now, date today,
                    offer_row *rows) {
  const db_value when[] = {DB_INT(now), DB_INT(today)};
  for (size_t at = 0; at < count; at += OFFERS_AT_ONCE) {
    size_t some = count - at < OFFERS_AT_ONCE ? count - at : OFFERS_AT_ONCE;
    TRY(load_some(c, d, ids + at, some, when, rows + at));
  }
  return OK;
}

/* --- offers kept between checkouts ------------------------------------------------------------ */

static const char offer_tables[] =
    "offer shop variant product contract stock price_period points_program";

typedef struct kept_offer {
  date on; /* whose contract it is */
  offer_row row;
} kept_offer; /* its texts follow */

static str keep_text(char **at, str s) {
  char *kept = *at;
  if (s.len > 0) memcpy(kept, s.at, s.len);
  *at += s.len;
  return (str){kept, s.len};
}

/* An offer whose price changes by the clock is read each time. */
static void keep_offer(tx *t, date today, const offer_row *o) {
  if (o->offer == 0 || o->has_periods) return;
  size_t texts = o->sku.len + o->title.len + o->variant_name.len + o->shop_name.len;
  kept_offer *k = tx_keep(t, offer_tables, o->offer, sizeof *k + texts);
  if (k == NULL) return;
  char *at = (char *)(k + 1);
  *k = (kept_offer){.on = today, .row = *o};
  k->row.sku = keep_text(&at, o->sku);
  k->row.title = keep_text(&at, o->title);
  k->row.variant_name = keep_text(&at, o->variant_name);
  k->row.shop_name = keep_text(&at, o->shop_name);
}

const offer_row *store_offer_recall(const ctx *c, tx *t, id offer) {
  const kept_offer *k = tx_recall(t, offer_tables, offer);
  return k != NULL && k->on == c->today ? &k->row : NULL;
}

status store_offers_kept(ctx *c, tx *t, const id *ids, size_t count, offer_row *rows) {
  size_t missing = 0, *places = ARENA_ARRAY(c->arena, size_t, count);
  id *asked = ARENA_ARRAY(c->arena, id, count);
  for (size_t i = 0; i < count; i++) {
    const offer_row *known = store_offer_recall(c, t, ids[i]);
    if (known != NULL) {
      rows[i] = *known;
      continue;
    }
    asked[missing] = ids[i];
    places[missing++] = i;
  }
  if (missing == 0) return OK;
  offer_row *read = ARENA_ARRAY(c->arena, offer_row, missing);
  TRY(store_offers(c, tx_db(t), asked, missing, c->now, c->today, read));
  for (size_t i = 0; i < missing; i++) {
    rows[places[i]] = read[i];
    keep_offer(t, c->today, &read[i]);
  }
  return OK;
}

status store_cart_offers(ctx *c, db *d, id cart, instant now, date today, offer_row **out,
                         size_t *count) {
  offer_row *all = ARENA_ARRAY(c->arena, offer_row, ORDER_LINES_MAX);
  size_t used = 0;
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select " OFFER_COLUMNS ", l.quantity, l.price_seen from cart_line l"
               " join offer o on o.offer_id = l.offer_id" OFFER_JOINS
               " where l.cart_id = ?3 order by l.offer_id, 26, st.warehouse_id",
               DB_INT(now), DB_INT(today), DB_INT(cart)));
  while (db_next(rows)) {
    id offer = db_get_int(rows, 0);
    if (used == 0 || all[used - 1].offer != offer) {
      if (used == ORDER_LINES_MAX) continue;
      read_offer(c, rows, &all[used++]);
      all[used - 1].cart_quantity = db_get_int(rows, COLUMN_CART);
      all[used - 1].price_seen = db_get_int(rows, COLUMN_CART + 1);
    }
    read_stock(rows, &all[used - 1]);
  }
  TRY(db_done(c, rows));
  *out = all;
  *count = used;
  return OK;
}

status store_stock_find(ctx *c, db *d, id variant, id warehouse, stock_row *out) {
  *out = (stock_row){.variant = variant, .warehouse = warehouse};
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select stock_id, seller, asset, shelf, shipped from stock where variant_id = ?1 "
               "and warehouse_id = ?2",
               DB_INT(variant), DB_INT(warehouse)));
  if (db_next(rows)) {
    out->stock_id = db_get_int(rows, 0);
    out->seller = db_get_int(rows, 1);
    out->asset = (uint32_t)db_get_int(rows, 2);
    out->shelf = db_get_int(rows, 3);
    out->shipped = db_get_int(rows, 4);
  }
  return db_done(c, rows);
}

status store_stock_add(ctx *c, db *d, const stock_row *s) {
  return db_run(
      c, d,
      "insert into stock (variant_id, warehouse_id, stock_id, seller, asset, shelf, shipped)"
      " values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
      DB_INT(s->variant), DB_INT(s->warehouse), DB_INT(s->stock_id), DB_INT(s->seller),
      DB_INT(s->asset), DB_INT(s->shelf), DB_INT(s->shipped));
}

status store_points_asset(ctx *c, db *d, uint32_t *out) {
  *out = 0;
  db_rows *rows;
  TRY(db_query0(c, d, &rows, "select asset from points_program where name = 'points'"));
  if (db_next(rows)) *out = (uint32_t)db_get_int(rows, 0);
  return db_done(c, rows);
}

status store_shop_seller(ctx *c, db *d, id shop, id *out) {
  *out = 0;
  db_rows *rows;
  TRY(db_query(c, d, &rows, "select seller from shop where shop_id = ?1", DB_INT(shop)));
  if (db_next(rows)) *out = db_get_int(rows, 0);
  TRY(db_done(c, rows));
  return *out != 0 ? OK : fail(c, E_NOT_FOUND, "There is no such shop.");
}

status store_has_category(ctx *c, db *d, id category, bool *out) {
  db_rows *rows;
  TRY(db_query(c, d, &rows, "select 1 from category where category_id = ?1", DB_INT(category)));
  *out = db_next(rows);
  return db_done(c, rows);
}
