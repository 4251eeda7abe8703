// theme.ts - light, dark, or as the system asks; remembered. The document's data-theme carries the answer for style
// sheets, useTheme for components.
import { useSyncExternalStore } from "react";

export type ThemeChoice = "auto" | "light" | "dark";
const stored = "tael.theme";
const system = window.matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

function read(): ThemeChoice {
  const found = localStorage.getItem(stored);
  return found === "light" || found === "dark" ? found : "auto";
}

let choice = read();

const isDark = () => (choice === "auto" ? system.matches : choice === "dark");

function apply() {
  document.documentElement.dataset.theme = isDark() ? "dark" : "light";
  // antd-mobile's own switch
  document.documentElement.dataset.prefersColorScheme = isDark() ? "dark" : "light";
  for (const tell of listeners) tell();
}

export function setTheme(next: ThemeChoice) {
  choice = next;
  if (next === "auto") localStorage.removeItem(stored);
  else localStorage.setItem(stored, next);
  apply();
}

system.addEventListener("change", apply);
apply();

function subscribe(tell: () => void) {
  listeners.add(tell);
  return () => void listeners.delete(tell);
}

export function useTheme(): { choice: ThemeChoice; dark: boolean; set: (next: ThemeChoice) => void } {
  const now = useSyncExternalStore(subscribe, () => choice);
  const dark = useSyncExternalStore(subscribe, isDark);
  return { choice: now, dark, set: setTheme };
}

// The nonce of this page, for whoever adds styles (antd's ConfigProvider: csp={{ nonce }}).
export const nonce = document.querySelector<HTMLElement>('meta[property="csp-nonce"]')?.nonce ?? "";
