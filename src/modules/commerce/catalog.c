/* catalog.c - categories, products with their variants, offers and prices. A variant is a stock
 * asset of the ledger from the moment it exists; an offer is one seller's price for it. Titles and
 * prices may change; orders keep what they froze. */
#include "modules/commerce/model.h"

/* --- category.create -------------------------------------------------------------------------- */

static status category_load(ctx *c, tx *t, void *state) {
  category_new *n = state;
  if (n->parent == 0) return OK;
  bool found;
  TRY(store_has_category(c, tx_db(t), n->parent, &found));
  return found ? OK : fail_field(c, E_NOT_FOUND, STR("/parent"), "There is no such category.");
}

static status category_decide(ctx *c, tx *t, void *state) {
  UNUSED(t);
  category_new *n = state;
  if (n->name.len == 0)
    return fail_field(c, E_MALFORMED, STR("/name"), "Give the category a name.");
  n->category_id = id_next(c);
  return OK;
}

static status category_write(ctx *c, tx *t, void *state) {
  category_new *n = state;
  tx_audit(t, ID_CATEGORY, n->category_id, STR("{}"));
  return db_run(c, tx_db(t),
                "insert into category (category_id, parent, name, name_zh) values (?1, ?2, ?3, ?4)",
                DB_INT(n->category_id), DB_INT(n->parent), DB_TEXT(n->name), DB_TEXT(n->name_zh));
}

const command_type commerce_create_category = {.name = "category.create",
                                               .load = category_load,
                                               .decide = category_decide,
                                               .write = category_write};

/* --- offers, as a step ------------------------------------------------------------------------ */

static status check_price(ctx *c, int64_t price, str pointer) {
  if (price >= 1 && price <= MONEY_MAX_JSON) return OK;
  return fail_field(c, E_MALFORMED, pointer, "A price is at least 1 minor unit.");
}

static status add_offer(ctx *c, tx *t, const offer_row *o) {
  TRY(db_run(
      c, tx_db(t),
      "insert into offer (offer_id, seller, shop_id, product_id, variant_id, price, state, made_at)"
      " values (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7)",
      DB_INT(o->offer), DB_INT(o->seller), DB_INT(o->shop), DB_INT(o->product), DB_INT(o->variant),
      DB_INT(o->price), DB_INT(c->now)));
  return db_run(c, tx_db(t),
                "insert into offer_of (variant_id, seller, offer_id) values (?1, ?2, ?3)",
                DB_INT(o->variant), DB_INT(o->seller), DB_INT(o->offer));
}

/* --- product.create --------------------------------------------------------------------------- */

static status product_load(ctx *c, tx *t, void *state) {
  product_new *n = state;
  id seller;
  TRY(store_shop_seller(c, tx_db(t), n->shop, &seller));
  TRY(commerce_check_owner(c, n->seller, seller, "shop"));
  n->seller = seller;
  if (n->category == 0) return OK;
  bool found;
  TRY(store_has_category(c, tx_db(t), n->category, &found));
  return found ? OK : fail_field(c, E_NOT_FOUND, STR("/category"), "There is no such category.");
}

static status check_variants(ctx *c, const product_new *n) {
  const variant_new *v = n->variants.items;
  if (n->variants.count < 1 || n->variants.count > VARIANTS_MAX) {
    return fail_field(c, E_MALFORMED, STR("/variants"), "Send 1 to %d variants.", VARIANTS_MAX);
  }
  for (size_t i = 0; i < n->variants.count; i++) {
    if (v[i].sku.len == 0 || v[i].sku.len > 256) {
      return fail_field(c, E_MALFORMED, str_format(c->arena, "/variants/%zu/sku", i),
                        "Send 1 to 64 characters.");
    }
    for (size_t k = 0; k < i; k++) {
      if (!str_eq(v[k].sku, v[i].sku)) continue;
      return fail_field(c, E_MALFORMED, str_format(c->arena, "/variants/%zu/sku", i),
                        "Variant %zu has this SKU already.", k);
    }
    TRY(check_price(c, v[i].price, str_format(c->arena, "/variants/%zu/price", i)));
    TRY(commerce_rule_check_json(c, v[i].attributes, '{',
                                 str_format(c->arena, "/variants/%zu/attributes", i)));
  }
  return OK;
}

static status product_decide(ctx *c, tx *t, void *state) {
  UNUSED(t);
  product_new *n = state;
  if (n->title.len == 0)
    return fail_field(c, E_MALFORMED, STR("/title"), "Give the product a title.");
  TRY(commerce_rule_check_json(c, n->media, '[', STR("/media")));
  TRY(commerce_rule_check_json(c, n->attributes, '{', STR("/attributes")));
  TRY(check_variants(c, n));
  n->product_id = id_next(c);
  variant_new *v = n->variants.items;
  for (size_t i = 0; i < n->variants.count; i++) {
    v[i].variant_id = id_next(c);
    v[i].offer_id = id_next(c);
  }
  return OK;
}

