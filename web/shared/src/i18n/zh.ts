// zh.ts - 两个应用共用的文字。
import type en from "./en";
import type { Same } from "./i18n";

const zh: Same<typeof en> = {
  common: {
    retry: "重试", cancel: "取消", close: "关闭", save: "保存", back: "返回", more: "加载更多", loading: "加载中",
    yes: "是", no: "否", signIn: "登录", signOut: "退出登录", language: "语言", theme: "外观",
    themeAuto: "自动", themeLight: "浅色", themeDark: "深色", all: "全部", none: "无", confirm: "确认",
    search: "搜索", done: "完成", next: "下一步", skip: "跳过", copied: "已复制", copy: "复制", end: "已全部显示",
  },
  state: {
    emptyTitle: "暂无内容", emptyText: "有动态时会显示在这里。",
    errorTitle: "操作未成功", offlineTitle: "网络未连接",
    offlineText: "不会丢失：已提交的操作要么只执行一次，要么不执行。恢复网络后请重试。",
    offlineBar: "当前离线，数字可能不是最新。",
    forbiddenTitle: "当前账号无权查看", forbiddenText: "您的角色不包含此功能，请换账号登录。",
    signedOutTitle: "请先登录", signedOutText: "登录后即可查看您的内容。",
    missingTitle: "页面不存在", missingText: "链接可能已失效或有误。",
  },
  problem: {
    unexpected: "出了点问题", offline: "无法连接到市场",
    malformed: "部分内容无法使用", unauthenticated: "请先登录", forbidden: "当前账号无权操作",
    not_found: "未找到", method_not_allowed: "此处不支持", request_timeout: "请求超时",
    conflict: "内容已发生变化", in_flight: "仍在处理中", too_large: "内容过大", uri_too_long: "地址过长",
    media_type: "不支持的数据格式", rule_refused: "不符合规则", insufficient_funds: "余额不足",
    insufficient_stock: "库存不足", expired: "已过期", idempotency_key_reused: "该请求已用其他内容提交过",
    period_closed: "该期间账务已关闭", rate_limited: "请求过于频繁，请稍候",
    headers_too_large: "发送内容过多", internal: "系统故障", not_supported: "此处不支持",
    overloaded: "系统繁忙", store_unavailable: "存储暂不可用",
    outcome_unknown: "结果暂未确定", channel_unavailable: "支付渠道无响应", no_memory: "系统繁忙",
  },
};
export default zh;
