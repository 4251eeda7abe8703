/* report.h - public: parcels and where they are, for screens. Reads only; texts and arrays lie in
 * c's arena. */
#ifndef TAEL_LOGISTICS_REPORT_H
#define TAEL_LOGISTICS_REPORT_H

#include "modules/logistics/logistics.h"

typedef struct tracking_brief {
  instant at;
  int status;
  str place;
} tracking_brief; /* status: tracking_status */
typedef struct parcel_brief {
  id parcel, child;
  str carrier, tracking;
  tracking_brief *events;
  size_t event_count; /* oldest first */
} parcel_brief;
/* The parcels of an order, oldest first. */
status logistics_parcels_of(ctx *c, db *d, id order, parcel_brief **out, size_t *count);

#endif
