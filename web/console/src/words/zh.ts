// zh.ts - 控制台框架的文字；各板块的文字在各自的文件夹中。
import type { Same } from "@tael/shared";
import type en from "./en";

const zh: Same<typeof en> = { console: { name: "Tael 控制台" } };
export default zh;
