/* test_proofs.c - what can be shown of a store afterwards, on both homes: balances of any past
 * moment, statements paged both ways, trial balance, closed periods, stripes over lanes, proofs
 * that name a flipped byte, and seals that see a rewritten or cut-off lane. */
#include "ledger/scan.h"
#include "ledger/test_homes.h"

#include <string.h>

enum { MOVES = 40, BASE_TIME = 1000 };

static book_env at_time(instant t) {
  return (book_env){
      .engine_time = t, .now = t, .business_date = 20000, .command = t, .closed_through = 19999};
}

/* Bank 1 pays into wallet 2 or takes back, one transfer a group at times 1000, 1010, ... */
static void pay_to_and_fro(home *h) {
  home_open_account(h, (account){.account_id = 1, .owner = 1});
  home_open_account(
      h, (account){
             .account_id = 2, .owner = 2, .code = CODE_WALLET, .flags = ACCOUNT_NO_DEBIT_BALANCE});
  for (int64_t i = 0; i < MOVES; i++) {
    bool back = i % 4 == 3;
    transfer t = {.id = {(uint64_t)i + 1, 3},
                  .debit_account = back ? 2 : 1,
                  .credit_account = back ? 1 : 2,
                  .amount = back ? 5 : 10,
                  .code = 1,
                  .ref = i % 3};
    book_env env = at_time(BASE_TIME + 10 * i);
    home_transfer(h, 0, &env, &t, 1);
  }
}

static int64_t net_after(int64_t moves) {
  int64_t net = 0;
  for (int64_t i = 0; i < moves; i++)
    net += i % 4 == 3 ? -5 : 10;
  return net;
}

/* INV-22: what is asked about a past moment is the same whatever came later. */
static void a_balance_of_the_past_stays_as_it_was(home *h) {
  pay_to_and_fro(h);
  for (int64_t i = 0; i <= MOVES; i++) {
    balance b;
    MUST(h, ledger_balance_as_of(&h->c, h->d, 2, BASE_TIME + 10 * i - 1, &b));
    assert_int_equal(b.credits_posted - b.debits_posted, net_after(i));
    if (i == MOVES) break;
    MUST(h, ledger_balance_as_of(&h->c, h->d, 2, BASE_TIME + 10 * i, &b));
    assert_int_equal(b.credits_posted - b.debits_posted, net_after(i + 1));
  }
  balance none;
  assert_int_equal(ledger_balance_as_of(&h->c, h->d, 99, 5, &none), E_NOT_FOUND);
  fault_clear(&h->c);
}

static size_t walk_statement(home *h, id account_id, bool backward, size_t page,
                             statement_line *out) {
  statement_cursor at = {0};
  size_t total = 0;
  for (size_t count = 1; count > 0;) {
    statement_line *lines;
    MUST(h, ledger_statement(&h->c, h->d, account_id, at, backward, page, &lines, &count));
    assert_true(count <= page);
    if (count == 0) break;
    memcpy(out + total, lines, count * sizeof *lines);
    total += count;
    at = (statement_cursor){lines[count - 1].record.lane, lines[count - 1].record.sequence};
  }
  return total;
}

static void a_statement_reads_the_same_both_ways_at_every_page_size(home *h) {
  statement_line forward[MOVES + 1], backward[MOVES + 1];
  pay_to_and_fro(h);
  for (size_t page = 1; page <= MOVES + 1; page += 6) {
    assert_int_equal(walk_statement(h, 2, false, page, forward), MOVES);
    assert_int_equal(walk_statement(h, 2, true, page, backward), MOVES);
    for (int64_t i = 0; i < MOVES; i++) {
      assert_int_equal(forward[i].record.sequence, i + 1);
      assert_int_equal(backward[MOVES - 1 - i].record.sequence, i + 1);
      assert_int_equal(forward[i].after.credits_posted - forward[i].after.debits_posted,
                       net_after(i + 1));
      assert_int_equal(forward[i].is_debit, i % 4 == 3);
    }
  }
  statement_line *lines;
  size_t count;
  statement_cursor nowhere = {.lane = 3, .sequence = 9};
  assert_int_equal(ledger_statement(&h->c, h->d, 2, nowhere, false, 5, &lines, &count),
                   E_MALFORMED);
  fault_clear(&h->c);
}

