import type { Same } from "@tael/shared";
import type en from "./en";

const zh: Same<typeof en> = { title: "首页", search: "搜索茶叶、帐篷、唱机", shops: "店铺", allShops: "全部店铺", goods: "为你推荐" };
export default zh;
