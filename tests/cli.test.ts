// cli.test.ts - the program as people and scripts use it: help, refusals, backup and restore, handing over to a running
// server, jobs, health, HEAD, and a stop that loses nothing.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { acknowledged, random, reckon, sendAgain, work, type Asked, type World } from "./crash/load.ts";
import { must, type Client } from "./lib/client.ts";
import { fileOf, freshStore, homes, scratch } from "./lib/homes.ts";
import { Market, openShop, verify } from "./lib/market.ts";
import { operations } from "./lib/openapi.ts";
import { serve, tael, taelOk } from "./lib/program.ts";

const listed = async () => [...(await taelOk(["help"])).matchAll(/^  ([a-z-]+) {2,}\S/gm)].map((m) => m[1]);

describe("command line", () => {
  test("every command has help with options and examples; what is no option, word or command is refused", async () => {
    const commands = await listed();
    for (const wanted of ["serve", "demo", "replay", "verify", "sql", "export", "openapi", "clock", "job", "key", "backup", "restore", "bank-sim", "migrate", "completion", "bench"])
      assert.ok(commands.includes(wanted), wanted);
    for (const command of commands) {
      const help = await taelOk([command, "--help"]);
      assert.match(help, /^tael [a-z-]+ - \S/);
      assert.match(help, new RegExp(`Examples:\n  (eval "\\$\\()?tael ${command}`), command);
      const wrong = await tael([command, "--no-such-option"]);
      assert.equal(wrong.code, 2, command);
      assert.match(wrong.err, /--no-such-option/);
    }
    for (const args of [["no-such-command"], ["verify", "one", "two"], ["backup"], ["serve", "--lanes", "many"], ["serve", "--listen"], ["serve", "--lanes"]]) {
      const { code, err } = await tael(args);
      assert.equal(code, 2, args.join(" "));
      assert.ok(err.length > 10);
    }
  });

  test("benchmarks print one object each and leave nothing behind", async () => {
    const folder = path.join(import.meta.dirname, ".."); // on a disk: in memory they refuse to measure
    const small = ["--transfers", "20000", "--batch", "500", "--json"];
    const ledger = JSON.parse(await taelOk(["bench", "ledger", "--accounts", "100", "--runs", "1", "--hot", "50", ...small], { cwd: folder }));
    const floor = JSON.parse(await taelOk(["bench", "floor", "--runs", "1", ...small], { cwd: folder }));
    for (const key of ["bench", "rate", "p50_ms", "p99_ms", "floor", "floor_ratio", "runs"]) assert.ok(key in ledger && key in floor, key);
    for (const order of ["ordered", "random"]) {
      const ids = JSON.parse(await taelOk(["bench", "ids", "--ids", order, ...small], { cwd: folder }));
      assert.equal(ids.transfers, 20000);
      assert.ok(ids.rate > 0);
    }
    const brief = ["--seconds", "1", "--runs", "1", "--accounts", "50", "--connections", "8", "--json"];
    const single = JSON.parse(await taelOk(["bench", "http-transfers", ...brief], { cwd: folder }));
    for (const key of ["bench", "rate", "p50_ms", "p99_ms", "floor", "floor_ratio", "runs"]) assert.ok(key in single, key);
    assert.ok(single.rate > 0 && single.floor > 0);
    const { code, err } = await tael(["bench", "ids", "--ids", "alphabetical"], { cwd: folder });
    assert.equal(code, 1);
    assert.match(err, /ordered or random/);
    assert.deepEqual(readdirSync(folder).filter((name) => name.startsWith(".tael-")), []);
  });

  test("completion is a script that bash can read", async () => {
    const script = await taelOk(["completion"]);
    const { status, stderr } = spawnSync("bash", ["-n"], { input: script, encoding: "utf8" });
    assert.equal(status, 0, stderr);
    for (const command of await listed()) assert.ok(script.includes(command), command);
  });

  test("openapi prints the routes that the server serves", async () => {
    const market = await Market.open("sqlite");
    const printed = JSON.parse(await taelOk(["openapi"])), served = must(await market.nobody.get("/openapi.json"));
    assert.equal(printed.openapi, "3.1.0");
    for (const [where, methods] of Object.entries(printed.paths)) assert.deepEqual(methods, served.paths[where], where);
    await market.close();
  });

  test("a store that is not there, or is none, is told as such: by verify in one object", async () => {
    const folder = scratch(), text = path.join(folder, "text.db");
    writeFileSync(text, "no store at all\n".repeat(500));
    for (const url of [`sqlite:${path.join(folder, "none.db")}`, `sqlite:${text}`, "mysql://x", "postgres://127.0.0.1:1/none"]) {
      const { code, out } = await tael(["verify", "--db", url]);
      assert.equal(code, 1, url);
      const proof = JSON.parse(out);
      assert.equal(proof.ok, false);
      assert.match(proof.violation, /could not be read: \S/);
    }
    const { code, err } = await tael(["clock", "--db", "mysql://x"]);
    assert.equal(code, 1);
    assert.match(err, /sqlite:.*postgres:/);
  });
});

