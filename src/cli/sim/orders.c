/* orders.c - the model's own sums about orders: what is held, released, given back and to whom. */
#include "cli/sim/model.h"

#include <string.h>

m_order *model_order(model *m, const char *text) {
  for (size_t i = m->orders_count; i > 0; i--) {
    if (strcmp(m->orders[i - 1].id, text) == 0) return &m->orders[i - 1];
  }
  return NULL;
}

m_child *model_child(m_order *o, const char *text) {
  for (size_t i = 0; i < o->child_count; i++) {
    if (strcmp(o->children[i].id, text) == 0) return &o->children[i];
  }
  return NULL;
}

m_line *model_line(m_order *o, const char *text) {
  for (size_t i = 0; i < o->line_count; i++) {
    if (strcmp(o->lines[i].id, text) == 0) return &o->lines[i];
  }
  return NULL;
}

int64_t half_up(int64_t amount, int64_t by, int64_t of) {
  return (amount * by * 2 + of) / (of * 2); /* a simulation's sums are small */
}

int64_t model_line_left(const m_line *l) {
  return l->quantity * l->price + l->freight - l->refunded;
}

order_is model_order_state(const m_order *o) {
  size_t over = 0, cancelled = 0;
  for (size_t i = 0; i < o->child_count; i++) {
    child_is s = o->children[i].state;
    cancelled += s == CH_CANCELLED;
    over += s == CH_CANCELLED || s == CH_DELIVERED || s == CH_RETURNED;
  }
  if (cancelled == o->child_count) return IS_CANCELLED;
  return over == o->child_count ? IS_COMPLETED : o->state;
}

/* --- paying ----------------------------------------------------------------------------------- */

static bool has_channel(const m_order *o) {
  for (size_t i = 0; i < o->tender_count; i++) {
    if (o->tenders[i].kind == T_CHANNEL) return true;
  }
  return false;
}

/* One posted line of the wallet's statement for each part of a payment. */
static int64_t parts_of(const m_order *o, size_t tender) {
  int64_t n = 0;
  for (size_t i = 0; i < o->part_count; i++)
    n += (size_t)o->parts[i].tender == tender;
  return n;
}

void model_paid(model *m, m_order *o) {
  bool was_held = has_channel(o);
  m_buyer *b = &m->buyers[o->buyer];
  for (size_t i = 0; i < o->tender_count; i++) {
    const m_tender *t = &o->tenders[i];
    if (t->kind == T_BALANCE) {
      b->balance -= t->amount;
      b->lines += parts_of(o, i);
      if (was_held) b->held -= t->amount;
    }
    if (t->kind == T_VOUCHER || t->kind == T_CAMPAIGN) {
      m->budget -= t->amount;
      if (was_held) m->budget_held -= t->amount;
    }
  }
  o->state = IS_PAID;
  o->captured = o->total;
  o->expires = 0;
  for (size_t i = 0; i < o->child_count; i++)
    o->children[i].state = CH_PAID;
}

static void free_voucher(model *m, const char *code) {
  for (size_t i = 0; i < m->vouchers_count; i++) {
    if (strcmp(m->vouchers[i].code, code) == 0) m->vouchers[i].used = false;
  }
}

void model_free_goods(m_order *o, int child) {
  for (size_t i = 0; i < o->line_count; i++) {
    m_line *l = &o->lines[i];
    if ((child >= 0 && l->child != child) || !l->held) continue;
    l->held = false;
    if (!o->holds_gone) l->of->reserved -= l->quantity;
  }
}

void model_unpaid_cancelled(model *m, m_order *o) {
  for (size_t i = 0; i < o->tender_count; i++) {
    const m_tender *t = &o->tenders[i];
    if (t->kind == T_BALANCE) m->buyers[o->buyer].held -= t->amount;
    if (t->kind == T_VOUCHER || t->kind == T_CAMPAIGN) m->budget_held -= t->amount;
    if (t->kind == T_VOUCHER) free_voucher(m, t->token);
  }
  model_free_goods(o, -1);
  o->state = IS_CANCELLED;
  for (size_t i = 0; i < o->child_count; i++)
    o->children[i].state = CH_CANCELLED;
}

/* --- the seller's share ----------------------------------------------------------------------- */

static void owe(model *m, const m_child *ch, bool is_reserve, date due, int64_t amount) {
  owed *item = &ADD_TO(m, owed);
  *item = (owed){.seller = ch->seller, .is_reserve = is_reserve, .due = due, .amount = amount};
  memcpy(item->child, ch->id, sizeof item->child);
}

enum { RESERVE_DAYS = 90, PPB = 1000000000 };

