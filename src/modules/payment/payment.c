/* payment.c - taking a payment: tenders are checked, laid over the sellers' shares by sequential
 * fill, and posted at once (all tenders inside) or held until every channel has answered. Promises
 * that the parts of a tender sum to the tender and those of a share to the share; that a refusal
 * names /tenders/N/field and changes nothing. Never asks a channel: that is attempt.c, after the
 * commit. */
#include "modules/payment/inside.h"

const char *const payment_methods[] = {"card", "boleto", "debit", "bank", "wallet", NULL};
const char *const payment_tender_kinds[] = {"balance", "channel", "voucher", "campaign", NULL};
const char *const payment_states[] = {"created",   "pending",         "paid",     "failed",
                                      "cancelled", "partly_refunded", "refunded", NULL};
enum { METHOD_COUNT = 5, INSTALMENTS_MAX = 99, TOKEN_MAX = 200 };

typedef struct pay_work { /* arrays are as long as the plan has tenders and payees */
  market m;
  payment_row row;
  part_row *parts;
  size_t part_count;
  attempt_row *attempts;
  size_t attempt_count;
  id source_account[TENDERS_MAX]; /* wallet, budget or receivable; 0: there is none */
  id escrow[PAYEES_MAX], suspense;
  voucher_row *vouchers;
  campaign_row *campaigns;
  const channel_row *channels[TENDERS_MAX]; /* NULL: unknown or none */
  bool has_channel;
  break_row difference;
} pay_work;

/* --- load ------------------------------------------------------------------------------------- */
static status load_channel(ctx *c, tx *t, pay_plan *p, size_t i, const channel_row *rows,
                           size_t count) {
  pay_work *w = p->inner;
  w->has_channel = true;
  w->channels[i] = channel_route(rows, count, p->tenders[i].channel);
  if (w->channels[i] == NULL) return OK;
  return account_need(c, t, &w->m, CODE_CHANNEL_RECEIVABLE, w->channels[i]->channel_id,
                      &w->source_account[i]);
}

static status load_voucher(ctx *c, tx *t, pay_plan *p, size_t i) {
  pay_work *w = p->inner;
  TRY(voucher_lock(c, tx_db(t), p->tenders[i].voucher_code, &w->vouchers[i]));
  if (!w->vouchers[i].found) return OK;
  w->source_account[i] = w->vouchers[i].account;
  tx_need_account(t, w->source_account[i]);
  return OK;
}

/* Every checkout of a campaign reads its row. */
static const char campaign_tables[] = "campaign";

static status read_campaign(ctx *c, tx *t, id campaign, campaign_row *out, bool *found) {
  const campaign_row *known = tx_recall(t, campaign_tables, campaign);
  *found = known != NULL;
  if (known != NULL) {
    *out = *known;
    return OK;
  }
  TRY(campaign_get(c, tx_db(t), campaign, out, found));
  campaign_row *kept = *found ? tx_keep(t, campaign_tables, campaign, sizeof *kept) : NULL;
  if (kept == NULL) return OK;
  *kept = *out;
  kept->name = (str){0}; /* nobody pays by it */
  return OK;
}

static status load_campaign(ctx *c, tx *t, pay_plan *p, size_t i) {
  pay_work *w = p->inner;
  bool found;
  TRY(read_campaign(c, t, p->tenders[i].campaign, &w->campaigns[i], &found));
  if (!found) return OK;
  w->source_account[i] = w->campaigns[i].account;
  tx_need_account(t, w->source_account[i]);
  return OK;
}

static status load_tenders(ctx *c, tx *t, pay_plan *p) {
  pay_work *w = p->inner;
  channel_row *channels = NULL;
  size_t channel_count = 0;
  for (size_t i = 0; i < p->tender_count && i < TENDERS_MAX; i++) {
    switch (p->tenders[i].kind) {
    case TENDER_BALANCE:
      TRY(tx_find_account(c, t, p->payer, CODE_WALLET, p->currency, &w->source_account[i]));
      break;
    case TENDER_CHANNEL:
      if (channels == NULL) TRY(channels_all(c, tx_db(t), &channels, &channel_count));
      TRY(load_channel(c, t, p, i, channels, channel_count));
      break;
    case TENDER_VOUCHER: TRY(load_voucher(c, t, p, i)); break;
    case TENDER_CAMPAIGN: TRY(load_campaign(c, t, p, i)); break;
    default: break; /* decide refuses it by name */
    }
  }
  return OK;
}

