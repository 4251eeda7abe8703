/* api_shop.c - shops and contracts over JSON. A shop is public; its contracts are its seller's and
 * the operators'. */
#include "modules/commerce/api.h"

static const char *const shop_states[] = {"waiting", "open", "closed", NULL};
static const char *const contract_states[] = {"proposed", "in_force", "refused", NULL};
static const char *const settle_rules[] = {"calendar_days", "business_days", NULL};

static const field terms_fields[] = {
    F_INT(contract_terms, commission_ppb, FIELD_REQUIRED, 0, RATE_ONE,
          "Commission on item prices, parts per 10^9."),
    F_INT(contract_terms, reserve_ppb, 0, 0, RATE_ONE,
          "Share kept in reserve at release, parts per 10^9."),
    F_INT(contract_terms, settle_days, FIELD_REQUIRED, 0, 365, "Days from delivery to settlement."),
    F_ENUM(contract_terms, settle_rule, 0, settle_rules, "How those days are counted."),
    F_DATE(contract_terms, valid_from, 0, "First day in force; today when left out."),
};
static SHAPE(terms_shape, "ContractTerms", contract_terms, terms_fields);

typedef struct shop_in {
  str name, slug, theme, banner;
  int64_t freight, freight_free_from;
  contract_terms terms;
} shop_in;
static const field shop_in_fields[] = {
    F_STR(shop_in, name, FIELD_REQUIRED, 1, 120, "What buyers see."),
    F_STR(shop_in, slug, FIELD_REQUIRED, 3, 60,
          "The shop's part of its address: a-z, 0-9 and '-'."),
    F_JSON(shop_in, theme, 0, 8192, "Colours and layout, a JSON object."),
    F_STR(shop_in, banner, 0, 0, 500, "Reference of the banner picture."),
    F_AMOUNT(shop_in, freight, 0, 0, MONEY_MAX_JSON, "Freight per child order."),
    F_AMOUNT(shop_in, freight_free_from, 0, 0, MONEY_MAX_JSON,
             "No freight from this item total on; 0: always."),
    F_OBJECT(shop_in, terms, FIELD_REQUIRED, &terms_shape, "The contract the seller proposes."),
};
SHAPE(commerce_shop_in_shape, "ShopNew", shop_in, shop_in_fields);

typedef struct shop_out {
  id shop, seller, warehouse, contract;
  str name, slug, theme, banner, share_link;
  int64_t freight, freight_free_from;
  int state;
  instant opened_at;
} shop_out;
static const field shop_fields[] = {
    F_ID(shop_out, shop, 0, ID_SHOP, "The shop."),
    F_ID(shop_out, seller, 0, ID_TENANT, "Whose it is."),
    F_STR(shop_out, name, 0, 0, 0, "What buyers see."),
    F_STR(shop_out, slug, 0, 0, 0, "Its part of the address."),
    F_STR(shop_out, share_link, 0, 0, 0, "Path to share."),
    F_JSON(shop_out, theme, 0, 0, "Colours and layout."),
    F_STR(shop_out, banner, FIELD_OMIT_ZERO, 0, 0, "Reference of the banner picture."),
    F_AMOUNT(shop_out, freight, 0, 0, 0, "Freight per child order."),
    F_AMOUNT(shop_out, freight_free_from, 0, 0, 0,
             "No freight from this item total on; 0: always."),
    F_ID(shop_out, warehouse, 0, ID_WAREHOUSE, "Its first warehouse."),
    F_ID(shop_out, contract, FIELD_OMIT_ZERO, ID_CONTRACT, "The contract proposed with it."),
    F_ENUM(shop_out, state, 0, shop_states, "waiting: for its contract to be approved."),
    F_TIME(shop_out, opened_at, 0, "When it was made."),
};
SHAPE(commerce_shop_shape, "Shop", shop_out, shop_fields);

