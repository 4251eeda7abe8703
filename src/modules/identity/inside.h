/* inside.h - private to src/modules/identity: the rows, the pure rules (identity.c), the keys
 * (keys.c) and the store (store.c) that the commands and routes of this folder share. */
#ifndef TAEL_IDENTITY_INSIDE_H
#define TAEL_IDENTITY_INSIDE_H

#include "modules/identity/identity.h"

enum {
  EMAIL_MAX = 254, /* RFC 5321 4.5.3.1.3: a path of 256 with its angle brackets */
  PASSWORD_MIN = 10,
  PASSWORD_MAX = 128,
  SIGNIN_FAILURES_MAX = 10,
  SIGNIN_LOCK_S = 30 * 60,
  STAFF_IDLE_S = 15 * 60,
  BUYER_IDLE_S = 30 * 24 * 3600,
  APPROVAL_DAYS = 7,
  API_KEY_DAYS_MAX = 366,
  SECRET_MAX = 64, /* a secret of 256 bits as text, with room */
};

/* --- what is stored --------------------------------------------------------------------------- */
typedef enum tenant_kind { TENANT_PLATFORM, TENANT_SELLER, TENANT_INSTITUTION } tenant_kind;
typedef enum user_state { USER_ACTIVE, USER_FROZEN, USER_ERASED } user_state;
typedef enum approval_state {
  APPROVAL_OPEN,
  APPROVAL_APPROVED,
  APPROVAL_REJECTED,
  APPROVAL_EXPIRED
} approval_state;
extern const char *const tenant_kinds[],
    *const user_states[], *const user_kinds[], *const user_roles[], *const approval_states[];

/* Numbers are stored and stable for ever. */
typedef enum user_role {
  ROLE_BUYER,
  ROLE_SELLER,
  ROLE_SELLER_CLERK,
  ROLE_OPERATOR,
  ROLE_OPERATOR_CLERK,
  ROLE_SUPERVISOR,
  ROLE_INSTITUTION,
  ROLE_COUNT
} user_role;

typedef struct person {
  str name, email, phone, address;
} person; /* the clear form: never stored, never logged */

typedef struct user_row {
  id user_id, tenant;
  int kind, role, state; /* actor_kind, user_role, user_state */
  instant created_at;
} user_row;

typedef struct signin_row {
  int64_t failures;
  instant failed_at, locked_until;
} signin_row;

typedef struct session_row {
  id session, user_id;
  str remote;
  instant created_at, seen_at;
  bool is_current; /* when listed: the asking one */
} session_row;

typedef struct api_key_row {
  id api_key, tenant, user_id;
  str name;
  sha256 secret_hash;
  uint64_t scopes;
  instant created_at, expires_at, revoked_at; /* real time; revoked_at 0: in force */
} api_key_row;

typedef struct approval_row { /* also the wire's shape */
  id approval;
  str action, parameters, note;
  int state;
  id proposer;
  instant proposed_at, expires_at; /* business time */
  id decided_by;
  instant decided_at;
  str reason;
  id command;
} approval_row;

typedef struct tenant_row {
  id tenant;
  int kind;
  str name;
  instant created_at;
} tenant_row;
typedef struct entity_row {
  id entity, tenant;
  str name, registration;
  instant created_at;
} entity_row;

/* --- rules: identity.c, pure ------------------------------------------------------------------ */
MUST_USE bool identity_email_parse(arena *a, str text,
                                   str *normal); /* lower case, trimmed; false: no e-mail address */
status identity_check_password(ctx *c, str pointer, str password, str email);
uint64_t identity_role_scopes(user_role role);
actor_kind identity_role_kind(user_role role);
user_role identity_role_of(actor_kind kind); /* the role a new user of this kind gets */
int64_t identity_idle_s(actor_kind kind);
MUST_USE bool identity_signin_is_locked(const signin_row *row, instant now);
signin_row identity_signin_failed(const signin_row *row, instant now);
/* "tk_<13 characters>_<secret>" */
str identity_api_key_print(arena *a, id api_key, str secret);
MUST_USE bool identity_api_key_parse(str text, id *api_key, str *secret);
status identity_check_decision(ctx *c, const approval_row *row, bool approve, const principal *who);
/* Whether both persons of an approval may still take part in one: a proposal does not outlive the
 * role of who made it. */
status identity_check_two_persons(ctx *c, const user_row *proposer, const user_row *decider);
/* What may be done to a user, and by whom: nobody changes themselves, nobody hands out or takes
 * away more than they have. `role` matters for USER_SET_ROLE only. */
typedef enum user_change_kind {
  USER_FREEZE,
  USER_UNFREEZE,
  USER_SET_ROLE,
  USER_ERASE
} user_change_kind;
status identity_check_change(ctx *c, const user_row *before, user_change_kind what, user_role role,
                             const principal *who);
status identity_check_grant(ctx *c, user_role role,
                            const principal *who); /* may they make such a user? */
user_row identity_user_after(const user_row *before, user_change_kind what, user_role role);
/* scopes as words, space-separated; parse names the unknown word. */
str identity_scopes_print(arena *a, uint64_t scopes);
status identity_scopes_parse(ctx *c, str pointer, str text, uint64_t *out);

/* --- keys: keys.c ----------------------------------------------------------------------------- */
/* Loads the master key of this store, once; creates its file while the store is not set up.
 * E_STORE: the file is missing, unreadable or another store's. */
