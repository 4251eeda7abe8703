// distribute.test.ts - the plan that puts a store on a Citus cluster: printed without one; and
// refused without one, with what to do.
import assert from "node:assert/strict";
import { test } from "node:test";
import { freshStore, homes, isCluster, sql } from "./lib/homes.ts";
import { tael, taelOk } from "./lib/program.ts";

const skip = !homes.includes("postgres") || isCluster();

test("the plan names every table once, with the key its schema declares", { skip }, async () => {
  const url = freshStore("postgres");
  await taelOk(["migrate", "--db", url]);
  const plan = (await taelOk(["migrate", "--distribute", "--dry-run", "--db", url])).trim().split("\n");
  const declared = sql(url, "select name || ' ' || shard from schema_table order by 1").trim().split("\n");
  const placed = plan.flatMap((line) => {
    const found = /^select create_(reference|distributed)_table\('(\w+)'(?:, '(\w+)', colocate_with => '(\w+)')?\);$/.exec(line);
    return found ? [`${found[2]} ${found[3] ?? ""}`] : [];
  });
  assert.deepEqual(placed.sort(), declared.map((line) => line.padEnd(line.includes(" ") ? 0 : 1)).sort());
  assert.ok(plan.includes("select create_reference_table('shop');"));
  const together = new Set(plan.flatMap((line) => /colocate_with => '(?!none)(\w+)'/.exec(line)?.[1] ?? []));
  assert.equal(together.size, 3, "keys of one type lie together: numbers, bytes, text");
  for (const anchor of together) assert.match(plan.find((l) => l.includes(`_table('${anchor}'`))!, /colocate_with => 'none'/);
  const triggers = sql(url, "select count(*) from pg_trigger where not tgisinternal").trim();
  assert.equal(plan.filter((line) => line.startsWith("drop trigger ")).length, Number(triggers));
  assert.ok(plan.findLastIndex((l) => l.startsWith("drop trigger")) < plan.findIndex((l) => l.includes("create_")), "triggers go first");
  assert.equal(sql(url, "select count(*) from pg_trigger where not tgisinternal").trim(), triggers, "nothing was done");
});

test("without the extension it is refused, and says what to do", { skip }, async () => {
  const url = freshStore("postgres");
  await taelOk(["migrate", "--db", url]);
  const { code, err } = await tael(["migrate", "--distribute", "--db", url]);
  assert.notEqual(code, 0);
  assert.match(err, /create extension citus.*citus_add_node/);
  const embedded = await tael(["migrate", "--distribute", "--dry-run", "--db", freshStore("sqlite")]);
  assert.match(embedded.err, /only a store on PostgreSQL is distributed/);
  const alone = await tael(["migrate", "--dry-run", "--db", url]);
  assert.match(alone.err, /--dry-run goes with --distribute/);
});
