/* server.c - the loop: accepts, hands events to connections, takes finished work back, lets time
 * run out, and ends in good order. One thread; it waits only in epoll_wait. Sockets' deadlines go
 * by the monotonic clock, the Date header by the engine's. */
#include "http/loop.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNS_PER_CHUNK = 64, BACKLOG = 4096, TURN_MEMORY = 1 << 20, SUBMIT_BATCH = 256 };

static pthread_mutex_t wakers_lock = PTHREAD_MUTEX_INITIALIZER;
static waker *wakers; /* all ever made: engines keep pointing at them */

/* --- time ------------------------------------------------------------------------------------- */

int64_t monotonic_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t monotonic_ms(void) { return monotonic_us() / 1000; }

static void timer_remove(conn *k) {
  if (k->timer == TIMER_NONE) return;
  timer_list *list = &k->s->timers[k->timer];
  if (k->earlier != NULL)
    k->earlier->later = k->later;
  else
    list->first = k->later;
  if (k->later != NULL)
    k->later->earlier = k->earlier;
  else
    list->last = k->earlier;
  k->earlier = k->later = NULL;
  k->timer = TIMER_NONE;
}

void timer_set(conn *k, timer_kind kind) {
  timer_remove(k);
  if (kind == TIMER_NONE) return;
  timer_list *list = &k->s->timers[kind];
  k->timer = kind;
  k->due_ms = k->s->now_ms + list->duration_ms;
  k->earlier = list->last;
  if (list->last != NULL)
    list->last->later = k;
  else
    list->first = k;
  list->last = k;
}

static void expire(server *s) {
  for (int kind = 0; kind < TIMER_COUNT; kind++) {
    conn *k;
    while ((k = s->timers[kind].first) != NULL && k->due_ms <= s->now_ms) {
      conn_expired(k);
    }
  }
}

static int wait_ms(const server *s) {
  if (s->ready != NULL) return 0;
  int64_t wait = s->draining ? s->drain_until_ms - s->now_ms : 60000;
  for (int kind = 0; kind < TIMER_COUNT; kind++) {
    const conn *first = s->timers[kind].first;
    if (first != NULL && first->due_ms - s->now_ms < wait) wait = first->due_ms - s->now_ms;
  }
  if (wait < 0) return s->draining ? 10 : 0;
  return wait > 60000 ? 60000 : (int)wait;
}

/* --- slots and memory ------------------------------------------------------------------------- */

static bool add_chunk(server *s) {
  conn **chunks = realloc(s->chunks, (s->chunk_count + 1) * sizeof *chunks);
  if (chunks == NULL) return false;
  s->chunks = chunks;
  conn *chunk = calloc(CONNS_PER_CHUNK, sizeof(conn));
  if (chunk == NULL) return false;
  s->chunks[s->chunk_count++] = chunk;
  for (size_t i = 0; i < CONNS_PER_CHUNK; i++) {
    chunk[i].s = s;
    chunk[i].next = s->free_conns;
    s->free_conns = &chunk[i];
  }
  return true;
}

conn *server_conn(server *s) {
  if (s->conn_count >= s->h->limits.max_connections) return NULL;
  if (s->free_conns == NULL && !add_chunk(s)) return NULL;
  conn *k = s->free_conns;
  s->free_conns = k->next;
  return k;
}

void server_conn_done(conn *k) {
  k->state = CONN_FREE;
  k->next = k->s->free_conns;
  k->s->free_conns = k;
}

arena *server_arena(server *s, bool is_large) {
  arena_pool *pool = is_large ? &s->large : &s->small;
  return pool->count > 0 ? pool->kept[--pool->count] : arena_open(pool->cap);
}

void server_arena_done(server *s, arena *a, bool is_large) {
  arena_pool *pool = is_large ? &s->large : &s->small;
  if (pool->count == ARENAS_KEPT) {
    arena_close(a);
    return;
  }
  arena_reset(a);
  pool->kept[pool->count++] = a;
}

