/* api.c - what the bank listens to. An attempt is carried out by a command of its own inside
 * `prepare`, on a worker thread, so that a late answer can be late after the money moved; the
 * route's own command then only hands the answer over. */
#include "modules/banksim/inside.h"
#include <time.h>

static const char *const kind_names[] = {"authorise", "sale",   "capture", "void",
                                         "refund",    "payout", NULL};
static const char *const outcome_names[] = {"unknown", "approved", "declined",
                                            "absent",  "returned", NULL};
static const char *const method_names[] = {"card", "boleto", "debit", "bank", "wallet", NULL};

enum { LATE_MS_MAX = 60000 };

static const field attempt_in_fields[] = {
    F_STR(attempt_in, attempt, FIELD_REQUIRED, 1, 64,
          "The asker's own id: the same twice has one effect."),
    F_STR(attempt_in, account, 0, 0, 64,
          "The asker's account with the bank: each has its own settlement files."),
    F_ENUM(attempt_in, kind, FIELD_REQUIRED, kind_names, "What to do."),
    F_AMOUNT(attempt_in, amount, FIELD_REQUIRED, 1, MONEY_MAX_JSON, "Minor units."),
    F_CURRENCY(attempt_in, currency, FIELD_REQUIRED, "Of the amount."),
    F_ENUM(attempt_in, method, 0, method_names, "How the payer pays."),
    F_STR(attempt_in, token, 0, 0, 128,
          "The instrument; tok_decline and its kin name a behaviour."),
    F_INT(attempt_in, instalments, 0, 0, 99, "Card instalments."),
    F_STR(attempt_in, original, 0, 0, 64, "capture, void, refund: the attempt it is about."),
    F_TIME(attempt_in, at, 0, "The asker's business time."),
    F_DATE(attempt_in, on, 0,
           "The asker's business date: settlement files are cut by it; left out: the date of `at` "
           "in UTC."),
};
static SHAPE(attempt_in_shape, "BankAttempt", attempt_in, attempt_in_fields);
static const field attempt_out_fields[] = {
    F_STR(attempt_out, attempt, 0, 0, 64, "The asker's id."),
    F_ENUM(attempt_out, outcome, 0, outcome_names, "What became of it."),
    F_STR(attempt_out, channel_ref, FIELD_OMIT_ZERO, 0, 64, "The bank's own reference."),
    F_AMOUNT(attempt_out, amount, 0, 0, MONEY_MAX_JSON, "Minor units moved."),
    F_AMOUNT(attempt_out, fee, 0, 0, MONEY_MAX_JSON, "What the bank keeps of it."),
    F_STR(attempt_out, reason, FIELD_OMIT_ZERO, 0, 200, "Why it was declined."),
    F_BOOL(attempt_out, again, FIELD_OMIT_ZERO, "The bank answers twice."),
    F_ENUM(attempt_out, second, FIELD_OMIT_ZERO, outcome_names, "What the second answer says."),
};
static SHAPE(attempt_out_shape, "BankAnswer", attempt_out, attempt_out_fields);
#define SHARE "Parts per billion of attempts."
static const field behaviour_fields[] = {
    F_INT(bank_behaviour, decline, 0, 0, RATE_ONE, SHARE),
    F_INT(bank_behaviour, late, 0, 0, RATE_ONE, SHARE),
    F_INT(bank_behaviour, twice, 0, 0, RATE_ONE, SHARE),
    F_INT(bank_behaviour, unknown, 0, 0, RATE_ONE, SHARE),
    F_INT(bank_behaviour, fee, 0, 0, RATE_ONE, "Parts per billion of each captured amount."),
    F_INT(bank_behaviour, late_ms, 0, 0, LATE_MS_MAX, "How long a late answer takes."),
    F_INT(bank_behaviour, seed, 0, 0, INT64_MAX, "Decides which attempts misbehave."),
};
static SHAPE(behaviour_shape, "BankBehaviour", bank_behaviour, behaviour_fields);

static void answer(const bank_row *row, attempt_out *out) {
  *out = (attempt_out){
      .attempt = row->attempt, .outcome = row->reported, .channel_ref = row->reference};
  bool known = row->reported != BANK_UNKNOWN;
  out->amount = known && row->outcome == BANK_APPROVED ? row->amount : 0;
  out->fee = known ? row->fee : 0;
  if (row->reported == BANK_DECLINED) out->reason = STR("declined by the bank");
}

static void misbehave(const attempt_state *s, attempt_out *out) {
  bank_behaviour how = banksim_behaviour();
  bank_quirk quirk = banksim_quirk(&how, s->in.attempt, s->in.token);
  out->again = quirk == QUIRK_TWICE || quirk == QUIRK_CONTRADICT;
  out->second = quirk == QUIRK_CONTRADICT ? BANK_DECLINED : out->outcome;
  if (quirk == QUIRK_LATE && s->is_new)
    nanosleep(&(struct timespec){how.late_ms / 1000, how.late_ms % 1000 * 1000000}, NULL);
}

static status hand_over(ctx *c, tx *t, void *state) {
  UNUSED(c);
  UNUSED(t);
  UNUSED(state);
  return OK;
}
static const command_type bank_answer = {
    .name = "bank.answer", .flags = COMMAND_HOT, .decide = hand_over};

