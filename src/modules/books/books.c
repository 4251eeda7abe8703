/* books.c - commands of the books module: open an account, post transfers (one, or many atomic or
 * independent), reverse one. Hot: ledger only, so that the engine groups them on both homes.
 * Refuses accounts that are not the caller's. */
#include "modules/books/commands.h"

/* A transfer that was accepted before, just so, is as good as accepted now. */
static bool succeeded(ledger_result r) { return r == LEDGER_OK || r == LEDGER_EXISTS; }

/* --- opening ---------------------------------------------------------------------------------- */
static uint16_t account_flags(const account_in *in) {
  return (uint16_t)((in->no_debit_balance ? ACCOUNT_NO_DEBIT_BALANCE : 0) |
                    (in->no_credit_balance ? ACCOUNT_NO_CREDIT_BALANCE : 0) |
                    (in->striped ? ACCOUNT_STRIPED : 0));
}

static status check_terms(ctx *c, const account_in *in) {
  bool has_floor = in->no_debit_balance || in->no_credit_balance;
  if (in->no_debit_balance && in->no_credit_balance)
    return fail_field(c, E_RULE, STR("/no_credit_balance"),
                      "An account has one floor at most; leave one of the two out.");
  if (in->striped && has_floor)
    return fail_field(c, E_RULE, STR("/striped"),
                      "A striped account can't have a floor; leave one of the two out.");
  if (in->allowance > 0 && !has_floor)
    return fail_field(c, E_RULE, STR("/allowance"),
                      "An allowance needs a floor; leave it out or set no_debit_balance.");
  return OK;
}

/* Without an owner every account is one of its own. */
static account_spec open_spec(ctx *c, const open_state *s) {
  return (account_spec){.tenant = s->tenant,
                        .entity = s->entity,
                        .owner = s->in.owner != 0 ? s->in.owner : id_next(c),
                        .asset = (uint32_t)s->in.asset,
                        .code = CODE_GENERIC,
                        .flags = account_flags(&s->in),
                        .allowance = s->in.allowance};
}

static status open_load(ctx *c, tx *t, void *state) {
  open_state *s = state;
  market m;
  TRY(identity_market(c, tx_db(t), &m));
  asset known;
  s->asset_found = ledger_asset_by_number(c, tx_db(t), (uint32_t)s->in.asset, &known) == OK;
  bool fits = s->asset_found && check_terms(c, &s->in) == OK;
  fault_clear(c); /* decide refuses */
  if (!fits) return OK;
  s->tenant = tx_who(t).tenant != 0 ? tx_who(t).tenant : m.platform;
  s->entity = m.entity;
  account_spec spec = open_spec(c, s);
  return tx_ensure_account(c, t, &spec, &s->account_id);
}

static status open_decide(ctx *c, tx *t, void *state) {
  open_state *s = state;
  if (!s->asset_found) {
    return fail_field(c, E_RULE, STR("/asset"),
                      "There is no asset %lld; use an ISO 4217 number or a registered asset.",
                      (long long)s->in.asset);
  }
  TRY(check_terms(c, &s->in));
  const account *a = tx_account(t, s->account_id);
  if (a->tenant != s->tenant || (s->in.owner != 0 && a->flags != account_flags(&s->in)))
    return fail_field(c, E_CONFLICT, STR("/owner"),
                      "The owner has an account of this asset that was opened with other terms.");
  if (s->out != NULL) books_account_out(a, s->out);
  return OK;
}

const command_type books_open_account = {
    .name = "account.open", .load = open_load, .decide = open_decide};

/* --- posting ---------------------------------------------------------------------------------- */
void books_need_transfers(tx *t, const transfer *transfers, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const transfer *x = &transfers[i];
    tx_need_transfer(t, x->id);
    tx_need_transfer(t, x->pending_id);
    tx_need_account(t, x->debit_account);
    tx_need_account(t, x->credit_account);
  }
}

static status post_load(ctx *c, tx *t, void *state) {
  UNUSED(c);
  const post_state *s = state;
  books_need_transfers(t, s->transfers, s->count);
  return OK;
}

bool books_may_post(const tx *t, id account_id) {
  const account *a = tx_account(t, account_id);
  return a == NULL || (a->code == CODE_GENERIC && a->tenant == tx_who(t).tenant);
}

/* Another tenant's account answers as if it were not there. */
static status check_walls(ctx *c, const tx *t, const transfer *x, size_t i, bool many) {
  const hold *h = id128_is_zero(x->pending_id) ? NULL : tx_hold(t, x->pending_id);
  id debit = h != NULL ? h->record.debit_account : x->debit_account;
  id credit = h != NULL ? h->record.credit_account : x->credit_account;
  bool debit_ok = books_may_post(t, debit);
  if (debit_ok && books_may_post(t, credit)) return OK;
  const char *member = debit_ok ? "credit_account" : "debit_account";
  str pointer = many ? str_format(c->arena, "/transfers/%zu/%s", i, member)
                     : str_format(c->arena, "/%s", member);
  return fail_field(c, E_NOT_FOUND, pointer, "There is no such account among yours.");
}

static uint32_t refused_asset(const tx *t, const transfer *x) {
  const account *a = tx_account(t, x->debit_account);
  return a == NULL ? 0 : a->asset;
}

