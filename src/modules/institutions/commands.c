/* commands.c - what changes webhooks: an endpoint comes, is altered, rotated, pinged or told to
 * start over; events become deliveries; an attempt is written down. Nothing is sent from here:
 * commands leave tasks behind (tasks.c). */
#include "modules/institutions/inside.h"

static webhook_out view_of(const webhook_row *w, str clear_secret) {
  return (webhook_out){w->webhook, w->url, w->events, w->state, clear_secret, w->created_at};
}

static void note_change(ctx *c, tx *t, const webhook_row *w, const char *what) {
  tx_audit(
      t, ID_WEBHOOK, w->webhook,
      str_format(c->arena, "{\"change\":\"%s\",\"state\":\"%s\"}", what, webhook_states[w->state]));
}

/* --- a new endpoint --------------------------------------------------------------------------- */

static status create_load(ctx *c, tx *t, void *state) {
  webhook_new *s = state;
  db *d = tx_db(t);
  id cursor;
  s->row.webhook = id_next(c);
  TRY(identity_seal(c, d, s->row.webhook, s->clear_secret, &s->row.secret));
  TRY(webhook_lock_cursor(c, d, &cursor, &s->has_cursor));
  return s->has_cursor ? OK : webhook_last_event(c, d, &s->last_event);
}

static status create_decide(ctx *c, tx *t, void *state) {
  webhook_new *s = state;
  s->row.tenant = tx_who(t).tenant;
  s->row.created_at = c->now;
  s->out = view_of(&s->row, s->clear_secret);
  return OK;
}

static status create_write(ctx *c, tx *t, void *state) {
  webhook_new *s = state;
  note_change(c, t, &s->row, "created");
  TRY(webhook_save(c, tx_db(t), &s->row));
  if (s->has_cursor) return OK;
  /* The first endpoint of the store starts the feed; from then on each fan-out leaves the next one
   * behind. */
  TRY(webhook_open_cursor(c, tx_db(t), s->last_event));
  return tx_task(c, t, webhook_fan_out_task.kind, 1, c->now);
}
const command_type webhook_create = {"webhook.create", 0, create_load, create_decide, create_write};

/* --- changing one ----------------------------------------------------------------------------- */

static status wake_heads(ctx *c, tx *t, id webhook) {
  id *heads;
  size_t count;
  TRY(webhook_heads(c, tx_db(t), webhook, &heads, &count));
  for (size_t i = 0; i < count; i++)
    TRY(tx_task(c, t, webhook_deliver_task.kind, heads[i], c->now));
  return OK;
}

static status alter_load(ctx *c, tx *t, void *state) {
  webhook_change *s = state;
  TRY(webhook_lock(c, tx_db(t), s->webhook, &s->row, &s->found));
  if (!s->found || s->what != WEBHOOK_ROTATE) return OK;
  s->row.old_secret = s->row.secret;
  return identity_seal(c, tx_db(t), s->webhook, s->clear_secret, &s->row.secret);
}

static status alter_decide(ctx *c, tx *t, void *state) {
  webhook_change *s = state;
  if (!s->found || s->row.tenant != tx_who(t).tenant)
    return fail(c, E_NOT_FOUND, "there is no such webhook");
  bool needs_active = s->what == WEBHOOK_PING || s->what == WEBHOOK_REPLAY;
  if (needs_active && s->row.state != WEBHOOK_ACTIVE) {
    return fail(c, E_CONFLICT, "this webhook is %s; enable it first", webhook_states[s->row.state]);
  }
  if (s->url.len > 0) s->row.url = s->url;
  if (s->events.len > 0) s->row.events = s->events;
  if (s->what == WEBHOOK_ENABLE) s->row.state = WEBHOOK_ACTIVE;
  if (s->what == WEBHOOK_DISABLE) s->row.state = WEBHOOK_DISABLED;
  if (s->what == WEBHOOK_ROTATE)
    s->row.old_until = c->now + WEBHOOK_OLD_SECRET_S * MICROS_PER_SECOND;
  s->out = view_of(&s->row, s->clear_secret);
  return OK;
}

static status alter_write(ctx *c, tx *t, void *state) {
  static const char *const words[] = {"edited",  "enabled", "disabled",
                                      "rotated", "pinged",  "replayed"};
  webhook_change *s = state;
  db *d = tx_db(t);
  note_change(c, t, &s->row, words[s->what]);
  if (s->what == WEBHOOK_PING) {
    return tx_emit(c, t, "webhook.ping", ID_WEBHOOK, s->webhook, s->row.tenant, STR("{}"));
  }
  TRY(webhook_update(c, d, &s->row));
  if (s->what == WEBHOOK_REPLAY) TRY(webhook_replay_since(c, d, s->webhook, s->first_event));
  bool wakes = s->what == WEBHOOK_REPLAY || s->what == WEBHOOK_ENABLE;
  return wakes ? wake_heads(c, t, s->webhook) : OK;
}
const command_type webhook_alter = {"webhook.alter", 0, alter_load, alter_decide, alter_write};

/* --- one delivery again ----------------------------------------------------------------------- */

static status redeliver_load(ctx *c, tx *t, void *state) {
  redelivery *s = state;
  bool has_row;
  TRY(webhook_lock(c, tx_db(t), s->webhook, &s->endpoint, &s->found));
  TRY(webhook_lock_delivery(c, tx_db(t), s->delivery, &s->row, &has_row));
  s->found = s->found && has_row && s->row.webhook == s->webhook;
  return OK;
}