static void transfers_are_found_by_id_command_and_reference(home *h) {
  pay_to_and_fro(h);
  transfer t, *list;
  size_t count;
  hold held = {0};
  MUST(h, ledger_transfer_get(&h->c, h->d, (id128){7, 3}, &t, &held));
  assert_int_equal(t.sequence, 7);
  assert_int_equal(t.time, BASE_TIME + 60);
  assert_int_equal(held.state, 0);
  assert_int_equal(ledger_transfer_get(&h->c, h->d, (id128){7, 4}, &t, NULL), E_NOT_FOUND);
  fault_clear(&h->c);
  MUST(h, ledger_transfers_of_command(&h->c, h->d, BASE_TIME + 60, &list, &count));
  assert_int_equal(count, 1);
  assert_int_equal(list[0].sequence, 7);
  MUST(h, ledger_transfers_by_ref(&h->c, h->d, 2, &list, &count));
  assert_int_equal(count, MOVES / 3);
  MUST(h, ledger_transfers_by_ref(&h->c, h->d, 0, &list, &count));
  assert_int_equal(count, 0);
}

static void a_scan_reads_everything_once_page_by_page(home *h) {
  pay_to_and_fro(h);
  uint16_t *lanes;
  transfer *page;
  account *accounts;
  size_t count;
  MUST(h, ledger_scan_lanes(&h->c, h->d, &lanes, &count));
  assert_int_equal(count, 1);
  assert_int_equal(lanes[0], 0);
  int64_t seen = 0;
  for (count = 1; count > 0; seen += (int64_t)count) {
    MUST(h, ledger_scan_lane(&h->c, h->d, 0, seen, 7, &page, &count));
    for (size_t i = 0; i < count; i++)
      assert_int_equal(page[i].sequence, seen + (int64_t)i + 1);
  }
  assert_int_equal(seen, MOVES);
  MUST(h, ledger_scan_accounts(&h->c, h->d, 1, 7, &accounts, &count));
  assert_int_equal(count, 1);
  assert_int_equal(accounts[0].account_id, 2);
  assert_int_equal(account_balance(&accounts[0]), net_after(MOVES));
}

static void the_trial_balance_balances(home *h) {
  pay_to_and_fro(h);
  home_open_account(h, (account){.account_id = 9, .owner = 9, .entity = 2});
  trial_line *lines;
  size_t count;
  MUST(h, ledger_trial_balance(&h->c, h->d, 0, &lines, &count));
  assert_int_equal(count, 3);
  MUST(h, ledger_trial_balance(&h->c, h->d, 1, &lines, &count));
  assert_int_equal(count, 2);
  assert_int_equal(lines[0].code, CODE_BANK_OWN);
  assert_int_equal(lines[1].code, CODE_WALLET);
  assert_int_equal(lines[1].accounts, 1);
  assert_int_equal(lines[0].total.debits_posted, lines[1].total.credits_posted);
  assert_int_equal(lines[0].total.credits_posted, lines[1].total.debits_posted);
}

static void a_period_closes_forward_only(home *h) {
  date through;
  home_begin(h, 0);
  MUST(h, ledger_closed_through(&h->c, h->d, 1, &through));
  assert_true(through < DATE_MIN);
  MUST(h, ledger_close_period(&h->c, h->d, 1, 20000));
  MUST(h, ledger_close_period(&h->c, h->d, 1, 20001));
  assert_int_equal(ledger_close_period(&h->c, h->d, 1, 20001), E_CONFLICT);
  fault_clear(&h->c);
  home_commit(h);
  MUST(h, ledger_closed_through(&h->c, h->d, 1, &through));
  assert_int_equal(through, 20001);
  MUST(h, ledger_closed_through(&h->c, h->d, 2, &through));
  assert_true(through < DATE_MIN);
}

