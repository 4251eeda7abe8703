// idempotency.test.ts - a write sent again has one effect and the same bytes, whoever sends it and however many at once.
import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { must, refused, type Answer, type Client } from "../lib/client.ts";
import { homes } from "../lib/homes.ts";
import { Market } from "../lib/market.ts";

const clients = 32;
const transferId = () => randomBytes(16).toString("hex").replace(/^0/, "1");

// At most 20 requests of one caller are under way at once; the others are told to come back.
async function insist(ask: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    const answer = await ask();
    if (answer.status !== 429) return answer;
    assert.ok(Number(answer.headers.get("retry-after")) > 0, "429 says when to come back");
    await new Promise((done) => setTimeout(done, 20 + Math.random() * 50));
  }
}

const atOnce = (ask: () => Promise<Answer>) => Promise.all(Array.from({ length: clients }, () => insist(ask)));

for (const home of homes) {
  describe(`idempotency on ${home}`, () => {
    let market: Market, books: Client;
    before(async () => {
      market = await Market.open(home);
      books = await market.key("operator", "ledger.read,ledger.write,operate");
    });
    after(() => market.close());

    const openAccount = (key?: string) => books.post("/v1/accounts", { asset: 156 }, { key });
    const twoAccounts = async () => [must(await openAccount()).account, must(await openAccount()).account];

    test("32 clients with one key: one effect, one answer in the same bytes, the others marked as replayed", async () => {
      const opened = async () => (await market.operator.all("/v1/audit")).filter((line) => line.name === "account.open").length;
      const before = await opened();
      const key = randomUUID();
      const answers = await atOnce(() => openAccount(key));
      for (const answer of answers) assert.equal(answer.status, 201, answer.text);
      assert.equal(new Set(answers.map((a) => a.text)).size, 1, "every client reads the same bytes");
      const fresh = answers.filter((a) => a.headers.get("idempotent-replayed") !== "true");
      assert.equal(fresh.length, 1, "one answer is the original");
      assert.equal(await opened(), before + 1);
    });

    test("the same key with another body is refused and changes nothing", async () => {
      const key = randomUUID();
      const first = must(await openAccount(key));
      refused(await books.post("/v1/accounts", { asset: 156, striped: true }, { key }), 422, "idempotency_key_reused");
      assert.deepEqual(must(await openAccount(key)), first);
    });

    test("another caller's key of the same name is another request", async () => {
      const key = randomUUID();
      const [one, two] = [await market.seller("Left"), await market.seller("Right")];
      const made = await Promise.all([one, two].map((s) => s.api.post("/v1/warehouses", { name: "North" }, { key })));
      const [left, right] = made.map(must);
      assert.notEqual(left.warehouse, right.warehouse);
      for (const answer of made) assert.equal(answer.headers.get("idempotent-replayed"), null);
    });

    test("a key on another path is another request", async () => {
      const key = randomUUID();
      const shared = await market.seller("Shared");
      must(await shared.api.post("/v1/warehouses", { name: "North" }, { key }));
      must(await shared.api.post("/v1/api-keys", { name: "till", scopes: "sell" }, { key }));
    });

    test("a refused request leaves its key free for the corrected one", async () => {
      const key = randomUUID();
      refused(await books.post("/v1/accounts", { asset: 4_000_000_000 }, { key }), 422, "rule_refused", "/asset");
      must(await openAccount(key));
    });

    test("a secret is shown once: the replay of making an API key comes without it", async () => {
      const key = randomUUID();
      const ask = () => market.operator.post("/v1/api-keys", { name: "report", scopes: "supervise" }, { key });
      const [first, again] = [await ask(), await ask()];
      assert.match(must(first).secret, /^tk_/);
      assert.equal(again.headers.get("idempotent-replayed"), "true");
      assert.ok(!again.text.includes(first.body.secret));
      assert.equal(must(again).key, first.body.key);
    });

    test("a transfer's id is its key: 32 clients move the money once and read the same bytes", async () => {
      const [from, to] = await twoAccounts();
      const transfer = { id: transferId(), debit_account: from, credit_account: to, amount: 700 };
      const answers = await atOnce(() => books.post("/v1/transfers", transfer, { key: null }));
      for (const answer of answers) assert.equal(answer.status, 201, answer.text);
      assert.equal(new Set(answers.map((a) => a.text)).size, 1);
      assert.equal(must(await books.get(`/v1/accounts/${to}`)).balance, 700);
      const later = await books.post("/v1/transfers", transfer, { key: null });
      assert.equal(later.text, answers[0].text);
      refused(await books.post("/v1/transfers", { ...transfer, amount: 701 }, { key: null }), 409, "conflict");
      assert.equal(must(await books.get(`/v1/accounts/${to}`)).balance, 700);
    });

    test("a refused transfer does not burn its id", async () => {
      const to = must(await openAccount()).account;
      const poor = must(await books.post("/v1/accounts", { asset: 156, no_debit_balance: true })).account;
      const transfer = { id: transferId(), debit_account: poor, credit_account: to, amount: 5 };
      refused(await books.post("/v1/transfers", transfer, { key: null }), 422, "insufficient_funds");
      must(await books.post("/v1/transfers", { id: transferId(), debit_account: to, credit_account: poor, amount: 5 }, { key: null }));
      must(await books.post("/v1/transfers", transfer, { key: null }));
    });

    test("a bulk sent again moves nothing more", async () => {
      const [from, to] = await twoAccounts();
      const transfers = [1, 2, 3].map((amount) => ({ id: transferId(), debit_account: from, credit_account: to, amount }));
      for (let round = 0; round < 2; round++) {
        const answer = must(await books.post("/v1/transfers/bulk", { mode: "independent", transfers }, { key: null }));
        assert.deepEqual(answer.results.map((r: { result: string }) => r.result), Array(3).fill(round === 0 ? "ok" : "exists"));
      }
      assert.equal(must(await books.get(`/v1/accounts/${to}`)).balance, 6);
    });
  });
}
