/* test.c - what webhooks promise: who gets what, signed, in order, again until it arrives, and
 * never to a private address. Deliveries go to a real local receiver; time stands still unless a
 * test moves it. */
#include "modules/identity/test_market.h"
#include "modules/institutions/inside.h"
#include "modules/institutions/test_receiver.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* --- rules ------------------------------------------------------------------------------------ */

static void a_url_that_could_be_read_in_two_ways_is_refused(void **state) {
  UNUSED(state);
  arena *a = arena_open(1 << 20);
  url_parts u;
  assert_true(webhook_url_parse(a, STR("https://example.com/hook?x=1"), &u));
  assert_true(str_eq(u.host, STR("example.com")) && u.port == 443);
  assert_true(webhook_url_parse(a, STR("HTTP://[2606:4700::1]:8080/"), &u));
  assert_true(str_eq(u.host, STR("2606:4700::1")) && u.port == 8080);
  const char *bad[] = {"",
                       "ftp://example.com",
                       "https://",
                       "https://user@example.com/",
                       "https://a b",
                       "https://a#b",
                       "https://a:0/",
                       "https://a:99999/",
                       "https://a:x/",
                       "https://a\\@b.com/",
                       "https://[::1",
                       "https://[]/",
                       "//example.com",
                       "https://a:80@b.com/",
                       "https://a\r\nb.com/"};
  for (size_t i = 0; i < COUNT_OF(bad); i++)
    assert_false(webhook_url_parse(a, str_from(bad[i]), &u));
  arena_close(a);
}

static bool is_public(const char *text) {
  struct sockaddr_in in = {.sin_family = AF_INET};
  struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
  if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
    return webhook_address_is_public((struct sockaddr *)&in);
  assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
  return webhook_address_is_public((struct sockaddr *)&in6);
}

static void private_and_special_addresses_are_told_from_public_ones(void **state) {
  UNUSED(state);
  const char *refused[] = {"127.0.0.1",
                           "10.1.2.3",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.168.1.1",
                           "169.254.169.254",
                           "0.0.0.0",
                           "100.64.0.1",
                           "192.0.2.1",
                           "198.18.0.1",
                           "224.0.0.1",
                           "255.255.255.255",
                           "::1",
                           "::",
                           "fe80::1",
                           "fc00::1",
                           "fd12::1",
                           "ff02::1",
                           "::ffff:8.8.8.8",
                           "64:ff9b::7f00:1",
                           "2001:db8::1",
                           "2001::1",
                           "2002:7f00:1::"};
  const char *allowed[] = {"8.8.8.8",     "172.15.255.255", "172.32.0.0",      "192.167.255.255",
                           "100.128.0.0", "1.1.1.1",        "2606:4700::1111", "2001:4860::8888"};
  for (size_t i = 0; i < COUNT_OF(refused); i++)
    assert_false(is_public(refused[i]));
  for (size_t i = 0; i < COUNT_OF(allowed); i++)
    assert_true(is_public(allowed[i]));
}

static void an_endpoint_wants_what_its_patterns_and_its_tenant_say(void **state) {
  UNUSED(state);
  webhook_row w = {.webhook = 10, .tenant = 2, .events = STR("order.*  refund.succeeded")};
  event e = {.event_id = 11, .tenant = 2, .type = STR("order.paid"), .aggregate_kind = ID_ORDER};
  assert_true(webhook_wants(&w, 1, &e));
  e.type = STR("orders.paid");
  assert_false(webhook_wants(&w, 1, &e));
  e.type = STR("refund.succeeded");
  assert_true(webhook_wants(&w, 1, &e));
  e.tenant = 3;
  assert_false(webhook_wants(&w, 1, &e));
  w.tenant = 1; /* the platform sees every tenant's */
  assert_true(webhook_wants(&w, 1, &e));
  w.state = WEBHOOK_DISABLED;
  assert_false(webhook_wants(&w, 1, &e));
  assert_true(webhook_events_check(STR("* a.b a.*")));
  assert_false(webhook_events_check(STR("a.* B")));
  assert_false(webhook_events_check(STR("   ")));
  assert_false(webhook_events_check(STR("a*")));
}

