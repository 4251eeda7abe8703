/* packed_read.c - what readers ask of the history on SQLite: balances, an account's chain of
 * entries walked from the nearest mark, records by id, place, command and reference, sums by class.
 * Any connection; never writes and never waits for a writer. */
#include "ledger/packed.h"
#include "ledger/rows.h"
#include "ledger/scan.h"

#include <stdlib.h>
#include <string.h>

/* --- balances now ----------------------------------------------------------------------------- */
static status add_balances(ctx *c, db *d, account *a) {
  stripe_state *list;
  size_t count;
  balance sum = {0};
  bool fits = true;
  TRY(view_stripes(c, d, a->account_id, &list, &count));
  for (size_t i = 0; i < count; i++) {
    fits &= balance_add(&sum, &list[i].now);
    if (list[i].last_time > a->last_time) a->last_time = list[i].last_time;
  }
  if (!fits) return stripes_beyond(c);
  a->debits_posted = sum.debits_posted;
  a->credits_posted = sum.credits_posted;
  a->debits_pending = sum.debits_pending;
  a->credits_pending = sum.credits_pending;
  return OK;
}

#define ATTRIBUTES                                                                     \
  "a.account_id, a.tenant, a.entity, a.owner, a.asset, a.code, a.flags, a.allowance, " \
  "a.opened_at"

/* Rows of ATTRIBUTES, then the balances of each. */
static status read_accounts(ctx *c, db *d, db_rows *rows, account **out, size_t *count) {
  account *list = NULL;
  size_t found = 0, room = 0;
  while (db_next(rows)) {
    list = more_room(c->arena, list, found, sizeof *list, &room);
    list[found++] = attributes_from_row(rows);
  }
  TRY(db_done(c, rows));
  for (size_t i = 0; i < found; i++)
    TRY(add_balances(c, d, &list[i]));
  *out = list;
  *count = found;
  return OK;
}

status packed_account_get(ctx *c, db *d, id account_id, account *out) {
  db_rows *rows;
  account *list;
  size_t count;
  TRY(db_query(c, d, &rows, "select " ATTRIBUTES " from ledger_account a where a.account_id = ?1",
               DB_INT(account_id)));
  TRY(read_accounts(c, d, rows, &list, &count));
  if (count == 0) return fail(c, E_NOT_FOUND, "there is no such account");
  *out = list[0];
  return OK;
}

status packed_accounts_of(ctx *c, db *d, id owner, account **out, size_t *count) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select " ATTRIBUTES " from ledger_account a where a.account_id in "
               "(select o.account from ledger_owner o where o.owner = ?1) "
               "order by a.code, a.asset, a.account_id",
               DB_INT(owner)));
  return read_accounts(c, d, rows, out, count);
}

status packed_scan_accounts(ctx *c, db *d, id after, size_t max, account **out, size_t *count) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select " ATTRIBUTES " from ledger_account a where a.account_id > ?1 "
               "order by a.account_id limit ?2",
               DB_INT(after), DB_INT(max)));
  return read_accounts(c, d, rows, out, count);
}

status packed_stripes(ctx *c, db *d, id account_id, int64_t **out, size_t *count) {
  stripe_state *list;
  TRY(view_stripes(c, d, account_id, &list, count));
  *out = ARENA_ARRAY(c->arena, int64_t, *count + 1);
  for (size_t i = 0; i < *count; i++)
    (*out)[i] = list[i].stripe;
  return OK;
}

/* --- an account's entries, newest first ------------------------------------------------------- */
typedef struct walk {
  id account_id;
  page_at page;
  int64_t position; /* of the entry at hand; 0: before the first */
  paged at;
  side which;
  balance after; /* just after the entry at hand */
} walk;

static status stand_on(ctx *c, db *d, walk *w, int64_t position) {
  w->position = position;
  if (position == 0) return OK;
  TRY(page_record(c, d, &w->page, position, &w->at));
  w->which = w->at.t.debit_account == w->account_id ? SIDE_DEBIT : SIDE_CREDIT;
  if (entry_account(&w->at, w->which) == w->account_id) return OK;
  return fail(c, E_STORE, "the entries of account %lld lead astray at record %lld; run tael verify",
              (long long)w->account_id, (long long)position);
}

static status step_back(ctx *c, db *d, walk *w) {
  entry_undo(&w->after, &w->at, w->which);
  return stand_on(c, d, w, entry_before(&w->at, w->which));
}

