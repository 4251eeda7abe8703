/* world.c - the made-up world's life: its disk and clock, the program's process that ends and
 * starts again, faults that are planned at random. It promises that nothing in a run depends on the
 * real clock, the real disk or real randomness; only the master key lies in a real file, which a
 * store always has beside it. */
#include "cli/sim/sim.h"
#include "cli/commands.h"
#include "cli/sim/model.h"

#include <errno.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  START_DATE = 20400, /* 2025-11-08 */
  STARTS_MAX = 60,
  MEMORY = 64 << 20,
  SCRATCH = 256 << 20,
  CUT_WITHIN = 120, /* writes and syncs */
  ENDED_MAX = 16384,
};

void world_fail(world *w, const char *format, ...) {
  if (w->failed) return;
  w->failed = true;
  int len = snprintf(w->why, sizeof w->why, "step %lld: ", (long long)w->op);
  va_list args;
  va_start(args, format);
  vsnprintf(w->why + len, sizeof w->why - (size_t)len, format, args);
  va_end(args);
}

int64_t draw(world *w, int64_t bound) { return (int64_t)rng_below(w->random, (uint64_t)bound); }
bool chance(world *w, int64_t one_in) { return draw(w, one_in) == 0; }

/* --- what the system would give: time and randomness ------------------------------------------ */

static instant read_clock(void *arg) { return ((world *)arg)->real; }

static uint64_t random_state; /* libsodium knows one source of randomness a process */

static uint32_t next_random(void) {
  random_state = hash64(&random_state, sizeof random_state, 11);
  return (uint32_t)random_state;
}

static void fill_random(void *const into, const size_t size) {
  unsigned char *bytes = into;
  for (size_t i = 0; i < size; i++)
    bytes[i] = (unsigned char)next_random();
}

static const char *random_name(void) { return "simulation"; }

static randombytes_implementation made_up = {
    .implementation_name = random_name, .random = next_random, .buf = fill_random};

void world_enters(world *w) {
  if (w->on_side != NULL) w->on_side(true);
}
void world_leaves(world *w) {
  if (w->on_side != NULL) w->on_side(false);
}

/* --- the process ------------------------------------------------------------------------------ */

static void on_broken(void *arg) {
  world *w = arg;
  w->broken = true;
  if (fault_vfs_syncs_after_failure(w->disk) > 0)
    world_fail(w, "a sync failed and another one was asked for");
}

bool world_is_dead(world *w) {
  bool dead = w->broken || fault_vfs_is_off(w->disk);
  if (!dead && fault_vfs_has_failed_sync(w->disk))
    world_fail(w, "a sync failed and the program went on");
  return dead;
}

enum { REPAIRED_AFTER = 3, STARTED_AGAIN_AFTER = 12 };

/* What was once read wrong may stay in a cache: who keeps being refused starts the program again.
 */
void world_repair(world *w, int tries) {
  if (tries == STARTED_AGAIN_AFTER && !world_is_dead(w)) world_restart(w);
  if (tries < REPAIRED_AFTER) return;
  if (w->full) fault_vfs_limit_bytes(w->disk, -1);
  w->full = false;
  if (!w->sticky) return;
  w->sticky = false;
  if (w->repair_memory != NULL) w->repair_memory(0, 0);
  world_no_faults(w);
}

static app_options options_of(world *w) {
  bool lazy = w->plant == PLANT_NORMAL;
  return (app_options){.db_url =
                           lazy ? STR("sqlite:/sim.db?synchronous=NORMAL") : STR("sqlite:/sim.db"),
                       .sandbox = true,
                       .vfs = "tael-sim",
                       .clock = read_clock,
                       .world = w,
                       .seed = w->seed + 1,
                       .on_broken = on_broken};
}

/* The planted fault of a read without its tenant: the route's own handler, asked as an operator. */
static status (*read_order)(ctx *c, const request *r, db *d, void *out);

static status read_any_order(ctx *c, const request *r, db *d, void *out) {
  request careless = *r;
  careless.who.kind = ACTOR_OPERATOR;
  return read_order(c, &careless, d, out);
}

static const module *without_tenants(arena *a, const module *from) {
  module *m = ARENA_NEW(a, module);
  route *routes = ARENA_ARRAY(a, route, from->route_count);
  memcpy(routes, from->routes, from->route_count * sizeof *routes);
  *m = *from;
  m->routes = routes;
  for (size_t i = 0; i < from->route_count; i++) {
    if (routes[i].method != GET || strcmp(routes[i].path, "/v1/orders/{ord}") != 0) continue;
    read_order = routes[i].read;
    routes[i].read = read_any_order;
  }
  return m;
}

static status open_http(world *w, ctx *report, app *a, http **out) {
  const module **modules = ARENA_ARRAY(a->arena, const module *, app_module_count);
  for (size_t i = 0; i < app_module_count; i++) {
    bool careless = w->plant == PLANT_TENANT && strcmp(app_modules[i]->name, "commerce") == 0;
    modules[i] = careless ? without_tenants(a->arena, app_modules[i]) : app_modules[i];
  }
  http_options web = {.modules = modules,
                      .module_count = app_module_count,
                      .engine = a->engine,
                      .auth = identity_auth,
                      .limits = http_default_limits,
                      .workers = 1};
  return http_open(report, &web, out);
}

