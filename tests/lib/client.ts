// client.ts - a small client of the API: JSON in and out, a fresh Idempotency-Key for every write unless one is given,
// and the two things tests say about an answer: must (it worked) and refused (a problem document, and which one).
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

export type Json = any;
export type Answer = { status: number; headers: Headers; text: string; body: Json; asked: string };
export type Ask = { key?: string | null; raw?: string; headers?: Record<string, string> };

export class Client {
  readonly base: string;
  readonly credentials: Record<string, string>;
  constructor(base: string, credentials: Record<string, string> = {}) {
    this.base = base;
    this.credentials = credentials;
  }

  // The same caller at another address: a server that was started again.
  at(base: string) { return new Client(base, this.credentials); }

  async ask(method: string, path: string, body?: Json, ask: Ask = {}): Promise<Answer> {
    const headers: Record<string, string> = { ...this.credentials };
    const isWrite = method !== "GET" && method !== "HEAD";
    if (isWrite && ask.key !== null) headers["Idempotency-Key"] = ask.key ?? randomUUID();
    const payload = ask.raw ?? (body === undefined ? undefined : JSON.stringify(body));
    if (payload !== undefined) headers["Content-Type"] = "application/json";
    const once = () => fetch(this.base + path, {
      method, body: payload, headers: { ...headers, ...ask.headers }, redirect: "manual", signal: AbortSignal.timeout(60_000),
    });
    let reply = await once(), text = await reply.text();
    // On a busy machine a server turns work away before it is begun, and says when to come again.
    for (let left = 30; reply.status === 503 && text.includes('"overloaded"') && left > 0; left--) {
      await new Promise((resolve) => setTimeout(resolve, 1000 * Number(reply.headers.get("retry-after") ?? 1)));
      reply = await once();
      text = await reply.text();
    }
    const isJson = /json/.test(reply.headers.get("content-type") ?? "");
    return { status: reply.status, headers: reply.headers, text, body: isJson && text ? JSON.parse(text) : undefined, asked: `${method} ${path}` };
  }

  get(path: string, ask?: Ask) { return this.ask("GET", path, undefined, ask); }
  post(path: string, body?: Json, ask?: Ask) { return this.ask("POST", path, body, ask); }
  put(path: string, body?: Json, ask?: Ask) { return this.ask("PUT", path, body, ask); }
  patch(path: string, body?: Json, ask?: Ask) { return this.ask("PATCH", path, body, ask); }
  delete(path: string, ask?: Ask) { return this.ask("DELETE", path, undefined, ask); }

  // Every element of a list, page by page.
  async all(path: string): Promise<Json[]> {
    const items: Json[] = [];
    for (let next: string | null = ""; next !== null; ) {
      const page: Json = must(await this.get(`${path}${path.includes("?") ? "&" : "?"}limit=200${next ? `&after=${next}` : ""}`));
      items.push(...page.items);
      next = page.next;
    }
    return items;
  }
}

// Signs in with a password, as a browser would.
export async function signIn(base: string, email: string, password: string): Promise<Client> {
  const answer = await new Client(base).post("/v1/sessions", { email, password }, { key: null });
  const session = must(answer);
  const cookie = answer.headers.getSetCookie()[0].split(";")[0];
  return new Client(base, { Cookie: cookie, "X-CSRF-Token": session.csrf_token });
}

export const withKey = (base: string, secret: string) => new Client(base, { Authorization: `Bearer ${secret}` });

// The answer's body; anything but success fails the test with what the server said.
export function must(answer: Answer): Json {
  assert.ok(answer.status >= 200 && answer.status < 300, `${answer.asked} answered ${answer.status}: ${answer.text}`);
  return answer.body;
}

// Asserts a problem document (RFC 9457) of this status and code, naming this field when one is given.
export function refused(answer: Answer, status: number, code: string, pointer?: string): Json {
  assert.equal(answer.status, status, `${answer.asked} answered ${answer.status}: ${answer.text}`);
  isProblem(answer);
  assert.equal(answer.body.code, code, answer.text);
  if (pointer !== undefined) {
    const pointers = (answer.body.errors ?? []).map((e: Json) => e.pointer);
    assert.ok(pointers.includes(pointer), `${answer.asked}: no ${pointer} among ${JSON.stringify(answer.body)}`);
  }
  return answer.body;
}

export function isProblem(answer: Answer) {
  assert.match(answer.headers.get("content-type") ?? "", /^application\/problem\+json/, `${answer.asked}: ${answer.text}`);
  const { type, title, status, code, detail, errors } = answer.body;
  assert.equal(type, `/problems/${code}`);
  assert.equal(status, answer.status);
  for (const text of [title, detail]) assert.ok(typeof text === "string" && text.length > 0, answer.text);
  for (const e of errors ?? []) assert.ok(typeof e.pointer === "string" && e.detail.length > 0, answer.text);
}

// Waits until `look` gives something, for what happens after an answer (channels, webhooks).
export async function eventually<T>(what: string, look: () => Promise<T | undefined | false>, limit_ms = 60_000): Promise<T> {
  const until = Date.now() + limit_ms;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > until) assert.fail(`${what}: not within ${limit_ms} ms`);
    await new Promise((done) => setTimeout(done, 50));
  }
}
