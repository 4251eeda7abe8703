/* test_csv.c - the cases of RFC 4180, what breaks them, and records that meet the edges of the
 * window. */
#include "base/test_groups.h"
#include "base/testing.h"
#include "base/csv.h"
#include <string.h>

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

/* Reads all of text and writes it down: fields between <>, a record a line, errors as "!". */
static str dump(csv_reader *r) {
  buf b = buf_make(a, 1 << 20);
  csv_record record;
  while (csv_next(r, &record)) {
    buf_format(&b, "%d:", (int)record.line);
    if (record.error != NULL) buf_add_char(&b, '!');
    for (size_t i = 0; i < record.count; i++) {
      buf_format(&b, "<%.*s>", STR_ARGS(record.fields[i]));
    }
    buf_add_char(&b, ';');
  }
  return buf_str(&b);
}

static str dump_text(const char *text) { return dump(csv_open_text(a, str_from(text))); }

static void plain_records_are_read_with_either_line_end(void **state) {
  UNUSED(state);
  assert_str(dump_text("a,b\r\nc,d\n"), "1:<a><b>;2:<c><d>;");
  assert_str(dump_text("a,b\nc,d"), "1:<a><b>;2:<c><d>;");
  assert_str(dump_text("a,,\n,b"), "1:<a><><>;2:<><b>;");
  assert_str(dump_text(""), "");
  assert_str(dump_text("\n\r\na\n\n"), "3:<a>;");
  assert_str(dump_text("\xef\xbb\xbf\"a\",b"), "1:<a><b>;");
}

static void quoted_fields_hold_anything(void **state) {
  UNUSED(state);
  assert_str(dump_text("\"a\",\"\",\"b,c\"\r\n"), "1:<a><><b,c>;");
  assert_str(dump_text("\"a\r\nb\",\"say \"\"hi\"\"\"\nx"), "1:<a\r\nb><say \"hi\">;3:<x>;");
  assert_str(dump_text("\"\"\"\"\n\"\"\n"), "1:<\">;2:<>;");
  assert_str(dump_text("x,\"y\""), "1:<x><y>;");
  assert_str(dump_text("x,\"y\"\r"), "1:<x><y>;");
  assert_str(dump_text("\"y\",\n"), "1:<y><>;");
}

static void a_broken_record_costs_its_first_line_only(void **state) {
  UNUSED(state);
  assert_str(dump_text("a\"b,c\nd\n"), "1:!;2:<d>;");
  assert_str(dump_text("\"a\"b,c\nd\n"), "1:!;2:<d>;");
  assert_str(dump_text("\"a\"\rb\nd\n"), "1:!;2:<d>;");
  assert_str(dump_text("\"never closed,c\nd,e\nf\n"), "1:!;2:<d><e>;3:<f>;");
  assert_str(dump_text("ok\n\"open\n\"x\",y\nz\n"), "1:<ok>;2:!;3:<x><y>;4:<z>;");
}

static void too_many_fields_are_refused(void **state) {
  UNUSED(state);
  char text[2 * CSV_FIELDS_MAX + 8];
  size_t len = 0;
  for (int i = 0; i < CSV_FIELDS_MAX - 1; i++) {
    text[len++] = 'a';
    text[len++] = ',';
  }
  csv_record record;
  csv_reader *r = csv_open_text(a, (str){text, len});
  assert_true(csv_next(r, &record));
  assert_null(record.error);
  assert_int_equal(record.count, CSV_FIELDS_MAX);
  text[len++] = ',';
  r = csv_open_text(a, (str){text, len});
  assert_true(csv_next(r, &record));
  assert_non_null(record.error);
  assert_int_equal(record.count, 0);
  assert_false(csv_next(r, &record));
}

static void the_longest_record_is_read_and_a_longer_one_skipped(void **state) {
  UNUSED(state);
  size_t len = CSV_RECORD_MAX + 1;
  char *text = ARENA_ARRAY(a, char, len + 10);
  memset(text, 'x', len);
  memcpy(text + len - 1, "\nend\n", 5);
  csv_record record;
  csv_reader *r = csv_open_text(a, (str){text, len + 4});
  assert_true(csv_next(r, &record));
  assert_null(record.error);
  assert_int_equal(record.fields[0].len, CSV_RECORD_MAX);
  assert_true(csv_next(r, &record));
  assert_str(record.fields[0], "end");
  memcpy(text + len - 1, "xx\nend\n", 7);
  r = csv_open_text(a, (str){text, len + 6});
  assert_true(csv_next(r, &record));
  assert_non_null(record.error);
  assert_true(csv_next(r, &record));
  assert_null(record.error);
  assert_int_equal(record.line, 2);
  assert_str(record.fields[0], "end");
  assert_false(csv_next(r, &record));
  assert_int_equal(csv_bytes_read(r), len + 6);
}

/* A source that gives a few bytes at a time. */
typedef struct dripping {
  str text;
  rng *r;
} dripping;

static size_t drip(void *arg, char *into, size_t room) {
  dripping *d = arg;
  size_t n = 1 + rng_below(d->r, 5);
  if (n > room) n = room;
  if (n > d->text.len) n = d->text.len;
  memcpy(into, d->text.at, n);
  d->text = (str){d->text.at + n, d->text.len - n};
  return n;
}

/* Random text from the characters that matter reads the same whole and in drips. */
static void how_the_bytes_arrive_makes_no_difference(void **state) {
  UNUSED(state);
  for (size_t i = 0; i < test_cases(500); i++) {
    arena_reset(a);
    rng *r = rng_open(a, test_seed() + i);
    char text[60];
    size_t len = rng_below(r, sizeof text);
    for (size_t k = 0; k < len; k++) {
      text[k] = "a,\"\n\r\"b,"[rng_below(r, 8)];
    }
    dripping d = {{text, len}, r};
    str whole = dump(csv_open_text(a, (str){text, len}));
    str in_drips = dump(csv_open(a, drip, &d));
    assert_true(str_eq(whole, in_drips));
  }
}

/* What buf_add_csv writes, csv_next reads back. */
static void written_records_are_read_back(void **state) {
  UNUSED(state);
  for (size_t i = 0; i < test_cases(500); i++) {
    arena_reset(a);
    rng *r = rng_open(a, test_seed() + i);
    char fields[4][12];
    buf b = buf_make(a, 4096);
    for (int f = 0; f < 4; f++) {
      for (int k = 0; k < 12; k++) {
        fields[f][k] = k == 0 ? 'x' : ",\"\n\r xy"[rng_below(r, 7)];
      }
      if (f > 0) buf_add_char(&b, ',');
      buf_add_csv(&b, (str){fields[f], 12});
    }
    buf_add(&b, STR("\r\n"));
    csv_record record;
    assert_true(csv_next(csv_open_text(a, buf_str(&b)), &record));
    assert_null(record.error);
    assert_int_equal(record.count, 4);
    for (int f = 0; f < 4; f++) {
      assert_true(str_eq(record.fields[f], (str){fields[f], 12}));
    }
  }
}

int test_csv(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(plain_records_are_read_with_either_line_end),
      cmocka_unit_test(quoted_fields_hold_anything),
      cmocka_unit_test(a_broken_record_costs_its_first_line_only),
      cmocka_unit_test(too_many_fields_are_refused),
      cmocka_unit_test(the_longest_record_is_read_and_a_longer_one_skipped),
      cmocka_unit_test(how_the_bytes_arrive_makes_no_difference),
      cmocka_unit_test(written_records_are_read_back),
  };
  return cmocka_run_group_tests_name("base csv", tests, open_arena, close_arena);
}
