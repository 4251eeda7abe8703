/* api.c - webhooks on the wire, and the module itself. An endpoint belongs to the caller's
 * organisation; other organisations' ids answer 404. */
#include "modules/institutions/inside.h"

#include <sodium.h>
#include <string.h>

extern const char institutions_schema_sql[];
static const db_schema schema = {"institutions", institutions_schema_sql};

/* --- shapes ----------------------------------------------------------------------------------- */

typedef struct webhook_in {
  str url, events;
} webhook_in;
typedef struct replay_in {
  id from_event;
} replay_in;

#define EVENTS_DOC "Event types apart by blanks: order.paid, order.*, or * for all."

static const field webhook_in_fields[] = {
    F_STR(webhook_in, url, FIELD_REQUIRED, 1, WEBHOOK_URL_MAX, "Where to POST: http or https."),
    F_STR(webhook_in, events, FIELD_REQUIRED, 1, WEBHOOK_EVENTS_MAX, EVENTS_DOC),
};
static SHAPE(webhook_in_shape, "NewWebhook", webhook_in, webhook_in_fields);

static const field webhook_edit_fields[] = {
    F_STR(webhook_in, url, 0, 1, WEBHOOK_URL_MAX, "Where to POST; left out: unchanged."),
    F_STR(webhook_in, events, 0, 1, WEBHOOK_EVENTS_MAX, EVENTS_DOC),
};
static SHAPE(webhook_edit_shape, "WebhookChange", webhook_in, webhook_edit_fields);

static const field webhook_fields[] = {
    F_ID(webhook_out, webhook, 0, ID_WEBHOOK, "The endpoint."),
    F_STR(webhook_out, url, 0, 0, WEBHOOK_URL_MAX, "Where events are sent."),
    F_STR(webhook_out, events, 0, 0, WEBHOOK_EVENTS_MAX, EVENTS_DOC),
    F_ENUM(webhook_out, state, 0, webhook_states,
           "gone: it answered 410; enable it to start again."),
    F_STR(webhook_out, secret, FIELD_SECRET | FIELD_OMIT_ZERO, 0, 0,
          "Signs every message; shown once."),
    F_TIME(webhook_out, created_at, 0, "When it came."),
};
SHAPE(webhook_shape, "Webhook", webhook_out, webhook_fields);

static const field delivery_fields[] = {
    F_ID(delivery_row, delivery, 0, ID_DELIVERY, "The delivery."),
    F_ID_AS("event", delivery_row, event_id, 0, ID_EVENT, "The event, sent as webhook-id."),
    F_STR(delivery_row, type, 0, 0, 0, "The event's type."),
    F_ENUM(delivery_row, state, 0, delivery_states, "failed: given up, or refused for good."),
    F_INT(delivery_row, tries, 0, 0, 0, "How often it was tried."),
    F_TIME(delivery_row, next_at, 0, "When it is tried again."),
    F_TIME(delivery_row, ended_at, 0, "When it ended."),
    F_INT(delivery_row, http_status, 0, 0, 0, "The last answer; 0: none."),
    F_STR(delivery_row, error, 0, 0, 0, "Why there was no answer."),
};
static SHAPE(delivery_shape, "Delivery", delivery_row, delivery_fields);

static const field attempt_fields[] = {
    F_INT(attempt_row, number, 0, 0, 0, "Which try."),
    F_TIME(attempt_row, tried_at, 0, "When."),
    F_INT(attempt_row, http_status, 0, 0, 0, "The answer; 0: none."),
    F_STR(attempt_row, error, 0, 0, 0, "Why there was no answer."),
    F_INT(attempt_row, took_ms, 0, 0, 0, "How long it took, milliseconds."),
};
static SHAPE(attempt_shape, "DeliveryAttempt", attempt_row, attempt_fields);

static const field replay_fields[] = {
    F_ID(replay_in, from_event, FIELD_REQUIRED, ID_EVENT,
         "This event and all later ones are sent again."),
};
static SHAPE(replay_shape, "WebhookReplay", replay_in, replay_fields);

