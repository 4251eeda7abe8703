/* store.c - every SQL statement of this folder: rows to structs and back. It holds no rules and
 * opens no personal data for anyone but identity_load_person. Text that comes out is copied into
 * the caller's arena. */
#include "modules/identity/inside.h"

#include <string.h>

#define DB_HASH(h) DB_BYTES((h).bytes, sizeof(h).bytes)

static sha256 get_hash(const db_rows *rows, int column) {
  str bytes = db_get_bytes(rows, column);
  sha256 out = {{0}};
  if (bytes.len == sizeof out.bytes) memcpy(out.bytes, bytes.at, bytes.len);
  return out;
}

static str keep_bytes(const db_rows *rows, int column, arena *a) {
  return str_copy(a, db_get_bytes(rows, column));
}

/* A list that grows while rows come in: at most `max` rows of `size` bytes. */
static void *next_item(ctx *c, void **items, size_t *count, int64_t max, size_t size) {
  if (*items == NULL) *items = arena_take(c->arena, (size_t)max, size);
  assert(*count < (size_t)max);
  return (char *)*items + size * (*count)++;
}

/* --- market ----------------------------------------------------------------------------------- */

status identity_load_market(ctx *c, db *d, market *out, sha256 *key_check, bool *found) {
  db_rows *rows;
  TRY(db_query0(
      c, d, &rows,
      "select platform, entity, operator_user, currency, utc_offset_minutes, name, key_check "
      "from market where market=1"));
  *found = db_next(rows);
  if (*found) {
    *out = (market){
        .platform = db_get_int(rows, 0),
        .entity = db_get_int(rows, 1),
        .operator_user = db_get_int(rows, 2),
        .currency = (uint32_t)db_get_int(rows, 3),
        .utc_offset_minutes = (int)db_get_int(rows, 4),
        .name = db_keep_text(rows, 5, c->arena),
    };
    *key_check = get_hash(rows, 6);
  }
  return db_done(c, rows);
}

status identity_save_market(ctx *c, db *d, const market *m) {
  sha256 check = identity_key_check();
  return db_run(c, d,
                "insert into market(market, platform, entity, operator_user, currency, "
                "utc_offset_minutes, name, key_check, created_at) "
                "values (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                DB_INT(m->platform), DB_INT(m->entity), DB_INT(m->operator_user),
                DB_INT(m->currency), DB_INT(m->utc_offset_minutes), DB_TEXT(m->name),
                DB_HASH(check), DB_INT(c->now));
}

status identity_save_parameter(ctx *c, db *d, const parameter_row *p) {
  return db_run(c, d,
                "insert into market_parameter(name, valid_from, value, set_by, set_at) "
                "values (?1, ?2, ?3, ?4, ?5) on conflict (name, valid_from) do update "
                "set value=excluded.value, set_by=excluded.set_by, set_at=excluded.set_at",
                DB_TEXT(p->name), DB_INT(p->valid_from), DB_INT(p->value), DB_INT(p->set_by),
                DB_INT(p->set_at));
}

status identity_load_parameter(ctx *c, db *d, const char *name, date on, int64_t *value,
                               bool *found) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select value from market_parameter where name=?1 and valid_from<=?2 "
               "order by valid_from desc limit 1",
               DB_TEXT(str_from(name)), DB_INT(on)));
  *found = db_next(rows);
  if (*found) *value = db_get_int(rows, 0);
  return db_done(c, rows);
}

status identity_list_parameters(ctx *c, db *d, int64_t max, parameter_row **out, size_t *count) {
  db_rows *rows;
  void *items = NULL;
  *count = 0;
  TRY(db_query(c, d, &rows,
               "select name, valid_from, value, set_by, set_at from market_parameter "
               "order by name, valid_from limit ?1",
               DB_INT(max)));
  while (db_next(rows)) {
    parameter_row *p = next_item(c, &items, count, max, sizeof *p);
    *p = (parameter_row){
        .name = db_keep_text(rows, 0, c->arena),
        .valid_from = (date)db_get_int(rows, 1),
        .value = db_get_int(rows, 2),
        .set_by = db_get_int(rows, 3),
        .set_at = db_get_int(rows, 4),
    };
  }
  *out = items;
  return db_done(c, rows);
}

