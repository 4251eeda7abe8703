/* cmd_migrate.c - brings a store to this program's version, distributes one, and moves one between
 * SQLite and PostgreSQL, either way: every
 * row, in the order of its key, compared by state hash at the end. A move that was cut off goes on
 * where it stopped. The source is changed only when all has arrived: its lanes are closed, so that
 * nobody writes to it by mistake. The target's lanes are closed as well; its first server opens new
 * ones. */
#include "cli/commands.h"
#include "db/distribute.h"
#include "db/move.h"
#include "ledger/scan.h"

#include <string.h>

typedef struct store_move {
  cli *cli;
  ctx *c;
  db *from, *to;
  sha256 hash; /* of the source */
  bool goes_on;
} store_move;

/* Leases and lanes are the target's own affair; the history goes to SQLite as pages. */
static bool is_moved(const db *to, str table) {
  static const char *const history[] = {"ledger_balance", "ledger_transfer", "ledger_journal",
                                        "ledger_entry",   "ledger_page",     "ledger_settled",
                                        "ledger_swept",   "ledger_mark",     "ledger_ref"};
  if (str_eq(table, STR("engine_lane")) || str_eq(table, STR("engine_event_head"))) return false;
  for (size_t i = 0; db_which(to) == DB_SQLITE && i < COUNT_OF(history); i++) {
    if (str_eq(table, str_from(history[i]))) return false;
  }
  return true;
}

/* --- before ----------------------------------------------------------------------------------- */

static status check_at_rest(ctx *c, db *d) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select count(*) from engine_lane where watermark < ?1 and expires_at > ?2",
               DB_INT(INT64_MAX), DB_INT(c->real_now)));
  int64_t held = db_next(rows) ? db_get_int(rows, 0) : 0;
  TRY(db_done(c, rows));
  if (held == 0 || db_which(d) == DB_SQLITE) return OK; /* there the file's lock says it */
  return fail(c, E_CONFLICT,
              "%lld lanes of the store are leased; stop its servers and wait 15 seconds",
              (long long)held);
}

static status check_empty(ctx *c, db *to) {
  str *tables;
  size_t count;
  TRY(db_table_names(c, to, &tables, &count));
  for (size_t i = 0; i < count; i++) {
    int64_t rows = 0;
    TRY(db_count_rows(c, to, tables[i], &rows));
    if (rows == 0) continue;
    return fail(c, E_CONFLICT,
                "the target is not empty (table %.*s has %lld rows); give an empty one",
                STR_ARGS(tables[i]), (long long)rows);
  }
  return OK;
}

static status prepare_target(store_move *m) {
  sha256 of;
  TRY(db_move_bookkeeping(m->c, m->to));
  TRY(db_move_mark(m->c, m->to, &of, &m->goes_on));
  if (m->goes_on && !sha256_eq(&of, &m->hash)) {
    return fail(
        m->c, E_CONFLICT,
        "the target is the unfinished copy of another store, or the source has changed since; "
        "give an empty one");
  }
  if (m->goes_on) return OK;
  TRY(app_migrate_store(m->c, m->to));
  TRY(check_empty(m->c, m->to));
  return db_move_begin(m->c, m->to, &m->hash);
}

static bool is_embedded(const char *url) { return strncmp(url, "sqlite:", 7) == 0; }

/* One that was closed by a move whose last step was cut off is as it has to be. */
static status prepare_source(store_move *m) {
  bool has_left = false;
  TRY(db_move_bookkeeping(m->c, m->from));
  TRY(db_move_left(m->c, m->from, &has_left));
  return has_left ? OK : app_migrate_store(m->c, m->from);
}

static status open_both(store_move *m, const char *from, const char *to) {
  if (is_embedded(from) == is_embedded(to)) {
    return fail(m->c, E_NOT_SUPPORTED,
                "a store moves between sqlite:FILE and postgres://...; within one kind use tael "
                "backup or pg_dump");
  }
  TRY(db_open(m->c, str_from(from), DB_WRITE, NULL, &m->from));
  TRY(prepare_source(m));
  TRY(check_at_rest(m->c, m->from));
  fprintf(m->cli->out, "Reading the source's state hash.\n");
  TRY(db_state_hash(m->c, m->from, &m->hash));
  TRY(db_open(m->c, str_from(to), DB_WRITE, NULL, &m->to));
  return prepare_target(m);
}

/* --- rows ------------------------------------------------------------------------------------- */

static status move_tables(store_move *m) {
  str *tables;
  size_t count;
  TRY(db_table_names(m->c, m->to, &tables, &count));
  for (size_t i = 0; i < count; i++) {
    int64_t moved = 0;
    if (!is_moved(m->to, tables[i])) continue;
    TRY(db_move_table(m->c, m->from, m->to, tables[i], &moved));
    fprintf(m->cli->out, "%zu/%zu %.*s: %lld rows\n", i + 1, count, STR_ARGS(tables[i]),
            (long long)moved);
    fflush(m->cli->out);
  }
  return OK;
}

static status move_history(store_move *m) {
  int64_t moved = 0;
  if (db_which(m->to) != DB_SQLITE) return OK;
  TRY(ledger_import(m->c, m->from, m->to, &moved));
  fprintf(m->cli->out, "history: %lld records\n", (long long)moved);
  fflush(m->cli->out);
  return OK;
}

static status move_all(store_move *m) {
  TRY(db_begin(m->c, m->from));
  status s = move_tables(m);
  if (s == OK) s = move_history(m);
  db_rollback(m->from);
  return s;
}

