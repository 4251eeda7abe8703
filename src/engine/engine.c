/* engine.c - an engine's life: opening a store for writing, the connections it reads by, contexts,
 * health. It promises that whoever opened holds the store's lane until engine_close. The work
 * itself is in group.c. */
#include "engine/internal.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

extern const char engine_schema_sql[];
const db_schema engine_schema = {"engine", engine_schema_sql};

enum { ENGINE_ARENA = 1 << 20, GROUP_ARENA = 512 << 20 };

static void check_options(engine_options *o) {
  if (o->lanes < 1) o->lanes = 1;
  if (o->lanes > LANES_MAX) o->lanes = LANES_MAX;
  if (o->queue_max == 0) o->queue_max = 65536;
  if (o->group_max == 0) o->group_max = 8192;
  if (o->cache_accounts == 0) o->cache_accounts = 100000;
  if (o->calendar == NULL) o->calendar = "every-day";
  if (o->task_threads < 0) o->task_threads = 0;
  if (o->task_threads > TASK_THREADS_MAX) o->task_threads = TASK_THREADS_MAX;
}

static status open_fields(ctx *c, engine *e, const engine_options *options,
                          const engine_parts *parts) {
  e->options = *options;
  check_options(&e->options);
  atomic_init(&e->wait_max_us, options->wait_max_us);
  e->parts = *parts;
  e->arena = arena_open(ENGINE_ARENA);
  if (e->arena == NULL) return fail(c, E_NO_MEMORY, "no memory for an engine");
  e->options.db_url = str_copy(e->arena, options->db_url);
  e->calendar = calendar_by_name(str_from(e->options.calendar));
  if (e->calendar == NULL) {
    return fail(c, E_MALFORMED,
                "there is no business calendar \"%s\"; use every-day, weekdays or china",
                e->options.calendar);
  }
  if (e->options.node > 1023) return fail(c, E_MALFORMED, "a node's number is 0 to 1023");
  e->in_memory = str_starts(e->options.db_url, STR("sqlite::memory:"));
  return OK;
}

static void open_pulse(pulse *p) {
  pthread_mutex_init(&p->lock, NULL);
  cond_open(&p->wake);
}

static void close_pulse(pulse *p) {
  pthread_cond_destroy(&p->wake);
  pthread_mutex_destroy(&p->lock);
}

static void open_locks(engine *e) {
  pthread_mutexattr_t recursive;
  pthread_mutexattr_init(&recursive);
  pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
  for (int i = 0; i < LANES_MAX; i++) {
    e->lanes[i] = (lane){.e = e, .index = i};
    pthread_mutex_init(&e->lanes[i].lock, &recursive);
  }
  pthread_mutexattr_destroy(&recursive);
  pthread_mutex_init(&e->jobs_lock, NULL);
  pthread_mutex_init(&e->readers_lock, NULL);
  pthread_mutex_init(&e->latency_lock, NULL);
  pthread_mutex_init(&e->tasks.lock, NULL);
  cond_open(&e->tasks.wake);
  cond_open(&e->tasks.idle);
  open_pulse(&e->ticker);
  open_pulse(&e->checkpointer);
  pthread_mutex_init(&e->syncer.lock, NULL);
  pthread_cond_init(&e->syncer.wake, NULL);
  pthread_cond_init(&e->syncer.done, NULL);
  queue_open(&e->queue);
}

/* What a process that ended abruptly left behind is read before the first command waits for it. */
static status recover(ctx *c, lane *l) {
  ctx own;
  arena_reset(l->arena);
  engine_ctx(l->e, l->arena, &own);
  TRY(db_begin(c, l->d));
  status s = ledger_begin(&own, l->d, l->b, l->chain.lane);
  db_rollback(l->d);
  if (s == OK) return OK;
  return fail(c, s, "%.*s", STR_ARGS(own.fault.detail));
}

