// main.tsx - the buyer's application: its boards, its words, its first render.
import { start } from "@tael/shared/start";
import { App } from "./App";
import { words } from "./boards";
import "./app.css";

void start(<App />, [{ en: () => import("./words/en"), zh: () => import("./words/zh") }, words]);
