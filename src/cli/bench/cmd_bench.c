/* cmd_bench.c - `tael bench NAME`: sets a market up, runs, prints. Also the shared parts of
 * bench.h. */
#include "cli/bench/bench.h"
#include "cli/bench/floor.h"
#include "cli/bench/crowd.h"
#include "cli/bench/lists.h"
#include "cli/commands.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WARM_MS = 500 };

/* --- the market under test -------------------------------------------------------------------- */
static void *serve_main(void *arg) {
  bench *b = arg;
  (void)pthread_setname_np(pthread_self(), "loop");
  if (http_run(b->http) != OK) log_line(LOG_ERROR, "bench.server", "stopped=early");
  return NULL;
}

static status start_server(bench *b) {
  http_options options = {.listen = STR("127.0.0.1:0"),
                          .modules = app_modules,
                          .module_count = app_module_count,
                          .engine = b->app->engine,
                          .auth = identity_auth,
                          .limits = http_default_limits,
                          .workers = 1};
  options.limits.max_in_flight_per_key = 65536; /* one key carries the whole load */
  TRY(http_open(b->ctx, &options, &b->http));
  if (pthread_create(&b->server, NULL, serve_main, b) == 0) return OK;
  http_close(b->http);
  b->http = NULL;
  return fail(b->ctx, E_NO_MEMORY, "No thread for the server.");
}

static status set_up(bench *b) {
  setup_state set = {.in = {.market_name = STR("Bench"),
                            .currency = ASSET_CNY,
                            .operator_email = STR("operator@bench.invalid"),
                            .capital = INT64_C(1000000000000)}};
  TRY(engine_call(b->ctx, b->app->engine, &identity_setup, &set, engine_system(b->app->engine)));
  b->market = set.out;
  uint64_t scopes = SCOPE_BIT(SCOPE_SELF) | SCOPE_BIT(SCOPE_OPERATE) | SCOPE_BIT(SCOPE_MONEY) |
                    SCOPE_BIT(SCOPE_LEDGER_READ) | SCOPE_BIT(SCOPE_LEDGER_WRITE);
  return identity_issue_key(b->ctx, b->app->engine, set.out.operator_user, STR("bench"), scopes, 1,
                            &b->key);
}

status bench_open(cli *self, bench *b) {
  *b = (bench){.cli = self, .ctx = self->ctx, .folder = measure_folder(self)};
  bool is_given = cli_text(self, "connections") != NULL; /* else 0: each bench has a number */
  if ((is_given && !cli_int(self, "connections", 1, 4096, &b->connections)) ||
      !cli_int(self, "seconds", 1, 600, &b->seconds) ||
      !cli_int(self, "runs", 1, BENCH_RUNS_MAX, &b->runs) ||
      !cli_int(self, "accounts", 2, 1000000, &b->accounts) ||
      !cli_int(self, "buyers", 2, 1000000, &b->buyers) ||
      !cli_int(self, "seed", 0, INT64_MAX, &b->seed))
    return fail(b->ctx, E_MALFORMED, "An option is out of range.");
  TRY(measure_store_make(self, &b->store));
  b->rng = rng_open(b->ctx->arena, (uint64_t)b->seed);
  app_options options = {
      .db_url = b->store.url, .lanes = 2, .task_threads = 1, .threads = true, .sandbox = true};
  TRY(app_open(&options, &b->app, b->ctx));
  TRY(set_up(b));
  return start_server(b);
}

void bench_close(bench *b) {
  if (b->http != NULL) {
    http_stop(b->http);
    pthread_join(b->server, NULL);
    http_close(b->http);
  }
  if (b->app == NULL) return;
  app_close(b->app);
  measure_store_remove(&b->store);
}

size_t bench_post(const bench *b, const char *path, str key, str idempotency, str body,
                  char into[static LOAD_REQUEST_MAX]) {
  UNUSED(b);
  int n =
      snprintf(into, LOAD_REQUEST_MAX,
               "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %.*s\r\n"
               "Content-Type: application/json\r\n%s%.*s%sContent-Length: %zu\r\n\r\n%.*s",
               path, STR_ARGS(key), idempotency.len > 0 ? "Idempotency-Key: " : "",
               STR_ARGS(idempotency), idempotency.len > 0 ? "\r\n" : "", body.len, STR_ARGS(body));
  return n > 0 && n < LOAD_REQUEST_MAX ? (size_t)n : 0;
}

