/* test_seller.c - what sellers do over JSON besides selling: change products and shops, prices by
 * period, their child orders by state; and every route met by those who may not use it. On both
 * homes. */
#include "modules/commerce/test.h"

#include <string.h>

static test_caller seller_caller(test_shops *s, size_t i) {
  user_new u = {.email = str_format(s->m->arena, "seller-%zu@example.com", i),
                .name = STR("Seller"),
                .kind = ACTOR_SELLER,
                .tenant = s->seller[i]};
  u.password_hash = identity_hash_password(test_market_ctx(s->m), STR(TEST_PASSWORD));
  test_do(s, &identity_create_user, &u, OK);
  return test_sign_in(s->m, str_zero(s->m->arena, u.email), TEST_PASSWORD);
}

static test_reply call(test_shops *s, const test_caller *who, const char *verb, const char *path,
                       const char *body, int expected) {
  test_reply r = test_call(s->m, who, verb, path, body);
  if (r.status != expected) print_message("%s %s: %.*s\n", verb, path, STR_ARGS(r.body));
  assert_int_equal(r.status, expected);
  return r;
}

static const char *at(test_shops *s, const char *before, id_kind kind, id value,
                      const char *after) {
  return str_format(s->m->arena, "%s%.*s%s", before, STR_ARGS(id_print(s->m->arena, kind, value)),
                    after)
      .at;
}

static void a_product_is_changed_by_its_seller_and_taken_off_sale(void **state) {
  test_shops *s = test_shops_open(*state, NULL, 0);
  test_caller seller = seller_caller(s, 1), other = seller_caller(s, 0);
  const char *path = at(s, "/v1/products/", ID_PRODUCT, s->product[1], "");
  order_place *before = test_order(s, s->buyer, 0, 1, true, OK);
  call(s, &other, "PATCH", path, "{\"title\":\"Mine\"}", 404);
  test_reply r =
      call(s, &seller, "PATCH", path, "{\"title\":\"Silk lantern\",\"media\":[\"a\"]}", 200);
  assert_string_equal(test_text(&r, "title"), "Silk lantern");
  assert_string_equal(test_text(&r, "sale"), "on");
  r = call(s, NULL, "GET", "/v1/products?q=lantern", NULL, 200);
  assert_non_null(test_text(&r, "items.0.product"));
  r = call(s, NULL, "GET", "/v1/products?q=lamp", NULL, 200);
  assert_null(test_text(&r, "items.0.product"));
  order_view v = test_order_view(s, before->order_id);
  order_line_view *line = ((child_view *)v.children.items)->lines.items;
  assert_true(str_eq(line->title, STR("Paper lamp"))); /* frozen */
  call(s, &seller, "PATCH", path, "{\"media\":{\"a\":1}}", 400);
  call(s, &seller, "PATCH", path, "{\"category\":\"cat_0000000000001\"}", 404);
  call(s, &seller, "PATCH", path, "{\"sale\":\"off\"}", 200);
  r = call(s, NULL, "GET", "/v1/products?q=lantern", NULL, 200);
  assert_null(test_text(&r, "items.0.product"));
  test_order(s, s->buyer, 0, 1, true, E_RULE);
  call(s, &seller, "PATCH", path, "{\"sale\":\"on\"}", 200);
  test_order(s, s->buyer, 0, 1, true, OK);
  test_shops_close(s);
}

static void a_shop_changes_its_looks_and_keeps_its_address(void **state) {
  test_shops *s = test_shops_open(*state, NULL, 0);
  test_caller seller = seller_caller(s, 1), other = seller_caller(s, 0);
  const char *path = at(s, "/v1/shops/", ID_SHOP, s->shop[1], "");
  call(s, &other, "PATCH", path, "{\"name\":\"Mine\"}", 404);
  call(s, &seller, "PATCH", path, "{\"slug\":\"elsewhere\"}", 400);
  call(s, &seller, "PATCH", path, "{\"theme\":[1]}", 400);
  call(s, &seller, "PATCH", path, "{\"name\":\"Lamps\",\"theme\":{\"colour\":\"red\"}}", 200);
  test_reply r = call(s, NULL, "GET", path, NULL, 200);
  assert_string_equal(test_text(&r, "name"), "Lamps");
  assert_string_equal(test_text(&r, "theme.colour"), "red");
  assert_string_equal(test_text(&r, "slug"), "shop-1");
  r = call(s, NULL, "GET", at(s, "/v1/shops/", ID_SHOP, s->shop[1], "/share"), NULL, 200);
  assert_string_equal(test_text(&r, "link"), "/shops/shop-1");
  test_shops_close(s);
}

