/* test_model.c - the interpreter: every rule by itself, no shortcuts. */
#include "ledger/test_model.h"

typedef struct view { /* one transfer and all that the rules ask about */
  const transfer *in;
  transfer t; /* with what a hold supplies, and the balanced amount */
  const book_env *env;
  const model_transfer *had, *named;
  const account *debit, *credit;
  bool ends, reverses, pending;
} view;

void model_open(model *m, int64_t world) {
  static const struct {
    uint32_t asset;
    id entity;
    uint16_t flags, code;
    int64_t allowance;
  } rows[] = {
      {156, 1, 0, CODE_BANK_OWN, 0},
      {156, 1, ACCOUNT_NO_DEBIT_BALANCE, CODE_WALLET, 0},
      {156, 1, ACCOUNT_NO_DEBIT_BALANCE, CODE_CAMPAIGN_BUDGET, 50},
      {156, 1, ACCOUNT_NO_CREDIT_BALANCE, CODE_SELLER_RECEIVABLE, 0},
      {156, 1, ACCOUNT_STRIPED, CODE_COMMISSION, 0},
      {2000, 1, 0, CODE_STOCK_SOURCE, 0},
      {2000, 1, ACCOUNT_NO_DEBIT_BALANCE, CODE_SHELF, 0},
      {156, 2, 0, CODE_BANK_OWN, 0},
      {156, 1, ACCOUNT_FROZEN, CODE_SUSPENSE, 0},
  };
  *m = (model){.world = world};
  for (int i = 0; i < MODEL_ACCOUNTS; i++) {
    m->accounts[i] = (account){.account_id = world * 100 + i + 1,
                               .tenant = 1,
                               .entity = rows[i].entity,
                               .owner = world * 100 + i + 1,
                               .asset = rows[i].asset,
                               .code = rows[i].code,
                               .flags = rows[i].flags,
                               .allowance = rows[i].allowance};
  }
}

static account *account_of(const model *m, id wanted) {
  for (int i = 0; i < MODEL_ACCOUNTS; i++) {
    if (m->accounts[i].account_id == wanted) return (account *)(uintptr_t)&m->accounts[i];
  }
  return NULL;
}

const model_transfer *model_find(const model *m, id128 wanted) {
  for (size_t i = 0; i < m->count; i++) {
    const transfer *t = &m->transfers[i].t;
    if (t->id.low == wanted.low && t->id.high == wanted.high) return &m->transfers[i];
  }
  return NULL;
}

/* --- the view --------------------------------------------------------------------------------- */
static int128 debit_room(const account *a) {
  int128 room = (int128)a->credits_posted - a->debits_posted - a->debits_pending;
  if (a->flags & ACCOUNT_NO_DEBIT_BALANCE) room += a->allowance;
  return room;
}

static int128 credit_room(const account *a) {
  int128 room = (int128)a->debits_posted - a->credits_posted - a->credits_pending;
  if (a->flags & ACCOUNT_NO_CREDIT_BALANCE) room += a->allowance;
  return room;
}

static void fill_from_hold(view *v) {
  const transfer *h = &v->named->t;
  if (v->t.debit_account == 0) v->t.debit_account = h->debit_account;
  if (v->t.credit_account == 0) v->t.credit_account = h->credit_account;
  if (v->t.asset == 0) v->t.asset = h->asset;
  if (v->t.code == 0) v->t.code = h->code;
  if (v->t.ref == 0) v->t.ref = h->ref;
  if (v->t.amount == 0) v->t.amount = h->amount;
}

static void balance_amount(view *v) {
  if (v->t.flags & TRANSFER_BALANCING_DEBIT && debit_room(v->debit) < v->t.amount) {
    v->t.amount = debit_room(v->debit) <= 0 ? 0 : (int64_t)debit_room(v->debit);
  }
  if (v->t.flags & TRANSFER_BALANCING_CREDIT && credit_room(v->credit) < v->t.amount) {
    v->t.amount = credit_room(v->credit) <= 0 ? 0 : (int64_t)credit_room(v->credit);
  }
}

