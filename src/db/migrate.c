/* migrate.c - brings a store to the schema of this program, one transaction a step, and refuses a
 * store whose landed steps differ. Table schema_step says what has landed, schema_table what tables
 * there are and which of them the state hash leaves out. It never changes or skips a landed step.
 */
#include "db/driver.h"
#include "db/move.h"
#include "db/translate.h"

#include <string.h>

static const char bookkeeping[] =
    "create table if not exists schema_step (module TEXT, step INT8, sha256 BYTES,"
    " primary key (module, step))"
    ";\n-- clustered\n"
    "create table if not exists schema_table (name TEXT, module TEXT, is_hashed FLAG, shard TEXT,"
    " primary key (name))"
    ";\n-- clustered\n";

/* Two programs that start at once migrate one after the other. */
static status lock_schema(ctx *c, db *d) {
  if (d->kind == DB_SQLITE) return OK;
  return d->driver->script(c, d, "select pg_advisory_xact_lock(1952540012)");
}

static status in_transaction(ctx *c, db *d, status (*work)(ctx *c, db *d, void *arg), void *arg) {
  TRY(db_begin(c, d));
  status s = lock_schema(c, d);
  if (s == OK) s = work(c, d, arg);
  if (s == OK) return db_commit(c, d);
  db_rollback(d);
  return s;
}

static status create_bookkeeping(ctx *c, db *d, void *arg) {
  UNUSED(arg);
  str sql = db_translate(c->arena, d->kind, STR(bookkeeping));
  return d->driver->script(c, d, str_zero(c->arena, sql));
}

/* --- one step --------------------------------------------------------------------------------- */

typedef struct step {
  str module;
  int64_t number;
  str sql;
  sha256 hash;
} step;

/* Whether the step has landed; E_CONFLICT when it has, with another text. */
static status find_landed(ctx *c, db *d, const step *s, bool *landed) {
  db_rows *rows;
  bool same = true;
  *landed = false;
  TRY(db_query(c, d, &rows, "select sha256 from schema_step where module=?1 and step=?2",
               DB_TEXT(s->module), DB_INT(s->number)));
  if (db_next(rows)) {
    *landed = true;
    str stored = db_get_bytes(rows, 0);
    same = stored.len == sizeof s->hash && memcmp(stored.at, &s->hash, stored.len) == 0;
  }
  TRY(db_done(c, rows));
  if (same) return OK;
  return fail(c, E_CONFLICT,
              "step %lld of schema %.*s was edited after it landed in this store; put it back and "
              "add a new step",
              (long long)s->number, STR_ARGS(s->module));
}

static status record_table(ctx *c, db *d, const step *s, const schema_statement *table) {
  str value, shard = {0};
  bool hashed = !schema_note(table, STR("not hashed"), &value);
  if (!schema_note(table, STR("shard"), &shard) && !schema_note(table, STR("reference"), &value)) {
    return fail(c, E_MALFORMED,
                "table %.*s of schema %.*s lacks a line \"-- shard KEY\" or \"-- reference\"",
                STR_ARGS(table->table), STR_ARGS(s->module));
  }
  return db_run(c, d,
                "insert into schema_table(name, module, is_hashed, shard) values (?1, ?2, ?3, ?4)",
                DB_TEXT(table->table), DB_TEXT(s->module), DB_INT(hashed), DB_TEXT(shard));
}

static status apply_step(ctx *c, db *d, void *arg) {
  const step *s = arg;
  bool landed;
  TRY(find_landed(c, d, s, &landed)); /* again, under the lock */
  if (landed) return OK;
  str sql = schema_translate(c->arena, d->kind, s->sql, d->grants_only);
  TRY(d->driver->script(c, d, str_zero(c->arena, sql)));
  str rest = s->sql;
  schema_statement statement;
  while (schema_next(&rest, &statement)) {
    if (statement.table.len == 0 || !schema_is_for(&statement, d->kind)) continue;
    TRY(record_table(c, d, s, &statement));
  }
  return db_run(c, d, "insert into schema_step(module, step, sha256) values (?1, ?2, ?3)",
                DB_TEXT(s->module), DB_INT(s->number), DB_BYTES(&s->hash, sizeof s->hash));
}

