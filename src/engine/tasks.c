/* tasks.c - work after the commit. A task is a row until it is done, so that a crash runs it again;
 * in memory the due ones wait in a line, never twice at once. How a task ended is written by the
 * next group, with whatever else that group commits; no group is made for it alone, but within a
 * second there is one. */
#include "engine/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
  NOTES_ARENA = 32 << 20,
  TASK_ARENA = 64 << 20,
  SCAN_MAX = 256,
  SCAN_EVERY_MS = 1000,
  CLAIM_S = 60,
  ENDED_MAX = 256, /* more ends than this want a group of their own */
  WAIT_MS = 100,
  BACKOFF_FIRST_S = 1,
  BACKOFF_MAX_S = 3600,
};

/* --- the notes in memory ---------------------------------------------------------------------- */

status tasks_open(ctx *c, engine *e) {
  task_pool *p = &e->tasks;
  p->arena = arena_open(NOTES_ARENA);
  p->known = map_open(1024);
  return p->arena == NULL || p->known == NULL ? fail(c, E_NO_MEMORY, "no memory for tasks") : OK;
}

void tasks_close(engine *e) {
  arena_close(e->tasks.arena);
  map_close(e->tasks.known);
}

static void add(task_list *list, task_note *note) {
  note->next = NULL;
  if (list->last == NULL)
    list->first = note;
  else
    list->last->next = note;
  list->last = note;
}

static task_note *pop(task_list *list) {
  task_note *note = list->first;
  if (note == NULL) return NULL;
  list->first = note->next;
  if (list->first == NULL) list->last = NULL;
  return note;
}

static const task_type *find_type(const engine *e, str kind) {
  for (size_t i = 0; i < e->parts.task_count; i++) {
    if (str_eq(kind, str_from(e->parts.tasks[i]->kind))) return e->parts.tasks[i];
  }
  return NULL;
}

/* Under the pool's lock. What does not fit in memory is found again by a scan. */
static void line_up(task_pool *p, const task *t, const task_type *type) {
  if (map_get(p->known, (uint64_t)t->task_id) != NULL) return;
  task_note *note = p->free;
  if (note != NULL)
    p->free = note->next;
  else
    note = arena_try(p->arena, 1, sizeof *note);
  if (note == NULL) return;
  *note = (task_note){.task = *t, .type = type};
  if (!map_put(p->known, (uint64_t)t->task_id, note)) {
    note->next = p->free;
    p->free = note;
    return;
  }
  add(&p->ready, note);
  p->open++;
  pthread_cond_signal(&p->wake);
}

/* --- made by commands ------------------------------------------------------------------------- */

status tx_task(ctx *c, tx *t, const char *kind, id subject, instant due) {
  assert(t->phase == TX_WRITE);
  const task_type *type = find_type(t->g->e, str_from(kind));
  if (type == NULL) return fail(c, E_INTERNAL, "there is no task of kind %s", kind);
  made_task *made = ARENA_NEW(t->g->ctx.arena, made_task);
  made->task = (task){.task_id = id_next(c), .subject = subject, .due = due};
  made->type = type;
  made->next = t->g->tasks;
  t->g->tasks = made;
  return db_run(c, tx_db(t),
                "insert into engine_task(task_id, kind, subject, due, tries, state, claimed_until, "
                "last_error)"
                " values (?1, ?2, ?3, ?4, 0, 0, ?5, '')",
                DB_INT(made->task.task_id), DB_TEXT(str_from(kind)), DB_INT(subject), DB_INT(due),
                DB_INT(due <= c->now ? c->real_now + CLAIM_S * MICROS_PER_SECOND : 0));
}

/* --- how they ended, written by a group ------------------------------------------------------- */

static status write_end(ctx *c, db *d, const task_note *note) {
  if (note->is_done) {
    return db_run(c, d, "delete from engine_task where task_id = ?1", DB_INT(note->task.task_id));
  }
  return db_run(
      c, d,
      "update engine_task set tries = ?1, due = ?2, state = ?3, claimed_until = 0, last_error = ?4"
      " where task_id = ?5",
      DB_INT(note->task.tries), DB_INT(note->next_due), DB_INT(note->given_up),
      DB_TEXT(str_from(note->error)), DB_INT(note->task.task_id));
}

