// kill.test.ts - a few rounds of kill.ts on both homes; the hundred of them are run by hand: ./dev crash kill --count 100
import assert from "node:assert/strict";
import { test } from "node:test";
import { homes } from "../lib/homes.ts";
import { killRounds } from "./kill.ts";

const seed = Number(process.env.TAEL_SEED ?? 1);
for (const home of homes) {
  test(`${home}: killed at random moments, nothing acknowledged is lost or done twice (seed ${seed})`, async (t) => {
    const report = await killRounds(home, home === "sqlite" ? 10 : 5, seed, (line) => t.diagnostic(line));
    assert.ok(report.acknowledged > report.kills, "the server lived long enough to acknowledge something");
  });
}

test("a store that is put back to what it was is noticed", async () => {
  await assert.rejects(killRounds("sqlite", 3, seed, () => {}, true));
});
