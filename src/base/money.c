/* money.c - sums, products and splits of minor units. Every result is exact or refused; where a
 * fraction must go, the caller has named the way. Products are made in 128 bits. */
#include "base/base.h"

bool money_add(money a, money b, money *out) {
  int64_t sum;
  if (a.asset != b.asset || ADD_OVERFLOWS(a.minor, b.minor, &sum)) return false;
  *out = (money){sum, a.asset};
  return true;
}

bool money_sub(money a, money b, money *out) {
  int64_t difference;
  if (a.asset != b.asset || SUB_OVERFLOWS(a.minor, b.minor, &difference)) return false;
  *out = (money){difference, a.asset};
  return true;
}

/* Whether the quotient, cut toward zero, moves one away from zero. rest is |remainder|, below den.
 */
static bool rounds_away(bool quotient_is_odd, uint128 rest, uint128 den, rounding how) {
  switch (how) {
  case ROUND_DOWN: return false;
  case ROUND_UP: return rest > 0;
  case ROUND_HALF_UP: return 2 * rest >= den;
  case ROUND_HALF_EVEN: return 2 * rest > den || (2 * rest == den && quotient_is_odd);
  }
  assert(false && "no such rounding");
  return false;
}

bool mul_div(int64_t value, int64_t num, int64_t den, rounding how, int64_t *out) {
  assert(den > 0);
  int128 product = (int128)value * num;
  bool is_negative = product < 0;
  uint128 magnitude = (uint128)(is_negative ? -product : product);
  uint64_t divisor = (uint64_t)den;
  uint128 quotient = magnitude / divisor;
  uint128 rest = magnitude % divisor;
  if (rounds_away(quotient % 2 == 1, rest, divisor, how)) quotient++;
  int128 result = is_negative ? -(int128)quotient : (int128)quotient;
  if (result < INT64_MIN || result > INT64_MAX) return false;
  *out = (int64_t)result;
  return true;
}

bool rate_apply(int64_t minor, int64_t rate_ppb, rounding how, int64_t *out) {
  return mul_div(minor, rate_ppb, RATE_ONE, how, out);
}

/* A split in hand: |total| over weights that sum to sum. */
typedef struct split {
  uint64_t total;
  uint64_t sum;
  const int64_t *weights;
  size_t count;
} split;

static uint64_t share_of(const split *s, size_t i, uint64_t *remainder) {
  uint128 product = (uint128)s->total * (uint64_t)s->weights[i];
  *remainder = (uint64_t)(product % s->sum);
  return (uint64_t)(product / s->sum);
}

static size_t count_remainders_from(const split *s, uint64_t least) {
  size_t found = 0;
  for (size_t i = 0; i < s->count; i++) {
    uint64_t remainder;
    share_of(s, i, &remainder);
    if (remainder >= least) found++;
  }
  return found;
}

/* The greatest remainder that at least `wanted` shares reach. Found by halving, since there is no
 * memory here to sort in. The remainders add up to wanted * sum and each is below sum, so it is
 * never zero. */
static uint64_t remainder_threshold(const split *s, size_t wanted) {
  uint64_t reached = 1, missed = s->sum;
  while (missed - reached > 1) {
    uint64_t middle = reached + (missed - reached) / 2;
    if (count_remainders_from(s, middle) >= wanted) {
      reached = middle;
    } else {
      missed = middle;
    }
  }
  return reached;
}

static int64_t with_sign(uint64_t magnitude, bool is_negative) {
  return is_negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
}

bool money_split(int64_t total, const int64_t *weights, size_t count, int64_t *parts) {
  int64_t sum = 0;
  for (size_t i = 0; i < count; i++) {
    if (weights[i] < 0 || ADD_OVERFLOWS(sum, weights[i], &sum)) return false;
  }
  if (sum == 0) return false;
  bool is_negative = total < 0;
  uint64_t magnitude = is_negative ? 0 - (uint64_t)total : (uint64_t)total;
  split s = {magnitude, (uint64_t)sum, weights, count};
  uint64_t left = magnitude, remainder;
  for (size_t i = 0; i < count; i++) {
    left -= share_of(&s, i, &remainder);
  }
  uint64_t threshold = left == 0 ? s.sum : remainder_threshold(&s, left);
  uint64_t for_ties = left - count_remainders_from(&s, threshold + 1);
  for (size_t i = 0; i < count; i++) {
    uint64_t part = share_of(&s, i, &remainder);
    if (remainder > threshold) {
      part++;
    } else if (remainder == threshold && for_ties > 0) {
      part++;
      for_ties--;
    }
    parts[i] = with_sign(part, is_negative);
  }
  return true;
}