status world_open_process(world *w) {
  ctx report = {.arena = w->scratch, .real_now = w->real};
  app_options o = options_of(w);
  identity_market_forget();
  w->broken = false;
  TRY(app_open(&o, &w->app, &report));
  if (w->plant == PLANT_LOCK && !w->quiet_faults) {
    TRY(app_open(&o, &w->second, &report));
    TRY(open_http(w, &report, w->second, &w->second_http));
  }
  bank_register(w);
  return open_http(w, &report, w->app, &w->http);
}

void world_close_process(world *w) {
  http_close(w->http);
  http_close(w->second_http);
  if (w->second != NULL) app_close(w->second);
  if (w->app != NULL) app_close(w->app);
  w->http = w->second_http = NULL;
  w->app = w->second = NULL;
}

/* The power may go again while the store recovers; faults may meet the opening too. */
void world_start(world *w) {
  for (int i = 0; i < STARTS_MAX && !w->failed; i++) {
    fault_vfs_power_on(w->disk);
    if (!w->quiet_faults && chance(w, 4))
      fault_vfs_power_cut_after(w->disk, 1 + (uint64_t)draw(w, CUT_WITHIN));
    arena_reset(w->scratch);
    world_enters(w);
    status s = world_open_process(w);
    world_leaves(w);
    if (s == OK) return;
    world_repair(w, i);
    world_close_process(w);
    world_no_faults(w);
    w->restarts++;
  }
  world_fail(w, "the store does not open again");
}

void world_restart(world *w) {
  if (w->trace != NULL)
    fprintf(w->trace, "%lld restart%s\n", (long long)w->op,
            fault_vfs_is_off(w->disk) ? ", the power went" : "");
  bool cut = fault_vfs_is_off(w->disk) || chance(w, 2); /* the machine goes with the process */
  if (cut && !fault_vfs_is_off(w->disk)) fault_vfs_power_cut(w->disk);
  if (!cut && w->broken) fault_vfs_kill(w->disk); /* it ended at once: nothing was closed */
  w->cuts += cut;
  w->restarts++;
  world_close_process(w);
  world_start(w);
}

/* --- faults ----------------------------------------------------------------------------------- */

void world_no_faults(world *w) {
  for (int op = 0; op < FAULT_OP_COUNT; op++)
    fault_vfs_fail_nth(w->disk, (fault_op)op, 0, false, SQLITE_OK);
  fault_vfs_power_cut_after(w->disk, 0);
}

void world_plan_faults(world *w) {
  static const int errors[FAULT_OP_COUNT] = {[FAULT_READ] = SQLITE_IOERR_READ,
                                             [FAULT_WRITE] = SQLITE_IOERR_WRITE,
                                             [FAULT_SYNC] = SQLITE_IOERR_FSYNC,
                                             [FAULT_OPEN] = SQLITE_CANTOPEN,
                                             [FAULT_LOCK] = SQLITE_IOERR_LOCK};
  if (w->quiet_faults || !chance(w, 12)) return;
  if (chance(w, 2)) {
    fault_vfs_power_cut_after(w->disk, 1 + (uint64_t)draw(w, CUT_WITHIN));
    return;
  }
  fault_op op = (fault_op)draw(w, FAULT_OP_COUNT);
  int error = op == FAULT_WRITE && chance(w, 2) ? SQLITE_FULL : errors[op];
  fault_vfs_fail_nth(w->disk, op, 1 + (uint64_t)draw(w, 30), false, error);
  w->io_faults++;
}

/* --- time ------------------------------------------------------------------------------------- */

instant world_now(const world *w) { return engine_now(w->app->engine); }

static status tick_decide(ctx *c, tx *t, void *state) {
  UNUSED(c);
  UNUSED(t);
  UNUSED(state);
  return OK;
}
static const command_type tick = {"sim.tick", COMMAND_QUIET, NULL, tick_decide, NULL};

void world_tick(world *w) {
  for (int i = 0; i < STARTS_MAX && !w->failed; i++) {
    ctx c;
    arena_reset(w->scratch);
    engine_ctx(w->app->engine, w->scratch, &c);
    world_enters(w);
    status s = engine_call(&c, w->app->engine, &tick, NULL, engine_system(w->app->engine));
    world_leaves(w);
    world_repair(w, i);
    if (world_is_dead(w)) {
      world_restart(w);
    } else if (s == OK) {
      model_time_passes(w);
      return;
    }
  }
  world_fail(w, "the engine does not come to rest");
}

void world_sleep(world *w, int64_t seconds) {
  w->real += seconds * MICROS_PER_SECOND;
  world_tick(w);
}

/* --- work after the commit -------------------------------------------------------------------- */

