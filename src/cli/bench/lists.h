/* lists.h - `tael bench lists`: every list of the route table over a store with many rows. The
 * store is a made-up market that was lived through the program's commands, then copied row by row
 * under other ids and later times until the tables are long; the ledger is not copied, so such a
 * store is good for reading only. Private to bench/. */
#ifndef TAEL_BENCH_LISTS_H
#define TAEL_BENCH_LISTS_H

#include "cli/cli.h"

typedef struct lists_span {
  id shift; /* between a row and its next copy */
  instant time_shift;
  id top; /* the newest id that was lived */
  int64_t copies;
} lists_span;

/* Copies until each of the long tables has `rows` of its rows; E_RULE: the store was copied before.
 */
status lists_fill(ctx *c, str url, int64_t rows, FILE *err);
status lists_read_span(ctx *c, db *d, lists_span *out);

/* What a statement asked of the store's tables. */
typedef struct lists_statement {
  str sql;                /* as the program wrote it */
  const db_value *values; /* what it was first asked with */
  size_t count;
  const char *path; /* the route it was first asked by */
  int64_t steps;    /* of SQLite's machine, the most of one run */
} lists_statement;
/* Its fault by the store's own plan, empty when there is none: a table that grows is walked from
 * end to end, or its rows are sorted. */
status lists_judge(ctx *c, db *d, const lists_statement *s, str *why);

enum { LISTS_ASKS_MAX = 8192, LISTS_STATEMENTS_MAX = 1024 };
enum { LISTS_OPERATOR, LISTS_SELLER, LISTS_BUYER, LISTS_WHO };
extern const char *const lists_who[LISTS_WHO];
typedef struct lists_asked {
  const char *route, *who;
  str target;
  int64_t us, rows, steps;
  int http_status;
} lists_asked;

typedef struct lists_walk {
  ctx *ctx;
  app *app;
  http *http;
  db *reader; /* the one that http_handle is given */
  str keys[LISTS_WHO];
  id users[LISTS_WHO];
  lists_span span;
  lists_asked *asks;
  size_t ask_count;
  lists_statement *statements;
  size_t statement_count;
  int64_t steps;  /* of the request under way */
  size_t current; /* the statement under way */
  db_watcher watcher;
  int tries; /* of each request; the best counts */
  const char *route;
} lists_walk;

void lists_watch(lists_walk *w); /* what the reader is asked, until db_watch says otherwise */
/* Every route that reads. E_RULE: one that nobody could ask. */
status lists_walk_all(lists_walk *w);

status bench_lists(cli *self);

#endif
