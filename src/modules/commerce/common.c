/* common.c - what several commands of commerce share: who may see what, telling of changes, points,
 * and what becomes of the goods of a line. Postings only through the ledger; no balance is kept
 * here. */
#include "modules/commerce/model.h"

#include <string.h>

status commerce_check_owner(ctx *c, id wanted, id owner, const char *what) {
  if (wanted == 0 || wanted == owner) return OK;
  return fail(c, E_NOT_FOUND, "There is no such %s.", what);
}

/* --- telling ---------------------------------------------------------------------------------- */

enum { STORY_PLACES = 8 };

static void story_row(ctx *c, const tx *t, id order, id child, const char *what, str detail,
                      db_value *v) {
  const db_value row[STORY_PLACES] = {
      DB_INT(order),           DB_INT(id_next(c)), DB_INT(child),           DB_INT(c->now),
      DB_TEXT(str_from(what)), DB_TEXT(detail),    DB_INT(tx_who(t).actor), DB_INT(tx_command(t))};
  memcpy(v, row, sizeof row);
}

static status add_stories(ctx *c, tx *t, size_t count, const db_value *rows) {
  return db_run_later(
      c, tx_db(t),
      "insert into order_event (order_id, event_id, child_id, at, what, detail, actor, command_id)"
      " values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
      "iiiittii", count, rows);
}

static status add_story(ctx *c, tx *t, id order, id child, const char *what, str detail) {
  db_value row[STORY_PLACES];
  story_row(c, t, order, child, what, detail, row);
  return add_stories(c, t, 1, row);
}

status commerce_note(ctx *c, tx *t, id order, id child, const char *what, str detail) {
  return add_story(c, t, order, child, what, detail);
}

static str order_body(ctx *c, const order_full *f) {
  char order[ID_TEXT_MAX], buyer[ID_TEXT_MAX];
  id_write(order, ID_ORDER, f->o.order);
  id_write(buyer, ID_USER, f->o.buyer);
  return str_format(
      c->arena,
      "{\"order\":\"%s\",\"buyer\":\"%s\",\"state\":\"%s\",\"total\":%lld,\"refunded\":%lld}",
      order, buyer, order_state_names[f->o.state], (long long)order_total(&f->o),
      (long long)f->o.refunded);
}

static str child_body(ctx *c, const order_full *f, const child_row *ch) {
  char order[ID_TEXT_MAX], child[ID_TEXT_MAX];
  id_write(order, ID_ORDER, f->o.order);
  id_write(child, ID_CHILD_ORDER, ch->child);
  return str_format(
      c->arena,
      "{\"order\":\"%s\",\"child_order\":\"%s\",\"state\":\"%s\",\"total\":%lld,\"refunded\":%lld}",
      order, child, child_state_names[ch->state], (long long)child_total(ch),
      (long long)ch->refunded);
}

status tell_order(ctx *c, tx *t, const order_full *f, const char *what) {
  str body = order_body(c, f);
  TRY(add_story(c, t, f->o.order, 0, what, body));
  tx_audit(t, ID_ORDER, f->o.order, body);
  return tx_emit(c, t, what, ID_ORDER, f->o.order, 0, body);
}

status tell_bought(ctx *c, tx *t, const order_full *f) {
  str body = order_body(c, f);
  db_value rows[2 * STORY_PLACES];
  story_row(c, t, f->o.order, 0, "order.placed", body, rows);
  story_row(c, t, f->o.order, 0, "order.paid", body, rows + STORY_PLACES);
  TRY(add_stories(c, t, 2, rows));
  tx_audit(t, ID_ORDER, f->o.order, body);
  return tx_emit(c, t, "order.paid", ID_ORDER, f->o.order, 0, body);
}

status tell_child(ctx *c, tx *t, const order_full *f, const child_row *ch, const char *what) {
  str body = child_body(c, f, ch);
  TRY(add_story(c, t, f->o.order, ch->child, what, body));
  tx_audit(t, ID_CHILD_ORDER, ch->child, body);
  return tx_emit(c, t, what, ID_CHILD_ORDER, ch->child, ch->seller, body);
}

status tell_sellers(ctx *c, tx *t, const order_full *f, const char *what) {
  for (size_t i = 0; i < f->child_count; i++) {
    const child_row *ch = &f->children[i];
    TRY(tx_emit(c, t, what, ID_CHILD_ORDER, ch->child, ch->seller, child_body(c, f, ch)));
  }
  return OK;
}

void mark_paid(ctx *c, order_full *f) {
  f->o.state = ORDER_PAID;
  f->o.paid_at = c->now;
  f->o.expires_at = 0;
  for (size_t i = 0; i < f->child_count; i++)
    f->children[i].state = CHILD_PAID;
}

void mark_cancelled(order_full *f) {
  f->o.state = ORDER_CANCELLED;
  f->o.expires_at = 0;
  for (size_t i = 0; i < f->child_count; i++)
    f->children[i].state = CHILD_CANCELLED;
}

