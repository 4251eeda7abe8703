/* pg_line.c - statements that are sent and not waited for (libpq's pipeline mode): a transaction of
 * thirty statements then costs as many round trips as it has questions, not thirty. It promises
 * that the server runs them in the order they were sent, that after a failed one none of the rest
 * is run, and that the first failure reaches whoever waits next. It never sends a COMMIT of its
 * own, and never throws away what a statement answered. */
#include "db/pg_inside.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

static status lost(ctx *c, pg_db *d) {
  d->base.broken = true;
  return fail(c, E_STORE, "the connection to PostgreSQL is lost; retry");
}

static status enter(ctx *c, pg_db *d) {
  if (d->lined) return OK;
  if (PQenterPipelineMode(d->conn) != 1) return lost(c, d);
  d->lined = true;
  d->late = OK;
  d->expects = false;
  return OK;
}

/* Room for one more that is not answered. */
static status make_room(ctx *c, pg_db *d) {
  TRY(enter(c, d));
  return d->sent_count < SENT_MAX - 2 ? OK : pg_line_wait(c, d, NULL);
}

static void note_sent(pg_db *d, pg_sent sent) {
  d->sent[d->sent_count++] = sent;
  d->expects = d->expects || sent.expected >= 0;
}

status pg_line_text(ctx *c, pg_db *d, const char *sql) {
  TRY(make_room(c, d));
  if (PQsendQueryParams(d->conn, sql, 0, NULL, NULL, NULL, NULL, 1) != 1) return lost(c, d);
  note_sent(d, (pg_sent){.expected = -1});
  return OK;
}

/* A name the server has for another list of types is given up first. */
static status prepare(ctx *c, pg_db *d, pg_rows *rows) {
  if (rows->name[0] != 0) {
    char sql[NAME_MAX_BYTES + 16];
    snprintf(sql, sizeof sql, "deallocate %s", rows->name);
    TRY(pg_line_text(c, d, sql));
    TRY(make_room(c, d));
  }
  snprintf(rows->name, sizeof rows->name, "tael_%u", d->next_name++);
  if (PQsendPrepare(d->conn, rows->name, rows->text, (int)rows->count, rows->types) != 1) {
    return lost(c, d);
  }
  note_sent(d, (pg_sent){.prepared = rows, .expected = -1});
  return OK;
}

static status send_rows(ctx *c, pg_db *d, pg_rows *rows, bool types_changed, pg_sent note) {
  TRY(make_room(c, d));
  int count = (int)rows->count, sent;
  if (rows->session != d->session) rows->name[0] = 0;
  rows->session = d->session;
  if (rows->base.is_cached) {
    if (rows->name[0] == 0 || types_changed) TRY(prepare(c, d, rows));
    sent = PQsendQueryPrepared(d->conn, rows->name, count, rows->values, rows->lengths,
                               rows->formats, 1);
  } else {
    sent = PQsendQueryParams(d->conn, rows->text, count, rows->types, rows->values, rows->lengths,
                             rows->formats, 1);
  }
  if (sent != 1) return lost(c, d);
  note_sent(d, note);
  return OK;
}

status pg_line_rows(ctx *c, pg_db *d, pg_rows *rows, bool types_changed, int64_t expected) {
  return send_rows(c, d, rows, types_changed, (pg_sent){.expected = expected});
}

status pg_line_kept(ctx *c, pg_db *d, pg_rows *rows, bool types_changed) {
  return send_rows(c, d, rows, types_changed, (pg_sent){.wants = rows, .expected = -1});
}

/* --- waiting ---------------------------------------------------------------------------------- */

static void note_late(pg_db *d, PGresult *result, const char *doing) {
  char text[LATE_TEXT];
  status s = pg_judge(d, result, doing, text);
  if (d->late != OK) return;
  d->late = s;
  memcpy(d->late_text, text, sizeof text);
}

static void check_count(pg_db *d, const pg_sent *sent, const PGresult *result) {
  int64_t touched = 0;
  if (sent->expected < 0 || d->late != OK) return;
  bool read = str_to_int(str_from(PQcmdTuples((PGresult *)(uintptr_t)result)), &touched);
  if (read && touched == sent->expected) return;
  d->late = E_CONFLICT;
  snprintf(d->late_text, sizeof d->late_text,
           "a row changed by another writer was expected as it had been; retry");
}

