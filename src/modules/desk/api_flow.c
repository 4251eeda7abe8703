/* api_flow.c - the ecosystem's flows over JSON: money between kinds of account over a period, and
 * the postings a flow consists of. What was summed is read from desk_flow; records that came since
 * are added here, so an answer is complete up to its snapshot unless it says otherwise. */
#include "modules/desk/inside.h"

enum { POSTINGS_PAGE = 50, PERIOD_DEFAULT = 30 };

/* --- shapes ----------------------------------------------------------------------------------- */

typedef struct flow_query {
  date from, to;
} flow_query;
static const field flow_query_fields[] = {
    F_DATE(flow_query, from, 0, "First business date; 30 days before `to` when left out."),
    F_DATE(flow_query, to, 0, "Last business date; today when left out."),
};
SHAPE(desk_flow_query_shape, "FlowQuery", flow_query, flow_query_fields);

typedef struct flow_row {
  uint32_t currency;
  int64_t debit_code, credit_code, why, amount, transfers;
  id debit_channel, debit_campaign, credit_channel, credit_campaign;
  str debit_name, debit_name_zh, credit_name, credit_name_zh, reason, reason_zh;
} flow_row;
#define SIDE(T, side)                                                            \
  F_INT(T, side##_code, 0, 0, 0, "Chart code of the account."),                  \
      F_STR(T, side##_name, 0, 0, 0, "What that code is, in English."),          \
      F_STR(T, side##_name_zh, 0, 0, 0, "The same in Chinese."),                 \
      F_ID(T, side##_channel, FIELD_OMIT_ZERO, ID_CHANNEL, "Of which channel."), \
      F_ID(T, side##_campaign, FIELD_OMIT_ZERO, ID_CAMPAIGN, "Of which campaign.")
static const field flow_row_fields[] = {
    F_CURRENCY(flow_row, currency, 0, "Of the amount."),
    SIDE(flow_row, debit),
    SIDE(flow_row, credit),
    F_INT(flow_row, why, 0, 0, 0, "Why it moved."),
    F_STR(flow_row, reason, 0, 0, 0, "The same in words."),
    F_STR(flow_row, reason_zh, 0, 0, 0, "The same in Chinese."),
    F_AMOUNT(flow_row, amount, 0, 0, 0, "Sum of what moved."),
    F_INT(flow_row, transfers, 0, 0, 0, "In how many postings."),
};
static SHAPE(flow_row_shape, "Flow", flow_row, flow_row_fields);

typedef struct flow_out {
  date from, to, since;
  bool is_complete;
  field_array flows;
} flow_out;
static const field flow_fields[] = {
    F_DATE(flow_out, from, 0, "First business date."),
    F_DATE(flow_out, to, 0, "Last business date."),
    F_DATE(flow_out, since, FIELD_OMIT_ZERO, "The first business date on which any money moved."),
    F_BOOL(flow_out, is_complete, 0, "False: the newest records are still being summed."),
    F_ARRAY(flow_out, flows, 0, 0, 0, &flow_row_shape, "From the debited to the credited."),
};
SHAPE(desk_flow_shape, "Flows", flow_out, flow_fields);

/* --- periods ---------------------------------------------------------------------------------- */

status desk_period(ctx *c, date from, date to, date *first, date *last) {
  *last = to != 0 ? to : c->today;
  *first = from != 0 ? from : *last - PERIOD_DEFAULT;
  if (*first > *last)
    return fail_field(c, E_MALFORMED, STR("query/from"), "Name a day that is not after `to`.");
  if (*last - *first >= PERIOD_MAX)
    return fail_field(c, E_MALFORMED, STR("query/from"), "Ask for at most %d days.", PERIOD_MAX);
  return OK;
}

/* --- flows ------------------------------------------------------------------------------------ */

static void append(ctx *c, flow_list *list, const flow *f) {
  if (list->count == list->room) {
    size_t room = list->room == 0 ? 64 : list->room * 2;
    list->items = arena_grow(c->arena, list->items, list->room * sizeof *f, room * sizeof *f);
    list->room = room;
  }
  list->items[list->count++] = *f;
}

static status stored_flows(ctx *c, db *d, date first, date last, flow_list *out) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select asset, debit_code, debit_party, credit_code, credit_party, why,"
               " cast(sum(amount) as bigint), cast(sum(transfers) as bigint) from desk_flow"
               " where business_date between ?1 and ?2"
               " group by asset, debit_code, debit_party, credit_code, credit_party, why",
               DB_INT(first), DB_INT(last)));
  while (db_next(rows)) {
    flow f = {.asset = (uint32_t)db_get_int(rows, 0),
              .debit = {(uint16_t)db_get_int(rows, 1), db_get_int(rows, 2)},
              .credit = {(uint16_t)db_get_int(rows, 3), db_get_int(rows, 4)},
              .why = (uint16_t)db_get_int(rows, 5),
              .amount = db_get_int(rows, 6),
              .transfers = db_get_int(rows, 7)};
    append(c, out, &f);
  }
  return db_done(c, rows);
}

static status add_tail_of(ctx *c, db *d, uint16_t lane, date first, date last, side_book *sides,
                          flow_list *out, bool *complete) {
  flow_list tail = {0};
  int64_t position;
  TRY(desk_position(c, d, lane + 1, &position));
  TRY(flows_add_after(c, d, lane, position, sides, &tail, complete));
  for (size_t i = 0; i < tail.count; i++) {
    if (tail.items[i].on < first || tail.items[i].on > last) continue;
    tail.items[i].on = 0; /* as the stored ones: the period is one */
    append(c, out, &tail.items[i]);
  }
  return OK;
}

static status add_tail(ctx *c, db *d, date first, date last, flow_list *out, bool *complete) {
  uint16_t *lanes;
  size_t count;
  side_book sides;
  TRY(side_book_open(c, c->arena, &sides));
  TRY(ledger_scan_lanes(c, d, &lanes, &count));
  for (size_t i = 0; i < count; i++)
    TRY(add_tail_of(c, d, lanes[i], first, last, &sides, out, complete));
  return OK;
}

static str code_name(uint16_t code, bool chinese) {
  const chart_row *row = chart_find(code);
  return row == NULL ? STR("?") : str_from(chinese ? row->name_zh : row->name_en);
}

static flow_row show_flow(const flow *f) {
  bool debit_channel = f->debit.code == CODE_CHANNEL_RECEIVABLE,
       credit_channel = f->credit.code == CODE_CHANNEL_RECEIVABLE;
  return (flow_row){.currency = f->asset,
                    .debit_code = f->debit.code,
                    .credit_code = f->credit.code,
                    .why = f->why,
                    .amount = f->amount,
                    .transfers = f->transfers,
                    .debit_channel = debit_channel ? f->debit.party : 0,
                    .debit_campaign = debit_channel ? 0 : f->debit.party,
                    .credit_channel = credit_channel ? f->credit.party : 0,
                    .credit_campaign = credit_channel ? 0 : f->credit.party,
                    .debit_name = code_name(f->debit.code, false),
                    .debit_name_zh = code_name(f->debit.code, true),
                    .credit_name = code_name(f->credit.code, false),
                    .credit_name_zh = code_name(f->credit.code, true),
                    .reason = str_from(reason_text(f->why, false)),
                    .reason_zh = str_from(reason_text(f->why, true))};
}

status desk_flows_between(ctx *c, db *d, date first, date last, flow_list *out, bool *complete) {
  *complete = true;
  TRY(stored_flows(c, d, first, last, out));
  TRY(add_tail(c, d, first, last, out, complete));
  flows_merge(out);
  return OK;
}

static status first_date(ctx *c, db *d, date *out) {
  db_rows *rows;
  TRY(db_query(
      c, d, &rows,
      "select business_date from desk_flow where business_date > ?1 order by business_date limit 1",
      DB_INT(0)));
  if (db_next(rows)) *out = (date)db_get_int(rows, 0);
  return db_done(c, rows);
}

DESK_READ(desk_read_flows) {
  const flow_query *q = r->query;
  flow_out *o = out;
  flow_list list = {0};
  TRY(desk_period(c, q->from, q->to, &o->from, &o->to));
  TRY(first_date(c, d, &o->since));
  TRY(desk_flows_between(c, d, o->from, o->to, &list, &o->is_complete));
  flow_row *rows = ARENA_ARRAY(c->arena, flow_row, list.count + 1);
  for (size_t i = 0; i < list.count; i++)
    rows[i] = show_flow(&list.items[i]);
  o->flows = (field_array){rows, list.count};
  return OK;
}

/* --- postings --------------------------------------------------------------------------------- */

typedef struct posting_query {
  int64_t limit;
  str after;
  date from, to;
  int64_t debit_code, credit_code, why;
} posting_query;
static const field posting_query_fields[] = {
    F_PAGE(posting_query),
    F_DATE(posting_query, from, 0, "First business date."),
    F_DATE(posting_query, to, 0, "Last business date; today when left out."),
    F_INT(posting_query, debit_code, 0, 0, 9999, "Debited account's chart code; 0: any."),
    F_INT(posting_query, credit_code, 0, 0, 9999, "Credited account's chart code; 0: any."),
    F_INT(posting_query, why, 0, 0, 9999, "Why it moved; 0: any."),
};
SHAPE(desk_posting_query_shape, "PostingQuery", posting_query, posting_query_fields);

typedef struct posting {
  id128 transfer;
  instant at;
  date business_date;
  id debit_account, credit_account, command;
  int64_t debit_code, credit_code, amount;
  uint32_t currency;
  str reason, reason_zh;
} posting;
static const field posting_fields[] = {
    F_ID128(posting, transfer, 0, "The posting."),
    F_TIME(posting, at, 0, "When it was written."),
    F_DATE(posting, business_date, 0, "The business date it belongs to."),
    F_ID(posting, debit_account, 0, ID_ACCOUNT, "Debited."),
    F_ID(posting, credit_account, 0, ID_ACCOUNT, "Credited."),
    F_INT(posting, debit_code, 0, 0, 0, "Its chart code."),
    F_INT(posting, credit_code, 0, 0, 0, "Its chart code."),
    F_AMOUNT(posting, amount, 0, 0, 0, "How much."),
    F_CURRENCY(posting, currency, 0, "Of the amount."),
    F_STR(posting, reason, 0, 0, 0, "Why it moved."),
    F_STR(posting, reason_zh, 0, 0, 0, "The same in Chinese."),
    F_ID(posting, command, 0, ID_COMMAND, "The command that posted it."),
};
SHAPE(desk_posting_shape, "Posting", posting, posting_fields);

/* Where the walk stands and how much it may still look at: the answer's cost has a ceiling however
 * rare a match is, and its `next` goes on from there. */
typedef struct walk {
  const posting_query *q;
  date first, last;
  uint16_t lane;
  int64_t sequence, until; /* of the lane */
  size_t looked;
  posting *found;
  size_t count, max;
  side_book sides;
} walk;

static status bounds(ctx *c, db *d, walk *w) {
  int64_t position, first = 0, last = 0;
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select min(first_sequence), max(last_sequence) from desk_place"
               " where business_date between ?1 and ?2 and lane = ?3",
               DB_INT(w->first), DB_INT(w->last), DB_INT(w->lane)));
  if (db_next(rows)) {
    first = db_get_int(rows, 0);
    last = db_get_int(rows, 1);
  }
  TRY(db_done(c, rows));
  TRY(desk_position(c, d, w->lane + 1, &position));
  if (first == 0) first = position + 1;
  if (w->sequence < first - 1) w->sequence = first - 1;
  w->until = w->last < c->today && last > 0 ? last : INT64_MAX;
  return OK;
}

