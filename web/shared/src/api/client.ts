// client.ts - the API, typed by its own description: api.get("/v1/orders/{ord}", { path: { ord } }). A write carries one
// Idempotency-Key for all its tries, so a lost answer is asked for again and never done twice; and the session's token,
// which a write by cookie needs. Throws Problem and nothing else.
import { Problem } from "./problem";
import type { Act, AnswerOf, Ask, Method, Op, PathsWith } from "./types";

const tries_max = 4;
let csrf = "";

export function newKey(): string {
  const raw = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(raw, (b) => b.toString(16).padStart(2, "0")).join("");
}

export function setCsrfToken(token: string) {
  csrf = token;
}

async function renewCsrf() {
  const answer = await fetch("/v1/me", { headers: { Accept: "application/json" } }).catch(() => null);
  csrf = answer?.ok ? ((await answer.json()).csrf_token ?? "") : "";
  return csrf;
}

type Loose = { path?: Record<string, string>; query?: Record<string, unknown>; body?: unknown; key?: string; signal?: AbortSignal };

export function addressOf(path: string, ask: Loose = {}): string {
  let at = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(ask.path?.[name] ?? ""));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(ask.query ?? {})) {
    if (value !== undefined && value !== null && value !== "") query.set(name, String(value));
  }
  if (query.size > 0) at += `?${query}`;
  return at;
}

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

async function once(method: Method, path: string, ask: Loose, key: string): Promise<unknown> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (method !== "get") {
    headers["Idempotency-Key"] = key;
    if (csrf || (await renewCsrf())) headers["X-CSRF-Token"] = csrf;
  }
  if (ask.body !== undefined) headers["Content-Type"] = "application/json";
  const init: RequestInit = { method: method.toUpperCase(), headers };
  if (ask.body !== undefined) init.body = JSON.stringify(ask.body);
  if (ask.signal) init.signal = ask.signal;
  const answer = await fetch(addressOf(path, ask), init).catch((e: unknown) => {
    if (e instanceof DOMException && e.name === "AbortError") throw e;
    throw new Problem(0, "offline", "");
  });
  if (!answer.ok) throw await Problem.of(answer);
  return answer.json();
}

// Is it worth asking again, and after how long? The key makes it safe.
function wait(e: unknown, tried: number, is_write: boolean): number {
  if (!(e instanceof Problem) || tried >= tries_max) return -1;
  if (e.code === "in_flight") return 300 * tried;
  if (e.status === 503 || (e.status === 0 && is_write)) return Math.max(e.retryAfter * 1000, 250 * 2 ** tried);
  return -1;
}

async function call(method: Method, path: string, ask: Loose = {}): Promise<unknown> {
  const key = ask.key ?? newKey();
  let renewed = false;
  for (let tried = 1; ; tried++) {
    try {
      return await once(method, path, ask, key);
    } catch (e) {
      if (!renewed && method !== "get" && e instanceof Problem && e.status === 403 && /csrf/i.test(e.message)) {
        renewed = true;
        await renewCsrf();
        continue;
      }
      const ms = wait(e, tried, method !== "get");
      if (ms < 0) throw e;
      await pause(ms);
    }
  }
}

type Optional<T> = {} extends T ? [ask?: T] : [ask: T];
const as = <T>(p: Promise<unknown>) => p as Promise<T>;

export const api = {
  get: <P extends PathsWith<"get">>(path: P, ...[ask]: Optional<Ask<Op<P, "get">>>) =>
    as<AnswerOf<Op<P, "get">>>(call("get", path, ask as Loose)),
  post: <P extends PathsWith<"post">>(path: P, ...[ask]: Optional<Act<Op<P, "post">>>) =>
    as<AnswerOf<Op<P, "post">>>(call("post", path, ask as Loose)),
  put: <P extends PathsWith<"put">>(path: P, ...[ask]: Optional<Act<Op<P, "put">>>) =>
    as<AnswerOf<Op<P, "put">>>(call("put", path, ask as Loose)),
  patch: <P extends PathsWith<"patch">>(path: P, ...[ask]: Optional<Act<Op<P, "patch">>>) =>
    as<AnswerOf<Op<P, "patch">>>(call("patch", path, ask as Loose)),
  delete: <P extends PathsWith<"delete">>(path: P, ...[ask]: Optional<Act<Op<P, "delete">>>) =>
    as<AnswerOf<Op<P, "delete">>>(call("delete", path, ask as Loose)),
};
