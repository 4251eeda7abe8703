// shop.mjs - a shop that sells through Tael, from a key to a refund: everything an integration needs once, in the order in
// which it needs it. Node.js 20 or later and nothing else. docs/integrate/README.md says what to know; a test runs this file.
//
//   node shop.mjs http://127.0.0.1:8080 OPERATOR-KEY      # tael key OPERATOR@EXAMPLE --scopes operate --db URL
import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const [base, operatorKey] = process.argv.slice(2);
const run = randomUUID().slice(0, 8); // lets the example be run twice on one market
const password = "a password of one's own";
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// --- calling: one key for all tries of a write, waiting longer each time --------------------------------------------------

class Refused extends Error {
  constructor(problem) {
    super(`${problem.code}: ${problem.detail}`);
    this.problem = problem; // {type, title, status, code, detail, errors: [{pointer, detail}]}
  }
}

async function call(who, method, path, body, key = randomUUID()) {
  const headers = { ...who, ...(body && { "Content-Type": "application/json" }), ...(method !== "GET" && { "Idempotency-Key": key }) };
  for (let wait = 100; ; wait = Math.min(2 * wait, 10_000)) {
    const reply = await fetch(base + path, { method, headers, body: body && JSON.stringify(body) }).catch(() => null);
    const again = !reply || reply.status === 429 || reply.status === 503 || reply.status === 408;
    const answer = reply && (await reply.json().catch(() => null));
    if (!again && answer && reply.ok) return { ...answer, wasReplayed: reply.headers.has("idempotent-replayed"), cookies: reply.headers.getSetCookie() };
    if (!again && answer && answer.code !== "in_flight") throw new Refused(answer);
    await sleep(1000 * Number(reply?.headers.get("retry-after") ?? 0) || wait); // lost, full, or still running: the same key tells
  }
}

// Every element of a list: `next` goes back as `after` until it is null. (200 a page is the most; 1 so that pages turn here.)
async function* all(who, path) {
  for (let after = ""; after !== null; ) {
    const page = await call(who, "GET", `${path}${path.includes("?") ? "&" : "?"}limit=1${after && `&after=${encodeURIComponent(after)}`}`);
    yield* page.items;
    after = page.next;
  }
}

async function until(what, look) {
  for (let tries = 0; tries < 1200; tries++, await sleep(100)) {
    const found = await look();
    if (found) return found;
  }
  throw new Error(`${what}: not within two minutes`);
}

// A person signs in and acts by cookie; a program of an organisation acts by key.
async function signIn(email) {
  const session = await call({}, "POST", "/v1/sessions", { email, password });
  return { Cookie: session.cookies[0].split(";")[0], "X-CSRF-Token": session.csrf_token };
}

// --- the seller's key, shop, goods ----------------------------------------------------------------------------------------

const operator = { Authorization: `Bearer ${operatorKey}` };
await call(operator, "POST", "/v1/sellers", { name: `Tea ${run}`, email: `tea-${run}@example.com`, password, person_name: "Tea Owner" });
const { secret } = await call(await signIn(`tea-${run}@example.com`), "POST", "/v1/api-keys", { name: "shop program", scopes: "self sell keys" });
const shopkeeper = { Authorization: `Bearer ${secret}` }; // shown once: keep it where secrets are kept
console.log("key: made");

const terms = { commission_ppb: 120_000_000, settle_days: 7 }; // 12 % of the items
const shop = await call(shopkeeper, "POST", "/v1/shops", { name: "Tea shop", slug: `tea-${run}`, terms, freight: 500 });
await call(operator, "POST", `/v1/shops/${shop.shop}/contracts/${shop.contract}/approve`);
const { variants: [tea] } = await call(shopkeeper, "POST", "/v1/products", { shop: shop.shop, title: `Longjing ${run}`, variants: [{ sku: "LJ-100", price: 1200 }] });
await call(shopkeeper, "POST", "/v1/stock/receipts", { variant: tea.variant, warehouse: shop.warehouse, quantity: 50 });
console.log("catalogue: 50 of LJ-100 at 12.00");

// --- webhooks: verified over the raw bytes, answered at once, kept by id --------------------------------------------------

