/* view.c - what is shown of orders: the order with its child orders and lines, its story. Reads
 * only; never decides. */
#include "modules/commerce/model.h"

static void view_line(ctx *c, const line_row *l, order_line_view *v) {
  UNUSED(c);
  *v = (order_line_view){.line = l->line,
                         .offer = l->offer,
                         .variant = l->variant,
                         .product = l->product,
                         .review = l->review,
                         .sku = l->sku,
                         .title = l->title,
                         .quantity = l->quantity,
                         .price = l->price,
                         .freight = l->freight,
                         .commission = l->commission,
                         .returned_quantity = l->returned_quantity,
                         .refunded_quantity = l->refunded_quantity,
                         .refunded = l->refunded,
                         .shipped = l->goods == GOODS_SENT};
}

static void view_child(ctx *c, const order_full *f, const child_row *ch, child_view *v) {
  order_line_view *lines = ARENA_ARRAY(c->arena, order_line_view, f->line_count + 1);
  size_t count = 0;
  for (size_t i = 0; i < f->line_count; i++) {
    if (f->lines[i].child == ch->child) view_line(c, &f->lines[i], &lines[count++]);
  }
  *v = (child_view){.child = ch->child,
                    .seller = ch->seller,
                    .shop = ch->shop,
                    .state = ch->state,
                    .items_total = ch->items_total,
                    .freight = ch->freight,
                    .total = child_total(ch),
                    .commission = ch->commission,
                    .refunded = ch->refunded,
                    .shipped_at = ch->shipped_at,
                    .delivered_at = ch->delivered_at,
                    .settles_on = ch->settles_on,
                    .lines = {lines, count}};
}

void view_order(ctx *c, const order_full *f, id seller, order_view *out) {
  if (out == NULL) return;
  child_view *children = ARENA_ARRAY(c->arena, child_view, f->child_count + 1);
  size_t count = 0;
  for (size_t i = 0; i < f->child_count; i++) {
    if (seller == 0 || f->children[i].seller == seller)
      view_child(c, f, &f->children[i], &children[count++]);
  }
  const order_row *o = &f->o;
  *out = (order_view){.order = o->order,
                      .buyer = o->buyer,
                      .payment = o->payment,
                      .state = o->state,
                      .items_total = o->items_total,
                      .freight = o->freight,
                      .total = order_total(o),
                      .refunded = o->refunded,
                      .points = o->points,
                      .currency = o->currency,
                      .placed_at = o->placed_at,
                      .paid_at = o->paid_at,
                      .expires_at = o->expires_at,
                      .external = o->external,
                      .children = {children, count}};
  if (seller == 0) return;
  /* Other sellers' sums and what the buyer paid altogether are not this seller's business. */
  out->items_total = out->freight = out->total = out->refunded = out->points = 0;
  for (size_t i = 0; i < count; i++) {
    out->items_total += children[i].items_total;
    out->freight += children[i].freight;
    out->total += children[i].total;
    out->refunded += children[i].refunded;
  }
}

static status name_shops(ctx *c, db *d, order_view *v) {
  db_rows *rows;
  TRY(db_query(
      c, d, &rows,
      "select ch.child_id, s.name from child_order ch join shop s on s.shop_id = ch.shop_id"
      " where ch.order_id = ?1",
      DB_INT(v->order)));
  child_view *children = v->children.items;
  while (db_next(rows)) {
    for (size_t i = 0; i < v->children.count; i++) {
      if (children[i].child == db_get_int(rows, 0))
        children[i].shop_name = db_keep_text(rows, 1, c->arena);
    }
  }
  return db_done(c, rows);
}

status commerce_order_get(ctx *c, db *d, id order, order_view *out) {
  return commerce_order_for(c, d, order, 0, out);
}

status commerce_order_for(ctx *c, db *d, id order, id seller, order_view *out) {
  order_full f;
  TRY(store_order_load(c, d, order, false, &f));
  view_order(c, &f, seller, out);
  if (out->children.count == 0) return fail(c, E_NOT_FOUND, "There is no such order.");
  return name_shops(c, d, out);
}

status commerce_order_personal(ctx *c, db *d, order_view *v) {
  str note = {0}, address = {0};
  db_rows *rows;
  TRY(db_query(c, d, &rows, "select note, address from orders where order_id = ?1",
               DB_INT(v->order)));
  if (db_next(rows)) {
    note = db_keep_text(rows, 0, c->arena);
    address = db_keep_text(rows, 1, c->arena);
  }
  TRY(db_done(c, rows));
  TRY(identity_open_personal(c, d, v->buyer, note, &v->note));
  return identity_open_personal(c, d, v->buyer, address, &v->address);
}

status commerce_story(ctx *c, db *d, id order, story_step **out, size_t *count) {
  size_t room = 16;
  *out = ARENA_ARRAY(c->arena, story_step, room);
  *count = 0;
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select at, what, child_id, command_id, detail from order_event where order_id = ?1"
               " order by event_id limit 2000",
               DB_INT(order)));
  while (db_next(rows)) {
    if (*count == room) {
      *out = arena_grow(c->arena, *out, room * sizeof(story_step), 2 * room * sizeof(story_step));
      room *= 2;
    }
    (*out)[(*count)++] = (story_step){.at = db_get_int(rows, 0),
                                      .what = db_keep_text(rows, 1, c->arena),
                                      .child = db_get_int(rows, 2),
                                      .command = db_get_int(rows, 3),
                                      .detail = db_keep_text(rows, 4, c->arena)};
  }
  return db_done(c, rows);
}
