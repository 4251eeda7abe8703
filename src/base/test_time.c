/* test_time.c - dates against a reference that counts day by day, instants, and the business
 * calendars against the notices themselves when their facts lie beside the repository. */
#include "base/test_groups.h"
#include "base/testing.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int month_length(int year, int month) {
  if (month == 4 || month == 6 || month == 9 || month == 11) return 30;
  if (month != 2) return 31;
  if (year % 400 == 0) return 29;
  return year % 4 == 0 && year % 100 != 0 ? 29 : 28;
}

static void every_day_of_ten_thousand_years_follows_the_one_before(void **state) {
  UNUSED(state);
  int year = 1, month = 1, day = 1, weekday = 0; /* 0001-01-01 is a Monday */
  for (date d = DATE_MIN; d <= DATE_MAX; d++) {
    int y, m, dd;
    date_to_ymd(d, &y, &m, &dd);
    bool same = y == year && m == month && dd == day && date_weekday(d) == weekday &&
                date_from_ymd(year, month, day) == d;
    if (!same) fail_msg("day %d should be %04d-%02d-%02d", d, year, month, day);
    weekday = (weekday + 1) % 7;
    if (++day <= month_length(year, month)) continue;
    day = 1;
    month = month % 12 + 1;
    if (month == 1) year++;
  }
  assert_int_equal(year, 10000);
}

static void only_real_days_are_valid(void **state) {
  UNUSED(state);
  assert_true(date_is_valid(2024, 2, 29));
  assert_false(date_is_valid(2023, 2, 29));
  assert_false(date_is_valid(1900, 2, 29));
  assert_true(date_is_valid(2000, 2, 29));
  assert_false(date_is_valid(2024, 13, 1));
  assert_false(date_is_valid(2024, 0, 1));
  assert_false(date_is_valid(2024, 4, 31));
  assert_false(date_is_valid(0, 1, 1));
  assert_false(date_is_valid(10000, 1, 1));
}

static void months_are_added_to_the_same_day_or_the_last(void **state) {
  UNUSED(state);
  assert_int_equal(date_add_months(date_from_ymd(2024, 1, 31), 1), date_from_ymd(2024, 2, 29));
  assert_int_equal(date_add_months(date_from_ymd(2023, 1, 31), 1), date_from_ymd(2023, 2, 28));
  assert_int_equal(date_add_months(date_from_ymd(2024, 1, 15), -1), date_from_ymd(2023, 12, 15));
  assert_int_equal(date_add_months(date_from_ymd(2024, 2, 29), 12), date_from_ymd(2025, 2, 28));
  assert_int_equal(date_add_months(DATE_MAX, 1), DATE_MAX);
  assert_int_equal(date_add_months(DATE_MIN, -1), DATE_MIN);
  assert_int_equal(date_end_of_month(date_from_ymd(2024, 2, 1)), date_from_ymd(2024, 2, 29));
}

static void dates_and_instants_survive_text(void **state) {
  UNUSED(state);
  arena *a = arena_open(1 << 16);
  for (size_t i = 0; i < test_cases(20000); i++) {
    arena_reset(a);
    rng *r = rng_open(a, test_seed() + i);
    date d = DATE_MIN + (date)rng_below(r, DATE_MAX - DATE_MIN + 1), d_back;
    assert_true(date_parse(date_print(a, d), &d_back));
    assert_int_equal(d, d_back);
    instant of_day = (instant)rng_below(r, (uint64_t)(SECONDS_PER_DAY * MICROS_PER_SECOND));
    if (rng_below(r, 2) == 0) of_day -= of_day % MICROS_PER_SECOND;
    instant t = instant_from_date(d, 0) + of_day, t_back;
    assert_true(instant_parse(instant_print(a, t), &t_back));
    assert_true(t == t_back);
    assert_int_equal(instant_date(t, 0), d);
    int offset = (int)rng_below(r, 1681) - 840;
    assert_int_equal(instant_date(instant_from_date(d, offset), offset), d);
    assert_int_equal(instant_date(instant_from_date(d, offset) - 1, offset), d - 1);
  }
  arena_close(a);
}