enum { SLICE_MS = 50 };

/* False: nothing came for so long. NULL: however long it takes. A connection that breaks meanwhile
 * has an answer too: the result says so. */
static bool wait_for_answer(pg_db *d, int64_t *left_ms) {
  if (left_ms == NULL) return true;
  PQflush(d->conn);
  while (PQisBusy(d->conn)) {
    struct pollfd readable = {.fd = PQsocket(d->conn), .events = POLLIN};
    int ready = poll(&readable, 1, SLICE_MS);
    if (ready > 0 && PQconsumeInput(d->conn) != 1) return true;
    if (ready == 0) *left_ms -= SLICE_MS;
    if (*left_ms <= 0) return false;
  }
  return true;
}

/* The answer to one statement; NULL: the connection is gone. */
static PGresult *take_answer(pg_db *d, int64_t *left_ms) {
  if (!wait_for_answer(d, left_ms)) {
    d->base.broken = true;
    return NULL;
  }
  PGresult *result = PQgetResult(d->conn);
  if (result == NULL) return NULL;
  for (PGresult *more = PQgetResult(d->conn); more != NULL; more = PQgetResult(d->conn)) {
    PQclear(more);
    if (PQstatus(d->conn) != CONNECTION_OK) break;
  }
  return result;
}

static void note_answer(pg_db *d, const pg_sent *sent, PGresult *result) {
  if (pg_is_good(result) && sent->wants != NULL) {
    assert(sent->wants->more_count < sent->wants->more_room);
    sent->wants->more[sent->wants->more_count++] = result;
    return;
  }
  if (pg_is_good(result)) {
    check_count(d, sent, result);
    PQclear(result);
    return;
  }
  if (sent->prepared != NULL) sent->prepared->name[0] = 0;
  bool skipped = PQresultStatus(result) == PGRES_PIPELINE_ABORTED && d->late != OK;
  if (skipped)
    PQclear(result);
  else
    note_late(d, result, sent->prepared != NULL ? "prepare a statement" : "run a statement");
}

/* Reads every answer; the first failure stays in d->late. */
static void collect(pg_db *d, PGresult **last, int64_t *left_ms) {
  if (PQpipelineSync(d->conn) != 1) note_late(d, NULL, "run a statement");
  for (size_t i = 0; i < d->sent_count && !d->base.broken; i++) {
    PGresult *result = take_answer(d, left_ms);
    bool is_last = last != NULL && i + 1 == d->sent_count;
    if (is_last)
      *last = result;
    else if (result == NULL)
      note_late(d, NULL, "run a statement");
    else
      note_answer(d, &d->sent[i], result);
  }
  if (!d->base.broken) PQclear(PQgetResult(d->conn)); /* of the sync itself */
  d->sent_count = 0;
  d->expects = false;
}

static status wait_for_all(ctx *c, pg_db *d, PGresult **last, int64_t *left_ms) {
  if (last != NULL) *last = NULL;
  collect(d, last, left_ms);
  if (d->late == OK) return OK;
  status s = fail(c, d->late, "%s", d->late_text);
  d->late = OK;
  return s;
}

status pg_line_wait(ctx *c, pg_db *d, PGresult **last) { return wait_for_all(c, d, last, NULL); }

status pg_line_wait_commit(ctx *c, pg_db *d, PGresult **last) {
  int64_t left_ms = d->patience_ms;
  return wait_for_all(c, d, last, &left_ms);
}

status pg_line_leave(ctx *c, pg_db *d) {
  if (!d->lined) return OK;
  status s = d->sent_count > 0 ? pg_line_wait(c, d, NULL) : OK;
  d->lined = false;
  if (!d->base.broken && PQexitPipelineMode(d->conn) != 1) return lost(c, d);
  return s;
}

void pg_line_drop(pg_db *d) {
  if (!d->lined) return;
  if (d->sent_count > 0) collect(d, NULL, NULL);
  d->late = OK;
  d->lined = false;
  if (!d->base.broken && PQexitPipelineMode(d->conn) != 1) d->base.broken = true;
}
