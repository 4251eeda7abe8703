/* test_api.c - commerce through the router: from an empty shop to a delivered order, and what
 * others must not see. */
#include "modules/commerce/test.h"

#include <string.h>

static test_caller seller_caller(test_shops *s, size_t i) {
  user_new u = {.email = str_format(s->m->arena, "seller-%zu@example.com", i),
                .name = STR("Seller"),
                .kind = ACTOR_SELLER,
                .tenant = s->seller[i]};
  u.password_hash = identity_hash_password(test_market_ctx(s->m), STR(TEST_PASSWORD));
  test_do(s, &identity_create_user, &u, OK);
  return test_sign_in(s->m, u.email.at, TEST_PASSWORD);
}

static test_caller buyer_caller(test_shops *s, const char *email, int64_t money_minor) {
  test_buyer(s, email, money_minor);
  return test_sign_in(s->m, email, TEST_PASSWORD);
}

static const char *text(test_shops *s, const char *before, id_kind kind, id value,
                        const char *after) {
  return str_format(s->m->arena, "%s%.*s%s", before, STR_ARGS(id_print(s->m->arena, kind, value)),
                    after)
      .at;
}

static test_reply call(test_shops *s, const test_caller *who, const char *verb, const char *path,
                       const char *body, int expected) {
  test_reply r = test_call(s->m, who, verb, path, body);
  if (r.status != expected) print_message("%s %s: %.*s\n", verb, path, STR_ARGS(r.body));
  assert_int_equal(r.status, expected);
  return r;
}

static const char *checkout_body(test_shops *s, int quantity, int64_t amount) {
  return str_format(
             s->m->arena,
             "{\"lines\":[{\"offer\":\"%.*s\",\"quantity\":%d}],\"address\":{\"city\":\"杭州\"},"
             "\"tenders\":[{\"kind\":\"balance\",\"amount\":%lld}]}",
             STR_ARGS(id_print(s->m->arena, ID_OFFER, s->offer[1])), quantity, (long long)amount)
      .at;
}

static void a_shop_opens_when_an_operator_approves_and_then_sells(void **state) {
  test_shops *s = test_shops_open(*state, NULL, 0);
  test_caller seller = seller_caller(s, 0), operator= test_sign_in(s->m, TEST_OPERATOR_EMAIL,
                                                                   TEST_PASSWORD);
  const char *body = "{\"name\":\"Tea\",\"slug\":\"tea\",\"theme\":{\"colour\":\"green\"},"
                     "\"terms\":{\"commission_ppb\":50000000,\"settle_days\":3}}";
  test_reply shop = call(s, &seller, "POST", "/v1/shops", body, 201);
  assert_string_equal(test_text(&shop, "state"), "waiting");
  call(s, &seller, "POST", "/v1/shops", body, 409);
  const char *path = str_format(s->m->arena, "/v1/shops/%s/contracts/%s/approve",
                                test_text(&shop, "shop"), test_text(&shop, "contract"))
                         .at;
  call(s, &seller, "POST", path, NULL, 403);
  test_reply contract = call(s, &operator, "POST", path, NULL, 200);
  assert_string_equal(test_text(&contract, "state"), "in_force");
  call(s, &operator, "POST", path, NULL, 409);
  test_reply open = call(s, NULL, "GET", "/v1/shop-addresses/tea", NULL, 200);
  assert_string_equal(test_text(&open, "state"), "open");
  test_shops_close(s);
}