static status open_lane(ctx *c, lane *l) {
  engine *e = l->e;
  if (l->d == NULL) TRY(open_connection(e, c, DB_WRITE, &l->d));
  l->b = book_open(e->options.cache_accounts);
  bool has_memory = l->b != NULL;
  for (int i = 0; i < GROUPS_AHEAD; i++) {
    l->arenas[i] = arena_open(GROUP_ARENA);
    has_memory &= l->arenas[i] != NULL;
  }
  if (!has_memory) return fail(c, E_NO_MEMORY, "no memory for a lane");
  l->arena = l->arenas[0];
  if (e->kind == DB_SQLITE) {
    l->heads = map_open(1024);
    if (l->heads == NULL) return fail(c, E_NO_MEMORY, "no memory for a lane");
  }
  TRY(recall_open(c, l));
  TRY(lane_take(c, l));
  return recover(c, l);
}

static status open_store(ctx *c, engine *e) {
  db *d;
  TRY(open_connection(e, c, DB_WRITE, &d));
  e->lanes[0].d = d;
  e->kind = db_which(d);
  e->lane_count = e->kind == DB_SQLITE ? 1 : e->options.lanes;
  db_schema own[] = {ledger_schema, engine_schema};
  TRY(db_migrate(c, d, own, COUNT_OF(own)));
  if (e->parts.schema_count > 0) TRY(db_migrate(c, d, e->parts.schemas, e->parts.schema_count));
  TRY(node_take(c, e, d));
  TRY(state_load(c, e));
  TRY(sync_open(c, e));
  TRY(tasks_open(c, e));
  TRY(jobs_open(c, e));
  for (int i = 0; i < e->lane_count; i++) {
    TRY(open_lane(c, &e->lanes[i]));
  }
  return OK;
}

status engine_open(ctx *c, const engine_options *options, const engine_parts *parts, engine **out) {
  engine *e = calloc(1, sizeof *e);
  if (e == NULL) return fail(c, E_NO_MEMORY, "no memory for an engine");
  open_locks(e);
  status s = open_fields(c, e, options, parts);
  if (s == OK) s = open_store(c, e);
  if (s != OK) {
    engine_close(e);
    return s;
  }
  *out = e;
  return OK;
}

/* So that the next start has nothing to read again. After a failure it will, which is as well. */
static void settle_lane(lane *l) {
  if (l->b == NULL || l->arena == NULL || l->d == NULL) return;
  if (atomic_load(&l->e->broken) || db_is_broken(l->d)) return;
  ctx c;
  arena_reset(l->arena);
  engine_ctx(l->e, l->arena, &c);
  if (ledger_settle(&c, l->d, l->b, l->chain.lane) == OK) return;
  log_line(LOG_WARN, "balances_not_settled", "detail=%.*s", STR_ARGS(c.fault.detail));
}

static void close_lane(lane *l) {
  settle_lane(l);
  if (l->d != NULL) {
    lane_release(l);
    db_close(l->d);
  }
  book_close(l->b);
  for (int i = 0; i < GROUPS_AHEAD; i++)
    arena_close(l->arenas[i]);
  map_close(l->heads);
  recall_close(l);
  pthread_mutex_destroy(&l->lock);
}

void engine_close(engine *e) {
  if (e == NULL) return;
  engine_stop(e);
  sync_stop(e);
  for (size_t i = 0; i < e->reader_count; i++) {
    db_close(e->readers[i]);
  }
  for (int i = 0; i < LANES_MAX; i++) {
    close_lane(&e->lanes[i]);
  }
  tasks_close(e);
  sync_close(e);
  pthread_cond_destroy(&e->tasks.wake);
  pthread_cond_destroy(&e->tasks.idle);
  pthread_mutex_destroy(&e->tasks.lock);
  close_pulse(&e->ticker);
  close_pulse(&e->checkpointer);
  queue_close(&e->queue);
  pthread_mutex_destroy(&e->jobs_lock);
  pthread_mutex_destroy(&e->readers_lock);
  pthread_mutex_destroy(&e->latency_lock);
  arena_close(e->arena);
  free(e);
}

status open_connection(engine *e, ctx *c, db_mode mode, db **out) {
  return db_open(c, e->options.db_url, mode, e->options.vfs, out);
}

/* The store's state in memory can't be trusted any more: only a restart, which recovers, can. */
void engine_break(engine *e, const char *why) {
  if (atomic_exchange(&e->broken, true)) return;
  log_line(LOG_ERROR, "engine_broken", "why=%s", why);
  if (e->options.on_broken != NULL) e->options.on_broken(e->options.broken_arg);
}