typedef struct shop_query {
  int64_t limit;
  str after;
  id seller;
} shop_query;
static const field shop_query_fields[] = {
    F_PAGE(shop_query),
    F_ID(shop_query, seller, 0, ID_TENANT,
         "Of this seller; to themselves and to operators with those that are not open."),
};
SHAPE(commerce_shop_query_shape, "ShopQuery", shop_query, shop_query_fields);

/* --- shared ----------------------------------------------------------------------------------- */

id commerce_seller_of(const principal *who) { return principal_sees_all(who) ? 0 : who->tenant; }

str commerce_shop_link(ctx *c, str slug) {
  return str_format(c->arena, "/shops/%.*s", STR_ARGS(slug));
}

size_t commerce_page_limit(int64_t limit) { return limit > 0 ? (size_t)limit : 50; }

status commerce_page_from(ctx *c, str after, int64_t *key) {
  return after.len == 0 || cursor_parse(after, key, 1) ? OK : commerce_page_refuse(c);
}

status commerce_page_refuse(ctx *c) {
  return fail_field(c, E_MALFORMED, STR("query/after"),
                    "Use the `next` of the page before, unchanged.");
}

/* --- writing ---------------------------------------------------------------------------------- */

typedef struct shop_command {
  shop_new n; /* first: the command's state */
  shop_out out;
} shop_command;

static status shop_show(ctx *c, tx *t, void *state) {
  TRY(commerce_create_shop.write(c, t, state));
  shop_command *s = state;
  s->out = (shop_out){.shop = s->n.shop_id,
                      .seller = s->n.seller,
                      .warehouse = s->n.warehouse_id,
                      .contract = s->n.contract_id,
                      .name = s->n.name,
                      .slug = s->n.slug,
                      .theme = s->n.theme,
                      .banner = s->n.banner,
                      .freight = s->n.freight,
                      .freight_free_from = s->n.freight_free_from,
                      .share_link = commerce_shop_link(c, s->n.slug),
                      .state = s->n.approved ? SHOP_OPEN : SHOP_WAITING,
                      .opened_at = c->now};
  return OK;
}

static status shop_load(ctx *c, tx *t, void *state) {
  return commerce_create_shop.load(c, t, state);
}
static status shop_decide(ctx *c, tx *t, void *state) {
  return commerce_create_shop.decide(c, t, state);
}
static const command_type create_and_show = {
    .name = "shop.create", .load = shop_load, .decide = shop_decide, .write = shop_show};

PREPARE(commerce_prepare_shop) {
  const shop_in *in = r->in;
  shop_command *s = ARENA_NEW(c->arena, shop_command);
  s->n = (shop_new){.seller = r->who.tenant,
                    .name = in->name,
                    .slug = in->slug,
                    .theme = in->theme,
                    .banner = in->banner,
                    .freight = in->freight,
                    .freight_free_from = in->freight_free_from,
                    .terms = in->terms};
  cmd->type = &create_and_show;
  cmd->state = s;
  *out = &s->out;
  return OK;
}

/* --- reading ---------------------------------------------------------------------------------- */

#define SHOP_COLUMNS                                                                              \
  "select shop_id, seller, name, slug, theme, banner, freight, freight_free_from, warehouse_id, " \
  "state,"                                                                                        \
  " opened_at from shop "

static void fill_shop(ctx *c, const db_rows *rows, shop_out *s) {
  *s = (shop_out){.shop = db_get_int(rows, 0),
                  .seller = db_get_int(rows, 1),
                  .name = db_keep_text(rows, 2, c->arena),
                  .slug = db_keep_text(rows, 3, c->arena),
                  .theme = db_keep_text(rows, 4, c->arena),
                  .banner = db_keep_text(rows, 5, c->arena),
                  .freight = db_get_int(rows, 6),
                  .freight_free_from = db_get_int(rows, 7),
                  .warehouse = db_get_int(rows, 8),
                  .state = (int)db_get_int(rows, 9),
                  .opened_at = db_get_int(rows, 10)};
  s->share_link = commerce_shop_link(c, s->slug);
}

