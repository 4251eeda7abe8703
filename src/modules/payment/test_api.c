/* test_api.c - payment over the router: money given away by two persons, vouchers, channels, one's
 * own wallet; and that others' things are not there. */
#include "modules/payment/test_desk.h"

#include "base/csv.h"

#include <string.h>

#define DESK(state) desk *d = desk_open(*(state))

static test_caller operator_of(desk *d) {
  return test_sign_in(d->m, TEST_OPERATOR_EMAIL, TEST_PASSWORD);
}

/* A user who can sign in; kinds as in identity.h. */
static test_caller new_user(desk *d, const char *email, actor_kind kind, id *user) {
  ctx *c = desk_ctx(d);
  user_new in = {.email = str_from(email), .name = STR("Somebody"), .kind = kind};
  in.password_hash = str_copy(d->m->arena, identity_hash_password(c, str_from(TEST_PASSWORD)));
  desk_must(d, &identity_create_user, &in);
  *user = in.user_id;
  return test_sign_in(d->m, email, TEST_PASSWORD);
}

static char *path_of(desk *d, const char *format, id_kind kind, id value) {
  char text[ID_TEXT_MAX];
  id_write(text, kind, value);
  return str_zero(d->m->arena,
                  str_format(d->m->arena, "%.*s%s%s", (int)(strchr(format, '*') - format), format,
                             text, strchr(format, '*') + 1));
}

static void expect(const test_reply *r, int status_wanted) {
  if (r->status != status_wanted) print_message("%.*s\n", STR_ARGS(r->body));
  assert_int_equal(r->status, status_wanted);
}

static void a_campaign_is_funded_by_two_persons_and_issues_vouchers(void **state) {
  DESK(state);
  payment_register();
  id second;
  test_caller one = operator_of(d),
              two = new_user(d, "second@example.com", ACTOR_OPERATOR, &second);
  test_reply r = test_call(d->m, &one, "POST", "/v1/approvals",
                           "{\"action\":\"campaign.fund\",\"parameters\":{\"name\":\"Autumn\","
                           "\"currency\":\"CNY\",\"budget\":3000}}");
  expect(&r, 201);
  char *approve = str_zero(
      d->m->arena, str_format(d->m->arena, "/v1/approvals/%s/approve", test_text(&r, "approval")));
  r = test_call(d->m, &one, "POST", approve, "{}");
  expect(&r, 403);
  r = test_call(d->m, &two, "POST", approve, "{}");
  expect(&r, 200);
  id campaign = desk_int(d, "select max(campaign_id) from campaign where budget=?1", 3000);
  assert_int_equal(desk_balance(d, CODE_CAMPAIGN_BUDGET, campaign), 3000);
  char *vouchers = path_of(d, "/v1/campaigns/*/vouchers", ID_CAMPAIGN, campaign);
  r = test_call(d->m, &one, "POST", vouchers, "{\"amount\":1000,\"count\":4}");
  expect(&r, 422);
  r = test_call(d->m, &one, "POST", vouchers, "{\"amount\":1000,\"count\":3}");
  expect(&r, 201);
  r = test_call(d->m, &one, "POST", vouchers, "{\"amount\":1}");
  expect(&r, 422);
  r = test_call(d->m, &one, "GET", "/v1/campaigns", NULL);
  expect(&r, 200);
  desk_close(d);
}

static void a_channel_is_added_and_switched_off_from_the_next_payment_on(void **state) {
  DESK(state);
  test_caller one = operator_of(d);
  test_reply r = test_call(d->m, &one, "POST", "/v1/channels",
                           "{\"name\":\"x\",\"kind\":\"no-such\",\"url\":\"fake:\"}");
  expect(&r, 422);
  r = test_call(d->m, &one, "POST", path_of(d, "/v1/channels/*/switch", ID_CHANNEL, d->channel),
                "{\"enabled\":false}");
  expect(&r, 200);
  till *t = till_make(d, 100, 0);
  till_add(t, T_CARD(d, 100, "ok"));
  assert_int_equal(desk_run(d, &test_pay, t), E_RULE);
  desk_close(d);
}

