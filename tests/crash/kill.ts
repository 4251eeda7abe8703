// kill.ts - kills the server with SIGKILL at random moments under load, starts it again and reckons: ready within 5 s,
// every acknowledged thing there exactly once, unacknowledged ones once when sent again, books verified.
//
//   ./dev crash kill --count 100 --seed 7 [--home sqlite|postgres] [--planted]
//
// --planted puts the embedded store's files back as they were before the load: what was acknowledged is lost, which must
// be noticed.
import assert from "node:assert/strict";
import { cpSync, readdirSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { scratch, type Home } from "../lib/homes.ts";
import { Market } from "../lib/market.ts";
import { serve, type Server } from "../lib/program.ts";
import { acknowledged, type Asked, buildWorld, conclude, random, reckon, sendAgain, work } from "./load.ts";

const clients = 8, readyWithin_ms = import.meta.main ? 5_000 : 30_000, // beside other tests it only must not hang
  longestLife = 30;

async function startAgain(url: string): Promise<{ server: Server; took_ms: number }> {
  const began = performance.now();
  const server = await serve(["serve", "--db", url, "--listen", "127.0.0.1:0", "--sandbox"]);
  const ready = await fetch(`${server.url}/readyz`);
  assert.equal(ready.status, 200, await ready.text());
  return { server, took_ms: performance.now() - began };
}

export type Report = { kills: number; acknowledged: number; asked: number; slowest_ms: number };

// Every file of a store but the socket and the lock.
function copyStore(from: string, to: string) {
  for (const name of readdirSync(from)) {
    if (!/\.(sock|lock)$/.test(name)) cpSync(path.join(from, name), path.join(to, name), { recursive: true, force: true });
  }
}

export async function killRounds(home: Home, count: number, seed: number, say: (line: string) => void, planted = false): Promise<Report> {
  const draw = random(seed);
  const market = await Market.open(home);
  const world = await buildWorld(market);
  const all: Asked[] = [];
  const report: Report = { kills: 0, acknowledged: 0, asked: 0, slowest_ms: 0 };
  const folder = path.dirname(market.url.slice("sqlite:".length)), before = planted ? scratch() : "";
  while (report.kills < count) {
    const asked: Asked[] = [];
    if (planted) copyStore(folder, before);
    const working = Array.from({ length: clients }, () => work(world, market.server.url, draw, asked));
    await acknowledged(asked, Math.floor(draw() * longestLife) + (planted ? 1 : 0));
    await new Promise((done) => setTimeout(done, draw() * 20));
    await market.server.kill();
    await Promise.all(working);
    if (planted) copyStore(before, folder);
    report.kills++;
    report.acknowledged += asked.filter((a) => a.text !== undefined).length;
    report.asked += asked.length;

    const { server, took_ms } = await startAgain(market.url);
    assert.ok(took_ms <= readyWithin_ms, `ready after ${took_ms} ms`);
    report.slowest_ms = Math.max(report.slowest_ms, Math.round(took_ms));
    market.server = server;
    await market.verify();
    await sendAgain(server.url, asked);
    all.push(...asked);
    if (report.kills % 10 === 0 || report.kills === count) {
      await reckon(world, market.operator.at(server.url), all);
      say(`${report.kills} kills: ${report.acknowledged} of ${report.asked} requests acknowledged`);
    }
  }
  await market.close();
  return report;
}

async function main() {
  const { values } = parseArgs({ options: { count: { type: "string", default: "100" }, seed: { type: "string", default: String(Date.now() % 1e6) }, home: { type: "string", default: "sqlite" }, planted: { type: "boolean", default: false } } });
  await conclude(values.seed, async () => {
    const r = await killRounds(values.home as Home, Number(values.count), Number(values.seed), (line) => console.log(line), values.planted);
    return `${r.kills} kills under load, ${r.acknowledged} acknowledged, 0 lost, 0 doubled, verify ok, ready in ${r.slowest_ms} ms at most`;
  });
}

if (import.meta.main) await main();
