/* jobs.c - the payment module's scheduled work. Each job finds what is due by key and runs ordinary
 * commands, a bounded number in a commit, so that a job cut off goes on where it stopped. */
#include "modules/payment/commands.h"
#include "modules/payment/settle.h"

enum {
  REPAIR_AFTER_S = 60,         /* an attempt older than this is asked about */
  GIVE_UP_AFTER_S = 24 * 3600, /* and given up after this, when the channel still can't say */
  REPAIR_MAX = 200,
  EXPIRE_MAX = 500,
  AWAY_MAX = 16,
};

/* --- settlement.daily ------------------------------------------------------------------------- */
static status next_sellers(ctx *c, engine *e, date on, id after, settle_in *out) {
  db *reader = engine_reader(e, c);
  if (reader == NULL) return c->fault.code;
  status s = sellers_due(c, reader, on, after, SETTLE_SELLERS_MAX, out->sellers, &out->count);
  engine_reader_done(e, reader);
  return s;
}

static status run_settlement(ctx *c, engine *e, date on, str *report) {
  int64_t sellers = 0, payouts = 0;
  id after = 0;
  for (;;) {
    settle_in *in = ARENA_NEW(c->arena, settle_in);
    in->on = on;
    TRY(next_sellers(c, e, on, after, in));
    if (in->count == 0) break;
    TRY(engine_call(c, e, &payment_settle, in, engine_system(e)));
    after = in->sellers[in->count - 1];
    sellers += (int64_t)in->count;
    payouts += in->payouts;
  }
  *report =
      str_format(c->arena, "sellers=%lld payouts=%lld", (long long)sellers, (long long)payouts);
  return OK;
}

/* --- fees.sweep ------------------------------------------------------------------------------- */
static status run_sweep(ctx *c, engine *e, date on, str *report) {
  UNUSED(on);
  sweep_in in = {0};
  TRY(engine_call(c, e, &payment_sweep_fees, &in, engine_system(e)));
  *report = str_format(c->arena, "swept=%lld", (long long)in.amount);
  return OK;
}

/* --- safeguard.daily -------------------------------------------------------------------------- */
status payment_prove(ctx *c, engine *e, date on, safeguard_proof **out, size_t *count) {
  db *reader = engine_reader(e, c);
  if (reader == NULL) return c->fault.code;
  status s = db_begin(c, reader);
  if (s == OK) s = payment_safeguard(c, reader, out, count);
  if (db_in_transaction(reader)) db_rollback(reader);
  engine_reader_done(e, reader);
  TRY(s);
  proof_in in = {.proofs = *out, .count = *count, .on = on};
  return engine_call(c, e, &payment_store_proof, &in, engine_system(e));
}

static status run_safeguard(ctx *c, engine *e, date on, str *report) {
  safeguard_proof *proofs;
  size_t count, broken = 0;
  TRY(payment_prove(c, e, on, &proofs, &count));
  for (size_t i = 0; i < count; i++)
    broken += !proofs[i].equal;
  *report = str_format(c->arena, "proofs=%zu broken=%zu", count, broken);
  return OK;
}

/* --- attempts.repair -------------------------------------------------------------------------- */
/* Channels that did not answer in this run are not asked again in it: waiting for each attempt of a
 * channel that is away would keep all other jobs waiting. */
typedef struct repair {
  engine *e;
  id away[AWAY_MAX];
  size_t away_count;
  size_t settled;
} repair;

static bool is_away(const repair *r, id channel) {
  for (size_t i = 0; i < r->away_count; i++) {
    if (r->away[i] == channel) return true;
  }
  return r->away_count == AWAY_MAX;
}

static void repair_one(ctx *c, repair *r, const aged_attempt *a) {
  channel_outcome said = OUTCOME_UNKNOWN;
  bool give_up = c->now - a->created_at > GIVE_UP_AFTER_S * MICROS_PER_SECOND;
  bool asks = !is_away(r, a->channel);
  status s = asks ? payment_attempt_query(c, r->e, a->attempt_id, give_up, &said) : E_CHANNEL;
  r->settled += s == OK && said != OUTCOME_UNKNOWN;
  if (s == E_CHANNEL && asks) r->away[r->away_count++] = a->channel;
  fault_clear(c); /* one that can't be repaired must not keep the others from it */
  if (s != E_CHANNEL || !give_up) return;
  attempt_result in = {.attempt_id = a->attempt_id, .from_query = true, .give_up = true};
  if (engine_call(c, r->e, &payment_attempt_result, &in, engine_system(r->e)) != OK) fault_clear(c);
}

