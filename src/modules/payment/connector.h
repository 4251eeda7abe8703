/* connector.h - what an outside channel must be able to do for us: a struct of functions, one per
 * kind of channel, called on a task thread, never inside a command and never with a transaction
 * open. An attempt is journalled, committed, and only then handed here; what comes back is applied
 * by the command payment_attempt_result.
 *
 * Promises a connector gives: the attempt's id is the channel's idempotency key, so the same ask
 * twice has one effect there; a call ends within its own timeout; whatever it cannot say for sure
 * is OUTCOME_UNKNOWN, never a guess. It never sees a ledger account, a person's data or a card
 * number: a token, an amount, ids. */
#ifndef TAEL_PAYMENT_CONNECTOR_H
#define TAEL_PAYMENT_CONNECTOR_H

#include "modules/payment/payment.h"

typedef enum attempt_kind {
  ATTEMPT_AUTHORISE, /* hold at the channel; capture follows as an attempt of its own */
  ATTEMPT_SALE,      /* authorise and capture at once (auto_capture channels, top-ups) */
  ATTEMPT_CAPTURE,   /* of an authorisation */
  ATTEMPT_VOID,      /* of an authorisation that is not wanted any more */
  ATTEMPT_REFUND,    /* of a capture or a sale, in part or whole */
  ATTEMPT_PAYOUT,    /* money out to a bank account: sellers' payouts, withdrawals */
} attempt_kind;
extern const char *const payment_attempt_kinds[]; /* "authorise", ..., NULL; in the order above */

typedef enum channel_outcome {
  OUTCOME_UNKNOWN, /* timeout, broken answer, "processing": ask again by query */
  OUTCOME_APPROVED,
  OUTCOME_DECLINED, /* for good */
  OUTCOME_ABSENT, /* from query only: the channel never heard of this attempt; sending it (again) is
                     safe */
  OUTCOME_RETURNED, /* a payout that was approved and came back from the bank later */
} channel_outcome;
extern const char
    *const payment_outcomes[]; /* "unknown", "approved", ..., NULL; in the order above */

typedef struct channel_ask {
  id attempt_id; /* opaque; the channel's idempotency key */
  attempt_kind kind;
  id channel;
  str url;        /* the channel's address, from payment_channel */
  int64_t amount; /* > 0 minor units */
  uint32_t currency;
  int method;          /* payment_methods; 0 for payouts */
  str token;           /* opaque instrument or payee reference; may be empty */
  int64_t instalments; /* 1..99; card only, recorded by the channel */
  id original;         /* CAPTURE, VOID, REFUND: the attempt it is about; else 0 */
  str original_ref;    /* and the channel's reference of it */
  instant at;          /* business time of the ask */
  date on;             /* and its business date, by which settlement files are cut */
} channel_ask;

typedef struct channel_answer {
  channel_outcome outcome;
  str channel_ref;        /* the channel's own reference; empty when there is none. In c's arena */
  int64_t amount;         /* APPROVED: what moved there, minor units; 0: as asked */
  int64_t fee;            /* what the channel keeps for it, minor units, >= 0 */
  str reason;             /* DECLINED: the channel's words, at most 200 bytes */
  bool again;             /* the channel sent the answer twice (each is applied) */
  channel_outcome second; /* with `again`: what the second one said */
} channel_answer;

typedef struct channel_at {
  id channel;
  str url;
  uint32_t currency;
} channel_at;

/* OK: `out` is set (also for UNKNOWN). Another status: could not even try (configuration, memory);
 * nothing was sent, and the task tries again later. E_CHANNEL from query: the channel is away. */
typedef struct connector {
  const char *kind; /* of channel_in.kind: "bank-sim" */
  void *self;
  status (*authorise)(ctx *c, const struct connector *self, const channel_ask *ask,
                      channel_answer *out); /* also SALE */
  status (*capture)(ctx *c, const struct connector *self, const channel_ask *ask,
                    channel_answer *out);
  status (*cancel)(ctx *c, const struct connector *self, const channel_ask *ask,
                   channel_answer *out); /* VOID */
  status (*refund)(ctx *c, const struct connector *self, const channel_ask *ask,
                   channel_answer *out);
  status (*payout)(ctx *c, const struct connector *self, const channel_ask *ask,
                   channel_answer *out);
  status (*query)(ctx *c, const struct connector *self, const channel_ask *ask,
                  channel_answer *out); /* of any kind */
  /* What the channel settled on one business date, as CSV in c's arena:
   * attempt,kind,amount,fee,currency. May be NULL. */
  status (*settlement_file)(ctx *c, const struct connector *self, const channel_at *channel,
                            date on, str *csv);
} connector;

/* Before the engine starts; the struct must outlive it. Same kind again: replaces (tests). */
void payment_register_connector(const connector *how);
const connector *payment_connector(str kind); /* NULL: unknown kind */

/* The command that applies an answer. Duplicates change nothing; a different answer than before
 * lists a break. */
typedef struct attempt_result {
  id attempt_id;
  channel_answer answer;
  bool from_query; /* learned by asking, not from the send itself */
  bool give_up;    /* with UNKNOWN or ABSENT: stop waiting; a late approval will be reversed */
  bool send_again; /* out: ABSENT and not given up; a task payment.send was made */
  void *inner;
} attempt_result;
extern const command_type payment_attempt_result;

/* Asks the channel what became of an attempt and applies it; runs on a task or worker thread. */
status payment_attempt_query(ctx *c, engine *e, id attempt_id, bool give_up, channel_outcome *out);

extern const task_type payment_send_task;  /* "payment.send", subject: the attempt */
extern const task_type payment_query_task; /* "payment.query", likewise */

#endif
