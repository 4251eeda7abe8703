/* test_frames.c - the binary bodies byte by byte: golden records, what the client's header says of
 * them, and that a hostile body is refused by place and never read past its end. */
#include "modules/books/frames.h"
#include "modules/books/test_groups.h"
#include "base/testing.h"

#include <stddef.h>
#include <string.h>
#include <tael.h>

static ctx open_ctx(void **state) {
  arena *a = arena_open(64 << 20);
  assert_non_null(a);
  *state = a;
  return (ctx){.arena = a};
}

static int close_ctx(void **state) {
  arena_close(*state);
  return 0;
}

/* Every member another number, so that two that are swapped show. */
static tael_transfer sample(void) {
  return (tael_transfer){.id = {.low = 0x1716151413121110, .high = 0x1f1e1d1c1b1a1918},
                         .debit_account = 0x2726252423222120,
                         .credit_account = 0x2f2e2d2c2b2a2928,
                         .amount = 0x3736353433323130,
                         .pending_id = {.low = 0x4746454443424140, .high = 0x4f4e4d4c4b4a4948},
                         .ref = 0x5756555453525150,
                         .asset = 0x63626160,
                         .timeout_s = 0x67666564,
                         .code = 0x6968,
                         .flags = 0x6b6a,
                         .version = 1};
}

static const char golden[] = "101112131415161718191a1b1c1d1e1f" /* id */
                             "2021222324252627"                 /* debit */
                             "28292a2b2c2d2e2f"                 /* credit */
                             "3031323334353637"                 /* amount */
                             "404142434445464748494a4b4c4d4e4f" /* pending_id */
                             "0000000000000000"                 /* time */
                             "0000000000000000"                 /* command */
                             "0000000000000000"                 /* entity */
                             "5051525354555657"                 /* ref */
                             "60616263"                         /* asset */
                             "00000000"                         /* business_date */
                             "64656667"                         /* timeout_s */
                             "6869"                             /* code */
                             "6a6b"                             /* flags */
                             "0100"                             /* version */
                             "0000"                             /* lane */
                             "00000000"                         /* reserved */
                             "0000000000000000"                 /* sequence */
                             "0000000000000000";                /* reserved2 */

static void a_clients_record_is_the_ledgers_record_byte_for_byte(void **state) {
  ctx c = open_ctx(state);
  tael_transfer theirs = sample();
  str hex = str_hex(c.arena, &theirs, sizeof theirs);
  assert_true(str_eq(hex, STR(golden)));
  transfer *ours;
  size_t count;
  assert_int_equal(
      frame_read_transfers(&c, (str){(const char *)&theirs, sizeof theirs}, &ours, &count), OK);
  assert_int_equal(count, 1);
  assert_true(ours->id.low == theirs.id.low && ours->id.high == theirs.id.high);
  assert_true(ours->debit_account == theirs.debit_account && ours->amount == theirs.amount);
  assert_true(ours->credit_account == theirs.credit_account && ours->ref == theirs.ref);
  assert_true(ours->pending_id.low == theirs.pending_id.low && ours->code == theirs.code);
  assert_true(ours->timeout_s == theirs.timeout_s && ours->flags == theirs.flags);
  uint8_t again[TRANSFER_RECORD_BYTES];
  ledger_encode(ours, again);
  assert_memory_equal(again, &theirs, sizeof again);
}

