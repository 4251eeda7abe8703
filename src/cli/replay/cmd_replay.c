/* cmd_replay.c - `tael replay olist DIR`: starts a bank of its own, lives the folder, proves the
 * books, prints the totals. */
#include "cli/commands.h"
#include "cli/bank_child.h"
#include "cli/replay/live.h"
#include "modules/commerce/commerce.h"
#include <string.h>
#include <unistd.h>

enum { TASK_THREADS = 32, GATHER_US = 1000, BRL_SCALE = 2, PERCENT_SCALE = 7, DAYS_AFTER = 30 };

/* --- totals ----------------------------------------------------------------------------------- */
typedef struct totals {
  int64_t with_items, items, payments, reconciled, breaks, transfers;
  live_counts lived;
  payment_totals money;
  str violation;
} totals;

static void sum_source(const source *s, totals *t) {
  for (size_t i = 0; i < s->order_count; i++) {
    const source_order *o = s->orders[i];
    if (o->item_count == 0) continue;
    t->with_items++;
    t->items += o->items_total;
    t->payments += o->payments_total;
    t->reconciled += o->items_total == o->payments_total;
  }
}

static status sum_store(ctx *c, app *a, totals *t) {
  db *d = engine_reader(a->engine, c);
  if (d == NULL) return fail(c, E_STORE, "No read connection.");
  status s = payment_totals_get(c, d, ASSET_BRL, &t->money);
  ledger_proof proof = {0};
  if (s == OK) s = ledger_verify(c, d, &proof);
  t->transfers = proof.transfers;
  if (s == OK) s = cli_verify(c, d, &t->violation);
  engine_reader_done(a->engine, d);
  return s;
}

static str brl(ctx *c, int64_t minor) { return decimal_print(c->arena, minor, BRL_SCALE); }

static void print_json(cli *self, const source *s, const totals *t, double seconds) {
  ctx *c = self->ctx;
  const payment_totals *m = &t->money;
  buf b = buf_make(c->arena, 8192);
  buf_format(&b, "{\"orders\":%zu,\"orders_with_items\":%lld", s->order_count,
             (long long)t->with_items);
  buf_format(&b, ",\"items_total\":\"%.*s\",\"payments_total\":\"%.*s\"",
             STR_ARGS(brl(c, t->items)), STR_ARGS(brl(c, t->payments)));
  buf_format(&b, ",\"reconciled\":%lld,\"breaks\":%lld", (long long)t->reconciled,
             (long long)t->breaks);
  buf_format(&b, ",\"captured\":\"%.*s\",\"refunded\":\"%.*s\"", STR_ARGS(brl(c, m->captured)),
             STR_ARGS(brl(c, m->refunded)));
  buf_format(&b, ",\"delivered\":%lld,\"open\":%lld", (long long)t->lived.delivered,
             (long long)t->lived.open);
  buf_format(&b, ",\"commission\":\"%.*s\",\"paid_to_sellers\":\"%.*s\"",
             STR_ARGS(brl(c, m->commission)), STR_ARGS(brl(c, m->paid_to_sellers)));
  buf_format(&b, ",\"in_reserve\":\"%.*s\",\"suspense\":\"%.*s\"", STR_ARGS(brl(c, m->held)),
             STR_ARGS(brl(c, m->suspense)));
  buf_format(&b, ",\"transfers\":%lld,\"seconds\":%.2f,\"verify\":", (long long)t->transfers,
             seconds);
  buf_add_json(&b, t->violation.len == 0 ? STR("ok") : t->violation);
  buf_add_char(&b, '}');
  fprintf(self->out, "%.*s\n", STR_ARGS(buf_str(&b)));
}

static void print_breaks(cli *self, const source *s) {
  for (size_t i = 0; i < s->order_count; i++) {
    const source_order *o = s->orders[i];
    int64_t difference = o->payments_total - o->items_total;
    if (o->item_count == 0 || difference == 0) continue;
    fprintf(self->err, "break: order %.*s was paid %.*s for %.*s, difference %.*s\n",
            STR_ARGS(o->key), STR_ARGS(brl(self->ctx, o->payments_total)),
            STR_ARGS(brl(self->ctx, o->items_total)), STR_ARGS(brl(self->ctx, difference)));
  }
}

