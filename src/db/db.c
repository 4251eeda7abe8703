/* db.c - the part of the store contract that both stores share: the url, the statement cache, and
 * the rule that after a failed statement only a rollback may follow. It never speaks to a store
 * itself: that is done by the driver (sqlite.c, postgres.c). */
#include "db/driver.h"

#include <stdlib.h>
#include <string.h>

/* More texts than this means that somebody builds SQL at run time; the cache then starts afresh. */
enum { STATEMENTS_MAX = 4096, ROWS_AT_ONCE = 8 };

static void close_statements(db *d);
static void release_statements(db *d);

status db_open(ctx *c, str url, db_mode mode, const char *vfs, db **out) {
  status s;
  if (str_starts(url, STR("sqlite:"))) {
    s = sqlite_open(c, (str){url.at + 7, url.len - 7}, mode, vfs, out);
  } else if (str_starts(url, STR("postgres://")) || str_starts(url, STR("postgresql://"))) {
    s = postgres_open(c, url, mode, out);
  } else {
    return fail(
        c, E_MALFORMED,
        "the store's url must begin with sqlite: (a file) or postgres:// (a server), not \"%.*s\"",
        (int)(url.len < 20 ? url.len : 20), url.at);
  }
  TRY(s);
  (*out)->mode = mode;
  (*out)->statements = map_open(256);
  if ((*out)->statements == NULL) {
    (*out)->driver->close(*out);
    return fail(c, E_NO_MEMORY, "no memory for the statements of a connection");
  }
  return OK;
}

void db_close(db *d) {
  if (d == NULL) return;
  if (d->in_transaction) db_rollback(d);
  if (d->kept != NULL) d->release(d->kept);
  later_close(d);
  close_statements(d);
  map_close(d->statements);
  d->driver->close(d);
}

void *db_attach(db *d, void *kept, void (*release)(void *kept)) {
  void *before = d->kept;
  d->kept = kept;
  d->release = release;
  return before;
}

void *db_attached(const db *d) { return d->kept; }
str db_file(const db *d) { return d->driver->file(d); }
db_kind db_which(const db *d) { return d->kind; }
bool db_is_broken(const db *d) { return d->broken; }
bool db_settles_late(const db *d) { return d->settles_late; }
bool db_should_retry(const db *d) { return d->should_retry; }
bool db_in_transaction(const db *d) { return d->in_transaction; }
bool db_is_reading(const db *d) { return d->open_rows > 0; }

db_work db_work_done(const db *d) {
  int64_t pages = d->driver->pages_written == NULL ? 0 : d->driver->pages_written(d);
  return (db_work){.statements = d->statements_run, .pages = pages};
}

void db_watch(db *d, const db_watcher *watcher) { d->watcher = watcher; }

static void watch_end(const db_rows *rows) {
  const db *d = rows->d;
  if (d->watcher == NULL) return;
  d->watcher->ended(d->watcher->arg, d->driver->steps == NULL ? 0 : d->driver->steps(rows));
}

/* --- transactions ----------------------------------------------------------------------------- */

status db_begin(ctx *c, db *d) {
  assert(!d->in_transaction);
  if (d->broken) return fail(c, E_STORE, "the connection to the store is gone; open another");
  d->should_retry = false;
  release_statements(d);
  TRY(d->driver->begin(c, d));
  d->written = 0;
  d->in_transaction = true;
  d->failed = false;
  return OK;
}

static status end(ctx *c, db *d, bool may_owe, bool *owes_sync) {
  assert(d->in_transaction);
  release_statements(d);
  if (!d->failed) {
    status written = later_write(c, d);
    if (written != OK) {
      db_rollback(d);
      return written;
    }
  }
  if (d->failed) {
    db_rollback(d);
    return fail(c, E_STORE, "a statement of the transaction failed, so it was rolled back");
  }
  *owes_sync = false;
  may_owe = may_owe && d->driver->commit_unsynced != NULL;
  status s = may_owe ? d->driver->commit_unsynced(c, d, owes_sync) : d->driver->commit(c, d);
  if (s != OK) version_count(d, d->written);
  d->in_transaction = false;
  return s;
}

status db_commit(ctx *c, db *d) {
  bool owes;
  return end(c, d, false, &owes);
}

status db_commit_unsynced(ctx *c, db *d, bool *owes_sync) { return end(c, d, true, owes_sync); }

status db_sync(ctx *c, db *d) { return d->driver->sync == NULL ? OK : d->driver->sync(c, d); }

