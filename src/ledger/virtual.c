/* virtual.c - SQL over the packed history: ledger_transfer, ledger_journal, ledger_entry and
 * ledger_balance as read-only virtual tables on SQLite, with the columns that they have as tables
 * on PostgreSQL. Equality with an id, a reference, a place in a lane or an account is looked up;
 * anything else walks the history in order. Each cursor reads in batches, in the snapshot of the
 * statement that uses it; nothing here writes. */
#include "ledger/packed.h"
#include "ledger/rows.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

typedef enum table_kind { IS_TRANSFER, IS_JOURNAL, IS_ENTRY, IS_BALANCE } table_kind;
typedef enum plan { PLAN_ALL, PLAN_ID, PLAN_REF, PLAN_PLACE, PLAN_ACCOUNT } plan;

typedef struct table_shape {
  const char *name, *columns;
  int keys[2]; /* columns that PLAN_PLACE or PLAN_ACCOUNT wants; -1: none */
  plan by_key;
} table_shape;

static const table_shape shapes[] = {
    {"ledger_transfer",
     "create table x(id BLOB primary key, debit INTEGER, credit INTEGER, amount INTEGER, "
     "asset INTEGER, code INTEGER, flags INTEGER, pending_id BLOB, timeout_s INTEGER, "
     "entity INTEGER, command INTEGER, ref INTEGER, business_date INTEGER) without rowid",
     {0, -1},
     PLAN_ID},
    {"ledger_journal",
     "create table x(lane INTEGER, sequence INTEGER, command INTEGER, id_tail INTEGER, "
     "ref INTEGER, record BLOB, primary key (lane, sequence)) without rowid",
     {0, 1},
     PLAN_PLACE},
    {"ledger_entry",
     "create table x(account INTEGER, stripe INTEGER, time INTEGER, lane INTEGER, "
     "sequence INTEGER, is_debit INTEGER, debits_posted INTEGER, credits_posted INTEGER, "
     "debits_pending INTEGER, credits_pending INTEGER, primary key (account, stripe, time)) "
     "without rowid",
     {0, -1},
     PLAN_ACCOUNT},
    {"ledger_balance",
     "create table x(account INTEGER, stripe INTEGER, debits_posted INTEGER, "
     "credits_posted INTEGER, debits_pending INTEGER, credits_pending INTEGER, "
     "last_time INTEGER, primary key (account, stripe)) without rowid",
     {0, -1},
     PLAN_ACCOUNT},
};
static const int ref_columns[] = {11, 4, -1, -1};

typedef struct history_table {
  sqlite3_vtab base;
  db *d;
  table_kind kind;
} history_table;

typedef struct history_row {
  transfer t;
  stripe_state s; /* of entries: whose, and the balance after it */
  bool is_debit;
} history_row;

typedef struct cursor {
  sqlite3_vtab_cursor base;
  arena *arena, *stripe_arena; /* of a batch; of the stripes it is about */
  ctx c;
  plan plan;
  history_row *rows;
  size_t count, at, room;
  bool is_over;          /* no batch follows */
  int64_t position, end; /* PLAN_ALL over records: read up to here, and where it ends */
  stripe_state *stripes; /* whose entries or balances are next */
  size_t stripe_count, stripe_at;
  id after_account; /* the stripes read last end here */
  instant before;   /* the entries read last of the stripe at hand end here */
} cursor;

enum { BATCH = 26 * 40, STRIPES = 256, CURSOR_ARENA = 8 << 20 };

static history_table *table_of_cursor(const cursor *k) { return (history_table *)k->base.pVtab; }

static void add_row(cursor *k, const history_row *row) {
  k->rows = more_room(k->c.arena, k->rows, k->count, sizeof *k->rows, &k->room);
  k->rows[k->count++] = *row;
}

static int report(cursor *k, status s) {
  if (s == OK) return SQLITE_OK;
  sqlite3_free(k->base.pVtab->zErrMsg);
  k->base.pVtab->zErrMsg = sqlite3_mprintf("%.*s", STR_ARGS(k->c.fault.detail));
  return SQLITE_ERROR;
}

