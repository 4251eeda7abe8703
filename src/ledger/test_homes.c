/* test_homes.c - the store under the ledger, on both homes: random histories reloaded again and
 * again agree with the model, retries across restarts change nothing, and what readers ask is
 * right. */
#include "db/test_store.h"
#include "ledger/test_homes.h"

#include <string.h>

/* --- one home --------------------------------------------------------------------------------- */
void home_ok(home *h, status s, int line) {
  if (s == OK) return;
  fail_msg("line %d: %s: %.*s", line, status_slug(s), STR_ARGS(h->c.fault.detail));
}

home *home_open(const char *url) {
  static home h;
  static instant clock = 1700000000 * MICROS_PER_SECOND;
  h = (home){.keep = arena_open(64u << 20), .url = url};
  h.c = (ctx){.arena = arena_open(64u << 20), .now = clock, .real_now = clock};
  h.c.random = rng_open(h.keep, test_seed());
  h.c.ids = id_source_open(h.keep, 1, 0, home_clock, &clock);
  home_connect(&h);
  MUST(&h, db_migrate(&h.c, h.d, &ledger_schema, 1));
  return &h;
}

instant home_clock(void *arg) { return *(const instant *)arg; }

void home_connect(home *h) {
  MUST(h, db_open(&h->c, str_from(h->url), DB_WRITE, NULL, &h->d));
  h->b = book_open(16);
  h->lane_loaded = false;
}

void home_restart(home *h) {
  book_close(h->b);
  db_close(h->d);
  home_connect(h);
}

void home_close(home *h) {
  book_close(h->b);
  db_close(h->d);
  arena_close(h->c.arena);
  arena_close(h->keep);
}

void home_begin(home *h, uint16_t lane) {
  arena_reset(h->c.arena);
  fault_clear(&h->c);
  MUST(h, db_begin(&h->c, h->d));
  if (!h->lane_loaded || h->lane.lane != lane) {
    MUST(h, ledger_load_lane(&h->c, h->d, lane, &h->lane));
    h->lane_loaded = true;
    book_drop(h->b);
  }
  MUST(h, ledger_begin(&h->c, h->d, h->b, lane));
}

void home_commit(home *h) {
  MUST(h, ledger_flush(&h->c, h->d, h->b, &h->lane));
  MUST(h, db_commit(&h->c, h->d));
  book_clean(h->b);
}

/* As the engine does: transfers and holds first, then all accounts they name. */
void home_load(home *h, const transfer *in, size_t count) {
  id128 *ids = ARENA_ARRAY(h->c.arena, id128, 2 * count);
  id *accounts = ARENA_ARRAY(h->c.arena, id, 4 * count);
  size_t found = 0;
  for (size_t i = 0; i < count; i++) {
    ids[2 * i] = in[i].id;
    ids[2 * i + 1] = in[i].pending_id;
  }
  MUST(h, ledger_load_transfers(&h->c, h->d, h->b, ids, 2 * count));
  for (size_t i = 0; i < count; i++) {
    const transfer *named = book_transfer(h->b, in[i].pending_id);
    accounts[found++] = in[i].debit_account;
    accounts[found++] = in[i].credit_account;
    if (named == NULL) continue;
    accounts[found++] = named->debit_account;
    accounts[found++] = named->credit_account;
  }
  MUST(h, ledger_load_accounts(&h->c, h->d, h->b, h->lane.lane, accounts, found, false));
}

size_t home_apply(home *h, const book_env *env, const transfer *in, size_t count,
                  ledger_result *results) {
  book_env stamped = *env;
  stamped.lane = h->lane.lane;
  if (stamped.engine_time <= h->lane.last_time) stamped.engine_time = h->lane.last_time + 1;
  home_load(h, in, count);
  return book_apply(h->b, &stamped, in, count, results);
}

void home_transfer(home *h, uint16_t lane, const book_env *env, const transfer *in, size_t count) {
  ledger_result results[64];
  assert_true(count <= COUNT_OF(results));
  home_begin(h, lane);
  size_t accepted = home_apply(h, env, in, count, results);
  for (size_t i = 0; i < count; i++) {
    if (results[i] != LEDGER_OK) fail_msg("transfer %zu: %s", i, ledger_result_slug(results[i]));
  }
  assert_int_equal(accepted, count);
  home_commit(h);
}

