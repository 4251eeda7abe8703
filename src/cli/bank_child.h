/* bank_child.h - the simulated bank as a child process of this very program, for replay, demo and
 * benchmarks. */
#ifndef TAEL_CLI_BANK_CHILD_H
#define TAEL_CLI_BANK_CHILD_H

#include "base/base.h"
#include <sys/types.h>

typedef struct bank_child {
  pid_t pid;
  char url[128]; /* "http://127.0.0.1:PORT" */
} bank_child;

status bank_start(ctx *c, const char *listen, bank_child *out); /* E_CHANNEL: it did not start */
void bank_stop(const bank_child *b);                            /* also when it never started */

#endif
