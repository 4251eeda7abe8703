/* procurement.c - goods bought for stock: suppliers, purchase orders, and receipts that put goods
 * on the shelf and note what is owed for them, in one commit. Never more is received than was
 * ordered. */
#include "modules/logistics/inside.h"

/* --- supplier.create -------------------------------------------------------------------------- */

static status supplier_decide(ctx *c, tx *t, void *state) {
  UNUSED(t);
  supplier_new *n = state;
  if (n->name.len == 0)
    return fail_field(c, E_MALFORMED, STR("/name"), "Give the supplier a name.");
  if (n->payment_days < 0 || n->payment_days > 365) {
    return fail_field(c, E_MALFORMED, STR("/payment_days"), "Send 0 to 365 days.");
  }
  n->supplier_id = id_next(c);
  return OK;
}

/* Who to call there is personal data of somebody: it never lies in the store in the clear. */
static status supplier_write(ctx *c, tx *t, void *state) {
  const supplier_new *n = state;
  str contact;
  TRY(identity_seal_text(c, tx_db(t), n->supplier_id, n->contact, &contact));
  tx_audit(t, ID_SUPPLIER, n->supplier_id, STR("{}"));
  return db_run(c, tx_db(t),
                "insert into supplier (supplier_id, seller, name, contact, payment_days) values "
                "(?1, ?2, ?3, ?4, ?5)",
                DB_INT(n->supplier_id), DB_INT(n->seller), DB_TEXT(n->name), DB_TEXT(contact),
                DB_INT(n->payment_days));
}

const command_type logistics_create_supplier = {
    .name = "supplier.create", .decide = supplier_decide, .write = supplier_write};

/* --- purchase.create -------------------------------------------------------------------------- */

/* Whether a row of the seller's is there; the statement selects its seller. */
static status check_mine(ctx *c, db_rows *rows, id seller, const char *pointer, const char *what) {
  bool mine = db_next(rows) && (seller == 0 || db_get_int(rows, 0) == seller);
  TRY(db_done(c, rows));
  return mine ? OK : fail_field(c, E_NOT_FOUND, str_from(pointer), "There is no such %s.", what);
}

static status check_line(ctx *c, tx *t, const purchase_new *n, size_t i) {
  const purchase_line_in *lines = n->lines.items, *l = &lines[i];
  if (l->quantity < 1 || l->quantity > STOCK_RECEIPT_MAX) {
    return fail_field(c, E_MALFORMED, str_format(c->arena, "/lines/%zu/quantity", i),
                      "Send 1 to %d units.", STOCK_RECEIPT_MAX);
  }
  if (l->unit_cost < 0 || l->unit_cost > MONEY_MAX_JSON) {
    return fail_field(c, E_MALFORMED, str_format(c->arena, "/lines/%zu/unit_cost", i),
                      "A cost is 0 or more.");
  }
  for (size_t k = 0; k < i; k++) {
    if (lines[k].variant != l->variant) continue;
    return fail_field(c, E_MALFORMED, str_format(c->arena, "/lines/%zu/variant", i),
                      "Line %zu has this variant already.", k);
  }
  db_rows *rows;
  TRY(db_query(c, tx_db(t), &rows, "select 1 from variant where variant_id = ?1",
               DB_INT(l->variant)));
  return check_mine(c, rows, 0, str_format(c->arena, "/lines/%zu/variant", i).at, "variant");
}

static status purchase_load(ctx *c, tx *t, void *state) {
  purchase_new *n = state;
  db_rows *rows;
  TRY(db_query(c, tx_db(t), &rows, "select seller from supplier where supplier_id = ?1",
               DB_INT(n->supplier)));
  TRY(check_mine(c, rows, n->seller, "/supplier", "supplier"));
  TRY(db_query(c, tx_db(t), &rows, "select seller from warehouse where warehouse_id = ?1",
               DB_INT(n->warehouse)));
  TRY(check_mine(c, rows, n->seller, "/warehouse", "warehouse"));
  if (n->lines.count < 1 || n->lines.count > PURCHASE_LINES_MAX) {
    return fail_field(c, E_MALFORMED, STR("/lines"), "Send 1 to %d lines.", PURCHASE_LINES_MAX);
  }
  for (size_t i = 0; i < n->lines.count; i++)
    TRY(check_line(c, t, n, i));
  return OK;
}

static status purchase_decide(ctx *c, tx *t, void *state) {
  UNUSED(t);
  ((purchase_new *)state)->purchase_id = id_next(c);
  return OK;
}

