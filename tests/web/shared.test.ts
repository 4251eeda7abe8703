// shared.test.ts - the pure parts of web/shared: money to text and back to the last digit, both languages, events out of
// a stream in any pieces, a shop's look that can always be read.
import assert from "node:assert/strict";
import { test } from "node:test";
import { takeEvents } from "../../web/shared/src/api/stream.ts";
import { money, parseMoney, plainMoney } from "../../web/shared/src/format/money.ts";
import { inTongue } from "../../web/shared/src/format/tongue.ts";
import { ago, day } from "../../web/shared/src/format/time.ts";
import { luminance, shopTheme } from "../../web/shared/src/theme/shop.ts";

test("amounts come out to the last digit, whatever their size and currency", () => {
  assert.equal(plainMoney(1234, "CNY"), "12.34");
  assert.equal(plainMoney(-5, "CNY"), "-0.05");
  assert.equal(plainMoney(500, "JPY"), "500");
  assert.equal(plainMoney(9007199254740993n, "CNY"), "90071992547409.93");
  assert.equal(money(9007199254740993n, "CNY", "en"), "¥90,071,992,547,409.93");
  assert.equal(money(-123456, "CNY", "zh-CN"), "-¥1,234.56");
  assert.equal(money(100, "BRL", "en", true), "+R$1.00");
  assert.equal(money(7, "", "en"), "7");
});

test("what is typed is an exact amount or none", () => {
  const right: [string, number][] = [["12.34", 1234], ["12.3", 1230], ["12", 1200], ["1,234.5", 123450], ["１２．３４", 1234], ["0.29", 29], ["90071992547409.91", 9007199254740991]];
  for (const [text, minor] of right) assert.equal(parseMoney(text, "CNY"), minor, text);
  for (const text of ["", "x", "-1", "1.234", "1.2.3", "1e3", "99999999999999999", "90071992547409.93"]) assert.equal(parseMoney(text, "CNY"), null, text);
  assert.equal(parseMoney("1.5", "JPY"), null);
});

test("every amount that is printed is read back", () => {
  let n = 1;
  for (let i = 0; i < 2000; i++) {
    n = (n * 48271) % 2147483647;
    assert.equal(parseMoney(plainMoney(n, "CNY"), "CNY"), n);
    assert.equal(parseMoney(money(n, "CNY", "en").replace("¥", ""), "CNY"), n);
  }
});

test("a text in both languages is read in one's own, any other as it is", () => {
  assert.equal(inTongue("Jasmine pearls / 茉莉龙珠", "zh"), "茉莉龙珠");
  assert.equal(inTongue("Jasmine pearls / 茉莉龙珠", "en"), "Jasmine pearls");
  for (const text of ["Tea / Coffee", "茶 / 咖啡", "no slash", ""]) assert.equal(inTongue(text, "zh"), text);
});

test("a business date is the same day everywhere", () => {
  assert.equal(day("2026-11-22", "en-GB"), "22 Nov 2026");
  assert.equal(day("", "en"), "");
  assert.equal(ago("2026-11-22T10:00:00Z", "en", Date.parse("2026-11-22T10:05:00Z")), "5 minutes ago");
  assert.equal(ago("2026-11-20T10:00:00Z", "en", Date.parse("2026-11-22T10:05:00Z")), "2 days ago");
});

test("whatever a shop keeps as its theme, white words can be read on it", () => {
  const themes: unknown[] = [null, 7, "x", [], {}, { colour: "red" }, { colour: "#ffffff" }, { colour: "#FFEE00", pattern: "dots" }, { colour: "#000000", layout: "list" }, { colour: "#12345" }, { colour: "#2f6b4f;}", pattern: 3 }];
  for (const theme of themes) {
    const t = shopTheme(theme, "Some shop");
    assert.match(t.colour, /^#[0-9a-f]{6}$/i);
    assert.ok(1.05 / (luminance(t.colour) + 0.05) >= 4.5, JSON.stringify(theme));
    assert.ok(["waves", "dots", "lines", "rings", "plain"].includes(t.pattern));
  }
  assert.equal(shopTheme({ layout: "list" }).layout, "list");
});

test("events come out of a stream whole, wherever it was cut", () => {
  const told = [{ id: "evt_1", type: "order.paid", data: { note: "a\n\nb" } }, { id: "evt_2", type: "order.cancelled", data: null }];
  const text = `: hello\n\n${told.map((e) => `id: ${e.id}\r\nevent: ${e.type}\r\ndata: ${JSON.stringify(e)}\r\n\r\n`).join("")}`;
  for (let cut = 0; cut <= text.length; cut++) {
    const first = takeEvents(text.slice(0, cut)), second = takeEvents(first.rest + text.slice(cut));
    assert.deepEqual([...first.events, ...second.events], told, `cut at ${cut}`);
  }
});
