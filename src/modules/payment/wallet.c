/* wallet.c - a person's balance: topped up through a channel, withdrawn to a bank, sent to another
 * person within the day's limits. The balance is the ledger account; rows here only say what is
 * under way. */
#include "modules/payment/commands.h"

enum {
  TRANSFER_LIMIT = 5000000,
  DAY_LIMIT = 20000000
}; /* minor units, when market_parameter says nothing */

typedef struct wallet_work {
  market m;
  const channel_row *channel;
  id wallet, to, transit;
  int64_t per_transfer, per_day, sent;
} wallet_work;

/* --- shared ----------------------------------------------------------------------------------- */
static status load_wallet(ctx *c, tx *t, wallet_in *in, bool by_channel) {
  wallet_work *w = ARENA_NEW(c->arena, wallet_work);
  in->inner = w;
  TRY(identity_market(c, tx_db(t), &w->m));
  TRY(account_need(c, t, &w->m, CODE_WALLET, in->owner, &w->wallet));
  if (!by_channel) return OK;
  channel_row *rows;
  size_t count;
  TRY(channels_all(c, tx_db(t), &rows, &count));
  w->channel = channel_route(rows, count, in->channel);
  return OK;
}

static status check_amount(ctx *c, const wallet_in *in) {
  const wallet_work *w = in->inner;
  if (in->currency != w->m.currency)
    return fail_field(c, E_RULE, STR("/currency"), "Use the market's own currency.");
  if (in->amount > 0 && in->amount <= MONEY_MAX_JSON) return OK;
  return fail_field(c, E_MALFORMED, STR("/amount"), "Send minor units from 1 to 2^53.");
}

static status check_channel(ctx *c, const wallet_in *in) {
  const wallet_work *w = in->inner;
  if (w->channel == NULL || !w->channel->enabled)
    return fail_field(c, E_CHANNEL, STR("/channel"),
                      "This channel is not available; choose another.");
  return OK;
}

static void plan_move(ctx *c, wallet_in *in, int kind, int state) {
  in->out = (wallet_move){.owner = in->owner,
                          .move_id = id_next(c),
                          .other = in->to,
                          .kind = kind,
                          .state = state,
                          .currency = in->currency,
                          .amount = in->amount,
                          .business_date = c->today,
                          .created_at = c->now,
                          .updated_at = c->now};
}

static void plan_attempt(ctx *c, wallet_in *in, attempt_kind kind, int subject_kind) {
  const wallet_work *w = in->inner;
  in->attempt = (attempt_row){.attempt_id = id_next(c),
                              .kind = kind,
                              .subject_kind = subject_kind,
                              .subject = in->out.move_id,
                              .party = in->owner,
                              .channel = w->channel->channel_id,
                              .currency = in->currency,
                              .amount = in->amount,
                              .method = in->method,
                              .token = in->token,
                              .instalments = 1,
                              .created_at = c->now,
                              .updated_at = c->now};
}

static status write_move(ctx *c, tx *t, wallet_in *in, id_kind kind, const char *type) {
  TRY(wallet_move_insert(c, tx_db(t), &in->out));
  if (in->attempt.attempt_id != 0) TRY(attempt_insert(c, t, &in->attempt));
  tx_audit(t, kind, in->out.move_id,
           str_format(c->arena, "{\"amount\":%lld}", (long long)in->amount));
  str text = id_print(c->arena, kind, in->out.move_id);
  return tx_emit(c, t, type, kind, in->out.move_id, 0,
                 str_format(c->arena, "{\"id\":\"%.*s\",\"amount\":%lld}", STR_ARGS(text),
                            (long long)in->amount));
}

/* --- top-up ----------------------------------------------------------------------------------- */
static status top_up_load(ctx *c, tx *t, void *state) { return load_wallet(c, t, state, true); }

static status top_up_decide(ctx *c, tx *t, void *state) {
  UNUSED(t);
  wallet_in *in = state;
  TRY(check_amount(c, in));
  TRY(check_channel(c, in));
  TRY(payment_check_token(c, STR("/token"), in->token));
  plan_move(c, in, MOVE_TOP_UP, MOVE_WAITS);
  plan_attempt(c, in, ATTEMPT_SALE, ID_TOPUP);
  return OK;
}

static status top_up_write(ctx *c, tx *t, void *state) {
  return write_move(c, t, state, ID_TOPUP, "top_up.pending");
}
const command_type payment_wallet_top_up = {"wallet.top_up", 0, top_up_load, top_up_decide,
                                            top_up_write};

/* The same for callers in this process, who know no rows. */
static status simple_top_up_load(ctx *c, tx *t, void *state) {
  top_up_in *in = state;
  wallet_in *inner = ARENA_NEW(c->arena, wallet_in);
  in->inner = inner;
  market m;
  TRY(identity_market(c, tx_db(t), &m));
  *inner = (wallet_in){.owner = in->owner,
                       .channel = in->channel,
                       .currency = m.currency,
                       .amount = in->amount,
                       .method = in->method,
                       .token = in->token};
  return top_up_load(c, t, inner);
}

