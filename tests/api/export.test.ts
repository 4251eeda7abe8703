// export.test.ts - histories lived by `tael replay`, against totals from plain arithmetic; then the books, written for
// ledger, hledger and beancount, read by the real programs, whose balances must be Tael's to the last unit.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { freshStore, homes, scratch } from "../lib/homes.ts";
import { verify } from "../lib/market.ts";
import { root, tael, taelOk } from "../lib/program.ts";
import { readFolder, totals, writeFolder, type Order } from "../fixtures/history.ts";
import { orders, spoilt } from "../fixtures/small.ts";

const keys = ["orders", "orders_with_items", "items_total", "payments_total", "reconciled", "breaks", "captured", "refunded",
  "delivered", "open", "commission", "paid_to_sellers", "in_reserve", "suspense", "transfers", "seconds", "verify"];
const counts = ["orders", "orders_with_items", "reconciled", "breaks", "delivered", "open", "transfers"];

// One JSON object on standard output, every key of its type; the amounts and counts that arithmetic gives.
function checkReport(out: string, expected: ReturnType<typeof totals>) {
  const report = JSON.parse(out);
  assert.deepEqual(Object.keys(report).sort(), [...keys].sort());
  for (const key of counts) assert.ok(Number.isInteger(report[key]), `${key} is a whole number: ${report[key]}`);
  assert.equal(typeof report.seconds, "number");
  for (const key of keys.filter((k) => ![...counts, "seconds", "verify"].includes(k))) assert.match(report[key], /^-?\d+\.\d\d$/, key);
  const { transfers, seconds, ...told } = report;
  assert.deepEqual(told, { ...expected, verify: "ok" });
  assert.ok(transfers > 0);
}

// --- the accounting programs -----------------------------------------------------------------------------------------

type Balances = Map<string, string>; // "account commodity" -> decimal text; zero balances left out
const run = promisify(execFile);
const hugeOutput = { maxBuffer: 1 << 30 };

const isZero = (amount: string) => /^-?0*\.?0*$/.test(amount);
const plain = (amount: string) => amount.replace(/^-?0+(?=\d)/, (m) => (m.startsWith("-") ? "-" : "")).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");

// Tael's own balances: the trail of movements in CSV, added up here in integers.
function fromCsv(text: string): Balances {
  const sums = new Map<string, bigint>();
  const digits = new Map<string, number>();
  for (const line of text.trim().split("\n").slice(1)) {
    const [, , debit, credit, amount, asset] = line.split(",");
    const [whole, part = ""] = amount.split(".");
    for (const [account, sign] of [[debit, 1n], [credit, -1n]] as const) {
      const key = `${account}|${asset}`;
      digits.set(key, part.length);
      sums.set(key, (sums.get(key) ?? 0n) + sign * BigInt(whole + part));
    }
  }
  const result: Balances = new Map();
  for (const [key, sum] of sums) {
    const scale = digits.get(key)!, text = (sum < 0n ? -sum : sum).toString().padStart(scale + 1, "0");
    const amount = `${sum < 0n ? "-" : ""}${text.slice(0, text.length - scale)}${scale ? "." + text.slice(-scale) : ""}`;
    if (!isZero(amount)) result.set(key.split("|")[0], plain(amount));
  }
  return result;
}

const add = (into: Balances, account: string, amount: string) => { if (!isZero(amount)) into.set(account, plain(amount)); };

async function fromHledger(file: string): Promise<Balances> {
  await run("hledger", ["-f", file, "check"], hugeOutput);
  const { stdout } = await run("hledger", ["-f", file, "bal", "--flat", "-N", "-O", "csv"], hugeOutput);
  const result: Balances = new Map();
  for (const line of stdout.trim().split("\n").slice(1)) {
    const [, account, amount] = /^"([^"]+)","([^"]*)"$/.exec(line.trim())!;
    add(result, account, amount.split(" ")[0].replaceAll(",", ""));
  }
  return result;
}

async function fromLedger(file: string): Promise<Balances> {
  const { stdout } = await run("ledger", ["-f", file, "bal", "--flat", "--no-total", "--format", "%(account)|%(quantity(scrub(display_total)))\n"], hugeOutput);
  const result: Balances = new Map();
  for (const line of stdout.trim().split("\n")) {
    const [account, amount] = line.split("|");
    add(result, account, amount);
  }
  return result;
}

