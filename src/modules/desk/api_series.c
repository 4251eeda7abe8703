/* api_series.c - numbers over time and numbers of now: what happened by the hour or day from summed
 * events, how the engine was by the minute, and the dashboard's figures. Hours and days are the
 * market's own. Events of the last minute are not in the series yet. */
#include "modules/desk/inside.h"
#include "modules/payment/report.h"

enum { HOURS_PER_DAY = 24, HEALTH_DEFAULT = 24 * 60 };

/* --- what happened ---------------------------------------------------------------------------- */

static const char *const steps[] = {"day", "hour", NULL};

typedef struct series_query {
  date from, to;
  int by;
} series_query;
static const field series_query_fields[] = {
    F_DATE(series_query, from, 0, "First day; 30 days before `to` when left out."),
    F_DATE(series_query, to, 0, "Last day; today when left out."),
    F_ENUM(series_query, by, 0, steps, "How long a point is; hours for at most a year."),
};
SHAPE(desk_series_query_shape, "SeriesQuery", series_query, series_query_fields);

typedef struct point {
  date on;
  int64_t hour;
  int64_t orders, sales, delivered, cancelled, refunds, refunded, payouts, paid_out, top_ups,
      topped_up, withdrawals, withdrawn;
} point;
static const field point_fields[] = {
    F_DATE(point, on, 0, "The day."),
    F_INT(point, hour, 0, 0, 23, "The hour of the day; 0 for whole days."),
    F_INT(point, orders, 0, 0, 0, "Orders paid."),
    F_AMOUNT(point, sales, 0, 0, 0, "Their total."),
    F_INT(point, delivered, 0, 0, 0, "Child orders delivered."),
    F_INT(point, cancelled, 0, 0, 0, "Orders cancelled."),
    F_INT(point, refunds, 0, 0, 0, "Refunds that reached the buyer."),
    F_AMOUNT(point, refunded, 0, 0, 0, "Their sum."),
    F_INT(point, payouts, 0, 0, 0, "Payouts the bank confirmed."),
    F_AMOUNT(point, paid_out, 0, 0, 0, "Their sum."),
    F_INT(point, top_ups, 0, 0, 0, "Top-ups that succeeded."),
    F_AMOUNT(point, topped_up, 0, 0, 0, "Their sum."),
    F_INT(point, withdrawals, 0, 0, 0, "Withdrawals the bank confirmed."),
    F_AMOUNT(point, withdrawn, 0, 0, 0, "Their sum."),
};
static SHAPE(point_row_shape, "SeriesPoint", point, point_fields);
typedef struct series_out {
  date from, to;
  int by;
  uint32_t currency;
  field_array points;
} series_out;
static const field series_fields[] = {
    F_DATE(series_out, from, 0, "First day."),
    F_DATE(series_out, to, 0, "Last day."),
    F_ENUM(series_out, by, 0, steps, "How long a point is."),
    F_CURRENCY(series_out, currency, 0, "Of all amounts."),
    F_ARRAY(series_out, points, 0, 0, 0, &point_row_shape, "In order, those without events too."),
};
SHAPE(desk_point_shape, "Series", series_out, series_fields);

/* Which event counts under which members of a point. */
typedef struct counted {
  const char *type;
  size_t events, amount; /* offsets; amount 0: none (on is there) */
} counted;
static const counted counted_types[] = {
    {"order.paid", offsetof(point, orders), offsetof(point, sales)},
    {"child_order.delivered", offsetof(point, delivered), 0},
    {"order.cancelled", offsetof(point, cancelled), 0},
    {"refund.succeeded", offsetof(point, refunds), offsetof(point, refunded)},
    {"payout.paid", offsetof(point, payouts), offsetof(point, paid_out)},
    {"top_up.succeeded", offsetof(point, top_ups), offsetof(point, topped_up)},
    {"withdrawal.paid", offsetof(point, withdrawals), offsetof(point, withdrawn)},
};

static void count_in(point *p, str type, int64_t events, int64_t amount) {
  for (size_t i = 0; i < COUNT_OF(counted_types); i++) {
    const counted *k = &counted_types[i];
    if (!str_eq(type, str_from(k->type))) continue;
    *(int64_t *)((char *)p + k->events) += events;
    if (k->amount != 0) *(int64_t *)((char *)p + k->amount) += amount;
  }
}

static status fill_points(ctx *c, db *d, const series_out *o, point *points, bool by_hour) {
  int64_t first = (int64_t)o->from * HOURS_PER_DAY;
  int64_t last = ((int64_t)o->to + 1) * HOURS_PER_DAY - 1;
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select hour, type, events, amount from desk_count where hour between ?1 and ?2",
               DB_INT(first), DB_INT(last)));
  while (db_next(rows)) {
    int64_t at = db_get_int(rows, 0) - first;
    count_in(&points[by_hour ? at : at / HOURS_PER_DAY], db_get_text(rows, 1), db_get_int(rows, 2),
             db_get_int(rows, 3));
  }
  return db_done(c, rows);
}

