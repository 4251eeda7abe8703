// events.ts - what happens, as it happens: server-sent events, resumed by the browser from the last one seen.
import { useEffect, useRef, useState } from "react";
import type { Schema } from "../api/types";

export type LiveEvent = Schema<"Event">;

export function useEvents(onEvent: (e: LiveEvent) => void, options: { enabled?: boolean; url?: string } = {}): { live: boolean } {
  const { enabled = true, url = "/v1/events" } = options;
  const [live, setLive] = useState(false);
  const tell = useRef(onEvent);
  tell.current = onEvent;
  useEffect(() => {
    if (!enabled) return;
    const source = new EventSource(url);
    const take = (m: MessageEvent) => tell.current(JSON.parse(m.data as string) as LiveEvent);
    source.onopen = () => setLive(true);
    source.onerror = () => setLive(false);
    source.onmessage = take;
    source.addEventListener("event", take as EventListener);
    return () => {
      source.close();
      setLive(false);
    };
  }, [enabled, url]);
  return { live };
}
