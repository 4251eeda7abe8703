/* test_checkout.c - checkouts as a client sends them: three tenders over two sellers in one POST,
 * all or nothing; personal data that never lies in the store in the clear; and orders as importers
 * bring them. On both homes. */
#include "modules/commerce/test.h"

#include "modules/payment/report.h"

#include <stdio.h>
#include <string.h>

enum { TOTAL = 19900 + 800 + 2 * 5001 }; /* one of the first shop, two of the second */

static test_caller buyer_caller(test_shops *s, const char *email, int64_t money_minor) {
  test_buyer(s, email, money_minor);
  return test_sign_in(s->m, email, TEST_PASSWORD);
}

static const char *voucher(test_shops *s, int64_t amount) {
  voucher_issue v = {.campaign_id = s->campaign, .amount = amount, .count = 1};
  test_do(s, &payment_issue_vouchers, &v, OK);
  return str_zero(s->m->arena, v.codes[0]);
}

/* The members a checkout and a cart's checkout share. */
static const char *tenders(test_shops *s, int64_t by_balance, const char *code, int64_t by_voucher,
                           int64_t by_campaign) {
  return str_format(s->m->arena,
                    "\"tenders\":[{\"kind\":\"voucher\",\"voucher_code\":\"%s\",\"amount\":%lld},"
                    "{\"kind\":\"campaign\",\"campaign\":\"%.*s\",\"amount\":%lld},"
                    "{\"kind\":\"balance\",\"amount\":%lld}]",
                    code, (long long)by_voucher,
                    STR_ARGS(id_print(s->m->arena, ID_CAMPAIGN, s->campaign)),
                    (long long)by_campaign, (long long)by_balance)
      .at;
}

static const char *lines(test_shops *s, const char *more) {
  arena *a = s->m->arena;
  return str_format(a,
                    "{\"lines\":[{\"offer\":\"%.*s\",\"quantity\":1},{\"offer\":\"%.*s\","
                    "\"quantity\":2}],%s}",
                    STR_ARGS(id_print(a, ID_OFFER, s->offer[0])),
                    STR_ARGS(id_print(a, ID_OFFER, s->offer[1])), more)
      .at;
}

static test_reply post(test_shops *s, const test_caller *who, const char *path, const char *body,
                       int expected) {
  test_reply r = test_call(s->m, who, "POST", path, body);
  if (r.status != expected) print_message("%s: %.*s\n", path, STR_ARGS(r.body));
  assert_int_equal(r.status, expected);
  return r;
}

static const char *filled_cart(test_shops *s, const test_caller *who) {
  arena *a = s->m->arena;
  test_reply cart = post(s, who, "/v1/carts", NULL, 201);
  const char *path = str_format(a, "/v1/carts/%s", test_text(&cart, "cart")).at;
  for (size_t i = 0; i < TEST_SHOPS; i++) {
    const char *put = str_format(a, "{\"offer\":\"%.*s\",\"quantity\":%zu}",
                                 STR_ARGS(id_print(a, ID_OFFER, s->offer[i])), i + 1)
                          .at;
    test_reply r = test_call(s->m, who, "PUT", str_format(a, "%s/lines", path).at, put);
    assert_int_equal(r.status, 200);
  }
  return str_format(a, "%s/checkout", path).at;
}

static void three_tenders_over_two_sellers_pay_in_one_post(void **state) {
  test_shops *s = test_shops_open(*state, NULL, 0);
  test_caller buyer = buyer_caller(s, "li@example.com", 100000);
  for (int by_cart = 0; by_cart < 2; by_cart++) {
    const char *pay = tenders(s, TOTAL - 25000, voucher(s, 20000), 20000, 5000);
    const char *body = by_cart ? str_format(s->m->arena, "{%s}", pay).at : lines(s, pay);
    const char *path = by_cart ? filled_cart(s, &buyer) : "/v1/checkouts";
    test_reply r = post(s, &buyer, path, body, 201);
    assert_string_equal(test_text(&r, "state"), "paid");
    assert_int_equal(test_number(&r, "total"), TOTAL);
    assert_int_equal(test_number(&r, "children.1.total"), 2 * 5001);
    const char *story = str_format(s->m->arena, "/v1/orders/%s/story", test_text(&r, "order")).at;
    test_reply told = test_call(s->m, &buyer, "GET", story, NULL);
    assert_string_equal(test_text(&told, "steps.0.what"), "order.placed");
    assert_string_equal(test_text(&told, "steps.1.what"), "order.paid");
    assert_string_equal(test_text(&told, "payments.0.tenders.3.kind"), "balance");
    test_books_hold(s);
  }
  assert_int_equal(test_balance(s, s->seller[0], CODE_ORDER_ESCROW, 0), 2 * 20700);
  assert_int_equal(test_balance(s, s->seller[1], CODE_ORDER_ESCROW, 0), 4 * 5001);
  assert_int_equal(test_balance(s, s->campaign, CODE_CAMPAIGN_BUDGET, 0), 100000 - 2 * 25000);
  test_shops_close(s);
}