/* Stands on a mark at or after `at`, `more` marks further on, or on the newest entry. */
static status start_walk(ctx *c, db *d, id account_id, int64_t stripe, instant at, size_t more,
                         walk *w) {
  *w = (walk){.account_id = account_id};
  db_rows *rows;
  int64_t position = 0;
  TRY(db_query(c, d, &rows,
               "select position, debits_posted, credits_posted, debits_pending, credits_pending "
               "from ledger_mark where account = ?1 and stripe = ?2 and time >= ?3 "
               "order by time limit 1 offset ?4",
               DB_INT(account_id), DB_INT(stripe), DB_INT(at), DB_INT(more)));
  if (db_next(rows)) {
    position = db_get_int(rows, 0);
    w->after = (balance){db_get_int(rows, 1), db_get_int(rows, 2), db_get_int(rows, 3),
                         db_get_int(rows, 4)};
  }
  TRY(db_done(c, rows));
  if (position != 0) return stand_on(c, d, w, position);
  stripe_state newest;
  bool found;
  TRY(view_stripe(c, d, account_id, stripe, &newest, &found));
  w->after = newest.now;
  return stand_on(c, d, w, newest.last_position);
}

static status walk_to(ctx *c, db *d, walk *w, instant at) {
  while (w->position != 0 && w->at.t.time > at)
    TRY(step_back(c, d, w));
  return OK;
}

status packed_as_of(ctx *c, db *d, id account_id, int64_t stripe, instant at, balance *out) {
  walk w;
  TRY(start_walk(c, d, account_id, stripe, at, 0, &w));
  TRY(walk_to(c, d, &w, at));
  *out = w.after;
  return OK;
}

static statement_line line_of(const walk *w) {
  return (statement_line){.record = w->at.t, .is_debit = w->which == SIDE_DEBIT, .after = w->after};
}

static status lines_backward(ctx *c, db *d, walk *w, instant from, size_t max, statement_line **out,
                             size_t *count) {
  size_t room = 0;
  TRY(walk_to(c, d, w, from));
  while (w->position != 0 && *count < max) {
    *out = more_room(c->arena, *out, *count, sizeof **out, &room);
    (*out)[(*count)++] = line_of(w);
    TRY(step_back(c, d, w));
  }
  return OK;
}

/* The chain leads back only, so a page forward is walked from enough marks ahead and turned round.
 */
static status lines_forward(ctx *c, db *d, walk *w, instant from, size_t max, statement_line **out,
                            size_t *count) {
  size_t room = 0, found = 0;
  statement_line *list = NULL;
  while (w->position != 0 && w->at.t.time >= from) {
    list = more_room(c->arena, list, found, sizeof *list, &room);
    list[found++] = line_of(w);
    TRY(step_back(c, d, w));
  }
  *count = found < max ? found : max;
  *out = ARENA_ARRAY(c->arena, statement_line, *count + 1);
  for (size_t i = 0; i < *count; i++)
    (*out)[i] = list[found - 1 - i];
  return OK;
}

status packed_lines(ctx *c, db *d, id account_id, int64_t stripe, instant from, bool backward,
                    size_t max, statement_line **out, size_t *count) {
  walk w;
  *out = NULL;
  *count = 0;
  TRY(start_walk(c, d, account_id, stripe, from, backward ? 0 : max / MARK_ENTRIES + 1, &w));
  return backward ? lines_backward(c, d, &w, from, max, out, count)
                  : lines_forward(c, d, &w, from, max, out, count);
}

/* --- records ---------------------------------------------------------------------------------- */
status packed_transfer_get(ctx *c, db *d, id128 transfer_id, transfer *out) {
  int64_t position;
  page_at page = {0};
  paged r;
  TRY(view_find(c, d, transfer_id, &position));
  if (position == 0) return fail(c, E_NOT_FOUND, "there is no such transfer");
  TRY(page_record(c, d, &page, position, &r));
  *out = r.t;
  return OK;
}

status packed_record_at(ctx *c, db *d, uint16_t lane, int64_t sequence, transfer *out,
                        bool *found) {
  int64_t position;
  page_at page = {0};
  paged r;
  TRY(page_position(c, d, lane, sequence, &position));
  *found = position != 0;
  if (!*found) return OK;
  TRY(page_record(c, d, &page, position, &r));
  *out = r.t;
  return OK;
}

