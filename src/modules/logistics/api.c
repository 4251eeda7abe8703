/* api.c - logistics over JSON, and the module itself. Sellers work within their tenant; carriers'
 * events come from a seller's key for its own parcels, or from an operator's for any. */
#include "modules/logistics/inside.h"

/* --- procurement ------------------------------------------------------------------------------ */

static const field supplier_fields[] = {
    F_ID_AS("supplier", supplier_new, supplier_id, FIELD_READ_ONLY, ID_SUPPLIER, "The supplier."),
    F_STR(supplier_new, name, FIELD_REQUIRED, 1, 120, "Its name."),
    F_STR(supplier_new, contact, 0, 0, 200, "How to reach it."),
    F_INT(supplier_new, payment_days, 0, 0, 365, "Days from receipt to payment."),
};
static SHAPE(supplier_shape, "Supplier", supplier_new, supplier_fields);

/* What is answered when one is made; answers are kept under their key, and no contact may be. */
static const field supplier_made_fields[] = {
    F_ID_AS("supplier", supplier_new, supplier_id, FIELD_READ_ONLY, ID_SUPPLIER, "The supplier."),
    F_STR(supplier_new, name, 0, 0, 0, "Its name."),
    F_INT(supplier_new, payment_days, 0, 0, 0, "Days from receipt to payment."),
};
static SHAPE(supplier_made_shape, "SupplierMade", supplier_new, supplier_made_fields);

static const field purchase_line_fields[] = {
    F_ID(purchase_line_in, variant, FIELD_REQUIRED, ID_VARIANT, "What is ordered."),
    F_INT(purchase_line_in, quantity, FIELD_REQUIRED, 1, STOCK_RECEIPT_MAX, "How many."),
    F_AMOUNT(purchase_line_in, unit_cost, FIELD_REQUIRED, 0, MONEY_MAX_JSON, "Cost of a unit."),
};
static SHAPE(purchase_line_shape, "PurchaseLine", purchase_line_in, purchase_line_fields);
static const field purchase_fields[] = {
    F_ID_AS("purchase", purchase_new, purchase_id, FIELD_READ_ONLY, ID_PURCHASE,
            "The purchase order."),
    F_ID(purchase_new, supplier, FIELD_REQUIRED, ID_SUPPLIER, "From whom."),
    F_ID(purchase_new, warehouse, FIELD_REQUIRED, ID_WAREHOUSE, "Where to."),
    F_ARRAY(purchase_new, lines, FIELD_REQUIRED, 1, PURCHASE_LINES_MAX, &purchase_line_shape,
            "One line a variant."),
    F_STR(purchase_new, note, 0, 0, 500, "Words to the supplier."),
};
static SHAPE(purchase_shape, "Purchase", purchase_new, purchase_fields);

static const field receipt_line_fields[] = {
    F_ID(receipt_line_in, variant, FIELD_REQUIRED, ID_VARIANT, "What arrived."),
    F_INT(receipt_line_in, quantity, FIELD_REQUIRED, 1, STOCK_RECEIPT_MAX, "How many."),
};
static SHAPE(receipt_line_shape, "GoodsReceiptLine", receipt_line_in, receipt_line_fields);
static const field receipt_fields[] = {
    F_ID_AS("receipt", receipt_new, receipt_id, FIELD_READ_ONLY, ID_RECEIPT, "The goods receipt."),
    F_ARRAY(receipt_new, lines, 0, 0, PURCHASE_LINES_MAX, &receipt_line_shape,
            "None: all that is outstanding."),
    F_STR(receipt_new, delivery_note, 0, 0, 120, "The supplier's number of the delivery."),
    F_AMOUNT(receipt_new, payable, FIELD_READ_ONLY, 0, 0, "What is owed for it."),
    F_DATE(receipt_new, due, FIELD_READ_ONLY, "When."),
};
static SHAPE(receipt_shape, "GoodsReceipt", receipt_new, receipt_fields);

