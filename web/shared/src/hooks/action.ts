// action.ts - one thing a person does: it runs once however often the button is pressed, keeps its Idempotency-Key until
// the server has given a clear answer, and tells what is going on.
import { useRef, useState } from "react";
import { newKey } from "../api/client";
import { Problem } from "../api/problem";

// The outcome is open after a lost connection or a server in trouble: the next try must carry the same key and say the
// same.
export const isUnanswered = (e: unknown) => e instanceof Problem && (e.status === 0 || e.status >= 500 || e.code === "in_flight");

export function useAction<A extends unknown[], R>(run: (key: string, ...args: A) => Promise<R>) {
  const key = useRef(""), busy = useRef(false);
  const [state, setState] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: null });
  async function start(...args: A): Promise<R | undefined> {
    if (busy.current) return undefined;
    busy.current = true;
    key.current ||= newKey();
    setState({ busy: true, error: null });
    try {
      const done = await run(key.current, ...args);
      key.current = "";
      setState({ busy: false, error: null });
      return done;
    } catch (error) {
      if (!isUnanswered(error)) key.current = "";
      setState({ busy: false, error });
      throw error;
    } finally {
      busy.current = false;
    }
  }
  return { start, busy: state.busy, error: state.error, isOpen: isUnanswered(state.error), clear: () => setState({ busy: false, error: null }) };
}
