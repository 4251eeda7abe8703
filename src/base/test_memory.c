/* test_memory.c - arenas and the map. */
#include "base/test_groups.h"
#include "base/testing.h"
#include "base/hash.h"
#include <string.h>
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

static char order[8];
static size_t order_len; /* goes on counting when `order` is full */

static void note_letter(void *letter) {
  if (order_len < sizeof order) order[order_len] = *(const char *)letter;
  order_len++;
}

static void hooks_run_newest_first_and_once(void **state) {
  UNUSED(state);
  arena *a = arena_open(1024);
  order_len = 0;
  arena_hook(a, note_letter, "a");
  arena_hook(a, note_letter, "b");
  arena_hook(a, note_letter, "c");
  arena_reset(a);
  assert_int_equal(order_len, 3);
  assert_memory_equal(order, "cba", 3);
  arena_hook(a, note_letter, "d");
  arena_close(a);
  assert_memory_equal(order, "cbad", 4);
  assert_int_equal(order_len, 4);
}

static void memory_is_zeroed_and_aligned_also_after_reset(void **state) {
  UNUSED(state);
  arena *a = arena_open(1 << 20);
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < 200; i++) {
      size_t size = (size_t)(i * 7 + round);
      unsigned char *at = arena_take(a, 1, size);
      assert_int_equal((uintptr_t)at % 16, 0);
      for (size_t k = 0; k < size; k++) {
        assert_int_equal(at[k], 0);
      }
      memset(at, 0xa5, size);
    }
    arena_reset(a);
    assert_int_equal(arena_used(a), 0);
  }
  arena_close(a);
}

static void the_cap_is_exact_and_counts_what_was_asked_for(void **state) {
  UNUSED(state);
  arena *a = arena_open(100 * 1024);
  assert_null(arena_try(a, 1, 100 * 1024 + 1));
  assert_non_null(arena_try(a, 1, 100 * 1024 - 16));
  assert_non_null(arena_try(a, 16, 1));
  assert_int_equal(arena_used(a), 100 * 1024);
  assert_null(arena_try(a, 1, 1));
  assert_null(arena_try(a, SIZE_MAX / 2, 3));
  arena_reset(a);
  assert_non_null(arena_try(a, 1, 100 * 1024));
  arena_close(a);
}

static void exhaustion_jumps_to_the_handler_and_hooks_still_run(void **state) {
  UNUSED(state);
  arena *a = arena_open(64);
  jmp_buf handler;
  order_len = 0;
  arena_hook(a, note_letter, "x");
  if (setjmp(handler) == 0) {
    arena_on_exhaustion(a, &handler);
    arena_take(a, 1, 65);
    fail_msg("a take beyond the cap came back");
  }
  assert_int_equal(order_len, 0);
  arena_close(a);
  assert_int_equal(order_len, 1);
}

static void growing_beyond_the_cap_jumps_and_keeps_the_old(void **state) {
  UNUSED(state);
  arena *a = arena_open(1024);
  jmp_buf handler;
  char *volatile at = arena_grow(a, NULL, 0, 512);
  at[511] = 'x';
  arena_on_exhaustion(a, &handler);
  if (setjmp(handler) == 0) {
    arena_grow(a, at, 512, 1040);
    fail_msg("grown beyond the cap");
  }
  assert_int_equal(at[511], 'x');
  assert_ptr_equal(arena_grow(a, at, 512, 1024), at);
  arena_close(a);
}

static void growing_keeps_the_old_bytes_and_zeroes_the_new(void **state) {
  UNUSED(state);
  arena *a = arena_open(1 << 20);
  unsigned char *at = arena_grow(a, NULL, 0, 10);
  size_t size = 10;
  memset(at, 1, size);
  for (int i = 0; i < 12; i++) {
    if (i % 3 == 0) arena_take(a, 1, 1); /* something in the way */
    at = arena_grow(a, at, size, 2 * size);
    for (size_t k = 0; k < 2 * size; k++) {
      assert_int_equal(at[k], k < size ? 1 : 0);
    }
    size *= 2;
    memset(at, 1, size);
  }
  arena_close(a);
}

/* The linker sends every malloc and calloc of base here (see meson.build). */
static int failing_call; /* counts down to the call that fails; 0: none does */

static bool fails_now(void) { return failing_call > 0 && --failing_call == 0; }

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);

void *__wrap_malloc(size_t size) { return fails_now() ? NULL : __real_malloc(size); }

void *__wrap_calloc(size_t count, size_t size) {
  return fails_now() ? NULL : __real_calloc(count, size);
}

static void short_memory_is_told_and_nothing_leaks(void **state) {
  UNUSED(state);
  for (int n = 1; n <= 2; n++) {
    failing_call = n;
    assert_null(arena_open(1024));
    failing_call = n;
    assert_null(map_open(100));
  }
  arena *a = arena_open(1 << 20);
  failing_call = 1;
  assert_null(arena_try(a, 1, 100 * 1024)); /* does not fit the first block */
  assert_int_equal(arena_used(a), 0);
  assert_non_null(arena_try(a, 1, 100 * 1024));
  arena_close(a);
}

static void a_hook_that_cannot_be_kept_runs_at_once(void **state) {
  UNUSED(state);
  arena *a = arena_open(1 << 20);
  jmp_buf handler;
  order_len = 0;
  while (arena_try(a, 1, 16) != NULL && arena_used(a) < 16 * 1024) {}
  if (setjmp(handler) == 0) {
    assert_null(arena_on_exhaustion(a, &handler));
    for (int i = 0; i < 2000; i++) {
      failing_call = 1;
      arena_hook(a, note_letter, "h");
    }
    fail_msg("no hook ever needed memory");
  }
  failing_call = 0;
  assert_int_equal(order_len, 1);
  arena_close(a);
  assert_true(order_len >= 1);
}

