/* identity.h - who exists: tenants, legal entities, users, sessions, API keys, roles, approvals.
 * Other modules learn ids and the market's facts from here; personal data stays inside, encrypted
 * under a key per person. */
#ifndef TAEL_IDENTITY_H
#define TAEL_IDENTITY_H

#include "http/http.h"

extern const module identity_module;
extern const auth_hooks identity_auth;

/* The market's own facts, set once at set-up (`tael demo`, `tael replay`, or POST /v1/setup on an
 * empty store). */
typedef struct market {
  id platform;      /* tenant */
  id entity;        /* the operator's legal entity */
  id operator_user; /* the first operator */
  uint32_t currency;
  int utc_offset_minutes;
  str name;
} market;
status identity_market(ctx *c, db *d, market *out); /* E_CONFLICT: the store is not set up yet */
void identity_market_forget(
    void); /* tests: drop the cached copy, the loaded keys and who was known */

/* The made-up users of a demonstration and their one password, told by GET /v1/market to whoever
 * asks. Only ever called for a sandbox, before the server starts; all texts must outlive it. */
typedef struct demo_login {
  const char *email, *role, *what_en, *what_zh;
} demo_login;
void identity_show_logins(const demo_login *list, size_t count, const char *password);

/* One thing that somebody did; subject: the id's text. */
typedef struct audit_row {
  id command;
  instant at;
  str name;
  int actor_kind;
  id actor, tenant;
  str subject, detail;
} audit_row;
/* Which of them: each member 0 or empty asks nothing. */
typedef struct audit_filter {
  id tenant, actor, subject;
  str name; /* what was done, or its beginning with a trailing '.' ("payment.") */
  instant from, until;
  id floor; /* out: where looking stopped though more may match (LIST_LOOK); 0: at the end */
} audit_filter;
status identity_find_audit(ctx *c, db *d, audit_filter *f, id before, int64_t max,
                           audit_row **out, size_t *count);

/* In-process commands, for set-up, the demo and importers; run with engine_call. */
typedef struct setup_in {
  str market_name;
  uint32_t currency;
  int64_t utc_offset_minutes;
  str operator_email;
  str operator_password;
  int64_t capital;
} setup_in;
typedef struct setup_state {
  setup_in in;
  str password_hash; /* of in.operator_password, made before; empty: that operator cannot sign in by
                        password */
  market out;
  bool is_done_before;
  id own_bank, capital;
  str email; /* found by load */
} setup_state;
extern const command_type identity_setup; /* market.setup: E_CONFLICT when done before */

typedef struct user_new { /* password empty: cannot sign in by password (imported) */
  str email, name, password_hash;
  actor_kind kind;    /* buyer, seller, operator, supervisor */
  id tenant;          /* seller: the seller's tenant; else the platform (0) */
  id user_id;         /* out */
  str phone, address; /* may be empty */
  bool has_role;
  int role; /* identity's own routes; else the kind's usual role */
  struct {
    str email;
    id platform;
    bool is_bad_email, is_taken, no_tenant;
  } found; /* by load */
} user_new;
extern const command_type identity_create_user;
typedef struct tenant_new {
  str name;
  str kind;     /* "seller" | "institution" */
  id tenant_id; /* out */
  id entity_id; /* out: its legal entity */
} tenant_new;
extern const command_type identity_create_tenant;
str identity_hash_password(ctx *c, str password); /* slow: libsodium argon2id; never on the engine's
                                                     thread. Empty: no memory, see c->fault */

/* The parts of creating a user and a tenant, for commands that do more in the same commit. */
status identity_user_load(ctx *c, tx *t, user_new *u);
status identity_user_decide(ctx *c, tx *t,
                            user_new *u); /* E_CONFLICT: the e-mail address is in use */
status identity_user_write(ctx *c, tx *t, user_new *u);
status identity_tenant_decide(ctx *c, tx *t, tenant_new *n);
status identity_tenant_write(ctx *c, tx *t, tenant_new *n);

/* A session's cookie gets "Secure": when TLS ends here or at a proxy in front. Before the server
 * starts. */
void identity_secure_cookies(bool on);

/* Seals a module's own secret (a webhook's, a channel's key) under the master key, bound to the
 * thing it belongs to. open: E_STORE when it does not open. Results in c's arena. */
status identity_seal(ctx *c, db *d, id subject, str clear, str *sealed);
status identity_open_sealed(ctx *c, db *d, id subject, str sealed, str *clear);
/* Seed of the store's Ed25519 key, derived from the master key: signs the ledger's checkpoints.
 * Wipe it after use. */
status identity_signing_seed(ctx *c, db *d, uint8_t seed[static 32]);

/* The same as text, for a TEXT column; empty stays empty. */
status identity_seal_text(ctx *c, db *d, id subject, str clear, str *sealed);
status identity_open_text(ctx *c, db *d, id subject, str sealed, str *clear);
/* What another module keeps of a person (where an order goes), sealed under that person's own key
 * and unreadable once the person is erased. Text; empty stays empty. seal: E_EXPIRED when the
 * person was erased or there is none; open: then empty. */
status identity_seal_personal(ctx *c, db *d, id user, str clear, str *sealed);
status identity_open_personal(ctx *c, db *d, id user, str sealed, str *clear);

/* Makes an API key of a user without HTTP; *secret is shown this once. E_FORBIDDEN: more than the
 * user's role may do. */
status identity_issue_key(ctx *c, engine *e, id user, str name, uint64_t scopes, int64_t days,
                          str *secret);
status identity_user_by_email(ctx *c, db *d, str email, id *out); /* E_NOT_FOUND */
/* Whether there is such a person, active, whose role has the scope "wallet". */
status identity_may_hold_wallet(ctx *c, db *d, id user, bool *out);
status identity_is_erased(ctx *c, db *d, id user, bool *out); /* false for nobody, too */
status identity_scopes_of_words(
    ctx *c, str words,
    uint64_t *out); /* "supervise,ledger.read"; E_MALFORMED names the wrong word */

/* Lists whose cursor is one id. Where a list goes on (0: from its start) and how many it may show.
 */
status identity_page_open(ctx *c, const page_query *page, id *after, int64_t *max);
/* Sets `next` when the page is full. last: the id of the last item. */
void identity_page_close(ctx *c, list_out *out, void *items, size_t count, int64_t max, id last);

/* Dated parameters of the market (market_parameter), cached. A change is seen at once in this
 * process and within 10 seconds in others of the same store. */
status identity_parameter(ctx *c, db *d, const char *name, date on, int64_t fallback, int64_t *out);
/* What a parameter may be set to; a module that reads one says so once, at wiring. A value outside
 * is refused when it is proposed. Names nobody registered may be set, and nobody reads them. */
typedef struct parameter_range {
  const char *name;
  int64_t min, max;
} parameter_range;
void identity_register_parameters(const parameter_range *ranges, size_t count);

/* Four eyes. A money action by an operator is proposed, then approved by another person; the
 * approved command runs in the approval's commit. A module registers its actions once, at wiring.
 */
typedef struct approval_action {
  const char *name;         /* "campaign.fund" */
  const shape *in;          /* the proposal's parameters */
  const command_type *type; /* run on approval with a state made by: */
  status (*make)(ctx *c, const void *in, id proposer, void **state);
} approval_action;
status identity_register_action(
    const approval_action *action); /* E_CONFLICT: the table (64) is full or the name taken */

#endif
