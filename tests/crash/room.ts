// room.ts - a real file system of 64 MiB that is filled to the last byte while clients are at work: reads go on, writes are
// refused with 503 or 507 and leave nothing, and are taken again within 5 s when there is room. Four levels of load.
//
//   ./dev crash room --count 4 --seed 7 [--planted]
//
// --planted makes no room again, which must be noticed. Needs the right to mount (root); says so where it is missing.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { must } from "../lib/client.ts";
import { scratch, watch } from "../lib/homes.ts";
import { Market } from "../lib/market.ts";
import { type Asked, buildWorld, conclude, isBusy, newAsk, random, reckon, send, sendAgain } from "./load.ts";

const levels = [1, 4, 16, 64], backWithin_ms = 5_000, fullFor_ms = 1_000;
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));
export type Report = { rounds: number; refused: number; acknowledged: number; slowest_ms: number };

// A mounted folder, or nothing where that is not allowed.
export function smallDisk(): string | undefined {
  const at = scratch();
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64m", "tmpfs", at], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  watch(`sleep 1; umount -l '${at}'`);
  return at;
}

function fill(file: string) {
  const ballast = openSync(file, "w");
  for (let size = 1 << 20; size >= 1; ) {
    try {
      if (writeSync(ballast, Buffer.alloc(size)) < size) size >>= 1;
    } catch {
      size >>= 1;
    }
  }
  closeSync(ballast);
}

export async function roomRounds(at: string, count: number, seed: number, planted: boolean, say: (line: string) => void): Promise<Report> {
  const market = await Market.at(`sqlite:${path.join(at, "market.db")}`, ["--sandbox"]), world = await buildWorld(market), draw = random(seed);
  const asked: Asked[] = [], report: Report = { rounds: 0, refused: 0, acknowledged: 0, slowest_ms: 0 };
  const ballast = path.join(at, "ballast");
  for (; report.rounds < count; report.rounds++) {
    const load = { stopping: false, refused: 0, told: (_: number) => {} };
    const client = async () => {
      for (let ask: Asked | undefined; !load.stopping; ) {
        if (ask === undefined) asked.push((ask = newAsk(world, draw)));
        const answer = await send(market.server.url, ask);
        if (isBusy(answer) || answer.status === 507) {
          if (answer.status !== 429) load.refused++;
          await pause(5);
        } else {
          ask.text = (must(answer), answer.text);
          ask = undefined;
          load.told(performance.now());
        }
      }
    };
    const working = Promise.all(Array.from({ length: levels[report.rounds % levels.length] }, client));
    await pause(200);
    fill(ballast);
    for (const until = Date.now() + 20_000; load.refused < 5; await pause(20)) assert.ok(Date.now() < until, "the disk is full and nothing was refused");
    for (const until = Date.now() + fullFor_ms; Date.now() < until; await pause(50)) {
      must(await market.operator.get(`/v1/accounts/${world.accounts[0]}`));
      must(await market.operator.get("/v1/orders?limit=5"));
    }
    const room = performance.now();
    if (!planted) rmSync(ballast);
    const back = await Promise.race([new Promise<number>((done) => (load.told = done)), pause(backWithin_ms * 2).then(() => Infinity)]);
    load.stopping = true;
    await working;
    assert.ok(back - room <= backWithin_ms, `writes were not taken again within ${backWithin_ms} ms`);
    report.slowest_ms = Math.max(report.slowest_ms, Math.round(back - room));
    report.refused += load.refused;
    say(`round ${report.rounds + 1}: ${load.refused} refused, taken again after ${Math.round(back - room)} ms`);
  }
  report.acknowledged = asked.filter((a) => a.text !== undefined).length;
  await sendAgain(market.server.url, asked);
  await reckon(world, market.operator, asked);
  await market.close();
  return report;
}

async function main() {
  const { values } = parseArgs({ options: {
    count: { type: "string", default: "4" }, seed: { type: "string", default: String(Date.now() % 1e6) }, planted: { type: "boolean", default: false },
  } });
  await conclude(values.seed, async () => {
    const at = smallDisk();
    assert.ok(at !== undefined, "mounting is not allowed here; run it as root");
    const r = await roomRounds(at, Number(values.count), Number(values.seed), values.planted, (line) => console.log(line));
    return `full ${r.rounds} times, ${r.refused} refused, ${r.acknowledged} acknowledged and 0 of them lost, taken again after ${r.slowest_ms} ms at most`;
  });
}

if (import.meta.main) await main();
