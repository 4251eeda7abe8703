// lists.test.ts - every list of the route table, on both homes: no plan walks or sorts a table that grows, and no answer
// takes more steps than a window of rows. A route nobody could ask and a planted statement are failures.
import assert from "node:assert/strict";
import { test } from "node:test";
import { freshStore, homes } from "./lib/homes.ts";
import { tael } from "./lib/program.ts";

for (const home of homes) {
  test(`no list walks or sorts a table that grows, whatever is asked for: ${home}`, async () => {
    const rows = home === "sqlite" ? "40000" : "1200"; // steps are counted on SQLite alone
    const { code, out, err } = await tael(["bench", "lists", "--plans", "--planted", "--rows", rows, "--db", freshStore(home)]);
    const faults = out.split("\n").filter((line) => line.startsWith("fault: "));
    assert.ok(faults.some((line) => /^fault: planted: (walks orders|sorts its rows)/.test(line)), "the planted plan is found");
    if (home === "sqlite") assert.ok(faults.some((line) => /^fault: planted: \d+ steps/.test(line)), "its steps are found");
    assert.deepEqual(faults.filter((line) => !line.startsWith("fault: planted: ")), [], err);
    assert.match(out, /\d{4,} requests to \d{3} statements/, err);
    assert.equal(code, 1, "a planted fault is a failure");
  });
}
