/* test_rules.c - each result by an example, and pairs of rules of which the earlier must win. All
 * on one small world: accounts of test_model.h (101 bank, 102 wallet, 103 budget with allowance 50,
 * 104 receivable, 105 striped, 106 and 107 stock, 108 another entity, 109 frozen), 110 closed, and
 * holds and transfers 1 to 8 below. */
#include "ledger/book.h"
#include "ledger/test_ledger.h"
#include "ledger/test_model.h"

enum { NOW = 1000000000, TODAY = 20000, CLOSED_ACCOUNT = 110 };
enum {
  PAID = 1,
  HOLD_FREE,
  HOLD_DONE,
  HOLD_GONE,
  HOLD_LATE,
  HOLD_OVER,
  UNDONE,
  UNDOING,
  CLOSING,
  HOLD_TIMED,
  NEW_ID = 50, /* free */
};

static const book_env env_now = {.engine_time = NOW,
                                 .now = NOW,
                                 .business_date = TODAY,
                                 .command = 7,
                                 .closed_through = TODAY - 1};

static const transfer history[] = {
    {.id = {PAID, 0},
     .debit_account = 101,
     .credit_account = 102,
     .amount = 100,
     .code = 1,
     .ref = 9},
    {.id = {HOLD_FREE, 0},
     .debit_account = 102,
     .credit_account = 101,
     .amount = 40,
     .code = 1,
     .flags = TRANSFER_PENDING,
     .ref = 5},
    {.id = {HOLD_DONE, 0},
     .debit_account = 101,
     .credit_account = 105,
     .amount = 10,
     .code = 1,
     .flags = TRANSFER_PENDING},
    {.id = {HOLD_GONE, 0},
     .debit_account = 101,
     .credit_account = 105,
     .amount = 10,
     .code = 1,
     .flags = TRANSFER_PENDING},
    {.id = {HOLD_LATE, 0},
     .debit_account = 101,
     .credit_account = 105,
     .amount = 10,
     .code = 1,
     .flags = TRANSFER_PENDING,
     .timeout_s = 1},
    {.id = {HOLD_OVER, 0},
     .debit_account = 101,
     .credit_account = 105,
     .amount = 10,
     .code = 1,
     .flags = TRANSFER_PENDING,
     .timeout_s = 1},
    {.id = {UNDONE, 0}, .debit_account = 101, .credit_account = 105, .amount = 10, .code = 1},
    {.id = {UNDOING, 0},
     .debit_account = 105,
     .credit_account = 101,
     .amount = 10,
     .code = 1,
     .flags = TRANSFER_REVERSAL,
     .pending_id = {UNDONE, 0}},
    {.id = {CLOSING, 0},
     .debit_account = CLOSED_ACCOUNT,
     .credit_account = 101,
     .amount = 1,
     .code = 1,
     .flags = TRANSFER_PENDING | TRANSFER_CLOSING_DEBIT},
    {.id = {HOLD_TIMED, 0},
     .debit_account = 101,
     .credit_account = 105,
     .amount = 10,
     .code = 1,
     .flags = TRANSFER_PENDING,
     .timeout_s = 100},
    {.id = {40, 0}, .flags = TRANSFER_POST, .pending_id = {HOLD_DONE, 0}},
    {.id = {41, 0}, .flags = TRANSFER_VOID, .pending_id = {HOLD_GONE, 0}},
};

static book *open_history(void) {
  model m;
  model_open(&m, 1);
  book *b = book_open(64);
  for (int i = 0; i < MODEL_ACCOUNTS; i++)
    book_put_account(b, &m.accounts[i]);
  account closed = m.accounts[0];
  closed.account_id = CLOSED_ACCOUNT;
  book_put_account(b, &closed);
  book_env then = env_now;
  then.now = then.engine_time = NOW - 5 * MICROS_PER_SECOND;
  ledger_result results[COUNT_OF(history)];
  assert_int_equal(book_apply(b, &then, history, COUNT_OF(history), results), COUNT_OF(history));
  transfer expiry = {.id = {42, 0}, .flags = TRANSFER_EXPIRY, .pending_id = {HOLD_OVER, 0}};
  assert_int_equal(book_apply(b, &env_now, &expiry, 1, results), 1);
  return b;
}

typedef struct rule_case {
  const char *what;
  ledger_result should;
  transfer t; /* id 0: NEW_ID */
} rule_case;

