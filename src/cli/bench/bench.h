/* bench.h - what the benchmarks share: a market of their own in a temporary store, its server on a
 * thread, several runs with the floor in between, medians. Private to bench/. */
#ifndef TAEL_BENCH_BENCH_H
#define TAEL_BENCH_BENCH_H

#include "cli/bench/load.h"
#include "cli/bench/measure.h"
#include "cli/cli.h"
#include <pthread.h>

enum { BENCH_RUNS_MAX = 31 };

typedef struct bench {
  cli *cli;
  ctx *ctx;
  app *app;
  http *http;
  pthread_t server;
  const char *folder; /* where the store and the floor's file lie */
  measure_store store;
  str key; /* API key of the operator */
  market market;
  int64_t connections, seconds, runs, accounts, buyers, seed;
  rng *rng;
  bool is_floor; /* the load runs against the floor: nothing that can be used once is used up */
} bench;

status bench_open(cli *self, bench *b);
void bench_close(bench *b);

typedef struct bench_result {
  int64_t rate, floor, p50_us, p99_us, rate_min, rate_max;
  int64_t ratio, ratio_min, ratio_max; /* thousandths: of each run to the floor's run before it */
  int64_t server_ns, floor_ns;         /* processor time for one answer, without the load's own */
  load_result last;
  int64_t max_us, starved;  /* the longest and the connections that got nothing, of all runs */
  int64_t answered;         /* with success, in all runs */
  int64_t commands, groups; /* of the engine, in all runs */
  db_work work;
  bool is_printed; /* the benchmark has other figures and printed them itself */
} bench_result;
/* Alternates runs of the program and of the floor under the same load; medians. */
status bench_measure(bench *b, const load_plan *plan, size_t answer_bytes, bench_result *out);
/* What the engine and the store did since `before`, added to the result. */
void bench_add_work(const bench *b, const engine_health *before, bench_result *out);
/* One HTTP request as text; returns its length. `key_id` empty: no Idempotency-Key. */
size_t bench_post(const bench *b, const char *path, str key, str idempotency, str body,
                  char into[static LOAD_REQUEST_MAX]);

status bench_transfers(bench *b, bench_result *out);
status bench_checkout(bench *b, bench_result *out);
status bench_binary(bench *b, bench_result *out);
void bench_write_id(char *to, id128 value); /* 32 hex digits, no zero behind them */
status bench_overload(bench *b, bench_result *out);
status bench_open_accounts(bench *b, char (*names)[ID_TEXT_MAX]); /* b->accounts of them */

#endif
