/* base.h - the words every file of Tael uses. Include this one header; it brings in the rest of
 * src/base. Nothing here knows a database, a socket or a module.
 *
 * The four compiler extensions Tael allows are wrapped here and used under these names only. */
#ifndef TAEL_BASE_H
#define TAEL_BASE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF(format_index, args_index) __attribute__((format(printf, format_index, args_index)))
__extension__ typedef __int128 int128;
__extension__ typedef unsigned __int128 uint128;
#define ADD_OVERFLOWS(a, b, out) __builtin_add_overflow((a), (b), (out))
#define SUB_OVERFLOWS(a, b, out) __builtin_sub_overflow((a), (b), (out))
#define MUL_OVERFLOWS(a, b, out) __builtin_mul_overflow((a), (b), (out))

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define UNUSED(x) ((void)(x))

typedef int64_t instant; /* microseconds since 1970-01-01T00:00:00Z */
typedef int32_t date;    /* days since 1970-01-01, proleptic Gregorian */

#define MICROS_PER_SECOND INT64_C(1000000)
#define SECONDS_PER_DAY INT64_C(86400)

#include "base/status.h"
#include "base/arena.h"
#include "base/str.h"
#include "base/ctx.h"
#include "base/id.h"
#include "base/money.h"
#include "base/date.h"
#include "base/log.h"

#endif