#define COPY_STATE(T, type_)     \
  T *s = ARENA_NEW(c->arena, T); \
  *s = *(const T *)r->in;        \
  s->seller = r->who.tenant;     \
  cmd->type = &(type_);          \
  cmd->state = *out = s

static status prepare_supplier(ctx *c, const request *r, command *cmd, void **out) {
  COPY_STATE(supplier_new, logistics_create_supplier);
  return OK;
}
static status prepare_purchase(ctx *c, const request *r, command *cmd, void **out) {
  COPY_STATE(purchase_new, logistics_create_purchase);
  return OK;
}
static status prepare_receipt(ctx *c, const request *r, command *cmd, void **out) {
  COPY_STATE(receipt_new, logistics_receive);
  s->purchase = r->params[0];
  return OK;
}

/* --- parcels ---------------------------------------------------------------------------------- */

static const field parcel_line_fields[] = {
    F_ID(parcel_line_in, line, FIELD_REQUIRED, ID_LINE, "The order's line."),
    F_INT(parcel_line_in, quantity, FIELD_REQUIRED, 1, QUANTITY_MAX, "How many of it."),
};
static SHAPE(parcel_line_shape, "ParcelLine", parcel_line_in, parcel_line_fields);
static const field parcel_in_fields[] = {
    F_ID_AS("parcel", parcel_new, parcel_id, FIELD_READ_ONLY, ID_PARCEL, "The parcel."),
    F_STR(parcel_new, carrier, FIELD_REQUIRED, 1, 40, "Code of the carrier: \"SF\", \"YTO\"."),
    F_STR(parcel_new, tracking, FIELD_REQUIRED, 1, 80, "The carrier's number."),
    F_ARRAY(parcel_new, lines, 0, 0, PARCEL_LINES_MAX, &parcel_line_shape,
            "None: all that is in no parcel yet."),
    F_BOOL(parcel_new, handed_over, 0, "The carrier has it already: goods leave now."),
};
static SHAPE(parcel_in_shape, "ParcelNew", parcel_new, parcel_in_fields);

static status prepare_parcel(ctx *c, const request *r, command *cmd, void **out) {
  COPY_STATE(parcel_new, logistics_create_parcel);
  s->order_id = r->params[0];
  s->child_id = r->params[1];
  return OK;
}

#define TRACKING_FIELDS                                                               \
  F_STR(tracking_new, event, FIELD_REQUIRED, 1, 120,                                  \
        "The carrier's id of the event; told again, it is ignored."),                 \
      F_ENUM(tracking_new, status, FIELD_REQUIRED, tracking_names, "What happened."), \
      F_STR(tracking_new, raw_code, 0, 0, 80, "The carrier's own code."),             \
      F_STR(tracking_new, place, 0, 0, 200, "Where."),                                \
      F_STR(tracking_new, proof, 0, 0, 2000,                                          \
            "Proof of delivery: who signed, reference of a picture."),                \
      F_TIME(tracking_new, at, FIELD_REQUIRED, "When it happened."),                  \
      F_BOOL(tracking_new, duplicate, FIELD_READ_ONLY, "true: it was told before.")
static const field tracking_fields[] = {TRACKING_FIELDS};
static SHAPE(tracking_shape, "TrackingEvent", tracking_new, tracking_fields);
static const field carrier_fields[] = {
    F_STR(tracking_new, carrier, FIELD_REQUIRED, 1, 40, "Code of the carrier."),
    F_STR(tracking_new, tracking, FIELD_REQUIRED, 1, 80, "Its number of the parcel."),
    TRACKING_FIELDS,
};
static SHAPE(carrier_shape, "CarrierEvent", tracking_new, carrier_fields);

static status prepare_tracking(ctx *c, const request *r, command *cmd, void **out) {
  COPY_STATE(tracking_new, logistics_track);
  s->parcel = r->params[0];
  return OK;
}

