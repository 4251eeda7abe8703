/* test_handle.c - whole requests through the router without a socket: who may, what is refused and
 * how it says so, keys that make a repeat harmless, secrets that are shown once, answers that never
 * run over. */
#include "http/test_app.h"
#include "http/test_groups.h"
#include <jansson.h>
#include <string.h>

#define SELLER "Host: t\r\nAuthorization: Bearer seller\r\n"
#define JSON_BODY(len) "Content-Type: application/json\r\nContent-Length: " len "\r\n\r\n"

static int open_app(void **state) {
  *state = app_open(NULL, false, NULL);
  return 0;
}

static int close_app(void **state) {
  app_close(*state);
  return 0;
}

typedef struct asked {
  const char *request;
  int http_status;
  const char *says;
} asked;

/* clang-format off */
static const asked cases[] = {
    {"GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n", 200, "{\"status\":\"ok\"}"},
    {"GET /readyz HTTP/1.1\r\nHost: t\r\n\r\n", 200, "ready"},
    {"GET /metrics HTTP/1.1\r\nHost: t\r\n\r\n", 200, "tael_http_answers_total"},
    {"GET /problems/rule_refused HTTP/1.1\r\nHost: t\r\n\r\n", 200, "\"remedy\":\"detail names"},
    {"GET /problems/nope HTTP/1.1\r\nHost: t\r\n\r\n", 404, "not_found"},
    {"GET /docs HTTP/1.1\r\nHost: t\r\n\r\n", 200, "/v1/notes"},
    {"GET http://t/healthz HTTP/1.1\r\nHost: t\r\n\r\n", 200, "ok"},
    {"GET /nothing HTTP/1.1\r\nHost: t\r\n\r\n", 404, "\"type\":\"/problems/not_found\""},
    {"GET /v1/notes/ HTTP/1.1\r\n" SELLER "\r\n", 404, "not_found"},
    {"GET //v1/notes HTTP/1.1\r\n" SELLER "\r\n", 404, "not_found"},
    {"DELETE /v1/notes HTTP/1.1\r\n" SELLER "\r\n", 405, "Allow: GET, HEAD, POST\r\n"},
    {"OPTIONS /v1/notes HTTP/1.1\r\n" SELLER "\r\n", 405, "Allow: GET, HEAD, POST\r\n"},
    {"TRACE /nothing HTTP/1.1\r\n" SELLER "\r\n", 404, "not_found"},
    {"GET /v1/notes HTTP/1.1\r\nHost: t\r\n\r\n", 401, "WWW-Authenticate: Bearer realm=\"tael\"\r\n"},
    {"GET /v1/notes HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer wrong\r\n\r\n", 401, "unauthenticated"},
    {"GET /healthz HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer wrong\r\n\r\n", 401, "unauthenticated"},
    {"GET /healthz HTTP/1.1\r\nHost: t\r\nCookie: a=b; tael_session=stale\r\n\r\n", 200, "ok"},
    {"GET /v1/notes HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer buyer\r\n\r\n", 403, "lacks the scope"},
    {"GET /v1/notes HTTP/1.1\r\nHost: t\r\nCookie: tael_session=buyer\r\n\r\n", 403, "lacks the scope"},
    {"GET /v1/notes HTTP/1.1\r\n" SELLER "\r\n", 200, "{\"items\":["},
    {"GET /v1/notes?limit=201 HTTP/1.1\r\n" SELLER "\r\n", 400, "query/limit"},
    {"GET /v1/notes?after=zzz HTTP/1.1\r\n" SELLER "\r\n", 400, "query/after"},
    {"GET /v1/notes?nope HTTP/1.1\r\n" SELLER "\r\n", 400, "query/nope"},
    {"GET /v1/notes/rcp_0000000000001 HTTP/1.1\r\n" SELLER "\r\n", 404, "no such note"},
    {"GET /v1/notes/rcp_0000000000001?x=1 HTTP/1.1\r\n" SELLER "\r\n", 400, "takes no query"},
    {"GET /v1/notes/ord_0000000000001 HTTP/1.1\r\n" SELLER "\r\n", 404, "not_found"},
    {"GET /v1/notes/first HTTP/1.1\r\n" SELLER "\r\n", 500, "\"code\":\"internal\""},
    {"GET /v1/greedy HTTP/1.1\r\nHost: t\r\n\r\n", 503, "no_memory"},
    {"GET /say/%3Cb%3E%E4%B8%AD HTTP/1.1\r\nHost: t\r\n\r\n", 200, "<p>&lt;b&gt;\xe4\xb8\xad"},
    {"GET /say/%ff HTTP/1.1\r\nHost: t\r\n\r\n", 400, "percent-encoded"},
    {"GET /say/%0a HTTP/1.1\r\nHost: t\r\n\r\n", 400, "percent-encoded"},
    {"GET /healthz HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\n{}", 400, "takes no body"},
    {"POST /v1/notes HTTP/1.1\r\n" SELLER JSON_BODY("14") "{\"words\":\"hi\"}", 400, "header/Idempotency-Key"},
    {"POST /v1/notes HTTP/1.1\r\n" SELLER "Idempotency-Key: a b\r\n" JSON_BODY("14") "{\"words\":\"hi\"}", 400, "visible ASCII"},
    {"POST /v1/notes HTTP/1.1\r\n" SELLER "Idempotency-Key: t1\r\nContent-Length: 14\r\n\r\n{\"words\":\"hi\"}", 415, "application/json"},
    {"POST /v1/notes HTTP/1.1\r\n" SELLER "Idempotency-Key: t2\r\n" JSON_BODY("2") "{}", 400, "\"pointer\":\"/words\""},
    {"POST /v1/notes HTTP/1.1\r\n" SELLER "Idempotency-Key: t3\r\n" JSON_BODY("24") "{\"words\":\"hi\",\"size\":33}", 400, "read-only"},
    {"POST /v1/notes HTTP/1.1\r\n" SELLER "Idempotency-Key: t4\r\n" JSON_BODY("27") "{\"words\":\"forbidden words\"}", 422, "rule_refused"},
    {"POST /v1/notes HTTP/1.1\r\n" SELLER "Idempotency-Key: t5\r\n" JSON_BODY("14") "{\"words\":\"hi\"}", 201, "\"size\":2}"},
    {"POST /v1/slow HTTP/1.1\r\n" SELLER "Idempotency-Key: t6\r\n" JSON_BODY("14") "{\"words\":\"hi\"}", 200, "\"size\":2}"},
    {"PUT /v1/own HTTP/1.1\r\nHost: t\r\n" JSON_BODY("14") "{\"words\":\"hi\"}", 200, "\"words\":\"hi\""},
    {"POST /v1/keys HTTP/1.1\r\n" SELLER "Idempotency-Key: t7\r\nContent-Length: 2\r\n\r\n{}", 400, "takes no body"},
    {"GET /v1/events HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer buyer\r\n\r\n", 403, "forbidden"},
    {"GET /v1/events HTTP/1.1\r\n" SELLER "\r\n", 200, "{\"items\":["},
    {"POST /v1/notes HTTP/1.1\r\n" SELLER "Content-Length: 70000\r\n\r\n", 413, "too_large"},
    {"GET /healthz HTTP/1.1\r\nHo", 400, "ends too early"},
};
/* clang-format on */