static void when_one_of_three_tenders_fails_nothing_has_happened(void **state) {
  test_shops *s = test_shops_open(*state, NULL, 0);
  test_caller buyer = buyer_caller(s, "li@example.com", 5702);
  const char *used = voucher(s, 20000), *fresh = voucher(s, 20000);
  post(s, &buyer, "/v1/checkouts", lines(s, tenders(s, 5701, used, 20000, TOTAL - 25701)), 201);
  const char *cart = filled_cart(s, &buyer);
  const struct {
    const char *pay;
    int status;
    const char *pointer;
  } tries[] = {
      {tenders(s, 5702, fresh, 20000, TOTAL - 25702), 422, "/tenders/2/amount"}, /* no money */
      {tenders(s, 5702, used, 20000, TOTAL - 25702), 409, "/tenders/0/voucher_code"},
      {tenders(s, 5702, "NOSUCHCODE", 20000, TOTAL - 25702), 422, "/tenders/0/voucher_code"},
      {tenders(s, 1, fresh, 20001, TOTAL - 20002), 422, "/tenders/0/amount"},
      {tenders(s, 1, fresh, 1, TOTAL), 422, "/tenders"}, /* more than the order */
  };
  sha256 before, after;
  test_hash(s->m, &before);
  for (size_t i = 0; i < COUNT_OF(tries); i++) {
    for (int by_cart = 0; by_cart < 2; by_cart++) {
      const char *body =
          by_cart ? str_format(s->m->arena, "{%s}", tries[i].pay).at : lines(s, tries[i].pay);
      test_reply r = post(s, &buyer, by_cart ? cart : "/v1/checkouts", body, tries[i].status);
      assert_string_equal(test_text(&r, "errors.0.pointer"), tries[i].pointer);
      test_hash(s->m, &after);
      assert_true(sha256_eq(&before, &after));
    }
  }
  test_books_hold(s);
  test_shops_close(s);
}

/* --- personal data ---------------------------------------------------------------------------- */

#define STREET "Rua das Laranjeiras 15"
#define WORDS "ring at Mrs Oliveira"

static bool file_holds(test_shops *s, const char *path, const char *needle) {
  FILE *f = fopen(path, "rb");
  if (f == NULL) return false;
  enum { FILE_MAX = 64 << 20 };
  char *bytes = arena_take(s->m->arena, FILE_MAX, 1);
  size_t len = fread(bytes, 1, FILE_MAX, f);
  assert_true(len < FILE_MAX);
  fclose(f);
  return memmem(bytes, len, needle, strlen(needle)) != NULL;
}

/* What of the text can be found in the store: its files, or, where those are a server's, the
 * columns that keep orders and answers. */
static bool store_holds(test_shops *s, const char *url, const char *needle) {
  arena *a = s->m->arena;
  if (strncmp(url, "sqlite:", 7) == 0) {
    return file_holds(s, url + 7, needle) ||
           file_holds(s, str_format(a, "%s-wal", url + 7).at, needle);
  }
  ctx *c = test_market_ctx(s->m);
  db *d = engine_reader(s->m->e, c);
  db_rows *rows;
  bool found = false;
  assert_int_equal(db_query0(c, d, &rows,
                             "select address, note from orders union all"
                             " select encode(response, 'escape'), '' from engine_key"),
                   OK);
  while (db_next(rows)) {
    for (int i = 0; i < 2; i++) {
      str text = db_get_text(rows, i);
      if (text.len > 0 && memmem(text.at, text.len, needle, strlen(needle)) != NULL) found = true;
    }
  }
  assert_int_equal(db_done(c, rows), OK);
  engine_reader_done(s->m->e, d);
  return found;
}