void home_open_account(home *h, account a) {
  home_begin(h, 0);
  a.entity = a.entity == 0 ? 1 : a.entity;
  a.asset = a.asset == 0 ? 156 : a.asset;
  a.code = a.code == 0 ? CODE_BANK_OWN : a.code;
  book_new_account(h->b, &a);
  home_commit(h);
}

void home_assert_proved(home *h) {
  ledger_proof proof;
  MUST(h, ledger_verify(&h->c, h->d, &proof));
  if (proof.violation.len > 0) fail_msg("verify: %.*s", STR_ARGS(proof.violation));
}

void on_each_home(void (*scenario)(home *h)) {
  char urls[STORE_HOMES][STORE_URL_BYTES];
  int homes = store_urls(urls);
  for (int i = 0; i < homes; i++) {
    home *h = home_open(urls[i]);
    scenario(h);
    home_close(h);
  }
}

/* --- random histories ------------------------------------------------------------------------- */
static void open_world(home *h, const model *m) {
  home_begin(h, 0);
  for (int i = 0; i < MODEL_ACCOUNTS; i++) {
    account a = m->accounts[i];
    a.flags = (uint16_t)(a.flags & ~ACCOUNT_FROZEN);
    book_new_account(h->b, &a);
    if (a.flags != m->accounts[i].flags) {
      book_change_account(h->b, a.account_id, m->accounts[i].flags, a.allowance);
    }
  }
  home_commit(h);
}

static size_t one_group(home *h, model *m, rng *r, instant *clock) {
  size_t done = 0;
  home_begin(h, 0);
  for (uint64_t batches = 1 + rng_below(r, 4); batches > 0; batches--) {
    transfer in[MODEL_BATCH];
    ledger_result is[MODEL_BATCH], should[MODEL_BATCH];
    if (m->count + MODEL_BATCH >= MODEL_TRANSFERS) break;
    book_env env = model_env(r, clock);
    size_t count = model_generate(m, r, in);
    const account *changed = model_change(m, r);
    if (changed != NULL) {
      MUST(h, ledger_load_accounts(&h->c, h->d, h->b, 0, &changed->account_id, 1, false));
      book_change_account(h->b, changed->account_id, changed->flags, changed->allowance);
    }
    home_apply(h, &env, in, count, is);
    model_apply(m, &env, in, count, should);
    assert_same_results(in, count, is, should);
    done += count;
  }
  home_commit(h);
  return done;
}

static void assert_stored_world(home *h, const model *m) {
  arena_reset(h->c.arena);
  for (int i = 0; i < MODEL_ACCOUNTS; i++) {
    account stored;
    MUST(h, ledger_account_get(&h->c, h->d, m->accounts[i].account_id, &stored));
    assert_same_account(&stored, &m->accounts[i]);
  }
  for (size_t i = 0; i < m->count; i++) {
    const model_transfer *t = &m->transfers[i];
    transfer stored;
    hold held = {0};
    MUST(h, ledger_transfer_get(&h->c, h->d, t->t.id, &stored, t->is_hold ? &held : NULL));
    assert_int_equal(stored.amount, t->t.amount);
    assert_true(stored.sequence > 0);
    if (t->is_hold) assert_int_equal(held.state, t->state);
  }
}

static sha256 random_history(home *h) {
  rng *r = rng_open(h->keep, test_seed());
  instant clock = h->c.now;
  model *m = ARENA_NEW(h->keep, model);
  size_t cases = (size_t)store_cases(300);
  for (size_t done = 0, world = 1; done < cases; world++) {
    model_open(m, (int64_t)world);
    open_world(h, m);
    while (done < cases && m->count + MODEL_BATCH < MODEL_TRANSFERS) {
      done += one_group(h, m, r, &clock);
      if (rng_below(r, 4) == 0) book_drop(h->b);
      if (rng_below(r, 16) == 0) home_restart(h);
    }
    assert_stored_world(h, m);
  }
  home_assert_proved(h);
  sha256 hash;
  MUST(h, db_state_hash(&h->c, h->d, &hash));
  return hash;
}

