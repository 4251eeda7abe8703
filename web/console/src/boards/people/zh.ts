import type { Same } from "@tael/shared";
import type en from "./en";

const zh: Same<typeof en> = {
  users: "用户", usersLead: "所有可登录的人：可做什么，是否可用。", name: "姓名", email: "邮箱", role: "角色", kind: "类型", state: "状态", since: "注册时间", organisation: "组织",
  freeze: "冻结", unfreeze: "解冻", askFreeze: "确认冻结该用户？其全部会话将结束。", setRole: "角色", add: "添加用户", password: "初始密码", passwordHint: "至少 10 个字符", change: "更改角色",
  sellers: "商家", sellersLead: "销售组织、其店铺及待批准的合同。", addSeller: "引入商家", addSellerLead: "创建组织、法律主体和首个登录；店铺由商家自行开设。", person: "联系人姓名", seller: "商家", shops: "店铺", open: "店铺与合同",
  contract: "合同", commission: "佣金", reserve: "保证金", settles: "结算", days: "{{n}} 天", businessDays: "{{n}} 个工作日", approve: "批准", refuse: "驳回", noShops: "暂无店铺", noShopsText: "商家开店后，合同会在此等待批准。", noReason: "",
  one: "用户", phone: "电话",
};
export default zh;
