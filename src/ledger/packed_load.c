/* packed_load.c - what a group touches, on SQLite: accounts from their rows, once the tail's are in
 * the book; taken ids and holds from the index of ids and the pages. Decides nothing and writes
 * nothing. */
#include "ledger/ids.h"
#include "ledger/packed.h"
#include "ledger/rows.h"

#include <string.h>

enum { FEED_RECORDS = 1 << 20, FIND_IDS = 256, VIEW_STRIPES = 1 << 17 };

/* --- accounts --------------------------------------------------------------------------------- */
static void put_stripe(book *b, const account *attributes, const stripe_state *s, bool has_row) {
  account a = *attributes;
  a.debits_posted = s->now.debits_posted;
  a.credits_posted = s->now.credits_posted;
  a.debits_pending = s->now.debits_pending;
  a.credits_pending = s->now.credits_pending;
  a.last_time = s->last_time;
  book_put_account(b, &a);
  account_slot *slot = book_slot(b, a.account_id);
  slot->last_position = s->last_position;
  slot->entries = s->entries;
  slot->has_row = has_row;
}

static bool is_own_stripe(int64_t stripe, uint16_t lane) {
  return stripe == 0 || stripe == (int64_t)lane + 1;
}

typedef struct own_tail { /* the tail's stripes that are of the lane, with their attributes */
  const stripe_state *tail;
  account *accounts;
  db_value *keys;
  size_t count;
} own_tail;

static status load_attributes(ctx *c, db *d, account *accounts, const db_value *keys,
                              size_t count) {
  static const in_chunks q = {IN_CHUNKS(
      "select account_id, tenant, entity, owner, asset, code, flags, allowance, opened_at "
      "from ledger_account where account_id in ",
      "")};
  for (size_t at = 0, used = 0; at < count; at += used) {
    db_rows *rows;
    TRY(select_chunk(c, d, &rows, &q, keys + at, count - at, &used));
    while (db_next(rows)) {
      account read = attributes_from_row(rows);
      account *a = rows_account_in(accounts + at, used, read.account_id);
      if (a != NULL) *a = read;
    }
    TRY(db_done(c, rows));
  }
  return OK;
}

static void keep_own(arena *a, uint16_t lane, const stripe_state *tail, size_t count,
                     own_tail *out) {
  stripe_state *own = ARENA_ARRAY(a, stripe_state, count + 1);
  *out = (own_tail){.tail = own,
                    .accounts = ARENA_ARRAY(a, account, count + 1),
                    .keys = ARENA_ARRAY(a, db_value, count + 1)};
  for (size_t i = 0; i < count; i++) {
    if (!is_own_stripe(tail[i].stripe, lane)) continue;
    own[out->count] = tail[i];
    out->accounts[out->count].account_id = tail[i].account_id;
    out->keys[out->count++] = DB_INT(tail[i].account_id);
  }
}

/* The book has what the view knows; a view of many accounts is not kept beside it. */
static status take_tail(ctx *c, db *d, book *b, uint16_t lane) {
  stripe_state *tail;
  size_t count;
  own_tail own;
  TRY(view_tail(c, d, &tail, &count));
  keep_own(c->arena, lane, tail, count, &own);
  TRY(load_attributes(c, d, own.accounts, own.keys, own.count));
  for (size_t i = 0; i < own.count; i++) {
    put_stripe(b, &own.accounts[i], &own.tail[i], true);
    account_slot *slot = book_slot(b, own.tail[i].account_id);
    slot->unswept = true;
    *(account_slot **)pool_add(&b->packed.unswept) = slot;
  }
  if (count > VIEW_STRIPES) view_let_go(d);
  return OK;
}

/* --- the index of ids ------------------------------------------------------------------------- */
str packed_index_folder(arena *a, const db *d) {
  str file = db_file(d);
  return file.len == 0 ? (str){0} : str_format(a, "%.*s-index", STR_ARGS(file));
}

/* Runs of another history, as after a restored backup, are told by the chain's head. */
status packed_trust_index(ctx *c, db *d, ids *index) {
  int64_t position, end;
  sha256 head, stored;
  while (ids_anchor(index, &position, &head)) {
    TRY(page_end(c, d, position, &end, &stored));
    if (end == position && sha256_eq(&head, &stored)) return OK;
    ids_drop_newest(index);
  }
  return OK;
}

static status feed_ids(ctx *c, db *d, void *arg, const paged *records, size_t count) {
  UNUSED(c);
  UNUSED(d);
  for (size_t i = 0; i < count; i++)
    ids_add(arg, records[i].t.id, records[i].position);
  return OK;
}

status packed_feed_index(ctx *c, db *d, ids *index, int64_t last) {
  while (ids_last(index) < last) {
    sha256 head;
    int64_t some = ids_last(index) + FEED_RECORDS, to;
    TRY(page_end(c, d, some < last ? some : last, &to, &head));
    TRY(pages_each(c, d, ids_last(index), to, feed_ids, index));
    ids_seal(index, &head);
  }
  return OK;
}

static void drop_index(packed *p) {
  ids_close(p->index);
  p->index = NULL;
}

