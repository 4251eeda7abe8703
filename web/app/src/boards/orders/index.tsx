// index.tsx - what was bought: orders, parcels, cancelling, returns, reviews.
import type { Board } from "@tael/shared";
import { Icon } from "../../ui/Icon";

const board: Board = {
  name: "orders",
  pages: [
    { path: "/orders", load: () => import("./OrdersPage") },
    { path: "/orders/:order", load: () => import("./OrderPage") },
  ],
  menu: [{ path: "/orders", title: "orders.title", icon: <Icon name="orders" />, order: 40 }],
};
export default board;
