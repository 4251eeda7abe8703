/* version.c - tells a writer whether tables may have changed since it last looked: each statement
 * knows the one table it writes, and running it counts. A rollback counts too, for what was read in
 * the meantime may have been taken back. Knows nothing of rows; a change by another connection it
 * can't see: on SQLite there is none, elsewhere who asks has to look. */
#include "db/driver.h"

#include <string.h>

static bool take_word(const char **at, const char *word) {
  while (**at == ' ' || **at == '\n')
    (*at)++;
  size_t len = strlen(word);
  if (strncmp(*at, word, len) != 0 || ((*at)[len] != ' ' && (*at)[len] != '\n')) return false;
  *at += len;
  return true;
}

static size_t name_length(const char *at) { return strcspn(at, " (\n;"); }

/* The table a statement writes: NULL for none; "" when it can't be told, which is any. */
static const char *written_table(const char *sql) {
  const char *at = sql;
  if (take_word(&at, "select") || take_word(&at, "set")) return NULL;
  bool is_known = (take_word(&at, "insert") && take_word(&at, "into")) ||
                  take_word(&at, "update") || (take_word(&at, "delete") && take_word(&at, "from"));
  if (!is_known) return "";
  while (*at == ' ' || *at == '\n')
    at++;
  return at;
}

static bool names(const char *tables, const char *table) {
  size_t len = name_length(table);
  for (const char *at = tables; *at != '\0';) {
    size_t word = strcspn(at, " ");
    if (word == len && memcmp(at, table, len) == 0) return true;
    at += word;
    at += strspn(at, " ");
  }
  return false;
}

uint32_t version_mask(const db *d, const char *sql) {
  const char *table = written_table(sql);
  uint32_t mask = 0;
  for (size_t i = 0; table != NULL && i < d->watch_count; i++) {
    if (*table == '\0' || names(d->watches[i].tables, table)) mask |= UINT32_C(1) << i;
  }
  return mask;
}

void version_count(db *d, uint32_t mask) {
  d->written |= mask;
  for (size_t i = 0; mask != 0; i++, mask >>= 1)
    d->watches[i].version += mask & 1;
}

/* Statements prepared before somebody asked for these tables learn of it. */
static void look_again(const db *d) {
  size_t cursor = 0;
  uint64_t key;
  void *chain;
  while (map_next(d->statements, &cursor, &key, &chain)) {
    for (db_rows *rows = chain; rows != NULL; rows = rows->twin)
      rows->writes = version_mask(d, rows->sql);
  }
}

int64_t db_version(db *d, const char *tables) {
  if (d->mode != DB_WRITE) return 0;
  for (size_t i = 0; i < d->watch_count; i++) {
    if (d->watches[i].tables == tables) return d->watches[i].version;
  }
  if (d->watch_count == WATCHES_MAX) return 0;
  d->watches[d->watch_count++] = (watch){.tables = tables, .version = 1};
  look_again(d);
  return 1;
}
