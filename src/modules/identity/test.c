/* test.c - identity's promises, rule by rule and through the router, on both homes. */
#include "modules/identity/inside.h"
#include "modules/identity/test_market.h"

#include <string.h>

static const module *const modules[] = {&identity_module};

static bool says(const test_reply *r, const char *wanted) {
  return memmem(r->body.at, r->body.len, wanted, strlen(wanted)) != NULL;
}

static test_market *open_market(void **state) {
  test_market *m = test_market_open(*state, modules, COUNT_OF(modules));
  test_market_set_up(m);
  return m;
}

static test_caller operator_of(test_market *m) {
  return test_sign_in(m, TEST_OPERATOR_EMAIL, TEST_PASSWORD);
}

/* A user of the platform or, with a tenant, of a seller; the id as text. */
static const char *new_user(test_market *m, const test_caller *who, const char *role,
                            const char *email) {
  str body = str_format(m->arena,
                        "{\"role\":\"%s\",\"email\":\"%s\",\"password\":\"" TEST_PASSWORD
                        "\",\"name\":\"Somebody\"}",
                        role, email);
  test_reply r = test_call(m, who, "POST", "/v1/users", body.at);
  if (r.status != 201) print_message("%.*s\n", STR_ARGS(r.body));
  assert_int_equal(r.status, 201);
  return test_text(&r, "user");
}

static test_reply onboard(test_market *m, const test_caller *who, const char *name,
                          const char *email) {
  str body = str_format(m->arena,
                        "{\"name\":\"%s\",\"email\":\"%s\",\"password\":\"" TEST_PASSWORD
                        "\",\"person_name\":\"Li Na\"}",
                        name, email);
  test_reply r = test_call(m, who, "POST", "/v1/sellers", body.at);
  if (r.status != 201) print_message("%.*s\n", STR_ARGS(r.body));
  assert_int_equal(r.status, 201);
  return r;
}

static const char *path_of(test_market *m, const char *before, const char *id_text,
                           const char *after) {
  return str_format(m->arena, "%s%s%s", before, id_text, after).at;
}

static test_reply sign_in_with(test_market *m, const char *email, const char *password) {
  str body = str_format(m->arena, "{\"email\":\"%s\",\"password\":\"%s\"}", email, password);
  return test_call(m, NULL, "POST", "/v1/sessions", body.at);
}

/* --- rules ------------------------------------------------------------------------------------ */

static void an_email_address_is_normalised_and_nonsense_refused(void **state) {
  UNUSED(state);
  arena *a = arena_open(1 << 20);
  str normal;
  assert_true(identity_email_parse(a, STR("  Li.Na@Example.COM "), &normal));
  assert_true(str_eq(normal, STR("li.na@example.com")));
  const char *bad[] = {"",     "a",       "a@",     "@b.c",    "a@b",    "a@b.",
                       "a@.b", "a b@c.d", "a@@b.c", "a@b@c.d", "<a@b.c>"};
  for (size_t i = 0; i < COUNT_OF(bad); i++)
    assert_false(identity_email_parse(a, str_from(bad[i]), &normal));
  arena_close(a);
}

static void ten_failures_lock_for_thirty_minutes_and_no_longer(void **state) {
  UNUSED(state);
  signin_row row = {0};
  instant now = 1000 * MICROS_PER_SECOND;
  for (int i = 0; i < SIGNIN_FAILURES_MAX; i++) {
    assert_false(identity_signin_is_locked(&row, now));
    row = identity_signin_failed(&row, now);
  }
  assert_true(identity_signin_is_locked(&row, now));
  assert_true(identity_signin_is_locked(&row, now + SIGNIN_LOCK_S * MICROS_PER_SECOND - 1));
  now += SIGNIN_LOCK_S * MICROS_PER_SECOND;
  assert_false(identity_signin_is_locked(&row, now));
  row = identity_signin_failed(&row, now);
  assert_int_equal(row.failures, 1);
}

