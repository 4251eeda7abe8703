/* model.c - the model's memory, the passing of time in it, and what it makes of the bank's answers.
 */
#include "cli/sim/model.h"

#include <stdlib.h>
#include <string.h>

enum { ATTEMPT_IS_APPROVED = 2, ATTEMPT_IS_DECLINED, ATTEMPT_IS_GIVEN_UP };

const char *const order_words[] = {"placed", "paid", "completed", "cancelled"};
const char *const child_words[] = {"placed",    "paid",      "shipped",
                                   "delivered", "cancelled", "returned"};

void *model_grow(void *list, size_t count, size_t *room, size_t size) {
  if (count < *room) return list;
  *room = *room == 0 ? 64 : *room * 2;
  list = realloc(list, *room * size);
  if (list == NULL) abort();
  memset((char *)list + count * size, 0, (*room - count) * size);
  return list;
}

void model_release(model *m) {
  free(m->orders);
  free(m->owed);
  free(m->vouchers);
  free(m->moves);
  free(m->transfers);
  free(m->heard);
}

/* --- time ------------------------------------------------------------------------------------- */

/* Goods of an order that nobody pays are free when its time is over, whether or not the order has
 * been given up yet. */
void model_time_passes(world *w) {
  model *m = w->model;
  instant now = world_now(w);
  if (now > m->latest) m->latest = now;
  for (size_t i = 0; i < m->orders_count; i++) {
    m_order *o = &m->orders[i];
    if (o->state != IS_PLACED || o->expires == 0 || o->expires > now || o->holds_gone) continue;
    o->holds_gone = true;
    for (size_t k = 0; k < o->line_count; k++)
      o->lines[k].of->reserved -= o->lines[k].quantity;
  }
}

void model_settle(world *w, date through) {
  model *m = w->model;
  if (through > m->settled_through) m->settled_through = through;
  for (size_t i = 0; i < m->owed_count; i++) {
    if (m->owed[i].due <= through) m->owed[i].settled = true;
  }
}

/* --- the bank's answers ----------------------------------------------------------------------- */

static void hear_move(model *m, bool approved, const wallet_move_m *v) {
  m_buyer *b = &m->buyers[v->buyer];
  if (v->out) {
    b->held -= v->amount;
    if (approved) b->balance -= v->amount;
  } else if (approved) {
    b->balance += v->amount;
  }
  b->lines += approved;
}

static void hear_payment(model *m, bool approved, m_order *o) {
  if (o->state != IS_PLACED) return;
  if (approved)
    model_paid(m, o);
  else
    model_unpaid_cancelled(m, o);
}

static m_order *order_of_token(model *m, const char *token) {
  for (size_t k = m->orders_count; k > 0; k--) {
    m_order *o = &m->orders[k - 1];
    for (size_t t = 0; t < o->tender_count; t++) {
      if (o->tenders[t].kind == T_CHANNEL && strcmp(o->tenders[t].token, token) == 0) return o;
    }
  }
  return NULL;
}

/* What the bank will not take back goes to the payer's wallet. */
static void hear_refund(world *w, const ended_attempt *a) {
  model *m = w->model;
  const bank_record *sale = bank_find(&w->bank, a->original);
  m_order *o = sale == NULL ? NULL : order_of_token(m, sale->token);
  if (o == NULL) {
    world_fail(w, "a refund of %lld has no sale at the bank", (long long)a->amount);
    return;
  }
  o->returned += a->amount;
  if (a->state != ATTEMPT_IS_DECLINED) return;
  m->buyers[o->buyer].balance += a->amount;
  m->buyers[o->buyer].lines++;
}

/* What the program takes for the end must be what the bank did, and has said. */
static void check_end(world *w, const ended_attempt *a) {
  const bank_record *r = bank_find(&w->bank, a->attempt);
  if (a->state == ATTEMPT_IS_GIVEN_UP) return;
  channel_outcome wanted = a->state == ATTEMPT_IS_DECLINED ? OUTCOME_DECLINED : OUTCOME_APPROVED;
  if (r == NULL || !r->told || r->fate != wanted)
    world_fail(w, "an attempt of %lld counts as %s; the bank said otherwise", (long long)a->amount,
               wanted == OUTCOME_DECLINED ? "declined" : "approved");
}

static void hear(world *w, const ended_attempt *a) {
  model *m = w->model;
  bool approved = a->state == ATTEMPT_IS_APPROVED;
  check_end(w, a);
  if (a->kind == ATTEMPT_REFUND) {
    hear_refund(w, a);
    return;
  }
  for (size_t i = 0; i < m->moves_count; i++) {
    if (strcmp(m->moves[i].token, a->token) != 0) continue;
    hear_move(m, approved, &m->moves[i]);
    return;
  }
  m_order *o = order_of_token(m, a->token);
  if (o != NULL) hear_payment(m, approved, o);
}

static bool was_heard(const model *m, id attempt) {
  for (size_t i = m->heard_count; i > 0; i--) {
    if (m->heard[i - 1] == attempt) return true;
  }
  return false;
}

void model_bank_news(world *w) {
  ended_attempt *list;
  size_t count;
  if (!world_ended_attempts(w, &list, &count)) return;
  for (size_t i = 0; i < count && !w->failed; i++) {
    if (was_heard(w->model, list[i].attempt)) continue;
    ADD_TO(w->model, heard) = list[i].attempt;
    hear(w, &list[i]);
  }
}
