// zh.ts - 控制台框架的文字；各板块的文字在各自的文件夹中。
import type { Same } from "@tael/shared";
import type en from "./en";

const zh: Same<typeof en> = {
  console: {
    name: "Tael 控制台", menu: "主菜单", skip: "跳到正文", live: "实时", notLive: "正在重连", businessDate: "账务日期",
    openMenu: "打开菜单", account: "账号", toApp: "打开商城", buyerTitle: "这里是管理控制台",
    buyerText: "您以买家身份登录。店铺、订单和钱包请在商城应用中查看。",
    tour: "查看导览",
    group: { work: "日常", sell: "我的店铺", money: "资金", people: "用户与商家", trust: "监督", system: "系统" },
    palette: "跳转到页面",
  },
  form: { need: "请填写此项" },
  setup: {
    title: "设置您的市场", lead: "只需四步；除第一步外均可稍后进行。", s1: "市场", s2: "人员", s3: "银行", s4: "首家店铺",
    later: "稍后设置", finish: "开张店铺", open: "进入控制台", already: "该市场已设置完成", forGood: "设定后不可更改",
    marketTitle: "市场与运营人员", marketLead: "这是谁的市场，以何种货币记账？", marketSubmit: "创建市场",
    marketName: "市场名称", currency: "货币", zone: "营业日起始时区", capital: "自有银行资金", capitalHint: "用于促销与渠道手续费；与客户资金分开保管。",
    operatorEmail: "运营人员邮箱", password: "密码", passwordHint: "至少 {{n}} 个字符",
    peopleTitle: "第二位人员", peopleLead: "资金操作须两人完成：一人提议，另一人审批。没有第二位运营人员则无法审批。",
    personName: "姓名", firstPassword: "初始密码", supervisorEmail: "监督人员邮箱（可选）", supervisorHint: "可查看全部、不可更改；初始密码相同。",
    channelTitle: "银行渠道", channelLead: "接收外部付款，并向商家打款。余额支付无需渠道。", channelDefault: "银行", channelName: "名称", channelUrl: "接口地址", channelHint: "使用 Tael 渠道协议，详见指南。",
    shopTitle: "首家店铺", shopLead: "商家有独立登录。佣金与结算写入合同，本步骤即视为您批准。",
    shopName: "店铺名称", shopSlug: "地址", slugHint: "3 至 60 个字符：a-z、0-9 和 -", merchantEmail: "商家邮箱", commission: "佣金", settleDays: "结算周期", settleHint: "自送达起多少天后可打款。",
    doneTitle: "市场已开张", doneText: "商家上架商品，买家在应用中注册，每一分钱都记入账本。",
  },
  table: {
    filters: "筛选", clear: "清除", views: "视图", saveView: "保存当前视图", viewName: "视图名称", noViews: "暂无已保存视图",
    drop: "删除视图", columns: "列", csv: "导出 CSV", csvTitle: "正在导出全部符合条件的数据", csvRows: "{{n}} 行", csvStop: "停止", csvDone: "已导出 {{n}} 行",
    none: "没有符合条件的数据", noneText: "请更改或清除筛选条件。", from: "从", to: "至", any: "不限", refresh: "刷新", shown: "已显示 {{n}} 条", open: "打开", copyId: "复制编号",
    days: "期间", last7: "近 7 天", last30: "近 30 天", last90: "近 90 天", last365: "近 12 个月",
  },
  signin: {
    title: "登录控制台", lead: "供商家、运营人员和监督人员使用。", email: "邮箱", password: "密码", submit: "登录",
    demo: "演示市场", demoText: "此处数据均为虚构。请选择身份：",
    claim: "每笔订单，每一分钱，同一本账。", point1: "任何付款从购物车到银行，一屏看清", point2: "有借必有贷，分毫不差", point3: "资金操作须两人完成",
  },
  tour: {
    title: "快速导览", step: "{{n}} / {{of}}", start: "开始", later: "以后再说",
    t1: "市场一览", p1: "实时数字，精确到分钟，直接来自账本。",
    t2: "任意付款的完整经过", p2: "打开订单，可看到每一步、渠道的回应以及对应的会计分录。",
    t3: "资金流向", p3: "生态视图由账本绘制全部资金流，点击即可查看背后的分录。",
    t4: "资金操作须两人", p4: "一人提议，另一人审批；任何人不能审批自己的提议。",
    t5: "亲自验证", p5: "现场运行证明：余额、客户资金、商品与哈希链。",
  },
  st: {
    hold: "冻结中", hold_posted: "冻结已入账", hold_voided: "冻结已释放", hold_expired: "冻结已到期", reversal: "冲正",
    shop_open: "营业中", shop_waiting: "待批准", shop_closed: "已关闭",
    placed: "已下单", paid: "已付款", completed: "已完成", cancelled: "已取消", shipped: "已发货", delivered: "已送达", returned: "已退货",
    created: "已创建", pending: "处理中", failed: "失败", partly_refunded: "部分退款", refunded: "已退款", open: "待处理", resolved: "已处理",
    approved: "已批准", rejected: "已拒绝", expired: "已过期", active: "正常", frozen: "已冻结", erased: "已注销", waiting: "等待中", closed: "已关闭",
    proposed: "待批准", in_force: "生效中", refused: "已驳回", sent: "已发送", done: "完成", disabled: "已停用", gone: "已失效", running: "运行中",
    proved: "已证明", disproved: "不成立", journalled: "已登记", unknown: "结果未知", declined: "被拒绝", given_up: "已放弃", reversed: "已冲正",
    succeeded: "成功", asked: "已申请", accepted: "已接受", labelled: "已打单", handed_over: "已揽收", in_transit: "运输中",
    out_for_delivery: "派送中", lost: "丢失", won: "胜诉", ran_out: "超时未答", settled: "已结算", complete: "已完成",
    on: "开启", off: "关闭", revoked: "已吊销", equal: "相等", unequal: "不相等", used: "已使用", free: "未使用", posted: "已入账", voided: "已释放", held: "冻结中", retry: "重试中",
    posted_hold: "已入账", none: "无", buyer: "买家", seller: "商家", seller_clerk: "商家店员", operator: "运营人员", operator_clerk: "运营助理", supervisor: "监督人员",
    institution: "机构", system: "系统", platform: "平台", balance: "余额", channel: "渠道", voucher: "代金券", campaign: "活动抵扣", suspense: "挂账",
    share: "货款", reserve: "保证金", authorise: "授权", sale: "消费", capture: "请款", void: "撤销", refund: "退款", payout: "打款",
    authorised: "已授权", captured: "已请款", expiry: "已到期", transfer: "已入账", post: "已入账", all: "全部", card: "银行卡", boleto: "Boleto", debit: "借记卡", bank: "银行转账", wallet: "钱包",
  },
};
export default zh;
