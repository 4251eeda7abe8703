/* dialect.c - turns a statement of the plain dialect into the store's own, when it is prepared:
 *   ?3                 $3 on PostgreSQL
 *   ... for update     dropped on SQLite, whose only writer has the lock already
 *   fts(product, ?2)   a condition over the full-text index of table product
 * Pure; text in quotes is passed on untouched. It never looks at values: those are bound. */
#include "db/driver.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FTS_GROWTH = 160, TABLE_MAX = 60 };

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
    wrote = snprintf(*out, room, "%s_fts_vector(%s) @@ to_tsquery('pg_catalog.simple', $%d)", table,
                     table, parameter);
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

char *dialect_rewrite(db_kind kind, const char *sql) {
  size_t len = kind == DB_SQLITE ? length_without_lock_clause(sql) : strlen(sql);
  char *text = malloc(len + 1 + count_of(sql, "fts(") * (FTS_GROWTH + 3 * TABLE_MAX));
  if (text == NULL) return NULL;
  char *out = text;
  char quote = 0;
  for (size_t i = 0; i < len;) {
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