static void a_wallet_is_filled_spent_withdrawn_and_sent_from(void **state) {
  DESK(state);
  id ann_id, bob_id;
  test_caller ann = new_user(d, "ann@example.com", ACTOR_BUYER, &ann_id),
              bob = new_user(d, "bob@example.com", ACTOR_BUYER, &bob_id);
  test_reply r = test_call(d->m, &ann, "GET", "/v1/wallet", NULL);
  expect(&r, 200);
  assert_int_equal(test_number(&r, "balance"), 0);
  r = test_call(d->m, &ann, "POST", "/v1/wallet/top-ups",
                "{\"amount\":9000,\"currency\":\"CNY\",\"token\":\"ok\"}");
  expect(&r, 201);
  desk_tasks(d);
  assert_int_equal(desk_balance(d, CODE_WALLET, ann_id), 9000);
  r = test_call(d->m, &ann, "POST", "/v1/wallet/withdrawals",
                "{\"amount\":2000,\"currency\":\"CNY\",\"token\":\"iban\"}");
  expect(&r, 201);
  r = test_call(d->m, &ann, "GET", "/v1/wallet", NULL);
  assert_int_equal(test_number(&r, "balance"), 9000);
  assert_int_equal(test_number(&r, "available"), 7000);
  desk_tasks(d);
  fake_payout = OUTCOME_DECLINED;
  r = test_call(d->m, &ann, "POST", "/v1/wallet/withdrawals",
                "{\"amount\":7000,\"currency\":\"CNY\"}");
  expect(&r, 201);
  desk_tasks(d);
  assert_int_equal(desk_balance(d, CODE_WALLET, ann_id),
                   7000); /* the bank said no: all of it is back */
  char bob_text[ID_TEXT_MAX];
  id_write(bob_text, ID_USER, bob_id);
  char *send = str_zero(
      d->m->arena,
      str_format(d->m->arena, "{\"to\":\"%s\",\"amount\":500,\"currency\":\"CNY\"}", bob_text));
  r = test_call(d->m, &ann, "POST", "/v1/wallet/transfers", send);
  expect(&r, 201); /* bob's wallet is opened by it */
  assert_int_equal(desk_balance(d, CODE_WALLET, bob_id), 500);
  r = test_call(d->m, &bob, "GET", "/v1/wallet", NULL);
  assert_int_equal(test_number(&r, "available"), 500);
  id operator= desk_int(d, "select operator_user from market where market=?1", 1);
  id nobodies[] = {operator, 12345 };
  for (size_t i = 0; i < COUNT_OF(nobodies); i++) {
    id_write(bob_text, ID_USER, nobodies[i]);
    send = str_zero(
        d->m->arena,
        str_format(d->m->arena, "{\"to\":\"%s\",\"amount\":500,\"currency\":\"CNY\"}", bob_text));
    r = test_call(d->m, &ann, "POST", "/v1/wallet/transfers", send);
    expect(&r, 422);
  }
  r = test_call(d->m, &ann, "GET", "/v1/wallet/statement", NULL);
  expect(&r, 200);
  assert_int_equal(json_array_size(json_object_get(r.json, "items")), 3);
  r = test_call(d->m, &ann, "POST", "/v1/wallet/top-ups",
                "{\"amount\":5,\"currency\":\"CNY\",\"token\":\"4111111111111111\"}");
  expect(&r, 400);
  desk_close(d);
}

static void anothers_payment_is_not_there(void **state) {
  DESK(state);
  id eve_id;
  test_caller eve = new_user(d, "eve@example.com", ACTOR_BUYER, &eve_id), one = operator_of(d);
  till *t = till_make(d, 100, 0);
  till_add(t, T_BALANCE(100));
  desk_must(d, &test_pay, t);
  char *path = path_of(d, "/v1/payments/*", ID_PAYMENT, t->p.payment_id);
  test_reply r = test_call(d->m, &eve, "GET", path, NULL);
  expect(&r, 404);
  r = test_call(d->m, &eve, "POST",
                path_of(d, "/v1/payments/*/cancel", ID_PAYMENT, t->p.payment_id), NULL);
  expect(&r, 404);
  r = test_call(d->m, &one, "GET", path, NULL);
  expect(&r, 200);
  assert_string_equal(test_text(&r, "state"), "paid");
  r = test_call(d->m, &one, "GET", "/v1/payments?limit=1", NULL);
  expect(&r, 200);
  desk_close(d);
}

