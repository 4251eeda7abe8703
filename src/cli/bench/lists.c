/* lists.c - see lists.h: the market, its copies, the walk, and what is told of it. */
#include "cli/bench/lists.h"
#include "cli/bank_child.h"
#include "cli/bench/measure.h"
#include "cli/demo/demo.h"
#include <stdlib.h>
#include <string.h>

enum {
  MARKET_ORDERS_MIN = 300,
  MARKET_ORDERS = 2000,
  ARENA_BYTES = 64 << 20,
  LIMIT_US = 50000,
  /* A window of LIST_LOOK rows, each looked at from several sides, and what a row of the answer
   * takes; a walk through forty thousand rows takes more. */
  STEPS_OF_WINDOW = 110 * LIST_LOOK,
  STEPS_OF_ROW = 400,
};

/* --- the market ---------------------------------------------------------------------------------
 */

static status find_user(lists_walk *w, const char *sql, int who) {
  db_rows *rows;
  TRY(db_ask(w->ctx, w->reader, &rows, str_from(sql)));
  if (db_next(rows)) w->users[who] = db_get_int(rows, 0);
  TRY(db_done(w->ctx, rows));
  return w->users[who] != 0 ? OK : fail(w->ctx, E_RULE, "there is no %s", lists_who[who]);
}

static status find_people(lists_walk *w) {
  static const char *const scopes[LISTS_WHO] = {"self,supervise,operate,money,ledger.read,keys",
                                                "self,sell,keys", "self,buy,wallet"};
  TRY(find_user(w, "select operator_user from market", LISTS_OPERATOR));
  TRY(find_user(w, "select min(user_id) from identity_user where kind = 2", LISTS_SELLER));
  TRY(find_user(w, "select buyer from orders group by buyer order by count(*) desc, buyer limit 1",
                LISTS_BUYER));
  for (int i = 0; i < LISTS_WHO; i++) {
    uint64_t bits = 0;
    TRY(identity_scopes_of_words(w->ctx, str_from(scopes[i]), &bits));
    TRY(identity_issue_key(w->ctx, w->app->engine, w->users[i], STR("bench"), bits, 1,
                           &w->keys[i]));
    w->keys[i] = str_copy(w->app->arena, w->keys[i]);
  }
  return OK;
}

static status open_walk(lists_walk *w, str url) {
  app_options options = {.db_url = url, .sandbox = true, .lanes = 1, .threads = false};
  TRY(app_open(&options, &w->app, w->ctx));
  arena *a = w->app->arena;
  w->asks = ARENA_ARRAY(a, lists_asked, LISTS_ASKS_MAX);
  w->statements = ARENA_ARRAY(a, lists_statement, LISTS_STATEMENTS_MAX);
  http_options o = {.listen = STR(""),
                    .modules = app_modules,
                    .module_count = app_module_count,
                    .engine = w->app->engine,
                    .auth = identity_auth,
                    .limits = http_default_limits};
  TRY(http_open(&w->app->ctx, &o, &w->http));
  w->reader = engine_reader(w->app->engine, w->ctx);
  if (w->reader == NULL) return fail(w->ctx, E_STORE, "there is no read connection");
  TRY(lists_read_span(w->ctx, w->reader, &w->span));
  TRY(find_people(w));
  engine_reader_done(w->app->engine, w->reader); /* the last one back is the next one out */
  return OK;
}

static void close_walk(lists_walk *w) {
  if (w->http != NULL) http_close(w->http);
  if (w->app != NULL) app_close(w->app);
}

/* Another market of its own: lived, then copied. */
static status make_market(cli *self, str url, int64_t rows) {
  app_options options = {.db_url = url,
                         .sandbox = true,
                         .lanes = 1,
                         .task_threads = 4,
                         .threads = true,
                         .calendar = "china"};
  int64_t orders = rows / 50 < MARKET_ORDERS ? rows / 50 : MARKET_ORDERS;
  demo_size size = {.seed = 1,
                    .orders = (size_t)(orders > MARKET_ORDERS_MIN ? orders : MARKET_ORDERS_MIN),
                    .shops = 12,
                    .buyers = (size_t)orders / 4 + 20,
                    .until = app_real_clock(NULL)};
  bank_child bank = {0};
  app *a = NULL;
  status s = bank_start(self->ctx, "127.0.0.1:0", &bank);
  if (s == OK) s = app_open(&options, &a, self->ctx);
  if (s == OK) s = demo_fill(self->ctx, a, bank.url, &size, self->err);
  if (a != NULL) app_close(a);
  bank_stop(&bank);
  return s == OK ? lists_fill(self->ctx, url, rows, self->err) : s;
}

/* --- the report --------------------------------------------------------------------------------
 */

