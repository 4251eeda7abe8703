// run.ts - runs the test files named, two at a time, and prints one report as `node --test` would. Files that drive a browser run
// one after the other: two of them would fight for the processors and call each other slow. The rest fill the other
// place, the longest first, so that no long one is left alone at the end. The exit code is 1 when a test failed.
//
//   node tests/run.ts FILE...
import { PassThrough } from "node:stream";
import { run } from "node:test";
import { spec } from "node:test/reporters";

type Event = { type: string; data: any };

// About what each takes by itself; a file that is not here is short.
const seconds: Record<string, number> = {
  "console.test.ts": 160, "app.test.ts": 130, "desk.test.ts": 70, "work.test.ts": 40,
  "api/bank.test.ts": 80, "failover.test.ts": 75, "sweep.test.ts": 70, "two-servers.test.ts": 45, "cli.test.ts": 40, "stock-race.test.ts": 35,
  "lists.test.ts": 50, "webhooks.test.ts": 30, "kill.test.ts": 30, "backup.test.ts": 25, "crash/bank.test.ts": 20, "sim.test.ts": 20, "migrate.test.ts": 20,
};

const secondsOf = (file: string) => Object.entries(seconds).find(([end]) => file.endsWith(`/${end}`))?.[1] ?? 0;
const isBrowser = (file: string) => file.includes("/browser/");
const waiting = process.argv.slice(2).sort((a, b) => secondsOf(b) - secondsOf(a));
const report = new PassThrough({ objectMode: true });
const counts = new Map<string, number>();
let browsers = 0;

// What ends a file's own report is added up; it is said once, at the end.
function take({ type, data }: Event): void {
  const count = type === "test:diagnostic" && data.nesting === 0 ? /^(tests|suites|pass|fail|cancelled|skipped|todo) (\d+)$/.exec(data.message) : null;
  if (count) counts.set(count[1]!, (counts.get(count[1]!) ?? 0) + Number(count[2]));
  else if (type === "test:diagnostic" && data.nesting === 0 && data.message.startsWith("duration_ms ")) return;
  else if (type !== "test:summary") report.write({ type, data });
}

async function runFile(file: string): Promise<void> {
  const events: Event[] = [], began = performance.now();
  for await (const event of run({ files: [file], concurrency: false }) as AsyncIterable<Event>) events.push(event);
  for (const event of events) take(event);
  report.write({ type: "test:diagnostic", data: { nesting: 0, message: `${file}: ${((performance.now() - began) / 1000).toFixed(1)} s`, level: "info" } });
}

function next(): string | undefined {
  const at = waiting.findIndex((file) => browsers === 0 || !isBrowser(file));
  return at < 0 ? undefined : waiting.splice(at, 1)[0];
}

// One of the two places. While only browser files are left and one is running, there is nothing to do here.
async function place(): Promise<void> {
  for (let file = next(); file !== undefined; file = next()) {
    browsers += isBrowser(file) ? 1 : 0;
    await runFile(file);
    browsers -= isBrowser(file) ? 1 : 0;
  }
}

report.compose(new spec()).pipe(process.stdout);
const began = performance.now();
await Promise.all([place(), place()]);
for (const what of ["tests", "suites", "pass", "fail", "cancelled", "skipped", "todo"])
  report.write({ type: "test:diagnostic", data: { nesting: 0, message: `${what} ${counts.get(what) ?? 0}`, level: "info" } });
report.write({ type: "test:diagnostic", data: { nesting: 0, message: `duration_ms ${Math.round(performance.now() - began)}`, level: "info" } });
report.end();
process.exitCode = (counts.get("fail") ?? 0) + (counts.get("cancelled") ?? 0) > 0 ? 1 : 0;
