/* verify_entries.c - proves every entry and every balance from the records, account by account in
 * the order of time: each entry's balances are those before it plus what its record says, and the
 * last are the stored ones (INV-3, INV-5, INV-24). Reads by key in pages; never writes. */
#include "ledger/verify.h"

enum { PAGE_ENTRIES = 256 }; /* as in the text of read_page */

typedef struct entry {
  id account_id;
  int64_t stripe;
  instant time;
  bool is_debit;
  balance after;
  bool has_record;
  transfer t;
} entry;

typedef struct walk { /* where the proof stands: one stripe of one account */
  entry at;           /* the last entry seen; account_id 0: none yet */
  account a;          /* attributes of the account */
  balance stored;     /* the stripe's balance row */
  instant stored_time;
  int64_t entries;
} walk;

static bool same_balance(const balance *a, const balance *b) {
  return a->debits_posted == b->debits_posted && a->credits_posted == b->credits_posted &&
         a->debits_pending == b->debits_pending && a->credits_pending == b->credits_pending;
}

static status read_page(ctx *c, db *d, const entry *after, entry *page, size_t *count) {
  db_rows *rows;
  size_t found = 0;
  TRY(db_query(c, d, &rows,
               "with e as materialized (select account, stripe, time, lane, sequence, is_debit, "
               "debits_posted, credits_posted, debits_pending, credits_pending from ledger_entry "
               "where (account, stripe, time) > (?1, ?2, ?3) "
               "order by account, stripe, time limit 256), "
               "j as materialized (select lane, sequence, record from ledger_journal "
               "where (lane, sequence) in (select lane, sequence from e)) "
               "select e.account, e.stripe, e.time, e.is_debit, e.debits_posted, e.credits_posted, "
               "e.debits_pending, e.credits_pending, j.record "
               "from e left join j on j.lane = e.lane and j.sequence = e.sequence "
               "order by e.account, e.stripe, e.time",
               DB_INT(after->account_id), DB_INT(after->stripe), DB_INT(after->time)));
  while (found < PAGE_ENTRIES && db_next(rows)) {
    entry *e = &page[found++];
    *e = (entry){.account_id = db_get_int(rows, 0),
                 .stripe = db_get_int(rows, 1),
                 .time = db_get_int(rows, 2),
                 .is_debit = db_get_int(rows, 3) != 0,
                 .after = {db_get_int(rows, 4), db_get_int(rows, 5), db_get_int(rows, 6),
                           db_get_int(rows, 7)}};
    str record = db_get_bytes(rows, 8);
    e->has_record =
        record.len == TRANSFER_RECORD_BYTES && ledger_decode((const uint8_t *)record.at, &e->t);
  }
  TRY(db_done(c, rows));
  *count = found;
  return OK;
}

static status held_amount(ctx *c, db *d, id128 pending_id, int64_t *out) {
  db_rows *rows;
  id_bytes key = id_to_bytes(pending_id);
  TRY(db_query(c, d, &rows, "select amount from ledger_transfer where id = ?1",
               DB_BYTES(key.at, ID128_BYTES)));
  *out = db_next(rows) ? db_get_int(rows, 0) : 0;
  return db_done(c, rows);
}

/* The balance after the entry, from the one before it and the record alone. */
static status expect(ctx *c, db *d, const entry *e, balance before, balance *out) {
  int64_t *posted = e->is_debit ? &before.debits_posted : &before.credits_posted;
  int64_t *pending = e->is_debit ? &before.debits_pending : &before.credits_pending;
  if (e->t.flags & TRANSFER_PENDING) {
    *pending += e->t.amount;
  } else if (e->t.flags & (TRANSFER_POST | TRANSFER_VOID | TRANSFER_EXPIRY)) {
    int64_t held = 0;
    TRY(held_amount(c, d, e->t.pending_id, &held));
    *pending -= held;
    if (e->t.flags & TRANSFER_POST) *posted += e->t.amount;
  } else {
    *posted += e->t.amount;
  }
  *out = before;
  return OK;
}

