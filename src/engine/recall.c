/* recall.c - rows that every checkout reads and hardly anyone changes, kept in memory between the
 * commands of a lane. What is kept is good as long as no statement of the lane has written the
 * tables it was read from and nothing was rolled back since (db_version). On PostgreSQL others
 * write too: whoever writes one of the tables named by engine_parts.kept raises a number in the
 * same transaction, and each group looks at it before it reads anything; elsewhere nothing is kept.
 * Bounded: a full memory is emptied between groups. */
#include "engine/internal.h"

#include <string.h>

enum { RECALL_BYTES = 48 << 20, RECALL_FULL = RECALL_BYTES / 4 * 3 };

typedef struct kept_row { /* the row itself follows, aligned like this */
  _Alignas(16) const char *tables;
  id key;
  int64_t version;
  size_t room;
} kept_row;

static uint64_t slot_of(const char *tables, id key) {
  return hash64(&key, sizeof key, (uint64_t)(uintptr_t)tables);
}

status recall_open(ctx *c, lane *l) {
  l->recall.memory = arena_open(RECALL_BYTES);
  l->recall.rows = map_open(1024);
  if (l->recall.memory != NULL && l->recall.rows != NULL) return OK;
  return fail(c, E_NO_MEMORY, "no memory for a lane");
}

void recall_close(lane *l) {
  arena_close(l->recall.memory);
  map_close(l->recall.rows);
}

void recall_trim(lane *l) {
  if (arena_used(l->recall.memory) < RECALL_FULL) return;
  map_clear(l->recall.rows);
  arena_reset(l->recall.memory);
}

void recall_forget(lane *l) {
  map_clear(l->recall.rows);
  arena_reset(l->recall.memory);
}

/* --- PostgreSQL: what others have changed ----------------------------------------------------- */

#define CHANGES "kept_changes"

static status changes_seen(group *g, int64_t *out) {
  db_rows *rows;
  TRY(db_query(&g->ctx, g->l->d, &rows, "select value from engine_state where name = ?1",
               DB_TEXT(STR(CHANGES))));
  *out = db_next(rows) ? db_get_int(rows, 0) : 0;
  return db_done(&g->ctx, rows);
}

/* What a group has kept is as of its beginning, like all that it read before another's commit. */
status recall_begin(group *g, size_t commands) {
  lane *l = g->l;
  const char *tables = g->e->parts.kept;
  l->recall.is_current = g->e->kind == DB_SQLITE;
  if (l->recall.is_current || tables == NULL) return OK;
  l->recall.own_changes = db_version(l->d, tables);
  if (commands < 2) return OK; /* one command alone does not read the same twice */
  int64_t changes;
  TRY(changes_seen(g, &changes));
  if (changes != l->recall.changes) recall_forget(l);
  l->recall.changes = changes;
  l->recall.is_current = true;
  return OK;
}

status recall_flush(group *g) {
  lane *l = g->l;
  const char *tables = g->e->parts.kept;
  if (g->e->kind == DB_SQLITE || tables == NULL) return OK;
  if (db_version(l->d, tables) == l->recall.own_changes) return OK;
  return db_run(&g->ctx, l->d,
                "insert into engine_state(name, value) values (?1, 1)"
                " on conflict (name) do update set value = engine_state.value + 1",
                DB_TEXT(STR(CHANGES)));
}

static bool has_word(const char *list, const char *word, size_t len) {
  for (const char *at = list; *at != '\0'; at += strspn(at, " ")) {
    size_t one = strcspn(at, " ");
    if (one == len && memcmp(at, word, len) == 0) return true;
    at += one;
  }
  return false;
}

/* Tables whose writers nobody told to raise the number are never kept. */
static bool may_keep(const tx *t, const char *tables) {
  const engine *e = t->g->e;
  if (!t->g->l->recall.is_current) return false;
  if (e->kind == DB_SQLITE) return true;
  for (const char *at = tables; *at != '\0'; at += strspn(at, " ")) {
    size_t len = strcspn(at, " ");
    if (!has_word(e->parts.kept, at, len)) return false;
    at += len;
  }
  return true;
}

/* --- keeping ---------------------------------------------------------------------------------- */

const void *tx_recall(tx *t, const char *tables, id key) {
  lane *l = t->g->l;
  int64_t version = may_keep(t, tables) ? db_version(l->d, tables) : 0;
  if (version == 0) return NULL;
  kept_row *k = map_get(l->recall.rows, slot_of(tables, key));
  bool is_good = k != NULL && k->tables == tables && k->key == key && k->version == version;
  return is_good ? k + 1 : NULL;
}

void *tx_keep(tx *t, const char *tables, id key, size_t size) {
  lane *l = t->g->l;
  int64_t version = may_keep(t, tables) ? db_version(l->d, tables) : 0;
  if (version == 0) return NULL;
  kept_row *k = map_get(l->recall.rows, slot_of(tables, key));
  if (k == NULL || k->room < size) {
    k = arena_try(l->recall.memory, 1, sizeof *k + size);
    if (k == NULL || !map_put(l->recall.rows, slot_of(tables, key), k)) return NULL;
    k->room = size;
  }
  k->tables = tables;
  k->key = key;
  k->version = version;
  return k + 1;
}
