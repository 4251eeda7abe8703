/* test_group.c - one group: what a refused, a later, a poisoned and a greedy command do to the
 * others, how holds end, and how events are numbered. */
#include "engine/test_bench.h"

static void submit_and_step(bench *b, command **commands, size_t count) {
  for (size_t i = 0; i < count; i++) {
    assert_int_equal(engine_submit(b->e, commands[i]), OK);
  }
  while (engine_step(b->e) > 0) {}
}

static void close_commands(command **commands, size_t count) {
  for (size_t i = 0; i < count; i++) {
    arena_close(commands[i]->arena);
  }
}

static void a_payment_moves_money_and_opens_accounts_once(void **state) {
  bench *b = bench_open(*state, NULL);
  pay_state in = {.owner_to = 100, .amount = 500};
  assert_int_equal(bench_pay(b, &in), OK);
  pay_state out = {.owner_from = 100, .owner_to = 101, .amount = 200};
  assert_int_equal(bench_pay(b, &out), OK);
  assert_int_equal(in.to, out.from);
  assert_int_equal(bench_balance(b, 100), 300);
  assert_int_equal(bench_balance(b, 101), 200);
  assert_int_equal(bench_int(b, "select count(*) from engine_command where subject = ?1", 101), 1);
  bench_close(b);
}

static void a_refused_command_leaves_the_state_hash_as_it_was(void **state) {
  bench *b = bench_open(*state, NULL);
  sha256 before, after;
  pay_state in = {.owner_to = 100, .amount = 500};
  assert_int_equal(bench_pay(b, &in), OK);
  bench_hash(b, &before);
  /* it would open an account, post, emit and audit */
  pay_state out = {.owner_from = 100, .owner_to = 999, .amount = 501, .emit = true};
  assert_int_equal(bench_pay(b, &out), E_FUNDS);
  assert_int_equal(b->ctx.fault.code, E_FUNDS);
  assert_true(b->ctx.fault.detail.len > 0);
  bench_hash(b, &after);
  assert_true(sha256_eq(&before, &after));
  assert_int_equal(bench_int(b, "select count(*) from engine_event where tenant = ?1", TEST_TENANT),
                   0);
  bench_close(b);
}

static void a_later_command_of_the_group_sees_the_earlier_ones(void **state) {
  bench *b = bench_open(*state, NULL);
  pay_state in = {.owner_to = 100, .amount = 500},
            half = {.owner_from = 100, .owner_to = 101, .amount = 300};
  pay_state too_much = half, rest = {.owner_from = 101, .owner_to = 102, .amount = 300};
  command *commands[] = {
      bench_command(b, &test_pay, &in, 0, 0), bench_command(b, &test_pay, &half, 0, 0),
      bench_command(b, &test_pay, &too_much, 0, 0), bench_command(b, &test_pay, &rest, 0, 0)};
  int64_t groups = atomic_load(&b->e->groups);
  submit_and_step(b, commands, COUNT_OF(commands));
  assert_int_equal(commands[0]->outcome, OK);
  assert_int_equal(commands[1]->outcome, OK);
  assert_int_equal(commands[2]->outcome, E_FUNDS);
  assert_int_equal(commands[3]->outcome, OK);
  if (b->e->kind == DB_SQLITE) assert_int_equal(atomic_load(&b->e->groups) - groups, 1);
  assert_int_equal(half.from, in.to);
  assert_int_equal(bench_balance(b, 100), 200);
  assert_int_equal(bench_balance(b, 102), 300);
  close_commands(commands, COUNT_OF(commands));
  bench_close(b);
}

static status load_move(ctx *c, tx *t, void *state) {
  UNUSED(c);
  const pay_state *p = state;
  tx_need_account(t, p->from);
  tx_need_account(t, p->to);
  return OK;
}

static status decide_move(ctx *c, tx *t, void *state) {
  const pay_state *p = state;
  transfer entry = {.debit_account = p->from,
                    .credit_account = p->to,
                    .amount = p->amount,
                    .code = WHY_WALLET_TRANSFER};
  return tx_post(c, t, &entry, 1);
}

