/* record.c - the canonical 128-byte form of a transfer, version 1, frozen: little-endian members in
 * the order of the struct, no gaps. Chains are hashed over these bytes, so no byte of them may ever
 * change meaning. The struct lies in memory just so, which the assertions below hold it to: a
 * record is a copy, which matters at a million a second. */
#include "ledger/ledger.h"

#include <stddef.h>
#include <string.h>

#define LIES_AT(member, offset) \
  _Static_assert(offsetof(transfer, member) == (offset), #member " has its place in the record")
LIES_AT(id, 0);
LIES_AT(debit_account, 16);
LIES_AT(credit_account, 24);
LIES_AT(amount, 32);
LIES_AT(pending_id, 40);
LIES_AT(time, 56);
LIES_AT(command, 64);
LIES_AT(entity, 72);
LIES_AT(ref, 80);
LIES_AT(asset, 88);
LIES_AT(business_date, 92);
LIES_AT(timeout_s, 96);
LIES_AT(code, 100);
LIES_AT(flags, 102);
LIES_AT(version, 104);
LIES_AT(lane, 106);
LIES_AT(reserved, 108);
LIES_AT(sequence, 112);
LIES_AT(reserved2, 120);
_Static_assert(sizeof(transfer) == TRANSFER_RECORD_BYTES, "a transfer is its record");
_Static_assert(offsetof(id128, low) == 0, "the low half of an id comes first");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "records are little-endian");

void ledger_encode(const transfer *t, uint8_t out[static TRANSFER_RECORD_BYTES]) {
  memcpy(out, t, TRANSFER_RECORD_BYTES);
}

bool ledger_decode(const uint8_t record[static TRANSFER_RECORD_BYTES], transfer *out) {
  transfer t;
  memcpy(&t, record, sizeof t);
  if (t.version != TRANSFER_VERSION || t.reserved != 0 || t.reserved2 != 0) return false;
  *out = t;
  return true;
}
