/* verify.c - proves a store from its records: each lane's chain from its first record to its head,
 * each record against the transfer, hold and reversal it caused, and then entries and balances
 * (verify_entries.c). Trusts only the records and arithmetic. Reads one snapshot, page by page;
 * never writes, never repairs. */
#include "ledger/packed.h"
#include "ledger/verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

status violated(ctx *c, ledger_proof *p, const char *format, ...) {
  char text[512];
  if (!is_sound(p)) return OK;
  va_list args;
  va_start(args, format);
  int len = vsnprintf(text, sizeof text, format, args);
  va_end(args);
  size_t room = sizeof text - 1;
  p->violation = str_copy(c->arena, (str){text, (size_t)len < room ? (size_t)len : room});
  return OK;
}

/* --- chains (INV-4, INV-19) ------------------------------------------------------------------- */
static status check_place(ctx *c, const ledger_lane *walk, int64_t sequence, const transfer *t,
                          ledger_proof *p) {
  if (sequence != walk->sequence + 1) {
    return violated(c, p, "lane %u: record %lld is missing", walk->lane,
                    (long long)(walk->sequence + 1));
  }
  if (t->lane != walk->lane || t->sequence != sequence) {
    return violated(c, p, "lane %u record %lld: the record says it belongs elsewhere", walk->lane,
                    (long long)sequence);
  }
  if (t->time <= walk->last_time) {
    return violated(c, p, "lane %u record %lld: its time does not rise", walk->lane,
                    (long long)sequence);
  }
  return OK;
}

static status walk_packed(ctx *c, db *d, ledger_lane *walk, size_t most, transfer *out,
                          size_t *count, ledger_proof *p) {
  size_t found;
  *count = 0;
  TRY(packed_scan_lane(c, d, walk->lane, walk->sequence, most, out, &found));
  for (; *count < found && is_sound(p); ++*count) {
    uint8_t record[TRANSFER_RECORD_BYTES];
    const transfer *t = &out[*count];
    check_place(c, walk, t->sequence, t, p);
    ledger_encode(t, record);
    walk->head = sha256_of_two(walk->head.bytes, sizeof walk->head.bytes, record, sizeof record);
    walk->sequence = t->sequence;
    walk->last_time = t->time;
  }
  return OK;
}

status walk_lane(ctx *c, db *d, ledger_lane *walk, size_t most, transfer out[static WALK_RECORDS],
                 size_t *count, ledger_proof *p) {
  if (is_packed(d)) return walk_packed(c, d, walk, most, out, count, p);
  db_rows *rows;
  size_t found = 0;
  TRY(db_query(c, d, &rows,
               "select sequence, record, command, id_tail, ref from ledger_journal "
               "where lane = ?1 and sequence > ?2 order by sequence limit ?3",
               DB_INT(walk->lane), DB_INT(walk->sequence), DB_INT(most)));
  while (is_sound(p) && found < most && db_next(rows)) {
    int64_t sequence = db_get_int(rows, 0);
    str record = db_get_bytes(rows, 1);
    transfer *t = &out[found];
    if (record.len != TRANSFER_RECORD_BYTES || !ledger_decode((const uint8_t *)record.at, t)) {
      violated(c, p, "lane %u record %lld can't be read", walk->lane, (long long)sequence);
      continue;
    }
    check_place(c, walk, sequence, t, p);
    if (t->command != db_get_int(rows, 2) || t->id.low != (uint64_t)db_get_int(rows, 3) ||
        t->ref != db_get_int(rows, 4)) {
      violated(c, p, "lane %u record %lld is filed under other keys", walk->lane,
               (long long)sequence);
    }
    walk->head = sha256_of_two(walk->head.bytes, sizeof walk->head.bytes, record.at, record.len);
    walk->sequence = sequence;
    walk->last_time = t->time;
    found++;
  }
  TRY(db_done(c, rows));
  *count = found;
  return OK;
}

