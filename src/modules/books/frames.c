/* frames.c - see frames.h. */
#include "modules/books/frames.h"

#include <string.h>
#include <tael_result.h>

static uint8_t *put(uint8_t *at, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; i++)
    at[i] = (uint8_t)(value >> (8 * i));
  return at + bytes;
}

static uint64_t get(const uint8_t **at, int bytes) {
  uint64_t value = 0;
  for (int i = 0; i < bytes; i++)
    value |= (uint64_t)(*at)[i] << (8 * i);
  *at += bytes;
  return value;
}

static status count_records(ctx *c, str body, size_t size, size_t *count) {
  size_t n = body.len / size;
  if (body.len % size == 0 && n >= 1 && n <= FRAME_RECORDS_MAX) {
    *count = n;
    return OK;
  }
  return fail_field(c, E_MALFORMED, STR(""),
                    "The body is %zu bytes; send 1 to %d whole records of %zu bytes each.",
                    body.len, (int)FRAME_RECORDS_MAX, size);
}

static status refuse(ctx *c, size_t index, const char *member, const char *why) {
  return fail_field(c, E_MALFORMED, str_format(c->arena, "/%zu/%s", index, member), "%s", why);
}

/* --- transfers -------------------------------------------------------------------------------- */

/* What made the record unreadable; the offsets are the frozen record's. */
static status refuse_record(ctx *c, size_t index, const uint8_t *record) {
  const uint8_t *at = record + 104;
  if (get(&at, 2) != TRANSFER_VERSION)
    return refuse(c, index, "version", "This server reads records of version 1.");
  return refuse(c, index, "reserved", "Reserved bytes must be zero.");
}

static const char *set_by_server(const transfer *t) {
  if (t->time != 0) return "time";
  if (t->command != 0) return "command";
  if (t->entity != 0) return "entity";
  if (t->business_date != 0) return "business_date";
  if (t->lane != 0) return "lane";
  return t->sequence != 0 ? "sequence" : NULL;
}

status frame_read_transfers(ctx *c, str body, transfer **out, size_t *count) {
  size_t n = 0;
  TRY(count_records(c, body, TRANSFER_RECORD_BYTES, &n));
  transfer *all = ARENA_ARRAY(c->arena, transfer, n);
  const uint8_t *at = (const uint8_t *)body.at;
  for (size_t i = 0; i < n; i++, at += TRANSFER_RECORD_BYTES) {
    if (!ledger_decode(at, &all[i])) return refuse_record(c, i, at);
    const char *member = set_by_server(&all[i]);
    if (member != NULL) return refuse(c, i, member, "Only the server sets this; send zero.");
  }
  *out = all;
  *count = n;
  return OK;
}

uint32_t frame_result_number(ledger_result r) {
#define X(name, number, slug, sentence) [LEDGER_##name] = number,
  static const uint32_t numbers[LEDGER_RESULT_COUNT] = {TAEL_RESULT_TABLE(X)};
#undef X
  assert((size_t)r < COUNT_OF(numbers));
  return numbers[r];
}

str frame_results(arena *a, const ledger_result *results, size_t count, size_t accepted) {
  size_t listed = 0;
  for (size_t i = 0; i < count; i++)
    listed += results[i] != LEDGER_OK;
  size_t len = RESULTS_HEAD_BYTES + listed * RESULT_BYTES;
  uint8_t *bytes = arena_take(a, len, 1), *at = bytes;
  at = put(at, RESULTS_VERSION, 2);
  at = put(at, 0, 2);
  at = put(at, count, 4);
  at = put(at, accepted, 4);
  at = put(at, listed, 4);
  for (size_t i = 0; i < count; i++) {
    if (results[i] == LEDGER_OK) continue;
    at = put(at, i, 4);
    at = put(at, frame_result_number(results[i]), 4);
  }
  assert(at == bytes + len);
  return (str){(const char *)bytes, len};
}

/* --- accounts --------------------------------------------------------------------------------- */

