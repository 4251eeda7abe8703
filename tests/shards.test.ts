// shards.test.ts - what a distributed database asks: every table is a reference table or has a shard key, every primary
// key and unique index begins with it, and every statement in the program runs there. The statements are taken from
// where none can hide: the texts in the program itself, and what it really sends to a store that is treated as one.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { before, test } from "node:test";
import { buildWorld, newAsk, random, reckon, sendAgain } from "./crash/load.ts";
import { judge, type Shards } from "./lib/citus.ts";
import { freshStore, homes, scratch, sql } from "./lib/homes.ts";
import { Market, verify } from "./lib/market.ts";
import { program, tael, taelOk } from "./lib/program.ts";

const skip = !homes.includes("postgres");
let url = "";
const shards: Shards = new Map();

before(async () => {
  if (skip) return;
  url = freshStore("postgres");
  await taelOk(["migrate", "--db", url]);
  const tables = sql(url, `select s.name, s.shard, coalesce(format_type(a.atttypid, null), '') from schema_table s
    left join pg_attribute a on a.attrelid = s.name::regclass and a.attname = s.shard`);
  for (const line of tables.trim().split("\n")) {
    const [table, key, type] = line.split("|") as [string, string, string];
    shards.set(table, { key, type });
  }
});

const astray = `select s.name || ' ' || i.indexrelid::regclass from schema_table s
  join pg_index i on i.indrelid = s.name::regclass and i.indisunique
  left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
  where s.shard <> '' and a.attname is distinct from s.shard order by 1`;
const unknown = `select tablename from pg_tables where schemaname = 'public' and tablename not in ('schema_step', 'schema_table')
  and tablename not in (select name from schema_table)`;

test("every key and unique index begins with its table's shard key", { skip }, async () => {
  assert.ok(Number(sql(url, "select count(*) from schema_table where shard <> ''")) > 50, "there are tables to look at");
  assert.equal(sql(url, astray).trim(), "");
  assert.equal(sql(url, unknown).trim(), "");
  const other = freshStore("postgres");
  await taelOk(["migrate", "--db", other]);
  sql(other, "create unique index planted on orders (buyer, order_id)");
  assert.equal(sql(other, astray).trim(), "orders planted", "a planted one is found");
});

// Changes of rows on all nodes: each of them is known, and none belongs to a command that is frequent.
const changesEverywhere = [
  /^delete from (desk_health|engine_key|identity_session|identity_signin) where (minute|at|seen_at|failed_at) ?< ?/, // clearing out what is old
  /^delete from engine_key$/, // a replay clears what it does not need
  /^delete from identity_session where user_id/, // a person signs out everywhere
  /^update identity_api_key set revoked_at=.* where user_id/, // an operator takes a person's keys
  /^update identity_approval set state=.* where state=.* and expires_at/, // proposals that ran out
  /^update channel_due set state=.* where channel=.* and business_date/, // the end of a channel's day
  /^update engine_lane set token = token \+ 1/, // lanes of servers that are gone
  /^update ledger_lane set closed = 1$/, // a store is moved
];

// What a distributed store would refuse, or do on every node without being meant to.
function faults(texts: Iterable<string>): string[] {
  const found: string[] = [];
  for (const text of texts) {
    const { place, why, writes } = judge(text, shards);
    if (place === "refused") found.push(`${why}: ${text}`);
    const everywhere = writes && place === "spread" && !text.startsWith("insert into ");
    if (everywhere && !changesEverywhere.some((known) => known.test(text))) found.push(`changes rows on every node: ${text}`);
  }
  return found;
}

const isStatement = (text: string) => /^(select|insert into|update|delete from|with) \S/.test(text) && text.includes(" ", 12);
const isWhole = (text: string) => !/%[-.*0-9]*l*[a-z]/.test(text); // the rest names tables when it runs: only src/db does that

