/* acts_shop.c - what happens to orders afterwards: cancelling, shipping, confirming, refunds and
 * returns, by those who may and now and then by a stranger; and goods that come in or are counted.
 */
#include "cli/sim/model.h"

#include <string.h>

/* p[0]: the order's id; n[0]: the child's number; n[1]: who asks, as a seller or buyer. */
static m_order *order_of(world *w, const ask *a) { return model_order(w->model, a->p[0]); }

static void check_view(world *w, const m_order *o, const ask *a) {
  const char *state = j_text(a->json, "state");
  if (strcmp(state, order_words[o->state]) != 0)
    world_fail(w, "%s: the order is %s, expected %s", a->path, state, order_words[o->state]);
}

/* --- cancelling ------------------------------------------------------------------------------- */

static bool may_cancel_child(const m_order *o, size_t child) {
  const m_child *ch = &o->children[child];
  if (ch->state != CH_PLACED && ch->state != CH_PAID) return false;
  for (size_t i = 0; i < o->line_count; i++) {
    if (o->lines[i].child == (int)child && o->lines[i].sent) return false;
  }
  return true;
}

/* What is left of a child, added to the sums. */
static void take_rest(m_order *o, const m_child *ch, int64_t *amount, int64_t *commission) {
  for (size_t i = 0; i < o->line_count; i++) {
    m_line *l = &o->lines[i];
    int64_t part;
    if (&o->children[l->child] != ch) continue;
    int64_t left = model_line_left(l);
    if (left == 0) {
      l->refunded_units = l->quantity;
      continue;
    }
    model_refund_line(l, l->quantity - l->refunded_units, left, &part);
    *amount += left;
    *commission += part;
  }
}

static void give_all(model *m, m_order *o, m_child *ch) {
  int64_t amount = 0, commission = 0;
  take_rest(o, ch, &amount, &commission);
  if (amount > 0) model_give_back(m, o, ch, amount, commission);
}

static void cancel_paid(model *m, m_order *o, size_t child) {
  give_all(m, o, &o->children[child]);
  model_free_goods(o, (int)child);
  o->children[child].state = CH_CANCELLED;
}

static void apply_cancel(world *w, ask *a) {
  model *m = w->model;
  m_order *o = order_of(w, a);
  if (is_frozen(w, a, &m->buyers[a->n[1]])) return;
  if (a->n[1] != o->buyer) {
    agrees(w, a, false, 404, "not_found");
    return;
  }
  if (o->state == IS_PLACED && o->tender_count > 0) { /* the bank has been asked */
    agrees(w, a, false, 409, "in_flight");
    return;
  }
  bool good = o->state == IS_PLACED || o->state == IS_PAID;
  for (size_t i = 0; good && o->state == IS_PAID && i < o->child_count; i++)
    good = o->children[i].state == CH_CANCELLED || may_cancel_child(o, i);
  if (!agrees(w, a, good, 409, "conflict")) return;
  if (o->state == IS_PLACED) {
    model_unpaid_cancelled(m, o);
  } else {
    for (size_t i = 0; i < o->child_count; i++) {
      if (o->children[i].state != CH_CANCELLED) cancel_paid(m, o, i);
    }
    o->state = model_order_state(o);
  }
  check_view(w, o, a);
}

static void apply_child_cancel(world *w, ask *a) {
  m_order *o = order_of(w, a);
  size_t child = (size_t)a->n[0];
  if (a->n[1] != o->children[child].seller) {
    agrees(w, a, false, 404, "not_found");
    return;
  }
  if (o->state == IS_PLACED && o->child_count == 1 && o->tender_count > 0) {
    agrees(w, a, false, 409, "in_flight");
    return;
  }
  bool good = o->state == IS_PLACED ? o->child_count == 1
                                    : o->state == IS_PAID && may_cancel_child(o, child);
  if (!agrees(w, a, good, 409, "conflict")) return;
  if (o->state == IS_PLACED) {
    model_unpaid_cancelled(w->model, o);
    return;
  }
  cancel_paid(w->model, o, child);
  o->state = model_order_state(o);
}