static void an_api_key_reads_back_and_every_changed_byte_is_noticed(void **state) {
  UNUSED(state);
  arena *a = arena_open(1 << 20);
  str secret, text = identity_api_key_print(a, 123456789012345, STR("s-e_cret"));
  id api_key;
  assert_true(identity_api_key_parse(text, &api_key, &secret));
  assert_int_equal(api_key, 123456789012345);
  assert_true(str_eq(secret, STR("s-e_cret")));
  for (size_t len = 0; len <= 17; len++) {
    assert_false(identity_api_key_parse((str){text.at, len}, &api_key, &secret));
  }
  assert_false(identity_api_key_parse(STR("tk_000000000000!_abc"), &api_key, &secret));
  arena_close(a);
}

static void every_role_stands_for_one_kind_and_no_role_lacks_oneself(void **state) {
  UNUSED(state);
  for (int role = 0; role < ROLE_COUNT; role++) {
    assert_true((identity_role_scopes((user_role)role) & SCOPE_BIT(SCOPE_SELF)) != 0);
    assert_non_null(user_roles[role]);
  }
  assert_null(user_roles[ROLE_COUNT]);
  for (int kind = ACTOR_BUYER; kind <= ACTOR_INSTITUTION; kind++) {
    assert_int_equal(identity_role_kind(identity_role_of((actor_kind)kind)), kind);
  }
  uint64_t supervisor = identity_role_scopes(ROLE_SUPERVISOR);
  assert_true((supervisor & (SCOPE_BIT(SCOPE_OPERATE) | SCOPE_BIT(SCOPE_MONEY) |
                             SCOPE_BIT(SCOPE_KEYS) | SCOPE_BIT(SCOPE_LEDGER_WRITE))) == 0);
}

/* --- set-up and signing in -------------------------------------------------------------------- */

static void a_market_is_set_up_once_with_its_capital_in_the_books(void **state) {
  test_market *m = test_market_open(*state, modules, COUNT_OF(modules));
  const char *body = "{\"market_name\":\"M\",\"currency\":\"CNY\",\"operator_email\":\"a@b.cn\","
                     "\"operator_password\":\"" TEST_PASSWORD "\",\"capital\":500}";
  test_reply r = test_call(m, NULL, "POST", "/v1/setup", body);
  assert_int_equal(r.status, 201);
  id entity;
  assert_true(id_parse(str_from(test_text(&r, "entity")), ID_ENTITY, &entity));
  ctx *c = test_market_ctx(m);
  db *reader = engine_reader(m->e, c);
  account *accounts;
  size_t count;
  assert_int_equal(ledger_accounts_of(c, reader, entity, &accounts, &count), OK);
  engine_reader_done(m->e, reader);
  int64_t total = 0;
  for (size_t i = 0; i < count; i++) {
    if (accounts[i].code == CODE_CAPITAL) total = account_balance(&accounts[i]);
  }
  assert_int_equal(total, 500);
  sha256 before, after;
  test_hash(m, &before);
  assert_int_equal(test_call(m, NULL, "POST", "/v1/setup", body).status, 409);
  test_hash(m, &after);
  assert_true(sha256_eq(&before, &after));
  test_caller who = test_sign_in(m, "a@b.cn", TEST_PASSWORD);
  r = test_call(m, &who, "GET", "/v1/me", NULL);
  assert_int_equal(r.status, 200);
  assert_string_equal(test_text(&r, "user.kind"), "operator");
  test_market_close(m);
}

static void an_unknown_address_answers_like_a_wrong_password(void **state) {
  test_market *m = open_market(state);
  test_reply known = sign_in_with(m, TEST_OPERATOR_EMAIL, "not the password");
  test_reply unknown = sign_in_with(m, "nobody@example.com", "not the password");
  assert_int_equal(known.status, 401);
  assert_int_equal(unknown.status, 401);
  assert_true(str_eq(known.body, unknown.body));
  for (int i = 1; i < SIGNIN_FAILURES_MAX; i++) {
    assert_int_equal(sign_in_with(m, TEST_OPERATOR_EMAIL, "not the password").status, 401);
    assert_int_equal(sign_in_with(m, "nobody@example.com", "not the password").status, 401);
  }
  /* now locked, also for the right password, and the unknown address alike */
  assert_int_equal(sign_in_with(m, TEST_OPERATOR_EMAIL, TEST_PASSWORD).status, 429);
  assert_int_equal(sign_in_with(m, "nobody@example.com", TEST_PASSWORD).status, 429);
  test_market_sleep(m, SIGNIN_LOCK_S);
  assert_int_equal(sign_in_with(m, TEST_OPERATOR_EMAIL, TEST_PASSWORD).status, 201);
  test_market_close(m);
}

