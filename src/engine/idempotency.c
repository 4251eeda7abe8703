/* idempotency.c - the answers kept under Idempotency-Keys. A committed answer is stored in the
 * transaction of its command and given again, byte by byte, for the same key and body; a refusal is
 * not stored, so that it can be tried again. On PostgreSQL the row is claimed before the command
 * runs: a twin waits for it there. */
#include "engine/internal.h"

#include <stdlib.h>
#include <string.h>

typedef struct stored_answer {
  bool found;
  sha256 body;
  int http_status;
  id command_id;
  str response;
} stored_answer;

static status look_up(tx *t, stored_answer *out) {
  db_rows *rows;
  const command *cmd = t->cmd;
  *out = (stored_answer){.found = false};
  TRY(db_query(
      &t->ctx, tx_db(t), &rows,
      "select body_hash, http_status, command_id, response from engine_key where key_hash = ?1",
      DB_BYTES(cmd->key.bytes, sizeof cmd->key.bytes)));
  if (db_next(rows)) {
    str body = db_get_bytes(rows, 0);
    out->found = body.len == sizeof out->body.bytes;
    if (out->found) memcpy(out->body.bytes, body.at, body.len);
    out->http_status = (int)db_get_int(rows, 1);
    out->command_id = db_get_int(rows, 2);
    out->response = db_keep_text(rows, 3, t->g->ctx.arena);
  }
  return db_done(&t->ctx, rows);
}

static status claim(tx *t, bool *taken) {
  const command *cmd = t->cmd;
  int64_t touched = 0;
  TRY(db_run_count(
      &t->ctx, tx_db(t), &touched,
      "insert into engine_key(key_hash, body_hash, at, http_status, command_id, response)"
      " values (?1, ?2, ?3, 0, 0, ?4) on conflict do nothing",
      DB_BYTES(cmd->key.bytes, sizeof cmd->key.bytes),
      DB_BYTES(cmd->body.bytes, sizeof cmd->body.bytes), DB_INT(t->ctx.real_now), DB_BYTES("", 0)));
  *taken = touched == 1;
  return OK;
}

/* --- a whole group's (PostgreSQL) ------------------------------------------------------------- */

enum { KEY_PLACES = 6 };

typedef struct asked_key {
  const sha256 *key;
  tx *t;
} asked_key;

static int by_key(const void *a, const void *b) {
  return memcmp(((const asked_key *)a)->key, ((const asked_key *)b)->key, sizeof(sha256));
}

/* Which commands have keys, in their order. A key that two of them have is looked up by each in its
 * turn, for the later one's answer is the earlier one's. */
static size_t list_keys(tx *txs, size_t count, asked_key *asked, bool *has_twins) {
  size_t found = 0;
  for (size_t i = 0; i < count; i++) {
    if (txs[i].cmd->has_key) asked[found++] = (asked_key){&txs[i].cmd->key, &txs[i]};
  }
  qsort(asked, found, sizeof *asked, by_key);
  *has_twins = false;
  for (size_t i = 1; i < found; i++)
    *has_twins = *has_twins || by_key(&asked[i - 1], &asked[i]) == 0;
  return found;
}

static void note_stored(group *g, asked_key *asked, size_t count, const db_rows *rows) {
  str bytes = db_get_bytes(rows, 0), body = db_get_bytes(rows, 1);
  sha256 key;
  stored_answer *stored = ARENA_NEW(g->ctx.arena, stored_answer);
  if (bytes.len != sizeof key.bytes || body.len != sizeof stored->body.bytes) return;
  memcpy(key.bytes, bytes.at, bytes.len);
  memcpy(stored->body.bytes, body.at, body.len);
  asked_key *a = bsearch(&(asked_key){.key = &key}, asked, count, sizeof *asked, by_key);
  if (a == NULL) return;
  stored->found = true;
  stored->http_status = (int)db_get_int(rows, 2);
  stored->command_id = db_get_int(rows, 3);
  stored->response = db_keep_text(rows, 4, g->ctx.arena);
  a->t->stored = stored;
}

/* Nothing is claimed: two processes that run one key at once meet in its row at the end, and the
 * later one's group is run again, command by command. */
