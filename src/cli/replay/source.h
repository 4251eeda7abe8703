/* source.h - the history of a market in memory: persons, sellers, products, orders with items,
 * payments and reviews, ready to be lived (live.h). It is read from a folder in the shape of the
 * Olist files (source.c): rows are checked one by one and a malformed one stops nothing, it is
 * reported with file, line and reason and left out; or it is made up from a seed (demo/make.c). No
 * command runs here. */
#ifndef TAEL_REPLAY_SOURCE_H
#define TAEL_REPLAY_SOURCE_H

#include "base/base.h"
#include "base/hash.h"
#include <stdio.h>

typedef enum source_status { /* order_status of the files; what is not listed stays open */
                             SOURCE_OPEN,
                             SOURCE_SHIPPED,
                             SOURCE_DELIVERED,
                             SOURCE_REFUNDED /* canceled, unavailable */
} source_status;
typedef enum source_method {
  METHOD_CARD,
  METHOD_BOLETO,
  METHOD_DEBIT,
  METHOD_OTHER,
  METHOD_VOUCHER,
  METHOD_BALANCE
} source_method;

/* Keys are kept as text; look-ups go by hash of the text, compared whole. Words left empty get a
 * default from the key. */
typedef struct source_person {
  str key, city, state, name, email;
  str password_hash; /* empty: cannot sign in */
  int64_t wallet;    /* topped up before the first order */
  id user;
  struct source_person *chain;
} source_person;
typedef struct source_customer {
  str key;
  source_person *person;
  struct source_customer *chain;
} source_customer;
typedef struct source_seller {
  str key, city, state, name, slug, theme, banner, email, password_hash;
  id tenant, shop, warehouse;
  struct source_seller *chain;
} source_seller;
typedef struct source_product {
  str key, category, title, description;
  str category_zh; /* of a source that knows both names; such categories are made */
  id category_id;
  struct source_product *chain;
  struct source_offer *offers;
} source_product;
typedef struct source_offer { /* one (product, seller) */
  source_product *product;
  source_seller *seller;
  int64_t first_price, units; /* price of the first sale; units sold in all */
  int64_t spare;              /* units received beyond those */
  id variant, offer;
  struct source_offer *next; /* of the same product */
} source_offer;
typedef struct source_item {
  int64_t number, price, freight, line;
  source_offer *offer;
  struct source_item *next;
} source_item;
typedef struct source_payment {
  int64_t number, amount, instalments;
  int method;
  struct source_payment *next;
} source_payment;
typedef struct source_review {
  str key, title, text;
  int64_t score;
  instant written;
  struct source_review *next;
} source_review;
typedef struct source_order {
  str key;
  source_customer *customer;
  int status;
  instant purchased, approved, shipped,
      delivered;                   /* after repair: never earlier than the step before */
  bool has_shipped, has_delivered; /* the step has a time of its own */
  source_item *items;
  size_t item_count;
  source_payment *payments;
  size_t payment_count;
  source_review *reviews;
  int64_t items_total, payments_total;
  id order_id, payment_id; /* once lived: */
  struct source_child {
    id child, parcel;
  } * children;
  size_t child_count;
  bool is_paid;  /* with the order itself: nothing is left to capture */
  uint32_t wave; /* the last one that took, or had to leave, a step of it */
  struct source_order *chain;
} source_order;

typedef struct source {
  arena *arena;
  FILE *err;
  source_order **orders;
  size_t order_count; /* by purchase time, then file order */
  source_seller **sellers;
  size_t seller_count;
  source_offer **offers;
  size_t offer_count;
  source_person **persons;
  size_t person_count;
  uint32_t currency;
  int utc_offset_minutes;
  str market_name;
  int64_t bad_rows, vouchers_total;
  map *by_key[6];
} source;

/* E_NOT_FOUND: a file of the folder is missing (named). Bad rows are reported on err and counted.
 */
status source_load(ctx *c, const char *dir, FILE *err, source *out);
void source_close(source *s);

#endif
