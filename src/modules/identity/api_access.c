/* api_access.c - signing in and out, one's own sessions and password, and API keys on the wire.
 * Passwords are verified here, on a worker thread, before a command is queued. */
#include "modules/identity/commands.h"

/* --- shapes ----------------------------------------------------------------------------------- */

static const field sign_in_fields[] = {
    F_STR(sign_in_in, email, FIELD_REQUIRED, 3, EMAIL_MAX, "E-mail address."),
    F_STR(sign_in_in, password, FIELD_REQUIRED, 1, PASSWORD_MAX, "Password."),
};
SHAPE(identity_sign_in_shape, "SignIn", sign_in_in, sign_in_fields);

static const field session_fields[] = {
    F_ID(session_out, session, 0, ID_SESSION, "The session."),
    F_ID(session_out, user, 0, ID_USER, "Who signed in."),
    F_ID(session_out, tenant, 0, ID_TENANT, "Their organisation."),
    F_ENUM(session_out, kind, 0, user_kinds, "What kind of user."),
    F_STR(session_out, scopes, 0, 0, 0, "What they may do, separated by spaces."),
    F_STR(session_out, csrf_token, FIELD_SECRET, 0, 0, "Send as X-CSRF-Token with every write."),
    F_TIME(session_out, expires_at, 0, "When it ends if it is not used until then."),
    F_STR(session_out, cookie, FIELD_COOKIE, 0, 0, "The session's cookie."),
};
SHAPE(identity_session_shape, "Session", session_out, session_fields);

static const field session_row_fields[] = {
    F_ID(session_row, session, 0, ID_SESSION, "The session."),
    F_STR(session_row, remote, 0, 0, 0, "The address it was opened from."),
    F_TIME(session_row, created_at, 0, "When it was opened."),
    F_TIME(session_row, seen_at, 0, "When it was last used, to a few minutes."),
    F_BOOL(session_row, is_current, 0, "Whether it is the one that asks."),
};
SHAPE(identity_session_row_shape, "OpenSession", session_row, session_row_fields);

static const field password_fields[] = {
    F_STR(password_in, current, FIELD_REQUIRED, 1, PASSWORD_MAX, "The password so far."),
    F_STR(password_in, new_password, FIELD_REQUIRED, PASSWORD_MIN, PASSWORD_MAX, "The new one."),
};
SHAPE(identity_password_shape, "PasswordChange", password_in, password_fields);

static const field me_fields[] = {
    F_OBJECT(me_out, user, 0, &identity_user_shape, "Who is calling."),
    F_STR(me_out, scopes, 0, 0, 0, "What this caller may do, separated by spaces."),
    F_STR(me_out, csrf_token, FIELD_OMIT_ZERO, 0, 0,
          "Browser sessions: send as X-CSRF-Token with every write."),
};
SHAPE(identity_me_shape, "Me", me_out, me_fields);

static const field api_key_in_fields[] = {
    F_STR(api_key_in, name, FIELD_REQUIRED, 1, 100, "What the key is for."),
    F_STR(api_key_in, scopes, FIELD_REQUIRED, 1, 400,
          "Scopes separated by spaces; at most the maker's own."),
    F_TIME(api_key_in, expires_at, 0, "When it ends; 366 days from now when left out."),
};
SHAPE(identity_api_key_in_shape, "NewApiKey", api_key_in, api_key_in_fields);

static const field api_key_fields[] = {
    F_ID(api_key_out, key, 0, ID_API_KEY, "The key's id."),
    F_ID(api_key_out, user, 0, ID_USER, "Who made it."),
    F_STR(api_key_out, name, 0, 0, 100, "What it is for."),
    F_STR(api_key_out, scopes, 0, 0, 0, "What it may do."),
    F_STR(api_key_out, secret, FIELD_SECRET | FIELD_OMIT_ZERO, 0, 0,
          "Send as \"Authorization: Bearer ...\"; shown once."),
    F_TIME(api_key_out, created_at, 0, "When it was made."),
    F_TIME(api_key_out, expires_at, 0, "When it ends."),
    F_TIME(api_key_out, revoked_at, 0, "When it was revoked; null: in force."),
};
SHAPE(identity_api_key_shape, "ApiKey", api_key_out, api_key_fields);

