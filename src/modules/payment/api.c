/* api.c - the routes of the payment module in one table, and the paging they share. What a route
 * reads or writes is in the api_*.c files beside. */
#include "modules/payment/api.h"

static const field page_fields[] = {F_PAGE(page_query)};
SHAPE(payment_page_shape, "Page", page_query, page_fields);

status page_keys(ctx *c, str after, int64_t *keys, size_t count) {
  if (after.len == 0 || cursor_parse(after, keys, count)) return OK;
  return fail_field(c, E_MALFORMED, STR("query/after"),
                    "Use the `next` of the page before, unchanged.");
}

status page_open(ctx *c, const page_query *q, id *after, int64_t *max) {
  *after = 0;
  TRY(page_keys(c, q->after, after, 1));
  *max = (q->limit > 0 ? q->limit : PAGE_DEFAULT) + 1;
  return OK;
}

void page_close(ctx *c, list_out *out, void *items, size_t count, int64_t max, const id *ids) {
  bool more = (int64_t)count == max;
  if (more) count--;
  out->items = (field_array){items, count};
  if (more) out->next = cursor_print(c->arena, &ids[count - 1], 1);
}

#define READ(path, scope, flags, summary, query, out, read) \
  { GET, path, scope, flags, summary, query, NULL, out, read, NULL, NULL, 0 }
#define WRITE(path, scope, flags, summary, in, out, prepare) \
  { POST, path, scope, flags, summary, NULL, in, out, NULL, prepare, NULL, 0 }

