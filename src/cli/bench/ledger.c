/* ledger.c - `tael bench ledger`: the engine and the ledger without HTTP. Batches of transfers with
 * ids of their own between accounts with floors, each durable before its answer; runs of the floor
 * and of the program in turn, medians. `tael bench floor` is the floor alone. */
#include "cli/bench/bench.h"
#include "cli/bench/crowd.h"
#include <stdlib.h>

enum { WARM_PARTS = 5 }; /* a fifth of a run beforehand */

typedef struct ledger_bench {
  cli *cli;
  crowd_plan plan;
  crowd crowd;
  int64_t transfers, runs;
  int64_t rate[BENCH_RUNS_MAX], floor[BENCH_RUNS_MAX], ratio[BENCH_RUNS_MAX];
  int64_t p50[BENCH_RUNS_MAX], p99[BENCH_RUNS_MAX];
} ledger_bench;

static status run_all(ledger_bench *b) {
  crowd_run warm, run, bare;
  TRY(crowd_open(b->cli->ctx, &b->plan, &b->crowd));
  TRY(crowd_post(&b->crowd, b->transfers / WARM_PARTS + 1, &warm));
  for (int64_t i = 0; i < b->runs; i++) {
    TRY(crowd_floor(b->cli->ctx, &b->plan, b->transfers, &bare));
    b->floor[i] = bare.rate;
    TRY(crowd_post(&b->crowd, b->transfers, &run));
    b->rate[i] = run.rate;
    b->ratio[i] = run.rate * 1000 / b->floor[i];
    b->p50[i] = run.p50_us;
    b->p99[i] = run.p99_us;
  }
  return OK;
}

static void print(ledger_bench *b, const char *name) {
  int64_t n = b->runs, rate = measure_median(b->rate, (size_t)n), lowest = b->rate[0],
          most = b->rate[n - 1];
  measure_memory m = measure_resident();
  fprintf(b->cli->out,
          cli_switch(b->cli, "json")
              ? "{\"bench\":\"%s\",\"rate\":%lld,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"floor\":%lld,"
                "\"floor_ratio\":%.3f,\"rate_min\":%lld,\"rate_max\":%lld,\"runs\":%lld,"
                "\"batch\":%lld,\"accounts\":%lld,\"clients\":%lld,\"hot\":%lld,"
                "\"transfers\":%lld,\"resident_mib\":%lld,\"load_mib\":%lld}\n"
              : "%s: %lld transfers/s, a batch p50 %.2f, p99 %.2f ms; floor %lld/s, ratio %.2f; "
                "from %lld to %lld over %lld runs; batch %lld, %lld accounts, %lld clients, "
                "%lld%% on ten; %lld a run; %lld MiB resident, %lld of them the load's\n",
          name, (long long)rate, (double)measure_median(b->p50, (size_t)n) / 1000,
          (double)measure_median(b->p99, (size_t)n) / 1000,
          (long long)measure_median(b->floor, (size_t)n),
          (double)measure_median(b->ratio, (size_t)n) / 1000, (long long)lowest, (long long)most,
          (long long)n, (long long)b->plan.batch, (long long)b->plan.accounts,
          (long long)b->plan.clients, (long long)b->plan.hot_percent, (long long)b->transfers,
          (long long)m.resident_kib >> 10, (long long)crowd_bytes(&b->plan) >> 20);
}

static status read_options(ledger_bench *b) {
  TRY(crowd_read_plan(b->cli, &b->plan));
  if (cli_int(b->cli, "transfers", 1, INT64_C(2000000000), &b->transfers) &&
      cli_int(b->cli, "runs", 1, BENCH_RUNS_MAX, &b->runs))
    return OK;
  return fail(b->cli->ctx, E_MALFORMED, "An option is out of range.");
}

static status measure_ledger(ledger_bench *b) {
  measure_store store;
  TRY(read_options(b));
  TRY(measure_store_make(b->cli, &store));
  b->plan.url = store.url;
  status s = run_all(b);
  if (s == OK) print(b, "ledger");
  crowd_close(&b->crowd);
  measure_store_remove(&store);
  return s;
}

/* The floor is its own floor. */
static status measure_floor(ledger_bench *b) {
  TRY(read_options(b));
  TRY(measure_refuse_memory(b->cli->ctx, b->plan.folder));
  for (int64_t i = 0; i < b->runs; i++) {
    crowd_run bare;
    TRY(crowd_floor(b->cli->ctx, &b->plan, b->transfers, &bare));
    b->rate[i] = b->floor[i] = bare.rate;
    b->ratio[i] = 1000;
    b->p50[i] = bare.p50_us;
    b->p99[i] = bare.p99_us;
  }
  print(b, "floor");
  return OK;
}

static status with_memory(cli *self, status (*run)(ledger_bench *b)) {
  ledger_bench *b = measure_room(1, sizeof *b);
  b->cli = self;
  status s = run(b);
  free(b);
  return s;
}

status bench_ledger(cli *self) { return with_memory(self, measure_ledger); }
status bench_floor(cli *self) { return with_memory(self, measure_floor); }
