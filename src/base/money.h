/* money.h - exact money and exact rates. No floating point on any path that ends in a posting; each
 * place that divides names its rounding; splits conserve to the unit. */
#ifndef TAEL_MONEY_H
#define TAEL_MONEY_H

#include "base/base.h"
#include "base/str.h"

/* An amount in minor units of an asset. `asset` is the ISO 4217 number for money (156 CNY, 986 BRL,
 * 840 USD); numbers from 1000 up are the ledger registry's (units of a SKU, points, fund units). */
typedef struct money {
  int64_t minor;
  uint32_t asset;
} money;

enum {
  ASSET_CNY = 156,
  ASSET_EUR = 978,
  ASSET_USD = 840,
  ASSET_BRL = 986,
  ASSET_FIRST_CUSTOM = 1000
};
#define MONEY_MAX_JSON INT64_C(9007199254740992) /* 2^53: beyond it JSON readers lose digits */

MUST_USE bool money_add(money a, money b, money *out); /* false: other asset or overflow */
MUST_USE bool money_sub(money a, money b, money *out);

typedef enum rounding { ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_DOWN, ROUND_UP } rounding;
/* ROUND_HALF_UP rounds a half away from zero; DOWN is toward zero, UP away from zero. */

/* value * num / den with a 128-bit product. den > 0. false on overflow of the result. */
MUST_USE bool mul_div(int64_t value, int64_t num, int64_t den, rounding how, int64_t *out);

#define RATE_ONE INT64_C(1000000000) /* rates are int64 parts per 10^9: 12% is 120000000 */
MUST_USE bool rate_apply(int64_t minor, int64_t rate_ppb, rounding how, int64_t *out);

/* Splits total over weights (each >= 0, not all zero) by largest remainder; ties go to the lower
 * index. The parts sum to total exactly and each differs from its exact share by less than one
 * unit. false: weights invalid or their sum overflows. total may be negative. */
MUST_USE bool money_split(int64_t total, const int64_t *weights, size_t count, int64_t *parts);

/* ISO 4217: scale (digits after the point) and alphabetic code. false: not a listed currency. */
MUST_USE bool currency_by_number(uint32_t number, char code[static 4], int *scale);
MUST_USE bool currency_by_code(str code, uint32_t *number, int *scale);

/* Decimal text <-> integer at a scale (0..18). parse refuses more digits than scale, signs other
 * than a leading '-', blanks, exponents, empty parts ("." "1." ".5") and overflow. print is
 * canonical: money_print(123456, 2) = "1234.56", (-5, 2) = "-0.05". */
MUST_USE bool decimal_parse(str text, int scale, int64_t *out);
str decimal_print(arena *a, int64_t value, int scale);

#endif
