// build.mjs - builds both applications into web/dist, the folder that goes into the program: types from the API's own
// description (web/openapi.json), Vite, then gzip and brotli variants of whatever they make smaller. Does nothing when
// nothing it reads has changed. Needs no network once `npm ci` has run.
//
//   node build.mjs           build
//   node build.mjs --types   only the types, for an editor or tsc
import { createHash } from "node:crypto";
import { cp, mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import openapi, { astToString } from "openapi-typescript";
import { build } from "vite";

const here = import.meta.dirname;
const apps = [
  { folder: "app", at: "" },
  { folder: "console", at: "console" },
];
const read_by_build = /\.(ts|tsx|mjs|json|css|html|svg|png|webmanifest)$/;
const compressible = /\.(js|css|svg|json|webmanifest)$/;

async function filesBelow(folder, skip = /^$/) {
  const found = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (skip.test(entry.name)) continue;
    const at = path.join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await filesBelow(at, skip)));
    else found.push(at);
  }
  return found.sort();
}

async function fingerprint() {
  const hash = createHash("sha256").update(process.version);
  for (const file of await filesBelow(here, /^(node_modules|dist|\.build|schema\.d\.ts)$/)) {
    if (read_by_build.test(file)) hash.update(path.relative(here, file)).update(await readFile(file));
  }
  return hash.digest("hex");
}

// Written only when they differ, so that an editor does not start over.
async function makeTypes() {
  const document = JSON.parse(await readFile(path.join(here, "openapi.json"), "utf8"));
  const text = `// Made from the API's own description by web/build.mjs.\n${astToString(await openapi(document))}`;
  const at = path.join(here, "shared/src/api/schema.d.ts");
  if ((await readFile(at, "utf8").catch(() => "")) !== text) await writeFile(at, text);
}

async function compress(file) {
  if (!compressible.test(file)) return;
  const bytes = await readFile(file);
  if (bytes.length < 1024) return;
  const brotli = brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  });
  const gzip = gzipSync(bytes, { level: 9 });
  if (brotli.length < bytes.length) await writeFile(`${file}.br`, brotli);
  if (gzip.length < bytes.length) await writeFile(`${file}.gz`, gzip);
}

async function buildAll() {
  const made = path.join(here, ".build/dist");
  await rm(made, { recursive: true, force: true });
  await mkdir(made, { recursive: true });
  for (const app of apps) {
    await build({ configFile: path.join(here, app.folder, "vite.config.ts"), logLevel: "warn" });
    await cp(path.join(here, ".build", app.folder), path.join(made, app.at), { recursive: true });
  }
  for (const file of await filesBelow(made)) await compress(file);
  await rm(path.join(here, "dist"), { recursive: true, force: true });
  await rename(made, path.join(here, "dist"));
}

await makeTypes();
if (!process.argv.includes("--types")) {
  const stamp = path.join(here, ".build/stamp"), now = await fingerprint();
  const before = await readFile(stamp, "utf8").catch(() => "");
  const is_there = await readdir(path.join(here, "dist")).then(() => true, () => false);
  if (before !== now || !is_there) {
    await buildAll();
    await writeFile(stamp, now);
  }
}
