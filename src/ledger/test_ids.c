/* test_ids.c - the test program of the id index (ids.h). TAEL_CASES and TAEL_SEED size and repeat
 * it. */
#include "ledger/test_ledger.h"

int main(void) { return run_id_index_tests(); }
