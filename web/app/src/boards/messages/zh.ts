import type { Same } from "@tael/shared";
import type en from "./en";

const zh: Same<typeof en> = { title: "消息", emptyTitle: "暂无消息", emptyText: "订单与包裹的动态会显示在这里。", new: "新", about: "{{shop}}", whole: "您的订单" };
export default zh;
