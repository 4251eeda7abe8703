/* calendar.c - which days are worked, and how a day that is not is rolled. Pure look-ups in
 * constant tables. A day that no notice covers follows the weekend rule alone; calendar_covers
 * tells. */
#include "base/calendar.h"

static const calendar every_day = {.name = "every-day"};
static const calendar weekdays = {.name = "weekdays", .weekends_off = true};

const calendar *calendar_every_day(void) { return &every_day; }

const calendar *calendar_weekdays(void) { return &weekdays; }

const calendar *calendar_china(void) { return &calendar_china_table; }

const calendar *calendar_by_name(str name) {
  const calendar *const all[] = {&every_day, &weekdays, &calendar_china_table};
  for (size_t i = 0; i < COUNT_OF(all); i++) {
    if (str_eq(name, str_from(all[i]->name))) return all[i];
  }
  return NULL;
}

static int32_t written_day(date d) {
  int year, month, day;
  date_to_ymd(d, &year, &month, &day);
  return year * 10000 + month * 100 + day;
}

static bool contains(const int32_t *days, size_t count, int32_t day) {
  size_t from = 0, to = count;
  while (from < to) {
    size_t middle = from + (to - from) / 2;
    if (days[middle] == day) return true;
    if (days[middle] < day) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  return false;
}

bool calendar_is_business_day(const calendar *c, date d) {
  bool is_weekend = date_weekday(d) >= 5;
  if (c->weekends_off && is_weekend) return contains(c->worked, c->worked_count, written_day(d));
  return !contains(c->off, c->off_count, written_day(d));
}

static date next_business_day(const calendar *c, date d, int step) {
  while (!calendar_is_business_day(c, d)) {
    d += step;
  }
  return d;
}

static bool is_same_month(date a, date b) { return date_end_of_month(a) == date_end_of_month(b); }

date calendar_roll(const calendar *c, date d, roll how) {
  date following = d;
  switch (how) {
  case ROLL_NONE: return d;
  case ROLL_PRECEDING: return next_business_day(c, d, -1);
  case ROLL_FOLLOWING: return next_business_day(c, d, 1);
  case ROLL_MODIFIED_FOLLOWING:
    following = next_business_day(c, d, 1);
    return is_same_month(d, following) ? following : next_business_day(c, d, -1);
  }
  assert(false && "no such roll");
  return d;
}

date calendar_add_days(const calendar *c, date d, int business_days) {
  assert(business_days >= 0);
  if (business_days == 0) return next_business_day(c, d, 1);
  for (int i = 0; i < business_days; i++) {
    d = next_business_day(c, d + 1, 1);
  }
  return d;
}

bool calendar_covers(const calendar *c, date d) {
  if (c->last == 0) return true;
  int32_t day = written_day(d);
  return day >= c->first && day <= c->last;
}