static status look_at(ctx *c, db *d, walk *w, const transfer *t) {
  flow_list one = {0};
  if (t->business_date < w->first || t->business_date > w->last) return OK;
  if (w->q->why != 0 && t->code != w->q->why) return OK;
  TRY(flows_add(c, d, &w->sides, t, &one));
  if (one.count == 0) return OK;
  const flow *f = &one.items[0];
  if (w->q->debit_code != 0 && f->debit.code != w->q->debit_code) return OK;
  if (w->q->credit_code != 0 && f->credit.code != w->q->credit_code) return OK;
  w->found[w->count++] = (posting){.transfer = t->id,
                                   .at = t->time,
                                   .business_date = t->business_date,
                                   .debit_account = t->debit_account,
                                   .credit_account = t->credit_account,
                                   .debit_code = f->debit.code,
                                   .credit_code = f->credit.code,
                                   .amount = t->amount,
                                   .currency = t->asset,
                                   .reason = str_from(reason_text(t->code, false)),
                                   .reason_zh = str_from(reason_text(t->code, true)),
                                   .command = t->command};
  return OK;
}

/* *more: the lane may hold more of the period. */
static status walk_lane_on(ctx *c, db *d, walk *w, bool *more) {
  *more = true;
  TRY(bounds(c, d, w));
  while (w->count < w->max && w->looked < SCAN_MAX) {
    transfer *records;
    size_t count, i = 0;
    TRY(ledger_scan_lane(c, d, w->lane, w->sequence, SCAN_STEP, &records, &count));
    for (; i < count && w->count < w->max && records[i].sequence <= w->until; i++) {
      TRY(look_at(c, d, w, &records[i]));
      w->sequence = records[i].sequence;
    }
    w->looked += count;
    bool is_end = count < SCAN_STEP && i == count;
    if (is_end || (i < count && records[i].sequence > w->until)) {
      *more = false;
      return OK;
    }
  }
  return OK;
}

