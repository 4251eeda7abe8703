/* audit.c - reads, compared with the model: balances, stock, orders one by one and in lists of
 * random filters and page sizes, statements, what sellers are owed, and the wall between people. At
 * the end all of it, and the proofs of `tael verify`. Reads only. */
#include "cli/sim/model.h"
#include "cli/commands.h"
#include "cli/sim/sweep.h"

#include <string.h>

static void differs(world *w, const char *what, const char *of, const char *member, int64_t got,
                    int64_t expected) {
  if (got != expected)
    world_fail(w, "%s %s: %s is %lld, expected %lld", what, of, member, (long long)got,
               (long long)expected);
}

static json_t *must_get(world *w, const char *who, const char *path) {
  int code;
  json_t *j = world_get(w, who, &code, "%s", path);
  if (j == NULL && !w->failed) world_fail(w, "GET %s answered %d", path, code);
  return j;
}

/* All pages of a list, asked for in pieces of random size; the items in one array. */
static json_t *all_pages(world *w, const char *who, const char *path) {
  json_t *all = json_array();
  str next = {0};
  char separator = strchr(path, '?') == NULL ? '?' : '&';
  int64_t limit = 1 + draw(w, 40);
  for (int page = 0; page < 1000 && !w->failed; page++) {
    str at = str_format(w->step, "%s%climit=%lld%s%.*s", path, separator, (long long)limit,
                        next.len > 0 ? "&after=" : "", STR_ARGS(next));
    json_t *j = must_get(w, who, at.at);
    if (j == NULL) break;
    json_array_extend(all, j_at(j, "items"));
    next = str_copy(w->step, str_from(j_text(j, "next")));
    if (next.len == 0) break;
  }
  return all;
}

/* --- wallets ---------------------------------------------------------------------------------- */

static void audit_wallet(world *w, int which) {
  const m_buyer *b = &w->model->buyers[which];
  int code;
  json_t *j = world_get(w, b->key, &code, "/v1/wallet");
  if (b->frozen) {
    if (code == 200) world_fail(w, "a frozen person sees their wallet");
    return;
  }
  differs(w, "wallet", b->id, "balance", j_int(j, "balance"), b->balance);
  differs(w, "wallet", b->id, "available", j_int(j, "available"), b->balance - b->held);
}

static void audit_statement(world *w, int which) {
  const m_buyer *b = &w->model->buyers[which];
  if (b->frozen) return;
  json_t *lines = all_pages(w, b->key, "/v1/wallet/statement");
  int64_t after = b->balance;
  size_t i;
  json_t *line;
  differs(w, "statement", b->id, "lines", (int64_t)json_array_size(lines), b->lines);
  json_array_foreach(lines, i, line) {
    differs(w, "statement", b->id, "balance of a line", j_int(line, "balance"), after);
    after -= j_int(line, "amount");
  }
  differs(w, "statement", b->id, "what it began with", after, 0);
  json_decref(lines);
}

/* --- orders ----------------------------------------------------------------------------------- */

static void same_line(world *w, const m_order *o, const m_line *l, const json_t *j) {
  differs(w, "line of order", o->id, "quantity", j_int(j, "quantity"), l->quantity);
  differs(w, "line of order", o->id, "price", j_int(j, "price"), l->price);
  differs(w, "line of order", o->id, "refunded", j_int(j, "refunded"), l->refunded);
  differs(w, "line of order", o->id, "returned_quantity", j_int(j, "returned_quantity"),
          l->returned_units);
  differs(w, "line of order", o->id, "shipped", j_true(j, "shipped"), l->sent);
}

static void same_child(world *w, m_order *o, const json_t *j) {
  m_child *ch = model_child(o, j_text(j, "child"));
  if (ch == NULL) {
    world_fail(w, "order %s shows a child it does not have", o->id);
    return;
  }
  if (strcmp(j_text(j, "state"), child_words[ch->state]) != 0)
    world_fail(w, "child %s is %s, expected %s", ch->id, j_text(j, "state"),
               child_words[ch->state]);
  differs(w, "child", ch->id, "total", j_int(j, "total"), ch->items + ch->freight);
  differs(w, "child", ch->id, "refunded", j_int(j, "refunded"), ch->refunded);
  differs(w, "child", ch->id, "commission", j_int(j, "commission"), ch->commission);
  size_t i;
  json_t *line;
  json_array_foreach(j_at(j, "lines"), i, line) {
    const m_line *l = model_line(o, j_text(line, "line"));
    if (l == NULL)
      world_fail(w, "order %s shows a line it does not have", o->id);
    else
      same_line(w, o, l, line);
  }
}

