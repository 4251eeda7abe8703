/* lists_walk.c - see lists.h: asks every route that reads, as everybody who may, with every member
 * of its query, at the beginning and deep inside, and tells what took long, what its statements
 * walk, and what grew with the store. It promises that no route is left out: one that nobody could
 * ask is a failure. */
#include "cli/bench/lists.h"
#include "cli/bench/measure.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

const char *const lists_who[LISTS_WHO] = {"operator", "seller", "buyer"};

/* --- what is watched ---------------------------------------------------------------------------
 */

static db_value *keep_values(arena *a, size_t count, const db_value *values) {
  db_value *kept = ARENA_ARRAY(a, db_value, count + 1);
  for (size_t i = 0; i < count; i++) {
    kept[i] = values[i];
    kept[i].s = str_copy(a, values[i].s);
  }
  return kept;
}

static void watch_began(void *arg, const char *sql, size_t count, const db_value *values) {
  lists_walk *w = arg;
  for (size_t i = 0; i < w->statement_count; i++) {
    w->current = i;
    if (str_eq(w->statements[i].sql, str_from(sql))) return;
  }
  if (w->statement_count == LISTS_STATEMENTS_MAX) abort();
  w->current = w->statement_count++;
  arena *a = w->app->arena;
  w->statements[w->current] = (lists_statement){.sql = str_copy(a, str_from(sql)),
                                                .values = keep_values(a, count, values),
                                                .count = count,
                                                .path = w->route};
}

static void watch_ended(void *arg, int64_t steps) {
  lists_walk *w = arg;
  lists_statement *s = &w->statements[w->current];
  w->steps += steps;
  if (steps > s->steps) s->steps = steps;
}

void lists_watch(lists_walk *w) {
  w->watcher = (db_watcher){watch_began, watch_ended, w};
  db_watch(w->reader, &w->watcher);
}

/* --- one request -------------------------------------------------------------------------------
 */

static status send(lists_walk *w, int who, str target, lists_asked *out, str *next) {
  arena *a = w->ctx->arena;
  str bytes = str_format(a,
                         "GET %.*s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer "
                         "%.*s\r\n\r\n",
                         STR_ARGS(target), STR_ARGS(w->keys[who])),
      answer = {0};
  w->steps = 0;
  lists_watch(w);
  int64_t began = measure_ns();
  status s = http_handle(w->ctx, w->http, bytes, &answer);
  db_watch(w->reader, NULL);
  TRY(s);
  out->us = (measure_ns() - began) / 1000;
  out->steps = w->steps;
  int64_t code = 0;
  bool is_number = answer.len > 12 && str_to_int((str){answer.at + 9, 3}, &code);
  out->http_status = is_number ? (int)code : 0;
  const char *text = str_zero(a, answer), *body = strstr(text, "\r\n\r\n");
  json_t *json = out->http_status != 200 || body == NULL ? NULL : json_loads(body, 0, NULL);
  out->rows = (int64_t)json_array_size(json_object_get(json, "items"));
  const char *cursor = json_string_value(json_object_get(json, "next"));
  *next = cursor == NULL ? (str){0} : str_copy(w->app->arena, str_from(cursor));
  json_decref(json);
  return OK;
}

/* The best of some tries: what the answer costs, not who else was on the machine. */
static status ask(lists_walk *w, int who, str target, str *next) {
  lists_asked *best = &w->asks[w->ask_count];
  target = str_copy(w->app->arena, target);
  for (int i = 0; i < w->tries; i++) {
    lists_asked one = {.route = w->route, .who = lists_who[who], .target = target};
    arena_reset(w->ctx->arena);
    fault_clear(w->ctx);
    TRY(send(w, who, target, &one, next));
    if (i == 0 || one.us < best->us) *best = one;
    if (one.http_status != 200) break;
  }
  if (++w->ask_count == LISTS_ASKS_MAX) return fail(w->ctx, E_RULE, "there are too many requests");
  return OK;
}

/* --- what can be asked for ---------------------------------------------------------------------
 */

static const struct {
  id_kind kind;
  const char *sql;
} samples[] = {
    {ID_TENANT, "select tenant from identity_user where kind = 2 limit 1"},
    {ID_USER, "select buyer from orders order by order_id limit 1"},
    {ID_ORDER, "select order_id from orders order by order_id limit 1"},
    {ID_PAYMENT, "select payment_id from payment order by payment_id limit 1"},
    {ID_ACCOUNT,
     "select account_id from ledger_account where tenant = (select platform from market) order by"
     " account_id limit 1"},
    {ID_APPROVAL, "select min(approval) from identity_approval"},
    {ID_CAMPAIGN, "select campaign_id from voucher limit 1"},
    {ID_SHOP, "select min(shop_id) from shop"},
    {ID_PRODUCT, "select min(product_id) from review"},
    {ID_OFFER, "select offer_id from offer where seller = (select tenant from identity_user where "
               "kind = 2 limit 1) order by offer_id limit 1"},
    {ID_PURCHASE, "select purchase_id from purchase where seller = (select tenant from "
                  "identity_user where kind = 2 limit 1) limit 1"},
    {ID_PARCEL, "select min(parcel_id) from parcel"},
    {ID_WEBHOOK, "select min(webhook) from webhook"},
    {ID_DELIVERY, "select min(delivery) from webhook_delivery"},
    {ID_CATEGORY, "select min(category_id) from category"},
    {ID_VARIANT, "select variant_id from stock where seller = (select tenant from identity_user "
                 "where kind = 2 limit 1) order by variant_id limit 1"},
    {ID_ENTITY, "select min(entity) from identity_entity"},
    {ID_CART, "select min(cart_id) from cart"},
    {ID_PROOF, "select min(proof) from desk_proof"},
};

