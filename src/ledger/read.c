/* read.c - what readers ask of the ledger: accounts, balances now and of a past moment, statements,
 * transfers by id, command and reference, and the trial balance. Any connection; never writes and
 * never waits for a writer. */
#include "ledger/packed.h"
#include "ledger/rows.h"

#include <stdlib.h>
#include <string.h>

#define ACCOUNT_COLUMNS                                                                \
  "a.account_id, a.tenant, a.entity, a.owner, a.asset, a.code, a.flags, a.allowance, " \
  "a.opened_at, "                                                                      \
  "b.debits_posted, b.credits_posted, b.debits_pending, b.credits_pending, b.last_time"
#define BALANCE_COLUMNS "e.debits_posted, e.credits_posted, e.debits_pending, e.credits_pending"

static balance read_balance(const db_rows *rows, int first) {
  return (balance){db_get_int(rows, first), db_get_int(rows, first + 1),
                   db_get_int(rows, first + 2), db_get_int(rows, first + 3)};
}

/* --- accounts --------------------------------------------------------------------------------- */
static bool add_stripe(account *a, const db_rows *rows) {
  balance sum = {a->debits_posted, a->credits_posted, a->debits_pending, a->credits_pending};
  balance one = read_balance(rows, 9);
  bool fits = balance_add(&sum, &one);
  a->debits_posted = sum.debits_posted;
  a->credits_posted = sum.credits_posted;
  a->debits_pending = sum.debits_pending;
  a->credits_pending = sum.credits_pending;
  if (db_get_int(rows, 13) > a->last_time) a->last_time = db_get_int(rows, 13);
  return fits;
}

/* One row per account and stripe, accounts together. */
static status read_accounts(ctx *c, db_rows *rows, account **out, size_t *count) {
  account *list = NULL;
  size_t found = 0, room = 0;
  bool fits = true;
  while (fits && db_next(rows)) {
    if (found == 0 || list[found - 1].account_id != db_get_int(rows, 0)) {
      list = more_room(c->arena, list, found, sizeof *list, &room);
      list[found++] = attributes_from_row(rows);
    }
    fits = add_stripe(&list[found - 1], rows);
  }
  TRY(db_done(c, rows));
  if (!fits) return stripes_beyond(c);
  *out = list;
  *count = found;
  return OK;
}

status ledger_account_get(ctx *c, db *d, id account_id, account *out) {
  if (is_packed(d)) return packed_account_get(c, d, account_id, out);
  db_rows *rows;
  account *list;
  size_t count;
  TRY(db_query(c, d, &rows,
               "select " ACCOUNT_COLUMNS " from ledger_account a "
               "left join ledger_balance b on b.account = a.account_id where a.account_id = ?1",
               DB_INT(account_id)));
  TRY(read_accounts(c, rows, &list, &count));
  if (count == 0) return fail(c, E_NOT_FOUND, "there is no such account");
  *out = list[0];
  return OK;
}

status ledger_accounts_of(ctx *c, db *d, id owner, account **out, size_t *count) {
  if (is_packed(d)) return packed_accounts_of(c, d, owner, out, count);
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select " ACCOUNT_COLUMNS " from ledger_account a "
               "left join ledger_balance b on b.account = a.account_id where a.account_id in "
               "(select o.account from ledger_owner o where o.owner = ?1) "
               "order by a.code, a.asset, a.account_id",
               DB_INT(owner)));
  return read_accounts(c, rows, out, count);
}

/* --- the past --------------------------------------------------------------------------------- */
static status stripes_of(ctx *c, db *d, id account_id, int64_t **out, size_t *count) {
  db_rows *rows;
  int64_t *list = NULL;
  size_t found = 0, room = 0;
  if (is_packed(d)) {
    TRY(packed_stripes(c, d, account_id, &list, &found));
  } else {
    TRY(db_query(c, d, &rows,
                 "select stripe from ledger_balance where account = ?1 order by stripe",
                 DB_INT(account_id)));
    while (db_next(rows)) {
      list = more_room(c->arena, list, found, sizeof *list, &room);
      list[found++] = db_get_int(rows, 0);
    }
    TRY(db_done(c, rows));
  }
  if (found == 0) { /* unknown, or striped and never used */
    account unused;
    TRY(ledger_account_get(c, d, account_id, &unused));
  }
  *out = list;
  *count = found;
  return OK;
}

