/* test_abuse.c - what people with a session, a key or a role try beyond it: proposals that outlive
 * their maker's role, keys that outlive the key they were made by, passwords guessed from inside,
 * and more seen or handed out than was given. On both homes. */
#include "modules/identity/commands.h"
#include "modules/identity/test_market.h"

static const module *const modules[] = {&identity_module};

static test_market *open_market(void **state) {
  test_market *m = test_market_open(*state, modules, COUNT_OF(modules));
  test_market_set_up(m);
  return m;
}

static const char *made(test_market *m, const test_caller *who, const char *path, const char *body,
                        const char *member) {
  test_reply r = test_call(m, who, "POST", path, body);
  if (r.status != 201) print_message("%.*s\n", STR_ARGS(r.body));
  assert_int_equal(r.status, 201);
  return test_text(&r, member);
}

static test_caller new_staff(test_market *m, const test_caller *boss, const char *role,
                             const char *email, const char **user) {
  str body = str_format(m->arena,
                        "{\"role\":\"%s\",\"email\":\"%s\",\"password\":\"" TEST_PASSWORD
                        "\",\"name\":\"Somebody\"}",
                        role, email);
  *user = made(m, boss, "/v1/users", body.at, "user");
  return test_sign_in(m, email, TEST_PASSWORD);
}

static const char *path_of(test_market *m, const char *before, const char *id_text,
                           const char *after) {
  return str_format(m->arena, "%s%s%s", before, id_text, after).at;
}

/* --- four eyes -------------------------------------------------------------------------------- */

#define PROPOSAL                                                                                \
  "{\"action\":\"parameter.set\",\"parameters\":{\"name\":\"payment_window_s\",\"valid_from\":" \
  "\"2024-10-05\",\"value\":900}}"

static void a_proposal_does_not_outlive_the_role_of_who_made_it(void **state) {
  test_market *m = open_market(state);
  const char *user, *other;
  test_caller boss = test_sign_in(m, TEST_OPERATOR_EMAIL, TEST_PASSWORD),
              second = new_staff(m, &boss, "operator", "second@example.com", &user),
              third = new_staff(m, &boss, "operator", "third@example.com", &other);
  const char *approve = path_of(
      m, "/v1/approvals/", made(m, &second, "/v1/approvals", PROPOSAL, "approval"), "/approve");
  const char *role = path_of(m, "/v1/users/", user, "/role");
  sha256 before, after;
  assert_int_equal(test_call(m, &boss, "PUT", role, "{\"role\":\"operator_clerk\"}").status, 200);
  test_hash(m, &before);
  assert_int_equal(test_call(m, &third, "POST", approve, "{}").status, 409);
  test_hash(m, &after);
  assert_true(sha256_eq(&before, &after));

  assert_int_equal(test_call(m, &boss, "PUT", role, "{\"role\":\"operator\"}").status, 200);
  assert_int_equal(
      test_call(m, &boss, "POST", path_of(m, "/v1/users/", user, "/freeze"), NULL).status, 200);
  assert_int_equal(test_call(m, &third, "POST", approve, "{}").status, 409);
  assert_int_equal(
      test_call(m, &boss, "POST", path_of(m, "/v1/users/", user, "/unfreeze"), NULL).status, 200);
  assert_int_equal(test_call(m, &third, "POST", approve, "{}").status, 200);
  test_market_close(m);
}

/* A command may wait in line while its caller's role goes: who approves is looked at in the commit.
 */
