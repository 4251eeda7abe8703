/* db.h - the store contract: what SQLite and PostgreSQL have in common and Tael relies on. One `db`
 * is one connection, used by one thread at a time.
 *
 * SQL is a string literal (statements are prepared once and cached under the literal's address),
 * with bound parameters ?1 ?2 ... only. It is written in the plain dialect both stores understand:
 * integers, text, bytes; `on conflict`, `returning`, keyset paging. A trailing " for update" is
 * honoured by PostgreSQL and dropped for SQLite, whose only writer already has the lock.
 *
 * Failures: E_STORE, the world's fault (connection, disk, lock): retryable, the transaction is
 * over. E_CONFLICT: a unique or check constraint refused, or the server aborted the transaction to
 * resolve a deadlock (then db_should_retry says so). E_UNKNOWN: only from commits; the commit may
 * or may not have happened. Text that comes out is a view good until the next step of the same
 * rows. */
#ifndef TAEL_DB_H
#define TAEL_DB_H

#include "base/base.h"
#include "base/hash.h"

typedef struct db db;
typedef struct db_value db_value;

typedef enum db_kind { DB_SQLITE, DB_POSTGRES } db_kind;
typedef enum db_mode {
  DB_READ,  /* many may be open; never takes the writer lock */
  DB_WRITE, /* SQLite: holds FILE.lock exclusively, one process; PostgreSQL: a lane's connection */
} db_mode;

/* url: "sqlite:FILE", "sqlite::memory:" or "postgres://...". SQLite is opened with WAL,
 * synchronous=FULL, foreign_keys on, secure_delete off, and checkpoints left to db_checkpoint.
 * E_MALFORMED names what is wrong with the url; E_CONFLICT: another process writes to this file.
 * `vfs`: NULL, or the name of a registered SQLite VFS (fault.h). PostgreSQL: a writer refuses a
 * server that acknowledges before the disk has it (fsync, full_page_writes or synchronous_commit
 * off). Our own parameters of its url: `append_only=grant` leaves append-only tables to GRANT, for
 * distributed tables; `distributed=yes`: one routed statement a row, as on a store that has the
 * extension citus; `commit_timeout=SECONDS` (10): a COMMIT unanswered for so long is unknown. A
 * reader of a url with several hosts goes wherever libpq finds what target_session_attrs says. */
status db_open(ctx *c, str url, db_mode mode, const char *vfs, db **out);
void db_close(db *d);
db_kind db_which(const db *d);
bool db_is_broken(const db *d); /* the connection is gone; close it and open another */
/* What this connection has done since it was opened: statements run, and pages written to the log
 * (SQLite; 0 on PostgreSQL). For measurements. */
typedef struct db_work {
  int64_t statements, pages;
} db_work;
db_work db_work_done(const db *d);
/* The rows of a commit lie on several servers, and one may show its part a moment before another
 * does, until the commit has returned; it is whole on all of them then. */
bool db_settles_late(const db *d);
/* Who wants to know what a connection is asked and what that costs: `began` with the values,
 * `ended` when its rows are done, with the steps of SQLite's machine (0 on PostgreSQL). For
 * measurements and tests; NULL: nobody. */
typedef struct db_watcher {
  void (*began)(void *arg, const char *sql, size_t count, const db_value *values);
  void (*ended)(void *arg, int64_t steps);
  void *arg;
} db_watcher;
void db_watch(db *d, const db_watcher *watcher);
bool db_should_retry(const db *d); /* the last failure was a deadlock or serialization abort */

/* SQLite: BEGIN IMMEDIATE on a writer, BEGIN (a snapshot) on a reader; PostgreSQL: READ COMMITTED
 * on a writer, REPEATABLE READ READ ONLY on a reader. After a failed statement only db_rollback is
 * of use: other statements and db_commit answer E_STORE (on both stores). */
status db_begin(ctx *c, db *d);
status db_commit(ctx *c, db *d);
/* A commit that others see at once and that may be durable only after db_sync: then *owes_sync.
 * Power that goes before takes it and all that came after it. False always on PostgreSQL. */
status db_commit_unsynced(ctx *c, db *d, bool *owes_sync);
/* Makes durable all that was committed before the call, from one other thread while the
 * connection's own goes on. E_UNKNOWN: the disk failed; the connection is broken, the fate of what
 * was not synced is unknown, and nothing is synced again. */
status db_sync(ctx *c, db *d);
void db_rollback(db *d);
bool db_in_transaction(const db *d);
bool db_is_reading(const db *d); /* rows are open */
/* Moves WAL pages into the file, from a connection and thread of its own. No-op on PostgreSQL.
 * After a failed sync db_is_broken says so: the process must stop. */
status db_checkpoint(ctx *c, db *d);

/* A number that is another one whenever rows of these tables may have changed by this connection: a
 * statement of it wrote one of them, or was rolled back. Where others write too (PostgreSQL) that
 * is not enough to keep what was read. `tables`: a literal, names with a blank between. 0: not
 * known, for this is a reader, or more than 32 lists were asked for; then nothing may be kept. */
