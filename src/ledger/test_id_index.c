/* test_id_index.c - the id index against a plain array: whatever is added, sealed, merged,
 * reopened, damaged or read from other threads meanwhile, an answer is exact or says that it can't
 * be given. Runs are made of a few hundred ids here, so that a small test has many files, segments
 * and merges. */
#include "ledger/ids_inside.h"
#include "ledger/test_ledger.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SHOWN = 16, ADD_MAX = 500, PATH_MAX_BYTES = 256 };
static const ids_shape small = {.run_ids = 300, .segment_blocks = 2};

/* --- the world -------------------------------------------------------------------------------- */
typedef enum order { ORDERED, RANDOM, MIXED, ONE_HALF, ORDERS } order;

typedef struct world {
  ctx *c;
  char folder[PATH_MAX_BYTES], dir[PATH_MAX_BYTES + 8];
  ids_shape shape;
  ids *x;
  order order;
  id128 *keys; /* keys[s - 1] is the id of sequence s */
  size_t count, room;
  uint64_t clock;
} world;

/* Every case writes and syncs files, so a million of them are for a night, not for a change. */
static size_t some_cases(size_t usual) {
  size_t asked = test_cases(usual);
  return asked < 2 * usual ? asked : 2 * usual;
}

static sha256 head_after(int64_t sequence) { return sha256_of(&sequence, sizeof sequence); }

/* Unique by construction: the sequence is a part of every id. */
static id128 fresh_key(world *w) {
  rng *r = w->c->random;
  uint64_t n = w->count + 1;
  w->clock += 1 + rng_below(r, 4);
  id128 ordered = {.high = w->clock << 8, .low = n};
  id128 scattered = {.high = rng_next(r), .low = rng_next(r) << 32 | n};
  switch (w->order) {
  case ORDERED: return ordered;
  case RANDOM: return scattered;
  case ONE_HALF: return (id128){.high = 7, .low = scattered.low};
  default: return rng_below(r, 40) == 0 ? scattered : ordered;
  }
}

static void open_world_index(world *w) {
  status code = ids_open_shaped(w->c, str_from(w->dir), w->shape, false, &w->x);
  if (code != OK) fail_msg("%.*s", STR_ARGS(w->c->fault.detail));
}

static world *world_open(order o, bool in_memory) {
  static instant clock = 1;
  world *w = calloc(1, sizeof *w);
  w->c = test_ctx_open(&clock);
  w->shape = small;
  w->order = o;
  snprintf(w->folder, sizeof w->folder, "/tmp/tael-ids-XXXXXX");
  assert_non_null(mkdtemp(w->folder));
  if (!in_memory) snprintf(w->dir, sizeof w->dir, "%s/index", w->folder);
  open_world_index(w);
  return w;
}

static void each_file(const world *w, void (*visit)(const char *path, void *arg), void *arg) {
  DIR *d = opendir(w->dir);
  for (const struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
    char path[PATH_MAX_BYTES * 3];
    snprintf(path, sizeof path, "%s/%s", w->dir, e->d_name);
    if (e->d_name[0] != '.') visit(path, arg);
  }
  if (d != NULL) closedir(d);
}

static void remove_file(const char *path, void *arg) {
  UNUSED(arg);
  unlink(path);
}

static void world_close(world *w) {
  ids_close(w->x);
  each_file(w, remove_file, NULL);
  if (w->dir[0] != 0) rmdir(w->dir);
  rmdir(w->folder);
  test_ctx_close(w->c);
  free(w->keys);
  free(w);
}

static void remember(world *w, id128 key) {
  if (w->count == w->room) {
    w->room = w->room == 0 ? 1024 : w->room * 2;
    w->keys = realloc(w->keys, w->room * sizeof *w->keys);
  }
  w->keys[w->count++] = key;
}

static void add(world *w, size_t count) {
  size_t from = w->count;
  for (size_t i = 0; i < count; i++)
    remember(w, fresh_key(w));
  if (count > 0) ids_add_many(w->x, w->keys + from, count, (int64_t)from + 1);
}

