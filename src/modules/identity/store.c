/* store.c - who there is, in SQL: the market, its parameters, tenants, users, personal data. Rows
 * to structs and back, no rules; opens no personal data for anyone but identity_load_person. Text
 * that comes out is copied into the caller's arena. */
#include "modules/identity/store.h"

#include <string.h>

sha256 identity_get_hash(const db_rows *rows, int column) {
  str bytes = db_get_bytes(rows, column);
  sha256 out = {{0}};
  if (bytes.len == sizeof out.bytes) memcpy(out.bytes, bytes.at, bytes.len);
  return out;
}

static str keep_bytes(const db_rows *rows, int column, arena *a) {
  return str_copy(a, db_get_bytes(rows, column));
}

void *identity_next_item(ctx *c, void **items, size_t *count, int64_t max, size_t size) {
  if (*items == NULL) *items = arena_take(c->arena, (size_t)max, size);
  assert(*count < (size_t)max);
  return (char *)*items + size * (*count)++;
}

/* --- market ----------------------------------------------------------------------------------- */

status identity_load_market(ctx *c, db *d, market *out, sha256 *key_check, bool *found) {
  db_rows *rows;
  TRY(db_query0(
      c, d, &rows,
      "select platform, entity, operator_user, currency, utc_offset_minutes, name, key_check "
      "from market where market=1"));
  *found = db_next(rows);
  if (*found) {
    *out = (market){
        .platform = db_get_int(rows, 0),
        .entity = db_get_int(rows, 1),
        .operator_user = db_get_int(rows, 2),
        .currency = (uint32_t)db_get_int(rows, 3),
        .utc_offset_minutes = (int)db_get_int(rows, 4),
        .name = db_keep_text(rows, 5, c->arena),
    };
    *key_check = identity_get_hash(rows, 6);
  }
  return db_done(c, rows);
}

status identity_save_market(ctx *c, db *d, const market *m) {
  sha256 check = identity_key_check();
  return db_run(c, d,
                "insert into market(market, platform, entity, operator_user, currency, "
                "utc_offset_minutes, name, key_check, created_at) "
                "values (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                DB_INT(m->platform), DB_INT(m->entity), DB_INT(m->operator_user),
                DB_INT(m->currency), DB_INT(m->utc_offset_minutes), DB_TEXT(m->name),
                DB_HASH(check), DB_INT(c->now));
}

status identity_save_parameter(ctx *c, db *d, const parameter_row *p) {
  return db_run(c, d,
                "insert into market_parameter(name, valid_from, value, set_by, set_at) "
                "values (?1, ?2, ?3, ?4, ?5) on conflict (name, valid_from) do update "
                "set value=excluded.value, set_by=excluded.set_by, set_at=excluded.set_at",
                DB_TEXT(p->name), DB_INT(p->valid_from), DB_INT(p->value), DB_INT(p->set_by),
                DB_INT(p->set_at));
}

status identity_load_parameter(ctx *c, db *d, const char *name, date on, int64_t *value,
                               bool *found) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select value from market_parameter where name=?1 and valid_from<=?2 "
               "order by valid_from desc limit 1",
               DB_TEXT(str_from(name)), DB_INT(on)));
  *found = db_next(rows);
  if (*found) *value = db_get_int(rows, 0);
  return db_done(c, rows);
}

status identity_list_parameters(ctx *c, db *d, int64_t max, parameter_row **out, size_t *count) {
  db_rows *rows;
  void *items = NULL;
  *count = 0;
  TRY(db_query(c, d, &rows,
               "select name, valid_from, value, set_by, set_at from market_parameter "
               "order by name, valid_from limit ?1",
               DB_INT(max)));
  while (db_next(rows)) {
    parameter_row *p = identity_next_item(c, &items, count, max, sizeof *p);
    *p = (parameter_row){
        .name = db_keep_text(rows, 0, c->arena),
        .valid_from = (date)db_get_int(rows, 1),
        .value = db_get_int(rows, 2),
        .set_by = db_get_int(rows, 3),
        .set_at = db_get_int(rows, 4),
    };
  }
  *out = items;
  return db_done(c, rows);
}

/* --- tenants and entities --------------------------------------------------------------------- */

status identity_save_tenant(ctx *c, db *d, id tenant, tenant_kind kind, str name) {
  return db_run(
      c, d, "insert into identity_tenant(tenant, kind, name, created_at) values (?1, ?2, ?3, ?4)",
      DB_INT(tenant), DB_INT(kind), DB_TEXT(name), DB_INT(c->now));
}

status identity_has_tenant(ctx *c, db *d, id tenant, bool *found) {
  db_rows *rows;
  TRY(db_query(c, d, &rows, "select 1 from identity_tenant where tenant=?1", DB_INT(tenant)));
  *found = db_next(rows);
  return db_done(c, rows);
}

