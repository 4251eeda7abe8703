/* wal_mark.c - see wal_mark.h. Why the mark is never ahead of a whole log: SQLite syncs a log's new
 * header before it writes a frame over an old one, and within one log it only ever writes behind
 * the last commit. So a log that has the mark's header has every frame up to the mark, and a header
 * that a power cut has torn while the log began again stands before frames that are all in place,
 * which may be read once more. */
#include "db/wal_mark.h"

#include "base/hash.h"
#include "base/log.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  MARK_FLAGS = SQLITE_OPEN_READWRITE | SQLITE_OPEN_SUPER_JOURNAL,
  PAGE_MIN = 512,
  PAGE_MAX = 65536,
  MAGIC = 0x377f0682, /* its last bit: checksums read words from the most significant byte */
  VERSION = 3007000,
};

static const char mark_magic[8] = "taelmrk2";

/* What the file holds. */
typedef struct mark_record {
  char magic[8];
  uint8_t header[WAL_HEADER_BYTES];
  int64_t synced;
  uint64_t hash; /* of all before it */
} mark_record;

struct wal_mark {
  bool has_failed;
  char *path;         /* the VFS keeps this address while the file is open */
  sqlite3_file *file; /* right behind this struct */
};

/* --- writing ---------------------------------------------------------------------------------- */

static uint64_t hash_of(const mark_record *r) {
  return hash64(r, offsetof(mark_record, hash), WAL_HEADER_BYTES);
}

/* A file that is not open yet. */
static wal_mark *name_file(const sqlite3_vfs *vfs, const char *path, const char *suffix) {
  size_t len = strlen(path) + strlen(suffix) + 1;
  wal_mark *m = calloc(1, sizeof *m + (size_t)vfs->szOsFile + len);
  if (m == NULL) return NULL;
  m->file = (sqlite3_file *)(m + 1);
  m->path = (char *)m->file + vfs->szOsFile;
  snprintf(m->path, len, "%s%s", path, suffix);
  return m;
}

static wal_mark *open_mark(sqlite3_vfs *vfs, const char *path, const char *suffix) {
  wal_mark *m = name_file(vfs, path, suffix);
  if (m == NULL) return NULL;
  int flags = MARK_FLAGS | SQLITE_OPEN_CREATE, got;
  if (vfs->xOpen(vfs, m->path, m->file, flags, &got) == SQLITE_OK) return m;
  log_line(LOG_WARN, "log_has_no_mark", "file=%s", m->path);
  wal_mark_close(m);
  return NULL;
}

wal_mark *wal_mark_open(sqlite3_vfs *vfs, const char *log_path) {
  return open_mark(vfs, log_path, "-mark");
}

void wal_mark_note(wal_mark *m, const uint8_t header[WAL_HEADER_BYTES], int64_t synced) {
  if (m == NULL) return;
  mark_record r = {.synced = synced};
  memcpy(r.magic, mark_magic, sizeof r.magic);
  memcpy(r.header, header, sizeof r.header);
  r.hash = hash_of(&r);
  bool failed = m->file->pMethods->xWrite(m->file, &r, sizeof r, 0) != SQLITE_OK;
  if (failed && !m->has_failed) log_line(LOG_WARN, "log_mark_stays_behind", "file=%s", m->path);
  m->has_failed = failed;
}

void wal_mark_close(wal_mark *m) {
  if (m == NULL) return;
  if (m->file->pMethods != NULL) m->file->pMethods->xClose(m->file);
  free(m);
}

bool wal_mark_remove(sqlite3_vfs *vfs, const char *log_path) {
  wal_mark *m = name_file(vfs, log_path, "-mark");
  if (m == NULL) return false;
  int code = vfs->xDelete(vfs, m->path, 1);
  wal_mark_close(m);
  return code == SQLITE_OK || code == SQLITE_IOERR_DELETE_NOENT;
}

/* --- the log as SQLite reads it --------------------------------------------------------------- */

typedef struct sums {
  uint32_t a, b;
} sums;

