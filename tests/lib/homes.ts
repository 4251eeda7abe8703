// homes.ts - fresh stores on both homes: a SQLite file under tests/.tmp, or a database of its own on a PostgreSQL
// server. TAEL_TEST_DB names the server and a role with CREATEDB; left out, tools/pg.sh starts one; "none" leaves
// PostgreSQL out. When the named database has the extension citus, each store is made on all nodes of its cluster and
// distributed. A watcher removes it all when the process is gone, however it ended.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { program, root } from "./program.ts";

export type Home = "sqlite" | "postgres";
export const homes: Home[] = process.env.TAEL_TEST_DB === "none" ? ["sqlite"] : ["sqlite", "postgres"];

const folder = path.join(root, "tests/.tmp", String(process.pid));
const pg = path.join(root, "tools/pg.sh");
const databases: string[] = [];
const run = randomBytes(4).toString("hex"); // others may use the server at the same time
let count = 0;
let server: string | undefined;

export function watch(command: string) {
  const watcher = spawn("sh", ["-c", `cat >/dev/null; ${command}`], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
  watcher.unref();
  (watcher.stdin as unknown as { unref(): void }).unref();
}

// A folder of this process, removed at its end.
export function scratch(): string {
  if (count++ === 0) {
    mkdirSync(folder, { recursive: true });
    watch(`sleep 1; rm -rf '${folder}'`);
  }
  const inner = path.join(folder, String(count));
  mkdirSync(inner);
  return inner;
}

function postgresServer(): string {
  if (server) return server;
  process.env.TAEL_DATA_DIR = scratch(); // where the program keeps the master key of a store on a server
  server = process.env.TAEL_TEST_DB;
  if (!server) {
    const data = path.join(scratch(), "pg");
    server = execFileSync(pg, ["start", data], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }).trim();
    watch(`${pg} stop '${data}'; rm -rf '${folder}'`);
  }
  process.on("exit", () => {
    for (const name of databases) {
      for (const node of [server!, ...workers().map((w) => w.url)]) sql(node, `drop database if exists ${name} with (force)`);
    }
  });
  return server;
}

// Runs SQL on a PostgreSQL database and gives what psql prints, unaligned and without headings.
export function sql(url: string, text: string): string {
  return execFileSync("psql", ["-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", text], { encoding: "utf8" });
}

// The url of a store that does not exist yet (SQLite) or is an empty database (PostgreSQL).
export function freshStore(home: Home): string {
  if (home === "sqlite") return `sqlite:${path.join(scratch(), "market.db")}`;
  const at = postgresServer();
  assert.match(at, /^postgres(ql)?:\/\/[^/]+\//, "TAEL_TEST_DB is a url like postgres://USER@HOST/postgres");
  const name = `tael_api_${run}_${databases.length}`;
  databases.push(name);
  for (const node of [at, ...workers().map((w) => w.url)]) sql(node, `create database ${name} encoding 'UTF8' template template0`);
  const url = databaseOf(at, name);
  if (isCluster()) spread(url, name);
  return url;
}

const databaseOf = (at: string, name: string) => at.replace(/\/[^/?]*(\?.*)?$/, `/${name}$1`);

// --- a cluster -----------------------------------------------------------------------------------------------------

type Worker = { host: string; port: string; url: string };
let known: { isCluster: boolean; coordinator: string[]; workers: Worker[] } | undefined;

function cluster() {
  if (known) return known;
  const at = postgresServer();
  known = { isCluster: sql(at, "select 1 from pg_extension where extname = 'citus'").trim() === "1", coordinator: [], workers: [] };
  if (!known.isCluster) return known;
  const nodes = sql(at, "select groupid, nodename, nodeport from pg_dist_node where noderole = 'primary' order by nodeid").trim();
  for (const line of nodes === "" ? [] : nodes.split("\n")) {
    const [group, host, port] = line.split("|") as [string, string, string];
    if (group === "0") known.coordinator = [host, port];
    else known.workers.push({ host, port, url: at.replace(/(:\/\/(?:[^@/]*@)?)[^/]*\//, `$1${host}:${port}/`) });
  }
  return known;
}

export const isCluster = () => cluster().isCluster;
const workers = () => cluster().workers;

// The extension on every node, the nodes made known to each other, the tables where their schemas say.
function spread(url: string, name: string) {
  for (const node of [url, ...workers().map((w) => databaseOf(w.url, name))]) sql(node, "create extension citus");
  const [host, port] = cluster().coordinator;
  if (host) sql(url, `select citus_set_coordinator_host('${host}', ${port})`);
  for (const w of workers()) sql(url, `select citus_add_node('${w.host}', ${w.port})`);
  execFileSync(program, ["migrate", "--distribute", "--db", url], { stdio: ["ignore", "ignore", "inherit"] });
}

// What the program does by itself while nobody asks for anything: clocks, leases, runs of jobs, retries of tasks, and the
// sums that the desk makes of each minute.
const byItself = [
  "engine_job_run", "engine_lane", "engine_state", "engine_task",
  "desk_count", "desk_flow", "desk_health", "desk_place", "desk_reader",
];

// A digest of each table's rows: equal before and after when nothing was changed.
export function tables(url: string): Record<string, string> {
  const rows = url.startsWith("sqlite:") ? sqliteTables(fileOf(url)) : postgresTables(url);
  return Object.fromEntries(rows.filter(([table]) => !byItself.includes(table)));
}

function sqliteTables(file: string): [string, string][] {
  const store = new DatabaseSync(file, { readOnly: true });
  const names = store.prepare("select name from sqlite_schema where type = 'table' and sql not like 'create virtual%' order by name").all() as { name: string }[];
  const digest = (name: string) => {
    const statement = store.prepare(`select * from "${name}"`);
    statement.setReadBigInts(true);
    const rows = statement.all().map((row) => JSON.stringify(row, (_, v) => (typeof v === "bigint" ? String(v) : v)));
    return createHash("sha256").update(rows.sort().join("\n")).digest("hex");
  };
  const result = names.map(({ name }): [string, string] => [name, digest(name)]);
  store.close();
  return result;
}

function postgresTables(url: string): [string, string][] {
  const names = sql(url, "select tablename from pg_tables where schemaname = 'public' order by 1").trim().split("\n");
  const all = names.map((t) => `select '${t}', coalesce(md5(string_agg(x::text, '' order by x::text)), '') from "${t}" x`).join(" union all ");
  return sql(url, all).trim().split("\n").map((line) => line.split("|") as [string, string]);
}

export const fileOf = (url: string) => url.slice("sqlite:".length);
