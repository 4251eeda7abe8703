/* remit.c - the lines of a channel's settlement file, booked: each is matched, of another amount,
 * without an attempt, or not readable. Promises: a line is booked once, whatever the
 * file is called and however often it is read; what the channel really sent is in the reserve after
 * it, and every unit that does not fit lies in suspense under a break. A fee the channel withheld
 * is made good from the operator's own money. Never asks a channel: fetch.c does. */
#include "modules/payment/remit.h"

#include <stdlib.h>

typedef struct remit_work {
  market m;
  remit_attempt *due;
  size_t due_count;
  id reserve, receivable, suspense, cost, own;
  break_row *breaks;
} remit_work;

/* --- load ------------------------------------------------------------------------------------- */
static int by_attempt(const void *key, const void *element) {
  id wanted = *(const id *)key, has = ((const remit_attempt *)element)->attempt_id;
  return wanted < has ? -1 : wanted > has;
}

/* A channel that writes a line twice sent its money once. */
static bool is_repeated(const remit_in *in, size_t at) {
  for (size_t i = 0; i < at; i++) {
    if (str_eq(in->lines[i].attempt, in->lines[at].attempt)) return true;
  }
  return false;
}

static status find_line(ctx *c, db *d, const remit_in *in, remit_line *line) {
  const remit_work *w = in->inner;
  id attempt = 0;
  line->known = line->booked = false;
  if (line->readable && id_parse(line->attempt, ID_ATTEMPT, &attempt) && w->due_count > 0) {
    const remit_attempt *due = bsearch(&attempt, w->due, w->due_count, sizeof *w->due, by_attempt);
    line->known = due != NULL;
    if (due != NULL) line->of = *due;
  }
  if (line->known) return OK; /* what is still expected was not booked */
  TRY(line_is_booked(c, d, in->channel, line->attempt, &line->booked));
  if (line->booked || attempt == 0) return OK;
  return remit_attempt_get(c, d, in->channel, attempt, &line->of, &line->known);
}

static status book_load(ctx *c, tx *t, void *state) {
  remit_in *in = state;
  remit_work *w = ARENA_NEW(c->arena, remit_work);
  db *d = tx_db(t);
  in->inner = w;
  TRY(identity_market(c, d, &w->m));
  TRY(due_attempts(c, d, in->channel, in->on, -1, &w->due, &w->due_count));
  for (size_t i = 0; i < in->count; i++) {
    TRY(find_line(c, d, in, &in->lines[i]));
    in->lines[i].booked = in->lines[i].booked || is_repeated(in, i);
  }
  TRY(account_need(c, t, &w->m, CODE_CHANNEL_RECEIVABLE, in->channel, &w->receivable));
  TRY(account_of_market(c, t, &w->m, CODE_BANK_RESERVE, &w->reserve));
  TRY(account_of_market(c, t, &w->m, CODE_SUSPENSE, &w->suspense));
  TRY(account_of_market(c, t, &w->m, CODE_CHANNEL_COST, &w->cost));
  return account_of_market(c, t, &w->m, CODE_BANK_OWN, &w->own);
}

/* --- decide ----------------------------------------------------------------------------------- */
static bool is_outward(attempt_kind kind) {
  return kind == ATTEMPT_REFUND || kind == ATTEMPT_PAYOUT;
}

/* What the books say moved towards us, minor units; refunds and payouts are booked as asked. */
static int64_t booked_amount(const remit_attempt *a) {
  return is_outward(a->kind) ? -a->amount : a->got_amount;
}

static int64_t sent_amount(const remit_line *line) {
  return is_outward(line->kind) ? -line->amount : line->amount;
}

/* A reversed capture was captured; a payout that came back had left. */
static bool has_moved(const remit_attempt *a) {
  if (a->kind == ATTEMPT_PAYOUT) return a->got_amount > 0;
  return a->state == ATTEMPT_APPROVED || a->state == ATTEMPT_REVERSED;
}

