/* api.c - the routes of the books module: the ledger over JSON. Writes become commands; reads go to
 * a read connection and never show another tenant's account. */
#include "modules/books/batch.h"

/* --- accounts --------------------------------------------------------------------------------- */
static status prepare_open(ctx *c, const request *r, command *cmd, void **out) {
  open_state *s = ARENA_NEW(c->arena, open_state);
  s->in = *(const account_in *)r->in;
  s->out = ARENA_NEW(c->arena, account_out);
  cmd->type = &books_open_account;
  cmd->state = s;
  *out = s->out;
  return OK;
}

static bool sees_all(const request *r) {
  return r->who.kind == ACTOR_OPERATOR || r->who.kind == ACTOR_SUPERVISOR ||
         r->who.kind == ACTOR_SYSTEM;
}

status books_visible_account(ctx *c, const request *r, db *d, id account_id, account *out) {
  status s = ledger_account_get(c, d, account_id, out);
  if (s != OK && s != E_NOT_FOUND) return s;
  if (s == E_NOT_FOUND || (!sees_all(r) && out->tenant != r->who.tenant)) {
    fault_clear(c);
    return fail(c, E_NOT_FOUND, "There is no such account among yours.");
  }
  return OK;
}

static status read_account(ctx *c, const request *r, db *d, void *out) {
  account a;
  TRY(books_visible_account(c, r, d, r->params[0], &a));
  books_account_out(&a, out);
  return OK;
}

static status list_accounts(ctx *c, const request *r, db *d, void *out) {
  const account_query *q = r->query;
  account *found;
  size_t count, kept = 0;
  TRY(ledger_accounts_of(c, d, q->owner != 0 ? q->owner : r->who.tenant, &found, &count));
  account_out *rows = ARENA_ARRAY(c->arena, account_out, count + 1);
  for (size_t i = 0; i < count; i++)
    if (sees_all(r) || found[i].tenant == r->who.tenant)
      books_account_out(&found[i], &rows[kept++]);
  *(list_out *)out = (list_out){.items = {rows, kept}};
  return OK;
}

static status read_balance(ctx *c, const request *r, db *d, void *out) {
  const at_query *q = r->query;
  account a;
  TRY(books_visible_account(c, r, d, r->params[0], &a));
  instant watermark = engine_watermark(r->engine);
  instant at = q->at != 0 && q->at < watermark ? q->at : watermark;
  balance b;
  TRY(ledger_balance_as_of(c, d, a.account_id, at, &b));
  *(balance_out *)out = (balance_out){a.account_id,
                                      at,
                                      b.debits_posted,
                                      b.credits_posted,
                                      b.debits_pending,
                                      b.credits_pending,
                                      b.credits_posted - b.debits_posted};
  return OK;
}

static status read_statement(ctx *c, const request *r, db *d, void *out) {
  const statement_query *q = r->query;
  account a;
  TRY(books_visible_account(c, r, d, r->params[0], &a));
  statement_cursor after = {0};
  int64_t keys[2] = {0};
  if (q->after.len > 0 && !cursor_parse(q->after, keys, 2))
    return fail_field(c, E_MALFORMED, STR("query/after"),
                      "Use the `next` of the page before, unchanged.");
  after = (statement_cursor){(uint16_t)keys[0], keys[1]};
  size_t limit = q->limit > 0 ? (size_t)q->limit : 50, count;
  statement_line *lines;
  TRY(ledger_statement(c, d, a.account_id, after, !q->forward, limit, &lines, &count));
  line_out *rows = ARENA_ARRAY(c->arena, line_out, count + 1);
  for (size_t i = 0; i < count; i++) {
    books_transfer_out(&lines[i].record, &rows[i].transfer);
    rows[i].side = lines[i].is_debit;
    rows[i].balance_after = lines[i].after.credits_posted - lines[i].after.debits_posted;
  }
  list_out *list = out;
  list->items = (field_array){rows, count};
  if (count == limit) {
    const transfer *last = &lines[count - 1].record;
    list->next = cursor_print(c->arena, (int64_t[]){last->lane, last->sequence}, 2);
  }
  return OK;
}

/* --- transfers -------------------------------------------------------------------------------- */
static transfer to_record(const transfer_in *in) {
  return (transfer){.id = in->id,
                    .debit_account = in->debit_account,
                    .credit_account = in->credit_account,
                    .amount = in->amount,
                    .pending_id = in->pending_id,
                    .ref = in->ref,
                    .timeout_s = (uint32_t)in->timeout_s,
                    .code = (uint16_t)(in->code > 0 ? in->code : WHY_API),
                    .flags = books_flags(in->kind, in->linked)};
}

