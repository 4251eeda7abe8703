/* ledger.h - the double-entry ledger: what an account and a transfer are, and the pure rule that
 * applies transfers to accounts. No store here (book.h has it), no clock, no ids made.
 *
 * Semantics follow the field's best known rules (TigerBeetle's result codes and their precedence),
 * with one difference: a refused transfer does not burn its id.
 *
 * Invariants: every transfer moves one amount of one asset from a debit account to a credit account
 * of the same legal entity (INV-1, INV-2); records are never changed or removed (INV-4); available
 * >= -allowance on accounts that have a floor (INV-5); a hold ends once: posted in full or in part,
 * voided or expired (INV-6). */
#ifndef TAEL_LEDGER_H
#define TAEL_LEDGER_H

#include "base/base.h"

/* --- accounts --------------------------------------------------------------------------------- */
enum account_flag {
  ACCOUNT_NO_DEBIT_BALANCE =
      1 << 0, /* debits must not exceed credits + allowance: wallets, shelves, budgets */
  ACCOUNT_NO_CREDIT_BALANCE = 1 << 1, /* credits must not exceed debits + allowance */
  ACCOUNT_STRIPED = 1 << 2, /* a row per (account, lane); no floor, no balancing or closing
                               transfer; fixed when opened */
  ACCOUNT_FROZEN = 1 << 3,  /* refuses new transfers; holds may still end */
  ACCOUNT_CLOSED = 1 << 4,  /* set by a closing transfer, cleared when that hold is voided */
};

typedef struct account {
  id account_id;
  id tenant;         /* whose walls it stands in */
  id entity;         /* the legal entity whose books it is in */
  id owner;          /* the person, shop, campaign, warehouse, channel it belongs to */
  int64_t allowance; /* >= 0: how far below zero a floored account may go; adjustable */
  instant opened_at;
  uint32_t asset;
  uint16_t code;                         /* chart of accounts (chart.h) */
  uint16_t flags;                        /* account_flag */
  int64_t debits_posted, credits_posted; /* all >= 0 */
  int64_t debits_pending,
      credits_pending; /* of a striped account, in one lane: may be below zero */
  instant last_time;   /* engine time of its newest entry; the next one is later, whichever lane
                          writes it */
} account;

/* --- the record: 128 bytes, frozen at version 1 ----------------------------------------------- */
enum transfer_flag {
  TRANSFER_LINKED = 1 << 0,  /* succeeds or fails with the next one */
  TRANSFER_PENDING = 1 << 1, /* a hold; timeout_s = 0: does not expire by itself */
  TRANSFER_POST = 1 << 2,    /* ends hold pending_id: amount <= held, the rest is released */
  TRANSFER_VOID = 1 << 3,    /* ends hold pending_id: all released */
  TRANSFER_BALANCING_DEBIT = 1 << 4, /* amount is the most; takes what the debit account can give */
  TRANSFER_BALANCING_CREDIT = 1 << 5,
  TRANSFER_CLOSING_DEBIT = 1 << 6, /* with PENDING: closes the account until voided */
  TRANSFER_CLOSING_CREDIT = 1 << 7,
  TRANSFER_REVERSAL =
      1 << 8,               /* undoes posted transfer pending_id in full, once, accounts swapped */
  TRANSFER_EXPIRY = 1 << 9, /* made by the engine only: ends hold pending_id whose time has come */
};
enum { TRANSFER_AMOUNT_ALL = 0 }; /* POST with amount 0: the whole hold */