/* --- leaving and arriving --------------------------------------------------------------------- */

static void apply_ship(world *w, ask *a) {
  m_order *o = order_of(w, a);
  m_child *ch = &o->children[a->n[0]];
  if (a->n[1] != ch->seller) {
    agrees(w, a, false, 404, "not_found");
    return;
  }
  if (!agrees(w, a, ch->state == CH_PAID || ch->state == CH_SHIPPED, 409, "conflict")) return;
  for (size_t i = 0; i < o->line_count; i++) {
    m_line *l = &o->lines[i];
    if (l->child != a->n[0] || !l->held) continue;
    l->held = false;
    l->sent = true;
    l->of->reserved -= l->quantity;
    l->of->on_hand -= l->quantity;
  }
  ch->state = CH_SHIPPED;
}

static void apply_confirm(world *w, ask *a) {
  m_order *o = order_of(w, a);
  m_child *ch = &o->children[a->n[0]];
  if (is_frozen(w, a, &w->model->buyers[a->n[1]])) return;
  if (a->n[1] != o->buyer) {
    agrees(w, a, false, 404, "not_found");
    return;
  }
  if (!agrees(w, a, ch->state == CH_SHIPPED, 409, "conflict")) return;
  ch->state = CH_DELIVERED;
  model_release_child(w->model, o, ch, (date)a->n[2]);
  o->state = model_order_state(o);
  check_view(w, o, a);
}

/* --- refunds and returns ---------------------------------------------------------------------- */

/* n[2]: the line, -1: all that is left; n[3], n[4]: units and amount. */
static void apply_refund(world *w, ask *a) {
  m_order *o = order_of(w, a);
  m_child *ch = &o->children[a->n[0]];
  if (a->n[1] != ch->seller) {
    agrees(w, a, false, 404, "not_found");
    return;
  }
  if (ch->state == CH_PLACED || ch->state == CH_CANCELLED) {
    agrees(w, a, false, 409, "conflict");
    return;
  }
  if (a->n[2] < 0) {
    if (!agrees(w, a, ch->items + ch->freight > ch->refunded, 422, "rule_refused")) return;
    give_all(w->model, o, ch);
    return;
  }
  m_line copy = o->lines[a->n[2]];
  int64_t commission = 0, give = model_refund_line(&copy, a->n[3], a->n[4], &commission);
  if (!agrees(w, a, give > 0, 422, "rule_refused")) return;
  o->lines[a->n[2]] = copy;
  model_give_back(w->model, o, ch, give, commission);
}

/* n[2]: the line; n[3]: units. */
static void apply_ask_return(world *w, ask *a) {
  m_order *o = order_of(w, a);
  m_line *l = &o->lines[a->n[2]];
  const m_child *ch = &o->children[l->child];
  if (is_frozen(w, a, &w->model->buyers[a->n[1]])) return;
  if (a->n[1] != o->buyer) {
    agrees(w, a, false, 404, "not_found");
    return;
  }
  int64_t given = l->returned_units > l->refunded_units ? l->returned_units : l->refunded_units;
  int64_t left = l->sent ? l->quantity - given - l->asked_units : 0;
  if (a->n[3] > left) {
    agrees(w, a, false, 422, "rule_refused");
    return;
  }
  if (!agrees(w, a, ch->state == CH_SHIPPED || ch->state == CH_DELIVERED, 409, "conflict")) return;
  l->asked_units += a->n[3];
  m_return *ret = &o->returns[o->return_count < RETURNS ? o->return_count++ : RETURNS - 1];
  *ret = (m_return){.child = l->child, .line = (int)a->n[2], .units = a->n[3], .open = true};
  snprintf(ret->id, ID_ROOM, "%s", j_text(a->json, "return"));
}

