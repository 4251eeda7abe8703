/* webhook.c - see webhook.h. Pure bytes in, text out; secrets are neither kept nor logged. */
#include "wire/webhook.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

enum { MAC_BYTES = 32, PREFIX_LEN = 6, BASE64_MAX = 4 * ((WEBHOOK_SECRET_MAX + 2) / 3) };

static str base64_print(arena *a, const uint8_t *bytes, size_t len) {
  char *out = arena_take(a, 4 * ((len + 2) / 3) + 1, 1);
  int count = EVP_EncodeBlock((unsigned char *)out, bytes, (int)len);
  return (str){out, (size_t)count};
}

/* The strict reading: printing what was read must give the same text, so that one secret has one
 * text. */
static bool base64_parse(str text, uint8_t *out, size_t max, size_t *len) {
  uint8_t raw[BASE64_MAX + 3];
  char again[BASE64_MAX + 4];
  if (text.len == 0 || text.len > BASE64_MAX || text.len % 4 != 0) return false;
  int count = EVP_DecodeBlock(raw, (const unsigned char *)text.at, (int)text.len);
  if (count < 0) return false;
  size_t padding = (text.at[text.len - 1] == '=') + (size_t)(text.at[text.len - 2] == '=');
  size_t exact = (size_t)count - padding;
  int printed = EVP_EncodeBlock((unsigned char *)again, raw, (int)exact);
  if (exact > max || !str_eq((str){again, (size_t)printed}, text)) return false;
  memcpy(out, raw, exact);
  *len = exact;
  return true;
}

str webhook_secret_print(arena *a, const webhook_secret *secret) {
  return str_format(a, "whsec_%.*s", STR_ARGS(base64_print(a, secret->bytes, secret->len)));
}

bool webhook_secret_parse(str text, webhook_secret *out) {
  webhook_secret read = {.len = 0};
  if (!str_starts(text, STR("whsec_"))) return false;
  str digits = {text.at + PREFIX_LEN, text.len - PREFIX_LEN};
  if (!base64_parse(digits, read.bytes, sizeof read.bytes, &read.len)) return false;
  if (read.len < WEBHOOK_SECRET_MIN) return false;
  *out = read;
  return true;
}

static void mac_of(arena *a, const webhook_secret *secret, const webhook_message *m,
                   uint8_t out[static MAC_BYTES]) {
  str head = str_format(a, "%.*s.%lld.", STR_ARGS(m->id), (long long)m->timestamp_s);
  char *text = arena_take(a, head.len + m->body.len + 1, 1);
  memcpy(text, head.at, head.len);
  if (m->body.len > 0) memcpy(text + head.len, m->body.at, m->body.len);
  unsigned int len = 0;
  unsigned char *mac = HMAC(EVP_sha256(), secret->bytes, (int)secret->len,
                            (const unsigned char *)text, head.len + m->body.len, out, &len);
  assert(mac != NULL && len == MAC_BYTES);
  UNUSED(mac);
}

str webhook_sign(arena *a, const webhook_secret *secrets, size_t count, const webhook_message *m) {
  buf b = buf_make(a, 1024);
  uint8_t mac[MAC_BYTES];
  for (size_t i = 0; i < count; i++) {
    if (secrets[i].len == 0) continue;
    mac_of(a, &secrets[i], m, mac);
    buf_format(&b, "%sv1,%.*s", b.len > 0 ? " " : "", STR_ARGS(base64_print(a, mac, sizeof mac)));
  }
  return buf_str(&b);
}

static bool is_by_one(arena *a, const webhook_secret *secrets, size_t count,
                      const webhook_message *m, const uint8_t sent[static MAC_BYTES]) {
  bool found = false;
  uint8_t mac[MAC_BYTES];
  for (size_t i = 0; i < count; i++) {
    if (secrets[i].len == 0) continue;
    mac_of(a, &secrets[i], m, mac);
    found |= CRYPTO_memcmp(mac, sent, MAC_BYTES) == 0;
  }
  return found;
}

bool webhook_verify(arena *a, const webhook_secret *secrets, size_t count, const webhook_message *m,
                    str signatures, int64_t now_s) {
  int64_t age_s;
  if (SUB_OVERFLOWS(now_s, m->timestamp_s, &age_s)) return false;
  if (age_s > WEBHOOK_TOLERANCE_S || age_s < -WEBHOOK_TOLERANCE_S) return false;
  str part;
  while (str_split(&signatures, ' ', &part)) {
    uint8_t sent[MAC_BYTES];
    size_t len;
    if (!str_starts(part, STR("v1,"))) continue;
    if (!base64_parse((str){part.at + 3, part.len - 3}, sent, sizeof sent, &len)) continue;
    if (len == MAC_BYTES && is_by_one(a, secrets, count, m, sent)) return true;
  }
  return false;
}
