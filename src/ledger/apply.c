/* apply.c - the rules: one batch of transfers over the accounts, holds and taken ids of a book.
 * Pure: the same book and batch give the same results and the same book. All refusals of the ledger
 * are here, in the order of result.h; a refused transfer leaves no trace, not even its id. Nothing
 * is loaded, written or read from a clock. */
#include "ledger/inside.h"

enum {
  FLAGS_END = TRANSFER_POST | TRANSFER_VOID | TRANSFER_EXPIRY,
  FLAGS_BALANCING = TRANSFER_BALANCING_DEBIT | TRANSFER_BALANCING_CREDIT,
  FLAGS_CLOSING = TRANSFER_CLOSING_DEBIT | TRANSFER_CLOSING_CREDIT,
  FLAGS_ALL = TRANSFER_LINKED | TRANSFER_PENDING | FLAGS_END | FLAGS_BALANCING | FLAGS_CLOSING |
              TRANSFER_REVERSAL,
};

typedef struct work { /* one transfer on its way through the rules */
  book *b;
  const book_env *env;
  transfer t; /* as it will be recorded */
  account_slot *debit, *credit;
  hold_slot *held; /* when it ends a hold */
} work;

/* --- the same id again ------------------------------------------------------------------------ */
/* What a caller may leave open when ending a hold was taken from the hold, so it is not compared.
 */
static bool same_amount(const book *b, const transfer *in, const transfer *had) {
  if (in->flags & FLAGS_BALANCING) return had->amount <= in->amount;
  if (in->amount == had->amount) return true;
  if (in->amount != TRANSFER_AMOUNT_ALL || !(in->flags & FLAGS_END)) return false;
  if (!(in->flags & TRANSFER_POST)) return true;
  const hold *h = book_hold(b, in->pending_id);
  return h != NULL && had->amount == h->record.amount;
}

static ledger_result compare_existing(const book *b, const transfer *in, const transfer *had) {
  bool ends = in->flags & FLAGS_END;
  if (in->flags != had->flags) return LEDGER_EXISTS_WITH_DIFFERENT_FLAGS;
  if (!id128_eq(in->pending_id, had->pending_id)) return LEDGER_EXISTS_WITH_DIFFERENT_PENDING_ID;
  if (in->timeout_s != had->timeout_s) return LEDGER_EXISTS_WITH_DIFFERENT_TIMEOUT;
  if (in->debit_account != had->debit_account && !(ends && in->debit_account == 0)) {
    return LEDGER_EXISTS_WITH_DIFFERENT_DEBIT_ACCOUNT;
  }
  if (in->credit_account != had->credit_account && !(ends && in->credit_account == 0)) {
    return LEDGER_EXISTS_WITH_DIFFERENT_CREDIT_ACCOUNT;
  }
  if (!same_amount(b, in, had)) return LEDGER_EXISTS_WITH_DIFFERENT_AMOUNT;
  if (in->ref != had->ref && !(ends && in->ref == 0)) return LEDGER_EXISTS_WITH_DIFFERENT_REF;
  if (in->asset != had->asset && in->asset != 0) return LEDGER_EXISTS_WITH_DIFFERENT_ASSET;
  if (in->code != had->code && !(ends && in->code == 0)) return LEDGER_EXISTS_WITH_DIFFERENT_CODE;
  return LEDGER_EXISTS;
}

/* --- what the transfer says by itself --------------------------------------------------------- */
static bool flags_exclude_each_other(uint16_t flags) {
  int kinds = !!(flags & TRANSFER_PENDING) + !!(flags & TRANSFER_POST) + !!(flags & TRANSFER_VOID) +
              !!(flags & TRANSFER_EXPIRY) + !!(flags & TRANSFER_REVERSAL);
  if (kinds > 1) return true;
  bool names_another = flags & (FLAGS_END | TRANSFER_REVERSAL);
  return names_another && flags & (FLAGS_BALANCING | FLAGS_CLOSING);
}