static void seal(world *w) {
  sha256 head = head_after((int64_t)w->count);
  ids_seal(w->x, &head);
}

/* What the owner of the index does after opening it. */
static void feed(world *w) {
  int64_t from = ids_covered(w->x);
  assert_true(from <= (int64_t)w->count);
  for (size_t s = (size_t)from; s < w->count; s++) {
    ids_add(w->x, w->keys[s], (int64_t)s + 1);
    sha256 head = head_after((int64_t)s + 1);
    if (s % 64 == 0) ids_seal(w->x, &head);
  }
}

static void reopen(world *w) {
  ids_close(w->x);
  open_world_index(w);
  int64_t sequence = 0;
  sha256 head;
  assert_int_equal(ids_anchor(w->x, &sequence, &head), ids_covered(w->x) > 0);
  assert_int_equal(sequence, ids_covered(w->x));
  if (sequence > 0) {
    sha256 should = head_after(sequence);
    assert_true(sha256_eq(&head, &should));
  }
  feed(w);
}

/* A neighbour of a real id, or anything. The world may hold it by chance: the answer says where. */
static id128 strange_key(const world *w) {
  rng *r = w->c->random;
  id128 key = {.high = rng_next(r), .low = rng_next(r)};
  if (w->count > 0 && rng_below(r, 2) == 0) {
    key = w->keys[rng_below(r, w->count)];
    uint64_t step = rng_below(r, 2) == 0 ? 1 : (uint64_t)-1;
    if (rng_below(r, 2) == 0)
      key.low += step << 40;
    else
      key.high += step;
  }
  return key;
}

/* Is the answer right? 0 is, when no such id was added. */
static bool is_right(const world *w, id128 key, int64_t sequence) {
  if (sequence != 0)
    return sequence >= 1 && sequence <= (int64_t)w->count && id128_eq(w->keys[sequence - 1], key);
  for (size_t i = 0; i < w->count; i++)
    if (id128_eq(w->keys[i], key)) return false;
  return true;
}

static void check_some(world *w) {
  id128 keys[SHOWN * 2];
  int64_t found[SHOWN * 2];
  for (size_t i = 0; i < SHOWN * 2; i++)
    keys[i] =
        i % 2 == 0 && w->count > 0 ? w->keys[rng_below(w->c->random, w->count)] : strange_key(w);
  assert_int_equal(ids_find_many(w->c, w->x, keys, COUNT_OF(keys), found), OK);
  for (size_t i = 0; i < COUNT_OF(keys); i++)
    assert_true(is_right(w, keys[i], found[i]));
  int64_t one;
  assert_int_equal(ids_find(w->c, w->x, keys[0], &one), OK);
  assert_int_equal(one, found[0]);
}

/* Every id of the world. Returns how many could not be answered; never accepts a wrong answer. */
static size_t check_all(world *w) {
  size_t unanswered = 0;
  for (size_t s = 1; s <= w->count; s++) {
    int64_t found = 0;
    fault_clear(w->c);
    if (ids_find(w->c, w->x, w->keys[s - 1], &found) != OK)
      unanswered++;
    else
      assert_int_equal(found, s);
  }
  fault_clear(w->c);
  return unanswered;
}

/* --- tests ------------------------------------------------------------------------------------ */
static void walk(order o, bool in_memory, size_t steps) {
  world *w = world_open(o, in_memory);
  for (size_t i = 0; i < steps; i++) {
    uint64_t dice = rng_below(w->c->random, 20);
    if (dice < 10) add(w, rng_below(w->c->random, ADD_MAX));
    if (dice < 14) seal(w);
    if (dice == 14) ids_settle(w->x);
    if (dice == 15 && !in_memory) reopen(w);
    check_some(w);
  }
  assert_int_equal(check_all(w), 0);
  world_close(w);
}

static void an_index_answers_as_a_plain_array_does(void **state) {
  UNUSED(state);
  for (order o = 0; o < ORDERS; o++) {
    walk(o, false, some_cases(60));
    walk(o, true, some_cases(30));
  }
}

