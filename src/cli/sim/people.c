/* people.c - who is there before the faults begin: a market, two operators and a supervisor,
 * sellers with goods on their shelves, buyers with full wallets, a campaign with vouchers, some
 * accounts of a program that only keeps books. Made without faults; what can be asked over HTTP is.
 */
#include "cli/sim/model.h"
#include "modules/commerce/commerce.h"

#include <string.h>

enum { STOCK = 40, TOP_UP = 400000, BUDGET = 300000, PER_ORDER = 20000, WORTH = 700, CODES = 8 };

static void must(world *w, ctx *c, status s, const char *what) {
  if (s != OK) world_fail(w, "setting up: %s: %.*s", what, STR_ARGS(c->fault.detail));
}

static void call(world *w, const command_type *type, void *state) {
  ctx c;
  engine_ctx(w->app->engine, w->step, &c);
  must(w, &c, engine_call(&c, w->app->engine, type, state, engine_system(w->app->engine)),
       type->name);
}

static void keep_id(char into[static ID_ROOM], id_kind kind, id value) {
  char text[ID_TEXT_MAX];
  id_write(text, kind, value);
  snprintf(into, ID_ROOM, "%s", text);
}

static void make_key(world *w, id user, uint64_t scopes, char into[static KEY_ROOM]) {
  ctx c;
  str secret = {0};
  engine_ctx(w->app->engine, w->step, &c);
  must(w, &c, identity_issue_key(&c, w->app->engine, user, STR("sim"), scopes, 300, &secret),
       "key");
  snprintf(into, KEY_ROOM, "%.*s", STR_ARGS(secret));
}

static id make_user(world *w, const char *name, actor_kind kind, id tenant) {
  user_new u = {.email = str_format(w->step, "%s@sim.invalid", name),
                .name = str_from(name),
                .kind = kind,
                .tenant = tenant};
  call(w, &identity_create_user, &u);
  return u.user_id;
}

enum {
  OFFICE = 1 << SCOPE_SELF | 1 << SCOPE_OPERATE | 1 << SCOPE_MONEY | 1 << SCOPE_SUPERVISE |
           1 << SCOPE_LEDGER_READ | 1 << SCOPE_LEDGER_WRITE | 1 << SCOPE_CLOCK,
  EYES = 1 << SCOPE_SELF | 1 << SCOPE_SUPERVISE,
  SELLING = 1 << SCOPE_SELF | 1 << SCOPE_SELL,
  BUYING = 1 << SCOPE_SELF | 1 << SCOPE_BUY | 1 << SCOPE_WALLET,
};

static void make_office(world *w) {
  model *m = w->model;
  setup_state s = {.in = {.market_name = STR("Simulated"),
                          .currency = ASSET_CNY,
                          .utc_offset_minutes = 0,
                          .operator_email = STR("first@sim.invalid"),
                          .capital = 1000000000}};
  call(w, &identity_setup, &s);
  keep_id(m->entity, ID_ENTITY, s.out.entity);
  id people[2] = {s.out.operator_user, make_user(w, "second", ACTOR_OPERATOR, 0)};
  for (int i = 0; i < 2; i++) {
    keep_id(m->operator_id[i], ID_USER, people[i]);
    make_key(w, people[i], OFFICE, m->operator_key[i]);
  }
  make_key(w, make_user(w, "eye", ACTOR_SUPERVISOR, 0), EYES, m->supervisor_key);
}

static void make_good(world *w, m_seller *s, int which, int n, id shop, id warehouse) {
  m_good *g = &s->goods[n];
  variant_new v = {.sku = str_format(w->step, "sku-%d-%d", which, n), .price = 100 + draw(w, 3000)};
  product_new p = {
      .shop = shop, .title = str_format(w->step, "Thing %d of %d", n, which), .variants = {&v, 1}};
  call(w, &commerce_create_product, &p);
  stock_move move = {
      .variant = v.variant_id, .warehouse = warehouse, .quantity = STOCK, .why = WHY_RECEIVE_STOCK};
  call(w, &commerce_move_stock, &move);
  g->price = v.price;
  g->on_hand = STOCK;
  g->seller = which;
  snprintf(g->sku, sizeof g->sku, "%.*s", STR_ARGS(v.sku));
  keep_id(g->variant, ID_VARIANT, v.variant_id);
  keep_id(g->offer, ID_OFFER, v.offer_id);
  keep_id(g->product, ID_PRODUCT, p.product_id);
}

static void make_seller(world *w, int which) {
  m_seller *s = &w->model->sellers[which];
  tenant_new tenant = {.name = str_format(w->step, "Seller %d", which), .kind = STR("seller")};
  call(w, &identity_create_tenant, &tenant);
  s->freight = which == 0 ? 800 : 0;
  s->commission_ppb = which == 0 ? 120000000 : 33333333;
  s->reserve_ppb = which == 0 ? 0 : 50000000;
  s->settle_days = 1 + draw(w, 5);
  shop_new shop = {.seller = tenant.tenant_id,
                   .name = tenant.name,
                   .slug = str_format(w->step, "shop-%d", which),
                   .freight = s->freight,
                   .approved = true,
                   .terms = {.commission_ppb = s->commission_ppb,
                             .reserve_ppb = s->reserve_ppb,
                             .settle_days = s->settle_days}};
  call(w, &commerce_create_shop, &shop);
  keep_id(s->id, ID_TENANT, tenant.tenant_id);
  keep_id(s->shop, ID_SHOP, shop.shop_id);
  keep_id(s->warehouse, ID_WAREHOUSE, shop.warehouse_id);
  for (int n = 0; n < GOODS; n++)
    make_good(w, s, which, n, shop.shop_id, shop.warehouse_id);
  id user = make_user(w, str_format(w->step, "seller%d", which).at, ACTOR_SELLER, tenant.tenant_id);
  make_key(w, user, SELLING, s->key);
}

