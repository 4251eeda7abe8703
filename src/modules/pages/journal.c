/* journal.c - entries of the ledger as people read them: debit, credit, amount, why, when. */
#include "modules/pages/journal.h"
#include <stdlib.h>
#include <string.h>

static bool has_entry(const journal *j, id128 wanted) {
  for (size_t i = 0; i < j->count; i++) {
    if (id128_eq(j->at[i].id, wanted)) return true;
  }
  return false;
}

status journal_add_ref(page *p, journal *j, int64_t ref) {
  transfer *found;
  size_t count;
  TRY(ledger_transfers_by_ref(p->c, p->d, ref, &found, &count));
  if (count == 0) return OK;
  size_t room = j->count + count;
  j->at = arena_grow(p->c->arena, j->at, j->room * sizeof *j->at, room * sizeof *j->at);
  j->room = room;
  for (size_t i = 0; i < count; i++) {
    if (!has_entry(j, found[i].id)) j->at[j->count++] = found[i];
  }
  return OK;
}

static int by_time(const void *a, const void *b) {
  const transfer *x = a, *y = b;
  if (x->time != y->time) return x->time < y->time ? -1 : 1;
  return id128_cmp(x->id, y->id);
}

static str entry_state(const transfer *t) {
  if ((t->flags & TRANSFER_PENDING) != 0) return STR("hold");
  if ((t->flags & TRANSFER_POST) != 0) return STR("hold_posted");
  if ((t->flags & (TRANSFER_VOID | TRANSFER_EXPIRY)) != 0) return STR("hold_released");
  if ((t->flags & TRANSFER_REVERSAL) != 0) return STR("reversal");
  return STR("posted");
}

str account_label(page *p, const account *a) {
  return str_format(p->c->arena, "%u %.*s", a->code, STR_ARGS(account_name(p, a->code)));
}

void journal_name(journal *j, id owner, str name) {
  if (j->name_count == JOURNAL_NAMES_MAX) return;
  j->names[j->name_count].owner = owner;
  j->names[j->name_count++].name = name;
}

static status cell_account(page *p, table *t, const journal *j, id account_id) {
  account a;
  TRY(ledger_account_get(p->c, p->d, account_id, &a));
  str label = account_label(p, &a);
  for (size_t i = 0; i < j->name_count; i++) {
    if (j->names[i].owner != a.owner) continue;
    label = str_format(p->c->arena, "%.*s · %.*s", STR_ARGS(label), STR_ARGS(j->names[i].name));
    break;
  }
  cell(t, label);
  return OK;
}

static const column columns[] = {{"Time", "时间", COLUMN_TEXT},
                                 {"Debit", "借方", COLUMN_TEXT},
                                 {"Credit", "贷方", COLUMN_TEXT},
                                 {"Amount", "金额", COLUMN_MONEY},
                                 {"Why", "事由", COLUMN_TEXT},
                                 {"Entry", "分录", COLUMN_TEXT},
                                 {"Business date", "账务日期", COLUMN_TEXT}};

static status show_entry(page *p, table *t, const journal *j, const transfer *e) {
  cell_time(t, e->time);
  TRY(cell_account(p, t, j, e->debit_account));
  TRY(cell_account(p, t, j, e->credit_account));
  cell_money(t, e->amount, e->asset);
  cell_word(t, str_from(reason_text(e->code, p->is_zh)));
  cell_chip(t, entry_state(e));
  cell_day(t, e->business_date);
  return OK;
}

status journal_show(page *p, journal *j) {
  if (j->count > 1) qsort(j->at, j->count, sizeof *j->at, by_time);
  table t = TABLE(p, "journal", "Journal entries", "会计分录", columns);
  for (size_t i = 0; i < j->count; i++)
    TRY(show_entry(p, &t, j, &j->at[i]));
  table_close(&t, (str){0});
  section_end(p);
  return OK;
}
