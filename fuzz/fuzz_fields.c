/* fuzz_fields.c - bodies as bytes: what is read straight from them, the tree reads too, and to the
 * same struct; nothing that the tree refuses is ever taken. */
#include "target.h"
#include "http/test_both.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  arena *a = fuzz_arena(64u << 20);
  char *exact = malloc(size > 0 ? size : 1); /* so that a byte read beyond the end is caught */
  assert(exact != NULL);
  if (size > 0) memcpy(exact, data, size);
  both_outcome outcome = both_read(a, (str){exact, size});
  assert(outcome != BOTH_DIFFER);
  free(exact);
  return 0;
}
