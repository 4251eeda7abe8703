/* translate.c - the four words of a schema (INT8 TEXT BYTES FLAG) and the notes of its tables,
 * turned into SQLite's and PostgreSQL's dialect. Pure text to text; comments are passed on. Text
 * columns sort by bytes on both stores, so that a list in key order is the same list everywhere. It
 * never touches a store. */
#include "db/fts.h"
#include "db/translate.h"

#include <ctype.h>
#include <string.h>

enum { STEP_MAX_BYTES = 1 << 20 };

/* --- reading ---------------------------------------------------------------------------------- */

typedef enum token_kind {
  TOKEN_BLANK,
  TOKEN_COMMENT,
  TOKEN_QUOTED,
  TOKEN_WORD,
  TOKEN_MARK
} token_kind;
typedef struct token {
  token_kind kind;
  str text;
} token;

static bool is_word(char ch) { return isalnum((unsigned char)ch) || ch == '_'; }
static bool is_blank(char ch) { return isspace((unsigned char)ch) != 0; }

static size_t run_of(str s, bool (*is)(char)) {
  size_t len = 0;
  while (len < s.len && is(s.at[len]))
    len++;
  return len;
}

static size_t until(str s, size_t from, char stop) {
  const char *found = from < s.len ? memchr(s.at + from, stop, s.len - from) : NULL;
  return found == NULL ? s.len : (size_t)(found - s.at);
}

static bool next_token(str *rest, token *out) {
  if (rest->len == 0) return false;
  char first = rest->at[0];
  size_t len = 1;
  out->kind = TOKEN_MARK;
  if (is_blank(first)) {
    out->kind = TOKEN_BLANK;
    len = run_of(*rest, is_blank);
  } else if (is_word(first)) {
    out->kind = TOKEN_WORD;
    len = run_of(*rest, is_word);
  } else if (str_starts(*rest, STR("--"))) {
    out->kind = TOKEN_COMMENT;
    len = until(*rest, 0, '\n');
  } else if (first == '\'' || first == '"') {
    out->kind = TOKEN_QUOTED;
    len = until(*rest, 1, first) + 1;
    if (len > rest->len) len = rest->len;
  }
  out->text = (str){rest->at, len};
  *rest = (str){rest->at + len, rest->len - len};
  return true;
}

/* The next token that is neither blank nor comment. */
static bool next_solid(str *rest, token *out) {
  while (next_token(rest, out)) {
    if (out->kind != TOKEN_BLANK && out->kind != TOKEN_COMMENT) return true;
  }
  return false;
}

static bool word_is(token t, str word) {
  return t.kind == TOKEN_WORD && str_eq_nocase(t.text, word);
}

static str table_of(str text) {
  token t;
  if (!next_solid(&text, &t) || !word_is(t, STR("create"))) return (str){0};
  if (!next_solid(&text, &t) || !word_is(t, STR("table"))) return (str){0};
  return next_solid(&text, &t) ? t.text : (str){0};
}

bool schema_next(str *rest, schema_statement *out) {
  str from = *rest, ahead = *rest;
  token t;
  if (!next_solid(&ahead, &t)) return false;
  while (!str_eq(t.text, STR(";")) && next_solid(&ahead, &t)) {}
  const char *end = str_eq(t.text, STR(";")) ? t.text.at : from.at + from.len;
  out->text = (str){from.at, (size_t)(end - from.at)};
  out->table = table_of(out->text);
  str notes = ahead;
  while (ahead.len > 0) {
    str before = ahead;
    UNUSED(next_token(&ahead, &t));
    if (t.kind == TOKEN_BLANK || t.kind == TOKEN_COMMENT) continue;
    ahead = before;
    break;
  }
  out->notes = (str){notes.at, notes.len - ahead.len};
  *rest = ahead;
  return true;
}

static bool note_in(str text, str note, str *value) {
  token t;
  while (next_token(&text, &t)) {
    if (t.kind != TOKEN_COMMENT) continue;
    str line = str_trim((str){t.text.at + 2, t.text.len - 2});
    if (!str_starts(line, note)) continue;
    if (line.len > note.len && is_word(line.at[note.len])) continue;
    *value = str_trim((str){line.at + note.len, line.len - note.len});
    return true;
  }
  return false;
}

bool schema_note(const schema_statement *s, str note, str *value) {
  return note_in(s->text, note, value) || note_in(s->notes, note, value);
}

/* --- columns ---------------------------------------------------------------------------------- */

static const char *type_for(db_kind kind, str word) {
  if (str_eq(word, STR("INT8")) || str_eq(word, STR("FLAG"))) {
    return kind == DB_SQLITE ? "INTEGER" : "BIGINT";
  }
  if (str_eq(word, STR("TEXT"))) return kind == DB_SQLITE ? "TEXT" : "TEXT collate \"C\"";
  if (str_eq(word, STR("BYTES"))) return kind == DB_SQLITE ? "BLOB" : "BYTEA";
  return NULL;
}

