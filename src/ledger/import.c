/* import.c - the history of a store on PostgreSQL into an empty one on SQLite: the records of all
 * lanes in the order of their times, as pages with their links, marks and references, and at the
 * end every balance. Sequences, chains and times stay as they are. It is the same work for the same
 * records, so a copy that was cut off is gone on with by doing it again and writing only what is
 * behind the end of what has arrived. It checks little: packed_verify proves the result. */
#include "ledger/packed.h"
#include "ledger/scan.h"

#include <string.h>

enum { AHEAD = 512, RECORDS_A_COMMIT = 4096 };

typedef struct lane_head { /* a lane as far as it has been read */
  ledger_lane walk;
  transfer *records;
  size_t count, at;
  int64_t read; /* the last sequence read ahead */
  bool is_read; /* to its end */
} lane_head;

typedef struct import {
  db *from, *to;
  arena *scratch; /* of what is read ahead in one lane; AHEAD records a lane */
  lane_head *lanes;
  size_t lane_count;
  table slots; /* (account, stripe) -> index */
  pool stripes;
  table held; /* id of an open hold -> amount */
  table striped;
  int64_t position, arrived; /* of the record under way; up to here the target has them */
  int64_t since_commit;
  page_body page;
  int64_t run_ref, run_position, run_count; /* neighbours with one reference */
} import;

static bool writes(const import *m) { return m->position > m->arrived; }

/* --- accounts --------------------------------------------------------------------------------- */

static status note_accounts(ctx *c, import *m) {
  db_rows *rows;
  TRY(db_query(c, m->to, &rows, "select account_id from ledger_account where (flags & ?1) <> 0",
               DB_INT(ACCOUNT_STRIPED)));
  while (db_next(rows))
    table_put(&m->striped, (id128){.low = (uint64_t)db_get_int(rows, 0)}, 1);
  return db_done(c, rows);
}

static stripe_state *state_of(import *m, id account_id, uint16_t lane) {
  uint64_t index = 0, is_striped = 0;
  bool striped = table_get(&m->striped, (id128){.low = (uint64_t)account_id}, &is_striped);
  int64_t stripe = striped ? (int64_t)lane + 1 : 0;
  id128 key = {.low = (uint64_t)account_id, .high = (uint64_t)stripe};
  if (table_get(&m->slots, key, &index)) return pool_at(&m->stripes, index);
  stripe_state *made = pool_add(&m->stripes);
  *made = (stripe_state){.account_id = account_id, .stripe = stripe};
  table_put(&m->slots, key, m->stripes.count - 1);
  return made;
}

static status write_mark(ctx *c, import *m, const stripe_state *s) {
  return db_run(c, m->to,
                "insert into ledger_mark (account, stripe, time, position, entries, debits_posted, "
                "credits_posted, debits_pending, credits_pending) "
                "values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                DB_INT(s->account_id), DB_INT(s->stripe), DB_INT(s->last_time),
                DB_INT(s->last_position), DB_INT(s->entries), DB_INT(s->now.debits_posted),
                DB_INT(s->now.credits_posted), DB_INT(s->now.debits_pending),
                DB_INT(s->now.credits_pending));
}

static status enter(ctx *c, import *m, stripe_state *s, const paged *r, side which) {
  entry_apply(&s->now, r, which);
  s->last_position = r->position;
  s->last_time = r->t.time;
  s->entries++;
  return s->entries % MARK_ENTRIES == 0 && writes(m) ? write_mark(c, m, s) : OK;
}

/* --- pages and references --------------------------------------------------------------------- */

static status end_run(ctx *c, import *m) {
  int64_t ref = m->run_ref;
  m->run_ref = 0;
  if (ref == 0) return OK;
  return db_run(c, m->to, "insert into ledger_ref (ref, position, count) values (?1, ?2, ?3)",
                DB_INT(ref), DB_INT(m->run_position), DB_INT(m->run_count));
}

static status add_to_run(ctx *c, import *m, const paged *r) {
  if (r->t.ref != m->run_ref) {
    TRY(end_run(c, m));
    m->run_ref = r->t.ref;
    m->run_position = r->position;
    m->run_count = 0;
  }
  m->run_count++;
  return OK;
}

static status end_page(ctx *c, import *m, const ledger_lane *lane) {
  if (m->page.count == 0) return OK;
  int64_t first = m->position - (int64_t)m->page.count + 1;
  TRY(page_write(c, m->to, first, &m->page, &lane->head));
  m->page.count = 0;
  return OK;
}

/* Ends what is under way, so that the next commit begins as after a cut. */
static status commit_some(ctx *c, import *m, const ledger_lane *lane) {
  TRY(end_page(c, m, lane));
  TRY(end_run(c, m));
  TRY(db_commit(c, m->to));
  m->since_commit = 0;
  return db_begin(c, m->to);
}

/* --- records ---------------------------------------------------------------------------------- */

static bool ends_hold(const transfer *t) {
  return (t->flags & (TRANSFER_POST | TRANSFER_VOID | TRANSFER_EXPIRY)) != 0;
}

static status read_ahead(ctx *c, import *m, lane_head *l) {
  transfer *list;
  if (l->at < l->count || l->is_read) return OK;
  ctx reading = *c; /* what is read is copied, and thrown away */
  reading.arena = m->scratch;
  arena_reset(m->scratch);
  status s = ledger_scan_lane(&reading, m->from, l->walk.lane, l->read, AHEAD, &list, &l->count);
  if (s != OK) {
    c->fault = reading.fault;
    return s;
  }
  l->at = 0;
  l->is_read = l->count < AHEAD;
  if (l->count == 0) return OK;
  memcpy(l->records, list, l->count * sizeof *list);
  l->read = list[l->count - 1].sequence;
  return OK;
}

