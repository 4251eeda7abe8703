/* test_kill.c - the outbox when the process is killed at each of its steps, on both homes. A step
 * is a sync of the file, or something sent: to the database's server, to a receiver. The process
 * dies right before or right after the n-th one; another one takes over. Then every event whose
 * command was acknowledged has arrived, an id is one event's, and of each aggregate none arrived
 * behind a later one. TAEL_STORE_CASES: 10000: all places, else a few, TAEL_SEED:
 * which. */
#include "modules/identity/test_market.h"
#include "modules/institutions/inside.h"
#include "modules/institutions/test_receiver.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
  AGGREGATES = 2,
  EACH = 2,
  ROUND_S = 4000, /* of business time: longer than leases and retries of a round */
  CASES = 40,
  FILE_STRIDE = 5,
  SERVER_STRIDE = 47,
  FINISHED = 0,
  ALL_PLACES = 10000, /* more than CI asks for */
};

/* --- dying at a step -------------------------------------------------------------------------- */

static int64_t steps_left = -1; /* negative: never. Even: after a step is whole; odd: before it */

static void step_begins(void) {
  if (steps_left == 1) kill(getpid(), SIGKILL);
}

static void step_is_done(void) {
  if (steps_left == 2) kill(getpid(), SIGKILL);
  if (steps_left > 0) steps_left -= 2;
}

/* These stand before the C library's own, for the libraries that this program uses too. */
int fdatasync(int fd) {
  static int (*real)(int);
  if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, "fdatasync");
  step_begins();
  int result = real(fd);
  step_is_done();
  return result;
}

ssize_t send(int fd, const void *bytes, size_t len, int flags) {
  static ssize_t (*real)(int, const void *, size_t, int);
  if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, "send");
  step_begins();
  ssize_t result = real(fd, bytes, len, flags);
  step_is_done();
  return result;
}

/* --- one process ------------------------------------------------------------------------------ */

typedef struct emit_state {
  id aggregate, tenant;
} emit_state;

static status emit_decide(ctx *c, tx *t, void *state) {
  UNUSED(c), UNUSED(t), UNUSED(state);
  return OK;
}

static status emit_write(ctx *c, tx *t, void *state) {
  const emit_state *s = state;
  str body = str_format(c->arena, "{\"of\":%lld}", (long long)s->aggregate);
  return tx_emit(c, t, "thing.happened", ID_ORDER, s->aggregate, s->tenant, body);
}
static const command_type emit_type = {"test.emit", 0, NULL, emit_decide, emit_write};

static const module *const modules[] = {&identity_module, &institutions_module};

typedef struct round { /* shared with the process that is killed */
  int64_t number;
  int acknowledged[AGGREGATES];
  id platform;
} round;

typedef struct scene {
  const char *url;
  receiver *r;
  round *shared;
  bool loses; /* planted: who takes over forgets what was still to be sent */
} scene;

static id aggregate_of(const round *r, int a) { return 10000 + r->number * AGGREGATES + a; }

static test_market *open_at(const scene *s, int64_t seconds) {
  institutions_allow_private(true);
  return test_market_open_later(s->url, modules, COUNT_OF(modules),
                                s->shared->number * ROUND_S + seconds);
}

static void pass(test_market *m, int64_t seconds) {
  test_market_sleep(m, seconds);
  while (engine_run_tasks(test_market_ctx(m), m->e, 1000) > 0) {}
}

static void set_up_store(const scene *s, int64_t steps) {
  UNUSED(steps);
  test_market *m = open_at(s, 0);
  test_market_set_up(m);
  s->shared->platform = m->facts.platform;
  test_caller boss = test_sign_in(m, TEST_OPERATOR_EMAIL, TEST_PASSWORD);
  str body = str_format(m->arena, "{\"url\":\"http://127.0.0.1:%d/hook\",\"events\":\"thing.*\"}",
                        receiver_port(s->r));
  assert_int_equal(test_call(m, &boss, "POST", "/v1/webhooks", body.at).status, 201);
  test_market_close(m);
}

static void live(const scene *s, int64_t steps) {
  test_market *m = open_at(s, 100);
  steps_left = steps;
  for (int i = 0; i < EACH * AGGREGATES; i++) {
    ctx *c = test_market_ctx(m);
    emit_state in = {aggregate_of(s->shared, i % AGGREGATES), s->shared->platform};
    if (engine_call(c, m->e, &emit_type, &in, engine_system(m->e)) == OK)
      s->shared->acknowledged[i % AGGREGATES]++;
  }
  pass(m, FAN_OUT_EVERY_S);
  steps_left = -1;
  test_market_close(m);
}

static void forget_what_waits(const char *url) {
  db *d = NULL;
  ctx c = {.arena = arena_open(16 << 20)};
  assert_int_equal(db_open(&c, str_from(url), DB_WRITE, NULL, &d), OK);
  assert_int_equal(db_run0(&c, d, "update webhook_delivery set state = 2 where state = 0"), OK);
  db_close(d);
  arena_close(c.arena);
}

