// index.tsx - oneself: signing in, profile, sessions, language and look.
import type { Board } from "@tael/shared";
import { Icon } from "../../ui/Icon";

const board: Board = {
  name: "me",
  pages: [
    { path: "/me", load: () => import("./MePage") },
    { path: "/security", scope: "self", load: () => import("./SecurityPage") },
    { path: "/sign-in", load: () => import("./SignInPage") },
  ],
  menu: [{ path: "/me", title: "me.title", icon: <Icon name="me" />, order: 50 }],
};
export default board;
