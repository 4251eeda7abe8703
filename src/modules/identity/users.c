/* users.c - the commands that say who exists: set-up, tenants, legal entities, users and what
 * becomes of them. Each is load -> decide -> write; every refusal is in decide. Personal data
 * leaves a command only encrypted; events and the audit trail carry ids. */
#include "modules/identity/commands.h"

#include <pthread.h>
#include <string.h>

/* --- the market, cached ----------------------------------------------------------------------- */

enum { MARKET_NAME_MAX = 512, MARKET_SETTLED_S = 1 };

static struct {
  pthread_mutex_t lock;
  bool is_known;
  market m;
  char name[MARKET_NAME_MAX];
} cached = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool market_from_cache(market *out) {
  pthread_mutex_lock(&cached.lock);
  bool is_known = cached.is_known;
  if (is_known) *out = cached.m;
  pthread_mutex_unlock(&cached.lock);
  return is_known;
}

static void market_to_cache(const market *m) {
  pthread_mutex_lock(&cached.lock);
  /* The first copy stays: others hold views of its name. */
  if (!cached.is_known && m->name.len < MARKET_NAME_MAX) {
    cached.m = *m;
    memcpy(cached.name, m->name.at, m->name.len);
    cached.m.name = (str){cached.name, m->name.len};
    cached.is_known = true;
  }
  pthread_mutex_unlock(&cached.lock);
}

status identity_market(ctx *c, db *d, market *out) {
  if (market_from_cache(out)) return OK;
  sha256 key_check;
  bool found;
  market m;
  TRY(identity_load_market(c, d, &m, &key_check, &found));
  if (!found) return fail(c, E_CONFLICT, "the market is not set up yet; POST /v1/setup first");
  /* A row younger than the command's own beginning may be of the very commit that is still under
   * way and could yet fail; any other is committed. */
  if (id_time(m.platform) + MARKET_SETTLED_S * MICROS_PER_SECOND < c->real_now) market_to_cache(&m);
  *out = m;
  return OK;
}

void identity_market_forget(void) {
  pthread_mutex_lock(&cached.lock);
  cached.is_known = false;
  pthread_mutex_unlock(&cached.lock);
  identity_keys_forget();
  identity_access_forget();
  identity_parameters_forget();
}

/* --- a user ----------------------------------------------------------------------------------- */

static status load_email(ctx *c, db *d, user_new *u) {
  if (u->email.len == 0) return OK;
  u->found.is_bad_email = !identity_email_parse(c->arena, u->email, &u->found.email);
  if (u->found.is_bad_email) return OK;
  id holder;
  TRY(identity_find_email(c, d, identity_email_key(u->found.email), &holder));
  u->found.is_taken = holder != 0;
  return OK;
}

status identity_user_load(ctx *c, tx *t, user_new *u) {
  db *d = tx_db(t);
  TRY(identity_keys_ready(c, d));
  TRY(load_email(c, d, u));
  market m;
  TRY(identity_market(c, d, &m));
  u->found.platform = m.platform;
  if (u->tenant == 0) u->tenant = m.platform;
  if (u->tenant == m.platform) return OK;
  bool found;
  TRY(identity_has_tenant(c, d, u->tenant, &found));
  u->found.no_tenant = !found;
  return OK;
}

status identity_user_decide(ctx *c, tx *t, user_new *u) {
  UNUSED(t);
  if (u->kind < ACTOR_BUYER || u->kind > ACTOR_INSTITUTION) {
    return fail_field(c, E_MALFORMED, STR("/kind"),
                      "a user is a buyer, seller, operator, supervisor "
                      "or institution");
  }
  if (u->found.is_bad_email) {
    return fail_field(c, E_MALFORMED, STR("/email"), "this is no e-mail address");
  }
  if (u->email.len == 0 && u->password_hash.len > 0) {
    return fail_field(c, E_MALFORMED, STR("/email"),
                      "who signs in by password needs an e-mail address");
  }
  if (u->found.no_tenant)
    return fail_field(c, E_NOT_FOUND, STR("/tenant"), "there is no such tenant");
  bool has_own_tenant = u->kind == ACTOR_SELLER || u->kind == ACTOR_INSTITUTION;
  if (has_own_tenant == (u->tenant == u->found.platform)) {
    return fail_field(c, E_MALFORMED, STR("/tenant"),
                      has_own_tenant ? "name the tenant of this seller or institution"
                                     : "buyers, operators and supervisors belong to the platform");
  }
  if (u->found.is_taken) {
    return fail_field(c, E_CONFLICT, STR("/email"),
                      "this e-mail address is in use; sign in instead");
  }
  u->user_id = id_next(c);
  return OK;
}