const route payment_routes[] = {
    READ("/v1/payments", SCOPE_SELF, ROUTE_LIST,
         "Payments, newest first: one's own, or all for operators", &payment_list_query_shape,
         &payment_row_shape, payment_read_list),
    READ("/v1/payments/{pay}", SCOPE_SELF, 0, "One payment with its tenders, attempts and refunds",
         NULL, &payment_view_shape, payment_read_one),
    READ("/v1/payments/{pay}/attempts", SCOPE_SUPERVISE, ROUTE_LIST,
         "What channels were asked, and what they said", &payment_page_shape,
         &payment_attempt_shape, payment_read_attempts),
    WRITE("/v1/payments/{pay}/capture", SCOPE_OPERATE, ROUTE_NO_BODY, "Capture what was authorised",
          NULL, &payment_capture_shape, payment_prepare_capture),
    WRITE("/v1/payments/{pay}/cancel", SCOPE_BUY, ROUTE_NO_BODY,
          "Give up a payment that is not paid yet", NULL, &payment_cancel_shape,
          payment_prepare_cancel),
    WRITE("/v1/payments/{pay}/query", SCOPE_OPERATE, ROUTE_NO_BODY,
          "Ask the channels again for every open attempt", NULL, &payment_query_shape,
          payment_prepare_query),
    READ("/v1/wallet", SCOPE_WALLET, 0, "One's own balance", NULL, &payment_wallet_shape,
         payment_read_wallet),
    READ("/v1/wallet/statement", SCOPE_WALLET, ROUTE_LIST,
         "What went in and out of one's own wallet, newest first", &payment_page_shape,
         &payment_wallet_line_shape, payment_read_statement),
    WRITE("/v1/wallet/top-ups", SCOPE_WALLET, ROUTE_CREATED, "Fill one's wallet through a channel",
          &payment_top_up_shape, &payment_topped_shape, payment_prepare_top_up),
    WRITE("/v1/wallet/withdrawals", SCOPE_WALLET, ROUTE_CREATED, "Take money out to a bank account",
          &payment_top_up_shape, &payment_moved_shape, payment_prepare_withdraw),
    WRITE("/v1/wallet/transfers", SCOPE_WALLET, ROUTE_CREATED,
          "Send money to another person's wallet", &payment_wallet_send_shape, &payment_moved_shape,
          payment_prepare_send),

    READ("/v1/payment-channels", SCOPE_PUBLIC, ROUTE_LIST,
         "Channels a buyer can pay by now; all on one page", &payment_page_shape,
         &payment_method_shape, payment_read_methods),
    READ("/v1/promotions", SCOPE_PUBLIC, ROUTE_LIST,
         "Credit that buyers can use now; all on one page", &payment_page_shape,
         &payment_promotion_shape, payment_read_promotions),
    READ("/v1/vouchers/{text}", SCOPE_BUY, 0, "What a voucher is worth, by its code", NULL,
         &payment_voucher_look_shape, payment_read_voucher),
    READ("/v1/campaigns", SCOPE_SUPERVISE, ROUTE_LIST,
         "Campaigns; they are funded by the action campaign.fund", &payment_page_shape,
         &payment_campaign_shape, payment_read_campaigns),
    READ("/v1/campaigns/{cmp}/vouchers", SCOPE_SUPERVISE, ROUTE_LIST,
         "A campaign's vouchers, newest first, codes masked", &payment_page_shape,
         &payment_voucher_shape, payment_read_vouchers),
    WRITE("/v1/campaigns/{cmp}/vouchers", SCOPE_MONEY, ROUTE_CREATED,
          "Issue single-use codes out of a budget", &payment_voucher_issue_shape,
          &payment_voucher_issue_shape, payment_prepare_vouchers),

    READ("/v1/channels", SCOPE_SUPERVISE, ROUTE_LIST, "Outside channels", &payment_page_shape,
         &payment_channel_shape, payment_read_channels),
    WRITE("/v1/channels", SCOPE_MONEY, ROUTE_CREATED, "Add an outside channel",
          &payment_channel_in_shape, &payment_channel_in_shape, payment_prepare_channel),
    WRITE("/v1/channels/{chn}/switch", SCOPE_MONEY, 0,
          "Switch a channel on or off; holds from the next payment on",
          &payment_channel_switch_shape, &payment_channel_shape, payment_prepare_switch),

    READ("/v1/settlement-items", SCOPE_SELF, ROUTE_LIST,
         "What sellers are owed and when, reserves too; one's own, or all for operators",
         &payment_seller_query_shape, &payment_item_shape, payment_read_items),
    READ("/v1/settlement-calendar", SCOPE_SELF, 0,
         "What falls due on each day of a period; one's own, or all for operators",
         &payment_calendar_query_shape, &payment_calendar_shape, payment_read_calendar),
    READ("/v1/settlements", SCOPE_SELF, ROUTE_LIST,
         "Settlements, newest first: one's own, or all for operators", &payment_seller_query_shape,
         &payment_settlement_shape, payment_read_settlements),
    READ("/v1/payouts", SCOPE_SELF, ROUTE_LIST,
         "Payouts, newest first: one's own, or all for operators", &payment_seller_query_shape,
         &payment_payout_shape, payment_read_payouts),
    {GET, "/v1/payout-files/{text}", SCOPE_SUPERVISE, 0,
     "The payout file of a business date (YYYY-MM-DD) as CSV, a line a payout", NULL, NULL, NULL,
     NULL, NULL, payment_page_payout_file, 0},

    READ("/v1/disputes", SCOPE_SELF, ROUTE_LIST,
         "Chargebacks, newest first: one's own, or all for operators", &payment_page_shape,
         &payment_dispute_shape, payment_read_disputes),
    WRITE("/v1/disputes", SCOPE_OPERATE, ROUTE_CREATED,
          "Note a chargeback: the amount is held from the seller", &payment_dispute_open_shape,
          &payment_dispute_shape, payment_prepare_dispute),
    WRITE("/v1/disputes/{dsp}/evidence", SCOPE_SELL, 0,
          "Answer a chargeback before its clock runs out", &payment_dispute_evidence_shape,
          &payment_dispute_shape, payment_prepare_evidence),
    WRITE("/v1/disputes/{dsp}/close", SCOPE_OPERATE, 0, "Note how the channel decided",
          &payment_dispute_close_shape, &payment_dispute_shape, payment_prepare_dispute_close),

    READ("/v1/breaks", SCOPE_SUPERVISE, ROUTE_LIST,
         "What did not fit; resolved by the action break.resolve", &payment_break_query_shape,
         &payment_break_shape, payment_read_breaks),
    WRITE("/v1/breaks/{brk}/claim", SCOPE_OPERATE, ROUTE_NO_BODY,
          "Say that one looks into a break; whoever had it before is relieved", NULL,
          &payment_break_claim_shape, payment_prepare_break_claim),
    READ("/v1/safeguarding", SCOPE_SUPERVISE, ROUTE_LIST,
         "Proofs that customers' money is whole, newest first", &payment_page_shape,
         &payment_proof_shape, payment_read_proofs),
    WRITE("/v1/safeguarding", SCOPE_SUPERVISE, ROUTE_NO_BODY | ROUTE_CREATED,
          "Take the proof now and keep it", NULL, &payment_prove_shape, payment_prepare_proof),
};
