/* campaign.c - money the market gives away: a campaign's budget is an account of customers' money,
 * funded from the operator's own and counted as its cost; vouchers are single-use codes that may
 * take a fixed sum from it. What is promised by open vouchers never exceeds what the budget holds
 * when they are issued. */
#include "modules/payment/commands.h"

/* --- funding ---------------------------------------------------------------------------------- */
static status fund_load(ctx *c, tx *t, void *state) {
  campaign_in *in = state;
  fund_work *w = ARENA_NEW(c->arena, fund_work);
  in->inner = w;
  TRY(identity_market(c, tx_db(t), &w->m));
  in->campaign_id = in->existing;
  w->found = in->existing == 0;
  if (w->found)
    in->campaign_id = id_next(c);
  else
    TRY(campaign_get(c, tx_db(t), in->existing, &w->row, &w->found));
  TRY(account_need(c, t, &w->m, CODE_CAMPAIGN_BUDGET, in->campaign_id, &w->budget));
  TRY(account_of_market(c, t, &w->m, CODE_BANK_RESERVE, &w->reserve));
  TRY(account_of_market(c, t, &w->m, CODE_BANK_OWN, &w->own));
  return account_of_market(c, t, &w->m, CODE_PROMOTION_COST, &w->cost);
}

static status fund_decide(ctx *c, tx *t, void *state) {
  campaign_in *in = state;
  fund_work *w = in->inner;
  if (!w->found)
    return fail_field(c, E_NOT_FOUND, STR("/existing"),
                      "There is no such campaign; leave it out to make a new one.");
  if (in->currency != w->m.currency)
    return fail_field(c, E_RULE, STR("/currency"), "Use the market's own currency.");
  if (in->budget <= 0 || in->budget > MONEY_MAX_JSON)
    return fail_field(c, E_MALFORMED, STR("/budget"), "Send minor units from 1 to 2^53.");
  if (in->per_order_max < 0)
    return fail_field(c, E_MALFORMED, STR("/per_order_max"), "Send 0 or more minor units.");
  moves m = moves_make(c, 2);
  moves_add(&m, w->reserve, w->budget, in->budget, WHY_FUND_CAMPAIGN, in->campaign_id);
  moves_add(&m, w->cost, w->own, in->budget, WHY_FUND_CAMPAIGN, in->campaign_id);
  return moves_post(c, t, &m);
}

static status fund_write(ctx *c, tx *t, void *state) {
  campaign_in *in = state;
  fund_work *w = in->inner;
  campaign_row row = {.campaign_id = in->campaign_id,
                      .account = w->budget,
                      .name = in->name,
                      .currency = in->currency,
                      .budget = in->budget,
                      .per_order_max = in->per_order_max,
                      .created_at = c->now};
  if (in->existing == 0)
    TRY(campaign_insert(c, tx_db(t), &row));
  else
    TRY(campaign_add_budget(c, tx_db(t), in->campaign_id, in->budget));
  tx_audit(t, ID_CAMPAIGN, in->campaign_id,
           str_format(c->arena, "{\"funded\":%lld}", (long long)in->budget));
  str cmp = id_print(c->arena, ID_CAMPAIGN, in->campaign_id);
  return tx_emit(c, t, "campaign.funded", ID_CAMPAIGN, in->campaign_id, 0,
                 str_format(c->arena, "{\"campaign\":\"%.*s\",\"amount\":%lld}", STR_ARGS(cmp),
                            (long long)in->budget));
}

const command_type payment_fund_campaign = {"campaign.fund", 0, fund_load, fund_decide, fund_write};

/* --- vouchers --------------------------------------------------------------------------------- */
/* A code is what its bearer pays with: 60 bits, told once. The ctx's generator can be worked out
 * from some of its numbers, so a code is their hash: who holds a few of a batch learns nothing of
 * the rest. */
