/* test_packed.c - the packed history on SQLite against plain arrays: long histories in random
 * groups, with sweeps, restarts and dropped groups between them; every past balance, both ways
 * through every statement, readers whose snapshot others have left behind, an index of ids that is
 * missing, damaged or of another store, and SQL over all of it. */
#include "db/test_store.h"
#include "ledger/inside.h"
#include "ledger/test_homes.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PEOPLE = 12, MOVES_MAX = 24000, SWEEP_SOON = 300, GROUP_MOST = 40 };

typedef struct move { /* one entry of one account, as the model has it */
  instant time;
  balance after;
} move;

typedef struct world {
  home *h;
  rng *r;
  move *moves[PEOPLE + 1]; /* by account */
  size_t count[PEOPLE + 1];
  balance now[PEOPLE + 1];
  id128 open[64]; /* holds */
  transfer held[64];
  size_t open_count;
  uint64_t next_id;
  int64_t transfers;
} world;

static char file_path[STORE_PATH_BYTES + 32], file_url[STORE_PATH_BYTES + 48];

static world *world_open(uint64_t seed) {
  static int stores;
  world *w = test_calloc(1, sizeof *w);
  snprintf(file_path, sizeof file_path, "%.127s/packed-%d.db", store_folder(), stores++);
  snprintf(file_url, sizeof file_url, "sqlite:%.150s", file_path);
  w->h = home_open(file_url);
  w->h->b->packed.sweep_records = SWEEP_SOON;
  w->r = rng_open(w->h->keep, seed);
  for (id i = 1; i <= PEOPLE; i++) {
    w->moves[i] = test_calloc(MOVES_MAX, sizeof(move));
    home_open_account(w->h, (account){.account_id = i, .owner = i});
  }
  return w;
}

static void world_close(world *w) {
  home_close(w->h);
  for (id i = 1; i <= PEOPLE; i++)
    test_free(w->moves[i]);
  test_free(w);
}

/* --- a random group --------------------------------------------------------------------------- */
/* Account 1 is hot: most transfers touch it. */
static transfer random_transfer(world *w) {
  id debit = rng_below(w->r, 3) > 0 ? 1 : 1 + (id)rng_below(w->r, PEOPLE);
  id credit = 1 + (id)rng_below(w->r, PEOPLE - 1);
  if (credit >= debit) credit++;
  transfer t = {.id = {++w->next_id, 77},
                .debit_account = debit,
                .credit_account = credit,
                .amount = 1 + (int64_t)rng_below(w->r, 1000),
                .code = 1,
                .ref = (int64_t)rng_below(w->r, 4)};
  if (w->open_count > 0 && rng_below(w->r, 5) == 0) {
    size_t which = rng_below(w->r, w->open_count);
    bool post = rng_below(w->r, 2) == 0;
    t.pending_id = w->open[which];
    t.debit_account = t.credit_account = 0;
    t.ref = 0;
    t.amount = post ? 1 + (int64_t)rng_below(w->r, (uint64_t)w->held[which].amount) : 0;
    t.flags = post ? TRANSFER_POST : TRANSFER_VOID;
  } else if (w->open_count < COUNT_OF(w->open) && rng_below(w->r, 6) == 0) {
    t.flags = TRANSFER_PENDING;
  }
  return t;
}

static void note(world *w, id account_id, instant time) {
  move *m = &w->moves[account_id][w->count[account_id]++];
  assert_true(w->count[account_id] < MOVES_MAX);
  *m = (move){time, w->now[account_id]};
}

