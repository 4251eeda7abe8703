import type { Same } from "@tael/shared";
import type en from "./en";

const zh: Same<typeof en> = { title: "首页" };
export default zh;
