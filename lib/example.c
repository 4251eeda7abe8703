/* example.c - opens two accounts on a Tael server, moves money between them, and shows what is
 * left. Usage: example HOST:PORT API-KEY */
#include <stdio.h>
#include <tael.h>

int main(int argc, char **argv) {
  tael *t;
  tael_options options = {.address = argc == 3 ? argv[1] : NULL, .key = argc == 3 ? argv[2] : NULL};
  tael_error e = tael_connect(&options, &t);
  if (e != TAEL_DONE) return fprintf(stderr, "%s\n", tael_error_text(e)), 1;

  tael_account accounts[2] = {{.asset = 156}, {.asset = 156, .flags = TAEL_NO_DEBIT_BALANCE}};
  e = tael_open_accounts(t, tael_id(), accounts, 2);

  tael_transfer batch[2];
  for (int i = 0; i < 2; i++) /* ids are kept by whoever must be able to ask again */
    batch[i] = (tael_transfer){.id = tael_id(), .amount = 100 + i, .code = 1};
  batch[0].debit_account = batch[1].credit_account = accounts[0].account;
  batch[0].credit_account = batch[1].debit_account = accounts[1].account;

  tael_failure failed[2];
  size_t count = 0, found = 0;
  if (e == TAEL_DONE) e = tael_transfers(t, batch, 2, failed, 2, &count);
  for (size_t i = 0; i < count; i++)
    printf("transfer %u: %s\n", failed[i].index, tael_result_text(failed[i].result));
  if (e == TAEL_DONE) e = tael_lookup_accounts(t, &accounts[1].account, 1, accounts, &found);
  if (e != TAEL_DONE) fprintf(stderr, "%s %s\n", tael_error_text(e), tael_detail(t));
  if (found == 1)
    printf("balance: %lld\n", (long long)(accounts[0].credits_posted - accounts[0].debits_posted));
  tael_close(t);
  return e == TAEL_DONE ? 0 : 1;
}
