// toast.tsx - a line that says what became of something, for a few seconds, and to screen readers too.
import { useSyncExternalStore } from "react";
import { Icon } from "./Icon";

type Said = { id: number; text: string; good: boolean };
let said: Said[] = [];
let last = 0;
const listeners = new Set<() => void>();

function change(next: Said[]) {
  said = next;
  for (const tell of listeners) tell();
}

export function toast(text: string, good = false) {
  const id = ++last;
  change([...said.slice(-2), { id, text, good }]);
  setTimeout(() => change(said.filter((s) => s.id !== id)), 3000 + 40 * text.length);
}

function subscribe(tell: () => void) {
  listeners.add(tell);
  return () => void listeners.delete(tell);
}

export function Toasts() {
  const all = useSyncExternalStore(subscribe, () => said);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {all.map((s) => (
        <div key={s.id} className="toast">
          {s.good && <Icon name="check" size={20} />}
          <span>{s.text}</span>
        </div>
      ))}
    </div>
  );
}
