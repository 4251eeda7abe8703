/* test_receiver.c - see test_receiver.h. Not part of the program. */
#include "modules/institutions/test_receiver.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_MAX = 8192 };

struct receiver {
  int fd, port, status;
  char part[64];
  pthread_t thread;
  pthread_mutex_t lock;
  size_t count;
  received items[RECEIVED_MAX];
};

static void take_header(const char *request, const char *name, char *out, size_t room) {
  const char *at = strcasestr(request, name);
  size_t len = 0;
  if (at != NULL) {
    at += strlen(name);
    at += strspn(at, ": ");
    len = strcspn(at, "\r\n");
  }
  snprintf(out, room, "%.*s", (int)len, at == NULL ? "" : at);
}

/* Reads until the body is as long as it was said to be. */
static const char *read_request(int fd, char request[static REQUEST_MAX]) {
  size_t len = 0;
  char length_text[16];
  for (;;) {
    ssize_t got = read(fd, request + len, REQUEST_MAX - 1 - len);
    if (got <= 0) return NULL;
    len += (size_t)got;
    request[len] = '\0';
    const char *end = strstr(request, "\r\n\r\n");
    if (end == NULL) continue;
    take_header(request, "content-length", length_text, sizeof length_text);
    if (len - (size_t)(end + 4 - request) >= strtoul(length_text, NULL, 10)) return end + 4;
  }
}

static int note(receiver *r, const char *request, const char *body) {
  pthread_mutex_lock(&r->lock);
  if (r->count < RECEIVED_MAX) {
    received *item = &r->items[r->count++];
    take_header(request, "webhook-id", item->id, sizeof item->id);
    take_header(request, "webhook-timestamp", item->timestamp, sizeof item->timestamp);
    take_header(request, "webhook-signature", item->signature, sizeof item->signature);
    snprintf(item->body, sizeof item->body, "%s", body);
  }
  bool is_meant = r->part[0] == '\0' || strstr(body, r->part) != NULL;
  int answer = is_meant ? r->status : 204;
  pthread_mutex_unlock(&r->lock);
  return answer;
}

static void *serve(void *arg) {
  receiver *r = arg;
  static _Thread_local char request[REQUEST_MAX];
  for (;;) {
    int fd = accept(r->fd, NULL, NULL);
    if (fd < 0) return NULL;
    const char *body = read_request(fd, request);
    if (body != NULL) {
      char answer[256];
      int len = snprintf(answer, sizeof answer,
                         "HTTP/1.1 %d Told\r\nLocation: http://127.0.0.1:%d/elsewhere\r\n"
                         "Content-Length: 0\r\nConnection: close\r\n\r\n",
                         note(r, request, body), r->port);
      if (write(fd, answer, (size_t)len) != len) perror("receiver");
    }
    close(fd);
  }
}

receiver *receiver_open(void) {
  receiver *r = calloc(1, sizeof *r);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof at;
  r->status = 204;
  r->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  pthread_mutex_init(&r->lock, NULL);
  if (bind(r->fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(r->fd, 64) != 0 ||
      getsockname(r->fd, (struct sockaddr *)&at, &len) != 0 ||
      pthread_create(&r->thread, NULL, serve, r) != 0) {
    perror("receiver");
    abort();
  }
  r->port = ntohs(at.sin_port);
  return r;
}

void receiver_close(receiver *r) {
  shutdown(r->fd, SHUT_RDWR);
  pthread_join(r->thread, NULL);
  close(r->fd);
  pthread_mutex_destroy(&r->lock);
  free(r);
}

int receiver_port(const receiver *r) { return r->port; }

void receiver_answer(receiver *r, const char *part, int http_status) {
  pthread_mutex_lock(&r->lock);
  snprintf(r->part, sizeof r->part, "%s", part == NULL ? "" : part);
  r->status = http_status;
  pthread_mutex_unlock(&r->lock);
}

size_t receiver_count(receiver *r) {
  pthread_mutex_lock(&r->lock);
  size_t count = r->count;
  pthread_mutex_unlock(&r->lock);
  return count;
}

received receiver_get(receiver *r, size_t index) {
  pthread_mutex_lock(&r->lock);
  received item = r->items[index];
  pthread_mutex_unlock(&r->lock);
  return item;
}
