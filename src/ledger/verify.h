/* verify.h - private: the parts of ledger_verify. Each part returns OK and leaves the first
 * violation it finds in the proof; once one is named, later parts do nothing. */
#ifndef TAEL_LEDGER_VERIFY_H
#define TAEL_LEDGER_VERIFY_H

#include "ledger/book.h"
#include "ledger/rows.h"

status violated(ctx *c, ledger_proof *p, const char *format, ...) PRINTF(3, 4);
static inline bool is_sound(const ledger_proof *p) { return p->violation.len == 0; }

/* Reads a lane's records after `walk` in order, at most `most` (<= 64), checks place, time and
 * decoding, moves the chain's head on. *count 0: the end. */
enum { WALK_RECORDS = 64 };
status walk_lane(ctx *c, db *d, ledger_lane *walk, size_t most, transfer out[static WALK_RECORDS],
                 size_t *count, ledger_proof *p);

status verify_entries(ctx *c, db *d, ledger_proof *p);

#endif
