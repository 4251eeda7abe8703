/* test_properties.c - the pure core against the model, on random worlds: every result, balance,
 * hold and undo; and the invariants that hold whatever is asked (numbers as in the docs).
 * TAEL_CASES transfers, TAEL_SEED. */
#include "ledger/book.h"
#include "ledger/test_ledger.h"
#include "ledger/test_model.h"

static void put_world(book *b, const model *m) {
  for (int i = 0; i < MODEL_ACCOUNTS; i++)
    book_put_account(b, &m->accounts[i]);
}

void assert_same_account(const account *is, const account *should) {
  assert_int_equal(is->debits_posted, should->debits_posted);
  assert_int_equal(is->credits_posted, should->credits_posted);
  assert_int_equal(is->debits_pending, should->debits_pending);
  assert_int_equal(is->credits_pending, should->credits_pending);
  assert_int_equal(is->flags, should->flags);
  assert_int_equal(is->allowance, should->allowance);
}

static void assert_same_world(const book *b, const model *m) {
  for (int i = 0; i < MODEL_ACCOUNTS; i++) {
    assert_same_account(book_account(b, m->accounts[i].account_id), &m->accounts[i]);
  }
  for (size_t i = 0; i < m->count; i++) {
    const model_transfer *t = &m->transfers[i];
    const transfer *had = book_transfer(b, t->t.id);
    assert_non_null(had);
    assert_int_equal(had->amount, t->t.amount);
    const hold *h = book_hold(b, t->t.id);
    assert_int_equal(h != NULL, t->is_hold);
    if (h == NULL) continue;
    assert_int_equal(h->state, t->state);
    assert_int_equal(h->posted, t->posted);
    assert_int_equal(h->expires_at, t->expires_at);
  }
}

void assert_same_results(const transfer *in, size_t count, const ledger_result *is,
                         const ledger_result *should) {
  for (size_t i = 0; i < count; i++) {
    if (is[i] == should[i]) continue;
    fail_msg("transfer %zu of %zu (flags %x): %s, should be %s", i, count, (unsigned)in[i].flags,
             ledger_result_slug(is[i]), ledger_result_slug(should[i]));
  }
}

/* INV-1, 2: debits equal credits per entity and asset; INV-5, 24: floors hold; INV-6: posted <=
 * held. */
static void assert_invariants(const book *b, const model *m) {
  int128 posted = 0, pending = 0;
  for (int i = 0; i < MODEL_ACCOUNTS; i++) {
    const account *a = book_account(b, m->accounts[i].account_id);
    if (a->asset == 156 && a->entity == 1) {
      posted += (int128)a->credits_posted - a->debits_posted;
      pending += (int128)a->credits_pending - a->debits_pending;
    }
    assert_true(a->debits_posted >= 0 && a->credits_posted >= 0);
    assert_true(a->debits_pending >= 0 && a->credits_pending >= 0);
    if (a->flags & (ACCOUNT_NO_DEBIT_BALANCE | ACCOUNT_NO_CREDIT_BALANCE)) {
      assert_true(account_available(a) >= 0);
    }
  }
  assert_true(posted == 0 && pending == 0);
  for (size_t i = 0; i < m->count; i++) {
    const hold *h = book_hold(b, m->transfers[i].t.id);
    if (h != NULL) assert_true(h->posted >= 0 && h->posted <= h->record.amount);
  }
}

/* A generator that never meets a rule tests nothing of it; overflows are rare. */
static void assert_all_met(const size_t seen[static LEDGER_RESULT_COUNT], size_t cases) {
  for (int i = 0; i < LEDGER_RESULT_COUNT; i++) {
    bool rare = i >= LEDGER_OVERFLOWS_DEBITS_PENDING && i <= LEDGER_OVERFLOWS_TIMEOUT;
    if (seen[i] == 0 && cases >= 200000 && !rare) {
      fail_msg("%s was never met", ledger_result_slug((ledger_result)i));
    }
  }
}