static void a_delivery_is_tried_ten_times_over_three_days(void **state) {
  UNUSED(state);
  delivery_row row = {.state = DELIVERY_WAITING};
  attempt_result got = {.http_status = 500, .error = STR("")};
  instant now = 0;
  int tries = 0;
  while (row.state == DELIVERY_WAITING) {
    now = row.next_at;
    row = webhook_after_attempt(&row, &got, now);
    tries++;
  }
  assert_int_equal(row.state, DELIVERY_FAILED);
  assert_int_equal(tries, WEBHOOK_TRIES_MAX);
  assert_int_equal(now / MICROS_PER_SECOND, 5 + 300 + 1800 + 3600 * (2 + 5 + 10 + 14 + 20 + 24));
}

/* --- deliveries ------------------------------------------------------------------------------- */

typedef struct emit_state {
  id aggregate, tenant;
  int count;
} emit_state;

static status emit_decide(ctx *c, tx *t, void *state) {
  UNUSED(c), UNUSED(t), UNUSED(state);
  return OK;
}

static status emit_write(ctx *c, tx *t, void *state) {
  const emit_state *s = state;
  for (int i = 0; i < s->count; i++) {
    str body = str_format(c->arena, "{\"of\":%lld}", (long long)s->aggregate);
    TRY(tx_emit(c, t, "thing.happened", ID_ORDER, s->aggregate, s->tenant, body));
  }
  return OK;
}
static const command_type emit_type = {"test.emit", 0, NULL, emit_decide, emit_write};

static const module *const modules[] = {&identity_module, &institutions_module};

typedef struct scene {
  test_market *m;
  receiver *r;
  test_caller boss;
  const char *hook; /* the endpoint's id */
  webhook_secret secret;
} scene;

static void emit(scene *s, id aggregate, id tenant, int count) {
  ctx *c = test_market_ctx(s->m);
  emit_state in = {aggregate, tenant, count};
  assert_int_equal(engine_call(c, s->m->e, &emit_type, &in, engine_system(s->m->e)), OK);
}

/* Everything that is due by then: the feed and the deliveries. */
static void pass(scene *s, int64_t seconds) {
  test_market_sleep(s->m, seconds);
  while (engine_run_tasks(test_market_ctx(s->m), s->m->e, 10000) > 0) {}
}

static test_reply add_hook(scene *s, const test_caller *who, const char *events) {
  str body = str_format(s->m->arena, "{\"url\":\"http://127.0.0.1:%d/hook\",\"events\":\"%s\"}",
                        receiver_port(s->r), events);
  test_reply r = test_call(s->m, who, "POST", "/v1/webhooks", body.at);
  if (r.status != 201) print_message("%.*s\n", STR_ARGS(r.body));
  assert_int_equal(r.status, 201);
  return r;
}

static scene open_scene(void **state) {
  scene s = {.m = test_market_open(*state, modules, COUNT_OF(modules)), .r = receiver_open()};
  institutions_allow_private(true);
  test_market_set_up(s.m);
  s.boss = test_sign_in(s.m, TEST_OPERATOR_EMAIL, TEST_PASSWORD);
  test_reply r = add_hook(&s, &s.boss, "thing.*");
  s.hook = test_text(&r, "webhook");
  assert_true(webhook_secret_parse(str_from(test_text(&r, "secret")), &s.secret));
  return s;
}

static void close_scene(scene *s) {
  institutions_allow_private(false);
  test_market_close(s->m);
  receiver_close(s->r);
}

static const char *hook_path(const scene *s, const char *after) {
  return str_format(s->m->arena, "/v1/webhooks/%s%s", s->hook, after).at;
}