/* The last entry at or before a moment carries the balance: one look-up per stripe (INV-3, INV-22).
 */
static status add_stripe_as_of(ctx *c, db *d, id account_id, int64_t stripe, instant at,
                               balance *sum) {
  if (is_packed(d)) {
    balance then;
    TRY(packed_as_of(c, d, account_id, stripe, at, &then));
    return balance_add(sum, &then) ? OK : stripes_beyond(c);
  }
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select " BALANCE_COLUMNS " from ledger_entry e where e.account = ?1 "
               "and e.stripe = ?2 and e.time <= ?3 order by e.time desc limit 1",
               DB_INT(account_id), DB_INT(stripe), DB_INT(at)));
  bool found = db_next(rows);
  balance one = found ? read_balance(rows, 0) : (balance){0};
  bool fits = balance_add(sum, &one);
  TRY(db_done(c, rows));
  return fits ? OK : stripes_beyond(c);
}

status ledger_balance_as_of(ctx *c, db *d, id account_id, instant engine_time, balance *out) {
  int64_t *stripes;
  size_t count;
  balance sum = {0};
  TRY(stripes_of(c, d, account_id, &stripes, &count));
  for (size_t i = 0; i < count; i++) {
    TRY(add_stripe_as_of(c, d, account_id, stripes[i], engine_time, &sum));
  }
  *out = sum;
  return OK;
}

/* --- statements ------------------------------------------------------------------------------- */
typedef struct page { /* one page of a statement, over all stripes */
  id account_id;
  bool backward;
  instant edge;  /* the cursor's time; lines beyond it are wanted */
  uint16_t lane; /* the cursor's lane: equal times are ordered by lane */
  size_t max;
  statement_line *lines;
  size_t count, room;
} page;

static status record_at(ctx *c, db *d, statement_cursor place, transfer *out, bool *found) {
  if (is_packed(d)) return packed_record_at(c, d, place.lane, place.sequence, out, found);
  db_rows *rows;
  TRY(db_query(c, d, &rows, "select record from ledger_journal where lane = ?1 and sequence = ?2",
               DB_INT(place.lane), DB_INT(place.sequence)));
  *found = db_next(rows);
  status s = *found ? record_from_row(c, db_get_bytes(rows, 0), out) : OK;
  TRY(db_done(c, rows));
  return s;
}

static status find_edge(ctx *c, db *d, statement_cursor after, page *p) {
  p->edge = p->backward ? INT64_MAX : INT64_MIN;
  if (after.sequence == 0) return OK;
  transfer t = {0};
  bool found;
  TRY(record_at(c, d, after, &t, &found));
  if (!found) return fail(c, E_MALFORMED, "the cursor points at no line; start without it");
  p->edge = t.time;
  p->lane = after.lane;
  return OK;
}

/* A stripe's first wanted time: inclusive when its lane comes after the cursor's among equal times.
 */
static instant first_time(const page *p, int64_t stripe) {
  if (p->edge == INT64_MIN || p->edge == INT64_MAX) return p->edge;
  bool striped = stripe > 0;
  if (p->backward) return striped && stripe - 1 < p->lane ? p->edge : p->edge - 1;
  return striped && stripe - 1 > p->lane ? p->edge : p->edge + 1;
}

static status read_lines(ctx *c, db_rows *rows, page *p) {
  status s = OK;
  while (s == OK && db_next(rows)) {
    p->lines = more_room(c->arena, p->lines, p->count, sizeof *p->lines, &p->room);
    statement_line *line = &p->lines[p->count];
    s = record_from_row(c, db_get_bytes(rows, 0), &line->record);
    line->is_debit = db_get_int(rows, 1) != 0;
    line->after = read_balance(rows, 2);
    p->count++;
  }
  TRY(db_done(c, rows));
  return s;
}

