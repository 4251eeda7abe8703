/* api.c - the desk's routes in one table, and the small ones: proofs, saved views, jobs. Flows and
 * series are in the api_*.c files beside. */
#include "modules/desk/inside.h"

extern const char desk_schema_sql[];
static const db_schema schema = {"desk", desk_schema_sql};

static const field page_fields[] = {F_PAGE(page_query)};
SHAPE(desk_page_shape, "Page", page_query, page_fields);

/* --- proofs ----------------------------------------------------------------------------------- */

static const field proof_step_fields[] = {
    F_ENUM(proof_step_row, step, 0, proof_steps, "What is proved."),
    F_ENUM(proof_step_row, state, 0, proof_states, "How it stands."),
    F_STR(proof_step_row, violation, FIELD_OMIT_ZERO, 0, 0, "What does not hold."),
    F_JSON(proof_step_row, figures, 0, 0, "How much was looked at."),
    F_TIME(proof_step_row, began_at, FIELD_OMIT_ZERO, "When it began."),
    F_TIME(proof_step_row, ended_at, FIELD_OMIT_ZERO, "When it ended."),
};
static SHAPE(proof_step_shape, "ProofStep", proof_step_row, proof_step_fields);
static const field proof_fields[] = {
    F_ID(proof_row, proof, 0, ID_PROOF, "The proof."),
    F_ENUM(proof_row, state, 0, proof_states, "How it stands."),
    F_ID(proof_row, asked_by, 0, ID_USER, "Who asked for it."),
    F_TIME(proof_row, asked_at, 0, "When."),
    F_TIME(proof_row, ended_at, FIELD_OMIT_ZERO, "When it ended."),
    F_ARRAY(proof_row, steps, 0, 0, 0, &proof_step_shape, "What is proved, in order."),
};
SHAPE(desk_proof_shape, "Proof", proof_row, proof_fields);

DESK_READ(desk_read_proof) { return desk_load_proof(c, d, r->params[0], out); }

DESK_READ(desk_read_proofs) {
  id before;
  int64_t max;
  size_t count = 0;
  TRY(identity_page_open(c, r->query, &before, &max));
  proof_row *items = ARENA_ARRAY(c->arena, proof_row, (size_t)max);
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select proof from desk_proof where proof < ?1 order by proof desc"
               " limit ?2",
               DB_INT(before != 0 ? before : INT64_MAX), DB_INT(max)));
  while ((int64_t)count < max && db_next(rows))
    items[count++].proof = db_get_int(rows, 0);
  TRY(db_done(c, rows));
  for (size_t i = 0; i < count; i++)
    TRY(desk_load_proof(c, d, items[i].proof, &items[i]));
  identity_page_close(c, out, items, count, max, count > 0 ? items[count - 1].proof : 0);
  return OK;
}

DESK_PREPARE(desk_prepare_proof) {
  bool is_staff = r->who.kind == ACTOR_OPERATOR || r->who.kind == ACTOR_SUPERVISOR;
  if (!is_staff) return fail(c, E_FORBIDDEN, "Proofs are for operators and the supervisor.");
  proof_row *p = ARENA_NEW(c->arena, proof_row);
  cmd->type = &desk_ask_proof;
  cmd->state = p;
  *out = p;
  return OK;
}

/* --- saved views ------------------------------------------------------------------------------ */

enum { VIEWS_MAX = 200, QUERY_MAX = 4096 };

typedef struct view_row {
  id view, owner;
  str page, name, query;
  instant made_at;
  int64_t had; /* by load */
} view_row;
static const field view_in_fields[] = {
    F_STR(view_row, page, FIELD_REQUIRED, 1, 60, "Which list it is a view of."),
    F_STR(view_row, name, FIELD_REQUIRED, 1, 60, "What it is called."),
    F_JSON(view_row, query, FIELD_REQUIRED, QUERY_MAX, "Its filters, a JSON object."),
};
SHAPE(desk_view_in_shape, "NewView", view_row, view_in_fields);
static const field view_fields[] = {
    F_ID(view_row, view, 0, ID_VIEW, "The view."),
    F_STR(view_row, page, 0, 0, 0, "Which list it is a view of."),
    F_STR(view_row, name, 0, 0, 0, "What it is called."),
    F_JSON(view_row, query, 0, 0, "Its filters."),
    F_TIME(view_row, made_at, 0, "When it was saved."),
};
SHAPE(desk_view_shape, "View", view_row, view_fields);

