/* tx.c - what a command may do while it runs: name what it needs, look at accounts and holds, post,
 * leave notes for the audit trail and for after the commit. Nothing here commits; what a refused
 * command posted is undone by group.c. */
#include "engine/internal.h"

#include <string.h>

/* --- who and what ----------------------------------------------------------------------------- */

db *tx_db(tx *t) { return t->g->l->d; }
principal tx_who(const tx *t) { return t->cmd->who; }
id tx_command(const tx *t) { return t->command_id; }
const calendar *tx_calendar(const tx *t) { return engine_calendar(t->g->e); }

void tx_set_utc_offset(tx *t, int utc_offset_minutes) {
  t->g->e->options.utc_offset_minutes = utc_offset_minutes;
}

/* --- load ------------------------------------------------------------------------------------- */

/* Room for one more in a list of the group's arena. */
static void *with_room(arena *a, void *list, size_t count, size_t *room, size_t size) {
  if (count < *room) return list;
  size_t wider = *room == 0 ? 8 : *room * 2;
  list = arena_grow(a, list, *room * size, wider * size);
  *room = wider;
  return list;
}

void tx_need_account(tx *t, id account_id) {
  assert(t->phase == TX_LOAD);
  if (account_id == 0) return;
  t->accounts =
      with_room(t->g->ctx.arena, t->accounts, t->account_count, &t->account_room, sizeof(id));
  t->accounts[t->account_count++] = account_id;
}

void tx_need_transfer(tx *t, id128 transfer_id) {
  assert(t->phase == TX_LOAD);
  if (id128_is_zero(transfer_id)) return;
  t->transfers =
      with_room(t->g->ctx.arena, t->transfers, t->transfer_count, &t->transfer_room, sizeof(id128));
  t->transfers[t->transfer_count++] = transfer_id;
}

/* The accounts of holds that may end and of transfers that may be reversed. */
static size_t add_accounts_of(const book *b, id128 transfer_id, id *into) {
  const hold *h = book_hold(b, transfer_id);
  const transfer *record = h != NULL ? &h->record : book_transfer(b, transfer_id);
  if (record == NULL) return 0;
  into[0] = record->debit_account;
  into[1] = record->credit_account;
  return 2;
}

/* Holds first, then accounts: the global order of locks. */
status tx_load_many(group *g, const id *accounts, size_t account_count, const id128 *transfers,
                    size_t transfer_count) {
  lane *l = g->l;
  if (transfer_count > 0)
    TRY(ledger_load_transfers(&g->ctx, l->d, l->b, transfers, transfer_count));
  size_t count = account_count;
  id *all = ARENA_ARRAY(g->ctx.arena, id, account_count + 2 * transfer_count);
  if (account_count > 0) memcpy(all, accounts, account_count * sizeof *all);
  for (size_t i = 0; i < transfer_count; i++) {
    count += add_accounts_of(l->b, transfers[i], all + count);
  }
  if (count == 0) return OK;
  return ledger_load_accounts(&g->ctx, l->d, l->b, l->chain.lane, all, count, false);
}

status tx_load_needed(tx *t) {
  group *g = t->g;
  status s = tx_load_many(g, t->accounts, t->account_count, t->transfers, t->transfer_count);
  if (s != OK) t->ctx.fault = g->ctx.fault;
  return s;
}

status tx_find_account(ctx *c, tx *t, id owner, uint16_t code, uint32_t asset_number, id *out) {
  id found = 0;
  TRY(ledger_find_account(c, tx_db(t), t->g->l->b, owner, code, asset_number, &found));
  tx_need_account(t, found);
  *out = found;
  return OK;
}

bool tx_foresees(const tx *t) { return t->foresees; }

void tx_need_known(tx *t, id owner, uint16_t code, uint32_t asset_number) {
  tx_need_account(t, ledger_known_account(t->g->l->b, owner, code, asset_number));
}

status tx_lock_named(ctx *c, tx *t) {
  UNUSED(c);
  assert(t->phase == TX_LOAD);
  return tx_load_needed(t);
}

/* A new account goes into the book now, after the command's mark, so that a refusal takes it out
 * again. */
static status open_account(ctx *c, tx *t, const account_spec *spec, id *out) {
  const chart_row *row = chart_find(spec->code);
  if (row == NULL) return fail(c, E_RULE, "code %u is not in the chart of accounts", spec->code);
  account opened = {.account_id = id_next(c),
                    .tenant = spec->tenant,
                    .entity = spec->entity,
                    .owner = spec->owner,
                    .allowance = spec->allowance,
                    .opened_at = c->now,
                    .asset = spec->asset,
                    .code = spec->code,
                    .flags = spec->flags != 0 ? spec->flags : row->flags};
  const char *why = ledger_check_account(&opened);
  if (why != NULL) return fail(c, E_RULE, "this account can't be opened: %s", why);
  book_new_account(t->g->l->b, &opened);
  *out = opened.account_id;
  return OK;
}

status tx_ensure_account(ctx *c, tx *t, const account_spec *spec, id *out) {
  assert(t->phase == TX_LOAD);
  if (t->cmd->type->flags & COMMAND_HOT) {
    return fail(c, E_INTERNAL, "%s is ledger-only, so it can't look for accounts",
                t->cmd->type->name);
  }
  id found = 0;
  TRY(tx_find_account(c, t, spec->owner, spec->code, spec->asset, &found));
  if (found == 0) return open_account(c, t, spec, out);
  *out = found;
  return OK;
}

/* --- decide ----------------------------------------------------------------------------------- */

const account *tx_account(const tx *t, id account_id) {
  return book_account(t->g->l->b, account_id);
}
const hold *tx_hold(const tx *t, id128 pending_id) { return book_hold(t->g->l->b, pending_id); }

