/* test.h - the test files of commerce. Not part of the program. */
#ifndef TAEL_COMMERCE_TEST_H
#define TAEL_COMMERCE_TEST_H

#include "modules/commerce/model.h"
#include "modules/commerce/test_shop.h"

int test_rules(void);
int test_orders(void);
int test_channel(void);
int test_checkout(void);
int test_seller(void);
int test_random(void);
int test_race(void);
int test_api(void);
int test_verify(void);

#endif
