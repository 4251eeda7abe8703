/* send.c - the outside calls: a journalled attempt is handed to its channel's connector on a task
 * thread and the answer goes back in as a command. A second try asks first what became of the first
 * one. Nothing here holds a transaction open. */
#include "modules/payment/inside.h"

enum { CONNECTORS_MAX = 8, SEND_TRIES_MAX = 20 };

/* Filled at wiring, before the engine starts; read-only after (tests replace theirs between runs).
 */
static const connector *connectors[CONNECTORS_MAX];
static size_t connector_count;

void payment_register_connector(const connector *how) {
  for (size_t i = 0; i < connector_count; i++) {
    if (strcmp(connectors[i]->kind, how->kind) != 0) continue;
    connectors[i] = how;
    return;
  }
  assert(connector_count < CONNECTORS_MAX);
  connectors[connector_count++] = how;
}

const connector *payment_connector(str kind) {
  for (size_t i = 0; i < connector_count; i++) {
    if (str_eq(str_from(connectors[i]->kind), kind)) return connectors[i];
  }
  return NULL;
}

/* --- what to ask, and whom -------------------------------------------------------------------- */
typedef struct errand {
  attempt_row a;
  bool found;
  const connector *how;
  channel_ask ask;
} errand;

static status read_errand(ctx *c, engine *e, id attempt_id, errand *out) {
  channel_row *channels = NULL;
  size_t count = 0;
  market m = {0};
  db *reader = engine_reader(e, c);
  if (reader == NULL) return fail(c, E_STORE, "No read connection is free.");
  status s = identity_market(c, reader, &m);
  if (s == OK) s = attempt_get(c, reader, attempt_id, &out->a, &out->found);
  if (s == OK && out->found) s = channels_all(c, reader, &channels, &count);
  engine_reader_done(e, reader);
  TRY(s);
  if (!out->found) return OK;
  const channel_row *channel = channel_find(channels, count, out->a.channel);
  if (channel == NULL)
    return fail(c, E_CHANNEL, "The attempt's channel is not in payment_channel.");
  out->how = payment_connector(channel->kind);
  if (out->how == NULL)
    return fail(c, E_CHANNEL, "No connector of kind %.*s is registered.", STR_ARGS(channel->kind));
  const attempt_row *a = &out->a;
  out->ask = (channel_ask){.attempt_id = a->attempt_id,
                           .kind = a->kind,
                           .channel = a->channel,
                           .url = channel->url,
                           .amount = a->amount,
                           .currency = a->currency,
                           .method = a->method,
                           .token = a->token,
                           .instalments = a->instalments,
                           .original = a->original,
                           .original_ref = a->original_ref,
                           .at = a->created_at,
                           .on = instant_date(a->created_at, m.utc_offset_minutes)};
  return OK;
}

static status call(ctx *c, const errand *r, channel_answer *out) {
  const connector *how = r->how;
  switch (r->ask.kind) {
  case ATTEMPT_AUTHORISE:
  case ATTEMPT_SALE: return how->authorise(c, how, &r->ask, out);
  case ATTEMPT_CAPTURE: return how->capture(c, how, &r->ask, out);
  case ATTEMPT_VOID: return how->cancel(c, how, &r->ask, out);
  case ATTEMPT_REFUND: return how->refund(c, how, &r->ask, out);
  case ATTEMPT_PAYOUT: return how->payout(c, how, &r->ask, out);
  }
  return fail(c, E_INTERNAL, "An attempt of an unknown kind.");
}

static status apply(ctx *c, engine *e, const errand *r, const channel_answer *answer,
                    bool from_query, bool give_up) {
  attempt_result in = {.attempt_id = r->a.attempt_id,
                       .answer = *answer,
                       .from_query = from_query,
                       .give_up = give_up};
  TRY(engine_call(c, e, &payment_attempt_result, &in, engine_system(e)));
  if (!answer->again) return OK;
  in.answer.outcome = answer->second;
  return engine_call(c, e, &payment_attempt_result, &in, engine_system(e));
}

status payment_attempt_query(ctx *c, engine *e, id attempt_id, bool give_up, channel_outcome *out) {
  errand r = {0};
  channel_answer answer = {0};
  TRY(read_errand(c, e, attempt_id, &r));
  if (!r.found) return fail(c, E_NOT_FOUND, "There is no such attempt.");
  TRY(r.how->query(c, r.how, &r.ask, &answer));
  TRY(apply(c, e, &r, &answer, true, give_up));
  *out = answer.outcome;
  return OK;
}

/* --- the task --------------------------------------------------------------------------------- */
static status send_run(ctx *c, engine *e, const task *t, instant *retry_at) {
  UNUSED(retry_at);
  errand r = {0};
  channel_answer answer = {0};
  TRY(read_errand(c, e, t->subject, &r));
  if (!r.found || !attempt_is_open(&r.a)) return OK;
  if (t->tries > 0 && r.a.state == ATTEMPT_JOURNALLED) { /* it may have arrived before we stopped */
    TRY(r.how->query(c, r.how, &r.ask, &answer));
    if (answer.outcome != OUTCOME_ABSENT) return apply(c, e, &r, &answer, true, false);
    answer = (channel_answer){0};
  }
  TRY(call(c, &r, &answer));
  return apply(c, e, &r, &answer, false, false);
}

const task_type payment_send_task = {"payment.send", send_run, SEND_TRIES_MAX};

static status query_run(ctx *c, engine *e, const task *t, instant *retry_at) {
  UNUSED(retry_at);
  channel_outcome said;
  return payment_attempt_query(c, e, t->subject, false, &said);
}

const task_type payment_query_task = {"payment.query", query_run, SEND_TRIES_MAX};