static void every_request_is_answered_as_it_deserves(void **state) {
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    str got = app_ask(*state, cases[i].request);
    if (app_status(got) != cases[i].http_status || !app_has(got, cases[i].says)) {
      fail_msg("%s\nanswered\n%.*s", cases[i].request, STR_ARGS(got));
    }
  }
}

static void every_answer_carries_the_protective_headers(void **state) {
  str got = app_ask(*state, "GET /v1/notes HTTP/1.1\r\n" SELLER "X-Request-Id: mine-1\r\n\r\n");
  assert_true(app_has(got, "X-Content-Type-Options: nosniff\r\n"));
  assert_true(app_has(got, "Referrer-Policy: no-referrer\r\n"));
  assert_true(app_has(got, "Content-Security-Policy: default-src 'none'"));
  assert_true(app_has(got, "X-Request-Id: mine-1\r\n"));
  assert_true(app_has(got, "\r\nDate: "));
  got = app_ask(*state, "GET /healthz HTTP/1.1\r\nHost: t\r\nX-Request-Id: a b\r\n\r\n");
  assert_false(app_has(got, "a b"));
  assert_true(app_has(got, "X-Request-Id: "));
}

static void a_defect_tells_nothing_of_the_inside(void **state) {
  str got = app_ask(*state, "GET /v1/notes/first HTTP/1.1\r\n" SELLER "\r\n");
  assert_false(app_has(got, "select"));
  assert_false(app_has(got, "/var"));
  assert_false(app_has(got, "0x"));
}

static void a_page_that_fails_tells_nothing_of_the_inside_either(void **state) {
  str got = app_ask(*state, "GET /broken HTTP/1.1\r\nHost: t\r\n\r\n");
  assert_int_equal(app_status(got), 500);
  assert_true(app_has(got, "\"code\":\"internal\""));
  assert_false(app_has(got, "select"));
}

static void head_answers_like_get_without_the_body(void **state) {
  str get = app_ask(*state, "GET /healthz HTTP/1.1\r\nHost: t\r\nX-Request-Id: x\r\n\r\n");
  str head = app_ask(*state, "HEAD /healthz HTTP/1.1\r\nHost: t\r\nX-Request-Id: x\r\n\r\n");
  assert_int_equal(app_body(head).len, 0);
  size_t head_len = get.len - app_body(get).len;
  assert_int_equal(head.len, head_len);
  const char *line = memmem(get.at, get.len, "Date:", 5);
  size_t before = (size_t)(line - get.at);
  assert_memory_equal(head.at, get.at, before);
  assert_true(app_has(head, "Content-Length: 15\r\n"));
}

