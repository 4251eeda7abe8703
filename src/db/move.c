/* move.c - all rows of a store into an empty one of the other kind, table by table in the order of
 * their keys. A table's rows that have arrived are not sent again, so that a move which was cut off
 * goes on; a mark in the target, with the source's state hash, tells whose unfinished copy it is
 * and keeps every program from using it meanwhile. It never changes a row on the way. */
#include "db/move.h"

#include "db/driver.h"

#include <string.h>

enum { PAGE_ROWS = 2000, COLUMNS_MAX = 64 };
#define MARK "moving"
#define LEFT "moved away"

/* --- the mark --------------------------------------------------------------------------------- */

static status find_mark(ctx *c, db *to, str mark, sha256 *of, bool *found) {
  db_rows *rows;
  *found = false;
  TRY(db_query(c, to, &rows, "select sha256 from schema_step where module = ?1", DB_TEXT(mark)));
  if (db_next(rows)) {
    str bytes = db_get_bytes(rows, 0);
    *found = bytes.len == sizeof of->bytes;
    if (*found) memcpy(of->bytes, bytes.at, bytes.len);
  }
  return db_done(c, rows);
}

status db_move_mark(ctx *c, db *to, sha256 *of, bool *found) {
  return find_mark(c, to, STR(MARK), of, found);
}

status db_move_left(ctx *c, db *from, bool *out) {
  sha256 of;
  return find_mark(c, from, STR(LEFT), &of, out);
}

status db_move_leave(ctx *c, db *from, const sha256 *of) {
  return db_run(c, from,
                "insert into schema_step(module, step, sha256) values (?1, 1, ?2) "
                "on conflict (module, step) do nothing",
                DB_TEXT(STR(LEFT)), DB_BYTES(of->bytes, sizeof of->bytes));
}

status db_move_begin(ctx *c, db *to, const sha256 *of) {
  return db_run(c, to, "insert into schema_step(module, step, sha256) values (?1, 1, ?2)",
                DB_TEXT(STR(MARK)), DB_BYTES(of->bytes, sizeof of->bytes));
}

status db_move_end(ctx *c, db *to) {
  return db_run(c, to, "delete from schema_step where module = ?1", DB_TEXT(STR(MARK)));
}

/* --- what is moved ---------------------------------------------------------------------------- */

status db_table_names(ctx *c, db *d, str **names, size_t *count) {
  db_rows *rows;
  str *found = NULL;
  size_t n = 0, room = 0;
  TRY(db_query0(c, d, &rows, "select name from schema_table order by name"));
  while (db_next(rows)) {
    if (n == room) {
      size_t wider = room == 0 ? 64 : room * 2;
      found = arena_grow(c->arena, found, room * sizeof *found, wider * sizeof *found);
      room = wider;
    }
    found[n++] = db_keep_text(rows, 0, c->arena);
  }
  *names = found;
  *count = n;
  return db_done(c, rows);
}

status db_count_rows(ctx *c, db *d, str table, int64_t *count) {
  db_rows *rows;
  str sql = str_format(c->arena, "select count(*) from %.*s", STR_ARGS(table));
  TRY(db_select_once(c, d, &rows, sql.at, 0, NULL));
  *count = db_next(rows) ? db_get_int(rows, 0) : 0;
  return db_done(c, rows);
}

/* A letter for each column, in the order of their names. */
static status types_of(ctx *c, db *d, str table, char types[static COLUMNS_MAX + 1]) {
  db_rows *rows;
  size_t count = 0;
  const char *sql =
      d->kind == DB_SQLITE
          ? "select lower(type) from pragma_table_info(?1) order by name"
          : "select format_type(atttypid, null)::text from pg_attribute where attrelid = "
            "cast(?1 as text)::regclass and attnum > 0 and not attisdropped "
            "and attgenerated = '' "
            "order by attname::text collate \"C\"";
  db_value name = DB_TEXT(table);
  TRY(db_select(c, d, &rows, sql, 1, &name));
  while (count < COLUMNS_MAX && db_next(rows)) {
    str type = db_get_text(rows, 0);
    bool is_bytes = str_eq(type, STR("blob")) || str_eq(type, STR("bytea"));
    types[count++] = is_bytes ? 'b' : str_eq(type, STR("text")) ? 't' : 'i';
  }
  types[count] = 0;
  return db_done(c, rows);
}

