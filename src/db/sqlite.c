/* sqlite.c - the embedded store: one file, WAL, synchronous=FULL. It promises that a commit that
 * returned OK has been synced, that one process writes a file (FILE.lock), and that a commit whose
 * sync failed is reported as unknown and never tried again. It never checkpoints by itself:
 * db_checkpoint does. */
#include "db/driver.h"
#include "db/fts.h"
#include "db/page_cache.h"
#include "db/wal_join.h"
#include "db/wal_mark.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum {
  BUSY_TIMEOUT_MS = 10000,
  BACKUP_STEP_PAGES = 256,
  /* Of 4 KiB: a log of the first length begins again at its start when nobody is in the way, one of
   * the second though readers have to be waited for. */
  LOG_LONG_FRAMES = 1 << 15,
  LOG_MAX_FRAMES = 3 << 15,
  MOVE_ROUNDS = 4, /* each is shorter than the one before, down to two syncs */
  SHORT_ROUND_FRAMES = 1024,
  WRITER_WAITS = 300, /* for the one under way: 60 ms */
  WRITER_PAUSE_NS = 200000,
  READER_WAIT_MS = 3,
  FORCED_WAIT_MS = 1000,
  REST_ROUNDS = 4,
  LOCK_TRIES = 3, /* whoever only asks for a writer holds its lock for a moment */
  LOCK_PAUSE_NS = 10000000,
};

typedef struct sqlite_db {
  db base;
  sqlite3 *handle;
  wal_join *join;  /* NULL: in memory */
  int lock_fd;     /* -1: none */
  bool is_on_disk; /* neither in memory nor on a file system of a test */
  bool is_inside;  /* the gate */
  bool is_busy;    /* somebody was in the way of the last checkpoint */
  int rounds_to_rest;
} sqlite_db;

typedef struct sqlite_rows {
  db_rows base;
  sqlite3_stmt *statement;
} sqlite_rows;

static const db_driver sqlite_driver;

/* --- the gate -------------------------------------------------------------------------------- */

/* Closed while what is left of a log is moved, so that it can begin again: writers that have not
 * begun wait at it, and whoever closed it waits until those inside have ended. */
static struct {
  pthread_mutex_t lock;
  pthread_cond_t opened;
  bool is_closed;
  int inside;
} gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .opened = PTHREAD_COND_INITIALIZER};

static void gate_enter(sqlite_db *d) {
  pthread_mutex_lock(&gate.lock);
  while (gate.is_closed)
    pthread_cond_wait(&gate.opened, &gate.lock);
  gate.inside++;
  d->is_inside = true;
  pthread_mutex_unlock(&gate.lock);
}

static void gate_leave(sqlite_db *d) {
  if (!d->is_inside) return;
  pthread_mutex_lock(&gate.lock);
  d->is_inside = false;
  gate.inside--;
  pthread_mutex_unlock(&gate.lock);
}

static int64_t gate_inside(void) {
  pthread_mutex_lock(&gate.lock);
  int64_t inside = gate.inside;
  pthread_mutex_unlock(&gate.lock);
  return inside;
}

/* False: a writer is still inside after all that time. */
static bool gate_close(void) {
  pthread_mutex_lock(&gate.lock);
  gate.is_closed = true;
  pthread_mutex_unlock(&gate.lock);
  for (int waits = 0; gate_inside() > 0; waits++) {
    if (waits == WRITER_WAITS) return false;
    nanosleep(&(struct timespec){.tv_nsec = WRITER_PAUSE_NS}, NULL);
  }
  return true;
}

static void gate_open(void) {
  pthread_mutex_lock(&gate.lock);
  gate.is_closed = false;
  pthread_cond_broadcast(&gate.opened);
  pthread_mutex_unlock(&gate.lock);
}

/* --- failures --------------------------------------------------------------------------------- */

