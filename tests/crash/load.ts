// load.ts - the load under which servers are killed: clients that post transfers and check out, each remembering what it
// asked for and what was acknowledged; and the reckoning afterwards, by sending everything again under its own key.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { eventually, must, type Answer, type Client, type Json } from "../lib/client.ts";
import { openShop, type Market } from "../lib/market.ts";

export type Random = () => number; // 0 <= x < 1

// A small generator (mulberry32): the same seed draws the same numbers.
export function random(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// How a command ends: its last line says ok and what was done, or failed and why, with the seed that does it again.
export async function conclude(seed: string, run: () => Promise<string>): Promise<never> {
  try {
    console.log(`ok: ${await run()}; seed ${seed}`);
  } catch (e) {
    console.error(e);
    console.log(`failed: ${String((e as Error).message).split("\n")[0]}; seed ${seed}`);
    process.exitCode = 1;
  }
  process.exit();
}

const pick = <T>(draw: Random, from: T[]): T => from[Math.floor(draw() * from.length)];

export type World = { books: Client; accounts: string[]; buyers: Client[]; offers: string[] };
export type Asked = { caller: Client; path: string; key: string | null; body: Json; text?: string };

// Accounts, buyers and a shop for the load to work with.
export async function buildWorld(market: Market): Promise<World> {
  const books = await market.key("operator", "ledger.read,ledger.write");
  const accounts: string[] = [];
  for (let i = 0; i < 6; i++) accounts.push(must(await books.post("/v1/accounts", { asset: 156 })).account);
  const seller = await market.seller("Steady");
  const shop = await openShop(market, seller, [{ title: "Bread", price: 300, units: 1_000_000 }, { title: "Salt", price: 120, units: 1_000_000 }]);
  const buyers: Client[] = [];
  for (let i = 0; i < 4; i++) buyers.push((await market.buyer(`Buyer ${i}`)).api);
  return { books, accounts, buyers, offers: shop.offers.map((o) => o.offer) };
}

function newTransfer({ books, accounts }: World, draw: Random): Asked {
  const [debit_account, credit_account] = [pick(draw, accounts.slice(1)), accounts[0]];
  const id = randomUUID().replaceAll("-", "");
  return { caller: books, path: "/v1/transfers", key: null, body: { id, debit_account, credit_account, amount: 1 + Math.floor(draw() * 1000) } };
}

function newCheckout({ buyers, offers }: World, draw: Random): Asked {
  return { caller: pick(draw, buyers), path: "/v1/checkouts", key: randomUUID(), body: { lines: [{ offer: pick(draw, offers), quantity: 1 }] } };
}

export const isBusy = ({ status }: Answer) => status === 429 || status === 503;
export const send = (at: string, ask: Asked) => ask.caller.at(at).post(ask.path, ask.body, { key: ask.key });

export const newAsk = (world: World, draw: Random) => (draw() < 0.7 ? newTransfer(world, draw) : newCheckout(world, draw));

// Waits until so many of these are acknowledged: how much a load has done counts, not how long it ran.
export const acknowledged = (asked: Asked[], count: number) =>
  eventually(`${count} acknowledged`, async () => asked.filter((a) => a.text !== undefined).length >= count, 120_000);

// One client at work until the server is gone. What it asks for is put into `asked` before it is sent.
export async function work(world: World, at: string, draw: Random, asked: Asked[]): Promise<void> {
  for (;;) {
    const ask = newAsk(world, draw);
    asked.push(ask);
    try {
      const answer = await send(at, ask);
      if (!isBusy(answer)) ask.text = (must(answer), answer.text);
    } catch (e) {
      if (e instanceof assert.AssertionError) throw e;
      return; // the connection broke: whether it was done nobody knows
    }
  }
}

// Sends everything again: what was acknowledged must be answered in the same bytes, the rest is done now or was done
// before, and then reads the same too.
export async function sendAgain(at: string, asked: Asked[]): Promise<void> {
  for (const ask of asked) {
    let answer = await send(at, ask);
    for (; isBusy(answer); answer = await send(at, ask)) await new Promise((done) => setTimeout(done, 50));
    must(answer);
    if (ask.text !== undefined) assert.equal(answer.text, ask.text, `acknowledged, but now otherwise: ${ask.path}`);
    ask.text = answer.text;
  }
}

// The reckoning, from what the server shows: every balance and the list of orders are those of each request done once.
export async function reckon(world: World, operator: Client, asked: Asked[]): Promise<void> {
  const expected = new Map(world.accounts.map((a) => [a, 0]));
  const orders: string[] = [];
  for (const ask of asked) {
    if (ask.path === "/v1/checkouts") orders.push(JSON.parse(ask.text!).order);
    else {
      const { debit_account, credit_account, amount } = ask.body;
      expected.set(debit_account, expected.get(debit_account)! - amount);
      expected.set(credit_account, expected.get(credit_account)! + amount);
    }
  }
  for (const [account, balance] of expected) {
    assert.equal(must(await world.books.at(operator.base).get(`/v1/accounts/${account}`)).balance, balance, account);
  }
  const shown = (await operator.all("/v1/orders")).map((o) => o.order);
  assert.deepEqual(shown.sort(), orders.sort(), "every order once and no other");
}