static int by_time(const void *a, const void *b) {
  const lists_asked *x = a, *y = b;
  return (x->us < y->us) - (x->us > y->us);
}

static void print_asked(FILE *out, const lists_asked *a) {
  fprintf(out, "%8.1f ms %9lld steps %4lld rows %d %-8s %.*s\n", (double)a->us / 1000,
          (long long)a->steps, (long long)a->rows, a->http_status, a->who, STR_ARGS(a->target));
}

static int64_t print_slow(FILE *out, lists_walk *w, bool is_all) {
  int64_t slow = 0, median = w->ask_count > 0 ? w->asks[w->ask_count / 2].us : 0;
  for (size_t i = 0; i < w->ask_count; i++) {
    if (w->asks[i].us > LIMIT_US) slow++;
    if (is_all || w->asks[i].us > LIMIT_US || i < 20) print_asked(out, &w->asks[i]);
  }
  fprintf(out, "%zu requests to %zu statements; median %.2f ms; %lld above %d ms\n", w->ask_count,
          w->statement_count, (double)median / 1000, (long long)slow, LIMIT_US / 1000);
  return slow;
}

static void print_long(FILE *out, lists_walk *w, int64_t *faults) {
  for (size_t i = 0; i < w->ask_count; i++) {
    const lists_asked *a = &w->asks[i];
    if (a->steps <= STEPS_OF_WINDOW + STEPS_OF_ROW * a->rows) continue;
    ++*faults;
    fprintf(out, "fault: %s: %lld steps: %s %.*s\n", a->route, (long long)a->steps, a->who,
            STR_ARGS(a->target));
  }
}

static status print_faults(FILE *out, lists_walk *w, int64_t *faults) {
  print_long(out, w, faults);
  for (size_t i = 0; i < w->statement_count; i++) {
    str why;
    TRY(lists_judge(w->ctx, w->reader, &w->statements[i], &why));
    if (why.len == 0) continue;
    ++*faults;
    fprintf(out, "fault: %s: %.*s: %.*s\n", w->statements[i].path, STR_ARGS(why),
            STR_ARGS(w->statements[i].sql));
  }
  return OK;
}

static status report(cli *self, lists_walk *w) {
  int64_t faults = 0, slow;
  qsort(w->asks, w->ask_count, sizeof *w->asks, by_time);
  slow = print_slow(self->out, w, cli_switch(self, "all"));
  TRY(print_faults(self->out, w, &faults));
  if (faults > 0) return fail(self->ctx, E_RULE, "%lld statements walk or sort", (long long)faults);
  if (slow == 0 || cli_switch(self, "plans")) return OK;
  return fail(self->ctx, E_RULE, "%lld requests took too long", (long long)slow);
}

/* A list as it must not be: every order, by a column without an index. */
static status plant(lists_walk *w) {
  db_rows *rows;
  w->route = "planted";
  w->steps = 0;
  lists_watch(w);
  TRY(db_query(w->ctx, w->reader, &rows,
               "select o.order_id, o.note from orders o join orders p on p.order_id = o.order_id"
               " where (?1 = 0 or o.buyer = ?1) order by o.note, o.order_id limit 50",
               DB_INT(0)));
  while (db_next(rows)) {}
  TRY(db_done(w->ctx, rows));
  db_watch(w->reader, NULL);
  w->asks[w->ask_count++] =
      (lists_asked){.route = w->route, .who = "nobody", .target = STR("/"), .steps = w->steps};
  return OK;
}

static status walk_store(cli *self, str url) {
  lists_walk w = {.tries = cli_switch(self, "plans") ? 1 : 3};
  arena *memory = arena_open(ARENA_BYTES);
  ctx own;
  if (memory == NULL) return fail(self->ctx, E_NO_MEMORY, "No memory for requests.");
  app_ctx(memory, &own);
  w.ctx = &own;
  status s = open_walk(&w, url);
  if (s == OK) s = lists_walk_all(&w);
  if (s == OK && cli_switch(self, "planted")) s = plant(&w);
  if (s == OK) s = report(self, &w);
  if (s != OK && own.fault.code != OK) fail(self->ctx, s, "%.*s", STR_ARGS(own.fault.detail));
  close_walk(&w);
  arena_close(memory);
  return s;
}

status bench_lists(cli *self) {
  int64_t rows;
  measure_store store;
  if (!cli_int(self, "rows", 0, 100000000, &rows))
    return fail(self->ctx, E_MALFORMED, "An option is out of range.");
  TRY(measure_store_make(self, &store));
  status s = rows > 0 ? make_market(self, store.url, rows) : OK;
  if (s == OK) s = walk_store(self, store.url);
  measure_store_remove(&store);
  return s;
}