static user_row user_row_of(ctx *c, const user_new *u) {
  user_role role = u->has_role ? (user_role)u->role : identity_role_of(u->kind);
  return (user_row){u->user_id, u->tenant, (int)u->kind, (int)role, USER_ACTIVE, c->now};
}

status identity_user_write(ctx *c, tx *t, user_new *u) {
  db *d = tx_db(t);
  user_row row = user_row_of(c, u);
  person who = {u->name, u->found.email, u->phone, u->address};
  TRY(identity_save_user(c, d, &row));
  TRY(identity_save_person(c, d, u->user_id, &who));
  if (u->found.email.len > 0) {
    TRY(identity_save_email(c, d, identity_email_key(u->found.email), u->user_id));
  }
  if (u->password_hash.len > 0) TRY(identity_save_password(c, d, u->user_id, u->password_hash));
  return identity_user_happened(c, t, "user.created", &row);
}

/* The one event a user's change makes, and its line in the audit trail. */
status identity_user_happened(ctx *c, tx *t, const char *what, const user_row *row) {
  user_out out = {.user = row->user_id,
                  .tenant = row->tenant,
                  .kind = row->kind,
                  .role = row->role,
                  .state = row->state,
                  .created_at = row->created_at};
  buf body = buf_make(c->arena, 2048);
  shape_print(&body, &identity_user_event_shape, &out);
  tx_audit(t, ID_USER, row->user_id, buf_str(&body));
  return tx_emit(c, t, what, ID_USER, row->user_id, row->tenant, buf_str(&body));
}

static status create_user_load(ctx *c, tx *t, void *state) {
  return identity_user_load(c, t, state);
}
static status create_user_decide(ctx *c, tx *t, void *state) {
  return identity_user_decide(c, t, state);
}
static status create_user_write(ctx *c, tx *t, void *state) {
  return identity_user_write(c, t, state);
}
const command_type identity_create_user = {"user.create", 0, create_user_load, create_user_decide,
                                           create_user_write};

/* The same through the API, with the new user as the answer. */
static status register_load(ctx *c, tx *t, void *state) {
  return identity_user_load(c, t, &((user_state_new *)state)->user);
}

static status register_decide(ctx *c, tx *t, void *state) {
  user_state_new *s = state;
  const user_new *u = &s->user;
  TRY(identity_user_decide(c, t, &s->user));
  user_row row = user_row_of(c, u);
  person who = {u->name, u->found.email, u->phone, u->address};
  s->out = identity_user_view(&row, &who);
  return OK;
}

static status register_write(ctx *c, tx *t, void *state) {
  return identity_user_write(c, t, &((user_state_new *)state)->user);
}
const command_type identity_register = {"user.register", 0, register_load, register_decide,
                                        register_write};

/* --- a tenant and its legal entity ------------------------------------------------------------ */

static bool tenant_kind_of(str name, tenant_kind *out) {
  for (int k = TENANT_SELLER; tenant_kinds[k] != NULL; k++) {
    if (!str_eq(name, str_from(tenant_kinds[k]))) continue;
    *out = (tenant_kind)k;
    return true;
  }
  return false;
}

status identity_tenant_decide(ctx *c, tx *t, tenant_new *n) {
  UNUSED(t);
  tenant_kind kind;
  if (!tenant_kind_of(n->kind, &kind)) {
    return fail_field(c, E_MALFORMED, STR("/kind"), "a tenant is a seller or an institution");
  }
  if (str_trim(n->name).len == 0)
    return fail_field(c, E_MALFORMED, STR("/name"), "a tenant has a name");
  n->tenant_id = id_next(c);
  n->entity_id = id_next(c);
  return OK;
}

status identity_tenant_write(ctx *c, tx *t, tenant_new *n) {
  db *d = tx_db(t);
  tenant_kind kind = TENANT_SELLER;
  bool is_known = tenant_kind_of(n->kind, &kind);
  assert(is_known);
  UNUSED(is_known);
  TRY(identity_save_tenant(c, d, n->tenant_id, kind, n->name));
  entity_row entity = {n->entity_id, n->tenant_id, n->name, {0}, c->now};
  TRY(identity_save_entity(c, d, &entity));
  tenant_row row = {n->tenant_id, (int)kind, n->name, c->now};
  buf body = buf_make(c->arena, 2048);
  shape_print(&body, &identity_tenant_shape, &row);
  tx_audit(t, ID_TENANT, n->tenant_id, buf_str(&body));
  return tx_emit(c, t, "tenant.created", ID_TENANT, n->tenant_id, n->tenant_id, buf_str(&body));
}

