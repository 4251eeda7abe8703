/* ids_merge.c - making runs: from a full table, and from neighbouring runs. Which neighbours is
 * decided here too. Runs that lie across one another in their ids are merged in fours, so that a
 * look-up asks at most three filters a level; runs that lie side by side, as ids in order of time
 * make them, cost a look-up nothing and wait until there are sixty-four. It never deletes an input:
 * the caller does, after the output is in its place. */
#include "ledger/ids_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_IDS = 1 << 14 };

/* --- which ------------------------------------------------------------------------------------ */
static int64_t ids_in(const ids_run *r) { return r->h.last - r->h.first + 1; }

static int level_of(const ids_run *r, size_t run_ids) {
  int level = 0;
  for (int64_t n = ids_in(r) / (int64_t)run_ids; n >= IDS_GROWTH; n /= IDS_GROWTH)
    level++;
  return level;
}

/* The most runs that hold one id in their range; such a place starts where some range does. */
static size_t depth_of(ids_run *const *runs, size_t count) {
  size_t deepest = 0;
  for (size_t i = 0; i < count; i++) {
    size_t depth = 0;
    for (size_t j = 0; j < count; j++)
      depth += ids_run_spans(runs[j], runs[i]->h.min);
    if (depth > deepest) deepest = depth;
  }
  return deepest;
}

/* Cuts old runs off until the rest may be one. */
static bool fits(ids_run *const *runs, size_t *from, size_t to) {
  int64_t sum = 0;
  size_t at = to;
  while (at > *from && sum + ids_in(runs[at - 1]) <= IDS_MERGED_MAX)
    sum += ids_in(runs[--at]);
  *from = at;
  return to - at >= 2;
}

/* From the newest back: a run counts as at least as large as every newer one, so blocks of one
 * level are neighbours. */
bool ids_pick(ids_run *const *runs, size_t count, size_t run_ids, int64_t after, int64_t below,
              size_t *from, size_t *to) {
  int level = 0;
  for (size_t end = count; end > 0;) {
    int own = level_of(runs[end - 1], run_ids);
    if (own > level) level = own;
    size_t begin = end;
    int64_t sum = 0;
    while (begin > 0 && level_of(runs[begin - 1], run_ids) <= level &&
           runs[begin - 1]->h.first > after)
      sum += ids_in(runs[--begin]);
    if (begin == end) return false;
    size_t n = end - begin;
    bool is_due = n >= IDS_MERGE_MANY ||
                  (n >= IDS_MERGE_DEPTH && depth_of(runs + begin, n) >= IDS_MERGE_DEPTH);
    *from = begin;
    *to = end;
    if (is_due && sum < below && fits(runs, from, end)) return true;
    end = begin;
  }
  return false;
}

/* --- a table ---------------------------------------------------------------------------------- */
typedef struct placed {
  id128 key;
  uint32_t index;
} placed;

static int by_id(const void *a, const void *b) {
  return id128_cmp(((const placed *)a)->key, ((const placed *)b)->key);
}

static bool is_in_order(const ids_table *t, uint32_t count) {
  for (uint32_t i = 1; i < count; i++)
    if (id128_cmp(t->ids[i - 1], t->ids[i]) > 0) return false;
  return true;
}

static void write_sorted(ids_writer *w, const ids_table *t, uint32_t count) {
  placed *sorted = ids_memory(NULL, count, sizeof *sorted);
  for (uint32_t i = 0; i < count; i++)
    sorted[i] = (placed){.key = t->ids[i], .index = i};
  qsort(sorted, count, sizeof *sorted, by_id);
  for (uint32_t i = 0; i < count; i++)
    ids_writer_add(w, sorted[i].key, t->first + sorted[i].index);
  free(sorted);
}

/* A run that was just written is opened like any other: what the disk gives back is checked. */
static ids_run *finish(ids *x, ids_writer *w) {
  char name[IDS_NAME_MAX];
  const char *why = NULL;
  if (!ids_writer_finish(w, name)) return NULL;
  ids_run *r = ids_run_open(x->folder, name, true, &why);
  if (r != NULL) {
    ids_run_warm(r);
    return r;
  }
  log_line(LOG_ERROR, "id_index_damaged", "file=%s reason=\"%s\"", name,
           why == NULL ? strerror(errno) : why);
  errno = EIO;
  return NULL;
}

