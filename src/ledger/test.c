/* test.c - the ledger's test program. TAEL_CASES, TAEL_STORE_CASES and TAEL_SEED size and repeat
 * it; TAEL_BENCH=1 measures the pure apply instead. */
#include "ledger/test_ledger.h"

#include <stdlib.h>

int main(void) {
  if (getenv("TAEL_BENCH") != NULL) {
    run_bench();
    return 0;
  }
  int failed = run_record_tests() + run_rule_tests() + run_chainer_tests() + run_property_tests();
  return failed + run_store_tests() + run_proof_tests() + run_packed_tests();
}