/* What a result code means to the caller; the text is SQLite's own. */
static status store_failure(ctx *c, sqlite_db *d, int code, const char *doing) {
  const char *text = sqlite3_errmsg(d->handle);
  switch (code & 0xff) {
  case SQLITE_CONSTRAINT: return fail(c, E_CONFLICT, "the store refused to %s: %s", doing, text);
  case SQLITE_ERROR:
  case SQLITE_MISMATCH:
  case SQLITE_MISUSE:
  case SQLITE_RANGE: return fail(c, E_INTERNAL, "could not %s: %s", doing, text);
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return fail(c, E_STORE, "the database file is busy, could not %s; retry", doing);
  case SQLITE_FULL:
    return fail(c, E_STORE, "the disk is full, could not %s; make room and retry", doing);
  case SQLITE_NOMEM: return fail(c, E_STORE, "SQLite is out of memory, could not %s; retry", doing);
  default:
    return fail(c, E_STORE, "the database file failed, could not %s: %s (code %d)", doing, text,
                sqlite3_extended_errcode(d->handle));
  }
}

/* --- opening ---------------------------------------------------------------------------------- */

static bool lock_now(int fd, int kind, int tries) {
  while (flock(fd, kind | LOCK_NB) != 0) {
    if (--tries == 0) return false;
    nanosleep(&(struct timespec){.tv_nsec = LOCK_PAUSE_NS}, NULL);
  }
  return true;
}

/* The lock lies beside the resolved file, so that a symbolic link leads to the same lock. */
static status take_writer_lock(ctx *c, sqlite_db *d) {
  const char *file = sqlite3_db_filename(d->handle, "main");
  str path = str_format(c->arena, "%s.lock", file);
  d->lock_fd = open(path.at, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (d->lock_fd < 0) {
    return fail(c, E_STORE, "cannot open %s: %s", path.at, strerror(errno));
  }
  char pid[24] = {0};
  if (!lock_now(d->lock_fd, LOCK_EX, LOCK_TRIES)) {
    ssize_t got = read(d->lock_fd, pid, sizeof pid - 1);
    return fail(
        c, E_CONFLICT,
        "another process (pid %.*s) writes to %s; stop it, or send the command to that server",
        got > 0 ? (int)strcspn(pid, "\n") : 7, got > 0 ? pid : "unknown", file);
  }
  int len = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
  if (ftruncate(d->lock_fd, 0) != 0 || pwrite(d->lock_fd, pid, (size_t)len, 0) != len) {
    return fail(c, E_STORE, "cannot write %s: %s", path.at, strerror(errno));
  }
  return OK;
}

static bool has_writer(ctx *c, const char *file) {
  int fd = open(str_format(c->arena, "%s.lock", file).at, O_RDONLY | O_CLOEXEC);
  bool is_held = fd >= 0 && !lock_now(fd, LOCK_SH, 1);
  if (fd >= 0) close(fd);
  return is_held;
}

/* Before SQLite recovers it. A reader beside a writer need not: the writer did, and the log is in
 * motion. */
static status check_log(ctx *c, const sqlite_db *d, db_mode mode, const char *vfs) {
  const char *file = sqlite3_db_filename(d->handle, "main");
  if (mode == DB_READ && d->is_on_disk && has_writer(c, file)) return OK;
  return wal_mark_check(c, vfs, file, mode == DB_WRITE);
}

static status pragma(ctx *c, sqlite_db *d, const char *sql) {
  int code = sqlite3_exec(d->handle, sql, NULL, NULL, NULL);
  return code == SQLITE_OK ? OK : store_failure(c, d, code, sql);
}

/* journal_mode answers with the mode it reached, which need not be the one asked for. */
static status use_wal(ctx *c, sqlite_db *d) {
  sqlite3_stmt *statement;
  int code = sqlite3_prepare_v2(d->handle, "pragma journal_mode=wal", -1, &statement, NULL);
  if (code != SQLITE_OK) return store_failure(c, d, code, "read the database file");
  code = sqlite3_step(statement);
  bool is_wal =
      code == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(statement, 0), "wal") == 0;
  status s = OK;
  if (code != SQLITE_ROW)
    s = store_failure(c, d, code, "turn on the write-ahead log");
  else if (!is_wal)
    s = fail(c, E_STORE, "this file system cannot hold a write-ahead log; use a local disk");
  sqlite3_finalize(statement);
  return s;
}

