/* commands.h - the states of the books module's commands; private to its folder. */
#ifndef TAEL_BOOKS_COMMANDS_H
#define TAEL_BOOKS_COMMANDS_H

#include "modules/books/shapes.h"

typedef struct post_state {
  transfer *transfers;
  size_t count;
  bool many, atomic;    /* single: many = false */
  transfer_out *single; /* the answer of a single one */
  bulk_out *bulk;       /* the answer of many */
} post_state;
typedef struct reverse_state {
  id128 original, reversal;
  transfer record;
  transfer_out *out;
} reverse_state;
typedef struct period_state {
  period_in in;
  date before;
  period_in *out;
} period_state;

/* books.c: an account the caller's tenant may post to; one that is not loaded or not there is the
 * ledger's to refuse. */
bool books_may_post(const tx *t, id account_id);
/* Everything that applying them may touch. */
void books_need_transfers(tx *t, const transfer *transfers, size_t count);
/* api.c: E_NOT_FOUND for those of other tenants too. */
status books_visible_account(ctx *c, const request *r, db *d, id account_id, account *out);

extern const command_type books_post, books_reverse, books_close_period;

/* checkpoint.c */
extern const job_type books_seal_job;
status books_prepare_seal(ctx *c, const request *r, command *cmd, void **out);
status books_list_seals(ctx *c, const request *r, db *d, void *out);

#endif
