/* cmd_store.c - commands about a store as a whole: verify, migrate, backup, restore. */
#include "cli/commands.h"
#include "modules/commerce/commerce.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* --- verify ------------------------------------------------------------------------------------------------------------- */
typedef struct verify_report {
  ledger_proof books;
  int64_t damaged_answers, safeguarded;
  str violation;
} verify_report;

static status count_of(ctx *c, db *d, db_rows *rows, int64_t *out) {
  UNUSED(d);
  *out = db_next(rows) ? db_get_int(rows, 0) : 0;
  return db_done(c, rows);
}

static status verify_safeguarding(ctx *c, db *d, verify_report *r) {
  safeguard_proof *proofs;
  size_t count;
  TRY(payment_safeguard(c, d, &proofs, &count));
  for (size_t i = 0; i < count && r->violation.len == 0; i++) {
    r->safeguarded += proofs[i].owed;
    if (!proofs[i].equal)
      r->violation = str_format(c->arena, "safeguarding: customers are owed %lld, the reserve holds %lld (asset %u)",
                                (long long)proofs[i].owed, (long long)proofs[i].assets, proofs[i].currency);
  }
  return OK;
}

/* A key stored twice would be two effects of one request; its table's key forbids it. Only committed outcomes are stored, so
 * this looks for answers that can't be one. */
static status verify_idempotency(ctx *c, db *d, verify_report *r) {
  db_rows *rows;
  TRY(db_query0(c, d, &rows, "select count(*) from engine_key where length(body_hash) <> 32 or http_status not between 200 and 299"));
  TRY(count_of(c, d, rows, &r->damaged_answers));
  if (r->damaged_answers > 0)
    r->violation = str_format(c->arena, "%lld stored answers are damaged", (long long)r->damaged_answers);
  return OK;
}

static status verify_all(ctx *c, db *d, verify_report *r) {
  TRY(ledger_verify(c, d, &r->books));
  r->violation = r->books.violation;
  if (r->violation.len == 0) TRY(commerce_verify(c, d, &r->violation));
  if (r->violation.len == 0) TRY(verify_idempotency(c, d, r));
  if (r->violation.len == 0) TRY(verify_safeguarding(c, d, r));
  return OK;
}

status cli_verify(ctx *c, db *d, str *violation) {
  verify_report r = {0};
  TRY(verify_all(c, d, &r));
  *violation = r.violation;
  return OK;
}

int cmd_verify(cli *self) {
  verify_report r = {0};
  sha256 hash = {0};
  bool hashes = cli_switch(self, "hash");
  status s = db_begin(self->ctx, self->db);
  if (s == OK) s = verify_all(self->ctx, self->db, &r);
  if (s == OK && hashes) s = db_state_hash(self->ctx, self->db, &hash);
  db_rollback(self->db);
  if (s != OK) r.violation = str_format(self->ctx->arena, "the store could not be read: %.*s", STR_ARGS(self->ctx->fault.detail));
  buf b = buf_make(self->ctx->arena, 64 * 1024);
  buf_format(&b, "{\"ok\":%s,\"violation\":", r.violation.len == 0 ? "true" : "false");
  if (r.violation.len == 0) buf_add(&b, STR("null"));
  else buf_add_json(&b, r.violation);
  buf_format(&b, ",\"transfers\":%lld,\"accounts\":%lld,\"open_holds\":%lld,\"lanes\":%lld,\"safeguarded\":%lld",
             (long long)r.books.transfers, (long long)r.books.accounts, (long long)r.books.open_holds, (long long)r.books.lanes,
             (long long)r.safeguarded);
  if (hashes) buf_format(&b, ",\"state_hash\":\"%.*s\"", STR_ARGS(str_hex(self->ctx->arena, hash.bytes, sizeof hash.bytes)));
  buf_add_char(&b, '}');
  fprintf(self->out, "%.*s\n", STR_ARGS(buf_str(&b)));
  return r.violation.len == 0 ? 0 : EXIT_FAILED;
}

/* --- migrate -------------------------------------------------------------------------------------------------------------- */
int cmd_migrate(cli *self) {
  status s = app_migrate(self->ctx, cli_text(self, "db"));
  if (s != OK) return cli_fail(self, s);
  fprintf(self->out, "The store is at this program's version.\n");
  return 0;
}

/* --- backup, restore --------------------------------------------------------------------------------------------------------- */
int cmd_backup(cli *self) {
  const char *to = self->words[0];
  if (access(to, F_OK) == 0) {
    fprintf(self->err, "tael backup: %s exists already; choose another name, a backup is never written over\n", to);
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
  while (good && (n = fread(part, 1, sizeof part, in)) > 0) good = fwrite(part, 1, n, out) == n;
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
    fprintf(self->err, "tael restore: could not copy %s to %s: %s; the target must not exist yet\n", from, url + 7, strerror(errno));
    return EXIT_FAILED;
  }
  db *d = NULL;
  str violation = {0};
  status s = app_read_store(self->ctx, url, &d);
  if (s == OK) s = cli_verify(self->ctx, d, &violation);
  db_close(d);
  if (s != OK) return cli_fail(self, s);
  if (violation.len > 0) {
    fprintf(self->err, "tael restore: copied, but the books do not verify: %.*s\n", STR_ARGS(violation));
    return EXIT_FAILED;
  }
  fprintf(self->out, "Restored to %s and verified. Restore FILE.key beside it too: personal data can't be read without it.\n", url);
  return 0;
}