static void take_over(const scene *s, int64_t steps) {
  UNUSED(steps);
  if (s->loses) forget_what_waits(s->url);
  test_market *m = open_at(s, 200);
  for (int i = 0; i < 4; i++)
    pass(m, 400);
  test_market_close(m);
}

/* How it ended: FINISHED, or another number. */
static int run(const scene *s, void (*what)(const scene *s, int64_t steps), int64_t steps) {
  fflush(stdout);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    what(s, steps);
    _exit(FINISHED);
  }
  int ended = 0;
  waitpid(child, &ended, 0);
  if (WIFSIGNALED(ended) && WTERMSIG(ended) == SIGKILL) return SIGKILL;
  return WIFEXITED(ended) && WEXITSTATUS(ended) == 0 ? FINISHED : -1;
}

/* --- what must hold --------------------------------------------------------------------------- */

static bool of_aggregate(const received *item, id aggregate, long *sequence) {
  char mark[40];
  snprintf(mark, sizeof mark, "{\"of\":%lld}", (long long)aggregate);
  const char *at = strstr(item->body, "\"sequence\":");
  if (strstr(item->body, mark) == NULL || at == NULL) return false;
  *sequence = strtol(at + 11, NULL, 10);
  return true;
}

/* Each event of an aggregate from the first to the last, none behind a later one, one id each. */
static bool arrived_in_order(receiver *r, id aggregate, int acknowledged) {
  char ids[EACH + 1][64] = {{0}};
  long last = 0, sequence;
  for (size_t i = 0; i < receiver_count(r); i++) {
    received item = receiver_get(r, i);
    if (!of_aggregate(&item, aggregate, &sequence)) continue;
    if (sequence < last || sequence > last + 1 || sequence > EACH) return false;
    if (sequence == last && strcmp(ids[sequence], item.id) != 0) return false;
    for (long before = 1; sequence > last && before < sequence; before++) {
      if (strcmp(ids[before], item.id) == 0) return false;
    }
    memcpy(ids[sequence], item.id, sizeof item.id);
    last = sequence;
  }
  return last >= acknowledged;
}

/* Kills at each `every`-th place from `first` on; how many rounds were wrong. */
static int kill_at_steps(scene *s, int64_t first, int64_t every, int64_t *rounds) {
  int wrong = 0, ended = SIGKILL;
  for (int64_t n = first; ended == SIGKILL && wrong == 0; n += every) {
    round *shared = s->shared;
    shared->number++;
    memset(shared->acknowledged, 0, sizeof shared->acknowledged);
    ended = run(s, live, n);
    assert_int_not_equal(ended, -1);
    assert_int_equal(run(s, take_over, 0), FINISHED);
    for (int a = 0; a < AGGREGATES; a++)
      wrong += !arrived_in_order(s->r, aggregate_of(shared, a), shared->acknowledged[a]);
    ++*rounds;
  }
  return wrong;
}

static scene open_scene(const char *url, bool loses) {
  scene s = {.url = url, .r = receiver_open(), .loses = loses};
  s.shared =
      mmap(NULL, sizeof *s.shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  assert_true(s.shared != MAP_FAILED);
  assert_int_equal(run(&s, set_up_store, 0), FINISHED);
  return s;
}

static void close_scene(scene *s) {
  munmap(s->shared, sizeof *s->shared);
  receiver_close(s->r);
}

static void killed_at_each_step_every_event_arrives_in_order(void **state) {
  int64_t rounds = 0, cases = (int64_t)store_cases(CASES);
  bool is_file = strncmp(*state, "sqlite:", 7) == 0; /* a server is sent far more than is synced */
  int64_t every = cases >= ALL_PLACES ? 1 : is_file ? FILE_STRIDE : SERVER_STRIDE;
  scene s = open_scene(*state, false);
  int wrong = kill_at_steps(&s, 1 + (int64_t)(store_seed() % (uint64_t)every), every, &rounds);
  if (wrong > 0) print_message("round %lld was wrong\n", (long long)rounds);
  assert_int_equal(wrong, 0);
  print_message("killed at %lld places, each %lldth\n", (long long)rounds - 1, (long long)every);
  assert_true(rounds > 2);
  close_scene(&s);
}

static void events_that_are_forgotten_are_missed(void **state) {
  int64_t rounds = 0;
  scene s = open_scene(*state, true);
  assert_true(kill_at_steps(&s, 14, 8, &rounds) > 0);
  close_scene(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(killed_at_each_step_every_event_arrives_in_order),
      cmocka_unit_test(events_that_are_forgotten_are_missed),
  };
  return test_market_run("webhooks, killed", tests, COUNT_OF(tests)) == 0 ? 0 : 1;
}
