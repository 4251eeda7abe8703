// console.test.ts - the console in a real browser, wide and on a phone: an empty installation set up, a shop opened,
// decorated and sold from, a partial refund, a payout made by two persons, a supervisor's proof, the ecosystem view down to
// the postings, both languages. Each leaves pictures in tests/browser/shots; axe finds nothing serious on any page.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import type { Browser } from "playwright-core";
import { openBrowser, Visitor, widths, type Look, type Width } from "../lib/browser.ts";
import { must, signIn } from "../lib/client.ts";
import { freshStore } from "../lib/homes.ts";
import { Market, password, verify } from "../lib/market.ts";
import { serve, type Server } from "../lib/program.ts";

const demo_password = "tael-demo-2026";
let browser: Browser, demo: Server, folder: string;

before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "tael-console-"));
  demo = await serve(["demo", "--db", `sqlite:${folder}/demo.db`, "--listen", "127.0.0.1:0", "--orders", "240", "--shops", "4", "--seed", "7"], 300_000);
  browser = await openBrowser();
});

after(async () => {
  await browser.close();
  assert.equal(await demo.stop(), 0);
  await rm(folder, { recursive: true, force: true });
});

const sizes = Object.keys(widths) as Width[];
const visit = (url: string, look: Look) => Visitor.open(browser, url, look);
const by = (v: Visitor, name: string) => v.page.locator(`[data-test="${name}"]`);

async function enter(url: string, look: Look, email: string, word = demo_password): Promise<Visitor> {
  const v = await visit(url, look);
  await v.signIn(email, word);
  return v;
}

async function choose(v: Visitor, label: string, option: string) {
  await v.page.getByRole("combobox", { name: label }).press("ArrowDown");
  await v.page.locator(".ant-select-dropdown:visible").getByText(option, { exact: false }).first().click();
}

// TAEL_LOOKS=all: every page of every role in both widths with axe and a picture, each in the other language and look too.
const all_looks = process.env.TAEL_LOOKS === "all";

// Pages of each role, as a person without a task would walk through them.
const walks: [email: string, name: string, pages: string[]][] = [
  ["operator@example.com", "operator", ["/", "/orders", "/payments", "/ecosystem", "/approvals", "/breaks", "/payouts", "/campaigns", "/channels", "/users", "/sellers", "/keys", "/webhooks", "/jobs", "/clock"]],
  ["supervisor@example.com", "supervisor", ["/proofs", "/safeguarding", "/trial-balance", "/audit", "/checkpoints"]],
  ["seller@example.com", "merchant", ["/", "/sales", "/parcels", "/returns", "/products", "/stock", "/buying", "/shop", "/settlement"]],
];

