// index.tsx - the tour of a demonstration: five steps, on the first visit and when it is asked for.
import type { Board } from "@tael/shared";
import { Icon } from "../../ui/Icon";

const board: Board = {
  name: "tour",
  pages: [],
  menu: [{ path: "/?tour=again", title: "tour.again", icon: <Icon name="spark" size={20} />, order: 10, place: "settings" }],
  over: () => import("./Tour"),
};
export default board;
