// words.test.ts - every word that the web applications ask for by a fixed name is there, in English and in Chinese.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { root } from "../lib/program.ts";

type Words = { [name: string]: string | Words };

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => path.join(folder, name));
}

async function wordsOf(app: string, lang: string): Promise<Set<string>> {
  const load = async (file: string) => (await import(pathToFileURL(file).href)).default as Words;
  const names = new Set<string>();
  const add = (words: Words, before: string) => {
    for (const [name, value] of Object.entries(words)) {
      if (typeof value === "string") names.add(`${before}${name}`.replace(/_(one|other)$/, ""));
      else add(value, `${before}${name}.`);
    }
  };
  const src = path.join(root, "web", app, "src");
  add(await load(path.join(root, "web/shared/src/i18n", `${lang}.ts`)), "");
  add(await load(path.join(src, "words", `${lang}.ts`)), "");
  for (const board of readdirSync(path.join(src, "boards"))) add(await load(path.join(src, "boards", board, `${lang}.ts`)), `${board}.`);
  return names;
}

for (const app of ["app", "console"]) {
  for (const lang of ["en", "zh"]) {
    test(`${app}, ${lang}: no word is missing`, async () => {
      const there = await wordsOf(app, lang);
      const code = [...filesBelow(path.join(root, "web", app, "src")), ...filesBelow(path.join(root, "web/shared/src"))].filter((f) => /\.tsx?$/.test(f));
      const missing = code.flatMap((file) =>
        [...readFileSync(file, "utf8").matchAll(/\bt\(\s*"([\w.]+)"/g)].map((m) => m[1]!).filter((name) => !there.has(name)).map((name) => `${path.relative(root, file)}: ${name}`),
      );
      assert.deepEqual(missing, []);
      assert.ok(there.size > 100);
    });
  }
}
