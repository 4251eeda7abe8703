// backup.test.ts - a few backups under load on both homes, restored and reckoned: more by ./dev crash backup --count 100
import assert from "node:assert/strict";
import { test } from "node:test";
import { homes } from "../lib/homes.ts";
import { backupRounds } from "./backup.ts";

const seed = Number(process.env.TAEL_SEED ?? 1);
for (const home of homes) {
  test(`${home}: a backup under load is what was acknowledged by then (seed ${seed})`, async (t) => {
    const report = await backupRounds(home, home === "sqlite" ? 3 : 2, seed, false, (line) => t.diagnostic(line));
    assert.ok(report.restored > 20, "there was a load");
  });
}

test("an older backup in its place is noticed", async () => {
  await assert.rejects(backupRounds("sqlite", 1, seed, true, () => {}), /are not in it/);
});
