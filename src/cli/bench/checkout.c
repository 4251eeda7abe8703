/* checkout.c - whole checkouts: one POST takes a ready cart to a paid order over two sellers, with
 * balance, voucher and campaign credit; goods, money, points and events in one commit. Carts and
 * vouchers are made before the run. */
#include "cli/bench/bench.h"
#include "cli/commands.h"
#include "modules/commerce/commerce.h"
#include <stdatomic.h>
#include <string.h>

enum {
  ANSWER_BYTES = 900,
  SELLERS = 20,
  OFFERS_PER_SELLER = 10,
  STOCK = 100000000,
  PRICE = 2500,
  CREDIT = 300,
  VOUCHER = 100,
  CROWD = 32,
  CHECKOUTS_A_SECOND = 12000 /* more vouchers than can be used */
};

typedef struct shopper {
  id user;
  size_t key_len;
  char key[128];
} shopper;
typedef struct checkout {
  bench *bench;
  id campaign;
  str *vouchers; /* codes, each used once */
  size_t voucher_count, next_voucher;
  id offers[SELLERS * OFFERS_PER_SELLER];
  shopper *shoppers;
  uint64_t next_number;
} checkout;

static status open_shop(bench *b, checkout *k, size_t i) {
  ctx *c = b->ctx;
  engine *e = b->app->engine;
  principal system = engine_system(e);
  tenant_new tenant = {.name = str_format(c->arena, "Seller %zu", i), .kind = STR("seller")};
  TRY(engine_call(c, e, &identity_create_tenant, &tenant, system));
  shop_new shop = {.seller = tenant.tenant_id,
                   .name = tenant.name,
                   .slug = str_format(c->arena, "seller-%zu", i),
                   .approved = true,
                   .terms = {.commission_ppb = 60000000, .settle_days = 7}};
  TRY(engine_call(c, e, &commerce_create_shop, &shop, system));
  for (size_t n = 0; n < OFFERS_PER_SELLER; n++) {
    variant_new v = {
        .sku = str_format(c->arena, "sku-%zu-%zu", i, n), .name = STR("One"), .price = PRICE};
    product_new p = {.shop = shop.shop_id,
                     .title = str_format(c->arena, "Thing %zu of seller %zu", n, i),
                     .variants = {&v, 1}};
    TRY(engine_call(c, e, &commerce_create_product, &p, system));
    stock_move m = {.variant = v.variant_id,
                    .warehouse = shop.warehouse_id,
                    .quantity = STOCK,
                    .why = WHY_RECEIVE_STOCK};
    TRY(engine_call(c, e, &commerce_move_stock, &m, system));
    k->offers[i * OFFERS_PER_SELLER + n] = v.offer_id;
  }
  return OK;
}

/* --- buyers with full wallets ----------------------------------------------------------------- */
enum { WALLET = 2000000000 };
typedef struct fund_wallet {
  id user, platform, entity, wallet, reserve;
} fund_wallet;

static status fund_load(ctx *c, tx *t, void *state) {
  fund_wallet *f = state;
  account_spec wallet = {.tenant = f->platform,
                         .entity = f->entity,
                         .owner = f->user,
                         .asset = ASSET_CNY,
                         .code = CODE_WALLET};
  account_spec reserve = {.tenant = f->platform,
                          .entity = f->entity,
                          .owner = f->entity,
                          .asset = ASSET_CNY,
                          .code = CODE_BANK_RESERVE};
  TRY(tx_ensure_account(c, t, &wallet, &f->wallet));
  return tx_ensure_account(c, t, &reserve, &f->reserve);
}

static status fund_decide(ctx *c, tx *t, void *state) {
  const fund_wallet *f = state;
  transfer in = {.debit_account = f->reserve,
                 .credit_account = f->wallet,
                 .amount = WALLET,
                 .code = WHY_TOP_UP,
                 .ref = f->user};
  return tx_post(c, t, &in, 1);
}

static const command_type fund_command = {
    .name = "bench.fund", .load = fund_load, .decide = fund_decide};

