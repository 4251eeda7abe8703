/* rng.c - xoshiro256** (Blackman and Vigna, 2018), its state filled by splitmix64 as its authors
 * advise. The same seed gives the same numbers on every machine, for ever: recorded runs depend on
 * it. */
#include "base/base.h"

struct rng {
  uint64_t state[4];
};

static uint64_t rotate_left(uint64_t x, unsigned bits) { return (x << bits) | (x >> (64 - bits)); }

static uint64_t splitmix_next(uint64_t *state) {
  *state += UINT64_C(0x9e3779b97f4a7c15);
  uint64_t z = *state;
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

rng *rng_open(arena *a, uint64_t seed) {
  rng *r = ARENA_NEW(a, rng);
  for (size_t i = 0; i < COUNT_OF(r->state); i++) {
    r->state[i] = splitmix_next(&seed);
  }
  return r;
}

uint64_t rng_next(rng *r) {
  uint64_t *s = r->state;
  uint64_t result = rotate_left(s[1] * 5, 7) * 9;
  uint64_t shifted = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= shifted;
  s[3] = rotate_left(s[3], 45);
  return result;
}

uint64_t rng_below(rng *r, uint64_t bound) {
  assert(bound >= 1);
  /* The high half of a 128-bit product is uniform once the low halves that belong to an incomplete
   * round of `bound` values are drawn again. */
  uint64_t incomplete = (0 - bound) % bound;
  for (;;) {
    uint128 product = (uint128)rng_next(r) * bound;
    if ((uint64_t)product >= incomplete) return (uint64_t)(product >> 64);
  }
}