void frame_write_account(const account *a, uint8_t out[static ACCOUNT_RECORD_BYTES]) {
  uint8_t *at = out;
  at = put(at, (uint64_t)a->account_id, 8);
  at = put(at, (uint64_t)a->tenant, 8);
  at = put(at, (uint64_t)a->entity, 8);
  at = put(at, (uint64_t)a->owner, 8);
  at = put(at, (uint64_t)a->allowance, 8);
  at = put(at, (uint64_t)a->opened_at, 8);
  at = put(at, (uint64_t)a->debits_posted, 8);
  at = put(at, (uint64_t)a->credits_posted, 8);
  at = put(at, (uint64_t)a->debits_pending, 8);
  at = put(at, (uint64_t)a->credits_pending, 8);
  at = put(at, a->asset, 4);
  at = put(at, a->code, 2);
  at = put(at, a->flags, 2);
  at = put(at, ACCOUNT_RECORD_VERSION, 2);
  memset(at, 0, (size_t)(out + ACCOUNT_RECORD_BYTES - at));
}

/* Owner, allowance, asset and flags are the caller's; all else must be zero. */
static const char *wrong_member(const uint8_t *record) {
  static const struct {
    const char *name;
    size_t at, len;
  } zeros[] = {{"account", 0, 8},         {"tenant", 8, 8},           {"entity", 16, 8},
               {"opened_at", 40, 8},      {"debits_posted", 48, 8},   {"credits_posted", 56, 8},
               {"debits_pending", 64, 8}, {"credits_pending", 72, 8}, {"code", 84, 2},
               {"reserved", 90, 38}};
  for (size_t i = 0; i < COUNT_OF(zeros); i++)
    for (size_t k = 0; k < zeros[i].len; k++)
      if (record[zeros[i].at + k] != 0) return zeros[i].name;
  return NULL;
}

static status read_account(ctx *c, size_t index, const uint8_t *record, account_in *out) {
  enum { MAY_ASK = ACCOUNT_NO_DEBIT_BALANCE | ACCOUNT_NO_CREDIT_BALANCE | ACCOUNT_STRIPED };
  const char *member = wrong_member(record);
  if (member != NULL) return refuse(c, index, member, "Only the server sets this; send zero.");
  const uint8_t *at = record + 24;
  *out = (account_in){.owner = (id)get(&at, 8), .allowance = (int64_t)get(&at, 8)};
  at = record + 80;
  out->asset = (int64_t)get(&at, 4);
  at = record + 86;
  uint64_t flags = get(&at, 2);
  if (get(&at, 2) != ACCOUNT_RECORD_VERSION)
    return refuse(c, index, "version", "This server reads records of version 1.");
  if (out->owner < 0) return refuse(c, index, "owner", "An id is never below zero.");
  if (out->asset == 0) return refuse(c, index, "asset", "Name the asset.");
  if (out->allowance < 0 || out->allowance > MONEY_MAX_JSON)
    return refuse(c, index, "allowance", "Send 0 to 2^53 - 1 minor units.");
  if ((flags & ~(uint64_t)MAY_ASK) != 0)
    return refuse(c, index, "flags", "A flag is set that nobody can ask for.");
  out->no_debit_balance = (flags & ACCOUNT_NO_DEBIT_BALANCE) != 0;
  out->no_credit_balance = (flags & ACCOUNT_NO_CREDIT_BALANCE) != 0;
  out->striped = (flags & ACCOUNT_STRIPED) != 0;
  return OK;
}

status frame_read_accounts(ctx *c, str body, account_in **out, size_t *count) {
  size_t n = 0;
  TRY(count_records(c, body, ACCOUNT_RECORD_BYTES, &n));
  account_in *all = ARENA_ARRAY(c->arena, account_in, n);
  for (size_t i = 0; i < n; i++)
    TRY(read_account(c, i, (const uint8_t *)body.at + i * ACCOUNT_RECORD_BYTES, &all[i]));
  *out = all;
  *count = n;
  return OK;
}

/* --- ids -------------------------------------------------------------------------------------- */

status frame_read_transfer_ids(ctx *c, str body, id128 **out, size_t *count) {
  size_t n = 0;
  TRY(count_records(c, body, 16, &n));
  id128 *all = ARENA_ARRAY(c->arena, id128, n);
  const uint8_t *at = (const uint8_t *)body.at;
  for (size_t i = 0; i < n; i++) {
    all[i].low = get(&at, 8);
    all[i].high = get(&at, 8);
  }
  *out = all;
  *count = n;
  return OK;
}

status frame_read_account_ids(ctx *c, str body, id **out, size_t *count) {
  size_t n = 0;
  TRY(count_records(c, body, 8, &n));
  id *all = ARENA_ARRAY(c->arena, id, n);
  const uint8_t *at = (const uint8_t *)body.at;
  for (size_t i = 0; i < n; i++)
    all[i] = (id)get(&at, 8);
  *out = all;
  *count = n;
  return OK;
}
