// index.tsx - one's own money: balance, statement, filling, sending, taking out.
import type { Board } from "@tael/shared";
import { Icon } from "../../ui/Icon";

const board: Board = {
  name: "wallet",
  pages: [{ path: "/wallet", scope: "wallet", load: () => import("./WalletPage") }],
  menu: [{ path: "/wallet", title: "wallet.title", icon: <Icon name="wallet" size={20} />, scope: "wallet", order: 10, place: "me" }],
  cards: [{ name: "wallet", scope: "wallet", order: 10, onMe: true, load: () => import("./WalletCard") }],
};
export default board;
