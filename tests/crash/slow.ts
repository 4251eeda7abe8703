// slow.ts - thousands of connections that send a byte of their heads every few seconds (slowloris), opened again as soon as the
// server drops them, while ordinary clients read and write: none of those is refused or fails, their p99 stays within a
// fifth (or 10 ms) of what it was before, and a slow connection costs at most 16 KiB.
//
//   ./dev crash slow --sockets 10000 --seconds 30 [--planted]
//
// --planted stops the server for a second under the attack, as if it had waited for a slow one: the longest answer must tell.
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { parseArgs } from "node:util";
import { must } from "../lib/client.ts";
import { Market } from "../lib/market.ts";
import { buildWorld, conclude, newAsk, random, send, type World } from "./load.ts";
import { holds, quantile } from "./measure.ts";

const clients = 8, byteEvery_ms = 5_000, opened_at_once = 200, kibEach = 16;
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));
export type Report = { sockets: number; dropped: number; answered: number; before_ms: number; during_ms: number; kibEach: number };

// The slow ones, in a process of their own (`crowd` below), so that they take no time of those who measure.
class Crowd {
  private readonly sockets = new Set<Socket>();
  private readonly port: number;
  dropped = 0;

  constructor(port: number) { this.port = port; }

  private open() {
    const s = connect(this.port, "127.0.0.1", () => s.write("GET /healthz HTTP/1.1\r\nHost: slow\r\nX-"));
    const beat = setInterval(() => s.write("a"), byteEvery_ms);
    s.on("error", () => {}).on("data", () => {}).on("close", () => {
      clearInterval(beat);
      this.sockets.delete(s);
      this.dropped++;
      this.open();
    });
    this.sockets.add(s);
  }

  async gather(count: number) {
    while (this.sockets.size < count) {
      for (let i = 0; i < opened_at_once && this.sockets.size < count; i++) this.open();
      await pause(20);
    }
  }
}

// Says that all are there, then how many were dropped when it is asked.
async function crowd(port: number, count: number) {
  const slow = new Crowd(port);
  process.on("message", () => process.send!(slow.dropped));
  await slow.gather(count);
  process.send!("there");
}

// Ordinary service for a while: how long each answer took.
async function serveAWhile(market: Market, world: World, draw: () => number, seconds: number): Promise<number[]> {
  const took: number[] = [], until = Date.now() + seconds * 1000;
  await Promise.all(Array.from({ length: clients }, async () => {
    for (let n = 0; Date.now() < until || took.length < 200; n++) {
      const began = performance.now();
      if (n % 2 === 0) must(await world.books.get(`/v1/accounts/${world.accounts[n % 6]}`));
      else must(await send(market.server.url, newAsk(world, draw)));
      took.push(performance.now() - began);
    }
  }));
  return took;
}

export async function slowRound(count: number, seconds: number, seed: number, planted: boolean): Promise<Report> {
  const market = await Market.open("sqlite"), world = await buildWorld(market), draw = random(seed);
  await serveAWhile(market, world, draw, 2); // warm
  const before = await serveAWhile(market, world, draw, seconds / 2), own = holds(market.server.pid);
  const slow = fork(import.meta.filename, ["crowd", new URL(market.server.url).port, String(count)]);
  await once(slow, "message");
  let crowded = holds(market.server.pid);
  for (const until = Date.now() + 20_000; crowded.files - own.files < count * 0.9 && Date.now() < until; crowded = holds(market.server.pid)) await pause(100);
  const load = serveAWhile(market, world, draw, seconds);
  if (planted) {
    process.kill(market.server.pid, "SIGSTOP");
    await pause(1_000);
    process.kill(market.server.pid, "SIGCONT");
  }
  const during = await load;
  slow.send("how many?");
  const [dropped] = await once(slow, "message");
  slow.kill("SIGKILL");
  const report: Report = {
    sockets: crowded.files - own.files, dropped, answered: during.length,
    before_ms: quantile(before, 0.99), during_ms: quantile(during, 0.99), kibEach: (crowded.kib - own.kib) / count,
  };
  await market.close();
  assert.ok(report.sockets >= count * 0.9, `only ${report.sockets} of the slow connections were let in at once`);
  assert.ok(report.dropped > 0, "slow connections are dropped");
  assert.ok(report.kibEach <= kibEach, `a slow connection costs ${report.kibEach.toFixed(1)} KiB`);
  assert.ok(report.during_ms <= Math.max(report.before_ms * 1.2, report.before_ms + 10),
    `p99 of the others: ${report.before_ms.toFixed(1)} ms before, ${report.during_ms.toFixed(1)} ms beside them`);
  const longest = during.reduce((most, ms) => Math.max(most, ms), 0);
  assert.ok(longest < 900, `one of the others waited for ${longest.toFixed(0)} ms`);
  return report;
}

async function main() {
  const { values } = parseArgs({ options: {
    sockets: { type: "string", default: "10000" }, seconds: { type: "string", default: "30" },
    seed: { type: "string", default: String(Date.now() % 1e6) }, planted: { type: "boolean", default: false },
  } });
  await conclude(values.seed, async () => {
    const r = await slowRound(Number(values.sockets), Number(values.seconds), Number(values.seed), values.planted);
    return `${r.sockets} slow connections at once, ${r.dropped} dropped, ${r.kibEach.toFixed(1)} KiB each; ${r.answered} others answered, none refused, p99 ${r.before_ms.toFixed(1)} ms before and ${r.during_ms.toFixed(1)} ms beside them`;
  });
}

if (import.meta.main && process.argv[2] === "crowd") await crowd(Number(process.argv[3]), Number(process.argv[4]));
else if (import.meta.main) await main();