static void assets_are_numbered_once(home *h) {
  home_begin(h, 0);
  asset cny = {.number = ASSET_CNY, .scale = 2, .code = STR("CNY"), .kind = STR("money")};
  asset shirt = {.code = STR("sku:shirt"), .kind = STR("stock")}, sock = shirt, found;
  MUST(h, ledger_register_asset(&h->c, h->d, &cny));
  MUST(h, ledger_register_asset(&h->c, h->d, &cny));
  MUST(h, ledger_register_asset(&h->c, h->d, &shirt));
  sock.code = STR("sku:sock");
  MUST(h, ledger_register_asset(&h->c, h->d, &sock));
  assert_int_equal(shirt.number, ASSET_FIRST_CUSTOM);
  assert_int_equal(sock.number, ASSET_FIRST_CUSTOM + 1);
  cny.scale = 3;
  assert_int_equal(ledger_register_asset(&h->c, h->d, &cny), E_CONFLICT);
  fault_clear(&h->c);
  MUST(h, ledger_asset_by_number(&h->c, h->d, sock.number, &found));
  assert_str(found.code, "sku:sock");
  MUST(h, ledger_asset_by_number(&h->c, h->d, ASSET_BRL,
                                 &found)); /* a currency needs no registering */
  assert_str(found.code, "BRL");
  assert_int_equal(found.scale, 2);
  assert_int_equal(ledger_asset_by_number(&h->c, h->d, 5, &found), E_NOT_FOUND);
  fault_clear(&h->c);
  home_commit(h);
}

/* A hold made in one lane and ended in another: each stripe is odd, their sum is exact. */
static void a_striped_account_is_the_sum_of_its_lanes(home *h) {
  statement_line lines[16];
  home_open_account(h, (account){.account_id = 1, .owner = 1});
  home_open_account(
      h, (account){.account_id = 2, .owner = 2, .code = CODE_COMMISSION, .flags = ACCOUNT_STRIPED});
  for (uint64_t i = 0; i < 8; i++) {
    book_env env = at_time(2000 + (instant)i);
    transfer t = {
        .id = {i + 1, 0}, .debit_account = 1, .credit_account = 2, .amount = 10, .code = 1};
    if (i == 6) t.flags = TRANSFER_PENDING;
    if (i == 7)
      t = (transfer){.id = {8, 0}, .flags = TRANSFER_POST, .pending_id = {7, 0}, .amount = 4};
    home_transfer(h, (uint16_t)(i % 2), &env, &t, 1);
  }
  account a;
  MUST(h, ledger_account_get(&h->c, h->d, 2, &a));
  assert_int_equal(a.credits_posted, 64);
  assert_int_equal(a.credits_pending, 0);
  balance b;
  MUST(h, ledger_balance_as_of(&h->c, h->d, 2, 2002, &b));
  assert_int_equal(b.credits_posted, 30);
  for (size_t page = 1; page < 10; page += 2) {
    assert_int_equal(walk_statement(h, 2, false, page, lines), 8);
    for (size_t i = 0; i < 8; i++)
      assert_int_equal(lines[i].record.id.low, i + 1);
    assert_int_equal(walk_statement(h, 2, true, page, lines), 8);
    for (size_t i = 0; i < 8; i++)
      assert_int_equal(lines[i].record.id.low, 8 - i);
  }
  home_assert_proved(h);
}

/* --- tampering -------------------------------------------------------------------------------- */
static void unlock(home *h) {
  if (db_which(h->d) == DB_SQLITE) {
    MUST(h, db_run0(&h->c, h->d, "drop trigger ledger_page_refuses_update"));
    MUST(h, db_run0(&h->c, h->d, "drop trigger ledger_page_refuses_delete"));
  } else {
    MUST(h, db_run0(&h->c, h->d, "drop trigger ledger_journal_append_only on ledger_journal"));
  }
}

/* Each transfer was a group of its own, so the page of record `sequence` holds nothing else. */
static void flip_in_page(home *h, int64_t sequence, size_t byte) {
  db_rows *rows;
  uint8_t body[TRANSFER_RECORD_BYTES + 24];
  MUST(h, db_query(&h->c, h->d, &rows, "select body from ledger_page where position = ?1",
                   DB_INT(sequence)));
  assert_true(db_next(rows));
  assert_int_equal(db_get_bytes(rows, 0).len, sizeof body);
  memcpy(body, db_get_bytes(rows, 0).at, sizeof body);
  MUST(h, db_done(&h->c, rows));
  body[byte] ^= 1;
  MUST(h, db_run(&h->c, h->d, "update ledger_page set body = ?2 where position = ?1",
                 DB_INT(sequence), DB_BYTES(body, sizeof body)));
}

static void flip(home *h, int64_t sequence, size_t byte) {
  if (db_which(h->d) == DB_SQLITE) {
    flip_in_page(h, sequence, byte);
    return;
  }
  db_rows *rows;
  uint8_t record[TRANSFER_RECORD_BYTES];
  MUST(h, db_query(&h->c, h->d, &rows,
                   "select record from ledger_journal where lane = 0 and sequence = ?1",
                   DB_INT(sequence)));
  assert_true(db_next(rows));
  memcpy(record, db_get_bytes(rows, 0).at, sizeof record);
  MUST(h, db_done(&h->c, rows));
  record[byte] ^= 1;
  MUST(h,
       db_run(&h->c, h->d, "update ledger_journal set record = ?2 where lane = 0 and sequence = ?1",
              DB_INT(sequence), DB_BYTES(record, sizeof record)));
}

