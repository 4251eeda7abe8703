/* packed_verify.c - proves a store on SQLite from its pages, in one pass in the order of positions:
 * each record's place in its lane and the chain of heads, each entry's link to the one before it,
 * the rows that hang on a record (hold, reversal, mark, reference, index of ids), and at the end
 * every balance (INV-1 to 7, 13, 19, 24). Trusts only the records and arithmetic; never writes,
 * never repairs. */
#include "ledger/packed.h"
#include "ledger/verify.h"

#include <string.h>

typedef struct stripe_proof { /* a stripe as the records make it */
  stripe_state s;
  account a;            /* entity 0: there is no such account */
  stripe_state row;     /* as stored */
  bool has_row, agrees; /* the row was met where the records are as far as it */
} stripe_proof;

typedef struct open_hold {
  int64_t amount;
  uint16_t flags;
} open_hold;

typedef struct proof {
  ledger_proof *p;
  ledger_lane *lanes; /* as walked so far */
  size_t lane_count, lane_room;
  table slots; /* (account, stripe) -> index */
  pool stripes;
  table open; /* id of an open hold -> index */
  pool holds;
  int64_t position, records, hold_rows, reversals, marks, refs;
  int64_t run_ref, run_last; /* the row of ledger_ref seen last covers up to here */
} proof;

static status astray(ctx *c, proof *v, const paged *r, const char *why) {
  return violated(c, v->p, "lane %u record %lld: %s", r->t.lane, (long long)r->t.sequence, why);
}

/* --- places and chains (INV-4, INV-19) -------------------------------------------------------- */
static ledger_lane *lane_of(ctx *c, proof *v, uint16_t lane) {
  for (size_t i = 0; i < v->lane_count; i++) {
    if (v->lanes[i].lane == lane) return &v->lanes[i];
  }
  v->lanes = more_room(c->arena, v->lanes, v->lane_count, sizeof *v->lanes, &v->lane_room);
  v->lanes[v->lane_count] = (ledger_lane){.lane = lane};
  return &v->lanes[v->lane_count++];
}

static status check_chain(ctx *c, proof *v, const paged *r) {
  ledger_lane *walk = lane_of(c, v, r->t.lane);
  uint8_t record[TRANSFER_RECORD_BYTES];
  if (r->t.sequence != walk->sequence + 1) {
    return violated(c, v->p, "lane %u: record %lld is missing", r->t.lane,
                    (long long)(walk->sequence + 1));
  }
  if (r->t.time <= walk->last_time) return astray(c, v, r, "its time does not rise");
  ledger_encode(&r->t, record);
  walk->head = sha256_of_two(walk->head.bytes, sizeof walk->head.bytes, record, sizeof record);
  walk->sequence = r->t.sequence;
  walk->last_time = r->t.time;
  return OK;
}

/* --- entries (INV-3, INV-5) ------------------------------------------------------------------- */
static status load_account(ctx *c, db *d, id account_id, account *out) {
  db_rows *rows;
  *out = (account){.account_id = account_id};
  TRY(db_query(c, d, &rows,
               "select account_id, tenant, entity, owner, asset, code, flags, allowance, opened_at "
               "from ledger_account where account_id = ?1",
               DB_INT(account_id)));
  if (db_next(rows)) *out = attributes_from_row(rows);
  return db_done(c, rows);
}

static status load_row(ctx *c, db *d, stripe_proof *s) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select " SETTLED_COLUMNS " from ledger_settled where account = ?1 and stripe = ?2",
               DB_INT(s->s.account_id), DB_INT(s->s.stripe)));
  s->has_row = db_next(rows);
  if (s->has_row) s->row = settled_from_row(rows);
  return db_done(c, rows);
}

/* A row that lags is right when it is what the records made of the stripe at its position. */
static void meet_row(stripe_proof *s) {
  if (!s->has_row || s->row.last_position != s->s.last_position) return;
  s->agrees = memcmp(&s->row.now, &s->s.now, sizeof s->s.now) == 0 &&
              s->row.last_time == s->s.last_time && s->row.entries == s->s.entries;
}