typedef struct harvest { /* records that are wanted, as they come */
  id command;
  uint16_t lane;
  int64_t after; /* sequence */
  size_t max;
  transfer *list;
  size_t count, room;
  bool is_over;
} harvest;

static void keep(ctx *c, harvest *h, const transfer *t) {
  h->list = more_room(c->arena, h->list, h->count, sizeof *h->list, &h->room);
  h->list[h->count++] = *t;
}

/* Runs `visit` over the history from a position on, a few pages at a time, until it says that it is
 * over. */
static status harvest_from(ctx *c, db *d, int64_t position, page_visit visit, harvest *h) {
  enum { STEP = 40 * PAGE_RECORDS };
  int64_t last = 0;
  TRY(pages_end(c, d, &last));
  for (int64_t at = position - 1; at < last && !h->is_over; at += STEP) {
    TRY(pages_each(c, d, at, at + STEP < last ? at + STEP : last, visit, h));
  }
  return OK;
}

static status take_command(ctx *c, db *d, void *arg, const paged *records, size_t count) {
  UNUSED(d);
  harvest *h = arg;
  for (size_t i = 0; i < count && !h->is_over; i++) {
    const transfer *t = &records[i].t;
    if (t->lane != h->lane) continue;
    if (t->command == h->command) keep(c, h, t);
    h->is_over = t->command > h->command;
  }
  return OK;
}

/* Ids of commands rise within a lane, so the last page that begins before the command is where to
 * look first. 0: the lane has no records. */
static status command_start(ctx *c, db *d, uint16_t lane, id command, int64_t *position) {
  db_rows *rows;
  *position = 0;
  TRY(db_query(c, d, &rows,
               "select position from ledger_page where lane = ?1 and command < ?2 "
               "order by command desc, position desc limit 1",
               DB_INT(lane), DB_INT(command)));
  if (db_next(rows)) *position = db_get_int(rows, 0);
  TRY(db_done(c, rows));
  return *position != 0 ? OK : page_position(c, d, lane, 1, position);
}

status packed_of_command(ctx *c, db *d, id command, transfer **out, size_t *count) {
  harvest h = {.command = command};
  uint16_t *lanes;
  size_t lane_count;
  TRY(ledger_scan_lanes(c, d, &lanes, &lane_count));
  for (size_t i = 0; i < lane_count; i++) {
    int64_t position;
    h.lane = lanes[i];
    h.is_over = false;
    TRY(command_start(c, d, h.lane, command, &position));
    if (position != 0) TRY(harvest_from(c, d, position, take_command, &h));
  }
  *out = h.list;
  *count = h.count;
  return OK;
}

static status take_all(ctx *c, db *d, void *arg, const paged *records, size_t count) {
  UNUSED(d);
  for (size_t i = 0; i < count; i++)
    keep(c, arg, &records[i].t);
  return OK;
}

status packed_by_ref(ctx *c, db *d, int64_t ref, transfer **out, size_t *count) {
  harvest h = {0};
  db_rows *rows;
  status s = OK;
  TRY(db_query(c, d, &rows,
               "select position, count from ledger_ref where ref = ?1 and ref <> 0 "
               "order by position",
               DB_INT(ref)));
  while (s == OK && db_next(rows)) {
    int64_t first = db_get_int(rows, 0);
    s = pages_each(c, d, first - 1, first + db_get_int(rows, 1) - 1, take_all, &h);
  }
  TRY(db_done(c, rows));
  TRY(s);
  *out = h.list;
  *count = h.count;
  return OK;
}

static status take_lane(ctx *c, db *d, void *arg, const paged *records, size_t count) {
  UNUSED(c);
  UNUSED(d);
  harvest *h = arg;
  for (size_t i = 0; i < count && h->count < h->max; i++) {
    const transfer *t = &records[i].t;
    if (t->lane == h->lane && t->sequence > h->after) h->list[h->count++] = *t;
  }
  h->is_over = h->count == h->max;
  return OK;
}

status packed_scan_lane(ctx *c, db *d, uint16_t lane, int64_t after, size_t max, transfer *out,
                        size_t *count) {
  harvest h = {.lane = lane, .after = after, .max = max, .list = out};
  int64_t position;
  TRY(page_position(c, d, lane, after + 1, &position));
  if (position != 0) TRY(harvest_from(c, d, position, take_lane, &h));
  *count = h.count;
  return OK;
}

