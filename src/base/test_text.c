/* test_text.c - views, building text, UTF-8, faults and statuses. */
#include "base/test_groups.h"
#include "base/testing.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static arena *a;

static int open_arena(void **state) {
  UNUSED(state);
  a = arena_open(16u << 20);
  return a == NULL;
}

static int close_arena(void **state) {
  UNUSED(state);
  arena_close(a);
  return 0;
}

static void views_compare_by_bytes(void **state) {
  UNUSED(state);
  assert_true(str_eq(STR("abc"), str_from("abc")));
  assert_true(str_eq(STR(""), str_from(NULL)));
  assert_false(str_eq(STR("abc"), STR("abd")));
  assert_true(str_eq_nocase(STR("Idempotency-KEY"), STR("idempotency-key")));
  assert_false(str_eq_nocase(STR("["), STR("{")));
  assert_int_equal(str_cmp(STR("a"), STR("ab")), -1);
  assert_int_equal(str_cmp(STR("\xff"), STR("a")), 1);
  assert_int_equal(str_cmp(STR(""), str_from(NULL)), 0);
  assert_true(str_starts(STR("ord_1"), STR("ord_")));
  assert_false(str_starts(STR("or"), STR("ord_")));
  assert_str(str_trim(STR(" \t x y \r\n")), "x y");
}

static void splitting_gives_every_part_also_empty_ones(void **state) {
  UNUSED(state);
  str rest = STR("a,,b,"), part;
  assert_true(str_split(&rest, ',', &part));
  assert_str(part, "a");
  assert_true(str_split(&rest, ',', &part));
  assert_str(part, "");
  assert_true(str_split(&rest, ',', &part));
  assert_str(part, "b");
  assert_true(str_split(&rest, ',', &part));
  assert_str(part, "");
  assert_false(str_split(&rest, ',', &part));
}

static void integers_are_read_whole_or_not_at_all(void **state) {
  UNUSED(state);
  static const char *const bad[] = {"",
                                    "-",
                                    "+1",
                                    " 1",
                                    "1 ",
                                    "1.0",
                                    "0x1",
                                    "9223372036854775808",
                                    "--1",
                                    "1e3",
                                    "-9223372036854775809"};
  int64_t v = 77;
  for (size_t i = 0; i < COUNT_OF(bad); i++) {
    assert_false(str_to_int(str_from(bad[i]), &v));
    assert_int_equal(v, 77);
  }
  assert_true(str_to_int(STR("-9223372036854775808"), &v));
  assert_true(v == INT64_MIN);
  assert_true(str_to_int(STR("9223372036854775807"), &v));
  assert_true(v == INT64_MAX);
}

static void every_int64_survives_text(void **state) {
  UNUSED(state);
  for (size_t i = 0; i < test_cases(2000); i++) {
    arena_reset(a);
    rng *r = rng_open(a, test_seed() + i);
    int64_t v = i == 0 ? INT64_MIN : test_int64(r), back;
    buf b = buf_make(a, 32);
    buf_add_int(&b, v);
    assert_true(str_to_int(buf_str(&b), &back));
    assert_true(back == v);
  }
}

static void hex_round_trips_and_refuses_other_lengths(void **state) {
  UNUSED(state);
  uint8_t bytes[3];
  assert_true(str_unhex(STR("00fFa9"), bytes, 3));
  assert_str(str_hex(a, bytes, 3), "00ffa9");
  assert_false(str_unhex(STR("00ffa"), bytes, 3));
  assert_false(str_unhex(STR("00ffa9"), bytes, 2));
  assert_false(str_unhex(STR("00fg"), bytes, 2));
}

