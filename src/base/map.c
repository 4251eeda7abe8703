/* map.c - open addressing with linear probing. A slot without a value is free; removal moves later
 * entries of the run back, so there are no tombstones and a long-lived map stays as fast as a new
 * one. */
#include "base/hash.h"
#include <stdlib.h>
#include <string.h>

typedef struct slot {
  uint64_t key;
  void *value;
} slot;

struct map {
  slot *slots;
  size_t mask; /* slots - 1; their number is a power of two */
  size_t count;
};

enum { SLOTS_MIN = 16 };

static size_t home_of(const map *m, uint64_t key) {
  uint64_t mixed = (key ^ (key >> 32)) * UINT64_C(0x9e3779b97f4a7c15);
  return (size_t)(mixed ^ (mixed >> 29)) & m->mask;
}

/* The slot that holds key, or the free one where it would go. */
static slot *find(const map *m, uint64_t key) {
  size_t i = home_of(m, key);
  while (m->slots[i].value != NULL && m->slots[i].key != key) {
    i = (i + 1) & m->mask;
  }
  return &m->slots[i];
}

/* At most three quarters of the slots are used. */
static bool is_full(size_t count, size_t slots) { return count + 1 > slots / 4 * 3; }

map *map_open(size_t expected) {
  size_t slots = SLOTS_MIN;
  while (is_full(expected, slots)) {
    slots *= 2;
  }
  map *m = malloc(sizeof(map));
  slot *memory = calloc(slots, sizeof(slot));
  if (m == NULL || memory == NULL) {
    free(m);
    free(memory);
    return NULL;
  }
  *m = (map){.slots = memory, .mask = slots - 1};
  return m;
}

void map_close(map *m) {
  if (m == NULL) return;
  free(m->slots);
  free(m);
}

void map_prefetch(const map *m, uint64_t key) { __builtin_prefetch(&m->slots[home_of(m, key)]); }

void *map_get(const map *m, uint64_t key) { return find(m, key)->value; }

static bool grow(map *m) {
  size_t slots = 2 * (m->mask + 1);
  map larger = {.slots = calloc(slots, sizeof(slot)), .mask = slots - 1, .count = m->count};
  if (larger.slots == NULL) return false;
  for (size_t i = 0; i <= m->mask; i++) {
    if (m->slots[i].value != NULL) *find(&larger, m->slots[i].key) = m->slots[i];
  }
  free(m->slots);
  *m = larger;
  return true;
}

bool map_put(map *m, uint64_t key, void *value) {
  assert(value != NULL);
  slot *s = find(m, key);
  if (s->value == NULL) {
    if (is_full(m->count, m->mask + 1)) {
      if (!grow(m)) return false;
      s = find(m, key);
    }
    m->count++;
  }
  *s = (slot){key, value};
  return true;
}

/* Fills the hole at i with the entries behind it that may stand there. */
static void close_hole(map *m, size_t hole) {
  size_t i = hole;
  for (;;) {
    i = (i + 1) & m->mask;
    if (m->slots[i].value == NULL) break;
    size_t distance_from_home = (i - home_of(m, m->slots[i].key)) & m->mask;
    size_t distance_from_hole = (i - hole) & m->mask;
    if (distance_from_home < distance_from_hole) continue;
    m->slots[hole] = m->slots[i];
    hole = i;
  }
  m->slots[hole] = (slot){.value = NULL};
}

void *map_remove(map *m, uint64_t key) {
  slot *s = find(m, key);
  void *value = s->value;
  if (value == NULL) return NULL;
  m->count--;
  close_hole(m, (size_t)(s - m->slots));
  return value;
}

size_t map_count(const map *m) { return m->count; }

bool map_next(const map *m, size_t *cursor, uint64_t *key, void **value) {
  while (*cursor <= m->mask) {
    const slot *s = &m->slots[(*cursor)++];
    if (s->value == NULL) continue;
    *key = s->key;
    *value = s->value;
    return true;
  }
  return false;
}

void map_clear(map *m) {
  memset(m->slots, 0, (m->mask + 1) * sizeof(slot));
  m->count = 0;
}