static status start_stripe(ctx *c, db *d, const entry *first, walk *w) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select a.entity, a.asset, a.flags, a.allowance, b.debits_posted, b.credits_posted, "
               "b.debits_pending, b.credits_pending, b.last_time from ledger_account a "
               "left join ledger_balance b on b.account = a.account_id and b.stripe = ?2 "
               "where a.account_id = ?1",
               DB_INT(first->account_id), DB_INT(first->stripe)));
  w->a = (account){.account_id = first->account_id};
  if (db_next(rows)) {
    w->a.entity = db_get_int(rows, 0);
    w->a.asset = (uint32_t)db_get_int(rows, 1);
    w->a.flags = (uint16_t)db_get_int(rows, 2);
    w->a.allowance = db_get_int(rows, 3);
    w->stored = (balance){db_get_int(rows, 4), db_get_int(rows, 5), db_get_int(rows, 6),
                          db_get_int(rows, 7)};
    w->stored_time = db_get_int(rows, 8);
  }
  TRY(db_done(c, rows));
  w->at = (entry){.account_id = first->account_id, .stripe = first->stripe};
  return OK;
}

static status finish_stripe(ctx *c, const walk *w, ledger_proof *p) {
  if (w->at.account_id == 0) return OK;
  if (!same_balance(&w->at.after, &w->stored) || w->at.time != w->stored_time) {
    return violated(c, p, "account %lld: its stored balance is not the sum of its entries",
                    (long long)w->at.account_id);
  }
  account a = w->a;
  a.debits_posted = w->stored.debits_posted;
  a.credits_posted = w->stored.credits_posted;
  a.debits_pending = w->stored.debits_pending;
  a.credits_pending = w->stored.credits_pending;
  bool floored = a.flags & (ACCOUNT_NO_DEBIT_BALANCE | ACCOUNT_NO_CREDIT_BALANCE);
  if (floored && account_available(&a) < 0) {
    return violated(c, p, "account %lld is below its floor", (long long)w->at.account_id);
  }
  return OK;
}

/* NULL, or why the entry does not belong to its record and account. */
static const char *check_entry(const walk *w, const entry *e) {
  if (!e->has_record) return "an entry has no record";
  id side = e->is_debit ? e->t.debit_account : e->t.credit_account;
  if (side != e->account_id || e->t.time != e->time) return "an entry differs from its record";
  if (w->a.entity == 0) return "there are entries but no account";
  if (e->t.entity != w->a.entity || e->t.asset != w->a.asset) {
    return "a record is of another entity or asset";
  }
  if (e->stripe != stripe_of(&w->a, e->t.lane)) return "an entry is in another stripe";
  return NULL;
}

static status step(ctx *c, db *d, walk *w, const entry *e, ledger_proof *p) {
  if (w->at.account_id != e->account_id || w->at.stripe != e->stripe) {
    TRY(finish_stripe(c, w, p));
    TRY(start_stripe(c, d, e, w));
  }
  const char *why = check_entry(w, e);
  if (why != NULL) {
    return violated(c, p, "account %lld at %lld: %s", (long long)e->account_id, (long long)e->time,
                    why);
  }
  balance expected;
  TRY(expect(c, d, e, w->at.after, &expected));
  if (!same_balance(&expected, &e->after)) {
    return violated(c, p, "account %lld, lane %u record %lld: the balance after it is wrong",
                    (long long)e->account_id, e->t.lane, (long long)e->t.sequence);
  }
  w->at = *e;
  w->entries++;
  return OK;
}

static status check_idle_balances(ctx *c, db *d, ledger_proof *p) {
  db_rows *rows;
  TRY(db_query0(c, d, &rows,
                "select b.account from ledger_balance b where (b.debits_posted <> 0 "
                "or b.credits_posted <> 0 or b.debits_pending <> 0 or b.credits_pending <> 0) "
                "and not exists (select 1 from ledger_entry e where e.account = b.account "
                "and e.stripe = b.stripe) order by b.account limit 1"));
  if (db_next(rows)) {
    violated(c, p, "account %lld has a balance and no entries", (long long)db_get_int(rows, 0));
  }
  return db_done(c, rows);
}

status verify_entries(ctx *c, db *d, ledger_proof *p) {
  entry *page = ARENA_ARRAY(c->arena, entry, PAGE_ENTRIES);
  walk w = {0};
  entry after = {.account_id = INT64_MIN};
  size_t count = 1;
  while (count > 0 && is_sound(p)) {
    TRY(read_page(c, d, &after, page, &count));
    for (size_t i = 0; i < count && is_sound(p); i++)
      TRY(step(c, d, &w, &page[i], p));
    if (count > 0) after = page[count - 1];
  }
  if (is_sound(p)) TRY(finish_stripe(c, &w, p));
  if (is_sound(p) && w.entries != 2 * p->transfers) {
    return violated(c, p, "%lld transfers have %lld entries", (long long)p->transfers,
                    (long long)w.entries);
  }
  return is_sound(p) ? check_idle_balances(c, d, p) : OK;
}
