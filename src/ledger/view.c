/* view.c - the tail in memory: slots of stripes by (account, stripe), ids by value, and a ring of
 * the newest records for snapshots that lie a little behind. A snapshot that lies further behind
 * than the ring reaches is answered by a view of its own, built and thrown away. */
#include "ledger/view.h"
#include "ledger/ids.h"
#include "ledger/packed.h"
#include "ledger/rows.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
  RING_RECORDS = 8192,
  BATCH_RECORDS = 1 << 17,
  TRIM_RECORDS = 1 << 21,
  INDEX_RECORDS = 1 << 20
};

typedef struct view {
  struct view *next;
  char *file; /* NULL: private */
  size_t users;
  pthread_mutex_t lock;
  bool is_built;
  int64_t swept;      /* slots hold what came after it */
  int64_t upto;       /* the last position taken in */
  table slots;        /* (account, stripe) -> index in states */
  pool states;        /* stripe_state */
  ids *index;         /* runs as the writer left them, and the ids behind them; NULL: not opened */
  int64_t index_from; /* where the history ended when it was opened */
  paged *ring;
} view;

/* --- a view's life ---------------------------------------------------------------------------- */
static pthread_mutex_t views_lock = PTHREAD_MUTEX_INITIALIZER;
static view *views;

static view *view_make(str file) {
  view *v = calloc(1, sizeof *v);
  if (v == NULL) return NULL;
  v->file = file.len == 0 ? NULL : strndup(file.at, file.len);
  v->ring = calloc(RING_RECORDS, sizeof *v->ring);
  v->users = 1;
  v->slots = table_make(1024);
  v->states = pool_make(sizeof(stripe_state));
  pthread_mutex_init(&v->lock, NULL);
  return v;
}

static void view_free(view *v) {
  pthread_mutex_destroy(&v->lock);
  table_release(&v->slots);
  ids_close(v->index);
  pool_release(&v->states);
  free(v->ring);
  free(v->file);
  free(v);
}

static void release(void *attached) {
  view *v = attached;
  pthread_mutex_lock(&views_lock);
  bool is_last = --v->users == 0;
  for (view **at = &views; is_last && *at != NULL; at = &(*at)->next) {
    if (*at != v) continue;
    *at = v->next;
    break;
  }
  pthread_mutex_unlock(&views_lock);
  if (is_last) view_free(v);
}

static view *shared_view(str file) {
  for (view *v = views; v != NULL; v = v->next) {
    if (!str_eq(str_from(v->file), file)) continue;
    v->users++;
    return v;
  }
  view *made = view_make(file);
  if (made == NULL) return NULL;
  made->next = views;
  views = made;
  return made;
}

/* A store in memory has one connection, and so a view of its own. */
static status view_of(ctx *c, db *d, view **out) {
  *out = db_attached(d);
  if (*out != NULL) return OK;
  str file = db_file(d);
  if (file.len == 0) {
    *out = view_make(file);
  } else {
    pthread_mutex_lock(&views_lock);
    *out = shared_view(file);
    pthread_mutex_unlock(&views_lock);
  }
  if (*out == NULL) return fail(c, E_NO_MEMORY, "no memory for the newest balances");
  void *before = db_attach(d, *out, release);
  assert(before == NULL);
  UNUSED(before);
  return OK;
}

void view_let_go(db *d) {
  view *v = db_attach(d, NULL, NULL);
  if (v != NULL) release(v);
}

status view_isolate(ctx *c, db *d, struct view **others) {
  view *own = view_make((str){0});
  if (own == NULL) return fail(c, E_NO_MEMORY, "no memory for the newest balances");
  *others = db_attach(d, own, release);
  return OK;
}

void view_rejoin(db *d, struct view *others) { release(db_attach(d, others, release)); }

/* --- rows ------------------------------------------------------------------------------------- */
stripe_state settled_from_row(const db_rows *rows) {
  return (stripe_state){
      .account_id = db_get_int(rows, 0),
      .stripe = db_get_int(rows, 1),
      .now = {db_get_int(rows, 2), db_get_int(rows, 3), db_get_int(rows, 4), db_get_int(rows, 5)},
      .last_time = db_get_int(rows, 6),
      .last_position = db_get_int(rows, 7),
      .entries = db_get_int(rows, 8)};
}

static id128 slot_key(id account_id, int64_t stripe) {
  return (id128){.low = (uint64_t)account_id, .high = (uint64_t)stripe};
}

static stripe_state *find_state(const view *v, id account_id, int64_t stripe) {
  uint64_t index = 0;
  if (!table_get(&v->slots, slot_key(account_id, stripe), &index)) return NULL;
  return pool_at(&v->states, index);
}