#define PLAIN .debit_account = 101, .credit_account = 102, .amount = 5, .code = 1
#define MAX INT64_MAX
static const rule_case cases[] = {
    {"a plain transfer", LEDGER_OK, {PLAIN}},
    {"unknown flag", LEDGER_RESERVED_FLAG, {PLAIN, .flags = 1 << 10}},
    {"unknown flag before a taken id",
     LEDGER_RESERVED_FLAG,
     {PLAIN, .id = {PAID, 0}, .flags = 1 << 15}},
    {"other flags",
     LEDGER_EXISTS_WITH_DIFFERENT_FLAGS,
     {PLAIN, .id = {PAID, 0}, .flags = TRANSFER_PENDING}},
    {"other flags before another amount",
     LEDGER_EXISTS_WITH_DIFFERENT_FLAGS,
     {PLAIN, .id = {HOLD_FREE, 0}, .flags = TRANSFER_VOID}},
    {"other pending_id",
     LEDGER_EXISTS_WITH_DIFFERENT_PENDING_ID,
     {PLAIN, .id = {PAID, 0}, .pending_id = {9, 9}}},
    {"other timeout",
     LEDGER_EXISTS_WITH_DIFFERENT_TIMEOUT,
     {.id = {HOLD_LATE, 0},
      .debit_account = 101,
      .credit_account = 105,
      .amount = 10,
      .code = 1,
      .flags = TRANSFER_PENDING,
      .timeout_s = 2}},
    {"other debit account",
     LEDGER_EXISTS_WITH_DIFFERENT_DEBIT_ACCOUNT,
     {.id = {PAID, 0}, .debit_account = 103, .credit_account = 999, .amount = 1, .code = 1}},
    {"other credit account",
     LEDGER_EXISTS_WITH_DIFFERENT_CREDIT_ACCOUNT,
     {.id = {PAID, 0}, .debit_account = 101, .credit_account = 999, .amount = 1, .code = 1}},
    {"other amount", LEDGER_EXISTS_WITH_DIFFERENT_AMOUNT, {PLAIN, .id = {PAID, 0}}},
    {"other ref",
     LEDGER_EXISTS_WITH_DIFFERENT_REF,
     {.id = {PAID, 0},
      .debit_account = 101,
      .credit_account = 102,
      .amount = 100,
      .code = 2,
      .ref = 8}},
    {"other asset",
     LEDGER_EXISTS_WITH_DIFFERENT_ASSET,
     {.id = {PAID, 0},
      .debit_account = 101,
      .credit_account = 102,
      .amount = 100,
      .code = 2,
      .ref = 9,
      .asset = 840}},
    {"other code",
     LEDGER_EXISTS_WITH_DIFFERENT_CODE,
     {.id = {PAID, 0},
      .debit_account = 101,
      .credit_account = 102,
      .amount = 100,
      .code = 2,
      .ref = 9}},
    {"the same again",
     LEDGER_EXISTS,
     {.id = {PAID, 0},
      .debit_account = 101,
      .credit_account = 102,
      .amount = 100,
      .code = 1,
      .ref = 9,
      .asset = 156}},
    {"the same post again",
     LEDGER_EXISTS,
     {.id = {40, 0}, .flags = TRANSFER_POST, .pending_id = {HOLD_DONE, 0}}},
    {"the same post, its amount named",
     LEDGER_EXISTS,
     {.id = {40, 0}, .flags = TRANSFER_POST, .pending_id = {HOLD_DONE, 0}, .amount = 10}},
    {"hold and post",
     LEDGER_FLAGS_ARE_MUTUALLY_EXCLUSIVE,
     {PLAIN, .flags = TRANSFER_PENDING | TRANSFER_POST}},
    {"void and balance",
     LEDGER_FLAGS_ARE_MUTUALLY_EXCLUSIVE,
     {.flags = TRANSFER_VOID | TRANSFER_BALANCING_DEBIT, .pending_id = {HOLD_FREE, 0}}},
    {"no debit account", LEDGER_DEBIT_ACCOUNT_MUST_NOT_BE_ZERO, {.credit_account = 102}},
    {"no credit account", LEDGER_CREDIT_ACCOUNT_MUST_NOT_BE_ZERO, {.debit_account = 102}},
    {"to itself", LEDGER_ACCOUNTS_MUST_BE_DIFFERENT, {.debit_account = 102, .credit_account = 102}},
    {"a plain one naming another",
     LEDGER_PENDING_ID_MUST_BE_ZERO,
     {PLAIN, .pending_id = {PAID, 0}}},
    {"a post naming none",
     LEDGER_PENDING_ID_MUST_NOT_BE_ZERO,
     {.flags = TRANSFER_POST, .timeout_s = 1}},
    {"a post of itself",
     LEDGER_PENDING_ID_MUST_BE_DIFFERENT,
     {.flags = TRANSFER_POST, .pending_id = {NEW_ID, 0}}},
    {"a timeout without hold",
     LEDGER_TIMEOUT_RESERVED_FOR_PENDING,
     {PLAIN, .timeout_s = 1, .flags = TRANSFER_CLOSING_DEBIT}},
    {"closing without hold",
     LEDGER_CLOSING_TRANSFER_MUST_BE_PENDING,
     {.debit_account = 101, .credit_account = 102, .flags = TRANSFER_CLOSING_CREDIT}},
    {"nothing", LEDGER_AMOUNT_MUST_BE_POSITIVE, {.debit_account = 101, .credit_account = 102}},
    {"less than nothing",
     LEDGER_AMOUNT_MUST_BE_POSITIVE,
     {.flags = TRANSFER_POST, .pending_id = {HOLD_FREE, 0}, .amount = -1}},
    {"no reason",
     LEDGER_CODE_MUST_NOT_BE_ZERO,
     {.debit_account = 999, .credit_account = 102, .amount = 1}},
    {"no such debit account",
     LEDGER_DEBIT_ACCOUNT_NOT_FOUND,
     {.debit_account = 999, .credit_account = 998, .amount = 1, .code = 1}},
    {"no such credit account",
     LEDGER_CREDIT_ACCOUNT_NOT_FOUND,
     {.debit_account = 101, .credit_account = 998, .amount = 1, .code = 1}},
    {"money for goods",
     LEDGER_ACCOUNTS_MUST_HAVE_THE_SAME_ASSET,
     {.debit_account = 106, .credit_account = 108, .amount = 1, .code = 1}},
    {"across entities",
     LEDGER_ACCOUNTS_MUST_HAVE_THE_SAME_ENTITY,
     {.debit_account = 101, .credit_account = 108, .amount = 1, .code = 1, .asset = 840}},
    {"another currency", LEDGER_TRANSFER_MUST_HAVE_THE_SAME_ASSET, {PLAIN, .asset = 840}},
    {"balancing a striped account",
     LEDGER_STRIPED_ACCOUNT_CANNOT_BALANCE,
     {.debit_account = 105,
      .credit_account = 101,
      .amount = 1,
      .code = 1,
      .flags = TRANSFER_BALANCING_DEBIT}},
    {"closing a striped account",
     LEDGER_STRIPED_ACCOUNT_CANNOT_CLOSE,
     {.debit_account = 101,
      .credit_account = 105,
      .amount = 1,
      .code = 1,
      .flags = TRANSFER_PENDING | TRANSFER_CLOSING_CREDIT}},
    {"no such hold",
     LEDGER_PENDING_TRANSFER_NOT_FOUND,
     {.flags = TRANSFER_POST, .pending_id = {777, 0}}},
    {"not a hold",
     LEDGER_PENDING_TRANSFER_NOT_PENDING,
     {.flags = TRANSFER_VOID, .pending_id = {PAID, 0}}},
    {"another debit account",
     LEDGER_PENDING_TRANSFER_HAS_DIFFERENT_DEBIT_ACCOUNT,
     {.flags = TRANSFER_POST,
      .pending_id = {HOLD_DONE, 0},
      .debit_account = 103,
      .credit_account = 103}},
    {"another credit account",
     LEDGER_PENDING_TRANSFER_HAS_DIFFERENT_CREDIT_ACCOUNT,
     {.flags = TRANSFER_POST, .pending_id = {HOLD_FREE, 0}, .credit_account = 103, .asset = 840}},
    {"another asset",
     LEDGER_PENDING_TRANSFER_HAS_DIFFERENT_ASSET,
     {.flags = TRANSFER_POST, .pending_id = {HOLD_FREE, 0}, .asset = 840, .code = 3}},
    {"another code",
     LEDGER_PENDING_TRANSFER_HAS_DIFFERENT_CODE,
     {.flags = TRANSFER_POST, .pending_id = {HOLD_FREE, 0}, .code = 3, .amount = 41}},
    {"more than held",
     LEDGER_EXCEEDS_PENDING_TRANSFER_AMOUNT,
     {.flags = TRANSFER_POST, .pending_id = {HOLD_DONE, 0}, .amount = 11}},
    {"half a void",
     LEDGER_PENDING_TRANSFER_HAS_DIFFERENT_AMOUNT,
     {.flags = TRANSFER_VOID, .pending_id = {HOLD_GONE, 0}, .amount = 9}},
    {"posted twice",
     LEDGER_PENDING_TRANSFER_ALREADY_POSTED,
     {.flags = TRANSFER_POST, .pending_id = {HOLD_DONE, 0}}},
    {"voided twice",
     LEDGER_PENDING_TRANSFER_ALREADY_VOIDED,
     {.flags = TRANSFER_VOID, .pending_id = {HOLD_GONE, 0}}},
    {"posted too late, the entry made",
     LEDGER_PENDING_TRANSFER_EXPIRED,
     {.flags = TRANSFER_POST, .pending_id = {HOLD_OVER, 0}}},
    {"posted too late, the entry late too",
     LEDGER_PENDING_TRANSFER_EXPIRED,
     {.flags = TRANSFER_POST, .pending_id = {HOLD_LATE, 0}}},
    {"expired too early",
     LEDGER_PENDING_TRANSFER_NOT_DUE,
     {.flags = TRANSFER_EXPIRY, .pending_id = {HOLD_TIMED, 0}}},
    {"never expires",
     LEDGER_PENDING_TRANSFER_NOT_DUE,
     {.flags = TRANSFER_EXPIRY, .pending_id = {HOLD_FREE, 0}}},
    {"expired when due", LEDGER_OK, {.flags = TRANSFER_EXPIRY, .pending_id = {HOLD_LATE, 0}}},
    {"reversing nothing",
     LEDGER_REVERSAL_TARGET_NOT_FOUND,
     {PLAIN, .flags = TRANSFER_REVERSAL, .pending_id = {777, 0}}},
    {"reversing a hold",
     LEDGER_REVERSAL_TARGET_NOT_POSTED,
     {PLAIN, .flags = TRANSFER_REVERSAL, .pending_id = {HOLD_FREE, 0}}},
    {"reversing a reversal",
     LEDGER_REVERSAL_TARGET_NOT_POSTED,
     {PLAIN, .flags = TRANSFER_REVERSAL, .pending_id = {UNDOING, 0}}},
    {"reversing the same way round",
     LEDGER_REVERSAL_ACCOUNTS_MUST_SWAP,
     {PLAIN, .flags = TRANSFER_REVERSAL, .pending_id = {PAID, 0}}},
    {"reversing a part",
     LEDGER_REVERSAL_AMOUNT_MUST_MATCH,
     {.debit_account = 105,
      .credit_account = 101,
      .amount = 9,
      .code = 1,
      .flags = TRANSFER_REVERSAL,
      .pending_id = {UNDONE, 0}}},
    {"reversing twice",
     LEDGER_ALREADY_REVERSED,
     {.debit_account = 105,
      .credit_account = 101,
      .amount = 10,
      .code = 1,
      .flags = TRANSFER_REVERSAL,
      .pending_id = {UNDONE, 0}}},
    {"reversing what is spoken for",
     LEDGER_EXCEEDS_CREDITS,
     {.debit_account = 102,
      .credit_account = 101,
      .amount = 100,
      .code = 1,
      .flags = TRANSFER_REVERSAL,
      .pending_id = {PAID, 0}}},
    {"from a closed account",
     LEDGER_DEBIT_ACCOUNT_ALREADY_CLOSED,
     {.debit_account = CLOSED_ACCOUNT, .credit_account = 109, .amount = 1, .code = 1}},
    {"to a closed account",
     LEDGER_CREDIT_ACCOUNT_ALREADY_CLOSED,
     {.debit_account = 109, .credit_account = CLOSED_ACCOUNT, .amount = 1, .code = 1}},
    {"posting on a closed account",
     LEDGER_DEBIT_ACCOUNT_ALREADY_CLOSED,
     {.flags = TRANSFER_POST, .pending_id = {CLOSING, 0}}},
    {"voiding what closed it", LEDGER_OK, {.flags = TRANSFER_VOID, .pending_id = {CLOSING, 0}}},
    {"from a frozen account",
     LEDGER_DEBIT_ACCOUNT_FROZEN,
     {.debit_account = 109, .credit_account = 101, .amount = MAX, .code = 1}},
    {"to a frozen account",
     LEDGER_CREDIT_ACCOUNT_FROZEN,
     {.debit_account = 102, .credit_account = 109, .amount = 1000, .code = 1}},
    {"too much held",
     LEDGER_OVERFLOWS_DEBITS_PENDING,
     {.debit_account = 101,
      .credit_account = 105,
      .amount = MAX,
      .code = 1,
      .flags = TRANSFER_PENDING}},
    {"too much held by the other",
     LEDGER_OVERFLOWS_CREDITS_PENDING,
     {.debit_account = 103,
      .credit_account = 105,
      .amount = MAX,
      .code = 1,
      .flags = TRANSFER_PENDING}},
    {"too much posted",
     LEDGER_OVERFLOWS_DEBITS_POSTED,
     {.debit_account = 101, .credit_account = 103, .amount = MAX, .code = 1}},
    {"too much posted to the other",
     LEDGER_OVERFLOWS_CREDITS_POSTED,
     {.debit_account = 103, .credit_account = 102, .amount = MAX, .code = 1}},
    {"posted and held together",
     LEDGER_OVERFLOWS_DEBITS,
     {.debit_account = 101, .credit_account = 103, .amount = MAX - 125, .code = 1}},
    {"posted and held together, the other",
     LEDGER_OVERFLOWS_CREDITS,
     {.debit_account = 103, .credit_account = 105, .amount = MAX - 25, .code = 1}},
    {"more than the wallet has",
     LEDGER_EXCEEDS_CREDITS,
     {.debit_account = 102, .credit_account = 101, .amount = 61, .code = 1}},
    {"all that is not held",
     LEDGER_OK,
     {.debit_account = 102, .credit_account = 101, .amount = 60, .code = 1}},
    {"down to the allowance",
     LEDGER_OK,
     {.debit_account = 103, .credit_account = 101, .amount = 50, .code = 1}},
    {"below the allowance",
     LEDGER_EXCEEDS_CREDITS,
     {.debit_account = 103, .credit_account = 104, .amount = 51, .code = 1}},
    {"more than is owed",
     LEDGER_EXCEEDS_DEBITS,
     {.debit_account = 101, .credit_account = 104, .amount = 1, .code = 1}},
    {"balancing what is empty",
     LEDGER_EXCEEDS_DEBITS,
     {.debit_account = 101,
      .credit_account = 104,
      .amount = 1,
      .code = 1,
      .flags = TRANSFER_BALANCING_CREDIT}},
};

