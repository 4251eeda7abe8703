/* ids.c - the id index as its writer knows it: opening, adding, sealing, forgetting. What it adds
 * is in a memory table at once; everything slow is the background's (ids_back.c). It promises that
 * the runs of a view and its tables hold every id that was added, whatever moves from one to the
 * other meanwhile. */
#include "ledger/ids_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RUN_IDS = 1 << 18, SEGMENT_BLOCKS = 1024, FOLDER_MODE = 0755, AHEAD = 32 };
const ids_shape ids_default_shape = {.run_ids = RUN_IDS, .segment_blocks = SEGMENT_BLOCKS};

/* --- opening ---------------------------------------------------------------------------------- */
static status open_folder(ctx *c, ids *x) {
  if (!x->reader && mkdir(x->path.at, FOLDER_MODE) != 0 && errno != EEXIST) {
    return fail(c, E_STORE, "cannot make the folder of the id index, %s: %s; check permissions",
                x->path.at, strerror(errno));
  }
  x->folder = open(x->path.at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (x->folder >= 0 || (x->reader && errno == ENOENT)) return OK;
  return fail(c, E_STORE, "cannot open the folder of the id index, %s: %s", x->path.at,
              strerror(errno));
}

/* A caller without randomness gets a seed that differs from process to process; it only spreads ids
 * over tables. */
static uint64_t seed_of(const ctx *c, const ids *x) {
  return c->random != NULL ? rng_next(c->random) : hash64(&x, sizeof x, (uint64_t)c->real_now);
}

static ids *make(ctx *c, str dir, ids_shape shape, bool reader) {
  ids *x = ids_memory(NULL, 1, sizeof *x);
  *x = (ids){.shape = shape, .folder = -1, .reader = reader, .seed = seed_of(c, x)};
  char *path = ids_memory(NULL, dir.len + 1, 1);
  if (dir.len > 0) memcpy(path, dir.at, dir.len);
  x->path = (str){path, dir.len};
  pthread_mutex_init(&x->lock, NULL);
  pthread_cond_init(&x->work, NULL);
  pthread_cond_init(&x->room, NULL);
  return x;
}

static void raise_max(ids *x, id128 key) {
  if (id128_cmp(key, x->max) > 0) x->max = key;
}

/* The view of these runs and of nothing added yet. */
static ids_view *start_from(ids *x, ids_run *const *runs, size_t count) {
  x->last = count == 0 ? 0 : runs[count - 1]->h.last;
  x->max = (id128){0};
  for (size_t i = 0; i < count; i++)
    raise_max(x, runs[i]->h.max);
  x->active = ids_table_open(x->shape.run_ids, x->seed, x->last + 1);
  if (count > 0) x->active->before = runs[count - 1]->h.head;
  return ids_view_make(x, runs, count, &x->active, 1);
}

static status load_runs(ctx *c, ids *x) {
  ids_run **runs = NULL;
  size_t count = 0;
  if (x->folder >= 0) TRY(ids_folder_scan(c, x, &runs, &count));
  if (count > 0) x->seed = runs[count - 1]->h.seed; /* one hash serves all runs */
  x->view = start_from(x, runs, count);
  x->version = 1;
  free(runs);
  return OK;
}

static status start_thread(ctx *c, ids *x) {
  if (x->folder < 0 || x->reader) return OK;
  int error = pthread_create(&x->thread, NULL, ids_thread, x);
  if (error != 0) return fail(c, E_NO_MEMORY, "no thread for the id index: %s", strerror(error));
  x->has_thread = true;
  return OK;
}

status ids_open_shaped(ctx *c, str dir, ids_shape shape, bool reader, ids **out) {
  assert(shape.run_ids >= 1 && shape.run_ids < IDS_UNSEALED_MAX / 2);
  assert(shape.segment_blocks >= 1 && shape.segment_blocks <= IDS_SEGMENT_MAX);
  ids *x = make(c, dir, shape, reader);
  status s = dir.len > 0 ? open_folder(c, x) : OK;
  if (s == OK) s = load_runs(c, x);
  if (s == OK) s = start_thread(c, x);
  if (s != OK) {
    ids_close(x);
    return s;
  }
  *out = x;
  return OK;
}

status ids_open(ctx *c, str dir, ids **out) {
  return ids_open_shaped(c, dir, ids_default_shape, false, out);
}

status ids_open_reader(ctx *c, str dir, ids **out) {
  return ids_open_shaped(c, dir, ids_default_shape, true, out);
}

static void stop_thread(ids *x) {
  if (!x->has_thread) return;
  pthread_mutex_lock(&x->lock);
  x->stopping = true;
  pthread_cond_signal(&x->work);
  pthread_mutex_unlock(&x->lock);
  pthread_join(x->thread, NULL);
  x->has_thread = false;
}

void ids_close(ids *x) {
  if (x == NULL) return;
  stop_thread(x);
  pthread_mutex_lock(&x->lock);
  assert(x->lent == 0);
  if (x->mine != NULL) ids_view_drop(x->mine);
  if (x->view != NULL) {
    ids_view_drop(x->view);
  }
  ids_bury(x);
  pthread_mutex_unlock(&x->lock);
  ids_table_close(x->spare);
  if (x->folder >= 0) close(x->folder);
  pthread_cond_destroy(&x->work);
  pthread_cond_destroy(&x->room);
  pthread_mutex_destroy(&x->lock);
  free((void *)(uintptr_t)x->path.at);
  free(x);
}

/* --- what is covered -------------------------------------------------------------------------- */
int64_t ids_covered(ids *x) {
  pthread_mutex_lock(&x->lock);
  int64_t covered = ids_view_covered(x->view);
  pthread_mutex_unlock(&x->lock);
  return covered;
}

bool ids_anchor(ids *x, int64_t *sequence, sha256 *head) {
  pthread_mutex_lock(&x->lock);
  const ids_view *v = x->view;
  bool is_there = v->run_count > 0;
  if (is_there) {
    *sequence = v->runs[v->run_count - 1]->h.last;
    *head = v->runs[v->run_count - 1]->h.head;
  }
  pthread_mutex_unlock(&x->lock);
  return is_there;
}

/* Waits until the background has let go. */
void ids_drop_newest(ids *x) {
  assert(x->last == ids_covered(x));
  pthread_mutex_lock(&x->lock);
  x->cancel = true;
  while (x->busy)
    pthread_cond_wait(&x->room, &x->lock);
  const ids_view *v = x->view;
  size_t keep = v->run_count == 0 ? 0 : v->run_count - 1;
  for (size_t i = keep; i < v->run_count && !x->reader; i++)
    unlinkat(x->folder, v->runs[i]->name, 0);
  ids_folder_sync(x);
  ids_publish(x, start_from(x, v->runs, keep));
  x->cancel = false;
  if (!x->has_thread) ids_bury(x);
  pthread_cond_signal(&x->work);
  pthread_mutex_unlock(&x->lock);
}

int64_t ids_last(const ids *x) { return x->last; }

/* --- adding ----------------------------------------------------------------------------------- */
/* Puts another table in the active one's place; with the lock held. */
static void replace_active(ids *x, ids_table *with) {
  const ids_view *v = x->view;
  ids_view *fresh = ids_view_make(x, v->runs, v->run_count, v->tables, v->table_count);
  fresh->tables[v->table_count - 1]->refs--;
  fresh->tables[v->table_count - 1] = with;
  with->refs++;
  x->active = with;
  ids_publish(x, fresh);
  if (!x->has_thread) ids_bury(x);
}

static void grow(ids *x) {
  ids_table *larger = ids_table_larger(x->active);
  pthread_mutex_lock(&x->lock);
  replace_active(x, larger);
  pthread_mutex_unlock(&x->lock);
}

void ids_add(ids *x, id128 key, int64_t sequence) {
  assert(sequence == x->last + 1);
  if (ids_table_count(x->active) == x->active->room) grow(x);
  ids_table_add(x->active, key, ids_hash(key, x->seed));
  raise_max(x, key);
  x->last = sequence;
}

void ids_add_many(ids *x, const id128 *keys, size_t count, int64_t first) {
  for (size_t at = 0; at < count; at += AHEAD) {
    size_t n = count - at < AHEAD ? count - at : AHEAD;
    for (size_t i = 0; i < n; i++)
      ids_table_prefetch(x->active, ids_hash(keys[at + i], x->seed));
    for (size_t i = 0; i < n; i++)
      ids_add(x, keys[at + i], first + (int64_t)(at + i));
  }
}

/* --- sealing ---------------------------------------------------------------------------------- */
static void wait_for_room(ids *x) {
  if (!x->has_thread || ids_pending(x) < IDS_PENDING_MAX || x->failing) return;
  x->waits++;
  while (ids_pending(x) >= IDS_PENDING_MAX && !x->failing)
    pthread_cond_wait(&x->room, &x->lock);
}

static ids_table *next_table(ids *x) {
  ids_table *t = x->spare;
  x->spare = NULL;
  if (t == NULL) return ids_table_open(x->shape.run_ids, x->seed, x->last + 1);
  t->first = x->last + 1;
  t->seed = x->seed;
  return t;
}

void ids_seal(ids *x, const sha256 *head) {
  if (ids_table_count(x->active) < x->shape.run_ids) return;
  pthread_mutex_lock(&x->lock);
  wait_for_room(x);
  x->active->sealed = true;
  x->active->head = *head;
  const ids_view *v = x->view;
  ids_table **tables = ids_memory(NULL, v->table_count + 1, sizeof(ids_table *));
  memcpy(tables, v->tables, v->table_count * sizeof *tables);
  x->active = tables[v->table_count] = next_table(x);
  x->active->before = *head;
  ids_publish(x, ids_view_make(x, v->runs, v->run_count, tables, v->table_count + 1));
  free(tables);
  if (!x->has_thread) ids_bury(x);
  pthread_cond_signal(&x->work);
  pthread_mutex_unlock(&x->lock);
}

/* --- the rest --------------------------------------------------------------------------------- */
void ids_settle(ids *x) {
  pthread_mutex_lock(&x->lock);
  x->hurry = true;
  pthread_cond_signal(&x->work);
  while (x->has_thread && !x->failing && (x->busy || ids_has_work(x)))
    pthread_cond_wait(&x->room, &x->lock);
  x->hurry = false;
  pthread_mutex_unlock(&x->lock);
}

ids_figures ids_look(ids *x) {
  pthread_mutex_lock(&x->lock);
  const ids_view *v = x->view;
  ids_figures f = {.runs = v->run_count, .tables = v->table_count, .waits = x->waits};
  f.written_ids = x->written_ids;
  for (size_t i = 0; i < v->run_count; i++)
    f.file_bytes += (int64_t)v->runs[i]->h.file_bytes;
  for (size_t i = 0; i < v->table_count; i++)
    f.memory_bytes += (int64_t)ids_table_bytes(v->tables[i]);
  pthread_mutex_unlock(&x->lock);
  return f;
}
