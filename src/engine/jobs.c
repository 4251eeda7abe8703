/* jobs.c - work by the calendar. A job of a business date runs once after the end of that date,
 * dates in order and jobs of a date in theirs; a job by the second runs at most once a slot. Runs
 * are recorded after they succeeded, those of a date together: one that was cut off runs again and
 * has to resume. One job at a time. */
#include "engine/internal.h"

#include <string.h>

enum { JOB_ARENA = 256 << 20, REPORTS_ARENA = 1 << 20, KEY_KEPT_DAYS = 7, SLOTS_KEPT = 1000 };

/* --- the engine's own job --------------------------------------------------------------------- */

static status write_forget(ctx *c, tx *t, void *state) {
  UNUSED(state);
  return db_run(c, tx_db(t), "delete from engine_key where at < ?1",
                DB_INT(c->real_now - KEY_KEPT_DAYS * SECONDS_PER_DAY * MICROS_PER_SECOND));
}

static const command_type forget_type = {.name = "engine.forget_keys",
                                         .flags = COMMAND_QUIET,
                                         .decide = tx_accept,
                                         .write = write_forget};

static status run_forget(ctx *c, engine *e, date business_date, str *report) {
  UNUSED(business_date);
  UNUSED(report);
  return engine_call(c, e, &forget_type, NULL, engine_system(e));
}

static const job_type forget_job = {
    .name = "engine.forget_keys",
    .doc = "Forgets answers kept under Idempotency-Keys after seven days",
    .every_s = 3600,
    .order = 1000000,
    .run = run_forget};

/* --- the table -------------------------------------------------------------------------------- */

/* By order; equal ones stay as they were given. */
static void insert_job(engine *e, const job_type *job) {
  size_t at = e->job_count++;
  for (; at > 0 && e->jobs[at - 1]->order > job->order; at--) {
    e->jobs[at] = e->jobs[at - 1];
  }
  e->jobs[at] = job;
}

status jobs_open(ctx *c, engine *e) {
  UNUSED(c);
  e->jobs = ARENA_ARRAY(e->arena, const job_type *, e->parts.job_count + 1);
  e->job_slots = ARENA_ARRAY(e->arena, int64_t, e->parts.job_count + 1);
  for (size_t i = 0; i < e->parts.job_count; i++) {
    insert_job(e, e->parts.jobs[i]);
  }
  insert_job(e, &forget_job);
  return OK;
}

/* --- one run ---------------------------------------------------------------------------------- */

typedef struct job_run {
  const job_type *job;
  int64_t slot;
  str report;
} job_run;

/* Runs that succeeded and are to be recorded, with a memory of their own. */
typedef struct job_runs {
  arena *arena;
  job_run *list;
  size_t count;
} job_runs;

static status write_run(ctx *c, tx *t, const job_run *run) {
  str name = str_from(run->job->name);
  TRY(db_run(c, tx_db(t),
             "insert into engine_job_run(name, slot, at, report) values (?1, ?2, ?3, ?4)"
             " on conflict (name, slot) do nothing",
             DB_TEXT(name), DB_INT(run->slot), DB_INT(c->now), DB_TEXT(run->report)));
  if (run->job->every_s == 0) return OK;
  return db_run(c, tx_db(t), "delete from engine_job_run where name = ?1 and slot < ?2",
                DB_TEXT(name), DB_INT(run->slot - SLOTS_KEPT));
}

static status write_runs(ctx *c, tx *t, void *state) {
  const job_runs *runs = state;
  for (size_t i = 0; i < runs->count; i++)
    TRY(write_run(c, t, &runs->list[i]));
  return OK;
}

static const command_type record_type = {
    .name = "engine.job_run", .flags = COMMAND_QUIET, .decide = tx_accept, .write = write_runs};

