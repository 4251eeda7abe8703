/* report.c - the lists of report.h. Reads only. */
#include "modules/payment/inside.h"
#include "modules/payment/report.h"

#define ID_TOP INT64_MAX

static str name_of(const char *const *names, int index) { return str_from(names[index]); }

/* --- one payment ------------------------------------------------------------------------------ */

static str part_kind(int kind) {
  return kind == PART_SUSPENSE ? STR("suspense") : name_of(payment_tender_kinds, kind);
}

static status story_tenders(ctx *c, db *d, id payment_id, payment_story *out) {
  part_row *parts;
  size_t count;
  TRY(parts_of(c, d, payment_id, &parts, &count));
  out->tenders = ARENA_ARRAY(c->arena, tender_brief, count + 1);
  out->tender_count = count;
  for (size_t i = 0; i < count; i++) {
    out->tenders[i] =
        (tender_brief){parts[i].tender_no, part_kind(parts[i].kind), parts[i].seller,
                       parts[i].child,     parts[i].amount,          parts[i].refunded};
  }
  return OK;
}

static status story_attempts(ctx *c, db *d, id payment_id, payment_story *out) {
  attempt_row *rows;
  channel_row *channels;
  size_t count, channel_count;
  TRY(attempts_of_payment(c, d, payment_id, &rows, &count));
  TRY(channels_all(c, d, &channels, &channel_count));
  out->attempts = ARENA_ARRAY(c->arena, attempt_brief, count + 1);
  out->attempt_count = count;
  for (size_t i = 0; i < count; i++) {
    const attempt_row *a = &rows[i];
    const channel_row *channel = channel_find(channels, channel_count, a->channel);
    out->attempts[i] = (attempt_brief){.attempt = a->attempt_id,
                                       .kind = name_of(payment_attempt_kinds, (int)a->kind),
                                       .state = name_of(payment_attempt_states, (int)a->state),
                                       .method = name_of(payment_methods, a->method),
                                       .channel = channel == NULL ? (str){0} : channel->name,
                                       .channel_ref = a->channel_ref,
                                       .reason = a->reason,
                                       .amount = a->amount,
                                       .fee = a->fee,
                                       .created_at = a->created_at,
                                       .updated_at = a->updated_at};
  }
  return OK;
}

static status story_refunds(ctx *c, db *d, id payment_id, payment_story *out) {
  refund_row *rows;
  size_t count;
  TRY(refunds_of_payment(c, d, payment_id, &rows, &count));
  out->refunds = ARENA_ARRAY(c->arena, refund_brief, count + 1);
  out->refund_count = count;
  for (size_t i = 0; i < count; i++) {
    out->refunds[i] =
        (refund_brief){.refund = rows[i].refund_id,
                       .seller = rows[i].seller,
                       .amount = rows[i].amount,
                       .commission_back = rows[i].commission_back,
                       .reason = rows[i].reason,
                       .state = rows[i].state == 0 ? STR("pending") : STR("succeeded"),
                       .at = rows[i].created_at};
  }
  return OK;
}

status payment_story_get(ctx *c, db *d, id payment_id, payment_story *out) {
  payment_row row;
  bool found;
  TRY(payment_get(c, d, payment_id, &row, &found));
  if (!found) return fail(c, E_NOT_FOUND, "There is no such payment.");
  *out = (payment_story){.payment = payment_id,
                         .currency = row.currency,
                         .state = name_of(payment_states, (int)row.state),
                         .total = row.total,
                         .captured = row.captured,
                         .refunded = row.refunded,
                         .returned = row.returned,
                         .difference = row.difference};
  TRY(story_tenders(c, d, payment_id, out));
  TRY(story_attempts(c, d, payment_id, out));
  return story_refunds(c, d, payment_id, out);
}

/* --- breaks ----------------------------------------------------------------------------------- */