static void the_proof_is_taken_on_request_and_listed(void **state) {
  DESK(state);
  test_caller one = operator_of(d);
  test_reply r = test_call(d->m, &one, "POST", "/v1/safeguarding", NULL);
  expect(&r, 201);
  assert_true(
      json_is_true(json_object_get(json_array_get(json_object_get(r.json, "proofs"), 0), "equal")));
  r = test_call(d->m, &one, "GET", "/v1/safeguarding", NULL);
  expect(&r, 200);
  assert_int_equal(json_array_size(json_object_get(r.json, "items")), 1);
  r = test_call(d->m, &one, "GET", "/v1/breaks", NULL);
  expect(&r, 200);
  r = test_call(d->m, &one, "GET", "/v1/disputes", NULL);
  expect(&r, 200);
  r = test_call(d->m, &one, "GET", path_of(d, "/v1/settlements?seller=*", ID_TENANT, SELLER_A),
                NULL);
  expect(&r, 200);
  desk_close(d);
}

/* Walks a list page by page and says how many elements there were. */
static size_t walk(desk *d, const test_caller *who, const char *path, int limit) {
  size_t seen = 0;
  const char *next = "";
  do {
    str at = str_format(d->m->arena, "%s%climit=%d%s%s", path, strchr(path, '?') ? '&' : '?', limit,
                        next[0] ? "&after=" : "", next);
    test_reply r = test_call(d->m, who, "GET", str_zero(d->m->arena, at), NULL);
    expect(&r, 200);
    size_t got = json_array_size(json_object_get(r.json, "items"));
    assert_true(got <= (size_t)limit);
    seen += got;
    next = test_text(&r, "next");
  } while (next != NULL);
  return seen;
}

static void deliver_and_settle(desk *d, id seller, id child, int64_t amount) {
  till *t = till_make(d, amount, 0);
  t->p.payees[0] = (payee){seller, child, amount};
  till_add(t, T_BALANCE(amount));
  desk_must(d, &test_pay, t);
  desk_release(d, t, seller, child, amount, 0, desk_ctx(d)->today);
}

static void operators_see_all_sellers_and_the_payout_file_of_a_date(void **state) {
  DESK(state);
  test_caller one = operator_of(d);
  id buyer_id;
  test_caller buyer = new_user(d, "ann@example.com", ACTOR_BUYER, &buyer_id);
  date today = desk_ctx(d)->today;
  for (int i = 0; i < 5; i++)
    deliver_and_settle(d, SELLER_A, 1000 + i, 100 + i);
  deliver_and_settle(d, SELLER_B, 2000, 70);
  desk_job(d, "settlement.daily", today);
  desk_tasks(d);
  static const struct {
    const char *path;
    size_t all, of_b;
  } lists[] = {{"/v1/settlement-items", 6, 1}, {"/v1/settlements", 2, 1}, {"/v1/payouts", 2, 1}};
  for (size_t i = 0; i < COUNT_OF(lists); i++) {
    assert_int_equal(walk(d, &one, lists[i].path, 1), lists[i].all);
    assert_int_equal(walk(d, &one, lists[i].path, 4), lists[i].all);
    char *of_b =
        path_of(d, str_zero(d->m->arena, str_format(d->m->arena, "%s?seller=*", lists[i].path)),
                ID_TENANT, SELLER_B);
    assert_int_equal(walk(d, &one, of_b, 1), lists[i].of_b);
    test_reply r = test_call(d->m, &buyer, "GET", lists[i].path, NULL);
    expect(&r, 403);
  }
  char *file = str_zero(d->m->arena, str_format(d->m->arena, "/v1/payout-files/%.*s",
                                                STR_ARGS(date_print(d->m->arena, today))));
  test_reply r = test_call(d->m, &one, "GET", file, NULL);
  expect(&r, 200);
  csv_reader *rows = csv_open_text(d->m->arena, r.body);
  csv_record row;
  assert_true(csv_next(rows, &row));
  assert_true(str_eq(row.fields[4], STR("bank_reference")));
  int64_t sum = 0, amount;
  size_t lines = 0;
  for (; csv_next(rows, &row); lines++) {
    assert_int_equal(row.count, 6);
    assert_true(str_to_int(row.fields[2], &amount));
    sum += amount;
    assert_true(str_eq(row.fields[3], STR("CNY")) && str_starts(row.fields[4], STR("ref-")));
    assert_true(str_eq(row.fields[5], STR("paid")));
  }
  assert_int_equal(lines, 2);
  assert_int_equal(sum, desk_totals(d).paid_to_sellers);
  r = test_call(d->m, &one, "GET", "/v1/payout-files/yesterday", NULL);
  expect(&r, 400);
  r = test_call(d->m, &buyer, "GET", file, NULL);
  expect(&r, 403);
  desk_close(d);
}