function isGenuine(secret, headers, raw, now_s = Date.now() / 1000) {
  if (Math.abs(now_s - Number(headers["webhook-timestamp"])) > 300) return false; // an old one played again
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const right = createHmac("sha256", key).update(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.`).update(raw).digest();
  return String(headers["webhook-signature"]).split(" ").some((one) => { // two for a day after a rotation
    const sent = Buffer.from(one.replace(/^v1,/, ""), "base64");
    return one.startsWith("v1,") && sent.length === right.length && timingSafeEqual(sent, right);
  });
}

const heard = new Map(); // a real one keeps the ids in its store: the same event may come twice
let hook;
const listener = createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const raw = Buffer.concat(parts);
  if (!hook || !isGenuine(hook.secret, request.headers, raw)) return response.writeHead(hook ? 400 : 503).end();
  heard.set(request.headers["webhook-id"], JSON.parse(raw));
  response.writeHead(204).end(); // first noted, then acknowledged
}).listen(0, "127.0.0.1");
await new Promise((done) => listener.once("listening", done));
hook = await call(shopkeeper, "POST", "/v1/webhooks", { url: `http://127.0.0.1:${listener.address().port}/tael`, events: "child_order.* refund.*" });
const told = (type) => until(type, () => [...heard.values()].find((event) => event.type === type));

// --- a buyer, a checkout with two tenders, and the same checkout again ----------------------------------------------------

await call({}, "POST", "/v1/registrations", { email: `ann-${run}@example.com`, password, name: "Ann" });
const ann = await signIn(`ann-${run}@example.com`);
const { items: [{ channel }] } = await call({}, "GET", "/v1/payment-channels");
await call(ann, "POST", "/v1/wallet/top-ups", { amount: 2000, currency: "CNY", channel, method: "card", token: "tok_visa" });
await until("the top-up", async () => (await call(ann, "GET", "/v1/wallet")).available === 2000);

const lines = [{ offer: tea.offer, quantity: 3 }]; // 36.00 and 5.00 freight
const wrong = await call(ann, "POST", "/v1/checkouts", { lines, tenders: [{ kind: "balance", amount: 4000 }] }).catch((e) => e);
console.log(`refused: ${wrong.problem.status} ${wrong.problem.code}`);

const tenders = [{ kind: "balance", amount: 1500 }, { kind: "channel", channel, method: "card", token: "tok_visa", amount: 2600 }];
const checkoutKey = randomUUID(); // noted beside the order in one's own store before it is sent
const order = await call(ann, "POST", "/v1/checkouts", { lines, tenders }, checkoutKey);
const twin = await call(ann, "POST", "/v1/checkouts", { lines, tenders }, checkoutKey);
console.log(`checkout: ${order.total} paid by two tenders; asked again: ${twin.wasReplayed && twin.order === order.order ? "the same order" : "another"}`);
await told("child_order.paid");

// --- delivery, a partial refund, the statement ----------------------------------------------------------------------------

const [child] = order.children, childPath = `/v1/orders/${order.order}/child-orders/${child.child}`;
await call(shopkeeper, "POST", `${childPath}/ship`);
await call(ann, "POST", `${childPath}/confirm`);
const delivered = await told("child_order.delivered");
console.log(`webhooks: ${[...heard.values()].filter((e) => e.aggregate === child.child).map((e) => e.type).join(" ")}`);

await call(shopkeeper, "POST", `${childPath}/refund`, { lines: [{ line: child.lines[0].line, quantity: 1 }], reason: "a tin was dented" });
await told("refund.succeeded");
console.log(`refund: ${(await call(ann, "GET", `/v1/orders/${order.order}`)).refunded} of ${delivered.data.total}`);

const csv = ["on,amount,balance,why"];
for await (const line of all(ann, "/v1/wallet/statement")) csv.push([line.on, line.amount, line.balance, JSON.stringify(line.why)].join(","));
console.log(`statement: ${csv.length - 1} lines, ${csv[1].split(",")[2]} left`);

await call(shopkeeper, "POST", `/v1/webhooks/${hook.webhook}/disable`);
listener.close();
listener.closeAllConnections();
