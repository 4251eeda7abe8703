/* allocator.c - an allocator whose n-th allocation fails, once or from then on. Preloaded into the
 * simulation by `./dev crash oom`; never part of the program. Outside the stretches that are marked
 * with tael_allocator_use it only counts what is held. What does not fail goes to the allocator
 * behind it: glibc's, or that of a program built with ASan. */
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

static struct {
  void *(*malloc)(size_t size);
  void *(*calloc)(size_t count, size_t size);
  void *(*realloc)(void *old, size_t size);
  void *(*memalign)(size_t alignment, size_t size);
  void (*free)(void *at);
} behind;

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

/* Finding a symbol that is there allocates nothing. */
static void find_behind(void) {
  if (behind.free != NULL) return;
  *(void **)&behind.malloc = dlsym(RTLD_NEXT, "malloc");
  *(void **)&behind.calloc = dlsym(RTLD_NEXT, "calloc");
  *(void **)&behind.realloc = dlsym(RTLD_NEXT, "realloc");
  *(void **)&behind.memalign = dlsym(RTLD_NEXT, "memalign");
  *(void **)&behind.free = dlsym(RTLD_NEXT, "free");
}

void *malloc(size_t size) {
  find_behind();
  return fails() ? NULL : counted(behind.malloc(size));
}

void *calloc(size_t count, size_t size) {
  find_behind();
  return fails() ? NULL : counted(behind.calloc(count, size));
}

void *realloc(void *old, size_t size) {
  find_behind();
  if (fails()) return NULL;
  void *at = behind.realloc(old, size);
  return old == NULL ? counted(at) : at;
}

void *memalign(size_t alignment, size_t size) {
  find_behind();
  return fails() ? NULL : counted(behind.memalign(alignment, size));
}
void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **out, size_t alignment, size_t size) {
  void *at = memalign(alignment, size);
  if (at == NULL) return ENOMEM;
  *out = at;
  return 0;
}

void free(void *at) {
  find_behind();
  if (at != NULL) atomic_fetch_sub(&held, 1);
  behind.free(at);
}