static void put_state(view *v, const stripe_state *s) {
  if (find_state(v, s->account_id, s->stripe) != NULL) return;
  *(stripe_state *)pool_add(&v->states) = *s;
  table_put(&v->slots, slot_key(s->account_id, s->stripe), v->states.count - 1);
}

/* --- taking in records ------------------------------------------------------------------------ */
typedef struct intake { /* a batch: its accounts are looked up together, then it is applied */
  view *v;
  paged *records;
  size_t count;
  stripe_state **states; /* of each record's debit and credit entry; NULL: not found yet */
} intake;

/* An account has a row for stripe 0 or one for each lane's stripe; that tells the two kinds apart.
 */
static stripe_state *state_for(const view *v, id account_id, uint16_t lane) {
  stripe_state *plain = find_state(v, account_id, 0);
  return plain != NULL ? plain : find_state(v, account_id, (int64_t)lane + 1);
}

static int compare_ids(const void *a, const void *b) {
  id x = *(const id *)a, y = *(const id *)b;
  return (x > y) - (x < y);
}

static status load_states(ctx *c, db *d, view *v, const db_value *keys, size_t count) {
  static const in_chunks q = {
      IN_CHUNKS("select " SETTLED_COLUMNS " from ledger_settled where account in ", "")};
  for (size_t at = 0, used = 0; at < count; at += used) {
    db_rows *rows;
    TRY(select_chunk(c, d, &rows, &q, keys + at, count - at, &used));
    while (db_next(rows)) {
      stripe_state s = settled_from_row(rows);
      put_state(v, &s);
    }
    TRY(db_done(c, rows));
  }
  return OK;
}

/* Finds the stripes of the entries; most lie far apart in memory, so they are fetched ahead. */
static void resolve(intake *in) {
  enum { AHEAD = 16 };
  for (size_t i = 0; i < 2 * in->count; i++) {
    if (i + AHEAD < 2 * in->count) {
      const paged *later = &in->records[(i + AHEAD) / 2];
      table_prefetch(&in->v->slots, slot_key(entry_account(later, (side)(i % 2)), 0));
    }
    if (in->states[i] != NULL) continue;
    const paged *r = &in->records[i / 2];
    in->states[i] = state_for(in->v, entry_account(r, (side)(i % 2)), r->t.lane);
    __builtin_prefetch(in->states[i], 1);
  }
}

static status load_missing(ctx *c, db *d, intake *in) {
  size_t count = 0, distinct = 0;
  id *missing = malloc(2 * in->count * sizeof *missing);
  db_value *keys = malloc(2 * in->count * sizeof *keys);
  bool has_room = missing != NULL && keys != NULL;
  for (size_t i = 0; has_room && i < 2 * in->count; i++) {
    if (in->states[i] == NULL) {
      missing[count++] = entry_account(&in->records[i / 2], (side)(i % 2));
    }
  }
  if (count > 0) qsort(missing, count, sizeof *missing, compare_ids);
  for (size_t i = 0; i < count; i++) {
    if (i == 0 || missing[i] != missing[i - 1]) keys[distinct++] = DB_INT(missing[i]);
  }
  status s = has_room ? load_states(c, d, in->v, keys, distinct)
                      : fail(c, E_NO_MEMORY, "no memory for the newest balances");
  free(missing);
  free(keys);
  return s;
}

static void take_entry(stripe_state *state, const paged *r, side s) {
  if (state == NULL || r->position <= state->last_position) return; /* its row knows it already */
  entry_apply(&state->now, r, s);
  state->last_position = r->position;
  state->last_time = r->t.time;
  state->entries++;
}

static status take_batch(ctx *c, db *d, intake *in) {
  if (in->count == 0) return OK;
  memset(in->states, 0, 2 * in->count * sizeof *in->states);
  resolve(in);
  TRY(load_missing(c, d, in));
  resolve(in);
  for (size_t i = 0; i < in->count; i++) {
    const paged *r = &in->records[i];
    take_entry(in->states[2 * i], r, SIDE_DEBIT);
    take_entry(in->states[2 * i + 1], r, SIDE_CREDIT);
    in->v->ring[r->position % RING_RECORDS] = *r;
    in->v->upto = r->position;
  }
  in->count = 0;
  return OK;
}

static status collect(ctx *c, db *d, void *arg, const paged *records, size_t count) {
  intake *in = arg;
  if (in->count + count > BATCH_RECORDS) TRY(take_batch(c, d, in));
  memcpy(in->records + in->count, records, count * sizeof *records);
  in->count += count;
  return OK;
}

static status take_in(ctx *c, db *d, view *v, int64_t last) {
  size_t room = last - v->upto < BATCH_RECORDS ? (size_t)(last - v->upto) : BATCH_RECORDS;
  intake in = {.v = v,
               .records = malloc(room * sizeof(paged)),
               .states = malloc(2 * room * sizeof(stripe_state *))};
  status s = in.records != NULL && in.states != NULL
                 ? pages_each(c, d, v->upto, last, collect, &in)
                 : fail(c, E_NO_MEMORY, "no memory for the newest records");
  if (s == OK) s = take_batch(c, d, &in);
  free(in.records);
  free(in.states);
  return s;
}

