/* test_homes.h - a ledger over one store, driven as the engine drives it: begin, load, apply,
 * flush, commit. */
#ifndef TAEL_LEDGER_TEST_HOMES_H
#define TAEL_LEDGER_TEST_HOMES_H

#include "ledger/book.h"
#include "ledger/test_ledger.h"
#include "ledger/test_model.h"

typedef struct home {
  const char *url;
  db *d;
  book *b;
  ledger_lane lane;
  bool lane_loaded;
  ctx c;       /* its arena is emptied at each home_begin */
  arena *keep; /* goes with the home */
} home;

void home_ok(home *h, status s, int line);
#define MUST(h, expression) home_ok((h), (expression), __LINE__)

home *home_open(const char *url); /* a fresh, migrated store */
void home_connect(home *h);
void home_restart(home *h); /* as after a crash between commits */
void home_close(home *h);
instant home_clock(void *arg);
void home_begin(home *h, uint16_t lane);
void home_commit(home *h);
void home_load(home *h, const transfer *in, size_t count);
size_t home_apply(home *h, const book_env *env, const transfer *in, size_t count,
                  ledger_result *results);
/* A group of its own, all of which must be accepted. */
void home_transfer(home *h, uint16_t lane, const book_env *env, const transfer *in, size_t count);
void home_open_account(home *h,
                       account a); /* entity 1, CNY, own bank account unless it says otherwise */
void home_assert_proved(home *h);
void on_each_home(void (*scenario)(home *h));

#endif
