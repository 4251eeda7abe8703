/* cmd_verify.c - `tael verify`: every proof over a store, in one snapshot: books and chains, goods,
 * escrow, payments, stored answers, safeguarding, checkpoints. Reads only. Says one JSON object
 * whatever the store is like, one that can't be opened too. */
#include "cli/commands.h"
#include "modules/books/books.h"
#include "modules/commerce/commerce.h"

enum { SEAL_MAX = 1 << 20 };

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
      r->violation = str_format(
          c->arena, "safeguarding: customers are owed %lld, the reserve holds %lld (asset %u)",
          (long long)proofs[i].owed, (long long)proofs[i].assets, proofs[i].currency);
  }
  return OK;
}

/* A key stored twice would be two effects of one request; its table's key forbids it. Only
 * committed outcomes are stored, so this looks for answers that can't be one. */
static status verify_idempotency(ctx *c, db *d, verify_report *r) {
  db_rows *rows;
  TRY(db_query0(c, d, &rows,
                "select count(*) from engine_key where length(body_hash) <> 32 or http_status not "
                "between 200 and 299"));
  TRY(count_of(c, d, rows, &r->damaged_answers));
  if (r->damaged_answers > 0)
    r->violation =
        str_format(c->arena, "%lld stored answers are damaged", (long long)r->damaged_answers);
  return OK;
}

/* The newest checkpoint of the store, and one that was kept elsewhere: what was sealed must still
 * be there. */
static status verify_seals(ctx *c, db *d, const checkpoint *kept, verify_report *r) {
  checkpoint *last;
  size_t count;
  TRY(ledger_checkpoints(c, d, 0, 1, &last, &count));
  if (count > 0) TRY(ledger_check_seal(c, d, last, &r->violation));
  if (kept != NULL && r->violation.len == 0) TRY(ledger_check_seal(c, d, kept, &r->violation));
  return OK;
}

static status verify_all(ctx *c, db *d, const checkpoint *kept, verify_report *r) {
  TRY(ledger_verify(c, d, &r->books));
  r->violation = r->books.violation;
  if (r->violation.len == 0) TRY(commerce_verify(c, d, &r->violation));
  if (r->violation.len == 0) TRY(payment_verify(c, d, &r->violation));
  if (r->violation.len == 0) TRY(verify_idempotency(c, d, r));
  if (r->violation.len == 0) TRY(verify_safeguarding(c, d, r));
  if (r->violation.len == 0) TRY(verify_seals(c, d, kept, r));
  return OK;
}

status cli_verify(ctx *c, db *d, str *violation) {
  verify_report r = {0};
  TRY(verify_all(c, d, NULL, &r));
  *violation = r.violation;
  return OK;
}

static bool read_kept(cli *self, checkpoint *out) {
  const char *path = cli_text(self, "seal");
  FILE *f = fopen(path, "rb");
  char *text = ARENA_ARRAY(self->ctx->arena, char, SEAL_MAX);
  size_t len = f == NULL ? 0 : fread(text, 1, SEAL_MAX, f);
  if (f != NULL) fclose(f);
  if (len > 0 && len < SEAL_MAX && books_parse_checkpoint(self->ctx->arena, (str){text, len}, out))
    return true;
  fprintf(self->err, "tael verify: %s is not a checkpoint as GET /v1/checkpoints gives one\n",
          path);
  return false;
}

static void print_report(cli *self, const verify_report *r, const sha256 *hash) {
  buf b = buf_make(self->ctx->arena, 64 * 1024);
  buf_format(&b, "{\"ok\":%s,\"violation\":", r->violation.len == 0 ? "true" : "false");
  if (r->violation.len == 0)
    buf_add(&b, STR("null"));
  else
    buf_add_json(&b, r->violation);
  buf_format(&b,
             ",\"transfers\":%lld,\"accounts\":%lld,\"open_holds\":%lld,\"lanes\":%lld,"
             "\"safeguarded\":%lld",
             (long long)r->books.transfers, (long long)r->books.accounts,
             (long long)r->books.open_holds, (long long)r->books.lanes, (long long)r->safeguarded);
  if (hash != NULL)
    buf_format(&b, ",\"state_hash\":\"%.*s\"",
               STR_ARGS(str_hex(self->ctx->arena, hash->bytes, sizeof hash->bytes)));
  buf_add_char(&b, '}');
  fprintf(self->out, "%.*s\n", STR_ARGS(buf_str(&b)));
}

static status prove(cli *self, const checkpoint *kept, verify_report *r, sha256 *hash) {
  db *d;
  TRY(app_read_store(self->ctx, cli_text(self, "db"), &d));
  status s = db_begin(self->ctx, d);
  if (s == OK) s = verify_all(self->ctx, d, kept, r);
  if (s == OK && hash != NULL) s = db_state_hash(self->ctx, d, hash);
  db_rollback(d);
  db_close(d);
  return s;
}

int cmd_verify(cli *self) {
  verify_report r = {0};
  sha256 hash = {0};
  checkpoint kept;
  bool hashes = cli_switch(self, "hash"), has_kept = cli_text(self, "seal") != NULL;
  if (has_kept && !read_kept(self, &kept)) return EXIT_USAGE;
  if (prove(self, has_kept ? &kept : NULL, &r, hashes ? &hash : NULL) != OK)
    r.violation = str_format(self->ctx->arena, "the store could not be read: %.*s",
                             STR_ARGS(self->ctx->fault.detail));
  print_report(self, &r, hashes ? &hash : NULL);
  return r.violation.len == 0 ? 0 : EXIT_FAILED;
}