/* --- what a record caused (INV-1, INV-6, INV-7, INV-13) --------------------------------------- */
typedef struct tally {
  int64_t records, holds, ends, reversals;
} tally;

typedef struct cause { /* a ledger_transfer row with what hangs on it */
  transfer t;
  int64_t own_hold;                  /* state, 0: no row */
  int64_t ended_state, ended_posted; /* of the hold it ends */
  int64_t held_amount;
  uint16_t held_flags;
  id128 reversal; /* the reversal of the transfer it names */
} cause;

static bool same_transfer(const transfer *a, const transfer *b) {
  return id128_eq(a->id, b->id) && a->debit_account == b->debit_account &&
         a->credit_account == b->credit_account && a->amount == b->amount &&
         id128_eq(a->pending_id, b->pending_id) && a->command == b->command &&
         a->entity == b->entity && a->ref == b->ref && a->asset == b->asset &&
         a->business_date == b->business_date && a->timeout_s == b->timeout_s &&
         a->code == b->code && a->flags == b->flags;
}

static const char *check_end(const cause *k) {
  static const uint16_t flags[] = {TRANSFER_POST, TRANSFER_VOID, TRANSFER_EXPIRY};
  static const hold_state states[] = {HOLD_POSTED, HOLD_VOIDED, HOLD_EXPIRED};
  if (!(k->held_flags & TRANSFER_PENDING)) return "it ends what is not a hold";
  if (k->t.amount > k->held_amount) return "it moves more than was held";
  for (size_t i = 0; i < COUNT_OF(flags); i++) {
    if (k->t.flags & flags[i] && k->ended_state != (int64_t)states[i])
      return "its hold says otherwise";
  }
  int64_t moved = k->t.flags & TRANSFER_POST ? k->t.amount : 0;
  return k->ended_posted == moved ? NULL : "its hold says another amount was posted";
}

/* NULL, or what is wrong with the row that belongs to `record`. */
static const char *check_cause(const transfer *record, const cause *k, tally *sum) {
  sum->records++;
  if (!same_transfer(record, &k->t)) return "the transfer's row differs from its record";
  if (record->flags & TRANSFER_PENDING) {
    sum->holds++;
    if (k->own_hold == 0) return "its hold is missing";
  }
  if (record->flags & (TRANSFER_POST | TRANSFER_VOID | TRANSFER_EXPIRY)) {
    sum->ends++;
    return check_end(k);
  }
  if (record->flags & TRANSFER_REVERSAL) {
    sum->reversals++;
    if (!id128_eq(k->reversal, record->id)) return "the reversal is not noted";
  }
  return NULL;
}

static cause read_cause(const db_rows *rows) {
  return (cause){.t = transfer_from_row(rows),
                 .own_hold = db_get_int(rows, TRANSFER_COLUMN_COUNT),
                 .ended_state = db_get_int(rows, TRANSFER_COLUMN_COUNT + 1),
                 .ended_posted = db_get_int(rows, TRANSFER_COLUMN_COUNT + 2),
                 .held_amount = db_get_int(rows, TRANSFER_COLUMN_COUNT + 3),
                 .held_flags = (uint16_t)db_get_int(rows, TRANSFER_COLUMN_COUNT + 4),
                 .reversal = id_from_bytes(db_get_bytes(rows, TRANSFER_COLUMN_COUNT + 5))};
}