typedef struct view_query {
  int64_t limit;
  str after, page;
} view_query;
static const field view_query_fields[] = {
    F_PAGE(view_query),
    F_STR(view_query, page, 0, 0, 60, "Of this list only."),
};
SHAPE(desk_view_query_shape, "ViewQuery", view_query, view_query_fields);

DESK_READ(desk_read_views) {
  const view_query *q = r->query;
  view_row *items = ARENA_ARRAY(c->arena, view_row, VIEWS_MAX);
  size_t count = 0;
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select view_id, page, name, query, made_at from desk_view where owner = ?1"
               " and (?2 = '' or page = ?2) order by view_id limit ?3",
               DB_INT(r->who.actor), DB_TEXT(q->page.at != NULL ? q->page : STR("")),
               DB_INT(VIEWS_MAX)));
  while (count < VIEWS_MAX && db_next(rows))
    items[count++] = (view_row){.view = db_get_int(rows, 0),
                                .page = db_keep_text(rows, 1, c->arena),
                                .name = db_keep_text(rows, 2, c->arena),
                                .query = db_keep_text(rows, 3, c->arena),
                                .made_at = db_get_int(rows, 4)};
  ((list_out *)out)->items = (field_array){items, count};
  return db_done(c, rows);
}

static status view_load(ctx *c, tx *t, void *state) {
  view_row *v = state;
  db_rows *rows;
  TRY(db_query(c, tx_db(t), &rows, "select count(*) from desk_view where owner = ?1",
               DB_INT(tx_who(t).actor)));
  v->had = db_next(rows) ? db_get_int(rows, 0) : 0;
  return db_done(c, rows);
}

static status view_decide(ctx *c, tx *t, void *state) {
  view_row *v = state;
  if (v->had >= VIEWS_MAX)
    return fail(c, E_RULE, "At most %d views can be saved; drop one first.", VIEWS_MAX);
  v->view = id_next(c);
  v->owner = tx_who(t).actor;
  v->made_at = c->now;
  return OK;
}

static status view_write(ctx *c, tx *t, void *state) {
  const view_row *v = state;
  return db_run(c, tx_db(t),
                "insert into desk_view (owner, view_id, page, name, query, made_at)"
                " values (?1, ?2, ?3, ?4, ?5, ?6)",
                DB_INT(v->owner), DB_INT(v->view), DB_TEXT(v->page), DB_TEXT(v->name),
                DB_TEXT(v->query), DB_INT(v->made_at));
}
static const command_type view_save = {.name = "view.save",
                                       .flags = COMMAND_QUIET,
                                       .load = view_load,
                                       .decide = view_decide,
                                       .write = view_write};

DESK_PREPARE(desk_prepare_view) {
  view_row *v = ARENA_NEW(c->arena, view_row);
  *v = *(const view_row *)r->in;
  cmd->type = &view_save;
  cmd->state = v;
  *out = v;
  return OK;
}

static status drop_load(ctx *c, tx *t, void *state) {
  view_row *v = state;
  db_rows *rows;
  v->owner = tx_who(t).actor;
  TRY(db_query(c, tx_db(t), &rows,
               "select page, name, query, made_at from desk_view where owner = ?1 and view_id = ?2"
               " for update",
               DB_INT(v->owner), DB_INT(v->view)));
  v->had = db_next(rows);
  if (v->had) {
    v->page = db_keep_text(rows, 0, c->arena);
    v->name = db_keep_text(rows, 1, c->arena);
    v->query = db_keep_text(rows, 2, c->arena);
    v->made_at = db_get_int(rows, 3);
  }
  return db_done(c, rows);
}

static status drop_decide(ctx *c, tx *t, void *state) {
  UNUSED(t);
  return ((view_row *)state)->had ? OK : fail(c, E_NOT_FOUND, "There is no such view.");
}

