/* postgres.c - the server store through libpq: prepared statements, binary values, one connection.
 * It promises that a COMMIT which returned OK was acknowledged without a word of doubt: a lost
 * connection or any warning on COMMIT is E_UNKNOWN, and the connection is then given up. It never
 * cancels a statement, so never a COMMIT, and refuses to write to a server that acknowledges before
 * the disk has it. */
#include "db/pg_inside.h"
#include "db/pg_value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COMMIT_TIMEOUT_S = 10 };

static const db_driver postgres_driver;

/* --- failures --------------------------------------------------------------------------------- */

static bool state_in(const char *state, const char *class_or_state) {
  return strncmp(state, class_or_state, strlen(class_or_state)) == 0;
}

/* Only the primary message is passed on: the detail may hold a person's data. */
status pg_judge(pg_db *d, PGresult *result, const char *doing, char out[static LATE_TEXT]) {
  const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  if (state == NULL) state = "";
  if (text == NULL) text = "connection lost";
  status s;
  if (result == NULL || PQstatus(d->conn) != CONNECTION_OK || state_in(state, "57P") ||
      state_in(state, "08")) {
    d->base.broken = true;
    s = E_STORE;
    snprintf(out, LATE_TEXT, "the connection to PostgreSQL is lost, could not %s; retry", doing);
  } else if (state_in(state, "23") || state_in(state, "42501")) { /* a constraint, a GRANT */
    s = E_CONFLICT;
    snprintf(out, LATE_TEXT, "the store refused to %s: %s", doing, text);
  } else if (state_in(state, "40") || state_in(state, "55P03")) {
    d->base.should_retry = true;
    s = E_CONFLICT;
    snprintf(out, LATE_TEXT, "PostgreSQL ended the transaction in favour of another: %s; retry",
             text);
  } else if (state_in(state, "0A000") || state_in(state, "26000")) {
    d->base.broken = true; /* the schema changed under a prepared statement */
    s = E_STORE;
    snprintf(out, LATE_TEXT, "the schema changed, could not %s: %s; retry", doing, text);
  } else if (state_in(state, "25006")) { /* a primary that has become a standby */
    d->base.broken = true;
    s = E_STORE;
    snprintf(out, LATE_TEXT, "this PostgreSQL server takes no writes (%s); retry", text);
  } else if (state_in(state, "42") || state_in(state, "22") || state_in(state, "25")) {
    s = E_INTERNAL;
    snprintf(out, LATE_TEXT, "could not %s: %s (%s)", doing, text, state);
  } else {
    s = E_STORE;
    snprintf(out, LATE_TEXT, "PostgreSQL could not %s: %s (%s); retry", doing, text, state);
  }
  PQclear(result);
  return s;
}

status pg_failure(ctx *c, pg_db *d, PGresult *result, const char *doing) {
  char text[LATE_TEXT];
  status s = pg_judge(d, result, doing, text);
  return fail(c, s, "%s", text);
}

bool pg_is_good(const PGresult *result) {
  ExecStatusType kind = PQresultStatus(result);
  return kind == PGRES_COMMAND_OK || kind == PGRES_TUPLES_OK || kind == PGRES_EMPTY_QUERY;
}

static void note_warning(void *arg, const PGresult *result) {
  UNUSED(result);
  ((pg_db *)arg)->warned = true;
}

static status postgres_script(ctx *c, db *base, const char *sql) {
  pg_db *d = (pg_db *)base;
  TRY(pg_line_leave(c, d));
  PGresult *result = PQexec(d->conn, sql);
  if (!pg_is_good(result)) return pg_failure(c, d, result, "run a command");
  PQclear(result);
  return OK;
}

/* --- opening ---------------------------------------------------------------------------------- */

/* A server's setting as text; empty when it cannot be read. */
static str setting(ctx *c, pg_db *d, const char *name) {
  const char *values[] = {name};
  PGresult *result =
      PQexecParams(d->conn, "select current_setting($1, true)", 1, NULL, values, NULL, NULL, 0);
  str value = {0};
  if (pg_is_good(result) && PQntuples(result) == 1) {
    value = str_copy(c->arena, str_from(PQgetvalue(result, 0, 0)));
  }
  PQclear(result);
  return value;
}

