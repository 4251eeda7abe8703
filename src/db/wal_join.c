/* wal_join.c - see wal_join.h. A write to the log is either a frame's header right behind the last
 * write, the page that follows it, or something else (the log's own header, a header written again
 * because its checksum changed): the first two are gathered, the third goes straight through after
 * what was gathered. When gathered bytes could not be written they are lost; nothing
 * behind the gap may be written or synced then, until the transaction has begun again at the gap or
 * before it. */
#include "db/wal_join.h"
#include "db/wal_mark.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  GATHER_BYTES = 0x1ffff, /* what SQLite's own VFS takes in one write */
  PAGE_MIN = 512,
};

struct wal_join {
  sqlite3_vfs vfs;
  sqlite3_vfs *below;
  char name[40];
};

typedef struct joined_file {
  sqlite3_file base;
  sqlite3_file *below; /* right behind this struct */
  uint8_t *gathered;   /* GATHER_BYTES */
  sqlite3_int64 at;    /* of its first byte in the file */
  sqlite3_int64 len;
  sqlite3_int64 end;      /* of the last write */
  sqlite3_int64 gap;      /* where bytes were lost; -1: nowhere */
  sqlite3_int64 unsynced; /* the first byte written since the last sync; -1: none */
  bool page_is_next;      /* the last write was a frame's header */
  bool page_is_final;     /* ... of a frame that ends a transaction */
  wal_mark *mark;         /* NULL: none */
  uint8_t header[WAL_HEADER_BYTES];
  sqlite3_int64 committed; /* the end of the last transaction written; 0: not known yet */
} joined_file;

/* --- gathering -------------------------------------------------------------------------------- */

static int write_below(joined_file *f, const void *from, int len, sqlite3_int64 at) {
  if (f->unsynced < 0 || at < f->unsynced) f->unsynced = at;
  return f->below->pMethods->xWrite(f->below, from, len, at);
}

static int write_out(joined_file *f) {
  if (f->len == 0) return SQLITE_OK;
  int code = write_below(f, f->gathered, (int)f->len, f->at);
  if (code != SQLITE_OK) f->gap = f->at;
  f->len = 0;
  return code;
}

static int gather(joined_file *f, const void *from, int len, sqlite3_int64 at) {
  if (f->len > 0 && (at != f->at + f->len || f->len + len > GATHER_BYTES)) {
    int code = write_out(f);
    if (code != SQLITE_OK) return code;
  }
  if (f->len == 0) f->at = at;
  memcpy(f->gathered + f->len, from, (size_t)len);
  f->len += len;
  return SQLITE_OK;
}

static bool is_next_header(const joined_file *f, int len, sqlite3_int64 at) {
  return len == WAL_FRAME_HEADER_BYTES && at >= WAL_HEADER_BYTES && at == f->end;
}

/* A frame's header, whose second four bytes are not zero where it ends a transaction. */
static bool ends_transaction(const void *header) {
  static const uint8_t zero[4] = {0};
  return memcmp((const uint8_t *)header + 4, zero, sizeof zero) != 0;
}

static int join_write(sqlite3_file *base, const void *from, int len, sqlite3_int64 at) {
  joined_file *f = (joined_file *)base;
  if (f->gap >= 0 && at > f->gap) return SQLITE_IOERR_WRITE;
  f->gap = -1;
  bool is_page = f->page_is_next && len >= PAGE_MIN && at == f->end;
  bool is_header = is_next_header(f, len, at);
  f->page_is_next = false;
  f->end = at + len;
  if (is_page) {
    int code = gather(f, from, len, at);
    if (code != SQLITE_OK || !f->page_is_final) return code;
    f->committed = f->end;
    return write_out(f);
  }
  if (is_header) {
    f->page_is_next = true;
    f->page_is_final = ends_transaction(from);
    return gather(f, from, len, at);
  }
  if (at == 0 && len == WAL_HEADER_BYTES) { /* it begins again */
    memcpy(f->header, from, sizeof f->header);
    f->committed = len;
  }
  int code = write_out(f);
  return code == SQLITE_OK ? write_below(f, from, len, at) : code;
}

