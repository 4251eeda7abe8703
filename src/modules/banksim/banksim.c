/* banksim.c - the bank's rules: which attempts misbehave, what an attempt does, what a query
 * learns. */
#include "modules/banksim/inside.h"
#include <pthread.h>
#include <string.h>

static pthread_mutex_t behaviour_lock = PTHREAD_MUTEX_INITIALIZER;
static bank_behaviour behaviour = {.late_ms = 4000, .seed = 1}; /* the process's one bank */

void banksim_behave(const bank_behaviour *how) {
  pthread_mutex_lock(&behaviour_lock);
  behaviour = *how;
  pthread_mutex_unlock(&behaviour_lock);
}

bank_behaviour banksim_behaviour(void) {
  pthread_mutex_lock(&behaviour_lock);
  bank_behaviour now = behaviour;
  pthread_mutex_unlock(&behaviour_lock);
  return now;
}

static bool quirk_by_token(str token, bank_quirk *out) {
  static const struct {
    const char *token;
    bank_quirk quirk;
  } table[] = {{"tok_decline", QUIRK_DECLINE},       {"tok_late", QUIRK_LATE},
               {"tok_twice", QUIRK_TWICE},           {"tok_unknown", QUIRK_UNKNOWN},
               {"tok_contradict", QUIRK_CONTRADICT}, {"tok_return", QUIRK_RETURN}};
  for (size_t i = 0; i < COUNT_OF(table); i++)
    if (str_eq(token, str_from(table[i].token))) return *out = table[i].quirk, true;
  return false;
}

bank_quirk banksim_quirk(const bank_behaviour *how, str attempt, str token) {
  bank_quirk named;
  if (quirk_by_token(token, &named)) return named;
  int64_t draw =
      (int64_t)(hash64(attempt.at, attempt.len, (uint64_t)how->seed) % (uint64_t)RATE_ONE);
  const struct {
    int64_t share;
    bank_quirk quirk;
  } shares[] = {{how->decline, QUIRK_DECLINE},
                {how->late, QUIRK_LATE},
                {how->twice, QUIRK_TWICE},
                {how->unknown, QUIRK_UNKNOWN}};
  for (size_t i = 0; i < COUNT_OF(shares); i++) {
    if (draw < shares[i].share) return shares[i].quirk;
    draw -= shares[i].share;
  }
  return QUIRK_NONE;
}

/* --- an attempt ------------------------------------------------------------------------------- */
static const char load_sql[] = "select kind, outcome, reported, amount, fee, currency, method, "
                               "instalments, original, returned, reference, token, queries "
                               "from bank_attempt where attempt = ?1";

static status load_one(ctx *c, db *d, str attempt, bank_row *out) {
  db_rows *rows;
  const db_value key[] = {DB_TEXT(attempt)};
  TRY(db_select(c, d, &rows, load_sql, 1, key));
  out->found = db_next(rows);
  if (out->found) {
    out->attempt = attempt;
    out->kind = (int)db_get_int(rows, 0);
    out->outcome = (int)db_get_int(rows, 1);
    out->reported = (int)db_get_int(rows, 2);
    out->amount = db_get_int(rows, 3);
    out->fee = db_get_int(rows, 4);
    out->currency = (uint32_t)db_get_int(rows, 5);
    out->method = (int)db_get_int(rows, 6);
    out->instalments = db_get_int(rows, 7);
    out->original = db_keep_text(rows, 8, c->arena);
    out->returned = db_get_int(rows, 9);
    out->reference = db_keep_text(rows, 10, c->arena);
    out->token = db_keep_text(rows, 11, c->arena);
    out->queries = db_get_int(rows, 12);
  }
  return db_done(c, rows);
}

static status attempt_load(ctx *c, tx *t, void *state) {
  attempt_state *s = state;
  TRY(load_one(c, tx_db(t), s->in.attempt, &s->row));
  if (s->in.original.len == 0) return OK;
  return load_one(c, tx_db(t), s->in.original, &s->original);
}

static bool needs_original(int kind) {
  return kind == BANK_CAPTURE || kind == BANK_VOID || kind == BANK_REFUND;
}

/* NULL: the bank can do it; else its words of refusal. */
static const char *objection(const attempt_state *s) {
  if (!needs_original(s->in.kind)) return NULL;
  if (!s->original.found || s->original.outcome != BANK_APPROVED)
    return "there is no approved original";
  bool of_authorisation = s->in.kind == BANK_CAPTURE || s->in.kind == BANK_VOID;
  if (of_authorisation && s->original.kind != BANK_AUTHORISE)
    return "the original is not an authorisation";
  if (of_authorisation && s->original.returned > 0) return "the authorisation was used";
  if (s->in.kind == BANK_REFUND && s->original.kind != BANK_CAPTURE &&
      s->original.kind != BANK_SALE)
    return "the original moved no money";
  if (s->in.amount > s->original.amount - s->original.returned)
    return "more than the original has left";
  return NULL;
}

