/* dialect.c - turns a statement of the plain dialect into the store's own, when it is prepared:
 *   ?3                 $3 on PostgreSQL
 *   ... for update     dropped on SQLite, whose only writer has the lock already
 *   insert into        insert or rollback into, on SQLite: a failed statement ends the transaction
 *                      anyway (db.h), and it then keeps no copy of each page for undoing itself
 *   fts(product, ?2)   a condition over the full-text index of table product
 * Pure; text in quotes is passed on untouched. It never looks at values: those are bound. */
#include "db/driver.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FTS_GROWTH = 160, TABLE_MAX = 60, PLACE_MAX = 24 };

static bool is_word(char ch) { return isalnum((unsigned char)ch) || ch == '_'; }

static size_t length_without_lock_clause(const char *sql) {
  static const char clause[] = " for update";
  size_t len = strlen(sql);
  while (len > 0 && isspace((unsigned char)sql[len - 1]))
    len--;
  size_t clause_len = sizeof clause - 1;
  bool has = len > clause_len && strncasecmp(sql + len - clause_len, clause, clause_len) == 0;
  return has ? len - clause_len : len;
}

/* "fts(table, ?n)" at `at`: writes the condition and returns how much was read; 0 when it is not
 * that. */
static size_t rewrite_fts(db_kind kind, const char *at, char **out) {
  char table[TABLE_MAX + 1];
  int parameter = 0, used = 0;
  if (sscanf(at, "fts(%60[a-z0-9_], ?%d)%n", table, &parameter, &used) != 2 || used == 0) return 0;
  int wrote;
  size_t room = FTS_GROWTH + 3 * TABLE_MAX; /* dialect_rewrite made it for each occurrence */
  if (kind == DB_SQLITE) {
    wrote = snprintf(*out, room, "%s.rowid in (select rowid from %s_fts where %s_fts match ?%d)",
                     table, table, table, parameter);
  } else {
    wrote = snprintf(*out, room, "%s.fts_vector @@ to_tsquery('pg_catalog.simple', $%d)", table,
                     parameter);
  }
  *out += wrote;
  return (size_t)used;
}

static size_t count_of(const char *sql, const char *word) {
  size_t count = 0;
  for (const char *at = strstr(sql, word); at != NULL; at = strstr(at + 1, word))
    count++;
  return count;
}

/* Where "(?1, ... ?n)" of a plain insert begins and ends; false: the statement has no such. */
static bool find_values(const char *sql, const char **from, const char **to) {
  static const char word[] = "values (";
  const char *at = strncmp(sql, "insert into ", 12) == 0 ? strstr(sql, word) : NULL;
  if (at == NULL) return false;
  *from = at + sizeof word - 2;
  int depth = 0;
  for (at = *from; *at != '\0'; at++) {
    if (*at == '\'' || *at == '"') return false; /* quoted text: left as it is */
    depth += (*at == '(') - (*at == ')');
    if (depth > 0) continue;
    *to = at + 1;
    return true;
  }
  return false;
}

/* One row's "(...)", its places moved on by `shift`. */
static char *add_row(char *out, const char *from, const char *to, size_t shift) {
  while (from < to) {
    if (*from != '?') {
      *out++ = *from++;
      continue;
    }
    char *end;
    out += snprintf(out, PLACE_MAX, "?%zu", (size_t)strtoul(from + 1, &end, 10) + shift);
    from = end;
  }
  return out;
}

char *dialect_many_rows(const char *sql, size_t places, size_t rows) {
  const char *from, *to;
  if (!find_values(sql, &from, &to)) return NULL;
  char *text = malloc(strlen(sql) + rows * ((size_t)(to - from) + places * PLACE_MAX + 2) + 1);
  if (text == NULL) return NULL;
  char *out = (char *)memcpy(text, sql, (size_t)(from - sql)) + (from - sql);
  for (size_t i = 0; i < rows; i++) {
    if (i > 0) *out++ = ',';
    out = add_row(out, from, to, i * places);
  }
  memcpy(out, to, strlen(to) + 1);
  return text;
}

char *dialect_rewrite(db_kind kind, const char *sql) {
  static const char plain[] = "insert into ", ending[] = "insert or rollback into ";
  size_t len = kind == DB_SQLITE ? length_without_lock_clause(sql) : strlen(sql);
  char *text = malloc(len + sizeof ending + count_of(sql, "fts(") * (FTS_GROWTH + 3 * TABLE_MAX));
  if (text == NULL) return NULL;
  char *out = text;
  char quote = 0;
  size_t begin = 0;
  if (kind == DB_SQLITE && strncmp(sql, plain, sizeof plain - 1) == 0) {
    begin = sizeof plain - 1;
    out = (char *)memcpy(out, ending, sizeof ending - 1) + sizeof ending - 1;
  }
  for (size_t i = begin; i < len;) {
    char ch = sql[i];
    if (quote != 0) {
      if (ch == quote) quote = 0;
    } else if (ch == '\'' || ch == '"') {
      quote = ch;
    } else if (ch == 'f' && (i == 0 || !is_word(sql[i - 1]))) {
      size_t used = rewrite_fts(kind, sql + i, &out);
      i += used;
      if (used > 0) continue;
    } else if (ch == '?' && kind == DB_POSTGRES) {
      ch = '$';
    }
    *out++ = ch;
    i++;
  }
  *out = 0;
  return text;
}
