import type { Same } from "@tael/shared";
import type en from "./en";

const zh: Same<typeof en> = {
  proofs: "证明", proofsLead: "即时由存储重新计算，每一步取自同一快照；此处不可更改任何内容。", run: "立即运行证明", running: "正在证明", past: "历次证明", asked: "请求时间", by: "请求人", state: "状态", took: "用时 {{s}} 秒", noProofs: "尚未请求证明", noProofsText: "运行一次：小型市场只需几秒。",
  trial_balance: "每种货币与单位借贷相等", safeguarding_: "客户资金完整：持有等于应付", goods: "商品不超卖、库存不为负", books: "由全部记录重算余额、冻结与哈希链",
  figures: { lines: "行", assets: "种单位", held: "持有", owed: "应付", books: "账套", transfers: "笔分录", accounts: "个账户", open_holds: "笔冻结", lanes: "条链" },
  safeguarding: "资金保障", safeguardingLead: "银行与渠道中的客户资金，对比应付客户款，每日证明。", date: "账务日期", held: "持有", owed: "应付", advanced: "平台垫付", taken: "证明时间", take: "立即证明", equal: "结果", chart: "持有与应付走势", currency: "货币",
  trial: "试算平衡表", trialLead: "按科目列示全部账户，每种单位借贷合计相等。", code: "科目代码", name: "科目", accounts: "账户数", debits: "借方发生额", credits: "贷方发生额", balance: "余额", debitBalance: "借方余额", creditBalance: "贷方余额", total: "合计", units: "商品与积分", money: "资金", balanced: "平衡", unbalanced: "不平衡", unit: "单位", kinds: "单位种类",
  audit: "审计记录", auditLead: "每一条产生变更的命令：何人、何时、何事；记录不可更改。", at: "时间", what: "事项", actor: "操作人", subject: "变更对象", detail: "详情", whatHint: "order.place，或 order. 全部", subjectHint: "对象：ord_…", actorHint: "操作人：usr_…", command: "命令",
  checkpoints: "签名检查点", checkpointsLead: "全部哈希链的链头并签名。请另行保存一份：篡改历史者将无法与之吻合。", seal: "立即封存", signature: "签名", key: "公钥", body: "封存内容", copy: "复制保存", noCheckpoints: "尚未封存", noCheckpointsText: "每日自动生成检查点，也可立即生成。",
  account: "账户", statement: "明细", statementLead: "该账户的全部分录，最新在前。", after: "余额", side: "方向", debit: "借", credit: "贷", amount: "金额", why: "原因", pending: "冻结", available: "可用", owner: "所有者", opened: "开立时间", reason: "原因",
};
export default zh;
