/* case.c - a payment after it was taken: everything its end may touch, loaded as one, and the four
 * ways it goes on: paid, failed or cancelled, asked to capture, reversed. The decisions gather
 * moves and change rows in memory; case_write puts them down. Never talks to a channel: it makes
 * attempts, which are sent after the commit. */
#include "modules/payment/inside.h"

enum { HOOKS_MAX = 8, MADE_MAX = 2 * TENDERS_MAX, MOVES_MAX = PARTS_MAX + 4 * TENDERS_MAX };

/* Filled at wiring, before the engine starts; read-only after. */
static payable_hooks payables[HOOKS_MAX];
static size_t payable_count;

void payment_register_payable(const payable_hooks *hooks) {
  for (size_t i = 0; i < payable_count; i++) {
    if (payables[i].payable_kind != hooks->payable_kind) continue;
    payables[i] = *hooks;
    return;
  }
  assert(payable_count < HOOKS_MAX);
  payables[payable_count++] = *hooks;
}

const payable_hooks *payment_payable(int payable_kind) {
  for (size_t i = 0; i < payable_count; i++) {
    if (payables[i].payable_kind == payable_kind) return &payables[i];
  }
  return NULL;
}

/* --- load ------------------------------------------------------------------------------------- */
static bool part_is_held(const part_row *p) {
  return p->kind != TENDER_CHANNEL && p->kind != PART_SUSPENSE;
}

status case_load(ctx *c, tx *t, id payment_id, pay_case *k) {
  db *d = tx_db(t);
  TRY(identity_market(c, d, &k->m));
  TRY(payment_lock(c, d, payment_id, &k->pay, &k->found));
  if (!k->found) return OK;
  TRY(parts_of(c, d, payment_id, &k->parts, &k->part_count));
  TRY(attempts_lock(c, d, payment_id, &k->attempts, &k->attempt_count));
  k->made = ARENA_ARRAY(c->arena, attempt_row, MADE_MAX);
  k->moves = moves_make(c, MOVES_MAX);
  for (size_t i = 0; i < k->part_count; i++) {
    const part_row *part = &k->parts[i];
    tx_need_account(t, part->from_account);
    tx_need_account(t, part->to_account);
    if (k->pay.state == PAYMENT_PENDING && part_is_held(part))
      tx_need_transfer(t, part_hold_id(payment_id, part->part_no));
  }
  if (k->attempt_count == 0) return OK;
  TRY(account_of_market(c, t, &k->m, CODE_SUSPENSE, &k->suspense));
  return account_of_market(c, t, &k->m, CODE_REFUND_TRANSIT, &k->refund_transit);
}

status case_load_hooks(ctx *c, tx *t, pay_case *k, bool paid) {
  k->hooks = k->pay.payable == 0 ? NULL : payment_payable(k->pay.payable_kind);
  if (k->hooks == NULL) return OK;
  k->hook_state = arena_take(c->arena, 1, k->hooks->state_size > 0 ? k->hooks->state_size : 1);
  return k->hooks->load(c, t, k->pay.payable, paid, k->hook_state);
}

status case_decide_hooks(ctx *c, tx *t, pay_case *k) {
  return k->hooks == NULL ? OK : k->hooks->decide(c, t, k->hook_state);
}

/* --- questions -------------------------------------------------------------------------------- */
int64_t case_ref(const pay_case *k) {
  return k->pay.payable != 0 ? k->pay.payable : k->pay.payment_id;
}

bool attempt_is_open(const attempt_row *a) {
  return a->state == ATTEMPT_JOURNALLED || a->state == ATTEMPT_UNKNOWN;
}

static bool takes_money(const attempt_row *a) {
  return a->kind == ATTEMPT_AUTHORISE || a->kind == ATTEMPT_SALE || a->kind == ATTEMPT_CAPTURE;
}

bool case_has_unresolved(const pay_case *k) {
  for (size_t i = 0; i < k->attempt_count; i++) {
    if (takes_money(&k->attempts[i]) && attempt_is_open(&k->attempts[i])) return true;
  }
  return false;
}

