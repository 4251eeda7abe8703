// index.tsx - what happened to one's orders.
import type { Board } from "@tael/shared";
import { Icon } from "../../ui/Icon";
import { NewBadge } from "./badge";

const board: Board = {
  name: "messages",
  pages: [{ path: "/messages", scope: "buy", load: () => import("./MessagesPage") }],
  menu: [
    { path: "/messages", title: "messages.title", icon: <Icon name="bell" />, order: 10, place: "top", Badge: NewBadge },
    { path: "/messages", title: "messages.title", icon: <Icon name="bell" size={20} />, scope: "buy", order: 20, place: "me" },
  ],
};
export default board;
