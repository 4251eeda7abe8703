/* api_lists.c - a seller's suppliers, purchase orders, goods receipts and what is owed for them,
 * over JSON. A seller reads their own. A supplier's contact is personal data: it lies sealed in the
 * store and is opened for its seller alone. Reads only. */
#include "modules/logistics/inside.h"

enum { PAGE_DEFAULT = 50 };

/* Where a list goes on and how much it may show. */
static status open_page(ctx *c, const page_query *q, int64_t *after, size_t *limit) {
  *after = 0;
  *limit = q->limit > 0 ? (size_t)q->limit : PAGE_DEFAULT;
  if (q->after.len == 0 || cursor_parse(q->after, after, 1)) return OK;
  return fail_field(c, E_MALFORMED, STR("query/after"),
                    "Use the `next` of the page before, unchanged.");
}

static void close_page(ctx *c, list_out *list, field_array items, size_t limit, id last) {
  list->items = items;
  if (items.count == limit) list->next = cursor_print(c->arena, &last, 1);
}

/* --- suppliers -------------------------------------------------------------------------------- */

status logistics_list_suppliers(ctx *c, const request *r, db *d, void *out) {
  int64_t after;
  size_t limit, count = 0;
  TRY(open_page(c, r->query, &after, &limit));
  supplier_new *items = ARENA_ARRAY(c->arena, supplier_new, limit);
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select supplier_id, name, contact, payment_days from supplier where seller = ?1"
               " and supplier_id > ?2 order by supplier_id limit ?3",
               DB_INT(r->who.tenant), DB_INT(after), DB_INT(limit)));
  while (count < limit && db_next(rows)) {
    items[count++] = (supplier_new){.supplier_id = db_get_int(rows, 0),
                                    .name = db_keep_text(rows, 1, c->arena),
                                    .contact = db_keep_text(rows, 2, c->arena),
                                    .payment_days = db_get_int(rows, 3)};
  }
  TRY(db_done(c, rows));
  for (size_t i = 0; i < count; i++) {
    TRY(identity_open_text(c, d, items[i].supplier_id, items[i].contact, &items[i].contact));
  }
  id last = count == 0 ? 0 : items[count - 1].supplier_id;
  close_page(c, out, (field_array){items, count}, limit, last);
  return OK;
}

/* --- purchases -------------------------------------------------------------------------------- */

static const char *const purchase_states[] = {"open", "complete", NULL};

typedef struct purchase_line_out {
  id variant;
  int64_t quantity, received, unit_cost;
} purchase_line_out;
static const field purchase_line_fields[] = {
    F_ID(purchase_line_out, variant, 0, ID_VARIANT, "What is ordered."),
    F_INT(purchase_line_out, quantity, 0, 0, 0, "How many."),
    F_INT(purchase_line_out, received, 0, 0, 0, "How many came so far."),
    F_AMOUNT(purchase_line_out, unit_cost, 0, 0, 0, "Cost of a unit."),
};
static SHAPE(purchase_line_shape, "PurchaseLineState", purchase_line_out, purchase_line_fields);

typedef struct purchase_out {
  id purchase, supplier, warehouse;
  int state;
  str note;
  instant made_at;
  field_array lines;
} purchase_out;
static const field purchase_fields[] = {
    F_ID(purchase_out, purchase, 0, ID_PURCHASE, "The purchase order."),
    F_ID(purchase_out, supplier, 0, ID_SUPPLIER, "From whom."),
    F_ID(purchase_out, warehouse, 0, ID_WAREHOUSE, "Where to."),
    F_ENUM(purchase_out, state, 0, purchase_states, "complete: all of it was received."),
    F_STR(purchase_out, note, FIELD_OMIT_ZERO, 0, 0, "Words to the supplier."),
    F_TIME(purchase_out, made_at, 0, "When it was ordered."),
    F_ARRAY(purchase_out, lines, 0, 0, 0, &purchase_line_shape, "In lists empty."),
};
SHAPE(logistics_purchase_shape, "PurchaseState", purchase_out, purchase_fields);

#define PURCHASE_COLUMNS \
  "select purchase_id, supplier_id, warehouse_id, state, note, made_at, seller from purchase "

static void fill_purchase(ctx *c, const db_rows *rows, purchase_out *p) {
  *p = (purchase_out){.purchase = db_get_int(rows, 0),
                      .supplier = db_get_int(rows, 1),
                      .warehouse = db_get_int(rows, 2),
                      .state = (int)db_get_int(rows, 3),
                      .note = db_keep_text(rows, 4, c->arena),
                      .made_at = db_get_int(rows, 5)};
}

status logistics_list_purchases(ctx *c, const request *r, db *d, void *out) {
  int64_t after;
  size_t limit, count = 0;
  TRY(open_page(c, r->query, &after, &limit));
  purchase_out *items = ARENA_ARRAY(c->arena, purchase_out, limit);
  db_rows *rows;
  TRY(db_query(
      c, d, &rows,
      PURCHASE_COLUMNS
      "where seller = ?1 and purchase_id < ?2 order by purchase_id desc limit ?3",
      DB_INT(r->who.tenant), DB_INT(after != 0 ? after : INT64_MAX), DB_INT(limit)));
  while (count < limit && db_next(rows))
    fill_purchase(c, rows, &items[count++]);
  TRY(db_done(c, rows));
  close_page(c, out, (field_array){items, count}, limit,
             count == 0 ? 0 : items[count - 1].purchase);
  return OK;
}