void db_rollback(db *d) {
  if (!d->in_transaction) return;
  release_statements(d);
  later_drop(d);
  d->driver->rollback(d);
  version_count(d, d->written);
  d->in_transaction = false;
  d->failed = false;
}

status db_checkpoint(ctx *c, db *d) { return d->driver->checkpoint(c, d); }

/* --- statements ------------------------------------------------------------------------------- */

static void drop_chain(db_rows *rows) {
  while (rows != NULL) {
    db_rows *twin = rows->twin;
    char *sql = rows->sql;
    rows->d->driver->drop(rows);
    free(sql);
    rows = twin;
  }
}

static void close_statements(db *d) {
  size_t cursor = 0;
  uint64_t key;
  void *chain;
  while (map_next(d->statements, &cursor, &key, &chain))
    drop_chain(chain);
  map_clear(d->statements);
}

/* A caller that left its rows open (an error on the way) must not hold the store's snapshot. */
static void release_statements(db *d) {
  if (d->open_rows == 0) return;
  size_t cursor = 0;
  uint64_t key;
  void *chain;
  while (map_next(d->statements, &cursor, &key, &chain)) {
    for (db_rows *rows = chain; rows != NULL; rows = rows->twin) {
      if (!rows->is_open) continue;
      rows->is_open = false;
      rows->keys_left = 0;
      rows->keys_status = OK;
      d->open_rows--;
      d->driver->abandon(rows);
    }
  }
}

/* What a statement is prepared as: by itself, or over a set of rows or keys. */
typedef struct form {
  const char *types; /* NULL: by itself */
  bool is_each;
  bool is_many; /* ROWS_AT_ONCE of them, written out */
} form;

static const form by_itself = {NULL, false, false};

static status prepare(ctx *c, db *d, const char *sql, form f, db_rows **out) {
  char *copy = strdup(sql);
  if (copy == NULL) return fail(c, E_NO_MEMORY, "no memory for a statement");
  char *many = f.is_many ? dialect_many_rows(sql, strlen(f.types), ROWS_AT_ONCE) : NULL;
  const char *types = f.is_many ? NULL : f.types;
  status s = d->driver->prepare(c, d, many != NULL ? many : sql, types, f.is_each, out);
  bool is_many = many != NULL;
  free(many);
  if (s != OK) {
    free(copy);
    return s;
  }
  (*out)->d = d;
  (*out)->sql = copy;
  (*out)->is_many = is_many;
  (*out)->writes = version_mask(d, copy);
  return OK;
}

/* No address has the upper bits: one text may be in the cache in each form. */
static uint64_t key_of(const char *sql, form f) {
  uint64_t mark = f.is_many ? 3 : f.types == NULL ? 0 : f.is_each ? 2 : 1;
  return (uint64_t)(uintptr_t)sql ^ mark << 62;
}

static status cached_statement(ctx *c, db *d, const char *sql, form f, db_rows **out) {
  uint64_t key = key_of(sql, f);
  db_rows *chain = map_get(d->statements, key);
  if (chain != NULL && strcmp(chain->sql, sql) != 0) {
    drop_chain(map_remove(d->statements, key));
    chain = NULL;
  }
  for (db_rows *rows = chain; rows != NULL; rows = rows->twin) {
    if (!rows->is_open) {
      *out = rows;
      return OK;
    }
  }
  if (map_count(d->statements) >= STATEMENTS_MAX) {
    close_statements(d);
    chain = NULL;
  }
  db_rows *fresh;
  TRY(prepare(c, d, sql, f, &fresh));
  fresh->is_cached = true;
  if (chain != NULL) {
    fresh->twin = chain->twin;
    chain->twin = fresh;
  } else if (!map_put(d->statements, key, fresh)) {
    drop_chain(fresh);
    return fail(c, E_NO_MEMORY, "no memory for a statement");
  }
  *out = fresh;
  return OK;
}

/* PostgreSQL's text cannot hold a zero byte; refusing it here keeps both stores alike. */
static status check_values(ctx *c, size_t count, const db_value *values) {
  for (size_t i = 0; i < count; i++) {
    if (values[i].type != DB_TYPE_TEXT || values[i].s.len == 0) continue;
    if (memchr(values[i].s.at, 0, values[i].s.len) != NULL) {
      return fail(c, E_MALFORMED, "text may not hold a zero byte; remove it");
    }
  }
  return OK;
}

static status note_failure(db *d, status s) {
  if (s != OK && d->in_transaction) d->failed = true;
  return s;
}