static void who_lost_the_role_while_in_line_approves_nothing(void **state) {
  test_market *m = open_market(state);
  const char *user;
  test_caller boss = test_sign_in(m, TEST_OPERATOR_EMAIL, TEST_PASSWORD);
  new_staff(m, &boss, "operator_clerk", "second@example.com", &user);
  const char *proposal = made(m, &boss, "/v1/approvals", PROPOSAL, "approval");
  approval_decision s = {.approve = true};
  principal who = {.kind = ACTOR_OPERATOR,
                   .tenant = m->facts.platform,
                   .scopes = identity_role_scopes(ROLE_OPERATOR)}; /* what it was */
  assert_true(id_parse(str_from(proposal), ID_APPROVAL, &s.approval));
  assert_true(id_parse(str_from(user), ID_USER, &who.actor));
  ctx *c = test_market_ctx(m);
  assert_int_equal(engine_call(c, m->e, &identity_decide, &s, who), E_FORBIDDEN);
  test_market_close(m);
}

/* --- handing out ------------------------------------------------------------------------------ */

static void a_clerk_makes_no_user_who_may_post_to_the_ledger(void **state) {
  test_market *m = open_market(state);
  const char *user;
  test_caller boss = test_sign_in(m, TEST_OPERATOR_EMAIL, TEST_PASSWORD),
              clerk = new_staff(m, &boss, "operator_clerk", "clerk@example.com", &user);
  tenant_new bank = {.name = STR("Bank"), .kind = STR("institution")};
  ctx *c = test_market_ctx(m);
  assert_int_equal(engine_call(c, m->e, &identity_create_tenant, &bank, engine_system(m->e)), OK);
  char tenant[ID_TEXT_MAX];
  id_write(tenant, ID_TENANT, bank.tenant_id);
  const char *body =
      path_of(m, "{\"role\":\"institution\",\"tenant\":\"", tenant,
              "\",\"email\":\"i@example.com\",\"password\":\"" TEST_PASSWORD "\",\"name\":\"I\"}");
  assert_int_equal(test_call(m, &clerk, "POST", "/v1/users", body).status, 403);
  const char *institution = made(m, &boss, "/v1/users", body, "user");
  assert_int_equal(
      test_call(m, &clerk, "POST", path_of(m, "/v1/users/", institution, "/freeze"), NULL).status,
      403);
  test_market_close(m);
}

static void a_key_made_by_a_key_ends_with_it(void **state) {
  test_market *m = open_market(state);
  test_caller boss = test_sign_in(m, TEST_OPERATOR_EMAIL, TEST_PASSWORD);
  test_caller short_key = {.bearer =
                               made(m, &boss, "/v1/api-keys",
                                    "{\"name\":\"an hour\",\"scopes\":\"self keys\",\"expires_at\":"
                                    "\"2024-10-04T10:00:00Z\"}",
                                    "secret")};
  assert_int_equal(test_call(m, &short_key, "POST", "/v1/api-keys",
                             "{\"name\":\"a year\",\"scopes\":\"self\",\"expires_at\":"
                             "\"2025-10-01T00:00:00Z\"}")
                       .status,
                   400);
  test_caller child = {.bearer = made(m, &short_key, "/v1/api-keys",
                                      "{\"name\":\"no end\",\"scopes\":\"self\"}", "secret")};
  assert_int_equal(test_call(m, &child, "GET", "/v1/me", NULL).status, 200);
  test_market_sleep(m, 3600);
  assert_int_equal(test_call(m, &short_key, "GET", "/v1/me", NULL).status, 401);
  assert_int_equal(test_call(m, &child, "GET", "/v1/me", NULL).status, 401);
  test_market_close(m);
}

/* --- guessing and looking --------------------------------------------------------------------- */

#define NEW_PASSWORD(current) "{\"current\":\"" current "\",\"new_password\":\"another long one\"}"

static void guessing_the_password_from_a_session_locks_as_signing_in_does(void **state) {
  test_market *m = open_market(state);
  test_caller thief = test_sign_in(m, TEST_OPERATOR_EMAIL, TEST_PASSWORD);
  const char *right = NEW_PASSWORD(TEST_PASSWORD);
  for (int i = 0; i < SIGNIN_FAILURES_MAX; i++) {
    assert_int_equal(
        test_call(m, &thief, "PUT", "/v1/me/password", NEW_PASSWORD("a guess of it")).status, 422);
  }
  assert_int_equal(test_call(m, &thief, "PUT", "/v1/me/password", right).status, 429);
  for (int i = 0; i < 3; i++) { /* the session is kept open meanwhile */
    test_market_sleep(m, SIGNIN_LOCK_S / 3);
    assert_int_equal(test_call(m, &thief, "GET", "/v1/me", NULL).status, 200);
  }
  assert_int_equal(test_call(m, &thief, "PUT", "/v1/me/password", right).status, 200);
  test_market_close(m);
}