int64_t db_version(db *d, const char *tables);

/* What a layer above keeps with a connection: one pointer, released when the connection closes. */
void *db_attach(db *d, void *kept,
                void (*release)(void *kept)); /* what was kept: the caller's now */
void *db_attached(const db *d);               /* NULL: nothing */
/* The path of an SQLite file; empty: in memory, on a file system of its own (`vfs`), or PostgreSQL.
 * Good while the connection lives. */
str db_file(const db *d);
/* SQLite only: called for every connection when it opens, to bring virtual tables (`handle` is a
 * sqlite3 *). Set before the first db_open; at most one. False: the connection is refused. */
void db_on_sqlite(bool (*install)(db *d, void *handle));

/* --- values in -------------------------------------------------------------------------------- */
typedef enum db_type { DB_TYPE_NULL, DB_TYPE_INT, DB_TYPE_TEXT, DB_TYPE_BYTES } db_type;
struct db_value {
  db_type type;
  int64_t i;
  str s;
};
#define DB_NULL ((db_value){.type = DB_TYPE_NULL})
#define DB_INT(v) ((db_value){.type = DB_TYPE_INT, .i = (int64_t)(v)})
#define DB_TEXT(v) ((db_value){.type = DB_TYPE_TEXT, .s = (v)})
#define DB_BYTES(p, n) ((db_value){.type = DB_TYPE_BYTES, .s = {(const char *)(p), (n)}})
#define DB_INT_OR_NULL(v) ((v) != 0 ? DB_INT(v) : DB_NULL)

#define DB_VALUES_(...) ((const db_value[]){DB_NULL, __VA_ARGS__})
#define DB_ARGS_(...)                                                        \
  (sizeof((const db_value[]){DB_NULL, __VA_ARGS__}) / sizeof(db_value) - 1), \
      (DB_VALUES_(__VA_ARGS__) + 1)

/* Runs a statement that returns nothing: db_run(c, d, "update x set a=?1 where id=?2", DB_INT(1),
 * ...). At least one value; db_run0 for none. Inside a writer's transaction PostgreSQL is sent the
 * statement and not waited for: a failure is then reported by the next statement that has an answer
 * or by the commit, with the status it has. */
#define db_run(c, d, sql, ...) db_exec((c), (d), "" sql "", DB_ARGS_(__VA_ARGS__))
#define db_run0(c, d, sql) db_exec((c), (d), "" sql "", (size_t)0, NULL)
status db_exec(ctx *c, db *d, const char *sql, size_t count, const db_value *values);
/* Waits for what was sent; the first failure among it. */
status db_wait(ctx *c, db *d);
/* It must touch exactly one row: else E_CONFLICT, at once or by the commit, which then has not
 * happened. A fence. */
#define db_run_one(c, d, sql, ...) db_exec_one((c), (d), "" sql "", DB_ARGS_(__VA_ARGS__))
status db_exec_one(ctx *c, db *d, const char *sql, size_t count, const db_value *values);
/* Waits, and tells how many rows it touched. */
#define db_run_count(c, d, touched, sql, ...) \
  db_exec_count((c), (d), (touched), "" sql "", DB_ARGS_(__VA_ARGS__))
status db_exec_count(ctx *c, db *d, int64_t *touched, const char *sql, size_t count,
                     const db_value *values);

/* Runs an insert, update or delete for many rows of values, row after row in `values`; `types` has
 * a letter a place: i INT8, t TEXT, b BYTES. SQLite runs it once for each row; PostgreSQL as one
 * statement over arrays, or by COPY when it is a plain insert of many. So the order of the rows is
 * not promised, no two of them may change the same row, and what follows `values (...)` names no
 * place. Nothing happens for no rows. */
#define db_run_set(c, d, sql, types, count, values) \
  db_exec_set((c), (d), "" sql "", "" types "", (count), (values))
status db_exec_set(ctx *c, db *d, const char *sql, const char *types, size_t count,
                   const db_value *values);

/* The same for plain inserts that have time: the rows may wait for others of the same text, until
 * the next statement of this connection that names their table, the commit at the latest. What is
 * wrong with a row may be told only then. */
#define db_run_later(c, d, sql, types, count, values) \
  db_exec_later((c), (d), "" sql "", "" types "", (count), (values))
status db_exec_later(ctx *c, db *d, const char *sql, const char *types, size_t count,
                     const db_value *values);

/* --- rows out --------------------------------------------------------------------------------- */
typedef struct db_rows db_rows;
/* db_rows *rows; TRY(db_query(c, d, &rows, "select a, b from x where id=?1", DB_INT(7)));
 * while (db_next(rows)) { ... db_get_int(rows, 0) ... }
 * TRY(db_done(c, rows));   -- always; reports a failure met while stepping and frees the statement.
 */
#define db_query(c, d, rows, sql, ...) db_select((c), (d), (rows), "" sql "", DB_ARGS_(__VA_ARGS__))
#define db_query0(c, d, rows, sql) db_select((c), (d), (rows), "" sql "", (size_t)0, NULL)
status db_select(ctx *c, db *d, db_rows **rows, const char *sql, size_t count,
                 const db_value *values);
