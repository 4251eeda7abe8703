// desk.test.ts - the console over histories that were lived by `tael replay`: a break is looked into by one person and
// resolved by two; real orders are seen from the dashboard down to the postings. And hostile text, in every field that staff
// or merchants can fill, is shown as the text it is.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { orders } from "../fixtures/small.ts";
import { readFolder, writeFolder, type Order } from "../fixtures/history.ts";
import { openBrowser, Visitor, widths, type Look, type Width } from "../lib/browser.ts";
import { Client, must } from "../lib/client.ts";
import { freshStore, scratch } from "../lib/homes.ts";
import { Market, openShop, password, verify } from "../lib/market.ts";
import { root, serve, taelOk } from "../lib/program.ts";

let browser: Browser;
before(async () => { browser = await openBrowser(); });
after(() => browser.close());

const by = (v: Visitor, name: string) => v.page.locator(`[data-test="${name}"]`);
async function enter(url: string, look: Look, email: string): Promise<Visitor> {
  const v = await Visitor.open(browser, url, look);
  await v.signIn(email, password);
  return v;
}

// A history is lived, then served with its clock where it ended; two operators get logins.
async function lived(history: Order[]) {
  const folder = scratch(), store = freshStore("sqlite");
  writeFolder(folder, history);
  const totals = JSON.parse(await taelOk(["replay", "olist", folder, "--json", "--db", store]));
  const secret = (await taelOk(["key", "operator@replay.invalid", "--scopes", "self,operate,money,supervise,ledger.read,ledger.write,keys,clock", "--db", store])).trim();
  const server = await serve(["serve", "--db", store, "--listen", "127.0.0.1:0", "--sandbox"]);
  const api = new Client(server.url, { Authorization: `Bearer ${secret}` });
  for (const name of ["ada", "bo"]) must(await api.post("/v1/users", { role: "operator", name, email: `${name}@example.com`, password }));
  const close = async () => {
    await server.stop();
    await verify(store);
  };
  return { totals, api, url: server.url, close };
}

test("a break is looked into, a way out is proposed, and another person approves it", async () => {
  const market = await lived(orders);
  // One whose payment was not given back since.
  let chosen: any;
  for (const b of await market.api.all("/v1/breaks?state=open")) {
    if (b.kind !== "difference" || b.amount <= 0) continue;
    if (must(await market.api.get(`/v1/payments/${b.payment}`)).refunded === 0) chosen = b;
  }
  assert.ok(chosen, "the history leaves a break with money in suspense");
  const ada = await enter(market.url, { width: "desk" }, "ada@example.com");
  await ada.go("/console/breaks?state=open");
  const row = ada.page.locator("tbody tr", { hasText: "Paid differs from the order" }).filter({ has: ada.page.locator(`[title="${chosen.payment}"]`) });
  await row.locator('[data-test="claim"]').click();
  await row.getByText("You", { exact: true }).waitFor();
  await ada.shot("console-breaks");
  await row.locator('[data-test="resolve"]').click();
  await ada.page.getByRole("combobox", { name: "What becomes of it" }).press("ArrowDown");
  await ada.page.locator(".ant-select-dropdown:visible").getByText("Pay back to the payer").click();
  await ada.shot("console-break-resolve");
  await by(ada, "submit").click();
  await ada.page.getByText("Proposed. Another person").waitFor();
  await ada.go("/console/approvals");
  assert.equal(await by(ada, "approve").count(), 0, "nobody approves their own proposal");
  const bo = await enter(market.url, { width: "phone", lang: "zh" }, "bo@example.com");
  await bo.go("/console/approvals");
  await bo.page.getByText("处理差错").first().waitFor();
  await by(bo, "approve").click();
  await bo.page.getByRole("button", { name: /^确\s*认$/ }).click();
  await by(bo, "approve").waitFor({ state: "detached" });
  await bo.page.getByText("已批准").waitFor();
  await bo.go("/console/breaks?state=resolved");
  await bo.page.getByText("退还付款人").waitFor({ state: "attached" });
  await bo.shot("console-break-resolved");
  await bo.fits("resolved breaks");
  const now = (await market.api.all("/v1/breaks")).find((b) => b.break === chosen.break)!;
  assert.equal(now.resolution, "refund_payer");
  assert.equal((await market.api.post(`/v1/breaks/${now.break}/claim`)).status, 409, "what was resolved is nobody's any more");
  for (const v of [ada, bo]) await v.close();
  await market.close();
});

const real = [path.join(root, "../shared/data/olist"), path.join(root, "shared/data/olist")].find((f) => existsSync(f));