void model_release_child(model *m, m_order *o, m_child *ch, date today) {
  UNUSED(o);
  const m_seller *s = &m->sellers[ch->seller];
  int64_t gross = ch->items + ch->freight - ch->refunded;
  int64_t commission = ch->commission - ch->commission_back;
  ch->released = true;
  if (gross == 0) return;
  int64_t kept = half_up(gross, s->reserve_ppb, PPB);
  if (kept > gross - commission) kept = gross - commission;
  date due = today + (date)s->settle_days;
  owe(m, ch, false, due, gross - commission - kept);
  if (kept > 0) owe(m, ch, true, due + RESERVE_DAYS, kept);
}

static int64_t take_owed(model *m, const m_child *ch, bool is_reserve, int64_t wanted) {
  for (size_t i = 0; i < m->owed_count; i++) {
    owed *item = &m->owed[i];
    if (item->settled || item->is_reserve != is_reserve || strcmp(item->child, ch->id) != 0)
      continue;
    int64_t taken = wanted < item->amount ? wanted : item->amount;
    item->amount -= taken;
    return taken;
  }
  return 0;
}

/* --- giving back ------------------------------------------------------------------------------ */

/* From how many sources a refund is drawn, in order: each meets the parts in order too, and every
 * meeting is an entry of its own. */
typedef struct sources {
  int64_t amount[4];
  size_t count;
} sources;

static sources sources_of(model *m, const m_child *ch, int64_t amount, int64_t commission_back) {
  sources s = {.count = 0};
  if (!ch->released) {
    s.amount[s.count++] = amount;
    return s;
  }
  int64_t left = amount - commission_back;
  int64_t share = take_owed(m, ch, false, left), kept = take_owed(m, ch, true, left - share);
  int64_t parts[4] = {commission_back, share, kept, left - share - kept};
  for (size_t i = 0; i < 4; i++) {
    if (parts[i] > 0) s.amount[s.count++] = parts[i];
  }
  return s;
}

/* How many of the sources' entries fall into a stretch of the refund. */
static int64_t entries_within(const sources *s, int64_t from, int64_t to) {
  int64_t at = 0, n = 0;
  for (size_t i = 0; i < s->count; i++) {
    int64_t end = at + s->amount[i];
    n += at < to && end > from;
    at = end;
  }
  return n;
}

static void give_to_source(model *m, m_order *o, const m_part *p, int64_t amount, int64_t entries) {
  switch (o->tenders[p->tender].kind) {
  case T_BALANCE:
    m->buyers[o->buyer].balance += amount;
    m->buyers[o->buyer].lines += entries;
    o->returned += amount;
    break;
  case T_VOUCHER:
  case T_CAMPAIGN:
    m->budget += amount;
    o->returned += amount;
    break;
  case T_CHANNEL: break; /* when the bank has taken it */
  }
}

/* A voucher is good again with the refund that makes it whole, and may then be used elsewhere. */
static void free_whole_vouchers(model *m, const m_order *o, const int64_t back[PARTS]) {
  for (size_t t = 0; t < o->tender_count; t++) {
    int64_t left = 0, now = 0;
    for (size_t i = 0; i < o->part_count; i++) {
      if ((size_t)o->parts[i].tender != t) continue;
      left += o->parts[i].amount - o->parts[i].refunded;
      now += back[i];
    }
    if (o->tenders[t].kind == T_VOUCHER && left == 0 && now > 0)
      free_voucher(m, o->tenders[t].token);
  }
}

void model_give_back(model *m, m_order *o, m_child *ch, int64_t amount, int64_t commission_back) {
  int64_t back[PARTS] = {0}, left = amount, at = 0;
  int child = (int)(ch - o->children);
  ch->refunded += amount;
  o->refunded += amount;
  ch->commission_back += commission_back;
  for (size_t i = o->part_count; i > 0; i--) {
    m_part *p = &o->parts[i - 1];
    if (p->child != child) continue;
    int64_t room = p->amount - p->refunded;
    back[i - 1] = left < room ? left : room;
    left -= back[i - 1];
  }
  sources s = sources_of(m, ch, amount, ch->released ? commission_back : 0);
  for (size_t i = 0; i < o->part_count; i++) {
    if (back[i] == 0) continue;
    o->parts[i].refunded += back[i];
    give_to_source(m, o, &o->parts[i], back[i], entries_within(&s, at, at + back[i]));
    at += back[i];
  }
  free_whole_vouchers(m, o, back);
}

/* What giving back units, an amount or both comes to; -1: more than may be. */
int64_t model_refund_line(m_line *l, int64_t units, int64_t amount, int64_t *commission_back) {
  int64_t left = model_line_left(l), items = l->quantity * l->price;
  if (units < 0 || units > l->quantity - l->refunded_units) return -1;
  if (units == 0 && amount <= 0) return -1;
  int64_t give = amount > 0 ? amount : units * l->price < left ? units * l->price : left;
  if (give > left) return -1;
  l->refunded_units += units;
  l->refunded += give;
  int64_t counted = l->refunded < items ? l->refunded : items;
  int64_t due = items == 0 ? 0 : half_up(l->commission, counted, items);
  *commission_back = due - l->commission_back;
  l->commission_back = due;
  return give;
}
