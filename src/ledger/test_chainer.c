/* test_chainer.c - the shared hash chain against one that is made record by record: whatever the
 * size of the group, whoever hashed the page, wherever the asking ended, and after any other job on
 * the same chainer. */
#include "ledger/chainer.h"
#include "ledger/test_ledger.h"

#include <string.h>

enum { RECORDS_MAX = 4000, RECORDS_TOP = 1023 + 2 * PAGE_RECORDS };

typedef struct group {
  pool records;
  sha256 before;
} group;

static group make_group(rng *r, size_t count) {
  group g = {.records = pool_make(sizeof(kept))};
  for (size_t i = 0; i < sizeof g.before.bytes; i++)
    g.before.bytes[i] = (uint8_t)rng_next(r);
  for (size_t i = 0; i < count; i++) {
    kept *k = pool_add(&g.records);
    *k = (kept){.t = {.id = {.low = rng_next(r), .high = i},
                      .amount = (int64_t)rng_below(r, 1000) + 1,
                      .version = TRANSFER_VERSION,
                      .sequence = (int64_t)i + 1}};
  }
  return g;
}

static size_t page_count(const group *g) {
  return (g->records.count + PAGE_RECORDS - 1) / PAGE_RECORDS;
}

/* The head after each page, hashed here and now. */
static sha256 *heads_one_by_one(arena *a, const group *g) {
  sha256 *heads = arena_take(a, page_count(g) + 1, sizeof *heads);
  sha256 head = g->before;
  for (size_t i = 0; i < g->records.count; i++) {
    uint8_t both[sizeof head.bytes + TRANSFER_RECORD_BYTES];
    memcpy(both, head.bytes, sizeof head.bytes);
    ledger_encode(&((const kept *)pool_at(&g->records, i))->t, both + sizeof head.bytes);
    head = sha256_of(both, sizeof both);
    heads[i / PAGE_RECORDS] = head;
  }
  return heads;
}

/* Asks for `pages` of the heads; true when each is the one that should be. */
static bool heads_agree(ctx *c, chainer *h, const group *g, const sha256 *should, size_t pages) {
  bool same = true;
  assert_int_equal(chainer_begin(c, h, &g->before, &g->records), OK);
  for (size_t i = 0; i < pages; i++) {
    sha256 is = chainer_head(h, i);
    same = same && sha256_eq(&is, &should[i]);
  }
  chainer_end(h);
  return same;
}

static void a_group_of_any_size_has_the_heads_of_a_plain_chain(void **state) {
  UNUSED(state);
  static const size_t sizes[] = {0,    1,    PAGE_RECORDS - 1, PAGE_RECORDS, PAGE_RECORDS + 1, 1023,
                                 1024, 1025, RECORDS_TOP,      8192};
  instant clock = 1;
  ctx *c = test_ctx_open(&clock);
  rng *r = rng_open(c->arena, test_seed());
  chainer *h = chainer_open();
  for (size_t i = 0; i < COUNT_OF(sizes); i++) {
    group g = make_group(r, sizes[i]);
    assert_true(heads_agree(c, h, &g, heads_one_by_one(c->arena, &g), page_count(&g)));
    pool_release(&g.records);
  }
  chainer_close(h);
  test_ctx_close(c);
}

/* A job may end with pages unasked and begin again while the helper still looks at the last one. */
static void jobs_that_follow_each_other_never_mix(void **state) {
  UNUSED(state);
  instant clock = 1;
  ctx *c = test_ctx_open(&clock);
  rng *r = rng_open(c->arena, test_seed());
  chainer *h = chainer_open();
  enum { GROUPS = 6 };
  group groups[GROUPS];
  sha256 *should[GROUPS];
  for (size_t i = 0; i < GROUPS; i++) {
    groups[i] = make_group(r, 1000 + rng_below(r, RECORDS_MAX - 1000));
    should[i] = heads_one_by_one(c->arena, &groups[i]);
  }
  for (size_t n = test_cases(2000) / 500 + 200; n > 0; n--) {
    size_t i = rng_below(r, GROUPS), pages = page_count(&groups[i]);
    size_t asked = rng_below(r, 3) == 0 ? pages : rng_below(r, pages);
    assert_true(heads_agree(c, h, &groups[i], should[i], asked));
  }
  for (size_t i = 0; i < GROUPS; i++)
    pool_release(&groups[i].records);
  chainer_close(h);
  test_ctx_close(c);
}

/* The planted defect: without it, heads that never change would pass for a chain. */
static void a_changed_record_changes_every_head_from_its_page_on(void **state) {
  UNUSED(state);
  instant clock = 1;
  ctx *c = test_ctx_open(&clock);
  rng *r = rng_open(c->arena, test_seed());
  chainer *h = chainer_open();
  group g = make_group(r, 2000);
  const sha256 *should = heads_one_by_one(c->arena, &g);
  size_t at = rng_below(r, g.records.count);
  ((kept *)pool_at(&g.records, at))->t.amount ^= 1;
  assert_int_equal(chainer_begin(c, h, &g.before, &g.records), OK);
  for (size_t i = 0; i < page_count(&g); i++) {
    sha256 is = chainer_head(h, i);
    assert_int_equal(sha256_eq(&is, &should[i]), i < at / PAGE_RECORDS);
  }
  chainer_close(h); /* in the middle of a job */
  pool_release(&g.records);
  test_ctx_close(c);
}

int run_chainer_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_group_of_any_size_has_the_heads_of_a_plain_chain),
      cmocka_unit_test(jobs_that_follow_each_other_never_mix),
      cmocka_unit_test(a_changed_record_changes_every_head_from_its_page_on),
  };
  return cmocka_run_group_tests_name("ledger hash chain", tests, NULL, NULL);
}