/* --- connecting ------------------------------------------------------------------------------- */
static int connect(sqlite3 *handle, void *arg, int argc, const char *const *argv,
                   sqlite3_vtab **out, char **error) {
  UNUSED(argc);
  for (size_t i = 0; i < COUNT_OF(shapes); i++) {
    if (strcmp(shapes[i].name, argv[2]) != 0) continue;
    int code = sqlite3_declare_vtab(handle, shapes[i].columns);
    if (code != SQLITE_OK) return code;
    history_table *made = calloc(1, sizeof *made);
    if (made == NULL) return SQLITE_NOMEM;
    made->d = arg;
    made->kind = (table_kind)i;
    *out = &made->base;
    return SQLITE_OK;
  }
  *error = sqlite3_mprintf("the history has no table %s", argv[2]);
  return SQLITE_ERROR;
}

static int disconnect(sqlite3_vtab *base) {
  free(base);
  return SQLITE_OK;
}

/* --- planning --------------------------------------------------------------------------------- */
/* The constraint of equality on a column that can be used; -1: none. */
static int equality(const sqlite3_index_info *info, int column) {
  for (int i = 0; i < info->nConstraint; i++) {
    if (info->aConstraint[i].usable && info->aConstraint[i].iColumn == column &&
        info->aConstraint[i].op == SQLITE_INDEX_CONSTRAINT_EQ) {
      return i;
    }
  }
  return -1;
}

static void use(sqlite3_index_info *info, plan p, const int *constraints, int count, int cost) {
  for (int i = 0; i < count; i++)
    info->aConstraintUsage[constraints[i]].argvIndex = i + 1;
  info->idxNum = (int)p;
  info->estimatedCost = cost;
  info->estimatedRows = cost;
}

static int best_index(sqlite3_vtab *base, sqlite3_index_info *info) {
  table_kind kind = ((history_table *)base)->kind;
  const table_shape *shape = &shapes[kind];
  int found[2] = {equality(info, shape->keys[0]), -1}, wanted = shape->keys[1] < 0 ? 1 : 2;
  if (wanted == 2) found[1] = equality(info, shape->keys[1]);
  if (found[0] >= 0 && (wanted == 1 || found[1] >= 0)) {
    use(info, shape->by_key, found, wanted, kind == IS_ENTRY ? 1000 : 1);
    return SQLITE_OK;
  }
  int by_ref = ref_columns[kind] < 0 ? -1 : equality(info, ref_columns[kind]);
  if (by_ref >= 0)
    use(info, PLAN_REF, &by_ref, 1, 10);
  else
    use(info, PLAN_ALL, NULL, 0, 1000000000);
  return SQLITE_OK;
}

/* --- batches ---------------------------------------------------------------------------------- */
static status take_records(ctx *c, db *d, void *arg, const paged *records, size_t count) {
  UNUSED(c);
  UNUSED(d);
  for (size_t i = 0; i < count; i++)
    add_row(arg, &(history_row){.t = records[i].t});
  return OK;
}

static status next_records(cursor *k, db *d) {
  int64_t to = k->end - k->position > BATCH ? k->position + BATCH : k->end;
  TRY(pages_each(&k->c, d, k->position, to, take_records, k));
  k->position = to;
  k->is_over = to == k->end;
  return OK;
}

static status next_stripes(cursor *k, db *d) {
  db_rows *rows;
  id *accounts = ARENA_ARRAY(k->c.arena, id, STRIPES);
  size_t count = 0, room = 0;
  TRY(db_query(&k->c, d, &rows,
               "select distinct account from ledger_settled where account > ?1 order by account "
               "limit ?2",
               DB_INT(k->after_account), DB_INT(STRIPES)));
  while (count < STRIPES && db_next(rows))
    accounts[count++] = db_get_int(rows, 0);
  TRY(db_done(&k->c, rows));
  for (size_t i = 0; i < count; i++) {
    stripe_state *list;
    size_t n;
    TRY(view_stripes(&k->c, d, accounts[i], &list, &n));
    for (size_t s = 0; s < n; s++) {
      k->stripes = more_room(k->stripe_arena, k->stripes, k->stripe_count, sizeof *list, &room);
      k->stripes[k->stripe_count++] = list[s];
    }
    k->after_account = accounts[i];
  }
  k->is_over = count == 0;
  return OK;
}

