/* bank_client.c - the connector of kind "bank-sim": a bank with a small JSON API (POST
 * /v1/attempts, .../query, GET /v1/settlements/DATE). The attempt's id is the bank's idempotency
 * key. Every answer that is not plainly "approved" or "declined" is unknown. */
#include "modules/channels/channels.h"
#include "modules/channels/http_client.h"
#include <jansson.h>
#include <string.h>

static const char *const wire_kinds[] = {"authorise", "sale",   "capture",
                                         "void",      "refund", "payout"};

static void json_free(void *value) { json_decref(value); }

static json_t *parse_reply(ctx *c, str body) {
  json_t *root = json_loadb(body.at, body.len, JSON_REJECT_DUPLICATES, NULL);
  if (root != NULL) arena_hook(c->arena, json_free, root);
  return root;
}

static str member_text(ctx *c, const json_t *root, const char *name) {
  const json_t *v = json_object_get(root, name);
  return json_is_string(v) ? str_copy(c->arena, (str){json_string_value(v), json_string_length(v)})
                           : STR("");
}

/* false: no amount that can be. Left out it is 0. */
static bool member_amount(const json_t *root, const char *name, int64_t *out) {
  const json_t *v = json_object_get(root, name);
  *out = json_is_integer(v) ? json_integer_value(v) : 0;
  return (v == NULL || json_is_null(v) || json_is_integer(v)) && *out >= 0 &&
         *out <= MONEY_MAX_JSON;
}

static channel_outcome outcome_of(str word) {
  static const struct {
    const char *word;
    channel_outcome outcome;
  } table[] = {{"approved", OUTCOME_APPROVED},
               {"declined", OUTCOME_DECLINED},
               {"absent", OUTCOME_ABSENT},
               {"returned", OUTCOME_RETURNED}};
  for (size_t i = 0; i < COUNT_OF(table); i++)
    if (str_eq(word, str_from(table[i].word))) return table[i].outcome;
  return OUTCOME_UNKNOWN;
}

static void read_answer(ctx *c, const channel_reply *reply, channel_answer *out) {
  *out = (channel_answer){.outcome = OUTCOME_UNKNOWN};
  if (!reply->arrived || reply->http_status != 200) return;
  const json_t *root = parse_reply(c, reply->body);
  if (root == NULL) return;
  if (!member_amount(root, "amount", &out->amount) || !member_amount(root, "fee", &out->fee))
    return;
  out->outcome = outcome_of(member_text(c, root, "outcome"));
  out->channel_ref = member_text(c, root, "channel_ref");
  out->reason = member_text(c, root, "reason");
  out->again = json_is_true(json_object_get(root, "again"));
  out->second = outcome_of(member_text(c, root, "second"));
}

static str ask_body(ctx *c, const channel_ask *ask) {
  char attempt[ID_TEXT_MAX], merchant[ID_TEXT_MAX], code[4] = "";
  int scale = 0;
  id_write(attempt, ID_ATTEMPT, ask->attempt_id);
  id_write(merchant, ID_CHANNEL,
           ask->channel); /* each channel is an account of its own with the bank */
  if (!currency_by_number(ask->currency, code, &scale)) code[0] = '\0';
  buf b = buf_make(c->arena, 4096);
  buf_format(&b,
             "{\"attempt\":\"%s\",\"account\":\"%s\",\"kind\":\"%s\",\"amount\":%lld,\"currency\":"
             "\"%s\",\"method\":\"%s\",\"instalments\":%lld,\"token\":",
             attempt, merchant, wire_kinds[ask->kind], (long long)ask->amount, code,
             payment_methods[ask->method], (long long)ask->instalments);
  buf_add_json(&b, ask->token);
  if (ask->original != 0) {
    char original[ID_TEXT_MAX];
    id_write(original, ID_ATTEMPT, ask->original);
    buf_format(&b, ",\"original\":\"%s\"", original);
  }
  buf_format(&b, ",\"at\":\"%.*s\",\"on\":\"%.*s\"}", STR_ARGS(instant_print(c->arena, ask->at)),
             STR_ARGS(date_print(c->arena, ask->on)));
  return buf_str(&b);
}

static status send_ask(ctx *c, const connector *self, const channel_ask *ask, channel_answer *out) {
  UNUSED(self);
  channel_reply reply;
  str url = str_format(c->arena, "%.*s/v1/attempts", STR_ARGS(ask->url));
  TRY(channel_http(c, "POST", url, ask_body(c, ask), &reply));
  if (!reply.arrived && reply.never_sent)
    return fail(c, E_CHANNEL, "The channel can't be reached; nothing was sent.");
  read_answer(c, &reply, out);
  return OK;
}

static status query(ctx *c, const connector *self, const channel_ask *ask, channel_answer *out) {
  UNUSED(self);
  char attempt[ID_TEXT_MAX];
  id_write(attempt, ID_ATTEMPT, ask->attempt_id);
  channel_reply reply;
  str url = str_format(c->arena, "%.*s/v1/attempts/%s/query", STR_ARGS(ask->url), attempt);
  TRY(channel_http(c, "POST", url, STR(""), &reply));
  if (!reply.arrived) return fail(c, E_CHANNEL, "The channel does not answer; ask again later.");
  read_answer(c, &reply, out);
  if (reply.arrived && reply.http_status == 404) out->outcome = OUTCOME_ABSENT;
  return OK;
}

static status settlement_file(ctx *c, const connector *self, const channel_at *channel, date on,
                              str *csv) {
  UNUSED(self);
  channel_reply reply;
  char merchant[ID_TEXT_MAX];
  id_write(merchant, ID_CHANNEL, channel->channel);
  str url = str_format(c->arena, "%.*s/v1/settlements/%.*s?account=%s", STR_ARGS(channel->url),
                       STR_ARGS(date_print(c->arena, on)), merchant);
  TRY(channel_http(c, "GET", url, STR(""), &reply));
  if (!reply.arrived || reply.http_status != 200)
    return fail(c, E_CHANNEL, "The channel gave no settlement file.");
  *csv = reply.body;
  return OK;
}

static const connector bank_client = {.kind = "bank-sim",
                                      .authorise = send_ask,
                                      .capture = send_ask,
                                      .cancel = send_ask,
                                      .refund = send_ask,
                                      .payout = send_ask,
                                      .query = query,
                                      .settlement_file = settlement_file};

void channels_register(void) { payment_register_connector(&bank_client); }
