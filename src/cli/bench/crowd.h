/* crowd.h - batches of transfers thrown at the engine of this process: accounts with floors, a
 * driver that keeps so many commands under way, and the bare floor of the same work. Shared by
 * `bench ledger` and `bench growth`. */
#ifndef TAEL_BENCH_CROWD_H
#define TAEL_BENCH_CROWD_H

#include "cli/bench/measure.h"
#include <pthread.h>

enum { CROWD_CLIENTS_MAX = 1024, CROWD_BATCH_MAX = 8192, CROWD_HOT = 10 };

typedef struct crowd_plan {
  str url;
  const char *folder; /* of the store's file, and of the floor's */
  int64_t accounts, batch, hot_percent;
  int64_t clients; /* batches under way at once */
  int64_t senders; /* who wait for their answers: what a group of the floor holds */
  bool random_ids;
  uint64_t seed;
} crowd_plan;

typedef struct crowd {
  crowd_plan plan;
  ctx *ctx;
  app *app;
  id *accounts;
  uint64_t id_base, ids_made;
  struct crowd_client *clients;
  pthread_mutex_t lock;
  pthread_cond_t wake;
  struct crowd_client *answered; /* a stack */
  int64_t refused;
} crowd;

/* The options --accounts --batch --clients --depth --hot --ids --seed; E_MALFORMED. */
status crowd_read_plan(cli *self, crowd_plan *out);
/* Opens the store with its threads and finds or opens the accounts. */
status crowd_open(ctx *c, const crowd_plan *plan, crowd *out);
void crowd_close(crowd *k);

int64_t crowd_bytes(const crowd_plan *plan); /* what the load itself holds in memory */

typedef struct crowd_run {
  int64_t rate, p50_us, p99_us;
} crowd_run;
/* Posts `count` transfers and waits for the last answer. E_RULE when one was refused. */
status crowd_post(crowd *k, int64_t count, crowd_run *out);

/* The least the same work can cost: both accounts found by their ids, the limit checked, balances
 * moved in memory, 128 bytes each appended and synced once for a batch of each sender; no check of
 * the transfer's own id, no chain, no store. Making the transfers is part of it, for there is no
 * other thread to make them. Beside the store's file; gone afterwards. */
status crowd_floor(ctx *c, const crowd_plan *plan, int64_t count, crowd_run *out);

status bench_ledger(cli *self);
status bench_growth(cli *self);
status bench_floor(cli *self);

#endif
