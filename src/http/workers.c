/* workers.c - threads for what may wait: reads of the store and slow preparation. Each borrows a
 * read connection for one exchange and hands the exchange back to the loop. What has waited past
 * its deadline is refused unread. */
#include "http/loop.h"
#include <stdlib.h>

static exchange *take(server *s) {
  pthread_mutex_lock(&s->work_lock);
  while (s->work_first == NULL && !s->work_over) {
    pthread_cond_wait(&s->work_wake, &s->work_lock);
  }
  exchange *x = s->work_first;
  if (x != NULL) {
    s->work_first = x->next;
    if (s->work_first == NULL) s->work_last = NULL;
  }
  pthread_mutex_unlock(&s->work_lock);
  return x;
}

static void run_with_reader(exchange *x) {
  engine *e = x->h->engine;
  db *reader = engine_reader(e, &x->c);
  if (reader == NULL) {
    exchange_refuse(x, E_STORE, "there is no read connection");
    return;
  }
  if (x->step == STEP_STREAM) {
    exchange_stream(x, reader);
  } else {
    exchange_read(x, reader);
  }
  engine_reader_done(e, reader);
}

static void run(exchange *x) {
  ctx now;
  engine_ctx(x->h->engine, x->memory, &now);
  if (now.real_now > x->deadline) {
    exchange_refuse(x, E_OVERLOADED, "the request waited too long");
    x->step = STEP_ANSWER;
  } else if (x->step == STEP_SLOW) {
    x->step = (int)exchange_prepare(x);
  } else {
    run_with_reader(x);
  }
}

/* What a piece of work costs is learned from reads: one that waited half a minute for an outside
 * answer says nothing of the next hundred. */
static void run_and_learn(server *s, exchange *x) {
  int64_t began = monotonic_us();
  bool is_read = x->step != STEP_SLOW;
  run(x);
  if (!is_read) return;
  int64_t recent = atomic_load(&s->work_us_per_piece);
  atomic_store(&s->work_us_per_piece, (recent * 7 + monotonic_us() - began) / 8);
}

static void *work(void *arg) {
  server *s = arg;
  exchange *x;
  (void)pthread_setname_np(pthread_self(), "worker");
  while ((x = take(s)) != NULL) {
    run_and_learn(s, x);
    atomic_fetch_sub(&s->work_ahead, 1);
    server_complete(x); /* whoever sees the answer sees the place it left */
  }
  return NULL;
}

status workers_open(ctx *c, server *s) {
  size_t wanted = (size_t)s->h->workers;
  s->work_over = false;
  s->threads = calloc(wanted, sizeof *s->threads);
  if (s->threads == NULL) return fail(c, E_NO_MEMORY, "there is no memory for %zu workers", wanted);
  for (; s->thread_count < wanted; s->thread_count++) {
    if (pthread_create(&s->threads[s->thread_count], NULL, work, s) == 0) continue;
    workers_close(s);
    return fail(c, E_OVERLOADED, "the system gives no thread for a worker");
  }
  return OK;
}

bool workers_are_full(const server *s, bool is_critical) {
  int64_t max_us = (int64_t)s->h->limits.read_wait_ms * 1000;
  if (!is_critical) max_us -= max_us / 5;
  int64_t wait_us =
      (int64_t)atomic_load(&s->work_ahead) * atomic_load(&s->work_us_per_piece) / s->h->workers;
  return max_us > 0 && wait_us > max_us;
}

void workers_submit(server *s, exchange *x) {
  x->next = NULL;
  atomic_fetch_add(&s->work_ahead, 1);
  pthread_mutex_lock(&s->work_lock);
  if (s->work_last == NULL) {
    s->work_first = x;
  } else {
    s->work_last->next = x;
  }
  s->work_last = x;
  pthread_cond_signal(&s->work_wake);
  pthread_mutex_unlock(&s->work_lock);
}

void workers_close(server *s) {
  pthread_mutex_lock(&s->work_lock);
  s->work_over = true;
  pthread_cond_broadcast(&s->work_wake);
  pthread_mutex_unlock(&s->work_lock);
  for (size_t i = 0; i < s->thread_count; i++) {
    pthread_join(s->threads[i], NULL);
  }
  s->thread_count = 0;
  free(s->threads);
  s->threads = NULL;
}