static status runs_open(ctx *c, const engine *e, job_runs *out) {
  arena *a = arena_open(REPORTS_ARENA);
  if (a == NULL) return fail(c, E_NO_MEMORY, "no memory for the reports of jobs");
  *out = (job_runs){.arena = a, .list = ARENA_ARRAY(a, job_run, e->job_count)};
  return OK;
}

static void runs_add(job_runs *runs, const job_run *run) {
  job_run *kept = &runs->list[runs->count++];
  *kept = *run;
  kept->report = keep_text(runs->arena, run->report);
}

/* Records what has succeeded, also when a later job failed with `s`, and lets go of the memory. */
static status runs_close(ctx *c, engine *e, job_runs *runs, status s) {
  status recorded = OK;
  if (runs->count > 0) recorded = engine_call(c, e, &record_type, runs, engine_system(e));
  arena_close(runs->arena);
  return s != OK ? s : recorded;
}

static status look_up(ctx *c, db *reader, const job_run *run, bool *found, str *report) {
  db_rows *rows;
  TRY(db_query(c, reader, &rows, "select report from engine_job_run where name = ?1 and slot = ?2",
               DB_TEXT(str_from(run->job->name)), DB_INT(run->slot)));
  *found = db_next(rows);
  if (*found) *report = db_keep_text(rows, 0, c->arena);
  return db_done(c, rows);
}

static status has_run(ctx *c, engine *e, const job_run *run, bool *found, str *report) {
  db *reader = engine_reader(e, c);
  if (reader == NULL) return c->fault.code;
  status s = look_up(c, reader, run, found, report);
  engine_reader_done(e, reader);
  return s;
}

static status run_body(ctx *c, engine *e, job_run *run, date business_date) {
  log_level level = run->job->every_s == 0 ? LOG_INFO : LOG_DEBUG; /* each minute's are no news */
  log_line(level, "job", "name=%s slot=%lld", run->job->name, (long long)run->slot);
  TRY(run->job->run(c, e, business_date, &run->report));
  if (run->report.at == NULL) run->report = STR("");
  return OK;
}

/* A job may need much memory, so it has an arena of its own; what it says is copied to the
 * caller's. */
static status run_job(ctx *c, engine *e, const job_type *job, int64_t slot, date business_date,
                      job_runs *runs, str *report) {
  job_run run = {.job = job, .slot = slot};
  bool found = false;
  TRY(has_run(c, e, &run, &found, report));
  if (found) return OK;
  arena *a = arena_open(JOB_ARENA);
  if (a == NULL) return fail(c, E_NO_MEMORY, "no memory for job %s", job->name);
  ctx own;
  engine_ctx(e, a, &own);
  status s = run_body(&own, e, &run, business_date);
  if (s == OK) {
    runs_add(runs, &run);
    *report = str_copy(c->arena, run.report);
  } else {
    s = fail(c, s, "job %s: %.*s", job->name, STR_ARGS(own.fault.detail));
  }
  arena_close(a);
  return s;
}

static status run_alone(ctx *c, engine *e, const job_type *job, int64_t slot, date business_date,
                        str *report) {
  job_runs runs;
  TRY(runs_open(c, e, &runs));
  status s = run_job(c, e, job, slot, business_date, &runs, report);
  return runs_close(c, e, &runs, s);
}

static int64_t slot_now(const engine *e, const job_type *job) {
  return engine_now(e) / (job->every_s * MICROS_PER_SECOND);
}

status engine_run_job(ctx *c, engine *e, str name, date business_date, str *report) {
  str ignored = {0};
  for (size_t i = 0; i < e->job_count; i++) {
    const job_type *job = e->jobs[i];
    if (!str_eq(name, str_from(job->name))) continue;
    int64_t slot = job->every_s == 0 ? business_date : slot_now(e, job);
    pthread_mutex_lock(&e->jobs_lock);
    status s = run_alone(c, e, job, slot, business_date, report != NULL ? report : &ignored);
    pthread_mutex_unlock(&e->jobs_lock);
    return s;
  }
  return fail(c, E_NOT_FOUND, "there is no job \"%.*s\"; tael job list names them", STR_ARGS(name));
}

