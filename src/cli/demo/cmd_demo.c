/* cmd_demo.c - `tael demo`: a sandbox market with data on the first run, the same market again on
 * later ones, and the simulated bank beside it. The bank listens one port above the market, and
 * where it listened then when the store was filled before: its channel says so. */
#include "cli/bank_child.h"
#include "cli/commands.h"
#include "cli/demo/demo.h"
#include "cli/replay/live.h"
#include "modules/payment/payment.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEMO_PASSWORD "tael-demo-2026"
enum {
  COMMISSION_PPB = 60000000,
  SETTLE_DAYS = 7,
  IN_FLIGHT = 256,
  BUYERS_PER_ORDER = 4,
  BUYERS_LEAST = 20,
  FAIR_BUDGET = 2000000,
  FAIR_PER_ORDER = 1500,
  VOUCHER_WORTH = 3000
};

static bool bank_address(cli *self, char out[static 64]) {
  const char *listen = cli_text(self, "listen"), *colon = strrchr(listen, ':');
  int64_t port = 0;
  if (colon == NULL || !str_to_int(str_from(colon + 1), &port) || port < 0 || port > 65534) {
    fprintf(self->err, "tael demo: --listen takes HOST:PORT, not \"%s\"\n", listen);
    return false;
  }
  snprintf(out, 64, "127.0.0.1:%lld", (long long)(port == 0 ? 0 : port + 1));
  return true;
}

static status bank_of_store(ctx *c, db *d, char listen[static 64]) {
  const str scheme = STR("http://");
  db_rows *rows;
  TRY(db_query0(c, d, &rows,
                "select url from payment_channel where kind = 'bank-sim' order by channel_id"));
  str url = db_next(rows) ? db_keep_text(rows, 0, c->arena) : (str){0};
  TRY(db_done(c, rows));
  if (str_starts(url, scheme) && url.len - scheme.len < 64)
    snprintf(listen, 64, "%.*s", (int)(url.len - scheme.len), url.at + scheme.len);
  return OK;
}

/* Also where the bank of a market that is set up listens. */
static status is_set_up(ctx *c, engine *e, bool *out, char bank_listen[static 64]) {
  db *d = engine_reader(e, c);
  if (d == NULL) return fail(c, E_STORE, "No read connection.");
  market m = {0};
  status s = identity_market(c, d, &m);
  *out = s == OK;
  if (s == OK) s = bank_of_store(c, d, bank_listen);
  engine_reader_done(e, d);
  if (s != E_CONFLICT) return s;
  fault_clear(c);
  return OK;
}

/* Staff who can look around: a supervisor beside the operator whom set-up makes. */
static status add_staff(ctx *c, engine *e, str hash) {
  user_new staff[] = {{.email = STR("supervisor@example.com"),
                       .name = STR("Sun Wei"),
                       .password_hash = hash,
                       .kind = ACTOR_SUPERVISOR},
                      {.email = STR("operator2@example.com"),
                       .name = STR("Olga Larsen"),
                       .password_hash = hash,
                       .kind = ACTOR_OPERATOR}};
  for (size_t i = 0; i < COUNT_OF(staff); i++)
    TRY(engine_call(c, e, &identity_create_user, &staff[i], engine_system(e)));
  return OK;
}

static status add_seller_login(ctx *c, engine *e, const source *s, str hash) {
  if (s->seller_count == 0 || s->sellers[0]->tenant == 0) return OK;
  user_new u = {.email = s->sellers[0]->email,
                .name = STR("Shan Rossi"),
                .password_hash = hash,
                .kind = ACTOR_SELLER,
                .tenant = s->sellers[0]->tenant};
  return engine_call(c, e, &identity_create_user, &u, engine_system(e));
}

/* Something to pay with besides money: a campaign any buyer may use, and a voucher by its code. */
static status add_credit(ctx *c, engine *e) {
  campaign_in fair = {.name = STR("Autumn fair / 秋日集市"),
                      .currency = ASSET_CNY,
                      .budget = FAIR_BUDGET,
                      .per_order_max = FAIR_PER_ORDER};
  TRY(engine_call(c, e, &payment_fund_campaign, &fair, engine_system(e)));
  static const char *const codes[] = {"WELCOME2026", "WELCOME2027", "WELCOME2028"};
  for (size_t i = 0; i < COUNT_OF(codes); i++) {
    voucher_issue one = {.campaign_id = fair.campaign_id,
                         .amount = VOUCHER_WORTH,
                         .count = 1,
                         .code = str_from(codes[i])};
    TRY(engine_call(c, e, &payment_issue_vouchers, &one, engine_system(e)));
  }
  return OK;
}