DESK_READ(desk_read_postings) {
  const posting_query *q = r->query;
  int64_t keys[2] = {0, 0};
  uint16_t *lanes;
  size_t lane_count;
  walk w = {.q = q, .max = q->limit > 0 ? (size_t)q->limit : POSTINGS_PAGE};
  bool more = false;
  if (q->after.len > 0 && !cursor_parse(q->after, keys, 2))
    return fail_field(c, E_MALFORMED, STR("query/after"),
                      "Use the `next` of the page before, unchanged.");
  TRY(desk_period(c, q->from, q->to, &w.first, &w.last));
  TRY(side_book_open(c, c->arena, &w.sides));
  TRY(ledger_scan_lanes(c, d, &lanes, &lane_count));
  w.found = ARENA_ARRAY(c->arena, posting, w.max);
  for (size_t i = 0; i < lane_count && !more; i++) {
    if (lanes[i] < keys[0]) continue;
    w.lane = lanes[i];
    w.sequence = lanes[i] == keys[0] ? keys[1] : 0;
    TRY(walk_lane_on(c, d, &w, &more));
  }
  list_out *list = out;
  list->items = (field_array){w.found, w.count};
  if (more) list->next = cursor_print(c->arena, (const int64_t[]){w.lane, w.sequence}, 2);
  return OK;
}