status tasks_flush(group *g) {
  task_pool *p = &g->e->tasks;
  if (g->l->index != 0) return OK;
  pthread_mutex_lock(&p->lock);
  g->ended = p->ended;
  p->ended = (task_list){NULL, NULL};
  p->ended_count = 0;
  pthread_mutex_unlock(&p->lock);
  for (const task_note *note = g->ended.first; note != NULL; note = note->next) {
    TRY(write_end(&g->ctx, g->l->d, note));
    g->wrote = true;
  }
  return OK;
}

/* Under the pool's lock. Scans that are under way may have read the task before its end was
 * written: it stays known until they are over, so that none of them lines it up once more. */
static void forget_ended(task_pool *p) {
  if (p->scans > 0) return;
  for (task_note *note = pop(&p->written); note != NULL; note = pop(&p->written)) {
    map_remove(p->known, (uint64_t)note->task.task_id);
    note->next = p->free;
    p->free = note;
  }
}

void tasks_committed(group *g) {
  task_pool *p = &g->e->tasks;
  if (g->ended.first == NULL && g->tasks == NULL) return;
  instant now = engine_now(g->e);
  pthread_mutex_lock(&p->lock);
  for (task_note *note = pop(&g->ended); note != NULL; note = pop(&g->ended)) {
    add(&p->written, note);
  }
  forget_ended(p);
  made_task *in_order = NULL; /* they were noted newest first */
  for (made_task *made = g->tasks, *next; made != NULL; made = next) {
    next = made->next;
    made->next = in_order;
    in_order = made;
  }
  for (const made_task *made = in_order; made != NULL; made = made->next) {
    if (made->task.due <= now) line_up(p, &made->task, made->type);
  }
  pthread_mutex_unlock(&p->lock);
}

void tasks_failed(group *g) {
  task_pool *p = &g->e->tasks;
  if (g->ended.first == NULL) return;
  pthread_mutex_lock(&p->lock);
  g->ended.last->next = p->ended.first;
  if (p->ended.last == NULL) p->ended.last = g->ended.last;
  p->ended.first = g->ended.first;
  pthread_mutex_unlock(&p->lock);
  g->ended = (task_list){NULL, NULL};
}

/* --- found in the store ----------------------------------------------------------------------- */

typedef struct found_tasks {
  task tasks[SCAN_MAX];
  const task_type *types[SCAN_MAX];
  size_t count;
} found_tasks;

static void take_found(const engine *e, const db_rows *row, found_tasks *out) {
  const task_type *type = find_type(e, db_get_text(row, 1));
  if (type == NULL) return; /* its module is not part of this program: left alone */
  out->types[out->count] = type;
  out->tasks[out->count++] = (task){.task_id = db_get_int(row, 0),
                                    .subject = db_get_int(row, 2),
                                    .due = db_get_int(row, 3),
                                    .tries = (int)db_get_int(row, 4)};
}

static status look(ctx *c, engine *e, db *reader, found_tasks *out) {
  db_rows *rows;
  TRY(db_query(c, reader, &rows,
               "select task_id, kind, subject, due, tries from engine_task"
               " where state = 0 and due <= ?1 order by due, task_id limit ?2",
               DB_INT(c->now), DB_INT(SCAN_MAX)));
  while (db_next(rows) && out->count < SCAN_MAX)
    take_found(e, rows, out);
  return db_done(c, rows);
}

/* Those still free under their locks. */
static void keep_free(const engine *e, const ctx *c, db_rows *rows, found_tasks *out) {
  while (db_next(rows) && out->count < SCAN_MAX) {
    bool free = db_get_int(rows, 5) == 0 && db_get_int(rows, 6) <= c->real_now;
    if (free) take_found(e, rows, out);
  }
}

static int by_key(const void *a, const void *b) {
  int64_t x = ((const db_value *)a)->i, y = ((const db_value *)b)->i;
  return (x > y) - (x < y);
}