describe("a store and the processes around it", () => {
  test("a backup taken while the server works is restored, verifies, and has the same state", async () => {
    const market = await Market.open("sqlite"), seller = await market.seller("Shelf");
    await openShop(market, seller, [{ title: "Book", price: 900, units: 3 }]);
    const folder = scratch(), copy = path.join(folder, "copy.db"), back = path.join(folder, "back.db");
    await taelOk(["backup", copy, "--db", market.url]);
    assert.equal((await tael(["backup", copy, "--db", market.url])).code, 1, "a backup is never written over");
    await market.buyer("Later");
    copyFileSync(`${fileOf(market.url)}.key`, `${back}.key`);
    await taelOk(["restore", copy, "--db", `sqlite:${back}`]);
    assert.equal((await tael(["restore", copy, "--db", `sqlite:${back}`])).code, 1, "nor is a store");
    const hash = async (url: string) => JSON.parse(await taelOk(["verify", "--hash", "--db", url])).state_hash;
    assert.equal(await hash(`sqlite:${back}`), await hash(`sqlite:${copy}`));
    assert.notEqual(await hash(`sqlite:${back}`), await hash(market.url));
    const again = await serve(["serve", "--db", `sqlite:${back}`, "--listen", "127.0.0.1:0"]);
    const users = must(await market.operator.at(again.url).get("/v1/users")).items;
    assert.ok(!users.some((u: { name: string }) => u.name === "Later") && users.length === 2, "the restored market knows its people");
    await again.stop();
    await market.close();
  });

  for (const home of homes) {
    test(`${home}: a query of one's own reads the whole history, and cannot write`, async () => {
      const market = await Market.open(home), seller = await market.seller("Asked");
      await openShop(market, seller, [{ title: "Pen, \"blue\"", price: 300, units: 7 }]);
      const ask = (query: string, ...more: string[]) => tael(["sql", query, "--db", market.url, ...more]);
      const rows = async (query: string) => (await ask(query, "--format", "json")).out.trim().split("\n").map((line) => JSON.parse(line));
      const [{ n }] = await rows("select count(*) as n from ledger_transfer");
      assert.ok(n > 0);
      assert.deepEqual(await rows("select count(*) as n from ledger_entry"), [{ n: 2 * n }]);
      const csv = (await ask("select title, null as void from product")).out;
      assert.equal(csv, 'title,void\n"Pen, ""blue""",\n');
      for (const bad of ["delete from ledger_account", "select 1; select 2", "", "select no_such_column from ledger_transfer"]) {
        const { code, err } = await ask(bad);
        assert.equal(code, 1, bad);
        assert.ok(err.length > 10, bad);
      }
      assert.deepEqual(await rows("select count(*) as n from ledger_transfer"), [{ n }]);
      await market.close();
    });
  }

  test("clock and key are handed to the server that holds the store; without one they open it themselves", async () => {
    const market = await Market.open("sqlite");
    assert.ok(existsSync(`${fileOf(market.url)}.sock`));
    const before = must(await market.operator.get("/v1/clock"));
    const moved = JSON.parse(await taelOk(["clock", "advance", "2d", "--db", market.url]));
    const now = must(await market.operator.get("/v1/clock"));
    assert.equal(now.business_date, moved.business_date);
    assert.ok(Date.parse(now.now) - Date.parse(before.now) >= 2 * 86_400_000);
    const backwards = await tael(["clock", "advance", "2001-01-01T00:00:00Z", "--db", market.url]);
    assert.equal(backwards.code, 1);
    assert.match(backwards.err, /rule_refused|forward|back/);
    assert.equal(must(await (await market.key("operator", "self,supervise")).get("/v1/me")).user.role, "operator");
    await market.close();
    assert.ok(!existsSync(`${fileOf(market.url)}.sock`));
    assert.match(await taelOk(["clock", "--db", market.url]), /"business_date"/);
  });

  test("a second writer on the same file is refused and says why", async () => {
    const market = await Market.open("sqlite");
    const { code, err } = await tael(["serve", "--db", market.url, "--listen", "127.0.0.1:0"]);
    assert.equal(code, 1);
    assert.match(err, /conflict|lock|another|already/i);
    must(await market.operator.get("/v1/me"));
    await market.close();
  });

  test("the clock stands outside a sandbox", async () => {
    const market = await Market.open("sqlite", []);
    assert.equal((await tael(["clock", "advance", "1d", "--db", market.url])).code, 1);
    assert.equal((await market.operator.post("/v1/clock/advance", { to: "2099-01-01T00:00:00Z" }, { key: null })).status, 403);
    await market.close();
  });

  test("jobs are listed and run by name, once a date", async () => {
    const market = await Market.open("sqlite");
    const jobs = await taelOk(["job", "list", "--db", market.url]);
    for (const name of ["settlement.daily", "safeguard.daily", "attempts.repair"]) assert.match(jobs, new RegExp(`^${name} +\\S`, "m"));
    assert.match(await taelOk(["job", "run", "safeguard.daily", "--db", market.url]), /^safeguard\.daily of \d{4}-\d\d-\d\d: /);
    const unknown = await tael(["job", "run", "no.such", "--db", market.url]);
    assert.equal(unknown.code, 1);
    assert.equal((await tael(["job", "run", "safeguard.daily", "tomorrow", "--db", market.url])).code, 2);
    await market.close();
  });

  for (const home of homes) {
    test(`${home}: migrate prepares an empty store and leaves a full one as it is`, async () => {
      const url = freshStore(home);
      await taelOk(["migrate", "--db", url]);
      await taelOk(["migrate", "--db", url]);
      const server = await serve(["serve", "--db", url, "--listen", "127.0.0.1:0"]);
      assert.equal(await server.stop(), 0);
      await verify(url);
    });
  }
});