/* --- tenants and entities --------------------------------------------------------------------- */

status identity_save_tenant(ctx *c, db *d, id tenant, tenant_kind kind, str name) {
  return db_run(
      c, d, "insert into identity_tenant(tenant, kind, name, created_at) values (?1, ?2, ?3, ?4)",
      DB_INT(tenant), DB_INT(kind), DB_TEXT(name), DB_INT(c->now));
}

status identity_has_tenant(ctx *c, db *d, id tenant, bool *found) {
  db_rows *rows;
  TRY(db_query(c, d, &rows, "select 1 from identity_tenant where tenant=?1", DB_INT(tenant)));
  *found = db_next(rows);
  return db_done(c, rows);
}

status identity_list_tenants(ctx *c, db *d, id only, id after, int64_t max, tenant_row **out,
                             size_t *count) {
  db_rows *rows;
  void *items = NULL;
  *count = 0;
  TRY(db_query(c, d, &rows,
               "select tenant, kind, name, created_at from identity_tenant "
               "where tenant>?1 and (?2=0 or tenant=?2) order by tenant limit ?3",
               DB_INT(after), DB_INT(only), DB_INT(max)));
  while (db_next(rows)) {
    tenant_row *t = next_item(c, &items, count, max, sizeof *t);
    *t = (tenant_row){db_get_int(rows, 0), (int)db_get_int(rows, 1),
                      db_keep_text(rows, 2, c->arena), db_get_int(rows, 3)};
  }
  *out = items;
  return db_done(c, rows);
}

status identity_save_entity(ctx *c, db *d, const entity_row *e) {
  return db_run(c, d,
                "insert into identity_entity(entity, tenant, name, registration, created_at) "
                "values (?1, ?2, ?3, ?4, ?5)",
                DB_INT(e->entity), DB_INT(e->tenant), DB_TEXT(e->name), DB_TEXT(e->registration),
                DB_INT(e->created_at));
}

status identity_list_entities(ctx *c, db *d, id after, int64_t max, entity_row **out,
                              size_t *count) {
  db_rows *rows;
  void *items = NULL;
  *count = 0;
  TRY(db_query(c, d, &rows,
               "select entity, tenant, name, registration, created_at from identity_entity "
               "where entity>?1 order by entity limit ?2",
               DB_INT(after), DB_INT(max)));
  while (db_next(rows)) {
    entity_row *e = next_item(c, &items, count, max, sizeof *e);
    *e = (entity_row){db_get_int(rows, 0), db_get_int(rows, 1), db_keep_text(rows, 2, c->arena),
                      db_keep_text(rows, 3, c->arena), db_get_int(rows, 4)};
  }
  *out = items;
  return db_done(c, rows);
}

/* --- users ------------------------------------------------------------------------------------ */

#define USER_COLUMNS "user_id, tenant, kind, role, state, created_at"

static user_row get_user(const db_rows *rows) {
  return (user_row){
      .user_id = db_get_int(rows, 0),
      .tenant = db_get_int(rows, 1),
      .kind = (int)db_get_int(rows, 2),
      .role = (int)db_get_int(rows, 3),
      .state = (int)db_get_int(rows, 4),
      .created_at = db_get_int(rows, 5),
  };
}

static status take_user(ctx *c, db_rows *rows, user_row *out, bool *found) {
  *found = db_next(rows);
  if (*found) *out = get_user(rows);
  return db_done(c, rows);
}

status identity_save_user(ctx *c, db *d, const user_row *u) {
  return db_run(c, d, "insert into identity_user(" USER_COLUMNS ") values (?1, ?2, ?3, ?4, ?5, ?6)",
                DB_INT(u->user_id), DB_INT(u->tenant), DB_INT(u->kind), DB_INT(u->role),
                DB_INT(u->state), DB_INT(u->created_at));
}

status identity_load_user(ctx *c, db *d, id user, user_row *out, bool *found) {
  db_rows *rows;
  TRY(db_query(c, d, &rows, "select " USER_COLUMNS " from identity_user where user_id=?1",
               DB_INT(user)));
  return take_user(c, rows, out, found);
}