static status purchase_write(ctx *c, tx *t, void *state) {
  const purchase_new *n = state;
  TRY(db_run(
      c, tx_db(t),
      "insert into purchase (purchase_id, seller, supplier_id, warehouse_id, state, note, made_at)"
      " values (?1, ?2, ?3, ?4, 0, ?5, ?6)",
      DB_INT(n->purchase_id), DB_INT(n->seller), DB_INT(n->supplier), DB_INT(n->warehouse),
      DB_TEXT(n->note), DB_INT(c->now)));
  for (size_t i = 0; i < n->lines.count; i++) {
    const purchase_line_in *l = (const purchase_line_in *)n->lines.items + i;
    TRY(db_run(c, tx_db(t),
               "insert into purchase_line (purchase_id, variant_id, quantity, received, unit_cost)"
               " values (?1, ?2, ?3, 0, ?4)",
               DB_INT(n->purchase_id), DB_INT(l->variant), DB_INT(l->quantity),
               DB_INT(l->unit_cost)));
  }
  tx_audit(t, ID_PURCHASE, n->purchase_id, STR("{\"state\":\"open\"}"));
  return tx_emit(c, t, "purchase.ordered", ID_PURCHASE, n->purchase_id, n->seller, STR("{}"));
}

const command_type logistics_create_purchase = {.name = "purchase.create",
                                                .load = purchase_load,
                                                .decide = purchase_decide,
                                                .write = purchase_write};

/* --- purchase.receive ------------------------------------------------------------------------- */

typedef struct ordered_line {
  id variant;
  int64_t quantity, received, unit_cost, now;
} ordered_line;

typedef struct receive_work {
  id supplier, warehouse;
  uint32_t currency;
  int64_t payment_days;
  int state;
  ordered_line lines[PURCHASE_LINES_MAX];
  size_t count;
  stock_move *moves; /* one a line that gets something */
  size_t move_count;
  bool complete;
} receive_work;

static status load_purchase(ctx *c, tx *t, receipt_new *n, receive_work *w) {
  id seller = 0;
  db_rows *rows;
  TRY(db_query(c, tx_db(t), &rows,
               "select seller, supplier_id, warehouse_id, state from purchase where purchase_id = "
               "?1 for update",
               DB_INT(n->purchase)));
  if (db_next(rows)) {
    seller = db_get_int(rows, 0);
    w->supplier = db_get_int(rows, 1);
    w->warehouse = db_get_int(rows, 2);
    w->state = (int)db_get_int(rows, 3);
  }
  TRY(db_done(c, rows));
  if (seller == 0 || (n->seller != 0 && n->seller != seller))
    return fail(c, E_NOT_FOUND, "There is no such purchase.");
  n->seller = seller;
  TRY(db_query(c, tx_db(t), &rows, "select payment_days from supplier where supplier_id = ?1",
               DB_INT(w->supplier)));
  if (db_next(rows)) w->payment_days = db_get_int(rows, 0);
  TRY(db_done(c, rows));
  TRY(db_query(
      c, tx_db(t), &rows,
      "select variant_id, quantity, received, unit_cost from purchase_line where purchase_id = ?1"
      " order by variant_id",
      DB_INT(n->purchase)));
  while (w->count < PURCHASE_LINES_MAX && db_next(rows)) {
    w->lines[w->count++] = (ordered_line){db_get_int(rows, 0), db_get_int(rows, 1),
                                          db_get_int(rows, 2), db_get_int(rows, 3), 0};
  }
  return db_done(c, rows);
}

static status match_line(ctx *c, const receipt_new *n, receive_work *w, size_t i) {
  const receipt_line_in *in = (const receipt_line_in *)n->lines.items + i;
  for (size_t k = 0; k < w->count; k++) {
    ordered_line *l = &w->lines[k];
    if (l->variant != in->variant) continue;
    int64_t left = l->quantity - l->received - l->now;
    if (in->quantity < 1 || in->quantity > left) {
      return fail_field(c, E_RULE, str_format(c->arena, "/lines/%zu/quantity", i),
                        "%lld of this variant are outstanding; send 1 to that.", (long long)left);
    }
    l->now += in->quantity;
    return OK;
  }
  return fail_field(c, E_NOT_FOUND, str_format(c->arena, "/lines/%zu/variant", i),
                    "This variant is not on the purchase order.");
}