static stripe_proof *known_stripe(const proof *v, id account_id, int64_t stripe) {
  uint64_t index = 0;
  id128 key = {.low = (uint64_t)account_id, .high = (uint64_t)stripe};
  return table_get(&v->slots, key, &index) ? pool_at(&v->stripes, index) : NULL;
}

static status stripe_for(ctx *c, db *d, proof *v, id account_id, uint16_t lane,
                         stripe_proof **out) {
  *out = known_stripe(v, account_id, 0);
  if (*out == NULL) *out = known_stripe(v, account_id, (int64_t)lane + 1);
  if (*out != NULL) return OK;
  stripe_proof made = {.s = {.account_id = account_id}};
  TRY(load_account(c, d, account_id, &made.a));
  made.s.stripe = stripe_of(&made.a, lane);
  TRY(load_row(c, d, &made));
  meet_row(&made);
  *out = pool_add(&v->stripes);
  **out = made;
  table_put(&v->slots, (id128){.low = (uint64_t)account_id, .high = (uint64_t)made.s.stripe},
            v->stripes.count - 1);
  return OK;
}

static status check_mark(ctx *c, db *d, proof *v, const paged *r, const stripe_proof *s) {
  db_rows *rows;
  v->marks++;
  TRY(db_query(c, d, &rows,
               "select position, entries, debits_posted, credits_posted, debits_pending, "
               "credits_pending from ledger_mark where account = ?1 and stripe = ?2 and time = ?3",
               DB_INT(s->s.account_id), DB_INT(s->s.stripe), DB_INT(r->t.time)));
  const balance *b = &s->s.now;
  bool same = db_next(rows) && db_get_int(rows, 0) == r->position &&
              db_get_int(rows, 1) == s->s.entries && db_get_int(rows, 2) == b->debits_posted &&
              db_get_int(rows, 3) == b->credits_posted &&
              db_get_int(rows, 4) == b->debits_pending && db_get_int(rows, 5) == b->credits_pending;
  TRY(db_done(c, rows));
  return same ? OK : astray(c, v, r, "the mark of an account at it is missing or differs");
}

static status check_entry(ctx *c, db *d, proof *v, const paged *r, side which) {
  stripe_proof *s;
  TRY(stripe_for(c, d, v, entry_account(r, which), r->t.lane, &s));
  if (s->a.entity == 0) return astray(c, v, r, "there is no account of its entry");
  if (r->t.entity != s->a.entity || r->t.asset != s->a.asset) {
    return astray(c, v, r, "it is of another entity or asset than its account");
  }
  if (entry_before(r, which) != s->s.last_position) {
    return astray(c, v, r, "its link does not lead to the account's entry before it");
  }
  entry_apply(&s->s.now, r, which);
  s->s.last_position = r->position;
  s->s.last_time = r->t.time;
  s->s.entries++;
  meet_row(s);
  return s->s.entries % MARK_ENTRIES == 0 ? check_mark(c, d, v, r, s) : OK;
}

/* --- holds and reversals (INV-6, INV-13) ------------------------------------------------------ */
static status hold_row(ctx *c, db *d, id128 hold_id, hold_state *state, int64_t *posted) {
  db_rows *rows;
  id_bytes key = id_to_bytes(hold_id);
  *state = 0;
  *posted = 0;
  TRY(db_query(c, d, &rows, "select state, posted from ledger_hold where id = ?1",
               DB_BYTES(key.at, ID128_BYTES)));
  if (db_next(rows)) {
    *state = (hold_state)db_get_int(rows, 0);
    *posted = db_get_int(rows, 1);
  }
  return db_done(c, rows);
}

