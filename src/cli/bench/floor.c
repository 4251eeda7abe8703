/* floor.c - see floor.h. One thread: read all that is ready, one append and one fdatasync for all
 * of it, answer all. */
#include "cli/bench/floor.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RECORD = 128, EVENTS_MAX = 512, REQUEST_MAX = 8192, DESCRIPTORS_MAX = 16384 };

typedef struct peer {
  size_t len;
  char in[REQUEST_MAX];
} peer;

struct floor_server {
  int listener, epoll, file, port;
  char path[512];
  char *answer;
  size_t answer_len;
  peer *peers[DESCRIPTORS_MAX];
  int ready[DESCRIPTORS_MAX];
  size_t ready_count;
  pthread_t thread;
  atomic_bool stopping;
};

static size_t whole_request(const peer *p) {
  const char *end = memmem(p->in, p->len, "\r\n\r\n", 4);
  if (end == NULL) return 0;
  const char *at = memmem(p->in, (size_t)(end - p->in), "Content-Length: ", 16);
  size_t head = (size_t)(end - p->in) + 4;
  size_t content = at == NULL ? 0 : (size_t)strtoul(at + 16, NULL, 10);
  return p->len >= head + content ? head + content : 0;
}

static void accept_all(floor_server *f) {
  for (int fd; (fd = accept4(f->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    peer *p = fd < DESCRIPTORS_MAX ? calloc(1, sizeof *p) : NULL;
    if (p == NULL) {
      close(fd);
      continue;
    }
    f->peers[fd] = p;
    epoll_ctl(f->epoll, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN, .data.fd = fd});
  }
}

static void drop(floor_server *f, int fd) {
  close(fd);
  free(f->peers[fd]);
  f->peers[fd] = NULL;
}

static void take(floor_server *f, int fd) {
  peer *p = f->peers[fd];
  ssize_t n = recv(fd, p->in + p->len, REQUEST_MAX - p->len, 0);
  if (n <= 0) {
    if (n == 0 || (errno != EAGAIN && errno != EINTR)) drop(f, fd);
    return;
  }
  p->len += (size_t)n;
  if (whole_request(p) > 0) f->ready[f->ready_count++] = fd;
}

static void commit_and_answer(floor_server *f, char *records) {
  if (f->ready_count == 0) return;
  size_t bytes = f->ready_count * RECORD;
  if (write(f->file, records, bytes) != (ssize_t)bytes || fdatasync(f->file) != 0) abort();
  for (size_t i = 0; i < f->ready_count; i++) {
    f->peers[f->ready[i]]->len = 0;
    if (send(f->ready[i], f->answer, f->answer_len, MSG_NOSIGNAL) < 0) drop(f, f->ready[i]);
  }
  f->ready_count = 0;
}

static void *floor_main(void *arg) {
  floor_server *f = arg;
  (void)pthread_setname_np(pthread_self(), "floor");
  struct epoll_event events[EVENTS_MAX];
  char *records = calloc(DESCRIPTORS_MAX, RECORD);
  while (records != NULL && !atomic_load(&f->stopping)) {
    int n = epoll_wait(f->epoll, events, EVENTS_MAX, 20);
    for (int i = 0; i < n; i++) {
      if (events[i].data.fd == f->listener)
        accept_all(f);
      else
        take(f, events[i].data.fd);
    }
    commit_and_answer(f, records);
  }
  free(records);
  return NULL;
}

static bool listen_here(floor_server *f) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof at;
  f->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  f->epoll = epoll_create1(EPOLL_CLOEXEC);
  bool good = f->listener >= 0 && bind(f->listener, (struct sockaddr *)&at, sizeof at) == 0 &&
              listen(f->listener, 4096) == 0 &&
              getsockname(f->listener, (struct sockaddr *)&at, &len) == 0;
  f->port = ntohs(at.sin_port);
  return good && epoll_ctl(f->epoll, EPOLL_CTL_ADD, f->listener,
                           &(struct epoll_event){.events = EPOLLIN, .data.fd = f->listener}) == 0;
}

static void make_answer(ctx *c, floor_server *f, size_t body) {
  buf b = buf_make(c->arena, body + 256);
  buf_format(
      &b, "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
      body);
  for (size_t i = 0; i < body; i++)
    buf_add_char(&b, 'x');
  f->answer_len = b.len;
  f->answer = str_zero(c->arena, buf_str(&b));
}

status floor_start(ctx *c, const char *folder, size_t answer_bytes, floor_server **out) {
  floor_server *f = ARENA_NEW(c->arena, floor_server);
  snprintf(f->path, sizeof f->path, "%s/.tael-floor-%d", folder, (int)getpid());
  f->file = open(f->path, O_CREAT | O_TRUNC | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  if (f->file < 0) return fail(c, E_STORE, "%s: %s", f->path, strerror(errno));
  make_answer(c, f, answer_bytes);
  if (!listen_here(f) || pthread_create(&f->thread, NULL, floor_main, f) != 0)
    return fail(c, E_STORE, "The floor's server did not start.");
  *out = f;
  return OK;
}

int floor_port(const floor_server *f) { return f->port; }

void floor_stop(floor_server *f) {
  atomic_store(&f->stopping, true);
  pthread_join(f->thread, NULL);
  for (int fd = 0; fd < DESCRIPTORS_MAX; fd++)
    if (f->peers[fd] != NULL) drop(f, fd);
  close(f->listener);
  close(f->epoll);
  close(f->file);
  unlink(f->path);
}