static status report_refusal(ctx *c, const tx *t, const post_state *s,
                             const ledger_result *results) {
  for (size_t i = 0; i < s->count; i++) {
    ledger_result r = results[i];
    if (succeeded(r) || r == LEDGER_LINKED_EVENT_FAILED) continue;
    status code = ledger_result_status_of(r, refused_asset(t, &s->transfers[i]));
    str pointer = s->many ? str_format(c->arena, "/transfers/%zu", i) : STR("");
    return fail_field(c, code, pointer, "%s (%s)", ledger_result_text(r), ledger_result_slug(r));
  }
  return fail(c, E_RULE, "The chain is open: the last transfer must not be linked.");
}

static void answer_bulk(ctx *c, post_state *s, const ledger_result *results, size_t accepted) {
  bulk_result *rows = ARENA_ARRAY(c->arena, bulk_result, s->count);
  for (size_t i = 0; i < s->count; i++) {
    ledger_result r = results[i];
    rows[i] = (bulk_result){
        .index = (int64_t)i, .id = s->transfers[i].id, .result = str_from(ledger_result_slug(r))};
    if (!succeeded(r)) rows[i].detail = str_from(ledger_result_text(r));
  }
  *s->bulk = (bulk_out){.accepted = (int64_t)accepted, .results = {rows, s->count}};
}

static bool all_succeeded(const ledger_result *results, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (!succeeded(results[i])) return false;
  return true;
}

static status post_decide(ctx *c, tx *t, void *state) {
  post_state *s = state;
  for (size_t i = 0; i < s->count; i++)
    TRY(check_walls(c, t, &s->transfers[i], i, s->many));
  if (s->atomic)
    for (size_t i = 0; i + 1 < s->count; i++)
      s->transfers[i].flags |= TRANSFER_LINKED;
  ledger_result *results = ARENA_ARRAY(c->arena, ledger_result, s->count);
  size_t accepted = tx_apply(c, t, s->transfers, s->count, results);
  if ((s->atomic || !s->many) && !all_succeeded(results, s->count))
    return report_refusal(c, t, s, results);
  if (s->many) return answer_bulk(c, s, results, accepted), OK;
  const transfer *kept = tx_transfer(t, s->transfers[0].id);
  assert(kept != NULL);
  books_transfer_out(kept, s->single);
  return OK;
}

const command_type books_post = {
    .name = "transfer.post", .flags = COMMAND_HOT, .load = post_load, .decide = post_decide};

/* --- reversing -------------------------------------------------------------------------------- */
static status reverse_load(ctx *c, tx *t, void *state) {
  reverse_state *s = state;
  tx_need_transfer(t, s->reversal);
  tx_need_transfer(t, s->original);
  status found = ledger_transfer_get(c, tx_db(t), s->original, &s->record, NULL);
  if (found == E_NOT_FOUND) return OK; /* decide refuses */
  TRY(found);
  tx_need_account(t, s->record.debit_account);
  tx_need_account(t, s->record.credit_account);
  return OK;
}

static status reverse_decide(ctx *c, tx *t, void *state) {
  reverse_state *s = state;
  fault_clear(c);
  bool mine = s->record.amount > 0 && books_may_post(t, s->record.debit_account) &&
              books_may_post(t, s->record.credit_account);
  if (!mine) return fail(c, E_NOT_FOUND, "There is no such transfer among yours.");
  transfer x = {.id = s->reversal,
                .debit_account = s->record.credit_account,
                .credit_account = s->record.debit_account,
                .amount = s->record.amount,
                .pending_id = s->original,
                .code = WHY_REVERSAL,
                .ref = s->record.ref,
                .flags = TRANSFER_REVERSAL};
  ledger_result result;
  tx_apply(c, t, &x, 1, &result);
  if (!succeeded(result))
    return fail(c, ledger_result_status(result), "%s (%s)", ledger_result_text(result),
                ledger_result_slug(result));
  books_transfer_out(tx_transfer(t, s->reversal), s->out);
  return OK;
}

const command_type books_reverse = {
    .name = "transfer.reverse", .load = reverse_load, .decide = reverse_decide};

/* --- periods ---------------------------------------------------------------------------------- */
static status period_load(ctx *c, tx *t, void *state) {
  period_state *s = state;
  return ledger_closed_through(c, tx_db(t), s->in.entity, &s->before);
}

static status period_decide(ctx *c, tx *t, void *state) {
  const period_state *s = state;
  UNUSED(t);
  if (s->in.through >= c->today)
    return fail_field(c, E_RULE, STR("/through"),
                      "Only past business dates can be closed; today is %.*s.",
                      STR_ARGS(date_print(c->arena, c->today)));
  if (s->before != 0 && s->in.through <= s->before)
    return fail_field(c, E_CONFLICT, STR("/through"), "The books are closed through %.*s already.",
                      STR_ARGS(date_print(c->arena, s->before)));
  return OK;
}

static status period_write(ctx *c, tx *t, void *state) {
  period_state *s = state;
  TRY(ledger_close_period(c, tx_db(t), s->in.entity, s->in.through));
  tx_audit(t, ID_ENTITY, s->in.entity,
           str_format(c->arena, "{\"closed_through\":\"%.*s\"}",
                      STR_ARGS(date_print(c->arena, s->in.through))));
  *s->out = s->in;
  return OK;
}

const command_type books_close_period = {
    .name = "period.close", .load = period_load, .decide = period_decide, .write = period_write};
