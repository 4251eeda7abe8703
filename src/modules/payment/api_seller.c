/* api_seller.c - what sellers see and answer on the wire: what they are owed and when, their
 * payouts, chargebacks. Operators and the supervisor see all sellers or the one they name; a seller
 * sees their own only. */
#include "modules/payment/api.h"
#include "modules/payment/report.h"

typedef struct seller_query {
  int64_t limit;
  str after;
  id seller;
} seller_query;
static const field seller_query_fields[] = {
    F_PAGE(seller_query), F_ID(seller_query, seller, 0, ID_TENANT,
                               "Whose; operators see all when left out, sellers their own.")};
SHAPE(payment_seller_query_shape, "SellerPage", seller_query, seller_query_fields);

/* 0: everybody's. */
static status whose(ctx *c, const request *r, id *seller) {
  const seller_query *q = r->query;
  if (r->who.kind == ACTOR_SELLER) {
    if (q->seller != 0 && q->seller != r->who.tenant)
      return fail(c, E_NOT_FOUND, "There is no such seller.");
    *seller = r->who.tenant;
    return OK;
  }
  if (!principal_sees_all(&r->who))
    return fail(c, E_FORBIDDEN, "Settlement is for sellers and operators.");
  *seller = q->seller;
  return OK;
}

/* --- settlement items and settlements --------------------------------------------------------- */
static const field item_fields[] = {
    F_ID(item_brief, seller, 0, ID_TENANT, "Whose."),
    F_ID(item_brief, child, 0, ID_CHILD_ORDER, "The child order."),
    F_STR(item_brief, kind, 0, 0, 0, "share, or reserve kept back for later."),
    F_CURRENCY(item_brief, currency, 0, "ISO 4217."),
    F_DATE(item_brief, due, 0, "From when it may be paid out."),
    F_AMOUNT(item_brief, amount, 0, 0, 0, "Minor units, after refunds taken from it."),
    F_BOOL(item_brief, is_settled, 0, "Whether it was made available."),
};
SHAPE(payment_item_shape, "SettlementItem", item_brief, item_fields);

READER(payment_read_items) {
  int64_t after[3] = {0}, max;
  id seller = 0;
  item_brief *rows;
  size_t count;
  list_out *list = out;
  const seller_query *q = r->query;
  TRY(whose(c, r, &seller));
  TRY(page_keys(c, q->after, after, COUNT_OF(after)));
  max = q->limit > 0 ? q->limit : PAGE_DEFAULT;
  item_key *keys = ARENA_ARRAY(c->arena, item_key, (size_t)max + 1);
  item_key from = {(date)after[0], after[1], after[2]};
  TRY(payment_page_items(c, d, seller, &from, (size_t)max + 1, &rows, keys, &count));
  bool more = count > (size_t)max;
  list->items = (field_array){rows, more ? (size_t)max : count};
  if (!more) return OK;
  const item_key *last = &keys[max - 1];
  list->next = cursor_print(c->arena, (const int64_t[]){last->due, last->child, last->kind}, 3);
  return OK;
}

/* --- the calendar ----------------------------------------------------------------------------- */
enum { CALENDAR_MAX = 400, CALENDAR_AHEAD = 30, CALENDAR_BEHIND = 7 };

typedef struct calendar_query {
  id seller;
  date from, to;
} calendar_query;
static const field calendar_query_fields[] = {
    F_ID(calendar_query, seller, 0, ID_TENANT,
         "Whose; operators see all when left out, sellers their own."),
    F_DATE(calendar_query, from, 0, "First day; a week ago when left out."),
    F_DATE(calendar_query, to, 0, "Last day; 30 days on when left out."),
};
SHAPE(payment_calendar_query_shape, "CalendarQuery", calendar_query, calendar_query_fields);

static const field due_day_fields[] = {
    F_DATE(due_day, due, 0, "The day."),
    F_INT(due_day, waiting, 0, 0, 0, "Items that wait for it."),
    F_AMOUNT(due_day, waiting_amount, 0, 0, 0, "Their sum."),
    F_INT(due_day, settled, 0, 0, 0, "Items that were made available."),
    F_AMOUNT(due_day, settled_amount, 0, 0, 0, "Their sum."),
    F_AMOUNT(due_day, reserve, 0, 0, 0, "How much of both is reserve that is given back."),
};
static SHAPE(due_day_shape, "DueDay", due_day, due_day_fields);
typedef struct calendar_out {
  date from, to;
  field_array days;
} calendar_out;
static const field calendar_fields[] = {
    F_DATE(calendar_out, from, 0, "First day."),
    F_DATE(calendar_out, to, 0, "Last day."),
    F_ARRAY(calendar_out, days, 0, 0, 0, &due_day_shape, "Days on which something falls due."),
};
SHAPE(payment_calendar_shape, "SettlementCalendar", calendar_out, calendar_fields);