static const field page_fields[] = {F_PAGE(page_query)};
static SHAPE(page_shape, "Page", page_query, page_fields);

/* --- reads ------------------------------------------------------------------------------------ */

static status read_webhooks(ctx *c, const request *r, db *d, void *out) {
  id after;
  int64_t max;
  webhook_row *rows;
  size_t count;
  TRY(identity_page_open(c, r->query, &after, &max));
  TRY(webhook_list(c, d, r->who.tenant, after, max, &rows, &count));
  webhook_out *items = ARENA_ARRAY(c->arena, webhook_out, count + 1);
  for (size_t i = 0; i < count; i++) {
    items[i] = (webhook_out){rows[i].webhook, rows[i].url, rows[i].events,
                             rows[i].state,   {0},         rows[i].created_at};
  }
  identity_page_close(c, out, items, count, max, count > 0 ? rows[count - 1].webhook : 0);
  return OK;
}

static status own_webhook(ctx *c, const request *r, db *d) {
  webhook_row row;
  bool found;
  TRY(webhook_load(c, d, r->params[0], &row, &found));
  if (found && row.tenant == r->who.tenant) return OK;
  return fail(c, E_NOT_FOUND, "there is no such webhook");
}

static status read_deliveries(ctx *c, const request *r, db *d, void *out) {
  id before;
  int64_t max;
  delivery_row *rows;
  size_t count;
  TRY(own_webhook(c, r, d));
  TRY(identity_page_open(c, r->query, &before, &max));
  TRY(webhook_list_deliveries(c, d, r->params[0], before, max, &rows, &count));
  identity_page_close(c, out, rows, count, max, count > 0 ? rows[count - 1].event_id : 0);
  return OK;
}

static status read_attempts(ctx *c, const request *r, db *d, void *out) {
  attempt_row *rows;
  size_t count;
  TRY(own_webhook(c, r, d));
  TRY(webhook_list_attempts(c, d, r->params[0], r->params[1], &rows, &count));
  ((list_out *)out)->items = (field_array){rows, count};
  return OK;
}

/* --- writes ----------------------------------------------------------------------------------- */

static str new_secret(ctx *c) {
  webhook_secret secret = {.len = 32};
  randombytes_buf(secret.bytes, secret.len);
  return webhook_secret_print(c->arena, &secret);
}

static status check_in(ctx *c, const webhook_in *in) {
  url_parts parts;
  if (in->url.len > 0 && !webhook_url_parse(c->arena, in->url, &parts)) {
    return fail_field(c, E_MALFORMED, STR("/url"),
                      "an http or https URL without user, blanks or fragment");
  }
  if (in->events.len > 0 && !webhook_events_check(in->events)) {
    return fail_field(c, E_MALFORMED, STR("/events"),
                      "event types apart by blanks, like \"order.* payment.captured\"");
  }
  return OK;
}

static status prepare_new(ctx *c, const request *r, command *cmd, void **out) {
  const webhook_in *in = r->in;
  TRY(check_in(c, in));
  webhook_new *s = ARENA_NEW(c->arena, webhook_new);
  s->row = (webhook_row){.url = in->url, .events = in->events};
  s->clear_secret = new_secret(c);
  cmd->type = &webhook_create;
  cmd->state = s;
  *out = &s->out;
  return OK;
}

static webhook_change *change_of(ctx *c, const request *r, webhook_change_kind what, command *cmd,
                                 void **out) {
  webhook_change *s = ARENA_NEW(c->arena, webhook_change);
  s->webhook = r->params[0];
  s->what = what;
  cmd->type = &webhook_alter;
  cmd->state = s;
  *out = &s->out;
  return s;
}

static status prepare_edit(ctx *c, const request *r, command *cmd, void **out) {
  const webhook_in *in = r->in;
  TRY(check_in(c, in));
  webhook_change *s = change_of(c, r, WEBHOOK_EDIT, cmd, out);
  s->url = in->url;
  s->events = in->events;
  return OK;
}

