/* track.c - what carriers say of parcels: events are kept as they came, in the closed vocabulary
 * with the carrier's own code beside it, and an event that was told before changes nothing. The
 * first word that the carrier has the parcel posts the goods; the last parcel that arrives delivers
 * the child order and releases the seller's share, in the same commit. */
#include "modules/logistics/inside.h"

typedef struct track_work {
  parcel_row before, now;
  parcel_line_in lines[PARCEL_LINES_MAX];
  size_t count;
  bool ships, delivers;
  child_step step;
} track_work;

static status find_parcel(ctx *c, tx *t, tracking_new *n, parcel_row *out) {
  if (n->parcel == 0) TRY(logistics_parcel_find(c, tx_db(t), n->carrier, n->tracking, &n->parcel));
  TRY(logistics_parcel_load(c, tx_db(t), n->parcel, true, out));
  if (n->seller == 0 || n->seller == out->seller) return OK;
  return fail(c, E_NOT_FOUND, "There is no such parcel.");
}

static status is_known(ctx *c, tx *t, const tracking_new *n, bool *out) {
  db_rows *rows;
  TRY(db_query(c, tx_db(t), &rows,
               "select 1 from tracking_event where parcel_id = ?1 and event = ?2 and at = ?3",
               DB_INT(n->parcel), DB_TEXT(n->event), DB_INT(n->at)));
  *out = db_next(rows);
  return db_done(c, rows);
}

/* Units of a line that have arrived, this parcel's with them. */
static status arrived_units(ctx *c, tx *t, const track_work *w, id line, int64_t *out) {
  const parcel_row *p = &w->now;
  db_rows *rows;
  TRY(db_query(c, tx_db(t), &rows,
               "select coalesce(sum(l.quantity), 0) from parcel p join parcel_line l on l.parcel_id"
               " = p.parcel_id where p.order_id = ?1 and p.child_id = ?2 and p.state = 4"
               " and p.parcel_id <> ?3 and l.line_id = ?4",
               DB_INT(p->order), DB_INT(p->child), DB_INT(p->parcel), DB_INT(line)));
  *out = db_next(rows) ? db_get_int(rows, 0) : 0;
  for (size_t i = 0; i < w->count; i++) {
    if (w->lines[i].line == line) *out += w->lines[i].quantity;
  }
  return db_done(c, rows);
}

/* Whether every unit of the child order has arrived or was given back: what is in no parcel, on its
 * way, lost or sent back keeps the money where it is. */
static status all_arrived(ctx *c, tx *t, const track_work *w, const child_view *ch, bool *out) {
  const order_line_view *lines = ch->lines.items;
  *out = true;
  for (size_t i = 0; i < ch->lines.count && *out; i++) {
    int64_t arrived;
    TRY(arrived_units(c, t, w, lines[i].line, &arrived));
    *out = arrived >= lines[i].quantity - lines[i].refunded_quantity;
  }
  return OK;
}

static status plan_step(ctx *c, tx *t, track_work *w) {
  const parcel_row *p = &w->now;
  order_view *order = ARENA_NEW(c->arena, order_view);
  w->step = (child_step){
      .order_id = p->order, .child_id = p->child, .ship_first = true, .line_count = w->count};
  for (size_t i = 0; i < w->count; i++)
    w->step.lines[i] = w->lines[i].line;
  /* The step locks the order's row: of two parcels that arrive at once the later one sees both. */
  if (p->state == TRACK_DELIVERED) TRY(child_ship_load(c, t, &w->step));
  TRY(commerce_order_for(c, tx_db(t), p->order, p->seller, order));
  const child_view *children = order->children.items;
  bool active = false;
  w->delivers = false;
  for (size_t i = 0; i < order->children.count; i++) {
    if (children[i].child != p->child) continue;
    active = children[i].state == CHILD_PAID || children[i].state == CHILD_SHIPPED;
    if (active && p->state == TRACK_DELIVERED)
      TRY(all_arrived(c, t, w, &children[i], &w->delivers));
  }
  w->ships = active && !w->delivers && logistics_has_left(p->state) &&
             !logistics_has_left(w->before.state);
  if (w->delivers) return child_deliver_load(c, t, &w->step);
  return w->ships ? child_ship_load(c, t, &w->step) : OK;
}

