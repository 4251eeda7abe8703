/* inside.h - private to logistics: a parcel as a row and what its two commands share. */
#ifndef TAEL_LOGISTICS_INSIDE_H
#define TAEL_LOGISTICS_INSIDE_H

#include "modules/logistics/logistics.h"

typedef struct parcel_row {
  id parcel, order, child, seller;
  str carrier, tracking;
  int state; /* tracking_status */
  instant made_at, handed_over_at, delivered_at;
  str proof;
} parcel_row;

/* Whether the carrier has, or had, the parcel in this state. */
bool logistics_has_left(int state);
/* The state after an event: only forward, and the ends (delivered, returned, lost) are final. */
int logistics_state_after(int state, int told);

status logistics_parcel_load(ctx *c, db *d, id parcel, bool lock,
                             parcel_row *out);                                   /* E_NOT_FOUND */
status logistics_parcel_find(ctx *c, db *d, str carrier, str tracking, id *out); /* 0: none */
status logistics_parcel_lines(ctx *c, db *d, id parcel, parcel_line_in *lines, size_t max,
                              size_t *count);
status logistics_tell(ctx *c, tx *t, const parcel_row *p, const char *what);

/* api_lists.c */
extern const shape logistics_purchase_shape, logistics_receipt_shape, logistics_payable_shape;
status logistics_list_suppliers(ctx *c, const request *r, db *d, void *out);
status logistics_list_purchases(ctx *c, const request *r, db *d, void *out);
status logistics_read_purchase(ctx *c, const request *r, db *d, void *out);
status logistics_list_receipts(ctx *c, const request *r, db *d, void *out);
status logistics_list_payables(ctx *c, const request *r, db *d, void *out);

extern const char logistics_schema_sql[];

#endif
