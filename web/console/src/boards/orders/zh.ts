import type { Same } from "@tael/shared";
import type en from "./en";

const zh: Same<typeof en> = {
  title: "订单", lead: "市场的全部订单，打开即可查看完整经过。", payments: "支付", paymentsLead: "买家付了多少、用什么付、退回多少。",
  order: "订单", buyer: "买家", state: "状态", placed: "下单时间", paid: "付款时间", total: "总额", refunded: "已退款", external: "外部编号", latest: "最新订单", all: "全部订单",
  payment: "支付单", captured: "已请款", difference: "差额", created: "创建时间", payable: "用于", expires: "过期时间",
  story: "从订单到银行", steps: "经过", recorded: "记账时间", journal: "会计分录", journalLead: "该订单引起的全部分录，逐笔借贷相等。",
  attempts: "渠道请求", noAttempts: "未使用外部渠道", noAttemptsText: "以市场内持有的余额支付。", tenders: "支付方式", refunds: "退款", goods: "商品", parts: "涉及商家",
  what: "事项", at: "时间", debit: "借方", credit: "贷方", amount: "金额", why: "原因", posting: "状态", channel: "渠道", method: "方式", reference: "渠道流水号", reason: "原因", kind: "类型", fee: "手续费",
  seller: "商家", shop: "店铺", commission: "佣金", settles: "结算日", freight: "运费", quantity: "数量", price: "单价", item: "商品", returned: "已退货", businessDate: "账务日期",
  query: "查询渠道", capture: "请款", queried: "已查询", noJournal: "尚无分录", toOrder: "查看订单经过", units: "{{n}} 件", goodsMoves: "显示商品与积分", moneyOnly: "仅资金",
  step: {
    "order.placed": "已下单", "order.paid": "订单已付款", "order.completed": "订单已完成", "order.cancelled": "订单已取消", "child_order.paid": "商家部分已付款", "child_order.shipped": "已发货", "child_order.delivered": "已送达",
    "child_order.refunded": "已退款", "child_order.cancelled": "商家部分已取消", "return.asked": "已申请退货", "return.accepted": "退货已接受", "return.rejected": "退货被拒绝", "parcel.handed_over": "包裹已揽收", "parcel.delivered": "包裹已送达", "parcel.in_transit": "包裹运输中", "review.written": "已评价",
  },
};
export default zh;
