/* api_catalog.c - categories, products, offers, prices and reviews over JSON. What is for sale is
 * public. */
#include "modules/commerce/product_view.h"

/* An id made by the command, shown under a shorter name. */
#define F_MADE(T, m, shown, kind, d)                                                       \
  {                                                                                        \
    .name = (shown), .type = FIELD_ID, .flags = FIELD_READ_ONLY, .offset = offsetof(T, m), \
    .id_kind = (kind), .doc = (d)                                                          \
  }

static const field category_fields[] = {
    F_MADE(category_new, category_id, "category", ID_CATEGORY, "The category."),
    F_ID(category_new, parent, FIELD_OMIT_ZERO, ID_CATEGORY, "The one it lies in."),
    F_STR(category_new, name, FIELD_REQUIRED, 1, 120, "Name in English."),
    F_STR(category_new, name_zh, 0, 0, 120, "Name in Chinese."),
};
SHAPE(commerce_category_shape, "Category", category_new, category_fields);

static const field variant_fields[] = {
    F_MADE(variant_new, variant_id, "variant", ID_VARIANT, "The variant."),
    F_MADE(variant_new, offer_id, "offer", ID_OFFER, "The shop's offer of it."),
    F_STR(variant_new, sku, FIELD_REQUIRED, 1, 64, "The seller's own number of it."),
    F_STR(variant_new, name, 0, 0, 120, "What sets it apart: \"red, L\"."),
    F_JSON(variant_new, attributes, 0, 4096, "A JSON object."),
    F_AMOUNT(variant_new, price, FIELD_REQUIRED, 1, MONEY_MAX_JSON, "Price of a unit."),
};
static SHAPE(variant_shape, "VariantNew", variant_new, variant_fields);
static const field product_in_fields[] = {
    F_MADE(product_new, product_id, "product", ID_PRODUCT, "The product."),
    F_ID(product_new, shop, FIELD_REQUIRED, ID_SHOP, "The shop that sells it."),
    F_ID(product_new, category, FIELD_OMIT_ZERO, ID_CATEGORY, "Where buyers find it."),
    F_STR(product_new, title, FIELD_REQUIRED, 1, 200, "What it is called."),
    F_STR(product_new, description, 0, 0, 20000, "What it is like."),
    F_JSON(product_new, media, 0, 8192, "A JSON array of picture references."),
    F_JSON(product_new, attributes, 0, 8192, "A JSON object."),
    F_ARRAY(product_new, variants, FIELD_REQUIRED, 1, VARIANTS_MAX, &variant_shape,
            "At least one."),
};
SHAPE(commerce_product_in_shape, "ProductNew", product_new, product_in_fields);

static const field offer_in_fields[] = {
    F_MADE(offer_new, offer_id, "offer", ID_OFFER, "The offer."),
    F_ID(offer_new, shop, FIELD_REQUIRED, ID_SHOP, "The shop that sells."),
    F_ID(offer_new, variant, FIELD_REQUIRED, ID_VARIANT, "What it sells."),
    F_AMOUNT(offer_new, price, FIELD_REQUIRED, 1, MONEY_MAX_JSON, "Price of a unit."),
};
SHAPE(commerce_offer_in_shape, "OfferNew", offer_new, offer_in_fields);
static const field price_fields[] = {
    F_AMOUNT(price_new, price, FIELD_REQUIRED, 1, MONEY_MAX_JSON, "Price of a unit."),
    F_TIME(price_new, valid_from, 0, "From when; now when left out."),
    F_TIME(price_new, valid_until, FIELD_OMIT_ZERO, "Until when; no end when left out."),
};
SHAPE(commerce_price_shape, "Price", price_new, price_fields);

/* --- writing ---------------------------------------------------------------------------------- */

PREPARE(commerce_prepare_category) {
  category_new *n = ARENA_NEW(c->arena, category_new);
  *n = *(const category_new *)r->in;
  cmd->type = &commerce_create_category;
  cmd->state = *out = n;
  return OK;
}

PREPARE(commerce_prepare_product) {
  product_new *n = ARENA_NEW(c->arena, product_new);
  *n = *(const product_new *)r->in;
  n->seller = r->who.tenant;
  cmd->type = &commerce_create_product;
  cmd->state = *out = n;
  return OK;
}

