/* wal_join.c - see wal_join.h. A write to the log is either a frame's header right behind the last
 * write, the page that follows it, or something else (the log's own header, a header written again
 * because its checksum changed): the first two are gathered, the third goes straight through after
 * what was gathered. When gathered bytes could not be written they are lost; nothing
 * behind the gap may be written or synced then, until the transaction has begun again at the gap or
 * before it.
 *
 * What is known of a log's durability is shared by all its connections in the process, because each
 * of them may sync it: the writer in a commit, another thread for commits that owe one, a
 * checkpoint before it copies. */
#include "db/wal_join.h"
#include "db/wal_mark.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  GATHER_BYTES = 0x1ffff, /* what SQLite's own VFS takes in one write */
  AHEAD_BYTES = 1 << 17,
  PAGE_MIN = 512,
};

/* Lock order: syncing, then lock, which is never held over a sync. */
typedef struct log_state {
  struct log_state *next;
  sqlite3_vfs *below; /* the file system the log lies on */
  char *path;
  size_t users;
  pthread_mutex_t syncing; /* one sync at a time, so that a failure knows what the others reached */
  pthread_mutex_t lock;
  sqlite3_int64 unsynced; /* the first byte written since the last sync began; -1: none */
  bool failed;            /* a sync failed: nothing is written or synced any more */
  wal_mark *mark;         /* the writer's; NULL: none. Under `syncing` */
  uint8_t header[WAL_HEADER_BYTES];
  sqlite3_int64 committed; /* the end of the last transaction written; 0: not known yet */
} log_state;

struct joined_file;

struct wal_join {
  sqlite3_vfs vfs;
  sqlite3_vfs *below;
  char name[40];
  struct joined_file *log; /* the open one */
  bool keeps_mark;         /* the writer */
  bool reads_ahead;        /* a checkpoint is under way */
  bool leaves_sync;        /* to wal_join_sync */
  bool owes_sync;
};

typedef struct joined_file {
  sqlite3_file base;
  wal_join *join;
  log_state *state;
  sqlite3_file *below; /* right behind this struct */
  uint8_t *gathered;   /* GATHER_BYTES; NULL: nothing was written yet */
  sqlite3_int64 at;    /* of its first byte in the file */
  sqlite3_int64 len;
  sqlite3_int64 end;  /* of the last write */
  sqlite3_int64 gap;  /* where bytes were lost; -1: nowhere */
  bool page_is_next;  /* the last write was a frame's header */
  bool page_is_final; /* ... of a frame that ends a transaction */
  bool was_synced;    /* by this connection, which also synced the folder of a new log */
  uint8_t *ahead;     /* AHEAD_BYTES of the log from ahead_at; NULL: never asked for */
  sqlite3_int64 ahead_at;
  sqlite3_int64 ahead_len; /* 0: nothing is known */
  sqlite3_int64 read_end;  /* of the last page read */
} joined_file;

/* --- what all connections to a log share ------------------------------------------------------ */

static pthread_mutex_t states_lock = PTHREAD_MUTEX_INITIALIZER;
static log_state *states;

static log_state *make_state(sqlite3_vfs *below, const char *path) {
  log_state *made = calloc(1, sizeof *made);
  if (made == NULL) return NULL;
  *made = (log_state){.next = states, .below = below, .path = strdup(path), .unsynced = -1};
  if (made->path == NULL) {
    free(made);
    return NULL;
  }
  pthread_mutex_init(&made->syncing, NULL);
  pthread_mutex_init(&made->lock, NULL);
  states = made;
  return made;
}

static log_state *take_state(sqlite3_vfs *below, const char *path) {
  pthread_mutex_lock(&states_lock);
  log_state *found = states;
  while (found != NULL && (found->below != below || strcmp(found->path, path) != 0))
    found = found->next;
  if (found == NULL) found = make_state(below, path);
  if (found != NULL) found->users++;
  pthread_mutex_unlock(&states_lock);
  return found;
}

static void give_state(log_state *state) {
  pthread_mutex_lock(&states_lock);
  bool is_last = --state->users == 0;
  for (log_state **at = &states; is_last && *at != NULL; at = &(*at)->next) {
    if (*at != state) continue;
    *at = state->next;
    break;
  }
  pthread_mutex_unlock(&states_lock);
  if (!is_last) return;
  pthread_mutex_destroy(&state->syncing);
  pthread_mutex_destroy(&state->lock);
  free(state->path);
  free(state);
}

static sqlite3_int64 lower(sqlite3_int64 a, sqlite3_int64 b) {
  if (a < 0 || b < 0) return a < 0 ? b : a;
  return a < b ? a : b;
}

/* Where a log ended when a sync began. */
typedef struct log_end {
  uint8_t header[WAL_HEADER_BYTES];
  sqlite3_int64 committed;
} log_end;

/* After a failed sync Linux keeps what was written in its cache, but not the mark that it has to go
 * to the disk: the next process would recover a commit that is nowhere, and acknowledge others
 * behind it that go with it when the power does. So what was not synced is cut off; its fate was
 * unknown anyway. */
