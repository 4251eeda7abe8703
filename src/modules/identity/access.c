/* access.c - the commands behind signing in and out, passwords and API keys. Passwords are hashed
 * before a command is queued; the command only makes sure that what was checked is still so. Tokens
 * and secrets are stored as hashes; the clear form is in the one answer that creates it. */
#include "modules/identity/commands.h"

#include <stdatomic.h>

/* --- cookies ---------------------------------------------------------------------------------- */

static atomic_bool is_secure;

void identity_secure_cookies(bool on) { atomic_store(&is_secure, on); }

str identity_cookie_print(arena *a, str token, int64_t age_s) {
  return str_format(a, "tael_session=%.*s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Lax%s",
                    STR_ARGS(token), (long long)age_s, atomic_load(&is_secure) ? "; Secure" : "");
}

/* --- signing in ------------------------------------------------------------------------------- */

static status sign_in_load(ctx *c, tx *t, void *state) {
  session_start *s = state;
  db *d = tx_db(t);
  TRY(identity_lock_user(c, d, s->user, &s->row, &s->found));
  TRY(identity_load_password(c, d, s->user, &s->stored_hash));
  return identity_load_signin(c, d, s->email_key, &s->signin);
}

static status sign_in_decide(ctx *c, tx *t, void *state) {
  UNUSED(t);
  session_start *s = state;
  bool is_same = s->found && str_eq(s->stored_hash, s->password_hash);
  if (!is_same || s->row.state != USER_ACTIVE ||
      identity_signin_is_locked(&s->signin, c->real_now)) {
    return fail(c, E_UNAUTHENTICATED, IDENTITY_WRONG_PASSWORD);
  }
  int64_t idle_s = identity_idle_s((actor_kind)s->row.kind);
  s->out = (session_out){
      .session = id_next(c),
      .user = s->row.user_id,
      .tenant = s->row.tenant,
      .kind = s->row.kind,
      .scopes = identity_scopes_print(c->arena, identity_role_scopes((user_role)s->row.role)),
      .csrf_token = identity_csrf_of(c->arena, s->token),
      .expires_at = c->real_now + idle_s * MICROS_PER_SECOND,
      .cookie = identity_cookie_print(c->arena, s->token, idle_s),
  };
  return OK;
}

static status sign_in_write(ctx *c, tx *t, void *state) {
  session_start *s = state;
  session_row row = {.session = s->out.session,
                     .user_id = s->row.user_id,
                     .remote = s->remote,
                     .created_at = c->real_now,
                     .seen_at = c->real_now};
  str user = id_print(c->arena, ID_USER, row.user_id);
  tx_audit(t, ID_SESSION, row.session, str_format(c->arena, "{\"user\":\"%.*s\"}", STR_ARGS(user)));
  TRY(identity_drop_signin(c, tx_db(t), s->email_key));
  return identity_save_session(c, tx_db(t), identity_secret_hash(s->token), &row);
}
const command_type identity_sign_in = {"session.start", 0, sign_in_load, sign_in_decide,
                                       sign_in_write};

/* Counts for an unknown address as for a known one: the answers and their timing tell nothing. */
static status failed_load(ctx *c, tx *t, void *state) {
  session_failure *s = state;
  return identity_load_signin(c, tx_db(t), s->email_key, &s->row);
}

static status failed_decide(ctx *c, tx *t, void *state) {
  UNUSED(t);
  session_failure *s = state;
  s->row = identity_signin_failed(&s->row, c->real_now);
  return OK;
}

static status failed_write(ctx *c, tx *t, void *state) {
  session_failure *s = state;
  return identity_save_signin(c, tx_db(t), s->email_key, &s->row);
}
const command_type identity_sign_in_failed = {"session.refused", 0, failed_load, failed_decide,
                                              failed_write};

/* --- ending a session ------------------------------------------------------------------------- */

static status end_load(ctx *c, tx *t, void *state) {
  session_end *s = state;
  return identity_has_session(c, tx_db(t), tx_who(t).actor, s->session, &s->found);
}

static status end_decide(ctx *c, tx *t, void *state) {
  session_end *s = state;
  principal who = tx_who(t);
  if (!s->found) return fail(c, E_NOT_FOUND, "you have no such session; it may have ended");
  s->out = (session_out){.session = s->session, .user = who.actor, .tenant = who.tenant};
  s->out.kind = (int)who.kind;
  if (s->session == who.key) s->out.cookie = identity_cookie_print(c->arena, (str){0}, 0);
  return OK;
}

static status end_write(ctx *c, tx *t, void *state) {
  session_end *s = state;
  tx_audit(t, ID_SESSION, s->session, STR("{}"));
  TRY(identity_drop_session(c, tx_db(t), tx_who(t).actor, s->session));
  identity_access_changed();
  return OK;
}
const command_type identity_end_session = {"session.end", 0, end_load, end_decide, end_write};

static status touch_decide(ctx *c, tx *t, void *state) {
  UNUSED(c), UNUSED(t), UNUSED(state);
  return OK;
}

/* Also the place where what is over is swept away. */
static status touch_write(ctx *c, tx *t, void *state) {
  session_touch *s = state;
  db *d = tx_db(t);
  for (size_t i = 0; i < s->count; i++) {
    TRY(identity_touch_session(c, d, s->seen[i].token_hash, s->seen[i].seen_at));
  }
  instant day = SECONDS_PER_DAY * MICROS_PER_SECOND;
  TRY(identity_drop_old_signins(c, d, c->real_now - day));
  return identity_drop_idle_sessions(c, d, c->real_now - BUYER_IDLE_S * MICROS_PER_SECOND);
}
const command_type identity_touch_sessions = {"session.touch", COMMAND_QUIET, NULL, touch_decide,
                                              touch_write};

