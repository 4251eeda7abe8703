/* auth.c - who is calling: an API key or a session cookie becomes a principal. Known callers are
 * kept in a fixed table for at most a second, so that what is revoked elsewhere ends within a
 * second, and what is revoked here at once. The table also remembers when a session was last used;
 * a job writes that down (jobs.c), so that reading a page never writes. Never blocks longer than
 * one indexed read. */
#include "modules/identity/commands.h"

#include <pthread.h>
#include <string.h>

enum { SETS = 4096, WAYS = 4, FRESH_US = 1000000, UNWRITTEN_US = 60 * 1000000 };

typedef struct caller {
  sha256 token_hash; /* of the whole cookie or key; all zero: the place is free */
  principal who;
  uint64_t version;
  instant loaded_at;
  instant ends_at;    /* API key: its expiry */
  instant seen_at;    /* session: last use */
  instant written_at; /* session: the last use the store knows */
  bool is_session;
} caller;

static struct {
  pthread_mutex_t lock;
  uint64_t version; /* callers loaded at another version are loaded again */
  caller places[SETS][WAYS];
} known = {.lock = PTHREAD_MUTEX_INITIALIZER, .version = 1};

/* --- the table -------------------------------------------------------------------------------- */

void identity_access_changed(void) {
  pthread_mutex_lock(&known.lock);
  known.version++;
  pthread_mutex_unlock(&known.lock);
}

void identity_access_forget(void) {
  pthread_mutex_lock(&known.lock);
  memset(known.places, 0, sizeof known.places);
  known.version++;
  pthread_mutex_unlock(&known.lock);
}

static caller *set_of(const sha256 *token_hash) {
  uint64_t head;
  memcpy(&head, token_hash->bytes, sizeof head);
  return known.places[head % SETS];
}

static caller *place_of(const sha256 *token_hash) {
  caller *set = set_of(token_hash);
  for (int i = 0; i < WAYS; i++) {
    if (sha256_eq(&set[i].token_hash, token_hash)) return &set[i];
  }
  return NULL;
}

static bool is_over(const caller *k, instant now) {
  if (!k->is_session) return k->ends_at <= now;
  return k->seen_at + identity_idle_s(k->who.kind) * MICROS_PER_SECOND <= now;
}

/* A fresh copy of what is known; notes the use when it is one. */
static bool recall(const sha256 *token_hash, instant now, bool is_use, caller *out) {
  pthread_mutex_lock(&known.lock);
  caller *k = place_of(token_hash);
  bool is_fresh = k != NULL && k->version == known.version && now - k->loaded_at < FRESH_US &&
                  now >= k->loaded_at && !is_over(k, now);
  if (is_fresh) {
    if (is_use) k->seen_at = now;
    *out = *k;
  }
  pthread_mutex_unlock(&known.lock);
  return is_fresh;
}

static uint64_t current_version(void) {
  pthread_mutex_lock(&known.lock);
  uint64_t version = known.version;
  pthread_mutex_unlock(&known.lock);
  return version;
}

/* Keeps what was loaded in place of itself or of who was loaded longest ago. False: idle for too
 * long. */
static bool remember(caller *loaded, instant now, bool is_use) {
  pthread_mutex_lock(&known.lock);
  caller *k = place_of(&loaded->token_hash);
  if (k != NULL && k->seen_at > loaded->seen_at) loaded->seen_at = k->seen_at;
  bool is_live = !is_over(loaded, now);
  if (is_live) {
    caller *set = set_of(&loaded->token_hash);
    if (k == NULL) k = &set[0];
    for (int i = 0; i < WAYS && !sha256_eq(&k->token_hash, &loaded->token_hash); i++) {
      if (set[i].loaded_at < k->loaded_at) k = &set[i];
    }
    if (is_use) loaded->seen_at = now;
    *k = *loaded;
  }
  pthread_mutex_unlock(&known.lock);
  return is_live;
}

size_t identity_access_seen(session_seen *out, size_t max, instant now) {
  size_t count = 0;
  pthread_mutex_lock(&known.lock);
  for (size_t i = 0; i < (size_t)SETS * WAYS && count < max; i++) {
    caller *k = &known.places[i / WAYS][i % WAYS];
    if (!k->is_session || k->seen_at - k->written_at < UNWRITTEN_US || is_over(k, now)) continue;
    k->written_at = k->seen_at;
    out[count++] = (session_seen){k->token_hash, k->seen_at};
  }
  pthread_mutex_unlock(&known.lock);
  return count;
}

/* --- from the store --------------------------------------------------------------------------- */

static status wrong_key(ctx *c) {
  return fail(c, E_UNAUTHENTICATED, "this API key is unknown, revoked or expired; make a new one");
}