/* --- runs and medians ------------------------------------------------------------------------- */
static status run_floor(bench *b, load_plan plan, size_t answer_bytes, load_result *out) {
  floor_server *f = NULL;
  TRY(floor_start(b->ctx, b->folder, answer_bytes, &f));
  plan.port = floor_port(f);
  b->is_floor = true;
  status s = load_run(b->ctx, &plan, out);
  b->is_floor = false;
  floor_stop(f);
  return s;
}

void bench_add_work(const bench *b, const engine_health *before, bench_result *out) {
  engine_health after;
  engine_health_get(b->app->engine, &after);
  out->commands += after.commands - before->commands;
  out->groups += after.groups - before->groups;
  out->work.statements += after.work.statements - before->work.statements;
  out->work.pages += after.work.pages - before->work.pages;
}

status bench_measure(bench *b, const load_plan *plan, size_t answer_bytes, bench_result *out) {
  int64_t rate[BENCH_RUNS_MAX], least[BENCH_RUNS_MAX], p50[BENCH_RUNS_MAX], p99[BENCH_RUNS_MAX];
  int64_t ratio[BENCH_RUNS_MAX], server_ns[BENCH_RUNS_MAX], floor_ns[BENCH_RUNS_MAX];
  load_plan run = *plan;
  run.connections = (size_t)b->connections;
  run.warm_ms = WARM_MS;
  run.run_ms = b->seconds * 1000;
  for (int64_t i = 0; i < b->runs; i++) {
    load_result bare;
    TRY(run_floor(b, run, answer_bytes, &bare));
    run.port = http_port(b->http);
    engine_health before;
    engine_health_get(b->app->engine, &before);
    TRY(load_run(b->ctx, &run, &out->last));
    bench_add_work(b, &before, out);
    if (out->last.bad > 0)
      return fail(b->ctx, E_RULE, "%lld answers were not a success; the first: %d %s",
                  (long long)out->last.bad, out->last.first_bad_status, out->last.first_bad_body);
    out->answered += out->last.good;
    out->starved += out->last.starved;
    if (out->last.max_us > out->max_us) out->max_us = out->last.max_us;
    rate[i] = out->last.rate;
    least[i] = bare.rate;
    p50[i] = out->last.p50_us;
    p99[i] = out->last.p99_us;
    ratio[i] = bare.rate > 0 ? rate[i] * 1000 / bare.rate : 0;
    server_ns[i] = out->last.cpu_ns - out->last.own_ns;
    floor_ns[i] = bare.cpu_ns - bare.own_ns;
  }
  out->rate = measure_median(rate, (size_t)b->runs);
  out->rate_min = rate[0];
  out->rate_max = rate[b->runs - 1];
  out->floor = measure_median(least, (size_t)b->runs);
  out->p50_us = measure_median(p50, (size_t)b->runs);
  out->p99_us = measure_median(p99, (size_t)b->runs);
  out->server_ns = measure_median(server_ns, (size_t)b->runs);
  out->floor_ns = measure_median(floor_ns, (size_t)b->runs);
  out->ratio = measure_median(ratio, (size_t)b->runs);
  out->ratio_min = ratio[0];
  out->ratio_max = ratio[b->runs - 1];
  return OK;
}

static double per(int64_t sum, int64_t count) {
  return count > 0 ? (double)sum / (double)count : 0;
}

static void print_result(cli *self, const bench *b, const bench_result *r) {
  double ratio = (double)r->ratio / 1000, least = (double)r->ratio_min / 1000,
         most = (double)r->ratio_max / 1000;
  double cpu = (double)r->server_ns / 1000, bare = (double)r->floor_ns / 1000;
  double p50 = (double)r->p50_us / 1000, p99 = (double)r->p99_us / 1000;
  if (!cli_switch(self, "json")) {
    fprintf(self->out,
            "%s: %lld/s (from %lld to %lld over %lld runs), p50 %.2f ms, p99 %.2f ms, %.1f us of "
            "processor each; floor %lld/s (%.1f us), ratio %.2f (%.2f to %.2f); a group has %.1f "
            "commands, a command runs %.1f statements and writes %.1f pages\n",
            self->words[0], (long long)r->rate, (long long)r->rate_min, (long long)r->rate_max,
            (long long)b->runs, p50, p99, cpu, (long long)r->floor, bare, ratio, least, most,
            per(r->commands, r->groups), per(r->work.statements, r->commands),
            per(r->work.pages, r->commands));
    return;
  }
  fprintf(self->out,
          "{\"bench\":\"%s\",\"rate\":%lld,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"floor\":%lld,"
          "\"floor_ratio\":%.3f,\"runs\":%lld,\"connections\":%lld,\"rate_min\":%lld,"
          "\"rate_max\":%lld,\"ratio_min\":%.3f,\"ratio_max\":%.3f,\"cpu_us\":%.2f,"
          "\"floor_cpu_us\":%.2f,\"group\":%.1f,\"statements\":%.2f,\"pages\":%.2f,"
          "\"max_ms\":%.3f,\"starved\":%lld}\n",
          self->words[0], (long long)r->rate, p50, p99, (long long)r->floor, ratio,
          (long long)b->runs, (long long)b->connections, (long long)r->rate_min,
          (long long)r->rate_max, least, most, cpu, bare, per(r->commands, r->groups),
          per(r->work.statements, r->commands), per(r->work.pages, r->commands),
          (double)r->max_us / 1000, (long long)r->starved);
}

