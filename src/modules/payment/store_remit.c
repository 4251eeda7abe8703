/* store_remit.c - settlement files of channels: rows <-> structs. No rules. */
#include "modules/payment/remit.h"

/* --- what is expected ------------------------------------------------------------------------- */
status due_insert(ctx *c, db *d, const attempt_row *a, date on) {
  return db_run(c, d,
                "insert into channel_due (attempt_id, channel, business_date, state) "
                "values (?1, ?2, ?3, 0) on conflict (attempt_id) do nothing",
                DB_INT(a->attempt_id), DB_INT(a->channel), DB_INT(on));
}

status due_delete(ctx *c, db *d, id attempt_id) {
  return db_run(c, d, "delete from channel_due where attempt_id=?1", DB_INT(attempt_id));
}

status due_set_state(ctx *c, db *d, id channel, date on, due_state state) {
  return db_run(c, d,
                "update channel_due set state=?3 where channel=?1 and business_date=?2 and state=0",
                DB_INT(channel), DB_INT(on), DB_INT(state));
}

status due_dates(ctx *c, db *d, date until, due_date *out, size_t max, size_t *count) {
  db_rows *rows;
  size_t n = 0;
  TRY(db_query(c, d, &rows,
               "select distinct business_date, channel from channel_due where state=0 and "
               "business_date <= ?1 order by business_date, channel limit ?2",
               DB_INT(until), DB_INT(max)));
  while (n < max && db_next(rows))
    out[n++] = (due_date){.on = (date)db_get_int(rows, 0), .channel = db_get_int(rows, 1)};
  *count = n;
  return db_done(c, rows);
}

/* --- attempts, as far as a line is about them ------------------------------------------------- */
static remit_attempt read_one(const db_rows *rows) {
  return (remit_attempt){.attempt_id = db_get_int(rows, 0),
                         .payment_id = db_get_int(rows, 1),
                         .subject = db_get_int(rows, 2),
                         .kind = (attempt_kind)db_get_int(rows, 3),
                         .state = (attempt_state)db_get_int(rows, 4),
                         .amount = db_get_int(rows, 5),
                         .got_amount = db_get_int(rows, 6)};
}

status due_attempts(ctx *c, db *d, id channel, date on, int state, remit_attempt **out,
                    size_t *count) {
  db_rows *rows;
  remit_attempt *list = NULL;
  db_value *keys;
  size_t n = 0, room = 0, due;
  *count = 0;
  TRY(db_query(c, d, &rows,
               "select attempt_id from channel_due where channel=?1 and business_date=?2 "
               "and (?3 < 0 or state=?3) order by attempt_id",
               DB_INT(channel), DB_INT(on), DB_INT(state)));
  TRY(db_keys(c, rows, &keys, &due));
  if (due == 0) return OK;
  TRY(db_query_each(c, d, &rows,
                    "select attempt_id, payment_id, subject, kind, state, amount, got_amount "
                    "from payment_attempt where attempt_id = ?1 order by attempt_id for update",
                    "i", due, keys));
  while (db_next(rows)) {
    if (n == room) {
      size_t more = room == 0 ? 64 : room;
      list = arena_grow(c->arena, list, room * sizeof *list, (room + more) * sizeof *list);
      room += more;
    }
    list[n++] = read_one(rows);
  }
  *out = list;
  *count = n;
  return db_done(c, rows);
}

status remit_attempt_get(ctx *c, db *d, id channel, id attempt_id, remit_attempt *out,
                         bool *found) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select attempt_id, payment_id, subject, kind, state, amount, got_amount "
               "from payment_attempt where attempt_id=?1 and channel=?2 for update",
               DB_INT(attempt_id), DB_INT(channel)));
  *found = db_next(rows);
  if (*found) *out = read_one(rows);
  return db_done(c, rows);
}

/* --- lines and files -------------------------------------------------------------------------- */
status line_is_booked(ctx *c, db *d, id channel, str attempt, bool *out) {
  db_rows *rows;
  TRY(db_query(c, d, &rows, "select 1 from channel_line where channel=?1 and attempt=?2",
               DB_INT(channel), DB_TEXT(attempt)));
  *out = db_next(rows);
  return db_done(c, rows);
}

status line_insert(ctx *c, db *d, const remit_in *in, const remit_line *line, instant now) {
  return db_run(c, d,
                "insert into channel_line (channel, attempt, business_date, kind, amount, fee, "
                "state, booked_at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                DB_INT(in->channel), DB_TEXT(line->attempt), DB_INT(in->on), DB_INT(line->kind),
                DB_INT(line->amount), DB_INT(line->fee), DB_INT(line->state), DB_INT(now));
}

status file_insert(ctx *c, db *d, const file_in *in, instant now) {
  return db_run(c, d,
                "insert into channel_file (channel, business_date, sha256, bytes, lines, read_at) "
                "values (?1, ?2, ?3, ?4, ?5, ?6) on conflict (channel, business_date, sha256) do "
                "nothing",
                DB_INT(in->channel), DB_INT(in->on),
                DB_BYTES(in->hash.bytes, sizeof in->hash.bytes), DB_INT(in->bytes),
                DB_INT(in->lines), DB_INT(now));
}
