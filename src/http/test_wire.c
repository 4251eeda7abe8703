/* test_wire.c - the server through real sockets: what is not HTTP is refused and the connection
 * ends, pipelined requests are answered in order, limits hold at exactly max and max + 1, slow
 * peers are dropped, streams go on, stopping loses nothing. */
#include "http/test_app.h"
#include "http/test_groups.h"
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SELLER "Host: t\r\nAuthorization: Bearer seller\r\n"

typedef struct wire {
  app *a;
  pthread_t loop;
  status ended;
  bool is_running;
} wire;

static void *run_loop(void *arg) {
  wire *w = arg;
  w->ended = http_run(w->a->h);
  return NULL;
}

static wire *wire_open(const http_limits *limits) {
  wire *w = calloc(1, sizeof *w);
  assert_non_null(w);
  w->a = app_open("127.0.0.1:0", true, limits);
  assert_int_equal(pthread_create(&w->loop, NULL, run_loop, w), 0);
  w->is_running = true;
  return w;
}

static void wire_stop(wire *w) {
  if (!w->is_running) return;
  http_stop(w->a->h);
  assert_int_equal(pthread_join(w->loop, NULL), 0);
  assert_int_equal(w->ended, OK);
  w->is_running = false;
}

static void wire_close(wire *w) {
  wire_stop(w);
  app_close(w->a);
  free(w);
}

static int open_wire(void **state) {
  *state = wire_open(NULL);
  return 0;
}

static int close_wire(void **state) {
  wire_close(*state);
  return 0;
}

static int dial(const wire *w) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)http_port(w->a->h))};
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_true(fd >= 0);
  assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
  return fd;
}

static void say(int fd, const char *bytes, size_t len) {
  while (len > 0) {
    ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
    if (n <= 0) return; /* the server may have ended it already; the answer tells */
    bytes += n;
    len -= (size_t)n;
  }
}

static void say_text(int fd, const char *text) { say(fd, text, strlen(text)); }

static int64_t now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

typedef struct heard {
  char text[1 << 18];
  size_t len;
  bool ended;
} heard;

/* Listens until the peer ends, `piece` was heard, or the time is over. */
static void listen_for(int fd, heard *h, const char *piece, int ms) {
  int64_t until = now_ms() + ms;
  while (!h->ended && h->len < sizeof h->text - 1 && now_ms() < until) {
    h->text[h->len] = 0;
    if (piece != NULL && strstr(h->text, piece) != NULL) return;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    if (poll(&p, 1, (int)(until - now_ms())) <= 0) break;
    ssize_t n = recv(fd, h->text + h->len, sizeof h->text - 1 - h->len, 0);
    if (n <= 0)
      h->ended = true;
    else
      h->len += (size_t)n;
  }
  h->text[h->len] = 0;
}

static heard *ask(const wire *w, const char *bytes, size_t len) {
  static heard h;
  h.len = 0;
  h.ended = false;
  int fd = dial(w);
  say(fd, bytes, len);
  listen_for(fd, &h, NULL, 3000);
  close(fd);
  return &h;
}

static int status_of(const heard *h) { return app_status((str){h->text, h->len}); }

typedef struct bad {
  const char *bytes;
  size_t len;
  int http_status;
} bad;
#define BAD(text) \
  { text, sizeof(text) - 1, 400 }
#define BAD_AS(text, code) \
  { text, sizeof(text) - 1, code }
#define H "GET /healthz HTTP/1.1\r\nHost: t\r\n"
#define P \
  "POST /v1/notes HTTP/1.1\r\n" SELLER "Idempotency-Key: m\r\nContent-Type: application/json\r\n"

