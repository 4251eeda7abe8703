/* source.c - reads the eight files of the folder and joins them. Each file has one row function
 * that either takes the row or says why not; the reader reports file, line and reason. */
#include "cli/replay/source.h"
#include "base/csv.h"
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 10, INSTALMENTS_MAX = 99, BRL_SCALE = 2 };
enum { KEYS_ORDERS, KEYS_CUSTOMERS, KEYS_PERSONS, KEYS_SELLERS, KEYS_PRODUCTS, KEYS_ROWS };

typedef struct row { /* the wanted columns of one record */
  const csv_record *record;
  str at[COLUMNS_MAX];
} row;
typedef const char *(*row_taker)(source *s, const row *r); /* NULL, or why the row is malformed */
typedef struct file_spec {
  const char *name;
  row_taker take;
  const char *columns[COLUMNS_MAX];
} file_spec;

/* --- joins ------------------------------------------------------------------------------------ */
static uint64_t key_hash(str key) { return hash64(key.at, key.len, 0) | 1; }

/* Every keyed struct begins with its key; `chain` links those of equal hash. */
#define DEFINE_TABLE(type, table)                                             \
  static type *find_##type(const source *s, str key) {                        \
    type *x = map_get(s->by_key[table], key_hash(key));                       \
    while (x != NULL && !str_eq(x->key, key))                                 \
      x = x->chain;                                                           \
    return x;                                                                 \
  }                                                                           \
  static type *add_##type(source *s, str key) {                               \
    type *x = ARENA_NEW(s->arena, type);                                      \
    x->key = str_copy(s->arena, key);                                         \
    x->chain = map_get(s->by_key[table], key_hash(key));                      \
    return map_put(s->by_key[table], key_hash(key), x) ? x : (abort(), NULL); \
  }
DEFINE_TABLE(source_order, KEYS_ORDERS)
DEFINE_TABLE(source_customer, KEYS_CUSTOMERS)
DEFINE_TABLE(source_person, KEYS_PERSONS)
DEFINE_TABLE(source_seller, KEYS_SELLERS)
DEFINE_TABLE(source_product, KEYS_PRODUCTS)

typedef struct seen_row {
  str key;
  struct seen_row *chain;
} seen_row;
DEFINE_TABLE(seen_row, KEYS_ROWS)

/* false: this (file, key, number) came before. */
static bool first_time(source *s, const char *file, str key, int64_t number) {
  str whole = str_format(s->arena, "%s/%.*s/%lld", file, STR_ARGS(key), (long long)number);
  if (find_seen_row(s, whole) != NULL) return false;
  add_seen_row(s, whole);
  return true;
}

/* --- rows ------------------------------------------------------------------------------------- */
static bool good_key(str key) { return key.len > 0 && key.len <= 64 && str_is_utf8(key); }

/* Money is told by items and payments alone: a person, seller or product that no file describes is
 * taken as it is named. */
static source_person *person_of(source *s, str key) {
  source_person *person = find_source_person(s, key);
  if (person != NULL) return person;
  s->person_count++;
  return add_source_person(s, key);
}

static source_customer *customer_of(source *s, str key) {
  source_customer *customer = find_source_customer(s, key);
  if (customer != NULL) return customer;
  customer = add_source_customer(s, key);
  customer->person = person_of(s, key);
  return customer;
}

static source_seller *seller_of(source *s, str key) {
  source_seller *seller = find_source_seller(s, key);
  if (seller != NULL) return seller;
  s->seller_count++;
  return add_source_seller(s, key);
}

static source_product *product_of(source *s, str key) {
  source_product *product = find_source_product(s, key);
  return product != NULL ? product : add_source_product(s, key);
}

static const char *take_customer(source *s, const row *r) {
  if (!good_key(r->at[0])) return "customer_id is empty or too long";
  if (!good_key(r->at[1])) return "customer_unique_id is empty or too long";
  if (find_source_customer(s, r->at[0]) != NULL) return "customer_id occurs twice";
  source_person *person = person_of(s, r->at[1]);
  person->city = str_copy(s->arena, r->at[2]);
  person->state = str_copy(s->arena, r->at[3]);
  add_source_customer(s, r->at[0])->person = person;
  return NULL;
}

static const char *take_seller(source *s, const row *r) {
  if (!good_key(r->at[0])) return "seller_id is empty or too long";
  if (find_source_seller(s, r->at[0]) != NULL) return "seller_id occurs twice";
  source_seller *seller = seller_of(s, r->at[0]);
  seller->city = str_copy(s->arena, r->at[1]);
  seller->state = str_copy(s->arena, r->at[2]);
  return NULL;
}

static const char *take_category(source *s, const row *r) {
  UNUSED(s);
  return good_key(r->at[0]) && good_key(r->at[1]) ? NULL : "a name is empty";
}

