/* test_remit.c - settlement files of channels: what fits arrives in the reserve, once; what does
 * not fit is listed and lies in suspense; money is whole after every step. */
#include "modules/payment/test_desk.h"

#include "modules/payment/remit.h"

#define DESK(state) desk *d = desk_open(*(state))
#define HEADING "attempt,kind,amount,fee,currency\n"

static const char *text(desk *d, const char *format, ...) PRINTF(2, 3);
static const char *text(desk *d, const char *format, ...) {
  va_list args;
  va_start(args, format);
  str s = str_format_args(d->m->arena, format, args);
  va_end(args);
  return str_zero(d->m->arena, s);
}

static id pay_by_card(desk *d, int64_t amount, const char *token) {
  till *t = till_make(d, amount, 0);
  t->p.payees[0].child = id_next(desk_ctx(d));
  till_add(t, (tender_in){.kind = TENDER_CHANNEL,
                          .amount = amount,
                          .channel = d->sale_channel,
                          .token = str_from(token)});
  desk_must(d, &test_pay, t);
  desk_tasks(d);
  return t->p.payment_id;
}

static id attempt_of(desk *d, id payment) {
  return desk_int(d, "select max(attempt_id) from payment_attempt where payment_id=?1", payment);
}

static const char *line(desk *d, id attempt, const char *kind, int64_t amount, int64_t fee) {
  char name[ID_TEXT_MAX];
  id_write(name, ID_ATTEMPT, attempt);
  return text(d, "%s,%s,%lld,%lld,CNY\n", name, kind, (long long)amount, (long long)fee);
}

static date today(desk *d) { return desk_ctx(d)->today; }

/* desk_job runs a job of a date once; the file may be read on any later one. */
static void settle(desk *d, const char *file, date on) {
  fake_file = file;
  desk_job(d, "channels.settle", on);
}

static int64_t owed_by_channel(desk *d) {
  return -desk_balance(d, CODE_CHANNEL_RECEIVABLE, d->sale_channel);
}
static int64_t reserve(desk *d) { return -desk_balance(d, CODE_BANK_RESERVE, 0); }
static int64_t breaks_of(desk *d, const char *kind, int64_t *sum) {
  int64_t count = desk_int(
      d, text(d, "select count(*) from payment_break where kind='%s' and state=?1", kind), 0);
  *sum = desk_int(
      d, text(d, "select sum(amount) from payment_break where kind='%s' and state=?1", kind), 0);
  return count;
}

static void what_was_captured_net_of_refunds_and_fees_arrives_once(void **state) {
  DESK(state);
  int64_t before = reserve(d), own = -desk_balance(d, CODE_BANK_OWN, 0);
  id one = pay_by_card(d, 3000, "ok"), two = pay_by_card(d, 500, "ok");
  id sale_one = attempt_of(d, one), sale_two = attempt_of(d, two);
  refund_plan p = {.refund_id = 1,
                   .payment_id = one,
                   .seller = SELLER_A,
                   .child = desk_int(d, "select child from payment_part where payment_id=?1", one),
                   .amount = 1000};
  desk_must(d, &test_refund, &p);
  desk_tasks(d);
  assert_int_equal(owed_by_channel(d), 2500);
  const char *file =
      text(d, HEADING "%s%s%s", line(d, sale_one, "sale", 3000, 30),
           line(d, attempt_of(d, one), "refund", 1000, 0), line(d, sale_two, "sale", 500, 5));
  settle(d, file, today(d));
  assert_int_equal(owed_by_channel(d), 0);
  assert_int_equal(reserve(d), before + 2500); /* 2465 came, 35 were put there */
  assert_int_equal(-desk_balance(d, CODE_BANK_OWN, 0), own - 35);
  assert_int_equal(-desk_balance(d, CODE_CHANNEL_COST, 0), 35);
  int files = fake_files;
  settle(d, file, today(d) + 1); /* nothing is expected any more: not even asked for */
  assert_int_equal(fake_files, files);
  assert_int_equal(reserve(d), before + 2500);
  assert_int_equal(desk_int(d, "select count(*) from channel_line where state=?1", 0), 3);
  assert_int_equal(desk_int(d, "select count(*) from channel_file where lines=?1", 3), 1);
  desk_close(d);
}

