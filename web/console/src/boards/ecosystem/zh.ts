import type { Same } from "@tael/shared";
import type en from "./en";

const zh: Same<typeof en> = {
  title: "生态视图", lead: "买家、商家、渠道、活动、费用与备付金之间的全部资金流，由账本绘制。选择任一流向可查看其分录。",
  period: "期间", d1: "今天", d7: "近 7 天", d30: "近 30 天", d365: "近 12 个月", all: "自开市起", detail: "层级", simple: "参与方", full: "科目",
  diagram: "各方之间的资金流", total: "流动总额", postings: "分录数", flows: "流向", from: "来源", to: "去向", amount: "金额", share: "占比", open: "查看分录", incomplete: "最新分录仍在汇总中。",
  none: "该期间没有资金流动", noneText: "请选择更长的期间，或在有订单付款后再来查看。", postingsOf: "该流向的分录", more: "继续查找", looking: "正在查找分录",
  on: "账务日期", why: "原因", debit: "借方账户", credit: "贷方账户", command: "命令", table: "以表格显示", back: "{{name}}（退回）",
  parties: { outside: "外部付款人", buyers: "买家钱包", channels: "支付渠道", campaigns: "营销活动", escrow: "订单担保款", sellers: "商家", reserve: "商家保证金", fees: "平台费用", bank: "银行", suspense: "挂账", own: "平台自有资金", other: "其他", payouts: "打款在途", refunds: "退款在途" },
};
export default zh;