static void live(world *w, const transfer *t, instant time) {
  const transfer *held = NULL;
  for (size_t i = 0; i < w->open_count && held == NULL; i++) {
    if (id128_eq(w->open[i], t->pending_id)) held = &w->held[i];
  }
  id debit = held != NULL ? held->debit_account : t->debit_account;
  id credit = held != NULL ? held->credit_account : t->credit_account;
  int64_t posted = t->flags & (TRANSFER_PENDING | TRANSFER_VOID) ? 0 : t->amount;
  int64_t pending = t->flags & TRANSFER_PENDING ? t->amount : held != NULL ? -held->amount : 0;
  w->now[debit].debits_posted += posted;
  w->now[credit].credits_posted += posted;
  w->now[debit].debits_pending += pending;
  w->now[credit].credits_pending += pending;
  note(w, debit, time);
  note(w, credit, time);
  w->transfers++;
  if (held != NULL) {
    size_t index = (size_t)(held - w->held);
    w->open[index] = w->open[--w->open_count];
    w->held[index] = w->held[w->open_count];
  } else if (t->flags & TRANSFER_PENDING) {
    w->open[w->open_count] = t->id;
    w->held[w->open_count++] = *t;
  }
}

static book_env env_at(instant t) {
  return (book_env){.engine_time = t, .now = t, .business_date = 20000, .command = t};
}

/* Done again, a transfer gets a later time. */
static void retime(world *w, instant was, instant is) {
  for (id i = 1; i <= PEOPLE; i++) {
    for (size_t n = w->count[i]; n > 0 && w->moves[i][n - 1].time >= was; n--) {
      if (w->moves[i][n - 1].time == was) w->moves[i][n - 1].time = is;
    }
  }
}

/* A group; now and then it is dropped before its commit and done again. */
static void random_group(world *w) {
  size_t wanted = 1 + rng_below(w->r, GROUP_MOST);
  transfer in[GROUP_MOST];
  instant times[GROUP_MOST];
  ledger_result results[GROUP_MOST];
  home_begin(w->h, 0);
  instant begins = w->h->lane.last_time + 1 + (instant)rng_below(w->r, 5);
  for (size_t i = 0; i < wanted; i++) {
    in[i] = random_transfer(w);
    book_env env = env_at(begins + (instant)i);
    if (home_apply(w->h, &env, &in[i], 1, &results[i]) != 1) {
      fail_msg("transfer %zu: %s", i, ledger_result_slug(results[i]));
    }
    const transfer *done = book_transfer(w->h->b, in[i].id);
    in[i].amount = done->amount;
    times[i] = done->time;
    live(w, &in[i], times[i]);
  }
  if (rng_below(w->r, 10) == 0) { /* what was flushed never was */
    ledger_lane lane = w->h->lane;
    MUST(w->h, ledger_flush(&w->h->c, w->h->d, w->h->b, &lane));
    db_rollback(w->h->d);
    book_drop(w->h->b);
    home_begin(w->h, 0);
    for (size_t i = wanted; i > 0; i--)
      retime(w, times[i - 1], INT64_MAX - (instant)(wanted - i));
    for (size_t i = 0; i < wanted; i++) {
      book_env env = env_at(begins + (instant)i);
      assert_int_equal(home_apply(w->h, &env, &in[i], 1, &results[i]), 1);
      retime(w, INT64_MAX - (instant)(wanted - 1 - i), book_transfer(w->h->b, in[i].id)->time);
    }
  }
  home_commit(w->h);
}

static void grow(world *w, int64_t transfers) {
  for (int64_t to = w->transfers + transfers; w->transfers < to;)
    random_group(w);
}

static void restart(world *w, bool cleanly) {
  if (cleanly) MUST(w->h, ledger_settle(&w->h->c, w->h->d, w->h->b, 0));
  home_restart(w->h);
  w->h->b->packed.sweep_records = SWEEP_SOON;
}

/* --- what must hold --------------------------------------------------------------------------- */
static void assert_balance(const balance *is, const balance *should, const char *what,
                           id account_id, size_t entry) {
  if (memcmp(is, should, sizeof *is) == 0) return;
  fail_msg("%s: account %lld, entry %zu: %lld %lld %lld %lld, should be %lld %lld %lld %lld", what,
           (long long)account_id, entry, (long long)is->debits_posted,
           (long long)is->credits_posted, (long long)is->debits_pending,
           (long long)is->credits_pending, (long long)should->debits_posted,
           (long long)should->credits_posted, (long long)should->debits_pending,
           (long long)should->credits_pending);
}