static void each_rule_refuses_what_it_should_and_the_earlier_rule_wins(void **state) {
  UNUSED(state);
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    book *b = open_history();
    transfer t = cases[i].t;
    if (id128_is_zero(t.id)) t.id = (id128){NEW_ID, 0};
    ledger_result r = LEDGER_RESULT_COUNT;
    book_mark before = book_here(b);
    size_t accepted = book_apply(b, &env_now, &t, 1, &r);
    if (r != cases[i].should) {
      fail_msg("%s: %s, should be %s", cases[i].what, ledger_result_slug(r),
               ledger_result_slug(cases[i].should));
    }
    assert_int_equal(accepted, r == LEDGER_OK);
    book_mark after = book_here(b);
    if (r != LEDGER_OK) assert_memory_equal(&before, &after, sizeof before);
    book_close(b);
  }
}

static void zero_is_no_id(void **state) {
  UNUSED(state);
  book *b = open_history();
  ledger_result r;
  book_apply(b, &env_now, &(transfer){PLAIN}, 1, &r);
  assert_int_equal(r, LEDGER_ID_MUST_NOT_BE_ZERO);
  book_close(b);
}

/* INV-23. A retry of what was accepted before the close still gets its answer. */
static void a_closed_period_refuses_all_but_what_it_has(void **state) {
  UNUSED(state);
  book *b = open_history();
  book_env closed = env_now;
  closed.closed_through = TODAY;
  transfer in[] = {{PLAIN, .id = {NEW_ID, 0}},
                   {.id = {NEW_ID + 1, 0}, .flags = TRANSFER_VOID, .pending_id = {777, 0}},
                   history[0]};
  ledger_result r[3];
  assert_int_equal(book_apply(b, &closed, in, 3, r), 0);
  assert_int_equal(r[0], LEDGER_PERIOD_CLOSED);
  assert_int_equal(r[1], LEDGER_PERIOD_CLOSED);
  assert_int_equal(r[2], LEDGER_EXISTS);
  book_close(b);
}

