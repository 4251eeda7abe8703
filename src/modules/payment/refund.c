/* refund.c - giving back: to the sources, newest part first, never more to a source than it paid
 * (INV-15). Before release the money comes from escrow; after it from the seller's waiting share,
 * then the reserve, then the available balance, which may go below zero (clawback), and the
 * commission is returned in proportion. What goes to a channel waits in transit as an attempt of
 * its own. Never sends anything itself. */
#include "modules/payment/inside.h"

enum { SOURCES_MAX = 4, TRANSFERS_MAX = 2 * PARTS_MAX + 8 };

typedef struct refund_work {
  pay_case k;
  settlement_item *items;
  size_t item_count;
  id escrow, pending, reserve, available;
  id fees_held, fees_in_reserve, commission, bank_reserve, bank_own;
  int64_t open[PARTS_MAX], lost[PARTS_MAX]; /* per part, what chargebacks claim and have taken */
  int64_t back[PARTS_MAX];                  /* per part, of this refund */
  int64_t sent[PARTS_MAX]; /* of it, what its source gets; the rest returns to suspense */
  int64_t to_suspense;
  int64_t from[SOURCES_MAX];
  id from_account[SOURCES_MAX];
  size_t from_count;
  int64_t to_payer, by_channel;
  bool in_debt;
  refund_row row;
} refund_work;

/* --- load ------------------------------------------------------------------------------------- */
static status load_released(ctx *c, tx *t, refund_plan *p) {
  refund_work *w = p->inner;
  const market *m = &w->k.m;
  TRY(items_of_child(c, tx_db(t), p->seller, p->child, &w->items, &w->item_count));
  TRY(account_need(c, t, m, CODE_SELLER_PENDING, p->seller, &w->pending));
  TRY(account_need(c, t, m, CODE_SELLER_RESERVE, p->seller, &w->reserve));
  TRY(account_need(c, t, m, CODE_SELLER_AVAILABLE, p->seller, &w->available));
  if (p->commission_back == 0) return OK;
  TRY(account_of_market(c, t, m, CODE_FEES_HELD, &w->fees_held));
  TRY(account_of_market(c, t, m, CODE_FEES_IN_RESERVE, &w->fees_in_reserve));
  TRY(account_of_market(c, t, m, CODE_COMMISSION, &w->commission));
  TRY(account_of_market(c, t, m, CODE_BANK_RESERVE, &w->bank_reserve));
  return account_of_market(c, t, m, CODE_BANK_OWN, &w->bank_own);
}

static bool is_of_child(const refund_plan *p, const part_row *part) {
  return part->child == p->child && part->seller == p->seller;
}

static int64_t claimed(const refund_plan *p, const int64_t *of_part) {
  const refund_work *w = p->inner;
  int64_t sum = 0;
  for (size_t i = 0; i < w->k.part_count; i++)
    sum += is_of_child(p, &w->k.parts[i]) ? of_part[i] : 0;
  return sum;
}

status refund_load(ctx *c, tx *t, refund_plan *p) {
  refund_work *w = ARENA_NEW(c->arena, refund_work);
  p->inner = w;
  TRY(case_load(c, t, p->payment_id, &w->k));
  if (!w->k.found) return OK;
  if (p->seller != 0) TRY(account_need(c, t, &w->k.m, CODE_ORDER_ESCROW, p->seller, &w->escrow));
  if (w->k.attempt_count > 0) TRY(disputed_of(c, tx_db(t), p->payment_id, w->open, w->lost));
  if (p->released) return load_released(c, t, p);
  if (claimed(p, w->lost) == 0) return OK;
  return account_need(c, t, &w->k.m, CODE_SELLER_AVAILABLE, p->seller, &w->available);
}

/* --- decide: how much of each part ------------------------------------------------------------ */
static int64_t room_of(const refund_work *w, size_t i) {
  return w->k.parts[i].amount - w->k.parts[i].refunded - w->open[i] - w->lost[i];
}

static int64_t rest_of_child(const refund_plan *p) {
  const refund_work *w = p->inner;
  int64_t rest = 0;
  for (size_t i = 0; i < w->k.part_count; i++) {
    const part_row *part = &w->k.parts[i];
    if (is_of_child(p, part) && !part->is_over) rest += room_of(w, i);
  }
  return rest;
}