/* The page's rows first, by themselves, then what is joined to them. */
#define BREAKS(condition)                                                                      \
  "with b as materialized (select break_id, payment_id, kind, note, resolution, amount,"       \
  " currency, state, found_at, resolved_at, owner from payment_break"                          \
  " where break_id < ?1 " condition "order by break_id desc limit ?2),"                        \
  " p as materialized (select payment_id, payable_kind, payable from payment"                  \
  " where payment_id in (select payment_id from b))"                                           \
  " select b.break_id, b.payment_id, p.payable_kind, p.payable, b.kind, b.note, b.resolution," \
  " b.amount, b.currency, b.state, b.found_at, b.resolved_at, b.owner"                         \
  " from b left join p on p.payment_id = b.payment_id order by b.break_id desc"

static status find_breaks(ctx *c, db *d, int which, id top, size_t max, db_rows **rows) {
  if (which == 1) return db_query(c, d, rows, BREAKS("and state = 0 "), DB_INT(top), DB_INT(max));
  if (which == 2) return db_query(c, d, rows, BREAKS("and state = 1 "), DB_INT(top), DB_INT(max));
  return db_query(c, d, rows, BREAKS(""), DB_INT(top), DB_INT(max));
}

status payment_list_breaks(ctx *c, db *d, int which, id before, size_t max, break_brief **out,
                           size_t *count) {
  db_rows *rows;
  TRY(find_breaks(c, d, which, before != 0 ? before : ID_TOP, max, &rows));
  break_brief *list = ARENA_ARRAY(c->arena, break_brief, max);
  size_t n = 0;
  while (n < max && db_next(rows)) {
    list[n++] = (break_brief){.break_id = db_get_int(rows, 0),
                              .payment = db_get_int(rows, 1),
                              .payable_kind = (int)db_get_int(rows, 2),
                              .payable = db_get_int(rows, 3),
                              .kind = db_keep_text(rows, 4, c->arena),
                              .note = db_keep_text(rows, 5, c->arena),
                              .resolution = db_keep_text(rows, 6, c->arena),
                              .amount = db_get_int(rows, 7),
                              .currency = (uint32_t)db_get_int(rows, 8),
                              .is_open = db_get_int(rows, 9) == 0,
                              .found_at = db_get_int(rows, 10),
                              .resolved_at = db_get_int(rows, 11),
                              .owner = db_get_int(rows, 12)};
  }
  *out = list;
  *count = n;
  return db_done(c, rows);
}

status payment_count_open_breaks(ctx *c, db *d, int64_t *out) {
  db_rows *rows;
  TRY(db_query0(c, d, &rows, "select count(*) from payment_break where state = 0"));
  *out = db_next(rows) ? db_get_int(rows, 0) : 0;
  return db_done(c, rows);
}

/* --- campaigns -------------------------------------------------------------------------------- */

status payment_list_campaigns(ctx *c, db *d, id before, size_t max, campaign_brief **out,
                              size_t *count) {
  db_rows *rows;
  TRY(db_query(
      c, d, &rows,
      "select campaign_id, name, currency, budget, per_order_max, created_at, account from campaign"
      " where campaign_id < ?1 order by campaign_id desc limit ?2",
      DB_INT(before != 0 ? before : ID_TOP), DB_INT(max)));
  campaign_brief *list = ARENA_ARRAY(c->arena, campaign_brief, max);
  id *accounts = ARENA_ARRAY(c->arena, id, max);
  size_t n = 0;
  while (n < max && db_next(rows)) {
    accounts[n] = db_get_int(rows, 6);
    list[n++] = (campaign_brief){.campaign = db_get_int(rows, 0),
                                 .name = db_keep_text(rows, 1, c->arena),
                                 .currency = (uint32_t)db_get_int(rows, 2),
                                 .budget = db_get_int(rows, 3),
                                 .per_order_max = db_get_int(rows, 4),
                                 .created_at = db_get_int(rows, 5)};
  }
  TRY(db_done(c, rows));
  for (size_t i = 0; i < n; i++) {
    account budget;
    TRY(ledger_account_get(c, d, accounts[i], &budget));
    list[i].left = account_balance(&budget);
  }
  *out = list;
  *count = n;
  return OK;
}

