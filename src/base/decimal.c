/* decimal.c - integers at a scale as text and back. Strict on the way in, canonical on the way out,
 * so that print(parse(x)) is x for every canonical x. */
#include "base/base.h"

enum { SCALE_MAX = 18 };

/* Reads digits from *at on, into a value kept at or below zero, where the range is one wider.
 * Returns their count, or -1 on overflow. */
static int read_digits(str text, size_t *at, int64_t *value) {
  int count = 0;
  for (; *at < text.len && text.at[*at] >= '0' && text.at[*at] <= '9'; (*at)++) {
    if (MUL_OVERFLOWS(*value, 10, value)) return -1;
    if (SUB_OVERFLOWS(*value, text.at[*at] - '0', value)) return -1;
    count++;
  }
  return count;
}

bool decimal_parse(str text, int scale, int64_t *out) {
  assert(scale >= 0 && scale <= SCALE_MAX);
  bool is_negative = text.len > 0 && text.at[0] == '-';
  size_t at = is_negative ? 1 : 0;
  int64_t value = 0;
  if (read_digits(text, &at, &value) <= 0) return false;
  int decimals = 0;
  if (at < text.len) {
    if (text.at[at] != '.') return false;
    at++;
    decimals = read_digits(text, &at, &value);
    if (decimals <= 0 || decimals > scale || at < text.len) return false;
  }
  for (; decimals < scale; decimals++) {
    if (MUL_OVERFLOWS(value, 10, &value)) return false;
  }
  if (!is_negative && value == INT64_MIN) return false;
  *out = is_negative ? value : -value;
  return true;
}

str decimal_print(arena *a, int64_t value, int scale) {
  assert(scale >= 0 && scale <= SCALE_MAX);
  char text[24]; /* sign, 19 digits, point */
  size_t at = sizeof text;
  uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
  for (int written = 0; rest > 0 || written <= scale; written++) {
    if (written == scale && scale > 0) text[--at] = '.';
    text[--at] = (char)('0' + rest % 10);
    rest /= 10;
  }
  if (value < 0) text[--at] = '-';
  return str_copy(a, (str){text + at, sizeof text - at});
}