/* Newest part first; what suspense stood in for comes last, since the payer never paid it. */
static void choose_parts(refund_plan *p) {
  refund_work *w = p->inner;
  int64_t left = p->amount;
  for (int pass = 0; pass < 2; pass++) {
    for (size_t i = w->k.part_count; i > 0; i--) {
      const part_row *part = &w->k.parts[i - 1];
      bool suspense = part->kind == PART_SUSPENSE;
      if (!is_of_child(p, part) || part->is_over || suspense != (pass == 1)) continue;
      int64_t room = room_of(w, i - 1);
      w->back[i - 1] = left < room ? left : room;
      left -= w->back[i - 1];
    }
  }
  for (size_t i = 0; p->whole && i < w->k.part_count; i++) {
    const part_row *part = &w->k.parts[i];
    if (is_of_child(p, part) && part->is_over) w->back[i] = part->amount - part->refunded;
  }
}

static const attempt_row *captured_by(const pay_case *k, int64_t tender_no) {
  for (size_t i = 0; i < k->attempt_count; i++) {
    const attempt_row *a = &k->attempts[i];
    if (a->tender_no == tender_no && a->state == ATTEMPT_APPROVED &&
        (a->kind == ATTEMPT_SALE || a->kind == ATTEMPT_CAPTURE))
      return a;
  }
  return NULL;
}

/* What a channel's part was really paid: one that captured less than its tender is short on its
 * last parts, which suspense made up for. By part alone, so that plans of one command that give
 * back several children agree. */
static int64_t part_captured(const pay_case *k, size_t i) {
  const part_row *part = &k->parts[i];
  const attempt_row *captured = captured_by(k, part->tender_no);
  assert(captured != NULL); /* a paid payment has captured every channel tender */
  int64_t missing = captured->amount - captured->got_amount;
  for (size_t j = k->part_count; j > i && missing > 0; j--) {
    if (k->parts[j - 1].tender_no != part->tender_no) continue;
    int64_t taken = missing < k->parts[j - 1].amount ? missing : k->parts[j - 1].amount;
    if (j - 1 == i) return part->amount - taken;
    missing -= taken;
  }
  return part->amount;
}

static void cap_to_captured(refund_plan *p) {
  refund_work *w = p->inner;
  for (size_t i = 0; i < w->k.part_count; i++) {
    const part_row *part = &w->k.parts[i];
    w->sent[i] = w->back[i];
    if (part->kind != TENDER_CHANNEL || w->back[i] == 0) continue;
    int64_t room = part_captured(&w->k, i) - part->refunded;
    if (room < 0) room = 0;
    if (w->sent[i] > room) w->sent[i] = room;
    w->to_suspense += w->back[i] - w->sent[i];
  }
}

/* --- decide: where it comes from -------------------------------------------------------------- */
static void add_source(refund_work *w, id from, int64_t amount) {
  if (amount == 0) return;
  w->from_account[w->from_count] = from;
  w->from[w->from_count++] = amount;
}

static int64_t take_item(refund_work *w, int kind, int64_t wanted) {
  for (size_t i = 0; i < w->item_count; i++) {
    settlement_item *item = &w->items[i];
    if (item->kind != kind || item->state != 0) continue;
    int64_t taken = wanted < item->amount ? wanted : item->amount;
    item->amount -= taken;
    return taken;
  }
  return 0;
}

static void choose_sources(refund_plan *p) {
  refund_work *w = p->inner;
  if (!p->released) {
    add_source(w, w->escrow, p->amount);
    return;
  }
  int64_t left = p->amount - p->commission_back;
  add_source(w, w->fees_held, p->commission_back);
  int64_t share = take_item(w, ITEM_SHARE, left);
  int64_t kept = take_item(w, ITEM_RESERVE, left - share);
  add_source(w, w->pending, share);
  add_source(w, w->reserve, kept);
  add_source(w, w->available, left - share - kept);
}

/* Own fees already swept out of the reserve are paid back into it before they are returned. */
static void return_commission(refund_plan *p, tx *t) {
  refund_work *w = p->inner;
  moves *m = &w->k.moves;
  if (p->commission_back == 0) return;
  const account *held = tx_account(t, w->fees_held);
  int64_t has = held == NULL ? 0 : account_balance(held);
  int64_t short_of = has < p->commission_back ? p->commission_back - (has > 0 ? has : 0) : 0;
  moves_add(m, w->bank_reserve, w->fees_held, short_of, WHY_FEE_SWEEP, p->child);
  moves_add(m, w->fees_in_reserve, w->bank_own, short_of, WHY_FEE_SWEEP, p->child);
  moves_add(m, w->commission, w->fees_in_reserve, p->commission_back, WHY_REFUND_COMMISSION,
            p->child);
}

