/* packed.h - private: the ledger on SQLite, where the history lies in packed pages (pages.h) and
 * balances follow behind it (view.h). These are the SQLite halves of the functions of the same
 * names in book.h; the PostgreSQL halves are beside the dispatch in load.c, store.c, read.c and
 * verify.c. */
#ifndef TAEL_LEDGER_PACKED_H
#define TAEL_LEDGER_PACKED_H

#include "ledger/inside.h"
#include "ledger/view.h"

static inline bool is_packed(const db *d) { return db_which(d) == DB_SQLITE; }

/* --- what both stores share ------------------------------------------------------------------- */
/* load.c: the ids to load, sorted and each once, but for those the group has changed. */
size_t rows_missing_accounts(arena *a, book *b, const id *ids, size_t count, bool fresh, id **out);
account *rows_account_in(const account *accounts, size_t count, id wanted);
/* store.c: the accounts that changed, each once, by id. */
account_slot **rows_changed_accounts(arena *a, book *b, size_t *count);
status rows_save_attributes(ctx *c, db *d, account_slot *const *slots, size_t count);
status rows_save_holds(ctx *c, db *d, book *b);
status rows_save_lane(ctx *c, db *d, const ledger_lane *lane, int64_t old_sequence);

/* --- SQLite ----------------------------------------------------------------------------------- */
/* packed_load.c. A book is synced once: the accounts of the tail are put into it, for their rows
 * are behind; every account it does not hold from then on has a row that is up to date. */
status packed_sync(ctx *c, db *d, book *b, uint16_t lane);
str packed_index_folder(arena *a, const db *d); /* empty: in memory */
/* Drops runs that are of another history, then adds what they lack up to `last`. */
status packed_trust_index(ctx *c, db *d, struct ids *index);
status packed_feed_index(ctx *c, db *d, struct ids *index, int64_t last);
status packed_load_accounts(ctx *c, db *d, book *b, uint16_t lane, const id *ids, size_t count);
status packed_load_transfers(ctx *c, db *d, book *b, const id128 *ids, size_t count);

/* packed_store.c */
status packed_flush(ctx *c, db *d, book *b, ledger_lane *lane);
/* All rows of balances brought up to date, in a transaction of its own: a clean end. */
status packed_settle(ctx *c, db *d, book *b, uint16_t lane);
void packed_committed(book *b); /* what was flushed is now history */
void packed_reverted(book *b);  /* what was flushed never was */

/* packed_read.c */
status packed_account_get(ctx *c, db *d, id account_id, account *out); /* E_NOT_FOUND */
status packed_accounts_of(ctx *c, db *d, id owner, account **out, size_t *count);
status packed_scan_accounts(ctx *c, db *d, id after, size_t max, account **out, size_t *count);
status packed_stripes(ctx *c, db *d, id account_id, int64_t **out, size_t *count); /* ascending */
status packed_as_of(ctx *c, db *d, id account_id, int64_t stripe, instant at, balance *out);
/* Lines of one stripe at or before `from` newest first, or at or after it oldest first. */
status packed_lines(ctx *c, db *d, id account_id, int64_t stripe, instant from, bool backward,
                    size_t max, statement_line **out, size_t *count);
status packed_transfer_get(ctx *c, db *d, id128 transfer_id, transfer *out); /* E_NOT_FOUND */
status packed_record_at(ctx *c, db *d, uint16_t lane, int64_t sequence, transfer *out, bool *found);
status packed_of_command(ctx *c, db *d, id command, transfer **out, size_t *count);
status packed_by_ref(ctx *c, db *d, int64_t ref, transfer **out, size_t *count);
status packed_scan_lane(ctx *c, db *d, uint16_t lane, int64_t after, size_t max, transfer *out,
                        size_t *count);
status packed_trial_balance(ctx *c, db *d, id entity_or_0, uint16_t first_code, uint16_t last_code,
                            trial_line **out, size_t *count);

/* packed_verify.c */
status packed_verify(ctx *c, db *d, ledger_proof *p);

/* virtual.c: for db_on_sqlite */
bool packed_install(db *d, void *sqlite);

#endif
