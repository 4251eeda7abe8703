/* wal_settle.c - a log left by a process that ended at once may be in the system's cache and not on
 * the disk: when a sync fails, Linux forgets that the pages were to be written, and whoever reads
 * them later, a new process too, still sees them. Commits behind such a hole would be acknowledged
 * and gone with the next power cut, and a checkpoint from it would tear the file.
 *
 * So the log is written again before it is used. Not in place, for power may go meanwhile: first a
 * whole copy with a checksum, synced; then over the log, synced; then the copy goes. A copy that is
 * whole is put in place again, one that is not was never needed. After a clean end there is no log,
 * and nothing to do. */
#include "db/wal_settle.h"

#include "base/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 256 << 10, NAME_ROOM = 4096 };

typedef struct trailer { /* behind the copy's bytes */
  char magic[8];
  int64_t size;
  uint64_t sum;
} trailer;
static const char trailer_magic[8] = {'T', 'A', 'E', 'L', 'W', 'A', 'L', '1'};

typedef struct settle {
  sqlite3_vfs *vfs;
  const char *log;
  /* SQLite hands a VFS names between zeros: the copy's has them too. */
  char room[NAME_ROOM + 16];
  const char *copy;
  sqlite3_file *file[2]; /* log, copy; NULL methods: not open */
  uint8_t *block;
} settle;
enum { LOG, COPY };

static int open_one(settle *s, int which, const char *name, bool create) {
  int flags = SQLITE_OPEN_WAL | SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0);
  memset(s->file[which], 0, (size_t)s->vfs->szOsFile);
  return s->vfs->xOpen(s->vfs, name, s->file[which], flags, &flags);
}

static void close_one(settle *s, int which) {
  sqlite3_file *f = s->file[which];
  if (f != NULL && f->pMethods != NULL) f->pMethods->xClose(f);
  if (f != NULL) f->pMethods = NULL;
}

static int size_of(settle *s, int which, sqlite3_int64 *out) {
  return s->file[which]->pMethods->xFileSize(s->file[which], out);
}

/* From one file to the other, or only its checksum (to < 0). */
static int carry(settle *s, int from, int to, int64_t size, uint64_t *sum) {
  *sum = 0;
  for (int64_t at = 0; at < size; at += BLOCK) {
    int len = (int)(size - at < BLOCK ? size - at : BLOCK);
    int code = s->file[from]->pMethods->xRead(s->file[from], s->block, len, at);
    if (code == SQLITE_OK && to >= 0)
      code = s->file[to]->pMethods->xWrite(s->file[to], s->block, len, at);
    if (code != SQLITE_OK) return code;
    *sum = hash64(s->block, (size_t)len, *sum);
  }
  return SQLITE_OK;
}

static int sync_one(settle *s, int which) {
  return s->file[which]->pMethods->xSync(s->file[which], SQLITE_SYNC_FULL);
}

static int write_copy(settle *s, int64_t size) {
  trailer t = {.size = size};
  memcpy(t.magic, trailer_magic, sizeof t.magic);
  int code = open_one(s, COPY, s->copy, true);
  if (code == SQLITE_OK) code = s->file[COPY]->pMethods->xTruncate(s->file[COPY], 0);
  if (code == SQLITE_OK) code = carry(s, LOG, COPY, size, &t.sum);
  if (code == SQLITE_OK)
    code = s->file[COPY]->pMethods->xWrite(s->file[COPY], &t, (int)sizeof t, size);
  return code == SQLITE_OK ? sync_one(s, COPY) : code;
}

