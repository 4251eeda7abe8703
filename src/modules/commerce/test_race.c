/* test_race.c - many buyers on the last unit: exactly one gets it in each round, nothing is
 * oversold, no hold is left over. TAEL_STORE_CASES sets the rounds; on PostgreSQL at most 100 are
 * run, since there every one of the 64 commands of a round is a transaction over the network. */
#include "modules/commerce/test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum { RACERS = 64, SERVER_ROUNDS_MAX = 100 };

typedef struct race {
  test_shops *s;
  pthread_barrier_t start, end; /* the racers and who starts them */
  _Atomic int won, out_of_stock;
  atomic_bool over;
} race;

static void buy_one(race *r, arena *a) {
  ctx c = {.arena = a};
  engine_ctx(r->s->m->e, a, &c);
  order_line_in line = {r->s->offer[0], 1, PRICE_CURRENT, PRICE_CURRENT};
  tender_in tender = {.kind = TENDER_BALANCE, .amount = 20700};
  order_place p = {.buyer = r->s->buyer, .lines = {&line, 1}, .tenders = {&tender, 1}};
  status got = engine_call(&c, r->s->m->e, &commerce_place_order, &p, engine_system(r->s->m->e));
  if (got == OK) atomic_fetch_add(&r->won, 1);
  if (got == E_STOCK) atomic_fetch_add(&r->out_of_stock, 1);
}

static void *run_racer(void *arg) {
  race *r = arg;
  arena *a = arena_open((size_t)8 << 20);
  for (;;) {
    pthread_barrier_wait(&r->start);
    if (atomic_load(&r->over)) break;
    if (a != NULL)
      buy_one(r, a); /* without memory it neither wins nor loses, and the round fails */
    if (a != NULL) arena_reset(a);
    pthread_barrier_wait(&r->end);
  }
  if (a != NULL) arena_close(a);
  return NULL;
}

static void one_round(race *r) {
  atomic_store(&r->won, 0);
  atomic_store(&r->out_of_stock, 0);
  pthread_barrier_wait(&r->start);
  pthread_barrier_wait(&r->end);
  assert_int_equal(r->won, 1);
  assert_int_equal(r->out_of_stock, RACERS - 1);
}

static void start_racers(race *r, pthread_t *threads) {
  assert_int_equal(pthread_barrier_init(&r->start, NULL, RACERS + 1), 0);
  assert_int_equal(pthread_barrier_init(&r->end, NULL, RACERS + 1), 0);
  for (size_t i = 0; i < RACERS; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, run_racer, r), 0);
}

static void end_racers(race *r, pthread_t *threads) {
  atomic_store(&r->over, true);
  pthread_barrier_wait(&r->start);
  for (size_t i = 0; i < RACERS; i++)
    pthread_join(threads[i], NULL);
  pthread_barrier_destroy(&r->start);
  pthread_barrier_destroy(&r->end);
}

static uint64_t rounds_on(const char *url) {
  uint64_t rounds = store_cases(3);
  if (strncmp(url, "sqlite:", 7) == 0 || rounds <= SERVER_ROUNDS_MAX) return rounds;
  print_message("a server: %d rounds instead of %llu\n", SERVER_ROUNDS_MAX,
                (unsigned long long)rounds);
  return SERVER_ROUNDS_MAX;
}

static void of_64_buyers_exactly_one_gets_the_last_unit(void **state) {
  test_shops *s = test_shops_open(*state, NULL, 0);
  race r = {.s = s};
  pthread_t threads[RACERS];
  test_order(s, s->buyer, TEST_STOCK, 0, true, OK);
  assert_int_equal(engine_start(test_market_ctx(s->m), s->m->e), OK);
  uint64_t rounds = rounds_on(*state);
  test_buyer_gets(s, s->buyer, (int64_t)rounds * 20700);
  start_racers(&r, threads);
  for (uint64_t i = 0; i < rounds; i++) {
    test_receive(s, 0, 1);
    one_round(&r);
  }
  end_racers(&r, threads);
  assert_int_equal(test_on_hand(s, 0), TEST_STOCK + (int64_t)rounds);
  assert_int_equal(test_reserved(s, 0), TEST_STOCK + (int64_t)rounds);
  test_books_hold(s);
  engine_stop(s->m->e);
  test_shops_close(s);
}

int test_race(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(of_64_buyers_exactly_one_gets_the_last_unit)};
  return test_market_run("race", tests, COUNT_OF(tests));
}
