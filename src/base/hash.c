/* hash.c - SHA-256 and a fast hash for tables. OpenSSL's one-shot calls look the algorithm up by
 * name each time, which costs more than hashing a 128-byte record; the functions used here (part of
 * the API of OpenSSL 1.1, which OpenSSL 3 keeps) need neither that nor memory. */
#define OPENSSL_API_COMPAT 0x10101000L
#include "base/hash.h"
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <string.h>

sha256 sha256_of(const void *bytes, size_t len) { return sha256_of_two(bytes, len, NULL, 0); }

sha256 sha256_of_two(const void *a, size_t a_len, const void *b, size_t b_len) {
  SHA256_CTX state;
  sha256 out;
  int ok = SHA256_Init(&state);
  if (a_len > 0) ok &= SHA256_Update(&state, a, a_len);
  if (b_len > 0) ok &= SHA256_Update(&state, b, b_len);
  ok &= SHA256_Final(out.bytes, &state);
  assert(ok == 1);
  UNUSED(ok);
  return out;
}

bool sha256_eq(const sha256 *a, const sha256 *b) {
  return CRYPTO_memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static uint64_t fold(uint64_t a, uint64_t b) {
  uint128 product = (uint128)a * b;
  return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Up to eight bytes, little-endian on every machine, so that the hash is stable. */
static uint64_t load_word(const uint8_t *at, size_t len) {
  uint64_t word = 0;
  for (size_t i = 0; i < len; i++) {
    word |= (uint64_t)at[i] << (8 * i);
  }
  return word;
}

uint64_t hash64(const void *bytes, size_t len, uint64_t seed) {
  const uint8_t *at = bytes;
  uint64_t h = seed ^ UINT64_C(0x2d358dccaa6c78a5);
  for (size_t left = len; left > 0;) {
    size_t n = left < 8 ? left : 8;
    h = fold(h ^ load_word(at, n), UINT64_C(0x9e3779b97f4a7c15));
    at += n;
    left -= n;
  }
  return fold(h ^ len, UINT64_C(0xd1342543de82ef95));
}