static void products_are_found_by_words_of_both_languages(void **state) {
  test_shops *s = test_shops_open(*state, NULL, 0);
  test_reply r = call(s, NULL, "GET", "/v1/products?q=tea", NULL, 200);
  assert_string_equal(test_text(&r, "items.0.product"),
                      id_print(s->m->arena, ID_PRODUCT, s->product[0]).at);
  r = call(s, NULL, "GET", "/v1/products?q=%E8%8C%B6%E5%A3%B6", NULL, 200); /* tea pot */
  assert_non_null(test_text(&r, "items.0.product"));
  r = call(s, NULL, "GET", "/v1/products?q=elephant", NULL, 200);
  assert_null(test_text(&r, "items.0.product"));
  r = call(s, NULL, "GET", text(s, "/v1/products/", ID_PRODUCT, s->product[1], ""), NULL, 200);
  assert_int_equal(test_number(&r, "offers.0.price"), 5001);
  price_new price = {.offer = s->offer[1], .price = 4500};
  test_do(s, &commerce_set_price, &price, OK);
  r = call(s, NULL, "GET", text(s, "/v1/products/", ID_PRODUCT, s->product[1], ""), NULL, 200);
  assert_int_equal(test_number(&r, "offers.0.price"), 4500);
  test_shops_close(s);
}

static void an_order_is_seen_by_its_buyer_its_sellers_and_operators_only(void **state) {
  test_shops *s = test_shops_open(*state, NULL, 0);
  test_caller buyer = buyer_caller(s, "li@example.com", 100000),
              other = buyer_caller(s, "wu@example.com", 0);
  test_caller mine = seller_caller(s, 1), foreign = seller_caller(s, 0);
  test_caller operator= test_sign_in(s->m, TEST_OPERATOR_EMAIL, TEST_PASSWORD);
  test_reply order = call(s, &buyer, "POST", "/v1/checkouts", checkout_body(s, 2, 10002), 201);
  assert_string_equal(test_text(&order, "state"), "paid");
  const char *path = str_format(s->m->arena, "/v1/orders/%s", test_text(&order, "order")).at;
  call(s, &buyer, "GET", path, NULL, 200);
  call(s, &operator, "GET", path, NULL, 200);
  call(s, &mine, "GET", path, NULL, 200);
  call(s, &foreign, "GET", path, NULL, 404);
  call(s, &other, "GET", path, NULL, 404);
  call(s, NULL, "GET", path, NULL, 401);
  const char *cancel = str_format(s->m->arena, "%s/cancel", path).at;
  const char *ship = str_format(s->m->arena, "%s/child-orders/%s/ship", path,
                                test_text(&order, "children.0.child"))
                         .at;
  const char *refund = str_format(s->m->arena, "%s/child-orders/%s/refund", path,
                                  test_text(&order, "children.0.child"))
                           .at;
  sha256 before, after;
  test_hash(s->m, &before);
  call(s, &other, "POST", cancel, "{}", 404);
  call(s, &foreign, "POST", ship, NULL, 404);
  call(s, &foreign, "POST", refund, "{}", 404);
  call(s, &buyer, "POST", ship, NULL, 403);
  call(s, &buyer, "POST", "/v1/checkouts", checkout_body(s, 0, 1), 400);
  call(s, &buyer, "POST", "/v1/checkouts", checkout_body(s, 11, 55011), 422);
  test_hash(s->m, &after);
  assert_true(sha256_eq(&before, &after));
  call(s, &mine, "POST", ship, NULL, 200);
  call(s, &buyer, "POST",
       str_format(s->m->arena, "%s/child-orders/%s/confirm", path,
                  test_text(&order, "children.0.child"))
           .at,
       NULL, 200);
  test_reply story =
      call(s, &buyer, "GET", str_format(s->m->arena, "%s/story", path).at, NULL, 200);
  assert_string_equal(test_text(&story, "steps.0.what"), "order.placed");
  assert_string_equal(test_text(&story, "order.state"), "completed");
  assert_non_null(test_text(&story, "journal.0.why"));
  assert_string_equal(test_text(&story, "payments.0.state"), "paid");
  assert_string_equal(test_text(&story, "payments.0.tenders.0.kind"), "balance");
  test_shops_close(s);
}

