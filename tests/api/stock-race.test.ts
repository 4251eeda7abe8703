// stock-race.test.ts - many buyers at once on the last unit: one gets it, the others are told, and nothing stays held.
// TAEL_RACE_ROUNDS sets how many rounds a home runs.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { must, refused } from "../lib/client.ts";
import { homes } from "../lib/homes.ts";
import { Market, openShop, type Person } from "../lib/market.ts";

const buyers = 64;
const rounds = Number(process.env.TAEL_RACE_ROUNDS ?? 5);

for (const home of homes) {
  describe(`the last unit on ${home}`, () => {
    test(`${buyers} buyers, ${rounds} rounds: exactly one order each, no oversell, no stray hold`, async () => {
      const market = await Market.open(home);
      const seller = await market.seller("Last Ones");
      const shop = await openShop(market, seller, [{ title: "Rare stamp", price: 500, units: 1 }]);
      const [{ offer, variant }] = shop.offers;
      const crowd: Person[] = [];
      for (let i = 0; i < buyers; i++) crowd.push(await market.buyer(`Buyer ${i}`));
      const stock = async () => must(await seller.api.get(`/v1/stock?variant=${variant}`)).items[0];

      for (let round = 0; round < rounds; round++) {
        if (round > 0) must(await seller.api.post("/v1/stock/receipts", { variant, warehouse: shop.warehouse, quantity: 1 }));
        const answers = await Promise.all(crowd.map((b) => b.api.post("/v1/checkouts", { lines: [{ offer, quantity: 1 }] })));
        const won = answers.filter((a) => a.status === 201);
        assert.equal(won.length, 1, `round ${round}: ${answers.map((a) => a.status)}`);
        for (const lost of answers.filter((a) => a.status !== 201)) refused(lost, 422, "insufficient_stock", "/lines/0/quantity");
        const { on_hand, reserved, available } = await stock();
        assert.deepEqual([on_hand, reserved, available], [round + 1, round + 1, 0]);
      }

      // Nobody paid: after the time for it has passed every unit is free again.
      await market.advance(1);
      const { on_hand, reserved, available } = await stock();
      assert.deepEqual([on_hand, reserved, available], [rounds, 0, rounds]);
      await market.server.stop();
      assert.equal((await market.verify()).open_holds, 0, "no stray hold");
    });
  });
}