static void runs_and_their_edges_are_found(void **state) {
  UNUSED(state);
  static const size_t sizes[] = {1, 2, 203, 204, 205, 407, 408, 409, 816, 817, 2040};
  for (size_t i = 0; i < COUNT_OF(sizes); i++) {
    world *w = world_open(RANDOM, false);
    ids_close(w->x);
    w->shape.run_ids = sizes[i];
    open_world_index(w);
    add(w, sizes[i] - 1);
    remember(w, (id128){.high = UINT64_MAX, .low = UINT64_MAX});
    ids_add(w->x, w->keys[w->count - 1], (int64_t)w->count);
    seal(w);
    ids_settle(w->x);
    assert_int_equal(ids_covered(w->x), sizes[i]);
    assert_int_equal(check_all(w), 0);
    check_some(w);
    world_close(w);
  }
}

static void a_table_grows_until_it_is_sealed(void **state) {
  UNUSED(state);
  world *w = world_open(MIXED, false);
  add(w, 2000);
  assert_int_equal(check_all(w), 0);
  add(w, 100);
  seal(w);
  ids_settle(w->x);
  assert_int_equal(ids_covered(w->x), 2100);
  assert_int_equal(check_all(w), 0);
  world_close(w);
}

static void count_file(const char *path, void *arg) {
  UNUSED(path);
  ++*(size_t *)arg;
}

static void fill_runs(world *w, size_t runs) {
  for (size_t i = 0; i < runs; i++) {
    add(w, w->shape.run_ids);
    seal(w);
  }
  ids_settle(w->x);
}

/* One run after the other, each merged before the next comes: what lies there is certain. */
static void few_runs_are_asked_and_few_files_lie_there(void **state) {
  UNUSED(state);
  enum { RUNS = 70 };
  for (order o = ORDERED; o <= RANDOM; o++) {
    world *w = world_open(o, false);
    for (int i = 0; i < RUNS; i++)
      fill_runs(w, 1);
    ids_figures f = ids_look(w->x);
    size_t files = 0;
    each_file(w, count_file, &files);
    assert_int_equal(files, f.runs);
    assert_int_equal(f.tables, 1);
    int64_t stored = (int64_t)RUNS * (int64_t)small.run_ids;
    /* 70 is 64 and 6, or 1012 to the base of four. */
    assert_int_equal(f.runs, o == ORDERED ? 1 + 6 : 1 + 0 + 1 + 2);
    assert_true(f.written_ids <= (o == ORDERED ? 2 : 4) * stored);
    reopen(w);
    assert_int_equal(ids_covered(w->x), stored);
    assert_int_equal(check_all(w), 0);
    world_close(w);
  }
}

static void another_history_is_forgotten_from_its_newest_run_back(void **state) {
  UNUSED(state);
  world *w = world_open(ORDERED, false);
  fill_runs(w, 5);
  ids_close(w->x);
  open_world_index(w);
  ids_drop_newest(w->x);
  assert_int_equal(ids_covered(w->x), 4 * 300);
  ids_drop_newest(w->x);
  w->count = 700; /* the store went back; its runs beyond are another history */
  ids_drop_newest(w->x);
  assert_int_equal(ids_covered(w->x), 2 * 300);
  feed(w);
  fill_runs(w, 1);
  assert_int_equal(check_all(w), 0);
  reopen(w);
  assert_int_equal(check_all(w), 0);
  world_close(w);
}

/* The store went back to an earlier moment and on from there another way; runs of both histories
 * lie in the folder, as after copies or a crash between deleting and writing. */