static test_reply see(test_shops *s, const test_caller *who, const char *path) {
  test_reply r = test_call(s->m, who, "GET", path, NULL);
  assert_int_equal(r.status, 200);
  return r;
}

static test_caller staff(test_shops *s, const char *email, actor_kind kind, id tenant) {
  user_new u = {.email = str_from(email), .name = STR("Staff"), .kind = kind, .tenant = tenant};
  u.password_hash = identity_hash_password(test_market_ctx(s->m), STR(TEST_PASSWORD));
  test_do(s, &identity_create_user, &u, OK);
  return test_sign_in(s->m, email, TEST_PASSWORD);
}

static void where_an_order_goes_is_sealed_and_gone_with_its_buyer(void **state) {
  test_shops *s = test_shops_open(*state, NULL, 0);
  id user = test_buyer(s, "li@example.com", 100000);
  test_caller buyer = test_sign_in(s->m, "li@example.com", TEST_PASSWORD);
  test_caller seller = staff(s, "seller@example.com", ACTOR_SELLER, s->seller[0]);
  test_caller supervisor = staff(s, "super@example.com", ACTOR_SUPERVISOR, 0);
  test_caller boss = test_sign_in(s->m, TEST_OPERATOR_EMAIL, TEST_PASSWORD);
  const char *more = str_format(s->m->arena,
                                "\"address\":{\"street\":\"" STREET "\"},\"note\":\"" WORDS "\","
                                "\"tenders\":[{\"kind\":\"balance\",\"amount\":%d}]",
                                TOTAL)
                         .at;
  test_reply order = post(s, &buyer, "/v1/checkouts", lines(s, more), 201);
  assert_null(test_text(&order, "address.street")); /* an answer is kept under its key */
  assert_false(store_holds(s, *state, STREET));
  assert_false(store_holds(s, *state, WORDS));
  assert_true(strncmp(*state, "sqlite:", 7) != 0 || store_holds(s, *state, "Paper lamp"));
  const char *path = str_format(s->m->arena, "/v1/orders/%s", test_text(&order, "order")).at;
  const test_caller *may[] = {&buyer, &seller, &boss};
  for (size_t i = 0; i < COUNT_OF(may); i++) {
    test_reply r = see(s, may[i], path);
    assert_string_equal(test_text(&r, "address.street"), STREET);
    assert_string_equal(test_text(&r, "note"), WORDS);
  }
  test_reply hidden = see(s, &supervisor, path);
  assert_null(test_text(&hidden, "address.street"));
  assert_null(test_text(&hidden, "note"));
  const char *erase = str_format(s->m->arena, "/v1/users/%.*s/erase",
                                 STR_ARGS(id_print(s->m->arena, ID_USER, user)))
                          .at;
  post(s, &boss, erase, NULL, 200);
  test_reply gone = see(s, &boss, path);
  assert_string_equal(test_text(&gone, "state"), "paid");
  assert_null(test_text(&gone, "address.street"));
  test_shops_close(s);
}

/* --- imports ---------------------------------------------------------------------------------- */

static order_place *import(test_shops *s, order_place *p, instant at, status expected) {
  ctx *c = test_market_ctx(s->m);
  command cmd = {.type = &commerce_place_order,
                 .state = p,
                 .who = engine_system(s->m->e),
                 .arena = s->m->arena,
                 .at = at};
  status got = engine_do(c, s->m->e, &cmd);
  if (got != expected) print_message("import: %.*s\n", STR_ARGS(c->fault.detail));
  assert_int_equal(got, expected);
  return p;
}

