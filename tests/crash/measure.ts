// measure.ts - what a long load is judged by: how long answers took, and what the server's process holds.
import { readdirSync, readFileSync } from "node:fs";

// The share `part` (0.5, 0.99) of the numbers is at or below it; 0 of none.
export function quantile(numbers: number[], part: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

export const mean = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0) / Math.max(1, numbers.length);

// Memory of its own (not the page cache's) in KiB, and open descriptors.
export function holds(pid: number): { kib: number; files: number } {
  const kib = Number(/^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]);
  return { kib, files: readdirSync(`/proc/${pid}/fd`).length };
}
