/* report.c - the lists of report.h. Reads only. */
#include "modules/logistics/report.h"

enum { PARCELS_MAX = 200, TRACKING_MAX = 400 };

static status tracking_of(ctx *c, db *d, parcel_brief *box) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select at, status, place from tracking_event where parcel_id = ?1 order by at, "
               "tracking_id limit ?2",
               DB_INT(box->parcel), DB_INT(TRACKING_MAX)));
  tracking_brief *list = ARENA_ARRAY(c->arena, tracking_brief, TRACKING_MAX);
  size_t n = 0;
  while (n < TRACKING_MAX && db_next(rows)) {
    list[n++] = (tracking_brief){db_get_int(rows, 0), (int)db_get_int(rows, 1),
                                 db_keep_text(rows, 2, c->arena)};
  }
  box->events = list;
  box->event_count = n;
  return db_done(c, rows);
}

status logistics_parcels_of(ctx *c, db *d, id order, parcel_brief **out, size_t *count) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select parcel_id, child_id, carrier, tracking from parcel where order_id = ?1 "
               "order by parcel_id limit ?2",
               DB_INT(order), DB_INT(PARCELS_MAX)));
  parcel_brief *list = ARENA_ARRAY(c->arena, parcel_brief, PARCELS_MAX);
  size_t n = 0;
  while (n < PARCELS_MAX && db_next(rows)) {
    list[n++] = (parcel_brief){.parcel = db_get_int(rows, 0),
                               .child = db_get_int(rows, 1),
                               .carrier = db_keep_text(rows, 2, c->arena),
                               .tracking = db_keep_text(rows, 3, c->arena)};
  }
  TRY(db_done(c, rows));
  for (size_t i = 0; i < n; i++)
    TRY(tracking_of(c, d, &list[i]));
  *out = list;
  *count = n;
  return OK;
}
