/* main.c - the entry point: ignores SIGPIPE and hands the words to the table of subcommands. */
#include "cli/cli.h"
#include <signal.h>

int main(int argc, char **argv) {
  signal(SIGPIPE, SIG_IGN);
  return cli_dispatch(argc - 1, argv + 1, stdout, stderr, NULL);
}
