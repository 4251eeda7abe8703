/* job_report.c - which jobs there are and when they ran, for screens. Reads only. */
#include "engine/internal.h"

static status last_run(ctx *c, db *d, job_brief *job) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select at, report from engine_job_run where name = ?1 order by slot desc limit 1",
               DB_TEXT(job->name)));
  if (db_next(rows)) {
    job->last_at = db_get_int(rows, 0);
    job->last_report = db_keep_text(rows, 1, c->arena);
  }
  return db_done(c, rows);
}

status engine_list_jobs(ctx *c, engine *e, db *d, job_brief **out, size_t *count) {
  job_brief *list = ARENA_ARRAY(c->arena, job_brief, e->job_count + 1);
  for (size_t i = 0; i < e->job_count; i++) {
    list[i] = (job_brief){.name = str_from(e->jobs[i]->name),
                          .doc = str_from(e->jobs[i]->doc),
                          .every_s = e->jobs[i]->every_s};
    TRY(last_run(c, d, &list[i]));
  }
  *out = list;
  *count = e->job_count;
  return OK;
}

static const job_type *find_job(const engine *e, str name) {
  for (size_t i = 0; i < e->job_count; i++) {
    if (str_eq(name, str_from(e->jobs[i]->name))) return e->jobs[i];
  }
  return NULL;
}

status engine_list_job_runs(ctx *c, engine *e, db *d, str name, int64_t before, size_t max,
                            job_run_brief **out, size_t *count) {
  const job_type *job = find_job(e, name);
  if (job == NULL) return fail(c, E_NOT_FOUND, "There is no job \"%.*s\".", STR_ARGS(name));
  job_run_brief *list = ARENA_ARRAY(c->arena, job_run_brief, max);
  db_rows *rows;
  *count = 0;
  TRY(db_query(c, d, &rows,
               "select slot, at, report from engine_job_run where name = ?1"
               " and slot < ?2 order by slot desc limit ?3",
               DB_TEXT(name), DB_INT(before != 0 ? before : INT64_MAX), DB_INT(max)));
  while (*count < max && db_next(rows)) {
    job_run_brief *run = &list[(*count)++];
    *run = (job_run_brief){.name = str_from(job->name),
                           .slot = db_get_int(rows, 0),
                           .at = db_get_int(rows, 1),
                           .report = db_keep_text(rows, 2, c->arena)};
    if (job->every_s == 0) run->business_date = (date)run->slot;
  }
  *out = list;
  return db_done(c, rows);
}