status identity_list_tenants(ctx *c, db *d, id only, id after, int64_t max, tenant_row **out,
                             size_t *count) {
  db_rows *rows;
  void *items = NULL;
  *count = 0;
  TRY(db_query(c, d, &rows,
               "select tenant, kind, name, created_at from identity_tenant "
               "where tenant>?1 and (?2=0 or tenant=?2) order by tenant limit ?3",
               DB_INT(after), DB_INT(only), DB_INT(max)));
  while (db_next(rows)) {
    tenant_row *t = identity_next_item(c, &items, count, max, sizeof *t);
    *t = (tenant_row){db_get_int(rows, 0), (int)db_get_int(rows, 1),
                      db_keep_text(rows, 2, c->arena), db_get_int(rows, 3)};
  }
  *out = items;
  return db_done(c, rows);
}

status identity_save_entity(ctx *c, db *d, const entity_row *e) {
  return db_run(c, d,
                "insert into identity_entity(entity, tenant, name, registration, created_at) "
                "values (?1, ?2, ?3, ?4, ?5)",
                DB_INT(e->entity), DB_INT(e->tenant), DB_TEXT(e->name), DB_TEXT(e->registration),
                DB_INT(e->created_at));
}

status identity_list_entities(ctx *c, db *d, id after, int64_t max, entity_row **out,
                              size_t *count) {
  db_rows *rows;
  void *items = NULL;
  *count = 0;
  TRY(db_query(c, d, &rows,
               "select entity, tenant, name, registration, created_at from identity_entity "
               "where entity>?1 order by entity limit ?2",
               DB_INT(after), DB_INT(max)));
  while (db_next(rows)) {
    entity_row *e = identity_next_item(c, &items, count, max, sizeof *e);
    *e = (entity_row){db_get_int(rows, 0), db_get_int(rows, 1), db_keep_text(rows, 2, c->arena),
                      db_keep_text(rows, 3, c->arena), db_get_int(rows, 4)};
  }
  *out = items;
  return db_done(c, rows);
}

/* --- users ------------------------------------------------------------------------------------ */

#define USER_COLUMNS "user_id, tenant, kind, role, state, created_at"

static user_row get_user(const db_rows *rows) {
  return (user_row){
      .user_id = db_get_int(rows, 0),
      .tenant = db_get_int(rows, 1),
      .kind = (int)db_get_int(rows, 2),
      .role = (int)db_get_int(rows, 3),
      .state = (int)db_get_int(rows, 4),
      .created_at = db_get_int(rows, 5),
  };
}

static status take_user(ctx *c, db_rows *rows, user_row *out, bool *found) {
  *found = db_next(rows);
  if (*found) *out = get_user(rows);
  return db_done(c, rows);
}

status identity_save_user(ctx *c, db *d, const user_row *u) {
  return db_run(c, d, "insert into identity_user(" USER_COLUMNS ") values (?1, ?2, ?3, ?4, ?5, ?6)",
                DB_INT(u->user_id), DB_INT(u->tenant), DB_INT(u->kind), DB_INT(u->role),
                DB_INT(u->state), DB_INT(u->created_at));
}

status identity_load_user(ctx *c, db *d, id user, user_row *out, bool *found) {
  db_rows *rows;
  TRY(db_query(c, d, &rows, "select " USER_COLUMNS " from identity_user where user_id=?1",
               DB_INT(user)));
  return take_user(c, rows, out, found);
}

status identity_lock_user(ctx *c, db *d, id user, user_row *out, bool *found) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select " USER_COLUMNS " from identity_user where user_id=?1 for update",
               DB_INT(user)));
  return take_user(c, rows, out, found);
}

status identity_update_user(ctx *c, db *d, const user_row *u) {
  return db_run(c, d, "update identity_user set role=?2, state=?3 where user_id=?1",
                DB_INT(u->user_id), DB_INT(u->role), DB_INT(u->state));
}

#define USERS "select " USER_COLUMNS " from identity_user where user_id>?1 and user_id<=?2 "
#define IN_ORDER " and (?4=0 or state=?4-1) order by user_id limit ?3"
#define NOT_ACTIVE                                                                              \
  " and state<>0 and state=?4-1 and (?5=0 or tenant=?5) and (?6=0 or kind=?6) order by user_id" \
  " limit ?3"

/* Each kind of filter has an index; those that are frozen or erased are few. */
static status find_users(ctx *c, db *d, const user_filter *f, id after, int64_t max,
                         db_rows **rows) {
  db_value first = DB_INT(f->user > after ? f->user - 1 : after), most = DB_INT(max);
  db_value last = DB_INT(f->user != 0 ? f->user : INT64_MAX), state = DB_INT(f->state);
  db_value tenant = DB_INT(f->tenant), kind = DB_INT(f->kind);
  if (f->state > 1)
    return db_query(c, d, rows, USERS NOT_ACTIVE, first, last, most, state, tenant, kind);
  if (f->tenant != 0 && f->kind != 0) {
    return db_query(c, d, rows, USERS "and tenant=?5 and kind=?6" IN_ORDER, first, last, most,
                    state, tenant, kind);
  }
  if (f->tenant != 0)
    return db_query(c, d, rows, USERS "and tenant=?5" IN_ORDER, first, last, most, state, tenant);
  if (f->kind != 0)
    return db_query(c, d, rows, USERS "and kind=?5" IN_ORDER, first, last, most, state, kind);
  return db_query(c, d, rows, USERS IN_ORDER, first, last, most, state);
}

