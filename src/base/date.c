/* date.c - the proleptic Gregorian calendar by arithmetic, no tables and no clock. Years are
 * counted from March, so that the leap day is the last of its year, in eras of 400 years, which all
 * have the same number of days. Text follows RFC 3339; leap seconds are refused, since an instant
 * cannot hold one. */
#include "base/base.h"

enum { DAYS_PER_ERA = 146097, DAYS_TO_EPOCH = 719468 }; /* from 0000-03-01 to 1970-01-01 */
static const int64_t MICROS_PER_DAY = SECONDS_PER_DAY * MICROS_PER_SECOND;
static const int64_t MICROS_PER_MINUTE = 60 * MICROS_PER_SECOND;

static bool is_leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

static int days_in_month(int year, int month) {
  static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : lengths[month - 1];
}

bool date_is_valid(int year, int month, int day) {
  if (year < 1 || year > 9999 || month < 1 || month > 12) return false;
  return day >= 1 && day <= days_in_month(year, month);
}

date date_from_ymd(int year, int month, int day) {
  assert(date_is_valid(year, month, day));
  int from_march = (month + 9) % 12;
  int shifted_year = month <= 2 ? year - 1 : year;
  int era = shifted_year / 400;
  int year_of_era = shifted_year % 400;
  int day_of_year = (153 * from_march + 2) / 5 + day - 1;
  int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * DAYS_PER_ERA + day_of_era - DAYS_TO_EPOCH;
}

void date_to_ymd(date d, int *year, int *month, int *day) {
  assert(d >= DATE_MIN && d <= DATE_MAX);
  int days = d + DAYS_TO_EPOCH;
  int era = days / DAYS_PER_ERA;
  int day_of_era = days % DAYS_PER_ERA;
  int year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / (DAYS_PER_ERA - 1)) / 365;
  int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int from_march = (5 * day_of_year + 2) / 153;
  *day = day_of_year - (153 * from_march + 2) / 5 + 1;
  *month = from_march < 10 ? from_march + 3 : from_march - 9;
  *year = era * 400 + year_of_era + (*month <= 2 ? 1 : 0);
}

int date_weekday(date d) {
  int since_monday = (d + 3) % 7; /* 1970-01-01 was a Thursday */
  return since_monday < 0 ? since_monday + 7 : since_monday;
}

date date_add_months(date d, int months) {
  int year, month, day;
  date_to_ymd(d, &year, &month, &day);
  int64_t count = (int64_t)year * 12 + (month - 1) + months;
  if (count < 12) return DATE_MIN;
  if (count >= 10000 * 12) return DATE_MAX;
  year = (int)(count / 12);
  month = (int)(count % 12) + 1;
  int last = days_in_month(year, month);
  return date_from_ymd(year, month, day < last ? day : last);
}

date date_end_of_month(date d) {
  int year, month, day;
  date_to_ymd(d, &year, &month, &day);
  return d + days_in_month(year, month) - day;
}

/* A text being read from the left; ok turns false at the first byte that does not fit. */
typedef struct reader {
  str rest;
  bool ok;
} reader;

static int read_number(reader *r, size_t digits) {
  int value = 0;
  if (r->rest.len < digits) r->ok = false;
  for (size_t i = 0; r->ok && i < digits; i++) {
    char c = r->rest.at[i];
    if (c < '0' || c > '9') r->ok = false;
    value = value * 10 + (c - '0');
  }
  if (!r->ok) return 0;
  r->rest = (str){r->rest.at + digits, r->rest.len - digits};
  return value;
}

static bool next_is(reader *r, char c) {
  if (!r->ok || r->rest.len == 0 || r->rest.at[0] != c) return false;
  r->rest = (str){r->rest.at + 1, r->rest.len - 1};
  return true;
}

static void read_char(reader *r, char c) {
  if (!next_is(r, c)) r->ok = false;
}

static date read_date(reader *r) {
  int year = read_number(r, 4);
  read_char(r, '-');
  int month = read_number(r, 2);
  read_char(r, '-');
  int day = read_number(r, 2);
  if (!r->ok || !date_is_valid(year, month, day)) {
    r->ok = false;
    return 0;
  }
  return date_from_ymd(year, month, day);
}

bool date_parse(str text, date *out) {
  reader r = {text, true};
  date d = read_date(&r);
  if (!r.ok || r.rest.len > 0) return false;
  *out = d;
  return true;
}

enum { DATE_LEN = 10, SECONDS_LEN = 19, MICROS_LEN = 26 };

/* By hand: every answer of the ledger has two of them, and printf costs more than the transfer. */
static void write_digits(char *to, int count, int value) {
  for (int i = count - 1; i >= 0; i--, value /= 10)
    to[i] = (char)('0' + value % 10);
}

static void write_date(char *to, int year, int month, int day) {
  write_digits(to, 4, year);
  to[4] = '-';
  write_digits(to + 5, 2, month);
  to[7] = '-';
  write_digits(to + 8, 2, day);
}

