/* fault.c - the lying disk as an SQLite VFS: files and shared memory live in this process, so that
 * several connections of one process can use WAL. What a power cut leaves is decided in
 * fault_disk.c. For tests only; nothing of a real disk is touched. */
#include "db/fault.h"
#include "db/fault_disk.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_MAX = 64, PATH_MAX_BYTES = 256, SHM_REGIONS_MAX = 256, ARENA_BYTES = 1 << 16 };

struct fault_handle;

/* What a -shm file is on a real disk. Outlives a power cut in the hands of those who still have it
 * mapped. */
typedef struct shm {
  void *regions[SHM_REGIONS_MAX];
  int users;
  int shared[SQLITE_SHM_NLOCK];
  struct fault_handle *exclusive[SQLITE_SHM_NLOCK];
} shm;

typedef struct fault_file {
  char path[PATH_MAX_BYTES];
  fault_image image;
  int shared_locks;
  struct fault_handle *reserved, *pending, *exclusive;
  shm *shm;
} fault_file;

typedef struct fault_plan {
  uint64_t after; /* 0: nothing planned */
  bool sticky;
  int error;
} fault_plan;

struct fault_vfs {
  sqlite3_vfs vfs;
  char *name;
  pthread_mutex_t lock;
  arena *arena;
  rng *random;
  fault_file *files[FILES_MAX];
  size_t file_count;
  uint64_t counts[FAULT_OP_COUNT];
  fault_plan plans[FAULT_OP_COUNT];
  uint64_t cut_after; /* 0: none planned */
  uint64_t epoch;     /* handles of an earlier epoch are dead */
  int64_t max_bytes;
  uint64_t temporary_count;
  uint64_t fired, syncs_after_failure;
  bool has_failed_sync, swallows, never_waits;
  _Atomic bool is_off; /* read by tests without the lock */
};

typedef struct fault_handle {
  sqlite3_file base;
  fault_vfs *vfs;
  fault_file *file;
  uint64_t epoch;
  int level; /* SQLITE_LOCK_NONE ... */
  bool deletes_on_close, syncs_folder;
  shm *shm;
  unsigned shm_shared, shm_exclusive; /* masks of held locks */
} fault_handle;

/* --- faults ----------------------------------------------------------------------------------- */

/* Counts the operation; SQLITE_OK, or the error that was planned for it. */
static int planned_error(fault_vfs *f, fault_op op) {
  f->counts[op]++;
  fault_plan *plan = &f->plans[op];
  if (plan->after == 0 || --plan->after > 0) return SQLITE_OK;
  if (plan->sticky) plan->after = 1;
  f->fired++;
  return plan->error;
}

/* What the caller is told of a failure. */
static int told(const fault_vfs *f, int code) { return f->swallows ? SQLITE_OK : code; }

static void release_shm(shm *s) {
  for (size_t i = 0; i < SHM_REGIONS_MAX; i++)
    free(s->regions[i]);
  free(s);
}

/* Whoever had a file open has it no more; locks and shared memory go with the process. */
static void drop_handles(fault_vfs *f) {
  f->epoch++;
  for (size_t i = 0; i < f->file_count; i++) {
    fault_file *file = f->files[i];
    file->shared_locks = 0;
    file->reserved = file->pending = file->exclusive = NULL;
    if (file->shm != NULL && file->shm->users == 0) release_shm(file->shm);
    file->shm = NULL;
  }
}

static void cut_now(fault_vfs *f) {
  f->is_off = true;
  f->cut_after = 0;
  for (size_t i = 0; i < f->file_count; i++)
    image_cut(&f->files[i]->image, f->random);
  drop_handles(f);
}

/* Whether the planned power cut falls on this write or sync. */
static bool cut_is_due(fault_vfs *f) { return f->cut_after > 0 && --f->cut_after == 0; }

static bool is_dead(const fault_handle *h) { return h->vfs->is_off || h->epoch != h->vfs->epoch; }

static int64_t total_bytes(const fault_vfs *f) {
  int64_t sum = 0;
  for (size_t i = 0; i < f->file_count; i++)
    sum += f->files[i]->image.written_size;
  return sum;
}

static void lock(fault_vfs *f) { pthread_mutex_lock(&f->lock); }

static int unlock(fault_vfs *f, int code) {
  pthread_mutex_unlock(&f->lock);
  return code;
}

/* --- reading and writing ---------------------------------------------------------------------- */

