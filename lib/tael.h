/* tael.h - libtael: a program's fast way to the ledger of a Tael server. Batches of fixed 128-byte
 * transfer records go out pipelined over a few HTTP connections; each answer says which transfers
 * of its batch were refused and why. Needs nothing but libc. Manual pages: tael(3).
 *
 * What it promises
 *   - A batch is one command of the server: when its outcome is TAEL_DONE, what was accepted is
 *     durable. Each transfer stands by itself, unless TAEL_LINKED chains it to the next.
 *   - A transfer's id is its key. A batch whose answer was lost is sent again by the library with
 *     the same ids; the server answers TAEL_RESULT_EXISTS for what it had accepted before and moves
 *     nothing twice. A program that was itself cut off does the same: keep the ids, submit again.
 *   - Memory is bounded: connections x depth batches, each copied when submitted.
 *
 * What it does not do
 *   - TLS: speak to a server on this machine or network, or put a proxy on loopback.
 *   - Threads: nothing happens behind the caller's back. Work is done inside tael_submit,
 *     tael_poll, tael_wait and the calls that wait; callbacks run inside those, on the same thread.
 *   - Order between batches: with several connections, or when the server asks for a pause, a later
 *     batch may be applied first. Wait for the first one when the order matters.
 *
 * Threads: a handle belongs to one thread at a time; several threads take a handle each. tael_id
 * and the functions that return texts may be called from any thread at any time. After fork(), the
 * child must not use its parent's handles.
 *
 * Units: amounts are whole minor units (cents, fen) of the account's asset; times are microseconds
 * since 1970-01-01 UTC; durations end in _ms. Machines: little-endian only, for now. */
#ifndef TAEL_H
#define TAEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <tael_result.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TAEL_VERSION "0.1.0"
#define TAEL_API __attribute__((visibility("default")))
#define TAEL_MUST_USE __attribute__((warn_unused_result))

enum {
  TAEL_BATCH_MAX = 8192, /* records in one call: 1 MiB */
  TAEL_RECORD_BYTES = 128,
  TAEL_RECORD_VERSION = 1,
};

/* --- identities ------------------------------------------------------------------------------- */
typedef struct tael_uid { /* 128 bits; all zero is not an id */
  uint64_t low, high;
} tael_uid;

/* A new id. The high half is 42 bits of real-clock milliseconds since 2010 and 22 random ones, so
 * that ids made later sort later and the server finds them fast; the low half starts at random in
 * each millisecond and counts up. Strictly rising within a process, also when the clock steps back;
 * a child of fork() starts a line of its own. Two processes that make a million ids each in the
 * same millisecond meet with a chance below one in 2^60. Stops the process if the system has no
 * randomness to give. */
TAEL_API tael_uid tael_id(void);

enum { TAEL_UID_TEXT = 33 }; /* 32 hex digits, as the JSON API writes ids, and a zero */
TAEL_API void tael_uid_print(tael_uid id, char out[TAEL_UID_TEXT]);
TAEL_API TAEL_MUST_USE bool tael_uid_parse(const char *text, tael_uid *out); /* either case */

/* --- records ---------------------------------------------------------------------------------- */
typedef enum tael_transfer_flag {
  TAEL_LINKED = 1 << 0,  /* succeeds or fails with the next one of the batch */
  TAEL_PENDING = 1 << 1, /* a hold; timeout_s 0: does not expire by itself */
  TAEL_POST = 1 << 2,    /* ends hold pending_id: amount <= held (0: all), the rest is released */
  TAEL_VOID = 1 << 3,    /* ends hold pending_id: all released */
  TAEL_BALANCING_DEBIT = 1 << 4, /* amount is the most; takes what the debit account can give */
  TAEL_BALANCING_CREDIT = 1 << 5,
  TAEL_CLOSING_DEBIT = 1 << 6, /* with PENDING: closes the account until the hold is voided */
  TAEL_CLOSING_CREDIT = 1 << 7,
  TAEL_REVERSAL = 1 << 8, /* undoes posted transfer pending_id whole, once, accounts swapped */
} tael_transfer_flag;

/* The record as it lies on the wire. Members marked "set" are the server's: zero in a request, told
 * by a look-up. */