static void a_map_that_cannot_grow_keeps_what_it_has(void **state) {
  UNUSED(state);
  map *m = map_open(0);
  uint64_t key = 0;
  for (;;) {
    failing_call = 1;
    if (!map_put(m, key, m)) break;
    key++;
  }
  failing_call = 0;
  assert_int_equal(map_count(m), key);
  assert_null(map_get(m, key));
  for (uint64_t k = 0; k < key; k++) {
    assert_ptr_equal(map_get(m, k), m);
  }
  assert_true(map_put(m, key, m));
  map_close(m);
}

#if defined(__SANITIZE_ADDRESS__)
static void what_was_reset_is_poisoned(void **state) {
  UNUSED(state);
  arena *a = arena_open(1024);
  char *at = arena_take(a, 1, 32);
  assert_int_equal(__asan_address_is_poisoned(at + 31), 0);
  assert_int_equal(__asan_address_is_poisoned(at + 32), 1);
  arena_reset(a);
  assert_int_equal(__asan_address_is_poisoned(at), 1);
  arena_close(a);
}
#else
static void what_was_reset_is_poisoned(void **state) {
  UNUSED(state);
  skip(); /* only ASan can tell */
}
#endif

/* The slow reference: every key has one place. */
enum { KEYS = 512 };

static void map_behaves_like_an_array_of_all_keys(void **state) {
  UNUSED(state);
  arena *a = arena_open(1 << 20);
  rng *r = rng_open(a, test_seed());
  map *m = map_open(4);
  void *expected[KEYS] = {NULL};
  size_t count = 0;
  for (size_t i = 0; i < test_cases(20000); i++) {
    uint64_t k = rng_below(r, KEYS);
    uint64_t key = k * UINT64_C(0x100000001); /* collides where only low bits are looked at */
    if (rng_below(r, 2) == 0) {
      void *value = &expected[rng_below(r, KEYS)];
      assert_true(map_put(m, key, value));
      if (expected[k] == NULL) count++;
      expected[k] = value;
    } else {
      assert_ptr_equal(map_remove(m, key), expected[k]);
      if (expected[k] != NULL) count--;
      expected[k] = NULL;
    }
    assert_int_equal(map_count(m), count);
    uint64_t other = rng_below(r, KEYS);
    assert_ptr_equal(map_get(m, other * UINT64_C(0x100000001)), expected[other]);
  }
  size_t cursor = 0, seen = 0;
  uint64_t key;
  void *value;
  while (map_next(m, &cursor, &key, &value)) {
    assert_ptr_equal(value, expected[key / UINT64_C(0x100000001)]);
    seen++;
  }
  assert_int_equal(seen, count);
  map_clear(m);
  assert_int_equal(map_count(m), 0);
  assert_null(map_get(m, 0));
  map_close(m);
  arena_close(a);
}

static void sha256_gives_the_published_digests(void **state) {
  UNUSED(state);
  arena *a = arena_open(4096);
  sha256 empty = sha256_of("", 0), abc = sha256_of("abc", 3),
         split = sha256_of_two("a", 1, "bc", 2);
  /* FIPS 180-4 examples */
  assert_str(str_hex(a, abc.bytes, 32),
             "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  assert_str(str_hex(a, empty.bytes, 32),
             "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  assert_true(sha256_eq(&abc, &split));
  assert_false(sha256_eq(&abc, &empty));
  arena_close(a);
}

static void hash64_depends_on_every_byte_the_length_and_the_seed(void **state) {
  UNUSED(state);
  uint8_t bytes[40] = {0};
  uint64_t seen[40 + 41 + 1];
  size_t count = 0;
  for (size_t len = 0; len <= sizeof bytes; len++) {
    seen[count++] = hash64(bytes, len, 7);
  }
  for (size_t i = 0; i < sizeof bytes; i++) {
    bytes[i] = 1;
    seen[count++] = hash64(bytes, sizeof bytes, 7);
    bytes[i] = 0;
  }
  seen[count++] = hash64(bytes, sizeof bytes, 8);
  for (size_t i = 0; i < count; i++) {
    for (size_t k = 0; k < i; k++) {
      assert_true(seen[i] != seen[k]);
    }
  }
}

int test_memory(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hooks_run_newest_first_and_once),
      cmocka_unit_test(memory_is_zeroed_and_aligned_also_after_reset),
      cmocka_unit_test(the_cap_is_exact_and_counts_what_was_asked_for),
      cmocka_unit_test(exhaustion_jumps_to_the_handler_and_hooks_still_run),
      cmocka_unit_test(growing_beyond_the_cap_jumps_and_keeps_the_old),
      cmocka_unit_test(growing_keeps_the_old_bytes_and_zeroes_the_new),
      cmocka_unit_test(short_memory_is_told_and_nothing_leaks),
      cmocka_unit_test(a_hook_that_cannot_be_kept_runs_at_once),
      cmocka_unit_test(a_map_that_cannot_grow_keeps_what_it_has),
      cmocka_unit_test(what_was_reset_is_poisoned),
      cmocka_unit_test(map_behaves_like_an_array_of_all_keys),
      cmocka_unit_test(sha256_gives_the_published_digests),
      cmocka_unit_test(hash64_depends_on_every_byte_the_length_and_the_seed),
  };
  return cmocka_run_group_tests_name("base memory", tests, NULL, NULL);
}
