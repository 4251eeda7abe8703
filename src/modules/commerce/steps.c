/* steps.c - goods leave and goods arrive: the two steps of a child order on its way, as commands
 * and as sub-operations of parcels. Leaving posts the holds of the lines; arriving releases the
 * seller's share in the same commit. */
#include "modules/commerce/model.h"

typedef struct step_work {
  order_full before, f;
  child_row *child;
  release_plan release;
  bool has_release, first; /* first: the child order's state changes with this step */
} step_work;

static status load_child(ctx *c, tx *t, child_step *s) {
  step_work *w = s->inner = ARENA_NEW(c->arena, step_work);
  TRY(store_order_load(c, tx_db(t), s->order_id, true, &w->before));
  order_copy(c, &w->before, &w->f);
  w->child = order_child(&w->f, s->child_id);
  if (w->child == NULL) return fail(c, E_NOT_FOUND, "There is no such child order.");
  TRY(commerce_check_owner(c, s->buyer, w->f.o.buyer, "child order"));
  return commerce_check_owner(c, s->seller, w->child->seller, "child order");
}

static status refuse_state(ctx *c, const child_row *ch, const char *what) {
  return fail(c, E_CONFLICT, "The child order is %s; it can't be %s now.",
              child_state_names[ch->state], what);
}

/* --- leaving ---------------------------------------------------------------------------------- */

status child_ship_load(ctx *c, tx *t, child_step *s) {
  TRY(load_child(c, t, s));
  step_work *w = s->inner;
  goods_need(t, &w->f, s->child_id);
  return OK;
}

static bool leaves(const child_step *s, const line_row *l) {
  if (l->child != s->child_id || l->goods != GOODS_HELD) return false;
  for (size_t i = 0; i < s->line_count; i++) {
    if (s->lines[i] == l->line) return true;
  }
  return s->line_count == 0;
}

/* The lines that leave with this step. */
static status send_lines(ctx *c, tx *t, child_step *s) {
  step_work *w = s->inner;
  child_row *ch = w->child;
  for (size_t i = 0; i < w->f.line_count; i++) {
    if (leaves(s, &w->f.lines[i])) TRY(goods_send(c, t, &w->f, &w->f.lines[i]));
  }
  w->first = ch->state == CHILD_PAID;
  if (w->first) ch->shipped_at = c->now;
  ch->state = CHILD_SHIPPED;
  return OK;
}

status child_ship_decide(ctx *c, tx *t, child_step *s) {
  step_work *w = s->inner;
  child_row *ch = w->child;
  if (ch->state != CHILD_PAID && ch->state != CHILD_SHIPPED) return refuse_state(c, ch, "shipped");
  s->state = CHILD_SHIPPED;
  return send_lines(c, t, s);
}

status child_ship_write(ctx *c, tx *t, child_step *s) {
  step_work *w = s->inner;
  view_order(c, &w->f, s->seller, s->view);
  TRY(store_order_diff(c, tx_db(t), &w->before, &w->f));
  return w->first ? tell_child(c, t, &w->f, w->child, "child_order.shipped") : OK;
}

/* --- arriving --------------------------------------------------------------------------------- */

status child_deliver_load(ctx *c, tx *t, child_step *s) {
  TRY(load_child(c, t, s));
  step_work *w = s->inner;
  child_row *ch = w->child;
  if (s->ship_first) goods_need(t, &w->f, s->child_id);
  w->has_release = child_left(ch) > 0;
  if (!w->has_release) return OK;
  w->release = (release_plan){.seller = ch->seller,
                              .child = ch->child,
                              .payment_id = w->f.o.payment,
                              .currency = w->f.o.currency,
                              .gross = child_left(ch),
                              .commission = ch->commission - ch->commission_back,
                              .reserve_rate_ppb = ch->reserve_ppb};
  return release_load(c, t, &w->release);
}

status child_deliver_decide(ctx *c, tx *t, child_step *s) {
  step_work *w = s->inner;
  child_row *ch = w->child;
  bool on_its_way = ch->state == CHILD_SHIPPED || (s->ship_first && ch->state == CHILD_PAID);
  if (!on_its_way) return refuse_state(c, ch, "delivered");
  if (s->ship_first) TRY(send_lines(c, t, s));
  for (size_t i = 0; i < w->f.line_count; i++) {
    const line_row *l = &w->f.lines[i];
    if (l->child == ch->child && l->goods == GOODS_HELD) {
      return fail(c, E_CONFLICT, "%.*s of this child order has not left yet.", STR_ARGS(l->sku));
    }
  }
  ch->state = s->state = CHILD_DELIVERED;
  ch->delivered_at = c->now;
  ch->settles_on = w->release.due = rule_settles_on(c->today, ch, tx_calendar(t));
  w->f.o.state = rule_order_state(&w->f);
  return w->has_release ? release_decide(c, t, &w->release) : OK;
}

status child_deliver_write(ctx *c, tx *t, child_step *s) {
  step_work *w = s->inner;
  view_order(c, &w->f, s->seller, s->view);
  TRY(store_order_diff(c, tx_db(t), &w->before, &w->f));
  if (w->has_release) TRY(release_write(c, t, &w->release));
  if (w->first) TRY(tell_child(c, t, &w->f, w->child, "child_order.shipped"));
  TRY(tell_child(c, t, &w->f, w->child, "child_order.delivered"));
  return w->f.o.state == ORDER_COMPLETED ? tell_order(c, t, &w->f, "order.completed") : OK;
}

static status ship_load(ctx *c, tx *t, void *s) { return child_ship_load(c, t, s); }
static status ship_decide(ctx *c, tx *t, void *s) { return child_ship_decide(c, t, s); }
static status ship_write(ctx *c, tx *t, void *s) { return child_ship_write(c, t, s); }
static status deliver_load(ctx *c, tx *t, void *s) { return child_deliver_load(c, t, s); }
static status deliver_decide(ctx *c, tx *t, void *s) { return child_deliver_decide(c, t, s); }
static status deliver_write(ctx *c, tx *t, void *s) { return child_deliver_write(c, t, s); }

const command_type commerce_ship_child = {
    .name = "child_order.ship", .load = ship_load, .decide = ship_decide, .write = ship_write};
const command_type commerce_deliver_child = {.name = "child_order.deliver",
                                             .load = deliver_load,
                                             .decide = deliver_decide,
                                             .write = deliver_write};
