/* ledger.c - the books as a whole: the trial balance, and what is proved of them. */
#include "modules/commerce/commerce.h"
#include "modules/pages/handlers.h"
#include "modules/payment/payment.h"

static const column trial_columns[] = {{"Account", "科目", COLUMN_TEXT},
                                       {"Name", "名称", COLUMN_TEXT},
                                       {"Accounts", "账户数", COLUMN_NUMBER},
                                       {"Debits", "借方发生额", COLUMN_MONEY},
                                       {"Credits", "贷方发生额", COLUMN_MONEY},
                                       {"Debit balance", "借方余额", COLUMN_MONEY},
                                       {"Credit balance", "贷方余额", COLUMN_MONEY}};

typedef struct unit_sum {
  uint32_t asset;
  int64_t debits, credits, debit_balances, credit_balances;
} unit_sum;

static unit_sum *sum_of(unit_sum *sums, size_t *count, uint32_t number) {
  for (size_t i = 0; i < *count; i++) {
    if (sums[i].asset == number) return &sums[i];
  }
  sums[*count] = (unit_sum){.asset = number};
  return &sums[(*count)++];
}

/* Debits and credits of each asset; every unit of goods is an asset of its own. */
static size_t sum_lines(page *p, const trial_line *lines, size_t count, unit_sum **out) {
  unit_sum *sums = ARENA_ARRAY(p->c->arena, unit_sum, count + 1);
  size_t n = 0;
  for (size_t i = 0; i < count; i++) {
    unit_sum *s = sum_of(sums, &n, lines[i].asset);
    s->debits += lines[i].total.debits_posted;
    s->credits += lines[i].total.credits_posted;
    int64_t net = lines[i].total.debits_posted - lines[i].total.credits_posted;
    if (net > 0) s->debit_balances += net;
    if (net < 0) s->credit_balances -= net;
  }
  *out = sums;
  return n;
}

static bool is_money(uint32_t number) { return number < ASSET_FIRST_CUSTOM; }

static void money_row(page *p, table *t, const trial_line *l) {
  int64_t net = l->total.debits_posted - l->total.credits_posted;
  cell_code(t, str_format(p->c->arena, "%u", l->code));
  cell(t, account_name(p, l->code));
  cell_number(t, l->accounts);
  cell_money(t, l->total.debits_posted, l->asset);
  cell_money(t, l->total.credits_posted, l->asset);
  cell_money_or_blank(t, net > 0 ? net : 0, l->asset);
  cell_money_or_blank(t, net < 0 ? -net : 0, l->asset);
}

/* Rows of a currency and its sums, currency by currency. */
static void show_money(page *p, const trial_line *lines, size_t count, const unit_sum *sums,
                       size_t kinds) {
  table t = TABLE(p, "money", "Money", "资金", trial_columns);
  for (size_t k = 0; k < kinds; k++) {
    const unit_sum *s = &sums[k];
    if (!is_money(s->asset)) continue;
    for (size_t i = 0; i < count; i++) {
      if (lines[i].asset == s->asset) money_row(p, &t, &lines[i]);
    }
    table_total(&t);
    cell(&t, (str){0});
    cell(&t, tr(p, "Total", "合计"));
    cell(&t, (str){0});
    cell_money(&t, s->debits, s->asset);
    cell_money(&t, s->credits, s->asset);
    cell_money(&t, s->debit_balances, s->asset);
    cell_money(&t, s->credit_balances, s->asset);
  }
  table_close(&t, (str){0});
  section_end(p);
}

/* Goods and points by kind of account: units of different goods are only counted together, never
 * added to money. */
static const column unit_columns[] = {{"Account", "科目", COLUMN_TEXT},
                                      {"Name", "名称", COLUMN_TEXT},
                                      {"Kinds of unit", "单位种类", COLUMN_NUMBER},
                                      {"Debits", "借方", COLUMN_NUMBER},
                                      {"Credits", "贷方", COLUMN_NUMBER}};

static void show_units(page *p, const trial_line *lines, size_t count) {
  size_t kinds;
  const chart_row *chart = chart_all(&kinds);
  table t = TABLE(p, "units", "Goods and points, in units", "商品与积分（单位数）", unit_columns);
  for (size_t k = 0; k < kinds; k++) {
    int64_t debits = 0, credits = 0, assets = 0;
    for (size_t i = 0; i < count; i++) {
      if (is_money(lines[i].asset) || lines[i].code != chart[k].code) continue;
      debits += lines[i].total.debits_posted;
      credits += lines[i].total.credits_posted;
      assets++;
    }
    if (assets == 0) continue;
    cell_code(&t, str_format(p->c->arena, "%u", chart[k].code));
    cell(&t, account_name(p, chart[k].code));
    cell_number(&t, assets);
    cell_number(&t, debits);
    cell_number(&t, credits);
  }
  table_close(&t, (str){0});
  section_end(p);
}

static void show_equality(page *p, const unit_sum *sums, size_t count) {
  size_t unequal = 0;
  html(p, "<dl class=\"figures\">\n");
  for (size_t i = 0; i < count; i++) {
    unequal += sums[i].debits != sums[i].credits;
    if (!is_money(sums[i].asset)) continue;
    figure(p, tr(p, "Debits", "借方合计"), print_money(p, sums[i].debits, sums[i].asset), (str){0},
           NULL);
    figure(p, tr(p, "Credits", "贷方合计"), print_money(p, sums[i].credits, sums[i].asset),
           (str){0}, NULL);
  }
  str kinds = str_format(p->c->arena, "%zu %.*s", count,
                         STR_ARGS(tr(p, "currencies and units of goods", "种货币与商品单位")));
  figure(p, tr(p, "Debits equal credits", "借贷相等"),
         unequal == 0 ? word(p, STR("balanced")) : word(p, STR("not_balanced")), kinds,
         unequal == 0 ? "good" : "bad");
  html(p, "</dl>\n");
}

