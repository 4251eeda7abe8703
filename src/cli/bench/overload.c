/* overload.c - three times more requests than can be done: first the peak under a closed loop, then
 * a flood at three times that rate, then the closed loop again. Nine in ten requests carry
 * forty transfers, one carries one, which is critical. Shows how much of the peak is still done,
 * how long what was accepted took, who was turned away, and that nobody is any more afterwards. The
 * wait allowed is the 99th percentile at the peak (20 ms at least). */
#include "cli/bench/bench.h"
#include "http/http.h"
#include <stdlib.h>
#include <string.h>

enum {
  FLOOD_TIMES = 3,
  FLOOD_CONNECTIONS = 2048,
  WARM_MS = 500,
  CRITICAL_EACH = 10,
  BULK = 40,
  TEMPLATES = 33,
  WAIT_LEAST_US = 20000,
  WAIT_USUAL_US = 5000000
};

typedef struct template { /* a finished request, whose ids are written over */
  char *text;
  size_t len, ids, id_at[BULK];
}
template;

typedef struct mix {
  bench *bench;
  char (*accounts)[ID_TEXT_MAX];
  ctx ctx;
  template templates[TEMPLATES]; /* the first is the critical one */
  uint64_t number;
  int kind; /* of the last request: 1: critical */
} mix;

/* Accounts are drawn here, once; a request gets new ids only. */
static void add_transfer(mix *m, buf *b) {
  uint64_t count = (uint64_t)m->bench->accounts, from = rng_below(m->bench->rng, count);
  uint64_t to = (from + 1 + rng_below(m->bench->rng, count - 1)) % count;
  buf_format(b,
             "{\"id\":\"%032d\",\"debit_account\":\"%s\",\"credit_account\":\"%s\",\"amount\":1}",
             0, m->accounts[from], m->accounts[to]);
}

static void finish_template(mix *m, template *t, const char *path, const buf *body) {
  static const char marker[] = "{\"id\":\"";
  t->text = arena_take(m->bench->ctx->arena, LOAD_REQUEST_MAX, 1);
  t->len = bench_post(m->bench, path, m->bench->key, STR(""), (str){body->at, body->len}, t->text);
  assert(t->len > 0);
  const char *at = t->text;
  while ((at = strstr(at, marker)) != NULL) {
    at += sizeof marker - 1;
    t->id_at[t->ids++] = (size_t)(at - t->text);
  }
}

static void make_templates(mix *m) {
  for (size_t i = 0; i < TEMPLATES; i++) {
    buf b = buf_make(m->bench->ctx->arena, LOAD_REQUEST_MAX);
    if (i == 0) {
      add_transfer(m, &b);
      finish_template(m, &m->templates[i], "/v1/transfers", &b);
      continue;
    }
    buf_add(&b, STR("{\"mode\":\"independent\",\"transfers\":["));
    for (int n = 0; n < BULK; n++) {
      if (n > 0) buf_add_char(&b, ',');
      add_transfer(m, &b);
    }
    buf_add(&b, STR("]}"));
    finish_template(m, &m->templates[i], "/v1/transfers/bulk", &b);
  }
}

static size_t next_request(void *arg, size_t connection, char into[static LOAD_REQUEST_MAX]) {
  UNUSED(connection);
  mix *m = arg;
  m->kind = m->number++ % CRITICAL_EACH == 0;
  const template *t = &m->templates[m->kind == 1 ? 0 : 1 + m->number % (TEMPLATES - 1)];
  memcpy(into, t->text, t->len);
  for (size_t i = 0; i < t->ids; i++)
    bench_write_id(into + t->id_at[i], id128_next(&m->ctx));
  return t->len;
}