static str insert_of(arena *a, str table, str columns, size_t count) {
  buf b = buf_make(a, 4096);
  buf_format(&b, "insert into %.*s (%.*s) values (", STR_ARGS(table), STR_ARGS(columns));
  for (size_t i = 1; i <= count; i++)
    buf_format(&b, "%s?%zu", i > 1 ? ", " : "", i);
  buf_add(&b, STR(")"));
  return str_copy(a, buf_str(&b));
}

/* --- rows ------------------------------------------------------------------------------------- */

typedef struct copy {
  db *from, *to;
  arena *pages; /* of one page's values */
  const char *insert, *types;
  size_t columns;
  int64_t skip; /* that have arrived before */
  int64_t moved;
} copy;

static db_value read_value(arena *a, const db_rows *rows, int column) {
  db_type type = db_get_type(rows, column);
  if (type == DB_TYPE_NULL) return DB_NULL;
  if (type == DB_TYPE_INT) return DB_INT(db_get_int(rows, column));
  return (db_value){.type = type, .s = str_copy(a, db_get_text(rows, column))};
}

static status write_page(ctx *c, copy *k, const db_value *values, size_t count) {
  if (count == 0) return OK;
  TRY(db_begin(c, k->to));
  status s = db_exec_set(c, k->to, k->insert, k->types, count, values);
  if (s == OK) s = db_commit(c, k->to);
  if (s != OK) db_rollback(k->to);
  k->moved += (int64_t)count;
  return s;
}

/* The rows of one query, in pages; *seen counts them. */
static status copy_rows(ctx *c, copy *k, const char *sql, int64_t *seen) {
  db_rows *rows;
  status s = OK;
  TRY(db_select_once(c, k->from, &rows, sql, 0, NULL));
  for (bool more = true; more && s == OK;) { /* past its end a statement is not asked again */
    arena_reset(k->pages);
    db_value *values = ARENA_ARRAY(k->pages, db_value, PAGE_ROWS * k->columns);
    size_t count = 0;
    while (count < PAGE_ROWS && (more = db_next(rows))) {
      if ((*seen)++ < k->skip) continue;
      for (size_t i = 0; i < k->columns; i++)
        values[count * k->columns + i] = read_value(k->pages, rows, (int)i);
      count++;
    }
    s = write_page(c, k, values, count);
  }
  status done = db_done(c, rows);
  return s != OK ? s : done;
}

/* A server hands over all rows of a query at once, so its pages come from a cursor. */
static status copy_by_cursor(ctx *c, copy *k, str select) {
  int64_t seen = 0;
  str declare = str_format(c->arena, "declare tael_move cursor for %.*s", STR_ARGS(select));
  str fetch = str_format(c->arena, "fetch %d from tael_move", PAGE_ROWS);
  TRY(k->from->driver->script(c, k->from, declare.at));
  for (int64_t before = -1; before != seen;) {
    before = seen;
    TRY(copy_rows(c, k, fetch.at, &seen));
  }
  return k->from->driver->script(c, k->from, "close tael_move");
}

static status copy_table(ctx *c, copy *k, str table) {
  str columns, key;
  char *types = ARENA_ARRAY(c->arena, char, COLUMNS_MAX + 1); /* the statement keeps it */
  int64_t seen = 0;
  TRY(db_columns_of(c, k->from, table, &columns, &key));
  TRY(types_of(c, k->to, table, types));
  TRY(db_count_rows(c, k->to, table, &k->skip));
  k->types = types;
  k->columns = strlen(types);
  k->insert = insert_of(c->arena, table, columns, k->columns).at;
  str select = str_format(c->arena, "select %.*s from %.*s order by %.*s", STR_ARGS(columns),
                          STR_ARGS(table), STR_ARGS(key));
  return k->from->kind == DB_SQLITE ? copy_rows(c, k, select.at, &seen)
                                    : copy_by_cursor(c, k, select);
}

status db_move_table(ctx *c, db *from, db *to, str table, int64_t *moved) {
  copy k = {.from = from, .to = to, .pages = arena_open((size_t)512 << 20)};
  if (k.pages == NULL) return fail(c, E_NO_MEMORY, "no memory to move a table");
  status s = copy_table(c, &k, table);
  arena_close(k.pages);
  *moved = k.moved;
  return s;
}
