import type { Same } from "@tael/shared";
import type en from "./en";

const zh: Same<typeof en> = {
  approvals: "审批", approvalsLead: "资金操作由一人提议、另一人批准；批准与执行在同一次提交中完成。",
  breaks: "差错", breaksLead: "订单、渠道与银行之间不一致之处；相关资金暂挂账。", campaigns: "营销活动", campaignsLead: "以平台自有资金注资的促销预算。",
  channels: "渠道", channelsLead: "接收付款与打款的外部渠道。", payouts: "打款", payoutsLead: "向商家的打款及银行的回应。",
  state: "状态", action_: "操作", note: "说明", proposer: "提议人", proposed: "提议时间", expires: "失效时间", decided: "决定人", approve: "批准", reject: "拒绝", withdraw: "撤回", yours: "您的提议：须由他人决定", askApprove: "确认批准？将立即执行。", reason: "理由",
  "action": { "campaign.fund": "为活动注资", "break.resolve": "处理差错", "payout.make": "立即向商家打款", "parameter.set": "设置参数" },
  propose: "提议", proposedToast: "已提议，须由另一人批准。", noProposals: "暂无提议", noProposalsText: "为活动注资、处理差错或提议打款后，会在此等待第二人审批。",
  kind: "类型", amount: "金额", found: "发现时间", owner: "处理人", you: "您", nobody: "暂无", claim: "由我处理", resolution: "处理结果", payment: "支付单", resolve: "处理", resolveLead: "说明资金去向，须由第二人批准。", how: "资金去向", seller: "商家",
  refund_payer: "退还付款人", give_seller: "归商家所有", take: "计入平台损益", way: "方式",
  kind_difference: "实付与订单不符", kind_no_order: "无订单款项", kind_channel_amount: "渠道扣款金额不符", kind_answers_differ: "渠道答复前后矛盾", kind_void_refused: "撤销被拒", kind_remit_amount: "渠道文件金额不符", kind_missing: "渠道文件缺失", kind_unmatched: "渠道文件中的未知行",
  note_difference: "各支付方式合计与订单金额不符。", note_no_order: "收到款项，但没有对应订单。", note_channel_amount: "渠道实际扣款与请求金额不同。", note_answers_differ: "渠道前后两次答复不一致。", note_void_refused: "渠道未释放已预留的金额。",
  note_remit_amount: "{{on}} 结算文件，{{ref}} 行：金额与入账不同。", note_missing: "已批准，但 {{on}} 结算文件中没有：{{ref}}。", note_unmatched: "{{on}} 结算文件，{{ref}} 行：没有对应的已批准付款。",
  param_name: "名称", param_budget: "预算", param_per_order_max: "每单上限", param_existing: "活动", param_seller: "商家", param_break_id: "差错", param_how: "资金去向", param_amount: "金额", param_valid_from: "生效日", param_value: "数值",
  noBreaks: "没有差错", noBreaksText: "订单、渠道与银行完全一致。",
  name: "名称", budget: "预算", left: "剩余", perOrder: "每单上限", created: "创建时间", fund: "为活动注资", fundLead: "资金来自平台自有银行账户，须由第二人批准。", perOrderHint: "每位买家每单可用金额；留空则仅限代金券。", more: "追加资金", burn: "预算消耗", burnLabel: "每日剩余预算", spent: "已使用", funded: "已注资", vouchers: "代金券", code: "券码", used: "使用情况", issue: "发放代金券", count: "数量", worth: "面额", on: "账务日期", noCampaigns: "暂无活动", noCampaignsText: "注资后，买家在收银台即可看到抵扣额。",
  url: "地址", capture: "即时请款", enabled: "启用", add: "添加渠道", addLead: "使用 Tael 渠道协议，自下一笔付款起生效。", switchOn: "启用", switchOff: "停用", yes: "是", no: "否", noChannels: "没有外部渠道", noChannelsText: "余额支付无需渠道，打款则需要银行渠道。",
  payout: "打款单", updated: "更新时间", payNow: "立即向商家打款", payNowLead: "在结算日历之外，将商家全部可结算金额打款；须由第二人批准。", noPayouts: "暂无打款", noPayoutsText: "货款到期后，每日结算会向商家打款。",
};
export default zh;
