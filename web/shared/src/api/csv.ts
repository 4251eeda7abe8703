// csv.ts - everything a list holds under its filters as one CSV file: page after page by cursor until the end, never cut
// silently. Text that a spreadsheet would take for a formula is made harmless.
import { api } from "./client";

// plain: digits of our own making, which may begin with a minus.
export type CsvColumn = { title: string; value: (row: never) => string | number | null | undefined; plain?: boolean };
const page_size = 200;

export function csvCell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

type Ask = { path?: Record<string, string> | undefined; query: Record<string, unknown> };
type Page = { items: never[]; next: string | null };

export async function exportCsv(path: string, ask: Ask, columns: CsvColumn[], told: (rows: number) => void, stop: AbortSignal): Promise<Blob> {
  const parts: string[] = ["\uFEFF", columns.map((c) => csvCell(c.title)).join(","), "\r\n"];
  const get = api.get as unknown as (p: string, a: unknown) => Promise<Page>;
  let after = "", rows = 0;
  do {
    const page = await get(path, { path: ask.path, query: { ...ask.query, limit: page_size, after }, signal: stop });
    for (const row of page.items) parts.push(columns.map((c) => (c.plain ? String(c.value(row) ?? "") : csvCell(c.value(row)))).join(","), "\r\n");
    rows += page.items.length;
    told(rows);
    after = page.next ?? "";
  } while (after !== "" && !stop.aborted);
  return new Blob(parts, { type: "text/csv;charset=utf-8" });
}

export function download(blob: Blob, name: string) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