static status prepare_transfer(ctx *c, const request *r, command *cmd, void **out) {
  const transfer_in *in = r->in;
  if (in->linked)
    return fail_field(c, E_RULE, STR("/linked"),
                      "One transfer can't be linked; send the chain to /v1/transfers/bulk.");
  post_state *s = ARENA_NEW(c->arena, post_state);
  s->transfers = ARENA_NEW(c->arena, transfer);
  s->transfers[0] = to_record(in);
  s->count = 1;
  s->single = ARENA_NEW(c->arena, transfer_out);
  cmd->type = &books_post;
  cmd->state = s;
  *out = s->single;
  return OK;
}

static status prepare_bulk(ctx *c, const request *r, command *cmd, void **out) {
  const bulk_in *in = r->in;
  const transfer_in *items = in->transfers.items;
  post_state *s = ARENA_NEW(c->arena, post_state);
  s->count = in->transfers.count;
  s->transfers = ARENA_ARRAY(c->arena, transfer, s->count);
  for (size_t i = 0; i < s->count; i++)
    s->transfers[i] = to_record(&items[i]);
  s->many = true;
  s->atomic = in->mode == 0;
  s->bulk = ARENA_NEW(c->arena, bulk_out);
  cmd->type = &books_post;
  cmd->state = s;
  *out = s->bulk;
  return OK;
}

static status path_transfer(ctx *c, const request *r, id128 *out) {
  if (id128_parse(r->param_text[0], out)) return OK;
  return fail_field(c, E_MALFORMED, STR("path/id"), "A transfer's id is 32 hex digits.");
}

static status read_transfer(ctx *c, const request *r, db *d, void *out) {
  id128 wanted;
  TRY(path_transfer(c, r, &wanted));
  transfer t;
  TRY(ledger_transfer_get(c, d, wanted, &t, NULL));
  account a;
  TRY(books_visible_account(c, r, d, t.debit_account, &a));
  books_transfer_out(&t, out);
  return OK;
}

static status prepare_reverse(ctx *c, const request *r, command *cmd, void **out) {
  reverse_state *s = ARENA_NEW(c->arena, reverse_state);
  TRY(path_transfer(c, r, &s->original));
  s->reversal = ((const reverse_in *)r->in)->id;
  s->out = ARENA_NEW(c->arena, transfer_out);
  cmd->type = &books_reverse;
  cmd->state = s;
  *out = s->out;
  return OK;
}

/* --- books ------------------------------------------------------------------------------------ */
static status read_trial(ctx *c, const request *r, db *d, void *out) {
  const trial_query *q = r->query;
  trial_line *lines;
  size_t count;
  TRY(ledger_trial_balance(c, d, q->entity, &lines, &count));
  trial_out *rows = ARENA_ARRAY(c->arena, trial_out, count + 1);
  for (size_t i = 0; i < count; i++) {
    const trial_line *l = &lines[i];
    const chart_row *row = chart_find(l->code);
    rows[i] = (trial_out){.entity = l->entity,
                          .code = l->code,
                          .asset = l->asset,
                          .accounts = l->accounts,
                          .debits = l->total.debits_posted,
                          .credits = l->total.credits_posted,
                          .balance = l->total.credits_posted - l->total.debits_posted};
    if (row == NULL) continue;
    rows[i].name = str_from(row->name_en);
    rows[i].name_zh = str_from(row->name_zh);
    rows[i].account_class = str_from(books_class_name(row->class_));
  }
  *(list_out *)out = (list_out){.items = {rows, count}};
  return OK;
}

static status read_chart(ctx *c, const request *r, db *d, void *out) {
  UNUSED(r);
  UNUSED(d);
  size_t count;
  const chart_row *chart = chart_all(&count);
  chart_out *rows = ARENA_ARRAY(c->arena, chart_out, count);
  for (size_t i = 0; i < count; i++)
    rows[i] = (chart_out){chart[i].code, str_from(chart[i].name_en), str_from(chart[i].name_zh),
                          str_from(books_class_name(chart[i].class_)), chart[i].safe != SAFE_NONE};
  *(list_out *)out = (list_out){.items = {rows, count}};
  return OK;
}

static status prepare_period(ctx *c, const request *r, command *cmd, void **out) {
  period_state *s = ARENA_NEW(c->arena, period_state);
  s->in = *(const period_in *)r->in;
  s->out = ARENA_NEW(c->arena, period_in);
  cmd->type = &books_close_period;
  cmd->state = s;
  *out = s->out;
  return OK;
}