/* Entries of the stripe at hand, newest first; the next stripe when there are no more. */
static status next_entries(cursor *k, db *d) {
  const stripe_state *s = &k->stripes[k->stripe_at];
  statement_line *lines;
  size_t count;
  TRY(packed_lines(&k->c, d, s->account_id, s->stripe, k->before, true, BATCH, &lines, &count));
  for (size_t i = 0; i < count; i++) {
    history_row row = {.t = lines[i].record, .s = *s, .is_debit = lines[i].is_debit};
    row.s.now = lines[i].after;
    add_row(k, &row);
  }
  if (count > 0) k->before = lines[count - 1].record.time - 1;
  if (count == BATCH) return OK;
  k->before = INT64_MAX;
  k->stripe_at++;
  return OK;
}

static status next_of_stripes(cursor *k, db *d) {
  if (k->stripe_at == k->stripe_count) {
    bool was_all = k->plan == PLAN_ALL;
    k->stripe_at = k->stripe_count = 0;
    k->stripes = NULL;
    arena_reset(k->stripe_arena);
    if (!was_all) k->is_over = true;
    return was_all ? next_stripes(k, d) : OK;
  }
  if (table_of_cursor(k)->kind == IS_ENTRY) return next_entries(k, d);
  for (; k->stripe_at < k->stripe_count; k->stripe_at++)
    add_row(k, &(history_row){.s = k->stripes[k->stripe_at]});
  return OK;
}

static status next_batch(cursor *k) {
  db *d = table_of_cursor(k)->d;
  bool of_stripes = table_of_cursor(k)->kind >= IS_ENTRY;
  while (k->at == k->count && !k->is_over) {
    arena_reset(k->arena);
    k->rows = NULL;
    k->at = k->count = k->room = 0;
    TRY(of_stripes ? next_of_stripes(k, d) : next_records(k, d));
  }
  return OK;
}

/* --- cursors ---------------------------------------------------------------------------------- */
static int close_cursor(sqlite3_vtab_cursor *base) {
  cursor *k = (cursor *)base;
  arena_close(k->arena);
  arena_close(k->stripe_arena);
  free(k);
  return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *base, sqlite3_vtab_cursor **out) {
  UNUSED(base);
  cursor *k = calloc(1, sizeof *k);
  if (k == NULL) return SQLITE_NOMEM;
  k->arena = arena_open(CURSOR_ARENA);
  k->stripe_arena = arena_open(CURSOR_ARENA);
  if (k->arena == NULL || k->stripe_arena == NULL) {
    close_cursor(&k->base);
    return SQLITE_NOMEM;
  }
  *out = &k->base;
  return SQLITE_OK;
}

static status start_id(cursor *k, db *d, sqlite3_value *value) {
  str bytes = {sqlite3_value_blob(value), (size_t)sqlite3_value_bytes(value)};
  transfer t;
  k->is_over = true;
  if (bytes.len != ID128_BYTES) return OK;
  status s = packed_transfer_get(&k->c, d, id_from_bytes(bytes), &t);
  if (s == OK) add_row(k, &(history_row){.t = t});
  return s == E_NOT_FOUND ? OK : s;
}

static status start_ref(cursor *k, db *d, int64_t ref) {
  transfer *list;
  size_t count;
  TRY(packed_by_ref(&k->c, d, ref, &list, &count));
  for (size_t i = 0; i < count; i++)
    add_row(k, &(history_row){.t = list[i]});
  k->is_over = ref != 0; /* records without one are not filed */
  return OK;
}

static status start_place(cursor *k, db *d, int64_t lane, int64_t sequence) {
  transfer t;
  bool found = false;
  k->is_over = true;
  if (lane < 0 || lane > UINT16_MAX) return OK;
  TRY(packed_record_at(&k->c, d, (uint16_t)lane, sequence, &t, &found));
  if (found) add_row(k, &(history_row){.t = t});
  return OK;
}

static status start(cursor *k, db *d, sqlite3_value **values) {
  int64_t swept;
  TRY(view_bounds(&k->c, d, &swept, &k->end));
  switch (k->plan) {
  case PLAN_ALL: return OK;
  case PLAN_ID: return start_id(k, d, values[0]);
  case PLAN_REF: return start_ref(k, d, sqlite3_value_int64(values[0]));
  case PLAN_PLACE:
    return start_place(k, d, sqlite3_value_int64(values[0]), sqlite3_value_int64(values[1]));
  case PLAN_ACCOUNT: break;
  }
  stripe_state *list;
  TRY(view_stripes(&k->c, d, sqlite3_value_int64(values[0]), &list, &k->stripe_count));
  k->stripes = ARENA_ARRAY(k->stripe_arena, stripe_state, k->stripe_count + 1);
  if (k->stripe_count > 0) memcpy(k->stripes, list, k->stripe_count * sizeof *list);
  return OK;
}

