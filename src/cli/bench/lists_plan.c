/* lists_plan.c - see lists.h: what the store itself says about how it would run a statement. SQLite
 * explains the statement as it is; PostgreSQL explains it with values, kept from plans that only
 * short tables deserve. */
#include "cli/bench/lists.h"
#include <string.h>

/* They hold what people set up, not what a market's days bring. */
static const char short_tables[] =
    " market market_parameter identity_entity category payment_channel points_program warehouse"
    " engine_state engine_lane ledger_lane ledger_asset ledger_period ledger_swept desk_reader"
    " schema_step webhook_cursor engine_job_run pg_class ";

static bool is_short(str table) {
  char word[64];
  snprintf(word, sizeof word, " %.*s ", STR_ARGS(table));
  return strstr(short_tables, word) != NULL;
}

/* Statements that sort or walk what is bounded by something else, and what that is. */
static const struct {
  const char *part, *bound;
} bounded[] = {
    {"from ledger_page order by position desc limit 1", "one row"},
    {"from ledger_owner o where o.owner = ?1", "the accounts of one owner"},
    {"group by a.code, a.entity, a.asset", "a report: it sums all accounts"},
    {"group by due, kind, state", "sums of 400 days at most, from the index alone"},
    {"where fts(product, ?10)", "the newest LIST_LOOK matches"},
    {"where o.buyer = ?1 order by o.order_id desc limit 500", "a buyer's last 500 orders"},
    {"from parcel where order_id = ?1", "the parcels of one order"},
    {"from tracking_event where parcel_id = ?1", "the events of one parcel"},
    {"limit ?3) a5", "a page of each state"},
    {"debit_party <> 0 union all", "the days of one campaign"},
    {"b as materialized (select break_id, payment_id", "a page of breaks"},
    {"where o.offer_id in (?3, ?4", "eight offers"},
    {"select count(*) from payment_break where state = 0", "breaks that are open"},
};

static bool is_bounded(str sql) {
  for (size_t i = 0; i < COUNT_OF(bounded); i++)
    if (memmem(sql.at, sql.len, bounded[i].part, strlen(bounded[i].part)) != NULL) return true;
  return false;
}

static bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool next_word(const char **at, str *out) {
  while (**at != 0 && !is_word(**at))
    (*at)++;
  const char *first = *at;
  while (is_word(**at))
    (*at)++;
  *out = (str){first, (size_t)(*at - first)};
  return out->len > 0;
}

/* "with b as (...)": b is no table. */
static bool is_made_here(const char *sql, str name) {
  char text[80];
  snprintf(text, sizeof text, "%.*s as materialized", STR_ARGS(name));
  return strstr(sql, text) != NULL;
}

/* The table behind a name of the statement: itself, or what "from TABLE NAME" says. */
static str table_of(const char *sql, str name) {
  str word, before = {0}, further = {0};
  for (const char *at = sql; next_word(&at, &word); further = before, before = word) {
    bool is_from = str_eq(further, STR("from")) || str_eq(further, STR("join"));
    if (is_from && str_eq(word, name)) return before;
  }
  return name;
}

/* --- SQLite ------------------------------------------------------------------------------------
 */

static void judge_line(ctx *c, const char *sql, str line, str *why) {
  static const str scan = {"SCAN ", 5};
  if (why->len > 0) return;
  if (str_starts(line, STR("USE TEMP B-TREE FOR ORDER BY"))) *why = STR("sorts its rows");
  if (!str_starts(line, scan) || line.at[5] == '(') return;
  const char *at = line.at + scan.len;
  str name;
  bool is_virtual = strstr(str_zero(c->arena, line), "VIRTUAL TABLE INDEX") != NULL;
  if (!next_word(&at, &name) || str_eq(name, STR("CONSTANT")) || is_virtual) return;
  str table = table_of(sql, name);
  if (!is_short(table) && !is_made_here(sql, name))
    *why = str_format(c->arena, "walks %.*s", STR_ARGS(table));
}

static status judge_sqlite(ctx *c, db *d, const lists_statement *s, str *why) {
  db_rows *rows;
  const char *sql = str_zero(c->arena, s->sql);
  const char *asked = str_format(c->arena, "explain query plan %s", sql).at;
  TRY(db_select(c, d, &rows, asked, s->count, s->values));
  while (db_next(rows))
    judge_line(c, sql, db_keep_text(rows, 3, c->arena), why);
  return db_done(c, rows);
}

/* --- PostgreSQL --------------------------------------------------------------------------------
 */

static status say(ctx *c, db *d, const char *sql) {
  db_rows *rows;
  TRY(db_ask(c, d, &rows, str_from(sql)));
  while (db_next(rows)) {}
  return db_done(c, rows);
}

static status judge_postgres(ctx *c, db *d, const lists_statement *s, str *why) {
  static const char *const settings[] = {"set enable_seqscan = off", "set enable_sort = off",
                                         "set enable_bitmapscan = off"};
  static const char mark[] = "Seq Scan on ";
  for (size_t i = 0; i < COUNT_OF(settings); i++)
    TRY(say(c, d, settings[i]));
  db_rows *rows;
  const char *asked = str_format(c->arena, "explain %.*s", STR_ARGS(s->sql)).at;
  TRY(db_select(c, d, &rows, asked, s->count, s->values));
  while (db_next(rows)) {
    const char *line = str_zero(c->arena, db_get_text(rows, 0)), *at = strstr(line, mark);
    str table = {0};
    if (at != NULL) at += strlen(mark);
    if (why->len > 0) continue;
    if (at != NULL && next_word(&at, &table) && !is_short(table))
      *why = str_format(c->arena, "walks %.*s", STR_ARGS(table));
    if (strstr(line, "Sort  (") != NULL && strstr(line, "Incremental") == NULL)
      *why = STR("sorts its rows");
  }
  return db_done(c, rows);
}

status lists_judge(ctx *c, db *d, const lists_statement *s, str *why) {
  *why = (str){0};
  if (is_bounded(s->sql)) return OK;
  return db_which(d) == DB_SQLITE ? judge_sqlite(c, d, s, why) : judge_postgres(c, d, s, why);
}
