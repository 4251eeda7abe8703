/* fault_disk.h - private to src/db: one file on the lying disk, as it was written and as it would
 * survive. Not thread-safe: fault.c holds its lock. Knows nothing of SQLite. */
#ifndef TAEL_DB_FAULT_DISK_H
#define TAEL_DB_FAULT_DISK_H

#include "base/base.h"

enum { FAULT_SECTOR_BYTES = 512 };

/* Where in an unsynced sector bytes were written: only these may turn to garbage (a disk that is
 * powersafe for overwrites, which SQLite assumes of real ones). low == high: the sector is synced.
 */
typedef struct fault_span {
  uint16_t low, high;
} fault_span;

typedef struct fault_image {
  uint8_t *written, *durable; /* `capacity` bytes each, whole sectors */
  fault_span *spans;          /* one a sector */
  uint32_t *unsynced;         /* numbers of the sectors with a span */
  size_t unsynced_count;
  int64_t capacity, written_size, durable_size;
  bool is_written, is_durable; /* whether the file is there */
} fault_image;

void image_release(fault_image *i);
MUST_USE bool image_write(fault_image *i, const void *from, int64_t len, int64_t at);
void image_truncate(fault_image *i, int64_t size);
void image_sync(fault_image *i);
/* As Linux after a failed fsync: what was not synced is forgotten, a later sync does not save it.
 */
void image_fail_sync(fault_image *i);
/* Without `synced` the whole file may come back after a power cut, until another is created in its
 * place. */
void image_delete(fault_image *i, bool synced);
void image_create(fault_image *i); /* empty; no change when it is there */
void image_sync_name(
    fault_image *i); /* the folder was synced: the file is there, or gone, for good */
/* Each unsynced sector is kept, reverted or garbled; then written and durable are the same. */
void image_cut(fault_image *i, rng *random);
void image_flip_bit(fault_image *i, rng *random);

#endif