static status simple_top_up_decide(ctx *c, tx *t, void *state) {
  top_up_in *in = state;
  wallet_in *inner = in->inner;
  TRY(top_up_decide(c, t, inner));
  in->top_up_id = inner->out.move_id;
  return OK;
}

static status simple_top_up_write(ctx *c, tx *t, void *state) {
  return top_up_write(c, t, ((top_up_in *)state)->inner);
}
const command_type payment_top_up = {"wallet.top_up", 0, simple_top_up_load, simple_top_up_decide,
                                     simple_top_up_write};

/* --- withdrawal ------------------------------------------------------------------------------- */
static status withdraw_load(ctx *c, tx *t, void *state) {
  wallet_in *in = state;
  TRY(load_wallet(c, t, in, true));
  wallet_work *w = in->inner;
  return account_of_market(c, t, &w->m, CODE_PAYOUT_TRANSIT, &w->transit);
}

/* Held until the bank has said yes; without a time-out, because the attempt is journalled in this
 * commit. */
static status withdraw_decide(ctx *c, tx *t, void *state) {
  wallet_in *in = state;
  wallet_work *w = in->inner;
  TRY(check_amount(c, in));
  TRY(check_channel(c, in));
  TRY(payment_check_token(c, STR("/token"), in->token));
  const account *wallet = tx_account(t, w->wallet);
  if (wallet == NULL || account_available(wallet) < in->amount)
    return fail_field(c, E_FUNDS, STR("/amount"), "The wallet does not hold as much.");
  plan_move(c, in, MOVE_WITHDRAWAL, MOVE_WAITS);
  plan_attempt(c, in, ATTEMPT_PAYOUT, ID_WITHDRAWAL);
  moves m = moves_make(c, 1);
  moves_add(&m, w->wallet, w->transit, in->amount, WHY_WITHDRAW, in->out.move_id);
  moves_last(&m)->id = part_hold_id(in->out.move_id, 0);
  moves_last(&m)->flags = TRANSFER_PENDING;
  return moves_post(c, t, &m);
}

static status withdraw_write(ctx *c, tx *t, void *state) {
  return write_move(c, t, state, ID_WITHDRAWAL, "withdrawal.pending");
}
const command_type payment_withdraw = {"wallet.withdraw", 0, withdraw_load, withdraw_decide,
                                       withdraw_write};

/* --- to another person ------------------------------------------------------------------------ */
static status transfer_load(ctx *c, tx *t, void *state) {
  wallet_in *in = state;
  TRY(load_wallet(c, t, in, false));
  wallet_work *w = in->inner;
  db *d = tx_db(t);
  TRY(identity_parameter(c, d, "wallet_transfer_max", c->today, TRANSFER_LIMIT, &w->per_transfer));
  TRY(identity_parameter(c, d, "wallet_day_max", c->today, DAY_LIMIT, &w->per_day));
  bool may_hold = false, is_erased = false;
  TRY(tx_find_account(c, t, in->to, CODE_WALLET, w->m.currency, &w->to));
  if (w->to == 0) TRY(identity_may_hold_wallet(c, d, in->to, &may_hold));
  if (may_hold) TRY(account_need(c, t, &w->m, CODE_WALLET, in->to, &w->to));
  /* What reaches somebody who was erased nobody can take out. */
  TRY(identity_is_erased(c, d, in->to, &is_erased));
  if (is_erased) w->to = 0;
  /* Two transfers at once may not both count on what is left of the day's limit. */
  TRY(tx_lock_named(c, t));
  return wallet_sent_on(c, d, in->owner, c->today, &w->sent);
}

static status transfer_decide(ctx *c, tx *t, void *state) {
  wallet_in *in = state;
  wallet_work *w = in->inner;
  TRY(check_amount(c, in));
  if (in->to == in->owner) return fail_field(c, E_RULE, STR("/to"), "Name somebody else.");
  if (w->to == 0)
    return fail_field(c, E_RULE, STR("/to"),
                      "There is no person of that id who may hold a wallet.");
  if (in->amount > w->per_transfer) {
    return fail_field(c, E_RULE, STR("/amount"), "At most %lld minor units at a time.",
                      (long long)w->per_transfer);
  }
  if (in->amount > w->per_day - w->sent) {
    return fail_field(c, E_RULE, STR("/amount"),
                      "At most %lld minor units a day; %lld were sent today.",
                      (long long)w->per_day, (long long)w->sent);
  }
  const account *wallet = tx_account(t, w->wallet);
  if (wallet == NULL || account_available(wallet) < in->amount)
    return fail_field(c, E_FUNDS, STR("/amount"), "The wallet does not hold as much.");
  plan_move(c, in, MOVE_TRANSFER, MOVE_DONE);
  moves m = moves_make(c, 1);
  moves_add(&m, w->wallet, w->to, in->amount, WHY_WALLET_TRANSFER, in->out.move_id);
  return moves_post(c, t, &m);
}

static status transfer_write(ctx *c, tx *t, void *state) {
  return write_move(c, t, state, ID_WITHDRAWAL, "wallet.sent");
}
const command_type payment_wallet_transfer = {"wallet.transfer", 0, transfer_load, transfer_decide,
                                              transfer_write};
