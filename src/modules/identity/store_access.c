/* store_access.c - who may what, in SQL: failed sign-ins, sessions, API keys, approvals, and the
 * reading side of the audit trail. Rows to structs and back, no rules. Text that comes out is
 * copied into the caller's arena. */
#include "modules/identity/store.h"

/* --- sign-in failures ------------------------------------------------------------------------- */

status identity_load_signin(ctx *c, db *d, sha256 email_key, signin_row *out) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select failures, failed_at, locked_until from identity_signin where email_key=?1",
               DB_HASH(email_key)));
  *out = (signin_row){0};
  if (db_next(rows)) {
    *out = (signin_row){db_get_int(rows, 0), db_get_int(rows, 1), db_get_int(rows, 2)};
  }
  return db_done(c, rows);
}

status identity_save_signin(ctx *c, db *d, sha256 email_key, const signin_row *row) {
  return db_run(c, d,
                "insert into identity_signin(email_key, failures, failed_at, locked_until) "
                "values (?1, ?2, ?3, ?4) on conflict (email_key) do update "
                "set failures=excluded.failures, failed_at=excluded.failed_at, "
                "locked_until=excluded.locked_until",
                DB_HASH(email_key), DB_INT(row->failures), DB_INT(row->failed_at),
                DB_INT(row->locked_until));
}

status identity_drop_signin(ctx *c, db *d, sha256 email_key) {
  return db_run(c, d, "delete from identity_signin where email_key=?1", DB_HASH(email_key));
}

status identity_drop_old_signins(ctx *c, db *d, instant before) {
  return db_run(c, d, "delete from identity_signin where failed_at<?1", DB_INT(before));
}

/* --- sessions --------------------------------------------------------------------------------- */

#define SESSION_COLUMNS "session, user_id, remote, created_at, seen_at"

static session_row get_session(ctx *c, const db_rows *rows) {
  return (session_row){
      .session = db_get_int(rows, 0),
      .user_id = db_get_int(rows, 1),
      .remote = db_keep_text(rows, 2, c->arena),
      .created_at = db_get_int(rows, 3),
      .seen_at = db_get_int(rows, 4),
  };
}

status identity_save_session(ctx *c, db *d, sha256 token_hash, const session_row *s) {
  return db_run(c, d,
                "insert into identity_session(token_hash, " SESSION_COLUMNS ") "
                "values (?1, ?2, ?3, ?4, ?5, ?6)",
                DB_HASH(token_hash), DB_INT(s->session), DB_INT(s->user_id), DB_TEXT(s->remote),
                DB_INT(s->created_at), DB_INT(s->seen_at));
}

status identity_find_session(ctx *c, db *d, sha256 token_hash, session_row *out, bool *found) {
  db_rows *rows;
  TRY(db_query(c, d, &rows, "select " SESSION_COLUMNS " from identity_session where token_hash=?1",
               DB_HASH(token_hash)));
  *found = db_next(rows);
  if (*found) *out = get_session(c, rows);
  return db_done(c, rows);
}

status identity_list_sessions(ctx *c, db *d, id user, id after, int64_t max, session_row **out,
                              size_t *count) {
  db_rows *rows;
  void *items = NULL;
  *count = 0;
  TRY(db_query(c, d, &rows,
               "select " SESSION_COLUMNS " from identity_session "
               "where user_id=?1 and session>?2 order by session limit ?3",
               DB_INT(user), DB_INT(after), DB_INT(max)));
  while (db_next(rows)) {
    *(session_row *)identity_next_item(c, &items, count, max, sizeof(session_row)) =
        get_session(c, rows);
  }
  *out = items;
  return db_done(c, rows);
}

status identity_has_session(ctx *c, db *d, id user, id session, bool *found) {
  db_rows *rows;
  TRY(db_query(c, d, &rows, "select 1 from identity_session where user_id=?1 and session=?2",
               DB_INT(user), DB_INT(session)));
  *found = db_next(rows);
  return db_done(c, rows);
}

