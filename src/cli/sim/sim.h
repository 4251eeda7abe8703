/* sim.h - the simulation: the program above its sockets in one process and one thread, on a disk, a
 * clock, a bank and with clients that are all made up from one seed, faults among them. Whatever
 * the program answers is compared with a model that was written without the program's own rules
 * (model.h). The same seed asks the same and is answered the same, byte for byte.
 *
 * A run is a list of steps; a step sends one request or a few that arrive together, repeats them
 * under the same keys until every one has an answer, then hands the answers to the model in the
 * order in which they were given. The first disagreement ends the run and says what and when.
 * Private to cli/sim. */
#ifndef TAEL_CLI_SIM_H
#define TAEL_CLI_SIM_H

#include "cli/cli.h"
#include "db/fault.h"
#include "modules/payment/connector.h"
#include <jansson.h>

enum { ID_ROOM = 40, KEY_ROOM = 100, GROUP_MAX = 6, WHY_MAX = 600 };

/* Defects planted on purpose; a run with one must end in a disagreement. */
typedef enum plant {
  PLANT_NONE,
  PLANT_NORMAL, /* commits are not synced */
  PLANT_LOCK,   /* a second writer works on the same store */
  PLANT_DOUBLE, /* a stored answer is gone when its request is repeated */
  PLANT_TENANT, /* a read that forgot whose things it may show */
} plant;

/* --- the outside bank (bank.c) ---------------------------------------------------------------- */
typedef struct bank_record {
  id attempt, original;
  attempt_kind kind;
  char token[ID_ROOM];
  int64_t amount;
  bool arrived;
  int evasions;         /* answers it still gives before it says what it did */
  channel_outcome fate; /* what it did, known to it from the start */
  bool told;            /* it has said so */
} bank_record;

typedef struct bank {
  bank_record *records;
  size_t count, room;
  struct world *world;
} bank;

void bank_register(struct world *w);
/* Tokens name how an attempt ends: "yes-N", "no-N"; a letter more says how it is answered. */
bank_record *bank_find(bank *b, id attempt);

/* --- a request ----------------------------------------------------------------------------------
 */
struct world;
typedef struct ask {
  const char *who; /* API key */
  const char *method;
  char path[200];
  char body[1600]; /* empty: none */
  bool keyless;    /* idempotent by itself */
  bool is_secret;  /* told once: a repeat is answered without it */
  /* Compares the answer with what the model expects, then lets the model follow. NULL: only 2xx. */
  void (*apply)(struct world *w, struct ask *a);
  int64_t n[8]; /* what apply needs to know */
  void *p[4];
  /* --- outcome --- */
  int64_t number; /* of the Idempotency-Key */
  int status;     /* 0: no definite answer yet */
  str answer;     /* the whole response */
  json_t *json;   /* its body; NULL: none */
  size_t order;   /* among the answers of its step */
} ask;

/* --- the world ----------------------------------------------------------------------------------
 */
typedef struct world {
  uint64_t seed;
  int64_t ops, op; /* how many steps, and which one this is */
  plant plant;
  bool quiet_faults; /* none are planned while setting up and at the last reckoning */
  arena *memory, *step, *scratch;
  rng *random;
  fault_vfs *disk;
  char folder[200];
  instant real;      /* the clock on the wall */
  app *app, *second; /* second: the planted writer */
  http *http, *second_http;
  bool broken; /* a commit could not be made durable: the process would have ended */
  bool sticky; /* a planned fault comes again and again, until somebody repairs the disk */
  bool full;   /* the disk has no room, until somebody makes some */
  void (*on_side)(
      bool in_program); /* told when control goes to the program and comes back; or NULL */
  void (*repair_memory)(uint64_t n, int stays); /* ends a lack of memory; or NULL */
  bank bank;
  struct model *model;
  int64_t keys;
  sha256 digest; /* of all answers so far */
  int64_t answers, cuts, restarts, io_faults, twins, lost, refused, replayed;
  FILE *trace;  /* each request and its answer; NULL: silent */
  bool refuses; /* the program gives no answer, or says that it is broken */
  bool failed;
  char why[WHY_MAX];
} world;

world *world_open(uint64_t seed, int64_t ops, plant what);
void world_close(world *w);
void world_start(world *w);          /* opens the store; as often as it takes */
void world_restart(world *w);        /* the process ends and another one starts */
status world_open_process(world *w); /* once, for those who expect it to fail */
void world_close_process(world *w);
bool world_is_dead(
    world *w); /* the process has ended or would have; also looks for broken promises */
/* After each try that did not succeed: a fault that stays is repaired in the end. */
void world_repair(world *w, int tries);
void world_enters(world *w); /* around every call of the program */
void world_leaves(world *w);
void world_plan_faults(world *w);
void world_no_faults(world *w);
/* Until each has a definite answer; then applies them in order. false: the run has failed. */
bool world_send(world *w, ask *asks, size_t count);
/* One read; the body, or NULL when the status is not 200. */
json_t *world_get(world *w, const char *who, int *code, const char *format, ...) PRINTF(4, 5);
void world_sleep(world *w, int64_t seconds); /* negative: the clock is set back */
void world_tick(world *w);                   /* an idle moment of the engine: holds end */
void world_run_tasks(world *w);              /* until none is left; the model hears of it */
void world_checkpoint(world *w);
/* Attempts the program takes for ended, as its store has them. The list lies in w->step. */
typedef struct ended_attempt {
  id attempt, original;
  int kind, state; /* attempt_kind; 2 approved, 3 declined, 4 given up, 5 reversed */
  int64_t amount;
  char token[ID_ROOM];
} ended_attempt;
bool world_ended_attempts(world *w, ended_attempt **out, size_t *count);
instant world_now(const world *w); /* business time */
void world_fail(world *w, const char *format, ...) PRINTF(2, 3);

int64_t draw(world *w, int64_t bound); /* 0 <= x < bound */
bool chance(world *w, int64_t one_in);

/* Members of an answer by a path of names and numbers: "children.0.total". Absent: 0, "". */
int64_t j_int(const json_t *j, const char *path);
const char *j_text(const json_t *j, const char *path);
bool j_true(const json_t *j, const char *path);
json_t *j_at(const json_t *j, const char *path);

/* --- steps --------------------------------------------------------------------------------------
 */
void people_set_up(world *w);
/* Each fills in a request that may be made now; false: there is none. */
bool ask_wallet(world *w, ask *a);
bool ask_shop(world *w, ask *a);
bool ask_books(world *w, ask *a);
void act_operator(world *w); /* steps that are not one request among others */
void audit_some(world *w);   /* a random read */
void audit_all(world *w);    /* everything the model knows, and every proof of `tael verify` */

/* sweep.c: one step after another of short scenarios is made to fail, each in a process of its own.
 */
typedef struct sweep_plan {
  uint64_t seed, every;
  int64_t count;
  bool planted;
} sweep_plan;
int sim_sweep(cli *self, const char *kind, const sweep_plan *p);
void sim_step(world *w); /* cmd_sim.c: whatever comes next */

#endif