static ledger_result check_pending_id(const transfer *in, bool wanted) {
  if (!wanted) return id128_is_zero(in->pending_id) ? LEDGER_OK : LEDGER_PENDING_ID_MUST_BE_ZERO;
  if (id128_is_zero(in->pending_id)) return LEDGER_PENDING_ID_MUST_NOT_BE_ZERO;
  return id128_eq(in->pending_id, in->id) ? LEDGER_PENDING_ID_MUST_BE_DIFFERENT : LEDGER_OK;
}

static ledger_result check_form(const transfer *in) {
  bool ends = in->flags & FLAGS_END;
  if (flags_exclude_each_other(in->flags)) return LEDGER_FLAGS_ARE_MUTUALLY_EXCLUSIVE;
  if (!ends) {
    if (in->debit_account == 0) return LEDGER_DEBIT_ACCOUNT_MUST_NOT_BE_ZERO;
    if (in->credit_account == 0) return LEDGER_CREDIT_ACCOUNT_MUST_NOT_BE_ZERO;
    if (in->debit_account == in->credit_account) return LEDGER_ACCOUNTS_MUST_BE_DIFFERENT;
  }
  ledger_result r = check_pending_id(in, ends || in->flags & TRANSFER_REVERSAL);
  if (r != LEDGER_OK) return r;
  if (in->timeout_s != 0 && !(in->flags & TRANSFER_PENDING)) {
    return LEDGER_TIMEOUT_RESERVED_FOR_PENDING;
  }
  if (in->flags & FLAGS_CLOSING && !(in->flags & TRANSFER_PENDING)) {
    return LEDGER_CLOSING_TRANSFER_MUST_BE_PENDING;
  }
  if (in->amount < (ends ? 0 : 1)) return LEDGER_AMOUNT_MUST_BE_POSITIVE;
  if (in->code == 0 && !ends) return LEDGER_CODE_MUST_NOT_BE_ZERO;
  return LEDGER_OK;
}

/* --- accounts --------------------------------------------------------------------------------- */
static ledger_result find_accounts(work *w) {
  w->debit = book_slot(w->b, w->t.debit_account);
  if (w->debit == NULL) return LEDGER_DEBIT_ACCOUNT_NOT_FOUND;
  w->credit = book_slot(w->b, w->t.credit_account);
  if (w->credit == NULL) return LEDGER_CREDIT_ACCOUNT_NOT_FOUND;
  return LEDGER_OK;
}

static ledger_result check_pair(work *w) {
  const account *debit = &w->debit->a, *credit = &w->credit->a;
  if (debit->asset != credit->asset) return LEDGER_ACCOUNTS_MUST_HAVE_THE_SAME_ASSET;
  if (debit->entity != credit->entity) return LEDGER_ACCOUNTS_MUST_HAVE_THE_SAME_ENTITY;
  if (w->t.asset != 0 && w->t.asset != debit->asset) {
    return LEDGER_TRANSFER_MUST_HAVE_THE_SAME_ASSET;
  }
  if (w->t.flags & (FLAGS_BALANCING | FLAGS_CLOSING)) {
    bool debit_striped = debit->flags & ACCOUNT_STRIPED,
         credit_striped = credit->flags & ACCOUNT_STRIPED;
    if ((w->t.flags & TRANSFER_BALANCING_DEBIT && debit_striped) ||
        (w->t.flags & TRANSFER_BALANCING_CREDIT && credit_striped)) {
      return LEDGER_STRIPED_ACCOUNT_CANNOT_BALANCE;
    }
    if ((w->t.flags & TRANSFER_CLOSING_DEBIT && debit_striped) ||
        (w->t.flags & TRANSFER_CLOSING_CREDIT && credit_striped)) {
      return LEDGER_STRIPED_ACCOUNT_CANNOT_CLOSE;
    }
  }
  return LEDGER_OK;
}