status keys_look_up(group *g, tx *txs, size_t count) {
  bool has_twins;
  if (g->e->kind != DB_POSTGRES || count < 2) return OK;
  asked_key *asked = ARENA_ARRAY(g->ctx.arena, asked_key, count);
  size_t found = list_keys(txs, count, asked, &has_twins);
  if (found == 0 || has_twins) return OK;
  db_value *keys = ARENA_ARRAY(g->ctx.arena, db_value, found);
  for (size_t i = 0; i < found; i++)
    keys[i] = DB_BYTES(asked[i].key->bytes, sizeof asked[i].key->bytes);
  db_rows *rows;
  TRY(db_query_each(&g->ctx, g->l->d, &rows,
                    "select key_hash, body_hash, http_status, command_id, response"
                    " from engine_key where key_hash = ?1",
                    "b", found, keys));
  while (db_next(rows))
    note_stored(g, asked, found, rows);
  TRY(db_done(&g->ctx, rows));
  for (size_t i = 0; i < found; i++)
    asked[i].t->looked_up = true;
  return OK;
}

static void note_key(tx *t, str stored) {
  const command *cmd = t->cmd;
  const db_value row[KEY_PLACES] = {
      DB_BYTES(cmd->key.bytes, sizeof cmd->key.bytes),
      DB_BYTES(cmd->body.bytes, sizeof cmd->body.bytes),
      DB_INT(t->ctx.real_now),
      DB_INT(cmd->http_status),
      DB_INT(t->command_id),
      DB_BYTES(stored.at, stored.len),
  };
  group_note(t->g, &t->g->keys, row, KEY_PLACES);
}

status keys_flush(group *g) {
  return db_run_set(&g->ctx, g->l->d,
                    "insert into engine_key(key_hash, body_hash, at, http_status, command_id,"
                    " response) values (?1, ?2, ?3, ?4, ?5, ?6)",
                    "bbiiib", g->keys.count / KEY_PLACES, g->keys.at);
}

/* --- a command's ------------------------------------------------------------------------------ */

static void answer_from(tx *t, const stored_answer *stored) {
  command *cmd = t->cmd;
  if (!sha256_eq(&stored->body, &cmd->body)) {
    cmd->outcome = E_KEY_REUSED;
    cmd->fault =
        (fault){.code = E_KEY_REUSED,
                .detail = STR("this Idempotency-Key was used with another body; send a new key")};
    return;
  }
  str copy = keep_text(cmd->arena, stored->response);
  if (copy.len != stored->response.len) {
    cmd->outcome = E_NO_MEMORY;
    cmd->fault =
        (fault){.code = E_NO_MEMORY, .detail = STR("the stored answer is too long to give again")};
    return;
  }
  cmd->response = copy;
  cmd->http_status = stored->http_status;
  cmd->command_id = stored->command_id;
  cmd->replayed = true;
}

status key_begin(tx *t, bool *answered) {
  *answered = false;
  if (t->looked_up) {
    if (t->stored != NULL) answer_from(t, t->stored);
    *answered = t->stored != NULL;
    return OK;
  }
  if (t->g->e->kind == DB_POSTGRES) {
    TRY(claim(t, &t->claimed));
    if (t->claimed) return OK;
  }
  stored_answer stored;
  TRY(look_up(t, &stored));
  if (!stored.found) return OK;
  answer_from(t, &stored);
  *answered = true;
  return OK;
}

status key_end(tx *t, str stored) {
  const command *cmd = t->cmd;
  if (t->looked_up) {
    note_key(t, stored);
    return OK;
  }
  return db_run(&t->ctx, tx_db(t),
                "insert into engine_key(key_hash, body_hash, at, http_status, command_id, response)"
                " values (?1, ?2, ?3, ?4, ?5, ?6) on conflict (key_hash) do update set"
                " http_status = excluded.http_status, command_id = excluded.command_id,"
                " response = excluded.response",
                DB_BYTES(cmd->key.bytes, sizeof cmd->key.bytes),
                DB_BYTES(cmd->body.bytes, sizeof cmd->body.bytes), DB_INT(t->ctx.real_now),
                DB_INT(cmd->http_status), DB_INT(t->command_id), DB_BYTES(stored.at, stored.len));
}

status key_release(tx *t) {
  const command *cmd = t->cmd;
  return db_run(&t->ctx, tx_db(t), "delete from engine_key where key_hash = ?1",
                DB_BYTES(cmd->key.bytes, sizeof cmd->key.bytes));
}