static status add_shopper(bench *b, ctx *c, size_t i, shopper *out) {
  engine *e = b->app->engine;
  user_new u = {.email = str_format(c->arena, "buyer%zu@bench.invalid", i),
                .name = STR("Buyer"),
                .kind = ACTOR_BUYER};
  TRY(engine_call(c, e, &identity_create_user, &u, engine_system(e)));
  fund_wallet f = {.user = u.user_id, .platform = b->market.platform, .entity = b->market.entity};
  TRY(engine_call(c, e, &fund_command, &f, engine_system(e)));
  str key;
  TRY(identity_issue_key(c, e, u.user_id, STR("bench"), SCOPE_BIT(SCOPE_BUY), 1, &key));
  out->user = u.user_id;
  out->key_len = key.len < sizeof out->key ? key.len : 0;
  memcpy(out->key, key.at, out->key_len);
  return OK;
}

/* Many at once, so that their commands share commits. */
typedef struct crowd {
  bench *bench;
  checkout *k;
  _Atomic size_t next;
  atomic_bool failed;
  pthread_mutex_t lock;
  fault first; /* its text in `detail` */
  char detail[256];
} crowd;

static void note_fault(crowd *w, const fault *f) {
  pthread_mutex_lock(&w->lock);
  if (!atomic_exchange(&w->failed, true)) {
    snprintf(w->detail, sizeof w->detail, "%.*s", STR_ARGS(f->detail));
    w->first = (fault){.code = f->code, .detail = str_from(w->detail)};
  }
  pthread_mutex_unlock(&w->lock);
}

static void *add_some(void *arg) {
  crowd *w = arg;
  bench *b = w->bench;
  arena *a = arena_open(8 << 20);
  while (a != NULL && !atomic_load(&w->failed)) {
    size_t i = atomic_fetch_add(&w->next, 1);
    if (i >= (size_t)b->buyers) break;
    ctx c;
    engine_ctx(b->app->engine, a, &c);
    if (add_shopper(b, &c, i, &w->k->shoppers[i]) != OK) note_fault(w, &c.fault);
    arena_reset(a);
  }
  arena_close(a);
  return NULL;
}

static status add_shoppers(bench *b, checkout *k) {
  crowd *w = ARENA_NEW(b->ctx->arena, crowd);
  *w = (crowd){.bench = b, .k = k, .lock = PTHREAD_MUTEX_INITIALIZER};
  k->shoppers = ARENA_ARRAY(b->ctx->arena, shopper, (size_t)b->buyers);
  pthread_t threads[CROWD];
  size_t started = 0;
  while (started < CROWD && pthread_create(&threads[started], NULL, add_some, w) == 0)
    started++;
  for (size_t i = 0; i < started; i++)
    pthread_join(threads[i], NULL);
  if (atomic_load(&w->failed)) b->ctx->fault = w->first;
  if (started == 0) return fail(b->ctx, E_NO_MEMORY, "No thread to add buyers.");
  return atomic_load(&w->failed) ? w->first.code : OK;
}

static status issue_vouchers(bench *b, checkout *k) {
  k->voucher_count =
      (size_t)(b->runs * (b->seconds + 1)) * CHECKOUTS_A_SECOND / VOUCHERS_MAX * VOUCHERS_MAX;
  k->vouchers = ARENA_ARRAY(b->ctx->arena, str, k->voucher_count);
  for (size_t n = 0; n < k->voucher_count; n += VOUCHERS_MAX) {
    voucher_issue issue = {.campaign_id = k->campaign, .amount = VOUCHER, .count = VOUCHERS_MAX};
    TRY(engine_call(b->ctx, b->app->engine, &payment_issue_vouchers, &issue,
                    engine_system(b->app->engine)));
    for (size_t i = 0; i < VOUCHERS_MAX; i++)
      k->vouchers[n + i] = issue.codes[i];
  }
  return OK;
}