static void a_key_of_an_operator_sees_the_market_only_when_it_was_given_that(void **state) {
  test_market *m = open_market(state);
  test_caller boss = test_sign_in(m, TEST_OPERATOR_EMAIL, TEST_PASSWORD);
  test_caller narrow = {.bearer = made(m, &boss, "/v1/api-keys",
                                       "{\"name\":\"k\",\"scopes\":\"self\"}", "secret")},
              wide = {.bearer = made(m, &boss, "/v1/api-keys",
                                     "{\"name\":\"k\",\"scopes\":\"self supervise\"}", "secret")};
  static const char *const paths[] = {"/v1/events", "/v1/audit"};
  for (size_t i = 0; i < COUNT_OF(paths); i++) {
    assert_int_equal(test_call(m, &narrow, "GET", paths[i], NULL).status, 403);
    assert_int_equal(test_call(m, &wide, "GET", paths[i], NULL).status, 200);
    assert_int_equal(test_call(m, &boss, "GET", paths[i], NULL).status, 200);
  }
  test_market_close(m);
}

/* What an open stream asks with each page: it ends with the session, and does not keep it open. */
static void looking_again_ends_with_the_session_and_is_no_use_of_it(void **state) {
  test_market *m = open_market(state);
  test_caller who = test_sign_in(m, TEST_OPERATOR_EMAIL, TEST_PASSWORD),
              other = test_sign_in(m, TEST_OPERATOR_EMAIL, TEST_PASSWORD);
  principal p;
  for (int i = 0; i < 4; i++) {
    bool is_over = i == 3;
    ctx *c = test_market_ctx(m);
    db *d = engine_reader(m->e, c);
    assert_int_equal(identity_auth.look_again(c, d, str_from(who.cookie), true, &p),
                     is_over ? E_UNAUTHENTICATED : OK);
    engine_reader_done(m->e, d);
    test_market_sleep(m, STAFF_IDLE_S / 3);
    assert_int_equal(test_call(m, &other, "GET", "/v1/me", NULL).status, 200);
  }
  ctx *c = test_market_ctx(m);
  db *d = engine_reader(m->e, c);
  assert_int_equal(identity_auth.look_again(c, d, str_from(other.cookie), true, &p), OK);
  engine_reader_done(m->e, d);
  assert_int_equal(test_call(m, &other, "DELETE", "/v1/session", NULL).status, 200);
  c = test_market_ctx(m);
  d = engine_reader(m->e, c);
  assert_int_equal(identity_auth.look_again(c, d, str_from(other.cookie), true, &p),
                   E_UNAUTHENTICATED);
  engine_reader_done(m->e, d);
  test_market_close(m);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_proposal_does_not_outlive_the_role_of_who_made_it),
      cmocka_unit_test(who_lost_the_role_while_in_line_approves_nothing),
      cmocka_unit_test(a_clerk_makes_no_user_who_may_post_to_the_ledger),
      cmocka_unit_test(a_key_made_by_a_key_ends_with_it),
      cmocka_unit_test(guessing_the_password_from_a_session_locks_as_signing_in_does),
      cmocka_unit_test(a_key_of_an_operator_sees_the_market_only_when_it_was_given_that),
      cmocka_unit_test(looking_again_ends_with_the_session_and_is_no_use_of_it),
  };
  return test_market_run("identity abuse", tests, COUNT_OF(tests)) == 0 ? 0 : 1;
}
