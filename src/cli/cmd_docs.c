/* cmd_docs.c - what the tables say: the OpenAPI document and shell completion. */
#include "cli/commands.h"

int cmd_openapi(cli *self) {
  str text = http_openapi(self->ctx->arena, app_modules, app_module_count);
  fprintf(self->out, "%.*s\n", STR_ARGS(text));
  return 0;
}

static void complete_command(FILE *out, const subcommand *s) {
  fprintf(out, "    %s) options=\"--help", s->name);
  for (size_t i = 0; i < s->option_count; i++)
    fprintf(out, " --%s", s->options[i].name);
  fputs("\" ;;\n", out);
}

int cmd_completion(cli *self) {
  fputs("# Completion for bash and zsh (zsh: autoload -U bashcompinit; bashcompinit first).\n"
        "_tael() {\n  local word=\"${COMP_WORDS[COMP_CWORD]}\" options=\"\"\n"
        "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n    COMPREPLY=($(compgen -W \"help",
        self->out);
  for (size_t i = 0; i < cli_subcommand_count; i++)
    fprintf(self->out, " %s", cli_subcommands[i].name);
  fputs("\" -- \"$word\"))\n    return\n  fi\n  case \"${COMP_WORDS[1]}\" in\n", self->out);
  for (size_t i = 0; i < cli_subcommand_count; i++)
    complete_command(self->out, &cli_subcommands[i]);
  fputs("  esac\n  case \"$word\" in\n    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")) "
        ";;\n"
        "    *) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n  esac\n}\ncomplete -F _tael tael\n",
        self->out);
  return 0;
}