/* --- the run ---------------------------------------------------------------------------------- */
static bool percent(cli *self, const char *name, int64_t *ppb) {
  const char *text = cli_text(self, name);
  if (decimal_parse(str_from(text), PERCENT_SCALE, ppb) && *ppb >= 0 && *ppb <= RATE_ONE)
    return true;
  fprintf(self->err, "tael replay: --%s takes a percentage from 0 to 100, not \"%s\"\n", name,
          text);
  return false;
}

static bool read_options(cli *self, live_options *o) {
  int64_t flight = 0;
  if (!percent(self, "commission", &o->commission_ppb) ||
      !percent(self, "reserve", &o->reserve_ppb))
    return false;
  if (!cli_int(self, "settle-days", 0, 365, &o->settle_days) ||
      !cli_int(self, "in-flight", 16, 4096, &flight))
    return false;
  o->in_flight = (size_t)flight;
  return true;
}

static status replay(cli *self, app *a, source *s, const live_options *o) {
  ctx *c = self->ctx;
  instant began = app_real_clock(NULL);
  totals t = {0};
  sum_source(s, &t);
  TRY(live_run(c, a, s, o, self->err, &t.lived));
  TRY(sum_store(c, a, &t));
  t.breaks = t.with_items - t.reconciled;
  if (t.violation.len == 0 && t.money.breaks != t.breaks)
    t.violation = str_format(c->arena, "%lld breaks in the source, %lld on the books",
                             (long long)t.breaks, (long long)t.money.breaks);
  if (t.violation.len == 0 && t.lived.refused > 0)
    t.violation = str_format(c->arena, "%lld steps were refused", (long long)t.lived.refused);
  if (s->bad_rows > 0)
    fprintf(self->err, "%lld malformed rows were left out\n", (long long)s->bad_rows);
  print_breaks(self, s);
  print_json(self, s, &t, (double)(app_real_clock(NULL) - began) / 1e6);
  return t.violation.len == 0
             ? OK
             : fail(c, E_RULE, "The books do not hold: %.*s", STR_ARGS(t.violation));
}

static str temporary_store(ctx *c) {
  return str_format(c->arena, "sqlite:.tael-replay-%d.db", (int)getpid());
}

static status replay_with_bank(cli *self, str url, live_options *o) {
  ctx *c = self->ctx;
  source s = {0};
  bank_child b = {0};
  app *a = NULL;
  app_options options = {.db_url = url,
                         .sandbox = true,
                         .lanes = 1,
                         .task_threads = TASK_THREADS,
                         .gather_us = GATHER_US,
                         .threads = true};
  status result = source_load(c, self->words[1], self->err, &s);
  if (result == OK) result = bank_start(c, "127.0.0.1:0", &b);
  o->bank_url = b.url;
  if (result == OK) result = app_open(&options, &a, c);
  if (result == OK) result = replay(self, a, &s, o);
  if (a != NULL) app_close(a);
  bank_stop(&b);
  source_close(&s);
  return result;
}

int cmd_replay(cli *self) {
  live_options o = {.operator_email = STR("operator@replay.invalid"),
                    .carrier = STR("correios"),
                    .days_after = DAYS_AFTER};
  if (strcmp(self->words[0], "olist") != 0) {
    fprintf(self->err, "tael replay: there is no shape \"%s\"; olist is the one it knows\n",
            self->words[0]);
    return EXIT_USAGE;
  }
  if (!read_options(self, &o)) return EXIT_USAGE;
  log_set_level(LOG_WARN); /* hundreds of business dates end; the progress line tells enough */
  const char *given = cli_text(self, "db");
  str url = given != NULL ? str_from(given) : temporary_store(self->ctx);
  status s = replay_with_bank(self, url, &o);
  if (given == NULL) cli_remove_store(self->ctx->arena, url);
  return s == OK ? 0 : cli_fail(self, s);
}
