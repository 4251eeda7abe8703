/* report.c - the lists of report.h. Reads only; prices and stock come from where a checkout takes
 * them. */
#include "modules/commerce/model.h"
#include "modules/commerce/report.h"

enum { GOODS_MAX = 200, DAYS_MAX = 400, SHOPS_OF_MAX = 50 };
#define ID_TOP INT64_MAX
#define MICROS_PER_MINUTE (INT64_C(60) * MICROS_PER_SECOND)
#define MICROS_PER_DAY (SECONDS_PER_DAY * MICROS_PER_SECOND)

#define ORDER_COLUMNS                                                                             \
  "select o.order_id, o.buyer, o.state, o.currency, o.items_total + o.freight, o.refunded, "      \
  "o.placed_at,"                                                                                  \
  " o.paid_at, o.external, (select count(*) from child_order ch where ch.order_id = o.order_id) " \
  "from orders o "

status commerce_report_orders(ctx *c, db *d, int state, id before, size_t max, order_brief **out,
                              size_t *count) {
  id top = before != 0 ? before : ID_TOP;
  db_rows *rows;
  if (state < 0) {
    TRY(db_query(c, d, &rows,
                 ORDER_COLUMNS "where o.order_id < ?1 order by o.order_id desc limit ?2",
                 DB_INT(top), DB_INT(max)));
  } else {
    TRY(db_query(c, d, &rows,
                 ORDER_COLUMNS
                 "where o.order_id < ?1 and o.state = ?3 order by o.order_id desc limit ?2",
                 DB_INT(top), DB_INT(max), DB_INT(state)));
  }
  order_brief *list = ARENA_ARRAY(c->arena, order_brief, max);
  size_t n = 0;
  while (n < max && db_next(rows)) {
    list[n++] = (order_brief){.order = db_get_int(rows, 0),
                              .buyer = db_get_int(rows, 1),
                              .state = (int)db_get_int(rows, 2),
                              .currency = (uint32_t)db_get_int(rows, 3),
                              .total = db_get_int(rows, 4),
                              .refunded = db_get_int(rows, 5),
                              .placed_at = db_get_int(rows, 6),
                              .paid_at = db_get_int(rows, 7),
                              .external = db_keep_text(rows, 8, c->arena),
                              .sellers = db_get_int(rows, 9)};
  }
  *out = list;
  *count = n;
  return db_done(c, rows);
}

status commerce_report_days(ctx *c, db *d, date from, int utc_offset_minutes, order_day **out,
                            size_t *count) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select (placed_at + ?2) / ?3, count(*), cast(sum(items_total + freight) as bigint) "
               "from orders"
               " where placed_at >= ?1 group by 1 order by 1 limit ?4",
               DB_INT(instant_from_date(from, utc_offset_minutes)),
               DB_INT(utc_offset_minutes * MICROS_PER_MINUTE), DB_INT(MICROS_PER_DAY),
               DB_INT(DAYS_MAX)));
  order_day *list = ARENA_ARRAY(c->arena, order_day, DAYS_MAX);
  size_t n = 0;
  while (n < DAYS_MAX && db_next(rows)) {
    list[n++] = (order_day){(date)db_get_int(rows, 0), db_get_int(rows, 1), db_get_int(rows, 2)};
  }
  *out = list;
  *count = n;
  return db_done(c, rows);
}

/* --- shops ------------------------------------------------------------------------------------ */

#define SHOP_BRIEF                              \
  "select s.shop_id, s.seller, s.name, s.slug," \
  " (select count(*) from offer f where f.shop_id = s.shop_id and f.state = 1) from shop s "

static shop_brief read_shop_brief(ctx *c, const db_rows *rows) {
  return (shop_brief){.shop = db_get_int(rows, 0),
                      .seller = db_get_int(rows, 1),
                      .name = db_keep_text(rows, 2, c->arena),
                      .slug = db_keep_text(rows, 3, c->arena),
                      .offers = db_get_int(rows, 4)};
}

static status read_shops(ctx *c, db_rows *rows, size_t max, shop_brief **out, size_t *count) {
  shop_brief *list = ARENA_ARRAY(c->arena, shop_brief, max);
  size_t n = 0;
  while (n < max && db_next(rows))
    list[n++] = read_shop_brief(c, rows);
  *out = list;
  *count = n;
  return db_done(c, rows);
}

status commerce_report_shops(ctx *c, db *d, id after, size_t max, shop_brief **out, size_t *count) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               SHOP_BRIEF "where s.shop_id > ?1 and s.state = ?3 order by s.shop_id limit ?2",
               DB_INT(after), DB_INT(max), DB_INT(SHOP_OPEN)));
  return read_shops(c, rows, max, out, count);
}

status commerce_report_shops_of(ctx *c, db *d, id seller, shop_brief **out, size_t *count) {
  db_rows *rows;
  TRY(db_query(c, d, &rows, SHOP_BRIEF "where s.seller = ?1 order by s.shop_id limit ?2",
               DB_INT(seller), DB_INT(SHOPS_OF_MAX)));
  return read_shops(c, rows, SHOPS_OF_MAX, out, count);
}

status commerce_report_shop(ctx *c, db *d, str slug, shop_brief *out) {
  db_rows *rows;
  TRY(db_query(
      c, d, &rows,
      SHOP_BRIEF
      "where s.shop_id = (select x.shop_id from shop_slug x where x.slug = ?1) and s.state = ?2",
      DB_TEXT(slug), DB_INT(SHOP_OPEN)));
  bool found = db_next(rows);
  if (found) *out = read_shop_brief(c, rows);
  TRY(db_done(c, rows));
  return found ? OK : fail(c, E_NOT_FOUND, "There is no such shop.");
}

/* --- goods ------------------------------------------------------------------------------------ */

status commerce_free_units(ctx *c, db *d, const offer_row *o, int64_t *out) {
  *out = 0;
  for (size_t i = 0; i < o->stock_count; i++) {
    account shelf;
    TRY(ledger_account_get(c, d, o->stocks[i].shelf, &shelf));
    *out += account_available(&shelf);
  }
  return OK;
}

status commerce_report_goods(ctx *c, db *d, id shop, id after, size_t max, goods_brief **out,
                             size_t *count) {
  if (max > GOODS_MAX) max = GOODS_MAX;
  id *ids = ARENA_ARRAY(c->arena, id, max);
  size_t n = 0;
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select o.offer_id from offer o join product p on p.product_id = o.product_id"
               " where o.shop_id = ?1 and o.offer_id > ?2 and o.state = 1 and p.state = 1"
               " order by o.offer_id limit ?3",
               DB_INT(shop), DB_INT(after), DB_INT(max)));
  while (n < max && db_next(rows))
    ids[n++] = db_get_int(rows, 0);
  TRY(db_done(c, rows));
  offer_row *offers = ARENA_ARRAY(c->arena, offer_row, n + 1);
  TRY(store_offers(c, d, ids, n, c->now, c->today, offers));
  goods_brief *list = ARENA_ARRAY(c->arena, goods_brief, n + 1);
  for (size_t i = 0; i < n; i++) {
    list[i] = (goods_brief){
        .offer = ids[i], .title = offers[i].title, .sku = offers[i].sku, .price = offers[i].price};
    TRY(commerce_free_units(c, d, &offers[i], &list[i].available));
  }
  *out = list;
  *count = n;
  return OK;
}
