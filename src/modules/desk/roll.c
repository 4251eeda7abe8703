/* roll.c - the job that sums what is new: records of each lane into flows, events into counts, and
 * a sample of the engine's health. A batch is one commit together with how far it read, so that
 * nothing is summed twice or left out, however often it is cut off. */
#include "modules/desk/inside.h"

#include <string.h>

enum { BATCH_ARENA = 64 << 20, EVERY_S = 60, HEALTH_KEPT_MINUTES = 30 * 24 * 60 };

typedef struct place {
  date on;
  int64_t first, last;
} place;
typedef struct event_sum {
  int64_t hour, events, amount;
  str type;
} event_sum;

/* One batch: what was read and where reading got to. */
typedef struct batch {
  int64_t source, from, to;
  flow_list flows;
  place *places;
  size_t place_count;
  event_sum *sums;
  size_t sum_count;
  int64_t position; /* found by load */
} batch;

status desk_position(ctx *c, db *d, int64_t source, int64_t *out) {
  db_rows *rows;
  TRY(db_query(c, d, &rows, "select position from desk_reader where source = ?1", DB_INT(source)));
  *out = db_next(rows) ? db_get_int(rows, 0) : 0;
  return db_done(c, rows);
}

/* --- the commit ------------------------------------------------------------------------------- */

static status roll_load(ctx *c, tx *t, void *state) {
  batch *b = state;
  db_rows *rows;
  TRY(db_query(c, tx_db(t), &rows, "select position from desk_reader where source = ?1 for update",
               DB_INT(b->source)));
  b->position = db_next(rows) ? db_get_int(rows, 0) : 0;
  return db_done(c, rows);
}

static status roll_decide(ctx *c, tx *t, void *state) {
  const batch *b = state;
  UNUSED(t);
  return b->position == b->from ? OK : fail(c, E_CONFLICT, "Another run has summed this already.");
}

static status write_flow(ctx *c, db *d, const flow *f) {
  return db_run(c, d,
                "insert into desk_flow (business_date, asset, debit_code, debit_party, credit_code,"
                " credit_party, why, amount, transfers) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
                " on conflict (business_date, asset, debit_code, debit_party, credit_code,"
                " credit_party, why) do update set amount = desk_flow.amount + excluded.amount,"
                " transfers = desk_flow.transfers + excluded.transfers",
                DB_INT(f->on), DB_INT(f->asset), DB_INT(f->debit.code), DB_INT(f->debit.party),
                DB_INT(f->credit.code), DB_INT(f->credit.party), DB_INT(f->why), DB_INT(f->amount),
                DB_INT(f->transfers));
}

static status write_place(ctx *c, db *d, int64_t lane, const place *p) {
  return db_run(c, d,
                "insert into desk_place (business_date, lane, first_sequence, last_sequence)"
                " values (?1, ?2, ?3, ?4) on conflict (business_date, lane) do update"
                " set last_sequence = excluded.last_sequence",
                DB_INT(p->on), DB_INT(lane), DB_INT(p->first), DB_INT(p->last));
}

static status write_sum(ctx *c, db *d, const event_sum *s) {
  return db_run(c, d,
                "insert into desk_count (hour, type, events, amount) values (?1, ?2, ?3, ?4)"
                " on conflict (hour, type) do update set events = desk_count.events +"
                " excluded.events, amount = desk_count.amount + excluded.amount",
                DB_INT(s->hour), DB_TEXT(s->type), DB_INT(s->events), DB_INT(s->amount));
}

static status roll_write(ctx *c, tx *t, void *state) {
  const batch *b = state;
  db *d = tx_db(t);
  for (size_t i = 0; i < b->flows.count; i++)
    TRY(write_flow(c, d, &b->flows.items[i]));
  for (size_t i = 0; i < b->place_count; i++)
    TRY(write_place(c, d, b->source - 1, &b->places[i]));
  for (size_t i = 0; i < b->sum_count; i++)
    TRY(write_sum(c, d, &b->sums[i]));
  return db_run(c, d,
                "insert into desk_reader (source, position) values (?1, ?2)"
                " on conflict (source) do update set position = excluded.position",
                DB_INT(b->source), DB_INT(b->to));
}
static const command_type roll_type = {.name = "desk.roll",
                                       .flags = COMMAND_QUIET,
                                       .load = roll_load,
                                       .decide = roll_decide,
                                       .write = roll_write};

