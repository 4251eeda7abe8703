/* batch.c - batches of fixed-size records in and out: transfers, accounts, look-ups. A batch of
 * transfers is one ledger-only command whose records stand each by itself (or by chains); a record
 * that names another tenant's account or hold is answered as if there were none, and the rest of
 * its batch goes on. It never takes memory for a single record. */
#include "modules/books/batch.h"
#include "modules/books/frames.h"

SHAPE_BYTES(
    transfer_records, "TransferRecords", "application/vnd.tael.transfers",
    "Transfer records of 128 bytes, little-endian, one after the other: 1 to 8,192 of them. Their "
    "layout is struct tael_transfer of lib/tael.h.");
SHAPE_BYTES(
    result_records, "TransferResults", "application/vnd.tael.results",
    "16 bytes: uint16 version 1, uint16 0, uint32 count, uint32 accepted, uint32 listed; then for "
    "each transfer that was not newly accepted, by rising index: uint32 index from 0, uint32 "
    "result, a number of lib/tael_result.h. Little-endian.");
SHAPE_BYTES(account_records, "AccountRecords", "application/vnd.tael.accounts",
            "Account records of 128 bytes, little-endian, one after the other: "
            "at most 8,192 of them. Their "
            "layout is struct tael_account of lib/tael.h.");
SHAPE_BYTES(transfer_id_records, "TransferIds", "application/vnd.tael.transfer-ids",
            "Ids of 16 bytes, little-endian, one after the other: 1 to 8,192 of them.");
SHAPE_BYTES(account_id_records, "AccountIds", "application/vnd.tael.account-ids",
            "Ids of 8 bytes, little-endian, one after the other: 1 to 8,192 of them.");

/* --- transfers -------------------------------------------------------------------------------- */
enum { FLAG_WITHOUT_MEANING = 1 << 15 };
static const id NO_ACCOUNT = INT64_MIN; /* nobody's: ids are above zero */

typedef struct batch_state {
  transfer *transfers;
  size_t count;
  str answer;
} batch_state;

static bool ends_hold(const transfer *x) {
  return (x->flags & (TRANSFER_POST | TRANSFER_VOID)) != 0 && !id128_is_zero(x->pending_id);
}

/* Of a hold to be ended only its own accounts count: others named beside it are refused anyway. A
 * hold that is not there yet may be made by this very batch. */
static bool is_mine(const tx *t, const transfer *x) {
  const hold *h = ends_hold(x) ? tx_hold(t, x->pending_id) : NULL;
  if (h != NULL) x = &h->record;
  return books_may_post(t, x->debit_account) && books_may_post(t, x->credit_account);
}

/* What is not the caller's is made to look as if it were not there, and what only the engine may
 * ask for as if it had no meaning. Run again after a failed group it changes nothing more. */
static void put_walls(const tx *t, batch_state *s) {
  for (size_t i = 0; i < s->count; i++) {
    transfer *x = &s->transfers[i];
    if ((x->flags & TRANSFER_EXPIRY) != 0) x->flags |= FLAG_WITHOUT_MEANING;
    if (is_mine(t, x)) continue;
    bool is_debit = ends_hold(x) || !books_may_post(t, x->debit_account);
    *(is_debit ? &x->debit_account : &x->credit_account) = NO_ACCOUNT;
  }
}

/* A hold behind a wall is not there either. */
static void hide_holds(const batch_state *s, ledger_result *results) {
  for (size_t i = 0; i < s->count; i++) {
    const transfer *x = &s->transfers[i];
    bool walled = x->debit_account == NO_ACCOUNT && ends_hold(x);
    if (walled && results[i] >= LEDGER_DEBIT_ACCOUNT_NOT_FOUND)
      results[i] = LEDGER_PENDING_TRANSFER_NOT_FOUND;
  }
}

static status batch_load(ctx *c, tx *t, void *state) {
  UNUSED(c);
  const batch_state *s = state;
  books_need_transfers(t, s->transfers, s->count);
  return OK;
}

static status batch_decide(ctx *c, tx *t, void *state) {
  batch_state *s = state;
  put_walls(t, s);
  ledger_result *results = ARENA_ARRAY(c->arena, ledger_result, s->count);
  size_t accepted = tx_apply(c, t, s->transfers, s->count, results);
  hide_holds(s, results);
  s->answer = frame_results(c->arena, results, s->count, accepted);
  return OK;
}

static const command_type post_batch = {
    .name = "transfer.batch", .flags = COMMAND_HOT, .load = batch_load, .decide = batch_decide};