static bool is_open(attempt_state s) { return s == ATTEMPT_JOURNALLED || s == ATTEMPT_UNKNOWN; }

static void judge(const remit_in *in, remit_line *line) {
  const remit_attempt *a = &line->of;
  line->waits = false;
  line->state = LINE_UNMATCHED;
  if (!line->readable) {
    line->state = LINE_UNREADABLE;
  } else if (line->known && line->kind == a->kind) {
    line->waits = is_open(a->state) || (a->state == ATTEMPT_GIVEN_UP && !in->asked);
    if (has_moved(a))
      line->state = sent_amount(line) == booked_amount(a) ? LINE_MATCHED : LINE_DIFFERS;
  }
}

static const char *const break_kinds[] = {[LINE_DIFFERS] = "remit_amount",
                                          [LINE_UNMATCHED] = "unmatched",
                                          [LINE_UNREADABLE] = "unmatched"};

/* What the line says beyond the books: of a matched one nothing. */
static int64_t surplus(const remit_line *line) {
  if (line->state == LINE_UNREADABLE) return 0;
  return sent_amount(line) - (line->state == LINE_UNMATCHED ? 0 : booked_amount(&line->of));
}

static void add_break(ctx *c, remit_in *in, const remit_line *line, moves *m) {
  remit_work *w = in->inner;
  int64_t amount = surplus(line);
  break_row *b = &w->breaks[in->breaks++];
  *b = (break_row){.break_id = id_next(c),
                   .kind = str_from(break_kinds[line->state]),
                   .payment_id = line->known ? line->of.payment_id : 0,
                   .amount = amount,
                   .currency = w->m.currency,
                   .found_at = c->now};
  str day = date_print(c->arena, in->on);
  b->note = str_format(c->arena, "Settlement file of %.*s, line of \"%.*s\": %s.", STR_ARGS(day),
                       STR_ARGS(line->attempt),
                       line->state == LINE_DIFFERS     ? "another amount than was booked"
                       : line->state == LINE_UNMATCHED ? "no such approved attempt"
                                                       : "it can't be read");
  if (amount > 0) moves_add(m, w->reserve, w->suspense, amount, WHY_REMIT, b->break_id);
  if (amount < 0) moves_add(m, w->suspense, w->reserve, -amount, WHY_REMIT, b->break_id);
}

/* The receivable shrinks by what was captured net of refunds. The fee never arrived: the operator
 * puts as much of its own into the reserve. */
static void add_remittance(const remit_in *in, moves *m) {
  const remit_work *w = in->inner;
  int64_t net = in->remitted - in->fees;
  if (net > 0) moves_add(m, w->reserve, w->receivable, net, WHY_REMIT, in->channel);
  if (net < 0) moves_add(m, w->receivable, w->reserve, -net, WHY_REMIT, in->channel);
  moves_add(m, w->reserve, w->receivable, in->fees, WHY_CHANNEL_FEE, in->channel);
  moves_add(m, w->cost, w->own, in->fees, WHY_CHANNEL_FEE, in->channel);
}

static status book_decide(ctx *c, tx *t, void *state) {
  remit_in *in = state;
  remit_work *w = in->inner;
  moves m = moves_make(c, in->count + 3);
  w->breaks = ARENA_ARRAY(c->arena, break_row, in->count + 1);
  in->matched = in->breaks = in->waiting = in->remitted = in->fees = 0;
  for (size_t i = 0; i < in->count; i++) {
    remit_line *line = &in->lines[i];
    if (line->booked) continue;
    judge(in, line);
    in->waiting += line->waits;
    if (line->waits) continue;
    in->matched += line->state == LINE_MATCHED;
    if (line->state != LINE_UNREADABLE) in->fees += line->fee;
    bool of_receivable = line->state == LINE_MATCHED || line->state == LINE_DIFFERS;
    if (of_receivable && line->kind != ATTEMPT_PAYOUT) in->remitted += booked_amount(&line->of);
    if (line->state != LINE_MATCHED) add_break(c, in, line, &m);
  }
  add_remittance(in, &m);
  return moves_post(c, t, &m);
}