static const command_type move = {
    .name = "test.move", .flags = COMMAND_HOT, .load = load_move, .decide = decide_move};

/* The money of one goes round; whoever asks for more than has come to him is refused. */
static void ledger_only_commands_share_one_commit_on_both_homes(void **state) {
  enum { PEOPLE = 20 };
  bench *b = bench_open(*state, NULL);
  pay_state open[PEOPLE], moves[PEOPLE];
  command *commands[PEOPLE];
  for (int i = 0; i < PEOPLE; i++) {
    open[i] = (pay_state){.owner_to = 100 + i, .amount = i == 0 ? 50 : 1};
    assert_int_equal(bench_pay(b, &open[i]), OK);
  }
  for (int i = 0; i < PEOPLE; i++) {
    moves[i] = (pay_state){
        .from = open[i].to, .to = open[(i + 1) % PEOPLE].to, .amount = i % 5 == 4 ? 1000 : 40};
    commands[i] = bench_command(b, &move, &moves[i], 1 + i, 1);
  }
  int64_t groups = atomic_load(&b->e->groups);
  submit_and_step(b, commands, PEOPLE);
  assert_int_equal(atomic_load(&b->e->groups) - groups, 1);
  for (int i = 0; i < PEOPLE; i++) {
    assert_int_equal(commands[i]->outcome, i < 4 ? OK : E_FUNDS);
  }
  assert_int_equal(bench_balance(b, 104), 41);
  assert_int_equal(bench_int(b, "select count(*) from engine_key where http_status = ?1", 200), 4);
  assert_int_equal(bench_int(b, "select count(*) from engine_key where http_status <> ?1", 200), 0);
  close_commands(commands, PEOPLE);
  bench_close(b);
}

static void a_poisoned_command_hurts_only_itself(void **state) {
  bench *b = bench_open(*state, NULL);
  pay_state good[4], bad = {.owner_to = 100, .amount = 1000, .poison = true};
  command *commands[5];
  for (int i = 0; i < 4; i++) {
    good[i] = (pay_state){.owner_to = 100, .amount = 10};
    commands[i < 2 ? i : i + 1] = bench_command(b, &test_pay, &good[i], 0, 0);
  }
  commands[2] = bench_command(b, &test_pay, &bad, 0, 0);
  submit_and_step(b, commands, 5);
  for (int i = 0; i < 5; i++)
    assert_int_equal(commands[i]->outcome, i == 2 ? E_CONFLICT : OK);
  assert_true(commands[2]->fault.detail.len > 0);
  assert_int_equal(bench_balance(b, 100), 40);
  close_commands(commands, 5);
  bench_close(b);
}

static void a_command_that_eats_its_memory_is_refused_and_writes_nothing(void **state) {
  bench *b = bench_open(*state, NULL);
  sha256 before, after;
  pay_state in = {.owner_to = 100, .amount = 500};
  assert_int_equal(bench_pay(b, &in), OK);
  bench_hash(b, &before);
  pay_state greedy = {.owner_to = 200, .amount = 5, .waste = 2 << 20}; /* its arena holds one MiB */
  command *cmd = bench_command(b, &test_pay, &greedy, 0, 0);
  jmp_buf mine;
  UNUSED(arena_on_exhaustion(cmd->arena, &mine));
  submit_and_step(b, &cmd, 1);
  assert_int_equal(cmd->outcome, E_NO_MEMORY);
  assert_ptr_equal(arena_on_exhaustion(cmd->arena, NULL), &mine);
  bench_hash(b, &after);
  assert_true(sha256_eq(&before, &after));
  close_commands(&cmd, 1);
  bench_close(b);
}

/* Not even the sentence that says why it is late fits in its arena. */
static void a_command_without_any_memory_left_hurts_only_itself(void **state) {
  bench *b = bench_open(*state, NULL);
  pay_state p = {.owner_to = 100, .amount = 5};
  command *full = bench_command(b, &test_pay, &p, 0, 0);
  command *good = bench_command(b, &test_pay, &p, 0, 0);
  while (arena_try(full->arena, 1, 16) != NULL) {}
  full->deadline = engine_real_now(b->e) + 10;
  assert_int_equal(engine_submit(b->e, full), OK);
  assert_int_equal(engine_submit(b->e, good), OK);
  bench_sleep(b, 11);
  while (engine_step(b->e) > 0) {}
  assert_int_equal(full->outcome, E_NO_MEMORY);
  assert_int_equal(good->outcome, OK);
  assert_int_equal(bench_balance(b, 100), 5);
  arena_close(full->arena);
  arena_close(good->arena);
  bench_close(b);
}

