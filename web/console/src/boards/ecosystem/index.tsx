// index.tsx - the board of the ecosystem view: where money flows between everybody, down to the postings.
import { ShareAltOutlined } from "@ant-design/icons";
import type { Board } from "@tael/shared";

const board: Board = {
  name: "ecosystem",
  pages: [{ path: "/ecosystem", scope: "supervise", load: () => import("./EcosystemPage") }],
  menu: [{ path: "/ecosystem", title: "ecosystem.title", group: "console.group.work", scope: "supervise", icon: <ShareAltOutlined />, order: 22 }],
};
export default board;
