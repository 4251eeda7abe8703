// index.tsx - what happened to one's orders.
import type { Board } from "@tael/shared";

const board: Board = {
  name: "messages",
  pages: [{ path: "/messages", scope: "buy", load: () => import("./MessagesPage") }],
};
export default board;
