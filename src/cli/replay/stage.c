/* stage.c - builds the market by the program's own commands, many in flight. */
#include "cli/replay/stage.h"

void live_report(live *l, const crew_slot *slot, const char *what, str key) {
  const fault *f = &slot->command.fault;
  l->counts->refused++;
  fprintf(l->err, "%s %.*s was refused: %.*s (%s)\n", what, STR_ARGS(key), STR_ARGS(f->detail),
          status_slug(slot->command.outcome));
  for (size_t i = 0; i < f->field_count; i++)
    fprintf(l->err, "  %.*s: %.*s\n", STR_ARGS(f->fields[i].pointer),
            STR_ARGS(f->fields[i].detail));
}

void live_progress(live *l, const char *what, size_t done, size_t all) {
  size_t tenths = all == 0 ? 10 : done * 10 / all;
  if (!l->on_terminal && done != all && tenths == l->shown_tenths) return;
  l->shown_tenths = done == all ? 0 : tenths;
  bool ends_line = !l->on_terminal || done == all;
  fprintf(l->err, "%s%-10s %zu of %zu%s", l->on_terminal ? "\r" : "", what, done, all,
          ends_line ? "\n" : "");
  fflush(l->err);
}

/* --- one after another ------------------------------------------------------------------------ */
typedef struct stage_list { /* a kind of thing to make from a list of the source */
  const char *what;
  size_t count;
  void (*fill)(live *l, size_t i, crew_slot *slot);
  void (*take)(live *l, size_t i, const void *state);
  str (*key)(const live *l, size_t i);
} stage_list;

static status make_all(live *l, const stage_list *list) {
  instant at = engine_now(l->app->engine);
  for (size_t first = 0; first < list->count;) {
    size_t n = 0;
    for (crew_slot *slot; first + n < list->count && (slot = crew_take(&l->crew, at)) != NULL; n++)
      list->fill(l, first + n, slot);
    TRY(crew_run(l->ctx, &l->crew));
    for (size_t i = 0; i < n; i++) {
      const crew_slot *slot = &l->crew.slots[i];
      if (slot->command.outcome == OK)
        list->take(l, first + i, slot->command.state);
      else
        live_report(l, slot, list->what, list->key(l, first + i));
    }
    crew_clear(&l->crew);
    first += n;
    live_progress(l, list->what, first, list->count);
  }
  return OK;
}

#define SET_COMMAND(slot, type_, state_) \
  ((slot)->command.type = &(type_), (slot)->command.state = (state_))

/* --- persons ---------------------------------------------------------------------------------- */
static void fill_person(live *l, size_t i, crew_slot *slot) {
  const source_person *p = l->source->persons[i];
  user_new *u = ARENA_NEW(slot->arena, user_new);
  *u = (user_new){
      .email = p->email, .name = p->name, .password_hash = p->password_hash, .kind = ACTOR_BUYER};
  if (u->email.len == 0)
    u->email = str_format(slot->arena, "%.*s@customers.invalid", STR_ARGS(p->key));
  if (u->name.len == 0) u->name = str_format(slot->arena, "Customer %.8s", p->key.at);
  SET_COMMAND(slot, identity_create_user, u);
}
static void take_person(live *l, size_t i, const void *state) {
  l->source->persons[i]->user = ((const user_new *)state)->user_id;
}
static str person_key(const live *l, size_t i) { return l->source->persons[i]->key; }

/* --- wallets ---------------------------------------------------------------------------------- */
static void fill_wallet(live *l, size_t i, crew_slot *slot) {
  top_up_in *in = ARENA_NEW(slot->arena, top_up_in);
  const source_person *p = l->funded[i];
  *in = (top_up_in){
      .owner = p->user, .channel = l->channel, .amount = p->wallet, .token = STR("tok_history")};
  SET_COMMAND(slot, payment_top_up, in);
}
static void take_wallet(live *l, size_t i, const void *state) {
  UNUSED(l);
  UNUSED(i);
  UNUSED(state);
}
static str wallet_key(const live *l, size_t i) { return l->funded[i]->key; }

