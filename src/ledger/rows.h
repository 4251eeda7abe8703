/* rows.h - private to the ledger's SQL files: ids as sortable bytes, transfers read from rows, and
 * look-ups of many keys in chunks of fixed size, so that few statements are prepared. */
#ifndef TAEL_LEDGER_ROWS_H
#define TAEL_LEDGER_ROWS_H

#include "ledger/book.h"

enum { ID128_BYTES = 16 };

typedef struct id_bytes {
  uint8_t at[ID128_BYTES];
} id_bytes; /* big-endian: sorts as the number does */
id_bytes id_to_bytes(id128 value);
id128 id_from_bytes(str bytes); /* zero when it is not 16 bytes: NULL reads as none */

/* Parameter lists for the three chunk sizes. */
#define IN_1 "(?1)"
#define IN_8 "(?1,?2,?3,?4,?5,?6,?7,?8)"
#define IN_64                                                                        \
  "(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22," \
  "?23,?24,?25,?26,?27,?28,?29,?30,?31,?32,?33,?34,?35,?36,?37,?38,?39,?40,?41,?42," \
  "?43,?44,?45,?46,?47,?48,?49,?50,?51,?52,?53,?54,?55,?56,?57,?58,?59,?60,?61,?62,?63,?64)"
#define IN_CHUNKS(before, after) \
  { before IN_1 after, before IN_8 after, before IN_64 after }
typedef struct in_chunks {
  const char *sql[3];
} in_chunks;

/* Runs the smallest chunk that takes `count` keys, at most 64, and returns in *used how many it
 * took. */
status select_chunk(ctx *c, db *d, db_rows **rows, const in_chunks *q, const db_value *keys,
                    size_t count, size_t *used);

/* Columns in the order of TRANSFER_COLUMNS, from column `first`; time, lane, sequence are not in
 * them. */
#define TRANSFER_COLUMNS                                                                     \
  "t.id, t.debit, t.credit, t.amount, t.asset, t.code, t.flags, t.pending_id, t.timeout_s, " \
  "t.entity, t.command, t.ref, t.business_date"
enum { TRANSFER_COLUMN_COUNT = 13 };
transfer transfer_from_row(const db_rows *rows);

/* A record as stored; E_STORE names the place when it is not 128 bytes of version 1. */
status record_from_row(ctx *c, str bytes, transfer *out);

/* A sum that may pass 64 bits, as two columns that can't: of the upper and of the lower halves. */
#define SUM_OF(column) \
  "coalesce(sum(" column " >> 32), 0), coalesce(sum(" column " & 4294967295), 0)"
/* All four of balances b, at eight columns. */
#define BALANCE_SUMS        \
  SUM_OF("b.debits_posted") \
  ", " SUM_OF("b.credits_posted") ", " SUM_OF("b.debits_pending") ", " SUM_OF("b.credits_pending")
int128 sum_from_row(const db_rows *rows, int column); /* of SUM_OF's first column */

/* The nine columns of ledger_account from account_id to opened_at; balances stay zero. */
account attributes_from_row(const db_rows *rows);

status count_from_rows(ctx *c, db_rows *rows, int64_t *out); /* of a select count(*); ends it */
status rows_hold_of(ctx *c, db *d, const transfer *record, hold *out); /* state 0: it is none */
bool balance_add(balance *sum, const balance *b); /* false: beyond 64 bits; `sum` is of no use */
status stripes_beyond(ctx *c);                    /* the fault of it */

/* Twice the room when `items` are full; arena memory goes with the request. */
void *more_room(arena *a, const void *items, size_t count, size_t size, size_t *room);

static inline int64_t stripe_of(const account *a, uint16_t lane) {
  return a->flags & ACCOUNT_STRIPED ? (int64_t)lane + 1 : 0;
}

#endif