static void utf8_is_strict(void **state) {
  UNUSED(state);
  static const char *const good[] = {"",
                                     "a",
                                     "\xc2\x80",
                                     "\xe4\xb8\xad\xe6\x96\x87",
                                     "\xed\x9f\xbf",
                                     "\xee\x80\x80",
                                     "\xf4\x8f\xbf\xbf"};
  static const char *const bad[] = {"\x80",
                                    "\xc0\x80",
                                    "\xc1\xbf",
                                    "\xe0\x9f\xbf",
                                    "\xed\xa0\x80",
                                    "\xf0\x8f\xbf\xbf",
                                    "\xf4\x90\x80\x80",
                                    "\xf5\x80\x80\x80",
                                    "\xe4\xb8",
                                    "a\xff",
                                    "\xc2,"};
  for (size_t i = 0; i < COUNT_OF(good); i++) {
    assert_true(str_is_utf8(str_from(good[i])));
  }
  for (size_t i = 0; i < COUNT_OF(bad); i++) {
    assert_false(str_is_utf8(str_from(bad[i])));
  }
  assert_int_equal(str_runes(STR("a\xe4\xb8\xad\xf0\x9f\x98\x80")), 3);
}

static void the_ceiling_of_a_buf_drops_whole_additions(void **state) {
  UNUSED(state);
  buf b = buf_make(a, 5);
  buf_add(&b, STR("abc"));
  buf_add(&b, STR("def"));
  assert_true(b.overflowed);
  assert_str(buf_str(&b), "abc");
  buf_add_json(&b, STR("x"));
  assert_str(buf_str(&b), "abc");
  buf_format(&b, "%d", 12);
  assert_str(buf_str(&b), "abc12");
  assert_true(b.overflowed);
}

