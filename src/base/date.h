/* date.h - dates, instants and business calendars. Pure: time is always an argument. Day-count,
 * calendar and roll rule are arguments too. */
#ifndef TAEL_DATE_H
#define TAEL_DATE_H

#include "base/base.h"
#include "base/str.h"

#define DATE_MIN (-719162) /* 0001-01-01 */
#define DATE_MAX 2932896   /* 9999-12-31 */

date date_from_ymd(int year, int month, int day); /* asserts a real date */
void date_to_ymd(date d, int *year, int *month, int *day);
bool date_is_valid(int year, int month, int day);
int date_weekday(date d); /* 0 Monday .. 6 Sunday */
/* The end of a shorter month is its last day; beyond DATE_MIN or DATE_MAX it stays there. */
date date_add_months(date d, int months);
date date_end_of_month(date d);
MUST_USE bool date_parse(str text, date *out); /* YYYY-MM-DD */
str date_print(arena *a, date d);

date instant_date(instant t, int utc_offset_minutes);
instant instant_from_date(date d, int utc_offset_minutes); /* its midnight */
/* RFC 3339 without leap seconds, cut to the microsecond; also "YYYY-MM-DD HH:MM:SS" as UTC. */
MUST_USE bool instant_parse(str text, instant *out);
str instant_print(arena *a, instant t); /* RFC 3339 in UTC, microseconds when not zero */

typedef enum roll { ROLL_NONE, ROLL_FOLLOWING, ROLL_MODIFIED_FOLLOWING, ROLL_PRECEDING } roll;

/* A business calendar: weekends, holidays off, and make-up days on which a weekend is worked. */
typedef struct calendar calendar;
const calendar *calendar_every_day(void);
const calendar *calendar_weekdays(void);
const calendar *calendar_china(void); /* State Council notices 2007-2026; see calendar_china.c */
/* "every-day", "weekdays", "china"; NULL when unknown. */
const calendar *calendar_by_name(str name);
bool calendar_is_business_day(const calendar *c, date d);
date calendar_roll(const calendar *c, date d, roll how);
/* T+N: the Nth business day after d; N = 0: d itself, or the next business day. N >= 0. */
date calendar_add_days(const calendar *c, date d, int business_days);
bool calendar_covers(const calendar *c, date d); /* false: beyond the published notices */

#endif
