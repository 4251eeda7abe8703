/* str.h - text as a view {at, len}; a view owns nothing. Copy into an arena to keep. Text is UTF-8
 * wherever it came in from outside; str_is_utf8 says so. buf builds text of unknown length, with a
 * mandatory ceiling. */
#ifndef TAEL_STR_H
#define TAEL_STR_H

#include "base/base.h"
#include "base/arena.h"
#include <stdarg.h>

typedef struct str {
  const char *at;
  size_t len;
} str;

#define STR(literal) ((str){(literal), sizeof(literal) - 1})
#define STR_ARGS(s) (int)(s).len, (s).at /* for "%.*s" */

str str_from(const char *zero_terminated); /* NULL gives the empty view */
bool str_eq(str a, str b);
bool str_eq_nocase(str a, str b); /* ASCII only */
int str_cmp(str a, str b);        /* bytewise */
bool str_starts(str s, str prefix);
bool str_is_utf8(str s); /* strict: no surrogates, no overlong forms */
size_t str_runes(str s); /* code points; s must be UTF-8 */
str str_trim(str s);     /* ASCII blanks */
/* The next part up to the separator; false when rest is used up. "a,b," has three parts, the last
 * one empty; the empty text has one empty part, the NULL view none. */
bool str_split(str *rest, char separator, str *part);
str str_copy(arena *a, str s);   /* the copy is zero-terminated beyond len */
char *str_zero(arena *a, str s); /* zero-terminated copy */
str str_format(arena *a, const char *format, ...) PRINTF(2, 3);
str str_format_args(arena *a, const char *format, va_list args) PRINTF(2, 0);
str str_hex(arena *a, const void *bytes, size_t len);
MUST_USE bool str_unhex(str hex, uint8_t *out, size_t out_len); /* exact length, either case */
MUST_USE bool str_to_int(str s, int64_t *out); /* whole of s, decimal, optional '-'; no blanks */

typedef struct buf {
  arena *arena;
  char *at;
  size_t len, capacity, max;
  bool overflowed; /* sticky: something did not fit below max and was dropped whole */
} buf;

buf buf_make(arena *a, size_t max_bytes);
void buf_add(buf *b, str s);
void buf_add_char(buf *b, char c);
void buf_add_int(buf *b, int64_t v);
void buf_format(buf *b, const char *format, ...) PRINTF(2, 3);
void buf_add_json(buf *b, str s); /* quoted and escaped */
void buf_add_html(buf *b, str s); /* & < > " ' escaped */
void buf_add_csv(buf *b, str s);  /* quoted when needed; a leading = + - @ is defused with ' */
str buf_str(const buf *b);

#endif
