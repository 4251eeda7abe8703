// main.tsx - the console: its boards, its words, its first render.
import { start } from "@tael/shared/start";
import { App } from "./App";
import { words } from "./boards";
import "./console.css";

void start(<App />, [{ en: () => import("./words/en"), zh: () => import("./words/zh") }, words]);
