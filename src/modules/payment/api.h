/* api.h - what the api_*.c files share: the table of routes, paging, and who may see what. Private.
 */
#ifndef TAEL_PAYMENT_API_H
#define TAEL_PAYMENT_API_H

#include "modules/payment/commands.h"

enum { PAYMENT_ROUTES = 33 };
extern const route payment_routes[PAYMENT_ROUTES];

enum { PAGE_DEFAULT = 50, PAGE_MAX = 200 };
extern const shape payment_page_shape;
/* after: the last id of the page before, or 0; max: one more than the page, to know whether there
 * is a next. */
status page_open(ctx *c, const page_query *q, id *after, int64_t *max);
/* The integers of a cursor; left as they are when there is none. */
status page_keys(ctx *c, str after, int64_t *keys, size_t count);
/* Drops the one too many and says where the next page starts; ids[i] is the key of element i. */
void page_close(ctx *c, list_out *out, void *items, size_t count, int64_t max, const id *ids);

/* Every reader and preparer, named after its route. */
#define READER(name) status name(ctx *c, const request *r, db *d, void *out)
#define PAGE(name) status name(ctx *c, const request *r, db *d, buf *out, const char **content_type)
#define PREPARER(name) status name(ctx *c, const request *r, command *cmd, void **out)

READER(payment_read_one);
READER(payment_read_list);
READER(payment_read_attempts);
PREPARER(payment_prepare_capture);
PREPARER(payment_prepare_cancel);
PREPARER(payment_prepare_query);
READER(payment_read_channels);
READER(payment_read_campaigns);
READER(payment_read_vouchers);
PAGE(payment_page_payout_file);
READER(payment_read_breaks);
READER(payment_read_proofs);
READER(payment_read_items);
READER(payment_read_calendar);
READER(payment_read_settlements);
READER(payment_read_payouts);
READER(payment_read_disputes);
READER(payment_read_wallet);
READER(payment_read_statement);
READER(payment_read_methods);
READER(payment_read_promotions);
READER(payment_read_voucher);
PREPARER(payment_prepare_channel);
PREPARER(payment_prepare_switch);
PREPARER(payment_prepare_vouchers);
PREPARER(payment_prepare_break_claim);
PREPARER(payment_prepare_proof);
PREPARER(payment_prepare_dispute);
PREPARER(payment_prepare_evidence);
PREPARER(payment_prepare_dispute_close);
PREPARER(payment_prepare_top_up);
PREPARER(payment_prepare_withdraw);
PREPARER(payment_prepare_send);
extern const shape payment_channel_shape, payment_channel_in_shape, payment_channel_switch_shape,
    payment_campaign_shape, payment_voucher_issue_shape, payment_break_shape, payment_proof_shape,
    payment_prove_shape, payment_seller_query_shape, payment_item_shape, payment_settlement_shape,
    payment_payout_shape, payment_dispute_shape, payment_dispute_open_shape,
    payment_dispute_evidence_shape, payment_dispute_close_shape, payment_wallet_shape,
    payment_wallet_line_shape, payment_top_up_shape, payment_wallet_send_shape,
    payment_topped_shape, payment_moved_shape, payment_voucher_shape, payment_method_shape,
    payment_promotion_shape, payment_voucher_look_shape;
extern const shape payment_view_shape, payment_row_shape, payment_attempt_shape,
    payment_capture_shape, payment_cancel_shape, payment_query_shape, payment_list_query_shape,
    payment_break_query_shape, payment_break_claim_shape, payment_calendar_query_shape,
    payment_calendar_shape;

#endif
