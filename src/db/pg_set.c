/* pg_set.c - many rows in one statement: a plain insert of a large set goes by COPY, other sets as
 * arrays that the server unnests. It promises the effect of the statement run once per row, in any
 * order; so a set must not hold two rows that would change the same one. Values are sent in binary
 * and never become part of a text. */
#include "db/pg_inside.h"
#include "db/pg_value.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  COPY_ROWS = 64, /* fewer are not worth two round trips */
  COPY_BUFFER = 1 << 16,
  ARRAY_HEADER = 20,
  GROWTH = 64, /* of a text, a place: its array, its name in the list */
};

/* --- texts ------------------------------------------------------------------------------------ */

static const char *array_type(char type) {
  return type == 'i' ? "int8[]" : type == 't' ? "text[]" : "bytea[]";
}

/* A text that is being written; its room was reckoned before. */
typedef struct text {
  char *bytes;
  size_t len, room;
} text;

static void add(text *t, const char *at, size_t len) {
  assert(t->len + len < t->room);
  memcpy(t->bytes + t->len, at, len);
  t->len += len;
  t->bytes[t->len] = 0;
}

static void add_text(text *t, const char *at) { add(t, at, strlen(at)); }

/* With every ?n as v.pn. */
static void add_places(text *t, const char *at, const char *end) {
  for (; at < end; at++) {
    if (*at == '?')
      add_text(t, "v.p");
    else
      add(t, at, 1);
  }
}

static void add_arrays(text *t, const char *types) {
  char one[32];
  size_t count = strlen(types);
  add_text(t, "unnest(");
  for (size_t i = 0; i < count; i++) {
    snprintf(one, sizeof one, "%s$%zu::%s", i > 0 ? ", " : "", i + 1, array_type(types[i]));
    add_text(t, one);
  }
  add_text(t, ") as v(");
  for (size_t i = 0; i < count; i++) {
    snprintf(one, sizeof one, "%sp%zu", i > 0 ? ", " : "", i + 1);
    add_text(t, one);
  }
  add_text(t, ")");
}

static const char *last_of(const char *sql, const char *word) {
  const char *found = NULL;
  for (const char *at = strstr(sql, word); at != NULL; at = strstr(at + 1, word))
    found = at;
  return found;
}

/* The bracket that closes the one at `open`. */
static const char *closing(const char *open) {
  int depth = 0;
  for (const char *at = open; *at != 0; at++) {
    depth += (*at == '(') - (*at == ')');
    if (depth == 0) return at;
  }
  return NULL;
}

static bool starts(const char *sql, const char *word) {
  return strncmp(sql, word, strlen(word)) == 0;
}

static bool insert_text(text *out, const char *sql, const char *types) {
  const char *values = strstr(sql, " values (");
  const char *end = values == NULL ? NULL : closing(values + 8);
  if (end == NULL) return false;
  add_places(out, sql, values);
  add_text(out, " select ");
  add_places(out, values + 9, end);
  add_text(out, " from ");
  add_arrays(out, types);
  add_text(out, end + 1);
  return true;
}

static bool change_text(text *out, const char *sql, const char *types, const char *joint) {
  const char *where = last_of(sql, " where ");
  if (where == NULL) return false;
  add_places(out, sql, where);
  add_text(out, joint);
  add_arrays(out, types);
  add_places(out, where, where + strlen(where));
  return true;
}

char *pg_set_text(const char *sql, const char *types) {
  size_t room = 3 * strlen(sql) + GROWTH * (strlen(types) + 1);
  text out = {.bytes = malloc(room), .room = room};
  if (out.bytes == NULL) return NULL;
  bool made = false;
  if (starts(sql, "insert ")) made = insert_text(&out, sql, types);
  if (starts(sql, "update ")) made = change_text(&out, sql, types, " from ");
  if (starts(sql, "delete ")) made = change_text(&out, sql, types, " using ");
  if (made) return out.bytes;
  free(out.bytes);
  return NULL;
}

