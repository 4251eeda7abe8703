/* events.c - GET /v1/events: what happened, in the order in which it was committed, as a page of
 * JSON or as server-sent events (WHATWG HTML, section 9.2). A seller or institution sees its own
 * tenant's events, operators and the supervisor all; a buyer has none here, because the platform's
 * tenant is not a buyer's. */
#include "http/inside.h"

enum { EVENT_TEXT_MAX = 4 << 20 };

typedef struct event_row {
  id event_id;
  instant at;
  str type, aggregate;
  int64_t sequence;
  str data;
} event_row;

static const field event_fields[] = {
    {.name = "id",
     .type = FIELD_ID,
     .offset = offsetof(event_row, event_id),
     .id_kind = ID_EVENT,
     .doc = "The event; rising in order of commit."},
    F_TIME(event_row, at, 0, "When it happened, in business time."),
    F_STR(event_row, type, 0, 0, 100, "What happened, such as \"order.placed\"."),
    F_STR(event_row, aggregate, 0, 0, 40, "The id of the thing it happened to."),
    F_INT(event_row, sequence, 0, 0, 0, "Counts the aggregate's events without gaps, from 1."),
    F_JSON(event_row, data, 0, 0, "What is known about it; the members depend on the type."),
};
SHAPE(event_shape, "Event", event_row, event_fields);

status events_tenant(ctx *c, const principal *who, id *tenant) {
  *tenant = who->tenant;
  if (who->kind == ACTOR_SELLER || who->kind == ACTOR_INSTITUTION) return OK;
  *tenant = 0;
  if (principal_sees_all(who)) return OK;
  return fail(c, E_FORBIDDEN,
              "events are for sellers, institutions, and for operators and the supervisor by the "
              "scope \"supervise\"");
}

static str aggregate_text(ctx *c, const event *e) {
  return id_print(c->arena, e->aggregate_kind, e->aggregate);
}

status events_read(ctx *c, const request *r, db *d, void *out) {
  const page_query *page = r->query;
  int64_t after = 0;
  id tenant = 0;
  TRY(events_tenant(c, &r->who, &tenant));
  if (page->after.len > 0 && !cursor_parse(page->after, &after, 1)) {
    return fail_field(c, E_MALFORMED, STR("query/after"), "must be the `next` of the page before");
  }
  event *events;
  size_t count;
  TRY(engine_events(c, d, after, tenant, (size_t)page->limit, &events, &count));
  list_out *list = out;
  event_row *rows = ARENA_ARRAY(c->arena, event_row, count);
  for (size_t i = 0; i < count; i++) {
    const event *e = &events[i];
    rows[i] = (event_row){e->event_id, e->at, e->type, aggregate_text(c, e), e->sequence, e->body};
  }
  list->items = (field_array){rows, count};
  if (count == (size_t)page->limit)
    list->next = cursor_print(c->arena, &rows[count - 1].event_id, 1);
  return OK;
}

status events_stream(ctx *c, db *reader, id after, id tenant, size_t max, events_page *out) {
  event *events;
  size_t count;
  TRY(engine_events(c, reader, after, tenant, max, &events, &count));
  buf b = buf_make(c->arena, EVENT_TEXT_MAX);
  *out = (events_page){.last = after};
  for (size_t i = 0; i < count; i++) {
    const event *e = &events[i];
    event_row row = {e->event_id, e->at, e->type, aggregate_text(c, e), e->sequence, e->body};
    size_t before = b.len;
    buf_add(&b, STR("id: "));
    buf_add(&b, id_print(c->arena, ID_EVENT, e->event_id));
    buf_format(&b, "\nevent: %.*s\ndata: ", STR_ARGS(e->type));
    shape_print(&b, &event_shape, &row);
    buf_add(&b, STR("\n\n"));
    if (b.overflowed) { /* the rest comes with the next page */
      b.len = before;
      break;
    }
    out->last = e->event_id;
    out->count++;
  }
  out->text = buf_str(&b);
  return OK;
}
