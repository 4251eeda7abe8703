/* store.c - what a group accepted, from the book into the store: accounts, transfers with their
 * place in the lane's hash chain, entries, balances once per account, holds and reversals. It
 * decides nothing; the caller commits. */
#include "ledger/chart.h"
#include "ledger/packed.h"
#include "ledger/rows.h"

#include <stdlib.h>
#include <string.h>

/* Rows of one statement: values row after row, in the memory of the group. */
typedef struct set {
  db_value *values;
  size_t used, rows;
} set;

static set set_of(arena *a, size_t rows, size_t places) {
  return (set){.values = ARENA_ARRAY(a, db_value, rows * places + 1)};
}

static void add_row(set *s, const db_value *values, size_t count) {
  memcpy(s->values + s->used, values, count * sizeof *values);
  s->used += count;
  s->rows++;
}
#define ADD_ROW(s, ...)                         \
  add_row((s), (const db_value[]){__VA_ARGS__}, \
          sizeof((const db_value[]){__VA_ARGS__}) / sizeof(db_value))

/* Ids as bytes, which a value only points to. */
static db_value id_value(arena *a, id128 value) {
  id_bytes *key = ARENA_NEW(a, id_bytes);
  *key = id_to_bytes(value);
  return DB_BYTES(key->at, ID128_BYTES);
}

/* --- accounts --------------------------------------------------------------------------------- */

