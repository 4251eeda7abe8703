/* distribute.c - the plan that puts a store's tables on the nodes of a Citus cluster. It reads what
 * is there and what the catalogue schema_table declares; it moves no row itself, Citus does. */
#include "db/distribute.h"

#include "db/driver.h"

#include <string.h>

typedef struct placed_table {
  str name, key, type; /* key empty: a reference table */
  bool has_rows;
} placed_table;

static status has_citus(ctx *c, db *d, bool *out) {
  db_rows *rows;
  TRY(db_query0(c, d, &rows, "select 1 from pg_catalog.pg_extension where extname = 'citus'"));
  *out = db_next(rows);
  return db_done(c, rows);
}

status db_distribute_check(ctx *c, db *d) {
  bool found = false;
  TRY(has_citus(c, d, &found));
  if (found) return OK;
  return fail(
      c, E_CONFLICT,
      "this database has no extension citus: install it on every node (shared_preload_"
      "libraries = 'citus'), run \"create extension citus\" in this database on every node, "
      "add the workers with \"select citus_add_node('HOST', PORT)\", then ask again; "
      "--dry-run shows what would be done");
}

/* --- what is there ---------------------------------------------------------------------------- */

/* Tables of the catalogue that lie on one node only, reference tables first, keys of one type
 * together. */
#define UNPLACED                                                                                   \
  "select s.name, s.shard, coalesce(format_type(a.atttypid, null)::text, '') from schema_table s " \
  "left join pg_catalog.pg_attribute a on a.attrelid = s.name::regclass and a.attname = s.shard "
#define IN_ORDER " order by s.shard <> '', 3, s.name"

static status take_tables(ctx *c, db_rows *rows, placed_table **out, size_t *count) {
  placed_table *list = NULL;
  size_t n = 0, room = 0;
  while (db_next(rows)) {
    if (n == room) {
      size_t wider = room == 0 ? 64 : room * 2;
      list = arena_grow(c->arena, list, room * sizeof *list, wider * sizeof *list);
      room = wider;
    }
    list[n++] = (placed_table){.name = db_keep_text(rows, 0, c->arena),
                               .key = db_keep_text(rows, 1, c->arena),
                               .type = db_keep_text(rows, 2, c->arena)};
  }
  *out = list;
  *count = n;
  return db_done(c, rows);
}

static status find_unplaced(ctx *c, db *d, bool citus, placed_table **out, size_t *count) {
  db_rows *rows;
  if (citus) {
    TRY(db_query0(c, d, &rows,
                  UNPLACED "where s.name::regclass not in (select logicalrelid from "
                           "pg_catalog.pg_dist_partition)" IN_ORDER));
  } else {
    TRY(db_query0(c, d, &rows, UNPLACED IN_ORDER));
  }
  TRY(take_tables(c, rows, out, count));
  for (size_t i = 0; i < *count; i++) {
    str sql = str_format(c->arena, "select 1 from %.*s limit 1", STR_ARGS((*out)[i].name));
    TRY(db_select_once(c, d, &rows, sql.at, 0, NULL));
    (*out)[i].has_rows = db_next(rows);
    TRY(db_done(c, rows));
  }
  return OK;
}

#define OF_TYPE                                                                           \
  "select s.name from schema_table s join pg_catalog.pg_attribute a on a.attrelid = "     \
  "s.name::regclass and a.attname = s.shard where format_type(a.atttypid, null)::text = " \
  "cast(?1 as text) "

static status first_name(ctx *c, db_rows *rows, str *out) {
  *out = db_next(rows) ? db_keep_text(rows, 0, c->arena) : (str){0};
  return db_done(c, rows);
}

/* The table that others with a key of this type lie with: one that is placed, else the first by
 * name, which is placed first. */
static status find_anchor(ctx *c, db *d, bool citus, str type, str *out) {
  db_rows *rows;
  *out = (str){0};
  if (citus) {
    TRY(db_query(c, d, &rows,
                 OF_TYPE "and s.name::regclass in (select logicalrelid from "
                         "pg_catalog.pg_dist_partition) order by s.name limit 1",
                 DB_TEXT(type)));
    TRY(first_name(c, rows, out));
  }
  if (out->len > 0) return OK;
  TRY(db_query(c, d, &rows, OF_TYPE "order by s.name limit 1", DB_TEXT(type)));
  return first_name(c, rows, out);
}

/* --- the plan --------------------------------------------------------------------------------- */

/* Append-only tables lose their triggers, which Citus refuses, and keep what GRANT can do. */
static status plan_triggers(ctx *c, db *d, db_plan_step step, void *arg) {
  db_rows *rows;
  str list[512];
  size_t count = 0;
  TRY(db_query0(c, d, &rows,
                "select s.name, t.tgname::text from schema_table s join pg_catalog.pg_trigger t on "
                "t.tgrelid = s.name::regclass and not t.tgisinternal order by s.name, t.tgname"));
  while (count + 1 < COUNT_OF(list) && db_next(rows)) {
    str table = db_get_text(rows, 0), trigger = db_get_text(rows, 1);
    list[count++] =
        str_format(c->arena, "drop trigger %.*s on %.*s;", STR_ARGS(trigger), STR_ARGS(table));
    if (trigger.len > 12 && str_eq((str){trigger.at + trigger.len - 12, 12}, STR("_append_only")))
      list[count++] = str_format(c->arena, "revoke update, delete, truncate on %.*s from public;",
                                 STR_ARGS(table));
  }
  TRY(db_done(c, rows));
  for (size_t i = 0; i < count; i++)
    TRY(step(c, d, arg, list[i]));
  return OK;
}

static status plan_table(ctx *c, db *d, const placed_table *t, str anchor, db_plan_step step,
                         void *arg) {
  str sql;
  if (t->key.len == 0) {
    sql = str_format(c->arena, "select create_reference_table('%.*s');", STR_ARGS(t->name));
  } else {
    bool first = str_eq(anchor, t->name);
    sql = str_format(c->arena,
                     "select create_distributed_table('%.*s', '%.*s', colocate_with => '%.*s');",
                     STR_ARGS(t->name), STR_ARGS(t->key), STR_ARGS(first ? STR("none") : anchor));
  }
  TRY(step(c, d, arg, sql));
  if (!t->has_rows) return OK;
  sql = str_format(c->arena, "select truncate_local_data_after_distributing_table('%.*s');",
                   STR_ARGS(t->name));
  return step(c, d, arg, sql);
}

status db_distribute_plan(ctx *c, db *d, db_plan_step step, void *arg) {
  placed_table *tables;
  size_t count;
  bool citus = false;
  TRY(has_citus(c, d, &citus));
  TRY(plan_triggers(c, d, step, arg));
  TRY(find_unplaced(c, d, citus, &tables, &count));
  for (size_t i = 0; i < count; i++) {
    str anchor = {0};
    if (tables[i].key.len > 0) TRY(find_anchor(c, d, citus, tables[i].type, &anchor));
    TRY(plan_table(c, d, &tables[i], anchor, step, arg));
  }
  return OK;
}

status db_distribute_run(ctx *c, db *d, str sql) {
  return d->driver->script(c, d, str_zero(c->arena, sql));
}