/* The attempt that captured (or, with `authorised` true, authorised) a tender; NULL: none did. */
static attempt_row *approved_for(const pay_case *k, int64_t tender_no, bool authorised) {
  for (size_t i = 0; i < k->attempt_count; i++) {
    attempt_row *a = &k->attempts[i];
    if (a->tender_no != tender_no || a->state != ATTEMPT_APPROVED || !takes_money(a)) continue;
    if ((a->kind == ATTEMPT_AUTHORISE) == authorised || (authorised && a->kind == ATTEMPT_SALE))
      return a;
  }
  return NULL;
}

static bool all_channels(const pay_case *k, bool authorised) {
  for (size_t i = 0; i < k->part_count; i++) {
    const part_row *part = &k->parts[i];
    if (part->kind == TENDER_CHANNEL && approved_for(k, part->tender_no, authorised) == NULL)
      return false;
  }
  return true;
}

bool case_all_captured(const pay_case *k) { return all_channels(k, false); }
bool case_all_authorised(const pay_case *k) { return all_channels(k, true); }

static id receivable_of(const pay_case *k, int64_t tender_no) {
  for (size_t i = 0; i < k->part_count; i++) {
    if (k->parts[i].tender_no == tender_no && k->parts[i].kind == TENDER_CHANNEL)
      return k->parts[i].from_account;
  }
  return 0;
}

/* --- what is made ----------------------------------------------------------------------------- */
attempt_row *case_make_attempt(ctx *c, pay_case *k, attempt_kind kind, const attempt_row *like,
                               int64_t amount) {
  assert(k->made_count < MADE_MAX);
  attempt_row *a = &k->made[k->made_count++];
  *a = *like;
  a->attempt_id = id_next(c);
  a->kind = kind;
  a->subject_kind = ID_PAYMENT;
  a->subject = k->pay.payment_id;
  a->amount = amount;
  a->original = like->attempt_id;
  a->original_ref = like->channel_ref;
  a->state = ATTEMPT_JOURNALLED;
  a->channel_ref = a->reason = (str){0};
  a->got_amount = a->fee = 0;
  a->created_at = a->updated_at = c->now;
  return a;
}

break_row *case_make_break(ctx *c, pay_case *k, const char *kind, int64_t amount,
                           const char *note) {
  assert(k->break_count < COUNT_OF(k->breaks));
  break_row *b = &k->breaks[k->break_count++];
  *b = (break_row){.break_id = id_next(c),
                   .kind = str_from(kind),
                   .payment_id = k->pay.payment_id,
                   .subject = k->pay.payable,
                   .amount = amount,
                   .currency = k->pay.currency,
                   .note = str_from(note),
                   .found_at = c->now};
  return b;
}

/* --- the four ways on ------------------------------------------------------------------------- */
static void end_hold(pay_case *k, const part_row *part, uint16_t flag) {
  moves_add(&k->moves, part->from_account, part->to_account, part->amount, part_reason(part),
            case_ref(k));
  moves_last(&k->moves)->flags = flag;
  moves_last(&k->moves)->pending_id = part_hold_id(k->pay.payment_id, part->part_no);
}

/* A channel that took more or less than was asked: the order is paid as planned, suspense bears the
 * difference. */
static void book_difference(ctx *c, pay_case *k, const attempt_row *a) {
  int64_t over = a->got_amount - a->amount;
  if (over == 0) return;
  id receivable = receivable_of(k, a->tender_no);
  if (over > 0)
    moves_add(&k->moves, receivable, k->suspense, over, WHY_PAY_BREAK, case_ref(k));
  else
    moves_add(&k->moves, k->suspense, receivable, -over, WHY_PAY_BREAK, case_ref(k));
  case_make_break(c, k, "channel_amount", over, "The channel moved another amount than was asked.");
  k->pay.captured += over;
}

void case_pay(ctx *c, pay_case *k) {
  int64_t captured = 0;
  for (size_t i = 0; i < k->part_count; i++) {
    const part_row *part = &k->parts[i];
    if (part->kind != PART_SUSPENSE) captured += part->amount;
    if (part_is_held(part))
      end_hold(k, part, TRANSFER_POST);
    else
      moves_add(&k->moves, part->from_account, part->to_account, part->amount, part_reason(part),
                case_ref(k));
  }
  k->pay.captured = captured;
  for (size_t i = 0; i < k->attempt_count; i++) {
    const attempt_row *a = &k->attempts[i];
    if (a->state == ATTEMPT_APPROVED && (a->kind == ATTEMPT_SALE || a->kind == ATTEMPT_CAPTURE))
      book_difference(c, k, a);
  }
  k->pay.state = PAYMENT_PAID;
  k->pay.updated_at = c->now;
  if (k->pay.difference != 0) payment_difference(c, &k->pay, &k->breaks[k->break_count++]);
}