static const char *take_product(source *s, const row *r) {
  if (!good_key(r->at[0])) return "product_id is empty or too long";
  if (find_source_product(s, r->at[0]) != NULL) return "product_id occurs twice";
  add_source_product(s, r->at[0])->category = str_copy(s->arena, r->at[1]);
  return NULL;
}

static bool known_status(str name, int *out) {
  static const struct {
    const char *name;
    source_status status;
  } table[] = {{"created", SOURCE_OPEN},      {"approved", SOURCE_OPEN},
               {"invoiced", SOURCE_OPEN},     {"processing", SOURCE_OPEN},
               {"shipped", SOURCE_SHIPPED},   {"delivered", SOURCE_DELIVERED},
               {"canceled", SOURCE_REFUNDED}, {"unavailable", SOURCE_REFUNDED}};
  for (size_t i = 0; i < COUNT_OF(table); i++)
    if (str_eq(name, str_from(table[i].name))) return *out = (int)table[i].status, true;
  return false;
}

/* An empty or earlier time takes the previous step's. */
static bool take_step(str text, instant previous, instant *out, bool *own) {
  instant t = 0;
  if (text.len > 0 && !instant_parse(text, &t)) return false;
  if (own != NULL) *own = text.len > 0;
  *out = text.len > 0 && t > previous ? t : previous;
  return true;
}

static const char *take_order(source *s, const row *r) {
  source_order o = {0};
  if (!good_key(r->at[0])) return "order_id is empty or too long";
  if (find_source_order(s, r->at[0]) != NULL) return "order_id occurs twice";
  if (!good_key(r->at[1])) return "customer_id is empty or too long";
  if (!known_status(r->at[2], &o.status)) return "order_status is not one of the known ones";
  if (!instant_parse(r->at[3], &o.purchased))
    return "order_purchase_timestamp is not a time (YYYY-MM-DD HH:MM:SS)";
  if (!take_step(r->at[4], o.purchased, &o.approved, NULL))
    return "order_approved_at is not a time";
  if (!take_step(r->at[5], o.approved, &o.shipped, &o.has_shipped))
    return "order_delivered_carrier_date is not a time";
  if (!take_step(r->at[6], o.shipped, &o.delivered, &o.has_delivered))
    return "order_delivered_customer_date is not a time";
  o.customer = customer_of(s, r->at[1]);
  source_order *kept = add_source_order(s, r->at[0]);
  o.key = kept->key;
  o.chain = kept->chain;
  *kept = o;
  s->order_count++;
  return NULL;
}

static source_offer *offer_of(source *s, source_product *product, source_seller *seller,
                              int64_t price) {
  source_offer *f = product->offers;
  while (f != NULL && f->seller != seller)
    f = f->next;
  if (f != NULL) return f;
  f = ARENA_NEW(s->arena, source_offer);
  *f = (source_offer){
      .product = product, .seller = seller, .first_price = price, .next = product->offers};
  product->offers = f;
  s->offer_count++;
  return f;
}

static const char *take_item(source *s, const row *r) {
  source_item item = {.line = r->record->line};
  source_order *order = find_source_order(s, r->at[0]);
  if (order == NULL) return "order_id is not in orders.csv";
  if (!str_to_int(r->at[1], &item.number) || item.number < 1)
    return "order_item_id is not a positive whole number";
  if (!good_key(r->at[2])) return "product_id is empty or too long";
  if (!good_key(r->at[3])) return "seller_id is empty or too long";
  if (!decimal_parse(r->at[4], BRL_SCALE, &item.price) || item.price < 0 ||
      item.price > MONEY_MAX_JSON)
    return "price is not an amount with two decimals";
  if (!decimal_parse(r->at[5], BRL_SCALE, &item.freight) || item.freight < 0 ||
      item.freight > MONEY_MAX_JSON)
    return "freight_value is not an amount with two decimals";
  if (!first_time(s, "item", r->at[0], item.number))
    return "order_item_id occurs twice in its order";
  item.offer = offer_of(s, product_of(s, r->at[2]), seller_of(s, r->at[3]), item.price);
  item.offer->units++;
  source_item *kept = ARENA_NEW(s->arena, source_item);
  *kept = item;
  source_item **tail = &order->items;
  while (*tail != NULL && (*tail)->number < item.number)
    tail = &(*tail)->next;
  kept->next = *tail;
  *tail = kept;
  order->item_count++;
  order->items_total += item.price + item.freight;
  return NULL;
}

