/* utf8.c - table 3-7 of the Unicode standard: which second byte may follow which first one; all
 * later bytes are 80..BF. */
#include "base/utf8.h"

typedef struct lead {
  uint8_t first, last;               /* range of the first byte */
  uint8_t second_first, second_last; /* range of the second byte */
  uint8_t len;
} lead;

static const lead leads[] = {
    {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
    {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
    {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

static const lead *lead_of(uint8_t byte) {
  for (size_t i = 0; i < COUNT_OF(leads); i++) {
    if (byte >= leads[i].first && byte <= leads[i].last) return &leads[i];
  }
  return NULL;
}

size_t utf8_rune_len(str s) {
  if (s.len == 0) return 0;
  const uint8_t *bytes = (const uint8_t *)s.at;
  if (bytes[0] < 0x80) return 1;
  const lead *l = lead_of(bytes[0]);
  if (l == NULL || s.len < l->len) return 0;
  if (bytes[1] < l->second_first || bytes[1] > l->second_last) return 0;
  for (size_t i = 2; i < l->len; i++) {
    if ((bytes[i] & 0xc0) != 0x80) return 0;
  }
  return l->len;
}