/* Printed by hand, they must be what printf would have said. */
static void instants_are_printed_as_rfc_3339_writes_them(void **state) {
  UNUSED(state);
  arena *a = arena_open(1 << 16);
  for (size_t i = 0; i < test_cases(20000); i++) {
    arena_reset(a);
    rng *r = rng_open(a, test_seed() + i);
    date d = DATE_MIN + (date)rng_below(r, DATE_MAX - DATE_MIN + 1);
    int year, month, day, second = (int)rng_below(r, SECONDS_PER_DAY);
    int micros = rng_below(r, 4) == 0 ? 0 : (int)rng_below(r, 1000000);
    date_to_ymd(d, &year, &month, &day);
    str date_text = str_format(a, "%04d-%02d-%02d", year, month, day);
    str fraction = micros == 0 ? STR("") : str_format(a, ".%06d", micros);
    str text = str_format(a, "%.*sT%02d:%02d:%02d%.*sZ", STR_ARGS(date_text), second / 3600,
                          second / 60 % 60, second % 60, STR_ARGS(fraction));
    instant t = instant_from_date(d, 0) + (instant)second * MICROS_PER_SECOND + micros;
    assert_true(str_eq(date_print(a, d), date_text));
    assert_true(str_eq(instant_print(a, t), text));
  }
  arena_close(a);
}

static void instants_are_read_as_rfc_3339_writes_them(void **state) {
  UNUSED(state);
  static const struct {
    const char *text;
    instant t;
  } good[] = {
      {"1970-01-01T00:00:00Z", 0},
      {"1970-01-01t00:00:00z", 0},
      {"1970-01-01 00:00:01", 1000000},
      {"1970-01-01 00:00:01+00:00", 1000000},
      {"1970-01-01T08:00:00+08:00", 0},
      {"1969-12-31T19:00:00-05:00", 0},
      {"1970-01-01T00:00:00.5Z", 500000},
      {"1970-01-01T00:00:00.123456789Z", 123456},
      {"1985-04-12T23:20:50.52Z", INT64_C(482196050520000)},
  };
  static const char *const bad[] = {"",
                                    "1970-01-01",
                                    "1970-01-01T00:00:00",
                                    "1970-01-01T24:00:00Z",
                                    "1970-01-01T00:60:00Z",
                                    "1970-01-01T00:00:60Z",
                                    "1970-02-30T00:00:00Z",
                                    "1970-01-01T00:00:00+24:00",
                                    "1970-01-01T00:00:00.Z",
                                    "1970-01-01T00:00:00.1234567890Z",
                                    "1970-01-01T00:00:00Z ",
                                    "1970-01-01 00:00:00x",
                                    "0001-01-01T00:00:00+01:00",
                                    "70-01-01T00:00:00Z"};
  for (size_t i = 0; i < COUNT_OF(good); i++) {
    instant t = -1;
    assert_true(instant_parse(str_from(good[i].text), &t));
    assert_true(t == good[i].t);
  }
  for (size_t i = 0; i < COUNT_OF(bad); i++) {
    instant t = -1;
    assert_false(instant_parse(str_from(bad[i]), &t));
    assert_true(t == -1);
  }
  date d = 5;
  assert_false(date_parse(STR("2024-1-01"), &d));
  assert_false(date_parse(STR("2024-01-01 "), &d));
  assert_false(date_parse(STR("2024-02-30"), &d));
  assert_int_equal(d, 5);
}

