/* test_groups.h - the groups that test.c runs beside its own; each returns the number of tests that
 * failed. */
#ifndef TAEL_BOOKS_TEST_GROUPS_H
#define TAEL_BOOKS_TEST_GROUPS_H

int test_frames(void); /* bytes alone */
int test_batch(void);  /* through the router, on both homes */

#endif
