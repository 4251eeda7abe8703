/* report.h - public: orders, shops and goods as lists for screens and reports. Reads only; every
 * list is in one stated order and goes on after a key of the last row. Texts and arrays lie in c's
 * arena. */
#ifndef TAEL_COMMERCE_REPORT_H
#define TAEL_COMMERCE_REPORT_H

#include "modules/commerce/commerce.h"

typedef struct order_brief {
  id order, buyer;
  int state; /* order_state */
  uint32_t currency;
  int64_t total, refunded, sellers;
  instant placed_at, paid_at;
  str external;
} order_brief;
/* Newest first, below `before` (0: from the newest); state -1: all. At most `max`. */
status commerce_report_orders(ctx *c, db *d, int state, id before, size_t max, order_brief **out,
                              size_t *count);

typedef struct order_day {
  date on;
  int64_t orders, total;
} order_day; /* total: minor units placed that day */
/* Business dates with orders from `from` on, oldest first; days are the market's,
 * `utc_offset_minutes` from UTC. */
status commerce_report_days(ctx *c, db *d, date from, int utc_offset_minutes, order_day **out,
                            size_t *count);

typedef struct shop_brief {
  id shop, seller;
  str name, slug;
  int64_t offers;
} shop_brief;
/* Open shops above `after`, oldest first. */
status commerce_report_shops(ctx *c, db *d, id after, size_t max, shop_brief **out, size_t *count);
status commerce_report_shop(ctx *c, db *d, str slug,
                            shop_brief *out); /* open ones only; E_NOT_FOUND */
status commerce_report_shops_of(ctx *c, db *d, id seller, shop_brief **out, size_t *count);

typedef struct goods_brief {
  id offer;
  str title, sku;
  int64_t price, available;
} goods_brief; /* available: units free */
/* What a shop offers now, above `after`, at most 200. */
status commerce_report_goods(ctx *c, db *d, id shop, id after, size_t max, goods_brief **out,
                             size_t *count);

#endif
