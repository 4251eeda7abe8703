/* test_groups.h - the groups that test.c runs; each returns the number of tests that failed. */
#ifndef TAEL_BASE_TEST_GROUPS_H
#define TAEL_BASE_TEST_GROUPS_H

int test_memory(void);
int test_text(void);
int test_ids(void);
int test_money(void);
int test_time(void);
int test_csv(void);

#endif
