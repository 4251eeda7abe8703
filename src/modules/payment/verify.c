/* verify.c - this module's rows against the ledger's accounts: what is under way, waits or lies in
 * escrow by the rows must be there by the books, to the unit. Sums over whole accounts, so it costs
 * a few scans whatever the market's age. Reads only; run by `tael verify` and by proofs. */
#include "modules/payment/commands.h"

typedef enum side {
  SIDE_POSTED,      /* credits less debits */
  SIDE_DEBITS_HELD, /* open holds that will debit the account */
  SIDE_CREDITS_HELD
} side;

typedef struct cross_check {
  uint16_t code;
  side side;
  const char *what;
} cross_check;

enum { CHECK_COUNT = 7 };
static const cross_check checks[CHECK_COUNT] = {
    {CODE_ORDER_ESCROW, SIDE_CREDITS_HELD, "payments that wait hold"},
    {CODE_REFUND_TRANSIT, SIDE_POSTED, "refunds and reversals under way are"},
    {CODE_PAYOUT_TRANSIT, SIDE_POSTED, "payouts under way are"},
    {CODE_PAYOUT_TRANSIT, SIDE_CREDITS_HELD, "withdrawals under way hold"},
    {CODE_SELLER_AVAILABLE, SIDE_DEBITS_HELD, "open chargebacks hold"},
    {CODE_SELLER_PENDING, SIDE_POSTED, "shares that are not due are"},
    {CODE_SELLER_RESERVE, SIDE_POSTED, "reserves that are not due are"},
};

static status open_sum(ctx *c, db *d, size_t check, db_rows **rows) {
  switch (check) {
  case 0:
    return db_query0(c, d, rows,
                     "select cast(coalesce(sum(p.amount), 0) as bigint) from payment y join"
                     " payment_part p on p.payment_id = y.payment_id where y.state = 1 and p.kind"
                     " in (0, 2, 3) and p.is_over = 0");
  case 1:
    return db_query0(c, d, rows,
                     "select cast(coalesce(sum(amount), 0) as bigint) from payment_attempt"
                     " where kind = 4 and state <= 1");
  case 2:
    return db_query0(c, d, rows,
                     "select cast(coalesce(sum(amount), 0) as bigint) from payout where state = 0");
  case 3:
    return db_query0(c, d, rows,
                     "select cast(coalesce(sum(amount), 0) as bigint) from wallet_move"
                     " where kind = 1 and state = 0");
  case 4:
    return db_query0(
        c, d, rows, "select cast(coalesce(sum(amount), 0) as bigint) from dispute where state = 0");
  case 5:
    return db_query0(c, d, rows,
                     "select cast(coalesce(sum(amount), 0) as bigint) from settlement_item"
                     " where kind = 0 and state = 0");
  default:
    return db_query0(c, d, rows,
                     "select cast(coalesce(sum(amount), 0) as bigint) from settlement_item"
                     " where kind = 1 and state = 0");
  }
}

static status one_number(ctx *c, db_rows *rows, int64_t *out) {
  *out = db_next(rows) ? db_get_int(rows, 0) : 0;
  return db_done(c, rows);
}

static status balance_of_code(ctx *c, db *d, const cross_check *check, int64_t *out) {
  trial_line *lines;
  size_t count;
  *out = 0;
  TRY(ledger_trial_balance_of(c, d, 0, check->code, check->code, &lines, &count));
  for (size_t i = 0; i < count; i++) {
    const balance *b = &lines[i].total;
    *out += check->side == SIDE_POSTED        ? b->credits_posted - b->debits_posted
            : check->side == SIDE_DEBITS_HELD ? b->debits_pending
                                              : b->credits_pending;
  }
  return OK;
}

static void compare(ctx *c, const char *what, uint16_t code, int64_t rows, int64_t books,
                    str *violation) {
  if (rows == books) return;
  *violation = str_format(c->arena, "payments: %s %lld, account %u has %lld", what, (long long)rows,
                          (unsigned)code, (long long)books);
}

/* What was paid for child orders that were not released. A lost chargeback leaves it open whether
 * its part is still in escrow, which only the order knows; then commerce's own check has to do. */
static status verify_escrow(ctx *c, db *d, str *violation) {
  static const cross_check escrow = {CODE_ORDER_ESCROW, SIDE_POSTED,
                                     "child orders not released are"};
  int64_t lost, rows_sum, books;
  db_rows *rows;
  TRY(db_query0(c, d, &rows, "select count(*) from dispute where state in (2, 3)"));
  TRY(one_number(c, rows, &lost));
  if (lost > 0) return OK;
  /* Grouped by the child order alone: a distributed database then gathers the items first. */
  TRY(db_query0(
      c, d, &rows,
      "select cast(coalesce(sum(p.amount - p.refunded), 0) as bigint) from payment y join"
      " payment_part p on p.payment_id = y.payment_id left join (select child from"
      " settlement_item where kind = 0 group by child) i on i.child = p.child"
      " where y.state in (2, 5, 6) and p.is_over = 0 and p.seller > 0 and i.child is null"));
  TRY(one_number(c, rows, &rows_sum));
  TRY(balance_of_code(c, d, &escrow, &books));
  compare(c, escrow.what, escrow.code, rows_sum, books, violation);
  return OK;
}

status payment_verify_books(ctx *c, db *d, str *violation) {
  *violation = (str){0};
  for (size_t i = 0; i < CHECK_COUNT && violation->len == 0; i++) {
    int64_t rows_sum, books;
    db_rows *rows;
    TRY(open_sum(c, d, i, &rows));
    TRY(one_number(c, rows, &rows_sum));
    TRY(balance_of_code(c, d, &checks[i], &books));
    compare(c, checks[i].what, checks[i].code, rows_sum, books, violation);
  }
  return violation->len == 0 ? verify_escrow(c, d, violation) : OK;
}

status payment_verify(ctx *c, db *d, str *violation) {
  db_rows *rows;
  id kind = 0, twice = 0;
  TRY(payment_verify_books(c, d, violation));
  if (violation->len > 0) return OK;
  TRY(db_query0(c, d, &rows,
                "select payable_kind, payable from payment where payable > 0 and state in (2, 5, 6)"
                " group by payable_kind, payable having count(*) > 1 limit 1"));
  if (db_next(rows)) {
    kind = db_get_int(rows, 0);
    twice = db_get_int(rows, 1);
  }
  TRY(db_done(c, rows));
  if (twice == 0) return OK;
  *violation = str_format(c->arena, "payments: %.*s was paid more than once",
                          STR_ARGS(id_print(c->arena, (id_kind)kind, twice)));
  return OK;
}
