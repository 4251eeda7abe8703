/* sweep.c - `tael sim --sweep KIND`: short scenarios of the simulated world are run again and
 * again, and each time the next thing in them fails: the n-th read, write, sync, open or lock (io),
 * the disk's last bytes (full), power at the n-th write while the store is made, recovers or moves
 * its log (cut), a bit of the closed store (flip), the n-th allocation (oom, oom.c). Every run is a
 * process of its own, forked from a world that was set up once, and ends with the whole reckoning:
 * nothing acknowledged is lost, nothing done twice, books and customers' money whole. */
#include "cli/sim/model.h"
#include "cli/sim/sweep.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STEPS = 5, HISTORY = 60, FAILURES_SHOWN = 5, CHILD_SECONDS = 60 };

/* --- one run in a process of its own ---------------------------------------------------------- */

run_end sweep_run(sweep *s, run_end (*what)(world *w, const sweep_case *c), const sweep_case *c) {
  fflush(s->cli->out);
  pid_t child = fork();
  if (child < 0) return RUN_FAILED;
  if (child == 0) {
    alarm(CHILD_SECONDS);
    s->w->random = rng_open(s->w->memory, hash64(&c->scenario, sizeof c->scenario, s->seed));
    run_end end = what(s->w, c);
    if (s->w->failed && end != RUN_FOUND) end = RUN_FAILED;
    if (end == RUN_FAILED)
      fprintf(s->cli->out, "%s, scenario %llu, n %llu%s: %s\n", c->name,
              (unsigned long long)c->scenario, (unsigned long long)c->n,
              c->sticky ? ", for good" : "", s->w->why);
    fflush(s->cli->out);
    _exit((int)end);
  }
  int ended = 0;
  waitpid(child, &ended, 0);
  s->runs++;
  if (WIFSIGNALED(ended)) {
    if (s->stops_are_clean && WTERMSIG(ended) == SIGABRT) return RUN_STOPPED;
    fprintf(s->cli->out, "%s, scenario %llu, n %llu%s: ended by signal %d\n", c->name,
            (unsigned long long)c->scenario, (unsigned long long)c->n,
            c->sticky ? ", for good" : "", WTERMSIG(ended));
    return RUN_FAILED;
  }
  return (run_end)WEXITSTATUS(ended);
}

/* Whether to go on. */
bool sweep_note(sweep *s, run_end end) {
  s->ends[end]++;
  return s->runs < s->count && s->ends[RUN_FAILED] < FAILURES_SHOWN;
}

/* The machine goes; what is there afterwards must be what was acknowledged. */
run_end sweep_reckon(world *w, bool fired) {
  if (w->failed) return RUN_FAILED;
  world_no_faults(w);
  fault_vfs_limit_bytes(w->disk, -1);
  w->sticky = w->full = false;
  fault_vfs_power_cut(w->disk);
  world_restart(w);
  arena_reset(w->step);
  if (!w->failed) world_run_tasks(w);
  if (!w->failed) audit_all(w);
  return w->failed ? RUN_FAILED : fired ? RUN_FINE : RUN_PAST;
}

/* --- io --------------------------------------------------------------------------------------- */

static run_end io_run(world *w, const sweep_case *c) {
  w->sticky = c->sticky;
  fault_vfs_fail_nth(w->disk, c->op, c->n, c->sticky, c->error);
  for (int i = 0; i < STEPS && !w->failed; i++)
    sim_step(w);
  if (!w->failed) world_checkpoint(w);
  bool fired = fault_vfs_fired(w->disk) > 0;
  return sweep_reckon(w, fired);
}

static void sweep_io(sweep *s) {
  static const struct {
    const char *name;
    fault_op op;
    int error;
  } kinds[] = {{"EIO in a read", FAULT_READ, SQLITE_IOERR_READ},
               {"EIO in a write, half of it written", FAULT_WRITE, SQLITE_IOERR_WRITE},
               {"ENOSPC in a write, half of it written", FAULT_WRITE, SQLITE_FULL},
               {"EIO in a sync", FAULT_SYNC, SQLITE_IOERR_FSYNC},
               {"EMFILE at an open", FAULT_OPEN, SQLITE_CANTOPEN},
               {"EIO in a lock", FAULT_LOCK, SQLITE_IOERR_LOCK},
               {"EINTR in a lock", FAULT_LOCK, SQLITE_BUSY}};
  enum { KINDS = COUNT_OF(kinds) };
  bool more = true;
  if (s->planted) fault_vfs_swallow(s->w->disk, true);
  for (uint64_t scenario = 0; more; scenario++) {
    bool past[2 * KINDS] = {false};
    size_t open = 2 * COUNT_OF(kinds);
    for (uint64_t n = 1 + s->seed % s->every; open > 0 && more; n += s->every) {
      for (size_t k = 0; k < 2 * COUNT_OF(kinds) && more; k++) {
        if (past[k]) continue;
        sweep_case c = {.name = kinds[k / 2].name,
                        .scenario = scenario,
                        .n = n,
                        .sticky = k % 2 == 1,
                        .op = kinds[k / 2].op,
                        .error = kinds[k / 2].error};
        run_end end = sweep_run(s, io_run, &c);
        past[k] = end == RUN_PAST;
        open -= past[k];
        more = sweep_note(s, end);
      }
    }
  }
}

