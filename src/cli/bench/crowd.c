/* crowd.c - see crowd.h. The driver makes the next batch of a client as soon as its last one was
 * answered, on a thread of its own, so that what it costs is beside the engine and not in it. */
#include "cli/bench/crowd.h"
#include "ledger/chart.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OPEN_AT_ONCE = 1000, CLIENT_ARENA = 64 << 20, BENCH_TENANT = 1, BENCH_ENTITY = 1 };
static const int64_t ALLOWANCE = INT64_C(1) << 50; /* a floor that is checked and never met */

typedef struct crowd_client {
  crowd *crowd;
  command cmd;
  arena *arena;
  transfer *transfers;
  ledger_result *results;
  size_t count, accepted;
  int64_t sent_ns;
  struct crowd_client *next;
} crowd_client;

status crowd_read_plan(cli *self, crowd_plan *out) {
  int64_t seed, clients, depth;
  if (!cli_int(self, "accounts", 2, 10000000, &out->accounts) ||
      !cli_int(self, "batch", 1, CROWD_BATCH_MAX, &out->batch) ||
      !cli_int(self, "clients", 1, CROWD_CLIENTS_MAX, &clients) ||
      !cli_int(self, "depth", 1, CROWD_CLIENTS_MAX, &depth) ||
      !cli_int(self, "hot", 0, 100, &out->hot_percent) ||
      !cli_int(self, "seed", 0, INT64_MAX, &seed))
    return fail(self->ctx, E_MALFORMED, "An option is out of range.");
  out->folder = measure_folder(self);
  out->clients = clients * depth;
  out->senders = clients;
  out->seed = measure_mix((uint64_t)seed);
  return measure_is_random(self, &out->random_ids);
}

/* --- accounts --------------------------------------------------------------------------------- */
typedef struct opening {
  id *accounts;
  int64_t first, count;
} opening;

static status opening_load(ctx *c, tx *t, void *state) {
  const opening *o = state;
  for (int64_t i = o->first; i < o->first + o->count; i++) {
    account_spec spec = {.tenant = BENCH_TENANT,
                         .entity = BENCH_ENTITY,
                         .owner = i + 1,
                         .asset = ASSET_CNY,
                         .code = CODE_WALLET,
                         .flags = ACCOUNT_NO_DEBIT_BALANCE,
                         .allowance = ALLOWANCE};
    TRY(tx_ensure_account(c, t, &spec, &o->accounts[i]));
  }
  return OK;
}

static status nothing_to_decide(ctx *c, tx *t, void *state) {
  UNUSED(c);
  UNUSED(t);
  UNUSED(state);
  return OK;
}

static const command_type open_some = {.name = "bench.open",
                                       .flags = COMMAND_QUIET,
                                       .load = opening_load,
                                       .decide = nothing_to_decide};

static status open_accounts(crowd *k) {
  arena *a = arena_open(CLIENT_ARENA);
  if (a == NULL) return fail(k->ctx, E_NO_MEMORY, "No memory for the accounts.");
  status s = OK;
  for (int64_t at = 0; at < k->plan.accounts && s == OK; at += OPEN_AT_ONCE) {
    ctx c;
    arena_reset(a);
    engine_ctx(k->app->engine, a, &c);
    int64_t left = k->plan.accounts - at;
    opening o = {k->accounts, at, left < OPEN_AT_ONCE ? left : OPEN_AT_ONCE};
    s = engine_call(&c, k->app->engine, &open_some, &o, engine_system(k->app->engine));
    if (s != OK) fail(k->ctx, s, "%.*s", STR_ARGS(c.fault.detail));
  }
  arena_close(a);
  return s;
}

/* --- batches ---------------------------------------------------------------------------------- */
static status batch_load(ctx *c, tx *t, void *state) {
  UNUSED(c);
  const crowd_client *client = state;
  for (size_t i = 0; i < client->count; i++) {
    tx_need_account(t, client->transfers[i].debit_account);
    tx_need_account(t, client->transfers[i].credit_account);
    tx_need_transfer(t, client->transfers[i].id);
  }
  return OK;
}

static status batch_decide(ctx *c, tx *t, void *state) {
  crowd_client *client = state;
  client->accepted = tx_apply(c, t, client->transfers, client->count, client->results);
  return OK;
}

static const command_type post_batch = {
    .name = "bench.post", .flags = COMMAND_HOT, .load = batch_load, .decide = batch_decide};

/* Rising ids as libtael makes them, or ids from anywhere; unique over runs by the clock in their
 * base. */
static id128 next_id(crowd *k) {
  uint64_t n = k->id_base + ++k->ids_made, mixed = measure_mix(n ^ k->plan.seed);
  if (k->plan.random_ids) return (id128){.high = mixed, .low = measure_mix(mixed) | 1};
  return (id128){.high = n, .low = mixed};
}

