/* later.c - rows that wait for company: what the commands of a group insert one by one goes to the
 * store as one set a table. It promises that they are written before anything of this connection
 * could see them missing: before the next statement that names their table, and by the commit.
 * Nothing survives a rollback. It decides nothing about how a set is run: that is db_exec_set. */
#include "db/driver.h"

#include <stdlib.h>
#include <string.h>

enum { LISTS_MAX = 16, TABLE_MAX = 64, LATER_BYTES = 16 << 20 };

typedef struct later_list {
  const char *sql, *types; /* the caller's literals */
  char table[TABLE_MAX];
  db_value *values;
  size_t used, room, rows;
} later_list;

typedef struct later {
  arena *memory; /* texts and bytes; forgotten when all is written */
  later_list lists[LISTS_MAX];
  size_t count;
} later;

static bool is_letter(char ch) {
  return (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || ch == '_';
}

/* As a word: "payment" is not in "payment_id". */
static bool names(const char *sql, const char *table) {
  size_t len = strlen(table);
  for (const char *at = strstr(sql, table); at != NULL; at = strstr(at + len, table)) {
    if ((at == sql || !is_letter(at[-1])) && !is_letter(at[len])) return true;
  }
  return false;
}

/* --- taking ----------------------------------------------------------------------------------- */

static bool read_table(const char *sql, char table[static TABLE_MAX]) {
  static const char begin[] = "insert into ";
  if (strncmp(sql, begin, sizeof begin - 1) != 0) return false;
  const char *at = sql + sizeof begin - 1;
  size_t len = 0;
  while (is_letter(at[len]))
    len++;
  if (len == 0 || len >= TABLE_MAX) return false;
  memcpy(table, at, len);
  table[len] = '\0';
  return true;
}

static later_list *list_of(later *l, const char *sql, const char *types) {
  for (size_t i = 0; i < l->count; i++) {
    if (l->lists[i].sql == sql && l->lists[i].types == types) return &l->lists[i];
  }
  if (l->count == LISTS_MAX) return NULL;
  later_list *fresh = &l->lists[l->count];
  if (!read_table(sql, fresh->table)) return NULL;
  fresh->sql = sql;
  fresh->types = types;
  l->count++;
  return fresh;
}

static bool make_room(later_list *list, size_t more) {
  if (list->used + more <= list->room) return true;
  size_t wider = list->room == 0 ? 64 : list->room * 2;
  while (wider < list->used + more)
    wider *= 2;
  db_value *values = realloc(list->values, wider * sizeof *values);
  if (values == NULL) return false;
  list->values = values;
  list->room = wider;
  return true;
}

static bool keep(arena *a, db_value *value) {
  if (value->type != DB_TYPE_TEXT && value->type != DB_TYPE_BYTES) return true;
  if (value->s.len == 0) {
    value->s.at = "";
    return true;
  }
  char *copy = arena_try(a, 1, value->s.len);
  if (copy == NULL) return false;
  memcpy(copy, value->s.at, value->s.len);
  value->s.at = copy;
  return true;
}

static later *open_later(db *d) {
  if (d->later != NULL) return d->later;
  later *fresh = calloc(1, sizeof *fresh);
  if (fresh != NULL) fresh->memory = arena_open(LATER_BYTES);
  if (fresh == NULL || fresh->memory == NULL) {
    free(fresh);
    return NULL;
  }
  d->later = fresh;
  return fresh;
}

bool later_take(db *d, const char *sql, const char *types, size_t count, const db_value *values) {
  later *l = open_later(d);
  later_list *list = l == NULL ? NULL : list_of(l, sql, types);
  size_t places = strlen(types) * count;
  if (list == NULL || !make_room(list, places)) return false;
  db_value *at = list->values + list->used;
  for (size_t i = 0; i < places; i++) {
    at[i] = values[i];
    if (!keep(l->memory, &at[i])) return false;
  }
  list->used += places;
  list->rows += count;
  d->later_rows += count;
  return true;
}

/* --- writing ---------------------------------------------------------------------------------- */

void later_drop(db *d) {
  later *l = d->later;
  d->later_rows = 0;
  if (l == NULL) return;
  for (size_t i = 0; i < l->count; i++)
    l->lists[i].used = l->lists[i].rows = 0;
  arena_reset(l->memory);
}

/* In the order in which the tables were first written to. None waits any more while they run. */
status later_write(ctx *c, db *d) {
  if (d->later_rows == 0) return OK;
  later *l = d->later;
  d->later_rows = 0;
  status s = OK;
  for (size_t i = 0; i < l->count && s == OK; i++) {
    const later_list *list = &l->lists[i];
    if (list->rows > 0) s = db_exec_set(c, d, list->sql, list->types, list->rows, list->values);
  }
  later_drop(d);
  return s;
}

status later_write_before(ctx *c, db *d, const char *sql) {
  const later *l = d->later;
  if (d->later_rows == 0) return OK;
  for (size_t i = 0; i < l->count; i++) {
    if (l->lists[i].rows > 0 && names(sql, l->lists[i].table)) return later_write(c, d);
  }
  return OK;
}

void later_close(db *d) {
  later *l = d->later;
  if (l == NULL) return;
  for (size_t i = 0; i < l->count; i++)
    free(l->lists[i].values);
  arena_close(l->memory);
  free(l);
  d->later = NULL;
}
