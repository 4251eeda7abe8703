// index.ts - the board of the first page.
import type { Board } from "@tael/shared";

const board: Board = {
  name: "home",
  pages: [{ path: "/", load: () => import("./HomePage") }],
  menu: [{ path: "/", title: "home.title", order: 10 }],
};
export default board;
