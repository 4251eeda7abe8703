/* sync.c - commits are made durable here, and only then answered. On a served embedded engine that
 * is a thread of its own: the lane leaves the sync of a commit to it and runs the next group
 * meanwhile, on top of what is not durable yet. The log is one file, so what lies on top is durable
 * only together with what is below it, and answers go out in the order of the commits.
 *
 * Promises: an answer, a task's start, an event's wake-up and the watermark come after the sync of
 * their group and of all groups before it, also for a command that was refused or replayed: it may
 * have seen them. A reader is given back only when what it may have seen is durable. After a failed
 * sync nothing is answered but E_UNKNOWN, and nothing is synced again. Without the thread a commit
 * is durable when it returns, and all this happens at once. */
#include "engine/internal.h"

#include <string.h>

enum { FAULT_ARENA = 1 << 14 };

status sync_open(ctx *c, engine *e) {
  e->syncer.arena = arena_open(FAULT_ARENA);
  return e->syncer.arena == NULL ? fail(c, E_NO_MEMORY, "no memory for an engine") : OK;
}

void sync_close(engine *e) {
  arena_close(e->syncer.arena);
  pthread_cond_destroy(&e->syncer.wake);
  pthread_cond_destroy(&e->syncer.done);
  pthread_mutex_destroy(&e->syncer.lock);
}

/* --- the lane's side -------------------------------------------------------------------------- */

static bool is_waiting(const syncer *s, const group *g) {
  for (size_t i = 0; i < s->waiting_count; i++) {
    if (s->waiting[i] == g) return true;
  }
  return false;
}

/* Under the lock, which is given up meanwhile. */
static void wait_for_one(engine *e) {
  syncer *s = &e->syncer;
  if (s->has_thread) {
    pthread_cond_wait(&s->done, &s->lock);
    return;
  }
  pthread_mutex_unlock(&s->lock);
  sync_step(e);
  pthread_mutex_lock(&s->lock);
}

void sync_take_group(lane *l) {
  int next = 0;
  if (l->e->leaves_sync) {
    syncer *s = &l->e->syncer;
    pthread_mutex_lock(&s->lock);
    while (s->waiting_count == GROUPS_AHEAD)
      wait_for_one(l->e);
    while (is_waiting(s, &l->groups[next]))
      next++;
    pthread_mutex_unlock(&s->lock);
  }
  l->group = &l->groups[next];
  l->arena = l->arenas[next];
}

status sync_commit(group *g) {
  if (!g->e->leaves_sync) return db_commit(&g->ctx, g->l->d);
  atomic_fetch_add(&g->e->syncer.begun, 1); /* before anybody can see it */
  return db_commit_unsynced(&g->ctx, g->l->d, &g->owes_sync);
}

void sync_forget(group *g) {
  syncer *s = &g->e->syncer;
  if (!g->e->leaves_sync) return;
  pthread_mutex_lock(&s->lock);
  if (s->waiting_count > 0)
    s->waiting[s->waiting_count - 1]->number = atomic_load(&s->begun);
  else
    atomic_store(&s->durable, atomic_load(&s->begun));
  pthread_cond_broadcast(&s->done);
  pthread_mutex_unlock(&s->lock);
}

static bool line_up(group *g) {
  syncer *s = &g->e->syncer;
  pthread_mutex_lock(&s->lock);
  g->number = atomic_load(&s->begun);
  bool waits = s->waiting_count > 0 || g->owes_sync;
  if (waits)
    s->waiting[s->waiting_count++] = g;
  else
    atomic_store(&s->durable, g->number);
  pthread_cond_signal(&s->wake);
  pthread_mutex_unlock(&s->lock);
  return waits;
}

void sync_hand_over(group *g) {
  engine *e = g->e;
  command *list = g->list;
  if (e->answers_early) {
    g->list = NULL;
    queue_answer(e, list);
  }
  if (e->leaves_sync && line_up(g)) return;
  list = g->list;
  group_durable(g);
  queue_answer(e, list);
}

/* --- the disk's side -------------------------------------------------------------------------- */

static status make_durable(engine *e, group *const *groups, size_t count, fault *why) {
  bool owes = false;
  for (size_t i = 0; i < count; i++)
    owes |= groups[i]->owes_sync;
  if (!owes) return OK;
  ctx c = {.arena = e->syncer.arena};
  status s = atomic_load(&e->broken) ? E_UNKNOWN : db_sync(&c, e->lanes[0].d);
  *why = c.fault;
  return s;
}

/* Their groups are free for the lane before anybody is told. */
static void let_go(engine *e, size_t count, int64_t number) {
  syncer *s = &e->syncer;
  pthread_mutex_lock(&s->lock);
  s->waiting_count -= count;
  memmove(s->waiting, s->waiting + count, s->waiting_count * sizeof *s->waiting);
  atomic_store(&s->durable, number);
  pthread_cond_broadcast(&s->done);
  pthread_mutex_unlock(&s->lock);
}

void sync_step(engine *e) {
  group *groups[GROUPS_AHEAD];
  command *lists[GROUPS_AHEAD];
  syncer *s = &e->syncer;
  fault why = {.code = OK};
  pthread_mutex_lock(&s->lock);
  size_t count = s->waiting_count;
  for (size_t i = 0; i < count; i++)
    groups[i] = s->waiting[i];
  pthread_mutex_unlock(&s->lock);
  if (count == 0) return;
  status outcome = make_durable(e, groups, count, &why);
  if (outcome != OK) engine_break(e, "a sync failed");
  for (size_t i = 0; i < count; i++) {
    lists[i] = groups[i]->list;
    if (outcome == OK)
      group_durable(groups[i]);
    else
      group_give_failure(lists[i], E_UNKNOWN, &why);
  }
  let_go(e, count, groups[count - 1]->number);
  for (size_t i = 0; i < count; i++)
    queue_answer(e, lists[i]);
}

/* --- readers ---------------------------------------------------------------------------------- */

void sync_wait(engine *e) {
  syncer *s = &e->syncer;
  int64_t seen = atomic_load(&s->begun);
  if (atomic_load(&s->durable) >= seen) return;
  pthread_mutex_lock(&s->lock);
  while (atomic_load(&s->durable) < seen && !atomic_load(&e->broken))
    wait_for_one(e);
  pthread_mutex_unlock(&s->lock);
}

/* --- the thread ------------------------------------------------------------------------------- */

static void *sync_thread(void *engine_arg) {
  engine *e = engine_arg;
  syncer *s = &e->syncer;
  bool go_on = true;
  while (go_on) {
    pthread_mutex_lock(&s->lock);
    while (s->waiting_count == 0 && !s->stopping)
      pthread_cond_wait(&s->wake, &s->lock);
    go_on = s->waiting_count > 0;
    pthread_mutex_unlock(&s->lock);
    sync_step(e);
  }
  return NULL;
}

void sync_start(engine *e) {
  syncer *s = &e->syncer;
  s->stopping = false;
  s->has_thread = e->leaves_sync = true;
  engine_start_thread(&s->thread, "sync", sync_thread, e);
}

void sync_stop(engine *e) {
  syncer *s = &e->syncer;
  if (s->has_thread) {
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
  }
  sync_step(e);
  s->has_thread = e->leaves_sync = false;
}