static int fault_read(sqlite3_file *base, void *into, int len, sqlite3_int64 at) {
  fault_handle *h = (fault_handle *)base;
  lock(h->vfs);
  if (is_dead(h)) return unlock(h->vfs, SQLITE_IOERR_READ);
  int code = planned_error(h->vfs, FAULT_READ);
  if (code != SQLITE_OK) return unlock(h->vfs, code);
  const fault_image *image = &h->file->image;
  int64_t left = at < image->written_size ? image->written_size - at : 0;
  int64_t got = left < len ? left : len;
  if (got > 0) memcpy(into, image->written + at, (size_t)got);
  if (got < len) memset((char *)into + got, 0, (size_t)(len - got));
  return unlock(h->vfs, got < len ? SQLITE_IOERR_SHORT_READ : SQLITE_OK);
}

/* A write that fails has written its first half. */
static int fault_write(sqlite3_file *base, const void *from, int len, sqlite3_int64 at) {
  fault_handle *h = (fault_handle *)base;
  fault_vfs *f = h->vfs;
  lock(f);
  if (is_dead(h)) return unlock(f, SQLITE_IOERR_WRITE);
  int code = planned_error(f, FAULT_WRITE);
  int64_t growth = at + len - h->file->image.written_size;
  if (f->max_bytes >= 0 && growth > 0 && total_bytes(f) + growth > f->max_bytes) code = SQLITE_FULL;
  if (!image_write(&h->file->image, from, code == SQLITE_OK ? len : len / 2, at))
    code = SQLITE_NOMEM;
  code = told(f, code);
  if (cut_is_due(f)) {
    cut_now(f);
    code = SQLITE_IOERR_WRITE;
  }
  return unlock(f, code);
}

static int fault_truncate(sqlite3_file *base, sqlite3_int64 size) {
  fault_handle *h = (fault_handle *)base;
  lock(h->vfs);
  if (is_dead(h)) return unlock(h->vfs, SQLITE_IOERR_TRUNCATE);
  image_truncate(&h->file->image, size);
  return unlock(h->vfs, SQLITE_OK);
}

/* SQLite's own VFS syncs the folder with the first sync of a log or journal it made. */
static void sync_file(fault_handle *h) {
  image_sync(&h->file->image);
  if (!h->syncs_folder) return;
  h->syncs_folder = false;
  for (size_t i = 0; i < h->vfs->file_count; i++)
    image_sync_name(&h->vfs->files[i]->image);
}

/* Power may go before or after the sync reached the disk; the caller learns neither. */
static int fault_sync(sqlite3_file *base, int flags) {
  UNUSED(flags);
  fault_handle *h = (fault_handle *)base;
  fault_vfs *f = h->vfs;
  lock(f);
  if (is_dead(h)) return unlock(f, SQLITE_IOERR_FSYNC);
  int code = planned_error(f, FAULT_SYNC);
  f->syncs_after_failure += f->has_failed_sync;
  if (code != SQLITE_OK) {
    image_fail_sync(&h->file->image);
    f->has_failed_sync = !f->swallows;
    return unlock(f, told(f, code));
  }
  if (cut_is_due(f)) {
    if (rng_below(f->random, 2) == 0) sync_file(h);
    cut_now(f);
    return unlock(f, SQLITE_IOERR_FSYNC);
  }
  sync_file(h);
  return unlock(f, SQLITE_OK);
}

static int fault_file_size(sqlite3_file *base, sqlite3_int64 *size) {
  fault_handle *h = (fault_handle *)base;
  lock(h->vfs);
  if (is_dead(h)) return unlock(h->vfs, SQLITE_IOERR_FSTAT);
  *size = h->file->image.written_size;
  return unlock(h->vfs, SQLITE_OK);
}

/* --- locks on the file ------------------------------------------------------------------------ */

static bool held_by_other(const fault_handle *owner, const fault_handle *h) {
  return owner != NULL && owner != h;
}

static int raise_lock(fault_handle *h, int level) {
  fault_file *file = h->file;
  if (level == SQLITE_LOCK_SHARED) {
    if (held_by_other(file->pending, h) || held_by_other(file->exclusive, h)) return SQLITE_BUSY;
    file->shared_locks++;
  } else if (level == SQLITE_LOCK_RESERVED) {
    if (held_by_other(file->reserved, h)) return SQLITE_BUSY;
    file->reserved = h;
  } else {
    if (held_by_other(file->reserved, h) || held_by_other(file->pending, h)) return SQLITE_BUSY;
    file->pending = h;
    if (level == SQLITE_LOCK_EXCLUSIVE) {
      if (file->shared_locks > 1) return SQLITE_BUSY;
      file->exclusive = h;
    }
  }
  h->level = level;
  return SQLITE_OK;
}

