/* test_market.c - see test_market.h. Not part of the program. */
#include "modules/identity/test_market.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { PARTS_MAX_TEST = 64, TEST_CLOCK_START = 20000 /* 2024-10-04 */ };

static instant read_clock(void *arg) { return atomic_load((_Atomic instant *)arg); }

static engine_parts *gather(arena *a, const module *const *modules, size_t count) {
  db_schema *schemas = ARENA_ARRAY(a, db_schema, PARTS_MAX_TEST);
  const job_type **jobs = ARENA_ARRAY(a, const job_type *, PARTS_MAX_TEST);
  const task_type **tasks = ARENA_ARRAY(a, const task_type *, PARTS_MAX_TEST);
  engine_parts *p = ARENA_NEW(a, engine_parts);
  *p = (engine_parts){schemas, 2, jobs, 0, tasks, 0, NULL};
  schemas[0] = ledger_schema;
  schemas[1] = engine_schema;
  for (size_t m = 0; m < count; m++) {
    if (modules[m]->schema != NULL) schemas[p->schema_count++] = *modules[m]->schema;
    for (size_t i = 0; i < modules[m]->job_count; i++)
      jobs[p->job_count++] = modules[m]->jobs[i];
    for (size_t i = 0; i < modules[m]->task_count; i++)
      tasks[p->task_count++] = modules[m]->tasks[i];
  }
  assert_true(p->schema_count <= PARTS_MAX_TEST && p->job_count <= PARTS_MAX_TEST);
  return p;
}

static void must(const ctx *c, status s) {
  if (s != OK) print_message("%.*s\n", STR_ARGS(c->fault.detail));
  assert_int_equal(s, OK);
}

static test_market *open_market(const char *url, const module *const *modules, size_t count,
                                int64_t seconds, int lanes) {
  test_market *m = calloc(1, sizeof *m);
  assert_non_null(m);
  identity_market_forget();
  m->arena = arena_open((size_t)512 << 20);
  assert_non_null(m->arena);
  m->ctx.arena = m->arena;
  atomic_store(&m->clock,
               instant_from_date(TEST_CLOCK_START, 0) + (9 * 3600 + seconds) * MICROS_PER_SECOND);
  engine_options options = {.db_url = str_from(url),
                            .lanes = lanes,
                            .sandbox = true,
                            .real_clock = read_clock,
                            .clock_arg = &m->clock,
                            .seed = 42};
  must(&m->ctx, engine_open(&m->ctx, &options, gather(m->arena, modules, count), &m->e));
  /* no address to listen on: only http_handle */
  http_options web = {.modules = modules,
                      .module_count = count,
                      .engine = m->e,
                      .auth = identity_auth,
                      .limits = http_default_limits,
                      .workers = 1};
  must(&m->ctx, http_open(&m->ctx, &web, &m->h));
  return m;
}

test_market *test_market_open(const char *url, const module *const *modules, size_t count) {
  return open_market(url, modules, count, 0, 1);
}

test_market *test_market_open_later(const char *url, const module *const *modules, size_t count,
                                    int64_t seconds) {
  return open_market(url, modules, count, seconds, 1);
}

test_market *test_market_open_lanes(const char *url, const module *const *modules, size_t count,
                                    int lanes) {
  return open_market(url, modules, count, 0, lanes);
}

void test_market_close(test_market *m) {
  http_close(m->h);
  engine_close(m->e);
  arena_close(m->arena);
  identity_market_forget();
  free(m);
}

void test_market_sleep(test_market *m, int64_t seconds) {
  atomic_fetch_add(&m->clock, seconds * MICROS_PER_SECOND);
}

ctx *test_market_ctx(test_market *m) {
  engine_ctx(m->e, m->arena, &m->ctx);
  return &m->ctx;
}

void test_market_set_up(test_market *m) {
  ctx *c = test_market_ctx(m);
  setup_state s = {.in = {.market_name = STR("Test market"),
                          .currency = ASSET_CNY,
                          .utc_offset_minutes = 480,
                          .operator_email = STR(TEST_OPERATOR_EMAIL),
                          .capital = 100000000}};
  s.password_hash = identity_hash_password(c, STR(TEST_PASSWORD));
  must(c, engine_call(c, m->e, &identity_setup, &s, engine_system(m->e)));
  m->facts = s.out;
}

/* --- calling ---------------------------------------------------------------------------------- */

static void free_json(void *value) { json_decref(value); }

static int64_t number_of(str text) {
  int64_t value;
  bool is_number = str_to_int(text, &value);
  assert_true(is_number);
  return value;
}

static test_reply read_reply(test_market *m, str bytes) {
  test_reply r = {.head = bytes};
  const char *end = memmem(bytes.at, bytes.len, "\r\n\r\n", 4);
  assert_true(bytes.len > 12 && end != NULL);
  r.status = (int)number_of((str){bytes.at + 9, 3});
  r.head.len = (size_t)(end - bytes.at);
  r.body = (str){end + 4, bytes.len - r.head.len - 4};
  r.json = json_loadb(r.body.at, r.body.len, JSON_DECODE_ANY, NULL);
  if (r.json != NULL) arena_hook(m->arena, free_json, r.json);
  return r;
}

test_reply test_call(test_market *m, const test_caller *who, const char *verb, const char *path,
                     const char *body) {
  return test_send(m, who, verb, path, body == NULL ? NULL : "application/json", str_from(body));
}