static void an_import_may_name_an_offer_at_two_prices(void **state) {
  test_shops *s = test_shops_open(*state, NULL, 0);
  order_line_in two[] = {{s->offer[1], 2, 5001, 0}, {s->offer[1], 1, 4000, 100}};
  tender_in all = {.kind = TENDER_BALANCE, .amount = 2 * 5001 + 4100};
  order_place p = {.buyer = s->buyer, .lines = {two, 2}, .tenders = {&all, 1}};
  import(s, &p, 0, OK);
  order_view v = test_order_view(s, p.order_id);
  assert_int_equal(v.total, 2 * 5001 + 4100);
  child_view *only = v.children.items;
  assert_int_equal(only->lines.count, 2);
  assert_int_equal(test_reserved(s, 1), 3);
  two[1].price = 5001;
  import(s, &p, 0, E_MALFORMED); /* the same price: one line says it */
  two[0].quantity = 5;
  two[1] = (order_line_in){s->offer[1], 3, 4000, 0};
  p.accept_difference = true;
  import(s, &p, 0, E_STOCK); /* together more than there is */
  test_books_hold(s);
  test_shops_close(s);
}

static void an_old_order_needs_a_contract_that_was_in_force_then(void **state) {
  test_shops *s = test_shops_open(*state, NULL, 0);
  instant then = test_market_ctx(s->m)->now - 30 * (int64_t)86400 * MICROS_PER_SECOND;
  order_line_in line = {s->offer[1], 1, 5001, 0};
  tender_in all = {.kind = TENDER_BALANCE, .amount = 5001};
  order_place p = {.buyer = s->buyer, .lines = {&line, 1}, .tenders = {&all, 1}};
  import(s, &p, then, E_RULE);
  contract_new old = {.shop = s->shop[1],
                      .seller = s->seller[1],
                      .terms = {.commission_ppb = 200000000,
                                .settle_days = 3,
                                .valid_from = instant_date(then, 480)},
                      .approved = true};
  test_do(s, &commerce_propose_contract, &old, OK);
  import(s, &p, then, OK);
  order_view v = test_order_view(s, p.order_id);
  assert_int_equal(v.placed_at, then);
  assert_int_equal(((child_view *)v.children.items)->commission, 1000);
  p.order_id = 0;
  import(s, &p, 0, OK); /* today the newer terms hold */
  v = test_order_view(s, p.order_id);
  assert_int_equal(((child_view *)v.children.items)->commission, 600);
  test_books_hold(s);
  test_shops_close(s);
}

static void an_imported_order_nobody_paid_is_paid_from_suspense_and_a_break(void **state) {
  test_shops *s = test_shops_open(*state, NULL, 0);
  order_line_in line = {s->offer[1], 2, 5001, 0};
  order_place p = {.buyer = s->buyer, .lines = {&line, 1}, .accept_difference = true};
  import(s, &p, 0, OK);
  assert_int_equal(p.state, ORDER_PAID);
  assert_int_equal(test_order_view(s, p.order_id).state, ORDER_PAID);
  ctx *c = test_market_ctx(s->m);
  db *d = engine_reader(s->m->e, c);
  break_brief *breaks;
  size_t count;
  assert_int_equal(payment_list_breaks(c, d, 0, 0, 10, &breaks, &count), OK);
  assert_int_equal(count, 1);
  assert_int_equal(breaks[0].amount, -2 * 5001);
  assert_int_equal(breaks[0].payment, p.payment_id);
  market m;
  assert_int_equal(identity_market(c, d, &m), OK);
  engine_reader_done(s->m->e, d);
  assert_int_equal(test_balance(s, m.entity, CODE_SUSPENSE, 0), -2 * 5001);
  assert_int_equal(test_balance(s, s->seller[1], CODE_ORDER_ESCROW, 0), 2 * 5001);
  assert_int_equal(test_reserved(s, 1), 2);
  test_books_hold(s);
  test_shops_close(s);
}

int test_checkout(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(three_tenders_over_two_sellers_pay_in_one_post),
      cmocka_unit_test(when_one_of_three_tenders_fails_nothing_has_happened),
      cmocka_unit_test(where_an_order_goes_is_sealed_and_gone_with_its_buyer),
      cmocka_unit_test(an_import_may_name_an_offer_at_two_prices),
      cmocka_unit_test(an_old_order_needs_a_contract_that_was_in_force_then),
      cmocka_unit_test(an_imported_order_nobody_paid_is_paid_from_suspense_and_a_break),
  };
  return test_market_run("checkout", tests, COUNT_OF(tests));
}
