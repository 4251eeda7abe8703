/* arena.h - memory by lifetime. A request, a command group or a job has one arena; everything it
 * needs is taken from it and all of it goes at once. There is no free of a single object.
 *
 * Failure: a request beyond the cap or a failed malloc returns NULL from arena_try; arena_take
 * never returns NULL: it jumps to the arena's abort handler when one is set (http and engine set
 * one and answer 503), and otherwise stops the process. Memory is zeroed and aligned to 16. ASan
 * poisons what was reset. Not thread-safe: one owner at a time. */
#ifndef TAEL_ARENA_H
#define TAEL_ARENA_H

#include "base/base.h"
#include <setjmp.h>

typedef struct arena arena;

arena *arena_open(size_t cap_bytes); /* NULL when memory is short */
void arena_reset(arena *a);          /* runs hooks, newest first; keeps the first block */
void arena_close(arena *a);
void *arena_try(arena *a, size_t count, size_t size); /* NULL beyond the cap */
void *arena_take(arena *a, size_t count, size_t size);
/* Grows what was taken last in place where it can, else copies it; the new part is zeroed. Jumps or
 * stops like arena_take. old NULL: a plain take. new_size >= old_size, both in bytes. */
void *arena_grow(arena *a, void *old, size_t old_size, size_t new_size);
#define ARENA_NEW(a, type) ((type *)arena_take((a), 1, sizeof(type)))
#define ARENA_ARRAY(a, type, count) ((type *)arena_take((a), (count), sizeof(type)))

/* Runs `hook(arg)` at reset or close: closes a statement, a descriptor, a JSON value. */
void arena_hook(arena *a, void (*hook)(void *arg), void *arg);
/* NULL clears. Returns the handler that was set before, to be put back by whoever borrows the
 * arena. */
jmp_buf *arena_on_exhaustion(arena *a, jmp_buf *handler);
size_t arena_used(const arena *a);

#endif
