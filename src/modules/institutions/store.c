/* store.c - every SQL statement of this folder: rows to structs and back. No rules. Text that comes
 * out is copied into the caller's arena. */
#include "modules/institutions/inside.h"

#define DB_STR(s) DB_BYTES((s).at, (s).len)

/* A list that doubles while rows come in; it starts with 16 places. */
static void *next_item(ctx *c, void **items, size_t *count, size_t size) {
  enum { FIRST = 16 };
  size_t n = *count;
  bool is_full = n == 0 || (n >= FIRST && (n & (n - 1)) == 0);
  if (is_full) *items = arena_grow(c->arena, *items, n * size, (n == 0 ? FIRST : 2 * n) * size);
  return (char *)*items + size * (*count)++;
}

/* --- endpoints -------------------------------------------------------------------------------- */

#define WEBHOOK_COLUMNS \
  "webhook, tenant, url, events, state, secret, old_secret, old_until, created_at"

static webhook_row get_webhook(ctx *c, const db_rows *rows) {
  return (webhook_row){
      .webhook = db_get_int(rows, 0),
      .tenant = db_get_int(rows, 1),
      .url = db_keep_text(rows, 2, c->arena),
      .events = db_keep_text(rows, 3, c->arena),
      .state = (int)db_get_int(rows, 4),
      .secret = str_copy(c->arena, db_get_bytes(rows, 5)),
      .old_secret = str_copy(c->arena, db_get_bytes(rows, 6)),
      .old_until = db_get_int(rows, 7),
      .created_at = db_get_int(rows, 8),
  };
}

static status take_webhook(ctx *c, db_rows *rows, webhook_row *out, bool *found) {
  *found = db_next(rows);
  if (*found) *out = get_webhook(c, rows);
  return db_done(c, rows);
}

status webhook_save(ctx *c, db *d, const webhook_row *w) {
  return db_run(
      c, d, "insert into webhook(" WEBHOOK_COLUMNS ") values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
      DB_INT(w->webhook), DB_INT(w->tenant), DB_TEXT(w->url), DB_TEXT(w->events), DB_INT(w->state),
      DB_STR(w->secret), DB_STR(w->old_secret), DB_INT(w->old_until), DB_INT(w->created_at));
}

status webhook_update(ctx *c, db *d, const webhook_row *w) {
  return db_run(
      c, d,
      "update webhook set url=?2, events=?3, state=?4, secret=?5, old_secret=?6, old_until=?7 "
      "where webhook=?1",
      DB_INT(w->webhook), DB_TEXT(w->url), DB_TEXT(w->events), DB_INT(w->state), DB_STR(w->secret),
      DB_STR(w->old_secret), DB_INT(w->old_until));
}

status webhook_load(ctx *c, db *d, id webhook, webhook_row *out, bool *found) {
  db_rows *rows;
  TRY(db_query(c, d, &rows, "select " WEBHOOK_COLUMNS " from webhook where webhook=?1",
               DB_INT(webhook)));
  return take_webhook(c, rows, out, found);
}

status webhook_lock(ctx *c, db *d, id webhook, webhook_row *out, bool *found) {
  db_rows *rows;
  TRY(db_query(c, d, &rows, "select " WEBHOOK_COLUMNS " from webhook where webhook=?1 for update",
               DB_INT(webhook)));
  return take_webhook(c, rows, out, found);
}

status webhook_list(ctx *c, db *d, id tenant, id after, int64_t max, webhook_row **out,
                    size_t *count) {
  db_rows *rows;
  void *items = NULL;
  *count = 0;
  TRY(db_query(c, d, &rows,
               "select " WEBHOOK_COLUMNS " from webhook where tenant=?1 and webhook>?2 "
               "order by webhook limit ?3",
               DB_INT(tenant), DB_INT(after), DB_INT(max)));
  while (db_next(rows)) {
    *(webhook_row *)next_item(c, &items, count, sizeof(webhook_row)) = get_webhook(c, rows);
  }
  *out = items;
  return db_done(c, rows);
}

