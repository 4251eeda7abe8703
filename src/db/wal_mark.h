/* wal_mark.h - private to src/db: a mark beside a write-ahead log, in FILE-wal-mark, that says how
 * far the log was synced. SQLite takes the first frame that does not hold for the torn end of the
 * last commit; with the mark, damage in what was acknowledged is told from a torn end.
 *
 * The mark is written after a sync and never synced itself, so it costs no second one: a process
 * that is killed leaves it exact; after a power cut it may be older than the truth, never newer. It
 * names its log by the header (a log that begins again has another), so that an older mark says
 * nothing rather than something false. Design: docs/design/0008-mark-of-the-log.md. */
#ifndef TAEL_DB_WAL_MARK_H
#define TAEL_DB_WAL_MARK_H

#include "base/id.h"

struct sqlite3_vfs;

/* SQLite file format, section 4.1: a log begins with a header; a frame is a header and a page. */
enum { WAL_HEADER_BYTES = 32, WAL_FRAME_HEADER_BYTES = 24 };

typedef struct wal_mark wal_mark;

/* NULL: memory is short, or the file cannot be opened; the log then has no mark, which is told. */
wal_mark *wal_mark_open(struct sqlite3_vfs *vfs, const char *log_path);
/* The log with this header is synced up to `synced`, the end of a transaction. A mark that cannot
 * be written stays behind; service goes on. From one thread at a time. */
void wal_mark_note(wal_mark *m, const uint8_t header[WAL_HEADER_BYTES], int64_t synced);
void wal_mark_close(wal_mark *m);
/* Before a log that was moved into the file is deleted: its mark goes for good first, so that a log
 * that is missing beside a mark was taken away. False: it could not be removed; keep the log. */
bool wal_mark_remove(struct sqlite3_vfs *vfs, const char *log_path);

/* Before SQLite recovers the log of `file`: a log that holds less than its mark, or is missing, is
 * E_STORE, and the detail says what to do; a header that does not hold before frames that all do is
 * written anew. OK also when nothing is known. For a writer, who must have the file's lock, what a
 * recovery will find is synced and marked when it is not. `vfs`: a name, NULL for SQLite's default.
 */
MUST_USE status wal_mark_check(ctx *c, const char *vfs, const char *file, bool is_writer);

#endif