static status one_shop(ctx *c, db_rows *rows, void *out) {
  bool found = db_next(rows);
  if (found) fill_shop(c, rows, out);
  TRY(db_done(c, rows));
  return found ? OK : fail(c, E_NOT_FOUND, "There is no such shop.");
}

READ(commerce_read_shop) {
  db_rows *rows;
  TRY(db_query(c, d, &rows, SHOP_COLUMNS "where shop_id = ?1", DB_INT(r->params[0])));
  return one_shop(c, rows, out);
}

READ(commerce_read_shop_by_slug) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               SHOP_COLUMNS "where shop_id = (select x.shop_id from shop_slug x where x.slug = ?1)",
               DB_TEXT(r->param_text[0])));
  return one_shop(c, rows, out);
}

static status find_shops(ctx *c, db *d, const shop_query *q, bool with_closed, int64_t after,
                         size_t limit, db_rows **rows) {
  if (q->seller != 0) {
    return db_query(c, d, rows,
                    SHOP_COLUMNS "where seller = ?1 and shop_id > ?2 and (state = 1 or ?3 = 1)"
                                 " order by shop_id limit ?4",
                    DB_INT(q->seller), DB_INT(after), DB_INT(with_closed), DB_INT(limit));
  }
  return db_query(c, d, rows,
                  SHOP_COLUMNS "where shop_id > ?1 and state = 1 order by shop_id limit ?2",
                  DB_INT(after), DB_INT(limit));
}

READ(commerce_list_shops) {
  const shop_query *q = r->query;
  bool is_own =
      principal_sees_all(&r->who) || (r->who.kind == ACTOR_SELLER && r->who.tenant == q->seller);
  int64_t after = 0;
  TRY(commerce_page_from(c, q->after, &after));
  size_t limit = commerce_page_limit(q->limit), count = 0;
  shop_out *shops = ARENA_ARRAY(c->arena, shop_out, limit);
  db_rows *rows;
  TRY(find_shops(c, d, q, is_own, after, limit, &rows));
  while (count < limit && db_next(rows))
    fill_shop(c, rows, &shops[count++]);
  TRY(db_done(c, rows));
  list_out *list = out;
  list->items = (field_array){shops, count};
  if (count == limit) list->next = cursor_print(c->arena, &shops[count - 1].shop, 1);
  return OK;
}

/* --- contracts -------------------------------------------------------------------------------- */

typedef struct contract_in {
  contract_terms terms;
} contract_in;
static const field contract_in_fields[] = {
    F_OBJECT(contract_in, terms, FIELD_REQUIRED, &terms_shape, "What is proposed."),
};
SHAPE(commerce_contract_in_shape, "ContractNew", contract_in, contract_in_fields);

typedef struct contract_out {
  id contract, shop;
  contract_terms terms;
  int state;
} contract_out;
static const field contract_fields[] = {
    F_ID(contract_out, contract, 0, ID_CONTRACT, "The contract."),
    F_ID(contract_out, shop, 0, ID_SHOP,
         "The shop it was made for; it holds for all of the seller's."),
    F_OBJECT(contract_out, terms, 0, &terms_shape, "Its terms."),
    F_ENUM(contract_out, state, 0, contract_states, "Where it stands."),
};
SHAPE(commerce_contract_shape, "Contract", contract_out, contract_fields);

typedef struct contract_command {
  contract_new n; /* first: the command's state */
  contract_out out;
} contract_command;

static status propose_show(ctx *c, tx *t, void *state) {
  contract_command *s = state;
  TRY(commerce_propose_contract.write(c, t, &s->n));
  s->out = (contract_out){s->n.contract_id, s->n.shop, s->n.terms, CONTRACT_PROPOSED};
  return OK;
}