static status check_causes(ctx *c, db *d, const transfer *records, size_t count, tally *sum,
                           ledger_proof *p) {
  static const in_chunks q = {IN_CHUNKS(
      "with t as materialized (select " TRANSFER_COLUMNS " from ledger_transfer t where t.id in ",
      "), ended as materialized (select pending_id from t where pending_id is not null), "
      "h as materialized (select id, state from ledger_hold where id in (select id from t)), "
      "e as materialized (select id, state, posted from ledger_hold where id in "
      "(select pending_id from ended)), "
      "o as materialized (select id, amount, flags from ledger_transfer where id in "
      "(select pending_id from ended)), "
      "r as materialized (select original, reversal from ledger_reversal where original in "
      "(select pending_id from ended)) "
      "select " TRANSFER_COLUMNS ", h.state, e.state, e.posted, o.amount, o.flags, r.reversal "
      "from t left join h on h.id = t.id left join e on e.id = t.pending_id "
      "left join o on o.id = t.pending_id left join r on r.original = t.pending_id")};
  id_bytes bytes[WALK_RECORDS];
  db_value keys[WALK_RECORDS];
  cause causes[WALK_RECORDS];
  size_t used = 0, found = 0;
  for (size_t i = 0; i < count; i++) {
    bytes[i] = id_to_bytes(records[i].id);
    keys[i] = DB_BYTES(bytes[i].at, ID128_BYTES);
  }
  db_rows *rows;
  TRY(select_chunk(c, d, &rows, &q, keys, count, &used));
  assert(used == count);
  while (found < count && db_next(rows))
    causes[found++] = read_cause(rows);
  TRY(db_done(c, rows));
  for (size_t i = 0; i < count; i++) {
    const transfer *t = &records[i];
    size_t at = 0;
    while (at < found && !id128_eq(causes[at].t.id, t->id))
      at++;
    const char *why =
        at == found ? "the transfer's row is missing" : check_cause(t, &causes[at], sum);
    if (why != NULL) {
      return violated(c, p, "lane %u record %lld: %s", t->lane, (long long)t->sequence, why);
    }
  }
  return OK;
}

static status verify_lane(ctx *c, db *d, const ledger_lane *stored, tally *sum, ledger_proof *p) {
  transfer records[WALK_RECORDS];
  ledger_lane walk = {.lane = stored->lane};
  size_t count = 1;
  while (count > 0 && is_sound(p)) {
    TRY(walk_lane(c, d, &walk, WALK_RECORDS, records, &count, p));
    if (count > 0 && is_sound(p)) TRY(check_causes(c, d, records, count, sum, p));
  }
  if (!is_sound(p)) return OK;
  if (walk.sequence != stored->sequence || walk.last_time != stored->last_time) {
    return violated(c, p, "lane %u: its records end at %lld, its head says %lld", walk.lane,
                    (long long)walk.sequence, (long long)stored->sequence);
  }
  if (!sha256_eq(&walk.head, &stored->head)) {
    return violated(c, p, "lane %u: its records do not hash to its head; a record was changed",
                    walk.lane);
  }
  return OK;
}

static status next_lane(ctx *c, db *d, int64_t after, ledger_lane *out, bool *found) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select lane, sequence, last_time, head from ledger_lane where lane > ?1 "
               "order by lane limit 1",
               DB_INT(after)));
  *found = db_next(rows);
  if (*found) {
    str head = db_get_bytes(rows, 3);
    *out = (ledger_lane){.lane = (uint16_t)db_get_int(rows, 0),
                         .sequence = db_get_int(rows, 1),
                         .last_time = db_get_int(rows, 2)};
    if (head.len == sizeof out->head.bytes) memcpy(out->head.bytes, head.at, head.len);
  }
  return db_done(c, rows);
}

static status verify_lanes(ctx *c, db *d, tally *sum, ledger_proof *p) {
  ledger_lane lane;
  bool found = true;
  for (int64_t after = -1; is_sound(p); after = lane.lane) {
    TRY(next_lane(c, d, after, &lane, &found));
    if (!found) break;
    p->lanes++;
    TRY(verify_lane(c, d, &lane, sum, p));
  }
  p->transfers = sum->records;
  return OK;
}

/* --- nothing beside the records --------------------------------------------------------------- */
/* Each record found its rows; equal counts say that no row is without a record, and that no hold
 * ended twice. */
