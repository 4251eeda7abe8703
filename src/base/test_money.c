/* test_money.c - products, splits and decimal text against slow references. */
#include "base/test_groups.h"
#include "base/testing.h"
#include <stdlib.h>

static const rounding ALL_ROUNDINGS[] = {ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_DOWN, ROUND_UP};

/* The nearest allowed integer to product / den, by looking at floor and ceiling. */
static int128 slow_quotient(int128 product, int64_t den, rounding how) {
  int128 low = product / den;
  if (product % den != 0 && product < 0) low--;
  int128 above = product - low * den; /* product = low * den + above, 0 <= above < den */
  if (above == 0) return low;
  int128 toward_zero = product < 0 ? low + 1 : low, away = product < 0 ? low : low + 1;
  if (how == ROUND_DOWN) return toward_zero;
  if (how == ROUND_UP) return away;
  if (2 * above < den) return low;
  if (2 * above > den) return low + 1;
  if (how == ROUND_HALF_UP) return away;
  return low % 2 == 0 ? low : low + 1;
}

static void mul_div_agrees_with_the_slow_reference(void **state) {
  UNUSED(state);
  arena *a = arena_open(4096);
  rng *r = rng_open(a, test_seed());
  for (size_t i = 0; i < test_cases(50000); i++) {
    bool small = rng_below(r, 2) == 0; /* exact halves are common among small numbers */
    int64_t value = small ? (int64_t)rng_below(r, 41) - 20 : test_int64(r);
    int64_t num = small ? (int64_t)rng_below(r, 11) - 5 : test_int64(r);
    int64_t den = small ? (int64_t)rng_below(r, 12) + 1 : test_int64(r);
    if (den < 0) den = -(den + 1);
    if (den == 0) den = 1;
    for (size_t k = 0; k < COUNT_OF(ALL_ROUNDINGS); k++) {
      int128 expected = slow_quotient((int128)value * num, den, ALL_ROUNDINGS[k]);
      int64_t got = 99;
      bool ok = mul_div(value, num, den, ALL_ROUNDINGS[k], &got);
      assert_true(ok == (expected >= INT64_MIN && expected <= INT64_MAX));
      assert_true(got == (ok ? (int64_t)expected : 99));
    }
  }
  arena_close(a);
}

static void rounding_goes_the_way_it_is_named(void **state) {
  UNUSED(state);
  static const struct {
    int64_t value;
    int64_t half_up, half_even, down, up;
  } of_two[] = {
      {5, 3, 2, 2, 3}, {-5, -3, -2, -2, -3}, {7, 4, 4, 3, 4}, {6, 3, 3, 3, 3}, {1, 1, 0, 0, 1}};
  for (size_t i = 0; i < COUNT_OF(of_two); i++) {
    const int64_t expected[] = {of_two[i].half_up, of_two[i].half_even, of_two[i].down,
                                of_two[i].up};
    for (size_t k = 0; k < COUNT_OF(ALL_ROUNDINGS); k++) {
      int64_t got;
      assert_true(mul_div(of_two[i].value, 1, 2, ALL_ROUNDINGS[k], &got));
      assert_int_equal(got, expected[k]);
    }
  }
  int64_t commission;
  assert_true(rate_apply(5890, 120000000, ROUND_HALF_UP, &commission)); /* 12% of 58.90 is 7.068 */
  assert_int_equal(commission, 707);
}

enum { PARTS_MAX = 40 };

/* Draws weights whose sum fits; returns it. */
static int64_t draw_weights(rng *r, int64_t *weights, size_t count) {
  int64_t sum = 0;
  uint64_t ceiling = UINT64_C(1) << rng_below(r, 58);
  for (size_t i = 0; i < count; i++) {
    weights[i] = (int64_t)rng_below(r, ceiling);
    if (rng_below(r, 5) == 0) weights[i] = 0;
    sum += weights[i];
  }
  return sum;
}

static void check_split(int64_t total, const int64_t *weights, size_t count, int64_t sum) {
  int64_t parts[PARTS_MAX];
  assert_true(money_split(total, weights, count, parts));
  int128 conserved = 0;
  for (size_t i = 0; i < count; i++) {
    conserved += parts[i];
    int128 distance = (int128)parts[i] * sum - (int128)total * weights[i];
    assert_true(distance < sum && distance > -(int128)sum); /* less than one unit */
    if (weights[i] == 0) assert_true(parts[i] == 0);
  }
  assert_true(conserved == total);
  for (size_t i = 1; i < count; i++) {
    /* of equal weights the earlier one never gets less */
    if (weights[i] == weights[i - 1]) assert_true(llabs(parts[i - 1]) >= llabs(parts[i]));
  }
}

static void splits_conserve_and_stay_within_one_unit(void **state) {
  UNUSED(state);
  arena *a = arena_open(4096);
  rng *r = rng_open(a, test_seed());
  for (size_t i = 0; i < test_cases(5000); i++) {
    int64_t weights[PARTS_MAX];
    size_t count = 1 + rng_below(r, PARTS_MAX);
    int64_t sum = draw_weights(r, weights, count);
    int64_t parts[PARTS_MAX] = {4242};
    int64_t total = test_int64(r);
    if (sum == 0) {
      assert_false(money_split(total, weights, count, parts));
      assert_int_equal(parts[0], 4242);
      continue;
    }
    check_split(total, weights, count, sum);
  }
  arena_close(a);
}

