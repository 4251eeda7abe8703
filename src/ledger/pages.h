/* pages.h - private: the history on SQLite. Records lie packed in the order they were accepted, up
 * to PAGE_RECORDS of them in one row that fills a page of the file. A record's place is its
 * position: 1, 2, 3 ... over all lanes of the store. Beside each record lie its links: where the
 * debit and the credit account had their entry before this one, so that an account's history is a
 * chain that is walked backwards, with a mark (a stored balance) at every MARK_ENTRIES-th entry to
 * start from.
 *
 * A page is written once and never changed; the hash chain is over the records, not over pages. */
#ifndef TAEL_LEDGER_PAGES_H
#define TAEL_LEDGER_PAGES_H

#include "ledger/book.h"

enum { PAGE_RECORDS = 26, MARK_ENTRIES = 256 };

typedef struct record_links {
  int64_t debit_before, credit_before; /* positions; 0: the first entry of the account's stripe */
  int64_t held;                        /* of a transfer that ends a hold: what was held */
} record_links;
enum { LINK_BYTES = 24, PAGE_ITEM_BYTES = TRANSFER_RECORD_BYTES + LINK_BYTES };
_Static_assert(sizeof(record_links) == LINK_BYTES, "links are stored as they lie");

typedef struct paged { /* a record with its place */
  transfer t;
  record_links links;
  int64_t position;
} paged;

/* --- writing: an append of `count` <= PAGE_RECORDS records; `head` is the chain's after the last
 * -- */
typedef struct page_body {
  uint8_t bytes[PAGE_RECORDS * PAGE_ITEM_BYTES];
  size_t count;
} page_body;
void page_add(page_body *p, const transfer *t, const record_links *links);
status page_write(ctx *c, db *d, int64_t first, const page_body *p, const sha256 *head);

/* --- reading ---------------------------------------------------------------------------------- */
status pages_end(ctx *c, db *d, int64_t *last); /* the newest position in this snapshot; 0: none */
/* The record at a position; the page is kept in `p` (all zero at first) for neighbours. E_STORE
 * when it is not there or can't be read. */
typedef struct page_at {
  int64_t first;
  page_body body;
} page_at;
status page_record(ctx *c, db *d, page_at *p, int64_t position, paged *out);
/* The records of one row of ledger_page; false: its bytes are no page. */
bool page_decode(int64_t first, str body, paged out[static PAGE_RECORDS], size_t *count);
/* Where the page that holds a position ends, and the chain's head there. 0: no page. */
status page_end(ctx *c, db *d, int64_t position, int64_t *end, sha256 *head);
/* The position of (lane, sequence); 0: none. */
status page_position(ctx *c, db *d, uint16_t lane, int64_t sequence, int64_t *position);
/* Every record from `after` + 1 to `last`, in order; stops at the first status that is not OK. */
typedef status (*page_visit)(ctx *c, db *d, void *arg, const paged *records, size_t count);
status pages_each(ctx *c, db *d, int64_t after, int64_t last, page_visit visit, void *arg);

/* --- what a record does to one of its accounts ------------------------------------------------ */
typedef enum side { SIDE_DEBIT, SIDE_CREDIT } side;
void entry_apply(balance *b, const paged *r, side s);
void entry_undo(balance *b, const paged *r, side s);
static inline int64_t entry_before(const paged *r, side s) {
  return s == SIDE_DEBIT ? r->links.debit_before : r->links.credit_before;
}
static inline id entry_account(const paged *r, side s) {
  return s == SIDE_DEBIT ? r->t.debit_account : r->t.credit_account;
}

#endif
