/* load.h - a load over HTTP/1.1 keep-alive connections to 127.0.0.1, from one thread. Closed loop:
 * each connection sends, waits for the whole answer, sends again. Paced: requests come at a fixed
 * rate whatever the answers do, each on a connection that rests; latency counts from when it was
 * due. Counts and latencies are taken after the warm-up. Talks to this machine only and stops by
 * itself. */
#ifndef TAEL_BENCH_LOAD_H
#define TAEL_BENCH_LOAD_H

#include "base/base.h"

enum { LOAD_REQUEST_MAX = 8192, LOAD_KINDS = 2 };

typedef struct load_plan {
  int port;
  size_t connections; /* 1..8192 */
  int64_t warm_ms, run_ms;
  int64_t per_second; /* paced at this rate; 0: closed loop */
  const int *kind;    /* of the request `next` has just written, below LOAD_KINDS; NULL: 0 */
  /* Writes the next request of a connection; returns its length, 0: nothing left to send, the
   * connection rests. */
  size_t (*next)(void *arg, size_t connection, char into[static LOAD_REQUEST_MAX]);
  void *arg;
} load_plan;

typedef struct load_result {
  int64_t good, bad;                                /* 2xx; anything else or a broken connection */
  int64_t good_of[LOAD_KINDS], shed_of[LOAD_KINDS]; /* shed: 503 with Retry-After; bad, too */
  int64_t starved; /* closed loop: connections without a good answer in all of the time counted */
  int64_t unsent;  /* paced: came when no connection rested */
  int64_t rate;    /* good answers a second */
  int64_t p50_us, p99_us, max_us;
  int64_t cpu_ns; /* processor time of this process for one good answer, ... */
  int64_t own_ns; /* ... of which the load itself took so much */
  int first_bad_status;
  char first_bad_body[256];
} load_result;

status load_run(ctx *c, const load_plan *plan, load_result *out);

#endif
