/* store_order.c - orders, child orders and lines: rows <-> structs. New rows
 * wait for those of other commands (db_run_later). No rules. */
#include "modules/commerce/model.h"

#include <string.h>

/* --- a new order ------------------------------------------------------------------------------ */

static status add_order(ctx *c, db *d, const order_row *o) {
  const db_value row[] = {DB_INT(o->order),     DB_INT(o->buyer),       DB_INT(o->state),
                          DB_INT(o->currency),  DB_INT(o->items_total), DB_INT(o->freight),
                          DB_INT(o->refunded),  DB_INT(o->payment),     DB_INT(o->points),
                          DB_INT(o->placed_at), DB_INT(o->paid_at),     DB_INT(o->expires_at),
                          DB_TEXT(o->external), DB_TEXT(o->note),       DB_TEXT(o->address)};
  return db_run_later(
      c, d,
      "insert into orders (order_id, buyer, state, currency, items_total, freight, refunded, "
      "payment_id, points, placed_at, paid_at, expires_at, external, note, address) "
      "values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
      "iiiiiiiiiiiittt", 1, row);
}

enum { CHILD_COLUMNS = 17 };

static void child_values(const child_row *ch, id order, db_value *v) {
  const db_value all[CHILD_COLUMNS] = {DB_INT(order),
                                       DB_INT(ch->child),
                                       DB_INT(ch->seller),
                                       DB_INT(ch->shop),
                                       DB_INT(ch->contract),
                                       DB_INT(ch->state),
                                       DB_INT(ch->items_total),
                                       DB_INT(ch->freight),
                                       DB_INT(ch->commission),
                                       DB_INT(ch->refunded),
                                       DB_INT(ch->commission_back),
                                       DB_INT(ch->settle_days),
                                       DB_INT(ch->settle_rule),
                                       DB_INT(ch->reserve_ppb),
                                       DB_INT(ch->shipped_at),
                                       DB_INT(ch->delivered_at),
                                       DB_INT(ch->settles_on)};
  memcpy(v, all, sizeof all);
}

static status add_children(ctx *c, db *d, const order_full *f) {
  db_value *v = ARENA_ARRAY(c->arena, db_value, f->child_count * CHILD_COLUMNS + 1);
  for (size_t i = 0; i < f->child_count; i++)
    child_values(&f->children[i], f->o.order, v + i * CHILD_COLUMNS);
  return db_run_later(
      c, d,
      "insert into child_order (order_id, child_id, seller, shop_id, contract_id, state, "
      "items_total, freight, commission, refunded, commission_back, settle_days, settle_rule, "
      "reserve_ppb, shipped_at, delivered_at, settles_on) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, "
      "?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
      "iiiiiiiiiiiiiiiii", f->child_count, v);
}

enum { LINE_COLUMNS = 23 };

static void line_values(const line_row *l, id order, db_value *v) {
  const db_value all[LINE_COLUMNS] = {DB_INT(order),
                                      DB_INT(l->line),
                                      DB_INT(l->child),
                                      DB_INT(l->offer),
                                      DB_INT(l->product),
                                      DB_INT(l->variant),
                                      DB_INT(l->stock_id),
                                      DB_INT(l->shelf),
                                      DB_INT(l->shipped),
                                      DB_TEXT(l->sku),
                                      DB_TEXT(l->title),
                                      DB_INT(l->quantity),
                                      DB_INT(l->price),
                                      DB_INT(l->freight),
                                      DB_INT(l->commission),
                                      DB_INT(l->hold.high),
                                      DB_INT(l->hold.low),
                                      DB_INT(l->goods),
                                      DB_INT(l->refunded_quantity),
                                      DB_INT(l->refunded),
                                      DB_INT(l->commission_back),
                                      DB_INT(l->returned_quantity),
                                      DB_INT(l->review)};
  memcpy(v, all, sizeof all);
}

static status add_lines(ctx *c, db *d, const order_full *f) {
  db_value *v = ARENA_ARRAY(c->arena, db_value, f->line_count * LINE_COLUMNS + 1);
  for (size_t i = 0; i < f->line_count; i++)
    line_values(&f->lines[i], f->o.order, v + i * LINE_COLUMNS);
  return db_run_later(
      c, d,
      "insert into order_line (order_id, line_id, child_id, offer_id, product_id, variant_id, "
      "stock_id, shelf, shipped, sku, title, quantity, price, freight, commission, hold_high, "
      "hold_low, goods, refunded_quantity, refunded, commission_back, returned_quantity, "
      "review_id) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, "
      "?17, ?18, ?19, ?20, ?21, ?22, ?23)",
      "iiiiiiiiittiiiiiiiiiiii", f->line_count, v);
}

