// libtael.test.ts - the C client against a running server, on both homes: the example of the manual, as it is printed
// there, and a stream over several connections.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { test } from "node:test";
import { homes } from "../lib/homes.ts";
import { Market } from "../lib/market.ts";
import { root } from "../lib/program.ts";

const run = promisify(execFile);
const built = (name: string) => path.join(root, "build/lib", name);

for (const home of homes) {
  test(`${home}: the manual's example moves money, and a stream of batches adds up`, async () => {
    const market = await Market.open(home);
    const secret = (scopes: string) => market.key("operator", scopes).then((k) => k.credentials.Authorization.slice("Bearer ".length));
    const address = new URL(market.server.url).host;
    const example = await run(built("tael_example"), [address, await secret("ledger.read,ledger.write")]);
    assert.equal(example.stdout, "transfer 1: The debit account does not hold enough.\nbalance: 100\n");

    const size = home === "sqlite" ? "1000" : "100";
    const stream = await run(built("tael_soak"), [market.server.url, await secret("ledger.read,ledger.write"), "8", size, "3", "2"]);
    assert.match(stream.stdout, new RegExp(`ok: 8 batches, ${8 * Number(size)} newly accepted, 0 found accepted before`));

    const blind = await run(built("tael_example"), [address, await secret("ledger.read")]).catch((e) => e);
    assert.equal(blind.code, 1);
    assert.match(blind.stderr, /lacks the scope/);
    const wrong = await run(built("tael_example"), [address, `tk_${"A".repeat(43)}`]).catch((e) => e);
    assert.match(wrong.stderr, /key is missing, wrong or revoked/);
    await market.close();
  });
}

test("the guide prints the example as it is compiled", () => {
  const guide = readFileSync(path.join(root, "docs/integrate/c.md"), "utf8");
  const example = readFileSync(path.join(root, "lib/example.c"), "utf8");
  assert.ok(guide.includes("```c\n" + example + "```"), "docs/integrate/c.md shows lib/example.c, character by character");
});