static void a_hold_whose_time_has_come_is_ended_by_the_engine(void **state) {
  bench *b = bench_open(*state, NULL);
  pay_state in = {.owner_to = 100, .amount = 500},
            held = {.owner_from = 100, .owner_to = 101, .amount = 400, .timeout_s = 60};
  assert_int_equal(bench_pay(b, &in), OK);
  assert_int_equal(bench_pay(b, &held), OK);
  pay_state more = {.owner_from = 100, .owner_to = 102, .amount = 400};
  assert_int_equal(bench_pay(b, &more), E_FUNDS);
  bench_sleep(b, 59 * MICROS_PER_SECOND);
  assert_int_equal(bench_pay(b, &more), E_FUNDS);
  bench_sleep(b, 1 * MICROS_PER_SECOND);
  assert_int_equal(bench_pay(b, &more), OK); /* the group has made the entry before the command */
  pay_state late = {.hold_id = held.hold_id};
  assert_int_equal(engine_call(bench_ctx(b), b->e, &test_end, &late, engine_system(b->e)),
                   E_EXPIRED);
  assert_int_equal(
      bench_int(b, "select count(*) from engine_command where name = 'hold.expire' and actor = ?1",
                0),
      1);
  bench_close(b);
}

/* The engine's clock has not reached the expiry, so its entry is late; the command's own time
 * has. */
static void a_hold_is_not_posted_at_its_expiry_though_the_entry_is_late(void **state) {
  bench *b = bench_open(*state, NULL);
  pay_state in = {.owner_to = 100, .amount = 500},
            held = {.owner_from = 100, .owner_to = 101, .amount = 400, .timeout_s = 60};
  assert_int_equal(bench_pay(b, &in), OK);
  assert_int_equal(bench_pay(b, &held), OK);
  pay_state end = {.hold_id = held.hold_id};
  command *at_expiry = bench_command(b, &test_end, &end, 0, 0),
          *before = bench_command(b, &test_end, &end, 0, 0);
  at_expiry->render = before->render = NULL;
  at_expiry->at = engine_now(b->e) + 60 * MICROS_PER_SECOND;
  submit_and_step(b, &at_expiry, 1);
  assert_int_equal(at_expiry->outcome, E_EXPIRED);
  submit_and_step(b, &before, 1);
  assert_int_equal(before->outcome, OK);
  assert_int_equal(bench_balance(b, 101), 400);
  close_commands(&at_expiry, 1);
  close_commands(&before, 1);
  bench_close(b);
}

static void wake(void *count) { ++*(int *)count; }

static void events_of_an_aggregate_have_no_gaps_whatever_is_refused(void **state) {
  bench *b = bench_open(*state, NULL);
  int woken = 0;
  engine_on_commit(b->e, wake, &woken);
  pay_state in = {.owner_to = 100, .amount = 30};
  assert_int_equal(bench_pay(b, &in), OK);
  assert_int_equal(woken, 0);
  for (int i = 0; i < 6;
       i++) { /* three are paid, then the money is gone; a poisoned one in between */
    if (i == 3) bench_reopen(b);
    if (i == 3) engine_on_commit(b->e, wake, &woken);
    pay_state out = {
        .owner_from = 100, .owner_to = 101, .amount = 10, .emit = true, .poison = i == 1};
    bench_pay(b, &out);
  }
  assert_int_equal(woken, 3);
  event *events;
  size_t count;
  ctx *c = bench_ctx(b);
  db *reader = engine_reader(b->e, c);
  for (int i = 0; i < b->e->lane_count; i++)
    lane_heartbeat(&b->e->lanes[i]);
  assert_int_equal(engine_events(c, reader, 0, TEST_TENANT, 10, &events, &count), OK);
  assert_int_equal(count, 3);
  for (size_t i = 0; i < count; i++) {
    assert_int_equal(events[i].sequence, i + 1);
    assert_int_equal(events[i].aggregate_kind, ID_USER);
    assert_true(str_eq(events[i].type, STR("paid")));
  }
  assert_int_equal(engine_events(c, reader, events[0].event_id, 0, 1, &events, &count), OK);
  assert_int_equal(count, 1);
  assert_int_equal(events[0].sequence, 2);
  assert_int_equal(engine_events(c, reader, 0, TEST_TENANT + 1, 10, &events, &count), OK);
  assert_int_equal(count, 0);
  engine_reader_done(b->e, reader);
  bench_close(b);
}

