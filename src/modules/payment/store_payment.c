/* store_payment.c - payments, parts, attempts, refunds and channels: rows <-> structs. No rules. */
#include "modules/payment/inside.h"

/* --- payments --------------------------------------------------------------------------------- */
static void read_payment(const db_rows *rows, payment_row *p) {
  *p = (payment_row){.payment_id = db_get_int(rows, 0),
                     .payer = db_get_int(rows, 1),
                     .payable_kind = (int)db_get_int(rows, 2),
                     .payable = db_get_int(rows, 3),
                     .currency = (uint32_t)db_get_int(rows, 4),
                     .total = db_get_int(rows, 5),
                     .difference = db_get_int(rows, 6),
                     .captured = db_get_int(rows, 7),
                     .refunded = db_get_int(rows, 8),
                     .returned = db_get_int(rows, 9),
                     .state = (payment_state)db_get_int(rows, 10),
                     .authorise_only = db_get_int(rows, 11) != 0,
                     .expires_at = db_get_int(rows, 12),
                     .created_at = db_get_int(rows, 13),
                     .updated_at = db_get_int(rows, 14)};
}

static status one_payment(ctx *c, db_rows *rows, payment_row *out, bool *found) {
  *found = db_next(rows);
  if (*found) read_payment(rows, out);
  return db_done(c, rows);
}

status payment_get(ctx *c, db *d, id payment_id, payment_row *out, bool *found) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select payment_id, payer, payable_kind, payable, currency, total, difference, "
               "captured, refunded, "
               "returned, state, authorise_only, expires_at, created_at, updated_at from payment "
               "where payment_id=?1",
               DB_INT(payment_id)));
  return one_payment(c, rows, out, found);
}

status payment_lock(ctx *c, db *d, id payment_id, payment_row *out, bool *found) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select payment_id, payer, payable_kind, payable, currency, total, difference, "
               "captured, refunded, "
               "returned, state, authorise_only, expires_at, created_at, updated_at from payment "
               "where payment_id=?1 "
               "for update",
               DB_INT(payment_id)));
  return one_payment(c, rows, out, found);
}

/* Newest first; of one payer, or of all for 0. `before` 0: from the newest. */
#define PAYMENTS                                                                             \
  "select payment_id, payer, payable_kind, payable, currency, total, difference, captured, " \
  "refunded, returned, state, authorise_only, expires_at, created_at, updated_at from payment "
#define BY_NEWEST "payment_id<?1 order by payment_id desc limit ?2"

/* Paid ones are among the newest; the others have an index of their own. */
static status find_payments(ctx *c, db *d, id payer, int state, id top, int64_t max,
                            db_rows **rows) {
  if (payer != 0) {
    return db_query(c, d, rows, PAYMENTS "where payer=?3 and (?4=-1 or state=?4) and " BY_NEWEST,
                    DB_INT(top), DB_INT(max), DB_INT(payer), DB_INT(state));
  }
  if (state < 0) return db_query(c, d, rows, PAYMENTS "where " BY_NEWEST, DB_INT(top), DB_INT(max));
  if (state == PAYMENT_PAID)
    return db_query(c, d, rows, PAYMENTS "where state=2 and " BY_NEWEST, DB_INT(top), DB_INT(max));
  return db_query(c, d, rows, PAYMENTS "where state<>2 and state=?3 and " BY_NEWEST, DB_INT(top),
                  DB_INT(max), DB_INT(state));
}

status payments_page(ctx *c, db *d, id payer, int state, id before, int64_t max, payment_row **out,
                     size_t *count) {
  db_rows *rows;
  TRY(find_payments(c, d, payer, state, before == 0 ? INT64_MAX : before, max, &rows));
  payment_row *list = ARENA_ARRAY(c->arena, payment_row, (size_t)max);
  size_t n = 0;
  while (db_next(rows))
    read_payment(rows, &list[n++]);
  TRY(db_done(c, rows));
  *out = list;
  *count = n;
  return OK;
}

