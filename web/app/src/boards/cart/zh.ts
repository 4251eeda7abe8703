import type { Same } from "@tael/shared";
import type en from "./en";

const zh: Same<typeof en> = {
  title: "购物车", emptyTitle: "购物车是空的", emptyText: "一张订单可包含多家店铺的商品。", browse: "去逛逛", items: "商品金额", freight: "运费", total: "合计",
  each: "单价 {{amount}}", remove: "移除", moved: "原价 {{amount}}", gone: "暂不可售", toCashier: "去结算", freeFrom: "再买 {{amount}} 即可包邮", pieces_one: "{{count}} 件", pieces_other: "{{count}} 件",
  cashier: "收银台", where: "收货信息", name: "姓名", phone: "电话", address: "地址", addressHint: "省市区、街道门牌", remember: "保存供下次使用", note: "给商家留言",
  how: "支付方式", voucher: "代金券", voucherCode: "代金券码", use: "使用", drop: "移除", unknown: "没有此代金券，请检查券码。", used: "此代金券已被使用。", expired: "此代金券已过期。", currency: "此代金券币种不符。",
  lapses: "其中 {{amount}} 超出本单所需，将作废。", credit: "活动优惠", noCredit: "不使用优惠", wallet: "钱包", walletHas: "可用 {{amount}}", rest: "银行卡或银行支付", restAmount: "还需支付 {{amount}}",
  channel: "渠道", method: "方式", card: "信用卡", bank: "银行转账", debit: "借记卡", boleto: "付款单", walletMethod: "外部钱包", token: "支付令牌", tokenHint: "由银行页面提供，切勿在此填写卡号。",
  testCard: "测试卡", cardGood: "立即成功", cardLate: "延迟应答", cardUnknown: "结果未知", cardDecline: "拒绝支付",
  result: "付款后的结果", pays: "实付", earns: "获得积分", points_one: "{{count}} 分", points_other: "{{count}} 分", priceMoved: "加入购物车后价格有变动，以下为当前价格。",
  blocked: "购物车中有暂不可售的商品，请先移除。", pay: "支付 {{amount}}", consent: "按下按钮前不会扣款；要么全部完成，要么什么都不发生。", coverRest: "请选择剩余金额的支付方式。",
  fromVoucher: "代金券 {{code}}", fromCredit: "活动优惠", fromWallet: "钱包余额", fromChannel: "{{method}}（{{channel}}）",
  paying: "支付", unheardTitle: "尚未收到答复", unheardText: "订单已发送，但连接在收到答复前中断。订单要么成功一次，要么没有下单。再次询问即可知道结果，绝不会重复下单。", ask: "再次询问", waitTitle: "等待银行应答", waitText: "通常只需几秒。您可以离开，结果会在消息中通知。", openTitle: "银行尚未给出结果", openText: "我们会持续查询，直到有结果。在此期间商品与资金均已保留，绝不会重复扣款。您可以离开，结果会在消息中通知。",
  paidTitle: "支付成功", paidText: "已通知商家备货。", failedTitle: "支付未成功", failedText: "未扣款，所有预留均已释放。", reason: "银行回复：{{reason}}", seeOrder: "查看订单", again: "放回购物车", home: "继续逛逛",
};
export default zh;
