// shards.test.ts - what a distributed database asks of the schema: every table is a reference table or has a shard key,
// and every primary key and unique index begins with it, so that uniqueness is decided on one node.
import assert from "node:assert/strict";
import { test } from "node:test";
import { freshStore, homes, sql } from "./lib/homes.ts";
import { taelOk } from "./lib/program.ts";

const astray = `select s.name || ' ' || i.indexrelid::regclass from schema_table s
  join pg_index i on i.indrelid = s.name::regclass and i.indisunique
  left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
  where s.shard <> '' and a.attname is distinct from s.shard order by 1`;
const unknown = `select tablename from pg_tables where schemaname = 'public' and tablename not in ('schema_step', 'schema_table')
  and tablename not in (select name from schema_table)`;

test("every key and unique index begins with its table's shard key", { skip: !homes.includes("postgres") }, async () => {
  const url = freshStore("postgres");
  await taelOk(["migrate", "--db", url]);
  assert.ok(Number(sql(url, "select count(*) from schema_table where shard <> ''")) > 50, "there are tables to look at");
  assert.equal(sql(url, astray).trim(), "");
  assert.equal(sql(url, unknown).trim(), "");
  sql(url, "create unique index planted on orders (buyer, order_id)");
  assert.equal(sql(url, astray).trim(), "orders planted", "a planted one is found");
});
