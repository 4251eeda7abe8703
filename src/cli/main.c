/* main.c - the entry point: ignores SIGPIPE, keeps freed memory in the process and hands the words
 * to the table of subcommands. */
#include "cli/cli.h"
#include <malloc.h>
#include <signal.h>

enum { KEPT_BYTES = 64 << 20, MAPPED_BYTES = 32 << 20 };

/* A group's memory is given back when it is answered; given back to the kernel, each page of it
 * would cost a fault again in the next group. */
static void keep_freed_memory(void) {
  mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
  mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES);
}

int main(int argc, char **argv) {
  signal(SIGPIPE, SIG_IGN);
  keep_freed_memory();
  return cli_dispatch(argc - 1, argv + 1, stdout, stderr, NULL);
}