status demo_fill(ctx *c, app *a, const char *bank_url, const demo_size *size, FILE *err) {
  str hash = identity_hash_password(c, STR(DEMO_PASSWORD));
  if (hash.len == 0) return c->fault.code;
  source s = {0};
  live_counts counts = {0};
  live_options o = {.commission_ppb = COMMISSION_PPB,
                    .settle_days = SETTLE_DAYS,
                    .in_flight = IN_FLIGHT,
                    .bank_url = bank_url,
                    .carrier = STR("Swallow Express"),
                    .auto_capture = true,
                    .operator_email = STR("operator@example.com"),
                    .operator_hash = hash,
                    .spare_vouchers = 500000,
                    .voucher_max = 2000};
  TRY(demo_make(c, size, hash, &s));
  TRY(live_run(c, a, &s, &o, err, &counts));
  TRY(add_staff(c, a->engine, hash));
  TRY(add_seller_login(c, a->engine, &s, hash));
  TRY(add_credit(c, a->engine));
  engine_set_now(a->engine, size->until);
  fprintf(err, "%zu orders, %zu shops, %zu products; %lld steps refused\n", s.order_count,
          s.seller_count, s.offer_count, (long long)counts.refused);
  return OK;
}

static const demo_login logins[] = {
    {"operator@example.com", "operator", "runs the market", "管理市场"},
    {"operator2@example.com", "operator", "approves what the first operator proposes",
     "审批第一位运营人员的提议"},
    {"supervisor@example.com", "supervisor", "reads everything, changes nothing", "监管，只读"},
    {"seller@example.com", "seller", "Cloud Terrace Tea", "商家：Cloud Terrace Tea"},
    {"buyer@example.com", "buyer", "buys; has money in the wallet and voucher WELCOME2026",
     "买家，钱包有余额，代金券 WELCOME2026"},
};

static void print_logins(FILE *out) {
  fputs("Sign in with password " DEMO_PASSWORD " as\n", out);
  for (size_t i = 0; i < COUNT_OF(logins); i++)
    fprintf(out, "  %-24s %s\n", logins[i].email, logins[i].what_en);
}

static int run_demo(cli *self, const demo_size *size, char bank_listen[static 64]) {
  app_options options = {.db_url = str_from(cli_text(self, "db")),
                         .sandbox = true,
                         .lanes = 1,
                         .task_threads = 4,
                         .threads = true,
                         .calendar = "china"};
  app *a = NULL;
  bank_child bank = {0};
  bool ready = false;
  status s = app_open(&options, &a, self->ctx);
  if (s == OK) s = is_set_up(self->ctx, a->engine, &ready, bank_listen);
  if (s == OK) s = bank_start(self->ctx, bank_listen, &bank);
  log_set_level(LOG_WARN);
  if (s == OK && !ready) s = demo_fill(self->ctx, a, bank.url, size, self->err);
  log_set_level(LOG_INFO);
  int code = s == OK ? 0 : cli_fail(self, s);
  if (s == OK && !cli_switch(self, "no-serve")) {
    print_logins(self->out);
    identity_show_logins(logins, COUNT_OF(logins), DEMO_PASSWORD);
    code = app_serve(a, cli_text(self, "listen"), self->out, self->err);
  }
  if (a != NULL) app_close(a);
  bank_stop(&bank);
  return code;
}

int cmd_demo(cli *self) {
  int64_t seed = 0, orders = 0, shops = 0;
  char bank_listen[64];
  if (!cli_int(self, "seed", 0, INT64_MAX, &seed) ||
      !cli_int(self, "orders", 0, 1000000, &orders) || !cli_int(self, "shops", 1, 12, &shops))
    return EXIT_USAGE;
  if (!bank_address(self, bank_listen)) return EXIT_USAGE;
  size_t buyers = (size_t)orders / BUYERS_PER_ORDER;
  demo_size size = {.seed = (uint64_t)seed,
                    .orders = (size_t)orders,
                    .shops = (size_t)shops,
                    .buyers = buyers > BUYERS_LEAST ? buyers : BUYERS_LEAST,
                    .until = app_real_clock(NULL)};
  return run_demo(self, &size, bank_listen);
}
