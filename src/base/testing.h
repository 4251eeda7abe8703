/* testing.h - what every C test of Tael starts from: cmocka with what it needs, a seed that is
 * printed and can be given back (TAEL_SEED), a number of cases (TAEL_CASES), and a context with a
 * clock that stands where the test puts it. Linked into tests only (testing_dep). */
#ifndef TAEL_TESTING_H
#define TAEL_TESTING_H

#include "base/base.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* cmocka's fail() would hide ours (ctx.h), and its fail_msg() is built on it. */
#undef fail
#undef fail_msg
#define fail_msg(...)          \
  do {                         \
    print_error(__VA_ARGS__);  \
    print_error("\n");         \
    _fail(__FILE__, __LINE__); \
  } while (0)

/* TAEL_SEED, or one made up from the clock; printed once, on the first call. */
uint64_t test_seed(void);
/* TAEL_CASES, or `small` when it is not set. Cases that go through a store, a thousand times
 * slower, have a number of their own: store_cases() in db/test_store.h. */
size_t test_cases(size_t small);

/* A context over an arena of 16 MiB, a generator from test_seed() and an id source that reads
 * *clock. */
ctx *test_ctx_open(instant *clock);
void test_ctx_close(ctx *c);

/* An int64 with every size equally likely, so that edges are met: small ones, powers of two and
 * their neighbours, the ends of the range. */
int64_t test_int64(rng *r);

#define assert_str(actual, literal)                                      \
  do {                                                                   \
    str assert_str_ = (actual);                                          \
    assert_int_equal(assert_str_.len, sizeof(literal) - 1);              \
    assert_memory_equal(assert_str_.at, (literal), sizeof(literal) - 1); \
  } while (0)

#endif