status payment_insert(ctx *c, db *d, const payment_row *p) {
  const db_value row[] = {DB_INT(p->payment_id), DB_INT(p->payer),      DB_INT(p->payable_kind),
                          DB_INT(p->payable),    DB_INT(p->currency),   DB_INT(p->total),
                          DB_INT(p->difference), DB_INT(p->captured),   DB_INT(p->refunded),
                          DB_INT(p->returned),   DB_INT(p->state),      DB_INT(p->authorise_only),
                          DB_INT(p->expires_at), DB_INT(p->created_at), DB_INT(p->updated_at)};
  return db_run_later(
      c, d,
      "insert into payment (payment_id, payer, payable_kind, payable, currency, total, "
      "difference, captured, refunded, returned, state, authorise_only, expires_at, created_at, "
      "updated_at) "
      "values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
      "iiiiiiiiiiiiiii", 1, row);
}

status payment_save(ctx *c, db *d, const payment_row *p) {
  return db_run(c, d,
                "update payment set difference=?2, captured=?3, refunded=?4, returned=?5, "
                "state=?6, updated_at=?7 "
                "where payment_id=?1",
                DB_INT(p->payment_id), DB_INT(p->difference), DB_INT(p->captured),
                DB_INT(p->refunded), DB_INT(p->returned), DB_INT(p->state), DB_INT(p->updated_at));
}

/* By addition: one command may give back several children of one payment, each loaded before the
 * others were decided. */
status payment_add_refund(ctx *c, db *d, id payment_id, int64_t refunded, int64_t returned,
                          instant now) {
  return db_run(c, d,
                "update payment set refunded = refunded + ?2, returned = returned + ?3, "
                "state = case when refunded + ?2 = captured then 6 else 5 end, updated_at=?4 where "
                "payment_id=?1",
                DB_INT(payment_id), DB_INT(refunded), DB_INT(returned), DB_INT(now));
}

/* --- parts ------------------------------------------------------------------------------------ */
status parts_of(ctx *c, db *d, id payment_id, part_row **out, size_t *count) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select part_no, tender_no, kind, source, seller, child, amount, refunded, "
               "from_account, to_account, "
               "is_over, voucher from payment_part where payment_id=?1 order by part_no",
               DB_INT(payment_id)));
  part_row *parts = ARENA_ARRAY(c->arena, part_row, PARTS_MAX);
  size_t n = 0;
  while (db_next(rows)) {
    assert(n < PARTS_MAX);
    parts[n++] = (part_row){.part_no = db_get_int(rows, 0),
                            .tender_no = db_get_int(rows, 1),
                            .kind = (int)db_get_int(rows, 2),
                            .source = db_get_int(rows, 3),
                            .seller = db_get_int(rows, 4),
                            .child = db_get_int(rows, 5),
                            .amount = db_get_int(rows, 6),
                            .refunded = db_get_int(rows, 7),
                            .from_account = db_get_int(rows, 8),
                            .to_account = db_get_int(rows, 9),
                            .is_over = db_get_int(rows, 10) != 0,
                            .voucher = db_keep_text(rows, 11, c->arena)};
  }
  TRY(db_done(c, rows));
  *out = parts;
  *count = n;
  return OK;
}

enum { PART_VALUES = 13 };

static void bind_part(db_value *v, id payment_id, const part_row *p) {
  const db_value values[PART_VALUES] = {
      DB_INT(payment_id),  DB_INT(p->part_no),      DB_INT(p->tender_no),  DB_INT(p->kind),
      DB_INT(p->source),   DB_INT(p->seller),       DB_INT(p->child),      DB_INT(p->amount),
      DB_INT(p->refunded), DB_INT(p->from_account), DB_INT(p->to_account), DB_INT(p->is_over),
      DB_TEXT(p->voucher)};
  memcpy(v, values, sizeof values);
}