static void runs_of_two_histories_do_not_join(void **state) {
  UNUSED(state);
  world *w = world_open(RANDOM, false), *other = world_open(RANDOM, false);
  char from[PATH_MAX_BYTES * 3], to[PATH_MAX_BYTES * 3];
  for (size_t i = 0; i < 3; i++) {
    add(other, 300);
    sha256 head = sha256_of(&i, sizeof i);
    ids_seal(other->x, &head);
  }
  ids_settle(other->x);
  fill_runs(w, 3);
  ids_close(w->x);
  snprintf(from, sizeof from, "%s/%016x-%016x.ids", other->dir, 601, 900);
  snprintf(to, sizeof to, "%s/%016x-%016x.ids", w->dir, 601, 900);
  assert_int_equal(rename(from, to), 0);
  open_world_index(w);
  assert_int_equal(ids_covered(w->x), 600);
  feed(w);
  assert_int_equal(check_all(w), 0);
  world_close(w);
  world_close(other);
}

/* --- damage ----------------------------------------------------------------------------------- */
typedef struct choice {
  uint64_t left;
  char path[PATH_MAX_BYTES * 3];
} choice;

static void choose_file(const char *path, void *arg) {
  choice *c = arg;
  if (c->left-- == 0) snprintf(c->path, sizeof c->path, "%s", path);
}

static void flip(const char *path, rng *r) {
  struct stat st;
  int fd = open(path, O_RDWR);
  assert_true(fd >= 0 && fstat(fd, &st) == 0);
  off_t at = (off_t)rng_below(r, (uint64_t)st.st_size);
  uint8_t byte;
  assert_int_equal(pread(fd, &byte, 1, at), 1);
  byte ^= (uint8_t)(1u << rng_below(r, 8));
  assert_int_equal(pwrite(fd, &byte, 1, at), 1);
  close(fd);
}

/* The kinds of damage go round; only half a run that a crash left behind is none. */
static bool spoil_something(world *w, size_t kind) {
  rng *r = w->c->random;
  size_t files = 0;
  each_file(w, count_file, &files);
  choice c = {.left = rng_below(r, files)};
  each_file(w, choose_file, &c);
  char other[PATH_MAX_BYTES * 3];
  struct stat st;
  switch (kind % 8) {
  case 0: unlink(c.path); break;
  case 1:
    assert_int_equal(stat(c.path, &st), 0);
    assert_int_equal(truncate(c.path, (off_t)rng_below(r, (uint64_t)st.st_size)), 0);
    break;
  case 2:
    snprintf(other, sizeof other, "%s/%016x-%016x.ids", w->dir, 1, 300 * 1000);
    assert_int_equal(rename(c.path, other), 0);
    break;
  case 3:
    snprintf(other, sizeof other, "%s/%016x-%016x.tmp", w->dir, 1, 300);
    assert_int_equal(link(c.path, other), 0);
    return false;
  default: flip(c.path, r);
  }
  return true;
}

static void damage_is_dropped_or_named_and_never_an_answer(void **state) {
  UNUSED(state);
  size_t cases = some_cases(48);
  log_set_level(LOG_ERROR + 1);
  for (size_t i = 0; i < cases; i++) {
    world *w = world_open((order)(i % ORDERS), false);
    fill_runs(w, 1 + rng_below(w->c->random, 9));
    w->c->random = rng_open(w->c->arena, test_seed() + i);
    ids_close(w->x);
    bool is_damaged = spoil_something(w, i / ORDERS);
    open_world_index(w);
    bool is_noticed = ids_covered(w->x) < (int64_t)w->count;
    feed(w);
    is_noticed = check_all(w) > 0 || is_noticed;
    assert_int_equal(is_noticed, is_damaged);
    reopen(w); /* what was named is gone by now */
    assert_int_equal(check_all(w), 0);
    fill_runs(w, 4);
    reopen(w);
    assert_int_equal(check_all(w), 0);
    world_close(w);
  }
  log_set_level(LOG_INFO);
}

/* A merge reads all of its inputs: a bad block must not get a new checksum. */
static void a_merge_does_not_carry_damage_on(void **state) {
  UNUSED(state);
  log_set_level(LOG_ERROR + 1);
  for (size_t i = 0; i < 10; i++) {
    world *w = world_open(RANDOM, false);
    fill_runs(w, 3);
    ids_close(w->x);
    choice c = {.left = i % 3};
    each_file(w, choose_file, &c);
    int fd = open(c.path, O_RDWR);
    assert_int_equal(pwrite(fd, "x", 1, IDS_BLOCK_BYTES + (off_t)(i * 700)), 1);
    close(fd);
    open_world_index(w);
    feed(w);
    fill_runs(w, 2);
    check_all(w);
    reopen(w);
    assert_int_equal(check_all(w), 0);
    world_close(w);
  }
  log_set_level(LOG_INFO);
}

