/* shop.c - shops and the contracts they sell under. A shop opens when a contract is in force; a
 * contract is never changed, a new one begins at a later date. The first shop also brings the
 * market's points to life. */
#include "modules/commerce/model.h"

/* --- shop.create ------------------------------------------------------------------------------ */

typedef struct shop_work {
  bool slug_taken, has_points;
} shop_work;

static status shop_load(ctx *c, tx *t, void *state) {
  shop_new *n = state;
  shop_work *w = n->inner = ARENA_NEW(c->arena, shop_work);
  db_rows *rows;
  TRY(db_query(c, tx_db(t), &rows, "select shop_id from shop_slug where slug = ?1",
               DB_TEXT(n->slug)));
  w->slug_taken = db_next(rows);
  TRY(db_done(c, rows));
  uint32_t points;
  TRY(store_points_asset(c, tx_db(t), &points));
  w->has_points = points != 0;
  return OK;
}

static status shop_decide(ctx *c, tx *t, void *state) {
  UNUSED(t);
  shop_new *n = state;
  TRY(rule_check_slug(c, n->slug));
  TRY(commerce_rule_check_json(c, n->theme, '{', STR("/theme")));
  TRY(rule_check_terms(c, &n->terms));
  if (n->name.len == 0) return fail_field(c, E_MALFORMED, STR("/name"), "Give the shop a name.");
  if (n->freight < 0 || n->freight_free_from < 0) {
    return fail_field(c, E_MALFORMED, STR("/freight"), "Freight and its limit are 0 or more.");
  }
  if (((shop_work *)n->inner)->slug_taken) {
    return fail_field(c, E_CONFLICT, STR("/slug"),
                      "Another shop has this name in its address; choose another.");
  }
  n->shop_id = id_next(c);
  n->contract_id = id_next(c);
  n->warehouse_id = id_next(c);
  if (n->terms.valid_from == 0) n->terms.valid_from = c->today;
  return OK;
}

static status add_contract(ctx *c, tx *t, const contract_new *k) {
  const contract_terms *terms = &k->terms;
  id who = tx_who(t).actor;
  return db_run(
      c, tx_db(t),
      "insert into contract (seller, contract_id, shop_id, valid_from, commission_ppb, reserve_ppb,"
      " settle_days, settle_rule, state, proposed_by, approved_by, made_at)"
      " values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
      DB_INT(k->seller), DB_INT(k->contract_id), DB_INT(k->shop), DB_INT(terms->valid_from),
      DB_INT(terms->commission_ppb), DB_INT(terms->reserve_ppb), DB_INT(terms->settle_days),
      DB_INT(terms->settle_rule), DB_INT(k->approved ? CONTRACT_IN_FORCE : CONTRACT_PROPOSED),
      DB_INT(who), DB_INT(k->approved ? who : 0), DB_INT(c->now));
}

static status add_points(ctx *c, tx *t) {
  asset points = {.scale = 0, .code = STR("points"), .kind = STR("points")};
  TRY(ledger_register_asset(c, tx_db(t), &points));
  return db_run(
      c, tx_db(t),
      "insert into points_program (name, asset) values ('points', ?1) on conflict do nothing",
      DB_INT(points.number));
}

static status add_warehouse(ctx *c, tx *t, id warehouse, id seller, str name, str place) {
  return db_run(c, tx_db(t),
                "insert into warehouse (warehouse_id, seller, name, place) values (?1, ?2, ?3, ?4)",
                DB_INT(warehouse), DB_INT(seller), DB_TEXT(name), DB_TEXT(place));
}

static status shop_write(ctx *c, tx *t, void *state) {
  shop_new *n = state;
  TRY(db_run(c, tx_db(t),
             "insert into shop (shop_id, seller, name, slug, theme, banner, freight, "
             "freight_free_from, warehouse_id,"
             " state, opened_at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
             DB_INT(n->shop_id), DB_INT(n->seller), DB_TEXT(n->name), DB_TEXT(n->slug),
             DB_TEXT(n->theme), DB_TEXT(n->banner), DB_INT(n->freight),
             DB_INT(n->freight_free_from), DB_INT(n->warehouse_id),
             DB_INT(n->approved ? SHOP_OPEN : SHOP_WAITING), DB_INT(c->now)));
  TRY(db_run(c, tx_db(t), "insert into shop_slug (slug, shop_id) values (?1, ?2)", DB_TEXT(n->slug),
             DB_INT(n->shop_id)));
  const contract_new contract = {.shop = n->shop_id,
                                 .seller = n->seller,
                                 .terms = n->terms,
                                 .approved = n->approved,
                                 .contract_id = n->contract_id};
  TRY(add_contract(c, t, &contract));
  TRY(add_warehouse(c, t, n->warehouse_id, n->seller, n->name, (str){0}));
  if (!((shop_work *)n->inner)->has_points) TRY(add_points(c, t));
  str body = str_format(c->arena, "{\"state\":\"%s\"}", n->approved ? "open" : "waiting");
  tx_audit(t, ID_SHOP, n->shop_id, body);
  return tx_emit(c, t, "shop.created", ID_SHOP, n->shop_id, n->seller, body);
}

