/* pg_inside.h - private to src/db: what a connection to PostgreSQL is made of, for the files that
 * share it: postgres.c (the driver), pg_line.c (statements sent without waiting), pg_set.c (many
 * rows in one statement). */
#ifndef TAEL_DB_PG_INSIDE_H
#define TAEL_DB_PG_INSIDE_H

#include "db/driver.h"

#include <libpq-fe.h>

enum { NAME_MAX_BYTES = 24, SENT_MAX = 256, LATE_TEXT = 256 };

/* A statement is prepared at its first run, when the types of its values are known. The arrays have
 * `count` places and live as long as the statement. */
typedef struct pg_rows {
  db_rows base;
  char *text;
  char name[NAME_MAX_BYTES]; /* on the server; empty: not prepared */
  unsigned session;          /* the one the name is known in */
  size_t count;
  Oid *types;
  const char **values;
  int *lengths, *formats;
  uint64_t *ints;
  PGresult *result;
  int row;
  /* the answers to one statement a key, in their order, after `result`; ours to clear */
  PGresult **more;
  size_t more_count, more_at, more_room;
  bool is_beyond; /* a number did not fit into 64 bits */
  /* a statement over a set (pg_set.c) */
  const char *set_types; /* a letter a place; NULL: an ordinary statement */
  char *copy;            /* its form as COPY; NULL: it has none */
  char **arrays;         /* encoded, one a place */
  size_t *array_rooms;
} pg_rows;

/* What was sent and is not answered yet. */
typedef struct pg_sent {
  pg_rows *prepared; /* a preparation: forgotten when it fails */
  pg_rows *wants;    /* its answer is kept in the place that was made for it */
  int64_t expected;  /* how many rows it must touch; -1: any */
} pg_sent;

typedef struct pg_db {
  db base;
  PGconn *conn;
  unsigned next_name;
  unsigned session; /* how often it was connected again */
  bool warned;      /* the server sent a notice or warning */
  bool lined;       /* libpq is in pipeline mode */
  bool routed;      /* rows lie on several servers: a statement names one key (pg_routed.c) */
  int log;          /* where each text that is prepared is written; -1: nowhere */
  pg_sent sent[SENT_MAX];
  size_t sent_count;
  int64_t patience_ms; /* how long a COMMIT may go unanswered */
  bool expects;        /* one of them must touch a number of rows */
  status late;         /* the first failure among what was sent; OK: none */
  char late_text[LATE_TEXT];
} pg_db;

/* postgres.c */
bool pg_is_good(const PGresult *result);
/* What a failed result means: status, text a person can act on, broken and should_retry of the
 * connection. Frees it. NULL: the connection was lost. */
status pg_judge(pg_db *d, PGresult *result, const char *doing, char text[static LATE_TEXT]);
status pg_failure(ctx *c, pg_db *d, PGresult *result, const char *doing);
status pg_take_places(ctx *c, pg_rows *rows, size_t count);
/* Puts the values of one run into the places of its statement. */
status pg_place(ctx *c, pg_rows *rows, size_t count, const db_value *values, bool *types_changed);

/* pg_line.c: the line of statements that are sent and not waited for. A failure in it is reported
 * by whoever waits next. */
status pg_line_text(ctx *c, pg_db *d, const char *sql); /* no values, nothing comes out */
/* Prepares when needed and sends. */
status pg_line_rows(ctx *c, pg_db *d, pg_rows *rows, bool types_changed, int64_t expected);
/* The same; its answer will be put behind those in rows->more, for which there is room. */
status pg_line_kept(ctx *c, pg_db *d, pg_rows *rows, bool types_changed);
/* Waits for all of them. *last, when not NULL: the result of the last one, good or not, to be
 * cleared by the caller; NULL when the connection was lost. */
status pg_line_wait(ctx *c, pg_db *d, PGresult **last);
/* The same for a line that ends in a COMMIT: an answer that takes longer than patience_ms is taken
 * for a lost connection, which is then given up and never cancelled. */
status pg_line_wait_commit(ctx *c, pg_db *d, PGresult **last);
/* Waits and leaves pipeline mode, for what can't be sent in a line. */
status pg_line_leave(ctx *c, pg_db *d);
void pg_line_drop(pg_db *d); /* the same, whatever the outcome was */

/* pg_set.c */
/* "insert ... values (?1, ...)", "update ... where", "delete ... where" over a set in the server's
 * dialect, from malloc; NULL: the text is none of these, or memory is short. */
char *pg_set_text(const char *sql, const char *types);
char *pg_copy_text(const char *sql, const char *types); /* NULL: not a plain insert */
char *pg_each_text(const char *sql, char type);         /* "= ?1" as "= any(...)" */
void pg_set_release(pg_rows *rows);
status pg_set_run(ctx *c, pg_rows *rows, size_t count, const db_value *values);
/* Places `count` keys as the one array of a statement. */
status pg_set_keys(ctx *c, pg_rows *rows, size_t count, const db_value *keys, bool *types_changed);
status pg_set_copy(ctx *c, pg_rows *rows, size_t count, const db_value *values);
bool pg_set_copies(const pg_rows *rows, size_t count); /* COPY is worth its round trips */

/* pg_routed.c: a store whose rows lie on several servers. */
status pg_routed_set_up(ctx *c, pg_db *d, str wanted); /* finds out whether it is one */
status pg_routed_set(ctx *c, pg_rows *rows, size_t count, const db_value *values);
status pg_routed_each(ctx *c, pg_rows *rows, size_t count, const db_value *keys);
bool pg_routed_next(pg_rows *rows); /* goes on to the answer of the next key */
void pg_routed_release(pg_rows *rows);
/* Where TAEL_SQL_LOG says; -1: nowhere. */
int pg_log_open(void);
void pg_log_text(const pg_db *d, const char *text);

#endif
