/* store_dispute.c - disputes: rows <-> structs. No rules. */
#include "modules/payment/commands.h"

#define DISPUTE_COLUMNS                                                                            \
  "select dispute_id, payment_id, attempt_id, channel, seller, child, part_no, amount, currency, " \
  "state, reason, "                                                                                \
  "evidence, from_account, answer_by, opened_at, closed_at from dispute "

static void read_dispute(ctx *c, const db_rows *rows, dispute_row *r) {
  *r = (dispute_row){.dispute_id = db_get_int(rows, 0),
                     .payment_id = db_get_int(rows, 1),
                     .attempt_id = db_get_int(rows, 2),
                     .channel = db_get_int(rows, 3),
                     .seller = db_get_int(rows, 4),
                     .child = db_get_int(rows, 5),
                     .part_no = db_get_int(rows, 6),
                     .amount = db_get_int(rows, 7),
                     .currency = (uint32_t)db_get_int(rows, 8),
                     .state = (int)db_get_int(rows, 9),
                     .reason = db_keep_text(rows, 10, c->arena),
                     .evidence = db_keep_text(rows, 11, c->arena),
                     .from_account = db_get_int(rows, 12),
                     .answer_by = db_get_int(rows, 13),
                     .opened_at = db_get_int(rows, 14),
                     .closed_at = db_get_int(rows, 15)};
}

status dispute_insert(ctx *c, db *d, const dispute_row *r) {
  return db_run(c, d,
                "insert into dispute (dispute_id, payment_id, attempt_id, channel, seller, child, "
                "part_no, amount, "
                "currency, state, reason, evidence, from_account, answer_by, opened_at, closed_at) "
                "values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
                DB_INT(r->dispute_id), DB_INT(r->payment_id), DB_INT(r->attempt_id),
                DB_INT(r->channel), DB_INT(r->seller), DB_INT(r->child), DB_INT(r->part_no),
                DB_INT(r->amount), DB_INT(r->currency), DB_INT(r->state), DB_TEXT(r->reason),
                DB_TEXT(r->evidence), DB_INT(r->from_account), DB_INT(r->answer_by),
                DB_INT(r->opened_at), DB_INT(r->closed_at));
}

status dispute_save(ctx *c, db *d, const dispute_row *r) {
  return db_run(c, d, "update dispute set state=?2, evidence=?3, closed_at=?4 where dispute_id=?1",
                DB_INT(r->dispute_id), DB_INT(r->state), DB_TEXT(r->evidence),
                DB_INT(r->closed_at));
}

status dispute_lock(ctx *c, db *d, id dispute_id, dispute_row *out, bool *found) {
  db_rows *rows;
  TRY(db_query(c, d, &rows, DISPUTE_COLUMNS "where dispute_id=?1 for update", DB_INT(dispute_id)));
  *found = db_next(rows);
  if (*found) read_dispute(c, rows, out);
  return db_done(c, rows);
}

status disputed_of(ctx *c, db *d, id payment_id, int64_t open[static PARTS_MAX],
                   int64_t lost[static PARTS_MAX]) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select part_no, amount, state from dispute where payment_id=?1 and state<>1",
               DB_INT(payment_id)));
  while (db_next(rows))
    (db_get_int(rows, 2) == 0 ? open : lost)[db_get_int(rows, 0)] += db_get_int(rows, 1);
  return db_done(c, rows);
}

status disputes_page(ctx *c, db *d, id seller, id before, int64_t max, dispute_row **out,
                     size_t *count) {
  db_rows *rows;
  int64_t top = before == 0 ? INT64_MAX : before;
  if (seller != 0) {
    TRY(db_query(c, d, &rows,
                 DISPUTE_COLUMNS
                 "where seller=?1 and dispute_id<?2 order by dispute_id desc limit ?3",
                 DB_INT(seller), DB_INT(top), DB_INT(max)));
  } else {
    TRY(db_query(c, d, &rows,
                 DISPUTE_COLUMNS "where dispute_id<?1 order by dispute_id desc limit ?2",
                 DB_INT(top), DB_INT(max)));
  }
  dispute_row *list = ARENA_ARRAY(c->arena, dispute_row, (size_t)max);
  size_t n = 0;
  while (db_next(rows))
    read_dispute(c, rows, &list[n++]);
  TRY(db_done(c, rows));
  *out = list;
  *count = n;
  return OK;
}

status disputes_run_out(ctx *c, db *d, instant now, size_t max, id *out, size_t *count) {
  db_rows *rows;
  TRY(db_query(
      c, d, &rows,
      "select dispute_id from dispute where state=0 and answer_by<=?1 order by answer_by limit ?2",
      DB_INT(now), DB_INT(max)));
  size_t n = 0;
  while (db_next(rows))
    out[n++] = db_get_int(rows, 0);
  TRY(db_done(c, rows));
  *count = n;
  return OK;
}
