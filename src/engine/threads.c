/* threads.c - a served engine: a thread per lane, one that makes commits durable (sync.c), task
 * threads, one that runs jobs when their time
 * has passed, one that moves the write-ahead log into the file. Stopping lets what is queued finish
 * first. */
#include "engine/internal.h"

#include <stdlib.h>

enum {
  IDLE_MS = 1000,     /* an embedded lane looks for due holds */
  IDLE_LANE_MS = 100, /* a PostgreSQL lane moves its watermark */
  IDLE_GROUPS = 10,   /* of those waits until lane 0 looks for due holds */
  TICK_MS = 1000,
  CHECKPOINT_MS = 40,
  CHECKPOINT_PAGES = 4096, /* of the log: few, for the next commit's sync waits for them */
  CHECKPOINT_IDLE_ROUNDS = 125,
};

/* --- lanes ------------------------------------------------------------------------------------ */

/* True: there is work, or time has passed; false: stop. */
static bool wait_for_work(lane *l, bool *idle) {
  queue *q = &l->e->queue;
  bool first = l->index == 0;
  pthread_mutex_lock(&q->lock);
  if (!queue_is_ready(l->e) && !q->stopping && !(first && q->side_work)) {
    cond_wait_ms(&q->wake, &q->lock, l->e->kind == DB_SQLITE ? IDLE_MS : IDLE_LANE_MS);
  }
  *idle = !queue_is_ready(l->e) && !(first && q->side_work);
  bool go_on = !(q->stopping && q->count == 0 && *idle);
  if (first) q->side_work = false;
  pthread_mutex_unlock(&q->lock);
  return go_on;
}

/* Tasks that run now are about to bring their results: they wait for one another's company, so that
 * one commit takes them all. */
static void gather(engine *e) {
  queue *q = &e->queue;
  instant until = engine_real_now(e) + e->options.gather_us;
  pthread_mutex_lock(&q->lock);
  while (!q->stopping && q->count < (size_t)atomic_load(&e->tasks.running)) {
    int64_t left_us = until - engine_real_now(e);
    if (left_us <= 0) break;
    cond_wait_us(&q->wake, &q->lock, left_us);
  }
  pthread_mutex_unlock(&q->lock);
}

static void *lane_thread(void *lane_arg) {
  lane *l = lane_arg;
  int idle_rounds = 0;
  bool idle;
  while (wait_for_work(l, &idle)) {
    if (!idle && l->e->options.gather_us > 0) gather(l->e);
    bool beats = idle && l->e->kind == DB_POSTGRES;
    idle_rounds = idle ? idle_rounds + 1 : 0;
    if (!beats || (l->index == 0 && idle_rounds % IDLE_GROUPS == 0)) lane_step(l);
    if (!beats) continue;
    pthread_mutex_lock(&l->lock);
    lane_heartbeat(l);
    pthread_mutex_unlock(&l->lock);
  }
  return NULL;
}

/* --- pulses ----------------------------------------------------------------------------------- */

static bool wait_for_pulse(pulse *p, int64_t ms) {
  pthread_mutex_lock(&p->lock);
  if (!p->stopping) cond_wait_ms(&p->wake, &p->lock, ms);
  bool go_on = !p->stopping;
  pthread_mutex_unlock(&p->lock);
  return go_on;
}

bool pulse_is_stopping(pulse *p) {
  pthread_mutex_lock(&p->lock);
  bool stopping = p->stopping;
  pthread_mutex_unlock(&p->lock);
  return stopping;
}

static void stop_pulse(pulse *p) {
  pthread_mutex_lock(&p->lock);
  p->stopping = true;
  pthread_cond_signal(&p->wake);
  pthread_mutex_unlock(&p->lock);
  pthread_join(p->thread, NULL);
}

static void *ticker_thread(void *engine_arg) {
  engine *e = engine_arg;
  while (wait_for_pulse(&e->ticker, TICK_MS)) {
    if (!atomic_load(&e->broken) && lane_leads(e)) jobs_tick(e);
  }
  return NULL;
}

