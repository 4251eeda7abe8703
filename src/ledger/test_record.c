/* test_record.c - the frozen record: its bytes are written out here, and never change. And the
 * small tables: results, chart, reasons, and the table of ids that a book is made of. */
#include "ledger/chart.h"
#include "ledger/table.h"
#include "ledger/test_ledger.h"

#include <string.h>

static const transfer sample = {
    .id = {.low = UINT64_C(0x0807060504030201), .high = UINT64_C(0x100f0e0d0c0b0a09)},
    .debit_account = INT64_C(0x1817161514131211),
    .credit_account = INT64_C(0x201f1e1d1c1b1a19),
    .amount = INT64_C(0x2827262524232221),
    .pending_id = {.low = UINT64_C(0x302f2e2d2c2b2a29), .high = UINT64_C(0x3837363534333231)},
    .time = INT64_C(0x403f3e3d3c3b3a39),
    .command = INT64_C(0x4847464544434241),
    .entity = INT64_C(0x504f4e4d4c4b4a49),
    .ref = INT64_C(0x5857565554535251),
    .asset = 0x5c5b5a59,
    .business_date = 0x605f5e5d,
    .timeout_s = 0x64636261,
    .code = 0x6665,
    .flags = 0x6867,
    .version = TRANSFER_VERSION,
    .lane = 0x6c6b,
    .sequence = INT64_C(0x7877767574737271),
};

static void the_record_is_the_frozen_bytes(void **state) {
  UNUSED(state);
  uint8_t golden[TRANSFER_RECORD_BYTES], record[TRANSFER_RECORD_BYTES];
  for (size_t i = 0; i < sizeof golden; i++)
    golden[i] = (uint8_t)(i + 1);
  golden[104] = 1; /* version */
  golden[105] = 0;
  memset(golden + 108, 0, 4);
  memset(golden + 120, 0, 8);
  ledger_encode(&sample, record);
  assert_memory_equal(record, golden, sizeof golden);
}

static void the_record_reads_back_as_written(void **state) {
  UNUSED(state);
  arena *a = arena_open(1 << 20);
  rng *r = rng_open(a, test_seed());
  for (size_t i = 0; i < test_cases(10000); i++) {
    uint8_t record[TRANSFER_RECORD_BYTES], again[TRANSFER_RECORD_BYTES];
    transfer t = {.version = TRANSFER_VERSION}, back;
    t.amount = test_int64(r);
    t.id = (id128){.low = rng_next(r), .high = rng_next(r)};
    t.time = test_int64(r);
    t.business_date = (date)rng_next(r);
    t.flags = (uint16_t)rng_next(r);
    t.sequence = test_int64(r);
    ledger_encode(&t, record);
    assert_true(ledger_decode(record, &back));
    ledger_encode(&back, again);
    assert_memory_equal(record, again, sizeof record);
    assert_int_equal(back.amount, t.amount);
    assert_int_equal(back.business_date, t.business_date);
  }
  arena_close(a);
}

static void a_record_of_another_version_is_refused_and_leaves_the_result_alone(void **state) {
  UNUSED(state);
  static const size_t spoiled[] = {104, 105, 108, 111, 120, 127};
  for (size_t i = 0; i < COUNT_OF(spoiled); i++) {
    uint8_t record[TRANSFER_RECORD_BYTES];
    transfer out = {.amount = 5};
    ledger_encode(&sample, record);
    record[spoiled[i]] ^= 0x40;
    assert_false(ledger_decode(record, &out));
    assert_int_equal(out.amount, 5);
  }
}

static void every_result_has_a_slug_of_its_own(void **state) {
  UNUSED(state);
  for (int i = 0; i < LEDGER_RESULT_COUNT; i++) {
    const char *slug = ledger_result_slug((ledger_result)i);
    assert_true(strlen(slug) > 0 && strlen(ledger_result_text((ledger_result)i)) > 0);
    for (int k = 0; k < i; k++)
      assert_string_not_equal(slug, ledger_result_slug((ledger_result)k));
  }
}