typedef struct told { /* what done_all was called with */
  size_t calls, count;
  command *in_order[8];
} told;
static told told_together, told_alone;

static void note_all(told *to, command *first) {
  to->calls++;
  for (; first != NULL; first = first->next)
    to->in_order[to->count++] = first;
}
static void note_together(command *first) { note_all(&told_together, first); }
static void note_alone(command *one) { note_all(&told_alone, one); }

static void neighbours_of_a_group_are_answered_in_one_call(void **state) {
  bench *b = bench_open(*state, NULL);
  pay_state in = {.owner_to = 100, .amount = 30}, refused = {.owner_from = 101, .amount = 1};
  command *commands[5];
  told_together = told_alone = (told){.calls = 0};
  for (int i = 0; i < 5; i++) {
    commands[i] = bench_command(b, &test_pay, i == 1 ? &refused : &in, 0, 0);
    commands[i]->done_all = i == 3 ? NULL : note_together;
    commands[i]->done = i == 3 ? note_alone : NULL;
  }
  submit_and_step(b, commands, 5);
  bool is_grouped = b->e->kind == DB_SQLITE; /* PostgreSQL: a transaction each */
  assert_int_equal(told_together.calls, is_grouped ? 2 : 4);
  assert_int_equal(told_together.count, 4);
  for (int i = 0; i < 3; i++)
    assert_ptr_equal(told_together.in_order[i], commands[i]);
  assert_ptr_equal(told_together.in_order[3], commands[4]);
  assert_int_equal(told_alone.calls, 1);
  assert_int_equal(told_alone.count, 1);
  assert_int_equal(commands[1]->outcome, E_FUNDS);
  close_commands(commands, 5);
  bench_close(b);
}

static void a_command_whose_deadline_has_passed_is_not_started(void **state) {
  bench *b = bench_open(*state, NULL);
  pay_state in = {.owner_to = 100, .amount = 30};
  command *cmd = bench_command(b, &test_pay, &in, 0, 0);
  cmd->deadline = engine_real_now(b->e) + 10;
  assert_int_equal(engine_submit(b->e, cmd), OK);
  bench_sleep(b, 11);
  engine_step(b->e);
  assert_int_equal(cmd->outcome, E_OVERLOADED);
  assert_int_equal(bench_balance(b, 100), 0);
  close_commands(&cmd, 1);
  bench_close(b);
}

static void a_queue_longer_than_the_deadline_allows_refuses_at_once(void **state) {
  bench *b = bench_open(*state, NULL);
  pay_state in = {.owner_to = 100, .amount = 30};
  command *commands[8];
  for (int i = 0; i < 8; i++)
    commands[i] = bench_command(b, &test_pay, &in, 0, 0);
  b->e->options.queue_max = 4;
  atomic_store(&b->e->us_per_command, 1000);
  assert_int_equal(engine_submit(b->e, commands[0]), OK);
  assert_int_equal(engine_submit(b->e, commands[1]), OK);
  commands[2]->deadline = engine_real_now(b->e) + 2001 / b->e->lane_count;
  commands[3]->deadline = engine_real_now(b->e) + 2999 / b->e->lane_count;
  assert_int_equal(engine_submit(b->e, commands[2]), OK);
  assert_int_equal(engine_submit(b->e, commands[3]), E_OVERLOADED);
  assert_int_equal(commands[3]->fault.retry_after_s, 1);
  assert_int_equal(engine_submit(b->e, commands[4]), OK);
  assert_int_equal(engine_submit(b->e, commands[5]), E_OVERLOADED);
  engine_health health;
  engine_health_get(b->e, &health);
  assert_int_equal(health.queued, 4);
  assert_int_equal(health.overloaded, 2);
  while (engine_step(b->e) > 0) {}
  assert_int_equal(bench_balance(b, 100), 120);
  close_commands(commands, 8);
  bench_close(b);
}