status store_order_add(ctx *c, db *d, const order_full *f) {
  TRY(add_order(c, d, &f->o));
  TRY(add_children(c, d, f));
  TRY(add_lines(c, d, f));
  if (f->o.external.len == 0) return OK;
  return db_run(c, d, "insert into order_external (external, order_id) values (?1, ?2)",
                DB_TEXT(f->o.external), DB_INT(f->o.order));
}

/* --- loading ---------------------------------------------------------------------------------- */

#define ORDER_COLUMNS                                                                             \
  "select order_id, buyer, state, currency, items_total, freight, refunded, payment_id, points, " \
  "placed_at,"                                                                                    \
  " paid_at, expires_at, external, note, address from orders where order_id = ?1"

static status load_row(ctx *c, db *d, id order, bool lock, order_row *o) {
  db_rows *rows;
  if (lock) {
    TRY(db_query(c, d, &rows, ORDER_COLUMNS " for update", DB_INT(order)));
  } else {
    TRY(db_query(c, d, &rows, ORDER_COLUMNS, DB_INT(order)));
  }
  bool found = db_next(rows);
  if (found) {
    *o = (order_row){.order = order,
                     .buyer = db_get_int(rows, 1),
                     .state = (int)db_get_int(rows, 2),
                     .currency = (uint32_t)db_get_int(rows, 3),
                     .items_total = db_get_int(rows, 4),
                     .freight = db_get_int(rows, 5),
                     .refunded = db_get_int(rows, 6),
                     .payment = db_get_int(rows, 7),
                     .points = db_get_int(rows, 8),
                     .placed_at = db_get_int(rows, 9),
                     .paid_at = db_get_int(rows, 10),
                     .expires_at = db_get_int(rows, 11),
                     .external = db_keep_text(rows, 12, c->arena),
                     .note = db_keep_text(rows, 13, c->arena),
                     .address = db_keep_text(rows, 14, c->arena)};
  }
  TRY(db_done(c, rows));
  return found ? OK : fail(c, E_NOT_FOUND, "There is no such order.");
}

static status load_children(ctx *c, db *d, order_full *f) {
  f->children = ARENA_ARRAY(c->arena, child_row, CHILDREN_MAX);
  f->child_count = 0;
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select child_id, seller, shop_id, contract_id, state, items_total, freight, "
               "commission, refunded,"
               " commission_back, settle_days, settle_rule, reserve_ppb, shipped_at, delivered_at, "
               "settles_on"
               " from child_order where order_id = ?1 order by child_id",
               DB_INT(f->o.order)));
  while (db_next(rows) && f->child_count < CHILDREN_MAX) {
    f->children[f->child_count++] = (child_row){.child = db_get_int(rows, 0),
                                                .seller = db_get_int(rows, 1),
                                                .shop = db_get_int(rows, 2),
                                                .contract = db_get_int(rows, 3),
                                                .state = (int)db_get_int(rows, 4),
                                                .items_total = db_get_int(rows, 5),
                                                .freight = db_get_int(rows, 6),
                                                .commission = db_get_int(rows, 7),
                                                .refunded = db_get_int(rows, 8),
                                                .commission_back = db_get_int(rows, 9),
                                                .settle_days = db_get_int(rows, 10),
                                                .settle_rule = (int)db_get_int(rows, 11),
                                                .reserve_ppb = db_get_int(rows, 12),
                                                .shipped_at = db_get_int(rows, 13),
                                                .delivered_at = db_get_int(rows, 14),
                                                .settles_on = (date)db_get_int(rows, 15)};
  }
  return db_done(c, rows);
}

static void read_line(ctx *c, const db_rows *rows, line_row *l) {
  *l = (line_row){
      .line = db_get_int(rows, 0),
      .child = db_get_int(rows, 1),
      .offer = db_get_int(rows, 2),
      .product = db_get_int(rows, 3),
      .variant = db_get_int(rows, 4),
      .stock_id = db_get_int(rows, 5),
      .shelf = db_get_int(rows, 6),
      .shipped = db_get_int(rows, 7),
      .sku = db_keep_text(rows, 8, c->arena),
      .title = db_keep_text(rows, 9, c->arena),
      .quantity = db_get_int(rows, 10),
      .price = db_get_int(rows, 11),
      .freight = db_get_int(rows, 12),
      .commission = db_get_int(rows, 13),
      .hold = {.high = (uint64_t)db_get_int(rows, 14), .low = (uint64_t)db_get_int(rows, 15)},
      .goods = (int)db_get_int(rows, 16),
      .refunded_quantity = db_get_int(rows, 17),
      .refunded = db_get_int(rows, 18),
      .commission_back = db_get_int(rows, 19),
      .returned_quantity = db_get_int(rows, 20),
      .review = db_get_int(rows, 21)};
}

