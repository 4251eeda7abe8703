// market.ts - a market that is set up and the people in it, each made through the API as they would be in life.
import assert from "node:assert/strict";
import { Client, must, signIn, type Json } from "./client.ts";
import { freshStore, type Home } from "./homes.ts";
import { serve, tael, taelOk, type Server } from "./program.ts";

export const password = "correct horse battery";
const email = (name: string) => `${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}@example.com`;

export type Person = { name: string; user: string; api: Client };
export type SellerOf = Person & { seller: string; entity: string };

// A server over a store of its own, with its market set up and one operator signed in.
export class Market {
  readonly url: string;
  server: Server;
  facts: Json;
  operator!: Client;
  readonly nobody: Client;

  private constructor(url: string, server: Server) {
    this.url = url;
    this.server = server;
    this.nobody = new Client(server.url);
  }

  static open(home: Home, options: string[] = ["--sandbox"]): Promise<Market> { return Market.at(freshStore(home), options); }

  // In an empty store that is there already.
  static async at(url: string, options: string[]): Promise<Market> {
    const market = new Market(url, await serve(["serve", "--db", url, "--listen", "127.0.0.1:0", ...options]));
    market.facts = must(await market.nobody.post("/v1/setup", {
      market_name: "Test market", currency: "CNY", utc_offset_minutes: 480, capital: 100_000_00,
      operator_email: email("operator"), operator_password: password,
    }, { key: null }));
    market.operator = await signIn(market.server.url, email("operator"), password);
    return market;
  }

  // Money actions want a second person.
  async secondOperator(name = "Second operator"): Promise<Client> {
    must(await this.operator.post("/v1/users", { role: "operator", email: email(name), password, name }));
    return signIn(this.server.url, email(name), password);
  }

  async supervisor(name = "Supervisor"): Promise<Client> {
    must(await this.operator.post("/v1/users", { role: "supervisor", email: email(name), password, name }));
    return signIn(this.server.url, email(name), password);
  }

  async seller(name: string): Promise<SellerOf> {
    const made = must(await this.operator.post("/v1/sellers", { name, email: email(name), password, person_name: `${name} Owner` }));
    return { name, seller: made.seller, entity: made.entity, user: made.user, api: await signIn(this.server.url, email(name), password) };
  }

  async buyer(name: string): Promise<Person> {
    const made = must(await this.nobody.post("/v1/registrations", { email: email(name), password, name }));
    return { name, user: made.user, api: await signIn(this.server.url, email(name), password) };
  }

  // An API key of a user, made from the command line.
  async key(who: string, scopes: string): Promise<Client> {
    const secret = (await taelOk(["key", email(who), "--scopes", scopes, "--db", this.url])).trim();
    return new Client(this.server.url, { Authorization: `Bearer ${secret}` });
  }

  // Proposes a money action as one operator and approves it as another; what approving answered.
  async decideTogether(action: string, parameters: Json, second: Client): Promise<Json> {
    const proposal = must(await this.operator.post("/v1/approvals", { action, parameters, note: "for the test" }));
    return must(await second.post(`/v1/approvals/${proposal.approval}/approve`, { reason: "agreed" }));
  }

  // Moves business time by whole days and runs what becomes due.
  async advance(days: number): Promise<Json> {
    const { now } = must(await this.operator.get("/v1/clock"));
    const to = new Date(Date.parse(now) + days * 86_400_000).toISOString();
    return must(await this.operator.post("/v1/clock/advance", { to }, { key: null }));
  }

  verify() { return verify(this.url); }

  async close() {
    await this.server.stop();
    await this.verify();
  }
}

// Books, chain, stock, safeguarding, stored answers and holds, proved by `tael verify` in a process of its own.
export async function verify(url: string): Promise<Json> {
  const { code, out, err } = await tael(["verify", "--db", url]);
  const proof = out ? JSON.parse(out) : {};
  assert.deepEqual({ ok: proof.ok, violation: proof.violation, code }, { ok: true, violation: null, code: 0 }, out + err);
  return proof;
}

// --- selling --------------------------------------------------------------------------------------------------------

export type ShopOf = { shop: string; warehouse: string; offers: Json[] };
export type Goods = { title: string; price: number; units: number };
const plainTerms = { commission_ppb: 120_000_000, settle_days: 7 };

// A shop with its contract in force and each of the goods on its shelf.
export async function openShop(market: Market, seller: SellerOf, goods: Goods[], more: Json = {}): Promise<ShopOf> {
  const slug = email(seller.name).split("@")[0];
  const shop = must(await seller.api.post("/v1/shops", { name: `${seller.name} shop`, slug, terms: plainTerms, ...more }));
  const [contract] = must(await seller.api.get(`/v1/shops/${shop.shop}/contracts`)).items;
  must(await market.operator.post(`/v1/shops/${shop.shop}/contracts/${contract.contract}/approve`));
  const offers: Json[] = [];
  for (const [i, g] of goods.entries()) {
    const product = must(await seller.api.post("/v1/products", {
      shop: shop.shop, title: g.title, variants: [{ sku: `${slug}-${i + 1}`, price: g.price }],
    }));
    const [variant] = product.variants;
    must(await seller.api.post("/v1/stock/receipts", { variant: variant.variant, warehouse: shop.warehouse, quantity: g.units }));
    offers.push({ ...g, ...variant, product: product.product });
  }
  return { shop: shop.shop, warehouse: shop.warehouse, offers };
}

