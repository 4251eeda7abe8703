// golden-path.test.ts - the whole way, from an empty store to the seller's payout, with an outside bank that behaves and
// one that does not. Reads in order: each test goes on where the one before it stopped.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Bank } from "../lib/bank.ts";
import { eventually, must, refused, type Client, type Json } from "../lib/client.ts";
import { homes } from "../lib/homes.ts";
import { Market, openShop, type Person, type SellerOf, type ShopOf } from "../lib/market.ts";

const currency = "CNY";

for (const home of homes) {
  describe(`golden path on ${home}`, () => {
    let market: Market, bank: Bank, second: Client;
    let tea: SellerOf, pots: SellerOf, teaShop: ShopOf, potShop: ShopOf;
    let ann: Person, channel: string, campaign: string, voucher: string, order: Json;

    before(async () => {
      [market, bank] = await Promise.all([Market.open(home), Bank.open()]);
      second = await market.secondOperator();
    });
    after(async () => {
      await market.close();
      await bank.close();
    });

    const wallet = async (who = ann) => must(await who.api.get("/v1/wallet"));
    const shown = async (of = order) => must(await ann.api.get(`/v1/orders/${of.order}`));
    const child = (of: Json, seller: SellerOf) => of.children.find((c: Json) => c.seller === seller.seller);
    const pathOf = (of: Json, seller: SellerOf) => `/v1/orders/${of.order}/child-orders/${child(of, seller).child}`;
    const safeguarded = async () => {
      const { proofs } = must(await market.operator.post("/v1/safeguarding"));
      for (const proof of proofs) assert.equal(proof.equal, true, JSON.stringify(proof));
    };
    const buy = async (tenders: Json[], offer = teaShop.offers[0].offer, who = ann) =>
      must(await who.api.post("/v1/checkouts", { lines: [{ offer, quantity: 1 }], tenders }));
    const byCard = (amount: number, token = "tok_visa") => ({ kind: "channel", channel, method: "card", token, amount });
    const settled = (of: Json, ...states: string[]) => eventually(`order ${of.order} ${states}`, async () => {
      const now = await shown(of);
      return states.includes(now.state) && now;
    });

    test("sellers are taken on; their shops open when their contracts are approved", async () => {
      [tea, pots] = [await market.seller("Green Tea"), await market.seller("Clay Pots")];
      teaShop = await openShop(market, tea, [{ title: "Longjing tea", price: 12_00, units: 50 }], { freight: 5_00 });
      potShop = await openShop(market, pots, [{ title: "Teapot", price: 99_99, units: 10 }],
        { terms: { commission_ppb: 100_000_000, reserve_ppb: 50_000_000, settle_days: 3 } });
      const found = must(await market.nobody.get("/v1/products?q=teap")).items;
      assert.deepEqual(found.map((p: Json) => p.title), ["Teapot"]);
    });

    test("goods are procured from a supplier and received into stock", async () => {
      const supplier = must(await pots.api.post("/v1/suppliers", { name: "Kiln", payment_days: 30 }));
      const [{ variant }] = potShop.offers;
      const purchase = must(await pots.api.post("/v1/purchases", {
        supplier: supplier.supplier, warehouse: potShop.warehouse, lines: [{ variant, quantity: 40, unit_cost: 30_00 }],
      }));
      const receipt = must(await pots.api.post(`/v1/purchases/${purchase.purchase}/receipts`, { lines: [{ variant, quantity: 25 }] }));
      assert.equal(receipt.payable, 25 * 30_00);
      const [stock] = must(await pots.api.get(`/v1/stock?variant=${variant}`)).items;
      assert.equal(stock.on_hand, 35);
      const tooMany = await pots.api.post(`/v1/purchases/${purchase.purchase}/receipts`, { lines: [{ variant, quantity: 16 }] });
      refused(tooMany, 422, "rule_refused");
    });

    test("an operator adds the bank's channel; a buyer signs up and tops up the wallet through it", async () => {
      const made = must(await market.operator.post("/v1/channels", { name: "City bank", kind: "bank-sim", url: bank.server.url, auto_capture: true }));
      channel = made.channel;
      ann = await market.buyer("Ann");
      must(await ann.api.post("/v1/wallet/top-ups", { amount: 200_00, currency, channel, method: "card", token: "tok_visa" }));
      await eventually("the top-up", async () => (await wallet()).available === 200_00);
    });

    test("a campaign is funded only when another operator agrees, and gives out a voucher", async () => {
      const proposal = must(await market.operator.post("/v1/approvals", {
        action: "campaign.fund", parameters: { name: "Spring", currency, budget: 500_00 },
      }));
      refused(await market.operator.post(`/v1/approvals/${proposal.approval}/approve`, {}), 403, "forbidden");
      assert.equal(must(await market.operator.get("/v1/campaigns")).items.length, 0);
      must(await second.post(`/v1/approvals/${proposal.approval}/approve`, { reason: "spring is here" }));
      const [made] = must(await market.operator.get("/v1/campaigns")).items;
      assert.deepEqual([made.budget, made.left], [500_00, 500_00]);
      campaign = made.campaign;
      const issued = must(await market.operator.post(`/v1/campaigns/${campaign}/vouchers`, { amount: 20_00 }));
      voucher = issued.vouchers[0].code;
    });

    test("a cart over two shops is paid with a voucher, the wallet and a card, all in one checkout", async () => {
      const cart = must(await ann.api.post("/v1/carts"));
      must(await ann.api.put(`/v1/carts/${cart.cart}/lines`, { offer: teaShop.offers[0].offer, quantity: 3 }));
      must(await ann.api.put(`/v1/carts/${cart.cart}/lines`, { offer: potShop.offers[0].offer, quantity: 1 }));
      assert.equal(must(await ann.api.get(`/v1/carts/${cart.cart}`)).items_total, 3 * 12_00 + 99_99);
      const total = 36_00 + 5_00 + 99_99;
      order = must(await ann.api.post(`/v1/carts/${cart.cart}/checkout`, {
        tenders: [{ kind: "voucher", voucher_code: voucher, amount: 20_00 }, { kind: "balance", amount: 50_00 }, byCard(total - 70_00)],
        address: { city: "Hangzhou", street: "West Lake 1" },
      }));
      assert.equal(order.total, total);
      order = await settled(order, "paid");
      assert.equal((await wallet()).balance, 150_00);
      assert.equal(child(order, tea).commission, 4_32, "12% of the items, not of the freight");
      assert.equal(child(order, pots).commission, 10_00, "9.999 rounds up");
      const payment = must(await ann.api.get(`/v1/payments/${order.payment}`));
      assert.equal(payment.state, "paid");
      assert.ok(payment.parts.length <= 3 + 2 - 1);
      await safeguarded();
    });

    test("the voucher is used up, and a payment that does not add up changes nothing", async () => {
      const again = await ann.api.post("/v1/checkouts", {
        lines: [{ offer: teaShop.offers[0].offer, quantity: 2 }], tenders: [{ kind: "voucher", voucher_code: voucher, amount: 20_00 }, { kind: "balance", amount: 9_00 }],
      });
      assert.ok(again.status === 409 || again.status === 422, again.text);
      const short = await ann.api.post("/v1/checkouts", { lines: [{ offer: teaShop.offers[0].offer, quantity: 1 }], tenders: [{ kind: "balance", amount: 1_00 }] });
      refused(short, 422, "rule_refused");
      const poor = await ann.api.post("/v1/checkouts", { lines: [{ offer: potShop.offers[0].offer, quantity: 9 }], tenders: [{ kind: "balance", amount: 9 * 99_99 }] });
      refused(poor, 422, "insufficient_funds");
      assert.equal((await wallet()).available, 150_00);
    });

    test("parcels are handed over and tracked; a repeated carrier event changes nothing; delivery releases the money", async () => {
      const parcel = must(await tea.api.post(`${pathOf(order, tea)}/parcels`, { carrier: "SF", tracking: "SF1001", handed_over: true }));
      assert.equal(child(await shown(), tea).state, "shipped");
      const delivered = { event: "e-9", status: "delivered", at: must(await tea.api.get("/v1/clock")).now, proof: "signed: Ann" };
      assert.equal(must(await tea.api.post(`/v1/parcels/${parcel.parcel}/tracking`, delivered)).duplicate, false);
      assert.equal(must(await tea.api.post(`/v1/parcels/${parcel.parcel}/tracking`, delivered)).duplicate, true);
      assert.equal(child(await shown(), tea).state, "delivered");
      must(await pots.api.post(`${pathOf(order, pots)}/ship`));
      must(await ann.api.post(`${pathOf(order, pots)}/confirm`));
      assert.equal(child(await shown(), pots).state, "delivered");
      await safeguarded();
    });

    test("what was bought is reviewed once by who bought it", async () => {
      const line = child(order, tea).lines[0].line;
      must(await ann.api.post(`/v1/orders/${order.order}/reviews`, { line, rating: 5, title: "Fresh", text: "春茶 — very fresh" }));
      refused(await ann.api.post(`/v1/orders/${order.order}/reviews`, { line, rating: 1 }), 409, "conflict");
      const product = must(await market.nobody.get(`/v1/products/${teaShop.offers[0].product}`));
      assert.deepEqual([product.reviews, product.rating_percent], [1, 500]);
    });

    test("the shares come due and are paid out through the bank: T+3 with a reserve kept, then T+7", async () => {
      await market.advance(4);
      const potsShare = 99_99 - 10_00, reserve = 5_00; // 5% of 99.99 is 4.9995
      const [payout] = await eventually("the payout to Clay Pots", async () => {
        const rows = must(await pots.api.get("/v1/payouts")).items;
        return rows.length === 1 && rows[0].state === "paid" && rows;
      });
      assert.equal(payout.amount, potsShare - reserve);
      assert.equal(must(await tea.api.get("/v1/payouts")).items.length, 0);
      await market.advance(4);
      const [later] = await eventually("the payout to Green Tea", async () => {
        const rows = must(await tea.api.get("/v1/payouts")).items;
        return rows.length === 1 && rows[0].state === "paid" && rows;
      });
      assert.equal(later.amount, 36_00 + 5_00 - 4_32);
      await safeguarded();
    });

    test("a partial refund goes back to where the money came from, and the seller owes it", async () => {
      const [line] = child(order, tea).lines;
      const after = must(await tea.api.post(`${pathOf(order, tea)}/refund`, { lines: [{ line: line.line, quantity: 1 }], reason: "one tin was dented" }));
      assert.equal(child(after, tea).refunded, 12_00);
      await eventually("the refund", async () => {
        const payment = must(await ann.api.get(`/v1/payments/${order.payment}`));
        return payment.state === "partly_refunded" && payment.refunds[0]?.state === "succeeded" && payment.returned === 12_00;
      });
      refused(await tea.api.post(`${pathOf(order, tea)}/refund`, { lines: [{ line: line.line, quantity: 3 }] }), 422, "rule_refused");
      await safeguarded();
    });

    test("goods come back: asked for, accepted, on the shelf again and paid back", async () => {
      const [line] = child(order, pots).lines, [{ variant }] = potShop.offers;
      const onHand = async () => must(await pots.api.get(`/v1/stock?variant=${variant}`)).items[0].on_hand;
      const before = await onHand();
      const asked = must(await ann.api.post(`${pathOf(order, pots)}/returns`, { lines: [{ line: line.line, quantity: 1 }], reason: "too big" }));
      must(await pots.api.post(`/v1/orders/${order.order}/returns/${asked.return}/decide`, { accept: true }));
      assert.equal(await onHand(), before + 1);
      assert.equal(child(await shown(), pots).refunded, 99_99);
      refused(await pots.api.post(`/v1/orders/${order.order}/returns/${asked.return}/decide`, { accept: true }), 409, "conflict");
      await safeguarded();
    });

    test("an order is cancelled before it leaves: goods and money are back", async () => {
      const before = await wallet();
      const paid = await settled(await buy([{ kind: "balance", amount: 17_00 }]), "paid");
      assert.equal((await wallet()).available, before.available - 17_00);
      must(await ann.api.post(`/v1/orders/${paid.order}/cancel`, { reason: "changed my mind" }));
      assert.equal((await shown(paid)).state, "cancelled");
      assert.equal((await wallet()).available, before.available);
    });

    // --- the bank misbehaves: each token stands for one way -----------------------------------------------------------

    test("the bank declines: the order is cancelled, the goods are free", async () => {
      const declined = await settled(await buy([byCard(17_00, "tok_decline")]), "cancelled");
      assert.equal(must(await ann.api.get(`/v1/payments/${declined.payment}`)).state, "failed");
    });

    test("the bank declines the card: the wallet's part of the same payment is not taken either", async () => {
      const before = await wallet();
      await settled(await buy([{ kind: "balance", amount: 7_00 }, byCard(10_00, "tok_decline")]), "cancelled");
      assert.deepEqual(await wallet(), before);
    });

    for (const [token, what] of [["tok_late", "answers late"], ["tok_twice", "answers twice"]]) {
      test(`the bank ${what}: paid, once`, async () => {
        await bank.behave({ late_ms: 1500 });
        const paid = await settled(await buy([byCard(17_00, token)]), "paid");
        assert.equal(must(await ann.api.get(`/v1/payments/${paid.payment}`)).captured, 17_00);
      });
    }

    test("the bank does not know: the holds stay until repair has asked again, then it is paid", async () => {
      const placed = await buy([byCard(17_00, "tok_unknown")]);
      const [attempt] = await eventually("an unknown attempt", async () => {
        const rows = must(await market.operator.get(`/v1/payments/${placed.payment}/attempts`)).items;
        return rows.some((a: Json) => a.state === "unknown") && rows;
      });
      assert.equal(attempt.state, "unknown");
      const { asked } = must(await market.operator.post(`/v1/payments/${placed.payment}/query`));
      assert.equal(asked, 1);
      await market.advance(1);
      await settled(placed, "paid");
    });

    test("the bank contradicts itself: the first answer stands, a break is listed for people", async () => {
      const before = must(await market.operator.get("/v1/breaks")).items.length;
      const paid = await settled(await buy([byCard(17_00, "tok_contradict")]), "paid");
      await eventually("the break", async () => must(await market.operator.get("/v1/breaks")).items.length === before + 1);
      assert.equal((await shown(paid)).state, "paid");
    });

    test("a shower of misbehaviour: every order ends paid or cancelled, the books are whole", async () => {
      await bank.behave({ decline: 200_000_000, twice: 200_000_000, unknown: 200_000_000, late: 100_000_000, fee: 10_000_000 });
      const tokens = ["tok_visa", "tok_decline"]; // one of them is declined, however the bank's dice fall
      const orders = await Promise.all(Array.from({ length: 20 }, (_, i) => buy([byCard(17_00, tokens[Number(i === 19)])])));
      for (const placed of orders) {
        const open = (await shown(placed)).state === "placed";
        if (open) await market.operator.post(`/v1/payments/${placed.payment}/query`);
      }
      await market.advance(1);
      await market.advance(1);
      const ended = await Promise.all(orders.map((o) => settled(o, "paid", "cancelled")));
      await bank.behave({});
      assert.equal(ended[19].state, "cancelled");
      assert.ok(ended.some((o) => o.state === "paid"), "all twenty declined");
      await safeguarded();
    });

    test("money leaves the wallet for a bank account; a wallet pays another", async () => {
      const bob = await market.buyer("Bob");
      const before = (await wallet()).available;
      must(await ann.api.post("/v1/wallet/transfers", { to: bob.user, amount: 10_00, currency }));
      assert.equal((await wallet(bob)).available, 10_00);
      must(await bob.api.post("/v1/wallet/withdrawals", { amount: 10_00, currency, channel, method: "bank", token: "tok_account" }));
      await eventually("the withdrawal", async () => (await wallet(bob)).balance === 0);
      assert.equal((await wallet()).available, before - 10_00);
    });

    test("the story of the order is told, and every value that moved is in it", async () => {
      const story = must(await market.operator.get(`/v1/orders/${order.order}/story`));
      assert.ok(story.steps.length >= 6, JSON.stringify(story.steps.map((s: Json) => s.what)));
      assert.ok(story.journal.length >= 10);
      const times = story.steps.map((s: Json) => Date.parse(s.at));
      assert.deepEqual(times, [...times].sort((a, b) => a - b));
    });
  });
}