/* INV-3, 6, 7, 13, 19 through the store, and S2: both homes end with the same state hash. */
static void random_histories_survive_reloading_and_end_alike_on_both_homes(void **state) {
  UNUSED(state);
  char urls[STORE_HOMES][STORE_URL_BYTES];
  int homes = store_urls(urls);
  sha256 hashes[STORE_HOMES];
  for (int i = 0; i < homes; i++) {
    home *h = home_open(urls[i]);
    hashes[i] = random_history(h);
    home_close(h);
    assert_true(sha256_eq(&hashes[0], &hashes[i]));
  }
}

/* --- refusals and failures leave nothing ------------------------------------------------------ */
static const book_env day = {.engine_time = 1000,
                             .now = 1000,
                             .business_date = 20000,
                             .command = 5,
                             .closed_through = 19999};

static void two_accounts(home *h) {
  home_open_account(h, (account){.account_id = 1, .owner = 1});
  home_open_account(
      h, (account){
             .account_id = 2, .owner = 2, .code = CODE_WALLET, .flags = ACCOUNT_NO_DEBIT_BALANCE});
}

static void a_refused_or_rolled_back_group_changes_nothing(home *h) {
  two_accounts(h);
  transfer good = {.id = {1, 0}, .debit_account = 1, .credit_account = 2, .amount = 10, .code = 1};
  transfer bad = {.id = {2, 0}, .debit_account = 2, .credit_account = 1, .amount = 11, .code = 1};
  home_transfer(h, 0, &day, &good, 1);
  sha256 before, after;
  MUST(h, db_state_hash(&h->c, h->d, &before));
  ledger_result r;
  home_begin(h, 0);
  assert_int_equal(home_apply(h, &day, &bad, 1, &r), 0);
  home_commit(h);
  MUST(h, db_state_hash(&h->c, h->d, &after));
  assert_true(sha256_eq(&before, &after));
  bad.amount = 10;
  home_begin(h, 0);
  ledger_lane lane = h->lane;
  assert_int_equal(home_apply(h, &day, &bad, 1, &r), 1);
  MUST(h, ledger_flush(&h->c, h->d, h->b, &h->lane));
  db_rollback(h->d);
  book_drop(h->b);
  h->lane = lane;
  MUST(h, db_state_hash(&h->c, h->d, &after));
  assert_true(sha256_eq(&before, &after));
  home_transfer(h, 0, &day, &bad, 1);
  home_assert_proved(h);
}

static void a_retry_after_a_restart_is_the_same_transfer(home *h) {
  two_accounts(h);
  transfer t = {.id = {1, 0}, .debit_account = 1, .credit_account = 2, .amount = 10, .code = 1};
  home_transfer(h, 0, &day, &t, 1);
  home_restart(h);
  ledger_result r;
  home_begin(h, 0);
  assert_int_equal(home_apply(h, &day, &t, 1, &r), 0);
  assert_int_equal(r, LEDGER_EXISTS);
  assert_int_equal(book_transfer(h->b, t.id)->amount, 10);
  t.amount = 11;
  home_apply(h, &day, &t, 1, &r);
  assert_int_equal(r, LEDGER_EXISTS_WITH_DIFFERENT_AMOUNT);
  home_commit(h);
}

/* A flush may be sent and not waited for. */
static status flushed(home *h) {
  status s = ledger_flush(&h->c, h->d, h->b, &h->lane);
  return s == OK ? db_wait(&h->c, h->d) : s;
}

static void a_lane_another_process_moved_is_refused(home *h) {
  two_accounts(h);
  transfer t = {.id = {1, 0}, .debit_account = 1, .credit_account = 2, .amount = 10, .code = 1};
  home_transfer(h, 0, &day, &t, 1);
  t.id.low = 2;
  ledger_result r;
  home_begin(h, 0);
  h->lane.sequence = 0;
  h->lane.last_time = 0;
  home_apply(h, &day, &t, 1, &r);
  assert_int_equal(flushed(h), E_CONFLICT);
  db_rollback(h->d);
  h->lane_loaded = false;
  home_assert_proved(h);
}

