/* fault_disk.c - a file in 512-byte sectors with two images: what programs read back, and what a
 * power cut would leave. Deterministic for the random numbers it is handed. */
#include "db/fault_disk.h"

#include <stdlib.h>
#include <string.h>

enum { CAPACITY_MIN = 64 * 1024 };

static int64_t min_of(int64_t a, int64_t b) { return a < b ? a : b; }

void image_release(fault_image *i) {
  free(i->written);
  free(i->durable);
  free(i->spans);
  free(i->unsynced);
  *i = (fault_image){0};
}

static bool grow_bytes(uint8_t **bytes, int64_t old, int64_t capacity) {
  uint8_t *grown = realloc(*bytes, (size_t)capacity);
  if (grown == NULL) return false;
  memset(grown + old, 0, (size_t)(capacity - old));
  *bytes = grown;
  return true;
}

static bool reserve(fault_image *i, int64_t needed) {
  if (needed <= i->capacity) return true;
  int64_t capacity = i->capacity == 0 ? CAPACITY_MIN : i->capacity;
  while (capacity < needed)
    capacity *= 2;
  size_t sectors = (size_t)capacity / FAULT_SECTOR_BYTES;
  size_t old_sectors = (size_t)i->capacity / FAULT_SECTOR_BYTES;
  if (!grow_bytes(&i->written, i->capacity, capacity)) return false;
  if (!grow_bytes(&i->durable, i->capacity, capacity)) return false;
  fault_span *spans = realloc(i->spans, sectors * sizeof *spans);
  if (spans == NULL) return false;
  memset(spans + old_sectors, 0, (sectors - old_sectors) * sizeof *spans);
  i->spans = spans;
  uint32_t *unsynced = realloc(i->unsynced, sectors * sizeof *unsynced);
  if (unsynced == NULL) return false;
  i->unsynced = unsynced;
  i->capacity = capacity;
  return true;
}

static void mark(fault_image *i, int64_t at, int64_t end) {
  for (int64_t sector = at / FAULT_SECTOR_BYTES; sector * FAULT_SECTOR_BYTES < end; sector++) {
    int64_t base = sector * FAULT_SECTOR_BYTES;
    uint16_t low = (uint16_t)(at > base ? at - base : 0);
    uint16_t high = (uint16_t)min_of(end - base, FAULT_SECTOR_BYTES);
    fault_span *span = &i->spans[sector];
    if (span->low == span->high) {
      i->unsynced[i->unsynced_count++] = (uint32_t)sector;
      *span = (fault_span){low, high};
    } else {
      if (low < span->low) span->low = low;
      if (high > span->high) span->high = high;
    }
  }
}

bool image_write(fault_image *i, const void *from, int64_t len, int64_t at) {
  if (!reserve(i, at + len)) return false;
  memcpy(i->written + at, from, (size_t)len);
  mark(i, at, at + len);
  if (at + len > i->written_size) i->written_size = at + len;
  return true;
}

void image_truncate(fault_image *i, int64_t size) {
  if (size >= i->written_size) return;
  memset(i->written + size, 0, (size_t)(i->written_size - size));
  i->written_size = size;
}

static void clear_spans(fault_image *i) {
  for (size_t k = 0; k < i->unsynced_count; k++)
    i->spans[i->unsynced[k]] = (fault_span){0};
  i->unsynced_count = 0;
}

/* What lay beyond a file's end is zero when the file grows again. */
static void set_durable_size(fault_image *i, int64_t size) {
  if (size < i->durable_size) memset(i->durable + size, 0, (size_t)(i->durable_size - size));
  i->durable_size = size;
}

void image_sync(fault_image *i) {
  for (size_t k = 0; k < i->unsynced_count; k++) {
    size_t base = (size_t)i->unsynced[k] * FAULT_SECTOR_BYTES;
    memcpy(i->durable + base, i->written + base, FAULT_SECTOR_BYTES);
  }
  clear_spans(i);
  set_durable_size(i, i->written_size);
  i->is_durable = i->is_written;
}

void image_fail_sync(fault_image *i) { clear_spans(i); }

void image_delete(fault_image *i, bool synced) {
  clear_spans(i);
  image_truncate(i, 0);
  i->is_written = false;
  if (synced) {
    set_durable_size(i, 0);
    i->is_durable = false;
  }
}

static void garble(uint8_t *bytes, size_t len, rng *random) {
  for (size_t k = 0; k < len; k++)
    bytes[k] = (uint8_t)rng_next(random);
}

static void cut_sector(fault_image *i, uint32_t sector, rng *random) {
  size_t base = (size_t)sector * FAULT_SECTOR_BYTES;
  fault_span span = i->spans[sector];
  uint64_t fate = rng_below(random, 3);
  if (fate == 0) return; /* reverted */
  memcpy(i->durable + base, i->written + base, FAULT_SECTOR_BYTES);
  if (fate == 2) garble(i->durable + base + span.low, (size_t)(span.high - span.low), random);
}

/* A file that grew has the old length, the new one or something between; one that was cut short has
 * the one or the other, and so has one that was deleted. */
static int64_t surviving_size(const fault_image *i, rng *random) {
  int64_t growth = i->written_size - i->durable_size;
  uint64_t fate = rng_below(random, growth > 0 ? 3 : 2);
  if (fate == 0) return i->durable_size;
  if (fate == 1) return i->written_size;
  int64_t middle = i->durable_size + (int64_t)rng_below(random, (uint64_t)growth + 1);
  middle = middle / FAULT_SECTOR_BYTES * FAULT_SECTOR_BYTES;
  return middle < i->durable_size ? i->durable_size : middle;
}

void image_cut(fault_image *i, rng *random) {
  for (size_t k = 0; k < i->unsynced_count; k++)
    cut_sector(i, i->unsynced[k], random);
  clear_spans(i);
  bool is_in_doubt = i->is_written != i->is_durable;
  if (is_in_doubt) i->is_durable = rng_below(random, 2) == 0;
  int64_t size = is_in_doubt && !i->is_written ? i->durable_size : surviving_size(i, random);
  if (size > i->durable_size) i->durable_size = size;
  set_durable_size(i, size);
  /* A sector may have survived beyond the end that did: it is no part of the file. */
  if (i->capacity > size) memset(i->durable + size, 0, (size_t)(i->capacity - size));
  if (!i->is_durable) set_durable_size(i, 0);
  if (i->capacity > 0) memcpy(i->written, i->durable, (size_t)i->capacity);
  i->written_size = i->durable_size;
  i->is_written = i->is_durable;
}

void image_sync_name(fault_image *i) {
  if (i->is_written)
    i->is_durable = true;
  else
    image_delete(i, true);
}

void image_create(fault_image *i) {
  if (!i->is_written) image_delete(i, true);
  i->is_written = true;
}

void image_flip_bit(fault_image *i, rng *random) {
  if (i->written_size == 0) return;
  uint64_t bit = rng_below(random, (uint64_t)i->written_size * 8);
  uint8_t mask = (uint8_t)(1u << (bit % 8));
  i->written[bit / 8] ^= mask;
  i->durable[bit / 8] ^= mask;
}
