/* registry.c - the registry of assets and the closed periods of legal entities: small tables that
 * everything refers to. An asset never changes; a period only closes further. Runs inside the
 * caller's write transaction. */
#include "ledger/book.h"

static status check_asset(ctx *c, const asset *a) {
  static const char *const kinds[] = {"money", "stock", "points", "units"};
  if (a->code.len == 0) return fail(c, E_MALFORMED, "an asset needs a code");
  if (a->scale < 0 || a->scale > 18) {
    return fail(c, E_MALFORMED, "an asset's scale is 0 to 18 digits, not %d", a->scale);
  }
  for (size_t i = 0; i < COUNT_OF(kinds); i++) {
    if (str_eq(a->kind, str_from(kinds[i]))) return OK;
  }
  return fail(c, E_MALFORMED, "an asset is money, stock, points or units");
}

static status next_number(ctx *c, db *d, uint32_t *out) {
  db_rows *rows;
  TRY(db_query(c, d, &rows, "select max(number) from ledger_asset where number >= ?1",
               DB_INT(ASSET_FIRST_CUSTOM)));
  int64_t highest = db_next(rows) ? db_get_int(rows, 0) : 0;
  TRY(db_done(c, rows));
  int64_t next = highest < ASSET_FIRST_CUSTOM ? ASSET_FIRST_CUSTOM : highest + 1;
  if (next > UINT32_MAX) return fail(c, E_RULE, "the registry of assets is full");
  *out = (uint32_t)next;
  return OK;
}

static status find_code(ctx *c, db *d, str code, uint32_t *number) {
  db_rows *rows;
  TRY(db_query(c, d, &rows, "select number from ledger_asset_code where code = ?1", DB_TEXT(code)));
  *number = db_next(rows) ? (uint32_t)db_get_int(rows, 0) : 0;
  return db_done(c, rows);
}

/* The same asset again is not an error: a start-up may register what it needs every time. */
status ledger_register_asset(ctx *c, db *d, asset *a) {
  TRY(check_asset(c, a));
  uint32_t known = 0;
  TRY(find_code(c, d, a->code, &known));
  if (known != 0) {
    asset had = {0};
    TRY(ledger_asset_by_number(c, d, known, &had));
    bool same = had.scale == a->scale && str_eq(had.kind, a->kind);
    if (!same || (a->number != 0 && a->number != known)) {
      return fail(c, E_CONFLICT, "asset %.*s is registered otherwise", STR_ARGS(a->code));
    }
    a->number = known;
    return OK;
  }
  uint32_t number = a->number;
  if (number == 0) TRY(next_number(c, d, &number));
  TRY(db_run(c, d, "insert into ledger_asset (number, code, scale, kind) values (?1, ?2, ?3, ?4)",
             DB_INT(number), DB_TEXT(a->code), DB_INT(a->scale), DB_TEXT(a->kind)));
  TRY(db_run(c, d, "insert into ledger_asset_code (code, number) values (?1, ?2)", DB_TEXT(a->code),
             DB_INT(number)));
  a->number = number;
  return OK;
}

/* Every currency of ISO 4217 is an asset by its number, registered or not. */
static bool currency_asset(ctx *c, uint32_t number, asset *out) {
  char code[4];
  int scale;
  if (!currency_by_number(number, code, &scale)) return false;
  *out = (asset){.number = number,
                 .scale = scale,
                 .code = str_copy(c->arena, str_from(code)),
                 .kind = STR("money")};
  return true;
}

status ledger_asset_by_number(ctx *c, db *d, uint32_t number, asset *out) {
  db_rows *rows;
  TRY(db_query(c, d, &rows, "select code, scale, kind from ledger_asset where number = ?1",
               DB_INT(number)));
  bool found = db_next(rows);
  asset a = {.number = number};
  if (found) {
    a.code = db_keep_text(rows, 0, c->arena);
    a.scale = (int)db_get_int(rows, 1);
    a.kind = db_keep_text(rows, 2, c->arena);
  }
  TRY(db_done(c, rows));
  if (!found && currency_asset(c, number, out)) return OK;
  if (!found) return fail(c, E_NOT_FOUND, "there is no asset %u in the registry", number);
  *out = a;
  return OK;
}

status ledger_close_period(ctx *c, db *d, id entity, date through) {
  int64_t touched = 0;
  TRY(db_run_count(c, d, &touched,
                   "insert into ledger_period (entity, closed_through) values (?1, ?2) "
                   "on conflict (entity) do update set closed_through = excluded.closed_through "
                   "where ledger_period.closed_through < excluded.closed_through",
                   DB_INT(entity), DB_INT(through)));
  if (touched == 1) return OK;
  return fail(c, E_CONFLICT, "the period is already closed through that date or a later one");
}

status ledger_closed_through(ctx *c, db *d, id entity, date *out) {
  db_rows *rows;
  TRY(db_query(c, d, &rows, "select closed_through from ledger_period where entity = ?1",
               DB_INT(entity)));
  date through = db_next(rows) ? (date)db_get_int(rows, 0) : DATE_MIN - 1;
  TRY(db_done(c, rows));
  *out = through;
  return OK;
}
