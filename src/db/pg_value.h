/* pg_value.h - private to src/db: PostgreSQL's binary values. Pure. */
#ifndef TAEL_DB_PG_VALUE_H
#define TAEL_DB_PG_VALUE_H

#include "db/db.h"

/* Type numbers fixed in PostgreSQL's catalogue (pg_type.dat). */
enum {
  PG_BOOL = 16,
  PG_BYTEA = 17,
  PG_INT8 = 20,
  PG_INT2 = 21,
  PG_INT4 = 23,
  PG_NAME = 19,
  PG_TEXT = 25,
  PG_VARCHAR = 1043,
  PG_OID = 26,
  PG_NUMERIC = 1700,
  PG_BYTEA_ARRAY = 1001,
  PG_TEXT_ARRAY = 1009,
  PG_INT8_ARRAY = 1016,
};

db_type pg_type_of(unsigned type);
void pg_put_int8(uint64_t *out, int64_t value); /* network order */
/* Any whole number or boolean; false when it does not fit into 64 bits or has a fraction. */
MUST_USE bool pg_get_int(unsigned type, str bytes, int64_t *out);

#endif
