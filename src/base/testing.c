/* testing.c - seeds, sizes and contexts for tests. */
#include "base/testing.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t seed_from_surroundings(void) {
  const char *given = getenv("TAEL_SEED");
  if (given != NULL) return strtoull(given, NULL, 0);
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t test_seed(void) {
  static uint64_t seed;
  static bool is_known;
  if (!is_known) {
    seed = seed_from_surroundings();
    is_known = true;
    fprintf(stderr, "TAEL_SEED=%llu repeats this run\n", (unsigned long long)seed);
  }
  return seed;
}

size_t test_cases(size_t small) {
  const char *given = getenv("TAEL_CASES");
  return given == NULL ? small : (size_t)strtoull(given, NULL, 0);
}

static instant read_clock(void *arg) { return *(instant *)arg; }

ctx *test_ctx_open(instant *clock) {
  arena *a = arena_open(16u << 20);
  assert_non_null(a);
  ctx *c = ARENA_NEW(a, ctx);
  c->arena = a;
  c->now = c->real_now = *clock;
  c->today = instant_date(*clock, 0);
  c->random = rng_open(a, test_seed());
  c->ids = id_source_open(a, 1, 0, read_clock, clock);
  return c;
}

void test_ctx_close(ctx *c) { arena_close(c->arena); }

int64_t test_int64(rng *r) {
  uint64_t bits = rng_below(r, 65);
  uint64_t magnitude = bits == 0 ? 0 : rng_next(r) >> (64 - bits);
  if (rng_below(r, 4) == 0 && bits > 0) {
    uint64_t power = UINT64_C(1) << (bits - 1);
    magnitude = power + rng_below(r, 3) - 1;
  }
  return (int64_t)(rng_below(r, 2) == 0 ? magnitude : 0 - magnitude);
}
