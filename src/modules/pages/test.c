/* test.c - every page over an empty store, a market, and a market full of hostile text: answers are
 * pages, nothing from outside comes out as markup, and who may not see gets a page that says so. */
#include "modules/commerce/test_shop.h"
#include "modules/logistics/logistics.h"
#include "modules/pages/pages.h"
#include <string.h>

static const module *const more[] = {&logistics_module, &pages_module};

static const char hostile[] =
    "<script>alert(1)</script>\"'&<img src=x onerror=alert(2)> "
    "\xd9\x85\xd8\xb1\xd8\xad\xd8\xa8\xd8\xa7 "
    "\xe2\x80\xae evil \xf0\x9f\x8d\xb5 \xe7\x8e\x8b\xe5\xb0\x8f\xe6\x98\x8e";

static test_market *open_market(const char *url) {
  static const module *const modules[] = {&identity_module, &payment_module, &commerce_module,
                                          &logistics_module, &pages_module};
  return test_market_open(url, modules, COUNT_OF(modules));
}

static test_caller supervisor(test_market *m) {
  return test_sign_in(m, TEST_OPERATOR_EMAIL, TEST_PASSWORD);
}

static test_reply get(test_market *m, const test_caller *who, const char *path) {
  const char *rest = strcmp(path, "/") == 0 ? "" : path;
  str whole = str_format(m->arena, "/plain%s", rest);
  return test_call(m, who, "GET", whole.at, NULL);
}

static bool has(const test_reply *r, const char *wanted) {
  return memmem(r->body.at, r->body.len, wanted, strlen(wanted)) != NULL;
}

static bool head_has(const test_reply *r, const char *wanted) {
  return memmem(r->head.at, r->head.len, wanted, strlen(wanted)) != NULL;
}

static void check_page(const test_reply *r, const char *path, int wanted) {
  if (r->status != wanted) print_error("%s: %d\n%.*s\n", path, r->status, STR_ARGS(r->body));
  assert_int_equal(r->status, wanted);
  assert_true(head_has(r, "text/html; charset=utf-8"));
  assert_true(has(r, "<!doctype html>"));
  assert_true(has(r, "</html>"));
  assert_true(has(r, "<html lang=\""));
  assert_true(has(r, "<main id=\"content\""));
  assert_true(has(r, "<h1>"));
  assert_false(has(r, "<script>"));
  assert_false(has(r, "<img"));
  assert_false(has(r, " style="));
}

static const char *const staff_paths[] = {
    "/orders", "/orders?state=paid", "/trial-balance", "/proof",        "/proof?run=true",
    "/breaks", "/breaks?state=open", "/campaigns",     "/safeguarding", "/audit"};
static const char *const public_paths[] = {"/", "?lang=zh", "/shops", "/sign-in"};

static void every_page_renders_on_an_empty_market_and_keeps_out_who_may_not_see(void **state) {
  test_market *m = open_market(*state);
  test_reply r = get(m, NULL, "/");
  check_page(&r, "/", 200);
  test_market_set_up(m);
  test_caller who = supervisor(m);
  for (size_t i = 0; i < COUNT_OF(public_paths); i++) {
    r = get(m, NULL, public_paths[i]);
    check_page(&r, public_paths[i], 200);
    r = get(m, &who, public_paths[i]);
    check_page(&r, public_paths[i], 200);
  }
  for (size_t i = 0; i < COUNT_OF(staff_paths); i++) {
    r = get(m, &who, staff_paths[i]);
    check_page(&r, staff_paths[i], 200);
    r = get(m, NULL, staff_paths[i]);
    check_page(&r, staff_paths[i], 401);
    assert_true(has(&r, "id=\"sign-in\""));
  }
  test_market_close(m);
}

static void what_is_missing_or_misspelt_is_said_on_a_page(void **state) {
  test_market *m = open_market(*state);
  test_market_set_up(m);
  test_caller who = supervisor(m);
  static const struct {
    const char *path;
    int status;
  } rows[] = {{"/shops/none", 404},
              {"/orders/ord_0000000000001", 404},
              {"/orders?state=lost", 400},
              {"/orders?after=x", 400},
              {"/orders?lang=xx", 400},
              {"/orders?format=csv&table=none", 400},
              {"/breaks?state=%3Cscript%3E", 400},
              {"/sellers/ten_0000000000001/statement", 404}};
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    test_reply r = get(m, &who, rows[i].path);
    check_page(&r, rows[i].path, rows[i].status);
  }
  test_market_close(m);
}

/* --- hostile text ----------------------------------------------------------------------------- */

static char *long_text(arena *a) {
  enum { LONG = 10000 };
  char *at = arena_take(a, LONG + 1, 1);
  memset(at, '<', LONG);
  return at;
}

static id hostile_order(test_shops *s) {
  variant_new v = {.sku = STR("=cmd|'/c'"), .name = str_from(hostile), .price = 1234};
  product_new p = {.shop = s->shop[0],
                   .title = str_from(hostile),
                   .description = str_from(long_text(s->m->arena)),
                   .variants = {&v, 1}};
  test_do(s, &commerce_create_product, &p, OK);
  stock_move move = {.variant = v.variant_id, .warehouse = s->warehouse[0], .quantity = 5};
  test_do(s, &commerce_move_stock, &move, OK);
  order_line_in line = {
      .offer = v.offer_id, .quantity = 2, .price = PRICE_CURRENT, .freight = PRICE_CURRENT};
  tender_in tender = {.kind = TENDER_BALANCE, .amount = 2 * 1234 + 800};
  order_place o = {.buyer = s->buyer,
                   .lines = {&line, 1},
                   .tenders = {&tender, 1},
                   .note = str_from(hostile),
                   .external = str_from(hostile)};
  test_do(s, &commerce_place_order, &o, OK);
  return o.order_id;
}