/* A purchase order of the caller's; others' is not found. */
static status load_purchase(ctx *c, const request *r, db *d, purchase_out *p) {
  bool mine = false;
  db_rows *rows;
  TRY(db_query(c, d, &rows, PURCHASE_COLUMNS "where purchase_id = ?1", DB_INT(r->params[0])));
  if (db_next(rows)) {
    mine = r->who.kind != ACTOR_SELLER || db_get_int(rows, 6) == r->who.tenant;
    if (mine) fill_purchase(c, rows, p);
  }
  TRY(db_done(c, rows));
  return mine ? OK : fail(c, E_NOT_FOUND, "There is no such purchase.");
}

status logistics_read_purchase(ctx *c, const request *r, db *d, void *out) {
  purchase_out *p = out;
  TRY(load_purchase(c, r, d, p));
  purchase_line_out *lines = ARENA_ARRAY(c->arena, purchase_line_out, PURCHASE_LINES_MAX);
  size_t count = 0;
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select variant_id, quantity, received, unit_cost from purchase_line"
               " where purchase_id = ?1 order by variant_id",
               DB_INT(p->purchase)));
  while (count < PURCHASE_LINES_MAX && db_next(rows)) {
    lines[count++] = (purchase_line_out){db_get_int(rows, 0), db_get_int(rows, 1),
                                         db_get_int(rows, 2), db_get_int(rows, 3)};
  }
  p->lines = (field_array){lines, count};
  return db_done(c, rows);
}

/* --- receipts --------------------------------------------------------------------------------- */

typedef struct receipt_out {
  id receipt, purchase;
  str delivery_note;
  instant at;
} receipt_out;
static const field receipt_fields[] = {
    F_ID(receipt_out, receipt, 0, ID_RECEIPT, "The goods receipt."),
    F_ID(receipt_out, purchase, 0, ID_PURCHASE, "The purchase order it is of."),
    F_STR(receipt_out, delivery_note, FIELD_OMIT_ZERO, 0, 0, "The supplier's number of it."),
    F_TIME(receipt_out, at, 0, "When the goods came."),
};
SHAPE(logistics_receipt_shape, "GoodsReceiptRow", receipt_out, receipt_fields);

status logistics_list_receipts(ctx *c, const request *r, db *d, void *out) {
  purchase_out purchase;
  TRY(load_purchase(c, r, d, &purchase));
  int64_t after;
  size_t limit, count = 0;
  TRY(open_page(c, r->query, &after, &limit));
  receipt_out *items = ARENA_ARRAY(c->arena, receipt_out, limit);
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select receipt_id, delivery_note, at from goods_receipt where purchase_id = ?1"
               " and receipt_id > ?2 order by receipt_id limit ?3",
               DB_INT(purchase.purchase), DB_INT(after), DB_INT(limit)));
  while (count < limit && db_next(rows)) {
    items[count++] = (receipt_out){db_get_int(rows, 0), purchase.purchase,
                                   db_keep_text(rows, 1, c->arena), db_get_int(rows, 2)};
  }
  TRY(db_done(c, rows));
  close_page(c, out, (field_array){items, count}, limit, count == 0 ? 0 : items[count - 1].receipt);
  return OK;
}

/* --- what is owed ----------------------------------------------------------------------------- */

typedef struct payable_out {
  id receipt, supplier, purchase;
  int64_t amount;
  uint32_t currency;
  date due;
} payable_out;
static const field payable_fields[] = {
    F_ID(payable_out, receipt, 0, ID_RECEIPT, "The goods receipt it is for."),
    F_ID(payable_out, supplier, 0, ID_SUPPLIER, "To whom it is owed."),
    F_ID(payable_out, purchase, 0, ID_PURCHASE, "The purchase order."),
    F_AMOUNT(payable_out, amount, 0, 0, 0, "How much."),
    F_CURRENCY(payable_out, currency, 0, "In which currency."),
    F_DATE(payable_out, due, 0, "When."),
};
SHAPE(logistics_payable_shape, "Payable", payable_out, payable_fields);

status logistics_list_payables(ctx *c, const request *r, db *d, void *out) {
  int64_t after;
  size_t limit, count = 0;
  TRY(open_page(c, r->query, &after, &limit));
  payable_out *items = ARENA_ARRAY(c->arena, payable_out, limit);
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select receipt_id, supplier_id, purchase_id, amount, currency, due from payable"
               " where seller = ?1 and receipt_id > ?2 order by receipt_id limit ?3",
               DB_INT(r->who.tenant), DB_INT(after), DB_INT(limit)));
  while (count < limit && db_next(rows)) {
    items[count++] = (payable_out){.receipt = db_get_int(rows, 0),
                                   .supplier = db_get_int(rows, 1),
                                   .purchase = db_get_int(rows, 2),
                                   .amount = db_get_int(rows, 3),
                                   .currency = (uint32_t)db_get_int(rows, 4),
                                   .due = (date)db_get_int(rows, 5)};
  }
  TRY(db_done(c, rows));
  close_page(c, out, (field_array){items, count}, limit, count == 0 ? 0 : items[count - 1].receipt);
  return OK;
}
