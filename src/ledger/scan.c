/* scan.c - pages over the journal and the accounts, by key. Reads only. */
#include "ledger/scan.h"

#include "ledger/packed.h"
#include "ledger/rows.h"

status ledger_scan_lanes(ctx *c, db *d, uint16_t **lanes, size_t *count) {
  uint16_t *found = ARENA_ARRAY(c->arena, uint16_t, UINT16_MAX);
  size_t n = 0;
  db_rows *rows;
  TRY(db_query0(c, d, &rows, "select lane from ledger_lane order by lane"));
  while (n < UINT16_MAX && db_next(rows))
    found[n++] = (uint16_t)db_get_int(rows, 0);
  TRY(db_done(c, rows));
  *lanes = found;
  *count = n;
  return OK;
}

status ledger_scan_lane(ctx *c, db *d, uint16_t lane, int64_t after, size_t max, transfer **out,
                        size_t *count) {
  transfer *page = ARENA_ARRAY(c->arena, transfer, max);
  size_t n = 0;
  *out = page;
  if (is_packed(d)) return packed_scan_lane(c, d, lane, after, max, page, count);
  bool good = true;
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select record from ledger_journal where lane = ?1 and sequence > ?2 order by "
               "sequence limit ?3",
               DB_INT(lane), DB_INT(after), DB_INT(max)));
  while (good && n < max && db_next(rows)) {
    str record = db_get_bytes(rows, 0);
    good =
        record.len == TRANSFER_RECORD_BYTES && ledger_decode((const uint8_t *)record.at, &page[n]);
    n += good;
  }
  TRY(db_done(c, rows));
  if (!good)
    return fail(c, E_STORE, "The record after %lld of lane %u can't be read.",
                (long long)(after + (int64_t)n), lane);
  *count = n;
  return OK;
}

static const char account_page[] =
    "select a.account_id, a.tenant, a.entity, a.owner, a.asset, a.code, a.flags, a.allowance, "
    "a.opened_at, "
    "coalesce(sum(b.debits_posted), 0), coalesce(sum(b.credits_posted), 0), "
    "coalesce(sum(b.debits_pending), 0), "
    "coalesce(sum(b.credits_pending), 0) from ledger_account a left join ledger_balance b on "
    "b.account = a.account_id "
    "where a.account_id > ?1 group by a.account_id order by a.account_id limit ?2";

static account account_row(const db_rows *rows) {
  account a = attributes_from_row(rows);
  a.debits_posted = db_get_int(rows, 9);
  a.credits_posted = db_get_int(rows, 10);
  a.debits_pending = db_get_int(rows, 11);
  a.credits_pending = db_get_int(rows, 12);
  return a;
}

status ledger_scan_accounts(ctx *c, db *d, id after, size_t max, account **out, size_t *count) {
  if (is_packed(d)) return packed_scan_accounts(c, d, after, max, out, count);
  account *page = ARENA_ARRAY(c->arena, account, max);
  size_t n = 0;
  db_rows *rows;
  const db_value values[] = {DB_INT(after), DB_INT(max)};
  TRY(db_select(c, d, &rows, account_page, COUNT_OF(values), values));
  while (n < max && db_next(rows))
    page[n++] = account_row(rows);
  TRY(db_done(c, rows));
  *out = page;
  *count = n;
  return OK;
}
