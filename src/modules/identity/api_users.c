/* api_users.c - users, tenants, legal entities and set-up on the wire: shapes, what a GET reads and
 * what a write puts into its command. Personal data is opened only here, for the person and for
 * operators and supervisor. */
#include "modules/identity/commands.h"

/* --- shapes ----------------------------------------------------------------------------------- */

#define USER_FIELDS                                                                   \
  F_ID(user_out, user, 0, ID_USER, "The user."),                                      \
      F_ID(user_out, tenant, 0, ID_TENANT, "The organisation."),                      \
      F_ENUM(user_out, kind, 0, user_kinds, "What kind of user."),                    \
      F_ENUM(user_out, role, 0, user_roles, "What the user may do."),                 \
      F_ENUM(user_out, state, 0, user_states, "Frozen and erased users cannot act."), \
      F_TIME(user_out, created_at, 0, "When the user came.")

static const field user_fields[] = {
    USER_FIELDS,
    F_STR(user_out, name, FIELD_PERSONAL, 0, 200, "Name; empty when erased."),
    F_STR(user_out, email, FIELD_PERSONAL, 0, EMAIL_MAX,
          "E-mail address; empty when there is none."),
    F_STR(user_out, phone, FIELD_PERSONAL, 0, 32, "Telephone number."),
    F_STR(user_out, address, FIELD_PERSONAL, 0, 1000, "Postal address."),
};
SHAPE(identity_user_shape, "User", user_out, user_fields);

static const field user_event_fields[] = {USER_FIELDS};
SHAPE(identity_user_event_shape, "UserChanged", user_out, user_event_fields);

static const field tenant_fields[] = {
    F_ID(tenant_row, tenant, 0, ID_TENANT, "The organisation."),
    F_ENUM(tenant_row, kind, 0, tenant_kinds, "What kind of organisation."),
    F_STR(tenant_row, name, 0, 0, 200, "Its name."),
    F_TIME(tenant_row, created_at, 0, "When it came."),
};
SHAPE(identity_tenant_shape, "Tenant", tenant_row, tenant_fields);

static const field entity_fields[] = {
    F_ID(entity_row, entity, FIELD_READ_ONLY, ID_ENTITY, "The legal entity."),
    F_ID(entity_row, tenant, 0, ID_TENANT, "Whose it is; the platform's when left out."),
    F_STR(entity_row, name, FIELD_REQUIRED, 1, 200, "Registered name."),
    F_STR(entity_row, registration, 0, 0, 64, "Number in the company register."),
    F_TIME(entity_row, created_at, FIELD_READ_ONLY, "When it was entered."),
};
SHAPE(identity_entity_shape, "LegalEntity", entity_row, entity_fields);

static const field setup_in_fields[] = {
    F_STR(setup_in, market_name, FIELD_REQUIRED, 1, 120, "What the market is called."),
    F_CURRENCY(setup_in, currency, FIELD_REQUIRED, "The market's currency."),
    F_INT(setup_in, utc_offset_minutes, 0, -720, 840,
          "The market's business day: minutes ahead of UTC."),
    F_STR(setup_in, operator_email, FIELD_REQUIRED, 3, EMAIL_MAX,
          "The first operator signs in with it."),
    F_STR(setup_in, operator_password, FIELD_REQUIRED, PASSWORD_MIN, PASSWORD_MAX,
          "Their password."),
    F_AMOUNT(setup_in, capital, 0, 0, MONEY_MAX_JSON,
             "Own money paid in at the start, minor units."),
};
SHAPE(identity_setup_shape, "Setup", setup_in, setup_in_fields);

static const field market_fields[] = {
    F_ID(market, platform, 0, ID_TENANT, "The platform's tenant."),
    F_ID(market, entity, 0, ID_ENTITY, "The operator's legal entity."),
    F_ID(market, operator_user, 0, ID_USER, "The first operator."),
    F_CURRENCY(market, currency, 0, "The market's currency."),
    F_STR(market, name, 0, 0, 120, "The market's name."),
};
SHAPE(identity_market_shape, "Market", market, market_fields);