static status wrong_session(ctx *c) {
  return fail(c, E_UNAUTHENTICATED, "the session has ended; sign in again");
}

/* The user behind a key or session; found false when there is none who may act. */
static status load_actor(ctx *c, db *d, id user, caller *out, bool *found) {
  user_row row;
  TRY(identity_load_user(c, d, user, &row, found));
  if (*found && row.state != USER_ACTIVE) *found = false;
  if (!*found) return OK;
  out->who = (principal){.kind = (actor_kind)row.kind,
                         .actor = row.user_id,
                         .tenant = row.tenant,
                         .scopes = identity_role_scopes((user_role)row.role)};
  return OK;
}

static status load_key(ctx *c, db *d, str text, caller *out) {
  id api_key;
  str secret;
  api_key_row row;
  bool found;
  if (!identity_api_key_parse(text, &api_key, &secret)) return wrong_key(c);
  TRY(identity_find_api_key(c, d, api_key, &row, &found));
  sha256 hash = identity_secret_hash(secret);
  if (!found || !sha256_eq(&hash, &row.secret_hash) || row.revoked_at != 0) return wrong_key(c);
  TRY(load_actor(c, d, row.user_id, out, &found));
  if (!found) return wrong_key(c);
  out->who.key = row.api_key;
  out->who.tenant = row.tenant;
  /* The maker's own scopes may have shrunk since. */
  out->who.scopes &= row.scopes | SCOPE_BIT(SCOPE_PUBLIC);
  out->ends_at = row.expires_at;
  return OK;
}

static status load_session(ctx *c, db *d, caller *out) {
  session_row row;
  bool found;
  TRY(identity_find_session(c, d, out->token_hash, &row, &found));
  if (!found) return wrong_session(c);
  TRY(load_actor(c, d, row.user_id, out, &found));
  if (!found) return wrong_session(c);
  out->is_session = true;
  out->who.key = row.session;
  out->seen_at = out->written_at = row.seen_at;
  return OK;
}

/* --- the hook --------------------------------------------------------------------------------- */

static status know(ctx *c, db *d, str token, bool is_session, bool is_use, caller *out) {
  sha256 token_hash = identity_secret_hash(token);
  if (recall(&token_hash, c->real_now, is_use, out) && out->is_session == is_session) return OK;
  *out = (caller){.token_hash = token_hash, .version = current_version(), .loaded_at = c->real_now};
  TRY(is_session ? load_session(c, d, out) : load_key(c, d, token, out));
  if (remember(out, c->real_now, is_use)) return OK;
  return is_session ? wrong_session(c) : wrong_key(c);
}

/* A supervisor reads everything and changes nothing but their own sessions and password. */
static uint64_t scopes_for(const principal *who, bool is_write) {
  if (who->kind != ACTOR_SUPERVISOR || !is_write) return who->scopes;
  return who->scopes & (SCOPE_BIT(SCOPE_SELF) | SCOPE_BIT(SCOPE_PUBLIC));
}

static bool csrf_matches(ctx *c, str token, str sent) {
  str expected = identity_csrf_of(c->arena, token);
  sha256 a = identity_secret_hash(expected), b = identity_secret_hash(sent);
  return sha256_eq(&a, &b);
}

static status authenticate(ctx *c, db *d, str authorization, str cookie, str csrf, bool is_write,
                           principal *out) {
  caller k;
  *out = (principal){.kind = ACTOR_NONE, .scopes = SCOPE_BIT(SCOPE_PUBLIC)};
  if (authorization.len > 0) {
    str scheme = {authorization.at, authorization.len < 7 ? authorization.len : 7};
    if (!str_eq_nocase(scheme, STR("Bearer "))) {
      return fail(c, E_UNAUTHENTICATED, "send \"Authorization: Bearer tk_...\"");
    }
    str token = str_trim((str){authorization.at + 7, authorization.len - 7});
    TRY(know(c, d, token, false, true, &k));
  } else if (cookie.len > 0) {
    TRY(know(c, d, cookie, true, true, &k));
    if (is_write && !csrf_matches(c, cookie, csrf)) {
      return fail(c, E_FORBIDDEN, "send the session's csrf_token (GET /v1/me) as X-CSRF-Token");
    }
  } else {
    return OK;
  }
  *out = k.who;
  out->scopes = scopes_for(&k.who, is_write);
  return OK;
}

static status look_again(ctx *c, db *d, str token, bool is_session, principal *out) {
  caller k;
  TRY(know(c, d, token, is_session, false, &k));
  *out = k.who;
  return OK;
}

const auth_hooks identity_auth = {authenticate, look_again};