status identity_list_users(ctx *c, db *d, const user_filter *f, id after, int64_t max,
                           user_row **out, size_t *count) {
  db_rows *rows;
  void *items = NULL;
  *count = 0;
  TRY(find_users(c, d, f, after, max, &rows));
  while (db_next(rows))
    *(user_row *)identity_next_item(c, &items, count, max, sizeof(user_row)) = get_user(rows);
  *out = items;
  return db_done(c, rows);
}

/* --- personal data ---------------------------------------------------------------------------- */

status identity_save_person(ctx *c, db *d, id user, const person *p) {
  str sealed_key, data;
  identity_person_seal(c, user, p, &sealed_key, &data);
  return db_run(c, d, "insert into identity_person(user_id, sealed_key, data) values (?1, ?2, ?3)",
                DB_INT(user), DB_BYTES(sealed_key.at, sealed_key.len), DB_BYTES(data.at, data.len));
}

static status load_sealed(ctx *c, db *d, id user, str *sealed_key, str *data) {
  db_rows *rows;
  TRY(db_query(c, d, &rows, "select sealed_key, data from identity_person where user_id=?1",
               DB_INT(user)));
  *sealed_key = *data = (str){0};
  if (db_next(rows)) {
    *sealed_key = keep_bytes(rows, 0, c->arena);
    *data = keep_bytes(rows, 1, c->arena);
  }
  return db_done(c, rows);
}

status identity_load_person_key(ctx *c, db *d, id user, str *sealed_key) {
  str data;
  return load_sealed(c, d, user, sealed_key, &data);
}

status identity_load_person(ctx *c, db *d, id user, person *out) {
  str sealed_key, data;
  TRY(identity_keys_ready(c, d));
  TRY(load_sealed(c, d, user, &sealed_key, &data));
  if (identity_person_is_erased(sealed_key)) {
    *out = (person){0};
    return OK;
  }
  return identity_person_open(c, user, sealed_key, data, out);
}

status identity_update_person(ctx *c, db *d, id user, const person *p) {
  str sealed_key, data;
  TRY(load_sealed(c, d, user, &sealed_key, &data));
  TRY(identity_person_reseal(c, user, sealed_key, p, &data));
  return db_run(c, d, "update identity_person set data=?2 where user_id=?1", DB_INT(user),
                DB_BYTES(data.at, data.len));
}

/* Zeros of the same length, not NULL: SQLite then overwrites the bytes where they lie. */
status identity_erase_person(ctx *c, db *d, id user) {
  str sealed_key, data;
  TRY(load_sealed(c, d, user, &sealed_key, &data));
  size_t longest = sealed_key.len > data.len ? sealed_key.len : data.len;
  const char *zeros = arena_take(c->arena, longest + 1, 1);
  TRY(db_run(c, d, "update identity_person set sealed_key=?2, data=?3 where user_id=?1",
             DB_INT(user), DB_BYTES(zeros, sealed_key.len), DB_BYTES(zeros, data.len)));
  return db_run(c, d, "delete from identity_credential where user_id=?1", DB_INT(user));
}

status identity_save_email(ctx *c, db *d, sha256 key, id user) {
  return db_run(c, d, "insert into identity_email(email_key, user_id) values (?1, ?2)",
                DB_HASH(key), DB_INT(user));
}

status identity_find_email(ctx *c, db *d, sha256 key, id *user) {
  db_rows *rows;
  TRY(db_query(c, d, &rows, "select user_id from identity_email where email_key=?1", DB_HASH(key)));
  *user = db_next(rows) ? db_get_int(rows, 0) : 0;
  return db_done(c, rows);
}

status identity_drop_email(ctx *c, db *d, sha256 key) {
  return db_run(c, d, "delete from identity_email where email_key=?1", DB_HASH(key));
}

status identity_save_password(ctx *c, db *d, id user, str password_hash) {
  return db_run(c, d,
                "insert into identity_credential(user_id, password_hash, changed_at) "
                "values (?1, ?2, ?3) on conflict (user_id) do update "
                "set password_hash=excluded.password_hash, changed_at=excluded.changed_at",
                DB_INT(user), DB_TEXT(password_hash), DB_INT(c->real_now));
}

status identity_load_password(ctx *c, db *d, id user, str *password_hash) {
  db_rows *rows;
  TRY(db_query(c, d, &rows, "select password_hash from identity_credential where user_id=?1",
               DB_INT(user)));
  *password_hash = db_next(rows) ? db_keep_text(rows, 0, c->arena) : (str){0};
  return db_done(c, rows);
}