/* One that could not be fed to the end knows less than all: it is not kept for the next try. */
static status open_index(ctx *c, db *d, packed *p) {
  TRY(ids_open(c, packed_index_folder(c->arena, d), &p->index));
  status s = packed_trust_index(c, d, p->index);
  if (s == OK) s = packed_feed_index(c, d, p->index, p->position);
  if (s != OK) drop_index(p);
  return s;
}

status packed_sync(ctx *c, db *d, book *b, uint16_t lane) {
  packed *p = &b->packed;
  if (p->synced && p->lane == lane && p->index != NULL) return OK;
  if (!p->synced || p->lane != lane) {
    book_forget_accounts(b);
    table_clear(&b->owners);
    p->unswept.count = p->sweep.count = p->sweep.done = p->sweep.written = 0;
    p->sweep.is_running = p->synced = false;
    TRY(view_bounds(c, d, &p->sweep.swept, &p->position));
    TRY(take_tail(c, d, b, lane));
    p->lane = lane;
  }
  if (p->index == NULL) TRY(open_index(c, d, p));
  p->synced = true;
  return OK;
}

/* --- accounts by their rows ------------------------------------------------------------------- */
static status load_settled(ctx *c, db *d, stripe_state *states, bool *found, uint16_t lane,
                           const account *accounts, const db_value *keys, size_t count) {
  static const in_chunks q = {
      IN_CHUNKS("select " SETTLED_COLUMNS " from ledger_settled where account in ", "")};
  for (size_t at = 0, used = 0; at < count; at += used) {
    db_rows *rows;
    TRY(select_chunk(c, d, &rows, &q, keys + at, count - at, &used));
    while (db_next(rows)) {
      stripe_state row = settled_from_row(rows);
      const account *a = rows_account_in(accounts, count, row.account_id);
      if (a == NULL || !is_own_stripe(row.stripe, lane)) continue;
      states[a - accounts] = row;
      found[a - accounts] = true;
    }
    TRY(db_done(c, rows));
  }
  return OK;
}

status packed_load_accounts(ctx *c, db *d, book *b, uint16_t lane, const id *named, size_t count) {
  assert(b->packed.synced && b->packed.lane == lane);
  id *missing;
  size_t found = rows_missing_accounts(c->arena, b, named, count, false, &missing);
  if (found == 0) return OK;
  account *accounts = ARENA_ARRAY(c->arena, account, found);
  stripe_state *states = ARENA_ARRAY(c->arena, stripe_state, found);
  bool *has_row = ARENA_ARRAY(c->arena, bool, found);
  db_value *keys = ARENA_ARRAY(c->arena, db_value, found);
  for (size_t i = 0; i < found; i++) {
    accounts[i].account_id = missing[i];
    keys[i] = DB_INT(missing[i]);
  }
  TRY(load_attributes(c, d, accounts, keys, found));
  TRY(load_settled(c, d, states, has_row, lane, accounts, keys, found));
  for (size_t i = 0; i < found; i++) {
    if (accounts[i].entity != 0) put_stripe(b, &accounts[i], &states[i], has_row[i]);
  }
  return OK;
}

/* --- transfers and holds ---------------------------------------------------------------------- */
static status load_hold(ctx *c, db *d, book *b, const transfer *record) {
  hold found;
  TRY(rows_hold_of(c, d, record, &found));
  if (found.state != 0) book_put_hold(b, &found);
  return OK;
}

static status load_reversed(ctx *c, db *d, book *b, id128 original) {
  db_rows *rows;
  id_bytes key = id_to_bytes(original);
  TRY(db_query(c, d, &rows, "select 1 from ledger_reversal where original = ?1",
               DB_BYTES(key.at, ID128_BYTES)));
  if (db_next(rows)) book_put_reversed(b, original);
  return db_done(c, rows);
}

static status load_transfer(ctx *c, db *d, book *b, page_at *page, int64_t position) {
  paged r;
  TRY(page_record(c, d, page, position, &r));
  if (book_transfer(b, r.t.id) != NULL) return OK;
  book_put_existing(b, &r.t);
  return r.t.flags & TRANSFER_PENDING ? load_hold(c, d, b, &r.t) : load_reversed(c, d, b, r.t.id);
}

/* A damaged index is thrown away and made again from the pages before the next group. */
static status find_ids(ctx *c, packed *p, const id128 *wanted, size_t count, int64_t *positions) {
  status s = ids_find_many(c, p->index, wanted, count, positions);
  if (s != OK) drop_index(p);
  return s;
}

status packed_load_transfers(ctx *c, db *d, book *b, const id128 *named, size_t count) {
  id128 wanted[FIND_IDS];
  int64_t positions[FIND_IDS];
  page_at page = {0};
  for (size_t at = 0; at < count;) {
    size_t n = 0;
    for (; at < count && n < FIND_IDS; at++) {
      if (!id128_is_zero(named[at])) wanted[n++] = named[at];
    }
    if (n > 0) TRY(find_ids(c, &b->packed, wanted, n, positions));
    for (size_t i = 0; i < n; i++) {
      if (positions[i] != 0) TRY(load_transfer(c, d, b, &page, positions[i]));
    }
  }
  return OK;
}