static id hostile_seller(test_shops *s, const char **slug) {
  tenant_new seller = {.name = str_from(hostile), .kind = STR("seller")};
  test_do(s, &identity_create_tenant, &seller, OK);
  *slug = "a-hostile-shop";
  shop_new shop = {.seller = seller.tenant_id,
                   .name = str_from(hostile),
                   .slug = str_from(*slug),
                   .approved = true};
  test_do(s, &commerce_create_shop, &shop, OK);
  campaign_in campaign = {
      .name = str_from(hostile), .currency = s->m->facts.currency, .budget = 5000};
  test_do(s, &payment_fund_campaign, &campaign, OK);
  return seller.tenant_id;
}

static void hostile_text_is_shown_and_never_obeyed(void **state) {
  test_shops *s = test_shops_open(*state, more, COUNT_OF(more));
  test_market *m = s->m;
  const char *slug;
  arena *a = m->arena;
  id order = hostile_order(s), seller = hostile_seller(s, &slug);
  test_caller who = supervisor(m);
  char *order_text = str_zero(a, id_print(a, ID_ORDER, order)),
       *seller_text = str_zero(a, id_print(a, ID_TENANT, seller));
  const char *paths[] = {"/",
                         "/shops",
                         "/orders",
                         "/campaigns",
                         "/audit",
                         "/trial-balance",
                         "/proof?run=true",
                         str_format(a, "/orders/%s?lang=zh", order_text).at,
                         str_format(a, "/orders/%s", order_text).at,
                         str_format(a, "/sellers/%s/statement", seller_text).at,
                         str_format(a, "/shops/%s", slug).at};
  for (size_t i = 0; i < COUNT_OF(paths); i++) {
    test_reply r = get(m, &who, paths[i]);
    check_page(&r, paths[i], 200);
  }
  test_reply r = get(m, &who, paths[8]);
  assert_true(has(&r, "&lt;script&gt;alert(1)&lt;/script&gt;"));
  assert_true(has(&r, "32.68")); /* 2 * 12.34 and 8.00 freight */
  r = get(m, &who, str_format(a, "/orders/%s?format=csv&table=lines", order_text).at);
  assert_int_equal(r.status, 200);
  assert_true(head_has(&r, "text/csv"));
  assert_true(has(&r, ",'=cmd|"));
  assert_true(has(&r, "12.34,"));
  test_shops_close(s);
}

static void every_entry_of_an_order_is_on_its_page(void **state) {
  test_shops *s = test_shops_open(*state, more, COUNT_OF(more));
  order_place *o = test_order(s, s->buyer, 1, 1, true, OK);
  test_caller who = supervisor(s->m);
  arena *a = s->m->arena;
  char *name = str_zero(a, id_print(a, ID_ORDER, o->order_id));
  test_reply r = get(s->m, &who, str_format(a, "/orders/%s", name).at);
  check_page(&r, "/orders/{ord}", 200);
  assert_true(has(&r, "2001 Wallet"));
  assert_true(has(&r, "2201 Paid, not yet delivered (per seller)"));
  assert_true(has(&r, "9002 On the shelf"));
  r = get(s->m, &who, str_format(a, "/orders/%s?lang=zh&format=csv&table=journal", name).at);
  assert_true(has(&r, "2001 钱包余额"));
  assert_true(has(&r, "199.00,CNY") || has(&r, "199.00,BRL") || has(&r, "207.00,CNY") ||
              has(&r, "207.00,BRL"));
  test_shops_close(s);
}

static void pages_come_in_the_language_that_was_asked_for(void **state) {
  test_market *m = open_market(*state);
  test_market_set_up(m);
  test_reply r = get(m, NULL, "/shops?lang=zh");
  assert_true(has(&r, "<html lang=\"zh-Hans\">"));
  assert_true(has(&r, "/plain/sign-in?lang=zh"));
  r = get(m, NULL, "/shops?lang=en");
  assert_true(has(&r, "<html lang=\"en\">"));
  test_market_close(m);
}

static void files_come_with_their_types(void **state) {
  test_market *m = open_market(*state);
  test_reply r = get(m, NULL, "/assets/tael.css");
  assert_int_equal(r.status, 200);
  assert_true(head_has(&r, "text/css"));
  r = get(m, NULL, "/assets/sign-in.js");
  assert_true(head_has(&r, "text/javascript"));
  r = get(m, NULL, "/assets/tael.svg");
  assert_true(head_has(&r, "image/svg+xml"));
  test_market_close(m);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_page_renders_on_an_empty_market_and_keeps_out_who_may_not_see),
      cmocka_unit_test(what_is_missing_or_misspelt_is_said_on_a_page),
      cmocka_unit_test(hostile_text_is_shown_and_never_obeyed),
      cmocka_unit_test(every_entry_of_an_order_is_on_its_page),
      cmocka_unit_test(pages_come_in_the_language_that_was_asked_for),
      cmocka_unit_test(files_come_with_their_types),
  };
  return test_market_run("pages", tests, COUNT_OF(tests));
}
