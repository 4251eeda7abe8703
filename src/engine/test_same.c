/* test_same.c - the same commands on SQLite and on PostgreSQL: every outcome alike, and equal state
 * hashes on the way. TAEL_SAME_OPS says how many (10,000), TAEL_SEED which. */
#include "engine/test_bench.h"

#include <stdlib.h>

enum { OWNERS = 20, HOLDS = 64, BETWEEN_HASHES = 1000, OPS = 10000 };

typedef struct twin {
  bench *b;
  id128 holds[HOLDS];
  size_t hold_count;
} twin;

typedef struct act { /* drawn once, done twice */
  uint64_t kind, from, to, hold;
  int64_t amount, sleep_us;
  uint32_t timeout_s;
} act;

static act draw(rng *r) {
  return (act){.kind = rng_below(r, 10),
               .from = rng_below(r, OWNERS),
               .to = 1 + rng_below(r, OWNERS),
               .hold = rng_below(r, HOLDS),
               .amount = 1 + (int64_t)rng_below(r, 1000),
               .sleep_us = (int64_t)rng_below(r, 2 * MICROS_PER_SECOND),
               .timeout_s = 1 + (uint32_t)rng_below(r, 60)};
}

static id owner(uint64_t number) { return number == 0 ? 0 : 100 + (id)number; }

static status run(bench *b, const command_type *type, pay_state *p) {
  ctx *c = bench_ctx(b);
  return engine_call(c, b->e, type, p, engine_system(b->e));
}

static status act_on(twin *t, const act *a) {
  bench_sleep(t->b, a->sleep_us);
  if (a->kind == 0 && t->hold_count > 0) {
    size_t which = a->hold % t->hold_count;
    pay_state end = {.hold_id = t->holds[which], .void_it = a->amount % 2 == 0};
    t->holds[which] = t->holds[--t->hold_count];
    return run(t->b, &test_end, &end);
  }
  pay_state p = {.owner_from = owner(a->from),
                 .owner_to = owner(a->to == a->from ? a->to + 1 : a->to),
                 .amount = a->amount,
                 .emit = a->from != 0 && a->kind > 6};
  if (a->kind == 1) p.timeout_s = a->timeout_s;
  status s = run(t->b, &test_pay, &p);
  if (s == OK && p.timeout_s > 0 && t->hold_count < HOLDS) t->holds[t->hold_count++] = p.hold_id;
  return s;
}

static void compare(twin twins[2], int64_t done) {
  sha256 first, second;
  bench_hash(twins[0].b, &first);
  bench_hash(twins[1].b, &second);
  if (!sha256_eq(&first, &second)) print_message("after %lld commands\n", (long long)done);
  assert_true(sha256_eq(&first, &second));
}

static void both_homes_come_to_the_same_state(void **state) {
  UNUSED(state);
  char urls[STORE_HOMES][STORE_URL_BYTES];
  if (store_urls(urls) < 2) skip();
  const char *given = getenv("TAEL_SAME_OPS");
  int64_t ops = given != NULL ? strtoll(given, NULL, 10) : OPS, refused = 0;
  twin twins[2] = {{.b = bench_open(urls[0], NULL)}, {.b = bench_open(urls[1], NULL)}};
  arena *a = arena_open(1 << 16);
  rng *r = rng_open(a, store_seed());
  for (int64_t i = 1; i <= ops; i++) {
    act next = draw(r);
    status first = act_on(&twins[0], &next), second = act_on(&twins[1], &next);
    assert_int_equal(first, second);
    refused += first != OK;
    if (i % BETWEEN_HASHES == 0 || i == ops) compare(twins, i);
    for (int home = 0; home < 2; home++)
      arena_reset(twins[home].b->arena);
  }
  assert_true(refused > 0 && refused < ops / 2); /* both ways were walked */
  for (int home = 0; home < 2; home++)
    bench_close(twins[home].b);
  arena_close(a);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(both_homes_come_to_the_same_state)};
  return cmocka_run_group_tests_name("one history, two homes", tests, NULL, NULL);
}
