/* api_story.c - an order's whole story over JSON: what happened, how it was paid with every attempt
 * on a channel, and each transfer of goods, money and points about it. Reads only. */
#include "modules/commerce/api.h"
#include "modules/payment/report.h"

#include <stdlib.h>

/* --- steps and journal ---------------------------------------------------------------------------
 */

static const field step_fields[] = {
    F_TIME(story_step, at, 0, "When it happened."),
    F_STR(story_step, what, 0, 0, 0, "\"order.paid\", \"parcel.handed_over\" and the like."),
    F_ID(story_step, child, FIELD_OMIT_ZERO, ID_CHILD_ORDER, "The child order it is about."),
    F_ID(story_step, command, 0, ID_COMMAND, "The command that did it; see the audit trail."),
    F_JSON(story_step, detail, FIELD_OMIT_ZERO, 0, "More about it."),
};
static SHAPE(step_shape, "StoryStep", story_step, step_fields);

typedef struct journal_line {
  id128 transfer;
  instant at;
  date business_date;
  id debit_account, credit_account, command;
  int64_t amount, asset;
  str why, why_zh, state;
} journal_line;
static const field journal_fields[] = {
    F_ID128(journal_line, transfer, 0, "The transfer."),
    F_TIME(journal_line, at, 0, "Engine time."),
    F_DATE(journal_line, business_date, 0, "Of the books."),
    F_ID(journal_line, debit_account, 0, ID_ACCOUNT, "Debited."),
    F_ID(journal_line, credit_account, 0, ID_ACCOUNT, "Credited."),
    F_INT(journal_line, amount, 0, 0, 0, "Minor units of the asset."),
    F_INT(journal_line, asset, 0, 0, 0,
          "Number in the registry: 156 is CNY, from 1000 on goods and points."),
    F_STR(journal_line, why, 0, 0, 0, "Why value moved."),
    F_STR(journal_line, why_zh, 0, 0, 0, "The same in Chinese."),
    F_STR(journal_line, state, 0, 0, 0,
          "posted, hold, hold posted, hold voided, hold expired or reversal."),
    F_ID(journal_line, command, 0, ID_COMMAND, "The command that did it."),
};
static SHAPE(journal_shape, "JournalLine", journal_line, journal_fields);

/* --- its payment ---------------------------------------------------------------------------------
 */

static const field tender_fields[] = {
    F_INT(tender_brief, tender, 0, 0, 0, "Which of the tenders sent, from 0."),
    F_STR(tender_brief, kind, 0, 0, 0, "balance, channel, voucher, campaign or suspense."),
    F_ID(tender_brief, child, 0, ID_CHILD_ORDER, "The child order it pays."),
    F_ID(tender_brief, seller, 0, ID_TENANT, "Its seller."),
    F_AMOUNT(tender_brief, amount, 0, 0, 0, "What it pays of it."),
    F_AMOUNT(tender_brief, refunded, 0, 0, 0, "Given back of that."),
};
static SHAPE(tender_shape, "StoryTender", tender_brief, tender_fields);
static const field attempt_fields[] = {
    F_ID(attempt_brief, attempt, 0, ID_ATTEMPT, "The attempt."),
    F_STR(attempt_brief, kind, 0, 0, 0, "authorise, sale, capture, void, refund or payout."),
    F_STR(attempt_brief, state, 0, 0, 0, "Where it stands."),
    F_STR(attempt_brief, method, FIELD_OMIT_ZERO, 0, 0, "card, boleto and the like."),
    F_STR(attempt_brief, channel, 0, 0, 0, "The channel's name."),
    F_STR(attempt_brief, channel_ref, FIELD_OMIT_ZERO, 0, 0, "The channel's reference."),
    F_STR(attempt_brief, reason, FIELD_OMIT_ZERO, 0, 0, "The channel's words when it declined."),
    F_AMOUNT(attempt_brief, amount, 0, 0, 0, "What was asked for."),
    F_TIME(attempt_brief, created_at, 0, "When it was journalled, before it was sent."),
    F_TIME(attempt_brief, updated_at, 0, "When its state was last learned."),
};
static SHAPE(attempt_shape, "StoryAttempt", attempt_brief, attempt_fields);
static const field refund_fields[] = {
    F_ID(refund_brief, refund, 0, ID_REFUND, "The refund."),
    F_ID(refund_brief, seller, 0, ID_TENANT, "Whose sale it is of."),
    F_AMOUNT(refund_brief, amount, 0, 0, 0, "Given back."),
    F_STR(refund_brief, state, 0, 0, 0, "Where it stands."),
    F_STR(refund_brief, reason, FIELD_OMIT_ZERO, 0, 0, "Why."),
    F_TIME(refund_brief, at, 0, "When it was made."),
};
static SHAPE(refund_shape, "StoryRefund", refund_brief, refund_fields);

