// integrate.test.ts - the integration of docs/integrate, run as the guide says, and what the guide promises of it: on a
// demonstration that was filled earlier, and on a market of one's own with an outside bank.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { test } from "node:test";
import { Bank } from "../lib/bank.ts";
import { must, withKey } from "../lib/client.ts";
import { freshStore, homes } from "../lib/homes.ts";
import { Market, verify } from "../lib/market.ts";
import { root, serve, taelOk } from "../lib/program.ts";

const guide = readFileSync(path.join(root, "docs/integrate/README.md"), "utf8");

// Runs the example with a key of the operator; every event of the market so far must stand in the guide.
async function integrate(url: string, db: string) {
  const key = async (scopes: string) => (await taelOk(["key", "operator@example.com", "--scopes", scopes, "--db", db])).trim();
  const { stdout } = await promisify(execFile)(process.execPath, [path.join(root, "docs/integrate/shop.mjs"), url, await key("operate")], { timeout: 600_000 });
  assert.ok(guide.includes("```\n" + stdout + "```"), `the guide shows something else than\n${stdout}`);
  for (const { type } of await withKey(url, await key("self,supervise")).all("/v1/events"))
    assert.ok(guide.includes(`\`${type}\``), `the guide does not name the event ${type}`);
}

test("the example sells on a demonstration that was filled at another address: its bank is where it was", async () => {
  const db = freshStore("sqlite"), demo = ["demo", "--db", db, "--listen", "127.0.0.1:0", "--orders", "8", "--shops", "2"];
  await taelOk([...demo, "--no-serve"]);
  const server = await serve(demo);
  await integrate(server.url, db);
  assert.equal(await server.stop(), 0);
  await verify(db);
});

if (homes.includes("postgres")) {
  test("postgres: the example sells on a market with an outside bank", async () => {
    const [market, bank] = await Promise.all([Market.open("postgres"), Bank.open()]);
    must(await market.operator.post("/v1/channels", { name: "City bank", kind: "bank-sim", url: bank.server.url, auto_capture: true }));
    await integrate(market.server.url, market.url);
    await market.close();
    await bank.close();
  });
}
