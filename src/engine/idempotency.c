/* idempotency.c - the answers kept under Idempotency-Keys. A committed answer is stored in the
 * transaction of its command and given again, byte by byte, for the same key and body; a refusal is
 * not stored, so that it can be tried again. On PostgreSQL the row is claimed before the command
 * runs: a twin waits for it there. */
#include "engine/internal.h"

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