static void rolls_and_settlement_days_skip_what_is_not_worked(void **state) {
  UNUSED(state);
  const calendar *china = calendar_china(), *weekdays = calendar_weekdays();
  date saturday = date_from_ymd(2024, 8, 31);
  assert_int_equal(calendar_roll(weekdays, saturday, ROLL_FOLLOWING), date_from_ymd(2024, 9, 2));
  assert_int_equal(calendar_roll(weekdays, saturday, ROLL_MODIFIED_FOLLOWING), saturday - 1);
  assert_int_equal(calendar_roll(weekdays, saturday, ROLL_PRECEDING), saturday - 1);
  assert_int_equal(calendar_roll(weekdays, saturday, ROLL_NONE), saturday);
  assert_int_equal(calendar_add_days(weekdays, saturday, 0), date_from_ymd(2024, 9, 2));
  assert_int_equal(calendar_add_days(weekdays, saturday, 1), date_from_ymd(2024, 9, 2));
  assert_int_equal(calendar_add_days(calendar_every_day(), saturday, 7), saturday + 7);
  /* Before the National Day week of 2024, which began with a worked Sunday: T+1 from 30 September.
   */
  assert_true(calendar_is_business_day(china, date_from_ymd(2024, 9, 29)));
  assert_int_equal(calendar_add_days(china, date_from_ymd(2024, 9, 30), 1),
                   date_from_ymd(2024, 10, 8));
  assert_true(calendar_covers(china, date_from_ymd(2026, 12, 31)));
  assert_false(calendar_covers(china, date_from_ymd(2027, 1, 1)));
  assert_false(calendar_covers(china, date_from_ymd(2006, 12, 31)));
  assert_ptr_equal(calendar_by_name(STR("china")), china);
  assert_null(calendar_by_name(STR("mars")));
}

/* What the notices say about each day from 2006 to 2028: 0 nothing, 1 off, 2 worked. */
enum { NOTICE_DAYS = 23 * 366 };

static bool load_notices(const char *folder, int year, date first, uint8_t *days) {
  char path[512];
  snprintf(path, sizeof path, "%s/%d.json", folder, year);
  json_t *root = json_load_file(path, 0, NULL);
  if (root == NULL) return false;
  size_t i;
  json_t *entry;
  json_array_foreach(json_object_get(root, "days"), i, entry) {
    date d;
    assert_true(date_parse(str_from(json_string_value(json_object_get(entry, "date"))), &d));
    assert_in_range(d - first, 0, NOTICE_DAYS - 1);
    days[d - first] = json_is_true(json_object_get(entry, "isOffDay")) ? 1 : 2;
  }
  json_decref(root);
  return true;
}

static void china_agrees_with_the_notices_day_by_day(void **state) {
  UNUSED(state);
  const char *shared = getenv("TAEL_SHARED");
  char folder[400];
  snprintf(folder, sizeof folder, "%s/data/china/holiday-cn",
           shared == NULL ? "../shared" : shared);
  uint8_t days[NOTICE_DAYS] = {0};
  date first = date_from_ymd(2006, 1, 1);
  for (int year = 2007; year <= 2026; year++) {
    if (!load_notices(folder, year, first, days)) skip();
  }
  for (date d = date_from_ymd(2007, 1, 1); d <= date_from_ymd(2026, 12, 31); d++) {
    uint8_t said = days[d - first];
    bool expected = said == 0 ? date_weekday(d) < 5 : said == 2;
    if (calendar_is_business_day(calendar_china(), d) != expected) {
      fail_msg("day %d since 1970 should %sbe worked", d, expected ? "" : "not ");
    }
  }
}

int test_time(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_day_of_ten_thousand_years_follows_the_one_before),
      cmocka_unit_test(only_real_days_are_valid),
      cmocka_unit_test(months_are_added_to_the_same_day_or_the_last),
      cmocka_unit_test(dates_and_instants_survive_text),
      cmocka_unit_test(instants_are_printed_as_rfc_3339_writes_them),
      cmocka_unit_test(instants_are_read_as_rfc_3339_writes_them),
      cmocka_unit_test(rolls_and_settlement_days_skip_what_is_not_worked),
      cmocka_unit_test(china_agrees_with_the_notices_day_by_day),
  };
  return cmocka_run_group_tests_name("base time", tests, NULL, NULL);
}
