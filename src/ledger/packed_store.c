/* packed_store.c - what a group accepted, on SQLite: its records as pages, the few rows that hang
 * on them, and a share of the balances whose rows are behind. It decides nothing; the caller
 * commits.
 *
 * Balances follow in sweeps: a sweep lists all stripes whose rows are behind, and each group writes
 * some of them, in the order of their keys. When the last is written, every entry up to where the
 * sweep began is in the rows, and a restart has to read only what came after. */
#include "ledger/chainer.h"
#include "ledger/ids.h"
#include "ledger/packed.h"
#include "ledger/rows.h"

#include <stdlib.h>
#include <string.h>

enum {
  SWEEP_STRIPES = 1 << 20, /* rows behind that begin a sweep, however short the tail */
  SWEEP_LEAST = 16,        /* rows a group writes while a sweep runs */
  INDEX_AT_ONCE = 64,      /* ids added to the index together */
};

/* --- rows beside the records ------------------------------------------------------------------ */
static status insert_stripe(ctx *c, db *d, const account_slot *s, uint16_t lane) {
  const account *a = &s->a;
  return db_run(c, d,
                "insert into ledger_settled (account, stripe, debits_posted, credits_posted, "
                "debits_pending, credits_pending, last_time, last_position, entries) "
                "values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                DB_INT(a->account_id), DB_INT(stripe_of(a, lane)), DB_INT(a->debits_posted),
                DB_INT(a->credits_posted), DB_INT(a->debits_pending), DB_INT(a->credits_pending),
                DB_INT(a->last_time), DB_INT(s->last_position), DB_INT(s->entries));
}

static status update_stripe(ctx *c, db *d, const account_slot *s, uint16_t lane) {
  const account *a = &s->a;
  return db_run(c, d,
                "update ledger_settled set debits_posted = ?3, credits_posted = ?4, "
                "debits_pending = ?5, credits_pending = ?6, last_time = ?7, last_position = ?8, "
                "entries = ?9 where account = ?1 and stripe = ?2",
                DB_INT(a->account_id), DB_INT(stripe_of(a, lane)), DB_INT(a->debits_posted),
                DB_INT(a->credits_posted), DB_INT(a->debits_pending), DB_INT(a->credits_pending),
                DB_INT(a->last_time), DB_INT(s->last_position), DB_INT(s->entries));
}

/* A stripe gets its row when it gets its first entry, or is opened; later the sweeps keep it. */
static bool wants_rows(const account_slot *s) {
  return s->dirty & (DIRTY_NEW | DIRTY_ATTRIBUTES) || (s->dirty & DIRTY_BALANCE && !s->has_row);
}

static status save_accounts(ctx *c, db *d, book *b, uint16_t lane) {
  size_t count, at = 0;
  while (at < b->dirty.count && !wants_rows(*(account_slot **)pool_at(&b->dirty, at)))
    at++;
  if (at == b->dirty.count) return OK; /* as a group of transfers alone always is */
  account_slot **slots = rows_changed_accounts(c->arena, b, &count);
  TRY(rows_save_attributes(c, d, slots, count));
  for (size_t i = 0; i < count; i++) {
    if (slots[i]->dirty & DIRTY_BALANCE && !slots[i]->has_row) {
      TRY(insert_stripe(c, d, slots[i], lane));
    }
    slots[i]->dirty &= DIRTY_BALANCE;
  }
  return OK;
}

static status save_reversal(ctx *c, db *d, const transfer *t) {
  id_bytes original = id_to_bytes(t->pending_id), reversal = id_to_bytes(t->id);
  return db_run(c, d, "insert into ledger_reversal (original, reversal) values (?1, ?2)",
                DB_BYTES(original.at, ID128_BYTES), DB_BYTES(reversal.at, ID128_BYTES));
}

static status save_mark(ctx *c, db *d, const kept *k, int64_t position, bool is_debit) {
  const account_slot *s = is_debit ? k->debit : k->credit;
  const balance *after = is_debit ? &k->debit_after : &k->credit_after;
  return db_run(c, d,
                "insert into ledger_mark (account, stripe, time, position, entries, debits_posted, "
                "credits_posted, debits_pending, credits_pending) "
                "values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                DB_INT(s->a.account_id), DB_INT(stripe_of(&s->a, k->t.lane)), DB_INT(k->t.time),
                DB_INT(position), DB_INT(is_debit ? k->debit_entries : k->credit_entries),
                DB_INT(after->debits_posted), DB_INT(after->credits_posted),
                DB_INT(after->debits_pending), DB_INT(after->credits_pending));
}

