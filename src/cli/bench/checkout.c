/* checkout.c - whole checkouts: one POST takes a ready cart to a paid order over two sellers, with balance, voucher and campaign
 * credit; goods, money, points and events in one commit. Carts and vouchers are made before the run. */
#include "cli/bench/bench.h"
#include "cli/replay/crew.h"
#include "modules/commerce/commerce.h"

enum { ANSWER_BYTES = 900, SELLERS = 20, OFFERS_PER_SELLER = 10, STOCK = 100000000, PRICE = 2500, CREDIT = 300, CREW = 1024 };

typedef struct shopper { id user; str key; } shopper;
typedef struct checkout {
  bench *bench;
  id campaign;
  id offers[SELLERS * OFFERS_PER_SELLER];
  shopper *shoppers;
  uint64_t next_number;
} checkout;

static status open_shop(bench *b, checkout *k, size_t i) {
  ctx *c = b->ctx;
  engine *e = b->app->engine;
  principal system = engine_system(e);
  tenant_new tenant = {.name = str_format(c->arena, "Seller %zu", i), .kind = STR("seller")};
  TRY(engine_call(c, e, &identity_create_tenant, &tenant, system));
  shop_new shop = {.seller = tenant.tenant_id, .name = tenant.name, .slug = str_format(c->arena, "seller-%zu", i), .approved = true,
                   .terms = {.commission_ppb = 60000000, .settle_days = 7}};
  TRY(engine_call(c, e, &commerce_create_shop, &shop, system));
  for (size_t n = 0; n < OFFERS_PER_SELLER; n++) {
    variant_new v = {.sku = str_format(c->arena, "sku-%zu-%zu", i, n), .name = STR("One"), .price = PRICE};
    product_new p = {.shop = shop.shop_id, .title = str_format(c->arena, "Thing %zu of seller %zu", n, i), .variants = {&v, 1}};
    TRY(engine_call(c, e, &commerce_create_product, &p, system));
    stock_move m = {.variant = v.variant_id, .warehouse = shop.warehouse_id, .quantity = STOCK, .why = WHY_RECEIVE_STOCK};
    TRY(engine_call(c, e, &commerce_move_stock, &m, system));
    k->offers[i * OFFERS_PER_SELLER + n] = v.offer_id;
  }
  return OK;
}