static status read_swept(ctx *c, db *d, int64_t *swept) {
  db_rows *rows;
  TRY(db_query0(c, d, &rows, "select position from ledger_swept where slot = 0"));
  *swept = db_next(rows) ? db_get_int(rows, 0) : 0;
  return db_done(c, rows);
}

static void forget(view *v) {
  table_clear(&v->slots);
  v->states.count = 0;
  v->is_built = false;
}

/* Moves the view on to the end of this connection's snapshot. A view that trails the rows by far is
 * built anew: what the rows know need not be kept. */
static status refresh(ctx *c, db *d, view *v, int64_t last) {
  int64_t swept = v->swept;
  if (!v->is_built || v->upto - v->swept > TRIM_RECORDS) TRY(read_swept(c, d, &swept));
  if (!v->is_built || (swept > v->swept && v->upto - v->swept > TRIM_RECORDS)) {
    forget(v);
    v->swept = v->upto = swept;
    v->is_built = true;
  }
  if (last <= v->upto) return OK;
  status s = take_in(c, d, v, last);
  if (s != OK) forget(v);
  return s;
}

/* --- answers ---------------------------------------------------------------------------------- */
/* The state before the entries that this snapshot does not have; false: the ring no longer has
 * them. */
static bool walk_back(const view *v, int64_t last, stripe_state *s) {
  while (s->last_position > last) {
    const paged *r = &v->ring[s->last_position % RING_RECORDS];
    if (r->position != s->last_position) return false;
    side which = r->t.debit_account == s->account_id ? SIDE_DEBIT : SIDE_CREDIT;
    entry_undo(&s->now, r, which);
    s->last_position = entry_before(r, which);
    s->entries--;
  }
  return true;
}

static status set_time(ctx *c, db *d, stripe_state *s) {
  page_at page = {0};
  paged r;
  s->last_time = 0;
  if (s->last_position == 0) return OK;
  TRY(page_record(c, d, &page, s->last_position, &r));
  s->last_time = r.t.time;
  return OK;
}

typedef struct question { /* answered under the lock, from one view */
  status (*ask)(ctx *c, db *d, view *v, int64_t last, void *arg, bool *too_old);
  void *arg;
} question;

static status ask_private(ctx *c, db *d, const question *q, int64_t last) {
  view *own = view_make((str){0});
  bool too_old = false;
  if (own == NULL) return fail(c, E_NO_MEMORY, "no memory for the newest balances");
  status s = refresh(c, d, own, last);
  if (s == OK) s = q->ask(c, d, own, last, q->arg, &too_old);
  assert(!too_old);
  view_free(own);
  return s;
}

static status ask_in_snapshot(ctx *c, db *d, question q) {
  view *v;
  int64_t last = 0;
  bool too_old = false;
  TRY(view_of(c, d, &v));
  TRY(pages_end(c, d, &last));
  pthread_mutex_lock(&v->lock);
  status s = refresh(c, d, v, last);
  if (s == OK && last < v->swept)
    too_old = true;
  else if (s == OK)
    s = q.ask(c, d, v, last, q.arg, &too_old);
  pthread_mutex_unlock(&v->lock);
  return s == OK && too_old ? ask_private(c, d, &q, last) : s;
}

static status ask(ctx *c, db *d, question q) {
  /* Rows that are being read hold a snapshot too. */
  if (db_in_transaction(d) || db_is_reading(d)) return ask_in_snapshot(c, d, q);
  TRY(db_begin(c, d));
  status s = ask_in_snapshot(c, d, q);
  db_rollback(d);
  return s;
}

typedef struct stripes_arg {
  id account_id;
  stripe_state *list;
  size_t count;
} stripes_arg;

static status settle_one(ctx *c, db *d, view *v, int64_t last, stripe_state *row, bool *too_old) {
  const stripe_state *newer = find_state(v, row->account_id, row->stripe);
  if (newer == NULL || newer->last_position <= row->last_position) return OK;
  stripe_state s = *newer;
  *too_old = !walk_back(v, last, &s);
  if (*too_old) return OK;
  if (s.last_position != newer->last_position) TRY(set_time(c, d, &s));
  *row = s;
  return OK;
}

