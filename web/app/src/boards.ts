// boards.ts - finds the boards by their folders.
import { boardWords, gatherBoards } from "@tael/shared";

export const { boards, pages, menu, placed, cards, over } = gatherBoards(import.meta.glob("./boards/*/index.ts*", { eager: true }));
export const words = boardWords(
  import.meta.glob("./boards/*/en.ts") as Record<string, () => Promise<unknown>>,
  import.meta.glob("./boards/*/zh.ts") as Record<string, () => Promise<unknown>>,
);
