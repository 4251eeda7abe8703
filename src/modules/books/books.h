/* books.h - the ledger for programs and accountants: open accounts, post transfers one by one or in
 * bulk, read balances (also as of a past moment), statements, the trial balance; close periods;
 * seal checkpoints. It has no tables of its own: all it shows is the ledger.
 *
 * A program may post only between accounts that it or its tenant opened here (chart code 9901): the
 * accounts of payments, stock and settlement move through their own modules alone. */
#ifndef TAEL_BOOKS_H
#define TAEL_BOOKS_H

#include "http/http.h"
#include "modules/identity/identity.h"

extern const module books_module;

enum { BULK_TRANSFERS_MAX = 8192 };

typedef enum transfer_kind {
  KIND_TRANSFER,
  KIND_PENDING,
  KIND_POST,
  KIND_VOID,
  KIND_BALANCING_DEBIT,
  KIND_BALANCING_CREDIT,
  KIND_CLOSING_DEBIT,
  KIND_CLOSING_CREDIT,
  KIND_REVERSAL
} transfer_kind;

typedef struct transfer_in { /* what a caller may choose */
  id128 id;
  id debit_account, credit_account;
  int64_t amount;
  id128 pending_id;
  int kind;
  bool linked;
  int64_t timeout_s, code, ref;
} transfer_in;

/* The record's flags for a kind. */
uint16_t books_flags(int kind, bool linked);

/* In-process: opens an account of chart code 9901 for a tenant. */
typedef struct account_in {
  id owner;
  int64_t asset;
  bool no_debit_balance, no_credit_balance, striped;
  int64_t allowance;
} account_in;
typedef struct open_state {
  account_in in;
  id tenant, entity;
  id account_id;
  bool asset_found;
  struct account_out *out;
} open_state;
extern const command_type books_open_account;

/* Signs all lane heads; kept in the store, to be kept elsewhere too: what was sealed can't be cut
 * off or rewritten unseen. */
typedef struct seal_state {
  uint8_t seed[32];
  checkpoint seal;
  struct checkpoint_out *out;
} seal_state;
extern const command_type books_seal;
MUST_USE bool books_parse_checkpoint(arena *a, str json,
                                     checkpoint *out); /* as GET /v1/checkpoints gives one */

#endif
