/* names.h - the words of the made-up market: shops with what they sell, first and family names,
 * places. All invented. */
#ifndef TAEL_DEMO_NAMES_H
#define TAEL_DEMO_NAMES_H

#include "base/base.h"

typedef struct demo_product {
  const char *title, *title_zh, *description;
  int64_t price;
} demo_product; /* fen */
typedef struct demo_shop {
  const char *name, *slug, *colour, *banner, *category, *category_zh;
  demo_product products[6];
} demo_shop;
extern const demo_shop demo_shops[];
extern const size_t demo_shop_count;
extern const char *const demo_given[], *const demo_family[], *const demo_cities[];
extern const size_t demo_given_count, demo_family_count, demo_city_count;
typedef struct demo_review {
  int score;
  const char *title, *text;
} demo_review;
extern const demo_review demo_reviews[];
extern const size_t demo_review_count;

#endif
