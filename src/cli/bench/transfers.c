/* transfers.c - one transfer a request, each durable before its answer, between random accounts of
 * one tenant. The requests differ in ids and accounts only and are all of one length, so that
 * making one costs the load next to nothing: a finished request with its changing texts written
 * over. */
#include "cli/bench/bench.h"
#include "modules/books/books.h"
#include <string.h>

enum { ANSWER_BYTES = 256, ID_DIGITS = 32 };

typedef struct transfers {
  bench *bench;
  char (*accounts)[ID_TEXT_MAX];
  char *request;
  size_t request_len, id_at, debit_at, credit_at, account_len;
  ctx ctx;
} transfers;

status bench_open_accounts(bench *b, char (*accounts)[ID_TEXT_MAX]) {
  for (int64_t i = 0; i < b->accounts; i++) {
    open_state s = {.in = {.owner = id_next(b->ctx), .asset = ASSET_CNY}};
    principal who = engine_system(b->app->engine);
    who.tenant = b->market.platform;
    TRY(engine_call(b->ctx, b->app->engine, &books_open_account, &s, who));
    id_write(accounts[i], ID_ACCOUNT, s.account_id);
  }
  return OK;
}

static size_t place_of(const transfers *t, const char *marker) {
  const char *at = memmem(t->request, t->request_len, marker, strlen(marker));
  assert(at != NULL);
  return (size_t)(at - t->request) + strlen(marker);
}

static void make_request(transfers *t) {
  char body[512];
  int n = snprintf(body, sizeof body,
                   "{\"id\":\"%032d\",\"debit_account\":\"%s\",\"credit_account\":\"%s\","
                   "\"amount\":12345}",
                   0, t->accounts[0], t->accounts[1]);
  t->request = arena_take(t->bench->ctx->arena, LOAD_REQUEST_MAX, 1);
  t->request_len = bench_post(t->bench, "/v1/transfers", t->bench->key, STR(""),
                              (str){body, (size_t)n}, t->request);
  t->id_at = place_of(t, "{\"id\":\"");
  t->debit_at = place_of(t, "\"debit_account\":\"");
  t->credit_at = place_of(t, "\"credit_account\":\"");
  t->account_len = strlen(t->accounts[0]);
}

static void write_hex(char *to, uint64_t value) {
  for (int i = ID_DIGITS / 2 - 1; i >= 0; i--, value >>= 4)
    to[i] = "0123456789abcdef"[value & 15];
}

void bench_write_id(char *to, id128 value) {
  write_hex(to, value.high);
  write_hex(to + ID_DIGITS / 2, value.low);
}

static size_t next_transfer(void *arg, size_t connection, char into[static LOAD_REQUEST_MAX]) {
  UNUSED(connection);
  transfers *t = arg;
  uint64_t count = (uint64_t)t->bench->accounts, from = rng_below(t->bench->rng, count);
  uint64_t to = (from + 1 + rng_below(t->bench->rng, count - 1)) % count;
  id128 fresh = id128_next(&t->ctx);
  memcpy(into, t->request, t->request_len);
  bench_write_id(into + t->id_at, fresh);
  memcpy(into + t->debit_at, t->accounts[from], t->account_len);
  memcpy(into + t->credit_at, t->accounts[to], t->account_len);
  return t->request_len;
}

status bench_transfers(bench *b, bench_result *out) {
  transfers t = {.bench = b,
                 .accounts = arena_take(b->ctx->arena, (size_t)b->accounts, ID_TEXT_MAX),
                 .ctx = *b->ctx};
  TRY(bench_open_accounts(b, t.accounts));
  make_request(&t);
  load_plan plan = {.next = next_transfer, .arg = &t};
  return bench_measure(b, &plan, ANSWER_BYTES, out);
}