static void a_file_read_again_books_only_what_is_new_in_it(void **state) {
  DESK(state);
  id one = attempt_of(d, pay_by_card(d, 3000, "ok")),
     two = attempt_of(d, pay_by_card(d, 700, "ok"));
  const char *first = line(d, one, "sale", 3000, 0), *second = line(d, two, "sale", 700, 0);
  settle(d, NULL, today(d)); /* the channel is down: the day goes on, the file is asked for again */
  assert_int_equal(owed_by_channel(d), 3700);
  settle(d, text(d, HEADING "%s%s", first, first), today(d) + 1);
  assert_int_equal(owed_by_channel(d), 700);
  remit_line again = {.readable = true, .kind = ATTEMPT_SALE, .amount = 3000};
  char name[ID_TEXT_MAX];
  id_write(name, ID_ATTEMPT, one);
  again.attempt = str_from(name);
  remit_in cut_off = {.channel = d->sale_channel, .on = today(d), .lines = &again, .count = 1};
  desk_must(d, &payment_book_lines, &cut_off);
  assert_int_equal(cut_off.matched + cut_off.breaks, 0);
  settle(d, text(d, HEADING "%s%s", first, second), today(d) + 2);
  assert_int_equal(owed_by_channel(d), 0);
  assert_int_equal(desk_int(d, "select count(*) from payment_break where state=?1", 0), 0);
  desk_close(d);
}

static void a_channel_that_is_away_is_asked_once_a_run(void **state) {
  DESK(state);
  pay_by_card(d, 300, "ok");
  test_market_sleep(d->m, 86400);
  pay_by_card(d, 300, "ok");
  settle(d, NULL, today(d));
  assert_int_equal(fake_files, 1);
  settle(d, "no such page", today(d) + 1);
  assert_int_equal(fake_files, 2);
  assert_int_equal(owed_by_channel(d), 600);
  desk_close(d);
}

static void what_does_not_fit_is_listed_and_lies_in_suspense(void **state) {
  DESK(state);
  int64_t before = reserve(d), sum;
  id more = attempt_of(d, pay_by_card(d, 1000, "ok")),
     less = attempt_of(d, pay_by_card(d, 1000, "ok")),
     no = attempt_of(d, pay_by_card(d, 1000, "no"));
  settle(d,
         text(d, HEADING "%s%s%s%s%s%s%s", line(d, more, "sale", 1100, 0),
              line(d, less, "sale", 990, 0), line(d, no, "sale", 1000, 0),
              line(d, 4242, "sale", 55, 0), "garbage,sale,7,0,CNY\n", "x,refund,3,0,CNY\n",
              "caf\xc3\xa9,sale,9,0,CNY\n\"torn,sale,many,0,CNY\n"),
         today(d));
  assert_int_equal(breaks_of(d, "remit_amount", &sum), 2);
  assert_int_equal(sum, 90);
  assert_int_equal(breaks_of(d, "unmatched", &sum),
                   6); /* no, 4242, garbage, x, one not in ASCII, torn */
  assert_int_equal(sum, 1000 + 55 + 7 - 3);
  assert_int_equal(owed_by_channel(d), 0);
  assert_int_equal(desk_balance(d, CODE_SUSPENSE, 0), 90 + 1059);
  assert_int_equal(reserve(d), before + 2000 + 90 + 1059);
  assert_int_equal(desk_totals(d).breaks, 0); /* payments fit their orders */
  break_resolve in = {.how = BREAK_TO_PAYER,
                      .break_id =
                          desk_int(d, "select break_id from payment_break where amount=?1", 100)};
  desk_must(d, &payment_resolve_break, &in);
  desk_prove(d);
  assert_int_equal(desk_balance(d, CODE_WALLET, BUYER), BUYER_HAS + 100);
  desk_close(d);
}

