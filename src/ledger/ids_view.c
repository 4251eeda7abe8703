/* ids_view.c - asking the id index. A view is a fixed set of runs and tables that threads share;
 * whoever holds one may look without a lock. It promises an exact answer or E_STORE. Views, and the
 * runs and tables in them, are counted under the index's lock and taken apart by the background, so
 * that unmapping a large file never holds up a commit. */
#include "ledger/ids_inside.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH = 16, PROBES = 256 };

/* --- life ------------------------------------------------------------------------------------- */
ids_view *ids_view_make(ids *x, ids_run *const *runs, size_t run_count, ids_table *const *tables,
                        size_t table_count) {
  size_t bytes = sizeof(ids_view) + run_count * sizeof *runs + table_count * sizeof *tables;
  ids_view *v = ids_memory(NULL, 1, bytes);
  *v = (ids_view){.owner = x, .refs = 1, .run_count = run_count, .table_count = table_count};
  v->runs = (ids_run **)(void *)(v + 1);
  v->tables = (ids_table **)(void *)(v->runs + run_count);
  for (size_t i = 0; i < run_count; i++) {
    v->runs[i] = runs[i];
    runs[i]->refs++;
  }
  for (size_t i = 0; i < table_count; i++) {
    v->tables[i] = tables[i];
    tables[i]->refs++;
  }
  return v;
}

ids_view *ids_view_hold(ids *x) {
  x->view->refs++;
  return x->view;
}

void ids_view_drop(ids_view *v) {
  if (--v->refs > 0) return;
  v->next = v->owner->dead;
  v->owner->dead = v;
  if (v->owner->has_thread) pthread_cond_signal(&v->owner->work);
}

void ids_publish(ids *x, ids_view *v) {
  ids_view_drop(x->view);
  x->view = v;
  atomic_fetch_add(&x->version, 1);
}

typedef struct remains { /* what no view holds any more; freed without the lock */
  ids_run *runs;
  ids_table *tables;
} remains;

static remains unhold(ids_view *v) {
  remains gone = {0};
  for (size_t i = 0; i < v->run_count; i++) {
    if (--v->runs[i]->refs > 0) continue;
    v->runs[i]->next = gone.runs;
    gone.runs = v->runs[i];
  }
  for (size_t i = 0; i < v->table_count; i++) {
    if (--v->tables[i]->refs > 0) continue;
    v->tables[i]->next = gone.tables;
    gone.tables = v->tables[i];
  }
  return gone;
}

/* A table of the usual size is kept for the next seal. Returns it, cleared; the others are freed.
 */
static ids_table *clear_away(const ids *x, remains gone) {
  ids_table *spare = NULL;
  for (ids_run *r = gone.runs, *next; r != NULL; r = next) {
    next = r->next;
    ids_run_close(r);
  }
  for (ids_table *t = gone.tables, *next; t != NULL; t = next) {
    next = t->next;
    if (spare == NULL && t->room == x->shape.run_ids + x->shape.run_ids / 2)
      spare = t;
    else
      ids_table_close(t);
  }
  if (spare != NULL) ids_table_clear(spare);
  return spare;
}

void ids_give_spare(ids *x, ids_table *t) {
  if (t == NULL) return;
  if (x->spare == NULL) {
    x->spare = t;
    return;
  }
  pthread_mutex_unlock(&x->lock);
  ids_table_close(t);
  pthread_mutex_lock(&x->lock);
}

void ids_bury(ids *x) {
  while (x->dead != NULL) {
    ids_view *v = x->dead;
    x->dead = v->next;
    remains gone = unhold(v);
    pthread_mutex_unlock(&x->lock);
    ids_table *spare = clear_away(x, gone);
    free(v);
    pthread_mutex_lock(&x->lock);
    ids_give_spare(x, spare);
  }
}

int64_t ids_view_covered(const ids_view *v) {
  return v->run_count == 0 ? 0 : v->runs[v->run_count - 1]->h.last;
}

int64_t ids_view_last(const ids_view *v) {
  const ids_table *t = v->tables[v->table_count - 1];
  return t->first + ids_table_count(t) - 1;
}

ids_view *ids_view_take(ids *x) {
  pthread_mutex_lock(&x->lock);
  ids_view *v = ids_view_hold(x);
  x->lent++;
  pthread_mutex_unlock(&x->lock);
  return v;
}

void ids_view_release(ids_view *v) {
  ids *x = v->owner;
  pthread_mutex_lock(&x->lock);
  x->lent--;
  ids_view_drop(v);
  if (!x->has_thread) ids_bury(x);
  pthread_mutex_unlock(&x->lock);
}

