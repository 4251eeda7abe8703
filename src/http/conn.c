/* conn.c - one connection: bytes in, one request at a time, its answer out, in order. Requests that
 * come while one is in work wait in the buffer (pipelining). Whatever is not HTTP gets one answer
 * and the connection ends; a peer that is too slow is told so or dropped. It never blocks. */
#include "http/loop.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static void count(_Atomic int64_t *counter, int64_t n) {
  atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

/* --- opening and closing ---------------------------------------------------------------------- */

void conn_open(server *s, int fd, const char *remote) {
  conn *k = server_conn(s);
  char *in = k == NULL ? NULL : malloc(BUFFER_FIRST);
  if (in == NULL) {
    if (k != NULL) server_conn_done(k);
    conn_refuse_overload(fd);
    count(&s->h->counts.refused_connections, 1);
    return;
  }
  *k = (conn){.s = s,
              .fd = fd,
              .state = CONN_IDLE,
              .in = in,
              .capacity = BUFFER_FIRST,
              .timer = TIMER_NONE};
  strncpy(k->remote, remote, REMOTE_MAX - 1);
  message_open(&k->m, &s->h->limits);
  struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = k};
  s->conn_count++;
  count(&s->h->counts.connections, 1);
  if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e) != 0) {
    conn_close(k);
    return;
  }
  timer_set(k, TIMER_HEAD); /* a connection must say something soon */
}

void conn_release(conn *k) {
  exchange *x = k->x;
  if (x == NULL) return;
  k->x = NULL;
  server_arena_done(k->s, x->memory, exchange_is_large(&x->match));
}

static void forget_key(conn *k) {
  if (k->busy_key == 0) return;
  uintptr_t held = (uintptr_t)map_get(k->s->busy, k->busy_key);
  if (held <= 1) {
    (void)map_remove(k->s->busy, k->busy_key);
  } else {
    bool is_put =
        map_put(k->s->busy, k->busy_key, (void *)(held - 1)); /* in place: no memory needed */
    assert(is_put);
    UNUSED(is_put);
  }
  k->busy_key = 0;
}

void conn_free(conn *k) {
  server *s = k->s;
  forget_key(k);
  conn_release(k);
  s->buffered -= k->capacity - BUFFER_FIRST;
  free(k->in);
  s->conn_count--;
  count(&s->h->counts.connections, -1);
  server_conn_done(k);
}

/* A connection whose exchange is elsewhere keeps its slot until the exchange is back. */
void conn_close(conn *k) {
  if (k->dead) return;
  k->dead = true;
  timer_set(k, TIMER_NONE);
  if (k->state == CONN_STREAM) count(&k->s->h->counts.streams, -1);
  close(k->fd);
  if (!k->is_away && !k->waits_turn) conn_free(k);
}

/* Our side is said; what the peer still sends must be read, or the kernel's reset may overtake the
 * answer. */
static void linger(conn *k) {
  conn_release(k);
  forget_key(k);
  shutdown(k->fd, SHUT_WR);
  k->state = CONN_LINGER;
  timer_set(k, TIMER_LINGER);
}

/* --- bytes in --------------------------------------------------------------------------------- */

static bool grow(conn *k, size_t capacity) {
  server *s = k->s;
  if (capacity <= k->capacity) return true;
  if (s->buffered + capacity - k->capacity > BUFFERED_MAX) return false;
  char *wider = realloc(k->in, capacity);
  if (wider == NULL) return false;
  s->buffered += capacity - k->capacity;
  k->in = wider;
  k->capacity = capacity;
  return true;
}

/* What one large body took is not kept for an idle connection. */
static void shrink(conn *k) {
  char *narrower = realloc(k->in, BUFFER_FIRST);
  if (narrower == NULL) return;
  k->s->buffered -= k->capacity - BUFFER_FIRST;
  k->in = narrower;
  k->capacity = BUFFER_FIRST;
}

/* Room for at least one more byte behind `filled`. */
static bool make_room(conn *k) {
  if (k->start > 0 && (k->start == k->filled || k->filled == k->capacity)) {
    memmove(k->in, k->in + k->start, k->filled - k->start);
    k->filled -= k->start;
    k->start = 0;
  }
  if (k->filled < k->capacity) return true;
  return grow(k, 2 * k->capacity);
}

/* Reads what there is; false when there is nothing now, or the peer is gone or done. */
static bool fill(conn *k) {
  if (!k->readable) return false;
  if (!make_room(k)) {
    conn_close(k);
    return false;
  }
  size_t room = k->capacity - k->filled;
  ssize_t n = recv(k->fd, k->in + k->filled, room, 0);
  if (n > 0) {
    k->filled += (size_t)n;
    if ((size_t)n < room && !k->peer_done) k->readable = false;
    return true;
  }
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
    k->readable = errno == EINTR;
    return false;
  }
  conn_close(k); /* an end in the middle of a request, or after the last */
  return false;
}

