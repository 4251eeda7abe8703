// index.tsx - cart and cashier.
import type { Board } from "@tael/shared";
import { Icon } from "../../ui/Icon";
import { CartBadge } from "./badge";

const board: Board = {
  name: "cart",
  pages: [
    { path: "/cart", load: () => import("./CartPage") },
    { path: "/cashier", load: () => import("./CashierPage") },
    { path: "/orders/:order/paying", load: () => import("./PayingPage") },
  ],
  menu: [{ path: "/cart", title: "cart.title", icon: <Icon name="cart" />, order: 30, Badge: CartBadge }],
};
export default board;
