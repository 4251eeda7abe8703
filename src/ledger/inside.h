/* inside.h - what a book is made of, private to the ledger: book.c keeps it, apply.c changes it by
 * the rules, store.c loads and writes it. Every change since the last flush is in the undo log,
 * newest last, as the value before, so that reverting is copying back. */
#ifndef TAEL_LEDGER_INSIDE_H
#define TAEL_LEDGER_INSIDE_H

#include "base/hash.h"
#include "ledger/book.h"
#include "ledger/pages.h"
#include "ledger/table.h"

enum dirty { DIRTY_BALANCE = 1, DIRTY_ATTRIBUTES = 2, DIRTY_NEW = 4 };

typedef struct account_slot {
  account a;
  uint8_t dirty;         /* enum dirty: what the flush writes */
  bool live;             /* false: the slot is free */
  bool recent;           /* used since the trimming hand last passed */
  bool has_row;          /* packed store: in ledger_settled, of this stripe */
  bool unswept;          /* packed store: newer than its row, which follows in a later group */
  int64_t last_position; /* packed store: of its newest entry, 0: none */
  int64_t entries;       /* packed store: how many it has */
} account_slot;

typedef struct hold_slot {
  hold h;
  bool dirty;
  bool stored; /* the store has a row of it */
} hold_slot;

enum {
  SWEEP_RECORDS = 1 << 22
}; /* a sweep begins when the tail is this long, and is over in half */

/* What a book over a packed store knows besides: where the history ends, which ids are taken, and
 * how far the rows of balances have followed. */
typedef struct packed {
  bool synced; /* accounts hold the tail of lane `lane` */
  uint16_t lane;
  int64_t position;      /* of the newest record stored; those of the group at hand follow */
  struct ids *index;     /* id -> position, over all history; NULL: not opened yet */
  struct chainer *chain; /* NULL: not needed yet */
  sha256 head;           /* of the lane, as flushed */
  pool unswept;          /* account_slot *: balances newer than their rows */
  int64_t sweep_records; /* how long the tail grows before a sweep */
  struct sweep {
    bool is_running;
    account_slot **slots; /* by id: what this sweep writes */
    size_t count;
    size_t done;    /* of them, in committed groups */
    size_t written; /* done, and those written in the group at hand */
    int64_t from;   /* the position at which it began */
    int64_t swept;  /* rows hold every entry up to here */
  } sweep;
} packed;

/* An accepted transfer with both accounts' balances just after it. */
typedef struct kept {
  transfer t;
  account_slot *debit, *credit;
  balance debit_after, credit_after;
  record_links links;                    /* packed store */
  int64_t debit_entries, credit_entries; /* packed store: how many each has with this one */
} kept;

typedef enum undo_kind {
  UNDO_ACCOUNT,
  UNDO_OPEN,
  UNDO_HOLD,
  UNDO_NEW_HOLD,
  UNDO_REVERSED,
  UNDO_KEPT
} undo_kind;

typedef struct undo {
  undo_kind kind;
  uint8_t dirty;
  uint16_t flags;
  void *slot; /* account_slot or hold_slot */
  union {
    struct {
      balance was;
      int64_t allowance;
      instant last_time;
      int64_t last_position, entries;
    } account;
    struct {
      instant expires_at;
      int64_t posted;
      hold_state state;
    } hold;
    id128 id;
  } u;
} undo;

struct book {
  map *accounts;     /* account id -> account_slot */
  pool account_pool; /* account_slot */
  account_slot **spare;
  size_t spare_count, spare_room, hand, cap;
  table owners;      /* (owner, code, asset) -> account id, as stored */
  table opened;      /* the same, of accounts opened in this group */
  pool dirty;        /* account_slot *, each once or more, in the order first touched */
  table ids;         /* id -> place: index * 2 in kept, index * 2 + 1 in stored */
  pool kept, stored; /* kept; transfer */
  size_t flushed;    /* how many of kept are written */
  table holds;       /* id -> index in hold_pool */
  pool hold_pool;    /* hold_slot */
  table reversed;    /* ids of reversed transfers */
  pool undo;
  int64_t accepted; /* since the book was opened, less what was reverted */
  instant time;     /* last engine time stamped */
  packed packed;    /* the rest is for a packed store: packed.h */
};

account_slot *book_slot(const book *b, id account_id); /* NULL: not loaded */
hold_slot *book_hold_slot(const book *b, id128 pending_id);
void book_save_account(book *b, account_slot *s,
                       uint8_t dirty); /* before a change: undo entry and dirty mark */
void book_save_hold(book *b, hold_slot *s);
void book_add_hold(book *b, const hold *made);
void book_keep(book *b, const transfer *t, account_slot *debit, account_slot *credit);
void book_mark_reversed(book *b, id128 original);
id128 book_owner_key(id owner, uint16_t code, uint32_t asset_number);
void book_forget_work(book *b); /* kept, holds, ids, undo; balances stay as they are */
void book_forget_accounts(book *b);
void book_evict(book *b, id account_id); /* a clean account; nothing when it is not held */
balance balance_of(const account *a);

#endif
