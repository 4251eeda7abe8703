/* recall.c - rows that every checkout reads and hardly anyone changes, kept in memory between the
 * commands of the one writer of an SQLite file. What is kept is good as long as no statement has
 * written the tables it was read from and nothing was rolled back since (db_version). Where others
 * write too nothing is kept. Bounded: a full memory is emptied between groups. */
#include "engine/internal.h"

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

const void *tx_recall(tx *t, const char *tables, id key) {
  lane *l = t->g->l;
  int64_t version = db_version(l->d, tables);
  if (version == 0) return NULL;
  kept_row *k = map_get(l->recall.rows, slot_of(tables, key));
  bool is_good = k != NULL && k->tables == tables && k->key == key && k->version == version;
  return is_good ? k + 1 : NULL;
}

void *tx_keep(tx *t, const char *tables, id key, size_t size) {
  lane *l = t->g->l;
  int64_t version = db_version(l->d, tables);
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