static bool names(str text, const char *part) {
  return memmem(text.at, text.len, part, strlen(part)) != NULL;
}

static void the_store_itself_refuses_to_change_a_record(home *h) {
  pay_to_and_fro(h);
  MUST(h, db_begin(&h->c, h->d));
  bool sqlite = db_which(h->d) == DB_SQLITE;
  status update = sqlite ? db_run0(&h->c, h->d, "update ledger_page set command = 1")
                         : db_run0(&h->c, h->d, "update ledger_journal set ref = 1");
  if (update == OK) update = db_wait(&h->c, h->d);
  assert_int_equal(update, E_CONFLICT);
  db_rollback(h->d);
  fault_clear(&h->c);
  MUST(h, db_begin(&h->c, h->d));
  status erase = sqlite ? db_run0(&h->c, h->d, "delete from ledger_page")
                        : db_run0(&h->c, h->d, "delete from ledger_entry");
  if (erase == OK) erase = db_wait(&h->c, h->d);
  assert_int_equal(erase, E_CONFLICT);
  db_rollback(h->d);
  fault_clear(&h->c);
  home_assert_proved(h);
}

static void a_flipped_byte_is_named_wherever_it_is(home *h) {
  pay_to_and_fro(h);
  MUST(h, db_begin(&h->c, h->d));
  unlock(h);
  MUST(h, db_commit(&h->c, h->d));
  for (size_t byte = 0; byte < TRANSFER_RECORD_BYTES; byte += 3) {
    ledger_proof proof;
    MUST(h, db_begin(&h->c, h->d));
    flip(h, 17, byte);
    MUST(h, ledger_verify(&h->c, h->d, &proof));
    db_rollback(h->d);
    /* A time a little off shows in the entries or the chain; a page has nothing to compare a record
     * with but the chain. */
    bool of_chain = db_which(h->d) == DB_SQLITE || (byte >= 56 && byte < 64);
    if (!names(proof.violation, of_chain ? "" : "lane 0 record 17") || proof.violation.len == 0) {
      fail_msg("byte %zu: \"%.*s\"", byte, STR_ARGS(proof.violation));
    }
  }
  home_assert_proved(h);
}

typedef struct meddling {
  const char *sql, *names;
} meddling;

static void meddling_with_balances_and_holds_is_named(home *h) {
  static const meddling tries[] = {
      {"update %s set credits_posted = credits_posted + 1 where account = 2", "account 2"},
      {"update %s set last_time = 5 where account = 1", "account 1"},
      {"delete from %s where account = 2", "account 2"},
      {"insert into ledger_hold (id, state, expires_at, posted) values (cast('x' as BYTES), 1, 0, "
       "0)",
       "holds"},
      {"update ledger_lane set sequence = sequence + 1", "lane 0"},
      {"update ledger_account set asset = 978 where account_id = 2", "another entity or asset"},
      {"update ledger_account set flags = 1 where account_id = 1", "below its floor"},
  };
  pay_to_and_fro(h);
  for (size_t i = 0; i < COUNT_OF(tries); i++) {
    bool sqlite = db_which(h->d) == DB_SQLITE;
    str sql = str_from(tries[i].sql), rest = sql, table = {0};
    if (str_split(&rest, '%', &table) && rest.len > 0) {
      sql =
          str_format(h->keep, "%.*s%s%.*s", STR_ARGS(table),
                     sqlite ? "ledger_settled" : "ledger_balance", (int)rest.len - 1, rest.at + 1);
    }
    if (names(sql, "BYTES")) {
      sql = sqlite ? STR("insert into ledger_hold (id, state, expires_at, posted) values (x'01', "
                         "1, 0, 0)")
                   : STR("insert into ledger_hold (id, state, expires_at, posted) values ('\\x01', "
                         "1, 0, 0)");
    }
    ledger_proof proof;
    MUST(h, db_begin(&h->c, h->d));
    MUST(h, db_exec(&h->c, h->d, str_zero(h->keep, sql), 0, NULL));
    MUST(h, ledger_verify(&h->c, h->d, &proof));
    db_rollback(h->d);
    if (!names(proof.violation, tries[i].names)) {
      fail_msg("%s: \"%.*s\"", tries[i].sql, STR_ARGS(proof.violation));
    }
  }
}

