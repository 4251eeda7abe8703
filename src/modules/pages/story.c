/* story.c - one order's whole story: what was bought of whom, what paid for it, what outside
 * channels said, what happened when, where the parcels are, and every journal entry it made. */
#include "modules/commerce/commerce.h"
#include "modules/logistics/report.h"
#include "modules/pages/journal.h"
#include "modules/payment/report.h"

typedef struct story {
  order_view order;
  payment_story payment;
  bool has_payment;
  story_step *steps;
  size_t step_count;
  parcel_brief *parcels;
  size_t parcel_count;
  journal entries;
} story;

/* --- reading ---------------------------------------------------------------------------------- */

static status gather_entries(page *p, story *s) {
  const child_view *children = s->order.children.items;
  TRY(journal_add_ref(p, &s->entries, s->order.order));
  if (s->has_payment) TRY(journal_add_ref(p, &s->entries, s->order.payment));
  for (size_t i = 0; i < s->order.children.count; i++) {
    TRY(journal_add_ref(p, &s->entries, children[i].child));
    journal_name(&s->entries, children[i].seller, children[i].shop_name);
  }
  journal_name(&s->entries, s->order.buyer, tr(p, "buyer", "买家"));
  for (size_t i = 0; i < s->payment.refund_count; i++) {
    TRY(journal_add_ref(p, &s->entries, s->payment.refunds[i].refund));
  }
  return OK;
}

static status load(page *p, id order, story *s) {
  TRY(commerce_order_get(p->c, p->d, order, &s->order));
  s->has_payment = s->order.payment != 0;
  if (s->has_payment) TRY(payment_story_get(p->c, p->d, s->order.payment, &s->payment));
  TRY(commerce_story(p->c, p->d, order, &s->steps, &s->step_count));
  TRY(logistics_parcels_of(p->c, p->d, order, &s->parcels, &s->parcel_count));
  return gather_entries(p, s);
}

/* --- the order -------------------------------------------------------------------------------- */

static void show_order(page *p, const order_view *o) {
  html(p, "<p class=\"chips\">");
  chip(p, str_from(order_state_names[o->state]));
  html(p, "</p>\n<dl class=\"facts\">\n");
  fact(p, tr(p, "Total", "总额"), print_money(p, o->total, o->currency));
  if (o->freight > 0)
    fact(p, tr(p, "of which freight", "其中运费"), print_money(p, o->freight, o->currency));
  if (o->refunded > 0)
    fact(p, tr(p, "Refunded", "已退款"), print_money(p, o->refunded, o->currency));
  fact(p, tr(p, "Placed", "下单时间"), print_time(p, o->placed_at));
  if (o->paid_at != 0) fact(p, tr(p, "Paid", "支付时间"), print_time(p, o->paid_at));
  fact(p, tr(p, "Buyer", "买家"), id_print(p->c->arena, ID_USER, o->buyer));
  if (o->points > 0) fact(p, tr(p, "Points earned", "获得积分"), print_number(p, o->points));
  if (o->external.len > 0) fact(p, tr(p, "Outside number", "外部单号"), o->external);
  if (o->note.len > 0) fact(p, tr(p, "Note", "备注"), o->note);
  html(p, "</dl>\n");
}

static const column line_columns[] = {
    {"Shop", "店铺", COLUMN_TEXT},        {"Product", "商品", COLUMN_TEXT},
    {"SKU", "SKU", COLUMN_TEXT},          {"Quantity", "数量", COLUMN_NUMBER},
    {"Price", "单价", COLUMN_MONEY},      {"Freight", "运费", COLUMN_MONEY},
    {"Commission", "佣金", COLUMN_MONEY}, {"Refunded", "已退款", COLUMN_MONEY}};

static void show_lines(page *p, const order_view *o) {
  table t = TABLE(p, "lines", "What was bought", "购买内容", line_columns);
  const child_view *children = o->children.items;
  for (size_t i = 0; i < o->children.count; i++) {
    const order_line_view *lines = children[i].lines.items;
    for (size_t k = 0; k < children[i].lines.count; k++) {
      cell(&t, children[i].shop_name);
      cell(&t, lines[k].title);
      cell_code(&t, lines[k].sku);
      cell_number(&t, lines[k].quantity);
      cell_money(&t, lines[k].price, o->currency);
      cell_money(&t, lines[k].freight, o->currency);
      cell_money(&t, lines[k].commission, o->currency);
      cell_money(&t, lines[k].refunded, o->currency);
    }
  }
  table_close(&t, (str){0});
  section_end(p);
}