/* PostgreSQL: several processes look, so the found ones are marked for a while. */
static status load_claims(ctx *c, tx *t, void *state) {
  db_rows *rows;
  db_value *keys;
  size_t count;
  found_tasks *found = state;
  found->count = 0;
  TRY(db_query(c, tx_db(t), &rows,
               "select task_id from engine_task where state = 0 and due <= ?1"
               " and claimed_until <= ?2 order by due, task_id limit ?3",
               DB_INT(c->now), DB_INT(c->real_now), DB_INT(SCAN_MAX)));
  TRY(db_keys(c, rows, &keys, &count));
  if (count == 0) return OK;
  qsort(keys, count, sizeof *keys, by_key);
  TRY(db_query_each(c, tx_db(t), &rows,
                    "select task_id, kind, subject, due, tries, state, claimed_until"
                    " from engine_task where task_id = ?1 order by task_id for update",
                    "i", count, keys));
  keep_free(t->g->e, c, rows, found);
  return db_done(c, rows);
}

static status decide_claims(ctx *c, tx *t, void *state) {
  UNUSED(t);
  const found_tasks *found = state;
  return found->count > 0 ? OK : fail(c, E_NOT_FOUND, "no task is due");
}

static status write_claims(ctx *c, tx *t, void *state) {
  const found_tasks *found = state;
  for (size_t i = 0; i < found->count; i++) {
    TRY(db_run(c, tx_db(t), "update engine_task set claimed_until = ?1 where task_id = ?2",
               DB_INT(c->real_now + CLAIM_S * MICROS_PER_SECOND), DB_INT(found->tasks[i].task_id)));
  }
  return OK;
}

static const command_type claim_type = {.name = "engine.claim",
                                        .flags = COMMAND_QUIET,
                                        .load = load_claims,
                                        .decide = decide_claims,
                                        .write = write_claims};

static status find_due(ctx *c, engine *e, found_tasks *out) {
  if (e->kind == DB_POSTGRES) {
    status s = engine_call(c, e, &claim_type, out, engine_system(e));
    return s == E_NOT_FOUND ? OK : s;
  }
  db *reader = engine_reader(e, c);
  if (reader == NULL) return c->fault.code;
  status s = look(c, e, reader, out);
  engine_reader_done(e, reader);
  return s;
}

void tasks_scan(engine *e) {
  ctx c;
  arena *a = arena_open(1 << 20);
  if (a == NULL || atomic_load(&e->broken)) {
    arena_close(a);
    return;
  }
  engine_ctx(e, a, &c);
  found_tasks *found = ARENA_NEW(a, found_tasks);
  pthread_mutex_lock(&e->tasks.lock);
  e->tasks.scans++;
  pthread_mutex_unlock(&e->tasks.lock);
  status s = find_due(&c, e, found);
  if (s != OK) log_line(LOG_WARN, "task_scan", "detail=%.*s", STR_ARGS(c.fault.detail));
  pthread_mutex_lock(&e->tasks.lock);
  for (size_t i = 0; s == OK && i < found->count; i++) {
    line_up(&e->tasks, &found->tasks[i], found->types[i]);
  }
  e->tasks.scans--;
  forget_ended(&e->tasks);
  pthread_mutex_unlock(&e->tasks.lock);
  arena_close(a);
}

/* --- running them ----------------------------------------------------------------------------- */

/* Doubles with each try, an hour at most; half of it is chance, so that what failed together comes
 * back apart. */
static instant backoff_us(ctx *c, int tries) {
  int64_t seconds = tries > 12 ? BACKOFF_MAX_S : (int64_t)BACKOFF_FIRST_S << tries;
  if (seconds > BACKOFF_MAX_S) seconds = BACKOFF_MAX_S;
  int64_t half = seconds * MICROS_PER_SECOND / 2;
  return half + (int64_t)rng_below(c->random, (uint64_t)half + 1);
}

static status run_guarded(ctx *c, engine *e, const task_note *note, instant *retry_at) {
  jmp_buf handler;
  arena_on_exhaustion(c->arena, &handler);
  volatile status s;
  if (setjmp(handler) == 0) {
    s = note->type->run(c, e, &note->task, retry_at);
  } else {
    s = E_NO_MEMORY;
    c->fault =
        (fault){.code = E_NO_MEMORY, .detail = STR("the task needs more memory than it may have")};
  }
  arena_on_exhaustion(c->arena, NULL);
  return s;
}

