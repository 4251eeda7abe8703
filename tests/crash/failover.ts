// failover.ts - kills the primary of PostgreSQL with all its processes under load, its link to the standby stalled just
// before (every other time what waits in COMMIT is cancelled as well), promotes the standby, and reckons: clients that
// ask again with the same key find everything acknowledged there exactly once, the books verify. The fenced server
// becomes the next standby, and the next round begins.
//
//   ./dev crash failover --count 20 --seed 7 [--async]
//
// --async plants the fault that must be caught: commits that don't wait for the standby.
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { parseArgs, promisify } from "node:util";
import { scratch, sql, watch } from "../lib/homes.ts";
import { Market } from "../lib/market.ts";
import { root } from "../lib/program.ts";
import { Proxy } from "../lib/proxy.ts";
import { acknowledged, type Asked, buildWorld, conclude, isBusy, newAsk, random, type Random, reckon, send, sendAgain, type World } from "./load.ts";

const clients = 4, stall_ms = 400, givesUp_ms = 60_000;
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));
const run = promisify(execFile);

// A primary and its standby, with a link between them that can be stalled.
export class Pair {
  readonly dir: string;
  readonly link: Proxy;
  private readonly env: NodeJS.ProcessEnv;

  private constructor(dir: string, link: Proxy, isAsync: boolean) {
    this.dir = dir;
    this.link = link;
    this.env = { ...process.env, HA_LINK: String(link.port), ...(isAsync ? { HA_ASYNC: "1" } : {}) };
  }

  static async start(isAsync = false): Promise<Pair> {
    const dir = path.join(scratch(), "ha"), script = path.join(root, "tools/ha.sh");
    const read = (name: string) => readFileSync(path.join(dir, name), "utf8").trim();
    const link = await Proxy.open(() => ({ host: "127.0.0.1", port: Number(read(`${read("primary")}.port`)) }));
    const pair = new Pair(dir, link, isAsync);
    watch(`${script} stop '${dir}' 2>/dev/null; rm -rf '${path.dirname(path.dirname(dir))}'`);
    await pair.do("start");
    process.env.TAEL_DATA_DIR = scratch();
    return pair;
  }

  async stop() {
    await this.do("stop");
    this.link.close();
  }

  async do(verb: string): Promise<string> {
    return (await run(path.join(root, "tools/ha.sh"), [verb, this.dir], { env: this.env })).stdout.trim();
  }

  // Of the primary alone.
  async lone(): Promise<string> {
    const [, port] = /port (\d+)/.exec(await this.do("status"))!;
    return `postgres://tael@127.0.0.1:${port}/postgres?commit_timeout=5`;
  }

  get url(): string {
    return execFileSync(path.join(root, "tools/ha.sh"), ["url", this.dir], { encoding: "utf8" }).trim();
  }
}

// A client that asks for one thing after the other, and for each again and again with the same key until it is told.
async function insist(world: World, at: string, draw: Random, asked: Asked[], load: { stopping: boolean; acknowledged(): void }) {
  while (!load.stopping) {
    const ask = newAsk(world, draw), until = Date.now() + givesUp_ms;
    asked.push(ask);
    for (;;) {
      const answer = await send(at, ask);
      if (!isBusy(answer)) {
        assert.ok(answer.status < 300, `${answer.status} ${answer.text}`);
        ask.text = answer.text;
        load.acknowledged();
        break;
      }
      assert.ok(Date.now() < until, `still ${answer.status} after ${givesUp_ms} ms: ${answer.text}`);
      await pause(20 + draw() * 30);
    }
  }
}

export type Report = { rounds: number; acknowledged: number; recovery_ms: number[] };

export async function failoverRounds(count: number, seed: number, isAsync: boolean, say: (line: string) => void): Promise<Report> {
  const draw = random(seed), pair = await Pair.start(isAsync);
  try {
    return await rounds(pair, count, draw, say);
  } finally {
    await pair.stop();
  }
}

async function rounds(pair: Pair, count: number, draw: Random, say: (line: string) => void): Promise<Report> {
  const market = await Market.at(`${pair.url}&commit_timeout=3`, ["--sandbox", "--lanes", "2"]);
  const world = await buildWorld(market), asked: Asked[] = [], recovery_ms: number[] = [];
  for (let round = 1; round <= count; round++) {
    const told = asked.length;
    let killed = 0, wake = (_: number) => {};
    const back = new Promise<number>((resolve) => (wake = resolve));
    const load = { stopping: false, acknowledged: () => { if (killed > 0) wake(performance.now() - killed); } };
    const working = Promise.all(Array.from({ length: clients }, () => insist(world, market.server.url, draw, asked, load)));
    working.catch(() => wake(Infinity)); // told below
    await acknowledged(asked, told + 12 + Math.floor(draw() * 60));
    pair.link.stall();
    await pause(stall_ms);
    if (round % 2 === 0) sql(pair.url, "select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'");
    const before = asked.length;
    await pair.do("fail");
    killed = performance.now();
    pair.link.cut();
    await pair.do("promote");
    recovery_ms.push(Math.round(await back));
    assert.ok(asked.length > 0 && before > 0, "there was a load");
    await pause(100 + draw() * 200);
    load.stopping = true;
    await working;
    await pair.do("rejoin");
    say(`round ${round}: ${asked.length} acknowledged, writing again ${recovery_ms.at(-1)} ms after the kill`);
  }
  await sendAgain(market.server.url, asked);
  await reckon(world, market.operator, asked);
  await market.close();
  return { rounds: count, acknowledged: asked.length, recovery_ms: recovery_ms.sort((a, b) => a - b) };
}

async function main() {
  const { values } = parseArgs({ options: {
    count: { type: "string", default: "20" }, seed: { type: "string", default: String(Date.now() % 1e6) }, async: { type: "boolean", default: false },
  } });
  await conclude(values.seed, async () => {
    const r = await failoverRounds(Number(values.count), Number(values.seed), values.async, (line) => console.log(line));
    const p95 = r.recovery_ms[Math.ceil(r.recovery_ms.length * 0.95) - 1];
    assert.ok(p95 <= 15_000, `recovery took ${p95} ms (p95)`);
    return `${r.rounds} primaries lost, ${r.acknowledged} acknowledged, 0 lost, 0 doubled, verify ok, writing again in ${p95} ms (p95)`;
  });
}

if (import.meta.main) await main();