static bool all_returned(const m_order *o, int child) {
  for (size_t i = 0; i < o->line_count; i++) {
    if (o->lines[i].child == child && o->lines[i].returned_units < o->lines[i].quantity)
      return false;
  }
  return true;
}

/* n[2]: accepted; n[3]: damaged; n[4]: which return. Units refunded meanwhile, without the goods,
 * stand in its way. */
static void apply_decide(world *w, ask *a) {
  m_order *o = order_of(w, a);
  m_return *ret = &o->returns[a->n[4]];
  m_child *ch = &o->children[ret->child];
  m_line copy = o->lines[ret->line], *l = &o->lines[ret->line];
  if (a->n[1] != ch->seller) {
    agrees(w, a, false, 404, "not_found");
    return;
  }
  if (!ret->open) {
    agrees(w, a, false, 409, "conflict");
    return;
  }
  int64_t commission = 0, give = 0;
  if (a->n[2]) give = model_refund_line(&copy, ret->units, 0, &commission);
  if (give < 0) {
    agrees(w, a, false, 422, "rule_refused");
    return;
  }
  if (!agrees(w, a, true, 0, "")) return;
  ret->open = false;
  l->asked_units -= ret->units;
  if (!a->n[2]) return;
  copy.asked_units = l->asked_units;
  *l = copy;
  l->returned_units += ret->units;
  if (!a->n[3]) l->of->on_hand += ret->units;
  /* All came back before it arrived: the freight is not the seller's either. */
  if (ch->state == CH_SHIPPED && all_returned(o, ret->child)) take_rest(o, ch, &give, &commission);
  if (give > 0) model_give_back(w->model, o, ch, give, commission);
  if (!all_returned(o, ret->child)) return;
  ch->state = CH_RETURNED;
  o->state = model_order_state(o);
}

/* --- goods ------------------------------------------------------------------------------------ */

static void apply_stock(world *w, ask *a) {
  m_good *g = a->p[0];
  if (a->n[0] > 0) {
    if (agrees(w, a, true, 0, "")) g->on_hand += a->n[0];
    return;
  }
  bool good = g->on_hand - g->reserved >= -a->n[0];
  if (agrees(w, a, good, 422, "insufficient_stock")) g->on_hand += a->n[0];
}

static bool ask_stock(world *w, ask *a) {
  m_seller *s = &w->model->sellers[draw(w, SELLERS)];
  m_good *g = &s->goods[draw(w, GOODS)];
  int64_t n = chance(w, 4) ? -1 - draw(w, 30) : 1 + draw(w, 20);
  *a = (ask){.who = s->key, .method = "POST", .apply = apply_stock, .n = {n}, .p = {g}};
  snprintf(a->path, sizeof a->path, "/v1/stock/%s", n > 0 ? "receipts" : "adjustments");
  snprintf(a->body, sizeof a->body, "{\"variant\":\"%s\",\"warehouse\":\"%s\",\"quantity\":%lld}",
           g->variant, s->warehouse, (long long)n);
  return true;
}

/* --- asking ----------------------------------------------------------------------------------- */

static bool is_sellers(int way) { return way == 1 || way == 2 || way == 4 || way == 6; }

static void fill_refund(world *w, ask *a, const m_order *o) {
  a->n[2] = -1;
  if (chance(w, 4)) {
    snprintf(a->body, sizeof a->body, "{}");
    return;
  }
  for (size_t i = 0; i < o->line_count; i++) {
    if (o->lines[i].child == a->n[0] && (a->n[2] < 0 || chance(w, 2))) a->n[2] = (int64_t)i;
  }
  a->n[3] = draw(w, 3);
  a->n[4] = a->n[3] == 0 || chance(w, 4) ? 1 + draw(w, 3000) : 0;
  snprintf(a->body, sizeof a->body,
           "{\"lines\":[{\"line\":\"%s\",\"quantity\":%lld,\"amount\":%lld}],\"reason\":\"sorry\"}",
           o->lines[a->n[2]].id, (long long)a->n[3], (long long)a->n[4]);
}