static status verify_counts(ctx *c, db *d, const tally *sum, ledger_proof *p) {
  db_rows *rows;
  int64_t transfers, journal, holds, reversals;
  TRY(db_query0(c, d, &rows, "select count(*) from ledger_transfer"));
  TRY(count_from_rows(c, rows, &transfers));
  TRY(db_query0(c, d, &rows, "select count(*) from ledger_journal"));
  TRY(count_from_rows(c, rows, &journal));
  TRY(db_query0(c, d, &rows, "select count(*) from ledger_hold"));
  TRY(count_from_rows(c, rows, &holds));
  TRY(db_query0(c, d, &rows, "select count(*) from ledger_hold where state = 1"));
  TRY(count_from_rows(c, rows, &p->open_holds));
  TRY(db_query0(c, d, &rows, "select count(*) from ledger_reversal"));
  TRY(count_from_rows(c, rows, &reversals));
  TRY(db_query0(c, d, &rows, "select count(*) from ledger_account"));
  TRY(count_from_rows(c, rows, &p->accounts));
  if (journal != sum->records) return violated(c, p, "there are records in an unknown lane");
  if (transfers != sum->records) {
    return violated(c, p, "%lld transfers have %lld records", (long long)transfers,
                    (long long)sum->records);
  }
  if (holds != sum->holds) return violated(c, p, "there are holds without a record");
  if (holds - p->open_holds != sum->ends) return violated(c, p, "a hold ended other than once");
  if (reversals != sum->reversals) return violated(c, p, "a reversal is noted that has no record");
  return OK;
}

/* INV-2, in the sums of the stored balances that the entries have proved. */
static status verify_trial(ctx *c, db *d, ledger_proof *p) {
  db_rows *rows;
  TRY(db_query0(c, d, &rows,
                "select a.entity, a.asset, " BALANCE_SUMS " from ledger_balance b "
                "join ledger_account a on a.account_id = b.account "
                "group by a.entity, a.asset order by a.entity, a.asset"));
  while (is_sound(p) && db_next(rows)) {
    if (sum_from_row(rows, 2) == sum_from_row(rows, 4) &&
        sum_from_row(rows, 6) == sum_from_row(rows, 8)) {
      continue;
    }
    violated(c, p, "entity %lld, asset %lld: debits and credits differ",
             (long long)db_get_int(rows, 0), (long long)db_get_int(rows, 1));
  }
  return db_done(c, rows);
}

/* Accounts are found by owner, code and asset; one that is not found so reads as empty. */
static status verify_owners(ctx *c, db *d, ledger_proof *p) {
  db_rows *rows;
  int64_t lost = 0, named = 0, accounts = 0;
  TRY(db_query0(c, d, &rows,
                "select count(*) from (select owner, code, asset, account_id from ledger_account"
                " except select owner, code, asset, account from ledger_owner) unfound"));
  TRY(count_from_rows(c, rows, &lost));
  TRY(db_query0(c, d, &rows, "select count(*) from ledger_owner"));
  TRY(count_from_rows(c, rows, &named));
  TRY(db_query0(c, d, &rows, "select count(*) from ledger_account"));
  TRY(count_from_rows(c, rows, &accounts));
  if (lost > 0)
    return violated(c, p, "%lld accounts are not found by their owner", (long long)lost);
  if (named != accounts)
    return violated(c, p, "the list of owners names %lld accounts too many",
                    (long long)(named - accounts));
  return OK;
}

static status verify_all(ctx *c, db *d, ledger_proof *p) {
  tally sum = {0};
  if (is_packed(d)) {
    TRY(packed_verify(c, d, p));
  } else {
    TRY(verify_lanes(c, d, &sum, p));
    if (is_sound(p)) TRY(verify_counts(c, d, &sum, p));
    if (is_sound(p)) TRY(verify_entries(c, d, p));
    if (is_sound(p)) TRY(verify_trial(c, d, p));
  }
  return is_sound(p) ? verify_owners(c, d, p) : OK;
}

status ledger_verify(ctx *c, db *d, ledger_proof *out) {
  ledger_proof p = {0};
  bool own_snapshot = !db_in_transaction(d);
  if (own_snapshot) TRY(db_begin(c, d));
  status s = verify_all(c, d, &p);
  if (own_snapshot) db_rollback(d);
  if (s == OK) *out = p;
  return s;
}
