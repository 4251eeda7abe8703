/* table.c - pool and table of table.h. Linear probing with a multiplicative mix, at most half full;
 * removal shifts the following slots back, so no grave stones gather. Never shrinks. */
#include "ledger/table.h"

#include <stdlib.h>
#include <string.h>

static void *take(void *old, size_t count, size_t size) {
  size_t bytes = 0;
  void *at = MUL_OVERFLOWS(count, size, &bytes) ? NULL : realloc(old, bytes);
  if (at == NULL) {
    log_line(LOG_ERROR, "ledger_no_memory", "count=%zu size=%zu", count, size);
    abort();
  }
  return at;
}

pool pool_make(size_t item_bytes) { return (pool){.size = item_bytes}; }

void pool_release(pool *p) {
  for (size_t i = 0; i < p->chunk_count; i++)
    free(p->chunks[i]);
  free(p->chunks);
  *p = (pool){.size = p->size};
}

void pool_grow(pool *p) {
  if (p->chunk_count == p->chunk_room) {
    p->chunk_room = p->chunk_room == 0 ? 16 : p->chunk_room * 2;
    p->chunks = take(p->chunks, p->chunk_room, sizeof(char *));
  }
  p->chunks[p->chunk_count++] = take(NULL, POOL_CHUNK, p->size);
}

/* Ids may be random or nearly consecutive: both halves go through a full 64-bit mix. */
static inline uint64_t mix(id128 key) {
  uint64_t h = key.low * UINT64_C(0x9e3779b97f4a7c15) ^ (key.high + UINT64_C(0x7f4a7c159e3779b9));
  h ^= h >> 32;
  h *= UINT64_C(0xd6e8feb86659fd93);
  h ^= h >> 32;
  return h;
}

static table_slot *slots_of(size_t count) {
  table_slot *slots = take(NULL, count, sizeof *slots);
  memset(slots, 0, count * sizeof *slots);
  return slots;
}

table table_make(size_t expected) {
  size_t size = 64;
  while (size < expected * 2)
    size *= 2;
  return (table){.slots = slots_of(size), .mask = size - 1, .generation = 1};
}

void table_release(table *t) {
  free(t->slots);
  *t = (table){0};
}

void table_clear(table *t) {
  t->generation++;
  t->count = 0;
}

/* The slot that holds the key, or the empty one where it belongs. */
static table_slot *place_of(const table *t, id128 key) {
  size_t at = mix(key) & t->mask;
  for (;;) {
    table_slot *slot = &t->slots[at];
    if (slot->generation != t->generation) return slot;
    if (slot->low == key.low && slot->high == key.high) return slot;
    at = (at + 1) & t->mask;
  }
}

static void grow(table *t) {
  table old = *t;
  t->mask = old.mask * 2 + 1;
  t->slots = slots_of(t->mask + 1);
  for (size_t i = 0; i <= old.mask; i++) {
    const table_slot *slot = &old.slots[i];
    if (slot->generation == old.generation) {
      *place_of(t, (id128){.low = slot->low, .high = slot->high}) = *slot;
    }
  }
  free(old.slots);
}

void table_put(table *t, id128 key, uint64_t value) {
  if ((t->count + 1) * 2 > t->mask + 1) grow(t);
  table_slot *slot = place_of(t, key);
  if (slot->generation != t->generation) t->count++;
  *slot =
      (table_slot){.low = key.low, .high = key.high, .value = value, .generation = t->generation};
}

bool table_get(const table *t, id128 key, uint64_t *value) {
  const table_slot *slot = place_of(t, key);
  if (slot->generation != t->generation) return false;
  *value = slot->value;
  return true;
}

void table_prefetch(const table *t, id128 key) {
  __builtin_prefetch(&t->slots[mix(key) & t->mask]);
}

bool table_remove(table *t, id128 key) {
  table_slot *hole = place_of(t, key);
  if (hole->generation != t->generation) return false;
  size_t empty = (size_t)(hole - t->slots);
  for (size_t at = (empty + 1) & t->mask; t->slots[at].generation == t->generation;
       at = (at + 1) & t->mask) {
    table_slot *slot = &t->slots[at];
    size_t home = mix((id128){.low = slot->low, .high = slot->high}) & t->mask;
    if (((at - home) & t->mask) >= ((at - empty) & t->mask)) {
      t->slots[empty] = *slot;
      empty = at;
    }
  }
  t->slots[empty].generation = 0;
  t->count--;
  return true;
}