static void fill_return(world *w, ask *a, const m_order *o) {
  a->n[2] = draw(w, (int64_t)o->line_count);
  a->n[0] = o->lines[a->n[2]].child;
  a->n[3] = 1 + draw(w, 2);
  snprintf(a->body, sizeof a->body,
           "{\"lines\":[{\"line\":\"%s\",\"quantity\":%lld}],\"reason\":\"no\"}",
           o->lines[a->n[2]].id, (long long)a->n[3]);
}

static void fill_decision(world *w, ask *a) {
  a->n[2] = !chance(w, 4);
  a->n[3] = a->n[2] && chance(w, 4);
  snprintf(a->body, sizeof a->body, "{\"accept\":%s,\"damaged\":%s}", a->n[2] ? "true" : "false",
           a->n[3] ? "true" : "false");
}

static bool ask_about(world *w, ask *a, m_order *o) {
  static void (*const rules[])(world *, ask *) = {
      apply_cancel, apply_child_cancel, apply_ship,  apply_confirm,
      apply_refund, apply_ask_return,   apply_decide};
  static const char *const words[] = {"cancel", "cancel", "ship", "confirm", "refund", "returns"};
  static const int ways[] = {0, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 5, 6, 6, 6};
  int way = ways[draw(w, COUNT_OF(ways))];
  model *m = w->model;
  *a = (ask){.method = "POST", .apply = rules[way]};
  a->p[0] = str_zero(w->step, str_from(o->id));
  a->n[0] = draw(w, (int64_t)o->child_count);
  if (way == 5 && o->return_count == RETURNS) return false;
  if (way == 5) fill_return(w, a, o);
  if (way == 6 && o->return_count == 0) return false;
  if (way == 6) a->n[4] = draw(w, (int64_t)o->return_count);
  if (way == 6) a->n[0] = o->returns[a->n[4]].child;
  if (is_sellers(way)) {
    a->n[1] = chance(w, 15) ? draw(w, SELLERS) : o->children[a->n[0]].seller;
    a->who = m->sellers[a->n[1]].key;
  } else {
    a->n[1] = chance(w, 15) ? draw(w, BUYERS) : o->buyer;
    a->who = m->buyers[a->n[1]].key;
  }
  if (way == 4) fill_refund(w, a, o);
  if (way == 6) fill_decision(w, a);
  if (way <= 1) snprintf(a->body, sizeof a->body, "{\"reason\":\"no\"}");
  if (way == 3) a->n[2] = instant_date(world_now(w), 0);
  if (way == 0)
    snprintf(a->path, sizeof a->path, "/v1/orders/%s/cancel", o->id);
  else if (way == 6)
    snprintf(a->path, sizeof a->path, "/v1/orders/%s/returns/%s/decide", o->id,
             o->returns[a->n[4]].id);
  else
    snprintf(a->path, sizeof a->path, "/v1/orders/%s/child-orders/%s/%s", o->id,
             o->children[a->n[0]].id, words[way]);
  return true;
}

bool ask_shop(world *w, ask *a) {
  model *m = w->model;
  if (chance(w, 8)) return ask_stock(w, a);
  if (m->orders_count == 0 || chance(w, 4)) return ask_place(w, a);
  size_t recent = m->orders_count < 12 ? m->orders_count : 12;
  m_order *o = &m->orders[m->orders_count - 1 - (size_t)draw(w, (int64_t)recent)];
  bool unpaid = o->state == IS_PLACED && o->tender_count == 0;
  if ((unpaid && chance(w, 2)) || chance(w, 30)) return ask_pay(w, a, o);
  return ask_about(w, a, o);
}
