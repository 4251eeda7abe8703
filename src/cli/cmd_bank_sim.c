/* cmd_bank_sim.c - the simulated bank as a process: an engine of its own over a store in memory,
 * and its routes. */
#include "cli/commands.h"
#include "modules/banksim/banksim.h"
#include <signal.h>
#include <string.h>

enum { BANK_NODE = 2, BANK_WORKERS = 128 /* a late answer keeps one busy */, PERCENT_SCALE = 7 };

static bool share(cli *self, const char *name, int64_t *ppb) {
  const char *text = cli_text(self, name);
  if (decimal_parse(str_from(text), PERCENT_SCALE, ppb) && *ppb >= 0 && *ppb <= RATE_ONE)
    return true;
  fprintf(self->err, "tael bank-sim: --%s takes a percentage from 0 to 100, not \"%s\"\n", name,
          text);
  return false;
}

static bool read_behaviour(cli *self, bank_behaviour *b) {
  b->late_ms = 4000;
  return cli_int(self, "seed", 0, INT64_MAX, &b->seed) && share(self, "decline", &b->decline) &&
         share(self, "timeout", &b->late) && share(self, "twice", &b->twice) &&
         share(self, "unknown", &b->unknown) && share(self, "fee", &b->fee);
}

static http *serving; /* for the signal handler alone */

static void on_signal(int number) {
  UNUSED(number);
  http_stop(serving);
}

static status serve_bank(cli *self, engine *e) {
  static const module *const modules[] = {&banksim_module};
  http_options options = {.listen = str_from(cli_text(self, "listen")),
                          .modules = modules,
                          .module_count = 1,
                          .engine = e,
                          .auth = banksim_auth,
                          .limits = http_default_limits,
                          .workers = BANK_WORKERS};
  http *h = NULL;
  TRY(http_open(self->ctx, &options, &h));
  serving = h;
  signal(SIGTERM, on_signal);
  signal(SIGINT, on_signal);
  const char *listen = cli_text(self, "listen"), *colon = strrchr(listen, ':');
  fprintf(self->out, "Bank simulator on http://%.*s:%d\n",
          colon == NULL ? 0 : (int)(colon - listen), listen, http_port(h));
  fflush(self->out);
  status s = http_run(h);
  http_close(h);
  return s;
}

int cmd_bank_sim(cli *self) {
  bank_behaviour behaviour = {0};
  if (!read_behaviour(self, &behaviour)) return EXIT_USAGE;
  banksim_behave(&behaviour);
  const db_schema schemas[] = {ledger_schema, engine_schema, *banksim_module.schema};
  engine_parts parts = {.schemas = schemas, .schema_count = COUNT_OF(schemas)};
  engine_options options = {.db_url = STR("sqlite::memory:"),
                            .node = BANK_NODE,
                            .lanes = 1,
                            .queue_max = 65536,
                            .group_max = 1024,
                            .cache_accounts = 1024,
                            .calendar = "every-day",
                            .real_clock = app_real_clock,
                            .seed = (uint64_t)behaviour.seed};
  engine *e = NULL;
  status s = engine_open(self->ctx, &options, &parts, &e);
  if (s == OK) s = engine_start(self->ctx, e);
  if (s == OK) s = serve_bank(self, e);
  if (e != NULL) {
    engine_stop(e);
    engine_close(e);
  }
  return s == OK ? 0 : cli_fail(self, s);
}
