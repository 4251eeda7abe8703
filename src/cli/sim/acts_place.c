/* acts_place.c - placing orders and paying them: lines of several sellers, tenders of every kind,
 * some of them wrong. The model says which refusals are possible; when there is exactly one reason,
 * the answer has to name it. */
#include "cli/sim/model.h"

#include <string.h>

enum { REASONS_MAX = 8, HOUR_HALF_S = 1800 };

typedef struct reasons {
  const char *codes[REASONS_MAX];
  size_t count;
} reasons;

static void because(reasons *r, const char *code) { r->codes[r->count++] = code; }

static bool was_refused_for(world *w, const ask *a, const reasons *r) {
  for (size_t i = 0; i < r->count; i++) {
    if (a->status >= 400 && a->status < 500 && code_is(a, r->codes[i])) return true;
  }
  world_fail(w, "%s %s: answered %d %s (%s), expected a refusal like %s", a->path, a->body,
             a->status, j_text(a->json, "code"), j_text(a->json, "detail"), r->codes[0]);
  return false;
}

static voucher *voucher_of(model *m, const char *code) {
  for (size_t i = 0; i < m->vouchers_count; i++) {
    if (strcmp(m->vouchers[i].code, code) == 0) return &m->vouchers[i];
  }
  return NULL;
}

/* --- reasons to refuse ------------------------------------------------------------------------ */

static void check_goods(const m_order *o, reasons *r) {
  for (size_t i = 0; i < o->line_count; i++) {
    const m_line *l = &o->lines[i];
    if (l->of->on_hand - l->of->reserved < l->quantity) {
      because(r, "insufficient_stock");
      return;
    }
  }
}

static void check_tenders(model *m, const m_order *o, reasons *r) {
  int64_t sum = 0, budget = m->budget - m->budget_held, given = 0;
  const m_buyer *b = &m->buyers[o->buyer];
  int64_t wallet = b->balance - b->held;
  for (size_t i = 0; i < o->tender_count; i++) {
    const m_tender *t = &o->tenders[i];
    const voucher *v = t->kind == T_VOUCHER ? voucher_of(m, t->token) : NULL;
    sum += t->amount;
    if (t->kind == T_BALANCE && (wallet -= t->amount) < 0) because(r, "insufficient_funds");
    bool of_budget = t->kind == T_VOUCHER || t->kind == T_CAMPAIGN;
    if (of_budget && (budget -= t->amount) < 0) because(r, "insufficient_funds");
    if (v != NULL && v->used) because(r, "conflict");
    if (v != NULL && t->amount > v->amount) because(r, "rule_refused");
    if (t->kind == T_CAMPAIGN && (given += t->amount) > m->per_order_max)
      because(r, "rule_refused");
  }
  if (o->tender_count > 0 && sum != o->total) because(r, "rule_refused");
}

/* --- what success means ----------------------------------------------------------------------- */

/* Tenders are laid over the children in order; where one ends within the other is a part. */
static void lay_parts(m_order *o) {
  size_t t = 0, ch = 0;
  int64_t left_t = 0, left_ch = 0;
  o->part_count = 0;
  while (t < o->tender_count && ch < o->child_count) {
    if (left_t == 0) left_t = o->tenders[t].amount;
    if (left_ch == 0) left_ch = o->children[ch].items + o->children[ch].freight;
    int64_t both = left_t < left_ch ? left_t : left_ch;
    o->parts[o->part_count++] = (m_part){.tender = (int)t, .child = (int)ch, .amount = both};
    left_t -= both;
    left_ch -= both;
    t += left_t == 0;
    ch += left_ch == 0;
  }
}

static bool waits_for_bank(const m_order *o) {
  for (size_t i = 0; i < o->tender_count; i++) {
    if (o->tenders[i].kind == T_CHANNEL) return true;
  }
  return false;
}

static void take_tenders(model *m, m_order *o) {
  bool waits = waits_for_bank(o);
  lay_parts(o);
  for (size_t i = 0; i < o->tender_count; i++) {
    const m_tender *t = &o->tenders[i];
    if (t->kind == T_VOUCHER) voucher_of(m, t->token)->used = true;
    if (!waits) continue;
    if (t->kind == T_BALANCE) m->buyers[o->buyer].held += t->amount;
    if (t->kind == T_VOUCHER || t->kind == T_CAMPAIGN) m->budget_held += t->amount;
  }
  if (!waits) model_paid(m, o);
}

static m_child *child_of_seller(m_order *o, int of) {
  for (size_t i = 0; i < o->child_count; i++) {
    if (o->children[i].seller == of) return &o->children[i];
  }
  m_child *ch = &o->children[o->child_count++];
  *ch = (m_child){.seller = of};
  return ch;
}