status identity_drop_session(ctx *c, db *d, id user, id session) {
  return db_run(c, d, "delete from identity_session where user_id=?1 and session=?2", DB_INT(user),
                DB_INT(session));
}

status identity_drop_sessions_of(ctx *c, db *d, id user, id except) {
  return db_run(c, d, "delete from identity_session where user_id=?1 and session<>?2", DB_INT(user),
                DB_INT(except));
}

status identity_touch_session(ctx *c, db *d, sha256 token_hash, instant seen_at) {
  return db_run(c, d, "update identity_session set seen_at=?2 where token_hash=?1 and seen_at<?2",
                DB_HASH(token_hash), DB_INT(seen_at));
}

status identity_drop_idle_sessions(ctx *c, db *d, instant before) {
  return db_run(c, d, "delete from identity_session where seen_at<?1", DB_INT(before));
}

/* --- API keys --------------------------------------------------------------------------------- */

#define API_KEY_COLUMNS \
  "api_key, tenant, user_id, name, secret_hash, scopes, created_at, expires_at, revoked_at"

static api_key_row get_api_key(ctx *c, const db_rows *rows) {
  return (api_key_row){
      .api_key = db_get_int(rows, 0),
      .tenant = db_get_int(rows, 1),
      .user_id = db_get_int(rows, 2),
      .name = db_keep_text(rows, 3, c->arena),
      .secret_hash = identity_get_hash(rows, 4),
      .scopes = (uint64_t)db_get_int(rows, 5),
      .created_at = db_get_int(rows, 6),
      .expires_at = db_get_int(rows, 7),
      .revoked_at = db_get_int(rows, 8),
  };
}

status identity_save_api_key(ctx *c, db *d, const api_key_row *k) {
  return db_run(c, d,
                "insert into identity_api_key(" API_KEY_COLUMNS ") "
                "values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                DB_INT(k->api_key), DB_INT(k->tenant), DB_INT(k->user_id), DB_TEXT(k->name),
                DB_HASH(k->secret_hash), DB_INT(k->scopes), DB_INT(k->created_at),
                DB_INT(k->expires_at), DB_INT(k->revoked_at));
}

status identity_find_api_key(ctx *c, db *d, id api_key, api_key_row *out, bool *found) {
  db_rows *rows;
  TRY(db_query(c, d, &rows, "select " API_KEY_COLUMNS " from identity_api_key where api_key=?1",
               DB_INT(api_key)));
  *found = db_next(rows);
  if (*found) *out = get_api_key(c, rows);
  return db_done(c, rows);
}

status identity_list_api_keys(ctx *c, db *d, id tenant, id after, int64_t max, api_key_row **out,
                              size_t *count) {
  db_rows *rows;
  void *items = NULL;
  *count = 0;
  TRY(db_query(c, d, &rows,
               "select " API_KEY_COLUMNS " from identity_api_key "
               "where tenant=?1 and api_key>?2 order by api_key limit ?3",
               DB_INT(tenant), DB_INT(after), DB_INT(max)));
  while (db_next(rows)) {
    *(api_key_row *)identity_next_item(c, &items, count, max, sizeof(api_key_row)) =
        get_api_key(c, rows);
  }
  *out = items;
  return db_done(c, rows);
}

status identity_revoke_api_key(ctx *c, db *d, id api_key) {
  return db_run(c, d, "update identity_api_key set revoked_at=?2 where api_key=?1 and revoked_at=0",
                DB_INT(api_key), DB_INT(c->real_now));
}

status identity_revoke_api_keys_of(ctx *c, db *d, id user) {
  return db_run(c, d, "update identity_api_key set revoked_at=?2 where user_id=?1 and revoked_at=0",
                DB_INT(user), DB_INT(c->real_now));
}

/* --- approvals -------------------------------------------------------------------------------- */

#define APPROVAL_COLUMNS                                                                       \
  "approval, action, parameters, note, state, proposer, proposed_at, expires_at, decided_by, " \
  "decided_at, reason, command"

