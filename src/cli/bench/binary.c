/* binary.c - batches through the binary endpoint: processes of their own stream records by libtael
 * over loopback to this process's server, each batch durable before its answer. The floor beside it
 * is a bare loop: the same moves on balances in memory, and one synced append of 128 bytes a
 * transfer for as many as may be under way at once; no ids looked up, no limits, no chain, no
 * socket. */
#include "cli/bench/bench.h"
#include "cli/bench/measure.h"
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <tael.h>
#include <time.h>
#include <unistd.h>

enum {
  CLIENTS_MAX = 16,
  SAMPLES_MAX = 1 << 16, /* latencies kept of a client */
  HOT_ACCOUNTS = 10,
  WARM_MS = 500,
  FLOOR_MS = 1000,
  IN_FLIGHT_MAX = 256,
};

typedef struct tally { /* one client's, in memory both processes see */
  int64_t transfers, batches;
  uint32_t latency_us[SAMPLES_MAX];
  char error[256];
} tally;
typedef struct shared {
  atomic_bool counting, stopping;
  tally clients[CLIENTS_MAX];
} shared;

typedef struct binary {
  bench *bench;
  int64_t clients, batch, depth, hot, connections;
  bool random_ids;
  int64_t *accounts;
  shared *shared;
  tael_transfer *group; /* of the floor */
} binary;

typedef struct run {
  int64_t rate, floor, server_ns, floor_ns;
} run;

static int64_t now_us(void) { return measure_ns() / 1000; }