static status prepare_attempt(ctx *c, const request *r, command *cmd, void **out) {
  attempt_state *s = ARENA_NEW(c->arena, attempt_state);
  s->in = *(const attempt_in *)r->in;
  TRY(engine_call(c, r->engine, &bank_attempt, s, r->who));
  attempt_out *o = ARENA_NEW(c->arena, attempt_out);
  answer(&s->row, o);
  misbehave(s, o);
  cmd->type = &bank_answer;
  *out = o;
  return OK;
}

static status prepare_query(ctx *c, const request *r, command *cmd, void **out) {
  query_state *s = ARENA_NEW(c->arena, query_state);
  s->attempt = r->param_text[0];
  TRY(engine_call(c, r->engine, &bank_query, s, r->who));
  attempt_out *o = ARENA_NEW(c->arena, attempt_out);
  answer(&s->row, o);
  cmd->type = &bank_answer;
  *out = o;
  return OK;
}

static status prepare_behaviour(ctx *c, const request *r, command *cmd, void **out) {
  banksim_behave(r->in);
  bank_behaviour *now = ARENA_NEW(c->arena, bank_behaviour);
  *now = banksim_behaviour();
  cmd->type = &bank_answer;
  *out = now;
  return OK;
}

static status read_behaviour(ctx *c, const request *r, db *d, void *out) {
  UNUSED(c);
  UNUSED(r);
  UNUSED(d);
  *(bank_behaviour *)out = banksim_behaviour();
  return OK;
}

typedef struct settlement_query {
  str account;
} settlement_query;
static const field settlement_query_fields[] = {
    F_STR(settlement_query, account, 0, 0, 64, "Of one account; left out: of all.")};
static SHAPE(settlement_query_shape, "BankSettlementQuery", settlement_query,
             settlement_query_fields);

static status settlement_page(ctx *c, const request *r, db *d, buf *out,
                              const char **content_type) {
  date on;
  if (!date_parse(r->param_text[0], &on))
    return fail_field(c, E_MALFORMED, STR("path/date"), "Write the date as YYYY-MM-DD.");
  db_rows *rows;
  const settlement_query *q = r->query;
  TRY(db_query(c, d, &rows,
               "select attempt, kind, amount, fee, currency from bank_attempt where happened_on = "
               "?1 and outcome = 1 "
               "and reported <> 4 "
               "and kind in (1, 2, 4, 5) and (?2 = '' or account = ?2) order by attempt",
               DB_INT(on), DB_TEXT(q->account)));
  buf_add(out, STR("attempt,kind,amount,fee,currency\n"));
  while (db_next(rows)) {
    char code[4] = "";
    int scale = 0;
    if (!currency_by_number((uint32_t)db_get_int(rows, 4), code, &scale)) continue;
    buf_add(out, db_get_text(rows, 0));
    buf_format(out, ",%s,%lld,%lld,%s\n", kind_names[db_get_int(rows, 1)],
               (long long)db_get_int(rows, 2), (long long)db_get_int(rows, 3), code);
  }
  *content_type = "text/csv; charset=utf-8";
  return db_done(c, rows);
}

static const route routes[] = {
    {.method = POST,
     .path = "/v1/attempts",
     .scope = SCOPE_PUBLIC,
     .flags = ROUTE_SLOW | ROUTE_OWN_KEY,
     .summary = "Ask for an attempt",
     .in = &attempt_in_shape,
     .out = &attempt_out_shape,
     .prepare = prepare_attempt},
    {.method = POST,
     .path = "/v1/attempts/{text}/query",
     .scope = SCOPE_PUBLIC,
     .flags = ROUTE_SLOW | ROUTE_OWN_KEY | ROUTE_NO_BODY,
     .summary = "What became of an attempt",
     .out = &attempt_out_shape,
     .prepare = prepare_query},
    {.method = GET,
     .path = "/v1/settlements/{text}",
     .scope = SCOPE_PUBLIC,
     .flags = ROUTE_HIDDEN,
     .summary = "The settlement file of a date",
     .query = &settlement_query_shape,
     .page = settlement_page},
    {.method = GET,
     .path = "/v1/behaviour",
     .scope = SCOPE_PUBLIC,
     .summary = "How the bank behaves",
     .out = &behaviour_shape,
     .read = read_behaviour},
    {.method = PUT,
     .path = "/v1/behaviour",
     .scope = SCOPE_PUBLIC,
     .flags = ROUTE_OWN_KEY,
     .summary = "Make it behave otherwise",
     .in = &behaviour_shape,
     .out = &behaviour_shape,
     .prepare = prepare_behaviour},
};

extern const char banksim_schema_sql[];
static status everybody(ctx *c, db *d, str authorization, str cookie, str csrf, bool is_write,
                        principal *out) {
  UNUSED(c);
  UNUSED(d);
  UNUSED(authorization);
  UNUSED(cookie);
  UNUSED(csrf);
  UNUSED(is_write);
  *out = (principal){.kind = ACTOR_NONE};
  return OK;
}
const auth_hooks banksim_auth = {.authenticate = everybody};

static const db_schema banksim_schema = {"banksim", banksim_schema_sql};
const module banksim_module = {.name = "banksim",
                               .schema = &banksim_schema,
                               .routes = routes,
                               .route_count = COUNT_OF(routes)};
