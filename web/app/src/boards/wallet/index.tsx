// index.tsx - one's own money: balance, statement, filling, sending, taking out.
import type { Board } from "@tael/shared";

const board: Board = {
  name: "wallet",
  pages: [{ path: "/wallet", scope: "wallet", load: () => import("./WalletPage") }],
  cards: [{ name: "wallet", scope: "wallet", order: 10, load: () => import("./WalletCard") }],
};
export default board;
