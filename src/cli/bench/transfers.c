/* transfers.c - one transfer a request, each durable before its answer, between random accounts of
 * one tenant. */
#include "cli/bench/bench.h"
#include "modules/books/books.h"

enum { ANSWER_BYTES = 420 };

typedef struct transfers {
  bench *bench;
  id *accounts;
  ctx ctx;
} transfers;

static status open_accounts(bench *b, id *accounts) {
  for (int64_t i = 0; i < b->accounts; i++) {
    open_state s = {.in = {.owner = id_next(b->ctx), .asset = ASSET_CNY}};
    principal who = engine_system(b->app->engine);
    who.tenant = b->market.platform;
    TRY(engine_call(b->ctx, b->app->engine, &books_open_account, &s, who));
    accounts[i] = s.account_id;
  }
  return OK;
}

static size_t next_transfer(void *arg, size_t connection, char into[static LOAD_REQUEST_MAX]) {
  UNUSED(connection);
  transfers *t = arg;
  uint64_t count = (uint64_t)t->bench->accounts, from = rng_below(t->bench->rng, count);
  uint64_t to = (from + 1 + rng_below(t->bench->rng, count - 1)) % count;
  char debit[ID_TEXT_MAX], credit[ID_TEXT_MAX], body[512];
  id_write(debit, ID_ACCOUNT, t->accounts[from]);
  id_write(credit, ID_ACCOUNT, t->accounts[to]);
  id128 fresh = id128_next(&t->ctx);
  int n = snprintf(body, sizeof body,
                   "{\"id\":\"%016llx%016llx\",\"debit_account\":\"%s\",\"credit_account\":\"%s\","
                   "\"amount\":%llu}",
                   (unsigned long long)fresh.high, (unsigned long long)fresh.low, debit, credit,
                   (unsigned long long)(1 + rng_below(t->bench->rng, 100000)));
  return bench_post(t->bench, "/v1/transfers", t->bench->key, STR(""), (str){body, (size_t)n},
                    into);
}

status bench_transfers(bench *b, bench_result *out) {
  transfers t = {
      .bench = b, .accounts = ARENA_ARRAY(b->ctx->arena, id, (size_t)b->accounts), .ctx = *b->ctx};
  TRY(open_accounts(b, t.accounts));
  load_plan plan = {.next = next_transfer, .arg = &t};
  return bench_measure(b, &plan, ANSWER_BYTES, out);
}
