/* frames.h - the binary bodies of the books module, read and written as pure bytes; private to its
 * folder and to its tests. A body is fixed-size little-endian records and nothing else; their
 * layout, byte by byte, is lib/tael.h's and docs/design/0005-binary-batches.md's.
 *
 *   transfers     n x 128   the ledger's own frozen record (ledger_encode)
 *   results       16 + 8 x listed: version, 0, count, accepted, listed; then index and result
 *                         number of each transfer that was not newly accepted
 *   accounts      n x 128
 *   transfer ids  n x 16
 *   account ids   n x 8
 *
 * Reading refuses, with the record's place, whatever a record must not say: another version, a set
 * reserved byte, a member that only the server sets. It takes memory once for a whole body. */
#ifndef TAEL_BOOKS_FRAMES_H
#define TAEL_BOOKS_FRAMES_H

#include "modules/books/books.h"

enum {
  FRAME_RECORDS_MAX = 8192, /* 1 MiB of records: the largest body */
  ACCOUNT_RECORD_BYTES = 128,
  ACCOUNT_RECORD_VERSION = 1,
  RESULTS_VERSION = 1,
  RESULTS_HEAD_BYTES = 16,
  RESULT_BYTES = 8,
};

/* 1 to FRAME_RECORDS_MAX of them, in c's arena. E_MALFORMED names the member: "/17/version". */
status frame_read_transfers(ctx *c, str body, transfer **out, size_t *count);
status frame_read_accounts(ctx *c, str body, account_in **out, size_t *count);
status frame_read_transfer_ids(ctx *c, str body, id128 **out, size_t *count);
status frame_read_account_ids(ctx *c, str body, id **out, size_t *count);

str frame_results(arena *a, const ledger_result *results, size_t count, size_t accepted);
void frame_write_account(const account *a, uint8_t out[static ACCOUNT_RECORD_BYTES]);
uint32_t frame_result_number(ledger_result r); /* on the wire, for ever */

#endif
