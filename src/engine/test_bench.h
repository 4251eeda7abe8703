/* test_bench.h - what the engine's tests share: an engine on a fresh store with a clock they move,
 * and a small bank of commands (open, pay, hold, end, emit, fail) that use every part of the
 * contract. */
#ifndef TAEL_ENGINE_TEST_BENCH_H
#define TAEL_ENGINE_TEST_BENCH_H

#include "db/test_store.h"
#include "engine/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* ctx.h has the word */

enum { TEST_ENTITY = 7001, TEST_TENANT = 7002, TEST_START_DATE = 18262 /* 2020-01-01 */ };

typedef struct bench {
  arena *arena;
  ctx ctx;
  engine *e;
  engine_options options;
  engine_parts parts;
  _Atomic instant clock;
} bench;

/* real time stands still until bench_sleep */
bench *bench_open(const char *url, const engine_parts *parts);
void bench_reopen(bench *b); /* as after a restart */
void bench_close(bench *b);
void bench_sleep(bench *b, int64_t us);
ctx *bench_ctx(bench *b); /* fresh: cleared fault, new times */
void bench_hash(bench *b, sha256 *out);
int64_t bench_int(bench *b, const char *sql, int64_t argument); /* one number out of the store */

/* --- the bank --------------------------------------------------------------------------------- */
typedef struct pay_state {
  id owner_from,
      owner_to; /* accounts of CODE_WALLET; 0: the outside (CODE_BANK_RESERVE of owner 1) */
  int64_t amount;
  uint32_t timeout_s; /* > 0: a hold */
  id128 hold_id;      /* out; or in: the hold to end */
  bool void_it;
  bool emit;         /* an event of owner_from */
  bool poison;       /* write fails with a store's refusal */
  size_t waste;      /* bytes taken from the command's arena in decide */
  const char *task;  /* a task kind to leave behind */
  id from, to;       /* out */
  int64_t available; /* out: of `to` */
} pay_state;
extern const command_type test_pay; /* opens what it needs */
extern const command_type test_end; /* ends hold_id */
status test_render(ctx *c, const command *self, str *out);
status bench_pay(bench *b, pay_state *p);
int64_t bench_balance(bench *b, id owner); /* of the wallet: credits less debits */

/* A command of the bank, to be submitted; with a key when key is not 0. */
command *bench_command(bench *b, const command_type *type, pay_state *p, int key, int body);

/* Runs the tests on each home, the url as their initial state. */
int bench_run(const char *name, const struct CMUnitTest *tests, size_t count);

#endif