READER(payment_read_calendar) {
  const calendar_query *q = r->query;
  calendar_out *o = out;
  due_day *days;
  size_t count;
  id seller = 0;
  if (r->who.kind == ACTOR_SELLER && q->seller != 0 && q->seller != r->who.tenant)
    return fail(c, E_NOT_FOUND, "There is no such seller.");
  if (r->who.kind != ACTOR_SELLER && !principal_sees_all(&r->who))
    return fail(c, E_FORBIDDEN, "Settlement is for sellers and operators.");
  seller = r->who.kind == ACTOR_SELLER ? r->who.tenant : q->seller;
  o->from = q->from != 0 ? q->from : c->today - CALENDAR_BEHIND;
  o->to = q->to != 0 ? q->to : c->today + CALENDAR_AHEAD;
  if (o->to < o->from || o->to - o->from >= CALENDAR_MAX)
    return fail_field(c, E_MALFORMED, STR("query/to"), "Ask for 1 to %d days.", CALENDAR_MAX);
  TRY(payment_due_days(c, d, seller, o->from, o->to, &days, &count));
  o->days = (field_array){days, count};
  return OK;
}

static const field settlement_fields[] = {
    F_ID_AS("settlement", settlement_row, settlement_id, 0, ID_SETTLEMENT, "The settlement."),
    F_ID(settlement_row, seller, 0, ID_TENANT, "Whose."),
    F_DATE(settlement_row, business_date, 0, "Of which day."),
    F_CURRENCY(settlement_row, currency, 0, "ISO 4217."),
    F_INT(settlement_row, items, 0, 0, 0, "How many items became due."),
    F_AMOUNT(settlement_row, settled, 0, 0, 0, "Their sum, minor units."),
    F_AMOUNT(settlement_row, available_before, 0, 0, 0,
             "What was there before; below zero is netted."),
    F_AMOUNT(settlement_row, paid_out, 0, 0, 0, "What went to the bank."),
    F_ID_AS("payout", settlement_row, payout_id, FIELD_OMIT_ZERO, ID_PAYOUT, "By which payout."),
    F_TIME(settlement_row, created_at, 0, "When."),
};
SHAPE(payment_settlement_shape, "Settlement", settlement_row, settlement_fields);

READER(payment_read_settlements) {
  id seller = 0, before;
  int64_t max;
  settlement_row *rows;
  size_t count;
  const seller_query *q = r->query;
  TRY(whose(c, r, &seller));
  TRY(page_open(c, &(page_query){q->limit, q->after}, &before, &max));
  TRY(settlements_page(c, d, seller, before, max, &rows, &count));
  id *ids = ARENA_ARRAY(c->arena, id, count + 1);
  for (size_t i = 0; i < count; i++)
    ids[i] = rows[i].settlement_id;
  page_close(c, out, rows, count, max, ids);
  return OK;
}

/* --- payouts ---------------------------------------------------------------------------------- */
static const field payout_fields[] = {
    F_ID(payout_brief, payout, 0, ID_PAYOUT, "The payout."),
    F_ID(payout_brief, seller, 0, ID_TENANT, "Whose."),
    F_DATE(payout_brief, on, 0, "Of which business date."),
    F_CURRENCY(payout_brief, currency, 0, "ISO 4217."),
    F_AMOUNT(payout_brief, amount, 0, 0, 0, "Minor units."),
    F_STR(payout_brief, state, 0, 0, 0, "sent, paid, or returned by the bank."),
    F_TIME(payout_brief, updated_at, 0, "When it last changed."),
};
SHAPE(payment_payout_shape, "Payout", payout_brief, payout_fields);

READER(payment_read_payouts) {
  id seller = 0, before;
  int64_t max;
  payout_brief *rows;
  size_t count;
  const seller_query *q = r->query;
  TRY(whose(c, r, &seller));
  TRY(page_open(c, &(page_query){q->limit, q->after}, &before, &max));
  TRY(payment_list_payouts(c, d, seller, before, (size_t)max, &rows, &count));
  id *ids = ARENA_ARRAY(c->arena, id, count + 1);
  for (size_t i = 0; i < count; i++)
    ids[i] = rows[i].payout;
  page_close(c, out, rows, count, max, ids);
  return OK;
}

PAGE(payment_page_payout_file) {
  date on;
  if (!date_parse(r->param_text[0], &on))
    return fail_field(c, E_MALFORMED, STR("path/text"), "Write the business date as YYYY-MM-DD.");
  *content_type = "text/csv; charset=utf-8";
  return payment_payout_file(c, d, on, out);
}

