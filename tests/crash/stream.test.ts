// stream.test.ts - a few rounds of stream.ts on both homes; more by hand: ./dev crash stream --count 20
import assert from "node:assert/strict";
import { test } from "node:test";
import { homes } from "../lib/homes.ts";
import { streamRounds } from "./stream.ts";

const seed = Number(process.env.TAEL_SEED ?? 1);
for (const home of homes) {
  test(`${home}: killed under a stream of batches, each is sent again and moves once (seed ${seed})`, async (t) => {
    const report = await streamRounds(home, home === "sqlite" ? 3 : 2, seed);
    t.diagnostic(report.line);
    assert.ok(report.kills > 0 && report.resent > 0, "the server was killed with batches under way");
  });
}