static status start(ctx *c, db *d, db_rows *rows, size_t count, const db_value *values,
                    bool runs_to_end) {
  if (d->watcher != NULL) d->watcher->began(d->watcher->arg, rows->sql, count, values);
  status s = d->driver->execute(c, rows, count, values, runs_to_end);
  rows->is_open = s == OK;
  d->statements_run++;
  if (rows->writes != 0) version_count(d, rows->writes);
  if (rows->is_open) d->open_rows++;
  return note_failure(d, s);
}

static status check_usable(ctx *c, db *d, size_t count, const db_value *values) {
  if (d->broken) return fail(c, E_STORE, "the connection to the store is gone; open another");
  if (d->failed)
    return fail(c, E_STORE, "an earlier statement of the transaction failed; roll back");
  d->should_retry = false;
  return check_values(c, count, values);
}

/* Before a statement is looked up: rows that wait for others of their table and that it may see. */
static status make_ready(ctx *c, db *d, const char *sql, size_t count, const db_value *values) {
  TRY(check_usable(c, d, count, values));
  return later_write_before(c, d, sql);
}

static status start_cached(ctx *c, db *d, db_rows **rows, const char *sql, size_t count,
                           const db_value *values, bool runs_to_end) {
  TRY(make_ready(c, d, sql, count, values));
  db_rows *statement = NULL;
  TRY(note_failure(d, cached_statement(c, d, sql, by_itself, &statement)));
  TRY(start(c, d, statement, count, values, runs_to_end));
  *rows = statement;
  return OK;
}

status db_select(ctx *c, db *d, db_rows **rows, const char *sql, size_t count,
                 const db_value *values) {
  return start_cached(c, d, rows, sql, count, values, false);
}

status db_select_once(ctx *c, db *d, db_rows **rows, const char *sql, size_t count,
                      const db_value *values) {
  TRY(make_ready(c, d, sql, count, values));
  db_rows *statement = NULL;
  TRY(note_failure(d, prepare(c, d, sql, by_itself, &statement)));
  status s = start(c, d, statement, count, values, false);
  if (s != OK) {
    drop_chain(statement);
    return s;
  }
  *rows = statement;
  return OK;
}

status db_ask(ctx *c, db *d, db_rows **rows, str sql) {
  if (d->mode != DB_READ) return fail(c, E_FORBIDDEN, "questions are asked of a read connection");
  status s = db_select_once(c, d, rows, str_zero(c->arena, sql), 0, NULL);
  if (s != E_INTERNAL) return s;
  c->fault.code = E_MALFORMED; /* the text is not ours */
  return E_MALFORMED;
}

static status run_now(ctx *c, db *d, const char *sql, size_t count, const db_value *values) {
  db_rows *rows;
  TRY(start_cached(c, d, &rows, sql, count, values, true));
  while (db_next(rows)) {}
  return db_done(c, rows);
}

static bool may_send(const db *d) {
  return d->driver->send != NULL && d->in_transaction && d->mode == DB_WRITE;
}

static status send_one(ctx *c, db *d, const char *sql, size_t count, const db_value *values,
                       int64_t expected) {
  db_rows *statement = NULL;
  TRY(make_ready(c, d, sql, count, values));
  TRY(note_failure(d, cached_statement(c, d, sql, by_itself, &statement)));
  if (statement->writes != 0) version_count(d, statement->writes);
  return note_failure(d, d->driver->send(c, statement, count, values, expected));
}

status db_exec(ctx *c, db *d, const char *sql, size_t count, const db_value *values) {
  return may_send(d) ? send_one(c, d, sql, count, values, -1) : run_now(c, d, sql, count, values);
}

status db_wait(ctx *c, db *d) {
  if (!may_send(d) || d->failed) return OK;
  return note_failure(d, d->driver->wait(c, d));
}

status db_exec_one(ctx *c, db *d, const char *sql, size_t count, const db_value *values) {
  if (may_send(d)) return send_one(c, d, sql, count, values, 1);
  TRY(run_now(c, d, sql, count, values));
  if (d->changes == 1) return OK;
  return note_failure(
      d, fail(c, E_CONFLICT, "a row changed by another writer was expected as it had been; retry"));
}

status db_exec_count(ctx *c, db *d, int64_t *touched, const char *sql, size_t count,
                     const db_value *values) {
  TRY(run_now(c, d, sql, count, values));
  *touched = d->changes;
  return OK;
}

/* --- sets ------------------------------------------------------------------------------------- */

