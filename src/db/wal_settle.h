/* wal_settle.h - private to src/db: makes sure that what a log says is on the disk, before a writer
 * goes on behind it. */
#ifndef TAEL_DB_WAL_SETTLE_H
#define TAEL_DB_WAL_SETTLE_H

#include "base/base.h"

#include <sqlite3.h>

/* Before the first statement of the only writer. E_STORE: the log could not be made durable;
 * nothing may be answered from this store. `vfs` NULL: the system's. */
status wal_settle(ctx *c, sqlite3 *handle, const char *vfs);

#endif
