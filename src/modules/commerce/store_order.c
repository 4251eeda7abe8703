/* store_order.c - orders, child orders and lines: rows <-> structs. New rows go in several a
 * statement. No rules. */
#include "modules/commerce/model.h"

#include <string.h>

/* --- a new order ------------------------------------------------------------------------------ */

static status add_order(ctx *c, db *d, const order_row *o) {
  return db_run(c, d,
                "insert into orders (order_id, buyer, state, currency, items_total, freight, "
                "refunded, payment_id,"
                " points, placed_at, paid_at, expires_at, external, note, address)"
                " values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
                DB_INT(o->order), DB_INT(o->buyer), DB_INT(o->state), DB_INT(o->currency),
                DB_INT(o->items_total), DB_INT(o->freight), DB_INT(o->refunded), DB_INT(o->payment),
                DB_INT(o->points), DB_INT(o->placed_at), DB_INT(o->paid_at), DB_INT(o->expires_at),
                DB_TEXT(o->external), DB_TEXT(o->note), DB_TEXT(o->address));
}

/* Rows go in by as many as a statement takes, the rest by less: most orders cost one statement. */
enum { ROWS_AT_ONCE = 8 };
typedef struct insert_size {
  size_t rows;
  const char *sql;
} insert_size;

#define CHILD_INSERT                                                                            \
  "insert into child_order (order_id, child_id, seller, shop_id, contract_id, state, "          \
  "items_total, freight,"                                                                       \
  " commission, refunded, commission_back, settle_days, settle_rule, reserve_ppb, shipped_at, " \
  "delivered_at,"                                                                               \
  " settles_on) values "
#define CHILD_1                                                              \
  "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, " \
  "?17)"
#define CHILD_2                                                               \
  ", (?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, " \
  "?32, ?33, ?34)"
#define CHILD_3                                                               \
  ", (?35, ?36, ?37, ?38, ?39, ?40, ?41, ?42, ?43, ?44, ?45, ?46, ?47, ?48, " \
  "?49, ?50, ?51)"
#define CHILD_4                                                               \
  ", (?52, ?53, ?54, ?55, ?56, ?57, ?58, ?59, ?60, ?61, ?62, ?63, ?64, ?65, " \
  "?66, ?67, ?68)"
#define CHILD_5                                                               \
  ", (?69, ?70, ?71, ?72, ?73, ?74, ?75, ?76, ?77, ?78, ?79, ?80, ?81, ?82, " \
  "?83, ?84, ?85)"
#define CHILD_6                                                               \
  ", (?86, ?87, ?88, ?89, ?90, ?91, ?92, ?93, ?94, ?95, ?96, ?97, ?98, ?99, " \
  "?100, ?101, ?102)"
#define CHILD_7                                                                 \
  ", (?103, ?104, ?105, ?106, ?107, ?108, ?109, ?110, ?111, ?112, ?113, ?114, " \
  "?115, ?116, ?117, ?118, ?119)"
#define CHILD_8                                                                 \
  ", (?120, ?121, ?122, ?123, ?124, ?125, ?126, ?127, ?128, ?129, ?130, ?131, " \
  "?132, ?133, ?134, ?135, ?136)"
#define CHILD_TO_2 CHILD_1 CHILD_2
#define CHILD_TO_4 CHILD_TO_2 CHILD_3 CHILD_4
#define CHILD_TO_8 CHILD_TO_4 CHILD_5 CHILD_6 CHILD_7 CHILD_8
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

static const insert_size child_inserts[] = {{8, CHILD_INSERT CHILD_TO_8},
                                            {4, CHILD_INSERT CHILD_TO_4},
                                            {2, CHILD_INSERT CHILD_TO_2},
                                            {1, CHILD_INSERT CHILD_1}};

