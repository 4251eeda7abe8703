// sim.test.ts - a few seeds of the simulation, each answered twice in the same bytes, and the planted defects found.
// More of them: ./dev sim --seed 1 --seeds 1000
import assert from "node:assert/strict";
import { test } from "node:test";
import { tael } from "../lib/program.ts";

const seed = Number(process.env.TAEL_SEED ?? 1);
const seeds = process.env.TAEL_SIM_SEEDS ?? "4";

test(`program and model agree on every answer (${seeds} seeds from ${seed})`, async (t) => {
  const { code, out, err } = await tael(["sim", "--seed", String(seed), "--seeds", seeds, "--ops", "1200"]);
  t.diagnostic(out.trim());
  assert.equal(code, 0, out + err);
});

test(`the same seed is answered in the same bytes (seed ${seed})`, async () => {
  const { code, out, err } = await tael(["sim", "--seed", String(seed + 50), "--ops", "500", "--check"]);
  assert.equal(code, 0, out + err);
});

for (const plant of ["normal", "lock", "double", "tenant"]) {
  test(`a planted defect is found: ${plant}`, async (t) => {
    const { code, out } = await tael(["sim", "--seed", "1", "--seeds", "3", "--ops", "2000", "--plant", plant]);
    t.diagnostic(out.split("\n")[0].slice(0, 200));
    assert.equal(code, 1, out);
    assert.match(out, /^failed: the program and the model disagree/m);
  });
}