/* --- after ------------------------------------------------------------------------------------ */

static status compare(store_move *m) {
  sha256 arrived;
  ledger_proof proof;
  fprintf(m->cli->out, "Comparing the state hashes and proving the books.\n");
  TRY(db_state_hash(m->c, m->to, &arrived));
  if (!sha256_eq(&arrived, &m->hash))
    return fail(m->c, E_STORE, "the state hashes differ; empty the target and move again");
  TRY(ledger_verify(m->c, m->to, &proof));
  if (proof.violation.len == 0) return OK;
  return fail(m->c, E_STORE, "the books do not verify in the target: %.*s",
              STR_ARGS(proof.violation));
}

/* Leased for ever: nobody takes a closed lane. Events go on counting where they were. */
static status open_target(ctx *c, db *to) {
  TRY(db_run0(c, to, "update ledger_lane set closed = 1"));
  TRY(db_run(c, to,
             "insert into engine_lane(lane, node, token, expires_at, watermark, event_floor)"
             " select lane, -1, 1, ?1, ?1, ?1 from ledger_lane",
             DB_INT(INT64_MAX)));
  TRY(db_run0(c, to,
              "insert into engine_event_head(aggregate, sequence) "
              "select aggregate, max(sequence) from engine_event group by aggregate"));
  return db_move_end(c, to);
}

static status in_one_commit(ctx *c, db *d, status (*work)(ctx *c, db *d)) {
  TRY(db_begin(c, d));
  status s = work(c, d);
  if (s == OK) return db_commit(c, d);
  db_rollback(d);
  return s;
}

static status close_source(store_move *m) {
  TRY(db_begin(m->c, m->from));
  status s = db_run0(m->c, m->from, "update ledger_lane set closed = 1");
  if (s == OK) s = db_move_leave(m->c, m->from, &m->hash);
  if (s == OK) return db_commit(m->c, m->from);
  db_rollback(m->from);
  return s;
}

static status move_store(store_move *m, const char *from, const char *to) {
  TRY(open_both(m, from, to));
  if (m->goes_on) fprintf(m->cli->out, "Going on with the copy that was begun.\n");
  TRY(move_all(m));
  TRY(compare(m));
  TRY(close_source(m));
  return in_one_commit(m->c, m->to, open_target);
}

static int cmd_move(cli *self, const char *from, const char *to) {
  store_move m = {.cli = self, .c = self->ctx};
  if (from == NULL || to == NULL) {
    fprintf(self->err, "tael migrate: --from and --to go together\n");
    return EXIT_USAGE;
  }
  status s = move_store(&m, from, to);
  db_close(m.from);
  db_close(m.to);
  if (s != OK) return cli_fail(self, s);
  str hash = str_hex(self->ctx->arena, m.hash.bytes, sizeof m.hash.bytes);
  fprintf(self->out, "Moved; both have state hash %.*s. The source is closed: read-only now.\n",
          STR_ARGS(hash));
  const char *key = is_embedded(from) ? from + 7 : to + 7;
  fprintf(self->out,
          is_embedded(from) ? "Copy its key file %s.key to $TAEL_DATA_DIR/master.key"
                            : "Copy the key file $TAEL_DATA_DIR/master.key to %s.key",
          key);
  fprintf(self->out, ": personal data can't be read without it.\n");
  return 0;
}

/* --- over the nodes of a cluster -------------------------------------------------------------- */

static status print_step(ctx *c, db *d, void *arg, str sql) {
  UNUSED(c);
  UNUSED(d);
  fprintf(arg, "%.*s\n", STR_ARGS(sql));
  return OK;
}

static status run_step(ctx *c, db *d, void *arg, str sql) {
  fprintf(arg, "%.*s\n", STR_ARGS(sql));
  fflush(arg);
  return db_distribute_run(c, d, sql);
}

static status distribute(cli *self, db *d) {
  ctx *c = self->ctx;
  TRY(db_distribute_check(c, d));
  TRY(app_migrate_store(c, d));
  TRY(check_at_rest(c, d));
  return db_distribute_plan(c, d, run_step, self->out);
}

static int cmd_distribute(cli *self) {
  db *d = NULL;
  str url = str_from(cli_text(self, "db"));
  bool only_shown = cli_switch(self, "dry-run");
  status s = str_starts(url, STR("postgres"))
                 ? db_open(self->ctx, url, only_shown ? DB_READ : DB_WRITE, NULL, &d)
                 : fail(self->ctx, E_NOT_SUPPORTED,
                        "only a store on PostgreSQL is distributed; move it there first: tael "
                        "migrate --from sqlite:FILE --to postgres://...");
  if (s == OK)
    s = only_shown ? db_distribute_plan(self->ctx, d, print_step, self->out) : distribute(self, d);
  db_close(d);
  if (s != OK) return cli_fail(self, s);
  if (!only_shown) fprintf(self->out, "Every table lies where its schema says.\n");
  return 0;
}

int cmd_migrate(cli *self) {
  const char *from = cli_text(self, "from"), *to = cli_text(self, "to");
  if (from != NULL || to != NULL) return cmd_move(self, from, to);
  if (cli_switch(self, "distribute")) return cmd_distribute(self);
  if (cli_switch(self, "dry-run")) {
    fprintf(self->err, "tael migrate: --dry-run goes with --distribute\n");
    return EXIT_USAGE;
  }
  status s = app_migrate(self->ctx, cli_text(self, "db"));
  if (s != OK) return cli_fail(self, s);
  fprintf(self->out, "The store is at this program's version.\n");
  return 0;
}
