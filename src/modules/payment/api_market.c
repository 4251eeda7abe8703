/* api_market.c - what operators do on the wire: channels, campaigns and vouchers, breaks,
 * chargebacks, the safeguarding proof. Money given away and breaks resolved go through two persons:
 * the approval actions at the end. */
#include "modules/payment/api.h"
#include "modules/payment/report.h"
#include "modules/payment/settle.h"

/* --- channels --------------------------------------------------------------------------------- */
static const field channel_fields[] = {
    F_ID_AS("channel", channel_row, channel_id, 0, ID_CHANNEL, "The channel."),
    F_STR(channel_row, name, 0, 0, 0, "What people call it."),
    F_STR(channel_row, kind, 0, 0, 0, "Which connector speaks to it."),
    F_STR(channel_row, url, 0, 0, 0, "Where it is."),
    F_BOOL(channel_row, auto_capture, 0, "Whether it captures when it authorises."),
    F_BOOL(channel_row, enabled, 0, "Whether it takes new payments."),
};
SHAPE(payment_channel_shape, "Channel", channel_row, channel_fields);

static const field channel_in_fields[] = {
    F_STR(channel_in, name, FIELD_REQUIRED, 1, 100, "What people call it."),
    F_STR(channel_in, kind, FIELD_REQUIRED, 1, 32, "Which connector speaks to it, like bank-sim."),
    F_STR(channel_in, url, FIELD_REQUIRED, 1, 500, "Where it is."),
    F_BOOL(channel_in, auto_capture, 0, "Whether it captures when it authorises."),
    F_ID_AS("channel", channel_in, channel_id, FIELD_READ_ONLY, ID_CHANNEL, "The channel made."),
};
SHAPE(payment_channel_in_shape, "ChannelNew", channel_in, channel_in_fields);

static const field switch_fields[] = {
    F_BOOL(channel_switch_in, enabled, FIELD_REQUIRED,
           "False: takes no new payments; what is under way goes on.")};
SHAPE(payment_channel_switch_shape, "ChannelSwitch", channel_switch_in, switch_fields);

READER(payment_read_channels) {
  UNUSED(r);
  list_out *list = out;
  channel_row *rows;
  size_t count;
  TRY(channels_all(c, d, &rows, &count));
  list->items = (field_array){rows, count};
  return OK;
}

PREPARER(payment_prepare_channel) {
  channel_in *in = ARENA_NEW(c->arena, channel_in);
  *in = *(const channel_in *)r->in;
  cmd->type = &payment_add_channel;
  cmd->state = *out = in;
  return OK;
}

PREPARER(payment_prepare_switch) {
  channel_switch_in *in = ARENA_NEW(c->arena, channel_switch_in);
  in->channel_id = r->params[0];
  in->enabled = ((const channel_switch_in *)r->in)->enabled;
  cmd->type = &payment_switch_channel;
  cmd->state = in;
  *out = &in->row;
  return OK;
}

/* --- campaigns and vouchers ------------------------------------------------------------------- */
static const field campaign_fields[] = {
    F_ID(campaign_brief, campaign, 0, ID_CAMPAIGN, "The campaign."),
    F_STR(campaign_brief, name, 0, 0, 0, "What people call it."),
    F_CURRENCY(campaign_brief, currency, 0, "ISO 4217."),
    F_AMOUNT(campaign_brief, budget, 0, 0, 0, "Funded so far, minor units."),
    F_AMOUNT(campaign_brief, left, 0, 0, 0, "What the ledger holds of it now."),
    F_AMOUNT(campaign_brief, per_order_max, 0, 0, 0,
             "What any buyer may use on one order; 0: by voucher only."),
    F_TIME(campaign_brief, created_at, 0, "When it began."),
};
SHAPE(payment_campaign_shape, "Campaign", campaign_brief, campaign_fields);

READER(payment_read_campaigns) {
  id before;
  int64_t max;
  campaign_brief *rows;
  size_t count;
  TRY(page_open(c, r->query, &before, &max));
  TRY(payment_list_campaigns(c, d, before, (size_t)max, &rows, &count));
  id *ids = ARENA_ARRAY(c->arena, id, count + 1);
  for (size_t i = 0; i < count; i++)
    ids[i] = rows[i].campaign;
  page_close(c, out, rows, count, max, ids);
  return OK;
}

static const field voucher_fields[] = {
    F_STR(voucher_brief, code, 0, 0, 0, "The code, masked but for its end."),
    F_ID(voucher_brief, campaign, 0, ID_CAMPAIGN, "Out of whose budget."),
    F_AMOUNT(voucher_brief, amount, 0, 0, 0, "What it is worth, minor units."),
    F_CURRENCY(voucher_brief, currency, 0, "ISO 4217."),
    F_BOOL(voucher_brief, is_used, 0, "Whether a payment has it."),
    F_ID(voucher_brief, payment, FIELD_OMIT_ZERO, ID_PAYMENT, "Which payment."),
    F_TIME(voucher_brief, expires_at, FIELD_OMIT_ZERO, "When it lapses; left out: never."),
    F_TIME(voucher_brief, created_at, 0, "When it was issued."),
};
SHAPE(payment_voucher_shape, "Voucher", voucher_brief, voucher_fields);

