/* banksim.h - an outside bank to test against: a module of its own program (`tael bank-sim`, a
 * process with its own store in memory), which approves, declines, answers late, answers twice and
 * says it does not know, on demand. It knows nothing of Tael: an attempt's opaque id, a kind, an
 * amount. The same attempt asked twice has one effect and one answer.
 *
 * What misbehaves is decided by the seed and the attempt's id, so a run can be repeated; a token
 * names a behaviour outright: tok_decline, tok_late, tok_twice, tok_unknown, tok_contradict (says
 * approved, then declined), tok_return (a payout that comes back). */
#ifndef TAEL_BANKSIM_H
#define TAEL_BANKSIM_H

#include "http/http.h"

extern const module banksim_module;
extern const auth_hooks banksim_auth; /* everybody is welcome: it listens on loopback only */

typedef struct bank_behaviour { /* shares in parts per 10^9 of attempts; fee of the amount of
                                   captures and sales */
  int64_t decline, late, twice, unknown, fee;
  int64_t late_ms; /* how long a late answer takes, 0..60000 */
  int64_t seed;
} bank_behaviour;
void banksim_behave(const bank_behaviour *how); /* also PUT /v1/behaviour; any thread */
bank_behaviour banksim_behaviour(void);

typedef enum bank_kind {
  BANK_AUTHORISE,
  BANK_SALE,
  BANK_CAPTURE,
  BANK_VOID,
  BANK_REFUND,
  BANK_PAYOUT
} bank_kind;
typedef enum bank_outcome {
  BANK_UNKNOWN,
  BANK_APPROVED,
  BANK_DECLINED,
  BANK_ABSENT,
  BANK_RETURNED
} bank_outcome;
typedef enum bank_quirk {
  QUIRK_NONE,
  QUIRK_DECLINE,
  QUIRK_LATE,
  QUIRK_TWICE,
  QUIRK_UNKNOWN,
  QUIRK_CONTRADICT,
  QUIRK_RETURN
} bank_quirk;

/* Pure: how this attempt will be treated. */
bank_quirk banksim_quirk(const bank_behaviour *how, str attempt, str token);

#endif
