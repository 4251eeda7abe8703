/* crew.h - a bounded crowd of commands: fills as many as fit, submits them together, waits for all,
 * hands out the results. */
#ifndef TAEL_REPLAY_CREW_H
#define TAEL_REPLAY_CREW_H

#include "cli/cli.h"
#include <pthread.h>

typedef struct crew_slot {
  arena *arena;
  ctx ctx; /* over the slot's arena, with the engine's clock */
  command command;
  struct crew *crew;
} crew_slot;

typedef struct crew {
  engine *engine;
  crew_slot *slots;
  command **commands; /* of the slots, while they are submitted */
  size_t size, used;
  pthread_mutex_t lock;
  pthread_cond_t all_done;
  size_t waiting;
} crew;

status crew_open(ctx *c, engine *e, size_t size, crew *out);
void crew_close(crew *k);
crew_slot *crew_take(crew *k, instant at); /* NULL: full; run first */
status
crew_run(ctx *c,
         crew *k); /* submits all taken and waits; slots keep their results until crew_clear */
void crew_clear(crew *k);

#endif