static status add_children(ctx *c, db *d, const order_full *f) {
  db_value v[ROWS_AT_ONCE * CHILD_COLUMNS];
  for (size_t at = 0, size = 0; at < f->child_count; at += child_inserts[size].rows) {
    while (child_inserts[size].rows > f->child_count - at)
      size++;
    size_t rows = child_inserts[size].rows;
    for (size_t i = 0; i < rows; i++)
      child_values(&f->children[at + i], f->o.order, v + i * CHILD_COLUMNS);
    TRY(db_exec(c, d, child_inserts[size].sql, rows * CHILD_COLUMNS, v));
  }
  return OK;
}

#define LINE_INSERT                                                                          \
  "insert into order_line (order_id, line_id, child_id, offer_id, product_id, variant_id, "  \
  "stock_id, shelf,"                                                                         \
  " shipped, sku, title, quantity, price, freight, commission, hold_high, hold_low, goods, " \
  "refunded_quantity,"                                                                       \
  " refunded, commission_back, returned_quantity, review_id) values "
#define LINE_1                                                               \
  "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, " \
  "?17, ?18, ?19, ?20, ?21, ?22, ?23)"
#define LINE_2                                                                \
  ", (?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36, ?37, " \
  "?38, ?39, ?40, ?41, ?42, ?43, ?44, ?45, ?46)"
#define LINE_3                                                                \
  ", (?47, ?48, ?49, ?50, ?51, ?52, ?53, ?54, ?55, ?56, ?57, ?58, ?59, ?60, " \
  "?61, ?62, ?63, ?64, ?65, ?66, ?67, ?68, ?69)"
#define LINE_4                                                                \
  ", (?70, ?71, ?72, ?73, ?74, ?75, ?76, ?77, ?78, ?79, ?80, ?81, ?82, ?83, " \
  "?84, ?85, ?86, ?87, ?88, ?89, ?90, ?91, ?92)"
#define LINE_5                                                                 \
  ", (?93, ?94, ?95, ?96, ?97, ?98, ?99, ?100, ?101, ?102, ?103, ?104, ?105, " \
  "?106, ?107, ?108, ?109, ?110, ?111, ?112, ?113, ?114, ?115)"
#define LINE_6                                                                  \
  ", (?116, ?117, ?118, ?119, ?120, ?121, ?122, ?123, ?124, ?125, ?126, ?127, " \
  "?128, ?129, ?130, ?131, ?132, ?133, ?134, ?135, ?136, ?137, ?138)"
#define LINE_7                                                                  \
  ", (?139, ?140, ?141, ?142, ?143, ?144, ?145, ?146, ?147, ?148, ?149, ?150, " \
  "?151, ?152, ?153, ?154, ?155, ?156, ?157, ?158, ?159, ?160, ?161)"
#define LINE_8                                                                  \
  ", (?162, ?163, ?164, ?165, ?166, ?167, ?168, ?169, ?170, ?171, ?172, ?173, " \
  "?174, ?175, ?176, ?177, ?178, ?179, ?180, ?181, ?182, ?183, ?184)"
#define LINE_TO_2 LINE_1 LINE_2
#define LINE_TO_4 LINE_TO_2 LINE_3 LINE_4
#define LINE_TO_8 LINE_TO_4 LINE_5 LINE_6 LINE_7 LINE_8
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

static const insert_size line_inserts[] = {{8, LINE_INSERT LINE_TO_8},
                                           {4, LINE_INSERT LINE_TO_4},
                                           {2, LINE_INSERT LINE_TO_2},
                                           {1, LINE_INSERT LINE_1}};

static status add_lines(ctx *c, db *d, const order_full *f) {
  db_value v[ROWS_AT_ONCE * LINE_COLUMNS];
  for (size_t at = 0, size = 0; at < f->line_count; at += line_inserts[size].rows) {
    while (line_inserts[size].rows > f->line_count - at)
      size++;
    size_t rows = line_inserts[size].rows;
    for (size_t i = 0; i < rows; i++)
      line_values(&f->lines[at + i], f->o.order, v + i * LINE_COLUMNS);
    TRY(db_exec(c, d, line_inserts[size].sql, rows * LINE_COLUMNS, v));
  }
  return OK;
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
