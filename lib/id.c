/* id.c - ids as numbers and as text. tael_id: see tael.h; a lock guards the few words of state,
 * which a child of fork() begins anew. */
#include "inside.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum { RANDOM_BITS = 22 };
static const int64_t EPOCH_2010_MS = INT64_C(1262304000000);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t watched = PTHREAD_ONCE_INIT;
static int64_t last_ms; /* 0: nothing made yet */
static tael_uid last;

static void before_fork(void) { pthread_mutex_lock(&lock); }
static void in_parent(void) { pthread_mutex_unlock(&lock); }

/* The parent goes on from here: the child must not. */
static void in_child(void) {
  last_ms = 0;
  pthread_mutex_unlock(&lock);
}

static void watch_forks(void) {
  if (pthread_atfork(before_fork, in_parent, in_child) != 0) abort();
}

static int64_t real_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000 - EPOCH_2010_MS;
}

static void begin_millisecond(int64_t ms) {
  uint64_t fresh[2];
  ssize_t n;
  do {
    n = getrandom(fresh, sizeof fresh, 0);
  } while (n < 0 && errno == EINTR);
  if (n != (ssize_t)sizeof fresh) abort(); /* an id that might be another's is worse */
  last_ms = ms;
  last.high = (uint64_t)ms << RANDOM_BITS | fresh[0] >> (64 - RANDOM_BITS);
  last.low = fresh[1] >> 1; /* room to count up for longer than any millisecond lasts */
}

tael_uid tael_id(void) {
  (void)pthread_once(&watched, watch_forks);
  pthread_mutex_lock(&lock);
  int64_t ms = real_ms();
  if (ms > last_ms)
    begin_millisecond(ms);
  else
    last.low++;
  tael_uid made = last;
  pthread_mutex_unlock(&lock);
  return made;
}

/* --- as text ---------------------------------------------------------------------------------- */

void tael_uid_print(tael_uid id, char out[TAEL_UID_TEXT]) {
  snprintf(out, TAEL_UID_TEXT, "%016llx%016llx", (unsigned long long)id.high,
           (unsigned long long)id.low);
}

static bool hex_half(const char *text, uint64_t *out) {
  static const char digits[] = "0123456789abcdef";
  uint64_t value = 0;
  for (int i = 0; i < 16; i++) {
    char c = text[i] >= 'A' && text[i] <= 'F' ? (char)(text[i] + 32) : text[i];
    const char *at = c == 0 ? NULL : strchr(digits, c);
    if (at == NULL) return false;
    value = value << 4 | (uint64_t)(at - digits);
  }
  *out = value;
  return true;
}

bool tael_uid_parse(const char *text, tael_uid *out) {
  tael_uid id;
  if (text == NULL || strlen(text) != TAEL_UID_TEXT - 1) return false;
  if (!hex_half(text, &id.high) || !hex_half(text + 16, &id.low)) return false;
  *out = id;
  return true;
}

/* "acc_" and 13 digits of Crockford's base 32 in lower case, the first of three bits. */
static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
enum { DIGITS = 13 };

void tael_account_print(int64_t account, char out[TAEL_ACCOUNT_TEXT]) {
  memcpy(out, "acc_", 4);
  for (int i = 0; i < DIGITS; i++)
    out[4 + i] = alphabet[(uint64_t)account >> (5 * (DIGITS - 1 - i)) & 31];
  out[4 + DIGITS] = 0;
}

bool tael_account_parse(const char *text, int64_t *out) {
  if (text == NULL || strlen(text) != 4 + DIGITS || memcmp(text, "acc_", 4) != 0) return false;
  if (text[4] < '0' || text[4] > '7') return false;
  uint64_t value = 0;
  for (int i = 0; i < DIGITS; i++) {
    const char *at = strchr(alphabet, text[4 + i]);
    if (at == NULL) return false;
    value = value << 5 | (uint64_t)(at - alphabet);
  }
  if (value == 0) return false;
  *out = (int64_t)value;
  return true;
}