static void assert_now(world *w, db *d, const balance *should) {
  for (id i = 1; i <= PEOPLE; i++) {
    account a;
    MUST(w->h, ledger_account_get(&w->h->c, d, i, &a));
    balance is = balance_of(&a);
    assert_balance(&is, &should[i], "now", i, 0);
  }
}

static void assert_past(world *w, size_t samples) {
  static const balance nothing;
  for (size_t n = 0; n < samples; n++) {
    id who = 1 + (id)rng_below(w->r, PEOPLE);
    size_t entry = rng_below(w->r, w->count[who]);
    instant at = w->moves[who][entry].time;
    balance is;
    MUST(w->h, ledger_balance_as_of(&w->h->c, w->h->d, who, at, &is));
    assert_balance(&is, &w->moves[who][entry].after, "then", who, entry);
    MUST(w->h, ledger_balance_as_of(&w->h->c, w->h->d, who, at - 1, &is));
    assert_balance(&is, entry == 0 ? &nothing : &w->moves[who][entry - 1].after, "before", who,
                   entry);
    arena_reset(w->h->c.arena);
  }
}

static void assert_statement(world *w, id who, bool backward, size_t page) {
  statement_cursor at = {0};
  size_t seen = 0;
  for (;;) {
    statement_line *lines;
    size_t count;
    MUST(w->h, ledger_statement(&w->h->c, w->h->d, who, at, backward, page, &lines, &count));
    for (size_t i = 0; i < count; i++, seen++) {
      assert_true(seen < w->count[who]);
      const move *m = &w->moves[who][backward ? w->count[who] - 1 - seen : seen];
      assert_int_equal(lines[i].record.time, m->time);
      assert_balance(&lines[i].after, &m->after, "statement", who, seen);
    }
    if (count < page) break;
    at = (statement_cursor){lines[count - 1].record.lane, lines[count - 1].record.sequence};
    arena_reset(w->h->c.arena);
  }
  assert_int_equal(seen, w->count[who]);
}

static int64_t number(world *w, const char *sql) {
  db_rows *rows;
  MUST(w->h, db_select(&w->h->c, w->h->d, &rows, sql, 0, NULL));
  assert_true(db_next(rows));
  int64_t value = db_get_int(rows, 0);
  MUST(w->h, db_done(&w->h->c, rows));
  return value;
}

/* --- scenarios -------------------------------------------------------------------------------- */
static void a_long_history_is_the_same_through_sweeps_restarts_and_dropped_groups(void **state) {
  UNUSED(state);
  world *w = world_open(store_seed());
  for (int round = 0; round < 8; round++) {
    grow(w, 500);
    assert_now(w, w->h->d, w->now);
    assert_past(w, 40);
    if (round % 2 == 1) restart(w, round % 4 == 3);
    home_assert_proved(w->h);
  }
  assert_true(number(w, "select position from ledger_swept") > 1000);
  assert_true(number(w, "select count(*) from ledger_mark") > 10);
  for (size_t page = 1; page < 800; page = page * 5 + 2) {
    assert_statement(w, 1, true, page);
    assert_statement(w, 2 + (id)(page % 5), false, page);
  }
  restart(w, true);
  assert_int_equal(number(w, "select position from ledger_swept"), w->transfers);
  assert_now(w, w->h->d, w->now);
  home_assert_proved(w->h);
  world_close(w);
}

static db *open_reader(world *w) {
  db *d;
  MUST(w->h, db_open(&w->h->c, str_from(file_url), DB_READ, NULL, &d));
  return d;
}

/* One reader stays in its snapshot while the writer goes on and another reader follows it. */
static void a_reader_sees_its_snapshot_however_far_others_have_moved_on(void **state) {
  UNUSED(state);
  world *w = world_open(store_seed() + 1);
  grow(w, 700);
  db *slow = open_reader(w), *quick = open_reader(w);
  MUST(w->h, db_begin(&w->h->c, slow));
  assert_now(w, slow, w->now);
  balance then[PEOPLE + 1];
  memcpy(then, w->now, sizeof then);
  const int64_t steps[] = {1, 300, 9000};
  for (size_t i = 0; i < COUNT_OF(steps); i++) {
    grow(w, steps[i]);
    assert_now(w, quick, w->now);
    arena_reset(w->h->c.arena);
    assert_now(w, slow, then);
  }
  db_rollback(slow);
  assert_now(w, slow, w->now);
  db_close(slow);
  db_close(quick);
  world_close(w);
}