static status begin_hold(ctx *c, db *d, proof *v, const paged *r) {
  hold_state state;
  int64_t posted;
  v->hold_rows++;
  TRY(hold_row(c, d, r->t.id, &state, &posted));
  if (state == 0) return astray(c, v, r, "its hold is missing");
  *(open_hold *)pool_add(&v->holds) = (open_hold){r->t.amount, r->t.flags};
  table_put(&v->open, r->t.id, v->holds.count - 1);
  return OK;
}

static status end_hold(ctx *c, db *d, proof *v, const paged *r) {
  static const uint16_t flags[] = {TRANSFER_POST, TRANSFER_VOID, TRANSFER_EXPIRY};
  static const hold_state states[] = {HOLD_POSTED, HOLD_VOIDED, HOLD_EXPIRED};
  uint64_t index = 0;
  hold_state state;
  int64_t posted, moved = r->t.flags & TRANSFER_POST ? r->t.amount : 0;
  if (!table_get(&v->open, r->t.pending_id, &index)) {
    return astray(c, v, r, "it ends what is not an open hold");
  }
  int64_t held = ((const open_hold *)pool_at(&v->holds, index))->amount;
  table_remove(&v->open, r->t.pending_id);
  if (r->t.amount > held) return astray(c, v, r, "it moves more than was held");
  if (r->links.held != held) return astray(c, v, r, "another amount was held");
  TRY(hold_row(c, d, r->t.pending_id, &state, &posted));
  for (size_t i = 0; i < COUNT_OF(flags); i++) {
    if (r->t.flags & flags[i] && state != states[i])
      return astray(c, v, r, "its hold says otherwise");
  }
  return posted == moved ? OK : astray(c, v, r, "its hold says another amount was posted");
}

static status check_reversal(ctx *c, db *d, proof *v, const paged *r) {
  db_rows *rows;
  id_bytes key = id_to_bytes(r->t.pending_id);
  v->reversals++;
  TRY(db_query(c, d, &rows, "select reversal from ledger_reversal where original = ?1",
               DB_BYTES(key.at, ID128_BYTES)));
  bool noted = db_next(rows) && id128_eq(id_from_bytes(db_get_bytes(rows, 0)), r->t.id);
  TRY(db_done(c, rows));
  return noted ? OK : astray(c, v, r, "the reversal is not noted");
}

static status check_ref(ctx *c, db *d, proof *v, const paged *r) {
  if (r->t.ref == 0) return OK;
  v->refs++;
  if (r->t.ref == v->run_ref && r->position <= v->run_last) return OK;
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select position, count from ledger_ref where ref = ?1 and position <= ?2 "
               "order by position desc limit 1",
               DB_INT(r->t.ref), DB_INT(r->position)));
  v->run_ref = r->t.ref;
  v->run_last = db_next(rows) ? db_get_int(rows, 0) + db_get_int(rows, 1) - 1 : 0;
  TRY(db_done(c, rows));
  return r->position <= v->run_last ? OK : astray(c, v, r, "its reference does not lead to it");
}

/* --- one page --------------------------------------------------------------------------------- */
static status check_record(ctx *c, db *d, proof *v, const paged *r) {
  v->position = r->position;
  v->records++;
  TRY(check_chain(c, v, r));
  if (is_sound(v->p)) TRY(check_entry(c, d, v, r, SIDE_DEBIT));
  if (is_sound(v->p)) TRY(check_entry(c, d, v, r, SIDE_CREDIT));
  if (is_sound(v->p)) TRY(check_ref(c, d, v, r));
  if (!is_sound(v->p)) return OK;
  if (r->t.flags & TRANSFER_PENDING) return begin_hold(c, d, v, r);
  if (r->t.flags & TRANSFER_REVERSAL) return check_reversal(c, d, v, r);
  return r->t.flags & (TRANSFER_POST | TRANSFER_VOID | TRANSFER_EXPIRY) ? end_hold(c, d, v, r) : OK;
}