/* --- a lane ----------------------------------------------------------------------------------- */

static void note_place(batch *b, const transfer *t) {
  place *last = b->place_count > 0 ? &b->places[b->place_count - 1] : NULL;
  if (last == NULL || last->on != t->business_date) {
    last = &b->places[b->place_count++];
    *last = (place){t->business_date, t->sequence, t->sequence};
  }
  last->last = t->sequence;
}

static status read_lane(ctx *c, db *d, side_book *sides, batch *b, size_t *count) {
  transfer *records;
  TRY(desk_position(c, d, b->source, &b->from));
  TRY(ledger_scan_lane(c, d, (uint16_t)(b->source - 1), b->from, BATCH_MAX, &records, count));
  b->to = b->from;
  b->places = ARENA_ARRAY(c->arena, place, *count + 1);
  for (size_t i = 0; i < *count; i++) {
    TRY(flows_add(c, d, sides, &records[i], &b->flows));
    note_place(b, &records[i]);
    b->to = records[i].sequence;
  }
  flows_merge(&b->flows);
  return OK;
}

/* --- events ----------------------------------------------------------------------------------- */

/* A number the body names, as our own modules write it. Inside a text the quote after the name
 * would be escaped, so this finds members only. */
static int64_t number_after(str body, str name) {
  int64_t value = 0;
  for (size_t i = 0; i + name.len < body.len; i++) {
    if (memcmp(body.at + i, name.at, name.len) != 0) continue;
    for (i += name.len; i < body.len && body.at[i] >= '0' && body.at[i] <= '9'; i++)
      value = value * 10 + (body.at[i] - '0');
    return value;
  }
  return 0;
}

static int64_t amount_of(const event *e) {
  bool is_order = str_starts(e->type, STR("order.")) || str_starts(e->type, STR("child_order."));
  return number_after(e->body, is_order ? STR("\"total\":") : STR("\"amount\":"));
}

static void add_event(batch *b, const event *e, int utc_offset_minutes) {
  int64_t hour = (e->at / MICROS_PER_SECOND + (int64_t)utc_offset_minutes * 60) / 3600;
  size_t i = 0;
  while (i < b->sum_count && (b->sums[i].hour != hour || !str_eq(b->sums[i].type, e->type)))
    i++;
  if (i == b->sum_count) b->sums[b->sum_count++] = (event_sum){.hour = hour, .type = e->type};
  b->sums[i].events++;
  b->sums[i].amount += amount_of(e);
}

static status read_events(ctx *c, db *d, int utc_offset_minutes, batch *b, size_t *count) {
  enum { EVENTS_MAX = 2000 };
  event *events;
  TRY(desk_position(c, d, SOURCE_EVENTS, &b->from));
  TRY(engine_events(c, d, b->from, 0, EVENTS_MAX, &events, count));
  b->to = b->from;
  b->sums = ARENA_ARRAY(c->arena, event_sum, *count + 1);
  for (size_t i = 0; i < *count; i++) {
    add_event(b, &events[i], utc_offset_minutes);
    b->to = events[i].event_id;
  }
  return OK;
}

/* --- the whole -------------------------------------------------------------------------------- */

typedef status (*batch_reader)(ctx *c, db *d, void *arg, batch *b, size_t *count);

static status read_lane_batch(ctx *c, db *d, void *arg, batch *b, size_t *count) {
  return read_lane(c, d, arg, b, count);
}
static status read_event_batch(ctx *c, db *d, void *arg, batch *b, size_t *count) {
  return read_events(c, d, *(const int *)arg, b, count);
}

