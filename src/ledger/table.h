/* table.h - the two containers of a book, private to the ledger: a pool of equal items that never
 * move, and a table from 128-bit keys to 64-bit values with constant-time clearing. Both keep their
 * memory for the next group, so that applying a transfer allocates nothing once they have grown.
 * Short memory stops the process: what was not committed was not acknowledged, and a restart reads
 * the store. */
#ifndef TAEL_LEDGER_TABLE_H
#define TAEL_LEDGER_TABLE_H

#include "base/base.h"

enum { POOL_CHUNK_BITS = 12, POOL_CHUNK = 1 << POOL_CHUNK_BITS };

typedef struct pool {
  char **chunks;
  size_t chunk_count, chunk_room;
  size_t count; /* items in use: 0 .. count - 1 */
  size_t size;  /* bytes of one item */
} pool;

pool pool_make(size_t item_bytes);
void pool_release(pool *p);
void pool_grow(pool *p); /* makes room for one more chunk */

static inline void *pool_at(const pool *p, size_t index) {
  assert(index < p->count);
  return p->chunks[index >> POOL_CHUNK_BITS] + (index & (POOL_CHUNK - 1)) * p->size;
}

/* One more item; its bytes are whatever was there before. */
static inline void *pool_add(pool *p) {
  if (p->count >> POOL_CHUNK_BITS == p->chunk_count) pool_grow(p);
  p->count++;
  return pool_at(p, p->count - 1);
}

typedef struct table_slot {
  uint64_t low, high;
  uint64_t value;
  uint64_t generation; /* a slot of an older generation is empty */
} table_slot;

typedef struct table {
  table_slot *slots;
  size_t mask, count;
  uint64_t generation;
} table;

table table_make(size_t expected);
void table_release(table *t);
void table_clear(table *t);
void table_put(table *t, id128 key, uint64_t value); /* replaces */
bool table_get(const table *t, id128 key, uint64_t *value);
void table_prefetch(const table *t, id128 key); /* for a table_get that comes a little later */
bool table_remove(table *t, id128 key);

#endif