static int fault_lock(sqlite3_file *base, int level) {
  fault_handle *h = (fault_handle *)base;
  lock(h->vfs);
  if (is_dead(h)) return unlock(h->vfs, SQLITE_IOERR_LOCK);
  if (h->level >= level) return unlock(h->vfs, SQLITE_OK);
  int code = planned_error(h->vfs, FAULT_LOCK);
  return unlock(h->vfs, code == SQLITE_OK ? raise_lock(h, level) : code);
}

static void drop_locks(fault_handle *h, int level) {
  fault_file *file = h->file;
  if (file->reserved == h) file->reserved = NULL;
  if (file->pending == h) file->pending = NULL;
  if (file->exclusive == h) file->exclusive = NULL;
  if (level == SQLITE_LOCK_NONE && h->level >= SQLITE_LOCK_SHARED) file->shared_locks--;
  h->level = level;
}

static int fault_unlock(sqlite3_file *base, int level) {
  fault_handle *h = (fault_handle *)base;
  lock(h->vfs);
  if (!is_dead(h) && h->level > level) drop_locks(h, level);
  return unlock(h->vfs, SQLITE_OK);
}

static int fault_check_reserved(sqlite3_file *base, int *out) {
  fault_handle *h = (fault_handle *)base;
  lock(h->vfs);
  *out = h->file->reserved != NULL || h->file->pending != NULL || h->file->exclusive != NULL;
  return unlock(h->vfs, is_dead(h) ? SQLITE_IOERR_CHECKRESERVEDLOCK : SQLITE_OK);
}

/* --- shared memory ---------------------------------------------------------------------------- */

static bool attach_shm(fault_handle *h) {
  if (h->shm != NULL) return true;
  if (h->file->shm == NULL) h->file->shm = calloc(1, sizeof(shm));
  h->shm = h->file->shm;
  if (h->shm == NULL) return false;
  h->shm->users++;
  return true;
}

static int fault_shm_map(sqlite3_file *base, int region, int size, int extend,
                         void volatile **out) {
  fault_handle *h = (fault_handle *)base;
  lock(h->vfs);
  *out = NULL;
  if (is_dead(h)) return unlock(h->vfs, SQLITE_IOERR_SHMMAP);
  if (!attach_shm(h) || region >= SHM_REGIONS_MAX) return unlock(h->vfs, SQLITE_NOMEM);
  void **place = &h->shm->regions[region];
  if (*place == NULL && extend) {
    *place = calloc(1, (size_t)size);
    if (*place == NULL) return unlock(h->vfs, SQLITE_NOMEM);
  }
  *out = *place;
  return unlock(h->vfs, SQLITE_OK);
}

static void drop_shm_locks(fault_handle *h, unsigned mask) {
  for (int i = 0; i < SQLITE_SHM_NLOCK; i++) {
    unsigned bit = 1u << i;
    if (mask & bit & h->shm_shared) h->shm->shared[i]--;
    if (mask & bit & h->shm_exclusive) h->shm->exclusive[i] = NULL;
  }
  h->shm_shared &= ~mask;
  h->shm_exclusive &= ~mask;
}

static bool shm_is_free(const fault_handle *h, int slot, bool for_exclusive) {
  if (held_by_other(h->shm->exclusive[slot], h)) return false;
  int own = (h->shm_shared >> slot) & 1u;
  return !for_exclusive || h->shm->shared[slot] == own;
}

static int take_shm_locks(fault_handle *h, int first, int count, bool exclusive) {
  for (int i = first; i < first + count; i++) {
    if (!shm_is_free(h, i, exclusive)) return SQLITE_BUSY;
  }
  for (int i = first; i < first + count; i++) {
    unsigned bit = 1u << i;
    if (exclusive) {
      h->shm->exclusive[i] = h;
      h->shm_exclusive |= bit;
    } else if ((h->shm_shared & bit) == 0) {
      h->shm->shared[i]++;
      h->shm_shared |= bit;
    }
  }
  return SQLITE_OK;
}