static const column child_columns[] = {
    {"Seller", "商家", COLUMN_TEXT},        {"State", "状态", COLUMN_TEXT},
    {"Total", "总额", COLUMN_MONEY},        {"Commission", "佣金", COLUMN_MONEY},
    {"Refunded", "已退款", COLUMN_MONEY},   {"Shipped", "发货时间", COLUMN_TEXT},
    {"Delivered", "签收时间", COLUMN_TEXT}, {"Settles on", "结算日", COLUMN_TEXT}};

static void show_children(page *p, const order_view *o) {
  table t = TABLE(p, "sellers", "Seller by seller", "各商家", child_columns);
  const child_view *children = o->children.items;
  for (size_t i = 0; i < o->children.count; i++) {
    const child_view *ch = &children[i];
    str seller = id_print(p->c->arena, ID_TENANT, ch->seller);
    cell_link(
        &t,
        link_to(p, str_format(p->c->arena, "/sellers/%.*s/statement", STR_ARGS(seller)), (str){0}),
        ch->shop_name);
    cell_chip(&t, str_from(child_state_names[ch->state]));
    cell_money(&t, ch->total, o->currency);
    cell_money(&t, ch->commission, o->currency);
    cell_money(&t, ch->refunded, o->currency);
    cell_time(&t, ch->shipped_at);
    cell_time(&t, ch->delivered_at);
    cell_day(&t, ch->settles_on);
  }
  table_close(&t, (str){0});
  section_end(p);
}

/* --- money ------------------------------------------------------------------------------------ */

static const column tender_columns[] = {{"Tender", "支付方式", COLUMN_TEXT},
                                        {"For", "用于", COLUMN_TEXT},
                                        {"Amount", "金额", COLUMN_MONEY},
                                        {"Refunded", "已退款", COLUMN_MONEY}};

static str shop_of_child(const order_view *o, id child) {
  const child_view *children = o->children.items;
  for (size_t i = 0; i < o->children.count; i++) {
    if (children[i].child == child) return children[i].shop_name;
  }
  return (str){0};
}

static void show_tenders(page *p, const story *s) {
  const payment_story *pay = &s->payment;
  table t = TABLE(p, "tenders", "What paid for it", "支付构成", tender_columns);
  for (size_t i = 0; i < pay->tender_count; i++) {
    cell_chip(&t, pay->tenders[i].kind);
    cell(&t, shop_of_child(&s->order, pay->tenders[i].child));
    cell_money(&t, pay->tenders[i].amount, pay->currency);
    cell_money(&t, pay->tenders[i].refunded, pay->currency);
  }
  table_close(&t, (str){0});
  html(p, "<dl class=\"facts\"><div><dt>");
  text_t(p, "Payment", "支付单");
  html(p, "</dt><dd>");
  chip(p, pay->state);
  html(p, "</dd></div>\n");
  fact(p, tr(p, "Captured", "已收款"), print_money(p, pay->captured, pay->currency));
  if (pay->difference != 0)
    fact(p, tr(p, "Difference in suspense", "挂账差额"),
         print_money(p, pay->difference, pay->currency));
  html(p, "</dl>\n");
  section_end(p);
}

static const column attempt_columns[] = {
    {"Attempt", "尝试", COLUMN_TEXT},        {"Asked", "请求", COLUMN_TEXT},
    {"Answer", "结果", COLUMN_TEXT},         {"Channel", "渠道", COLUMN_TEXT},
    {"Method", "方式", COLUMN_TEXT},         {"Amount", "金额", COLUMN_MONEY},
    {"Journalled", "登记时间", COLUMN_TEXT}, {"Reference", "渠道流水号", COLUMN_TEXT}};