static uint32_t word(const uint8_t *at, bool most_first) {
  return most_first ? (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3]
                    : (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
}

static void add_up(sums *s, const uint8_t *at, size_t len, bool most_first) {
  for (size_t i = 0; i < len; i += 8) {
    s->a += word(at + i, most_first) + s->b;
    s->b += word(at + i + 4, most_first) + s->a;
  }
}

static bool stands_at(const sums *s, const uint8_t *at) {
  return word(at, true) == s->a && word(at + 4, true) == s->b;
}

static bool most_first(const uint8_t *header) { return (header[3] & 1) != 0; }
static size_t page_bytes(const uint8_t *header) { return word(header + 8, true); }

static bool header_holds(const uint8_t *h) {
  size_t page = page_bytes(h);
  sums s = {0};
  if ((word(h, true) & ~1U) != MAGIC || word(h + 4, true) != VERSION) return false;
  if (page < PAGE_MIN || page > PAGE_MAX || (page & (page - 1)) != 0) return false;
  add_up(&s, h, 24, most_first(h));
  return stands_at(&s, h + 24);
}

/* `s`: the sums up to this frame; afterwards with it. */
static bool frame_holds(const uint8_t *header, const uint8_t *frame, sums *s) {
  if (memcmp(frame + 8, header + 16, 8) != 0 || word(frame, true) == 0) return false;
  add_up(s, frame, 8, most_first(header));
  add_up(s, frame + WAL_FRAME_HEADER_BYTES, page_bytes(header), most_first(header));
  return stands_at(s, frame + 16);
}

/* --- checking --------------------------------------------------------------------------------- */

typedef enum finding {
  LOG_IS_FINE, /* or nothing is known about it */
  LOG_HEADER_IS_LOST,
  LOG_IS_DAMAGED,
  LOG_IS_GONE,
  LOG_CANNOT_BE_READ
} finding;

typedef struct log_check {
  sqlite3_vfs *vfs;
  wal_mark *mark, *log; /* open files; NULL: not there */
  mark_record record;   /* not marked: all zero */
  uint8_t header[WAL_HEADER_BYTES];
  int64_t marked;  /* frames */
  int64_t whole;   /* frames that hold, from the first on */
  int64_t settled; /* bytes: the end of the last transaction among them */
} log_check;

static int read_at(wal_mark *f, void *into, size_t len, int64_t at) {
  return f->file->pMethods->xRead(f->file, into, (int)len, at);
}

/* Whether there is a mark. One that is torn or turned says nothing. */
static bool read_mark(log_check *k) {
  mark_record r;
  k->record = (mark_record){0};
  if (k->mark == NULL || read_at(k->mark, &r, sizeof r, 0) != SQLITE_OK) return false;
  if (memcmp(r.magic, mark_magic, sizeof r.magic) != 0 || r.hash != hash_of(&r)) return false;
  if (!header_holds(r.header) || r.synced < WAL_HEADER_BYTES) return false;
  k->record = r;
  return true;
}

/* As a recovery would read them: up to the first frame that does not hold. */
static finding read_frames(log_check *k, const uint8_t *header) {
  size_t size = WAL_FRAME_HEADER_BYTES + page_bytes(header);
  sums s = {.a = word(header + 24, true), .b = word(header + 28, true)};
  uint8_t *frame = malloc(size);
  if (frame == NULL) return LOG_CANNOT_BE_READ;
  int64_t at = WAL_HEADER_BYTES;
  int code = SQLITE_OK;
  k->settled = at;
  for (k->whole = 0;; k->whole++) {
    code = read_at(k->log, frame, size, at);
    if (code != SQLITE_OK || !frame_holds(header, frame, &s)) break;
    at += (int64_t)size;
    if (word(frame + 4, true) != 0) k->settled = at;
  }
  free(frame);
  return code == SQLITE_OK || code == SQLITE_IOERR_SHORT_READ ? LOG_IS_FINE : LOG_CANNOT_BE_READ;
}

static int64_t marked_frames(const mark_record *r) {
  int64_t frame = (int64_t)(WAL_FRAME_HEADER_BYTES + page_bytes(r->header));
  return (r->synced - WAL_HEADER_BYTES) / frame;
}

static finding read_marked_frames(log_check *k) {
  const uint8_t *header = k->record.header;
  k->marked = marked_frames(&k->record);
  finding f = read_frames(k, header);
  return f == LOG_IS_FINE && k->settled < k->record.synced ? LOG_IS_DAMAGED : f;
}

/* An old mark before a log that has begun again is told by the frame behind the header. */
static bool first_frame_is_marked(log_check *k) {
  uint8_t frame[WAL_FRAME_HEADER_BYTES];
  return read_at(k->log, frame, sizeof frame, WAL_HEADER_BYTES) == SQLITE_OK &&
         memcmp(frame + 8, k->record.header + 16, 8) == 0;
}

static finding check_log(log_check *k) {
  bool is_marked = read_mark(k);
  int code = read_at(k->log, k->header, sizeof k->header, 0);
  if (code == SQLITE_IOERR_SHORT_READ) return LOG_IS_FINE; /* moved into the file and emptied */
  if (code != SQLITE_OK) return LOG_CANNOT_BE_READ;
  if (is_marked && memcmp(k->header, k->record.header, sizeof k->header) == 0)
    return read_marked_frames(k);
  if (header_holds(k->header)) return read_frames(k, k->header);
  if (!is_marked || !first_frame_is_marked(k)) return LOG_IS_FINE;
  finding f = read_marked_frames(k);
  return f == LOG_IS_FINE ? LOG_HEADER_IS_LOST : f;
}

/* A writer at work may begin the log again under our eyes; it has checked it itself. */
static bool has_moved(log_check *k) {
  mark_record before = k->record;
  uint8_t header[WAL_HEADER_BYTES];
  bool reads = read_at(k->log, header, sizeof header, 0) == SQLITE_OK && read_mark(k);
  return !reads || memcmp(&before, &k->record, sizeof before) != 0 ||
         memcmp(header, k->header, sizeof header) != 0;
}

/* The file at path + suffix, when it is there. */
static bool open_part(log_check *k, const char *file, const char *suffix, wal_mark **out) {
  int is_there = 0, got;
  wal_mark *f = name_file(k->vfs, file, suffix);
  if (f == NULL) return false;
  int code = k->vfs->xAccess(k->vfs, f->path, SQLITE_ACCESS_EXISTS, &is_there);
  if (code == SQLITE_OK && is_there)
    code = k->vfs->xOpen(k->vfs, f->path, f->file, MARK_FLAGS, &got);
  if (code == SQLITE_OK && is_there) {
    *out = f;
    return true;
  }
  wal_mark_close(f);
  return code == SQLITE_OK;
}

static bool is_emptied(log_check *k, const char *file) {
  int is_there = 0;
  wal_mark *log = name_file(k->vfs, file, "-wal");
  bool is_known = log != NULL && k->vfs->xAccess(k->vfs, log->path, SQLITE_ACCESS_READWRITE,
                                                 &is_there) == SQLITE_OK;
  wal_mark_close(log);
  return is_known && is_there;
}

/* Nothing to open: SQLite removes a log only when all of it is in the file, and its mark before it
 * (wal_join.c). One that is there and empty was cut off or moved. A writer that closes the file
 * meanwhile has removed both. */
static finding find_missing(log_check *k, const char *file) {
  wal_mark *again = NULL;
  if (!read_mark(k)) return LOG_IS_FINE;
  k->marked = marked_frames(&k->record);
  if (k->marked == 0 || is_emptied(k, file)) return LOG_IS_FINE;
  bool is_known = open_part(k, file, "-wal-mark", &again);
  finding f = !is_known ? LOG_CANNOT_BE_READ : again == NULL ? LOG_IS_FINE : LOG_IS_GONE;
  wal_mark_close(again);
  return f;
}

static finding examine(log_check *k, const char *file) {
  if (!open_part(k, file, "-wal-mark", &k->mark)) return LOG_CANNOT_BE_READ;
  if (!open_part(k, file, "-wal", &k->log)) return LOG_CANNOT_BE_READ;
  if (k->log == NULL) return find_missing(k, file);
  finding f = check_log(k);
  bool is_bad = f == LOG_IS_DAMAGED || f == LOG_HEADER_IS_LOST;
  return is_bad && has_moved(k) ? LOG_IS_FINE : f;
}

/* What a recovery will find and no mark tells of: a power cut took the mark, or the process ended
 * between a sync and its mark, or before the sync. It is made durable first. Nothing is cut off
 * here when that fails: what lies behind an old mark may have been acknowledged. */
static bool renew(log_check *k, const char *file) {
  sqlite3_file *log = k->log == NULL ? NULL : k->log->file;
  if (k->settled <= WAL_HEADER_BYTES) return true;
  bool is_marked = memcmp(k->header, k->record.header, sizeof k->header) == 0;
  if (is_marked && k->settled <= k->record.synced) return true;
  if (log->pMethods->xSync(log, SQLITE_SYNC_NORMAL) != SQLITE_OK) return false;
  if (k->mark == NULL) k->mark = open_mark(k->vfs, file, "-wal-mark");
  wal_mark_note(k->mark, k->header, k->settled);
  return true;
}

/* SQLite reads the log from here on as it was. */
static bool mend_header(log_check *k, const char *file) {
  sqlite3_file *log = k->log->file;
  if (log->pMethods->xWrite(log, k->record.header, WAL_HEADER_BYTES, 0) != SQLITE_OK ||
      log->pMethods->xSync(log, SQLITE_SYNC_NORMAL) != SQLITE_OK)
    return false;
  memcpy(k->header, k->record.header, sizeof k->header);
  log_line(LOG_WARN, "log_header_mended", "file=%s-wal frames=%lld", file, (long long)k->marked);
  return true;
}

static status check_open(ctx *c, log_check *k, const char *file, bool is_writer) {
  finding f = examine(k, file);
  if (f == LOG_IS_DAMAGED)
    return fail(c, E_STORE,
                "the log %s-wal is damaged: of %lld pages that were acknowledged as written only "
                "the first %lld hold. Restore a backup; or, to go on without what is behind them, "
                "remove %s-wal-mark and prove the books with `tael verify`",
                file, (long long)k->marked, (long long)k->whole, file);
  if (f == LOG_IS_GONE)
    return fail(
        c, E_STORE,
        "the log %s-wal is missing: %lld pages that were acknowledged as written lay in it. "
        "Put it back or restore a backup; or, to go on without them, remove %s-wal-mark and "
        "prove the books with `tael verify`",
        file, (long long)k->marked, file);
  bool is_well = f != LOG_CANNOT_BE_READ && (f != LOG_HEADER_IS_LOST || mend_header(k, file)) &&
                 (!is_writer || renew(k, file));
  return is_well ? OK : fail(c, E_STORE, "the log %s-wal cannot be read or synced; retry", file);
}

status wal_mark_check(ctx *c, const char *vfs, const char *file, bool is_writer) {
  log_check k = {.vfs = sqlite3_vfs_find(vfs)};
  if (k.vfs == NULL) return OK; /* opening the file says so */
  status s = check_open(c, &k, file, is_writer);
  wal_mark_close(k.log);
  wal_mark_close(k.mark);
  return s;
}