/* Whether the copy is all there, and of how many bytes of log. */
static int check_copy(settle *s, bool *whole, int64_t *size) {
  trailer t;
  sqlite3_int64 all = 0;
  uint64_t sum = 0;
  *whole = false;
  int code = size_of(s, COPY, &all);
  if (code != SQLITE_OK || all < (sqlite3_int64)sizeof t) return code;
  *size = all - (int64_t)sizeof t;
  code = s->file[COPY]->pMethods->xRead(s->file[COPY], &t, (int)sizeof t, *size);
  if (code != SQLITE_OK || t.size != *size || memcmp(t.magic, trailer_magic, sizeof t.magic) != 0)
    return code;
  code = carry(s, COPY, -1, *size, &sum);
  *whole = code == SQLITE_OK && sum == t.sum;
  return code;
}

static int put_in_place(settle *s, int64_t size) {
  uint64_t sum;
  int code = SQLITE_OK;
  if (s->file[LOG]->pMethods == NULL) code = open_one(s, LOG, s->log, true);
  if (code == SQLITE_OK) code = carry(s, COPY, LOG, size, &sum);
  if (code == SQLITE_OK) code = s->file[LOG]->pMethods->xTruncate(s->file[LOG], size);
  return code == SQLITE_OK ? sync_one(s, LOG) : code;
}

static int drop_copy(settle *s) {
  close_one(s, COPY);
  return s->vfs->xDelete(s->vfs, s->copy, 1);
}

static int is_there(settle *s, const char *name, bool *out) {
  int found = 0;
  int code = s->vfs->xAccess(s->vfs, name, SQLITE_ACCESS_EXISTS, &found);
  *out = found != 0;
  return code;
}

/* A copy of an earlier start that was cut off. */
static int finish_earlier(settle *s) {
  bool there, whole = false;
  int64_t size = 0;
  int code = is_there(s, s->copy, &there);
  if (code != SQLITE_OK || !there) return code;
  code = open_one(s, COPY, s->copy, false);
  if (code == SQLITE_OK) code = check_copy(s, &whole, &size);
  if (code == SQLITE_OK && whole) code = put_in_place(s, size);
  return code == SQLITE_OK ? drop_copy(s) : code;
}

static int settle_log(settle *s) {
  bool there;
  sqlite3_int64 size = 0;
  int code = finish_earlier(s);
  if (code == SQLITE_OK) code = is_there(s, s->log, &there);
  if (code != SQLITE_OK || !there) return code;
  if (s->file[LOG]->pMethods == NULL) code = open_one(s, LOG, s->log, false);
  if (code == SQLITE_OK) code = size_of(s, LOG, &size);
  if (code != SQLITE_OK || size == 0) return code;
  code = write_copy(s, size);
  if (code == SQLITE_OK) code = put_in_place(s, size);
  return code == SQLITE_OK ? drop_copy(s) : code;
}

static bool open_settle(settle *s, sqlite3 *handle, const char *vfs) {
  *s = (settle){.vfs = sqlite3_vfs_find(vfs)};
  s->log = sqlite3_filename_wal(sqlite3_db_filename(handle, "main"));
  size_t len = strlen(s->log);
  if (s->vfs == NULL || len + sizeof "-copy" > NAME_ROOM) return false;
  snprintf(s->room + 4, NAME_ROOM, "%s-copy", s->log);
  s->copy = s->room + 4;
  s->file[LOG] = calloc(1, (size_t)s->vfs->szOsFile);
  s->file[COPY] = calloc(1, (size_t)s->vfs->szOsFile);
  s->block = malloc(BLOCK);
  return s->file[LOG] != NULL && s->file[COPY] != NULL && s->block != NULL;
}

status wal_settle(ctx *c, sqlite3 *handle, const char *vfs) {
  settle s;
  int code = open_settle(&s, handle, vfs) ? settle_log(&s) : SQLITE_NOMEM;
  close_one(&s, LOG);
  close_one(&s, COPY);
  free(s.file[LOG]);
  free(s.file[COPY]);
  free(s.block);
  if (code == SQLITE_OK) return OK;
  return fail(c, E_STORE,
              "the log of the last run could not be written again (%s); the disk fails or is "
              "full",
              sqlite3_errstr(code));
}