async function fromBeancount(file: string): Promise<Balances> {
  const { stdout, stderr } = await run("bean-check", [file], hugeOutput);
  assert.equal(stdout + stderr, "", "bean-check finds nothing");
  const query = await run("bean-query", ["-f", "csv", file, "select account, sum(position) as total group by account"], hugeOutput);
  const result: Balances = new Map();
  for (const line of query.stdout.trim().split("\n").slice(1)) {
    const [account, amount] = line.split(",").map((t) => t.trim());
    if (amount !== "") add(result, account, amount.split(" ")[0]);
  }
  return result;
}

async function checkBooks(url: string) {
  const folder = scratch();
  const own = fromCsv(await taelOk(["export", "--format", "csv", "--db", url]));
  assert.ok(own.size > 10);
  for (const [format, read] of [["hledger", fromHledger], ["ledger", fromLedger], ["beancount", fromBeancount]] as const) {
    const file = path.join(folder, `books.${format}`);
    writeFileSync(file, await taelOk(["export", "--format", format, "--db", url]));
    assert.deepEqual([...(await read(file))].sort(), [...own].sort(), `${format} and Tael agree on every account`);
  }
}

// --- the small history -----------------------------------------------------------------------------------------------

async function lived(home: "sqlite" | "postgres", history: Order[], bad: Record<string, string[]>, options: string[] = []) {
  const folder = scratch(), url = freshStore(home);
  writeFolder(folder, history, bad);
  return { url, ...(await tael(["replay", "olist", folder, "--json", "--db", url, ...options])) };
}

for (const home of homes) {
  describe(`a small history on ${home}`, () => {
    test("is lived to the last cent, malformed rows named, and three accounting programs agree with its books", async () => {
      const { code, out, err, url } = await lived(home, orders, spoilt);
      assert.equal(code, 0, err);
      checkReport(out, totals(orders));
      for (const [file, lines] of Object.entries(spoilt)) {
        const told = err.split("\n").filter((line) => line.startsWith(`${file}:`));
        assert.equal(told.length, lines.length, `${file}: ${told.join("\n")}`);
        for (const line of told) assert.match(line, /^[a-z_]+\.csv:\d+: \S.*/);
      }
      await verify(url);
      await checkBooks(url);
    });

    test("another commission, settlement time and reserve", async () => {
      const good = orders.filter((o) => o.payments.length > 0);
      const { code, out, err } = await lived(home, good, {}, ["--commission", "12.5", "--settle-days", "20", "--in-flight", "16"]);
      assert.equal(code, 0, err);
      checkReport(out, totals(good, 125));
    });
  });
}

test("a folder that lacks a file is refused by its name", async () => {
  const folder = scratch();
  writeFolder(folder, orders.slice(0, 1));
  const { code, err } = await tael(["replay", "olist", path.join(folder, "nowhere"), "--json"], { cwd: folder });
  assert.equal(code, 1);
  assert.match(err, /category_names\.csv can't be read/);
});

// --- the real folder, where it is there ------------------------------------------------------------------------------

const real = [path.join(root, "../shared/data/olist"), path.join(root, "shared/data/olist")].find((f) => existsSync(f));

test("the real folder: totals are the source's, exactly; the books verify and agree", { skip: real === undefined }, async (t) => {
  const facts = JSON.parse(readFileSync(path.join(real!, "facts.json"), "utf8"));
  const expected = totals(readFolder(real!));
  assert.deepEqual(
    [expected.orders, expected.orders_with_items, expected.items_total, expected.payments_total, expected.reconciled, expected.breaks, expected.delivered],
    [facts.orders, facts.orders_with_items, facts.sum_price_plus_freight, facts.sum_payments_of_orders_with_items, facts.reconcile, facts.breaks, facts.status.delivered]);
  const url = freshStore("sqlite");
  const { code, out, err } = await tael(["replay", "olist", real!, "--json", "--db", url]);
  assert.equal(code, 0, err);
  checkReport(out, expected);
  t.diagnostic(`lived in ${JSON.parse(out).seconds} s`);
  await checkBooks(url);
});

