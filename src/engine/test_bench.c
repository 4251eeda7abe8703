/* test_bench.c - see test_bench.h. Not part of the program. */
#include "engine/test_bench.h"

#include <stdlib.h>

static instant read_clock(void *arg) { return atomic_load((_Atomic instant *)arg); }

bench *bench_open(const char *url, const engine_parts *parts) {
  bench *b = calloc(1, sizeof *b);
  assert_non_null(b);
  b->arena = arena_open(256 << 20);
  assert_non_null(b->arena);
  b->ctx.arena = b->arena;
  atomic_store(&b->clock, instant_from_date(TEST_START_DATE, 0) + 12 * 3600 * MICROS_PER_SECOND);
  b->options = (engine_options){.db_url = str_from(url),
                                .lanes = 2,
                                .sandbox = true,
                                .real_clock = read_clock,
                                .clock_arg = &b->clock,
                                .seed = 42};
  if (parts != NULL) b->parts = *parts;
  status s = engine_open(&b->ctx, &b->options, &b->parts, &b->e);
  if (s != OK) print_message("%.*s\n", STR_ARGS(b->ctx.fault.detail));
  assert_int_equal(s, OK);
  return b;
}

void bench_reopen(bench *b) {
  engine_close(b->e);
  b->e = NULL;
  b->ctx.fault = (fault){.code = OK};
  status s = engine_open(&b->ctx, &b->options, &b->parts, &b->e);
  if (s != OK) print_message("%.*s\n", STR_ARGS(b->ctx.fault.detail));
  assert_int_equal(s, OK);
}

void bench_close(bench *b) {
  engine_close(b->e);
  arena_close(b->arena);
  free(b);
}

void bench_sleep(bench *b, int64_t us) { atomic_fetch_add(&b->clock, us); }

ctx *bench_ctx(bench *b) {
  engine_ctx(b->e, b->arena, &b->ctx);
  return &b->ctx;
}

void bench_hash(bench *b, sha256 *out) {
  ctx *c = bench_ctx(b);
  db *reader = engine_reader(b->e, c);
  assert_non_null(reader);
  assert_int_equal(db_state_hash(c, reader, out), OK);
  engine_reader_done(b->e, reader);
}

int64_t bench_int(bench *b, const char *sql, int64_t argument) {
  ctx *c = bench_ctx(b);
  db *reader = engine_reader(b->e, c);
  db_rows *rows;
  db_value value = DB_INT(argument);
  assert_int_equal(db_select(c, reader, &rows, sql, 1, &value), OK);
  int64_t got = db_next(rows) ? db_get_int(rows, 0) : 0;
  assert_int_equal(db_done(c, rows), OK);
  engine_reader_done(b->e, reader);
  return got;
}

/* --- the bank --------------------------------------------------------------------------------- */

static status need_wallet(ctx *c, tx *t, id owner, id *out) {
  account_spec spec = {.tenant = TEST_TENANT,
                       .entity = TEST_ENTITY,
                       .owner = owner,
                       .asset = ASSET_CNY,
                       .code = CODE_WALLET};
  if (owner == 0) {
    spec.owner = 1;
    spec.code = CODE_BANK_RESERVE;
  }
  return tx_ensure_account(c, t, &spec, out);
}

static status load_pay(ctx *c, tx *t, void *state) {
  pay_state *p = state;
  TRY(need_wallet(c, t, p->owner_from, &p->from));
  return need_wallet(c, t, p->owner_to, &p->to);
}

static status decide_pay(ctx *c, tx *t, void *state) {
  pay_state *p = state;
  if (p->waste > 0) UNUSED(ARENA_ARRAY(c->arena, char, p->waste));
  transfer entry = {.debit_account = p->from,
                    .credit_account = p->to,
                    .amount = p->amount,
                    .code = WHY_WALLET_TRANSFER,
                    .timeout_s = p->timeout_s,
                    .flags = p->timeout_s > 0 ? TRANSFER_PENDING : 0};
  TRY(tx_post(c, t, &entry, 1));
  if (p->timeout_s > 0) p->hold_id = entry.id;
  p->available = account_available(tx_account(t, p->to));
  return OK;
}

static status write_pay(ctx *c, tx *t, void *state) {
  pay_state *p = state;
  if (p->poison) return fail(c, E_CONFLICT, "poison");
  if (p->emit) TRY(tx_emit(c, t, "paid", ID_USER, p->owner_from, TEST_TENANT, STR("{}")));
  if (p->task != NULL) TRY(tx_task(c, t, p->task, p->owner_to, 0));
  tx_audit(t, ID_USER, p->owner_to, STR("{}"));
  return OK;
}

const command_type test_pay = {
    .name = "test.pay", .load = load_pay, .decide = decide_pay, .write = write_pay};

static status load_end(ctx *c, tx *t, void *state) {
  UNUSED(c);
  tx_need_transfer(t, ((pay_state *)state)->hold_id);
  return OK;
}

static status decide_end(ctx *c, tx *t, void *state) {
  const pay_state *p = state;
  transfer entry = {.pending_id = p->hold_id,
                    .code = WHY_WALLET_TRANSFER,
                    .flags = p->void_it ? TRANSFER_VOID : TRANSFER_POST};
  return tx_post(c, t, &entry, 1);
}

const command_type test_end = {
    .name = "test.end", .flags = COMMAND_HOT, .load = load_end, .decide = decide_end};

status test_render(ctx *c, const command *self, str *out) {
  const pay_state *p = self->state;
  *out = str_format(c->arena, "{\"command\":%lld,\"available\":%lld}", (long long)self->command_id,
                    (long long)p->available);
  return OK;
}

status bench_pay(bench *b, pay_state *p) {
  ctx *c = bench_ctx(b);
  return engine_call(c, b->e, &test_pay, p, engine_system(b->e));
}

int64_t bench_balance(bench *b, id owner) {
  ctx *c = bench_ctx(b);
  db *reader = engine_reader(b->e, c);
  account *accounts;
  size_t count;
  int64_t sum = 0;
  assert_int_equal(ledger_accounts_of(c, reader, owner, &accounts, &count), OK);
  for (size_t i = 0; i < count; i++) {
    if (accounts[i].code == CODE_WALLET) sum += account_balance(&accounts[i]);
  }
  engine_reader_done(b->e, reader);
  return sum;
}

command *bench_command(bench *b, const command_type *type, pay_state *p, int key, int body) {
  arena *own = arena_open(1 << 20);
  assert_non_null(own);
  command *cmd = ARENA_NEW(own, command);
  *cmd = (command){
      .type = type, .state = p, .who = engine_system(b->e), .arena = own, .render = test_render};
  cmd->has_key = key != 0;
  cmd->key = sha256_of(&key, sizeof key);
  cmd->body = sha256_of(&body, sizeof body);
  return cmd;
}

int bench_run(const char *name, const struct CMUnitTest *tests, size_t count) {
  static char urls[STORE_HOMES][STORE_URL_BYTES];
  struct CMUnitTest copy[32];
  assert(count <= COUNT_OF(copy));
  int failed = 0;
  for (size_t i = 0; i < count; i++) {
    int homes = store_urls(urls); /* a fresh store for each test */
    for (int home = 0; home < homes; home++) {
      copy[i] = tests[i];
      copy[i].initial_state = urls[home];
      failed += _cmocka_run_group_tests(name, &copy[i], 1, NULL, NULL);
    }
  }
  return failed;
}
