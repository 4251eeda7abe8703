/* logistics.h - goods on the move: procurement receipts into stock, parcels of child orders and the
 * carriers' tracking events. Promises: a parcel carries only lines of its child order; tracking is
 * append-only and a repeated event changes nothing; hand-over and delivery move goods and money in
 * the same commit as the parcel's state. */
#ifndef TAEL_LOGISTICS_H
#define TAEL_LOGISTICS_H

#include "modules/commerce/commerce.h"

extern const module logistics_module;

enum { PARCEL_LINES_MAX = ORDER_LINES_MAX, PURCHASE_LINES_MAX = 100 };

/* X(symbol, name, meaning): the closed vocabulary; the carrier's own code is kept beside it. */
#define TRACKING_TABLE(X)                                          \
  X(TRACK_LABELLED, "labelled", "announced to the carrier")        \
  X(TRACK_HANDED_OVER, "handed_over", "the carrier has it")        \
  X(TRACK_IN_TRANSIT, "in_transit", "on its way")                  \
  X(TRACK_OUT_FOR_DELIVERY, "out_for_delivery", "on the last van") \
  X(TRACK_DELIVERED, "delivered", "received, with proof")          \
  X(TRACK_FAILED, "failed", "an attempt failed; another follows")  \
  X(TRACK_RETURNED, "returned", "back at the sender")              \
  X(TRACK_LOST, "lost", "given up by the carrier")
typedef enum tracking_status {
#define X(symbol, name, meaning) symbol,
  TRACKING_TABLE(X)
#undef X
      TRACK_COUNT
} tracking_status;
extern const char *const tracking_names[]; /* NULL-terminated */

/* --- procurement ------------------------------------------------------------------------------ */
typedef struct supplier_new {
  id seller;
  str name, contact;
  int64_t payment_days;
  id supplier_id; /* out */
} supplier_new;
extern const command_type logistics_create_supplier;
typedef struct purchase_line_in {
  id variant;
  int64_t quantity, unit_cost;
} purchase_line_in;
typedef struct purchase_new {
  id seller, supplier, warehouse;
  field_array lines; /* purchase_line_in, 1..PURCHASE_LINES_MAX, one a variant */
  str note;
  id purchase_id; /* out */
} purchase_new;
extern const command_type logistics_create_purchase;
typedef struct receipt_line_in {
  id variant;
  int64_t quantity;
} receipt_line_in;
typedef struct receipt_new {
  id seller, purchase;
  field_array lines; /* receipt_line_in; none: all that is outstanding */
  str delivery_note;
  id receipt_id;
  int64_t payable;
  date due; /* out */
  void *inner;
} receipt_new;
extern const command_type
    logistics_receive; /* never more than was ordered; stock and payable in one commit */

/* --- parcels ---------------------------------------------------------------------------------- */
typedef struct parcel_line_in {
  id line;
  int64_t quantity;
} parcel_line_in;
typedef struct parcel_new {
  id order_id, child_id, seller; /* seller 0: whoever it belongs to */
  str carrier, tracking; /* carrier code, tracking number; the pair is unique (E_CONFLICT) */
  field_array
      lines; /* parcel_line_in; none: all lines of the child order that no parcel carries yet */
  bool handed_over; /* true: the carrier has it: goods leave in this commit */
  id parcel_id;     /* out */
  void *inner;
} parcel_new;
extern const command_type logistics_create_parcel;
typedef struct tracking_new {
  id parcel; /* or carrier + tracking number */
  id seller;
  str carrier, tracking;
  str event;  /* the carrier's own id of the event; repeated (event, at): nothing happens */
  int status; /* tracking_status */
  str raw_code, place, proof; /* proof: text; its SHA-256 is kept with it */
  instant at;                 /* when it happened; 0: the command's time */
  bool duplicate;             /* out */
  void *inner;
} tracking_new;
extern const command_type
    logistics_track; /* handed_over ships, delivered delivers (and releases) the child order */

#endif
