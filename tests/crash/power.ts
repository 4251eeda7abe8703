// power.ts - simulated power cuts on a disk that loses and garbles what was not synced: the store and the engine each
// lose nothing acknowledged, and both harnesses catch the planted fault of a lazy sync, the engine's one also an answer
// before its sync.
//
//   ./dev crash power --count 2000 --seed 7 [--planted]
//
// --planted says what the lazy sync alone came to: it must lose something, so the last line is a failure.
import { spawnSync } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { program } from "../lib/program.ts";

const harnesses = [
  { name: "store", file: "../db/test_db_fault", wants: ["nothing_acknowledged_is_lost_in_power_cuts", "the_planted_fault_of_a_lazy_sync_is_caught"] },
  { name: "engine", file: "../engine/test_engine_disk", wants: ["after_any_power_cut_nothing_acknowledged_is_lost_or_doubled", "commits_that_wait_for_their_sync_lose_nothing_acknowledged", "answers_before_their_sync_are_caught_losing_what_they_acknowledged", "commits_without_a_sync_are_caught_losing_what_they_acknowledged"] },
];

// What went wrong, or nothing.
function run(file: string, wants: string[], count: string, seed: string): string | undefined {
  const binary = path.resolve(path.dirname(realpathSync(program)), file);
  if (!existsSync(binary)) return `${binary} is not built`;
  const env = { ...process.env, TAEL_STORE_CASES: count, TAEL_CASES: count, TAEL_SEED: seed };
  const { status, stdout, stderr } = spawnSync(binary, { env, encoding: "utf8", maxBuffer: 1 << 28 });
  process.stdout.write(stdout + stderr);
  const passed = (name: string) => new RegExp(`\\[\\s+OK \\] ${name}\\b`).test(stdout + stderr);
  const missing = wants.find((name) => !passed(name));
  if (missing !== undefined) return `${missing} did not pass`;
  return status === 0 ? undefined : `${path.basename(binary)} ended with ${status}`;
}

const { values } = parseArgs({ options: { count: { type: "string", default: "2000" }, seed: { type: "string", default: "1" }, planted: { type: "boolean", default: false } } });
const faults = harnesses.map((h) => run(h.file, h.wants, values.count, values.seed)).filter((f) => f !== undefined);
if (values.planted && faults.length === 0) faults.push("commits without a sync lost what they had acknowledged, on the store and on the engine");
console.log(faults.length === 0
  ? `ok: ${values.count} power cuts on the store and ${values.count} on the engine, 0 acknowledged lost, the planted lazy sync caught by both, the early answer by the engine's; seed ${values.seed}`
  : `failed: ${faults.join("; ")}; seed ${values.seed}`);
process.exitCode = faults.length === 0 ? 0 : 1; // not exit(): what was printed must get out whole