/* --- write ------------------------------------------------------------------------------------ */
static status book_write(ctx *c, tx *t, void *state) {
  const remit_in *in = state;
  const remit_work *w = in->inner;
  db *d = tx_db(t);
  for (size_t i = 0; i < in->count; i++) {
    const remit_line *line = &in->lines[i];
    if (line->booked || line->waits) continue;
    TRY(line_insert(c, d, in, line, c->now));
    if (line->known) TRY(due_delete(c, d, line->of.attempt_id));
  }
  for (int64_t i = 0; i < in->breaks; i++)
    TRY(break_insert(c, d, &w->breaks[i]));
  if (in->matched + in->breaks == 0) return OK;
  str body = str_format(
      c->arena, "{\"matched\":%lld,\"breaks\":%lld,\"remitted\":%lld,\"fees\":%lld}",
      (long long)in->matched, (long long)in->breaks, (long long)in->remitted, (long long)in->fees);
  tx_audit(t, ID_CHANNEL, in->channel, body);
  return tx_emit(c, t, "channel.remitted", ID_CHANNEL, in->channel, 0, body);
}

const command_type payment_book_lines = {"channel.book_lines", 0, book_load, book_decide,
                                         book_write};

/* --- what a file did not tell ----------------------------------------------------------------- */
static status missing_load(ctx *c, tx *t, void *state) {
  missing_in *in = state;
  TRY(identity_market(c, tx_db(t), &in->m));
  return due_attempts(c, tx_db(t), in->channel, in->on, DUE_WAITS, &in->late, &in->count);
}

/* An attempt that was given up needs no line. */
static status missing_decide(ctx *c, tx *t, void *state) {
  UNUSED(t);
  missing_in *in = state;
  in->breaks = ARENA_ARRAY(c->arena, break_row, in->count + 1);
  in->break_count = 0;
  for (size_t i = 0; i < in->count && !in->without_files; i++) {
    const remit_attempt *a = &in->late[i];
    if (!has_moved(a)) continue;
    str day = date_print(c->arena, in->on), att = id_print(c->arena, ID_ATTEMPT, a->attempt_id);
    in->breaks[in->break_count++] = (break_row){
        .break_id = id_next(c),
        .kind = STR("missing"),
        .payment_id = a->payment_id,
        .subject = a->subject,
        .amount = booked_amount(a),
        .currency = in->m.currency,
        .note = str_format(c->arena, "Approved, but not in the settlement file of %.*s: %.*s.",
                           STR_ARGS(day), STR_ARGS(att)),
        .found_at = c->now};
  }
  return OK;
}

static status missing_write(ctx *c, tx *t, void *state) {
  const missing_in *in = state;
  for (size_t i = 0; i < in->break_count; i++)
    TRY(break_insert(c, tx_db(t), &in->breaks[i]));
  tx_audit(t, ID_CHANNEL, in->channel, str_format(c->arena, "{\"missing\":%zu}", in->break_count));
  return due_set_state(c, tx_db(t), in->channel, in->on,
                       in->without_files ? DUE_NO_FILES : DUE_MISSING);
}

const command_type payment_list_missing = {"channel.list_missing", 0, missing_load, missing_decide,
                                           missing_write};

/* --- the file itself -------------------------------------------------------------------------- */
static status note_decide(ctx *c, tx *t, void *state) {
  UNUSED(c);
  UNUSED(t);
  UNUSED(state);
  return OK;
}

static status note_write(ctx *c, tx *t, void *state) {
  const file_in *in = state;
  return file_insert(c, tx_db(t), in, c->now);
}

const command_type payment_note_file = {"channel.note_file", COMMAND_QUIET, NULL, note_decide,
                                        note_write};