/* --- full ------------------------------------------------------------------------------------- */

static run_end full_run(world *w, const sweep_case *c) {
  world_close_process(w); /* a log that begins anew has to grow */
  world_start(w);
  w->full = true;
  fault_vfs_limit_bytes(w->disk, fault_vfs_total(w->disk) + (int64_t)c->n * 1500);
  for (int i = 0; i < STEPS * 2 && !w->failed; i++)
    sim_step(w);
  return sweep_reckon(w, !w->full);
}

static void sweep_full(sweep *s) {
  bool more = true;
  if (s->planted) fault_vfs_swallow(s->w->disk, true);
  for (uint64_t scenario = 0; more; scenario++) {
    bool past = false;
    for (uint64_t n = s->seed % s->every; !past && more; n += s->every) {
      sweep_case c = {.name = "no room", .scenario = scenario, .n = n};
      run_end end = sweep_run(s, full_run, &c);
      past = end == RUN_PAST;
      more = sweep_note(s, end);
    }
  }
}

/* --- cut -------------------------------------------------------------------------------------- */

/* Opens until it holds, the power going at the n-th write of the first try. */
static bool open_over_a_cut(world *w, uint64_t n) {
  fault_vfs_power_cut_after(w->disk, n);
  arena_reset(w->scratch);
  status s = world_open_process(w);
  bool fell = fault_vfs_is_off(w->disk);
  fault_vfs_power_cut_after(w->disk, 0);
  if (s == OK && !fell) return false;
  world_close_process(w);
  world_start(w);
  return fell;
}

static run_end cut_while_made(world *w, const sweep_case *c) {
  world_close_process(w);
  fault_vfs_unregister(w->disk);
  w->disk = fault_vfs_register("tael-sim", c->n);
  fault_vfs_never_wait(w->disk);
  bool fell = open_over_a_cut(w, c->n);
  if (!w->failed) world_tick(w);
  world_no_faults(w);
  fault_vfs_power_cut(w->disk);
  if (!w->failed) world_restart(w);
  if (!w->failed) audit_prove(w);
  return w->failed ? RUN_FAILED : fell ? RUN_FINE : RUN_PAST;
}

static run_end cut_in_recovery(world *w, const sweep_case *c) {
  for (int i = 0; i < STEPS && !w->failed; i++)
    sim_step(w);
  fault_vfs_power_cut(w->disk);
  world_close_process(w);
  fault_vfs_power_on(w->disk);
  return sweep_reckon(w, open_over_a_cut(w, c->n));
}

static run_end cut_in_checkpoint(world *w, const sweep_case *c) {
  for (int i = 0; i < STEPS && !w->failed; i++)
    sim_step(w);
  int64_t before = w->cuts;
  fault_vfs_power_cut_after(w->disk, c->n);
  if (!w->failed) world_checkpoint(w);
  return sweep_reckon(w, w->cuts > before);
}

static void sweep_cut(sweep *s) {
  static const struct {
    const char *name;
    run_end (*run)(world *w, const sweep_case *c);
  } moments[] = {{"power goes while the store is made", cut_while_made},
                 {"power goes in a recovery", cut_in_recovery},
                 {"power goes in a checkpoint", cut_in_checkpoint}};
  enum { MOMENTS = COUNT_OF(moments) };
  bool more = true;
  for (uint64_t scenario = 0; more; scenario++) {
    bool past[MOMENTS] = {false};
    size_t open = COUNT_OF(moments);
    for (uint64_t n = 1 + s->seed % s->every; open > 0 && more; n += s->every) {
      for (size_t k = 0; k < COUNT_OF(moments) && more; k++) {
        if (past[k]) continue;
        sweep_case c = {.name = moments[k].name, .scenario = scenario, .n = n};
        run_end end = sweep_run(s, moments[k].run, &c);
        past[k] = end == RUN_PAST;
        open -= past[k];
        more = sweep_note(s, end);
      }
    }
  }
}

/* --- flip ------------------------------------------------------------------------------------- */

/* Found by the open, by `tael verify`, or harmless: then every balance reads as before. */
static run_end flip_run(world *w, const sweep_case *c) {
  fault_vfs_flip_bit_at(w->disk, c->file, c->n);
  arena_reset(w->scratch);
  if (world_open_process(w) != OK) return RUN_FOUND;
  if (!audit_proofs_hold(w)) return RUN_FOUND;
  w->refuses = false;
  audit_balances(w);
  if (w->refuses) return RUN_FOUND; /* it would not answer with what it read */
  return w->failed ? RUN_FAILED : RUN_FINE;
}

