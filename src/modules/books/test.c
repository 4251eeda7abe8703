/* test.c - the ledger over JSON, on both homes: what a program may open and post, what it gets back
 * when it repeats itself, and that others' accounts are not there. */
#include "modules/books/books.h"
#include "modules/books/test_groups.h"
#include "modules/identity/test_market.h"

#include <string.h>

static const module *const modules[] = {&identity_module, &books_module};

typedef struct desk {
  test_market *m;
  test_caller program; /* of the platform: ledger scopes and period close */
} desk;

static desk open_desk(void **state) {
  desk d = {.m = test_market_open(*state, modules, COUNT_OF(modules))};
  test_market_set_up(d.m);
  str key;
  uint64_t scopes = SCOPE_BIT(SCOPE_LEDGER_READ) | SCOPE_BIT(SCOPE_LEDGER_WRITE) |
                    SCOPE_BIT(SCOPE_MONEY) | SCOPE_BIT(SCOPE_SUPERVISE) | SCOPE_BIT(SCOPE_OPERATE);
  ctx *c = test_market_ctx(d.m);
  assert_int_equal(
      identity_issue_key(c, d.m->e, d.m->facts.operator_user, STR("test"), scopes, 1, &key), OK);
  d.program.bearer = str_zero(d.m->arena, key);
  return d;
}

static test_reply send(desk *d, const char *verb, const char *path, const char *body, int wanted) {
  test_reply r = test_call(d->m, &d->program, verb, path, body);
  if (r.status != wanted)
    print_message("%s %s -> %d %.*s\n", verb, path, r.status, STR_ARGS(r.body));
  assert_int_equal(r.status, wanted);
  return r;
}

static const char *open_account(desk *d, const char *terms) {
  str body = str_format(d->m->arena, "{\"asset\":156%s}", terms);
  test_reply r = send(d, "POST", "/v1/accounts", body.at, 201);
  return test_text(&r, "account");
}

static const char *path_of(desk *d, const char *before, const char *text, const char *after) {
  return str_format(d->m->arena, "%s%s%s", before, text, after).at;
}

static const char *transfer_body(desk *d, int number, const char *from, const char *to,
                                 int64_t amount, const char *more) {
  return str_format(d->m->arena,
                    "{\"id\":\"%032x\",\"debit_account\":\"%s\",\"credit_account\":\"%s\","
                    "\"amount\":%lld%s}",
                    number, from, to, (long long)amount, more)
      .at;
}

static int64_t balance_of(desk *d, const char *number) {
  test_reply r = send(d, "GET", path_of(d, "/v1/accounts/", number, ""), NULL, 200);
  return test_number(&r, "balance");
}

static void close_desk(desk *d) {
  ledger_proof proof;
  ctx *c = test_market_ctx(d->m);
  db *reader = engine_reader(d->m->e, c);
  assert_int_equal(ledger_verify(c, reader, &proof), OK);
  assert_int_equal(proof.violation.len, 0);
  engine_reader_done(d->m->e, reader);
  test_market_close(d->m);
}

/* --- posting ---------------------------------------------------------------------------------- */

static void a_transfer_moves_money_once_however_often_it_is_sent(void **state) {
  desk d = open_desk(state);
  const char *from = open_account(&d, ""), *to = open_account(&d, ",\"no_debit_balance\":true");
  const char *body = transfer_body(&d, 1, from, to, 500, "");
  test_reply first = send(&d, "POST", "/v1/transfers", body, 201);
  test_reply again = send(&d, "POST", "/v1/transfers", body, 201);
  assert_true(str_eq(first.body, again.body));
  assert_int_equal(balance_of(&d, to), 500);
  send(&d, "POST", "/v1/transfers", transfer_body(&d, 1, from, to, 501, ""), 409);
  test_reply seen = send(&d, "GET", "/v1/transfers/00000000000000000000000000000001", NULL, 200);
  assert_int_equal(test_number(&seen, "amount"), 500);
  close_desk(&d);
}

