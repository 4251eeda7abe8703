/* store.c - what a group accepted, from the book into the store: accounts, transfers with their
 * place in the lane's hash chain, entries, balances once per account, holds and reversals. It
 * decides nothing; the caller commits. */
#include "ledger/chart.h"
#include "ledger/inside.h"
#include "ledger/rows.h"

static status insert_account(ctx *c, db *d, const account *a) {
  TRY(db_run(c, d,
             "insert into ledger_account (account_id, tenant, entity, owner, asset, code, flags, "
             "allowance, opened_at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
             DB_INT(a->account_id), DB_INT(a->tenant), DB_INT(a->entity), DB_INT(a->owner),
             DB_INT(a->asset), DB_INT(a->code), DB_INT(a->flags), DB_INT(a->allowance),
             DB_INT(a->opened_at)));
  id slot = a->code == CODE_GENERIC ? a->account_id : 0;
  return db_run(c, d,
                "insert into ledger_owner (owner, code, asset, slot, account) "
                "values (?1, ?2, ?3, ?4, ?5)",
                DB_INT(a->owner), DB_INT(a->code), DB_INT(a->asset), DB_INT(slot),
                DB_INT(a->account_id));
}

static status update_attributes(ctx *c, db *d, const account *a) {
  return db_run(c, d, "update ledger_account set flags = ?2, allowance = ?3 where account_id = ?1",
                DB_INT(a->account_id), DB_INT(a->flags), DB_INT(a->allowance));
}

static status save_balance(ctx *c, db *d, const account *a, uint16_t lane) {
  return db_run(
      c, d,
      "insert into ledger_balance (account, stripe, debits_posted, credits_posted, "
      "debits_pending, credits_pending, last_time) values (?1, ?2, ?3, ?4, ?5, ?6, ?7) "
      "on conflict (account, stripe) do update set debits_posted = excluded.debits_posted, "
      "credits_posted = excluded.credits_posted, debits_pending = excluded.debits_pending, "
      "credits_pending = excluded.credits_pending, last_time = excluded.last_time",
      DB_INT(a->account_id), DB_INT(stripe_of(a, lane)), DB_INT(a->debits_posted),
      DB_INT(a->credits_posted), DB_INT(a->debits_pending), DB_INT(a->credits_pending),
      DB_INT(a->last_time));
}

/* An account is listed once or more; the first visit cleans it. */
static status save_accounts(ctx *c, db *d, book *b, uint16_t lane) {
  for (size_t i = 0; i < b->dirty.count; i++) {
    account_slot *s = *(account_slot **)pool_at(&b->dirty, i);
    if (s->dirty & DIRTY_NEW)
      TRY(insert_account(c, d, &s->a));
    else if (s->dirty & DIRTY_ATTRIBUTES)
      TRY(update_attributes(c, d, &s->a));
    if (s->dirty & DIRTY_BALANCE) TRY(save_balance(c, d, &s->a, lane));
    s->dirty = 0;
  }
  return OK;
}

static status insert_transfer(ctx *c, db *d, const transfer *t) {
  id_bytes key = id_to_bytes(t->id), pending = id_to_bytes(t->pending_id);
  return db_run(c, d,
                "insert into ledger_transfer (id, debit, credit, amount, asset, code, flags, "
                "pending_id, timeout_s, entity, command, ref, business_date) "
                "values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
                DB_BYTES(key.at, ID128_BYTES), DB_INT(t->debit_account), DB_INT(t->credit_account),
                DB_INT(t->amount), DB_INT(t->asset), DB_INT(t->code), DB_INT(t->flags),
                id128_is_zero(t->pending_id) ? DB_NULL : DB_BYTES(pending.at, ID128_BYTES),
                DB_INT(t->timeout_s), DB_INT(t->entity), DB_INT(t->command), DB_INT(t->ref),
                DB_INT(t->business_date));
}

/* The chain is over the canonical record, never over how a store lays it out (INV-19). */
static status insert_record(ctx *c, db *d, const transfer *t, sha256 *head) {
  uint8_t record[TRANSFER_RECORD_BYTES];
  ledger_encode(t, record);
  *head = sha256_of_two(head->bytes, sizeof head->bytes, record, sizeof record);
  return db_run(c, d,
                "insert into ledger_journal (lane, sequence, command, id_tail, ref, record) "
                "values (?1, ?2, ?3, ?4, ?5, ?6)",
                DB_INT(t->lane), DB_INT(t->sequence), DB_INT(t->command), DB_INT(t->id.low),
                DB_INT(t->ref), DB_BYTES(record, sizeof record));
}

