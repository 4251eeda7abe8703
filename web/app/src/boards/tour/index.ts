// index.ts - the tour of a demonstration: five steps, on the first visit.
import type { Board } from "@tael/shared";

const board: Board = { name: "tour", pages: [] };
export default board;