static void a_timeout_beyond_the_end_of_time_is_refused(void **state) {
  UNUSED(state);
  book *b = open_history();
  book_env late = env_now;
  late.now = INT64_MAX - 1;
  ledger_result r;
  book_apply(b, &late,
             &(transfer){PLAIN, .id = {NEW_ID, 0}, .flags = TRANSFER_PENDING, .timeout_s = 1}, 1,
             &r);
  assert_int_equal(r, LEDGER_OVERFLOWS_TIMEOUT);
  book_close(b);
}

static void a_refused_transfer_does_not_burn_its_id(void **state) {
  UNUSED(state);
  book *b = open_history();
  transfer t = {
      .id = {NEW_ID, 0}, .debit_account = 102, .credit_account = 101, .amount = 61, .code = 1};
  ledger_result r;
  book_apply(b, &env_now, &t, 1, &r);
  assert_int_equal(r, LEDGER_EXCEEDS_CREDITS);
  t.amount = 60;
  book_apply(b, &env_now, &t, 1, &r);
  assert_int_equal(r, LEDGER_OK);
  book_close(b);
}

static void a_chain_is_all_or_nothing(void **state) {
  UNUSED(state);
  book *b = open_history();
  account before = *book_account(b, 102);
  transfer in[] = {{PLAIN, .id = {50, 0}, .flags = TRANSFER_LINKED},
                   {.id = {51, 0},
                    .debit_account = 102,
                    .credit_account = 101,
                    .amount = 1000,
                    .code = 1,
                    .flags = TRANSFER_LINKED},
                   {PLAIN, .id = {52, 0}},
                   {PLAIN, .id = {53, 0}}};
  ledger_result r[4];
  assert_int_equal(book_apply(b, &env_now, in, 4, r), 1);
  assert_int_equal(r[0], LEDGER_LINKED_EVENT_FAILED);
  assert_int_equal(r[1], LEDGER_EXCEEDS_CREDITS);
  assert_int_equal(r[2], LEDGER_LINKED_EVENT_FAILED);
  assert_int_equal(r[3], LEDGER_OK);
  before.credits_posted += 5;
  assert_same_account(book_account(b, 102), &before);
  assert_null(book_transfer(b, (id128){50, 0}));
  in[1].amount = 10;
  assert_int_equal(book_apply(b, &env_now, in, 3, r), 3);
  assert_int_equal(book_apply(b, &env_now, in, 3, r), 0);
  for (int i = 0; i < 3; i++)
    assert_int_equal(r[i], LEDGER_EXISTS);
  in[2].id.low = 54;
  in[2].flags = TRANSFER_LINKED;
  assert_int_equal(book_apply(b, &env_now, in + 2, 1, r), 0);
  assert_int_equal(r[0], LEDGER_LINKED_EVENT_CHAIN_OPEN);
  book_close(b);
}