static void a_refused_transfer_changes_nothing_and_keeps_its_id_free(void **state) {
  desk d = open_desk(state);
  const char *poor = open_account(&d, ",\"no_debit_balance\":true"), *other = open_account(&d, "");
  sha256 before, after;
  test_hash(d.m, &before);
  test_reply r = send(&d, "POST", "/v1/transfers", transfer_body(&d, 7, poor, other, 1, ""), 422);
  assert_string_equal(test_text(&r, "code"), "insufficient_funds");
  send(&d, "POST", "/v1/transfers", transfer_body(&d, 8, poor, poor, 1, ""), 400);
  send(&d, "POST", "/v1/transfers", transfer_body(&d, 8, poor, other, 1, ",\"linked\":true"), 422);
  send(&d, "POST", "/v1/transfers", transfer_body(&d, 8, poor, other, 0, ""), 400);
  test_hash(d.m, &after);
  assert_true(sha256_eq(&before, &after));
  send(&d, "POST", "/v1/transfers", transfer_body(&d, 7, other, poor, 1, ""), 201);
  close_desk(&d);
}

static void a_hold_is_posted_in_part_and_the_rest_is_free_again(void **state) {
  desk d = open_desk(state);
  const char *source = open_account(&d, ""),
             *wallet = open_account(&d, ",\"no_debit_balance\":true");
  send(&d, "POST", "/v1/transfers", transfer_body(&d, 1, source, wallet, 100, ""), 201);
  send(&d, "POST", "/v1/transfers",
       transfer_body(&d, 2, wallet, source, 80, ",\"kind\":\"pending\",\"timeout_s\":60"), 201);
  send(&d, "POST", "/v1/transfers", transfer_body(&d, 3, wallet, source, 21, ""), 422);
  send(&d, "POST", "/v1/transfers",
       "{\"id\":\"00000000000000000000000000000004\",\"kind\":\"post\",\"amount\":30,"
       "\"pending_id\":\"00000000000000000000000000000002\"}",
       201);
  send(&d, "POST", "/v1/transfers", transfer_body(&d, 5, wallet, source, 70, ""), 201);
  assert_int_equal(balance_of(&d, wallet), 0);
  close_desk(&d);
}

static void an_atomic_bulk_is_all_or_nothing_and_an_independent_one_is_not(void **state) {
  desk d = open_desk(state);
  const char *a = open_account(&d, ""), *b = open_account(&d, ",\"no_debit_balance\":true");
  const char *good = transfer_body(&d, 1, a, b, 10, ""), *bad = transfer_body(&d, 2, b, a, 999, "");
  str atomic = str_format(d.m->arena, "{\"mode\":\"atomic\",\"transfers\":[%s,%s]}", good, bad);
  test_reply r = send(&d, "POST", "/v1/transfers/bulk", atomic.at, 422);
  assert_non_null(strstr(r.body.at, "/transfers/1"));
  assert_int_equal(balance_of(&d, b), 0);
  str independent =
      str_format(d.m->arena, "{\"mode\":\"independent\",\"transfers\":[%s,%s]}", good, bad);
  r = send(&d, "POST", "/v1/transfers/bulk", independent.at, 200);
  assert_int_equal(test_number(&r, "accepted"), 1);
  assert_non_null(strstr(r.body.at, "exceeds_credits"));
  assert_int_equal(balance_of(&d, b), 10);
  close_desk(&d);
}

static void a_reversal_restores_both_balances_once(void **state) {
  desk d = open_desk(state);
  const char *a = open_account(&d, ""), *b = open_account(&d, "");
  send(&d, "POST", "/v1/transfers", transfer_body(&d, 1, a, b, 10, ""), 201);
  const char *path = "/v1/transfers/00000000000000000000000000000001/reverse";
  send(&d, "POST", path, "{\"id\":\"00000000000000000000000000000009\"}", 201);
  assert_int_equal(balance_of(&d, a), 0);
  assert_int_equal(balance_of(&d, b), 0);
  send(&d, "POST", path, "{\"id\":\"0000000000000000000000000000000a\"}", 409);
  close_desk(&d);
}

