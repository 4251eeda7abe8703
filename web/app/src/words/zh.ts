// zh.ts - 应用框架的文字；各板块的文字在各自的文件夹中。
import type { Same } from "@tael/shared";
import type en from "./en";

const zh: Same<typeof en> = {
  app: {
    skip: "跳到正文", navigation: "主导航", starsOf: "{{stars}} 星（满分 5 星）", soldOut: "售罄", less: "减一件", more: "加一件",
    buyersOnly: "此功能仅供买家使用，请用买家账号登录。", console: "控制台",
  },
  order: { placed: "待付款", paid: "已付款", shipped: "运输中", delivered: "已签收", completed: "已完成", cancelled: "已取消", returned: "已退货" },
};
export default zh;