static void vouchers_are_listed_with_their_codes_masked(void **state) {
  DESK(state);
  test_caller one = operator_of(d);
  voucher_issue many = {.campaign_id = d->campaign, .amount = 10, .count = 7};
  desk_must(d, &payment_issue_vouchers, &many);
  const char *used = str_zero(d->m->arena, many.codes[3]);
  till *t = till_make(d, 10, 0);
  till_add(t, T_VOUCHER(used, 10));
  desk_must(d, &test_pay, t);
  voucher_issue chosen = {
      .campaign_id = d->campaign, .amount = 10, .count = 1, .code = STR("SPRING24")};
  desk_must(d, &payment_issue_vouchers, &chosen);
  char *path = path_of(d, "/v1/campaigns/*/vouchers", ID_CAMPAIGN, d->campaign);
  for (int limit = 1; limit < 9; limit++)
    assert_int_equal(walk(d, &one, path, limit), 8);
  test_reply r = test_call(d->m, &one, "GET", path, NULL);
  assert_null(strstr(str_zero(d->m->arena, r.body), used));
  assert_non_null(strstr(str_zero(d->m->arena, r.body), "\"****NG24\""));
  size_t used_count = 0, at;
  json_t *item;
  json_array_foreach(json_object_get(r.json, "items"), at, item) used_count +=
      json_is_true(json_object_get(item, "is_used"));
  assert_int_equal(used_count, 1);
  desk_close(d);
}

static int propose(desk *d, const test_caller *who, const char *name, const char *value) {
  str body =
      str_format(d->m->arena,
                 "{\"action\":\"parameter.set\",\"parameters\":{\"name\":\"%s\",\"valid_from\":"
                 "\"2024-10-05\",\"value\":%s}}",
                 name, value);
  return test_call(d->m, who, "POST", "/v1/approvals", body.at).status;
}

/* Two persons can agree on nonsense: a payout below nothing, a reserve beyond the calendar. */
static void a_parameter_outside_of_what_it_can_mean_is_refused_when_proposed(void **state) {
  DESK(state);
  payment_register();
  test_caller one = operator_of(d);
  assert_int_equal(propose(d, &one, "payout_minimum", "-1000"), 400);
  assert_int_equal(propose(d, &one, "payout_minimum", "0"), 400);
  assert_int_equal(propose(d, &one, "reserve_days", "9007199254740992"), 400);
  assert_int_equal(propose(d, &one, "dispute_answer_days", "9007199254740992"), 400);
  assert_int_equal(propose(d, &one, "wallet_day_max", "-1"), 400);
  assert_int_equal(propose(d, &one, "reserve_days", "30"), 201);
  desk_close(d);
}

static test_caller key_of(desk *d, const test_caller *who, const char *scopes) {
  test_reply r =
      test_call(d->m, who, "POST", "/v1/api-keys",
                str_format(d->m->arena, "{\"name\":\"k\",\"scopes\":\"%s\"}", scopes).at);
  expect(&r, 201);
  return (test_caller){.bearer = test_text(&r, "secret")};
}