const transfer *tx_transfer(const tx *t, id128 transfer_id) {
  return book_transfer(t->g->l->b, transfer_id);
}

static status closed_through(ctx *c, tx *t, id entity, date *out) {
  group *g = t->g;
  for (size_t i = 0; i < g->closed_count; i++) {
    if (g->closed[i].entity == entity) {
      *out = g->closed[i].through;
      return OK;
    }
  }
  static const char tables[] = "ledger_period";
  const date *known = tx_recall(t, tables, entity);
  date through = known == NULL ? DATE_MIN : *known;
  if (known == NULL) {
    TRY(ledger_closed_through(c, g->l->d, entity, &through));
    date *kept = tx_keep(t, tables, entity, sizeof *kept);
    if (kept != NULL) *kept = through;
  }
  if (g->closed_count < CLOSED_CACHE) {
    g->closed[g->closed_count++] = (closed_period){entity, through};
  }
  *out = through;
  return OK;
}

/* The latest closed date of all books the transfers touch. */
static status latest_close(ctx *c, tx *t, const transfer *in, size_t count, date *out) {
  const book *b = t->g->l->b;
  date latest = DATE_MIN;
  id last_entity = 0;
  for (size_t i = 0; i < count; i++) {
    id debit = in[i].debit_account;
    const hold *h = debit == 0 ? book_hold(b, in[i].pending_id) : NULL;
    const account *a = book_account(b, h != NULL ? h->record.debit_account : debit);
    if (a == NULL || a->entity == last_entity) continue;
    date through = DATE_MIN;
    TRY(closed_through(c, t, a->entity, &through));
    if (through > latest) latest = through;
    last_entity = a->entity;
  }
  *out = latest;
  return OK;
}

static status apply(ctx *c, tx *t, const transfer *in, size_t count, ledger_result *results,
                    size_t *accepted) {
  group *g = t->g;
  date closed = DATE_MIN;
  TRY(latest_close(c, t, in, count, &closed));
  book_env env = {.engine_time = g->time,
                  .now = c->now,
                  .business_date = c->today,
                  .closed_through = closed,
                  .command = t->command_id,
                  .lane = g->l->chain.lane};
  *accepted = book_apply(g->l->b, &env, in, count, results);
  instant last = book_here(g->l->b).time;
  if (*accepted > 0 && last >= g->time) g->time = last + 1;
  return OK;
}

/* The first that was refused for its own sake, not for its neighbour's. */
static size_t first_refused(const ledger_result *results, size_t count) {
  size_t first = count;
  for (size_t i = 0; i < count; i++) {
    if (results[i] == LEDGER_OK || results[i] == LEDGER_EXISTS) continue;
    if (results[i] != LEDGER_LINKED_EVENT_FAILED) return i;
    if (first == count) first = i;
  }
  return first;
}

static status refuse_transfer(ctx *c, tx *t, const transfer *in, size_t index, ledger_result r) {
  const account *debit = tx_account(t, in->debit_account);
  uint32_t what = in->asset != 0 || debit == NULL ? in->asset : debit->asset;
  status s = ledger_result_status_of(r, what);
  assert(s != OK);
  if (r == LEDGER_EXCEEDS_CREDITS && debit != NULL) {
    char name[ID_TEXT_MAX];
    id_write(name, ID_ACCOUNT, debit->account_id);
    return fail(c, s, "Account %s has %lld available and %lld is asked for.", name,
                (long long)account_available(debit), (long long)in->amount);
  }
  return fail(c, s, "Transfer %zu (debit %lld, credit %lld): %s", index,
              (long long)in->debit_account, (long long)in->credit_account, ledger_result_text(r));
}

status tx_post(ctx *c, tx *t, transfer *transfers, size_t count) {
  assert(t->phase != TX_LOAD);
  if (count == 0) return OK;
  for (size_t i = 0; i < count; i++) {
    if (id128_is_zero(transfers[i].id)) transfers[i].id = id128_next(c);
    transfers[i].version = TRANSFER_VERSION;
    if (i + 1 < count)
      transfers[i].flags |= TRANSFER_LINKED;
    else
      transfers[i].flags &= (uint16_t)~TRANSFER_LINKED;
  }
  ledger_result *results = ARENA_ARRAY(t->g->ctx.arena, ledger_result, count);
  size_t accepted = 0;
  TRY(apply(c, t, transfers, count, results, &accepted));
  size_t bad = first_refused(results, count);
  return bad == count ? OK : refuse_transfer(c, t, &transfers[bad], bad, results[bad]);
}

size_t tx_apply(ctx *c, tx *t, const transfer *in, size_t count, ledger_result *results) {
  assert(t->phase != TX_LOAD);
  size_t accepted = 0;
  if (apply(c, t, in, count, results, &accepted) == OK) return accepted;
  t->store_failed = true; /* the group is run again; these answers are not seen */
  for (size_t i = 0; i < count; i++)
    results[i] = LEDGER_PERIOD_CLOSED;
  return 0;
}

void tx_change_account(tx *t, id account_id, uint16_t flags, int64_t allowance) {
  assert(t->phase != TX_LOAD);
  book_change_account(t->g->l->b, account_id, flags, allowance);
}

void tx_pin_hold(tx *t, id128 pending_id, instant expires_at) {
  assert(t->phase != TX_LOAD);
  book_pin_hold(t->g->l->b, pending_id, expires_at);
}

status tx_accept(ctx *c, tx *t, void *state) {
  UNUSED(c);
  UNUSED(t);
  UNUSED(state);
  return OK;
}

/* --- write ------------------------------------------------------------------------------------ */

void tx_audit(tx *t, id_kind kind, id subject, str detail) {
  t->subject_kind = id_prefix(kind);
  t->subject = subject;
  t->detail = detail;
}