static status run_repair(ctx *c, engine *e, date on, str *report) {
  UNUSED(on);
  aged_attempt *open = NULL;
  size_t count = 0;
  repair r = {.e = e};
  db *reader = engine_reader(e, c);
  if (reader == NULL) return c->fault.code;
  status s = attempts_open_before(c, reader, c->now - REPAIR_AFTER_S * MICROS_PER_SECOND,
                                  REPAIR_MAX, &open, &count);
  engine_reader_done(e, reader);
  TRY(s);
  for (size_t i = 0; i < count; i++)
    repair_one(c, &r, &open[i]);
  *report = str_format(c->arena, "asked=%zu answered=%zu away=%zu", count, r.settled, r.away_count);
  return OK;
}

/* --- payments.expire -------------------------------------------------------------------------- */
static status expired_payments(ctx *c, db *d, instant now, id **out, size_t *count) {
  db_rows *rows;
  TRY(db_query(
      c, d, &rows,
      "select payment_id from payment where state=1 and expires_at > 0 and expires_at <= ?1 "
      "order by expires_at, payment_id limit ?2",
      DB_INT(now), DB_INT(EXPIRE_MAX)));
  id *list = ARENA_ARRAY(c->arena, id, EXPIRE_MAX);
  size_t n = 0;
  while (db_next(rows))
    list[n++] = db_get_int(rows, 0);
  TRY(db_done(c, rows));
  *out = list;
  *count = n;
  return OK;
}

static status run_expire(ctx *c, engine *e, date on, str *report) {
  UNUSED(on);
  id *ids = NULL;
  size_t count = 0, ended = 0;
  db *reader = engine_reader(e, c);
  if (reader == NULL) return c->fault.code;
  status s = expired_payments(c, reader, c->now, &ids, &count);
  engine_reader_done(e, reader);
  TRY(s);
  for (size_t i = 0; i < count; i++) {
    pay_cancel in = {.payment_id = ids[i]};
    if (engine_call(c, e, &payment_cancel, &in, engine_system(e)) == OK)
      ended++;
    else
      fault_clear(c); /* an attempt is under way: repair learns its outcome first */
  }
  *report = str_format(c->arena, "due=%zu ended=%zu", count, ended);
  return OK;
}

/* --- disputes.clock --------------------------------------------------------------------------- */
static status run_disputes(ctx *c, engine *e, date on, str *report) {
  UNUSED(on);
  id ids[EXPIRE_MAX];
  size_t count = 0;
  db *reader = engine_reader(e, c);
  if (reader == NULL) return c->fault.code;
  status s = disputes_run_out(c, reader, c->now, EXPIRE_MAX, ids, &count);
  engine_reader_done(e, reader);
  TRY(s);
  for (size_t i = 0; i < count; i++) {
    dispute_step_in in = {.dispute_id = ids[i], .step = DISPUTE_RAN_OUT};
    TRY(engine_call(c, e, &payment_step_dispute, &in, engine_system(e)));
  }
  *report = str_format(c->arena, "ran_out=%zu", count);
  return OK;
}

const job_type payment_job_disputes = {
    "disputes.clock", "Chargebacks nobody answered in time are lost", 0, 95, run_disputes};
const job_type payment_job_settlement = {"settlement.daily",
                                         "Due shares become available and are paid out to sellers",
                                         0, 100, run_settlement};
const job_type payment_job_sweep = {
    "fees.sweep", "The operator's own fees leave the customers' reserve", 0, 110, run_sweep};
const job_type payment_job_safeguard = {"safeguard.daily",
                                        "Proves that customers' money is whole and keeps the proof",
                                        0, 900, run_safeguard};
const job_type payment_job_repair = {"attempts.repair",
                                     "Asks channels what became of attempts without an answer", 60,
                                     10, run_repair};
const job_type payment_job_expire = {
    "payments.expire", "Ends payments nobody finished within their time", 60, 20, run_expire};
