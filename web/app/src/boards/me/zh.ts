import type { Same } from "@tael/shared";
import type en from "./en";

const zh: Same<typeof en> = {
  title: "我的", signInTitle: "欢迎回来", registerTitle: "注册账号", email: "邮箱", password: "密码", name: "姓名", newHere: "新用户？立即注册", known: "已有账号，去登录", register: "注册", passwordHint: "至少 12 个字符",
  demoTitle: "选择试用身份", demoText: "这是沙箱，数据均为虚构。所有账号的密码均为", buyer: "买家", seller: "商家", operator: "运营", supervisor: "监管", lead: "店铺、钱包、包裹，一处搞定。", point1: "您的资金单独存管，每日核对，一分不差。", point2: "您收到货后，商家才会收到货款。", point3: "多家店铺一次结算：要么全部成功，要么都不发生。",
  profile: "个人资料", phone: "电话", address: "地址", saved: "已保存。", number: "我的编号", security: "登录与安全", settings: "设置",
  sessions: "登录设备", thisOne: "当前", since: "登录于 {{time}}", seen: "最近使用 {{time}}", end: "下线", endOthers: "下线其他全部设备", ended: "已下线。", change: "修改密码", current: "当前密码", fresh: "新密码", changed: "密码已修改，其他设备已下线。", unknownDevice: "未知地址",
  goConsole: "打开控制台",
};
export default zh;