/* The rows of a statement for each of many keys: its text has one condition `= ?1`. SQLite runs it
 * once for each key, in their order; PostgreSQL once for all, in the order of its own `order by`
 * (which is also the order it locks in: give keys sorted). The keys, at least one and all of the
 * type given as in db_run_set, stay where they are until db_done. */
#define db_query_each(c, d, rows, sql, type, count, keys) \
  db_select_each((c), (d), (rows), "" sql "", "" type "", (count), (keys))
status db_select_each(ctx *c, db *d, db_rows **rows, const char *sql, const char *type,
                      size_t count, const db_value *keys);
/* The first column of all rows as keys for db_query_each, in the arena; ends the rows. To lock rows
 * found by something else than their key: read the keys, then lock each by it and look again. */
status db_keys(ctx *c, db_rows *rows, db_value **keys, size_t *count);
bool db_next(db_rows *rows);
status db_done(ctx *c, db_rows *rows);
bool db_get_null(const db_rows *rows, int column);
int64_t db_get_int(const db_rows *rows, int column); /* NULL reads as 0 */
str db_get_text(const db_rows *rows, int column);    /* NULL reads as empty; view */
str db_get_bytes(const db_rows *rows, int column);
str db_keep_text(const db_rows *rows, int column, arena *a); /* copied */

/* A query that a person wrote, on a read connection; E_FORBIDDEN on a writer. */
status db_ask(ctx *c, db *d, db_rows **rows, str sql);
int db_columns(const db_rows *rows);
str db_column_name(const db_rows *rows, int column); /* view, good until db_done */
typedef struct db_shown {
  bool is_null, is_number; /* a whole number: db_get_int has it */
  str text;                /* bytes in hex; in the arena */
} db_shown;
db_shown db_show(const db_rows *rows, int column, arena *a);

/* Full-text search. A schema says "-- fts TABLE(column, ...)"; a statement then may hold the
 * condition fts(TABLE, ?n), where TABLE is in its `from` under its own name and ?n is what
 * db_fts_text makes of a person's words: all must occur, the last may be the beginning of a word,
 * Chinese matches any part of a sentence. Text without a single letter or digit finds nothing. */
str db_fts_text(arena *a, const db *d, str words);

/* Where in a table whose keys rise with time a moment lies, found by halving: from *out on no row
 * is older than `at` (db_key_at), or from *out on each is younger (db_key_after), give or take ten
 * minutes in which two writers may have taken turns. `first` is the statement that gives the time
 * of the first row whose key is at least ?1. */
status db_key_at(ctx *c, db *d, const char *first, instant at, int64_t *out);
status db_key_after(ctx *c, db *d, const char *first, instant at, int64_t *out);

/* --- schema ----------------------------------------------------------------------------------- */
/* A module's tables in four words: INT8, TEXT, BYTES, FLAG (0 or 1), each `not null` unless NULL
 * follows. Lines that belong to the table before them, on either side of its semicolon:
 *
 *   -- shard KEY     or  -- reference: one of the two is required
 *   -- append only   updates and deletes are refused with E_CONFLICT: by trigger, or on PostgreSQL
 *                    by GRANT (append_only=grant)
 *   -- clustered     rows live in the key's own tree; not together with fts
 *   -- not hashed    left out of db_state_hash
 *   -- fts TABLE(column, ...)   searched with fts(TABLE, ?n)
 *   -- sqlite only, -- postgres only    the other store has no such table or index
 *   -- virtual MODULE   on SQLite a virtual table of a module that db_on_sqlite brought, with
 *                       columns of these names; on PostgreSQL a table
 *
 * A schema file is a list of numbered steps, "-- step 1", "-- step 2", ...; a step that has landed
 * is never edited. Applied steps are kept in table schema_step(module, step, sha256). */
typedef struct db_schema {
  const char *module;
  const char *sql;
} db_schema;
/* Applies what is missing, all in one transaction per step. E_CONFLICT: a landed step was edited,
 * or the store is newer than the program. */
status db_migrate(ctx *c, db *d, const db_schema *schemas, size_t count);
/* One step in the dialect of `kind` (pure; for tests and `tael migrate --print`). */
str db_translate(arena *a, db_kind kind, str plain_sql);

/* --- whole store ------------------------------------------------------------------------------ */
/* SHA-256 over the logical rows of all tables by key, without chain, lane and storage tables (those
 * whose create statement carries "-- not hashed"). Two stores with the same history have the same
 * hash. */
status db_state_hash(ctx *c, db *d, sha256 *out);
/* A consistent copy while writers go on. SQLite: the backup API to FILE. PostgreSQL:
 * E_NOT_SUPPORTED with the pg_dump command to use. */
status db_backup(ctx *c, db *d, str to_file);
/* SQLite: integrity_check and foreign_key_check; E_STORE with the finding. PostgreSQL checks
 * its own pages; there it only has to answer. */
status db_integrity(ctx *c, db *d);

#endif