status webhook_list_active(ctx *c, db *d, webhook_row **out, size_t *count) {
  db_rows *rows;
  void *items = NULL;
  *count = 0;
  TRY(db_query(c, d, &rows,
               "select " WEBHOOK_COLUMNS " from webhook where state=?1 order by webhook",
               DB_INT(WEBHOOK_ACTIVE)));
  while (db_next(rows)) {
    *(webhook_row *)next_item(c, &items, count, sizeof(webhook_row)) = get_webhook(c, rows);
  }
  *out = items;
  return db_done(c, rows);
}

/* --- the cursor ------------------------------------------------------------------------------- */

static status take_id(ctx *c, db_rows *rows, id *out, bool *found) {
  *found = db_next(rows);
  *out = *found ? db_get_int(rows, 0) : 0;
  return db_done(c, rows);
}

status webhook_load_cursor(ctx *c, db *d, id *event_id, bool *found) {
  db_rows *rows;
  TRY(db_query0(c, d, &rows, "select event_id from webhook_cursor where feed=1"));
  return take_id(c, rows, event_id, found);
}

status webhook_lock_cursor(ctx *c, db *d, id *event_id, bool *found) {
  db_rows *rows;
  TRY(db_query0(c, d, &rows, "select event_id from webhook_cursor where feed=1 for update"));
  return take_id(c, rows, event_id, found);
}

status webhook_open_cursor(ctx *c, db *d, id event_id) {
  return db_run(c, d, "insert into webhook_cursor(feed, event_id) values (1, ?1)",
                DB_INT(event_id));
}

status webhook_move_cursor(ctx *c, db *d, id event_id) {
  return db_run(c, d, "update webhook_cursor set event_id=?1 where feed=1", DB_INT(event_id));
}

status webhook_last_event(ctx *c, db *d, id *event_id) {
  db_rows *rows;
  bool found;
  TRY(db_query0(c, d, &rows, "select coalesce(max(event_id), 0) from engine_event"));
  return take_id(c, rows, event_id, &found);
}

/* --- deliveries ------------------------------------------------------------------------------- */

#define DELIVERY_COLUMNS                                                                         \
  "webhook, event_id, delivery, aggregate, type, state, tries, next_at, ended_at, http_status, " \
  "error"

static delivery_row get_delivery(ctx *c, const db_rows *rows) {
  return (delivery_row){
      .webhook = db_get_int(rows, 0),
      .event_id = db_get_int(rows, 1),
      .delivery = db_get_int(rows, 2),
      .aggregate = db_get_int(rows, 3),
      .type = db_keep_text(rows, 4, c->arena),
      .state = (int)db_get_int(rows, 5),
      .tries = db_get_int(rows, 6),
      .next_at = db_get_int(rows, 7),
      .ended_at = db_get_int(rows, 8),
      .http_status = db_get_int(rows, 9),
      .error = db_keep_text(rows, 10, c->arena),
  };
}

static status take_delivery(ctx *c, db_rows *rows, delivery_row *out, bool *found) {
  *found = db_next(rows);
  if (*found) *out = get_delivery(c, rows);
  return db_done(c, rows);
}

status webhook_save_delivery(ctx *c, db *d, const delivery_row *row) {
  return db_run(c, d,
                "insert into webhook_delivery(" DELIVERY_COLUMNS ") "
                "values (?1, ?2, ?3, ?4, ?5, ?6, 0, 0, 0, 0, '')",
                DB_INT(row->webhook), DB_INT(row->event_id), DB_INT(row->delivery),
                DB_INT(row->aggregate), DB_TEXT(row->type), DB_INT(row->state));
}

status webhook_update_delivery(ctx *c, db *d, const delivery_row *row) {
  return db_run(
      c, d,
      "update webhook_delivery set state=?3, tries=?4, next_at=?5, ended_at=?6, http_status=?7, "
      "error=?8 where webhook=?1 and event_id=?2",
      DB_INT(row->webhook), DB_INT(row->event_id), DB_INT(row->state), DB_INT(row->tries),
      DB_INT(row->next_at), DB_INT(row->ended_at), DB_INT(row->http_status), DB_TEXT(row->error));
}

status webhook_load_delivery(ctx *c, db *d, id delivery, delivery_row *out, bool *found) {
  db_rows *rows;
  TRY(db_query(c, d, &rows, "select " DELIVERY_COLUMNS " from webhook_delivery where delivery=?1",
               DB_INT(delivery)));
  return take_delivery(c, rows, out, found);
}