static void same_order(world *w, m_order *o, const json_t *j) {
  if (strcmp(j_text(j, "state"), order_words[o->state]) != 0)
    world_fail(w, "order %s is %s, expected %s", o->id, j_text(j, "state"), order_words[o->state]);
  differs(w, "order", o->id, "total", j_int(j, "total"), o->total);
  differs(w, "order", o->id, "refunded", j_int(j, "refunded"), o->refunded);
  size_t i;
  json_t *child;
  json_array_foreach(j_at(j, "children"), i, child) same_child(w, o, child);
}

/* The owner and the office see all of it, a seller their part, anybody else nothing. */
static void audit_order(world *w, m_order *o) {
  model *m = w->model;
  int code, reader = (int)draw(w, BUYERS);
  const m_buyer *b = &m->buyers[reader];
  json_t *j = world_get(w, b->key, &code, "/v1/orders/%s", o->id);
  if (b->frozen) return;
  if (reader != o->buyer) {
    if (code != 404) world_fail(w, "order %s of another was shown to %s: %d", o->id, b->id, code);
    return;
  }
  if (j == NULL)
    world_fail(w, "order %s is not shown to its buyer: %d", o->id, code);
  else
    same_order(w, o, j);
}

static void audit_payment(world *w, m_order *o) {
  int code;
  if (o->payment[0] == '\0' || o->state == IS_PLACED || o->captured == 0) return;
  json_t *j = world_get(w, w->model->supervisor_key, &code, "/v1/payments/%s", o->payment);
  differs(w, "payment", o->payment, "total", j_int(j, "total"), o->total);
  differs(w, "payment", o->payment, "captured", j_int(j, "captured"), o->captured);
  differs(w, "payment", o->payment, "refunded", j_int(j, "refunded"), o->refunded);
  differs(w, "payment", o->payment, "returned", j_int(j, "returned"), o->returned);
}

/* Newest first, of one buyer or of all. */
static void audit_orders(world *w, int of) {
  model *m = w->model;
  bool by_office = of < 0 || chance(w, 2) || m->buyers[of].frozen;
  const char *who = by_office ? m->supervisor_key : m->buyers[of].key;
  str path = of >= 0 && by_office ? str_format(w->step, "/v1/orders?buyer=%s", m->buyers[of].id)
                                  : STR("/v1/orders");
  json_t *list = all_pages(w, who, path.at);
  size_t at = 0;
  for (size_t i = m->orders_count; i > 0 && !w->failed; i--) {
    m_order *o = &m->orders[i - 1];
    if (of >= 0 && o->buyer != of) continue;
    const json_t *j = json_array_get(list, at++);
    if (strcmp(j_text(j, "order"), o->id) != 0)
      world_fail(w, "%s: number %zu is %s, expected %s", path.at, at, j_text(j, "order"), o->id);
    else
      same_order(w, o, j);
  }
  differs(w, "list", path.at, "length", (int64_t)json_array_size(list), (int64_t)at);
  json_decref(list);
}

static void audit_children(world *w, int which) {
  model *m = w->model;
  int state = (int)draw(w, 7);
  str path = state == 6 ? STR("/v1/child-orders")
                        : str_format(w->step, "/v1/child-orders?state=%s", child_words[state]);
  json_t *list = all_pages(w, m->sellers[which].key, path.at);
  size_t found = 0;
  for (size_t i = m->orders_count; i > 0 && !w->failed; i--) {
    m_order *o = &m->orders[i - 1];
    for (size_t k = o->child_count; k > 0; k--) {
      const m_child *ch = &o->children[k - 1];
      if (ch->seller != which || (state < 6 && (int)ch->state != state)) continue;
      const json_t *j = json_array_get(list, found++);
      if (strcmp(j_text(j, "child"), ch->id) != 0)
        world_fail(w, "%s: number %zu is %s, expected %s", path.at, found, j_text(j, "child"),
                   ch->id);
      differs(w, "child", ch->id, "refunded", j_int(j, "refunded"), ch->refunded);
    }
  }
  differs(w, "list", path.at, "length", (int64_t)json_array_size(list), (int64_t)found);
  json_decref(list);
}

