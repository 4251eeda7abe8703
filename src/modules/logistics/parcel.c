/* parcel.c - parcels of child orders: which lines and how many they carry, announced or handed over
 * at once. A parcel never carries more of a line than was bought, counted over all parcels of the
 * child order that were not lost or sent back. */
#include "modules/logistics/inside.h"

#define X(symbol, name, meaning) name,
const char *const tracking_names[] = {TRACKING_TABLE(X) NULL};
#undef X

bool logistics_has_left(int state) { return state != TRACK_LABELLED; }

static bool is_final(int state) {
  return state == TRACK_DELIVERED || state == TRACK_RETURNED || state == TRACK_LOST;
}

int logistics_state_after(int state, int told) {
  if (is_final(state)) return state;
  if (is_final(told)) return told;
  return told > state ? told : state;
}

/* --- store ------------------------------------------------------------------------------------ */

#define PARCEL_COLUMNS                                                                \
  "select parcel_id, order_id, child_id, seller, carrier, tracking, state, made_at, " \
  "handed_over_at, delivered_at,"                                                     \
  " proof from parcel where parcel_id = ?1"

status logistics_parcel_load(ctx *c, db *d, id parcel, bool lock, parcel_row *out) {
  db_rows *rows;
  if (lock) {
    TRY(db_query(c, d, &rows, PARCEL_COLUMNS " for update", DB_INT(parcel)));
  } else {
    TRY(db_query(c, d, &rows, PARCEL_COLUMNS, DB_INT(parcel)));
  }
  bool found = db_next(rows);
  if (found) {
    *out = (parcel_row){.parcel = parcel,
                        .order = db_get_int(rows, 1),
                        .child = db_get_int(rows, 2),
                        .seller = db_get_int(rows, 3),
                        .carrier = db_keep_text(rows, 4, c->arena),
                        .tracking = db_keep_text(rows, 5, c->arena),
                        .state = (int)db_get_int(rows, 6),
                        .made_at = db_get_int(rows, 7),
                        .handed_over_at = db_get_int(rows, 8),
                        .delivered_at = db_get_int(rows, 9),
                        .proof = db_keep_text(rows, 10, c->arena)};
  }
  TRY(db_done(c, rows));
  return found ? OK : fail(c, E_NOT_FOUND, "There is no such parcel.");
}

status logistics_parcel_find(ctx *c, db *d, str carrier, str tracking, id *out) {
  *out = 0;
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select parcel_id from parcel_number where carrier = ?1 and tracking = ?2",
               DB_TEXT(carrier), DB_TEXT(tracking)));
  if (db_next(rows)) *out = db_get_int(rows, 0);
  return db_done(c, rows);
}

status logistics_parcel_lines(ctx *c, db *d, id parcel, parcel_line_in *lines, size_t max,
                              size_t *count) {
  *count = 0;
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select line_id, quantity from parcel_line where parcel_id = ?1 order by line_id",
               DB_INT(parcel)));
  while (*count < max && db_next(rows))
    lines[(*count)++] = (parcel_line_in){db_get_int(rows, 0), db_get_int(rows, 1)};
  return db_done(c, rows);
}

status logistics_tell(ctx *c, tx *t, const parcel_row *p, const char *what) {
  char parcel[ID_TEXT_MAX];
  id_write(parcel, ID_PARCEL, p->parcel);
  buf b = buf_make(c->arena, 4096);
  buf_format(&b, "{\"parcel\":\"%s\",\"state\":\"%s\",\"carrier\":", parcel,
             tracking_names[p->state]);
  buf_add_json(&b, p->carrier);
  buf_add(&b, STR(",\"tracking\":"));
  buf_add_json(&b, p->tracking);
  buf_add_char(&b, '}');
  str body = buf_str(&b);
  tx_audit(t, ID_PARCEL, p->parcel, body);
  TRY(commerce_note(c, t, p->order, p->child, what, body));
  return tx_emit(c, t, what, ID_PARCEL, p->parcel, p->seller, body);
}

/* --- parcel.create ---------------------------------------------------------------------------- */

typedef struct create_work {
  const child_view *child;
  parcel_line_in lines[PARCEL_LINES_MAX];
  size_t count;
  bool number_taken;
  child_step ship;
  parcel_row row;
} create_work;

/* Units of a line in parcels that are under way or have arrived. */
static status carried(ctx *c, tx *t, const parcel_new *n, id line, int64_t *out) {
  db_rows *rows;
  TRY(db_query(
      c, tx_db(t), &rows,
      "select coalesce(sum(l.quantity), 0) from parcel p join parcel_line l on l.parcel_id = "
      "p.parcel_id"
      " where p.order_id = ?1 and p.child_id = ?2 and p.state not in (6, 7) and l.line_id = ?3",
      DB_INT(n->order_id), DB_INT(n->child_id), DB_INT(line)));
  *out = db_next(rows) ? db_get_int(rows, 0) : 0;
  return db_done(c, rows);
}

static const order_line_view *line_of(const child_view *ch, id line) {
  const order_line_view *lines = ch->lines.items;
  for (size_t i = 0; i < ch->lines.count; i++) {
    if (lines[i].line == line) return &lines[i];
  }
  return NULL;
}

static status add_chosen(ctx *c, tx *t, const parcel_new *n, create_work *w, size_t i) {
  const parcel_line_in *in = (const parcel_line_in *)n->lines.items + i;
  const order_line_view *l = line_of(w->child, in->line);
  if (l == NULL) {
    return fail_field(c, E_NOT_FOUND, str_format(c->arena, "/lines/%zu/line", i),
                      "There is no such line in this child order.");
  }
  for (size_t k = 0; k < w->count; k++) {
    if (w->lines[k].line != in->line) continue;
    return fail_field(c, E_MALFORMED, str_format(c->arena, "/lines/%zu/line", i),
                      "This line is named twice.");
  }
  int64_t before;
  TRY(carried(c, t, n, in->line, &before));
  if (in->quantity < 1 || in->quantity > l->quantity - before) {
    return fail_field(c, E_RULE, str_format(c->arena, "/lines/%zu/quantity", i),
                      "%lld of this line are not in a parcel yet; send 1 to that.",
                      (long long)(l->quantity - before));
  }
  w->lines[w->count++] = *in;
  return OK;
}

