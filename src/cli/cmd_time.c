/* cmd_time.c - business time and what is due: clock and job. */
#include "cli/commands.h"
#include <string.h>

static void show_clock(cli *self) {
  ctx *c = self->ctx;
  fprintf(self->out, "{\"now\":\"%.*s\",\"business_date\":\"%.*s\"}\n",
          STR_ARGS(instant_print(c->arena, engine_now(self->app->engine))),
          STR_ARGS(date_print(c->arena, engine_today(self->app->engine))));
}

static void show_progress(void *arg, date at) {
  cli *self = arg;
  fprintf(self->err, "business date %.*s\n", STR_ARGS(date_print(self->ctx->arena, at)));
}

/* "30d", "12h", "45m", or a moment. */
static bool parse_step(const char *text, instant now, instant *to) {
  str s = str_from(text);
  int64_t n = 0;
  if (instant_parse(s, to)) return true;
  date d = 0;
  if (date_parse(s, &d)) return *to = instant_from_date(d, 0), true;
  if (s.len < 2 || !str_to_int((str){s.at, s.len - 1}, &n) || n < 0 || n > 100000) return false;
  char unit = s.at[s.len - 1];
  int64_t seconds = unit == 'd' ? SECONDS_PER_DAY : unit == 'h' ? 3600 : unit == 'm' ? 60 : 0;
  *to = now + n * seconds * MICROS_PER_SECOND;
  return seconds > 0;
}

int cmd_clock(cli *self) {
  if (self->word_count == 0) return show_clock(self), 0;
  instant to = 0;
  if (strcmp(self->words[0], "advance") != 0 || self->word_count != 2 ||
      !parse_step(self->words[1], engine_now(self->app->engine), &to)) {
    fprintf(
        self->err,
        "tael clock: say \"advance 30d\", \"advance 12h\" or \"advance 2026-12-01T00:00:00Z\"\n");
    return EXIT_USAGE;
  }
  status s = engine_advance(self->ctx, self->app->engine, to, show_progress, self);
  if (s != OK) return cli_fail(self, s);
  show_clock(self);
  return 0;
}

static int list_jobs(cli *self) {
  for (size_t m = 0; m < app_module_count; m++)
    for (size_t i = 0; i < app_modules[m]->job_count; i++) {
      const job_type *j = app_modules[m]->jobs[i];
      fprintf(self->out, "%-24s %s\n", j->name, j->doc);
    }
  return 0;
}

int cmd_job(cli *self) {
  if (strcmp(self->words[0], "list") == 0) return list_jobs(self);
  if (strcmp(self->words[0], "run") != 0 || self->word_count < 2) {
    fprintf(self->err, "tael job: say \"list\" or \"run NAME [DATE]\"\n");
    return EXIT_USAGE;
  }
  date on = engine_today(self->app->engine);
  if (self->word_count == 3 && !date_parse(str_from(self->words[2]), &on)) {
    fprintf(self->err, "tael job: \"%s\" is not a date; write YYYY-MM-DD\n", self->words[2]);
    return EXIT_USAGE;
  }
  str report = {0};
  status s = engine_run_job(self->ctx, self->app->engine, str_from(self->words[1]), on, &report);
  if (s != OK) return cli_fail(self, s);
  fprintf(self->out, "%s of %.*s: %.*s\n", self->words[1],
          STR_ARGS(date_print(self->ctx->arena, on)), STR_ARGS(report));
  return 0;
}