void pay_foresee(tx *t, id payer, uint32_t currency, const tender_in *tenders, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const campaign_row *known = tenders[i].kind == TENDER_CAMPAIGN
                                    ? tx_recall(t, campaign_tables, tenders[i].campaign)
                                    : NULL;
    if (known != NULL) tx_need_account(t, known->account);
    if (tenders[i].kind == TENDER_BALANCE) tx_need_known(t, payer, CODE_WALLET, currency);
  }
}

static size_t lower(size_t a, size_t b) { return a < b ? a : b; }

static pay_work *make_work(ctx *c, const pay_plan *p) {
  pay_work *w = ARENA_NEW(c->arena, pay_work);
  size_t tenders = lower(p->tender_count, TENDERS_MAX);
  w->parts = ARENA_ARRAY(c->arena, part_row, tenders + lower(p->payee_count, PAYEES_MAX) + 1);
  w->attempts = ARENA_ARRAY(c->arena, attempt_row, tenders);
  w->vouchers = ARENA_ARRAY(c->arena, voucher_row, tenders);
  w->campaigns = ARENA_ARRAY(c->arena, campaign_row, tenders);
  return w;
}

status pay_plan_load(ctx *c, tx *t, pay_plan *p) {
  pay_work *w = make_work(c, p);
  p->inner = w;
  TRY(identity_market(c, tx_db(t), &w->m));
  TRY(load_tenders(c, t, p));
  for (size_t i = 0; i < p->payee_count && i < PAYEES_MAX; i++) {
    TRY(account_need(c, t, &w->m, CODE_ORDER_ESCROW, p->payees[i].seller, &w->escrow[i]));
  }
  if (!p->accept_difference) return OK;
  return account_of_market(c, t, &w->m, CODE_SUSPENSE, &w->suspense);
}

/* --- decide: tenders -------------------------------------------------------------------------- */
static status refuse(ctx *c, status code, size_t i, const char *member, const char *why) {
  return fail_field(c, code, str_format(c->arena, "/tenders/%zu/%s", i, member), "%s", why);
}

/* A payment card's number has 13 to 19 digits and passes Luhn's check (ISO/IEC 7812-1). None may
 * come in here. */