static status create_tenant_decide(ctx *c, tx *t, void *state) {
  return identity_tenant_decide(c, t, state);
}
static status create_tenant_write(ctx *c, tx *t, void *state) {
  return identity_tenant_write(c, t, state);
}
const command_type identity_create_tenant = {"tenant.create", 0, NULL, create_tenant_decide,
                                             create_tenant_write};

/* --- set-up ----------------------------------------------------------------------------------- */

static status setup_account(ctx *c, tx *t, const market *m, uint16_t code, id *out) {
  account_spec spec = {.tenant = m->platform,
                       .entity = m->entity,
                       .owner = m->entity,
                       .asset = m->currency,
                       .code = code};
  return tx_ensure_account(c, t, &spec, out);
}

static status setup_load(ctx *c, tx *t, void *state) {
  setup_state *s = state;
  db *d = tx_db(t);
  sha256 key_check;
  TRY(identity_keys_ready(c, d));
  TRY(identity_load_market(c, d, &s->out, &key_check, &s->is_done_before));
  if (s->is_done_before) return OK;
  s->out = (market){.platform = id_next(c),
                    .entity = id_next(c),
                    .operator_user = id_next(c),
                    .currency = s->in.currency,
                    .utc_offset_minutes = (int)s->in.utc_offset_minutes,
                    .name = s->in.market_name};
  TRY(setup_account(c, t, &s->out, CODE_BANK_OWN, &s->own_bank));
  return setup_account(c, t, &s->out, CODE_CAPITAL, &s->capital);
}

static status setup_check(ctx *c, setup_state *s) {
  char code[4];
  int scale;
  if (s->is_done_before) return fail(c, E_CONFLICT, "the market was set up before");
  if (!currency_by_number(s->in.currency, code, &scale)) {
    return fail_field(c, E_MALFORMED, STR("/currency"), "name a currency of ISO 4217, like CNY");
  }
  if (s->in.utc_offset_minutes < -720 || s->in.utc_offset_minutes > 840) {
    return fail_field(c, E_MALFORMED, STR("/utc_offset_minutes"), "minutes from -720 to 840");
  }
  if (s->in.market_name.len == 0 || s->in.market_name.len >= MARKET_NAME_MAX) {
    return fail_field(c, E_MALFORMED, STR("/market_name"), "a name of 1 to 120 characters");
  }
  if (s->in.capital < 0)
    return fail_field(c, E_MALFORMED, STR("/capital"), "0 or more minor units");
  if (!identity_email_parse(c->arena, s->in.operator_email, &s->email)) {
    return fail_field(c, E_MALFORMED, STR("/operator_email"), "this is no e-mail address");
  }
  return OK;
}

static status setup_decide(ctx *c, tx *t, void *state) {
  setup_state *s = state;
  TRY(setup_check(c, s));
  if (s->in.capital == 0) return OK;
  transfer paid_in = {.debit_account = s->own_bank,
                      .credit_account = s->capital,
                      .amount = s->in.capital,
                      .code = WHY_CAPITAL,
                      .ref = s->out.entity};
  return tx_post(c, t, &paid_in, 1);
}

static status setup_write(ctx *c, tx *t, void *state) {
  setup_state *s = state;
  tx_set_utc_offset(t, s->out.utc_offset_minutes);
  db *d = tx_db(t);
  const market *m = &s->out;
  entity_row entity = {m->entity, m->platform, m->name, {0}, c->now};
  TRY(identity_save_market(c, d, m));
  TRY(identity_save_tenant(c, d, m->platform, TENANT_PLATFORM, m->name));
  TRY(identity_save_entity(c, d, &entity));
  user_new operator_user = {.email = s->in.operator_email,
                            .name = STR("Operator"),
                            .password_hash = s->password_hash,
                            .kind = ACTOR_OPERATOR,
                            .tenant = m->platform,
                            .user_id = m->operator_user,
                            .found = {.email = s->email}};
  return identity_user_write(c, t, &operator_user);
}
const command_type identity_setup = {"market.setup", 0, setup_load, setup_decide, setup_write};

/* --- a seller: tenant, entity and first user in one commit ------------------------------------ */

static status seller_load(ctx *c, tx *t, void *state) {
  seller_state *s = state;
  s->user.tenant = 0; /* its own tenant does not exist yet: decide sets it */
  return identity_user_load(c, t, &s->user);
}

static status seller_decide(ctx *c, tx *t, void *state) {
  seller_state *s = state;
  TRY(identity_tenant_decide(c, t, &s->tenant));
  s->user.tenant = s->tenant.tenant_id;
  TRY(identity_user_decide(c, t, &s->user));
  s->out = (seller_out){s->tenant.tenant_id, s->tenant.entity_id, s->user.user_id, s->tenant.name};
  return OK;
}

