/* test.c - what the desk promises: every record and event is summed once, sums agree with the
 * ledger whether they were made before or while answering, a flow opens down to exactly its
 * postings, a proof finds what is there, and a person's views are theirs. */
#include "modules/commerce/test_shop.h"
#include "modules/desk/inside.h"

#include <string.h>

static const module *const more[] = {&desk_module};

static test_shops *shop_open(void **state) { return test_shops_open(*state, more, 1); }

static test_caller operator_of(test_shops *s) {
  return test_sign_in(s->m, TEST_OPERATOR_EMAIL, TEST_PASSWORD);
}

static void sum_up(test_shops *s) {
  assert_int_equal(desk_roll(test_market_ctx(s->m), s->m->e), OK);
}

static int64_t flow_sum(test_shops *s, const test_caller *who, int debit, int credit) {
  test_reply r = test_call(s->m, who, "GET", "/v1/flows", NULL);
  assert_int_equal(r.status, 200);
  int64_t sum = 0;
  json_t *one;
  size_t i;
  json_array_foreach(json_object_get(r.json, "flows"), i, one) {
    if (json_integer_value(json_object_get(one, "debit_code")) != debit) continue;
    if (json_integer_value(json_object_get(one, "credit_code")) != credit) continue;
    sum += json_integer_value(json_object_get(one, "amount"));
  }
  return sum;
}

static void flows_agree_with_the_ledger_before_and_after_they_are_summed(void **state) {
  test_shops *s = shop_open(state);
  test_caller who = operator_of(s);
  id buyer = test_buyer(s, "flow@example.com", 100000);
  test_order(s, buyer, 1, 1, true, OK);
  int64_t paid = 19900 + 800 + 5001;
  assert_int_equal(flow_sum(s, &who, CODE_WALLET, CODE_ORDER_ESCROW), paid);
  sum_up(s);
  assert_int_equal(flow_sum(s, &who, CODE_WALLET, CODE_ORDER_ESCROW), paid);
  sum_up(s);
  test_order(s, buyer, 0, 1, true, OK);
  assert_int_equal(flow_sum(s, &who, CODE_WALLET, CODE_ORDER_ESCROW), paid + 5001);
  sum_up(s);
  assert_int_equal(flow_sum(s, &who, CODE_WALLET, CODE_ORDER_ESCROW), paid + 5001);
  test_reply now = test_call(s->m, &who, "GET", "/v1/now", NULL);
  assert_int_equal(now.status, 200);
  assert_true(json_is_true(json_object_get(now.json, "is_safe")));
  assert_int_equal(test_number(&now, "owed"), test_number(&now, "customers_money"));
  assert_true(test_number(&now, "owed") >= 100000);
  test_shops_close(s);
}

static void a_flow_opens_down_to_exactly_its_postings(void **state) {
  test_shops *s = shop_open(state);
  test_caller who = operator_of(s);
  id buyer = test_buyer(s, "open@example.com", 100000);
  test_order(s, buyer, 1, 1, true, OK);
  sum_up(s);
  test_order(s, buyer, 0, 1, true, OK); /* not summed yet */
  int64_t sum = 0, postings = 0;
  str after = {0};
  for (int pages = 0; pages < 20; pages++) {
    str path =
        str_format(s->m->arena, "/v1/postings?limit=1&debit_code=%d&credit_code=%d%s%.*s",
                   CODE_WALLET, CODE_ORDER_ESCROW, after.len > 0 ? "&after=" : "", STR_ARGS(after));
    test_reply r = test_call(s->m, &who, "GET", str_zero(s->m->arena, path), NULL);
    assert_int_equal(r.status, 200);
    json_t *item;
    size_t i;
    json_array_foreach(json_object_get(r.json, "items"), i, item) {
      sum += json_integer_value(json_object_get(item, "amount"));
      postings++;
    }
    const char *next = test_text(&r, "next");
    after = next == NULL ? (str){0} : str_copy(s->m->arena, str_from(next));
    if (after.len == 0) break;
  }
  assert_int_equal(after.len, 0);
  assert_int_equal(postings, 3);
  assert_int_equal(sum, 19900 + 800 + 5001 + 5001);
  test_shops_close(s);
}

static void a_series_counts_each_order_once_in_its_day_and_hour(void **state) {
  test_shops *s = shop_open(state);
  test_caller who = operator_of(s);
  id buyer = test_buyer(s, "series@example.com", 100000);
  test_order(s, buyer, 1, 0, true, OK);
  sum_up(s);
  test_order(s, buyer, 0, 1, true, OK);
  sum_up(s);
  sum_up(s);
  const char *paths[] = {"/v1/series", "/v1/series?by=hour"};
  for (size_t p = 0; p < COUNT_OF(paths); p++) {
    test_reply r = test_call(s->m, &who, "GET", paths[p], NULL);
    assert_int_equal(r.status, 200);
    int64_t orders = 0, sales = 0;
    json_t *at;
    size_t i;
    json_array_foreach(json_object_get(r.json, "points"), i, at) {
      orders += json_integer_value(json_object_get(at, "orders"));
      sales += json_integer_value(json_object_get(at, "sales"));
    }
    assert_int_equal(i, p == 0 ? 31 : 31 * 24);
    assert_int_equal(orders, 2);
    assert_int_equal(sales, 19900 + 800 + 5001);
  }
  test_shops_close(s);
}

