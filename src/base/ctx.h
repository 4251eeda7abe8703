/* ctx.h - what a piece of work is handed: memory, time, ids, randomness, and a place for what went
 * wrong. Passed explicitly and first; there is no current context. Nothing below cli/ reads the
 * system clock or the system's randomness by itself: it takes them from here, so that a run can be
 * replayed. */
#ifndef TAEL_CTX_H
#define TAEL_CTX_H

#include "base/base.h"
#include "base/arena.h"
#include "base/str.h"

typedef struct id_source id_source; /* id.h */
typedef struct rng rng;

enum { FAULT_FIELDS_MAX = 16 };

typedef struct fault_field {
  str pointer; /* JSON pointer into the body ("/lines/0/quantity"), or "query/limit", "header/..."
                */
  str detail;  /* what is wrong and what to send instead */
} fault_field;

typedef struct fault {
  status code; /* OK: nothing went wrong */
  str detail;  /* a sentence a person can act on */
  fault_field fields[FAULT_FIELDS_MAX];
  size_t field_count;
  int retry_after_s; /* 0: none */
} fault;

typedef struct ctx {
  arena *arena;
  instant now; /* business time: movable in a sandbox; what rules and records use */
  instant at;  /* business time that in-process commands carry: imported history; 0: the engine's */
  instant real_now; /* the wall clock: ids, sessions, rate limits, signatures */
  date today;       /* business date of `now` in the market's time zone */
  rng *random;
  id_source *ids;
  fault fault;
} ctx;

/* Records the fault and returns `code`; the first fault of a piece of work is kept. */
status fail(ctx *c, status code, const char *format, ...) PRINTF(3, 4);
/* Adds a field to the fault (code is set by the first) and returns `code`. */
status fail_field(ctx *c, status code, str pointer, const char *format, ...) PRINTF(4, 5);
void fault_clear(ctx *c);

/* Deterministic generator (xoshiro256**), seeded from the system in cli/ or from a test's seed.
 * Not for secrets: those come from libsodium's randombytes in the module that needs them. */
rng *rng_open(arena *a, uint64_t seed);
uint64_t rng_next(rng *r);
uint64_t rng_below(rng *r, uint64_t bound); /* uniform in [0, bound); bound >= 1 */

#endif
