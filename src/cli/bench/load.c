/* load.c - see load.h. Latencies go into buckets of about 2 % width, so that a run of any length
 * costs the same memory. */
#include "cli/bench/load.h"
#include "cli/bench/measure.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ANSWER_MAX = 32768, EVENTS_MAX = 512, BUCKETS = 2048, STEPS_PER_DOUBLING = 36 };

typedef struct connection {
  int fd;
  int64_t sent_at;
  size_t out_len, out_sent, in_len;
  bool rests;
  int kind;
  int64_t answered;
  char out[LOAD_REQUEST_MAX], in[ANSWER_MAX];
} connection;

typedef struct load {
  const load_plan *plan;
  load_result *result;
  connection *all;
  connection **resting; /* paced: those without a request */
  size_t resting_count;
  int64_t begins_at, due_count; /* paced: since when, and how many were due so far */
  int epoll;
  int64_t counts_from, ends_at;
  int64_t buckets[BUCKETS];
} load;

static int64_t now_us(void) { return measure_ns() / 1000; }

/* --- latencies -------------------------------------------------------------------------------- */
static size_t bucket_of(int64_t us) {
  size_t doublings = 0;
  int64_t base = 1;
  while (base * 2 <= us)
    base *= 2, doublings++;
  size_t b = doublings * STEPS_PER_DOUBLING + (size_t)((us - base) * STEPS_PER_DOUBLING / base);
  return b < BUCKETS ? b : BUCKETS - 1;
}

static int64_t bucket_top(size_t b) {
  int64_t base = (int64_t)1 << (b / STEPS_PER_DOUBLING);
  return base + base * (int64_t)(b % STEPS_PER_DOUBLING + 1) / STEPS_PER_DOUBLING;
}

static int64_t percentile(const load *l, int64_t good, int64_t per_thousand) {
  int64_t wanted = good * per_thousand / 1000, seen = 0;
  for (size_t b = 0; b < BUCKETS; b++)
    if ((seen += l->buckets[b]) > wanted) return bucket_top(b);
  return 0;
}

