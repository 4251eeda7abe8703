/* rows.c - values of the ledger to and from rows. No rule and no statement of its own. */
#include "ledger/rows.h"

#include <string.h>

id_bytes id_to_bytes(id128 value) {
  id_bytes out;
  for (int i = 0; i < 8; i++) {
    out.at[i] = (uint8_t)(value.high >> (56 - 8 * i));
    out.at[8 + i] = (uint8_t)(value.low >> (56 - 8 * i));
  }
  return out;
}

id128 id_from_bytes(str bytes) {
  id128 value = {0};
  if (bytes.len != ID128_BYTES) return value;
  const uint8_t *at = (const uint8_t *)bytes.at;
  for (int i = 0; i < 8; i++) {
    value.high = value.high << 8 | at[i];
    value.low = value.low << 8 | at[8 + i];
  }
  return value;
}

/* A chunk that is not full repeats its last key: the answer is the same. */
status select_chunk(ctx *c, db *d, db_rows **rows, const in_chunks *q, const db_value *keys,
                    size_t count, size_t *used) {
  static const size_t sizes[] = {1, 8, 64};
  db_value padded[64];
  size_t which = count <= 1 ? 0 : count <= 8 ? 1 : 2;
  size_t size = sizes[which];
  *used = count < size ? count : size;
  for (size_t i = 0; i < size; i++)
    padded[i] = keys[i < *used ? i : *used - 1];
  return db_select(c, d, rows, q->sql[which], size, padded);
}

transfer transfer_from_row(const db_rows *rows) {
  return (transfer){
      .id = id_from_bytes(db_get_bytes(rows, 0)),
      .debit_account = db_get_int(rows, 1),
      .credit_account = db_get_int(rows, 2),
      .amount = db_get_int(rows, 3),
      .asset = (uint32_t)db_get_int(rows, 4),
      .code = (uint16_t)db_get_int(rows, 5),
      .flags = (uint16_t)db_get_int(rows, 6),
      .pending_id = id_from_bytes(db_get_bytes(rows, 7)),
      .timeout_s = (uint32_t)db_get_int(rows, 8),
      .entity = db_get_int(rows, 9),
      .command = db_get_int(rows, 10),
      .ref = db_get_int(rows, 11),
      .business_date = (date)db_get_int(rows, 12),
      .version = TRANSFER_VERSION,
  };
}

status record_from_row(ctx *c, str bytes, transfer *out) {
  if (bytes.len != TRANSFER_RECORD_BYTES || !ledger_decode((const uint8_t *)bytes.at, out)) {
    return fail(c, E_STORE, "a stored record of %zu bytes can't be read; run tael verify",
                bytes.len);
  }
  return OK;
}

int128 sum_from_row(const db_rows *rows, int column) {
  return (int128)db_get_int(rows, column) * (INT64_C(1) << 32) + db_get_int(rows, column + 1);
}

void *more_room(arena *a, const void *items, size_t count, size_t size, size_t *room) {
  if (count < *room) return (void *)(uintptr_t)items;
  *room = *room == 0 ? 16 : *room * 2;
  char *grown = arena_take(a, *room, size);
  if (count > 0) memcpy(grown, items, count * size);
  return grown;
}

account attributes_from_row(const db_rows *rows) {
  return (account){
      .account_id = db_get_int(rows, 0),
      .tenant = db_get_int(rows, 1),
      .entity = db_get_int(rows, 2),
      .owner = db_get_int(rows, 3),
      .asset = (uint32_t)db_get_int(rows, 4),
      .code = (uint16_t)db_get_int(rows, 5),
      .flags = (uint16_t)db_get_int(rows, 6),
      .allowance = db_get_int(rows, 7),
      .opened_at = db_get_int(rows, 8),
  };
}

status count_from_rows(ctx *c, db_rows *rows, int64_t *out) {
  *out = db_next(rows) ? db_get_int(rows, 0) : 0;
  return db_done(c, rows);
}

status rows_hold_of(ctx *c, db *d, const transfer *record, hold *out) {
  db_rows *rows;
  id_bytes key = id_to_bytes(record->id);
  *out = (hold){.record = *record};
  TRY(db_query(c, d, &rows, "select state, expires_at, posted from ledger_hold where id = ?1",
               DB_BYTES(key.at, ID128_BYTES)));
  if (db_next(rows)) {
    out->state = (hold_state)db_get_int(rows, 0);
    out->expires_at = db_get_int(rows, 1);
    out->posted = db_get_int(rows, 2);
  }
  return db_done(c, rows);
}

/* Stripes have their limits each, so a sum has to be checked. */
bool balance_add(balance *sum, const balance *b) {
  return !ADD_OVERFLOWS(sum->debits_posted, b->debits_posted, &sum->debits_posted) &&
         !ADD_OVERFLOWS(sum->credits_posted, b->credits_posted, &sum->credits_posted) &&
         !ADD_OVERFLOWS(sum->debits_pending, b->debits_pending, &sum->debits_pending) &&
         !ADD_OVERFLOWS(sum->credits_pending, b->credits_pending, &sum->credits_pending);
}

status stripes_beyond(ctx *c) {
  return fail(c, E_RULE, "the stripes of an account add up to more than 64 bits hold");
}