/* The lane whose next record is the oldest. Two processes' clocks may differ, so one that ends a
 * hold waits until the hold has come. */
static status next_lane(ctx *c, import *m, lane_head **out) {
  bool waits = false;
  *out = NULL;
  for (size_t i = 0; i < m->lane_count; i++) {
    lane_head *l = &m->lanes[i];
    uint64_t amount = 0;
    TRY(read_ahead(c, m, l));
    if (l->at == l->count) continue;
    const transfer *t = &l->records[l->at];
    bool early = ends_hold(t) && !table_get(&m->held, t->pending_id, &amount);
    waits = waits || early;
    if (early || (*out != NULL && (*out)->records[(*out)->at].time <= t->time)) continue;
    *out = l;
  }
  if (*out != NULL || !waits) return OK;
  return fail(c, E_STORE, "a record of the source ends a hold that none began; verify the source");
}

static void note_hold(import *m, paged *r) {
  uint64_t amount = 0;
  if (r->t.flags & TRANSFER_PENDING) table_put(&m->held, r->t.id, (uint64_t)r->t.amount);
  if (!ends_hold(&r->t) || !table_get(&m->held, r->t.pending_id, &amount)) return;
  r->links.held = (int64_t)amount;
  table_remove(&m->held, r->t.pending_id);
}

static void chain(ledger_lane *lane, const transfer *t) {
  uint8_t record[TRANSFER_RECORD_BYTES];
  ledger_encode(t, record);
  lane->head = sha256_of_two(lane->head.bytes, sizeof lane->head.bytes, record, sizeof record);
}

static status take_record(ctx *c, import *m, lane_head *l) {
  paged r = {.t = l->records[l->at++], .position = ++m->position};
  stripe_state *debit = state_of(m, r.t.debit_account, r.t.lane);
  stripe_state *credit = state_of(m, r.t.credit_account, r.t.lane);
  r.links.debit_before = debit->last_position;
  r.links.credit_before = credit->last_position;
  note_hold(m, &r);
  chain(&l->walk, &r.t);
  TRY(enter(c, m, debit, &r, SIDE_DEBIT));
  TRY(enter(c, m, credit, &r, SIDE_CREDIT));
  if (!writes(m)) return OK;
  page_add(&m->page, &r.t, &r.links);
  m->since_commit++;
  return add_to_run(c, m, &r);
}

static status take_records(ctx *c, import *m) {
  lane_head *l, *before = NULL;
  for (;;) {
    TRY(next_lane(c, m, &l));
    bool turns = before != NULL && l != before;
    if (turns) TRY(end_page(c, m, &before->walk)); /* a page is of one lane */
    if (before != NULL && m->page.count == 0 && m->since_commit >= RECORDS_A_COMMIT)
      TRY(commit_some(c, m, &before->walk));
    if (l == NULL) return end_run(c, m);
    TRY(take_record(c, m, l));
    if (m->page.count == PAGE_RECORDS) TRY(end_page(c, m, &l->walk));
    before = l;
  }
}

/* --- balances --------------------------------------------------------------------------------- */

static status write_state(ctx *c, import *m, const stripe_state *s) {
  return db_run(c, m->to,
                "insert into ledger_settled (" SETTLED_COLUMNS ") "
                "values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                DB_INT(s->account_id), DB_INT(s->stripe), DB_INT(s->now.debits_posted),
                DB_INT(s->now.credits_posted), DB_INT(s->now.debits_pending),
                DB_INT(s->now.credits_pending), DB_INT(s->last_time), DB_INT(s->last_position),
                DB_INT(s->entries));
}

/* With what came since the last commit: all of it or nothing is there. */
static status write_states(ctx *c, import *m) {
  TRY(db_run0(c, m->to, "delete from ledger_settled"));
  for (size_t i = 0; i < m->stripes.count; i++)
    TRY(write_state(c, m, pool_at(&m->stripes, i)));
  return db_run(c, m->to,
                "insert into ledger_swept (slot, position) values (0, ?1) "
                "on conflict (slot) do update set position = excluded.position",
                DB_INT(m->position));
}

/* --- all -------------------------------------------------------------------------------------- */

static status open_lanes(ctx *c, import *m) {
  uint16_t *lanes;
  TRY(ledger_scan_lanes(c, m->from, &lanes, &m->lane_count));
  m->lanes = ARENA_ARRAY(c->arena, lane_head, m->lane_count + 1);
  for (size_t i = 0; i < m->lane_count; i++) {
    m->lanes[i].walk.lane = lanes[i];
    m->lanes[i].records = ARENA_ARRAY(c->arena, transfer, AHEAD);
  }
  return OK;
}

static status import_all(ctx *c, import *m) {
  TRY(pages_end(c, m->to, &m->arrived));
  TRY(note_accounts(c, m));
  TRY(open_lanes(c, m));
  TRY(db_begin(c, m->to));
  status s = take_records(c, m);
  if (s == OK) s = write_states(c, m);
  if (s == OK) return db_commit(c, m->to);
  db_rollback(m->to);
  return s;
}

status ledger_import(ctx *c, db *from, db *to, int64_t *records) {
  assert(!is_packed(from) && is_packed(to));
import m = {.from = from, .to = to, .slots = table_make(1024), .held = table_make(1024), .striped = table_make(64), .stripes = pool_make(sizeof(stripe_state)), .scratch = arena_open((size_t) 4 << 20) };
  status s = m.scratch != NULL ? import_all(c, &m) : fail(c, E_NO_MEMORY, "no memory to move");
  *records = m.position - m.arrived;
  table_release(&m.slots);
  table_release(&m.held);
  table_release(&m.striped);
  pool_release(&m.stripes);
  arena_close(m.scratch);
  return s;
}