/* --- one connection --------------------------------------------------------------------------- */
static bool open_connection(load *l, connection *k) {
  struct sockaddr_in to = {.sin_family = AF_INET,
                           .sin_port = htons((uint16_t)l->plan->port),
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int one = 1;
  k->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (k->fd < 0 || connect(k->fd, (struct sockaddr *)&to, sizeof to) != 0) return false;
  setsockopt(k->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  fcntl(k->fd, F_SETFL, O_NONBLOCK);
  struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = k};
  return epoll_ctl(l->epoll, EPOLL_CTL_ADD, k->fd, &e) == 0;
}

static bool push(connection *k) {
  while (k->out_sent < k->out_len) {
    ssize_t n = send(k->fd, k->out + k->out_sent, k->out_len - k->out_sent, MSG_NOSIGNAL);
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    k->out_sent += (size_t)n;
  }
  return true;
}

static bool send_next(load *l, connection *k) {
  k->out_len = l->plan->next(l->plan->arg, (size_t)(k - l->all), k->out);
  k->out_sent = k->in_len = 0;
  k->rests = k->out_len == 0;
  k->kind = l->plan->kind != NULL ? *l->plan->kind : 0;
  k->sent_at = now_us();
  return k->rests || push(k);
}

/* Length of the whole answer when it is all there, 0 when more must come. Both servers write the
 * header's name in these letters. */
static size_t whole_answer(connection *k, int *status_code, size_t *body) {
  k->in[k->in_len] = '\0';
  const char *end = strstr(k->in, "\r\n\r\n");
  if (end == NULL) return 0;
  const char *length = memmem(k->in, (size_t)(end - k->in), "Content-Length: ", 16);
  size_t content = 0;
  if (length != NULL)
    for (const char *p = length + 16; *p >= '0' && *p <= '9'; p++)
      content = content * 10 + (size_t)(*p - '0');
  *body = (size_t)(end - k->in) + 4;
  *status_code = (k->in[9] - '0') * 100 + (k->in[10] - '0') * 10 + (k->in[11] - '0');
  return k->in_len >= *body + content ? *body + content : 0;
}

static void count_answer(load *l, connection *k, int status_code, size_t body) {
  int64_t now = now_us(), took = now - k->sent_at;
  if (now < l->counts_from || now > l->ends_at) return;
  if (status_code >= 200 && status_code < 300) {
    l->result->good++;
    k->answered++;
    l->result->good_of[k->kind]++;
    l->buckets[bucket_of(took > 0 ? took : 1)]++;
    if (took > l->result->max_us) l->result->max_us = took;
    return;
  }
  bool is_shed = status_code == 503 && memmem(k->in, body, "Retry-After: ", 13) != NULL;
  l->result->shed_of[k->kind] += is_shed;
  if (l->result->bad++ > 0) return;
  l->result->first_bad_status = status_code;
  size_t len = k->in_len - body < sizeof l->result->first_bad_body - 1
                   ? k->in_len - body
                   : sizeof l->result->first_bad_body - 1;
  memcpy(l->result->first_bad_body, k->in + body, len);
}

static bool go_on(load *l, connection *k) {
  if (l->plan->per_second == 0) return send_next(l, k);
  k->out_len = k->out_sent = k->in_len = 0;
  l->resting[l->resting_count++] = k;
  return true;
}

/* One answer at most: nothing else comes before the next request, and the socket tells of what
 * comes after it. */
static bool pull(load *l, connection *k) {
  for (;;) {
    ssize_t n = recv(k->fd, k->in + k->in_len, ANSWER_MAX - 1 - k->in_len, 0);
    if (n == 0) return false;
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    k->in_len += (size_t)n;
    int status_code = 0;
    size_t body = 0;
    if (whole_answer(k, &status_code, &body) > 0) {
      count_answer(l, k, status_code, body);
      return go_on(l, k);
    }
    if (k->in_len == ANSWER_MAX - 1) return false;
  }
}

static void handle(load *l, const struct epoll_event *e) {
  connection *k = e->data.ptr;
  bool good = push(k);
  if (good && (e->events & EPOLLIN) != 0) good = pull(l, k);
  if (good && (e->events & (EPOLLERR | EPOLLHUP)) == 0) return;
  if (now_us() <= l->ends_at) l->result->bad++;
  close(k->fd);
  k->fd = -1;
}

static status start_all(ctx *c, load *l) {
  for (size_t i = 0; i < l->plan->connections; i++) {
    connection *k = &l->all[i];
    if (!open_connection(l, k) || !go_on(l, k))
      return fail(c, E_STORE, "Connection %zu of the load failed: %s.", i + 1, strerror(errno));
  }
  return OK;
}

static int64_t clock_ns(clockid_t which) {
  struct timespec t;
  clock_gettime(which, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* What is due by now. It is sent as if at its moment, so that falling behind shows. */
static void send_due(load *l) {
  int64_t per_second = l->plan->per_second;
  int64_t due = (now_us() - l->begins_at) * per_second / 1000000;
  for (; l->due_count < due; l->due_count++) {
    if (l->resting_count == 0) {
      l->result->unsent++;
      continue;
    }
    connection *k = l->resting[--l->resting_count];
    if (!send_next(l, k)) continue; /* its end is told by the socket */
    k->sent_at = l->begins_at + l->due_count * 1000000 / per_second;
  }
}

static void run_until(load *l, int64_t end) {
  struct epoll_event events[EVENTS_MAX];
  bool is_paced = l->plan->per_second > 0;
  while (now_us() < end) {
    if (is_paced) send_due(l);
    int n = epoll_wait(l->epoll, events, EVENTS_MAX, is_paced ? 1 : 10);
    for (int i = 0; i < n; i++)
      handle(l, &events[i]);
  }
}

static void run_all(load *l) {
  run_until(l, l->counts_from);
  int64_t all = clock_ns(CLOCK_PROCESS_CPUTIME_ID), own = clock_ns(CLOCK_THREAD_CPUTIME_ID);
  run_until(l, l->ends_at);
  int64_t good = l->result->good > 0 ? l->result->good : 1;
  l->result->cpu_ns = (clock_ns(CLOCK_PROCESS_CPUTIME_ID) - all) / good;
  l->result->own_ns = (clock_ns(CLOCK_THREAD_CPUTIME_ID) - own) / good;
}

status load_run(ctx *c, const load_plan *plan, load_result *out) {
  *out = (load_result){0};
  load *l = ARENA_NEW(c->arena, load);
  *l = (load){.plan = plan,
              .result = out,
              .all = ARENA_ARRAY(c->arena, connection, plan->connections),
              .resting = ARENA_ARRAY(c->arena, connection *, plan->connections),
              .epoll = epoll_create1(EPOLL_CLOEXEC)};
  int64_t now = now_us();
  l->begins_at = now;
  l->counts_from = now + plan->warm_ms * 1000;
  l->ends_at = l->counts_from + plan->run_ms * 1000;
  for (size_t i = 0; i < plan->connections; i++)
    l->all[i].fd = -1;
  status s = start_all(c, l);
  if (s == OK) run_all(l);
  for (size_t i = 0; i < plan->connections && plan->per_second == 0; i++)
    out->starved += l->all[i].answered == 0;
  for (size_t i = 0; i < plan->connections; i++)
    if (l->all[i].fd >= 0) close(l->all[i].fd);
  close(l->epoll);
  out->rate = plan->run_ms > 0 ? out->good * 1000 / plan->run_ms : 0;
  out->p50_us = percentile(l, out->good, 500);
  out->p99_us = percentile(l, out->good, 990);
  return s;
}
