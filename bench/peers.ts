// peers.ts - what people would pick instead, measured in the same run on the same machine and disk: PostgreSQL with the
// textbook script and with a stored procedure, beside Tael on the same server, from one process and from two, and Tael's
// ledger and HTTP on a file. Prints one JSON object on standard output and a small table on standard error.
//
//   ./dev bench --peers [--seconds 5] [--runs 3] [--accounts 10000] [--clients 32]
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { parseArgs, promisify } from "node:util";

const root = path.resolve(import.meta.dirname, "..");
const tael = process.env.TAEL_BIN ?? path.join(root, "build/tael");
const folder = path.join(root, "build/peers"); // beside the build: a real disk, as the program's own benchmarks want
const { values } = parseArgs({ options: {
  seconds: { type: "string", default: "5" }, runs: { type: "string", default: "3" },
  accounts: { type: "string", default: "10000" }, clients: { type: "string", default: "32" },
} });

type Row = { name: string; rate: number; rates: number[]; mean_ms?: number; p50_ms?: number; p99_ms?: number; floor?: number; floor_ratio?: number };

const middle = (all: number[]) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)];
const say = (line: string) => process.stderr.write(`${line}\n`);

function startPostgres(): string {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return execFileSync(path.join(root, "tools/pg.sh"), ["start", path.join(folder, "pg")], { encoding: "utf8" }).trim();
}

function stopPostgres() {
  execFileSync(path.join(root, "tools/pg.sh"), ["stop", path.join(folder, "pg")], { stdio: "ignore" });
  rmSync(folder, { recursive: true, force: true });
}

function pgbench(url: string, name: string, script: string): Row {
  const rates: number[] = [], waits: number[] = [];
  for (let run = 0; run < Number(values.runs); run++) {
    const out = execFileSync("pgbench", ["-n", "-M", "prepared", "-f", path.join(root, "bench", script), "-D", `accounts=${values.accounts}`,
      "-c", values.clients!, "-j", "2", "-T", values.seconds!, url], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
    rates.push(Math.round(Number(/tps = ([\d.]+)/.exec(out)![1])));
    waits.push(Number(/latency average = ([\d.]+)/.exec(out)![1]));
  }
  say(`${name}: ${middle(rates)}/s`);
  return { name, rate: middle(rates), rates, mean_ms: middle(waits) };
}

function ours(name: string, words: string[]): Row {
  const run = spawnSync(tael, ["bench", ...words, "--runs", values.runs!, "--accounts", values.accounts!, "--json"], { encoding: "utf8", cwd: path.join(root, "build") });
  if (run.status !== 0) throw new Error(`tael bench ${words.join(" ")}: ${run.stderr}`);
  const got = JSON.parse(run.stdout);
  say(`${name}: ${got.rate}/s`);
  return { name, rate: got.rate, rates: [got.rate_min, got.rate_max].filter((r) => r !== undefined), p50_ms: got.p50_ms, p99_ms: got.p99_ms, floor: got.floor, floor_ratio: got.floor_ratio };
}

// Programs that bench the ledger of one database at the same time, as many workers in all whatever their number: the
// rate is that of all of them, each over the time it measured.
async function together(name: string, db: string, processes: number): Promise<Row> {
  const rates: number[] = [];
  for (let run = 0; run < Number(values.runs); run++) {
    const share = 240000 / processes, words = ["bench", "ledger", "--db", db, "--batch", "1000", "--clients", String(4 / processes), "--depth", "1",
      "--accounts", values.accounts!, "--transfers", String(share), "--runs", "1", "--json"];
    const all = await Promise.all(Array.from({ length: processes }, () => promisify(execFile)(tael, words, { cwd: path.join(root, "build") })));
    rates.push(all.reduce((sum, one) => sum + JSON.parse(one.stdout).rate, 0));
  }
  say(`${name}: ${middle(rates)}/s`);
  return { name, rate: middle(rates), rates };
}

function database(url: string, name: string): string {
  execFileSync("psql", ["-X", "-q", "-c", `create database ${name}`, url], { stdio: "ignore" });
  return url.replace(/\/postgres$/, `/${name}`);
}

if (spawnSync("pgbench", ["--version"]).status !== 0) {
  say("bench --peers: pgbench is not installed (Debian: postgresql-15), so there is nobody to compare with");
  process.exit(1);
}

const timed = ["--seconds", values.seconds!];
const url = startPostgres();
const rows: Row[] = [];
try {
  execFileSync("psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", `accounts=${values.accounts}`, "-f", path.join(root, "bench/pg_schema.sql"), url], { stdio: ["ignore", "ignore", "inherit"] });
  rows.push(pgbench(url, "PostgreSQL, textbook script", "pg_textbook.sql"), pgbench(url, "PostgreSQL, stored procedure", "pg_procedure.sql"));
  const books = database(url, "books");
  await together("accounts of the next two", books, 1); // opened, and the files grown, before anything counts
  rows.push(await together("tael on PostgreSQL, batches of 1,000 from 4 workers", books, 1),
    await together("the same from two processes", books, 2),
    ours("tael on PostgreSQL, whole checkouts over HTTP", ["checkout", "--connections", "64", "--db", database(url, "market"), "--buyers", "1000", ...timed]));
} finally {
  stopPostgres();
}
rows.push(
  ours("tael, one transfer a request, HTTP and JSON, 64 connections", ["http-transfers", ...timed]),
  ours("tael, batches of 100 from 4 processes", ["binary", "--batch", "100", "--clients", "4", ...timed]),
  ours("tael, batches of 8,192 from another process", ["binary", ...timed]),
  ours("tael, batches of 8,192 in the process", ["ledger"]),
);

const base = rows[0].rate;
say(`\n${"".padEnd(62)}${"a second".padStart(12)}${"x textbook".padStart(12)}${"of its floor".padStart(14)}`);
for (const r of rows)
  say(`${r.name.padEnd(62)}${r.rate.toLocaleString("en").padStart(12)}${(r.rate / base).toFixed(1).padStart(12)}${(r.floor_ratio?.toFixed(2) ?? "").padStart(14)}`);
console.log(JSON.stringify({ bench: "peers", accounts: Number(values.accounts), runs: Number(values.runs), rows: rows.map((r) => ({ ...r, ratio: Number((r.rate / base).toFixed(2)) })) }));