describe("the console", () => {
  for (const width of sizes) {
    for (const [email, name, pages] of walks) {
      test(`${width}: every page of the ${name} fits and is accessible`, async () => {
        const look: Look = { width, lang: width === "phone" ? "zh" : "en", theme: name === "supervisor" ? "dark" : "light" };
        const other: Look = { width, lang: look.lang === "zh" ? "en" : "zh", theme: look.theme === "dark" ? "light" : "dark" };
        for (const seen of all_looks ? [look, other] : [look]) {
          const v = await enter(demo.url, seen, email);
          for (const page of pages) {
            await v.walk(`/console${page}`);
            await v.page.locator("h1").first().waitFor();
            await v.fits(`${name} ${page}`);
            // What axe finds hangs on the page, not on its width; what stands below another hangs on the width.
            if (width === "desk" || all_looks) await v.accessible(`${name} ${page}`);
            if (width === "phone" || all_looks) await v.shot(`console-${name}-${page.slice(1).replaceAll("/", "-") || "home"}`);
          }
          await v.close();
        }
      });
    }
  }

  test("a role sees its own menu, and a page that is not for it says so", async () => {
    const v = await enter(demo.url, { width: "desk" }, "supervisor@example.com");
    await v.go("/console/");
    assert.equal(await v.page.getByRole("link", { name: "API keys" }).count(), 0);
    assert.equal(await v.page.getByRole("link", { name: "Products" }).count(), 0);
    await v.go("/console/keys");
    await v.page.getByText("Not for this account").waitFor();
    await v.go("/console/approvals");
    assert.equal(await by(v, "approve").count(), 0);
    await v.close();
  });

  test("the language is switched and remembered", async () => {
    const v = await visit(demo.url, { width: "desk" });
    await v.go("/console/");
    await v.shot("console-sign-in");
    await v.accessible("sign-in");
    await by(v, "language").click();
    await v.page.getByText("登录控制台").waitFor();
    await by(v, "demo-operator@example.com").click();
    await v.page.getByRole("heading", { name: /您好/ }).waitFor();
    await v.page.reload();
    await v.page.getByRole("heading", { name: /您好/ }).waitFor();
    await v.close();
  });

  for (const width of sizes) {
    test(`${width}: an order's story shows its journal; a supervisor proves the books`, async () => {
      const v = await enter(demo.url, { width }, "supervisor@example.com");
      await v.go("/console/orders?state=completed");
      await v.page.locator("tbody a").first().click();
      await v.page.getByText("Journal entries").waitFor();
      await v.page.getByText("Seller's share").first().waitFor();
      await v.shot("console-story");
      await v.accessible("story");
      await v.fits("story");
      await v.go("/console/proofs");
      const asked = v.page.waitForResponse((r) => r.url().endsWith("/v1/proofs") && r.request().method() === "POST");
      await by(v, "prove").click();
      const { proof } = await (await asked).json();
      await v.page.locator(`[data-test="proof-state"][data-proof="${proof}"]`).getByText("Proved").waitFor({ timeout: 60_000 });
      assert.equal(await v.page.locator(".c-proof .t-chip.good").count(), 4);
      await v.shot("console-proof");
      await v.close();
    });

    test(`${width}: the ecosystem opens down to the postings, which sum to the flow`, async () => {
      const v = await enter(demo.url, { width }, "operator@example.com");
      await v.go("/console/ecosystem");
      const api = await signIn(demo.url, "operator@example.com", demo_password);
      const flow = must(await api.get("/v1/flows")).flows.find((f: any) => f.debit_code === 2001 && f.credit_code === 2201);
      const row = v.page.locator("tbody tr", { hasText: "Paid from balance" });
      await row.getByRole("button").click();
      await v.page.getByText("Postings behind this flow").waitFor();
      await v.page.locator(".ant-drawer tbody tr").first().waitFor();
      await v.shot("console-postings");
      let sum = 0, after = "";
      do {
        const page = must(await api.get(`/v1/postings?limit=200&debit_code=2001&credit_code=2201&why=${flow.why}${after ? `&after=${after}` : ""}`));
        sum += page.items.reduce((s: number, p: any) => s + p.amount, 0);
        after = page.next ?? "";
      } while (after);
      assert.equal(sum, flow.amount);
      await v.close();
    });
  }

  test("a view is saved and applied; everything that matches is exported", async () => {
    const v = await enter(demo.url, { width: "desk" }, "operator@example.com");
    await v.go("/console/orders?state=completed");
    await by(v, "views").click();
    await v.page.getByText("Save this view").click();
    await v.page.getByLabel("Name of the view").fill("Finished");
    const saved = v.page.waitForResponse((r) => r.url().endsWith("/v1/views") && r.request().method() === "POST");
    await v.page.getByRole("button", { name: "Save" }).click();
    assert.equal((await saved).ok(), true);
    await v.go("/console/orders");
    await by(v, "views").click();
    await v.page.getByText("Finished").click();
    await v.page.waitForURL(/state=completed/);
    await v.settled();
    const [file] = await Promise.all([v.page.waitForEvent("download"), by(v, "csv").click()]);
    const text = await (await import("node:fs/promises")).readFile(await file.path(), "utf8");
    const api = await signIn(demo.url, "operator@example.com", demo_password);
    let orders = 0, after = "";
    do {
      const page = must(await api.get(`/v1/orders?state=completed&limit=200${after ? `&after=${after}` : ""}`));
      orders += page.items.length;
      after = page.next ?? "";
    } while (after);
    assert.ok(orders > 50, String(orders));
    assert.equal(text.trim().split("\r\n").length, orders + 1);
    await v.close();
  });
});

