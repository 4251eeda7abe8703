/* bank_child.c - see bank_child.h. The child dies with its parent: nothing is left behind by a
 * kill. */
#include "cli/bank_child.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void exec_bank(const char *listen, int out) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  dup2(out, STDOUT_FILENO);
  close(out);
  execl("/proc/self/exe", "tael", "bank-sim", "--listen", listen, (char *)NULL);
  _exit(127);
}

/* The child says "... http://HOST:PORT" on its first line. */
static bool read_url(int in, char url[static 128]) {
  char line[256];
  size_t len = 0;
  while (len + 1 < sizeof line && read(in, line + len, 1) == 1 && line[len] != '\n')
    len++;
  line[len] = '\0';
  const char *at = strstr(line, "http://");
  return at != NULL && snprintf(url, 128, "%s", at) < 128;
}

status bank_start(ctx *c, const char *listen, bank_child *out) {
  int ends[2];
  if (pipe(ends) != 0) return fail(c, E_STORE, "No pipe to the bank: %s.", strerror(errno));
  out->pid = fork();
  if (out->pid == 0) {
    close(ends[0]);
    exec_bank(listen, ends[1]);
  }
  close(ends[1]);
  bool ready = out->pid > 0 && read_url(ends[0], out->url);
  close(ends[0]);
  if (ready) return OK;
  bank_stop(out);
  return fail(c, E_CHANNEL, "The bank simulator did not start on %s.", listen);
}

void bank_stop(const bank_child *b) {
  if (b->pid <= 0) return;
  kill(b->pid, SIGTERM);
  waitpid(b->pid, NULL, 0);
}