static void the_largest_remainder_gets_the_odd_unit(void **state) {
  UNUSED(state);
  int64_t parts[3];
  assert_true(money_split(100, (const int64_t[]){1, 1, 1}, 3, parts));
  assert_int_equal(parts[0], 34);
  assert_int_equal(parts[1], 33);
  assert_int_equal(parts[2], 33);
  assert_true(money_split(-100, (const int64_t[]){1, 1, 1}, 3, parts));
  assert_int_equal(parts[0], -34);
  assert_true(money_split(10, (const int64_t[]){15, 25, 60}, 3, parts)); /* 1.5, 2.5, 6: a tie */
  assert_int_equal(parts[0], 2);
  assert_int_equal(parts[1], 2);
  assert_int_equal(parts[2], 6);
  assert_true(money_split(INT64_MIN, (const int64_t[]){1}, 1, parts));
  assert_true(parts[0] == INT64_MIN);
  assert_false(money_split(5, (const int64_t[]){1, -1, 3}, 3, parts));
  assert_false(money_split(5, (const int64_t[]){INT64_MAX, 1}, 2, parts));
  assert_false(money_split(5, NULL, 0, parts));
}

static void sums_refuse_overflow_and_other_assets(void **state) {
  UNUSED(state);
  money a = {INT64_MAX, ASSET_CNY}, one = {1, ASSET_CNY}, real = {1, ASSET_BRL}, out = {7, 7};
  assert_false(money_add(a, one, &out));
  assert_false(money_add(one, real, &out));
  assert_false(money_sub((money){INT64_MIN, ASSET_CNY}, one, &out));
  assert_int_equal(out.minor, 7);
  assert_true(money_sub(a, one, &out));
  assert_true(out.minor == INT64_MAX - 1 && out.asset == ASSET_CNY);
}

static void every_decimal_survives_text_at_every_scale(void **state) {
  UNUSED(state);
  arena *a = arena_open(1 << 20);
  for (size_t i = 0; i < test_cases(20000); i++) {
    arena_reset(a);
    rng *r = rng_open(a, test_seed() + i);
    int64_t value = i == 0 ? INT64_MIN : test_int64(r), back;
    int scale = (int)rng_below(r, 19);
    assert_true(decimal_parse(decimal_print(a, value, scale), scale, &back));
    assert_true(back == value);
  }
  arena_close(a);
}

static void decimals_are_printed_canonically_and_read_strictly(void **state) {
  UNUSED(state);
  arena *a = arena_open(1 << 16);
  assert_str(decimal_print(a, 123456, 2), "1234.56");
  assert_str(decimal_print(a, -5, 2), "-0.05");
  assert_str(decimal_print(a, 0, 2), "0.00");
  assert_str(decimal_print(a, 7, 0), "7");
  assert_str(decimal_print(a, INT64_MIN, 18), "-9.223372036854775808");
  int64_t v = 9;
  assert_true(decimal_parse(STR("58.9"), 2, &v));
  assert_int_equal(v, 5890);
  assert_true(decimal_parse(STR("-12"), 2, &v));
  assert_int_equal(v, -1200);
  static const char *const bad[] = {"",     "-",   ".",     "1.",  ".5",    "+1",
                                    " 1",   "1 ",  "1.234", "1e2", "1,0",   "--1",
                                    "1.-2", "1..", "0x10",  "NaN", "1.2.3", "92233720368547758.08"};
  v = 9;
  for (size_t i = 0; i < COUNT_OF(bad); i++) {
    assert_false(decimal_parse(str_from(bad[i]), 2, &v));
  }
  assert_int_equal(v, 9);
  arena_close(a);
}

static void currencies_are_found_by_number_and_code(void **state) {
  UNUSED(state);
  static const struct {
    const char *code;
    uint32_t number;
    int scale;
  } known[] = {{"CNY", 156, 2}, {"BRL", 986, 2}, {"USD", 840, 2}, {"JPY", 392, 0},
               {"KWD", 414, 3}, {"CLF", 990, 4}, {"ALL", 8, 2},   {"HKD", 344, 2}};
  for (size_t i = 0; i < COUNT_OF(known); i++) {
    char code[4];
    uint32_t number = 0;
    int scale = -1;
    assert_true(currency_by_number(known[i].number, code, &scale));
    assert_string_equal(code, known[i].code);
    assert_int_equal(scale, known[i].scale);
    assert_true(currency_by_code(str_from(known[i].code), &number, &scale));
    assert_int_equal(number, known[i].number);
  }
  char code[4];
  uint32_t number;
  int scale;
  assert_false(currency_by_number(959, code, &scale)); /* gold has no minor unit */
  assert_false(currency_by_code(STR("DEM"), &number, &scale));
  assert_false(currency_by_code(STR("cny"), &number, &scale));
}

static void the_currency_table_is_sorted_and_agrees_both_ways(void **state) {
  UNUSED(state);
  size_t found = 0;
  for (uint32_t n = 0; n < 1000; n++) {
    char code[4];
    int scale, scale_back;
    uint32_t number = 0;
    if (!currency_by_number(n, code, &scale)) continue;
    assert_true(currency_by_code(str_from(code), &number, &scale_back));
    assert_int_equal(number, n);
    assert_int_equal(scale, scale_back);
    found++;
  }
  assert_int_equal(found, 165);
}

int test_money(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(mul_div_agrees_with_the_slow_reference),
      cmocka_unit_test(rounding_goes_the_way_it_is_named),
      cmocka_unit_test(splits_conserve_and_stay_within_one_unit),
      cmocka_unit_test(the_largest_remainder_gets_the_odd_unit),
      cmocka_unit_test(sums_refuse_overflow_and_other_assets),
      cmocka_unit_test(every_decimal_survives_text_at_every_scale),
      cmocka_unit_test(decimals_are_printed_canonically_and_read_strictly),
      cmocka_unit_test(currencies_are_found_by_number_and_code),
      cmocka_unit_test(the_currency_table_is_sorted_and_agrees_both_ways),
  };
  return cmocka_run_group_tests_name("base money", tests, NULL, NULL);
}