static status prepare_carrier_event(ctx *c, const request *r, command *cmd, void **out) {
  COPY_STATE(tracking_new, logistics_track);
  s->seller = 0;
  return OK;
}

/* --- reading ---------------------------------------------------------------------------------- */

typedef struct event_out {
  str event, raw_code, place, proof;
  int status;
  instant at, received_at;
} event_out;
static const field event_fields[] = {
    F_STR(event_out, event, 0, 0, 0, "The carrier's id of it."),
    F_ENUM(event_out, status, 0, tracking_names, "What happened."),
    F_STR(event_out, raw_code, FIELD_OMIT_ZERO, 0, 0, "The carrier's own code."),
    F_STR(event_out, place, FIELD_OMIT_ZERO, 0, 0, "Where."),
    F_STR(event_out, proof, FIELD_OMIT_ZERO, 0, 0, "Proof of delivery."),
    F_TIME(event_out, at, 0, "When it happened."),
    F_TIME(event_out, received_at, 0, "When it was told."),
};
static SHAPE(event_shape, "ParcelEvent", event_out, event_fields);

typedef struct parcel_out {
  parcel_row p;
  field_array lines, events;
} parcel_out;
static const field parcel_fields[] = {
    F_ID(parcel_row, parcel, 0, ID_PARCEL, "The parcel."),
    F_ID(parcel_row, order, 0, ID_ORDER, "The order."),
    F_ID(parcel_row, child, 0, ID_CHILD_ORDER, "The child order."),
    F_STR(parcel_row, carrier, 0, 0, 0, "Code of the carrier."),
    F_STR(parcel_row, tracking, 0, 0, 0, "Its number."),
    F_ENUM(parcel_row, state, 0, tracking_names, "Where it stands."),
    F_TIME(parcel_row, made_at, 0, "When it was announced."),
    F_TIME(parcel_row, handed_over_at, FIELD_OMIT_ZERO, "When the carrier had it."),
    F_TIME(parcel_row, delivered_at, FIELD_OMIT_ZERO, "When it arrived."),
    F_STR(parcel_row, proof, FIELD_OMIT_ZERO, 0, 0, "Proof of delivery."),
    F_ARRAY(parcel_out, lines, 0, 0, 0, &parcel_line_shape, "What it carries; in lists empty."),
    F_ARRAY(parcel_out, events, 0, 0, 0, &event_shape,
            "What the carrier said, oldest first; in lists empty."),
};
static SHAPE(parcel_shape, "Parcel", parcel_out, parcel_fields);

/* A parcel is its seller's, its buyer's, and the operators' to see. */
static status check_visible(ctx *c, const request *r, db *d, id order, id seller) {
  if (principal_sees_all(&r->who) || (r->who.kind == ACTOR_SELLER && seller == r->who.tenant))
    return OK;
  order_view v;
  if (r->who.kind == ACTOR_BUYER) TRY(commerce_order_get(c, d, order, &v));
  if (r->who.kind == ACTOR_BUYER && v.buyer == r->who.actor) return OK;
  return fail(c, E_NOT_FOUND, "There is no such parcel.");
}

static status read_events(ctx *c, db *d, id parcel, field_array *out) {
  enum { EVENTS_SHOWN = 500 };
  event_out *items = ARENA_ARRAY(c->arena, event_out, EVENTS_SHOWN);
  size_t count = 0;
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select event, status, raw_code, place, proof, at, received_at from tracking_event"
               " where parcel_id = ?1 order by at, tracking_id limit 500",
               DB_INT(parcel)));
  while (count < EVENTS_SHOWN && db_next(rows)) {
    items[count++] = (event_out){.event = db_keep_text(rows, 0, c->arena),
                                 .status = (int)db_get_int(rows, 1),
                                 .raw_code = db_keep_text(rows, 2, c->arena),
                                 .place = db_keep_text(rows, 3, c->arena),
                                 .proof = db_keep_text(rows, 4, c->arena),
                                 .at = db_get_int(rows, 5),
                                 .received_at = db_get_int(rows, 6)};
  }
  *out = (field_array){items, count};
  return db_done(c, rows);
}