static status stock_market(bench *b, checkout *k) {
  for (size_t i = 0; i < SELLERS; i++)
    TRY(open_shop(b, k, i));
  campaign_in campaign = {.name = STR("Bench"),
                          .currency = ASSET_CNY,
                          .budget = INT64_C(100000000000),
                          .per_order_max = CREDIT};
  TRY(engine_call(b->ctx, b->app->engine, &payment_fund_campaign, &campaign,
                  engine_system(b->app->engine)));
  k->campaign = campaign.campaign_id;
  TRY(issue_vouchers(b, k));
  return add_shoppers(b, k);
}

/* --- the load --------------------------------------------------------------------------------- */
static size_t next_checkout(void *arg, size_t connection, char into[static LOAD_REQUEST_MAX]) {
  UNUSED(connection);
  checkout *k = arg;
  if (k->next_voucher == k->voucher_count) return 0;
  str voucher = k->vouchers[k->next_voucher];
  if (!k->bench->is_floor) k->next_voucher++;
  rng *r = k->bench->rng;
  const shopper *s = &k->shoppers[rng_below(r, (uint64_t)k->bench->buyers)];
  uint64_t one = rng_below(r, SELLERS), two = (one + 1 + rng_below(r, SELLERS - 1)) % SELLERS;
  char first[ID_TEXT_MAX], second[ID_TEXT_MAX], campaign[ID_TEXT_MAX], body[1024], number[32];
  id_write(first, ID_OFFER, k->offers[one * OFFERS_PER_SELLER + rng_below(r, OFFERS_PER_SELLER)]);
  id_write(second, ID_OFFER, k->offers[two * OFFERS_PER_SELLER + rng_below(r, OFFERS_PER_SELLER)]);
  id_write(campaign, ID_CAMPAIGN, k->campaign);
  int n = snprintf(body, sizeof body,
                   "{\"lines\":[{\"offer\":\"%s\",\"quantity\":1},{\"offer\":\"%s\",\"quantity\":1}"
                   "],\"tenders\":["
                   "{\"kind\":\"voucher\",\"voucher_code\":\"%.*s\",\"amount\":%d},{\"kind\":"
                   "\"campaign\",\"campaign\":\"%s\","
                   "\"amount\":%d},{\"kind\":\"balance\",\"amount\":%d}]}",
                   first, second, STR_ARGS(voucher), VOUCHER, campaign, CREDIT,
                   2 * PRICE - CREDIT - VOUCHER);
  int digits = snprintf(number, sizeof number, "bench-%llu", (unsigned long long)k->next_number++);
  return bench_post(k->bench, "/v1/checkouts", (str){s->key, s->key_len},
                    (str){number, (size_t)digits}, (str){body, (size_t)n}, into);
}

static status count_paid(ctx *c, db *d, int64_t *out) {
  db_rows *rows;
  TRY(db_query0(c, d, &rows, "select count(*) from orders where state = 1 and points > 0"));
  *out = db_next(rows) ? db_get_int(rows, 0) : 0;
  return db_done(c, rows);
}

/* A rate is worth something only when the books are right afterwards, and every checkout that was
 * answered as done is an order that earned its points. */
static status verify_books(bench *b, const bench_result *out) {
  str violation = {0};
  db *d = engine_reader(b->app->engine, b->ctx);
  if (d == NULL) return fail(b->ctx, E_STORE, "No read connection.");
  status s = cli_verify(b->ctx, d, &violation);
  int64_t orders = 0;
  if (s == OK) s = count_paid(b->ctx, d, &orders);
  engine_reader_done(b->app->engine, d);
  TRY(s);
  if (violation.len > 0)
    return fail(b->ctx, E_RULE, "The books after the runs: %.*s", STR_ARGS(violation));
  if (orders < out->answered)
    return fail(b->ctx, E_RULE, "%lld checkouts were answered, %lld paid orders with points exist.",
                (long long)out->answered, (long long)orders);
  return OK;
}

status bench_checkout(bench *b, bench_result *out) {
  checkout k = {.bench = b};
  TRY(stock_market(b, &k));
  load_plan plan = {.next = next_checkout, .arg = &k};
  TRY(bench_measure(b, &plan, ANSWER_BYTES, out));
  return verify_books(b, out);
}
