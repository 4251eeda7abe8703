import type { Same } from "@tael/shared";
import type en from "./en";

const zh: Same<typeof en> = {
  keys: "API 密钥", keysLead: "供代表贵组织的程序使用；密钥仅显示一次。", name: "名称", scopes: "权限", made: "创建时间", expires: "到期时间", state: "状态", make: "创建密钥", revoke: "吊销", askRevoke: "确认吊销？使用它的程序将停止工作。", secretTitle: "请立即保存此密钥", secretText: "仅此一次显示。使用方式：Authorization: Bearer …", noKeys: "暂无密钥", noKeysText: "为代表您的程序创建一个。",
  webhooks: "Webhook", webhooksLead: "按顺序向您的地址发送签名事件，直至送达。", url: "地址", events: "事件", eventsHint: "order.*、payment.captured，或 * 表示全部", addHook: "添加 Webhook", enable: "启用", disable: "停用", rotate: "更换密钥", ping: "发送测试", deliveries: "投递记录", noHooks: "暂无 Webhook", noHooksText: "添加后即可将事件发送至您的程序。",
  event: "事件", type: "类型", tries: "尝试次数", answer: "响应", ended: "结束时间", next: "下次尝试", error: "原因", resend: "重新发送", noDeliveries: "尚未发送", noDeliveriesText: "发送一次测试试试。",
  jobs: "作业", jobsLead: "按日历执行：每个账务日期依次一次，或按间隔执行。", job: "作业", every: "周期", daily: "每个账务日期", seconds: "每 {{n}} 秒", last: "上次运行", report: "结果", runs: "运行记录", runNow: "运行", runFor: "按账务日期运行", runHint: "已运行过的日期不会重复运行。", date: "账务日期", slot: "时段",
  does: { "identity.sessions": "记录会话使用时间，结束闲置会话", "identity.approvals": "使无人处理的提议过期", "attempts.repair": "向渠道查询未答复的请求", "orders.expire": "取消超时未付的订单并释放库存", "payments.expire": "结束超时未完成的支付", "channels.settle": "读取渠道结算文件，列出不符项", "disputes.clock": "逾期未答复的拒付判负", "settlement.daily": "到期款项可用并打款给商家", "fees.sweep": "平台费用转出客户备付金", "ledger.seal": "将各链头签名封存", "safeguard.daily": "证明客户资金完整并留存证明", "desk.roll": "为图表汇总新记录并记录引擎状况", "engine.forget_keys": "七天后清除幂等键保存的答复" }, minutes: "每 {{n}} 分钟", hours: "每 {{n}} 小时", 
  clock: "测试时钟", clockLead: "沙盒的业务时间；拨动时会运行途中到期的全部作业。", now: "业务时间", to: "拨至", move: "拨动时钟", hour: "+1 小时", day: "+1 天", week: "+7 天", month: "+30 天", askMove: "确认拨动业务时间？不可回退。", moving: "途中各日期的作业将依次运行", notHere: "此处业务时间即真实时间", notHereText: "仅沙盒可拨动时钟：请以 --sandbox 启动服务。",
};
export default zh;