static int join_read(sqlite3_file *base, void *into, int len, sqlite3_int64 at) {
  joined_file *f = (joined_file *)base;
  int code = write_out(f);
  return code == SQLITE_OK ? f->below->pMethods->xRead(f->below, into, len, at) : code;
}

static int join_truncate(sqlite3_file *base, sqlite3_int64 size) {
  joined_file *f = (joined_file *)base;
  int code = write_out(f);
  return code == SQLITE_OK ? f->below->pMethods->xTruncate(f->below, size) : code;
}

/* After a failed sync Linux keeps what was written in its cache, but not the mark that it has to go
 * to the disk: the next process would recover a commit that is nowhere, and acknowledge others
 * behind it that go with it when the power does. So what was not synced is cut off; its fate was
 * unknown anyway. */
static int join_sync(sqlite3_file *base, int flags) {
  joined_file *f = (joined_file *)base;
  int code = write_out(f);
  if (code == SQLITE_OK && f->gap >= 0) code = SQLITE_IOERR_FSYNC;
  if (code != SQLITE_OK) return code;
  code = f->below->pMethods->xSync(f->below, flags);
  if (code != SQLITE_OK && f->unsynced >= 0) f->below->pMethods->xTruncate(f->below, f->unsynced);
  if (code == SQLITE_OK && f->committed > 0) wal_mark_note(f->mark, f->header, f->committed);
  f->unsynced = -1;
  return code;
}

static int join_size(sqlite3_file *base, sqlite3_int64 *size) {
  joined_file *f = (joined_file *)base;
  int code = write_out(f);
  return code == SQLITE_OK ? f->below->pMethods->xFileSize(f->below, size) : code;
}

/* What is still gathered belongs to a transaction that did not end. */
static int join_close(sqlite3_file *base) {
  joined_file *f = (joined_file *)base;
  free(f->gathered);
  wal_mark_close(f->mark);
  return f->below->pMethods->xClose(f->below);
}

/* --- passed on -------------------------------------------------------------------------------- */

static int join_lock(sqlite3_file *base, int level) {
  sqlite3_file *below = ((joined_file *)base)->below;
  return below->pMethods->xLock(below, level);
}

static int join_unlock(sqlite3_file *base, int level) {
  sqlite3_file *below = ((joined_file *)base)->below;
  return below->pMethods->xUnlock(below, level);
}

static int join_check_lock(sqlite3_file *base, int *out) {
  sqlite3_file *below = ((joined_file *)base)->below;
  return below->pMethods->xCheckReservedLock(below, out);
}

static int join_control(sqlite3_file *base, int op, void *arg) {
  sqlite3_file *below = ((joined_file *)base)->below;
  return below->pMethods->xFileControl(below, op, arg);
}

static int join_sector_size(sqlite3_file *base) {
  sqlite3_file *below = ((joined_file *)base)->below;
  return below->pMethods->xSectorSize(below);
}

static int join_traits(sqlite3_file *base) {
  sqlite3_file *below = ((joined_file *)base)->below;
  return below->pMethods->xDeviceCharacteristics(below);
}

/* Version 1: a log has no shared memory and is not mapped. */
static const sqlite3_io_methods join_methods = {
    .iVersion = 1,
    .xClose = join_close,
    .xRead = join_read,
    .xWrite = join_write,
    .xTruncate = join_truncate,
    .xSync = join_sync,
    .xFileSize = join_size,
    .xLock = join_lock,
    .xUnlock = join_unlock,
    .xCheckReservedLock = join_check_lock,
    .xFileControl = join_control,
    .xSectorSize = join_sector_size,
    .xDeviceCharacteristics = join_traits,
};

/* --- the file system -------------------------------------------------------------------------- */

static sqlite3_vfs *below_of(sqlite3_vfs *base) { return ((wal_join *)base->pAppData)->below; }