status identity_lock_user(ctx *c, db *d, id user, user_row *out, bool *found) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select " USER_COLUMNS " from identity_user where user_id=?1 for update",
               DB_INT(user)));
  return take_user(c, rows, out, found);
}

status identity_update_user(ctx *c, db *d, const user_row *u) {
  return db_run(c, d, "update identity_user set role=?2, state=?3 where user_id=?1",
                DB_INT(u->user_id), DB_INT(u->role), DB_INT(u->state));
}

status identity_list_users(ctx *c, db *d, const user_filter *f, id after, int64_t max,
                           user_row **out, size_t *count) {
  db_rows *rows;
  void *items = NULL;
  *count = 0;
  TRY(db_query(c, d, &rows,
               "select " USER_COLUMNS " from identity_user "
               "where (?1=0 or tenant=?1) and user_id>?2 and (?4=0 or kind=?4) and (?5=0 or "
               "state=?5-1) order by user_id limit ?3",
               DB_INT(f->tenant), DB_INT(after), DB_INT(max), DB_INT(f->kind), DB_INT(f->state)));
  while (db_next(rows))
    *(user_row *)next_item(c, &items, count, max, sizeof(user_row)) = get_user(rows);
  *out = items;
  return db_done(c, rows);
}

/* --- personal data ---------------------------------------------------------------------------- */

status identity_save_person(ctx *c, db *d, id user, const person *p) {
  str sealed_key, data;
  identity_person_seal(c, user, p, &sealed_key, &data);
  return db_run(c, d, "insert into identity_person(user_id, sealed_key, data) values (?1, ?2, ?3)",
                DB_INT(user), DB_BYTES(sealed_key.at, sealed_key.len), DB_BYTES(data.at, data.len));
}

static status load_sealed(ctx *c, db *d, id user, str *sealed_key, str *data) {
  db_rows *rows;
  TRY(db_query(c, d, &rows, "select sealed_key, data from identity_person where user_id=?1",
               DB_INT(user)));
  *sealed_key = *data = (str){0};
  if (db_next(rows)) {
    *sealed_key = keep_bytes(rows, 0, c->arena);
    *data = keep_bytes(rows, 1, c->arena);
  }
  return db_done(c, rows);
}

status identity_load_person_key(ctx *c, db *d, id user, str *sealed_key) {
  str data;
  return load_sealed(c, d, user, sealed_key, &data);
}

status identity_load_person(ctx *c, db *d, id user, person *out) {
  str sealed_key, data;
  TRY(identity_keys_ready(c, d));
  TRY(load_sealed(c, d, user, &sealed_key, &data));
  if (identity_person_is_erased(sealed_key)) {
    *out = (person){0};
    return OK;
  }
  return identity_person_open(c, user, sealed_key, data, out);
}

status identity_update_person(ctx *c, db *d, id user, const person *p) {
  str sealed_key, data;
  TRY(load_sealed(c, d, user, &sealed_key, &data));
  TRY(identity_person_reseal(c, user, sealed_key, p, &data));
  return db_run(c, d, "update identity_person set data=?2 where user_id=?1", DB_INT(user),
                DB_BYTES(data.at, data.len));
}

/* Zeros of the same length, not NULL: SQLite then overwrites the bytes where they lie. */
status identity_erase_person(ctx *c, db *d, id user) {
  str sealed_key, data;
  TRY(load_sealed(c, d, user, &sealed_key, &data));
  size_t longest = sealed_key.len > data.len ? sealed_key.len : data.len;
  const char *zeros = arena_take(c->arena, longest + 1, 1);
  TRY(db_run(c, d, "update identity_person set sealed_key=?2, data=?3 where user_id=?1",
             DB_INT(user), DB_BYTES(zeros, sealed_key.len), DB_BYTES(zeros, data.len)));
  return db_run(c, d, "delete from identity_credential where user_id=?1", DB_INT(user));
}