/* Money and children from the lines, in the order in which sellers are first met. */
static void total_up(const model *m, m_order *o) {
  for (size_t i = 0; i < o->line_count; i++) {
    m_line *l = &o->lines[i];
    m_child *ch = child_of_seller(o, l->of->seller);
    const m_seller *s = &m->sellers[ch->seller];
    l->child = (int)(ch - o->children);
    l->price = l->of->price;
    l->commission = half_up(l->price, s->commission_ppb, 1000000000) * l->quantity;
    ch->items += l->price * l->quantity;
    ch->commission += l->commission;
    ch->freight = s->freight;
  }
  for (size_t i = 0; i < o->child_count; i++)
    o->total += o->children[i].items + o->children[i].freight;
}

/* Ids, and how the freight was shared out, are the program's to choose; all else must agree. */
static void read_line(world *w, m_order *o, int child, const json_t *j) {
  for (size_t i = 0; i < o->line_count; i++) {
    m_line *l = &o->lines[i];
    if (l->child != child || strcmp(l->of->offer, j_text(j, "offer")) != 0) continue;
    snprintf(l->id, ID_ROOM, "%s", j_text(j, "line"));
    l->freight = j_int(j, "freight");
    if (j_int(j, "quantity") != l->quantity || j_int(j, "price") != l->price ||
        j_int(j, "commission") != l->commission)
      world_fail(w, "order %s: line %s is not what was ordered", o->id, l->id);
    return;
  }
  world_fail(w, "order %s: a line that nobody ordered", o->id);
}

static void read_order(world *w, m_order *o, const json_t *j) {
  snprintf(o->id, ID_ROOM, "%s", j_text(j, "order"));
  snprintf(o->payment, ID_ROOM, "%s", j_text(j, "payment"));
  json_t *children = j_at(j, "children");
  size_t i;
  json_t *of;
  json_array_foreach(children, i, of) {
    for (size_t k = 0; k < o->child_count; k++) {
      m_child *ch = &o->children[k];
      if (strcmp(w->model->sellers[ch->seller].id, j_text(of, "seller")) != 0) continue;
      int64_t freight = 0;
      snprintf(ch->id, ID_ROOM, "%s", j_text(of, "child"));
      size_t n;
      json_t *line;
      json_array_foreach(j_at(of, "lines"), n, line) {
        read_line(w, o, (int)k, line);
        freight += j_int(line, "freight");
      }
      if (freight != ch->freight || j_int(of, "total") != ch->items + ch->freight)
        world_fail(w, "order %s: a child's totals are wrong", o->id);
    }
  }
  if (j_int(j, "total") != o->total || json_array_size(children) != o->child_count)
    world_fail(w, "order %s comes to %lld, not %lld", o->id, (long long)j_int(j, "total"),
               (long long)o->total);
}

static void apply_place(world *w, ask *a) {
  model *m = w->model;
  m_order *planned = a->p[0];
  reasons r = {.count = 0};
  if (is_frozen(w, a, &m->buyers[planned->buyer])) return;
  check_goods(planned, &r);
  check_tenders(m, planned, &r);
  if (r.count > 0) {
    was_refused_for(w, a, &r);
    return;
  }
  if (!agrees(w, a, true, 0, "")) return;
  m_order *o = &ADD_TO(m, orders);
  *o = *planned;
  read_order(w, o, a->json);
  for (size_t i = 0; i < o->line_count; i++) {
    o->lines[i].held = true;
    o->lines[i].of->reserved += o->lines[i].quantity;
  }
  if (o->tender_count == 0)
    o->expires = a->n[0] + (instant)HOUR_HALF_S * MICROS_PER_SECOND;
  else
    take_tenders(m, o);
}

/* --- asking ----------------------------------------------------------------------------------- */

static void add_tender(m_order *o, tender_is kind, int64_t amount, const char *token) {
  if (amount <= 0 || o->tender_count == TENDERS) return;
  m_tender *t = &o->tenders[o->tender_count++];
  *t = (m_tender){.kind = kind, .amount = amount};
  snprintf(t->token, ID_ROOM, "%s", token);
}

static void choose_tenders(world *w, m_order *o) {
  model *m = w->model;
  int64_t left = o->total;
  const voucher *v = &m->vouchers[draw(w, (int64_t)m->vouchers_count)];
  o->tender_count = 0;
  if (chance(w, 3) && left > v->amount && (!v->used || chance(w, 6))) {
    add_tender(o, T_VOUCHER, v->amount, v->code);
    left -= v->amount;
  }
  if (chance(w, 3) && left > 200) {
    int64_t part = 1 + draw(w, left < m->per_order_max ? left - 1 : m->per_order_max);
    add_tender(o, T_CAMPAIGN, part, m->campaign);
    left -= part;
  }
  if (chance(w, 25)) left++;
  if (o->tender_count < 2 && chance(w, 4) && left > 10) {
    int64_t part = 1 + draw(w, left - 1);
    add_tender(o, T_BALANCE, part, "");
    left -= part;
    add_tender(o, T_CHANNEL, left, new_token(w));
  } else if (chance(w, 5)) {
    add_tender(o, T_CHANNEL, left, new_token(w));
  } else {
    add_tender(o, T_BALANCE, left, "");
  }
}

