/* commands.h - the module's commands that only its own routes and jobs use, and their states.
 * Private. */
#ifndef TAEL_PAYMENT_COMMANDS_H
#define TAEL_PAYMENT_COMMANDS_H

#include "modules/payment/inside.h"

/* cancel.c: asks again for every open attempt of a payment, by tasks */
typedef struct query_in {
  id payment_id;
  int64_t asked;
  bool found;
  attempt_row *attempts;
  size_t count;
} query_in;
extern const command_type payment_query;

/* campaign.c */
typedef struct fund_work {
  market m;
  campaign_row row;
  bool found;
  id budget, reserve, own, cost;
} fund_work;

/* channel.c */
typedef struct channel_switch_in {
  id channel_id;
  bool enabled, found;
  channel_row row;
} channel_switch_in;
extern const command_type payment_switch_channel;

/* wallet.c */
typedef struct wallet_in {
  id owner, to; /* to: transfers */
  id channel;   /* top-ups and withdrawals; 0: routed */
  uint32_t currency;
  int64_t amount;
  int method;
  str token; /* instrument of a top-up, bank account reference of a withdrawal */
  wallet_move out;
  attempt_row attempt;
  void *inner;
} wallet_in;
extern const command_type payment_wallet_top_up, payment_withdraw, payment_wallet_transfer;

/* breaks.c */
typedef enum break_way { BREAK_TO_PAYER, BREAK_TO_SELLER, BREAK_TAKE } break_way;
extern const char *const payment_break_ways[];
typedef struct break_resolve {
  id break_id;
  int how;   /* break_way */
  id seller; /* BREAK_TO_SELLER */
  str note;
  break_row row;
  void *inner;
} break_resolve;
extern const command_type payment_resolve_break;
/* Who looks into a break says so; whoever had it before is relieved. */
typedef struct break_claim {
  id break_id;
  break_row row; /* by load */
  bool found;
} break_claim;
extern const command_type payment_claim_break;

/* dispute.c */
typedef struct dispute_row {
  id dispute_id, payment_id, attempt_id, channel, seller, child, from_account;
  int64_t part_no, amount;
  uint32_t currency;
  int state; /* 0 open, 1 won, 2 lost, 3 ran out */
  str reason, evidence;
  instant answer_by, opened_at, closed_at;
} dispute_row;
extern const char *const payment_dispute_states[];
typedef struct dispute_open_in {
  id payment_id, child;
  int64_t amount;
  str reason;
  dispute_row out;
  void *inner;
} dispute_open_in;
typedef enum dispute_step {
  DISPUTE_EVIDENCE,
  DISPUTE_WON,
  DISPUTE_LOST,
  DISPUTE_RAN_OUT
} dispute_step;
typedef struct dispute_step_in {
  id dispute_id;
  int step;
  str evidence;
  dispute_row out;
  void *inner;
} dispute_step_in;
extern const command_type payment_open_dispute, payment_step_dispute;

/* store_dispute.c */
status dispute_insert(ctx *c, db *d, const dispute_row *r);
status dispute_save(ctx *c, db *d, const dispute_row *r);
status dispute_lock(ctx *c, db *d, id dispute_id, dispute_row *out, bool *found);
status disputes_page(ctx *c, db *d, id seller, id before, int64_t max, dispute_row **out,
                     size_t *count);
status disputes_run_out(ctx *c, db *d, instant now, size_t max, id *out, size_t *count);

/* safeguard.c */
typedef struct proof_in {
  safeguard_proof *proofs;
  size_t count;
  date on;
} proof_in;
extern const command_type payment_store_proof;
/* jobs.c: takes the proof now and keeps it. */
status payment_prove(ctx *c, engine *e, date on, safeguard_proof **out, size_t *count);
extern const job_type payment_job_settlement, payment_job_sweep, payment_job_safeguard,
    payment_job_repair, payment_job_expire, payment_job_disputes;

#endif
