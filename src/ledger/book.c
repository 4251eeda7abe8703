/* book.c - the ledger's memory: accounts cached between groups, and the transfers, holds and taken
 * ids of the group at hand, with an undo log. Allocates nothing per transfer once grown. Never
 * applies a rule (apply.c) and never touches a store (store.c). */
#include "ledger/chart.h"
#include "ledger/chainer.h"
#include "ledger/ids.h"
#include "ledger/packed.h"

#include <stdlib.h>

enum { EXPECTED_TRANSFERS = 8192, OWNERS_PER_ACCOUNT = 4, BEHIND_MAX = 512 };

book *book_open(size_t cache_accounts) {
  book *b = calloc(1, sizeof *b);
  if (b == NULL) return NULL;
  b->accounts = map_open(cache_accounts < EXPECTED_TRANSFERS ? cache_accounts : EXPECTED_TRANSFERS);
  if (b->accounts == NULL) {
    free(b);
    return NULL;
  }
  b->cap = cache_accounts;
  b->account_pool = pool_make(sizeof(account_slot));
  b->dirty = pool_make(sizeof(account_slot *));
  b->kept = pool_make(sizeof(kept));
  b->stored = pool_make(sizeof(transfer));
  b->hold_pool = pool_make(sizeof(hold_slot));
  b->undo = pool_make(sizeof(undo));
  b->owners = table_make(EXPECTED_TRANSFERS);
  b->opened = table_make(64);
  b->ids = table_make(EXPECTED_TRANSFERS);
  b->holds = table_make(EXPECTED_TRANSFERS);
  b->reversed = table_make(64);
  b->packed.sweep_records = SWEEP_RECORDS;
  b->packed.unswept = pool_make(sizeof(account_slot *));
  return b;
}

void book_close(book *b) {
  if (b == NULL) return;
  map_close(b->accounts);
  pool_release(&b->account_pool);
  pool_release(&b->dirty);
  pool_release(&b->kept);
  pool_release(&b->stored);
  pool_release(&b->hold_pool);
  pool_release(&b->undo);
  table_release(&b->owners);
  table_release(&b->opened);
  table_release(&b->ids);
  table_release(&b->holds);
  table_release(&b->reversed);
  ids_close(b->packed.index);
  chainer_close(b->packed.chain);
  pool_release(&b->packed.unswept);
  free(b->packed.sweep.slots);
  free(b->spare);
  free(b);
}

/* --- accounts --------------------------------------------------------------------------------- */
id128 book_owner_key(id owner, uint16_t code, uint32_t asset_number) {
  return (id128){.low = (uint64_t)owner, .high = (uint64_t)code << 32 | asset_number};
}

static account_slot *free_slot(book *b) {
  account_slot *s = b->spare_count > 0 ? b->spare[--b->spare_count] : pool_add(&b->account_pool);
  *s = (account_slot){.live = true, .recent = true};
  return s;
}

static void give_back(book *b, account_slot *s) {
  map_remove(b->accounts, (uint64_t)s->a.account_id);
  s->live = false;
  if (b->spare_count == b->spare_room) {
    size_t room = b->spare_room == 0 ? 256 : b->spare_room * 2;
    account_slot **grown = realloc(b->spare, room * sizeof *grown);
    if (grown == NULL) return; /* the slot is lost until the accounts are dropped: harmless */
    b->spare = grown;
    b->spare_room = room;
  }
  b->spare[b->spare_count++] = s;
}

static account_slot *hold_account(book *b, const account *a) {
  assert(a->account_id != 0);
  account_slot *s = free_slot(b);
  s->a = *a;
  if (!map_put(b->accounts, (uint64_t)a->account_id, s)) {
    log_line(LOG_ERROR, "ledger_no_memory", "accounts=%zu", map_count(b->accounts));
    abort();
  }
  return s;
}

void book_put_account(book *b, const account *loaded) {
  account_slot *s = book_slot(b, loaded->account_id);
  if (s == NULL) {
    hold_account(b, loaded);
    return;
  }
  assert(s->dirty == 0);
  s->a = *loaded;
  s->recent = true;
}

static undo *log_undo(book *b, undo_kind kind, void *slot) {
  undo *u = pool_add(&b->undo);
  u->kind = kind;
  u->slot = slot;
  return u;
}

