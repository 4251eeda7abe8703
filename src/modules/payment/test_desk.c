/* test_desk.c - see test_desk.h. Not part of the program. */
#include "modules/payment/test_desk.h"

#include <stdlib.h>
#include <string.h>

int told_paid, told_failed, fake_asked, fake_files;
const char *fake_file;
channel_outcome fake_payout;

/* --- the scripted channel --------------------------------------------------------------------- */
enum { KNOWN_MAX = 4096 };
static id known[KNOWN_MAX];
static size_t known_count;

static bool has_arrived(id attempt) {
  for (size_t i = 0; i < known_count; i++) {
    if (known[i] == attempt) return true;
  }
  return false;
}

static bool token_is(const channel_ask *ask, const char *token) {
  return str_eq(ask->token, str_from(token));
}

static channel_outcome verdict(const channel_ask *ask) {
  if (token_is(ask, "no")) return OUTCOME_DECLINED;
  if (token_is(ask, "no-capture") && ask->kind == ATTEMPT_CAPTURE) return OUTCOME_DECLINED;
  if (token_is(ask, "no-refund") && ask->kind == ATTEMPT_REFUND) return OUTCOME_DECLINED;
  if (token_is(ask, "never") && ask->kind != ATTEMPT_REFUND && ask->kind != ATTEMPT_VOID)
    return OUTCOME_UNKNOWN;
  if (ask->kind == ATTEMPT_PAYOUT) return fake_payout;
  return OUTCOME_APPROVED;
}

static bool takes(const channel_ask *ask) {
  return ask->kind == ATTEMPT_SALE || ask->kind == ATTEMPT_CAPTURE;
}

static void describe(ctx *c, const channel_ask *ask, channel_answer *out) {
  int64_t off = token_is(ask, "less") && takes(ask)                         ? -100
                : token_is(ask, "more") && takes(ask)                       ? 100
                : token_is(ask, "more-back") && ask->kind == ATTEMPT_REFUND ? 100
                                                                            : 0;
  out->channel_ref = str_format(c->arena, "ref-%lld", (long long)ask->attempt_id);
  out->amount = ask->amount + off;
  out->reason = out->outcome == OUTCOME_DECLINED ? STR("declined by script") : (str){0};
}

static status fake_send(ctx *c, const connector *self, const channel_ask *ask,
                        channel_answer *out) {
  UNUSED(self);
  fake_asked++;
  bool first = !has_arrived(ask->attempt_id);
  *out = (channel_answer){.outcome = OUTCOME_UNKNOWN};
  if (token_is(ask, "lost") && takes(ask) && fake_asked == 1) return OK;
  assert_true(known_count < KNOWN_MAX);
  if (first) known[known_count++] = ask->attempt_id;
  if (token_is(ask, "slow")) return OK;
  out->outcome = verdict(ask);
  out->again = token_is(ask, "twice") || token_is(ask, "liar");
  out->second = token_is(ask, "liar") ? OUTCOME_DECLINED : out->outcome;
  describe(c, ask, out);
  return OK;
}

static status fake_query(ctx *c, const connector *self, const channel_ask *ask,
                         channel_answer *out) {
  UNUSED(self);
  *out = (channel_answer){.outcome = has_arrived(ask->attempt_id) ? verdict(ask) : OUTCOME_ABSENT};
  describe(c, ask, out);
  return OK;
}

static status fake_settlement(ctx *c, const connector *self, const channel_at *channel, date on,
                              str *csv) {
  UNUSED(self);
  UNUSED(channel);
  UNUSED(on);
  fake_files++;
  if (fake_file == NULL) return fail(c, E_CHANNEL, "No file by script.");
  *csv = str_from(fake_file);
  return OK;
}

static const connector fake = {.kind = "fake",
                               .authorise = fake_send,
                               .capture = fake_send,
                               .cancel = fake_send,
                               .refund = fake_send,
                               .payout = fake_send,
                               .query = fake_query,
                               .settlement_file = fake_settlement};

/* --- what is paid for ------------------------------------------------------------------------- */
static status hook_load(ctx *c, tx *t, id payable, bool paid, void *state) {
  UNUSED(c);
  UNUSED(t);
  assert_int_equal(payable, ORDER);
  *(bool *)state = paid;
  return OK;
}
static status hook_decide(ctx *c, tx *t, void *state) {
  UNUSED(c);
  UNUSED(t);
  UNUSED(state);
  return OK;
}
static status hook_write(ctx *c, tx *t, void *state) {
  UNUSED(c);
  UNUSED(t);
  if (*(bool *)state)
    told_paid++;
  else
    told_failed++;
  return OK;
}
static const payable_hooks hooks = {ID_ORDER, sizeof(bool), hook_load, hook_decide, hook_write};

/* --- sub-operations as commands --------------------------------------------------------------- */
static status do_pay_load(ctx *c, tx *t, void *s) { return pay_plan_load(c, t, &((till *)s)->p); }
static status do_pay_decide(ctx *c, tx *t, void *s) {
  return pay_plan_decide(c, t, &((till *)s)->p);
}
static status do_pay_write(ctx *c, tx *t, void *s) { return pay_plan_write(c, t, &((till *)s)->p); }
const command_type test_pay = {"test.pay", 0, do_pay_load, do_pay_decide, do_pay_write};