static status drop_write(ctx *c, tx *t, void *state) {
  const view_row *v = state;
  return db_run(c, tx_db(t), "delete from desk_view where owner = ?1 and view_id = ?2",
                DB_INT(v->owner), DB_INT(v->view));
}
static const command_type view_drop = {.name = "view.drop",
                                       .flags = COMMAND_QUIET,
                                       .load = drop_load,
                                       .decide = drop_decide,
                                       .write = drop_write};

DESK_PREPARE(desk_prepare_drop_view) {
  view_row *v = ARENA_NEW(c->arena, view_row);
  v->view = r->params[0];
  cmd->type = &view_drop;
  cmd->state = v;
  *out = v;
  return OK;
}

/* --- jobs ------------------------------------------------------------------------------------- */

static const field job_fields[] = {
    F_STR(job_brief, name, 0, 0, 0, "The job."),
    F_STR(job_brief, doc, 0, 0, 0, "What it does."),
    F_INT(job_brief, every_s, 0, 0, 0, "Every so many seconds; 0: once a business date."),
    F_TIME(job_brief, last_at, 0, "When it last ran, business time."),
    F_STR(job_brief, last_report, FIELD_OMIT_ZERO, 0, 0, "What it said then."),
};
SHAPE(desk_job_shape, "Job", job_brief, job_fields);
static const field job_run_fields[] = {
    F_STR(job_run_brief, name, 0, 0, 0, "The job."),
    F_INT(job_run_brief, slot, 0, 0, 0, "Which run: days since 1970, or a slot of its interval."),
    F_DATE(job_run_brief, business_date, 0, "The business date it was for; null for intervals."),
    F_TIME(job_run_brief, at, 0, "When it ended, business time."),
    F_STR(job_run_brief, report, FIELD_OMIT_ZERO, 0, 0, "What it said."),
};
SHAPE(desk_job_run_shape, "JobRun", job_run_brief, job_run_fields);

DESK_READ(desk_read_jobs) {
  job_brief *jobs;
  size_t count;
  TRY(engine_list_jobs(c, r->engine, d, &jobs, &count));
  ((list_out *)out)->items = (field_array){jobs, count};
  return OK;
}

DESK_READ(desk_read_job_runs) {
  int64_t before;
  int64_t max;
  job_run_brief *runs;
  size_t count;
  TRY(identity_page_open(c, r->query, &before, &max));
  TRY(engine_list_job_runs(c, r->engine, d, r->param_text[0], before, (size_t)max, &runs, &count));
  identity_page_close(c, out, runs, count, max, count > 0 ? runs[count - 1].slot : 0);
  return OK;
}

typedef struct job_in {
  date business_date;
} job_in;
static const field job_in_fields[] = {
    F_DATE(job_in, business_date, FIELD_REQUIRED,
           "The date to run it for; a date it has run for is not run again."),
};
SHAPE(desk_job_in_shape, "JobRunNow", job_in, job_in_fields);
typedef struct job_out {
  str name, report;
  date business_date;
} job_out;
static const field job_out_fields[] = {
    F_STR(job_out, name, 0, 0, 0, "The job."),
    F_DATE(job_out, business_date, 0, "The date it ran for."),
    F_STR(job_out, report, FIELD_OMIT_ZERO, 0, 0, "What it said."),
};
SHAPE(desk_job_out_shape, "JobRan", job_out, job_out_fields);

/* The running was done in prepare; the command leaves its line in the audit trail. */
static status job_decide(ctx *c, tx *t, void *state) {
  UNUSED(c);
  UNUSED(t);
  UNUSED(state);
  return OK;
}
static const command_type job_ran = {.name = "job.run", .decide = job_decide};

DESK_PREPARE(desk_prepare_job) {
  const job_in *in = r->in;
  job_out *o = ARENA_NEW(c->arena, job_out);
  if (in->business_date > c->today)
    return fail_field(c, E_RULE, STR("/business_date"), "This business date has not begun yet.");
  *o = (job_out){.name = r->param_text[0], .business_date = in->business_date};
  TRY(engine_run_job(c, r->engine, o->name, in->business_date, &o->report));
  cmd->type = &job_ran;
  *out = o;
  return OK;
}