static int fault_shm_lock(sqlite3_file *base, int first, int count, int flags) {
  fault_handle *h = (fault_handle *)base;
  lock(h->vfs);
  if (flags & SQLITE_SHM_UNLOCK) {
    if (h->shm != NULL) drop_shm_locks(h, ((1u << count) - 1) << first);
    return unlock(h->vfs, SQLITE_OK);
  }
  if (is_dead(h)) return unlock(h->vfs, SQLITE_IOERR_SHMLOCK);
  int code = planned_error(h->vfs, FAULT_LOCK);
  if (code == SQLITE_OK && !attach_shm(h)) code = SQLITE_NOMEM;
  if (code == SQLITE_OK)
    code = take_shm_locks(h, first, count, (flags & SQLITE_SHM_EXCLUSIVE) != 0);
  return unlock(h->vfs, code);
}

static void fault_shm_barrier(sqlite3_file *base) {
  fault_handle *h = (fault_handle *)base;
  lock(h->vfs);
  unlock(h->vfs, SQLITE_OK);
}

/* The memory goes with its last user when that one asks for it, or when a power cut has taken the
 * file's. */
static void detach_shm(fault_handle *h, bool deletes) {
  if (h->shm == NULL) return;
  shm *s = h->shm;
  drop_shm_locks(h, (1u << SQLITE_SHM_NLOCK) - 1);
  h->shm = NULL;
  if (--s->users > 0) return;
  bool is_current = h->file->shm == s;
  if (is_current && !deletes) return;
  if (is_current) h->file->shm = NULL;
  release_shm(s);
}

static int fault_shm_unmap(sqlite3_file *base, int deletes) {
  fault_handle *h = (fault_handle *)base;
  lock(h->vfs);
  detach_shm(h, deletes != 0);
  return unlock(h->vfs, SQLITE_OK);
}

/* --- the rest of a file ----------------------------------------------------------------------- */

static int fault_control(sqlite3_file *base, int op, void *arg) {
  UNUSED(base);
  UNUSED(op);
  UNUSED(arg);
  return SQLITE_NOTFOUND;
}

static int fault_sector_size(sqlite3_file *base) {
  UNUSED(base);
  return FAULT_SECTOR_BYTES;
}