PAGE(page_trial_balance) {
  page p;
  trial_line *lines;
  unit_sum *sums;
  size_t count;
  TRY(page_begin(&p, c, r, d, out, content_type));
  TRY(ledger_trial_balance(c, d, 0, &lines, &count));
  size_t kinds = sum_lines(&p, lines, count, &sums);
  page_head(&p, "/trial-balance", tr(&p, "Trial balance", "试算平衡"),
            tr(&p, "Every account of the books, by kind. Nothing is left out.",
               "全部账户按科目汇总，无一遗漏。"));
  show_equality(&p, sums, kinds);
  show_money(&p, lines, count, sums, kinds);
  show_units(&p, lines, count);
  return page_foot(&p);
}

/* --- proof ------------------------------------------------------------------------------------ */

static void claim(page *p, str what, str violation, str detail) {
  html(p, "<li>");
  chip(p, violation.len == 0 ? STR("proved") : STR("disproved"));
  html(p, " <strong>");
  text(p, what);
  html(p, "</strong> <span class=\"note\">");
  text(p, violation.len == 0 ? detail : violation);
  html(p, "</span></li>\n");
}

static status prove_balance(page *p) {
  trial_line *lines;
  unit_sum *sums;
  size_t count;
  TRY(ledger_trial_balance(p->c, p->d, 0, &lines, &count));
  size_t kinds = sum_lines(p, lines, count, &sums);
  str violation = {0};
  for (size_t i = 0; i < kinds; i++) {
    if (sums[i].debits != sums[i].credits) violation = tr(p, "the sums differ", "合计不相等");
  }
  claim(p, tr(p, "Debits equal credits in every currency and unit", "每种货币与单位借贷相等"),
        violation,
        str_format(p->c->arena, "%zu %.*s", kinds,
                   STR_ARGS(tr(p, "currencies and units of goods", "种货币与商品单位"))));
  return OK;
}

static status prove_safeguarding(page *p) {
  safeguard_proof *proofs;
  size_t count;
  TRY(payment_safeguard(p->c, p->d, &proofs, &count));
  for (size_t i = 0; i < count; i++) {
    const safeguard_proof *s = &proofs[i];
    str held = print_money(p, s->assets, s->currency), owed = print_money(p, s->owed, s->currency);
    str detail = str_format(p->c->arena, "%.*s = %.*s", STR_ARGS(held), STR_ARGS(owed));
    str broken = str_format(p->c->arena, "%.*s ≠ %.*s", STR_ARGS(held), STR_ARGS(owed));
    claim(p, tr(p, "Customers' money is there: held equals owed", "客户资金完整：持有等于应付"),
          s->equal ? (str){0} : broken, detail);
  }
  return OK;
}

static status prove_goods(page *p) {
  str violation;
  TRY(commerce_verify(p->c, p->d, &violation));
  claim(p, tr(p, "No unit of goods is sold twice or below zero", "商品不超卖、库存不为负"),
        violation, (str){0});
  return OK;
}

static status prove_ledger(page *p) {
  ledger_proof proof;
  TRY(ledger_verify(p->c, p->d, &proof));
  str detail = str_format(
      p->c->arena, "%.*s %.*s · %.*s %.*s · %.*s %.*s", STR_ARGS(print_number(p, proof.transfers)),
      STR_ARGS(tr(p, "transfers", "笔分录")), STR_ARGS(print_number(p, proof.accounts)),
      STR_ARGS(tr(p, "accounts", "个账户")), STR_ARGS(print_number(p, proof.open_holds)),
      STR_ARGS(tr(p, "open holds", "笔冻结")));
  claim(p,
        tr(p, "Balances, holds and hash chains recomputed from every record agree",
           "由全部记录重算的余额、冻结与哈希链一致"),
        proof.violation, detail);
  return OK;
}

PAGE(page_proof) {
  page p;
  TRY(page_begin(&p, c, r, d, out, content_type));
  page_head(&p, "/proof", tr(&p, "Proof", "账本证明"),
            tr(&p, "Computed from the store for this page, in one snapshot.",
               "以下均由存储即时计算，取自同一快照。"));
  html(&p, "<ul class=\"claims\">\n");
  TRY(prove_balance(&p));
  TRY(prove_safeguarding(&p));
  TRY(prove_goods(&p));
  if (p.q->run) TRY(prove_ledger(&p));
  html(&p, "</ul>\n");
  if (!p.q->run) {
    html(&p, "<p><a class=\"button\" href=\"");
    text(&p, link_to(&p, STR("/proof"), STR("run=true")));
    html(&p, "\">");
    text_t(&p, "Recompute everything from the records", "由全部记录重新计算");
    html(&p, "</a></p>\n");
  }
  html(&p, "<p class=\"note\">");
  text_t(&p, "The same from a terminal, without a server: ", "也可在终端离线验证：");
  html(&p, "<code>tael verify</code></p>\n");
  return page_foot(&p);
}