PREPARE(commerce_prepare_offer) {
  offer_new *n = ARENA_NEW(c->arena, offer_new);
  *n = *(const offer_new *)r->in;
  n->seller = r->who.tenant;
  cmd->type = &commerce_create_offer;
  cmd->state = *out = n;
  return OK;
}

PREPARE(commerce_prepare_price) {
  price_new *n = ARENA_NEW(c->arena, price_new);
  *n = *(const price_new *)r->in;
  n->offer = r->params[0];
  n->seller = r->who.tenant;
  cmd->type = &commerce_set_price;
  cmd->state = *out = n;
  return OK;
}

/* --- categories ------------------------------------------------------------------------------- */

READ(commerce_list_categories) {
  UNUSED(r);
  enum { CATEGORIES_SHOWN = 1000 };
  category_new *items = ARENA_ARRAY(c->arena, category_new, CATEGORIES_SHOWN);
  size_t count = 0;
  db_rows *rows;
  TRY(db_query0(
      c, d, &rows,
      "select category_id, parent, name, name_zh from category order by category_id limit 1000"));
  while (count < CATEGORIES_SHOWN && db_next(rows)) {
    items[count++] = (category_new){.category_id = db_get_int(rows, 0),
                                    .parent = db_get_int(rows, 1),
                                    .name = db_keep_text(rows, 2, c->arena),
                                    .name_zh = db_keep_text(rows, 3, c->arena)};
  }
  *(list_out *)out = (list_out){.items = {items, count}};
  return db_done(c, rows);
}

/* --- products --------------------------------------------------------------------------------- */

typedef struct offer_out {
  id offer, shop, seller, variant;
  str sku, variant_name, shop_name;
  int64_t price, available;
} offer_out;
static const field offer_fields[] = {
    F_ID(offer_out, offer, 0, ID_OFFER, "What goes into a cart."),
    F_ID(offer_out, variant, 0, ID_VARIANT, "The variant."),
    F_STR(offer_out, sku, 0, 0, 0, "Its number."),
    F_STR(offer_out, variant_name, FIELD_OMIT_ZERO, 0, 0, "What sets it apart."),
    F_ID(offer_out, shop, 0, ID_SHOP, "Who sells it."),
    F_STR(offer_out, shop_name, 0, 0, 0, "The shop's name."),
    F_ID(offer_out, seller, 0, ID_TENANT, "The shop's tenant."),
    F_AMOUNT(offer_out, price, 0, 0, 0, "Price of a unit now."),
    F_INT(offer_out, available, 0, 0, 0, "Units that can be bought now."),
};
SHAPE(commerce_offer_shape, "Offer", offer_out, offer_fields);

static const field product_fields[] = {
    F_ID(product_out, product, 0, ID_PRODUCT, "The product."),
    F_ID(product_out, shop, 0, ID_SHOP, "The shop that brought it in."),
    F_ID(product_out, seller, 0, ID_TENANT, "Its tenant."),
    F_ID(product_out, category, FIELD_OMIT_ZERO, ID_CATEGORY, "Where buyers find it."),
    F_STR(product_out, title, 0, 0, 0, "What it is called."),
    F_STR(product_out, description, FIELD_OMIT_ZERO, 0, 0, "What it is like."),
    F_JSON(product_out, media, FIELD_OMIT_ZERO, 0, "Picture references."),
    F_JSON(product_out, attributes, FIELD_OMIT_ZERO, 0, "Further facts."),
    F_INT(product_out, reviews, 0, 0, 0, "How many reviews."),
    F_INT(product_out, rating_percent, 0, 0, 0,
          "Mean stars times 100, rounded down; 0 without reviews."),
    F_ARRAY(product_out, offers, 0, 0, 0, &commerce_offer_shape,
            "Who sells it at what price; in lists only when asked for."),
};
SHAPE(commerce_product_shape, "Product", product_out, product_fields);

void product_fill(ctx *c, const db_rows *rows, product_out *p) {
  int64_t reviews = db_get_int(rows, 8), stars = db_get_int(rows, 9);
  *p = (product_out){.product = db_get_int(rows, 0),
                     .shop = db_get_int(rows, 1),
                     .seller = db_get_int(rows, 2),
                     .category = db_get_int(rows, 3),
                     .title = db_keep_text(rows, 4, c->arena),
                     .description = db_keep_text(rows, 5, c->arena),
                     .media = db_keep_text(rows, 6, c->arena),
                     .attributes = db_keep_text(rows, 7, c->arena),
                     .reviews = reviews,
                     .rating_percent = reviews == 0 ? 0 : stars * 100 / reviews};
}