/* One batch with a memory of its own. */
static status roll_batch(ctx *c, engine *e, int64_t source, batch_reader read, void *arg,
                         size_t *count) {
  arena *a = arena_open(BATCH_ARENA);
  if (a == NULL) return fail(c, E_NO_MEMORY, "There is not enough memory to sum flows.");
  ctx own;
  engine_ctx(e, a, &own);
  batch b = {.source = source};
  db *reader = engine_reader(e, &own);
  status s = reader == NULL ? own.fault.code : read(&own, reader, arg, &b, count);
  if (reader != NULL) engine_reader_done(e, reader);
  if (s == OK && *count > 0) s = engine_call(&own, e, &roll_type, &b, engine_system(e));
  if (s != OK) s = fail(c, s, "%.*s", STR_ARGS(own.fault.detail));
  arena_close(a);
  return s;
}

static status roll_source(ctx *c, engine *e, int64_t source, batch_reader read, void *arg) {
  size_t count;
  do {
    TRY(roll_batch(c, e, source, read, arg, &count));
  } while (count > 0);
  return OK;
}

static status lanes_and_offset(ctx *c, engine *e, uint16_t **lanes, size_t *count, market *m) {
  db *reader = engine_reader(e, c);
  if (reader == NULL) return c->fault.code;
  status s = ledger_scan_lanes(c, reader, lanes, count);
  if (s == OK) s = identity_market(c, reader, m);
  engine_reader_done(e, reader);
  return s;
}

status desk_roll(ctx *c, engine *e) {
  uint16_t *lanes;
  size_t count;
  market m;
  side_book sides;
  status s = lanes_and_offset(c, e, &lanes, &count, &m);
  if (s == E_CONFLICT) return fault_clear(c), OK; /* not set up yet */
  TRY(s);
  TRY(side_book_open(c, c->arena, &sides));
  for (size_t i = 0; i < count; i++)
    TRY(roll_source(c, e, lanes[i] + 1, read_lane_batch, &sides));
  return roll_source(c, e, SOURCE_EVENTS, read_event_batch, &m.utc_offset_minutes);
}

/* --- health ----------------------------------------------------------------------------------- */

typedef struct sample {
  int64_t minute;
  engine_health health;
} sample;

static status accept(ctx *c, tx *t, void *state) {
  UNUSED(c);
  UNUSED(t);
  UNUSED(state);
  return OK;
}

static status sample_write(ctx *c, tx *t, void *state) {
  const sample *s = state;
  const engine_health *h = &s->health;
  TRY(db_run(c, tx_db(t),
             "insert into desk_health (minute, queued, commands, commits, refused, overloaded,"
             " commit_p99_us) values (?1, ?2, ?3, ?4, ?5, ?6, ?7) on conflict (minute) do nothing",
             DB_INT(s->minute), DB_INT(h->queued), DB_INT(h->commands), DB_INT(h->groups),
             DB_INT(h->refused), DB_INT(h->overloaded), DB_INT(h->commit_p99_us)));
  return db_run(c, tx_db(t), "delete from desk_health where minute < ?1",
                DB_INT(s->minute - HEALTH_KEPT_MINUTES));
}
static const command_type sample_type = {
    .name = "desk.health", .flags = COMMAND_QUIET, .decide = accept, .write = sample_write};

static status run_roll(ctx *c, engine *e, date business_date, str *report) {
  sample s = {.minute = c->real_now / (60 * MICROS_PER_SECOND)};
  UNUSED(business_date);
  UNUSED(report);
  engine_health_get(e, &s.health);
  TRY(engine_call(c, e, &sample_type, &s, engine_system(e)));
  return desk_roll(c, e);
}

const job_type desk_roll_job = {
    .name = "desk.roll",
    .doc = "Sums new records and events for the console's charts, and notes the engine's health",
    .every_s = EVERY_S,
    .order = 900000,
    .run = run_roll};
