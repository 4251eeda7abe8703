/* parameters.c - dated parameters of the market, read by every checkout and hardly ever set: cached
 * in the process. Promises that what a command set is seen by the commands after it, whether its
 * commit held or not; never caches while a change may still be under way. */
#include "modules/identity/inside.h"

#include <pthread.h>
#include <string.h>

enum {
  KNOWN_MAX = 64, /* more than there are parameters; a day's change replaces the oldest */
  NAME_MAX_BYTES = 64,
  SETTLED_S = 60, /* after a change, nothing is cached: by then its commit held or failed */
  FRESH_S = 10,   /* a change made by another process of the store is seen after this */
};

typedef struct known_value {
  char name[NAME_MAX_BYTES];
  date on;
  instant read_at; /* real time */
  int64_t value;
  bool found; /* false: nobody set it by that date */
} known_value;

static struct {
  pthread_mutex_t lock;
  known_value values[KNOWN_MAX];
  size_t count, next;
  instant changed_at; /* real time of the last change by this process; 0: none */
} cached = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool is_settling(instant real_now) {
  return cached.changed_at != 0 && real_now < cached.changed_at + SETTLED_S * MICROS_PER_SECOND;
}

static known_value *find(const char *name, date on) {
  for (size_t i = 0; i < cached.count; i++) {
    if (cached.values[i].on == on && strcmp(cached.values[i].name, name) == 0)
      return &cached.values[i];
  }
  return NULL;
}

static bool from_cache(ctx *c, const char *name, date on, known_value *out) {
  pthread_mutex_lock(&cached.lock);
  const known_value *known = is_settling(c->real_now) ? NULL : find(name, on);
  bool is_fresh = known != NULL && c->real_now < known->read_at + FRESH_S * MICROS_PER_SECOND;
  if (is_fresh) *out = *known;
  pthread_mutex_unlock(&cached.lock);
  return is_fresh;
}

static void to_cache(const known_value *v) {
  pthread_mutex_lock(&cached.lock);
  if (!is_settling(v->read_at)) {
    known_value *slot = find(v->name, v->on);
    if (slot == NULL) {
      slot = &cached.values[cached.next++ % KNOWN_MAX];
      if (cached.count < KNOWN_MAX) cached.count++;
    }
    *slot = *v;
  }
  pthread_mutex_unlock(&cached.lock);
}

status identity_parameter(ctx *c, db *d, const char *name, date on, int64_t fallback,
                          int64_t *out) {
  known_value v = {.on = on, .read_at = c->real_now};
  assert(strlen(name) < sizeof v.name);
  if (!from_cache(c, name, on, &v)) {
    TRY(identity_load_parameter(c, d, name, on, &v.value, &v.found));
    memcpy(v.name, name, strlen(name) + 1);
    to_cache(&v);
  }
  *out = v.found ? v.value : fallback;
  return OK;
}

void identity_parameters_change(instant real_now) {
  pthread_mutex_lock(&cached.lock);
  cached.count = cached.next = 0;
  cached.changed_at = real_now;
  pthread_mutex_unlock(&cached.lock);
}

void identity_parameters_forget(void) { identity_parameters_change(0); }
