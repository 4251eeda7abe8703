/* proof.c - the books proved on the spot: a proof is asked for, a task takes its steps one by one,
 * and what each found is kept and told as an event. It reads only; each step in one snapshot. */
#include "modules/commerce/commerce.h"
#include "modules/desk/inside.h"
#include "modules/payment/payment.h"

const char *const proof_states[] = {"waiting", "running", "proved", "disproved", "failed", NULL};
const char *const proof_steps[] = {"trial_balance", "safeguarding", "goods", "books", NULL};

/* --- asking ----------------------------------------------------------------------------------- */

static status ask_decide(ctx *c, tx *t, void *state) {
  proof_row *p = state;
  p->proof = id_next(c);
  p->asked_by = tx_who(t).actor;
  p->asked_at = c->now;
  p->state = PROOF_WAITS;
  proof_step_row *steps = ARENA_ARRAY(c->arena, proof_step_row, PROOF_STEPS);
  for (int i = 0; i < PROOF_STEPS; i++)
    steps[i] = (proof_step_row){.step = i, .figures = STR("{}")};
  p->steps = (field_array){steps, PROOF_STEPS};
  return OK;
}

static status ask_write(ctx *c, tx *t, void *state) {
  const proof_row *p = state;
  db *d = tx_db(t);
  tx_audit(t, ID_PROOF, p->proof, STR("{}"));
  TRY(db_run(c, d,
             "insert into desk_proof (proof, asked_by, asked_at, ended_at, state)"
             " values (?1, ?2, ?3, 0, 0)",
             DB_INT(p->proof), DB_INT(p->asked_by), DB_INT(p->asked_at)));
  for (int i = 0; i < PROOF_STEPS; i++)
    TRY(db_run(c, d,
               "insert into desk_proof_step (proof, step, state, violation, figures, began_at,"
               " ended_at) values (?1, ?2, 0, '', '{}', 0, 0)",
               DB_INT(p->proof), DB_INT(i)));
  return tx_task(c, t, desk_prove_task.kind, p->proof, c->now);
}
const command_type desk_ask_proof = {.name = "proof.ask", .decide = ask_decide, .write = ask_write};

/* --- keeping what was found ------------------------------------------------------------------- */

typedef struct step_found {
  id proof;
  proof_step_row row;
  int state; /* of the whole proof after it */
  instant ended_at;
  id platform;
} step_found;

static status step_load(ctx *c, tx *t, void *state) {
  market m;
  TRY(identity_market(c, tx_db(t), &m));
  ((step_found *)state)->platform = m.platform;
  return OK;
}

static status step_decide(ctx *c, tx *t, void *state) {
  UNUSED(c);
  UNUSED(t);
  UNUSED(state);
  return OK;
}

static status step_write(ctx *c, tx *t, void *state) {
  const step_found *s = state;
  db *d = tx_db(t);
  str proof = id_print(c->arena, ID_PROOF, s->proof);
  TRY(db_run(c, d,
             "update desk_proof_step set state = ?3, violation = ?4, figures = ?5, began_at = ?6,"
             " ended_at = ?7 where proof = ?1 and step = ?2",
             DB_INT(s->proof), DB_INT(s->row.step), DB_INT(s->row.state), DB_TEXT(s->row.violation),
             DB_TEXT(s->row.figures), DB_INT(s->row.began_at), DB_INT(s->row.ended_at)));
  TRY(db_run(c, d, "update desk_proof set state = ?2, ended_at = ?3 where proof = ?1",
             DB_INT(s->proof), DB_INT(s->state), DB_INT(s->ended_at)));
  return tx_emit(c, t, "proof.step", ID_PROOF, s->proof, s->platform,
                 str_format(c->arena, "{\"proof\":\"%.*s\",\"step\":\"%s\",\"state\":\"%s\"}",
                            STR_ARGS(proof), proof_steps[s->row.step], proof_states[s->row.state]));
}
static const command_type step_type = {.name = "proof.step",
                                       .flags = COMMAND_QUIET,
                                       .load = step_load,
                                       .decide = step_decide,
                                       .write = step_write};

/* --- the steps -------------------------------------------------------------------------------- */

static status prove_trial(ctx *c, db *d, proof_step_row *row) {
  trial_line *lines;
  size_t count, at = 0, kinds = 0;
  TRY(ledger_trial_balance(c, d, 0, &lines, &count));
  map *sums = map_open(64);
  if (sums == NULL)
    return fail(c, E_NO_MEMORY, "There is not enough memory for the trial balance.");
  bool fits = true;
  for (size_t i = 0; i < count && fits; i++) {
    int64_t *net = map_get(sums, lines[i].asset);
    if (net == NULL) {
      net = ARENA_NEW(c->arena, int64_t);
      fits = map_put(sums, lines[i].asset, net);
    }
    *net += lines[i].total.debits_posted - lines[i].total.credits_posted;
  }
  uint64_t number;
  void *net;
  for (; map_next(sums, &at, &number, &net); kinds++) {
    if (*(int64_t *)net == 0) continue;
    row->violation = str_format(c->arena, "debits and credits of asset %llu differ by %lld",
                                (unsigned long long)number, (long long)*(int64_t *)net);
  }
  map_close(sums);
  row->figures = str_format(c->arena, "{\"lines\":%zu,\"assets\":%zu}", count, kinds);
  return fits ? OK : fail(c, E_NO_MEMORY, "There is not enough memory for the trial balance.");
}