/* Members in record order; ledger_encode writes them little-endian without gaps. */
typedef struct transfer {
  id128 id;           /*   0 chosen by the caller; never zero, unique over all history */
  id debit_account;   /*  16 */
  id credit_account;  /*  24 */
  int64_t amount;     /*  32 > 0, minor units (POST: 0 means all) */
  id128 pending_id;   /*  40 the hold or the reversed transfer, else zero */
  instant time;       /*  56 engine time, strictly increasing in a lane; set when applied */
  id command;         /*  64 the command that caused it; set when applied */
  id entity;          /*  72 set when applied, from the accounts */
  int64_t ref;        /*  80 caller's reference: the order, payment, parcel it is about */
  uint32_t asset;     /*  88 0 on input: taken from the accounts */
  date business_date; /*  92 set when applied */
  uint32_t timeout_s; /*  96 PENDING only */
  uint16_t code;      /* 100 why: transfer_code in chart.h; > 0 */
  uint16_t flags;     /* 102 transfer_flag */
  uint16_t version;   /* 104 1 */
  uint16_t lane;      /* 106 set when applied */
  uint32_t reserved;  /* 108 0 */
  int64_t sequence;   /* 112 position in its lane from 1, gapless; set when flushed */
  int64_t reserved2;  /* 120 0 */
} transfer;
enum { TRANSFER_RECORD_BYTES = 128, TRANSFER_VERSION = 1 };
void ledger_encode(const transfer *t, uint8_t out[static TRANSFER_RECORD_BYTES]);
MUST_USE bool ledger_decode(const uint8_t record[static TRANSFER_RECORD_BYTES], transfer *out);

typedef enum hold_state { HOLD_OPEN = 1, HOLD_POSTED, HOLD_VOIDED, HOLD_EXPIRED } hold_state;
typedef struct hold {
  transfer record;    /* the pending transfer as recorded */
  instant expires_at; /* business time; 0: never (also while an outside attempt pins it) */
  int64_t posted;     /* how much of it moved when it ended */
  hold_state state;
} hold;

/* --- results, in order of precedence ---------------------------------------------------------- */
/* X(symbol, slug, status a command gets, sentence) - the full list is in result.h */
#include "ledger/result.h"

/* --- the pure apply
 * --------------------------------------------------------------------------------------- A book is
 * accounts, holds and ids held in memory: everything a batch touches must have been put in first
 * (store side: book.h). It remembers what was accepted since the last flush and can undo to a mark.
 */
typedef struct book book;
typedef struct book_env { /* what the engine stamps on accepted transfers */
  instant engine_time;    /* time of the first; each next gets +1 */
  instant now;            /* business time: expiry */
  date business_date;
  date closed_through; /* business dates at or before it refuse (period close) */
  id command;
  uint16_t lane;
} book_env;

book *
book_open(size_t cache_accounts); /* most clean accounts kept between groups; NULL: no memory */
void book_close(book *b);

void book_put_account(book *b, const account *loaded); /* as stored */
void book_new_account(book *b,
                      const account *opened); /* to be written at flush; undone by revert */
const account *book_account(const book *b, id account_id); /* NULL: not loaded */
/* Which accounts are flushed with new attributes (flags, allowance): same undo. The caller has
 * checked that account_available stays >= 0, and that ACCOUNT_STRIPED stays as it is. */
void book_change_account(book *b, id account_id, uint16_t flags, int64_t allowance);
void book_put_hold(book *b, const hold *loaded);
const hold *book_hold(const book *b, id128 pending_id);
void book_pin_hold(book *b, id128 pending_id, instant expires_at); /* 0: does not expire */
void book_put_existing(book *b,
                       const transfer *stored); /* an id that is taken, or one to be reversed */
void book_put_reversed(book *b, id128 original);
/* The transfer of this id as accepted (since the last flush) or as put in; NULL: not known to the
 * book. */
const transfer *book_transfer(const book *b, id128 transfer_id);

/* Applies count transfers in order; results[i] is set for each. Chains (LINKED) are all or nothing;
 * a chain that was accepted before answers LEDGER_EXISTS for each of its transfers. Returns how
 * many were accepted now. Accepted ones are stamped and kept for the flush. Engine time is
 * env->engine_time or later: it never falls behind the newest entry of either account. */
size_t book_apply(book *b, const book_env *env, const transfer *in, size_t count,
                  ledger_result *results);

/* Undo to a mark: balances, holds, new accounts and kept transfers are as they were at the mark. */
typedef struct book_mark {
  size_t undo, transfers;
  int64_t sequence;
  instant time;
} book_mark; /* time: the last one stamped */
book_mark book_here(const book *b);
void book_revert(book *b, book_mark to);

/* Pure helpers. */
int64_t account_available(
    const account *a); /* what a floored account can still give, holds counted, allowance counted */
int64_t account_balance(const account *a);          /* credits - debits, posted */
const char *ledger_check_account(const account *a); /* NULL, or why it can't be opened */

#endif
