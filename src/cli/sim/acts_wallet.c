/* acts_wallet.c - buyers and their wallets: topping up and withdrawing through the bank, paying one
 * another; and the program that only keeps books: transfers, holds, their ends, reversals. */
#include "cli/sim/model.h"

#include <string.h>

bool code_is(const ask *a, const char *code) { return strcmp(j_text(a->json, "code"), code) == 0; }

/* The answer that was expected: success, or a refusal of this status and code. */
bool agrees(world *w, const ask *a, bool good, int refusal, const char *code) {
  bool same = good ? a->status < 300 : a->status == refusal && code_is(a, code);
  if (!same)
    world_fail(w, "%s %s %s: answered %d %s (%s), expected %d %s", a->method, a->path, a->body,
               a->status, j_text(a->json, "code"), j_text(a->json, "detail"), good ? 200 : refusal,
               good ? "" : code);
  return same && good;
}

/* A frozen person is told nothing but that. */
bool is_frozen(world *w, const ask *a, const m_buyer *b) {
  if (!b->frozen) return false;
  if (a->status != 401 && a->status != 403)
    world_fail(w, "%s %s: a frozen person was answered %d", a->method, a->path, a->status);
  return true;
}

/* --- wallets ---------------------------------------------------------------------------------- */

static void apply_transfer(world *w, ask *a) {
  model *m = w->model;
  m_buyer *from = &m->buyers[a->n[0]], *to = &m->buyers[a->n[1]];
  int64_t amount = a->n[2];
  if (is_frozen(w, a, from)) return;
  if (from == to) {
    agrees(w, a, false, 422, "rule_refused");
    return;
  }
  bool good = from->balance - from->held >= amount;
  if (!agrees(w, a, good, 422, "insufficient_funds")) return;
  from->balance -= amount;
  to->balance += amount;
  from->lines++;
  to->lines++;
}

static void apply_top_up(world *w, ask *a) {
  if (is_frozen(w, a, &w->model->buyers[a->n[0]]) || !agrees(w, a, true, 0, "")) return;
  wallet_move_m *v = &ADD_TO(w->model, moves);
  *v = (wallet_move_m){.buyer = (int)a->n[0], .amount = a->n[1]};
  snprintf(v->token, ID_ROOM, "%s", (const char *)a->p[0]);
}

static void apply_withdrawal(world *w, ask *a) {
  m_buyer *b = &w->model->buyers[a->n[0]];
  if (is_frozen(w, a, b)) return;
  if (!agrees(w, a, b->balance - b->held >= a->n[1], 422, "insufficient_funds")) return;
  wallet_move_m *v = &ADD_TO(w->model, moves);
  *v = (wallet_move_m){.buyer = (int)a->n[0], .amount = a->n[1], .out = true};
  snprintf(v->token, ID_ROOM, "%s", (const char *)a->p[0]);
  b->held += a->n[1];
}

char *new_token(world *w) {
  const char *word = chance(w, 5) ? "no" : "yes";
  return str_zero(w->step, str_format(w->step, "%s-%lld", word, (long long)++w->model->tokens));
}

static void through_bank(world *w, ask *a, int who, bool out) {
  const m_buyer *b = &w->model->buyers[who];
  int64_t spare = b->balance - b->held;
  int64_t amount = out ? 1 + draw(w, spare > 10 ? spare / 2 + (chance(w, 6) ? spare : 0) : 50)
                       : 1 + draw(w, 30000);
  char *token = new_token(w);
  snprintf(a->path, sizeof a->path, "/v1/wallet/%s", out ? "withdrawals" : "top-ups");
  snprintf(a->body, sizeof a->body,
           "{\"amount\":%lld,\"currency\":\"CNY\",\"channel\":\"%s\",\"method\":\"%s\",\"token\":"
           "\"%s\"}",
           (long long)amount, w->model->channel, out ? "bank" : "card", token);
  a->n[1] = amount;
  a->p[0] = token;
  a->apply = out ? apply_withdrawal : apply_top_up;
}

bool ask_wallet(world *w, ask *a) {
  model *m = w->model;
  int who = (int)draw(w, BUYERS);
  *a = (ask){.who = m->buyers[who].key, .method = "POST", .n = {who}};
  if (chance(w, 3)) {
    through_bank(w, a, who, chance(w, 2));
    return true;
  }
  const m_buyer *b = &m->buyers[who];
  int64_t spare = b->balance - b->held;
  a->n[1] = draw(w, BUYERS);
  a->n[2] = 1 + draw(w, spare > 4 && !chance(w, 6) ? spare / 3 : spare + 2000);
  a->apply = apply_transfer;
  snprintf(a->path, sizeof a->path, "/v1/wallet/transfers");
  snprintf(a->body, sizeof a->body, "{\"to\":\"%s\",\"amount\":%lld,\"currency\":\"CNY\"}",
           m->buyers[a->n[1]].id, (long long)a->n[2]);
  return true;
}

/* --- books ------------------------------------------------------------------------------------ */

static int64_t spare_of(const m_account *x) { return x->credits - x->debits - x->debits_held; }

static m_transfer *note_transfer(model *m, const ask *a, int debit, int credit, int64_t amount) {
  m_transfer *x = &ADD_TO(m, transfers);
  *x = (m_transfer){.debit = debit, .credit = credit, .amount = amount};
  snprintf(x->id, ID_ROOM, "%s", (const char *)a->p[0]);
  m->accounts[debit].lines++;
  m->accounts[credit].lines++;
  return x;
}

