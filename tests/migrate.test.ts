// migrate.test.ts - a store moved to PostgreSQL and back: cut off on the way and gone on with, equal by state hash, served
// where it went, never into a store that holds something else.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { must } from "./lib/client.ts";
import { fileOf, freshStore, homes, scratch, sql } from "./lib/homes.ts";
import { Market, verify } from "./lib/market.ts";
import { program, serve, tael, taelOk } from "./lib/program.ts";
import { buildWorld, newAsk, random, reckon, sendAgain, type Asked } from "./crash/load.ts";

// Kills the program when it says that so many tables have arrived.
async function cutOff(args: string[], tables: number | string): Promise<void> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "ignore"] });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    said += text;
    if (said.includes(typeof tables === "number" ? `\n${tables}/` : tables)) child.kill("SIGKILL");
  });
  const [, signal] = await once(child, "close");
  assert.equal(signal, "SIGKILL", said);
}

test("a store moves to PostgreSQL, also when it is cut off, and serves there", { skip: !homes.includes("postgres") }, async () => {
  const market = await Market.open("sqlite"), world = await buildWorld(market);
  const draw = random(5), asked: Asked[] = Array.from({ length: 60 }, () => newAsk(world, draw));
  await sendAgain(market.server.url, asked);
  const to = freshStore("postgres");
  const move = ["migrate", "--from", market.url, "--to", to];

  const whileServed = await tael(move);
  assert.notEqual(whileServed.code, 0, "a store that is served is not moved");
  await market.close();
  for (const tables of [10, 70]) {
    await cutOff(move, tables);
    const early = await tael(["serve", "--db", to, "--listen", "127.0.0.1:0"]);
    assert.match(early.err, /unfinished copy/);
  }
  assert.match(await taelOk(move), /Moved; both have state hash [0-9a-f]{64}/);
  await verify(to);
  assert.equal(sql(to, "select count(*) from ledger_lane where closed = 0").trim(), "0");

  const data = scratch();
  copyFileSync(`${fileOf(market.url)}.key`, path.join(data, "master.key"));
  process.env.TAEL_DATA_DIR = data;
  const server = await serve(["serve", "--db", to, "--listen", "127.0.0.1:0", "--sandbox"]);
  await sendAgain(server.url, asked); // every answer in the same bytes, nothing done twice
  const more = Array.from({ length: 10 }, () => newAsk(world, draw));
  await sendAgain(server.url, more);
  await reckon(world, market.operator.at(server.url), [...asked, ...more]);
  assert.equal(must(await world.books.at(server.url).get(`/v1/accounts/${world.accounts[0]}`)).account, world.accounts[0]);
  await server.stop();
  await verify(to);

  const again = await tael(move);
  assert.notEqual(again.code, 0);
  assert.match(again.err, /not empty|closed/);

  // And back, with what was done there: two lanes now, and holds that may end in another than they began in.
  const home = freshStore("sqlite"), back = ["migrate", "--from", to, "--to", home];
  for (const place of [20, "\nhistory"]) await cutOff(back, place);
  const [hash] = /[0-9a-f]{64}/.exec(await taelOk(back))!;
  assert.equal((await verify(home)).transfers, (await verify(to)).transfers);
  const [, there] = /"hash": ?"([0-9a-f]+)"/.exec(await taelOk(["verify", "--hash", "--db", home])) ?? [];
  if (there) assert.equal(there, hash);
  copyFileSync(path.join(data, "master.key"), `${fileOf(home)}.key`);
  const last = await serve(["serve", "--db", home, "--listen", "127.0.0.1:0", "--sandbox"]);
  await sendAgain(last.url, [...asked, ...more]);
  const yetMore = Array.from({ length: 10 }, () => newAsk(world, draw));
  await sendAgain(last.url, yetMore);
  await reckon(world, market.operator.at(last.url), [...asked, ...more, ...yetMore]);
  await last.stop();
  await verify(home);
  const left = await tael(["serve", "--db", to, "--listen", "127.0.0.1:0"]);
  assert.match(left.err, /closed/);
  const old = await tael(["serve", "--db", market.url, "--listen", "127.0.0.1:0"]);
  assert.match(old.err, /closed/);
});
