/* fuzz_money.c - decimal text: what parses prints canonically, and the canonical text parses to the
 * same number. The first byte chooses the scale. Also currencies and integers, which read the same
 * text. */
#include "target.h"

static void check_decimal(arena *a, str text, int scale) {
  int64_t value = 0, again = 0;
  if (!decimal_parse(text, scale, &value)) return;
  str printed = decimal_print(a, value, scale);
  bool same = decimal_parse(printed, scale, &again) && again == value;
  assert(same);
  assert(str_eq(printed, decimal_print(a, again, scale)));
  for (int wider = scale + 1; wider <= 18; wider++) {
    int64_t scaled = 0, expected = value;
    bool fits = true;
    for (int i = scale; i < wider && fits; i++) {
      fits = !MUL_OVERFLOWS(expected, 10, &expected);
    }
    bool parsed = decimal_parse(text, wider, &scaled);
    assert(parsed == fits && (!fits || scaled == expected));
  }
}

static void check_integer(arena *a, str text) {
  int64_t value = 0, as_decimal = 0;
  if (!str_to_int(text, &value)) return;
  bool same = decimal_parse(text, 0, &as_decimal) && as_decimal == value;
  assert(same);
  assert(decimal_print(a, value, 0).len <= text.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) return 0;
  arena *a = fuzz_arena(1 << 20);
  str text = {(const char *)data + 1, size - 1};
  check_decimal(a, text, data[0] % 19);
  check_integer(a, text);
  uint32_t number;
  int scale;
  if (currency_by_code(text, &number, &scale)) assert(text.len == 3 && number > 0 && scale < 5);
  return 0;
}
