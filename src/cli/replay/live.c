/* live.c - the timeline: every step of every order as an event, sorted by time, run date by date in
 * waves. A wave holds one step an order, as many orders as fit; after it the channel's answers are
 * waited for. Orders don't depend on each other within a date, so only the steps of one order keep
 * their order there. When a date ends its jobs run. */
#include "cli/replay/live.h"
#include "cli/replay/stage.h"
#include <stdlib.h>
#include <unistd.h>

typedef enum step {
  STEP_PLACE,
  STEP_RECEIVE,
  STEP_CAPTURE,
  STEP_SHIP,
  STEP_DELIVER,
  STEP_CANCEL,
  STEP_RETURN,
  STEP_REVIEW
} step;
static const char *const step_names[] = {"placing",    "receiving",  "capturing", "shipping",
                                         "delivering", "cancelling", "returning", "reviewing"};
typedef struct event_of {
  instant at;
  source_order *order;
  step step;
  size_t rank;
} event_of;

enum { EVENTS_PER_ORDER = 6 };

/* --- the list --------------------------------------------------------------------------------- */
static int by_time(const void *a, const void *b) {
  const event_of *x = a, *y = b;
  if (x->at != y->at) return x->at < y->at ? -1 : 1;
  if (x->rank != y->rank) return x->rank < y->rank ? -1 : 1;
  return (int)x->step - (int)y->step;
}

static size_t order_events(source_order *o, size_t rank, event_of *out) {
  size_t n = 0;
  if (o->item_count == 0) {
    if (o->payments_total == 0) return 0;
    out[n++] = (event_of){o->purchased, o, STEP_RECEIVE, rank};
    out[n++] = (event_of){o->approved, o, STEP_RETURN, rank};
    return n;
  }
  bool refunded = o->status == SOURCE_REFUNDED;
  bool ships =
      o->status == SOURCE_DELIVERED || o->status == SOURCE_SHIPPED || (refunded && o->has_shipped);
  out[n++] = (event_of){o->purchased, o, STEP_PLACE, rank};
  out[n++] = (event_of){o->approved, o, STEP_CAPTURE, rank};
  if (ships) out[n++] = (event_of){o->shipped, o, STEP_SHIP, rank};
  if (o->status == SOURCE_DELIVERED) out[n++] = (event_of){o->delivered, o, STEP_DELIVER, rank};
  if (refunded) out[n++] = (event_of){o->delivered, o, STEP_CANCEL, rank};
  if (o->status == SOURCE_DELIVERED && o->reviews != NULL)
    out[n++] = (event_of){o->reviews->written > o->delivered ? o->reviews->written : o->delivered,
                          o, STEP_REVIEW, rank};
  return n;
}

static event_of *list_events(arena *a, const source *s, size_t *count) {
  event_of *events = ARENA_ARRAY(a, event_of, s->order_count * EVENTS_PER_ORDER + 1);
  size_t n = 0;
  for (size_t i = 0; i < s->order_count; i++)
    n += order_events(s->orders[i], i, events + n);
  qsort(events, n, sizeof *events, by_time);
  *count = n;
  return events;
}

/* --- steps: fill ------------------------------------------------------------------------------ */
static field_array order_tenders(const live *l, const source_order *o, arena *a) {
  tender_in *tenders = ARENA_ARRAY(a, tender_in, o->payment_count + 1);
  size_t n = 0;
  for (const source_payment *p = o->payments; p != NULL; p = p->next) {
    if (p->amount == 0) continue;
    tender_in next = {.kind = TENDER_CHANNEL,
                      .amount = p->amount,
                      .channel = l->channel,
                      .method = p->method,
                      .token = STR("tok_history"),
                      .instalments = p->instalments > 0 ? p->instalments : 1};
    if (p->method == METHOD_VOUCHER)
      next = (tender_in){.kind = TENDER_CAMPAIGN, .amount = p->amount, .campaign = l->campaign};
    if (p->method == METHOD_BALANCE)
      next = (tender_in){.kind = TENDER_BALANCE, .amount = p->amount};
    if (n == TENDERS_MAX && tenders[n - 1].kind == next.kind)
      tenders[n - 1].amount += next.amount;
    else if (n < TENDERS_MAX)
      tenders[n++] = next;
  }
  return (field_array){tenders, n};
}

/* Items of the same offer at the same price are one line; freight is the line's. */
static field_array order_lines(const source_order *o, arena *a) {
  order_line_in *lines = ARENA_ARRAY(a, order_line_in, o->item_count);
  size_t n = 0;
  for (const source_item *i = o->items; i != NULL; i = i->next) {
    size_t k = 0;
    while (k < n && (lines[k].offer != i->offer->offer || lines[k].price != i->price))
      k++;
    if (k == n) lines[n++] = (order_line_in){.offer = i->offer->offer, .price = i->price};
    lines[k].quantity++;
    lines[k].freight += i->freight;
  }
  return (field_array){lines, n};
}