static status plan_receipt(ctx *c, receipt_new *n, receive_work *w) {
  for (size_t i = 0; i < n->lines.count; i++)
    TRY(match_line(c, n, w, i));
  n->payable = 0; /* a command may be run again */
  w->complete = true;
  w->moves = ARENA_ARRAY(c->arena, stock_move, w->count + 1);
  for (size_t k = 0; k < w->count; k++) {
    ordered_line *l = &w->lines[k];
    if (n->lines.count == 0) l->now = l->quantity - l->received;
    w->complete = w->complete && l->received + l->now == l->quantity;
    if (l->now == 0) continue;
    int64_t cost;
    bool fits = !MUL_OVERFLOWS(l->now, l->unit_cost, &cost) &&
                !ADD_OVERFLOWS(n->payable, cost, &n->payable);
    if (!fits) return fail(c, E_RULE, "The receipt costs more than can be booked.");
    w->moves[w->move_count++] = (stock_move){.variant = l->variant,
                                             .warehouse = w->warehouse,
                                             .seller = n->seller,
                                             .quantity = l->now,
                                             .ref = n->receipt_id,
                                             .why = WHY_RECEIVE_STOCK};
  }
  if (w->move_count == 0)
    return fail(c, E_CONFLICT, "Everything on this purchase order was received.");
  return OK;
}

static status receive_load(ctx *c, tx *t, void *state) {
  receipt_new *n = state;
  receive_work *w = n->inner = ARENA_NEW(c->arena, receive_work);
  market m;
  TRY(identity_market(c, tx_db(t), &m));
  w->currency = m.currency;
  TRY(load_purchase(c, t, n, w));
  n->receipt_id = id_next(c);
  TRY(plan_receipt(c, n, w));
  for (size_t i = 0; i < w->move_count; i++)
    TRY(stock_move_load(c, t, &w->moves[i]));
  return OK;
}

static status receive_decide(ctx *c, tx *t, void *state) {
  receipt_new *n = state;
  receive_work *w = n->inner;
  n->due = c->today + (date)w->payment_days;
  for (size_t i = 0; i < w->move_count; i++)
    TRY(stock_move_decide(c, t, &w->moves[i]));
  return OK;
}

static status write_lines(ctx *c, tx *t, const receipt_new *n, const receive_work *w) {
  for (size_t k = 0; k < w->count; k++) {
    const ordered_line *l = &w->lines[k];
    if (l->now == 0) continue;
    TRY(db_run(c, tx_db(t),
               "update purchase_line set received = received + ?3 where purchase_id = ?1 and "
               "variant_id = ?2",
               DB_INT(n->purchase), DB_INT(l->variant), DB_INT(l->now)));
    TRY(db_run(
        c, tx_db(t),
        "insert into goods_receipt_line (purchase_id, receipt_id, variant_id, quantity, unit_cost)"
        " values (?1, ?2, ?3, ?4, ?5)",
        DB_INT(n->purchase), DB_INT(n->receipt_id), DB_INT(l->variant), DB_INT(l->now),
        DB_INT(l->unit_cost)));
  }
  return OK;
}

static status receive_write(ctx *c, tx *t, void *state) {
  receipt_new *n = state;
  receive_work *w = n->inner;
  for (size_t i = 0; i < w->move_count; i++)
    TRY(stock_move_write(c, t, &w->moves[i]));
  TRY(db_run(c, tx_db(t),
             "insert into goods_receipt (purchase_id, receipt_id, seller, delivery_note, at) "
             "values (?1, ?2, ?3, ?4, ?5)",
             DB_INT(n->purchase), DB_INT(n->receipt_id), DB_INT(n->seller),
             DB_TEXT(n->delivery_note), DB_INT(c->now)));
  TRY(write_lines(c, t, n, w));
  if (w->complete) {
    TRY(db_run(c, tx_db(t), "update purchase set state = 1 where purchase_id = ?1",
               DB_INT(n->purchase)));
  }
  TRY(db_run(c, tx_db(t),
             "insert into payable (seller, receipt_id, supplier_id, purchase_id, amount, currency, "
             "due, state)"
             " values (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0)",
             DB_INT(n->seller), DB_INT(n->receipt_id), DB_INT(w->supplier), DB_INT(n->purchase),
             DB_INT(n->payable), DB_INT(w->currency), DB_INT(n->due)));
  str body = str_format(c->arena, "{\"payable\":%lld}", (long long)n->payable);
  tx_audit(t, ID_RECEIPT, n->receipt_id, body);
  return tx_emit(c, t, "goods.received", ID_RECEIPT, n->receipt_id, n->seller, body);
}

const command_type logistics_receive = {.name = "purchase.receive",
                                        .load = receive_load,
                                        .decide = receive_decide,
                                        .write = receive_write};