static str sample_id(lists_walk *w, const char *prefix) {
  for (size_t i = 0; i < COUNT_OF(samples); i++) {
    if (strcmp(id_prefix(samples[i].kind), prefix) != 0) continue;
    db_rows *rows;
    id found = 0;
    if (db_ask(w->ctx, w->reader, &rows, str_from(samples[i].sql)) != OK) break;
    if (db_next(rows)) found = db_get_int(rows, 0);
    if (db_done(w->ctx, rows) == OK && found != 0)
      return id_print(w->app->arena, samples[i].kind, found);
  }
  return (str){0};
}

/* Values for a text or number of this name; what fits no route is refused by it and does no harm.
 */
static const struct {
  const char *name, *values;
} words[] = {
    {"q", "tea zephyrine"},
    {"state", "open approved placed paid shipped delivered"},
    {"name", "identity. user.create parcel.create order.place nothing.like.this"},
    {"subject", "$ord $usr nothing"},
    {"page", "orders"},
    {"min_price", "90000"},
    {"max_price", "4000"},
    {"minutes", "60 1440"},
    {"debit_code", "1000"},
    {"credit_code", "1000"},
    {"why", "1 30"},
    {"at", "2026-01-01T00:00:00Z"},
    {"voucher", "WELCOME2026"},
    {"forward", "true"},
    {"wallet", "0"},
};

static str value_of(lists_walk *w, const field *f, size_t n) {
  arena *a = w->app->arena;
  static const char *const dates[] = {"2001-01-01", "2026-11-20", "2040-01-01"};
  switch (f->type) {
  case FIELD_ENUM:
    for (size_t i = 0; i <= n; i++)
      if (f->values[i] == NULL) return (str){0};
    return str_from(f->values[n]);
  case FIELD_BOOL: return n == 0 ? STR("true") : (str){0};
  case FIELD_ID: return n == 0 ? sample_id(w, id_prefix((id_kind)f->id_kind)) : (str){0};
  case FIELD_DATE: return n < COUNT_OF(dates) ? str_from(dates[n]) : (str){0};
  case FIELD_TIME: return n < COUNT_OF(dates) ? str_format(a, "%sT00:00:00Z", dates[n]) : (str){0};
  default: break;
  }
  for (size_t i = 0; i < COUNT_OF(words); i++) {
    if (strcmp(words[i].name, f->name) != 0) continue;
    str rest = str_from(words[i].values), word = {0};
    for (size_t k = 0; k <= n; k++)
      if (!str_split(&rest, ' ', &word)) return (str){0};
    return word.at[0] == '$' ? sample_id(w, str_zero(a, (str){word.at + 1, word.len - 1})) : word;
  }
  return (str){0};
}

/* A list's path with everything named; empty when there is nothing it could be asked about. */
static str path_of(lists_walk *w, const route *r) {
  buf b = buf_make(w->app->arena, 512);
  static const struct {
    const char *path, *sql;
  } texts[] = {
      {"/v1/transfers/{text}", NULL},
      {"/v1/vouchers/{text}", "select code from voucher where code = 'WELCOME2026'"},
      {"/v1/shop-addresses/{text}", "select min(slug) from shop_slug"},
      {"/v1/jobs/{text}/runs", "select min(name) from engine_job_run"},
      {"/v1/payout-files/{text}", NULL},
  };
  for (const char *at = r->path; *at != 0; at++) {
    if (*at != '{') {
      buf_add_char(&b, *at);
      continue;
    }
    const char *end = strchr(at, '}');
    str name = {at + 1, (size_t)(end - at - 1)}, value = {0};
    if (!str_eq(name, STR("text"))) value = sample_id(w, str_zero(w->app->arena, name));
    for (size_t i = 0; i < COUNT_OF(texts) && value.len == 0; i++) {
      db_rows *rows;
      if (strcmp(texts[i].path, r->path) != 0) continue;
      if (texts[i].sql == NULL) {
        value = str_starts(str_from(r->path), STR("/v1/transfers"))
                    ? STR("0000000000000000000000000000000a")
                    : STR("2026-11-20");
        continue;
      }
      if (db_ask(w->ctx, w->reader, &rows, str_from(texts[i].sql)) != OK) continue;
      if (db_next(rows)) value = db_keep_text(rows, 0, w->app->arena);
      if (db_done(w->ctx, rows) != OK) value = (str){0};
    }
    if (value.len == 0) return (str){0};
    buf_add(&b, value);
    at = end;
  }
  return buf_str(&b);
}

