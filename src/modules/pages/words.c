/* words.c - what machine names are called by people, in two languages, and which colour a state
 * has. A name that is not in the table is shown as it is: a new state of a module is never hidden.
 */
#include "modules/pages/view.h"

typedef struct entry {
  const char *name, *en, *zh, *tone;
} entry;
static const entry entries[] = {
    /* orders and child orders */
    {"placed", "Placed", "已下单", "wait"},
    {"paid", "Paid", "已支付", "good"},
    {"completed", "Completed", "已完成", "good"},
    {"cancelled", "Cancelled", "已取消", "bad"},
    {"shipped", "Shipped", "已发货", "wait"},
    {"delivered", "Delivered", "已签收", "good"},
    {"returned", "Returned", "已退货", "bad"},
    /* payments, attempts, refunds */
    {"created", "Created", "已创建", "wait"},
    {"pending", "Pending", "处理中", "wait"},
    {"failed", "Failed", "失败", "bad"},
    {"partly_refunded", "Partly refunded", "部分退款", "wait"},
    {"refunded", "Refunded", "已退款", "calm"},
    {"journalled", "Journalled", "已登记", "wait"},
    {"unknown", "Unknown", "未知", "wait"},
    {"approved", "Approved", "已通过", "good"},
    {"declined", "Declined", "被拒绝", "bad"},
    {"given_up", "Given up", "已放弃", "bad"},
    {"reversed", "Reversed", "已冲正", "calm"},
    {"succeeded", "Succeeded", "成功", "good"},
    {"sent", "Sent", "已发出", "wait"},
    {"authorise", "Authorise", "预授权", "calm"},
    {"sale", "Sale", "消费", "calm"},
    {"capture", "Capture", "请款", "calm"},
    {"void", "Void", "撤销", "calm"},
    {"refund", "Refund", "退款", "calm"},
    {"payout", "Payout", "打款", "calm"},
    {"balance", "Wallet balance", "钱包余额", "calm"},
    {"channel", "Channel", "支付渠道", "calm"},
    {"voucher", "Voucher", "代金券", "calm"},
    {"campaign", "Campaign credit", "活动抵扣", "calm"},
    {"suspense", "Suspense", "挂账", "wait"},
    {"card", "Card", "银行卡", "calm"},
    {"boleto", "Boleto", "Boleto", "calm"},
    {"debit", "Debit card", "借记卡", "calm"},
    {"bank", "Bank transfer", "银行转账", "calm"},
    {"wallet", "Wallet", "钱包", "calm"},
    /* settlement */
    {"share", "Share of an order", "订单分账", "calm"},
    {"reserve", "Reserve", "保证金", "calm"},
    {"waiting", "Waiting", "待结算", "wait"},
    {"settled", "Settled", "已结算", "good"},
    /* breaks and proofs */
    {"open", "Open", "未处理", "bad"},
    {"resolved", "Resolved", "已处理", "good"},
    {"difference", "Tenders differ from the order", "支付与订单金额不符", "wait"},
    {"no_order", "Money without an order", "无订单收款", "wait"},
    {"answers_differ", "A channel changed its answer", "渠道答复不一致", "bad"},
    {"channel_amount", "A channel took another amount", "渠道金额不符", "bad"},
    {"void_refused", "A channel refused to void", "渠道拒绝撤销", "bad"},
    {"unmatched", "Unmatched remittance", "回款未匹配", "bad"},
    {"equal", "Equal", "相等", "good"},
    {"not_equal", "Not equal", "不相等", "bad"},
    {"proved", "Proved", "已证实", "good"},
    {"disproved", "Broken", "有误", "bad"},
    {"balanced", "Balanced", "平衡", "good"},
    {"not_balanced", "Not balanced", "不平衡", "bad"},
    /* transfers */
    {"posted", "Posted", "已入账", "good"},
    {"hold", "Hold", "冻结", "wait"},
    {"hold_posted", "Hold posted", "冻结入账", "good"},
    {"hold_released", "Hold released", "冻结释放", "calm"},
    {"reversal", "Reversal", "冲正", "calm"},
    /* parcels */
    {"labelled", "Labelled", "已制单", "wait"},
    {"handed_over", "Handed over", "已揽收", "wait"},
    {"in_transit", "In transit", "运输中", "wait"},
    {"out_for_delivery", "Out for delivery", "派送中", "wait"},
    {"lost", "Lost", "丢失", "bad"},
    /* steps of an order's story */
    {"order.placed", "Order placed", "订单已下单", "calm"},
    {"order.payment_started", "Payment started", "开始支付", "calm"},
    {"order.paid", "Order paid", "订单已支付", "good"},
    {"order.cancelled", "Order cancelled", "订单已取消", "bad"},
    {"order.completed", "Order completed", "订单已完成", "good"},
    {"child_order.paid", "Seller's part paid", "商家部分已支付", "good"},
    {"child_order.shipped", "Goods sent", "已发货", "calm"},
    {"child_order.delivered", "Goods delivered", "已签收", "good"},
    {"child_order.cancelled", "Seller's part cancelled", "商家部分已取消", "bad"},
    {"child_order.refunded", "Refunded", "已退款", "calm"},
    {"child_order.return_asked", "Return asked for", "申请退货", "wait"},
    {"child_order.return_accepted", "Return accepted", "同意退货", "calm"},
    {"child_order.return_rejected", "Return rejected", "拒绝退货", "bad"},
    {"child_order.returned", "Goods returned", "已退货", "calm"},
    {"review.written", "Review written", "已评价", "calm"},
    /* who acts */
    {"nobody", "Nobody", "匿名", "calm"},
    {"buyer", "Buyer", "买家", "calm"},
    {"seller", "Seller", "商家", "calm"},
    {"operator", "Operator", "运营", "calm"},
    {"supervisor", "Supervisor", "监管", "calm"},
    {"institution", "Institution", "机构", "calm"},
    {"system", "System", "系统", "calm"},
};

/* "parcel.delivered" is told like the tracking status "delivered". */
static const entry *find(str name) {
  str parcel = STR("parcel.");
  if (str_starts(name, parcel)) name = (str){name.at + parcel.len, name.len - parcel.len};
  for (size_t i = 0; i < COUNT_OF(entries); i++) {
    if (str_eq(str_from(entries[i].name), name)) return &entries[i];
  }
  return NULL;
}

str word(const page *p, str name) {
  const entry *e = find(name);
  return e == NULL ? name : tr(p, e->en, e->zh);
}

const char *tone_of(str name) {
  const entry *e = find(name);
  return e == NULL ? "calm" : e->tone;
}

str account_name(const page *p, uint16_t code) {
  const chart_row *row = chart_find(code);
  return row == NULL ? STR("?") : tr(p, row->name_en, row->name_zh);
}