static int fault_traits(sqlite3_file *base) {
  UNUSED(base);
  return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int fault_close(sqlite3_file *base) {
  fault_handle *h = (fault_handle *)base;
  lock(h->vfs);
  detach_shm(h, false);
  if (!is_dead(h)) {
    drop_locks(h, SQLITE_LOCK_NONE);
    if (h->deletes_on_close) image_delete(&h->file->image, true);
  }
  return unlock(h->vfs, SQLITE_OK);
}

static const sqlite3_io_methods fault_methods = {
    .iVersion = 2,
    .xClose = fault_close,
    .xRead = fault_read,
    .xWrite = fault_write,
    .xTruncate = fault_truncate,
    .xSync = fault_sync,
    .xFileSize = fault_file_size,
    .xLock = fault_lock,
    .xUnlock = fault_unlock,
    .xCheckReservedLock = fault_check_reserved,
    .xFileControl = fault_control,
    .xSectorSize = fault_sector_size,
    .xDeviceCharacteristics = fault_traits,
    .xShmMap = fault_shm_map,
    .xShmLock = fault_shm_lock,
    .xShmBarrier = fault_shm_barrier,
    .xShmUnmap = fault_shm_unmap,
};

/* --- the file system -------------------------------------------------------------------------- */

static fault_file *find_file(const fault_vfs *f, const char *path) {
  for (size_t i = 0; i < f->file_count; i++) {
    if (strcmp(f->files[i]->path, path) == 0) return f->files[i];
  }
  return NULL;
}

static fault_file *add_file(fault_vfs *f, const char *path) {
  if (f->file_count == FILES_MAX || strlen(path) >= PATH_MAX_BYTES) return NULL;
  fault_file *file = calloc(1, sizeof *file);
  if (file == NULL) return NULL;
  memcpy(file->path, path, strlen(path) + 1);
  f->files[f->file_count++] = file;
  return file;
}

static int open_file(fault_vfs *f, const char *path, fault_handle *h, int flags) {
  const int logs = SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL;
  if (f->is_off) return SQLITE_CANTOPEN;
  int code = planned_error(f, FAULT_OPEN);
  if (code != SQLITE_OK) return code;
  fault_file *file = find_file(f, path);
  bool is_there = file != NULL && file->image.is_written;
  if (!is_there && (flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
  if (file == NULL) file = add_file(f, path);
  if (file == NULL) return SQLITE_CANTOPEN;
  image_create(&file->image);
  *h = (fault_handle){.base.pMethods = &fault_methods,
                      .vfs = f,
                      .file = file,
                      .epoch = f->epoch,
                      .deletes_on_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0,
                      .syncs_folder = !is_there && (flags & logs) != 0};
  return SQLITE_OK;
}

static int vfs_open(sqlite3_vfs *base, const char *path, sqlite3_file *out, int flags,
                    int *out_flags) {
  fault_vfs *f = base->pAppData;
  char temporary[40];
  out->pMethods = NULL;
  lock(f);
  if (path == NULL) {
    sqlite3_snprintf(sizeof temporary, temporary, "temporary-%llu",
                     (unsigned long long)++f->temporary_count);
    path = temporary;
  }
  int code = open_file(f, path, (fault_handle *)out, flags);
  if (code == SQLITE_OK && out_flags != NULL) *out_flags = flags;
  return unlock(f, code);
}

static int vfs_delete(sqlite3_vfs *base, const char *path, int sync_folder) {
  fault_vfs *f = base->pAppData;
  lock(f);
  if (f->is_off) return unlock(f, SQLITE_IOERR_DELETE);
  fault_file *file = find_file(f, path);
  if (file == NULL || !file->image.is_written) return unlock(f, SQLITE_IOERR_DELETE_NOENT);
  image_delete(&file->image, sync_folder != 0);
  return unlock(f, SQLITE_OK);
}

static int vfs_access(sqlite3_vfs *base, const char *path, int flags, int *out) {
  fault_vfs *f = base->pAppData;
  lock(f);
  const fault_file *file = find_file(f, path);
  *out = file != NULL && file->image.is_written;
  /* SQLite asks here whether a log is worth opening: an empty one is not. */
  if (flags == SQLITE_ACCESS_EXISTS && *out) *out = file->image.written_size > 0;
  return unlock(f, f->is_off ? SQLITE_IOERR_ACCESS : SQLITE_OK);
}

static int vfs_full_path(sqlite3_vfs *base, const char *path, int room, char *out) {
  UNUSED(base);
  sqlite3_snprintf(room, out, "%s", path);
  return SQLITE_OK;
}

static int vfs_randomness(sqlite3_vfs *base, int len, char *out) {
  fault_vfs *f = base->pAppData;
  lock(f);
  for (int i = 0; i < len; i++)
    out[i] = (char)rng_next(f->random);
  return unlock(f, len);
}

static int vfs_sleep(sqlite3_vfs *base, int micros) {
  if (((const fault_vfs *)base->pAppData)->never_waits) return micros;
  sqlite3_vfs *real = sqlite3_vfs_find(NULL);
  return real->xSleep(real, micros);
}

static int vfs_time(sqlite3_vfs *base, sqlite3_int64 *out) {
  UNUSED(base);
  sqlite3_vfs *real = sqlite3_vfs_find(NULL);
  return real->xCurrentTimeInt64(real, out);
}

static int vfs_time_days(sqlite3_vfs *base, double *out) {
  sqlite3_int64 millis;
  int code = vfs_time(base, &millis);
  *out = (double)millis / 86400000.0;
  return code;
}

static int vfs_last_error(sqlite3_vfs *base, int len, char *out) {
  UNUSED(base);
  UNUSED(len);
  UNUSED(out);
  return 0;
}

/* --- public ----------------------------------------------------------------------------------- */

fault_vfs *fault_vfs_register(const char *name, uint64_t seed) {
  fault_vfs *f = calloc(1, sizeof *f);
  assert(f != NULL);
  f->name = strdup(name);
  f->arena = arena_open(ARENA_BYTES);
  assert(f->name != NULL && f->arena != NULL);
  f->random = rng_open(f->arena, seed);
  f->max_bytes = -1;
  pthread_mutex_init(&f->lock, NULL);
  f->vfs = (sqlite3_vfs){
      .iVersion = 2,
      .szOsFile = sizeof(fault_handle),
      .mxPathname = PATH_MAX_BYTES,
      .zName = f->name,
      .pAppData = f,
      .xOpen = vfs_open,
      .xDelete = vfs_delete,
      .xAccess = vfs_access,
      .xFullPathname = vfs_full_path,
      .xRandomness = vfs_randomness,
      .xSleep = vfs_sleep,
      .xCurrentTime = vfs_time_days,
      .xCurrentTimeInt64 = vfs_time,
      .xGetLastError = vfs_last_error,
  };
  int code = sqlite3_vfs_register(&f->vfs, 0);
  assert(code == SQLITE_OK);
  UNUSED(code);
  return f;
}

void fault_vfs_unregister(fault_vfs *f) {
  sqlite3_vfs_unregister(&f->vfs);
  for (size_t i = 0; i < f->file_count; i++) {
    if (f->files[i]->shm != NULL) release_shm(f->files[i]->shm);
    image_release(&f->files[i]->image);
    free(f->files[i]);
  }
  pthread_mutex_destroy(&f->lock);
  arena_close(f->arena);
  free(f->name);
  free(f);
}

void fault_vfs_power_cut(fault_vfs *f) {
  lock(f);
  if (!f->is_off) cut_now(f);
  unlock(f, SQLITE_OK);
}

void fault_vfs_kill(fault_vfs *f) {
  lock(f);
  drop_handles(f);
  unlock(f, SQLITE_OK);
}

void fault_vfs_power_cut_after(fault_vfs *f, uint64_t operations) {
  lock(f);
  f->cut_after = operations;
  unlock(f, SQLITE_OK);
}

void fault_vfs_power_on(fault_vfs *f) {
  lock(f);
  f->is_off = false;
  f->cut_after = 0;
  f->has_failed_sync = false;
  f->syncs_after_failure = 0;
  unlock(f, SQLITE_OK);
}

bool fault_vfs_is_off(const fault_vfs *f) { return f->is_off; }

void fault_vfs_fail_nth(fault_vfs *f, fault_op op, uint64_t n, bool sticky, int sqlite_error) {
  lock(f);
  f->plans[op] = (fault_plan){.after = n, .sticky = sticky, .error = sqlite_error};
  f->fired = 0;
  unlock(f, SQLITE_OK);
}

uint64_t fault_vfs_count(const fault_vfs *f, fault_op op) { return f->counts[op]; }
uint64_t fault_vfs_fired(const fault_vfs *f) { return f->fired; }
bool fault_vfs_has_failed_sync(const fault_vfs *f) { return f->has_failed_sync; }
uint64_t fault_vfs_syncs_after_failure(const fault_vfs *f) { return f->syncs_after_failure; }
int64_t fault_vfs_total(const fault_vfs *f) { return total_bytes(f); }

void fault_vfs_never_wait(fault_vfs *f) { f->never_waits = true; }

void fault_vfs_swallow(fault_vfs *f, bool on) {
  lock(f);
  f->swallows = on;
  unlock(f, SQLITE_OK);
}

void fault_vfs_flip_bits(fault_vfs *f, const char *file_suffix, uint64_t count) {
  lock(f);
  size_t suffix = strlen(file_suffix);
  for (size_t i = 0; i < f->file_count; i++) {
    size_t len = strlen(f->files[i]->path);
    if (len < suffix || strcmp(f->files[i]->path + len - suffix, file_suffix) != 0) continue;
    for (uint64_t k = 0; k < count; k++)
      image_flip_bit(&f->files[i]->image, f->random);
  }
  unlock(f, SQLITE_OK);
}

static fault_file *file_with_suffix(const fault_vfs *f, const char *suffix) {
  size_t wanted = strlen(suffix);
  for (size_t i = 0; i < f->file_count; i++) {
    size_t len = strlen(f->files[i]->path);
    if (len >= wanted && strcmp(f->files[i]->path + len - wanted, suffix) == 0) return f->files[i];
  }
  return NULL;
}

int64_t fault_vfs_size(const fault_vfs *f, const char *file_suffix) {
  const fault_file *file = file_with_suffix(f, file_suffix);
  return file == NULL || !file->image.is_written ? 0 : file->image.written_size;
}

void fault_vfs_flip_bit_at(fault_vfs *f, const char *file_suffix, uint64_t bit) {
  lock(f);
  fault_file *file = file_with_suffix(f, file_suffix);
  if (file != NULL && (int64_t)(bit / 8) < file->image.written_size) {
    uint8_t mask = (uint8_t)(1u << (bit % 8));
    file->image.written[bit / 8] ^= mask;
    file->image.durable[bit / 8] ^= mask;
  }
  unlock(f, SQLITE_OK);
}

void fault_vfs_limit_bytes(fault_vfs *f, int64_t max_total_bytes) {
  lock(f);
  f->max_bytes = max_total_bytes;
  unlock(f, SQLITE_OK);
}
