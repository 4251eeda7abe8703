import type { Same } from "@tael/shared";
import type en from "./en";

const zh: Same<typeof en> = { title: "首页", search: "搜索茶叶、帐篷、唱机", shops: "店铺", allShops: "全部店铺", goods: "为你推荐", hero: "一张订单，多家店铺", heroText: "一次付清，方式随心组合；收到货后，商家才会收到货款。", categories: "分类" };
export default zh;
