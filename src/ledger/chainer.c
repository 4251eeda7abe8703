/* chainer.c - see chainer.h. A page can be hashed when the one before it is: `done` counts pages
 * that are, `taken` those that somebody has or had in hand, which is `done` or one more. Both carry
 * the number of their job, so that a thread that comes late takes nothing of another one. */
#include "ledger/chainer.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
  APART_RECORDS = 1024, /* fewer are not worth waking a thread for */
  SPINS = 1 << 10,
  JOB_SHIFT = 32,
};

struct chainer {
  const pool *kept;
  sha256 first;
  sha256 *heads;
  size_t pages, room;
  uint64_t job;
  _Atomic uint64_t done, taken; /* job << JOB_SHIFT | pages */
  pthread_mutex_t lock;
  pthread_cond_t wake;
  pthread_t thread;
  bool has_thread;
  uint64_t wanted; /* the last job that asked for help */
  bool stopping;
};

static size_t pages_of(uint64_t place) { return (size_t)(place & UINT32_MAX); }

/* --- a page ----------------------------------------------------------------------------------- */

static void hash_page(chainer *h, size_t page) {
  sha256 head = page == 0 ? h->first : h->heads[page - 1];
  size_t end = (page + 1) * PAGE_RECORDS;
  if (end > h->kept->count) end = h->kept->count;
  for (size_t i = page * PAGE_RECORDS; i < end; i++) {
    uint8_t record[TRANSFER_RECORD_BYTES];
    ledger_encode(&((const kept *)pool_at(h->kept, i))->t, record);
    head = sha256_of_two(head.bytes, sizeof head.bytes, record, sizeof record);
  }
  h->heads[page] = head;
}

/* False: somebody else has the page behind `done`. */
static bool take_page(chainer *h, uint64_t done) {
  uint64_t expected = done;
  if (!atomic_compare_exchange_strong(&h->taken, &expected, done + 1)) return false;
  hash_page(h, pages_of(done));
  atomic_store(&h->done, done + 1);
  return true;
}

static void pause_a_moment(int *spins) {
  if (++*spins % SPINS == 0) sched_yield();
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

/* --- the thread ------------------------------------------------------------------------------- */

/* Until the job is done, or another one has begun. */
static void help(chainer *h, uint64_t job, size_t pages) {
  int spins = 0;
  for (;;) {
    uint64_t done = atomic_load(&h->done);
    if (done >> JOB_SHIFT != job || pages_of(done) >= pages) return;
    if (!take_page(h, done)) pause_a_moment(&spins);
  }
}

static void *help_on(void *arg) {
  chainer *h = arg;
  uint64_t seen = 0;
  for (;;) {
    pthread_mutex_lock(&h->lock);
    while (h->wanted == seen && !h->stopping)
      pthread_cond_wait(&h->wake, &h->lock);
    seen = h->wanted;
    size_t pages = h->pages;
    bool is_over = h->stopping;
    pthread_mutex_unlock(&h->lock);
    if (is_over) return NULL;
    help(h, seen, pages);
  }
}

static void ask_for_help(chainer *h) {
  if (!h->has_thread) h->has_thread = pthread_create(&h->thread, NULL, help_on, h) == 0;
  if (!h->has_thread) return;
  pthread_mutex_lock(&h->lock);
  h->wanted = h->job;
  pthread_cond_signal(&h->wake);
  pthread_mutex_unlock(&h->lock);
}

/* --- public ----------------------------------------------------------------------------------- */

chainer *chainer_open(void) {
  chainer *h = calloc(1, sizeof *h);
  if (h == NULL) return NULL;
  pthread_mutex_init(&h->lock, NULL);
  pthread_cond_init(&h->wake, NULL);
  return h;
}

void chainer_close(chainer *h) {
  if (h == NULL) return;
  if (h->has_thread) {
    pthread_mutex_lock(&h->lock);
    h->stopping = true;
    pthread_cond_signal(&h->wake);
    pthread_mutex_unlock(&h->lock);
    pthread_join(h->thread, NULL);
  }
  pthread_cond_destroy(&h->wake);
  pthread_mutex_destroy(&h->lock);
  free(h->heads);
  free(h);
}

status chainer_begin(ctx *c, chainer *h, const sha256 *head, const pool *records) {
  size_t pages = (records->count + PAGE_RECORDS - 1) / PAGE_RECORDS;
  chainer_end(h);
  if (pages > h->room) {
    sha256 *wider = realloc(h->heads, pages * sizeof *wider);
    if (wider == NULL) return fail(c, E_NO_MEMORY, "no memory for a group's hash chain");
    h->heads = wider;
    h->room = pages;
  }
  h->kept = records;
  h->first = *head;
  pthread_mutex_lock(&h->lock);
  h->pages = pages;
  pthread_mutex_unlock(&h->lock);
  h->job++;
  atomic_store(&h->taken, h->job << JOB_SHIFT);
  atomic_store(&h->done, h->job << JOB_SHIFT);
  if (records->count >= APART_RECORDS) ask_for_help(h);
  return OK;
}

sha256 chainer_head(chainer *h, size_t page) {
  int spins = 0;
  for (;;) {
    uint64_t done = atomic_load(&h->done);
    if (pages_of(done) > page) return h->heads[page];
    if (!take_page(h, done)) pause_a_moment(&spins);
  }
}

/* Takes the rest, unhashed, as soon as nobody has a page in hand. */
void chainer_end(chainer *h) {
  int spins = 0;
  uint64_t over = h->job << JOB_SHIFT | h->pages;
  for (;;) {
    uint64_t done = atomic_load(&h->done);
    if (done == over) return;
    if (atomic_compare_exchange_strong(&h->taken, &done, over)) {
      atomic_store(&h->done, over);
      return;
    }
    pause_a_moment(&spins);
  }
}