static bool is_signed_by(const scene *s, const received *item, const webhook_secret *secret) {
  webhook_message m = {str_from(item->id), strtoll(item->timestamp, NULL, 10),
                       str_from(item->body)};
  return webhook_verify(s->m->arena, secret, 1, &m, str_from(item->signature), m.timestamp_s);
}

static void an_event_arrives_once_signed_and_names_itself(void **state) {
  scene s = open_scene(state);
  emit(&s, 501, s.m->facts.platform, 1);
  pass(&s, FAN_OUT_EVERY_S);
  instant sent_at = test_market_ctx(s.m)->real_now;
  pass(&s, FAN_OUT_EVERY_S);
  assert_int_equal(receiver_count(s.r), 1);
  received item = receiver_get(s.r, 0);
  assert_true(is_signed_by(&s, &item, &s.secret));
  assert_non_null(strstr(item.body, "\"type\":\"thing.happened\""));
  assert_non_null(strstr(item.body, item.id));
  assert_int_equal(strtoll(item.timestamp, NULL, 10), sent_at / MICROS_PER_SECOND);
  test_reply log = test_call(s.m, &s.boss, "GET", hook_path(&s, "/deliveries"), NULL);
  assert_string_equal(test_text(&log, "items.0.state"), "done");
  assert_int_equal(test_number(&log, "items.0.http_status"), 204);
  close_scene(&s);
}

static void a_failed_delivery_holds_back_its_aggregate_only(void **state) {
  scene s = open_scene(state);
  id platform = s.m->facts.platform;
  receiver_answer(s.r, "{\"of\":601}", 500);
  emit(&s, 601, platform, 2);
  emit(&s, 602, platform, 2);
  pass(&s, FAN_OUT_EVERY_S);
  assert_int_equal(receiver_count(s.r), 3); /* 601 once, 602 twice */
  received first = receiver_get(s.r, 0);
  assert_non_null(strstr(first.body, "{\"of\":601}"));
  for (size_t i = 1; i < 3; i++) {
    received item = receiver_get(s.r, i);
    assert_non_null(strstr(item.body, "{\"of\":602}"));
  }
  pass(&s, 4);
  assert_int_equal(receiver_count(s.r), 3);
  pass(&s, 1); /* five seconds after the failure */
  assert_int_equal(receiver_count(s.r), 4);
  receiver_answer(s.r, NULL, 204);
  pass(&s, 5 * 60);
  assert_int_equal(receiver_count(s.r), 6);
  received again = receiver_get(s.r, 4), second = receiver_get(s.r, 5);
  assert_string_equal(again.id, first.id); /* the receiver can tell it is the same message */
  assert_non_null(strstr(again.body, "\"sequence\":1"));
  assert_non_null(strstr(second.body, "\"sequence\":2"));
  close_scene(&s);
}

static void every_event_arrives_in_the_order_of_its_aggregate_across_many_commits(void **state) {
  enum { AGGREGATES = 3, EACH = FAN_OUT_MAX / 2 };
  scene s = open_scene(state);
  for (id a = 0; a < AGGREGATES; a++)
    emit(&s, 700 + a, s.m->facts.platform, EACH);
  pass(&s, FAN_OUT_EVERY_S);
  assert_int_equal(receiver_count(s.r), AGGREGATES * EACH);
  int next[AGGREGATES] = {0};
  for (size_t i = 0; i < receiver_count(s.r); i++) {
    received item = receiver_get(s.r, i);
    const char *of = strstr(item.body, "{\"of\":"), *sequence = strstr(item.body, "\"sequence\":");
    assert_true(of != NULL && sequence != NULL);
    long aggregate = strtol(of + 6, NULL, 10) - 700;
    assert_in_range(aggregate, 0, AGGREGATES - 1);
    assert_int_equal(strtol(sequence + 11, NULL, 10), ++next[aggregate]);
  }
  close_scene(&s);
}

