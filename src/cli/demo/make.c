/* make.c - see make.h. Pure but for memory: time, seed and sizes are arguments. */
#include "cli/demo/make.h"
#include "cli/demo/names.h"
#include <stdlib.h>

enum {
  PRODUCTS_PER_SHOP = 6,
  LINES_MAX = 4,
  UTC_OFFSET = 480,
  FREIGHT = 800,
  WALLET_STEP = 20000,
  SPARE_UNITS = 60,
  PAID_TOO_MUCH = 1200
};
#define HOUR_US (INT64_C(3600) * MICROS_PER_SECOND)

typedef struct maker {
  ctx *ctx;
  source *source;
  rng *rng;
  const demo_size *size;
  source_offer **popular; /* offers, each as often as it is popular */
  size_t popular_count;
} maker;

static bool chance(maker *m, uint64_t percent) { return rng_below(m->rng, 100) < percent; }
static instant hours(maker *m, uint64_t from, uint64_t to) {
  return (instant)(from * 3600 + rng_below(m->rng, (to - from) * 3600)) * MICROS_PER_SECOND;
}

/* --- who and what ----------------------------------------------------------------------------- */
static void make_buyers(maker *m, str password_hash) {
  source *s = m->source;
  arena *a = m->ctx->arena;
  s->persons = ARENA_ARRAY(a, source_person *, m->size->buyers);
  for (size_t i = 0; i < m->size->buyers; i++) {
    source_person *p = s->persons[s->person_count++] = ARENA_NEW(a, source_person);
    p->key = str_format(a, "buyer-%zu", i + 1);
    p->name = str_format(a, "%s %s", demo_given[rng_below(m->rng, demo_given_count)],
                         demo_family[rng_below(m->rng, demo_family_count)]);
    p->city = str_from(demo_cities[rng_below(m->rng, demo_city_count)]);
    p->email = str_format(a, "buyer%zu@example.com", i + 1);
    if (i > 0) continue;
    p->email = STR("buyer@example.com");
    p->password_hash = password_hash;
    p->wallet = 5 * WALLET_STEP;
  }
}

static source_offer *make_offer(maker *m, source_seller *seller, const demo_shop *shop,
                                size_t number) {
  arena *a = m->ctx->arena;
  const demo_product *words = &shop->products[number];
  source_product *p = ARENA_NEW(a, source_product);
  p->key = str_format(a, "%s-%zu", shop->slug, number + 1);
  p->category = str_from(shop->category);
  p->category_zh = str_from(shop->category_zh);
  p->title = str_format(a, "%s / %s", words->title, words->title_zh);
  p->description = str_from(words->description);
  source_offer *f = ARENA_NEW(a, source_offer);
  *f = (source_offer){
      .product = p, .seller = seller, .first_price = words->price, .spare = SPARE_UNITS};
  p->offers = f;
  return f;
}

static void make_shops(maker *m, str password_hash) {
  source *s = m->source;
  arena *a = m->ctx->arena;
  size_t shops = m->size->shops < demo_shop_count ? m->size->shops : demo_shop_count;
  s->sellers = ARENA_ARRAY(a, source_seller *, shops);
  s->offers = ARENA_ARRAY(a, source_offer *, shops * PRODUCTS_PER_SHOP);
  m->popular = ARENA_ARRAY(a, source_offer *, shops * PRODUCTS_PER_SHOP * 10);
  for (size_t i = 0; i < shops; i++) {
    const demo_shop *words = &demo_shops[i];
    source_seller *seller = s->sellers[s->seller_count++] = ARENA_NEW(a, source_seller);
    *seller = (source_seller){.key = str_from(words->slug),
                              .name = str_from(words->name),
                              .slug = str_from(words->slug),
                              .banner = str_from(words->banner),
                              .city = str_from(demo_cities[i % demo_city_count]),
                              .theme = str_format(a, "{\"colour\":\"%s\"}", words->colour)};
    if (i == 0) seller->email = STR("seller@example.com");
    if (i == 0) seller->password_hash = password_hash;
    for (size_t p = 0; p < PRODUCTS_PER_SHOP; p++) {
      source_offer *f = s->offers[s->offer_count++] = make_offer(m, seller, words, p);
      for (uint64_t n = 1 + rng_below(m->rng, 10); n > 0; n--)
        m->popular[m->popular_count++] = f;
    }
  }
}

/* --- an order --------------------------------------------------------------------------------- */
/* More on weekends and in the evening: a moment is drawn again until it is accepted. */
static instant purchase_time(maker *m) {
  static const uint8_t by_hour[24] = {2, 1, 1, 0, 0, 1, 2, 4,  6,  8,  9, 9,
                                      8, 7, 7, 8, 8, 8, 9, 11, 13, 12, 8, 4};
  for (;;) {
    instant back = (instant)rng_below(m->rng, (uint64_t)DEMO_DAYS * 24 * 3600) * MICROS_PER_SECOND;
    instant t = m->size->until - back - HOUR_US;
    int hour = (int)((t + UTC_OFFSET * 60 * MICROS_PER_SECOND) / HOUR_US % 24);
    bool weekend = date_weekday(instant_date(t, UTC_OFFSET)) >= 5;
    if (rng_below(m->rng, 20) < (uint64_t)by_hour[hour] + (weekend ? 5 : 0)) return t;
  }
}

static bool has_offer(const source_order *o, const source_offer *f) {
  for (const source_item *i = o->items; i != NULL; i = i->next)
    if (i->offer == f) return true;
  return false;
}