/* --- the table -------------------------------------------------------------------------------- */

#define READ(path, scope, flags, summary, query, out, read) \
  { GET, path, scope, flags, summary, query, NULL, out, read, NULL, NULL, 0 }
#define WRITE(method, path, scope, flags, summary, in, out, prepare) \
  { method, path, scope, flags, summary, NULL, in, out, NULL, prepare, NULL, 0 }

static const route routes[] = {
    READ("/v1/now", SCOPE_SUPERVISE, 0, "The market at this moment, for a dashboard", NULL,
         &desk_now_shape, desk_read_now),
    READ("/v1/series", SCOPE_SUPERVISE, 0, "What happened, by the day or hour",
         &desk_series_query_shape, &desk_point_shape, desk_read_series),
    READ("/v1/engine/minutes", SCOPE_SUPERVISE, 0, "Queue and commits, by the minute",
         &desk_health_query_shape, &desk_health_shape, desk_read_health),
    READ("/v1/flows", SCOPE_SUPERVISE, 0, "Money between kinds of account over a period",
         &desk_flow_query_shape, &desk_flow_shape, desk_read_flows),
    READ("/v1/postings", SCOPE_SUPERVISE, ROUTE_LIST,
         "The postings of a period and flow; a page may be short before the end",
         &desk_posting_query_shape, &desk_posting_shape, desk_read_postings),
    READ("/v1/campaigns/{cmp}/burn-down", SCOPE_SUPERVISE, 0, "A campaign's money, day by day",
         NULL, &desk_burn_shape, desk_read_burn_down),

    /* A supervisor writes with the scope "self" alone; a proof changes nothing of the market. */
    WRITE(POST, "/v1/proofs", SCOPE_SELF, ROUTE_NO_BODY | ROUTE_CREATED,
          "Prove the books now, step by step", NULL, &desk_proof_shape, desk_prepare_proof),
    READ("/v1/proofs", SCOPE_SUPERVISE, ROUTE_LIST, "Proofs asked for, newest first",
         &desk_page_shape, &desk_proof_shape, desk_read_proofs),
    READ("/v1/proofs/{prf}", SCOPE_SUPERVISE, 0, "How a proof stands", NULL, &desk_proof_shape,
         desk_read_proof),

    READ("/v1/views", SCOPE_SELF, ROUTE_LIST, "One's saved views", &desk_view_query_shape,
         &desk_view_shape, desk_read_views),
    WRITE(POST, "/v1/views", SCOPE_SELF, ROUTE_CREATED, "Save a view of a list",
          &desk_view_in_shape, &desk_view_shape, desk_prepare_view),
    WRITE(DELETE, "/v1/views/{vew}", SCOPE_SELF, ROUTE_NO_BODY, "Drop a saved view", NULL,
          &desk_view_shape, desk_prepare_drop_view),

    READ("/v1/jobs", SCOPE_SUPERVISE, ROUTE_LIST, "Jobs and when they last ran", &desk_page_shape,
         &desk_job_shape, desk_read_jobs),
    READ("/v1/jobs/{text}/runs", SCOPE_SUPERVISE, ROUTE_LIST, "A job's runs, newest first",
         &desk_page_shape, &desk_job_run_shape, desk_read_job_runs),
    WRITE(POST, "/v1/jobs/{text}/run", SCOPE_OPERATE, ROUTE_SLOW,
          "Run a job for a business date, unless it has run", &desk_job_in_shape,
          &desk_job_out_shape, desk_prepare_job),
};

static const job_type *const jobs[] = {&desk_roll_job};
static const task_type *const tasks[] = {&desk_prove_task};

const module desk_module = {.name = "desk",
                            .schema = &schema,
                            .routes = routes,
                            .route_count = COUNT_OF(routes),
                            .jobs = jobs,
                            .job_count = COUNT_OF(jobs),
                            .tasks = tasks,
                            .task_count = COUNT_OF(tasks)};
