/* events.c - the outbox: events are rows written by the transaction that caused them, numbered
 * without gaps in their aggregate, and read after the commit in the order of their ids. Never
 * changed, never sent from here. */
#include "engine/internal.h"

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

/* PostgreSQL: the row of the head is the aggregate's lock until the commit. */
static status next_by_row(ctx *c, db *d, id aggregate, int64_t *out) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "insert into engine_event_head(aggregate, sequence) values (?1, 1)"
               " on conflict (aggregate) do update set sequence = engine_event_head.sequence + 1"
               " returning sequence",
               DB_INT(aggregate)));
  int64_t next = db_next(rows) ? db_get_int(rows, 0) : 0;
  TRY(db_done(c, rows));
  *out = next;
  return OK;
}

/* Ids only grow, and this lane writes all events: an aggregate made after the command's own id has
 * events only if they are of this very group, and those are in the map. */
static status next_sequence(ctx *c, tx *t, id aggregate, int64_t *out) {
  lane *l = t->g->l;
  if (l->heads == NULL) return next_by_row(c, l->d, aggregate, out);
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

/* Those of a whole group together, in the order they were made. */
status events_flush(group *g) {
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
                 EVENT_COLUMNS " where tenant = ?4 and tenant <> 0 and event_id > ?1 and event_id <= ?2"
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
