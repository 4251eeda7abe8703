/* api.h - private to commerce: the handlers and shapes that the one table of routes (api.c) puts
 * together. */
#ifndef TAEL_COMMERCE_API_H
#define TAEL_COMMERCE_API_H

#include "modules/commerce/model.h"

#define PREPARE(name) status name(ctx *c, const request *r, command *cmd, void **out)
#define READ(name) status name(ctx *c, const request *r, db *d, void *out)

/* api_shop.c */
extern const shape commerce_shop_in_shape, commerce_shop_shape, commerce_contract_shape,
    commerce_contract_in_shape, commerce_shop_query_shape;
PREPARE(commerce_prepare_shop);
READ(commerce_read_shop);
READ(commerce_read_shop_by_slug);
READ(commerce_list_shops);
PREPARE(commerce_prepare_contract);
PREPARE(commerce_prepare_contract_approve);
PREPARE(commerce_prepare_contract_refuse);
READ(commerce_list_contracts);

/* api_catalog.c */
extern const shape commerce_category_shape, commerce_product_in_shape, commerce_product_shape,
    commerce_product_query_shape, commerce_offer_in_shape, commerce_offer_shape,
    commerce_price_shape, commerce_review_shape;
PREPARE(commerce_prepare_category);
READ(commerce_list_categories);
PREPARE(commerce_prepare_product);
READ(commerce_read_product);
READ(commerce_list_products);
PREPARE(commerce_prepare_offer);
PREPARE(commerce_prepare_price);
READ(commerce_list_reviews);

/* api_edit.c */
extern const shape commerce_product_change_shape, commerce_shop_change_shape, commerce_share_shape;
PREPARE(commerce_prepare_product_change);
PREPARE(commerce_prepare_shop_change);
READ(commerce_read_share);
READ(commerce_list_prices);

/* api_stock.c */
extern const shape commerce_warehouse_shape, stock_move_shape, commerce_stock_shape,
    commerce_stock_query_shape;
PREPARE(commerce_prepare_warehouse);
READ(commerce_list_warehouses);
PREPARE(commerce_prepare_receipt);
PREPARE(commerce_prepare_adjustment);
READ(commerce_list_stock);

/* api_cart.c */
extern const shape commerce_cart_shape, commerce_cart_put_shape, commerce_cart_checkout_shape,
    commerce_checkout_shape;
PREPARE(commerce_prepare_cart);
READ(commerce_read_cart);
PREPARE(commerce_prepare_cart_put);
PREPARE(commerce_prepare_cart_checkout);
PREPARE(commerce_prepare_checkout);

/* api_quote.c */
extern const shape commerce_quote_shape, commerce_quote_query_shape, commerce_message_shape;
READ(commerce_read_quote);
READ(commerce_list_messages);

/* api_order.c, api_steps.c, api_story.c */
extern const shape commerce_order_query_shape, commerce_order_summary_shape,
    commerce_child_summary_shape, commerce_child_query_shape, commerce_story_shape,
    commerce_pay_in_shape, commerce_reason_in_shape, commerce_refund_in_shape,
    commerce_return_in_shape, commerce_return_out_shape, commerce_return_decision_shape,
    commerce_review_in_shape;
READ(commerce_read_order);
READ(commerce_list_orders);
READ(commerce_list_children);
READ(commerce_read_story);
PREPARE(commerce_prepare_pay);
PREPARE(commerce_prepare_cancel);
PREPARE(commerce_prepare_child_cancel);
PREPARE(commerce_prepare_ship);
PREPARE(commerce_prepare_confirm);
PREPARE(commerce_prepare_refund);
PREPARE(commerce_prepare_return);
PREPARE(commerce_prepare_return_decision);
READ(commerce_list_returns);
extern const shape commerce_open_return_shape, commerce_open_return_query_shape;
READ(commerce_list_open_returns);
PREPARE(commerce_prepare_review);

/* shared: keys of a page, E_MALFORMED when the cursor is not ours */
status commerce_page_from(ctx *c, str after, int64_t *key);
status commerce_page_refuse(ctx *c); /* a cursor that is none of ours */
/* The order as the caller may see it; what is not theirs does not exist. */
status commerce_visible_order(ctx *c, const request *r, db *d, order_view *out);
str commerce_shop_link(ctx *c, str slug); /* the shop's page on this market */
size_t commerce_page_limit(int64_t limit);
id commerce_seller_of(const principal *who); /* the tenant of a seller; 0 for who sees all */

#endif