static status set_up(ctx *c, sqlite_db *d, db_mode mode, bool in_memory, bool normal_sync) {
  sqlite3_busy_timeout(d->handle, BUSY_TIMEOUT_MS);
  sqlite3_extended_result_codes(d->handle, 1);
  if (!fts_register(d->handle)) return fail(c, E_STORE, "SQLite lacks FTS5, which search needs");
  TRY(pragma(c, d,
             "pragma foreign_keys=on; pragma secure_delete=off; pragma temp_store=memory;"
             "pragma mmap_size=0"));
  if (!in_memory && mode == DB_WRITE) TRY(use_wal(c, d));
  TRY(pragma(c, d, normal_sync ? "pragma synchronous=normal" : "pragma synchronous=full"));
  TRY(pragma(c, d, "pragma wal_autocheckpoint=0"));
  TRY(pragma(c, d, "pragma journal_size_limit=402653184")); /* LOG_MAX_FRAMES */
  TRY(pragma(c, d, mode == DB_WRITE ? "pragma cache_size=-32768" : "pragma cache_size=-16384"));
  return mode == DB_READ ? pragma(c, d, "pragma query_only=on") : OK;
}

static status open_handle(ctx *c, sqlite_db *d, str file, db_mode mode, const char *vfs) {
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  if (mode == DB_WRITE) flags |= SQLITE_OPEN_CREATE;
  if (d->join != NULL) vfs = wal_join_name(d->join);
  int code = sqlite3_open_v2(str_zero(c->arena, file), &d->handle, flags, vfs);
  if (code == SQLITE_OK) return OK;
  return fail(c, E_STORE, "cannot open database file %.*s: %s%s", STR_ARGS(file),
              d->handle == NULL ? "no memory" : sqlite3_errmsg(d->handle),
              mode == DB_READ ? "; is it there? a writer creates it"
                              : "; check folder and permissions");
}

static bool (*on_open)(db *d, void *handle);

void db_on_sqlite(bool (*install)(db *d, void *handle)) { on_open = install; }

static status open_file(ctx *c, sqlite_db *d, str rest, db_mode mode, const char *vfs) {
  str synchronous;
  str file = url_take_parameter(c->arena, rest, STR("synchronous"), &synchronous);
  bool normal_sync = str_eq(synchronous, STR("NORMAL"));
  if (synchronous.len != 0 && (vfs == NULL || !normal_sync)) {
    return fail(c, E_MALFORMED, "a sqlite: url takes no parameter synchronous; it is always FULL");
  }
  if (file.len == 0 || str_starts(file, STR("file:")) || memchr(file.at, '?', file.len) != NULL) {
    return fail(c, E_MALFORMED,
                "write sqlite:FILE with a plain path, such as sqlite:/var/lib/tael/tael.db");
  }
  bool in_memory = str_eq(file, STR(":memory:"));
  if (!in_memory) {
    d->join = wal_join_open(vfs, mode == DB_WRITE);
    if (d->join == NULL) return fail(c, E_NO_MEMORY, "no memory for a connection's log");
  }
  TRY(open_handle(c, d, file, mode, vfs));
  d->is_on_disk = !in_memory && vfs == NULL;
  if (d->is_on_disk && mode == DB_WRITE) TRY(take_writer_lock(c, d));
  if (!in_memory) TRY(check_log(c, d, mode, vfs));
  if (on_open != NULL && !on_open(&d->base, d->handle)) {
    return fail(c, E_NO_MEMORY, "no memory for the tables of a connection");
  }
  return set_up(c, d, mode, in_memory, normal_sync);
}

static void sqlite_close(db *base) {
  sqlite_db *d = (sqlite_db *)base;
  if (d->handle != NULL) {
    /* Who closes a file last moves its log, and nobody hears of a sync that fails then. So only a
     * writer that is well does; after a failed sync nothing of this process may reach the file. */
    if (base->broken || base->mode != DB_WRITE)
      sqlite3_db_config(d->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    int code = sqlite3_close(d->handle);
    assert(code == SQLITE_OK);
    UNUSED(code);
  }
  wal_join_close(d->join);
  if (d->lock_fd >= 0) close(d->lock_fd);
  free(d);
}

/* Nobody asks how much memory SQLite has; counting it takes a lock at each allocation. Too late,
 * and without harm, when a test has used SQLite before. */
static void configure_once(void) {
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  page_cache_install();
}

status sqlite_open(ctx *c, str rest, db_mode mode, const char *vfs, db **out) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, configure_once);
  sqlite_db *d = calloc(1, sizeof *d);
  if (d == NULL) return fail(c, E_NO_MEMORY, "no memory for a connection");
  d->base.driver = &sqlite_driver;
  d->base.kind = DB_SQLITE;
  d->lock_fd = -1;
  status s = open_file(c, d, rest, mode, vfs);
  if (s != OK) {
    d->base.mode = DB_READ; /* it moves no log */
    sqlite_close(&d->base);
    return s;
  }
  *out = &d->base;
  return OK;
}

