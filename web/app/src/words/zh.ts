// zh.ts - 应用框架的文字；各板块的文字在各自的文件夹中。
import type { Same } from "@tael/shared";
import type en from "./en";

const zh: Same<typeof en> = {
  app: {
    skip: "跳到正文", navigation: "主导航", starsOf: "{{stars}} 星（满分 5 星）", soldOut: "售罄", all: "展开全部", fold: "收起", less: "减一件", more: "加一件",
    buyersOnly: "此功能仅供买家使用，请用买家账号登录。", console: "控制台", toHome: "返回首页",
    search: "搜索市场", searchFor: "想找什么？", foot: "店铺、钱包、包裹，一处搞定。您收到货后，商家才会收到货款。",
    footMarket: "市场", footMore: "商家与开发者", api: "接口文档",
    setUpTitle: "市场尚未开通", setUpText: "请先设置运营方、币种与第一家店铺，之后买家即可使用。", setUp: "开始设置",
  },
  order: { placed: "待付款", paid: "已付款", shipped: "运输中", delivered: "已签收", completed: "已完成", cancelled: "已取消", returned: "已退货" },
};
export default zh;