static status land(ctx *c, db *d, step *s) {
  bool landed;
  TRY(find_landed(c, d, s, &landed));
  return landed ? OK : in_transaction(c, d, apply_step, s);
}

/* --- a module's schema ------------------------------------------------------------------------ */

/* A line "-- step N". */
static bool is_step_line(str line, int64_t *number) {
  line = str_trim(line);
  if (!str_starts(line, STR("-- step "))) return false;
  return str_to_int(str_trim((str){line.at + 8, line.len - 8}), number);
}

/* Takes the text from one step line to the next. What stands before the first is a heading. */
static bool next_step(str *rest, step *out) {
  str line, ahead = *rest;
  int64_t number;
  bool found = false;
  while (!found && str_split(&ahead, '\n', &line))
    found = is_step_line(line, &out->number);
  if (!found) return false;
  const char *begin = ahead.at, *end = ahead.at + ahead.len;
  *rest = (str){0};
  while (str_split(&ahead, '\n', &line)) {
    if (!is_step_line(line, &number)) continue;
    end = line.at;
    *rest = (str){line.at, line.len + (ahead.len > 0 ? 1 + ahead.len : 0)};
    break;
  }
  out->sql = begin == NULL ? (str){0} : str_trim((str){begin, (size_t)(end - begin)});
  out->hash = sha256_of(out->sql.at, out->sql.len);
  return true;
}

static status check_not_newer(ctx *c, db *d, str module, int64_t known) {
  db_rows *rows;
  int64_t stored = 0;
  TRY(db_query(c, d, &rows, "select coalesce(max(step), 0) from schema_step where module=?1",
               DB_TEXT(module)));
  if (db_next(rows)) stored = db_get_int(rows, 0);
  TRY(db_done(c, rows));
  if (stored <= known) return OK;
  return fail(
      c, E_CONFLICT,
      "the store has step %lld of schema %.*s, this program knows %lld; run a newer program",
      (long long)stored, STR_ARGS(module), (long long)known);
}

static int64_t last_step(str sql) {
  step s;
  int64_t last = 0;
  while (next_step(&sql, &s))
    last = s.number;
  return last;
}

static status migrate_module(ctx *c, db *d, const db_schema *schema) {
  str rest = str_from(schema->sql);
  step s = {.module = str_from(schema->module)};
  TRY(check_not_newer(c, d, s.module, last_step(rest)));
  int64_t expected = 1;
  while (next_step(&rest, &s)) {
    if (s.number != expected++) {
      return fail(c, E_MALFORMED, "schema %s: steps must be numbered 1, 2, ...; found %lld",
                  schema->module, (long long)s.number);
    }
    TRY(land(c, d, &s));
  }
  if (expected > 1) return OK;
  return fail(c, E_MALFORMED, "schema %s holds no line \"-- step 1\"", schema->module);
}

status db_move_bookkeeping(ctx *c, db *to) {
  return in_transaction(c, to, create_bookkeeping, NULL);
}

status db_migrate(ctx *c, db *d, const db_schema *schemas, size_t count) {
  sha256 of;
  bool is_unfinished = false, has_left = false;
  TRY(in_transaction(c, d, create_bookkeeping, NULL));
  TRY(db_move_mark(c, d, &of, &is_unfinished));
  if (is_unfinished) {
    return fail(c, E_CONFLICT,
                "this store is the unfinished copy of another; finish it with tael migrate --from "
                "URL --to URL, or empty it");
  }
  TRY(db_move_left(c, d, &has_left));
  if (has_left) {
    return fail(c, E_CONFLICT,
                "this store is closed: it was moved to another place, which serves it now");
  }
  for (size_t i = 0; i < count; i++)
    TRY(migrate_module(c, d, &schemas[i]));
  return OK;
}