/* Each id leads to its record alone, so no id was used twice (INV-7). */
static status check_ids(ctx *c, db *d, void *arg, const paged *records, size_t count) {
  proof *v = arg;
  id128 ids[PAGE_RECORDS] = {{0}};
  int64_t positions[PAGE_RECORDS];
  for (size_t i = 0; i < count; i++)
    ids[i] = records[i].t.id;
  TRY(view_find_many(c, d, ids, count, positions));
  for (size_t i = 0; i < count; i++) {
    if (positions[i] == records[i].position) continue;
    return astray(c, v, &records[i], "its id leads to another record");
  }
  return OK;
}

static status check_page(ctx *c, db *d, proof *v, const db_rows *rows) {
  paged records[PAGE_RECORDS];
  size_t count;
  int64_t first = db_get_int(rows, 0);
  if (first != v->position + 1 || !page_decode(first, db_get_bytes(rows, 4), records, &count)) {
    return violated(c, v->p, "the page at record %lld is missing or can't be read",
                    (long long)(v->position + 1));
  }
  const transfer *t = &records[0].t;
  if (t->lane != db_get_int(rows, 1) || t->sequence != db_get_int(rows, 2) ||
      t->command != db_get_int(rows, 3)) {
    return astray(c, v, &records[0], "its page is filed under other keys");
  }
  for (size_t i = 0; i < count && is_sound(v->p); i++)
    TRY(check_record(c, d, v, &records[i]));
  if (!is_sound(v->p)) return OK;
  str head = db_get_bytes(rows, 5);
  const ledger_lane *walk = lane_of(c, v, t->lane);
  if (head.len != sizeof walk->head.bytes || memcmp(head.at, walk->head.bytes, head.len) != 0) {
    return violated(c, v->p, "lane %u: its records to %lld do not hash to the page's head", t->lane,
                    (long long)walk->sequence);
  }
  return OK;
}

static status check_pages(ctx *c, db *d, proof *v) {
  db_rows *rows;
  status s = OK;
  TRY(db_query0(c, d, &rows,
                "select position, lane, sequence, command, body, head from ledger_page "
                "order by position"));
  while (s == OK && is_sound(v->p) && db_next(rows))
    s = check_page(c, d, v, rows);
  status end = db_done(c, rows);
  return s != OK ? s : end;
}

/* --- what the pages end in -------------------------------------------------------------------- */
static status check_lanes(ctx *c, db *d, proof *v) {
  db_rows *rows;
  TRY(db_query0(c, d, &rows,
                "select lane, sequence, last_time, head from ledger_lane order by lane"));
  while (is_sound(v->p) && db_next(rows)) {
    uint16_t lane = (uint16_t)db_get_int(rows, 0);
    const ledger_lane *walk = lane_of(c, v, lane);
    str head = db_get_bytes(rows, 3);
    v->p->lanes++;
    if (walk->sequence != db_get_int(rows, 1) || walk->last_time != db_get_int(rows, 2)) {
      violated(c, v->p, "lane %u: its records end at %lld, its head says %lld", lane,
               (long long)walk->sequence, (long long)db_get_int(rows, 1));
    } else if (head.len != sizeof walk->head.bytes ||
               memcmp(head.at, walk->head.bytes, head.len) != 0) {
      violated(c, v->p, "lane %u: its records do not hash to its head; a record was changed", lane);
    }
  }
  TRY(db_done(c, rows));
  if (is_sound(v->p) && v->p->lanes != (int64_t)v->lane_count) {
    violated(c, v->p, "there are records in an unknown lane");
  }
  return OK;
}