static approval_row get_approval(ctx *c, const db_rows *rows) {
  return (approval_row){
      .approval = db_get_int(rows, 0),
      .action = db_keep_text(rows, 1, c->arena),
      .parameters = db_keep_text(rows, 2, c->arena),
      .note = db_keep_text(rows, 3, c->arena),
      .state = (int)db_get_int(rows, 4),
      .proposer = db_get_int(rows, 5),
      .proposed_at = db_get_int(rows, 6),
      .expires_at = db_get_int(rows, 7),
      .decided_by = db_get_int(rows, 8),
      .decided_at = db_get_int(rows, 9),
      .reason = db_keep_text(rows, 10, c->arena),
      .command = db_get_int(rows, 11),
  };
}

static status take_approval(ctx *c, db_rows *rows, approval_row *out, bool *found) {
  *found = db_next(rows);
  if (*found) *out = get_approval(c, rows);
  return db_done(c, rows);
}

status identity_save_approval(ctx *c, db *d, const approval_row *row) {
  return db_run(c, d,
                "insert into identity_approval(" APPROVAL_COLUMNS ") "
                "values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, 0, '', 0)",
                DB_INT(row->approval), DB_TEXT(row->action), DB_TEXT(row->parameters),
                DB_TEXT(row->note), DB_INT(row->state), DB_INT(row->proposer),
                DB_INT(row->proposed_at), DB_INT(row->expires_at));
}

status identity_load_approval(ctx *c, db *d, id approval, approval_row *out, bool *found) {
  db_rows *rows;
  TRY(db_query(c, d, &rows, "select " APPROVAL_COLUMNS " from identity_approval where approval=?1",
               DB_INT(approval)));
  return take_approval(c, rows, out, found);
}

status identity_lock_approval(ctx *c, db *d, id approval, approval_row *out, bool *found) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select " APPROVAL_COLUMNS " from identity_approval where approval=?1 for update",
               DB_INT(approval)));
  return take_approval(c, rows, out, found);
}

status identity_list_approvals(ctx *c, db *d, int state_or_minus, id after, int64_t max,
                               approval_row **out, size_t *count) {
  db_rows *rows;
  void *items = NULL;
  *count = 0;
  if (state_or_minus < 0) {
    TRY(db_query(c, d, &rows,
                 "select " APPROVAL_COLUMNS " from identity_approval "
                 "where approval>?1 order by approval limit ?2",
                 DB_INT(after), DB_INT(max)));
  } else {
    TRY(db_query(c, d, &rows,
                 "select " APPROVAL_COLUMNS " from identity_approval "
                 "where state=?1 and approval>?2 order by approval limit ?3",
                 DB_INT(state_or_minus), DB_INT(after), DB_INT(max)));
  }
  while (db_next(rows)) {
    *(approval_row *)identity_next_item(c, &items, count, max, sizeof(approval_row)) =
        get_approval(c, rows);
  }
  *out = items;
  return db_done(c, rows);
}

status identity_update_approval(ctx *c, db *d, const approval_row *row) {
  return db_run(c, d,
                "update identity_approval set state=?2, decided_by=?3, decided_at=?4, reason=?5, "
                "command=?6 where approval=?1",
                DB_INT(row->approval), DB_INT(row->state), DB_INT(row->decided_by),
                DB_INT(row->decided_at), DB_TEXT(row->reason), DB_INT(row->command));
}

status identity_expire_approvals(ctx *c, db *d, int64_t *count) {
  return db_run_count(c, d, count,
                      "update identity_approval set state=?1, decided_at=?2 "
                      "where state=?3 and expires_at<=?2",
                      DB_INT(APPROVAL_EXPIRED), DB_INT(c->now), DB_INT(APPROVAL_OPEN));
}

/* --- audit trail: the engine writes it, this is its reading side ------------------------------ */

/* A prefix the engine stored, like "usr", and a number as the text of an id. */
static str subject_print(ctx *c, str prefix, id subject) {
  for (int kind = 0; kind < ID_KIND_COUNT; kind++) {
    if (str_eq(prefix, str_from(id_prefix((id_kind)kind))))
      return id_print(c->arena, (id_kind)kind, subject);
  }
  return (str){0};
}