/* A code is no number, so the cursor is the time of issue and how many of that time were shown. */
static str voucher_cursor(arena *a, const voucher_brief *rows, size_t shown,
                          const int64_t before[static 2]) {
  instant last = rows[shown - 1].created_at;
  int64_t same = last == before[0] ? before[1] : 0;
  for (size_t i = 0; i < shown; i++)
    same += rows[i].created_at == last;
  return cursor_print(a, (const int64_t[]){last, same}, 2);
}

READER(payment_read_vouchers) {
  const page_query *q = r->query;
  list_out *list = out;
  int64_t from[2] = {0, 0};
  voucher_brief *rows;
  size_t count, max = q->limit > 0 ? (size_t)q->limit : PAGE_DEFAULT;
  TRY(page_keys(c, q->after, from, 2));
  TRY(payment_list_vouchers(c, d, r->params[0], from[0], from[1], max + 1, &rows, &count));
  bool more = count > max;
  list->items = (field_array){rows, more ? max : count};
  if (more) list->next = voucher_cursor(c->arena, rows, max, from);
  return OK;
}

typedef struct code_out {
  str code;
} code_out;
typedef struct issue_api {
  voucher_issue in;
  int64_t amount, count;
  str code;
  instant expires_at;
  field_array vouchers;
} issue_api;
static const field code_fields[] = {
    F_STR(code_out, code, FIELD_SECRET, 0, 0, "What its bearer pays with; told once.")};
static SHAPE(code_shape, "VoucherCode", code_out, code_fields);
static const field issue_fields[] = {
    F_AMOUNT(issue_api, amount, FIELD_REQUIRED, 1, MONEY_MAX_JSON,
             "What each is worth, minor units."),
    F_INT(issue_api, count, 0, 1, VOUCHERS_MAX, "How many; 1 when left out."),
    F_STR(issue_api, code, 0, 4, 64, "A code of one's own choice, for one voucher."),
    F_TIME(issue_api, expires_at, 0, "When they lapse; left out: never."),
    F_ARRAY(issue_api, vouchers, FIELD_READ_ONLY, 0, VOUCHERS_MAX, &code_shape, "The vouchers."),
};
SHAPE(payment_voucher_issue_shape, "VoucherIssue", issue_api, issue_fields);

static status issue_load(ctx *c, tx *t, void *state) {
  return payment_issue_vouchers.load(c, t, &((issue_api *)state)->in);
}
static status issue_decide(ctx *c, tx *t, void *state) {
  issue_api *a = state;
  TRY(payment_issue_vouchers.decide(c, t, &a->in));
  code_out *codes = ARENA_ARRAY(c->arena, code_out, (size_t)a->in.count);
  for (int64_t i = 0; i < a->in.count; i++)
    codes[i].code = a->in.codes[i];
  a->vouchers = (field_array){codes, (size_t)a->in.count};
  return OK;
}
static status issue_write(ctx *c, tx *t, void *state) {
  return payment_issue_vouchers.write(c, t, &((issue_api *)state)->in);
}
static const command_type issue_type = {"campaign.issue_vouchers", 0, issue_load, issue_decide,
                                        issue_write};

PREPARER(payment_prepare_vouchers) {
  issue_api *a = ARENA_NEW(c->arena, issue_api);
  *a = *(const issue_api *)r->in;
  if (a->count == 0) a->count = 1;
  a->in = (voucher_issue){.campaign_id = r->params[0],
                          .amount = a->amount,
                          .count = a->count,
                          .code = a->code,
                          .expires_at = a->expires_at};
  cmd->type = &issue_type;
  cmd->state = *out = a;
  return OK;
}

/* --- breaks ----------------------------------------------------------------------------------- */
static const field break_fields[] = {
    F_ID_AS("break", break_brief, break_id, 0, ID_BREAK, "The break."),
    F_STR(break_brief, kind, 0, 0, 0,
          "difference, no_order, channel_amount, answers_differ, void_refused; of settlement files "
          "unmatched, remit_amount, missing."),
    F_ID(break_brief, payment, FIELD_OMIT_ZERO, ID_PAYMENT, "The payment it is about."),
    F_AMOUNT(break_brief, amount, 0, 0, 0, "Minor units; above zero: too much came in."),
    F_CURRENCY(break_brief, currency, 0, "ISO 4217."),
    F_BOOL(break_brief, is_open, 0, "Whether somebody still has to explain it."),
    F_STR(break_brief, note, 0, 0, 0, "What was found."),
    F_STR(break_brief, resolution, FIELD_OMIT_ZERO, 0, 0, "What was done."),
    F_ID(break_brief, owner, FIELD_OMIT_ZERO, ID_USER, "Who looks into it."),
    F_TIME(break_brief, found_at, 0, "When it was found."),
    F_TIME(break_brief, resolved_at, FIELD_OMIT_ZERO, "When it was resolved."),
};
SHAPE(payment_break_shape, "Break", break_brief, break_fields);