static status add_variant(ctx *c, tx *t, const product_new *n, const variant_new *v) {
  char text[ID_TEXT_MAX];
  id_write(text, ID_VARIANT, v->variant_id);
  asset units = {.scale = 0, .code = str_format(c->arena, "sku:%s", text), .kind = STR("stock")};
  TRY(ledger_register_asset(c, tx_db(t), &units));
  TRY(db_run(c, tx_db(t),
             "insert into variant (variant_id, product_id, seller, sku, name, attributes, asset)"
             " values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
             DB_INT(v->variant_id), DB_INT(n->product_id), DB_INT(n->seller), DB_TEXT(v->sku),
             DB_TEXT(v->name), DB_TEXT(v->attributes), DB_INT(units.number)));
  const offer_row offer = {.offer = v->offer_id,
                           .seller = n->seller,
                           .shop = n->shop,
                           .product = n->product_id,
                           .variant = v->variant_id,
                           .price = v->price};
  return add_offer(c, t, &offer);
}

static status product_write(ctx *c, tx *t, void *state) {
  product_new *n = state;
  TRY(db_run(c, tx_db(t),
             "insert into product (product_id, seller, shop_id, category_id, title, description, "
             "media, attributes,"
             " state, made_at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1, ?9)",
             DB_INT(n->product_id), DB_INT(n->seller), DB_INT(n->shop), DB_INT(n->category),
             DB_TEXT(n->title), DB_TEXT(n->description), DB_TEXT(n->media), DB_TEXT(n->attributes),
             DB_INT(c->now)));
  const variant_new *v = n->variants.items;
  for (size_t i = 0; i < n->variants.count; i++)
    TRY(add_variant(c, t, n, &v[i]));
  tx_audit(t, ID_PRODUCT, n->product_id, STR("{}"));
  return tx_emit(c, t, "product.created", ID_PRODUCT, n->product_id, n->seller, STR("{}"));
}

const command_type commerce_create_product = {.name = "product.create",
                                              .load = product_load,
                                              .decide = product_decide,
                                              .write = product_write};

/* --- offer.create ----------------------------------------------------------------------------- */

typedef struct offer_work {
  id product;
  bool has_one;
} offer_work;

static status offer_load(ctx *c, tx *t, void *state) {
  offer_new *n = state;
  offer_work *w = n->inner = ARENA_NEW(c->arena, offer_work);
  id seller;
  TRY(store_shop_seller(c, tx_db(t), n->shop, &seller));
  TRY(commerce_check_owner(c, n->seller, seller, "shop"));
  n->seller = seller;
  db_rows *rows;
  TRY(db_query(c, tx_db(t), &rows,
               "select v.product_id, o.offer_id from variant v left join offer_of o"
               " on o.variant_id = v.variant_id and o.seller = ?2 where v.variant_id = ?1",
               DB_INT(n->variant), DB_INT(seller)));
  if (db_next(rows)) {
    w->product = db_get_int(rows, 0);
    w->has_one = !db_get_null(rows, 1);
  }
  TRY(db_done(c, rows));
  return w->product != 0 ? OK
                         : fail_field(c, E_NOT_FOUND, STR("/variant"), "There is no such variant.");
}

static status offer_decide(ctx *c, tx *t, void *state) {
  UNUSED(t);
  offer_new *n = state;
  TRY(check_price(c, n->price, STR("/price")));
  if (((offer_work *)n->inner)->has_one) {
    return fail_field(c, E_CONFLICT, STR("/variant"),
                      "You offer this variant already; change its price instead.");
  }
  n->offer_id = id_next(c);
  return OK;
}

static status offer_write(ctx *c, tx *t, void *state) {
  offer_new *n = state;
  const offer_row offer = {.offer = n->offer_id,
                           .seller = n->seller,
                           .shop = n->shop,
                           .product = ((offer_work *)n->inner)->product,
                           .variant = n->variant,
                           .price = n->price};
  tx_audit(t, ID_OFFER, n->offer_id, STR("{}"));
  return add_offer(c, t, &offer);
}

const command_type commerce_create_offer = {
    .name = "offer.create", .load = offer_load, .decide = offer_decide, .write = offer_write};

/* --- price.set -------------------------------------------------------------------------------- */

static status price_load(ctx *c, tx *t, void *state) {
  price_new *n = state;
  id seller = 0;
  db_rows *rows;
  TRY(db_query(c, tx_db(t), &rows, "select seller from offer where offer_id = ?1",
               DB_INT(n->offer)));
  if (db_next(rows)) seller = db_get_int(rows, 0);
  TRY(db_done(c, rows));
  if (seller == 0) return fail(c, E_NOT_FOUND, "There is no such offer.");
  return commerce_check_owner(c, n->seller, seller, "offer");
}

static status price_decide(ctx *c, tx *t, void *state) {
  UNUSED(t);
  price_new *n = state;
  TRY(check_price(c, n->price, STR("/price")));
  if (n->valid_from == 0) n->valid_from = c->now;
  if (n->valid_until != 0 && n->valid_until <= n->valid_from) {
    return fail_field(c, E_MALFORMED, STR("/valid_until"),
                      "A price ends after it begins; leave it out for no end.");
  }
  n->price_id = id_next(c);
  return OK;
}

static status price_write(ctx *c, tx *t, void *state) {
  price_new *n = state;
  tx_audit(t, ID_OFFER, n->offer, str_format(c->arena, "{\"price\":%lld}", (long long)n->price));
  return db_run(c, tx_db(t),
                "insert into price_period (offer_id, price_id, valid_from, valid_until, price)"
                " values (?1, ?2, ?3, ?4, ?5)",
                DB_INT(n->offer), DB_INT(n->price_id), DB_INT(n->valid_from),
                DB_INT(n->valid_until), DB_INT(n->price));
}

const command_type commerce_set_price = {
    .name = "price.set", .load = price_load, .decide = price_decide, .write = price_write};