static void a_campaigns_burn_down_ends_with_what_is_left_of_it(void **state) {
  test_shops *s = shop_open(state);
  test_caller who = operator_of(s);
  char text[ID_TEXT_MAX];
  id_write(text, ID_CAMPAIGN, s->campaign);
  str path = str_format(s->m->arena, "/v1/campaigns/%s/burn-down", text);
  for (int summed = 0; summed < 2; summed++) {
    test_reply r = test_call(s->m, &who, "GET", str_zero(s->m->arena, path), NULL);
    assert_int_equal(r.status, 200);
    json_t *days = json_object_get(r.json, "days");
    json_t *last = json_array_get(days, json_array_size(days) - 1);
    assert_non_null(last);
    assert_int_equal(json_integer_value(json_object_get(last, "left")),
                     test_balance(s, s->campaign, CODE_CAMPAIGN_BUDGET, s->m->facts.currency));
    sum_up(s);
  }
  test_shops_close(s);
}

static void a_proof_asked_for_proves_every_step_of_sound_books(void **state) {
  test_shops *s = shop_open(state);
  test_caller who = operator_of(s);
  test_order(s, s->buyer, 1, 1, true, OK);
  test_reply asked = test_call(s->m, &who, "POST", "/v1/proofs", NULL);
  assert_int_equal(asked.status, 201);
  assert_string_equal(test_text(&asked, "state"), "waiting");
  str path = str_format(s->m->arena, "/v1/proofs/%s", test_text(&asked, "proof"));
  while (engine_run_tasks(test_market_ctx(s->m), s->m->e, 100) > 0) {}
  test_reply r = test_call(s->m, &who, "GET", str_zero(s->m->arena, path), NULL);
  assert_string_equal(test_text(&r, "state"), "proved");
  json_t *step;
  size_t i;
  json_array_foreach(json_object_get(r.json, "steps"), i, step)
      assert_string_equal(json_string_value(json_object_get(step, "state")), "proved");
  assert_int_equal(i, PROOF_STEPS);
  test_reply list = test_call(s->m, &who, "GET", "/v1/proofs", NULL);
  assert_int_equal(json_array_size(json_object_get(list.json, "items")), 1);
  test_shops_close(s);
}

static void saved_views_are_ones_own_and_can_be_dropped(void **state) {
  test_shops *s = shop_open(state);
  test_caller who = operator_of(s);
  const char *body = "{\"page\":\"orders\",\"name\":\"Big\",\"query\":{\"state\":\"paid\"}}";
  test_reply made = test_call(s->m, &who, "POST", "/v1/views", body);
  assert_int_equal(made.status, 201);
  test_reply list = test_call(s->m, &who, "GET", "/v1/views?page=orders", NULL);
  assert_int_equal(json_array_size(json_object_get(list.json, "items")), 1);
  list = test_call(s->m, &who, "GET", "/v1/views?page=payments", NULL);
  assert_int_equal(json_array_size(json_object_get(list.json, "items")), 0);
  str path = str_format(s->m->arena, "/v1/views/%s", test_text(&made, "view"));
  assert_int_equal(test_call(s->m, &who, "DELETE", str_zero(s->m->arena, path), NULL).status, 200);
  assert_int_equal(test_call(s->m, &who, "DELETE", str_zero(s->m->arena, path), NULL).status, 404);
  test_reply bad = test_call(s->m, &who, "POST", "/v1/views", "{\"page\":\"orders\"}");
  assert_int_equal(bad.status, 400);
  test_shops_close(s);
}

static void jobs_are_listed_with_their_last_run_and_run_for_a_date_once(void **state) {
  test_shops *s = shop_open(state);
  test_caller who = operator_of(s);
  test_reply jobs = test_call(s->m, &who, "GET", "/v1/jobs", NULL);
  assert_int_equal(jobs.status, 200);
  assert_true(json_array_size(json_object_get(jobs.json, "items")) > 1);
  str today = date_print(s->m->arena, engine_today(s->m->e));
  str body = str_format(s->m->arena, "{\"business_date\":\"%.*s\"}", STR_ARGS(today));
  const char *text = str_zero(s->m->arena, body);
  assert_int_equal(test_call(s->m, &who, "POST", "/v1/jobs/desk.roll/run", text).status, 200);
  test_reply runs = test_call(s->m, &who, "GET", "/v1/jobs/desk.roll/runs", NULL);
  assert_true(json_array_size(json_object_get(runs.json, "items")) >= 1);
  assert_int_equal(test_call(s->m, &who, "POST", "/v1/jobs/no.such/run", text).status, 404);
  test_shops_close(s);
}

static void routes_ask_who_is_calling(void **state) {
  test_shops *s = shop_open(state);
  test_walk_routes(s->m, &desk_module);
  test_shops_close(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(flows_agree_with_the_ledger_before_and_after_they_are_summed),
      cmocka_unit_test(a_flow_opens_down_to_exactly_its_postings),
      cmocka_unit_test(a_series_counts_each_order_once_in_its_day_and_hour),
      cmocka_unit_test(a_campaigns_burn_down_ends_with_what_is_left_of_it),
      cmocka_unit_test(a_proof_asked_for_proves_every_step_of_sound_books),
      cmocka_unit_test(saved_views_are_ones_own_and_can_be_dropped),
      cmocka_unit_test(jobs_are_listed_with_their_last_run_and_run_for_a_date_once),
      cmocka_unit_test(routes_ask_who_is_calling),
  };
  return test_market_run("desk", tests, COUNT_OF(tests));
}