static void print_tenders(const model *m, const m_order *o, buf *b) {
  static const char *const words[] = {"balance", "channel", "voucher", "campaign"};
  buf_format(b, "\"tenders\":[");
  for (size_t i = 0; i < o->tender_count; i++) {
    const m_tender *t = &o->tenders[i];
    buf_format(b, "%s{\"kind\":\"%s\",\"amount\":%lld", i > 0 ? "," : "", words[t->kind],
               (long long)t->amount);
    if (t->kind == T_CHANNEL)
      buf_format(b, ",\"channel\":\"%s\",\"method\":\"card\",\"token\":\"%s\"", m->channel,
                 t->token);
    if (t->kind == T_VOUCHER) buf_format(b, ",\"voucher_code\":\"%s\"", t->token);
    if (t->kind == T_CAMPAIGN) buf_format(b, ",\"campaign\":\"%s\"", t->token);
    buf_add_char(b, '}');
  }
  buf_add_char(b, ']');
}

static void choose_lines(world *w, m_order *o) {
  size_t all = SELLERS * GOODS, first = (size_t)draw(w, (int64_t)all);
  size_t wanted = 1 + (size_t)draw(w, LINES_MAX);
  for (size_t i = 0; i < wanted; i++) {
    size_t at = (first + i) % all;
    o->lines[o->line_count++] = (m_line){.of = &w->model->sellers[at / GOODS].goods[at % GOODS],
                                         .quantity = 1 + draw(w, chance(w, 30) ? 60 : 3)};
  }
}

bool ask_place(world *w, ask *a) {
  model *m = w->model;
  m_order *o = ARENA_NEW(w->step, m_order);
  o->buyer = (int)draw(w, BUYERS);
  choose_lines(w, o);
  total_up(m, o);
  if (!chance(w, 6)) choose_tenders(w, o);
  *a = (ask){.who = m->buyers[o->buyer].key, .method = "POST", .apply = apply_place, .p = {o}};
  a->n[0] = world_now(w);
  snprintf(a->path, sizeof a->path, "/v1/checkouts");
  buf b = buf_make(w->step, sizeof a->body);
  buf_format(&b, "{\"lines\":[");
  for (size_t i = 0; i < o->line_count; i++)
    buf_format(&b, "%s{\"offer\":\"%s\",\"quantity\":%lld}", i > 0 ? "," : "",
               o->lines[i].of->offer, (long long)o->lines[i].quantity);
  buf_format(&b, "],");
  print_tenders(m, o, &b);
  buf_add_char(&b, '}');
  snprintf(a->body, sizeof a->body, "%.*s", STR_ARGS(buf_str(&b)));
  return true;
}

/* --- paying later ----------------------------------------------------------------------------- */

static void apply_pay(world *w, ask *a) {
  model *m = w->model;
  m_order *o = model_order(m, a->p[1]), *planned = a->p[0];
  reasons r = {.count = 0};
  if (is_frozen(w, a, &m->buyers[o->buyer])) return;
  if (o->state != IS_PLACED || o->tender_count > 0) because(&r, "conflict");
  if (o->holds_gone) {
    because(&r, "expired");
    because(&r, "conflict");
  }
  check_tenders(m, planned, &r);
  if (r.count > 0) {
    was_refused_for(w, a, &r);
    return;
  }
  if (!agrees(w, a, true, 0, "")) return;
  memcpy(o->tenders, planned->tenders, sizeof o->tenders);
  o->tender_count = planned->tender_count;
  o->expires = 0;
  snprintf(o->payment, ID_ROOM, "%s", j_text(a->json, "payment"));
  take_tenders(m, o);
}

bool ask_pay(world *w, ask *a, m_order *o) {
  m_order *planned = ARENA_NEW(w->step, m_order);
  *planned = *o;
  choose_tenders(w, planned);
  *a = (ask){.who = w->model->buyers[o->buyer].key,
             .method = "POST",
             .apply = apply_pay,
             .p = {planned, planned->id}};
  snprintf(a->path, sizeof a->path, "/v1/orders/%s/pay", o->id);
  buf b = buf_make(w->step, sizeof a->body);
  buf_add_char(&b, '{');
  print_tenders(w->model, planned, &b);
  buf_add_char(&b, '}');
  snprintf(a->body, sizeof a->body, "%.*s", STR_ARGS(buf_str(&b)));
  return true;
}