static const char *const breaks_wanted[] = {"all", "open", "resolved", NULL};
typedef struct break_query {
  int64_t limit;
  str after;
  int state;
} break_query;
static const field break_query_fields[] = {
    F_PAGE(break_query),
    F_ENUM(break_query, state, 0, breaks_wanted, "Open ones or resolved ones."),
};
SHAPE(payment_break_query_shape, "BreakQuery", break_query, break_query_fields);

READER(payment_read_breaks) {
  const break_query *q = r->query;
  id before;
  int64_t max;
  break_brief *rows;
  size_t count;
  TRY(page_open(c, &(page_query){q->limit, q->after}, &before, &max));
  TRY(payment_list_breaks(c, d, q->state, before, (size_t)max, &rows, &count));
  id *ids = ARENA_ARRAY(c->arena, id, count + 1);
  for (size_t i = 0; i < count; i++)
    ids[i] = rows[i].break_id;
  page_close(c, out, rows, count, max, ids);
  return OK;
}

typedef struct claim_out {
  id break_id, owner;
} claim_out;
static const field claim_fields[] = {
    F_ID_AS("break", claim_out, break_id, 0, ID_BREAK, "The break."),
    F_ID(claim_out, owner, 0, ID_USER, "Who looks into it from now on."),
};
SHAPE(payment_break_claim_shape, "BreakClaim", claim_out, claim_fields);

PREPARER(payment_prepare_break_claim) {
  break_claim *in = ARENA_NEW(c->arena, break_claim);
  claim_out *o = ARENA_NEW(c->arena, claim_out);
  in->break_id = r->params[0];
  *o = (claim_out){in->break_id, r->who.actor};
  cmd->type = &payment_claim_break;
  cmd->state = in;
  *out = o;
  return OK;
}

/* --- safeguarding ----------------------------------------------------------------------------- */
typedef struct proof_out {
  date business_date;
  id entity;
  uint32_t currency;
  int64_t assets, owed, advanced;
  bool equal;
  instant taken_at;
} proof_out;
static const field proof_fields[] = {
    F_DATE(proof_out, business_date, 0, "Of which day."),
    F_ID(proof_out, entity, 0, ID_ENTITY, "Of which legal entity."),
    F_CURRENCY(proof_out, currency, 0, "ISO 4217."),
    F_AMOUNT(proof_out, assets, 0, 0, 0,
             "Where customers' money is: reserve and receivables, minor units."),
    F_AMOUNT(proof_out, owed, 0, 0, 0, "Whose it is, net."),
    F_AMOUNT(proof_out, advanced, 0, 0, 0,
             "Of it, what sellers below zero have had from the others."),
    F_BOOL(proof_out, equal, 0, "Whether the two are the same; false is an alarm."),
    F_TIME(proof_out, taken_at, 0, "When it was taken."),
};
SHAPE(payment_proof_shape, "SafeguardingProof", proof_out, proof_fields);

static proof_out show_proof(const safeguard_proof *p, date on, instant taken_at) {
  return (proof_out){on,      p->entity,   p->currency, p->assets,
                     p->owed, p->advanced, p->equal,    taken_at};
}

READER(payment_read_proofs) {
  id before;
  int64_t max;
  proof_brief *rows;
  size_t count;
  TRY(page_open(c, r->query, &before, &max));
  TRY(payment_list_proofs(c, d, before, (size_t)max, &rows, &count));
  proof_out *list = ARENA_ARRAY(c->arena, proof_out, count + 1);
  id *keys = ARENA_ARRAY(c->arena, id, count + 1);
  for (size_t i = 0; i < count; i++) {
    list[i] = show_proof(&rows[i].proof, rows[i].on, rows[i].taken_at);
    keys[i] = rows[i].taken_at;
  }
  page_close(c, out, list, count, max, keys);
  return OK;
}

/* Taken inside the command: of what was committed before it. */
typedef struct prove_now {
  proof_in in;
  field_array proofs;
} prove_now;
static const field prove_fields[] = {
    F_ARRAY(prove_now, proofs, 0, 0, 0, &payment_proof_shape, "One for each entity and currency.")};
