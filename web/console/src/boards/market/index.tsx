// index.tsx - the first page: a dashboard of tiles that all boards bring, and the market's own.
import { DashboardOutlined } from "@ant-design/icons";
import type { Board } from "@tael/shared";

const board: Board = {
  name: "market",
  pages: [{ path: "/", load: () => import("./Dashboard") }],
  menu: [{ path: "/", title: "market.title", icon: <DashboardOutlined />, order: 10 }],
  cards: [
    { name: "figures", scope: "supervise", order: 10, width: 4, load: () => import("./Figures") },
    { name: "sales", scope: "supervise", order: 20, width: 2, load: () => import("./SalesChart") },
    { name: "money", scope: "supervise", order: 30, width: 2, load: () => import("./MoneyChart") },
    { name: "todo", scope: "supervise", order: 40, width: 2, load: () => import("./ToDo") },
    { name: "engine", scope: "supervise", order: 50, width: 2, load: () => import("./EngineChart") },
  ],
};
export default board;
