/* overview.c - the first page. Everyone sees the shops; operators and supervisors see the market at
 * a glance: orders, money in and out, what is held for customers and whether it is all there, open
 * breaks, the engine. */
#include "modules/commerce/report.h"
#include "modules/pages/handlers.h"
#include "modules/payment/report.h"

enum { CHART_DAYS = 56, WEEK = 7, LATEST_SHOWN = 8, SHOPS_SHOWN = 24 };

/* --- the chart -------------------------------------------------------------------------------- */

enum { BAR_STEP = 16, BAR_WIDTH = 11, CHART_HEIGHT = 160, CHART_FOOT = 28 };

typedef struct day_counts {
  date first;
  int64_t orders[CHART_DAYS], total[CHART_DAYS], most;
} day_counts;

static status count_days(page *p, day_counts *out) {
  order_day *days;
  size_t count;
  *out = (day_counts){.first = p->c->today - CHART_DAYS + 1};
  TRY(commerce_report_days(p->c, p->d, out->first, p->facts.utc_offset_minutes, &days, &count));
  for (size_t i = 0; i < count; i++) {
    int64_t at = days[i].on - out->first;
    if (at < 0 || at >= CHART_DAYS) continue;
    out->orders[at] = days[i].orders;
    out->total[at] = days[i].total;
    if (days[i].orders > out->most) out->most = days[i].orders;
  }
  return OK;
}

static void chart_bar(page *p, const day_counts *days, int i) {
  str on = print_day(p, days->first + i);
  int64_t height = days->most == 0 ? 0 : days->orders[i] * CHART_HEIGHT / days->most;
  if (height == 0 && days->orders[i] > 0) height = 1;
  buf_format(p->out,
             "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"2\"%s><title>%.*s: "
             "%lld</title></rect>\n",
             i * BAR_STEP, CHART_HEIGHT - (int)height, BAR_WIDTH, (int)height,
             date_weekday(days->first + i) >= 5 ? " class=\"weekend\"" : "", STR_ARGS(on),
             (long long)days->orders[i]);
}

static void chart_label(page *p, const day_counts *days, int i) {
  int year, month, day;
  date_to_ymd(days->first + i, &year, &month, &day);
  buf_format(p->out, "<text x=\"%d\" y=\"%d\">%02d-%02d</text>\n", i * BAR_STEP,
             CHART_HEIGHT + CHART_FOOT - 7, month, day);
}

static void show_chart(page *p, const day_counts *days) {
  if (p->is_csv) return;
  int64_t sum = 0;
  for (int i = 0; i < CHART_DAYS; i++)
    sum += days->orders[i];
  section(p, "Orders per business date, eight weeks", "近八周每日订单");
  html(p, "<figure class=\"chart\">");
  buf_format(p->out, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"chart-words\">\n",
             CHART_DAYS * BAR_STEP, CHART_HEIGHT + CHART_FOOT);
  for (int i = 0; i < CHART_DAYS; i++)
    chart_bar(p, days, i);
  for (int i = 0; i < CHART_DAYS; i += WEEK)
    chart_label(p, days, i);
  html(p, "</svg>\n<figcaption id=\"chart-words\">");
  text(p, str_format(p->c->arena, "%.*s %.*s · %.*s %.*s", STR_ARGS(print_number(p, sum)),
                     STR_ARGS(tr(p, "orders", "笔订单")),
                     STR_ARGS(tr(p, "busiest day:", "最高单日：")),
                     STR_ARGS(print_number(p, days->most))));
  html(p, "</figcaption></figure>\n");
  section_end(p);
}

/* --- the figures ------------------------------------------------------------------------------ */

static void order_figures(page *p, const day_counts *days) {
  int64_t week = 0, week_total = 0;
  for (int i = CHART_DAYS - WEEK; i < CHART_DAYS; i++) {
    week += days->orders[i];
    week_total += days->total[i];
  }
  figure(p, tr(p, "Orders today", "今日订单"), print_number(p, days->orders[CHART_DAYS - 1]),
         print_money(p, days->total[CHART_DAYS - 1], p->facts.currency), NULL);
  figure(p, tr(p, "Orders in 7 days", "近 7 日订单"), print_number(p, week),
         print_money(p, week_total, p->facts.currency), NULL);
}

static status money_figures(page *p) {
  payment_totals sums;
  uint32_t unit = p->facts.currency;
  TRY(payment_totals_get(p->c, p->d, unit, &sums));
  figure(p, tr(p, "Money in", "累计收款"), print_money(p, sums.captured, unit),
         tr(p, "captured for orders", "订单已收款"), NULL);
  figure(p, tr(p, "Money out", "累计付款"),
         print_money(p, sums.paid_to_sellers + sums.refunded, unit),
         tr(p, "paid to sellers and refunded", "打款给商家与退款"), NULL);
  figure(p, tr(p, "Held for sellers", "代商家保管"), print_money(p, sums.held, unit),
         tr(p, "escrow, settlement, payouts under way", "担保款、待结算、打款在途"), NULL);
  figure(p, tr(p, "Commission earned", "佣金收入"), print_money(p, sums.commission, unit),
         tr(p, "after refunds", "已扣退款"), NULL);
  return OK;
}