static status propose_load(ctx *c, tx *t, void *state) {
  return commerce_propose_contract.load(c, t, state);
}
static status propose_decide(ctx *c, tx *t, void *state) {
  return commerce_propose_contract.decide(c, t, state);
}
static const command_type propose_and_show = {.name = "contract.propose",
                                              .load = propose_load,
                                              .decide = propose_decide,
                                              .write = propose_show};

PREPARE(commerce_prepare_contract) {
  contract_command *s = ARENA_NEW(c->arena, contract_command);
  s->n = (contract_new){
      .shop = r->params[0], .seller = r->who.tenant, .terms = ((const contract_in *)r->in)->terms};
  cmd->type = &propose_and_show;
  cmd->state = s;
  *out = &s->out;
  return OK;
}

typedef struct verdict_command {
  contract_decision n; /* first: the command's state */
  contract_out out;
} verdict_command;

static status verdict_show(ctx *c, tx *t, void *state) {
  verdict_command *s = state;
  TRY(commerce_decide_contract.write(c, t, &s->n));
  s->out = (contract_out){.contract = s->n.contract, .shop = s->n.shop, .state = s->n.state};
  db_rows *rows;
  TRY(db_query(c, tx_db(t), &rows,
               "select k.commission_ppb, k.reserve_ppb, k.settle_days, k.settle_rule, k.valid_from "
               "from contract k"
               " join shop s on s.seller = k.seller where s.shop_id = ?1 and k.contract_id = ?2",
               DB_INT(s->n.shop), DB_INT(s->n.contract)));
  if (db_next(rows)) {
    s->out.terms = (contract_terms){db_get_int(rows, 0), db_get_int(rows, 1), db_get_int(rows, 2),
                                    (int)db_get_int(rows, 3), (date)db_get_int(rows, 4)};
  }
  return db_done(c, rows);
}

static status verdict_load(ctx *c, tx *t, void *state) {
  return commerce_decide_contract.load(c, t, state);
}
static status verdict_decide(ctx *c, tx *t, void *state) {
  return commerce_decide_contract.decide(c, t, state);
}
static const command_type decide_and_show = {.name = "contract.decide",
                                             .load = verdict_load,
                                             .decide = verdict_decide,
                                             .write = verdict_show};

static status prepare_verdict(ctx *c, const request *r, command *cmd, void **out, bool approve) {
  verdict_command *s = ARENA_NEW(c->arena, verdict_command);
  s->n = (contract_decision){.shop = r->params[0], .contract = r->params[1], .approve = approve};
  cmd->type = &decide_and_show;
  cmd->state = s;
  *out = &s->out;
  return OK;
}

PREPARE(commerce_prepare_contract_approve) { return prepare_verdict(c, r, cmd, out, true); }
PREPARE(commerce_prepare_contract_refuse) { return prepare_verdict(c, r, cmd, out, false); }

READ(commerce_list_contracts) {
  id seller;
  TRY(store_shop_seller(c, d, r->params[0], &seller));
  TRY(commerce_check_owner(c, commerce_seller_of(&r->who), seller, "shop"));
  enum { CONTRACTS_SHOWN = 200 };
  contract_out *items = ARENA_ARRAY(c->arena, contract_out, CONTRACTS_SHOWN);
  size_t count = 0;
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select contract_id, shop_id, commission_ppb, reserve_ppb, settle_days, "
               "settle_rule, valid_from, state"
               " from contract where seller = ?1 order by contract_id desc limit 200",
               DB_INT(seller)));
  while (count < CONTRACTS_SHOWN && db_next(rows)) {
    contract_terms terms = {db_get_int(rows, 2), db_get_int(rows, 3), db_get_int(rows, 4),
                            (int)db_get_int(rows, 5), (date)db_get_int(rows, 6)};
    items[count++] =
        (contract_out){db_get_int(rows, 0), db_get_int(rows, 1), terms, (int)db_get_int(rows, 7)};
  }
  *(list_out *)out = (list_out){.items = {items, count}};
  return db_done(c, rows);
}