static void a_session_slides_while_used_and_ends_when_idle_or_revoked(void **state) {
  test_market *m = open_market(state);
  test_caller who = operator_of(m), other = operator_of(m);
  assert_string_not_equal(who.cookie, other.cookie);
  for (int i = 0; i < 4; i++) {
    test_market_sleep(m, STAFF_IDLE_S - 1);
    assert_int_equal(test_call(m, &who, "GET", "/v1/me", NULL).status, 200);
  }
  assert_int_equal(test_call(m, &other, "GET", "/v1/me", NULL).status, 401);
  test_market_sleep(m, STAFF_IDLE_S);
  assert_int_equal(test_call(m, &who, "GET", "/v1/me", NULL).status, 401);

  test_caller first = operator_of(m), second = operator_of(m);
  test_reply list = test_call(m, &first, "GET", "/v1/sessions?limit=200", NULL);
  assert_true(says(&list, "\"is_current\":true"));
  assert_true(says(&list, "\"is_current\":false"));
  size_t last = json_array_size(json_object_get(list.json, "items"));
  assert_true(last >= 2);
  const char *session = test_text(&list, str_format(m->arena, "items.%zu.session", last - 1).at);
  assert_int_equal(
      test_call(m, &first, "DELETE", path_of(m, "/v1/sessions/", session, ""), NULL).status, 200);
  assert_int_equal(test_call(m, &second, "GET", "/v1/me", NULL).status, 401);
  assert_int_equal(test_call(m, &first, "DELETE", "/v1/session", NULL).status, 200);
  assert_int_equal(test_call(m, &first, "GET", "/v1/me", NULL).status, 401);
  test_market_close(m);
}

static void the_last_use_of_a_session_outlives_a_restart_of_the_cache(void **state) {
  test_market *m = open_market(state);
  test_caller who = operator_of(m);
  test_market_sleep(m, STAFF_IDLE_S - 60);
  assert_int_equal(test_call(m, &who, "GET", "/v1/me", NULL).status, 200);
  ctx *c = test_market_ctx(m);
  str report;
  assert_int_equal(engine_run_job(c, m->e, STR("identity.sessions"), c->today, &report), OK);
  identity_market_forget();
  test_market_sleep(m, STAFF_IDLE_S - 60);
  assert_int_equal(test_call(m, &who, "GET", "/v1/me", NULL).status, 200);
  test_market_close(m);
}

static void a_write_by_cookie_needs_the_csrf_token(void **state) {
  test_market *m = open_market(state);
  test_caller who = operator_of(m), without = who, wrong = who;
  without.csrf = NULL;
  wrong.csrf = "0000";
  const char *body = "{\"phone\":\"12345\"}";
  assert_int_equal(test_call(m, &without, "PATCH", "/v1/me", body).status, 403);
  assert_int_equal(test_call(m, &wrong, "PATCH", "/v1/me", body).status, 403);
  assert_int_equal(test_call(m, &without, "GET", "/v1/me", NULL).status, 200);
  test_reply r = test_call(m, &who, "PATCH", "/v1/me", body);
  assert_int_equal(r.status, 200);
  assert_string_equal(test_text(&r, "phone"), "12345");
  test_market_close(m);
}

static void a_new_password_ends_the_other_sessions(void **state) {
  test_market *m = open_market(state);
  test_caller who = operator_of(m), other = operator_of(m);
  assert_int_equal(test_call(m, &who, "PUT", "/v1/me/password",
                             "{\"current\":\"wrong one\",\"new_password\":\"another long one\"}")
                       .status,
                   422);
  assert_int_equal(test_call(m, &who, "PUT", "/v1/me/password",
                             "{\"current\":\"" TEST_PASSWORD
                             "\",\"new_password\":\"another long one\"}")
                       .status,
                   200);
  assert_int_equal(test_call(m, &who, "GET", "/v1/me", NULL).status, 200);
  assert_int_equal(test_call(m, &other, "GET", "/v1/me", NULL).status, 401);
  assert_int_equal(sign_in_with(m, TEST_OPERATOR_EMAIL, TEST_PASSWORD).status, 401);
  assert_int_equal(sign_in_with(m, TEST_OPERATOR_EMAIL, "another long one").status, 201);
  test_market_close(m);
}

