/* oom.c - allocations that fail: the n-th one the program makes, once or for good. The allocator
 * that can do so is preloaded (allocator.c, by ./dev crash oom); without it the command says so.
 *
 * What must hold: the answer is 503, or the process stops by abort() as the tables that have no
 * other way are documented to; never a crash, never half a change; and when the process has closed
 * its store it holds no more memory than one that was spared. */
#include "cli/sim/sweep.h"

#include <dlfcn.h>

enum { STEPS = 4 };

/* The preloaded allocator's own words. */
static struct {
  void (*fail_nth)(uint64_t n, int stays); /* 0: none */
  void (*use)(int on);
  uint64_t (*fired)(void);
  int64_t (*held)(void);
} allocator;

static bool find_allocator(void) {
  *(void **)&allocator.fail_nth = dlsym(RTLD_DEFAULT, "tael_allocator_fail_nth");
  *(void **)&allocator.use = dlsym(RTLD_DEFAULT, "tael_allocator_use");
  *(void **)&allocator.fired = dlsym(RTLD_DEFAULT, "tael_allocator_fired");
  *(void **)&allocator.held = dlsym(RTLD_DEFAULT, "tael_allocator_held");
  return allocator.fail_nth != NULL && allocator.held != NULL;
}

static void note_side(bool in_program) { allocator.use(in_program); }

/* How much more is held after the whole life of a process than before it. */
static int64_t life(world *w, const sweep_case *c, run_end *end) {
  world_close_process(w);
  int64_t before = allocator.held();
  w->on_side = note_side;
  w->sticky = c->sticky;
  allocator.fail_nth(c->n, c->sticky);
  world_start(w);
  for (int i = 0; i < STEPS && !w->failed; i++)
    sim_step(w);
  bool fired = allocator.fired() > 0;
  allocator.fail_nth(0, 0);
  *end = sweep_reckon(w, fired);
  arena_reset(w->step);
  arena_reset(w->scratch);
  world_close_process(w);
  return allocator.held() - before;
}

/* Memory of the model and the bank grows by what was done, once; a leak by what failed. */
enum { TOLERATED = 40 };

static run_end oom_run(world *w, const sweep_case *c) {
  run_end end;
  w->repair_memory = allocator.fail_nth;
  int64_t more = life(w, c, &end);
  if (c->op == FAULT_READ) { /* the planted defect: what failed is held for good, block by block */
    for (int i = 0; i < 1000; i++)
      more += arena_open(1) != NULL;
  }
  if (end == RUN_FINE && more > TOLERATED)
    world_fail(w, "%lld blocks are still held after the store was closed", (long long)more);
  return end;
}

void sweep_oom(sweep *s) {
  if (!find_allocator()) {
    world_fail(s->w, "there is no allocator that can fail");
    fprintf(s->cli->out, "failed: oom: run it by ./dev crash oom, which brings the allocator\n");
    return;
  }
  s->stops_are_clean = true;
  bool more = true;
  for (uint64_t scenario = 0; more; scenario++) {
    bool past[2] = {false, false};
    for (uint64_t n = 1 + s->seed % s->every; more && !(past[0] && past[1]); n += s->every) {
      for (int stays = 0; stays < 2 && more; stays++) {
        if (past[stays]) continue;
        sweep_case c = {.name = "no memory",
                        .scenario = scenario,
                        .n = n,
                        .sticky = stays == 1,
                        .op = s->planted ? FAULT_READ : FAULT_WRITE};
        run_end end = sweep_run(s, oom_run, &c);
        past[stays] = end == RUN_PAST;
        more = sweep_note(s, end);
      }
    }
  }
}
