/* load.c - what a group touches, from the store into the book: lanes, accounts, holds and taken
 * ids, in chunks. On PostgreSQL rows that may change are locked, holds before balances and each in
 * id order, so that lanes can't deadlock. It decides nothing and writes nothing but the row of a
 * new lane. */
#include "ledger/packed.h"
#include "ledger/rows.h"

#include <stdlib.h>
#include <string.h>

status ledger_load_lane(ctx *c, db *d, uint16_t lane, ledger_lane *out) {
  sha256 zero = {0};
  TRY(db_run(c, d,
             "insert into ledger_lane (lane, sequence, last_time, head, closed) "
             "values (?1, 0, 0, ?2, 0) on conflict (lane) do nothing",
             DB_INT(lane), DB_BYTES(zero.bytes, sizeof zero.bytes)));
  db_rows *rows;
  TRY(db_query(
      c, d, &rows,
      "select sequence, last_time, head, closed from ledger_lane where lane = ?1 for update",
      DB_INT(lane)));
  ledger_lane found = {.lane = lane};
  bool closed = true;
  if (db_next(rows)) {
    found.sequence = db_get_int(rows, 0);
    found.last_time = db_get_int(rows, 1);
    str head = db_get_bytes(rows, 2);
    if (head.len == sizeof found.head.bytes) memcpy(found.head.bytes, head.at, head.len);
    closed = db_get_int(rows, 3) != 0;
  }
  TRY(db_done(c, rows));
  if (closed) return fail(c, E_CONFLICT, "lane %u is closed; lease another one", lane);
  *out = found;
  return OK;
}

/* Other lanes write to the same rows on PostgreSQL, so that nothing is kept but which account an
 * owner has: that never changes; on SQLite the rows are behind the book. */
status ledger_begin(ctx *c, db *d, book *b, uint16_t lane) {
  if (is_packed(d)) return packed_sync(c, d, b, lane);
  book_forget_accounts(b);
  book_forget_work(b);
  return OK;
}

/* --- accounts --------------------------------------------------------------------------------- */
enum { CACHE_LINE_BYTES = 64 };

static int compare_ids(const void *a, const void *b) {
  id x = *(const id *)a, y = *(const id *)b;
  return (x > y) - (x < y);
}

/* Of many accounts most are not in the processor's cache: they are fetched while others are looked
 * at, the map's slot first, then the account. */
static void fetch_ahead(const book *b, const id *ids, size_t at, size_t count) {
  enum { AHEAD = 8 };
  if (at + 2 * AHEAD < count) map_prefetch(b->accounts, (uint64_t)ids[at + 2 * AHEAD]);
  if (at + AHEAD >= count) return;
  const account_slot *s = book_slot(b, ids[at + AHEAD]);
  if (s == NULL) return;
  __builtin_prefetch(s, 1);
  __builtin_prefetch((const char *)s + CACHE_LINE_BYTES, 1);
}

/* The ids to load, sorted and each once. What this group has changed stays as it is. */
size_t rows_missing_accounts(arena *a, book *b, const id *ids, size_t count, bool fresh, id **out) {
  id *missing = ARENA_ARRAY(a, id, count + 1);
  size_t found = 0;
  for (size_t i = 0; i < count; i++) {
    fetch_ahead(b, ids, i, count);
    account_slot *s = book_slot(b, ids[i]);
    if (s != NULL && fresh && s->dirty == 0)
      book_evict(b, ids[i]);
    else if (s != NULL)
      s->recent = true;
    if (ids[i] != 0 && (s == NULL || (fresh && s->dirty == 0))) missing[found++] = ids[i];
  }
  qsort(missing, found, sizeof *missing, compare_ids);
  size_t kept_count = 0;
  for (size_t i = 0; i < found; i++) {
    if (kept_count == 0 || missing[kept_count - 1] != missing[i])
      missing[kept_count++] = missing[i];
  }
  *out = missing;
  return kept_count;
}

static void read_balance(const db_rows *rows, int first, account *into) {
  into->debits_posted = db_get_int(rows, first);
  into->credits_posted = db_get_int(rows, first + 1);
  into->debits_pending = db_get_int(rows, first + 2);
  into->credits_pending = db_get_int(rows, first + 3);
  into->last_time = db_get_int(rows, first + 4);
}