static ledger_result check_open(const work *w) {
  unsigned flags = w->debit->a.flags | w->credit->a.flags;
  if (!(flags & (ACCOUNT_CLOSED | ACCOUNT_FROZEN))) return LEDGER_OK;
  if (w->t.flags & (TRANSFER_VOID | TRANSFER_EXPIRY)) return LEDGER_OK;
  if (w->debit->a.flags & ACCOUNT_CLOSED) return LEDGER_DEBIT_ACCOUNT_ALREADY_CLOSED;
  if (w->credit->a.flags & ACCOUNT_CLOSED) return LEDGER_CREDIT_ACCOUNT_ALREADY_CLOSED;
  if (w->t.flags & TRANSFER_POST) return LEDGER_OK;
  if (w->debit->a.flags & ACCOUNT_FROZEN) return LEDGER_DEBIT_ACCOUNT_FROZEN;
  return w->credit->a.flags & ACCOUNT_FROZEN ? LEDGER_CREDIT_ACCOUNT_FROZEN : LEDGER_OK;
}

/* How much more the account can be debited (credited) before it goes below zero, or below its
 * floor. */
static int128 room_to_debit(const account *a) {
  int128 room = (int128)a->credits_posted - a->debits_posted - a->debits_pending;
  return a->flags & ACCOUNT_NO_DEBIT_BALANCE ? room + a->allowance : room;
}

static int128 room_to_credit(const account *a) {
  int128 room = (int128)a->debits_posted - a->credits_posted - a->credits_pending;
  return a->flags & ACCOUNT_NO_CREDIT_BALANCE ? room + a->allowance : room;
}

static ledger_result balance_amount(work *w) {
  if (w->t.flags & TRANSFER_BALANCING_DEBIT) {
    int128 room = room_to_debit(&w->debit->a);
    if (room <= 0) return LEDGER_EXCEEDS_CREDITS;
    if (room < w->t.amount) w->t.amount = (int64_t)room;
  }
  if (w->t.flags & TRANSFER_BALANCING_CREDIT) {
    int128 room = room_to_credit(&w->credit->a);
    if (room <= 0) return LEDGER_EXCEEDS_DEBITS;
    if (room < w->t.amount) w->t.amount = (int64_t)room;
  }
  return LEDGER_OK;
}

static bool overflows(int64_t have, int64_t more) {
  int64_t sum = 0;
  return ADD_OVERFLOWS(have, more, &sum);
}

/* Posted, pending and their sum must all stay in range, so that ending a hold can't overflow. */
static ledger_result check_overflow(const work *w) {
  const account *debit = &w->debit->a, *credit = &w->credit->a;
  int64_t amount = w->t.amount;
  if (w->t.flags & TRANSFER_PENDING) {
    if (overflows(debit->debits_pending, amount)) return LEDGER_OVERFLOWS_DEBITS_PENDING;
    if (overflows(credit->credits_pending, amount)) return LEDGER_OVERFLOWS_CREDITS_PENDING;
  }
  if (overflows(debit->debits_posted, amount)) return LEDGER_OVERFLOWS_DEBITS_POSTED;
  if (overflows(credit->credits_posted, amount)) return LEDGER_OVERFLOWS_CREDITS_POSTED;
  if ((int128)debit->debits_posted + debit->debits_pending + amount > INT64_MAX) {
    return LEDGER_OVERFLOWS_DEBITS;
  }
  if ((int128)credit->credits_posted + credit->credits_pending + amount > INT64_MAX) {
    return LEDGER_OVERFLOWS_CREDITS;
  }
  return LEDGER_OK;
}

static ledger_result check_floors(const work *w) {
  const account *debit = &w->debit->a, *credit = &w->credit->a;
  if (debit->flags & ACCOUNT_NO_DEBIT_BALANCE && room_to_debit(debit) < w->t.amount) {
    return LEDGER_EXCEEDS_CREDITS;
  }
  if (credit->flags & ACCOUNT_NO_CREDIT_BALANCE && room_to_credit(credit) < w->t.amount) {
    return LEDGER_EXCEEDS_DEBITS;
  }
  return LEDGER_OK;
}