static void add_item(maker *m, source_order *o, source_offer *f) {
  source_item *i = ARENA_NEW(m->ctx->arena, source_item);
  *i = (source_item){.number = (int64_t)o->item_count + 1,
                     .price = f->first_price,
                     .freight = FREIGHT,
                     .offer = f,
                     .next = o->items};
  o->items = i;
  o->item_count++;
  o->items_total += i->price + i->freight;
  f->units++;
}

static void add_payment(maker *m, source_order *o, int method, int64_t amount,
                        int64_t instalments) {
  source_payment *p = ARENA_NEW(m->ctx->arena, source_payment);
  *p = (source_payment){.number = (int64_t)o->payment_count + 1,
                        .amount = amount,
                        .instalments = instalments,
                        .method = method,
                        .next = o->payments};
  o->payments = p;
  o->payment_count++;
  o->payments_total += amount;
  if (method == METHOD_VOUCHER) m->source->vouchers_total += amount;
  if (method == METHOD_BALANCE) o->customer->person->wallet += amount;
}

/* Campaign credit on a quarter of orders, balance on two fifths, the rest by card; often mixed. */
static void pay_order(maker *m, source_order *o) {
  int64_t left = o->items_total;
  if (chance(m, 25)) {
    int64_t credit = (int64_t)(1 + rng_below(m->rng, 4)) * 500;
    if (credit < left) add_payment(m, o, METHOD_VOUCHER, credit, 1);
    if (credit < left) left -= credit;
  }
  if (chance(m, 40)) {
    int64_t balance = chance(m, 60) ? left : left / 2;
    add_payment(m, o, METHOD_BALANCE, balance, 1);
    left -= balance;
  }
  if (left > 0)
    add_payment(m, o, chance(m, 85) ? METHOD_CARD : METHOD_DEBIT, left, chance(m, 20) ? 3 : 1);
}

static void review_order(maker *m, source_order *o) {
  const demo_review *words = &demo_reviews[rng_below(m->rng, demo_review_count)];
  source_review *v = ARENA_NEW(m->ctx->arena, source_review);
  *v = (source_review){.score = words->score,
                       .title = str_from(words->title),
                       .text = str_from(words->text),
                       .written = o->delivered + hours(m, 5, 90)};
  if (v->written < m->size->until) o->reviews = v;
}

/* What has happened by now decides the state: a fresh order has not been shipped yet. */
static void date_order(maker *m, source_order *o) {
  instant now = m->size->until;
  o->approved = o->purchased;
  o->shipped = o->purchased + hours(m, 3, 40);
  o->delivered = o->shipped + hours(m, 20, 110);
  instant gives_up = o->purchased + hours(m, 1, 3);
  if (chance(m, 4) && gives_up < now) {
    o->status = SOURCE_REFUNDED;
    o->shipped = o->delivered = gives_up;
  } else {
    o->status = o->delivered < now ? SOURCE_DELIVERED
                : o->shipped < now ? SOURCE_SHIPPED
                                   : SOURCE_OPEN;
  }
  o->has_shipped = o->status == SOURCE_DELIVERED || o->status == SOURCE_SHIPPED;
  o->has_delivered = o->status == SOURCE_DELIVERED;
}

static source_order *make_order(maker *m, size_t number) {
  arena *a = m->ctx->arena;
  source *s = m->source;
  source_order *o = ARENA_NEW(a, source_order);
  o->key = str_format(a, "demo-%zu", number + 1);
  o->customer = ARENA_NEW(a, source_customer);
  o->customer->person = s->persons[chance(m, 3) ? 0 : rng_below(m->rng, s->person_count)];
  o->purchased = purchase_time(m);
  for (uint64_t lines = 1 + rng_below(m->rng, LINES_MAX); lines > 0; lines--) {
    source_offer *f = m->popular[rng_below(m->rng, m->popular_count)];
    if (!has_offer(o, f)) add_item(m, o, f);
  }
  pay_order(m, o);
  date_order(m, o);
  if (o->status == SOURCE_DELIVERED && chance(m, 45)) review_order(m, o);
  return o;
}

static int by_purchase(const void *a, const void *b) {
  const source_order *x = *(source_order *const *)a, *y = *(source_order *const *)b;
  if (x->purchased != y->purchased) return x->purchased < y->purchased ? -1 : 1;
  return str_cmp(x->key, y->key);
}

/* One buyer paid more than the order came to: there is a break to look into. */
static void pay_too_much(maker *m) {
  source *s = m->source;
  for (size_t i = s->order_count; i-- > 0;) {
    source_order *o = s->orders[i];
    if (o->status != SOURCE_DELIVERED || o->customer->person == s->persons[0]) continue;
    add_payment(m, o, METHOD_CARD, PAID_TOO_MUCH, 1);
    return;
  }
}

status demo_make(ctx *c, const demo_size *size, str password_hash, source *out) {
  *out = (source){.arena = c->arena,
                  .currency = ASSET_CNY,
                  .utc_offset_minutes = UTC_OFFSET,
                  .market_name = STR("Tael Market")};
  maker m = {.ctx = c, .source = out, .rng = rng_open(c->arena, size->seed), .size = size};
  make_buyers(&m, password_hash);
  make_shops(&m, password_hash);
  out->orders = ARENA_ARRAY(c->arena, source_order *, size->orders + 1);
  for (size_t i = 0; i < size->orders; i++)
    out->orders[out->order_count++] = make_order(&m, i);
  qsort(out->orders, out->order_count, sizeof *out->orders, by_purchase);
  pay_too_much(&m);
  return OK;
}