static void pick_pair(crowd *k, rng *r, id *debit, id *credit) {
  uint64_t among = (uint64_t)k->plan.accounts;
  if (among > CROWD_HOT && (int64_t)rng_below(r, 100) < k->plan.hot_percent) among = CROWD_HOT;
  uint64_t from = rng_below(r, among);
  *debit = k->accounts[from];
  *credit = k->accounts[(from + 1 + rng_below(r, among - 1)) % among];
}

static void make_batch(crowd_client *client, size_t count) {
  crowd *k = client->crowd;
  client->count = count;
  for (size_t i = 0; i < count; i++) {
    transfer *t = &client->transfers[i];
    *t = (transfer){.id = next_id(k),
                    .amount = 1 + (int64_t)rng_below(k->ctx->random, 1000),
                    .code = WHY_API,
                    .version = TRANSFER_VERSION};
    pick_pair(k, k->ctx->random, &t->debit_account, &t->credit_account);
  }
}

static void answered(command *cmd) {
  crowd_client *client = cmd->done_arg;
  crowd *k = client->crowd;
  pthread_mutex_lock(&k->lock);
  client->next = k->answered;
  k->answered = client;
  pthread_cond_signal(&k->wake);
  pthread_mutex_unlock(&k->lock);
}

static status submit(crowd_client *client) {
  crowd *k = client->crowd;
  arena_reset(client->arena);
  client->cmd = (command){.type = &post_batch,
                          .state = client,
                          .who = engine_system(k->app->engine),
                          .arena = client->arena,
                          .done = answered,
                          .done_arg = client};
  client->sent_ns = measure_ns();
  return engine_submit(k->app->engine, &client->cmd);
}

static crowd_client *wait_for_one(crowd *k) {
  pthread_mutex_lock(&k->lock);
  while (k->answered == NULL)
    pthread_cond_wait(&k->wake, &k->lock);
  crowd_client *client = k->answered;
  k->answered = client->next;
  pthread_mutex_unlock(&k->lock);
  return client;
}

typedef struct progress {
  int64_t left, *latency_us;
  size_t under_way, answers;
} progress;

static status send_next(crowd *k, crowd_client *client, progress *p) {
  if (p->left == 0) return OK;
  size_t count = (size_t)(p->left < k->plan.batch ? p->left : k->plan.batch);
  make_batch(client, count);
  TRY(submit(client));
  p->left -= (int64_t)count;
  p->under_way++;
  return OK;
}

static status take_answer(crowd *k, progress *p) {
  crowd_client *client = wait_for_one(k);
  p->under_way--;
  p->latency_us[p->answers++] = (measure_ns() - client->sent_ns) / 1000;
  if (client->cmd.outcome != OK)
    return fail(k->ctx, client->cmd.outcome, "%.*s", STR_ARGS(client->cmd.fault.detail));
  if (client->accepted != client->count)
    return fail(k->ctx, E_RULE, "%zu of %zu transfers were refused",
                client->count - client->accepted, client->count);
  return send_next(k, client, p);
}

/* After a failure what is under way is still waited for: its memory is ours. */
static status drive(crowd *k, progress *p) {
  status s = OK;
  for (int64_t i = 0; i < k->plan.clients && s == OK; i++)
    s = send_next(k, &k->clients[i], p);
  while (p->under_way > 0) {
    if (s != OK) p->left = 0;
    status one = take_answer(k, p);
    if (s == OK) s = one;
  }
  return s;
}

static crowd_run summary(int64_t count, int64_t ns, progress *p) {
  measure_sort(p->latency_us, p->answers);
  return (crowd_run){.rate = (int64_t)((double)count * 1e9 / (double)ns),
                     .p50_us = measure_at(p->latency_us, p->answers, 500),
                     .p99_us = measure_at(p->latency_us, p->answers, 990)};
}

status crowd_post(crowd *k, int64_t count, crowd_run *out) {
  size_t answers = (size_t)(count / k->plan.batch) + (size_t)k->plan.clients + 1;
  progress p = {.left = count, .latency_us = measure_room(answers, sizeof(int64_t))};
  int64_t from = measure_ns();
  status s = drive(k, &p);
  int64_t ns = measure_ns() - from;
  *out = summary(count, ns, &p);
  free(p.latency_us);
  return s;
}

/* --- life ------------------------------------------------------------------------------------- */
static status open_clients(crowd *k) {
  k->clients = measure_room((size_t)k->plan.clients, sizeof *k->clients);
  for (int64_t i = 0; i < k->plan.clients; i++) {
    crowd_client *client = &k->clients[i];
    client->crowd = k;
    client->arena = arena_open(CLIENT_ARENA);
    if (client->arena == NULL) return fail(k->ctx, E_NO_MEMORY, "No memory for the clients.");
    client->transfers = measure_room((size_t)k->plan.batch, sizeof *client->transfers);
    client->results = measure_room((size_t)k->plan.batch, sizeof *client->results);
  }
  return OK;
}

int64_t crowd_bytes(const crowd_plan *plan) {
  int64_t each = sizeof(transfer) + sizeof(ledger_result);
  return plan->accounts * (int64_t)sizeof(id) + plan->clients * plan->batch * each;
}

