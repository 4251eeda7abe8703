import type { Same } from "@tael/shared";
import type en from "./en";

const zh: Same<typeof en> = {
  shop: "店铺装修", shopLead: "买家所见。更改即时显示在预览中，保存后在应用中生效。", open: "开店", openTitle: "开设您的店铺", openLead: "一个名称、一个地址、一种颜色，今天就能开卖。合同由平台批准。",
  name: "店铺名称", slug: "地址", slugHint: "3 至 60 个字符：a-z、0-9 和 -；设定后不可更改", colour: "颜色", pattern: "图案", layout: "商品展示", waves: "波浪", dots: "圆点", lines: "线条", rings: "圆环", plain: "纯色", grid: "网格", list: "列表", preview: "预览", freight: "运费", freightFree: "满额包邮", commission: "佣金", settleDays: "结算周期（天）", save: "保存装修", share: "分享", shareLead: "任何人打开此链接即可看到您的店铺。", copyLink: "复制链接", waiting: "等待平台批准合同。", sample: "示例商品", words: "一句话介绍",
  products: "商品", productsLead: "您出售的商品：文字、规格与价格。", addProduct: "添加商品", title: "标题", description: "描述", variant: "规格", sku: "编号（SKU）", price: "价格", rating: "评分", offers: "规格数", onSale: "在售", offSale: "下架", putOn: "上架", noProducts: "暂无商品", noProductsText: "添加商品，入库后即可出售。", addVariant: "再加一个规格", variantName: "规格名称", stockNow: "立即入库", setPrice: "价格", newPrice: "新价格",
  stock: "库存", stockLead: "按规格与仓库列示：在库、订单预留、可售。", onHand: "在库", reserved: "预留", available: "可售", warehouse: "仓库", receive: "入库", adjust: "盘点", quantity: "数量", reason: "原因", noStock: "货架为空", noStockText: "请入库，或向供应商订货。", difference: "差异", differenceHint: "缺三件填 -3",
  buying: "采购", buyingLead: "向供应商的采购单、收货与应付款。", purchase: "采购单", supplier: "供应商", state: "状态", made: "下单时间", order: "采购", addSupplier: "添加供应商", contact: "联系方式", paymentDays: "付款天数", receiveAll: "全部到货", unitCost: "单位成本", payables: "应付供应商", due: "到期日", noPurchases: "暂无采购单", noPurchasesText: "先添加供应商，再向其订货。", note: "备注",
  sales: "订单", salesLead: "每笔订单中属于您的部分，最新在前。", child: "订单", shipped: "发货时间", delivered: "送达时间", total: "总额", refunded: "已退款", settles: "结算日", noSales: "暂无订单", noSalesText: "分享店铺链接，迎来第一位买家。",
  ship: "打包发货", shipLead: "尚未发出的商品装入同一包裹。", carrier: "承运商", tracking: "运单号", refund: "退款", refundLead: "按行全部或部分退款，原路退回。", refundAmount: "退款金额", cancel: "无法供货", askCancel: "确认放弃该订单？买家将获全额退款。", item: "商品", sent: "已发货", address: "收货地址", goodsOf: "商品明细", parcelsOf: "包裹", refundReason: "原因", refundDone: "已退款", max: "最多 {{n}}",
  parcels: "包裹", parcelsLead: "在途包裹及其位置。", track: "添加轨迹", status: "事项", place: "地点", handed: "揽收时间", noParcels: "暂无包裹", noParcelsText: "发货后，包裹会显示在此。",
  returns: "退货", returnsLead: "等待您决定的退货。", asked: "申请时间", accept: "接受", damaged: "接受（已损坏）", refuse: "拒绝", noReturns: "没有待处理的退货", noReturnsText: "买家申请退货后，请在此处理。", askAccept: "确认接受退货？将退款并重新上架。", askDamaged: "确认接受，且商品不可再售？将退款。",
  settlement: "结算", settlementLead: "何时到期、已结算金额及打款情况。", calendar: "日历", statements: "结算单", payouts: "打款", items: "笔数", waitingAmount: "到期金额", settledAmount: "已结算", reserve: "退还保证金", settled: "已结算", paidOut: "已打款", before: "结算前可用", on: "日期", amount: "金额", kind: "类型", nothingDue: "没有到期金额", nothingDueText: "订单送达后，按合同天数到期。", calendarLabel: "每日到期金额", next30: "未来 30 天",
  toSend: "待发货", noToSend: "没有待发货订单", noToSendText: "已付款订单会在此等待发货。", startShop: "我的店铺", ordersTile: "待发货订单", returnsTile: "待处理退货", dueTile: "30 天内到期", stockTile: "库存不足", lowNote: "可售少于 5 件", all: "全部",
};
export default zh;
