/* payment.h - money for something: payments with several tenders, wallets, campaigns, channels,
 * refunds, settlement to sellers, safeguarding. Knows nothing of orders: what is paid for is a
 * `payable` that registers itself.
 *
 * Sub-operations (struct + _load/_decide/_write) run inside another module's command, so that
 * goods, money and state are one commit. See docs/design for the postings of each. */
#ifndef TAEL_PAYMENT_H
#define TAEL_PAYMENT_H

#include "modules/identity/identity.h"

extern const module payment_module;
void payment_register(void); /* at wiring: its approval actions and parameters */

typedef enum tender_kind {
  TENDER_BALANCE,
  TENDER_CHANNEL,
  TENDER_VOUCHER,
  TENDER_CAMPAIGN
} tender_kind;
typedef enum payment_state {
  PAYMENT_CREATED,
  PAYMENT_PENDING,
  PAYMENT_PAID,
  PAYMENT_FAILED,
  PAYMENT_CANCELLED,
  PAYMENT_PARTLY_REFUNDED,
  PAYMENT_REFUNDED
} payment_state;

enum { TENDERS_MAX = 32, PAYEES_MAX = 32, PARTS_MAX = TENDERS_MAX + PAYEES_MAX };

typedef struct tender_in { /* the wire's shape: payment_tender_shape */
  int kind;                /* tender_kind */
  int64_t amount;          /* > 0 minor units */
  id channel;              /* TENDER_CHANNEL: the channel; 0: routed */
  int method;              /* TENDER_CHANNEL: card, boleto, debit, bank, wallet (payment_methods) */
  str token;               /* TENDER_CHANNEL: opaque instrument token; never a card number */
  int64_t instalments;     /* recorded; 1..99 */
  str voucher_code;        /* TENDER_VOUCHER */
  id campaign;             /* TENDER_CAMPAIGN */
} tender_in;
extern const shape payment_tender_shape;
extern const char *const payment_methods[]; /* "card","boleto","debit","bank","wallet",NULL */

typedef struct payee {
  id seller;
  id child;
  int64_t amount;
} payee; /* tenant; the child order; its share of the total */

/* --- taking a payment ------------------------------------------------------------------------- */
typedef struct pay_plan {
  /* in */
  id payment_id; /* made by the caller with id_next */
  id payer;
  int payable_kind; /* id_kind of the payable, e.g. ID_ORDER */
  id payable;
  uint32_t currency;
  payee payees[PAYEES_MAX];
  size_t payee_count;
  tender_in tenders[TENDERS_MAX];
  size_t tender_count;
  bool accept_difference; /* imports only: the difference goes to suspense and a break is listed */
  bool authorise_only;    /* capture later by payment_capture (imports: approval comes later) */
  int64_t window_s;       /* life of the holds when a channel is asked */
  /* after decide */
  payment_state state; /* PAID: done; PENDING: an attempt will be sent after the commit */
  int64_t total;
  void *inner; /* payment's own working memory, in the ctx's arena */
} pay_plan;
/* Names what is known of the accounts such a plan will need (tx_foresees). */
void pay_foresee(tx *t, id payer, uint32_t currency, const tender_in *tenders, size_t count);
status pay_plan_load(ctx *c, tx *t, pay_plan *p);
status pay_plan_decide(ctx *c, tx *t,
                       pay_plan *p); /* posts or holds; refusals name /tenders/N/... */
status pay_plan_write(ctx *c, tx *t, pay_plan *p);

/* What is paid for registers how it takes part when the outcome comes later (a channel's answer, a
 * timeout). Called inside payment's own commands; `paid` false: failed or cancelled, give
 * everything back. */
typedef struct payable_hooks {
  int payable_kind;
  size_t state_size;
  status (*load)(ctx *c, tx *t, id payable, bool paid, void *state);
  status (*decide)(ctx *c, tx *t, void *state);
  status (*write)(ctx *c, tx *t, void *state);
} payable_hooks;
void payment_register_payable(const payable_hooks *hooks);

/* --- releasing to the seller: goods arrived --------------------------------------------------- */
typedef struct release_plan {
  id seller, child, payment_id;
  uint32_t currency;
  int64_t gross, commission;
  int64_t reserve_rate_ppb;
  date due; /* when it may be paid out */
  void *inner;
} release_plan;
status release_load(ctx *c, tx *t, release_plan *p);
status release_decide(ctx *c, tx *t, release_plan *p);
status release_write(ctx *c, tx *t, release_plan *p);