test("no statement in the program is refused", { skip }, () => {
  const texts = new Set(readFileSync(program).toString("latin1").split("\0").filter(isStatement));
  const whole = [...texts].filter(isWhole);
  assert.ok(whole.length > 400, `${whole.length} statements are found in the program`);
  assert.ok(texts.size - whole.length < 8, "few are put together when they run");
  assert.deepEqual(faults(whole), []);
});

test("planted statements are found", { skip }, () => {
  const planted: [string, RegExp][] = [
    ["select order_id from orders where buyer = $1 for update", /locks rows of several shards/],
    ["select order_id from orders where order_id = any($1) order by order_id for update", /locks rows of several shards/],
    ["select o.order_id from orders o join payment p on p.payment_id = o.payment_id where o.order_id = $1", /without their shard keys/],
    ["select o.order_id from orders o where exists (select 1 from payment p where p.payment_id = o.payment_id)", /without their shard keys/],
    ["select s.name from shop s left join orders o on o.buyer = s.seller", /outer side has no distributed table/],
    ["update orders set state = 1 where buyer = $1", /changes rows on every node/],
    ["update orders set order_id = $2 where order_id = $1", /changes the shard key/],
    ["update orders set paid_at = now() where order_id = $1", /not the same on every node/],
    ["update orders set state = (select max(state) from orders) where order_id = $1", /from a subquery/],
    ["update shop set state = 1 where shop_id in (select shop_id from child_order)", /by rows of distributed ones/],
    ["delete from orders using payment p where p.payment_id = orders.payment_id", /without their shard keys/],
    ["insert into orders (buyer) values ($1)", /without the shard key/],
    ["insert into orders (order_id, buyer) values ($1, $2) on conflict (buyer) do nothing", /leaves out the shard key/],
    ["insert into orders (order_id, buyer) values ($1, (select max(buyer) from orders))", /subquery among inserted values/],
    ["select o.order_id, (select count(*) from child_order c where c.order_id = o.order_id) from orders o", /list of results/],
    ["with recursive t as (select 1) select * from t", /recursive/],
  ];
  for (const [text, why] of planted) assert.match(faults([text]).join(), why, text);
  const legal = [
    "select order_id from orders where order_id = $1 for update",
    "select o.order_id, s.name from child_order o join shop s on s.shop_id = o.shop_id where o.seller = $1",
    "select o.state from orders o join order_line l on l.order_id = o.order_id where o.order_id = $1 for update",
    "select name from shop where shop_id = $1 for update",
    "insert into orders (order_id, buyer) values ($1, $2) on conflict (order_id) do update set buyer = excluded.buyer",
  ];
  assert.deepEqual(faults(legal), []);
});

test("a store that is treated as distributed does all the same, and sends nothing that is refused", { skip }, async () => {
  const log = process.env.TAEL_SQL_LOG = path.join(scratch(), "statements");
  const plain = freshStore("postgres");
  const store = `${plain}${plain.includes("?") ? "&" : "?"}distributed=yes`;
  const market = await Market.at(store, ["--sandbox"]), world = await buildWorld(market);
  const draw = random(11), asked = Array.from({ length: 60 }, () => newAsk(world, draw));
  await Promise.all([0, 1, 2].map((n) => sendAgain(market.server.url, asked.slice(20 * n, 20 * n + 20))));
  await reckon(world, market.operator, asked);
  await taelOk(["job", "run", "settlement.daily", market.facts.business_date ?? new Date().toISOString().slice(0, 10), "--db", store]);
  await market.close();
  await verify(store);
  delete process.env.TAEL_SQL_LOG;
  assert.ok(existsSync(log));
  const sent = new Set(readFileSync(log, "utf8").trim().split("\n").filter(isStatement));
  assert.ok(sent.size > 100, `${sent.size} statements were sent`);
  assert.deepEqual(faults([...sent].filter((text) => !/ (pg_attribute|pg_index|pg_tables) /.test(text))), []);
  assert.ok([...sent].some((text) => /from ledger_balance where account = \$1 .* for update/.test(text)), "a lock names one key");
  assert.ok(![...sent].some((text) => text.includes("unnest(")), "a set is a statement a row");
});