void engine_checkpoint(ctx *c, engine *e, db *reader) {
  if (db_checkpoint(c, reader) == OK) return;
  log_line(LOG_WARN, "checkpoint", "detail=%.*s", STR_ARGS(c->fault.detail));
  if (db_is_broken(reader)) engine_break(e, "a sync failed while the log was moved into the file");
}

static void run_checkpoint(engine *e, arena *a, db **d) {
  ctx c;
  arena_reset(a);
  engine_ctx(e, a, &c);
  if (*d == NULL && open_connection(e, &c, DB_READ, d) != OK) return;
  engine_checkpoint(&c, e, *d);
}

static void *checkpoint_thread(void *engine_arg) {
  engine *e = engine_arg;
  db *d = NULL;
  arena *a = arena_open(1 << 20);
  int64_t seen = 0;
  int rounds = 0;
  while (a != NULL && wait_for_pulse(&e->checkpointer, CHECKPOINT_MS)) {
    int64_t fresh = atomic_load(&e->pages) - seen;
    bool is_due = fresh >= CHECKPOINT_PAGES || (fresh > 0 && ++rounds >= CHECKPOINT_IDLE_ROUNDS);
    if (!is_due || atomic_load(&e->broken)) continue;
    seen += fresh;
    rounds = 0;
    run_checkpoint(e, a, &d);
  }
  db_close(d);
  arena_close(a);
  return NULL;
}

/* --- start and stop --------------------------------------------------------------------------- */

static bool has_log_file(const engine *e) { return e->kind == DB_SQLITE && !e->in_memory; }

/* A thread that can't be made stops the process: half an engine is worse than none. */
void engine_start_thread(pthread_t *thread, const char *name, void *(*run)(void *), void *arg) {
  int error = pthread_create(thread, NULL, run, arg);
  if (error == 0) {
    (void)pthread_setname_np(*thread, name); /* for who looks at the process from outside */
    return;
  }
  log_line(LOG_ERROR, "no_thread", "error=%d", error);
  abort();
}

status engine_start(ctx *c, engine *e) {
  if (atomic_load(&e->started)) return fail(c, E_CONFLICT, "the engine runs already");
  atomic_store(&e->started, true);
  if (has_log_file(e)) sync_start(e);
  for (int i = 0; i < e->lane_count; i++) {
    engine_start_thread(&e->lanes[i].thread, "lane", lane_thread, &e->lanes[i]);
  }
  for (int i = 0; i < e->options.task_threads; i++) {
    engine_start_thread(&e->task_threads[i], "task", tasks_thread, e);
  }
  engine_start_thread(&e->ticker.thread, "ticker", ticker_thread, e);
  if (has_log_file(e))
    engine_start_thread(&e->checkpointer.thread, "checkpoint", checkpoint_thread, e);
  return OK;
}

static void stop_tasks(engine *e) {
  pthread_mutex_lock(&e->tasks.lock);
  e->tasks.stopping = true;
  pthread_cond_broadcast(&e->tasks.wake);
  pthread_mutex_unlock(&e->tasks.lock);
  for (int i = 0; i < e->options.task_threads; i++) {
    pthread_join(e->task_threads[i], NULL);
  }
}

/* Jobs and tasks first: they still need lanes to end well. */
void engine_stop(engine *e) {
  if (!atomic_load(&e->started)) return;
  stop_pulse(&e->ticker);
  stop_tasks(e);
  pthread_mutex_lock(&e->queue.lock);
  e->queue.stopping = true;
  e->queue.side_work = true; /* how the last tasks ended is still to be written */
  pthread_cond_broadcast(&e->queue.wake);
  pthread_mutex_unlock(&e->queue.lock);
  for (int i = 0; i < e->lane_count; i++) {
    pthread_join(e->lanes[i].thread, NULL);
  }
  if (has_log_file(e)) {
    sync_stop(e);
    stop_pulse(&e->checkpointer);
  }
  atomic_store(&e->started, false);
}
