/* attempt.h - what attempt.c (payments and refunds) and outward.c (payouts, top-ups, withdrawals)
 * share. Private. */
#ifndef TAEL_PAYMENT_ATTEMPT_H
#define TAEL_PAYMENT_ATTEMPT_H

#include "modules/payment/inside.h"

typedef enum heard {                /* an answer, against what was known */
                     HEARD_NOTHING, /* new: nothing */
                     HEARD_UNKNOWN,
                     HEARD_ABSENT,
                     HEARD_APPROVED,
                     HEARD_DECLINED,
                     HEARD_RETURNED, /* a payout that was approved came back */
                     HEARD_GIVE_UP,
                     HEARD_OTHER, /* the opposite of what was said before */
} heard;
heard attempt_hear(const attempt_row *a, channel_outcome said, bool give_up);

typedef enum way {
  WAY_NONE,
  WAY_NOTE,
  WAY_AGAIN,
  WAY_BREAK,
  WAY_PAY,
  WAY_FAIL,
  WAY_CAPTURE,
  WAY_REVERSE, /* approved, but nobody wants it any more */
  WAY_RELEASE, /* the capture failed late: its authorisation is let go */
  WAY_REFUND,
  WAY_WALLET,
} way;

typedef struct result_work {
  bool found;
  attempt_row stored;
  attempt_row *a; /* the row that changes: in k.attempts, or `stored` */
  pay_case k;     /* of a payment; else only market, moves and breaks */
  payment_state before;
  heard heard;
  way way;
  id wallet;
  /* outward: */
  payout_row payout;
  wallet_move move;
  id transit, bank_reserve, available, receivable;
} result_work;

/* outward.c: money to or from a person's bank: payouts, top-ups, withdrawals. */
status outward_load(ctx *c, tx *t, result_work *w);
void outward_decide(ctx *c, result_work *w);
status outward_write(ctx *c, tx *t, result_work *w);

#endif
