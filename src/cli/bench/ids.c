/* ids.c - the ledger's id index by itself: groups of fresh ids are looked up, added and sealed as a
 * group commit does it, with nothing else around. Prints what an id costs the writer over the whole
 * history and over its last tenth, how long the slowest groups took, what memory and files are
 * used, how long stored ids take to find and the index to open. */
#include "cli/bench/measure.h"
#include "cli/commands.h"
#include "ledger/ids.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SAMPLE = 200000, SAMPLE_BATCH = 1000 };

typedef struct ids_bench {
  cli *cli;
  ctx *ctx;
  ids *index;
  str folder;
  bool is_random;
  int64_t transfers, batch, done;
  uint64_t seed;
  id128 *keys;
  int64_t *found;
  int64_t *group_us; /* of every group */
  size_t groups;
} ids_bench;

/* The n-th id: a mix that has an inverse, so that no two are equal, or libtael's shape of rising
 * milliseconds with noise below. */
static id128 key_of(const ids_bench *b, int64_t n) {
  uint64_t mixed = measure_mix((uint64_t)n ^ b->seed);
  if (b->is_random) return (id128){.high = mixed, .low = measure_mix(mixed ^ b->seed)};
  return (id128){.high = (UINT64_C(1) << 62) + ((uint64_t)n << 12), .low = mixed};
}

static status run_group(ids_bench *b) {
  int64_t left = b->transfers - b->done;
  size_t count = (size_t)(left < b->batch ? left : b->batch);
  for (size_t i = 0; i < count; i++)
    b->keys[i] = key_of(b, b->done + (int64_t)i + 1);
  int64_t from = measure_ns();
  TRY(ids_find_many(b->ctx, b->index, b->keys, count, b->found));
  for (size_t i = 0; i < count; i++) {
    if (b->found[i] != 0) return fail(b->ctx, E_INTERNAL, "a fresh id was found");
  }
  ids_add_many(b->index, b->keys, count, b->done + 1);
  b->done += (int64_t)count;
  sha256 head = {{0}};
  ids_seal(b->index, &head);
  b->group_us[b->groups++] = (measure_ns() - from) / 1000;
  return OK;
}

/* Nanoseconds an id of those stored takes to be found, in batches. */
static status find_stored(ids_bench *b, int64_t *ns) {
  rng *r = rng_open(b->ctx->arena, b->seed);
  id128 *keys = ARENA_ARRAY(b->ctx->arena, id128, SAMPLE_BATCH);
  int64_t *wanted = ARENA_ARRAY(b->ctx->arena, int64_t, SAMPLE_BATCH);
  int64_t *got = ARENA_ARRAY(b->ctx->arena, int64_t, SAMPLE_BATCH), spent = 0;
  for (int round = 0; round < SAMPLE / SAMPLE_BATCH; round++) {
    for (int i = 0; i < SAMPLE_BATCH; i++) {
      wanted[i] = 1 + (int64_t)rng_below(r, (uint64_t)b->done);
      keys[i] = key_of(b, wanted[i]);
    }
    int64_t from = measure_ns();
    TRY(ids_find_many(b->ctx, b->index, keys, SAMPLE_BATCH, got));
    spent += measure_ns() - from;
    if (memcmp(got, wanted, SAMPLE_BATCH * sizeof *got) != 0)
      return fail(b->ctx, E_INTERNAL, "a stored id was not found in its place");
  }
  *ns = spent / SAMPLE;
  return OK;
}

static int64_t sum_of(const int64_t *values, size_t count) {
  int64_t sum = 0;
  for (size_t i = 0; i < count; i++)
    sum += values[i];
  return sum;
}

static void print(ids_bench *b, int64_t stored_ns, int64_t settle_ms, int64_t open_ms,
                  const ids_figures *f, measure_memory m) {
  size_t tail = b->groups / 10 > 0 ? b->groups / 10 : 1;
  int64_t all = sum_of(b->group_us, b->groups);
  int64_t last = sum_of(b->group_us + b->groups - tail, tail);
  double ns = (double)all * 1000 / (double)b->done;
  double last_ns = (double)last * 1000 / (double)((int64_t)tail * b->batch);
  measure_sort(b->group_us, b->groups);
  double p50 = (double)measure_at(b->group_us, b->groups, 500) / 1000;
  double p99 = (double)measure_at(b->group_us, b->groups, 990) / 1000;
  double p999 = (double)measure_at(b->group_us, b->groups, 999) / 1000;
  fprintf(b->cli->out,
          "{\"bench\":\"ids\",\"ids\":\"%s\",\"transfers\":%lld,\"batch\":%lld,\"rate\":%.0f,"
          "\"ns\":%.0f,\"last_tenth_ns\":%.0f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"p999_ms\":%.3f,"
          "\"max_ms\":%.3f,\"stored_ns\":%lld,\"waits\":%lld,\"index_runs\":%zu,"
          "\"tables_mib\":%lld,\"resident_mib\":%lld,\"anonymous_mib\":%lld,\"files_mib\":%lld,"
          "\"settle_ms\":%lld,\"open_ms\":%lld}\n",
          b->is_random ? "random" : "ordered", (long long)b->done, (long long)b->batch, 1e9 / ns,
          ns, last_ns, p50, p99, p999, (double)b->group_us[b->groups - 1] / 1000,
          (long long)stored_ns, (long long)f->waits, f->runs, (long long)f->memory_bytes >> 20,
          (long long)m.resident_kib >> 10, (long long)m.anonymous_kib >> 10,
          (long long)f->file_bytes >> 20, (long long)settle_ms, (long long)open_ms);
}

static status measure(ids_bench *b) {
  TRY(ids_open(b->ctx, b->folder, &b->index));
  while (b->done < b->transfers)
    TRY(run_group(b));
  measure_memory m = measure_resident();
  int64_t from = measure_ns(), settle_ms, open_ms, stored_ns = 0;
  ids_settle(b->index);
  settle_ms = (measure_ns() - from) / 1000000;
  TRY(find_stored(b, &stored_ns));
  ids_figures f = ids_look(b->index);
  ids_close(b->index);
  b->index = NULL;
  from = measure_ns();
  TRY(ids_open(b->ctx, b->folder, &b->index));
  open_ms = (measure_ns() - from) / 1000000;
  print(b, stored_ns, settle_ms, open_ms, &f, m);
  return OK;
}

status bench_ids(cli *self) {
  ids_bench b = {.cli = self, .ctx = self->ctx};
  int64_t seed;
  if (!cli_int(self, "transfers", 1, INT64_C(2000000000), &b.transfers) ||
      !cli_int(self, "batch", 1, 1000000, &b.batch) || !cli_int(self, "seed", 0, INT64_MAX, &seed))
    return fail(self->ctx, E_MALFORMED, "An option is out of range.");
  b.seed = measure_mix((uint64_t)seed);
  TRY(measure_is_random(self, &b.is_random));
  TRY(measure_refuse_memory(self->ctx, "."));
  b.folder = str_format(self->ctx->arena, ".tael-bench-%d-index", (int)getpid());
  size_t groups = (size_t)(b.transfers / b.batch) + 1;
  b.keys = measure_room((size_t)b.batch, sizeof *b.keys);
  b.found = measure_room((size_t)b.batch, sizeof *b.found);
  b.group_us = measure_room(groups, sizeof *b.group_us);
  status s = measure(&b);
  ids_close(b.index);
  cli_remove_folder(self->ctx->arena, b.folder);
  free(b.keys);
  free(b.found);
  free(b.group_us);
  return s;
}
