import type { Same } from "@tael/shared";
import type en from "./en";

const zh: Same<typeof en> = {
  title: "概览", hello: "您好，{{name}}", lead: "市场此刻的状况，数字随动态更新。", leadShop: "待您处理的事项，以及即将到账的货款。",
  ordersToday: "今日订单", salesToday: "今日销售额", refundedToday: "今日退款", held: "代商家保管", heldNote: "担保款、待结算、打款在途",
  customers: "客户资金", whole: "持有与应付相等", notWhole: "持有与应付不等", commission: "佣金收入", captured: "渠道已请款", paidOut: "已打款", ever: "自开市以来",
  breaks: "未处理差错", nothing: "无需处理", engine: "引擎", ready: "正常", notReady: "未就绪", queue: "排队 {{n}} · 提交 p99 {{ms}} 毫秒",
  sales: "销售额", orders: "订单数", byDay: "按天", byHour: "按小时", salesLabel: "订单数与销售额走势",
  moneyOut: "流出", refunds: "退款", payouts: "打款", withdrawals: "提现", topUps: "充值", moneyTitle: "资金流入与流出", moneyLabel: "销售与充值，对比退款、打款与提现",
  todo: "待办", openApprovals: "待审批提议", openBreaks: "待处理差错", allDone: "暂无待办", allDoneText: "差错和提议会显示在这里。",
  engineTitle: "引擎（近 3 小时）", commits: "每分钟提交", commands: "每分钟命令", p99: "提交 p99（毫秒）", engineLabel: "每分钟命令数与提交耗时", noMinutes: "正在收集最初几分钟的数据", noMinutesText: "自程序启动起，每分钟一个点。",
  d7: "7 天", d30: "30 天", d90: "90 天", d365: "1 年",
};
export default zh;
