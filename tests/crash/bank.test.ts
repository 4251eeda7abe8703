// bank.test.ts - a few seconds of bank.ts on both homes; a minute of it: ./dev crash bank --seconds 60
import assert from "node:assert/strict";
import { test } from "node:test";
import { homes } from "../lib/homes.ts";
import { bankTest } from "./bank.ts";

const seed = Number(process.env.TAEL_SEED ?? 1);
for (const home of homes) {
  test(`${home}: whatever is killed or paused, every snapshot of the hot accounts is whole (seed ${seed})`, async (t) => {
    const r = await bankTest(home, 3, seed, false);
    t.diagnostic(JSON.stringify(r));
    assert.ok(r.moved >= 20 && r.snapshots >= 3 && r.kills + r.pauses >= 2, "there was a load");
  });
}

test("accounts read one after the other are noticed to be no snapshot", async () => {
  await assert.rejects(bankTest("sqlite", 120, seed, true), /sums to something else/);
});
