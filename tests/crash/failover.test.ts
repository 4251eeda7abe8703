// failover.test.ts - PostgreSQL lost, alone or cut off, small: more rounds by hand: ./dev crash failover --count 20
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { must } from "../lib/client.ts";
import { freshStore, homes } from "../lib/homes.ts";
import { Market, verify } from "../lib/market.ts";
import { serve } from "../lib/program.ts";
import { Proxy } from "../lib/proxy.ts";
import { failoverRounds, Pair } from "./failover.ts";
import { buildWorld, isBusy, newAsk, random, reckon, send, sendAgain, type Asked } from "./load.ts";

const seed = Number(process.env.TAEL_SEED ?? 1);
const hasPrograms = process.env.PG_BIN !== undefined || existsSync("/usr/lib/postgresql"); // for servers of its own
const skip = homes.includes("postgres") && hasPrograms ? false : "needs PostgreSQL's programs for servers of its own";

test(`the primary is lost under load five times, nothing acknowledged is (seed ${seed})`, { skip }, async (t) => {
  const report = await failoverRounds(5, seed, false, (line) => t.diagnostic(line));
  assert.ok(report.acknowledged > 5 * 10, "clients were served between the losses");
});

// The primary is cut off and nobody can reach it to stop it; the standby takes over; a server goes on writing to each. What the
// old one answers, or doesn't, is reckoned on the new one. True: nothing was acknowledged by the old one after the cut.
async function twoWriters(way: "to" | "from" | "both", isAsync: boolean): Promise<boolean> {
  const pair = await Pair.start(isAsync), asked: Asked[] = [], cutOff: Asked[] = [], draw = random(seed);
  try {
    const market = await Market.at(`${pair.url}&commit_timeout=1`, ["--sandbox", "--lanes", "1"]), world = await buildWorld(market);
    for (let i = 0; i < 5; i++) asked.push(newAsk(world, draw));
    await sendAgain(market.server.url, asked);
    pair.link.stall(way);
    await pair.do("usurp");
    const newer = await serve(["serve", "--db", await pair.lone(), "--listen", "127.0.0.1:0", "--sandbox", "--lanes", "1"]);
    for (let i = 0; i < 5; i++) {
      cutOff.push(newAsk(world, draw));
      const answer = await send(market.server.url, cutOff[i]!);
      if (!isBusy(answer)) cutOff[i]!.text = (must(answer), answer.text);
      asked.push(newAsk(world, draw));
      await sendAgain(newer.url, asked.slice(-1));
    }
    const silent = cutOff.every((a) => a.text === undefined);
    await pair.do("fence");
    pair.link.cut();
    if (silent) {
      await sendAgain(market.server.url, [...asked, ...cutOff]); // the server found the new one by itself
      await reckon(world, market.operator, [...asked, ...cutOff]);
    }
    await newer.stop();
    await market.server.stop();
    if (silent) await verify(await pair.lone());
    return silent;
  } finally {
    await pair.stop();
  }
}

const ways = Number(process.env.TAEL_STORE_CASES ?? 0) >= 10_000 ? (["to", "from"] as const) : (["to"] as const);
for (const way of ways) {
  test(`a primary that is cut off (${way} it nothing passes) and lives on acknowledges nothing beside its successor`, { skip }, async () => {
    assert.ok(await twoWriters(way, false));
  });
}

test("a primary that needs no standby goes on beside its successor, and that is noticed", { skip }, async () => {
  assert.ok(!(await twoWriters("both", true)));
});

test("without a standby writes are not acknowledged and reads go on; with one again they are done once", { skip }, async (t) => {
  const pair = await Pair.start();
  t.after(() => pair.stop());
  const market = await Market.at(`${pair.url}&commit_timeout=1`, ["--sandbox"]);
  const world = await buildWorld(market), draw = random(seed), asked: Asked[] = [];
  await pair.do("drop");
  for (let i = 0; i < 3; i++) {
    asked.push(newAsk(world, draw));
    const answer = await send(market.server.url, asked[i]);
    assert.equal(answer.status, 503, answer.text);
    for (const account of world.accounts) assert.equal(must(await world.books.get(`/v1/accounts/${account}`)).balance, 0);
  }
  await pair.do("rejoin");
  await sendAgain(market.server.url, asked);
  await reckon(world, market.operator, asked);
  await market.close();
});

test(`a connection cut anywhere in an exchange leaves each request done once (seed ${seed})`, { skip: !homes.includes("postgres") }, async (t) => {
  const direct = new URL(freshStore("postgres"));
  const proxy = await Proxy.open(() => ({ host: direct.hostname, port: Number(direct.port || 5432) }));
  const through = new URL(direct);
  through.hostname = "127.0.0.1";
  through.port = String(proxy.port);
  t.after(() => proxy.close());
  const market = await Market.at(through.href, ["--sandbox", "--lanes", "1"]);
  const world = await buildWorld(market), draw = random(seed), asked: Asked[] = [];
  for (let bytes = 1; bytes < 3000; bytes += 1 + Math.floor(draw() * Number(process.env.TAEL_STEP ?? 320))) {
    const ask = newAsk(world, draw);
    asked.push(ask);
    proxy.cutAfter(bytes);
    const answer = await send(market.server.url, ask);
    if (!isBusy(answer)) ask.text = (must(answer), answer.text);
    await sendAgain(market.server.url, [ask]);
  }
  assert.ok(proxy.cuts > 0, "the connection was cut");
  await reckon(world, market.operator, asked);
  await market.close();
});
