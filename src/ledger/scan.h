/* scan.h - the whole history in order, a page at a time: for exports, feeds and rebuilds. Each page
 * is a query of its own that resumes by key, so that no snapshot is held for long; the caller stops
 * at the watermark it took before it began. */
#ifndef TAEL_LEDGER_SCAN_H
#define TAEL_LEDGER_SCAN_H

#include "ledger/book.h"

/* Records of one lane with sequence > after, at most max. */
status ledger_scan_lane(ctx *c, db *d, uint16_t lane, int64_t after, size_t max, transfer **out,
                        size_t *count);
status ledger_scan_lanes(ctx *c, db *d, uint16_t **lanes,
                         size_t *count); /* all that ever wrote, ascending */
/* Accounts with id > after, with balances, at most max. */
status ledger_scan_accounts(ctx *c, db *d, id after, size_t max, account **out, size_t *count);

/* The history of a store on PostgreSQL into an empty one on SQLite, whose accounts and lanes have
 * arrived; goes on where it was cut off. `records`: how many were written now. */
status ledger_import(ctx *c, db *from, db *to, int64_t *records);

#endif
