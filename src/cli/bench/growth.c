/* growth.c - `tael bench growth`: does a store that holds a hundred times as much still take
 * transfers as fast? A process of its own fills the store to 10^6, 10^7 ... transfers, measures at
 * each size, and is killed without warning while it writes; then the store is opened again, and the
 * time until it answers is taken. */
#include "cli/bench/crowd.h"
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIZES_MAX = 10, FIRST_SIZE = 1000000, MEASURED = 1000000, TIMES = 10 };
enum { PAGE_LINES = 100, PAGES = 1000, PAGES_WARM = 100, PAGE_ARENA = 8 << 20 };

typedef struct growth_size {
  int64_t stored, open_ms;
  int64_t page_p50_us, page_p99_us; /* the newest PAGE_LINES of an account's history */
  crowd_run run;
  measure_memory memory;
} growth_size;

/* In a snapshot, as a route reads. */
static status read_page(ctx *c, db *d, id account_id) {
  statement_line *lines;
  size_t count;
  TRY(db_begin(c, d));
  status s =
      ledger_statement(c, d, account_id, (statement_cursor){0}, true, PAGE_LINES, &lines, &count);
  db_rollback(d);
  return s;
}

/* Of accounts anywhere, while nothing else runs. */
static status time_pages(crowd *k, growth_size *g) {
  int64_t us[PAGES];
  arena *a = arena_open(PAGE_ARENA);
  if (a == NULL) return fail(k->ctx, E_NO_MEMORY, "no memory for a page of history");
  db *d = engine_reader(k->app->engine, k->ctx);
  status s = d == NULL ? E_STORE : OK;
  for (size_t i = 0; i < PAGES + PAGES_WARM && s == OK; i++) {
    ctx c;
    arena_reset(a);
    engine_ctx(k->app->engine, a, &c);
    id account_id = k->accounts[rng_below(k->ctx->random, (uint64_t)k->plan.accounts)];
    int64_t from = measure_ns();
    s = read_page(&c, d, account_id);
    if (i >= PAGES_WARM) us[i - PAGES_WARM] = (measure_ns() - from) / 1000;
  }
  engine_reader_done(k->app->engine, d);
  arena_close(a);
  if (s != OK) return fail(k->ctx, s, "a page of history could not be read");
  measure_sort(us, PAGES);
  g->page_p50_us = measure_at(us, PAGES, 500);
  g->page_p99_us = measure_at(us, PAGES, 990);
  return OK;
}

/* The process that is killed: reports through the pipe, then writes on until its end. */
static int fill(cli *self, const crowd_plan *plan, int64_t already, int64_t size, int pipe_end) {
  crowd k;
  crowd_run warm;
  growth_size g = {.stored = size};
  status s = crowd_open(self->ctx, plan, &k);
  if (s == OK) s = crowd_post(&k, size - already, &warm);
  if (s == OK) s = crowd_post(&k, MEASURED, &g.run);
  if (s == OK) s = time_pages(&k, &g);
  g.memory = measure_resident();
  if (s != OK) return cli_fail(self, s);
  if (write(pipe_end, &g, sizeof g) != sizeof g) return EXIT_FAILED;
  while (crowd_post(&k, plan->batch, &warm) == OK) {}
  return EXIT_FAILED;
}

static status fill_and_kill(cli *self, const crowd_plan *plan, int64_t already, growth_size *g) {
  int ends[2];
  if (pipe(ends) != 0) return fail(self->ctx, E_STORE, "no pipe: %s", strerror(errno));
  fflush(self->out);
  pid_t child = fork();
  if (child < 0) return fail(self->ctx, E_STORE, "no process: %s", strerror(errno));
  if (child == 0) _exit(fill(self, plan, already, g->stored, ends[1]));
  close(ends[1]);
  bool is_told = read(ends[0], g, sizeof *g) == sizeof *g;
  close(ends[0]);
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
  return is_told ? OK : fail(self->ctx, E_RULE, "the process that fills the store gave up");
}