static int sync_or_cut(log_state *state, sqlite3_file *below, int flags, sqlite3_int64 from,
                       const log_end *end) {
  int code = below->pMethods->xSync(below, flags);
  if (code == SQLITE_OK) {
    if (end->committed > 0) wal_mark_note(state->mark, end->header, end->committed);
    return code;
  }
  pthread_mutex_lock(&state->lock);
  sqlite3_int64 cut = lower(from, state->unsynced);
  if (cut >= 0) below->pMethods->xTruncate(below, cut);
  state->failed = true;
  pthread_mutex_unlock(&state->lock);
  return code;
}

/* `only_owed`: nothing to do when others have synced it meanwhile. */
static int sync_log(log_state *state, sqlite3_file *below, int flags, bool only_owed) {
  pthread_mutex_lock(&state->syncing);
  pthread_mutex_lock(&state->lock);
  sqlite3_int64 from = state->unsynced;
  log_end end = {.committed = state->committed};
  memcpy(end.header, state->header, sizeof end.header);
  int code = state->failed ? SQLITE_IOERR_FSYNC : SQLITE_OK;
  if (code == SQLITE_OK) state->unsynced = -1;
  pthread_mutex_unlock(&state->lock);
  bool is_needed = code == SQLITE_OK && (from >= 0 || !only_owed);
  if (is_needed) code = sync_or_cut(state, below, flags, from, &end);
  pthread_mutex_unlock(&state->syncing);
  return code;
}

/* --- gathering -------------------------------------------------------------------------------- */

static int write_below(joined_file *f, const void *from, int len, sqlite3_int64 at) {
  log_state *state = f->state;
  pthread_mutex_lock(&state->lock);
  int code = SQLITE_IOERR_WRITE;
  if (!state->failed) {
    state->unsynced = lower(state->unsynced, at);
    code = f->below->pMethods->xWrite(f->below, from, len, at);
  }
  pthread_mutex_unlock(&state->lock);
  return code;
}

static int write_out(joined_file *f) {
  if (f->len == 0) return SQLITE_OK;
  int code = write_below(f, f->gathered, (int)f->len, f->at);
  if (code != SQLITE_OK) f->gap = f->at;
  f->len = 0;
  return code;
}

static int gather(joined_file *f, const void *from, int len, sqlite3_int64 at) {
  if (f->gathered == NULL) f->gathered = malloc(GATHER_BYTES);
  if (f->gathered == NULL) return SQLITE_NOMEM;
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

static void note_commit(log_state *state, sqlite3_int64 end) {
  pthread_mutex_lock(&state->lock);
  state->committed = end;
  pthread_mutex_unlock(&state->lock);
}

static void begin_again(log_state *state, const void *header) {
  pthread_mutex_lock(&state->lock);
  memcpy(state->header, header, sizeof state->header);
  state->committed = WAL_HEADER_BYTES;
  pthread_mutex_unlock(&state->lock);
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
    code = write_out(f);
    if (code == SQLITE_OK) note_commit(f->state, f->end);
    return code;
  }
  if (is_header) {
    f->page_is_next = true;
    f->page_is_final = ends_transaction(from);
    return gather(f, from, len, at);
  }
  int code = write_out(f);
  if (code == SQLITE_OK) code = write_below(f, from, len, at);
  if (code == SQLITE_OK && at == 0 && len == WAL_HEADER_BYTES) begin_again(f->state, from);
  return code;
}

static bool is_ahead(const joined_file *f, int len, sqlite3_int64 at) {
  return at >= f->ahead_at && at + len <= f->ahead_at + f->ahead_len;
}

/* The end of a log is shorter than what is asked for, and then read page by page. */
static void read_ahead(joined_file *f, sqlite3_int64 at) {
  if (f->ahead == NULL) f->ahead = malloc(AHEAD_BYTES);
  f->ahead_len = 0;
  if (f->ahead == NULL) return;
  if (f->below->pMethods->xRead(f->below, f->ahead, AHEAD_BYTES, at) != SQLITE_OK) return;
  f->ahead_at = at;
  f->ahead_len = AHEAD_BYTES;
}

/* Only a checkpoint reads ahead: the frames it copies are committed and stay as they are until it
 * ends. It goes by the pages' numbers; where these grow as the log does, frames follow each other.
 */
static int join_read(sqlite3_file *base, void *into, int len, sqlite3_int64 at) {
  joined_file *f = (joined_file *)base;
  int code = write_out(f);
  if (code != SQLITE_OK) return code;
  if (f->join->reads_ahead && len >= PAGE_MIN) {
    bool follows = at == f->read_end + WAL_FRAME_HEADER_BYTES;
    f->read_end = at + len;
    if (follows && !is_ahead(f, len, at)) read_ahead(f, at);
    if (is_ahead(f, len, at)) {
      memcpy(into, f->ahead + (at - f->ahead_at), (size_t)len);
      return SQLITE_OK;
    }
  }
  return f->below->pMethods->xRead(f->below, into, len, at);
}

static int join_truncate(sqlite3_file *base, sqlite3_int64 size) {
  joined_file *f = (joined_file *)base;
  int code = write_out(f);
  return code == SQLITE_OK ? f->below->pMethods->xTruncate(f->below, size) : code;
}

