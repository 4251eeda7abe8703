// stream.ts - server-sent events out of text that comes in pieces.
import type { Schema } from "./types";

export type LiveEvent = Schema<"Event">;

// Cuts whole events out of the text so far; the rest waits for more. The data is the event whole, its id and type too.
export function takeEvents(text: string): { events: LiveEvent[]; rest: string } {
  const blocks = text.replace(/\r\n?/g, "\n").split("\n\n");
  const rest = blocks.pop() ?? "";
  const events = blocks.flatMap((block) => {
    const data = block.split("\n").flatMap((line) => (line.startsWith("data:") ? [line.slice(5)] : []));
    return data.length > 0 ? [JSON.parse(data.join("\n")) as LiveEvent] : [];
  });
  return { events, rest };
}
