/* clock.c - business time: real time plus an offset that only a sandbox or an import moves. Moving
 * forward stops at the end of each business date, so that the jobs of that date run as they would
 * have. */
#include "engine/internal.h"

instant engine_now(const engine *e) { return engine_real_now(e) + atomic_load(&e->offset_us); }
date engine_today(const engine *e) {
  return instant_date(engine_now(e), e->options.utc_offset_minutes);
}
const calendar *engine_calendar(const engine *e) { return e->calendar; }

void clock_move(engine *e, instant to) {
  atomic_store(&e->offset_us, to - engine_real_now(e));
  atomic_store(&e->state_dirty, true);
}

/* The dates jumped over are not owed to any job: the ticker must never see the later clock with the
 * earlier date, nor the reverse on the way back. */
void engine_set_now(engine *e, instant business_now) {
  date through = instant_date(business_now, e->options.utc_offset_minutes) - 1;
  atomic_store(&e->imported, true);
  if (through > atomic_load(&e->jobs_through)) atomic_store(&e->jobs_through, through);
  clock_move(e, business_now);
  atomic_store(&e->jobs_through, through);
}

static status lowest_watermark(ctx *c, db *reader, instant *out) {
  db_rows *rows;
  TRY(db_query0(c, reader, &rows, "select min(watermark) from engine_lane"));
  instant lowest = db_next(rows) ? db_get_int(rows, 0) : 0;
  TRY(db_done(c, rows));
  *out = lowest;
  return OK;
}

/* PostgreSQL: other processes' lanes count too, so the store is asked; 0 when it does not
 * answer. */
instant engine_watermark(engine *e) {
  if (e->kind == DB_SQLITE) return atomic_load(&e->watermark);
  instant lowest = 0;
  ctx c;
  arena *a = arena_open(1 << 20);
  if (a == NULL) return 0;
  engine_ctx(e, a, &c);
  db *reader = engine_reader(e, &c);
  if (reader != NULL && lowest_watermark(&c, reader, &lowest) != OK) lowest = 0;
  engine_reader_done(e, reader);
  arena_close(a);
  return lowest;
}

/* --- a group for its own sake ----------------------------------------------------------------- */

static const command_type tick_type = {
    .name = "engine.tick", .flags = COMMAND_QUIET, .decide = tx_accept};

status clock_tick(ctx *c, engine *e) {
  do {
    TRY(engine_call(c, e, &tick_type, NULL, engine_system(e)));
  } while (atomic_load(&e->more_due));
  return OK;
}

bool engine_is_sandbox(const engine *e) { return e->options.sandbox; }