/* --- signing in ------------------------------------------------------------------------------- */

/* What the store knows of an address; an unknown one has no user and an empty hash. */
static status look_up(ctx *c, engine *e, str email, session_start *s) {
  db *reader = engine_reader(e, c);
  if (reader == NULL) return fail(c, E_STORE, "the store cannot be read now; retry");
  status result = identity_keys_ready(c, reader);
  if (result == OK) {
    s->email_key = identity_email_key(email);
    result = identity_find_email(c, reader, s->email_key, &s->user);
  }
  if (result == OK) result = identity_load_password(c, reader, s->user, &s->password_hash);
  if (result == OK) result = identity_load_signin(c, reader, s->email_key, &s->signin);
  engine_reader_done(e, reader);
  return result;
}

static status check_lock(ctx *c, const session_start *s) {
  if (!identity_signin_is_locked(&s->signin, c->real_now)) return OK;
  c->fault.retry_after_s = (int)((s->signin.locked_until - c->real_now) / MICROS_PER_SECOND) + 1;
  return fail(c, E_RATE, "too many failed sign-ins; wait %d minutes", SIGNIN_LOCK_S / 60);
}

static status count_failure(ctx *c, const request *r, const session_start *s) {
  session_failure failure = {.email_key = s->email_key};
  return engine_call(c, r->engine, &identity_sign_in_failed, &failure, engine_system(r->engine));
}

static status refuse_sign_in(ctx *c, const request *r, const session_start *s) {
  TRY(count_failure(c, r, s));
  return fail(c, E_UNAUTHENTICATED, IDENTITY_WRONG_PASSWORD);
}

status identity_prepare_sign_in(ctx *c, const request *r, command *cmd, void **out) {
  const sign_in_in *in = r->in;
  session_start *s = ARENA_NEW(c->arena, session_start);
  str email;
  if (!identity_email_parse(c->arena, in->email, &email)) {
    return fail_field(c, E_MALFORMED, STR("/email"), "this is no e-mail address");
  }
  TRY(look_up(c, r->engine, email, s));
  TRY(check_lock(c, s));
  /* An unknown address costs the same hash and the same commit as a wrong password. */
  bool matches = identity_password_matches(s->password_hash, in->password);
  if (!matches || s->user == 0) return refuse_sign_in(c, r, s);
  s->token = identity_secret_make(c->arena);
  s->remote = r->remote;
  cmd->type = &identity_sign_in;
  cmd->state = s;
  *out = &s->out;
  return OK;
}

/* --- sessions and oneself --------------------------------------------------------------------- */

static status prepare_end(ctx *c, id session, command *cmd, void **out) {
  session_end *s = ARENA_NEW(c->arena, session_end);
  s->session = session;
  cmd->type = &identity_end_session;
  cmd->state = s;
  *out = &s->out;
  return OK;
}

status identity_prepare_sign_out(ctx *c, const request *r, command *cmd, void **out) {
  return prepare_end(c, r->who.key, cmd, out);
}

status identity_prepare_end_session(ctx *c, const request *r, command *cmd, void **out) {
  return prepare_end(c, r->params[0], cmd, out);
}

status identity_read_sessions(ctx *c, const request *r, db *d, void *out) {
  id after;
  int64_t max;
  session_row *rows;
  size_t count;
  TRY(identity_page_open(c, r->query, &after, &max));
  TRY(identity_list_sessions(c, d, r->who.actor, after, max, &rows, &count));
  for (size_t i = 0; i < count; i++)
    rows[i].is_current = rows[i].session == r->who.key;
  identity_page_close(c, out, rows, count, max, count > 0 ? rows[count - 1].session : 0);
  return OK;
}