static status track_load(ctx *c, tx *t, void *state) {
  tracking_new *n = state;
  track_work *w = n->inner = ARENA_NEW(c->arena, track_work);
  if (n->status < 0 || n->status >= TRACK_COUNT) {
    return fail_field(c, E_MALFORMED, STR("/status"),
                      "Use a status of the closed list; send the carrier's as raw_code.");
  }
  if (n->event.len == 0)
    return fail_field(c, E_MALFORMED, STR("/event"), "Send the carrier's id of this event.");
  if (n->at == 0) n->at = c->now;
  TRY(find_parcel(c, t, n, &w->before));
  TRY(is_known(c, t, n, &n->duplicate));
  if (n->duplicate) return OK;
  TRY(logistics_parcel_lines(c, tx_db(t), n->parcel, w->lines, PARCEL_LINES_MAX, &w->count));
  w->now = w->before;
  w->now.state = logistics_state_after(w->before.state, n->status);
  bool is_new = w->now.state != w->before.state;
  /* Told again of one that arrived: lines that were lost with another may have been given back. */
  if (!is_new && w->now.state != TRACK_DELIVERED) return OK;
  if (w->now.handed_over_at == 0 && logistics_has_left(w->now.state))
    w->now.handed_over_at = c->now;
  if (is_new && w->now.state == TRACK_DELIVERED) {
    w->now.delivered_at = c->now;
    w->now.proof = n->proof;
  }
  return plan_step(c, t, w);
}

static status track_decide(ctx *c, tx *t, void *state) {
  track_work *w = ((tracking_new *)state)->inner;
  if (w->delivers) return child_deliver_decide(c, t, &w->step);
  return w->ships ? child_ship_decide(c, t, &w->step) : OK;
}

static status save_parcel(ctx *c, tx *t, const parcel_row *p) {
  sha256 hash = sha256_of(p->proof.at, p->proof.len);
  return db_run(c, tx_db(t),
                "update parcel set state = ?2, handed_over_at = ?3, delivered_at = ?4, proof = ?5, "
                "proof_hash = ?6"
                " where parcel_id = ?1",
                DB_INT(p->parcel), DB_INT(p->state), DB_INT(p->handed_over_at),
                DB_INT(p->delivered_at), DB_TEXT(p->proof),
                DB_BYTES(hash.bytes, p->proof.len > 0 ? sizeof hash.bytes : 0));
}

static status track_write(ctx *c, tx *t, void *state) {
  tracking_new *n = state;
  track_work *w = n->inner;
  if (n->duplicate) return OK;
  TRY(db_run(c, tx_db(t),
             "insert into tracking_event (parcel_id, event, at, tracking_id, status, raw_code, "
             "place, proof, received_at)"
             " values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
             DB_INT(n->parcel), DB_TEXT(n->event), DB_INT(n->at), DB_INT(id_next(c)),
             DB_INT(n->status), DB_TEXT(n->raw_code), DB_TEXT(n->place), DB_TEXT(n->proof),
             DB_INT(c->now)));
  if (w->ships) TRY(child_ship_write(c, t, &w->step));
  if (w->delivers) TRY(child_deliver_write(c, t, &w->step));
  if (w->now.state == w->before.state) return OK;
  TRY(save_parcel(c, t, &w->now));
  return logistics_tell(c, t, &w->now,
                        str_format(c->arena, "parcel.%s", tracking_names[w->now.state]).at);
}

const command_type logistics_track = {
    .name = "parcel.track", .load = track_load, .decide = track_decide, .write = track_write};