/* --- sums by class ---------------------------------------------------------------------------- */
typedef struct total {
  trial_line line;
  int128 sums[4];
} total;

static int compare_classes(const trial_line *x, const trial_line *y) {
  if (x->entity != y->entity) return x->entity < y->entity ? -1 : 1;
  if (x->code != y->code) return x->code < y->code ? -1 : 1;
  return (x->asset > y->asset) - (x->asset < y->asset);
}

static int compare_totals(const void *a, const void *b) {
  return compare_classes(&((const total *)a)->line, &((const total *)b)->line);
}

/* What the rows say, class by class. */
static status settled_totals(ctx *c, db *d, id entity_or_0, uint16_t first_code, uint16_t last_code,
                             total **out, size_t *count) {
  db_rows *rows;
  size_t room = 0;
  TRY(db_query(c, d, &rows,
               "select a.entity, a.code, a.asset, count(distinct a.account_id), " BALANCE_SUMS
               " from ledger_account a left join ledger_settled b on b.account = a.account_id "
               "where a.code between ?2 and ?3 and (?1 = 0 or a.entity = ?1) "
               "group by a.code, a.entity, a.asset order by a.entity, a.code, a.asset",
               DB_INT(entity_or_0), DB_INT(first_code), DB_INT(last_code)));
  while (db_next(rows)) {
    *out = more_room(c->arena, *out, *count, sizeof **out, &room);
    total *t = &(*out)[(*count)++];
    t->line = (trial_line){.entity = db_get_int(rows, 0),
                           .code = (uint16_t)db_get_int(rows, 1),
                           .asset = (uint32_t)db_get_int(rows, 2),
                           .accounts = db_get_int(rows, 3)};
    for (int i = 0; i < 4; i++)
      t->sums[i] = sum_from_row(rows, 4 + 2 * i);
  }
  return db_done(c, rows);
}

/* What came since: the stripe as it is, less what its row has said. */
static status add_tail_of(ctx *c, db *d, const stripe_state *s, total *totals, size_t count) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select a.entity, a.code, a.asset, b.debits_posted, b.credits_posted, "
               "b.debits_pending, b.credits_pending from ledger_settled b "
               "join ledger_account a on a.account_id = b.account "
               "where b.account = ?1 and b.stripe = ?2",
               DB_INT(s->account_id), DB_INT(s->stripe)));
  if (db_next(rows)) {
    total wanted = {.line = {.entity = db_get_int(rows, 0),
                             .code = (uint16_t)db_get_int(rows, 1),
                             .asset = (uint32_t)db_get_int(rows, 2)}};
    total *t = count == 0 ? NULL : bsearch(&wanted, totals, count, sizeof *totals, compare_totals);
    const int64_t now[] = {s->now.debits_posted, s->now.credits_posted, s->now.debits_pending,
                           s->now.credits_pending};
    for (int i = 0; t != NULL && i < 4; i++)
      t->sums[i] += (int128)now[i] - db_get_int(rows, 3 + i);
  }
  return db_done(c, rows);
}

static status write_totals(ctx *c, const total *totals, size_t count, trial_line *out) {
  for (size_t i = 0; i < count; i++) {
    out[i] = totals[i].line;
    int64_t *members[] = {&out[i].total.debits_posted, &out[i].total.credits_posted,
                          &out[i].total.debits_pending, &out[i].total.credits_pending};
    for (int k = 0; k < 4; k++) {
      int128 sum = totals[i].sums[k];
      if (sum > INT64_MAX || sum < INT64_MIN) {
        return fail(c, E_RULE, "the accounts of one code add up to more than 64 bits hold");
      }
      *members[k] = (int64_t)sum;
    }
  }
  return OK;
}

status packed_trial_balance(ctx *c, db *d, id entity_or_0, uint16_t first_code, uint16_t last_code,
                            trial_line **out, size_t *count) {
  total *totals = NULL;
  stripe_state *tail;
  size_t tail_count;
  *count = 0;
  TRY(settled_totals(c, d, entity_or_0, first_code, last_code, &totals, count));
  TRY(view_tail(c, d, &tail, &tail_count));
  for (size_t i = 0; i < tail_count; i++)
    TRY(add_tail_of(c, d, &tail[i], totals, *count));
  *out = ARENA_ARRAY(c->arena, trial_line, *count + 1);
  return write_totals(c, totals, *count, *out);
}