test("real orders are seen in the console: sums, breaks, one story, and money between parties", { skip: real === undefined }, async () => {
  const all = readFolder(real!);
  const paid = (o: Order) => o.payments.reduce((s, p) => s + p.amount, 0) - o.items.reduce((s, i) => s + i.price + i.freight, 0);
  const odd = all.filter((o) => o.items.length > 0 && o.payments.length > 0 && paid(o) !== 0).slice(0, 12), rest = all.slice(0, 100).filter((o) => !odd.includes(o));
  const market = await lived([...odd, ...rest]);
  const v = await enter(market.url, { width: "desk" }, "ada@example.com");
  await v.go("/console/breaks?state=open");
  await v.page.locator("tbody tr").first().waitFor();
  const counted = (await market.api.all("/v1/breaks")).filter((b) => b.is_open).length;
  assert.equal(await v.page.locator("tbody tr").count(), Math.min(counted, 50));
  await v.shot("console-replay-breaks");
  await v.go("/console/orders?state=completed");
  await v.page.locator("tbody a").first().click();
  await v.page.getByText("Journal entries").waitFor();
  await v.shot("console-replay-story");
  await v.go("/console/ecosystem");
  await v.page.getByText("Since the start").click();
  await v.page.locator("tbody tr", { hasText: "Paid through a channel" }).first().waitFor();
  const flows = must(await market.api.get("/v1/flows?from=2016-01-01")).flows;
  const captured = flows.filter((f: any) => f.debit_code === 1101 && f.credit_code !== 1001).reduce((s: number, f: any) => s + f.amount, 0);
  assert.ok(captured > 0);
  assert.equal(captured, must(await market.api.get("/v1/now")).captured, "the flows and the dashboard say the same");
  await v.shot("console-replay-ecosystem");
  await v.go("/console/");
  await v.page.getByText("1 year").first().click();
  await v.shot("console-replay-dashboard");
  await v.close();
  await market.close();
});

// --- hostile text -----------------------------------------------------------------------------------------------------

const hostile = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>{{t}} \u202E‮مرحبا בעולם 👩‍👩‍👧‍👦🏴‍☠️ '"; drop table--`;
const long = (max: number) => [...(hostile + "龙W".repeat(5_000))].slice(0, max - 40).join("");

test("hostile text in what staff and merchants write is shown as text, and everything still fits", async () => {
  const market = await Market.open("sqlite"), url = market.server.url;
  const second = await market.secondOperator(), mei = await market.seller("Mei"), bo = await market.buyer("Bo");
  const shop = await openShop(market, mei, [{ title: long(200), price: 12_00, units: 9 }], { name: long(100), banner: long(200) });
  must(await mei.api.post("/v1/suppliers", { name: long(120), contact: long(200), payment_days: 30 }));
  must(await mei.api.post("/v1/api-keys", { name: long(100), scopes: "sell" }));
  must(await market.operator.post("/v1/channels", { name: long(60), kind: "bank-sim", url: "http://127.0.0.1:9/x", auto_capture: true }));
  must(await market.operator.post("/v1/users", { role: "operator_clerk", name: long(100), email: "odd@example.com", password }));
  must(await market.operator.post("/v1/sellers", { name: long(120), person_name: long(100), email: "odd-seller@example.com", password }));
  must(await market.operator.post("/v1/views", { page: "orders", name: long(60), query: { state: hostile } }));
  await market.decideTogether("campaign.fund", { name: long(100), currency: "CNY", budget: 500_00, per_order_max: 12_00 }, second);
  must(await market.operator.post("/v1/approvals", { action: "campaign.fund", parameters: { name: long(90), currency: "CNY", budget: 1_00 }, note: long(200) }));
  const [campaign] = must(await market.operator.get("/v1/campaigns")).items;
  const order = must(await bo.api.post("/v1/checkouts", { lines: [{ offer: shop.offers[0].offer, quantity: 1 }], note: long(500), address: { name: long(100), street: long(200) }, tenders: [{ kind: "campaign", campaign: campaign.campaign, amount: 12_00 }] }));
  const child = order.children[0].child;
  must(await mei.api.post(`/v1/orders/${order.order}/child-orders/${child}/parcels`, { carrier: long(80).slice(0, 40), tracking: long(100).slice(0, 60), handed_over: true }));

  const pages: [string, string[]][] = [
    ["operator@example.com", ["/", "/orders", `/orders/${order.order}`, "/approvals", "/campaigns", `/campaigns/${campaign.campaign}`, "/channels", "/users", "/sellers", "/audit"]],
    ["mei@example.com", ["/", `/sales/${order.order}/${child}`, "/parcels", "/products", "/stock", "/buying", "/shop", "/keys"]],
  ];
  for (const width of Object.keys(widths) as Width[]) {
    for (const [email, paths] of pages) {
      const v = await enter(url, { width }, email);
      v.page.on("dialog", (d) => v.troubles.push(`dialog: ${d.message()}`));
      for (const at of width === "phone" ? paths : paths.filter((p) => /orders\/|users|products|sales/.test(p))) {
        await v.walk(`/console${at}`);
        await v.page.locator("h1").first().waitFor();
        await v.fits(`hostile ${at}`);
        assert.equal(await v.page.evaluate(() => (window as any).hacked ?? document.querySelectorAll('img[src="x"]').length), 0, at);
        if (/orders\/|campaigns$|products|sales/.test(at)) await v.shot(`console-hostile-${at.split("/")[1]}`);
      }
      await v.close();
    }
  }
  // What is too long is cut by the field or refused beside it, never lost without a word.
  const v = await enter(url, { width: "phone" }, "mei@example.com");
  await v.go("/console/products");
  await by(v, "add-product").click();
  await v.page.getByLabel("Title").fill(hostile.repeat(100).slice(0, 10_000));
  await v.page.getByLabel("Number (SKU)").fill("<b>1</b>");
  await v.page.getByLabel("Price", { exact: true }).fill("-1e9");
  await by(v, "submit").click();
  await v.page.getByText("Please fill this in").first().waitFor();
  await v.page.getByLabel("Price", { exact: true }).fill("3.50");
  await by(v, "submit").click();
  await v.page.locator(".ant-drawer-content, .ant-drawer-section").waitFor({ state: "hidden" });
  assert.equal(await v.page.evaluate(() => (window as any).hacked), undefined);
  await v.close();
  await market.close();
});
