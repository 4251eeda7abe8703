/* str.c - text as views. Nothing here changes the bytes a view points at, and nothing reads beyond
 * len. */
#include "base/base.h"
#include "base/utf8.h"
#include <stdio.h>
#include <string.h>

str str_from(const char *zero_terminated) {
  if (zero_terminated == NULL) return (str){.at = NULL};
  return (str){zero_terminated, strlen(zero_terminated)};
}

bool str_eq(str a, str b) {
  return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

bool str_eq_nocase(str a, str b) {
  if (a.len != b.len) return false;
  for (size_t i = 0; i < a.len; i++) {
    if (lower(a.at[i]) != lower(b.at[i])) return false;
  }
  return true;
}

int str_cmp(str a, str b) {
  size_t shorter = a.len < b.len ? a.len : b.len;
  int order = shorter == 0 ? 0 : memcmp(a.at, b.at, shorter);
  if (order != 0) return order < 0 ? -1 : 1;
  return (a.len > b.len) - (a.len < b.len);
}

bool str_starts(str s, str prefix) {
  return s.len >= prefix.len && str_eq((str){s.at, prefix.len}, prefix);
}

bool str_is_utf8(str s) {
  while (s.len > 0) {
    size_t n = utf8_rune_len(s);
    if (n == 0) return false;
    s = (str){s.at + n, s.len - n};
  }
  return true;
}

size_t str_runes(str s) {
  size_t runes = 0;
  for (size_t i = 0; i < s.len; i++) {
    bool continues = ((unsigned char)s.at[i] & 0xc0) == 0x80;
    if (!continues) runes++;
  }
  return runes;
}

static bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

str str_trim(str s) {
  while (s.len > 0 && is_blank(s.at[0])) {
    s = (str){s.at + 1, s.len - 1};
  }
  while (s.len > 0 && is_blank(s.at[s.len - 1])) {
    s.len--;
  }
  return s;
}

bool str_split(str *rest, char separator, str *part) {
  if (rest->at == NULL) return false;
  const char *end = rest->len == 0 ? NULL : memchr(rest->at, separator, rest->len);
  if (end == NULL) {
    *part = *rest;
    *rest = (str){.at = NULL};
    return true;
  }
  size_t len = (size_t)(end - rest->at);
  *part = (str){rest->at, len};
  *rest = (str){end + 1, rest->len - len - 1};
  return true;
}

char *str_zero(arena *a, str s) {
  char *copy = ARENA_ARRAY(a, char, s.len + 1);
  if (s.len > 0) memcpy(copy, s.at, s.len);
  return copy;
}

str str_copy(arena *a, str s) { return (str){str_zero(a, s), s.len}; }

str str_format_args(arena *a, const char *format, va_list args) {
  va_list again;
  va_copy(again, args);
  int len = vsnprintf(NULL, 0, format, args);
  assert(len >= 0);
  char *text = ARENA_ARRAY(a, char, (size_t)len + 1);
  vsnprintf(text, (size_t)len + 1, format, again);
  va_end(again);
  return (str){text, (size_t)len};
}

str str_format(arena *a, const char *format, ...) {
  va_list args;
  va_start(args, format);
  str text = str_format_args(a, format, args);
  va_end(args);
  return text;
}

str str_hex(arena *a, const void *bytes, size_t len) {
  static const char digits[] = "0123456789abcdef";
  const uint8_t *in = bytes;
  char *text = ARENA_ARRAY(a, char, 2 * len + 1);
  for (size_t i = 0; i < len; i++) {
    text[2 * i] = digits[in[i] >> 4];
    text[2 * i + 1] = digits[in[i] & 15];
  }
  return (str){text, 2 * len};
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool str_unhex(str hex, uint8_t *out, size_t out_len) {
  if (hex.len % 2 != 0 || hex.len / 2 != out_len) return false;
  for (size_t i = 0; i < hex.len; i++) {
    if (hex_digit(hex.at[i]) < 0) return false;
  }
  for (size_t i = 0; i < out_len; i++) {
    out[i] = (uint8_t)(hex_digit(hex.at[2 * i]) * 16 + hex_digit(hex.at[2 * i + 1]));
  }
  return true;
}

bool str_to_int(str s, int64_t *out) {
  bool negative = s.len > 0 && s.at[0] == '-';
  size_t i = negative ? 1 : 0;
  if (i == s.len) return false;
  int64_t value = 0; /* gathered below zero, where the range is one wider */
  for (; i < s.len; i++) {
    if (s.at[i] < '0' || s.at[i] > '9') return false;
    if (MUL_OVERFLOWS(value, 10, &value)) return false;
    if (SUB_OVERFLOWS(value, s.at[i] - '0', &value)) return false;
  }
  if (!negative && value == INT64_MIN) return false;
  *out = negative ? value : -value;
  return true;
}