account *rows_account_in(const account *accounts, size_t count, id wanted) {
  return bsearch(&wanted, accounts, count, sizeof *accounts, compare_ids);
}

/* The locks come first, so that the attributes read after them are those that hold until the
 * commit. */
static status lock_balances(ctx *c, db *d, account *accounts, const db_value *keys, size_t count) {
  db_rows *rows;
  TRY(db_query_each(
      c, d, &rows,
      "select account, debits_posted, credits_posted, debits_pending, credits_pending, last_time "
      "from ledger_balance where account = ?1 and stripe = 0 order by account for update",
      "i", count, keys));
  while (db_next(rows)) {
    account *a = rows_account_in(accounts, count, db_get_int(rows, 0));
    if (a != NULL) read_balance(rows, 1, a);
  }
  return db_done(c, rows);
}

/* Beside the balances that were read under their locks. */
static void set_attributes(account *a, const db_rows *rows) {
  account read = attributes_from_row(rows);
  read.debits_posted = a->debits_posted;
  read.credits_posted = a->credits_posted;
  read.debits_pending = a->debits_pending;
  read.credits_pending = a->credits_pending;
  read.last_time = a->last_time;
  *a = read;
}

static status load_attributes(ctx *c, db *d, account *accounts, const db_value *keys,
                              size_t count) {
  db_rows *rows;
  TRY(db_query_each(
      c, d, &rows,
      "select account_id, tenant, entity, owner, asset, code, flags, allowance, opened_at "
      "from ledger_account where account_id = ?1",
      "i", count, keys));
  while (db_next(rows)) {
    account *a = rows_account_in(accounts, count, db_get_int(rows, 0));
    if (a != NULL) set_attributes(a, rows);
  }
  return db_done(c, rows);
}

static status load_stripe(ctx *c, db *d, uint16_t lane, account *a) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select debits_posted, credits_posted, debits_pending, credits_pending, last_time "
               "from ledger_balance where account = ?1 and stripe = ?2",
               DB_INT(a->account_id), DB_INT(stripe_of(a, lane))));
  if (db_next(rows)) read_balance(rows, 0, a);
  return db_done(c, rows);
}

status ledger_load_accounts(ctx *c, db *d, book *b, uint16_t lane, const id *ids, size_t count,
                            bool fresh) {
  if (is_packed(d)) return packed_load_accounts(c, d, b, lane, ids, count);
  id *missing;
  size_t found = rows_missing_accounts(c->arena, b, ids, count, fresh, &missing);
  if (found == 0) return OK;
  account *accounts = ARENA_ARRAY(c->arena, account, found);
  db_value *keys = ARENA_ARRAY(c->arena, db_value, found);
  for (size_t i = 0; i < found; i++) {
    accounts[i].account_id = missing[i];
    keys[i] = DB_INT(missing[i]);
  }
  TRY(lock_balances(c, d, accounts, keys, found));
  TRY(load_attributes(c, d, accounts, keys, found));
  for (size_t i = 0; i < found; i++) {
    account *a = &accounts[i];
    if (a->entity == 0) continue; /* no such account */
    if (a->flags & ACCOUNT_STRIPED) TRY(load_stripe(c, d, lane, a));
    book_put_account(b, a);
  }
  return OK;
}

id ledger_known_account(const book *b, id owner, uint16_t code, uint32_t asset_number) {
  id128 key = book_owner_key(owner, code, asset_number);
  uint64_t known = 0;
  bool found = table_get(&b->owners, key, &known) || table_get(&b->opened, key, &known);
  return found ? (id)known : 0;
}

status ledger_find_account(ctx *c, db *d, book *b, id owner, uint16_t code, uint32_t asset_number,
                           id *out) {
  *out = ledger_known_account(b, owner, code, asset_number);
  if (*out != 0) return OK;
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select account from ledger_owner where owner = ?1 and code = ?2 and asset = ?3 "
               "order by slot limit 1",
               DB_INT(owner), DB_INT(code), DB_INT(asset_number)));
  id found = db_next(rows) ? db_get_int(rows, 0) : 0;
  TRY(db_done(c, rows));
  if (found != 0) table_put(&b->owners, book_owner_key(owner, code, asset_number), (uint64_t)found);
  *out = found;
  return OK;
}

