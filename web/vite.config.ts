import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** Where `make run` listens; `npm run dev` sends calls of the API there. */
const gateway = process.env.ONEAPI_URL ?? "http://127.0.0.1:3000";

export default defineConfig({
  resolve: { alias: { "@": fileURLToPath(new URL("src", import.meta.url)) } },
  server: { proxy: { "/api": gateway, "/v1": gateway } },
  build: {
    outDir: "../src/oneapi/console",
    emptyOutDir: true,
    target: "es2022",
    // the server's policy allows no scripts and fonts in data: addresses
    assetsInlineLimit: 0,
  },
  test: {
    environment: "jsdom",
    globals: true,
    setupFiles: "src/test/setup.ts",
    restoreMocks: true,
    css: false,
    testTimeout: 30_000,
  },
});