static void too_little_of_a_unit_is_a_matter_of_stock(void **state) {
  UNUSED(state);
  assert_int_equal(ledger_result_status_of(LEDGER_EXCEEDS_CREDITS, ASSET_CNY), E_FUNDS);
  assert_int_equal(ledger_result_status_of(LEDGER_EXCEEDS_CREDITS, ASSET_FIRST_CUSTOM), E_STOCK);
  assert_int_equal(ledger_result_status_of(LEDGER_PERIOD_CLOSED, ASSET_FIRST_CUSTOM),
                   E_PERIOD_CLOSED);
  assert_int_equal(ledger_result_status(LEDGER_EXISTS), OK);
}

static void the_chart_finds_each_of_its_codes(void **state) {
  UNUSED(state);
  size_t count;
  const chart_row *rows = chart_all(&count);
  assert_true(count > 20);
  for (size_t i = 0; i < count; i++) {
    assert_ptr_equal(chart_find(rows[i].code), &rows[i]);
    if (i > 0) assert_true(rows[i - 1].code < rows[i].code);
  }
  assert_null(chart_find(0));
  assert_null(chart_find(9999));
  assert_string_equal(reason_text(WHY_SPLIT, false), "Seller's share");
  assert_string_equal(reason_text(WHY_SPLIT, true), "商家分账");
  assert_string_equal(reason_text(9999, false), "?");
}

static void an_account_that_makes_no_sense_is_told_why(void **state) {
  UNUSED(state);
  const account good = {.account_id = 1, .entity = 1, .asset = 156, .code = CODE_WALLET};
  assert_null(ledger_check_account(&good));
  account bad = good;
  bad.flags = ACCOUNT_NO_DEBIT_BALANCE | ACCOUNT_STRIPED;
  assert_string_equal(ledger_check_account(&bad), "a striped account has no floor");
  bad.flags = ACCOUNT_NO_DEBIT_BALANCE | ACCOUNT_NO_CREDIT_BALANCE;
  assert_string_equal(ledger_check_account(&bad), "an account has one floor at most");
  bad = good;
  bad.allowance = 1;
  assert_string_equal(ledger_check_account(&bad), "an allowance needs a floor");
  bad = good;
  bad.code = 77;
  assert_string_equal(ledger_check_account(&bad), "the code is not in the chart of accounts");
}

/* Against an array, at every filling: what was put is found, what was removed is not. */
static void the_table_of_ids_keeps_what_it_should(void **state) {
  UNUSED(state);
  enum { KEYS = 200 };
  arena *a = arena_open(1 << 20);
  rng *r = rng_open(a, test_seed());
  uint64_t should[KEYS] = {0};
  table t = table_make(1);
  for (size_t n = 0; n < test_cases(20000); n++) {
    uint64_t key = rng_below(r, KEYS), value = 0;
    if (rng_below(r, 5000) == 0) {
      table_clear(&t);
      memset(should, 0, sizeof should);
    }
    if (rng_below(r, 2) == 0) {
      should[key] = n + 1;
      table_put(&t, (id128){.low = key, .high = 1}, n + 1);
    } else {
      assert_int_equal(table_remove(&t, (id128){.low = key, .high = 1}), should[key] != 0);
      should[key] = 0;
    }
    key = rng_below(r, KEYS);
    assert_int_equal(table_get(&t, (id128){.low = key, .high = 1}, &value), should[key] != 0);
    assert_int_equal(value, should[key]);
  }
  table_release(&t);
  arena_close(a);
}

int run_record_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_record_is_the_frozen_bytes),
      cmocka_unit_test(the_record_reads_back_as_written),
      cmocka_unit_test(a_record_of_another_version_is_refused_and_leaves_the_result_alone),
      cmocka_unit_test(every_result_has_a_slug_of_its_own),
      cmocka_unit_test(too_little_of_a_unit_is_a_matter_of_stock),
      cmocka_unit_test(the_chart_finds_each_of_its_codes),
      cmocka_unit_test(an_account_that_makes_no_sense_is_told_why),
      cmocka_unit_test(the_table_of_ids_keeps_what_it_should),
  };
  return cmocka_run_group_tests_name("ledger record and tables", tests, NULL, NULL);
}
