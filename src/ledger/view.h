/* view.h - private: what rows on SQLite do not say yet. Balances follow the history in later
 * commits (ledger_settled), so whoever reads has to add the tail: the records behind ledger_swept.
 * A view holds the tail's balances and ids in memory, is shared by all connections of a process to
 * one file, and moves on by reading the pages that came since. It answers for the snapshot of the
 * connection that asks, also when others have moved it on meanwhile: recent records are kept to
 * walk back. Any thread; one lock; never writes. */
#ifndef TAEL_LEDGER_VIEW_H
#define TAEL_LEDGER_VIEW_H

#include "ledger/pages.h"
#include "ledger/table.h"

/* One stripe of an account as of a snapshot. */
typedef struct stripe_state {
  id account_id;
  int64_t stripe;
  balance now;
  instant last_time;
  int64_t last_position; /* of its newest entry; 0: none */
  int64_t entries;
} stripe_state;

/* The state in this connection's snapshot; last_position 0 and *found false: no such stripe. */
status view_stripe(ctx *c, db *d, id account_id, int64_t stripe, stripe_state *out, bool *found);
/* All stripes of an account, ascending: an empty list for an unknown account. */
status view_stripes(ctx *c, db *d, id account_id, stripe_state **out, size_t *count);
/* Every stripe whose row in ledger_settled is behind, by account and stripe. In c's arena. */
status view_tail(ctx *c, db *d, stripe_state **out, size_t *count);
/* The position of a transfer; 0: not in this snapshot. */
status view_find(ctx *c, db *d, id128 transfer_id, int64_t *position);
status view_find_many(ctx *c, db *d, const id128 *wanted, size_t count, int64_t *positions);
/* This connection needs the view no longer; the last one to say so frees it. */
void view_let_go(db *d);
/* Until view_rejoin this connection answers from a view of its own, made from the rows alone: a
 * proof must not trust what was read before. */
struct view;
status view_isolate(ctx *c, db *d, struct view **others);
void view_rejoin(db *d, struct view *others);
/* Where the tail begins and the history ends in this snapshot. */
status view_bounds(ctx *c, db *d, int64_t *swept, int64_t *last);

/* The nine columns of ledger_settled, in the order that settled_from_row reads. */
#define SETTLED_COLUMNS                                                                          \
  "account, stripe, debits_posted, credits_posted, debits_pending, credits_pending, last_time, " \
  "last_position, entries"
stripe_state settled_from_row(const db_rows *rows);

#endif