static status count_tasks(ctx *c, engine *e, int64_t *out) {
  db_rows *rows;
  db *reader = engine_reader(e, c);
  if (reader == NULL) return E_STORE;
  status s = db_query0(c, reader, &rows, "select count(*) from engine_task where state = 0");
  if (s == OK) {
    *out = db_next(rows) ? db_get_int(rows, 0) : 0;
    s = db_done(c, rows);
  }
  engine_reader_done(e, reader);
  return s;
}

static status read_ended(ctx *c, db *reader, ended_attempt *list, size_t *count) {
  db_rows *rows;
  *count = 0;
  TRY(db_query0(c, reader, &rows,
                "select attempt_id, original, kind, state, amount, token from payment_attempt"
                " where state > 1 order by attempt_id"));
  while (db_next(rows) && *count < ENDED_MAX) {
    ended_attempt *a = &list[(*count)++];
    *a = (ended_attempt){.attempt = db_get_int(rows, 0),
                         .original = db_get_int(rows, 1),
                         .kind = (int)db_get_int(rows, 2),
                         .state = (int)db_get_int(rows, 3),
                         .amount = db_get_int(rows, 4)};
    snprintf(a->token, sizeof a->token, "%.*s", STR_ARGS(db_get_text(rows, 5)));
  }
  return db_done(c, rows);
}

bool world_ended_attempts(world *w, ended_attempt **out, size_t *count) {
  *out = ARENA_ARRAY(w->step, ended_attempt, ENDED_MAX);
  for (int i = 0; i < STARTS_MAX && !w->failed; i++) {
    ctx c;
    arena_reset(w->scratch);
    engine_ctx(w->app->engine, w->scratch, &c);
    db *reader = engine_reader(w->app->engine, &c);
    status s = reader == NULL ? E_STORE : read_ended(&c, reader, *out, count);
    engine_reader_done(w->app->engine, reader);
    if (s == OK) return true;
    world_repair(w, i);
    if (world_is_dead(w)) world_restart(w);
  }
  world_fail(w, "the journal of attempts can't be read");
  return false;
}

void world_run_tasks(world *w) {
  for (int i = 0; i < STARTS_MAX && !w->failed; i++) {
    ctx c;
    int64_t left = 1;
    arena_reset(w->scratch);
    engine_ctx(w->app->engine, w->scratch, &c);
    world_enters(w);
    engine_run_tasks(&c, w->app->engine, 1000);
    world_leaves(w);
    bool dead = world_is_dead(w);
    world_repair(w, i);
    if (dead) world_restart(w);
    if (!dead && count_tasks(&c, w->app->engine, &left) == OK && left == 0) {
      model_bank_news(w);
      return;
    }
    world_sleep(w, 20 + i * 60); /* what failed is tried again later */
  }
  world_fail(w, "work after the commit never ends");
}

void world_checkpoint(world *w) {
  ctx c;
  db *d = NULL;
  arena_reset(w->scratch);
  engine_ctx(w->app->engine, w->scratch, &c);
  if (db_open(&c, options_of(w).db_url, DB_READ, "tael-sim", &d) == OK) {
    engine_checkpoint(&c, w->app->engine, d);
    db_close(d);
  }
  if (world_is_dead(w)) world_restart(w);
}

/* --- opening and closing ---------------------------------------------------------------------- */

static void make_folder(world *w) {
  const char *base = getenv("TMPDIR");
  snprintf(w->folder, sizeof w->folder, "%s/tael-sim-XXXXXX", base != NULL ? base : "/tmp");
  if (mkdtemp(w->folder) == NULL) {
    world_fail(w, "cannot make a folder for the key: %s", strerror(errno));
    return;
  }
  char key[220];
  snprintf(key, sizeof key, "%s/key", w->folder);
  setenv("TAEL_MASTER_KEY_FILE", key, 1);
}

world *world_open(uint64_t seed, int64_t ops, plant what) {
  world *w = calloc(1, sizeof *w);
  if (w == NULL) abort();
  w->memory = arena_open(MEMORY);
  w->step = arena_open(SCRATCH);
  w->scratch = arena_open(SCRATCH);
  if (w->memory == NULL || w->step == NULL || w->scratch == NULL) abort();
  w->seed = seed;
  w->ops = ops;
  w->plant = what;
  w->quiet_faults = true;
  w->random = rng_open(w->memory, seed);
  w->real = instant_from_date(START_DATE, 0) + 4 * 3600 * MICROS_PER_SECOND;
  w->model = ARENA_NEW(w->memory, model);
  random_state = seed;
  randombytes_set_implementation(&made_up);
  sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, (int)seed + 1, NULL);
  make_folder(w);
  w->disk = fault_vfs_register("tael-sim", seed);
  fault_vfs_never_wait(w->disk);
  if (!w->failed) world_start(w);
  return w;
}

void world_close(world *w) {
  char key[220];
  world_close_process(w);
  fault_vfs_unregister(w->disk);
  model_release(w->model);
  free(w->bank.records);
  snprintf(key, sizeof key, "%s/key", w->folder);
  unlink(key);
  rmdir(w->folder);
  arena_close(w->scratch);
  arena_close(w->step);
  arena_close(w->memory);
  free(w);
}