static void the_same_key_gives_the_same_bytes_and_one_effect(void **state) {
  const char *twice = "POST /v1/notes HTTP/1.1\r\n" SELLER
                      "Idempotency-Key: twice\r\n" JSON_BODY("15") "{\"words\":\"one\"}";
  str first = app_ask(*state, twice);
  str second = app_ask(*state, twice);
  assert_int_equal(app_status(first), 201);
  assert_int_equal(app_status(second), 201);
  assert_false(app_has(first, "Idempotent-Replayed"));
  assert_true(app_has(second, "Idempotent-Replayed: true\r\n"));
  assert_int_equal(app_body(first).len, app_body(second).len);
  assert_memory_equal(app_body(first).at, app_body(second).at, app_body(first).len);
  str other = app_ask(*state, "POST /v1/notes HTTP/1.1\r\n" SELLER
                              "Idempotency-Key: twice\r\n" JSON_BODY("15") "{\"words\":\"two\"}");
  assert_int_equal(app_status(other), 422);
  assert_true(app_has(other, "idempotency_key_reused"));
  str rival =
      app_ask(*state, "POST /v1/notes HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer "
                      "rival\r\nIdempotency-Key: twice\r\n" JSON_BODY("15") "{\"words\":\"two\"}");
  assert_int_equal(app_status(rival), 201);
}

static void a_secret_and_a_cookie_come_once(void **state) {
  const char *twice = "POST /v1/keys HTTP/1.1\r\n" SELLER "Idempotency-Key: k1\r\n\r\n";
  str first = app_ask(*state, twice);
  assert_int_equal(app_status(first), 200);
  assert_true(app_has(app_body(first), "sk_very_secret"));
  assert_true(
      app_has(first, "Set-Cookie: tael_session=abc123; Path=/; HttpOnly; SameSite=Lax\r\n"));
  assert_false(app_has(app_body(first), "abc123"));
  str second = app_ask(*state, twice);
  assert_true(app_has(second, "Idempotent-Replayed: true"));
  assert_true(app_has(second, "\"secret\":null"));
  assert_false(app_has(second, "sk_very_secret"));
  assert_false(app_has(second, "Set-Cookie"));
}

static void pages_of_a_list_meet_each_item_once(void **state) {
  app *a = *state;
  for (int i = 0; i < 7; i++) {
    str made =
        app_ask(a, str_format(a->c->arena,
                              "POST /v1/notes HTTP/1.1\r\n" SELLER
                              "Idempotency-Key: p%d\r\n" JSON_BODY("14") "{\"words\":\"p%d\"}",
                              i, i)
                       .at);
    assert_int_equal(app_status(made), 201);
  }
  size_t count = 0, pages = 0;
  str after = STR("");
  do {
    str page =
        app_ask(a, str_format(a->c->arena, "GET /v1/notes?limit=3%s%.*s HTTP/1.1\r\n" SELLER "\r\n",
                              after.len > 0 ? "&after=" : "", STR_ARGS(after))
                       .at);
    assert_int_equal(app_status(page), 200);
    str body = app_body(page);
    json_t *root = json_loadb(body.at, body.len, 0, NULL);
    count += json_array_size(json_object_get(root, "items"));
    const char *next = json_string_value(json_object_get(root, "next"));
    after = next == NULL ? STR("") : str_copy(a->c->arena, str_from(next));
    json_decref(root);
    pages++;
  } while (after.len > 0 && pages < 100);
  assert_true(count >= 7);
  assert_in_range(pages, 2, 99);
}

static void events_are_seen_by_their_tenant_and_the_operator(void **state) {
  app *a = *state;
  str made = app_ask(a, "POST /v1/notes HTTP/1.1\r\n" SELLER
                        "Idempotency-Key: ev\r\n" JSON_BODY("14") "{\"words\":\"hi\"}");
  assert_int_equal(app_status(made), 201);
  str own = app_ask(a, "GET /v1/events HTTP/1.1\r\n" SELLER "\r\n");
  assert_true(app_has(own, "note.made"));
  str rival = app_ask(
      a, "GET /v1/events?limit=200 HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer rival\r\n\r\n");
  assert_int_equal(app_status(rival), 200);
  assert_true(app_has(rival, "\"next\":null"));
  str all =
      app_ask(a, "GET /v1/events HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer operator\r\n\r\n");
  assert_true(app_has(all, "note.made"));
}

int test_handle(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_request_is_answered_as_it_deserves),
      cmocka_unit_test(every_answer_carries_the_protective_headers),
      cmocka_unit_test(a_defect_tells_nothing_of_the_inside),
      cmocka_unit_test(a_page_that_fails_tells_nothing_of_the_inside_either),
      cmocka_unit_test(head_answers_like_get_without_the_body),
      cmocka_unit_test(the_same_key_gives_the_same_bytes_and_one_effect),
      cmocka_unit_test(a_secret_and_a_cookie_come_once),
      cmocka_unit_test(pages_of_a_list_meet_each_item_once),
      cmocka_unit_test(events_are_seen_by_their_tenant_and_the_operator),
  };
  return cmocka_run_group_tests_name("handle", tests, open_app, close_app);
}