/* The planted defect: a balance that is another one than it was, in books that hold. */
static void ignore(world *w, ask *a) {
  UNUSED(w);
  UNUSED(a);
}

static void change_silently(world *w) {
  const m_seller *of = &w->model->sellers[0];
  ask a = {.who = of->key, .method = "POST", .path = "/v1/stock/receipts", .apply = ignore};
  snprintf(a.body, sizeof a.body, "{\"variant\":\"%s\",\"warehouse\":\"%s\",\"quantity\":1}",
           of->goods[0].variant, of->warehouse);
  world_send(w, &a, 1);
}

static void sweep_flip(sweep *s) {
  world *w = s->w;
  bool more = true;
  if (s->planted) change_silently(w);
  world_close_process(w); /* moves the log into the file: a closed store, as a backup is */
  rng *bits = rng_open(w->memory, s->seed);
  for (uint64_t i = 0; more; i++) {
    sweep_case c = {.name = "a bit turned in the file", .scenario = i, .file = "sim.db"};
    c.n = rng_below(bits, (uint64_t)fault_vfs_size(w->disk, c.file) * 8);
    more = sweep_note(s, sweep_run(s, flip_run, &c));
  }
}

/* The same with a log that was not moved into the file: the machine went while it was in use. */
static run_end flip_log_run(world *w, const sweep_case *c) {
  for (int i = 0; i < STEPS && !w->failed; i++)
    sim_step(w);
  fault_vfs_kill(w->disk);
  world_close_process(w);
  uint64_t size = (uint64_t)fault_vfs_size(w->disk, "sim.db-wal");
  sweep_case at = *c;
  at.file = "sim.db-wal";
  at.n = size == 0 ? 0 : rng_below(w->random, size * 8);
  if (c->sticky) { /* the planted defect: nothing tells how far the log was synced */
    sqlite3_vfs *vfs = sqlite3_vfs_find("tael-sim");
    vfs->xDelete(vfs, "/sim.db-wal-mark", 0);
  }
  return flip_run(w, &at);
}

static void sweep_flip_log(sweep *s) {
  bool more = true;
  for (uint64_t i = 0; more; i++) {
    sweep_case c = {.name = "a bit turned in the log", .scenario = i, .n = i, .sticky = s->planted};
    more = sweep_note(s, sweep_run(s, flip_log_run, &c));
  }
}

/* --- all of them ------------------------------------------------------------------------------ */

static const struct {
  const char *name;
  void (*run)(sweep *s);
} kinds_of_sweep[] = {{"io", sweep_io},     {"full", sweep_full},         {"cut", sweep_cut},
                      {"flip", sweep_flip}, {"flip-log", sweep_flip_log}, {"oom", sweep_oom}};

static void say_result(const sweep *s, const char *kind) {
  FILE *out = s->cli->out;
  if (s->ends[RUN_FAILED] > 0) {
    fprintf(out, "failed: %s: %lld of %lld runs; seed %llu; see the lines above\n", kind,
            (long long)s->ends[RUN_FAILED], (long long)s->runs, (unsigned long long)s->seed);
    return;
  }
  fprintf(out,
          "ok: %s: %lld runs, in %lld of them the fault came: nothing acknowledged lost, nothing "
          "twice, books whole; %lld found by the program, %lld stopped cleanly; seed %llu\n",
          kind, (long long)s->runs, (long long)(s->runs - s->ends[RUN_PAST]),
          (long long)s->ends[RUN_FOUND], (long long)s->ends[RUN_STOPPED],
          (unsigned long long)s->seed);
}

int sim_sweep(cli *self, const char *kind, const sweep_plan *p) {
  uint64_t seed = p->seed;
  bool planted = p->planted;
  sweep s = {.cli = self, .seed = seed, .count = p->count, .every = p->every, .planted = planted};
  for (size_t i = 0; i < COUNT_OF(kinds_of_sweep); i++) {
    if (strcmp(kinds_of_sweep[i].name, kind) != 0) continue;
    s.w = world_open(seed, 0, planted && strcmp(kind, "cut") == 0 ? PLANT_NORMAL : PLANT_NONE);
    if (!s.w->failed) people_set_up(s.w);
    for (int n = 0; n < HISTORY && !s.w->failed; n++)
      sim_step(s.w);
    if (s.w->failed)
      fprintf(self->out, "failed: setting up: %s\n", s.w->why);
    else
      kinds_of_sweep[i].run(&s);
    bool good = !s.w->failed && s.ends[RUN_FAILED] == 0;
    if (!s.w->failed) say_result(&s, kind);
    world_close(s.w);
    return good ? 0 : EXIT_FAILED;
  }
  fprintf(self->err, "tael sim: --sweep takes io, full, cut, flip, flip-log or oom\n");
  return EXIT_USAGE;
}
