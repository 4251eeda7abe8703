/* log.c - one write() a line, so that lines of several threads don't mix. This is the one place
 * below cli/ that reads the wall clock: a line's time is for the person who reads it and decides
 * nothing. */
#include "base/base.h"
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 2048 };

static atomic_int lowest_level = LOG_INFO;

void log_set_level(log_level lowest) { atomic_store(&lowest_level, (int)lowest); }

bool log_enabled(log_level level) { return (int)level >= atomic_load(&lowest_level); }

typedef struct line {
  char text[LINE_MAX_BYTES];
  size_t len;
} line;

static void add_text(line *l, const char *text) {
  for (; *text != 0 && l->len < LINE_MAX_BYTES - 3; text++) {
    char c = *text;
    if (c == '\n' || c == '\r') {
      l->text[l->len++] = '\\';
      c = c == '\n' ? 'n' : 'r';
    }
    l->text[l->len++] = c;
  }
}

static void add_time(line *l) {
  struct timespec now;
  struct tm parts;
  char text[40];
  clock_gettime(CLOCK_REALTIME, &now);
  gmtime_r(&now.tv_sec, &parts);
  size_t len = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  snprintf(text + len, sizeof text - len, ".%03ldZ", now.tv_nsec / 1000000);
  add_text(l, text);
}

void log_line(log_level level, const char *event, const char *format, ...) {
  static const char *const names[] = {" debug ", " info ", " warn ", " error "};
  if (!log_enabled(level)) return;
  char values[LINE_MAX_BYTES];
  va_list args;
  va_start(args, format);
  vsnprintf(values, sizeof values, format, args);
  va_end(args);
  line l = {.len = 0};
  add_time(&l);
  add_text(&l, names[level]);
  add_text(&l, event);
  add_text(&l, values[0] == 0 ? "" : " ");
  add_text(&l, values);
  l.text[l.len++] = '\n';
  ssize_t written = write(STDERR_FILENO, l.text, l.len);
  UNUSED(written); /* a log that cannot be written has nobody to tell */
}