/* --- over HTTP -------------------------------------------------------------------------------- */

PRINTF(4, 5)
static json_t *post(world *w, const char *who, const char *path, const char *format, ...) {
  ask *a = ARENA_NEW(w->step, ask);
  *a = (ask){.who = who, .method = "POST", .is_secret = true};
  snprintf(a->path, sizeof a->path, "%s", path);
  va_list args;
  va_start(args, format);
  vsnprintf(a->body, sizeof a->body, format, args);
  va_end(args);
  return world_send(w, a, 1) ? a->json : NULL;
}

static void make_campaign(world *w) {
  model *m = w->model;
  json_t *j = post(w, m->operator_key[0], "/v1/approvals",
                   "{\"action\":\"campaign.fund\",\"parameters\":{\"name\":\"Spring\",\"currency\":"
                   "\"CNY\",\"budget\":%d,\"per_order_max\":%d}}",
                   BUDGET, PER_ORDER);
  str path = str_format(w->step, "/v1/approvals/%s/approve", j_text(j, "approval"));
  post(w, m->operator_key[1], path.at, "{\"reason\":\"agreed\"}");
  int code;
  j = world_get(w, m->supervisor_key, &code, "/v1/campaigns");
  snprintf(m->campaign, ID_ROOM, "%s", j_text(j, "items.0.campaign"));
  m->budget = BUDGET;
  m->per_order_max = PER_ORDER;
  path = str_format(w->step, "/v1/campaigns/%s/vouchers", m->campaign);
  j = post(w, m->operator_key[0], path.at, "{\"amount\":%d,\"count\":%d}", WORTH, CODES);
  for (int i = 0; i < CODES; i++) {
    voucher *v = &ADD_TO(m, vouchers);
    str at = str_format(w->step, "vouchers.%d.code", i);
    *v = (voucher){.amount = WORTH};
    snprintf(v->code, ID_ROOM, "%s", j_text(j, at.at));
  }
}

static void make_buyer(world *w, int which) {
  model *m = w->model;
  m_buyer *b = &m->buyers[which];
  id user = make_user(w, str_format(w->step, "buyer%d", which).at, ACTOR_BUYER, 0);
  keep_id(b->id, ID_USER, user);
  make_key(w, user, BUYING, b->key);
  wallet_move_m *v = &ADD_TO(m, moves);
  *v = (wallet_move_m){.buyer = which, .amount = TOP_UP / (1 + which * 3)};
  snprintf(v->token, ID_ROOM, "yes-%lld", (long long)++m->tokens);
  post(w, b->key, "/v1/wallet/top-ups",
       "{\"amount\":%lld,\"currency\":\"CNY\",\"method\":\"card\",\"token\":\"%s\"}",
       (long long)v->amount, v->token);
}

static void make_account(world *w, int which) {
  m_account *a = &w->model->accounts[which];
  a->has_floor = which > 0;
  json_t *j = post(w, w->model->operator_key[0], "/v1/accounts",
                   "{\"asset\":156,\"no_debit_balance\":%s}", a->has_floor ? "true" : "false");
  snprintf(a->id, ID_ROOM, "%s", j_text(j, "account"));
}

/* The bank's silences are met at once: whoever it left in doubt is asked about until it speaks. */
static void fill_wallets(world *w) {
  model *m = w->model;
  for (int tries = 0; tries < 20 && !w->failed; tries++) {
    bool full = true;
    world_run_tasks(w);
    for (int i = 0; i < BUYERS; i++)
      full = full && m->buyers[i].balance > 0;
    if (full) return;
    world_sleep(w, 120);
    ctx c;
    str report;
    engine_ctx(w->app->engine, w->scratch, &c);
    must(w, &c, engine_run_job(&c, w->app->engine, STR("attempts.repair"), c.today, &report),
         "repair");
  }
}

void people_set_up(world *w) {
  model *m = w->model;
  make_office(w);
  for (int i = 0; i < SELLERS && !w->failed; i++)
    make_seller(w, i);
  if (w->failed) return;
  json_t *j = post(w, m->operator_key[0], "/v1/channels",
                   "{\"name\":\"City bank\",\"kind\":\"bank-sim\",\"url\":\"http://bank.invalid\","
                   "\"auto_capture\":true}");
  snprintf(m->channel, ID_ROOM, "%s", j_text(j, "channel"));
  make_campaign(w);
  for (int i = 0; i < BUYERS && !w->failed; i++)
    make_buyer(w, i);
  for (int i = 0; i < ACCOUNTS && !w->failed; i++)
    make_account(w, i);
  fill_wallets(w);
  m->settled_through = instant_date(world_now(w), 0) - 1;
}