static int filter(sqlite3_vtab_cursor *base, int number, const char *text, int argc,
                  sqlite3_value **values) {
  UNUSED(text);
  UNUSED(argc);
  cursor *k = (cursor *)base;
  *k = (cursor){.base = k->base,
                .arena = k->arena,
                .stripe_arena = k->stripe_arena,
                .c = {.arena = k->arena},
                .plan = (plan)number,
                .after_account = INT64_MIN,
                .before = INT64_MAX};
  arena_reset(k->arena);
  arena_reset(k->stripe_arena);
  status s = start(k, table_of_cursor(k)->d, values);
  return report(k, s == OK ? next_batch(k) : s);
}

static int next(sqlite3_vtab_cursor *base) {
  cursor *k = (cursor *)base;
  k->at++;
  return report(k, next_batch(k));
}

static int at_end(sqlite3_vtab_cursor *base) {
  const cursor *k = (const cursor *)base;
  return k->at == k->count;
}

/* --- columns ---------------------------------------------------------------------------------- */
static void give_id(sqlite3_context *out, id128 value) {
  id_bytes bytes = id_to_bytes(value);
  if (id128_is_zero(value))
    sqlite3_result_null(out);
  else
    sqlite3_result_blob(out, bytes.at, ID128_BYTES, SQLITE_TRANSIENT);
}

static void give_transfer(sqlite3_context *out, const transfer *t, int column) {
  const int64_t values[] = {
      0, t->debit_account, t->credit_account, t->amount,  t->asset, t->code,         t->flags,
      0, t->timeout_s,     t->entity,         t->command, t->ref,   t->business_date};
  if (column == 0 || column == 7)
    give_id(out, column == 0 ? t->id : t->pending_id);
  else
    sqlite3_result_int64(out, values[column]);
}

static void give_journal(sqlite3_context *out, const transfer *t, int column) {
  const int64_t values[] = {t->lane, t->sequence, t->command, (int64_t)t->id.low, t->ref};
  uint8_t record[TRANSFER_RECORD_BYTES];
  if (column < (int)COUNT_OF(values)) {
    sqlite3_result_int64(out, values[column]);
    return;
  }
  ledger_encode(t, record);
  sqlite3_result_blob(out, record, sizeof record, SQLITE_TRANSIENT);
}

static int column(sqlite3_vtab_cursor *base, sqlite3_context *out, int number) {
  const cursor *k = (const cursor *)base;
  const history_row *r = &k->rows[k->at];
  const balance *b = &r->s.now;
  const int64_t entry[] = {
      r->s.account_id, r->s.stripe,      r->t.time,         r->t.lane,         r->t.sequence,
      r->is_debit,     b->debits_posted, b->credits_posted, b->debits_pending, b->credits_pending};
  const int64_t stripe[] = {r->s.account_id,   r->s.stripe,       b->debits_posted,
                            b->credits_posted, b->debits_pending, b->credits_pending,
                            r->s.last_time};
  switch (table_of_cursor(k)->kind) {
  case IS_TRANSFER: give_transfer(out, &r->t, number); break;
  case IS_JOURNAL: give_journal(out, &r->t, number); break;
  case IS_ENTRY: sqlite3_result_int64(out, entry[number]); break;
  case IS_BALANCE: sqlite3_result_int64(out, stripe[number]); break;
  }
  return SQLITE_OK;
}

/* --- the module ------------------------------------------------------------------------------- */
static const sqlite3_module module = {.iVersion = 1,
                                      .xCreate = connect,
                                      .xConnect = connect,
                                      .xBestIndex = best_index,
                                      .xDisconnect = disconnect,
                                      .xDestroy = disconnect,
                                      .xOpen = open_cursor,
                                      .xClose = close_cursor,
                                      .xFilter = filter,
                                      .xNext = next,
                                      .xEof = at_end,
                                      .xColumn = column};

bool packed_install(db *d, void *sqlite) {
  return sqlite3_create_module(sqlite, "ledger_history", &module, d) == SQLITE_OK;
}