static status redeliver_decide(ctx *c, tx *t, void *state) {
  redelivery *s = state;
  if (!s->found || s->endpoint.tenant != tx_who(t).tenant) {
    return fail(c, E_NOT_FOUND, "there is no such delivery");
  }
  if (s->endpoint.state != WEBHOOK_ACTIVE) {
    return fail(c, E_CONFLICT, "this webhook is %s; enable it first",
                webhook_states[s->endpoint.state]);
  }
  s->row.state = DELIVERY_WAITING;
  s->row.tries = s->row.next_at = s->row.ended_at = 0;
  return OK;
}

static status redeliver_write(ctx *c, tx *t, void *state) {
  redelivery *s = state;
  id next;
  note_change(c, t, &s->endpoint, "redelivered");
  TRY(webhook_update_delivery(c, tx_db(t), &s->row));
  TRY(webhook_next_waiting(c, tx_db(t), s->webhook, s->row.aggregate, &next));
  return tx_task(c, t, webhook_deliver_task.kind, next, c->now);
}
const command_type webhook_redeliver = {"webhook.redeliver", 0, redeliver_load, redeliver_decide,
                                        redeliver_write};

/* --- events become deliveries ----------------------------------------------------------------- */

static status fan_out_load(ctx *c, tx *t, void *state) {
  fan_out *s = state;
  id stored;
  bool found;
  webhook_row *hooks;
  TRY(webhook_lock_cursor(c, tx_db(t), &stored, &found));
  s->is_stale = !found || stored != s->from;
  TRY(webhook_list_active(c, tx_db(t), &hooks, &s->hook_count));
  s->hooks = hooks;
  return OK;
}

static status fan_out_decide(ctx *c, tx *t, void *state) {
  UNUSED(t);
  fan_out *s = state;
  return s->is_stale ? fail(c, E_CONFLICT, "the feed was moved by another run") : OK;
}

/* The first waiting delivery of an aggregate is sent at once, the others when the one before has
 * ended. */
static status queue_event(ctx *c, tx *t, const webhook_row *hook, const event *e) {
  id before;
  delivery_row row = {.webhook = hook->webhook,
                      .event_id = e->event_id,
                      .delivery = id_next(c),
                      .aggregate = e->aggregate,
                      .type = e->type,
                      .state = DELIVERY_WAITING};
  TRY(webhook_next_waiting(c, tx_db(t), hook->webhook, e->aggregate, &before));
  TRY(webhook_save_delivery(c, tx_db(t), &row));
  return before != 0 ? OK : tx_task(c, t, webhook_deliver_task.kind, row.delivery, c->now);
}

static status fan_out_write(ctx *c, tx *t, void *state) {
  fan_out *s = state;
  for (size_t e = 0; e < s->count; e++) {
    for (size_t h = 0; h < s->hook_count; h++) {
      if (!webhook_wants(&s->hooks[h], s->platform, &s->events[e])) continue;
      TRY(queue_event(c, t, &s->hooks[h], &s->events[e]));
    }
  }
  if (s->to != s->from) TRY(webhook_move_cursor(c, tx_db(t), s->to));
  instant due = c->now + (s->more ? 0 : FAN_OUT_EVERY_S * MICROS_PER_SECOND);
  return tx_task(c, t, webhook_fan_out_task.kind, 1, due);
}
const command_type webhook_fan_out = {"webhook.fan_out", COMMAND_QUIET, fan_out_load,
                                      fan_out_decide, fan_out_write};

/* --- an attempt and what follows -------------------------------------------------------------- */

static status attempted_load(ctx *c, tx *t, void *state) {
  attempted *s = state;
  TRY(webhook_lock_delivery(c, tx_db(t), s->delivery, &s->before, &s->found));
  if (!s->found) return OK;
  return webhook_lock(c, tx_db(t), s->before.webhook, &s->endpoint, &s->found);
}

static status attempted_decide(ctx *c, tx *t, void *state) {
  UNUSED(t);
  attempted *s = state;
  if (!s->found) return fail(c, E_NOT_FOUND, "there is no such delivery");
  if (s->before.state != DELIVERY_WAITING) return fail(c, E_CONFLICT, "this delivery has ended");
  s->after = webhook_after_attempt(&s->before, &s->got, c->now);
  return OK;
}

static status attempted_write(ctx *c, tx *t, void *state) {
  attempted *s = state;
  db *d = tx_db(t);
  id next;
  TRY(webhook_save_attempt(c, d, &s->after, &s->got));
  TRY(webhook_update_delivery(c, d, &s->after));
  if (s->got.http_status == 410) { /* the receiver wants no more */
    s->endpoint.state = WEBHOOK_GONE;
    return webhook_update(c, d, &s->endpoint);
  }
  const char *kind = webhook_deliver_task.kind;
  if (s->after.state == DELIVERY_WAITING) return tx_task(c, t, kind, s->delivery, s->after.next_at);
  TRY(webhook_next_waiting(c, d, s->after.webhook, s->after.aggregate, &next));
  return next == 0 ? OK : tx_task(c, t, kind, next, c->now);
}
const command_type webhook_attempted = {"webhook.attempted", COMMAND_QUIET, attempted_load,
                                        attempted_decide, attempted_write};