void conn_discard(conn *k) {
  char rubbish[16384];
  for (int i = 0; i < 4; i++) {
    ssize_t n = recv(k->fd, rubbish, sizeof rubbish, 0);
    if (n < 0 && errno == EAGAIN) {
      k->readable = false;
      return;
    }
    if (n <= 0) {
      conn_close(k);
      return;
    }
  }
}

/* --- bytes out -------------------------------------------------------------------------------- */

static ssize_t send_both(int fd, str head, str body) {
  struct iovec parts[2];
  size_t n = 0;
  /* iovec has no const; sending does not write. */
  if (head.len > 0) parts[n++] = (struct iovec){(void *)(uintptr_t)head.at, head.len};
  if (body.len > 0) parts[n++] = (struct iovec){(void *)(uintptr_t)body.at, body.len};
  struct msghdr m = {.msg_iov = parts, .msg_iovlen = n};
  return n == 0 ? 0 : sendmsg(fd, &m, MSG_NOSIGNAL);
}

static str after(str s, size_t n) {
  return n >= s.len ? (str){.at = NULL} : (str){s.at + n, s.len - n};
}

/* What does not go out now is kept: the head is copied, the body stays in the exchange's memory. */
bool conn_send(conn *k, str head, str body) {
  ssize_t n = send_both(k->fd, head, body);
  if (n < 0 && errno != EAGAIN && errno != EINTR) {
    conn_close(k);
    return false;
  }
  size_t sent = n < 0 ? 0 : (size_t)n;
  if (sent == head.len + body.len) return true;
  size_t of_body = sent > head.len ? sent - head.len : 0;
  str rest = after(head, sent);
  if (k->x == NULL) { /* an answer without an exchange is not worth waiting for */
    conn_close(k);
    return false;
  }
  k->rest_head = rest.len > 0 ? str_copy(k->x->memory, rest) : rest;
  k->rest_body = after(body, of_body);
  if (k->state != CONN_STREAM) k->state = CONN_WRITE;
  timer_set(k, TIMER_IDLE);
  return false;
}

bool conn_has_rest(const conn *k) { return k->rest_head.len + k->rest_body.len > 0; }

static bool next_request(conn *k, bool was_last) {
  conn_release(k);
  forget_key(k);
  if (was_last) {
    linger(k);
    return true;
  }
  k->start += k->m.parsed;
  if (k->start == k->filled) k->start = k->filled = 0;
  if (k->filled == 0 && k->capacity > BUFFER_KEPT) shrink(k);
  message_open(&k->m, &k->s->h->limits);
  k->state = CONN_IDLE;
  timer_set(k, TIMER_IDLE);
  return true;
}

/* The next request, if the answer was not the last. true: go on. */
static bool finish_answer(conn *k) {
  if (k->x->out.is_stream) {
    stream_start(k);
    return false;
  }
  return next_request(k, k->x->out.close || k->s->draining);
}

/* x->out is ready. true: it is out, go on. */
static bool send_answer(conn *k) {
  exchange *x = k->x;
  char head[HEAD_MAX];
  if (k->s->draining) x->out.close = true;
  size_t len = answer_head(&x->out, (str){k->s->common, k->s->common_len}, head);
  metrics_count(&k->s->h->counts, x->out.http_status, monotonic_us() - x->started_us);
  str body = x->out.no_body ? (str){.at = NULL} : x->out.body;
  k->state = CONN_WRITE;
  return conn_send(k, (str){head, len}, body) && finish_answer(k);
}

bool conn_flush(conn *k) {
  str head = k->rest_head, body = k->rest_body;
  k->rest_head = k->rest_body = (str){.at = NULL};
  return conn_send(k, head, body);
}

/* An answer to what never became a request. */
static void refuse_and_end(conn *k, status code, const char *why) {
  char head[HEAD_MAX], body[PROBLEM_SHORT_MAX];
  answer a = {.close = true};
  problem_answer_short(code, why == NULL ? status_text(code) : why, body, &a);
  size_t len = answer_head(&a, (str){k->s->common, k->s->common_len}, head);
  metrics_count(&k->s->h->counts, a.http_status, 0);
  if (conn_send(k, (str){head, len}, a.body)) linger(k);
}

void conn_refuse_overload(int fd) {
  char head[HEAD_MAX];
  answer a = {.close = true};
  problem_answer_static(E_OVERLOADED, &a);
  size_t len = answer_head(&a, STR(""), head);
  (void)send_both(fd, (str){head, len}, a.body);
  shutdown(fd, SHUT_WR);
  close(fd);
}

/* --- requests --------------------------------------------------------------------------------- */

