// room.test.ts - a small disk that is full, once, where the tests may mount one: more by ./dev crash room
import assert from "node:assert/strict";
import { test } from "node:test";
import { roomRounds, smallDisk } from "./room.ts";

const at = smallDisk(), seed = Number(process.env.TAEL_SEED ?? 1);
test(`a full disk refuses writes, answers reads and takes writes again (seed ${seed})`, { skip: at === undefined && "mounting is not allowed here" }, async (t) => {
  const r = await roomRounds(at!, 2, seed, false, (line) => t.diagnostic(line));
  assert.ok(r.refused > 0);
});