describe("a server", () => {
  test("tells its health, counters and pages; HEAD answers wherever GET does, without a body", async () => {
    const market = await Market.open("sqlite");
    assert.deepEqual(must(await market.nobody.get("/healthz")), { status: "ok" });
    assert.deepEqual(must(await market.nobody.get("/readyz")), { status: "ready" });
    const metrics = await market.nobody.get("/metrics");
    assert.match(metrics.text, /^# (HELP|TYPE) \w+/m);
    assert.match(metrics.text, /^\w+(\{.*\})? \d/m);
    const gets = operations(must(await market.nobody.get("/openapi.json"))).filter((o) => o.method === "GET" && !o.path.includes("{"));
    for (const where of ["/", "/docs", "/healthz", "/readyz", "/openapi.json", ...gets.map((o) => o.path)]) {
      const [get, head] = [await market.operator.get(where), await market.operator.ask("HEAD", where)];
      assert.equal(head.status, get.status, where);
      assert.equal(head.text, "", where);
      assert.equal(head.headers.get("content-type"), get.headers.get("content-type"), where);
    }
    await market.close();
  });

  for (const home of homes) {
    test(`${home}: told to stop under load it answers what it took, exits 0 in time, and nothing is lost`, async () => {
      const market = await Market.open(home), books = await market.key("operator", "ledger.read,ledger.write");
      const seller = await market.seller("Steady"), buyers: Client[] = [(await market.buyer("Ann")).api, (await market.buyer("Bob")).api];
      const { offers } = await openShop(market, seller, [{ title: "Bread", price: 300, units: 100_000 }]);
      const accounts: string[] = [];
      for (let i = 0; i < 4; i++) accounts.push(must(await books.post("/v1/accounts", { asset: 156 })).account);
      const world: World = { books, accounts, buyers, offers: [offers[0].offer] }, asked: Asked[] = [];
      const working = Array.from({ length: 8 }, (_, i) => work(world, market.server.url, random(i), asked));
      await acknowledged(asked, 30);
      const began = performance.now();
      assert.equal(await market.server.stop(), 0, market.server.log());
      assert.ok(performance.now() - began < 10_000, "drained in time");
      await Promise.all(working);
      await market.verify();
      market.server = await serve(["serve", "--db", market.url, "--listen", "127.0.0.1:0", "--sandbox"]);
      await sendAgain(market.server.url, asked);
      await reckon(world, market.operator.at(market.server.url), asked);
      await market.close();
    });
  }
});