static const uint8_t seed[32] = {1, 2, 3};

static void assert_seal(home *h, const checkpoint *seal, const char *part) {
  str violation;
  MUST(h, ledger_check_seal(&h->c, h->d, seal, &violation));
  if (part == NULL ? violation.len > 0 : !names(violation, part)) {
    fail_msg("seal: \"%.*s\", should name %s", STR_ARGS(violation),
             part == NULL ? "nothing" : part);
  }
}

static void a_seal_sees_a_changed_or_cut_off_lane(home *h) {
  checkpoint seal;
  pay_to_and_fro(h);
  MUST(h, ledger_seal(&h->c, h->d, seed, &seal));
  seal.body = str_copy(h->keep, seal.body);
  transfer more = {.id = {99, 9}, .debit_account = 1, .credit_account = 2, .amount = 1, .code = 1};
  book_env env = at_time(5000);
  home_transfer(h, 0, &env, &more, 1);
  assert_seal(h, &seal, NULL);
  MUST(h, db_begin(&h->c, h->d));
  unlock(h);
  flip(h, 17, 33);
  assert_seal(h, &seal, "lane 0: its first 40 records");
  db_rollback(h->d);
  MUST(h, db_begin(&h->c, h->d));
  unlock(h);
  MUST(h, db_which(h->d) == DB_SQLITE
              ? db_run0(&h->c, h->d, "delete from ledger_page where sequence > 30")
              : db_run0(&h->c, h->d, "delete from ledger_journal where sequence > 30"));
  assert_seal(h, &seal, "ends at record 30");
  db_rollback(h->d);
  checkpoint forged = seal;
  forged.signature[5] ^= 1;
  assert_seal(h, &forged, "signature");
  forged = seal;
  forged.body = str_format(h->keep, "%.*slane 7 0 00\n", STR_ARGS(seal.body));
  assert_seal(h, &forged, "signature");
}

#define ON_EACH_HOME(scenario)                        \
  static void scenario##_on_each_home(void **state) { \
    UNUSED(state);                                    \
    on_each_home(scenario);                           \
  }
ON_EACH_HOME(a_balance_of_the_past_stays_as_it_was)
ON_EACH_HOME(a_statement_reads_the_same_both_ways_at_every_page_size)
ON_EACH_HOME(transfers_are_found_by_id_command_and_reference)
ON_EACH_HOME(a_scan_reads_everything_once_page_by_page)
ON_EACH_HOME(the_trial_balance_balances)
ON_EACH_HOME(a_period_closes_forward_only)
ON_EACH_HOME(assets_are_numbered_once)
ON_EACH_HOME(a_striped_account_is_the_sum_of_its_lanes)
ON_EACH_HOME(the_store_itself_refuses_to_change_a_record)
ON_EACH_HOME(a_flipped_byte_is_named_wherever_it_is)
ON_EACH_HOME(meddling_with_balances_and_holds_is_named)
ON_EACH_HOME(a_seal_sees_a_changed_or_cut_off_lane)

int run_proof_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_balance_of_the_past_stays_as_it_was_on_each_home),
      cmocka_unit_test(a_statement_reads_the_same_both_ways_at_every_page_size_on_each_home),
      cmocka_unit_test(transfers_are_found_by_id_command_and_reference_on_each_home),
      cmocka_unit_test(a_scan_reads_everything_once_page_by_page_on_each_home),
      cmocka_unit_test(the_trial_balance_balances_on_each_home),
      cmocka_unit_test(a_period_closes_forward_only_on_each_home),
      cmocka_unit_test(assets_are_numbered_once_on_each_home),
      cmocka_unit_test(a_striped_account_is_the_sum_of_its_lanes_on_each_home),
      cmocka_unit_test(the_store_itself_refuses_to_change_a_record_on_each_home),
      cmocka_unit_test(a_flipped_byte_is_named_wherever_it_is_on_each_home),
      cmocka_unit_test(meddling_with_balances_and_holds_is_named_on_each_home),
      cmocka_unit_test(a_seal_sees_a_changed_or_cut_off_lane_on_each_home),
  };
  return cmocka_run_group_tests_name("ledger proofs", tests, NULL, NULL);
}
