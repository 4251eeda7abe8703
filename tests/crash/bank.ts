// bank.ts - many clients move money between a few hot accounts while the server is killed and paused. Every read of all
// accounts is one state: it sums to what was put in and holds no forbidden negative; afterwards each balance is that of
// the acknowledged transfers, and the unknown ones are settled by their id.
//
//   ./dev crash bank --seconds 60 --seed 7 [--home sqlite|postgres] [--planted]
//
// --planted reads the accounts one after the other, which is no one state: the sums must be found wrong.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { must, type Client } from "../lib/client.ts";
import type { Home } from "../lib/homes.ts";
import { Market } from "../lib/market.ts";
import { serve } from "../lib/program.ts";
import { conclude, isBusy, random, type Random } from "./load.ts";

const hot = 10, clients = 16, readers = 2, each = 1000;
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));
type Move = { id: string; from: number; to: number; amount: number; done?: boolean };
type Bank = { market: Market; api: Client; accounts: string[]; moves: Move[]; stopping: boolean };
export type Report = { moved: number; refused: number; snapshots: number; kills: number; pauses: number };

async function openBank(home: Home): Promise<Bank> {
  const market = await Market.open(home), api = await market.key("operator", "ledger.read,ledger.write");
  const accounts: string[] = [], source = must(await api.post("/v1/accounts", { asset: 156 })).account;
  for (let i = 0; i < hot; i++) {
    const { account } = must(await api.post("/v1/accounts", { asset: 156, no_debit_balance: true }));
    must(await api.post("/v1/transfers", { id: randomUUID().replaceAll("-", ""), debit_account: source, credit_account: account, amount: each }, { key: null }));
    accounts.push(account);
  }
  return { market, api, accounts, moves: [], stopping: false };
}

const at = (b: Bank) => b.api.at(b.market.server.url);

// true: done; false: refused for lack of money; undefined: nobody knows, or the server is busy.
async function tell(b: Bank, m: Move): Promise<boolean | undefined> {
  const body = { id: m.id, debit_account: b.accounts[m.from], credit_account: b.accounts[m.to], amount: m.amount };
  const answer = await at(b).post("/v1/transfers", body, { key: null }).catch(() => undefined);
  if (answer === undefined || isBusy(answer)) return undefined;
  if (answer.status === 422) assert.equal(answer.body.code, "insufficient_funds", answer.text);
  else must(answer);
  return answer.status < 300;
}

async function client(b: Bank, draw: Random) {
  while (!b.stopping) {
    const from = Math.floor(draw() * hot), to = (from + 1 + Math.floor(draw() * (hot - 1))) % hot;
    const move: Move = { id: randomUUID().replaceAll("-", ""), from, to, amount: 1 + Math.floor(draw() * 700) };
    b.moves.push(move);
    move.done = await tell(b, move);
    if (move.done === undefined) await pause(10);
  }
}

// An id's number, from 13 letters of Crockford's base 32.
const numberOf = (id: string) => [...id.slice(-13)].reduce((n, c) => n * 32n + BigInt("0123456789abcdefghjkmnpqrstvwxyz".indexOf(c)), 0n);

// Some accounts in one read, as binary records (docs/design/0005-binary-batches.md): 128 bytes each, sums from byte 48 on.
async function lookUp(b: Bank, accounts: string[]): Promise<number[] | undefined> {
  const ids = Buffer.alloc(8 * accounts.length);
  accounts.forEach((a, i) => ids.writeBigUInt64LE(numberOf(a), 8 * i));
  const headers = { ...b.api.credentials, "Content-Type": "application/vnd.tael.account-ids" };
  const answer = await fetch(`${b.market.server.url}/v1/accounts/lookup`, { method: "POST", headers, body: ids }).catch(() => undefined);
  if (answer === undefined || answer.status === 503 || answer.status === 429) return undefined;
  assert.equal(answer.status, 200);
  const records = Buffer.from(await answer.arrayBuffer().catch(() => new ArrayBuffer(0)));
  if (records.length !== 128 * accounts.length) return undefined; // cut off by a kill
  return accounts.map((_, i) => Number(records.readBigInt64LE(128 * i + 56) - records.readBigInt64LE(128 * i + 48)));
}

async function balances(b: Bank, planted: boolean): Promise<number[] | undefined> {
  if (!planted) return lookUp(b, b.accounts);
  const found: number[] = [];
  for (const account of b.accounts) found.push(...((await lookUp(b, [account])) ?? []));
  return found.length === hot ? found : undefined;
}

function isRight(found: number[]) {
  assert.equal(found.reduce((a, n) => a + n, 0), hot * each, `a snapshot sums to something else: ${found}`);
  assert.ok(found.every((n) => n >= 0), `a forbidden negative: ${found}`);
}

async function reader(b: Bank, planted: boolean, report: Report) {
  while (!b.stopping) {
    const found = await balances(b, planted);
    if (found === undefined) await pause(10);
    else report.snapshots += (isRight(found), 1);
  }
}

// So little proves nothing: on a slow machine it goes on until there was more.
const isTooLittle = (b: Bank, r: Report) => r.snapshots < 3 || r.kills + r.pauses < 2 || b.moves.filter((m) => m.done).length < 20;

async function harm(b: Bank, draw: Random, until: number, report: Report) {
  while ((Date.now() < until || isTooLittle(b, report)) && !b.stopping) {
    await pause(150 + draw() * 500);
    if (draw() < 0.5) {
      process.kill(b.market.server.pid, "SIGSTOP");
      await pause(50 + draw() * 250);
      process.kill(b.market.server.pid, "SIGCONT");
      report.pauses++;
    } else {
      await b.market.server.kill();
      b.market.server = await serve(["serve", "--db", b.market.url, "--listen", "127.0.0.1:0", "--sandbox"]);
      report.kills++;
    }
  }
  b.stopping = true;
}

async function reckon(b: Bank, report: Report) {
  const expected = b.accounts.map(() => each);
  for (const m of b.moves) {
    const known = m.done;
    for (m.done = undefined; m.done === undefined; ) m.done = await tell(b, m);
    if (known === true) assert.ok(m.done, "acknowledged, and refused when sent again");
    report[m.done ? "moved" : "refused"]++;
    if (!m.done) continue;
    expected[m.from] -= m.amount;
    expected[m.to] += m.amount;
  }
  assert.deepEqual(await balances(b, false), expected);
}

export async function bankTest(home: Home, seconds: number, seed: number, planted: boolean): Promise<Report> {
  const report: Report = { moved: 0, refused: 0, snapshots: 0, kills: 0, pauses: 0 };
  const b = await openBank(home), draw = random(seed), until = Date.now() + seconds * 1000;
  const work = [
    ...Array.from({ length: clients }, () => client(b, draw)),
    ...Array.from({ length: readers }, () => reader(b, planted, report)),
    harm(b, draw, until, report),
  ];
  await Promise.all(work).finally(() => (b.stopping = true));
  await reckon(b, report);
  await b.market.close();
  return report;
}

async function main() {
  const { values } = parseArgs({ options: {
    seconds: { type: "string", default: "60" }, seed: { type: "string", default: String(Date.now() % 1e6) },
    home: { type: "string", default: "sqlite" }, planted: { type: "boolean", default: false },
  } });
  await conclude(values.seed, async () => {
    const r = await bankTest(values.home as Home, Number(values.seconds), Number(values.seed), values.planted);
    return `${r.moved} moves and ${r.refused} refusals over ${r.kills} kills and ${r.pauses} pauses, ${r.snapshots} snapshots whole, verify ok`;
  });
}

if (import.meta.main) await main();