static status read_parcel(ctx *c, const request *r, db *d, void *out) {
  parcel_out *p = out;
  TRY(logistics_parcel_load(c, d, r->params[0], false, &p->p));
  TRY(check_visible(c, r, d, p->p.order, p->p.seller));
  parcel_line_in *lines = ARENA_ARRAY(c->arena, parcel_line_in, PARCEL_LINES_MAX);
  size_t count;
  TRY(logistics_parcel_lines(c, d, p->p.parcel, lines, PARCEL_LINES_MAX, &count));
  p->lines = (field_array){lines, count};
  return read_events(c, d, p->p.parcel, &p->events);
}

static status list_parcels(ctx *c, const request *r, db *d, void *out) {
  enum { PARCELS_SHOWN = 200 };
  order_view v;
  id seller = r->who.kind == ACTOR_SELLER ? r->who.tenant : 0;
  TRY(commerce_order_for(c, d, r->params[0], seller, &v));
  if (seller == 0) TRY(check_visible(c, r, d, v.order, 0));
  id ids[PARCELS_SHOWN];
  size_t count = 0;
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select parcel_id from parcel where order_id = ?1 and (?2 = 0 or seller = ?2)"
               " order by parcel_id limit 200",
               DB_INT(r->params[0]), DB_INT(seller)));
  while (count < PARCELS_SHOWN && db_next(rows))
    ids[count++] = db_get_int(rows, 0);
  TRY(db_done(c, rows));
  parcel_out *items = ARENA_ARRAY(c->arena, parcel_out, count + 1);
  for (size_t i = 0; i < count; i++)
    TRY(logistics_parcel_load(c, d, ids[i], false, &items[i].p));
  *(list_out *)out = (list_out){.items = {items, count}};
  return OK;
}

static const field parcel_query_fields[] = {F_PAGE(page_query)};
static SHAPE(parcel_query_shape, "ParcelQuery", page_query, parcel_query_fields);

/* The seller's parcels, newest first. */
static status list_own_parcels(ctx *c, const request *r, db *d, void *out) {
  const page_query *q = r->query;
  int64_t before = 0;
  size_t limit = q->limit > 0 ? (size_t)q->limit : 50, count = 0;
  if (q->after.len > 0 && !cursor_parse(q->after, &before, 1))
    return fail_field(c, E_MALFORMED, STR("query/after"),
                      "Use the `next` of the page before, unchanged.");
  id *ids = ARENA_ARRAY(c->arena, id, limit);
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select parcel_id from parcel where seller = ?1 and parcel_id < ?2"
               " order by parcel_id desc limit ?3",
               DB_INT(r->who.tenant), DB_INT(before != 0 ? before : INT64_MAX), DB_INT(limit)));
  while (count < limit && db_next(rows))
    ids[count++] = db_get_int(rows, 0);
  TRY(db_done(c, rows));
  parcel_out *items = ARENA_ARRAY(c->arena, parcel_out, count + 1);
  for (size_t i = 0; i < count; i++)
    TRY(logistics_parcel_load(c, d, ids[i], false, &items[i].p));
  list_out *list = out;
  list->items = (field_array){items, count};
  if (count == limit) list->next = cursor_print(c->arena, &ids[count - 1], 1);
  return OK;
}

/* --- the table -------------------------------------------------------------------------------- */

static const field page_fields[] = {F_PAGE(page_query)};
static SHAPE(page_shape, "LogisticsPage", page_query, page_fields);

