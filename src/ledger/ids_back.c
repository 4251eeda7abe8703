/* ids_back.c - the id index's background thread: writes sealed tables, merges runs, takes old views
 * apart. Writing a table goes before merging, and a small merge before a large one: both happen
 * between two steps of a merge. A merge rests as long as it works unless runs pile up. When the
 * disk refuses, tables stay in memory and it is tried again: the index serves on. */
#include "ledger/ids_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
  REST_US = 1000,
  RETRY_MS = 500,
  NESTED_PART = 4, /* a merge inside another has at most so small a part of its ids */
  PILE = 8         /* runs that wait to be merged: no more rest */
};

static void sleep_us(int64_t us) {
  struct timespec t = {.tv_sec = us / MICROS_PER_SECOND, .tv_nsec = us % MICROS_PER_SECOND * 1000};
  nanosleep(&t, NULL);
}

static bool is_ending(const ids *x) { return x->stopping || x->cancel; }

/* --- tables ----------------------------------------------------------------------------------- */
size_t ids_pending(const ids *x) {
  return x->folder < 0 || x->reader ? 0 : x->view->table_count - 1;
}

/* The oldest table becomes the newest run. */
static void table_to_run(ids *x, const ids_table *t, ids_run *made) {
  const ids_view *v = x->view;
  ids_run **runs = ids_memory(NULL, v->run_count + 1, sizeof(ids_run *));
  memcpy(runs, v->runs, v->run_count * sizeof *runs);
  runs[v->run_count] = made;
  assert(v->table_count > 1 && v->tables[0] == t);
  ids_publish(x, ids_view_make(x, runs, v->run_count + 1, v->tables + 1, v->table_count - 1));
  free(runs);
  x->written_ids += made->h.last - made->h.first + 1;
}

/* With the lock held, let go while it writes. */
static void flush_one(ids *x) {
  ids_view *v = ids_view_hold(x);
  const ids_table *t = v->tables[0];
  pthread_mutex_unlock(&x->lock);
  ids_run *made = ids_write_table(x, t);
  int error = errno;
  pthread_mutex_lock(&x->lock);
  if (made != NULL) table_to_run(x, t, made);
  ids_view_drop(v);
  ids_bury(x);
  if (made == NULL && !x->failing)
    log_line(LOG_ERROR, "id_index_write", "error=\"%s\" retry_ms=%d", strerror(error), RETRY_MS);
  x->failing = made == NULL;
  if (made != NULL) x->merge_rests = false;
  pthread_cond_broadcast(&x->room);
}

/* A disk that refused is left alone for a while. */
static void flush_all(ids *x) {
  while (ids_pending(x) > 0 && !x->cancel) {
    flush_one(x);
    for (int ms = 0; x->failing && !is_ending(x) && ms < RETRY_MS; ms += 10) {
      pthread_mutex_unlock(&x->lock);
      sleep_us(10000);
      pthread_mutex_lock(&x->lock);
    }
    if (x->failing && x->stopping) return;
  }
}

/* --- merges ----------------------------------------------------------------------------------- */
static bool pick(const ids *x, int64_t after, int64_t below, size_t *from, size_t *to) {
  const ids_view *v = x->view;
  if (x->merge_rests || is_ending(x)) return false;
  return ids_pick(v->runs, v->run_count, x->shape.run_ids, after, below, from, to);
}

bool ids_has_work(const ids *x) {
  size_t from, to;
  return ids_pending(x) > 0 || pick(x, 0, INT64_MAX, &from, &to);
}

/* The neighbours give way to the run made of them; newer runs may have come meanwhile. */
static void runs_to_run(ids *x, ids_run *const *inputs, size_t count, ids_run *made) {
  const ids_view *v = x->view;
  ids_run **runs = ids_memory(NULL, v->run_count + 1, sizeof(ids_run *));
  size_t at = 0, kept = 0;
  while (v->runs[at] != inputs[0])
    runs[kept++] = v->runs[at++];
  assert(at + count <= v->run_count && v->runs[at + count - 1] == inputs[count - 1]);
  runs[kept++] = made;
  for (at += count; at < v->run_count; at++)
    runs[kept++] = v->runs[at];
  ids_publish(x, ids_view_make(x, runs, kept, v->tables, v->table_count));
  free(runs);
  for (size_t i = 0; i < count; i++)
    unlinkat(x->folder, inputs[i]->name, 0);
  x->written_ids += made->h.last - made->h.first + 1;
}

static bool between_steps(ids *x, int64_t after, int64_t ids_of_merge);

/* With the lock held, let go while it merges. */
static void merge_one(ids *x, size_t from, size_t to) {
  ids_view *v = ids_view_hold(x);
  pthread_mutex_unlock(&x->lock);
  ids_run *made = ids_merge(x, v->runs + from, to - from, between_steps);
  int error = errno;
  pthread_mutex_lock(&x->lock);
  if (made != NULL) runs_to_run(x, v->runs + from, to - from, made);
  ids_view_drop(v);
  ids_bury(x);
  if (made != NULL || is_ending(x)) return;
  x->merge_rests = true; /* until a table was written again */
  log_line(LOG_ERROR, "id_index_merge", "error=\"%s\"", strerror(error));
}

static size_t newer_than(const ids *x, int64_t after) {
  size_t n = 0;
  while (n < x->view->run_count && x->view->runs[x->view->run_count - 1 - n]->h.first > after)
    n++;
  return n;
}

static bool between_steps(ids *x, int64_t after, int64_t ids_of_merge) {
  size_t from, to;
  pthread_mutex_lock(&x->lock);
  flush_all(x);
  while (pick(x, after, ids_of_merge / NESTED_PART, &from, &to))
    merge_one(x, from, to);
  bool go_on = !is_ending(x);
  bool rest = go_on && newer_than(x, after) < PILE && !x->hurry;
  pthread_mutex_unlock(&x->lock);
  if (rest) sleep_us(REST_US);
  return go_on;
}

/* --- the thread ------------------------------------------------------------------------------- */
static void keep_spare(ids *x) {
  if (x->spare != NULL) return;
  pthread_mutex_unlock(&x->lock);
  ids_table *t = ids_table_open(x->shape.run_ids, x->seed, 0);
  pthread_mutex_lock(&x->lock);
  ids_give_spare(x, t);
}

void *ids_thread(void *ids_arg) {
  ids *x = ids_arg;
  (void)pthread_setname_np(pthread_self(), "ids");
  size_t from, to;
  pthread_mutex_lock(&x->lock);
  for (;;) {
    ids_bury(x);
    x->busy = true;
    flush_all(x);
    if (x->stopping) break;
    if (pick(x, 0, INT64_MAX, &from, &to)) {
      merge_one(x, from, to);
      continue;
    }
    if (x->view->run_count > 0) keep_spare(x);
    x->busy = false;
    pthread_cond_broadcast(&x->room);
    if (x->dead == NULL && (x->cancel || !ids_has_work(x)) && !x->stopping)
      pthread_cond_wait(&x->work, &x->lock);
  }
  x->busy = false;
  pthread_mutex_unlock(&x->lock);
  return NULL;
}
