/* store_settle.c - settlement items, settlements, payouts and sellers in debt: rows <-> structs. No
 * rules. */
#include "modules/payment/inside.h"

status item_insert(ctx *c, db *d, const settlement_item *i) {
  return db_run(
      c, d,
      "insert into settlement_item (seller, child, kind, payment_id, currency, due, amount, state, "
      "settlement_id) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0)",
      DB_INT(i->seller), DB_INT(i->child), DB_INT(i->kind), DB_INT(i->payment_id),
      DB_INT(i->currency), DB_INT(i->due), DB_INT(i->amount), DB_INT(i->state));
}

status item_save(ctx *c, db *d, const settlement_item *i) {
  return db_run(c, d,
                "update settlement_item set amount=?4 where seller=?1 and child=?2 and kind=?3",
                DB_INT(i->seller), DB_INT(i->child), DB_INT(i->kind), DB_INT(i->amount));
}

static status all_items(ctx *c, db_rows *rows, settlement_item **out, size_t *count) {
  settlement_item *list = NULL;
  size_t n = 0, room = 0;
  while (db_next(rows)) {
    if (n == room) {
      list = arena_grow(c->arena, list, room * sizeof *list, (room + 32) * sizeof *list);
      room += 32;
    }
    list[n++] = (settlement_item){.seller = db_get_int(rows, 0),
                                  .child = db_get_int(rows, 1),
                                  .kind = (int)db_get_int(rows, 2),
                                  .payment_id = db_get_int(rows, 3),
                                  .currency = (uint32_t)db_get_int(rows, 4),
                                  .due = (date)db_get_int(rows, 5),
                                  .amount = db_get_int(rows, 6),
                                  .state = (int)db_get_int(rows, 7)};
  }
  TRY(db_done(c, rows));
  *out = list;
  *count = n;
  return OK;
}

status items_of_child(ctx *c, db *d, id seller, id child, settlement_item **out, size_t *count) {
  db_rows *rows;
  TRY(db_query(
      c, d, &rows,
      "select seller, child, kind, payment_id, currency, due, amount, state from settlement_item "
      "where seller=?1 and child=?2 order by kind for update",
      DB_INT(seller), DB_INT(child)));
  return all_items(c, rows, out, count);
}

status items_due(ctx *c, db *d, id seller, date on, settlement_item **out, size_t *count) {
  db_rows *rows;
  TRY(db_query(
      c, d, &rows,
      "select seller, child, kind, payment_id, currency, due, amount, state from settlement_item "
      "where seller=?1 and due<=?2 and state=0 order by child, kind for update",
      DB_INT(seller), DB_INT(on)));
  return all_items(c, rows, out, count);
}

status items_settle(ctx *c, db *d, id seller, date on, id settlement_id) {
  return db_run(c, d,
                "update settlement_item set state=1, settlement_id=?3 where seller=?1 and due<=?2 "
                "and state=0",
                DB_INT(seller), DB_INT(on), DB_INT(settlement_id));
}

status sellers_due(ctx *c, db *d, date on, id after, size_t max, id *out, size_t *count) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select distinct seller from settlement_item where state=0 and due<=?1 and "
               "seller>?2 order by seller "
               "limit ?3",
               DB_INT(on), DB_INT(after), DB_INT(max)));
  size_t n = 0;
  while (db_next(rows))
    out[n++] = db_get_int(rows, 0);
  TRY(db_done(c, rows));
  *count = n;
  return OK;
}

status child_sum_get(ctx *c, db *d, id payment_id, id seller, id child, child_sum *out) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select payment.state, "
               "(select cast(coalesce(sum(amount - refunded), 0) as bigint) from payment_part "
               "where payment_id=?1 and child=?3 and is_over=0), "
               "(select count(*) from settlement_item where seller=?2 and child=?3) "
               "from payment where payment_id=?1",
               DB_INT(payment_id), DB_INT(seller), DB_INT(child)));
  *out = (child_sum){.state = PAYMENT_CREATED};
  if (db_next(rows)) {
    *out = (child_sum){.state = (payment_state)db_get_int(rows, 0),
                       .remaining = db_get_int(rows, 1),
                       .released = db_get_int(rows, 2) > 0};
  }
  return db_done(c, rows);
}

status settlement_insert(ctx *c, db *d, const settlement_row *s) {
  return db_run(
      c, d,
      "insert into settlement (seller, settlement_id, business_date, currency, items, settled, "
      "available_before, payout_id, paid_out, created_at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, "
      "?9, ?10)",
      DB_INT(s->seller), DB_INT(s->settlement_id), DB_INT(s->business_date), DB_INT(s->currency),
      DB_INT(s->items), DB_INT(s->settled), DB_INT(s->available_before), DB_INT(s->payout_id),
      DB_INT(s->paid_out), DB_INT(s->created_at));
}

