/* test_desk.h - what payment's tests share: a market with a scripted channel, sellers, a buyer with
 * money, and commands that wrap the sub-operations as commerce would. After every step the books
 * are proved. Not part of the program. */
#ifndef TAEL_PAYMENT_TEST_DESK_H
#define TAEL_PAYMENT_TEST_DESK_H

#include "modules/identity/test_market.h"
#include "modules/payment/commands.h"
#include "modules/payment/settle.h"

enum {
  BUYER = 501,
  OTHER_BUYER = 502,
  SELLER_A = 601,
  SELLER_B = 602,
  CHILD_A = 701,
  CHILD_B = 702,
  ORDER = 801
};
enum { BUYER_HAS = 100000, BUDGET = 50000, CAPITAL = 10000000 };

typedef struct desk {
  test_market *m;
  id channel, sale_channel, campaign;
} desk;
desk *desk_open(const char *url);
void desk_close(desk *d);
ctx *desk_ctx(desk *d);
status desk_run(desk *d, const command_type *type, void *state);
void desk_must(desk *d, const command_type *type, void *state);
void desk_give(desk *d, id owner, int64_t amount); /* a wallet with money in it */
void desk_tasks(desk *d);                          /* all that are due */
void desk_prove(desk *d);                          /* ledger_verify ok, safeguarding equal */
int64_t desk_balance(desk *d, uint16_t code,
                     id owner); /* credits less debits; 0 owner: the entity's */
int64_t desk_int(desk *d, const char *sql, int64_t argument);
void desk_job(desk *d, const char *name, date on);
const char *desk_voucher(desk *d, int64_t amount);
payment_totals desk_totals(desk *d);

/* --- what commerce would do ------------------------------------------------------------------- */
typedef struct till {
  pay_plan p;
} till;
extern const command_type test_pay, test_release, test_refund, test_refund_two;
typedef struct two_refunds {
  refund_plan plans[2];
} two_refunds;
/* An order of two sellers' shares; share 0: only one seller. */
till *till_make(desk *d, int64_t share_a, int64_t share_b);
void till_add(till *t, tender_in tender);
/* SELLER_A's share, paid by a card alone; what the channel answered was heard. */
till *till_by_card(desk *d, int64_t amount, const char *token);
/* Gives `amount` of SELLER_A's child order back; 0: all of it. */
refund_plan till_refund(const till *t, id refund_id, int64_t amount);
#define T_BALANCE(n) ((tender_in){.kind = TENDER_BALANCE, .amount = (n)})
#define T_CAMPAIGN(d, n) \
  ((tender_in){.kind = TENDER_CAMPAIGN, .amount = (n), .campaign = (d)->campaign})
#define T_VOUCHER(code, n) \
  ((tender_in){.kind = TENDER_VOUCHER, .amount = (n), .voucher_code = str_from(code)})
#define T_CARD(d, n, t) \
  ((tender_in){         \
      .kind = TENDER_CHANNEL, .amount = (n), .channel = (d)->channel, .token = str_from(t)})
payment_row desk_payment(desk *d, id payment_id);
void desk_release(desk *d, const till *t, id seller, id child, int64_t gross, int64_t commission,
                  date due);

/* What the hooks of ORDER were told since desk_open. */
extern int told_paid, told_failed;

/* The scripted channel. A token says how it behaves: ok; no: declines; slow: unknown, approved when
 * asked; lost: the first send never arrives; never: unknown for ever; twice: approved two times;
 * liar: approved, then declined; less, more, more-back (refunds): 100 off; no-capture: authorises
 * and then declines the capture; no-refund: declines refunds. */
extern channel_outcome fake_payout; /* what payouts get */
extern int fake_asked;              /* calls that were not queries */
extern const char *fake_file; /* its settlement file, whatever the date; NULL: it gives none */
extern int fake_files;        /* how often it was asked for one */

#endif
