/* test_shop.c - see test_shop.h. Not part of the program. */
#include "modules/commerce/test_shop.h"

#include "modules/commerce/model.h"

#include <string.h>

status test_do(test_shops *s, const command_type *type, void *state, status expected) {
  ctx *c = test_market_ctx(s->m);
  status got = engine_call(c, s->m->e, type, state, engine_system(s->m->e));
  if (got != expected) {
    print_message("%s: %s (%.*s", type->name, status_slug(got), STR_ARGS(c->fault.detail));
    for (size_t i = 0; i < c->fault.field_count; i++) {
      print_message("; %.*s: %.*s", STR_ARGS(c->fault.fields[i].pointer),
                    STR_ARGS(c->fault.fields[i].detail));
    }
    print_message("), expected %s\n", status_slug(expected));
  }
  assert_int_equal(got, expected);
  return got;
}

/* --- money out of nowhere, for tests only: customers' money arrives at the bank and in a wallet
 * --- */

typedef struct grant {
  id user;
  int64_t amount;
  id reserve, wallet;
} grant;

static status grant_load(ctx *c, tx *t, void *state) {
  grant *g = state;
  market m;
  TRY(identity_market(c, tx_db(t), &m));
  account_spec spec = {.tenant = m.platform,
                       .entity = m.entity,
                       .owner = m.entity,
                       .asset = m.currency,
                       .code = CODE_BANK_RESERVE};
  TRY(tx_ensure_account(c, t, &spec, &g->reserve));
  spec.owner = g->user;
  spec.code = CODE_WALLET;
  return tx_ensure_account(c, t, &spec, &g->wallet);
}

static status grant_decide(ctx *c, tx *t, void *state) {
  grant *g = state;
  transfer move = {.debit_account = g->reserve,
                   .credit_account = g->wallet,
                   .amount = g->amount,
                   .code = WHY_TOP_UP};
  return tx_post(c, t, &move, 1);
}

static const command_type test_grant = {
    .name = "test.grant", .load = grant_load, .decide = grant_decide};

void test_buyer_gets(test_shops *s, id buyer, int64_t money_minor) {
  grant g = {.user = buyer, .amount = money_minor};
  test_do(s, &test_grant, &g, OK);
}

id test_buyer(test_shops *s, const char *email, int64_t money_minor) {
  user_new u = {.email = str_from(email), .name = STR("Buyer"), .kind = ACTOR_BUYER};
  u.password_hash = identity_hash_password(test_market_ctx(s->m), STR(TEST_PASSWORD));
  test_do(s, &identity_create_user, &u, OK);
  if (money_minor > 0) test_buyer_gets(s, u.user_id, money_minor);
  return u.user_id;
}

void test_receive(test_shops *s, size_t shop, int64_t quantity) {
  stock_move in = {
      .variant = s->variant[shop], .warehouse = s->warehouse[shop], .quantity = quantity};
  test_do(s, &commerce_move_stock, &in, OK);
}

static void open_shop(test_shops *s, size_t i) {
  static const char *const titles[] = {"Tea pot, 青瓷茶壶", "Paper lamp"};
  tenant_new tenant = {.name = str_format(s->m->arena, "Seller %zu", i), .kind = STR("seller")};
  test_do(s, &identity_create_tenant, &tenant, OK);
  s->seller[i] = tenant.tenant_id;
  shop_new shop = {.seller = tenant.tenant_id,
                   .name = tenant.name,
                   .slug = str_format(s->m->arena, "shop-%zu", i),
                   .freight = i == 0 ? 800 : 0,
                   .approved = true,
                   .terms = {.commission_ppb = 120000000, .settle_days = 7}};
  test_do(s, &commerce_create_shop, &shop, OK);
  s->shop[i] = shop.shop_id;
  s->warehouse[i] = shop.warehouse_id;
  s->price[i] = i == 0 ? 19900 : 5001;
  variant_new variant = {.sku = str_format(s->m->arena, "SKU-%zu", i), .price = s->price[i]};
  product_new product = {
      .shop = shop.shop_id, .title = str_from(titles[i]), .variants = {&variant, 1}};
  test_do(s, &commerce_create_product, &product, OK);
  s->product[i] = product.product_id;
  s->variant[i] = variant.variant_id;
  s->offer[i] = variant.offer_id;
  test_receive(s, i, TEST_STOCK);
}

