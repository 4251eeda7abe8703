/* stock.c - goods in and out of a warehouse: units move between the outside, the shelf and
 * shrinkage as ledger transfers. Promises that a shelf never gives what is reserved or not there.
 * Orders' reservations are place.c and common.c. */
#include "modules/commerce/model.h"

typedef struct move_work {
  stock_row stock;
  str sku;
  id outside; /* the account units come from or go to */
  bool is_new;
} move_work;

static status load_variant(ctx *c, tx *t, const stock_move *m, move_work *w, uint32_t *units) {
  db_rows *rows;
  TRY(db_query(c, tx_db(t), &rows, "select asset, sku from variant where variant_id = ?1",
               DB_INT(m->variant)));
  bool found = db_next(rows);
  if (found) {
    *units = (uint32_t)db_get_int(rows, 0);
    w->sku = db_keep_text(rows, 1, c->arena);
  }
  TRY(db_done(c, rows));
  return found ? OK : fail_field(c, E_NOT_FOUND, STR("/variant"), "There is no such variant.");
}

static status load_warehouse(ctx *c, tx *t, const stock_move *m, id *seller) {
  db_rows *rows;
  *seller = 0;
  TRY(db_query(c, tx_db(t), &rows, "select seller from warehouse where warehouse_id = ?1",
               DB_INT(m->warehouse)));
  if (db_next(rows)) *seller = db_get_int(rows, 0);
  TRY(db_done(c, rows));
  if (*seller == 0 || (m->seller != 0 && *seller != m->seller)) {
    return fail_field(c, E_NOT_FOUND, STR("/warehouse"), "There is no such warehouse.");
  }
  return OK;
}

/* Opens what is missing: the first goods of a variant in a warehouse make the accounts. */
static status load_accounts(ctx *c, tx *t, const stock_move *m, move_work *w) {
  market mk;
  TRY(identity_market(c, tx_db(t), &mk));
  stock_row *s = &w->stock;
  account_spec spec = {
      .tenant = s->seller, .entity = mk.entity, .owner = s->stock_id, .asset = s->asset};
  if (w->is_new) {
    spec.code = CODE_SHELF;
    TRY(tx_ensure_account(c, t, &spec, &s->shelf));
    spec.code = CODE_SHIPPED;
    TRY(tx_ensure_account(c, t, &spec, &s->shipped));
  } else {
    tx_need_account(t, s->shelf);
  }
  spec.code = m->quantity > 0 ? CODE_STOCK_SOURCE : CODE_SHRINKAGE;
  return tx_ensure_account(c, t, &spec, &w->outside);
}

status stock_move_load(ctx *c, tx *t, stock_move *m) {
  move_work *w = m->inner = ARENA_NEW(c->arena, move_work);
  uint32_t units = 0;
  id seller;
  TRY(load_variant(c, t, m, w, &units));
  TRY(load_warehouse(c, t, m, &seller));
  TRY(store_stock_find(c, tx_db(t), m->variant, m->warehouse, &w->stock));
  w->is_new = w->stock.stock_id == 0;
  if (w->is_new) {
    w->stock.stock_id = id_next(c);
    w->stock.seller = seller;
    w->stock.asset = units;
  }
  m->stock_id = w->stock.stock_id;
  return load_accounts(c, t, m, w);
}

status stock_move_decide(ctx *c, tx *t, stock_move *m) {
  const move_work *w = m->inner;
  if (m->quantity == 0 || m->quantity > STOCK_RECEIPT_MAX || m->quantity < -STOCK_RECEIPT_MAX) {
    return fail_field(c, E_MALFORMED, STR("/quantity"),
                      "Send 1 to %d units, or less than 0 to take out.", STOCK_RECEIPT_MAX);
  }
  int64_t ref = m->ref != 0 ? m->ref : m->stock_id;
  transfer move = {.debit_account = w->outside,
                   .credit_account = w->stock.shelf,
                   .amount = m->quantity,
                   .code = m->why != 0 ? m->why : WHY_RECEIVE_STOCK,
                   .ref = ref};
  if (m->quantity > 0) return tx_post(c, t, &move, 1);
  const account *shelf = tx_account(t, w->stock.shelf);
  int64_t there = shelf == NULL ? 0 : account_available(shelf);
  if (there < -m->quantity) {
    return fail_field(c, E_STOCK, STR("/quantity"), "Of %.*s, %lld are free in this warehouse.",
                      STR_ARGS(w->sku), (long long)there);
  }
  move.debit_account = w->stock.shelf;
  move.credit_account = w->outside;
  move.amount = -m->quantity;
  return tx_post(c, t, &move, 1);
}

status stock_move_write(ctx *c, tx *t, stock_move *m) {
  const move_work *w = m->inner;
  if (w->is_new) TRY(store_stock_add(c, tx_db(t), &w->stock));
  str body = str_format(c->arena, "{\"quantity\":%lld}", (long long)m->quantity);
  tx_audit(t, ID_VARIANT, m->variant, body);
  return tx_emit(c, t, m->quantity > 0 ? "stock.received" : "stock.reduced", ID_VARIANT, m->variant,
                 w->stock.seller, body);
}

static status move_load(ctx *c, tx *t, void *m) { return stock_move_load(c, t, m); }
static status move_decide(ctx *c, tx *t, void *m) { return stock_move_decide(c, t, m); }
static status move_write(ctx *c, tx *t, void *m) { return stock_move_write(c, t, m); }
const command_type commerce_move_stock = {
    .name = "stock.move", .load = move_load, .decide = move_decide, .write = move_write};