status webhook_lock_delivery(ctx *c, db *d, id delivery, delivery_row *out, bool *found) {
  db_rows *rows;
  TRY(webhook_load_delivery(c, d, delivery, out, found));
  if (!*found) return OK;
  TRY(db_query(c, d, &rows,
               "select " DELIVERY_COLUMNS
               " from webhook_delivery where webhook=?1 and event_id=?2 for update",
               DB_INT(out->webhook), DB_INT(out->event_id)));
  return take_delivery(c, rows, out, found);
}

status webhook_list_deliveries(ctx *c, db *d, id webhook, id before, int64_t max,
                               delivery_row **out, size_t *count) {
  db_rows *rows;
  void *items = NULL;
  *count = 0;
  TRY(db_query(c, d, &rows,
               "select " DELIVERY_COLUMNS " from webhook_delivery "
               "where webhook=?1 and event_id<?2 order by event_id desc limit ?3",
               DB_INT(webhook), DB_INT(before != 0 ? before : INT64_MAX), DB_INT(max)));
  while (db_next(rows)) {
    *(delivery_row *)next_item(c, &items, count, sizeof(delivery_row)) = get_delivery(c, rows);
  }
  *out = items;
  return db_done(c, rows);
}

status webhook_next_waiting(ctx *c, db *d, id webhook, id aggregate, id *delivery) {
  db_rows *rows;
  bool found;
  TRY(db_query(
      c, d, &rows,
      "select delivery from webhook_delivery where webhook=?1 and aggregate=?2 and state=?3 "
      "order by event_id limit 1",
      DB_INT(webhook), DB_INT(aggregate), DB_INT(DELIVERY_WAITING)));
  return take_id(c, rows, delivery, &found);
}

status webhook_heads(ctx *c, db *d, id webhook, id **deliveries, size_t *count) {
  db_rows *rows;
  void *items = NULL;
  *count = 0;
  TRY(db_query(c, d, &rows,
               "select delivery from webhook_delivery w where webhook=?1 and state=?2 and event_id="
               "(select min(event_id) from webhook_delivery f "
               "where f.webhook=w.webhook and f.aggregate=w.aggregate and f.state=?2)",
               DB_INT(webhook), DB_INT(DELIVERY_WAITING)));
  while (db_next(rows)) {
    *(id *)next_item(c, &items, count, sizeof(id)) = db_get_int(rows, 0);
  }
  *deliveries = items;
  return db_done(c, rows);
}

status webhook_replay_since(ctx *c, db *d, id webhook, id first_event) {
  return db_run(c, d,
                "update webhook_delivery set state=?3, tries=0, next_at=0, ended_at=0 "
                "where webhook=?1 and event_id>=?2",
                DB_INT(webhook), DB_INT(first_event), DB_INT(DELIVERY_WAITING));
}

/* --- the log of attempts ---------------------------------------------------------------------- */

status webhook_save_attempt(ctx *c, db *d, const delivery_row *row, const attempt_result *got) {
  return db_run(c, d,
                "insert into webhook_attempt(webhook, delivery, tried_at, number, http_status, "
                "error, took_ms) "
                "values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                DB_INT(row->webhook), DB_INT(row->delivery), DB_INT(c->real_now),
                DB_INT(row->tries), DB_INT(got->http_status), DB_TEXT(got->error),
                DB_INT(got->took_ms));
}

status webhook_list_attempts(ctx *c, db *d, id webhook, id delivery, attempt_row **out,
                             size_t *count) {
  enum { ATTEMPTS_MAX = 200 };
  db_rows *rows;
  void *items = NULL;
  *count = 0;
  TRY(db_query(c, d, &rows,
               "select number, tried_at, http_status, error, took_ms from webhook_attempt "
               "where webhook=?1 and delivery=?2 order by tried_at, number limit ?3",
               DB_INT(webhook), DB_INT(delivery), DB_INT(ATTEMPTS_MAX)));
  while (db_next(rows)) {
    attempt_row *at = next_item(c, &items, count, sizeof *at);
    *at = (attempt_row){db_get_int(rows, 0), db_get_int(rows, 1), db_get_int(rows, 2),
                        db_keep_text(rows, 3, c->arena), db_get_int(rows, 4)};
  }
  *out = items;
  return db_done(c, rows);
}