static void an_index_without_its_folder_serves_from_memory(void **state) {
  UNUSED(state);
  log_set_level(LOG_ERROR + 1);
  world *w = world_open(MIXED, false);
  fill_runs(w, 2);
  each_file(w, remove_file, NULL);
  assert_int_equal(rmdir(w->dir), 0);
  for (int i = 0; i < 10; i++) {
    add(w, 300);
    seal(w);
  }
  assert_int_equal(check_all(w), 0);
  reopen(w);
  assert_int_equal(check_all(w), 0);
  log_set_level(LOG_INFO);
  world_close(w);
}

/* --- the process dies ------------------------------------------------------------------------- */
/* Feeds what is missing, tells of every seal, and waits to be killed. */
static void feed_and_tell(world *w, int pipe_end) {
  open_world_index(w);
  for (size_t s = (size_t)ids_covered(w->x); s < w->count; s++) {
    ids_add(w->x, w->keys[s], (int64_t)s + 1);
    sha256 head = head_after((int64_t)s + 1);
    if (s % 64 != 0) continue;
    ids_seal(w->x, &head);
    if (write(pipe_end, "s", 1) != 1) _exit(1);
  }
  close(pipe_end); /* all was fed before the parent had heard enough */
  for (;;)
    pause();
}

static void kill_while_it_feeds(world *w, size_t seals) {
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    close(ends[0]);
    feed_and_tell(w, ends[1]);
  }
  close(ends[1]);
  char told;
  while (seals > 0 && read(ends[0], &told, 1) == 1)
    seals--;
  assert_int_equal(kill(child, SIGKILL), 0);
  assert_int_equal(waitpid(child, NULL, 0), child);
  close(ends[0]);
}

static void a_killed_process_leaves_an_index_that_is_exact(void **state) {
  UNUSED(state);
  for (order o = 0; o < ORDERS; o++) {
    world *w = world_open(o, false);
    ids_close(w->x);
    while (w->count < 9000)
      remember(w, fresh_key(w));
    for (int i = 0; i < 2; i++) {
      kill_while_it_feeds(w, 1 + rng_below(w->c->random, 20));
      open_world_index(w);
      feed(w);
      assert_int_equal(check_all(w), 0);
      ids_close(w->x);
    }
    open_world_index(w);
    world_close(w);
  }
}

/* --- others who look -------------------------------------------------------------------------- */
typedef struct watcher {
  world *w;
  const id128 *keys;
  _Atomic size_t *added;
  atomic_bool *done;
  uint64_t seed;
  size_t wrong, asked;
  pthread_t thread;
} watcher;

static void *watch(void *arg) {
  watcher *me = arg;
  static instant clock = 1;
  arena *a = arena_open(1 << 20);
  ctx c = {.arena = a, .now = clock, .random = rng_open(a, me->seed)};
  while (!atomic_load(me->done) || me->asked == 0) {
    size_t added = atomic_load(me->added);
    if (added == 0) continue;
    ids_view *v = ids_view_take(me->w->x);
    for (int i = 0; i < 50; i++) {
      size_t s = 1 + rng_below(c.random, added);
      int64_t found = 0;
      me->wrong += ids_view_find(&c, v, me->keys[s - 1], &found) != OK || found != (int64_t)s;
      id128 strange = {.high = rng_next(c.random), .low = 0};
      me->wrong += ids_view_find(&c, v, strange, &found) != OK || found != 0;
      me->asked++;
    }
    me->wrong += ids_view_last(v) < (int64_t)added;
    ids_view_release(v);
  }
  arena_close(a);
  return NULL;
}