static status trust_figures(page *p) {
  safeguard_proof *proofs;
  size_t count;
  int64_t open_breaks;
  TRY(payment_safeguard(p->c, p->d, &proofs, &count));
  for (size_t i = 0; i < count; i++) {
    figure(p, tr(p, "Customers' money", "客户资金"),
           print_money(p, proofs[i].owed, proofs[i].currency),
           proofs[i].equal ? tr(p, "held and owed are equal", "持有与应付相等")
                           : tr(p, "held and owed differ", "持有与应付不等"),
           proofs[i].equal ? "good" : "bad");
  }
  TRY(payment_count_open_breaks(p->c, p->d, &open_breaks));
  figure(p, tr(p, "Open breaks", "未处理差错"), print_number(p, open_breaks),
         open_breaks == 0 ? tr(p, "nothing to clear up", "无需处理")
                          : tr(p, "see Breaks", "见差错列表"),
         open_breaks == 0 ? "good" : "bad");
  return OK;
}

static void engine_figure(page *p) {
  engine_health h;
  engine_health_get(p->r->engine, &h);
  str note = str_format(
      p->c->arena, "%.*s %.*s · %.*s %lld.%lld ms", STR_ARGS(print_number(p, h.commands)),
      STR_ARGS(tr(p, "commands", "条命令")), STR_ARGS(tr(p, "p99 commit", "提交 p99")),
      (long long)(h.commit_p99_us / 1000), (long long)(h.commit_p99_us / 100 % 10));
  figure(p, tr(p, "Engine", "引擎"),
         h.ready ? tr(p, "Ready", "正常") : tr(p, "Not ready", "未就绪"), note,
         h.ready ? "good" : "bad");
}

/* --- latest orders ---------------------------------------------------------------------------- */

static const column latest_columns[] = {{"Order", "订单", COLUMN_TEXT},
                                        {"State", "状态", COLUMN_TEXT},
                                        {"Placed", "下单时间", COLUMN_TEXT},
                                        {"Total", "总额", COLUMN_MONEY}};

static status show_latest(page *p) {
  order_brief *orders;
  size_t count;
  TRY(commerce_report_orders(p->c, p->d, -1, 0, LATEST_SHOWN, &orders, &count));
  table t = TABLE(p, "latest", "Latest orders", "最新订单", latest_columns);
  for (size_t i = 0; i < count; i++) {
    cell_id(&t, ID_ORDER, orders[i].order, "/orders/");
    cell_chip(&t, str_from(order_state_names[orders[i].state]));
    cell_time(&t, orders[i].placed_at);
    cell_money(&t, orders[i].total, orders[i].currency);
  }
  table_close(&t, (str){0});
  section_end(p);
  return OK;
}

static const column day_columns[] = {{"Business date", "账务日期", COLUMN_TEXT},
                                     {"Orders", "订单数", COLUMN_NUMBER},
                                     {"Total", "总额", COLUMN_MONEY}};

/* The chart's numbers, for CSV and for who does not see the bars; folded away on the page. */
static void show_days(page *p, const day_counts *days) {
  html(p, "<details><summary>");
  text_t(p, "The chart as a table", "图表数据");
  html(p, "</summary>\n");
  table t = TABLE(p, "days", NULL, NULL, day_columns);
  for (int i = CHART_DAYS - 1; i >= 0; i--) {
    cell_day(&t, days->first + i);
    cell_number(&t, days->orders[i]);
    cell_money(&t, days->total[i], p->facts.currency);
  }
  table_close(&t, (str){0});
  html(p, "</details>\n");
}

/* --- the public part -------------------------------------------------------------------------- */

static status show_shops(page *p) {
  shop_brief *shops;
  size_t count;
  TRY(commerce_report_shops(p->c, p->d, 0, SHOPS_SHOWN, &shops, &count));
  section(p, "Shops", "店铺");
  html(p, count == 0 ? "<p class=\"empty\">" : "<ul class=\"cards\">\n");
  if (count == 0) text_t(p, "No shop is open yet.", "暂无营业店铺。");
  for (size_t i = 0; i < count; i++) {
    html(p, "<li><a href=\"");
    text(p,
         link_to(p, str_format(p->c->arena, "/shops/%.*s", STR_ARGS(query_value(p, shops[i].slug))),
                 (str){0}));
    html(p, "\"><strong>");
    text(p, shops[i].name);
    html(p, "</strong><span class=\"note\">");
    text(p, str_format(p->c->arena, "%.*s %.*s", STR_ARGS(print_number(p, shops[i].offers)),
                       STR_ARGS(tr(p, "offers", "件商品"))));
    html(p, "</span></a></li>\n");
  }
  html(p, count == 0 ? "</p>\n" : "</ul>\n");
  section_end(p);
  return OK;
}

static status show_staff(page *p) {
  day_counts days;
  TRY(count_days(p, &days));
  html(p, "<dl class=\"figures\">\n");
  order_figures(p, &days);
  TRY(money_figures(p));
  TRY(trust_figures(p));
  engine_figure(p);
  html(p, "</dl>\n");
  show_chart(p, &days);
  TRY(show_latest(p));
  show_days(p, &days);
  return OK;
}

PAGE(page_overview) {
  page p;
  TRY(page_begin(&p, c, r, d, out, content_type));
  if (!p.is_set_up) {
    page_head(&p, "/", tr(&p, "A market to be", "尚未开张的市场"),
              tr(&p,
                 "This store is empty. Set it up with POST /v1/setup, or run tael demo for one "
                 "with made-up data.",
                 "存储为空。请用 POST /v1/setup 初始化，或运行 tael demo 体验示例市场。"));
    return page_foot(&p);
  }
  bool is_staff = p.is_staff;
  page_head(&p, "/", is_staff ? tr(&p, "Overview", "概览") : p.facts.name,
            is_staff ? (str){0}
                     : tr(&p, "Many shops, one checkout, every cent accounted for.",
                          "多家店铺，一次结账，分毫可查。"));
  TRY(is_staff ? show_staff(&p) : show_shops(&p));
  return page_foot(&p);
}