status identity_save_email(ctx *c, db *d, sha256 key, id user) {
  return db_run(c, d, "insert into identity_email(email_key, user_id) values (?1, ?2)",
                DB_HASH(key), DB_INT(user));
}

status identity_find_email(ctx *c, db *d, sha256 key, id *user) {
  db_rows *rows;
  TRY(db_query(c, d, &rows, "select user_id from identity_email where email_key=?1", DB_HASH(key)));
  *user = db_next(rows) ? db_get_int(rows, 0) : 0;
  return db_done(c, rows);
}

status identity_drop_email(ctx *c, db *d, sha256 key) {
  return db_run(c, d, "delete from identity_email where email_key=?1", DB_HASH(key));
}

status identity_save_password(ctx *c, db *d, id user, str password_hash) {
  return db_run(c, d,
                "insert into identity_credential(user_id, password_hash, changed_at) "
                "values (?1, ?2, ?3) on conflict (user_id) do update "
                "set password_hash=excluded.password_hash, changed_at=excluded.changed_at",
                DB_INT(user), DB_TEXT(password_hash), DB_INT(c->real_now));
}

status identity_load_password(ctx *c, db *d, id user, str *password_hash) {
  db_rows *rows;
  TRY(db_query(c, d, &rows, "select password_hash from identity_credential where user_id=?1",
               DB_INT(user)));
  *password_hash = db_next(rows) ? db_keep_text(rows, 0, c->arena) : (str){0};
  return db_done(c, rows);
}

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
    *(session_row *)next_item(c, &items, count, max, sizeof(session_row)) = get_session(c, rows);
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
      .secret_hash = get_hash(rows, 4),
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
    *(api_key_row *)next_item(c, &items, count, max, sizeof(api_key_row)) = get_api_key(c, rows);
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
  TRY(db_query(c, d, &rows,
               "select " APPROVAL_COLUMNS " from identity_approval "
               "where (?1<0 or state=?1) and approval>?2 order by approval limit ?3",
               DB_INT(state_or_minus), DB_INT(after), DB_INT(max)));
  while (db_next(rows)) {
    *(approval_row *)next_item(c, &items, count, max, sizeof(approval_row)) = get_approval(c, rows);
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

/* What was done to one thing has an index of its own; the rest is walked in order. */
static status query_audit(ctx *c, db *d, const audit_filter *f, id before, int64_t max,
                          db_rows **rows) {
  str name = f->name.len > 0 ? f->name : STR("");
  bool is_family = name.len > 0 && name.at[name.len - 1] == '.';
  str first = is_family ? name : STR(""), last = is_family ? str_copy(c->arena, name) : STR("");
  if (is_family) ((char *)last.at)[last.len - 1] = '/'; /* the character after '.' */
  instant until = f->until != 0 ? f->until : INT64_MAX;
  id top = before != 0 ? before : INT64_MAX;
  if (f->subject != 0) {
    return db_query(c, d, rows,
                    AUDIT_COLUMNS
                    "where subject = ?1 and command_id < ?2 and (?3 = 0 or tenant = ?3)"
                    " order by command_id desc limit ?4",
                    DB_INT(f->subject), DB_INT(top), DB_INT(f->tenant), DB_INT(max));
  }
  return db_query(c, d, rows,
                  AUDIT_COLUMNS
                  "where command_id < ?1 and (?2 = 0 or tenant = ?2) and (?3 = 0 or actor = ?3)"
                  " and at >= ?4 and at < ?5 and (?6 = '' or name = ?6 or (name >= ?7 and name < "
                  "?8)) order by command_id desc limit ?9",
                  DB_INT(top), DB_INT(f->tenant), DB_INT(f->actor), DB_INT(f->from), DB_INT(until),
                  DB_TEXT(name), DB_TEXT(first), DB_TEXT(last), DB_INT(max));
}

status identity_find_audit(ctx *c, db *d, const audit_filter *f, id before, int64_t max,
                           audit_row **out, size_t *count) {
  db_rows *rows;
  void *items = NULL;
  *count = 0;
  TRY(query_audit(c, d, f, before, max, &rows));
  while (db_next(rows)) {
    audit_row *a = next_item(c, &items, count, max, sizeof *a);
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
