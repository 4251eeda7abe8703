/* rate.c - how often one caller may ask. Each caller has the moment at which everything they asked
 * for would have been paid off at the allowed pace; who is ahead of it by more than a short burst
 * waits. A fixed table holds the callers who asked last: forgetting one who was quiet gives them
 * nothing they did not have. Nothing the caller writes counts, but the key they proved. */
#include "http/inside.h"
#include <pthread.h>

enum { SETS = 4096, WAYS = 4, BURST_LEAST = 20, NANOS = 1000000000 };
static const int64_t STALE_NS = INT64_C(10) * NANOS; /* the clock was set back */

typedef struct caller {
  uint64_t who;       /* 0: a free place */
  int64_t paid_at_ns; /* by the allowed pace */
} caller;

struct rate {
  pthread_mutex_t lock;
  int64_t pace_ns, burst_ns;
  caller places[SETS][WAYS];
};

rate *rate_open(arena *a, int64_t per_second) {
  int64_t burst = per_second / 50 > BURST_LEAST ? per_second / 50 : BURST_LEAST;
  rate *r = ARENA_NEW(a, rate);
  pthread_mutex_init(&r->lock, NULL);
  r->pace_ns = NANOS / per_second;
  r->burst_ns = (burst - 1) * r->pace_ns;
  return r;
}

/* The caller's place, or that of who in its set will have paid first. */
static caller *place_of(rate *r, uint64_t who) {
  caller *set = r->places[who % SETS], *quietest = &set[0];
  for (int i = 0; i < WAYS; i++) {
    if (set[i].who == who) return &set[i];
    if (set[i].paid_at_ns < quietest->paid_at_ns) quietest = &set[i];
  }
  *quietest = (caller){.who = who};
  return quietest;
}

bool rate_take(rate *r, uint64_t who, instant real_now, int *retry_after_s) {
  int64_t now_ns = real_now * 1000;
  pthread_mutex_lock(&r->lock);
  caller *k = place_of(r, who == 0 ? 1 : who);
  bool is_past = k->paid_at_ns < now_ns || k->paid_at_ns > now_ns + r->burst_ns + STALE_NS;
  if (is_past) k->paid_at_ns = now_ns;
  int64_t early_ns = k->paid_at_ns - now_ns - r->burst_ns;
  if (early_ns <= 0) k->paid_at_ns += r->pace_ns;
  pthread_mutex_unlock(&r->lock);
  *retry_after_s = early_ns <= 0 ? 0 : (int)((early_ns + NANOS - 1) / NANOS);
  return early_ns <= 0;
}