static void other_threads_find_all_while_runs_are_merged(void **state) {
  UNUSED(state);
  enum { TOTAL = 60 * 300 };
  for (order o = 0; o < ORDERS; o++) {
    world *w = world_open(o, false);
    id128 *keys = calloc(TOTAL, sizeof *keys);
    _Atomic size_t added = 0;
    atomic_bool done = false;
    watcher watchers[2];
    for (size_t i = 0; i < COUNT_OF(watchers); i++) {
      watchers[i] =
          (watcher){.w = w, .keys = keys, .added = &added, .done = &done, .seed = test_seed() + i};
      pthread_create(&watchers[i].thread, NULL, watch, &watchers[i]);
    }
    for (size_t i = 0; i < TOTAL; i++) {
      keys[i] = fresh_key(w);
      remember(w, keys[i]);
      ids_add(w->x, keys[i], (int64_t)i + 1);
      atomic_store(&added, i + 1);
      if (i % 50 == 0) seal(w);
    }
    ids_settle(w->x);
    atomic_store(&done, true);
    for (size_t i = 0; i < COUNT_OF(watchers); i++) {
      pthread_join(watchers[i].thread, NULL);
      assert_int_equal(watchers[i].wrong, 0);
    }
    assert_int_equal(check_all(w), 0);
    free(keys);
    world_close(w);
  }
}

static void another_process_follows_the_runs(void **state) {
  UNUSED(state);
  world *w = world_open(RANDOM, false);
  ids *other;
  assert_int_equal(ids_open_shaped(w->c, str_from(w->dir), small, true, &other), OK);
  assert_int_equal(ids_covered(other), 0);
  for (int round = 0; round < 40; round++) {
    add(w, 250);
    seal(w);
    if (round % 3 == 0) {
      ids_close(other);
      assert_int_equal(ids_open_shaped(w->c, str_from(w->dir), small, true, &other), OK);
      if (ids_covered(other) > ids_last(other)) fail_msg("covered beyond the last");
    }
    if (round == 20) {
      for (int64_t s = ids_last(other) + 1; s <= (int64_t)w->count; s++)
        ids_add(other, w->keys[s - 1], s);
    }
    for (int64_t s = 1; s <= ids_last(other); s += 7) {
      int64_t found;
      assert_int_equal(ids_find(w->c, other, w->keys[s - 1], &found), OK);
      assert_int_equal(found, s);
    }
  }
  ids_settle(w->x);
  size_t before = 0, after = 0;
  each_file(w, count_file, &before);
  ids_close(other);
  assert_int_equal(ids_open_shaped(w->c, str_from(w->dir), small, true, &other), OK);
  assert_int_equal(ids_covered(other), ids_covered(w->x));
  ids_close(other);
  each_file(w, count_file, &after);
  assert_int_equal(before, after);
  assert_int_equal(
      ids_open_shaped(w->c, STR("/tmp/tael-no-such-folder/index"), small, true, &other), OK);
  assert_int_equal(ids_covered(other), 0);
  ids_close(other);
  world_close(w);
}

int run_id_index_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_index_answers_as_a_plain_array_does),
      cmocka_unit_test(runs_and_their_edges_are_found),
      cmocka_unit_test(a_table_grows_until_it_is_sealed),
      cmocka_unit_test(few_runs_are_asked_and_few_files_lie_there),
      cmocka_unit_test(another_history_is_forgotten_from_its_newest_run_back),
      cmocka_unit_test(runs_of_two_histories_do_not_join),
      cmocka_unit_test(damage_is_dropped_or_named_and_never_an_answer),
      cmocka_unit_test(a_merge_does_not_carry_damage_on),
      cmocka_unit_test(an_index_without_its_folder_serves_from_memory),
      cmocka_unit_test(a_killed_process_leaves_an_index_that_is_exact),
      cmocka_unit_test(other_threads_find_all_while_runs_are_merged),
      cmocka_unit_test(another_process_follows_the_runs),
  };
  return cmocka_run_group_tests_name("id index", tests, NULL, NULL);
}
