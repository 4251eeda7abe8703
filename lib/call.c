/* call.c - one request: its bytes, its place in a line, its end. What the server's statuses mean
 * for a caller is decided here and nowhere else. */
#include "inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t tael_now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void tael_say(tael *t, const char *text) { snprintf(t->detail, sizeof t->detail, "%s", text); }

/* --- lines ------------------------------------------------------------------------------------ */

void tael_line_add(call_line *line, call *c) {
  c->next = NULL;
  if (line->last == NULL)
    line->first = c;
  else
    line->last->next = c;
  line->last = c;
}

void tael_line_put_back(call_line *line, call *c) {
  c->next = line->first;
  line->first = c;
  if (line->last == NULL) line->last = c;
}

static call *take_after(call_line *line, call *before) {
  call *c = before == NULL ? line->first : before->next;
  if (c == NULL) return NULL;
  if (before == NULL)
    line->first = c->next;
  else
    before->next = c->next;
  if (line->last == c) line->last = before;
  c->next = NULL;
  return c;
}

call *tael_line_take(call_line *line) { return take_after(line, NULL); }

call *tael_line_take_ready(call_line *line, int64_t now) {
  call *before = NULL;
  for (call *c = line->first; c != NULL; before = c, c = c->next)
    if (c->not_before_ms <= now) return take_after(line, before);
  return NULL;
}

/* --- making ----------------------------------------------------------------------------------- */

static call *take_spare(tael *t, size_t capacity) {
  call *c = t->spare;
  if (c != NULL)
    t->spare = c->next;
  else if ((c = calloc(1, sizeof *c)) == NULL)
    return NULL;
  if (c->capacity < capacity) {
    char *wider = realloc(c->bytes, capacity);
    if (wider == NULL) {
      c->next = t->spare;
      t->spare = c;
      return NULL;
    }
    c->bytes = wider;
    c->capacity = capacity;
  }
  return c;
}

void tael_call_free(call *c) {
  free(c->bytes);
  free(c);
}

static size_t write_head(const tael *t, const char *path, const char *type, tael_uid key,
                         size_t len, char *into) {
  char key_line[80] = "", name[TAEL_UID_TEXT];
  if (key.low != 0 || key.high != 0) {
    tael_uid_print(key, name);
    snprintf(key_line, sizeof key_line, "Idempotency-Key: %s\r\n", name);
  }
  bool is_v6 = strchr(t->host, ':') != NULL;
  int n = snprintf(into, HEAD_MAX,
                   "POST %s HTTP/1.1\r\nHost: %s%s%s:%s\r\nAuthorization: Bearer %s\r\n"
                   "Content-Type: application/vnd.tael.%s\r\n%sContent-Length: %zu\r\n\r\n",
                   path, is_v6 ? "[" : "", t->host, is_v6 ? "]" : "", t->port, t->key, type,
                   key_line, len);
  return (size_t)n; /* fits: every part is bounded by tael_connect */
}

call *tael_call_open(tael *t, const char *path, const char *type, tael_uid key, const void *body,
                     size_t len) {
  call *c = take_spare(t, HEAD_MAX + len);
  if (c == NULL) return NULL;
  *c = (call){.owner = t, .bytes = c->bytes, .capacity = c->capacity, .ticket = ++t->last_ticket};
  size_t head = write_head(t, path, type, key, len, c->bytes);
  memcpy(c->bytes + head, body, len);
  c->len = head + len;
  c->deadline_ms = tael_now_ms() + t->timeout_ms;
  tael_line_add(&t->waiting, c);
  t->open++;
  return c;
}

/* --- ending ----------------------------------------------------------------------------------- */

void tael_call_end(call *c, tael_error error, const char *body, size_t len) {
  tael *t = c->owner;
  t->open--;
  t->ended++;
  c->finish(c, error, body, len);
  c->next = t->spare;
  t->spare = c;
}

/* The server asks for patience: as long as it says, with some spread so that callers don't return
 * together. */
static void try_later(call *c, const answer *a) {
  tael *t = c->owner;
  t->random ^= t->random << 13;
  t->random ^= t->random >> 7;
  t->random ^= t->random << 17;
  int64_t wait = a->retry_after_s > 0 ? a->retry_after_s * 1000 : BACKOFF_FIRST_MS;
  c->not_before_ms = tael_now_ms() + wait + (int64_t)(t->random % (uint64_t)(wait / 4 + 1));
  tael_line_put_back(&t->waiting, c);
}

static tael_error meaning(int status) {
  switch (status) {
  case 400:
  case 413:
  case 415: return TAEL_E_MALFORMED;
  case 401: return TAEL_E_KEY;
  case 403: return TAEL_E_SCOPE;
  case 409:
  case 422: return TAEL_E_REFUSED;
  default: return status >= 500 ? TAEL_E_SERVER : TAEL_E_PROTOCOL;
  }
}

void tael_call_answered(call *c, const answer *a, const char *body) {
  if (a->status == 200 || a->status == 201) {
    tael_call_end(c, TAEL_DONE, body, a->body_len);
    return;
  }
  tael_answer_detail(body, a->body_len, c->owner->detail);
  bool is_busy = a->status == 408 || a->status == 429 || a->status == 503;
  if (is_busy || (a->status == 409 && a->retry_after_s > 0)) {
    try_later(c, a);
    return;
  }
  tael_call_end(c, meaning(a->status), NULL, 0);
}