static void random_worlds_answer_as_the_model_does(void **state) {
  UNUSED(state);
  arena *a = arena_open(1 << 20);
  rng *r = rng_open(a, test_seed());
  size_t seen[LEDGER_RESULT_COUNT] = {0};
  model *m = ARENA_NEW(a, model), *before = ARENA_NEW(a, model);
  size_t cases = test_cases(200000);
  book *b = book_open(64);
  instant clock = 1000000;
  for (size_t done = 0, world = 1; done < cases; world++) {
    book_drop(b);
    model_open(m, (int64_t)world);
    put_world(b, m);
    while (m->count + MODEL_BATCH < MODEL_TRANSFERS && rng_below(r, 400) != 0) {
      transfer in[MODEL_BATCH];
      ledger_result is[MODEL_BATCH], should[MODEL_BATCH];
      book_env env = model_env(r, &clock);
      size_t count = model_generate(m, r, in);
      book_mark mark = book_here(b);
      *before = *m;
      const account *changed = model_change(m, r);
      if (changed != NULL) {
        book_change_account(b, changed->account_id, changed->flags, changed->allowance);
      }
      size_t accepted = book_apply(b, &env, in, count, is);
      assert_int_equal(accepted, model_apply(m, &env, in, count, should));
      assert_same_results(in, count, is, should);
      for (size_t i = 0; i < count; i++)
        seen[is[i]]++;
      if (rng_below(r, 10) == 0) { /* the command around it is refused: nothing happened */
        book_revert(b, mark);
        *m = *before;
      }
      for (int i = 0; i < MODEL_ACCOUNTS; i++) {
        assert_same_account(book_account(b, m->accounts[i].account_id), &m->accounts[i]);
      }
      done += count;
    }
    assert_same_world(b, m);
    assert_invariants(b, m);
  }
  assert_all_met(seen, cases);
  book_close(b);
  arena_close(a);
}

/* INV-8: commands that share no account and no hold give the same balances in either order. */
static void independent_transfers_commute(void **state) {
  UNUSED(state);
  arena *a = arena_open(1 << 20);
  rng *r = rng_open(a, test_seed());
  model m;
  model_open(&m, 1);
  book *b = book_open(64), *other = book_open(64);
  put_world(b, &m);
  put_world(other, &m);
  for (size_t n = 0; n < test_cases(20000) / 20; n++) {
    book_env env = {.engine_time = 10, .business_date = 1};
    bool pending = rng_below(r, 2);
    transfer x = {.id = {n + 1, 1},
                  .debit_account = 101,
                  .credit_account = 102,
                  .code = 1,
                  .amount = 1 + (int64_t)rng_below(r, 90),
                  .flags = pending ? TRANSFER_PENDING : 0};
    transfer y = {.id = {n + 1, 2},
                  .debit_account = 106,
                  .credit_account = 107,
                  .code = 1,
                  .amount = 1 + (int64_t)rng_below(r, 90)};
    if (rng_below(r, 2)) {
      x.debit_account = 102;
      x.credit_account = 101;
    }
    ledger_result xy[2], yx[2];
    book_apply(b, &env, (transfer[]){x, y}, 2, xy);
    book_apply(other, &env, (transfer[]){y, x}, 2, yx);
    assert_int_equal(xy[0], yx[1]);
    assert_int_equal(xy[1], yx[0]);
    for (id i = 101; i <= 109; i++)
      assert_same_account(book_account(b, i), book_account(other, i));
  }
  book_close(b);
  book_close(other);
  arena_close(a);
}

/* INV-13: a posted transfer and its reversal leave both balances where they were. */
static void a_reversal_restores_every_balance(void **state) {
  UNUSED(state);
  arena *a = arena_open(1 << 20);
  rng *r = rng_open(a, test_seed());
  model m;
  model_open(&m, 1);
  book *b = book_open(64);
  put_world(b, &m);
  for (size_t n = 0; n < test_cases(20000) / 20; n++) {
    book_env env = {.engine_time = 10, .business_date = 1};
    int64_t before[MODEL_ACCOUNTS];
    for (int i = 0; i < MODEL_ACCOUNTS; i++)
      before[i] = account_balance(book_account(b, 101 + i));
    int64_t amount = 1 + (int64_t)rng_below(r, 1000000);
    id to = rng_below(r, 2) ? 102 : 105;
    transfer pair[2] = {
        {.id = {n + 1, 1}, .debit_account = 101, .credit_account = to, .amount = amount, .code = 1},
        {.id = {n + 1, 2},
         .debit_account = to,
         .credit_account = 101,
         .amount = amount,
         .code = WHY_REVERSAL,
         .pending_id = {n + 1, 1},
         .flags = TRANSFER_REVERSAL}};
    ledger_result results[2];
    assert_int_equal(book_apply(b, &env, pair, 2, results), 2);
    for (int i = 0; i < MODEL_ACCOUNTS; i++) {
      assert_int_equal(before[i], account_balance(book_account(b, 101 + i)));
    }
  }
  book_close(b);
  arena_close(a);
}

int run_property_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_worlds_answer_as_the_model_does),
      cmocka_unit_test(independent_transfers_commute),
      cmocka_unit_test(a_reversal_restores_every_balance),
  };
  return cmocka_run_group_tests_name("ledger properties", tests, NULL, NULL);
}