static status add_rest(ctx *c, tx *t, const parcel_new *n, create_work *w) {
  const order_line_view *lines = w->child->lines.items;
  for (size_t i = 0; i < w->child->lines.count && w->count < PARCEL_LINES_MAX; i++) {
    int64_t before;
    TRY(carried(c, t, n, lines[i].line, &before));
    if (lines[i].quantity > before) {
      w->lines[w->count++] = (parcel_line_in){lines[i].line, lines[i].quantity - before};
    }
  }
  if (w->count == 0)
    return fail(c, E_CONFLICT, "Everything of this child order is in a parcel already.");
  return OK;
}

static status find_child(ctx *c, tx *t, parcel_new *n, create_work *w) {
  order_view *order = ARENA_NEW(c->arena, order_view);
  TRY(commerce_order_for(c, tx_db(t), n->order_id, n->seller, order));
  const child_view *children = order->children.items;
  for (size_t i = 0; i < order->children.count; i++) {
    if (children[i].child == n->child_id) w->child = &children[i];
  }
  return w->child != NULL ? OK : fail(c, E_NOT_FOUND, "There is no such child order.");
}

static status create_load(ctx *c, tx *t, void *state) {
  parcel_new *n = state;
  create_work *w = n->inner = ARENA_NEW(c->arena, create_work);
  /* The step locks the order's row first, so that no two parcels share out the same units. */
  w->ship = (child_step){.order_id = n->order_id, .child_id = n->child_id, .seller = n->seller};
  TRY(child_ship_load(c, t, &w->ship));
  TRY(find_child(c, t, n, w));
  if (n->lines.count > PARCEL_LINES_MAX) {
    return fail_field(c, E_MALFORMED, STR("/lines"), "Send at most %d lines.", PARCEL_LINES_MAX);
  }
  for (size_t i = 0; i < n->lines.count; i++)
    TRY(add_chosen(c, t, n, w, i));
  if (n->lines.count == 0) TRY(add_rest(c, t, n, w));
  for (size_t i = 0; i < w->count; i++)
    w->ship.lines[i] = w->lines[i].line;
  w->ship.line_count = w->count;
  id other;
  TRY(logistics_parcel_find(c, tx_db(t), n->carrier, n->tracking, &other));
  w->number_taken = other != 0;
  return OK;
}

static status create_decide(ctx *c, tx *t, void *state) {
  parcel_new *n = state;
  create_work *w = n->inner;
  if (n->carrier.len == 0 || n->tracking.len == 0) {
    return fail_field(c, E_MALFORMED, n->carrier.len == 0 ? STR("/carrier") : STR("/tracking"),
                      "Name the carrier and its tracking number.");
  }
  if (w->number_taken) {
    return fail_field(c, E_CONFLICT, STR("/tracking"),
                      "This carrier's number belongs to another parcel already.");
  }
  if (w->child->state != CHILD_PAID && w->child->state != CHILD_SHIPPED) {
    return fail(c, E_CONFLICT, "The child order is %s; only a paid one is packed.",
                child_state_names[w->child->state]);
  }
  n->parcel_id = id_next(c);
  w->row = (parcel_row){.parcel = n->parcel_id,
                        .order = n->order_id,
                        .child = n->child_id,
                        .seller = w->child->seller,
                        .carrier = n->carrier,
                        .tracking = n->tracking,
                        .state = n->handed_over ? TRACK_HANDED_OVER : TRACK_LABELLED,
                        .made_at = c->now,
                        .handed_over_at = n->handed_over ? c->now : 0};
  return n->handed_over ? child_ship_decide(c, t, &w->ship) : OK;
}

static status create_write(ctx *c, tx *t, void *state) {
  parcel_new *n = state;
  create_work *w = n->inner;
  const parcel_row *p = &w->row;
  TRY(db_run(c, tx_db(t),
             "insert into parcel (parcel_id, order_id, child_id, seller, carrier, tracking, state, "
             "made_at,"
             " handed_over_at, delivered_at, proof, proof_hash)"
             " values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, '', ?10)",
             DB_INT(p->parcel), DB_INT(p->order), DB_INT(p->child), DB_INT(p->seller),
             DB_TEXT(p->carrier), DB_TEXT(p->tracking), DB_INT(p->state), DB_INT(p->made_at),
             DB_INT(p->handed_over_at), DB_BYTES("", 0)));
  TRY(db_run(c, tx_db(t),
             "insert into parcel_number (carrier, tracking, parcel_id) values (?1, ?2, ?3)",
             DB_TEXT(p->carrier), DB_TEXT(p->tracking), DB_INT(p->parcel)));
  for (size_t i = 0; i < w->count; i++) {
    TRY(db_run(c, tx_db(t),
               "insert into parcel_line (parcel_id, line_id, quantity) values (?1, ?2, ?3)",
               DB_INT(p->parcel), DB_INT(w->lines[i].line), DB_INT(w->lines[i].quantity)));
  }
  if (n->handed_over) TRY(child_ship_write(c, t, &w->ship));
  return logistics_tell(c, t, p, n->handed_over ? "parcel.handed_over" : "parcel.labelled");
}

const command_type logistics_create_parcel = {
    .name = "parcel.create", .load = create_load, .decide = create_decide, .write = create_write};
