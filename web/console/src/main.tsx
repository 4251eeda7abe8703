// main.tsx - the console: its boards, its words, its first render.
import { nonce } from "@tael/shared";
import { start } from "@tael/shared/start";
import { App } from "./App";
import { words } from "./boards";
import "./console.css";

// Some helpers below antd add a style (the page that stays put behind a drawer) without the page's nonce.
const make = document.createElement.bind(document);
document.createElement = ((name: string, options?: ElementCreationOptions) => {
  const made = make(name, options);
  if (name === "style") made.nonce = nonce;
  return made;
}) as typeof document.createElement;

void start(<App />, [{ en: () => import("./words/en"), zh: () => import("./words/zh") }, words]);
