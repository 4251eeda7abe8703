/* edit.c - what a seller may change of a product and of a shop after it was made: words, pictures,
 * where it is found, whether it is on sale. Orders keep what they froze. Never changes a price
 * (price.set), terms (contract.propose) or a shop's part of the address. */
#include "modules/commerce/model.h"

#include <string.h>

/* A command may be run again: it then begins from what was asked, not from what it made of it. */
static void begin_from_input(ctx *c, void *state, size_t size, void **inner) {
  void *input = *inner;
  if (input == NULL) {
    input = arena_take(c->arena, size, 1);
    memcpy(input, state, size);
  } else {
    memcpy(state, input, size);
  }
  *inner = input;
}

static str chosen(str given, str otherwise) { return given.len > 0 ? given : otherwise; }

/* --- product.change --------------------------------------------------------------------------- */

static status product_load(ctx *c, tx *t, void *state) {
  product_change *n = state;
  begin_from_input(c, n, sizeof *n, &n->inner);
  id seller = 0, category = 0;
  db_rows *rows;
  TRY(db_query(c, tx_db(t), &rows,
               "select seller, category_id, title, description, media, state from product"
               " where product_id = ?1 for update",
               DB_INT(n->product)));
  if (db_next(rows)) {
    seller = db_get_int(rows, 0);
    category = db_get_int(rows, 1);
    n->title = chosen(n->title, db_keep_text(rows, 2, c->arena));
    n->description = chosen(n->description, db_keep_text(rows, 3, c->arena));
    n->media = chosen(n->media, db_keep_text(rows, 4, c->arena));
    if (n->sale == SALE_UNCHANGED) n->sale = db_get_int(rows, 5) == 1 ? SALE_ON : SALE_OFF;
  }
  TRY(db_done(c, rows));
  if (seller == 0) return fail(c, E_NOT_FOUND, "There is no such product.");
  TRY(commerce_check_owner(c, n->seller, seller, "product"));
  n->seller = seller;
  if (n->category == 0) return (n->category = category, OK);
  bool found;
  TRY(store_has_category(c, tx_db(t), n->category, &found));
  return found ? OK : fail_field(c, E_NOT_FOUND, STR("/category"), "There is no such category.");
}

static status product_decide(ctx *c, tx *t, void *state) {
  UNUSED(t);
  const product_change *n = state;
  return commerce_rule_check_json(c, n->media, '[', STR("/media"));
}

static status product_write(ctx *c, tx *t, void *state) {
  const product_change *n = state;
  TRY(db_run(c, tx_db(t),
             "update product set title = ?2, description = ?3, media = ?4, category_id = ?5,"
             " state = ?6 where product_id = ?1",
             DB_INT(n->product), DB_TEXT(n->title), DB_TEXT(n->description), DB_TEXT(n->media),
             DB_INT(n->category), DB_INT(n->sale == SALE_ON)));
  str body = n->sale == SALE_ON ? STR("{\"sale\":\"on\"}") : STR("{\"sale\":\"off\"}");
  tx_audit(t, ID_PRODUCT, n->product, body);
  return tx_emit(c, t, "product.changed", ID_PRODUCT, n->product, n->seller, body);
}

const command_type commerce_change_product = {.name = "product.change",
                                              .load = product_load,
                                              .decide = product_decide,
                                              .write = product_write};

/* --- shop.change ------------------------------------------------------------------------------ */

static status shop_load(ctx *c, tx *t, void *state) {
  shop_change *n = state;
  begin_from_input(c, n, sizeof *n, &n->inner);
  id seller = 0;
  db_rows *rows;
  TRY(db_query(c, tx_db(t), &rows,
               "select seller, name, theme, banner from shop where shop_id = ?1 for update",
               DB_INT(n->shop)));
  if (db_next(rows)) {
    seller = db_get_int(rows, 0);
    n->name = chosen(n->name, db_keep_text(rows, 1, c->arena));
    n->theme = chosen(n->theme, db_keep_text(rows, 2, c->arena));
    n->banner = chosen(n->banner, db_keep_text(rows, 3, c->arena));
  }
  TRY(db_done(c, rows));
  if (seller == 0) return fail(c, E_NOT_FOUND, "There is no such shop.");
  TRY(commerce_check_owner(c, n->seller, seller, "shop"));
  n->seller = seller;
  return OK;
}

static status shop_decide(ctx *c, tx *t, void *state) {
  UNUSED(t);
  const shop_change *n = state;
  return commerce_rule_check_json(c, n->theme, '{', STR("/theme"));
}

static status shop_write(ctx *c, tx *t, void *state) {
  const shop_change *n = state;
  TRY(db_run(c, tx_db(t), "update shop set name = ?2, theme = ?3, banner = ?4 where shop_id = ?1",
             DB_INT(n->shop), DB_TEXT(n->name), DB_TEXT(n->theme), DB_TEXT(n->banner)));
  tx_audit(t, ID_SHOP, n->shop, STR("{}"));
  return tx_emit(c, t, "shop.changed", ID_SHOP, n->shop, n->seller, STR("{}"));
}

const command_type commerce_change_shop = {
    .name = "shop.change", .load = shop_load, .decide = shop_decide, .write = shop_write};