static void close_pool(arena_pool *pool) {
  while (pool->count > 0) {
    arena_close(pool->kept[--pool->count]);
  }
}

/* --- other threads ---------------------------------------------------------------------------- */

static void wake_loop(server *s) {
  uint64_t one = 1;
  ssize_t n = write(s->wake, &one, sizeof one); /* can only fail when the loop is awake anyway */
  UNUSED(n);
}

/* Puts a chain, newest first, before what is there. The loop looks at the list after it has said
 * that it sleeps, so only the first to find it asleep needs to wake it. */
static void push_completed(server *s, exchange *newest, exchange *oldest) {
  exchange *before = atomic_load(&s->completed);
  do {
    oldest->next = before;
  } while (!atomic_compare_exchange_weak(&s->completed, &before, newest));
  if (atomic_load(&s->is_asleep) && atomic_exchange(&s->is_asleep, false)) wake_loop(s);
}

void server_complete(exchange *x) { push_completed(x->h->server, x, x); }

void server_commands_done(command *first) {
  exchange *oldest = first->done_arg, *newest = NULL;
  while (first != NULL) {
    exchange *x = first->done_arg;
    first = first->next;
    x->next = newest;
    newest = x;
  }
  push_completed(oldest->h->server, newest, oldest);
}

static void take_completed(server *s) {
  exchange *newest = atomic_exchange_explicit(&s->completed, NULL, memory_order_acquire);
  exchange *oldest = NULL;
  while (newest != NULL) {
    exchange *next = newest->next;
    newest->next = oldest;
    oldest = newest;
    newest = next;
  }
  while (oldest != NULL) {
    exchange *x = oldest;
    oldest = x->next;
    conn_completed(x);
  }
}

/* --- to the engine ---------------------------------------------------------------------------- */

void server_submit(exchange *x) {
  server *s = x->h->server;
  x->cmd.done_all = server_commands_done;
  x->cmd.done_arg = x;
  x->next = NULL;
  if (s->submit_last == NULL)
    s->submit_first = x;
  else
    s->submit_last->next = x;
  s->submit_last = x;
  s->submit_count++;
}

/* All of a turn together: one lock, one wake-up, one group. What is refused is answered here, and
 * the next request on its connection may line up again. What was taken is the engine's: not even
 * its link may be read any more. */
static void submit_all(server *s) {
  exchange *batch[SUBMIT_BATCH];
  command *cmds[SUBMIT_BATCH];
  while (s->submit_first != NULL) {
    size_t count = 0;
    exchange *rest = s->submit_first;
    for (; rest != NULL && count < SUBMIT_BATCH; rest = rest->next) {
      batch[count] = rest;
      cmds[count++] = &rest->cmd;
    }
    size_t taken = engine_submit_many(s->h->engine, cmds, count);
    s->submit_first = taken < count ? batch[taken]->next : rest;
    if (s->submit_first == NULL) s->submit_last = NULL;
    s->submit_count -= taken + (taken < count);
    if (taken < count) conn_completed(batch[taken]);
  }
}

static void on_commit(void *arg) {
  waker *w = arg;
  pthread_mutex_lock(&w->lock);
  if (w->s != NULL && !atomic_exchange(&w->s->events_wanted, true)) wake_loop(w->s);
  pthread_mutex_unlock(&w->lock);
}

static status open_waker(ctx *c, server *s) {
  waker *w = calloc(1, sizeof *w);
  if (w == NULL) return fail(c, E_NO_MEMORY, "there is no memory for the server");
  pthread_mutex_init(&w->lock, NULL);
  w->s = s;
  pthread_mutex_lock(&wakers_lock);
  w->older = wakers;
  wakers = w;
  pthread_mutex_unlock(&wakers_lock);
  s->events_waker = w;
  engine_on_commit(s->h->engine, on_commit, w);
  return OK;
}

/* Sleeping streams are those with a heartbeat to come. */
static void wake_streams(server *s) {
  if (!atomic_exchange(&s->events_wanted, false)) return;
  s->commits++;
  conn *k = s->timers[TIMER_HEARTBEAT].first;
  while (k != NULL) {
    conn *later = k->later;
    stream_wake(k);
    k = later;
  }
}