status identity_keys_ready(ctx *c, db *d);
void identity_keys_forget(void);
sha256 identity_key_check(void); /* proves later that the same master key was loaded */
sha256 identity_email_key(str normal_email);
/* A fresh key for this person, sealed, and the data under it. */
void identity_person_seal(ctx *c, id user, const person *p, str *sealed_key, str *data);
status identity_person_reseal(ctx *c, id user, str sealed_key, const person *p, str *data);
bool identity_person_is_erased(str sealed_key);
/* E_EXPIRED: the person was erased. E_STORE: the row was changed by something else than this
 * program. */
status identity_person_open(ctx *c, id user, str sealed_key, str data, person *out);
str identity_secret_make(arena *a); /* 256 random bits, base64url without padding */
sha256 identity_secret_hash(str secret);
str identity_csrf_of(arena *a, str session_token);
bool identity_password_matches(str password_hash,
                               str password); /* slow; hash empty: as slow, and false */

/* --- store: store.c --------------------------------------------------------------------------- */
status identity_load_market(ctx *c, db *d, market *out, sha256 *key_check, bool *found);
status identity_save_market(ctx *c, db *d, const market *m);
status identity_save_tenant(ctx *c, db *d, id tenant, tenant_kind kind, str name);
status identity_has_tenant(ctx *c, db *d, id tenant, bool *found);
status identity_list_tenants(ctx *c, db *d, id only, id after, int64_t max, tenant_row **out,
                             size_t *count);
status identity_save_entity(ctx *c, db *d, const entity_row *e);
status identity_list_entities(ctx *c, db *d, id after, int64_t max, entity_row **out,
                              size_t *count);

status identity_save_user(ctx *c, db *d, const user_row *u);
status identity_load_user(ctx *c, db *d, id user, user_row *out, bool *found);
status identity_lock_user(ctx *c, db *d, id user, user_row *out, bool *found); /* will be changed */
status identity_update_user(ctx *c, db *d, const user_row *u);
typedef struct user_filter { /* each 0: any */
  id tenant;
  int kind;  /* user_kinds */
  int state; /* 1 + user_states */
  id user;   /* this one alone */
} user_filter;
status identity_list_users(ctx *c, db *d, const user_filter *f, id after, int64_t max,
                           user_row **out, size_t *count);
status identity_load_person_key(ctx *c, db *d, id user,
                                str *sealed_key); /* empty: no such person */
status identity_save_person(ctx *c, db *d, id user, const person *p);
status identity_update_person(ctx *c, db *d, id user, const person *p);
status identity_load_person(ctx *c, db *d, id user, person *out); /* erased: an empty person */
status identity_erase_person(ctx *c, db *d, id user);
status identity_save_email(ctx *c, db *d, sha256 key, id user);
status identity_find_email(ctx *c, db *d, sha256 key, id *user); /* 0: nobody */
status identity_drop_email(ctx *c, db *d, sha256 key);
status identity_save_password(ctx *c, db *d, id user, str password_hash);
status identity_load_password(ctx *c, db *d, id user, str *password_hash); /* empty: none */

status identity_load_signin(ctx *c, db *d, sha256 email_key, signin_row *out);
status identity_save_signin(ctx *c, db *d, sha256 email_key, const signin_row *row);
status identity_drop_signin(ctx *c, db *d, sha256 email_key);
status identity_drop_old_signins(ctx *c, db *d, instant before);

status identity_save_session(ctx *c, db *d, sha256 token_hash, const session_row *s);
status identity_find_session(ctx *c, db *d, sha256 token_hash, session_row *out, bool *found);
status identity_list_sessions(ctx *c, db *d, id user, id after, int64_t max, session_row **out,
                              size_t *count);
status identity_has_session(ctx *c, db *d, id user, id session, bool *found);
status identity_drop_session(ctx *c, db *d, id user, id session);
status identity_drop_sessions_of(ctx *c, db *d, id user, id except); /* 0: all of them */
status identity_touch_session(ctx *c, db *d, sha256 token_hash, instant seen_at);
status identity_drop_idle_sessions(ctx *c, db *d, instant before);

status identity_save_api_key(ctx *c, db *d, const api_key_row *k);
status identity_find_api_key(ctx *c, db *d, id api_key, api_key_row *out, bool *found);
status identity_list_api_keys(ctx *c, db *d, id tenant, id after, int64_t max, api_key_row **out,
                              size_t *count);
status identity_revoke_api_key(ctx *c, db *d, id api_key);
status identity_revoke_api_keys_of(ctx *c, db *d, id user);

status identity_save_approval(ctx *c, db *d, const approval_row *row);
status identity_lock_approval(ctx *c, db *d, id approval, approval_row *out, bool *found);
status identity_load_approval(ctx *c, db *d, id approval, approval_row *out, bool *found);
status identity_list_approvals(ctx *c, db *d, int state_or_minus, id after, int64_t max,
                               approval_row **out, size_t *count);
status identity_update_approval(ctx *c, db *d, const approval_row *row);
status identity_expire_approvals(ctx *c, db *d, int64_t *count);

typedef struct parameter_row {
  str name;
  date valid_from;
  int64_t value;
  id set_by;
  instant set_at;
} parameter_row;
status identity_save_parameter(ctx *c, db *d, const parameter_row *p);
status identity_load_parameter(ctx *c, db *d, const char *name, date on, int64_t *value,
                               bool *found);
/* parameters.c: a command is about to set one; a test opens another store. */
void identity_parameters_change(instant real_now);
void identity_parameters_forget(void);
status identity_list_parameters(ctx *c, db *d, int64_t max, parameter_row **out, size_t *count);

#endif
