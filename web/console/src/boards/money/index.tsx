// index.tsx - the board of money matters of the market: channels, breaks, campaigns, payouts, and what needs two persons.
import { ApiOutlined, AuditOutlined, BankOutlined, GiftOutlined, WarningOutlined } from "@ant-design/icons";
import type { Board } from "@tael/shared";

const group = "console.group.money", scope = "supervise";
const board: Board = {
  name: "money",
  pages: [
    { path: "/approvals", scope, load: () => import("./ApprovalsPage") },
    { path: "/breaks", scope, load: () => import("./BreaksPage") },
    { path: "/campaigns", scope, load: () => import("./CampaignsPage") },
    { path: "/campaigns/:campaign", scope, load: () => import("./CampaignPage") },
    { path: "/channels", scope, load: () => import("./ChannelsPage") },
    { path: "/payouts", scope, load: () => import("./PayoutsPage") },
  ],
  menu: [
    { path: "/approvals", title: "money.approvals", group, scope, icon: <AuditOutlined />, order: 30 },
    { path: "/breaks", title: "money.breaks", group, scope, icon: <WarningOutlined />, order: 31 },
    { path: "/payouts", title: "money.payouts", group, scope, icon: <BankOutlined />, order: 32 },
    { path: "/campaigns", title: "money.campaigns", group, scope, icon: <GiftOutlined />, order: 33 },
    { path: "/channels", title: "money.channels", group, scope, icon: <ApiOutlined />, order: 34 },
  ],
};
export default board;