static view look(const model *m, const book_env *env, const transfer *in) {
  view v = {.in = in, .t = *in, .env = env};
  v.had = model_find(m, in->id);
  v.named = model_find(m, in->pending_id);
  v.ends = in->flags & (TRANSFER_POST | TRANSFER_VOID | TRANSFER_EXPIRY);
  v.reverses = in->flags & TRANSFER_REVERSAL;
  v.pending = in->flags & TRANSFER_PENDING;
  if (v.ends && v.named != NULL) fill_from_hold(&v);
  v.debit = account_of(m, v.t.debit_account);
  v.credit = account_of(m, v.t.credit_account);
  if (v.debit != NULL && v.credit != NULL) balance_amount(&v);
  return v;
}

/* --- the rules -------------------------------------------------------------------------------- */
static bool differs(const view *v, ledger_result r) {
  const transfer *in = v->in, *had = &v->had->t;
  bool loose = v->ends;
  switch (r) {
  case LEDGER_EXISTS_WITH_DIFFERENT_FLAGS: return in->flags != had->flags;
  case LEDGER_EXISTS_WITH_DIFFERENT_PENDING_ID:
    return in->pending_id.low != had->pending_id.low || in->pending_id.high != had->pending_id.high;
  case LEDGER_EXISTS_WITH_DIFFERENT_TIMEOUT: return in->timeout_s != had->timeout_s;
  case LEDGER_EXISTS_WITH_DIFFERENT_DEBIT_ACCOUNT:
    return in->debit_account != had->debit_account && !(loose && in->debit_account == 0);
  case LEDGER_EXISTS_WITH_DIFFERENT_CREDIT_ACCOUNT:
    return in->credit_account != had->credit_account && !(loose && in->credit_account == 0);
  case LEDGER_EXISTS_WITH_DIFFERENT_AMOUNT:
    if (in->flags & (TRANSFER_BALANCING_DEBIT | TRANSFER_BALANCING_CREDIT))
      return in->amount < had->amount;
    if (loose && in->amount == 0) return had->amount != v->named->t.amount;
    return in->amount != had->amount;
  case LEDGER_EXISTS_WITH_DIFFERENT_REF: return in->ref != had->ref && !(loose && in->ref == 0);
  case LEDGER_EXISTS_WITH_DIFFERENT_ASSET: return in->asset != had->asset && in->asset != 0;
  case LEDGER_EXISTS_WITH_DIFFERENT_CODE: return in->code != had->code && !(loose && in->code == 0);
  case LEDGER_EXISTS: return true;
  default: return false;
  }
}

static bool flags_clash(uint16_t flags) {
  static const uint16_t kinds[] = {TRANSFER_PENDING, TRANSFER_POST, TRANSFER_VOID, TRANSFER_EXPIRY,
                                   TRANSFER_REVERSAL};
  static const uint16_t extras[] = {TRANSFER_BALANCING_DEBIT, TRANSFER_BALANCING_CREDIT,
                                    TRANSFER_CLOSING_DEBIT, TRANSFER_CLOSING_CREDIT};
  for (size_t i = 0; i < COUNT_OF(kinds); i++) {
    if (!(flags & kinds[i])) continue;
    for (size_t k = i + 1; k < COUNT_OF(kinds); k++) {
      if (flags & kinds[k]) return true;
    }
    for (size_t k = 0; k < COUNT_OF(extras); k++) {
      if (kinds[i] != TRANSFER_PENDING && flags & extras[k]) return true;
    }
  }
  return false;
}

