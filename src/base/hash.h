/* hash.h - SHA-256 (through OpenSSL) and an open-addressing map from 64-bit keys to pointers, the
 * one hash table of the program. The map never shrinks and is not thread-safe. */
#ifndef TAEL_HASH_H
#define TAEL_HASH_H

#include "base/base.h"

typedef struct sha256 {
  uint8_t bytes[32];
} sha256;

sha256 sha256_of(const void *bytes, size_t len);
sha256 sha256_of_two(const void *a, size_t a_len, const void *b, size_t b_len); /* of a||b */
bool sha256_eq(const sha256 *a, const sha256 *b);                               /* constant time */
uint64_t hash64(const void *bytes, size_t len, uint64_t seed); /* not cryptographic; stable */

typedef struct map map;
map *map_open(size_t expected);
void map_close(map *m);
void *map_get(const map *m, uint64_t key);     /* NULL when absent */
void map_prefetch(const map *m, uint64_t key); /* for a map_get that comes a little later */
MUST_USE bool map_put(map *m, uint64_t key, void *value); /* false when memory is short */
void *map_remove(map *m, uint64_t key);
size_t map_count(const map *m);
bool map_next(const map *m, size_t *cursor, uint64_t *key, void **value); /* cursor starts at 0 */
void map_clear(map *m);

#endif