/* A type word stands right behind a column's name, never behind a bracket or an operator. */
static void add_type(buf *b, db_kind kind, token word, token column, str *rest) {
  buf_add(b, str_from(type_for(kind, word.text)));
  str ahead = *rest;
  token t;
  bool has_next = next_solid(&ahead, &t);
  if (has_next && str_eq(t.text, STR("NULL"))) {
    *rest = ahead;
  } else if (!has_next || !word_is(t, STR("not"))) {
    buf_add(b, STR(" not null"));
  }
  if (str_eq(word.text, STR("FLAG"))) {
    buf_format(b, " check (%.*s in (0, 1))", STR_ARGS(column.text));
  }
}

static void add_statement(buf *b, db_kind kind, str text) {
  token t, before = {0};
  while (next_token(&text, &t)) {
    if (t.kind == TOKEN_WORD && before.kind == TOKEN_WORD && type_for(kind, t.text) != NULL) {
      add_type(b, kind, t, before, &text);
    } else {
      buf_add(b, t.text);
    }
    if (t.kind != TOKEN_BLANK && t.kind != TOKEN_COMMENT) before = t;
  }
}

/* --- what follows a table --------------------------------------------------------------------- */

static void add_sqlite_guard(buf *b, str table, const char *verb) {
  buf_format(b,
             "create trigger %.*s_refuses_%s before %s on %.*s begin "
             "select raise(abort, 'table %.*s is append-only'); end;\n",
             STR_ARGS(table), verb, verb, STR_ARGS(table), STR_ARGS(table));
}

static void add_postgres_guards(buf *b, str table) {
  buf_add(b,
          STR("create or replace function tael_append_only() returns trigger language plpgsql as "
              "$$ begin raise exception 'table % is append-only', tg_table_name "
              "using errcode = '23514'; end $$;\n"));
  buf_format(b,
             "create trigger %.*s_append_only before update or delete on %.*s "
             "for each row execute function tael_append_only();\n"
             "create trigger %.*s_no_truncate before truncate on %.*s "
             "for each statement execute function tael_append_only();\n",
             STR_ARGS(table), STR_ARGS(table), STR_ARGS(table), STR_ARGS(table));
}

static void add_append_only(buf *b, db_kind kind, str table, bool by_grant) {
  if (kind == DB_SQLITE) {
    add_sqlite_guard(b, table, "update");
    add_sqlite_guard(b, table, "delete");
  } else if (by_grant) {
    buf_format(b, "revoke update, delete, truncate on %.*s from public;\n", STR_ARGS(table));
  } else {
    add_postgres_guards(b, table);
  }
}

static void add_search(buf *b, db_kind kind, str note) {
  size_t open = until(note, 0, '('), close = until(note, 0, ')');
  if (open >= close || close == note.len) return;
  fts_schema(b, kind, str_trim((str){note.at, open}), (str){note.at + open + 1, close - open - 1});
}

/* A comment at the end of the text would swallow what is put behind it. */
static str without_comments_at_end(str text) {
  str rest = text;
  token t;
  size_t solid = 0;
  while (next_token(&rest, &t)) {
    if (t.kind != TOKEN_BLANK && t.kind != TOKEN_COMMENT) solid = text.len - rest.len;
  }
  return (str){text.at, solid};
}

bool schema_is_for(const schema_statement *s, db_kind kind) {
  str value;
  if (schema_note(s, STR("sqlite only"), &value)) return kind == DB_SQLITE;
  return kind == DB_POSTGRES || !schema_note(s, STR("postgres only"), &value);
}

static void add_table(buf *b, db_kind kind, const schema_statement *s, bool by_grant) {
  str value;
  add_statement(b, kind, without_comments_at_end(s->text));
  if (kind == DB_SQLITE) {
    buf_add(b, schema_note(s, STR("clustered"), &value) ? STR(" without rowid, strict")
                                                        : STR(" strict"));
  }
  buf_add(b, STR(";\n"));
  if (schema_note(s, STR("append only"), &value)) add_append_only(b, kind, s->table, by_grant);
}

str schema_translate(arena *a, db_kind kind, str plain_sql, bool by_grant) {
  buf b = buf_make(a, STEP_MAX_BYTES);
  schema_statement s;
  str value;
  while (schema_next(&plain_sql, &s)) {
    if (!schema_is_for(&s, kind)) continue;
    if (kind == DB_SQLITE && schema_note(&s, STR("virtual"), &value)) {
      buf_format(&b, "create virtual table %.*s using %.*s;\n", STR_ARGS(s.table), STR_ARGS(value));
    } else if (s.table.len > 0) {
      add_table(&b, kind, &s, by_grant);
    } else {
      add_statement(&b, kind, without_comments_at_end(s.text));
      buf_add(&b, STR(";\n"));
    }
    if (schema_note(&s, STR("fts"), &value)) add_search(&b, kind, value);
  }
  return b.overflowed ? (str){0} : buf_str(&b);
}

str db_translate(arena *a, db_kind kind, str plain_sql) {
  return schema_translate(a, kind, plain_sql, false);
}