/* --- points ----------------------------------------------------------------------------------- */

status points_load(ctx *c, tx *t, id buyer, uint32_t currency, points_part *p) {
  uint32_t points;
  TRY(store_points_asset(c, tx_db(t), &points));
  return points_load_of(c, t, buyer, currency, points, p);
}

status points_load_of(ctx *c, tx *t, id buyer, uint32_t currency, uint32_t points, points_part *p) {
  *p = (points_part){0};
  char code[4];
  if (points == 0 || !currency_by_number(currency, code, &p->scale)) return OK;
  TRY(identity_parameter(c, tx_db(t), "points_per_unit", c->today, 1, &p->rate));
  market m;
  TRY(identity_market(c, tx_db(t), &m));
  const account_spec issued = {.tenant = m.platform,
                               .entity = m.entity,
                               .owner = m.entity,
                               .asset = points,
                               .code = CODE_POINTS_ISSUED,
                               .flags = ACCOUNT_STRIPED};
  const account_spec owned = {.tenant = m.platform,
                              .entity = m.entity,
                              .owner = buyer,
                              .asset = points,
                              .code = CODE_POINTS};
  TRY(tx_ensure_account(c, t, &issued, &p->issued));
  return tx_ensure_account(c, t, &owned, &p->owned);
}

static status move_points(ctx *c, tx *t, id from, id to, int64_t amount, uint16_t why, id order) {
  transfer move = {
      .debit_account = from, .credit_account = to, .amount = amount, .code = why, .ref = order};
  return tx_post(c, t, &move, 1);
}

status points_earn(ctx *c, tx *t, const points_part *p, order_row *o) {
  o->points = p->owned == 0 ? 0 : rule_points(order_total(o), p->scale, p->rate);
  if (o->points == 0) return OK;
  return move_points(c, t, p->issued, p->owned, o->points, WHY_POINTS_EARNED, o->order);
}

/* Points that were spent meanwhile are not asked for again: the buyer's balance never goes below
 * zero. The rate on the day of payment is what counts, so the share kept is taken from the points
 * earned. */
status points_take_back(ctx *c, tx *t, const points_part *p, order_row *o) {
  int64_t total = order_total(o), keep = 0;
  if (p->owned == 0 || o->points == 0) return OK;
  if (!mul_div(o->points, total - o->refunded, total, ROUND_DOWN, &keep)) return OK;
  const account *owned = tx_account(t, p->owned);
  int64_t there = owned == NULL ? 0 : account_available(owned), back = o->points - keep;
  if (back > there) back = there;
  if (back <= 0) return OK;
  o->points -= back;
  return move_points(c, t, p->owned, p->issued, back, WHY_POINTS_BACK, o->order);
}

/* --- goods ------------------------------------------------------------------------------------ */

void goods_need(tx *t, const order_full *f, id child) {
  for (size_t i = 0; i < f->line_count; i++) {
    const line_row *l = &f->lines[i];
    if (l->goods != GOODS_HELD || (child != 0 && l->child != child)) continue;
    tx_need_account(t, l->shelf);
    tx_need_account(t, l->shipped);
    tx_need_transfer(t, l->hold);
  }
}

static bool is_held(tx *t, const line_row *l, instant now) {
  const hold *h = tx_hold(t, l->hold);
  return h != NULL && h->state == HOLD_OPEN && (h->expires_at == 0 || h->expires_at > now);
}

status goods_check_held(ctx *c, tx *t, const order_full *f, instant now) {
  for (size_t i = 0; i < f->line_count; i++) {
    if (is_held(t, &f->lines[i], now)) continue;
    return fail(c, E_EXPIRED, "%.*s is no longer held for this order; order again.",
                STR_ARGS(f->lines[i].sku));
  }
  return OK;
}

static status end_hold(ctx *c, tx *t, const order_full *f, const line_row *l, uint16_t flag) {
  transfer end = {.debit_account = l->shelf,
                  .credit_account = l->shipped,
                  .pending_id = l->hold,
                  .code = WHY_RESERVE_STOCK,
                  .flags = flag,
                  .ref = f->o.order}; /* of the hold it ends */
  return tx_post(c, t, &end, 1);
}

status goods_send(ctx *c, tx *t, order_full *f, line_row *l) {
  if (!is_held(t, l, c->now)) {
    return fail(c, E_EXPIRED, "%.*s is no longer held for this order.", STR_ARGS(l->sku));
  }
  l->goods = GOODS_SENT;
  return end_hold(c, t, f, l, TRANSFER_POST);
}

status goods_free(ctx *c, tx *t, order_full *f, line_row *l) {
  bool held = is_held(t, l, c->now);
  l->goods = GOODS_FREED;
  return held ? end_hold(c, t, f, l, TRANSFER_VOID) : OK;
}