/* --- transactions ----------------------------------------------------------------------------- */

static status sqlite_begin(ctx *c, db *base) {
  sqlite_db *d = (sqlite_db *)base;
  const char *sql = base->mode == DB_WRITE ? "begin immediate" : "begin";
  if (base->mode == DB_WRITE && d->join != NULL) gate_enter(d);
  int code = sqlite3_exec(d->handle, sql, NULL, NULL, NULL);
  if (code == SQLITE_OK) return OK;
  gate_leave(d);
  return store_failure(c, d, code, "begin a transaction");
}

static void sqlite_rollback(db *base) {
  sqlite_db *d = (sqlite_db *)base;
  /* Some failures have already rolled back. */
  if (!sqlite3_get_autocommit(d->handle)) sqlite3_exec(d->handle, "rollback", NULL, NULL, NULL);
  gate_leave(d);
}

/* A constraint or a lock refuses before anything is written. A disk without room refuses a write,
 * and the record that makes a transaction whole is the last one written: it is not there. Any other
 * failure may come after that record reached the log, where a recovery would find it: unknown, and
 * no second sync. */
static status sqlite_commit(ctx *c, db *base) {
  sqlite_db *d = (sqlite_db *)base;
  int code = sqlite3_exec(d->handle, "commit", NULL, NULL, NULL);
  if (code == SQLITE_OK) {
    gate_leave(d);
    return OK;
  }
  int primary = code & 0xff;
  if (primary == SQLITE_CONSTRAINT || primary == SQLITE_BUSY || primary == SQLITE_FULL) {
    status s = store_failure(c, d, code, "commit");
    sqlite_rollback(base);
    return s;
  }
  status s = fail(c, E_UNKNOWN, "the disk failed during a commit (%s); restart to recover",
                  sqlite3_errmsg(d->handle));
  base->broken = true;
  sqlite_rollback(base);
  return s;
}

static status sqlite_commit_unsynced(ctx *c, db *base, bool *owes_sync) {
  wal_join *join = ((sqlite_db *)base)->join;
  if (join == NULL) return sqlite_commit(c, base);
  wal_join_leave_syncs(join);
  status s = sqlite_commit(c, base);
  bool owes = wal_join_take_syncs(join);
  *owes_sync = s == OK && owes;
  return s;
}

static status sqlite_sync(ctx *c, db *base) {
  const sqlite_db *d = (const sqlite_db *)base;
  if (d->join == NULL || wal_join_sync(d->join)) return OK;
  base->broken = true;
  return fail(c, E_UNKNOWN, "the disk failed in a sync; restart to recover");
}

/* A failed sync is told as a broken connection: what is on the disk is known to nobody, and a
 * second sync would only seem to put it there. */
static status checkpoint(ctx *c, sqlite_db *d, int mode, int64_t *frames) {
  int in_log = 0, moved = 0;
  if (d->join != NULL) wal_join_read_ahead(d->join, true);
  int code = sqlite3_wal_checkpoint_v2(d->handle, "main", mode, &in_log, &moved);
  if (d->join != NULL) wal_join_read_ahead(d->join, false);
  if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY) {
    /* A sync failed: what is on the disk is known to nobody; a second one would only seem to help.
     */
    if (code == SQLITE_IOERR_FSYNC) d->base.broken = true;
    return store_failure(c, d, code, "checkpoint");
  }
  *frames = in_log;
  d->is_busy = code != SQLITE_OK;
  return OK;
}

/* Readers are hardly waited for while writers are: when one is in the way, the next writer may
 * still begin the log again, for all of it was moved. */
static status restart_log(ctx *c, sqlite_db *d, int64_t *frames) {
  bool is_forced = *frames > LOG_MAX_FRAMES;
  bool is_empty = gate_close();
  status s = OK;
  if (is_empty || is_forced) {
    sqlite3_busy_timeout(d->handle, is_forced ? FORCED_WAIT_MS : READER_WAIT_MS);
    s = checkpoint(c, d, SQLITE_CHECKPOINT_RESTART, frames);
    sqlite3_busy_timeout(d->handle, BUSY_TIMEOUT_MS);
  }
  gate_open();
  if (!is_empty || d->is_busy) d->rounds_to_rest = REST_ROUNDS;
  return s;
}