static bool breaks_form(const view *v, ledger_result r) {
  const transfer *in = v->in;
  bool names = v->ends || v->reverses,
       unnamed = in->pending_id.low == 0 && in->pending_id.high == 0;
  switch (r) {
  case LEDGER_RESERVED_FLAG: return in->flags >= 1 << 10;
  case LEDGER_ID_MUST_NOT_BE_ZERO: return in->id.low == 0 && in->id.high == 0;
  case LEDGER_FLAGS_ARE_MUTUALLY_EXCLUSIVE: return flags_clash(in->flags);
  case LEDGER_DEBIT_ACCOUNT_MUST_NOT_BE_ZERO: return !v->ends && in->debit_account == 0;
  case LEDGER_CREDIT_ACCOUNT_MUST_NOT_BE_ZERO: return !v->ends && in->credit_account == 0;
  case LEDGER_ACCOUNTS_MUST_BE_DIFFERENT:
    return !v->ends && in->debit_account == in->credit_account;
  case LEDGER_PENDING_ID_MUST_BE_ZERO: return !names && !unnamed;
  case LEDGER_PENDING_ID_MUST_NOT_BE_ZERO: return names && unnamed;
  case LEDGER_PENDING_ID_MUST_BE_DIFFERENT:
    return names && in->pending_id.low == in->id.low && in->pending_id.high == in->id.high;
  case LEDGER_TIMEOUT_RESERVED_FOR_PENDING: return in->timeout_s > 0 && !v->pending;
  case LEDGER_CLOSING_TRANSFER_MUST_BE_PENDING:
    return !v->pending && in->flags & (TRANSFER_CLOSING_DEBIT | TRANSFER_CLOSING_CREDIT);
  case LEDGER_AMOUNT_MUST_BE_POSITIVE: return in->amount < 0 || (in->amount == 0 && !v->ends);
  case LEDGER_CODE_MUST_NOT_BE_ZERO: return in->code == 0 && !v->ends;
  default: return false;
  }
}

static bool breaks_accounts(const view *v, ledger_result r) {
  const account *d = v->debit, *c = v->credit;
  if (v->ends) return false;
  switch (r) {
  case LEDGER_DEBIT_ACCOUNT_NOT_FOUND: return d == NULL;
  case LEDGER_CREDIT_ACCOUNT_NOT_FOUND: return c == NULL;
  case LEDGER_ACCOUNTS_MUST_HAVE_THE_SAME_ASSET: return d->asset != c->asset;
  case LEDGER_ACCOUNTS_MUST_HAVE_THE_SAME_ENTITY: return d->entity != c->entity;
  case LEDGER_TRANSFER_MUST_HAVE_THE_SAME_ASSET:
    return v->in->asset != 0 && v->in->asset != d->asset;
  case LEDGER_STRIPED_ACCOUNT_CANNOT_BALANCE:
    return (v->in->flags & TRANSFER_BALANCING_DEBIT && d->flags & ACCOUNT_STRIPED) ||
           (v->in->flags & TRANSFER_BALANCING_CREDIT && c->flags & ACCOUNT_STRIPED);
  case LEDGER_STRIPED_ACCOUNT_CANNOT_CLOSE:
    return (v->in->flags & TRANSFER_CLOSING_DEBIT && d->flags & ACCOUNT_STRIPED) ||
           (v->in->flags & TRANSFER_CLOSING_CREDIT && c->flags & ACCOUNT_STRIPED);
  default: return false;
  }
}

static bool breaks_hold(const view *v, ledger_result r) {
  if (!v->ends) return false;
  const model_transfer *h = v->named;
  bool due = h != NULL && h->expires_at != 0 && v->env->now >= h->expires_at;
  bool expiry = v->in->flags & TRANSFER_EXPIRY;
  switch (r) {
  case LEDGER_PENDING_TRANSFER_NOT_FOUND: return h == NULL;
  case LEDGER_PENDING_TRANSFER_NOT_PENDING: return !h->is_hold;
  case LEDGER_PENDING_TRANSFER_HAS_DIFFERENT_DEBIT_ACCOUNT:
    return v->t.debit_account != h->t.debit_account;
  case LEDGER_PENDING_TRANSFER_HAS_DIFFERENT_CREDIT_ACCOUNT:
    return v->t.credit_account != h->t.credit_account;
  case LEDGER_PENDING_TRANSFER_HAS_DIFFERENT_ASSET: return v->t.asset != h->t.asset;
  case LEDGER_PENDING_TRANSFER_HAS_DIFFERENT_CODE: return v->t.code != h->t.code;
  case LEDGER_EXCEEDS_PENDING_TRANSFER_AMOUNT: return v->t.amount > h->t.amount;
  case LEDGER_PENDING_TRANSFER_HAS_DIFFERENT_AMOUNT:
    return !(v->in->flags & TRANSFER_POST) && v->t.amount != h->t.amount;
  case LEDGER_PENDING_TRANSFER_ALREADY_POSTED: return h->state == HOLD_POSTED;
  case LEDGER_PENDING_TRANSFER_ALREADY_VOIDED: return h->state == HOLD_VOIDED;
  case LEDGER_PENDING_TRANSFER_EXPIRED: return h->state == HOLD_EXPIRED || (due && !expiry);
  case LEDGER_PENDING_TRANSFER_NOT_DUE: return expiry && !due;
  default: return false;
  }
}

