import type { Same } from "@tael/shared";
import type en from "./en";

const zh: Same<typeof en> = {
  title: "钱包", balance: "余额", held: "其中 {{amount}} 已冻结", topUp: "充值", send: "转账", withdraw: "提现", statement: "收支明细", chart: "最近 {{count}} 笔后的余额变化",
  emptyTitle: "暂无收支", emptyText: "充值后即可一键支付。", amount: "金额", topUpText: "资金通过外部渠道转入，渠道确认后立即到账。", withdrawText: "资金将转至您的银行账户，银行受理前会先冻结。",
  sendText: "实时到账，无法撤回。", to: "对方编号", toHint: "以 usr_ 开头，对方可在“我的”页面查看。", mine: "我的编号", doneTopUp: "已到账。", pending: "处理中，明细中会显示结果。", failed: "渠道拒绝，未扣款。", sent: "已转出。",
  receives: "操作后余额 {{amount}}", tooMuch: "超出可用余额。", course: "余额走势", sums: "最近 {{count}} 笔", in: "收入", out: "支出", csv: "导出 CSV", csvRows: "{{count}} 行", day: "日期", at: "记账时间", what: "事由",
  unheard: "尚未收到答复：要么成功一次，要么没有执行。再次询问即可知道结果，绝不会重复。", ask: "再次询问", account: "银行账户", today: "今天",
};
export default zh;
