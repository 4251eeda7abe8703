/* test_parts.c - the small parts: cursors that notice being touched, problems, the router's tables,
 * the date line, and an OpenAPI document that holds together. */
#include "http/test_app.h"
#include "http/test_groups.h"
#include <jansson.h>
#include <string.h>

static void a_cursor_comes_back_as_it_was(void **state) {
  UNUSED(state);
  instant clock = 0;
  ctx *c = test_ctx_open(&clock);
  arena *memory = arena_open(1 << 20);
  for (size_t i = 0; i < test_cases(1000); i++) {
    int64_t keys[4], back[4];
    size_t count = 1 + rng_below(c->random, 4);
    for (size_t k = 0; k < count; k++) {
      keys[k] = test_int64(c->random);
    }
    assert_true(cursor_parse(cursor_print(memory, keys, count), back, count));
    assert_memory_equal(keys, back, count * sizeof *keys);
    if (i % 1000 != 999) continue;
    arena_close(memory);
    memory = arena_open(1 << 20);
  }
  arena_close(memory);
  test_ctx_close(c);
}

static void a_touched_cursor_is_no_cursor(void **state) {
  UNUSED(state);
  instant clock = 0;
  ctx *c = test_ctx_open(&clock);
  int64_t keys[2] = {INT64_MIN, 77}, back[4];
  str good = cursor_print(c->arena, keys, 2);
  char *text = str_zero(c->arena, good);
  for (size_t i = 0; i < good.len; i++) {
    for (int byte = 0; byte < 256; byte++) {
      text[i] = (char)byte;
      bool is_same = text[i] == good.at[i];
      assert_int_equal(cursor_parse((str){text, good.len}, back, 2), is_same);
    }
    text[i] = good.at[i];
    assert_false(cursor_parse((str){text, i}, back, 2));
  }
  assert_false(cursor_parse(good, back, 1));
  assert_false(cursor_parse(good, back, 3));
  assert_false(cursor_parse(STR(""), back, 1));
  test_ctx_close(c);
}

/* How many of those asked for at `per_second` pass a rate of 1,000 a second, from `from` on. */
static int64_t passed(rate *r, uint64_t who, instant from, int64_t seconds, int64_t per_second) {
  int64_t count = 0;
  for (int64_t i = 0; i < seconds * per_second; i++) {
    int retry_after_s;
    bool passes = rate_take(r, who, from + i * MICROS_PER_SECOND / per_second, &retry_after_s);
    assert_int_equal(retry_after_s, passes ? 0 : 1);
    count += passes;
  }
  return count;
}

static void ten_times_the_rate_passes_at_the_rate(void **state) {
  UNUSED(state);
  arena *memory = arena_open(1 << 20);
  rate *r = rate_open(memory, 1000);
  instant start = INT64_C(1700000000) * MICROS_PER_SECOND;
  int64_t flood = passed(r, 7, start, 10, 10000);
  assert_true(flood >= 9800 && flood <= 10200);
  int64_t calm = passed(r, 8, start + 5 * MICROS_PER_SECOND, 5, 1000); /* another caller */
  assert_int_equal(calm, 5000);
  assert_int_equal(passed(r, 7, start + 11 * MICROS_PER_SECOND, 1, 900), 900);   /* forgiven */
  assert_int_equal(passed(r, 7, start - 3600 * MICROS_PER_SECOND, 1, 900), 900); /* set back */
  arena_close(memory);
}

static void a_slow_rate_says_how_long_to_wait(void **state) {
  UNUSED(state);
  arena *memory = arena_open(1 << 20);
  rate *r = rate_open(memory, 1);
  int wait = 0;
  for (int i = 0; i < 20; i++)
    assert_true(rate_take(r, 7, 1, &wait));
  assert_false(rate_take(r, 7, 1, &wait));
  assert_int_equal(wait, 1);
  assert_true(rate_take(r, 7, 1 + MICROS_PER_SECOND, &wait));
  arena_close(memory);
}

