/* id.c - ids made from the real clock, a node number and a sequence. Threads may share an id
 * source. It never gives an id twice and never a smaller one, whatever the clock does: within a
 * millisecond, or while the clock is behind, the sequence counts on, and a full sequence borrows
 * the next millisecond. */
#include "base/base.h"
#include <stdatomic.h>
#include <string.h>

enum {
  NODE_BITS = 10,
  SEQUENCE_BITS = 12,
  SEQUENCE_MAX = (1 << SEQUENCE_BITS) - 1,
  TIME_SHIFT = NODE_BITS + SEQUENCE_BITS,
  TEXT_DIGITS = 13, /* of 5 bits: the first one carries 3 of the 63 */
  TEXT_DIGITS_128 = 26,
};
static const int64_t EPOCH_MS = INT64_C(1262304000000); /* 2010-01-01T00:00:00Z */
static const int64_t TIME_MAX = (INT64_C(1) << 41) - 1;

struct id_source {
  _Atomic id last; /* threads of one program share a source */
  id high_water;
  int64_t node;
  instant (*real_clock)(void *);
  void *arg;
};

static const char *const prefixes[] = {
#define X(symbol, prefix) prefix,
    ID_TABLE(X)
#undef X
};

id_source *id_source_open(arena *a, uint32_t node, id high_water, instant (*real_clock)(void *),
                          void *arg) {
  assert(node < (1u << NODE_BITS) && high_water >= 0 && real_clock != NULL);
  id_source *s = ARENA_NEW(a, id_source);
  *s = (id_source){.last = high_water,
                   .high_water = high_water,
                   .node = node,
                   .real_clock = real_clock,
                   .arg = arg};
  return s;
}

/* The rest of the high water's millisecond may be another node's, so it counts as used up. */
static id id_after(const id_source *s, id last, int64_t clock_ms) {
  int64_t last_ms = last >> TIME_SHIFT;
  int64_t sequence = last == s->high_water ? SEQUENCE_MAX : last & SEQUENCE_MAX;
  if (clock_ms > last_ms) {
    last_ms = clock_ms;
    sequence = 0;
  } else if (sequence < SEQUENCE_MAX) {
    sequence++;
  } else {
    last_ms++;
    sequence = 0;
  }
  assert(last_ms <= TIME_MAX);
  return (last_ms << TIME_SHIFT) | (s->node << SEQUENCE_BITS) | sequence;
}

id id_next(ctx *c) {
  id_source *s = c->ids;
  int64_t clock_ms = s->real_clock(s->arg) / 1000 - EPOCH_MS;
  id last = atomic_load(&s->last), made;
  do {
    made = id_after(s, last, clock_ms);
    assert(made > last);
  } while (!atomic_compare_exchange_weak(&s->last, &last, made));
  return made;
}

id id_source_last(const id_source *s) { return atomic_load(&s->last); }

instant id_time(id value) { return ((value >> TIME_SHIFT) + EPOCH_MS) * 1000; }

const char *id_prefix(id_kind kind) {
  assert((size_t)kind < COUNT_OF(prefixes));
  return prefixes[kind];
}

/* Crockford's alphabet, in lower case: no i, l, o, u. Its order is the order of bytes. */
static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

static int digit_value(char c) {
  const char *at = c == 0 ? NULL : strchr(alphabet, c);
  return at == NULL ? -1 : (int)(at - alphabet);
}

void id_write(char out[static ID_TEXT_MAX], id_kind kind, id value) {
  assert(value > 0);
  const char *prefix = id_prefix(kind);
  size_t len = strlen(prefix);
  assert(len + 1 + TEXT_DIGITS + 1 <= ID_TEXT_MAX);
  memcpy(out, prefix, len);
  out[len] = '_';
  for (size_t i = 0; i < TEXT_DIGITS; i++) {
    out[len + 1 + i] = alphabet[(value >> (5 * (TEXT_DIGITS - 1 - i))) & 31];
  }
  out[len + 1 + TEXT_DIGITS] = 0;
}

str id_print(arena *a, id_kind kind, id value) {
  char text[ID_TEXT_MAX];
  id_write(text, kind, value);
  return str_copy(a, str_from(text));
}

bool id_parse(str text, id_kind kind, id *out) {
  str prefix = str_from(id_prefix(kind));
  if (!str_starts(text, prefix) || text.len != prefix.len + 1 + TEXT_DIGITS) return false;
  const char *digits = text.at + prefix.len + 1;
  if (digits[-1] != '_' || digits[0] > '7') return false;
  int64_t value = 0;
  for (size_t i = 0; i < TEXT_DIGITS; i++) {
    int digit = digit_value(digits[i]);
    if (digit < 0) return false;
    value = value * 32 + digit;
  }
  if (value == 0) return false;
  *out = value;
  return true;
}

id128 id128_next(ctx *c) {
  uint64_t high = (uint64_t)id_next(c);
  uint64_t maker = (uint64_t)id_next(c) & ((1u << TIME_SHIFT) - 1);
  return (id128){.high = high,
                 .low = maker << (64 - TIME_SHIFT) | rng_next(c->random) >> TIME_SHIFT};
}

bool id128_eq(id128 a, id128 b) { return a.high == b.high && a.low == b.low; }

int id128_cmp(id128 a, id128 b) {
  if (a.high != b.high) return a.high < b.high ? -1 : 1;
  return (a.low > b.low) - (a.low < b.low);
}

bool id128_is_zero(id128 a) { return a.high == 0 && a.low == 0; }

static void put_big_endian(uint8_t *out, uint64_t value) {
  for (int i = 0; i < 8; i++) {
    out[i] = (uint8_t)(value >> (56 - 8 * i));
  }
}

static uint64_t get_big_endian(const uint8_t *in) {
  uint64_t value = 0;
  for (int i = 0; i < 8; i++) {
    value = value << 8 | in[i];
  }
  return value;
}

str id128_print(arena *a, id128 value) {
  uint8_t bytes[16];
  put_big_endian(bytes, value.high);
  put_big_endian(bytes + 8, value.low);
  return str_hex(a, bytes, sizeof bytes);
}

static bool parse_crockford_128(str text, id128 *out) {
  if (text.at[0] > '7') return false; /* 26 digits hold 130 bits */
  uint128 value = 0;
  for (size_t i = 0; i < text.len; i++) {
    char c = text.at[i];
    int digit = digit_value(c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
    if (digit < 0) return false;
    value = value * 32 + (unsigned)digit;
  }
  *out = (id128){.high = (uint64_t)(value >> 64), .low = (uint64_t)value};
  return true;
}

static bool parse_hex_128(str text, id128 *out) {
  uint8_t bytes[16];
  if (!str_unhex(text, bytes, sizeof bytes)) return false;
  *out = (id128){.high = get_big_endian(bytes), .low = get_big_endian(bytes + 8)};
  return true;
}

bool id128_parse(str text, id128 *out) {
  id128 value = {0, 0};
  bool is_crockford = text.len == TEXT_DIGITS_128;
  bool ok = is_crockford ? parse_crockford_128(text, &value) : parse_hex_128(text, &value);
  if (!ok || id128_is_zero(value)) return false;
  *out = value;
  return true;
}
