/* store_money.c - campaigns, vouchers, breaks and wallet moves: rows <-> structs. No rules. */
#include "modules/payment/inside.h"

/* --- campaigns and vouchers ------------------------------------------------------------------- */
status campaign_get(ctx *c, db *d, id campaign_id, campaign_row *out, bool *found) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select campaign_id, account, name, currency, budget, per_order_max, created_at "
               "from campaign "
               "where campaign_id=?1",
               DB_INT(campaign_id)));
  *found = db_next(rows);
  if (*found) {
    *out = (campaign_row){.campaign_id = db_get_int(rows, 0),
                          .account = db_get_int(rows, 1),
                          .name = db_keep_text(rows, 2, c->arena),
                          .currency = (uint32_t)db_get_int(rows, 3),
                          .budget = db_get_int(rows, 4),
                          .per_order_max = db_get_int(rows, 5),
                          .created_at = db_get_int(rows, 6)};
  }
  return db_done(c, rows);
}

status campaign_insert(ctx *c, db *d, const campaign_row *row) {
  return db_run(c, d,
                "insert into campaign (campaign_id, name, currency, budget, per_order_max, "
                "account, created_at) "
                "values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                DB_INT(row->campaign_id), DB_TEXT(row->name), DB_INT(row->currency),
                DB_INT(row->budget), DB_INT(row->per_order_max), DB_INT(row->account),
                DB_INT(row->created_at));
}

status campaign_add_budget(ctx *c, db *d, id campaign_id, int64_t more) {
  return db_run(c, d, "update campaign set budget = budget + ?2 where campaign_id=?1",
                DB_INT(campaign_id), DB_INT(more));
}

status vouchers_outstanding(ctx *c, db *d, id campaign_id, instant now, int64_t *out) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select cast(coalesce(sum(amount), 0) as bigint) from voucher where campaign_id=?1 "
               "and state=0 and (expires_at = 0 or expires_at > ?2)",
               DB_INT(campaign_id), DB_INT(now)));
  int64_t sum = db_next(rows) ? db_get_int(rows, 0) : 0;
  TRY(db_done(c, rows));
  *out = sum;
  return OK;
}

status voucher_lock(ctx *c, db *d, str code, voucher_row *out) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select code, campaign_id, account, currency, amount, state, payment_id, expires_at "
               "from voucher "
               "where code=?1 for update",
               DB_TEXT(code)));
  *out = (voucher_row){0};
  if (db_next(rows)) {
    *out = (voucher_row){.found = true,
                         .code = db_keep_text(rows, 0, c->arena),
                         .campaign_id = db_get_int(rows, 1),
                         .account = db_get_int(rows, 2),
                         .currency = (uint32_t)db_get_int(rows, 3),
                         .amount = db_get_int(rows, 4),
                         .state = (int)db_get_int(rows, 5),
                         .payment_id = db_get_int(rows, 6),
                         .expires_at = db_get_int(rows, 7)};
  }
  return db_done(c, rows);
}