SHAPE(payment_prove_shape, "SafeguardingProofs", prove_now, prove_fields);

static status prove_load(ctx *c, tx *t, void *state) {
  prove_now *p = state;
  p->in.on = c->today;
  return payment_safeguard(c, tx_db(t), &p->in.proofs, &p->in.count);
}
static status prove_decide(ctx *c, tx *t, void *state) {
  UNUSED(t);
  prove_now *p = state;
  proof_out *list = ARENA_ARRAY(c->arena, proof_out, p->in.count + 1);
  for (size_t i = 0; i < p->in.count; i++)
    list[i] = show_proof(&p->in.proofs[i], p->in.on, c->now);
  p->proofs = (field_array){list, p->in.count};
  return OK;
}
static status prove_write(ctx *c, tx *t, void *state) {
  return payment_store_proof.write(c, t, &((prove_now *)state)->in);
}
static const command_type prove_type = {"safeguard.prove", 0, prove_load, prove_decide,
                                        prove_write};

PREPARER(payment_prepare_proof) {
  UNUSED(r);
  cmd->type = &prove_type;
  cmd->state = *out = ARENA_NEW(c->arena, prove_now);
  return OK;
}

/* --- four eyes -------------------------------------------------------------------------------- */
static const field fund_fields[] = {
    F_STR(campaign_in, name, FIELD_REQUIRED, 1, 100, "What people call the campaign."),
    F_CURRENCY(campaign_in, currency, FIELD_REQUIRED, "The market's currency."),
    F_AMOUNT(campaign_in, budget, FIELD_REQUIRED, 1, MONEY_MAX_JSON,
             "Minor units from the operator's own money."),
    F_AMOUNT(campaign_in, per_order_max, 0, 0, MONEY_MAX_JSON,
             "What any buyer may use on one order; 0: by voucher only."),
    F_ID(campaign_in, existing, 0, ID_CAMPAIGN,
         "Funds this campaign further instead of making one."),
};
static SHAPE(fund_shape, "CampaignFunding", campaign_in, fund_fields);

static status make_fund(ctx *c, const void *in, id proposer, void **state) {
  UNUSED(proposer);
  campaign_in *made = ARENA_NEW(c->arena, campaign_in);
  *made = *(const campaign_in *)in;
  *state = made;
  return OK;
}

static const field resolve_fields[] = {
    F_ID_AS("break", break_resolve, break_id, FIELD_REQUIRED, ID_BREAK, "The break."),
    F_ENUM(break_resolve, how, FIELD_REQUIRED, payment_break_ways,
           "What becomes of the money in suspense."),
    F_ID(break_resolve, seller, 0, ID_TENANT, "Who gets it, for give_seller."),
};
static SHAPE(resolve_shape, "BreakResolution", break_resolve, resolve_fields);

static status make_resolve(ctx *c, const void *in, id proposer, void **state) {
  UNUSED(proposer);
  break_resolve *made = ARENA_NEW(c->arena, break_resolve);
  *made = *(const break_resolve *)in;
  *state = made;
  return OK;
}

typedef struct payout_now {
  id seller;
} payout_now;
static const field payout_now_fields[] = {
    F_ID(payout_now, seller, FIELD_REQUIRED, ID_TENANT, "Who is paid all that is available."),
};
static SHAPE(payout_now_shape, "PayoutNow", payout_now, payout_now_fields);

static status make_payout(ctx *c, const void *in, id proposer, void **state) {
  UNUSED(proposer);
  settle_in *made = ARENA_NEW(c->arena, settle_in);
  *made = (settle_in){.on = c->today, .count = 1, .off_cycle = true};
  made->sellers[0] = ((const payout_now *)in)->seller;
  *state = made;
  return OK;
}

static const approval_action payout_action = {"payout.make", &payout_now_shape, &payment_settle,
                                              make_payout};
static const approval_action fund_action = {"campaign.fund", &fund_shape, &payment_fund_campaign,
                                            make_fund};
static const approval_action resolve_action = {"break.resolve", &resolve_shape,
                                               &payment_resolve_break, make_resolve};

static const parameter_range parameters[] = {
    {"payout_minimum", 1, MONEY_MAX_JSON},
    {"reserve_days", 0, 3650},
    {"wallet_transfer_max", 0, MONEY_MAX_JSON},
    {"wallet_day_max", 0, MONEY_MAX_JSON},
    {"dispute_answer_days", 1, 365},
};

void payment_register(void) {
  identity_register_parameters(parameters, COUNT_OF(parameters));
  status fund = identity_register_action(&fund_action),
         resolve = identity_register_action(&resolve_action),
         payout = identity_register_action(&payout_action);
  assert(fund == OK && resolve == OK && payout == OK); /* two modules chose one name */
  UNUSED(fund);
  UNUSED(resolve);
  UNUSED(payout);
}
