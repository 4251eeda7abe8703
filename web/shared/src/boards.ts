// boards.ts - how a board plugs in: one folder, src/boards/NAME/, whose index.ts exports a Board by default, with en.ts and
// zh.ts for its words beside it. Pages, menu entries, home cards and dashboard tiles all come from there; nothing
// elsewhere names a board.
import type { ComponentType, ReactNode } from "react";

export type BoardPage = {
  path: string; // "/orders/:order"
  scope?: string; // who may see it; left out: anyone
  load: () => Promise<{ default: ComponentType }>;
};

export type BoardEntry = {
  path: string;
  title: string; // a key of the board's words
  group?: string; // a key: the heading it stands under
  icon?: ReactNode;
  scope?: string;
  order: number; // smaller comes first
  // Left out: the main menu. In the app also: beside it at the top, on the page "Me", or among its settings.
  place?: "top" | "me" | "settings";
  Badge?: ComponentType; // a small count on the icon
};

export type BoardCard = {
  name: string;
  scope?: string;
  order: number;
  width?: 1 | 2 | 3 | 4; // columns of a dashboard
  onMe?: boolean; // in the app: on the page "Me" too
  load: () => Promise<{ default: ComponentType }>;
};

export type Board = {
  name: string;
  pages: BoardPage[];
  menu?: BoardEntry[];
  cards?: BoardCard[]; // home cards of the app, dashboard tiles of the console
  over?: () => Promise<{ default: ComponentType }>; // drawn over every page of the app: a tour, a call
};

// From import.meta.glob("./boards/*/index.ts", { eager: true }).
export function gatherBoards(found: Record<string, unknown>) {
  const boards = Object.values(found).map((m) => (m as { default: Board }).default);
  const by_order = (a: { order: number }, b: { order: number }) => a.order - b.order;
  const entries = boards.flatMap((b) => b.menu ?? []).sort(by_order);
  return {
    boards,
    pages: boards.flatMap((b) => b.pages),
    menu: entries.filter((e) => e.place === undefined),
    placed: (place: BoardEntry["place"]) => entries.filter((e) => e.place === place),
    cards: boards.flatMap((b) => b.cards ?? []).sort(by_order),
    over: boards.flatMap((b) => b.over ?? []),
  };
}

// From import.meta.glob("./boards/*/en.ts") and the same for zh: a source of words for startI18n. Each board's words
// stand under its own name.
export function boardWords(en: Record<string, () => Promise<unknown>>, zh: Record<string, () => Promise<unknown>>) {
  const all = (found: typeof en) => async () => {
    const modules = await Promise.all(Object.entries(found).map(async ([at, load]) => [at.split("/").at(-2)!, await load()] as const));
    return { default: Object.fromEntries(modules.map(([name, m]) => [name, (m as { default: never }).default])) };
  };
  return { en: all(en), zh: all(zh) };
}
