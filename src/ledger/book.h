/* book.h - the ledger's store: loading what a batch touches, writing what was accepted, set-wise,
 * with the lane's hash chain; and the read side (balances, as-of, statements, trial balance,
 * verify). All SQL of the ledger is behind this header; the row format may change to packed pages
 * without a caller noticing. */
#ifndef TAEL_LEDGER_BOOK_H
#define TAEL_LEDGER_BOOK_H

#include "db/db.h"
#include "ledger/ledger.h"

extern const db_schema ledger_schema;

/* --- write side: the engine's thread of one lane, inside a transaction ------------------------ */
typedef struct ledger_lane { /* the chain's head; loaded at lease, kept by the book's owner */
  uint16_t lane;
  int64_t sequence;
  instant last_time;
  sha256 head;
} ledger_lane;
status ledger_load_lane(ctx *c, db *d, uint16_t lane,
                        ledger_lane *out); /* opens the chain when it is new */
/* First in every transaction that loads, applies or flushes: makes the book fit to the store. On
 * PostgreSQL other lanes write too, so it forgets its accounts; on SQLite it reads, the first time,
 * what rows do not say yet (a restart's recovery: seconds at most, however long the history). */
status ledger_begin(ctx *c, db *d, book *b, uint16_t lane);
/* Loads (and on PostgreSQL locks, in id order) accounts the book does not hold. Unknown ids are
 * simply not there afterwards. `fresh`: forget cached copies first (PostgreSQL: other lanes write
 * too). */
status ledger_load_accounts(ctx *c, db *d, book *b, uint16_t lane, const id *ids, size_t count,
                            bool fresh);
/* Loads holds and taken ids: for each, the stored transfer, its hold if it was one, and whether it
 * was reversed. Call it before ledger_load_accounts (the global order of locks is holds, then
 * accounts): the accounts of a hold that is to end are in book_hold(...)->record and must be loaded
 * too. */
status ledger_load_transfers(ctx *c, db *d, book *b, const id128 *ids, size_t count);
/* Holds whose time has come by `now`, oldest first, at most `max`, into the book. */
status ledger_load_due_holds(ctx *c, db *d, book *b, instant now, id128 *ids, size_t max,
                             size_t *count);
/* Writes everything kept in the book: transfers, entries, balances once per account, holds, chain.
 * It can't be reverted from then on, only dropped; book_transfer still finds what was written, with
 * its sequence, until book_clean. `lane` moves on only when the caller's commit succeeds (copy it
 * first). E_CONFLICT: another process wrote to the lane, or to the same new id, account or
 * reversal: drop, load again, rerun. */
status ledger_flush(ctx *c, db *d, book *b, ledger_lane *lane);
void book_drop(book *b);  /* after a failed commit: forget kept work and every cached account */
void book_clean(book *b); /* after a commit: trims the cache to its cap, empties holds and ids */

/* Account of (owner, code, asset), 0 when there is none; also one opened in this group. There is at
 * most one, but for CODE_GENERIC, of which an owner may have many: then the oldest. Cached by the
 * book. */
status ledger_find_account(ctx *c, db *d, book *b, id owner, uint16_t code, uint32_t asset,
                           id *out);
/* The same without asking the store: 0 when the book does not know. */
id ledger_known_account(const book *b, id owner, uint16_t code, uint32_t asset);

/* --- registry and periods (inside a write transaction) ---------------------------------------- */
typedef struct asset {
  uint32_t number;
  int scale; /* 0..18, fixed for ever */
  str code;  /* "CNY", "sku:...", "points" */
  str kind;  /* money | stock | points | units */
} asset;
status ledger_register_asset(ctx *c, db *d, asset *a); /* number 0: the next free one is set */
status ledger_asset_by_number(ctx *c, db *d, uint32_t number,
                              asset *out); /* or a currency of ISO 4217; E_NOT_FOUND */
status ledger_close_period(ctx *c, db *d, id entity, date through); /* E_CONFLICT: already later */
status ledger_closed_through(ctx *c, db *d, id entity, date *out);

/* SQLite: brings the rows of balances up to date in a transaction of its own, so that the next
 * start has nothing to recover. For a clean end; nothing on PostgreSQL. */
status ledger_settle(ctx *c, db *d, book *b, uint16_t lane);

/* --- read side: any connection ---------------------------------------------------------------- */
typedef struct balance {
  int64_t debits_posted, credits_posted, debits_pending, credits_pending;
} balance;
status ledger_account_get(ctx *c, db *d, id account_id, account *out); /* E_NOT_FOUND */
status ledger_accounts_of(ctx *c, db *d, id owner, account **out, size_t *count);
status ledger_balance_as_of(ctx *c, db *d, id account_id, instant engine_time,
                            balance *out); /* inclusive */
/* *hold_or_null: its hold; state 0 when it is none. E_NOT_FOUND. */
status ledger_transfer_get(ctx *c, db *d, id128 transfer_id, transfer *out, hold *hold_or_null);

typedef struct statement_line {
  transfer record;
  bool is_debit; /* this account's side */
  balance after; /* in its lane */
} statement_line;
typedef struct statement_cursor {
  uint16_t lane;
  int64_t sequence;
} statement_cursor; /* zero: from the start */
/* Lines of an account, newest first when `backward`; at most `max`. */
status ledger_statement(ctx *c, db *d, id account_id, statement_cursor after, bool backward,
                        size_t max, statement_line **out, size_t *count);
status ledger_transfers_of_command(ctx *c, db *d, id command, transfer **out, size_t *count);
status ledger_transfers_by_ref(ctx *c, db *d, int64_t ref, transfer **out, size_t *count);

typedef struct trial_line {
  id entity;
  uint16_t code;
  uint32_t asset;
  int64_t accounts;
  balance total;
} trial_line;
status ledger_trial_balance(ctx *c, db *d, id entity_or_0, trial_line **out, size_t *count);
/* Only codes from first to last: costs what those accounts cost, however many others there are. */
status ledger_trial_balance_of(ctx *c, db *d, id entity_or_0, uint16_t first_code,
                               uint16_t last_code, trial_line **out, size_t *count);

/* Recomputes balances, holds and chains from the records and compares with what is stored (INV-1 to
 * 7, 19, 24). OK with *violation empty, or OK with the first violation named; other statuses: could
 * not look. */
typedef struct ledger_proof {
  int64_t transfers, accounts, open_holds, lanes;
  str violation;
} ledger_proof;
status ledger_verify(ctx *c, db *d, ledger_proof *out);

/* Signed checkpoint over all lane heads (Ed25519 key of 32 seed bytes); kept in the store and
 * printed. */
typedef struct checkpoint {
  id checkpoint_id;
  instant at;
  str body;
  uint8_t signature[64];
  uint8_t public_key[32];
} checkpoint;
status ledger_seal(ctx *c, db *d, const uint8_t seed[static 32], checkpoint *out);
/* Newest first, older than `before` (0: from the newest). */
status ledger_checkpoints(ctx *c, db *d, id before, size_t max, checkpoint **out, size_t *count);
status ledger_check_seal(ctx *c, db *d, const checkpoint *seal, str *violation);

#endif