static const field registration_fields[] = {
    F_STR(registration_in, email, FIELD_REQUIRED, 3, EMAIL_MAX, "Signs in with it."),
    F_STR(registration_in, password, FIELD_REQUIRED, PASSWORD_MIN, PASSWORD_MAX,
          "10 to 128 characters."),
    F_STR(registration_in, name, FIELD_REQUIRED, 1, 200, "Full name."),
    F_STR(registration_in, phone, 0, 0, 32, "Telephone number."),
    F_STR(registration_in, address, 0, 0, 1000, "Postal address."),
};
SHAPE(identity_registration_shape, "Registration", registration_in, registration_fields);

static const field seller_in_fields[] = {
    F_STR(seller_in, name, FIELD_REQUIRED, 1, 200, "The seller's name as an organisation."),
    F_STR(seller_in, email, FIELD_REQUIRED, 3, EMAIL_MAX, "Its first user signs in with it."),
    F_STR(seller_in, password, FIELD_REQUIRED, PASSWORD_MIN, PASSWORD_MAX, "A first password."),
    F_STR(seller_in, person_name, FIELD_REQUIRED, 1, 200, "The first user's full name."),
};
SHAPE(identity_seller_in_shape, "SellerOnboarding", seller_in, seller_in_fields);

static const field seller_out_fields[] = {
    F_ID(seller_out, seller, 0, ID_TENANT, "The seller: a tenant of its own."),
    F_ID(seller_out, entity, 0, ID_ENTITY, "Its legal entity."),
    F_ID(seller_out, user, 0, ID_USER, "Its first user."),
    F_STR(seller_out, name, 0, 0, 200, "Its name."),
};
SHAPE(identity_seller_shape, "Seller", seller_out, seller_out_fields);

static const field new_user_fields[] = {
    F_ENUM(new_user_in, role, FIELD_REQUIRED, user_roles, "What the user may do."),
    F_ID(new_user_in, tenant, 0, ID_TENANT, "Whose user; the platform's when left out."),
    F_STR(new_user_in, email, FIELD_REQUIRED, 3, EMAIL_MAX, "Signs in with it."),
    F_STR(new_user_in, password, FIELD_REQUIRED, PASSWORD_MIN, PASSWORD_MAX, "A first password."),
    F_STR(new_user_in, name, FIELD_REQUIRED, 1, 200, "Full name."),
};
SHAPE(identity_new_user_shape, "NewUser", new_user_in, new_user_fields);

static const field role_fields[] = {
    F_ENUM(role_in, role, FIELD_REQUIRED, user_roles, "The new role; of the same kind of user."),
};
SHAPE(identity_role_shape, "RoleChange", role_in, role_fields);

static const field profile_fields[] = {
    F_STR(profile_in, name, 0, 1, 200, "Full name; left out: unchanged."),
    F_STR(profile_in, phone, 0, 1, 32, "Telephone number; left out: unchanged."),
    F_STR(profile_in, address, 0, 1, 1000, "Postal address; left out: unchanged."),
};
SHAPE(identity_profile_shape, "ProfileChange", profile_in, profile_fields);

user_out identity_user_view(const user_row *row, const person *who) {
  return (user_out){
      .user = row->user_id,
      .tenant = row->tenant,
      .kind = row->kind,
      .role = row->role,
      .state = row->state,
      .created_at = row->created_at,
      .name = who->name,
      .email = who->email,
      .phone = who->phone,
      .address = who->address,
  };
}

/* --- lists ------------------------------------------------------------------------------------ */

static const field page_fields[] = {F_PAGE(page_query)};
SHAPE(identity_page_shape, "Page", page_query, page_fields);

enum { PAGE_USUAL = 50, PAGE_MAX = 200 };

status identity_page_open(ctx *c, const page_query *page, id *after, int64_t *max) {
  *after = 0;
  *max = page->limit == 0 ? PAGE_USUAL : page->limit;
  if (*max > PAGE_MAX) *max = PAGE_MAX;
  if (page->after.len == 0 || cursor_parse(page->after, after, 1)) return OK;
  return fail_field(c, E_MALFORMED, STR("query/after"),
                    "send the `next` of the page before, unchanged");
}

