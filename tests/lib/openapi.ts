// openapi.ts - the program's own description of its API, and bodies made from it: a right one, and every kind of wrong one
// with the pointer that the refusal must name.
import { type Json } from "./client.ts";

export type Operation = {
  method: string; path: string; scope: string | undefined; // undefined: public
  query: string[]; dates: string[]; isList: boolean; // dates: the members of the query that are dates or times
  body: Json | undefined; // of JSON
  media: string | undefined; // the content type of a body that is bytes
};
export type Wrong = { what: string; body?: Json; raw?: string; pointer: string };

const writes = ["post", "put", "patch", "delete"];

export function operations(document: Json): Operation[] {
  return Object.entries<Json>(document.paths).flatMap(([path, methods]) =>
    Object.entries<Json>(methods).map(([method, o]) => ({
      method: method.toUpperCase(), path,
      scope: Object.values<Json>(o.security?.[0] ?? {})[0]?.[0],
      query: (o.parameters ?? []).filter((p: Json) => p.in === "query").map((p: Json) => p.name),
      dates: (o.parameters ?? []).filter((p: Json) => p.in === "query" && /^date/.test(p.schema.format ?? "")).map((p: Json) => p.name),
      isList: (o.parameters ?? []).some((p: Json) => p.in === "query" && p.name === "after"),
      body: o.requestBody?.content["application/json"] && resolve(document, o.requestBody.content["application/json"].schema),
      media: Object.keys(o.requestBody?.content ?? {}).find((type) => type !== "application/json"),
    })));
}

export const isWrite = (o: Operation) => writes.includes(o.method.toLowerCase());

// Schemas with their references followed; they are small and have no cycles.
function resolve(document: Json, schema: Json): Json {
  if (schema.$ref) return resolve(document, document.components.schemas[schema.$ref.split("/").at(-1)]);
  const properties = schema.properties && Object.fromEntries(Object.entries<Json>(schema.properties).map(([k, v]) => [k, resolve(document, v)]));
  return { ...schema, ...(properties && { properties }), ...(schema.items && { items: resolve(document, schema.items) }) };
}

// An id that is well formed and belongs to nothing.
export const nowhere = (prefix: string) => `${prefix}_0000000000001`;

// A path with its parameters filled in; `own` gives ids of what exists, by prefix.
export const fill = (path: string, own: Record<string, string> = {}) =>
  path.replaceAll(/\{(\w+)\}/g, (_, prefix) => own[prefix] ?? (prefix === "text" ? "nothing" : nowhere(prefix)));

const kindOf = (s: Json): string => (Array.isArray(s.type) ? (s.type.length > 2 ? "any" : s.type.find((t: string) => t !== "null")) : s.type);
const writable = (s: Json) => Object.entries<Json>(s.properties ?? {}).filter(([, f]) => !f.readOnly);

// A body that has the right shape, with required members only.
export function right(s: Json): Json {
  switch (kindOf(s)) {
    case "object": return Object.fromEntries(writable(s).filter(([name]) => s.required?.includes(name)).map(([name, f]) => [name, right(f)]));
    case "array": return Array.from({ length: s.minItems ?? 0 }, () => right(s.items));
    case "integer": return Math.max(1, s.minimum ?? 1);
    case "boolean": return false;
    case "any": return {};
  }
  if (s.enum) return s.enum[0];
  if (s.format === "date-time") return "2026-01-02T03:04:05Z";
  if (s.format === "date") return "2026-01-02";
  if (s.pattern?.startsWith("^([A-Z]{3}")) return "CNY";
  const prefix = /^\^([a-z]{3})_/.exec(s.pattern ?? "")?.[1];
  if (prefix) return nowhere(prefix);
  return s.minLength === 26 ? "1".repeat(32) : "a".repeat(Math.max(1, s.minLength ?? 1));
}

// Every way in which one member can be wrong.
function* wrongValues(s: Json): Generator<[string, Json]> {
  const kind = kindOf(s);
  if (kind === "any") return;
  yield ["another type", kind === "object" || kind === "array" ? 7 : { of: "no use" }];
  if (kind === "string") yield ["a number for text", 7];
  if (kind === "boolean") yield ["a word for true", "yes"];
  if (kind === "integer") {
    yield ["a fraction", Math.max(0, s.minimum ?? 0) + 0.5];
    yield ["a number in quotes", "1"];
    if (s.minimum !== undefined && s.minimum > Number.MIN_SAFE_INTEGER) yield ["below its range", s.minimum - 1];
    if (s.maximum !== undefined && s.maximum <= 2 ** 53) yield ["above its range", s.maximum + 2];
  }
  if (kind === "array" && s.maxItems <= 1000) yield ["too many", Array.from({ length: s.maxItems + 1 }, () => right(s.items))];
  if (kind === "array" && s.minItems > 0) yield ["too few", []];
  if (kind !== "string") return;
  if (s.maxLength !== undefined && s.minLength !== 26) yield ["too long", "x".repeat(s.maxLength + 1)];
  if (s.minLength > 0) yield ["too short", "x".repeat(s.minLength - 1)];
  if (s.enum || s.pattern || s.format) yield ["no such value", "no-such-value"];
  else yield ["a control character", "a\u0001b".padEnd(s.minLength ?? 0, "c")];
}

function* wrongMembers(s: Json, whole: (part: Json) => Json, at: string): Generator<Wrong> {
  for (const [name, f] of writable(s)) {
    const put = (value: Json) => whole({ ...right(s), [name]: value }), here = `${at}/${name}`;
    for (const [what, value] of wrongValues(f)) yield { what: `${here} ${what}`, body: put(value), pointer: here };
    if (kindOf(f) === "object") yield* wrongMembers(f, put, here);
    if (kindOf(f) === "array" && kindOf(f.items) === "object") yield* wrongMembers(f.items, (part) => put([part]), `${here}/0`);
  }
  for (const name of s.required ?? []) {
    const { [name]: _, ...rest } = right(s);
    yield { what: `${at}/${name} missing`, body: whole(rest), pointer: `${at}/${name}` };
  }
  yield { what: `${at} with an unknown member`, body: whole({ ...right(s), surprise: 1 }), pointer: `${at}/surprise` };
  for (const [name, f] of Object.entries<Json>(s.properties ?? {}).filter(([, f]) => f.readOnly))
    yield { what: `${at}/${name} is read-only`, body: whole({ ...right(s), [name]: right(f) }), pointer: `${at}/${name}` };
}

// Bodies that must be refused as malformed, each with the pointer to name ("" where no member is to blame).
export function* wrongBodies(o: Operation): Generator<Wrong> {
  yield* wrongMembers(o.body, (part) => part, "");
  const text = JSON.stringify(right(o.body));
  const [first] = writable(o.body)[0];
  yield { what: "the same member twice", raw: `{"${first}":1,"${first}":1}`, pointer: "" };
  yield { what: "cut off", raw: text.length > 2 ? text.slice(0, -2) : "{", pointer: "" };
  yield { what: "empty", raw: "", pointer: "" };
  yield { what: "two values", raw: `${text} ${text}`, pointer: "" };
  yield { what: "no object", raw: "[]", pointer: "" };
  yield { what: "too deep", raw: `{"${first}":${"[".repeat(100)}${"]".repeat(100)}}`, pointer: "" };
  yield { what: "a zero byte", raw: `{"${first}":"\\u0000"}`, pointer: "" };
  yield { what: "half a surrogate pair", raw: `{"${first}":"\\ud800"}`, pointer: "" };
}
