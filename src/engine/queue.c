/* queue.c - how commands come in and how their answers go out. A command is refused at once when it
 * could not be started in time; otherwise done() is called exactly once. It never looks into a
 * command. */
#include "engine/internal.h"

#include <errno.h>
#include <time.h>

void cond_open(pthread_cond_t *cond) {
  pthread_condattr_t monotonic;
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(cond, &monotonic);
  pthread_condattr_destroy(&monotonic);
}

void cond_wait_ms(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t ms) {
  cond_wait_us(cond, lock, ms * 1000);
}

void cond_wait_us(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t us) {
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_sec += us / MICROS_PER_SECOND;
  until.tv_nsec += us % MICROS_PER_SECOND * 1000;
  if (until.tv_nsec >= 1000000000) {
    until.tv_nsec -= 1000000000;
    until.tv_sec++;
  }
  pthread_cond_timedwait(cond, lock, &until);
}

void queue_open(queue *q) {
  pthread_mutex_init(&q->lock, NULL);
  cond_open(&q->wake);
}

void queue_close(queue *q) {
  pthread_cond_destroy(&q->wake);
  pthread_mutex_destroy(&q->lock);
}

/* A fifth of what there is is kept for what must not fail. */
static int64_t share(int64_t whole, bool is_critical) {
  return is_critical ? whole : whole - whole / 5;
}

/* How long a new command would wait, by what a command has cost lately. */
static int64_t wait_us(const engine *e, size_t others) {
  int64_t ahead = (int64_t)(atomic_load(&e->queue.ahead) + others);
  return ahead * atomic_load(&e->us_per_command) / e->lane_count;
}

bool engine_is_full(const engine *e, size_t others, bool is_critical) {
  int64_t max = atomic_load(&e->wait_max_us);
  return max > 0 && wait_us(e, others) > share(max, is_critical);
}

/* Would it wait longer than it may? The program's own commands have no deadline and are turned away
 * only by a full queue. */
static bool is_too_late(const engine *e, const command *cmd) {
  bool is_critical = cmd->is_critical || cmd->deadline == 0;
  if ((int64_t)e->queue.count >= share((int64_t)e->options.queue_max, is_critical)) return true;
  if (cmd->deadline == 0) return false;
  return engine_is_full(e, 0, is_critical) || engine_real_now(e) + wait_us(e, 0) > cmd->deadline;
}

void engine_set_wait_max(engine *e, int64_t us) { atomic_store(&e->wait_max_us, us); }

/* When half of what waits now will be done, in whole seconds. */
static int retry_after(const engine *e) {
  return 1 + (int)(wait_us(e, 0) / (2 * MICROS_PER_SECOND));
}

static void refuse(command *cmd, status code, const char *why, int retry_after_s) {
  cmd->outcome = code;
  cmd->fault = (fault){.code = code, .detail = str_from(why), .retry_after_s = retry_after_s};
}

static bool is_alone(const engine *e, const command *cmd) {
  return e->kind == DB_POSTGRES && !(cmd->type->flags & (COMMAND_HOT | COMMAND_GROUPED));
}

static void append(command **first, command **last, command *cmd) {
  if (*last == NULL)
    *first = cmd;
  else
    (*last)->next = cmd;
  *last = cmd;
}

/* Under the queue's lock. */
static bool line_up(engine *e, command *cmd) {
  queue *q = &e->queue;
  cmd->next = NULL;
  if (q->stopping || is_too_late(e, cmd)) {
    atomic_fetch_add(&e->overloaded, 1);
    refuse(cmd, E_OVERLOADED, "more work is queued than can be done in time; retry later",
           retry_after(e));
    return false;
  }
  if (is_alone(e, cmd))
    append(&q->alone.first, &q->alone.last, cmd);
  else
    append(&q->first, &q->last, cmd);
  q->count++;
  atomic_fetch_add(&q->ahead, 1);
  return true;
}

size_t engine_submit_many(engine *e, command *const *cmds, size_t count) {
  queue *q = &e->queue;
  size_t taken = 0;
  if (count == 0) return 0;
  if (atomic_load(&e->broken)) {
    refuse(cmds[0], E_STORE, "the store failed and the server must restart; retry later", 1);
    return 0;
  }
  pthread_mutex_lock(&q->lock);
  while (taken < count && line_up(e, cmds[taken]))
    taken++;
  if (taken > 1 && e->lane_count > 1)
    pthread_cond_broadcast(&q->wake);
  else if (taken > 0)
    pthread_cond_signal(&q->wake);
  pthread_mutex_unlock(&q->lock);
  return taken;
}

status engine_submit(engine *e, command *cmd) {
  return engine_submit_many(e, &cmd, 1) == 1 ? OK : cmd->outcome;
}

