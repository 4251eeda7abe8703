/* channel.c - the outside channels on record, and money that came in by one without an order: it is
 * received into suspense with a break listed, and can be sent back to where it came from. */
#include "modules/payment/commands.h"

enum { NAME_MAX_BYTES = 100, URL_MAX_BYTES = 500 };

/* --- channels --------------------------------------------------------------------------------- */
static status add_decide(ctx *c, tx *t, void *state) {
  UNUSED(t);
  channel_in *in = state;
  if (in->name.len == 0 || in->name.len > NAME_MAX_BYTES)
    return fail_field(c, E_MALFORMED, STR("/name"), "Give a name of 1 to 100 bytes.");
  if (in->url.len > URL_MAX_BYTES)
    return fail_field(c, E_MALFORMED, STR("/url"), "At most 500 bytes.");
  if (payment_connector(in->kind) == NULL)
    return fail_field(c, E_RULE, STR("/kind"), "This program has no connector of that kind.");
  in->channel_id = id_next(c);
  return OK;
}

static status add_write(ctx *c, tx *t, void *state) {
  channel_in *in = state;
  channel_row row = {.channel_id = in->channel_id,
                     .name = in->name,
                     .kind = in->kind,
                     .url = in->url,
                     .auto_capture = in->auto_capture,
                     .enabled = true};
  TRY(channel_insert(c, tx_db(t), &row, c->now));
  tx_audit(t, ID_CHANNEL, in->channel_id, STR("{\"enabled\":[null,true]}"));
  return OK;
}

const command_type payment_add_channel = {"channel.add", 0, NULL, add_decide, add_write};

static status switch_load(ctx *c, tx *t, void *state) {
  channel_switch_in *in = state;
  channel_row *rows;
  size_t count;
  TRY(channels_all(c, tx_db(t), &rows, &count));
  const channel_row *row = channel_find(rows, count, in->channel_id);
  in->found = row != NULL;
  if (in->found) in->row = *row;
  return OK;
}

static status switch_decide(ctx *c, tx *t, void *state) {
  UNUSED(t);
  channel_switch_in *in = state;
  if (!in->found) return fail(c, E_NOT_FOUND, "There is no such channel.");
  in->row.enabled = in->enabled;
  return OK;
}

static status switch_write(ctx *c, tx *t, void *state) {
  channel_switch_in *in = state;
  TRY(channel_switch(c, tx_db(t), in->channel_id, in->enabled, c->now));
  tx_audit(t, ID_CHANNEL, in->channel_id,
           in->enabled ? STR("{\"enabled\":true}") : STR("{\"enabled\":false}"));
  return OK;
}

const command_type payment_switch_channel = {"channel.switch", 0, switch_load, switch_decide,
                                             switch_write};

/* --- money without an order ------------------------------------------------------------------- */
static status receive_load(ctx *c, tx *t, void *state) {
  receive_in *in = state;
  pay_plan *p = ARENA_NEW(c->arena, pay_plan);
  if (in->payment_id == 0) in->payment_id = id_next(c);
  p->payment_id = in->payment_id;
  p->payer = in->payer;
  p->currency = in->currency;
  p->tender_count = in->tender_count;
  memcpy(p->tenders, in->tenders, sizeof p->tenders);
  p->accept_difference = true;
  in->inner = p;
  return pay_plan_load(c, t, p);
}

static status receive_decide(ctx *c, tx *t, void *state) {
  receive_in *in = state;
  if (in->tender_count == 0)
    return fail_field(c, E_MALFORMED, STR("/tenders"), "Name at least one tender.");
  TRY(pay_plan_decide(c, t, in->inner));
  in->state = ((pay_plan *)in->inner)->state;
  return OK;
}

static status receive_write(ctx *c, tx *t, void *state) {
  receive_in *in = state;
  return pay_plan_write(c, t, in->inner);
}

const command_type payment_receive_unmatched = {"payment.receive_unmatched", 0, receive_load,
                                                receive_decide, receive_write};

static status return_load(ctx *c, tx *t, void *state) {
  return_in *in = state;
  refund_plan *p = ARENA_NEW(c->arena, refund_plan);
  in->refund_id = id_next(c);
  *p = (refund_plan){.refund_id = in->refund_id,
                     .payment_id = in->payment_id,
                     .whole = true,
                     .reason = STR("no_order")};
  in->inner = p;
  return refund_load(c, t, p);
}

static status return_decide(ctx *c, tx *t, void *state) {
  return_in *in = state;
  return refund_decide(c, t, in->inner);
}

static status return_write(ctx *c, tx *t, void *state) {
  return_in *in = state;
  tx_audit(t, ID_PAYMENT, in->payment_id, STR("{\"returned\":\"no_order\"}"));
  return refund_write(c, t, in->inner);
}

const command_type payment_return_unmatched = {"payment.return_unmatched", 0, return_load,
                                               return_decide, return_write};