/* --- sellers ---------------------------------------------------------------------------------- */

#define ITEM_COLUMNS \
  "select seller, child, kind, currency, due, amount, state from settlement_item "

static status take_items(ctx *c, db_rows *rows, size_t max, item_brief **out, item_key *keys,
                         size_t *count) {
  static const char *const kinds[] = {"share", "reserve"};
  item_brief *list = ARENA_ARRAY(c->arena, item_brief, max);
  size_t n = 0;
  while (n < max && db_next(rows)) {
    item_key key = {(date)db_get_int(rows, 4), db_get_int(rows, 1), db_get_int(rows, 2)};
    keys[n] = key;
    list[n++] = (item_brief){.seller = db_get_int(rows, 0),
                             .child = key.child,
                             .kind = name_of(kinds, (int)key.kind),
                             .currency = (uint32_t)db_get_int(rows, 3),
                             .due = key.due,
                             .amount = db_get_int(rows, 5),
                             .is_settled = db_get_int(rows, 6) != 0};
  }
  *out = list;
  *count = n;
  return db_done(c, rows);
}

status payment_page_items(ctx *c, db *d, id seller, const item_key *after, size_t max,
                          item_brief **out, item_key *keys, size_t *count) {
  db_rows *rows;
  item_key below = after->due == 0 ? (item_key){INT32_MAX, ID_TOP, 0} : *after;
  if (seller != 0) {
    TRY(db_query(
        c, d, &rows,
        ITEM_COLUMNS "where seller = ?1 and kind < 2 and (due, child, kind) < (?2, ?3, ?4) "
                     "order by due desc, child desc, kind desc limit ?5",
        DB_INT(seller), DB_INT(below.due), DB_INT(below.child), DB_INT(below.kind), DB_INT(max)));
  } else {
    TRY(db_query(c, d, &rows,
                 ITEM_COLUMNS "where kind < 2 and (due, child, kind) < (?1, ?2, ?3) "
                              "order by due desc, child desc, kind desc limit ?4",
                 DB_INT(below.due), DB_INT(below.child), DB_INT(below.kind), DB_INT(max)));
  }
  return take_items(c, rows, max, out, keys, count);
}

static const char *const payout_states[] = {"sent", "paid", "returned"};

status payment_list_payouts(ctx *c, db *d, id seller, id before, size_t max, payout_brief **out,
                            size_t *count) {
  db_rows *rows;
  id below = before != 0 ? before : ID_TOP;
  if (seller != 0) {
    TRY(db_query(
        c, d, &rows,
        "select payout_id, business_date, currency, amount, state, updated_at, seller "
        "from payout where seller = ?1 and payout_id < ?2 order by payout_id desc limit ?3",
        DB_INT(seller), DB_INT(below), DB_INT(max)));
  } else {
    TRY(db_query(c, d, &rows,
                 "select payout_id, business_date, currency, amount, state, updated_at, seller "
                 "from payout where payout_id < ?1 order by payout_id desc limit ?2",
                 DB_INT(below), DB_INT(max)));
  }
  payout_brief *list = ARENA_ARRAY(c->arena, payout_brief, max);
  size_t n = 0;
  while (n < max && db_next(rows)) {
    list[n++] = (payout_brief){.payout = db_get_int(rows, 0),
                               .on = (date)db_get_int(rows, 1),
                               .currency = (uint32_t)db_get_int(rows, 2),
                               .amount = db_get_int(rows, 3),
                               .state = name_of(payout_states, (int)db_get_int(rows, 4)),
                               .updated_at = db_get_int(rows, 5),
                               .seller = db_get_int(rows, 6)};
  }
  *out = list;
  *count = n;
  return db_done(c, rows);
}

