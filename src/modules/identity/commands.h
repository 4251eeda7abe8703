/* commands.h - private to src/modules/identity: the states of its commands, the shapes on the wire
 * and the functions its route table names. A state is what came in, what load found and the answer.
 */
#ifndef TAEL_IDENTITY_COMMANDS_H
#define TAEL_IDENTITY_COMMANDS_H

#include "modules/identity/inside.h"

/* --- users and tenants: users.c, api_users.c -------------------------------------------------- */
typedef struct user_out {
  id user, tenant;
  int kind, role, state;
  instant created_at;
  str name, email, phone, address;
} user_out;
extern const shape identity_user_shape;
extern const shape identity_user_event_shape; /* the same without personal data */
extern const shape identity_tenant_shape, identity_entity_shape;
user_out identity_user_view(const user_row *row, const person *who);
status identity_user_happened(ctx *c, tx *t, const char *what, const user_row *row);

typedef struct user_state_new {
  user_new user;
  user_out out;
} user_state_new;
extern const command_type
    identity_register; /* a user through the API: identity_create_user with an answer */

typedef struct registration_in {
  str email, password, name, phone, address;
} registration_in;
typedef struct new_user_in {
  int role;
  id tenant;
  str email, password, name;
} new_user_in;
typedef struct role_in {
  int role;
} role_in;
typedef struct seller_in {
  str name, email, password, person_name;
} seller_in;
extern const shape identity_setup_shape, identity_market_shape, identity_registration_shape,
    identity_seller_in_shape, identity_seller_shape, identity_new_user_shape, identity_role_shape,
    identity_profile_shape;
typedef struct seller_out {
  id seller, entity, user;
  str name;
} seller_out;
typedef struct seller_state {
  tenant_new tenant;
  user_new user;
  seller_out out;
} seller_state;
extern const command_type identity_onboard_seller;

typedef struct entity_state {
  entity_row row;
  bool has_tenant;
} entity_state;
extern const command_type identity_create_entity;

typedef struct user_change {
  id user;
  user_change_kind what;
  user_role role; /* USER_SET_ROLE */
  bool found;
  user_row before, after;
  person person;
  user_out out;
} user_change;
extern const command_type identity_change_user;

typedef struct profile_in {
  str name, phone, address;
} profile_in;
typedef struct profile_state {
  profile_in in;
  bool found;
  user_row user;
  person person;
  user_out out;
} profile_state;
extern const command_type identity_update_profile;

/* --- sessions and API keys: access.c ---------------------------------------------------------- */
typedef struct sign_in_in {
  str email, password;
} sign_in_in;
typedef struct api_key_in {
  str name, scopes;
  instant expires_at;
} api_key_in;
typedef struct me_out {
  user_out user;
  str scopes, csrf_token;
} me_out;
extern const shape identity_sign_in_shape, identity_session_shape, identity_session_row_shape,
    identity_password_shape, identity_me_shape, identity_api_key_in_shape, identity_api_key_shape;
typedef struct session_out {
  id session, user, tenant;
  int kind;
  str scopes, csrf_token;
  instant expires_at;
  str cookie;
} session_out;
typedef struct session_start { /* the password was checked against password_hash before */
  sha256 email_key;
  str password_hash, token, remote;
  id user;
  user_row row;
  str stored_hash;
  signin_row signin;
  bool found;
  session_out out;
} session_start;
extern const command_type identity_sign_in;
typedef struct session_failure {
  sha256 email_key;
  signin_row row;
} session_failure;
extern const command_type identity_sign_in_failed;
typedef struct session_end {
  id session;
  bool found;
  session_out out;
} session_end;
extern const command_type identity_end_session;
typedef struct session_seen {
  sha256 token_hash;
  instant seen_at;
} session_seen;
typedef struct session_touch {
  const session_seen *seen;
  size_t count;
} session_touch;
extern const command_type identity_touch_sessions;
/* One sentence for every way a sign-in can be wrong. */
#define IDENTITY_WRONG_PASSWORD "e-mail address and password do not belong together"
str identity_cookie_print(arena *a, str token,
                          int64_t age_s); /* a Set-Cookie value; age 0 ends it */

typedef struct password_in {
  str current, new_password;
} password_in;
typedef struct password_change {
  str old_hash, new_hash, stored_hash;
  user_out out;
} password_change;
extern const command_type identity_change_password;

typedef struct api_key_out {
  id key, user;
  str name, scopes, secret;
  instant created_at, expires_at, revoked_at;
} api_key_out;
typedef struct api_key_new {
  api_key_row row, maker; /* maker: the key it is made by, when is_by_key */
  bool is_by_key;
  str secret;
  api_key_out out;
} api_key_new;
extern const command_type identity_create_api_key;
typedef struct api_key_end {
  id api_key;
  bool found;
  api_key_row row;
  api_key_out out;
} api_key_end;
extern const command_type identity_revoke_key;
api_key_out identity_api_key_view(arena *a, const api_key_row *row);

/* --- who is calling: auth.c ------------------------------------------------------------------- */
/* Sessions used since they were last written down; at most `max`. */
size_t identity_access_seen(session_seen *out, size_t max, instant now);
void identity_access_changed(
    void); /* forget every cached principal: something about users or keys changed */
void identity_access_forget(void); /* tests: and every moment a session was seen */

/* --- four eyes and parameters: approvals.c ---------------------------------------------------- */
extern const shape identity_approval_shape; /* approval_row */
typedef struct proposal_in {
  str action, parameters, note;
} proposal_in;
typedef struct decision_in {
  str reason;
} decision_in;
typedef struct approval_query {
  int64_t limit;
  str after;
  str state;
} approval_query;
extern const shape identity_proposal_shape, identity_decision_shape, identity_approval_query_shape,
    identity_parameter_row_shape, identity_audit_shape, identity_audit_query_shape,
    identity_user_query_shape;
extern const approval_action identity_parameter_action;
const approval_action *identity_find_action(str name); /* NULL: nobody registered it */
typedef struct parameter_in {
  str name;
  date valid_from;
  int64_t value;
} parameter_in;
extern const command_type identity_propose; /* state: approval_row */
typedef struct approval_decision {
  id approval;
  bool approve;
  str reason;
  bool found;
  approval_row row;
  user_row proposer, decider; /* as they are now; all zero: there is none */
  const approval_action *action;
  void *inner; /* the state of the action's command */
} approval_decision;
extern const command_type identity_decide;
extern const command_type identity_expire; /* state: int64_t, how many lapsed */
extern const command_type identity_set_parameter;

extern const job_type identity_touch_job, identity_expire_job; /* jobs.c */

/* --- what the route table names: api_*.c ----------------------------------------------------- */
extern const shape identity_page_shape, identity_market_card_shape;
/* clang-format off */
#define READS(X)                                                                           \
  X(me) X(users) X(user) X(tenants) X(entities) X(sessions) X(api_keys) X(approvals)       \
  X(approval) X(parameters) X(audit) X(market)
#define WRITES(X)                                                                          \
  X(setup) X(registration) X(seller) X(new_user) X(freeze) X(unfreeze) X(role) X(erase)    \
  X(profile) X(new_entity) X(sign_in) X(sign_out) X(end_session) X(password)               \
  X(new_api_key) X(revoke_api_key) X(propose) X(approve) X(reject)
/* clang-format on */
#define X(name) status identity_read_##name(ctx *c, const request *r, db *d, void *out);
READS(X)
#undef X
#define X(name) status identity_prepare_##name(ctx *c, const request *r, command *cmd, void **out);
WRITES(X)
#undef X

#endif
