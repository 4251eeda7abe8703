/* checkpoint.c - signed checkpoints: made daily and on request, listed, read back. The signing key
 * is derived from the store's master key and never leaves memory; checking (ledger_check_seal)
 * needs no secret. */
#include "modules/books/commands.h"

#include <jansson.h>
#include <sodium.h>

/* --- sealing ---------------------------------------------------------------------------------- */
static status seal_load(ctx *c, tx *t, void *state) {
  seal_state *s = state;
  return identity_signing_seed(c, tx_db(t), s->seed);
}

static status seal_decide(ctx *c, tx *t, void *state) {
  UNUSED(c);
  UNUSED(t);
  UNUSED(state);
  return OK;
}

static status seal_write(ctx *c, tx *t, void *state) {
  seal_state *s = state;
  status sealed = ledger_seal(c, tx_db(t), s->seed, &s->seal);
  sodium_memzero(s->seed, sizeof s->seed);
  TRY(sealed);
  tx_audit(t, ID_CHECKPOINT, s->seal.checkpoint_id, STR("{}"));
  if (s->out != NULL) books_checkpoint_out(c->arena, &s->seal, s->out);
  return OK;
}

const command_type books_seal = {
    .name = "ledger.seal", .load = seal_load, .decide = seal_decide, .write = seal_write};

static status run_seal(ctx *c, engine *e, date business_date, str *report) {
  UNUSED(business_date);
  seal_state s = {.out = NULL};
  TRY(engine_call(c, e, &books_seal, &s, engine_system(e)));
  *report = id_print(c->arena, ID_CHECKPOINT, s.seal.checkpoint_id);
  return OK;
}

const job_type books_seal_job = {.name = "ledger.seal",
                                 .doc = "Signs the heads of all chains into a checkpoint",
                                 .order = 900,
                                 .run = run_seal};

/* --- the wire --------------------------------------------------------------------------------- */
static str text_of(arena *a, const json_t *root, const char *name) {
  const json_t *v = json_object_get(root, name);
  return json_is_string(v) ? str_copy(a, (str){json_string_value(v), json_string_length(v)})
                           : STR("");
}

bool books_parse_checkpoint(arena *a, str json, checkpoint *out) {
  json_t *root = json_loadb(json.at, json.len, JSON_REJECT_DUPLICATES, NULL);
  *out = (checkpoint){.body = text_of(a, root, "body")};
  bool good = id_parse(text_of(a, root, "checkpoint"), ID_CHECKPOINT, &out->checkpoint_id) &&
              instant_parse(text_of(a, root, "at"), &out->at) &&
              str_unhex(text_of(a, root, "signature"), out->signature, sizeof out->signature) &&
              str_unhex(text_of(a, root, "public_key"), out->public_key, sizeof out->public_key);
  json_decref(root);
  return good;
}

status books_prepare_seal(ctx *c, const request *r, command *cmd, void **out) {
  UNUSED(r);
  seal_state *s = ARENA_NEW(c->arena, seal_state);
  s->out = ARENA_NEW(c->arena, checkpoint_out);
  cmd->type = &books_seal;
  cmd->state = s;
  *out = s->out;
  return OK;
}

status books_list_seals(ctx *c, const request *r, db *d, void *out) {
  const page_query *q = r->query;
  int64_t before = 0;
  checkpoint *found;
  size_t count;
  if (q->after.len > 0 && !cursor_parse(q->after, &before, 1))
    return fail_field(c, E_MALFORMED, STR("query/after"),
                      "Use the `next` of the page before, unchanged.");
  TRY(ledger_checkpoints(c, d, before, (size_t)q->limit, &found, &count));
  checkpoint_out *rows = ARENA_ARRAY(c->arena, checkpoint_out, count + 1);
  for (size_t i = 0; i < count; i++)
    books_checkpoint_out(c->arena, &found[i], &rows[i]);
  list_out *list = out;
  list->items = (field_array){rows, count};
  if (count == (size_t)q->limit)
    list->next = cursor_print(c->arena, &found[count - 1].checkpoint_id, 1);
  return OK;
}