static status insert_accounts(ctx *c, db *d, account_slot *const *slots, size_t count) {
  set accounts = set_of(c->arena, count, 9), owners = set_of(c->arena, count, 5);
  for (size_t i = 0; i < count; i++) {
    const account *a = &slots[i]->a;
    if (!(slots[i]->dirty & DIRTY_NEW)) continue;
    ADD_ROW(&accounts, DB_INT(a->account_id), DB_INT(a->tenant), DB_INT(a->entity),
            DB_INT(a->owner), DB_INT(a->asset), DB_INT(a->code), DB_INT(a->flags),
            DB_INT(a->allowance), DB_INT(a->opened_at));
    id slot = a->code == CODE_GENERIC ? a->account_id : 0;
    ADD_ROW(&owners, DB_INT(a->owner), DB_INT(a->code), DB_INT(a->asset), DB_INT(slot),
            DB_INT(a->account_id));
  }
  TRY(db_run_set(c, d,
                 "insert into ledger_account (account_id, tenant, entity, owner, asset, code, "
                 "flags, allowance, opened_at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                 "iiiiiiiii", accounts.rows, accounts.values));
  return db_run_set(c, d,
                    "insert into ledger_owner (owner, code, asset, slot, account) "
                    "values (?1, ?2, ?3, ?4, ?5)",
                    "iiiii", owners.rows, owners.values);
}

static status update_attributes(ctx *c, db *d, account_slot *const *slots, size_t count) {
  set changed = set_of(c->arena, count, 3);
  for (size_t i = 0; i < count; i++) {
    const account *a = &slots[i]->a;
    if (slots[i]->dirty & DIRTY_NEW || !(slots[i]->dirty & DIRTY_ATTRIBUTES)) continue;
    ADD_ROW(&changed, DB_INT(a->account_id), DB_INT(a->flags), DB_INT(a->allowance));
  }
  return db_run_set(c, d,
                    "update ledger_account set flags = ?2, allowance = ?3 where account_id = ?1",
                    "iii", changed.rows, changed.values);
}

static status write_balances(ctx *c, db *d, const set *stored, const set *others) {
  TRY(db_run_set(c, d,
                 "update ledger_balance set debits_posted = ?3, credits_posted = ?4, "
                 "debits_pending = ?5, credits_pending = ?6, last_time = ?7 "
                 "where account = ?1 and stripe = ?2",
                 "iiiiiii", stored->rows, stored->values));
  return db_run_set(
      c, d,
      "insert into ledger_balance (account, stripe, debits_posted, credits_posted, "
      "debits_pending, credits_pending, last_time) values (?1, ?2, ?3, ?4, ?5, ?6, ?7) "
      "on conflict (account, stripe) do update set debits_posted = excluded.debits_posted, "
      "credits_posted = excluded.credits_posted, debits_pending = excluded.debits_pending, "
      "credits_pending = excluded.credits_pending, last_time = excluded.last_time",
      "iiiiiii", others->rows, others->values);
}

/* The one row of an account that is not striped is there since the account was opened. */
static status save_balances(ctx *c, db *d, account_slot *const *slots, size_t count,
                            uint16_t lane) {
  set stored = set_of(c->arena, count, 7), others = set_of(c->arena, count, 7);
  for (size_t i = 0; i < count; i++) {
    const account *a = &slots[i]->a;
    if (!(slots[i]->dirty & DIRTY_BALANCE)) continue;
    bool has_row = !(slots[i]->dirty & DIRTY_NEW) && !(a->flags & ACCOUNT_STRIPED);
    ADD_ROW(has_row ? &stored : &others, DB_INT(a->account_id), DB_INT(stripe_of(a, lane)),
            DB_INT(a->debits_posted), DB_INT(a->credits_posted), DB_INT(a->debits_pending),
            DB_INT(a->credits_pending), DB_INT(a->last_time));
  }
  return write_balances(c, d, &stored, &others);
}

static int by_account(const void *a, const void *b) {
  id x = (*(account_slot *const *)a)->a.account_id, y = (*(account_slot *const *)b)->a.account_id;
  return (x > y) - (x < y);
}

/* An account is listed once or more: here each once, in the global order of locks, for a new
 * stripe's row is not locked yet. */
account_slot **rows_changed_accounts(arena *a, book *b, size_t *count_of) {
  account_slot **slots = ARENA_ARRAY(a, account_slot *, b->dirty.count + 1);
  size_t count = 0;
  for (size_t i = 0; i < b->dirty.count; i++)
    slots[count++] = *(account_slot **)pool_at(&b->dirty, i);
  qsort(slots, count, sizeof *slots, by_account);
  size_t kept_count = 0;
  for (size_t i = 0; i < count; i++) {
    bool again = kept_count > 0 && slots[kept_count - 1] == slots[i];
    if (!again && slots[i]->dirty != 0) slots[kept_count++] = slots[i];
  }
  *count_of = kept_count;
  return slots;
}

status rows_save_attributes(ctx *c, db *d, account_slot *const *slots, size_t count) {
  TRY(insert_accounts(c, d, slots, count));
  return update_attributes(c, d, slots, count);
}

static status save_accounts(ctx *c, db *d, book *b, uint16_t lane) {
  size_t count;
  account_slot **slots = rows_changed_accounts(c->arena, b, &count);
  TRY(rows_save_attributes(c, d, slots, count));
  TRY(save_balances(c, d, slots, count, lane));
  for (size_t i = 0; i < count; i++)
    slots[i]->dirty = 0;
  return OK;
}

/* --- transfers -------------------------------------------------------------------------------- */

typedef struct transfer_sets {
  set transfers, records, entries, reversals;
} transfer_sets;

static void add_transfer(arena *a, set *to, const transfer *t) {
  ADD_ROW(to, id_value(a, t->id), DB_INT(t->debit_account), DB_INT(t->credit_account),
          DB_INT(t->amount), DB_INT(t->asset), DB_INT(t->code), DB_INT(t->flags),
          id128_is_zero(t->pending_id) ? DB_NULL : id_value(a, t->pending_id), DB_INT(t->timeout_s),
          DB_INT(t->entity), DB_INT(t->command), DB_INT(t->ref), DB_INT(t->business_date));
}

/* The chain is over the canonical record, never over how a store lays it out (INV-19). */
static void add_record(arena *a, set *to, const transfer *t, sha256 *head) {
  uint8_t *record = ARENA_ARRAY(a, uint8_t, TRANSFER_RECORD_BYTES);
  ledger_encode(t, record);
  *head = sha256_of_two(head->bytes, sizeof head->bytes, record, TRANSFER_RECORD_BYTES);
  ADD_ROW(to, DB_INT(t->lane), DB_INT(t->sequence), DB_INT(t->command), DB_INT(t->id.low),
          DB_INT(t->ref), DB_BYTES(record, TRANSFER_RECORD_BYTES));
}

static void add_entry(set *to, const transfer *t, const account *a, bool is_debit,
                      const balance *after) {
  ADD_ROW(to, DB_INT(a->account_id), DB_INT(stripe_of(a, t->lane)), DB_INT(t->time),
          DB_INT(t->lane), DB_INT(t->sequence), DB_INT(is_debit), DB_INT(after->debits_posted),
          DB_INT(after->credits_posted), DB_INT(after->debits_pending),
          DB_INT(after->credits_pending));
}

static status write_transfers(ctx *c, db *d, const transfer_sets *sets) {
  TRY(db_run_set(c, d,
                 "insert into ledger_transfer (id, debit, credit, amount, asset, code, flags, "
                 "pending_id, timeout_s, entity, command, ref, business_date) "
                 "values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
                 "biiiiiibiiiii", sets->transfers.rows, sets->transfers.values));
  TRY(db_run_set(c, d,
                 "insert into ledger_journal (lane, sequence, command, id_tail, ref, record) "
                 "values (?1, ?2, ?3, ?4, ?5, ?6)",
                 "iiiiib", sets->records.rows, sets->records.values));
  TRY(db_run_set(c, d,
                 "insert into ledger_entry (account, stripe, time, lane, sequence, is_debit, "
                 "debits_posted, credits_posted, debits_pending, credits_pending) "
                 "values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                 "iiiiiiiiii", sets->entries.rows, sets->entries.values));
  return db_run_set(c, d, "insert into ledger_reversal (original, reversal) values (?1, ?2)", "bb",
                    sets->reversals.rows, sets->reversals.values);
}

enum { ENTRY_PLACES = 10 };

static int by_account_and_time(const void *a, const void *b) {
  const db_value *x = a, *y = b;
  int order = (x[0].i > y[0].i) - (x[0].i < y[0].i);
  return order != 0 ? order : (x[2].i > y[2].i) - (x[2].i < y[2].i);
}

/* As their key has them: neighbours in the index are put in one after the other. */
static void sort_entries(set *entries) {
  qsort(entries->values, entries->rows, ENTRY_PLACES * sizeof(db_value), by_account_and_time);
}

static status save_transfers(ctx *c, db *d, book *b, ledger_lane *lane) {
  arena *a = c->arena;
  size_t count = b->kept.count - b->flushed;
  if (count == 0) return OK;
  transfer_sets sets = {.transfers = set_of(a, count, 13),
                        .records = set_of(a, count, 6),
                        .entries = set_of(a, count * 2, 10),
                        .reversals = set_of(a, count, 2)};
  for (size_t i = b->flushed; i < b->kept.count; i++) {
    kept *k = pool_at(&b->kept, i);
    assert(k->t.lane == lane->lane && k->t.time > lane->last_time);
    k->t.sequence = ++lane->sequence;
    lane->last_time = k->t.time;
    add_transfer(a, &sets.transfers, &k->t);
    add_record(a, &sets.records, &k->t, &lane->head);
    add_entry(&sets.entries, &k->t, &k->debit->a, true, &k->debit_after);
    add_entry(&sets.entries, &k->t, &k->credit->a, false, &k->credit_after);
    if (k->t.flags & TRANSFER_REVERSAL)
      ADD_ROW(&sets.reversals, id_value(a, k->t.pending_id), id_value(a, k->t.id));
  }
  sort_entries(&sets.entries);
  TRY(write_transfers(c, d, &sets));
  b->flushed = b->kept.count;
  return OK;
}

/* --- holds ------------------------------------------------------------------------------------ */

status rows_save_holds(ctx *c, db *d, book *b) {
  size_t count = b->hold_pool.count;
  set changed = set_of(c->arena, count, 4), made = set_of(c->arena, count, 4);
  for (size_t i = 0; i < count; i++) {
    hold_slot *s = pool_at(&b->hold_pool, i);
    if (!s->dirty) continue;
    ADD_ROW(s->stored ? &changed : &made, id_value(c->arena, s->h.record.id), DB_INT(s->h.state),
            DB_INT(s->h.expires_at), DB_INT(s->h.posted));
  }
  TRY(db_run_set(c, d,
                 "update ledger_hold set state = ?2, expires_at = ?3, posted = ?4 where id = ?1",
                 "biii", changed.rows, changed.values));
  TRY(db_run_set(c, d,
                 "insert into ledger_hold (id, state, expires_at, posted) values (?1, ?2, ?3, ?4)",
                 "biii", made.rows, made.values));
  for (size_t i = 0; i < count; i++) {
    hold_slot *s = pool_at(&b->hold_pool, i);
    s->stored = s->stored || s->dirty;
    s->dirty = false;
  }
  return OK;
}

/* --- the lane --------------------------------------------------------------------------------- */

/* The old sequence in the condition is the fence: a lane that another process wrote to is not ours
 * any more. */
status rows_save_lane(ctx *c, db *d, const ledger_lane *lane, int64_t old_sequence) {
  return db_run_one(c, d,
                    "update ledger_lane set sequence = ?2, last_time = ?3, head = ?4 "
                    "where lane = ?1 and sequence = ?5 and closed = 0",
                    DB_INT(lane->lane), DB_INT(lane->sequence), DB_INT(lane->last_time),
                    DB_BYTES(lane->head.bytes, sizeof lane->head.bytes), DB_INT(old_sequence));
}

status ledger_settle(ctx *c, db *d, book *b, uint16_t lane) {
  return is_packed(d) ? packed_settle(c, d, b, lane) : OK;
}

status ledger_flush(ctx *c, db *d, book *b, ledger_lane *lane) {
  if (is_packed(d)) return packed_flush(c, d, b, lane);
  int64_t old_sequence = lane->sequence;
  TRY(save_accounts(c, d, b, lane->lane));
  TRY(save_transfers(c, d, b, lane));
  TRY(rows_save_holds(c, d, b));
  if (lane->sequence != old_sequence) TRY(rows_save_lane(c, d, lane, old_sequence));
  b->undo.count = b->dirty.count = 0; /* what is written can't be reverted, only dropped */
  return OK;
}
