/* calendar.h - the inside of a business calendar, private to base: what calendar_*.c files fill in.
 * Days are written as numbers like 20250128, sorted, so that the tables can be read beside the
 * notice. */
#ifndef TAEL_CALENDAR_H
#define TAEL_CALENDAR_H

#include "base/base.h"

struct calendar {
  const char *name;
  bool weekends_off;
  const int32_t *off; /* holidays on Monday to Friday */
  size_t off_count;
  const int32_t *worked; /* make-up days on Saturday or Sunday */
  size_t worked_count;
  int32_t first, last; /* days covered, inclusive; 0 and 0: every day */
};

extern const calendar calendar_china_table;

#endif
