/* cmd_sim.c - `tael sim`: runs the simulation of one seed, or of several after one another, and
 * says on its last line whether the program and the model agreed. --check runs each seed twice and
 * compares every byte that was answered. */
#include "cli/sim/sim.h"
#include "cli/commands.h"

#include <string.h>
#include <time.h>

static const char *const plants[] = {"none", "normal", "lock", "double", "tenant", NULL};

void sim_step(world *w) {
  ask asks[GROUP_MAX];
  size_t count = 0, wanted = chance(w, 3) ? 1 + (size_t)draw(w, GROUP_MAX) : 1;
  arena_reset(w->step);
  world_plan_faults(w);
  if (chance(w, 10)) {
    act_operator(w);
    return;
  }
  if (chance(w, 3)) {
    audit_some(w);
    return;
  }
  while (count < wanted) {
    int64_t kind = draw(w, 10);
    bool made = kind < 2   ? ask_wallet(w, &asks[count])
                : kind < 8 ? ask_shop(w, &asks[count])
                           : ask_books(w, &asks[count]);
    count += made;
  }
  world_send(w, asks, count);
  if (chance(w, 4) && !w->failed) world_sleep(w, draw(w, 90));
}

static void run(world *w) {
  if (!w->failed) people_set_up(w);
  w->quiet_faults = false;
  if (w->plant == PLANT_LOCK && !w->failed) world_restart(w); /* the second writer comes in */
  for (w->op = 1; w->op <= w->ops && !w->failed; w->op++)
    sim_step(w);
  w->quiet_faults = true;
  if (w->failed) return;
  world_no_faults(w);
  world_restart(w);
  arena_reset(w->step);
  if (!w->failed) world_run_tasks(w);
  if (!w->failed) audit_all(w);
}

typedef struct sums {
  int64_t answers, refused, cuts, restarts, io_faults, twins;
} sums;

/* true: they agreed. */
static bool run_seed(cli *self, uint64_t seed, int64_t ops, plant what, sha256 *digest, sums *all) {
  world *w = world_open(seed, ops, what);
  if (cli_switch(self, "trace")) w->trace = self->err;
  run(w);
  bool good = !w->failed;
  if (!good) {
    fprintf(self->out, "seed %llu, %s\n", (unsigned long long)seed, w->why);
    fprintf(self->out, "again: tael sim --seed %llu --ops %lld%s%s\n", (unsigned long long)seed,
            (long long)ops, what == PLANT_NONE ? "" : " --plant ",
            what == PLANT_NONE ? "" : plants[what]);
  }
  *digest = w->digest;
  all->answers += w->answers;
  all->refused += w->refused;
  all->cuts += w->cuts;
  all->restarts += w->restarts;
  all->io_faults += w->io_faults;
  all->twins += w->twins;
  world_close(w);
  return good;
}

static bool find_plant(const char *word, plant *out) {
  for (int i = 0; plants[i] != NULL; i++) {
    if (strcmp(plants[i], word) != 0) continue;
    *out = (plant)i;
    return true;
  }
  return false;
}

typedef struct plan {
  int64_t seed, seeds, ops, seconds;
  plant what;
  bool check;
} plan;

/* true: every seed agreed with the model, and with itself. */
static bool run_seeds(cli *self, const plan *p, int64_t *done, sums *all, sha256 *digest) {
  time_t until = time(NULL) + p->seconds;
  for (*done = 0; *done < p->seeds && (p->seconds == 0 || time(NULL) < until); (*done)++) {
    uint64_t seed = (uint64_t)(p->seed + *done);
    sha256 again;
    if (!run_seed(self, seed, p->ops, p->what, digest, all)) return false;
    if (!p->check) continue;
    if (!run_seed(self, seed, p->ops, p->what, &again, all)) return false;
    if (sha256_eq(digest, &again)) continue;
    fprintf(self->out, "seed %llu: two runs were answered differently\n", (unsigned long long)seed);
    return false;
  }
  return true;
}

int cmd_sim(cli *self) {
  plan p = {.check = cli_switch(self, "check")};
  if (!cli_int(self, "seed", 0, INT32_MAX, &p.seed) ||
      !cli_int(self, "seeds", 1, 100000000, &p.seeds) ||
      !cli_int(self, "ops", 1, 1000000, &p.ops) ||
      !cli_int(self, "seconds", 0, 1000000, &p.seconds))
    return EXIT_USAGE;
  if (!cli_switch(self, "trace")) log_set_level(LOG_ERROR + 1);
  int64_t count, every;
  if (!cli_int(self, "count", 1, 100000000, &count) || !cli_int(self, "every", 1, 1000000, &every))
    return EXIT_USAGE;
  const sweep_plan sweep = {.seed = (uint64_t)p.seed,
                            .every = (uint64_t)every,
                            .count = count,
                            .planted = cli_switch(self, "planted")};
  if (cli_text(self, "sweep") != NULL) return sim_sweep(self, cli_text(self, "sweep"), &sweep);
  if (!find_plant(cli_text(self, "plant"), &p.what)) {
    fprintf(self->err, "tael sim: --plant takes none, normal, lock, double or tenant\n");
    return EXIT_USAGE;
  }
  sums all = {0};
  sha256 digest = {0};
  int64_t done;
  bool good = run_seeds(self, &p, &done, &all, &digest);
  if (good)
    fprintf(self->out,
            "ok: %lld seeds of %lld steps, %lld answers (%lld refusals) agree with the model; %lld "
            "power "
            "cuts, %lld other faults, %lld starts, %lld twins; last digest %.*s\n",
            (long long)done, (long long)p.ops, (long long)all.answers, (long long)all.refused,
            (long long)all.cuts, (long long)all.io_faults, (long long)all.restarts,
            (long long)all.twins, STR_ARGS(str_hex(self->ctx->arena, digest.bytes, 16)));
  else
    fprintf(self->out, "failed: the program and the model disagree; see the lines above\n");
  return good ? 0 : EXIT_FAILED;
}