/* Captured money nobody wants is booked as owed back before it is sent back, so that the proof
 * holds meanwhile. */
void case_reverse(ctx *c, pay_case *k, attempt_row *approved) {
  if (approved->kind == ATTEMPT_AUTHORISE) {
    case_make_attempt(c, k, ATTEMPT_VOID, approved, approved->amount);
  } else {
    moves_add(&k->moves, receivable_of(k, approved->tender_no), k->refund_transit,
              approved->got_amount, WHY_REVERSAL, case_ref(k));
    case_make_attempt(c, k, ATTEMPT_REFUND, approved, approved->got_amount);
  }
  approved->state = ATTEMPT_REVERSED;
  approved->changed = true;
}

static bool has_capture_under_way(const pay_case *k, int64_t tender_no) {
  for (size_t i = 0; i < k->attempt_count; i++) {
    const attempt_row *a = &k->attempts[i];
    if (a->kind == ATTEMPT_CAPTURE && a->tender_no == tender_no &&
        (attempt_is_open(a) || a->state == ATTEMPT_APPROVED))
      return true;
  }
  return false;
}

void case_fail(ctx *c, pay_case *k, payment_state end) {
  for (size_t i = 0; i < k->part_count; i++) {
    if (part_is_held(&k->parts[i])) end_hold(k, &k->parts[i], TRANSFER_VOID);
  }
  for (size_t i = 0; i < k->attempt_count; i++) {
    attempt_row *a = &k->attempts[i];
    if (!takes_money(a) || a->state != ATTEMPT_APPROVED) continue;
    /* A capture that is out there decides about its authorisation when its answer comes. */
    if (a->kind == ATTEMPT_AUTHORISE && has_capture_under_way(k, a->tender_no)) continue;
    case_reverse(c, k, a);
  }
  k->pay.state = end;
  k->pay.updated_at = c->now;
}

void case_ask_capture(ctx *c, pay_case *k) {
  for (size_t i = 0; i < k->attempt_count; i++) {
    const attempt_row *a = &k->attempts[i];
    if (a->kind != ATTEMPT_AUTHORISE || a->state != ATTEMPT_APPROVED ||
        has_capture_under_way(k, a->tender_no))
      continue;
    case_make_attempt(c, k, ATTEMPT_CAPTURE, a, a->amount);
  }
}

/* --- write ------------------------------------------------------------------------------------ */
static status free_vouchers(ctx *c, tx *t, const pay_case *k) {
  for (size_t i = 0; i < k->part_count; i++) {
    if (k->parts[i].kind != TENDER_VOUCHER) continue;
    TRY(voucher_set_state(c, tx_db(t), k->parts[i].voucher, 0, 0));
  }
  return OK;
}

static const char *event_of(payment_state state) {
  switch (state) {
  case PAYMENT_PAID: return "payment.captured";
  case PAYMENT_FAILED: return "payment.failed";
  case PAYMENT_CANCELLED: return "payment.cancelled";
  default: return "payment.changed";
  }
}

status case_write(ctx *c, tx *t, pay_case *k, payment_state before) {
  db *d = tx_db(t);
  for (size_t i = 0; i < k->attempt_count; i++) {
    if (k->attempts[i].changed) TRY(attempt_save(c, d, &k->attempts[i]));
  }
  for (size_t i = 0; i < k->made_count; i++)
    TRY(attempt_insert(c, t, &k->made[i]));
  for (size_t i = 0; i < k->break_count; i++)
    TRY(break_insert(c, d, &k->breaks[i]));
  if (k->pay.state == before) return OK;
  TRY(payment_save(c, d, &k->pay));
  if (k->pay.state == PAYMENT_FAILED || k->pay.state == PAYMENT_CANCELLED)
    TRY(free_vouchers(c, t, k));
  if (k->hooks != NULL) TRY(k->hooks->write(c, t, k->hook_state));
  return payment_emit(c, t, &k->pay, event_of(k->pay.state));
}