static status run(mix *m, int64_t per_second, load_result *out) {
  load_plan plan = {.port = http_port(m->bench->http),
                    .connections = per_second > 0 ? FLOOD_CONNECTIONS : 64,
                    .warm_ms = WARM_MS,
                    .run_ms = m->bench->seconds * 1000,
                    .per_second = per_second,
                    .kind = &m->kind,
                    .next = next_request,
                    .arg = m};
  TRY(load_run(m->bench->ctx, &plan, out));
  if (out->bad == out->shed_of[0] + out->shed_of[1]) return OK;
  return fail(m->bench->ctx, E_RULE, "An answer was neither a success nor a 503: %d %s",
              out->first_bad_status, out->first_bad_body);
}

typedef struct round {
  load_result peak, flood, after;
  int64_t ratio; /* thousandths of the peak that were still done */
} round;

static status run_round(mix *m, round *r) {
  engine *e = m->bench->app->engine;
  TRY(run(m, 0, &r->peak));
  engine_set_wait_max(e, r->peak.p99_us > WAIT_LEAST_US ? r->peak.p99_us : WAIT_LEAST_US);
  TRY(run(m, r->peak.rate * FLOOD_TIMES, &r->flood));
  engine_set_wait_max(e, WAIT_USUAL_US);
  TRY(run(m, 0, &r->after));
  r->ratio = r->peak.rate > 0 ? r->flood.rate * 1000 / r->peak.rate : 0;
  return OK;
}

static int by_ratio(const void *a, const void *b) {
  const round *x = a, *y = b;
  return x->ratio < y->ratio ? -1 : x->ratio > y->ratio;
}

static void print(const bench *b, const round *rounds) {
  const round *r = &rounds[b->runs / 2];
  double ratio = (double)r->ratio / 1000, least = (double)rounds[0].ratio / 1000,
         most = (double)rounds[b->runs - 1].ratio / 1000;
  double p99 = (double)r->flood.p99_us / 1000, peak_p99 = (double)r->peak.p99_us / 1000;
  long long shed = (long long)(r->flood.shed_of[0] + r->flood.shed_of[1]);
  if (!cli_switch(b->cli, "json")) {
    fprintf(b->cli->out,
            "overload: peak %lld/s (p99 %.2f ms); at %d times that %lld/s are done, ratio %.2f "
            "(%.2f to %.2f), p99 %.2f ms, %lld turned away, of the critical %lld of %lld; "
            "afterwards %lld\n",
            (long long)r->peak.rate, peak_p99, FLOOD_TIMES, (long long)r->flood.rate, ratio, least,
            most, p99, shed, (long long)r->flood.shed_of[1],
            (long long)(r->flood.shed_of[1] + r->flood.good_of[1]), (long long)r->after.bad);
    return;
  }
  fprintf(b->cli->out,
          "{\"bench\":\"overload\",\"rate\":%lld,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"floor\":%lld,"
          "\"floor_ratio\":%.3f,\"runs\":%lld,\"ratio_min\":%.3f,\"ratio_max\":%.3f,"
          "\"peak_p99_ms\":%.3f,\"offered\":%lld,\"unsent\":%lld,\"shed\":%lld,"
          "\"critical_done\":%lld,\"critical_shed\":%lld,\"shed_afterwards\":%lld}\n",
          (long long)r->flood.rate, (double)r->flood.p50_us / 1000, p99, (long long)r->peak.rate,
          ratio, (long long)b->runs, least, most, peak_p99, (long long)(r->peak.rate * FLOOD_TIMES),
          (long long)r->flood.unsent, shed, (long long)r->flood.good_of[1],
          (long long)r->flood.shed_of[1], (long long)r->after.bad);
}

status bench_overload(bench *b, bench_result *out) {
  mix m = {.bench = b,
           .accounts = arena_take(b->ctx->arena, (size_t)b->accounts, ID_TEXT_MAX),
           .ctx = *b->ctx};
  round *rounds = ARENA_ARRAY(b->ctx->arena, round, (size_t)b->runs);
  TRY(bench_open_accounts(b, m.accounts));
  make_templates(&m);
  for (int64_t i = 0; i < b->runs; i++)
    TRY(run_round(&m, &rounds[i]));
  qsort(rounds, (size_t)b->runs, sizeof *rounds, by_ratio);
  print(b, rounds);
  out->is_printed = true;
  return OK;
}
