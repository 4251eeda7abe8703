// sweep.test.ts - one thing after another fails in short scenarios: reads, writes, syncs, opens and locks, the disk's room,
// power at awkward moments, bits of the closed store and of a log in use, allocations. A few hundred runs here; all of them by ./dev crash KIND.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { program } from "../lib/program.ts";

const seed = process.env.TAEL_SEED ?? "1";
const allocator = path.join(path.dirname(realpathSync(program)), "libfailing_allocator.so");

function sweep(kind: string, options: string[]) {
  const preload = kind === "oom" ? { LD_PRELOAD: allocator } : {};
  const { status, stdout, stderr } = spawnSync(program, ["sim", "--sweep", kind, "--seed", seed, ...options],
    { encoding: "utf8", env: { ...process.env, ...preload } });
  return { code: status, out: stdout + stderr };
}

const runs: [string, string[]][] = [
  ["io", ["--count", "100", "--every", "17"]],
  ["full", ["--count", "40", "--every", "5"]],
  ["cut", ["--count", "60", "--every", "7"]],
  ["flip", ["--count", "120"]],
  ["flip-log", ["--count", "30"]],
  ["oom", ["--count", "40", "--every", "143"]],
];

for (const [kind, options] of runs) {
  const lacksAllocator = kind === "oom" && !existsSync(allocator);
  test(`${kind}: nothing acknowledged is lost, nothing is done twice (seed ${seed})`, { skip: lacksAllocator && "the allocator is not built" }, (t) => {
    const { code, out } = sweep(kind, options);
    t.diagnostic(out.trim().split("\n").at(-1) ?? "");
    assert.equal(code, 0, out);
  });
}

for (const [kind, count] of [["io", "40"], ["full", "10"], ["cut", "10"], ["flip", "10"], ["flip-log", "20"], ["oom", "10"]]) {
  test(`${kind}: a planted defect is found`, { skip: kind === "oom" && !existsSync(allocator) && "the allocator is not built" }, () => {
    const { code, out } = sweep(kind, ["--count", count, "--planted"]);
    assert.equal(code, 1, out);
    assert.match(out, /^failed: /m);
  });
}