describe("work in the console", () => {
  for (const width of sizes) {
    test(`${width}: an empty installation is set up down to its first shop`, async () => {
      const store = freshStore("sqlite");
      const server = await serve(["serve", "--db", store, "--listen", "127.0.0.1:0"]);
      const v = await visit(server.url, { width });
      await v.go("/console/");
      await v.page.getByText("Set up your market").waitFor();
      await v.shot("console-setup");
      await v.accessible("set-up");
      await v.fits("set-up");
      await v.page.getByLabel("Name of the market").fill("Harbour Market");
      await v.page.getByLabel("Operator's e-mail address").fill("ada@example.com");
      await v.page.getByLabel("Password", { exact: true }).fill(password);
      await by(v, "next").click();
      await v.page.getByRole("heading", { name: "A second person" }).waitFor();
      await v.page.getByLabel("Name", { exact: true }).fill("Bo Lin");
      await v.page.getByLabel("E-mail address", { exact: true }).fill("bo@example.com");
      await v.page.getByLabel("First password").fill(password);
      await v.page.getByLabel("Supervisor's e-mail address (optional)").fill("sun@example.com");
      await by(v, "next").click();
      await v.page.getByRole("heading", { name: "A bank channel" }).waitFor();
      await v.page.getByLabel("Address of its interface").fill("http://127.0.0.1:9/bank");
      await by(v, "next").click();
      await v.page.getByRole("heading", { name: "The first shop" }).waitFor();
      await v.page.getByLabel("Name of the shop").fill("Lamp & Light");
      await v.page.getByLabel("Merchant's e-mail address").fill("lamp@example.com");
      await v.page.getByLabel("First password").fill(password);
      await v.shot("console-setup-shop");
      await by(v, "next").click();
      await by(v, "finished").waitFor();
      await v.shot("console-setup-done");
      await v.page.getByRole("button", { name: "Go to the console" }).click();
      await v.page.getByText("Money in and out").waitFor();
      await v.shot("console-first-day");
      const [shop] = must(await (await signIn(server.url, "ada@example.com", password)).get("/v1/shops")).items;
      assert.deepEqual([shop.name, shop.slug, shop.state], ["Lamp & Light", "lamp-light", "open"]);
      await v.close();
      await server.stop();
      await verify(store);
    });
  }

  test("a shop is opened, decorated and sold from; part of the order is refunded; two persons pay the merchant", async () => {
    const market = await Market.open("sqlite");
    const url = market.server.url, second = await market.secondOperator(), mei = await market.seller("Mei"), bo = await market.buyer("Bo");
    const bank = await serve(["bank-sim", "--listen", "127.0.0.1:0"]);
    const channel = must(await market.operator.post("/v1/channels", { name: "Bank", kind: "bank-sim", url: bank.url, auto_capture: true }));
    must(await bo.api.post("/v1/wallet/top-ups", { amount: 500_00, currency: "CNY", channel: channel.channel, method: "card", token: "tok_ok" }));

    const v = await enter(url, { width: "desk" }, "mei@example.com", password);
    await v.go("/console/shop");
    await v.page.getByLabel("Name of the shop").fill("Mei's Lanterns");
    await v.page.getByLabel("A line about the shop").fill("Light for long evenings");
    await v.page.getByLabel("#374a8c").click();
    await v.page.getByText("Rings").click();
    await v.shot("console-open-shop");
    await by(v, "open-shop").click();
    await v.page.getByText("Waits for the market").waitFor();
    const o = await enter(url, { width: "desk" }, "operator@example.com", password);
    await o.go("/console/sellers");
    await o.page.locator("tr", { hasText: "Mei" }).locator('[data-test="shops"]').click();
    await by(o, "approve-contract").click();
    await o.page.getByText("In force").waitFor();
    await v.go("/console/shop");
    await v.page.getByLabel("A line about the shop").fill("Paper, silk and a warm glow");
    await by(v, "save-look").click();
    await v.page.getByText("Done").waitFor();
    assert.match(await by(v, "share-link").innerText(), /\/shops\/mei-s-lanterns$/);
    await v.shot("console-decorated");

    await v.go("/console/products");
    await by(v, "add-product").click();
    await v.page.getByLabel("Title").fill("Silk lantern");
    await v.page.getByLabel("Number (SKU)").fill("LAN-1");
    await v.page.getByLabel("Price", { exact: true }).fill("120.00");
    await v.page.getByLabel("In stock now").fill("5");
    await by(v, "submit").click();
    await v.page.locator("tbody").getByText("Silk lantern").waitFor();
    const [product] = must(await market.nobody.get("/v1/products?offers=true")).items;
    assert.equal(product.offers[0].price, 120_00);
    for (let i = 0; (must(await bo.api.get("/v1/wallet")).available as number) < 240_00; i++) assert.ok(i < 200, "the top-up arrives");
    const order = must(await bo.api.post("/v1/checkouts", { lines: [{ offer: product.offers[0].offer, quantity: 2 }], tenders: [{ kind: "balance", amount: 240_00 }] }));
    const child = order.children[0].child;

    await v.go(`/console/sales/${order.order}/${child}`);
    await by(v, "ship").click();
    await v.page.getByLabel("Carrier").fill("SF");
    await v.page.getByLabel("Tracking number").fill("SF100");
    await by(v, "submit").click();
    await v.page.locator("main").getByText("SF100").waitFor();
    await by(v, "refund").click();
    await v.page.getByLabel("Silk lantern").fill("35.50");
    await v.shot("console-refund");
    await by(v, "submit").click();
    await by(v, "refunded").getByText("¥35.50").waitFor();
    await v.shot("console-refunded");
    must(await bo.api.post(`/v1/orders/${order.order}/child-orders/${child}/confirm`));

    // What is due stays with the market below a high least payout, until two persons say otherwise.
    const today = must(await market.operator.get("/v1/clock")).business_date;
    await market.decideTogether("parameter.set", { name: "payout_minimum", valid_from: today, value: 10_000_000_00 }, second);
    await market.advance(9);
    await o.go("/console/payouts");
    await by(o, "pay-now").click();
    await choose(o, "Merchant", "Mei");
    await by(o, "submit").click();
    await o.page.getByText("Proposed. Another person").waitFor();
    await o.go("/console/approvals");
    assert.equal(await by(o, "approve").count(), 0, "nobody approves their own proposal");
    const s = await enter(url, { width: "phone", lang: "zh" }, "second-operator@example.com", password);
    await s.go("/console/approvals");
    await s.shot("console-approve");
    await by(s, "approve").click();
    await s.page.getByRole("button", { name: /^确\s*认$/ }).click();
    await by(s, "approve").waitFor({ state: "detached" });
    await s.page.getByText("已批准").nth(1).waitFor();
    await o.go("/console/payouts");
    await o.page.locator("tbody").getByText("¥").first().waitFor();
    await o.shot("console-payout");
    const [payout] = must(await mei.api.get("/v1/payouts")).items;
    const commission = 14_40 - Math.round((35_50 * 6) / 100);
    assert.equal(payout.amount, 240_00 - 35_50 - commission);
    for (const each of [v, o, s]) await each.close();
    await bank.stop();
    await market.close();
  });
});