static void list_dirty(book *b, account_slot *s) { *(account_slot **)pool_add(&b->dirty) = s; }

void book_new_account(book *b, const account *opened) {
  assert(ledger_check_account(opened) == NULL);
  assert(book_slot(b, opened->account_id) == NULL);
  account_slot *s = hold_account(b, opened);
  s->dirty = DIRTY_NEW | DIRTY_BALANCE;
  list_dirty(b, s);
  id128 key = book_owner_key(opened->owner, opened->code, opened->asset);
  uint64_t other = 0;
  if (!table_get(&b->opened, key, &other)) table_put(&b->opened, key, (uint64_t)opened->account_id);
  log_undo(b, UNDO_OPEN, s);
}

account_slot *book_slot(const book *b, id account_id) {
  return map_get(b->accounts, (uint64_t)account_id);
}

const account *book_account(const book *b, id account_id) {
  account_slot *s = book_slot(b, account_id);
  if (s == NULL) return NULL;
  s->recent = true;
  return &s->a;
}

balance balance_of(const account *a) {
  return (balance){a->debits_posted, a->credits_posted, a->debits_pending, a->credits_pending};
}

void book_save_account(book *b, account_slot *s, uint8_t dirty) {
  undo *u = log_undo(b, UNDO_ACCOUNT, s);
  u->dirty = s->dirty;
  u->flags = s->a.flags;
  u->u.account.was = balance_of(&s->a);
  u->u.account.allowance = s->a.allowance;
  u->u.account.last_time = s->a.last_time;
  u->u.account.last_position = s->last_position;
  u->u.account.entries = s->entries;
  if (s->dirty == 0) list_dirty(b, s);
  s->dirty |= dirty;
  s->recent = true;
}

void book_change_account(book *b, id account_id, uint16_t flags, int64_t allowance) {
  account_slot *s = book_slot(b, account_id);
  assert(s != NULL && allowance >= 0);
  assert((s->a.flags & ACCOUNT_STRIPED) == (flags & ACCOUNT_STRIPED));
  book_save_account(b, s, DIRTY_ATTRIBUTES);
  s->a.flags = flags;
  s->a.allowance = allowance;
}

/* --- holds, taken ids, reversals -------------------------------------------------------------- */
hold_slot *book_hold_slot(const book *b, id128 pending_id) {
  uint64_t index = 0;
  return table_get(&b->holds, pending_id, &index) ? pool_at(&b->hold_pool, index) : NULL;
}

const hold *book_hold(const book *b, id128 pending_id) {
  const hold_slot *s = book_hold_slot(b, pending_id);
  return s == NULL ? NULL : &s->h;
}

/* Loading again what the group has already changed must not undo the change. */
void book_put_hold(book *b, const hold *loaded) {
  if (book_hold_slot(b, loaded->record.id) != NULL) return;
  hold_slot *s = pool_add(&b->hold_pool);
  *s = (hold_slot){.h = *loaded, .stored = true};
  table_put(&b->holds, loaded->record.id, b->hold_pool.count - 1);
}

void book_add_hold(book *b, const hold *made) {
  hold_slot *s = pool_add(&b->hold_pool);
  *s = (hold_slot){.h = *made, .dirty = true};
  table_put(&b->holds, made->record.id, b->hold_pool.count - 1);
  log_undo(b, UNDO_NEW_HOLD, s);
}

void book_save_hold(book *b, hold_slot *s) {
  undo *u = log_undo(b, UNDO_HOLD, s);
  u->dirty = s->dirty;
  u->u.hold.expires_at = s->h.expires_at;
  u->u.hold.posted = s->h.posted;
  u->u.hold.state = s->h.state;
  s->dirty = true;
}

void book_pin_hold(book *b, id128 pending_id, instant expires_at) {
  hold_slot *s = book_hold_slot(b, pending_id);
  assert(s != NULL && s->h.state == HOLD_OPEN);
  book_save_hold(b, s);
  s->h.expires_at = expires_at;
}

void book_put_existing(book *b, const transfer *stored) {
  uint64_t place = 0;
  if (table_get(&b->ids, stored->id, &place)) return;
  *(transfer *)pool_add(&b->stored) = *stored;
  table_put(&b->ids, stored->id, (b->stored.count - 1) * 2 + 1);
}

