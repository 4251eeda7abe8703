/* cmd_store.c - commands about a store as a whole: backup, restore. */
#include "cli/commands.h"
#include "modules/commerce/commerce.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* --- backup, restore -------------------------------------------------------------------------- */
int cmd_backup(cli *self) {
  const char *to = self->words[0];
  if (access(to, F_OK) == 0) {
    fprintf(self->err,
            "tael backup: %s exists already; choose another name, a backup is never written over\n",
            to);
    return EXIT_FAILED;
  }
  status s = db_backup(self->ctx, self->db, str_from(to));
  if (s != OK) return cli_fail(self, s);
  fprintf(self->out, "Copied to %s. Check it with: tael verify --db sqlite:%s\n", to, to);
  return 0;
}

static bool copy_file(const char *from, const char *to) {
  FILE *in = fopen(from, "rb"), *out = in == NULL ? NULL : fopen(to, "wbx");
  char part[1 << 16];
  size_t n = 0;
  bool good = in != NULL && out != NULL;
  while (good && (n = fread(part, 1, sizeof part, in)) > 0)
    good = fwrite(part, 1, n, out) == n;
  if (good) good = fflush(out) == 0 && fsync(fileno(out)) == 0;
  if (in != NULL) fclose(in);
  if (out != NULL) fclose(out);
  return good;
}

int cmd_restore(cli *self) {
  const char *from = self->words[0], *url = cli_text(self, "db");
  if (strncmp(url, "sqlite:", 7) != 0) {
    fprintf(self->err, "tael restore: for PostgreSQL use pg_restore, then: tael verify --db URL\n");
    return EXIT_FAILED;
  }
  if (!copy_file(from, url + 7)) {
    fprintf(self->err, "tael restore: could not copy %s to %s: %s; the target must not exist yet\n",
            from, url + 7, strerror(errno));
    return EXIT_FAILED;
  }
  db *d = NULL;
  str violation = {0};
  status s = app_read_store(self->ctx, url, &d);
  if (s == OK) s = cli_verify(self->ctx, d, &violation);
  db_close(d);
  if (s != OK) return cli_fail(self, s);
  if (violation.len > 0) {
    fprintf(self->err, "tael restore: copied, but the books do not verify: %.*s\n",
            STR_ARGS(violation));
    return EXIT_FAILED;
  }
  fprintf(self->out,
          "Restored to %s and verified. Restore FILE.key beside it too: personal data can't be "
          "read without it.\n",
          url);
  return 0;
}