static void move(model *m, int debit, int credit, int64_t amount) {
  m->accounts[debit].debits += amount;
  m->accounts[credit].credits += amount;
}

static void apply_post(world *w, ask *a) {
  model *m = w->model;
  int debit = (int)a->n[0], credit = (int)a->n[1];
  int64_t amount = a->n[2];
  const m_account *from = &m->accounts[debit];
  bool good = !from->has_floor || spare_of(from) >= amount;
  if (!agrees(w, a, good, 422, "insufficient_funds")) return;
  m_transfer *x = note_transfer(m, a, debit, credit, amount);
  if (a->n[3]) {
    x->is_hold = true;
    x->state = X_HELD;
    m->accounts[debit].debits_held += amount;
    m->accounts[credit].credits_held += amount;
  } else {
    move(m, debit, credit, amount);
  }
}

/* n: which hold, amount (0: void). */
static void apply_end(world *w, ask *a) {
  model *m = w->model;
  m_transfer *held = &m->transfers[a->n[0]];
  int debit = held->debit, credit = held->credit;
  int64_t amount = a->n[1];
  bool good = held->state == X_HELD && amount <= held->amount;
  if (!good && a->status >= 400 && a->status < 500) return; /* which of two reasons is open */
  if (!agrees(w, a, good, 422, "rule_refused")) return;
  held->state = X_ENDED;
  m->accounts[debit].debits_held -= held->amount;
  m->accounts[credit].credits_held -= held->amount;
  move(m, debit, credit, amount);
  note_transfer(m, a, debit, credit, amount)->is_end = amount == 0; /* a void moves nothing */
}

static void apply_reverse(world *w, ask *a) {
  model *m = w->model;
  m_transfer *was = &m->transfers[a->n[0]];
  const m_account *from = &m->accounts[was->credit];
  bool possible = !was->is_hold && !was->is_end && !was->reversed;
  bool good = possible && (!from->has_floor || spare_of(from) >= was->amount);
  if (!good) {
    if (a->status < 400 || a->status >= 500)
      world_fail(w, "%s: reversed though it can't be", a->path);
    return;
  }
  if (!agrees(w, a, good, 422, "rule_refused")) return;
  int debit = was->credit, credit = was->debit;
  int64_t amount = was->amount;
  was->reversed = true;
  move(m, debit, credit, amount);
  m_transfer *x = note_transfer(m, a, debit, credit, amount);
  x->reversed = true; /* a reversal is not reversed */
}

static char *new_transfer_id(world *w) {
  uint64_t high = rng_next(w->random), low = rng_next(w->random) | 1;
  return str_zero(w->step, str_format(w->step, "%016llx%016llx", (unsigned long long)high,
                                      (unsigned long long)low));
}

static void ask_post(world *w, ask *a) {
  int debit = (int)draw(w, ACCOUNTS),
      credit = (int)((debit + 1 + draw(w, ACCOUNTS - 1)) % ACCOUNTS);
  const m_account *from = &w->model->accounts[debit];
  bool holds = chance(w, 3);
  int64_t most = from->has_floor && !chance(w, 5) ? spare_of(from) : 5000;
  int64_t amount = 1 + draw(w, most > 1 ? most : 1000);
  a->n[0] = debit;
  a->n[1] = credit;
  a->n[2] = amount;
  a->n[3] = holds;
  a->apply = apply_post;
  snprintf(a->path, sizeof a->path, "/v1/transfers");
  snprintf(a->body, sizeof a->body,
           "{\"id\":\"%s\",\"debit_account\":\"%s\",\"credit_account\":\"%s\",\"amount\":%lld,"
           "\"kind\":\"%s\"}",
           (const char *)a->p[0], from->id, w->model->accounts[credit].id, (long long)amount,
           holds ? "pending" : "transfer");
}

static void ask_end(world *w, ask *a, size_t which) {
  const m_transfer *held = &w->model->transfers[which];
  bool post = chance(w, 2);
  a->n[0] = (int64_t)which;
  a->n[1] = post ? 1 + draw(w, held->amount + (chance(w, 8) ? 10 : 0)) : 0;
  a->apply = apply_end;
  snprintf(a->path, sizeof a->path, "/v1/transfers");
  int len =
      snprintf(a->body, sizeof a->body, "{\"id\":\"%s\",\"pending_id\":\"%s\",\"kind\":\"%s\"",
               (const char *)a->p[0], held->id, post ? "post" : "void");
  size_t room = sizeof a->body - (size_t)len;
  if (post)
    snprintf(a->body + len, room, ",\"amount\":%lld}", (long long)a->n[1]);
  else
    snprintf(a->body + len, room, "}");
}

bool ask_books(world *w, ask *a) {
  const model *m = w->model;
  *a = (ask){
      .who = m->operator_key[0], .method = "POST", .keyless = true, .p = {new_transfer_id(w)}};
  if (m->transfers_count == 0 || !chance(w, 2)) {
    ask_post(w, a);
    return true;
  }
  size_t recent = m->transfers_count < 30 ? m->transfers_count : 30;
  size_t which = m->transfers_count - 1 - (size_t)draw(w, (int64_t)recent);
  if (m->transfers[which].is_hold) {
    ask_end(w, a, which);
    return true;
  }
  a->n[0] = (int64_t)which;
  a->apply = apply_reverse;
  snprintf(a->path, sizeof a->path, "/v1/transfers/%s/reverse", m->transfers[which].id);
  snprintf(a->body, sizeof a->body, "{\"id\":\"%s\"}", (const char *)a->p[0]);
  return true;
}
