/* api_edit.c - changing products and shops, a shop's link to share, and an offer's prices by
 * period, over JSON. A seller changes only what is theirs; others' is not found. */
#include "modules/commerce/api.h"

static const char *const sale_words[] = {"unchanged", "on", "off", NULL};

static const field product_fields[] = {
    F_ID(product_change, product, FIELD_READ_ONLY, ID_PRODUCT, "The product."),
    F_ID(product_change, category, FIELD_OMIT_ZERO, ID_CATEGORY, "Where buyers find it."),
    F_STR(product_change, title, 0, 0, 200, "What it is called; left out: unchanged."),
    F_STR(product_change, description, 0, 0, 20000, "What it is like; left out: unchanged."),
    F_JSON(product_change, media, 0, 8192, "A JSON array of picture references."),
    F_ENUM(product_change, sale, 0, sale_words, "Whether it can be found and bought."),
};
SHAPE(commerce_product_change_shape, "ProductChange", product_change, product_fields);

static const field shop_fields[] = {
    F_ID(shop_change, shop, FIELD_READ_ONLY, ID_SHOP, "The shop."),
    F_STR(shop_change, name, 0, 0, 120, "What buyers see; left out: unchanged."),
    F_JSON(shop_change, theme, 0, 8192, "Colours and layout, a JSON object."),
    F_STR(shop_change, banner, 0, 0, 500, "Reference of the banner picture."),
};
SHAPE(commerce_shop_change_shape, "ShopChange", shop_change, shop_fields);

PREPARE(commerce_prepare_product_change) {
  product_change *n = ARENA_NEW(c->arena, product_change);
  *n = *(const product_change *)r->in;
  n->product = r->params[0];
  n->seller = r->who.tenant;
  cmd->type = &commerce_change_product;
  cmd->state = *out = n;
  return OK;
}

PREPARE(commerce_prepare_shop_change) {
  shop_change *n = ARENA_NEW(c->arena, shop_change);
  *n = *(const shop_change *)r->in;
  n->shop = r->params[0];
  n->seller = r->who.tenant;
  cmd->type = &commerce_change_shop;
  cmd->state = *out = n;
  return OK;
}

/* --- a link to share -------------------------------------------------------------------------- */

typedef struct share_out {
  id shop;
  str name, link;
} share_out;
static const field share_fields[] = {
    F_ID(share_out, shop, 0, ID_SHOP, "The shop."),
    F_STR(share_out, name, 0, 0, 0, "What buyers see."),
    F_STR(share_out, link, 0, 0, 0, "Path on this market; it never changes."),
};
SHAPE(commerce_share_shape, "ShopShare", share_out, share_fields);

READ(commerce_read_share) {
  share_out *share = out;
  db_rows *rows;
  TRY(db_query(c, d, &rows, "select name, slug from shop where shop_id = ?1",
               DB_INT(r->params[0])));
  bool found = db_next(rows);
  if (found) {
    *share = (share_out){.shop = r->params[0],
                         .name = db_keep_text(rows, 0, c->arena),
                         .link = commerce_shop_link(c, db_get_text(rows, 1))};
  }
  TRY(db_done(c, rows));
  return found ? OK : fail(c, E_NOT_FOUND, "There is no such shop.");
}

/* --- prices by period ------------------------------------------------------------------------- */

static status check_offer(ctx *c, const request *r, db *d) {
  id seller = 0;
  db_rows *rows;
  TRY(db_query(c, d, &rows, "select seller from offer where offer_id = ?1", DB_INT(r->params[0])));
  if (db_next(rows)) seller = db_get_int(rows, 0);
  TRY(db_done(c, rows));
  if (seller == 0) return fail(c, E_NOT_FOUND, "There is no such offer.");
  return commerce_check_owner(c, commerce_seller_of(&r->who), seller, "offer");
}

READ(commerce_list_prices) {
  TRY(check_offer(c, r, d));
  const page_query *q = r->query;
  int64_t after = 0;
  TRY(commerce_page_from(c, q->after, &after));
  size_t limit = commerce_page_limit(q->limit), count = 0;
  price_new *items = ARENA_ARRAY(c->arena, price_new, limit);
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select price_id, valid_from, valid_until, price from price_period"
               " where offer_id = ?1 and price_id < ?2 order by price_id desc limit ?3",
               DB_INT(r->params[0]), DB_INT(after != 0 ? after : INT64_MAX), DB_INT(limit)));
  while (count < limit && db_next(rows)) {
    items[count++] = (price_new){.offer = r->params[0],
                                 .price_id = db_get_int(rows, 0),
                                 .valid_from = db_get_int(rows, 1),
                                 .valid_until = db_get_int(rows, 2),
                                 .price = db_get_int(rows, 3)};
  }
  TRY(db_done(c, rows));
  list_out *list = out;
  list->items = (field_array){items, count};
  if (count == limit) list->next = cursor_print(c->arena, &items[count - 1].price_id, 1);
  return OK;
}
