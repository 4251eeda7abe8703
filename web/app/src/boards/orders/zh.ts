import type { Same } from "@tael/shared";
import type en from "./en";

const zh: Same<typeof en> = {
  title: "订单", emptyTitle: "暂无订单", emptyText: "您购买的商品和包裹会显示在这里。", browse: "去逛逛", show: "筛选订单", noneTitle: "没有此类订单", noneText: "处于该状态的订单会显示在这里。", progress: "订单进度", placed: "已下单", buyAgain: "再次购买", order: "订单", placedAt: "下单时间 {{time}}", pieces_one: "{{count}} 件", pieces_other: "{{count}} 件", refunded: "已退款 {{amount}}",
  parcel: "包裹", noParcel: "商家正在备货。", tracking: "{{carrier}} {{number}}", paidWith: "支付明细", story: "订单动态", details: "订单信息", number: "订单编号", note: "留言", address: "收货信息", earned: "积分",
  cancel: "取消订单", cancelTitle: "取消该订单？", cancelText: "款项将立即原路退回。", cancelled: "已取消，款项正在原路退回。", keep: "暂不取消", reason: "原因",
  confirm: "确认收货", confirmTitle: "商品都收到了吗？", confirmText: "确认后商家将收到货款，之后仍可退货。", confirmed: "谢谢，货款将结算给商家。",
  return: "退货", returnTitle: "申请退货", returnText: "由商家处理，款项原路退回。", returnSend: "提交申请", returnSent: "已提交给商家。", howMany: "退货数量", returns: "退货记录",
  review: "评价", reviewTitle: "我的评价", reviewHead: "一句话评价", reviewText: "详细评价", reviewSend: "发布", reviewSent: "感谢您的评价。", stars_one: "{{count}} 星", stars_other: "{{count}} 星", reviewed: "已评价",
  asked: "已申请", accepted: "已同意", rejected: "已拒绝", payNow: "查看支付", waiting: "正在支付中。",
  tender: { balance: "钱包余额", channel: "银行卡或银行", voucher: "代金券", campaign: "活动优惠", suspense: "待核对" },
  parcelState: { labelled: "已打包", handed_over: "已揽收", in_transit: "运输中", out_for_delivery: "派送中", delivered: "已签收", failed: "派送失败", returned: "已退回", lost: "已丢失" },
  step: {
    order_placed: "已下单", order_paid: "已付款", order_payment_started: "开始支付", order_cancelled: "订单已取消", order_completed: "全部签收", order_expired: "支付超时",
    child_order_paid: "已通知商家", child_order_shipped: "已发货", child_order_delivered: "已签收", child_order_cancelled: "商家取消", child_order_refunded: "已退款",
    child_order_return_asked: "申请退货", child_order_return_accepted: "同意退货", child_order_return_rejected: "拒绝退货",
    review_written: "已评价", parcel_made: "已打包", parcel_labelled: "已打包", parcel_handed_over: "快递已揽收", parcel_in_transit: "运输中", parcel_out_for_delivery: "派送中", parcel_delivered: "包裹已签收", parcel_failed: "派送失败", parcel_returned: "包裹已退回", parcel_lost: "包裹丢失",
  },
};
export default zh;