/* --- rows kept between commands --------------------------------------------------------------- */

/* Keeps what it reads of an event of the audit's subject; `changes`: writes that table too. */
typedef struct keep_state {
  bool changes, fails, was_kept;
} keep_state;

static const char kept_tables[] = "engine_job_run engine_task";

static status keep_load(ctx *c, tx *t, void *state) {
  UNUSED(c);
  keep_state *k = state;
  const int *known = tx_recall(t, kept_tables, 5);
  k->was_kept = known != NULL && *known == 7;
  int *kept = known == NULL ? tx_keep(t, kept_tables, 5, sizeof *kept) : NULL;
  if (kept != NULL) *kept = 7;
  return OK;
}

static status keep_write(ctx *c, tx *t, void *state) {
  const keep_state *k = state;
  if (k->changes) {
    TRY(db_run(c, tx_db(t),
               "insert into engine_job_run(name, slot, at, report) values ('kept', ?1, 0, '')",
               DB_INT(tx_command(t))));
  }
  return k->fails ? fail(c, E_CONFLICT, "the store refused") : OK;
}

static const command_type keep_type = {
    .name = "test.keep", .load = keep_load, .decide = tx_accept, .write = keep_write};

static bool was_kept(bench *b, bool changes, bool fails) {
  keep_state k = {.changes = changes, .fails = fails};
  status s = engine_call(bench_ctx(b), b->e, &keep_type, &k, engine_system(b->e));
  assert_int_equal(s, fails ? E_CONFLICT : OK);
  return k.was_kept;
}

static void what_was_kept_is_gone_when_its_tables_are_written_or_a_group_failed(void **state) {
  bench *b = bench_open(*state, NULL);
  bool keeps = b->e->kind == DB_SQLITE; /* elsewhere others write too */
  assert_false(was_kept(b, false, false));
  assert_int_equal(was_kept(b, false, false), keeps);
  assert_int_equal(was_kept(b, true, false), keeps);
  assert_false(was_kept(b, false, false));
  assert_int_equal(was_kept(b, false, false), keeps);
  assert_int_equal(was_kept(b, true, true), keeps);
  assert_false(was_kept(b, false, false));
  assert_int_equal(was_kept(b, false, false), keeps);
  bench_close(b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_was_kept_is_gone_when_its_tables_are_written_or_a_group_failed),
      cmocka_unit_test(a_payment_moves_money_and_opens_accounts_once),
      cmocka_unit_test(a_refused_command_leaves_the_state_hash_as_it_was),
      cmocka_unit_test(a_later_command_of_the_group_sees_the_earlier_ones),
      cmocka_unit_test(ledger_only_commands_share_one_commit_on_both_homes),
      cmocka_unit_test(a_poisoned_command_hurts_only_itself),
      cmocka_unit_test(a_command_that_eats_its_memory_is_refused_and_writes_nothing),
      cmocka_unit_test(a_command_without_any_memory_left_hurts_only_itself),
      cmocka_unit_test(a_hold_whose_time_has_come_is_ended_by_the_engine),
      cmocka_unit_test(a_hold_is_not_posted_at_its_expiry_though_the_entry_is_late),
      cmocka_unit_test(events_of_an_aggregate_have_no_gaps_whatever_is_refused),
      cmocka_unit_test(neighbours_of_a_group_are_answered_in_one_call),
      cmocka_unit_test(a_command_whose_deadline_has_passed_is_not_started),
      cmocka_unit_test(a_queue_longer_than_the_deadline_allows_refuses_at_once),
  };
  return bench_run("engine group", tests, COUNT_OF(tests));
}