/* --- decide: where it goes -------------------------------------------------------------------- */
static id destination(const refund_work *w, const part_row *part) {
  return part->kind == TENDER_CHANNEL ? w->k.refund_transit : part->from_account;
}

/* One attempt per channel tender, for the sum of its parts. */
static void ask_channels(ctx *c, refund_plan *p) {
  refund_work *w = p->inner;
  for (size_t i = 0; i < w->k.part_count; i++) {
    const part_row *part = &w->k.parts[i];
    if (part->kind != TENDER_CHANNEL || w->sent[i] == 0) continue;
    attempt_row *same = NULL;
    for (size_t n = 0; n < w->k.made_count; n++) {
      if (w->k.made[n].tender_no == part->tender_no) same = &w->k.made[n];
    }
    if (same != NULL) {
      same->amount += w->sent[i];
      continue;
    }
    same = case_make_attempt(c, &w->k, ATTEMPT_REFUND, captured_by(&w->k, part->tender_no),
                             w->sent[i]);
    same->subject_kind = ID_REFUND;
    same->subject = p->refund_id;
  }
}

static void add_transfers(refund_plan *p) {
  refund_work *w = p->inner;
  size_t parts = w->k.part_count;
  int64_t sinks[PARTS_MAX + 1];
  fill_pair pairs[PARTS_MAX + SOURCES_MAX + 1];
  int64_t over_short = 0;
  for (size_t i = 0; i < parts; i++) {
    sinks[i] = w->k.parts[i].is_over ? 0 : w->sent[i];
    if (w->k.parts[i].is_over) over_short += w->back[i] - w->sent[i]; /* it never left suspense */
  }
  sinks[parts] = w->to_suspense - over_short;
  size_t count = fill_pairs(w->from, w->from_count, sinks, parts + 1, pairs);
  int64_t ref = p->child != 0 ? p->child : p->payment_id;
  for (size_t n = 0; n < count; n++) {
    id from = w->from_account[pairs[n].from];
    uint16_t why = from == w->available && p->released ? WHY_CLAWBACK : WHY_REFUND;
    id to = pairs[n].to == parts ? w->k.suspense : destination(w, &w->k.parts[pairs[n].to]);
    moves_add(&w->k.moves, from, to, pairs[n].amount, why, ref);
  }
  for (size_t i = 0; i < parts; i++) {
    const part_row *part = &w->k.parts[i];
    if (part->is_over)
      moves_add(&w->k.moves, part->to_account, destination(w, part), w->sent[i], WHY_REFUND, ref);
  }
}

/* A lost chargeback took the money from the seller although it lay in escrow; when the rest goes
 * back and nothing will be released any more, the seller has it again. */
static void give_back_escrow(refund_plan *p) {
  refund_work *w = p->inner;
  moves_add(&w->k.moves, w->escrow, w->available, claimed(p, w->lost), WHY_CHARGEBACK, p->child);
}

static void settle_rows(ctx *c, refund_plan *p) {
  refund_work *w = p->inner;
  for (size_t i = 0; i < w->k.part_count; i++) {
    part_row *part = &w->k.parts[i];
    part->refunded += w->back[i];
    if (part->kind == PART_SUSPENSE) continue;
    w->to_payer += w->sent[i];
    if (part->kind == TENDER_CHANNEL) w->by_channel += w->sent[i];
  }
  w->row = (refund_row){.payment_id = p->payment_id,
                        .refund_id = p->refund_id,
                        .seller = p->seller,
                        .child = p->child,
                        .amount = p->amount,
                        .to_payer = w->to_payer,
                        .commission_back = p->commission_back,
                        .state = w->by_channel == 0 ? 1 : 0,
                        .reason = p->reason,
                        .created_at = c->now,
                        .updated_at = c->now};
}

