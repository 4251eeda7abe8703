// vite.base.ts - what both applications are built with. No inline script or style may come out: the server's policy
// refuses them. The nonce mark is replaced for each answer (src/http/site.h).
import react from "@vitejs/plugin-react";
import path from "node:path";
import type { UserConfig } from "vite";

export const nonceMark = "tael-nonce-mark";

export function base(folder: string, url: string): UserConfig {
  return {
    root: folder,
    base: url,
    publicDir: path.join(folder, "public"),
    plugins: [react()],
    html: { cspNonce: nonceMark },
    build: {
      outDir: path.join(folder, "../.build", path.basename(folder)),
      emptyOutDir: true,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      target: "es2022",
      reportCompressedSize: false,
      chunkSizeWarningLimit: 2000,
    },
    server: { proxy: { "/v1": process.env.TAEL_URL ?? "http://127.0.0.1:8080" } },
  };
}
