/* test_both.h - one document read both ways, straight from its bytes and through the tree, for the
 * tests and for fuzzing. */
#ifndef TAEL_HTTP_TEST_BOTH_H
#define TAEL_HTTP_TEST_BOTH_H

#include "base/base.h"

typedef enum both_outcome {
  BOTH_DECLINED, /* left to the tree */
  BOTH_EQUAL,    /* taken directly, and the tree reads the same */
  BOTH_DIFFER,
} both_outcome;

/* Reads `json` as a struct with every type of member, twice; what is read lives in `a`. */
both_outcome both_read(arena *a, str json);

#endif