/* --- a cursor that points deep inside ----------------------------------------------------------
 */

/* By size: an id, a time or a day; each is moved by half of all copies. */
static int64_t moved(const lists_walk *w, int64_t key, int sign) {
  const int64_t id_least = (int64_t)1 << 58, time_least = (int64_t)1 << 49;
  int64_t by = w->span.copies / 2 * sign;
  if (key == INT64_MAX) return key;
  if (key > id_least) return key + by * w->span.shift;
  if (key > time_least) return key + by * w->span.time_shift;
  return key > 10000 && key < 1000000 ? key + by * (w->span.time_shift / MICROS_PER_SECOND / 86400)
                                      : key;
}

static str deep_cursor(const lists_walk *w, str cursor, int sign) {
  int64_t keys[4];
  for (size_t count = 1; count <= COUNT_OF(keys); count++) {
    if (!cursor_parse(cursor, keys, count)) continue;
    for (size_t i = 0; i < count; i++)
      keys[i] = moved(w, keys[i], sign);
    return cursor_print(w->app->arena, keys, count);
  }
  return (str){0};
}

static status ask_pages(lists_walk *w, const route *r, int who, str target) {
  str next, none;
  TRY(ask(w, who, target, &next));
  if ((r->flags & ROUTE_LIST) == 0 || next.len == 0) return OK;
  char joint = memchr(target.at, '?', target.len) == NULL ? '?' : '&';
  TRY(ask(w, who,
          str_format(w->app->arena, "%.*s%cafter=%.*s", STR_ARGS(target), joint, STR_ARGS(next)),
          &none));
  for (int sign = -1; sign <= 1; sign += 2) {
    str deep = deep_cursor(w, next, sign);
    if (deep.len == 0) continue;
    TRY(ask(w, who,
            str_format(w->app->arena, "%.*s%climit=200&after=%.*s", STR_ARGS(target), joint,
                       STR_ARGS(deep)),
            &none));
  }
  return OK;
}

/* --- every route --------------------------------------------------------------------------------
 */

/* The path with each value of each member, alone and beside each value of each other one. */
static status ask_queries(lists_walk *w, const route *r, int who, str path) {
  arena *a = w->app->arena;
  TRY(ask_pages(w, r, who, path));
  for (size_t i = 0; r->query != NULL && i < r->query->count; i++) {
    const field *f = &r->query->fields[i];
    for (size_t n = 0;; n++) {
      str value = value_of(w, f, n);
      if (value.len == 0) break;
      str one = str_format(a, "%.*s?%s=%.*s", STR_ARGS(path), f->name, STR_ARGS(value));
      TRY(ask_pages(w, r, who, one));
      for (size_t j = i + 1; j < r->query->count; j++) {
        const field *g = &r->query->fields[j];
        for (size_t m = 0;; m++) {
          str other = value_of(w, g, m);
          if (other.len == 0) break;
          TRY(ask_pages(w, r, who,
                        str_format(a, "%.*s&%s=%.*s", STR_ARGS(one), g->name, STR_ARGS(other))));
        }
      }
    }
  }
  return OK;
}

static bool may_ask(const route *r, int who) {
  switch (r->scope) {
  case SCOPE_SELL: return who == LISTS_SELLER;
  case SCOPE_BUY:
  case SCOPE_WALLET: return who == LISTS_BUYER;
  case SCOPE_SELF: return true;
  default: return who == LISTS_OPERATOR;
  }
}

static status ask_route(lists_walk *w, const route *r) {
  size_t first = w->ask_count;
  str path = path_of(w, r);
  w->route = r->path;
  for (int who = 0; who < LISTS_WHO && path.len > 0; who++)
    if (may_ask(r, who)) TRY(ask_queries(w, r, who, path));
  for (size_t i = first; i < w->ask_count; i++)
    if (w->asks[i].http_status == 200) return OK;
  static const char *const without[] = {"/v1/carts/{crt}", "/v1/carts/{crt}/quote",
                                        "/v1/transfers/{text}"};
  for (size_t i = 0; i < COUNT_OF(without); i++)
    if (strcmp(without[i], r->path) == 0) return OK; /* one row by its key; the market has none */
  return fail(w->ctx, E_RULE, "nobody could ask %s; give it a sample in bench/lists_walk.c",
              r->path);
}

status lists_walk_all(lists_walk *w) {
  for (size_t m = 0; m < app_module_count; m++) {
    for (size_t i = 0; i < app_modules[m]->route_count; i++) {
      const route *r = &app_modules[m]->routes[i];
      if (r->read == NULL || r->method != GET || (r->flags & ROUTE_HIDDEN) != 0) continue;
      TRY(ask_route(w, r));
    }
  }
  return OK;
}
