/* crew.c - see crew.h. An engine that is full for the moment is asked again a little later. */
#include "cli/replay/crew.h"
#include <time.h>

enum { SLOT_BYTES = 4 << 20, RETRY_NS = 2000000 };

status crew_open(ctx *c, engine *e, size_t size, crew *out) {
  *out = (crew){.engine = e,
                .size = size,
                .slots = ARENA_ARRAY(c->arena, crew_slot, size),
                .commands = ARENA_ARRAY(c->arena, command *, size)};
  pthread_mutex_init(&out->lock, NULL);
  pthread_cond_init(&out->all_done, NULL);
  for (size_t i = 0; i < size; i++) {
    out->slots[i].arena = arena_open(SLOT_BYTES);
    out->slots[i].crew = out;
    if (out->slots[i].arena == NULL)
      return fail(c, E_NO_MEMORY, "There is not enough memory for %zu orders in flight.", size);
  }
  return OK;
}

void crew_close(crew *k) {
  for (size_t i = 0; i < k->size; i++)
    if (k->slots[i].arena != NULL) arena_close(k->slots[i].arena);
  pthread_cond_destroy(&k->all_done);
  pthread_mutex_destroy(&k->lock);
}

static void one_done(command *cmd) {
  crew_slot *slot = cmd->done_arg;
  crew *k = slot->crew;
  pthread_mutex_lock(&k->lock);
  if (--k->waiting == 0) pthread_cond_signal(&k->all_done);
  pthread_mutex_unlock(&k->lock);
}

crew_slot *crew_take(crew *k, instant at) {
  if (k->used == k->size) return NULL;
  crew_slot *slot = &k->slots[k->used++];
  engine_ctx(k->engine, slot->arena, &slot->ctx);
  slot->command = (command){.who = engine_system(k->engine),
                            .arena = slot->arena,
                            .at = at,
                            .done = one_done,
                            .done_arg = slot};
  return slot;
}

static status submit_patiently(engine *e, command *cmd) {
  status s = engine_submit(e, cmd);
  for (int tries = 0; s == E_OVERLOADED && tries < 5000; tries++) {
    nanosleep(&(struct timespec){0, RETRY_NS}, NULL);
    s = engine_submit(e, cmd);
  }
  return s;
}

/* How many the engine took at once. */
static size_t submit_together(crew *k) {
  for (size_t i = 0; i < k->used; i++)
    k->commands[i] = &k->slots[i].command;
  return engine_submit_many(k->engine, k->commands, k->used);
}

status crew_run(ctx *c, crew *k) {
  pthread_mutex_lock(&k->lock);
  k->waiting = k->used;
  pthread_mutex_unlock(&k->lock);
  status first = OK;
  for (size_t i = submit_together(k); i < k->used; i++) {
    status s = submit_patiently(k->engine, &k->slots[i].command);
    if (s == OK) continue;
    k->slots[i].command.outcome = s;
    one_done(&k->slots[i].command);
    if (first == OK) first = fail(c, s, "The engine took no more commands.");
  }
  pthread_mutex_lock(&k->lock);
  while (k->waiting > 0)
    pthread_cond_wait(&k->all_done, &k->lock);
  pthread_mutex_unlock(&k->lock);
  return first;
}

void crew_clear(crew *k) {
  for (size_t i = 0; i < k->used; i++)
    arena_reset(k->slots[i].arena);
  k->used = 0;
}
