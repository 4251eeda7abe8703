/* batch.h - batches of binary records: routes' handlers and their commands; private to its folder.
 */
#ifndef TAEL_BOOKS_BATCH_H
#define TAEL_BOOKS_BATCH_H

#include "modules/books/commands.h"

extern const shape transfer_records, result_records, account_records, transfer_id_records,
    account_id_records;

status books_prepare_batch(ctx *c, const request *r, command *cmd, void **out);
status books_prepare_accounts(ctx *c, const request *r, command *cmd, void **out);
status books_lookup_transfers(ctx *c, const request *r, db *d, void *out);
status books_lookup_accounts(ctx *c, const request *r, db *d, void *out);

#endif