static void a_shortage_names_the_line_the_sku_and_what_there_is(void **state) {
  test_shops *s = test_shops_open(*state, NULL, 0);
  test_caller buyer = buyer_caller(s, "li@example.com", 100000);
  test_reply r = call(s, &buyer, "POST", "/v1/checkouts", checkout_body(s, 11, 55011), 422);
  assert_string_equal(test_text(&r, "code"), "insufficient_stock");
  assert_string_equal(test_text(&r, "errors.0.pointer"), "/lines/0/quantity");
  assert_non_null(strstr(test_text(&r, "errors.0.detail"), "SKU-1, 10"));
  r = call(s, &buyer, "POST", "/v1/checkouts", checkout_body(s, 2, 100001), 422);
  assert_non_null(strstr(test_text(&r, "errors.0.pointer"), "/tenders"));
  test_shops_close(s);
}

static void a_cart_asks_again_when_a_price_moved(void **state) {
  test_shops *s = test_shops_open(*state, NULL, 0);
  test_caller buyer = buyer_caller(s, "li@example.com", 100000),
              other = buyer_caller(s, "wu@example.com", 0);
  test_reply cart = call(s, &buyer, "POST", "/v1/carts", NULL, 201);
  const char *path = str_format(s->m->arena, "/v1/carts/%s", test_text(&cart, "cart")).at;
  const char *lines = str_format(s->m->arena, "%s/lines", path).at,
             *put = text(s, "{\"offer\":\"", ID_OFFER, s->offer[1], "\",\"quantity\":2}");
  call(s, &buyer, "PUT", lines, put, 200);
  call(s, &buyer, "PUT", lines, put, 200); /* set, not added */
  call(s, &other, "PUT", lines, put, 404);
  call(s, &other, "GET", path, NULL, 404);
  price_new price = {.offer = s->offer[1], .price = 4500};
  test_do(s, &commerce_set_price, &price, OK);
  const char *checkout = str_format(s->m->arena, "%s/checkout", path).at;
  test_reply r = call(s, &buyer, "POST", checkout,
                      "{\"tenders\":[{\"kind\":\"balance\",\"amount\":9000}]}", 409);
  assert_string_equal(test_text(&r, "errors.0.pointer"), "/lines/0/price");
  r = call(s, &buyer, "GET", path, NULL, 200);
  assert_int_equal(test_number(&r, "items_total"), 9000);
  r = call(s, &buyer, "POST", checkout,
           "{\"accept_price_changes\":true,\"tenders\":[{\"kind\":\"balance\",\"amount\":9000}]}",
           201);
  assert_int_equal(test_number(&r, "children.0.lines.0.price"), 4500);
  test_shops_close(s);
}

static void give_credit(test_shops *s, id *campaign) {
  campaign_in fair = {
      .name = STR("Fair"), .currency = ASSET_CNY, .budget = 5000, .per_order_max = 700};
  test_do(s, &payment_fund_campaign, &fair, OK);
  voucher_issue one = {
      .campaign_id = fair.campaign_id, .amount = 1000, .count = 1, .code = STR("AUTUMN")};
  test_do(s, &payment_issue_vouchers, &one, OK);
  *campaign = fair.campaign_id;
}

