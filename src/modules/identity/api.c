/* api.c - the routes of identity in one table, and the module itself. What a route reads or writes
 * is in api_market.c, api_users.c, api_access.c and api_approvals.c. */
#include "modules/identity/commands.h"

extern const char identity_schema_sql[];
static const db_schema schema = {"identity", identity_schema_sql};

#define READ(path, scope, flags, summary, query, out, name) \
  { GET, path, scope, flags, summary, query, NULL, out, identity_read_##name, NULL, NULL, 0 }
#define WRITE(method, path, scope, flags, summary, in, out, name) \
  { method, path, scope, flags, summary, NULL, in, out, NULL, identity_prepare_##name, NULL, 0 }

/* Ending, revoking and signing in are idempotent by what they are about; they need no key. */
static const route routes[] = {
    WRITE(POST, "/v1/setup", SCOPE_PUBLIC, ROUTE_SLOW | ROUTE_CREATED | ROUTE_OWN_KEY,
          "Set up the market, once, on an empty store", &identity_setup_shape,
          &identity_market_shape, setup),
    READ("/v1/market", SCOPE_PUBLIC, 0,
         "The market's name, currency and zone, and whether it was set up", NULL,
         &identity_market_card_shape, market),
    WRITE(POST, "/v1/registrations", SCOPE_PUBLIC, ROUTE_SLOW | ROUTE_CREATED, "Sign up as a buyer",
          &identity_registration_shape, &identity_user_shape, registration),

    WRITE(POST, "/v1/sessions", SCOPE_PUBLIC, ROUTE_SLOW | ROUTE_CREATED | ROUTE_OWN_KEY,
          "Sign in with e-mail address and password", &identity_sign_in_shape,
          &identity_session_shape, sign_in),
    READ("/v1/sessions", SCOPE_SELF, ROUTE_LIST, "One's own open sessions", &identity_page_shape,
         &identity_session_row_shape, sessions),
    WRITE(DELETE, "/v1/session", SCOPE_SELF, ROUTE_NO_BODY | ROUTE_OWN_KEY, "Sign out", NULL,
          &identity_session_shape, sign_out),
    WRITE(DELETE, "/v1/sessions/{ses}", SCOPE_SELF, ROUTE_NO_BODY | ROUTE_OWN_KEY,
          "End one of one's own sessions", NULL, &identity_session_shape, end_session),

    READ("/v1/me", SCOPE_SELF, 0, "Who is calling, and what they may do", NULL, &identity_me_shape,
         me),
    WRITE(PATCH, "/v1/me", SCOPE_SELF, 0, "Change one's own name, telephone number or address",
          &identity_profile_shape, &identity_user_shape, profile),
    WRITE(PUT, "/v1/me/password", SCOPE_SELF, ROUTE_SLOW | ROUTE_OWN_KEY,
          "Change one's own password; ends all other sessions", &identity_password_shape,
          &identity_user_shape, password),

    WRITE(POST, "/v1/sellers", SCOPE_OPERATE, ROUTE_SLOW | ROUTE_CREATED,
          "Take a seller on: organisation, legal entity and first user", &identity_seller_in_shape,
          &identity_seller_shape, seller),
    READ("/v1/tenants", SCOPE_SELF, ROUTE_LIST, "Organisations; one's own, or all for operators",
         &identity_page_shape, &identity_tenant_shape, tenants),
    READ("/v1/entities", SCOPE_SUPERVISE, ROUTE_LIST, "Legal entities", &identity_page_shape,
         &identity_entity_shape, entities),
    WRITE(POST, "/v1/entities", SCOPE_OPERATE, ROUTE_CREATED, "Enter a legal entity",
          &identity_entity_shape, &identity_entity_shape, new_entity),

    READ("/v1/users", SCOPE_SUPERVISE, ROUTE_LIST, "All users", &identity_user_query_shape,
         &identity_user_shape, users),
    WRITE(POST, "/v1/users", SCOPE_OPERATE, ROUTE_SLOW | ROUTE_CREATED, "Create a user of any kind",
          &identity_new_user_shape, &identity_user_shape, new_user),
    READ("/v1/users/{usr}", SCOPE_SELF, 0,
         "One user: oneself, a colleague, or anyone for operators", NULL, &identity_user_shape,
         user),
    WRITE(POST, "/v1/users/{usr}/freeze", SCOPE_OPERATE, ROUTE_NO_BODY,
          "Freeze a user and end their sessions", NULL, &identity_user_shape, freeze),
    WRITE(POST, "/v1/users/{usr}/unfreeze", SCOPE_OPERATE, ROUTE_NO_BODY,
          "Let a frozen user act again", NULL, &identity_user_shape, unfreeze),
    WRITE(PUT, "/v1/users/{usr}/role", SCOPE_OPERATE, 0, "Change what a user may do",
          &identity_role_shape, &identity_user_shape, role),
    WRITE(POST, "/v1/users/{usr}/erase", SCOPE_OPERATE, ROUTE_NO_BODY,
          "Erase a person: the key of their data is destroyed for good", NULL, &identity_user_shape,
          erase),

    READ("/v1/api-keys", SCOPE_KEYS, ROUTE_LIST, "API keys of one's organisation",
         &identity_page_shape, &identity_api_key_shape, api_keys),
    WRITE(POST, "/v1/api-keys", SCOPE_KEYS, ROUTE_CREATED,
          "Make an API key; its secret is shown once", &identity_api_key_in_shape,
          &identity_api_key_shape, new_api_key),
    WRITE(DELETE, "/v1/api-keys/{key}", SCOPE_KEYS, ROUTE_NO_BODY | ROUTE_OWN_KEY,
          "Revoke an API key", NULL, &identity_api_key_shape, revoke_api_key),

    READ("/v1/approvals", SCOPE_SUPERVISE, ROUTE_LIST, "Proposals and what became of them",
         &identity_approval_query_shape, &identity_approval_shape, approvals),
    READ("/v1/approvals/{apr}", SCOPE_SUPERVISE, 0, "One proposal", NULL, &identity_approval_shape,
         approval),
    WRITE(POST, "/v1/approvals", SCOPE_MONEY, ROUTE_CREATED, "Propose a money action",
          &identity_proposal_shape, &identity_approval_shape, propose),
    WRITE(POST, "/v1/approvals/{apr}/approve", SCOPE_MONEY, 0,
          "Approve another person's proposal: it runs in the same commit", &identity_decision_shape,
          &identity_approval_shape, approve),
    WRITE(POST, "/v1/approvals/{apr}/reject", SCOPE_MONEY, 0, "Reject or withdraw a proposal",
          &identity_decision_shape, &identity_approval_shape, reject),

    READ("/v1/parameters", SCOPE_SUPERVISE, ROUTE_LIST,
         "The market's dated parameters; they are set by the action parameter.set",
         &identity_page_shape, &identity_parameter_row_shape, parameters),
    READ("/v1/audit", SCOPE_SELF, ROUTE_LIST, "Who did what, newest first",
         &identity_audit_query_shape, &identity_audit_shape, audit),
};

static const job_type *const jobs[] = {&identity_touch_job, &identity_expire_job};

const module identity_module = {.name = "identity",
                                .schema = &schema,
                                .routes = routes,
                                .route_count = COUNT_OF(routes),
                                .jobs = jobs,
                                .job_count = COUNT_OF(jobs)};