static status check_refund(ctx *c, refund_plan *p) {
  const refund_work *w = p->inner;
  if (!w->k.found) return fail(c, E_NOT_FOUND, "There is no such payment.");
  if (w->k.pay.state != PAYMENT_PAID && w->k.pay.state != PAYMENT_PARTLY_REFUNDED) {
    return fail(c, E_CONFLICT, "The payment is %s; only paid money can be given back.",
                payment_states[w->k.pay.state]);
  }
  int64_t rest = rest_of_child(p);
  if (p->whole && claimed(p, w->open) > 0)
    return fail(c, E_CONFLICT, "A chargeback of this child order is open; wait for its end.");
  if (p->whole) p->amount = rest;
  if (p->amount < 0 || (p->amount == 0 && !p->whole))
    return fail_field(c, E_MALFORMED, STR("/amount"), "Send at least 1 minor unit.");
  if (p->amount > rest) {
    return fail_field(c, E_RULE, STR("/amount"),
                      "At most %lld minor units of this child order are left to give back.",
                      (long long)rest);
  }
  if (p->commission_back < 0 || p->commission_back > p->amount ||
      (!p->released && p->commission_back > 0)) {
    return fail(
        c, E_RULE,
        "The commission returned must lie between 0 and the amount, and be 0 before release.");
  }
  if (p->released && w->item_count == 0)
    return fail(c, E_CONFLICT, "This child order was not released to its seller.");
  return OK;
}

status refund_decide(ctx *c, tx *t, refund_plan *p) {
  refund_work *w = p->inner;
  TRY(check_refund(c, p));
  w->k.moves = moves_make(c, TRANSFERS_MAX);
  choose_parts(p);
  cap_to_captured(p);
  choose_sources(p);
  return_commission(p, t);
  add_transfers(p);
  if (p->whole && !p->released) give_back_escrow(p);
  ask_channels(c, p);
  settle_rows(c, p);
  if (w->k.moves.count == 0)
    return fail(c, E_CONFLICT, "Nothing of this child order is left to give back.");
  TRY(moves_post(c, t, &w->k.moves));
  const account *available = p->released ? tx_account(t, w->available) : NULL;
  w->in_debt = available != NULL && account_balance(available) < 0;
  return OK;
}

/* --- write ------------------------------------------------------------------------------------ */
/* A voucher whose parts all went back is good again. The parts are read once more: a command that
 * gives back several children has a plan for each, and the last of them makes it whole. */
static status free_whole_vouchers(ctx *c, tx *t, const refund_plan *p) {
  const refund_work *w = p->inner;
  part_row *now = NULL;
  size_t count = 0;
  for (size_t i = 0; i < w->k.part_count; i++) {
    const part_row *part = &w->k.parts[i];
    if (part->kind != TENDER_VOUCHER || w->back[i] == 0) continue;
    if (now == NULL) TRY(parts_of(c, tx_db(t), p->payment_id, &now, &count));
    bool whole = true;
    for (size_t j = 0; j < count; j++)
      whole = whole && (now[j].tender_no != part->tender_no || now[j].refunded == now[j].amount);
    if (whole) TRY(voucher_set_state(c, tx_db(t), part->voucher, 0, 0));
  }
  return OK;
}

status refund_emit(ctx *c, tx *t, const refund_row *r, const char *type) {
  str rfd = id_print(c->arena, ID_REFUND, r->refund_id),
      pay = id_print(c->arena, ID_PAYMENT, r->payment_id);
  str body = str_format(
      c->arena, "{\"refund\":\"%.*s\",\"payment\":\"%.*s\",\"amount\":%lld,\"state\":\"%s\"}",
      STR_ARGS(rfd), STR_ARGS(pay), (long long)r->to_payer,
      r->state == 1 ? "succeeded" : "pending");
  return tx_emit(c, t, type, ID_REFUND, r->refund_id, r->seller, body);
}

status refund_write(ctx *c, tx *t, refund_plan *p) {
  refund_work *w = p->inner;
  db *d = tx_db(t);
  for (size_t i = 0; i < w->k.part_count; i++) {
    if (w->back[i] > 0) TRY(part_save_refunded(c, d, p->payment_id, &w->k.parts[i]));
  }
  for (size_t i = 0; i < w->item_count; i++) {
    if (w->items[i].state == 0) TRY(item_save(c, d, &w->items[i]));
  }
  TRY(free_whole_vouchers(c, t, p));
  if (w->in_debt) TRY(debt_set(c, d, p->seller, true, c->now)); /* a settlement clears it */
  TRY(payment_add_refund(c, d, p->payment_id, w->to_payer, w->to_payer - w->by_channel, c->now));
  TRY(refund_insert(c, d, &w->row));
  for (size_t i = 0; i < w->k.made_count; i++)
    TRY(attempt_insert(c, t, &w->k.made[i]));
  return refund_emit(c, t, &w->row, w->row.state == 1 ? "refund.succeeded" : "refund.pending");
}
