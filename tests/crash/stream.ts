// stream.ts - kills the server with SIGKILL under a C program that streams batches through libtael, and starts it again at
// the same port. The program resends by itself, then asks for every id and for the balance: each transfer there once.
//
//   ./dev crash stream --count 20 --seed 7 [--home sqlite|postgres]
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import readline from "node:readline";
import { parseArgs } from "node:util";
import type { Home } from "../lib/homes.ts";
import { Market } from "../lib/market.ts";
import { root, serve } from "../lib/program.ts";
import { conclude, random } from "./load.ts";

const soak = path.join(root, "build/lib/tael_soak");
const batchesPerLife = 12, size = 100, connections = 2, depth = 3;

export type Report = { kills: number; resent: number; line: string };

export async function streamRounds(home: Home, count: number, seed: number): Promise<Report> {
  const draw = random(seed);
  const market = await Market.open(home);
  const key = (await market.key("operator", "ledger.read,ledger.write")).credentials.Authorization.slice("Bearer ".length);
  const address = new URL(market.server.url).host;
  const child = spawn(soak, [address, key, String(count * batchesPerLife), String(size), String(connections), String(depth)], { stdio: ["ignore", "pipe", "inherit"] });
  const closed = once(child, "close");
  let kills = 0, acknowledged = 0, line = "";
  let next = 1 + Math.floor(draw() * batchesPerLife);
  for await (line of readline.createInterface({ input: child.stdout! })) {
    acknowledged += line.startsWith("acknowledged") ? 1 : 0;
    if (kills === count || acknowledged < next) continue;
    await new Promise((done) => setTimeout(done, draw() * 20));
    await market.server.kill();
    kills++;
    market.server = await serve(["serve", "--db", market.url, "--listen", address, "--sandbox"]);
    next = acknowledged + 1 + Math.floor(draw() * (batchesPerLife - 1));
  }
  await closed;
  await market.close();
  const resent = Number(/(\d+) batches sent again/.exec(line)?.[1] ?? 0);
  assert.match(line, /^ok/, line);
  return { kills, resent, line };
}

async function main() {
  const { values } = parseArgs({ options: { count: { type: "string", default: "20" }, seed: { type: "string", default: String(Date.now() % 1e6) }, home: { type: "string", default: "sqlite" } } });
  await conclude(values.seed, async () => {
    const r = await streamRounds(values.home as Home, Number(values.count), Number(values.seed));
    return `${r.kills} kills under a stream of batches, ${r.line.slice(4)}, 0 lost, 0 doubled, verify ok`;
  });
}

if (import.meta.main) await main();