static void prices_by_period_are_listed_for_their_seller(void **state) {
  test_shops *s = test_shops_open(*state, NULL, 0);
  test_caller seller = seller_caller(s, 1), other = seller_caller(s, 0);
  const char *path = at(s, "/v1/offers/", ID_OFFER, s->offer[1], "/prices");
  call(s, &seller, "POST", path, "{\"price\":4500}", 201);
  call(s, &seller, "POST", path,
       "{\"price\":3900,\"valid_from\":\"2040-11-11T00:00:00Z\","
       "\"valid_until\":\"2040-11-12T00:00:00Z\"}",
       201);
  call(s, &other, "GET", path, NULL, 404);
  test_reply r = call(s, &seller, "GET", path, NULL, 200);
  assert_int_equal(test_number(&r, "items.0.price"), 3900);
  assert_non_null(test_text(&r, "items.0.valid_until"));
  assert_int_equal(test_number(&r, "items.1.price"), 4500);
  assert_null(test_text(&r, "items.1.valid_until"));
  test_shops_close(s);
}

static void child_orders_are_filtered_by_state_and_given_up_by_their_seller(void **state) {
  test_shops *s = test_shops_open(*state, NULL, 0);
  test_caller seller = seller_caller(s, 1), other = seller_caller(s, 0);
  order_place *first = test_order(s, s->buyer, 1, 1, true, OK);
  test_order(s, s->buyer, 0, 1, true, OK);
  test_reply r = call(s, &seller, "GET", "/v1/child-orders?state=paid", NULL, 200);
  assert_non_null(test_text(&r, "items.1.child"));
  const char *child = test_text(&r, "items.1.child");
  const char *cancel =
      str_format(s->m->arena, "%s%s/cancel",
                 at(s, "/v1/orders/", ID_ORDER, first->order_id, "/child-orders/"), child)
          .at;
  call(s, &other, "POST", cancel, "{\"reason\":\"mine\"}", 404);
  call(s, &seller, "POST", cancel, "{\"reason\":\"out of stock\"}", 200);
  call(s, &seller, "POST", cancel, "{}", 409);
  r = call(s, &seller, "GET", "/v1/child-orders?state=cancelled", NULL, 200);
  assert_string_equal(test_text(&r, "items.0.child"), child);
  assert_null(test_text(&r, "items.1.child"));
  r = call(s, &seller, "GET", "/v1/child-orders?state=shipped", NULL, 200);
  assert_null(test_text(&r, "items.0.child"));
  call(s, &seller, "GET", "/v1/child-orders?state=lost", NULL, 400);
  assert_int_equal(test_balance(s, s->buyer, CODE_WALLET, 0), 1000000 - 20700 - 5001);
  test_books_hold(s);
  test_shops_close(s);
}

static void every_route_refuses_nobody_and_those_without_its_scope(void **state) {
  test_shops *s = test_shops_open(*state, NULL, 0);
  test_walk_routes(s->m, &commerce_module);
  test_shops_close(s);
}

int test_seller(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_product_is_changed_by_its_seller_and_taken_off_sale),
      cmocka_unit_test(a_shop_changes_its_looks_and_keeps_its_address),
      cmocka_unit_test(prices_by_period_are_listed_for_their_seller),
      cmocka_unit_test(child_orders_are_filtered_by_state_and_given_up_by_their_seller),
      cmocka_unit_test(every_route_refuses_nobody_and_those_without_its_scope),
  };
  return test_market_run("sellers over JSON", tests, COUNT_OF(tests));
}
