/* test_race.c - many buyers on the last unit: exactly one gets it in each round, nothing is
 * oversold, no hold is left over. TAEL_STORE_CASES sets the rounds. */
#include "modules/commerce/test.h"

#include <pthread.h>
#include <stdatomic.h>

enum { RACERS = 64 };

typedef struct race {
  test_shops *s;
  pthread_barrier_t gate;
  _Atomic int won, out_of_stock;
} race;

static void *run_one(void *arg) {
  race *r = arg;
  arena *a = arena_open((size_t)8 << 20);
  if (a == NULL) return NULL;
  ctx c = {.arena = a};
  engine_ctx(r->s->m->e, a, &c);
  order_line_in line = {r->s->offer[0], 1, PRICE_CURRENT, PRICE_CURRENT};
  tender_in tender = {.kind = TENDER_BALANCE, .amount = 20700};
  order_place p = {.buyer = r->s->buyer, .lines = {&line, 1}, .tenders = {&tender, 1}};
  pthread_barrier_wait(&r->gate);
  status got = engine_call(&c, r->s->m->e, &commerce_place_order, &p, engine_system(r->s->m->e));
  if (got == OK) atomic_fetch_add(&r->won, 1);
  if (got == E_STOCK) atomic_fetch_add(&r->out_of_stock, 1);
  arena_close(a);
  return NULL;
}

static void one_round(test_shops *s) {
  race r = {.s = s};
  pthread_t threads[RACERS];
  assert_int_equal(pthread_barrier_init(&r.gate, NULL, RACERS), 0);
  for (size_t i = 0; i < RACERS; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, run_one, &r), 0);
  for (size_t i = 0; i < RACERS; i++)
    pthread_join(threads[i], NULL);
  pthread_barrier_destroy(&r.gate);
  assert_int_equal(r.won, 1);
  assert_int_equal(r.out_of_stock, RACERS - 1);
}

static void of_64_buyers_exactly_one_gets_the_last_unit(void **state) {
  test_shops *s = test_shops_open(*state, NULL, 0);
  test_order(s, s->buyer, TEST_STOCK, 0, true, OK);
  assert_int_equal(engine_start(test_market_ctx(s->m), s->m->e), OK);
  uint64_t rounds = store_cases(3);
  for (uint64_t i = 0; i < rounds; i++) {
    test_receive(s, 0, 1);
    test_buyer_gets(s, s->buyer, 20700);
    one_round(s);
    assert_int_equal(test_on_hand(s, 0), TEST_STOCK + (int64_t)i + 1);
    assert_int_equal(test_reserved(s, 0), TEST_STOCK + (int64_t)i + 1);
  }
  test_books_hold(s);
  engine_stop(s->m->e);
  test_shops_close(s);
}

int test_race(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(of_64_buyers_exactly_one_gets_the_last_unit)};
  return test_market_run("race", tests, COUNT_OF(tests));
}
