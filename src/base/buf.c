/* buf.c - text of unknown length, built in an arena below a ceiling. Each call adds all of its text
 * or, beyond the ceiling, none of it, so that a reader never meets half a field. */
#include "base/base.h"
#include "base/utf8.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { BUF_START = 256 };

buf buf_make(arena *a, size_t max_bytes) {
  assert(max_bytes < SIZE_MAX / 4);
  return (buf){.arena = a, .max = max_bytes};
}

/* Room for `more` bytes behind len, or false and the sticky mark. One byte is kept for a zero. */
static bool reserve(buf *b, size_t more) {
  if (more > b->max - b->len) {
    b->overflowed = true;
    return false;
  }
  size_t needed = b->len + more + 1;
  if (needed <= b->capacity) return true;
  size_t capacity = b->capacity == 0 ? BUF_START : 2 * b->capacity;
  if (capacity > b->max + 1) capacity = b->max + 1;
  if (capacity < needed) capacity = needed;
  b->at = arena_grow(b->arena, b->at, b->capacity, capacity);
  b->capacity = capacity;
  return true;
}

void buf_add(buf *b, str s) {
  if (s.len == 0 || !reserve(b, s.len)) return;
  memcpy(b->at + b->len, s.at, s.len);
  b->len += s.len;
}

void buf_add_char(buf *b, char c) { buf_add(b, (str){&c, 1}); }

void buf_add_int(buf *b, int64_t v) {
  char digits[20]; /* 19 digits and a sign */
  size_t at = sizeof digits;
  uint64_t rest = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
  do {
    digits[--at] = (char)('0' + rest % 10);
    rest /= 10;
  } while (rest > 0);
  if (v < 0) digits[--at] = '-';
  buf_add(b, (str){digits + at, sizeof digits - at});
}

void buf_format(buf *b, const char *format, ...) {
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  int len = vsnprintf(NULL, 0, format, args);
  assert(len >= 0);
  if (reserve(b, (size_t)len)) {
    vsnprintf(b->at + b->len, (size_t)len + 1, format, again);
    b->len += (size_t)len;
  }
  va_end(again);
  va_end(args);
}

/* What one byte or code point is written as, or the empty view when it stands for itself. */
typedef str (*escape)(str rune, char scratch[static 8]);

/* Adds s with `how` applied, between `quote` marks when not zero; all of it or nothing. */
static void add_escaped(buf *b, str s, escape how, char quote) {
  size_t start = b->len;
  bool overflowed_before = b->overflowed;
  b->overflowed = false;
  if (quote != 0) buf_add_char(b, quote);
  size_t plain = 0; /* bytes seen since the last escape */
  size_t i = 0;
  while (i < s.len) {
    char scratch[8];
    size_t n = utf8_rune_len((str){s.at + i, s.len - i});
    str rune = {s.at + i, n};
    str instead = how(rune, scratch);
    size_t step = n == 0 ? 1 : n;
    if (instead.len > 0) {
      buf_add(b, (str){s.at + i - plain, plain});
      buf_add(b, instead);
      plain = 0;
    } else {
      plain += step;
    }
    i += step;
  }
  if (plain > 0) buf_add(b, (str){s.at + s.len - plain, plain});
  if (quote != 0) buf_add_char(b, quote);
  if (b->overflowed) b->len = start;
  b->overflowed = b->overflowed || overflowed_before;
}

/* RFC 8259 section 7. A byte that is not UTF-8 becomes U+FFFD, so that the document stays readable.
 */
static str escape_json(str rune, char scratch[static 8]) {
  if (rune.len == 0) return STR("\\ufffd");
  if (rune.len > 1) return (str){.at = NULL};
  switch (rune.at[0]) {
  case '"': return STR("\\\"");
  case '\\': return STR("\\\\");
  case '\n': return STR("\\n");
  case '\r': return STR("\\r");
  case '\t': return STR("\\t");
  default: break;
  }
  if ((unsigned char)rune.at[0] >= 0x20) return (str){.at = NULL};
  snprintf(scratch, 8, "\\u%04x", (unsigned)rune.at[0]);
  return (str){scratch, 6};
}

static str escape_html(str rune, char scratch[static 8]) {
  UNUSED(scratch);
  if (rune.len != 1) return (str){.at = NULL};
  switch (rune.at[0]) {
  case '&': return STR("&amp;");
  case '<': return STR("&lt;");
  case '>': return STR("&gt;");
  case '"': return STR("&quot;");
  case '\'': return STR("&#39;");
  default: return (str){.at = NULL};
  }
}

static str escape_csv(str rune, char scratch[static 8]) {
  UNUSED(scratch);
  if (rune.len == 1 && rune.at[0] == '"') return STR("\"\"");
  return (str){.at = NULL};
}

void buf_add_json(buf *b, str s) { add_escaped(b, s, escape_json, '"'); }

void buf_add_html(buf *b, str s) { add_escaped(b, s, escape_html, 0); }

static bool contains_any(str s, str bytes) {
  for (size_t i = 0; i < s.len; i++) {
    if (memchr(bytes.at, s.at[i], bytes.len) != NULL) return true;
  }
  return false;
}

void buf_add_csv(buf *b, str s) {
  /* A spreadsheet would run a cell that starts like this as a formula. */
  bool is_formula = s.len > 0 && contains_any((str){s.at, 1}, STR("=+-@\t\r"));
  bool is_quoted = contains_any(s, STR(",\"\r\n"));
  if (!is_formula) {
    add_escaped(b, s, escape_csv, is_quoted ? '"' : 0);
    return;
  }
  char *defused = ARENA_ARRAY(b->arena, char, s.len + 1);
  defused[0] = '\'';
  memcpy(defused + 1, s.at, s.len);
  add_escaped(b, (str){defused, s.len + 1}, escape_csv, is_quoted ? '"' : 0);
}

str buf_str(const buf *b) { return (str){b->at, b->len}; }