/* --- users ------------------------------------------------------------------------------------ */

static void an_erased_person_is_unreadable_and_cannot_sign_in(void **state) {
  test_market *m = open_market(state);
  test_caller boss = operator_of(m);
  test_reply r = test_call(m, NULL, "POST", "/v1/registrations",
                           "{\"email\":\"wang@example.com\",\"password\":\"" TEST_PASSWORD
                           "\",\"name\":\"Wang Fang\",\"address\":\"1 Long Street\"}");
  assert_int_equal(r.status, 201);
  const char *user = test_text(&r, "user");
  id user_id;
  assert_true(id_parse(str_from(user), ID_USER, &user_id));
  r = test_call(m, &boss, "GET", path_of(m, "/v1/users/", user, ""), NULL);
  assert_string_equal(test_text(&r, "name"), "Wang Fang");
  assert_string_equal(test_text(&r, "email"), "wang@example.com");
  test_caller wang = test_sign_in(m, "Wang@Example.com", TEST_PASSWORD);

  assert_int_equal(
      test_call(m, &boss, "POST", path_of(m, "/v1/users/", user, "/erase"), NULL).status, 200);
  r = test_call(m, &boss, "GET", path_of(m, "/v1/users/", user, ""), NULL);
  assert_string_equal(test_text(&r, "state"), "erased");
  assert_string_equal(test_text(&r, "name"), "");
  assert_int_equal(test_call(m, &wang, "GET", "/v1/me", NULL).status, 401);
  assert_int_equal(sign_in_with(m, "wang@example.com", TEST_PASSWORD).status, 401);

  ctx *c = test_market_ctx(m);
  db *reader = engine_reader(m->e, c);
  db_rows *rows;
  assert_int_equal(db_query(c, reader, &rows,
                            "select sealed_key, data from identity_person where user_id=?1",
                            DB_INT(user_id)),
                   OK);
  assert_true(db_next(rows));
  for (int column = 0; column < 2; column++) {
    str bytes = db_get_bytes(rows, column);
    for (size_t i = 0; i < bytes.len; i++)
      assert_int_equal(bytes.at[i], 0);
  }
  assert_int_equal(db_done(c, rows), OK);
  engine_reader_done(m->e, reader);
  /* the address is free again */
  assert_int_equal(test_call(m, NULL, "POST", "/v1/registrations",
                             "{\"email\":\"wang@example.com\",\"password\":\"" TEST_PASSWORD
                             "\",\"name\":\"Another\"}")
                       .status,
                   201);
  test_market_close(m);
}

static void personal_data_is_nowhere_in_the_store_in_the_clear(void **state) {
  test_market *m = open_market(state);
  assert_int_equal(test_call(m, NULL, "POST", "/v1/registrations",
                             "{\"email\":\"zhaomin@example.com\",\"password\":\"" TEST_PASSWORD
                             "\",\"name\":\"Zhao Min\"}")
                       .status,
                   201);
  ctx *c = test_market_ctx(m);
  db *reader = engine_reader(m->e, c);
  db_rows *rows;
  assert_int_equal(
      db_query0(c, reader, &rows,
                "select data from identity_person union all select sealed_key from identity_person "
                "union all select email_key from identity_email"),
      OK);
  while (db_next(rows)) {
    str bytes = db_get_bytes(rows, 0);
    assert_null(memmem(bytes.at, bytes.len, "hao", 3));
  }
  assert_int_equal(db_done(c, rows), OK);
  assert_int_equal(db_query0(c, reader, &rows, "select response from engine_key"), OK);
  while (db_next(rows)) {
    str bytes = db_get_bytes(rows, 0);
    assert_null(memmem(bytes.at, bytes.len, "hao", 3));
  }
  assert_int_equal(db_done(c, rows), OK);
  assert_int_equal(
      db_query0(c, reader, &rows,
                "select detail from engine_command union all select body from engine_event"),
      OK);
  while (db_next(rows)) {
    str text = db_get_text(rows, 0);
    assert_null(memmem(text.at, text.len, "hao", 3));
  }
  assert_int_equal(db_done(c, rows), OK);
  engine_reader_done(m->e, reader);
  test_market_close(m);
}

