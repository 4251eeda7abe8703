/* cli.h - the program's subcommands as a table, their options as tables, and the running
 * application they share. From the tables come parsing, --help, shell completion and the refusal
 * that names the wrong option.
 *
 * A subcommand that writes to a store takes the store's writer lock; when a server holds it, the
 * command is handed to that server over the Unix socket beside the file (control.c) and its output
 * comes back. */
#ifndef TAEL_CLI_H
#define TAEL_CLI_H

#include "http/http.h"
#include "modules/identity/identity.h"
#include <stdio.h>

enum { CLI_OPTIONS_MAX = 24, CLI_WORDS_MAX = 16, EXIT_FAILED = 1, EXIT_USAGE = 2 };

typedef struct cli_option {
  const char *name;       /* without the dashes */
  const char *value_name; /* NULL: a switch */
  const char *fallback;   /* shown in --help; NULL: none */
  const char *doc;
} cli_option;

typedef enum cli_store {
  STORE_NONE,  /* opens nothing */
  STORE_READ,  /* a read connection */
  STORE_WRITE, /* the engine; handed to a running server when there is one */
  STORE_OWN,   /* opens what it needs by itself */
} cli_store;

typedef struct app app;
typedef struct cli {
  const struct subcommand *command;
  const char
      *values[CLI_OPTIONS_MAX]; /* by the command's option index; NULL: not given and no fallback */
  const char *words[CLI_WORDS_MAX];
  size_t word_count;
  FILE *out, *err;
  app *app; /* STORE_WRITE */
  db *db;   /* STORE_READ, STORE_WRITE: a read connection */
  ctx *ctx;
} cli;

typedef struct subcommand {
  const char *name, *words, *summary, *examples;
  cli_store store;
  const cli_option *options;
  size_t option_count;
  size_t words_min, words_max;
  int (*run)(cli *self);
} subcommand;

extern const subcommand cli_subcommands[];
extern const size_t cli_subcommand_count;
const subcommand *cli_find(const char *name);
int cli_dispatch(int argc, char **argv, FILE *out, FILE *err,
                 app *running); /* running: inside a server, or NULL */

/* Option access; an option the command does not declare is a defect. */
const char *cli_text(const cli *self, const char *name);
bool cli_switch(const cli *self, const char *name);
/* Prints what is wrong and returns false. */
MUST_USE bool cli_int(const cli *self, const char *name, int64_t min, int64_t max, int64_t *out);
int cli_fail(const cli *self, status s); /* prints the ctx's fault; EXIT_FAILED */
/* Removes a store of SQLite with all that lies beside it: for stores made for one run. */
void cli_remove_store(arena *a, str url);
void cli_remove_folder(arena *a, str path); /* with the files in it, not folders */
void cli_help(FILE *out, const subcommand *command_or_null);

/* --- the application: engine, modules and, when it serves, HTTP ------------------------------- */
typedef struct app_options {
  str db_url;
  bool sandbox;
  int lanes, task_threads;
  int64_t gather_us; /* engine.h; imports only */
  size_t group_max;
  int requests_per_s; /* of one caller over HTTP; 0: 5,000 */
  bool threads;       /* start the engine's threads */
  bool behind_tls;    /* a proxy in front ends TLS (http.h); cookies are "Secure" */
  const char *calendar;
  /* A world that is made up (sim/); all zero: the system's disk, clock and randomness, and a
   * process that ends when a commit could not be made durable. */
  const char *vfs;
  instant (*clock)(void *arg);
  void *world; /* handed to both functions */
  uint64_t seed;
  void (*on_broken)(void *arg);
} app_options;
struct app {
  arena *arena;
  ctx ctx;
  engine *engine;
  app_options options;
};
extern const module time_module; /* the business clock over JSON */
extern const module *const app_modules[];
extern const size_t app_module_count;
instant app_real_clock(void *arg);
void app_ctx(arena *a, ctx *out); /* a ctx with the system's clock, for work without an engine */
status app_open(const app_options *options, app **out, ctx *report);
void app_close(app *a);
status app_read_store(ctx *c, const char *url,
                      db **out); /* a read connection; E_NOT_FOUND when there is no store */
status app_migrate(ctx *c, const char *url);
status app_migrate_store(ctx *c, db *d); /* of a store that is open for writing */

/* Serves until SIGINT or SIGTERM; prints the address when it is ready. */
int app_serve(app *a, const char *listen, FILE *out, FILE *err);

/* control.c: the Unix socket beside an embedded store. */
typedef struct control control;
control *control_open(app *a, const char *db_url);
void control_close(control *k);
/* Hands argv to the server that holds the store. false: nobody listens. */
MUST_USE bool control_forward(const char *db_url, int argc, char **argv, FILE *out, FILE *err,
                              int *exit_code);

#endif
