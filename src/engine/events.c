/* events.c - the outbox: events are rows written by the transaction that caused them, numbered
 * without gaps in their aggregate, and read after the commit in the order of their ids. Never
 * changed, never sent from here. */
#include "engine/internal.h"

#include <stdlib.h>
#include <string.h>

enum { HEADS_MAX = 1 << 20, EVENT_PLACES = 8 };

void events_forget_heads(lane *l) {
  if (l->heads != NULL) map_clear(l->heads);
}

static status stored_head(ctx *c, db *d, id aggregate, int64_t *out) {
  db_rows *rows;
  TRY(db_query(c, d, &rows, "select max(sequence) from engine_event where aggregate = ?1",
               DB_INT(aggregate)));
  int64_t head = db_next(rows) ? db_get_int(rows, 0) : 0;
  TRY(db_done(c, rows));
  *out = head;
  return OK;
}

/* Ids only grow, and this lane writes all events: an aggregate made after the command's own id has
 * events only if they are of this very group, and those are in the map. */
static status next_sequence(ctx *c, tx *t, id aggregate, int64_t *out) {
  lane *l = t->g->l;
  if (l->heads == NULL) return OK; /* PostgreSQL: at the group's end */
  if (!t->g->has_events && map_count(l->heads) >= HEADS_MAX) map_clear(l->heads);
  int64_t head = (int64_t)(intptr_t)map_get(l->heads, (uint64_t)aggregate);
  if (head == 0 && aggregate < t->command_id) TRY(stored_head(c, l->d, aggregate, &head));
  head++;
  if (!map_put(l->heads, (uint64_t)aggregate, (void *)(intptr_t)head)) {
    return fail(c, E_NO_MEMORY, "no memory for an event");
  }
  *out = head;
  return OK;
}

status tx_emit(ctx *c, tx *t, const char *type, id_kind aggregate_kind, id aggregate, id tenant,
               str body) {
  assert(t->phase == TX_WRITE && aggregate != 0);
  int64_t sequence = 0;
  TRY(next_sequence(c, t, aggregate, &sequence));
  t->g->has_events = true;
  const db_value row[EVENT_PLACES] = {
      DB_INT(aggregate),
      DB_INT(sequence),
      DB_INT(id_next(c)),
      DB_INT(c->now),
      DB_TEXT(str_from(id_prefix(aggregate_kind))),
      DB_INT(tenant),
      DB_TEXT(str_from(type)),
      DB_TEXT(body),
  };
  group_note(t->g, &t->g->events, row, EVENT_PLACES);
  return OK;
}

/* --- PostgreSQL: a group's events are numbered together --------------------------------------- */

typedef struct head {
  id aggregate;
  int64_t sequence;
  bool is_stored;
} head;

static int by_aggregate(const void *a, const void *b) {
  id x = ((const head *)a)->aggregate, y = ((const head *)b)->aggregate;
  return (x > y) - (x < y);
}

static head *find_head(head *heads, size_t count, id aggregate) {
  return bsearch(&(head){.aggregate = aggregate}, heads, count, sizeof *heads, by_aggregate);
}

/* The aggregates of the group, each once, in the order in which everybody locks them. */
static size_t list_heads(const group *g, head *heads) {
  size_t found = 0, kept_count = 0;
  for (size_t at = 0; at < g->events.count; at += EVENT_PLACES)
    heads[found++] = (head){.aggregate = g->events.at[at].i};
  qsort(heads, found, sizeof *heads, by_aggregate);
  for (size_t i = 0; i < found; i++) {
    if (kept_count == 0 || heads[kept_count - 1].aggregate != heads[i].aggregate)
      heads[kept_count++] = heads[i];
  }
  return kept_count;
}

/* The row of a head is its aggregate's lock until the commit; of two who make the first event of an
 * aggregate the later one runs into the row's key and is run again. */
static status lock_heads(group *g, head *heads, size_t count) {
  db_rows *rows;
  db_value *keys = ARENA_ARRAY(g->ctx.arena, db_value, count);
  for (size_t i = 0; i < count; i++)
    keys[i] = DB_INT(heads[i].aggregate);
  TRY(db_query_each(&g->ctx, g->l->d, &rows,
                    "select aggregate, sequence from engine_event_head where aggregate = ?1"
                    " order by aggregate for update",
                    "i", count, keys));
  while (db_next(rows)) {
    head *h = find_head(heads, count, db_get_int(rows, 0));
    if (h == NULL) continue;
    h->sequence = db_get_int(rows, 1);
    h->is_stored = true;
  }
  return db_done(&g->ctx, rows);
}