static void json_html_and_csv_are_escaped(void **state) {
  UNUSED(state);
  buf b = buf_make(a, 1000);
  buf_add_json(&b, STR("a\"\\\n\r\t\x01\xe4\xb8\xad\xff/"));
  assert_str(buf_str(&b), "\"a\\\"\\\\\\n\\r\\t\\u0001\xe4\xb8\xad\\ufffd/\"");
  b = buf_make(a, 1000);
  buf_add_html(&b, STR("<a href='x'>&\"y\"</a>"));
  assert_str(buf_str(&b), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;y&quot;&lt;/a&gt;");
  b = buf_make(a, 1000);
  buf_add_csv(&b, STR("plain"));
  buf_add_char(&b, ',');
  buf_add_csv(&b, STR("say \"hi\", you"));
  buf_add_char(&b, ',');
  buf_add_csv(&b, STR("=1+1"));
  assert_str(buf_str(&b), "plain,\"say \"\"hi\"\", you\",'=1+1");
  b = buf_make(a, 1000);
  buf_add_csv(&b, STR("-\0\0d")); /* a zero byte does not end it */
  assert_str(buf_str(&b), "'-\0\0d");
}

static void a_buf_grows_to_its_ceiling(void **state) {
  UNUSED(state);
  buf b = buf_make(a, 100000);
  for (int i = 0; i < 100000; i++) {
    buf_add_char(&b, (char)('a' + i % 26));
  }
  assert_false(b.overflowed);
  assert_int_equal(b.len, 100000);
  for (size_t i = 0; i < b.len; i++) {
    assert_int_equal(b.at[i], 'a' + i % 26);
  }
  buf_add_char(&b, 'x');
  assert_true(b.overflowed);
}

static status fails_below(ctx *c) {
  TRY(fail(c, E_FUNDS, "account %d", 5));
  return OK;
}

/* Writes two lines with standard error turned to a file; returns what came out. */
static str captured_lines(void) {
  FILE *file = tmpfile();
  int saved = dup(STDERR_FILENO);
  assert_true(file != NULL && saved >= 0);
  dup2(fileno(file), STDERR_FILENO);
  log_line(LOG_DEBUG, "quiet", "x=1");
  log_line(LOG_WARN, "order.refused", "order=%s", "ord_1\r\nfaked line");
  dup2(saved, STDERR_FILENO);
  close(saved);
  char *text = ARENA_ARRAY(a, char, 8192);
  rewind(file);
  size_t len = fread(text, 1, 8192, file);
  fclose(file);
  return (str){text, len};
}

static void a_log_line_is_one_line_with_its_time_and_level(void **state) {
  UNUSED(state);
  str line = captured_lines();
  instant t;
  assert_true(line.len > 25 && instant_parse((str){line.at, 24}, &t));
  assert_str(((str){line.at + 24, line.len - 24}),
             " warn order.refused order=ord_1\\r\\nfaked line\n");
  assert_false(log_enabled(LOG_DEBUG));
  log_set_level(LOG_DEBUG);
  assert_true(log_enabled(LOG_DEBUG));
  log_set_level(LOG_INFO);
}

static void the_first_fault_is_kept(void **state) {
  UNUSED(state);
  instant clock = 0;
  ctx *c = test_ctx_open(&clock);
  assert_int_equal(fails_below(c), E_FUNDS);
  assert_int_equal(fail(c, E_STORE, "later"), E_STORE);
  assert_int_equal(c->fault.code, E_FUNDS);
  assert_str(c->fault.detail, "account 5");
  fault_clear(c);
  for (int i = 0; i < FAULT_FIELDS_MAX + 5; i++) {
    assert_int_equal(fail_field(c, E_MALFORMED, STR("/x"), "bad %d", i), E_MALFORMED);
  }
  assert_int_equal(c->fault.field_count, FAULT_FIELDS_MAX);
  assert_str(c->fault.detail, "bad 0");
  assert_str(c->fault.fields[1].detail, "bad 1");
  assert_str(c->fault.fields[1].pointer, "/x");
  test_ctx_close(c);
}

static void statuses_have_http_codes_and_unique_slugs(void **state) {
  UNUSED(state);
  assert_int_equal(status_http(OK), 200);
  assert_int_equal(status_http(E_FUNDS), 422);
  assert_string_equal(status_slug(E_NO_MEMORY), "no_memory");
  for (int i = OK; i < STATUS_COUNT; i++) {
    assert_in_range(status_http((status)i), 200, 503);
    assert_true(strlen(status_text((status)i)) > 4);
    if (i != OK) assert_true(strlen(status_remedy((status)i)) > 4);
    for (int k = OK; k < i; k++) {
      assert_string_not_equal(status_slug((status)i), status_slug((status)k));
    }
  }
}

static void random_numbers_stay_below_their_bound_and_repeat(void **state) {
  UNUSED(state);
  rng *r = rng_open(a, 42), *again = rng_open(a, 42);
  size_t hits[10] = {0};
  for (int i = 0; i < 10000; i++) {
    uint64_t v = rng_below(r, 10);
    assert_true(v < 10);
    assert_true(v == rng_below(again, 10));
    hits[v]++;
  }
  for (size_t i = 0; i < COUNT_OF(hits); i++) {
    assert_in_range(hits[i], 850, 1150); /* five standard deviations around 1000 */
  }
  assert_true(rng_below(r, 1) == 0);
}

int test_text(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(views_compare_by_bytes),
      cmocka_unit_test(splitting_gives_every_part_also_empty_ones),
      cmocka_unit_test(integers_are_read_whole_or_not_at_all),
      cmocka_unit_test(every_int64_survives_text),
      cmocka_unit_test(hex_round_trips_and_refuses_other_lengths),
      cmocka_unit_test(utf8_is_strict),
      cmocka_unit_test(the_ceiling_of_a_buf_drops_whole_additions),
      cmocka_unit_test(json_html_and_csv_are_escaped),
      cmocka_unit_test(a_buf_grows_to_its_ceiling),
      cmocka_unit_test(a_log_line_is_one_line_with_its_time_and_level),
      cmocka_unit_test(the_first_fault_is_kept),
      cmocka_unit_test(statuses_have_http_codes_and_unique_slugs),
      cmocka_unit_test(random_numbers_stay_below_their_bound_and_repeat),
  };
  return cmocka_run_group_tests_name("base text", tests, open_arena, close_arena);
}
