// soak.ts - a steady load for a long time: memory, descriptors, the log and the time of answers stay as they are. What the
// second quarter of the run showed is compared with the last one; afterwards the books are proved.
//
//   ./dev crash soak --seconds 600 --rate 60 [--home sqlite|postgres] [--planted]
//
// --planted opens a connection each second and uses it to the end: the descriptors must be noticed. (One that says nothing is
// closed by the server, as it should be.) Rates are requests a second:
// take about 70 % of what the machine does. In a long run memory may grow by 1 MiB an hour, in a short one by what the
// books themselves bring: 32 MiB in all.
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { connect } from "node:net";
import { parseArgs } from "node:util";
import { must } from "../lib/client.ts";
import { fileOf, type Home } from "../lib/homes.ts";
import { Market } from "../lib/market.ts";
import { type Asked, buildWorld, conclude, isBusy, newAsk, random, reckon, send, sendAgain, type World } from "./load.ts";
import { holds, mean, quantile } from "./measure.ts";

const clients = 16, logMax = 512 << 20, growth_kib = 32 << 10, hourlyGrowth_kib = 1 << 10;
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));
type Sample = { kib: number; files: number; log: number; p99_ms: number };
export type Report = { requests: number; refused: number; samples: Sample[] };

function logBytes(url: string): number {
  return url.startsWith("sqlite:") ? (statSync(`${fileOf(url)}-wal`, { throwIfNoEntry: false })?.size ?? 0) : 0;
}

// A connection that never rests, so that the server has no reason to close it.
function leak(port: number) {
  const socket = connect(port).on("error", () => {}).resume();
  const asking = setInterval(() => socket.write("GET /healthz HTTP/1.1\r\nHost: leak\r\n\r\n"), 1000);
  socket.on("close", () => clearInterval(asking));
}

// One of the clients: its share of the rate, late ones made up for.
async function steady(market: Market, world: World, draw: () => number, every_ms: number, load: { until: number; took: number[]; report: Report; asked: Asked[] }) {
  for (let due = performance.now() + draw() * every_ms; performance.now() < load.until; due += every_ms) {
    await pause(Math.max(0, due - performance.now()));
    const began = performance.now();
    if (draw() < 0.5) must(await market.operator.get(draw() < 0.5 ? "/v1/orders?limit=20" : `/v1/accounts/${world.accounts[0]}`));
    else {
      const ask = newAsk(world, draw), answer = await send(market.server.url, ask);
      load.asked.push(ask);
      if (isBusy(answer)) load.report.refused++;
      else ask.text = (must(answer), answer.text);
    }
    load.took.push(performance.now() - began);
    load.report.requests++;
  }
}

function judge(samples: Sample[], seconds: number) {
  const quarter = Math.floor(samples.length / 4), early = samples.slice(quarter, 2 * quarter), last = samples.slice(-quarter);
  const kib = mean(last.map((s) => s.kib)) - mean(early.map((s) => s.kib)), hours = seconds / 2 / 3600;
  const files = Math.max(...last.map((s) => s.files)) - Math.max(...early.map((s) => s.files));
  const [was, is] = [early, last].map((part) => quantile(part.map((s) => s.p99_ms), 0.5));
  assert.ok(files <= clients, `${files} descriptors more than before`);
  assert.ok(kib <= Math.max(growth_kib, hourlyGrowth_kib * hours), `memory grew by ${Math.round(kib / 1024)} MiB`);
  assert.ok(Math.max(...samples.map((s) => s.log)) <= logMax, "the log grew without bound");
  assert.ok(is <= Math.max(was * 1.2, was + 10), `p99 was ${was.toFixed(1)} ms and became ${is.toFixed(1)} ms`);
  return { kib, files, was, is };
}

export async function soak(home: Home, seconds: number, rate: number, seed: number, planted: boolean, say: (line: string) => void) {
  const market = await Market.open(home), world = await buildWorld(market), draw = random(seed);
  const report: Report = { requests: 0, refused: 0, samples: [] };
  const load = { until: performance.now() + seconds * 1000, took: [] as number[], report, asked: [] as Asked[] };
  const working = Promise.all(Array.from({ length: clients }, () => steady(market, world, draw, (1000 * clients) / rate, load)));
  const every = Math.max(1, Math.min(10, seconds / 40)) * 1000, port = Number(new URL(market.server.url).port);
  const leaks = planted ? setInterval(leak, 1000, port) : undefined;
  while (performance.now() < load.until) {
    await pause(every);
    const took = load.took.splice(0), held = holds(market.server.pid);
    report.samples.push({ ...held, log: logBytes(market.url), p99_ms: quantile(took, 0.99) });
    if (report.samples.length % 12 === 0) say(`${report.requests} requests: ${JSON.stringify(report.samples.at(-1))}`);
  }
  clearInterval(leaks);
  await working;
  await sendAgain(market.server.url, load.asked.filter((a) => a.text === undefined));
  await reckon(world, market.operator, load.asked);
  await market.close();
  return { ...report, ...judge(report.samples, seconds) };
}

async function main() {
  const { values } = parseArgs({ options: {
    seconds: { type: "string", default: "600" }, rate: { type: "string", default: "60" }, home: { type: "string", default: "sqlite" },
    seed: { type: "string", default: String(Date.now() % 1e6) }, planted: { type: "boolean", default: false },
  } });
  await conclude(values.seed, async () => {
    const r = await soak(values.home as Home, Number(values.seconds), Number(values.rate), Number(values.seed), values.planted, (line) => console.log(line));
    return `${r.requests} requests in ${values.seconds} s, ${r.refused} put off; memory ${r.kib >= 0 ? "+" : ""}${Math.round(r.kib)} KiB and descriptors ${r.files} between second and last quarter, p99 ${r.was.toFixed(1)} and ${r.is.toFixed(1)} ms, verify ok`;
  });
}

if (import.meta.main) await main();