static size_t find_funded(live *l) {
  size_t n = 0;
  l->funded = ARENA_ARRAY(l->ctx->arena, source_person *, l->source->person_count + 1);
  for (size_t i = 0; i < l->source->person_count; i++)
    if (l->source->persons[i]->wallet > 0) l->funded[n++] = l->source->persons[i];
  return n;
}

/* --- sellers and shops ------------------------------------------------------------------------ */
static void fill_tenant(live *l, size_t i, crew_slot *slot) {
  tenant_new *t = ARENA_NEW(slot->arena, tenant_new);
  const source_seller *s = l->source->sellers[i];
  *t = (tenant_new){.name = s->name.len > 0 ? s->name
                                            : str_format(slot->arena, "Seller %.8s", s->key.at),
                    .kind = STR("seller")};
  SET_COMMAND(slot, identity_create_tenant, t);
}
static void take_tenant(live *l, size_t i, const void *state) {
  l->source->sellers[i]->tenant = ((const tenant_new *)state)->tenant_id;
}
static str seller_key(const live *l, size_t i) { return l->source->sellers[i]->key; }

static str shop_slug(arena *a, str key) {
  str slug = str_format(a, "s-%.*s", (int)(key.len < 50 ? key.len : 50), key.at);
  char *p = (char *)(uintptr_t)slug.at;
  for (size_t i = 0; i < slug.len; i++)
    if (!((p[i] >= 'a' && p[i] <= 'z') || (p[i] >= '0' && p[i] <= '9')))
      p[i] = p[i] >= 'A' && p[i] <= 'Z' ? (char)(p[i] + 32) : '-';
  return slug;
}

static void fill_shop(live *l, size_t i, crew_slot *slot) {
  const source_seller *s = l->source->sellers[i];
  shop_new *shop = ARENA_NEW(slot->arena, shop_new);
  const live_options *o = l->options;
  *shop = (shop_new){.seller = s->tenant,
                     .name = s->name.len > 0 ? s->name
                                             : str_format(slot->arena, "Shop %.8s", s->key.at),
                     .slug = s->slug.len > 0 ? s->slug : shop_slug(slot->arena, s->key),
                     .theme = s->theme,
                     .banner = s->banner,
                     .approved = true,
                     .terms = {.commission_ppb = o->commission_ppb,
                               .reserve_ppb = o->reserve_ppb,
                               .settle_days = o->settle_days,
                               .settle_rule = SETTLE_CALENDAR_DAYS}};
  SET_COMMAND(slot, commerce_create_shop, shop);
}
static void take_shop(live *l, size_t i, const void *state) {
  const shop_new *shop = state;
  l->source->sellers[i]->shop = shop->shop_id;
  l->source->sellers[i]->warehouse = shop->warehouse_id;
}

/* --- products and offers ---------------------------------------------------------------------- */
static void fill_product(live *l, size_t i, crew_slot *slot) {
  const source_offer *f = l->source->offers[i];
  str key = f->product->key;
  variant_new *v = ARENA_NEW(slot->arena, variant_new);
  product_new *p = ARENA_NEW(slot->arena, product_new);
  *v = (variant_new){.sku = str_format(slot->arena, "%.40s", key.at),
                     .name = STR("Standard"),
                     .price = f->first_price};
  str kind = f->product->category.len > 0 ? f->product->category : STR("produto");
  *p = (product_new){.shop = f->seller->shop,
                     .category = f->product->category_id,
                     .title = f->product->title,
                     .description = f->product->description,
                     .variants = {v, 1}};
  if (p->title.len == 0) p->title = str_format(slot->arena, "%.*s %.6s", STR_ARGS(kind), key.at);
  SET_COMMAND(slot, commerce_create_product, p);
}
static void take_product(live *l, size_t i, const void *state) {
  const variant_new *v = ((const product_new *)state)->variants.items;
  l->source->offers[i]->variant = v->variant_id;
  l->source->offers[i]->offer = v->offer_id;
}
static str offer_key(const live *l, size_t i) { return l->source->offers[i]->product->key; }