/* Each record found its rows; equal counts say that no row is without a record. */
static status check_counts(ctx *c, db *d, proof *v) {
  db_rows *rows;
  int64_t holds, reversals, marks, refs;
  TRY(db_query0(c, d, &rows, "select count(*) from ledger_hold"));
  TRY(count_from_rows(c, rows, &holds));
  TRY(db_query0(c, d, &rows, "select count(*) from ledger_hold where state = 1"));
  TRY(count_from_rows(c, rows, &v->p->open_holds));
  TRY(db_query0(c, d, &rows, "select count(*) from ledger_reversal"));
  TRY(count_from_rows(c, rows, &reversals));
  TRY(db_query0(c, d, &rows, "select count(*) from ledger_mark"));
  TRY(count_from_rows(c, rows, &marks));
  TRY(db_query0(c, d, &rows, "select coalesce(sum(count), 0) from ledger_ref"));
  TRY(count_from_rows(c, rows, &refs));
  TRY(db_query0(c, d, &rows, "select count(*) from ledger_account"));
  TRY(count_from_rows(c, rows, &v->p->accounts));
  v->p->transfers = v->records;
  if (holds != v->hold_rows) return violated(c, v->p, "there are holds without a record");
  if (v->p->open_holds != (int64_t)v->open.count) {
    return violated(c, v->p, "a hold ended other than once");
  }
  if (reversals != v->reversals) {
    return violated(c, v->p, "a reversal is noted that has no record");
  }
  if (marks != v->marks) return violated(c, v->p, "there are marks without an entry");
  if (refs != v->refs) return violated(c, v->p, "there are references without a record");
  return OK;
}

static status check_stripe(ctx *c, proof *v, const stripe_proof *s) {
  if (!s->has_row || !s->agrees) {
    return violated(c, v->p, "account %lld: its stored balance is not the sum of its entries",
                    (long long)s->s.account_id);
  }
  account a = s->a;
  a.debits_posted = s->s.now.debits_posted;
  a.credits_posted = s->s.now.credits_posted;
  a.debits_pending = s->s.now.debits_pending;
  a.credits_pending = s->s.now.credits_pending;
  bool floored = a.flags & (ACCOUNT_NO_DEBIT_BALANCE | ACCOUNT_NO_CREDIT_BALANCE);
  if (floored && account_available(&a) < 0) {
    return violated(c, v->p, "account %lld is below its floor", (long long)a.account_id);
  }
  return OK;
}

/* Every stripe with entries has met its row; a row without entries is empty. */
static status check_balances(ctx *c, db *d, proof *v) {
  db_rows *rows;
  for (size_t i = 0; i < v->stripes.count && is_sound(v->p); i++)
    TRY(check_stripe(c, v, pool_at(&v->stripes, i)));
  TRY(db_query0(c, d, &rows,
                "select account, stripe from ledger_settled where entries <> 0 "
                "or last_position <> 0 or debits_posted <> 0 or credits_posted <> 0 "
                "or debits_pending <> 0 or credits_pending <> 0"));
  while (is_sound(v->p) && db_next(rows)) {
    if (known_stripe(v, db_get_int(rows, 0), db_get_int(rows, 1)) != NULL) continue;
    violated(c, v->p, "account %lld has a balance and no entries", (long long)db_get_int(rows, 0));
  }
  return db_done(c, rows);
}

static status prove(ctx *c, db *d, proof *v) {
  TRY(check_pages(c, d, v));
  if (is_sound(v->p)) TRY(pages_each(c, d, 0, v->position, check_ids, v));
  if (is_sound(v->p)) TRY(check_lanes(c, d, v));
  if (is_sound(v->p)) TRY(check_counts(c, d, v));
  return is_sound(v->p) ? check_balances(c, d, v) : OK;
}

status packed_verify(ctx *c, db *d, ledger_proof *p) {
  proof v = {.p = p, .slots = table_make(1024), .open = table_make(1024)};
  v.stripes = pool_make(sizeof(stripe_proof));
  v.holds = pool_make(sizeof(open_hold));
  struct view *others;
  status s = view_isolate(c, d, &others);
  if (s == OK) {
    s = prove(c, d, &v);
    view_rejoin(d, others);
  }
  table_release(&v.slots);
  table_release(&v.open);
  pool_release(&v.stripes);
  pool_release(&v.holds);
  return s;
}