/* The ways in which a server acknowledges what a power cut or a failover then takes back. */
static status check_durable(ctx *c, pg_db *d) {
  static const char *const must_be_on[] = {"fsync", "full_page_writes"};
  for (size_t i = 0; i < COUNT_OF(must_be_on); i++) {
    if (str_eq(setting(c, d, must_be_on[i]), STR("on"))) continue;
    return fail(c, E_CONFLICT,
                "PostgreSQL runs with %s off and may lose what it acknowledged; set it on",
                must_be_on[i]);
  }
  str commit = setting(c, d, "synchronous_commit");
  if (str_eq(commit, STR("off"))) {
    return fail(c, E_CONFLICT,
                "PostgreSQL runs with synchronous_commit=off and may lose what it "
                "acknowledged; set it to on");
  }
  bool has_standby = setting(c, d, "synchronous_standby_names").len > 0;
  if (has_standby && str_eq(commit, STR("local"))) {
    return fail(c, E_CONFLICT,
                "synchronous_commit=local does not wait for the synchronous standby; "
                "set it to on");
  }
  return OK;
}

static status set_up(ctx *c, pg_db *d, db_mode mode) {
  TRY(postgres_script(c, &d->base,
                      "set client_min_messages=warning; set standard_conforming_strings=on;"
                      "set lock_timeout='10s'; set jit=off; set timezone='UTC'"));
  if (!str_eq(setting(c, d, "server_encoding"), STR("UTF8"))) {
    return fail(c, E_CONFLICT, "the database is not in UTF-8; create it with encoding 'UTF8'");
  }
  if (mode == DB_WRITE) return check_durable(c, d);
  return postgres_script(c, &d->base, "set default_transaction_read_only=on");
}

/* libpq reads the url; our own values before it are defaults it may override. */
static status connect_to(ctx *c, pg_db *d, str url) {
  const char *names[] = {"connect_timeout",
                         "fallback_application_name",
                         "keepalives_idle",
                         "tcp_user_timeout",
                         "dbname",
                         "client_encoding",
                         NULL};
  const char *values[] = {"10", "tael", "30", "30000", str_zero(c->arena, url), "UTF8", NULL};
  d->conn = PQconnectdbParams(names, values, 1);
  if (d->conn == NULL) return fail(c, E_NO_MEMORY, "no memory for a connection");
  PQsetNoticeReceiver(d->conn, note_warning, d);
  if (PQstatus(d->conn) == CONNECTION_OK) return OK;
  return fail(c, E_STORE, "cannot connect to PostgreSQL: %.*s",
              STR_ARGS(str_trim(str_from(PQerrorMessage(d->conn)))));
}

static status open_url(ctx *c, pg_db *d, str url, db_mode mode) {
  str append_only;
  url = url_take_parameter(c->arena, url, STR("append_only"), &append_only);
  d->base.grants_only = str_eq(append_only, STR("grant"));
  if (append_only.len > 0 && !d->base.grants_only && !str_eq(append_only, STR("trigger"))) {
    return fail(c, E_MALFORMED,
                "append_only in the store's url is \"trigger\" (default) or \"grant\"");
  }
  str patience;
  url = url_take_parameter(c->arena, url, STR("commit_timeout"), &patience);
  int64_t seconds = COMMIT_TIMEOUT_S;
  if (patience.len > 0 && (!str_to_int(patience, &seconds) || seconds < 1 || seconds > 3600)) {
    return fail(c, E_MALFORMED, "commit_timeout in the store's url is 1 to 3600 seconds");
  }
  d->patience_ms = seconds * 1000;
  str distributed;
  url = url_take_parameter(c->arena, url, STR("distributed"), &distributed);
  TRY(connect_to(c, d, url));
  TRY(pg_routed_set_up(c, d, distributed));
  return set_up(c, d, mode);
}

static void postgres_close(db *base) {
  pg_db *d = (pg_db *)base;
  PQfinish(d->conn);
  if (d->log >= 0) close(d->log);
  free(d);
}