test_reply test_send(test_market *m, const test_caller *who, const char *verb, const char *path,
                     const char *type, str body) {
  ctx *c = test_market_ctx(m);
  buf b = buf_make(m->arena, 2 << 20);
  buf_format(&b, "%s %s HTTP/1.1\r\nHost: test\r\n", verb, path);
  if (who != NULL && who->bearer != NULL)
    buf_format(&b, "Authorization: Bearer %s\r\n", who->bearer);
  if (who != NULL && who->cookie != NULL)
    buf_format(&b, "Cookie: tael_session=%s\r\n", who->cookie);
  if (who != NULL && who->csrf != NULL) buf_format(&b, "X-CSRF-Token: %s\r\n", who->csrf);
  if (strcmp(verb, "GET") != 0) {
    buf_format(&b, "Idempotency-Key: test-%lld\r\n", (long long)++m->keys);
  }
  if (type != NULL) buf_format(&b, "Content-Type: %s\r\nContent-Length: %zu\r\n", type, body.len);
  buf_add(&b, STR("\r\n"));
  buf_add(&b, body);
  str bytes;
  must(c, http_handle(c, m->h, buf_str(&b), &bytes));
  return read_reply(m, str_copy(m->arena, bytes));
}

static const json_t *member(const test_reply *r, const char *path) {
  const json_t *at = r->json;
  str rest = str_from(path), part;
  char name[64];
  while (at != NULL && str_split(&rest, '.', &part)) {
    assert_true(part.len < sizeof name);
    memcpy(name, part.at, part.len);
    name[part.len] = '\0';
    at =
        json_is_array(at) ? json_array_get(at, (size_t)number_of(part)) : json_object_get(at, name);
  }
  return at;
}

const char *test_text(const test_reply *r, const char *path) {
  return json_string_value(member(r, path));
}

int64_t test_number(const test_reply *r, const char *path) {
  return json_integer_value(member(r, path));
}

test_caller test_sign_in(test_market *m, const char *email, const char *password) {
  str body = str_format(m->arena, "{\"email\":\"%s\",\"password\":\"%s\"}", email, password);
  test_reply r = test_call(m, NULL, "POST", "/v1/sessions", body.at);
  if (r.status != 201) print_message("%.*s\n", STR_ARGS(r.body));
  assert_int_equal(r.status, 201);
  const char *from = memmem(r.head.at, r.head.len, "tael_session=", 13);
  assert_non_null(from);
  from += 13;
  size_t len = strcspn(from, ";");
  return (test_caller){.cookie = str_copy(m->arena, (str){from, len}).at,
                       .csrf = test_text(&r, "csrf_token")};
}

void test_hash(test_market *m, sha256 *out) {
  ctx *c = test_market_ctx(m);
  db *reader = engine_reader(m->e, c);
  assert_non_null(reader);
  must(c, db_state_hash(c, reader, out));
  engine_reader_done(m->e, reader);
}

/* --- every route with the wrong actor --------------------------------------------------------- */

static str made_up(arena *a, str name) {
  for (int kind = 0; kind < ID_KIND_COUNT; kind++) {
    if (str_eq(name, str_from(id_prefix((id_kind)kind)))) return id_print(a, (id_kind)kind, 42);
  }
  return STR("anything");
}

static const char *path_of_route(arena *a, const char *pattern) {
  buf b = buf_make(a, 1024);
  str rest = str_from(pattern), part;
  while (str_split(&rest, '/', &part)) {
    if (part.len == 0) continue;
    bool is_parameter = part.at[0] == '{';
    buf_add_char(&b, '/');
    buf_add(&b, is_parameter ? made_up(a, (str){part.at + 1, part.len - 2}) : part);
  }
  return str_zero(a, buf_str(&b));
}

static void expect(const route *r, const char *verb, int got, int wanted) {
  if (got != wanted) print_message("%s %s answered %d\n", verb, r->path, got);
  assert_int_equal(got, wanted);
}

void test_walk_routes(test_market *m, const module *mod) {
  static const char *const verbs[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
  test_caller boss = test_sign_in(m, TEST_OPERATOR_EMAIL, TEST_PASSWORD);
  test_reply key =
      test_call(m, &boss, "POST", "/v1/api-keys", "{\"name\":\"walker\",\"scopes\":\"self\"}");
  test_caller itself = {.bearer = test_text(&key, "secret")};
  assert_non_null(itself.bearer);
  for (size_t i = 0; i < mod->route_count; i++) {
    const route *r = &mod->routes[i];
    const char *path = path_of_route(m->arena, r->path), *verb = verbs[r->method];
    const char *body = r->in != NULL ? "{}" : NULL;
    if (r->scope == SCOPE_PUBLIC) continue;
    expect(r, verb, test_call(m, NULL, verb, path, body).status, 401);
    if (r->scope == SCOPE_SELF) continue;
    expect(r, verb, test_call(m, &itself, verb, path, body).status, 403);
  }
}

/* --- both homes ------------------------------------------------------------------------------- */

int test_market_run(const char *name, const struct CMUnitTest *tests, size_t count) {
  static char urls[STORE_HOMES][STORE_URL_BYTES];
  int failed = 0;
  for (size_t i = 0; i < count; i++) {
    int homes = store_urls(urls);               /* fresh stores for each test */
    setenv("TAEL_DATA_DIR", store_folder(), 1); /* where PostgreSQL's master key lies */
    for (int home = 0; home < homes; home++) {
      struct CMUnitTest one = tests[i];
      one.initial_state = urls[home];
      failed += _cmocka_run_group_tests(name, &one, 1, NULL, NULL);
    }
  }
  return failed;
}
