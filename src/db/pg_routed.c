/* pg_routed.c - a store whose rows lie on several servers (Citus). There a statement that locks or
 * changes rows names one key, so that it is sent on to the one server that has it; sets and reads
 * of many keys are such statements one after the other, sent without waiting. It promises the same
 * effect and the same order of locks as the statements over arrays of pg_set.c. Also here: the
 * list of statements that tests check against the rules of such a store (tests/shards.test.ts). */
#include "db/pg_inside.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOGGED_MAX = 8192 };

/* --- finding out ------------------------------------------------------------------------------ */

static status has_extension(ctx *c, pg_db *d, bool *out) {
  PGresult *result =
      PQexec(d->conn,
             "select 1 from pg_catalog.pg_extension where extname operator(pg_catalog.=) 'citus'");
  if (!pg_is_good(result)) return pg_failure(c, d, result, "look for the extension citus");
  *out = PQntuples(result) > 0;
  PQclear(result);
  return OK;
}

/* Statements over several shards are sent to one after the other: in parallel they would take their
 * locks in no order. `set local` has to reach the servers that have the rows. */
static status settle(ctx *c, pg_db *d) {
  PGresult *result = PQexec(d->conn, "set citus.multi_shard_modify_mode to 'sequential';"
                                     "set citus.propagate_set_commands to 'local'");
  if (!pg_is_good(result)) return pg_failure(c, d, result, "set up a distributed store");
  PQclear(result);
  return OK;
}

status pg_routed_set_up(ctx *c, pg_db *d, str wanted) {
  bool is_citus = false;
  if (wanted.len > 0 && !str_eq(wanted, STR("yes")))
    return fail(c, E_MALFORMED, "distributed in the store's url is \"yes\", or left out");
  TRY(has_extension(c, d, &is_citus));
  d->routed = is_citus || wanted.len > 0;
  if (d->routed) d->base.grants_only = d->base.settles_late = true;
  return is_citus ? settle(c, d) : OK;
}

/* --- one statement a row ---------------------------------------------------------------------- */

status pg_routed_set(ctx *c, pg_rows *rows, size_t count, const db_value *values) {
  size_t places = strlen(rows->set_types);
  bool types_changed;
  if (pg_set_copies(rows, count)) return pg_set_copy(c, rows, count, values);
  for (size_t i = 0; i < count; i++) {
    TRY(pg_place(c, rows, places, values + i * places, &types_changed));
    TRY(pg_line_rows(c, (pg_db *)rows->base.d, rows, types_changed, -1));
  }
  return OK;
}

void pg_routed_release(pg_rows *rows) {
  for (size_t i = rows->more_at; i < rows->more_count; i++)
    PQclear(rows->more[i]);
  rows->more_count = rows->more_at = 0;
}

static status make_room(ctx *c, pg_rows *rows, size_t count) {
  pg_routed_release(rows);
  if (count <= rows->more_room) return OK;
  PGresult **wider = realloc(rows->more, count * sizeof *wider);
  if (wider == NULL) return fail(c, E_NO_MEMORY, "no memory for %zu answers", count);
  rows->more = wider;
  rows->more_room = count;
  return OK;
}

static status ask_each(ctx *c, pg_rows *rows, size_t count, const db_value *keys) {
  pg_db *d = (pg_db *)rows->base.d;
  bool types_changed;
  for (size_t i = 0; i < count; i++) {
    TRY(pg_place(c, rows, 1, keys + i, &types_changed));
    TRY(pg_line_kept(c, d, rows, types_changed));
  }
  TRY(pg_line_wait(c, d, NULL));
  bool stays = d->base.in_transaction && d->base.mode == DB_WRITE;
  return stays ? OK : pg_line_leave(c, d);
}

status pg_routed_each(ctx *c, pg_rows *rows, size_t count, const db_value *keys) {
  TRY(make_room(c, rows, count));
  status s = ask_each(c, rows, count, keys);
  if (s != OK) pg_line_drop((pg_db *)rows->base.d);
  if (s == OK && pg_routed_next(rows)) return OK;
  pg_routed_release(rows);
  return s != OK ? s : fail(c, E_STORE, "PostgreSQL gave no answer; retry");
}

bool pg_routed_next(pg_rows *rows) {
  if (rows->more_at == rows->more_count) return false;
  PQclear(rows->result);
  rows->result = rows->more[rows->more_at++];
  rows->row = -1;
  rows->is_beyond = false;
  rows->base.columns = PQnfields(rows->result);
  return true;
}

/* --- the list of statements ------------------------------------------------------------------- */

int pg_log_open(void) {
  const char *path = getenv("TAEL_SQL_LOG");
  if (path == NULL || path[0] == 0) return -1;
  return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

/* One line in one write, so that processes may share the file. */
void pg_log_text(const pg_db *d, const char *text) {
  char line[LOGGED_MAX];
  size_t len = strnlen(text, sizeof line - 1);
  if (d->log < 0) return;
  for (size_t i = 0; i < len; i++)
    line[i] = text[i] == '\n' ? ' ' : text[i];
  line[len] = '\n';
  ssize_t written = write(d->log, line, len + 1);
  UNUSED(written); /* a list for tests: service goes on without it */
}
