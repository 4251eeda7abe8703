/* cmd_export.c - the books in the formats of ledger, hledger, beancount, or as CSV. Every posted
 * movement becomes a transaction of two postings (debits positive); the file ends with the balance
 * of every account as assertions, so that the program that reads it proves by itself that it agrees
 * with Tael to the last unit. Holds move nothing and are left out. */
#include "cli/commands.h"
#include "ledger/scan.h"
#include <string.h>

typedef enum format { FORMAT_LEDGER, FORMAT_HLEDGER, FORMAT_BEANCOUNT, FORMAT_CSV } format;
enum { PAGE = 2000, SCRATCH_BYTES = 32 << 20 };

typedef struct exporter {
  cli *cli;
  FILE *out;
  format format;
  arena *page;            /* reset a page */
  map *accounts, *assets; /* id -> account, number -> asset; in the command's arena */
  ctx ctx;                /* over `page` */
  date last;
  int64_t movements;
} exporter;

static const char *const roots[] = {"Assets", "Liabilities", "Equity",
                                    "Income", "Expenses",    "Equity:Units"};

/* A commodity all three programs can read: a currency's own code, else U and the asset's number in
 * letters. */
static void commodity(const asset *a, char out[static 24]) {
  if (a->number < ASSET_FIRST_CUSTOM) {
    snprintf(out, 24, "%.*s", STR_ARGS(a->code));
    return;
  }
  char letters[8];
  uint32_t n = a->number;
  for (size_t i = 0; i < 7; i++, n /= 26)
    letters[6 - i] = (char)('A' + n % 26);
  letters[7] = '\0';
  snprintf(out, 24, "U%s", letters);
}

static status load_asset(exporter *e, uint32_t number, const asset **out) {
  asset *known = map_get(e->assets, number);
  if (known == NULL) {
    known = ARENA_NEW(e->cli->ctx->arena, asset);
    TRY(ledger_asset_by_number(e->cli->ctx, e->cli->db, number, known));
    known->code = str_copy(e->cli->ctx->arena, known->code);
    if (!map_put(e->assets, number, known))
      return fail(e->cli->ctx, E_NO_MEMORY, "There is not enough memory for the assets.");
    char symbol[24];
    commodity(known, symbol);
    if (e->format == FORMAT_LEDGER) fprintf(e->out, "commodity %s\n", symbol);
  }
  *out = known;
  return OK;
}

static void account_name(const account *a, char out[static 96]) {
  const chart_row *row = chart_find(a->code);
  char text[ID_TEXT_MAX];
  id_write(text, ID_ACCOUNT, a->account_id);
  for (char *p = text; *p != '\0'; p++)
    if (*p >= 'a' && *p <= 'z') *p = (char)(*p - 'a' + 'A');
  char *number = strchr(text, '_');
  snprintf(out, 96, "%s:C%u:%s", roots[row == NULL ? CLASS_LIABILITY : row->class_], a->code,
           number == NULL ? text : number + 1);
}

static void print_amount(exporter *e, const asset *a, int64_t minor) {
  char unit[24];
  commodity(a, unit);
  fprintf(e->out, "%.*s %s", STR_ARGS(decimal_print(e->page, minor, a->scale)), unit);
}

/* --- accounts --------------------------------------------------------------------------------- */
typedef status (*account_visit)(exporter *e, const account *a);

static status each_account(exporter *e, account_visit visit) {
  id after = 0;
  for (size_t count = PAGE; count == PAGE;) {
    arena_reset(e->page);
    account *page;
    TRY(ledger_scan_accounts(&e->ctx, e->cli->db, after, PAGE, &page, &count));
    for (size_t i = 0; i < count; i++)
      TRY(visit(e, &page[i]));
    if (count > 0) after = page[count - 1].account_id;
  }
  return OK;
}

static status open_one(exporter *e, const account *a) {
  account *kept = ARENA_NEW(e->cli->ctx->arena, account);
  *kept = *a;
  if (!map_put(e->accounts, (uint64_t)a->account_id, kept))
    return fail(&e->ctx, E_NO_MEMORY, "There is not enough memory for the accounts.");
  const asset *unit = NULL;
  TRY(load_asset(e, a->asset, &unit));
  char name[96], symbol[24];
  account_name(a, name);
  commodity(unit, symbol);
  if (e->format == FORMAT_BEANCOUNT) fprintf(e->out, "1970-01-01 open %s %s\n", name, symbol);
  if (e->format == FORMAT_HLEDGER || e->format == FORMAT_LEDGER)
    fprintf(e->out, "account %s\n", name);
  return OK;
}

static status assert_one(exporter *e, const account *a) {
  const asset *unit = NULL;
  TRY(load_asset(e, a->asset, &unit));
  char name[96];
  account_name(a, name);
  int64_t standing = a->debits_posted - a->credits_posted;
  str day = date_print(e->page, e->last + 1);
  if (e->format == FORMAT_BEANCOUNT) {
    fprintf(e->out, "%.*s balance %s ", STR_ARGS(day), name);
    print_amount(e, unit, standing);
    fputc('\n', e->out);
    return OK;
  }
  /* A transaction each: one of them all takes ledger minutes on a large market. */
  fprintf(e->out, "%.*s * Balance as Tael has it\n  %s  ", STR_ARGS(day), name);
  print_amount(e, unit, 0);
  fputs(" = ", e->out);
  print_amount(e, unit, standing);
  fputs("\n\n", e->out);
  return OK;
}

