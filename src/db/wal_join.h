/* wal_join.h - private to src/db: a VFS for one SQLite connection to a file, between it and the
 * write-ahead log. SQLite hands a log over in two small writes a page, a header and the page; here
 * they are gathered and go to the file in a few large writes.
 *
 * What is gathered never outlives the end of its transaction: it is written before the write that
 * carries a commit's mark returns, so before the sync that makes the commit durable, and before any
 * other connection is told that the frames are there. Syncs are neither added nor left out, but the
 * one of a commit may be left to be made up for by another thread (wal_join_sync), so that the next
 * transaction runs meanwhile. A checkpoint syncs the log by itself before it copies, whoever owes.
 * After a sync that failed, on whichever connection of the process, what no sync has made durable
 * is cut off the log, and the log is neither written nor synced any more. Files other than the log
 * are none of its business: they are opened by the VFS below and used directly.
 */
#ifndef TAEL_DB_WAL_JOIN_H
#define TAEL_DB_WAL_JOIN_H

#include "base/base.h"

typedef struct wal_join wal_join;

/* `below`: the name of a registered VFS, NULL for SQLite's default; it must stay registered as long
 * as the connection is open. `keeps_mark`: this is the writer; how far the log is synced is marked
 * beside it (wal_mark.h), whoever syncs it. NULL: there is no such VFS, or memory is short. */
wal_join *wal_join_open(const char *below, bool keeps_mark);
/* The name to give to sqlite3_open_v2, for this connection alone. */
const char *wal_join_name(const wal_join *w);
/* Between true and false the connection runs a checkpoint and nothing else: frames that follow each
 * other are read from the log many at a time. */
void wal_join_read_ahead(wal_join *w, bool is_checkpoint);
/* Until wal_join_take_syncs, which says whether one is owed, the sync of a commit is left out; but
 * not the first of a connection and not that of a log's own header. */
void wal_join_leave_syncs(wal_join *w);
bool wal_join_take_syncs(wal_join *w);
/* Makes durable what was committed before the call; while the connection is open, from any one
 * thread beside its own. False: the disk failed, now or before. */
bool wal_join_sync(wal_join *w);
/* After the connection is closed. */
void wal_join_close(wal_join *w);

#endif
