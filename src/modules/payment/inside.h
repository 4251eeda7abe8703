/* inside.h - what the files of the payment module share and nobody else includes: rows as structs,
 * the store's functions, and the small words (moves, fills) the rules are written in. */
#ifndef TAEL_PAYMENT_INSIDE_H
#define TAEL_PAYMENT_INSIDE_H

#include "modules/payment/connector.h"
#include "modules/payment/payment.h"

#include <string.h>

/* --- rows ------------------------------------------------------------------------------------- */
enum {
  PART_SUSPENSE = TENDER_CAMPAIGN + 1
}; /* part.kind beyond tender_kind: suspense pays what no tender did */

typedef struct payment_row {
  id payment_id, payer, payable;
  int payable_kind;
  uint32_t currency;
  int64_t total, difference, captured;
  int64_t refunded, returned; /* given back in the books; of it, what has reached its source */
  payment_state state;
  bool authorise_only;
  instant expires_at, created_at, updated_at;
} payment_row;

typedef struct part_row {
  int64_t part_no, tender_no;
  int kind;
  id source; /* wallet's user, campaign, channel */
  id seller, child;
  int64_t amount, refunded;
  id from_account, to_account;
  bool is_over;
  str voucher;
} part_row;

/* A journalled attempt may have been sent at any moment after its commit, so JOURNALLED counts as
 * under way like UNKNOWN. */
typedef enum attempt_state {
  ATTEMPT_JOURNALLED,
  ATTEMPT_UNKNOWN,
  ATTEMPT_APPROVED,
  ATTEMPT_DECLINED,
  ATTEMPT_GIVEN_UP,
  ATTEMPT_REVERSED
} attempt_state;
extern const char *const payment_attempt_states[];

typedef struct attempt_row {
  id attempt_id;
  attempt_kind kind;
  id payment_id;
  int subject_kind; /* ID_PAYMENT, ID_REFUND, ID_PAYOUT, ID_TOPUP, ID_WITHDRAWAL */
  id subject;
  id party; /* payer, seller, or holder of the wallet */
  int64_t tender_no;
  id channel;
  uint32_t currency;
  int64_t amount;
  int method;
  str token;
  int64_t instalments;
  id original;
  str original_ref;
  attempt_state state;
  str channel_ref;
  int64_t got_amount, fee;
  str reason;
  instant created_at, updated_at;
  bool changed; /* to be saved */
} attempt_row;

typedef struct channel_row {
  id channel_id;
  str name, kind, url;
  bool auto_capture, enabled;
} channel_row;

typedef struct refund_row {
  id payment_id, refund_id, seller, child;
  int64_t amount, to_payer, commission_back;
  int state; /* 0 pending, 1 succeeded */
  str reason;
  instant created_at, updated_at;
} refund_row;

typedef struct campaign_row {
  id campaign_id, account;
  str name;
  uint32_t currency;
  int64_t budget, per_order_max;
  instant created_at;
} campaign_row;

typedef struct voucher_row {
  bool found;
  str code;
  id campaign_id, account; /* the campaign's budget */
  uint32_t currency;
  int64_t amount;
  int state;
  id payment_id;
  instant expires_at;
} voucher_row;

enum settlement_item_kind { ITEM_SHARE, ITEM_RESERVE, ITEM_LOOK_AGAIN };
typedef struct settlement_item {
  id seller, child, payment_id;
  int kind;
  uint32_t currency;
  date due;
  int64_t amount;
  int state; /* 0 waits, 1 settled */
} settlement_item;

typedef struct break_row {
  id break_id;
  str kind; /* difference, no_order, answers_differ, channel_amount, void_refused; of settlement
               files: unmatched, remit_amount, missing */
  id payment_id, subject;
  int64_t amount;
  uint32_t currency;
  int state; /* 0 open, 1 resolved */
  str note, resolution;
  id resolved_by, owner; /* owner 0: nobody looks into it */
  instant found_at, resolved_at;
} break_row;

enum wallet_move_kind { MOVE_TOP_UP, MOVE_WITHDRAWAL, MOVE_TRANSFER };
enum wallet_move_state { MOVE_WAITS, MOVE_DONE, MOVE_FAILED };
typedef struct wallet_move {
  id owner, move_id, other;
  int kind, state;
  uint32_t currency;
  int64_t amount;
  date business_date;
  instant created_at, updated_at;
} wallet_move;

typedef struct payout_row {
  id seller, payout_id, attempt_id;
  date business_date;
  uint32_t currency;
  int64_t amount;
  int state; /* 0 sent, 1 paid, 2 returned */
  instant created_at, updated_at;
} payout_row;

