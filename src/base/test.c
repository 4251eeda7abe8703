/* test.c - runs the tests of base: one group per file, all of them even when one fails. */
#include "base/test_groups.h"

int main(void) {
  int failed = test_memory() + test_text() + test_ids() + test_money() + test_time() + test_csv();
  return failed == 0 ? 0 : 1;
}