const transfer *book_transfer(const book *b, id128 transfer_id) {
  uint64_t place = 0;
  if (!table_get(&b->ids, transfer_id, &place)) return NULL;
  if (place & 1) return pool_at(&b->stored, place / 2);
  return &((const kept *)pool_at(&b->kept, place / 2))->t;
}

void book_put_reversed(book *b, id128 original) { table_put(&b->reversed, original, 1); }

void book_mark_reversed(book *b, id128 original) {
  table_put(&b->reversed, original, 1);
  log_undo(b, UNDO_REVERSED, NULL)->u.id = original;
}

static int64_t count_entry(account_slot *s, int64_t position, int64_t *before) {
  *before = s->last_position;
  s->last_position = position;
  return ++s->entries;
}

/* A post or void names a hold, whose amount readers of the entry need to know. */
static int64_t held_by(const book *b, const transfer *t) {
  if (!(t->flags & (TRANSFER_POST | TRANSFER_VOID | TRANSFER_EXPIRY))) return 0;
  return book_hold_slot(b, t->pending_id)->h.record.amount;
}

void book_keep(book *b, const transfer *t, account_slot *debit, account_slot *credit) {
  kept *k = pool_add(&b->kept);
  k->t = *t;
  k->debit = debit;
  k->credit = credit;
  k->debit_after = balance_of(&debit->a);
  k->credit_after = balance_of(&credit->a);
  int64_t position = b->packed.position + (int64_t)b->kept.count;
  k->links.held = held_by(b, t);
  k->debit_entries = count_entry(debit, position, &k->links.debit_before);
  k->credit_entries = count_entry(credit, position, &k->links.credit_before);
  table_put(&b->ids, t->id, (b->kept.count - 1) * 2);
  log_undo(b, UNDO_KEPT, NULL)->u.id = t->id;
  b->accepted++;
}

/* --- undo ------------------------------------------------------------------------------------- */
book_mark book_here(const book *b) {
  return (book_mark){b->undo.count, b->kept.count, b->accepted, b->time};
}

static void undo_account(const undo *u) {
  account_slot *s = u->slot;
  s->dirty = u->dirty;
  s->a.flags = u->flags;
  s->a.debits_posted = u->u.account.was.debits_posted;
  s->a.credits_posted = u->u.account.was.credits_posted;
  s->a.debits_pending = u->u.account.was.debits_pending;
  s->a.credits_pending = u->u.account.was.credits_pending;
  s->a.allowance = u->u.account.allowance;
  s->a.last_time = u->u.account.last_time;
  s->last_position = u->u.account.last_position;
  s->entries = u->u.account.entries;
}

static void undo_hold(const undo *u) {
  hold_slot *s = u->slot;
  s->dirty = u->dirty;
  s->h.expires_at = u->u.hold.expires_at;
  s->h.posted = u->u.hold.posted;
  s->h.state = u->u.hold.state;
}

static void undo_open(book *b, account_slot *s) {
  id128 key = book_owner_key(s->a.owner, s->a.code, s->a.asset);
  uint64_t first = 0;
  if (table_get(&b->opened, key, &first) && first == (uint64_t)s->a.account_id) {
    table_remove(&b->opened, key);
  }
  s->dirty = 0;
  give_back(b, s);
}

static void undo_one(book *b, const undo *u) {
  switch (u->kind) {
  case UNDO_ACCOUNT: undo_account(u); break;
  case UNDO_OPEN: undo_open(b, u->slot); break;
  case UNDO_HOLD: undo_hold(u); break;
  case UNDO_NEW_HOLD:
    table_remove(&b->holds, ((const hold_slot *)u->slot)->h.record.id);
    ((hold_slot *)u->slot)->dirty = false;
    break;
  case UNDO_REVERSED: table_remove(&b->reversed, u->u.id); break;
  case UNDO_KEPT:
    table_remove(&b->ids, u->u.id);
    b->kept.count--;
    b->accepted--;
    break;
  }
}

void book_revert(book *b, book_mark to) {
  assert(to.undo <= b->undo.count);
  while (b->undo.count > to.undo) {
    undo_one(b, pool_at(&b->undo, b->undo.count - 1));
    b->undo.count--;
  }
  assert(b->kept.count == to.transfers && b->accepted == to.sequence);
  b->time = to.time;
}

