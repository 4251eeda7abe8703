/* sweep.h - private to cli/sim: one run of a sweep and how it may end. */
#ifndef TAEL_CLI_SIM_SWEEP_H
#define TAEL_CLI_SIM_SWEEP_H

#include "cli/sim/sim.h"

typedef enum run_end {
  RUN_FINE,    /* the fault came; all is as it must be */
  RUN_FAILED,  /* or is not */
  RUN_PAST,    /* the scenario had ended before the fault came: larger n are of no use */
  RUN_FOUND,   /* the program found the damage and said so */
  RUN_STOPPED, /* it stopped by itself, as documented */
  RUN_ENDS
} run_end;

typedef struct sweep_case {
  const char *name, *file;
  uint64_t scenario, n;
  bool sticky;
  fault_op op;
  int error;
} sweep_case;

typedef struct sweep {
  cli *cli;
  world *w;
  uint64_t seed, every; /* every so many-th n is tried */
  int64_t count, runs;
  bool planted, stops_are_clean;
  int64_t ends[RUN_ENDS];
} sweep;

/* In a process of its own, with choices that follow from the scenario. */
run_end sweep_run(sweep *s, run_end (*what)(world *w, const sweep_case *c), const sweep_case *c);
bool sweep_note(sweep *s, run_end end); /* whether to go on */
run_end sweep_reckon(world *w, bool fired);
void sweep_oom(sweep *s);

/* audit.c */
void audit_prove(world *w);
bool audit_proofs_hold(world *w); /* silent */
void audit_balances(world *w);    /* wallets, accounts, stock */

#endif