/* --- a turn of the loop ----------------------------------------------------------------------- */

static void renew_common(server *s) {
  static const char stay[] = "Strict-Transport-Security: max-age=31536000\r\n";
  _Static_assert(DATE_LINE_LEN + sizeof stay <= COMMON_MAX, "both lines fit");
  answer_date(s->turn.real_now, s->common);
  s->common_len = DATE_LINE_LEN;
  if (!s->h->behind_tls) return;
  memcpy(s->common + DATE_LINE_LEN, stay, sizeof stay);
  s->common_len += sizeof stay - 1;
}

static void begin_turn(server *s) {
  arena_reset(s->turn_memory);
  engine_ctx(s->h->engine, s->turn_memory, &s->turn);
  s->now_ms = monotonic_ms();
  bool is_new_second = s->turn.real_now / MICROS_PER_SECOND != s->real_now / MICROS_PER_SECOND;
  if (is_new_second || s->common_len == 0) renew_common(s);
  s->real_now = s->turn.real_now;
}

db *server_reader(server *s) {
  if (s->reader == NULL) s->reader = engine_reader(s->h->engine, &s->turn);
  return s->reader;
}

/* The loop asks the store only who the callers are. */
static void end_turn(server *s) {
  engine_reader_back(s->h->engine, s->reader);
  s->reader = NULL;
}

static void name_peer(const struct sockaddr_storage *peer, char out[static REMOTE_MAX]) {
  out[0] = 0;
  if (peer->ss_family == AF_INET) {
    const struct sockaddr_in *v4 = (const void *)peer;
    (void)inet_ntop(AF_INET, &v4->sin_addr, out, REMOTE_MAX);
  } else if (peer->ss_family == AF_INET6) {
    const struct sockaddr_in6 *v6 = (const void *)peer;
    (void)inet_ntop(AF_INET6, &v6->sin6_addr, out, REMOTE_MAX);
  }
}

/* No descriptors left: one is kept to accept and refuse with, or the listener would wake us for
 * ever. */
static void refuse_without_descriptor(server *s) {
  if (s->spare < 0) return;
  close(s->spare);
  int fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) conn_refuse_overload(fd);
  s->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void accept_some(server *s) {
  for (int i = 0; i < ACCEPTS_PER_TURN && s->listener >= 0; i++) {
    struct sockaddr_storage peer = {.ss_family = AF_UNSPEC};
    socklen_t len = sizeof peer;
    int fd = accept4(s->listener, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EMFILE || errno == ENFILE) refuse_without_descriptor(s);
      return;
    }
    int on = 1;
    char remote[REMOTE_MAX];
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    name_peer(&peer, remote);
    conn_open(s, fd, remote);
  }
}

static void run_ready(server *s) {
  conn *k = s->ready;
  s->ready = NULL;
  while (k != NULL) {
    conn *next = k->next;
    k->waits_turn = false;
    if (!k->dead)
      conn_advance(k);
    else if (!k->is_away)
      conn_free(k);
    k = next;
  }
}

static void read_wake(server *s) {
  uint64_t count;
  ssize_t n = read(s->wake, &count, sizeof count);
  UNUSED(n);
}

static void turn(server *s) {
  struct epoll_event events[EVENTS_PER_WAIT];
  int wait = wait_ms(s);
  atomic_store(&s->is_asleep, true);
  if (atomic_load(&s->completed) != NULL) wait = 0;
  int count = epoll_wait(s->epoll, events, EVENTS_PER_WAIT, wait);
  atomic_store(&s->is_asleep, false);
  begin_turn(s);
  for (int i = 0; i < count; i++) {
    void *who = events[i].data.ptr;
    if (who == &s->listener)
      accept_some(s);
    else if (who == &s->wake)
      read_wake(s);
    else
      conn_event(who, events[i].events);
  }
  take_completed(s);
  wake_streams(s);
  run_ready(s);
  submit_all(s);
  expire(s);
  end_turn(s);
}