/* "insert into T (a, b) values (?1, ?2)" and not a word more. */
char *pg_copy_text(const char *sql, const char *types) {
  const char *values = strstr(sql, " values (");
  if (!starts(sql, "insert into ") || values == NULL) return NULL;
  const char *at = values + 9;
  size_t count = strlen(types);
  for (size_t i = 1; i <= count; i++) {
    char place[16];
    int len = snprintf(place, sizeof place, "?%zu%s", i, i < count ? ", " : ")");
    if (strncmp(at, place, (size_t)len) != 0) return NULL;
    at += len;
  }
  if (*at != 0) return NULL;
  size_t room = (size_t)(values - sql) + GROWTH;
  char *copy = malloc(room);
  if (copy != NULL)
    snprintf(copy, room, "copy %.*s from stdin (format binary)", (int)(values - sql - 12),
             sql + 12);
  return copy;
}

char *pg_each_text(const char *sql, char type) {
  const char *place = strstr(sql, "= ?1");
  size_t room = strlen(sql) + GROWTH;
  char *each = place == NULL ? NULL : malloc(room);
  if (each != NULL)
    snprintf(each, room, "%.*s= any($1::%s)%s", (int)(place - sql), sql, array_type(type),
             place + 4);
  return each;
}

/* --- values ----------------------------------------------------------------------------------- */

static char *put_int4(char *out, uint32_t value) {
  value = htobe32(value);
  memcpy(out, &value, sizeof value);
  return out + sizeof value;
}

static size_t bytes_of(const db_value *value) {
  return value->type == DB_TYPE_NULL ? 0 : value->type == DB_TYPE_INT ? 8 : value->s.len;
}

/* A length and the value, as arrays and COPY both have it. */
static char *put_value(char *out, const db_value *value) {
  size_t len = bytes_of(value);
  if (value->type == DB_TYPE_NULL) return put_int4(out, UINT32_MAX);
  out = put_int4(out, (uint32_t)len);
  if (value->type == DB_TYPE_INT) {
    uint64_t raw;
    pg_put_int8(&raw, value->i);
    memcpy(out, &raw, sizeof raw);
  } else if (len > 0) {
    memcpy(out, value->s.at, len);
  }
  return out + len;
}

static Oid element_of(char type) {
  return type == 'i' ? PG_INT8 : type == 't' ? PG_TEXT : PG_BYTEA;
}
static Oid array_of(char type) {
  return type == 'i' ? PG_INT8_ARRAY : type == 't' ? PG_TEXT_ARRAY : PG_BYTEA_ARRAY;
}

static status array_room(ctx *c, pg_rows *rows, size_t place, size_t bytes) {
  if (rows->array_rooms[place] >= bytes) return OK;
  char *wider = realloc(rows->arrays[place], bytes);
  if (wider == NULL) return fail(c, E_NO_MEMORY, "no memory for %zu bytes of values", bytes);
  rows->arrays[place] = wider;
  rows->array_rooms[place] = bytes;
  return OK;
}

/* One column of the set, every `step`-th value, as an array. */
static status put_array(ctx *c, pg_rows *rows, size_t place, char type, size_t count,
                        const db_value *values, size_t step) {
  size_t bytes = ARRAY_HEADER;
  bool has_null = false;
  for (size_t i = 0; i < count; i++) {
    bytes += 4 + bytes_of(&values[i * step]);
    has_null = has_null || values[i * step].type == DB_TYPE_NULL;
  }
  if (bytes > INT32_MAX / 2) return fail(c, E_MALFORMED, "a set of values is longer than 1 GiB");
  TRY(array_room(c, rows, place, bytes));
  char *out = put_int4(rows->arrays[place], 1); /* one dimension, counted from 1 */
  out = put_int4(out, has_null);
  out = put_int4(out, element_of(type));
  out = put_int4(out, (uint32_t)count);
  out = put_int4(out, 1);
  for (size_t i = 0; i < count; i++)
    out = put_value(out, &values[i * step]);
  rows->values[place] = rows->arrays[place];
  rows->lengths[place] = (int)bytes;
  rows->formats[place] = 1;
  return OK;
}

static status take_arrays(ctx *c, pg_rows *rows, size_t places) {
  TRY(pg_take_places(c, rows, places));
  if (rows->arrays == NULL) rows->arrays = calloc(places + 1, sizeof *rows->arrays);
  if (rows->array_rooms == NULL) rows->array_rooms = calloc(places + 1, sizeof *rows->array_rooms);
  bool taken = rows->arrays != NULL && rows->array_rooms != NULL;
  return taken ? OK : fail(c, E_NO_MEMORY, "no memory for a statement");
}

