/* page_cache.c - see page_cache.h. A page is pinned while SQLite holds it. When the cache is as
 * large as it may be, a hand goes round over all pages and takes the first that is neither pinned
 * nor was used since it came by last. Dirty pages are pinned, so nothing is lost by taking one. */
#include "db/page_cache.h"

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
  HUGE_BYTES = 2 << 20,
  SMALL_PAGES = 32, /* the first block: of connections that read a little */
  SMALL_BYTES = 4096,
  SLOTS_MIN = 64,
  LINE_BYTES = 64, /* of the processor's cache */
};

typedef struct page {
  sqlite3_pcache_page base;
  struct page *next; /* in its slot; of a free one: the next free one */
  unsigned key;
  bool is_there, is_pinned, was_used;
} page;

typedef struct block {
  struct block *next;
  uint8_t *pages, *extras; /* mapped; SQLite's part of the heads */
  size_t bytes, count;
  page heads[];
} block;

typedef struct cache {
  size_t page_bytes, extra_bytes;
  bool may_forget; /* else it is the only place where its pages are */
  unsigned max, count, pinned;
  page **slots;
  unsigned slot_count; /* a power of two */
  page *free;
  block *blocks;
  block *hand; /* NULL: before the first */
  size_t hand_at;
  unsigned highest; /* of the numbers fetched since the last truncation */
  unsigned beyond;  /* pages that were given a higher one */
} cache;

static size_t round_up(size_t n, size_t to) { return (n + to - 1) / to * to; }

/* --- memory ----------------------------------------------------------------------------------- */

/* Behind the last page there is room: a damaged page may make SQLite read a little past its end. */
static void *map_pages(size_t bytes, bool is_huge) {
  size_t more = is_huge ? HUGE_BYTES : 0;
  uint8_t *at =
      mmap(NULL, bytes + more, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) return NULL;
  if (!is_huge) return at;
  size_t before = round_up((uintptr_t)at, HUGE_BYTES) - (uintptr_t)at;
  if (before > 0) munmap(at, before);
  if (before < more) munmap(at + before + bytes, more - before);
  madvise(at + before, bytes, MADV_HUGEPAGE);
  return at + before;
}

static void drop_block(block *b) {
  if (b->pages != NULL) munmap(b->pages, b->bytes);
  free(b->extras);
  free(b);
}

static bool add_block(cache *c) {
  bool is_huge = c->blocks != NULL;
  size_t pages = is_huge ? HUGE_BYTES / c->page_bytes - 1 : SMALL_PAGES;
  size_t bytes = round_up((pages + 1) * c->page_bytes, is_huge ? HUGE_BYTES : SMALL_BYTES);
  block *b = calloc(1, sizeof *b + pages * sizeof *b->heads);
  if (b == NULL) return false;
  b->bytes = bytes;
  b->count = pages;
  b->pages = map_pages(bytes, is_huge);
  b->extras = aligned_alloc(LINE_BYTES, pages * c->extra_bytes);
  if (b->pages == NULL || b->extras == NULL) {
    drop_block(b);
    return false;
  }
  b->next = c->blocks;
  c->blocks = b;
  for (size_t i = pages; i-- > 0;) {
    b->heads[i].base.pBuf = b->pages + i * c->page_bytes;
    b->heads[i].base.pExtra = b->extras + i * c->extra_bytes;
    b->heads[i].next = c->free;
    c->free = &b->heads[i];
  }
  return true;
}

/* Without room for more slots the old ones are only fuller. */
static bool add_slots(cache *c) {
  unsigned wider = c->slot_count == 0 ? SLOTS_MIN : c->slot_count * 2;
  page **slots = calloc(wider, sizeof *slots);
  if (slots == NULL) return c->slot_count > 0;
  for (unsigned i = 0; i < c->slot_count; i++) {
    for (page *p = c->slots[i], *next; p != NULL; p = next) {
      next = p->next;
      p->next = slots[p->key & (wider - 1)];
      slots[p->key & (wider - 1)] = p;
    }
  }
  free(c->slots);
  c->slots = slots;
  c->slot_count = wider;
  return true;
}

/* --- pages by number -------------------------------------------------------------------------- */

static page **slot_of(const cache *c, unsigned key) { return &c->slots[key & (c->slot_count - 1)]; }

static page *find(const cache *c, unsigned key) {
  page *p = *slot_of(c, key);
  while (p != NULL && p->key != key)
    p = p->next;
  return p;
}

static void put(cache *c, page *p, unsigned key) {
  p->key = key;
  p->next = *slot_of(c, key);
  *slot_of(c, key) = p;
  c->beyond += key > c->highest;
}

static void take_out(cache *c, page *p) {
  page **at = slot_of(c, p->key);
  while (*at != p)
    at = &(*at)->next;
  *at = p->next;
  c->beyond -= p->key > c->highest;
}

static void discard(cache *c, page *p) {
  take_out(c, p);
  c->count--;
  c->pinned -= p->is_pinned;
  p->is_there = p->is_pinned = false;
  p->next = c->free;
  c->free = p;
}

/* --- the hand --------------------------------------------------------------------------------- */

static page *under_hand(cache *c) {
  while (c->hand == NULL || c->hand_at == c->hand->count) {
    c->hand = c->hand == NULL ? c->blocks : c->hand->next;
    c->hand_at = 0;
  }
  return &c->hand->heads[c->hand_at++];
}

