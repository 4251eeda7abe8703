// graph.ts - the ledger's flows as a diagram that runs one way: from those who pay to those who are paid. A flow against
// that way (a refund, a clawback) ends in a node of its own at the far side, since the diagram can hold no circle.
import type { Schema } from "@tael/shared";

export type Flow = Schema<"Flow">;
export type Level = "simple" | "full";
export type Link = { from: string; to: string; amount: number; transfers: number; flows: Flow[] };
export type Node = { id: string; depth: number; back: boolean };

// In the order in which money passes; the same party on both sides of a posting is no flow between parties.
export const parties = ["own", "channels", "buyers", "campaigns", "suspense", "escrow", "sellers", "reserve", "fees", "payouts", "refunds", "bank", "other"] as const;
export type Party = (typeof parties)[number];

const party_of: Record<number, Party> = {
  1001: "bank", 1002: "own", 1101: "channels", 1103: "fees", 1104: "sellers", 2001: "buyers", 2101: "sellers", 2102: "sellers", 2103: "reserve", 2104: "payouts",
  2201: "escrow", 2202: "refunds", 2301: "campaigns", 2401: "suspense", 2501: "fees", 3001: "own", 4001: "fees", 4002: "fees", 5001: "fees", 5002: "own", 5003: "own",
};
const depth_of: Record<Party, number> = { own: 0, channels: 0, buyers: 1, campaigns: 1, suspense: 1, escrow: 2, sellers: 3, reserve: 4, fees: 3, payouts: 4, refunds: 3, bank: 5, other: 3 };
const code_depth: Record<number, number> = { 1002: 0, 3001: 0, 5002: 0, 1101: 0, 2001: 1, 2301: 1, 2401: 1, 2201: 2, 2101: 3, 2501: 3, 2202: 3, 2103: 4, 2102: 4, 1103: 4, 2104: 5, 4001: 5, 5001: 5, 1001: 6 };

export const partyOf = (code: number): Party => party_of[code] ?? "other";

function side(flow: Flow, which: "debit" | "credit", level: Level): { id: string; depth: number } {
  const code = flow[`${which}_code`];
  if (level === "simple") return { id: partyOf(code), depth: depth_of[partyOf(code)] };
  return { id: String(code), depth: code_depth[code] ?? 3 };
}

// Who gave and who got. A captured payment debits the channel's receivable and credits the escrow: the channel brings it;
// where a liability is debited its owner gives. Only between two assets, or from an asset into a cost, the credited side
// gives (a channel remits to the bank). A campaign's budget comes from the market's own money, whatever account it lies in.
function waysOf(flow: Flow, level: Level) {
  const is_asset = (code: number) => code < 2000, is_cost = (code: number) => code >= 5000 && code < 6000;
  const debit = side(flow, "debit", level), credit = side(flow, "credit", level);
  if (is_asset(flow.credit_code) && (is_asset(flow.debit_code) || is_cost(flow.debit_code))) return { from: credit, to: debit };
  if (level === "simple" && flow.debit_code === 1001 && flow.credit_code === 2301) return { from: { id: "own", depth: depth_of.own }, to: credit };
  return { from: debit, to: credit };
}

export function graphOf(flows: Flow[], level: Level): { nodes: Node[]; links: Link[] } {
  const links = new Map<string, Link>(), nodes = new Map<string, Node>();
  const last = Math.max(...Object.values(level === "simple" ? depth_of : code_depth)) + 1;
  for (const flow of flows) {
    const { from, to } = waysOf(flow, level);
    if (from.id === to.id) continue;
    const is_back = to.depth <= from.depth;
    const target = is_back ? `${to.id}/back` : to.id;
    nodes.set(from.id, { ...from, back: false });
    nodes.set(target, is_back ? { id: target, depth: last, back: true } : { ...to, back: false });
    const key = `${from.id}>${target}`;
    const link = links.get(key) ?? { from: from.id, to: target, amount: 0, transfers: 0, flows: [] };
    link.amount += flow.amount;
    link.transfers += flow.transfers;
    link.flows.push(flow);
    links.set(key, link);
  }
  return { nodes: [...nodes.values()], links: [...links.values()].sort((a, b) => b.amount - a.amount) };
}