/* --- reading ---------------------------------------------------------------------------------- */

static void a_statement_pages_through_every_line_once(void **state) {
  desk d = open_desk(state);
  const char *a = open_account(&d, ""), *b = open_account(&d, "");
  for (int i = 1; i <= 5; i++)
    send(&d, "POST", "/v1/transfers", transfer_body(&d, i, a, b, i, ""), 201);
  test_reply r = send(&d, "GET", path_of(&d, "/v1/accounts/", b, "/statement?limit=2"), NULL, 200);
  int64_t seen = 0;
  for (int pages = 0; pages < 3; pages++) {
    json_t *items = json_object_get(r.json, "items");
    for (size_t i = 0; i < json_array_size(items); i++)
      seen += json_integer_value(
          json_object_get(json_object_get(json_array_get(items, i), "transfer"), "amount"));
    const char *next = test_text(&r, "next");
    if (next == NULL || next[0] == '\0') break;
    r = send(&d, "GET",
             path_of(&d, path_of(&d, "/v1/accounts/", b, "/statement?limit=2&after="), next, ""),
             NULL, 200);
  }
  assert_int_equal(seen, 15);
  send(&d, "GET", path_of(&d, "/v1/accounts/", b, "/statement?after=nonsense"), NULL, 400);
  close_desk(&d);
}

static void a_balance_of_a_past_moment_stays_what_it_was(void **state) {
  desk d = open_desk(state);
  const char *a = open_account(&d, ""), *b = open_account(&d, "");
  send(&d, "POST", "/v1/transfers", transfer_body(&d, 1, a, b, 10, ""), 201);
  test_reply r = send(&d, "GET", "/v1/transfers/00000000000000000000000000000001", NULL, 200);
  const char *path =
      path_of(&d, path_of(&d, "/v1/accounts/", b, "/balance?at="), test_text(&r, "time"), "");
  test_reply before = send(&d, "GET", path, NULL, 200);
  assert_int_equal(test_number(&before, "balance"), 10);
  test_market_sleep(d.m, 5);
  send(&d, "POST", "/v1/transfers", transfer_body(&d, 2, a, b, 7, ""), 201);
  test_reply after = send(&d, "GET", path, NULL, 200);
  assert_true(str_eq(before.body, after.body));
  close_desk(&d);
}

static void a_closed_period_takes_no_more_transfers(void **state) {
  desk d = open_desk(state);
  char entity[ID_TEXT_MAX];
  id_write(entity, ID_ENTITY, d.m->facts.entity);
  ctx *c = test_market_ctx(d.m);
  str today = date_print(d.m->arena, c->today), before = date_print(d.m->arena, c->today - 1);
  str body =
      str_format(d.m->arena, "{\"entity\":\"%s\",\"through\":\"%.*s\"}", entity, STR_ARGS(today));
  send(&d, "POST", "/v1/periods/close", body.at, 422);
  body =
      str_format(d.m->arena, "{\"entity\":\"%s\",\"through\":\"%.*s\"}", entity, STR_ARGS(before));
  send(&d, "POST", "/v1/periods/close", body.at, 200);
  send(&d, "POST", "/v1/periods/close", body.at, 409);
  const char *a = open_account(&d, ""), *b = open_account(&d, "");
  send(&d, "POST", "/v1/transfers", transfer_body(&d, 1, a, b, 1, ""), 201);
  close_desk(&d);
}

static void the_trial_balance_sums_to_zero_and_the_chart_is_whole(void **state) {
  desk d = open_desk(state);
  const char *a = open_account(&d, ""), *b = open_account(&d, "");
  send(&d, "POST", "/v1/transfers", transfer_body(&d, 1, a, b, 12, ""), 201);
  test_reply r = send(&d, "GET", "/v1/trial-balance", NULL, 200);
  json_t *items = json_object_get(r.json, "items");
  int64_t sum = 0;
  for (size_t i = 0; i < json_array_size(items); i++)
    sum += json_integer_value(json_object_get(json_array_get(items, i), "balance"));
  assert_true(json_array_size(items) >= 1);
  assert_int_equal(sum, 0);
  size_t rows;
  chart_all(&rows);
  r = send(&d, "GET", "/v1/chart", NULL, 200);
  assert_int_equal(json_array_size(json_object_get(r.json, "items")), rows);
  close_desk(&d);
}