/* --- goods and money of sellers ----------------------------------------------------------------
 */

static void audit_stock(world *w, int which) {
  m_seller *s = &w->model->sellers[which];
  int only = w->ops > 0 && chance(w, 2) ? (int)draw(w, GOODS) : -1; /* a sweep wants all */
  str path = only < 0 ? STR("/v1/stock")
                      : str_format(w->step, "/v1/stock?variant=%s", s->goods[only].variant);
  json_t *list = all_pages(w, s->key, path.at);
  size_t i;
  json_t *j;
  differs(w, "list", path.at, "length", (int64_t)json_array_size(list), only < 0 ? GOODS : 1);
  json_array_foreach(list, i, j) {
    const m_good *g = NULL;
    for (int n = 0; n < GOODS; n++) {
      if (strcmp(s->goods[n].variant, j_text(j, "variant")) == 0) g = &s->goods[n];
    }
    if (g == NULL || (only >= 0 && g != &s->goods[only])) {
      world_fail(w, "%s shows a stranger's goods", path.at);
      break;
    }
    differs(w, "stock of", g->sku, "on_hand", j_int(j, "on_hand"), g->on_hand);
    differs(w, "stock of", g->sku, "reserved", j_int(j, "reserved"), g->reserved);
    differs(w, "stock of", g->sku, "available", j_int(j, "available"), g->on_hand - g->reserved);
  }
  json_decref(list);
}

static const owed *find_owed(const model *m, const json_t *j) {
  bool is_reserve = strcmp(j_text(j, "kind"), "reserve") == 0;
  for (size_t i = 0; i < m->owed_count; i++) {
    const owed *item = &m->owed[i];
    if (item->is_reserve == is_reserve && strcmp(item->child, j_text(j, "child")) == 0) return item;
  }
  return NULL;
}

static void audit_owed(world *w, int which) {
  model *m = w->model;
  bool by_office = chance(w, 2);
  str path = by_office ? str_format(w->step, "/v1/settlement-items?seller=%s", m->sellers[which].id)
                       : STR("/v1/settlement-items");
  json_t *list = all_pages(w, by_office ? m->supervisor_key : m->sellers[which].key, path.at);
  int64_t expected = 0;
  size_t i;
  json_t *j;
  for (size_t k = 0; k < m->owed_count; k++)
    expected += m->owed[k].seller == which;
  differs(w, "list", path.at, "length", (int64_t)json_array_size(list), expected);
  json_array_foreach(list, i, j) {
    const owed *item = find_owed(m, j);
    if (item == NULL || item->seller != which) {
      world_fail(w, "%s shows what is not owed: %s", path.at, j_text(j, "child"));
      break;
    }
    differs(w, "owed for", item->child, "amount", j_int(j, "amount"), item->amount);
    differs(w, "owed for", item->child, "is_settled", j_true(j, "is_settled"), item->settled);
  }
  json_decref(list);
}

static void audit_campaign(world *w) {
  const model *m = w->model;
  json_t *list = all_pages(w, m->supervisor_key, "/v1/campaigns");
  differs(w, "campaign", m->campaign, "left", j_int(list, "0.left"), m->budget);
  json_decref(list);
}

/* --- books ------------------------------------------------------------------------------------ */

static void audit_account(world *w, int which) {
  const model *m = w->model;
  const m_account *x = &m->accounts[which];
  str path = str_format(w->step, "/v1/accounts/%s", x->id);
  const json_t *j = must_get(w, m->operator_key[1], path.at);
  differs(w, "account", x->id, "debits_posted", j_int(j, "debits_posted"), x->debits);
  differs(w, "account", x->id, "credits_posted", j_int(j, "credits_posted"), x->credits);
  differs(w, "account", x->id, "debits_pending", j_int(j, "debits_pending"), x->debits_held);
  differs(w, "account", x->id, "credits_pending", j_int(j, "credits_pending"), x->credits_held);
  differs(w, "account", x->id, "balance", j_int(j, "balance"), x->credits - x->debits);
}