/* --- one's own password ----------------------------------------------------------------------- */

static status password_load(ctx *c, tx *t, void *state) {
  password_change *s = state;
  user_row row;
  bool found;
  id user = tx_who(t).actor;
  TRY(identity_lock_user(c, tx_db(t), user, &row, &found));
  if (found) s->out = identity_user_view(&row, &(person){0});
  return identity_load_password(c, tx_db(t), user, &s->stored_hash);
}

static status password_decide(ctx *c, tx *t, void *state) {
  UNUSED(t);
  password_change *s = state;
  if (s->out.user != 0 && str_eq(s->stored_hash, s->old_hash)) return OK;
  return fail(c, E_CONFLICT, "the password was changed meanwhile");
}

static status password_write(ctx *c, tx *t, void *state) {
  password_change *s = state;
  principal who = tx_who(t);
  TRY(identity_save_password(c, tx_db(t), who.actor, s->new_hash));
  TRY(identity_drop_sessions_of(c, tx_db(t), who.actor, who.key));
  identity_access_changed();
  tx_audit(t, ID_USER, who.actor, STR("{\"password\":\"changed\"}"));
  return OK;
}
const command_type identity_change_password = {"user.password", 0, password_load, password_decide,
                                               password_write};

/* --- API keys --------------------------------------------------------------------------------- */

api_key_out identity_api_key_view(arena *a, const api_key_row *row) {
  return (api_key_out){
      .key = row->api_key,
      .user = row->user_id,
      .name = row->name,
      .scopes = identity_scopes_print(a, row->scopes),
      .created_at = row->created_at,
      .expires_at = row->expires_at,
      .revoked_at = row->revoked_at,
  };
}

/* The key that makes the key; a session's number is no key's. */
static status key_load(ctx *c, tx *t, void *state) {
  api_key_new *s = state;
  s->is_by_key = false;
  id maker = tx_who(t).key;
  return maker == 0 ? OK : identity_find_api_key(c, tx_db(t), maker, &s->maker, &s->is_by_key);
}

static status key_decide(ctx *c, tx *t, void *state) {
  api_key_new *s = state;
  principal who = tx_who(t);
  api_key_row *k = &s->row;
  instant last = c->real_now + API_KEY_DAYS_MAX * SECONDS_PER_DAY * MICROS_PER_SECOND;
  if (s->is_by_key && s->maker.revoked_at != 0)
    return fail(c, E_FORBIDDEN, "the key that asks was revoked");
  if (s->is_by_key && s->maker.expires_at < last) last = s->maker.expires_at;
  if ((k->scopes & ~who.scopes) != 0) {
    return fail_field(c, E_FORBIDDEN, STR("/scopes"), "a key may not do more than its maker: %.*s",
                      STR_ARGS(identity_scopes_print(c->arena, who.scopes)));
  }
  if (k->expires_at == 0) k->expires_at = last;
  if (k->expires_at <= c->real_now || k->expires_at > last) {
    return fail_field(c, E_MALFORMED, STR("/expires_at"),
                      "a time from now to %d days ahead; a key made by a key ends with it at the "
                      "latest",
                      API_KEY_DAYS_MAX);
  }
  k->api_key = id_next(c);
  k->tenant = who.tenant;
  k->user_id = who.actor;
  k->secret_hash = identity_secret_hash(s->secret);
  k->created_at = c->real_now;
  s->out = identity_api_key_view(c->arena, k);
  s->out.secret = identity_api_key_print(c->arena, k->api_key, s->secret);
  return OK;
}

static status key_write(ctx *c, tx *t, void *state) {
  api_key_new *s = state;
  str scopes = identity_scopes_print(c->arena, s->row.scopes);
  tx_audit(t, ID_API_KEY, s->row.api_key,
           str_format(c->arena, "{\"scopes\":\"%.*s\"}", STR_ARGS(scopes)));
  return identity_save_api_key(c, tx_db(t), &s->row);
}
const command_type identity_create_api_key = {"key.create", 0, key_load, key_decide, key_write};

static status revoke_load(ctx *c, tx *t, void *state) {
  api_key_end *s = state;
  return identity_find_api_key(c, tx_db(t), s->api_key, &s->row, &s->found);
}

static status revoke_decide(ctx *c, tx *t, void *state) {
  api_key_end *s = state;
  if (!s->found || s->row.tenant != tx_who(t).tenant)
    return fail(c, E_NOT_FOUND, "there is no such key");
  if (s->row.revoked_at == 0) s->row.revoked_at = c->real_now;
  s->out = identity_api_key_view(c->arena, &s->row);
  return OK;
}

static status revoke_write(ctx *c, tx *t, void *state) {
  api_key_end *s = state;
  tx_audit(t, ID_API_KEY, s->api_key, STR("{\"revoked\":true}"));
  TRY(identity_revoke_api_key(c, tx_db(t), s->api_key));
  identity_access_changed();
  return OK;
}
const command_type identity_revoke_key = {"key.revoke", 0, revoke_load, revoke_decide,
                                          revoke_write};
