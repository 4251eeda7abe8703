/* tasks.c - the two tasks of webhooks. One reads the event feed behind its stored cursor and leaves
 * itself behind again; the other sends one delivery and reports. Both may run twice after a crash:
 * the cursor's old value and the delivery's state make the second run harmless, and a receiver
 * knows a repeated message by its webhook-id. */
#include "modules/institutions/inside.h"

#include <limits.h>

/* --- fan-out ---------------------------------------------------------------------------------- */

static status read_feed(ctx *c, db *reader, fan_out *s) {
  bool found;
  event *events;
  market m;
  TRY(identity_market(c, reader, &m));
  TRY(webhook_load_cursor(c, reader, &s->from, &found));
  TRY(engine_events(c, reader, s->from, 0, FAN_OUT_MAX, &events, &s->count));
  s->platform = m.platform;
  s->events = events;
  s->more = s->count == FAN_OUT_MAX;
  s->to = s->count == 0 ? s->from : events[s->count - 1].event_id;
  return OK;
}

static status fan_out_run(ctx *c, engine *e, const task *t, instant *retry_at) {
  UNUSED(t), UNUSED(retry_at);
  fan_out s = {0};
  db *reader = engine_reader(e, c);
  if (reader == NULL) return fail(c, E_STORE, "the store cannot be read now");
  status result = read_feed(c, reader, &s);
  engine_reader_done(e, reader);
  TRY(result);
  result = engine_call(c, e, &webhook_fan_out, &s, engine_system(e));
  /* Another run of this task moved the feed and left its own successor: this one is done. */
  return result == E_CONFLICT ? OK : result;
}
const task_type webhook_fan_out_task = {"webhook.fan_out", fan_out_run, INT_MAX};

/* --- one delivery ----------------------------------------------------------------------------- */

typedef struct parcel { /* what is needed to send: read in one go, then the store is left alone */
  delivery_row row;
  webhook_row hook;
  event e;
  str secrets[2];
  bool is_due;
} parcel;

static status read_secrets(ctx *c, db *reader, parcel *p) {
  TRY(identity_open_sealed(c, reader, p->hook.webhook, p->hook.secret, &p->secrets[0]));
  if (p->hook.old_secret.len == 0 || p->hook.old_until <= c->now) return OK;
  return identity_open_sealed(c, reader, p->hook.webhook, p->hook.old_secret, &p->secrets[1]);
}

static status read_parcel(ctx *c, db *reader, id delivery, parcel *p) {
  bool found;
  id head;
  event *events;
  size_t count;
  TRY(webhook_load_delivery(c, reader, delivery, &p->row, &found));
  if (!found || p->row.state != DELIVERY_WAITING || p->row.next_at > c->now) return OK;
  TRY(webhook_load(c, reader, p->row.webhook, &p->hook, &found));
  if (!found || p->hook.state != WEBHOOK_ACTIVE) return OK;
  /* Not its turn: who is before it will call it. */
  TRY(webhook_next_waiting(c, reader, p->row.webhook, p->row.aggregate, &head));
  if (head != delivery) return OK;
  TRY(engine_events(c, reader, p->row.event_id - 1, 0, 1, &events, &count));
  if (count == 0 || events[0].event_id != p->row.event_id) return OK;
  p->e = events[0];
  p->is_due = true;
  return read_secrets(c, reader, p);
}

static attempt_result send_parcel(ctx *c, const parcel *p) {
  webhook_secret secrets[2] = {{.len = 0}, {.len = 0}};
  for (size_t i = 0; i < COUNT_OF(secrets); i++) {
    if (p->secrets[i].len > 0 && !webhook_secret_parse(p->secrets[i], &secrets[i]))
      secrets[i].len = 0;
  }
  webhook_message m = {.id = id_print(c->arena, ID_EVENT, p->e.event_id),
                       .timestamp_s = c->real_now / MICROS_PER_SECOND,
                       .body = webhook_body(c->arena, &p->e)};
  send_request r = {.url = p->hook.url,
                    .id = m.id,
                    .body = m.body,
                    .signature = webhook_sign(c->arena, secrets, COUNT_OF(secrets), &m),
                    .timestamp_s = m.timestamp_s};
  return webhook_send(c, &r);
}

static status deliver_run(ctx *c, engine *e, const task *t, instant *retry_at) {
  UNUSED(retry_at);
  parcel p = {.is_due = false};
  db *reader = engine_reader(e, c);
  if (reader == NULL) return fail(c, E_STORE, "the store cannot be read now");
  status result = read_parcel(c, reader, t->subject, &p);
  engine_reader_done(e, reader);
  TRY(result);
  if (!p.is_due) return OK;
  attempted s = {.delivery = t->subject, .got = send_parcel(c, &p)};
  result = engine_call(c, e, &webhook_attempted, &s, engine_system(e));
  return result == E_CONFLICT ? OK : result;
}
const task_type webhook_deliver_task = {"webhook.deliver", deliver_run, INT_MAX};
