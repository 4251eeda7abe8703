/* dispatch.c - from words to a subcommand: parses options by the command's table, opens the store
 * the way the table says, runs it, prints help. Never knows what a command does. */
#include "cli/cli.h"
#include "tael.h"
#include <dirent.h>
#include <string.h>
#include <unistd.h>

const subcommand *cli_find(const char *name) {
  for (size_t i = 0; i < cli_subcommand_count; i++)
    if (strcmp(cli_subcommands[i].name, name) == 0) return &cli_subcommands[i];
  return NULL;
}

static size_t option_index(const subcommand *sub, const char *name, size_t len) {
  size_t i = 0;
  while (i < sub->option_count &&
         (strlen(sub->options[i].name) != len || memcmp(sub->options[i].name, name, len) != 0))
    i++;
  return i;
}

const char *cli_text(const cli *self, const char *name) {
  size_t i = option_index(self->command, name, strlen(name));
  assert(i < self->command->option_count);
  return self->values[i];
}

bool cli_switch(const cli *self, const char *name) { return cli_text(self, name) != NULL; }

bool cli_int(const cli *self, const char *name, int64_t min, int64_t max, int64_t *out) {
  const char *text = cli_text(self, name);
  int64_t value = 0;
  if (text == NULL || !str_to_int(str_from(text), &value) || value < min || value > max) {
    fprintf(self->err, "tael %s: --%s takes a whole number from %lld to %lld, not \"%s\"\n",
            self->command->name, name, (long long)min, (long long)max, text == NULL ? "" : text);
    return false;
  }
  *out = value;
  return true;
}

int cli_fail(const cli *self, status s) {
  const fault *f = &self->ctx->fault;
  str detail = f->detail.len > 0 ? f->detail : str_from(status_text(s));
  fprintf(self->err, "tael %s: %.*s (%s)\n", self->command->name, STR_ARGS(detail), status_slug(s));
  for (size_t i = 0; i < f->field_count; i++)
    fprintf(self->err, "  %.*s: %.*s\n", STR_ARGS(f->fields[i].pointer),
            STR_ARGS(f->fields[i].detail));
  return EXIT_FAILED;
}

static void help_all(FILE *out) {
  fputs("Tael: a marketplace with its own payment, logistics and finance on one double-entry "
        "ledger.\n\n"
        "Usage: tael COMMAND [OPTIONS]\n\nCommands:\n",
        out);
  for (size_t i = 0; i < cli_subcommand_count; i++)
    fprintf(out, "  %-12s %s\n", cli_subcommands[i].name, cli_subcommands[i].summary);
  fputs("\n\"tael COMMAND --help\" tells a command's options, with examples.\n", out);
}

void cli_help(FILE *out, const subcommand *sub) {
  if (sub == NULL) {
    help_all(out);
    return;
  }
  fprintf(out, "tael %s - %s\n\nUsage: tael %s%s%s%s\n", sub->name, sub->summary, sub->name,
          sub->words[0] != '\0' ? " " : "", sub->words, sub->option_count > 0 ? " [OPTIONS]" : "");
  if (sub->option_count > 0) fputs("\nOptions:\n", out);
  for (size_t i = 0; i < sub->option_count; i++) {
    const cli_option *o = &sub->options[i];
    char left[64];
    snprintf(left, sizeof left, "--%s%s%s", o->name, o->value_name != NULL ? " " : "",
             o->value_name != NULL ? o->value_name : "");
    fprintf(out, "  %-24s %s", left, o->doc);
    if (o->fallback != NULL) fprintf(out, " [%s]", o->fallback);
    fputc('\n', out);
  }
  fprintf(out, "\nExamples:\n%s", sub->examples);
}

static int usage_error(FILE *err, const char *name, const char *word, const char *problem) {
  fprintf(err, "tael %s: %s %s; see \"tael %s --help\"\n", name, word, problem, name);
  return EXIT_USAGE;
}

/* Takes one "--name", "--name=value" or "--name value"; returns how many words it used, 0 on error.
 */
static int take_option(cli *self, int argc, char **argv) {
  const char *name = argv[0] + 2;
  const char *equals = strchr(name, '=');
  size_t len = equals != NULL ? (size_t)(equals - name) : strlen(name);
  size_t i = option_index(self->command, name, len);
  if (i == self->command->option_count)
    return usage_error(self->err, self->command->name, argv[0], "is no option of this command"), 0;
  bool wants_value = self->command->options[i].value_name != NULL;
  if (!wants_value && equals != NULL)
    return usage_error(self->err, self->command->name, argv[0], "takes no value"), 0;
  if (!wants_value || equals != NULL) {
    self->values[i] = wants_value ? equals + 1 : "yes";
    return 1;
  }
  if (argc < 2) return usage_error(self->err, self->command->name, argv[0], "wants a value"), 0;
  self->values[i] = argv[1];
  return 2;
}

