import type { Same } from "@tael/shared";
import type en from "./en";

const zh: Same<typeof en> = {
  search: "搜索", shops: "店铺", noneTitle: "没有找到商品", noneText: "试试更少或其他关键词，或放宽价格范围。",
  filters: "筛选", shop: "店铺", anyShop: "全部店铺", category: "分类", anyCategory: "全部分类", from: "最低价", to: "最高价", inStock: "仅看有货",
  sort: "排序", sort_oldest: "默认", sort_newest: "最新", sort_cheapest: "价格从低到高", sort_dearest: "价格从高到低", sort_best_rated: "好评优先", apply: "查看", reset: "重置",
  atLeast: "{{amount}} 起", atMost: "{{amount}} 以内", takeOff: "移除：{{filter}}", resultsFor: "“{{words}}”的搜索结果", facts: "商品参数", product: "商品", noShops: "还没有店铺开张", noShopsText: "商家开店后会显示在这里。", searchShop: "在本店搜索", moreOf: "{{shop}} 的更多商品",
  stock: "库存 {{count}} 件", stockLow: "仅剩 {{count}} 件", soldOut: "售罄", quantity: "数量", variant: "规格", add: "加入购物车", buyNow: "立即购买", added: "已加入购物车",
  toCart: "去购物车", reviews: "评价", noReviews: "暂无评价", noReviewsText: "购买后即可写下第一条评价。", about: "商品介绍", freight: "运费 {{amount}}",
  freightFree: "包邮", freightFrom: "运费 {{amount}}，满 {{from}} 包邮", share: "分享", shared: "链接已复制", sellers: "其他商家在售", promo: "每单最高减 {{amount}}", promoUse: "在收银台选用",
  signInFirst: "登录后即可加入购物车", safe: "您收到货后，商家才会收到货款。", visit: "进店看看",
};
export default zh;
