/* ids_table.c - the memory tables of the id index. One thread adds while any number look: a slot is
 * stored, with release, after the id it points to, and nothing is ever taken out. A look-up for an
 * absent id touches one line of slots; the tag spares it the id of another. */
#include "ledger/ids_inside.h"

#include <stdlib.h>
#include <string.h>

enum { INDEX_BITS = 22, INDEX_MASK = (1 << INDEX_BITS) - 1 };
_Static_assert((int)IDS_UNSEALED_MAX < (int)INDEX_MASK, "a slot can point to every id of a table");

void *ids_memory(void *old, size_t count, size_t size) {
  size_t bytes = 0;
  bool fits = !MUL_OVERFLOWS(count, size, &bytes);
  void *at = !fits ? NULL : old == NULL ? calloc(count, size) : realloc(old, bytes);
  if (at == NULL) {
    log_line(LOG_ERROR, "id_index_no_memory", "count=%zu size=%zu", count, size);
    abort();
  }
  return at;
}

/* Two thirds full at the room's end, so that half a table's ids more than planned fit. */
static uint32_t slots_for(size_t room) {
  uint32_t slots = 64;
  while (slots < room + room / 3)
    slots *= 2;
  return slots;
}

static ids_table *table_of(size_t room, uint64_t seed, int64_t first) {
  assert(room < INDEX_MASK);
  ids_table *t = ids_memory(NULL, 1, sizeof *t);
  uint32_t slots = slots_for(room);
  *t = (ids_table){.seed = seed,
                   .first = first,
                   .room = room,
                   .mask = slots - 1,
                   .slots = ids_memory(NULL, slots, sizeof *t->slots),
                   .ids = ids_memory(NULL, room, sizeof *t->ids)};
  return t;
}

ids_table *ids_table_open(size_t expected, uint64_t seed, int64_t first) {
  return table_of(expected + expected / 2, seed, first);
}

static ids_table *copy_into(ids_table *to, const ids_table *from, uint32_t count) {
  to->before = from->before;
  for (uint32_t i = 0; i < count; i++)
    ids_table_add(to, from->ids[i], ids_hash(from->ids[i], to->seed));
  return to;
}

ids_table *ids_table_larger(const ids_table *t) {
  size_t room = t->room * 2 < INDEX_MASK ? t->room * 2 : INDEX_MASK - 1;
  assert(room > t->room);
  return copy_into(table_of(room, t->seed, t->first), t, ids_table_count(t));
}

void ids_table_clear(ids_table *t) {
  memset(t->slots, 0, ((size_t)t->mask + 1) * sizeof *t->slots);
  atomic_store_explicit(&t->count, 0, memory_order_relaxed);
  t->sealed = false;
}

void ids_table_close(ids_table *t) {
  if (t == NULL) return;
  free(t->slots);
  free(t->ids);
  free(t);
}

static uint32_t tag_of(uint64_t hash) { return (uint32_t)(hash >> 32) & ~(uint32_t)INDEX_MASK; }

void ids_table_add(ids_table *t, id128 key, uint64_t hash) {
  uint32_t count = atomic_load_explicit(&t->count, memory_order_relaxed);
  assert(count < t->room);
  t->ids[count] = key;
  uint32_t at = (uint32_t)hash & t->mask;
  while (atomic_load_explicit(&t->slots[at], memory_order_relaxed) != 0)
    at = (at + 1) & t->mask;
  atomic_store_explicit(&t->slots[at], tag_of(hash) | (count + 1), memory_order_release);
  atomic_store_explicit(&t->count, count + 1, memory_order_release);
}

int64_t ids_table_find(const ids_table *t, id128 key, uint64_t hash) {
  uint32_t tag = tag_of(hash);
  for (uint32_t at = (uint32_t)hash & t->mask;; at = (at + 1) & t->mask) {
    uint32_t slot = atomic_load_explicit(&t->slots[at], memory_order_acquire);
    if (slot == 0) return 0;
    if ((slot & ~(uint32_t)INDEX_MASK) != tag) continue;
    uint32_t index = (slot & INDEX_MASK) - 1;
    if (id128_eq(t->ids[index], key)) return t->first + index;
  }
}

void ids_table_prefetch(const ids_table *t, uint64_t hash) {
  __builtin_prefetch((const void *)&t->slots[(uint32_t)hash & t->mask]);
}

size_t ids_table_bytes(const ids_table *t) {
  return ((size_t)t->mask + 1) * sizeof *t->slots + ids_table_count(t) * sizeof *t->ids;
}
