// index.tsx - the board of the system: keys, webhooks, jobs, and the clock of a sandbox.
import { ClockCircleOutlined, KeyOutlined, ScheduleOutlined, SendOutlined } from "@ant-design/icons";
import type { Board } from "@tael/shared";

const group = "console.group.system";
const board: Board = {
  name: "system",
  pages: [
    { path: "/keys", scope: "keys", load: () => import("./KeysPage") },
    { path: "/webhooks", scope: "keys", load: () => import("./WebhooksPage") },
    { path: "/webhooks/:webhook", scope: "keys", load: () => import("./DeliveriesPage") },
    { path: "/jobs", scope: "supervise", load: () => import("./JobsPage") },
    { path: "/clock", scope: "clock", load: () => import("./ClockPage") },
  ],
  menu: [
    { path: "/keys", title: "system.keys", group, scope: "keys", icon: <KeyOutlined />, order: 80 },
    { path: "/webhooks", title: "system.webhooks", group, scope: "keys", icon: <SendOutlined />, order: 81 },
    { path: "/jobs", title: "system.jobs", group, scope: "supervise", icon: <ScheduleOutlined />, order: 82 },
    { path: "/clock", title: "system.clock", group, scope: "clock", icon: <ClockCircleOutlined />, order: 83 },
  ],
};
export default board;
