/* test_groups.h - the groups that test.c runs; each returns the number of tests that failed. */
#ifndef TAEL_HTTP_TEST_GROUPS_H
#define TAEL_HTTP_TEST_GROUPS_H

int test_shapes(void);
int test_direct(void);
int test_parts(void);
int test_handle(void);
int test_wire(void);
int test_site(void);

#endif