const command_type commerce_create_shop = {
    .name = "shop.create", .load = shop_load, .decide = shop_decide, .write = shop_write};

/* --- contract.propose ------------------------------------------------------------------------- */

static status propose_load(ctx *c, tx *t, void *state) {
  contract_new *n = state;
  id seller;
  TRY(store_shop_seller(c, tx_db(t), n->shop, &seller));
  TRY(commerce_check_owner(c, n->seller, seller, "shop"));
  n->seller = seller;
  return OK;
}

static status propose_decide(ctx *c, tx *t, void *state) {
  UNUSED(t);
  contract_new *n = state;
  TRY(rule_check_terms(c, &n->terms));
  if (n->terms.valid_from == 0) n->terms.valid_from = c->today;
  n->contract_id = id_next(c);
  return OK;
}

static status propose_write(ctx *c, tx *t, void *state) {
  contract_new *n = state;
  TRY(add_contract(c, t, n));
  str body = str_format(c->arena, "{\"commission_ppb\":%lld}", (long long)n->terms.commission_ppb);
  tx_audit(t, ID_CONTRACT, n->contract_id, body);
  return tx_emit(c, t, n->approved ? "contract.in_force" : "contract.proposed", ID_CONTRACT,
                 n->contract_id, n->seller, body);
}

const command_type commerce_propose_contract = {.name = "contract.propose",
                                                .load = propose_load,
                                                .decide = propose_decide,
                                                .write = propose_write};

/* --- contract.decide -------------------------------------------------------------------------- */

typedef struct decision_work {
  id seller, proposed_by;
  int state;
} decision_work;

static status decision_load(ctx *c, tx *t, void *state) {
  contract_decision *n = state;
  decision_work *w = n->inner = ARENA_NEW(c->arena, decision_work);
  TRY(store_shop_seller(c, tx_db(t), n->shop, &w->seller));
  db_rows *rows;
  TRY(db_query(c, tx_db(t), &rows,
               "select state, proposed_by from contract where seller = ?1 and contract_id = ?2 and "
               "shop_id = ?3"
               " for update",
               DB_INT(w->seller), DB_INT(n->contract), DB_INT(n->shop)));
  bool found = db_next(rows);
  if (found) {
    w->state = (int)db_get_int(rows, 0);
    w->proposed_by = db_get_int(rows, 1);
  }
  TRY(db_done(c, rows));
  return found ? OK : fail(c, E_NOT_FOUND, "There is no such contract.");
}

static status decision_decide(ctx *c, tx *t, void *state) {
  contract_decision *n = state;
  const decision_work *w = n->inner;
  if (w->state != CONTRACT_PROPOSED)
    return fail(c, E_CONFLICT, "This contract was decided before.");
  if (w->proposed_by != 0 && w->proposed_by == tx_who(t).actor) {
    return fail(c, E_FORBIDDEN, "Who proposed a contract can't approve it; another person has to.");
  }
  n->state = n->approve ? CONTRACT_IN_FORCE : CONTRACT_REFUSED;
  return OK;
}

static status decision_write(ctx *c, tx *t, void *state) {
  contract_decision *n = state;
  const decision_work *w = n->inner;
  TRY(db_run(
      c, tx_db(t),
      "update contract set state = ?3, approved_by = ?4 where seller = ?1 and contract_id = ?2",
      DB_INT(w->seller), DB_INT(n->contract), DB_INT(n->state), DB_INT(tx_who(t).actor)));
  if (n->approve) {
    TRY(db_run(c, tx_db(t), "update shop set state = 1 where shop_id = ?1 and state = 0",
               DB_INT(n->shop)));
  }
  str body = n->approve ? STR("{\"state\":\"in_force\"}") : STR("{\"state\":\"refused\"}");
  tx_audit(t, ID_CONTRACT, n->contract, body);
  return tx_emit(c, t, n->approve ? "contract.in_force" : "contract.refused", ID_CONTRACT,
                 n->contract, w->seller, body);
}

const command_type commerce_decide_contract = {.name = "contract.decide",
                                               .load = decision_load,
                                               .decide = decision_decide,
                                               .write = decision_write};

/* --- warehouse.create ------------------------------------------------------------------------- */

static status warehouse_decide(ctx *c, tx *t, void *state) {
  UNUSED(t);
  warehouse_new *n = state;
  if (n->name.len == 0)
    return fail_field(c, E_MALFORMED, STR("/name"), "Give the warehouse a name.");
  n->warehouse_id = id_next(c);
  return OK;
}

static status warehouse_write(ctx *c, tx *t, void *state) {
  warehouse_new *n = state;
  tx_audit(t, ID_WAREHOUSE, n->warehouse_id, STR("{}"));
  return add_warehouse(c, t, n->warehouse_id, n->seller, n->name, n->place);
}

const command_type commerce_create_warehouse = {
    .name = "warehouse.create", .decide = warehouse_decide, .write = warehouse_write};