static bool known_method(str name, int *out) {
  static const struct {
    const char *name;
    source_method method;
  } table[] = {{"credit_card", METHOD_CARD},
               {"boleto", METHOD_BOLETO},
               {"debit_card", METHOD_DEBIT},
               {"voucher", METHOD_VOUCHER},
               {"not_defined", METHOD_OTHER}};
  for (size_t i = 0; i < COUNT_OF(table); i++)
    if (str_eq(name, str_from(table[i].name))) return *out = (int)table[i].method, true;
  return false;
}

static const char *take_payment(source *s, const row *r) {
  source_payment p = {0};
  source_order *order = find_source_order(s, r->at[0]);
  if (order == NULL) return "order_id is not in orders.csv";
  if (!str_to_int(r->at[1], &p.number) || p.number < 1)
    return "payment_sequential is not a positive whole number";
  if (!known_method(r->at[2], &p.method)) return "payment_type is not one of the known ones";
  if (!str_to_int(r->at[3], &p.instalments) || p.instalments < 0 || p.instalments > INSTALMENTS_MAX)
    return "payment_installments is not from 0 to 99";
  if (!decimal_parse(r->at[4], BRL_SCALE, &p.amount) || p.amount < 0 || p.amount > MONEY_MAX_JSON)
    return "payment_value is not an amount with two decimals";
  if (!first_time(s, "payment", r->at[0], p.number))
    return "payment_sequential occurs twice in its order";
  source_payment *kept = ARENA_NEW(s->arena, source_payment);
  *kept = p;
  source_payment **tail = &order->payments;
  while (*tail != NULL && (*tail)->number < p.number)
    tail = &(*tail)->next;
  kept->next = *tail;
  *tail = kept;
  order->payment_count++;
  order->payments_total += p.amount;
  if (p.method == METHOD_VOUCHER) s->vouchers_total += p.amount;
  return NULL;
}

static const char *take_review(source *s, const row *r) {
  source_review v = {0};
  source_order *order = find_source_order(s, r->at[1]);
  if (!good_key(r->at[0])) return "review_id is empty or too long";
  if (order == NULL) return "order_id is not in orders.csv";
  if (!str_to_int(r->at[2], &v.score) || v.score < 1 || v.score > 5)
    return "review_score is not from 1 to 5";
  if (!instant_parse(r->at[5], &v.written)) return "review_creation_date is not a time";
  if (!str_is_utf8(r->at[3]) || !str_is_utf8(r->at[4])) return "the words are not UTF-8";
  source_review *kept = ARENA_NEW(s->arena, source_review);
  *kept = v;
  kept->key = str_copy(s->arena, r->at[0]);
  kept->title = str_copy(s->arena, r->at[3]);
  kept->text = str_copy(s->arena, r->at[4]);
  kept->next = order->reviews;
  order->reviews = kept;
  return NULL;
}

static const file_spec files[] = {
    /* in the order in which they refer to one another */
    {"category_names.csv",
     take_category,
     {"product_category_name", "product_category_name_english"}},
    {"customers.csv",
     take_customer,
     {"customer_id", "customer_unique_id", "customer_city", "customer_state"}},
    {"sellers.csv", take_seller, {"seller_id", "seller_city", "seller_state"}},
    {"products.csv", take_product, {"product_id", "product_category_name"}},
    {"orders.csv",
     take_order,
     {"order_id", "customer_id", "order_status", "order_purchase_timestamp", "order_approved_at",
      "order_delivered_carrier_date", "order_delivered_customer_date"}},
    {"order_items.csv",
     take_item,
     {"order_id", "order_item_id", "product_id", "seller_id", "price", "freight_value"}},
    {"order_payments.csv",
     take_payment,
     {"order_id", "payment_sequential", "payment_type", "payment_installments", "payment_value"}},
    {"order_reviews.csv",
     take_review,
     {"review_id", "order_id", "review_score", "review_comment_title", "review_comment_message",
      "review_creation_date"}},
};

/* --- files ------------------------------------------------------------------------------------ */
static size_t read_file(void *arg, char *into, size_t room) { return fread(into, 1, room, arg); }

static bool find_columns(const file_spec *spec, const csv_record *header, size_t *index) {
  for (size_t i = 0; i < COLUMNS_MAX && spec->columns[i] != NULL; i++) {
    index[i] = 0;
    while (index[i] < header->count &&
           !str_eq(header->fields[index[i]], str_from(spec->columns[i])))
      index[i]++;
    if (index[i] == header->count) return false;
  }
  return true;
}

static void take_record(source *s, const file_spec *spec, const csv_record *record, size_t width,
                        const size_t *index) {
  row r = {.record = record};
  const char *why = record->error;
  if (why == NULL && record->count != width)
    why = "it has another number of fields than the header";
  for (size_t i = 0; why == NULL && i < COLUMNS_MAX && spec->columns[i] != NULL; i++)
    r.at[i] = str_trim(record->fields[index[i]]);
  if (why == NULL) why = spec->take(s, &r);
  if (why == NULL) return;
  s->bad_rows++;
  fprintf(s->err, "%s:%lld: %s; the row is left out\n", spec->name, (long long)record->line, why);
}

