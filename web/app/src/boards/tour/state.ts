// state.ts - whether the tour was seen; it can be asked for again.
const stored = "tael.toured";
const listeners = new Set<() => void>();

export const wasToured = () => localStorage.getItem(stored) === "yes";

export function endTour() {
  localStorage.setItem(stored, "yes");
  for (const tell of listeners) tell();
}

export function restartTour() {
  localStorage.removeItem(stored);
  for (const tell of listeners) tell();
}

export function subscribeTour(tell: () => void) {
  listeners.add(tell);
  return () => void listeners.delete(tell);
}
