/* report.h - public: payments, settlement and safeguarding as lists for screens and reports. Reads
 * only; states and kinds are their wire names; texts and arrays lie in c's arena. Lists that can
 * grow go on below a key of the last row. */
#ifndef TAEL_PAYMENT_REPORT_H
#define TAEL_PAYMENT_REPORT_H

#include "modules/payment/payment.h"

typedef struct tender_brief {
  int64_t tender;
  str kind;
  id seller, child;
  int64_t amount, refunded;
} tender_brief;
typedef struct attempt_brief {
  id attempt;
  str kind, state, method, channel, channel_ref, reason; /* channel: its name */
  int64_t amount, fee;
  instant created_at, updated_at;
} attempt_brief;
typedef struct refund_brief {
  id refund, seller;
  int64_t amount, commission_back;
  str state, reason;
  instant at;
} refund_brief;
typedef struct payment_story {
  id payment;
  uint32_t currency;
  str state;
  int64_t total, captured, refunded, returned, difference;
  tender_brief *tenders;
  size_t tender_count; /* one per tender and child order */
  attempt_brief *attempts;
  size_t attempt_count;
  refund_brief *refunds;
  size_t refund_count;
} payment_story;
status payment_story_get(ctx *c, db *d, id payment_id, payment_story *out); /* E_NOT_FOUND */

typedef struct break_brief {
  id break_id, payment, owner; /* owner 0: nobody looks into it yet */
  int payable_kind;
  id payable; /* what the payment is for, e.g. ID_ORDER; payable 0: nothing known */
  str kind, note, resolution;
  int64_t amount;
  uint32_t currency;
  bool is_open;
  instant found_at, resolved_at;
} break_brief;
/* Newest first, below `before` (0: from the newest). which: 0 all, 1 open, 2 resolved. */
status payment_list_breaks(ctx *c, db *d, int which, id before, size_t max, break_brief **out,
                           size_t *count);
status payment_count_open_breaks(ctx *c, db *d, int64_t *out);

typedef struct campaign_brief {
  id campaign;
  str name;
  uint32_t currency;
  int64_t budget, left, per_order_max; /* left: what the ledger holds of it now */
  instant created_at;
} campaign_brief;
status payment_list_campaigns(ctx *c, db *d, id before, size_t max, campaign_brief **out,
                              size_t *count);

typedef struct item_brief {
  id child;
  str kind;
  uint32_t currency;
  date due;
  int64_t amount;
  bool is_settled;
  id seller;
} item_brief;
/* Settlement items of one seller or of all for 0, last due first: below `after`, the key of the
 * last row shown (due 0: from the start). keys: room for max; the key of each row. */
typedef struct item_key {
  date due;
  id child;
  int64_t kind;
} item_key;
status payment_page_items(ctx *c, db *d, id seller, const item_key *after, size_t max,
                          item_brief **out, item_key *keys, size_t *count);
/* What falls due on each day from first to last (at most 400 days), of one seller or of all for 0.
 */
typedef struct due_day {
  date due;
  int64_t waiting, waiting_amount, settled, settled_amount, reserve;
} due_day;
status payment_due_days(ctx *c, db *d, id seller, date first, date last, due_day **out,
                        size_t *count);
typedef struct payout_brief {
  id payout;
  date on;
  uint32_t currency;
  int64_t amount;
  str state;
  instant updated_at;
  id seller;
} payout_brief;
/* Of one seller, or of all for 0. */
status payment_list_payouts(ctx *c, db *d, id seller, id before, size_t max, payout_brief **out,
                            size_t *count);

/* One line a payout of the business date: payout,seller,amount,currency,bank_reference,state;
 * amounts in minor units. */
status payment_payout_file(ctx *c, db *d, date on, buf *csv);

typedef struct voucher_brief {
  str code;             /* masked but for its end */
  id campaign, payment; /* payment 0: not used */
  uint32_t currency;
  int64_t amount;
  bool is_used;
  instant expires_at, created_at;
} voucher_brief;
/* Newest first, those made at or before `from` (0: all) without the first `skip` of them. */
status payment_list_vouchers(ctx *c, db *d, id campaign, instant from, int64_t skip, size_t max,
                             voucher_brief **out, size_t *count);

/* What a buyer may ask before paying. A voucher by its code; what a campaign gives one buyer for
 * one order now, 0 when it is not for buyers to choose or used up; what a person's wallet can
 * spend. */
typedef struct voucher_look {
  bool found, is_used;
  uint32_t currency;
  int64_t amount;
  instant expires_at; /* 0: never */
} voucher_look;
status payment_look_voucher(ctx *c, db *d, str code, voucher_look *out);
status payment_look_credit(ctx *c, db *d, id campaign, int64_t *out);
status payment_look_wallet(ctx *c, db *d, id user, int64_t *out);

typedef struct proof_brief {
  date on;
  safeguard_proof proof;
  instant taken_at;
} proof_brief;
/* Newest first, taken before `before` (0: from the newest). */
status payment_list_proofs(ctx *c, db *d, instant before, size_t max, proof_brief **out,
                           size_t *count);

#endif
