/* test_batch.c - batches of binary records through the router, on both homes: what is accepted,
 * what is refused and by which number, that a batch sent again moves nothing, and that others'
 * accounts and holds look as if they were not there. */
#include "modules/books/commands.h"
#include "modules/books/test_groups.h"
#include "modules/identity/test_market.h"

#include <string.h>
#include <tael.h>

static const module *const modules[] = {&identity_module, &books_module};

typedef struct desk {
  test_market *m;
  test_caller program, reader; /* of the platform; reader: without ledger.write */
} desk;

static test_caller issue(desk *d, uint64_t scopes) {
  str key;
  ctx *c = test_market_ctx(d->m);
  assert_int_equal(
      identity_issue_key(c, d->m->e, d->m->facts.operator_user, STR("test"), scopes, 1, &key), OK);
  return (test_caller){.bearer = str_zero(d->m->arena, key)};
}

static desk open_desk(void **state) {
  desk d = {.m = test_market_open(*state, modules, COUNT_OF(modules))};
  test_market_set_up(d.m);
  d.program = issue(&d, SCOPE_BIT(SCOPE_LEDGER_READ) | SCOPE_BIT(SCOPE_LEDGER_WRITE));
  d.reader = issue(&d, SCOPE_BIT(SCOPE_LEDGER_READ));
  return d;
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

/* --- calling ---------------------------------------------------------------------------------- */
#define TYPE(name) "application/vnd.tael." name

static test_reply post(desk *d, const test_caller *who, const char *path, const char *type,
                       const void *bytes, size_t len, int wanted) {
  test_reply r = test_send(d->m, who, "POST", path, type, (str){bytes, len});
  if (r.status != wanted) print_message("%s -> %d %.*s\n", path, r.status, STR_ARGS(r.body));
  assert_int_equal(r.status, wanted);
  return r;
}

typedef struct results { /* of a batch, as the wire has it */
  uint16_t version, reserved;
  uint32_t count, accepted, listed;
  tael_failure each[64];
} results;

static results send(desk *d, const tael_transfer *batch, size_t count) {
  test_reply r = post(d, &d->program, "/v1/transfers/batch", TYPE("transfers"), batch,
                      count * sizeof *batch, 200);
  results out = {0};
  assert_non_null(memmem(r.head.at, r.head.len, TYPE("results"), strlen(TYPE("results"))));
  assert_in_range(r.body.len, 16, sizeof out);
  memcpy(&out, r.body.at, r.body.len);
  assert_int_equal(out.version, 1);
  assert_int_equal(out.count, count);
  assert_int_equal(r.body.len, 16 + 8 * out.listed);
  assert_int_equal(out.accepted + out.listed, count);
  return out;
}

static void open_accounts(desk *d, tael_account *accounts, size_t count) {
  for (size_t i = 0; i < count; i++)
    accounts[i].version = 1;
  test_reply r = post(d, &d->program, "/v1/accounts/batch", TYPE("accounts"), accounts,
                      count * sizeof *accounts, 201);
  assert_int_equal(r.body.len, count * sizeof *accounts);
  memcpy(accounts, r.body.at, r.body.len);
}

/* accounts[0] may owe, the others have a floor of zero. */
static void open_three(desk *d, tael_account accounts[static 3]) {
  for (size_t i = 0; i < 3; i++)
    accounts[i] = (tael_account){.asset = 156, .flags = i == 0 ? 0 : TAEL_NO_DEBIT_BALANCE};
  open_accounts(d, accounts, 3);
}

static tael_transfer move(uint64_t number, int64_t from, int64_t to, int64_t amount) {
  return (tael_transfer){.id = {.low = number},
                         .debit_account = from,
                         .credit_account = to,
                         .amount = amount,
                         .code = 1,
                         .version = 1};
}

static int64_t balance_of(desk *d, int64_t number) {
  test_reply r = post(d, &d->reader, "/v1/accounts/lookup", TYPE("account-ids"), &number, 8, 200);
  tael_account a;
  assert_int_equal(r.body.len, sizeof a);
  memcpy(&a, r.body.at, sizeof a);
  return a.credits_posted - a.debits_posted;
}

/* --- posting ---------------------------------------------------------------------------------- */

static void a_batch_moves_money_once_however_often_it_is_sent(void **state) {
  desk d = open_desk(state);
  tael_account a[3];
  open_three(&d, a);
  tael_transfer batch[] = {move(1, a[0].account, a[1].account, 500),
                           move(2, a[1].account, a[2].account, 200),
                           move(3, a[2].account, a[1].account, 201)};
  results first = send(&d, batch, 3);
  assert_int_equal(first.accepted, 2);
  assert_int_equal(first.each[0].index, 2);
  assert_int_equal(first.each[0].result, TAEL_RESULT_EXCEEDS_CREDITS);
  results again = send(&d, batch, 3);
  assert_int_equal(again.accepted, 0);
  assert_int_equal(again.each[0].result, TAEL_RESULT_EXISTS);
  assert_int_equal(again.each[1].result, TAEL_RESULT_EXISTS);
  assert_int_equal(again.each[2].result, TAEL_RESULT_EXCEEDS_CREDITS);
  assert_int_equal(balance_of(&d, a[1].account), 300);
  assert_int_equal(balance_of(&d, a[2].account), 200);
  batch[2].amount = 200; /* a refused transfer did not burn its id */
  assert_int_equal(send(&d, batch, 3).accepted, 1);
  assert_int_equal(balance_of(&d, a[2].account), 0);
  close_desk(&d);
}

static void a_chain_in_a_batch_is_all_or_nothing(void **state) {
  desk d = open_desk(state);
  tael_account a[3];
  open_three(&d, a);
  tael_transfer batch[] = {
      move(1, a[0].account, a[1].account, 10), move(2, a[0].account, a[1].account, 10),
      move(3, a[2].account, a[1].account, 1), move(4, a[0].account, a[2].account, 7)};
  batch[1].flags = TAEL_LINKED;
  results r = send(&d, batch, 4);
  assert_int_equal(r.accepted, 2);
  assert_int_equal(r.each[0].index, 1);
  assert_int_equal(r.each[0].result, TAEL_RESULT_LINKED_EVENT_FAILED);
  assert_int_equal(r.each[1].result, TAEL_RESULT_EXCEEDS_CREDITS);
  tael_transfer open_chain = move(9, a[0].account, a[1].account, 1);
  open_chain.flags = TAEL_LINKED;
  assert_int_equal(send(&d, &open_chain, 1).each[0].result, TAEL_RESULT_LINKED_EVENT_CHAIN_OPEN);
  assert_int_equal(balance_of(&d, a[1].account), 10);
  close_desk(&d);
}

static void a_hold_and_its_end_may_stand_in_one_batch(void **state) {
  desk d = open_desk(state);
  tael_account a[3];
  open_three(&d, a);
  tael_transfer batch[] = {
      move(1, a[0].account, a[1].account, 100),
      move(2, a[1].account, a[2].account, 80),
      {.id = {.low = 3}, .pending_id = {.low = 2}, .amount = 30, .flags = TAEL_POST, .version = 1},
      {.id = {.low = 4}, .pending_id = {.low = 2}, .flags = TAEL_VOID, .version = 1},
      move(5, a[2].account, a[1].account, 30)};
  batch[1].flags = TAEL_PENDING;
  batch[1].timeout_s = 60;
  batch[4].flags = TAEL_REVERSAL; /* a posted part of a hold is not what was posted by 2 */
  batch[4].pending_id.low = 1;
  results r = send(&d, batch, 5);
  assert_int_equal(r.accepted, 3);
  assert_int_equal(r.each[0].result, TAEL_RESULT_PENDING_TRANSFER_ALREADY_POSTED);
  assert_int_equal(r.each[1].result, TAEL_RESULT_REVERSAL_ACCOUNTS_MUST_SWAP);
  assert_int_equal(balance_of(&d, a[1].account), 70);
  assert_int_equal(balance_of(&d, a[2].account), 30);
  close_desk(&d);
}

static void the_largest_batch_is_one_command(void **state) {
  desk d = open_desk(state);
  tael_account a[3];
  open_three(&d, a);
  tael_transfer *batch = ARENA_ARRAY(d.m->arena, tael_transfer, TAEL_BATCH_MAX + 1);
  for (size_t i = 0; i <= TAEL_BATCH_MAX; i++)
    batch[i] = move(i + 1, a[0].account, a[1 + i % 2].account, 1);
  send(&d, batch, TAEL_BATCH_MAX);
  assert_int_equal(balance_of(&d, a[1].account), TAEL_BATCH_MAX / 2);
  post(&d, &d.program, "/v1/transfers/batch", TYPE("transfers"), batch,
       (TAEL_BATCH_MAX + 1) * sizeof *batch, 413);
  tael_uid ids[2] = {batch[0].id, batch[TAEL_BATCH_MAX - 1].id};
  test_reply r =
      post(&d, &d.reader, "/v1/transfers/lookup", TYPE("transfer-ids"), ids, sizeof ids, 200);
  assert_int_equal(r.body.len, 2 * sizeof *batch);
  const tael_transfer *seen = (const tael_transfer *)(const void *)str_copy(d.m->arena, r.body).at;
  assert_true(seen[0].command == seen[1].command && seen[0].command != 0);
  close_desk(&d);
}

/* --- walls ------------------------------------------------------------------------------------ */

/* A seller: a tenant of its own, whose key may read. */
typedef struct neighbour {
  principal who;
  test_caller reader;
  id accounts[2];
} neighbour;

static neighbour open_neighbour(desk *d) {
  test_caller boss = test_sign_in(d->m, TEST_OPERATOR_EMAIL, TEST_PASSWORD);
  test_reply made = test_call(d->m, &boss, "POST", "/v1/sellers",
                              "{\"name\":\"Neighbour\",\"email\":\"n@example.com\","
                              "\"password\":\"" TEST_PASSWORD "\",\"person_name\":\"N\"}");
  assert_int_equal(made.status, 201);
  neighbour n = {.who = {.kind = ACTOR_SELLER}};
  assert_true(id_parse(str_from(test_text(&made, "user")), ID_USER, &n.who.actor));
  assert_true(id_parse(str_from(test_text(&made, "seller")), ID_TENANT, &n.who.tenant));
  str key;
  ctx *c = test_market_ctx(d->m);
  assert_int_equal(
      identity_issue_key(c, d->m->e, n.who.actor, STR("n"), SCOPE_BIT(SCOPE_LEDGER_READ), 1, &key),
      OK);
  n.reader.bearer = str_zero(d->m->arena, key);
  for (size_t i = 0; i < 2; i++) {
    open_state s = {.in = {.asset = 156}};
    assert_int_equal(engine_call(c, d->m->e, &books_open_account, &s, n.who), OK);
    n.accounts[i] = s.account_id;
  }
  return n;
}

static void hold_something(desk *d, const neighbour *n, uint64_t number) {
  transfer held = {.id = {.low = number},
                   .debit_account = n->accounts[0],
                   .credit_account = n->accounts[1],
                   .amount = 9,
                   .code = 1,
                   .flags = TRANSFER_PENDING};
  post_state s = {.transfers = &held, .count = 1, .single = ARENA_NEW(d->m->arena, transfer_out)};
  assert_int_equal(engine_call(test_market_ctx(d->m), d->m->e, &books_post, &s, n->who), OK);
}

static void anothers_accounts_and_holds_are_not_there_and_the_rest_goes_on(void **state) {
  desk d = open_desk(state);
  tael_account a[3];
  open_three(&d, a);
  neighbour them = open_neighbour(&d);
  hold_something(&d, &them, 50);
  sha256 before, after;
  test_hash(d.m, &before);
  tael_transfer batch[] = {
      move(1, them.accounts[0], a[1].account, 1),
      move(2, a[0].account, them.accounts[0], 1),
      {.id = {.low = 3}, .pending_id = {.low = 50}, .flags = TAEL_POST, .version = 1},
      {.id = {.low = 4}, .pending_id = {.low = 51}, .flags = TAEL_POST, .version = 1},
      {.id = {.low = 5}, .pending_id = {.low = 50}, .flags = 1 << 9, .version = 1}};
  results r = send(&d, batch, 5);
  assert_int_equal(r.accepted, 0);
  assert_int_equal(r.each[0].result, TAEL_RESULT_DEBIT_ACCOUNT_NOT_FOUND);
  assert_int_equal(r.each[1].result, TAEL_RESULT_CREDIT_ACCOUNT_NOT_FOUND);
  assert_int_equal(r.each[2].result, TAEL_RESULT_PENDING_TRANSFER_NOT_FOUND);
  assert_int_equal(r.each[3].result, TAEL_RESULT_PENDING_TRANSFER_NOT_FOUND);
  assert_int_equal(r.each[4].result, TAEL_RESULT_RESERVED_FLAG);
  test_hash(d.m, &after);
  assert_true(sha256_eq(&before, &after));
  batch[1] = move(2, a[0].account, a[1].account, 1);
  assert_int_equal(send(&d, batch, 2).accepted, 1);
  int64_t asked[] = {them.accounts[0], a[1].account, 12345};
  test_reply seen =
      post(&d, &d.program, "/v1/accounts/lookup", TYPE("account-ids"), asked, sizeof asked, 200);
  assert_int_equal(seen.body.len, 2 * sizeof(tael_account)); /* an operator's key sees all */
  seen =
      post(&d, &them.reader, "/v1/accounts/lookup", TYPE("account-ids"), asked, sizeof asked, 200);
  assert_int_equal(seen.body.len, sizeof(tael_account));
  tael_uid ids[] = {batch[1].id, {.low = 50}};
  seen = post(&d, &them.reader, "/v1/transfers/lookup", TYPE("transfer-ids"), ids, sizeof ids, 200);
  assert_int_equal(seen.body.len, sizeof(tael_transfer));
  seen = post(&d, &them.reader, "/v1/transfers/lookup", TYPE("transfer-ids"), ids, 16, 200);
  assert_int_equal(seen.body.len, 0);
  close_desk(&d);
}

static void a_hostile_body_is_refused_whole_and_changes_nothing(void **state) {
  desk d = open_desk(state);
  tael_account a[3];
  open_three(&d, a);
  tael_transfer batch[2] = {move(1, a[0].account, a[1].account, 1),
                            move(2, a[0].account, a[1].account, 1)};
  const char *path = "/v1/transfers/batch", *type = TYPE("transfers");
  sha256 before, after;
  test_hash(d.m, &before);
  post(&d, &d.program, path, type, batch, sizeof batch - 1, 400);
  post(&d, &d.program, path, type, batch, 0, 400);
  post(&d, &d.program, path, "application/json", batch, sizeof batch, 415);
  post(&d, &d.program, path, NULL, "", 0, 415);
  post(&d, &d.reader, path, type, batch, sizeof batch, 403);
  post(&d, NULL, path, type, batch, sizeof batch, 401);
  batch[1].version = 2;
  test_reply r = post(&d, &d.program, path, type, batch, sizeof batch, 400);
  assert_non_null(memmem(r.body.at, r.body.len, "/1/version", 10));
  post(&d, &d.program, "/v1/accounts/lookup", TYPE("account-ids"), batch, 7, 400);
  post(&d, &d.program, "/v1/accounts/lookup", "text/plain", batch, 8, 415);
  test_hash(d.m, &after);
  assert_true(sha256_eq(&before, &after));
  close_desk(&d);
}

/* --- accounts --------------------------------------------------------------------------------- */

static void accounts_are_opened_all_or_none(void **state) {
  desk d = open_desk(state);
  id owner = id_next(test_market_ctx(d.m));
  tael_account wanted[3] = {{.asset = 156, .owner = owner, .flags = TAEL_NO_DEBIT_BALANCE},
                            {.asset = 156, .allowance = 700, .flags = TAEL_NO_CREDIT_BALANCE},
                            {.asset = 156, .flags = TAEL_STRIPED}};
  tael_account got[3];
  memcpy(got, wanted, sizeof got);
  open_accounts(&d, got, 3);
  for (size_t i = 0; i < 3; i++) {
    assert_true(got[i].account > 0 && got[i].tenant != 0 && got[i].owner != 0);
    assert_int_equal(got[i].flags, wanted[i].flags);
    assert_int_equal(got[i].allowance, wanted[i].allowance);
  }
  tael_account again = wanted[0];
  open_accounts(&d, &again, 1); /* an owner has one account an asset */
  assert_int_equal(again.account, got[0].account);
  sha256 before, after;
  test_hash(d.m, &before);
  wanted[0].owner = id_next(test_market_ctx(d.m));
  wanted[2].asset = 4000000;
  for (size_t i = 0; i < 3; i++)
    wanted[i].version = 1;
  test_reply r =
      post(&d, &d.program, "/v1/accounts/batch", TYPE("accounts"), wanted, sizeof wanted, 422);
  assert_non_null(memmem(r.body.at, r.body.len, "/2/asset", 8));
  test_hash(d.m, &after);
  assert_true(sha256_eq(&before, &after));
  close_desk(&d);
}

int test_batch(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_batch_moves_money_once_however_often_it_is_sent),
      cmocka_unit_test(a_chain_in_a_batch_is_all_or_nothing),
      cmocka_unit_test(a_hold_and_its_end_may_stand_in_one_batch),
      cmocka_unit_test(the_largest_batch_is_one_command),
      cmocka_unit_test(anothers_accounts_and_holds_are_not_there_and_the_rest_goes_on),
      cmocka_unit_test(a_hostile_body_is_refused_whole_and_changes_nothing),
      cmocka_unit_test(accounts_are_opened_all_or_none),
  };
  return test_market_run("batch", tests, COUNT_OF(tests));
}