static void a_frozen_user_is_out_at_once_and_an_address_is_taken_once(void **state) {
  test_market *m = open_market(state);
  test_caller boss = operator_of(m);
  const char *clerk = new_user(m, &boss, "operator_clerk", "clerk@example.com");
  test_caller who = test_sign_in(m, "clerk@example.com", TEST_PASSWORD);
  assert_int_equal(test_call(m, &who, "GET", "/v1/users", NULL).status, 200);
  assert_int_equal(
      test_call(m, &boss, "POST", path_of(m, "/v1/users/", clerk, "/freeze"), NULL).status, 200);
  assert_int_equal(test_call(m, &who, "GET", "/v1/users", NULL).status, 401);
  assert_int_equal(sign_in_with(m, "clerk@example.com", TEST_PASSWORD).status, 401);
  assert_int_equal(
      test_call(m, &boss, "POST", path_of(m, "/v1/users/", clerk, "/freeze"), NULL).status, 409);
  assert_int_equal(
      test_call(m, &boss, "POST", path_of(m, "/v1/users/", clerk, "/unfreeze"), NULL).status, 200);
  assert_int_equal(sign_in_with(m, "clerk@example.com", TEST_PASSWORD).status, 201);
  sha256 before, after;
  test_hash(m, &before);
  assert_int_equal(test_call(m, NULL, "POST", "/v1/registrations",
                             "{\"email\":\"CLERK@example.com\",\"password\":\"" TEST_PASSWORD
                             "\",\"name\":\"X\"}")
                       .status,
                   409);
  test_hash(m, &after);
  assert_true(sha256_eq(&before, &after));
  test_market_close(m);
}

static void nobody_hands_out_more_than_they_have(void **state) {
  test_market *m = open_market(state);
  test_caller boss = operator_of(m);
  const char *clerk = new_user(m, &boss, "operator_clerk", "clerk@example.com");
  test_caller who = test_sign_in(m, "clerk@example.com", TEST_PASSWORD);
  assert_int_equal(
      test_call(m, &who, "POST", "/v1/users",
                "{\"role\":\"operator\",\"email\":\"x@example.com\",\"password\":\"" TEST_PASSWORD
                "\",\"name\":\"X\"}")
          .status,
      403);
  char operator_text[ID_TEXT_MAX];
  id_write(operator_text, ID_USER, m->facts.operator_user);
  assert_int_equal(
      test_call(m, &who, "POST", path_of(m, "/v1/users/", operator_text, "/freeze"), NULL).status,
      403);
  assert_int_equal(
      test_call(m, &who, "PUT", path_of(m, "/v1/users/", clerk, "/role"), "{\"role\":\"operator\"}")
          .status,
      403);
  assert_int_equal(
      test_call(m, &boss, "PUT", path_of(m, "/v1/users/", clerk, "/role"), "{\"role\":\"seller\"}")
          .status,
      422);
  assert_int_equal(test_call(m, &boss, "PUT", path_of(m, "/v1/users/", clerk, "/role"),
                             "{\"role\":\"operator\"}")
                       .status,
                   200);
  assert_int_equal(test_call(m, &who, "GET", "/v1/api-keys", NULL).status,
                   200); /* the new role holds at once */
  test_market_close(m);
}

