/* cmd_serve.c - a server over a store. */
#include "cli/commands.h"

int cmd_serve(cli *self) {
  int64_t lanes = 0, rate_limit = 0;
  if (!cli_int(self, "lanes", 1, 8, &lanes) ||
      !cli_int(self, "rate-limit", 1, 10000000, &rate_limit))
    return EXIT_USAGE;
  app_options options = {.db_url = str_from(cli_text(self, "db")),
                         .sandbox = cli_switch(self, "sandbox"),
                         .lanes = (int)lanes,
                         .task_threads = 4,
                         .threads = true,
                         .behind_tls = cli_switch(self, "behind-tls"),
                         .requests_per_s = (int)rate_limit,
                         .calendar = cli_text(self, "calendar")};
  app *a = NULL;
  status s = app_open(&options, &a, self->ctx);
  if (s != OK) return cli_fail(self, s);
  int code = app_serve(a, cli_text(self, "listen"), self->out, self->err);
  app_close(a);
  return code;
}
