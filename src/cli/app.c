/* app.c - the running application: the one place where modules, engine and store are wired
 * together, and the only one that reads the system's clock and randomness. */
#include "cli/cli.h"
#include "modules/books/books.h"
#include "modules/channels/channels.h"
#include "modules/commerce/commerce.h"
#include "modules/desk/desk.h"
#include "modules/institutions/institutions.h"
#include "modules/logistics/logistics.h"
#include "modules/payment/payment.h"
#include <sodium.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

const module *const app_modules[] = {&identity_module, &books_module,     &payment_module,
                                     &commerce_module, &logistics_module, &institutions_module,
                                     &desk_module,     &time_module};
const size_t app_module_count = COUNT_OF(app_modules);

enum { SCHEMAS_MAX = 32, JOBS_MAX = 64, TASKS_MAX = 64, CLI_NODE = 1, EXIT_BROKEN = 70 };
enum { WAIT_MAX_US = 5000000 }; /* who would wait longer in line is told to come back */

instant app_real_clock(void *arg) {
  UNUSED(arg);
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (instant)t.tv_sec * MICROS_PER_SECOND + t.tv_nsec / 1000;
}

static uint64_t random_seed(void) {
  uint64_t seed = 0;
  randombytes_buf(&seed, sizeof seed);
  return seed;
}

void app_ctx(arena *a, ctx *out) {
  if (sodium_init() < 0) abort(); /* no randomness: nothing here may run */
  *out = (ctx){.arena = a, .real_now = app_real_clock(NULL)};
  out->now = out->real_now;
  out->today = instant_date(out->now, 0);
  out->random = rng_open(a, random_seed());
  out->ids = id_source_open(a, CLI_NODE, 0, app_real_clock, NULL);
}

typedef struct parts {
  db_schema schemas[SCHEMAS_MAX];
  const job_type *jobs[JOBS_MAX];
  const task_type *tasks[TASKS_MAX];
  engine_parts table;
} parts;

/* All that modules and engine name to tx_recall. */
static const char kept_tables[] = "offer shop variant product contract stock price_period "
                                  "points_program campaign ledger_period";

static void gather_parts(parts *p) {
  p->schemas[0] = ledger_schema;
  p->schemas[1] = engine_schema;
  size_t schemas = 2, jobs = 0, tasks = 0;
  for (size_t m = 0; m < app_module_count; m++) {
    const module *mod = app_modules[m];
    if (mod->schema != NULL) p->schemas[schemas++] = *mod->schema;
    for (size_t i = 0; i < mod->job_count; i++)
      p->jobs[jobs++] = mod->jobs[i];
    for (size_t i = 0; i < mod->task_count; i++)
      p->tasks[tasks++] = mod->tasks[i];
  }
  assert(schemas <= SCHEMAS_MAX && jobs <= JOBS_MAX && tasks <= TASKS_MAX);
  p->table = (engine_parts){p->schemas, schemas, p->jobs, jobs, p->tasks, tasks, kept_tables};
}

/* The market's time zone is known only once it was set up; the store's own row wins over the
 * default. *d stays open until the engine has the store: the last one to close a file moves its
 * log, and nobody would hear of a sync that failed then. */
static int stored_utc_offset(ctx *c, const app_options *o, db **d) {
  market m = {0};
  if (db_open(c, o->db_url, DB_READ, o->vfs, d) != OK) return fault_clear(c), 0;
  status s = identity_market(c, *d, &m);
  fault_clear(c);
  return s == OK ? m.utc_offset_minutes : 0;
}

/* A sync failed: what is on the disk is not known, so nothing more may be promised. A supervisor
 * starts the program again and it recovers. */
static void stop_broken(void *arg) {
  UNUSED(arg);
  log_line(LOG_ERROR, "engine.broken", "a commit could not be made durable; stopping");
  _exit(EXIT_BROKEN);
}

/* What modules tell one another, once a process: a simulation opens many applications in one. */
static void wire_modules(void) {
  static bool is_wired;
  if (is_wired) return;
  is_wired = true;
  channels_register();
  payment_register();
  commerce_register();
}

static status open_engine(app *a, const app_options *o) {
  parts *p = ARENA_NEW(a->arena, parts);
  db *reader = NULL;
  gather_parts(p);
  engine_options e = {.db_url = o->db_url,
                      .node = CLI_NODE,
                      .lanes = o->lanes > 0 ? o->lanes : 1,
                      .queue_max = 65536,
                      .wait_max_us = WAIT_MAX_US,
                      .group_max = o->group_max > 0 ? o->group_max : 4096,
                      .cache_accounts = 1 << 20,
                      .vfs = o->vfs,
                      .utc_offset_minutes = stored_utc_offset(&a->ctx, o, &reader),
                      .calendar = o->calendar != NULL ? o->calendar : "every-day",
                      .sandbox = o->sandbox,
                      .real_clock = o->clock != NULL ? o->clock : app_real_clock,
                      .clock_arg = o->world,
                      .seed = o->seed != 0 ? o->seed : random_seed(),
                      .task_threads = o->task_threads,
                      .gather_us = o->gather_us,
                      .on_broken = o->on_broken != NULL ? o->on_broken : stop_broken,
                      .broken_arg = o->world};
  institutions_allow_private(o->sandbox);
  wire_modules();
  status s = engine_open(&a->ctx, &e, &p->table, &a->engine);
  db_close(reader);
  TRY(s);
  s = o->threads ? engine_start(&a->ctx, a->engine) : OK;
  if (s != OK) engine_close(a->engine);
  return s;
}

status app_open(const app_options *options, app **out, ctx *report) {
  arena *own = arena_open((size_t)256 << 20);
  if (own == NULL) return fail(report, E_NO_MEMORY, "There is not enough memory to start.");
  app *a = ARENA_NEW(own, app);
  a->arena = own;
  a->options = *options;
  a->options.db_url = str_copy(own, options->db_url);
  app_ctx(own, &a->ctx);
  status s = open_engine(a, &a->options);
  if (s != OK) {
    report->fault = a->ctx.fault;
    report->fault.detail = str_copy(report->arena, a->ctx.fault.detail);
    arena_close(own);
    return s;
  }
  *out = a;
  return OK;
}

void app_close(app *a) {
  if (a->options.threads) engine_stop(a->engine);
  engine_close(a->engine);
  arena_close(a->arena);
}

status app_read_store(ctx *c, const char *url, db **out) {
  return db_open(c, str_from(url), DB_READ, NULL, out);
}

status app_migrate_store(ctx *c, db *d) {
  parts *p = ARENA_NEW(c->arena, parts);
  gather_parts(p);
  return db_migrate(c, d, p->table.schemas, p->table.schema_count);
}

status app_migrate(ctx *c, const char *url) {
  db *d = NULL;
  TRY(db_open(c, str_from(url), DB_WRITE, NULL, &d));
  status s = app_migrate_store(c, d);
  db_close(d);
  return s;
}
