/* wire.c - one connection: opens without blocking, writes calls one behind the other, matches
 * answers to them in order. Whatever is odd closes it; its calls go back into the line and are sent
 * again, which is safe because the server knows each transfer by its id. */
#include "inside.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- opening and closing ---------------------------------------------------------------------- */

static void rest(tael *t, wire *w) {
  w->backoff_ms = w->backoff_ms == 0                   ? BACKOFF_FIRST_MS
                  : w->backoff_ms < BACKOFF_MAX_MS / 2 ? w->backoff_ms * 2
                                                       : BACKOFF_MAX_MS;
  w->until_ms = tael_now_ms() + w->backoff_ms;
  t->address = t->address->ai_next == NULL ? t->addresses : t->address->ai_next;
}

void tael_wire_close(tael *t, wire *w, const char *why) {
  if (w->fd < 0) return;
  close(w->fd);
  w->fd = -1;
  if (why != NULL) tael_say(t, why);
  if (!w->answered) rest(t, w);
  call_line mine = w->sent;
  w->sent = (call_line){NULL, NULL};
  if (mine.last != NULL) { /* all of them, before the rest of the line */
    mine.last->next = t->waiting.first;
    if (t->waiting.last == NULL) t->waiting.last = mine.last;
    t->waiting.first = mine.first;
  }
  w->sent_count = w->written = w->filled = 0;
  w->writing = NULL;
  w->connecting = w->answered = false;
}

static void failed(tael *t, wire *w, int error) {
  char why[DETAIL_MAX];
  snprintf(why, sizeof why, "%s:%s: %s", t->host, t->port, strerror(error));
  if (w->fd >= 0) {
    tael_wire_close(t, w, why);
    return;
  }
  tael_say(t, why);
  rest(t, w);
}

void tael_wire_open(tael *t, wire *w) {
  const struct addrinfo *to = t->address;
  int one = 1;
  if (w->in == NULL && (w->in = malloc(IN_FIRST)) != NULL) w->capacity = IN_FIRST;
  w->fd = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (w->fd < 0 || w->in == NULL) {
    failed(t, w, w->in == NULL ? ENOMEM : errno);
    return;
  }
  (void)setsockopt(w->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  w->connecting = true;
  w->until_ms = tael_now_ms() + t->connect_timeout_ms;
  if (connect(w->fd, to->ai_addr, to->ai_addrlen) == 0)
    tael_wire_connected(t, w);
  else if (errno != EINPROGRESS)
    failed(t, w, errno);
}

void tael_wire_connected(tael *t, wire *w) {
  int error = 0;
  socklen_t len = sizeof error;
  if (getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0) error = errno;
  if (error != 0) {
    failed(t, w, error);
    return;
  }
  w->connecting = false;
  w->until_ms = 0; /* when it breaks it may be opened again at once */
}

/* --- out -------------------------------------------------------------------------------------- */

void tael_wire_write(tael *t, wire *w) {
  while (w->writing != NULL) {
    call *c = w->writing;
    ssize_t n = send(w->fd, c->bytes + w->written, c->len - w->written, MSG_NOSIGNAL);
    if (n < 0) {
      if (errno != EAGAIN && errno != EINTR) tael_wire_close(t, w, strerror(errno));
      return;
    }
    w->written += (size_t)n;
    if (w->written < c->len) continue;
    w->writing = c->next;
    w->written = 0;
  }
}

/* --- in --------------------------------------------------------------------------------------- */

/* One answer off the front of the buffer. false: no whole one there, or the connection is gone. */
static bool take_answer(tael *t, wire *w) {
  answer a;
  answer_event got = tael_answer_read(w->in, w->filled, &a);
  call *c = w->sent.first;
  if (got == ANSWER_MORE) return false;
  if (got == ANSWER_BAD || c == NULL) {
    tael_wire_close(t, w, "The peer does not speak HTTP/1.1 as a Tael server does.");
    return false;
  }
  w->answered = true;
  w->backoff_ms = 0;
  bool was_out = c != w->writing; /* else the server answered before it had all of it */
  w->sent.first = c->next;
  if (w->sent.first == NULL) w->sent.last = NULL;
  w->sent_count--;
  if (!was_out) w->writing = NULL;
  tael_call_answered(c, &a, w->in + a.head_len);
  size_t used = a.head_len + a.body_len;
  memmove(w->in, w->in + used, w->filled - used);
  w->filled -= used;
  if (was_out && !a.closes) return true;
  tael_wire_close(t, w, NULL);
  return false;
}

static bool make_room(wire *w) {
  if (w->filled < w->capacity) return true;
  size_t most = ANSWER_HEAD_MAX + ANSWER_BODY_MAX;
  if (w->capacity >= most) return false;
  size_t wanted = 2 * w->capacity < most ? 2 * w->capacity : most;
  char *wider = realloc(w->in, wanted);
  if (wider == NULL) return false;
  w->in = wider;
  w->capacity = wanted;
  return true;
}

void tael_wire_read(tael *t, wire *w) {
  for (;;) {
    if (!make_room(w)) {
      tael_wire_close(t, w, "An answer is too long.");
      return;
    }
    ssize_t n = recv(w->fd, w->in + w->filled, w->capacity - w->filled, 0);
    if (n < 0) {
      if (errno != EAGAIN && errno != EINTR) tael_wire_close(t, w, strerror(errno));
      return;
    }
    if (n == 0) {
      tael_wire_close(t, w, "The server closed the connection.");
      return;
    }
    w->filled += (size_t)n;
    while (take_answer(t, w)) {}
    if (w->fd < 0) return;
  }
}