status parts_insert(ctx *c, db *d, id payment_id, const part_row *parts, size_t count) {
  db_value *values = ARENA_ARRAY(c->arena, db_value, PART_VALUES * count + 1);
  for (size_t i = 0; i < count; i++)
    bind_part(&values[i * PART_VALUES], payment_id, &parts[i]);
  return db_run_later(
      c, d,
      "insert into payment_part (payment_id, part_no, tender_no, kind, source, seller, child, "
      "amount, refunded, from_account, to_account, is_over, voucher) "
      "values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
      "iiiiiiiiiiiit", count, values);
}

status part_save_refunded(ctx *c, db *d, id payment_id, const part_row *part) {
  return db_run(c, d, "update payment_part set refunded=?3 where payment_id=?1 and part_no=?2",
                DB_INT(payment_id), DB_INT(part->part_no), DB_INT(part->refunded));
}

status parts_forget_over(ctx *c, db *d, id payment_id) {
  return db_run(c, d, "update payment_part set refunded=amount where payment_id=?1 and is_over=1",
                DB_INT(payment_id));
}

/* --- attempts --------------------------------------------------------------------------------- */
static void read_attempt(ctx *c, const db_rows *rows, attempt_row *a) {
  *a = (attempt_row){.attempt_id = db_get_int(rows, 0),
                     .kind = (attempt_kind)db_get_int(rows, 1),
                     .payment_id = db_get_int(rows, 2),
                     .subject_kind = (int)db_get_int(rows, 3),
                     .subject = db_get_int(rows, 4),
                     .party = db_get_int(rows, 5),
                     .tender_no = db_get_int(rows, 6),
                     .channel = db_get_int(rows, 7),
                     .currency = (uint32_t)db_get_int(rows, 8),
                     .amount = db_get_int(rows, 9),
                     .method = (int)db_get_int(rows, 10),
                     .token = db_keep_text(rows, 11, c->arena),
                     .instalments = db_get_int(rows, 12),
                     .original = db_get_int(rows, 13),
                     .original_ref = db_keep_text(rows, 14, c->arena),
                     .state = (attempt_state)db_get_int(rows, 15),
                     .channel_ref = db_keep_text(rows, 16, c->arena),
                     .got_amount = db_get_int(rows, 17),
                     .fee = db_get_int(rows, 18),
                     .reason = db_keep_text(rows, 19, c->arena),
                     .created_at = db_get_int(rows, 20),
                     .updated_at = db_get_int(rows, 21)};
}

#define ATTEMPT_COLUMNS                                                                            \
  "select attempt_id, kind, payment_id, subject_kind, subject, party, tender_no, channel, "        \
  "currency, amount, method, token, "                                                              \
  "instalments, original, original_ref, state, channel_ref, got_amount, fee, reason, created_at, " \
  "updated_at "                                                                                    \
  "from payment_attempt "

static status one_attempt(ctx *c, db_rows *rows, attempt_row *out, bool *found) {
  *found = db_next(rows);
  if (*found) read_attempt(c, rows, out);
  return db_done(c, rows);
}

status attempt_lock(ctx *c, db *d, id attempt_id, attempt_row *out, bool *found) {
  db_rows *rows;
  TRY(db_query(c, d, &rows, ATTEMPT_COLUMNS "where attempt_id=?1 for update", DB_INT(attempt_id)));
  return one_attempt(c, rows, out, found);
}

status attempt_get(ctx *c, db *d, id attempt_id, attempt_row *out, bool *found) {
  db_rows *rows;
  TRY(db_query(c, d, &rows, ATTEMPT_COLUMNS "where attempt_id=?1", DB_INT(attempt_id)));
  return one_attempt(c, rows, out, found);
}

static status all_attempts(ctx *c, db_rows *rows, attempt_row **out, size_t *count) {
  attempt_row *list = NULL;
  size_t n = 0, room = 0;
  while (db_next(rows)) {
    if (n == room) {
      list = arena_grow(c->arena, list, room * sizeof *list, (room + 16) * sizeof *list);
      room += 16;
    }
    read_attempt(c, rows, &list[n++]);
  }
  TRY(db_done(c, rows));
  *out = list;
  *count = n;
  return OK;
}