void pg_set_release(pg_rows *rows) {
  for (size_t i = 0; rows->arrays != NULL && i < rows->count; i++)
    free(rows->arrays[i]);
  free(rows->arrays);
  free(rows->array_rooms);
  free(rows->copy);
}

status pg_set_keys(ctx *c, pg_rows *rows, size_t count, const db_value *keys, bool *types_changed) {
  char type = rows->set_types[0];
  TRY(take_arrays(c, rows, 1));
  *types_changed = rows->types[0] != array_of(type);
  rows->types[0] = array_of(type);
  return put_array(c, rows, 0, type, count, keys, 1);
}

/* --- running ---------------------------------------------------------------------------------- */

static status run_arrays(ctx *c, pg_rows *rows, size_t count, const db_value *values) {
  size_t places = strlen(rows->set_types);
  bool types_changed = rows->types == NULL;
  TRY(take_arrays(c, rows, places));
  for (size_t i = 0; i < places; i++) {
    rows->types[i] = array_of(rows->set_types[i]);
    TRY(put_array(c, rows, i, rows->set_types[i], count, values + i, places));
  }
  return pg_line_rows(c, (pg_db *)rows->base.d, rows, types_changed, -1);
}

/* A buffer that is sent when it is full. */
typedef struct copy_out {
  PGconn *conn;
  char bytes[COPY_BUFFER];
  size_t used;
  bool sent;
} copy_out;

static void flush(copy_out *out) {
  out->sent = out->sent && PQputCopyData(out->conn, out->bytes, (int)out->used) == 1;
  out->used = 0;
}

static void copy_row(copy_out *out, size_t places, const db_value *row) {
  size_t bytes = 2;
  for (size_t i = 0; i < places; i++)
    bytes += 4 + bytes_of(&row[i]);
  if (out->used + bytes > sizeof out->bytes) flush(out);
  char *large = bytes > sizeof out->bytes ? malloc(bytes) : NULL;
  if (bytes > sizeof out->bytes && large == NULL) {
    out->sent = false;
    return;
  }
  char *begin = large != NULL ? large : out->bytes + out->used, *at = begin;
  *at++ = (char)(places >> 8);
  *at++ = (char)places;
  for (size_t i = 0; i < places; i++)
    at = put_value(at, &row[i]);
  if (large == NULL) {
    out->used += bytes;
    return;
  }
  out->sent = out->sent && PQputCopyData(out->conn, large, (int)bytes) == 1;
  free(large);
}

static status copy_all(ctx *c, pg_db *d, size_t places, size_t count, const db_value *values) {
  static const char heading[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0"; /* 11 bytes, flags, length */
  copy_out *out = malloc(sizeof *out);
  if (out == NULL) {
    PQputCopyEnd(d->conn, "no memory");
    return fail(c, E_NO_MEMORY, "no memory to send a set");
  }
  *out = (copy_out){.conn = d->conn, .sent = true, .used = sizeof heading};
  memcpy(out->bytes, heading, sizeof heading);
  for (size_t i = 0; i < count && out->sent; i++)
    copy_row(out, places, values + i * places);
  flush(out);
  bool sent = out->sent;
  free(out);
  PQputCopyEnd(d->conn, sent ? NULL : "the set could not be sent");
  return OK;
}

status pg_set_copy(ctx *c, pg_rows *rows, size_t count, const db_value *values) {
  pg_db *d = (pg_db *)rows->base.d;
  TRY(pg_line_leave(c, d));
  PGresult *result = PQexec(d->conn, rows->copy);
  if (PQresultStatus(result) != PGRES_COPY_IN) return pg_failure(c, d, result, "begin a copy");
  PQclear(result);
  status s = copy_all(c, d, strlen(rows->set_types), count, values);
  result = PQgetResult(d->conn);
  for (PGresult *more = PQgetResult(d->conn); more != NULL; more = PQgetResult(d->conn))
    PQclear(more);
  if (s != OK || pg_is_good(result)) {
    PQclear(result);
    return s;
  }
  return pg_failure(c, d, result, "copy a set");
}

bool pg_set_copies(const pg_rows *rows, size_t count) {
  return rows->copy != NULL && count >= COPY_ROWS;
}

status pg_set_run(ctx *c, pg_rows *rows, size_t count, const db_value *values) {
  return pg_set_copies(rows, count) ? pg_set_copy(c, rows, count, values)
                                    : run_arrays(c, rows, count, values);
}