static void fill_stock(live *l, size_t i, crew_slot *slot) {
  const source_offer *f = l->source->offers[i];
  stock_move *m = ARENA_NEW(slot->arena, stock_move);
  *m = (stock_move){.variant = f->variant,
                    .warehouse = f->seller->warehouse,
                    .quantity = f->units + f->spare,
                    .why = WHY_RECEIVE_STOCK};
  SET_COMMAND(slot, commerce_move_stock, m);
}
static void take_stock(live *l, size_t i, const void *state) {
  UNUSED(l);
  UNUSED(i);
  UNUSED(state);
}

/* --- the market ------------------------------------------------------------------------------- */
static status build_market(live *l) {
  ctx *c = l->ctx;
  engine *e = l->app->engine;
  principal system = engine_system(e);
  setup_state set = {.in = {.market_name = l->source->market_name,
                            .currency = l->source->currency,
                            .utc_offset_minutes = l->source->utc_offset_minutes,
                            .operator_email = l->options->operator_email,
                            .capital = l->source->vouchers_total + 100000000},
                     .password_hash = l->options->operator_hash};
  TRY(engine_call(c, e, &identity_setup, &set, system));
  channel_in channel = {.name = STR("bank"),
                        .kind = STR("bank-sim"),
                        .url = str_from(l->options->bank_url),
                        .auto_capture = l->options->auto_capture};
  TRY(engine_call(c, e, &payment_add_channel, &channel, system));
  l->channel = channel.channel_id;
  if (l->source->vouchers_total == 0) return OK;
  campaign_in campaign = {.name = STR("Market credit / 市场优惠"),
                          .currency = l->source->currency,
                          .budget = l->source->vouchers_total + l->options->spare_vouchers,
                          .per_order_max = l->options->voucher_max};
  TRY(engine_call(c, e, &payment_fund_campaign, &campaign, engine_system(e)));
  l->campaign = campaign.campaign_id;
  return OK;
}

/* One of each name; a shop's goods come together, so the one before is mostly the one wanted. */
static status build_categories(live *l) {
  ctx *c = l->ctx;
  source *s = l->source;
  for (size_t i = 0; i < s->offer_count; i++) {
    source_product *p = s->offers[i]->product;
    for (size_t k = i; k > 0 && p->category_id == 0 && p->category_zh.len > 0; k--) {
      const source_product *earlier = s->offers[k - 1]->product;
      if (str_eq(earlier->category, p->category)) p->category_id = earlier->category_id;
    }
    if (p->category_id != 0 || p->category_zh.len == 0) continue;
    category_new n = {.name = p->category, .name_zh = p->category_zh};
    TRY(engine_call(c, l->app->engine, &commerce_create_category, &n,
                    engine_system(l->app->engine)));
    p->category_id = n.category_id;
  }
  return OK;
}

status stage_build(live *l) {
  source *s = l->source;
  const stage_list lists[] = {
      {"persons", s->person_count, fill_person, take_person, person_key},
      {"wallets", find_funded(l), fill_wallet, take_wallet, wallet_key},
      {"sellers", s->seller_count, fill_tenant, take_tenant, seller_key},
      {"shops", s->seller_count, fill_shop, take_shop, seller_key},
      {"products", s->offer_count, fill_product, take_product, offer_key},
      {"stock", s->offer_count, fill_stock, take_stock, offer_key},
  };
  if (s->order_count > 0) engine_set_now(l->app->engine, s->orders[0]->purchased);
  TRY(build_market(l));
  TRY(build_categories(l));
  for (size_t i = 0; i < COUNT_OF(lists); i++)
    TRY(make_all(l, &lists[i]));
  return engine_wait_tasks(l->ctx, l->app->engine);
}