static int parse_words(cli *self, int argc, char **argv) {
  for (size_t i = 0; i < self->command->option_count; i++)
    self->values[i] = self->command->options[i].fallback;
  for (int i = 0; i < argc;) {
    if (strncmp(argv[i], "--", 2) == 0 && argv[i][2] != '\0') {
      int used = take_option(self, argc - i, argv + i);
      if (used == 0) return EXIT_USAGE;
      i += used;
      continue;
    }
    if (self->word_count == self->command->words_max)
      return usage_error(self->err, self->command->name, argv[i], "is one word too many");
    self->words[self->word_count++] = argv[i++];
  }
  if (self->word_count < self->command->words_min)
    return usage_error(self->err, self->command->name, self->command->words, "is missing");
  return 0;
}

static int run_reading(cli *self) {
  status s = app_read_store(self->ctx, cli_text(self, "db"), &self->db);
  if (s != OK) return cli_fail(self, s);
  int code = self->command->run(self);
  db_close(self->db);
  return code;
}

static int run_writing(cli *self, int argc, char **argv) {
  int code = 0;
  const char *url = cli_text(self, "db");
  if (control_forward(url, argc, argv, self->out, self->err, &code)) return code;
  app_options options = {.db_url = str_from(url), .lanes = 1};
  status s = app_open(&options, &self->app, self->ctx);
  if (s != OK) return cli_fail(self, s);
  self->db = engine_reader(self->app->engine, self->ctx);
  code = self->db == NULL ? cli_fail(self, E_STORE) : self->command->run(self);
  if (self->db != NULL) engine_reader_done(self->app->engine, self->db);
  app_close(self->app);
  return code;
}

static int run_inside(cli *self, app *running) {
  if (self->command->store != STORE_WRITE)
    return usage_error(self->err, "this", self->command->name, "can't run inside a server");
  self->app = running;
  engine_ctx(running->engine, self->ctx->arena, self->ctx);
  self->db = engine_reader(running->engine, self->ctx);
  if (self->db == NULL) return cli_fail(self, E_STORE);
  int code = self->command->run(self);
  engine_reader_done(running->engine, self->db);
  return code;
}

static int run_command(cli *self, int argc, char **argv, app *running) {
  if (running != NULL) return run_inside(self, running);
  if (self->command->store == STORE_READ) return run_reading(self);
  if (self->command->store == STORE_WRITE) return run_writing(self, argc, argv);
  return self->command->run(self);
}

static bool is_one_of(const char *word, const char *const *words) {
  for (size_t i = 0; words[i] != NULL; i++)
    if (strcmp(word, words[i]) == 0) return true;
  return false;
}

static const char *const help_words[] = {"help", "--help", "-h", NULL};
static const char *const version_words[] = {"version", "--version", NULL};

int cli_dispatch(int argc, char **argv, FILE *out, FILE *err, app *running) {
  if (argc == 0 || is_one_of(argv[0], help_words)) {
    const subcommand *about = argc > 1 ? cli_find(argv[1]) : NULL;
    cli_help(argc == 0 ? err : out, about);
    return argc == 0 ? EXIT_USAGE : 0;
  }
  if (is_one_of(argv[0], version_words)) return fprintf(out, "tael %s\n", TAEL_VERSION) < 0;
  const subcommand *sub = cli_find(argv[0]);
  if (sub == NULL) {
    fprintf(err, "tael: there is no command \"%s\"; \"tael help\" lists them\n", argv[0]);
    return EXIT_USAGE;
  }
  for (int i = 1; i < argc; i++)
    if (is_one_of(argv[i], help_words + 1)) return cli_help(out, sub), 0;
  arena *a = arena_open((size_t)1 << 30);
  if (a == NULL) return EXIT_FAILED;
  ctx c;
  app_ctx(a, &c);
  cli self = {.command = sub, .out = out, .err = err, .ctx = &c};
  int code = parse_words(&self, argc - 1, argv + 1);
  if (code == 0) code = run_command(&self, argc, argv, running);
  arena_close(a);
  return code;
}

/* --- stores of one run ------------------------------------------------------------------------ */
void cli_remove_folder(arena *a, str path) {
  DIR *folder = opendir(str_zero(a, path));
  if (folder == NULL) return;
  for (const struct dirent *e; (e = readdir(folder)) != NULL;)
    if (e->d_name[0] != '.') unlinkat(dirfd(folder), e->d_name, 0);
  closedir(folder);
  rmdir(str_zero(a, path));
}

void cli_remove_store(arena *a, str url) {
  static const char *const endings[] = {"", "-wal", "-wal-mark", "-shm", ".lock", ".key", ".sock"};
  str file = {url.at + strlen("sqlite:"), url.len - strlen("sqlite:")};
  for (size_t i = 0; i < COUNT_OF(endings); i++)
    unlink(str_format(a, "%.*s%s", STR_ARGS(file), endings[i]).at);
  cli_remove_folder(a, str_format(a, "%.*s-index", STR_ARGS(file)));
}