/* --- the index of ids ------------------------------------------------------------------------- */
typedef void (*harm)(const char *file);

static void cut(const char *file) { assert_int_equal(truncate(file, 100), 0); }
static void lose(const char *file) { assert_int_equal(unlink(file), 0); }
static void garble(const char *file) {
  FILE *f = fopen(file, "r+b");
  assert_non_null(f);
  for (long at = 64; fseek(f, at, SEEK_SET) == 0 && at < 4096; at += 131)
    fputc(0x5a, f);
  fclose(f);
}

static size_t each_run(const char *store, harm do_to) {
  char folder[STORE_PATH_BYTES + 48], file[STORE_PATH_BYTES + 320];
  snprintf(folder, sizeof folder, "%s-index", store);
  DIR *d = opendir(folder);
  size_t count = 0;
  assert_non_null(d);
  for (const struct dirent *e; (e = readdir(d)) != NULL;) {
    if (e->d_name[0] == '.') continue;
    snprintf(file, sizeof file, "%s/%s", folder, e->d_name);
    if (do_to != NULL) do_to(file);
    count++;
  }
  closedir(d);
  return count;
}

/* Every id was taken: each again answers that it exists, and nothing moves. */
static void assert_all_taken(world *w) {
  home_begin(w->h, 0);
  for (uint64_t i = 1; i <= w->next_id; i += 1 + i % 7) {
    id128 key = {i, 77};
    MUST(w->h, ledger_load_transfers(&w->h->c, w->h->d, w->h->b, &key, 1));
    assert_non_null(book_transfer(w->h->b, key));
  }
  id128 fresh = {w->next_id + 1, 77};
  MUST(w->h, ledger_load_transfers(&w->h->c, w->h->d, w->h->b, &fresh, 1));
  assert_null(book_transfer(w->h->b, fresh));
  db_rollback(w->h->d);
  book_drop(w->h->b);
}

static void taken_ids_are_known_whatever_becomes_of_the_index(void **state) {
  UNUSED(state);
  static const harm harms[] = {NULL, lose, cut, garble};
  world *w = world_open(store_seed() + 2);
  for (size_t i = 0; i < COUNT_OF(harms); i++) {
    grow(w, 400);
    home_restart(w->h);
    w->h->b->packed.sweep_records = SWEEP_SOON;
    db_close(w->h->d);
    book_close(w->h->b);
    if (harms[i] != NULL) each_run(file_path, harms[i]);
    home_connect(w->h);
    assert_all_taken(w);
    home_assert_proved(w->h);
  }
  world_close(w);
}

static void overwrite_page(world *w, int64_t position, str body) {
  MUST(w->h, db_begin(&w->h->c, w->h->d));
  MUST(w->h, db_run(&w->h->c, w->h->d, "update ledger_page set body = ?2 where position = ?1",
                    DB_INT(position), DB_BYTES(body.at, body.len)));
  MUST(w->h, db_commit(&w->h->c, w->h->d));
}

/* An index that met a page it could not read is not half an index when the page is back. */
static void an_index_that_could_not_be_made_is_made_again(void **state) {
  UNUSED(state);
  world *w = world_open(store_seed() + 5);
  grow(w, 900);
  restart(w, true);
  MUST(w->h, db_run0(&w->h->c, w->h->d, "drop trigger ledger_page_refuses_update"));
  db_rows *rows;
  MUST(w->h, db_query0(&w->h->c, w->h->d, &rows,
                       "select position, body from ledger_page where position > 400 limit 1"));
  assert_true(db_next(rows));
  int64_t position = db_get_int(rows, 0);
  str body = db_keep_text(rows, 1, w->h->keep);
  MUST(w->h, db_done(&w->h->c, rows));
  overwrite_page(w, position, STR("no page"));
  each_run(file_path, lose);
  home_restart(w->h);
  MUST(w->h, db_begin(&w->h->c, w->h->d));
  assert_int_equal(ledger_begin(&w->h->c, w->h->d, w->h->b, 0), E_STORE);
  db_rollback(w->h->d);
  fault_clear(&w->h->c);
  overwrite_page(w, position, body);
  assert_all_taken(w);
  world_close(w);
}