static bool breaks_reversal(const view *v, ledger_result r) {
  if (!v->reverses) return false;
  switch (r) {
  case LEDGER_REVERSAL_TARGET_NOT_FOUND: return v->named == NULL;
  case LEDGER_REVERSAL_TARGET_NOT_POSTED:
    return v->named->t.flags &
           (TRANSFER_PENDING | TRANSFER_VOID | TRANSFER_EXPIRY | TRANSFER_REVERSAL);
  case LEDGER_REVERSAL_ACCOUNTS_MUST_SWAP:
    return v->in->debit_account != v->named->t.credit_account ||
           v->in->credit_account != v->named->t.debit_account;
  case LEDGER_REVERSAL_AMOUNT_MUST_MATCH: return v->in->amount != v->named->t.amount;
  case LEDGER_ALREADY_REVERSED: return v->named->is_reversed;
  default: return false;
  }
}

static bool breaks_open(const view *v, ledger_result r) {
  bool lets_go = v->in->flags & (TRANSFER_VOID | TRANSFER_EXPIRY);
  switch (r) {
  case LEDGER_DEBIT_ACCOUNT_ALREADY_CLOSED: return !lets_go && v->debit->flags & ACCOUNT_CLOSED;
  case LEDGER_CREDIT_ACCOUNT_ALREADY_CLOSED: return !lets_go && v->credit->flags & ACCOUNT_CLOSED;
  case LEDGER_DEBIT_ACCOUNT_FROZEN: return !v->ends && v->debit->flags & ACCOUNT_FROZEN;
  case LEDGER_CREDIT_ACCOUNT_FROZEN: return !v->ends && v->credit->flags & ACCOUNT_FROZEN;
  default: return false;
  }
}

static bool breaks_limits(const view *v, ledger_result r) {
  if (v->ends) return false;
  const account *d = v->debit, *c = v->credit;
  int128 amount = v->t.amount, most = INT64_MAX;
  switch (r) {
  case LEDGER_OVERFLOWS_DEBITS_PENDING: return v->pending && d->debits_pending + amount > most;
  case LEDGER_OVERFLOWS_CREDITS_PENDING: return v->pending && c->credits_pending + amount > most;
  case LEDGER_OVERFLOWS_DEBITS_POSTED: return d->debits_posted + amount > most;
  case LEDGER_OVERFLOWS_CREDITS_POSTED: return c->credits_posted + amount > most;
  case LEDGER_OVERFLOWS_DEBITS: return (int128)d->debits_posted + d->debits_pending + amount > most;
  case LEDGER_OVERFLOWS_CREDITS:
    return (int128)c->credits_posted + c->credits_pending + amount > most;
  case LEDGER_OVERFLOWS_TIMEOUT:
    return (int128)v->env->now + (int128)v->in->timeout_s * MICROS_PER_SECOND > most;
  case LEDGER_EXCEEDS_CREDITS:
    if (v->in->flags & TRANSFER_BALANCING_DEBIT && debit_room(d) <= 0) return true;
    return d->flags & ACCOUNT_NO_DEBIT_BALANCE && debit_room(d) < amount;
  case LEDGER_EXCEEDS_DEBITS:
    if (v->in->flags & TRANSFER_BALANCING_CREDIT && credit_room(c) <= 0) return true;
    return c->flags & ACCOUNT_NO_CREDIT_BALANCE && credit_room(c) < amount;
  default: return false;
  }
}

static bool breaks(const view *v, ledger_result r) {
  if (v->had != NULL && differs(v, r)) return true;
  if (r == LEDGER_PERIOD_CLOSED) return v->env->business_date <= v->env->closed_through;
  return breaks_form(v, r) || breaks_accounts(v, r) || breaks_hold(v, r) || breaks_reversal(v, r) ||
         breaks_open(v, r) || breaks_limits(v, r);
}

/* --- acceptance ------------------------------------------------------------------------------- */
static void set_closed(account *a, bool closed) {
  a->flags = (uint16_t)(closed ? a->flags | ACCOUNT_CLOSED : a->flags & ~ACCOUNT_CLOSED);
}