static int64_t fee_of(const attempt_state *s, const bank_behaviour *how) {
  int64_t fee = 0;
  bool pays = s->in.kind == BANK_CAPTURE || s->in.kind == BANK_SALE;
  if (pays && !rate_apply(s->in.amount, how->fee, ROUND_HALF_UP, &fee)) fee = 0;
  return fee;
}

static status attempt_decide(ctx *c, tx *t, void *state) {
  attempt_state *s = state;
  UNUSED(t);
  bool same = s->row.found && s->row.amount == s->in.amount && s->row.kind == s->in.kind;
  if (s->row.found && !same)
    return fail_field(c, E_CONFLICT, STR("/attempt"),
                      "This attempt was asked for with another amount or kind.");
  s->is_new = !s->row.found;
  if (!s->is_new) return OK;
  bank_behaviour how = banksim_behaviour();
  bank_quirk quirk = banksim_quirk(&how, s->in.attempt, s->in.token);
  const char *no = objection(s);
  s->row = (bank_row){.found = true,
                      .attempt = s->in.attempt,
                      .kind = s->in.kind,
                      .amount = s->in.amount,
                      .currency = s->in.currency,
                      .method = s->in.method,
                      .instalments = s->in.instalments,
                      .original = s->in.original,
                      .token = s->in.token};
  s->row.outcome = no != NULL || quirk == QUIRK_DECLINE ? BANK_DECLINED : BANK_APPROVED;
  s->row.reported = quirk == QUIRK_UNKNOWN ? BANK_UNKNOWN : s->row.outcome;
  s->row.fee = s->row.outcome == BANK_APPROVED ? fee_of(s, &how) : 0;
  s->row.reference = str_format(c->arena, "bnk%016llx",
                                (unsigned long long)hash64(s->in.attempt.at, s->in.attempt.len, 7));
  return OK;
}

static status attempt_write(ctx *c, tx *t, void *state) {
  attempt_state *s = state;
  if (!s->is_new) return OK;
  const bank_row *r = &s->row;
  TRY(db_run(c, tx_db(t),
             "insert into bank_attempt (attempt, account, kind, outcome, reported, amount, fee, "
             "currency, method, token, "
             "instalments, original, returned, reference, happened_on, queries) "
             "values (?1, ?14, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0, ?12, ?13, 0)",
             DB_TEXT(r->attempt), DB_INT(r->kind), DB_INT(r->outcome), DB_INT(r->reported),
             DB_INT(r->amount), DB_INT(r->fee), DB_INT(r->currency), DB_INT(r->method),
             DB_TEXT(r->token), DB_INT(r->instalments), DB_TEXT(r->original), DB_TEXT(r->reference),
             DB_INT(s->in.on != 0 ? s->in.on : instant_date(s->in.at != 0 ? s->in.at : c->now, 0)),
             DB_TEXT(s->in.account)));
  if (!needs_original(r->kind) || r->outcome != BANK_APPROVED) return OK;
  return db_run(c, tx_db(t), "update bank_attempt set returned = returned + ?2 where attempt = ?1",
                DB_TEXT(r->original),
                DB_INT(r->kind == BANK_REFUND ? r->amount : s->original.amount));
}

const command_type bank_attempt = {
    .name = "bank.attempt", .load = attempt_load, .decide = attempt_decide, .write = attempt_write};

/* --- a query: learns the truth; an unknown one is settled by being asked for the second time ---
 */
static status query_load(ctx *c, tx *t, void *state) {
  query_state *s = state;
  return load_one(c, tx_db(t), s->attempt, &s->row);
}

static status query_decide(ctx *c, tx *t, void *state) {
  query_state *s = state;
  UNUSED(t);
  if (!s->row.found) return fail(c, E_NOT_FOUND, "This attempt never arrived here.");
  if (s->row.reported == BANK_UNKNOWN && s->row.queries >= 1) s->row.reported = s->row.outcome;
  if (str_eq(s->row.token, STR("tok_return")) && s->row.kind == BANK_PAYOUT)
    s->row.reported = BANK_RETURNED;
  return OK;
}

static status query_write(ctx *c, tx *t, void *state) {
  const query_state *s = state;
  return db_run(c, tx_db(t),
                "update bank_attempt set reported = ?2, queries = queries + 1 where attempt = ?1",
                DB_TEXT(s->attempt), DB_INT(s->row.reported));
}

const command_type bank_query = {
    .name = "bank.query", .load = query_load, .decide = query_decide, .write = query_write};