/* The header of a log that begins again is synced before frames follow it, whatever else may wait:
 * else they could be taken for frames of the log before. */
static bool may_wait(const joined_file *f) {
  return f->join->leaves_sync && f->was_synced && f->end != WAL_HEADER_BYTES;
}

static int join_sync(sqlite3_file *base, int flags) {
  joined_file *f = (joined_file *)base;
  int code = write_out(f);
  if (code == SQLITE_OK && f->gap >= 0) code = SQLITE_IOERR_FSYNC;
  if (code != SQLITE_OK) return code;
  if (may_wait(f)) {
    f->join->owes_sync = true;
    return SQLITE_OK;
  }
  /* The first sync covers what another process may have left; all after it is known. */
  code = sync_log(f->state, f->below, flags, f->was_synced);
  f->was_synced = code == SQLITE_OK;
  return code;
}

static int join_size(sqlite3_file *base, sqlite3_int64 *size) {
  joined_file *f = (joined_file *)base;
  int code = write_out(f);
  return code == SQLITE_OK ? f->below->pMethods->xFileSize(f->below, size) : code;
}

static void close_mark(joined_file *f) {
  if (!f->join->keeps_mark) return;
  pthread_mutex_lock(&f->state->syncing);
  wal_mark_close(f->state->mark);
  f->state->mark = NULL;
  pthread_mutex_unlock(&f->state->syncing);
}

/* What is still gathered belongs to a transaction that did not end. */
static int join_close(sqlite3_file *base) {
  joined_file *f = (joined_file *)base;
  if (f->join->log == f) f->join->log = NULL;
  close_mark(f);
  give_state(f->state);
  free(f->gathered);
  free(f->ahead);
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

/* A log that goes on has a header; an empty one gets it later. */
static void open_mark(joined_file *f, const char *path) {
  log_state *state = f->state;
  pthread_mutex_lock(&state->syncing);
  pthread_mutex_lock(&state->lock);
  state->mark = wal_mark_open(state->below, path);
  f->below->pMethods->xRead(f->below, state->header, sizeof state->header, 0);
  pthread_mutex_unlock(&state->lock);
  pthread_mutex_unlock(&state->syncing);
}

static int open_log(wal_join *w, const char *path, joined_file *f, int flags, int *out_flags) {
  *f = (joined_file){.join = w, .below = (sqlite3_file *)(f + 1), .end = -1, .gap = -1};
  f->below->pMethods = NULL;
  f->state = take_state(w->below, path);
  int code =
      f->state == NULL ? SQLITE_NOMEM : w->below->xOpen(w->below, path, f->below, flags, out_flags);
  if (code == SQLITE_OK) {
    f->base.pMethods = &join_methods;
    w->log = f;
    if (w->keeps_mark) open_mark(f, path);
    return code;
  }
  /* SQLite closes a file that failed to open only when it has methods. */
  if (f->state != NULL) give_state(f->state);
  if (f->below->pMethods != NULL) f->below->pMethods->xClose(f->below);
  return code;
}

static int vfs_open(sqlite3_vfs *base, const char *path, sqlite3_file *out, int flags,
                    int *out_flags) {
  sqlite3_vfs *below = below_of(base);
  if ((flags & SQLITE_OPEN_WAL) == 0) return below->xOpen(below, path, out, flags, out_flags);
  out->pMethods = NULL;
  return open_log(base->pAppData, path, (joined_file *)out, flags, out_flags);
}

static bool is_log(const char *path) {
  size_t len = strlen(path), end = strlen("-wal");
  return len > end && strcmp(path + len - end, "-wal") == 0;
}

/* A log that stays because its mark does is harmless: all of it is in the file. */
static int vfs_delete(sqlite3_vfs *base, const char *path, int sync_folder) {
  sqlite3_vfs *below = below_of(base);
  if (is_log(path) && !wal_mark_remove(below, path)) return SQLITE_IOERR_DELETE;
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

wal_join *wal_join_open(const char *below_name, bool keeps_mark) {
  sqlite3_vfs *below = sqlite3_vfs_find(below_name);
  wal_join *w = below == NULL ? NULL : calloc(1, sizeof *w);
  if (w == NULL) return NULL;
  assert(below->iVersion >= 2);
  w->below = below;
  w->keeps_mark = keeps_mark;
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

void wal_join_read_ahead(wal_join *w, bool is_checkpoint) {
  w->reads_ahead = is_checkpoint;
  if (w->log != NULL) w->log->ahead_len = 0;
}

void wal_join_leave_syncs(wal_join *w) { w->leaves_sync = true; }

bool wal_join_take_syncs(wal_join *w) {
  bool owes = w->owes_sync;
  w->leaves_sync = w->owes_sync = false;
  return owes;
}

bool wal_join_sync(wal_join *w) {
  joined_file *f = w->log;
  return f == NULL || sync_log(f->state, f->below, SQLITE_SYNC_NORMAL, true) == SQLITE_OK;
}

void wal_join_close(wal_join *w) {
  if (w == NULL) return;
  sqlite3_vfs_unregister(&w->vfs);
  free(w);
}