status attempts_of_payment(ctx *c, db *d, id payment_id, attempt_row **out, size_t *count) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               ATTEMPT_COLUMNS "where payment_id=?1 and payment_id > 0 order by attempt_id",
               DB_INT(payment_id)));
  return all_attempts(c, rows, out, count);
}

status attempts_lock(ctx *c, db *d, id payment_id, attempt_row **out, size_t *count) {
  db_rows *rows;
  db_value *keys;
  *count = 0;
  TRY(db_query(c, d, &rows,
               "select attempt_id from payment_attempt where payment_id=?1 and payment_id > 0 "
               "order by attempt_id",
               DB_INT(payment_id)));
  size_t known;
  TRY(db_keys(c, rows, &keys, &known));
  if (known == 0) return OK;
  TRY(db_query_each(c, d, &rows,
                    ATTEMPT_COLUMNS "where attempt_id = ?1 order by attempt_id for update", "i",
                    known, keys));
  return all_attempts(c, rows, out, count);
}

status attempts_open_before(ctx *c, db *d, instant before, size_t max, aged_attempt **out,
                            size_t *count) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select attempt_id, channel, created_at from payment_attempt where state <= 1 and "
               "updated_at <= ?1 "
               "order by updated_at, attempt_id limit ?2",
               DB_INT(before), DB_INT(max)));
  aged_attempt *list = ARENA_ARRAY(c->arena, aged_attempt, max);
  size_t n = 0;
  while (db_next(rows))
    list[n++] = (aged_attempt){db_get_int(rows, 0), db_get_int(rows, 1), db_get_int(rows, 2)};
  TRY(db_done(c, rows));
  *out = list;
  *count = n;
  return OK;
}

status attempt_insert(ctx *c, tx *t, const attempt_row *a) {
  TRY(db_run(c, tx_db(t),
             "insert into payment_attempt (attempt_id, kind, payment_id, subject_kind, subject, "
             "party, tender_no, channel, "
             "currency, amount, method, token, instalments, original, original_ref, state, "
             "channel_ref, got_amount, fee, "
             "reason, created_at, updated_at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "
             "?11, ?12, ?13, ?14, ?15, "
             "?16, ?17, ?18, ?19, ?20, ?21, ?22)",
             DB_INT(a->attempt_id), DB_INT(a->kind), DB_INT(a->payment_id), DB_INT(a->subject_kind),
             DB_INT(a->subject), DB_INT(a->party), DB_INT(a->tender_no), DB_INT(a->channel),
             DB_INT(a->currency), DB_INT(a->amount), DB_INT(a->method), DB_TEXT(a->token),
             DB_INT(a->instalments), DB_INT(a->original), DB_TEXT(a->original_ref),
             DB_INT(a->state), DB_TEXT(a->channel_ref), DB_INT(a->got_amount), DB_INT(a->fee),
             DB_TEXT(a->reason), DB_INT(a->created_at), DB_INT(a->updated_at)));
  return tx_task(c, t, payment_send_task.kind, a->attempt_id, c->now);
}

status attempt_save(ctx *c, db *d, const attempt_row *a) {
  return db_run(c, d,
                "update payment_attempt set state=?2, channel_ref=?3, got_amount=?4, fee=?5, "
                "reason=?6, updated_at=?7 "
                "where attempt_id=?1",
                DB_INT(a->attempt_id), DB_INT(a->state), DB_TEXT(a->channel_ref),
                DB_INT(a->got_amount), DB_INT(a->fee), DB_TEXT(a->reason), DB_INT(a->updated_at));
}

/* --- refunds ---------------------------------------------------------------------------------- */
status refund_insert(ctx *c, db *d, const refund_row *r) {
  return db_run(c, d,
                "insert into payment_refund (payment_id, refund_id, seller, child, amount, "
                "to_payer, commission_back, "
                "state, reason, created_at, updated_at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, "
                "?9, ?10, ?11)",
                DB_INT(r->payment_id), DB_INT(r->refund_id), DB_INT(r->seller), DB_INT(r->child),
                DB_INT(r->amount), DB_INT(r->to_payer), DB_INT(r->commission_back),
                DB_INT(r->state), DB_TEXT(r->reason), DB_INT(r->created_at), DB_INT(r->updated_at));
}