static void show_attempts(page *p, const payment_story *pay) {
  table t = TABLE(p, "attempts", "What channels were asked", "渠道请求", attempt_columns);
  for (size_t i = 0; i < pay->attempt_count; i++) {
    const attempt_brief *a = &pay->attempts[i];
    cell_id(&t, ID_ATTEMPT, a->attempt, NULL);
    cell(&t, word(p, a->kind));
    cell_chip(&t, a->state);
    cell(&t, a->channel);
    cell(&t, word(p, a->method));
    cell_money(&t, a->amount, pay->currency);
    cell_time(&t, a->created_at);
    cell_code(&t, a->reason.len > 0 ? a->reason : a->channel_ref);
  }
  table_close(&t, (str){0});
  section_end(p);
}

static const column refund_columns[] = {
    {"Refund", "退款单", COLUMN_TEXT}, {"State", "状态", COLUMN_TEXT},
    {"Amount", "金额", COLUMN_MONEY},  {"Commission back", "退回佣金", COLUMN_MONEY},
    {"Reason", "原因", COLUMN_TEXT},   {"Decided", "时间", COLUMN_TEXT}};

static void show_refunds(page *p, const payment_story *pay) {
  table t = TABLE(p, "refunds", "What was given back", "退款", refund_columns);
  for (size_t i = 0; i < pay->refund_count; i++) {
    const refund_brief *f = &pay->refunds[i];
    cell_id(&t, ID_REFUND, f->refund, NULL);
    cell_chip(&t, f->state);
    cell_money(&t, f->amount, pay->currency);
    cell_money(&t, f->commission_back, pay->currency);
    cell(&t, f->reason);
    cell_time(&t, f->at);
  }
  table_close(&t, (str){0});
  section_end(p);
}

/* --- what happened, and where the goods are --------------------------------------------------- */

static void moment(page *p, instant at, str name, str note) {
  html(p, "<li><time>");
  text(p, print_time(p, at));
  html(p, "</time> ");
  chip(p, name);
  html(p, " <span class=\"note\">");
  text(p, note);
  html(p, "</span></li>\n");
}

static void show_steps(page *p, const story *s) {
  section(p, "What happened", "经过");
  html(p, "<ol class=\"timeline\">\n");
  for (size_t i = 0; i < s->step_count; i++) {
    moment(p, s->steps[i].at, s->steps[i].what, shop_of_child(&s->order, s->steps[i].child));
  }
  html(p, "</ol>\n");
  section_end(p);
}

static void show_parcels(page *p, const story *s) {
  if (s->parcel_count == 0) return;
  section(p, "Parcels", "包裹");
  for (size_t i = 0; i < s->parcel_count; i++) {
    const parcel_brief *box = &s->parcels[i];
    html(p, "<h3>");
    text(p, box->carrier);
    html(p, " <span class=\"code\">");
    text(p, box->tracking);
    html(p, "</span></h3>\n<ol class=\"timeline\">\n");
    for (size_t k = 0; k < box->event_count; k++) {
      moment(p, box->events[k].at, str_from(tracking_names[box->events[k].status]),
             box->events[k].place);
    }
    html(p, "</ol>\n");
  }
  section_end(p);
}

PAGE(page_order) {
  page p;
  story s = {0};
  TRY(page_begin(&p, c, r, d, out, content_type));
  TRY(load(&p, r->params[0], &s));
  str name = id_print(c->arena, ID_ORDER, s.order.order);
  page_head(&p, "/orders",
            str_format(c->arena, "%.*s %.*s", STR_ARGS(tr(&p, "Order", "订单")), STR_ARGS(name)),
            (str){0});
  show_order(&p, &s.order);
  show_lines(&p, &s.order);
  show_children(&p, &s.order);
  html(&p, "<div class=\"pair\">\n");
  show_steps(&p, &s);
  show_parcels(&p, &s);
  html(&p, "</div>\n");
  if (s.has_payment) show_tenders(&p, &s);
  if (s.payment.attempt_count > 0) show_attempts(&p, &s.payment);
  if (s.payment.refund_count > 0) show_refunds(&p, &s.payment);
  TRY(journal_show(&p, &s.entries));
  return page_foot(&p);
}