/* A page of entries first: they lie with their account, their records with their lane. */
#define ENTRIES                                                                   \
  "select j.record, e.is_debit, " BALANCE_COLUMNS                                 \
  " from (select time, lane, sequence, is_debit, debits_posted, credits_posted, " \
  "debits_pending, credits_pending from ledger_entry where account = ?1 and stripe = ?2 and "
#define RECORDS_OF                                                                     \
  " limit ?4) e join ledger_journal j on j.lane = e.lane and j.sequence = e.sequence " \
  "order by e.time"

static status read_stripe(ctx *c, db *d, int64_t stripe, page *p) {
  db_rows *rows;
  instant from = first_time(p, stripe);
  if (is_packed(d)) {
    statement_line *lines;
    size_t count;
    TRY(packed_lines(c, d, p->account_id, stripe, from, p->backward, p->max, &lines, &count));
    for (size_t i = 0; i < count; i++) {
      p->lines = more_room(c->arena, p->lines, p->count, sizeof *p->lines, &p->room);
      p->lines[p->count++] = lines[i];
    }
    return OK;
  }
  if (p->backward) {
    TRY(db_query(c, d, &rows, ENTRIES "time <= ?3 order by time desc" RECORDS_OF " desc",
                 DB_INT(p->account_id), DB_INT(stripe), DB_INT(from), DB_INT(p->max)));
  } else {
    TRY(db_query(c, d, &rows, ENTRIES "time >= ?3 order by time" RECORDS_OF, DB_INT(p->account_id),
                 DB_INT(stripe), DB_INT(from), DB_INT(p->max)));
  }
  return read_lines(c, rows, p);
}

static int compare_lines(const void *a, const void *b) {
  const transfer *x = &((const statement_line *)a)->record,
                 *y = &((const statement_line *)b)->record;
  if (x->time != y->time) return x->time < y->time ? -1 : 1;
  return (x->lane > y->lane) - (x->lane < y->lane);
}

static int compare_lines_backward(const void *a, const void *b) { return compare_lines(b, a); }

status ledger_statement(ctx *c, db *d, id account_id, statement_cursor after, bool backward,
                        size_t max, statement_line **out, size_t *count) {
  page p = {.account_id = account_id, .backward = backward, .max = max};
  int64_t *stripes;
  size_t stripe_count;
  TRY(find_edge(c, d, after, &p));
  TRY(stripes_of(c, d, account_id, &stripes, &stripe_count));
  for (size_t i = 0; i < stripe_count; i++)
    TRY(read_stripe(c, d, stripes[i], &p));
  if (stripe_count > 1 && p.count > 1) {
    qsort(p.lines, p.count, sizeof *p.lines, backward ? compare_lines_backward : compare_lines);
  }
  *out = p.lines;
  *count = p.count < max ? p.count : max;
  return OK;
}

/* --- transfers -------------------------------------------------------------------------------- */
static status read_records(ctx *c, db_rows *rows, transfer **out, size_t *count) {
  transfer *list = NULL;
  size_t found = 0, room = 0;
  status s = OK;
  while (s == OK && db_next(rows)) {
    list = more_room(c->arena, list, found, sizeof *list, &room);
    s = record_from_row(c, db_get_bytes(rows, 0), &list[found++]);
  }
  TRY(db_done(c, rows));
  TRY(s);
  *out = list;
  *count = found;
  return OK;
}

static status get_packed(ctx *c, db *d, id128 transfer_id, transfer *out, hold *hold_or_null) {
  TRY(packed_transfer_get(c, d, transfer_id, out));
  return hold_or_null == NULL ? OK : rows_hold_of(c, d, out, hold_or_null);
}