static status insert_entry(ctx *c, db *d, const transfer *t, const account *a, bool is_debit,
                           const balance *after) {
  return db_run(c, d,
                "insert into ledger_entry (account, stripe, time, lane, sequence, is_debit, "
                "debits_posted, credits_posted, debits_pending, credits_pending) "
                "values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                DB_INT(a->account_id), DB_INT(stripe_of(a, t->lane)), DB_INT(t->time),
                DB_INT(t->lane), DB_INT(t->sequence), DB_INT(is_debit),
                DB_INT(after->debits_posted), DB_INT(after->credits_posted),
                DB_INT(after->debits_pending), DB_INT(after->credits_pending));
}

static status insert_reversal(ctx *c, db *d, const transfer *t) {
  id_bytes original = id_to_bytes(t->pending_id), reversal = id_to_bytes(t->id);
  return db_run(c, d, "insert into ledger_reversal (original, reversal) values (?1, ?2)",
                DB_BYTES(original.at, ID128_BYTES), DB_BYTES(reversal.at, ID128_BYTES));
}

static status save_transfers(ctx *c, db *d, book *b, ledger_lane *lane) {
  for (size_t i = b->flushed; i < b->kept.count; i++) {
    kept *k = pool_at(&b->kept, i);
    assert(k->t.lane == lane->lane && k->t.time > lane->last_time);
    k->t.sequence = ++lane->sequence;
    lane->last_time = k->t.time;
    TRY(insert_transfer(c, d, &k->t));
    TRY(insert_record(c, d, &k->t, &lane->head));
    TRY(insert_entry(c, d, &k->t, &k->debit->a, true, &k->debit_after));
    TRY(insert_entry(c, d, &k->t, &k->credit->a, false, &k->credit_after));
    if (k->t.flags & TRANSFER_REVERSAL) TRY(insert_reversal(c, d, &k->t));
  }
  b->flushed = b->kept.count;
  return OK;
}

static status save_hold(ctx *c, db *d, hold_slot *s) {
  id_bytes key = id_to_bytes(s->h.record.id);
  if (s->stored) {
    TRY(db_run(c, d,
               "update ledger_hold set state = ?2, expires_at = ?3, posted = ?4 where id = ?1",
               DB_BYTES(key.at, ID128_BYTES), DB_INT(s->h.state), DB_INT(s->h.expires_at),
               DB_INT(s->h.posted)));
  } else {
    TRY(db_run(c, d,
               "insert into ledger_hold (id, state, expires_at, posted) values (?1, ?2, ?3, ?4)",
               DB_BYTES(key.at, ID128_BYTES), DB_INT(s->h.state), DB_INT(s->h.expires_at),
               DB_INT(s->h.posted)));
  }
  s->stored = true;
  s->dirty = false;
  return OK;
}

static status save_holds(ctx *c, db *d, book *b) {
  for (size_t i = 0; i < b->hold_pool.count; i++) {
    hold_slot *s = pool_at(&b->hold_pool, i);
    if (s->dirty) TRY(save_hold(c, d, s));
  }
  return OK;
}

/* The old sequence in the condition is the fence: a lane that another process wrote to is not ours
 * any more. */
static status save_lane(ctx *c, db *d, const ledger_lane *lane, int64_t old_sequence) {
  TRY(db_run(c, d,
             "update ledger_lane set sequence = ?2, last_time = ?3, head = ?4 "
             "where lane = ?1 and sequence = ?5 and closed = 0",
             DB_INT(lane->lane), DB_INT(lane->sequence), DB_INT(lane->last_time),
             DB_BYTES(lane->head.bytes, sizeof lane->head.bytes), DB_INT(old_sequence)));
  if (db_changes(d) == 1) return OK;
  return fail(c, E_CONFLICT, "lane %u moved on or was closed by another process", lane->lane);
}

status ledger_flush(ctx *c, db *d, book *b, ledger_lane *lane) {
  int64_t old_sequence = lane->sequence;
  TRY(save_accounts(c, d, b, lane->lane));
  TRY(save_transfers(c, d, b, lane));
  TRY(save_holds(c, d, b));
  if (lane->sequence != old_sequence) TRY(save_lane(c, d, lane, old_sequence));
  b->undo.count = b->dirty.count = 0; /* what is written can't be reverted, only dropped */
  return OK;
}