/* --- moves: transfers gathered by a decision, posted at once ---------------------------------- */
typedef struct moves {
  transfer *at;
  size_t count, room;
} moves;
moves moves_make(ctx *c, size_t room);
/* Adds D debit C credit; an amount of 0 adds nothing. */
void moves_add(moves *m, id debit, id credit, int64_t amount, uint16_t why, int64_t ref);
transfer *moves_last(moves *m);
status moves_post(ctx *c, tx *t, moves *m); /* nothing gathered: OK */

/* Sequential fill: what each source gives to each sink, in order; at most n+m-1 pairs when the sums
 * are equal, which is asserted. Zero amounts are skipped. */
typedef struct fill_pair {
  size_t from, to;
  int64_t amount;
} fill_pair;
size_t fill_pairs(const int64_t *from, size_t from_count, const int64_t *to, size_t to_count,
                  fill_pair *out);

/* --- accounts (load only) --------------------------------------------------------------------- */
typedef enum owner_rule { OWN_ENTITY, OWN_SELLER, OWN_USER, OWN_OTHER } owner_rule;
status account_need(ctx *c, tx *t, const market *m, uint16_t code, id owner,
                    id *out); /* opens it when there is none */
status account_of_market(ctx *c, tx *t, const market *m, uint16_t code, id *out);
/* The hold of a part of a payment: derived, so that it needs no column. */
id128 part_hold_id(id payment_id, int64_t part_no);

/* --- store_payment.c -------------------------------------------------------------------------- */
status payment_get(ctx *c, db *d, id payment_id, payment_row *out, bool *found);  /* plain read */
status payment_lock(ctx *c, db *d, id payment_id, payment_row *out, bool *found); /* for update */
/* state -1: any. */
status payments_page(ctx *c, db *d, id payer, int state, id before, int64_t max, payment_row **out,
                     size_t *count);
status payment_insert(ctx *c, db *d, const payment_row *p);
status payment_save(ctx *c, db *d, const payment_row *p); /* state and sums */
status payment_add_refund(ctx *c, db *d, id payment_id, int64_t refunded, int64_t returned,
                          instant now);
status parts_of(ctx *c, db *d, id payment_id, part_row **out, size_t *count);
status parts_insert(ctx *c, db *d, id payment_id, const part_row *parts, size_t count);
status part_save_refunded(ctx *c, db *d, id payment_id, const part_row *part);
status attempt_lock(ctx *c, db *d, id attempt_id, attempt_row *out, bool *found);
status attempt_get(ctx *c, db *d, id attempt_id, attempt_row *out, bool *found);
status attempts_of_payment(ctx *c, db *d, id payment_id, attempt_row **out, size_t *count);
status attempts_lock(ctx *c, db *d, id payment_id, attempt_row **out,
                     size_t *count); /* for update */
typedef struct aged_attempt {
  id attempt_id, channel;
  instant created_at; /* business time */
} aged_attempt;
status attempts_open_before(ctx *c, db *d, instant before, size_t max, aged_attempt **out,
                            size_t *count);
status attempt_insert(ctx *c, tx *t, const attempt_row *a); /* and its task payment.send */
status attempt_save(ctx *c, db *d, const attempt_row *a);
status refund_insert(ctx *c, db *d, const refund_row *r);
status refund_set_state(ctx *c, db *d, id payment_id, id refund_id, int state, instant now);
status refunds_of_payment(ctx *c, db *d, id payment_id, refund_row **out, size_t *count);
status channels_all(ctx *c, db *d, channel_row **out, size_t *count);
status channel_insert(ctx *c, db *d, const channel_row *row, instant now);
status channel_switch(ctx *c, db *d, id channel_id, bool enabled, instant now);
const channel_row *channel_find(const channel_row *rows, size_t count, id channel_id);
/* The channel asked for, or for 0 the first that is switched on; NULL: none. */
const channel_row *channel_route(const channel_row *rows, size_t count, id wanted);

/* --- store_money.c ---------------------------------------------------------------------------- */
status campaign_get(ctx *c, db *d, id campaign_id, campaign_row *out, bool *found);
status campaign_insert(ctx *c, db *d, const campaign_row *row);
status campaign_add_budget(ctx *c, db *d, id campaign_id, int64_t more);
/* What open vouchers that have not expired by `now` may still take. */
status vouchers_outstanding(ctx *c, db *d, id campaign_id, instant now, int64_t *out);
status voucher_lock(ctx *c, db *d, str code, voucher_row *out);
status voucher_insert(ctx *c, db *d, const voucher_row *v, instant now);
status voucher_set_state(ctx *c, db *d, str code, int state, id payment_id);
status break_insert(ctx *c, db *d, const break_row *b);
status break_lock(ctx *c, db *d, id break_id, break_row *out, bool *found);
status break_save(ctx *c, db *d, const break_row *b);
status wallet_move_insert(ctx *c, db *d, const wallet_move *m);
status wallet_move_lock(ctx *c, db *d, id owner, id move_id, wallet_move *out, bool *found);
status wallet_move_set_state(ctx *c, db *d, id owner, id move_id, int state, instant now);
status wallet_sent_on(ctx *c, db *d, id owner, date on, int64_t *sent);

