// lists.test.ts - every list of the API against a brute-force model of it, over the data of a made-up market and as three
// callers: pages of random sizes give the whole list in its order, each row once; a filter gives the rows of the whole
// list that have the value. TAEL_SEED draws sizes and values; TAEL_STORE_CASES sets how many walks a list has.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventually, must, signIn, type Client, type Json } from "../lib/client.ts";
import { freshStore, homes } from "../lib/homes.ts";
import { operations, type Operation } from "../lib/openapi.ts";
import { serve, type Server } from "../lib/program.ts";
import { random } from "../crash/load.ts";

const seed = Number(process.env.TAEL_SEED ?? 1), walks = Math.max(1, Math.floor(Number(process.env.TAEL_STORE_CASES ?? 200) / 1000));
const people = ["operator@example.com", "seller@example.com", "buyer@example.com"], password = "tael-demo-2026";
const tries = 5, rowsMax = 1_500, valuesEach = 2;
// Not one value of a row: an order, words, bounds, a switch.
const noFilter = ["limit", "after", "forward", "order", "q", "offers", "from", "to", "min_price", "max_price", "page"];

const withQuery = (path: string, query: Record<string, string | number>) => {
  const text = new URLSearchParams(Object.entries(query).map(([k, v]) => [k, String(v)])).toString();
  return text === "" ? path : `${path}?${text}`;
};

// All rows in pages of the sizes that `size` gives; undefined when the caller may not, there are too many, or the filter wants
// another form of the value than rows show.
async function walk(who: Client, path: string, query: Record<string, string>, size: () => number): Promise<Json[] | undefined> {
  const rows: Json[] = [];
  for (let next: string | null = ""; next !== null; ) {
    const asked = withQuery(path, { ...query, limit: size(), ...(next ? { after: next } : {}) });
    const answer = await eventually("a server that is not busy", async () => who.get(asked).then((a) => a.status !== 503 && a.status !== 429 && a));
    if ([400, 403, 404].includes(answer.status)) return undefined;
    const page: Json = must(answer);
    rows.push(...page.items);
    next = page.next;
    if (rows.length > rowsMax) return undefined;
  }
  return rows;
}

// The whole list and what `look` found, at a moment when the list did not change.
async function atRest(who: Client, path: string, look: (whole: Json[]) => Promise<Json[]>, model: (whole: Json[]) => Json[], what = ""): Promise<void> {
  for (let i = 1; ; i++) {
    const whole = await walk(who, path, {}, () => 200);
    if (whole === undefined) return;
    const found = await look(whole), again = await walk(who, path, {}, () => 200);
    const rests = JSON.stringify(whole) === JSON.stringify(again);
    if (!rests && i < tries) continue;
    if (rests) assert.deepEqual(found, model(whole), `${path} ${what}`);
    return;
  }
}

for (const home of homes) {
  describe(`lists on ${home}`, () => {
    let market: Server, callers: Client[], lists: Operation[];
    before(async () => {
      market = await serve(["demo", "--db", freshStore(home), "--listen", "127.0.0.1:0", "--orders", "60", "--shops", "3", "--seed", "7"], 180_000);
      callers = await Promise.all(people.map((who) => signIn(market.url, who, password)));
      lists = operations(must(await callers[0]!.get("/openapi.json"))).filter((o) => o.method === "GET" && o.isList && !o.path.includes("{"));
    });
    after(() => market.stop());

    test(`pages of any size give each row once, in one order (seed ${seed})`, async () => {
      const draw = random(seed);
      let compared = 0;
      for (const { path } of lists) {
        for (const who of callers) {
          for (let i = 0; i < walks; i++) {
            const small = 1 + Math.floor(draw() * 9);
            await atRest(who, path, async (whole) => {
              compared += whole.length;
              const size = () => (whole.length > 100 ? 20 : 0) + 1 + Math.floor(draw() * small);
              return (await walk(who, path, {}, size)) ?? [];
            }, (whole) => whole);
          }
        }
      }
      assert.ok(compared > 500, `only ${compared} rows were there to compare`);
      // The planted defect: a row that is missing.
      const orders = async () => (await walk(callers[0]!, "/v1/orders", {}, () => 7))!;
      await assert.rejects(atRest(callers[0]!, "/v1/orders", orders, (whole) => whole.slice(1)), /\/v1\/orders/);
    });

    test(`a filter gives the rows that have the value, and no other (seed ${seed})`, async () => {
      const draw = random(seed + 1), filtered = new Set<string>();
      for (const { path, query } of lists) {
        for (const name of query.filter((q) => !noFilter.includes(q))) {
          for (const who of callers) {
            const some = (await walk(who, path, {}, () => 200)) ?? [];
            if (some.length === 0 || !some.every((row) => typeof row[name] === "string" || typeof row[name] === "number")) continue;
            for (let i = 0; i < valuesEach; i++) {
              const value = String(some[Math.floor(draw() * some.length)]![name]);
              if (value === "") continue; // an empty filter is none
              if ((await walk(who, path, { [name]: value }, () => 200)) === undefined) continue;
              filtered.add(`${path} ${name}`);
              await atRest(who, path, async () => (await walk(who, path, { [name]: value }, () => 1 + Math.floor(draw() * 40))) ?? [],
                (whole) => whole.filter((row) => String(row[name]) === value), `${name}=${value}`);
            }
          }
        }
      }
      assert.ok(filtered.size >= 12, `only these had values to filter by: ${[...filtered].join(", ")}`);
    });
  });
}