static str make_code(ctx *c) {
  static const char letters[] = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
  char *code = ARENA_ARRAY(c->arena, char, 13);
  uint64_t drawn[4];
  for (size_t i = 0; i < COUNT_OF(drawn); i++)
    drawn[i] = rng_next(c->random);
  sha256 hash = sha256_of(drawn, sizeof drawn);
  for (size_t i = 0; i < 12; i++)
    code[i] = letters[hash.bytes[i] & 31];
  return (str){code, 12};
}

typedef struct issue_work {
  campaign_row campaign;
  bool found, taken;
  int64_t outstanding;
} issue_work;

static status issue_load(ctx *c, tx *t, void *state) {
  voucher_issue *in = state;
  issue_work *w = ARENA_NEW(c->arena, issue_work);
  in->inner = w;
  TRY(campaign_get(c, tx_db(t), in->campaign_id, &w->campaign, &w->found));
  if (!w->found) return OK;
  tx_need_account(t, w->campaign.account);
  TRY(tx_lock_named(c, t)); /* two issues at once may not both count on what is left */
  TRY(vouchers_outstanding(c, tx_db(t), in->campaign_id, c->now, &w->outstanding));
  if (in->code.len == 0) return OK;
  voucher_row taken;
  TRY(voucher_lock(c, tx_db(t), in->code, &taken));
  w->taken = taken.found;
  return OK;
}

static status check_issue(ctx *c, const voucher_issue *in) {
  const issue_work *w = in->inner;
  if (!w->found) return fail(c, E_NOT_FOUND, "There is no such campaign.");
  if (in->amount <= 0 || in->amount > MONEY_MAX_JSON)
    return fail_field(c, E_MALFORMED, STR("/amount"), "Send minor units from 1 to 2^53.");
  if (in->count < 1 || in->count > VOUCHERS_MAX)
    return fail_field(c, E_MALFORMED, STR("/count"), "Issue 1 to 500 at a time.");
  if (in->code.len > 0 && in->count != 1)
    return fail_field(c, E_MALFORMED, STR("/code"),
                      "A chosen code is for one voucher; send count 1.");
  if (w->taken)
    return fail_field(c, E_CONFLICT, STR("/code"), "This code is taken; choose another.");
  if (in->expires_at != 0 && in->expires_at <= c->now)
    return fail_field(c, E_RULE, STR("/expires_at"), "Choose a time to come, or leave it out.");
  return OK;
}

static status issue_decide(ctx *c, tx *t, void *state) {
  voucher_issue *in = state;
  const issue_work *w = in->inner;
  int64_t promised;
  TRY(check_issue(c, in));
  const account *budget = tx_account(t, w->campaign.account);
  int64_t has = budget == NULL ? 0 : account_available(budget);
  if (MUL_OVERFLOWS(in->amount, in->count, &promised) ||
      ADD_OVERFLOWS(promised, w->outstanding, &promised) || promised > has) {
    return fail_field(c, E_FUNDS, STR("/amount"),
                      "The budget holds %lld and %lld of it is promised; fund the campaign first.",
                      (long long)has, (long long)w->outstanding);
  }
  in->codes = ARENA_ARRAY(c->arena, str, (size_t)in->count);
  for (int64_t i = 0; i < in->count; i++)
    in->codes[i] = in->code.len > 0 ? in->code : make_code(c);
  return OK;
}

static status issue_write(ctx *c, tx *t, void *state) {
  const voucher_issue *in = state;
  const issue_work *w = in->inner;
  for (int64_t i = 0; i < in->count; i++) {
    voucher_row v = {.code = in->codes[i],
                     .campaign_id = in->campaign_id,
                     .account = w->campaign.account,
                     .currency = w->campaign.currency,
                     .amount = in->amount,
                     .expires_at = in->expires_at};
    TRY(voucher_insert(c, tx_db(t), &v, c->now));
  }
  tx_audit(t, ID_CAMPAIGN, in->campaign_id,
           str_format(c->arena, "{\"vouchers\":%lld,\"amount\":%lld}", (long long)in->count,
                      (long long)in->amount));
  return OK;
}

const command_type payment_issue_vouchers = {"campaign.issue_vouchers", 0, issue_load, issue_decide,
                                             issue_write};