/* --- the end ---------------------------------------------------------------------------------- */

static void each_conn(server *s, bool (*is_meant)(const conn *k)) {
  for (size_t i = 0; i < s->chunk_count; i++) {
    for (size_t j = 0; j < CONNS_PER_CHUNK; j++) {
      conn *k = &s->chunks[i][j];
      if (k->state != CONN_FREE && !k->dead && is_meant(k)) conn_close(k);
    }
  }
}

static bool has_nothing_to_say(const conn *k) {
  return k->state == CONN_IDLE || k->state == CONN_STREAM;
}
static bool is_any(const conn *k) {
  UNUSED(k);
  return true;
}

static void stop_listening(server *s) {
  if (s->listener < 0) return;
  close(s->listener);
  s->listener = -1;
}

static void begin_drain(server *s) {
  s->draining = true;
  s->drain_until_ms = s->now_ms + s->h->limits.drain_ms;
  stop_listening(s);
  each_conn(s, has_nothing_to_say);
}

/* Work that workers or the engine still have is waited for: its memory is ours. */
static bool is_over(server *s) {
  if (!atomic_load(&s->stopping)) return false;
  if (!s->draining) begin_drain(s);
  if (s->conn_count > 0 && s->now_ms >= s->drain_until_ms) each_conn(s, is_any);
  return s->conn_count == 0 && s->in_flight == 0;
}

status server_run(server *s) {
  begin_turn(s);
  TRY(workers_open(&s->turn, s));
  while (!is_over(s)) {
    turn(s);
  }
  workers_close(s);
  return OK;
}

void server_stop(server *s) {
  if (s == NULL) return;
  atomic_store(&s->stopping, true);
  wake_loop(s);
}

/* --- opening ---------------------------------------------------------------------------------- */

/* "127.0.0.1:8080", "[::1]:8080", "localhost:0" into host and port. */
static status split_listen(ctx *c, str listen, char host[static 256], char port[static 8]) {
  size_t colon = listen.len;
  while (colon > 0 && listen.at[colon - 1] != ':') {
    colon--;
  }
  str name = {listen.at, colon == 0 ? 0 : colon - 1};
  str number = {listen.at + colon, listen.len - colon};
  if (name.len > 1 && name.at[0] == '[' && name.at[name.len - 1] == ']')
    name = (str){name.at + 1, name.len - 2};
  else if (memchr(name.at, ':', name.len) != NULL)
    return fail(c, E_MALFORMED, "\"%.*s\" is no address to listen on: write [%.*s]:PORT",
                STR_ARGS(listen), STR_ARGS(name));
  int64_t value;
  if (name.len == 0 || name.len > 255 || !str_to_int(number, &value) || value < 0 ||
      value > 65535) {
    return fail(c, E_MALFORMED,
                "\"%.*s\" is no address to listen on: write HOST:PORT, such as 127.0.0.1:8080",
                STR_ARGS(listen));
  }
  memcpy(host, name.at, name.len);
  host[name.len] = 0;
  memcpy(port, number.at, number.len);
  port[number.len] = 0;
  return OK;
}

static int bind_one(const struct addrinfo *at) {
  int on = 1;
  int fd = socket(at->ai_family, at->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, at->ai_protocol);
  if (fd < 0) return -1;
  (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0) return fd;
  int saved = errno;
  close(fd);
  errno = saved;
  return -1;
}

static status bind_listener(ctx *c, server *s, str address) {
  char host[256], port[8];
  TRY(split_listen(c, address, host, port));
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
  struct addrinfo *found;
  if (getaddrinfo(host, port, &hints, &found) != 0) {
    return fail(c, E_MALFORMED, "there is no address of the name \"%s\"", host);
  }
  s->listener = bind_one(found);
  int error = errno;
  freeaddrinfo(found);
  if (s->listener < 0) {
    return fail(c, E_CONFLICT, "can't listen on %.*s (%s): choose another address or port",
                STR_ARGS(address), strerror(error));
  }
  struct sockaddr_storage own;
  socklen_t len = sizeof own;
  (void)getsockname(s->listener, (struct sockaddr *)&own, &len);
  s->port = own.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)(void *)&own)->sin6_port)
                                      : ntohs(((struct sockaddr_in *)(void *)&own)->sin_port);
  return OK;
}

