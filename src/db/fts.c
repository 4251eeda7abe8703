/* fts.c - full-text search alike on both stores: the tokenizer given to SQLite's FTS5, the schema
 * around an indexed table, and the query text made of a person's words. It never ranks: lists are
 * ordered by key. */
#include "db/driver.h"
#include "db/fts.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 16, QUERY_MAX = 4096 };

/* Scripts written without blanks between words: kana, ideographs, hangul, full-width forms. */
static bool is_own_word(uint32_t rune) {
  return (rune >= 0x3041 && rune <= 0x30ff) || (rune >= 0x3400 && rune <= 0x9fff) ||
         (rune >= 0xac00 && rune <= 0xd7a3) || (rune >= 0xf900 && rune <= 0xfaff) ||
         (rune >= 0x20000 && rune <= 0x3ffff);
}

static bool is_separator(uint32_t rune) {
  if (rune < 0x80) {
    return !((rune >= '0' && rune <= '9') || (rune >= 'a' && rune <= 'z') ||
             (rune >= 'A' && rune <= 'Z'));
  }
  return rune <= 0xbf || (rune >= 0x2000 && rune <= 0x206f) || (rune >= 0x3000 && rune <= 0x3040) ||
         (rune >= 0xff00 && rune <= 0xff0f) || (rune >= 0xff1a && rune <= 0xff20);
}

/* The bytes of the rune at `at`; text is UTF-8, a broken byte counts as a rune of its own. */
static size_t rune_at(const char *at, size_t left, uint32_t *rune) {
  const uint8_t *b = (const uint8_t *)at;
  size_t len = b[0] < 0xc0 ? 1 : b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : 4;
  if (len > left) len = 1;
  *rune = len == 1 ? b[0] : b[0] & (0xffu >> (len + 1));
  for (size_t i = 1; i < len; i++)
    *rune = *rune << 6 | (b[i] & 0x3fu);
  return len;
}

/* --- the tokenizer ---------------------------------------------------------------------------- */

typedef struct tokenizer {
  fts5_tokenizer unicode;
  Fts5Tokenizer *parent;
} tokenizer;

typedef int token_sink(void *arg, int flags, const char *token, int len, int start, int end);
typedef struct splitter {
  token_sink *sink;
  void *arg;
} splitter;

static int tokenizer_open(void *arg, const char **args, int count, Fts5Tokenizer **out) {
  UNUSED(args);
  UNUSED(count);
  tokenizer *t = calloc(1, sizeof *t);
  if (t == NULL) return SQLITE_NOMEM;
  fts5_api *api = arg;
  void *user;
  const char *options[] = {"remove_diacritics", "0"};
  int code = api->xFindTokenizer(api, "unicode61", &user, &t->unicode);
  if (code == SQLITE_OK) code = t->unicode.xCreate(user, options, 2, &t->parent);
  if (code != SQLITE_OK) {
    free(t);
    return code;
  }
  *out = (Fts5Tokenizer *)t;
  return SQLITE_OK;
}

static void tokenizer_close(Fts5Tokenizer *base) {
  tokenizer *t = (tokenizer *)base;
  t->unicode.xDelete(t->parent);
  free(t);
}

/* Passes on a word of unicode61, cut before and after every character that is a word of its own. */
static int split_token(void *arg, int flags, const char *token, int len, int start, int end) {
  splitter *s = arg;
  int begin = 0, at = 0;
  while (at < len) {
    uint32_t rune;
    int size = (int)rune_at(token + at, (size_t)(len - at), &rune);
    if (is_own_word(rune)) {
      if (at > begin) {
        int code = s->sink(s->arg, flags, token + begin, at - begin, start + begin, start + at);
        if (code != SQLITE_OK) return code;
      }
      int code = s->sink(s->arg, flags, token + at, size, start + at, start + at + size);
      if (code != SQLITE_OK) return code;
      begin = at + size;
    }
    at += size;
  }
  return at > begin ? s->sink(s->arg, flags, token + begin, at - begin, start + begin, end)
                    : SQLITE_OK;
}

static int tokenize(Fts5Tokenizer *base, void *arg, int flags, const char *text, int len,
                    token_sink *sink) {
  tokenizer *t = (tokenizer *)base;
  splitter s = {sink, arg};
  return t->unicode.xTokenize(t->parent, &s, flags, text, len, split_token);
}

bool fts_register(sqlite3 *handle) {
  sqlite3_stmt *statement;
  fts5_api *api = NULL;
  if (sqlite3_prepare_v2(handle, "select fts5(?1)", -1, &statement, NULL) != SQLITE_OK)
    return false;
  sqlite3_bind_pointer(statement, 1, &api, "fts5_api_ptr", NULL);
  sqlite3_step(statement);
  sqlite3_finalize(statement);
  if (api == NULL) return false;
  fts5_tokenizer ours = {tokenizer_open, tokenizer_close, tokenize};
  return api->xCreateTokenizer(api, "tael", api, &ours, NULL) == SQLITE_OK;
}

/* --- schema ----------------------------------------------------------------------------------- */

/* The columns, each behind `prefix`. */
static void add_columns(buf *b, str columns, const char *prefix, const char *joint) {
  str part;
  bool first = true;
  while (str_split(&columns, ',', &part)) {
    buf_format(b, "%s%s%.*s", first ? "" : joint, prefix, STR_ARGS(str_trim(part)));
    first = false;
  }
}

