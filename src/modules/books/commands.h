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

extern const command_type books_post, books_reverse, books_close_period;

/* checkpoint.c */
extern const job_type books_seal_job;
status books_prepare_seal(ctx *c, const request *r, command *cmd, void **out);
status books_list_seals(ctx *c, const request *r, db *d, void *out);

#endif
