/* state.c - the few numbers an engine must not forget: the high water of its ids, the moved clock,
 * the last business date whose jobs have run. They are written in the transaction of a group, never
 * on their own. */
#include "engine/internal.h"

static const id ID_AHEAD = INT64_C(1000) << 22; /* a second of ids */

static status read_state(ctx *c, db *d, str name, int64_t *out, bool *found) {
  db_rows *rows;
  TRY(db_query(c, d, &rows, "select value from engine_state where name = ?1", DB_TEXT(name)));
  bool there = db_next(rows);
  if (there) *out = db_get_int(rows, 0);
  TRY(db_done(c, rows));
  *found = there;
  return OK;
}

static status write_state(ctx *c, db *d, str name, int64_t value) {
  return db_run(c, d,
                "insert into engine_state(name, value) values (?1, ?2)"
                " on conflict (name) do update set value = excluded.value",
                DB_TEXT(name), DB_INT(value));
}

static str high_water_name(arena *a, const engine *e) {
  return str_format(a, "id_high.%u", e->options.node);
}

static instant real_clock_of(void *arg) { return engine_real_now(arg); }

/* A moved clock is kept in a sandbox only: elsewhere business time is real time. */
status state_load(ctx *c, engine *e) {
  db *d = e->lanes[0].d;
  bool found = false;
  int64_t high = 0, offset = 0, through = 0;
  TRY(read_state(c, d, high_water_name(c->arena, e), &high, &found));
  e->ids = id_source_open(e->arena, e->options.node, high, real_clock_of, e);
  atomic_store(&e->id_high, high);
  TRY(read_state(c, d, STR("clock_offset"), &offset, &found));
  if (e->options.sandbox) atomic_store(&e->offset_us, offset);
  TRY(read_state(c, d, STR("jobs_through"), &through, &found));
  if (!found) {
    through = engine_today(e) - 1;
    atomic_store(&e->state_dirty, true);
  }
  atomic_store(&e->jobs_through, (int32_t)through);
  return OK;
}

/* Every id in this transaction has been made by now; none of them may lie beyond the stored high
 * water. */
static status keep_high_water(group *g) {
  engine *e = g->e;
  id last = id_source_last(e->ids);
  if (last <= atomic_load(&e->id_high)) return OK;
  g->id_high = last + ID_AHEAD;
  return write_state(&g->ctx, g->l->d, high_water_name(g->ctx.arena, e), g->id_high);
}

status state_flush(group *g) {
  engine *e = g->e;
  TRY(keep_high_water(g));
  if (!atomic_exchange(&e->state_dirty, false)) return OK;
  g->state_taken = true;
  TRY(write_state(&g->ctx, g->l->d, STR("clock_offset"), atomic_load(&e->offset_us)));
  return write_state(&g->ctx, g->l->d, STR("jobs_through"), atomic_load(&e->jobs_through));
}