typedef struct ref_run { /* neighbours with one reference */
  int64_t ref, position, count;
} ref_run;

static status save_run(ctx *c, db *d, const ref_run *run) {
  if (run->ref == 0) return OK;
  return db_run(c, d, "insert into ledger_ref (ref, position, count) values (?1, ?2, ?3)",
                DB_INT(run->ref), DB_INT(run->position), DB_INT(run->count));
}

static status save_beside(ctx *c, db *d, const kept *k, int64_t position, ref_run *run) {
  if (k->debit_entries % MARK_ENTRIES == 0) TRY(save_mark(c, d, k, position, true));
  if (k->credit_entries % MARK_ENTRIES == 0) TRY(save_mark(c, d, k, position, false));
  if (k->t.flags & TRANSFER_REVERSAL) TRY(save_reversal(c, d, &k->t));
  if (k->t.ref != run->ref) {
    TRY(save_run(c, d, run));
    *run = (ref_run){.ref = k->t.ref, .position = position};
  }
  run->count++;
  return OK;
}

/* --- records ---------------------------------------------------------------------------------- */
static void number_records(book *b, ledger_lane *lane) {
  for (size_t i = 0; i < b->kept.count; i++) {
    kept *k = pool_at(&b->kept, i);
    assert(k->t.lane == lane->lane && k->t.time > lane->last_time);
    k->t.sequence = ++lane->sequence;
    lane->last_time = k->t.time;
  }
}

static status save_pages(ctx *c, db *d, book *b, ledger_lane *lane) {
  page_body page = {.count = 0};
  ref_run run = {0};
  int64_t position = b->packed.position;
  for (size_t i = 0; i < b->kept.count; i++) {
    const kept *k = pool_at(&b->kept, i);
    position++;
    page_add(&page, &k->t, &k->links);
    TRY(save_beside(c, d, k, position, &run));
    if (page.count < PAGE_RECORDS && i + 1 < b->kept.count) continue;
    lane->head = chainer_head(b->packed.chain, i / PAGE_RECORDS);
    TRY(page_write(c, d, position - (int64_t)page.count + 1, &page, &lane->head));
    page.count = 0;
  }
  return save_run(c, d, &run);
}

static status save_records(ctx *c, db *d, book *b, ledger_lane *lane) {
  packed *p = &b->packed;
  if (p->chain == NULL) p->chain = chainer_open();
  if (p->chain == NULL) return fail(c, E_NO_MEMORY, "no memory for a group's hash chain");
  number_records(b, lane);
  TRY(chainer_begin(c, p->chain, &lane->head, &b->kept));
  status s = save_pages(c, d, b, lane);
  chainer_end(p->chain);
  b->flushed = b->kept.count;
  p->head = lane->head;
  return s;
}

/* --- sweeps ----------------------------------------------------------------------------------- */
static int compare_slots(const void *a, const void *b) {
  id x = (*(account_slot *const *)a)->a.account_id, y = (*(account_slot *const *)b)->a.account_id;
  return (x > y) - (x < y);
}

static void begin_sweep(book *b) {
  struct sweep *w = &b->packed.sweep;
  size_t count = b->packed.unswept.count;
  account_slot **list = realloc(w->slots, (count + 1) * sizeof *list);
  if (list == NULL) return; /* the tail grows a little longer */
  for (size_t i = 0; i < count; i++)
    list[i] = *(account_slot **)pool_at(&b->packed.unswept, i);
  qsort(list, count, sizeof *list, compare_slots);
  w->slots = list;
  w->count = count;
  w->done = w->written = 0;
  w->from = b->packed.position;
  w->is_running = true;
  b->packed.unswept.count = 0;
}