/* --- asking ----------------------------------------------------------------------------------- */
typedef struct probe_list { /* filter lines on their way from memory */
  ids_probe probes[PROBES];
  uint8_t key[PROBES];
  size_t count;
} probe_list;

typedef struct batch {
  const id128 *keys;
  int64_t *sequences;
  uint64_t hash[BATCH];
  size_t count;
} batch;

static void ask_tables(const ids_view *v, batch *b) {
  for (size_t t = v->table_count; t-- > 0;) {
    for (size_t i = 0; i < b->count; i++)
      ids_table_prefetch(v->tables[t], b->hash[i]);
  }
  for (size_t t = v->table_count; t-- > 0;) {
    for (size_t i = 0; i < b->count; i++) {
      if (b->sequences[i] == 0)
        b->sequences[i] = ids_table_find(v->tables[t], b->keys[i], b->hash[i]);
    }
  }
}

static status answer_probes(ctx *c, batch *b, probe_list *list) {
  for (size_t p = 0; p < list->count; p++) {
    size_t i = list->key[p];
    if (b->sequences[i] != 0) continue;
    const ids_probe *probe = &list->probes[p];
    if (ids_run_ask(probe, b->keys[i], &b->sequences[i]) != IDS_DAMAGED) continue;
    return fail(c, E_STORE,
                "the id index file %s is damaged; restart: it is rebuilt from the transfers",
                probe->run->name);
  }
  list->count = 0;
  return OK;
}

static status ask_run(ctx *c, const ids_view *v, ids_run *r, batch *b, probe_list *list) {
  bool is_own = r->h.seed == v->owner->seed;
  for (size_t i = 0; i < b->count; i++) {
    if (b->sequences[i] != 0 || !ids_run_spans(r, b->keys[i])) continue;
    if (list->count == PROBES) TRY(answer_probes(c, b, list));
    ids_probe *probe = &list->probes[list->count];
    *probe = ids_run_aim(r, b->keys[i], is_own ? b->hash[i] : ids_hash(b->keys[i], r->h.seed));
    __builtin_prefetch(probe->line);
    list->key[list->count++] = (uint8_t)i;
  }
  return OK;
}

static status find_batch(ctx *c, const ids_view *v, batch *b) {
  probe_list list;
  list.count = 0;
  for (size_t i = 0; i < b->count; i++)
    b->hash[i] = ids_hash(b->keys[i], v->owner->seed);
  ask_tables(v, b);
  for (size_t r = v->run_count; r-- > 0;)
    TRY(ask_run(c, v, v->runs[r], b, &list));
  return answer_probes(c, b, &list);
}

status ids_view_find_many(ctx *c, const ids_view *v, const id128 *keys, size_t count,
                          int64_t *sequences) {
  for (size_t at = 0; at < count; at += BATCH) {
    batch b = {.keys = keys + at, .sequences = sequences + at};
    b.count = count - at < BATCH ? count - at : BATCH;
    TRY(find_batch(c, v, &b));
  }
  return OK;
}

status ids_view_find(ctx *c, const ids_view *v, id128 key, int64_t *sequence) {
  *sequence = 0;
  return ids_view_find_many(c, v, &key, 1, sequence);
}

static bool is_above_all(const ids *x, id128 key) { return id128_cmp(key, x->max) > 0; }

static void refresh_mine(ids *x) {
  if (atomic_load_explicit(&x->version, memory_order_acquire) == x->mine_version) return;
  pthread_mutex_lock(&x->lock);
  if (x->mine != NULL) ids_view_drop(x->mine);
  x->mine = ids_view_hold(x);
  x->mine_version = atomic_load(&x->version);
  if (!x->has_thread) ids_bury(x);
  pthread_mutex_unlock(&x->lock);
}

status ids_find_many(ctx *c, ids *x, const id128 *keys, size_t count, int64_t *sequences) {
  refresh_mine(x);
  for (size_t at = 0; at < count;) {
    id128 asked[BATCH];
    int64_t found[BATCH] = {0};
    size_t where[BATCH], n = 0;
    for (; at < count && n < BATCH; at++) {
      sequences[at] = 0;
      if (is_above_all(x, keys[at])) continue; /* ids in order of time end here */
      asked[n] = keys[at];
      where[n++] = at;
    }
    if (n == 0) break;
    TRY(ids_view_find_many(c, x->mine, asked, n, found));
    for (size_t i = 0; i < n; i++)
      sequences[where[i]] = found[i];
  }
  return OK;
}

status ids_find(ctx *c, ids *x, id128 key, int64_t *sequence) {
  return ids_find_many(c, x, &key, 1, sequence);
}