status postgres_open(ctx *c, str url, db_mode mode, db **out) {
  pg_db *d = calloc(1, sizeof *d);
  if (d == NULL) return fail(c, E_NO_MEMORY, "no memory for a connection");
  d->base.driver = &postgres_driver;
  d->base.kind = DB_POSTGRES;
  d->log = pg_log_open();
  status s = open_url(c, d, url, mode);
  if (s != OK) {
    postgres_close(&d->base);
    return s;
  }
  *out = &d->base;
  return OK;
}

/* A reader that has nothing under way and finds its connection lost is connected again: after a
 * failover reads go on at once. True: it is, and what failed may be tried again. */
static bool revive(ctx *c, pg_db *d) {
  bool may = d->base.broken && d->base.mode == DB_READ && !d->base.in_transaction;
  if (!may) return false;
  PQreset(d->conn);
  d->lined = false;
  d->sent_count = 0;
  d->late = OK;
  d->session++;
  if (PQstatus(d->conn) != CONNECTION_OK) return false;
  fault_clear(c);
  d->base.broken = false;
  if (set_up(c, d, DB_READ) == OK) return true;
  d->base.broken = true;
  return false;
}

/* --- transactions ----------------------------------------------------------------------------- */

/* A writer's begin goes with its first statement; a reader's shows whether its connection lives. */
static status postgres_begin(ctx *c, db *base) {
  static const char snapshot[] = "begin isolation level repeatable read read only";
  if (base->mode == DB_WRITE)
    return pg_line_text(c, (pg_db *)base, "begin isolation level read committed read write");
  status s = postgres_script(c, base, snapshot);
  if (s == OK || !revive(c, (pg_db *)base)) return s;
  return postgres_script(c, base, snapshot);
}

static void postgres_rollback(db *base) {
  pg_db *d = (pg_db *)base;
  pg_line_drop(d);
  if (base->broken) return;
  PGresult *result = PQexec(d->conn, "rollback");
  if (!pg_is_good(result)) base->broken = true;
  PQclear(result);
}

static status unknown_outcome(ctx *c, pg_db *d, const char *why) {
  d->base.broken = true;
  return fail(c, E_UNKNOWN, "whether the commit happened is unknown (%s)", why);
}

/* Only a refusal that leaves the session alive is certain; all else may have committed. */
static status failed_commit(ctx *c, pg_db *d, PGresult *result) {
  const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  bool refused = state != NULL && (state_in(state, "23") || state_in(state, "40")) &&
                 PQtransactionStatus(d->conn) == PQTRANS_IDLE;
  if (refused) return pg_failure(c, d, result, "commit");
  PQclear(result);
  return unknown_outcome(c, d, "the connection was lost during COMMIT");
}

static status judge_commit(ctx *c, pg_db *d, PGresult *result) {
  if (PQresultStatus(result) != PGRES_COMMAND_OK) return failed_commit(c, d, result);
  bool committed = strcmp(PQcmdStatus(result), "COMMIT") == 0;
  PQclear(result);
  if (d->warned) return unknown_outcome(c, d, "the server warned during COMMIT");
  return committed ? OK : fail(c, E_STORE, "PostgreSQL rolled the transaction back; retry");
}

/* What was sent before it failed, so the server skipped the COMMIT: nothing has happened. Unless
 * the connection went with it: then a COMMIT that was sent may have been carried out. */
static status failed_before_commit(ctx *c, pg_db *d, PGresult *result, status s) {
  PQclear(result);
  if (d->base.broken) {
    fault_clear(c);
    return unknown_outcome(c, d, "the connection was lost during COMMIT");
  }
  postgres_rollback(&d->base);
  return s;
}

/* A COMMIT goes with the statements before it, but not before rows that were expected to be touched
 * are known to have been. */
static status postgres_commit(ctx *c, db *base) {
  pg_db *d = (pg_db *)base;
  status s = d->lined && d->expects ? pg_line_wait(c, d, NULL) : OK;
  if (s != OK) {
    postgres_rollback(base);
    return s;
  }
  d->warned = false;
  PGresult *result = NULL;
  s = pg_line_text(c, d, "commit");
  if (s == OK) s = pg_line_wait_commit(c, d, &result);
  if (s != OK) return failed_before_commit(c, d, result, s);
  s = judge_commit(c, d, result);
  pg_line_drop(d);
  return s;
}