/* Processor time of this process: the server's, since the clients are others. */
static int64_t cpu_us(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return ((int64_t)u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 + u.ru_utime.tv_usec +
         u.ru_stime.tv_usec;
}

static void sleep_ms(int64_t ms) {
  struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
  while (nanosleep(&t, &t) != 0 && errno == EINTR) {}
}

/* --- the load --------------------------------------------------------------------------------- */

static uint64_t pick(const binary *b, rng *r) {
  uint64_t count = (uint64_t)b->bench->accounts;
  if (b->hot > 0 && rng_below(r, 100) < (uint64_t)b->hot)
    return rng_below(r, count < HOT_ACCOUNTS ? count : HOT_ACCOUNTS);
  return rng_below(r, count);
}

static void fill(const binary *b, rng *r, tael_transfer *batch) {
  uint64_t count = (uint64_t)b->bench->accounts;
  for (int64_t i = 0; i < b->batch; i++) {
    uint64_t from = pick(b, r), to = pick(b, r);
    if (to == from) to = (from + 1) % count;
    batch[i] =
        (tael_transfer){.id = b->random_ids ? (tael_uid){rng_next(r), rng_next(r)} : tael_id(),
                        .debit_account = b->accounts[from],
                        .credit_account = b->accounts[to],
                        .amount = 1 + (int64_t)rng_below(r, 100000),
                        .code = 1};
  }
}

/* --- a client, in a process of its own -------------------------------------------------------- */
typedef struct client {
  shared *shared;
  tally *tally;
  int64_t sent_us[IN_FLIGHT_MAX]; /* by ticket */
} client;

static void note(const tael_outcome *o, void *arg) {
  client *k = arg;
  int64_t took = now_us() - k->sent_us[o->ticket % IN_FLIGHT_MAX];
  if (o->error != TAEL_DONE || o->accepted != o->count) {
    const char *why = o->error != TAEL_DONE ? o->detail : tael_result_text(o->failures[0].result);
    snprintf(k->tally->error, sizeof k->tally->error, "%s %s", tael_error_text(o->error), why);
    return;
  }
  if (!atomic_load(&k->shared->counting)) return;
  if (k->tally->batches < SAMPLES_MAX) k->tally->latency_us[k->tally->batches] = (uint32_t)took;
  k->tally->batches++;
  k->tally->transfers += o->count;
}

static tael_error stream(const binary *b, client *k, tael *t, rng *r, tael_transfer *batch) {
  while (!atomic_load(&k->shared->stopping) && k->tally->error[0] == 0) {
    uint64_t ticket;
    fill(b, r, batch);
    int64_t began = now_us();
    tael_error e = tael_submit(t, batch, (size_t)b->batch, note, k, &ticket);
    if (e != TAEL_DONE) return e;
    k->sent_us[ticket % IN_FLIGHT_MAX] = began;
  }
  return tael_wait(t, 0, 60000);
}

static tael_error connect_to(const binary *b, tael **out) {
  char address[32];
  snprintf(address, sizeof address, "127.0.0.1:%d", http_port(b->bench->http));
  tael_options o = {.address = address,
                    .key = str_zero(b->bench->ctx->arena, b->bench->key),
                    .connections = (unsigned)b->connections,
                    .depth = (unsigned)b->depth};
  return tael_connect(&o, out);
}

static void run_client(const binary *b, size_t index) {
  arena *a = arena_open(4 << 20);
  client k = {.shared = b->shared, .tally = &b->shared->clients[index]};
  tael_transfer *batch = arena_take(a, (size_t)b->batch, sizeof *batch);
  rng *r = rng_open(a, (uint64_t)b->bench->seed * 1000 + index + (uint64_t)getpid());
  tael *t = NULL;
  tael_error e = connect_to(b, &t);
  if (e == TAEL_DONE) e = stream(b, &k, t, r, batch);
  if (e != TAEL_DONE && k.tally->error[0] == 0)
    snprintf(k.tally->error, sizeof k.tally->error, "%s %s", tael_error_text(e), tael_detail(t));
  tael_close(t);
  _exit(0); /* nothing of the parent's is ours to end */
}

/* --- the floor -------------------------------------------------------------------------------- */

static void move_all(const tael_transfer *batch, size_t count, int64_t *debits, int64_t *credits,
                     const binary *b) {
  for (size_t i = 0; i < count; i++) {
    debits[(uint64_t)batch[i].debit_account % (uint64_t)b->bench->accounts] += batch[i].amount;
    credits[(uint64_t)batch[i].credit_account % (uint64_t)b->bench->accounts] += batch[i].amount;
  }
}

/* What one sync of the server may cover at most. */
static size_t group_of(const binary *b) {
  return (size_t)(b->clients * b->connections * b->depth * b->batch);
}

/* Transfers a second of a bare loop over prepared batches. */
static status run_floor(const binary *b, run *out) {
  ctx *c = b->bench->ctx;
  char path[512];
  snprintf(path, sizeof path, "%s/.tael-floor-%d", b->bench->folder, (int)getpid());
  int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return fail(c, E_STORE, "%s: %s", path, strerror(errno));
  size_t count = group_of(b), accounts = (size_t)b->bench->accounts;
  int64_t *sums = ARENA_ARRAY(c->arena, int64_t, 2 * accounts);
  tael_transfer *batch = b->group;
  for (size_t i = 0; i < count; i += (size_t)b->batch)
    fill(b, b->bench->rng, batch + i);
  int64_t began = now_us(), now = began, done = 0, cpu = cpu_us();
  bool good = true;
  while (good && now - began < FLOOR_MS * 1000) {
    move_all(batch, count, sums, sums + accounts, b);
    good = write(fd, batch, count * sizeof *batch) == (ssize_t)(count * sizeof *batch) &&
           fdatasync(fd) == 0;
    done += (int64_t)count;
    now = now_us();
  }
  close(fd);
  unlink(path);
  out->floor = done * 1000000 / (now - began);
  out->floor_ns = (cpu_us() - cpu) * 1000 / done;
  return good ? OK : fail(c, E_STORE, "The floor's file could not be written.");
}

/* --- a run ------------------------------------------------------------------------------------ */

static status collect(const binary *b, int64_t took_us, int64_t server_us, int64_t *samples,
                      size_t *sample_count, run *out) {
  int64_t transfers = 0;
  *sample_count = 0;
  for (int64_t i = 0; i < b->clients; i++) {
    const tally *k = &b->shared->clients[i];
    if (k->error[0] != 0) return fail(b->bench->ctx, E_RULE, "A client stopped: %s", k->error);
    transfers += k->transfers;
    for (int64_t n = 0; n < k->batches && n < SAMPLES_MAX; n++)
      samples[(*sample_count)++] = k->latency_us[n];
  }
  out->rate = transfers * 1000000 / took_us;
  out->server_ns = transfers > 0 ? server_us * 1000 / transfers : 0;
  return *sample_count > 0 ? OK : fail(b->bench->ctx, E_RULE, "No batch was answered in time.");
}

static status run_once(const binary *b, int64_t *samples, size_t *sample_count, run *out) {
  pid_t children[CLIENTS_MAX];
  memset(b->shared, 0, sizeof *b->shared);
  for (int64_t i = 0; i < b->clients; i++) {
    children[i] = fork();
    if (children[i] == 0) run_client(b, (size_t)i);
  }
  sleep_ms(WARM_MS);
  int64_t began = now_us(), cpu = cpu_us();
  atomic_store(&b->shared->counting, true);
  sleep_ms(b->bench->seconds * 1000);
  atomic_store(&b->shared->counting, false);
  int64_t took = now_us() - began;
  cpu = cpu_us() - cpu;
  atomic_store(&b->shared->stopping, true);
  bool forked = true;
  for (int64_t i = 0; i < b->clients; i++) {
    forked = forked && children[i] > 0;
    if (children[i] > 0) waitpid(children[i], NULL, 0);
  }
  if (!forked) return fail(b->bench->ctx, E_NO_MEMORY, "No process for a client.");
  return collect(b, took, cpu, samples, sample_count, out);
}

static status run_all(const binary *b, bench_result *out) {
  enum { RATE, BARE, P50, P99, RATIO, SERVER, FLOOR, COLUMNS };
  int64_t all[COLUMNS][BENCH_RUNS_MAX];
  size_t runs = (size_t)b->bench->runs, count = 0;
  int64_t *samples = ARENA_ARRAY(b->bench->ctx->arena, int64_t, CLIENTS_MAX * SAMPLES_MAX);
  engine_health before;
  engine_health_get(b->bench->app->engine, &before);
  for (size_t i = 0; i < runs; i++) {
    run r = {0};
    TRY(run_floor(b, &r));
    TRY(run_once(b, samples, &count, &r));
    all[RATE][i] = r.rate;
    all[BARE][i] = r.floor;
    all[RATIO][i] = r.rate * 1000 / r.floor;
    all[SERVER][i] = r.server_ns;
    all[FLOOR][i] = r.floor_ns;
    all[P50][i] = measure_median(samples, count);
    all[P99][i] = measure_at(samples, count, 990);
  }
  *out = (bench_result){.rate = measure_median(all[RATE], runs),
                        .floor = measure_median(all[BARE], runs),
                        .p50_us = measure_median(all[P50], runs),
                        .p99_us = measure_median(all[P99], runs),
                        .ratio = measure_median(all[RATIO], runs),
                        .server_ns = measure_median(all[SERVER], runs),
                        .floor_ns = measure_median(all[FLOOR], runs)};
  bench_add_work(b->bench, &before, out);
  out->rate_min = all[RATE][0];
  out->rate_max = all[RATE][runs - 1];
  out->ratio_min = all[RATIO][0];
  out->ratio_max = all[RATIO][runs - 1];
  return OK;
}

/* --- the market ------------------------------------------------------------------------------- */

static status open_accounts(binary *b) {
  ctx *c = b->bench->ctx;
  size_t total = (size_t)b->bench->accounts;
  tael_account *some = ARENA_ARRAY(c->arena, tael_account, TAEL_BATCH_MAX);
  b->accounts = ARENA_ARRAY(c->arena, int64_t, total);
  tael *t = NULL;
  tael_error e = connect_to(b, &t);
  for (size_t at = 0; at < total && e == TAEL_DONE;) {
    size_t count = total - at < TAEL_BATCH_MAX ? total - at : TAEL_BATCH_MAX;
    for (size_t i = 0; i < count; i++)
      some[i] = (tael_account){.asset = ASSET_CNY};
    e = tael_open_accounts(t, tael_id(), some, count);
    for (size_t i = 0; i < count; i++)
      b->accounts[at++] = some[i].account;
  }
  status s = e == TAEL_DONE ? OK
                            : fail(c, E_RULE, "The accounts were not opened: %s %s",
                                   tael_error_text(e), tael_detail(t));
  tael_close(t);
  return s;
}

status bench_binary(bench *b, bench_result *out) {
  binary x = {.bench = b, .connections = b->connections};
  if (!cli_int(b->cli, "clients", 1, CLIENTS_MAX, &x.clients) ||
      !cli_int(b->cli, "batch", 1, TAEL_BATCH_MAX, &x.batch) ||
      !cli_int(b->cli, "depth", 1, 16, &x.depth) || !cli_int(b->cli, "hot", 0, 100, &x.hot))
    return fail(b->ctx, E_MALFORMED, "An option is out of range.");
  TRY(measure_is_random(b->cli, &x.random_ids));
  if (b->connections > 16) return fail(b->ctx, E_MALFORMED, "A client has 1 to 16 --connections.");
  x.shared =
      mmap(NULL, sizeof *x.shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (x.shared == MAP_FAILED) return fail(b->ctx, E_NO_MEMORY, "No memory for the clients.");
  size_t group_bytes = group_of(&x) * sizeof *x.group;
  x.group = mmap(NULL, group_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (x.group == MAP_FAILED) return fail(b->ctx, E_NO_MEMORY, "No memory for the floor.");
  status s = open_accounts(&x);
  if (s == OK) s = run_all(&x, out);
  munmap(x.group, group_bytes);
  munmap(x.shared, sizeof *x.shared);
  return s;
}
