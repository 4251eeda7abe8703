/* test_group.c - one group: what a refused, a later, a poisoned and a greedy command do to the others. */
#include "engine/test_bench.h"

static char urls[STORE_HOMES][STORE_URL_BYTES];
static int homes;

static void a_payment_moves_money_and_opens_accounts_once(void **state) {
  bench *b = bench_open(*state, NULL);
  pay_state in = {.owner_to = 100, .amount = 500};
  assert_int_equal(bench_pay(b, &in), OK);
  pay_state out = {.owner_from = 100, .owner_to = 101, .amount = 200};
  assert_int_equal(bench_pay(b, &out), OK);
  assert_int_equal(in.to, out.from);
  assert_int_equal(bench_balance(b, 100), 300);
  assert_int_equal(bench_balance(b, 101), 200);
  assert_int_equal(bench_int(b, "select count(*) from engine_command where subject = ?1", 101), 1);
  bench_close(b);
}

static int run_at(int home, const struct CMUnitTest *tests, size_t count) {
  struct CMUnitTest copy[32];
  for (size_t i = 0; i < count; i++) {
    copy[i] = tests[i];
    copy[i].initial_state = urls[home];
  }
  return _cmocka_run_group_tests(home == 0 ? "engine group, sqlite" : "engine group, postgres", copy, count, NULL, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_payment_moves_money_and_opens_accounts_once)};
  homes = store_urls(urls);
  int failed = 0;
  for (int i = 0; i < homes; i++) failed += run_at(i, tests, COUNT_OF(tests));
  return failed;
}