typedef struct payment_part {
  id payment;
  str state;
  int64_t total, captured, refunded;
  field_array tenders, attempts, refunds;
} payment_part;
static const field payment_fields[] = {
    F_ID(payment_part, payment, 0, ID_PAYMENT, "The payment."),
    F_STR(payment_part, state, 0, 0, 0, "Where it stands."),
    F_AMOUNT(payment_part, total, 0, 0, 0, "What it is about."),
    F_AMOUNT(payment_part, captured, 0, 0, 0, "Money that came in."),
    F_AMOUNT(payment_part, refunded, 0, 0, 0, "Given back."),
    F_ARRAY(payment_part, tenders, 0, 0, 0, &tender_shape, "What pays which child order."),
    F_ARRAY(payment_part, attempts, 0, 0, 0, &attempt_shape, "Every try on a channel."),
    F_ARRAY(payment_part, refunds, 0, 0, 0, &refund_shape, "Every refund."),
};
static SHAPE(payment_shape, "StoryPayment", payment_part, payment_fields);

static status read_payment(ctx *c, db *d, id payment, field_array *out) {
  payment_story story;
  if (payment == 0) return OK;
  TRY(payment_story_get(c, d, payment, &story));
  payment_part *p = ARENA_NEW(c->arena, payment_part);
  *p = (payment_part){.payment = story.payment,
                      .state = story.state,
                      .total = story.total,
                      .captured = story.captured,
                      .refunded = story.refunded,
                      .tenders = {story.tenders, story.tender_count},
                      .attempts = {story.attempts, story.attempt_count},
                      .refunds = {story.refunds, story.refund_count}};
  *out = (field_array){p, 1};
  return OK;
}

/* --- all of it -----------------------------------------------------------------------------------
 */

typedef struct story_out {
  order_view order;
  field_array steps, payments, journal;
} story_out;
static const field story_fields[] = {
    F_OBJECT(story_out, order, 0, &commerce_order_shape, "The order as it is now."),
    F_ARRAY(story_out, steps, 0, 0, 0, &step_shape, "What happened, oldest first."),
    F_ARRAY(story_out, payments, 0, 0, 0, &payment_shape,
            "How it was paid: tenders, attempts, refunds."),
    F_ARRAY(story_out, journal, 0, 0, 0, &journal_shape,
            "Every transfer of goods, money and points about it."),
};
SHAPE(commerce_story_shape, "OrderStory", story_out, story_fields);

static const char *transfer_state(const transfer *t) {
  if (t->flags & TRANSFER_PENDING) return "hold";
  if (t->flags & TRANSFER_POST) return "hold posted";
  if (t->flags & TRANSFER_VOID) return "hold voided";
  if (t->flags & TRANSFER_EXPIRY) return "hold expired";
  return t->flags & TRANSFER_REVERSAL ? "reversal" : "posted";
}

typedef struct journal_list {
  journal_line *items;
  size_t count;
} journal_list;

/* The transfers that name `ref` as what they are about. */
static status add_journal(ctx *c, db *d, id ref, journal_list *list) {
  transfer *transfers;
  size_t count;
  TRY(ledger_transfers_by_ref(c, d, ref, &transfers, &count));
  list->items = arena_grow(c->arena, list->items, list->count * sizeof(journal_line),
                           (list->count + count + 1) * sizeof(journal_line));
  for (size_t i = 0; i < count; i++) {
    const transfer *t = &transfers[i];
    list->items[list->count++] = (journal_line){.transfer = t->id,
                                                .at = t->time,
                                                .business_date = t->business_date,
                                                .debit_account = t->debit_account,
                                                .credit_account = t->credit_account,
                                                .command = t->command,
                                                .amount = t->amount,
                                                .asset = t->asset,
                                                .why = str_from(reason_text(t->code, false)),
                                                .why_zh = str_from(reason_text(t->code, true)),
                                                .state = str_from(transfer_state(t))};
  }
  return OK;
}

static int by_time(const void *left, const void *right) {
  const journal_line *a = left, *b = right;
  return a->at < b->at ? -1 : a->at > b->at;
}

/* Paying is about the order, releasing and commission about a seller's part, giving back about the
 * refund: all of it, in the order in which it was written. */
static status read_journal(ctx *c, db *d, const order_view *o, const field_array *payments,
                           field_array *out) {
  journal_list list = {0};
  const child_view *children = o->children.items;
  const payment_part *paid = payments->items;
  TRY(add_journal(c, d, o->order, &list));
  for (size_t i = 0; i < o->children.count; i++)
    TRY(add_journal(c, d, children[i].child, &list));
  for (size_t p = 0; p < payments->count; p++) {
    const refund_brief *refunds = paid[p].refunds.items;
    TRY(add_journal(c, d, paid[p].payment, &list));
    for (size_t i = 0; i < paid[p].refunds.count; i++)
      TRY(add_journal(c, d, refunds[i].refund, &list));
  }
  qsort(list.items, list.count, sizeof(journal_line), by_time);
  *out = (field_array){list.items, list.count};
  return OK;
}

READ(commerce_read_story) {
  story_out *s = out;
  TRY(commerce_visible_order(c, r, d, &s->order));
  if (r->who.kind == ACTOR_SELLER) {
    return fail(c, E_FORBIDDEN,
                "The whole story is the buyer's and the operators'; see the child order's events.");
  }
  story_step *steps;
  size_t count;
  TRY(commerce_story(c, d, s->order.order, &steps, &count));
  s->steps = (field_array){steps, count};
  TRY(read_payment(c, d, s->order.payment, &s->payments));
  return read_journal(c, d, &s->order, &s->payments, &s->journal);
}
