// Chip.tsx - a state in its colour; the word is the caller's, already translated.
const tones: Record<string, "good" | "wait" | "bad" | "calm"> = {
  paid: "good", completed: "good", delivered: "good", succeeded: "good", approved: "good", done: "good", open: "wait", active: "good",
  captured: "good", in_force: "good", accepted: "good", refunded: "calm", partly_refunded: "calm", returned: "calm",
  placed: "wait", pending: "wait", created: "wait", shipped: "wait", waiting: "wait", unknown: "wait", journalled: "wait", asked: "wait",
  proposed: "wait", labelled: "calm", handed_over: "wait", in_transit: "wait", out_for_delivery: "wait",
  failed: "bad", declined: "bad", cancelled: "calm", rejected: "bad", refused: "bad", lost: "bad", frozen: "bad", given_up: "bad",
};

export function Chip(props: { state: string; children: string }) {
  return <span className={`t-chip ${tones[props.state] ?? "calm"}`}>{props.children}</span>;
}
