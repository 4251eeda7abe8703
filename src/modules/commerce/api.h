/* api.h - private to commerce: the handlers and shapes that the one table of routes (api.c) puts together. */
#ifndef TAEL_COMMERCE_API_H
#define TAEL_COMMERCE_API_H

#include "modules/commerce/model.h"

#define PREPARE(name) status name(ctx *c, const request *r, command *cmd, void **out)
#define READ(name) status name(ctx *c, const request *r, db *d, void *out)

/* api_shop.c */
extern const shape shop_in_shape, shop_shape, contract_shape, contract_in_shape, shop_query_shape;
PREPARE(prepare_shop);
READ(read_shop);
READ(read_shop_by_slug);
READ(list_shops);
PREPARE(prepare_contract);
PREPARE(prepare_contract_approve);
PREPARE(prepare_contract_refuse);
READ(list_contracts);

/* api_catalog.c */
extern const shape category_shape, product_in_shape, product_shape, product_query_shape, offer_in_shape, offer_shape,
    price_shape, review_shape;
PREPARE(prepare_category);
READ(list_categories);
PREPARE(prepare_product);
READ(read_product);
READ(list_products);
PREPARE(prepare_offer);
PREPARE(prepare_price);
READ(list_reviews);

/* api_stock.c */
extern const shape warehouse_shape, stock_move_shape, stock_shape, stock_query_shape;
PREPARE(prepare_warehouse);
READ(list_warehouses);
PREPARE(prepare_receipt);
PREPARE(prepare_adjustment);
READ(list_stock);

/* api_cart.c */
extern const shape cart_shape, cart_put_shape, cart_checkout_shape, checkout_shape;
PREPARE(prepare_cart);
READ(read_cart);
PREPARE(prepare_cart_put);
PREPARE(prepare_cart_checkout);
PREPARE(prepare_checkout);

/* api_order.c, api_steps.c */
extern const shape order_query_shape, order_summary_shape, child_summary_shape, child_query_shape, story_shape,
    pay_in_shape, reason_in_shape, refund_in_shape, return_in_shape, return_out_shape, return_decision_shape,
    review_in_shape;
READ(read_order);
READ(list_orders);
READ(list_children);
READ(read_story);
PREPARE(prepare_pay);
PREPARE(prepare_cancel);
PREPARE(prepare_child_cancel);
PREPARE(prepare_ship);
PREPARE(prepare_confirm);
PREPARE(prepare_refund);
PREPARE(prepare_return);
PREPARE(prepare_return_decision);
READ(list_returns);
PREPARE(prepare_review);

/* shared: keys of a page, E_MALFORMED when the cursor is not ours */
status page_from(ctx *c, str after, int64_t *key);
size_t page_limit(int64_t limit);
bool sees_all(const principal *who);
id seller_of(const principal *who); /* the tenant of a seller; 0 for who sees all */

#endif
