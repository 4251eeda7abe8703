/* api_stock.c - warehouses and stock over JSON, within a seller's tenant. Quantities are read from
 * the ledger's accounts. */
#include "modules/commerce/api.h"

static const field warehouse_fields[] = {
    {.name = "warehouse",
     .type = FIELD_ID,
     .flags = FIELD_READ_ONLY,
     .offset = offsetof(warehouse_new, warehouse_id),
     .id_kind = ID_WAREHOUSE,
     .doc = "The warehouse."},
    F_STR(warehouse_new, name, FIELD_REQUIRED, 1, 120, "What it is called."),
    F_STR(warehouse_new, place, 0, 0, 200, "Where it is."),
};
SHAPE(commerce_warehouse_shape, "Warehouse", warehouse_new, warehouse_fields);

static const field stock_move_fields[] = {
    F_ID(stock_move, variant, FIELD_REQUIRED, ID_VARIANT, "What moves."),
    F_ID(stock_move, warehouse, FIELD_REQUIRED, ID_WAREHOUSE, "Where."),
    F_INT(stock_move, quantity, FIELD_REQUIRED, -STOCK_RECEIPT_MAX, STOCK_RECEIPT_MAX,
          "Units; less than 0 takes out (adjustments only)."),
    F_STR(stock_move, reason, 0, 0, 200, "Why."),
};
SHAPE(stock_move_shape, "StockMove", stock_move, stock_move_fields);

PREPARE(commerce_prepare_warehouse) {
  warehouse_new *n = ARENA_NEW(c->arena, warehouse_new);
  *n = *(const warehouse_new *)r->in;
  n->seller = r->who.tenant;
  cmd->type = &commerce_create_warehouse;
  cmd->state = *out = n;
  return OK;
}

static status prepare_move(ctx *c, const request *r, command *cmd, void **out, uint16_t why) {
  stock_move *m = ARENA_NEW(c->arena, stock_move);
  *m = *(const stock_move *)r->in;
  m->seller = r->who.tenant;
  m->why = why;
  cmd->type = &commerce_move_stock;
  cmd->state = *out = m;
  return OK;
}

PREPARE(commerce_prepare_receipt) {
  if (((const stock_move *)r->in)->quantity < 1) {
    return fail_field(c, E_MALFORMED, STR("/quantity"),
                      "Goods received are at least 1; to take out, send an adjustment.");
  }
  return prepare_move(c, r, cmd, out, WHY_RECEIVE_STOCK);
}

PREPARE(commerce_prepare_adjustment) { return prepare_move(c, r, cmd, out, WHY_ADJUST_STOCK); }

READ(commerce_list_warehouses) {
  enum { WAREHOUSES_SHOWN = 500 };
  warehouse_new *items = ARENA_ARRAY(c->arena, warehouse_new, WAREHOUSES_SHOWN);
  size_t count = 0;
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select warehouse_id, name, place from warehouse where seller = ?1 order by "
               "warehouse_id limit 500",
               DB_INT(r->who.tenant)));
  while (count < WAREHOUSES_SHOWN && db_next(rows)) {
    items[count++] = (warehouse_new){.warehouse_id = db_get_int(rows, 0),
                                     .name = db_keep_text(rows, 1, c->arena),
                                     .place = db_keep_text(rows, 2, c->arena)};
  }
  *(list_out *)out = (list_out){.items = {items, count}};
  return db_done(c, rows);
}

/* --- stock ------------------------------------------------------------------------------------ */

typedef struct stock_out {
  id variant, warehouse, shelf;
  str sku;
  int64_t on_hand, reserved, available;
} stock_out;
static const field stock_fields[] = {
    F_ID(stock_out, variant, 0, ID_VARIANT, "What."),
    F_STR(stock_out, sku, 0, 0, 0, "Its number."),
    F_ID(stock_out, warehouse, 0, ID_WAREHOUSE, "Where."),
    F_ID(stock_out, shelf, 0, ID_ACCOUNT, "The ledger account of the shelf."),
    F_INT(stock_out, on_hand, 0, 0, 0, "Units on the shelf."),
    F_INT(stock_out, reserved, 0, 0, 0, "Of them, held for orders."),
    F_INT(stock_out, available, 0, 0, 0, "Units that can be sold."),
};
SHAPE(commerce_stock_shape, "Stock", stock_out, stock_fields);

typedef struct stock_query {
  int64_t limit;
  str after;
  id variant;
} stock_query;
static const field stock_query_fields[] = {
    F_PAGE(stock_query),
    F_ID(stock_query, variant, 0, ID_VARIANT, "Of this variant."),
};
SHAPE(commerce_stock_query_shape, "StockQuery", stock_query, stock_query_fields);

#define STOCK_COLUMNS                                                    \
  "select st.variant_id, v.sku, st.warehouse_id, st.shelf from stock st" \
  " join variant v on v.variant_id = st.variant_id where "

static status find_stock(ctx *c, db *d, const request *r, const int64_t after[2], size_t limit,
                         db_rows **rows) {
  const stock_query *q = r->query;
  if (q->variant != 0) {
    return db_query(c, d, rows,
                    STOCK_COLUMNS "st.variant_id = ?2 and st.seller = ?1 and (st.variant_id,"
                                  " st.warehouse_id) > (?3, ?4) order by st.warehouse_id limit ?5",
                    DB_INT(r->who.tenant), DB_INT(q->variant), DB_INT(after[0]), DB_INT(after[1]),
                    DB_INT(limit));
  }
  return db_query(c, d, rows,
                  STOCK_COLUMNS "st.seller = ?1 and (st.variant_id, st.warehouse_id) > (?2, ?3)"
                                " order by st.variant_id, st.warehouse_id limit ?4",
                  DB_INT(r->who.tenant), DB_INT(after[0]), DB_INT(after[1]), DB_INT(limit));
}

READ(commerce_list_stock) {
  const stock_query *q = r->query;
  int64_t after[2] = {0};
  if (q->after.len > 0 && !cursor_parse(q->after, after, 2)) {
    return fail_field(c, E_MALFORMED, STR("query/after"),
                      "Use the `next` of the page before, unchanged.");
  }
  size_t limit = commerce_page_limit(q->limit), count = 0;
  stock_out *items = ARENA_ARRAY(c->arena, stock_out, limit);
  db_rows *rows;
  TRY(find_stock(c, d, r, after, limit, &rows));
  while (count < limit && db_next(rows)) {
    items[count++] = (stock_out){.variant = db_get_int(rows, 0),
                                 .sku = db_keep_text(rows, 1, c->arena),
                                 .warehouse = db_get_int(rows, 2),
                                 .shelf = db_get_int(rows, 3)};
  }
  TRY(db_done(c, rows));
  for (size_t i = 0; i < count; i++) {
    account a;
    TRY(ledger_account_get(c, d, items[i].shelf, &a));
    items[i].on_hand = account_balance(&a);
    items[i].reserved = a.debits_pending;
    items[i].available = account_available(&a);
  }
  list_out *list = out;
  list->items = (field_array){items, count};
  if (count == limit) {
    list->next = cursor_print(c->arena,
                              (int64_t[]){items[count - 1].variant, items[count - 1].warehouse}, 2);
  }
  return OK;
}