/* --- acceptance ------------------------------------------------------------------------------- */
/* Never behind the newest entry of either account: entries of an account are ordered by time
 * whichever lane wrote them, which makes a balance of the past one look-up (INV-22). */
static instant next_time(const work *w) {
  instant t = w->b->time + 1;
  if (t < w->env->engine_time) t = w->env->engine_time;
  if (t <= w->debit->a.last_time) t = w->debit->a.last_time + 1;
  if (t <= w->credit->a.last_time) t = w->credit->a.last_time + 1;
  return t;
}

static void stamp(work *w) {
  transfer *t = &w->t;
  t->time = w->b->time = next_time(w);
  t->command = w->env->command;
  t->entity = w->debit->a.entity;
  t->asset = w->debit->a.asset;
  t->business_date = w->env->business_date;
  t->version = TRANSFER_VERSION;
  t->lane = w->env->lane;
  t->reserved = 0;
  t->sequence = t->reserved2 = 0;
  book_save_account(w->b, w->debit, DIRTY_BALANCE);
  book_save_account(w->b, w->credit, DIRTY_BALANCE);
  w->debit->a.last_time = w->credit->a.last_time = t->time;
}

static void set_closed(account_slot *s, bool closed) {
  s->dirty |= DIRTY_ATTRIBUTES;
  if (closed)
    s->a.flags |= ACCOUNT_CLOSED;
  else
    s->a.flags = (uint16_t)(s->a.flags & ~ACCOUNT_CLOSED);
}

static void accept_hold(work *w, instant expires_at) {
  stamp(w);
  w->debit->a.debits_pending += w->t.amount;
  w->credit->a.credits_pending += w->t.amount;
  if (w->t.flags & TRANSFER_CLOSING_DEBIT) set_closed(w->debit, true);
  if (w->t.flags & TRANSFER_CLOSING_CREDIT) set_closed(w->credit, true);
  book_add_hold(w->b, &(hold){.record = w->t, .expires_at = expires_at, .state = HOLD_OPEN});
}

static void accept_end(work *w) {
  hold *h = &w->held->h;
  stamp(w);
  book_save_hold(w->b, w->held);
  w->debit->a.debits_pending -= h->record.amount;
  w->credit->a.credits_pending -= h->record.amount;
  if (w->t.flags & TRANSFER_POST) {
    w->debit->a.debits_posted += w->t.amount;
    w->credit->a.credits_posted += w->t.amount;
    h->posted = w->t.amount;
    h->state = HOLD_POSTED;
    return;
  }
  h->state = w->t.flags & TRANSFER_VOID ? HOLD_VOIDED : HOLD_EXPIRED;
  if (h->record.flags & TRANSFER_CLOSING_DEBIT) set_closed(w->debit, false);
  if (h->record.flags & TRANSFER_CLOSING_CREDIT) set_closed(w->credit, false);
}

/* --- the four kinds of transfer --------------------------------------------------------------- */
static ledger_result check_reversal(const work *w) {
  const transfer *target = book_transfer(w->b, w->t.pending_id);
  if (target == NULL) return LEDGER_REVERSAL_TARGET_NOT_FOUND;
  if (target->flags & (TRANSFER_PENDING | TRANSFER_VOID | TRANSFER_EXPIRY | TRANSFER_REVERSAL)) {
    return LEDGER_REVERSAL_TARGET_NOT_POSTED;
  }
  if (target->debit_account != w->t.credit_account ||
      target->credit_account != w->t.debit_account) {
    return LEDGER_REVERSAL_ACCOUNTS_MUST_SWAP;
  }
  if (target->amount != w->t.amount) return LEDGER_REVERSAL_AMOUNT_MUST_MATCH;
  uint64_t found = 0;
  return table_get(&w->b->reversed, w->t.pending_id, &found) ? LEDGER_ALREADY_REVERSED : LEDGER_OK;
}