static void another_tenants_ids_answer_404(void **state) {
  test_market *m = open_market(state);
  test_caller boss = operator_of(m);
  test_reply a = onboard(m, &boss, "Shop A", "a@example.com"),
             b = onboard(m, &boss, "Shop B", "b@example.com");
  test_caller seller = test_sign_in(m, "a@example.com", TEST_PASSWORD);
  test_caller other = test_sign_in(m, "b@example.com", TEST_PASSWORD);
  assert_int_equal(
      test_call(m, &seller, "GET", path_of(m, "/v1/users/", test_text(&a, "user"), ""), NULL)
          .status,
      200);
  assert_int_equal(
      test_call(m, &seller, "GET", path_of(m, "/v1/users/", test_text(&b, "user"), ""), NULL)
          .status,
      404);
  test_reply key =
      test_call(m, &other, "POST", "/v1/api-keys", "{\"name\":\"k\",\"scopes\":\"sell\"}");
  assert_int_equal(key.status, 201);
  assert_int_equal(
      test_call(m, &seller, "DELETE", path_of(m, "/v1/api-keys/", test_text(&key, "key"), ""), NULL)
          .status,
      404);
  test_reply tenants = test_call(m, &seller, "GET", "/v1/tenants", NULL);
  assert_int_equal(json_array_size(json_object_get(tenants.json, "items")), 1);
  assert_string_equal(test_text(&tenants, "items.0.name"), "Shop A");
  test_reply audit = test_call(m, &other, "GET", "/v1/audit", NULL);
  assert_int_equal(json_array_size(json_object_get(audit.json, "items")), 1); /* its key */
  test_market_close(m);
}

/* --- API keys --------------------------------------------------------------------------------- */

static void an_api_key_works_within_its_scopes_until_revoked_or_expired(void **state) {
  test_market *m = open_market(state);
  test_caller boss = operator_of(m);
  assert_int_equal(
      test_call(m, &boss, "POST", "/v1/api-keys", "{\"name\":\"k\",\"scopes\":\"fly\"}").status,
      400);
  assert_int_equal(
      test_call(m, &boss, "POST", "/v1/api-keys", "{\"name\":\"k\",\"scopes\":\"sell\"}").status,
      403);
  test_reply made =
      test_call(m, &boss, "POST", "/v1/api-keys", "{\"name\":\"k\",\"scopes\":\"self supervise\"}");
  assert_int_equal(made.status, 201);
  test_caller program = {.bearer = test_text(&made, "secret")};
  assert_non_null(program.bearer);
  assert_int_equal(test_call(m, &program, "GET", "/v1/users", NULL).status, 200);
  assert_int_equal(test_call(m, &program, "GET", "/v1/api-keys", NULL).status, 403);
  test_reply list = test_call(m, &boss, "GET", "/v1/api-keys", NULL);
  assert_null(test_text(&list, "items.0.secret"));
  const char *path = path_of(m, "/v1/api-keys/", test_text(&made, "key"), "");
  assert_int_equal(test_call(m, &boss, "DELETE", path, NULL).status, 200);
  assert_int_equal(test_call(m, &program, "GET", "/v1/users", NULL).status, 401);

  made = test_call(m, &boss, "POST", "/v1/api-keys",
                   "{\"name\":\"k\",\"scopes\":\"self\",\"expires_at\":\"2024-10-04T10:00:00Z\"}");
  program.bearer = test_text(&made, "secret");
  assert_int_equal(test_call(m, &program, "GET", "/v1/me", NULL).status, 200);
  test_market_sleep(m, 3600);
  assert_int_equal(test_call(m, &program, "GET", "/v1/me", NULL).status, 401);
  program.bearer = "tk_nonsense";
  assert_int_equal(test_call(m, &program, "GET", "/v1/me", NULL).status, 401);
  test_market_close(m);
}

static void a_supervisor_reads_everything_and_writes_nothing(void **state) {
  test_market *m = open_market(state);
  test_caller boss = operator_of(m);
  const char *user = new_user(m, &boss, "supervisor", "eye@example.com");
  test_caller eye = test_sign_in(m, "eye@example.com", TEST_PASSWORD);
  assert_int_equal(test_call(m, &eye, "GET", "/v1/users", NULL).status, 200);
  assert_int_equal(test_call(m, &eye, "GET", "/v1/audit", NULL).status, 200);
  assert_int_equal(test_call(m, &eye, "GET", "/v1/approvals?state=open", NULL).status, 200);
  assert_int_equal(
      test_call(m, &eye, "POST", path_of(m, "/v1/users/", user, "/freeze"), NULL).status, 403);
  assert_int_equal(test_call(m, &eye, "POST", "/v1/approvals",
                             "{\"action\":\"parameter.set\",\"parameters\":{}}")
                       .status,
                   403);
  test_market_close(m);
}