static void copy_file(const char *from, const char *to) {
  char bytes[1 << 16];
  FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
  assert_non_null(in);
  assert_non_null(out);
  for (size_t n; (n = fread(bytes, 1, sizeof bytes, in)) > 0;)
    assert_int_equal(fwrite(bytes, 1, n, out), n);
  fclose(in);
  assert_int_equal(fclose(out), 0);
}

/* An older copy of the file is put back beside an index that went on without it. */
static void an_index_of_another_history_is_not_believed(void **state) {
  UNUSED(state);
  world *w = world_open(store_seed() + 3);
  char kept_path[STORE_PATH_BYTES + 48];
  snprintf(kept_path, sizeof kept_path, "%s.kept", file_path);
  grow(w, 300);
  MUST(w->h, db_backup(&w->h->c, w->h->d, str_from(kept_path)));
  int64_t before = w->transfers;
  grow(w, 300);
  db_close(w->h->d);
  book_close(w->h->b);
  copy_file(kept_path, file_path);
  home_connect(w->h);
  home_begin(w->h, 0);
  transfer t = {.id = {(uint64_t)w->next_id, 77},
                .debit_account = 1,
                .credit_account = 2,
                .amount = 5,
                .code = 1};
  book_env env = env_at(w->h->lane.last_time + 1);
  ledger_result result;
  assert_int_equal(home_apply(w->h, &env, &t, 1, &result), 1);
  home_commit(w->h);
  assert_int_equal(number(w, "select count(*) from ledger_transfer"), before + 1);
  home_assert_proved(w->h);
  world_close(w);
}

/* --- SQL -------------------------------------------------------------------------------------- */
static void sql_over_the_history_says_what_the_functions_say(void **state) {
  UNUSED(state);
  world *w = world_open(store_seed() + 4);
  grow(w, 1500);
  assert_int_equal(number(w, "select count(*) from ledger_transfer"), w->transfers);
  assert_int_equal(number(w, "select count(*) from ledger_entry"), 2 * w->transfers);
  assert_int_equal(number(w, "select max(sequence) from ledger_journal where lane = 0"),
                   w->transfers);
  assert_int_equal(number(w, "select credits_posted from ledger_balance where account = 3"),
                   w->now[3].credits_posted);
  assert_int_equal(number(w, "select sum(debits_posted - credits_posted) from ledger_balance"), 0);
  assert_int_equal(number(w, "select count(*) from ledger_entry where account = 1"), w->count[1]);
  assert_int_equal(
      number(w, "select credits_posted from ledger_entry where account = 1 and is_debit = 0 "
                "order by time desc limit 1"),
      w->now[1].credits_posted);
  assert_int_equal(
      number(w,
             "select count(*) from ledger_transfer t where exists (select 1 from ledger_transfer "
             "u where u.id = t.id and u.amount = t.amount)"),
      w->transfers);
  assert_int_equal(number(w, "select count(*) from ledger_transfer where ref = 2"),
                   number(w, "select sum(count) from ledger_ref where ref = 2"));
  assert_int_equal(number(w, "select count(*) from ledger_journal j where length(record) = 128 and "
                             "lane = 0 and sequence = 700"),
                   1);
  world_close(w);
}

int run_packed_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_long_history_is_the_same_through_sweeps_restarts_and_dropped_groups),
      cmocka_unit_test(a_reader_sees_its_snapshot_however_far_others_have_moved_on),
      cmocka_unit_test(taken_ids_are_known_whatever_becomes_of_the_index),
      cmocka_unit_test(an_index_that_could_not_be_made_is_made_again),
      cmocka_unit_test(an_index_of_another_history_is_not_believed),
      cmocka_unit_test(sql_over_the_history_says_what_the_functions_say),
  };
  return cmocka_run_group_tests_name("packed history", tests, NULL, NULL);
}
