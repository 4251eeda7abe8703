/* flow.c - what a record of the ledger adds to the flows of money between kinds of account. Pure
 * but for looking up what kind of account an id is. Goods and points are no flow of money; a hold
 * moves nothing until it is posted. */
#include "modules/desk/inside.h"

#include <stdlib.h>
#include <string.h>

static void forget(void *known) { map_close(known); }

status side_book_open(ctx *c, arena *a, side_book *out) {
  map *known = map_open(1024);
  if (known == NULL) return fail(c, E_NO_MEMORY, "There is not enough memory to sum flows.");
  arena_hook(a, forget, known);
  *out = (side_book){a, known};
  return OK;
}

/* Whose account it is matters for channels and campaigns only: there are few of them. */
static bool has_party(uint16_t code) {
  return code == CODE_CHANNEL_RECEIVABLE || code == CODE_CAMPAIGN_BUDGET;
}

status side_of(ctx *c, db *d, side_book *b, id account_id, flow_side *out) {
  const flow_side *had = map_get(b->known, (uint64_t)account_id);
  if (had == NULL) {
    account found;
    flow_side *made = ARENA_NEW(b->arena, flow_side);
    TRY(ledger_account_get(c, d, account_id, &found));
    *made = (flow_side){found.code, has_party(found.code) ? found.owner : 0};
    if (!map_put(b->known, (uint64_t)account_id, made))
      return fail(c, E_NO_MEMORY, "There is not enough memory to sum flows.");
    had = made;
  }
  *out = *had;
  return OK;
}

static flow *next_row(ctx *c, flow_list *list) {
  if (list->count == list->room) {
    size_t room = list->room == 0 ? 256 : list->room * 2;
    list->items = arena_grow(c->arena, list->items, list->room * sizeof(flow), room * sizeof(flow));
    list->room = room;
  }
  return &list->items[list->count++];
}

status flows_add(ctx *c, db *d, side_book *b, const transfer *t, flow_list *out) {
  if (t->asset >= ASSET_FIRST_CUSTOM) return OK;
  if (t->flags & (TRANSFER_PENDING | TRANSFER_VOID | TRANSFER_EXPIRY)) return OK;
  flow f = {.on = t->business_date,
            .asset = t->asset,
            .why = t->code,
            .amount = t->amount,
            .transfers = 1};
  TRY(side_of(c, d, b, t->debit_account, &f.debit));
  TRY(side_of(c, d, b, t->credit_account, &f.credit));
  *next_row(c, out) = f;
  return OK;
}

status flows_add_after(ctx *c, db *d, uint16_t lane, int64_t after, side_book *b, flow_list *out,
                       bool *complete) {
  for (size_t looked = 0; looked < SCAN_MAX;) {
    transfer *records;
    size_t count;
    TRY(ledger_scan_lane(c, d, lane, after, SCAN_STEP, &records, &count));
    for (size_t i = 0; i < count; i++)
      TRY(flows_add(c, d, b, &records[i], out));
    if (count < SCAN_STEP) return OK;
    after = records[count - 1].sequence;
    looked += count;
  }
  *complete = false;
  return OK;
}

#define BY(member)                                                     \
  do {                                                                 \
    if (a->member != b->member) return a->member < b->member ? -1 : 1; \
  } while (0)
static int by_key(const void *left, const void *right) {
  const flow *a = left, *b = right;
  BY(on);
  BY(asset);
  BY(debit.code);
  BY(debit.party);
  BY(credit.code);
  BY(credit.party);
  BY(why);
  return 0;
}

void flows_merge(flow_list *list) {
  size_t kept = 0;
  if (list->count == 0) return;
  qsort(list->items, list->count, sizeof(flow), by_key);
  for (size_t i = 1; i < list->count; i++) {
    flow *last = &list->items[kept];
    if (by_key(last, &list->items[i]) == 0) {
      last->amount += list->items[i].amount;
      last->transfers += list->items[i].transfers;
    } else {
      list->items[++kept] = list->items[i];
    }
  }
  list->count = kept + 1;
}
