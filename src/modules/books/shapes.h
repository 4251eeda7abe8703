/* shapes.h - the wire's structs of the books module; private to its folder. */
#ifndef TAEL_BOOKS_SHAPES_H
#define TAEL_BOOKS_SHAPES_H

#include "modules/books/books.h"

typedef struct account_out {
  id account, tenant, entity, owner;
  int64_t asset, code;
  str name;
  bool no_debit_balance, no_credit_balance, striped, frozen, closed;
  int64_t allowance, debits_posted, credits_posted, debits_pending, credits_pending, balance,
      available;
  instant opened_at;
} account_out;
typedef struct transfer_out {
  id128 id;
  id debit_account, credit_account;
  int64_t amount;
  id128 pending_id;
  int kind;
  bool linked;
  int64_t timeout_s, code;
  str reason;
  int64_t ref, asset;
  id command;
  instant time;
  date business_date;
  int64_t lane, sequence;
} transfer_out;
typedef struct bulk_in {
  int mode;
  field_array transfers;
} bulk_in;
typedef struct bulk_result {
  int64_t index;
  id128 id;
  str result, detail;
} bulk_result;
typedef struct bulk_out {
  int64_t accepted;
  field_array results;
} bulk_out;
typedef struct reverse_in {
  id128 id;
} reverse_in;
typedef struct balance_out {
  id account;
  instant at;
  int64_t debits_posted, credits_posted, debits_pending, credits_pending, balance;
} balance_out;
typedef struct line_out {
  transfer_out transfer;
  int side;
  int64_t balance_after;
} line_out;
typedef struct trial_out {
  id entity;
  int64_t code;
  str name, name_zh;
  str account_class;
  int64_t asset, accounts, debits, credits, balance;
} trial_out;
typedef struct chart_out {
  int64_t code;
  str name, name_zh, account_class;
  bool safeguarded;
} chart_out;
typedef struct period_in {
  id entity;
  date through;
} period_in;
typedef struct checkpoint_out {
  id checkpoint;
  instant at;
  str body, signature, public_key;
} checkpoint_out;
typedef struct account_query {
  int64_t limit;
  str after;
  id owner;
} account_query;
typedef struct at_query {
  instant at;
} at_query;
typedef struct statement_query {
  int64_t limit;
  str after;
  bool forward;
} statement_query;
typedef struct trial_query {
  int64_t limit;
  str after;
  id entity;
} trial_query;

extern const shape account_in_shape, account_shape, transfer_in_shape, transfer_shape,
    accepted_shape, bulk_in_shape, bulk_out_shape, reverse_in_shape, balance_shape, line_shape,
    trial_shape, chart_shape, period_in_shape, account_query_shape, at_query_shape,
    statement_query_shape, trial_query_shape, page_query_shape, checkpoint_shape;

void books_account_out(const account *a, account_out *out);
void books_checkpoint_out(arena *a, const checkpoint *seal, checkpoint_out *out);
void books_transfer_out(const transfer *t, transfer_out *out);
const char *books_class_name(account_class class_);

#endif
