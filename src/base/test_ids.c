/* test_ids.c - ids and their text. */
#include "base/test_groups.h"
#include "base/testing.h"

static const instant START = INT64_C(1500000000000000);

static void ids_rise_while_the_clock_jumps_about(void **state) {
  UNUSED(state);
  instant clock = START;
  ctx *c = test_ctx_open(&clock);
  id last = 0;
  for (size_t i = 0; i < test_cases(50000); i++) {
    id made = id_next(c);
    assert_true(made > last);
    assert_int_equal((made >> 12) & 1023, 1);
    last = made;
    uint64_t draw = rng_below(c->random, 100);
    if (draw == 0) clock -= (instant)rng_below(c->random, 5000000);
    if (draw == 1) clock += (instant)rng_below(c->random, 5000000);
  }
  assert_true(id_source_last(c->ids) == last);
  test_ctx_close(c);
}

static void a_full_millisecond_borrows_from_the_next(void **state) {
  UNUSED(state);
  instant clock = START;
  ctx *c = test_ctx_open(&clock);
  id first = id_next(c), last = first;
  for (int i = 0; i < 4096; i++) {
    last = id_next(c);
  }
  assert_int_equal(id_time(first), START);
  assert_int_equal(id_time(last), START + 1000);
  test_ctx_close(c);
}

static instant before_the_epoch(void *arg) {
  UNUSED(arg);
  return 0;
}

static void ids_start_above_the_high_water_and_are_never_zero(void **state) {
  UNUSED(state);
  instant clock = START;
  ctx *c = test_ctx_open(&clock);
  c->ids = id_source_open(c->arena, 0, 0, before_the_epoch, NULL);
  assert_true(id_next(c) > 0);
  id high_water = INT64_C(123456789) << 22;
  c->ids = id_source_open(c->arena, 0, high_water, before_the_epoch, NULL);
  assert_true(id_source_last(c->ids) == high_water);
  assert_true(id_next(c) > high_water);
  test_ctx_close(c);
}

static void id_text_round_trips_and_sorts_as_made(void **state) {
  UNUSED(state);
  instant clock = START;
  ctx *c = test_ctx_open(&clock);
  id last = 0;
  str last_text = STR("ord_");
  for (size_t i = 0; i < test_cases(2000) && i < 20000; i++) {
    id made = id_next(c), back = 0;
    str text = id_print(c->arena, ID_ORDER, made);
    assert_int_equal(text.len, 17);
    assert_true(id_parse(text, ID_ORDER, &back));
    assert_true(back == made && made > last);
    assert_true(str_cmp(text, last_text) > 0);
    assert_false(id_parse(text, ID_LINE, &back));
    last = made;
    last_text = text;
    clock += (instant)rng_below(c->random, 3000);
  }
  test_ctx_close(c);
}

static void only_canonical_id_text_is_read(void **state) {
  UNUSED(state);
  static const char *const bad[] = {"ord_0000000000000",
                                    "ord_8000000000000",
                                    "ord_000000000000",
                                    "ord_00000000000001",
                                    "ord_000000000000A",
                                    "ord_000000000000o",
                                    "ord_000000000000-",
                                    "ord-0000000000001",
                                    "0000000000001",
                                    "ord_ 000000000001",
                                    ""};
  id value = 5;
  for (size_t i = 0; i < COUNT_OF(bad); i++) {
    assert_false(id_parse(str_from(bad[i]), ID_ORDER, &value));
  }
  assert_int_equal(value, 5);
  assert_true(id_parse(STR("ord_7zzzzzzzzzzzz"), ID_ORDER, &value));
  assert_true(value == INT64_MAX);
}

static void prefixes_are_short_and_different(void **state) {
  UNUSED(state);
  for (int i = 0; i < ID_KIND_COUNT; i++) {
    assert_int_equal(str_from(id_prefix((id_kind)i)).len, 3);
    for (int k = 0; k < i; k++) {
      assert_string_not_equal(id_prefix((id_kind)i), id_prefix((id_kind)k));
    }
  }
}

static void id128_is_read_in_both_forms_and_never_zero(void **state) {
  UNUSED(state);
  instant clock = START;
  ctx *c = test_ctx_open(&clock);
  id128 last = {0, 0}, back;
  for (int i = 0; i < 1000; i++) {
    id128 made = id128_next(c);
    assert_int_equal(id128_cmp(made, last), 1);
    assert_int_equal(id128_cmp(last, made), -1);
    assert_int_equal(id128_cmp(made, made), 0);
    assert_true(id128_parse(id128_print(c->arena, made), &back));
    assert_true(id128_eq(made, back));
    last = made;
  }
  assert_true(id128_parse(STR("0123456789ABCDEF0123456789abcdef"), &back));
  assert_true(back.high == UINT64_C(0x0123456789abcdef) && back.low == back.high);
  assert_true(id128_parse(STR("7ZZZZZZZZZZZZZZZZZZZZZZZZZ"), &back));
  assert_true(back.high == UINT64_MAX && back.low == UINT64_MAX);
  assert_false(id128_parse(STR("8ZZZZZZZZZZZZZZZZZZZZZZZZZ"), &back));
  assert_false(id128_parse(STR("00000000000000000000000000"), &back));
  assert_false(id128_parse(STR("00000000000000000000000000000000"), &back));
  assert_false(id128_parse(STR("0123"), &back));
  assert_false(id128_parse(STR(""), &back));
  test_ctx_close(c);
}

int test_ids(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ids_rise_while_the_clock_jumps_about),
      cmocka_unit_test(a_full_millisecond_borrows_from_the_next),
      cmocka_unit_test(ids_start_above_the_high_water_and_are_never_zero),
      cmocka_unit_test(id_text_round_trips_and_sorts_as_made),
      cmocka_unit_test(only_canonical_id_text_is_read),
      cmocka_unit_test(prefixes_are_short_and_different),
      cmocka_unit_test(id128_is_read_in_both_forms_and_never_zero),
  };
  return cmocka_run_group_tests_name("base ids", tests, NULL, NULL);
}
