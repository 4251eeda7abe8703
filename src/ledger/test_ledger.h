/* test_ledger.h - the groups of the ledger's test program and what they share. */
#ifndef TAEL_LEDGER_TEST_LEDGER_H
#define TAEL_LEDGER_TEST_LEDGER_H

#include "base/testing.h"
#include "ledger/ledger.h"

int run_record_tests(void);
int run_rule_tests(void);
int run_property_tests(void);
int run_store_tests(void);
int run_proof_tests(void);
int run_packed_tests(void);
int run_chainer_tests(void);
int run_id_index_tests(void);
void run_bench(void);

void assert_same_account(const account *is, const account *should);
void assert_same_results(const transfer *in, size_t count, const ledger_result *is,
                         const ledger_result *should);

#endif