status voucher_insert(ctx *c, db *d, const voucher_row *v, instant now) {
  const db_value row[] = {DB_TEXT(v->code),      DB_INT(v->campaign_id), DB_INT(v->account),
                          DB_INT(v->currency),   DB_INT(v->amount),      DB_INT(v->state),
                          DB_INT(v->payment_id), DB_INT(v->expires_at),  DB_INT(now)};
  return db_run_later(c, d,
                      "insert into voucher (code, campaign_id, account, currency, amount, state, "
                      "payment_id, expires_at, created_at) "
                      "values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                      "tiiiiiiii", 1, row);
}

status voucher_set_state(ctx *c, db *d, str code, int state, id payment_id) {
  return db_run(c, d, "update voucher set state=?2, payment_id=?3 where code=?1", DB_TEXT(code),
                DB_INT(state), DB_INT(payment_id));
}

/* --- breaks ----------------------------------------------------------------------------------- */
status break_insert(ctx *c, db *d, const break_row *b) {
  return db_run(c, d,
                "insert into payment_break (break_id, kind, payment_id, subject, amount, currency, "
                "state, note, "
                "resolution, resolved_by, found_at, resolved_at, owner) "
                "values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
                DB_INT(b->break_id), DB_TEXT(b->kind), DB_INT(b->payment_id), DB_INT(b->subject),
                DB_INT(b->amount), DB_INT(b->currency), DB_INT(b->state), DB_TEXT(b->note),
                DB_TEXT(b->resolution), DB_INT(b->resolved_by), DB_INT(b->found_at),
                DB_INT(b->resolved_at), DB_INT(b->owner));
}

status break_lock(ctx *c, db *d, id break_id, break_row *out, bool *found) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select break_id, kind, payment_id, subject, amount, currency, state, note, "
               "resolution, resolved_by, "
               "found_at, resolved_at, owner from payment_break where break_id=?1 for update",
               DB_INT(break_id)));
  *found = db_next(rows);
  if (*found) {
    *out = (break_row){.break_id = db_get_int(rows, 0),
                       .kind = db_keep_text(rows, 1, c->arena),
                       .payment_id = db_get_int(rows, 2),
                       .subject = db_get_int(rows, 3),
                       .amount = db_get_int(rows, 4),
                       .currency = (uint32_t)db_get_int(rows, 5),
                       .state = (int)db_get_int(rows, 6),
                       .note = db_keep_text(rows, 7, c->arena),
                       .resolution = db_keep_text(rows, 8, c->arena),
                       .resolved_by = db_get_int(rows, 9),
                       .found_at = db_get_int(rows, 10),
                       .resolved_at = db_get_int(rows, 11),
                       .owner = db_get_int(rows, 12)};
  }
  return db_done(c, rows);
}

status break_save(ctx *c, db *d, const break_row *b) {
  return db_run(c, d,
                "update payment_break set state=?2, resolution=?3, resolved_by=?4, resolved_at=?5, "
                "owner=?6 where break_id=?1",
                DB_INT(b->break_id), DB_INT(b->state), DB_TEXT(b->resolution),
                DB_INT(b->resolved_by), DB_INT(b->resolved_at), DB_INT(b->owner));
}

/* --- wallet moves ----------------------------------------------------------------------------- */
status wallet_move_insert(ctx *c, db *d, const wallet_move *m) {
  return db_run(c, d,
                "insert into wallet_move (owner, move_id, kind, other, currency, amount, state, "
                "business_date, created_at, "
                "updated_at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                DB_INT(m->owner), DB_INT(m->move_id), DB_INT(m->kind), DB_INT(m->other),
                DB_INT(m->currency), DB_INT(m->amount), DB_INT(m->state), DB_INT(m->business_date),
                DB_INT(m->created_at), DB_INT(m->updated_at));
}

status wallet_move_lock(ctx *c, db *d, id owner, id move_id, wallet_move *out, bool *found) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select kind, other, currency, amount, state, business_date, created_at, updated_at "
               "from wallet_move "
               "where owner=?1 and move_id=?2 for update",
               DB_INT(owner), DB_INT(move_id)));
  *found = db_next(rows);
  if (*found) {
    *out = (wallet_move){.owner = owner,
                         .move_id = move_id,
                         .kind = (int)db_get_int(rows, 0),
                         .other = db_get_int(rows, 1),
                         .currency = (uint32_t)db_get_int(rows, 2),
                         .amount = db_get_int(rows, 3),
                         .state = (int)db_get_int(rows, 4),
                         .business_date = (date)db_get_int(rows, 5),
                         .created_at = db_get_int(rows, 6),
                         .updated_at = db_get_int(rows, 7)};
  }
  return db_done(c, rows);
}

status wallet_move_set_state(ctx *c, db *d, id owner, id move_id, int state, instant now) {
  return db_run(c, d,
                "update wallet_move set state=?3, updated_at=?4 where owner=?1 and move_id=?2",
                DB_INT(owner), DB_INT(move_id), DB_INT(state), DB_INT(now));
}

status wallet_sent_on(ctx *c, db *d, id owner, date on, int64_t *sent) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select cast(coalesce(sum(amount), 0) as bigint) from wallet_move "
               "where owner=?1 and business_date=?2 and kind=2",
               DB_INT(owner), DB_INT(on)));
  int64_t sum = db_next(rows) ? db_get_int(rows, 0) : 0;
  TRY(db_done(c, rows));
  *sent = sum;
  return OK;
}