void identity_page_close(ctx *c, list_out *out, void *items, size_t count, int64_t max, id last) {
  out->items = (field_array){items, count};
  out->next = (int64_t)count < max ? (str){0} : cursor_print(c->arena, &last, 1);
}

/* --- reads ------------------------------------------------------------------------------------ */

/* "all" first, then the words of kind and state in their order. */
static const char *const kinds_wanted[] = {"all",        "buyer",       "seller", "operator",
                                           "supervisor", "institution", NULL};
static const char *const states_wanted[] = {"all", "active", "frozen", "erased", NULL};
typedef struct user_query {
  int64_t limit;
  str after;
  user_filter wanted;
} user_query;
static const field user_query_fields[] = {
    F_PAGE(user_query),
    {.name = "kind",
     .type = FIELD_ENUM,
     .offset = offsetof(user_query, wanted.kind),
     .values = kinds_wanted,
     .doc = "Of this kind."},
    {.name = "state",
     .type = FIELD_ENUM,
     .offset = offsetof(user_query, wanted.state),
     .values = states_wanted,
     .doc = "In this state."},
    {.name = "tenant",
     .type = FIELD_ID,
     .offset = offsetof(user_query, wanted.tenant),
     .id_kind = ID_TENANT,
     .doc = "Of this organisation."},
    {.name = "user",
     .type = FIELD_ID,
     .offset = offsetof(user_query, wanted.user),
     .id_kind = ID_USER,
     .doc = "This one alone."},
};
SHAPE(identity_user_query_shape, "UserQuery", user_query, user_query_fields);

status identity_read_users(ctx *c, const request *r, db *d, void *out) {
  const user_query *q = r->query;
  id after;
  int64_t max;
  user_row *rows;
  size_t count;
  TRY(identity_page_open(c, &(page_query){q->limit, q->after}, &after, &max));
  TRY(identity_list_users(c, d, &q->wanted, after, max, &rows, &count));
  user_out *items = ARENA_ARRAY(c->arena, user_out, count + 1);
  for (size_t i = 0; i < count; i++) {
    person who;
    TRY(identity_load_person(c, d, rows[i].user_id, &who));
    items[i] = identity_user_view(&rows[i], &who);
  }
  identity_page_close(c, out, items, count, max, count > 0 ? rows[count - 1].user_id : 0);
  return OK;
}

status identity_read_user(ctx *c, const request *r, db *d, void *out) {
  user_row row;
  person who;
  bool found;
  TRY(identity_load_user(c, d, r->params[0], &row, &found));
  /* A seller sees the colleagues of its tenant; anybody else's id looks like none. */
  bool sees_all = (r->who.scopes & SCOPE_BIT(SCOPE_SUPERVISE)) != 0;
  bool is_own = found && (row.user_id == r->who.actor ||
                          (r->who.kind == ACTOR_SELLER && row.tenant == r->who.tenant));
  if (!found || (!sees_all && !is_own)) return fail(c, E_NOT_FOUND, "there is no such user");
  TRY(identity_load_person(c, d, row.user_id, &who));
  *(user_out *)out = identity_user_view(&row, &who);
  return OK;
}

status identity_read_tenants(ctx *c, const request *r, db *d, void *out) {
  id after;
  int64_t max;
  tenant_row *rows;
  size_t count;
  bool sees_all = (r->who.scopes & SCOPE_BIT(SCOPE_SUPERVISE)) != 0;
  TRY(identity_page_open(c, r->query, &after, &max));
  TRY(identity_list_tenants(c, d, sees_all ? 0 : r->who.tenant, after, max, &rows, &count));
  identity_page_close(c, out, rows, count, max, count > 0 ? rows[count - 1].tenant : 0);
  return OK;
}

status identity_read_entities(ctx *c, const request *r, db *d, void *out) {
  id after;
  int64_t max;
  entity_row *rows;
  size_t count;
  TRY(identity_page_open(c, r->query, &after, &max));
  TRY(identity_list_entities(c, d, after, max, &rows, &count));
  identity_page_close(c, out, rows, count, max, count > 0 ? rows[count - 1].entity : 0);
  return OK;
}

/* --- writes ----------------------------------------------------------------------------------- */

static status hash_password(ctx *c, str pointer, str password, str email, str *out) {
  TRY(identity_check_password(c, pointer, password, email));
  *out = identity_hash_password(c, password);
  return c->fault.code;
}

