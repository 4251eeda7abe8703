/* allocator.c - an allocator whose n-th allocation fails, once or from then on. Preloaded into the
 * simulation by `./dev crash oom`; never part of the program. Outside the stretches that are marked
 * with tael_allocator_use it only counts what is held. Works with glibc, whose own functions it
 * calls. */
#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *at);

static atomic_bool in_use, for_good;
static _Atomic uint64_t left, fired;
static _Atomic int64_t held;

void tael_allocator_fail_nth(uint64_t n, int stays);
void tael_allocator_use(int on);
uint64_t tael_allocator_fired(void);
int64_t tael_allocator_held(void);

void tael_allocator_fail_nth(uint64_t n, int stays) {
  atomic_store(&left, n);
  atomic_store(&for_good, stays != 0);
  atomic_store(&fired, 0);
}
void tael_allocator_use(int on) { atomic_store(&in_use, on != 0); }
uint64_t tael_allocator_fired(void) { return atomic_load(&fired); }
int64_t tael_allocator_held(void) { return atomic_load(&held); }

static bool fails(void) {
  if (!atomic_load(&in_use)) return false;
  uint64_t n = atomic_load(&left);
  if (n == 0) return false;
  if (n > 1) {
    atomic_store(&left, n - 1);
    return false;
  }
  if (!atomic_load(&for_good)) atomic_store(&left, 0);
  atomic_fetch_add(&fired, 1);
  errno = ENOMEM;
  return true;
}

static void *counted(void *at) {
  if (at != NULL) atomic_fetch_add(&held, 1);
  return at;
}

void *malloc(size_t size) { return fails() ? NULL : counted(__libc_malloc(size)); }
void *calloc(size_t count, size_t size) {
  return fails() ? NULL : counted(__libc_calloc(count, size));
}

void *realloc(void *old, size_t size) {
  if (fails()) return NULL;
  void *at = __libc_realloc(old, size);
  return old == NULL ? counted(at) : at;
}

void *memalign(size_t alignment, size_t size) {
  return fails() ? NULL : counted(__libc_memalign(alignment, size));
}
void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **out, size_t alignment, size_t size) {
  void *at = memalign(alignment, size);
  if (at == NULL) return ENOMEM;
  *out = at;
  return 0;
}

void free(void *at) {
  if (at != NULL) atomic_fetch_sub(&held, 1);
  __libc_free(at);
}