static void fill_place(live *l, source_order *o, crew_slot *slot) {
  order_place *p = ARENA_NEW(slot->arena, order_place);
  *p = (order_place){.buyer = o->customer->person->user,
                     .lines = order_lines(o, slot->arena),
                     .tenders = order_tenders(l, o, slot->arena),
                     .external = o->key,
                     .accept_difference = true,
                     .authorise_only = !l->options->auto_capture};
  slot->command.type = &commerce_place_order;
  slot->command.state = p;
}

static void fill_receive(live *l, source_order *o, crew_slot *slot) {
  receive_in *r = ARENA_NEW(slot->arena, receive_in);
  field_array tenders = order_tenders(l, o, slot->arena);
  *r = (receive_in){.currency = l->source->currency,
                    .tender_count = tenders.count,
                    .payer = o->customer->person->user};
  for (size_t i = 0; i < tenders.count; i++)
    r->tenders[i] = ((tender_in *)tenders.items)[i];
  slot->command.type = &payment_receive_unmatched;
  slot->command.state = r;
}

static void fill_payment(const source_order *o, crew_slot *slot, const command_type *type) {
  capture_in *in = ARENA_NEW(slot->arena, capture_in);
  in->payment_id = o->payment_id;
  slot->command.type = type;
  slot->command.state = in;
}

static void fill_ship(const live *l, const source_order *o, size_t child, crew_slot *slot) {
  parcel_new *p = ARENA_NEW(slot->arena, parcel_new);
  *p = (parcel_new){.order_id = o->order_id,
                    .child_id = o->children[child].child,
                    .carrier = l->options->carrier,
                    .handed_over = true,
                    .tracking = str_format(slot->arena, "%.*s-%zu", STR_ARGS(o->key), child + 1)};
  slot->command.type = &logistics_create_parcel;
  slot->command.state = p;
}

static void fill_deliver(const source_order *o, size_t child, crew_slot *slot) {
  tracking_new *t = ARENA_NEW(slot->arena, tracking_new);
  *t = (tracking_new){.parcel = o->children[child].parcel,
                      .event = STR("delivered"),
                      .status = TRACK_DELIVERED,
                      .at = slot->command.at,
                      .raw_code = STR("delivered")};
  slot->command.type = &logistics_track;
  slot->command.state = t;
}

static void fill_cancel(const source_order *o, crew_slot *slot) {
  order_cancel *x = ARENA_NEW(slot->arena, order_cancel);
  *x = (order_cancel){.order_id = o->order_id, .reason = STR("cancelled in the source")};
  slot->command.type = &commerce_cancel_order;
  slot->command.state = x;
}

static void fill_refund(const source_order *o, size_t child, crew_slot *slot) {
  order_refund *x = ARENA_NEW(slot->arena, order_refund);
  *x = (order_refund){.order_id = o->order_id,
                      .child_id = o->children[child].child,
                      .reason = STR("cancelled in the source")};
  slot->command.type = &commerce_refund_child;
  slot->command.state = x;
}

static void fill_review(const source_order *o, crew_slot *slot) {
  const source_review *v = o->reviews;
  review_new *r = ARENA_NEW(slot->arena, review_new);
  *r = (review_new){.order_id = o->order_id,
                    .buyer = o->customer->person->user,
                    .rating = v->score,
                    .title = v->title,
                    .text = v->text};
  slot->command.type = &commerce_review;
  slot->command.state = r;
}

/* One command, or one a child order. Nothing when an earlier step was refused. */
static size_t step_width(const live *l, const event_of *e) {
  const source_order *o = e->order;
  switch (e->step) {
  case STEP_PLACE:
  case STEP_RECEIVE: return 1;
  case STEP_CAPTURE: return o->order_id != 0 && !o->is_paid && !l->options->auto_capture;
  case STEP_RETURN: return o->payment_id != 0;
  case STEP_SHIP:
  case STEP_DELIVER: return o->child_count;
  case STEP_CANCEL: return o->has_shipped ? o->child_count : o->order_id != 0;
  case STEP_REVIEW: return o->order_id != 0;
  }
  return 0;
}

static void fill_step(live *l, const event_of *e, size_t child, crew_slot *slot) {
  source_order *o = e->order;
  switch (e->step) {
  case STEP_PLACE: fill_place(l, o, slot); break;
  case STEP_RECEIVE: fill_receive(l, o, slot); break;
  case STEP_CAPTURE: fill_payment(o, slot, &payment_capture); break;
  case STEP_RETURN: fill_payment(o, slot, &payment_return_unmatched); break;
  case STEP_SHIP: fill_ship(l, o, child, slot); break;
  case STEP_DELIVER: fill_deliver(o, child, slot); break;
  case STEP_CANCEL: o->has_shipped ? fill_refund(o, child, slot) : fill_cancel(o, slot); break;
  case STEP_REVIEW: fill_review(o, slot); break;
  }
}

