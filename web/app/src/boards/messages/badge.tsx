// badge.tsx - whether something came since the messages were last looked at.
import { useList, useSession, useWords } from "@tael/shared";
import { useSyncExternalStore } from "react";

const stored = "tael.seen";
const listeners = new Set<() => void>();

export const lastSeen = () => localStorage.getItem(stored) ?? "";

export function setSeen(event: string) {
  localStorage.setItem(stored, event);
  for (const tell of listeners) tell();
}

function subscribe(tell: () => void) {
  listeners.add(tell);
  return () => void listeners.delete(tell);
}

export function NewBadge() {
  const { t } = useWords();
  const { has } = useSession();
  const seen = useSyncExternalStore(subscribe, lastSeen);
  const newest = useList("/v1/messages", { limit: 1, enabled: has("buy"), refetchInterval: 30_000 }).items[0]?.event;
  if (!newest || newest <= seen) return null;
  return (
    <i className="badge dot">
      <span className="t-only-heard">{t("messages.new")}</span>
    </i>
  );
}
