// two-servers.test.ts - two processes over one database: twins of a request have one effect, jobs run once, events have no
// gap, a webhook comes once under each id; and when one is killed the other takes over what it was doing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, must, type Answer } from "../lib/client.ts";
import { freshStore, homes, sql } from "../lib/homes.ts";
import { Market, verify } from "../lib/market.ts";
import { serve } from "../lib/program.ts";
import { Receiver } from "../lib/receiver.ts";
import { buildWorld, isBusy, newAsk, random, reckon, send, sendAgain, type Asked } from "./load.ts";

const seed = Number(process.env.TAEL_SEED ?? 1);

// The same request at both at once, until each that is alive has answered: 409 says that the other is at work on it.
async function twins(ask: Asked, places: string[]): Promise<void> {
  const answered = async (at: string): Promise<Answer | undefined> => {
    for (;;) {
      const answer = await send(at, ask).catch(() => undefined);
      if (!answer) return undefined;
      if (answer.status !== 409 && !isBusy(answer)) return answer;
      await new Promise((done) => setTimeout(done, 20));
    }
  };
  const answers = (await Promise.all(places.map(answered))).filter((a) => a !== undefined);
  for (const one of answers) must(one);
  assert.ok(new Set(answers.map((a) => a.text)).size === 1, "those who answer do it in the same bytes");
  ask.text = answers[0]!.text;
}

const gaps = `select count(*) from (select aggregate from engine_event group by aggregate
  having min(sequence) <> 1 or max(sequence) <> count(*)) x`;
// Longer than a server lets pass before it looks for tasks that nobody has in hand: the other one meets them under way.
const slow_ms = 1_500;
const twice = (receiver: Receiver) => receiver.got.length - new Set(receiver.got.map((m) => m.id)).size;
const events = (url: string) => Number(sql(url, "select count(*) from engine_event where type like 'order.%'"));

test(`two servers share a store, and one goes on alone (seed ${seed})`, { skip: !homes.includes("postgres") }, async (t) => {
  const url = freshStore("postgres"), draw = random(seed), asked: Asked[] = [];
  const market = await Market.at(url, ["--sandbox"]);
  const other = await serve(["serve", "--db", url, "--listen", "127.0.0.1:0", "--sandbox"]);
  const receiver = await new Receiver().open();
  receiver.slow_ms = slow_ms;
  t.after(() => receiver.close());
  const world = await buildWorld(market), places = [market.server.url, other.url];
  must(await market.operator.post("/v1/webhooks", { url: receiver.url, events: "order.*" }));

  const round = async (at: string[]) => {
    const some = Array.from({ length: 24 }, () => newAsk(world, draw));
    asked.push(...some);
    await Promise.all([0, 1, 2, 3].map(async (n) => {
      for (const ask of some.slice(n * 6, n * 6 + 6)) await twins(ask, at);
    }));
  };
  const told = () => new Set(receiver.got.map((m) => m.id)).size;
  const allTold = () => eventually("every event's delivery", async () => told() >= events(url), 90_000);

  await round(places);
  await allTold();
  assert.equal(twice(receiver), 0, "no delivery was made twice");
  receiver.slow_ms = 0;
  await market.advance(1);
  const runs = () => Number(sql(url, "select count(*) from engine_job_run where name = 'safeguard.daily'"));
  await eventually("the day's jobs", async () => runs() > 0);
  const proofs = "select count(*) from safeguard_proof group by business_date, entity, currency having count(*) > 1";
  assert.equal(sql(url, proofs).trim(), "", "the day was proved once");

  // Killed in the middle of work: what both were asked is done once, and the one that is left leads.
  const before = runs(), cut = round(places);
  await new Promise((done) => setTimeout(done, 100));
  await market.server.kill();
  await cut;
  await sendAgain(other.url, asked);
  market.operator = market.operator.at(other.url); // in a sandbox each process has a clock of its own
  await market.advance(2);
  await eventually("the next day's jobs, by the one that is left", async () => runs() > before, 60_000);
  await allTold();
  assert.equal(sql(url, proofs).trim(), "");
  assert.equal(sql(url, gaps).trim(), "0", "no aggregate's events have a gap");
  await reckon(world, market.operator, asked);
  await other.stop();
  await verify(url);
});

// The planted defect: the row of a task never says that somebody has it in hand.
const claimless = `create function forget_claim() returns trigger language plpgsql as 'begin new.claimed_until := 0; return new; end';
  create trigger forget_claim before insert or update on engine_task for each row execute function forget_claim()`;

test("tasks that nobody claims are done by both, and that is noticed", { skip: !homes.includes("postgres") }, async (t) => {
  const url = freshStore("postgres"), market = await Market.at(url, ["--sandbox"]);
  const other = await serve(["serve", "--db", url, "--listen", "127.0.0.1:0", "--sandbox"]);
  const receiver = await new Receiver().open(), draw = random(seed);
  receiver.slow_ms = slow_ms * 2;
  t.after(() => receiver.close());
  const world = await buildWorld(market);
  must(await market.operator.post("/v1/webhooks", { url: receiver.url, events: "order.*" }));
  sql(url, claimless);
  for (let orders = 0; orders < 4; ) {
    const ask = newAsk(world, draw);
    if (ask.path === "/v1/checkouts") must(await send(market.server.url, ask)), orders++;
  }
  await eventually("a delivery that was made twice", async () => twice(receiver) > 0, 120_000);
  receiver.slow_ms = 0;
  await other.stop();
  await market.close();
});
