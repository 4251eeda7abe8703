/* stage.h - what the market needs before the first order: the market itself, a bank channel, a
 * voucher campaign, persons, sellers with shops, products with offers, stock. Private to replay/.
 */
#ifndef TAEL_REPLAY_STAGE_H
#define TAEL_REPLAY_STAGE_H

#include "cli/replay/crew.h"
#include "cli/replay/live.h"
#include "modules/logistics/logistics.h"

typedef struct live {
  ctx *ctx;
  app *app;
  source *source;
  const live_options *options;
  FILE *err;
  live_counts *counts;
  crew crew;
  id channel, campaign;
  source_person **funded; /* those with money in the wallet */
  uint32_t wave;          /* number of the wave being filled, from 1 */
  bool on_terminal;       /* one line that is written over; else a line at each tenth */
  size_t shown_tenths;
} live;

status stage_build(live *l);
/* Reports a refused command of `what` and counts it. */
void live_report(live *l, const crew_slot *slot, const char *what, str key);
void live_progress(live *l, const char *what, size_t done, size_t all);

#endif