static status load_lines(ctx *c, db *d, order_full *f) {
  f->lines = ARENA_ARRAY(c->arena, line_row, 4);
  f->line_count = 0;
  size_t room = 4;
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select line_id, child_id, offer_id, product_id, variant_id, stock_id, shelf, "
               "shipped, sku, title,"
               " quantity, price, freight, commission, hold_high, hold_low, goods, "
               "refunded_quantity, refunded,"
               " commission_back, returned_quantity, review_id from order_line where order_id = ?1 "
               "order by line_id",
               DB_INT(f->o.order)));
  while (db_next(rows)) {
    if (f->line_count == room) {
      f->lines =
          arena_grow(c->arena, f->lines, room * sizeof(line_row), 2 * room * sizeof(line_row));
      room *= 2;
    }
    read_line(c, rows, &f->lines[f->line_count++]);
  }
  return db_done(c, rows);
}

status store_order_load(ctx *c, db *d, id order, bool lock, order_full *out) {
  TRY(load_row(c, d, order, lock, &out->o));
  TRY(load_children(c, d, out));
  return load_lines(c, d, out);
}

/* --- saving ----------------------------------------------------------------------------------- */

static status save_order(ctx *c, db *d, const order_row *o) {
  return db_run(
      c, d,
      "update orders set state = ?2, refunded = ?3, payment_id = ?4, points = ?5, paid_at = ?6,"
      " expires_at = ?7 where order_id = ?1",
      DB_INT(o->order), DB_INT(o->state), DB_INT(o->refunded), DB_INT(o->payment),
      DB_INT(o->points), DB_INT(o->paid_at), DB_INT(o->expires_at));
}

static status save_child(ctx *c, db *d, id order, const child_row *ch) {
  return db_run(
      c, d,
      "update child_order set state = ?3, refunded = ?4, commission_back = ?5, shipped_at = ?6,"
      " delivered_at = ?7, settles_on = ?8 where order_id = ?1 and child_id = ?2",
      DB_INT(order), DB_INT(ch->child), DB_INT(ch->state), DB_INT(ch->refunded),
      DB_INT(ch->commission_back), DB_INT(ch->shipped_at), DB_INT(ch->delivered_at),
      DB_INT(ch->settles_on));
}

static status save_line(ctx *c, db *d, id order, const line_row *l) {
  return db_run(c, d,
                "update order_line set goods = ?3, refunded_quantity = ?4, refunded = ?5, "
                "commission_back = ?6,"
                " returned_quantity = ?7, review_id = ?8 where order_id = ?1 and line_id = ?2",
                DB_INT(order), DB_INT(l->line), DB_INT(l->goods), DB_INT(l->refunded_quantity),
                DB_INT(l->refunded), DB_INT(l->commission_back), DB_INT(l->returned_quantity),
                DB_INT(l->review));
}

void order_copy(ctx *c, const order_full *from, order_full *to) {
  *to = *from;
  to->children = ARENA_ARRAY(c->arena, child_row, from->child_count + 1);
  to->lines = ARENA_ARRAY(c->arena, line_row, from->line_count + 1);
  memcpy(to->children, from->children, from->child_count * sizeof(child_row));
  memcpy(to->lines, from->lines, from->line_count * sizeof(line_row));
}

status store_order_diff(ctx *c, db *d, const order_full *before, const order_full *after) {
  if (memcmp(&before->o, &after->o, sizeof after->o) != 0) TRY(save_order(c, d, &after->o));
  for (size_t i = 0; i < after->child_count; i++) {
    const child_row *ch = &after->children[i];
    if (memcmp(&before->children[i], ch, sizeof *ch) != 0)
      TRY(save_child(c, d, after->o.order, ch));
  }
  for (size_t i = 0; i < after->line_count; i++) {
    const line_row *l = &after->lines[i];
    if (memcmp(&before->lines[i], l, sizeof *l) != 0) TRY(save_line(c, d, after->o.order, l));
  }
  return OK;
}
