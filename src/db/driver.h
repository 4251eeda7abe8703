/* driver.h - private to src/db: what a store driver gives to db.c. A driver is a table of
 * functions; it starts its own `db` and `db_rows` with the structs below. db.c keeps the statement
 * cache and the rules both stores share (a failed statement ends its transaction; statements left
 * open die with it), so that a driver never decides them twice. */
#ifndef TAEL_DB_DRIVER_H
#define TAEL_DB_DRIVER_H

#include "db/db.h"

typedef struct db_driver {
  void (*close)(db *d);
  status (*begin)(ctx *c, db *d);
  status (*commit)(ctx *c,
                   db *d); /* on failure the driver has marked the db as broken where needed */
  /* Both NULL: each commit is durable when it returns. */
  status (*commit_unsynced)(ctx *c, db *d, bool *owes_sync);
  status (*sync)(ctx *c, db *d); /* from another thread; a failure marks the db as broken */
  void (*rollback)(db *d);
  status (*checkpoint)(ctx *c, db *d);
  /* Compiles one statement; *out is malloc'd by the driver and freed by drop. `types`: NULL, or it
   * is one over a set of rows or, is_each, of keys (only a driver with the two words for it). */
  status (*prepare)(ctx *c, db *d, const char *sql, const char *types, bool is_each, db_rows **out);
  void (*drop)(db_rows *rows);
  /* runs_to_end: the values stay where they are until finish; else they have to be copied */
  status (*execute)(ctx *c, db_rows *rows, size_t count, const db_value *values, bool runs_to_end);
  /* These three may be NULL: db.c then executes once for each row or key. */
  /* Sends within a writer's transaction and does not wait; expected: how many rows it must touch,
   * -1: any. */
  status (*send)(ctx *c, db_rows *rows, size_t count, const db_value *values, int64_t expected);
  status (*wait)(ctx *c, db *d); /* for all that was sent; goes with `send` */
  status (*execute_set)(ctx *c, db_rows *rows, size_t count, const db_value *values);
  status (*execute_each)(ctx *c, db_rows *rows, size_t count, const db_value *keys);
  bool (*next)(db_rows *rows);
  status (*finish)(ctx *c,
                   db_rows *rows); /* reports what next met; the statement can be executed again */
  void (*abandon)(db_rows *rows);  /* finish without a report */
  db_type (*column_type)(const db_rows *rows, int column);
  int64_t (*column_int)(const db_rows *rows, int column);
  str (*column_text)(const db_rows *rows, int column); /* text or bytes */
  str (*column_name)(const db_rows *rows, int column);
  db_shown (*show)(const db_rows *rows, int column, arena *a);
  status (*script)(ctx *c, db *d,
                   const char *sql); /* several statements, no parameters (migrations) */
  status (*backup)(ctx *c, db *d, str to_file);
  status (*integrity)(ctx *c, db *d);
  str (*file)(const db *d);              /* empty: none */
  int64_t (*pages_written)(const db *d); /* NULL: not known */
  int64_t (*steps)(const db_rows *rows); /* since it was last asked; NULL: not known */
} db_driver;

enum { WATCHES_MAX = 32 };
typedef struct watch {
  const char *tables; /* the caller's literal */
  int64_t version;
} watch;

struct db {
  const db_driver *driver;
  db_kind kind;
  db_mode mode;
  _Atomic bool broken; /* the connection must not be used any more */
  bool should_retry;   /* the last failure was a deadlock or serialization abort */
  bool in_transaction;
  bool failed;       /* a statement of this transaction failed: only a rollback may follow */
  bool grants_only;  /* PostgreSQL: append-only tables by GRANT, no triggers (url parameter) */
  bool settles_late; /* db_settles_late */
  int64_t changes;
  int64_t statements_run;
  size_t open_rows;
  watch watches[WATCHES_MAX]; /* version.c */
  size_t watch_count;
  uint32_t written; /* watches that this transaction's statements count for */
  void *kept;       /* db_attach */
  void (*release)(void *kept);
  struct later *later;       /* later.c; NULL: nothing waited yet */
  size_t later_rows;         /* how many wait */
  const db_watcher *watcher; /* NULL: nobody */
  struct map *statements;    /* address of the literal -> chain of db_rows with that text */
};

struct db_rows {
  db *d;
  char *sql;    /* the caller's text, copied: an address may come to hold another text */
  bool is_open; /* between db_select and db_done */
  bool is_cached;
  bool is_many;    /* over several rows, written out */
  uint32_t writes; /* the watches it counts for */
  int columns;
  const db_value *keys; /* of db_select_each, where it is a loop: those not executed yet */
  size_t keys_left;
  ctx *keys_ctx;
  status keys_status;
  db_rows *twin; /* the same text prepared again, because the first was still open */
};

/* The dialect of a full-text condition, and whether one was found: see db_fts_text in db.h. Text
 * from malloc, or NULL when memory is short. */
char *dialect_rewrite(db_kind kind, const char *sql);
/* A plain insert of one row made one of `rows` rows. From malloc; NULL: it is no such insert, or
 * memory is short. */
char *dialect_many_rows(const char *sql, size_t places, size_t rows);

status sqlite_open(ctx *c, str rest, db_mode mode, const char *vfs, db **out);
status postgres_open(ctx *c, str url, db_mode mode, db **out);

/* version.c: the watches a statement counts for, and counting. */
uint32_t version_mask(const db *d, const char *sql);
void version_count(db *d, uint32_t mask);

/* later.c: rows that wait. False: they can't wait here, so that the caller writes them now. */
bool later_take(db *d, const char *sql, const char *types, size_t count, const db_value *values);
status later_write(ctx *c, db *d);
status later_write_before(ctx *c, db *d, const char *sql); /* if it names their table */
void later_drop(db *d);
void later_close(db *d);

/* db_select for text that is not a literal: catalogue reads, migrations. Not cached. */
status db_select_once(ctx *c, db *d, db_rows **rows, const char *sql, size_t count,
                      const db_value *values);
/* A table's columns by name and its key in order, each joined by commas; in c's arena. */
status db_columns_of(ctx *c, db *d, str table, str *columns, str *key);
db_type db_get_type(const db_rows *rows, int column);

/* Takes "name=value" out of the query part of a url; *value is empty when it is not there. The
 * returned url, without it, lies in the arena. */
str url_take_parameter(arena *a, str url, str name, str *value);

#endif
