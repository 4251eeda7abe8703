// bad-input.test.ts - walks the API's own description: every route with no caller, the wrong caller, a neighbour's ids, and
// every kind of wrong body. Each is refused with a problem document that names what is wrong, never with a 5xx, and the
// every table is the same afterwards.
import assert from "node:assert/strict";
import net from "node:net";
import { after, before, describe, test } from "node:test";
import { isProblem, must, refused, type Answer, type Client, type Json } from "../lib/client.ts";
import { homes, tables, type Home } from "../lib/homes.ts";
import { Market, openShop, type Person, type SellerOf, type ShopOf } from "../lib/market.ts";
import { fill, isWrite, nowhere, operations, right, wrongBodies, type Operation } from "../lib/openapi.ts";

type Actor = "operator" | "seller" | "buyer" | "supervisor";
const scopesOf: Record<Actor, string[]> = {
  operator: ["self", "operate", "money", "supervise", "ledger.read", "ledger.write", "keys", "clock"],
  seller: ["self", "sell", "keys", "ledger.read"],
  buyer: ["self", "buy", "wallet"],
  supervisor: ["self", "supervise", "ledger.read"],
};
const actors = Object.keys(scopesOf) as Actor[];
const hostile = ["' or 1=1 --", "\"><script>alert(1)</script>", "=1+1", "../../etc/passwd", "%00%0a", "\u202e\ufeff𝕏", "${jndi:x}", "{{7*7}}", "\r\nSet-Cookie: a=b", "𝟙".repeat(300)];

async function inSlices<T>(all: T[], size: number, run: (part: T) => Promise<void>) {
  for (let at = 0; at < all.length; at += size) await Promise.all(all.slice(at, at + size).map(run));
}