static status do_release_load(ctx *c, tx *t, void *s) { return release_load(c, t, s); }
static status do_release_decide(ctx *c, tx *t, void *s) { return release_decide(c, t, s); }
static status do_release_write(ctx *c, tx *t, void *s) { return release_write(c, t, s); }
const command_type test_release = {"test.release", 0, do_release_load, do_release_decide,
                                   do_release_write};

static status do_refund_load(ctx *c, tx *t, void *s) { return refund_load(c, t, s); }
static status do_refund_decide(ctx *c, tx *t, void *s) { return refund_decide(c, t, s); }
static status do_refund_write(ctx *c, tx *t, void *s) { return refund_write(c, t, s); }
const command_type test_refund = {"test.refund", 0, do_refund_load, do_refund_decide,
                                  do_refund_write};

static status each(ctx *c, tx *t, two_refunds *s, status (*step)(ctx *, tx *, refund_plan *)) {
  for (size_t i = 0; i < 2; i++)
    TRY(step(c, t, &s->plans[i]));
  return OK;
}
static status two_load(ctx *c, tx *t, void *s) { return each(c, t, s, refund_load); }
static status two_decide(ctx *c, tx *t, void *s) { return each(c, t, s, refund_decide); }
static status two_write(ctx *c, tx *t, void *s) { return each(c, t, s, refund_write); }
const command_type test_refund_two = {"test.refund_two", 0, two_load, two_decide, two_write};

/* The buyer's money comes from the operator's pocket: a wallet filled against the reserve, the
 * reserve against capital. */
typedef struct gift {
  id owner;
  int64_t amount;
  id wallet, reserve;
} gift;
static status gift_load(ctx *c, tx *t, void *state) {
  gift *g = state;
  market m;
  TRY(identity_market(c, tx_db(t), &m));
  TRY(account_need(c, t, &m, CODE_WALLET, g->owner, &g->wallet));
  return account_of_market(c, t, &m, CODE_BANK_RESERVE, &g->reserve);
}
static status gift_decide(ctx *c, tx *t, void *state) {
  const gift *g = state;
  moves m = moves_make(c, 1);
  moves_add(&m, g->reserve, g->wallet, g->amount, WHY_TOP_UP, g->owner);
  return moves_post(c, t, &m);
}
static const command_type test_gift = {"test.gift", 0, gift_load, gift_decide, NULL};

/* --- the desk --------------------------------------------------------------------------------- */
ctx *desk_ctx(desk *d) { return test_market_ctx(d->m); }

status desk_run(desk *d, const command_type *type, void *state) {
  ctx *c = desk_ctx(d);
  return engine_call(c, d->m->e, type, state, engine_system(d->m->e));
}

void desk_must(desk *d, const command_type *type, void *state) {
  status s = desk_run(d, type, state);
  if (s != OK)
    print_message("%s: %s %.*s\n", type->name, status_slug(s), STR_ARGS(d->m->ctx.fault.detail));
  assert_int_equal(s, OK);
}

void desk_give(desk *d, id owner, int64_t amount) {
  gift g = {.owner = owner, .amount = amount};
  desk_must(d, &test_gift, &g);
}

void desk_prove(desk *d) {
  ctx *c = desk_ctx(d);
  db *reader = engine_reader(d->m->e, c);
  ledger_proof proof;
  safeguard_proof *proofs;
  size_t count;
  assert_int_equal(ledger_verify(c, reader, &proof), OK);
  if (proof.violation.len > 0) print_message("%.*s\n", STR_ARGS(proof.violation));
  assert_int_equal(proof.violation.len, 0);
  assert_int_equal(payment_safeguard(c, reader, &proofs, &count), OK);
  for (size_t i = 0; i < count; i++)
    assert_int_equal(proofs[i].assets, proofs[i].owed);
  str violation;
  assert_int_equal(payment_verify_books(c, reader, &violation), OK);
  if (violation.len > 0) print_message("%.*s\n", STR_ARGS(violation));
  assert_int_equal(violation.len, 0);
  engine_reader_done(d->m->e, reader);
}

void desk_tasks(desk *d) {
  ctx *c = desk_ctx(d);
  while (engine_run_tasks(c, d->m->e, 100) > 0)
    desk_prove(d);
}

int64_t desk_balance(desk *d, uint16_t code, id owner) {
  ctx *c = desk_ctx(d);
  db *reader = engine_reader(d->m->e, c);
  account *accounts;
  size_t count;
  int64_t sum = 0;
  assert_int_equal(
      ledger_accounts_of(c, reader, owner == 0 ? d->m->facts.entity : owner, &accounts, &count),
      OK);
  for (size_t i = 0; i < count; i++) {
    if (accounts[i].code == code) sum += account_balance(&accounts[i]);
  }
  engine_reader_done(d->m->e, reader);
  return sum;
}