DESK_READ(desk_read_series) {
  const series_query *q = r->query;
  series_out *o = out;
  market m;
  TRY(identity_market(c, d, &m));
  TRY(desk_period(c, q->from, q->to, &o->from, &o->to));
  bool by_hour = q->by == 1;
  size_t each = by_hour ? HOURS_PER_DAY : 1;
  size_t count = (size_t)(o->to - o->from + 1) * each;
  if (count > SERIES_MAX)
    return fail_field(c, E_MALFORMED, STR("query/by"), "Ask by the day for so long a period.");
  point *points = ARENA_ARRAY(c->arena, point, count);
  for (size_t i = 0; i < count; i++) {
    points[i].on = o->from + (date)(i / each);
    points[i].hour = (int64_t)(i % each);
  }
  o->by = q->by;
  o->currency = m.currency;
  o->points = (field_array){points, count};
  return fill_points(c, d, o, points, by_hour);
}

/* --- the engine ------------------------------------------------------------------------------- */

typedef struct health_query {
  int64_t minutes;
} health_query;
static const field health_query_fields[] = {
    F_INT(health_query, minutes, 0, 1, 30 * 24 * 60, "How far back; a day when left out."),
};
SHAPE(desk_health_query_shape, "HealthQuery", health_query, health_query_fields);

typedef struct health_row {
  instant at;
  int64_t queued, commands, commits, refused, overloaded, commit_p99_us;
} health_row;
static const field health_row_fields[] = {
    F_TIME(health_row, at, 0, "The minute, real time."),
    F_INT(health_row, queued, 0, 0, 0, "Commands waiting then."),
    F_INT(health_row, commands, 0, 0, 0, "Commands run in the minutes since the row before."),
    F_INT(health_row, commits, 0, 0, 0, "Commits in them."),
    F_INT(health_row, refused, 0, 0, 0, "Commands refused in them."),
    F_INT(health_row, overloaded, 0, 0, 0, "Commands turned away in them: too long a queue."),
    F_INT(health_row, commit_p99_us, 0, 0, 0, "99 of 100 commits took at most this, microseconds."),
};
static SHAPE(health_row_shape, "EngineMinute", health_row, health_row_fields);
typedef struct health_out {
  field_array minutes;
} health_out;
static const field health_fields[] = {
    F_ARRAY(health_out, minutes, 0, 0, 0, &health_row_shape, "In order; none while it was off."),
};
SHAPE(desk_health_shape, "EngineHistory", health_out, health_fields);

/* Counts begin anew with the program: a smaller one than before is since that start. */
static int64_t grown(int64_t before, int64_t now) { return now >= before ? now - before : now; }

DESK_READ(desk_read_health) {
  const health_query *q = r->query;
  int64_t minutes = q->minutes > 0 ? q->minutes : HEALTH_DEFAULT;
  int64_t since = c->real_now / (60 * MICROS_PER_SECOND) - minutes;
  health_row *items = ARENA_ARRAY(c->arena, health_row, (size_t)minutes + 2), last = {0};
  size_t count = 0;
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select minute, queued, commands, commits, refused, overloaded, commit_p99_us"
               " from desk_health where minute >= ?1 order by minute",
               DB_INT(since)));
  for (bool is_first = true; count <= (size_t)minutes && db_next(rows); is_first = false) {
    health_row now = {.at = db_get_int(rows, 0) * 60 * MICROS_PER_SECOND,
                      .queued = db_get_int(rows, 1),
                      .commands = db_get_int(rows, 2),
                      .commits = db_get_int(rows, 3),
                      .refused = db_get_int(rows, 4),
                      .overloaded = db_get_int(rows, 5),
                      .commit_p99_us = db_get_int(rows, 6)};
    health_row *o = &items[count];
    *o = now;
    o->commands = grown(last.commands, now.commands);
    o->commits = grown(last.commits, now.commits);
    o->refused = grown(last.refused, now.refused);
    o->overloaded = grown(last.overloaded, now.overloaded);
    last = now;
    if (!is_first) count++;
  }
  TRY(db_done(c, rows));
  ((health_out *)out)->minutes = (field_array){items, count};
  return OK;
}

/* --- now -------------------------------------------------------------------------------------- */