static status sweep_rows(ctx *c, db *d, book *b, uint16_t lane, size_t rows) {
  struct sweep *w = &b->packed.sweep;
  for (w->written = w->done; w->written < w->count && rows > 0; rows--) {
    TRY(update_stripe(c, d, w->slots[w->written++], lane));
  }
  if (w->written < w->count) return OK;
  return db_run(c, d,
                "insert into ledger_swept (slot, position) values (0, ?1) "
                "on conflict (slot) do update set position = excluded.position",
                DB_INT(w->from));
}

static status sweep(ctx *c, db *d, book *b, uint16_t lane) {
  packed *p = &b->packed;
  struct sweep *w = &p->sweep;
  bool is_due = p->position - w->swept > p->sweep_records || p->unswept.count > SWEEP_STRIPES;
  if (!w->is_running && is_due) begin_sweep(b);
  if (!w->is_running) return OK;
  size_t share = w->count * b->kept.count / ((size_t)p->sweep_records / 2) + SWEEP_LEAST;
  return sweep_rows(c, d, b, lane, share);
}

/* --- the group -------------------------------------------------------------------------------- */
status packed_flush(ctx *c, db *d, book *b, ledger_lane *lane) {
  int64_t old_sequence = lane->sequence;
  assert(b->packed.synced && b->packed.lane == lane->lane);
  TRY(save_records(c, d, b, lane));
  TRY(save_accounts(c, d, b, lane->lane));
  TRY(rows_save_holds(c, d, b));
  TRY(sweep(c, d, b, lane->lane));
  return lane->sequence == old_sequence ? OK : rows_save_lane(c, d, lane, old_sequence);
}

static void end_sweep(packed *p) {
  struct sweep *w = &p->sweep;
  for (; w->done < w->written; w->done++)
    w->slots[w->done]->unswept = false;
  if (!w->is_running || w->done < w->count) return;
  w->swept = w->from;
  w->is_running = false;
}

static void add_to_index(book *b, size_t from, size_t count) {
  id128 keys[INDEX_AT_ONCE];
  for (size_t i = 0; i < count; i++)
    keys[i] = ((const kept *)pool_at(&b->kept, from + i))->t.id;
  ids_add_many(b->packed.index, keys, count, b->packed.position + 1);
  b->packed.position += (int64_t)count;
}

/* A stripe whose row was made in this group is up to date; any other that changed is behind now,
 * but for those the sweep has written after the change. */
void packed_committed(book *b) {
  packed *p = &b->packed;
  for (size_t i = 0; i < b->dirty.count; i++) {
    account_slot *s = *(account_slot **)pool_at(&b->dirty, i);
    bool is_behind = s->dirty & DIRTY_BALANCE && s->has_row && !s->unswept;
    if (s->dirty & DIRTY_BALANCE) s->has_row = true;
    s->dirty = 0;
    if (!is_behind) continue;
    s->unswept = true;
    *(account_slot **)pool_add(&p->unswept) = s;
  }
  end_sweep(p);
  for (size_t i = 0; i < b->kept.count; i += INDEX_AT_ONCE)
    add_to_index(b, i, b->kept.count - i < INDEX_AT_ONCE ? b->kept.count - i : INDEX_AT_ONCE);
  if (b->kept.count > 0) ids_seal(p->index, &p->head);
}

void packed_reverted(book *b) {
  for (size_t i = 0; i < b->dirty.count; i++)
    (*(account_slot **)pool_at(&b->dirty, i))->dirty = 0;
  b->packed.sweep.written = b->packed.sweep.done;
}

/* --- a clean end ------------------------------------------------------------------------------ */
/* A sweep that was under way is finished first: it began before the end of the history. */
static status settle_all(ctx *c, db *d, book *b, uint16_t lane) {
  packed *p = &b->packed;
  if (p->sweep.is_running) {
    TRY(sweep_rows(c, d, b, lane, SIZE_MAX));
    end_sweep(p);
  }
  begin_sweep(b);
  return p->sweep.is_running ? sweep_rows(c, d, b, lane, SIZE_MAX) : OK;
}

status packed_settle(ctx *c, db *d, book *b, uint16_t lane) {
  packed *p = &b->packed;
  if (!p->synced || p->sweep.swept == p->position) return OK;
  assert(p->lane == lane);
  TRY(db_begin(c, d));
  status s = settle_all(c, d, b, lane);
  p->synced = false; /* the book has served */
  if (s == OK) return db_commit(c, d);
  db_rollback(d);
  return s;
}