/* --- movements -------------------------------------------------------------------------------- */
static bool moves(const transfer *t) {
  return (t->flags & (TRANSFER_PENDING | TRANSFER_VOID | TRANSFER_EXPIRY)) == 0;
}

static void print_csv(exporter *e, const transfer *t, const asset *unit, const char *debit,
                      const char *credit) {
  fprintf(e->out, "%.*s,%.*s,%s,%s,%.*s,%.*s,%u,\"%s\",%lld\n",
          STR_ARGS(date_print(e->page, t->business_date)), STR_ARGS(id128_print(e->page, t->id)),
          debit, credit, STR_ARGS(decimal_print(e->page, t->amount, unit->scale)),
          STR_ARGS(unit->code), t->code, reason_text(t->code, false), (long long)t->ref);
}

static status print_movement(exporter *e, const transfer *t) {
  const account *debit = map_get(e->accounts, (uint64_t)t->debit_account);
  const account *credit = map_get(e->accounts, (uint64_t)t->credit_account);
  if (debit == NULL || credit == NULL)
    return OK; /* an account opened after the export began: after its cut as well */
  const asset *unit = NULL;
  TRY(load_asset(e, t->asset, &unit));
  char from[96], to[96];
  account_name(debit, from);
  account_name(credit, to);
  e->movements++;
  if (t->business_date > e->last) e->last = t->business_date;
  if (e->format == FORMAT_CSV) return print_csv(e, t, unit, from, to), OK;
  str day = date_print(e->page, t->business_date), number = id128_print(e->page, t->id);
  if (e->format == FORMAT_BEANCOUNT)
    fprintf(e->out, "%.*s * \"%s\" ; %.*s\n", STR_ARGS(day), reason_text(t->code, false),
            STR_ARGS(number));
  else
    fprintf(e->out, "%.*s * %s  ; %.*s\n", STR_ARGS(day), reason_text(t->code, false),
            STR_ARGS(number));
  fprintf(e->out, "  %s  ", from);
  print_amount(e, unit, t->amount);
  fprintf(e->out, "\n  %s  ", to);
  print_amount(e, unit, -t->amount);
  fputs("\n\n", e->out);
  return OK;
}

static status print_lane(exporter *e, uint16_t lane) {
  int64_t after = 0;
  for (size_t count = PAGE; count == PAGE;) {
    arena_reset(e->page);
    transfer *page;
    TRY(ledger_scan_lane(&e->ctx, e->cli->db, lane, after, PAGE, &page, &count));
    for (size_t i = 0; i < count; i++)
      if (moves(&page[i])) TRY(print_movement(e, &page[i]));
    if (count > 0) after = page[count - 1].sequence;
  }
  return OK;
}

static status print_assertions(exporter *e) {
  return e->format == FORMAT_CSV ? OK : each_account(e, assert_one);
}

static status export_all(exporter *e) {
  if (e->format == FORMAT_CSV)
    fputs("date,transfer,debit,credit,amount,asset,code,reason,ref\n", e->out);
  TRY(each_account(e, open_one));
  if (e->format != FORMAT_CSV) fputc('\n', e->out);
  uint16_t *lanes;
  size_t count;
  TRY(ledger_scan_lanes(e->cli->ctx, e->cli->db, &lanes, &count));
  for (size_t i = 0; i < count; i++)
    TRY(print_lane(e, lanes[i]));
  return print_assertions(e);
}

static bool parse_format(const char *name, format *out) {
  static const char *const names[] = {"ledger", "hledger", "beancount", "csv"};
  for (size_t i = 0; i < COUNT_OF(names); i++)
    if (strcmp(names[i], name) == 0) return *out = (format)i, true;
  return false;
}

/* One read transaction over it all: a snapshot, so that the assertions match the movements. */
static status export_snapshot(exporter *e) {
  TRY(db_begin(e->cli->ctx, e->cli->db));
  status s = export_all(e);
  db_rollback(e->cli->db);
  return s;
}

int cmd_export(cli *self) {
  exporter e = {.cli = self,
                .out = self->out,
                .page = arena_open(SCRATCH_BYTES),
                .accounts = map_open(4096),
                .assets = map_open(4096),
                .ctx = *self->ctx};
  if (!parse_format(cli_text(self, "format"), &e.format)) {
    fprintf(self->err,
            "tael export: there is no format \"%s\"; choose ledger, hledger, beancount or csv\n",
            cli_text(self, "format"));
    return EXIT_USAGE;
  }
  if (e.page == NULL || e.accounts == NULL || e.assets == NULL) return EXIT_FAILED;
  e.ctx.arena = e.page;
  status s = export_snapshot(&e);
  if (s != OK && self->ctx->fault.code == OK) {
    self->ctx->fault = e.ctx.fault;
    self->ctx->fault.detail = str_copy(self->ctx->arena, e.ctx.fault.detail);
  }
  map_close(e.accounts);
  map_close(e.assets);
  arena_close(e.page);
  if (s != OK) return cli_fail(self, s);
  fprintf(self->err, "%lld movements exported\n", (long long)e.movements);
  return fflush(self->out) == 0 ? 0 : EXIT_FAILED;
}