static status ask_stripes(ctx *c, db *d, view *v, int64_t last, void *arg, bool *too_old) {
  stripes_arg *a = arg;
  db_rows *rows;
  size_t room = 0;
  a->count = 0;
  TRY(db_query(c, d, &rows,
               "select " SETTLED_COLUMNS " from ledger_settled where account = ?1 order by stripe",
               DB_INT(a->account_id)));
  while (db_next(rows)) {
    a->list = more_room(c->arena, a->list, a->count, sizeof *a->list, &room);
    a->list[a->count++] = settled_from_row(rows);
  }
  TRY(db_done(c, rows));
  for (size_t i = 0; i < a->count && !*too_old; i++)
    TRY(settle_one(c, d, v, last, &a->list[i], too_old));
  return OK;
}

status view_stripes(ctx *c, db *d, id account_id, stripe_state **out, size_t *count) {
  stripes_arg a = {.account_id = account_id};
  TRY(ask(c, d, (question){ask_stripes, &a}));
  *out = a.list;
  *count = a.count;
  return OK;
}

status view_stripe(ctx *c, db *d, id account_id, int64_t stripe, stripe_state *out, bool *found) {
  stripe_state *list;
  size_t count;
  TRY(view_stripes(c, d, account_id, &list, &count));
  *found = false;
  *out = (stripe_state){.account_id = account_id, .stripe = stripe};
  for (size_t i = 0; i < count; i++) {
    if (list[i].stripe != stripe) continue;
    *out = list[i];
    *found = true;
  }
  return OK;
}

typedef struct tail_arg {
  stripe_state *list;
  size_t count;
} tail_arg;

static int compare_states(const void *a, const void *b) {
  const stripe_state *x = a, *y = b;
  if (x->account_id != y->account_id) return x->account_id < y->account_id ? -1 : 1;
  return (x->stripe > y->stripe) - (x->stripe < y->stripe);
}

static status ask_tail(ctx *c, db *d, view *v, int64_t last, void *arg, bool *too_old) {
  tail_arg *a = arg;
  a->count = 0;
  a->list = ARENA_ARRAY(c->arena, stripe_state, v->states.count + 1);
  for (size_t i = 0; i < v->states.count && !*too_old; i++) {
    const stripe_state *now = pool_at(&v->states, i);
    stripe_state s = *now;
    *too_old = !walk_back(v, last, &s);
    if (*too_old || s.last_position <= v->swept) continue;
    if (s.last_position != now->last_position) TRY(set_time(c, d, &s));
    a->list[a->count++] = s;
  }
  if (a->count > 1) qsort(a->list, a->count, sizeof *a->list, compare_states);
  return OK;
}

status view_tail(ctx *c, db *d, stripe_state **out, size_t *count) {
  tail_arg a = {0};
  TRY(ask(c, d, (question){ask_tail, &a}));
  *out = a.list;
  *count = a.count;
  return OK;
}

typedef struct find_arg {
  const id128 *wanted;
  size_t count;
  int64_t *positions;
} find_arg;

static void drop_index(view *v) {
  ids_close(v->index);
  v->index = NULL;
}

/* The reader's own table is thrown away when the writer's runs have come to hold most of it. */
static status refresh_index(ctx *c, db *d, view *v, int64_t last) {
  str folder = packed_index_folder(c->arena, d);
  if (v->index != NULL && folder.len > 0 && last - v->index_from > INDEX_RECORDS) drop_index(v);
  if (v->index == NULL) {
    TRY(ids_open_reader(c, folder, &v->index));
    status s = packed_trust_index(c, d, v->index);
    if (s != OK) drop_index(v);
    TRY(s);
    v->index_from = last;
  }
  status s = packed_feed_index(c, d, v->index, last);
  if (s != OK) drop_index(v);
  return s;
}

static status ask_find(ctx *c, db *d, view *v, int64_t last, void *arg, bool *too_old) {
  UNUSED(too_old);
  find_arg *a = arg;
  TRY(refresh_index(c, d, v, last));
  TRY(ids_find_many(c, v->index, a->wanted, a->count, a->positions));
  for (size_t i = 0; i < a->count; i++) {
    if (a->positions[i] > last) a->positions[i] = 0;
  }
  return OK;
}

status view_find_many(ctx *c, db *d, const id128 *wanted, size_t count, int64_t *positions) {
  find_arg a = {wanted, count, positions};
  return ask(c, d, (question){ask_find, &a});
}

status view_find(ctx *c, db *d, id128 transfer_id, int64_t *position) {
  return view_find_many(c, d, &transfer_id, 1, position);
}

static status ask_bounds(ctx *c, db *d, view *v, int64_t last, void *arg, bool *too_old) {
  UNUSED(c);
  UNUSED(d);
  UNUSED(too_old);
  int64_t *bounds = arg;
  bounds[0] = v->swept;
  bounds[1] = last;
  return OK;
}

status view_bounds(ctx *c, db *d, int64_t *swept, int64_t *last) {
  int64_t bounds[2] = {0};
  TRY(ask(c, d, (question){ask_bounds, bounds}));
  *swept = bounds[0];
  *last = bounds[1];
  return OK;
}
