/* fault.h - an SQLite VFS that lies, for tests: it keeps two images of every file (what was written
 * and what was synced) in 512-byte sectors, and on a power cut each unsynced sector is kept,
 * reverted or garbled. Also fails the n-th read, write or sync, once or for good. One VFS per name;
 * in memory; deterministic for a seed. */
#ifndef TAEL_DB_FAULT_H
#define TAEL_DB_FAULT_H

#include "base/base.h"

typedef struct fault_vfs fault_vfs;
typedef enum fault_op {
  FAULT_READ,
  FAULT_WRITE,
  FAULT_SYNC,
  FAULT_OPEN,
  FAULT_LOCK,
  FAULT_OP_COUNT
} fault_op;

fault_vfs *fault_vfs_register(const char *name, uint64_t seed); /* then db_open(..., vfs = name) */
void fault_vfs_unregister(fault_vfs *f);
/* Power goes now: every open file handle fails from here on; after fault_vfs_power_on the files
 * hold what survived. */
void fault_vfs_power_cut(fault_vfs *f);
void fault_vfs_power_cut_after(fault_vfs *f,
                               uint64_t operations); /* at the n-th write or sync from now */
void fault_vfs_power_on(fault_vfs *f);
bool fault_vfs_is_off(const fault_vfs *f);
void fault_vfs_fail_nth(fault_vfs *f, fault_op op, uint64_t n, bool sticky, int sqlite_error);
uint64_t fault_vfs_count(const fault_vfs *f, fault_op op);
void fault_vfs_flip_bits(fault_vfs *f, const char *file_suffix, uint64_t count);
void fault_vfs_limit_bytes(fault_vfs *f,
                           int64_t max_total_bytes); /* then SQLITE_FULL; < 0: no limit */

#endif
