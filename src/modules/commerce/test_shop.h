/* test_shop.h - what tests of commerce and of modules above it share: a market with two shops,
 * goods on their shelves and a buyer with money. Not part of the program. */
#ifndef TAEL_TEST_SHOP_H
#define TAEL_TEST_SHOP_H

#include "modules/commerce/commerce.h"
#include "modules/identity/test_market.h"

enum { TEST_SHOPS = 2, TEST_STOCK = 10 };

typedef struct test_shops {
  test_market *m;
  id seller[TEST_SHOPS], shop[TEST_SHOPS], warehouse[TEST_SHOPS];
  id variant[TEST_SHOPS], offer[TEST_SHOPS], product[TEST_SHOPS];
  int64_t price[TEST_SHOPS]; /* 19900 and 5001; freight 800 an order at the first shop, none at the
                                second */
  id buyer, campaign;
} test_shops;

test_shops *test_shops_open(const char *url, const module *const *more,
                            size_t count); /* modules above commerce */
void test_shops_close(test_shops *s);
/* Runs a command of the system; prints the fault's detail when it is not what was expected. */
status test_do(test_shops *s, const command_type *type, void *state, status expected);
void test_buyer_gets(test_shops *s, id buyer, int64_t money_minor);
id test_buyer(test_shops *s, const char *email, int64_t money_minor);
void test_receive(test_shops *s, size_t shop, int64_t quantity);
/* An order of one line in each shop named, paid from the balance (pay false: placed only). */
order_place *test_order(test_shops *s, id buyer, int64_t quantity0, int64_t quantity1, bool pay,
                        status expected);
order_view test_order_view(test_shops *s, id order);
int64_t test_balance(test_shops *s, id owner, uint16_t code,
                     uint32_t number); /* credits - debits; 0: no account */
int64_t test_reserved(test_shops *s, size_t shop);
int64_t test_on_hand(test_shops *s, size_t shop);
void test_books_hold(test_shops *s); /* ledger, orders, payments and safeguarding verify */

#endif