static status prepare_enable(ctx *c, const request *r, command *cmd, void **out) {
  change_of(c, r, WEBHOOK_ENABLE, cmd, out);
  return OK;
}

static status prepare_disable(ctx *c, const request *r, command *cmd, void **out) {
  change_of(c, r, WEBHOOK_DISABLE, cmd, out);
  return OK;
}

static status prepare_rotate(ctx *c, const request *r, command *cmd, void **out) {
  change_of(c, r, WEBHOOK_ROTATE, cmd, out)->clear_secret = new_secret(c);
  return OK;
}

static status prepare_ping(ctx *c, const request *r, command *cmd, void **out) {
  change_of(c, r, WEBHOOK_PING, cmd, out);
  return OK;
}

static status prepare_replay(ctx *c, const request *r, command *cmd, void **out) {
  change_of(c, r, WEBHOOK_REPLAY, cmd, out)->first_event = ((const replay_in *)r->in)->from_event;
  return OK;
}

static status prepare_redeliver(ctx *c, const request *r, command *cmd, void **out) {
  redelivery *s = ARENA_NEW(c->arena, redelivery);
  s->webhook = r->params[0];
  s->delivery = r->params[1];
  cmd->type = &webhook_redeliver;
  cmd->state = s;
  *out = &s->row;
  return OK;
}

/* --- the table -------------------------------------------------------------------------------- */

#define READ(path, summary, out, name) \
  { GET, path, SCOPE_KEYS, ROUTE_LIST, summary, &page_shape, NULL, out, name, NULL, NULL, 0 }
#define WRITE(method, path, flags, summary, in, out, name) \
  { method, path, SCOPE_KEYS, flags, summary, NULL, in, out, NULL, name, NULL, 0 }

static const route routes[] = {
    READ("/v1/webhooks", "Webhooks of one's organisation", &webhook_shape, read_webhooks),
    WRITE(POST, "/v1/webhooks", ROUTE_CREATED,
          "Have events sent to a URL; the secret is shown once", &webhook_in_shape, &webhook_shape,
          prepare_new),
    WRITE(PATCH, "/v1/webhooks/{whk}", 0, "Change the URL or the events", &webhook_edit_shape,
          &webhook_shape, prepare_edit),
    WRITE(POST, "/v1/webhooks/{whk}/enable", ROUTE_NO_BODY, "Start sending again, with what waited",
          NULL, &webhook_shape, prepare_enable),
    WRITE(POST, "/v1/webhooks/{whk}/disable", ROUTE_NO_BODY, "Stop sending", NULL, &webhook_shape,
          prepare_disable),
    WRITE(POST, "/v1/webhooks/{whk}/rotate", ROUTE_NO_BODY,
          "A new secret; for a day messages are signed with the old one too", NULL, &webhook_shape,
          prepare_rotate),
    WRITE(POST, "/v1/webhooks/{whk}/ping", ROUTE_NO_BODY, "Send a webhook.ping to try it out", NULL,
          &webhook_shape, prepare_ping),
    WRITE(POST, "/v1/webhooks/{whk}/replay", 0, "Send an event and all later ones again",
          &replay_shape, &webhook_shape, prepare_replay),
    READ("/v1/webhooks/{whk}/deliveries", "Deliveries, newest first", &delivery_shape,
         read_deliveries),
    READ("/v1/webhooks/{whk}/deliveries/{dlv}/attempts", "Each try of a delivery", &attempt_shape,
         read_attempts),
    WRITE(POST, "/v1/webhooks/{whk}/deliveries/{dlv}/replay", ROUTE_NO_BODY,
          "Send one delivery again", NULL, &delivery_shape, prepare_redeliver),
};

static const task_type *const tasks[] = {&webhook_fan_out_task, &webhook_deliver_task};

const module institutions_module = {.name = "institutions",
                                    .schema = &schema,
                                    .routes = routes,
                                    .route_count = COUNT_OF(routes),
                                    .tasks = tasks,
                                    .task_count = COUNT_OF(tasks)};
