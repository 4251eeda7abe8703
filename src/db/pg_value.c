/* pg_value.c - PostgreSQL's binary values to and from 64-bit integers. sum(bigint) is a numeric on
 * the server, so numeric is read too, exactly; a fraction or more than 64 bits is refused, never
 * rounded. */
#include "db/pg_value.h"

#include <endian.h>
#include <string.h>

enum {
  NUMERIC_HEADER = 8,
  NUMERIC_BASE = 10000,
  NUMERIC_NEGATIVE = 0x4000,
  NUMERIC_GROUPS_MAX = 5
};

db_type pg_type_of(unsigned type) {
  switch (type) {
  case PG_BOOL:
  case PG_INT2:
  case PG_INT4:
  case PG_INT8:
  case PG_OID:
  case PG_NUMERIC: return DB_TYPE_INT;
  case PG_BYTEA: return DB_TYPE_BYTES;
  default: return DB_TYPE_TEXT;
  }
}

void pg_put_int8(uint64_t *out, int64_t value) { *out = htobe64((uint64_t)value); }

static int16_t int2_at(const char *at) {
  uint16_t raw;
  memcpy(&raw, at, sizeof raw);
  return (int16_t)be16toh(raw);
}

/* Groups of four decimal digits, the first worth 10000^weight. */
static bool numeric_to_int(str bytes, int64_t *out) {
  if (bytes.len < NUMERIC_HEADER) return false;
  int groups = int2_at(bytes.at), weight = int2_at(bytes.at + 2);
  int sign = int2_at(bytes.at + 4) & 0xffff;
  if (sign != 0 && sign != NUMERIC_NEGATIVE) return false;
  if (groups > weight + 1 || (groups > 0 && weight >= NUMERIC_GROUPS_MAX)) return false;
  int128 sum = 0;
  for (int i = 0; groups > 0 && i <= weight; i++) {
    sum = sum * NUMERIC_BASE + (i < groups ? int2_at(bytes.at + NUMERIC_HEADER + 2 * i) : 0);
  }
  if (sign == NUMERIC_NEGATIVE) sum = -sum;
  if (sum > INT64_MAX || sum < INT64_MIN) return false;
  *out = (int64_t)sum;
  return true;
}

bool pg_get_int(unsigned type, str bytes, int64_t *out) {
  uint64_t raw8;
  uint32_t raw4;
  if (type == PG_NUMERIC) return numeric_to_int(bytes, out);
  if (type == PG_BOOL && bytes.len == 1) {
    *out = bytes.at[0] != 0;
  } else if (type == PG_INT2 && bytes.len == 2) {
    *out = int2_at(bytes.at);
  } else if (bytes.len == 4 && (type == PG_INT4 || type == PG_OID)) {
    memcpy(&raw4, bytes.at, sizeof raw4);
    *out = type == PG_OID ? (int64_t)be32toh(raw4) : (int32_t)be32toh(raw4);
  } else if (bytes.len == 8 && type == PG_INT8) {
    memcpy(&raw8, bytes.at, sizeof raw8);
    *out = (int64_t)be64toh(raw8);
  } else {
    return false;
  }
  return true;
}