/* --- four eyes -------------------------------------------------------------------------------- */

#define PROPOSAL                                                                                \
  "{\"action\":\"parameter.set\",\"parameters\":{\"name\":\"payment_window_s\",\"valid_from\":" \
  "\"2024-10-05\",\"value\":900},\"note\":\"shorter\"}"

static int64_t parameter_on(test_market *m, date on) {
  ctx *c = test_market_ctx(m);
  db *reader = engine_reader(m->e, c);
  int64_t value;
  assert_int_equal(identity_parameter(c, reader, "payment_window_s", on, 1800, &value), OK);
  engine_reader_done(m->e, reader);
  return value;
}

static void a_proposal_runs_when_another_person_approves_it(void **state) {
  test_market *m = open_market(state);
  test_caller boss = operator_of(m);
  new_user(m, &boss, "operator", "second@example.com");
  test_caller second = test_sign_in(m, "second@example.com", TEST_PASSWORD);
  test_reply r = test_call(m, &boss, "POST", "/v1/approvals", PROPOSAL);
  assert_int_equal(r.status, 201);
  const char *approve = path_of(m, "/v1/approvals/", test_text(&r, "approval"), "/approve");
  sha256 before, after;
  test_hash(m, &before);
  assert_int_equal(test_call(m, &boss, "POST", approve, "{}").status, 403);
  test_hash(m, &after);
  assert_true(sha256_eq(&before, &after));
  assert_int_equal(parameter_on(m, 20001), 1800);
  r = test_call(m, &second, "POST", approve, "{\"reason\":\"agreed\"}");
  assert_int_equal(r.status, 200);
  assert_string_equal(test_text(&r, "state"), "approved");
  assert_int_equal(parameter_on(m, 20000), 1800);
  assert_int_equal(parameter_on(m, 20001), 900);
  assert_int_equal(test_call(m, &second, "POST", approve, "{}").status, 409);
  test_market_close(m);
}

static void a_rejected_or_lapsed_proposal_does_nothing(void **state) {
  test_market *m = open_market(state);
  test_caller boss = operator_of(m);
  new_user(m, &boss, "operator", "second@example.com");
  test_caller second = test_sign_in(m, "second@example.com", TEST_PASSWORD);
  test_reply r = test_call(m, &boss, "POST", "/v1/approvals", PROPOSAL);
  assert_int_equal(test_call(m, &second, "POST",
                             path_of(m, "/v1/approvals/", test_text(&r, "approval"), "/reject"),
                             "{\"reason\":\"too short\"}")
                       .status,
                   200);
  assert_int_equal(test_call(m, &second, "POST",
                             path_of(m, "/v1/approvals/", test_text(&r, "approval"), "/approve"),
                             "{}")
                       .status,
                   409);
  r = test_call(m, &boss, "POST", "/v1/approvals", PROPOSAL);
  ctx *c = test_market_ctx(m);
  assert_int_equal(
      engine_advance(c, m->e, c->now + 8 * SECONDS_PER_DAY * MICROS_PER_SECOND, NULL, NULL), OK);
  assert_int_equal(test_call(m, &second, "POST",
                             path_of(m, "/v1/approvals/", test_text(&r, "approval"), "/approve"),
                             "{}")
                       .status,
                   422);
  test_reply lapsed =
      test_call(m, &boss, "GET", path_of(m, "/v1/approvals/", test_text(&r, "approval"), ""), NULL);
  assert_string_equal(test_text(&lapsed, "state"), "expired");
  assert_int_equal(parameter_on(m, 20010), 1800);
  test_market_close(m);
}

static void a_bad_proposal_names_the_field_inside_its_parameters(void **state) {
  test_market *m = open_market(state);
  test_caller boss = operator_of(m);
  test_reply r = test_call(m, &boss, "POST", "/v1/approvals",
                           "{\"action\":\"parameter.set\",\"parameters\":{\"name\":\"x\",\"value\":"
                           "\"9\",\"valid_from\":\"2024-10-05\"}}");
  assert_int_equal(r.status, 400);
  assert_string_equal(test_text(&r, "errors.0.pointer"), "/parameters/value");
  r = test_call(m, &boss, "POST", "/v1/approvals", "{\"action\":\"world.end\",\"parameters\":{}}");
  assert_int_equal(r.status, 400);
  assert_string_equal(test_text(&r, "errors.0.pointer"), "/action");
  test_market_close(m);
}