/* SQLite syncs the file only when all of the log is in it. Done after each round, few pages go to
 * the disk at a time: a commit's sync stands in line behind them, and so do writers at the gate. */
static status sync_file(ctx *c, sqlite_db *d) {
  sqlite3_file *file = NULL;
  int code = sqlite3_file_control(d->handle, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  if (code != SQLITE_OK || file == NULL || file->pMethods == NULL) return OK;
  code = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
  if (code == SQLITE_OK) return OK;
  d->base.broken = true;
  return fail(c, E_STORE, "the database file failed, could not checkpoint (code %d)", code);
}

/* Moving pages holds nobody up, but under load the log grows meanwhile, so it is never all moved
 * and would never begin again at its start. When it is long, round after round moves what came
 * during the one before, until a round is hardly more than its syncs; then writers wait for one
 * more, and the next one begins the log again, in the same blocks of the disk. */
static status sqlite_checkpoint(ctx *c, db *base) {
  sqlite_db *d = (sqlite_db *)base;
  int64_t frames = 0;
  if (d->rounds_to_rest > 0) d->rounds_to_rest--;
  for (int round = 0; round < MOVE_ROUNDS; round++) {
    int64_t before = frames;
    TRY(checkpoint(c, d, SQLITE_CHECKPOINT_PASSIVE, &frames));
    TRY(sync_file(c, d));
    if (frames <= LOG_LONG_FRAMES || d->rounds_to_rest > 0) return OK;
    if (round > 0 && frames - before <= SHORT_ROUND_FRAMES) break;
  }
  return restart_log(c, d, &frames);
}

/* --- statements ------------------------------------------------------------------------------- */

static status sqlite_prepare(ctx *c, db *base, const char *sql, const char *types, bool is_each,
                             db_rows **out) {
  UNUSED(types);
  UNUSED(is_each);
  sqlite_db *d = (sqlite_db *)base;
  sqlite_rows *rows = calloc(1, sizeof *rows);
  char *text = dialect_rewrite(DB_SQLITE, sql);
  if (rows == NULL || text == NULL) {
    free(rows);
    free(text);
    return fail(c, E_NO_MEMORY, "no memory for a statement");
  }
  int code =
      sqlite3_prepare_v3(d->handle, text, -1, SQLITE_PREPARE_PERSISTENT, &rows->statement, NULL);
  free(text);
  if (code != SQLITE_OK) {
    free(rows);
    return store_failure(c, d, code, "prepare a statement");
  }
  rows->base.columns = sqlite3_column_count(rows->statement);
  *out = &rows->base;
  return OK;
}

static void sqlite_drop(db_rows *base) {
  sqlite_rows *rows = (sqlite_rows *)base;
  sqlite3_finalize(rows->statement);
  free(rows);
}

/* An empty view may have no address, which SQLite would bind as NULL. `keep`: SQLITE_TRANSIENT
 * copies the value, for rows are still read when the caller's memory may be gone; SQLITE_STATIC
 * does not, for a statement that is run to its end within the call. */
static int bind(sqlite3_stmt *statement, int index, const db_value *value,
                sqlite3_destructor_type keep) {
  const char *at = value->s.at == NULL ? "" : value->s.at;
  switch (value->type) {
  case DB_TYPE_INT: return sqlite3_bind_int64(statement, index, value->i);
  case DB_TYPE_TEXT:
    return sqlite3_bind_text64(statement, index, at, value->s.len, keep, SQLITE_UTF8);
  case DB_TYPE_BYTES: return sqlite3_bind_blob64(statement, index, at, value->s.len, keep);
  case DB_TYPE_NULL: break;
  }
  return sqlite3_bind_null(statement, index);
}

static status sqlite_execute(ctx *c, db_rows *base, size_t count, const db_value *values,
                             bool runs_to_end) {
  sqlite_rows *rows = (sqlite_rows *)base;
  sqlite_db *d = (sqlite_db *)base->d;
  if ((size_t)sqlite3_bind_parameter_count(rows->statement) != count) {
    return fail(c, E_INTERNAL, "a statement was given %zu values and has %d parameters: %.60s",
                count, sqlite3_bind_parameter_count(rows->statement), base->sql);
  }
  sqlite3_destructor_type keep = runs_to_end ? SQLITE_STATIC : SQLITE_TRANSIENT;
  for (size_t i = 0; i < count; i++) {
    int code = bind(rows->statement, (int)i + 1, &values[i], keep);
    if (code != SQLITE_OK) return store_failure(c, d, code, "bind a value");
  }
  return OK;
}

static bool sqlite_next(db_rows *base) {
  return sqlite3_step(((sqlite_rows *)base)->statement) == SQLITE_ROW;
}

static status sqlite_finish(ctx *c, db_rows *base) {
  sqlite_rows *rows = (sqlite_rows *)base;
  sqlite_db *d = (sqlite_db *)base->d;
  int code = sqlite3_reset(rows->statement);
  base->d->changes = sqlite3_changes64(d->handle);
  return code == SQLITE_OK ? OK : store_failure(c, d, code, "run a statement");
}

static int64_t sqlite_steps(const db_rows *base) {
  return sqlite3_stmt_status(((const sqlite_rows *)base)->statement, SQLITE_STMTSTATUS_VM_STEP, 1);
}

static void sqlite_abandon(db_rows *base) { sqlite3_reset(((sqlite_rows *)base)->statement); }

static db_type sqlite_column_type(const db_rows *base, int column) {
  int type = sqlite3_column_type(((const sqlite_rows *)base)->statement, column);
  assert(type != SQLITE_FLOAT); /* a statement that divides or averages is a defect */
  switch (type) {
  case SQLITE_INTEGER: return DB_TYPE_INT;
  case SQLITE_TEXT: return DB_TYPE_TEXT;
  case SQLITE_BLOB: return DB_TYPE_BYTES;
  default: return DB_TYPE_NULL;
  }
}

static int64_t sqlite_column_int(const db_rows *base, int column) {
  return sqlite3_column_int64(((const sqlite_rows *)base)->statement, column);
}

static str sqlite_column_text(const db_rows *base, int column) {
  sqlite3_stmt *statement = ((const sqlite_rows *)base)->statement;
  const void *at = sqlite3_column_blob(statement, column); /* text as it is stored, UTF-8 */
  return (str){at == NULL ? "" : at, (size_t)sqlite3_column_bytes(statement, column)};
}

static str sqlite_column_name_of(const db_rows *base, int column) {
  return str_from(sqlite3_column_name(((const sqlite_rows *)base)->statement, column));
}

static db_shown sqlite_show(const db_rows *base, int column, arena *a) {
  sqlite3_stmt *statement = ((const sqlite_rows *)base)->statement;
  int type = sqlite3_column_type(statement, column);
  db_shown shown = {.is_null = type == SQLITE_NULL, .is_number = type == SQLITE_INTEGER};
  if (type == SQLITE_BLOB) {
    const void *at = sqlite3_column_blob(statement, column);
    shown.text = str_hex(a, at, (size_t)sqlite3_column_bytes(statement, column));
  } else if (type != SQLITE_NULL) {
    const char *at = (const char *)sqlite3_column_text(statement, column);
    shown.text = str_copy(a, (str){at, (size_t)sqlite3_column_bytes(statement, column)});
  }
  return shown;
}

static status sqlite_script(ctx *c, db *base, const char *sql) {
  sqlite_db *d = (sqlite_db *)base;
  int code = sqlite3_exec(d->handle, sql, NULL, NULL, NULL);
  return code == SQLITE_OK ? OK : store_failure(c, d, code, "change the schema");
}

/* --- whole store ------------------------------------------------------------------------------ */

/* The source holds one snapshot for the whole copy, so that writers neither wait nor restart it. */
static status copy_pages(ctx *c, sqlite_db *d, sqlite3 *target) {
  sqlite3_backup *backup = sqlite3_backup_init(target, "main", d->handle, "main");
  if (backup == NULL) return fail(c, E_STORE, "cannot begin a backup: %s", sqlite3_errmsg(target));
  int code;
  do {
    code = sqlite3_backup_step(backup, BACKUP_STEP_PAGES);
  } while (code == SQLITE_OK);
  sqlite3_backup_finish(backup);
  if (code == SQLITE_DONE) return OK;
  return fail(c, E_STORE, "the backup failed: %s", sqlite3_errstr(code));
}

static status copy_to(ctx *c, sqlite_db *d, const char *file) {
  sqlite3 *target = NULL;
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  status s = OK;
  if (sqlite3_open_v2(file, &target, flags, NULL) != SQLITE_OK) {
    s = fail(c, E_STORE, "cannot write the backup %s: %s", file,
             target == NULL ? "no memory" : sqlite3_errmsg(target));
  } else {
    s = copy_pages(c, d, target);
  }
  sqlite3_close(target);
  return s;
}

static status sync_folder_of(ctx *c, const char *file) {
  char *folder = str_zero(c->arena, str_from(file));
  char *slash = strrchr(folder, '/');
  if (slash == NULL)
    folder = str_zero(c->arena, STR("."));
  else
    slash[slash == folder ? 1 : 0] = 0;
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  bool synced = fd >= 0 && fsync(fd) == 0;
  if (fd >= 0) close(fd);
  return synced ? OK : fail(c, E_STORE, "cannot sync folder %s: %s", folder, strerror(errno));
}

static status sqlite_backup(ctx *c, db *base, str to_file) {
  sqlite_db *d = (sqlite_db *)base;
  const char *file = str_zero(c->arena, to_file);
  const char *part = str_format(c->arena, "%s.part", file).at;
  if (access(file, F_OK) == 0) {
    return fail(c, E_CONFLICT, "%s is there already; name a new file for the backup", file);
  }
  unlink(part);
  bool own_snapshot = !base->in_transaction;
  if (own_snapshot) {
    TRY(sqlite_script(c, base, "begin; select count(*) from sqlite_schema"));
  }
  status s = copy_to(c, d, part);
  if (own_snapshot) sqlite_rollback(base);
  if (s == OK && rename(part, file) != 0) {
    s = fail(c, E_STORE, "cannot rename %s: %s", part, strerror(errno));
  }
  if (s != OK) {
    unlink(part);
    return s;
  }
  return sync_folder_of(c, file);
}

static status sqlite_integrity(ctx *c, db *base) {
  db_rows *rows;
  str finding = STR("ok");
  TRY(db_query0(c, base, &rows, "pragma integrity_check(1)"));
  if (db_next(rows)) finding = db_keep_text(rows, 0, c->arena);
  TRY(db_done(c, rows));
  if (!str_eq(finding, STR("ok"))) {
    return fail(c, E_STORE, "the database file is damaged: %.*s; restore a backup",
                STR_ARGS(finding));
  }
  TRY(db_query0(c, base, &rows, "pragma foreign_key_check"));
  bool dangles = db_next(rows);
  if (dangles) finding = db_keep_text(rows, 0, c->arena);
  TRY(db_done(c, rows));
  if (!dangles) return OK;
  return fail(c, E_STORE, "a row of table %.*s refers to a row that is not there",
              STR_ARGS(finding));
}

static str sqlite_file(const db *base) {
  const sqlite_db *d = (const sqlite_db *)base;
  const char *path = d->is_on_disk ? sqlite3_db_filename(d->handle, "main") : NULL;
  return str_from(path == NULL ? "" : path);
}

static int64_t sqlite_pages_written(const db *base) {
  int now = 0, highest = 0;
  sqlite3_db_status(((const sqlite_db *)base)->handle, SQLITE_DBSTATUS_CACHE_WRITE, &now, &highest,
                    0);
  return now;
}

static const db_driver sqlite_driver = {
    .close = sqlite_close,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .commit_unsynced = sqlite_commit_unsynced,
    .sync = sqlite_sync,
    .rollback = sqlite_rollback,
    .checkpoint = sqlite_checkpoint,
    .prepare = sqlite_prepare,
    .drop = sqlite_drop,
    .execute = sqlite_execute,
    .next = sqlite_next,
    .finish = sqlite_finish,
    .abandon = sqlite_abandon,
    .column_type = sqlite_column_type,
    .column_int = sqlite_column_int,
    .column_text = sqlite_column_text,
    .column_name = sqlite_column_name_of,
    .show = sqlite_show,
    .script = sqlite_script,
    .backup = sqlite_backup,
    .integrity = sqlite_integrity,
    .file = sqlite_file,
    .pages_written = sqlite_pages_written,
    .steps = sqlite_steps,
};