typedef struct tael_transfer {
  tael_uid id;            /*   0 chosen by the caller, unique over all history: tael_id() */
  int64_t debit_account;  /*  16 value leaves here; 0 for POST and VOID: the hold's */
  int64_t credit_account; /*  24 and arrives here */
  int64_t amount;         /*  32 > 0 (POST: 0 means the whole hold) */
  tael_uid pending_id;    /*  40 the hold to end or the transfer to reverse, else zero */
  int64_t time;           /*  56 set: when it was applied, strictly rising in a lane */
  int64_t command;        /*  64 set: the batch it came by */
  int64_t entity;         /*  72 set: the legal entity in whose books it is */
  int64_t ref;            /*  80 the caller's reference, as it likes */
  uint32_t asset;         /*  88 0: the accounts'; else it must be theirs */
  int32_t business_date;  /*  92 set: days since 1970-01-01 */
  uint32_t timeout_s;     /*  96 PENDING only: seconds until it is released */
  uint16_t code;          /* 100 why value moves, > 0 (POST and VOID: 0 means the hold's) */
  uint16_t flags;         /* 102 tael_transfer_flag */
  uint16_t version;       /* 104 0 or TAEL_RECORD_VERSION in a request */
  uint16_t lane;          /* 106 set: the chain it stands in */
  uint32_t reserved;      /* 108 0 */
  int64_t sequence;       /* 112 set: its place in the lane, from 1, without a gap */
  int64_t reserved2;      /* 120 0 */
} tael_transfer;

typedef enum tael_account_flag {
  TAEL_NO_DEBIT_BALANCE = 1 << 0,  /* debits may not exceed credits + allowance */
  TAEL_NO_CREDIT_BALANCE = 1 << 1, /* credits may not exceed debits + allowance */
  TAEL_STRIPED = 1 << 2,           /* a hot account on a server with several writers; no floor */
  TAEL_FROZEN = 1 << 3,            /* set: refuses new transfers */
  TAEL_CLOSED = 1 << 4,            /* set: closed by a closing transfer */
} tael_account_flag;

typedef struct tael_account {
  int64_t account;        /*   0 set: its id, to be named in transfers */
  int64_t tenant;         /*   8 set */
  int64_t entity;         /*  16 set */
  int64_t owner;          /*  24 a person's id: one account an asset; 0: a new account of its own */
  int64_t allowance;      /*  32 >= 0: how far past its floor it may go */
  int64_t opened_at;      /*  40 set */
  int64_t debits_posted;  /*  48 set, as the next three: balance = credits - debits */
  int64_t credits_posted; /*  56 */
  int64_t debits_pending; /*  64 holds */
  int64_t credits_pending; /* 72 */
  uint32_t asset;          /*  80 ISO 4217 number (156 CNY, 978 EUR) or a registered asset */
  uint16_t code;           /*  84 set: its place in the chart of accounts */
  uint16_t flags;          /*  86 tael_account_flag */
  uint16_t version;        /*  88 0 or TAEL_RECORD_VERSION in a request */
  uint16_t reserved[19];   /*  90 0 */
} tael_account;

/* --- errors ----------------------------------------------------------------------------------- */
/* X(name, number, was the batch applied?, sentence)
 * After an error marked "perhaps" the batch may or may not have been applied: submit it again with
 * the same ids, now or later, to learn it. After the others it was not. */
/* clang-format off */
#define TAEL_ERROR_TABLE(X)                                                                        \
  X(ARGUMENT, 1, "no", "The call is wrong: a missing pointer, a count of 0 or beyond the most, an "\
    "option out of range, or a call that waits from inside a callback.")                           \
  X(MEMORY, 2, "no", "There is no memory.")                                                        \
  X(FULL, 3, "no", "The pipeline is full; call tael_poll first.")                                  \
  X(CONNECT, 4, "no", "The server can't be reached.")                                              \
  X(TIMEOUT, 5, "perhaps", "No answer came in time.")                                              \
  X(CLOSED, 6, "perhaps", "The handle was closed before the answer came.")                         \
  X(PROTOCOL, 7, "perhaps", "The answer is not one of a Tael server of this version.")             \
  X(SERVER, 8, "perhaps", "The server failed; its log says why.")                                  \
  X(KEY, 9, "no", "The API key is missing, wrong or revoked.")                                     \
  X(SCOPE, 10, "no", "The API key lacks the scope for this call.")                                 \
  X(MALFORMED, 11, "no", "A record says what it must not; see the detail.")                        \
  X(REFUSED, 12, "no", "A rule refuses the call; see the detail.")
/* clang-format on */

typedef enum tael_error {
  TAEL_DONE = 0,
#define X(name, number, applied, sentence) TAEL_E_##name = number,
  TAEL_ERROR_TABLE(X)
#undef X
} tael_error;

TAEL_API const char *tael_error_text(tael_error error); /* a sentence; never NULL */
TAEL_API const char *tael_result_text(uint32_t result); /* a sentence; never NULL */
TAEL_API const char *tael_result_slug(uint32_t result); /* "exceeds_credits"; never NULL */
TAEL_API bool tael_result_succeeded(uint32_t result);   /* OK, or EXISTS: accepted before */

/* --- a connection to a server ----------------------------------------------------------------- */
typedef struct tael tael;

