/* arena.c - an arena is a chain of malloc'd blocks, filled from the front. The cap counts what
 * callers asked for (rounded up to the alignment), so that a request fails at the same point on
 * every machine; the notes that remember hooks are outside the cap, so that what was opened can
 * always be closed. It never returns memory that was not zeroed. */
#include "base/base.h"
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif
#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
/* A poisoned gap behind each object catches a write past its end. */
static const size_t RED_ZONE = 16;
#else
#define ASAN_POISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
static const size_t RED_ZONE = 0;
#endif

enum { ALIGNMENT = 16, BLOCK_FIRST = 16 * 1024, BLOCK_LARGEST = 1024 * 1024 };

typedef struct block {
  struct block *next;
  size_t size; /* of `bytes` */
  size_t used;
  _Alignas(ALIGNMENT) unsigned char bytes[];
} block;

typedef struct hook_note {
  struct hook_note *older;
  void (*hook)(void *arg);
  void *arg;
} hook_note;

struct arena {
  size_t cap;
  size_t used;
  size_t next_block_size;
  block *first;
  block *current;
  hook_note *newest;
  jmp_buf *on_exhaustion;
};

static block *block_open(size_t size) {
  block *b = malloc(sizeof(block) + size);
  if (b == NULL) return NULL;
  *b = (block){.size = size};
  ASAN_POISON_MEMORY_REGION(b->bytes, size);
  return b;
}

static void block_close(block *b) {
  ASAN_UNPOISON_MEMORY_REGION(b->bytes, b->size);
  free(b);
}

/* Room for `bytes`, a multiple of the alignment, in the current block or a new one. */
static void *take_from_blocks(arena *a, size_t bytes) {
  block *b = a->current;
  if (b->size - b->used < bytes) {
    size_t wanted = bytes + RED_ZONE;
    b = block_open(wanted > a->next_block_size ? wanted : a->next_block_size);
    if (b == NULL) return NULL;
    if (a->next_block_size < BLOCK_LARGEST) a->next_block_size *= 2;
    a->current->next = b;
    a->current = b;
  }
  unsigned char *at = b->bytes + b->used;
  size_t left = b->size - b->used - bytes;
  b->used += bytes + (left < RED_ZONE ? left : RED_ZONE);
  ASAN_UNPOISON_MEMORY_REGION(at, bytes);
  memset(at, 0, bytes);
  return at;
}

/* count * size rounded up to the alignment; false when that can't be counted. Nothing still gets an
 * address of its own. */
static bool rounded_size(size_t count, size_t size, size_t *out) {
  size_t bytes;
  if (MUL_OVERFLOWS(count, size, &bytes) || bytes > SIZE_MAX / 2) return false;
  if (bytes == 0) bytes = 1;
  *out = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  return true;
}

_Noreturn static void exhausted(arena *a) {
  if (a->on_exhaustion != NULL) longjmp(*a->on_exhaustion, 1);
  log_line(LOG_ERROR, "arena.exhausted", "cap=%zu used=%zu", a->cap, a->used);
  abort();
}

arena *arena_open(size_t cap_bytes) {
  arena *a = malloc(sizeof(arena));
  block *first = block_open(BLOCK_FIRST);
  if (a == NULL || first == NULL) {
    free(a);
    if (first != NULL) block_close(first);
    return NULL;
  }
  *a = (arena){
      .cap = cap_bytes, .next_block_size = 2 * BLOCK_FIRST, .first = first, .current = first};
  return a;
}

static void run_hooks(arena *a) {
  while (a->newest != NULL) {
    hook_note *note = a->newest;
    a->newest = note->older;
    note->hook(note->arg);
  }
}

void arena_reset(arena *a) {
  run_hooks(a);
  block *b = a->first->next;
  while (b != NULL) {
    block *next = b->next;
    block_close(b);
    b = next;
  }
  ASAN_POISON_MEMORY_REGION(a->first->bytes, a->first->size);
  a->first->next = NULL;
  a->first->used = 0;
  a->current = a->first;
  a->used = 0;
  a->next_block_size = 2 * BLOCK_FIRST;
}

void arena_close(arena *a) {
  if (a == NULL) return;
  arena_reset(a);
  block_close(a->first);
  free(a);
}

void *arena_try(arena *a, size_t count, size_t size) {
  size_t bytes;
  if (!rounded_size(count, size, &bytes) || bytes > a->cap - a->used) return NULL;
  void *at = take_from_blocks(a, bytes);
  if (at != NULL) a->used += bytes;
  return at;
}

void *arena_take(arena *a, size_t count, size_t size) {
  void *at = arena_try(a, count, size);
  if (at == NULL) exhausted(a);
  return at;
}

/* In place when `old` was the last thing taken and its block has room, which is the usual life of a
 * text that is being built. */
static bool grow_in_place(arena *a, unsigned char *old, size_t old_bytes, size_t new_bytes) {
  block *b = a->current;
  size_t start = b->used - old_bytes - RED_ZONE;
  if (b->used < old_bytes + RED_ZONE || b->bytes + start != old) return false;
  if (b->size - start < new_bytes + RED_ZONE) return false;
  ASAN_UNPOISON_MEMORY_REGION(old, new_bytes);
  memset(old + old_bytes, 0, new_bytes - old_bytes);
  b->used = start + new_bytes + RED_ZONE;
  return true;
}

void *arena_grow(arena *a, void *old, size_t old_size, size_t new_size) {
  size_t old_bytes, new_bytes;
  assert(new_size >= old_size);
  if (old == NULL) return arena_take(a, new_size, 1);
  if (!rounded_size(old_size, 1, &old_bytes) || !rounded_size(new_size, 1, &new_bytes))
    exhausted(a);
  size_t more = new_bytes - old_bytes;
  if (more <= a->cap - a->used && grow_in_place(a, old, old_bytes, new_bytes)) {
    a->used += more;
    return old;
  }
  void *at = arena_take(a, new_size, 1);
  memcpy(at, old, old_size);
  return at;
}

void arena_hook(arena *a, void (*hook)(void *arg), void *arg) {
  size_t bytes;
  bool counted = rounded_size(1, sizeof(hook_note), &bytes);
  hook_note *note = counted ? take_from_blocks(a, bytes) : NULL;
  if (note == NULL) {
    hook(arg); /* nobody else would know of it */
    exhausted(a);
  }
  *note = (hook_note){.older = a->newest, .hook = hook, .arg = arg};
  a->newest = note;
}

jmp_buf *arena_on_exhaustion(arena *a, jmp_buf *handler) {
  jmp_buf *before = a->on_exhaustion;
  a->on_exhaustion = handler;
  return before;
}

size_t arena_used(const arena *a) { return a->used; }
