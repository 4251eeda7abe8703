/* money.c - what operators watch: payment breaks, campaign budgets, the daily safeguarding proofs.
 */
#include "modules/pages/handlers.h"
#include "modules/payment/report.h"

/* --- breaks ----------------------------------------------------------------------------------- */

static const column break_columns[] = {
    {"Break", "差错单", COLUMN_TEXT},      {"State", "状态", COLUMN_TEXT},
    {"Kind", "类型", COLUMN_TEXT},         {"Amount", "金额", COLUMN_MONEY},
    {"Order", "订单", COLUMN_TEXT},        {"Found", "发现时间", COLUMN_TEXT},
    {"What is known", "说明", COLUMN_TEXT}};

static const char *const break_states[] = {"open", "resolved", NULL};

PAGE(page_breaks) {
  page p;
  int64_t before;
  int state; /* -1 all */
  break_brief *breaks;
  TRY(page_begin(&p, c, r, d, out, content_type));
  TRY(filter_state(&p, break_states, &state));
  TRY(table_after(&p, &before));
  page_head(&p, "/breaks", tr(&p, "Breaks", "差错"),
            tr(&p,
               "Where money and its reason differ. The books stay balanced; the difference lies in "
               "suspense.",
               "资金与事由不符之处。账务保持平衡，差额暂挂。"));
  filter_links(&p, "/breaks", break_states, state);
  size_t max = table_rows(&p), count;
  TRY(payment_list_breaks(c, d, state + 1, before, max, &breaks, &count));
  table t = TABLE(&p, "breaks", NULL, NULL, break_columns);
  for (size_t i = 0; i < count; i++) {
    const break_brief *b = &breaks[i];
    cell_id(&t, ID_BREAK, b->break_id, NULL);
    cell_chip(&t, b->is_open ? STR("open") : STR("resolved"));
    cell(&t, word(&p, b->kind));
    cell_money(&t, b->amount, b->currency);
    cell_id(&t, ID_ORDER, b->payable_kind == ID_ORDER ? b->payable : 0, "/orders/");
    cell_time(&t, b->found_at);
    cell(&t, b->is_open ? b->note : b->resolution);
  }
  table_close(&t, count == max ? cursor_of(&p, breaks[count - 1].break_id) : (str){0});
  return page_foot(&p);
}

/* --- campaigns -------------------------------------------------------------------------------- */

static const column campaign_columns[] = {
    {"Campaign", "活动", COLUMN_TEXT}, {"Budget", "预算", COLUMN_MONEY},
    {"Spent", "已使用", COLUMN_MONEY}, {"Left", "剩余", COLUMN_MONEY},
    {"Burnt", "消耗", COLUMN_TEXT},    {"Since", "开始", COLUMN_TEXT}};

static int percent_of(int64_t part, int64_t whole) {
  int64_t percent = 0;
  if (whole <= 0 || part <= 0 || !mul_div(part, 100, whole, ROUND_HALF_UP, &percent)) return 0;
  return percent > 100 ? 100 : (int)percent;
}

/* A bar without a style attribute: an SVG whose width is the share. */
static void cell_bar(table *t, int percent) {
  page *p = t->p;
  str label = str_format(p->c->arena, "%d%%", percent);
  str bar = str_format(
      p->c->arena,
      "<svg class=\"bar\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
      "<rect class=\"track\" width=\"100\" height=\"8\"/><rect class=\"fill\" width=\"%d\" "
      "height=\"8\"/></svg>",
      percent);
  cell_markup(t, bar, label);
}

PAGE(page_campaigns) {
  page p;
  int64_t before;
  campaign_brief *list;
  TRY(page_begin(&p, c, r, d, out, content_type));
  TRY(table_after(&p, &before));
  size_t max = table_rows(&p), count;
  TRY(payment_list_campaigns(c, d, before, max, &list, &count));
  page_head(&p, "/campaigns", tr(&p, "Campaigns", "营销活动"),
            tr(&p,
               "Budgets are money set aside first; a campaign can't spend what it does not have.",
               "预算先行到账，活动不能超支。"));
  table t = TABLE(&p, "campaigns", NULL, NULL, campaign_columns);
  for (size_t i = 0; i < count; i++) {
    const campaign_brief *b = &list[i];
    cell(&t, b->name);
    cell_money(&t, b->budget, b->currency);
    cell_money(&t, b->budget - b->left, b->currency);
    cell_money(&t, b->left, b->currency);
    cell_bar(&t, percent_of(b->budget - b->left, b->budget));
    cell_day(&t, instant_date(b->created_at, p.facts.utc_offset_minutes));
  }
  table_close(&t, count == max ? cursor_of(&p, list[count - 1].campaign) : (str){0});
  return page_foot(&p);
}

/* --- safeguarding ----------------------------------------------------------------------------- */

static const column proof_columns[] = {
    {"Business date", "账务日期", COLUMN_TEXT},        {"Result", "结果", COLUMN_TEXT},
    {"Where it is", "客户资金所在", COLUMN_MONEY},     {"Whose it is", "应付客户", COLUMN_MONEY},
    {"Advanced to sellers", "垫付商家", COLUMN_MONEY}, {"Taken", "计算时间", COLUMN_TEXT}};

static status show_now(page *p) {
  safeguard_proof *proofs;
  size_t count;
  TRY(payment_safeguard(p->c, p->d, &proofs, &count));
  html(p, "<dl class=\"figures\">\n");
  for (size_t i = 0; i < count; i++) {
    const safeguard_proof *s = &proofs[i];
    figure(p, tr(p, "Where customers' money is", "客户资金所在"),
           print_money(p, s->assets, s->currency),
           tr(p, "reserve and channels", "备付金与渠道应收"), NULL);
    figure(p, tr(p, "Whose it is", "应付客户"), print_money(p, s->owed, s->currency),
           tr(p, "wallets, escrow, sellers, budgets", "钱包、担保款、商家、预算"), NULL);
    figure(p, tr(p, "Now", "当前"), word(p, s->equal ? STR("equal") : STR("not_equal")), (str){0},
           s->equal ? "good" : "bad");
  }
  html(p, "</dl>\n");
  return OK;
}

PAGE(page_safeguarding) {
  page p;
  int64_t before;
  proof_brief *list;
  TRY(page_begin(&p, c, r, d, out, content_type));
  TRY(table_after(&p, &before));
  size_t max = table_rows(&p), count;
  TRY(payment_list_proofs(c, d, before, max, &list, &count));
  page_head(&p, "/safeguarding", tr(&p, "Safeguarding", "备付金"),
            tr(&p,
               "Money that belongs to customers is kept apart and must equal what is owed to them, "
               "every day.",
               "客户资金专户存放，每日须与应付客户款项相等。"));
  TRY(show_now(&p));
  table t = TABLE(&p, "proofs", "Daily proofs", "每日证明", proof_columns);
  for (size_t i = 0; i < count; i++) {
    const safeguard_proof *s = &list[i].proof;
    cell_day(&t, list[i].on);
    cell_chip(&t, s->equal ? STR("equal") : STR("not_equal"));
    cell_money(&t, s->assets, s->currency);
    cell_money(&t, s->owed, s->currency);
    cell_money(&t, s->advanced, s->currency);
    cell_time(&t, list[i].taken_at);
  }
  table_close(&t, count == max ? cursor_of(&p, list[count - 1].taken_at) : (str){0});
  section_end(&p);
  return page_foot(&p);
}