static void a_balancing_transfer_takes_what_there_is(void **state) {
  UNUSED(state);
  book *b = open_history();
  transfer t = {.id = {50, 0},
                .debit_account = 102,
                .credit_account = 101,
                .amount = 1000,
                .code = 1,
                .flags = TRANSFER_BALANCING_DEBIT};
  ledger_result r;
  assert_int_equal(book_apply(b, &env_now, &t, 1, &r), 1);
  assert_int_equal(book_transfer(b, t.id)->amount, 60);
  assert_int_equal(account_available(book_account(b, 102)), 0);
  assert_int_equal(book_apply(b, &env_now, &t, 1, &r), 0);
  assert_int_equal(r, LEDGER_EXISTS);
  book_close(b);
}

static void a_part_posted_releases_the_rest(void **state) {
  UNUSED(state);
  book *b = open_history();
  transfer t = {.id = {50, 0}, .flags = TRANSFER_POST, .pending_id = {HOLD_FREE, 0}, .amount = 15};
  ledger_result r;
  assert_int_equal(book_apply(b, &env_now, &t, 1, &r), 1);
  const transfer *made = book_transfer(b, t.id);
  assert_int_equal(made->debit_account, 102);
  assert_int_equal(made->ref, 5);
  assert_int_equal(account_available(book_account(b, 102)), 85);
  assert_int_equal(book_hold(b, (id128){HOLD_FREE, 0})->posted, 15);
  book_close(b);
}

