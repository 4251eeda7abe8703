// browser.ts - Debian's Chromium, driven by playwright-core, as a person would use it: two widths, two languages, light and
// dark. Every page is watched: an error of its scripts, a refusal of the content policy or a failed request ends the test.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { root } from "./program.ts";

export const widths = { phone: { width: 390, height: 844 }, desk: { width: 1440, height: 900 } } as const;
export type Width = keyof typeof widths;
export type Look = { width: Width; lang?: "en" | "zh"; theme?: "light" | "dark"; toured?: boolean };

const executablePath = process.env.TAEL_CHROMIUM ?? "/usr/bin/chromium";
const shots = path.join(root, "tests/browser/shots");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export async function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage", "--font-render-hinting=none"] });
}

export class Visitor {
  readonly troubles: string[] = [];
  readonly context: BrowserContext;
  readonly page: Page;
  readonly url: string;
  readonly look: Look;

  private constructor(context: BrowserContext, page: Page, url: string, look: Look) {
    this.context = context;
    this.page = page;
    this.url = url;
    this.look = look;
  }

  static async open(browser: Browser, url: string, look: Look): Promise<Visitor> {
    const { lang = "en", theme = "light", toured = true } = look;
    const context = await browser.newContext({
      viewport: widths[look.width], locale: lang === "zh" ? "zh-CN" : "en-GB", colorScheme: theme, timezoneId: "Asia/Shanghai",
      hasTouch: look.width === "phone", reducedMotion: "reduce",
    });
    // Set once, so that what a person changes later stays changed.
    await context.addInitScript(({ lang, theme, toured }) => {
      if (localStorage.getItem("tael.lang") === null) localStorage.setItem("tael.lang", lang);
      if (localStorage.getItem("tael.theme") === null) localStorage.setItem("tael.theme", theme);
      const w = window as unknown as { asking: number }, ask = window.fetch;
      w.asking = 0;
      window.fetch = async (...args) => {
        w.asking++;
        try {
          return await ask(...args);
        } finally {
          w.asking--;
        }
      };
      if (toured) for (const app of ["tael.toured", "tael.console.tour"]) localStorage.setItem(app, "yes");
    }, { lang, theme, toured });
    const page = await context.newPage();
    page.setDefaultTimeout(45_000);
    const v = new Visitor(context, page, url, look);
    page.on("pageerror", (e) => v.troubles.push(`script: ${e.message}`));
    page.on("console", (m) => {
      if (m.type() === "error" && !/status of \d+/.test(m.text())) v.troubles.push(`console: ${m.text()}`);
    });
    // Refusals are part of life; a request that is no request, and a fault of the server, are not.
    page.on("response", async (r) => {
      if (r.status() !== 400 && r.status() < 500) return;
      const text = await r.text().catch(() => "");
      if (r.status() === 503 && text.includes('"overloaded"')) return; // a busy machine: it is asked again
      v.troubles.push(`${r.status()} ${r.request().method()} ${r.url()} ${text}`);
    });
    return v;
  }

  async go(where: string) {
    await this.page.goto(this.url + where);
    await this.settled();
  }

  // To another page of the application that is open already, as a link leads there: without loading all of it again.
  // `main` says which page stands in it, so that the one before is not taken for the new one.
  async walk(where: string) {
    const app = (url: string) => (url.startsWith(this.url) ? (url.slice(this.url.length).startsWith("/console") ? "/console" : "/") : "");
    if (where.includes("?") || app(this.page.url()) !== app(this.url + where)) return this.go(where);
    const at = app(this.url + where) === "/console" ? where.slice("/console".length) || "/" : where;
    await this.page.evaluate((to) => {
      history.pushState(null, "", to);
      dispatchEvent(new PopStateEvent("popstate", { state: null }));
    }, where);
    await this.page.locator(`main[data-at="${at}"]`).waitFor();
    await this.settled();
  }

  // Nothing is being asked, and nothing shimmers, over several frames.
  async settled() {
    await this.page.waitForFunction(() => {
      const w = window as unknown as { asking: number; calm?: number };
      const waits = w.asking > 0 || document.readyState !== "complete" || document.querySelector('.t-skeleton, .spinner, .placeholder, [role="img"][aria-busy="true"]') !== null;
      w.calm = waits || document.querySelector("main, dialog, .t-state, .ant-app") === null ? 0 : (w.calm ?? 0) + 1;
      return w.calm > 4;
    });
    await this.page.evaluate(() => ((window as unknown as { calm: number }).calm = 0));
  }

  async shot(name: string) {
    await this.settled();
    await mkdir(shots, { recursive: true });
    const { width, lang = "en", theme = "light" } = this.look;
    // As tall as the page, so that what stays at the window's edge is at the picture's edge.
    const height = await this.page.evaluate(() => document.documentElement.scrollHeight);
    const toasts = (seen: string) => this.page.evaluate((v) => document.querySelector<HTMLElement>(".toasts")?.style.setProperty("visibility", v), seen);
    await toasts("hidden");
    const is_tall = height > widths[width].height;
    if (is_tall) await this.page.setViewportSize({ width: widths[width].width, height: Math.min(height, 2400) });
    await this.page.screenshot({ path: path.join(shots, `${name}-${width}-${lang}-${theme}.png`), animations: "disabled" });
    if (is_tall) await this.page.setViewportSize(widths[width]);
    await toasts("visible");
  }

  // Signs in with the session's cookie alone, as the sign-in page would leave it.
  async signIn(email: string, password: string) {
    const ask = () => this.context.request.post(`${this.url}/v1/sessions`, { data: { email, password } });
    let answer = await ask();
    // A server that has too much to do says when to come again.
    for (let left = 30; answer.status() === 503 && left > 0; left--) {
      await new Promise((resolve) => setTimeout(resolve, 1000 * Number(answer.headers()["retry-after"] ?? 1)));
      answer = await ask();
    }
    assert.equal(answer.status(), 201, await answer.text());
  }

  // Serious and critical findings of axe; there must be none.
  async accessible(where: string) {
    await this.settled();
    if (!(await this.page.evaluate(() => "axe" in window))) await this.page.evaluate(axe);
    const found = await this.page.evaluate(async () => {
      // @ts-expect-error axe puts itself on the window
      const result = await window.axe.run(document, { resultTypes: ["violations"], preload: false, iframes: false });
      return result.violations
        .filter((v: { impact: string }) => v.impact === "serious" || v.impact === "critical")
        .map((v: { id: string; nodes: { html: string; failureSummary: string }[] }) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => `${n.html} ${n.failureSummary}`).join(" | ")}`);
    });
    assert.deepEqual(found, [], where);
  }

  // No word hangs out of the window.
  async fits(where: string) {
    const wide = await this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `${where} is ${wide} px too wide`);
  }

  async close() {
    await this.context.close();
    assert.deepEqual(this.troubles, []);
  }
}