static status load_file(ctx *c, const char *dir, const file_spec *spec, source *s) {
  FILE *f = fopen(str_format(c->arena, "%s/%s", dir, spec->name).at, "rb");
  if (f == NULL)
    return fail(c, E_NOT_FOUND, "%s/%s can't be read; the folder needs all eight files.", dir,
                spec->name);
  csv_reader *reader = csv_open(c->arena, read_file, f);
  csv_record *record = ARENA_NEW(c->arena, csv_record);
  size_t index[COLUMNS_MAX] = {0};
  status result = OK;
  if (!csv_next(reader, record) || record->error != NULL || !find_columns(spec, record, index))
    result = fail(c, E_MALFORMED, "%s: the first line does not name the columns this file has.",
                  spec->name);
  size_t width = record->count;
  while (result == OK && csv_next(reader, record))
    if (record->count > 1 || record->error != NULL || record->fields[0].len > 0)
      take_record(s, spec, record, width, index);
  fclose(f);
  return result;
}

/* --- lists ------------------------------------------------------------------------------------ */
static int by_purchase(const void *a, const void *b) {
  const source_order *x = *(source_order *const *)a, *y = *(source_order *const *)b;
  if (x->purchased != y->purchased) return x->purchased < y->purchased ? -1 : 1;
  return str_cmp(x->key, y->key);
}
static int by_seller_key(const void *a, const void *b) {
  return str_cmp((*(source_seller *const *)a)->key, (*(source_seller *const *)b)->key);
}
static int by_person_key(const void *a, const void *b) {
  return str_cmp((*(source_person *const *)a)->key, (*(source_person *const *)b)->key);
}
static int by_offer_key(const void *a, const void *b) {
  const source_offer *x = *(source_offer *const *)a, *y = *(source_offer *const *)b;
  int p = str_cmp(x->product->key, y->product->key);
  return p != 0 ? p : str_cmp(x->seller->key, y->seller->key);
}

#define LIST_ALL(type, table, list)                             \
  do {                                                          \
    size_t cursor_ = 0, n_ = 0;                                 \
    uint64_t key_;                                              \
    void *head_;                                                \
    while (map_next(s->by_key[table], &cursor_, &key_, &head_)) \
      for (type *x_ = head_; x_ != NULL; x_ = x_->chain)        \
        (list)[n_++] = x_;                                      \
  } while (0)

static void list_offers(source *s) {
  size_t cursor = 0, n = 0;
  uint64_t key;
  void *head;
  while (map_next(s->by_key[KEYS_PRODUCTS], &cursor, &key, &head))
    for (source_product *p = head; p != NULL; p = p->chain)
      for (source_offer *f = p->offers; f != NULL; f = f->next)
        s->offers[n++] = f;
}

static void make_lists(source *s) {
  s->orders = ARENA_ARRAY(s->arena, source_order *, s->order_count + 1);
  s->sellers = ARENA_ARRAY(s->arena, source_seller *, s->seller_count + 1);
  s->persons = ARENA_ARRAY(s->arena, source_person *, s->person_count + 1);
  s->offers = ARENA_ARRAY(s->arena, source_offer *, s->offer_count + 1);
  LIST_ALL(source_order, KEYS_ORDERS, s->orders);
  LIST_ALL(source_seller, KEYS_SELLERS, s->sellers);
  LIST_ALL(source_person, KEYS_PERSONS, s->persons);
  list_offers(s);
  qsort(s->orders, s->order_count, sizeof *s->orders, by_purchase);
  qsort(s->sellers, s->seller_count, sizeof *s->sellers, by_seller_key);
  qsort(s->persons, s->person_count, sizeof *s->persons, by_person_key);
  qsort(s->offers, s->offer_count, sizeof *s->offers, by_offer_key);
}

status source_load(ctx *c, const char *dir, FILE *err, source *out) {
  *out =
      (source){.arena = c->arena, .err = err, .currency = ASSET_BRL, .market_name = STR("Replay")};
  for (size_t i = 0; i < COUNT_OF(out->by_key); i++)
    if ((out->by_key[i] = map_open(4096)) == NULL)
      return fail(c, E_NO_MEMORY, "There is not enough memory for the files.");
  for (size_t i = 0; i < COUNT_OF(files); i++)
    TRY(load_file(c, dir, &files[i], out));
  make_lists(out);
  return OK;
}

void source_close(source *s) {
  for (size_t i = 0; i < COUNT_OF(s->by_key); i++)
    if (s->by_key[i] != NULL) map_close(s->by_key[i]);
}
