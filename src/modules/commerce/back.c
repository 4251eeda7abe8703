/* back.c - giving money back as a step of other commands: sums booked on child and order, a refund
 * plan for payment, points taken back in proportion. Commission goes back only where it was earned,
 * that is after release to the seller. */
#include "modules/commerce/model.h"

void back_add(ctx *c, give_back *b, order_full *f, child_row *ch, int64_t amount,
              int64_t commission_back) {
  if (amount == 0) return;
  ch->refunded += amount;
  ch->commission_back += commission_back;
  f->o.refunded += amount;
  assert(b->count < CHILDREN_MAX);
  bool released = ch->delivered_at != 0;
  b->plans[b->count++] = (refund_plan){.refund_id = id_next(c),
                                       .payment_id = f->o.payment,
                                       .seller = ch->seller,
                                       .child = ch->child,
                                       .amount = amount,
                                       .commission_back = released ? commission_back : 0,
                                       .released = released,
                                       .whole = child_left(ch) == 0,
                                       .reason = b->reason};
}

status back_load(ctx *c, tx *t, give_back *b, const order_full *f) {
  for (size_t i = 0; i < b->count; i++)
    TRY(refund_load(c, t, &b->plans[i]));
  return b->count == 0 ? OK : points_load(c, t, f->o.buyer, f->o.currency, &b->points);
}

status back_decide(ctx *c, tx *t, give_back *b, order_full *f) {
  for (size_t i = 0; i < b->count; i++)
    TRY(refund_decide(c, t, &b->plans[i]));
  return b->count == 0 ? OK : points_take_back(c, t, &b->points, &f->o);
}

status back_write(ctx *c, tx *t, give_back *b, const order_full *f) {
  for (size_t i = 0; i < b->count; i++) {
    refund_plan *p = &b->plans[i];
    TRY(refund_write(c, t, p));
    TRY(db_run(c, tx_db(t),
               "insert into order_refund (order_id, refund_id, child_id, amount, commission_back, "
               "reason, at)"
               " values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
               DB_INT(f->o.order), DB_INT(p->refund_id), DB_INT(p->child), DB_INT(p->amount),
               DB_INT(p->commission_back), DB_TEXT(p->reason), DB_INT(c->now)));
  }
  return OK;
}