static status write_heads(group *g, const head *heads, size_t count) {
  value_list made = {0}, moved = {0};
  for (size_t i = 0; i < count; i++) {
    const db_value row[] = {DB_INT(heads[i].aggregate), DB_INT(heads[i].sequence)};
    group_note(g, heads[i].is_stored ? &moved : &made, row, COUNT_OF(row));
  }
  TRY(db_run_set(&g->ctx, g->l->d,
                 "update engine_event_head set sequence = ?2 where aggregate = ?1", "ii",
                 moved.count / 2, moved.at));
  return db_run_set(&g->ctx, g->l->d,
                    "insert into engine_event_head(aggregate, sequence) values (?1, ?2)", "ii",
                    made.count / 2, made.at);
}

static status number_events(group *g) {
  if (g->l->heads != NULL || g->events.count == 0) return OK;
  head *heads = ARENA_ARRAY(g->ctx.arena, head, g->events.count / EVENT_PLACES);
  size_t count = list_heads(g, heads);
  TRY(lock_heads(g, heads, count));
  for (size_t at = 0; at < g->events.count; at += EVENT_PLACES) {
    head *h = find_head(heads, count, g->events.at[at].i);
    g->events.at[at + 1] = DB_INT(++h->sequence);
  }
  return write_heads(g, heads, count);
}

/* Those of a whole group together, in the order they were made. */
status events_flush(group *g) {
  TRY(number_events(g));
  return db_run_set(&g->ctx, g->l->d,
                    "insert into engine_event(aggregate, sequence, event_id, at, kind, tenant,"
                    " type, body) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                    "iiiititt", g->events.count / EVENT_PLACES, g->events.at);
}

/* --- reading ---------------------------------------------------------------------------------- */

static id_kind kind_of(str prefix) {
  for (int kind = 0; kind < ID_KIND_COUNT; kind++) {
    if (str_eq(prefix, str_from(id_prefix((id_kind)kind)))) return (id_kind)kind;
  }
  return ID_EVENT;
}

static event read_event(const db_rows *rows, arena *a) {
  return (event){.event_id = db_get_int(rows, 0),
                 .at = db_get_int(rows, 1),
                 .aggregate = db_get_int(rows, 2),
                 .aggregate_kind = kind_of(db_get_text(rows, 3)),
                 .sequence = db_get_int(rows, 4),
                 .tenant = db_get_int(rows, 5),
                 .type = db_keep_text(rows, 6, a),
                 .body = db_keep_text(rows, 7, a)};
}

/* Ids up to the floor are final: no lane will commit one at or below it. Taken in the same snapshot
 * or before. */
static status lowest_floor(ctx *c, db *reader, id *out) {
  db_rows *rows;
  TRY(db_query0(c, reader, &rows, "select min(event_floor) from engine_lane"));
  id floor = db_next(rows) ? db_get_int(rows, 0) : 0;
  TRY(db_done(c, rows));
  *out = floor;
  return OK;
}

#define EVENT_COLUMNS \
  "select event_id, at, aggregate, kind, sequence, tenant, type, body from engine_event"

status engine_events(ctx *c, db *reader, id after, id tenant, size_t max, event **out,
                     size_t *count) {
  id floor = 0;
  TRY(lowest_floor(c, reader, &floor));
  db_rows *rows;
  if (tenant == 0) {
    TRY(db_query(c, reader, &rows,
                 EVENT_COLUMNS " where event_id > ?1 and event_id <= ?2 order by event_id limit ?3",
                 DB_INT(after), DB_INT(floor), DB_INT(max)));
  } else {
    TRY(db_query(c, reader, &rows,
                 EVENT_COLUMNS
                 " where tenant = ?4 and tenant <> 0 and event_id > ?1 and event_id <= ?2"
                 " order by event_id limit ?3",
                 DB_INT(after), DB_INT(floor), DB_INT(max), DB_INT(tenant)));
  }
  event *events = NULL;
  size_t n = 0, room = 0;
  while (n < max && db_next(rows)) {
    if (n == room) {
      size_t wider = room == 0 ? 16 : room * 2;
      events = arena_grow(c->arena, events, room * sizeof *events, wider * sizeof *events);
      room = wider;
    }
    events[n++] = read_event(rows, c->arena);
  }
  TRY(db_done(c, rows));
  *out = events;
  *count = n;
  return OK;
}

void engine_on_commit(engine *e, void (*wake)(void *arg), void *arg) {
  size_t index = atomic_load(&e->listener_count);
  assert(index < LISTENERS_MAX);
  e->listeners[index].wake = wake;
  e->listeners[index].arg = arg;
  atomic_store(&e->listener_count, index + 1);
}