static int open_log(sqlite3_vfs *below, const char *path, joined_file *f, int flags,
                    int *out_flags) {
  *f = (joined_file){.below = (sqlite3_file *)(f + 1), .end = -1, .gap = -1, .unsynced = -1};
  f->below->pMethods = NULL;
  f->gathered = malloc(GATHER_BYTES);
  int code =
      f->gathered == NULL ? SQLITE_NOMEM : below->xOpen(below, path, f->below, flags, out_flags);
  if (code == SQLITE_OK) {
    f->base.pMethods = &join_methods;
    f->mark = wal_mark_open(below, path);
    /* A log that goes on; an empty one gets its header later. */
    f->below->pMethods->xRead(f->below, f->header, sizeof f->header, 0);
    return code;
  }
  free(f->gathered); /* SQLite closes a file that failed to open only when it has methods */
  if (f->below->pMethods != NULL) f->below->pMethods->xClose(f->below);
  return code;
}

static int vfs_open(sqlite3_vfs *base, const char *path, sqlite3_file *out, int flags,
                    int *out_flags) {
  sqlite3_vfs *below = below_of(base);
  if ((flags & SQLITE_OPEN_WAL) == 0) return below->xOpen(below, path, out, flags, out_flags);
  out->pMethods = NULL;
  return open_log(below, path, (joined_file *)out, flags, out_flags);
}

static int vfs_delete(sqlite3_vfs *base, const char *path, int sync_folder) {
  sqlite3_vfs *below = below_of(base);
  return below->xDelete(below, path, sync_folder);
}

static int vfs_access(sqlite3_vfs *base, const char *path, int flags, int *out) {
  sqlite3_vfs *below = below_of(base);
  return below->xAccess(below, path, flags, out);
}

static int vfs_full_path(sqlite3_vfs *base, const char *path, int room, char *out) {
  sqlite3_vfs *below = below_of(base);
  return below->xFullPathname(below, path, room, out);
}

static int vfs_randomness(sqlite3_vfs *base, int len, char *out) {
  sqlite3_vfs *below = below_of(base);
  return below->xRandomness(below, len, out);
}

static int vfs_sleep(sqlite3_vfs *base, int micros) {
  sqlite3_vfs *below = below_of(base);
  return below->xSleep(below, micros);
}

static int vfs_time(sqlite3_vfs *base, sqlite3_int64 *out) {
  sqlite3_vfs *below = below_of(base);
  return below->xCurrentTimeInt64(below, out);
}

static int vfs_last_error(sqlite3_vfs *base, int len, char *out) {
  sqlite3_vfs *below = below_of(base);
  return below->xGetLastError(below, len, out);
}

/* --- public ----------------------------------------------------------------------------------- */

wal_join *wal_join_open(const char *below_name) {
  sqlite3_vfs *below = sqlite3_vfs_find(below_name);
  wal_join *w = below == NULL ? NULL : calloc(1, sizeof *w);
  if (w == NULL) return NULL;
  assert(below->iVersion >= 2);
  w->below = below;
  snprintf(w->name, sizeof w->name, "wal-join-%p", (void *)w);
  w->vfs = (sqlite3_vfs){.iVersion = 2,
                         .szOsFile = (int)sizeof(joined_file) + below->szOsFile,
                         .mxPathname = below->mxPathname,
                         .zName = w->name,
                         .pAppData = w,
                         .xOpen = vfs_open,
                         .xDelete = vfs_delete,
                         .xAccess = vfs_access,
                         .xFullPathname = vfs_full_path,
                         .xRandomness = vfs_randomness,
                         .xSleep = vfs_sleep,
                         .xCurrentTimeInt64 = vfs_time,
                         .xGetLastError = vfs_last_error};
  if (sqlite3_vfs_register(&w->vfs, 0) == SQLITE_OK) return w;
  free(w);
  return NULL;
}

const char *wal_join_name(const wal_join *w) { return w->name; }

void wal_join_close(wal_join *w) {
  if (w == NULL) return;
  sqlite3_vfs_unregister(&w->vfs);
  free(w);
}