/* --- store_settle.c --------------------------------------------------------------------------- */
status item_insert(ctx *c, db *d, const settlement_item *i);
status item_save(ctx *c, db *d, const settlement_item *i); /* amount */
status items_of_child(ctx *c, db *d, id seller, id child, settlement_item **out, size_t *count);
status items_due(ctx *c, db *d, id seller, date on, settlement_item **out, size_t *count);
status items_settle(ctx *c, db *d, id seller, date on, id settlement_id);
status sellers_due(ctx *c, db *d, date on, id after, size_t max, id *out, size_t *count);
typedef struct child_sum {
  payment_state state;
  int64_t remaining;
  bool released;
} child_sum;
status child_sum_get(ctx *c, db *d, id payment_id, id seller, id child, child_sum *out);
typedef struct settlement_row {
  id seller, settlement_id, payout_id;
  date business_date;
  uint32_t currency;
  int64_t items, settled, available_before, paid_out;
  instant created_at;
} settlement_row;
status settlement_insert(ctx *c, db *d, const settlement_row *s);
status settlements_page(ctx *c, db *d, id seller, id before, int64_t max, settlement_row **out,
                        size_t *count);
status payout_insert(ctx *c, db *d, const payout_row *p);
status payout_lock(ctx *c, db *d, id seller, id payout_id, payout_row *out, bool *found);
status payout_set_state(ctx *c, db *d, const payout_row *p);
status debt_set(ctx *c, db *d, id seller, bool in_debt, instant now);
status debt_sellers(ctx *c, db *d, id **out, size_t *count);

/* store_dispute.c: adds per part_no what open and what lost disputes claim of a payment. */
status disputed_of(ctx *c, db *d, id payment_id, int64_t open[static PARTS_MAX],
                   int64_t lost[static PARTS_MAX]);
status parts_forget_over(ctx *c, db *d,
                         id payment_id); /* a resolved difference is not given back again */

/* --- one payment's case: what its rules look at and change ------------------------------------ */
typedef struct pay_case {
  market m;
  payment_row pay;
  bool found;
  part_row *parts;
  size_t part_count;
  attempt_row *attempts; /* those stored; changed in place */
  size_t attempt_count;
  attempt_row *made; /* new ones, room for 2 * TENDERS_MAX */
  size_t made_count;
  break_row breaks[TENDERS_MAX + 4];
  size_t break_count;
  id suspense, refund_transit;
  const payable_hooks *hooks; /* NULL: nothing registered, or no outcome yet */
  void *hook_state;
  moves moves;
} pay_case;
/* Loads a payment with parts and attempts and names every account and hold its end may touch. */
status case_load(ctx *c, tx *t, id payment_id, pay_case *k);
status case_load_hooks(ctx *c, tx *t, pay_case *k, bool paid);
const payable_hooks *payment_payable(int payable_kind);
attempt_row *case_make_attempt(ctx *c, pay_case *k, attempt_kind kind, const attempt_row *like,
                               int64_t amount);
break_row *case_make_break(ctx *c, pay_case *k, const char *kind, int64_t amount, const char *note);
bool case_has_unresolved(const pay_case *k);
bool case_all_captured(const pay_case *k);
bool case_all_authorised(const pay_case *k);
/* The decisions of a payment's end; each gathers moves and changes rows in memory. */
void case_pay(ctx *c, pay_case *k); /* posts holds and channel parts; state PAID */
void case_fail(ctx *c, pay_case *k,
               payment_state end); /* voids holds, reverses what channels approved */
void case_reverse(ctx *c, pay_case *k,
                  attempt_row *approved); /* an approval nobody wants any more */
void case_ask_capture(ctx *c, pay_case *k);
status case_decide_hooks(ctx *c, tx *t, pay_case *k);
status case_write(ctx *c, tx *t, pay_case *k, payment_state before); /* rows, events, hooks */
int64_t case_ref(const pay_case *k);

/* payment.c */
status payment_check_token(ctx *c, str pointer, str token);
uint16_t part_reason(const part_row *part);
void payment_difference(ctx *c, const payment_row *row, break_row *out);
status payment_emit(ctx *c, tx *t, const payment_row *p, const char *type);

/* refund.c */
status refund_emit(ctx *c, tx *t, const refund_row *r, const char *type);

/* --- parts of other files the attempt's result needs ------------------------------------------ */
bool attempt_is_open(const attempt_row *a);
extern const char *const payment_states[];
extern const char *const payment_tender_kinds[];

#endif