status refund_set_state(ctx *c, db *d, id payment_id, id refund_id, int state, instant now) {
  return db_run(
      c, d,
      "update payment_refund set state=?3, updated_at=?4 where payment_id=?1 and refund_id=?2",
      DB_INT(payment_id), DB_INT(refund_id), DB_INT(state), DB_INT(now));
}

status refunds_of_payment(ctx *c, db *d, id payment_id, refund_row **out, size_t *count) {
  enum { REFUNDS_SHOWN = 200 };
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select refund_id, seller, child, amount, to_payer, commission_back, state, reason, "
               "created_at, "
               "updated_at from payment_refund where payment_id=?1 order by refund_id limit ?2",
               DB_INT(payment_id), DB_INT(REFUNDS_SHOWN)));
  refund_row *list = ARENA_ARRAY(c->arena, refund_row, REFUNDS_SHOWN);
  size_t n = 0;
  while (db_next(rows)) {
    list[n++] = (refund_row){.payment_id = payment_id,
                             .refund_id = db_get_int(rows, 0),
                             .seller = db_get_int(rows, 1),
                             .child = db_get_int(rows, 2),
                             .amount = db_get_int(rows, 3),
                             .to_payer = db_get_int(rows, 4),
                             .commission_back = db_get_int(rows, 5),
                             .state = (int)db_get_int(rows, 6),
                             .reason = db_keep_text(rows, 7, c->arena),
                             .created_at = db_get_int(rows, 8),
                             .updated_at = db_get_int(rows, 9)};
  }
  TRY(db_done(c, rows));
  *out = list;
  *count = n;
  return OK;
}

/* --- channels --------------------------------------------------------------------------------- */
status channels_all(ctx *c, db *d, channel_row **out, size_t *count) {
  enum { CHANNELS_MAX = 256 };
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select channel_id, name, kind, url, auto_capture, enabled from payment_channel "
               "order by channel_id "
               "limit ?1",
               DB_INT(CHANNELS_MAX)));
  channel_row *list = ARENA_ARRAY(c->arena, channel_row, CHANNELS_MAX);
  size_t n = 0;
  while (db_next(rows)) {
    list[n++] = (channel_row){.channel_id = db_get_int(rows, 0),
                              .name = db_keep_text(rows, 1, c->arena),
                              .kind = db_keep_text(rows, 2, c->arena),
                              .url = db_keep_text(rows, 3, c->arena),
                              .auto_capture = db_get_int(rows, 4) != 0,
                              .enabled = db_get_int(rows, 5) != 0};
  }
  TRY(db_done(c, rows));
  *out = list;
  *count = n;
  return OK;
}

status channel_insert(ctx *c, db *d, const channel_row *row, instant now) {
  return db_run(c, d,
                "insert into payment_channel (channel_id, name, kind, url, auto_capture, enabled, "
                "added_at, changed_at) "
                "values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                DB_INT(row->channel_id), DB_TEXT(row->name), DB_TEXT(row->kind), DB_TEXT(row->url),
                DB_INT(row->auto_capture), DB_INT(row->enabled), DB_INT(now), DB_INT(now));
}

status channel_switch(ctx *c, db *d, id channel_id, bool enabled, instant now) {
  return db_run(c, d, "update payment_channel set enabled=?2, changed_at=?3 where channel_id=?1",
                DB_INT(channel_id), DB_INT(enabled), DB_INT(now));
}

const channel_row *channel_find(const channel_row *rows, size_t count, id channel_id) {
  for (size_t i = 0; i < count; i++) {
    if (rows[i].channel_id == channel_id) return &rows[i];
  }
  return NULL;
}

const channel_row *channel_route(const channel_row *rows, size_t count, id wanted) {
  if (wanted != 0) return channel_find(rows, count, wanted);
  for (size_t i = 0; i < count; i++) {
    if (rows[i].enabled) return &rows[i];
  }
  return NULL;
}
