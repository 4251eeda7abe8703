// index.tsx - the first page: the cards of all boards, then what is for sale.
import type { Board } from "@tael/shared";
import { Icon } from "../../ui/Icon";

const board: Board = {
  name: "home",
  pages: [{ path: "/", load: () => import("./HomePage") }],
  menu: [{ path: "/", title: "home.title", icon: <Icon name="home" />, order: 10 }],
};
export default board;