ids_run *ids_write_table(ids *x, const ids_table *t) {
  uint32_t count = ids_table_count(t);
  ids_plan plan = {.first = t->first,
                   .last = t->first + count - 1,
                   .before = t->before,
                   .head = t->head,
                   .seed = x->seed,
                   .segment_blocks = x->shape.segment_blocks};
  ids_writer *w = ids_writer_open(x->folder, &plan);
  if (w == NULL) return NULL;
  if (!is_in_order(t, count)) {
    write_sorted(w, t, count);
    return finish(x, w);
  }
  for (uint32_t i = 0; i < count; i++)
    ids_writer_add(w, t->ids[i], t->first + i);
  return finish(x, w);
}

/* --- runs ------------------------------------------------------------------------------------- */
typedef struct source {
  id128 key;
  int64_t sequence;
  ids_reader *reader;
} source;

typedef struct merging {
  source *heap; /* the smallest id on top */
  size_t count;
  ids_reader **readers;
  size_t reader_count;
  bool failed;
} merging;

static void sink(merging *m, size_t at) {
  source moved = m->heap[at];
  for (size_t child; (child = at * 2 + 1) < m->count; at = child) {
    if (child + 1 < m->count && id128_cmp(m->heap[child + 1].key, m->heap[child].key) < 0) child++;
    if (id128_cmp(moved.key, m->heap[child].key) <= 0) break;
    m->heap[at] = m->heap[child];
  }
  m->heap[at] = moved;
}

static void open_sources(merging *m, ids_run *const *runs, size_t count) {
  m->heap = ids_memory(NULL, count, sizeof *m->heap);
  m->readers = ids_memory(NULL, count, sizeof(ids_reader *));
  m->reader_count = count;
  for (size_t i = 0; i < count; i++) {
    source s = {.reader = m->readers[i] = ids_reader_open(runs[i])};
    if (s.reader == NULL || !ids_reader_next(s.reader, &s.key, &s.sequence)) {
      m->failed = true;
      return;
    }
    m->heap[m->count++] = s;
  }
  for (size_t i = m->count / 2; i-- > 0;)
    sink(m, i);
}

static void close_sources(merging *m) {
  for (size_t i = 0; i < m->reader_count; i++)
    ids_reader_close(m->readers[i]);
  free(m->readers);
  free(m->heap);
}

static void step(merging *m, ids_writer *w) {
  for (int n = 0; n < STEP_IDS && m->count > 0 && !m->failed; n++) {
    source *top = &m->heap[0];
    ids_writer_add(w, top->key, top->sequence);
    if (!ids_reader_next(top->reader, &top->key, &top->sequence)) {
      m->failed = ids_reader_failed(top->reader);
      m->heap[0] = m->heap[--m->count];
    }
    if (m->count > 0) sink(m, 0);
  }
}

ids_run *ids_merge(ids *x, ids_run *const *runs, size_t count, ids_pause pause) {
  ids_plan plan = {.first = runs[0]->h.first,
                   .last = runs[count - 1]->h.last,
                   .before = runs[0]->h.before,
                   .head = runs[count - 1]->h.head,
                   .seed = x->seed,
                   .segment_blocks = x->shape.segment_blocks};
  ids_writer *w = ids_writer_open(x->folder, &plan);
  if (w == NULL) return NULL;
  merging m = {0};
  open_sources(&m, runs, count);
  bool go_on = true;
  while (m.count > 0 && !m.failed && go_on) {
    step(&m, w);
    go_on = pause(x, plan.last, plan.last - plan.first + 1);
  }
  bool is_whole = !m.failed && go_on;
  close_sources(&m);
  if (is_whole) return finish(x, w);
  ids_writer_drop(w);
  errno = go_on ? EIO : 0;
  return NULL;
}
