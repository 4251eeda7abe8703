// program.ts - runs the program under test (TAEL_BIN, else build/tael): one command to its end, or a server until it is
// stopped or killed. Whatever was started dies with the process that started it.
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";

export const root = path.resolve(import.meta.dirname, "../..");
export const program = process.env.TAEL_BIN ?? path.join(root, "build/tael");

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

function start(args: string[], cwd?: string): ChildProcess {
  const child = spawn(program, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  child.on("exit", () => running.delete(child));
  return child;
}

export type Outcome = { code: number | null; out: string; err: string };

// Runs one command to its end.
export async function tael(args: string[], options: { cwd?: string } = {}): Promise<Outcome> {
  const child = start(args, options.cwd);
  const said = { out: "", err: "" };
  child.stdout!.setEncoding("utf8").on("data", (text) => (said.out += text));
  child.stderr!.setEncoding("utf8").on("data", (text) => (said.err += text));
  const [code] = await once(child, "close");
  return { code, ...said };
}

// The same, for a command that must succeed; its standard output.
export async function taelOk(args: string[], options: { cwd?: string } = {}): Promise<string> {
  const { code, out, err } = await tael(args, options);
  assert.equal(code, 0, `tael ${args.join(" ")} ended with ${code}: ${err}`);
  return out;
}

export type Server = {
  url: string;
  pid: number;
  log(): string; // what it wrote to standard error
  stop(): Promise<number | null>; // SIGTERM, and its exit code
  kill(): Promise<void>; // SIGKILL: no warning, no drain
};

// Starts a command that says "... http://HOST:PORT" on its first line when it is ready.
export async function serve(args: string[], limit_ms = 60_000): Promise<Server> {
  const child = start(args);
  const closed = once(child, "close");
  let out = "", err = "";
  child.stderr!.setEncoding("utf8").on("data", (text) => (err += text));
  const url = await new Promise<string>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`not ready after ${limit_ms} ms: ${err}`)), limit_ms);
    child.stdout!.setEncoding("utf8").on("data", (text) => {
      out += text;
      const found = /http:\/\/\S+/.exec(out);
      if (!found || !out.includes("\n")) return;
      clearTimeout(late); // else the tests could not end before it, when one leaves the server behind
      resolve(found[0]);
    });
    child.on("close", (code) => reject(new Error(`tael ${args.join(" ")} ended with ${code}: ${err}`)));
    Promise.allSettled([closed]).then(() => clearTimeout(late));
  });
  // A server that a failed test left behind must not keep the tests from ending.
  const streams = [child, child.stdout, child.stderr] as unknown as { ref(): void; unref(): void }[];
  for (const s of streams) s.unref();
  const end = async (signal: NodeJS.Signals) => {
    for (const s of streams) s.ref();
    child.kill(signal);
    return (await closed)[0] as number | null;
  };
  return { url, pid: child.pid!, log: () => err, stop: () => end("SIGTERM"), kill: async () => void (await end("SIGKILL")) };
}
