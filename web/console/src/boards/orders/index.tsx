// index.tsx - the board of orders and payments as the market's staff see them.
import { CreditCardOutlined, ProfileOutlined } from "@ant-design/icons";
import type { Board } from "@tael/shared";

const board: Board = {
  name: "orders",
  pages: [
    { path: "/orders", scope: "supervise", load: () => import("./OrdersPage") },
    { path: "/orders/:order", scope: "supervise", load: () => import("./StoryPage") },
    { path: "/payments", scope: "supervise", load: () => import("./PaymentsPage") },
    { path: "/payments/:payment", scope: "supervise", load: () => import("./PaymentPage") },
  ],
  menu: [
    { path: "/orders", title: "orders.title", group: "console.group.work", scope: "supervise", icon: <ProfileOutlined />, order: 20 },
    { path: "/payments", title: "orders.payments", group: "console.group.work", scope: "supervise", icon: <CreditCardOutlined />, order: 21 },
  ],
  cards: [{ name: "latest", scope: "supervise", order: 35, width: 4, load: () => import("./Latest") }],
};
export default board;