static void the_date_line_is_as_rfc_9110_wants_it(void **state) {
  UNUSED(state);
  char line[DATE_LINE_LEN + 1];
  answer_date(INT64_C(784111777) * MICROS_PER_SECOND + 999999, line);
  assert_string_equal(line, "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
}

static void every_status_has_a_static_problem_that_is_json(void **state) {
  UNUSED(state);
  for (status s = E_MALFORMED; s <= E_NO_MEMORY; s++) {
    answer a = {.http_status = 0};
    problem_answer_static(s, &a);
    json_t *root = json_loadb(a.body.at, a.body.len, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    assert_int_equal(json_integer_value(json_object_get(root, "status")), status_http(s));
    assert_string_equal(json_string_value(json_object_get(root, "code")), status_slug(s));
    assert_true(s != E_UNAUTHENTICATED || a.asks_credentials);
    assert_true(status_http(s) != 503 || a.retry_after_s > 0);
    json_decref(root);
  }
}

static status never_read(ctx *c, const request *r, db *d, void *out) {
  UNUSED(r), UNUSED(d), UNUSED(out);
  return fail(c, E_INTERNAL, "not to be called");
}

#define ROUTE_OF(path_)                                                                       \
  {                                                                                           \
    .method = GET, .path = path_, .scope = SCOPE_PUBLIC, .summary = "x", .out = &event_shape, \
    .read = never_read                                                                        \
  }

static status open_with(ctx *c, const route *routes, size_t count, router **out) {
  module *m = ARENA_NEW(c->arena, module);
  *m = (module){.name = "m", .routes = routes, .route_count = count};
  const module *modules[] = {m};
  return router_open(c, modules, 1, out);
}

static void fixed_words_win_over_ids_and_ids_over_text(void **state) {
  UNUSED(state);
  instant clock = 0;
  ctx *c = test_ctx_open(&clock);
  static const route routes[] = {
      ROUTE_OF("/v1/x/{text}"), ROUTE_OF("/v1/x/{ord}"),          ROUTE_OF("/v1/x/{cho}"),
      ROUTE_OF("/v1/x/new"),    ROUTE_OF("/v1/x/{ord}/y/{text}"), ROUTE_OF("/"),
  };
  router *r;
  assert_int_equal(open_with(c, routes, COUNT_OF(routes), &r), OK);
  static const struct {
    const char *path;
    int route;
  } cases[] = {
      {"/v1/x/new", 3},
      {"/v1/x/ord_0000000000001", 1},
      {"/v1/x/cho_0000000000001", 2},
      {"/v1/x/ord_", 0},
      {"/v1/x/ord_0000000000001/y/z", 4},
      {"/v1/x/cho_0000000000001/y/z", -1},
      {"/v1/x", -1},
      {"/v1/x/", -1},
      {"/", 5},
      {"", -1},
      {"/v1/x/new/", -1},
      {"/V1/x/new", -1},
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    route_match m = router_find(r, GET, str_from(cases[i].path));
    const route *wanted = cases[i].route < 0 ? NULL : &routes[cases[i].route];
    if (m.route != wanted) fail_msg("%s", cases[i].path);
  }
  assert_int_equal(router_find(r, POST, STR("/v1/x/new")).allowed, 1u << GET);
  assert_int_equal(router_find(r, GET, STR("/v1/x/ord_0000000000001/y/z")).ids[0], 1);
  test_ctx_close(c);
}

static void a_table_that_can_not_work_is_refused(void **state) {
  UNUSED(state);
  static const route twice[] = {ROUTE_OF("/a/{ord}"), ROUTE_OF("/a/{ord}")};
  static const route unknown[] = {ROUTE_OF("/a/{nope}")};
  static const route bare[] = {{.method = POST, .path = "/a", .summary = "x"}};
  static const route deep[] = {ROUTE_OF("/{ord}/{ord}/{ord}/{ord}/{ord}")};
  const struct {
    const route *routes;
    size_t count;
  } tables[] = {{twice, 2}, {unknown, 1}, {bare, 1}, {deep, 1}};
  for (size_t i = 0; i < COUNT_OF(tables); i++) {
    instant clock = 0;
    ctx *c = test_ctx_open(&clock);
    router *r = NULL;
    assert_int_not_equal(open_with(c, tables[i].routes, tables[i].count, &r), OK);
    assert_null(r);
    test_ctx_close(c);
  }
}

/* --- OpenAPI ---------------------------------------------------------------------------------- */

static const json_t *resolve(const json_t *root, const char *ref) {
  const json_t *at = root;
  str rest = str_from(ref + 2), part;
  while (at != NULL && str_split(&rest, '/', &part)) {
    at = json_object_getn(at, part.at, part.len);
  }
  return at;
}

static size_t check_refs(const json_t *root, const json_t *at) {
  size_t refs = 0, i;
  const char *key;
  json_t *inner;
  if (json_is_array(at)) {
    json_array_foreach(at, i, inner) refs += check_refs(root, inner);
    return refs;
  }
  if (!json_is_object(at)) return 0;
  json_object_foreach((json_t *)(uintptr_t)at, key, inner) {
    if (strcmp(key, "$ref") != 0) {
      refs += check_refs(root, inner);
    } else {
      if (resolve(root, json_string_value(inner)) == NULL) fail_msg("%s", json_string_value(inner));
      refs++;
    }
  }
  return refs;
}

static void the_openapi_document_holds_every_route_and_resolves(void **state) {
  UNUSED(state);
  instant clock = 0;
  ctx *c = test_ctx_open(&clock);
  const module *modules[] = {&app_module}; /* the server adds its own */
  str text = http_openapi(c->arena, modules, COUNT_OF(modules));
  json_error_t error;
  json_t *root = json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES, &error);
  if (root == NULL) fail_msg("%s at %d", error.text, error.position);
  assert_true(check_refs(root, root) > 10);
  static const char *const verbs[] = {"get", "post", "put", "patch", "delete"};
  const json_t *paths = json_object_get(root, "paths");
  for (size_t i = 0; i < COUNT_OF(modules); i++) {
    for (size_t k = 0; k < modules[i]->route_count; k++) {
      const route *r = &modules[i]->routes[k];
      const json_t *operation = json_object_get(json_object_get(paths, r->path), verbs[r->method]);
      bool is_hidden = (r->flags & ROUTE_HIDDEN) != 0;
      if ((operation == NULL) != is_hidden) fail_msg("%s", r->path);
    }
  }
  const json_t *post = json_object_get(json_object_get(paths, "/v1/notes"), "post");
  assert_string_equal(json_string_value(json_object_get(
                          json_array_get(json_object_get(post, "parameters"), 0), "$ref")),
                      "#/components/parameters/IdempotencyKey");
  json_decref(root);
  test_ctx_close(c);
}

static void the_reference_page_needs_no_script_and_names_every_route(void **state) {
  UNUSED(state);
  instant clock = 0;
  ctx *c = test_ctx_open(&clock);
  const module *modules[] = {&app_module}; /* the server adds its own */
  str page = http_reference(c->arena, modules, COUNT_OF(modules));
  assert_false(app_has(page, "<script"));
  for (size_t k = 0; k < app_module.route_count; k++) {
    const route *r = &app_module.routes[k];
    if ((r->flags & ROUTE_HIDDEN) == 0) assert_true(app_has(page, r->path));
  }
  test_ctx_close(c);
}

int test_parts(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_cursor_comes_back_as_it_was),
      cmocka_unit_test(a_touched_cursor_is_no_cursor),
      cmocka_unit_test(ten_times_the_rate_passes_at_the_rate),
      cmocka_unit_test(a_slow_rate_says_how_long_to_wait),
      cmocka_unit_test(the_date_line_is_as_rfc_9110_wants_it),
      cmocka_unit_test(every_status_has_a_static_problem_that_is_json),
      cmocka_unit_test(fixed_words_win_over_ids_and_ids_over_text),
      cmocka_unit_test(a_table_that_can_not_work_is_refused),
      cmocka_unit_test(the_openapi_document_holds_every_route_and_resolves),
      cmocka_unit_test(the_reference_page_needs_no_script_and_names_every_route),
  };
  return cmocka_run_group_tests_name("parts", tests, NULL, NULL);
}
