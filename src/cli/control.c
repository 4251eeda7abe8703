/* control.c - one process writes to an embedded store; another that wants to hands its words to it
 * over a Unix socket beside the file (FILE.sock, mode 0600). A request is the words, each ended by
 * a zero byte, and an empty word; the answer is a byte 'o' or 'e' (which stream), a 4-byte length
 * and the text, repeated; 'x' and a 4-byte exit code end it. */
#include "cli/cli.h"
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { REQUEST_MAX = 64 * 1024, FRAME_MAX = 1 << 30 };

struct control {
  app *app;
  int listener;
  struct sockaddr_un address;
  pthread_t thread;
  atomic_bool stopping;
};

static bool socket_address(const char *db_url, struct sockaddr_un *out) {
  if (strncmp(db_url, "sqlite:", 7) != 0 || strstr(db_url, ":memory:") != NULL) return false;
  memset(out, 0, sizeof *out);
  out->sun_family = AF_UNIX;
  int n = snprintf(out->sun_path, sizeof out->sun_path, "%s.sock", db_url + 7);
  return n > 0 && (size_t)n < sizeof out->sun_path;
}

static bool send_all(int fd, const void *bytes, size_t len) {
  for (const char *p = bytes; len > 0;) {
    ssize_t n = send(fd, p, len, MSG_NOSIGNAL);
    if (n <= 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    p += n;
    len -= (size_t)n;
  }
  return true;
}

static bool receive_all(int fd, void *into, size_t len) {
  for (char *p = into; len > 0;) {
    ssize_t n = read(fd, p, len);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    p += n;
    len -= (size_t)n;
  }
  return true;
}

static bool send_frame(int fd, char kind, const void *bytes, uint32_t len) {
  return send_all(fd, &kind, 1) && send_all(fd, &len, sizeof len) &&
         (kind == 'x' || send_all(fd, bytes, len));
}

/* Reads words until the empty one. Returns how many, -1 when the request is not well formed. */
static int receive_words(int fd, char *room, char **words) {
  size_t len = 0, start = 0;
  int count = 0;
  while (len < REQUEST_MAX && receive_all(fd, room + len, 1)) {
    if (room[len++] != '\0') continue;
    if (len - start == 1) return count;
    if (count == CLI_WORDS_MAX + 2 * CLI_OPTIONS_MAX) return -1;
    words[count++] = room + start;
    start = len;
  }
  return -1;
}

static void answer(control *k, int fd) {
  static char room[REQUEST_MAX]; /* one request at a time: the control thread's own */
  char *words[CLI_WORDS_MAX + 2 * CLI_OPTIONS_MAX];
  int count = receive_words(fd, room, words);
  if (count <= 0) return;
  char *text[2] = {NULL, NULL};
  size_t len[2] = {0, 0};
  FILE *out = open_memstream(&text[0], &len[0]), *err = open_memstream(&text[1], &len[1]);
  int code =
      out != NULL && err != NULL ? cli_dispatch(count, words, out, err, k->app) : EXIT_FAILED;
  if (out != NULL) fclose(out);
  if (err != NULL) fclose(err);
  bool sent = len[0] == 0 || (len[0] < FRAME_MAX && send_frame(fd, 'o', text[0], (uint32_t)len[0]));
  if (sent && len[1] > 0) sent = send_frame(fd, 'e', text[1], (uint32_t)len[1]);
  if (sent) sent = send_frame(fd, 'x', NULL, (uint32_t)code);
  if (!sent) log_line(LOG_WARN, "control.gone", "words=%d", count);
  free(text[0]);
  free(text[1]);
}

static void *control_main(void *arg) {
  control *k = arg;
  while (!atomic_load(&k->stopping)) {
    int fd = accept(k->listener, NULL, NULL);
    if (fd < 0) continue;
    if (!atomic_load(&k->stopping)) answer(k, fd);
    close(fd);
  }
  return NULL;
}

control *control_open(app *a, const char *db_url) {
  control *k = ARENA_NEW(a->arena, control);
  k->app = a;
  if (!socket_address(db_url, &k->address)) return NULL;
  unlink(k->address.sun_path); /* the writer lock is ours: a socket left behind is dead */
  k->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  mode_t old = umask(0177);
  bool bound =
      k->listener >= 0 && bind(k->listener, (struct sockaddr *)&k->address, sizeof k->address) == 0;
  umask(old);
  if (!bound || listen(k->listener, 8) != 0 ||
      pthread_create(&k->thread, NULL, control_main, k) != 0) {
    log_line(LOG_WARN, "control.unavailable", "path=%s errno=%d", k->address.sun_path, errno);
    if (k->listener >= 0) close(k->listener);
    return NULL;
  }
  return k;
}

void control_close(control *k) {
  if (k == NULL) return;
  atomic_store(&k->stopping, true);
  shutdown(k->listener, SHUT_RDWR); /* wakes accept */
  pthread_join(k->thread, NULL);
  close(k->listener);
  unlink(k->address.sun_path);
}

static bool relay(int fd, FILE *out, FILE *err, int *exit_code) {
  for (;;) {
    char kind = 0;
    uint32_t len = 0;
    if (!receive_all(fd, &kind, 1) || !receive_all(fd, &len, sizeof len)) return false;
    if (kind == 'x') return *exit_code = (int)len, true;
    char part[4096];
    while (len > 0) {
      size_t take = len < sizeof part ? len : sizeof part;
      if (!receive_all(fd, part, take)) return false;
      fwrite(part, 1, take, kind == 'o' ? out : err);
      len -= (uint32_t)take;
    }
  }
}

bool control_forward(const char *db_url, int argc, char **argv, FILE *out, FILE *err,
                     int *exit_code) {
  struct sockaddr_un address;
  if (!socket_address(db_url, &address)) return false;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    if (fd >= 0) close(fd);
    return false;
  }
  bool sent = true;
  for (int i = 0; i < argc && sent; i++)
    sent = send_all(fd, argv[i], strlen(argv[i]) + 1);
  if (!sent || !send_all(fd, "", 1) || !relay(fd, out, err, exit_code)) {
    fputs("tael: the server that holds the store went away before it answered; ask it again\n",
          err);
    *exit_code = EXIT_FAILED;
  }
  close(fd);
  return true;
}