static status postgres_checkpoint(ctx *c, db *base) {
  UNUSED(c);
  UNUSED(base);
  return OK;
}

/* --- statements ------------------------------------------------------------------------------- */

static char *text_of(const pg_db *d, const char *sql, const char *types, bool is_each) {
  if (types == NULL || d->routed) return dialect_rewrite(DB_POSTGRES, sql);
  return is_each ? pg_each_text(sql, types[0]) : pg_set_text(sql, types);
}

static status postgres_prepare(ctx *c, db *base, const char *sql, const char *types, bool is_each,
                               db_rows **out) {
  pg_db *d = (pg_db *)base;
  pg_rows *rows = calloc(1, sizeof *rows);
  char *text = text_of(d, sql, types, is_each);
  if (rows == NULL || text == NULL) {
    free(rows);
    free(text);
    if (types == NULL) return fail(c, E_NO_MEMORY, "no memory for a statement");
    return fail(c, E_INTERNAL, "not a statement over a set: %.60s", sql);
  }
  rows->text = text;
  rows->set_types = types;
  if (types != NULL && !is_each) rows->copy = pg_copy_text(sql, types);
  pg_log_text(d, text);
  *out = &rows->base;
  return OK;
}

static void forget_on_server(pg_rows *rows) {
  pg_db *d = (pg_db *)rows->base.d;
  if (rows->name[0] == 0 || rows->session != d->session) return;
  if (d->lined) pg_line_drop(d); /* a failure in it stays with the transaction, which is over */
  if (d->base.broken || PQtransactionStatus(d->conn) == PQTRANS_INERROR) return;
  char sql[NAME_MAX_BYTES + 16];
  snprintf(sql, sizeof sql, "deallocate %s", rows->name);
  PQclear(PQexec(d->conn, sql));
  rows->name[0] = 0;
}

static void postgres_drop(db_rows *base) {
  pg_rows *rows = (pg_rows *)base;
  if (!base->d->broken) forget_on_server(rows);
  PQclear(rows->result);
  pg_routed_release(rows);
  free(rows->more);
  pg_set_release(rows);
  free(rows->text);
  free(rows->types);
  free(rows->values);
  free(rows->lengths);
  free(rows->formats);
  free(rows->ints);
  free(rows);
}

status pg_take_places(ctx *c, pg_rows *rows, size_t count) {
  if (rows->types != NULL) {
    if (rows->count == count) return OK;
    return fail(c, E_INTERNAL, "a statement was given %zu values, then %zu: %.60s", rows->count,
                count, rows->base.sql);
  }
  size_t places = count + 1; /* never an allocation of nothing */
  rows->types = calloc(places, sizeof *rows->types);
  rows->values = calloc(places, sizeof *rows->values);
  rows->lengths = calloc(places, sizeof *rows->lengths);
  rows->formats = calloc(places, sizeof *rows->formats);
  rows->ints = calloc(places, sizeof *rows->ints);
  rows->count = count;
  bool taken = rows->types != NULL && rows->values != NULL && rows->lengths != NULL &&
               rows->formats != NULL && rows->ints != NULL;
  return taken ? OK : fail(c, E_NO_MEMORY, "no memory for a statement");
}

/* Puts the values in place. Returns whether a type is not the one the statement was prepared with;
 * NULL goes with every type, and where only NULLs were seen the server infers. */
static bool place_values(pg_rows *rows, const db_value *values) {
  bool types_changed = false;
  for (size_t i = 0; i < rows->count; i++) {
    const db_value *value = &values[i];
    Oid type = value->type == DB_TYPE_INT    ? PG_INT8
               : value->type == DB_TYPE_TEXT ? PG_TEXT
                                             : PG_BYTEA;
    rows->formats[i] = 1;
    if (value->type == DB_TYPE_NULL) {
      rows->values[i] = NULL;
      continue;
    }
    if (value->type == DB_TYPE_INT) {
      pg_put_int8(&rows->ints[i], value->i);
      rows->values[i] = (const char *)&rows->ints[i];
      rows->lengths[i] = 8;
    } else {
      rows->values[i] = value->s.at == NULL ? "" : value->s.at;
      rows->lengths[i] = (int)value->s.len;
    }
    types_changed = types_changed || rows->types[i] != type;
    rows->types[i] = type;
  }
  return types_changed;
}

