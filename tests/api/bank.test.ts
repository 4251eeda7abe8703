// bank.test.ts - payments through a bank that misbehaves, over HTTP, in a process of its own: it declines, answers late,
// answers twice, does not know. In the end every payment is decided, nothing is doubled, and its settlement files and
// our attempts say the same. TAEL_BANK_PAYMENTS sets how many payments a home makes.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Client, eventually, must, type Json } from "../lib/client.ts";
import { homes } from "../lib/homes.ts";
import { Market, openShop, type Person } from "../lib/market.ts";
import { serve, type Server } from "../lib/program.ts";

const count = Number(process.env.TAEL_BANK_PAYMENTS ?? 300);
const tenth = 100_000_000; // parts per billion
const fee = 10_000_000;
const settled = ["approved", "reversed"];

type Line = { attempt: string; kind: string; amount: number; fee: number };

async function openBank(): Promise<{ bank: Server; at: Client }> {
  const bank = await serve(["bank-sim", "--listen", "127.0.0.1:0", "--decline", "10", "--timeout", "10", "--twice", "10", "--unknown", "10"]);
  const at = new Client(bank.url);
  // Late is just later than anybody waits, so that the test takes no longer than it must.
  must(await at.put("/v1/behaviour", { decline: tenth, late: tenth, twice: tenth, unknown: tenth, fee, late_ms: 3300, seed: 11 }, { key: null }));
  return { bank, at };
}

async function linesOf(at: Client, date: string): Promise<Line[]> {
  const answer = await at.get(`/v1/settlements/${date}`);
  assert.equal(answer.status, 200, answer.text);
  const [heading, ...rows] = answer.text.trim().split("\n");
  assert.equal(heading, "attempt,kind,amount,fee,currency");
  return rows.map((row) => {
    const [attempt, kind, amount, kept, currency] = row.split(",");
    assert.equal(currency, "CNY");
    return { attempt, kind, amount: Number(amount), fee: Number(kept) };
  });
}

test("a bank that is late for many at once still answers the others", async () => {
  const { bank, at } = await openBank();
  try {
    const ask = (i: number, token: string) => at.post("/v1/attempts", { attempt: `late-${i}`, kind: "sale", amount: 100, currency: "CNY", token });
    let told = 0;
    const late = Promise.all(Array.from({ length: 64 }, (_, i) => ask(i, "tok_late").finally(() => told++)));
    await new Promise((done) => setTimeout(done, 500));
    must(await ask(1000, "tok_twice"));
    assert.ok(told < 64, "the others waited for the late ones");
    for (let i = 1; i < 20; i++) must(await ask(1000 + i, "tok_twice"));
    must(await at.post("/v1/attempts/late-1/query"));
    for (const answer of await late) assert.equal(must(answer).outcome, "approved");
  } finally {
    assert.equal(await bank.stop(), 0);
  }
});

const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);
const isOutward = (kind: string) => kind === "refund" || kind === "payout";
const minutes = (m: number) => m * 60_000;

// Moves business time and runs what is due: the repair job asks about attempts that are a minute old. While the bank is
// away that takes longer than the server lets a caller wait: a 503 says either that the time is being moved all the same,
// or that the step was turned away, so it is asked for again until the clock is there.
async function pass(market: Market, ms: number) {
  const clock = async () => Date.parse(must(await market.operator.get("/v1/clock")).now);
  const to = (await clock()) + ms;
  const ask = async () => {
    const answer = await market.operator.post("/v1/clock/advance", { to: new Date(to).toISOString() }, { key: null });
    if (answer.status !== 503 && (await clock()) < to) must(answer);
    return (await clock()) >= to;
  };
  await eventually("time has passed", ask, 60_000);
}

async function attemptsOf(market: Market, payment: string): Promise<Json[]> {
  return must(await market.operator.get(`/v1/payments/${payment}/attempts`)).items;
}

// Every attempt of every payment, once none of them is open any more.
async function decided(market: Market): Promise<Map<string, Json[]>> {
  return eventually("every attempt decided", async () => {
    await pass(market, minutes(2));
    const all = new Map<string, Json[]>();
    const payments = await market.operator.all("/v1/payments");
    await inBatches(payments.map(({ payment }) => async () => all.set(payment, await attemptsOf(market, payment))));
    const open = [...all.values()].flat().filter((a) => a.state === "journalled" || a.state === "unknown");
    return open.length === 0 && all;
  }, 120_000);
}

async function inBatches<T>(work: (() => Promise<T>)[], size = 8): Promise<T[]> {
  const done: T[] = [];
  for (let i = 0; i < work.length; i += size) done.push(...(await Promise.all(work.slice(i, i + size).map((w) => w()))));
  return done;
}

async function balanceOf(buyer: Person): Promise<number> {
  return must(await buyer.api.get("/v1/wallet")).balance;
}

