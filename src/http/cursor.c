/* cursor.c - the place where a page of a list ended, as text that means nothing to the caller: a
 * count, up to four 64-bit integers and a checksum, base64url. The checksum catches accidents and
 * hand-made cursors; it is no secret, so a reader of a list never trusts a cursor with more than
 * where to go on within what the caller may see anyway. */
#include "http/inside.h"
#include <string.h>

enum { KEYS_MAX = 4, CHECK_BYTES = 4, RAW_MAX = 1 + 8 * KEYS_MAX + CHECK_BYTES };

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static uint32_t check_of(const uint8_t *raw, size_t len) {
  return (uint32_t)hash64(raw, len, UINT64_C(0x7461656c63757273));
}

static void put_bytes(uint8_t *out, uint64_t value, size_t len) {
  for (size_t i = 0; i < len; i++) {
    out[i] = (uint8_t)(value >> (8 * i));
  }
}

static uint64_t get_bytes(const uint8_t *in, size_t len) {
  uint64_t value = 0;
  for (size_t i = 0; i < len; i++) {
    value |= (uint64_t)in[i] << (8 * i);
  }
  return value;
}

str cursor_print(arena *a, const int64_t *keys, size_t count) {
  assert(count >= 1 && count <= KEYS_MAX);
  uint8_t raw[RAW_MAX];
  size_t len = 0;
  raw[len++] = (uint8_t)count;
  for (size_t i = 0; i < count; i++, len += 8) {
    put_bytes(raw + len, (uint64_t)keys[i], 8);
  }
  put_bytes(raw + len, check_of(raw, len), CHECK_BYTES);
  len += CHECK_BYTES;
  buf b = buf_make(a, 2 * RAW_MAX);
  for (size_t bit = 0; bit < 8 * len; bit += 6) {
    unsigned pair = (unsigned)raw[bit / 8] << 8 | (bit / 8 + 1 < len ? raw[bit / 8 + 1] : 0u);
    buf_add_char(&b, alphabet[pair >> (10 - bit % 8) & 63]);
  }
  return buf_str(&b);
}

/* false: a foreign character or bits left over that are not zero. */
static bool decode(str text, uint8_t *raw, size_t len) {
  memset(raw, 0, len);
  for (size_t i = 0; i < text.len; i++) {
    const char *at = text.at[i] == 0 ? NULL : strchr(alphabet, text.at[i]);
    if (at == NULL) return false;
    unsigned digit = (unsigned)(at - alphabet);
    size_t bit = 6 * i;
    unsigned pair = digit << (10 - bit % 8);
    raw[bit / 8] |= (uint8_t)(pair >> 8);
    if (bit / 8 + 1 < len)
      raw[bit / 8 + 1] |= (uint8_t)pair;
    else if ((pair & 255) != 0)
      return false;
  }
  return true;
}

bool cursor_parse(str text, int64_t *keys, size_t count) {
  assert(count >= 1 && count <= KEYS_MAX);
  uint8_t raw[RAW_MAX];
  size_t body = 1 + 8 * count, len = body + CHECK_BYTES;
  if (text.len != (8 * len + 5) / 6 || !decode(text, raw, len)) return false;
  if (raw[0] != count || get_bytes(raw + body, CHECK_BYTES) != check_of(raw, body)) return false;
  for (size_t i = 0; i < count; i++) {
    keys[i] = (int64_t)get_bytes(raw + 1 + 8 * i, 8);
  }
  return true;
}
