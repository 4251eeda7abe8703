/* record.c - the canonical 128-byte form of a transfer, version 1, frozen: little-endian members in
 * the order of the struct, no gaps. Chains are hashed over these bytes, so no byte of them may ever
 * change meaning. */
#include "ledger/ledger.h"

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

void ledger_encode(const transfer *t, uint8_t out[static TRANSFER_RECORD_BYTES]) {
  uint8_t *at = out;
  at = put(at, t->id.low, 8);
  at = put(at, t->id.high, 8);
  at = put(at, (uint64_t)t->debit_account, 8);
  at = put(at, (uint64_t)t->credit_account, 8);
  at = put(at, (uint64_t)t->amount, 8);
  at = put(at, t->pending_id.low, 8);
  at = put(at, t->pending_id.high, 8);
  at = put(at, (uint64_t)t->time, 8);
  at = put(at, (uint64_t)t->command, 8);
  at = put(at, (uint64_t)t->entity, 8);
  at = put(at, (uint64_t)t->ref, 8);
  at = put(at, t->asset, 4);
  at = put(at, (uint32_t)t->business_date, 4);
  at = put(at, t->timeout_s, 4);
  at = put(at, t->code, 2);
  at = put(at, t->flags, 2);
  at = put(at, t->version, 2);
  at = put(at, t->lane, 2);
  at = put(at, t->reserved, 4);
  at = put(at, (uint64_t)t->sequence, 8);
  at = put(at, (uint64_t)t->reserved2, 8);
  assert(at == out + TRANSFER_RECORD_BYTES);
}

bool ledger_decode(const uint8_t record[static TRANSFER_RECORD_BYTES], transfer *out) {
  const uint8_t *at = record;
  transfer t = {0};
  t.id.low = get(&at, 8);
  t.id.high = get(&at, 8);
  t.debit_account = (id)get(&at, 8);
  t.credit_account = (id)get(&at, 8);
  t.amount = (int64_t)get(&at, 8);
  t.pending_id.low = get(&at, 8);
  t.pending_id.high = get(&at, 8);
  t.time = (instant)get(&at, 8);
  t.command = (id)get(&at, 8);
  t.entity = (id)get(&at, 8);
  t.ref = (int64_t)get(&at, 8);
  t.asset = (uint32_t)get(&at, 4);
  t.business_date = (date)get(&at, 4);
  t.timeout_s = (uint32_t)get(&at, 4);
  t.code = (uint16_t)get(&at, 2);
  t.flags = (uint16_t)get(&at, 2);
  t.version = (uint16_t)get(&at, 2);
  t.lane = (uint16_t)get(&at, 2);
  t.reserved = (uint32_t)get(&at, 4);
  t.sequence = (int64_t)get(&at, 8);
  t.reserved2 = (int64_t)get(&at, 8);
  if (t.version != TRANSFER_VERSION || t.reserved != 0 || t.reserved2 != 0) return false;
  *out = t;
  return true;
}
