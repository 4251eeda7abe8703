// backup.ts - takes backups while clients are at work, restores each into a place of its own and reckons: books proved;
// everything acknowledged before the backup began is there, in the same bytes; whatever is there, all that was
// acknowledged before it was asked for is there too; balances are those of what is there and of nothing else.
//
//   ./dev crash backup --count 100 --seed 7 [--home sqlite|postgres] [--planted]
//
// --planted restores the backup before the one that was taken: the reckoning must notice. PostgreSQL is backed up as
// docs/operate says, by pg_dump.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFileSync } from "node:fs";
import path from "node:path";
import { parseArgs, promisify } from "node:util";
import { must } from "../lib/client.ts";
import { freshStore, scratch, type Home } from "../lib/homes.ts";
import { Market, verify } from "../lib/market.ts";
import { serve, taelOk } from "../lib/program.ts";
import { acknowledged, type Asked, buildWorld, conclude, isBusy, newAsk, random, reckon, send, sendAgain, type World } from "./load.ts";

const clients = 4, run = promisify(execFile);
type Timed = Asked & { sent: number; told: number };
export type Report = { backups: number; acknowledged: number; restored: number };

async function insist(world: World, at: string, draw: () => number, asked: Timed[], load: { stopping: boolean }) {
  while (!load.stopping) {
    const ask: Timed = { ...newAsk(world, draw), sent: performance.now(), told: Infinity };
    asked.push(ask);
    let answer = await send(at, ask);
    for (; isBusy(answer); answer = await send(at, ask)) await new Promise((done) => setTimeout(done, 20));
    ask.text = (must(answer), answer.text);
    ask.told = performance.now();
  }
}

async function backUp(url: string): Promise<string> {
  const file = path.join(scratch(), "backup");
  if (url.startsWith("sqlite:")) await taelOk(["backup", file, "--db", url]);
  else await run("pg_dump", ["-Fc", "-f", file, "-d", url]);
  return file;
}

async function restore(url: string, file: string): Promise<string> {
  const to = freshStore(url.startsWith("sqlite:") ? "sqlite" : "postgres");
  if (!to.startsWith("sqlite:")) await run("pg_restore", ["-d", to, "--no-owner", file]);
  else {
    await taelOk(["restore", file, "--db", to]);
    copyFileSync(`${url.slice("sqlite:".length)}.key`, `${to.slice("sqlite:".length)}.key`);
  }
  return to;
}

// Which of the requests the restored store knows, asked without changing anything.
async function present(world: World, operator: Market["operator"], at: string, asked: Timed[]): Promise<Timed[]> {
  const orders = new Set((await operator.at(at).all("/v1/orders")).map((o) => o.order));
  const is = async (a: Timed) => a.path === "/v1/checkouts"
    ? a.text !== undefined && orders.has(JSON.parse(a.text).order)
    : (await world.books.at(at).get(`/v1/transfers/${a.body.id}`)).status === 200;
  const found: Timed[] = [];
  for (let i = 0; i < asked.length; i += 16) {
    const some = asked.slice(i, i + 16), there = await Promise.all(some.map(is));
    found.push(...some.filter((_, k) => there[k]));
  }
  return found;
}

async function reckonRestored(world: World, market: Market, to: string, began: number, asked: Timed[]): Promise<number> {
  await verify(to);
  const server = await serve(["serve", "--db", to, "--listen", "127.0.0.1:0", "--sandbox"]);
  const there = await present(world, market.operator, server.url, asked), known = new Set(there);
  const latest = Math.max(began, ...there.map((a) => a.sent));
  const missing = asked.filter((a) => a.told < latest && !known.has(a));
  assert.equal(missing.length, 0, `${missing.length} acknowledged before the backup, or before something in it was asked for, are not in it`);
  await sendAgain(server.url, there);
  await reckon(world, market.operator.at(server.url), there);
  await server.stop();
  await verify(to);
  return there.length;
}

export async function backupRounds(home: Home, count: number, seed: number, planted: boolean, say: (line: string) => void): Promise<Report> {
  const market = await Market.open(home), world = await buildWorld(market), draw = random(seed);
  const asked: Timed[] = [], report: Report = { backups: 0, acknowledged: 0, restored: 0 };
  let before: string | undefined = planted ? await backUp(market.url) : undefined;
  while (report.backups < count) {
    const load = { stopping: false };
    const working = Promise.all(Array.from({ length: clients }, () => insist(world, market.server.url, draw, asked, load)));
    await acknowledged(asked, report.acknowledged + 8 + Math.floor(draw() * 20));
    const began = performance.now(), file = await backUp(market.url);
    await new Promise((done) => setTimeout(done, draw() * 100));
    load.stopping = true;
    await working;
    report.backups++;
    report.acknowledged = asked.length;
    report.restored = await reckonRestored(world, market, await restore(market.url, before ?? file), began, asked);
    if (planted) before = file;
    say(`backup ${report.backups}: ${report.restored} of ${asked.length} requests were acknowledged by then`);
  }
  await market.close();
  return report;
}

async function main() {
  const { values } = parseArgs({ options: {
    count: { type: "string", default: "20" }, seed: { type: "string", default: String(Date.now() % 1e6) },
    home: { type: "string", default: "sqlite" }, planted: { type: "boolean", default: false },
  } });
  await conclude(values.seed, async () => {
    const r = await backupRounds(values.home as Home, Number(values.count), Number(values.seed), values.planted, (line) => console.log(line));
    return `${r.backups} backups under load restored, each what was acknowledged by then and nothing else, verify ok`;
  });
}

if (import.meta.main) await main();
