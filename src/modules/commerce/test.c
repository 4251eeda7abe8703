/* test.c - runs the tests of commerce: pure rules first, then scenarios on both homes. An argument
 * names the one group to run. */
#include "modules/commerce/test.h"

#include <string.h>

int main(int count, char **words) {
  static const struct {
    const char *name;
    int (*run)(void);
  } groups[] = {{"rules", test_rules},   {"orders", test_orders}, {"channel", test_channel},
                {"api", test_api},       {"seller", test_seller}, {"checkout", test_checkout},
                {"random", test_random}, {"race", test_race},     {"verify", test_verify}};
  int failed = 0;
  for (size_t i = 0; i < COUNT_OF(groups); i++) {
    if (count > 1 && strcmp(words[1], groups[i].name) != 0) continue;
    failed += groups[i].run();
  }
  return failed;
}