static void what_is_quoted_is_what_the_checkout_takes(void **state) {
  test_shops *s = test_shops_open(*state, NULL, 0);
  id campaign;
  give_credit(s, &campaign);
  test_caller buyer = buyer_caller(s, "li@example.com", 20000),
              other = buyer_caller(s, "wu@example.com", 0);
  test_reply cart = call(s, &buyer, "POST", "/v1/carts", NULL, 201);
  const char *path = str_format(s->m->arena, "/v1/carts/%s", test_text(&cart, "cart")).at;
  const char *lines = str_format(s->m->arena, "%s/lines", path).at,
             *quote = str_format(s->m->arena, "%s/quote", path).at,
             *paid = text(
                 s, str_format(s->m->arena, "%s?wallet=true&voucher=AUTUMN&campaign=", quote).at,
                 ID_CAMPAIGN, campaign, "");
  test_reply q = call(s, &buyer, "GET", quote, NULL, 200);
  assert_true(memmem(q.body.at, q.body.len, "\"is_blocked\":true", 17) != NULL);
  for (size_t i = 0; i < TEST_SHOPS; i++)
    call(s, &buyer, "PUT", lines,
         text(s, "{\"offer\":\"", ID_OFFER, s->offer[i], "\",\"quantity\":1}"), 200);
  call(s, &other, "GET", quote, NULL, 404);
  q = call(s, &buyer, "GET", paid, NULL, 200);
  assert_int_equal(test_number(&q, "total"), 19900 + 800 + 5001);
  assert_int_equal(test_number(&q, "freight"), 800);
  assert_int_equal(test_number(&q, "voucher"), 1000);
  assert_int_equal(test_number(&q, "credit"), 700);
  assert_int_equal(test_number(&q, "balance"), 20000);
  assert_int_equal(test_number(&q, "rest"), 25701 - 1000 - 700 - 20000);
  assert_string_equal(test_text(&q, "tenders.0.kind"), "voucher");
  call(s, &buyer, "GET", "/v1/vouchers/NONE", NULL, 404);
  test_reply credit = call(s, NULL, "GET", "/v1/promotions", NULL, 200);
  assert_int_equal(test_number(&credit, "items.0.per_order_max"), 700);
  call(s, NULL, "GET", "/v1/payment-channels", NULL, 200);
  q = call(s, &buyer, "GET", str_format(s->m->arena, "%s?voucher=NONE", quote).at, NULL, 200);
  assert_string_equal(test_text(&q, "voucher_refused"), "unknown");
  call(s, &buyer, "PUT", lines,
       text(s, "{\"offer\":\"", ID_OFFER, s->offer[0], "\",\"quantity\":0}"), 200);
  q = call(s, &buyer, "GET", paid, NULL, 200);
  assert_int_equal(test_number(&q, "rest"), 0);
  assert_int_equal(test_number(&q, "balance"), 3301);
  const char *body =
      text(s,
           "{\"tenders\":[{\"kind\":\"voucher\",\"voucher_code\":\"AUTUMN\",\"amount\":1000},"
           "{\"kind\":\"campaign\",\"amount\":700,\"campaign\":\"",
           ID_CAMPAIGN, campaign, "\"},{\"kind\":\"balance\",\"amount\":3301}]}");
  test_reply o =
      call(s, &buyer, "POST", str_format(s->m->arena, "%s/checkout", path).at, body, 201);
  assert_int_equal(test_number(&o, "total"), test_number(&q, "total"));
  assert_int_equal(test_number(&o, "points"), test_number(&q, "points"));
  call(s, &buyer, "GET", quote, NULL, 404); /* it was ordered */
  q = call(s, &buyer, "GET", "/v1/vouchers/AUTUMN", NULL, 200);
  assert_string_equal(test_text(&q, "state"), "used");
  test_books_hold(s);
  test_shops_close(s);
}

static void messages_are_ones_own_and_newest_first(void **state) {
  test_shops *s = test_shops_open(*state, NULL, 0);
  test_caller buyer = buyer_caller(s, "li@example.com", 100000),
              other = buyer_caller(s, "wu@example.com", 0);
  call(s, &buyer, "POST", "/v1/checkouts", checkout_body(s, 2, 10002), 201);
  test_reply r = call(s, &buyer, "GET", "/v1/messages", NULL, 200);
  assert_string_equal(test_text(&r, "items.0.what"), "order.paid");
  assert_string_equal(test_text(&r, "items.1.what"), "order.placed");
  r = call(s, &buyer, "GET", "/v1/messages?limit=1", NULL, 200);
  r = call(s, &buyer, "GET",
           str_format(s->m->arena, "/v1/messages?limit=1&after=%s", test_text(&r, "next")).at, NULL,
           200);
  assert_string_equal(test_text(&r, "items.0.what"), "order.placed");
  r = call(s, &other, "GET", "/v1/messages", NULL, 200);
  assert_null(test_text(&r, "items.0.what"));
  test_shops_close(s);
}