static void an_operators_key_for_oneself_sees_nobodys_money(void **state) {
  DESK(state);
  till *t = till_make(d, 100, 0);
  till_add(t, T_BALANCE(100));
  desk_must(d, &test_pay, t);
  test_caller boss = operator_of(d), narrow = key_of(d, &boss, "self"),
              wide = key_of(d, &boss, "self supervise");
  char *payment = path_of(d, "/v1/payments/*", ID_PAYMENT, t->p.payment_id);
  test_reply r = test_call(d->m, &narrow, "GET", "/v1/payments", NULL);
  expect(&r, 200);
  assert_int_equal(json_array_size(json_object_get(r.json, "items")), 0);
  r = test_call(d->m, &narrow, "GET", payment, NULL);
  expect(&r, 404);
  static const char *const lists[] = {"/v1/payouts", "/v1/settlements", "/v1/settlement-items",
                                      "/v1/settlement-calendar", "/v1/disputes"};
  for (size_t i = 0; i < COUNT_OF(lists); i++) {
    r = test_call(d->m, &narrow, "GET", lists[i], NULL);
    expect(&r, 403);
    r = test_call(d->m, &wide, "GET", lists[i], NULL);
    expect(&r, 200);
  }
  r = test_call(d->m, &wide, "GET", payment, NULL);
  expect(&r, 200);
  desk_close(d);
}

static void nothing_is_sent_to_somebody_who_was_erased(void **state) {
  DESK(state);
  id ann_id, bob_id;
  test_caller boss = operator_of(d), ann = new_user(d, "ann@example.com", ACTOR_BUYER, &ann_id);
  new_user(d, "bob@example.com", ACTOR_BUYER, &bob_id);
  desk_give(d, ann_id, 1000);
  desk_give(d, bob_id, 1);
  test_reply r =
      test_call(d->m, &boss, "POST", path_of(d, "/v1/users/*/erase", ID_USER, bob_id), NULL);
  expect(&r, 200);
  r = test_call(d->m, &ann, "POST", "/v1/wallet/transfers",
                path_of(d, "{\"to\":\"*\",\"amount\":500,\"currency\":\"CNY\"}", ID_USER, bob_id));
  expect(&r, 422);
  assert_int_equal(desk_balance(d, CODE_WALLET, ann_id), 1000);
  desk_close(d);
}

static void a_wallet_is_filled_in_process(void **state) {
  DESK(state);
  top_up_in in = {
      .owner = OTHER_BUYER, .channel = d->sale_channel, .amount = 700, .token = STR("ok")};
  desk_must(d, &payment_top_up, &in);
  assert_int_not_equal(in.top_up_id, 0);
  desk_tasks(d);
  assert_int_equal(desk_balance(d, CODE_WALLET, OTHER_BUYER), 700);
  in.amount = 0;
  assert_int_equal(desk_run(d, &payment_top_up, &in), E_MALFORMED);
  desk_close(d);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_campaign_is_funded_by_two_persons_and_issues_vouchers),
      cmocka_unit_test(a_channel_is_added_and_switched_off_from_the_next_payment_on),
      cmocka_unit_test(a_wallet_is_filled_spent_withdrawn_and_sent_from),
      cmocka_unit_test(anothers_payment_is_not_there),
      cmocka_unit_test(the_proof_is_taken_on_request_and_listed),
      cmocka_unit_test(operators_see_all_sellers_and_the_payout_file_of_a_date),
      cmocka_unit_test(vouchers_are_listed_with_their_codes_masked),
      cmocka_unit_test(a_parameter_outside_of_what_it_can_mean_is_refused_when_proposed),
      cmocka_unit_test(an_operators_key_for_oneself_sees_nobodys_money),
      cmocka_unit_test(nothing_is_sent_to_somebody_who_was_erased),
      cmocka_unit_test(a_wallet_is_filled_in_process),
  };
  return test_market_run("payment-api", tests, COUNT_OF(tests));
}
