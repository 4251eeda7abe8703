/* api_wallet.c - one's own wallet on the wire: balance, statement, top-up, withdrawal, transfer.
 * Always the caller's own. */
#include "modules/payment/api.h"

/* --- balance ---------------------------------------------------------------------------------- */
typedef struct wallet_out {
  id user;
  uint32_t currency;
  int64_t balance, available;
} wallet_out;
static const field wallet_fields[] = {
    F_ID(wallet_out, user, 0, ID_USER, "Whose wallet it is."),
    F_CURRENCY(wallet_out, currency, 0, "ISO 4217."),
    F_AMOUNT(wallet_out, balance, 0, 0, 0, "What is in it, minor units."),
    F_AMOUNT(wallet_out, available, 0, 0, 0, "What can be spent now; the rest is held."),
};
SHAPE(payment_wallet_shape, "Wallet", wallet_out, wallet_fields);

static status find_wallet(ctx *c, db *d, const request *r, market *m, account *out, bool *found) {
  account *accounts;
  size_t count;
  *found = false;
  TRY(identity_market(c, d, m));
  TRY(ledger_accounts_of(c, d, r->who.actor, &accounts, &count));
  for (size_t i = 0; i < count; i++) {
    if (accounts[i].code != CODE_WALLET || accounts[i].asset != m->currency) continue;
    *out = accounts[i];
    *found = true;
  }
  return OK;
}

READER(payment_read_wallet) {
  market m;
  account a;
  bool found;
  wallet_out *w = out;
  TRY(find_wallet(c, d, r, &m, &a, &found));
  *w = (wallet_out){.user = r->who.actor, .currency = m.currency};
  if (!found) return OK;
  w->balance = account_balance(&a);
  w->available = account_available(&a);
  return OK;
}

/* --- statement -------------------------------------------------------------------------------- */
typedef struct line_out {
  instant at;
  date on;
  int64_t amount, balance;
  str why, why_zh;
} line_out;
static const field line_fields[] = {
    F_TIME(line_out, at, 0, "When it was booked."),
    F_DATE(line_out, on, 0, "The business day it counts for."),
    F_AMOUNT(line_out, amount, 0, 0, 0, "Minor units; below zero: out of the wallet."),
    F_AMOUNT(line_out, balance, 0, 0, 0, "What was in it afterwards."),
    F_STR(line_out, why, 0, 0, 0, "Why, in English."),
    F_STR(line_out, why_zh, 0, 0, 0, "Why, in Chinese."),
};
SHAPE(payment_wallet_line_shape, "WalletLine", line_out, line_fields);

static line_out show_line(const statement_line *s) {
  int64_t held = s->record.flags & TRANSFER_PENDING ? 0 : s->record.amount;
  return (line_out){.at = s->record.time,
                    .on = s->record.business_date,
                    .amount = s->is_debit ? -held : held,
                    .balance = s->after.credits_posted - s->after.debits_posted,
                    .why = str_from(reason_text(s->record.code, false)),
                    .why_zh = str_from(reason_text(s->record.code, true))};
}

/* Holds move nothing and are left out. The cursor is the ledger's: lane and sequence. */
READER(payment_read_statement) {
  market m;
  account a;
  bool found;
  list_out *list = out;
  const page_query *q = r->query;
  int64_t keys[2] = {0, 0};
  TRY(page_keys(c, q->after, keys, 2));
  TRY(find_wallet(c, d, r, &m, &a, &found));
  if (!found) return OK;
  statement_line *lines;
  size_t count, n = 0, max = q->limit > 0 ? (size_t)q->limit : PAGE_DEFAULT;
  statement_cursor from = {.lane = (uint16_t)keys[0], .sequence = keys[1]};
  TRY(ledger_statement(c, d, a.account_id, from, true, max, &lines, &count));
  line_out *shown = ARENA_ARRAY(c->arena, line_out, count + 1);
  for (size_t i = 0; i < count; i++) {
    bool counts = !(lines[i].record.flags & (TRANSFER_PENDING | TRANSFER_VOID | TRANSFER_EXPIRY));
    if (counts) shown[n++] = show_line(&lines[i]);
  }
  list->items = (field_array){shown, n};
  if (count < max) return OK;
  const transfer *last = &lines[count - 1].record;
  list->next = cursor_print(c->arena, (const int64_t[]){last->lane, last->sequence}, 2);
  return OK;
}

/* --- moving money ----------------------------------------------------------------------------- */
static const field top_up_fields[] = {
    F_AMOUNT(wallet_in, amount, FIELD_REQUIRED, 1, MONEY_MAX_JSON, "Minor units."),
    F_CURRENCY(wallet_in, currency, FIELD_REQUIRED, "The market's currency."),
    F_ID(wallet_in, channel, 0, ID_CHANNEL,
         "The channel; left out: the first that is switched on."),
    F_ENUM(wallet_in, method, 0, payment_methods, "The method."),
    F_STR(wallet_in, token, 0, 0, 200,
          "The instrument's or bank account's token; never a card number."),
};
SHAPE(payment_top_up_shape, "WalletMove", wallet_in, top_up_fields);

static const field send_fields[] = {
    F_ID(wallet_in, to, FIELD_REQUIRED, ID_USER, "Who gets it."),
    F_AMOUNT(wallet_in, amount, FIELD_REQUIRED, 1, MONEY_MAX_JSON, "Minor units."),
    F_CURRENCY(wallet_in, currency, FIELD_REQUIRED, "The market's currency."),
};
SHAPE(payment_wallet_send_shape, "WalletTransfer", wallet_in, send_fields);

static const char *const move_states[] = {"pending", "done", "failed", NULL};
#define MOVE_FIELDS(kind)                                                                      \
  {                                                                                            \
    F_ID_AS("move", wallet_move, move_id, 0, kind, "The move."),                               \
        F_AMOUNT(wallet_move, amount, 0, 0, 0, "Minor units."),                                \
        F_CURRENCY(wallet_move, currency, 0, "ISO 4217."),                                     \
        F_ENUM(wallet_move, state, 0, move_states, "Pending until the channel has answered."), \
        F_TIME(wallet_move, created_at, 0, "When it was asked for.")                           \
  }
static const field topped_fields[] = MOVE_FIELDS(ID_TOPUP);
SHAPE(payment_topped_shape, "TopUp", wallet_move, topped_fields);
static const field moved_fields[] = MOVE_FIELDS(ID_WITHDRAWAL);
SHAPE(payment_moved_shape, "WalletMoved", wallet_move, moved_fields);

static status prepare(ctx *c, const request *r, const command_type *type, command *cmd,
                      void **out) {
  wallet_in *in = ARENA_NEW(c->arena, wallet_in);
  *in = *(const wallet_in *)r->in;
  in->owner = r->who.actor;
  cmd->type = type;
  cmd->state = in;
  *out = &in->out;
  return OK;
}

PREPARER(payment_prepare_top_up) { return prepare(c, r, &payment_wallet_top_up, cmd, out); }
PREPARER(payment_prepare_withdraw) { return prepare(c, r, &payment_withdraw, cmd, out); }
PREPARER(payment_prepare_send) { return prepare(c, r, &payment_wallet_transfer, cmd, out); }
