// behind-tls.test.ts - a server that is told of the TLS proxy in front of it: cookies for TLS only, browsers told to stay with
// TLS, the caller's address from the proxy's word. One that is not told believes no such header.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { must } from "../lib/client.ts";
import { Market, password } from "../lib/market.ts";

const forwarded = { "X-Forwarded-For": "10.6.6.6, 203.0.113.9" };

async function signedIn(options: string[]) {
  const market = await Market.open("sqlite", options);
  const answer = await market.nobody.post("/v1/sessions", { email: "operator@example.com", password }, { key: null, headers: forwarded });
  const cookie = answer.headers.getSetCookie()[0];
  const sessions = must(await market.nobody.get("/v1/sessions", { headers: { Cookie: cookie.split(";")[0] } })).items;
  const lost = await market.nobody.get("/nowhere");
  await market.close();
  return { answer, cookie, addresses: sessions.map((s: { remote: string }) => s.remote), lost };
}

describe("TLS in front", () => {
  test("told of it: Secure, HSTS on every answer, the address that the proxy names", async () => {
    const { answer, cookie, addresses, lost } = await signedIn(["--behind-tls"]);
    for (const a of [answer, lost]) assert.match(a.headers.get("strict-transport-security") ?? "", /^max-age=\d{8,}$/, a.asked);
    assert.match(cookie, /; HttpOnly; SameSite=Lax; Secure$/);
    assert.ok(addresses.includes("203.0.113.9"), String(addresses));
  });

  test("not told: no HSTS, no Secure, and the header is nobody's word", async () => {
    const { answer, cookie, addresses } = await signedIn([]);
    assert.equal(answer.headers.get("strict-transport-security"), null);
    assert.doesNotMatch(cookie, /Secure/);
    assert.deepEqual([...new Set(addresses)], ["127.0.0.1"]);
  });
});