static ledger_result check_period(const book_env *env) {
  return env->business_date <= env->closed_through ? LEDGER_PERIOD_CLOSED : LEDGER_OK;
}

#define PASS(expression)                                \
  do {                                                  \
    ledger_result pass_result_ = (expression);          \
    if (pass_result_ != LEDGER_OK) return pass_result_; \
  } while (0)

static ledger_result apply_plain(work *w) {
  PASS(find_accounts(w));
  PASS(check_pair(w));
  PASS(check_period(w->env));
  if (w->t.flags & TRANSFER_REVERSAL) PASS(check_reversal(w));
  PASS(check_open(w));
  PASS(balance_amount(w));
  PASS(check_overflow(w));
  instant expires_at = 0;
  if (w->t.timeout_s != 0 &&
      ADD_OVERFLOWS(w->env->now, w->t.timeout_s * MICROS_PER_SECOND, &expires_at)) {
    return LEDGER_OVERFLOWS_TIMEOUT;
  }
  PASS(check_floors(w));
  if (w->t.flags & TRANSFER_PENDING) {
    accept_hold(w, expires_at);
  } else {
    stamp(w);
    w->debit->a.debits_posted += w->t.amount;
    w->credit->a.credits_posted += w->t.amount;
    if (w->t.flags & TRANSFER_REVERSAL) book_mark_reversed(w->b, w->t.pending_id);
  }
  return LEDGER_OK;
}

/* Left-out members of a transfer that ends a hold are the hold's. */
static ledger_result take_from_hold(work *w) {
  const transfer *held = &w->held->h.record;
  transfer *t = &w->t;
  if (t->debit_account == 0) t->debit_account = held->debit_account;
  if (t->credit_account == 0) t->credit_account = held->credit_account;
  if (t->asset == 0) t->asset = held->asset;
  if (t->code == 0) t->code = held->code;
  if (t->ref == 0) t->ref = held->ref;
  if (t->amount == TRANSFER_AMOUNT_ALL) t->amount = held->amount;
  if (t->debit_account != held->debit_account) {
    return LEDGER_PENDING_TRANSFER_HAS_DIFFERENT_DEBIT_ACCOUNT;
  }
  if (t->credit_account != held->credit_account) {
    return LEDGER_PENDING_TRANSFER_HAS_DIFFERENT_CREDIT_ACCOUNT;
  }
  if (t->asset != held->asset) return LEDGER_PENDING_TRANSFER_HAS_DIFFERENT_ASSET;
  if (t->code != held->code) return LEDGER_PENDING_TRANSFER_HAS_DIFFERENT_CODE;
  if (t->amount > held->amount) return LEDGER_EXCEEDS_PENDING_TRANSFER_AMOUNT;
  if (t->amount < held->amount && !(t->flags & TRANSFER_POST)) {
    return LEDGER_PENDING_TRANSFER_HAS_DIFFERENT_AMOUNT;
  }
  return LEDGER_OK;
}

/* A hold is over at its time even if the entry that says so is late. */
static ledger_result check_hold_state(const work *w) {
  const hold *h = &w->held->h;
  bool due = h->expires_at != 0 && h->expires_at <= w->env->now;
  switch (h->state) {
  case HOLD_POSTED: return LEDGER_PENDING_TRANSFER_ALREADY_POSTED;
  case HOLD_VOIDED: return LEDGER_PENDING_TRANSFER_ALREADY_VOIDED;
  case HOLD_EXPIRED: return LEDGER_PENDING_TRANSFER_EXPIRED;
  case HOLD_OPEN: break;
  }
  if (w->t.flags & TRANSFER_EXPIRY) return due ? LEDGER_OK : LEDGER_PENDING_TRANSFER_NOT_DUE;
  return due ? LEDGER_PENDING_TRANSFER_EXPIRED : LEDGER_OK;
}