static void due_holds_are_found_oldest_first_and_expire(home *h) {
  two_accounts(h);
  transfer in[4];
  for (uint64_t i = 0; i < 4; i++) {
    in[i] = (transfer){.id = {i + 1, 0},
                       .debit_account = 1,
                       .credit_account = 2,
                       .amount = 10,
                       .code = 1,
                       .flags = TRANSFER_PENDING,
                       .timeout_s = 4 - (uint32_t)i};
  }
  in[3].timeout_s = 0;
  home_transfer(h, 0, &day, in, 4);
  id128 ids[8];
  size_t count;
  home_begin(h, 0);
  MUST(h, ledger_load_due_holds(&h->c, h->d, h->b, 1000 + 3 * MICROS_PER_SECOND, ids, 8, &count));
  assert_int_equal(count, 2);
  assert_int_equal(ids[0].low, 3);
  assert_int_equal(ids[1].low, 2);
  home_commit(h);
  book_env later = day;
  later.now = later.engine_time = 1000 + 3 * MICROS_PER_SECOND;
  transfer ends[2] = {{.id = {11, 0}, .flags = TRANSFER_EXPIRY, .pending_id = ids[0]},
                      {.id = {12, 0}, .flags = TRANSFER_EXPIRY, .pending_id = ids[1]}};
  home_transfer(h, 0, &later, ends, 2);
  account a;
  MUST(h, ledger_account_get(&h->c, h->d, 2, &a));
  assert_int_equal(a.credits_pending, 20);
  home_assert_proved(h);
}

static void an_owner_has_one_account_for_a_code_and_asset(home *h) {
  id found = 7;
  home_begin(h, 0);
  MUST(h, ledger_find_account(&h->c, h->d, h->b, 2, CODE_WALLET, 156, &found));
  assert_int_equal(found, 0);
  book_mark mark = book_here(h->b);
  account a = {.account_id = 5, .entity = 1, .owner = 2, .asset = 156, .code = CODE_WALLET};
  book_new_account(h->b, &a);
  MUST(h, ledger_find_account(&h->c, h->d, h->b, 2, CODE_WALLET, 156, &found));
  assert_int_equal(found, 5);
  book_revert(h->b, mark);
  MUST(h, ledger_find_account(&h->c, h->d, h->b, 2, CODE_WALLET, 156, &found));
  assert_int_equal(found, 0);
  book_new_account(h->b, &a);
  home_commit(h);
  home_restart(h);
  home_begin(h, 0);
  MUST(h, ledger_find_account(&h->c, h->d, h->b, 2, CODE_WALLET, 156, &found));
  assert_int_equal(found, 5);
  a.account_id = 6;
  book_new_account(h->b, &a);
  assert_int_equal(flushed(h), E_CONFLICT);
  db_rollback(h->d);
  book_drop(h->b);
  account *list;
  size_t count;
  MUST(h, ledger_accounts_of(&h->c, h->d, 2, &list, &count));
  assert_int_equal(count, 1);
  assert_int_equal(list[0].account_id, 5);
}

#define ON_EACH_HOME(scenario)                        \
  static void scenario##_on_each_home(void **state) { \
    UNUSED(state);                                    \
    on_each_home(scenario);                           \
  }
ON_EACH_HOME(a_refused_or_rolled_back_group_changes_nothing)
ON_EACH_HOME(a_retry_after_a_restart_is_the_same_transfer)
ON_EACH_HOME(a_lane_another_process_moved_is_refused)
ON_EACH_HOME(due_holds_are_found_oldest_first_and_expire)
ON_EACH_HOME(an_owner_has_one_account_for_a_code_and_asset)

int run_store_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_histories_survive_reloading_and_end_alike_on_both_homes),
      cmocka_unit_test(a_refused_or_rolled_back_group_changes_nothing_on_each_home),
      cmocka_unit_test(a_retry_after_a_restart_is_the_same_transfer_on_each_home),
      cmocka_unit_test(a_lane_another_process_moved_is_refused_on_each_home),
      cmocka_unit_test(due_holds_are_found_oldest_first_and_expire_on_each_home),
      cmocka_unit_test(an_owner_has_one_account_for_a_code_and_asset_on_each_home),
  };
  return cmocka_run_group_tests_name("ledger store", tests, NULL, NULL);
}