/* --- what is due ------------------------------------------------------------------------------ */

/* Jobs by the second whose slot is a new one. */
static status run_slots(ctx *c, engine *e, int64_t *slots, job_runs *runs) {
  str report;
  for (size_t i = 0; i < e->job_count; i++) {
    const job_type *job = e->jobs[i];
    if (job->every_s == 0) continue;
    slots[i] = slot_now(e, job);
    if (slots[i] == e->job_slots[i]) continue;
    TRY(run_job(c, e, job, slots[i], engine_today(e), runs, &report));
  }
  return OK;
}

static status run_intervals(ctx *c, engine *e) {
  job_runs runs;
  TRY(runs_open(c, e, &runs));
  int64_t *slots = ARENA_ARRAY(runs.arena, int64_t, e->job_count);
  status s = run_slots(c, e, slots, &runs);
  if (s == OK) memcpy(e->job_slots, slots, e->job_count * sizeof *slots);
  return runs_close(c, e, &runs, s);
}

static status run_date(ctx *c, engine *e, date d) {
  job_runs runs;
  str report;
  status s = OK;
  TRY(runs_open(c, e, &runs));
  for (size_t i = 0; s == OK && i < e->job_count; i++) {
    if (e->jobs[i]->every_s == 0) s = run_job(c, e, e->jobs[i], d, d, &runs, &report);
  }
  TRY(runs_close(c, e, &runs, s));
  atomic_store(&e->jobs_through, d);
  atomic_store(&e->state_dirty, true);
  return OK;
}

static instant end_of(const engine *e, date d) {
  return instant_from_date(d + 1, e->options.utc_offset_minutes);
}

static status run_due(ctx *c, engine *e) {
  for (date d = atomic_load(&e->jobs_through) + 1; end_of(e, d) <= engine_now(e); d++) {
    if (pulse_is_stopping(&e->ticker)) return OK;
    TRY(clock_tick(c, e));
    TRY(run_date(c, e, d));
  }
  return run_intervals(c, e);
}

void jobs_tick(engine *e) {
  ctx c;
  arena *a = arena_open(JOB_ARENA);
  if (a == NULL) return;
  engine_ctx(e, a, &c);
  pthread_mutex_lock(&e->jobs_lock);
  status s = run_due(&c, e);
  pthread_mutex_unlock(&e->jobs_lock);
  if (s != OK) log_line(LOG_ERROR, "job_failed", "detail=%.*s", STR_ARGS(c.fault.detail));
  arena_close(a);
}

/* --- moving the clock ------------------------------------------------------------------------- */

static status move_and_tick(ctx *c, engine *e, instant to) {
  if (to > engine_now(e)) clock_move(e, to);
  return clock_tick(c, e);
}

static status advance(ctx *c, engine *e, instant to, void (*progress)(void *arg, date at),
                      void *arg) {
  for (date d = atomic_load(&e->jobs_through) + 1; end_of(e, d) <= to; d++) {
    TRY(move_and_tick(c, e, end_of(e, d)));
    TRY(run_date(c, e, d));
    TRY(run_intervals(c, e));
    if (progress != NULL) progress(arg, d);
  }
  TRY(move_and_tick(c, e, to));
  return run_intervals(c, e);
}

status engine_advance(ctx *c, engine *e, instant to, void (*progress)(void *arg, date at),
                      void *arg) {
  if (!e->options.sandbox && !atomic_load(&e->imported)) {
    return fail(c, E_FORBIDDEN,
                "business time moves only in a sandbox; start the server with --sandbox");
  }
  if (to < engine_now(e))
    return fail(c, E_RULE, "business time only moves forward; name a later time");
  pthread_mutex_lock(&e->jobs_lock);
  status s = advance(c, e, to, progress, arg);
  pthread_mutex_unlock(&e->jobs_lock);
  return s;
}