static void a_checkpoint_kept_elsewhere_shows_that_records_were_cut_off(void **state) {
  desk d = open_desk(state);
  const char *a = open_account(&d, ""), *b = open_account(&d, "");
  send(&d, "POST", "/v1/transfers", transfer_body(&d, 1, a, b, 12, ""), 201);
  test_reply r = send(&d, "POST", "/v1/checkpoints", NULL, 201);
  checkpoint seal, other;
  str violation;
  assert_true(books_parse_checkpoint(d.m->arena, r.body, &seal));
  ctx *c = test_market_ctx(d.m);
  db *reader = engine_reader(d.m->e, c);
  assert_int_equal(ledger_check_seal(c, reader, &seal, &violation), OK);
  assert_int_equal(violation.len, 0);
  other = seal;
  other.signature[5] ^= 1;
  assert_int_equal(ledger_check_seal(c, reader, &other, &violation), OK);
  assert_true(violation.len > 0);
  engine_reader_done(d.m->e, reader);
  assert_false(books_parse_checkpoint(d.m->arena, STR("{\"checkpoint\":1}"), &other));
  close_desk(&d);
}

/* --- walls ------------------------------------------------------------------------------------ */

static void the_accounts_of_other_modules_and_tenants_are_not_there(void **state) {
  desk d = open_desk(state);
  ctx *c = test_market_ctx(d.m);
  account *owned;
  size_t count;
  db *reader = engine_reader(d.m->e, c);
  assert_int_equal(ledger_accounts_of(c, reader, d.m->facts.entity, &owned, &count), OK);
  engine_reader_done(d.m->e, reader);
  assert_true(count > 0); /* capital was paid in at set-up */
  char bank[ID_TEXT_MAX];
  id_write(bank, ID_ACCOUNT, owned[0].account_id);
  const char *mine = open_account(&d, "");
  test_reply r = send(&d, "POST", "/v1/transfers", transfer_body(&d, 1, bank, mine, 1, ""), 404);
  assert_non_null(strstr(r.body.at, "/debit_account"));
  send(&d, "POST", "/v1/accounts", "{\"asset\":156,\"striped\":true,\"no_debit_balance\":true}",
       422);
  send(&d, "POST", "/v1/accounts", "{\"asset\":4000000}", 422);
  send(&d, "GET", "/v1/accounts/acc_0000000000001", NULL, 404);
  test_walk_routes(d.m, &books_module);
  close_desk(&d);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_transfer_moves_money_once_however_often_it_is_sent),
      cmocka_unit_test(a_refused_transfer_changes_nothing_and_keeps_its_id_free),
      cmocka_unit_test(a_hold_is_posted_in_part_and_the_rest_is_free_again),
      cmocka_unit_test(an_atomic_bulk_is_all_or_nothing_and_an_independent_one_is_not),
      cmocka_unit_test(a_reversal_restores_both_balances_once),
      cmocka_unit_test(a_statement_pages_through_every_line_once),
      cmocka_unit_test(a_balance_of_a_past_moment_stays_what_it_was),
      cmocka_unit_test(a_closed_period_takes_no_more_transfers),
      cmocka_unit_test(the_trial_balance_sums_to_zero_and_the_chart_is_whole),
      cmocka_unit_test(a_checkpoint_kept_elsewhere_shows_that_records_were_cut_off),
      cmocka_unit_test(the_accounts_of_other_modules_and_tenants_are_not_there),
  };
  return test_market_run("books", tests, COUNT_OF(tests)) + test_frames() + test_batch();
}