static void the_clients_header_names_every_result_and_flag_as_the_ledger_does(void **state) {
  UNUSED(state);
#define X(name, number, slug, sentence)                             \
  assert_string_equal(ledger_result_slug(LEDGER_##name), slug);     \
  assert_string_equal(ledger_result_text(LEDGER_##name), sentence); \
  assert_int_equal(frame_result_number(LEDGER_##name), TAEL_RESULT_##name);
  TAEL_RESULT_TABLE(X)
#undef X
  bool taken[256] = {false};
  for (int r = LEDGER_OK; r < LEDGER_RESULT_COUNT; r++) {
    uint32_t number = frame_result_number((ledger_result)r);
    assert_true(number < COUNT_OF(taken) && !taken[number]);
    taken[number] = true;
    assert_true((number == 0) == (r == LEDGER_OK));
  }
  assert_int_equal(TAEL_LINKED, TRANSFER_LINKED);
  assert_int_equal(TAEL_PENDING, TRANSFER_PENDING);
  assert_int_equal(TAEL_POST, TRANSFER_POST);
  assert_int_equal(TAEL_VOID, TRANSFER_VOID);
  assert_int_equal(TAEL_BALANCING_DEBIT, TRANSFER_BALANCING_DEBIT);
  assert_int_equal(TAEL_BALANCING_CREDIT, TRANSFER_BALANCING_CREDIT);
  assert_int_equal(TAEL_CLOSING_DEBIT, TRANSFER_CLOSING_DEBIT);
  assert_int_equal(TAEL_CLOSING_CREDIT, TRANSFER_CLOSING_CREDIT);
  assert_int_equal(TAEL_REVERSAL, TRANSFER_REVERSAL);
  assert_int_equal(TAEL_NO_DEBIT_BALANCE, ACCOUNT_NO_DEBIT_BALANCE);
  assert_int_equal(TAEL_NO_CREDIT_BALANCE, ACCOUNT_NO_CREDIT_BALANCE);
  assert_int_equal(TAEL_STRIPED, ACCOUNT_STRIPED);
  assert_int_equal(TAEL_FROZEN, ACCOUNT_FROZEN);
  assert_int_equal(TAEL_CLOSED, ACCOUNT_CLOSED);
  assert_int_equal(TAEL_BATCH_MAX, FRAME_RECORDS_MAX);
}

static void results_list_only_what_was_not_newly_accepted(void **state) {
  ctx c = open_ctx(state);
  const ledger_result results[] = {LEDGER_OK, LEDGER_EXISTS, LEDGER_OK, LEDGER_EXCEEDS_CREDITS};
  str bytes = frame_results(c.arena, results, COUNT_OF(results), 2);
  str hex = str_hex(c.arena, bytes.at, bytes.len);
  assert_true(str_eq(hex, STR("0100"
                              "0000"
                              "04000000"
                              "02000000"
                              "02000000"
                              "01000000"
                              "0e000000"
                              "03000000"
                              "3e000000")));
  str all_good = frame_results(c.arena, results, 1, 1);
  assert_int_equal(all_good.len, RESULTS_HEAD_BYTES);
}

static void an_account_is_written_as_the_clients_header_reads_it(void **state) {
  ctx c = open_ctx(state);
  account a = {.account_id = 1,
               .tenant = 2,
               .entity = 3,
               .owner = 4,
               .allowance = 5,
               .opened_at = 6,
               .asset = 7,
               .code = 8,
               .flags = 9,
               .debits_posted = 10,
               .credits_posted = 11,
               .debits_pending = 12,
               .credits_pending = 13,
               .last_time = 14};
  tael_account seen;
  frame_write_account(&a, (uint8_t *)&seen);
  assert_true(seen.account == 1 && seen.tenant == 2 && seen.entity == 3 && seen.owner == 4);
  assert_true(seen.allowance == 5 && seen.opened_at == 6 && seen.asset == 7 && seen.code == 8);
  assert_true(seen.flags == 9 && seen.debits_posted == 10 && seen.credits_posted == 11);
  assert_true(seen.debits_pending == 12 && seen.credits_pending == 13 && seen.version == 1);
  assert_int_equal(sizeof seen, ACCOUNT_RECORD_BYTES);
  tael_account wanted = {
      .owner = 4, .allowance = 5, .asset = 7, .flags = TAEL_NO_DEBIT_BALANCE, .version = 1};
  account_in *in;
  size_t count;
  str body = {(const char *)&wanted, sizeof wanted};
  assert_int_equal(frame_read_accounts(&c, body, &in, &count), OK);
  assert_true(in->owner == 4 && in->allowance == 5 && in->asset == 7 && in->no_debit_balance);
}

/* --- hostile bodies --------------------------------------------------------------------------- */

static void a_body_is_whole_records_up_to_the_most(void **state) {
  ctx c = open_ctx(state);
  static char zeros[(FRAME_RECORDS_MAX + 1) * TRANSFER_RECORD_BYTES];
  const size_t bad[] = {0, 1, 127, 129, sizeof zeros};
  transfer *out = NULL;
  size_t count = 77;
  for (size_t i = 0; i < COUNT_OF(bad); i++) {
    assert_int_equal(frame_read_transfers(&c, (str){zeros, bad[i]}, &out, &count), E_MALFORMED);
    fault_clear(&c);
  }
  id *ids;
  id128 *long_ids;
  account_in *accounts;
  assert_int_equal(frame_read_account_ids(&c, (str){zeros, 9}, &ids, &count), E_MALFORMED);
  assert_int_equal(frame_read_transfer_ids(&c, (str){zeros, 24}, &long_ids, &count), E_MALFORMED);
  assert_int_equal(frame_read_accounts(&c, (str){zeros, 64}, &accounts, &count), E_MALFORMED);
  assert_null(out);
  assert_int_equal(count, 77);
}

static void refused_at(ctx *c, size_t at, uint8_t value, const char *pointer) {
  tael_transfer two[2] = {sample(), sample()};
  ((uint8_t *)&two[1])[at] = value;
  transfer *out;
  size_t count;
  fault_clear(c);
  assert_int_equal(frame_read_transfers(c, (str){(const char *)two, sizeof two}, &out, &count),
                   E_MALFORMED);
  assert_true(str_eq(c->fault.fields[0].pointer, str_from(pointer)));
}

static void a_transfer_that_says_what_only_the_server_may_is_refused_by_its_place(void **state) {
  ctx c = open_ctx(state);
  refused_at(&c, offsetof(tael_transfer, version), 2, "/1/version");
  refused_at(&c, offsetof(tael_transfer, version), 0, "/1/version");
  refused_at(&c, offsetof(tael_transfer, reserved) + 3, 1, "/1/reserved");
  refused_at(&c, offsetof(tael_transfer, reserved2) + 7, 1, "/1/reserved");
  refused_at(&c, offsetof(tael_transfer, time), 1, "/1/time");
  refused_at(&c, offsetof(tael_transfer, command), 1, "/1/command");
  refused_at(&c, offsetof(tael_transfer, entity), 1, "/1/entity");
  refused_at(&c, offsetof(tael_transfer, business_date), 1, "/1/business_date");
  refused_at(&c, offsetof(tael_transfer, lane), 1, "/1/lane");
  refused_at(&c, offsetof(tael_transfer, sequence), 1, "/1/sequence");
}

static void account_refused_at(ctx *c, size_t at, uint8_t value, const char *pointer) {
  tael_account a = {.owner = 4, .asset = 156, .version = 1};
  ((uint8_t *)&a)[at] = value;
  account_in *out;
  size_t count;
  fault_clear(c);
  assert_int_equal(frame_read_accounts(c, (str){(const char *)&a, sizeof a}, &out, &count),
                   E_MALFORMED);
  assert_true(str_eq(c->fault.fields[0].pointer, str_from(pointer)));
}

static void an_account_that_says_what_only_the_server_may_is_refused(void **state) {
  ctx c = open_ctx(state);
  account_refused_at(&c, offsetof(tael_account, account), 1, "/0/account");
  account_refused_at(&c, offsetof(tael_account, tenant), 1, "/0/tenant");
  account_refused_at(&c, offsetof(tael_account, entity), 1, "/0/entity");
  account_refused_at(&c, offsetof(tael_account, owner) + 7, 0x80, "/0/owner");
  account_refused_at(&c, offsetof(tael_account, allowance) + 7, 0x80, "/0/allowance");
  account_refused_at(&c, offsetof(tael_account, asset), 0, "/0/asset");
  account_refused_at(&c, offsetof(tael_account, code), 1, "/0/code");
  account_refused_at(&c, offsetof(tael_account, flags), TAEL_FROZEN, "/0/flags");
  account_refused_at(&c, offsetof(tael_account, version), 9, "/0/version");
  account_refused_at(&c, offsetof(tael_account, reserved) + 37, 1, "/0/reserved");
  account_refused_at(&c, offsetof(tael_account, credits_pending), 1, "/0/credits_pending");
}

int test_frames(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(a_clients_record_is_the_ledgers_record_byte_for_byte, close_ctx),
      cmocka_unit_test(the_clients_header_names_every_result_and_flag_as_the_ledger_does),
      cmocka_unit_test_teardown(results_list_only_what_was_not_newly_accepted, close_ctx),
      cmocka_unit_test_teardown(an_account_is_written_as_the_clients_header_reads_it, close_ctx),
      cmocka_unit_test_teardown(a_body_is_whole_records_up_to_the_most, close_ctx),
      cmocka_unit_test_teardown(
          a_transfer_that_says_what_only_the_server_may_is_refused_by_its_place, close_ctx),
      cmocka_unit_test_teardown(an_account_that_says_what_only_the_server_may_is_refused,
                                close_ctx),
  };
  return cmocka_run_group_tests_name("frames", tests, NULL, NULL);
}