/* --- chargebacks ------------------------------------------------------------------------------ */
static const field dispute_fields[] = {
    F_ID_AS("dispute", dispute_row, dispute_id, 0, ID_DISPUTE, "The dispute."),
    F_ID_AS("payment", dispute_row, payment_id, 0, ID_PAYMENT, "The payment."),
    F_ID(dispute_row, seller, 0, ID_TENANT, "From whom the amount is held."),
    F_ID(dispute_row, child, 0, ID_CHILD_ORDER, "For which child order."),
    F_AMOUNT(dispute_row, amount, 0, 0, 0, "Minor units."),
    F_CURRENCY(dispute_row, currency, 0, "ISO 4217."),
    F_ENUM(dispute_row, state, 0, payment_dispute_states, "Where it stands."),
    F_STR(dispute_row, reason, FIELD_OMIT_ZERO, 0, 0, "Why the payer's bank disputes."),
    F_STR(dispute_row, evidence, FIELD_OMIT_ZERO, 0, 0, "What the seller answered."),
    F_TIME(dispute_row, answer_by, 0,
           "Until when evidence is taken; after it the dispute is lost."),
    F_TIME(dispute_row, opened_at, 0, "When it was opened."),
    F_TIME(dispute_row, closed_at, FIELD_OMIT_ZERO, "When it ended."),
};
SHAPE(payment_dispute_shape, "Dispute", dispute_row, dispute_fields);

static const field open_fields[] = {
    F_ID_AS("payment", dispute_open_in, payment_id, FIELD_REQUIRED, ID_PAYMENT, "The payment."),
    F_ID(dispute_open_in, child, FIELD_REQUIRED, ID_CHILD_ORDER, "The child order."),
    F_AMOUNT(dispute_open_in, amount, FIELD_REQUIRED, 1, MONEY_MAX_JSON, "Minor units disputed."),
    F_STR(dispute_open_in, reason, 0, 0, 500, "Why, in the bank's words."),
};
SHAPE(payment_dispute_open_shape, "DisputeNotice", dispute_open_in, open_fields);

static const field evidence_fields[] = {F_STR(dispute_step_in, evidence, FIELD_REQUIRED, 1, 4000,
                                              "What shows that the goods came as ordered.")};
SHAPE(payment_dispute_evidence_shape, "DisputeEvidence", dispute_step_in, evidence_fields);

static const char *const outcomes[] = {"won", "lost", NULL};
static const field close_fields[] = {
    F_ENUM(dispute_step_in, step, FIELD_REQUIRED, outcomes, "What the channel decided.")};
SHAPE(payment_dispute_close_shape, "DisputeOutcome", dispute_step_in, close_fields);

READER(payment_read_disputes) {
  id before, seller = r->who.kind == ACTOR_SELLER ? r->who.tenant : 0;
  int64_t max;
  dispute_row *rows;
  size_t count;
  if (seller == 0 && !principal_sees_all(&r->who))
    return fail(c, E_FORBIDDEN, "Disputes are for sellers and operators.");
  TRY(page_open(c, r->query, &before, &max));
  TRY(disputes_page(c, d, seller, before, max, &rows, &count));
  id *ids = ARENA_ARRAY(c->arena, id, count + 1);
  for (size_t i = 0; i < count; i++)
    ids[i] = rows[i].dispute_id;
  page_close(c, out, rows, count, max, ids);
  return OK;
}

PREPARER(payment_prepare_dispute) {
  dispute_open_in *in = ARENA_NEW(c->arena, dispute_open_in);
  *in = *(const dispute_open_in *)r->in;
  cmd->type = &payment_open_dispute;
  cmd->state = in;
  *out = &in->out;
  return OK;
}

static status step(ctx *c, const request *r, int how, str evidence, command *cmd, void **out) {
  dispute_step_in *in = ARENA_NEW(c->arena, dispute_step_in);
  *in = (dispute_step_in){.dispute_id = r->params[0], .step = how, .evidence = evidence};
  cmd->type = &payment_step_dispute;
  cmd->state = in;
  *out = &in->out;
  return OK;
}

PREPARER(payment_prepare_evidence) {
  return step(c, r, DISPUTE_EVIDENCE, ((const dispute_step_in *)r->in)->evidence, cmd, out);
}

PREPARER(payment_prepare_dispute_close) {
  bool won = ((const dispute_step_in *)r->in)->step == 0;
  return step(c, r, won ? DISPUTE_WON : DISPUTE_LOST, (str){0}, cmd, out);
}