typedef struct now_out {
  instant now;
  date business_date;
  bool ready, is_safe;
  int64_t queued, commands, commits, refused, overloaded, last_commit_us, commit_p99_us;
  int64_t open_breaks, orders_today, sales_today, refunded_today;
  int64_t captured, paid_out, refunded, held, commission, customers_money, owed;
  uint32_t currency;
} now_out;
static const field now_fields[] = {
    F_TIME(now_out, now, 0, "Business time."),
    F_DATE(now_out, business_date, 0, "The market's business date."),
    F_BOOL(now_out, ready, 0, "Whether the engine takes commands."),
    F_INT(now_out, queued, 0, 0, 0, "Commands waiting."),
    F_INT(now_out, commands, 0, 0, 0, "Commands run since the program started."),
    F_INT(now_out, commits, 0, 0, 0, "Commits they took."),
    F_INT(now_out, refused, 0, 0, 0, "Commands refused."),
    F_INT(now_out, overloaded, 0, 0, 0, "Commands turned away: too long a queue."),
    F_INT(now_out, last_commit_us, 0, 0, 0, "How long the last commit took, microseconds."),
    F_INT(now_out, commit_p99_us, 0, 0, 0, "99 of 100 commits took at most this, microseconds."),
    F_INT(now_out, open_breaks, 0, 0, 0, "Breaks nobody has resolved."),
    F_INT(now_out, orders_today, 0, 0, 0, "Orders paid today, to a minute ago."),
    F_AMOUNT(now_out, sales_today, 0, 0, 0, "Their total."),
    F_AMOUNT(now_out, refunded_today, 0, 0, 0, "Refunded today, to a minute ago."),
    F_CURRENCY(now_out, currency, 0, "Of all amounts."),
    F_AMOUNT(now_out, captured, 0, 0, 0, "Ever captured by channels."),
    F_AMOUNT(now_out, paid_out, 0, 0, 0, "Ever paid out to sellers."),
    F_AMOUNT(now_out, refunded, 0, 0, 0, "Ever refunded."),
    F_AMOUNT(now_out, held, 0, 0, 0, "Held for sellers: escrow, settlement, payouts under way."),
    F_AMOUNT(now_out, commission, 0, 0, 0, "Commission earned, after refunds."),
    F_AMOUNT(now_out, customers_money, 0, 0, 0, "What the reserve and the channels hold."),
    F_AMOUNT(now_out, owed, 0, 0, 0, "What customers are owed."),
    F_BOOL(now_out, is_safe, 0, "Whether the two are equal."),
};
SHAPE(desk_now_shape, "MarketNow", now_out, now_fields);

static status fill_today(ctx *c, db *d, now_out *o) {
  point today = {0};
  series_out day = {.from = c->today, .to = c->today};
  TRY(fill_points(c, d, &day, &today, false));
  o->orders_today = today.orders;
  o->sales_today = today.sales;
  o->refunded_today = today.refunded;
  return OK;
}

/* What an account's kind holds for its owners, or holds of the customers' money: credits of what is
 * owed, debits of what is there. */
static void add_side(now_out *o, uint16_t code, int64_t credited) {
  const chart_row *row = chart_find(code);
  if (row == NULL) return;
  if (row->safe == SAFE_ASSET) o->customers_money -= credited;
  if (row->safe == SAFE_OWED) o->owed += credited;
  if (code == CODE_COMMISSION) o->commission += credited;
  bool is_held =
      (code >= CODE_SELLER_PENDING && code <= CODE_PAYOUT_TRANSIT) || code == CODE_ORDER_ESCROW;
  if (is_held) o->held += credited;
}

static void add_flow(now_out *o, const flow *f) {
  add_side(o, f->debit.code, -f->amount);
  add_side(o, f->credit.code, f->amount);
  bool is_captured =
      f->debit.code == CODE_CHANNEL_RECEIVABLE && f->credit.code != CODE_BANK_RESERVE;
  if (is_captured) o->captured += f->amount;
  if (f->debit.code == CODE_PAYOUT_TRANSIT && f->credit.code == CODE_BANK_RESERVE)
    o->paid_out += f->amount;
  if (f->why == WHY_REFUND && f->debit.code != CODE_REFUND_TRANSIT) o->refunded += f->amount;
}

/* Balances are what flowed since the beginning: a few rows a day, however many the postings. */
static status fill_money(ctx *c, db *d, now_out *o) {
  flow_list list = {0};
  bool complete;
  TRY(desk_flows_between(c, d, DATE_MIN, DATE_MAX, &list, &complete));
  for (size_t i = 0; i < list.count; i++) {
    if (list.items[i].asset == o->currency) add_flow(o, &list.items[i]);
  }
  o->is_safe = o->customers_money == o->owed;
  return payment_count_open_breaks(c, d, &o->open_breaks);
}

DESK_READ(desk_read_now) {
  now_out *o = out;
  engine_health h;
  market m;
  engine_health_get(r->engine, &h);
  TRY(identity_market(c, d, &m));
  *o = (now_out){.now = engine_now(r->engine),
                 .business_date = engine_today(r->engine),
                 .ready = h.ready,
                 .queued = (int64_t)h.queued,
                 .commands = h.commands,
                 .commits = h.groups,
                 .refused = h.refused,
                 .overloaded = h.overloaded,
                 .last_commit_us = h.last_commit_us,
                 .commit_p99_us = h.commit_p99_us,
                 .currency = m.currency};
  TRY(fill_today(c, d, o));
  return fill_money(c, d, o);
}
