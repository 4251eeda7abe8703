/* test.c - what a stranger is told: of an empty store, of a market, and that logins are told only
 * where somebody put them. */
#include "modules/identity/test_market.h"
#include "modules/welcome/welcome.h"
#include <string.h>

static test_market *open_market(const char *url) {
  static const module *const modules[] = {&identity_module, &welcome_module};
  return test_market_open(url, modules, COUNT_OF(modules));
}

static bool says(const test_reply *r, const char *wanted) {
  return memmem(r->body.at, r->body.len, wanted, strlen(wanted)) != NULL;
}

static void a_stranger_learns_whether_the_market_is_set_up(void **state) {
  test_market *m = open_market(*state);
  test_reply r = test_call(m, NULL, "GET", "/v1/market", NULL);
  assert_int_equal(r.status, 200);
  assert_true(says(&r, "\"is_set_up\":false"));
  test_market_set_up(m);
  r = test_call(m, NULL, "GET", "/v1/market", NULL);
  assert_true(says(&r, "\"is_set_up\":true"));
  assert_true(says(&r, "\"demo_logins\":[]"));
  assert_false(says(&r, "demo_password"));
  test_market_close(m);
}

static void logins_of_a_demonstration_are_told(void **state) {
  static const welcome_login list[] = {{"a@example.com", "buyer", "buys", "买家"}};
  test_market *m = open_market(*state);
  test_market_set_up(m);
  welcome_show_logins(list, 1, "word");
  test_reply r = test_call(m, NULL, "GET", "/v1/market", NULL);
  welcome_show_logins(NULL, 0, NULL);
  assert_true(says(&r, "\"email\":\"a@example.com\",\"role\":\"buyer\""));
  assert_true(says(&r, "\"demo_password\":\"word\""));
  test_market_close(m);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_stranger_learns_whether_the_market_is_set_up),
      cmocka_unit_test(logins_of_a_demonstration_are_told),
  };
  return test_market_run("welcome", tests, COUNT_OF(tests));
}
