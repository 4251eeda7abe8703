/* csv.c - records are found in a window over the input and unquoted in place, so a field is a view
 * and nothing is copied twice. A record with broken quoting costs the line it starts on and no
 * more: reading goes on with the next line. Lines without any byte are skipped. The window grows up
 * to the longest record allowed and never beyond. */
#include "base/csv.h"
#include <string.h>

enum { WINDOW_START = 4 * 1024, WINDOW_MAX = CSV_RECORD_MAX + WINDOW_START };

struct csv_reader {
  arena *arena;
  size_t (*read)(void *arg, char *into, size_t room);
  void *arg;
  char *window;
  size_t capacity, from, to; /* unread bytes are window[from, to) */
  bool ended;                /* the source has no more */
  int64_t bytes_read;        /* up to `from` */
  int64_t line;              /* that the byte at `from` is on */
  str text;                  /* rest of the source of csv_open_text */
};

csv_reader *csv_open(arena *a, size_t (*read)(void *arg, char *into, size_t room), void *arg) {
  csv_reader *r = ARENA_NEW(a, csv_reader);
  *r = (csv_reader){.arena = a,
                    .read = read,
                    .arg = arg,
                    .window = ARENA_ARRAY(a, char, WINDOW_START),
                    .capacity = WINDOW_START,
                    .line = 1};
  return r;
}

static size_t read_text(void *arg, char *into, size_t room) {
  str *text = arg;
  size_t n = text->len < room ? text->len : room;
  if (n > 0) memcpy(into, text->at, n);
  *text = (str){text->at + n, text->len - n};
  return n;
}

csv_reader *csv_open_text(arena *a, str text) {
  csv_reader *r = csv_open(a, read_text, NULL);
  r->text = text;
  r->arg = &r->text;
  return r;
}

/* Brings more bytes behind `to`; false when the source has ended or the window may not grow. */
static bool fill(csv_reader *r) {
  if (r->ended) return false;
  if (r->from > 0) {
    memmove(r->window, r->window + r->from, r->to - r->from);
    r->to -= r->from;
    r->from = 0;
  }
  if (r->to == r->capacity) {
    if (r->capacity == WINDOW_MAX) return false;
    size_t larger = r->capacity * 2 < WINDOW_MAX ? r->capacity * 2 : WINDOW_MAX;
    r->window = arena_grow(r->arena, r->window, r->capacity, larger);
    r->capacity = larger;
  }
  size_t n = r->read(r->arg, r->window + r->to, r->capacity - r->to);
  assert(n <= r->capacity - r->to);
  r->to += n;
  r->ended = n == 0;
  return n > 0;
}

static void consume(csv_reader *r, size_t bytes) {
  const char *at = r->window + r->from;
  for (size_t i = 0; i < bytes; i++) {
    if (at[i] == '\n') r->line++;
  }
  r->from += bytes;
  r->bytes_read += (int64_t)bytes;
}

typedef enum where { FIELD_START, UNQUOTED, QUOTED, QUOTE_IN_QUOTED, RETURN_AFTER_QUOTE } where;

/* How the record at `from` ends. */
typedef struct extent {
  size_t bytes; /* without its line end */
  size_t line_end_bytes;
  bool found; /* false: broken or too long, see error */
  const char *error;
} extent;

static where step(where at, char c) {
  switch (at) {
  case QUOTED: return c == '"' ? QUOTE_IN_QUOTED : QUOTED;
  case QUOTE_IN_QUOTED:
    if (c == '\r') return RETURN_AFTER_QUOTE;
    return c == '"' ? QUOTED : c == ',' ? FIELD_START : UNQUOTED;
  case FIELD_START: return c == '"' ? QUOTED : c == ',' ? FIELD_START : UNQUOTED;
  case UNQUOTED: return c == ',' ? FIELD_START : UNQUOTED;
  case RETURN_AFTER_QUOTE: break;
  }
  return UNQUOTED;
}

static extent ended_at(const csv_reader *r, size_t newline) {
  bool has_return = newline > 0 && r->window[r->from + newline - 1] == '\r';
  size_t bytes = has_return ? newline - 1 : newline;
  return (extent){.bytes = bytes, .line_end_bytes = newline + 1 - bytes, .found = true};
}

static extent find_record(csv_reader *r) {
  where at = FIELD_START;
  for (size_t i = 0;; i++) {
    if (i > CSV_RECORD_MAX) return (extent){.error = "the record is longer than 1 MiB"};
    if (r->from + i == r->to && !fill(r)) {
      if (at == QUOTED) return (extent){.error = "a quoted field is never closed"};
      size_t line_end = at == RETURN_AFTER_QUOTE ? 1 : 0;
      return (extent){.bytes = i - line_end, .line_end_bytes = line_end, .found = true};
    }
    char c = r->window[r->from + i];
    if (at != QUOTED && c == '\n') return ended_at(r, i);
    where next = step(at, c);
    if (next == UNQUOTED && (at == QUOTE_IN_QUOTED || at == RETURN_AFTER_QUOTE)) {
      return (extent){.error = "text after the closing quote of a field"};
    }
    if (at == UNQUOTED && c == '"') return (extent){.error = "a quote inside an unquoted field"};
    at = next;
  }
}

/* Takes the quotes off the field that starts at `field` in place; returns what is behind it. */
static char *unquote(char *field, const char *end, str *out) {
  char *to = field, *from = field + 1;
  while (from < end) {
    if (*from == '"') {
      from++;
      if (from >= end || *from != '"') break;
    }
    *to++ = *from++;
  }
  *out = (str){field, (size_t)(to - field)};
  return from;
}

static const char *cut_fields(char *at, const char *end, csv_record *out) {
  for (;;) {
    if (out->count == CSV_FIELDS_MAX) return "the record has more than 64 fields";
    str *field = &out->fields[out->count++];
    if (at < end && *at == '"') {
      at = unquote(at, end, field);
    } else {
      char *comma = at < end ? memchr(at, ',', (size_t)(end - at)) : NULL;
      size_t len = comma == NULL ? (size_t)(end - at) : (size_t)(comma - at);
      *field = (str){at, len};
      at += len;
    }
    if (at >= end) return NULL;
    at++; /* the comma */
  }
}

/* Drops the rest of a line that may be longer than the window. */
static void skip_line(csv_reader *r) {
  for (;;) {
    size_t unread = r->to - r->from;
    const char *newline = unread == 0 ? NULL : memchr(r->window + r->from, '\n', unread);
    if (newline != NULL) {
      consume(r, (size_t)(newline - (r->window + r->from)) + 1);
      return;
    }
    consume(r, unread);
    if (!fill(r)) return;
  }
}

static void skip_byte_order_mark(csv_reader *r) {
  if (r->bytes_read > 0) return;
  while (r->to - r->from < 3 && fill(r)) {}
  if (r->to - r->from >= 3 && memcmp(r->window + r->from, "\xef\xbb\xbf", 3) == 0) consume(r, 3);
}

bool csv_next(csv_reader *r, csv_record *out) {
  skip_byte_order_mark(r);
  for (;;) {
    if (r->from == r->to && !fill(r)) return false;
    extent e = find_record(r);
    *out = (csv_record){.line = r->line, .error = e.error};
    if (!e.found) {
      skip_line(r);
      return true;
    }
    char *start = r->window + r->from;
    consume(r, e.bytes + e.line_end_bytes);
    if (e.bytes == 0) continue;
    out->error = cut_fields(start, start + e.bytes, out);
    if (out->error != NULL) out->count = 0;
    return true;
  }
}

int64_t csv_bytes_read(const csv_reader *r) { return r->bytes_read; }