static void move(model *m, const view *v) {
  account *d = account_of(m, v->t.debit_account), *c = account_of(m, v->t.credit_account);
  model_transfer *named = (model_transfer *)(uintptr_t)v->named;
  if (v->pending) {
    d->debits_pending += v->t.amount;
    c->credits_pending += v->t.amount;
    if (v->t.flags & TRANSFER_CLOSING_DEBIT) set_closed(d, true);
    if (v->t.flags & TRANSFER_CLOSING_CREDIT) set_closed(c, true);
  } else if (v->ends) {
    d->debits_pending -= named->t.amount;
    c->credits_pending -= named->t.amount;
    named->state = v->t.flags & TRANSFER_POST   ? HOLD_POSTED
                   : v->t.flags & TRANSFER_VOID ? HOLD_VOIDED
                                                : HOLD_EXPIRED;
    if (v->t.flags & TRANSFER_POST) named->posted = v->t.amount;
    bool released = !(v->t.flags & TRANSFER_POST);
    if (released && named->t.flags & TRANSFER_CLOSING_DEBIT) set_closed(d, false);
    if (released && named->t.flags & TRANSFER_CLOSING_CREDIT) set_closed(c, false);
  }
  if (v->pending || (v->ends && !(v->t.flags & TRANSFER_POST))) return;
  d->debits_posted += v->t.amount;
  c->credits_posted += v->t.amount;
  if (v->reverses) named->is_reversed = true;
}

static ledger_result apply_one(model *m, const book_env *env, const transfer *in) {
  view v = look(m, env, in);
  for (int r = LEDGER_RESERVED_FLAG; r < LEDGER_RESULT_COUNT; r++) {
    if (breaks(&v, (ledger_result)r)) return (ledger_result)r;
  }
  move(m, &v);
  assert(m->count < MODEL_TRANSFERS);
  model_transfer *made = &m->transfers[m->count++];
  *made = (model_transfer){.t = v.t, .is_hold = v.pending, .state = HOLD_OPEN};
  made->t.asset = v.debit->asset;
  made->t.entity = v.debit->entity;
  if (v.pending && in->timeout_s > 0) {
    made->expires_at = env->now + in->timeout_s * MICROS_PER_SECOND;
  }
  return LEDGER_OK;
}

/* A chain is tried on a copy of the whole world, which is kept only when all of it holds. */
static size_t apply_chain(model *m, const book_env *env, const transfer *in, size_t count,
                          ledger_result *results) {
  static model copy;
  bool open = in[count - 1].flags & TRANSFER_LINKED;
  size_t accepted = 0, existing = 0, failed = count;
  copy = *m;
  for (size_t i = 0; i < count && failed == count; i++) {
    results[i] = apply_one(&copy, env, &in[i]);
    accepted += results[i] == LEDGER_OK;
    existing += results[i] == LEDGER_EXISTS;
    bool all_new = existing == 0, all_old = accepted == 0 && existing == i + 1;
    if (results[i] > LEDGER_OK && results[i] != LEDGER_EXISTS)
      failed = i;
    else if (!all_new && !all_old)
      failed = i;
  }
  if (failed == count && !open) {
    if (existing == 0) *m = copy;
    return accepted;
  }
  /* An id that existed before the failure is what broke the chain. */
  if (!open && results[0] == LEDGER_EXISTS) failed = 0;
  for (size_t i = 0; i < count; i++) {
    if (open)
      results[i] = i + 1 == count ? LEDGER_LINKED_EVENT_CHAIN_OPEN : LEDGER_LINKED_EVENT_FAILED;
    else if (i != failed)
      results[i] = LEDGER_LINKED_EVENT_FAILED;
  }
  return 0;
}

size_t model_apply(model *m, const book_env *env, const transfer *in, size_t count,
                   ledger_result *results) {
  size_t accepted = 0;
  for (size_t i = 0, n = 1; i < count; i += n, n = 1) {
    while (i + n < count && in[i + n - 1].flags & TRANSFER_LINKED)
      n++;
    if (n == 1 && !(in[i].flags & TRANSFER_LINKED)) {
      results[i] = apply_one(m, env, &in[i]);
      accepted += results[i] == LEDGER_OK;
    } else {
      accepted += apply_chain(m, env, in + i, n, results + i);
    }
  }
  return accepted;
}