/* As many rows a statement as fit; false in *done: it is not an insert that can be written so. */
static status exec_many(ctx *c, db *d, const char *sql, const char *types, const db_value *values,
                        bool *done) {
  db_rows *rows = NULL;
  size_t places = strlen(types) * ROWS_AT_ONCE;
  TRY(make_ready(c, d, sql, places, values));
  TRY(note_failure(d, cached_statement(c, d, sql, (form){types, false, true}, &rows)));
  *done = rows->is_many;
  if (!*done) return OK;
  TRY(start(c, d, rows, places, values, true));
  while (db_next(rows)) {}
  return db_done(c, rows);
}

static status exec_loop(ctx *c, db *d, const char *sql, const char *types, size_t count,
                        const db_value *values) {
  size_t places = strlen(types), i = 0;
  bool many = d->kind == DB_SQLITE;
  while (many && count - i >= ROWS_AT_ONCE) {
    TRY(exec_many(c, d, sql, types, values + i * places, &many));
    if (many) i += ROWS_AT_ONCE;
  }
  for (; i < count; i++)
    TRY(db_exec(c, d, sql, places, values + i * places));
  return OK;
}

status db_exec_set(ctx *c, db *d, const char *sql, const char *types, size_t count,
                   const db_value *values) {
  size_t places = strlen(types);
  bool as_one = count > 1 && may_send(d) && d->driver->execute_set != NULL;
  if (!as_one) return exec_loop(c, d, sql, types, count, values);
  db_rows *statement = NULL;
  TRY(make_ready(c, d, sql, places * count, values));
  TRY(note_failure(d, cached_statement(c, d, sql, (form){types, false, false}, &statement)));
  if (statement->writes != 0) version_count(d, statement->writes);
  return note_failure(d, d->driver->execute_set(c, statement, count, values));
}

status db_exec_later(ctx *c, db *d, const char *sql, const char *types, size_t count,
                     const db_value *values) {
  if (count == 0) return OK;
  TRY(check_usable(c, d, strlen(types) * count, values));
  bool may_wait = d->in_transaction && d->mode == DB_WRITE;
  bool waits = may_wait && later_take(d, sql, types, count, values);
  if (may_wait && !waits) { /* no room left, or a text that can't wait */
    TRY(later_write(c, d));
    waits = later_take(d, sql, types, count, values);
  }
  if (!waits) return db_exec_set(c, d, sql, types, count, values);
  version_count(d, version_mask(d, sql));
  return OK;
}

/* The driver has no word for it: a loop that db_next drives. */
static status start_loop(ctx *c, db *d, db_rows **rows, const char *sql, size_t count,
                         const db_value *keys) {
  TRY(start_cached(c, d, rows, sql, 1, keys, true));
  (*rows)->keys = keys + 1;
  (*rows)->keys_left = count - 1;
  (*rows)->keys_ctx = c;
  (*rows)->keys_status = OK;
  return OK;
}

static bool next_key(db_rows *rows) {
  if (rows->keys_left == 0 || rows->keys_status != OK) return false;
  db *d = rows->d;
  status s = d->driver->finish(rows->keys_ctx, rows);
  if (s == OK) s = d->driver->execute(rows->keys_ctx, rows, 1, rows->keys, true);
  rows->keys++;
  rows->keys_left--;
  rows->keys_status = note_failure(d, s);
  return s == OK;
}

status db_select_each(ctx *c, db *d, db_rows **rows, const char *sql, const char *type,
                      size_t count, const db_value *keys) {
  assert(count > 0);
  if (d->driver->execute_each == NULL) return start_loop(c, d, rows, sql, count, keys);
  db_rows *statement = NULL;
  TRY(make_ready(c, d, sql, count, keys));
  TRY(note_failure(d, cached_statement(c, d, sql, (form){type, true, false}, &statement)));
  if (d->watcher != NULL) d->watcher->began(d->watcher->arg, sql, 1, keys);
  TRY(note_failure(d, d->driver->execute_each(c, statement, count, keys)));
  statement->is_open = true;
  d->open_rows++;
  *rows = statement;
  return OK;
}

bool db_next(db_rows *rows) {
  if (!rows->is_open || rows->keys_status != OK) return false;
  do {
    if (rows->d->driver->next(rows)) return true;
  } while (next_key(rows));
  return false;
}

status db_done(ctx *c, db_rows *rows) {
  db *d = rows->d;
  status s = OK;
  if (rows->is_open) {
    rows->is_open = false;
    d->open_rows--;
    s = note_failure(d, d->driver->finish(c, rows));
    watch_end(rows);
    if (rows->keys_status != OK) s = rows->keys_status;
    rows->keys_left = 0;
    rows->keys_status = OK;
  }
  if (!rows->is_cached) drop_chain(rows);
  return s;
}