static status time_opening(cli *self, const crowd_plan *plan, growth_size *g) {
  app_options options = {.db_url = plan->url, .lanes = 2, .task_threads = 1, .sandbox = true};
  app *a = NULL;
  int64_t from = measure_ns();
  TRY(app_open(&options, &a, self->ctx));
  /* The first group loads what a start leaves for later. */
  engine_step(a->engine);
  g->open_ms = (measure_ns() - from) / 1000000;
  app_close(a);
  return OK;
}

static void print_size(FILE *out, const growth_size *g, const growth_size *first) {
  fprintf(out,
          "{\"stored\":%lld,\"rate\":%lld,\"to_first\":%.3f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,"
          "\"resident_mib\":%lld,\"anonymous_mib\":%lld,\"open_ms\":%lld,"
          "\"history_page_p50_ms\":%.3f,\"history_page_p99_ms\":%.3f}",
          (long long)g->stored, (long long)g->run.rate,
          (double)g->run.rate / (double)first->run.rate, (double)g->run.p50_us / 1000,
          (double)g->run.p99_us / 1000, (long long)g->memory.resident_kib >> 10,
          (long long)g->memory.anonymous_kib >> 10, (long long)g->open_ms,
          (double)g->page_p50_us / 1000, (double)g->page_p99_us / 1000);
}

/* The rate is that at the largest size. */
static void print(cli *self, const crowd_plan *plan, const growth_size *sizes, size_t count,
                  const crowd_run *bare, int64_t file_bytes) {
  const crowd_run *last = &sizes[count - 1].run;
  fprintf(self->out,
          "{\"bench\":\"growth\",\"rate\":%lld,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"floor\":%lld,"
          "\"floor_ratio\":%.3f,\"runs\":1,\"ids\":\"%s\",\"batch\":%lld,\"accounts\":%lld,"
          "\"sizes\":[",
          (long long)last->rate, (double)last->p50_us / 1000, (double)last->p99_us / 1000,
          (long long)bare->rate, (double)last->rate / (double)bare->rate,
          plan->random_ids ? "random" : "ordered", (long long)plan->batch,
          (long long)plan->accounts);
  for (size_t i = 0; i < count; i++) {
    if (i > 0) fputc(',', self->out);
    print_size(self->out, &sizes[i], &sizes[0]);
  }
  fprintf(self->out, "],\"file_mib\":%lld}\n", (long long)file_bytes >> 20);
}

static status grow(cli *self, const crowd_plan *plan, int64_t most, growth_size *sizes,
                   size_t *count) {
  int64_t already = 0;
  for (int64_t size = FIRST_SIZE; size <= most && *count < SIZES_MAX; size *= TIMES) {
    growth_size *g = &sizes[(*count)++];
    g->stored = size;
    TRY(fill_and_kill(self, plan, already, g));
    TRY(time_opening(self, plan, g));
    already = size + MEASURED;
  }
  return OK;
}

status bench_growth(cli *self) {
  crowd_plan plan;
  measure_store store;
  int64_t most;
  growth_size sizes[SIZES_MAX] = {0};
  size_t count = 0;
  TRY(crowd_read_plan(self, &plan));
  if (!cli_int(self, "transfers", FIRST_SIZE, INT64_C(1000000000000), &most))
    return fail(self->ctx, E_MALFORMED, "--transfers is 1000000 or more: the largest size.");
  TRY(measure_store_make(self, &store));
  plan.url = store.url;
  status s = grow(self, &plan, most, sizes, &count);
  crowd_run bare;
  if (s == OK) s = crowd_floor(self->ctx, &plan, MEASURED, &bare);
  if (s == OK) print(self, &plan, sizes, count, &bare, measure_store_bytes(&store));
  measure_store_remove(&store);
  return s;
}