static status prove_safeguarding(ctx *c, db *d, proof_step_row *row) {
  safeguard_proof *proofs;
  size_t count;
  int64_t assets = 0, owed = 0;
  TRY(payment_safeguard(c, d, &proofs, &count));
  for (size_t i = 0; i < count; i++) {
    assets += proofs[i].assets;
    owed += proofs[i].owed;
    if (!proofs[i].equal)
      row->violation = str_format(c->arena, "customers are owed %lld, the reserve holds %lld",
                                  (long long)proofs[i].owed, (long long)proofs[i].assets);
  }
  row->figures = str_format(c->arena, "{\"held\":%lld,\"owed\":%lld,\"books\":%zu}",
                            (long long)assets, (long long)owed, count);
  return OK;
}

static status prove_books(ctx *c, db *d, proof_step_row *row) {
  ledger_proof proof;
  TRY(ledger_verify(c, d, &proof));
  row->violation = proof.violation;
  row->figures = str_format(
      c->arena, "{\"transfers\":%lld,\"accounts\":%lld,\"open_holds\":%lld,\"lanes\":%lld}",
      (long long)proof.transfers, (long long)proof.accounts, (long long)proof.open_holds,
      (long long)proof.lanes);
  return OK;
}

static status prove_step(ctx *c, db *d, proof_step_row *row) {
  row->figures = STR("{}");
  if (row->step == 0) return prove_trial(c, d, row);
  if (row->step == 1) return prove_safeguarding(c, d, row);
  if (row->step == 2) return commerce_verify(c, d, &row->violation);
  return prove_books(c, d, row);
}

static status look(ctx *c, engine *e, proof_step_row *row) {
  db *reader = engine_reader(e, c);
  if (reader == NULL) return c->fault.code;
  status s = db_begin(c, reader);
  if (s == OK) s = prove_step(c, reader, row);
  db_rollback(reader);
  engine_reader_done(e, reader);
  return s;
}

/* --- the task --------------------------------------------------------------------------------- */

static status note(ctx *c, engine *e, step_found *s) {
  return engine_call(c, e, &step_type, s, engine_system(e));
}

static status run_step(ctx *c, engine *e, step_found *s) {
  s->row.state = PROOF_RUNS;
  s->row.began_at = engine_now(e);
  TRY(note(c, e, s));
  status looked = look(c, e, &s->row);
  if (looked != OK) {
    s->row.violation = str_copy(c->arena, c->fault.detail);
    fault_clear(c);
  }
  s->row.ended_at = engine_now(e);
  s->row.state = looked != OK                ? PROOF_FAILED
                 : s->row.violation.len == 0 ? PROOF_PROVED
                                             : PROOF_DISPROVED;
  return OK;
}

/* A run that was cut off begins again with the first step: what is found must be of one run. */
static status run_proof(ctx *c, engine *e, const task *t, instant *retry_at) {
  int worst = PROOF_PROVED;
  UNUSED(retry_at);
  for (int i = 0; i < PROOF_STEPS; i++) {
    step_found s = {.proof = t->subject, .row = {.step = i}, .state = PROOF_RUNS};
    TRY(run_step(c, e, &s));
    if (s.row.state > worst) worst = s.row.state;
    if (i == PROOF_STEPS - 1) {
      s.state = worst;
      s.ended_at = engine_now(e);
    }
    TRY(note(c, e, &s));
  }
  return OK;
}
const task_type desk_prove_task = {.kind = "desk.prove", .run = run_proof, .tries_max = 3};

/* --- reading ---------------------------------------------------------------------------------- */

static status load_steps(ctx *c, db *d, proof_row *p) {
  proof_step_row *steps = ARENA_ARRAY(c->arena, proof_step_row, PROOF_STEPS);
  size_t count = 0;
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select step, state, violation, figures, began_at, ended_at from desk_proof_step"
               " where proof = ?1 order by step",
               DB_INT(p->proof)));
  while (count < PROOF_STEPS && db_next(rows)) {
    steps[count++] = (proof_step_row){.step = (int)db_get_int(rows, 0),
                                      .state = (int)db_get_int(rows, 1),
                                      .violation = db_keep_text(rows, 2, c->arena),
                                      .figures = db_keep_text(rows, 3, c->arena),
                                      .began_at = db_get_int(rows, 4),
                                      .ended_at = db_get_int(rows, 5)};
  }
  p->steps = (field_array){steps, count};
  return db_done(c, rows);
}

status desk_load_proof(ctx *c, db *d, id proof, proof_row *out) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select asked_by, asked_at, ended_at, state from desk_proof where proof = ?1",
               DB_INT(proof)));
  bool found = db_next(rows);
  if (found)
    *out = (proof_row){.proof = proof,
                       .asked_by = db_get_int(rows, 0),
                       .asked_at = db_get_int(rows, 1),
                       .ended_at = db_get_int(rows, 2),
                       .state = (int)db_get_int(rows, 3)};
  TRY(db_done(c, rows));
  if (!found) return fail(c, E_NOT_FOUND, "There is no such proof.");
  return load_steps(c, d, out);
}