status identity_prepare_setup(ctx *c, const request *r, command *cmd, void **out) {
  setup_state *s = ARENA_NEW(c->arena, setup_state);
  s->in = *(const setup_in *)r->in;
  TRY(hash_password(c, STR("/operator_password"), s->in.operator_password, s->in.operator_email,
                    &s->password_hash));
  cmd->type = &identity_setup;
  cmd->state = s;
  *out = &s->out;
  return OK;
}

status identity_prepare_registration(ctx *c, const request *r, command *cmd, void **out) {
  const registration_in *in = r->in;
  user_state_new *s = ARENA_NEW(c->arena, user_state_new);
  s->user = (user_new){.email = in->email,
                       .name = in->name,
                       .phone = in->phone,
                       .address = in->address,
                       .kind = ACTOR_BUYER};
  TRY(hash_password(c, STR("/password"), in->password, in->email, &s->user.password_hash));
  cmd->type = &identity_register;
  cmd->state = s;
  *out = &s->out;
  return OK;
}

status identity_prepare_new_user(ctx *c, const request *r, command *cmd, void **out) {
  const new_user_in *in = r->in;
  user_state_new *s = ARENA_NEW(c->arena, user_state_new);
  TRY(identity_check_grant(c, (user_role)in->role, &r->who));
  s->user = (user_new){.email = in->email,
                       .name = in->name,
                       .kind = identity_role_kind((user_role)in->role),
                       .has_role = true,
                       .role = in->role,
                       .tenant = in->tenant};
  TRY(hash_password(c, STR("/password"), in->password, in->email, &s->user.password_hash));
  cmd->type = &identity_register;
  cmd->state = s;
  *out = &s->out;
  return OK;
}

status identity_prepare_seller(ctx *c, const request *r, command *cmd, void **out) {
  const seller_in *in = r->in;
  seller_state *s = ARENA_NEW(c->arena, seller_state);
  s->tenant = (tenant_new){.name = in->name, .kind = STR("seller")};
  s->user = (user_new){.email = in->email, .name = in->person_name, .kind = ACTOR_SELLER};
  TRY(hash_password(c, STR("/password"), in->password, in->email, &s->user.password_hash));
  cmd->type = &identity_onboard_seller;
  cmd->state = s;
  *out = &s->out;
  return OK;
}

static status prepare_change(ctx *c, const request *r, user_change_kind what, user_role role,
                             command *cmd, void **out) {
  user_change *s = ARENA_NEW(c->arena, user_change);
  s->user = r->params[0];
  s->what = what;
  s->role = role;
  cmd->type = &identity_change_user;
  cmd->state = s;
  *out = &s->out;
  return OK;
}

status identity_prepare_freeze(ctx *c, const request *r, command *cmd, void **out) {
  return prepare_change(c, r, USER_FREEZE, ROLE_BUYER, cmd, out);
}

status identity_prepare_unfreeze(ctx *c, const request *r, command *cmd, void **out) {
  return prepare_change(c, r, USER_UNFREEZE, ROLE_BUYER, cmd, out);
}

status identity_prepare_role(ctx *c, const request *r, command *cmd, void **out) {
  return prepare_change(c, r, USER_SET_ROLE, (user_role)((const role_in *)r->in)->role, cmd, out);
}

status identity_prepare_erase(ctx *c, const request *r, command *cmd, void **out) {
  return prepare_change(c, r, USER_ERASE, ROLE_BUYER, cmd, out);
}

status identity_prepare_profile(ctx *c, const request *r, command *cmd, void **out) {
  profile_state *s = ARENA_NEW(c->arena, profile_state);
  s->in = *(const profile_in *)r->in;
  cmd->type = &identity_update_profile;
  cmd->state = s;
  *out = &s->out;
  return OK;
}

status identity_prepare_new_entity(ctx *c, const request *r, command *cmd, void **out) {
  entity_state *s = ARENA_NEW(c->arena, entity_state);
  s->row = *(const entity_row *)r->in;
  cmd->type = &identity_create_entity;
  cmd->state = s;
  *out = &s->row;
  return OK;
}