int64_t desk_int(desk *d, const char *sql, int64_t argument) {
  ctx *c = desk_ctx(d);
  db *reader = engine_reader(d->m->e, c);
  db_rows *rows;
  db_value value = DB_INT(argument);
  assert_int_equal(db_select(c, reader, &rows, sql, 1, &value), OK);
  int64_t got = db_next(rows) ? db_get_int(rows, 0) : 0;
  assert_int_equal(db_done(c, rows), OK);
  engine_reader_done(d->m->e, reader);
  return got;
}

void desk_job(desk *d, const char *name, date on) {
  ctx *c = desk_ctx(d);
  str report;
  status s = engine_run_job(c, d->m->e, str_from(name), on, &report);
  if (s != OK) print_message("%s: %.*s\n", name, STR_ARGS(c->fault.detail));
  assert_int_equal(s, OK);
  desk_prove(d);
}

const char *desk_voucher(desk *d, int64_t amount) {
  voucher_issue in = {.campaign_id = d->campaign, .amount = amount, .count = 1};
  desk_must(d, &payment_issue_vouchers, &in);
  return str_zero(d->m->arena, in.codes[0]);
}

payment_totals desk_totals(desk *d) {
  ctx *c = desk_ctx(d);
  payment_totals out;
  db *reader = engine_reader(d->m->e, c);
  assert_int_equal(payment_totals_get(c, reader, d->m->facts.currency, &out), OK);
  engine_reader_done(d->m->e, reader);
  return out;
}

payment_row desk_payment(desk *d, id payment_id) {
  ctx *c = desk_ctx(d);
  payment_row row;
  bool found;
  db *reader = engine_reader(d->m->e, c);
  assert_int_equal(payment_get(c, reader, payment_id, &row, &found), OK);
  assert_true(found);
  engine_reader_done(d->m->e, reader);
  return row;
}

static id add_channel(desk *d, const char *name, bool auto_capture) {
  channel_in in = {.name = str_from(name),
                   .kind = STR("fake"),
                   .url = STR("fake:"),
                   .auto_capture = auto_capture};
  desk_must(d, &payment_add_channel, &in);
  return in.channel_id;
}

desk *desk_open(const char *url) {
  static const module *const modules[] = {&identity_module, &payment_module};
  desk *d = calloc(1, sizeof *d);
  assert_non_null(d);
  payment_register_connector(&fake);
  payment_register_payable(&hooks);
  known_count = 0;
  told_paid = told_failed = fake_asked = fake_files = 0;
  fake_file = NULL;
  fake_payout = OUTCOME_APPROVED;
  d->m = test_market_open_lanes(url, modules, COUNT_OF(modules), 2);
  test_market_set_up(d->m);
  d->channel = add_channel(d, "two steps", false);
  d->sale_channel = add_channel(d, "one step", true);
  campaign_in in = {.name = STR("spring"), .currency = d->m->facts.currency, .budget = BUDGET};
  desk_must(d, &payment_fund_campaign, &in);
  d->campaign = in.campaign_id;
  desk_give(d, BUYER, BUYER_HAS);
  desk_prove(d);
  return d;
}

void desk_close(desk *d) {
  desk_prove(d);
  test_market_close(d->m);
  free(d);
}

till *till_make(desk *d, int64_t share_a, int64_t share_b) {
  ctx *c = desk_ctx(d);
  till *t = ARENA_NEW(d->m->arena, till);
  t->p = (pay_plan){.payment_id = id_next(c),
                    .payer = BUYER,
                    .payable_kind = ID_ORDER,
                    .payable = ORDER,
                    .currency = d->m->facts.currency,
                    .window_s = 1800};
  if (share_a > 0) t->p.payees[t->p.payee_count++] = (payee){SELLER_A, CHILD_A, share_a};
  if (share_b > 0) t->p.payees[t->p.payee_count++] = (payee){SELLER_B, CHILD_B, share_b};
  return t;
}

void till_add(till *t, tender_in tender) { t->p.tenders[t->p.tender_count++] = tender; }

void desk_release(desk *d, const till *t, id seller, id child, int64_t gross, int64_t commission,
                  date due) {
  release_plan p = {.seller = seller,
                    .child = child,
                    .payment_id = t->p.payment_id,
                    .currency = t->p.currency,
                    .gross = gross,
                    .commission = commission,
                    .due = due};
  desk_must(d, &test_release, &p);
  desk_prove(d);
}

till *till_by_card(desk *d, int64_t amount, const char *token) {
  till *t = till_make(d, amount, 0);
  till_add(t, T_CARD(d, amount, token));
  desk_must(d, &test_pay, t);
  desk_tasks(d);
  return t;
}

refund_plan till_refund(const till *t, id refund_id, int64_t amount) {
  return (refund_plan){.refund_id = refund_id,
                       .payment_id = t->p.payment_id,
                       .seller = SELLER_A,
                       .child = CHILD_A,
                       .amount = amount,
                       .whole = amount == 0};
}