/* --- giving back ------------------------------------------------------------------------------ */
typedef struct refund_plan {
  id refund_id, payment_id, seller, child;
  int64_t amount;          /* of this child order; commission_back of it was the operator's */
  int64_t commission_back; /* 0 before release */
  bool released;           /* the child order was released to the seller */
  bool
      whole; /* the rest of the payment's share of this child incl. a difference held in suspense */
  str reason;
  void *inner;
} refund_plan;
status refund_load(ctx *c, tx *t, refund_plan *p);
status refund_decide(ctx *c, tx *t, refund_plan *p); /* E_RULE: more than was captured */
status refund_write(ctx *c, tx *t, refund_plan *p);

/* Cancels a payment that is not paid yet: holds voided; an attempt in flight makes it E_IN_FLIGHT.
 */
typedef struct pay_cancel {
  id payment_id;
  payment_state state;
  void *inner;
} pay_cancel;
status pay_cancel_load(ctx *c, tx *t, pay_cancel *p);
status pay_cancel_decide(ctx *c, tx *t, pay_cancel *p);
status pay_cancel_write(ctx *c, tx *t, pay_cancel *p);

extern const command_type payment_cancel; /* state: pay_cancel; tells what is paid for */

/* --- in-process commands used by importers, the demo and tests -------------------------------- */
typedef struct capture_in {
  id payment_id;
  payment_state state; /* out */
  void *inner;
} capture_in; /* authorised earlier; makes the capture attempts, or pays at once when none is needed
               */
extern const command_type payment_capture;
typedef struct receive_in {
  id payment_id;
  uint32_t currency;
  tender_in tenders[TENDERS_MAX];
  size_t tender_count;
  id payer;
  payment_state state; /* out */
  void *inner;
} receive_in;
extern const command_type payment_receive_unmatched; /* money without an order: to suspense */
typedef struct return_in {
  id payment_id;
  id refund_id; /* out */
  void *inner;
} return_in;
extern const command_type payment_return_unmatched; /* and back to its source */
/* per_order_max 0: only the market itself (importer, promotion engine) gives this credit, or a
 * voucher does; else what any buyer may use of it on one order. */
typedef struct campaign_in {
  str name;
  uint32_t currency;
  int64_t budget;
  int64_t per_order_max;
  id existing;    /* funds this campaign further; 0: a new one */
  id campaign_id; /* out */
  void *inner;
} campaign_in;
extern const command_type payment_fund_campaign;
/* Single-use codes worth `amount` each out of a campaign's budget. */
enum { VOUCHERS_MAX = 500 };
typedef struct voucher_issue {
  id campaign_id;
  int64_t amount;     /* minor units, 1 to 2^53 */
  int64_t count;      /* 1..VOUCHERS_MAX */
  str code;           /* empty: made; else the code of the one voucher */
  instant expires_at; /* 0: never */
  str *codes; /* out: `count` of them, in the command's arena; the only time they are told */
  void *inner;
} voucher_issue;
extern const command_type
    payment_issue_vouchers; /* E_FUNDS: more than the budget has left to promise */
/* Fills a wallet through a channel: the attempt is sent after the commit, the wallet is credited
 * when it is approved. */
typedef struct top_up_in {
  id owner;       /* the user; the wallet is opened when there is none */
  id channel;     /* 0: the first that is switched on */
  int64_t amount; /* minor units of the market's currency, 1 to 2^53 */
  int method;     /* payment_methods */
  str token;      /* opaque instrument token; never a card number */
  id top_up_id;   /* out */
  void *inner;
} top_up_in;
extern const command_type payment_top_up;
typedef struct channel_in {
  str name;
  str kind; /* "bank-sim" */
  str url;
  bool auto_capture;
  id channel_id; /* out */
} channel_in;
extern const command_type payment_add_channel;

/* Sums for reports, from the ledger's entries and payment's tables. */
typedef struct payment_totals {
  int64_t captured, refunded, commission, paid_to_sellers, suspense, held;
  int64_t breaks;
} payment_totals;
status payment_totals_get(ctx *c, db *d, uint32_t currency, payment_totals *out);
typedef struct safeguard_proof {
  uint32_t currency;
  id entity;
  int64_t assets, owed, advanced;
  bool equal;
} safeguard_proof;
status payment_safeguard(ctx *c, db *d, safeguard_proof **out, size_t *count);
/* Whether the rows agree with the books: escrow, holds, what is under way, shares not due; and that
 * nothing was paid twice. OK with *violation empty when they do; in a snapshot of the caller's. */
status payment_verify(ctx *c, db *d, str *violation);
status payment_verify_books(ctx *c, db *d, str *violation); /* without the last */

#endif