static status check_lengths(ctx *c, size_t count, const db_value *values) {
  for (size_t i = 0; i < count; i++) {
    if (values[i].s.len > INT32_MAX / 2)
      return fail(c, E_MALFORMED, "a value is longer than 1 GiB");
  }
  return OK;
}

status pg_place(ctx *c, pg_rows *rows, size_t count, const db_value *values, bool *types_changed) {
  TRY(pg_take_places(c, rows, count));
  TRY(check_lengths(c, count, values));
  *types_changed = place_values(rows, values);
  return OK;
}

static void take_result(pg_rows *rows, PGresult *result) {
  rows->result = result;
  rows->row = -1;
  rows->is_beyond = false;
  rows->base.columns = PQnfields(result);
}

/* Behind whatever was sent before it, and waited for. */
static status run_in_line(ctx *c, pg_db *d, pg_rows *rows, bool types_changed) {
  PGresult *result = NULL;
  TRY(pg_line_rows(c, d, rows, types_changed, -1));
  status s = pg_line_wait(c, d, &result);
  if (s != OK) {
    PQclear(result);
    return s;
  }
  if (!pg_is_good(result)) return pg_failure(c, d, result, "run a statement");
  take_result(rows, result);
  return OK;
}

/* Outside a writer's transaction statements commit by themselves and are run one at a time. */
static status run_by_itself(ctx *c, pg_db *d, pg_rows *rows, bool types_changed) {
  status s = run_in_line(c, d, rows, types_changed);
  if (s != OK && revive(c, d)) s = run_in_line(c, d, rows, types_changed);
  if (s == OK) return pg_line_leave(c, d);
  pg_line_drop(d);
  return s;
}

static bool is_lined_up(const db *d) { return d->in_transaction && d->mode == DB_WRITE; }

static status run(ctx *c, pg_rows *rows, bool types_changed) {
  pg_db *d = (pg_db *)rows->base.d;
  return is_lined_up(&d->base) ? run_in_line(c, d, rows, types_changed)
                               : run_by_itself(c, d, rows, types_changed);
}

static status postgres_execute(ctx *c, db_rows *base, size_t count, const db_value *values,
                               bool runs_to_end) {
  UNUSED(runs_to_end); /* they are sent within this call */
  bool types_changed;
  TRY(pg_place(c, (pg_rows *)base, count, values, &types_changed));
  return run(c, (pg_rows *)base, types_changed);
}

static status postgres_send(ctx *c, db_rows *base, size_t count, const db_value *values,
                            int64_t expected) {
  bool types_changed;
  TRY(pg_place(c, (pg_rows *)base, count, values, &types_changed));
  return pg_line_rows(c, (pg_db *)base->d, (pg_rows *)base, types_changed, expected);
}

static status postgres_wait(ctx *c, db *base) {
  pg_db *d = (pg_db *)base;
  return d->sent_count > 0 ? pg_line_wait(c, d, NULL) : OK;
}

static status postgres_execute_set(ctx *c, db_rows *base, size_t count, const db_value *values) {
  bool routed = ((pg_db *)base->d)->routed;
  return routed ? pg_routed_set(c, (pg_rows *)base, count, values)
                : pg_set_run(c, (pg_rows *)base, count, values);
}

static status postgres_execute_each(ctx *c, db_rows *base, size_t count, const db_value *keys) {
  bool types_changed;
  if (((pg_db *)base->d)->routed) return pg_routed_each(c, (pg_rows *)base, count, keys);
  TRY(pg_set_keys(c, (pg_rows *)base, count, keys, &types_changed));
  return run(c, (pg_rows *)base, types_changed);
}

static bool postgres_next(db_rows *base) {
  pg_rows *rows = (pg_rows *)base;
  do {
    if (++rows->row < PQntuples(rows->result)) return true;
  } while (pg_routed_next(rows));
  return false;
}

static void postgres_abandon(db_rows *base) {
  pg_rows *rows = (pg_rows *)base;
  PQclear(rows->result);
  rows->result = NULL;
  pg_routed_release(rows);
}

