/* test_model.h - an independent, slow and obviously right interpreter of the ledger's rules, and a
 * generator of transfers that meet all of them. Each rule is a question of its own, asked in the
 * order of result.h; state is copied whole to be undone. Shares no code with apply.c. For tests
 * only. */
#ifndef TAEL_LEDGER_TEST_MODEL_H
#define TAEL_LEDGER_TEST_MODEL_H

#include "base/testing.h"
#include "ledger/chart.h"
#include "ledger/ledger.h"

enum { MODEL_ACCOUNTS = 9, MODEL_TRANSFERS = 256, MODEL_BATCH = 8 };

typedef struct model_transfer {
  transfer t;
  bool is_hold, is_reversed;
  hold_state state;
  instant expires_at;
  int64_t posted;
} model_transfer;

typedef struct model {
  int64_t world; /* ids of one world are not those of another */
  account accounts[MODEL_ACCOUNTS];
  model_transfer transfers[MODEL_TRANSFERS];
  size_t count;
} model;

void model_open(model *m, int64_t world);
const model_transfer *model_find(const model *m, id128 wanted);
size_t model_apply(model *m, const book_env *env, const transfer *in, size_t count,
                   ledger_result *results);

/* Up to MODEL_BATCH transfers: mostly sensible, often refused, sometimes absurd. */
size_t model_generate(const model *m, rng *r, transfer out[static MODEL_BATCH]);
/* Now and then an account is frozen, thawed or trusted with more: the account, else NULL. */
const account *model_change(model *m, rng *r);
book_env model_env(rng *r, instant *clock);

#endif