static void a_receiver_that_answers_410_is_left_alone(void **state) {
  scene s = open_scene(state);
  receiver_answer(s.r, NULL, 410);
  emit(&s, 801, s.m->facts.platform, 3);
  pass(&s, FAN_OUT_EVERY_S);
  pass(&s, 3600);
  assert_int_equal(receiver_count(s.r), 1);
  s.boss = test_sign_in(s.m, TEST_OPERATOR_EMAIL, TEST_PASSWORD); /* the session idled away */
  test_reply list = test_call(s.m, &s.boss, "GET", "/v1/webhooks", NULL);
  assert_string_equal(test_text(&list, "items.0.state"), "gone");
  assert_int_equal(test_call(s.m, &s.boss, "POST", hook_path(&s, "/ping"), NULL).status, 409);
  receiver_answer(s.r, NULL, 204);
  assert_int_equal(test_call(s.m, &s.boss, "POST", hook_path(&s, "/enable"), NULL).status, 200);
  pass(&s, 1);
  assert_int_equal(receiver_count(s.r), 3); /* the two that waited */
  close_scene(&s);
}

static void a_redirect_is_not_followed_and_a_private_address_not_called(void **state) {
  scene s = open_scene(state);
  receiver_answer(s.r, NULL, 302);
  emit(&s, 901, s.m->facts.platform, 1);
  pass(&s, FAN_OUT_EVERY_S);
  assert_int_equal(receiver_count(s.r), 1);
  institutions_allow_private(false);
  pass(&s, 5);
  assert_int_equal(receiver_count(s.r), 1);
  test_reply log = test_call(s.m, &s.boss, "GET", hook_path(&s, "/deliveries"), NULL);
  const char *path =
      str_format(s.m->arena, "/deliveries/%s/attempts", test_text(&log, "items.0.delivery")).at;
  test_reply tries = test_call(s.m, &s.boss, "GET", hook_path(&s, path), NULL);
  assert_int_equal(test_number(&tries, "items.0.http_status"), 302);
  assert_int_equal(test_number(&tries, "items.1.http_status"), 0);
  assert_string_equal(test_text(&tries, "items.1.error"),
                      "the host name points to a private or special address");
  close_scene(&s);
}

static void after_a_rotation_both_secrets_sign_for_a_day(void **state) {
  scene s = open_scene(state);
  webhook_secret fresh;
  test_reply r = test_call(s.m, &s.boss, "POST", hook_path(&s, "/rotate"), NULL);
  assert_true(webhook_secret_parse(str_from(test_text(&r, "secret")), &fresh));
  assert_int_equal(test_call(s.m, &s.boss, "POST", hook_path(&s, "/ping"), NULL).status, 200);
  pass(&s, FAN_OUT_EVERY_S);
  assert_int_equal(receiver_count(s.r), 1);
  received item = receiver_get(s.r, 0);
  assert_non_null(strstr(item.body, "webhook.ping"));
  assert_true(is_signed_by(&s, &item, &s.secret) && is_signed_by(&s, &item, &fresh));
  test_market_sleep(s.m, WEBHOOK_OLD_SECRET_S);
  emit(&s, 1001, s.m->facts.platform, 1);
  pass(&s, FAN_OUT_EVERY_S);
  item = receiver_get(s.r, 1);
  assert_true(!is_signed_by(&s, &item, &s.secret) && is_signed_by(&s, &item, &fresh));
  close_scene(&s);
}

static void what_was_delivered_is_sent_again_on_demand(void **state) {
  scene s = open_scene(state);
  emit(&s, 1101, s.m->facts.platform, 3);
  pass(&s, FAN_OUT_EVERY_S);
  assert_int_equal(receiver_count(s.r), 3);
  received second = receiver_get(s.r, 1);
  str body = str_format(s.m->arena, "{\"from_event\":\"%s\"}", second.id);
  assert_int_equal(test_call(s.m, &s.boss, "POST", hook_path(&s, "/replay"), body.at).status, 200);
  pass(&s, 1);
  assert_int_equal(receiver_count(s.r), 5);
  received again = receiver_get(s.r, 3);
  assert_string_equal(again.id, second.id);
  test_reply log = test_call(s.m, &s.boss, "GET", hook_path(&s, "/deliveries"), NULL);
  const char *path =
      str_format(s.m->arena, "/deliveries/%s/replay", test_text(&log, "items.2.delivery")).at;
  assert_int_equal(test_call(s.m, &s.boss, "POST", hook_path(&s, path), NULL).status, 200);
  pass(&s, 1);
  received first = receiver_get(s.r, 0), last = receiver_get(s.r, 5);
  assert_string_equal(last.id, first.id);
  close_scene(&s);
}