#define LISTS(path_, summary_, shape_, read_)                                      \
  {                                                                                \
    .method = GET, .path = (path_), .scope = SCOPE_SELL, .flags = ROUTE_LIST,      \
    .summary = (summary_), .query = &page_shape, .out = &(shape_), .read = (read_) \
  }

static const route routes[] = {
    LISTS("/v1/suppliers", "List the seller's suppliers", supplier_shape, logistics_list_suppliers),
    LISTS("/v1/purchases", "List the seller's purchase orders, newest first",
          logistics_purchase_shape, logistics_list_purchases),
    {.method = GET,
     .path = "/v1/purchases/{pur}",
     .scope = SCOPE_SELL,
     .summary = "Show a purchase order: ordered, received",
     .out = &logistics_purchase_shape,
     .read = logistics_read_purchase},
    LISTS("/v1/purchases/{pur}/receipts", "List the goods receipts of a purchase order",
          logistics_receipt_shape, logistics_list_receipts),
    LISTS("/v1/payables", "List what the seller owes suppliers, oldest first",
          logistics_payable_shape, logistics_list_payables),
    {.method = POST,
     .path = "/v1/suppliers",
     .scope = SCOPE_SELL,
     .flags = ROUTE_CREATED,
     .summary = "Add a supplier",
     .in = &supplier_shape,
     .out = &supplier_made_shape,
     .prepare = prepare_supplier},
    {.method = POST,
     .path = "/v1/purchases",
     .scope = SCOPE_SELL,
     .flags = ROUTE_CREATED,
     .summary = "Order goods of a supplier",
     .in = &purchase_shape,
     .out = &purchase_shape,
     .prepare = prepare_purchase},
    {.method = POST,
     .path = "/v1/purchases/{pur}/receipts",
     .scope = SCOPE_SELL,
     .flags = ROUTE_CREATED,
     .summary = "Receive goods into stock and note what is owed",
     .in = &receipt_shape,
     .out = &receipt_shape,
     .prepare = prepare_receipt},
    {.method = POST,
     .path = "/v1/orders/{ord}/child-orders/{cho}/parcels",
     .scope = SCOPE_SELL,
     .flags = ROUTE_CREATED,
     .summary = "Pack lines of a child order into a parcel",
     .in = &parcel_in_shape,
     .out = &parcel_in_shape,
     .prepare = prepare_parcel},
    {.method = GET,
     .path = "/v1/orders/{ord}/parcels",
     .scope = SCOPE_SELF,
     .flags = ROUTE_LIST,
     .summary = "List the parcels of an order",
     .out = &parcel_shape,
     .read = list_parcels},
    {.method = GET,
     .path = "/v1/parcels",
     .scope = SCOPE_SELL,
     .flags = ROUTE_LIST,
     .summary = "List the seller's parcels, newest first",
     .query = &parcel_query_shape,
     .out = &parcel_shape,
     .read = list_own_parcels},
    {.method = GET,
     .path = "/v1/parcels/{par}",
     .scope = SCOPE_SELF,
     .summary = "Show a parcel with its tracking",
     .out = &parcel_shape,
     .read = read_parcel},
    {.method = POST,
     .path = "/v1/parcels/{par}/tracking",
     .scope = SCOPE_SELL,
     .flags = ROUTE_OWN_KEY,
     .summary = "Take in a tracking event of one's own parcel",
     .in = &tracking_shape,
     .out = &tracking_shape,
     .prepare = prepare_tracking},
    {.method = POST,
     .path = "/v1/carriers/tracking",
     .scope = SCOPE_OPERATE,
     .flags = ROUTE_OWN_KEY,
     .summary = "Take in a carrier's event by its tracking number",
     .in = &carrier_shape,
     .out = &carrier_shape,
     .prepare = prepare_carrier_event},
};

static const db_schema schema = {"logistics", logistics_schema_sql};

const module logistics_module = {
    .name = "logistics", .schema = &schema, .routes = routes, .route_count = COUNT_OF(routes)};
