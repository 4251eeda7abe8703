/* verify.c - the orders against the ledger: goods that orders hold are held on their shelves and
 * nothing else is, what was paid and not yet released lies in each seller's escrow, points are
 * those of the orders. Reads only; run by `tael verify` and by proofs. */
#include "modules/commerce/model.h"

/* --- goods ------------------------------------------------------------------------------------ */

typedef struct shelf_row {
  id shelf, stock;
  int64_t held; /* what open orders must hold */
  int64_t most; /* with unpaid ones whose holds may have ended by themselves */
} shelf_row;

static status check_shelf(ctx *c, db *d, const shelf_row *s, str *violation) {
  account a;
  TRY(ledger_account_get(c, d, s->shelf, &a));
  int64_t on_hand = account_balance(&a), reserved = a.debits_pending;
  char name[ID_TEXT_MAX];
  id_write(name, ID_ACCOUNT, s->shelf);
  if (on_hand < 0 || on_hand < reserved) {
    *violation = str_format(c->arena, "stock %lld (%s): %lld on hand, %lld reserved",
                            (long long)s->stock, name, (long long)on_hand, (long long)reserved);
  } else if (s->held > reserved || reserved > s->most) {
    *violation = str_format(c->arena, "stock %lld (%s): orders hold %lld to %lld, the ledger %lld",
                            (long long)s->stock, name, (long long)s->held, (long long)s->most,
                            (long long)reserved);
  }
  return OK;
}

/* Unpaid orders that are past their time may have lost their holds already; the job gives them up.
 */
static status verify_goods(ctx *c, db *d, str *violation) {
  db_rows *rows;
  TRY(db_query0(
      c, d, &rows,
      "select st.shelf, st.stock_id, coalesce(h.held, 0), coalesce(h.most, 0) from stock st left"
      " join (select l.stock_id as stock_id, sum(l.quantity) as most, sum(case when o.state = 1 or"
      " o.expires_at = 0 then l.quantity else 0 end) as held from order_line l join orders o on"
      " o.order_id = l.order_id where l.goods = 0 and o.state <= 1 group by l.stock_id) h"
      " on h.stock_id = st.stock_id order by st.stock_id"));
  while (violation->len == 0 && db_next(rows)) {
    const shelf_row s = {db_get_int(rows, 0), db_get_int(rows, 1), db_get_int(rows, 2),
                         db_get_int(rows, 3)};
    TRY(check_shelf(c, d, &s, violation));
  }
  return db_done(c, rows);
}

/* --- money ------------------------------------------------------------------------------------ */

static status sum_of_code(ctx *c, db *d, uint16_t code, int64_t *out) {
  trial_line *lines;
  size_t count;
  *out = 0;
  TRY(ledger_trial_balance_of(c, d, 0, code, code, &lines, &count));
  for (size_t i = 0; i < count; i++)
    *out += lines[i].total.credits_posted - lines[i].total.debits_posted;
  return OK;
}

static status escrow_of(ctx *c, db *d, id seller, int64_t *out) {
  account *accounts;
  size_t count;
  *out = 0;
  TRY(ledger_accounts_of(c, d, seller, &accounts, &count));
  for (size_t i = 0; i < count; i++)
    *out += accounts[i].code == CODE_ORDER_ESCROW ? account_balance(&accounts[i]) : 0;
  return OK;
}

/* Seller by seller, and all of it: escrow of a seller without such orders shows in the sum. */
static status verify_escrow(ctx *c, db *d, str *violation) {
  int64_t total = 0, books;
  db_rows *rows;
  TRY(db_query0(c, d, &rows,
                "select ch.seller, cast(sum(ch.items_total + ch.freight - ch.refunded) as bigint)"
                " from child_order ch join orders o on o.order_id = ch.order_id where o.paid_at > 0"
                " and ch.delivered_at = 0 group by ch.seller order by ch.seller"));
  while (violation->len == 0 && db_next(rows)) {
    id seller = db_get_int(rows, 0);
    int64_t left = db_get_int(rows, 1);
    total += left;
    TRY(escrow_of(c, d, seller, &books));
    if (left == books) continue;
    *violation = str_format(
        c->arena, "escrow of %.*s: paid and undelivered orders come to %lld, the account has %lld",
        STR_ARGS(id_print(c->arena, ID_TENANT, seller)), (long long)left, (long long)books);
  }
  TRY(db_done(c, rows));
  TRY(sum_of_code(c, d, CODE_ORDER_ESCROW, &books));
  if (violation->len == 0 && total != books)
    *violation =
        str_format(c->arena, "escrow: undelivered orders come to %lld, the accounts to %lld",
                   (long long)total, (long long)books);
  return OK;
}

static status verify_points(ctx *c, db *d, str *violation) {
  int64_t of_orders = 0, books;
  db_rows *rows;
  TRY(db_query0(c, d, &rows,
                "select cast(coalesce(sum(points), 0) as bigint) from orders where points > 0"));
  if (db_next(rows)) of_orders = db_get_int(rows, 0);
  TRY(db_done(c, rows));
  TRY(sum_of_code(c, d, CODE_POINTS, &books));
  if (of_orders != books)
    *violation = str_format(c->arena, "points: orders earned %lld, the accounts have %lld",
                            (long long)of_orders, (long long)books);
  return OK;
}

status commerce_verify(ctx *c, db *d, str *violation) {
  *violation = (str){0};
  TRY(verify_goods(c, d, violation));
  if (violation->len == 0) TRY(verify_escrow(c, d, violation));
  return violation->len == 0 ? verify_points(c, d, violation) : OK;
}
