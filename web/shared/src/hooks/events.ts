// events.ts - what happens, as it happens: server-sent events (WHATWG HTML §9.2), read from the response itself because each
// comes under its own type's name, which EventSource hands only to who knows it beforehand. When the connection ends it is
// made again after the last event seen, so nothing is missed and nothing comes twice.
import { useEffect, useRef, useState } from "react";
import { takeEvents, type LiveEvent } from "../api/stream";

async function listen(url: string, after: string, signal: AbortSignal, on: { open: () => void; event: (e: LiveEvent) => void }) {
  const headers: Record<string, string> = { Accept: "text/event-stream" };
  if (after) headers["Last-Event-ID"] = after;
  const answer = await fetch(url, { headers, signal });
  if (!answer.ok || !answer.body) throw new Error(String(answer.status));
  on.open();
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ""; ; ) {
    const { done, value } = await reader.read();
    if (done) return;
    const { events, rest } = takeEvents(text + value);
    text = rest;
    for (const e of events) on.event(e);
  }
}

const longest_wait_ms = 15_000;

export function useEvents(onEvent: (e: LiveEvent) => void, options: { enabled?: boolean; url?: string } = {}): { live: boolean } {
  const { enabled = true, url = "/v1/events" } = options;
  const [live, setLive] = useState(false);
  const tell = useRef(onEvent);
  tell.current = onEvent;
  useEffect(() => {
    if (!enabled) return;
    const stop = new AbortController();
    let after = "", wait = 500, timer: ReturnType<typeof setTimeout> | undefined;
    const open = () => {
      wait = 500;
      setLive(true);
    };
    const event = (e: LiveEvent) => {
      after = e.id;
      tell.current(e);
    };
    const run = () =>
      void listen(url, after, stop.signal, { open, event })
        .catch(() => undefined)
        .then(() => {
          if (stop.signal.aborted) return;
          setLive(false);
          timer = setTimeout(run, wait);
          wait = Math.min(2 * wait, longest_wait_ms);
        });
    run();
    return () => {
      stop.abort();
      clearTimeout(timer);
      setLive(false);
    };
  }, [enabled, url]);
  return { live };
}