#define SETTLEMENT_COLUMNS                                                  \
  "select seller, settlement_id, business_date, currency, items, settled, " \
  "available_before, payout_id, paid_out, created_at from settlement "

/* Newest first, of one seller or of all for 0. `before` 0: from the newest. */
status settlements_page(ctx *c, db *d, id seller, id before, int64_t max, settlement_row **out,
                        size_t *count) {
  db_rows *rows;
  id below = before == 0 ? INT64_MAX : before;
  if (seller != 0) {
    TRY(db_query(c, d, &rows,
                 SETTLEMENT_COLUMNS "where seller=?1 and settlement_id<?2 order by settlement_id "
                                    "desc limit ?3",
                 DB_INT(seller), DB_INT(below), DB_INT(max)));
  } else {
    TRY(db_query(c, d, &rows,
                 SETTLEMENT_COLUMNS "where settlement_id<?1 order by settlement_id desc limit ?2",
                 DB_INT(below), DB_INT(max)));
  }
  settlement_row *list = ARENA_ARRAY(c->arena, settlement_row, (size_t)max);
  size_t n = 0;
  while (db_next(rows)) {
    list[n++] = (settlement_row){.seller = db_get_int(rows, 0),
                                 .settlement_id = db_get_int(rows, 1),
                                 .business_date = (date)db_get_int(rows, 2),
                                 .currency = (uint32_t)db_get_int(rows, 3),
                                 .items = db_get_int(rows, 4),
                                 .settled = db_get_int(rows, 5),
                                 .available_before = db_get_int(rows, 6),
                                 .payout_id = db_get_int(rows, 7),
                                 .paid_out = db_get_int(rows, 8),
                                 .created_at = db_get_int(rows, 9)};
  }
  TRY(db_done(c, rows));
  *out = list;
  *count = n;
  return OK;
}

status payout_insert(ctx *c, db *d, const payout_row *p) {
  return db_run(c, d,
                "insert into payout (seller, payout_id, business_date, currency, amount, state, "
                "attempt_id, created_at, "
                "updated_at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                DB_INT(p->seller), DB_INT(p->payout_id), DB_INT(p->business_date),
                DB_INT(p->currency), DB_INT(p->amount), DB_INT(p->state), DB_INT(p->attempt_id),
                DB_INT(p->created_at), DB_INT(p->updated_at));
}

status payout_lock(ctx *c, db *d, id seller, id payout_id, payout_row *out, bool *found) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select business_date, currency, amount, state, attempt_id, created_at, updated_at "
               "from payout "
               "where seller=?1 and payout_id=?2 for update",
               DB_INT(seller), DB_INT(payout_id)));
  *found = db_next(rows);
  if (*found) {
    *out = (payout_row){.seller = seller,
                        .payout_id = payout_id,
                        .business_date = (date)db_get_int(rows, 0),
                        .currency = (uint32_t)db_get_int(rows, 1),
                        .amount = db_get_int(rows, 2),
                        .state = (int)db_get_int(rows, 3),
                        .attempt_id = db_get_int(rows, 4),
                        .created_at = db_get_int(rows, 5),
                        .updated_at = db_get_int(rows, 6)};
  }
  return db_done(c, rows);
}

status payout_set_state(ctx *c, db *d, const payout_row *p) {
  return db_run(c, d, "update payout set state=?3, updated_at=?4 where seller=?1 and payout_id=?2",
                DB_INT(p->seller), DB_INT(p->payout_id), DB_INT(p->state), DB_INT(p->updated_at));
}

status debt_set(ctx *c, db *d, id seller, bool in_debt, instant now) {
  if (!in_debt) return db_run(c, d, "delete from seller_debt where seller=?1", DB_INT(seller));
  return db_run(
      c, d,
      "insert into seller_debt (seller, since) values (?1, ?2) on conflict (seller) do nothing",
      DB_INT(seller), DB_INT(now));
}

status debt_sellers(ctx *c, db *d, id **out, size_t *count) {
  db_rows *rows;
  id *list = NULL;
  size_t n = 0, room = 0;
  TRY(db_query0(c, d, &rows, "select seller from seller_debt order by seller"));
  while (db_next(rows)) {
    if (n == room) {
      list = arena_grow(c->arena, list, room * sizeof *list, (room + 32) * sizeof *list);
      room += 32;
    }
    list[n++] = db_get_int(rows, 0);
  }
  TRY(db_done(c, rows));
  *out = list;
  *count = n;
  return OK;
}
