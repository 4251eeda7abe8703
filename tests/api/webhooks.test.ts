// webhooks.test.ts - what happened reaches those who asked: signed, again when it failed, in the order of each thing it is
// about, once more on demand, never to a private address outside a sandbox; and as server-sent events to screens.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { eventually, must, type Client, type Json } from "../lib/client.ts";
import { homes } from "../lib/homes.ts";
import { Market, openShop, type SellerOf } from "../lib/market.ts";
import { Receiver, type Message } from "../lib/receiver.ts";

const signature = (secret: string, m: Message) => {
  const signed = `${m.id}.${m.headers["webhook-timestamp"]}.${m.raw}`;
  return `v1,${createHmac("sha256", Buffer.from(secret.slice("whsec_".length), "base64")).update(signed).digest("base64")}`;
};

for (const home of homes) {
  describe(`webhooks on ${home}`, () => {
    let market: Market, receiver: Receiver, seller: SellerOf, offer: string, buyer: Client, hook: Json;
    before(async () => {
      [market, receiver] = [await Market.open(home), await new Receiver().open()];
      seller = await market.seller("Bakery");
      [{ offer }] = (await openShop(market, seller, [{ title: "Roll", price: 200, units: 100 }])).offers;
      buyer = (await market.buyer("Ann")).api;
      hook = must(await market.operator.post("/v1/webhooks", { url: receiver.url, events: "order.*" }));
    });
    after(async () => {
      await market.close();
      receiver.close();
    });

    const buy = async () => must(await buyer.post("/v1/checkouts", { lines: [{ offer, quantity: 1 }] }));
    const cancel = async (order: Json) => must(await buyer.post(`/v1/orders/${order.order}/cancel`, {}));

    test("an event arrives signed, with the id it is known by, and no personal data", async () => {
      assert.match(hook.secret, /^whsec_/);
      const order = await buy();
      const [message] = await eventually("the delivery", async () => receiver.about(order.order).length > 0 && receiver.about(order.order));
      assert.equal(message.body.type, "order.placed");
      assert.equal(message.body.id, message.id);
      assert.equal(message.headers["webhook-signature"], signature(hook.secret, message));
      assert.ok(!message.raw.includes("Ann") && !message.raw.includes("example.com"));
    });

    test("a failed delivery is tried again with the same id, holds back what follows of the same order and nothing else", async () => {
      const stuck = await buy();
      receiver.answer = (m) => (m.body.aggregate === stuck.order ? 500 : 204);
      await eventually("the first try", async () => receiver.about(stuck.order).length > 0);
      await cancel(stuck);
      const other = await buy();
      await eventually("another order's event", async () => receiver.about(other.order).length > 0);
      assert.deepEqual([...new Set(receiver.about(stuck.order).map((m) => m.body.type))], ["order.placed"]);
      receiver.answer = () => 204;
      await eventually("the rest, in order", async () => receiver.about(stuck.order).some((m) => m.body.type === "order.cancelled"));
      const told = receiver.about(stuck.order);
      assert.equal(told[0].id, told[1].id, "the repeat has the same id");
      assert.notEqual(told.at(-1)!.id, told[0].id);
      const sequences = told.map((m) => m.body.sequence);
      assert.deepEqual(sequences, [...sequences].sort((a, b) => a - b));
      const deliveries = must(await market.operator.get(`/v1/webhooks/${hook.webhook}/deliveries`)).items;
      assert.ok(deliveries.some((d: Json) => d.tries >= 2 && d.state === "done"), JSON.stringify(deliveries[0]));
    });

    test("one delivery is sent again on demand, and all from an event on", async () => {
      const { items } = must(await market.operator.get(`/v1/webhooks/${hook.webhook}/deliveries`));
      const [latest, oldest] = [items[0], items.at(-1)];
      const count = (id: string) => receiver.got.filter((m) => m.id === id).length;
      const before = count(latest.event);
      must(await market.operator.post(`/v1/webhooks/${hook.webhook}/deliveries/${latest.delivery}/replay`));
      await eventually("the replay", async () => count(latest.event) === before + 1);
      must(await market.operator.post(`/v1/webhooks/${hook.webhook}/replay`, { from_event: oldest.event }));
      await eventually("all of them", async () => items.every((d: Json) => count(d.event) >= 2));
    });

    test("after a rotation messages carry both signatures; a disabled endpoint gets nothing until it is enabled", async () => {
      const rotated = must(await market.operator.post(`/v1/webhooks/${hook.webhook}/rotate`));
      assert.notEqual(rotated.secret, hook.secret);
      const order = await buy();
      const [message] = await eventually("the delivery", async () => receiver.about(order.order).length > 0 && receiver.about(order.order));
      const sent = (message.headers["webhook-signature"] as string).split(" ");
      assert.deepEqual(sent.sort(), [signature(rotated.secret, message), signature(hook.secret, message)].sort());

      must(await market.operator.post(`/v1/webhooks/${hook.webhook}/disable`));
      const quiet = await buy();
      await new Promise((done) => setTimeout(done, 2500));
      assert.equal(receiver.about(quiet.order).length, 0);
      must(await market.operator.post(`/v1/webhooks/${hook.webhook}/enable`));
    });

    test("a seller hears of its own business only", async () => {
      const own = await new Receiver().open(), stranger = await market.seller("Stranger"), foreign = await new Receiver().open();
      must(await seller.api.post("/v1/webhooks", { url: own.url, events: "*" }));
      must(await stranger.api.post("/v1/webhooks", { url: foreign.url, events: "*" }));
      const order = await buy();
      must(await seller.api.post(`/v1/orders/${order.order}/child-orders/${order.children[0].child}/cancel`, { reason: "burnt" }));
      await eventually("the seller's own event", async () => own.got.length > 0);
      assert.equal(foreign.got.filter((m) => !m.body.type.startsWith("webhook")).length, 0, JSON.stringify(foreign.got[0]?.body));
      own.close();
      foreign.close();
    });

    test("screens follow along by server-sent events, and go on where they were cut off", async () => {
      // Follows from an event on until `until`; `meanwhile` makes something happen once the stream is open.
      const follow = async (after: string | undefined, meanwhile: () => Promise<unknown>, until: (text: string) => boolean) => {
        const stop = AbortSignal.timeout(60_000);
        const headers = { ...market.operator.credentials, Accept: "text/event-stream", ...(after ? { "Last-Event-ID": after } : {}) };
        const reply = await fetch(`${market.server.url}/v1/events`, { headers, signal: stop });
        assert.equal(reply.status, 200);
        assert.match(reply.headers.get("content-type") ?? "", /^text\/event-stream/);
        await meanwhile();
        let text = "";
        for await (const part of reply.body!.pipeThrough(new TextDecoderStream())) {
          text += part;
          if (until(text)) return text;
        }
        return assert.fail(`the stream ended: ${text}`);
      };
      let order: Json;
      const first = await follow(undefined, async () => void (order = await buy()), (text) => text.includes(order.order));
      const seen = [...first.matchAll(/^id: (\S+)$/gm)].at(-1)![1];
      await cancel(order);
      const rest = await follow(seen, async () => {}, (text) => text.includes("order.cancelled"));
      assert.ok(!rest.includes(`id: ${seen}\n`), "nothing is told twice");
      const page = must(await market.operator.get("/v1/events?limit=5"));
      assert.equal(page.items.length, 5);
    });

    test("a stream ends with the key it was opened by", async () => {
      const made = must(await market.operator.post("/v1/api-keys", { name: "screen", scopes: "self supervise" }));
      const headers = { Authorization: `Bearer ${made.secret}`, Accept: "text/event-stream" };
      const reply = await fetch(`${market.server.url}/v1/events`, { headers, signal: AbortSignal.timeout(150_000) });
      assert.equal(reply.status, 200);
      let text = "", ended = false;
      const reading = (async () => {
        for await (const part of reply.body!.pipeThrough(new TextDecoderStream())) text += part;
        ended = true;
      })();
      const happen = async () => must(await market.operator.patch("/v1/me", { phone: "12345" }));
      await eventually("an event", async () => (await happen(), text.includes("user.updated")));
      must(await market.operator.delete(`/v1/api-keys/${made.key}`));
      await eventually("the end of the stream", async () => (await happen(), ended));
      await reading;
    });
  });

  test(`outside a sandbox no private address is called (${home})`, async () => {
    const market = await Market.open(home, []), receiver = await new Receiver().open();
    const hook = must(await market.operator.post("/v1/webhooks", { url: receiver.url, events: "*" }));
    const ping = await market.operator.post(`/v1/webhooks/${hook.webhook}/ping`);
    if (ping.status < 300) {
      const failed = await eventually("the refusal", async () =>
        must(await market.operator.get(`/v1/webhooks/${hook.webhook}/deliveries`)).items.find((d: Json) => d.tries > 0));
      assert.notEqual(failed.state, "done");
      assert.match(failed.error, /private|special|address/i);
    }
    assert.equal(receiver.got.length, 0);
    receiver.close();
    await market.close();
  });
}
