/* safeguard.c - the proof that customers' money is whole (B8), and the sums reports ask for.
 * Everything is summed from the ledger's records or payment's own rows; nothing here changes
 * anything but the list of proofs. */
#include "modules/payment/commands.h"

/* What sellers below zero have had from the others: the operator owes the reserve this much until
 * it is netted. */
static status advanced_to_sellers(ctx *c, db *d, uint32_t currency, int64_t *out) {
  id *sellers;
  size_t count;
  int64_t sum = 0;
  TRY(debt_sellers(c, d, &sellers, &count));
  for (size_t i = 0; i < count; i++) {
    account *accounts;
    size_t n;
    TRY(ledger_accounts_of(c, d, sellers[i], &accounts, &n));
    for (size_t j = 0; j < n; j++) {
      int64_t has = account_balance(&accounts[j]);
      if (accounts[j].code == CODE_SELLER_AVAILABLE && accounts[j].asset == currency && has < 0)
        sum -= has;
    }
  }
  *out = sum;
  return OK;
}

static safeguard_proof *proof_of(safeguard_proof *list, size_t *count, size_t room,
                                 const trial_line *line) {
  for (size_t i = 0; i < *count; i++) {
    if (list[i].entity == line->entity && list[i].currency == line->asset) return &list[i];
  }
  assert(*count < room);
  list[*count] = (safeguard_proof){.entity = line->entity, .currency = line->asset};
  return &list[(*count)++];
}

/* The part of the chart that safeguarding is about. Goods and points, which are most accounts, lie
 * beyond it, and the proof is made every day. */
static status balance_of_safe(ctx *c, db *d, trial_line **lines, size_t *count) {
  size_t rows;
  const chart_row *chart = chart_all(&rows);
  uint16_t first = UINT16_MAX, last = 0;
  for (size_t i = 0; i < rows; i++) {
    if (chart[i].safe == SAFE_NONE) continue;
    if (chart[i].code < first) first = chart[i].code;
    if (chart[i].code > last) last = chart[i].code;
  }
  return ledger_trial_balance_of(c, d, 0, first, last, lines, count);
}

status payment_safeguard(ctx *c, db *d, safeguard_proof **out, size_t *count) {
  trial_line *lines;
  size_t line_count, n = 0;
  TRY(balance_of_safe(c, d, &lines, &line_count));
  safeguard_proof *list = ARENA_ARRAY(c->arena, safeguard_proof, line_count + 1);
  for (size_t i = 0; i < line_count; i++) {
    const chart_row *row = chart_find(lines[i].code);
    if (row == NULL || row->safe == SAFE_NONE) continue;
    safeguard_proof *p = proof_of(list, &n, line_count, &lines[i]);
    int64_t net = lines[i].total.debits_posted - lines[i].total.credits_posted;
    if (row->safe == SAFE_ASSET)
      p->assets += net;
    else
      p->owed -= net;
  }
  for (size_t i = 0; i < n; i++) {
    TRY(advanced_to_sellers(c, d, list[i].currency, &list[i].advanced));
    list[i].equal = list[i].assets == list[i].owed;
  }
  *out = list;
  *count = n;
  return OK;
}

/* --- the list of proofs ----------------------------------------------------------------------- */
static status store_decide(ctx *c, tx *t, void *state) {
  UNUSED(c);
  UNUSED(t);
  UNUSED(state);
  return OK;
}

static status store_write(ctx *c, tx *t, void *state) {
  const proof_in *in = state;
  for (size_t i = 0; i < in->count; i++) {
    const safeguard_proof *p = &in->proofs[i];
    TRY(db_run(c, tx_db(t),
               "insert into safeguard_proof (business_date, entity, currency, assets, owed, "
               "advanced, is_equal, taken_at) "
               "values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) on conflict (business_date, entity, "
               "currency, taken_at) do nothing",
               DB_INT(in->on), DB_INT(p->entity), DB_INT(p->currency), DB_INT(p->assets),
               DB_INT(p->owed), DB_INT(p->advanced), DB_INT(p->equal), DB_INT(c->now)));
    if (!p->equal) log_line(LOG_ERROR, "safeguarding.broken", "currency=%u", p->currency);
  }
  return OK;
}

const command_type payment_store_proof = {"safeguard.store", 0, NULL, store_decide, store_write};

/* --- totals ----------------------------------------------------------------------------------- */
static status sums_of_payments(ctx *c, db *d, uint32_t currency, payment_totals *out) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select cast(coalesce(sum(captured), 0) as bigint), cast(coalesce(sum(returned), 0) "
               "as bigint) "
               "from payment where currency=?1",
               DB_INT(currency)));
  if (db_next(rows)) {
    out->captured = db_get_int(rows, 0);
    out->refunded = db_get_int(rows, 1);
  }
  TRY(db_done(c, rows));
  TRY(db_query(
      c, d, &rows,
      "select cast(coalesce(sum(amount), 0) as bigint) from payout where currency=?1 and state=1",
      DB_INT(currency)));
  if (db_next(rows)) out->paid_to_sellers = db_get_int(rows, 0);
  TRY(db_done(c, rows));
  TRY(db_query(c, d, &rows,
               "select count(*) from payment_break where currency=?1 and kind in ('difference', "
               "'channel_amount')",
               DB_INT(currency)));
  if (db_next(rows)) out->breaks = db_get_int(rows, 0);
  return db_done(c, rows);
}

static bool is_held(uint16_t code) {
  return code == CODE_ORDER_ESCROW || code == CODE_SELLER_PENDING ||
         code == CODE_SELLER_AVAILABLE || code == CODE_SELLER_RESERVE ||
         code == CODE_PAYOUT_TRANSIT;
}

status payment_totals_get(ctx *c, db *d, uint32_t currency, payment_totals *out) {
  payment_totals sums = {0};
  trial_line *lines;
  size_t count;
  TRY(sums_of_payments(c, d, currency, &sums));
  TRY(ledger_trial_balance(c, d, 0, &lines, &count));
  for (size_t i = 0; i < count; i++) {
    if (lines[i].asset != currency) continue;
    int64_t net = lines[i].total.credits_posted - lines[i].total.debits_posted;
    if (lines[i].code == CODE_COMMISSION) sums.commission += net;
    if (lines[i].code == CODE_SUSPENSE) sums.suspense += net;
    if (is_held(lines[i].code)) sums.held += net;
  }
  *out = sums;
  return OK;
}