/* --- a campaign's money ----------------------------------------------------------------------- */

typedef struct burn_day {
  date on;
  int64_t funded, spent, left;
} burn_day;
static const field burn_day_fields[] = {
    F_DATE(burn_day, on, 0, "Business date."),
    F_AMOUNT(burn_day, funded, 0, 0, 0, "Put in, or come back from refunds."),
    F_AMOUNT(burn_day, spent, 0, 0, 0, "Given to buyers, or returned to the market."),
    F_AMOUNT(burn_day, left, 0, 0, 0, "What was left at the day's end."),
};
static SHAPE(burn_day_shape, "CampaignDay", burn_day, burn_day_fields);
typedef struct burn_out {
  id campaign;
  field_array days;
} burn_out;
static const field burn_fields[] = {
    F_ID(burn_out, campaign, 0, ID_CAMPAIGN, "The campaign."),
    F_ARRAY(burn_out, days, 0, 0, 0, &burn_day_shape, "Days on which its money moved, in order."),
};
SHAPE(desk_burn_shape, "CampaignBurnDown", burn_out, burn_fields);

typedef struct burn_list {
  burn_day *items;
  size_t count, room;
} burn_list;

static burn_day *day_of(ctx *c, burn_list *list, date on) {
  for (size_t i = list->count; i > 0; i--) {
    if (list->items[i - 1].on == on) return &list->items[i - 1];
  }
  if (list->count == list->room) {
    size_t room = list->room == 0 ? 64 : list->room * 2;
    list->items =
        arena_grow(c->arena, list->items, list->room * sizeof(burn_day), room * sizeof(burn_day));
    list->room = room;
  }
  list->items[list->count] = (burn_day){.on = on};
  return &list->items[list->count++];
}

static void add_move(ctx *c, burn_list *list, id campaign, const flow *f) {
  burn_day *day = day_of(c, list, f->on);
  if (f->credit.party == campaign) day->funded += f->amount;
  if (f->debit.party == campaign) day->spent += f->amount;
}

static status stored_moves(ctx *c, db *d, id campaign, burn_list *list) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select business_date, debit_party, credit_party, amount from desk_flow"
               " where debit_party = ?1 and debit_party <> 0 union all"
               " select business_date, debit_party, credit_party, amount from desk_flow"
               " where credit_party = ?1 and credit_party <> 0 and debit_party <> ?1"
               " order by business_date",
               DB_INT(campaign)));
  while (db_next(rows)) {
    flow f = {.on = (date)db_get_int(rows, 0),
              .debit = {0, db_get_int(rows, 1)},
              .credit = {0, db_get_int(rows, 2)},
              .amount = db_get_int(rows, 3)};
    add_move(c, list, campaign, &f);
  }
  return db_done(c, rows);
}

static status newest_moves(ctx *c, db *d, id campaign, burn_list *list) {
  uint16_t *lanes;
  size_t count;
  side_book sides;
  TRY(side_book_open(c, c->arena, &sides));
  TRY(ledger_scan_lanes(c, d, &lanes, &count));
  for (size_t l = 0; l < count; l++) {
    int64_t position;
    bool complete = true;
    flow_list tail = {0};
    TRY(desk_position(c, d, lanes[l] + 1, &position));
    TRY(flows_add_after(c, d, lanes[l], position, &sides, &tail, &complete));
    flows_merge(&tail);
    for (size_t i = 0; i < tail.count; i++) {
      const flow *f = &tail.items[i];
      if (f->debit.party == campaign || f->credit.party == campaign) add_move(c, list, campaign, f);
    }
  }
  return OK;
}

DESK_READ(desk_read_burn_down) {
  burn_out *o = out;
  burn_list list = {0};
  int64_t left = 0;
  o->campaign = r->params[0];
  TRY(stored_moves(c, d, o->campaign, &list));
  TRY(newest_moves(c, d, o->campaign, &list));
  for (size_t i = 0; i < list.count; i++) {
    left += list.items[i].funded - list.items[i].spent;
    list.items[i].left = left;
  }
  o->days = (field_array){list.items, list.count};
  return OK;
}