static ledger_result apply_end(work *w) {
  PASS(check_period(w->env));
  w->held = book_hold_slot(w->b, w->t.pending_id);
  if (w->held == NULL) {
    return book_transfer(w->b, w->t.pending_id) == NULL ? LEDGER_PENDING_TRANSFER_NOT_FOUND
                                                        : LEDGER_PENDING_TRANSFER_NOT_PENDING;
  }
  PASS(take_from_hold(w));
  PASS(check_hold_state(w));
  PASS(find_accounts(w));
  PASS(check_open(w));
  accept_end(w);
  return LEDGER_OK;
}

static ledger_result apply_one(book *b, const book_env *env, const transfer *in) {
  if (in->flags & ~FLAGS_ALL) return LEDGER_RESERVED_FLAG;
  if (id128_is_zero(in->id)) return LEDGER_ID_MUST_NOT_BE_ZERO;
  const transfer *had = book_transfer(b, in->id);
  if (had != NULL) return compare_existing(b, in, had);
  PASS(check_form(in));
  work w = {.b = b, .env = env, .t = *in};
  PASS(in->flags & FLAGS_END ? apply_end(&w) : apply_plain(&w));
  book_keep(b, &w.t, w.debit, w.credit);
  return LEDGER_OK;
}

/* --- batches and chains ----------------------------------------------------------------------- */
/* Transfers first .. first + count - 1 hang together; only the last is not linked, unless the batch
 * ended. */
static size_t apply_chain(book *b, const book_env *env, const transfer *in, size_t count,
                          ledger_result *results) {
  bool open = in[count - 1].flags & TRANSFER_LINKED;
  size_t culprit = open ? count - 1 : count;
  ledger_result why = open ? LEDGER_LINKED_EVENT_CHAIN_OPEN : LEDGER_OK;
  book_mark start = book_here(b);
  size_t existing = 0;
  for (size_t i = 0; i < count && why == LEDGER_OK; i++) {
    ledger_result r = apply_one(b, env, &in[i]);
    if (r == LEDGER_EXISTS && existing == i) {
      existing++;
    } else if (r != LEDGER_OK || existing > 0) {
      culprit = existing > 0 ? 0 : i;
      why = existing > 0 ? LEDGER_EXISTS : r;
    }
  }
  if (why != LEDGER_OK) book_revert(b, start);
  ledger_result rest = why != LEDGER_OK ? LEDGER_LINKED_EVENT_FAILED
                       : existing > 0   ? LEDGER_EXISTS
                                        : LEDGER_OK;
  for (size_t i = 0; i < count; i++)
    results[i] = i == culprit ? why : rest;
  return why == LEDGER_OK && existing == 0 ? count : 0;
}

/* The table of a large group's ids is more than the processor's nearest cache holds. */
static void fetch_ahead(const book *b, const transfer *in, size_t at, size_t count) {
  enum { AHEAD = 8 };
  if (at + AHEAD >= count) return;
  const transfer *later = &in[at + AHEAD];
  table_prefetch(&b->ids, later->id);
  map_prefetch(b->accounts, (uint64_t)later->debit_account);
  map_prefetch(b->accounts, (uint64_t)later->credit_account);
}

size_t book_apply(book *b, const book_env *env, const transfer *in, size_t count,
                  ledger_result *results) {
  size_t accepted = 0;
  for (size_t i = 0; i < count;) {
    if (!(in[i].flags & TRANSFER_LINKED)) {
      fetch_ahead(b, in, i, count);
      results[i] = apply_one(b, env, &in[i]);
      accepted += results[i] == LEDGER_OK;
      i++;
      continue;
    }
    size_t end = i;
    while (end < count - 1 && in[end].flags & TRANSFER_LINKED)
      end++;
    accepted += apply_chain(b, env, in + i, end - i + 1, results + i);
    i = end + 1;
  }
  return accepted;
}