static const route routes[] = {
    {.method = POST,
     .path = "/v1/accounts",
     .scope = SCOPE_LEDGER_WRITE,
     .flags = ROUTE_CREATED,
     .summary = "Open an account",
     .in = &account_in_shape,
     .out = &account_shape,
     .prepare = prepare_open},
    {.method = GET,
     .path = "/v1/accounts",
     .scope = SCOPE_LEDGER_READ,
     .flags = ROUTE_LIST,
     .summary = "Accounts of an owner",
     .query = &account_query_shape,
     .out = &account_shape,
     .read = list_accounts},
    {.method = GET,
     .path = "/v1/accounts/{acc}",
     .scope = SCOPE_LEDGER_READ,
     .summary = "An account with its balances",
     .out = &account_shape,
     .read = read_account},
    {.method = GET,
     .path = "/v1/accounts/{acc}/balance",
     .scope = SCOPE_LEDGER_READ,
     .summary = "Its balance as of a past moment",
     .query = &at_query_shape,
     .out = &balance_shape,
     .read = read_balance},
    {.method = GET,
     .path = "/v1/accounts/{acc}/statement",
     .scope = SCOPE_LEDGER_READ,
     .flags = ROUTE_LIST,
     .summary = "Its statement, line by line",
     .query = &statement_query_shape,
     .out = &line_shape,
     .read = read_statement},
    {.method = POST,
     .path = "/v1/transfers",
     .scope = SCOPE_LEDGER_WRITE,
     .flags = ROUTE_OWN_KEY | ROUTE_CREATED | ROUTE_CRITICAL,
     .summary = "Post one transfer",
     .in = &transfer_in_shape,
     .out = &accepted_shape,
     .prepare = prepare_transfer},
    {.method = POST,
     .path = "/v1/transfers/bulk",
     .scope = SCOPE_LEDGER_WRITE,
     .flags = ROUTE_OWN_KEY,
     .summary = "Post many, atomic or independent",
     .in = &bulk_in_shape,
     .out = &bulk_out_shape,
     .prepare = prepare_bulk,
     .max_body = 4 << 20},
    {.method = POST,
     .path = "/v1/transfers/batch",
     .scope = SCOPE_LEDGER_WRITE,
     .flags = ROUTE_OWN_KEY,
     .summary = "Post a batch of binary records",
     .in = &transfer_records,
     .out = &result_records,
     .prepare = books_prepare_batch,
     .max_body = 1 << 20},
    {.method = POST,
     .path = "/v1/transfers/lookup",
     .scope = SCOPE_LEDGER_READ,
     .flags = ROUTE_LOOKUP,
     .summary = "Look transfers up as binary records",
     .in = &transfer_id_records,
     .out = &transfer_records,
     .read = books_lookup_transfers,
     .max_body = 8192 * 16},
    {.method = POST,
     .path = "/v1/accounts/batch",
     .scope = SCOPE_LEDGER_WRITE,
     .flags = ROUTE_CREATED,
     .summary = "Open a batch of accounts, all or none",
     .in = &account_records,
     .out = &account_records,
     .prepare = books_prepare_accounts,
     .max_body = 1 << 20},
    {.method = POST,
     .path = "/v1/accounts/lookup",
     .scope = SCOPE_LEDGER_READ,
     .flags = ROUTE_LOOKUP,
     .summary = "Look accounts up as binary records",
     .in = &account_id_records,
     .out = &account_records,
     .read = books_lookup_accounts,
     .max_body = 8192 * 16},
    {.method = GET,
     .path = "/v1/transfers/{text}",
     .scope = SCOPE_LEDGER_READ,
     .summary = "A transfer as recorded",
     .out = &transfer_shape,
     .read = read_transfer},
    {.method = POST,
     .path = "/v1/transfers/{text}/reverse",
     .scope = SCOPE_LEDGER_WRITE,
     .flags = ROUTE_OWN_KEY | ROUTE_CREATED,
     .summary = "Undo a posted transfer in full",
     .in = &reverse_in_shape,
     .out = &accepted_shape,
     .prepare = prepare_reverse},
    {.method = GET,
     .path = "/v1/trial-balance",
     .scope = SCOPE_SUPERVISE,
     .flags = ROUTE_LIST,
     .summary = "Sums per chart code, entity and asset",
     .query = &trial_query_shape,
     .out = &trial_shape,
     .read = read_trial},
    {.method = GET,
     .path = "/v1/chart",
     .scope = SCOPE_LEDGER_READ,
     .flags = ROUTE_LIST,
     .summary = "The chart of accounts",
     .query = &page_query_shape,
     .out = &chart_shape,
     .read = read_chart},
    {.method = POST,
     .path = "/v1/periods/close",
     .scope = SCOPE_MONEY,
     .summary = "Close the books through a date",
     .in = &period_in_shape,
     .out = &period_in_shape,
     .prepare = prepare_period},
    {.method = POST,
     .path = "/v1/checkpoints",
     .scope = SCOPE_OPERATE,
     .flags = ROUTE_CREATED | ROUTE_NO_BODY,
     .summary = "Seal the heads of all chains now",
     .out = &checkpoint_shape,
     .prepare = books_prepare_seal},
    {.method = GET,
     .path = "/v1/checkpoints",
     .scope = SCOPE_SUPERVISE,
     .flags = ROUTE_LIST,
     .summary = "Signed checkpoints, newest first",
     .query = &page_query_shape,
     .out = &checkpoint_shape,
     .read = books_list_seals},
};

static const job_type *const jobs[] = {&books_seal_job};
const module books_module = {.name = "books",
                             .routes = routes,
                             .route_count = COUNT_OF(routes),
                             .jobs = jobs,
                             .job_count = COUNT_OF(jobs)};