/* There is a page that is not pinned: the second time round at the latest it is found. */
static void discard_unused(cache *c) {
  for (;;) {
    page *p = under_hand(c);
    if (!p->is_there || p->is_pinned) continue;
    if (!p->was_used) {
      discard(c, p);
      return;
    }
    p->was_used = false;
  }
}

static page *take_free(cache *c) {
  if (c->may_forget && c->count >= c->max && c->count > c->pinned) discard_unused(c);
  if (c->free == NULL && !add_block(c)) return NULL;
  page *p = c->free;
  c->free = p->next;
  return p;
}

/* --- what SQLite calls ------------------------------------------------------------------------ */

static int start(void *arg) {
  (void)arg;
  return SQLITE_OK;
}

static void stop(void *arg) { (void)arg; }

static sqlite3_pcache *create(int page_bytes, int extra_bytes, int may_forget) {
  cache *c = calloc(1, sizeof *c);
  if (c == NULL) return NULL;
  c->page_bytes = (size_t)page_bytes;
  c->extra_bytes = round_up((size_t)extra_bytes, LINE_BYTES);
  c->may_forget = may_forget != 0;
  if (add_slots(c)) return (sqlite3_pcache *)c;
  free(c);
  return NULL;
}

static void set_size(sqlite3_pcache *base, int pages) {
  cache *c = (cache *)base;
  c->max = pages > 0 ? (unsigned)pages : 0;
  while (c->may_forget && c->count > c->max && c->count > c->pinned)
    discard_unused(c);
}

static int page_count(sqlite3_pcache *base) { return (int)((cache *)base)->count; }

/* SQLite asks in two steps: first whether it is easy, which it is not when nearly all are pinned;
 * then it writes dirty ones to the log and asks again. */
static bool is_crowded(const cache *c) {
  return c->may_forget && c->pinned >= c->max - c->max / 10;
}

static page *add_page(cache *c, unsigned key) {
  if (c->count >= c->slot_count && !add_slots(c)) return NULL;
  page *p = take_free(c);
  if (p == NULL) return NULL;
  if (key > c->highest && c->beyond == 0) c->highest = key;
  put(c, p, key);
  c->count++;
  p->is_there = true;
  memset(p->base.pExtra, 0, c->extra_bytes);
  return p;
}

static sqlite3_pcache_page *fetch(sqlite3_pcache *base, unsigned key, int may_add) {
  cache *c = (cache *)base;
  page *p = find(c, key);
  if (p == NULL) {
    if (may_add == 0 || (may_add == 1 && is_crowded(c))) return NULL;
    p = add_page(c, key);
    if (p == NULL) return NULL;
  }
  c->pinned += !p->is_pinned;
  p->is_pinned = p->was_used = true;
  return &p->base;
}

static void unpin(sqlite3_pcache *base, sqlite3_pcache_page *released, int is_useless) {
  cache *c = (cache *)base;
  page *p = (page *)(void *)released;
  if (is_useless || (c->may_forget && c->count > c->max)) {
    discard(c, p);
    return;
  }
  c->pinned--;
  p->is_pinned = false;
}

static void rekey(sqlite3_pcache *base, sqlite3_pcache_page *moved, unsigned from, unsigned to) {
  cache *c = (cache *)base;
  page *p = (page *)(void *)moved, *before = find(c, to);
  (void)from;
  if (before != NULL) discard(c, before);
  take_out(c, p);
  put(c, p, to);
}

static void truncate_all(cache *c, unsigned limit) {
  for (unsigned i = 0; i < c->slot_count; i++) {
    for (page *p = c->slots[i], *next; p != NULL; p = next) {
      next = p->next;
      if (p->key >= limit) discard(c, p);
    }
  }
}

/* Pages from `limit` on. */
static void truncate_from(sqlite3_pcache *base, unsigned limit) {
  cache *c = (cache *)base;
  if (limit > c->highest && c->beyond == 0) return;
  if (c->beyond > 0 || c->highest - limit >= c->slot_count) {
    truncate_all(c, limit);
  } else {
    for (unsigned key = limit; key <= c->highest; key++) {
      page *p = find(c, key);
      if (p != NULL) discard(c, p);
    }
  }
  if (c->beyond == 0 && limit <= c->highest) c->highest = limit > 0 ? limit - 1 : 0;
}

static void destroy(sqlite3_pcache *base) {
  cache *c = (cache *)base;
  for (block *b = c->blocks, *next; b != NULL; b = next) {
    next = b->next;
    drop_block(b);
  }
  free(c->slots);
  free(c);
}

static void shrink(sqlite3_pcache *base) { (void)base; }

static const sqlite3_pcache_methods2 methods = {
    .iVersion = 1,
    .xInit = start,
    .xShutdown = stop,
    .xCreate = create,
    .xCachesize = set_size,
    .xPagecount = page_count,
    .xFetch = fetch,
    .xUnpin = unpin,
    .xRekey = rekey,
    .xTruncate = truncate_from,
    .xDestroy = destroy,
    .xShrink = shrink,
};

bool page_cache_install(void) {
  return sqlite3_config(SQLITE_CONFIG_PCACHE2, &methods) == SQLITE_OK;
}
