/* test.c - runs the tests of http: one group per file, all of them even when one fails. */
#include "http/test_groups.h"

int main(void) {
  int failed =
      test_shapes() + test_direct() + test_parts() + test_handle() + test_site() + test_wire();
  return failed == 0 ? 0 : 1;
}