static status open_polling(ctx *c, server *s) {
  s->epoll = epoll_create1(EPOLL_CLOEXEC);
  s->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  s->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (s->epoll < 0 || s->wake < 0)
    return fail(c, E_OVERLOADED, "the system has no descriptors left");
  struct epoll_event accepts = {.events = EPOLLIN, .data.ptr = &s->listener};
  struct epoll_event wakes = {.events = EPOLLIN, .data.ptr = &s->wake};
  if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->listener, &accepts) != 0 ||
      epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->wake, &wakes) != 0) {
    return fail(c, E_OVERLOADED, "the system can't watch the listening socket");
  }
  return OK;
}

static status open_memory(ctx *c, server *s) {
  s->turn_memory = arena_open(TURN_MEMORY);
  s->busy = map_open(1024);
  bool is_enough = s->turn_memory != NULL && s->busy != NULL && add_chunk(s);
  return is_enough ? OK : fail(c, E_NO_MEMORY, "there is no memory for the server");
}

static bool has_other_writers(ctx *c, engine *e) {
  db *reader = engine_reader(e, c);
  bool several = reader != NULL && db_which(reader) == DB_POSTGRES;
  if (reader != NULL) engine_reader_done(e, reader);
  fault_clear(c);
  return several;
}

status server_open(ctx *c, http *h, str listen, server **out) {
  const http_limits *l = &h->limits;
  server *s = calloc(1, sizeof *s);
  if (s == NULL) return fail(c, E_NO_MEMORY, "there is no memory for the server");
  *s = (server){.h = h, .listener = -1, .epoll = -1, .wake = -1, .spare = -1};
  s->small.cap = ARENA_SMALL;
  s->large.cap = ARENA_LARGE;
  s->has_other_writers = has_other_writers(c, h->engine);
  const int64_t durations[TIMER_COUNT] = {l->header_timeout_ms, l->body_timeout_ms,
                                          l->idle_timeout_ms,
                                          s->has_other_writers ? LOOK_MS : HEARTBEAT_MS, LINGER_MS};
  for (int i = 0; i < TIMER_COUNT; i++) {
    s->timers[i].duration_ms = durations[i];
  }
  pthread_mutex_init(&s->work_lock, NULL);
  pthread_cond_init(&s->work_wake, NULL);
  status failed = open_memory(c, s);
  if (failed == OK) failed = bind_listener(c, s, listen);
  if (failed == OK) failed = open_polling(c, s);
  if (failed == OK) failed = open_waker(c, s);
  if (failed != OK) {
    server_close(s);
    return failed;
  }
  *out = s;
  return OK;
}

int server_port(const server *s) { return s->port; }

static void close_descriptor(int fd) {
  if (fd >= 0) close(fd);
}

void server_close(server *s) {
  if (s == NULL) return;
  if (s->events_waker != NULL) {
    pthread_mutex_lock(&s->events_waker->lock);
    s->events_waker->s = NULL;
    pthread_mutex_unlock(&s->events_waker->lock);
  }
  each_conn(s, is_any);
  stop_listening(s);
  close_descriptor(s->epoll);
  close_descriptor(s->wake);
  close_descriptor(s->spare);
  close_pool(&s->small);
  close_pool(&s->large);
  map_close(s->busy);
  arena_close(s->turn_memory);
  for (size_t i = 0; i < s->chunk_count; i++) {
    free(s->chunks[i]);
  }
  free(s->chunks);
  pthread_mutex_destroy(&s->work_lock);
  pthread_cond_destroy(&s->work_wake);
  free(s);
}