status books_prepare_batch(ctx *c, const request *r, command *cmd, void **out) {
  batch_state *s = ARENA_NEW(c->arena, batch_state);
  TRY(frame_read_transfers(c, r->body, &s->transfers, &s->count));
  cmd->type = &post_batch;
  cmd->state = s;
  *out = &s->answer;
  return OK;
}

/* --- accounts --------------------------------------------------------------------------------- */
typedef struct accounts_state {
  open_state *each;
  size_t count;
  str answer;
} accounts_state;

/* The fault of one record says which. */
static status at_record(ctx *c, size_t index, status s) {
  for (size_t i = 0; s != OK && i < c->fault.field_count; i++) {
    str *pointer = &c->fault.fields[i].pointer;
    *pointer = str_format(c->arena, "/%zu%.*s", index, STR_ARGS(*pointer));
  }
  return s;
}

static status accounts_load(ctx *c, tx *t, void *state) {
  accounts_state *s = state;
  for (size_t i = 0; i < s->count; i++)
    TRY(at_record(c, i, books_open_account.load(c, t, &s->each[i])));
  return OK;
}

static status accounts_decide(ctx *c, tx *t, void *state) {
  accounts_state *s = state;
  uint8_t *bytes = arena_take(c->arena, s->count, ACCOUNT_RECORD_BYTES);
  for (size_t i = 0; i < s->count; i++) {
    TRY(at_record(c, i, books_open_account.decide(c, t, &s->each[i])));
    frame_write_account(tx_account(t, s->each[i].account_id), bytes + i * ACCOUNT_RECORD_BYTES);
  }
  s->answer = (str){(const char *)bytes, s->count * ACCOUNT_RECORD_BYTES};
  return OK;
}

static const command_type open_accounts = {
    .name = "account.open_batch", .load = accounts_load, .decide = accounts_decide};

status books_prepare_accounts(ctx *c, const request *r, command *cmd, void **out) {
  accounts_state *s = ARENA_NEW(c->arena, accounts_state);
  account_in *in;
  TRY(frame_read_accounts(c, r->body, &in, &s->count));
  s->each = ARENA_ARRAY(c->arena, open_state, s->count);
  for (size_t i = 0; i < s->count; i++)
    s->each[i].in = in[i];
  cmd->type = &open_accounts;
  cmd->state = s;
  *out = &s->answer;
  return OK;
}

/* --- look-ups --------------------------------------------------------------------------------- */

/* E_NOT_FOUND is no failure here: what the caller may not see is left out. */
static status find_account(ctx *c, const request *r, db *d, id wanted, account *out, bool *found) {
  status s = books_visible_account(c, r, d, wanted, out);
  *found = s == OK;
  if (s != E_NOT_FOUND) return s;
  fault_clear(c);
  return OK;
}

status books_lookup_accounts(ctx *c, const request *r, db *d, void *out) {
  id *wanted;
  size_t count, found = 0;
  TRY(frame_read_account_ids(c, r->body, &wanted, &count));
  uint8_t *bytes = arena_take(c->arena, count, ACCOUNT_RECORD_BYTES);
  for (size_t i = 0; i < count; i++) {
    account a;
    bool is_there;
    TRY(find_account(c, r, d, wanted[i], &a, &is_there));
    if (is_there) frame_write_account(&a, bytes + found++ * ACCOUNT_RECORD_BYTES);
  }
  *(str *)out = (str){(const char *)bytes, found * ACCOUNT_RECORD_BYTES};
  return OK;
}

status books_lookup_transfers(ctx *c, const request *r, db *d, void *out) {
  id128 *wanted;
  size_t count, found = 0;
  TRY(frame_read_transfer_ids(c, r->body, &wanted, &count));
  uint8_t *bytes = arena_take(c->arena, count, TRANSFER_RECORD_BYTES);
  account a = {.account_id = 0}; /* the one looked at last: batches come from few */
  bool is_there = false;
  for (size_t i = 0; i < count; i++) {
    transfer x;
    status s = ledger_transfer_get(c, d, wanted[i], &x, NULL);
    fault_clear(c);
    if (s == E_NOT_FOUND) continue;
    TRY(s);
    if (a.account_id != x.debit_account) TRY(find_account(c, r, d, x.debit_account, &a, &is_there));
    a.account_id = x.debit_account;
    if (is_there) ledger_encode(&x, bytes + found++ * TRANSFER_RECORD_BYTES);
  }
  *(str *)out = (str){(const char *)bytes, found * TRANSFER_RECORD_BYTES};
  return OK;
}
