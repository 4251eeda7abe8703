/* cmd_key.c - an API key from the command line: whoever may write to the store may make one for any
 * user. */
#include "cli/commands.h"

int cmd_key(cli *self) {
  int64_t days = 0;
  uint64_t scopes = 0;
  id user = 0;
  str secret = {0};
  if (!cli_int(self, "days", 1, 3650, &days)) return EXIT_USAGE;
  status s = identity_scopes_of_words(self->ctx, str_from(cli_text(self, "scopes")), &scopes);
  if (s == OK) s = identity_user_by_email(self->ctx, self->db, str_from(self->words[0]), &user);
  if (s == OK)
    s = identity_issue_key(self->ctx, self->app->engine, user, str_from(cli_text(self, "name")),
                           scopes, days, &secret);
  if (s != OK) return cli_fail(self, s);
  fprintf(self->out, "%.*s\n", STR_ARGS(secret));
  fprintf(self->err, "Keep it: only its hash is stored. Send it as: Authorization: Bearer KEY\n");
  return 0;
}