/* At most so many requests of one key at once; true: this one may run. */
static bool take_key(conn *k, exchange *x) {
  size_t max = k->s->h->limits.max_in_flight_per_key;
  uint64_t key = (uint64_t)x->r.who.key;
  if (key == 0 || max == 0) return true;
  uintptr_t held = (uintptr_t)map_get(k->s->busy, key);
  if (held >= max || !map_put(k->s->busy, key, (void *)(held + 1))) {
    exchange_refuse(x, E_RATE,
                    "too many requests of this key are running: wait for an answer first");
    return false;
  }
  k->busy_key = key;
  return true;
}

void conn_away(conn *k) {
  k->is_away = true;
  k->s->in_flight++;
  count(&k->s->h->counts.in_flight, 1);
}

static void conn_back(conn *k) {
  k->is_away = false;
  k->s->in_flight--;
  count(&k->s->h->counts.in_flight, -1);
}

/* To a worker or the engine. */
static void hand_over(conn *k, exchange *x, exchange_step step) {
  x->step = (int)step;
  k->state = CONN_BUSY;
  conn_away(k);
  if (step != STEP_SUBMIT) {
    workers_submit(k->s, x);
    return;
  }
  x->is_submitted = true;
  server_submit(x);
}

/* More is queued than can be done in time: said at the door, before anybody was asked who they are,
 * because what it costs to turn work away is taken from the work that was accepted. */
static bool must_shed(const conn *k) {
  const route *row = k->match.route;
  if (row == NULL || builtin_is(row)) return false;
  bool is_critical = (row->flags & ROUTE_CRITICAL) != 0;
  if (row->method == GET) return workers_are_full(k->s, is_critical);
  return engine_is_full(k->s->h->engine, k->s->submit_count, is_critical);
}

static bool shed(conn *k) {
  char head[HEAD_MAX];
  answer a = {.close = k->s->draining || !message_keeps_alive(&k->m)};
  problem_answer_static(E_OVERLOADED, &a);
  size_t len = answer_head(&a, (str){k->s->common, k->s->common_len}, head);
  metrics_count(&k->s->h->counts, a.http_status, 0);
  count(&k->s->h->counts.shed, 1);
  return conn_send(k, (str){head, len}, a.body) && next_request(k, a.close);
}

static bool is_address(str s) {
  static const char allowed[] = "0123456789abcdefABCDEF.:";
  for (size_t i = 0; i < s.len; i++)
    if (memchr(allowed, s.at[i], sizeof allowed - 1) == NULL) return false;
  return s.len > 0 && s.len < REMOTE_MAX;
}

/* Who asks. Of the addresses a proxy passes on, only the last is its own word. */
static str caller_of(const conn *k, arena *memory) {
  if (!k->s->h->behind_tls) return str_from(k->remote);
  str named = message_header(&k->m, k->in + k->start, HEADER_forwarded_for), last = {0};
  while (str_split(&named, ',', &last))
    continue;
  last = str_trim(last);
  return is_address(last) ? str_copy(memory, last) : str_from(k->remote);
}

/* true: the answer is out and the next request may be read. */
static bool run_request(conn *k) {
  server *s = k->s;
  if (must_shed(k)) return shed(k);
  bool is_large = exchange_is_large(&k->match);
  arena *memory = server_arena(s, is_large);
  exchange *x =
      memory == NULL ? NULL : exchange_open(s->h, memory, &k->m, k->in + k->start, &k->match);
  timer_set(k, TIMER_NONE);
  if (x == NULL) {
    if (memory != NULL) server_arena_done(s, memory, is_large);
    refuse_and_end(k, E_NO_MEMORY, NULL);
    return true;
  }
  k->x = x;
  x->conn = k;
  x->started_us = monotonic_us();
  x->r.remote = caller_of(k, memory);
  db *reader = server_reader(s);
  exchange_step step = STEP_ANSWER;
  if (reader == NULL) {
    exchange_refuse(x, E_STORE, "there is no read connection");
  } else {
    step = exchange_begin(x, reader);
  }
  if (step == STEP_ANSWER || !take_key(k, x)) return send_answer(k);
  if (step == STEP_STREAM) {
    stream_begin(x);
    return send_answer(k);
  }
  hand_over(k, x, step);
  return false;
}

static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

/* The head is whole: which route, how large a body, does the client wait to be asked for it. false:
 * refused. */