static void add_sqlite_delete(buf *b, str table, str columns) {
  buf_format(b, "insert into %.*s_fts(%.*s_fts, rowid, ", STR_ARGS(table), STR_ARGS(table));
  add_columns(b, columns, "", ", ");
  buf_add(b, STR(") values ('delete', old.rowid, "));
  add_columns(b, columns, "old.", ", ");
  buf_add(b, STR(");"));
}

static void add_sqlite_insert(buf *b, str table, str columns) {
  buf_format(b, "insert into %.*s_fts(rowid, ", STR_ARGS(table));
  add_columns(b, columns, "", ", ");
  buf_add(b, STR(") values (new.rowid, "));
  add_columns(b, columns, "new.", ", ");
  buf_add(b, STR(");"));
}

static void sqlite_schema(buf *b, str table, str columns) {
  buf_format(b, "create virtual table %.*s_fts using fts5(", STR_ARGS(table));
  add_columns(b, columns, "", ", ");
  buf_format(b, ", content='%.*s', tokenize='tael');\n", STR_ARGS(table));
  buf_format(b, "create trigger %.*s_fts_insert after insert on %.*s begin ", STR_ARGS(table),
             STR_ARGS(table));
  add_sqlite_insert(b, table, columns);
  buf_format(b, " end;\ncreate trigger %.*s_fts_delete after delete on %.*s begin ",
             STR_ARGS(table), STR_ARGS(table));
  add_sqlite_delete(b, table, columns);
  buf_format(b, " end;\ncreate trigger %.*s_fts_update after update of ", STR_ARGS(table));
  add_columns(b, columns, "", ", ");
  buf_format(b, " on %.*s begin ", STR_ARGS(table));
  add_sqlite_delete(b, table, columns);
  buf_add(b, STR(" "));
  add_sqlite_insert(b, table, columns);
  buf_add(b, STR(" end;\n"));
}

/* Cuts as is_separator and is_own_word do. The vector is a column that the server derives, without
 * a function of ours: on a distributed store every node can make it. */
static void postgres_schema(buf *b, str table, str columns) {
  buf_format(b,
             "alter table %.*s add column fts_vector tsvector generated always as (to_tsvector("
             "'pg_catalog.simple', regexp_replace(regexp_replace(lower(",
             STR_ARGS(table));
  add_columns(b, columns, "coalesce(", ", '') || ' ' || ");
  buf_add(
      b,
      STR(", '')), '[\\x01-\\x2f\\x3a-\\x40\\x5b-\\x60\\x7b-\\u00bf\\u2000-\\u206f\\u3000-\\u3040"
          "\\uff00-\\uff0f\\uff1a-\\uff20]+', ' ', 'g'), "
          "'([\\u3041-\\u30ff\\u3400-\\u9fff\\uac00-\\ud7a3\\uf900-\\ufaff"
          "\\U00020000-\\U0003ffff])', ' \\1 ', 'g'))) stored;\n"));
  buf_format(b, "create index %.*s_fts on %.*s using gin (fts_vector);\n", STR_ARGS(table),
             STR_ARGS(table));
}

void fts_schema(buf *b, db_kind kind, str table, str columns) {
  if (kind == DB_SQLITE)
    sqlite_schema(b, table, columns);
  else
    postgres_schema(b, table, columns);
}

/* --- query ------------------------------------------------------------------------------------ */

/* The next run of runes that are no separators; false at the end. */
static bool next_run(str *rest, str *run) {
  uint32_t rune;
  while (rest->len > 0) {
    size_t size = rune_at(rest->at, rest->len, &rune);
    if (!is_separator(rune)) break;
    *rest = (str){rest->at + size, rest->len - size};
  }
  *run = (str){rest->at, 0};
  while (rest->len > 0) {
    size_t size = rune_at(rest->at, rest->len, &rune);
    if (is_separator(rune)) break;
    run->len += size;
    *rest = (str){rest->at + size, rest->len - size};
  }
  return run->len > 0;
}

/* A run as a phrase for to_tsquery: 'abc' <-> '手' <-> '机'. The run holds no quote and no
 * backslash. */
static void add_phrase(buf *b, str run) {
  buf_add(b, STR("('"));
  bool begins = true, was_own = false;
  while (run.len > 0) {
    uint32_t rune;
    size_t size = rune_at(run.at, run.len, &rune);
    bool own = is_own_word(rune);
    if (!begins && (own || was_own)) buf_add(b, STR("' <-> '"));
    buf_add(b, (str){run.at, size});
    run = (str){run.at + size, run.len - size};
    was_own = own;
    begins = false;
  }
  buf_add(b, STR("'"));
}

str db_fts_text(arena *a, const db *d, str words) {
  buf b = buf_make(a, QUERY_MAX);
  str run;
  bool found = next_run(&words, &run);
  for (int count = 0; found && count < WORDS_MAX; count++) {
    str next;
    bool more = next_run(&words, &next) && count + 1 < WORDS_MAX;
    if (d->kind == DB_SQLITE) {
      buf_format(&b, "\"%.*s\"%s", STR_ARGS(run), more ? " " : "*");
    } else {
      add_phrase(&b, run);
      buf_add(&b, more ? STR(") & ") : STR(":*)"));
    }
    run = next;
    found = more;
  }
  bool finds_nothing = b.overflowed || b.len == 0;
  if (finds_nothing) return d->kind == DB_SQLITE ? STR("\"\"") : STR("");
  return buf_str(&b);
}