static void add_payout_line(const db_rows *rows, buf *csv) {
  char payout[ID_TEXT_MAX], seller[ID_TEXT_MAX], code[4] = "";
  int scale = 0;
  id_write(payout, ID_PAYOUT, db_get_int(rows, 0));
  id_write(seller, ID_TENANT, db_get_int(rows, 1));
  if (!currency_by_number((uint32_t)db_get_int(rows, 3), code, &scale)) code[0] = '\0';
  buf_format(csv, "%s,%s,%lld,%s,", payout, seller, (long long)db_get_int(rows, 2), code);
  buf_add_csv(csv, db_get_text(rows, 5));
  buf_format(csv, ",%s\r\n", payout_states[db_get_int(rows, 4)]);
}

status payment_payout_file(ctx *c, db *d, date on, buf *csv) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "with p as materialized (select payout_id, seller, amount, currency, state, "
               "attempt_id from payout where business_date = ?1), "
               "a as materialized (select attempt_id, channel_ref from payment_attempt "
               "where attempt_id in (select attempt_id from p)) "
               "select p.payout_id, p.seller, p.amount, p.currency, p.state, a.channel_ref "
               "from p left join a on a.attempt_id = p.attempt_id order by p.payout_id",
               DB_INT(on)));
  buf_add(csv, STR("payout,seller,amount,currency,bank_reference,state\r\n"));
  while (db_next(rows))
    add_payout_line(rows, csv);
  TRY(db_done(c, rows));
  return csv->overflowed ? fail(c, E_RULE, "There are more payouts than one file may hold.") : OK;
}

/* --- vouchers --------------------------------------------------------------------------------- */

/* Whoever knows a code may spend it, so a list shows no more than tells two of them apart. */
static str mask_code(arena *a, str code) {
  size_t shown = code.len >= 8 ? 4 : 1;
  return str_format(a, "****%.*s", (int)shown, code.at + code.len - shown);
}

status payment_list_vouchers(ctx *c, db *d, id campaign, instant from, int64_t skip, size_t max,
                             voucher_brief **out, size_t *count) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select code, currency, amount, state, payment_id, expires_at, created_at "
               "from voucher where campaign_id = ?1 and created_at <= ?2 "
               "order by created_at desc, code desc limit ?3 offset ?4",
               DB_INT(campaign), DB_INT(from != 0 ? from : ID_TOP), DB_INT(max), DB_INT(skip)));
  voucher_brief *list = ARENA_ARRAY(c->arena, voucher_brief, max);
  size_t n = 0;
  while (n < max && db_next(rows)) {
    list[n++] = (voucher_brief){.code = mask_code(c->arena, db_get_text(rows, 0)),
                                .campaign = campaign,
                                .currency = (uint32_t)db_get_int(rows, 1),
                                .amount = db_get_int(rows, 2),
                                .is_used = db_get_int(rows, 3) != 0,
                                .payment = db_get_int(rows, 4),
                                .expires_at = db_get_int(rows, 5),
                                .created_at = db_get_int(rows, 6)};
  }
  *out = list;
  *count = n;
  return db_done(c, rows);
}

/* --- safeguarding ----------------------------------------------------------------------------- */

status payment_list_proofs(ctx *c, db *d, instant before, size_t max, proof_brief **out,
                           size_t *count) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select business_date, entity, currency, assets, owed, advanced, is_equal, taken_at "
               "from safeguard_proof"
               " where taken_at < ?1 order by taken_at desc, entity desc, currency desc limit ?2",
               DB_INT(before != 0 ? before : ID_TOP), DB_INT(max)));
  proof_brief *list = ARENA_ARRAY(c->arena, proof_brief, max);
  size_t n = 0;
  while (n < max && db_next(rows)) {
    list[n++] = (proof_brief){.on = (date)db_get_int(rows, 0),
                              .proof = {.entity = db_get_int(rows, 1),
                                        .currency = (uint32_t)db_get_int(rows, 2),
                                        .assets = db_get_int(rows, 3),
                                        .owed = db_get_int(rows, 4),
                                        .advanced = db_get_int(rows, 5),
                                        .equal = db_get_int(rows, 6) != 0},
                              .taken_at = db_get_int(rows, 7)};
  }
  *out = list;
  *count = n;
  return db_done(c, rows);
}

