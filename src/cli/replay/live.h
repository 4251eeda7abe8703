/* live.h - lives a source through the program's own commands, in the order of its time stamps: sets
 * up the market, opens sellers, shops, products and stock, then places, captures, ships, delivers,
 * refunds. Many independent orders are in flight at once; two steps of one order never are.
 * Business time follows the events, and the jobs due run as each date ends. */
#ifndef TAEL_REPLAY_LIVE_H
#define TAEL_REPLAY_LIVE_H

#include "cli/cli.h"
#include "cli/replay/source.h"

typedef struct live_options {
  int64_t commission_ppb, reserve_ppb, settle_days;
  size_t in_flight;
  const char *bank_url;
  str carrier;       /* who takes every parcel */
  bool auto_capture; /* the channel captures at once: no approval step */
  str operator_email, operator_hash;
  int64_t spare_vouchers, voucher_max; /* campaign money beyond what the source uses; a buyer's
                                          share of it on one order */
  int days_after; /* how long the clock goes on after the last event; its jobs run */
} live_options;

typedef struct live_counts {
  int64_t delivered, open, refused;
} live_counts;

/* Refused commands are reported on err with their order and counted; the rest goes on. */
status live_run(ctx *c, app *a, source *s, const live_options *options, FILE *err,
                live_counts *counts);

#endif
