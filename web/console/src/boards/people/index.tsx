// index.tsx - the board of persons and merchants: roles, freezes, contracts.
import { ShopOutlined, TeamOutlined } from "@ant-design/icons";
import type { Board } from "@tael/shared";

const group = "console.group.people", scope = "supervise";
const board: Board = {
  name: "people",
  pages: [{ path: "/users", scope, load: () => import("./UsersPage") }, { path: "/sellers", scope, load: () => import("./SellersPage") }],
  menu: [{ path: "/users", title: "people.users", group, scope, icon: <TeamOutlined />, order: 40 }, { path: "/sellers", title: "people.sellers", group, scope, icon: <ShopOutlined />, order: 41 }],
};
export default board;