/* --- transfers and holds ---------------------------------------------------------------------- */
typedef struct wanted { /* ids as sorted keys */
  id_bytes *bytes;
  db_value *keys;
  size_t count;
} wanted;

static int compare_bytes(const void *a, const void *b) { return memcmp(a, b, sizeof(id_bytes)); }

static wanted wanted_ids(arena *a, const book *b, const id128 *ids, size_t count) {
  wanted w = {.bytes = ARENA_ARRAY(a, id_bytes, count + 1),
              .keys = ARENA_ARRAY(a, db_value, count + 1)};
  size_t found = 0;
  for (size_t i = 0; i < count; i++) {
    if (!id128_is_zero(ids[i]) && book_transfer(b, ids[i]) == NULL)
      w.bytes[found++] = id_to_bytes(ids[i]);
  }
  qsort(w.bytes, found, sizeof *w.bytes, compare_bytes);
  for (size_t i = 0; i < found; i++) {
    if (w.count > 0 && compare_bytes(&w.bytes[w.count - 1], &w.bytes[i]) == 0) continue;
    w.bytes[w.count] = w.bytes[i];
    w.keys[w.count] = DB_BYTES(w.bytes[w.count].at, ID128_BYTES);
    w.count++;
  }
  return w;
}

/* Fills the book with the transfers found; holds among them are left in `held` as keys, sorted. */
static status load_stored(ctx *c, db *d, book *b, const wanted *w, wanted *held) {
  db_rows *rows;
  TRY(db_query_each(c, d, &rows,
                    "select " TRANSFER_COLUMNS ", case when r.original is null then 0 else 1 end "
                    "from ledger_transfer t left join ledger_reversal r on r.original = t.id "
                    "where t.id = ?1 order by t.id",
                    "b", w->count, w->keys));
  while (db_next(rows)) {
    transfer t = transfer_from_row(rows);
    book_put_existing(b, &t);
    if (db_get_int(rows, TRANSFER_COLUMN_COUNT) != 0) book_put_reversed(b, t.id);
    if (!(t.flags & TRANSFER_PENDING)) continue;
    held->bytes[held->count] = id_to_bytes(t.id);
    held->keys[held->count] = DB_BYTES(held->bytes[held->count].at, ID128_BYTES);
    held->count++;
  }
  return db_done(c, rows);
}

static status load_holds(ctx *c, db *d, book *b, const wanted *held) {
  if (held->count == 0) return OK;
  db_rows *rows;
  TRY(db_query_each(c, d, &rows,
                    "select id, state, expires_at, posted from ledger_hold where id = ?1 "
                    "order by id for update",
                    "b", held->count, held->keys));
  while (db_next(rows)) {
    const transfer *record = book_transfer(b, id_from_bytes(db_get_bytes(rows, 0)));
    if (record == NULL) continue;
    book_put_hold(b, &(hold){.record = *record,
                             .state = (hold_state)db_get_int(rows, 1),
                             .expires_at = db_get_int(rows, 2),
                             .posted = db_get_int(rows, 3)});
  }
  return db_done(c, rows);
}

status ledger_load_transfers(ctx *c, db *d, book *b, const id128 *ids, size_t count) {
  if (is_packed(d)) return packed_load_transfers(c, d, b, ids, count);
  wanted w = wanted_ids(c->arena, b, ids, count);
  if (w.count == 0) return OK;
  wanted held = {.bytes = ARENA_ARRAY(c->arena, id_bytes, w.count),
                 .keys = ARENA_ARRAY(c->arena, db_value, w.count)};
  TRY(load_stored(c, d, b, &w, &held));
  return load_holds(c, d, b, &held);
}

status ledger_load_due_holds(ctx *c, db *d, book *b, instant now, id128 *ids, size_t max,
                             size_t *count) {
  db_rows *rows;
  size_t found = 0;
  TRY(db_query(c, d, &rows,
               "select id from ledger_hold where state = 1 and expires_at > 0 and expires_at <= ?1 "
               "order by expires_at, id limit ?2",
               DB_INT(now), DB_INT(max)));
  while (db_next(rows))
    ids[found++] = id_from_bytes(db_get_bytes(rows, 0));
  TRY(db_done(c, rows));
  TRY(ledger_load_transfers(c, d, b, ids, found));
  *count = found;
  return OK;
}