/* --- the end of a group ----------------------------------------------------------------------- */
void book_forget_work(book *b) {
  b->kept.count = b->stored.count = b->hold_pool.count = b->undo.count = b->dirty.count = 0;
  b->flushed = 0;
  table_clear(&b->opened);
  table_clear(&b->ids);
  table_clear(&b->holds);
  table_clear(&b->reversed);
}

void book_forget_accounts(book *b) {
  map_clear(b->accounts);
  b->account_pool.count = 0;
  b->spare_count = b->hand = 0;
}

/* Over a packed store the rows of balances are behind, so what the group did is taken back instead
 * of read again. */
void book_drop(book *b) {
  if (b->packed.synced) {
    size_t kept_count = b->kept.count;
    book_revert(b, (book_mark){.sequence = b->accepted - (int64_t)kept_count, .time = b->time});
    packed_reverted(b);
  } else {
    book_forget_accounts(b);
    table_clear(&b->owners); /* one of them may have been found before it was taken back */
  }
  book_forget_work(b);
}

void book_evict(book *b, id account_id) {
  account_slot *s = book_slot(b, account_id);
  if (s == NULL) return;
  assert(s->dirty == 0);
  give_back(b, s);
}

/* The hand goes round: an account used since its last visit is spared once. It stops
 * when it meets many balances that are still to be written: they leave when the sweep is over. */
void book_clean(book *b) {
  assert(b->flushed == b->kept.count);
  if (b->packed.synced) packed_committed(b);
  size_t slots = b->account_pool.count, behind = 0;
  book_forget_work(b);
  for (size_t steps = 0;
       map_count(b->accounts) > b->cap && steps < 2 * slots && behind < BEHIND_MAX; steps++) {
    b->hand = b->hand + 1 < slots ? b->hand + 1 : 0;
    account_slot *s = pool_at(&b->account_pool, b->hand);
    if (s->live && !s->recent && s->dirty == 0 && !s->unswept) give_back(b, s);
    s->recent = false;
    behind += s->unswept;
  }
  if (b->owners.count > (b->cap + EXPECTED_TRANSFERS) * OWNERS_PER_ACCOUNT) table_clear(&b->owners);
}

/* --- pure helpers ----------------------------------------------------------------------------- */
int64_t account_balance(const account *a) { return a->credits_posted - a->debits_posted; }

int64_t account_available(const account *a) {
  int128 room = 0;
  if (a->flags & ACCOUNT_NO_CREDIT_BALANCE) {
    room = (int128)a->debits_posted - a->credits_posted - a->credits_pending;
  } else {
    room = (int128)a->credits_posted - a->debits_posted - a->debits_pending;
  }
  if (a->flags & (ACCOUNT_NO_DEBIT_BALANCE | ACCOUNT_NO_CREDIT_BALANCE)) room += a->allowance;
  return room > INT64_MAX ? INT64_MAX : (int64_t)room;
}

const char *ledger_check_account(const account *a) {
  const uint16_t floors = ACCOUNT_NO_DEBIT_BALANCE | ACCOUNT_NO_CREDIT_BALANCE;
  const uint16_t known = floors | ACCOUNT_STRIPED | ACCOUNT_FROZEN | ACCOUNT_CLOSED;
  if (a->account_id == 0) return "an account needs an id";
  if (a->entity == 0) return "an account belongs to the books of a legal entity";
  if (a->asset == 0) return "an account holds one asset: name its number";
  if (chart_find(a->code) == NULL) return "the code is not in the chart of accounts";
  if (a->flags & ~known) return "a flag is set that has no meaning";
  if ((a->flags & floors) == floors) return "an account has one floor at most";
  if (a->flags & ACCOUNT_STRIPED && a->flags & floors) return "a striped account has no floor";
  if (a->flags & ACCOUNT_CLOSED) return "an account is closed by a closing transfer";
  if (a->allowance < 0) return "the allowance is 0 or more";
  if (a->allowance > 0 && !(a->flags & floors)) return "an allowance needs a floor";
  if (a->debits_posted != 0 || a->credits_posted != 0 || a->debits_pending != 0 ||
      a->credits_pending != 0) {
    return "an account opens empty";
  }
  return NULL;
}