static void a_pinned_hold_does_not_expire(void **state) {
  UNUSED(state);
  book *b = open_history();
  transfer t = {.id = {50, 0}, .flags = TRANSFER_EXPIRY, .pending_id = {HOLD_LATE, 0}};
  ledger_result r;
  book_mark mark = book_here(b);
  book_pin_hold(b, t.pending_id, 0);
  book_apply(b, &env_now, &t, 1, &r);
  assert_int_equal(r, LEDGER_PENDING_TRANSFER_NOT_DUE);
  book_revert(b, mark);
  book_apply(b, &env_now, &t, 1, &r);
  assert_int_equal(r, LEDGER_OK);
  book_close(b);
}

/* Whatever another lane stamped on an account, the next entry of it is later. */
static void engine_time_passes_the_newest_entry_of_both_accounts(void **state) {
  UNUSED(state);
  book *b = book_open(4);
  account a = {
      .account_id = 1, .entity = 1, .asset = 156, .code = CODE_BANK_OWN, .last_time = 5000};
  account c = {.account_id = 2, .entity = 1, .asset = 156, .code = CODE_BANK_OWN};
  book_put_account(b, &a);
  book_put_account(b, &c);
  book_env env = {.engine_time = 100, .business_date = 1};
  ledger_result r[2];
  transfer in[] = {{.id = {1, 0}, .debit_account = 1, .credit_account = 2, .amount = 1, .code = 1},
                   {.id = {2, 0}, .debit_account = 2, .credit_account = 1, .amount = 1, .code = 1}};
  assert_int_equal(book_apply(b, &env, in, 2, r), 2);
  assert_int_equal(book_transfer(b, in[0].id)->time, 5001);
  assert_int_equal(book_transfer(b, in[1].id)->time, 5002);
  book_close(b);
}