/* clang-format off */
static const bad malformed[] = {
    BAD("GARBAGE\r\n\r\n"), BAD("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), BAD("GET\r\n\r\n"), BAD("GET /healthz\r\n\r\n"),
    BAD("get /healthz HTTP/1.1\r\nHost: t\r\n\r\n"), BAD("FOO /healthz HTTP/1.1\r\nHost: t\r\n\r\n"),
    BAD(" GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n"), BAD("GET  HTTP/1.1\r\nHost: t\r\n\r\n"),
    BAD("GET /healthz HTTP/2.0\r\nHost: t\r\n\r\n"), BAD("GET /healthz HTTP/0.9\r\nHost: t\r\n\r\n"),
    BAD("GET /healthz HTTP/1.2\r\nHost: t\r\n\r\n"), BAD("GET /healthz HTTP/11\r\nHost: t\r\n\r\n"),
    BAD("GET /healthz http/1.1\r\nHost: t\r\n\r\n"), BAD("GET /healthz HTTP/1.1 x\r\nHost: t\r\n\r\n"),
    BAD("GET /healthz FTP/1.1\r\nHost: t\r\n\r\n"), BAD("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    BAD("GET /healthz HTTP/1.1\nHost: t\n\n"), BAD("GET /healthz HTTP/1.1\r\nHost: t\n\r\n"), BAD("GET /healthz HTTP/1.1\r\nHost: t\r\n\n"),
    BAD("GET /healthz HTTP/1.1\rHost: t\r\r"), BAD("GET /healthz HTTP/1.1\r\nHost: t\rX: y\r\n\r\n"),
    BAD("\nGET /healthz HTTP/1.1\r\nHost: t\r\n\r\n"), BAD("GET /heal\0thz HTTP/1.1\r\nHost: t\r\n\r\n"),
    BAD("GET /healthz HTTP/1.1\r\nHost: t\r\nX: a\0b\r\n\r\n"), BAD("GET /healthz HTTP/1.1\r\nHost: t\r\nX\0: a\r\n\r\n"),
    BAD("GET /a b HTTP/1.1\r\nHost: t\r\n\r\n"), BAD("GET /a\x01 HTTP/1.1\r\nHost: t\r\n\r\n"), BAD("GET /a\x7f HTTP/1.1\r\nHost: t\r\n\r\n"),
    BAD("GET /a\xff HTTP/1.1\r\nHost: t\r\n\r\n"), BAD("GET healthz HTTP/1.1\r\nHost: t\r\n\r\n"), BAD("GET ?x HTTP/1.1\r\nHost: t\r\n\r\n"),
    BAD("GET /healthz HTTP/1.1\r\n\r\n"), BAD("GET /healthz HTTP/1.1\r\nHost:\r\n\r\n"), BAD(H "Host: u\r\n\r\n"),
    BAD(H "Authorization: Bearer seller\r\nAuthorization: Bearer buyer\r\n\r\n"), BAD(H "Cookie: a=b\r\nCookie: c=d\r\n\r\n"),
    BAD(H "X : y\r\n\r\n"), BAD(H "X\t: y\r\n\r\n"), BAD(H " X: y\r\n\r\n"), BAD(H "X: y\r\n z\r\n\r\n"), BAD(H "X: y\r\n\tz\r\n\r\n"),
    BAD(H ": y\r\n\r\n"), BAD(H "X\r\n\r\n"), BAD(H "X Y: z\r\n\r\n"), BAD(H "X(: z\r\n\r\n"), BAD(H "X\x80: z\r\n\r\n"),
    BAD("GET /healthz HTTP/1.1\r\n Host: t\r\n\r\n"), BAD("GET /healthz HTTP/1.1\r\nHost : t\r\n\r\n"),
    BAD(P "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), BAD(P "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n"),
    BAD(P "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}"), BAD(P "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
    BAD(P "Content-Length: 2, 2\r\n\r\n{}"), BAD(P "Content-Length: -2\r\n\r\n{}"), BAD(P "Content-Length: +2\r\n\r\n{}"),
    BAD(P "Content-Length: 0x2\r\n\r\n{}"), BAD(P "Content-Length: 2x\r\n\r\n{}"), BAD(P "Content-Length: \r\n\r\n{}"),
    BAD(P "Content-Length: 99999999999999999999999\r\n\r\n{}"), BAD(P "Content-Length: 2 2\r\n\r\n{}"),
    BAD(P "Transfer-Encoding: gzip\r\n\r\n{}"), BAD(P "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"), BAD(P "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
    BAD(P "Transfer-Encoding: identity\r\n\r\n{}"), BAD(P "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    BAD("POST /v1/notes HTTP/1.0\r\n" SELLER "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    BAD(P "Transfer-Encoding: chunked\r\n\r\nx\r\n\r\n"), BAD(P "Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n"),
    BAD(P "Transfer-Encoding: chunked\r\n\r\n2\n{}\r\n0\r\n\r\n"), BAD(P "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\n0\r\n\r\n"),
    BAD(P "Transfer-Encoding: chunked\r\n\r\n2\r\n{}xx0\r\n\r\n"), BAD(P "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\n"),
    BAD(P "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}\r\n0\r\n\r\n"), BAD(P "Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n"),
    BAD(P "Transfer-Encoding: chunked\r\n\r\n2 \r\n{}\r\n0\r\n\r\n"), BAD(P "Transfer-Encoding: chunked\r\n\r\n 2\r\n{}\r\n0\r\n\r\n"),
    BAD(P "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nT: u\r\n\r\n"), BAD(P "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\n\r\n"),
    BAD(P "Transfer-Encoding: chunked\r\n\r\n2;a\n{}\r\n0\r\n\r\n"), BAD(P "Expect: magic\r\nContent-Length: 2\r\n\r\n{}"),
    BAD_AS(P "Content-Length: 70000\r\n\r\n", 413), BAD_AS(P "Transfer-Encoding: chunked\r\n\r\nfffff\r\n", 413),
};
/* clang-format on */

static void what_is_not_http_is_refused_and_the_connection_ends(void **state) {
  size_t failures = 0;
  for (size_t i = 0; i < COUNT_OF(malformed); i++) {
    heard *h = ask(*state, malformed[i].bytes, malformed[i].len);
    bool is_fine = status_of(h) == malformed[i].http_status && h->ended &&
                   strstr(h->text, "Connection: close\r\n") != NULL &&
                   strstr(h->text, "see errors[].\"}") == NULL; /* says what is wrong */
    if (is_fine) continue;
    failures++;
    print_error("%zu: %.*s\nheard %d ended %d: %.60s\n", i, (int)malformed[i].len,
                malformed[i].bytes, status_of(h), (int)h->ended, h->text);
  }
  assert_int_equal(failures, 0);
}

typedef struct head_place {
  const char *before, *after, *fine; /* bytes that may stand between them */
} head_place;

#define T " HTTP/1.1\r\nHost: t\r\n\r\n"
static const head_place places[] = {{"G", "ET /healthz" T, ""},
                                    {"GET /heal", "thz" T, ""},
                                    {"GET /healthz HT", "TP/1.1\r\nHost: t\r\n\r\n", ""},
                                    {H "X", "Y: z\r\n\r\n", ""},
                                    {H "X: y", "z\r\n\r\n", "\t "}};

/* Control characters, and what separates words in a name: about two hundred heads. */
static bool is_wrong(int byte, const head_place *p, bool in_name) {
  if (byte == '\r' || byte == '\n') return false; /* other tests' */
  if (byte != 0 && strchr(p->fine, byte) != NULL) return false;
  return byte <= ' ' || byte == 0x7f || (in_name && strchr("\"(),/;<=>?@[\\]{}", byte) != NULL);
}

static void a_byte_that_may_not_be_there_is_refused_wherever_it_is(void **state) {
  size_t asked = 0, failures = 0;
  for (size_t i = 0; i < COUNT_OF(places); i++) {
    const head_place *p = &places[i];
    for (int byte = 0; byte < 0x80; byte++) {
      if (!is_wrong(byte, p, i == 3)) continue;
      char head[200];
      int len = snprintf(head, sizeof head, "%s%c%s", p->before, byte, p->after);
      heard *h = ask(*state, head, (size_t)len);
      asked++;
      if (status_of(h) == 400 && h->ended) continue;
      failures++;
      print_error("place %zu, byte %d: heard %d ended %d\n", i, byte, status_of(h), h->ended);
    }
  }
  assert_int_equal(failures, 0);
  assert_true(asked + COUNT_OF(malformed) > 200);
}

static size_t count_of(const heard *h, const char *piece) {
  size_t n = 0;
  for (const char *at = h->text; (at = strstr(at, piece)) != NULL; at += strlen(piece)) {
    n++;
  }
  return n;
}

static void pipelined_requests_are_answered_in_order(void **state) {
  static heard h;
  h = (heard){.len = 0};
  int fd = dial(*state);
  say_text(fd, P "Content-Length: 14\r\n\r\n{\"words\":\"hi\"}"
                 "GET /v1/sleep HTTP/1.1\r\nHost: t\r\nX-Request-Id: two\r\n\r\n" H
                 "X-Request-Id: three\r\n\r\n"
                 "DELETE /healthz HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
  listen_for(fd, &h, NULL, 3000);
  close(fd);
  assert_true(h.ended);
  const char *first = strstr(h.text, "201 Created"), *second = strstr(h.text, "Request-Id: two");
  const char *third = strstr(h.text, "Request-Id: three"), *last = strstr(h.text, "405 Method");
  assert_true(first != NULL && second > first && third > second && last > third);
}

static void more_pipelined_requests_than_a_turn_takes_are_all_answered(void **state) {
  static char many[300 * sizeof H + 300 * 2];
  static heard h;
  size_t len = 0;
  for (int i = 0; i < 300; i++) {
    len += (size_t)snprintf(many + len, sizeof many - len, "%s\r\n", H);
  }
  h = (heard){.len = 0};
  int fd = dial(*state);
  say(fd, many, len);
  for (int i = 0; i < 100 && count_of(&h, "HTTP/1.1 200 OK") < 300; i++) {
    listen_for(fd, &h, NULL, 20);
  }
  close(fd);
  assert_int_equal(count_of(&h, "HTTP/1.1 200 OK"), 300);
}

static void a_request_may_come_byte_by_byte_and_in_chunks(void **state) {
  static const char request_bytes[] =
      P "Transfer-Encoding: "
        "chunked\r\n\r\n5\r\n{\"wor\r\n1;x=y\r\nd\r\n8\r\ns\":\"hi\"}\r\n0\r\n\r\n" H "\r\n";
  static heard h;
  h = (heard){.len = 0};
  int fd = dial(*state);
  for (size_t i = 0; i + 1 < sizeof request_bytes; i++) {
    say(fd, request_bytes + i, 1);
    if (i % 16 == 0) usleep(200);
  }
  listen_for(fd, &h, "\"ok\"", 3000);
  close(fd);
  assert_non_null(strstr(h.text, "\"words\":\"hi\""));
  assert_non_null(strstr(h.text, "{\"status\":\"ok\"}"));
}

/* A head of exactly `len` bytes. */
static size_t head_of(char *out, size_t len) {
  static const char start[] = H "X: ";
  memcpy(out, start, sizeof start - 1);
  memset(out + sizeof start - 1, 'a', len - (sizeof start - 1) - 4);
  memcpy(out + len - 4, "\r\n\r\n", 4);
  return len;
}

static void limits_hold_at_exactly_the_maximum(void **state) {
  static char text[1 << 17];
  size_t max = http_default_limits.max_header_bytes;
  int fd = dial(*state);
  static heard h;
  h = (heard){.len = 0};
  say(fd, text, head_of(text, max));
  listen_for(fd, &h, "\"ok\"", 2000);
  close(fd);
  assert_int_equal(status_of(&h), 200);
  assert_int_equal(status_of(ask(*state, text, head_of(text, max + 1))), 431);
  int uri_max = (int)http_default_limits.max_uri_bytes;
  int len = snprintf(text, sizeof text,
                     "GET /%0*d HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n", uri_max - 1, 0);
  assert_int_equal(status_of(ask(*state, text, (size_t)len)), 404);
  len = snprintf(text, sizeof text, "GET /%0*d HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n",
                 uri_max, 0);
  assert_int_equal(status_of(ask(*state, text, (size_t)len)), 414);
  len = snprintf(text, sizeof text, P "Connection: close\r\nContent-Length: 65536\r\n\r\n%065536d",
                 0);
  assert_int_equal(status_of(ask(*state, text, (size_t)len)), 400);
  len = snprintf(text, sizeof text, P "Connection: close\r\nContent-Length: 65537\r\n\r\n%065537d",
                 0);
  assert_int_equal(status_of(ask(*state, text, (size_t)len)), 413);
}

static void a_client_that_asks_first_is_told_to_go_on(void **state) {
  static heard h;
  h = (heard){.len = 0};
  int fd = dial(*state);
  say_text(fd, "POST /v1/notes HTTP/1.1\r\n" SELLER
               "Idempotency-Key: go\r\nContent-Type: application/json\r\nExpect: "
               "100-continue\r\nContent-Length: 14\r\n\r\n");
  listen_for(fd, &h, "100 Continue\r\n\r\n", 2000);
  assert_non_null(strstr(h.text, "HTTP/1.1 100 Continue\r\n\r\n"));
  say_text(fd, "{\"words\":\"hi\"}");
  listen_for(fd, &h, "\"size\":2}", 2000);
  assert_non_null(strstr(h.text, "201 Created"));
  close(fd);
}

static void events_flow_and_resume_where_they_were_left(void **state) {
  static heard h;
  h = (heard){.len = 0};
  int fd = dial(*state);
  say_text(fd, "GET /v1/events HTTP/1.1\r\n" SELLER "Accept: text/event-stream\r\n\r\n");
  listen_for(fd, &h, "retry: 2000\n\n", 2000);
  assert_non_null(strstr(h.text, "Content-Type: text/event-stream\r\n"));
  for (int i = 0; i < 3; i++) {
    char post[512];
    int len = snprintf(
        post, sizeof post,
        "POST /v1/notes HTTP/1.1\r\n" SELLER "Idempotency-Key: sse%d\r\nConnection: close\r\n"
        "Content-Type: application/json\r\nContent-Length: 14\r\n\r\n{\"words\":\"hi\"}",
        i);
    assert_int_equal(status_of(ask(*state, post, (size_t)len)), 201);
  }
  for (int i = 0; i < 100 && count_of(&h, "event: note.made\n") < 3; i++) {
    listen_for(fd, &h, NULL, 20);
  }
  close(fd);
  assert_int_equal(count_of(&h, "event: note.made\n"), 3);
  char again[512];
  const char *first = strstr(h.text, "\nid: evt_");
  assert_non_null(first);
  snprintf(again, sizeof again,
           "GET /v1/events HTTP/1.1\r\n" SELLER
           "Accept: text/event-stream\r\nLast-Event-ID: %.17s\r\n\r\n",
           first + 5);
  h = (heard){.len = 0};
  fd = dial(*state);
  say_text(fd, again);
  for (int i = 0; i < 100 && count_of(&h, "event: note.made\n") < 2; i++) {
    listen_for(fd, &h, NULL, 20);
  }
  listen_for(fd, &h, NULL, 50);
  close(fd);
  assert_int_equal(count_of(&h, "event: note.made\n"), 2);
}

enum { TWINS = 32 };
typedef struct twin {
  const wire *w;
  char text[4096];
  size_t len;
} twin;

static void *run_twin(void *arg) {
  twin *t = arg;
  int fd = dial(t->w);
  say_text(fd,
           "POST /v1/notes HTTP/1.1\r\n" SELLER "Idempotency-Key: twins\r\nConnection: close\r\n"
           "Content-Type: application/json\r\nContent-Length: 14\r\n\r\n{\"words\":\"hi\"}");
  ssize_t n;
  while (t->len < sizeof t->text &&
         (n = recv(fd, t->text + t->len, sizeof t->text - t->len, 0)) > 0) {
    t->len += (size_t)n;
  }
  close(fd);
  return NULL;
}

static void one_key_from_many_clients_has_one_effect_and_one_answer(void **state) {
  UNUSED(state);
  http_limits limits = http_default_limits;
  limits.max_in_flight_per_key = TWINS;
  wire *w = wire_open(&limits);
  static twin twins[TWINS];
  pthread_t threads[TWINS];
  size_t replays = 0;
  for (size_t i = 0; i < TWINS; i++) {
    twins[i] = (twin){.w = w};
    assert_int_equal(pthread_create(&threads[i], NULL, run_twin, &twins[i]), 0);
  }
  for (size_t i = 0; i < TWINS; i++) {
    pthread_join(threads[i], NULL);
    str got = {twins[i].text, twins[i].len}, one = {twins[0].text, twins[0].len};
    assert_int_equal(app_status(got), 201);
    replays += app_has(got, "Idempotent-Replayed: true") ? 1 : 0;
    assert_int_equal(app_body(got).len, app_body(one).len);
    assert_memory_equal(app_body(got).at, app_body(one).at, app_body(one).len);
  }
  assert_int_equal(replays, TWINS - 1);
  wire_close(w);
}

static void who_is_too_slow_is_told_so_and_dropped(void **state) {
  UNUSED(state);
  http_limits limits = http_default_limits;
  limits.header_timeout_ms = limits.body_timeout_ms = 200;
  limits.idle_timeout_ms = 300;
  wire *w = wire_open(&limits);
  assert_int_equal(status_of(ask(w, "GET /healthz HT", 15)), 408);
  heard *h = ask(w, "", 0);
  assert_true(h->ended && h->len == 0);
  static const char half[] = P "Content-Length: 14\r\n\r\n{\"wo";
  assert_int_equal(status_of(ask(w, half, sizeof half - 1)), 408);
  static const char idle[] = H "\r\n";
  int64_t before = now_ms();
  h = ask(w, idle, sizeof idle - 1);
  assert_int_equal(status_of(h), 200);
  assert_true(h->ended && now_ms() - before >= 250);
  wire_close(w);
}

static void beyond_the_limit_of_connections_the_answer_is_503_at_once(void **state) {
  UNUSED(state);
  http_limits limits = http_default_limits;
  limits.max_connections = 2;
  wire *w = wire_open(&limits);
  static heard h;
  int first = dial(w), second = dial(w);
  h = (heard){.len = 0};
  say_text(first, H "\r\n");
  listen_for(first, &h, "\"ok\"", 2000);
  h = (heard){.len = 0};
  say_text(second, H "\r\n");
  listen_for(second, &h, "\"ok\"", 2000);
  assert_int_equal(status_of(&h), 200);
  heard *third = ask(w, "", 0);
  assert_int_equal(status_of(third), 503);
  assert_non_null(strstr(third->text, "Retry-After: 1\r\n"));
  close(first);
  usleep(50000);
  static const char last[] = H "Connection: close\r\n\r\n";
  assert_int_equal(status_of(ask(w, last, sizeof last - 1)), 200);
  close(second);
  wire_close(w);
}

/* The address a client claims for itself is not looked at: it would be a way around. */
static void who_asks_too_often_is_told_when_to_come_again(void **state) {
  UNUSED(state);
  enum { ASKED = 60, BURST = 20 };
  http_limits limits = http_default_limits;
  limits.requests_per_s = 1;
  wire *w = wire_open(&limits);
  static char many[ASKED * 256];
  static heard h;
  size_t len = 0;
  h = (heard){.len = 0};
  for (int i = 0; i < ASKED; i++) {
    len += (size_t)snprintf(many + len, sizeof many - len,
                            "GET /v1/notes HTTP/1.1\r\n" SELLER "X-Forwarded-For: 10.0.0.%d\r\n"
                            "%s\r\n",
                            i, i + 1 < ASKED ? "" : "Connection: close\r\n");
  }
  int fd = dial(w);
  say(fd, many, len);
  listen_for(fd, &h, NULL, 5000);
  close(fd);
  size_t passed = count_of(&h, "HTTP/1.1 200 OK"), told = count_of(&h, "HTTP/1.1 429 ");
  assert_int_equal(passed + told, ASKED);
  assert_true(passed >= BURST && told > 0);
  assert_int_equal(count_of(&h, "Retry-After: "), told);
  static const char rival[] = "GET /v1/notes HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer "
                              "rival\r\nConnection: close\r\n\r\n";
  assert_int_equal(status_of(ask(w, rival, sizeof rival - 1)), 200);
  assert_int_equal(status_of(ask(w, H "Connection: close\r\n\r\n", sizeof H + 20)), 200);
  wire_close(w);
}

static void wait_for_metric(const wire *w, const char *line) {
  static const char numbers[] = "GET /metrics HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n";
  for (int i = 0; i < 1000; i++) {
    if (strstr(ask(w, numbers, sizeof numbers - 1)->text, line) != NULL) return;
  }
  fail_msg("never: %s", line);
}

static void a_read_that_would_wait_too_long_is_turned_away_at_once(void **state) {
  UNUSED(state);
  static const char slow[] = "GET /v1/sleep HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n";
  static const char quick[] = "GET /v1/notes HTTP/1.1\r\n" SELLER "Connection: close\r\n\r\n";
  static heard h;
  http_limits limits = http_default_limits;
  limits.read_wait_ms = 1;
  wire *w = wire_open(&limits);
  atomic_store(&app_slow_ms, 50);
  assert_int_equal(status_of(ask(w, slow, sizeof slow - 1)), 200); /* now it is known to be slow */
  atomic_store(&app_slow_ms, 60000);
  int fd = dial(w);
  h = (heard){.len = 0};
  say(fd, slow, sizeof slow - 1);
  wait_for_metric(w, "\ntael_http_in_flight 1\n");
  heard *refused = ask(w, quick, sizeof quick - 1);
  assert_int_equal(status_of(refused), 503);
  assert_int_equal(count_of(refused, "Retry-After: "), 1);
  atomic_store(&app_slow_ms, 0); /* let it end */
  listen_for(fd, &h, NULL, 3000);
  close(fd);
  assert_int_equal(status_of(&h), 200);
  assert_int_equal(status_of(ask(w, quick, sizeof quick - 1)), 200);
  wait_for_metric(w, "\ntael_http_shed_total 1\n");
  wire_close(w);
}

enum { DRIBBLERS = 200 };

static void many_who_never_finish_a_head_keep_nobody_else_waiting(void **state) {
  UNUSED(state);
  static const char quick[] = "GET /v1/notes HTTP/1.1\r\n" SELLER "Connection: close\r\n\r\n";
  static heard h;
  int fds[DRIBBLERS];
  http_limits limits = http_default_limits;
  limits.header_timeout_ms = 500;
  wire *w = wire_open(&limits);
  for (int i = 0; i < DRIBBLERS; i++) {
    fds[i] = dial(w);
    say_text(fds[i], "GET /v1/notes HTTP/1.1\r\nHost:");
  }
  assert_int_equal(status_of(ask(w, quick, sizeof quick - 1)), 200);
  for (int i = 0; i < DRIBBLERS; i++) {
    h = (heard){.len = 0};
    listen_for(fds[i], &h, NULL, 10000);
    close(fds[i]);
    assert_true(h.ended);
    assert_int_equal(status_of(&h), 408);
  }
  assert_int_equal(status_of(ask(w, quick, sizeof quick - 1)), 200);
  wire_close(w);
}

static void one_key_may_not_take_everything(void **state) {
  UNUSED(state);
  http_limits limits = http_default_limits;
  limits.max_in_flight_per_key = 1;
  wire *w = wire_open(&limits);
  atomic_store(&app_slow_ms, 300);
  static heard h;
  h = (heard){.len = 0};
  int slow = dial(w);
  say_text(slow, "POST /v1/slow HTTP/1.1\r\n" SELLER
                 "Idempotency-Key: s\r\nContent-Type: application/json\r\nContent-Length: "
                 "14\r\n\r\n{\"words\":\"hi\"}");
  usleep(100000);
  static const char other[] = "GET /v1/notes HTTP/1.1\r\n" SELLER "Connection: close\r\n\r\n";
  static const char rival[] = "GET /v1/notes HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer "
                              "rival\r\nConnection: close\r\n\r\n";
  assert_int_equal(status_of(ask(w, other, sizeof other - 1)), 429);
  assert_int_equal(status_of(ask(w, rival, sizeof rival - 1)), 200);
  listen_for(slow, &h, "\"size\":2}", 3000);
  assert_int_equal(status_of(&h), 200);
  assert_int_equal(status_of(ask(w, other, sizeof other - 1)), 200);
  close(slow);
  atomic_store(&app_slow_ms, 0);
  wire_close(w);
}

static void stopping_answers_what_is_in_flight_and_refuses_the_rest(void **state) {
  UNUSED(state);
  wire *w = wire_open(NULL);
  atomic_store(&app_slow_ms, 300);
  static heard h;
  h = (heard){.len = 0};
  int idle = dial(w), busy = dial(w);
  int port = http_port(w->a->h);
  say_text(busy, "POST /v1/slow HTTP/1.1\r\n" SELLER
                 "Idempotency-Key: st\r\nContent-Type: application/json\r\nContent-Length: "
                 "14\r\n\r\n{\"words\":\"hi\"}");
  usleep(100000);
  int64_t before = now_ms();
  wire_stop(w);
  assert_in_range(now_ms() - before, 0, 3000);
  listen_for(busy, &h, NULL, 1000);
  assert_int_equal(status_of(&h), 200);
  assert_non_null(strstr(h.text, "Connection: close\r\n"));
  h = (heard){.len = 0};
  listen_for(idle, &h, NULL, 1000);
  assert_true(h.ended && h.len == 0);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int late = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_not_equal(connect(late, (struct sockaddr *)&at, sizeof at), 0);
  close(late);
  close(idle);
  close(busy);
  atomic_store(&app_slow_ms, 0);
  wire_close(w);
}

static void clients_that_vanish_in_mid_request_do_no_harm(void **state) {
  atomic_store(&app_slow_ms, 20);
  for (int i = 0; i < 40; i++) {
    int fd = dial(*state);
    if (i % 2 == 0) {
      say_text(fd, "GET /v1/sleep HTTP/1.1\r\nHost: t\r\n\r\n");
    } else {
      say_text(fd, P "Content-Length: 14\r\n\r\n{\"wor");
    }
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    if (i % 4 < 2) (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(fd);
  }
  atomic_store(&app_slow_ms, 0);
  static const char last[] = H "Connection: close\r\n\r\n";
  assert_int_equal(status_of(ask(*state, last, sizeof last - 1)), 200);
}

int test_wire(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_not_http_is_refused_and_the_connection_ends),
      cmocka_unit_test(a_byte_that_may_not_be_there_is_refused_wherever_it_is),
      cmocka_unit_test(pipelined_requests_are_answered_in_order),
      cmocka_unit_test(more_pipelined_requests_than_a_turn_takes_are_all_answered),
      cmocka_unit_test(a_request_may_come_byte_by_byte_and_in_chunks),
      cmocka_unit_test(limits_hold_at_exactly_the_maximum),
      cmocka_unit_test(a_client_that_asks_first_is_told_to_go_on),
      cmocka_unit_test(events_flow_and_resume_where_they_were_left),
      cmocka_unit_test(one_key_from_many_clients_has_one_effect_and_one_answer),
      cmocka_unit_test(who_is_too_slow_is_told_so_and_dropped),
      cmocka_unit_test(beyond_the_limit_of_connections_the_answer_is_503_at_once),
      cmocka_unit_test(who_asks_too_often_is_told_when_to_come_again),
      cmocka_unit_test(a_read_that_would_wait_too_long_is_turned_away_at_once),
      cmocka_unit_test(many_who_never_finish_a_head_keep_nobody_else_waiting),
      cmocka_unit_test(one_key_may_not_take_everything),
      cmocka_unit_test(clients_that_vanish_in_mid_request_do_no_harm),
      cmocka_unit_test(stopping_answers_what_is_in_flight_and_refuses_the_rest),
  };
  return cmocka_run_group_tests_name("wire", tests, open_wire, close_wire);
}