/* --- before paying ---------------------------------------------------------------------------- */

status payment_look_voucher(ctx *c, db *d, str code, voucher_look *out) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select currency, amount, state, expires_at from voucher where code = ?1",
               DB_TEXT(code)));
  *out = (voucher_look){.found = db_next(rows)};
  if (out->found) {
    out->currency = (uint32_t)db_get_int(rows, 0);
    out->amount = db_get_int(rows, 1);
    out->is_used = db_get_int(rows, 2) != 0;
    out->expires_at = db_get_int(rows, 3);
  }
  return db_done(c, rows);
}

status payment_look_credit(ctx *c, db *d, id campaign, int64_t *out) {
  campaign_row row;
  bool found;
  account budget;
  *out = 0;
  TRY(campaign_get(c, d, campaign, &row, &found));
  if (!found || row.per_order_max == 0) return OK;
  TRY(ledger_account_get(c, d, row.account, &budget));
  int64_t left = account_available(&budget);
  *out = left < row.per_order_max ? left : row.per_order_max;
  return OK;
}

status payment_look_wallet(ctx *c, db *d, id user, int64_t *out) {
  market m;
  account *accounts;
  size_t count;
  *out = 0;
  TRY(identity_market(c, d, &m));
  TRY(ledger_accounts_of(c, d, user, &accounts, &count));
  for (size_t i = 0; i < count; i++) {
    if (accounts[i].code == CODE_WALLET && accounts[i].asset == m.currency)
      *out = account_available(&accounts[i]);
  }
  return OK;
}

/* --- the calendar ----------------------------------------------------------------------------- */

#define DUE_COLUMNS \
  "select due, kind, state, count(*), cast(sum(amount) as bigint) from settlement_item "

static status query_due(ctx *c, db *d, id seller, date first, date last, db_rows **rows) {
  if (seller != 0) {
    return db_query(c, d, rows,
                    DUE_COLUMNS "where seller = ?1 and due between ?2 and ?3 and kind <= 1"
                                " group by due, kind, state order by due",
                    DB_INT(seller), DB_INT(first), DB_INT(last));
  }
  return db_query(c, d, rows,
                  DUE_COLUMNS "where due between ?1 and ?2 and kind <= 1"
                              " group by due, kind, state order by due",
                  DB_INT(first), DB_INT(last));
}

status payment_due_days(ctx *c, db *d, id seller, date first, date last, due_day **out,
                        size_t *count) {
  due_day *days = ARENA_ARRAY(c->arena, due_day, (size_t)(last - first) + 2);
  size_t n = 0;
  db_rows *rows;
  TRY(query_due(c, d, seller, first, last, &rows));
  while (db_next(rows)) {
    date due = (date)db_get_int(rows, 0);
    int64_t items = db_get_int(rows, 3), amount = db_get_int(rows, 4);
    bool is_settled = db_get_int(rows, 2) == 1;
    if (n == 0 || days[n - 1].due != due) days[n++] = (due_day){.due = due};
    due_day *at = &days[n - 1];
    *(is_settled ? &at->settled : &at->waiting) += items;
    *(is_settled ? &at->settled_amount : &at->waiting_amount) += amount;
    if (db_get_int(rows, 1) == 1) at->reserve += amount;
  }
  *out = days;
  *count = n;
  return db_done(c, rows);
}