static void goods_are_listed_with_their_offers_and_by_price(void **state) {
  test_shops *s = test_shops_open(*state, NULL, 0);
  test_reply r = call(s, NULL, "GET", "/v1/products?offers=true", NULL, 200);
  assert_int_equal(test_number(&r, "items.0.offers.0.price"), 19900);
  assert_int_equal(test_number(&r, "items.0.offers.0.available"), TEST_STOCK);
  r = call(s, NULL, "GET", "/v1/products?max_price=6000&offers=true", NULL, 200);
  assert_int_equal(test_number(&r, "items.0.offers.0.price"), 5001);
  assert_null(test_text(&r, "items.1.product"));
  r = call(s, NULL, "GET", "/v1/products?q=tea&min_price=6000", NULL, 200);
  assert_string_equal(test_text(&r, "items.0.product"),
                      id_print(s->m->arena, ID_PRODUCT, s->product[0]).at);
  r = call(s, NULL, "GET", "/v1/products?q=tea&min_price=30000", NULL, 200);
  assert_null(test_text(&r, "items.0.product"));
  test_shops_close(s);
}

/* Page by page, one product a page: how many there are; their prices in the order they came. */
static size_t walk_products(test_shops *s, const char *query, int64_t prices[static 8]) {
  const char *after = "";
  size_t count = 0;
  do {
    const char *path =
        str_format(s->m->arena, "/v1/products?offers=true&limit=1&%s%s", query, after).at;
    test_reply r = call(s, NULL, "GET", path, NULL, 200);
    if (test_text(&r, "items.0.product") == NULL) break;
    assert_true(count < 8);
    prices[count++] = test_number(&r, "items.0.offers.0.price");
    const char *next = test_text(&r, "next");
    after = next == NULL ? NULL : str_format(s->m->arena, "&after=%s", next).at;
  } while (after != NULL);
  return count;
}

static void goods_come_in_the_order_asked_for_each_once(void **state) {
  test_shops *s = test_shops_open(*state, NULL, 0);
  static const char *const orders[] = {"order=oldest", "order=newest", "order=cheapest",
                                       "order=dearest", "order=best_rated"};
  int64_t prices[COUNT_OF(orders)][8];
  size_t count = walk_products(s, orders[0], prices[0]);
  assert_true(count > 1);
  for (size_t i = 1; i < COUNT_OF(orders); i++)
    assert_int_equal(walk_products(s, orders[i], prices[i]), count);
  for (size_t i = 0; i < count; i++) {
    assert_int_equal(prices[1][i], prices[0][count - 1 - i]);
    assert_int_equal(prices[3][i], prices[2][count - 1 - i]);
    if (i > 0) assert_true(prices[2][i] >= prices[2][i - 1]);
  }
  assert_int_equal(walk_products(s, "order=dearest&q=tea&min_price=6000", prices[0]), 1);
  assert_int_equal(prices[0][0], 19900);
  call(s, NULL, "GET", "/v1/products?order=loudest", NULL, 400);
  call(s, NULL, "GET", "/v1/products?order=cheapest&after=x", NULL, 400);
  test_shops_close(s);
}

int test_api(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_shop_opens_when_an_operator_approves_and_then_sells),
      cmocka_unit_test(products_are_found_by_words_of_both_languages),
      cmocka_unit_test(an_order_is_seen_by_its_buyer_its_sellers_and_operators_only),
      cmocka_unit_test(a_shortage_names_the_line_the_sku_and_what_there_is),
      cmocka_unit_test(a_cart_asks_again_when_a_price_moved),
      cmocka_unit_test(what_is_quoted_is_what_the_checkout_takes),
      cmocka_unit_test(messages_are_ones_own_and_newest_first),
      cmocka_unit_test(goods_are_listed_with_their_offers_and_by_price),
      cmocka_unit_test(goods_come_in_the_order_asked_for_each_once),
  };
  return test_market_run("commerce over JSON", tests, COUNT_OF(tests));
}