static bool accept_head(conn *k) {
  const char *base = k->in + k->start;
  k->match = exchange_match(k->s->h, &k->m, base);
  if (message_limit_body(&k->m, exchange_body_limit(k->s->h, &k->match)) == MESSAGE_BAD)
    return false;
  str expects = message_header(&k->m, base, HEADER_expect);
  if (expects.len > 0 && !str_eq_nocase(expects, STR("100-continue"))) {
    k->m.error = E_MALFORMED;
    k->m.reason = "the only expectation is 100-continue";
    return false;
  }
  size_t whole = k->m.head_len + (size_t)message_body_length(&k->m);
  bool is_here = k->filled - k->start >= whole && message_body_length(&k->m) > 0;
  if (!grow(k, k->start + whole + 1)) {
    k->m.error = E_OVERLOADED;
    k->m.reason = NULL;
    return false;
  }
  if (expects.len > 0 && !is_here) (void)send(k->fd, go_on, sizeof go_on - 1, MSG_NOSIGNAL);
  timer_set(k, TIMER_BODY);
  k->body_mark = 0;
  return true;
}

/* Feeds what is there. true: go on, with more bytes or the next request; false: wait. */
static bool parse(conn *k) {
  bool has_bytes = k->filled > k->start + k->m.parsed || (k->m.head_done && !k->m.complete);
  message_event got = MESSAGE_MORE;
  if (has_bytes) {
    if (k->state == CONN_IDLE) {
      if (k->timer != TIMER_HEAD) timer_set(k, TIMER_HEAD);
      k->state = CONN_READ;
    }
    got = message_feed(&k->m, k->in + k->start, k->filled - k->start);
  }
  if (got == MESSAGE_HEAD && !accept_head(k)) got = MESSAGE_BAD;
  switch (got) {
  case MESSAGE_HEAD: return true;
  case MESSAGE_DONE: return run_request(k);
  case MESSAGE_MORE:
    if (k->m.head_done) k->filled = k->start + message_compact(&k->m);
    return fill(k);
  case MESSAGE_BAD: break;
  }
  count(&k->s->h->counts.malformed, 1);
  refuse_and_end(k, k->m.error, k->m.reason);
  return true;
}

/* A client that sends faster than it is answered lets others have their turn. */
static bool is_turn_over(conn *k) {
  if (k->turns++ < REQUESTS_PER_TURN) return false;
  if (!k->waits_turn) {
    k->waits_turn = true;
    k->next = k->s->ready;
    k->s->ready = k;
  }
  return true;
}

void conn_advance(conn *k) {
  k->turns = 0;
  for (bool goes_on = true; goes_on && !k->dead;) {
    if (is_turn_over(k)) return;
    switch (k->state) {
    case CONN_IDLE:
    case CONN_READ: goes_on = parse(k); break;
    case CONN_LINGER:
      if (k->readable) conn_discard(k);
      return;
    case CONN_WRITE: goes_on = conn_has_rest(k) ? conn_flush(k) && finish_answer(k) : false; break;
    case CONN_STREAM:
    case CONN_BUSY:
    case CONN_FREE: return;
    }
  }
}

void conn_completed(exchange *x) {
  conn *k = x->conn;
  conn_back(k);
  if (k->dead) {
    if (!k->waits_turn) conn_free(k);
    return;
  }
  if (k->state == CONN_STREAM) {
    stream_completed(k, x);
    return;
  }
  if (x->step == STEP_SUBMIT && !x->is_submitted) {
    hand_over(k, x, STEP_SUBMIT);
    return;
  }
  if (x->step == STEP_SUBMIT) exchange_finish(x);
  if (send_answer(k)) conn_advance(k);
}

void conn_event(conn *k, uint32_t events) {
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) k->readable = true;
  if ((events & (EPOLLRDHUP | EPOLLHUP)) != 0) k->peer_done = true;
  bool is_broken = (events & (EPOLLERR | EPOLLHUP)) != 0;
  if (is_broken && (k->state == CONN_BUSY || k->state == CONN_WRITE || k->state == CONN_STREAM)) {
    conn_close(k);
    return;
  }
  if (k->state == CONN_STREAM) {
    stream_event(k);
  } else {
    conn_advance(k);
  }
}

/* A body must keep a pace of 1 KiB a second, so that nobody holds memory for nothing. */
static bool keeps_pace(conn *k) {
  size_t here = k->filled - k->start;
  size_t floor = (size_t)k->s->h->limits.body_timeout_ms * BODY_FLOOR_BYTES_PER_S / 1000;
  bool is_fast = here >= k->body_mark + floor;
  k->body_mark = here;
  return is_fast;
}

void conn_expired(conn *k) {
  switch (k->timer) {
  case TIMER_BODY:
    if (keeps_pace(k)) {
      timer_set(k, TIMER_BODY);
      return;
    }
    break;
  case TIMER_HEAD:
    if (k->state == CONN_READ) break;
    conn_close(k);
    return;
  case TIMER_HEARTBEAT: stream_heartbeat(k); return;
  case TIMER_IDLE:
  case TIMER_LINGER:
  case TIMER_COUNT:
  case TIMER_NONE: conn_close(k); return;
  }
  count(&k->s->h->counts.timeouts, 1);
  refuse_and_end(k, E_TIMEOUT, NULL);
}