/* The id leads to the command, and the command to the place in a lane. */
status ledger_transfer_get(ctx *c, db *d, id128 transfer_id, transfer *out, hold *hold_or_null) {
  if (is_packed(d)) return get_packed(c, d, transfer_id, out, hold_or_null);
  db_rows *rows;
  transfer *list;
  size_t count;
  id_bytes key = id_to_bytes(transfer_id);
  TRY(db_query(c, d, &rows,
               "select j.record from (select command from ledger_transfer where id = ?1 limit 1) t "
               "join ledger_journal j on j.command = t.command and j.id_tail = ?2",
               DB_BYTES(key.at, ID128_BYTES), DB_INT(transfer_id.low)));
  TRY(read_records(c, rows, &list, &count));
  for (size_t i = 0; i < count; i++) {
    if (!id128_eq(list[i].id, transfer_id)) continue;
    if (hold_or_null != NULL) TRY(rows_hold_of(c, d, &list[i], hold_or_null));
    *out = list[i];
    return OK;
  }
  return fail(c, E_NOT_FOUND, "there is no such transfer");
}

status ledger_transfers_of_command(ctx *c, db *d, id command, transfer **out, size_t *count) {
  if (is_packed(d)) return packed_of_command(c, d, command, out, count);
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select record from ledger_journal where command = ?1 order by lane, sequence",
               DB_INT(command)));
  return read_records(c, rows, out, count);
}

status ledger_transfers_by_ref(ctx *c, db *d, int64_t ref, transfer **out, size_t *count) {
  if (is_packed(d)) return packed_by_ref(c, d, ref, out, count);
  db_rows *rows;
  TRY(db_query(
      c, d, &rows,
      "select record from ledger_journal where ref = ?1 and ref <> 0 order by lane, sequence",
      DB_INT(ref)));
  return read_records(c, rows, out, count);
}

/* --- trial balance ---------------------------------------------------------------------------- */
static bool read_totals(const db_rows *rows, int first, balance *out) {
  int64_t *members[] = {&out->debits_posted, &out->credits_posted, &out->debits_pending,
                        &out->credits_pending};
  for (int i = 0; i < (int)COUNT_OF(members); i++) {
    int128 sum = sum_from_row(rows, first + 2 * i);
    if (sum > INT64_MAX || sum < INT64_MIN) return false;
    *members[i] = (int64_t)sum;
  }
  return true;
}

status ledger_trial_balance(ctx *c, db *d, id entity_or_0, trial_line **out, size_t *count) {
  return ledger_trial_balance_of(c, d, entity_or_0, 0, UINT16_MAX, out, count);
}

/* Grouped in the order of the index, so that nothing is sorted but the few lines that come out. */
status ledger_trial_balance_of(ctx *c, db *d, id entity_or_0, uint16_t first_code,
                               uint16_t last_code, trial_line **out, size_t *count) {
  if (is_packed(d)) {
    return packed_trial_balance(c, d, entity_or_0, first_code, last_code, out, count);
  }
  db_rows *rows;
  trial_line *list = NULL;
  size_t found = 0, room = 0;
  bool fits = true;
  TRY(db_query(c, d, &rows,
               "select a.entity, a.code, a.asset, count(distinct a.account_id), " BALANCE_SUMS
               " from ledger_account a left join ledger_balance b on b.account = a.account_id "
               "where a.code between ?2 and ?3 and (?1 = 0 or a.entity = ?1) "
               "group by a.code, a.entity, a.asset order by a.entity, a.code, a.asset",
               DB_INT(entity_or_0), DB_INT(first_code), DB_INT(last_code)));
  while (fits && db_next(rows)) {
    list = more_room(c->arena, list, found, sizeof *list, &room);
    trial_line *line = &list[found++];
    *line = (trial_line){.entity = db_get_int(rows, 0),
                         .code = (uint16_t)db_get_int(rows, 1),
                         .asset = (uint32_t)db_get_int(rows, 2),
                         .accounts = db_get_int(rows, 3)};
    fits = read_totals(rows, 4, &line->total);
  }
  TRY(db_done(c, rows));
  if (!fits) return fail(c, E_RULE, "the accounts of one code add up to more than 64 bits hold");
  *out = list;
  *count = found;
  return OK;
}