#define AUDIT_COLUMNS                                                                           \
  "select command_id, at, name, actor_kind, actor, tenant, subject_kind, subject, detail from " \
  "engine_command "

/* Between two commands: by the cursor, by the days asked for, and by how many are looked at. */
static status audit_span(ctx *c, db *d, audit_filter *f, id *above, id *below) {
  static const char first[] =
      "select at from engine_command where command_id >= ?1 order by command_id limit 1";
  db_rows *rows;
  id top = INT64_MAX;
  *above = f->floor = 0;
  if (f->from != 0) TRY(db_key_at(c, d, first, f->from, above));
  if (f->until != 0) TRY(db_key_after(c, d, first, f->until, &top));
  if (top < *below) *below = top;
  if (f->tenant == 0 && f->actor == 0 && f->name.len == 0) return OK;
  TRY(db_query(c, d, &rows,
               "select command_id from engine_command where command_id >= ?1 and command_id < ?2"
               " order by command_id desc limit 1 offset ?3",
               DB_INT(*above), DB_INT(*below), DB_INT(LIST_LOOK)));
  if (db_next(rows)) *above = f->floor = db_get_int(rows, 0);
  return db_done(c, rows);
}

/* What was done to one thing has an index of its own; the rest is walked in order. */
static status query_audit(ctx *c, db *d, audit_filter *f, id before, int64_t max, db_rows **rows) {
  str name = f->name.len > 0 ? f->name : STR("");
  bool is_family = name.len > 0 && name.at[name.len - 1] == '.';
  str first = is_family ? name : STR(""), last = is_family ? str_copy(c->arena, name) : STR("");
  if (is_family) ((char *)last.at)[last.len - 1] = '/'; /* the character after '.' */
  instant until = f->until != 0 ? f->until : INT64_MAX;
  id below = before != 0 ? before : INT64_MAX, above;
  if (f->subject != 0) {
    return db_query(c, d, rows,
                    AUDIT_COLUMNS
                    "where subject = ?1 and command_id < ?2 and (?3 = 0 or tenant = ?3)"
                    " order by command_id desc limit ?4",
                    DB_INT(f->subject), DB_INT(below), DB_INT(f->tenant), DB_INT(max));
  }
  TRY(audit_span(c, d, f, &above, &below));
  return db_query(
      c, d, rows,
      AUDIT_COLUMNS "where command_id >= ?10 and command_id < ?1 and (?2 = 0 or tenant = ?2) and"
                    " (?3 = 0 or actor = ?3) and at >= ?4 and at < ?5 and (?6 = '' or name = ?6 or"
                    " (name >= ?7 and name < ?8)) order by command_id desc limit ?9",
      DB_INT(below), DB_INT(f->tenant), DB_INT(f->actor), DB_INT(f->from), DB_INT(until),
      DB_TEXT(name), DB_TEXT(first), DB_TEXT(last), DB_INT(max), DB_INT(above));
}

status identity_find_audit(ctx *c, db *d, audit_filter *f, id before, int64_t max, audit_row **out,
                           size_t *count) {
  db_rows *rows;
  void *items = NULL;
  *count = 0;
  TRY(query_audit(c, d, f, before, max, &rows));
  while (db_next(rows)) {
    audit_row *a = identity_next_item(c, &items, count, max, sizeof *a);
    *a = (audit_row){
        .command = db_get_int(rows, 0),
        .at = db_get_int(rows, 1),
        .name = db_keep_text(rows, 2, c->arena),
        .actor_kind = (int)db_get_int(rows, 3),
        .actor = db_get_int(rows, 4),
        .tenant = db_get_int(rows, 5),
        .subject = subject_print(c, db_get_text(rows, 6), db_get_int(rows, 7)),
        .detail = db_keep_text(rows, 8, c->arena),
    };
  }
  *out = items;
  return db_done(c, rows);
}
