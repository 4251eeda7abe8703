/* test_direct.c - bodies read straight from their bytes: never one that the tree would refuse,
 * never read otherwise, and the common ones without asking it. */
#include "base/testing.h"
#include "http/test_both.h"
#include "http/test_groups.h"
#include <string.h>

static both_outcome read_both(str json) {
  arena *a = arena_open(16 << 20);
  assert_non_null(a);
  char *exact = arena_take(a, json.len, 1); /* a byte read beyond the end is caught by ASan */
  memcpy(exact, json.at, json.len);
  both_outcome outcome = both_read(a, (str){exact, json.len});
  arena_close(a);
  return outcome;
}

static void common_bodies_are_taken_without_the_tree(void **state) {
  UNUSED(state);
  static const char *const taken[] = {
      "{\"name\":\"\"}",
      " {\"name\" : \"ab\" ,\r\n\t\"any\" : -0 } \n",
      "{\"any\":-999999999999999999,\"name\":\"\xe4\xb8\xad\xe6\x96\x87\",\"open\":false}",
      "{\"name\":\"x\",\"few\":null,\"main\":null,\"extra\":null,\"open\":true,\"colour\":\"red\"}",
      "{\"name\":\"x\",\"order\":\"ord_0000000000001\",\"transfer\":"
      "\"0000000000000000000000000000002a\",\"currency\":\"CNY\",\"at\":\"2026-03-31T08:00:00Z\","
      "\"day\":\"2026-03-31\",\"main\":{\"sku\":\"a\"}}",
      "{\"name\":\"x\",\"parts\":[{\"sku\":\"a\"},{\"sku\":\"b\",\"quantity\":99}]}",
      ("{\"parts\":[{\"sku\":\"a\"},{\"sku\":\"a\"},{\"sku\":\"a\"},{\"sku\":\"a\"},{\"sku\":\"a\"}"
       ","
       "{\"sku\":\"a\"},{\"sku\":\"a\"},{\"sku\":\"a\"},{\"sku\":\"b\"}],\"name\":\"nine\"}"),
  };
  for (size_t i = 0; i < COUNT_OF(taken); i++) {
    if (read_both(str_from(taken[i])) != BOTH_EQUAL) fail_msg("%s", taken[i]);
  }
}

static void whatever_is_in_doubt_is_left_to_the_tree(void **state) {
  UNUSED(state);
  static const char *const declined[] = {
      "",
      "{",
      "{}",
      "[]",
      "{\"name\":\"a\\u0062\"}",
      "{\"name\":\"a\",}",
      "{\"name\":\"a\"}x",
      "{\"name\":\"a\" \"any\":1}",
      "{\"name\":\"a\",\"name\":\"a\"}",
      "{\"few\":null,\"name\":\"a\",\"few\":null}",
      "{\"name\":\"a\",\"any\":01}",
      "{\"name\":\"a\",\"any\":1.0}",
      "{\"name\":\"a\",\"any\":1e1}",
      "{\"name\":\"a\",\"any\":-}",
      "{\"name\":\"a\",\"any\":\"1\"}",
      "{\"name\":\"a\",\"any\":9223372036854775808}",
      "{\"name\":\"a\",\"any\":",
      "{\"name\":\"a\",\"few\":8}",
      "{\"name\":\"a\",\"open\":truth}",
      "{\"name\":\"a\",\"open\":1}",
      "{\"name\":\"a\",\"nobody\":1}",
      "{\"name\":\"a\",\"made\":null}",
      "{\"name\":\"a\",\"extra\":{}}",
      "{\"name\":\"a\",\"main\":{}}",
      "{\"name\":\"a\",\"main\":[]}",
      "{\"name\":\"a\",\"parts\":[]}",
      "{\"name\":\"a\",\"parts\":[1]}",
      "{\"name\":\"a\",\"parts\":[{\"sku\":\"a\"},]}",
      "{\"name\":\"\xff\"}",
      "{\"name\":\"\xed\xa0\x80\"}",
      "{\"name\":\"\xc0\xaf\"}",
      "{\"name\":\"a\nb\"}",
      "{\"name\":\"a\x7f\"}",
      "\xef\xbb\xbf{\"name\":\"a\"}",
  };
  for (size_t i = 0; i < COUNT_OF(declined); i++) {
    if (read_both(str_from(declined[i])) != BOTH_DECLINED) fail_msg("%s", declined[i]);
  }
  assert_int_equal(read_both((str){"{\"name\":\"a\"}\0", 13}), BOTH_DECLINED);
}