static void an_attempt_without_a_line_is_listed_after_two_days_once(void **state) {
  DESK(state);
  int64_t sum;
  date on = today(d);
  id late = attempt_of(d, pay_by_card(d, 800, "ok"));
  for (date day = on; day < on + 2; day++) {
    settle(d, HEADING, day);
    assert_int_equal(breaks_of(d, "missing", &sum), 0);
  }
  settle(d, HEADING, on + 2);
  assert_int_equal(breaks_of(d, "missing", &sum), 1);
  assert_int_equal(sum, 800);
  int files = fake_files;
  settle(d, HEADING, on + 3);
  assert_int_equal(fake_files, files);
  assert_int_equal(breaks_of(d, "missing", &sum), 1);
  assert_int_equal(owed_by_channel(d), 800);
  assert_int_equal(desk_int(d, "select state from channel_due where attempt_id=?1", late),
                   DUE_MISSING);
  desk_close(d);
}

static void a_line_of_what_was_given_up_is_asked_about_and_sent_back(void **state) {
  DESK(state);
  till *t = till_make(d, 600, 0);
  till_add(t, (tender_in){.kind = TENDER_CHANNEL,
                          .amount = 600,
                          .channel = d->sale_channel,
                          .token = STR("slow")});
  desk_must(d, &test_pay, t);
  desk_tasks(d);
  id attempt = attempt_of(d, t->p.payment_id);
  attempt_result give_up = {.attempt_id = attempt, .give_up = true};
  desk_must(d, &payment_attempt_result, &give_up);
  assert_int_equal(desk_payment(d, t->p.payment_id).state, PAYMENT_FAILED);
  settle(d, text(d, HEADING "%s", line(d, attempt, "sale", 600, 0)), today(d));
  assert_int_equal(desk_int(d, "select state from payment_attempt where attempt_id=?1", attempt),
                   ATTEMPT_REVERSED);
  assert_int_equal(owed_by_channel(d), 0); /* it came, and is on its way back */
  assert_int_equal(desk_balance(d, CODE_REFUND_TRANSIT, 0), 600);
  desk_tasks(d);
  assert_int_equal(desk_balance(d, CODE_REFUND_TRANSIT, 0), 600); /* this channel is slow */
  payment_attempt_query(desk_ctx(d), d->m->e, attempt_of(d, t->p.payment_id), false,
                        &(channel_outcome){OUTCOME_UNKNOWN});
  assert_int_equal(desk_balance(d, CODE_REFUND_TRANSIT, 0), 0);
  assert_int_equal(owed_by_channel(d), -600); /* until the refund's line */
  desk_close(d);
}

static void no_file_is_asked_for_when_nothing_was_approved(void **state) {
  DESK(state);
  pay_by_card(d, 100, "no");
  settle(d, HEADING, today(d));
  assert_int_equal(fake_files, 0);
  desk_close(d);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_was_captured_net_of_refunds_and_fees_arrives_once),
      cmocka_unit_test(a_file_read_again_books_only_what_is_new_in_it),
      cmocka_unit_test(a_channel_that_is_away_is_asked_once_a_run),
      cmocka_unit_test(what_does_not_fit_is_listed_and_lies_in_suspense),
      cmocka_unit_test(an_attempt_without_a_line_is_listed_after_two_days_once),
      cmocka_unit_test(a_line_of_what_was_given_up_is_asked_about_and_sent_back),
      cmocka_unit_test(no_file_is_asked_for_when_nothing_was_approved),
  };
  return test_market_run("payment-remit", tests, COUNT_OF(tests));
}
