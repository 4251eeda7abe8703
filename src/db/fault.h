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
/* The process is killed, the machine stays: open handles fail from here on, files hold what was
 * written. Nothing else is needed before the store is opened again. */
void fault_vfs_kill(fault_vfs *f);
void fault_vfs_fail_nth(fault_vfs *f, fault_op op, uint64_t n, bool sticky, int sqlite_error);
uint64_t fault_vfs_count(const fault_vfs *f, fault_op op);
uint64_t
fault_vfs_fired(const fault_vfs *f); /* planned failures that came, since fault_vfs_fail_nth */
/* Syncs asked for after one had failed, up to the next fault_vfs_power_on: a program that heard of
 * a failed sync must ask for none. */
bool fault_vfs_has_failed_sync(const fault_vfs *f);
uint64_t fault_vfs_syncs_after_failure(const fault_vfs *f);
/* Waiting for a lock takes no time: for callers of one thread, whom waiting can't help. */
void fault_vfs_never_wait(fault_vfs *f);
/* A planted defect: planned failures and a full disk happen and are reported as success. */
void fault_vfs_swallow(fault_vfs *f, bool on);
void fault_vfs_flip_bits(fault_vfs *f, const char *file_suffix, uint64_t count);
int64_t fault_vfs_size(const fault_vfs *f, const char *file_suffix); /* bytes; 0: no such file */
void fault_vfs_flip_bit_at(fault_vfs *f, const char *file_suffix, uint64_t bit);
int64_t fault_vfs_total(const fault_vfs *f); /* bytes of all files */
void fault_vfs_limit_bytes(fault_vfs *f,
                           int64_t max_total_bytes); /* then SQLITE_FULL; < 0: no limit */

#endif
