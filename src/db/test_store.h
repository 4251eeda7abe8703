/* test_store.h - fresh stores for tests, so that every scenario runs on both homes. The PostgreSQL
 * server is the one TAEL_TEST_DB names (a url; its user may create databases) or, when that is not
 * set, one of our own (tools/pg.sh) that is stopped and removed when the test ends, also when it is
 * killed. TAEL_TEST_DB=none leaves PostgreSQL out, and says so. */
#ifndef TAEL_DB_TEST_STORE_H
#define TAEL_DB_TEST_STORE_H

#include "db/db.h"

enum { STORE_HOMES = 2, STORE_URL_BYTES = 256, STORE_PATH_BYTES = 128 };

/* Writes the url of a fresh SQLite file and of a fresh PostgreSQL database; returns how many (1 or
 * 2). Stops the process with a message when it cannot. Everything is gone at exit. */
int store_urls(char urls[STORE_HOMES][STORE_URL_BYTES]);
/* The folder that goes at exit; for backups and the like. */
const char *store_folder(void);

/* TAEL_STORE_CASES, TAEL_SEED from the environment; prints the seed. */
uint64_t store_cases(uint64_t otherwise);
uint64_t store_seed(void);

#endif
