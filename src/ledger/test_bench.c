/* test_bench.c - how many transfers a second the pure apply takes, chain and store left out: groups
 * of 8,192 over a hundred thousand accounts with floors, ordered ids. Printed, never judged. */
#include "ledger/book.h"
#include "ledger/test_ledger.h"
#include "ledger/chart.h"

#include <stdio.h>
#include <time.h>

enum { BENCH_ACCOUNTS = 100000, BENCH_GROUP = 8192, BENCH_GROUPS = 400 };

static int64_t nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void run_bench(void) {
  static transfer in[BENCH_GROUP];
  static ledger_result results[BENCH_GROUP];
  arena *a = arena_open(1 << 20);
  rng *r = rng_open(a, 7);
  book *b = book_open(BENCH_ACCOUNTS);
  for (id i = 1; i <= BENCH_ACCOUNTS; i++) {
    book_put_account(b, &(account){.account_id = i,
                                   .entity = 1,
                                   .owner = i,
                                   .asset = 156,
                                   .code = CODE_WALLET,
                                   .flags = ACCOUNT_NO_DEBIT_BALANCE,
                                   .credits_posted = INT64_C(1) << 40});
  }
  int64_t spent = 0;
  size_t accepted = 0;
  for (uint64_t g = 0; g < BENCH_GROUPS; g++) {
    for (uint64_t i = 0; i < BENCH_GROUP; i++) {
      id debit = 1 + (id)rng_below(r, BENCH_ACCOUNTS);
      in[i] = (transfer){.id = {i, g + 1},
                         .debit_account = debit,
                         .amount = 1,
                         .code = 1,
                         .credit_account = debit % BENCH_ACCOUNTS + 1};
    }
    book_env env = {.engine_time = (instant)((g + 1) * BENCH_GROUP * 2), .business_date = 1};
    book_mark start = book_here(b);
    int64_t from = nanoseconds();
    accepted += book_apply(b, &env, in, BENCH_GROUP, results);
    spent += nanoseconds() - from;
    book_revert(b, start); /* stands for the flush, which needs a store */
    book_clean(b);
  }
  printf("{\"bench\":\"ledger-apply\",\"rate\":%lld,\"accepted\":%zu}\n",
         (long long)(accepted * INT64_C(1000000000) / (uint64_t)spent), accepted);
  book_close(b);
  arena_close(a);
}
