/* test_rules.c - properties of the pure rules: allocation, commission, refunds, points. Seeds are
 * printed. */
#include "modules/commerce/test.h"

static void stock_is_shared_out_exactly_and_never_beyond_what_is_there(void **state) {
  UNUSED(state);
  arena *a = arena_open(1 << 20);
  rng *r = rng_open(a, store_seed());
  for (uint64_t i = store_cases(20000); i > 0; i--) {
    int64_t available[STOCKS_PER_OFFER_MAX], take[STOCKS_PER_OFFER_MAX] = {0}, together = 0,
                                             taken = 0;
    size_t count = rng_below(r, STOCKS_PER_OFFER_MAX + 1), used = 0;
    bool one_has_all = false;
    int64_t wanted = 1 + (int64_t)rng_below(r, 30);
    for (size_t k = 0; k < count; k++) {
      available[k] = (int64_t)rng_below(r, 20) - 3;
      if (available[k] > 0) together += available[k];
      one_has_all = one_has_all || available[k] >= wanted;
    }
    assert_int_equal(rule_allocate(wanted, available, count, take), together >= wanted);
    for (size_t k = 0; k < count; k++) {
      assert_true(take[k] >= 0 && (take[k] == 0 || take[k] <= available[k]));
      taken += take[k];
      used += take[k] > 0;
    }
    assert_int_equal(taken, together >= wanted ? wanted : 0);
    if (one_has_all) assert_int_equal(used, 1);
  }
  arena_close(a);
}

static void commission_is_half_up_per_unit_and_never_above_the_price(void **state) {
  UNUSED(state);
  int64_t commission;
  assert_true(rule_commission(5001, 3, 120000000, &commission)); /* 600.12 a unit: 600 */
  assert_int_equal(commission, 1800);
  assert_true(rule_commission(1304, 1, 125000000, &commission)); /* 163.0 */
  assert_int_equal(commission, 163);
  assert_true(rule_commission(4, 2, 125000000, &commission)); /* exactly a half a unit: up */
  assert_int_equal(commission, 2);
  assert_true(rule_commission(7, 999, RATE_ONE, &commission));
  assert_int_equal(commission, 7 * 999);
}

static void refunds_in_any_parts_give_back_exactly_price_freight_and_commission(void **state) {
  UNUSED(state);
  arena *a = arena_open(1 << 20);
  rng *r = rng_open(a, store_seed());
  ctx c = {.arena = a};
  for (uint64_t i = store_cases(20000); i > 0; i--) {
    line_row l = {.quantity = 1 + (int64_t)rng_below(r, 20),
                  .price = 1 + (int64_t)rng_below(r, 100000),
                  .freight = (int64_t)rng_below(r, 3000)};
    assert_true(
        rule_commission(l.price, l.quantity, (int64_t)rng_below(r, RATE_ONE + 1), &l.commission));
    int64_t paid = line_left(&l), given = 0, commission = 0, part, part_commission;
    for (int step = 0; step < 6; step++) {
      refund_line want = {.quantity = (int64_t)rng_below(r, 4),
                          .amount = (int64_t)rng_below(r, 2) * 777};
      fault_clear(&c);
      if (rule_refund_line(&c, &l, 0, want, &part, &part_commission) != OK) continue;
      assert_true(part >= 0 && part_commission >= 0);
      given += part;
      commission += part_commission;
    }
    rule_refund_all(&l, &part, &part_commission);
    assert_int_equal(given + part, paid);
    assert_int_equal(commission + part_commission, l.commission);
    assert_int_equal(line_left(&l), 0);
    assert_int_equal(l.refunded_quantity, l.quantity);
    fault_clear(&c);
    assert_int_equal(
        rule_refund_line(&c, &l, 0, (refund_line){.amount = 1}, &part, &part_commission), E_RULE);
    arena_reset(a);
    r = rng_open(a, i * 7919);
  }
  arena_close(a);
}

static void points_count_whole_units_only(void **state) {
  UNUSED(state);
  assert_int_equal(rule_points(19999, 2, 1), 199);
  assert_int_equal(rule_points(99, 2, 1), 0);
  assert_int_equal(rule_points(19999, 0, 2), 39998);
  assert_int_equal(rule_points(-5, 2, 1), 0);
}

static void an_order_ends_when_every_child_has_ended(void **state) {
  UNUSED(state);
  child_row children[2] = {{.state = CHILD_PAID}, {.state = CHILD_CANCELLED}};
  order_full f = {.o = {.state = ORDER_PAID}, .children = children, .child_count = 2};
  assert_int_equal(rule_order_state(&f), ORDER_PAID);
  children[0].state = CHILD_DELIVERED;
  assert_int_equal(rule_order_state(&f), ORDER_COMPLETED);
  children[0].state = CHILD_CANCELLED;
  assert_int_equal(rule_order_state(&f), ORDER_CANCELLED);
}

static void a_shop_address_takes_only_what_an_address_can_hold(void **state) {
  UNUSED(state);
  arena *a = arena_open(1 << 20);
  ctx c = {.arena = a};
  assert_int_equal(rule_check_slug(&c, STR("tea-house-8")), OK);
  const char *bad[] = {"", "ab", "-tea", "tea-", "Tea", "tea house", "茶"};
  for (size_t i = 0; i < COUNT_OF(bad); i++) {
    fault_clear(&c);
    assert_int_equal(rule_check_slug(&c, str_from(bad[i])), E_MALFORMED);
  }
  arena_close(a);
}

int test_rules(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(stock_is_shared_out_exactly_and_never_beyond_what_is_there),
      cmocka_unit_test(commission_is_half_up_per_unit_and_never_above_the_price),
      cmocka_unit_test(refunds_in_any_parts_give_back_exactly_price_freight_and_commission),
      cmocka_unit_test(points_count_whole_units_only),
      cmocka_unit_test(an_order_ends_when_every_child_has_ended),
      cmocka_unit_test(a_shop_address_takes_only_what_an_address_can_hold),
  };
  return cmocka_run_group_tests_name("commerce rules", tests, NULL, NULL);
}
