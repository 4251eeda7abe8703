/* ids_inside.h - what the files of the id index share: memory tables, views, the background's work.
 * Private to the ledger's ids*.c and their tests. */
#ifndef TAEL_LEDGER_IDS_INSIDE_H
#define TAEL_LEDGER_IDS_INSIDE_H

#include "ledger/ids.h"
#include "ledger/ids_run.h"
#include <pthread.h>

#define IDS_MAGIC UINT64_C(0x31736449006c6154)
enum {
  IDS_VERSION = 2,
  IDS_SEGMENT_MAX = 1 << 16,
  IDS_MERGE_MANY = 64, /* runs apart from one another are merged when there are so many */
  IDS_MERGE_DEPTH = 4, /* runs across one another when so many hold one id in their range */
  IDS_GROWTH = 4,      /* a level's runs are so many times larger than the one's below */
  IDS_PENDING_MAX = 2, /* sealed tables that wait to be written */
};
#define IDS_RUN_MAX (INT64_C(1) << 32)    /* ids in a run: offsets have 32 bits */
#define IDS_MERGED_MAX (INT64_C(1) << 31) /* a merge makes none larger */

/* Sizes that tests make small. */
typedef struct ids_shape {
  size_t run_ids;        /* a table is sealed when it holds as many */
  size_t segment_blocks; /* data blocks that share a filter */
} ids_shape;
extern const ids_shape ids_default_shape;

/* Short memory stops the process, as in table.h. old NULL: a fresh piece, zeroed. */
void *ids_memory(void *old, size_t count, size_t size);

/* --- memory tables ---------------------------------------------------------------------------- */
/* Ids in the order they came, so that a sequence is a position, and an open-addressing table of
 * 4-byte slots over them. One thread adds, others look at the same time: a slot is stored after
 * what it points to. Never removes. */
typedef struct ids_table {
  uint64_t seed;
  int64_t first; /* sequence of ids[0] */
  size_t room;   /* ids that fit */
  uint32_t mask; /* slots - 1 */
  _Atomic uint32_t count;
  _Atomic uint32_t *slots; /* 0: free; else index + 1, and a tag of the hash above it */
  id128 *ids;
  bool sealed;
  sha256 before, head; /* the chain's before the first and, when sealed, after the last */
  int refs;            /* views that hold it; under the index's lock */
  struct ids_table *next;
} ids_table;
ids_table *ids_table_open(size_t expected, uint64_t seed, int64_t first);
ids_table *ids_table_larger(const ids_table *t); /* a copy with twice the room */
/* A copy of the same size that holds only the first `count`. */
void ids_table_clear(ids_table *t);
void ids_table_close(ids_table *t);
void ids_table_add(ids_table *t, id128 key, uint64_t hash);           /* there is room */
int64_t ids_table_find(const ids_table *t, id128 key, uint64_t hash); /* 0: absent */
void ids_table_prefetch(const ids_table *t, uint64_t hash);
size_t ids_table_bytes(const ids_table *t);
static inline uint32_t ids_table_count(const ids_table *t) {
  return atomic_load_explicit(&t->count, memory_order_acquire);
}

/* --- views ------------------------------------------------------------------------------------ */
/* An immutable set: runs and tables, oldest first; the last table is the one being filled. */
struct ids_view {
  ids *owner;
  int refs; /* under the owner's lock */
  ids_view *next;
  size_t run_count, table_count;
  ids_run **runs;
  ids_table **tables;
};
ids_view *ids_view_make(ids *x, ids_run *const *runs, size_t run_count, ids_table *const *tables,
                        size_t table_count);
ids_view *ids_view_hold(ids *x); /* with the lock held */
void ids_view_drop(ids_view *v); /* with the lock held */
int64_t ids_view_covered(const ids_view *v);
/* Answers for every key that is not found already (sequences[i] == 0). */
status ids_view_find_many(ctx *c, const ids_view *v, const id128 *keys, size_t count,
                          int64_t *sequences);

struct ids {
  ids_shape shape;
  int folder; /* -1: memory only */
  bool reader, has_thread;
  uint64_t seed;
  str path; /* own copy */
  /* the writer's own */
  ids_table *active;
  ids_view *mine;
  uint64_t mine_version;
  id128 max; /* no id above this one was ever added */
  int64_t last;
  /* shared */
  pthread_mutex_t lock;
  pthread_cond_t work, room; /* for the background; for who waits for it */
  pthread_t thread;
  ids_view *view;
  _Atomic uint64_t version;
  ids_view *dead; /* views nobody holds, to be taken apart */
  ids_table *spare;
  size_t lent;           /* views taken and not given back */
  bool stopping, cancel; /* asked of the thread: end for good; end what it does */
  bool busy, failing;    /* it works; the disk refused its last table */
  bool merge_rests;      /* a merge failed: none until a table was written */
  bool hurry;            /* somebody waits for all of it */
  int64_t written_ids, waits;
};

/* Puts `v` in the place of the current view; with the lock held. */
void ids_publish(ids *x, ids_view *v);
/* Takes dead views apart; the lock is held, and let go meanwhile. */
void ids_bury(ids *x);
void ids_give_spare(ids *x, ids_table *t); /* as ids_bury with the lock; frees what is not needed */
size_t ids_pending(const ids *x);          /* sealed tables in the current view */

/* --- the background (ids_back.c, ids_merge.c) ------------------------------------------------- */
void *ids_thread(void *ids_arg);
bool ids_has_work(const ids *x); /* with the lock held */
/* Which neighbours to merge, [*from, *to), among the runs whose first sequence is after `after` and
 * that are smaller than `below` ids together. */
bool ids_pick(ids_run *const *runs, size_t count, size_t run_ids, int64_t after, int64_t below,
              size_t *from, size_t *to);
/* Called between the steps of a merge with the lock not held; false: give up. */
typedef bool (*ids_pause)(ids *x, int64_t after, int64_t ids_of_merge);
/* One run of all of them; NULL: given up, failed (errno), or one is damaged. */
ids_run *ids_merge(ids *x, ids_run *const *runs, size_t count, ids_pause pause);
ids_run *ids_write_table(ids *x, const ids_table *t); /* NULL with errno */

/* --- files ------------------------------------------------------------------------------------ */
void ids_run_name(char into[static IDS_NAME_MAX], int64_t first, int64_t last, const char *ending);
uint64_t ids_block_sum(const void *block, uint64_t position);
uint64_t ids_sum_chunks(const void *bytes, size_t len, uint64_t sum);
/* Makes sure that files deleted so far stay deleted. */
void ids_folder_sync(const ids *x);
/* The runs in the folder that join to 1..S, oldest first; `*runs` is the caller's to free. An owner
 * deletes all other runs and what a crash left half made. */
status ids_folder_scan(ctx *c, ids *x, ids_run ***runs, size_t *count);

status ids_open_shaped(ctx *c, str dir, ids_shape shape, bool reader, ids **out);

#endif