static void an_opened_account_and_a_change_are_undone(void **state) {
  UNUSED(state);
  book *b = book_open(4);
  account a = {.account_id = 1,
               .entity = 1,
               .owner = 1,
               .asset = 156,
               .code = CODE_WALLET,
               .flags = ACCOUNT_NO_DEBIT_BALANCE};
  book_mark start = book_here(b);
  book_new_account(b, &a);
  book_mark opened = book_here(b);
  book_change_account(b, 1, ACCOUNT_NO_DEBIT_BALANCE | ACCOUNT_FROZEN, 70);
  assert_int_equal(account_available(book_account(b, 1)), 70);
  book_revert(b, opened);
  assert_int_equal(book_account(b, 1)->flags, ACCOUNT_NO_DEBIT_BALANCE);
  assert_int_equal(book_account(b, 1)->allowance, 0);
  book_revert(b, start);
  assert_null(book_account(b, 1));
  book_new_account(b, &a);
  assert_non_null(book_account(b, 1));
  book_close(b);
}

static void the_cache_keeps_to_its_cap(void **state) {
  UNUSED(state);
  book *b = book_open(100);
  for (id i = 1; i <= 1000; i++) {
    book_put_account(b,
                     &(account){.account_id = i, .entity = 1, .asset = 156, .code = CODE_WALLET});
  }
  book_clean(b);
  size_t held = 0;
  for (id i = 1; i <= 1000; i++)
    held += book_account(b, i) != NULL;
  assert_int_equal(held, 100);
  book_close(b);
}

int run_rule_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_rule_refuses_what_it_should_and_the_earlier_rule_wins),
      cmocka_unit_test(zero_is_no_id),
      cmocka_unit_test(a_closed_period_refuses_all_but_what_it_has),
      cmocka_unit_test(a_timeout_beyond_the_end_of_time_is_refused),
      cmocka_unit_test(a_refused_transfer_does_not_burn_its_id),
      cmocka_unit_test(a_chain_is_all_or_nothing),
      cmocka_unit_test(a_balancing_transfer_takes_what_there_is),
      cmocka_unit_test(a_part_posted_releases_the_rest),
      cmocka_unit_test(a_pinned_hold_does_not_expire),
      cmocka_unit_test(engine_time_passes_the_newest_entry_of_both_accounts),
      cmocka_unit_test(an_opened_account_and_a_change_are_undone),
      cmocka_unit_test(the_cache_keeps_to_its_cap),
  };
  return cmocka_run_group_tests_name("ledger rules", tests, NULL, NULL);
}
