/* test_generate.c - transfers for the property tests: most could be real, many are refused, some
 * are absurd. */
#include "ledger/test_model.h"

static bool chance(rng *r, uint64_t percent) { return rng_below(r, 100) < percent; }

static id some_account(const model *m, rng *r) {
  if (chance(r, 2)) return chance(r, 50) ? 0 : m->world * 100 + 77;
  /* Mostly the accounts that can trade with one another. */
  uint64_t among = chance(r, 85) ? 5 : MODEL_ACCOUNTS;
  return m->world * 100 + 1 + (int64_t)rng_below(r, among);
}

static int64_t some_amount(rng *r) {
  if (chance(r, 3)) return chance(r, 50) ? test_int64(r) : INT64_MAX - (int64_t)rng_below(r, 2000);
  if (chance(r, 3)) return 0;
  return 1 + (int64_t)rng_below(r, chance(r, 70) ? 40 : 400);
}

static const model_transfer *some_transfer(const model *m, rng *r, bool wants_hold) {
  if (m->count == 0) return NULL;
  for (int tries = 0; tries < 8; tries++) {
    const model_transfer *t = &m->transfers[rng_below(r, m->count)];
    if (t->is_hold == wants_hold) return t;
  }
  return &m->transfers[rng_below(r, m->count)];
}

static transfer end_of_hold(const model *m, rng *r) {
  static const uint16_t kinds[] = {TRANSFER_POST, TRANSFER_POST, TRANSFER_VOID, TRANSFER_EXPIRY};
  transfer t = {.flags = kinds[rng_below(r, COUNT_OF(kinds))]};
  const model_transfer *h = some_transfer(m, r, true);
  if (h == NULL) return t;
  t.pending_id = h->t.id;
  if (chance(r, 30)) t.debit_account = chance(r, 80) ? h->t.debit_account : some_account(m, r);
  if (chance(r, 30)) t.credit_account = chance(r, 80) ? h->t.credit_account : some_account(m, r);
  if (chance(r, 20)) t.asset = chance(r, 80) ? h->t.asset : 2000;
  if (chance(r, 20)) t.code = chance(r, 80) ? h->t.code : 9;
  if (chance(r, 40))
    t.amount = (int64_t)rng_below(r, (uint64_t)h->t.amount) + (chance(r, 10) ? 2 : 1);
  return t;
}

static transfer reversal(const model *m, rng *r) {
  transfer t = {.flags = TRANSFER_REVERSAL, .code = WHY_REVERSAL};
  const model_transfer *original = some_transfer(m, r, false);
  if (original == NULL) return t;
  t.pending_id = original->t.id;
  t.debit_account = original->t.credit_account;
  t.credit_account = original->t.debit_account;
  t.amount = original->t.amount;
  if (chance(r, 5)) t.amount++;
  if (chance(r, 5)) t.debit_account = some_account(m, r);
  return t;
}

static transfer movement(const model *m, rng *r) {
  transfer t = {.debit_account = some_account(m, r),
                .credit_account = some_account(m, r),
                .amount = some_amount(r),
                .code = 1,
                .ref = (int64_t)rng_below(r, 5)};
  if (chance(r, 30)) t.flags |= TRANSFER_PENDING;
  if (chance(r, 8)) t.flags |= TRANSFER_BALANCING_DEBIT;
  if (chance(r, 8)) t.flags |= TRANSFER_BALANCING_CREDIT;
  if (t.flags & TRANSFER_PENDING && chance(r, 4)) t.flags |= TRANSFER_CLOSING_DEBIT;
  if (t.flags & TRANSFER_PENDING && chance(r, 4)) t.flags |= TRANSFER_CLOSING_CREDIT;
  if (t.flags & TRANSFER_PENDING && chance(r, 60)) t.timeout_s = 1 + (uint32_t)rng_below(r, 20);
  if (chance(r, 20)) t.asset = chance(r, 80) ? 156 : 2000;
  return t;
}

static void spoil(const model *m, rng *r, transfer *t) {
  switch (rng_below(r, 10)) {
  case 0: t->flags = (uint16_t)rng_next(r); break;
  case 1: t->flags ^= (uint16_t)(1u << rng_below(r, 10)); break;
  case 2: t->amount = test_int64(r); break;
  case 3: t->debit_account = some_account(m, r); break;
  case 4: t->pending_id.low ^= 1; break;
  case 5: t->timeout_s ^= (uint32_t)rng_next(r) >> rng_below(r, 32); break;
  case 6: t->code ^= 1; break;
  case 7: t->ref ^= 1; break;
  case 8: t->credit_account = some_account(m, r); break;
  case 9: t->asset = chance(r, 50) ? 2000 : 156; break;
  }
}

static id128 some_id(const model *m, rng *r) {
  if (chance(r, 1)) return (id128){0};
  return (id128){.low = 1 + rng_below(r, chance(r, 90) ? UINT64_C(1) << 60 : 40),
                 .high = (uint64_t)m->world};
}

static transfer one(const model *m, rng *r) {
  if (m->count > 0 && chance(r, 8)) { /* the same again */
    transfer again = m->transfers[rng_below(r, m->count)].t;
    if (chance(r, 40)) spoil(m, r, &again);
    return again;
  }
  uint64_t kind = rng_below(r, 100);
  transfer t = kind < 25 ? end_of_hold(m, r) : kind < 32 ? reversal(m, r) : movement(m, r);
  t.id = some_id(m, r);
  if (chance(r, 1)) t.pending_id = t.id;
  if (chance(r, 5)) spoil(m, r, &t);
  return t;
}

size_t model_generate(const model *m, rng *r, transfer out[static MODEL_BATCH]) {
  size_t count = 1 + rng_below(r, MODEL_BATCH);
  bool chains = chance(r, 40);
  for (size_t i = 0; i < count; i++) {
    out[i] = one(m, r);
    out[i].flags = (uint16_t)(out[i].flags & ~TRANSFER_LINKED);
    if (chains && (i + 1 < count || chance(r, 5)) && chance(r, 50)) out[i].flags |= TRANSFER_LINKED;
  }
  /* A whole chain again, as a client retries it. */
  if (count >= 2 && chance(r, 3)) {
    for (size_t i = 0; i + 1 < count && m->count > count; i++)
      out[i] = m->transfers[m->count - count + i].t;
  }
  return count;
}

const account *model_change(model *m, rng *r) {
  if (!chance(r, 10)) return NULL;
  account *a = &m->accounts[rng_below(r, MODEL_ACCOUNTS)];
  if (chance(r, 50)) a->flags ^= ACCOUNT_FROZEN;
  if (a->allowance > 0) a->allowance += (int64_t)rng_below(r, 3);
  return a;
}

book_env model_env(rng *r, instant *clock) {
  /* Whole seconds, so that a hold is often asked for at the very moment it expires. */
  *clock += (int64_t)rng_below(r, 4) * MICROS_PER_SECOND;
  return (book_env){.engine_time = *clock,
                    .now = *clock,
                    .business_date = 20000,
                    .closed_through = chance(r, 4) ? 20000 : 19999,
                    .command = 1 + (int64_t)rng_below(r, 1000)};
}