status identity_read_me(ctx *c, const request *r, db *d, void *out) {
  me_out *me = out;
  user_row row;
  person who;
  bool found;
  TRY(identity_load_user(c, d, r->who.actor, &row, &found));
  if (!found) return fail(c, E_NOT_FOUND, "the caller is no user");
  TRY(identity_load_person(c, d, r->who.actor, &who));
  me->user = identity_user_view(&row, &who);
  me->scopes = identity_scopes_print(c->arena, r->who.scopes);
  bool is_key = str_starts(r->session_token, STR("tk_"));
  if (!is_key) me->csrf_token = identity_csrf_of(c->arena, r->session_token);
  return OK;
}

/* One's own password, and how often one's address was tried with a wrong one. */
static status look_up_own(ctx *c, const request *r, session_start *s) {
  person who;
  db *reader = engine_reader(r->engine, c);
  if (reader == NULL) return fail(c, E_STORE, "the store cannot be read now; retry");
  status result = identity_keys_ready(c, reader);
  if (result == OK) result = identity_load_password(c, reader, r->who.actor, &s->password_hash);
  if (result == OK) result = identity_load_person(c, reader, r->who.actor, &who);
  if (result == OK) s->email_key = identity_email_key(who.email);
  if (result == OK) result = identity_load_signin(c, reader, s->email_key, &s->signin);
  engine_reader_done(r->engine, reader);
  return result;
}

status identity_prepare_password(ctx *c, const request *r, command *cmd, void **out) {
  const password_in *in = r->in;
  password_change *s = ARENA_NEW(c->arena, password_change);
  session_start *own = ARENA_NEW(c->arena, session_start);
  TRY(look_up_own(c, r, own));
  s->old_hash = own->password_hash;
  TRY(identity_check_password(c, STR("/new_password"), in->new_password, (str){0}));
  TRY(check_lock(c, own));
  if (!identity_password_matches(s->old_hash, in->current)) {
    /* Guessing by a stolen session is guessing all the same. */
    TRY(count_failure(c, r, own));
    return fail_field(c, E_RULE, STR("/current"), "this is not the current password");
  }
  s->new_hash = identity_hash_password(c, in->new_password);
  cmd->type = &identity_change_password;
  cmd->state = s;
  *out = &s->out;
  return c->fault.code;
}

/* --- API keys --------------------------------------------------------------------------------- */

status identity_read_api_keys(ctx *c, const request *r, db *d, void *out) {
  id after;
  int64_t max;
  api_key_row *rows;
  size_t count;
  TRY(identity_page_open(c, r->query, &after, &max));
  TRY(identity_list_api_keys(c, d, r->who.tenant, after, max, &rows, &count));
  api_key_out *items = ARENA_ARRAY(c->arena, api_key_out, count + 1);
  for (size_t i = 0; i < count; i++)
    items[i] = identity_api_key_view(c->arena, &rows[i]);
  identity_page_close(c, out, items, count, max, count > 0 ? rows[count - 1].api_key : 0);
  return OK;
}

status identity_prepare_new_api_key(ctx *c, const request *r, command *cmd, void **out) {
  const api_key_in *in = r->in;
  api_key_new *s = ARENA_NEW(c->arena, api_key_new);
  s->row = (api_key_row){.name = in->name, .expires_at = in->expires_at};
  TRY(identity_scopes_parse(c, STR("/scopes"), in->scopes, &s->row.scopes));
  s->secret = identity_secret_make(c->arena);
  cmd->type = &identity_create_api_key;
  cmd->state = s;
  *out = &s->out;
  return OK;
}

status identity_prepare_revoke_api_key(ctx *c, const request *r, command *cmd, void **out) {
  api_key_end *s = ARENA_NEW(c->arena, api_key_end);
  s->api_key = r->params[0];
  cmd->type = &identity_revoke_key;
  cmd->state = s;
  *out = &s->out;
  return OK;
}