/* PostgreSQL: one lane at a time has a group; what comes meanwhile makes the next one, so that rows
 * which many commands touch are written once a group and lanes don't stand in line for them. */
static bool may_group(const queue *q) { return q->first != NULL && !q->group_taken; }

bool queue_is_ready(const engine *e) {
  const queue *q = &e->queue;
  return may_group(q) || q->alone.first != NULL;
}

static size_t take_front(command **line, command **last, size_t max, command **first) {
  command *end = NULL;
  size_t count = 0;
  *first = *line;
  for (; *line != NULL && count < max; count++) {
    end = *line;
    *line = end->next;
  }
  if (end != NULL) end->next = NULL;
  if (*line == NULL) *last = NULL;
  return count;
}

size_t queue_take(engine *e, size_t max, command **first, bool *holds_group) {
  queue *q = &e->queue;
  pthread_mutex_lock(&q->lock);
  bool takes_alone = q->alone.first != NULL && (q->alone_next || !may_group(q));
  size_t count = 0;
  *first = NULL;
  if (takes_alone)
    count = take_front(&q->alone.first, &q->alone.last, 1, first);
  else if (may_group(q))
    count = take_front(&q->first, &q->last, max, first);
  *holds_group = count > 0 && !takes_alone && e->kind == DB_POSTGRES;
  if (*holds_group) q->group_taken = true;
  q->alone_next = *holds_group;
  q->count -= count;
  pthread_mutex_unlock(&q->lock);
  return count;
}

void queue_group_done(engine *e) {
  pthread_mutex_lock(&e->queue.lock);
  e->queue.group_taken = false;
  if (e->queue.first != NULL) pthread_cond_signal(&e->queue.wake);
  pthread_mutex_unlock(&e->queue.lock);
}

void queue_want_group(engine *e) {
  pthread_mutex_lock(&e->queue.lock);
  e->queue.side_work = true;
  pthread_cond_signal(&e->queue.wake);
  pthread_mutex_unlock(&e->queue.lock);
}

/* Cuts off the commands at the front that are told together; returns what follows them. */
static command *cut(command *first, int64_t *count, int64_t *refused) {
  command *last = first;
  for (;; last = last->next) {
    *refused += last->outcome != OK;
    *count += 1;
    bool is_last = first->done_all == NULL || last->next == NULL;
    if (is_last || last->next->done_all != first->done_all) break;
  }
  command *rest = last->next;
  last->next = NULL;
  return rest;
}

void queue_answer(engine *e, command *list) {
  int64_t refused = 0, count = 0;
  while (list != NULL) {
    command *cmd = list;
    list = cut(cmd, &count, &refused); /* done() may free it */
    if (cmd->done_all != NULL) {
      cmd->done_all(cmd);
    } else if (cmd->done != NULL) {
      cmd->done(cmd);
    }
  }
  atomic_fetch_sub(&e->queue.ahead, (size_t)count);
  atomic_fetch_add(&e->commands, count);
  atomic_fetch_add(&e->refused, refused);
}

/* --- waiting for one -------------------------------------------------------------------------- */

typedef struct waiter {
  pthread_mutex_t lock;
  pthread_cond_t wake;
  bool is_done;
} waiter;

static void wake_waiter(command *cmd) {
  waiter *w = cmd->done_arg;
  pthread_mutex_lock(&w->lock);
  w->is_done = true;
  pthread_cond_signal(&w->wake);
  pthread_mutex_unlock(&w->lock);
}

static void wait_for(engine *e, waiter *w) {
  pthread_mutex_lock(&w->lock);
  while (!w->is_done) {
    if (atomic_load(&e->started)) {
      cond_wait_ms(&w->wake, &w->lock, 100); /* threads may be stopped meanwhile: then step */
      continue;
    }
    pthread_mutex_unlock(&w->lock);
    engine_step(e);
    pthread_mutex_lock(&w->lock);
  }
  pthread_mutex_unlock(&w->lock);
}

status engine_do(ctx *c, engine *e, command *cmd) {
  waiter w = {.is_done = false};
  pthread_mutex_init(&w.lock, NULL);
  cond_open(&w.wake);
  cmd->done = wake_waiter;
  cmd->done_arg = &w;
  if (engine_submit(e, cmd) == OK) wait_for(e, &w);
  pthread_cond_destroy(&w.wake);
  pthread_mutex_destroy(&w.lock);
  if (cmd->outcome != OK && c->fault.code == OK) c->fault = cmd->fault;
  return cmd->outcome;
}

status engine_call(ctx *c, engine *e, const command_type *type, void *state, principal who) {
  command *cmd = ARENA_NEW(c->arena, command);
  *cmd = (command){.type = type, .state = state, .who = who, .arena = c->arena, .at = c->at};
  return engine_do(c, e, cmd);
}