typedef struct tael_options { /* zero means the default in brackets */
  const char *address;        /* "HOST:PORT" or "http://HOST:PORT"; "[::1]:8080" for IPv6 */
  const char *key;            /* API key with the scopes ledger.write and ledger.read */
  unsigned connections;       /* 1..16 [2]; batches on different ones share the server's commits */
  unsigned depth;             /* batches sent ahead on each, 1..16 [2] */
  int connect_timeout_ms;     /* for tael_connect [5,000] */
  int timeout_ms;             /* for a batch, from its submission, resends included [60,000] */
} tael_options;

/* Opens the handle and its first connection; *out is set only by TAEL_DONE. Connections that break
 * later are opened again by themselves as long as a batch has time left. The options are copied. */
TAEL_API TAEL_MUST_USE tael_error tael_connect(const tael_options *options, tael **out);
/* Batches under way end with TAEL_E_CLOSED (their callbacks run); frees everything. NULL: nothing.
 */
TAEL_API void tael_close(tael *t);
/* What the server or the system said of the last failure of this handle; "" when there was none.
 * Valid until the next call with the handle. */
TAEL_API const char *tael_detail(const tael *t);

/* --- transfers -------------------------------------------------------------------------------- */
typedef struct tael_failure { /* a transfer of the batch that was not newly accepted */
  uint32_t index;             /* from 0 */
  uint32_t result;            /* tael_result; TAEL_RESULT_EXISTS is listed too */
} tael_failure;

typedef struct tael_outcome {
  uint64_t ticket;
  tael_error error;             /* TAEL_DONE: the numbers below are the server's word */
  uint32_t count, accepted;     /* of the batch; newly accepted by the answer received */
  const tael_failure *failures; /* by rising index; valid during the callback */
  size_t failure_count;         /* count = accepted + failure_count */
  const char *detail;           /* of an error; "" else; valid during the callback */
  unsigned sent;                /* how often it was sent: above 1, EXISTS may be its own doing */
} tael_outcome;

/* Called once for each submitted batch. It may submit and may call anything that does not wait. */
typedef void tael_done(const tael_outcome *outcome, void *arg);

/* Queues a batch of 1..TAEL_BATCH_MAX transfers and sends what can be sent. The records are copied.
 * While the pipeline is full it works like tael_poll until there is room, at most timeout_ms
 * (then TAEL_E_FULL: not queued), but not at all inside a callback. done may be NULL
 * when nobody wants to know. *ticket (may be NULL) names the batch for tael_wait. */
TAEL_API TAEL_MUST_USE tael_error tael_submit(tael *t, const tael_transfer *transfers, size_t count,
                                              tael_done *done, void *arg, uint64_t *ticket);

/* Sends, receives, reconnects and runs callbacks; waits up to timeout_ms (0: not at all, < 0:
 * without limit) for the first batch to end. Returns how many ended. */
TAEL_API size_t tael_poll(tael *t, int timeout_ms);

/* Waits until the batch of this ticket has ended and its callback has run (0: all batches).
 * TAEL_E_TIMEOUT after timeout_ms (< 0: without limit); the batch goes on. */
TAEL_API TAEL_MUST_USE tael_error tael_wait(tael *t, uint64_t ticket, int timeout_ms);

/* Batches that are queued or on their way. */
TAEL_API size_t tael_in_flight(const tael *t);

/* --- calls that wait for their answer --------------------------------------------------------- */
/* One batch: submits and waits. failures (room for `room`, may be NULL with 0) gets the first of
 * those listed; *failure_count (may be NULL) how many there are in all. */
TAEL_API TAEL_MUST_USE tael_error tael_transfers(tael *t, const tael_transfer *transfers,
                                                 size_t count, tael_failure *failures, size_t room,
                                                 size_t *failure_count);

/* Opens accounts, all or none: owner, allowance, asset and flags say which; on success the records
 * are overwritten with what was opened. `key` makes it safe to repeat: the same key and records
 * give the same accounts again, for seven days. Zero: one is made, and a repeat opens others. */
TAEL_API TAEL_MUST_USE tael_error tael_open_accounts(tael *t, tael_uid key, tael_account *accounts,
                                                     size_t count);

/* Looks up to TAEL_BATCH_MAX accounts or transfers up. `out` has room for count records and gets
 * those that exist and are the caller's to see, in the order asked; *found how many. */
TAEL_API TAEL_MUST_USE tael_error tael_lookup_accounts(tael *t, const int64_t *accounts,
                                                       size_t count, tael_account *out,
                                                       size_t *found);
TAEL_API TAEL_MUST_USE tael_error tael_lookup_transfers(tael *t, const tael_uid *ids, size_t count,
                                                        tael_transfer *out, size_t *found);

/* Accounts as the JSON API writes them ("acc_01h..."), to and from their numbers. */
enum { TAEL_ACCOUNT_TEXT = 20 };
TAEL_API void tael_account_print(int64_t account, char out[TAEL_ACCOUNT_TEXT]);
TAEL_API TAEL_MUST_USE bool tael_account_parse(const char *text, int64_t *out);

#ifdef __cplusplus
}
#endif

#endif