/* --- documents by chance ---------------------------------------------------------------------- */

static const char *const values[] = {
    "1",
    "-3",
    "0",
    "-0",
    "\"red\"",
    "\"ord_0000000000001\"",
    "\"2026-03-31\"",
    "\"CNY\"",
    "true",
    "false",
    "null",
    "\"\"",
    "\"a\\n\"",
    "1.5",
    "[]",
    "{}",
    "[{\"sku\":\"a\"}]",
    "{\"sku\":\"\xe4\xb8\xad\",\"quantity\":7}",
    "\"2026-03-31T08:00:00Z\"",
    "12345678901234567890",
    "123456789012345678",
    "\"0000000000000000000000000000002a\"",
    "[{\"sku\":\"a\"},{\"quantity\":1,\"sku\":\"b\"}]",
};
static const char *const names[] = {"name",     "any",      "few",  "amount", "open",   "order",
                                    "transfer", "currency", "at",   "day",    "colour", "main",
                                    "parts",    "extra",    "made", "else"};

static void add_blanks(buf *b, rng *r) {
  static const char blanks[] = " \t\r\n";
  for (uint64_t i = rng_below(r, 8); i > 6; i--) {
    buf_add_char(b, blanks[rng_below(r, 4)]);
  }
}

/* Each member mostly with a value that suits it. */
static void add_member(buf *b, rng *r, size_t index) {
  static const size_t fitting[] = {5, 0, 1, 0, 8, 5, 21, 7, 18, 6, 4, 17, 16, 14, 10, 0};
  size_t value = rng_below(r, 8) == 0 ? rng_below(r, COUNT_OF(values)) : fitting[index];
  add_blanks(b, r);
  buf_format(b, "\"%s\"", names[index]);
  add_blanks(b, r);
  buf_add_char(b, ':');
  add_blanks(b, r);
  buf_add(b, str_from(values[value]));
  add_blanks(b, r);
}

static str random_document(arena *a, rng *r) {
  buf b = buf_make(a, 1 << 16);
  buf_add_char(&b, '{');
  add_member(&b, r, 0);
  for (uint64_t i = rng_below(r, 6); i > 0; i--) {
    buf_add_char(&b, ',');
    add_member(&b, r, rng_below(r, 20) == 0 ? 13 + rng_below(r, 3) : 1 + rng_below(r, 12));
  }
  buf_add_char(&b, '}');
  for (uint64_t flips = rng_below(r, 6); flips > 4; flips--) {
    b.at[rng_below(r, b.len)] = (char)rng_below(r, 256);
  }
  return buf_str(&b);
}

static void random_bodies_are_read_alike_both_ways(void **state) {
  UNUSED(state);
  instant clock = 0;
  ctx *c = test_ctx_open(&clock);
  size_t cases = test_cases(20000), equal = 0;
  rng *r = rng_open(c->arena, test_seed());
  for (size_t i = 0; i < cases; i++) {
    arena *a = arena_open(1 << 20);
    str json = random_document(a, r);
    both_outcome outcome = read_both(json);
    if (outcome == BOTH_DIFFER) fail_msg("read otherwise: %.*s", STR_ARGS(json));
    equal += outcome == BOTH_EQUAL;
    arena_close(a);
  }
  assert_true(equal > cases / 10 && equal < cases * 9 / 10);
  test_ctx_close(c);
}

int test_direct(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(common_bodies_are_taken_without_the_tree),
      cmocka_unit_test(whatever_is_in_doubt_is_left_to_the_tree),
      cmocka_unit_test(random_bodies_are_read_alike_both_ways),
  };
  return cmocka_run_group_tests_name("direct", tests, NULL, NULL);
}