function suite(home: Home) {
  describe(`bad input on ${home}`, () => {
    let market: Market, all: Operation[], callers: Record<Actor, Client>;
    let left: SellerOf, right_: SellerOf, ann: Person, bob: Person, shop: ShopOf;
    const sample = <T>(rows: T[], every: number) => (home === "sqlite" ? rows : rows.filter((_, i) => i % every === 0));

    before(async () => {
      market = await Market.open(home);
      all = operations(must(await market.nobody.get("/openapi.json")));
      left = await market.seller("Left");
      right_ = await market.seller("Right");
      ann = await market.buyer("Ann");
      bob = await market.buyer("Bob");
      shop = await openShop(market, left, [{ title: "Chair", price: 40_00, units: 9 }]);
      callers = { operator: market.operator, seller: left.api, buyer: ann.api, supervisor: await market.supervisor() };
    });
    after(() => market.close());

    async function changesNothing(run: () => Promise<void>) {
      const before = tables(market.url);
      await run();
      const after = tables(market.url);
      assert.deepEqual(Object.keys(after).filter((t) => after[t] !== before[t]), [], "no table has changed");
    }

    const send = (caller: Client, o: Operation, path: string, body?: Json, raw?: string): Promise<Answer> =>
      caller.ask(o.method, path, body ?? (raw === undefined && o.body && isWrite(o) ? right(o.body) : undefined), { raw });
    const actorFor = (o: Operation) => actors.find((a) => scopesOf[a].includes(o.scope!))!;

    test("the description has every route's scope; the walk below reaches all of them", () => {
      assert.ok(all.length > 90, `${all.length} routes`);
      for (const o of all.filter((o) => o.scope !== undefined)) assert.ok(actorFor(o), `${o.method} ${o.path} wants ${o.scope}`);
    });

    test("nobody: every route that is not public answers 401", () => changesNothing(() =>
      inSlices(all.filter((o) => o.scope), 16, async (o) => {
        const answer = await send(market.nobody, o, fill(o.path));
        refused(answer, 401, "unauthenticated");
        assert.match(answer.headers.get("www-authenticate") ?? "", /^Bearer/);
      })));

    test("a wrong key is refused everywhere, on public routes too", () => changesNothing(() =>
      inSlices(all.filter((o) => o.path !== "/v1/setup"), 16, async (o) => {
        refused(await o_key(o), 401, "unauthenticated");
      })));
    const o_key = (o: Operation) => market.nobody.ask(o.method, fill(o.path), o.body && right(o.body), { headers: { Authorization: `Bearer tk_${"A".repeat(43)}` } });

    test("the wrong caller: who lacks the scope answers 403", () => changesNothing(async () => {
      const pairs = all.filter((o) => o.scope).flatMap((o) => actors.filter((a) => !scopesOf[a].includes(o.scope!)).map((a) => [o, a] as const));
      await inSlices(sample(pairs, 3), 16, async ([o, a]) => void refused(await send(callers[a], o, fill(o.path)), 403, "forbidden"));
    }));

    test("a browser's session without its CSRF token writes nothing", () => changesNothing(async () => {
      const { Cookie } = ann.api.credentials;
      const answer = await market.nobody.post("/v1/carts", undefined, { headers: { Cookie } });
      refused(answer, 403, "forbidden");
    }));

    test("a neighbour's ids answer 404, as if they did not exist", async () => {
      const cart = must(await ann.api.post("/v1/carts"));
      const order = must(await ann.api.post("/v1/checkouts", { lines: [{ offer: shop.offers[0].offer, quantity: 1 }] }));
      const hook = must(await left.api.post("/v1/webhooks", { url: "https://hooks.example.com/", events: "*" }));
      must(await left.api.post(`/v1/webhooks/${hook.webhook}/disable`));
      const key = must(await left.api.post("/v1/api-keys", { name: "till", scopes: "sell" }));
      const account = must(await market.operator.post("/v1/accounts", { asset: 156 }));
      const contract = must(await left.api.get(`/v1/shops/${shop.shop}/contracts`)).items[0].contract;
      const own: Record<string, string> = {
        crt: cart.cart, ord: order.order, cho: order.children[0].child, whk: hook.webhook, key: key.key, acc: account.account,
        shp: shop.shop, ctr: contract, ofr: shop.offers[0].offer, usr: ann.user,
      };
      const neighbours: Record<string, Client> = { sell: right_.api, keys: right_.api, "ledger.read": right_.api, buy: bob.api, wallet: bob.api, self: bob.api };
      const walled = all.filter((o) => /\{\w{3}\}/.test(o.path) && o.scope !== undefined && neighbours[o.scope]);
      assert.ok(walled.length > 25, `${walled.length} routes`);
      await changesNothing(() => inSlices(walled, 8, async (o) => {
        const answer = await send(neighbours[o.scope!], o, fill(o.path, own));
        const bodyFirst = o.body && answer.status !== 404 && answer.status !== 409; // what refers to nothing is refused as well
        if (!bodyFirst) refused(answer, 404, "not_found");
        else assert.ok([400, 422].includes(answer.status), `${answer.asked} answered ${answer.status}: ${answer.text}`);
      }));
    });

    test("ids that are no ids, and query members that do not exist", () => changesNothing(async () => {
      await inSlices(all.filter((o) => /\{(?!text)\w+\}/.test(o.path)), 16, async (o) => {
        const caller = o.scope ? callers[actorFor(o)] : market.nobody;
        const answer = await send(caller, o, o.path.replaceAll(/\{\w+\}/g, "xyz"));
        assert.ok([400, 404, 405].includes(answer.status), `${answer.asked} answered ${answer.status}`);
        isProblem(answer);
      });
      await inSlices(all.filter((o) => o.method === "GET"), 16, async (o) => {
        const caller = o.scope ? callers[actorFor(o)] : market.nobody;
        refused(await caller.get(`${fill(o.path)}?surprise=1`), 400, "malformed");
        for (const name of o.dates) for (const day of ["0001-01-01", "9999-12-31"])
          for (const time of ["", "T00:00:00Z"]) refused(await caller.get(`${fill(o.path)}?${name}=${day}${time}`), 400, "malformed", `query/${name}`);
        if (!o.isList) return;
        refused(await caller.get(`${fill(o.path)}?limit=0`), 400, "malformed", "query/limit");
        refused(await caller.get(`${fill(o.path)}?limit=many`), 400, "malformed", "query/limit");
        const cursor = await caller.get(`${fill(o.path)}?after=bm90LWEtY3Vyc29y`);
        if (!/\{/.test(o.path) && o.path !== "/v1/events" && cursor.status !== 200) refused(cursor, 400, "malformed", "query/after");
      });
    }));

    test("every wrong body of every route is refused by the name of what is wrong", () => changesNothing(async () => {
      const asks = all.filter((o) => o.body && isWrite(o)).flatMap((o) => [...wrongBodies(o)].map((wrong) => ({ o, wrong })));
      assert.ok(asks.length > 1000, `${asks.length} wrong bodies`);
      await inSlices(sample(asks, 7), 16, async ({ o, wrong }) => {
        const caller = o.scope ? callers[actorFor(o)] : market.nobody;
        const answer = await send(caller, o, fill(o.path), wrong.body, wrong.raw);
        const what = `${o.method} ${o.path}, ${wrong.what}: ${answer.status} ${answer.text}`;
        assert.equal(answer.status, 400, what);
        isProblem(answer);
        assert.equal(answer.body.code, "malformed", what);
        const pointers = (answer.body.errors ?? []).map((e: Json) => e.pointer);
        assert.ok(wrong.pointer === "" || pointers.includes(wrong.pointer), `no ${wrong.pointer}: ${what}`);
      });
    }));

    test("bytes that are no whole records, or of another type, are refused", () => changesNothing(async () => {
      const binary = all.filter((o) => o.media !== undefined);
      assert.ok(binary.length >= 4, `${binary.length} routes`);
      for (const o of binary) {
        const caller = callers[actorFor(o)];
        const as = (type: string, raw: string) => caller.ask(o.method, o.path, undefined, { raw, headers: { "Content-Type": type } });
        for (const raw of ["", "a", "a".repeat(130_001)]) assert.equal((await as(o.media!, raw)).body.code, "malformed", o.path);
        refused(await as(o.media!, "a".repeat((1 << 20) + 1)), 413, "too_large");
        refused(await as("application/json", "a".repeat(128)), 415, "media_type", "header/Content-Type");
        refused(await as("application/octet-stream", "a".repeat(128)), 415, "media_type", "header/Content-Type");
      }
    }));

    test("what is not JSON, has no key, or is too large is refused before it is read", () => changesNothing(async () => {
      refused(await ann.api.post("/v1/checkouts", undefined, { raw: "a=1", headers: { "Content-Type": "application/x-www-form-urlencoded" } }), 415, "media_type");
      refused(await ann.api.post("/v1/checkouts", { lines: [] }, { key: null }), 400, "malformed", "header/Idempotency-Key");
      refused(await ann.api.post("/v1/checkouts", { lines: [] }, { key: "k".repeat(256) }), 400, "malformed", "header/Idempotency-Key");
      refused(await ann.api.post("/v1/checkouts", undefined, { raw: `{"note":"${"x".repeat(70_000)}"}` }), 413, "too_large");
      refused(await ann.api.post("/v1/carts", { why: "not" }), 400, "malformed");
      refused(await market.nobody.get(`/v1/products?q=${"x".repeat(5000)}`), 414, "uri_too_long");
      refused(await market.nobody.ask("DELETE", "/v1/products"), 405, "method_not_allowed");
      refused(await market.nobody.get("/v1/no-such-thing"), 404, "not_found");
      await inSlices(all.filter(isWrite), 16, async (o) => {
        const caller = o.scope ? callers[actorFor(o)] : market.nobody;
        const answer = await caller.ask(o.method, fill(o.path), undefined, { raw: "{\u0000" });
        assert.ok(answer.status >= 400 && answer.status < 500, `${answer.asked} answered ${answer.status}`);
      });
    }));

    test("a body cut off by the network is no request", () => changesNothing(async () => {
      const { hostname, port } = new URL(market.server.url);
      await new Promise<void>((done) => {
        const socket = net.connect(Number(port), hostname, () => {
          socket.write("POST /v1/registrations HTTP/1.1\r\nHost: x\r\nIdempotency-Key: cut\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"email\":\"cut@example.com\"");
          setTimeout(() => socket.destroy(), 100);
        });
        socket.on("close", () => done());
      });
    }));

    test("rules name their field: another currency, too much, negative, what does not exist, what is not one's own", () => changesNothing(async () => {
      refused(await ann.api.post("/v1/wallet/top-ups", { amount: 100, currency: "USD" }), 422, "rule_refused", "/currency");
      refused(await ann.api.post("/v1/wallet/transfers", { to: bob.user, amount: 100, currency: "USD" }), 422, "rule_refused", "/currency");
      refused(await ann.api.post("/v1/wallet/transfers", { to: bob.user, amount: 1, currency: "CNY" }), 422, "insufficient_funds");
      refused(await ann.api.post("/v1/wallet/transfers", { to: bob.user, amount: -1, currency: "CNY" }), 400, "malformed", "/amount");
      refused(await left.api.post("/v1/stock/receipts", { variant: shop.offers[0].variant, warehouse: shop.warehouse, quantity: -5 }), 400, "malformed", "/quantity");
      refused(await left.api.post("/v1/stock/adjustments", { variant: shop.offers[0].variant, warehouse: shop.warehouse, quantity: -500 }), 422, "insufficient_stock");
      refused(await ann.api.post("/v1/checkouts", { lines: [{ offer: shop.offers[0].offer, quantity: 500 }] }), 422, "insufficient_stock", "/lines/0/quantity");
      const twice = { offer: shop.offers[0].offer, quantity: 1 };
      refused(await ann.api.post("/v1/checkouts", { lines: [twice, twice] }), 400, "malformed", "/lines/1/offer");
      refused(await right_.api.post("/v1/products", { shop: shop.shop, title: "Theft", variants: [{ sku: "t", price: 1 }] }), 404, "not_found");
      const wild = await ann.api.post("/v1/checkouts", { lines: [{ offer: nowhere("ofr"), quantity: 1 }] });
      assert.ok(wild.status === 404 || wild.status === 422, wild.text);
      isProblem(wild);
    }));

    test("hostile text is kept as text or refused, and never breaks anything", async () => {
      const asks = all.filter((o) => o.body && isWrite(o) && o.path !== "/v1/setup" && !o.path.startsWith("/v1/clock"))
        .flatMap((o) => Object.entries<Json>(o.body.properties).filter(([, f]) => f.type === "string" && !f.readOnly && !f.pattern && !f.format && !f.enum)
          .map(([name], i) => ({ o, name, text: hostile[(i + o.path.length) % hostile.length] })));
      await inSlices(sample(asks, 2), 16, async ({ o, name, text }) => {
        const caller = o.scope ? callers[actorFor(o)] : market.nobody;
        const answer = await send(caller, o, fill(o.path), { ...right(o.body), [name]: text });
        const isWorld = answer.status === 503 && answer.body.code === "channel_unavailable"; // there is no bank here
        assert.ok(answer.status < 500 || isWorld, `${answer.asked} ${name}=${text}: ${answer.status} ${answer.text}`);
        if (answer.status >= 400) isProblem(answer);
      });
      const note = hostile.slice(0, 5).join(" ");
      const order = must(await bob.api.post("/v1/checkouts", { lines: [{ offer: shop.offers[0].offer, quantity: 1 }], note, address: { street: note } }));
      assert.equal(must(await bob.api.get(`/v1/orders/${order.order}`)).note, note);
      for (const path of ["/", "/docs"]) assert.equal((await market.nobody.get(path)).status, 200);
    });
  });
}

for (const home of homes) suite(home);