/* Units of an offer that nobody holds, over its warehouses. */
static status free_units(ctx *c, db *d, const offer_row *o, int64_t *out) {
  *out = 0;
  for (size_t i = 0; i < o->stock_count; i++) {
    account shelf;
    TRY(ledger_account_get(c, d, o->stocks[i].shelf, &shelf));
    *out += account_available(&shelf);
  }
  return OK;
}

status product_offers(ctx *c, db *d, product_out *p) {
  enum { OFFERS_SHOWN = 200 };
  id ids[OFFERS_SHOWN];
  size_t count = 0;
  db_rows *rows;
  TRY(db_query(
      c, d, &rows,
      "select offer_id from offer where product_id = ?1 and state = 1 order by offer_id limit 200",
      DB_INT(p->product)));
  while (count < OFFERS_SHOWN && db_next(rows))
    ids[count++] = db_get_int(rows, 0);
  TRY(db_done(c, rows));
  offer_row *offers = ARENA_ARRAY(c->arena, offer_row, count + 1);
  TRY(store_offers(c, d, ids, count, c->now, c->today, offers));
  offer_out *items = ARENA_ARRAY(c->arena, offer_out, count + 1);
  size_t kept = 0;
  for (size_t i = 0; i < count; i++) {
    const offer_row *o = &offers[i];
    if (!o->on_sale) continue;
    items[kept++] = (offer_out){.offer = o->offer,
                                .shop = o->shop,
                                .seller = o->seller,
                                .variant = o->variant,
                                .sku = o->sku,
                                .variant_name = o->variant_name,
                                .shop_name = o->shop_name,
                                .price = o->price};
    TRY(free_units(c, d, o, &items[kept - 1].available));
  }
  p->offers = (field_array){items, kept};
  return OK;
}

READ(commerce_read_product) {
  product_out *p = out;
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               PRODUCT_COLUMNS " from product" PRODUCT_RATED "where product.product_id = ?1",
               DB_INT(r->params[0])));
  bool found = db_next(rows);
  if (found) product_fill(c, rows, p);
  TRY(db_done(c, rows));
  return found ? product_offers(c, d, p) : fail(c, E_NOT_FOUND, "There is no such product.");
}

/* --- reviews ---------------------------------------------------------------------------------- */

typedef struct review_out {
  id review, product;
  int64_t rating;
  str title, text;
  instant at;
} review_out;
static const field review_fields[] = {
    F_ID(review_out, review, 0, ID_REVIEW, "The review."),
    F_ID(review_out, product, 0, ID_PRODUCT, "What it is about."),
    F_INT(review_out, rating, 0, 1, 5, "1 to 5 stars."),
    F_STR(review_out, title, FIELD_OMIT_ZERO, 0, 0, "In a few words."),
    F_STR(review_out, text, FIELD_OMIT_ZERO, 0, 0, "In more words."),
    F_TIME(review_out, at, 0, "When it was written."),
};
SHAPE(commerce_review_shape, "Review", review_out, review_fields);

READ(commerce_list_reviews) {
  const page_query *q = r->query;
  int64_t after = 0;
  TRY(commerce_page_from(c, q->after, &after));
  size_t limit = commerce_page_limit(q->limit), count = 0;
  review_out *items = ARENA_ARRAY(c->arena, review_out, limit);
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select review_id, rating, title, body, at from review where product_id = ?1"
               " and review_id < ?2 order by review_id desc limit ?3",
               DB_INT(r->params[0]), DB_INT(after != 0 ? after : INT64_MAX), DB_INT(limit)));
  while (count < limit && db_next(rows)) {
    items[count++] = (review_out){.review = db_get_int(rows, 0),
                                  .product = r->params[0],
                                  .rating = db_get_int(rows, 1),
                                  .title = db_keep_text(rows, 2, c->arena),
                                  .text = db_keep_text(rows, 3, c->arena),
                                  .at = db_get_int(rows, 4)};
  }
  TRY(db_done(c, rows));
  list_out *list = out;
  list->items = (field_array){items, count};
  if (count == limit) list->next = cursor_print(c->arena, &items[count - 1].review, 1);
  return OK;
}
