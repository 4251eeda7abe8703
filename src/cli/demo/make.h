/* make.h - a plausible market made up from a seed, as a history to be lived: twelve shops with
 * readable products, buyers with names and wallets, orders over the weeks before `until` that
 * follow weekday and hour, paid by card, balance and campaign credit, shipped, delivered, reviewed;
 * some cancelled, some still under way, one paid too much. Same seed, same market. */
#ifndef TAEL_DEMO_MAKE_H
#define TAEL_DEMO_MAKE_H

#include "cli/replay/source.h"

enum { DEMO_DAYS = 56 };

typedef struct demo_size {
  uint64_t seed;
  size_t orders, shops, buyers;
  instant until;
} demo_size;

/* In c's arena. `password_hash`: of the demo logins' password; the first buyer and the first shop
 * can sign in. */
status demo_make(ctx *c, const demo_size *size, str password_hash, source *out);

#endif