static status seller_write(ctx *c, tx *t, void *state) {
  seller_state *s = state;
  TRY(identity_tenant_write(c, t, &s->tenant));
  return identity_user_write(c, t, &s->user);
}
const command_type identity_onboard_seller = {"seller.onboard", 0, seller_load, seller_decide,
                                              seller_write};

/* --- a further legal entity ------------------------------------------------------------------- */

static status entity_load(ctx *c, tx *t, void *state) {
  entity_state *s = state;
  market m;
  TRY(identity_market(c, tx_db(t), &m));
  if (s->row.tenant == 0) s->row.tenant = m.platform;
  return identity_has_tenant(c, tx_db(t), s->row.tenant, &s->has_tenant);
}

static status entity_decide(ctx *c, tx *t, void *state) {
  UNUSED(t);
  entity_state *s = state;
  if (!s->has_tenant) return fail_field(c, E_NOT_FOUND, STR("/tenant"), "there is no such tenant");
  s->row.entity = id_next(c);
  s->row.created_at = c->now;
  return OK;
}

static status entity_write(ctx *c, tx *t, void *state) {
  entity_state *s = state;
  buf body = buf_make(c->arena, 4096);
  shape_print(&body, &identity_entity_shape, &s->row);
  tx_audit(t, ID_ENTITY, s->row.entity, buf_str(&body));
  return identity_save_entity(c, tx_db(t), &s->row);
}
const command_type identity_create_entity = {"entity.create", 0, entity_load, entity_decide,
                                             entity_write};

/* --- changing a user -------------------------------------------------------------------------- */

static status change_load(ctx *c, tx *t, void *state) {
  user_change *s = state;
  TRY(identity_keys_ready(c, tx_db(t)));
  TRY(identity_lock_user(c, tx_db(t), s->user, &s->before, &s->found));
  if (s->found) TRY(identity_load_person(c, tx_db(t), s->user, &s->person));
  return OK;
}

static status change_decide(ctx *c, tx *t, void *state) {
  user_change *s = state;
  principal who = tx_who(t);
  if (!s->found) return fail(c, E_NOT_FOUND, "there is no such user");
  TRY(identity_check_change(c, &s->before, s->what, s->role, &who));
  s->after = identity_user_after(&s->before, s->what, s->role);
  return OK;
}

static status erase_person(ctx *c, db *d, const user_change *s) {
  str email = s->person.email;
  if (email.len > 0) TRY(identity_drop_email(c, d, identity_email_key(email)));
  return identity_erase_person(c, d, s->user);
}

static status change_write(ctx *c, tx *t, void *state) {
  static const char *const events[] = {
      [USER_FREEZE] = "user.frozen",
      [USER_UNFREEZE] = "user.unfrozen",
      [USER_SET_ROLE] = "user.role_changed",
      [USER_ERASE] = "user.erased",
  };
  user_change *s = state;
  db *d = tx_db(t);
  TRY(identity_update_user(c, d, &s->after));
  if (s->what == USER_ERASE) TRY(erase_person(c, d, s));
  if (s->after.state != USER_ACTIVE) TRY(identity_drop_sessions_of(c, d, s->user, 0));
  if (s->after.state == USER_ERASED) TRY(identity_revoke_api_keys_of(c, d, s->user));
  identity_access_changed();
  s->out = identity_user_view(&s->after, s->what == USER_ERASE ? &(person){0} : &s->person);
  return identity_user_happened(c, t, events[s->what], &s->after);
}
const command_type identity_change_user = {"user.change", 0, change_load, change_decide,
                                           change_write};

/* --- one's own profile ------------------------------------------------------------------------ */

static status profile_load(ctx *c, tx *t, void *state) {
  profile_state *s = state;
  id user = tx_who(t).actor;
  TRY(identity_lock_user(c, tx_db(t), user, &s->user, &s->found));
  return identity_load_person(c, tx_db(t), user, &s->person);
}

static status profile_decide(ctx *c, tx *t, void *state) {
  UNUSED(t);
  profile_state *s = state;
  if (!s->found || s->user.state != USER_ACTIVE)
    return fail(c, E_NOT_FOUND, "there is no such user");
  if (s->in.name.len > 0) s->person.name = s->in.name;
  if (s->in.phone.len > 0) s->person.phone = s->in.phone;
  if (s->in.address.len > 0) s->person.address = s->in.address;
  return OK;
}

static status profile_write(ctx *c, tx *t, void *state) {
  profile_state *s = state;
  TRY(identity_update_person(c, tx_db(t), s->user.user_id, &s->person));
  s->out = identity_user_view(&s->user, &s->person);
  return identity_user_happened(c, t, "user.updated", &s->user);
}
const command_type identity_update_profile = {"user.profile", 0, profile_load, profile_decide,
                                              profile_write};
