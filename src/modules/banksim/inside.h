/* inside.h - what the bank simulator's files share; private to its folder. */
#ifndef TAEL_BANKSIM_INSIDE_H
#define TAEL_BANKSIM_INSIDE_H

#include "modules/banksim/banksim.h"

typedef struct bank_row {
  bool found;
  str attempt, original, reference, token;
  int kind, outcome, reported, method;
  int64_t amount, fee, instalments, returned, queries;
  uint32_t currency;
} bank_row;

typedef struct attempt_in {
  str attempt, account;
  int kind;
  int64_t amount;
  uint32_t currency;
  int method;
  str token;
  int64_t instalments;
  str original;
  instant at;
  date on;
} attempt_in;
typedef struct attempt_out {
  str attempt;
  int outcome;
  str channel_ref;
  int64_t amount, fee;
  str reason;
  bool again;
  int second;
} attempt_out;
typedef struct attempt_state {
  attempt_in in;
  bank_row row, original;
  bool is_new;
  attempt_out *out;
} attempt_state;
typedef struct query_state {
  str attempt;
  bank_row row;
} query_state;

extern const command_type bank_attempt, bank_query;

#endif