static status postgres_finish(ctx *c, db_rows *base) {
  pg_rows *rows = (pg_rows *)base;
  int64_t changes = 0;
  base->d->changes = str_to_int(str_from(PQcmdTuples(rows->result)), &changes) ? changes : 0;
  postgres_abandon(base);
  if (!rows->is_beyond) return OK;
  return fail(c, E_INTERNAL, "a number does not fit into 64 bits: %.60s", base->sql);
}

/* --- columns ---------------------------------------------------------------------------------- */

static db_type postgres_column_type(const db_rows *base, int column) {
  const pg_rows *rows = (const pg_rows *)base;
  if (PQgetisnull(rows->result, rows->row, column)) return DB_TYPE_NULL;
  return pg_type_of(PQftype(rows->result, column));
}

static int64_t postgres_column_int(const db_rows *base, int column) {
  const pg_rows *rows = (const pg_rows *)base;
  if (PQgetisnull(rows->result, rows->row, column)) return 0;
  int64_t value = 0;
  str bytes = {PQgetvalue(rows->result, rows->row, column),
               (size_t)PQgetlength(rows->result, rows->row, column)};
  if (!pg_get_int(PQftype(rows->result, column), bytes, &value))
    ((pg_rows *)(uintptr_t)rows)->is_beyond = true;
  return value;
}

static str postgres_column_text(const db_rows *base, int column) {
  const pg_rows *rows = (const pg_rows *)base;
  return (str){PQgetvalue(rows->result, rows->row, column),
               (size_t)PQgetlength(rows->result, rows->row, column)};
}

static str postgres_column_name(const db_rows *base, int column) {
  return str_from(PQfname(((const pg_rows *)base)->result, column));
}

/* Results come in the server's binary form: whole numbers, text and bytes are shown; another type
 * has to be cast by the query. */
static db_shown postgres_show(const db_rows *base, int column, arena *a) {
  const pg_rows *rows = (const pg_rows *)base;
  unsigned type = PQftype(rows->result, column);
  db_shown shown = {.is_null = PQgetisnull(rows->result, rows->row, column) == 1};
  str bytes = postgres_column_text(base, column);
  int64_t number = 0;
  if (shown.is_null) return shown;
  shown.is_number = pg_type_of(type) == DB_TYPE_INT && pg_get_int(type, bytes, &number);
  if (shown.is_number)
    shown.text = str_format(a, "%lld", (long long)number);
  else if (type == PG_TEXT || type == PG_VARCHAR || type == PG_NAME)
    shown.text = str_copy(a, bytes);
  else
    shown.text = str_hex(a, bytes.at, bytes.len);
  return shown;
}

/* --- whole store ------------------------------------------------------------------------------ */

static status postgres_backup(ctx *c, db *base, str to_file) {
  return fail(c, E_NOT_SUPPORTED,
              "PostgreSQL has its own tool; run: pg_dump --format=custom --file=%.*s %s",
              STR_ARGS(to_file), PQdb(((pg_db *)base)->conn));
}

/* The server checks its own pages and keys (data checksums, pg_amcheck); here it has to answer. */
static str postgres_file(const db *base) {
  UNUSED(base);
  return (str){0};
}

static status postgres_integrity(ctx *c, db *base) { return postgres_script(c, base, "select 1"); }

static const db_driver postgres_driver = {
    .close = postgres_close,
    .begin = postgres_begin,
    .commit = postgres_commit,
    .rollback = postgres_rollback,
    .checkpoint = postgres_checkpoint,
    .prepare = postgres_prepare,
    .drop = postgres_drop,
    .execute = postgres_execute,
    .send = postgres_send,
    .wait = postgres_wait,
    .execute_set = postgres_execute_set,
    .execute_each = postgres_execute_each,
    .next = postgres_next,
    .finish = postgres_finish,
    .abandon = postgres_abandon,
    .column_type = postgres_column_type,
    .column_int = postgres_column_int,
    .column_text = postgres_column_text,
    .column_name = postgres_column_name,
    .show = postgres_show,
    .script = postgres_script,
    .backup = postgres_backup,
    .integrity = postgres_integrity,
    .file = postgres_file,
};