status db_keys(ctx *c, db_rows *rows, db_value **keys, size_t *count) {
  db_value *list = NULL;
  size_t found = 0, room = 0;
  while (db_next(rows)) {
    if (found == room) {
      size_t wider = room == 0 ? 16 : room * 2;
      list = arena_grow(c->arena, list, room * sizeof *list, wider * sizeof *list);
      room = wider;
    }
    db_type type = db_get_type(rows, 0);
    list[found++] = type == DB_TYPE_INT
                        ? DB_INT(db_get_int(rows, 0))
                        : (db_value){.type = type, .s = db_keep_text(rows, 0, c->arena)};
  }
  *keys = list;
  *count = found;
  return db_done(c, rows);
}

/* --- a moment among keys ---------------------------------------------------------------------- */

static status time_at(ctx *c, db *d, const char *first, int64_t key, instant *out) {
  db_rows *rows;
  TRY(db_select(c, d, &rows, first, 1, &DB_INT(key)));
  *out = db_next(rows) ? db_get_int(rows, 0) : INT64_MAX;
  return db_done(c, rows);
}

/* The first row from *low on is older than `at`, the first one from *high on is not. */
static status halve(ctx *c, db *d, const char *first, instant at, int64_t *low, int64_t *high) {
  const int64_t near = (int64_t)1 << 22; /* ids: a millisecond */
  *low = 0;
  *high = INT64_MAX;
  while (*high - *low > near) {
    int64_t middle = *low + (*high - *low) / 2;
    instant found;
    TRY(time_at(c, d, first, middle, &found));
    *(found < at ? low : high) = middle;
  }
  return OK;
}

enum { TURNS_S = 600 };

status db_key_at(ctx *c, db *d, const char *first, instant at, int64_t *out) {
  int64_t high;
  return halve(c, d, first, at - TURNS_S * MICROS_PER_SECOND, out, &high);
}

status db_key_after(ctx *c, db *d, const char *first, instant at, int64_t *out) {
  int64_t low;
  return halve(c, d, first, at + TURNS_S * MICROS_PER_SECOND, &low, out);
}

/* --- columns ---------------------------------------------------------------------------------- */

int db_columns(const db_rows *rows) { return rows->columns; }

str db_column_name(const db_rows *rows, int column) {
  assert(column >= 0 && column < rows->columns);
  return rows->d->driver->column_name(rows, column);
}

db_shown db_show(const db_rows *rows, int column, arena *a) {
  assert(column >= 0 && column < rows->columns);
  return rows->d->driver->show(rows, column, a);
}

db_type db_get_type(const db_rows *rows, int column) {
  assert(column >= 0 && column < rows->columns);
  return rows->d->driver->column_type(rows, column);
}

bool db_get_null(const db_rows *rows, int column) {
  return db_get_type(rows, column) == DB_TYPE_NULL;
}

int64_t db_get_int(const db_rows *rows, int column) {
  assert(column >= 0 && column < rows->columns);
  return rows->d->driver->column_int(rows, column);
}

str db_get_text(const db_rows *rows, int column) {
  assert(column >= 0 && column < rows->columns);
  return rows->d->driver->column_text(rows, column);
}

str db_get_bytes(const db_rows *rows, int column) { return db_get_text(rows, column); }

str db_keep_text(const db_rows *rows, int column, arena *a) {
  return str_copy(a, db_get_text(rows, column));
}

/* --- whole store ------------------------------------------------------------------------------ */

status db_backup(ctx *c, db *d, str to_file) { return d->driver->backup(c, d, to_file); }
status db_integrity(ctx *c, db *d) { return d->driver->integrity(c, d); }

str url_take_parameter(arena *a, str url, str name, str *value) {
  *value = (str){0};
  const char *mark = memchr(url.at, '?', url.len);
  if (mark == NULL) return url;
  buf kept = buf_make(a, url.len + 1);
  buf_add(&kept, (str){url.at, (size_t)(mark - url.at)});
  str rest = {mark + 1, url.len - (size_t)(mark + 1 - url.at)};
  str part;
  char joint = '?';
  while (str_split(&rest, '&', &part)) {
    if (part.len > name.len && part.at[name.len] == '=' && str_starts(part, name)) {
      *value = (str){part.at + name.len + 1, part.len - name.len - 1};
      continue;
    }
    buf_add_char(&kept, joint);
    buf_add(&kept, part);
    joint = '&';
  }
  return buf_str(&kept);
}
