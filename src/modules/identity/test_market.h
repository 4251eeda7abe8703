/* test_market.h - what tests of every module share: an engine on a fresh store with a clock they
 * move, a market that is set up, and a caller that speaks to the router with bytes and no socket.
 * Not part of the program. */
#ifndef TAEL_TEST_MARKET_H
#define TAEL_TEST_MARKET_H

#include "db/test_store.h"
#include "modules/identity/identity.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* ctx.h has the word */

#define TEST_OPERATOR_EMAIL "operator@example.com"
#define TEST_PASSWORD "correct horse battery"

typedef struct test_market {
  arena *arena;
  ctx ctx;
  engine *e;
  http *h;
  _Atomic instant clock; /* real time; stands still until test_market_sleep */
  market facts;          /* when it was set up */
  int64_t keys;          /* Idempotency-Keys used */
} test_market;

/* The modules' schemas, jobs, tasks and routes on the store at `url`. Tasks run by engine_run_tasks
 * only. */
test_market *test_market_open(const char *url, const module *const *modules, size_t count);
/* The same on a store that was used before, so many seconds later by its clock. */
test_market *test_market_open_later(const char *url, const module *const *modules, size_t count,
                                    int64_t seconds);
/* For commands sent at once on PostgreSQL (an embedded store has one lane all the same). What reads
 * up to the watermark waits for each lane then, and an idle one moves only in a started engine. */
test_market *test_market_open_lanes(const char *url, const module *const *modules, size_t count,
                                    int lanes);
void test_market_set_up(
    test_market *m); /* the first operator: TEST_OPERATOR_EMAIL, TEST_PASSWORD */
void test_market_close(test_market *m);
void test_market_sleep(test_market *m, int64_t seconds);
ctx *test_market_ctx(test_market *m); /* fresh: cleared fault, the times of now */

typedef struct test_caller { /* all NULL: nobody */
  const char *bearer;        /* an API key */
  const char *cookie, *csrf; /* a browser's session */
} test_caller;
typedef struct test_reply {
  int status;
  str head, body;
  json_t *json; /* NULL when the body is not JSON; freed with the market */
} test_reply;
/* body NULL: none. Writes get a fresh Idempotency-Key. `who` NULL: nobody. */
test_reply test_call(test_market *m, const test_caller *who, const char *verb, const char *path,
                     const char *body);
/* The same with a body of any type and bytes; type NULL: none. */
test_reply test_send(test_market *m, const test_caller *who, const char *verb, const char *path,
                     const char *type, str body);
/* A member of the answer by a path like "user.name"; NULL when it is not there or no text. */
const char *test_text(const test_reply *r, const char *path);
int64_t test_number(const test_reply *r, const char *path);
/* Signs in through the router; asserts success. Texts live as long as the market. */
test_caller test_sign_in(test_market *m, const char *email, const char *password);
void test_hash(test_market *m, sha256 *out); /* the state hash: unchanged by anything refused */

/* Every route of the module, called by nobody (401) and by a program that may only be itself (403),
 * unless the route is for them. Ids in paths are made up. */
void test_walk_routes(test_market *m, const module *mod);

/* Runs the tests on each home, the url as their initial state; how many failed. */
int test_market_run(const char *name, const struct CMUnitTest *tests, size_t count);

#endif
