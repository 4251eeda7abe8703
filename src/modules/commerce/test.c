/* test.c - runs the tests of commerce: pure rules first, then scenarios on both homes. */
#include "modules/commerce/test.h"

int main(void) { return test_rules() + test_orders() + test_channel() + test_api() + test_race(); }
