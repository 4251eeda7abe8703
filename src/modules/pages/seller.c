/* seller.c - a seller's statement: what is held and due, what was settled and paid out, and the
 * entries behind it. */
#include "modules/commerce/report.h"
#include "modules/pages/journal.h"
#include "modules/payment/report.h"

enum { ACCOUNTS_SHOWN = 8, LINES_EACH = 20, LINES_EACH_CSV = 5000 };

static const uint16_t seller_codes[] = {CODE_ORDER_ESCROW,     CODE_SELLER_PENDING,
                                        CODE_SELLER_AVAILABLE, CODE_SELLER_RESERVE,
                                        CODE_PAYOUT_TRANSIT,   CODE_SELLER_RECEIVABLE};

static bool is_shown(const account *a) {
  for (size_t i = 0; i < COUNT_OF(seller_codes); i++) {
    if (a->code == seller_codes[i]) return true;
  }
  return false;
}

static void show_balances(page *p, const account *accounts, size_t count) {
  html(p, "<dl class=\"figures\">\n");
  for (size_t i = 0; i < count; i++) {
    const account *a = &accounts[i];
    bool is_minus = a->credits_posted < a->debits_posted;
    figure(p, account_name(p, a->code), print_money(p, account_balance(a), a->asset),
           str_format(p->c->arena, "%u", a->code), is_minus ? "bad" : NULL);
  }
  html(p, "</dl>\n");
}

static const column item_columns[] = {{"Due", "结算日", COLUMN_TEXT},
                                      {"Kind", "类型", COLUMN_TEXT},
                                      {"Child order", "子订单", COLUMN_TEXT},
                                      {"Amount", "金额", COLUMN_MONEY},
                                      {"State", "状态", COLUMN_TEXT}};

static status show_items(page *p, id seller) {
  int64_t skip;
  item_brief *items;
  size_t max = table_rows(p), count;
  TRY(table_after(p, &skip));
  TRY(payment_list_items(p->c, p->d, seller, skip, max, &items, &count));
  table t = TABLE(p, "items", "Settlement items", "结算明细", item_columns);
  for (size_t i = 0; i < count; i++) {
    cell_day(&t, items[i].due);
    cell(&t, word(p, items[i].kind));
    cell_id(&t, ID_CHILD_ORDER, items[i].child, NULL);
    cell_money(&t, items[i].amount, items[i].currency);
    cell_chip(&t, items[i].is_settled ? STR("settled") : STR("waiting"));
  }
  table_close(&t, count == max ? cursor_of(p, skip + (int64_t)count) : (str){0});
  section_end(p);
  return OK;
}

static const column payout_columns[] = {{"Payout", "打款单", COLUMN_TEXT},
                                        {"Business date", "账务日期", COLUMN_TEXT},
                                        {"Amount", "金额", COLUMN_MONEY},
                                        {"State", "状态", COLUMN_TEXT},
                                        {"Last change", "更新时间", COLUMN_TEXT}};

static status show_payouts(page *p, id seller) {
  payout_brief *payouts;
  size_t count;
  TRY(payment_list_payouts(p->c, p->d, seller, 0, table_rows(p), &payouts, &count));
  table t = TABLE(p, "payouts", "Payouts", "打款记录", payout_columns);
  for (size_t i = 0; i < count; i++) {
    cell_id(&t, ID_PAYOUT, payouts[i].payout, NULL);
    cell_day(&t, payouts[i].on);
    cell_money(&t, payouts[i].amount, payouts[i].currency);
    cell_chip(&t, payouts[i].state);
    cell_time(&t, payouts[i].updated_at);
  }
  table_close(&t, (str){0});
  section_end(p);
  return OK;
}

static const column line_columns[] = {
    {"Time", "时间", COLUMN_TEXT},    {"Account", "账户", COLUMN_TEXT},
    {"Why", "事由", COLUMN_TEXT},     {"Debit", "借方", COLUMN_MONEY},
    {"Credit", "贷方", COLUMN_MONEY}, {"Balance after", "余额", COLUMN_MONEY}};

static status account_lines(page *p, table *t, const account *a) {
  statement_line *lines;
  size_t count, max = p->is_csv ? LINES_EACH_CSV : LINES_EACH;
  TRY(ledger_statement(p->c, p->d, a->account_id, (statement_cursor){0}, true, max, &lines,
                       &count));
  for (size_t i = 0; i < count; i++) {
    const statement_line *l = &lines[i];
    cell_time(t, l->record.time);
    cell(t, account_label(p, a));
    cell_word(t, str_from(reason_text(l->record.code, p->is_zh)));
    cell_money_or_blank(t, l->is_debit ? l->record.amount : 0, a->asset);
    cell_money_or_blank(t, l->is_debit ? 0 : l->record.amount, a->asset);
    cell_money(t, l->after.credits_posted - l->after.debits_posted, a->asset);
  }
  return OK;
}

static status show_ledger(page *p, const account *accounts, size_t count) {
  table t =
      TABLE(p, "statement", "Ledger statement, newest first", "账户流水（最新在前）", line_columns);
  for (size_t i = 0; i < count; i++)
    TRY(account_lines(p, &t, &accounts[i]));
  table_close(&t, (str){0});
  section_end(p);
  return OK;
}

static void shop_links(page *p, const shop_brief *shops, size_t count) {
  html(p, "<p class=\"lead\">");
  for (size_t i = 0; i < count; i++) {
    html(p, "<a href=\"");
    text(p,
         link_to(p, str_format(p->c->arena, "/shops/%.*s", STR_ARGS(query_value(p, shops[i].slug))),
                 (str){0}));
    html(p, "\">");
    text(p, shops[i].name);
    html(p, "</a> ");
  }
  html(p, "</p>\n");
}

PAGE(page_seller) {
  page p;
  str name;
  shop_brief *shops;
  account *all;
  size_t shop_count, all_count, count = 0;
  id seller = r->params[0];
  TRY(page_begin(&p, c, r, d, out, content_type));
  TRY(identity_tenant_name(c, d, seller, &name));
  TRY(commerce_report_shops_of(c, d, seller, &shops, &shop_count));
  TRY(ledger_accounts_of(c, d, seller, &all, &all_count));
  account *shown = ARENA_ARRAY(c->arena, account, all_count + 1);
  for (size_t i = 0; i < all_count && count < ACCOUNTS_SHOWN; i++) {
    if (is_shown(&all[i])) shown[count++] = all[i];
  }
  page_head(
      &p, NULL,
      str_format(c->arena, "%.*s · %.*s", STR_ARGS(name), STR_ARGS(tr(&p, "Statement", "对账单"))),
      (str){0});
  shop_links(&p, shops, shop_count);
  show_balances(&p, shown, count);
  TRY(show_items(&p, seller));
  TRY(show_payouts(&p, seller));
  TRY(show_ledger(&p, shown, count));
  return page_foot(&p);
}