static bool looks_like_card_number(str token) {
  int sum = 0, digits = 0;
  for (size_t i = token.len; i > 0; i--) {
    char ch = token.at[i - 1];
    if (ch == ' ' || ch == '-') continue;
    if (ch < '0' || ch > '9') return false;
    int digit = ch - '0';
    if (digits++ % 2 == 1) digit = digit > 4 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  return digits >= 13 && digits <= 19 && sum % 10 == 0;
}

status payment_check_token(ctx *c, str pointer, str token) {
  if (token.len > TOKEN_MAX) return fail_field(c, E_MALFORMED, pointer, "At most 200 characters.");
  if (looks_like_card_number(token))
    return fail_field(c, E_MALFORMED, pointer, "Send the vault's token, never a card number.");
  return OK;
}

/* What the tender's account can still give after the tenders before it that draw on the same
 * account. */
static int64_t can_give(tx *t, const pay_plan *p, size_t i) {
  const pay_work *w = p->inner;
  const account *a = tx_account(t, w->source_account[i]);
  int64_t left = a == NULL ? 0 : account_available(a);
  for (size_t j = 0; j < i; j++) {
    if (w->source_account[j] == w->source_account[i]) left -= p->tenders[j].amount;
  }
  return left;
}

static status check_channel(ctx *c, const pay_plan *p, size_t i) {
  const pay_work *w = p->inner;
  const tender_in *in = &p->tenders[i];
  if (w->channels[i] == NULL && in->channel == 0)
    return refuse(c, E_CHANNEL, i, "channel",
                  "No channel is switched on; pay otherwise or try later.");
  if (w->channels[i] == NULL)
    return refuse(c, E_MALFORMED, i, "channel",
                  "There is no such channel; leave it out to have one chosen.");
  if (!w->channels[i]->enabled)
    return refuse(c, E_RULE, i, "channel",
                  "This channel is switched off; leave it out to have one chosen.");
  if (in->method < 0 || in->method >= METHOD_COUNT)
    return refuse(c, E_MALFORMED, i, "method", "Use card, boleto, debit, bank or wallet.");
  if (in->instalments < 0 || in->instalments > INSTALMENTS_MAX)
    return refuse(c, E_MALFORMED, i, "instalments", "Use 1 to 99.");
  return payment_check_token(c, str_format(c->arena, "/tenders/%zu/token", i), in->token);
}

static status check_voucher(ctx *c, const pay_plan *p, size_t i) {
  const pay_work *w = p->inner;
  const voucher_row *v = &w->vouchers[i];
  if (!v->found)
    return refuse(c, E_RULE, i, "voucher_code", "There is no such voucher; check the code.");
  if (v->state != 0)
    return refuse(c, E_CONFLICT, i, "voucher_code", "This voucher was used before.");
  if (v->expires_at != 0 && v->expires_at <= c->now)
    return refuse(c, E_EXPIRED, i, "voucher_code", "This voucher has expired.");
  if (v->currency != p->currency)
    return refuse(c, E_RULE, i, "voucher_code", "This voucher is in another currency.");
  if (p->tenders[i].amount > v->amount)
    return refuse(c, E_RULE, i, "amount", "The voucher is worth less than this.");
  for (size_t j = 0; j < i; j++) {
    if (p->tenders[j].kind == TENDER_VOUCHER &&
        str_eq(p->tenders[j].voucher_code, p->tenders[i].voucher_code)) {
      return refuse(c, E_MALFORMED, i, "voucher_code", "Name a voucher once.");
    }
  }
  return OK;
}

static status check_campaign(ctx *c, tx *t, const pay_plan *p, size_t i) {
  const pay_work *w = p->inner;
  const campaign_row *row = &w->campaigns[i];
  if (row->campaign_id == 0) return refuse(c, E_RULE, i, "campaign", "There is no such campaign.");
  if (row->currency != p->currency)
    return refuse(c, E_RULE, i, "campaign", "This campaign is in another currency.");
  actor_kind who = tx_who(t).kind;
  if (who == ACTOR_SYSTEM || who == ACTOR_OPERATOR) return OK;
  if (row->per_order_max == 0)
    return refuse(c, E_RULE, i, "campaign",
                  "This credit is given by the market or by voucher, not chosen.");
  int64_t used = 0;
  for (size_t j = 0; j <= i; j++) {
    if (p->tenders[j].kind == TENDER_CAMPAIGN && p->tenders[j].campaign == p->tenders[i].campaign)
      used += p->tenders[j].amount;
  }
  if (used > row->per_order_max)
    return refuse(c, E_RULE, i, "amount", "More than this campaign gives to one order.");
  return OK;
}

static status check_tender(ctx *c, tx *t, const pay_plan *p, size_t i) {
  const tender_in *in = &p->tenders[i];
  if (in->kind < TENDER_BALANCE || in->kind > TENDER_CAMPAIGN)
    return refuse(c, E_MALFORMED, i, "kind", "Use balance, channel, voucher or campaign.");
  if (in->amount <= 0 || in->amount > MONEY_MAX_JSON)
    return refuse(c, E_MALFORMED, i, "amount", "Send minor units from 1 to 2^53.");
  if (in->kind == TENDER_CHANNEL) return check_channel(c, p, i);
  if (in->kind == TENDER_VOUCHER) TRY(check_voucher(c, p, i));
  if (in->kind == TENDER_CAMPAIGN) TRY(check_campaign(c, t, p, i));
  if (can_give(t, p, i) >= in->amount) return OK;
  return refuse(c, E_FUNDS, i, "amount",
                in->kind == TENDER_BALANCE ? "The wallet does not hold as much."
                                           : "The campaign's budget is used up.");
}

static status check_sums(ctx *c, pay_plan *p, int64_t *tendered) {
  int64_t total = 0, sum = 0;
  for (size_t i = 0; i < p->payee_count; i++) {
    int64_t amount = p->payees[i].amount;
    if (amount < 0 || ADD_OVERFLOWS(total, amount, &total))
      return fail(c, E_MALFORMED, "A seller's share is out of range.");
  }
  for (size_t i = 0; i < p->tender_count; i++) {
    if (ADD_OVERFLOWS(sum, p->tenders[i].amount, &sum))
      return refuse(c, E_MALFORMED, i, "amount", "The tenders' sum is out of range.");
  }
  if (total > MONEY_MAX_JSON || sum > MONEY_MAX_JSON)
    return fail(c, E_MALFORMED, "The amount is beyond 2^53 minor units.");
  if (sum != total && !p->accept_difference) {
    return fail_field(c, E_RULE, STR("/tenders"),
                      "The tenders sum to %lld, but %lld is to be paid (minor units).",
                      (long long)sum, (long long)total);
  }
  p->total = total;
  *tendered = sum;
  return OK;
}

static status check_plan(ctx *c, tx *t, pay_plan *p, int64_t *tendered) {
  const pay_work *w = p->inner;
  if (p->currency != w->m.currency)
    return fail_field(c, E_RULE, STR("/currency"), "This market takes its own currency only.");
  if (p->tender_count > TENDERS_MAX)
    return fail_field(c, E_MALFORMED, STR("/tenders"), "At most 32 tenders.");
  if (p->payee_count > PAYEES_MAX)
    return fail(c, E_MALFORMED, "At most 32 sellers in one payment.");
  for (size_t i = 0; i < p->tender_count; i++)
    TRY(check_tender(c, t, p, i));
  return check_sums(c, p, tendered);
}

/* --- decide: parts ---------------------------------------------------------------------------- */
static id source_of(const pay_plan *p, size_t i) {
  const pay_work *w = p->inner;
  switch (p->tenders[i].kind) {
  case TENDER_BALANCE: return p->payer;
  case TENDER_CHANNEL: return w->channels[i]->channel_id;
  case TENDER_VOUCHER: return w->vouchers[i].campaign_id;
  default: return p->tenders[i].campaign;
  }
}

/* Suspense stands in as a last tender (paid too little) or as a last share (paid too much), so that
 * both sides are equal. What is over belongs to the last child order: it goes back with it. */
static void lay_parts(pay_plan *p, int64_t tendered) {
  pay_work *w = p->inner;
  int64_t from[TENDERS_MAX + 1], to[PAYEES_MAX + 1];
  size_t from_count = p->tender_count, to_count = p->payee_count;
  for (size_t i = 0; i < from_count; i++)
    from[i] = p->tenders[i].amount;
  for (size_t i = 0; i < to_count; i++)
    to[i] = p->payees[i].amount;
  if (tendered < p->total) from[from_count++] = p->total - tendered;
  if (tendered > p->total) to[to_count++] = tendered - p->total;
  fill_pair pairs[TENDERS_MAX + PAYEES_MAX + 1];
  w->part_count = fill_pairs(from, from_count, to, to_count, pairs);
  for (size_t n = 0; n < w->part_count; n++) {
    size_t i = pairs[n].from, j = pairs[n].to;
    bool by_suspense = i == p->tender_count, over = j == p->payee_count;
    const payee *share =
        over ? (p->payee_count > 0 ? &p->payees[p->payee_count - 1] : NULL) : &p->payees[j];
    w->parts[n] = (part_row){.part_no = (int64_t)n,
                             .tender_no = (int64_t)i,
                             .kind = by_suspense ? PART_SUSPENSE : p->tenders[i].kind,
                             .source = by_suspense ? 0 : source_of(p, i),
                             .seller = share == NULL ? 0 : share->seller,
                             .child = share == NULL ? 0 : share->child,
                             .amount = pairs[n].amount,
                             .from_account = by_suspense ? w->suspense : w->source_account[i],
                             .to_account = over ? w->suspense : w->escrow[j],
                             .is_over = over};
    if (!by_suspense && p->tenders[i].kind == TENDER_VOUCHER)
      w->parts[n].voucher = w->vouchers[i].code;
  }
}

static void make_attempts(ctx *c, pay_plan *p) {
  pay_work *w = p->inner;
  for (size_t i = 0; i < p->tender_count; i++) {
    const tender_in *in = &p->tenders[i];
    if (in->kind != TENDER_CHANNEL) continue;
    bool sale = w->channels[i]->auto_capture && !p->authorise_only;
    w->attempts[w->attempt_count++] =
        (attempt_row){.attempt_id = id_next(c),
                      .kind = sale ? ATTEMPT_SALE : ATTEMPT_AUTHORISE,
                      .payment_id = p->payment_id,
                      .subject_kind = ID_PAYMENT,
                      .subject = p->payment_id,
                      .party = p->payer,
                      .tender_no = (int64_t)i,
                      .channel = w->channels[i]->channel_id,
                      .currency = p->currency,
                      .amount = in->amount,
                      .method = in->method,
                      .token = in->token,
                      .instalments = in->instalments == 0 ? 1 : in->instalments,
                      .created_at = c->now,
                      .updated_at = c->now};
  }
}

uint16_t part_reason(const part_row *part) {
  static const uint16_t reasons[] = {WHY_PAY_BALANCE, WHY_PAY_CHANNEL, WHY_PAY_VOUCHER,
                                     WHY_PAY_CAMPAIGN, WHY_PAY_BREAK};
  return part->is_over && part->kind != TENDER_CHANNEL ? WHY_PAY_BREAK : reasons[part->kind];
}

/* Waiting: the parts from inside are held without a time-out, because an attempt journalled in this
 * very commit pins them; payments.expire ends what nobody finishes. Suspense and channel parts move
 * when the money is there. */
static moves plan_moves(ctx *c, pay_plan *p) {
  pay_work *w = p->inner;
  bool now = p->state == PAYMENT_PAID;
  moves m = moves_make(c, w->part_count);
  for (size_t i = 0; i < w->part_count; i++) {
    const part_row *part = &w->parts[i];
    bool is_inside = part->kind != TENDER_CHANNEL && part->kind != PART_SUSPENSE;
    if (!now && !is_inside) continue;
    moves_add(&m, part->from_account, part->to_account, part->amount, part_reason(part),
              p->payable != 0 ? p->payable : p->payment_id);
    if (now) continue;
    moves_last(&m)->id = part_hold_id(p->payment_id, part->part_no);
    moves_last(&m)->flags = TRANSFER_PENDING;
  }
  return m;
}

void payment_difference(ctx *c, const payment_row *row, break_row *out) {
  *out = (break_row){.break_id = id_next(c),
                     .kind = row->payable == 0 ? STR("no_order") : STR("difference"),
                     .payment_id = row->payment_id,
                     .subject = row->payable,
                     .amount = row->difference,
                     .currency = row->currency,
                     .note = row->payable == 0 ? STR("Money received without an order.")
                                               : STR("The tenders do not sum to the order."),
                     .found_at = c->now};
}

status pay_plan_decide(ctx *c, tx *t, pay_plan *p) {
  pay_work *w = p->inner;
  int64_t tendered = 0;
  TRY(check_plan(c, t, p, &tendered));
  p->state = w->has_channel || p->authorise_only ? PAYMENT_PENDING : PAYMENT_PAID;
  lay_parts(p, tendered);
  make_attempts(c, p);
  bool paid = p->state == PAYMENT_PAID;
  bool ends_by_itself =
      !paid && p->window_s != 0 && !p->authorise_only; /* an authorisation waits for its capture */
  w->row =
      (payment_row){.payment_id = p->payment_id,
                    .payer = p->payer,
                    .payable = p->payable,
                    .payable_kind = p->payable_kind,
                    .currency = p->currency,
                    .total = p->total,
                    .difference = tendered - p->total,
                    .captured = paid ? tendered : 0,
                    .state = p->state,
                    .authorise_only = p->authorise_only,
                    .expires_at = ends_by_itself ? c->now + p->window_s * MICROS_PER_SECOND : 0,
                    .created_at = c->now,
                    .updated_at = c->now};
  if (paid && w->row.difference != 0) payment_difference(c, &w->row, &w->difference);
  moves m = plan_moves(c, p);
  return moves_post(c, t, &m);
}

/* --- write ------------------------------------------------------------------------------------ */
status payment_emit(ctx *c, tx *t, const payment_row *p, const char *type) {
  char code[4] = "";
  int scale;
  if (!currency_by_number(p->currency, code, &scale)) code[0] = '\0';
  str payable =
      p->payable == 0 ? (str){0} : id_print(c->arena, (id_kind)p->payable_kind, p->payable);
  str pay = id_print(c->arena, ID_PAYMENT, p->payment_id);
  str body = str_format(c->arena,
                        "{\"payment\":\"%.*s\",\"payable\":\"%.*s\",\"state\":\"%s\",\"total\":%"
                        "lld,\"captured\":%lld,"
                        "\"refunded\":%lld,\"currency\":\"%s\"}",
                        STR_ARGS(pay), STR_ARGS(payable), payment_states[p->state],
                        (long long)p->total, (long long)p->captured, (long long)p->refunded, code);
  return tx_emit(c, t, type, ID_PAYMENT, p->payment_id, 0, body);
}

status pay_plan_write(ctx *c, tx *t, pay_plan *p) {
  pay_work *w = p->inner;
  db *d = tx_db(t);
  TRY(payment_insert(c, d, &w->row));
  TRY(parts_insert(c, d, p->payment_id, w->parts, w->part_count));
  for (size_t i = 0; i < w->attempt_count; i++)
    TRY(attempt_insert(c, t, &w->attempts[i]));
  for (size_t i = 0; i < p->tender_count; i++) {
    if (p->tenders[i].kind == TENDER_VOUCHER)
      TRY(voucher_set_state(c, d, w->vouchers[i].code, 1, p->payment_id));
  }
  if (w->difference.break_id != 0) TRY(break_insert(c, d, &w->difference));
  return payment_emit(c, t, &w->row,
                      p->state == PAYMENT_PAID ? "payment.captured" : "payment.pending");
}