status crowd_open(ctx *c, const crowd_plan *plan, crowd *out) {
  *out = (crowd){.plan = *plan, .ctx = c};
  pthread_mutex_init(&out->lock, NULL);
  pthread_cond_init(&out->wake, NULL);
  c->random = rng_open(c->arena, plan->seed);
  out->id_base = (uint64_t)app_real_clock(NULL) << 11;
  out->accounts = measure_room((size_t)plan->accounts, sizeof *out->accounts);
  app_options options = {
      .db_url = plan->url, .lanes = 2, .task_threads = 1, .threads = true, .sandbox = true};
  TRY(app_open(&options, &out->app, c));
  TRY(open_accounts(out));
  return open_clients(out);
}

void crowd_close(crowd *k) {
  if (k->app != NULL) app_close(k->app);
  for (int64_t i = 0; k->clients != NULL && i < k->plan.clients; i++) {
    if (k->clients[i].arena != NULL) arena_close(k->clients[i].arena);
    free(k->clients[i].transfers);
    free(k->clients[i].results);
  }
  free(k->clients);
  free(k->accounts);
  pthread_mutex_destroy(&k->lock);
  pthread_cond_destroy(&k->wake);
}

/* --- the floor -------------------------------------------------------------------------------- */
typedef struct bare_account {
  int64_t debits, credits;
} bare_account;

/* Both accounts are looked up by id, as whoever gets ids has to, and the limit is checked. */
static bool bare_apply(const map *accounts, const transfer *t) {
  bare_account *debit = map_get(accounts, (uint64_t)t->debit_account);
  bare_account *credit = map_get(accounts, (uint64_t)t->credit_account);
  if (debit == NULL || credit == NULL) return false;
  if (debit->debits + t->amount > debit->credits + ALLOWANCE) return false;
  debit->debits += t->amount;
  credit->credits += t->amount;
  return true;
}

static int64_t bare_batch(crowd *k, const map *accounts, transfer *records, size_t count) {
  int64_t accepted = 0;
  for (size_t i = 0; i < count; i++) {
    transfer *t = &records[i];
    *t = (transfer){.id = next_id(k), .amount = 1 + (int64_t)rng_below(k->ctx->random, 1000)};
    pick_pair(k, k->ctx->random, &t->debit_account, &t->credit_account);
    accepted += bare_apply(accounts, t);
  }
  return accepted;
}

typedef struct bare_store {
  int fd;
  map *accounts;
  bare_account *balances;
  transfer *records;
  int64_t group, accepted;
  progress p;
} bare_store;

static status bare_group(crowd *k, bare_store *b, size_t count) {
  int64_t from = measure_ns();
  ssize_t bytes = (ssize_t)(count * sizeof *b->records);
  b->accepted += bare_batch(k, b->accounts, b->records, count);
  if (write(b->fd, b->records, (size_t)bytes) != bytes || fdatasync(b->fd) != 0)
    return fail(k->ctx, E_STORE, "The floor's file can't be written: %s", strerror(errno));
  b->p.latency_us[b->p.answers++] = (measure_ns() - from) / 1000;
  return OK;
}

static status run_floor(crowd *k, bare_store *b, int64_t count, crowd_run *out) {
  status s = OK;
  int64_t from = measure_ns();
  for (int64_t done = 0; done < count && s == OK; done += b->group)
    s = bare_group(k, b, (size_t)(count - done < b->group ? count - done : b->group));
  *out = summary(b->accepted, measure_ns() - from, &b->p);
  return s;
}

static void open_bare_accounts(crowd *k, bare_store *b) {
  k->accounts = measure_room((size_t)k->plan.accounts, sizeof *k->accounts);
  b->balances = measure_room((size_t)k->plan.accounts, sizeof *b->balances);
  b->accounts = map_open((size_t)k->plan.accounts);
  for (int64_t i = 0; i < k->plan.accounts; i++) {
    k->accounts[i] = (id)(measure_mix((uint64_t)i) >> 1);
    if (!map_put(b->accounts, (uint64_t)k->accounts[i], &b->balances[i])) abort();
  }
}

status crowd_floor(ctx *c, const crowd_plan *plan, int64_t count, crowd_run *out) {
  str path = str_format(c->arena, "%s/.tael-floor-%d", plan->folder, (int)getpid());
  bare_store b = {.fd = open(path.at, O_CREAT | O_TRUNC | O_WRONLY | O_APPEND | O_CLOEXEC, 0600),
                  .group = plan->batch * plan->senders};
  if (b.fd < 0) return fail(c, E_STORE, "%s: %s", path.at, strerror(errno));
  crowd k = {.plan = *plan, .ctx = c};
  open_bare_accounts(&k, &b);
  b.records = measure_room((size_t)b.group, sizeof *b.records);
  b.p.latency_us = measure_room((size_t)(count / b.group) + 1, sizeof(int64_t));
  status s = run_floor(&k, &b, count, out);
  free(b.p.latency_us);
  free(b.records);
  map_close(b.accounts);
  free(b.balances);
  free(k.accounts);
  close(b.fd);
  unlink(path.at);
  return s;
}
