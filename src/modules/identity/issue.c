/* issue.c - API keys made without HTTP: for the command line, whose caller may write to the store
 * anyway, and for benchmarks. The key is the user's own: it can do no more than their role, and the
 * audit trail names them. */
#include "modules/identity/commands.h"

status identity_user_by_email(ctx *c, db *d, str email, id *out) {
  str normal;
  id found = 0;
  if (!identity_email_parse(c->arena, email, &normal)) {
    return fail(c, E_MALFORMED, "\"%.*s\" is not an e-mail address.", STR_ARGS(email));
  }
  TRY(identity_keys_ready(c, d)); /* this may be the first thing the process does */
  TRY(identity_find_email(c, d, identity_email_key(normal), &found));
  if (found == 0)
    return fail(c, E_NOT_FOUND, "Nobody has the e-mail address %.*s.", STR_ARGS(normal));
  *out = found;
  return OK;
}

status identity_may_hold_wallet(ctx *c, db *d, id user, bool *out) {
  user_row row;
  bool found = false;
  TRY(identity_load_user(c, d, user, &row, &found));
  *out = found && row.state == USER_ACTIVE &&
         (identity_role_scopes((user_role)row.role) & SCOPE_BIT(SCOPE_WALLET)) != 0;
  return OK;
}

status identity_is_erased(ctx *c, db *d, id user, bool *out) {
  user_row row;
  bool found = false;
  TRY(identity_load_user(c, d, user, &row, &found));
  *out = found && row.state == USER_ERASED;
  return OK;
}

status identity_scopes_of_words(ctx *c, str words, uint64_t *out) {
  char *spaced = str_zero(c->arena, words);
  for (char *p = spaced; *p != '\0'; p++) {
    if (*p == ',') *p = ' ';
  }
  return identity_scopes_parse(c, STR("scopes"), str_from(spaced), out);
}

static status find_principal(ctx *c, engine *e, id user, principal *out) {
  user_row row;
  bool found = false;
  db *d = engine_reader(e, c);
  if (d == NULL) return fail(c, E_STORE, "No read connection.");
  status s = identity_load_user(c, d, user, &row, &found);
  engine_reader_done(e, d);
  TRY(s);
  if (!found || row.state != USER_ACTIVE)
    return fail(c, E_NOT_FOUND, "There is no such active user.");
  *out = (principal){.kind = (actor_kind)row.kind,
                     .actor = user,
                     .tenant = row.tenant,
                     .scopes = identity_role_scopes((user_role)row.role)};
  return OK;
}

status identity_issue_key(ctx *c, engine *e, id user, str name, uint64_t scopes, int64_t days,
                          str *secret) {
  principal who;
  TRY(find_principal(c, e, user, &who));
  api_key_new s = {.row = {.name = name,
                           .scopes = scopes,
                           .expires_at = c->real_now + days * SECONDS_PER_DAY * MICROS_PER_SECOND},
                   .secret = identity_secret_make(c->arena)};
  TRY(engine_call(c, e, &identity_create_api_key, &s, who));
  *secret = s.out.secret;
  return OK;
}