static void every_route_refuses_nobody_and_those_without_its_scope(void **state) {
  test_market *m = open_market(state);
  test_walk_routes(m, &identity_module);
  test_market_close(m);
}

static void a_browser_with_an_old_session_can_still_sign_in(void **state) {
  test_market *m = open_market(state);
  test_caller who = operator_of(m);
  who.csrf = NULL; /* the sign-in page does not know it */
  const char *body = "{\"email\":\"" TEST_OPERATOR_EMAIL "\",\"password\":\"" TEST_PASSWORD "\"}";
  assert_int_equal(test_call(m, &who, "POST", "/v1/sessions", body).status, 201);
  test_market_sleep(m, STAFF_IDLE_S);
  assert_int_equal(test_call(m, &who, "POST", "/v1/sessions", body).status, 201);
  test_market_close(m);
}

static void a_stranger_learns_whether_the_market_is_set_up(void **state) {
  test_market *m = test_market_open(*state, modules, COUNT_OF(modules));
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
  static const demo_login list[] = {{"a@example.com", "buyer", "buys", "买家"}};
  test_market *m = open_market(state);
  identity_show_logins(list, 1, "word");
  test_reply r = test_call(m, NULL, "GET", "/v1/market", NULL);
  identity_show_logins(NULL, 0, NULL);
  assert_true(says(&r, "\"email\":\"a@example.com\",\"role\":\"buyer\""));
  assert_true(says(&r, "\"demo_password\":\"word\""));
  test_market_close(m);
}

int main(void) {
  const struct CMUnitTest rules[] = {
      cmocka_unit_test(an_email_address_is_normalised_and_nonsense_refused),
      cmocka_unit_test(ten_failures_lock_for_thirty_minutes_and_no_longer),
      cmocka_unit_test(an_api_key_reads_back_and_every_changed_byte_is_noticed),
      cmocka_unit_test(every_role_stands_for_one_kind_and_no_role_lacks_oneself),
  };
  const struct CMUnitTest stored[] = {
      cmocka_unit_test(a_market_is_set_up_once_with_its_capital_in_the_books),
      cmocka_unit_test(a_stranger_learns_whether_the_market_is_set_up),
      cmocka_unit_test(logins_of_a_demonstration_are_told),
      cmocka_unit_test(an_unknown_address_answers_like_a_wrong_password),
      cmocka_unit_test(a_session_slides_while_used_and_ends_when_idle_or_revoked),
      cmocka_unit_test(the_last_use_of_a_session_outlives_a_restart_of_the_cache),
      cmocka_unit_test(a_write_by_cookie_needs_the_csrf_token),
      cmocka_unit_test(a_new_password_ends_the_other_sessions),
      cmocka_unit_test(an_erased_person_is_unreadable_and_cannot_sign_in),
      cmocka_unit_test(personal_data_is_nowhere_in_the_store_in_the_clear),
      cmocka_unit_test(a_frozen_user_is_out_at_once_and_an_address_is_taken_once),
      cmocka_unit_test(nobody_hands_out_more_than_they_have),
      cmocka_unit_test(another_tenants_ids_answer_404),
      cmocka_unit_test(an_api_key_works_within_its_scopes_until_revoked_or_expired),
      cmocka_unit_test(a_supervisor_reads_everything_and_writes_nothing),
      cmocka_unit_test(a_proposal_runs_when_another_person_approves_it),
      cmocka_unit_test(a_rejected_or_lapsed_proposal_does_nothing),
      cmocka_unit_test(every_route_refuses_nobody_and_those_without_its_scope),
      cmocka_unit_test(a_browser_with_an_old_session_can_still_sign_in),
      cmocka_unit_test(a_bad_proposal_names_the_field_inside_its_parameters),
  };
  int failed = cmocka_run_group_tests_name("identity rules", rules, NULL, NULL);
  failed += test_market_run("identity", stored, COUNT_OF(stored));
  return failed == 0 ? 0 : 1;
}
