/* wal_join.h - private to src/db: a VFS for one SQLite connection that writes its transactions into
 * the write-ahead log. SQLite hands a log over in two small writes a page, a header and the page;
 * here they are gathered and go to the file in a few large writes.
 *
 * What is gathered never outlives the end of its transaction: it is written before the write that
 * carries a commit's mark returns, so before the sync that makes the commit durable, and before any
 * other connection is told that the frames are there. Syncs are neither added nor left out; after
 * one that failed, what it was to make durable is cut off the log. Files other than the log are
 * none of its business: they are opened by the VFS below and used directly.
 */
#ifndef TAEL_DB_WAL_JOIN_H
#define TAEL_DB_WAL_JOIN_H

#include "base/base.h"

typedef struct wal_join wal_join;

/* `below`: the name of a registered VFS, NULL for SQLite's default; it must stay registered as long
 * as the connection is open. NULL: there is no such VFS, or memory is short. */
wal_join *wal_join_open(const char *below);
/* The name to give to sqlite3_open_v2, for this connection alone. */
const char *wal_join_name(const wal_join *w);
/* After the connection is closed. */
void wal_join_close(wal_join *w);

#endif
