/* state_hash.c - one SHA-256 over the logical rows of a store: every table of schema_table that is
 * hashed, by name; its rows by primary key; its columns by name; each value with its type and
 * length. Equal rows give equal hashes on SQLite and PostgreSQL. Reads one snapshot; never writes.
 */
#include "db/driver.h"

#include <openssl/evp.h>
#include <string.h>

enum { TABLES_MAX = 1024, NAMES_MAX_BYTES = 1 << 16, PAGE_ROWS = 5000 };

static bool feed(EVP_MD_CTX *hash, const void *bytes, size_t len) {
  return EVP_DigestUpdate(hash, bytes, len) == 1;
}

static bool feed_int(EVP_MD_CTX *hash, int64_t value) {
  uint8_t bytes[8];
  for (int i = 0; i < 8; i++)
    bytes[i] = (uint8_t)((uint64_t)value >> (56 - 8 * i));
  return feed(hash, bytes, sizeof bytes);
}

static bool feed_text(EVP_MD_CTX *hash, str text) {
  return feed_int(hash, (int64_t)text.len) && feed(hash, text.at, text.len);
}

static bool feed_row(EVP_MD_CTX *hash, const db_rows *rows) {
  for (int i = 0; i < db_columns(rows); i++) {
    db_type type = db_get_type(rows, i);
    uint8_t mark = (uint8_t)type;
    if (!feed(hash, &mark, 1)) return false;
    if (type == DB_TYPE_INT && !feed_int(hash, db_get_int(rows, i))) return false;
    if ((type == DB_TYPE_TEXT || type == DB_TYPE_BYTES) && !feed_text(hash, db_get_text(rows, i))) {
      return false;
    }
  }
  return true;
}

/* --- the catalogue ---------------------------------------------------------------------------- */

/* The names a query gives, joined by commas. */
static status join_names(ctx *c, db_rows *rows, str *out) {
  buf b = buf_make(c->arena, NAMES_MAX_BYTES);
  while (db_next(rows)) {
    if (b.len > 0) buf_add_char(&b, ',');
    buf_add(&b, db_get_text(rows, 0));
  }
  *out = buf_str(&b);
  return db_done(c, rows);
}

status db_columns_of(ctx *c, db *d, str table, str *columns, str *key) {
  db_rows *rows;
  if (d->kind == DB_SQLITE) {
    TRY(db_query(c, d, &rows, "select name from pragma_table_info(?1) order by name",
                 DB_TEXT(table)));
    TRY(join_names(c, rows, columns));
    TRY(db_query(c, d, &rows, "select name from pragma_table_info(?1) where pk > 0 order by pk",
                 DB_TEXT(table)));
    return join_names(c, rows, key);
  }
  TRY(db_query(c, d, &rows,
               "select attname::text from pg_attribute where attrelid = cast(?1 as text)::regclass "
               "and attnum > 0 and not attisdropped and attgenerated = '' "
               "order by attname::text collate \"C\"",
               DB_TEXT(table)));
  TRY(join_names(c, rows, columns));
  TRY(db_query(c, d, &rows,
               "select a.attname::text from pg_index i "
               "cross join lateral unnest(i.indkey) with ordinality as k(attnum, place) "
               "join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum "
               "where i.indisprimary and i.indrelid = cast(?1 as text)::regclass order by k.place",
               DB_TEXT(table)));
  return join_names(c, rows, key);
}

static status hashed_tables(ctx *c, db *d, str *tables, size_t *count) {
  db_rows *rows;
  *count = 0;
  TRY(db_query0(c, d, &rows, "select name from schema_table where is_hashed = 1 order by name"));
  while (db_next(rows)) {
    assert(*count < TABLES_MAX);
    tables[(*count)++] = db_keep_text(rows, 0, c->arena);
  }
  return db_done(c, rows);
}

/* --- rows ------------------------------------------------------------------------------------- */

/* Hashes the rows of one query; *seen counts them. The table's name goes before its first row, so
 * that an empty table, which an older program does not know, changes nothing. */
static status hash_rows(ctx *c, db *d, EVP_MD_CTX *hash, const char *sql, str table,
                        int64_t *seen) {
  db_rows *rows;
  TRY(db_select_once(c, d, &rows, sql, 0, NULL));
  bool fed = true;
  while (fed && db_next(rows)) {
    if ((*seen)++ == 0) fed = feed_text(hash, table);
    fed = fed && feed_row(hash, rows);
  }
  TRY(db_done(c, rows));
  return fed ? OK : fail(c, E_NO_MEMORY, "no memory for a hash");
}

static status hash_table(ctx *c, db *d, EVP_MD_CTX *hash, str table) {
  str columns, key;
  TRY(db_columns_of(c, d, table, &columns, &key));
  if (key.len == 0) return fail(c, E_INTERNAL, "table %.*s has no primary key", STR_ARGS(table));
  bool is_sqlite = d->kind == DB_SQLITE;
  str sql = str_format(c->arena, "%sselect %.*s from %.*s order by %.*s",
                       is_sqlite ? "" : "declare tael_scan cursor for ", STR_ARGS(columns),
                       STR_ARGS(table), STR_ARGS(key));
  int64_t seen = 0;
  TRY(hash_rows(c, d, hash, sql.at, table, &seen));
  if (is_sqlite) return OK;
  str fetch = str_format(c->arena, "fetch %d from tael_scan", PAGE_ROWS);
  for (int64_t before = -1; before != seen;) {
    before = seen;
    TRY(hash_rows(c, d, hash, fetch.at, table, &seen));
  }
  return d->driver->script(c, d, "close tael_scan");
}

static status hash_all(ctx *c, db *d, EVP_MD_CTX *hash) {
  str *tables = ARENA_ARRAY(c->arena, str, TABLES_MAX);
  size_t count;
  TRY(hashed_tables(c, d, tables, &count));
  for (size_t i = 0; i < count; i++)
    TRY(hash_table(c, d, hash, tables[i]));
  return OK;
}

status db_state_hash(ctx *c, db *d, sha256 *out) {
  bool own_snapshot = !d->in_transaction;
  if (own_snapshot) TRY(db_begin(c, d));
  EVP_MD_CTX *hash = EVP_MD_CTX_new();
  status s = hash == NULL || EVP_DigestInit_ex(hash, EVP_sha256(), NULL) != 1
                 ? fail(c, E_NO_MEMORY, "no memory for a hash")
                 : hash_all(c, d, hash);
  if (s == OK && EVP_DigestFinal_ex(hash, out->bytes, NULL) != 1) {
    s = fail(c, E_NO_MEMORY, "no memory for a hash");
  }
  EVP_MD_CTX_free(hash);
  if (own_snapshot) db_rollback(d);
  return s;
}