str keep_text(arena *a, str s) {
  char *copy = arena_try(a, s.len + 1, 1);
  if (copy == NULL) return STR("");
  if (s.len > 0) memcpy(copy, s.at, s.len);
  return (str){copy, s.len};
}

/* --- contexts --------------------------------------------------------------------------------- */

instant engine_real_now(const engine *e) {
  if (e->options.real_clock != NULL) return e->options.real_clock(e->options.clock_arg);
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (instant)t.tv_sec * MICROS_PER_SECOND + t.tv_nsec / 1000;
}

void engine_ctx(engine *e, arena *a, ctx *out) {
  uint64_t salt[2] = {e->options.seed, atomic_fetch_add(&e->ctx_count, 1)};
  instant real_now = engine_real_now(e);
  instant now = real_now + atomic_load(&e->offset_us);
  *out = (ctx){.arena = a,
               .now = now,
               .real_now = real_now,
               .today = instant_date(now, e->options.utc_offset_minutes),
               .random = rng_open(a, hash64(salt, sizeof salt, e->options.node)),
               .ids = e->ids};
}

principal engine_system(const engine *e) {
  UNUSED(e);
  return (principal){.kind = ACTOR_SYSTEM, .scopes = UINT64_MAX};
}

/* --- readers ---------------------------------------------------------------------------------- */

/* A store in memory has one connection; its reader holds the lane meanwhile. */
static db *borrow_writer(engine *e) {
  pthread_mutex_lock(&e->lanes[0].lock);
  return e->lanes[0].d;
}

db *engine_reader(engine *e, ctx *c) {
  if (e->in_memory) return borrow_writer(e);
  db *reader = NULL;
  pthread_mutex_lock(&e->readers_lock);
  if (e->reader_count > 0) reader = e->readers[--e->reader_count];
  pthread_mutex_unlock(&e->readers_lock);
  if (reader == NULL && open_connection(e, c, DB_READ, &reader) != OK) return NULL;
  return reader;
}

void engine_reader_done(engine *e, db *reader) {
  if (reader == NULL) return;
  sync_wait(e);
  engine_reader_back(e, reader);
}

void engine_reader_back(engine *e, db *reader) {
  if (reader == NULL) return;
  if (e->in_memory) {
    pthread_mutex_unlock(&e->lanes[0].lock);
    return;
  }
  if (db_in_transaction(reader)) db_rollback(reader);
  bool kept = false;
  pthread_mutex_lock(&e->readers_lock);
  if (!db_is_broken(reader) && e->reader_count < COUNT_OF(e->readers)) {
    e->readers[e->reader_count++] = reader;
    kept = true;
  }
  pthread_mutex_unlock(&e->readers_lock);
  if (!kept) db_close(reader);
}

/* --- health ----------------------------------------------------------------------------------- */

static int by_latency(const void *a, const void *b) {
  int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
  return (x > y) - (x < y);
}

static void read_latency(engine *e, engine_health *out) {
  int32_t sorted[LATENCIES];
  pthread_mutex_lock(&e->latency_lock);
  size_t count = e->latency_count < LATENCIES ? e->latency_count : LATENCIES;
  memcpy(sorted, e->latency_us, count * sizeof *sorted);
  out->last_commit_us = e->last_commit_us;
  pthread_mutex_unlock(&e->latency_lock);
  if (count == 0) return;
  qsort(sorted, count, sizeof *sorted, by_latency);
  out->commit_p99_us = sorted[count * 99 / 100];
}

void engine_health_get(engine *e, engine_health *out) {
  *out = (engine_health){.groups = atomic_load(&e->groups),
                         .commands = atomic_load(&e->commands),
                         .refused = atomic_load(&e->refused),
                         .overloaded = atomic_load(&e->overloaded),
                         .work = {atomic_load(&e->statements), atomic_load(&e->pages)},
                         .watermark = engine_watermark(e),
                         .ready = !atomic_load(&e->broken)};
  pthread_mutex_lock(&e->queue.lock);
  out->queued = e->queue.count;
  pthread_mutex_unlock(&e->queue.lock);
  read_latency(e, out);
}
