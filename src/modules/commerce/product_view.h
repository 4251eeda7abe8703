/* product_view.h - private to commerce: a product as it is shown, by itself (api_catalog.c) and in
 * lists (api_search.c). */
#ifndef TAEL_COMMERCE_PRODUCT_VIEW_H
#define TAEL_COMMERCE_PRODUCT_VIEW_H

#include "modules/commerce/api.h"

typedef struct product_out {
  id product, shop, seller, category;
  str title, description, media, attributes;
  int64_t reviews, rating_percent;
  field_array offers;
} product_out;

#define PRODUCT_COLUMNS                                                               \
  "select product.product_id, product.shop_id, product.seller, product.category_id, " \
  "product.title,"                                                                    \
  " product.description, product.media, product.attributes, coalesce(g.reviews, 0), " \
  "coalesce(g.stars, 0)"
#define PRODUCT_RATED " left join product_rating g on g.product_id = product.product_id "

void product_fill(ctx *c, const db_rows *rows, product_out *p); /* the columns above */
/* Who sells it at what price, with what is left of each. */
status product_offers(ctx *c, db *d, product_out *p);

#endif