str date_print(arena *a, date d) {
  int year, month, day;
  date_to_ymd(d, &year, &month, &day);
  if (year < 0 || year > 9999) return str_format(a, "%04d-%02d-%02d", year, month, day);
  char *text = ARENA_ARRAY(a, char, DATE_LEN + 1);
  write_date(text, year, month, day);
  return (str){text, DATE_LEN};
}

/* The day of t in UTC, and the microseconds since its midnight. */
static int64_t split_instant(instant t, int64_t *of_day) {
  int64_t day = t / MICROS_PER_DAY;
  *of_day = t % MICROS_PER_DAY;
  if (*of_day < 0) {
    *of_day += MICROS_PER_DAY;
    day--;
  }
  return day;
}

date instant_date(instant t, int utc_offset_minutes) {
  int64_t of_day, in_zone;
  int64_t day = split_instant(t, &of_day);
  return (date)(day + split_instant(of_day + utc_offset_minutes * MICROS_PER_MINUTE, &in_zone));
}

instant instant_from_date(date d, int utc_offset_minutes) {
  return d * MICROS_PER_DAY - utc_offset_minutes * MICROS_PER_MINUTE;
}

static int64_t read_time(reader *r) {
  int hour = read_number(r, 2);
  read_char(r, ':');
  int minute = read_number(r, 2);
  read_char(r, ':');
  int second = read_number(r, 2);
  if (hour > 23 || minute > 59 || second > 59) r->ok = false;
  return ((hour * 60 + minute) * 60 + second) * MICROS_PER_SECOND;
}

/* 1 to 9 digits after the point; what is below a microsecond is cut off. */
static int64_t read_fraction(reader *r) {
  int64_t micros = 0;
  int digits = 0;
  while (r->rest.len > 0 && r->rest.at[0] >= '0' && r->rest.at[0] <= '9' && digits < 9) {
    int digit = read_number(r, 1);
    if (digits < 6) micros = micros * 10 + digit;
    digits++;
  }
  if (digits == 0) r->ok = false;
  for (; digits < 6; digits++) {
    micros *= 10;
  }
  return micros;
}

static int64_t read_offset(reader *r) {
  if (next_is(r, 'Z') || next_is(r, 'z')) return 0;
  bool is_west = next_is(r, '-');
  if (!is_west) read_char(r, '+');
  int hours = read_number(r, 2);
  read_char(r, ':');
  int minutes = read_number(r, 2);
  if (hours > 23 || minutes > 59) r->ok = false;
  int64_t offset = (hours * 60 + minutes) * MICROS_PER_MINUTE;
  return is_west ? -offset : offset;
}

bool instant_parse(str text, instant *out) {
  reader r = {text, true};
  instant t = instant_from_date(read_date(&r), 0);
  bool is_plain = next_is(&r, ' ');
  if (!is_plain && !next_is(&r, 'T')) read_char(&r, 't');
  t += read_time(&r);
  if (next_is(&r, '.')) t += read_fraction(&r);
  bool ends_without_zone = is_plain && r.rest.len == 0;
  if (!ends_without_zone) t -= read_offset(&r);
  if (!r.ok || r.rest.len > 0) return false;
  date d = instant_date(t, 0);
  if (d < DATE_MIN || d > DATE_MAX) return false;
  *out = t;
  return true;
}

/* Behind a date; how long the whole text is. */
static size_t write_time(char *text, int seconds, int micros) {
  text[DATE_LEN] = 'T';
  write_digits(text + 11, 2, seconds / 3600);
  text[13] = ':';
  write_digits(text + 14, 2, seconds / 60 % 60);
  text[16] = ':';
  write_digits(text + 17, 2, seconds % 60);
  size_t len = SECONDS_LEN;
  if (micros != 0) {
    text[SECONDS_LEN] = '.';
    write_digits(text + SECONDS_LEN + 1, 6, micros);
    len = MICROS_LEN;
  }
  text[len] = 'Z';
  return len + 1;
}

str instant_print(arena *a, instant t) {
  int64_t of_day;
  int year, month, day;
  date_to_ymd((date)split_instant(t, &of_day), &year, &month, &day);
  int seconds = (int)(of_day / MICROS_PER_SECOND);
  int micros = (int)(of_day % MICROS_PER_SECOND);
  if (year >= 0 && year <= 9999) {
    char *quick = ARENA_ARRAY(a, char, MICROS_LEN + 2);
    write_date(quick, year, month, day);
    return (str){quick, write_time(quick, seconds, micros)};
  }
  str text = str_format(a, "%04d-%02d-%02dT%02d:%02d:%02d", year, month, day, seconds / 3600,
                        seconds / 60 % 60, seconds % 60);
  if (micros == 0) return str_format(a, "%.*sZ", STR_ARGS(text));
  return str_format(a, "%.*s.%06dZ", STR_ARGS(text), micros);
}