/* Each transfer that touched the account, in order, forward or back. */
static void audit_account_lines(world *w, int which) {
  const model *m = w->model;
  const m_account *x = &m->accounts[which];
  bool forward = chance(w, 2);
  str path =
      str_format(w->step, "/v1/accounts/%s/statement%s", x->id, forward ? "?forward=true" : "");
  json_t *list = all_pages(w, m->operator_key[0], path.at);
  size_t n = json_array_size(list), at = 0;
  differs(w, "statement of", x->id, "length", (int64_t)n, (int64_t)x->lines);
  for (size_t i = 0; i < m->transfers_count && !w->failed; i++) {
    const m_transfer *t = &m->transfers[i];
    if (t->debit != which && t->credit != which) continue;
    const json_t *j = json_array_get(list, forward ? at : n - 1 - at);
    at++;
    if (strcmp(j_text(j, "transfer.id"), t->id) != 0)
      world_fail(w, "%s: number %zu is %s, expected %s", path.at, at, j_text(j, "transfer.id"),
                 t->id);
    bool is_debit = strcmp(j_text(j, "side"), "debit") == 0;
    differs(w, "transfer", t->id, "side", is_debit, t->debit == which);
  }
  json_decref(list);
}

/* --- some of it, all of it -------------------------------------------------------------------- */

void audit_some(world *w) {
  model *m = w->model;
  int b = (int)draw(w, BUYERS), s = (int)draw(w, SELLERS), x = (int)draw(w, ACCOUNTS);
  m_order *o = m->orders_count == 0 ? NULL : &m->orders[draw(w, (int64_t)m->orders_count)];
  switch (draw(w, 14)) {
  case 0:
  case 1: audit_wallet(w, b); break;
  case 2: audit_statement(w, b); break;
  case 3: audit_orders(w, chance(w, 4) ? -1 : b); break;
  case 4: audit_children(w, s); break;
  case 5: audit_stock(w, s); break;
  case 6: audit_owed(w, s); break;
  case 7: audit_campaign(w); break;
  case 8: audit_account(w, x); break;
  case 9: audit_account_lines(w, x); break;
  case 10:
    if (o != NULL) audit_payment(w, o);
    break;
  default:
    if (o != NULL) audit_order(w, o);
    break;
  }
}

static status take_proofs(world *w, ctx *c, str *violation) {
  arena_reset(w->scratch);
  engine_ctx(w->app->engine, w->scratch, c);
  db *d = engine_reader(w->app->engine, c);
  status s = d == NULL ? E_STORE : db_begin(c, d);
  if (s == OK) s = cli_verify(c, d, violation);
  if (s == OK) s = db_integrity(c, d);
  engine_reader_done(w->app->engine, d);
  return s;
}

void audit_prove(world *w) {
  ctx c;
  str violation = {0};
  status s = take_proofs(w, &c, &violation);
  if (s != OK) world_fail(w, "verify: %.*s", STR_ARGS(c.fault.detail));
  if (violation.len > 0) world_fail(w, "verify: %.*s", STR_ARGS(violation));
}

bool audit_proofs_hold(world *w) {
  ctx c;
  str violation = {0};
  return take_proofs(w, &c, &violation) == OK && violation.len == 0;
}

void audit_balances(world *w) {
  for (int i = 0; i < BUYERS; i++)
    audit_wallet(w, i);
  for (int i = 0; i < SELLERS; i++)
    audit_stock(w, i);
  for (int i = 0; i < ACCOUNTS; i++)
    audit_account(w, i);
}

void audit_all(world *w) {
  model *m = w->model;
  audit_balances(w);
  for (int i = 0; i < BUYERS; i++)
    audit_statement(w, i);
  for (int i = 0; i < SELLERS; i++) {
    audit_owed(w, i);
    audit_children(w, i);
  }
  for (int i = 0; i < ACCOUNTS; i++)
    audit_account_lines(w, i);
  audit_orders(w, -1);
  audit_campaign(w);
  for (size_t i = 0; i < m->orders_count && !w->failed; i++)
    audit_payment(w, &m->orders[i]);
  if (!w->failed) audit_prove(w);
}