/* Those that need no market print by themselves. `takes`: the options that mean something to it. */
static const struct {
  const char *name;
  status (*run)(cli *self);
  const char *takes;
} plain_benches[] = {
    {"ledger", bench_ledger, "json db transfers batch accounts clients depth hot ids seed runs"},
    {"growth", bench_growth, "json db transfers batch accounts clients depth hot ids seed"},
    {"floor", bench_floor, "json db transfers batch accounts clients depth hot ids seed runs"},
    {"ids", bench_ids, "json transfers batch ids seed"},
    {"lists", bench_lists, "db rows all plans planted"}};

static const struct {
  const char *name;
  status (*run)(bench *b, bench_result *out);
  int64_t connections; /* when none are asked for */
  const char *takes;
} market_benches[] = {
    {"http-transfers", bench_transfers, 64, "json db connections accounts seconds runs seed"},
    /* 8,000/s of 12 ms each are 96 under way; with fewer the groups are too small for it */
    {"checkout", bench_checkout, 96, "json db connections buyers seconds runs seed"},
    {"overload", bench_overload, 64, "json db connections accounts seconds runs seed"},
    {"binary", bench_binary, 2,
     "json db connections accounts seconds runs batch clients depth hot ids seed"}};

static bool is_among(const char *list, const char *word) {
  size_t len = strlen(word);
  for (const char *at = strstr(list, word); at != NULL; at = strstr(at + 1, word)) {
    bool begins = at == list || at[-1] == ' ';
    if (begins && (at[len] == ' ' || at[len] == 0)) return true;
  }
  return false;
}

/* An option that would change nothing is refused, not taken in silence. */
static status check_options(const cli *self, const char *takes) {
  for (size_t i = 0; i < self->command->option_count; i++) {
    const cli_option *o = &self->command->options[i];
    bool is_given = self->values[i] != o->fallback;
    if (!is_given || is_among(takes, o->name)) continue;
    return fail(self->ctx, E_MALFORMED, "bench %s takes no --%s; it takes: %s", self->words[0],
                o->name, takes);
  }
  return OK;
}

static int run_plain(cli *self, size_t i) {
  status s = check_options(self, plain_benches[i].takes);
  if (s == OK) s = plain_benches[i].run(self);
  return s == OK ? 0 : cli_fail(self, s);
}

static int run_in_market(cli *self, size_t i) {
  bench b = {.cli = self};
  bench_result result = {0};
  status s = check_options(self, market_benches[i].takes);
  if (s != OK) return cli_fail(self, s);
  s = bench_open(self, &b);
  if (b.connections == 0) b.connections = market_benches[i].connections;
  if (s == OK) s = market_benches[i].run(&b, &result);
  if (s == OK && !result.is_printed) print_result(self, &b, &result);
  int code = s == OK ? 0 : cli_fail(self, s);
  bench_close(&b);
  return code;
}

int cmd_bench(cli *self) {
  log_set_level(LOG_WARN);
  for (size_t i = 0; i < COUNT_OF(plain_benches); i++) {
    if (strcmp(plain_benches[i].name, self->words[0]) == 0) return run_plain(self, i);
  }
  for (size_t i = 0; i < COUNT_OF(market_benches); i++) {
    if (strcmp(market_benches[i].name, self->words[0]) == 0) return run_in_market(self, i);
  }
  fprintf(self->err, "tael bench: there is no \"%s\"; see tael bench --help\n", self->words[0]);
  return EXIT_USAGE;
}
