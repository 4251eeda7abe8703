/* soak.c - a stream of batches with every id known, for the tests that kill the server under it:
 * sends BATCHES batches of SIZE transfers of 1 from one account to another, resends what the server
 * does not answer, then asks for every id and for the balance and reckons.
 *
 *   tael_soak ADDRESS KEY BATCHES SIZE CONNECTIONS DEPTH
 *
 * Prints "acknowledged N" after each batch, then one line "ok ..." or "failed: ..."; exit 0 or 1.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <tael.h>

typedef struct soak {
  tael *t;
  tael_account accounts[2];
  tael_transfer *all;
  size_t batches, size;
  uint64_t ended, accepted, existed, refused, resent;
  tael_error error;
} soak;

static void note(const tael_outcome *o, void *arg) {
  soak *s = arg;
  s->ended++;
  s->accepted += o->accepted;
  s->resent += o->sent > 1;
  if (o->error != TAEL_DONE && s->error == TAEL_DONE) s->error = o->error;
  for (size_t i = 0; i < o->failure_count; i++) {
    if (o->failures[i].result == TAEL_RESULT_EXISTS && o->sent > 1)
      s->existed++;
    else
      s->refused++;
  }
  printf("acknowledged %" PRIu64 "\n", s->ended);
  fflush(stdout);
}

static tael_error send_all(soak *s) {
  for (size_t b = 0; b < s->batches; b++) {
    tael_transfer *batch = s->all + b * s->size;
    for (size_t i = 0; i < s->size; i++)
      batch[i] = (tael_transfer){.id = tael_id(),
                                 .debit_account = s->accounts[0].account,
                                 .credit_account = s->accounts[1].account,
                                 .amount = 1,
                                 .ref = (int64_t)(b * s->size + i),
                                 .code = 1};
    tael_error e = tael_submit(s->t, batch, s->size, note, s, NULL);
    if (e != TAEL_DONE) return e;
  }
  return tael_wait(s->t, 0, -1);
}

/* Every transfer is there, just as it was sent, and the balance is their sum. */
static const char *reckon(soak *s) {
  tael_uid *ids = calloc(s->size, sizeof *ids);
  tael_transfer *seen = calloc(s->size, sizeof *seen);
  const char *wrong = ids == NULL || seen == NULL ? "no memory" : NULL;
  for (size_t b = 0; b < s->batches && wrong == NULL; b++) {
    const tael_transfer *batch = s->all + b * s->size;
    size_t found = 0;
    for (size_t i = 0; i < s->size; i++)
      ids[i] = batch[i].id;
    if (tael_lookup_transfers(s->t, ids, s->size, seen, &found) != TAEL_DONE)
      wrong = "a look-up failed";
    else if (found != s->size)
      wrong = "an acknowledged transfer is lost";
    for (size_t i = 0; i < found && wrong == NULL; i++)
      if (seen[i].ref != batch[i].ref || seen[i].amount != 1) wrong = "a transfer was changed";
  }
  free(ids);
  free(seen);
  size_t found = 0;
  tael_account a;
  if (wrong != NULL) return wrong;
  if (tael_lookup_accounts(s->t, &s->accounts[1].account, 1, &a, &found) != TAEL_DONE || found != 1)
    return "the account is lost";
  bool sums = a.credits_posted == (int64_t)(s->batches * s->size) && a.debits_posted == 0;
  return sums ? NULL : "the balance is not the sum of the transfers: something moved twice";
}

static const char *run(soak *s) {
  s->accounts[0] = (tael_account){.asset = 156};
  s->accounts[1] = (tael_account){.asset = 156, .flags = TAEL_NO_DEBIT_BALANCE};
  s->all = calloc(s->batches * s->size, sizeof *s->all);
  if (s->all == NULL) return "no memory";
  tael_error e = tael_open_accounts(s->t, tael_id(), s->accounts, 2);
  if (e == TAEL_DONE) e = send_all(s);
  if (e == TAEL_DONE) e = s->error;
  if (e != TAEL_DONE) return tael_error_text(e);
  if (s->refused > 0) return "a transfer was refused";
  if (s->accepted + s->existed != s->batches * s->size) return "the outcomes do not add up";
  return reckon(s);
}

int main(int argc, char **argv) {
  if (argc != 7) return fprintf(stderr, "six words are wanted; see soak.c\n"), 2;
  soak s = {.batches = strtoul(argv[3], NULL, 10), .size = strtoul(argv[4], NULL, 10)};
  tael_options o = {.address = argv[1],
                    .key = argv[2],
                    .connections = (unsigned)strtoul(argv[5], NULL, 10),
                    .depth = (unsigned)strtoul(argv[6], NULL, 10)};
  tael_error e = tael_connect(&o, &s.t);
  const char *wrong = e == TAEL_DONE ? run(&s) : tael_error_text(e);
  if (wrong == NULL)
    printf("ok: %" PRIu64 " batches, %" PRIu64 " newly accepted, %" PRIu64
           " found accepted before, %" PRIu64 " batches sent again\n",
           s.ended, s.accepted, s.existed, s.resent);
  else
    printf("failed: %s (%s)\n", wrong, e == TAEL_DONE ? tael_detail(s.t) : "");
  if (e == TAEL_DONE) tael_close(s.t);
  free(s.all);
  return wrong == NULL ? 0 : 1;
}
