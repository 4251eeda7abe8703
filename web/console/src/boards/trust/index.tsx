// index.tsx - the board of proofs: what a supervisor looks at, reading only.
import { CheckCircleOutlined, FileProtectOutlined, HistoryOutlined, SafetyOutlined, TableOutlined } from "@ant-design/icons";
import type { Board } from "@tael/shared";

const group = "console.group.trust", scope = "supervise";
const board: Board = {
  name: "trust",
  pages: [
    { path: "/proofs", scope, load: () => import("./ProofsPage") },
    { path: "/safeguarding", scope, load: () => import("./SafeguardingPage") },
    { path: "/trial-balance", scope, load: () => import("./TrialPage") },
    { path: "/audit", scope, load: () => import("./AuditPage") },
    { path: "/checkpoints", scope, load: () => import("./CheckpointsPage") },
    { path: "/accounts/:account", scope, load: () => import("./AccountPage") },
  ],
  menu: [
    { path: "/proofs", title: "trust.proofs", group, scope, icon: <CheckCircleOutlined />, order: 60 },
    { path: "/safeguarding", title: "trust.safeguarding", group, scope, icon: <SafetyOutlined />, order: 61 },
    { path: "/trial-balance", title: "trust.trial", group, scope, icon: <TableOutlined />, order: 62 },
    { path: "/audit", title: "trust.audit", group, scope, icon: <HistoryOutlined />, order: 63 },
    { path: "/checkpoints", title: "trust.checkpoints", group, scope, icon: <FileProtectOutlined />, order: 64 },
  ],
};
export default board;
