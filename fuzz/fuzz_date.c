/* fuzz_date.c - dates, instants and ids as text: what parses, prints and parses to the same value.
 * A date and an id are canonical, so they print to the very text that was read. */
#include "target.h"

static void check_date(arena *a, str text) {
  date d;
  if (!date_parse(text, &d)) return;
  assert(d >= DATE_MIN && d <= DATE_MAX);
  assert(str_eq(date_print(a, d), text));
}

static void check_instant(arena *a, str text) {
  instant t, again;
  if (!instant_parse(text, &t)) return;
  str printed = instant_print(a, t);
  bool same = instant_parse(printed, &again) && again == t;
  assert(same);
  assert(str_eq(date_print(a, instant_date(t, 0)), (str){printed.at, 10}));
}

static void check_ids(arena *a, str text) {
  id value;
  if (id_parse(text, ID_ORDER, &value)) assert(str_eq(id_print(a, ID_ORDER, value), text));
  id128 wide, again;
  if (!id128_parse(text, &wide)) return;
  bool same = id128_parse(id128_print(a, wide), &again) && id128_eq(wide, again);
  assert(same);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  arena *a = fuzz_arena(1 << 20);
  str text = {(const char *)data, size};
  check_date(a, text);
  check_instant(a, text);
  check_ids(a, text);
  return 0;
}