/* --- steps: take ------------------------------------------------------------------------------ */
static void take_place(live *l, source_order *o, const order_place *p) {
  const order_child_ref *children = p->children.items;
  o->order_id = p->order_id;
  o->payment_id = p->payment_id;
  o->is_paid = p->state == ORDER_PAID;
  o->child_count = p->children.count;
  o->children = ARENA_ARRAY(l->source->arena, struct source_child, o->child_count);
  for (size_t i = 0; i < o->child_count; i++)
    o->children[i].child = children[i].child_id;
}

static void take_step(live *l, const event_of *e, size_t child, const crew_slot *slot) {
  source_order *o = e->order;
  const void *state = slot->command.state;
  if (slot->command.outcome != OK) {
    live_report(l, slot, step_names[e->step], o->key);
    return;
  }
  if (e->step == STEP_PLACE) take_place(l, o, state);
  if (e->step == STEP_RECEIVE) o->payment_id = ((const receive_in *)state)->payment_id;
  if (e->step == STEP_SHIP) o->children[child].parcel = ((const parcel_new *)state)->parcel_id;
  if (e->step == STEP_DELIVER && child == 0) l->counts->delivered++;
}

static date business_date(const live *l, instant at) {
  return instant_date(at, l->source->utc_offset_minutes);
}

/* --- waves ------------------------------------------------------------------------------------ */
typedef struct placed {
  event_of event;
  size_t child;
} placed;

/* True: all commands of the event are in the wave. */
static bool place_event(live *l, const event_of *e, placed *wave) {
  size_t width = step_width(l, e);
  if (l->crew.used + width > l->crew.size) return false;
  for (size_t child = 0; child < width; child++) {
    wave[l->crew.used] = (placed){*e, child};
    fill_step(l, e, child, crew_take(&l->crew, e->at));
  }
  return true;
}

/* Takes the next step of each order and moves the events that stay to the front, in their order;
 * returns how many stay. An order one of whose steps stays is marked, so that none of its later
 * steps overtakes it. */
static size_t fill_wave(live *l, event_of *events, size_t count, placed *wave) {
  size_t stay = 0;
  l->wave++;
  for (size_t i = 0; i < count; i++) {
    event_of e = events[i];
    bool is_next = e.order->wave != l->wave;
    e.order->wave = l->wave;
    if (!is_next || !place_event(l, &e, wave)) events[stay++] = e;
  }
  return stay;
}

static status run_wave(live *l, const placed *wave) {
  TRY(crew_run(l->ctx, &l->crew));
  for (size_t i = 0; i < l->crew.used; i++)
    take_step(l, &wave[i].event, wave[i].child, &l->crew.slots[i]);
  crew_clear(&l->crew);
  return engine_wait_tasks(l->ctx, l->app->engine);
}

/* The clock stands at the last step of a wave: what its commands leave to be done is due by then.
 */
static void set_clock(live *l, const placed *wave) {
  engine *e = l->app->engine;
  instant latest = engine_now(e);
  for (size_t i = 0; i < l->crew.used; i++)
    if (wave[i].event.at > latest) latest = wave[i].event.at;
  engine_set_now(e, latest);
}

static status run_date(live *l, event_of *events, size_t count, placed *wave) {
  while (count > 0) {
    count = fill_wave(l, events, count, wave);
    if (l->crew.used == 0) continue; /* steps of orders that were refused before */
    set_clock(l, wave);
    TRY(run_wave(l, wave));
  }
  return OK;
}

static status run_events(live *l, event_of *events, size_t count) {
  placed *wave = ARENA_ARRAY(l->ctx->arena, placed, l->crew.size);
  engine *e = l->app->engine;
  for (size_t first = 0, end = 0; first < count; first = end) {
    date day = business_date(l, events[first].at);
    if (day > business_date(l, engine_now(e)))
      TRY(engine_advance(l->ctx, e, instant_from_date(day, l->source->utc_offset_minutes), NULL,
                         NULL));
    while (end < count && business_date(l, events[end].at) == day)
      end++;
    TRY(run_date(l, events + first, end - first, wave));
    live_progress(l, "steps", end, count);
  }
  return OK;
}

status live_run(ctx *c, app *a, source *s, const live_options *options, FILE *err,
                live_counts *counts) {
  live l = {.ctx = c,
            .app = a,
            .source = s,
            .options = options,
            .err = err,
            .counts = counts,
            .on_terminal = isatty(fileno(err)) == 1};
  TRY(crew_open(c, a->engine, options->in_flight, &l.crew));
  size_t count;
  event_of *events = list_events(c->arena, s, &count);
  status result = stage_build(&l);
  if (result == OK) result = run_events(&l, events, count);
  instant after = options->days_after * SECONDS_PER_DAY * MICROS_PER_SECOND;
  if (result == OK && after > 0)
    result = engine_advance(c, a->engine, engine_now(a->engine) + after, NULL, NULL);
  if (result == OK) result = engine_wait_tasks(c, a->engine);
  for (size_t i = 0; i < s->order_count; i++)
    counts->open += s->orders[i]->item_count > 0 && s->orders[i]->status != SOURCE_DELIVERED &&
                    s->orders[i]->status != SOURCE_REFUNDED;
  crew_close(&l.crew);
  return result;
}