static void an_organisation_sees_its_own_webhooks_and_events_only(void **state) {
  scene s = open_scene(state);
  test_reply made =
      test_call(s.m, &s.boss, "POST", "/v1/sellers",
                "{\"name\":\"Shop\",\"email\":\"s@example.com\",\"password\":\"" TEST_PASSWORD
                "\",\"person_name\":\"Li Na\"}");
  id seller;
  assert_true(id_parse(str_from(test_text(&made, "seller")), ID_TENANT, &seller));
  test_caller who = test_sign_in(s.m, "s@example.com", TEST_PASSWORD);
  const char *paths[] = {"/ping", "/disable", "/rotate"};
  sha256 before, after;
  test_hash(s.m, &before);
  for (size_t i = 0; i < COUNT_OF(paths); i++) {
    assert_int_equal(test_call(s.m, &who, "POST", hook_path(&s, paths[i]), NULL).status, 404);
  }
  assert_int_equal(test_call(s.m, &who, "GET", hook_path(&s, "/deliveries"), NULL).status, 404);
  test_hash(s.m, &after);
  assert_true(sha256_eq(&before, &after));
  assert_int_equal(test_call(s.m, &s.boss, "POST", hook_path(&s, "/disable"), NULL).status, 200);
  add_hook(&s, &who, "*");
  emit(&s, 1201, s.m->facts.platform, 1);
  emit(&s, 1202, seller, 1);
  pass(&s, FAN_OUT_EVERY_S);
  assert_int_equal(receiver_count(s.r), 1);
  received item = receiver_get(s.r, 0);
  assert_non_null(strstr(item.body, "{\"of\":1202}"));
  close_scene(&s);
}

static void every_route_refuses_nobody_and_those_without_its_scope(void **state) {
  scene s = open_scene(state);
  test_walk_routes(s.m, &institutions_module);
  close_scene(&s);
}

int main(void) {
  const struct CMUnitTest rules[] = {
      cmocka_unit_test(a_url_that_could_be_read_in_two_ways_is_refused),
      cmocka_unit_test(private_and_special_addresses_are_told_from_public_ones),
      cmocka_unit_test(an_endpoint_wants_what_its_patterns_and_its_tenant_say),
      cmocka_unit_test(a_delivery_is_tried_ten_times_over_three_days),
  };
  const struct CMUnitTest stored[] = {
      cmocka_unit_test(an_event_arrives_once_signed_and_names_itself),
      cmocka_unit_test(a_failed_delivery_holds_back_its_aggregate_only),
      cmocka_unit_test(every_event_arrives_in_the_order_of_its_aggregate_across_many_commits),
      cmocka_unit_test(a_receiver_that_answers_410_is_left_alone),
      cmocka_unit_test(a_redirect_is_not_followed_and_a_private_address_not_called),
      cmocka_unit_test(after_a_rotation_both_secrets_sign_for_a_day),
      cmocka_unit_test(what_was_delivered_is_sent_again_on_demand),
      cmocka_unit_test(every_route_refuses_nobody_and_those_without_its_scope),
      cmocka_unit_test(an_organisation_sees_its_own_webhooks_and_events_only),
  };
  int failed = cmocka_run_group_tests_name("webhook rules", rules, NULL, NULL);
  failed += test_market_run("webhooks", stored, COUNT_OF(stored));
  return failed == 0 ? 0 : 1;
}