test_shops *test_shops_open(const char *url, const module *const *more, size_t count) {
  const module *modules[8] = {&identity_module, &payment_module, &commerce_module};
  assert_true(count <= 5);
  for (size_t i = 0; i < count; i++)
    modules[3 + i] = more[i];
  commerce_register();
  test_market *m = test_market_open(url, modules, 3 + count);
  test_market_set_up(m);
  test_shops *s = ARENA_NEW(m->arena, test_shops);
  s->m = m;
  for (size_t i = 0; i < TEST_SHOPS; i++)
    open_shop(s, i);
  s->buyer = test_buyer(s, "buyer@example.com", 1000000);
  campaign_in campaign = {
      .name = STR("Spring"), .currency = ASSET_CNY, .budget = 100000, .per_order_max = 50000};
  test_do(s, &payment_fund_campaign, &campaign, OK);
  s->campaign = campaign.campaign_id;
  return s;
}

void test_shops_close(test_shops *s) { test_market_close(s->m); }

order_place *test_order(test_shops *s, id buyer, int64_t quantity0, int64_t quantity1, bool pay,
                        status expected) {
  arena *a = s->m->arena;
  order_line_in *lines = ARENA_ARRAY(a, order_line_in, 2);
  size_t count = 0;
  int64_t total = 0;
  if (quantity0 > 0) {
    lines[count++] = (order_line_in){s->offer[0], quantity0, PRICE_CURRENT, PRICE_CURRENT};
    total += quantity0 * s->price[0] + 800;
  }
  if (quantity1 > 0) {
    lines[count++] = (order_line_in){s->offer[1], quantity1, PRICE_CURRENT, PRICE_CURRENT};
    total += quantity1 * s->price[1];
  }
  tender_in *tender = ARENA_NEW(a, tender_in);
  *tender = (tender_in){.kind = TENDER_BALANCE, .amount = total};
  order_place *p = ARENA_NEW(a, order_place);
  *p = (order_place){.buyer = buyer, .lines = {lines, count}, .tenders = {tender, pay ? 1 : 0}};
  test_do(s, &commerce_place_order, p, expected);
  return p;
}

order_view test_order_view(test_shops *s, id order) {
  ctx *c = test_market_ctx(s->m);
  db *d = engine_reader(s->m->e, c);
  order_view v = {0};
  assert_int_equal(commerce_order_get(c, d, order, &v), OK);
  engine_reader_done(s->m->e, d);
  return v;
}

int64_t test_balance(test_shops *s, id owner, uint16_t code, uint32_t number) {
  ctx *c = test_market_ctx(s->m);
  db *d = engine_reader(s->m->e, c);
  account *all;
  size_t count;
  int64_t sum = 0;
  assert_int_equal(ledger_accounts_of(c, d, owner, &all, &count), OK);
  for (size_t i = 0; i < count; i++) {
    if (all[i].code == code && (number == 0 || all[i].asset == number))
      sum += account_balance(&all[i]);
  }
  engine_reader_done(s->m->e, d);
  return sum;
}

static account shelf_of(test_shops *s, size_t shop) {
  ctx *c = test_market_ctx(s->m);
  db *d = engine_reader(s->m->e, c);
  stock_row stock;
  account a;
  assert_int_equal(store_stock_find(c, d, s->variant[shop], s->warehouse[shop], &stock), OK);
  assert_int_equal(ledger_account_get(c, d, stock.shelf, &a), OK);
  engine_reader_done(s->m->e, d);
  return a;
}

int64_t test_reserved(test_shops *s, size_t shop) { return shelf_of(s, shop).debits_pending; }

int64_t test_on_hand(test_shops *s, size_t shop) {
  account a = shelf_of(s, shop);
  return account_balance(&a);
}

void test_books_hold(test_shops *s) {
  ctx *c = test_market_ctx(s->m);
  db *d = engine_reader(s->m->e, c);
  ledger_proof proof;
  str violation;
  safeguard_proof *safe;
  size_t count;
  assert_int_equal(ledger_verify(c, d, &proof), OK);
  if (proof.violation.len > 0) print_message("ledger: %.*s\n", STR_ARGS(proof.violation));
  assert_int_equal(proof.violation.len, 0);
  assert_int_equal(commerce_verify(c, d, &violation), OK);
  if (violation.len > 0) print_message("orders: %.*s\n", STR_ARGS(violation));
  assert_int_equal(violation.len, 0);
  assert_int_equal(payment_verify(c, d, &violation), OK);
  if (violation.len > 0) print_message("%.*s\n", STR_ARGS(violation));
  assert_int_equal(violation.len, 0);
  assert_int_equal(payment_safeguard(c, d, &safe, &count), OK);
  for (size_t i = 0; i < count; i++)
    assert_true(safe[i].equal);
  engine_reader_done(s->m->e, d);
}