for (const home of homes) {
  describe(`a bank that misbehaves, on ${home}`, () => {
    let market: Market, bank: Server, at: Client, buyers: Person[], offers: Json[], channels: string[];

    before(async () => {
      ({ bank, at } = await openBank());
      market = await Market.open(home);
      const addChannel = (name: string, auto_capture: boolean) =>
        market.operator.post("/v1/channels", { name, kind: "bank-sim", url: bank.url, auto_capture });
      channels = [must(await addChannel("One step", true)).channel, must(await addChannel("Two steps", false)).channel];
      const seller = await market.seller("Bank Customers");
      ({ offers } = await openShop(market, seller, [1999, 4550, 120_00].map((price, i) => ({ title: `Thing ${i}`, price, units: 10_000 }))));
      buyers = [];
      for (let i = 0; i < 6; i++) buyers.push(await market.buyer(`Payer ${i}`));
    });

    after(async () => {
      await market?.server.stop();
      await bank?.stop();
    });

    const checkout = (i: number, token: string) => async () => {
      const buyer = buyers[i % buyers.length], offer = offers[i % offers.length];
      const quantity = 1 + (i % 3);
      const tender = { kind: "channel", amount: offer.price * quantity, channel: channels[i % 2], method: "card", token };
      return { buyer, order: must(await buyer.api.post("/v1/checkouts", { lines: [{ offer: offer.offer, quantity }], tenders: [tender] })) };
    };

    test(`${count} payments are decided, a third of them given back, and the bank's files agree`, async () => {
      const made = await inBatches(Array.from({ length: count }, (_, i) => checkout(i, `tok_${i}`)));
      await decided(market);
      const states = new Map((await market.operator.all("/v1/payments")).map((p) => [p.payment, p]));
      for (const p of states.values()) assert.ok(["paid", "failed"].includes(p.state), JSON.stringify(p));
      const orders = new Map<string, string>([...states.values()].map((p) => [p.payable, p.state]));
      const paid = made.filter(({ order }) => orders.get(order.order) === "paid");
      assert.ok(paid.length > count / 2 && paid.length < count, `${paid.length} of ${count} were paid`);

      const back = paid.filter((_, i) => i % 3 === 0);
      await inBatches(back.map(({ buyer, order }) => async () => must(await buyer.api.post(`/v1/orders/${order.order}/cancel`, { reason: "changed my mind" }))));
      const attempts = await decided(market);
      const refused = [...attempts.values()].flat().filter((a) => a.kind === "refund" && a.state === "declined");
      assert.ok(refused.length > 0 || count < 200, "the bank refused no refund: nothing was tried");
      assert.equal(sum(await Promise.all(buyers.map(balanceOf))), sum(refused.map((a) => a.amount)), "refused refunds are in wallets, and nothing else");
      for (const p of await market.operator.all("/v1/payments")) assert.equal(p.returned, p.refunded, JSON.stringify(p));
    });

    test("what was given up while the bank was away and turns out to be paid is sent back", async () => {
      process.kill(bank.pid, "SIGSTOP");
      const made = [];
      for (let i = 0; i < 2; i++) made.push(await checkout(2 * i, `tok_twice`)()); // the bank reads them when it wakes up
      const of = new Set(made.map(({ order }) => order.order));
      const payments = async () => (await market.operator.all("/v1/payments")).filter((p) => of.has(p.payable));
      try {
        await eventually("unanswered", async () => {
          const all = await Promise.all((await payments()).map((p) => attemptsOf(market, p.payment)));
          return all.flat().every((a) => a.state === "unknown");
        });
        for (let step = 0; step < 5; step++) await pass(market, minutes(5 * 60 + 1)); // a step waits for the bank in vain
        for (const p of await payments()) assert.equal(p.state, "failed");
      } finally {
        process.kill(bank.pid, "SIGCONT");
      }
      await eventually("the bank is awake", async () => (await at.get("/v1/behaviour")).status === 200);
      await market.advance(1); // its file of that day tells that the money moved
      await decided(market);
      for (const p of await payments()) {
        const [sale, refund, ...more] = await attemptsOf(market, p.payment);
        assert.deepEqual([sale.kind, sale.state, refund?.kind, more.length], ["sale", "reversed", "refund", 0], JSON.stringify(sale));
        assert.equal(p.captured, 0);
      }
    });

    test("the bank's settlement lines and our attempts say the same, and money is whole", async () => {
      await market.advance(4); // beyond the days a line may be late
      const attempts = (await inBatches((await market.operator.all("/v1/payments")).map((p) => () => attemptsOf(market, p.payment)))).flat();
      const ours = attempts.filter((a) => settled.includes(a.state) && ["sale", "capture", "refund"].includes(a.kind));
      const days = new Set<string>();
      const { now } = must(await market.operator.get("/v1/clock"));
      for (let day = 0; day < 9; day++) days.add(new Date(Date.parse(now) + minutes(8 * 60 - day * 24 * 60)).toISOString().slice(0, 10));
      const lines = (await Promise.all([...days].map((day) => linesOf(at, day)))).flat();
      assert.equal(new Set(lines.map((l) => l.attempt)).size, lines.length, "a line twice");
      const key = (a: Json) => `${a.attempt} ${a.kind} ${a.amount} ${a.fee}`;
      assert.deepEqual(lines.map(key).sort(), ours.map(key).sort());

      const bankHas = sum(lines.map((l) => (isOutward(l.kind) ? -l.amount : l.amount)));
      const inBooks = (await market.operator.all("/v1/payments")).map((p) => p.captured - p.returned);
      const wallets = sum(await Promise.all(buyers.map(balanceOf)));
      assert.equal(bankHas, sum(inBooks) + wallets, "what the bank took is what the books hold, to the cent");

      const proofs = must(await market.operator.post("/v1/safeguarding")).proofs;
      for (const p of proofs) assert.equal(p.equal, true, JSON.stringify(p));
      // A bank that will not let an authorisation go is for a person to talk to; nothing else was left unexplained.
      const breaks = (await market.operator.all("/v1/breaks")).filter((b) => b.kind !== "void_refused");
      assert.deepEqual(breaks, []);
      const toShip = (await market.operator.all("/v1/payments")).filter((p) => p.state === "paid").length;
      await market.server.stop();
      const proof = await market.verify();
      assert.equal(proof.open_holds, toShip, "goods are held for paid orders alone, and no money at all");
    });
  });
}