/* True: so many ends wait to be written that a group should be made for them. */
static bool note_end(task_pool *p, task_note *note) {
  pthread_mutex_lock(&p->lock);
  add(&p->ended, note);
  bool many = ++p->ended_count >= ENDED_MAX;
  if (--p->open == 0) pthread_cond_broadcast(&p->idle);
  pthread_mutex_unlock(&p->lock);
  return many;
}

static void run_one(engine *e, arena *a, task_note *note) {
  ctx c;
  instant retry_at = 0;
  engine_ctx(e, a, &c);
  bool is_past = atomic_load(&e->imported) && note->task.due != 0 && note->task.due < c.now;
  if (is_past) c.at = c.now = note->task.due; /* what follows from the past happened in it */
  atomic_fetch_add(&e->tasks.running, 1);
  status s = run_guarded(&c, e, note, &retry_at);
  atomic_fetch_sub(&e->tasks.running, 1);
  note->is_done = s == OK;
  note->task.tries++;
  if (s != OK) {
    instant wait_us =
        retry_at != 0 ? retry_at - engine_real_now(e) : backoff_us(&c, note->task.tries - 1);
    note->next_due = engine_now(e) + (wait_us > 0 ? wait_us : 0);
    note->given_up = note->task.tries >= note->type->tries_max;
    str why = c.fault.detail.len > 0 ? c.fault.detail : str_from(status_text(s));
    snprintf(note->error, sizeof note->error, "%s: %.*s", status_slug(s),
             (int)(why.len < 120 ? why.len : 120), why.at);
    log_line(LOG_WARN, "task_failed", "kind=%s task=%lld tries=%d error=%s", note->type->kind,
             (long long)note->task.task_id, note->task.tries, note->error);
  }
  arena_reset(a);
  if (note_end(&e->tasks, note)) queue_want_group(e);
}

size_t engine_run_tasks(ctx *c, engine *e, size_t max) {
  UNUSED(c);
  arena *a = arena_open(TASK_ARENA);
  if (a == NULL) return 0;
  size_t count = 0;
  for (bool scanned = false; count < max;) {
    pthread_mutex_lock(&e->tasks.lock);
    task_note *note = pop(&e->tasks.ready);
    pthread_mutex_unlock(&e->tasks.lock);
    if (note != NULL) {
      run_one(e, a, note);
      count++;
      continue;
    }
    if (scanned) break;
    tasks_scan(e);
    scanned = true;
  }
  arena_close(a);
  if (atomic_load(&e->started))
    queue_want_group(e);
  else if (count > 0)
    engine_step(e);
  return count;
}

/* True: nothing is ready or running; else waits a while for that. */
static bool wait_until_idle(task_pool *p) {
  pthread_mutex_lock(&p->lock);
  if (p->open > 0) cond_wait_ms(&p->idle, &p->lock, WAIT_MS);
  bool idle = p->open == 0;
  pthread_mutex_unlock(&p->lock);
  return idle;
}

/* What is known in memory first; then one look into the store, for what did not fit or fell due
 * since. */
status engine_wait_tasks(ctx *c, engine *e) {
  bool has_threads = atomic_load(&e->started) && e->options.task_threads > 0;
  for (;;) {
    if (atomic_load(&e->broken))
      return fail(c, E_STORE, "the store failed while tasks were running");
    if (!has_threads && engine_run_tasks(c, e, SCAN_MAX) == 0) return OK;
    if (!has_threads || !wait_until_idle(&e->tasks)) continue;
    tasks_scan(e);
    if (wait_until_idle(&e->tasks)) return OK;
  }
}

/* False: stop. */
static bool wait_for_task(task_pool *p, task_note **out) {
  pthread_mutex_lock(&p->lock);
  if (p->ready.first == NULL && !p->stopping) cond_wait_ms(&p->wake, &p->lock, SCAN_EVERY_MS);
  bool go_on = !p->stopping;
  *out = go_on ? pop(&p->ready) : NULL;
  pthread_mutex_unlock(&p->lock);
  return go_on;
}

void *tasks_thread(void *engine_arg) {
  engine *e = engine_arg;
  arena *a = arena_open(TASK_ARENA);
  task_note *note;
  while (a != NULL && wait_for_task(&e->tasks, &note)) {
    if (note == NULL) {
      tasks_scan(e);
      continue;
    }
    run_one(e, a, note);
  }
  arena_close(a);
  return NULL;
}
